"""Arithmetic of days, and of ISO dates and intervals."""

from __future__ import annotations

import calendar
import datetime as dt

__all__ = ["ends_of", "first_day", "shifted", "unit_of"]


def ends_of(iso: str) -> tuple[str, str]:
    """First and last day of an ISO date or interval; an open end is `..`.

    >>> ends_of("2014-02"), ends_of("../2013")
    (('2014-02-01', '2014-02-28'), ('..', '2013-12-31'))
    """
    first, _, last = iso.partition("/")
    return _edge(first, 0), _edge(last or first, 1)


def _edge(part: str, end: int) -> str:
    if part in {"", ".."}:
        return ".."
    numbers = [int(piece) for piece in part.split("-")]
    year = numbers[0]
    month = numbers[1] if len(numbers) > 1 else (12 if end else 1)
    day = numbers[2] if len(numbers) > 2 else (calendar.monthrange(year, month)[1] if end else 1)
    return f"{year:04d}-{month:02d}-{day:02d}"


def unit_of(day: dt.date, unit: str, shift: int) -> str:
    """The week, month, quarter, year or decade that lies `shift` of them from the day's own."""
    if unit in {"day"}:
        return (day + dt.timedelta(days=shift)).isoformat()
    if unit in {"week", "fortnight"}:
        monday = day - dt.timedelta(days=day.weekday()) + dt.timedelta(weeks=shift)
        return f"{monday.isoformat()}/{(monday + dt.timedelta(days=6)).isoformat()}"
    if unit == "month":
        return shifted(day, "month", shift)[:7]
    if unit == "quarter":
        number = day.year * 4 + (day.month - 1) // 3 + shift
        year, first = number // 4, number % 4 * 3 + 1
        return f"{year}-{first:02d}/{year}-{first + 2:02d}"
    if unit == "decade":
        first = day.year // 10 * 10 + 10 * shift
        return f"{first}/{first + 9}"
    return str(day.year + shift)


def shifted(day: dt.date, unit: str, count: int) -> str:
    """A day so many units on, as ISO."""
    if unit in {"day", "week", "fortnight"}:
        return (day + dt.timedelta(days=count * {"day": 1, "week": 7, "fortnight": 14}[unit])).isoformat()
    months = count * {"month": 1, "quarter": 3, "year": 12, "decade": 120}[unit]
    number = day.year * 12 + day.month - 1 + months
    year, month = number // 12, number % 12 + 1
    return dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1])).isoformat()


def first_day(iso: str) -> dt.date:
    first, last = ends_of(iso)
    return dt.date.fromisoformat(first if first != ".." else last)
