"""Dated schedules of repayment, per unit of principal.

With a payments a year, an interest rate i a year, a maturity of M years and a grace of G years, dates fall every 12/a
months after the start; principal is repaid at the n = a(M - G) dates that follow start + G, so the first repayment is
one period after the grace has ended, and interest is paid at every date, in the grace too. In period k the interest is
i/a times the principal still scheduled to be outstanding; with dates of one's own it is i times the days over 365.

    equal     principal 1/n at each date
    annuity   principal and interest together c at each date, c = (i/a) / (1 - (1 + i/a)^-n), or 1/n where i = 0
    custom    principal as the shares given

Dates at which nothing falls due (the grace of a loan without interest) are left out. Nothing is solved here.
"""

from __future__ import annotations

import calendar
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from tumen.errors import did_you_mean
from tumen.money._arrays import Array

__all__ = ["Schedule", "add_months", "schedule"]

_SUM_TOLERANCE = 1e-9  # how far shares may be from adding up to one


def add_months(day: date, months: int) -> date:
    """The same day some months later, or the last day of that month where it has no such day.

    >>> add_months(date(2014, 8, 31), 6), add_months(date(2014, 5, 5), -6)
    (datetime.date(2015, 2, 28), datetime.date(2013, 11, 5))
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


@dataclass(frozen=True)
class Schedule:
    """What falls due when, per unit of a principal of 1 lent (or rescheduled) at `start`.

    `dates` rise and lie after `start`; `principal` sums to 1; `interest` is what is due beside it. Raises ValueError
    where that does not hold.
    """

    dates: tuple[date, ...]
    principal: tuple[float, ...]
    interest: tuple[float, ...]
    start: date

    def __post_init__(self) -> None:
        lengths = (len(self.dates), len(self.principal), len(self.interest))
        if not self.dates or len(set(lengths)) > 1:
            raise ValueError(
                f"schedule: {lengths[0]} dates, {lengths[1]} repayments, {lengths[2]} interest payments; "
                "expected the same number of each, at least one"
            )
        _check_dates(self.start, self.dates)
        for what, values in (("principal", self.principal), ("interest", self.interest)):
            for day, value in zip(self.dates, values, strict=True):
                if not (math.isfinite(value) and value >= 0):
                    raise ValueError(f"schedule: {what} on {day} is {value}; expected a number of at least 0")
        total = math.fsum(self.principal)
        if abs(total - 1) > _SUM_TOLERANCE:
            raise ValueError(f"schedule: the shares of the principal add up to {total:.10g}; expected 1")

    @property
    def payments(self) -> Array:
        """Principal and interest together, (instalment,), per unit of principal."""
        payments: Array = np.array(self.principal) + np.array(self.interest)
        payments.setflags(write=False)
        return payments

    def __len__(self) -> int:
        return len(self.dates)

    def __repr__(self) -> str:
        return (
            f"Schedule({len(self)} dates, {self.dates[0]} to {self.dates[-1]}, "
            f"interest {math.fsum(self.interest):.4g} per unit of principal, from {self.start})"
        )


def schedule(
    *,
    start: date,
    years: float,
    per_year: int,
    repayment: Literal["equal", "annuity", "custom"],
    interest: float = 0.0,
    grace: float = 0.0,
    shares: Sequence[float] | None = None,
    dates: Sequence[date] | None = None,
) -> Schedule:
    """A schedule of repayment; the module's docstring has the formulas.

    Parameters
    ----------
    start
        The day from which the terms run; the first period ends 12/`per_year` months later.
    years
        The maturity: from `start` to the last payment, grace included.
    per_year
        Payments a year: 1, 2, 3, 4, 6 or 12.
    repayment
        "equal", "annuity" or "custom".
    interest
        A year, as a fraction (0.02 is 2 %).
    grace
        Years in which no principal is repaid; the first repayment is one period after `start` + `grace`.
    shares
        For "custom": shares of the principal, adding up to 1, one a repayment date.
    dates
        For "custom": the repayment dates themselves, after `start` + `grace` and within `years`; one a share.

    Raises
    ------
    ValueError
        Where an argument is out of its range or they do not fit together.

    >>> terms = schedule(start=date(2014, 5, 5), years=20, per_year=2, repayment="equal")
    >>> len(terms), terms.dates[0], terms.dates[-1], float(round(terms.payments[0] * 1090, 6))
    (40, datetime.date(2014, 11, 5), datetime.date(2034, 5, 5), 27.25)
    """
    kinds = ("equal", "annuity", "custom")
    if repayment not in kinds:
        raise ValueError(f"schedule: there is no repayment {repayment!r}; {did_you_mean(repayment, kinds)}")
    if per_year not in (1, 2, 3, 4, 6, 12):
        raise ValueError(f"schedule: per_year is {per_year}; expected 1, 2, 3, 4, 6 or 12, so that periods are months")
    for what, value in (("interest", interest), ("grace", grace)):
        if not (math.isfinite(value) and value >= 0):
            raise ValueError(f"schedule: {what} is {value}; expected a finite number of at least 0")
    periods, waiting = _whole("years", years, per_year), _whole("grace", grace, per_year)
    if periods <= waiting:
        raise ValueError(f"schedule: years is {years} and grace is {grace}; expected years to be longer than the grace")
    if repayment != "custom" and (shares is not None or dates is not None):
        given = "shares" if shares is not None else "dates"
        raise ValueError(f"schedule: {given} were given with repayment {repayment!r}; they need repayment 'custom'")
    if repayment == "custom" and shares is None:
        raise ValueError("schedule: repayment 'custom' needs shares of the principal that add up to 1")
    if shares is not None and dates is not None:
        return _dated(start, periods * 12 // per_year, waiting * 12 // per_year, interest, shares, dates)
    count, rate = periods - waiting, interest / per_year
    if shares is not None and len(shares) != count:
        raise ValueError(
            f"schedule: {len(shares)} shares were given; expected {count}, one a date after the grace "
            f"({years:g} years less {grace:g} of grace, {per_year} a year)"
        )
    principal = [0.0] * waiting + (list(shares) if shares is not None else _repayments(repayment, count, rate))
    due = [rate * left for left in _outstanding(principal)]
    days = [add_months(start, 12 * (k + 1) // per_year) for k in range(periods)]
    return _without_empty(start, days, principal, due)


def _repayments(repayment: str, count: int, rate: float) -> list[float]:
    if repayment == "equal" or rate == 0:
        return [1 / count] * count
    level = rate / -math.expm1(-count * math.log1p(rate))
    return [(level - rate) * (1 + rate) ** k for k in range(count)]


def _outstanding(principal: Sequence[float]) -> list[float]:
    """What is outstanding before each repayment; sums from the far end, so that the last is its own repayment."""
    left = np.cumsum(np.array(principal, dtype=np.float64)[::-1])[::-1]
    return [float(value) for value in left]


def _dated(
    start: date, months: int, waiting: int, interest: float, shares: Sequence[float], dates: Sequence[date]
) -> Schedule:
    if len(shares) != len(dates):
        raise ValueError(f"schedule: {len(shares)} shares and {len(dates)} dates were given; expected one a date")
    _check_dates(start, dates)
    first, last = add_months(start, waiting), add_months(start, months)
    for day in dates:
        if day > last or (waiting and day <= first):
            raise ValueError(f"schedule: the date {day} is out of range; expected after {first} and up to {last}")
    before = [start, *dates[:-1]]
    spans = [(b - a).days / 365 for a, b in zip(before, dates, strict=True)]
    due = [interest * span * left for span, left in zip(spans, _outstanding(shares), strict=True)]
    return _without_empty(start, dates, shares, due)


def _without_empty(
    start: date, days: Sequence[date], principal: Sequence[float], interest: Sequence[float]
) -> Schedule:
    for day, share in zip(days, principal, strict=True):
        if not (math.isfinite(share) and share >= 0):
            raise ValueError(f"schedule: the share due on {day} is {share}; expected a number of at least 0")
    rows = [row for row in zip(days, principal, interest, strict=True) if row[1] > 0 or row[2] > 0]
    if not rows:
        raise ValueError("schedule: all shares are 0; expected shares of the principal that add up to 1")
    return Schedule(
        tuple(row[0] for row in rows),
        tuple(float(row[1]) for row in rows),
        tuple(float(row[2]) for row in rows),
        start,
    )


def _whole(what: str, years: float, per_year: int) -> int:
    count = years * per_year
    if not math.isfinite(count) or abs(count - round(count)) > 1e-9 * max(1.0, abs(count)):
        raise ValueError(
            f"schedule: {what} is {years}, which is {count:g} periods at {per_year} a year; expected whole periods"
        )
    return round(count)


def _check_dates(start: date, dates: Sequence[date]) -> None:
    before = start
    for day in dates:
        if day <= before:
            raise ValueError(f"schedule: the date {day} follows {before}; expected dates that rise from {start} on")
        before = day
