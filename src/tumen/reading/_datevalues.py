"""How each form of a date is resolved against the page's day, into ISO dates and intervals."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass

from tumen.reading._calendar import ends_of, first_day, shifted, unit_of
from tumen.reading._tables import table

__all__ = [
    "ABSOLUTE",
    "Resolved",
    "Rule",
    "Setting",
    "ago",
    "ahead_by",
    "coded",
    "day",
    "days",
    "decade",
    "edge_of_unit",
    "edge_of_year",
    "fiscal",
    "following",
    "fraction",
    "iso_day",
    "month",
    "months",
    "opening",
    "out",
    "part",
    "relative",
    "season",
    "today",
    "weekday",
    "weekday_of",
    "weekend",
    "word",
    "year",
    "years",
]

Resolved = tuple[str, bool] | None  # the ISO form, and whether the page's day was needed for it


@dataclass(frozen=True, slots=True)
class Setting:
    """What a date without a year is resolved against: the page's day, an earlier date, and whether it is to come."""

    day: dt.date
    before: str
    ahead: bool
    behind: bool = False


Rule = Callable[[re.Match[str], Setting], Resolved]


def _numbered(word: str) -> int:
    return int(word) if word.isdigit() else int(table("dates")["numbers"][word.lower()])


def _group(match: re.Match[str], name: str) -> str:
    return (match.groupdict().get(name) or "").lower()


def iso_day(match: re.Match[str], at: Setting) -> Resolved:
    return dt.date(int(match["year"]), int(match["m"]), int(match["day"])).isoformat(), False


def _month_of(match: re.Match[str], at: Setting, day: int = 0) -> tuple[int, int]:
    """Year and month; without a year the nearest that fits."""
    month = int(table("dates")["months"][match["month"].lower().rstrip(".")])
    year = _group(match, "year")
    if year:
        return int(year), month
    which = _group(match, "which")
    if which and "year" in match.group().lower():
        return at.day.year + {"last": -1, "next": 1}.get(which, 0), month
    if which == "next" and not day and month == at.day.month:
        return at.day.year + 1, month
    if which in {"next", "coming", "this coming"} or (at.ahead and which not in {"last", "past", "this past"}):
        return at.day.year + ((month, day) < (at.day.month, at.day.day if day else 0)), month
    past = (at.day.month - month) % 12  # months back to it; ahead of the day it is the rest of twelve
    if day and past == 0:
        return at.day.year, month
    return at.day.year - (month > at.day.month) + (
        past > 12 - past + 3 and not at.behind and which not in {"last", "past", "this past"}
    ), month


def _relative_year(match: re.Match[str]) -> bool:
    return not _group(match, "year")


def day(match: re.Match[str], at: Setting) -> Resolved:
    day = int(match["day"])
    year, month = _month_of(match, at, day)
    return dt.date(year, month, day).isoformat(), _relative_year(match)


def month(match: re.Match[str], at: Setting) -> Resolved:
    year, month = _month_of(match, at)
    return f"{year}-{month:02d}", _relative_year(match)


def days(match: re.Match[str], at: Setting) -> Resolved:
    """A range of days, in one month or from one into the next."""
    first, last = int(match["day"]), int(match["day2"])
    year, month = _month_of(match, at, first)
    end = month
    if _group(match, "month2"):
        end = int(table("dates")["months"][_group(match, "month2").rstrip(".")])
    elif not first < last:
        raise ValueError("no range")
    start, stop = dt.date(year, month, first), dt.date(year + (end < month), end, last)
    return f"{start.isoformat()}/{stop.isoformat()}", _relative_year(match)


def months(match: re.Match[str], at: Setting) -> Resolved:
    year, first = _month_of(match, at)
    last = int(table("dates")["months"][_group(match, "month2").rstrip(".")])
    if match["join"] == " and " and not match.group().lower().startswith("between") and last - first != 1:
        return None
    if _group(match, "year") and last < first:
        year -= 1
    return f"{year}-{first:02d}/{year + (last < first)}-{last:02d}", _relative_year(match)


def opening(match: re.Match[str], at: Setting) -> Resolved:
    """`the first nine months of 2013`."""
    year, months = _year_of(match, at), _numbered(match["number"])
    return f"{year}-01/{year}-{dt.date(year, months, 1).month:02d}", _relative_year(match)


def coded(match: re.Match[str], at: Setting) -> Resolved:
    """`Q3 2014`, `1H19`, `H1`."""
    kind, number = (match["kind"] or match["kind2"]).upper(), int(match["number"] or match["number2"])
    months, short = {"H": 6, "Q": 3}[kind], _group(match, "short")
    if match["kind2"] and not (short or _group(match, "year")):
        return None
    year = 2000 + int(short) if short else _year_of(match, at)
    first = (number - 1) * months + 1
    last = dt.date(year, first + months - 1, 1).month
    return f"{year}-{first:02d}/{year}-{last:02d}", not short and _relative_year(match)


