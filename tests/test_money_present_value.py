"""Present values, grant elements and rates of return: published figures, rivals, properties, messages."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tumen.money import (
    Schedule,
    dac_grant_element,
    irr,
    net_present_value,
    periodic_present_value,
    present_value,
    schedule,
    schedule_grant_element,
    soft_loan_grant_equivalent,
    soft_loan_terms,
    xirr,
    xnpv,
    year_fraction,
)

QUICK = settings(max_examples=60, deadline=None)
START = date(2014, 5, 5)
REST = schedule(start=START, years=20, per_year=2, repayment="equal")

# The example of spreadsheet manuals for XIRR and XNPV.
DATES = [date(2008, 1, 1), date(2008, 3, 1), date(2008, 10, 30), date(2009, 2, 15), date(2009, 4, 1)]
FLOWS = [-10000.0, 2750.0, 4250.0, 3250.0, 2750.0]


# --- published figures ---


@pytest.mark.parametrize(("rate", "value", "share"), [(0.05, 687.6, 6.3), (0.10, 475.3, 4.3), (0.20, 278.1, 2.5)])
def test_the_rest_of_the_debt_in_forty_half_yearly_instalments(rate: float, value: float, share: float) -> None:
    """$1.09bn of $10.96bn in 40 instalments of 27.25 (corridor research, section 1.4)."""
    money = 1090 * REST.payments
    assert np.allclose(money, 27.25, rtol=1e-14)
    assert len(money) == 40
    by_dates = present_value(REST.dates, money, rate, START, "30/360")
    assert round(float(by_dates), 1) == value
    assert round(periodic_present_value([27.25] * 40, rate, 2), 1) == value
    assert round(100 * float(by_dates) / 10960, 1) == share


def test_actual_days_stay_within_a_thousandth_of_half_years() -> None:
    money = (1090 * REST.payments).tolist()
    for rate in (0.05, 0.10, 0.20):
        days = present_value(REST.dates, money, rate, START)
        halves = present_value(REST.dates, money, rate, START, "30/360")
        assert 0.998 < days / halves < 1  # a half year of 181 to 184 days, and a leap day in four years, come to more


def test_soft_loan_of_the_state_aid_guidance() -> None:
    printed = [9259, 7716, 6351, 5145, 4083, 3151, 2334, 1621, 1000, 463]
    terms = soft_loan_terms(principal=500_000, subsidy=0.02, reference=0.08, years=10)
    assert np.round(terms).tolist() == printed
    assert sum(printed) == 41_123  # the published total adds up the rounded terms
    assert round(soft_loan_grant_equivalent(principal=500_000, subsidy=0.02, reference=0.08, years=10)) == 41_124
    late = soft_loan_grant_equivalent(principal=500_000, subsidy=0.02, reference=0.08, years=10, grace=2)
    assert round(late) == 48_018


@pytest.mark.parametrize(
    ("interest", "maturity", "first", "printed", "digits"),
    [(0.0075, 38, 6.5, 53.17, 2), (0.0075, 40, 10.5, 57.8, 1), (0.0125, 25, 5, 37.2, 1), (0.02, 20, 5, 26.4, 1)],
)
def test_dac_closed_form_is_the_schedule(
    interest: float, maturity: float, first: float, printed: float, digits: int
) -> None:
    """`first` is when the first repayment falls; the grace ends one period earlier."""
    loan = schedule(start=START, years=maturity, per_year=2, repayment="equal", interest=interest, grace=first - 0.5)
    closed = dac_grant_element(interest=interest, maturity=maturity, grace=first - 0.5, per_year=2, discount=0.05)
    assert round(schedule_grant_element(loan, 0.05, 2), 4) == round(closed, 4)
    assert round(100 * closed, digits) == printed


def _bands(interest: float, grace: float, years: float, *bands: tuple[int, float]) -> Schedule:
    """Half-yearly repayments: for so many years, this share of the principal a year."""
    shares = [share / 2 for length, share in bands for _ in range(2 * length)]
    return schedule(
        start=date(2024, 7, 1),
        years=years,
        per_year=2,
        repayment="custom",
        interest=interest,
        grace=grace,
        shares=shares,
    )


@pytest.mark.parametrize(
    ("loan", "printed"),
    [
        (_bands(0.0075, 6, 38, (32, 0.03125)), 53.17),  # regular
        (_bands(0.02, 5, 30, (20, 0.033), (5, 0.068)), 34.86),  # blend
        (_bands(0.0075, 10, 40, (10, 0.02), (20, 0.04)), 60.54),  # small economies
        (_bands(0.0, 10, 50, (40, 0.025)), 73.34),  # fifty years
    ],
)
def test_ida_terms_of_fiscal_year_2025(loan: Schedule, printed: float) -> None:
    assert round(100 * schedule_grant_element(loan, 0.05, 2), 2) == printed


def test_rates_of_return_of_the_manuals() -> None:
    assert round(irr([-100, 39, 59, 55, 20]), 6) == 0.280948
    assert round(net_present_value(0.281, [-100, 39, 59, 55, 20]), 6) == -0.008479
    assert round(xirr(DATES, FLOWS), 9) == pytest.approx(0.373362535, abs=2e-9)
    assert round(xnpv(0.09, DATES, FLOWS), 4) == 2086.6476


def test_a_flow_with_two_rates_shows_both_and_takes_the_smaller() -> None:
    flows = [-1600, 10_000, -10_000]
    assert irr(flows, roots=True) == pytest.approx((0.25, 4.0), rel=1e-12)
    assert irr(flows) == pytest.approx(0.25, rel=1e-12)


# --- rivals ---


def test_agrees_with_numpy_financial() -> None:
    rival = pytest.importorskip(
        "numpy_financial", reason="an optional rival; the published figures are checked without"
    )
    for flows in ([-100.0, 39, 59, 55, 20], [-150000.0, 15000, 25000, 35000, 45000, 60000], [-100.0, 0, 0, 74]):
        assert irr(flows) == pytest.approx(float(rival.irr(flows)), rel=1e-9)
        assert net_present_value(0.08, flows) == pytest.approx(float(rival.npv(0.08, flows)), rel=1e-12)
    for months in (6, 12):
        loan = schedule(start=START, years=10, per_year=12 // months, repayment="annuity", interest=0.06)
        level = -float(rival.pmt(0.06 * months / 12, len(loan), 1.0))
        assert loan.payments == pytest.approx(np.full(len(loan), level), rel=1e-12)


def test_agrees_with_pyxirr() -> None:
    rival = pytest.importorskip("pyxirr", reason="an optional rival; the published figures are checked without")
    assert xirr(DATES, FLOWS) == pytest.approx(rival.xirr(DATES, FLOWS), rel=1e-9)
    assert xnpv(0.09, DATES, FLOWS) == pytest.approx(rival.xnpv(0.09, DATES, FLOWS), rel=1e-12)
    for a, b in ((date(2014, 5, 5), date(2034, 5, 5)), (date(2014, 2, 28), date(2014, 8, 31))):
        assert year_fraction(a, b) == pytest.approx(rival.year_fraction(a, b, "act/365f"), abs=1e-12)
        assert year_fraction(a, b, "30/360") == pytest.approx(rival.year_fraction(a, b, "30e/360"), abs=1e-12)


# --- our own independent checks ---


def _by_hand(dates: list[date], amounts: list[float], rate: float, as_of: date) -> float:
    total = 0.0
    for day, amount in zip(dates, amounts, strict=True):
        if day > as_of:
            total += amount / math.pow(1 + rate, (day - as_of).days / 365)
    return total


def test_present_value_payment_by_payment() -> None:
    dates = [date(2013, 1, 1), date(2014, 5, 31), date(2014, 6, 1), date(2020, 2, 29)]
    money = np.array([[1.0, 2.0, 3.0, 4.0], [5.0, -6.0, 7.0, -8.0]])
    rates = np.array([0.05, -0.02])
    as_of = date(2014, 5, 31)
    both = present_value(dates, money, rates, as_of)
    assert both.shape == (2,)
    for draw in range(2):
        expected = _by_hand(dates, money[draw].tolist(), float(rates[draw]), as_of)
        assert both[draw] == pytest.approx(expected, rel=1e-14)
        assert present_value(dates, money[draw].tolist(), float(rates[draw]), as_of) == pytest.approx(
            expected, rel=1e-14
        )
    one_row = present_value(dates, money[0].tolist(), rates, as_of)
    assert one_row[1] == pytest.approx(_by_hand(dates, money[0].tolist(), -0.02, as_of), rel=1e-14)
    assert isinstance(present_value(dates, [1.0, 2.0, 3.0, 4.0], 0.05, as_of), float)


def test_a_payment_on_the_day_itself_is_left_out() -> None:
    assert present_value([START], [5.0], 0.05, START) == 0
    assert present_value([START + timedelta(days=1)], [5.0], 0.0, START) == 5
    assert present_value([], [], 0.05, START) == 0


def test_day_counts_of_month_ends() -> None:
    assert year_fraction(date(2014, 8, 31), date(2015, 8, 31), "30/360") == 1
    assert year_fraction(date(2014, 1, 30), date(2014, 7, 31), "30/360") == 0.5
    assert year_fraction(date(2016, 1, 1), date(2017, 1, 1)) == pytest.approx(366 / 365)
    assert year_fraction(date(2015, 1, 1), date(2014, 1, 1)) == -1


def test_a_touching_root_and_flows_without_one() -> None:
    assert irr([1, -2.2, 1.21], roots=True) == pytest.approx((0.1,), abs=1e-6)
    assert irr([1, -2, 1.5], roots=True) == ()
    assert irr([1, 2, 3], roots=True) == ()
    assert irr([0, 0], roots=True) == ()
    assert irr([-100, 100]) == 0
    assert irr([-100, 60, 20]) == pytest.approx((0.6 + math.sqrt(0.36 + 0.8)) / 2 - 1, rel=1e-12)  # a loss


def test_dates_of_a_rate_may_stand_in_any_order() -> None:
    order = [3, 0, 4, 1, 2]
    assert xirr([DATES[k] for k in order], [FLOWS[k] for k in order]) == pytest.approx(xirr(DATES, FLOWS), rel=1e-12)


# --- properties ---

money_rows = st.lists(st.floats(0.01, 1e6), min_size=1, max_size=12)
flow_rows = st.lists(st.one_of(st.just(0.0), st.floats(-1e4, -0.1), st.floats(0.1, 1e4)), min_size=2, max_size=14)


@QUICK
@given(money_rows, st.floats(-0.5, 1), st.floats(0.001, 1), st.lists(st.integers(1, 20_000), min_size=12, max_size=12))
def test_present_value_falls_with_the_rate(amounts: list[float], rate: float, more: float, days: list[int]) -> None:
    dates = [START + timedelta(days=d) for d in days[: len(amounts)]]
    low = present_value(dates, amounts, rate, START)
    high = present_value(dates, amounts, rate + more, START)
    assert high < low
    assert present_value(dates, [3 * a for a in amounts], rate, START) == pytest.approx(3 * low, rel=1e-12)


@QUICK
@given(flow_rows)
def test_net_present_value_is_nil_at_every_root(flows: list[float]) -> None:
    found = irr(flows, roots=True)
    assert list(found) == sorted(found)
    gross = [abs(f) for f in flows]
    for rate in found:
        if -0.9 < rate < 1e6:
            assert abs(net_present_value(rate, flows)) <= 1e-9 * net_present_value(rate, gross)


@QUICK
@given(st.lists(st.floats(-0.6, 3), min_size=1, max_size=5), st.booleans())
def test_all_roots_of_a_flow_built_from_them_are_found(rates: list[float], turned: bool) -> None:
    """The flows whose net present value, times (1 + r)^n, is the product of (r - rate)."""
    apart = sorted(rates)
    assume(all(b - a > 0.05 for a, b in pairwise(apart)))
    flows = [float(c) * (-1 if turned else 1) for c in np.poly(1 + np.array(apart))]
    found = irr(flows, roots=True)
    assert found == pytest.approx(apart, abs=1e-6)
    upper = [r for r in apart if r > 1e-6]
    if upper and min(abs(r) for r in apart) > 1e-6:
        assert irr(flows) == pytest.approx(upper[0], abs=1e-6)


@QUICK
@given(flow_rows)
def test_no_root_is_missed(flows: list[float]) -> None:
    """As many roots as changes of sign on a fine grid, at least; as many as the flows change sign, at most."""
    money = np.array(flows)
    times = np.arange(money.size)
    s = np.linspace(-3, 3, 601)
    terms = money * np.exp(-np.multiply.outer(s, times))
    value = terms.sum(axis=1) / np.maximum(np.abs(terms).sum(axis=1), 1e-300)
    clear = np.sign(value[np.abs(value) > 1e-9])
    crossings = int((clear[1:] != clear[:-1]).sum())
    inside = [r for r in irr(flows, roots=True) if math.expm1(-3) < r < math.expm1(3)]
    assert len(inside) >= crossings
    signs = [math.copysign(1, f) for f in flows if f]
    assert len(irr(flows, roots=True)) <= sum(a != b for a, b in pairwise(signs))


@QUICK
@given(
    st.floats(0, 0.08),
    st.integers(1, 30),
    st.integers(0, 12),
    st.sampled_from([1, 2, 4]),
    st.one_of(st.just(0.0), st.floats(0.005, 0.2)),
)
def test_closed_form_is_the_schedule_everywhere(
    interest: float, repaying: int, grace: int, per_year: int, discount: float
) -> None:
    years = grace + repaying
    loan = schedule(start=START, years=years, per_year=per_year, repayment="equal", interest=interest, grace=grace)
    closed = dac_grant_element(interest=interest, maturity=years, grace=grace, per_year=per_year, discount=discount)
    assert closed == pytest.approx(schedule_grant_element(loan, discount, per_year), abs=1e-10)


@QUICK
@given(st.floats(0.001, 0.2), st.integers(1, 30), st.sampled_from(["equal", "annuity"]), st.integers(0, 5))
def test_a_loan_at_the_discount_rate_has_no_grant_element(rate: float, years: int, kind: str, grace: int) -> None:
    loan = schedule(
        start=START,
        years=years + grace,
        per_year=1,
        repayment="equal" if kind == "equal" else "annuity",
        interest=rate,
        grace=grace,
    )
    assert schedule_grant_element(loan, rate, 1) == pytest.approx(0, abs=1e-12)


# --- messages ---


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: present_value([START], [1.0, 2.0], 0.05, START), r"shape \(2,\) and there are 1 dates; expected"),
        (lambda: present_value([START], [math.nan], 0.05, START), "an amount is nan; expected finite amounts"),
        (
            lambda: present_value([START], [1.0], -1.0, START),
            r"rate is -1.0; expected a finite fraction a year above -1",
        ),
        (lambda: present_value([START], [1.0], np.array([0.1, math.inf]), START), "rate is inf; expected"),
        (
            lambda: present_value([START], np.ones((3, 1)), np.array([0.1, 0.2]), START),
            "2 rates for 3 draws; expected one a draw, or one in all",
        ),
        (lambda: present_value([START], [1.0], np.zeros((2, 2)), START), r"rate has the shape \(2, 2\); expected"),
        (lambda: periodic_present_value([1.0], 0.05, 0), "per_year is 0; expected at least 1"),
        (lambda: year_fraction(START, START, "act/360"), "no day count 'act/360'; did you mean act/365"),  # type: ignore[arg-type]
        (lambda: irr([1.0, 2.0]), "no rate gives these 2 flows .* expected both receipts and payments"),
        (lambda: irr([1.0, -2.0, 1.5]), "roots=True gives an empty tuple"),
        (lambda: irr([1.0, math.nan]), "expected one dimension, and finite amounts"),
        (lambda: xirr(DATES, [1.0]), "5 dates and 1 flows; expected one flow a date"),
        (lambda: xnpv(0.1, [], []), "0 dates and 0 flows; expected one flow a date, at least one"),
        (
            lambda: dac_grant_element(interest=0.01, maturity=5, grace=5, per_year=2, discount=0.05),
            "grace is 5 and maturity 5; expected 0 <= grace < maturity",
        ),
        (
            lambda: dac_grant_element(interest=-0.01, maturity=5, grace=0, per_year=2, discount=0.05),
            "interest is -0.01; expected a finite fraction",
        ),
    ],
)
def test_messages(call: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()
