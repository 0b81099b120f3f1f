"""The forms in which pages write dates, each with what resolves it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from tumen.reading import _datevalues as values
from tumen.reading._datevalues import Rule
from tumen.reading._tables import table

__all__ = ["followers", "rules", "standing"]


class _Pieces(NamedTuple):
    """What the forms are put together from."""

    month: str
    month2: str
    weekday: str
    season: str
    part: str
    spelt: str
    number: str
    year: str
    unit: str
    th: str
    to: str
    which: str


@cache
def _pieces() -> _Pieces:
    words = table("dates")
    month = "(?-i:(?P<month>" + _capital(words["months"]) + r"))\b\.?"
    month2 = "(?-i:(?P<month2>" + _capital(words["months"]) + r"))\b\.?"
    weekday = "(?P<weekday>" + "|".join(words["weekdays"]) + ")"
    season = "(?P<season>" + "|".join(words["seasons"]) + ")"
    part = r"(?P<part>early(?: in)?|mid|middle of|late(?: in)?|the (?:beginning|start|middle|end|close) of|(?:beginning|start|end) of|end)"  # noqa: E501
    spelt = "|".join(sorted(words["numbers"], key=len, reverse=True))
    number = rf"(?P<number>{spelt}|\d{{1,3}})"
    year, unit = r"(?P<year>(?:19|20)\d\d)", r"(?P<unit>day|week|fortnight|month|quarter|year|decade)"
    th, to = "(?:st|nd|rd|th)?", r"\s?(?:-|to|through|until|and)\s?"
    which = r"(?:(?P<which>this|last|next) )?year"
    return _Pieces(month, month2, weekday, season, part, spelt, number, year, unit, th, to, which)


def _of_days(p: _Pieces) -> list[tuple[str, Rule]]:
    """Days and months by name."""
    return [
        (r"\b(?P<year>\d{4})-(?P<m>\d\d)-(?P<day>\d\d)\b", values.iso_day),
        (
            rf"\b{p.month} (?P<day>\d{{1,2}}){p.th}{p.to}(?:the )?(?P<day2>\d{{1,2}}){p.th}(?:,? {p.year})?\b(?![,.]\d)(?! (?:per|million))",  # noqa: E501
            values.days,
        ),
        (
            rf"\b(?P<day>\d{{1,2}}){p.th}{p.to}(?:the )?(?P<day2>\d{{1,2}}){p.th}(?: of)? {p.month}(?:,? {p.year})?(?!\w)",  # noqa: E501
            values.days,
        ),
        (
            rf"\b{p.month} (?P<day>\d{{1,2}}){p.th}{p.to}{p.month2} (?P<day2>\d{{1,2}}){p.th}(?:,? {p.year})?\b",
            values.days,
        ),
        (
            rf"\b(?P<day>\d{{1,2}}){p.th}(?: of)? {p.month}{p.to}(?P<day2>\d{{1,2}}){p.th}(?: of)? {p.month2}(?:,? {p.year})?(?!\w)",  # noqa: E501
            values.days,
        ),
        (rf"\b{p.month} (?P<day>\d{{1,2}}){p.th},? {p.year}\b", values.day),
        (rf"\b(?P<day>\d{{1,2}}){p.th}(?: of)? {p.month},? {p.year}\b", values.day),
        (r"\b(?P<day>\d{1,2})\.(?P<m>\d{1,2})\.(?P<year>(?:19|20)\d\d)\b", values.iso_day),
        (rf"\b{p.part}[- ]{p.month}(?:,? (?:of )?(?:{p.year}|(?P<which>this|last|next) year))?(?!\w)", values.part),
        (rf"\b{p.month} (?P<day>\d{{1,2}}){p.th} (?:of )?(?P<which>last|this|next) year\b", values.day),
        (
            rf"\b{p.month} (?P<day>\d{{1,2}}){p.th}(?![\d\w])(?!,\d)(?! (?:per cent|percent|million|billion))",
            values.day,
        ),
        (rf"\b(?:the )?(?P<day>\d{{1,2}}){p.th}(?: of)? {p.month} (?P<which>last|this|next) year\b", values.day),
        (rf"\b(?:the )?(?P<day>\d{{1,2}}){p.th}(?: of)? {p.month}(?!\w)", values.day),
        (
            rf"\b(?:from |between )?{p.month}(?P<join>-| to | and | through ){p.month2}(?: (?:of )?(?:{p.year}|(?P<which>this|last|next) year))?\b(?! \d)",  # noqa: E501
            values.months,
        ),
        (rf"\b{p.month},? (?:of )?{p.year}\b", values.month),
        (rf"\b{p.month} (?:of )?(?P<which>last|this|next) year\b", values.month),
        (rf"\b(?P<which>last|this past|this coming|this|next|past|coming) {p.month}(?!\w)", values.month),
    ]


def _of_parts(p: _Pieces) -> list[tuple[str, Rule]]:
    """Parts of years and months."""
    return [
        (rf"\b(?:the )?first (?P<number>{p.spelt}|\d\d?) months of (?:the )?(?:{p.year}|{p.which})\b", values.opening),
        (
            rf"\b(?:the )?(?P<number>first|second|third|fourth|last|final|latter|opening)[ -](?P<unit>half|quarter) (?:of |in )?(?:the )?(?:{p.year}|{p.which})\b",  # noqa: E501
            values.fraction,
        ),
        (
            rf"\b(?:(?P<kind>[HQ])(?P<number>[1-4])|(?P<number2>[1-4])(?P<kind2>[HQ]))(?:,? ?(?:of )?(?:{p.year}|'?(?P<short>\d\d)))?(?!\w)",  # noqa: E501
            values.coded,
        ),
        (
            r"\b(?:in|during|for|by|over|from|until|since) (?:the )?(?P<number>first|second|third|fourth) (?P<unit>half|quarter)\b(?! (?:of|time|final))",  # noqa: E501
            values.fraction,
        ),
        (
            rf"\b(?:fiscal(?: year)?|financial year|FY) ?(?:{p.year}(?:[-/](?P<last>\d\d(?:\d\d)?))?|'?(?P<short>\d\d))(?!\w)",  # noqa: E501
            values.fiscal,
        ),
        (
            rf"\b(?P<edge>(?:the )?(?:end|close|start|beginning|middle|turn) of|end-?|mid-?|early(?: in)?|late(?: in)?) ?(?:the )?(?:{p.year}|{p.which}(?! (?:ago|later)))\b",  # noqa: E501
            values.edge_of_year,
        ),
        (
            r"\b(?P<edge>(?:the )?(?:end|close|turn) of (?:the|this) (?P<unit>decade)|(?:the )?year(?:'s)?[- ]end|the year's (?:end|close))\b",  # noqa: E501
            values.edge_of_year,
        ),
        (
            r"\b(?P<edge>(?:the )?(?:end|close|start|beginning|middle) of|early|late|mid-?|later|earlier)(?: in)? ?(?P<which>this|next|last|the) (?P<unit>month|week)\b",  # noqa: E501
            values.edge_of_unit,
        ),
        (
            rf"\b(?:(?:the |in |by |since |until |before |during |early |late )(?:(?P<which>last|next|past|coming|following|this past|this coming) )?|(?P<which2>last|next|this|this past|this coming) ){p.season}(?:(?: of|,)? {p.year})?\b(?! (?:of|in|to)\b)",  # noqa: E501
            values.season,
        ),
        (rf"\b(?:the )?{p.season} of (?:{p.year}|{p.which})\b", values.season),
        (rf"\b{p.season} {p.year}\b", values.season),
    ]


def _told_from_now(p: _Pieces) -> list[tuple[str, Rule]]:
    """What is told from the day of the page, and bare years and months."""
    return [
        (rf"\b{p.weekday} of (?P<which>last|this|next) (?P<unit>week)\b", values.weekday_of),
        (r"\b(?P<which>the|this) (?P<unit>year|month|week|decade|quarter) (?:is|was) (?:out|over|up)\b", values.out),
        (
            rf"\b(?P<later>later|earlier)(?: in)? (?P<which>this|last|next|the) {p.unit}\b(?! (?:ago|later|before))",
            values.relative,
        ),
        (
            rf"\b(?P<which>last|this|next) (?:fiscal |financial |calendar |marketing |crop )?{p.unit}\b(?! of\b| (?:ago|later))",  # noqa: E501
            values.relative,
        ),
        (r"\b(?P<which>last|this|next|past|coming|the) (?P<word>weekend)\b", values.weekend),
        (
            r"\b(?:this (?P<word>morning|afternoon|evening)|(?P<last>last night)|(?P<word2>yesterday|tomorrow|tonight))\b",  # noqa: E501
            values.word,
        ),
        (r"(?<!\bas )(?<!\bof )(?<!\bthan )(?<!\btill )(?<!\bto )\b(?P<word>today)\b(?!')", values.today),
        (
            rf"\b(?:(?P<which>last|this coming|this past|this|next) )?(?:on )?{p.weekday}\b(?:(?P<back> last)| week\b)?",  # noqa: E501
            values.weekday,
        ),
        (rf"\b{p.number} {p.unit}s? (?P<way>ago|from now|hence)\b", values.ago),
        (
            rf"\b(?:within|in|over|during) (?:(?:about|the|a|some) )?(?:(?:next|coming) )?{p.number} {p.unit}s?(?:' time|'s time)?\b(?! (?:of|ago|earlier|later|before|after|to)\b)",  # noqa: E501
            values.ahead_by,
        ),
        (r"\b(?:early |late |mid-?|early-|late-)?(?P<year>(?:19|20)\d)0'?s\b", values.decade),
        (
            r"(?<![\d.,$€£/])(?P<year>(?:19|20)\d\d)(?:-|/| to | and | or | until | through )(?P<last>(?:19|20)?\d\d)\b(?![,.]\d)"  # noqa: E501
            + _NOT_THINGS,
            values.years,
        ),
        (
            rf"(?<![\d.,$€£+-])(?<!\d )(?<![A-Za-z]-)(?<!No\. )\b{p.year}\b(?![,.]\d)(?! \d{{3}}\b)" + _NOT_THINGS,
            values.year,
        ),
        (
            rf"(?:\b(?:in|of|by|since|until|till|through|throughout|from|for|last|during|before|after|to|and|or|around|about|near|over|in early|come|starting|beginning|as of|between|than) |\(){p.month}(?!\w)(?! (?:have|be|not|also|well|yet|still|even))",  # noqa: E501
            values.month,
        ),
        (rf"\b{p.month}'s(?= )", values.month),
        (rf"(?:^|\n){p.month}(?= [a-z])", values.month),
    ]


@cache
def rules() -> tuple[tuple[re.Pattern[str], Rule, frozenset[str]], ...]:
    """The forms of dates, each with what resolves it and what must stand in the text for it.

    First come, first served: a form further down does not match where one before it did.
    """
    pieces = _pieces()
    forms = [*_of_days(pieces), *_of_parts(pieces), *_told_from_now(pieces)]
    return tuple((re.compile(form, re.IGNORECASE), rule, _needs(form)) for form, rule in forms)


@cache
def followers() -> tuple[tuple[re.Pattern[str], Rule], ...]:
    """Dates that are told from another: `a month later`, `the following year`, `on the same day`."""
    words = table("dates")
    number = "(?P<number>" + "|".join(sorted(words["numbers"], key=len, reverse=True)) + r"|\d{1,3})"
    unit = r"(?P<unit>day|week|fortnight|month|quarter|year|decade)"
    forms: list[tuple[str, Rule]] = [
        (rf"\b{number} {unit}s? (?P<way>later|earlier|afterwards|before that|after that|thereafter)\b", values.ago),
        (rf"\b(?:the )(?P<which>previous|preceding|following|same|next) {unit}\b", values.following),
        (rf"\b(?P<which>that|that same) {unit}\b(?! (?:of|the|it)\b)", values.following),
        (
            rf"\bthe {unit} (?P<which>before|after|earlier)\b(?! (?:the|a|an|that|it|they|he|she|last|next)\b)",
            values.following,
        ),
    ]
    return tuple((re.compile(form, re.IGNORECASE), rule) for form, rule in forms)


_NOT_THINGS = (
    r"(?! ?(?:km\b|kilomet|miles\b|per cent|percent|%|tonnes\b|tons\b|million|billion|men\b|workers|megawatts?|[MG]W\b|MWh|GWh|cubic|"  # noqa: E501
    r"people|troops|jobs|barrels|dollars|rubles|roubles|euros|yuan|rupees|hectares|acres|met(?:re|er)s|hours|days|soldiers|"
    r"containers|TEU|trucks|rifles|sq\b|square|bpd|m3|tpa|pounds|yen|households|families|students|houses))"
)


def _capital(months: Mapping[str, int]) -> str:
    """Names of months as they are written: with a capital, or in capitals; `may` and `march` are verbs."""
    return "|".join(
        sorted((form for name in months for form in (name.capitalize(), name.upper())), key=len, reverse=True)
    )


@cache
def _features() -> Mapping[str, re.Pattern[str]]:
    """What must stand in a text where forms match, each a quick look."""
    words = table("dates")
    months = {name[:3].capitalize() for name in words["months"]}
    either = re.IGNORECASE
    return {
        "month": re.compile(rf"\b(?:{'|'.join(sorted(months | {name.upper() for name in months}))})"),
        "digit": re.compile(r"\d"),
        "year": re.compile(r"(?:19|20)\d"),
        "weekday": re.compile("|".join(words["weekdays"]), either),
        "season": re.compile("|".join(words["seasons"]), either),
        "unit": re.compile(r"\b(?:day|week|fortnight|month|quarter|year|decade|half)", either),
        "edge": re.compile(r"\b(?:end|close|start|begin|middle|mid|early|late|turn|earlier|year)", either),
        "word": re.compile(r"today|yesterday|tomorrow|tonight|weekend|morning|afternoon|evening|last night", either),
        "kind": re.compile(r"\b(?:[HQ][1-4]|[1-4][HQ])"),
        "short": re.compile(r"fiscal|financial|FY", either),
        "months of": re.compile("months of", either),
    }


def standing(plain: str) -> frozenset[str]:
    """What forms may need that stands in a text."""
    return frozenset(need for need, pattern in _features().items() if pattern.search(plain))


def _needs(form: str) -> frozenset[str]:
    """What must stand in a text where the form matches."""
    if "<month>" in form:
        return frozenset({"month", "digit"} if "<day>" in form else {"month"})
    for need in ("weekday", "season", "kind", "short", "months of", "edge", "word", "unit", "year"):
        if f"<{need}>" in form or (need == "months of" and need in form):
            return frozenset({need})
    return frozenset()