def fiscal(match: re.Match[str], at: Setting) -> Resolved:
    short, year, last = _group(match, "short"), _group(match, "year"), _group(match, "last")
    if short:
        return f"20{short}", False
    return (f"{year}/{year[:2]}{last[-2:]}" if last else year), False


def part(match: re.Match[str], at: Setting) -> Resolved:
    year, month = _month_of(match, at)
    name = match["part"].lower()
    ends = "end" in name or "close" in name
    if ends and (at.ahead or f"{year}-{month:02d}" >= at.day.isoformat()[:7]):
        return f"{year}-{month:02d}", _relative_year(match)
    return _days_of(year, month, name), _relative_year(match)


def _days_of(year: int, month: int, part: str) -> str:
    """The days of a part of a month: its beginning, middle or end."""
    kind = "early" if re.search("early|start|begin", part) else "mid" if "mid" in part else "late"
    first, last = table("dates")["parts"][kind]
    last = last or calendar.monthrange(year, month)[1]
    return f"{year}-{month:02d}-{first:02d}/{year}-{month:02d}-{last:02d}"


def _year_of(match: re.Match[str], at: Setting) -> int:
    year = _group(match, "year")
    return int(year) if year else at.day.year + {"last": -1, "next": 1}.get(_group(match, "which"), 0)


def fraction(match: re.Match[str], at: Setting) -> Resolved:
    months = 6 if match["unit"].lower() == "half" else 3
    word = match["number"].lower()
    which = 12 // months if word in {"last", "final", "latter"} else 1 if word == "opening" else _numbered(word)
    if which * months > 12:
        return None
    year, first = _year_of(match, at), (which - 1) * months + 1
    return f"{year}-{first:02d}/{year}-{first + months - 1:02d}", _relative_year(match)


