"""Present values of dated payments, and the share of a loan that is a gift.

    PV(rate) = sum over payments after as_of of  amount / (1 + rate)^t,      t in years from as_of

t comes from the dates by a day count: "act/365" (days over 365, as spreadsheets' XNPV does; the default) or "30/360"
(months of 30 days, a 31st counted as the 30th, so that half-yearly dates are exactly half years apart). Discounting is
by the effective annual rate whatever the frequency, so a period of 1/a years has the rate d = (1 + D)^(1/a) - 1.

Grant element (OECD Development Assistance Committee), for equal repayments, a payments a year, interest r, maturity M
and grace G in years, the first repayment being one period after G:

    GE = (1 - (r/a)/d) (1 - [(1+d)^-aG - (1+d)^-aM] / (d (aM - aG)))

Soft loans (the European Commission's guidance on state aid): each year's gift is the interest subsidy in points times
the principal outstanding at the start of that year, discounted at the reference rate.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Literal, overload

import numpy as np
import numpy.typing as npt

from tumen.errors import did_you_mean
from tumen.money._arrays import Array
from tumen.money._schedule import Schedule, schedule

__all__ = [
    "DayCount",
    "dac_grant_element",
    "net_present_value",
    "periodic_present_value",
    "present_value",
    "schedule_grant_element",
    "soft_loan_grant_equivalent",
    "soft_loan_terms",
    "xnpv",
    "year_fraction",
]

DayCount = Literal["act/365", "30/360"]


def year_fraction(a: date, b: date, day_count: DayCount = "act/365") -> float:
    """Years from `a` to `b`, negative where `b` comes first; raises ValueError for an unknown day count.

    >>> round(year_fraction(date(2014, 5, 5), date(2014, 11, 5)), 6)
    0.50411
    >>> year_fraction(date(2014, 5, 5), date(2014, 11, 5), "30/360")
    0.5
    """
    if day_count == "act/365":
        return (b - a).days / 365
    if day_count == "30/360":
        days = 360 * (b.year - a.year) + 30 * (b.month - a.month) + min(b.day, 30) - min(a.day, 30)
        return days / 360
    raise ValueError(f"there is no day count {day_count!r}; {did_you_mean(day_count, ('act/365', '30/360'))}")


@overload
def present_value(
    dates: Sequence[date], amounts: Sequence[float], rate: float, as_of: date, day_count: DayCount = ...
) -> float: ...


@overload
def present_value(
    dates: Sequence[date], amounts: Sequence[float], rate: Array, as_of: date, day_count: DayCount = ...
) -> Array: ...


@overload
def present_value(
    dates: Sequence[date], amounts: Array, rate: float | Array, as_of: date, day_count: DayCount = ...
) -> Array: ...


def present_value(
    dates: Sequence[date],
    amounts: Array | Sequence[float],
    rate: float | Array,
    as_of: date,
    day_count: DayCount = "act/365",
) -> Array | float:
    """The value on `as_of` of what is paid after it.

    Parameters
    ----------
    dates
        One a payment. Payments on or before `as_of` are left out.
    amounts
        (payment,) or (draw, payment), in any money.
    rate
        A year, as a fraction above -1; one for all, or (draw,).
    as_of
        The day of the value.
    day_count
        "act/365" or "30/360".

    Returns
    -------
    A number where neither amounts nor rate have draws, else (draw,), in the money of the amounts.

    Raises
    ------
    ValueError
        Where the shapes do not fit or an amount or rate is not finite.

    >>> present_value([date(2015, 1, 1), date(2016, 1, 1)], [105.0, 110.25], 0.05, date(2014, 1, 1))
    200.0
    """
    where = "present_value"
    money = np.asarray(amounts, dtype=np.float64)
    if money.ndim not in (1, 2) or money.shape[-1] != len(dates):
        raise ValueError(
            f"{where}: amounts have the shape {money.shape} and there are {len(dates)} dates; "
            "expected (payment,) or (draw, payment) with one payment a date"
        )
    rates = _rates(where, rate)
    if money.ndim == 2 and rates.ndim == 1 and rates.shape[0] != money.shape[0]:
        raise ValueError(f"{where}: {rates.size} rates for {money.shape[0]} draws; expected one a draw, or one in all")
    _finite(where, money)
    later = np.array([day > as_of for day in dates], dtype=np.bool_)
    times = np.array([year_fraction(as_of, day, day_count) for day in dates], dtype=np.float64)[later]
    return _discounted(money[..., later], rates, times)


def periodic_present_value(
    amounts: Array | Sequence[float], rate_per_year: float, per_year: int = 1, first: float = 1
) -> float:
    """The value of payments at whole periods: the k-th, from 0, falls due after (`first` + k) / `per_year` years.

    `rate_per_year` is the effective annual rate. The money is that of the amounts.

    >>> round(periodic_present_value([27.25] * 40, 0.05, 2), 1)
    687.6
    """
    where = "periodic_present_value"
    money = _row(where, amounts)
    _positive_count(where, per_year)
    times = (first + np.arange(money.size)) / per_year
    return float(_discounted(money, _rates(where, rate_per_year), times))


def net_present_value(rate: float, flows: Array | Sequence[float]) -> float:
    """The value of flows a period apart, the first of them today and not discounted; `rate` is for one period.

    >>> round(net_present_value(0.281, [-100, 39, 59, 55, 20]), 6)
    -0.008479
    """
    money = _row("net_present_value", flows)
    return float(_discounted(money, _rates("net_present_value", rate), np.arange(money.size, dtype=np.float64)))


def xnpv(rate: float, dates: Sequence[date], flows: Array | Sequence[float], day_count: DayCount = "act/365") -> float:
    """The value of dated flows on the first of the dates, that first one included; `rate` is effective a year."""
    money = _row("xnpv", flows)
    if not dates or len(dates) != money.size:
        raise ValueError(f"xnpv: {len(dates)} dates and {money.size} flows; expected one flow a date, at least one")
    times = np.array([year_fraction(dates[0], day, day_count) for day in dates])
    return float(_discounted(money, _rates("xnpv", rate), times))


def dac_grant_element(*, interest: float, maturity: float, grace: float, per_year: int, discount: float) -> float:
    """The grant element of a loan in equal repayments, as a fraction of its face, by the DAC's closed form.

    `grace` is as in `schedule`: the first repayment falls one period after it, so a loan first repaid after 10.5 years
    in half-yearly instalments has a grace of 10. Rates are fractions a year; `discount` may be 0. Raises ValueError
    where maturity is not longer than the grace. Source: OECD, DAC statistical reporting directives.

    >>> round(100 * dac_grant_element(interest=0.0075, maturity=38, grace=6, per_year=2, discount=0.05), 2)
    53.17
    """
    where = "dac_grant_element"
    _positive_count(where, per_year)
    if not 0 <= grace < maturity:
        raise ValueError(f"{where}: grace is {grace} and maturity {maturity}; expected 0 <= grace < maturity, in years")
    if not (math.isfinite(interest) and interest >= 0):
        raise ValueError(f"{where}: interest is {interest}; expected a finite fraction a year of at least 0")
    d = math.expm1(math.log1p(float(_rates(where, discount))) / per_year)
    end, wait, coupon = per_year * maturity, per_year * grace, interest / per_year
    if d == 0:  # the limit: nothing is discounted, so only the interest counts
        return -coupon * (wait + (end - wait + 1) / 2)
    annuity = ((1 + d) ** -wait - (1 + d) ** -end) / (d * (end - wait))
    return float((1 - coupon / d) * (1 - annuity))


def schedule_grant_element(schedule: Schedule, discount: float, per_year: int) -> float:
    """The grant element of any schedule, as a fraction of its face: 1 less the present value at its start.

    Time is counted in whole periods of 1/`per_year` years, each date taken as the nearest (by "30/360"), as the
    published grant elements are; `discount` is the effective annual rate.
    """
    _positive_count("schedule_grant_element", per_year)
    years = np.array([year_fraction(schedule.start, day, "30/360") for day in schedule.dates])
    times = np.round(years * per_year) / per_year
    return 1 - float(_discounted(schedule.payments, _rates("schedule_grant_element", discount), times))


def soft_loan_terms(
    *, principal: float, subsidy: float, reference: float, years: float, grace: float = 0.0, per_year: int = 1
) -> Array:
    """The gift in a subsidised loan by period, (period,), discounted, in the money of `principal`.

    `subsidy` is the interest rate forgone and `reference` the discount rate, fractions a year; the principal is repaid
    in equal parts after the grace.
    """
    plan = schedule(
        start=date(2001, 1, 1), years=years, per_year=per_year, repayment="equal", interest=1.0, grace=grace
    )
    outstanding = principal * np.array(plan.interest) * per_year
    times = np.arange(1, len(plan) + 1) / per_year
    terms: Array = outstanding * subsidy / per_year * _factors(_rates("soft_loan_terms", reference), times)
    return terms


def soft_loan_grant_equivalent(
    *, principal: float, subsidy: float, reference: float, years: float, grace: float = 0.0, per_year: int = 1
) -> float:
    """The gift in a subsidised loan, in the money of `principal`; the sum of `soft_loan_terms`.

    >>> round(soft_loan_grant_equivalent(principal=500_000, subsidy=0.02, reference=0.08, years=10))
    41124
    """
    terms = soft_loan_terms(
        principal=principal, subsidy=subsidy, reference=reference, years=years, grace=grace, per_year=per_year
    )
    return float(terms.sum())


def _rates(where: str, rate: npt.ArrayLike) -> Array:
    rates = np.asarray(rate, dtype=np.float64)
    if rates.ndim > 1:
        raise ValueError(f"{where}: rate has the shape {rates.shape}; expected one number, or one a draw")
    bad = ~(np.isfinite(rates) & (rates > -1))
    if bad.any():
        raise ValueError(f"{where}: rate is {np.extract(bad, rates)[0]}; expected a finite fraction a year above -1")
    return rates


def _factors(rates: Array, times: Array) -> Array:
    factors: Array = np.exp(-np.multiply.outer(np.log1p(rates), times))
    return factors


def _discounted(money: Array, rates: Array, times: Array) -> Array | float:
    value = (money * _factors(rates, times)).sum(axis=-1)
    return value if np.ndim(value) else float(value)


def _finite(where: str, money: Array) -> None:
    if not np.isfinite(money).all():
        raise ValueError(f"{where}: an amount is {np.extract(~np.isfinite(money), money)[0]}; expected finite amounts")


def _row(where: str, amounts: Array | Sequence[float]) -> Array:
    money = np.asarray(amounts, dtype=np.float64)
    if money.ndim != 1:
        raise ValueError(f"{where}: the amounts have the shape {money.shape}; expected one dimension, (payment,)")
    _finite(where, money)
    return money


def _positive_count(where: str, per_year: int) -> None:
    if per_year < 1:
        raise ValueError(f"{where}: per_year is {per_year}; expected at least 1 payment a year")
