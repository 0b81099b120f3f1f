"""Schedules of repayment: dates, amounts, properties, messages."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tumen.money import Schedule, add_months, schedule

QUICK = settings(max_examples=60, deadline=None)
START = date(2014, 5, 5)


def test_months_end_where_the_month_ends() -> None:
    assert add_months(date(2016, 8, 31), 6) == date(2017, 2, 28)
    assert add_months(date(2015, 8, 31), 6) == date(2016, 2, 29)
    assert add_months(date(2014, 12, 15), 1) == date(2015, 1, 15)
    assert add_months(date(2014, 1, 15), -1) == date(2013, 12, 15)
    assert add_months(START, 0) == START


def test_dates_do_not_drift_after_a_short_month() -> None:
    plan = schedule(start=date(2014, 8, 31), years=2, per_year=2, repayment="equal")
    assert plan.dates == (date(2015, 2, 28), date(2015, 8, 31), date(2016, 2, 29), date(2016, 8, 31))


def test_equal_repayments_with_interest_and_grace_by_hand() -> None:
    plan = schedule(start=START, years=3, per_year=1, repayment="equal", interest=0.1, grace=1)
    assert plan.dates == (date(2015, 5, 5), date(2016, 5, 5), date(2017, 5, 5))
    assert plan.principal == (0.0, 0.5, 0.5)
    assert plan.interest == pytest.approx((0.1, 0.1, 0.05))
    assert plan.payments == pytest.approx([0.1, 0.6, 0.55])


def test_grace_without_interest_has_no_empty_dates() -> None:
    plan = schedule(start=START, years=3, per_year=2, repayment="equal", grace=1)
    assert plan.dates[0] == date(2015, 11, 5)
    assert plan.principal == (0.25,) * 4


def test_annuity_is_level_and_pays_all_off() -> None:
    plan = schedule(start=START, years=10, per_year=2, repayment="annuity", interest=0.06, grace=2)
    assert plan.payments[:4] == pytest.approx([0.03] * 4)
    assert np.ptp(plan.payments[4:]) < 1e-14
    assert plan.payments[-1] == pytest.approx(0.03 / (1 - 1.03**-16), rel=1e-12)
    free = schedule(start=START, years=10, per_year=2, repayment="annuity")
    assert free.payments == pytest.approx([0.05] * 20)


def test_dates_of_ones_own_bear_interest_by_the_day() -> None:
    days = (date(2015, 5, 5), date(2015, 8, 5))
    plan = schedule(start=START, years=2, per_year=1, repayment="custom", interest=0.1, shares=(0.25, 0.75), dates=days)
    assert plan.dates == days
    assert plan.interest == pytest.approx((0.1, 0.1 * 0.75 * 92 / 365))


@QUICK
@given(
    st.dates(date(1990, 1, 1), date(2030, 12, 31)),
    st.integers(1, 40),
    st.sampled_from([1, 2, 3, 4, 6, 12]),
    st.sampled_from(["equal", "annuity"]),
    st.one_of(st.just(0.0), st.floats(1e-6, 0.3)),
    st.integers(0, 10),
)
def test_any_schedule_repays_all_and_serves_what_is_outstanding(
    start: date, years: int, per_year: int, kind: Any, interest: float, grace: int
) -> None:
    plan = schedule(start=start, years=years + grace, per_year=per_year, repayment=kind, interest=interest, grace=grace)
    assert math.fsum(plan.principal) == pytest.approx(1, abs=1e-12)
    assert plan.dates[-1] == add_months(start, 12 * (years + grace))
    first = next(day for day, share in zip(plan.dates, plan.principal, strict=True) if share)
    assert first == add_months(start, 12 * grace + 12 // per_year)
    left = 1.0
    for share, due in zip(plan.principal, plan.interest, strict=True):
        assert due == pytest.approx(interest / per_year * left, abs=1e-12)
        left -= share


def test_a_schedule_is_read_only_and_says_what_it_is() -> None:
    plan = schedule(start=START, years=20, per_year=2, repayment="equal")
    assert not plan.payments.flags.writeable
    assert repr(plan) == (
        "Schedule(40 dates, 2014-11-05 to 2034-05-05, interest 0 per unit of principal, from 2014-05-05)"
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"repayment": "anuity"}, "no repayment 'anuity'; did you mean annuity"),
        ({"per_year": 5}, "per_year is 5; expected 1, 2, 3, 4, 6 or 12"),
        ({"interest": -0.01}, "interest is -0.01; expected a finite number of at least 0"),
        ({"grace": math.nan}, "grace is nan; expected"),
        ({"grace": 20}, "years is 20 and grace is 20; expected years to be longer than the grace"),
        ({"years": 2.3}, "years is 2.3, which is 4.6 periods at 2 a year; expected whole periods"),
        ({"years": math.inf}, "years is inf"),
        ({"shares": [1.0]}, "shares were given with repayment 'equal'; they need repayment 'custom'"),
        ({"dates": [START]}, "dates were given with repayment 'equal'; they need repayment 'custom'"),
        ({"repayment": "custom"}, "'custom' needs shares of the principal that add up to 1"),
        ({"repayment": "custom", "shares": [1.0]}, "1 shares were given; expected 40, one a date after the grace"),
        ({"repayment": "custom", "shares": [0.02] * 40}, "add up to 0.8; expected 1"),
        ({"repayment": "custom", "shares": [0.0] * 40}, "all shares are 0; expected"),
        ({"repayment": "custom", "shares": [2.0] + [-1 / 39] * 39}, "share due on 2015-05-05 is -0.0256.*at least 0"),
        (
            {"repayment": "custom", "shares": [1.0], "dates": [START, date(2015, 1, 1)]},
            "1 shares and 2 dates were given; expected one a date",
        ),
        (
            {"repayment": "custom", "shares": [1.0], "dates": [START]},
            "2014-05-05 follows 2014-05-05; expected dates that",
        ),
        (
            {"repayment": "custom", "shares": [1.0], "dates": [date(2040, 1, 1)]},
            "2040-01-01 is out of range; expected after 2014-05-05 and up to 2034-05-05",
        ),
        (
            {"repayment": "custom", "shares": [1.0], "dates": [date(2015, 1, 1)], "grace": 1},
            "2015-01-01 is out of range; expected after 2015-05-05",
        ),
    ],
)
def test_messages(changes: dict[str, Any], words: str) -> None:
    terms: dict[str, Any] = {"start": START, "years": 20, "per_year": 2, "repayment": "equal"}
    with pytest.raises(ValueError, match=words):
        schedule(**(terms | changes))


def test_a_schedule_made_by_hand_is_checked_too() -> None:
    with pytest.raises(ValueError, match="0 dates, 1 repayments, 0 interest payments; expected the same number"):
        Schedule((), (1.0,), (), START)
    with pytest.raises(ValueError, match="principal on 2015-01-01 is nan"):
        Schedule((date(2015, 1, 1),), (math.nan,), (0.0,), START)