def edge_of_year(match: re.Match[str], at: Setting) -> Resolved:
    edge = match["edge"].lower()
    if _group(match, "unit") == "decade":
        return str(at.day.year // 10 * 10 + 9), True
    year = _year_of(match, at)
    relative = _relative_year(match)
    if "mid" in edge:
        return f"{year}-06", relative
    if edge.startswith(("early", "late")):
        return (f"{year}-01/{year}-04" if edge.startswith("early") else f"{year}-09/{year}-12"), relative
    return f"{year}-{'01' if re.search('start|begin|turn', edge) else '12'}", relative


def edge_of_unit(match: re.Match[str], at: Setting) -> Resolved:
    """`early next month`, `the end of the week`."""
    edge, shift = match["edge"].lower(), {"next": 1, "last": -1}.get(_group(match, "which"), 0)
    if match["unit"].lower() == "week":
        return unit_of(at.day, "week", shift), True
    iso = shifted(at.day, "month", shift)[:7]
    if re.search("later|earlier|end|close", edge):
        return iso, True
    return _days_of(int(iso[:4]), int(iso[5:]), edge), True


def season(match: re.Match[str], at: Setting) -> Resolved:
    name, words = match["season"].lower(), match.group().lower()
    year, which = _group(match, "year"), _group(match, "which") or _group(match, "which2")
    if name == "fall" and not (year or which) and not words.startswith(("the ", "this ")):
        return None
    first, last = table("dates")["seasons"][name]
    if year or " of " in words:
        start = int(year) if year else _year_of(match, at)
    elif which in {"next", "coming", "this coming"} or (at.ahead and not which.endswith(("last", "past"))):
        start = at.day.year + (first < at.day.month and which != "this")
    else:
        start = at.day.year - (first > at.day.month)
    if which == "last" and " of " not in words and first <= at.day.month <= last:
        start -= 1
    return f"{start}-{first:02d}/{start + (last < first)}-{last:02d}", not year


def relative(match: re.Match[str], at: Setting) -> Resolved:
    which = match["which"].lower()
    if which == "next" and re.search(
        r"(?<!over )(?<!within )(?<!for )(?<!during )(?<!in )\bthe $", match.string[: match.start()]
    ):
        return None  # `the next day` is told from the date before it
    shift = {"last": -1, "next": 1}.get(which, 0)
    return unit_of(at.day, match["unit"].lower(), shift), True


def following(match: re.Match[str], at: Setting) -> Resolved:
    """`the following month`, told from the date named before."""
    if not at.before or match["unit"].lower() not in {"month", "year", "week", "day"}:
        return None
    which = match["which"].lower()
    shift = {"previous": -1, "preceding": -1, "before": -1, "earlier": -1, "same": 0, "that": 0, "that same": 0}
    iso = unit_of(first_day(at.before), match["unit"].lower(), shift.get(which, 1))
    return (at.before if match["unit"].lower() == "day" and shift.get(which, 1) == 0 else iso), False


def weekday_of(match: re.Match[str], at: Setting) -> Resolved:
    """`Thursday of last week`."""
    shift = {"last": -1, "next": 1}.get(match["which"].lower(), 0)
    monday = at.day - dt.timedelta(days=at.day.weekday()) + dt.timedelta(weeks=shift)
    return (monday + dt.timedelta(days=int(table("dates")["weekdays"][match["weekday"].lower()]))).isoformat(), True


def out(match: re.Match[str], at: Setting) -> Resolved:
    """`before the year is out`: its last month, or last day where it is shorter."""
    unit = match["unit"].lower()
    last = ends_of(unit_of(at.day, unit, 0))[1]
    return last[:7] if unit in {"year", "quarter", "month"} else last[:4] if unit == "decade" else last, True


def word(match: re.Match[str], at: Setting) -> Resolved:
    word = (match["word"] or match["word2"] or match["last"]).lower()
    shift = {"yesterday": -1, "last night": -1, "tomorrow": 1}.get(word, 0)
    return (at.day + dt.timedelta(days=shift)).isoformat(), True


def today(match: re.Match[str], at: Setting) -> Resolved:
    """The day of the page where something happened or is to happen on it; else it means `at present`."""
    as_now = re.search(r"(?i)\b(?:as|than|like|even) (?:[\w']+ ){0,4}$", match.string[: match.start()])
    return (at.day.isoformat(), True) if (at.ahead or at.behind) and not as_now else None


def weekend(match: re.Match[str], at: Setting) -> Resolved:
    """Saturday and Sunday: those before the day, or those to come."""
    which = match["which"].lower()
    coming = at.ahead or which in {"next", "coming"} or (which == "this" and not at.behind and at.day.weekday() >= 1)
    shift = (5 - at.day.weekday()) if coming else -2 - at.day.weekday()
    if not coming and at.day.weekday() == 6:
        shift = -1
    first = at.day + dt.timedelta(days=shift)
    return f"{first.isoformat()}/{(first + dt.timedelta(days=1)).isoformat()}", True


def weekday(match: re.Match[str], at: Setting) -> Resolved:
    wanted = int(table("dates")["weekdays"][match["weekday"].lower()])
    which = "last" if match["back"] else _group(match, "which")
    back = which in {"last", "this past"}
    if not back and (which in {"next", "this", "this coming"} or at.ahead) and not (which == "this" and at.behind):
        days = (wanted - at.day.weekday()) % 7 or 7
    else:
        days = -((at.day.weekday() - wanted) % 7)
        if days == 0 and back:
            days = -7
    return (at.day + dt.timedelta(days=days)).isoformat(), True


def ago(match: re.Match[str], at: Setting) -> Resolved:
    count, unit, way = _numbered(match["number"]), match["unit"].lower(), match["way"].lower()
    told = way not in {"ago", "from now", "hence"}
    if told:
        if not at.before:
            return None
        from_, relative = first_day(at.before), False
    else:
        from_, relative = at.day, True
    day = shifted(from_, unit, -count if way in {"ago", "earlier", "before that"} else count)
    return day[: {"month": 7, "quarter": 7, "year": 4, "decade": 4}.get(unit, 10)], relative


def ahead_by(match: re.Match[str], at: Setting) -> Resolved:
    """`within five years`: the year in which they end. Without `within`, `next` or `time` only where it is to come."""
    words = match.group().lower()
    clear = words.startswith("within") or "next" in words or "coming" in words or "time" in words
    term = re.search(r"(?i)\b(?:repa\w+|paid back|pay \w+ back|matures?|built) $", match.string[: match.start()])
    if not clear and (not at.ahead or not words.startswith("in") or term is not None):
        return None
    unit = match["unit"].lower()
    day = shifted(at.day, unit, _numbered(match["number"]))
    return day[: {"month": 7, "quarter": 7, "year": 4, "decade": 4}.get(unit, 10)], True


def decade(match: re.Match[str], at: Setting) -> Resolved:
    return f"{match['year']}0/{match['year']}9", False


def years(match: re.Match[str], at: Setting) -> Resolved:
    last = match["last"] if len(match["last"]) == 4 else match["year"][:2] + match["last"]
    if not int(match["year"]) < int(last):
        raise ValueError("no range")
    return f"{match['year']}/{last}", False


_NAMED = re.compile(r"(?:^|[\s\"(])([A-Z][A-Za-z]+) $")


def year(match: re.Match[str], at: Setting) -> Resolved:
    """A year, but for one that belongs to a name: Jubilee 2000, Vision 2030."""
    before = match.string[max(0, match.start() - 24) : match.start()]
    named = _NAMED.search(before)
    if named is not None and named.group(1).lower() not in table("dates")["leads"]["words"]:
        return None
    return match["year"], False


ABSOLUTE: frozenset[Rule] = frozenset({year, years, decade, iso_day})  # for these no tense matters
