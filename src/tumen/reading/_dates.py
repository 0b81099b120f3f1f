"""Dates as pages write them, resolved against the page's date into ISO dates and intervals.

    last week           2014-04-28/2014-05-04     mid-April           2014-04-10/2014-04-20
    by 2020             2020                      since 2008          2008/..
    through 2013        ../2013                   in the summer       2015-06/2015-09
    a month later       the month after the date named before

A month or weekday without a year is the nearest in the past, or the nearest to come where words such as "will" or "by"
stand before it in its clause.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from tumen.reading._calendar import ends_of, first_day, shifted, unit_of
from tumen.reading._tables import folded, table

__all__ = ["DateMention", "ends_of", "find_dates", "page_date"]

_PAST = re.compile(
    r"\b(?:\w{3,}ed|was|were|had|did|came|fell|rose|took|went|met|sent|sold|bought|lent|paid|began|withdrew)\b"
)
Resolved = tuple[str, bool] | None
_SINCE = re.compile(r"(?:Ever s|S)ince [^,]{3,120},")  # "Since he took office in March 2013, ..."


@dataclass(frozen=True, slots=True)
class DateMention:
    """A date in a sentence: its place there, its ISO form, the word before it ("by", "since"), and its words."""

    start: int
    end: int
    iso: str
    cue: str
    text: str


@dataclass(frozen=True, slots=True)
class _Setting:
    """What a date without a year is resolved against: the page's day, an earlier date, and whether it is to come."""

    day: dt.date
    before: str
    ahead: bool
    behind: bool = False


def find_dates(text: str, day: dt.date | None, before: str = "") -> tuple[DateMention, ...]:
    """The dates of a sentence; `before` is the date named last, for "a month later". Without a day only full ones."""
    plain = folded(text)
    taken: list[DateMention] = []
    low = plain.lower()
    for pattern, rule, guard in _rules():
        if guard and not any(word in low for word in guard):
            continue
        for match in pattern.finditer(plain):
            if any(match.start() < one.end and one.start < match.end() for one in taken):
                continue
            setting = _Setting(day or dt.date(1, 1, 1), before, *_tense(plain[: match.start()]))
            try:
                found = rule(match, setting)
            except (ValueError, OverflowError):
                continue
            if found is None or (day is None and found[1]):
                continue
            one = _with_cue(plain, match, found[0])
            since = _SINCE.match(plain)
            if since and match.end() <= since.end() and "/" not in one.iso:
                one = DateMention(one.start, one.end, f"{one.iso}/..", "since", one.text)
            taken.append(one)
    return tuple(sorted(_ranges(plain, taken), key=lambda one: one.start))


def page_date(texts: Sequence[str]) -> dt.date | None:
    """The day that a page's date line gives."""
    for text in texts:
        for pattern, rule, _ in _rules()[:3]:
            match = pattern.search(folded(text))
            found = rule(match, _Setting(dt.date(1, 1, 1), "", False)) if match else None
            if found and re.fullmatch(r"\d{4}-\d\d-\d\d", found[0]):
                return dt.date.fromisoformat(found[0])
    return None


# ---- the forms of dates


