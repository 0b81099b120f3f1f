"""What the steps find in a sentence, before anything is claimed of it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from tumen.reading._actors import Mention, codes_in, find_actors
from tumen.reading._attribution import Attribution, attribution_of
from tumen.reading._clauses import Clause, asides, clauses_of
from tumen.reading._dates import DateMention, find_dates
from tumen.reading._page import Sentence
from tumen.reading._quantities import Quantity, find_quantities, localised
from tumen.reading._split import sent_from
from tumen.reading._subjects import subjects_of
from tumen.reading._tables import folded

__all__ = ["Facts", "facts_of"]

_ABOUT = r"(?:about |some |at least |up to |another |a further |an initial |a |only |just |the |the first |roughly |nearly |around |as much as )*"  # noqa: E501
_PAST_TIME = re.compile(
    r"\b(?:past|(?<!would )(?<!will )(?<!to )(?<!could )(?<!may )(?<!should )(?<!can )(?<!must )last|next|coming|recent|previous|every|some|several|in|for the|over the|after|ago|these|those)\s+(?:the\s+)?$",  # noqa: E501
    re.IGNORECASE,
)
_TIME_CUE = re.compile(
    rf"\b(?:take|takes|taking|last|lasts|lasting|runs? for|run|valid for|period of|maturity of|tenor of|term of|terms of|"  # noqa: E501
    rf"life of|lifetime of|lease of|concession of|repaid (?:over|in)|repayable (?:over|in)|spread over|over|for|within|"
    rf"operate (?:it|the \w+) for|(?:in|after) about|years? to|to|by|holiday of|moratorium of|delay of|extension of) {_ABOUT}$",  # noqa: E501
    re.IGNORECASE,
)
# What goes on or went on for years is no term: "talks have dragged on for ten years".
_WENT_ON = re.compile(
    r"\b(?:ha(?:s|ve|d)(?! (?:agreed|granted|leased|signed|offered|won|got|received|\d))|drag\w*|rul(?:ed|ing)|wait\w*|liv(?:ed|ing)|"  # noqa: E501
    r"stall\w*|negotiat\w+|discuss\w*|fought|been|stood|lay|lain|served|worked|argued|haggl\w+|lasted|sat|spent|was|were|"
    r"isolated|closed|divided|dreamt|tried)\b[^,;]*$",
    re.IGNORECASE,
)
_GIVEN = re.compile(
    r"\b(?:ha(?:s|ve|d)|ge(?:t|ts)|given?|gives|needs?|takes?|allow(?:s|ed)?|require[sd]?)\b[^,;]{0,30}$", re.I
)
_TERM = re.compile(
    r"^-?\s?(?:[a-z-]+ ){0,3}?(?:loans?|contracts?|leases?|concessions?|deals?|agreements?|swaps?|grace|maturit(?:y|ies)|"  # noqa: E501
    r"terms?|credits?|licen[cs]es?|moratorium|period|bonds?|programme|program|plan|accord|pact|treaty|lifetime|repayment|"
    r"extension|tenor|tenure|holiday|exemption|mandate|permit|visas?|partnership|memorandum|facility|guarantee|offtake|timetable|lock-up)\b",
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
    told, lead = find_dates(plain, day, before), sent_from(sentence.text)
    dates = tuple(one for one in told if one.start >= lead)
    year = day.year if day else dt.date.max.year
    actors = find_actors(plain, year, known, page)
    named = codes_in(actors)
    every = tuple(
        localised(one, (*named, *page)) for one in find_quantities(plain, [(one.start, one.end) for one in told])
    )
    hidden = tuple((a, b) for a, b in asides(plain) if b < len(plain.rstrip(" .")) - 1)
    kept = tuple(one for one in every if _is_principal(plain, one, every))
    outside = [one for one in kept if not any(a <= one.start < b for a, b in hidden)]
    mentions = tuple(
        one for one in actors if not any(q.start <= one.start < q.end and q.sort in {"money", "price"} for q in every)
    )
    subjects = [(one.start, one.end) for one in subjects_of(plain)]
    clauses = tuple(
        replace(one, start=max(one.start, lead))
        for one in clauses_of(plain, [(q.start, q.end) for q in kept], subjects, [(d.start, d.end) for d in dates])
        if one.end > lead
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
        return _is_term(before, after)
    if one.sort != "factor" and re.search(r"\b(?:times|occasions)\b", one.text, re.IGNORECASE):
        return re.search(r"\b(?:visit|met|travel|been|hosted)\w*\b", plain) is not None
    if one.sort == "factor":
        return not any(other.sort not in {"factor", "time"} and other.role == "" for other in every)
    if one.sort == "count" and re.match(r"(?i)(?:one|two|a(?! (?:dozen|hundred|thousand|million))) ", one.text):
        return False
    if one.sort == "share" and re.search(r"\b(?:remaining|other|missing|first|second) $", before):
        return not any(other.sort == "money" for other in every)  # what is bought, not what is paid
    if one.sort == "length":
        away = r"\s*(?:from(?! .{2,60} to )|away|north|south|east|west|off|deep|wide|high|tall|thick|above|below|inland|upstream|downstream|apart|short)\b"  # noqa: E501
        if re.search(r"(?<![a-z])met(?:re|er)s$", one.text) and one.high < 1000:
            run = re.search(r"\b(?:runs?|stretch\w*|extend\w*|measur\w*) (?:for )?(?:about |some )?$", before)
            return (
                run is not None
                or re.match(r" (?:long|in length|of (?:track|pipe|rail|road|quay|cable))\b", after) is not None
            )
        return re.match(away, after) is None and re.search(r"\b(?:within|every) (?:about |some )?$", before) is None
    return True


def _is_term(before: str, after: str) -> bool:
    """Whether a time is a term (a loan over 15 years, three years to build), not the background of something."""
    if re.match(
        r"\s?-?(?:ago|earlier|later|old|before|after|-old|on,|apart|running|of (?:talks|delays?|negotiations?|war|work|drought|haggling|"  # noqa: E501
        r"wrangling|isolation|sanctions|rule|fighting|planning|waiting|discussion|discussions|debate|conflict|peace|growth))\b",
        after,
    ):
        return False
    if _GIVEN.search(before) and re.match(r" (?:to (?!(?:come|the|a)\b)[a-z]+|in which|for \w+ing)\b", after):
        return not _WENT_ON.search(before.replace(" has", "").replace(" have", ""))
    if _TERM.match(after):
        return not re.search(r"\btook\s+(?:\w+\s)?$", before)
    first = re.search(r"\b(?:for|over|during) the first $", before) is not None
    if not (first or (_TIME_CUE.search(before) and not _PAST_TIME.search(before))):
        return False
    if re.match(r"(?:For|Over) [\w ]*$", before) and _WENT_ON.search(after[:80].replace(",", "")):
        return False
    return not re.search(r"\btook\s+(?:\w+\s)?$", before) and not (
        re.search(rf"(?i)\b(?:for|over) {_ABOUT}$", before) and _WENT_ON.search(before)
    )
