"""Dates of a case: a day, a month or a year, and the last day that each can mean."""

from __future__ import annotations

import calendar
import re
from datetime import date

from tumen.errors import UnitError

__all__ = ["decimal_year", "latest_day", "read_day"]

_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?", re.ASCII)


def latest_day(text: object) -> date:
    """The last day that a date of any precision can mean.

    >>> latest_day("2014-02"), latest_day(2013)
    (datetime.date(2014, 2, 28), datetime.date(2013, 12, 31))
    """
    match = _DATE.fullmatch(str(text).strip()) if not isinstance(text, bool) else None
    if match is None:
        raise UnitError(f"`{str(text)[:40]}` is not a date; write YYYY-MM-DD, YYYY-MM or YYYY")
    year, month, day = int(match[1]), int(match[2] or 12), match[3]
    try:
        return date(year, month, int(day) if day else calendar.monthrange(year, month)[1])
    except (ValueError, calendar.IllegalMonthError):
        raise UnitError(f"`{text}` is not a day of the calendar; write YYYY-MM-DD") from None


def read_day(text: object) -> date:
    """A full day, YYYY-MM-DD."""
    match = _DATE.fullmatch(str(text).strip()) if not isinstance(text, bool) else None
    if match is None or match[3] is None:
        raise UnitError(f"`{str(text)[:40]}` is not a day; write YYYY-MM-DD")
    return latest_day(text)


def decimal_year(day: date) -> float:
    """A day as a decimal year: 2014-07-02 is about 2014.5."""
    start, end = date(day.year, 1, 1), date(day.year + 1, 1, 1)
    return day.year + (day - start).days / (end - start).days