@cache
def _rules() -> tuple[tuple[re.Pattern[str], Callable[[re.Match[str], _Setting], Resolved], tuple[str, ...]], ...]:
    month = "(?P<month>" + "|".join(sorted(table("dates")["months"], key=len, reverse=True)) + r")\b\.?"
    weekday = "(?P<weekday>" + "|".join(table("dates")["weekdays"]) + ")"
    season = "(?P<season>" + "|".join(table("dates")["seasons"]) + ")"
    part = "(?P<part>early|mid|late|the (?:beginning|start|middle|end) of)"
    number = "(?P<number>" + "|".join(sorted(table("dates")["numbers"], key=len, reverse=True)) + r"|\d{1,3})"
    year, unit = r"(?P<year>(?:19|20)\d\d)", r"(?P<unit>day|week|fortnight|month|quarter|year|decade)"
    forms: list[tuple[str, Callable[[re.Match[str], _Setting], Resolved]]] = [
        (r"\b(?P<year>\d{4})-(?P<m>\d\d)-(?P<day>\d\d)\b", _iso_day),
        (rf"\b{month} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? {year}\b", _day),
        (rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? {month},? {year}\b", _day),
        (rf"\b{part}[- ]{month}(?:,? (?:of )?{year})?(?!\w)", _part),
        (rf"\b{month} (?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?!,\d)", _day),
        (rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? {month}(?!\w)", _day),
        (rf"\b{month},? (?:of )?{year}\b", _month),
        (rf"\b{month} (?:of )?(?P<which>last|this|next) year\b", _month),
        (rf"\b(?P<which>last|this|next|past|coming) {month}(?!\w)", _month),
        (
            rf"\b(?:the )?(?P<number>first|second|third|fourth|last) (?P<unit>half|quarter) of (?:the )?(?:{year}|(?P<which>this|last|next|year)(?: year)?)\b",  # noqa: E501
            _fraction,
        ),
        (
            rf"\b(?P<edge>the (?:end|close|start|beginning|middle) of|end-?|mid-?|early|late) ?(?:the )?(?:{year}|(?P<which>this|last|next|year)(?: year)?)\b",  # noqa: E501
            _edge_of_year,
        ),
        (r"\b(?P<edge>year'?s?[- ]end|end of (?P<which>this|next|last|the) (?P<unit>month|decade))\b", _edge_of_year),
        (
            rf"\b(?:the )?(?:(?P<which>last|this|next|past|coming) )?{season}(?:(?: of)? {year})?\b(?! of the)",
            _season,
        ),
        (rf"\b(?P<later>later|earlier) (?P<which>this|last|next) {unit}\b", _relative),
        (rf"\b(?P<which>last|this|next) {unit}\b(?! of)", _relative),
        (rf"\b(?:the )?(?P<which>previous|preceding|following|same) {unit}\b", _following),
        (r"\b(?P<word>yesterday|today|tomorrow|tonight)\b", _word),
        (rf"\b(?:(?P<which>last|this|next) )?(?:on )?{weekday}\b", _weekday),
        (rf"\b{number} {unit}s? (?P<way>ago|earlier|later|afterwards|from now)\b", _ago),
        (rf"\b(?:within|in) (?:the )?(?:next |coming )?{number} {unit}s?(?:' time)?\b(?! of)", _ahead_by),
        (r"\b(?P<year>(?:19|20)\d)0s\b", _decade),
        (
            r"(?<![\d.,$€£/])(?P<year>(?:19|20)\d\d)(?:-|/| to | and | until )(?P<last>(?:19|20)?\d\d)\b(?![,.]\d)(?! ?(?:km|per|tonnes|million|billion|men|workers))",  # noqa: E501
            _years,
        ),
        (
            rf"(?<![\d.,$€£-]){year}\b(?![,.]\d)(?! ?(?:km|kilomet|miles|per cent|%|tonnes|tons|million|billion|men|workers|megawatts?|MW|cubic|people|troops|jobs|barrels|dollars|rubles|euros))",  # noqa: E501
            _year,
        ),
        (
            rf"\b(?:in|of|by|since|until|till|through|from|for|last|during|before|after|to|and) {month}(?!\w)(?! (?:have|be|not|also|well|yet|still|even))",  # noqa: E501
            _month,
        ),
        (rf"\b{month}'s(?= )", _month),
    ]
    return tuple((re.compile(form, re.IGNORECASE), rule, _guard(form)) for form, rule in forms)


def _guard(form: str) -> tuple[str, ...]:
    """Letters of which one must stand in a text where the form matches: the words of its first named group."""
    rules = table("dates")
    for group, letters in (
        ("<month>", tuple({name[:3] for name in rules["months"]})), ("<weekday>", ("day",)),
        ("<season>", tuple(rules["seasons"])), ("<unit>", ("day", "week", "fortnight", "month", "quarter", "year", "decade", "half")),  # noqa: E501
        ("<edge>", ("end", "close", "start", "begin", "mid", "early", "late")), ("<word>", ("day", "tomorrow", "tonight")),  # noqa: E501
        ("<year>", ("19", "20")),
    ):  # fmt: skip
        if group in form:
            return letters
    return ()


def _numbered(word: str) -> int:
    return int(word) if word.isdigit() else int(table("dates")["numbers"][word.lower()])


def _group(match: re.Match[str], name: str) -> str:
    return (match.groupdict().get(name) or "").lower()


def _iso_day(match: re.Match[str], at: _Setting) -> Resolved:
    return dt.date(int(match["year"]), int(match["m"]), int(match["day"])).isoformat(), False


def _month_of(match: re.Match[str], at: _Setting, day: int = 0) -> tuple[int, int]:
    """Year and month; without a year the nearest that fits."""
    if match["month"].lower().rstrip(".") == "may" and match["month"][0] == "m":
        raise ValueError("the verb")
    month = int(table("dates")["months"][match["month"].lower().rstrip(".")])
    year = _group(match, "year")
    if year:
        return int(year), month
    which = _group(match, "which")
    if which and "year" in match.group().lower():
        return at.day.year + {"last": -1, "next": 1}.get(which, 0), month
    if which in {"next", "coming"} or (at.ahead and which not in {"last", "past"}):
        return at.day.year + ((month, day) < (at.day.month, at.day.day if day else 0)), month
    past = (at.day.month - month) % 12  # months back to it; ahead of the day it is the rest of twelve
    if day and past == 0:
        return at.day.year, month
    return at.day.year - (month > at.day.month) + (past > 12 - past + 3 and not at.behind), month


def _relative_year(match: re.Match[str]) -> bool:
    return not _group(match, "year")


def _day(match: re.Match[str], at: _Setting) -> Resolved:
    day = int(match["day"])
    year, month = _month_of(match, at, day)
    return dt.date(year, month, day).isoformat(), _relative_year(match)


def _month(match: re.Match[str], at: _Setting) -> Resolved:
    year, month = _month_of(match, at)
    return f"{year}-{month:02d}", _relative_year(match)


def _part(match: re.Match[str], at: _Setting) -> Resolved:
    year, month = _month_of(match, at)
    if match["part"].lower() == "the end of" and at.ahead:
        return f"{year}-{month:02d}", _relative_year(match)
    first, last = table("dates")["parts"][match["part"].lower()]
    last = last or calendar.monthrange(year, month)[1]
    return f"{year}-{month:02d}-{first:02d}/{year}-{month:02d}-{last:02d}", _relative_year(match)


def _year_of(match: re.Match[str], at: _Setting) -> int:
    year = _group(match, "year")
    return int(year) if year else at.day.year + {"last": -1, "next": 1}.get(_group(match, "which"), 0)


def _fraction(match: re.Match[str], at: _Setting) -> Resolved:
    months = 6 if match["unit"].lower() == "half" else 3
    which = 12 // months if match["number"].lower() == "last" else _numbered(match["number"])
    year, first = _year_of(match, at), (which - 1) * months + 1
    return f"{year}-{first:02d}/{year}-{first + months - 1:02d}", _relative_year(match)


def _edge_of_year(match: re.Match[str], at: _Setting) -> Resolved:
    edge, unit = match["edge"].lower(), _group(match, "unit")
    if unit == "month":
        shift = {"next": 1, "last": -1}.get(_group(match, "which"), 0)
        return shifted(at.day, "month", shift)[:7], True
    if unit == "decade":
        return str(at.day.year // 10 * 10 + 9), True
    year = _year_of(match, at)
    relative = _relative_year(match)
    if "mid" in edge:
        return f"{year}-06", relative
    if edge in {"early", "late"}:
        return (f"{year}-01/{year}-04" if edge == "early" else f"{year}-09/{year}-12"), relative
    return f"{year}-{'01' if 'start' in edge or 'begin' in edge else '12'}", relative


def _season(match: re.Match[str], at: _Setting) -> Resolved:
    if not (_group(match, "which") or _group(match, "year") or re.search(r"(?i)\bthe\b", match.group())):
        return None
    first, last = table("dates")["seasons"][match["season"].lower()]
    which, year = _group(match, "which"), _group(match, "year")
    if year:
        start = int(year)
    elif which in {"next", "coming"} or (at.ahead and which != "last"):
        start = at.day.year + (first < at.day.month and which != "this")
    else:
        start = at.day.year - (first > at.day.month)
    if which == "last" and first <= at.day.month <= last:
        start -= 1
    return f"{start}-{first:02d}/{start + (last < first)}-{last:02d}", not year


def _relative(match: re.Match[str], at: _Setting) -> Resolved:
    shift = {"last": -1, "this": 0, "next": 1}[match["which"].lower()]
    return unit_of(at.day, match["unit"].lower(), shift), True


def _following(match: re.Match[str], at: _Setting) -> Resolved:
    """`the following month`, told from the date named before."""
    if not at.before or match["unit"].lower() not in {"month", "year", "week", "day"}:
        return None
    shift = {"previous": -1, "preceding": -1, "same": 0}.get(match["which"].lower(), 1)
    return unit_of(first_day(at.before), match["unit"].lower(), shift), False


def _word(match: re.Match[str], at: _Setting) -> Resolved:
    shift = {"yesterday": -1, "tomorrow": 1}.get(match["word"].lower(), 0)
    return (at.day + dt.timedelta(days=shift)).isoformat(), True


def _weekday(match: re.Match[str], at: _Setting) -> Resolved:
    wanted = int(table("dates")["weekdays"][match["weekday"].lower()])
    if _group(match, "which") == "next" or (at.ahead and _group(match, "which") != "last"):
        days = (wanted - at.day.weekday()) % 7 or 7
    else:
        days = -((at.day.weekday() - wanted) % 7)
        if days == 0 and _group(match, "which") == "last":
            days = -7
    return (at.day + dt.timedelta(days=days)).isoformat(), True


def _ago(match: re.Match[str], at: _Setting) -> Resolved:
    count, unit, way = _numbered(match["number"]), match["unit"].lower(), match["way"].lower()
    if way in {"later", "afterwards", "earlier"}:
        if not at.before:
            return None
        from_, relative = first_day(at.before), False
    else:
        from_, relative = at.day, True
    day = shifted(from_, unit, count if way in {"later", "afterwards", "from now"} else -count)
    return day[: {"month": 7, "quarter": 7, "year": 4, "decade": 4}.get(unit, 10)], relative


def _ahead_by(match: re.Match[str], at: _Setting) -> Resolved:
    """`within five years`: the year in which they end. Without `within`, `next` or `time` only where it is to come."""
    words = match.group().lower()
    clear = words.startswith("within") or "next" in words or "coming" in words or "time" in words
    if not clear and not at.ahead:
        return None
    unit = match["unit"].lower()
    day = shifted(at.day, unit, _numbered(match["number"]))
    return day[: {"month": 7, "quarter": 7, "year": 4, "decade": 4}.get(unit, 10)], True


def _decade(match: re.Match[str], at: _Setting) -> Resolved:
    return f"{match['year']}0/{match['year']}9", False


def _years(match: re.Match[str], at: _Setting) -> Resolved:
    last = match["last"] if len(match["last"]) == 4 else match["year"][:2] + match["last"]
    if not int(match["year"]) < int(last):
        raise ValueError("no range")
    return f"{match['year']}/{last}", False


def _year(match: re.Match[str], at: _Setting) -> Resolved:
    return match["year"], False


# ---- what stands around them


@cache
def _ahead_words() -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(table("dates")["ahead"]["words"]) + r")\b", re.IGNORECASE)


def _tense(before: str) -> tuple[bool, bool]:
    """Whether the clause so far speaks of what is to come, and whether of what is past."""
    clause = re.split(r"[;:]|, (?:and|but|which|who|said|says)|\b(?:said|says)\b", before)[-1]
    ahead = _ahead_words().search(clause) is not None
    return ahead, not ahead and _PAST.search(clause) is not None


@cache
def _cues() -> Mapping[str, str]:
    cues: Mapping[str, str] = table("dates")["open"]
    return cues


def _with_cue(plain: str, match: re.Match[str], iso: str) -> DateMention:
    """A date with the word before it, which may leave an end open."""
    before = plain[: match.start()].rstrip().lower()
    inside = re.match(r"(?i)(since|until|till|through|from|by|to|before|after|in|on|of|for|and|during|last)\b ", match.group())  # fmt: skip  # noqa: E501
    start = match.start()
    cue = inside.group(1).lower() if inside else ""
    for word in sorted([*_cues(), "by", "in", "on"], key=len, reverse=True):
        if not cue and re.search(rf"\b{word}(?: the)?$", before):
            cue = word
    if cue in _cues() and "/" not in iso:
        iso = f"{iso}/.." if _cues()[cue] == "after" else f"../{iso}"
    return DateMention(start, match.end(), iso, cue, match.group())


def _ranges(plain: str, found: Sequence[DateMention]) -> list[DateMention]:
    """`from March 2012 to June 2014` and `between 2010 and 2013` as one."""
    ordered, joined = sorted(found, key=lambda one: one.start), list[DateMention]()
    for one in ordered:
        last = joined[-1] if joined else None
        gap = plain[last.end : one.start].strip().lower() if last else ""
        opened = last is not None and (last.cue == "from" or plain[: last.start].rstrip().lower().endswith("between"))
        if last is not None and opened and gap in {"to", "until", "and", "till", "through", ""} and one.cue in {"to", "until", "till", "through", "and", ""}:  # fmt: skip  # noqa: E501
            first, end = last.iso.split("/")[0], one.iso.split("/")[-1]
            if first != ".." and end != "..":
                joined[-1] = DateMention(last.start, one.end, f"{first}/{end}", "from", plain[last.start : one.end])
                continue
        joined.append(one)
    return joined
