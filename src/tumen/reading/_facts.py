"""What the steps find in a sentence, before anything is claimed of it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tumen.reading._actors import Mention, codes_in, find_actors
from tumen.reading._attribution import Attribution, attribution_of
from tumen.reading._clauses import Clause, asides, clauses_of
from tumen.reading._dates import DateMention, find_dates
from tumen.reading._page import Sentence
from tumen.reading._quantities import Quantity, find_quantities, localised
from tumen.reading._subjects import subjects_of
from tumen.reading._tables import folded

__all__ = ["Facts", "facts_of"]

_PAST_TIME = re.compile(
    r"\b(?:past|last|next|coming|recent|first|previous|every|some|several|in|for the|over the|after|ago)\s+(?:the\s+)?$",  # noqa: E501
    re.I,
)
_TIME_CUE = re.compile(
    r"\b(?:take|takes|taking|last|lasts|lasting|runs? for|run|valid for|period of|maturity of|tenor of|term of|terms of|"  # noqa: E501
    r"life of|lease of|concession of|repaid (?:over|in)|spread over|over|for|within|operate (?:it|the \w+) for|"
    r"(?:in|after) about|years? to|by)\s+(?:about |some |at least |up to |another |a further |a |only |just |the )?$",
    re.IGNORECASE,
)
_TERM = re.compile(
    r"^-?\s?(?:long |grace |repayment |gas |supply |power |rolling |soft |renewable )*(?:loan|contract|lease|concession|deal|agreement|swap|grace|maturity|term|credit|licen[cs]e|moratorium|period|bond|programme|program|plan|accord|pact)",  # noqa: E501
    re.I,
)


@dataclass(frozen=True, slots=True)
class Facts:
    """A sentence with what was found in it; all places are within its text."""

    sentence: Sentence
    index: int
    plain: str
    dates: tuple[DateMention, ...]
    quantities: tuple[Quantity, ...]
    mentions: tuple[Mention, ...]
    attribution: Attribution | None
    clauses: tuple[Clause, ...]
    hidden: tuple[tuple[int, int], ...]

    @property
    def names(self) -> tuple[tuple[int, int], ...]:
        """The places of names of organisations, and of what is only by the way: their words tell no subject."""
        return (*self.hidden, *((one.start, one.end) for one in self.mentions if one.how == "organisation"))

    def hides(self, place: int) -> bool:
        """Whether a place lies in a relative clause that is only by the way."""
        return any(a <= place < b for a, b in self.hidden)


def facts_of(
    sentence: Sentence,
    index: int,
    day: dt.date | None,
    before: str,
    known: Collection[tuple[str, str]],
    page: Sequence[str],
) -> Facts:
    """Run the steps over one sentence."""
    plain = folded(sentence.text)
    dates = find_dates(plain, day, before)
    year = day.year if day else dt.date.max.year
    actors = find_actors(plain, year, known, page)
    named = codes_in(actors)
    every = tuple(
        localised(one, (*named, *page)) for one in find_quantities(plain, [(one.start, one.end) for one in dates])
    )
    hidden = tuple((a, b) for a, b in asides(plain) if b < len(plain.rstrip(" .")) - 1)
    kept = tuple(one for one in every if _is_principal(plain, one, every))
    outside = [one for one in kept if not any(a <= one.start < b for a, b in hidden)]
    mentions = tuple(
        one for one in actors if not any(q.start <= one.start < q.end and q.sort in {"money", "price"} for q in every)
    )
    subjects = [(one.start, one.end) for one in subjects_of(plain)]
    clauses = clauses_of(
        plain, [(q.start, q.end) for q in kept if q.sort != "time"], subjects, [(d.start, d.end) for d in dates]
    )
    return Facts(
        sentence, index, plain, dates, tuple(outside) or kept, mentions, attribution_of(plain), clauses, hidden
    )  # fmt: skip


def _is_principal(plain: str, one: Quantity, every: Collection[Quantity]) -> bool:
    """Whether a quantity is what a sentence may be about, not a point in time or the beginning of a change."""
    if one.role:
        return False
    before, after = plain[: one.start], plain[one.end :]
    if one.sort == "time":
        if re.match(
            r"\s?(?:ago|earlier|later|old|before|after|-old|of (?:talks|delay|negotiation|war|work|drought))", after
        ):
            return False
        if _TERM.match(after) or (_TIME_CUE.search(before) and not _PAST_TIME.search(before)):
            return not re.search(r"\btook\s+(?:\w+\s)?$", before)
        return False
    if one.text.lower().endswith(("times", "occasions")):
        return re.search(r"\b(?:visit|met|travel|been|hosted)\w*\b", plain) is not None
    if one.sort == "factor":
        return not any(other.sort != "factor" and other.role == "" for other in every)
    if one.sort == "count" and re.match(r"(?i)(?:one|two|a) ", one.text):
        return False
    return one.sort != "length" or not re.match(r"\s*(?:from|away|north|south|east|west|off|deep|wide|high)\b", after)
