"""Who says so: the name, office or agency to which a sentence gives a claim.

Each verb of speaking or reckoning is looked up in a table, then the name of the one who does it is sought: before it
(`Ana Lopez, the minister, reckons`), or after it where what is said stands first (`..., said a banker`). So are the
words that name a speaker without a verb (`according to`, `by the bank's count`, `estimated by`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from tumen.reading._speakers import name_after, name_before
from tumen.reading._tables import records, table, words

__all__ = ["Attribution", "attribution_of", "attributions_of", "is_anonymous", "pronoun_speaks", "teller_of"]


@dataclass(frozen=True, slots=True)
class Attribution:
    """The one who says so: the words, their place, the place of all that names him and his speaking.

    `speaks` tells words said from an opinion, promise or estimate; `reach` is the part of the sentence that he tells.
    """

    source: str
    start: int
    end: int
    first: int
    last: int
    speaks: bool
    reach: tuple[int, int] = (0, 1_000_000)
    closing: bool = False


@dataclass(frozen=True, slots=True)
class _Verb:
    """A form of a verb of the tables: which one it is a form of, and what it can be."""

    base: str
    form: str
    speaks: bool
    holds: bool
    shows: bool


_WORD = re.compile(r"[A-Za-z]+(?:'[a-z]+)?")
_NOUNS = re.compile(
    r"\s+(?:of|were|was|are|have|had|has|will|would|is|could|can|may|by|from|between|against|over|put|puts|show|shows|suggest|suggests|say|says|range|vary|point)\b"
)
_OPENING = re.compile(r'(?:"|,["\']?)\s*$')
_ENDS = re.compile(
    r'(?:,? (?:(?:late|early|earlier|later|back|again|yesterday|today|last|this|on|in|at|after|during|ahead|following|before|to (?:reporters|parliament|lawmakers|journalists|the press)|as|citing|quoting|reporters|parliament|journalists|lawmakers|when|the (?:same|next|previous) day)\b[^,;."]{0,70}|[A-Z][\w-]+(?: in [A-Z]\w+)?))?\s*(?:[.,;"]|$)'  # noqa: E501
)
_CUT = re.compile(
    r";\s|\s-+\s|,\s(?:and|but|while|whereas|although|though|yet|so)\s|\s(?:but|while|whereas|although)\s"
)
_STRONG = re.compile(r";\s(?!(?:it|he|she|they)\b)|\s--\s")
_FURTHER = re.compile(
    r", (?:noting|saying|adding|arguing|warning|stressing|claiming|pointing|insisting|explaining|recalling)\b"
)
_PLURAL = frozenset(
    {"people", "men", "women", "police", "few", "many", "some", "most", "others", "critics", "data", "staff"}
)
_ACTS = frozenset(
    {
        "put",
        "call",
        "set",
        "place",
        "give",
        "see",
        "want",
        "mean",
        "intend",
        "aim",
        "plan",
        "seek",
        "come",
        "arrive",
        "count",
        "bank",
        "bet",
    }
)
_NO_NOUNS = frozenset({"say", "tell", "put", "speak", "talk"})
_PREPOSITION = re.compile(
    r"\s(?:of|for|in|at|from|on|to|with|near|behind|close|familiar|here|there|involved|working)\b.*"
)


@cache
def _verbs() -> Mapping[str, tuple[_Verb, ...]]:
    """Every form of every verb."""
    rules = table("attribution")
    found: dict[str, list[_Verb]] = {}
    for sort in ("speaks", "holds", "shows"):
        for cell in rules[sort]:
            forms = cell.split("/") if "/" in cell else _regular(cell)
            for form in dict.fromkeys(forms):
                found.setdefault(form, []).append(
                    _Verb(forms[0], form, sort == "speaks", sort == "holds", sort == "shows")
                )
    return {form: tuple(ones) for form, ones in found.items()}


def _regular(base: str) -> list[str]:
    if base.endswith("e"):
        return [base, f"{base}s", f"{base}d"]
    if base.endswith("y") and base[-2] not in "aeo":
        return [base, f"{base[:-1]}ies", f"{base[:-1]}ied"]
    return [base, f"{base}s", f"{base}ed"]


@cache
def _follow(base: str) -> re.Pattern[str] | None:
    rules = table("attribution")["follow"]
    return re.compile(rules[base].replace("{sum}", rules["sum"])) if base in rules else None


@cache
def _sets() -> tuple[frozenset[str], frozenset[str], re.Pattern[str], frozenset[str]]:
    rules = table("attribution")
    states = {name for row in records("states") for name in words(row["names"])}
    return frozenset(rules["is"]), frozenset(rules["data"]), re.compile(rf" {rules['minds']}"), frozenset(states)


@cache
def _told() -> tuple[tuple[tuple[str, ...], re.Pattern[str], str], ...]:
    """The words that name a speaker without a verb, with the letters that they need."""
    rules = table("attribution")["said_by"]
    name = r"(?P<name>(?:the |a |an |its |his |her |their )?(?:[\w.&-]+ ){0,6}?[\w.&-]+)"
    lead, passive = "|".join(rules["lead"]), "|".join(rules["passive"])
    return (
        *((("'s ", "s' "), re.compile(rf"\b{one.replace('{name}', name)}", re.I), "name") for one in rules["owner"]),
        *((("as ",), re.compile(rf"\b{one.replace('{name}', name)}", re.I), "name") for one in rules["puts"]),
        (("according", "in the ", " the ", "as ", "by ", "on "), re.compile(rf"\b(?:{lead}) ", re.I), "after"),
        ((" by ",), re.compile(rf"\b(?:{passive}) (?=\w)"), "passive"),
    )  # fmt: skip


@lru_cache(maxsize=256)
def attributions_of(plain: str) -> tuple[Attribution, ...]:
    """Those whom a sentence names as saying something, in the order of their places."""
    found = [*_by_verbs(plain), *_by_words(plain)]
    found.sort(key=lambda one: (one.start, -one.last))
    return tuple(found)


def attribution_of(plain: str) -> Attribution | None:
    """The one whom a sentence names as saying so, if it does."""
    found = attributions_of(plain)
    return next((one for one in found if one.closing and one.speaks), found[0] if found else None)


def teller_of(plain: str, at: int, part: tuple[int, int]) -> Attribution | None:
    """The one who tells what stands at a place of a sentence, within a part of it.

    Of several he who speaks tells what others promise or reckon; else the last one named before the place.
    """
    found = attributions_of(plain)
    reached = [one for one in found if one.reach[0] <= at < one.reach[1] and not _within(plain, one, found)]
    near = [one for one in reached if one.start <= at or one.closing or one.start < part[1]]
    for sort in ([one for one in near if one.speaks], near):
        before = [one for one in sort if one.first <= at and not one.closing]
        if before or sort:
            return before[-1] if before else sort[0]
    return None


def _within(plain: str, one: Attribution, found: tuple[Attribution, ...]) -> bool:
    """Whether one is named in what another tells further: `the board doubts it, noting that a study put ...`."""
    return any(other.last < one.first and _FURTHER.search(plain, other.last, one.first) for other in found)


def _by_verbs(plain: str) -> Iterator[Attribution]:
    be, _, minds, _ = _sets()
    verbs = _verbs()
    for match in _WORD.finditer(plain):
        form = match.group()
        if form in be:
            mind = minds.match(plain, match.end())
            if mind and (span := name_before(plain, match.start())):
                speaks = "quoted" in mind.group() or "cited" in mind.group()
                yield _made(plain, span, mind.end(), speaks)
        elif form in verbs:
            one = _by_verb(plain, match, verbs[form])
            if one is not None:
                yield one


def _by_verb(plain: str, match: re.Match[str], senses: tuple[_Verb, ...]) -> Attribution | None:
    """The one who does a verb, in any sense of it."""
    after = plain[match.end() : match.end() + 160]
    closes = _ENDS.match(after) is not None
    span = None
    for one in senses:
        follow = _follow(f"shows_{one.base}" if one.shows and not one.speaks else one.base)
        fits = follow is None or follow.match(after) is not None
        if not fits and not closes:
            continue
        noun = (one.form.endswith("s") or one.form == one.base) and one.base not in _NO_NOUNS
        if noun and _NOUNS.match(after):
            continue
        span = span or name_before(plain, match.start())
        if span is None:
            break
        name = plain[span[0] : span[1]]
        if one.shows and not one.speaks and not _is_data(name):
            continue
        if not _agrees(one, name) or not _may(one, name, after):
            continue
        closing = closes and _OPENING.search(plain[: span[0]]) is not None and span[0] > 12
        ended = re.match(r"\s*(?:[.,;]|$)", after) is not None  # `billions in promises.`: a noun
        if (not fits and one.base in _ACTS) or ((not fits or ended) and not closing):
            continue
        own = re.match(r" (?:its|his|her|their|to)\b", after) is not None  # `has announced its wish to`: told of itself
        return _made(plain, span, match.end(), (one.speaks and not own) or closing, closing)
    return _inverted(plain, match, senses) if span is None else None


def _inverted(plain: str, match: re.Match[str], senses: tuple[_Verb, ...]) -> Attribution | None:
    """`..., said a banker in Quito`: the name after the verb, where what was said stands before it."""
    comma = re.search(r'[,?!]["\']? (?:also )?$', plain[: match.start()])
    if comma is None or not any(
        one.speaks or one.base in {"reckon", "predict", "forecast", "estimate", "calculate"} for one in senses
    ):
        return None
    at = match.end() + 1
    if plain[match.end() : at] != " " or re.match(
        r"(?:that|it|he|she|they|to|there|on|in|last|yesterday|at)\b", plain[at:]
    ):
        return None
    span = name_after(plain, at)
    if span is None:
        return None
    return Attribution(plain[slice(*span)], *span, comma.start(), span[1], True, _around(plain, comma.start()), True)


def _is_data(name: str) -> bool:
    head = _PREPOSITION.sub("", name).split(",")[0].split()
    head = re.sub(
        r"\s(?:by|seen|published|released|commissioned|paid|drawn|made|carried|compiled)\b.*", "", " ".join(head)
    ).split()
    return bool(head) and head[-1].lower() in _sets()[1]


def _agrees(one: _Verb, name: str) -> bool:
    """A plain form has a plural before it: `officials report`, not `the annual report`."""
    if one.form != one.base or one.form in {"put", "set", "bet", "cost"}:
        return True
    head = _PREPOSITION.sub("", name.split(",")[0]).split()
    last = head[-1].lower() if head else ""
    return " and " in name or last in _PLURAL or (last.endswith("s") and not last.endswith(("'s", "ss")))


def _may(one: _Verb, name: str, after: str) -> bool:
    """A wish of a state to do something itself is an aim of the state, not what somebody says."""
    if one.base in {"want", "wish", "intend", "aim", "plan", "seek", "mean"}:
        states = all(
            part.strip() in _sets()[3] for part in re.split(r",| and ", name.removeprefix("both ")) if part.strip()
        )
        if one.base == "want" and not after.startswith(" to "):
            return True
        return not states and one.base not in {"plan", "seek"}
    return True


def _made(plain: str, span: tuple[int, int], last: int, speaks: bool, closing: bool = False) -> Attribution:
    name = plain[slice(*span)].strip(" ,\"'")
    start = plain.index(name, span[0])
    reach = _around(plain, start) if closing else _onward(plain, start)
    return Attribution(name, start, start + len(name), start, last, speaks, reach, closing)


def _around(plain: str, at: int) -> tuple[int, int]:
    """What one tells who is named at the end: all of the sentence between the strong marks."""
    marks = list(re.finditer(r";\s|\s--\s", plain))
    first = max((match.end() for match in marks if match.end() <= at and match.group()[0] == ";"), default=0)
    return first, min((match.start() for match in marks if match.start() > at), default=len(plain))


def _onward(plain: str, at: int) -> tuple[int, int]:
    """What one tells who is named before: his own clause, and what follows it."""
    first = max((match.end() for match in _CUT.finditer(plain, 0, at)), default=0)
    last = _STRONG.search(plain, at)
    return first, last.start() if last else len(plain)


def _by_words(plain: str) -> Iterator[Attribution]:
    low = plain.lower()
    for stems, pattern, how in _told():
        if not any(stem in low for stem in stems):
            continue
        for match in pattern.finditer(plain):
            span = match.span("name") if how == "name" else name_after(plain, match.end())
            if span is None or not _is_teller(plain[slice(*span)]):
                continue
            name = plain[slice(*span)]
            yield Attribution(
                name, *span, match.start(), max(span[1], match.end()), how != "passive",
                _around(plain, span[0]), how != "passive",
            )  # fmt: skip


def _is_teller(name: str) -> bool:
    rules = table("attribution")
    own = _PREPOSITION.sub("", name).split(",")[0].split()
    told = own[0].lower() not in rules["words"]["pronouns"] if own else False
    return told and own[-1].lower() not in rules["said_by"]["not_told"] and not name[:1].isdigit()


@cache
def _again() -> re.Pattern[str]:
    return re.compile(table("attribution")["phrases"]["again"], re.I)


def pronoun_speaks(plain: str) -> bool:
    """Whether one speaks who was named before: `he added`, `They`."""
    return re.match(r"(?:they|he|she|it)\b", plain, re.I) is not None or _again().search(plain) is not None


def is_anonymous(source: str) -> bool:
    """Whether a source is not named."""
    found = set(re.findall(r"\w+", source.lower()))
    return not found.isdisjoint(table("attribution")["words"]["anonymous"])
