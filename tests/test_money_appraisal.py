"""Appraisal in many draws: by hand, against the rate of one flow, closed forms of real options, and messages."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tumen.money import (
    appraise,
    debt_service_cover,
    irr,
    irr_many,
    net_present_values,
    option_to_wait,
    perpetual_option,
    risk_neutral_chance,
    years_from,
)

QUICK = settings(max_examples=60, deadline=None)
AS_OF = date(2014, 5, 31)
BASIS = {"currency": "USD", "prices": "constant prices of 2014"}


# --- by hand ---


def test_a_flow_year_by_year() -> None:
    flow = np.array([[-100.0, -50.0, 80.0, 120.0], [10.0, 0.0, 0.0, -5.0]])
    rates = np.array([0.1, 0.0])
    found = net_present_values(flow, (2013, 2014, 2015, 2016), rates, AS_OF)
    now = 2014 + 150 / 365
    for draw in range(2):
        rate = float(rates[draw])
        expected = sum(
            flow[draw, k] / (1 + rate) ** (year + 0.5 - now) for k, year in enumerate((2013, 2014, 2015, 2016)) if k
        )
        assert found[draw] == pytest.approx(expected, rel=1e-13)
    assert not found.flags.writeable


def test_the_middle_of_a_year_that_has_passed_is_today() -> None:
    assert years_from(date(2014, 10, 1), (2013, 2014, 2015)).tolist() == pytest.approx([-1, 0, 1.5 - 273 / 365])


def test_payback_and_loss_by_hand() -> None:
    """Back in the red after having been out of it, not yet paid back; exactly back at the end of a year is back."""
    flow = [[-100, 60, 40, 0, 5], [-100, 150, -90, 60, 1], [-100, 10, 10, 10, 10], [0, 0, 0, 0, 0], [5, 1, 1, 1, 1]]
    made = appraise(flow, range(2015, 2020), 0.1, AS_OF, **BASIS)
    assert made.payback.tolist() == [2017, 2018, 2020, 2020, 2020]
    np.testing.assert_allclose(made.loss[1], [100, 0, 40, 0, 0])
    np.testing.assert_allclose(made.loss[2], [100, 90, 80, 70, 60])
    np.testing.assert_allclose(made.largest_loss, [100, 100, 100, 0, 0])
    assert made.irr[3:].tolist() == [0, 0]
    assert "constant prices of 2014" in repr(made)
    assert "MUSD" in repr(made)


def test_what_was_spent_before_is_sunk() -> None:
    made = appraise([[-1000, -100, 200]], (2013, 2014, 2015), 0.1, AS_OF, **BASIS)
    assert made.payback[0] == 2015
    assert made.irr[0] == pytest.approx(1.0)
    assert made.loss[0].tolist() == [0, 100, 0]


def test_nothing_comes_back() -> None:
    made = appraise([[-100, -5, 0]], (2015, 2016, 2017), 0.1, AS_OF, **BASIS)
    assert (made.irr[0], made.payback[0], made.loss[0, -1]) == (-1, 2018, 105)


def test_debt_service_cover_is_the_worst_year() -> None:
    found = debt_service_cover([[30.0, 12.0, 5.0], [1.0, 1.0, 1.0]], [[10.0, 10.0, 0.0], [0.0, 0.0, 0.0]])
    assert found.tolist() == [1.2, math.inf]


# --- real options ---


def test_risk_neutral_chance_prices_the_project_and_a_riskless_loan() -> None:
    """A share of 100 that becomes 120 or 90 at 5 %: the chance is 1/2; the same numbers by a portfolio of both."""
    chance = risk_neutral_chance([100.0], 120.0, 90.0, 0.05)
    assert chance[0] == pytest.approx(0.5)
    made = option_to_wait([0.0], 120.0 - 100, 90.0 - 100, chance, 0.05)
    delta = (20 - 0) / (120 - 90)
    assert made.wait[0] == pytest.approx(delta * 100 - delta * 90 / 1.05)


def test_the_perpetual_option_meets_its_conditions() -> None:
    """Value matching and smooth pasting at the trigger, and the equation in between (Dixit & Pindyck, ch. 5)."""
    rate, growth, volatility, cost = 0.06, 0.02, 0.3, 5.0
    trigger = float(perpetual_option([1.0], cost, rate, growth, volatility)[0][0])

    def worth(value: float) -> float:
        return float(perpetual_option([value], cost, rate, growth, volatility)[1].wait[0])

    h = 1e-4
    assert worth(trigger) == pytest.approx(trigger - cost, rel=1e-12)
    assert (worth(trigger) - worth(trigger - h)) / h == pytest.approx(1, abs=1e-4)
    value = 0.6 * trigger
    slope, curve = (
        (worth(value + h) - worth(value - h)) / (2 * h),
        (worth(value + h) - 2 * worth(value) + worth(value - h)) / h**2,
    )
    assert 0.5 * volatility**2 * value**2 * curve + growth * value * slope == pytest.approx(
        rate * worth(value), rel=1e-4
    )
    assert worth(2 * trigger) == 2 * trigger - cost


@QUICK
@given(st.floats(0.05, 0.6), st.floats(0.01, 0.3))
def test_more_volatility_waits_longer(volatility: float, more: float) -> None:
    low = perpetual_option([1.0], 1.0, 0.05, 0.01, volatility)
    high = perpetual_option([1.0], 1.0, 0.05, 0.01, volatility + more)
    assert high[0][0] > low[0][0] > 1
    assert high[1].option[0] > low[1].option[0]


@QUICK
@given(st.floats(-100, 100), st.floats(0, 200), st.floats(0, 200), st.floats(0.01, 0.99), st.floats(0, 0.3))
def test_waiting_is_never_worth_less_than_nothing(
    middle: float, above: float, below: float, chance: float, rate: float
) -> None:
    made = option_to_wait([middle], middle + above, middle - below, chance, rate)
    assert made.option[0] >= 0
    assert made.wait[0] >= 0
    wider = option_to_wait([middle], middle + above + 10, middle - below - 10 * chance / (1 - chance), chance, rate)
    assert wider.wait[0] >= made.wait[0] - 1e-9  # a spread that keeps the mean is worth more, never less


# --- rates of return in many draws ---


def _one(flow: np.ndarray) -> float:
    try:
        return irr(flow)
    except ValueError:
        return math.nan


@pytest.mark.parametrize(("periods", "draws"), [(4, 400), (9, 400), (22, 200)])
def test_many_rates_are_those_of_one_flow_at_a_time(periods: int, draws: int) -> None:
    random = np.random.default_rng(periods)
    flows = random.normal(0, 100, (draws, periods))
    flows[: draws // 2, 0] = -400
    flows[random.random(flows.shape) < 0.15] = 0
    one = np.array([_one(flow) for flow in flows])
    assert 0.2 < np.isfinite(one).mean() < 1
    np.testing.assert_allclose(irr_many(flows), one, rtol=1e-9, atol=1e-10)


def test_rates_at_the_edges() -> None:
    flows = [[-1, 0, 0, 0], [0, 0, 0, 0], [-100, 100, 0, 0], [0, -100, 0, 121], [1, -2.2, 1.21, 0], [-1, 1e-12, 0, 0]]
    found = irr_many(flows, none=-1.0, unpaid=0.0)
    assert found[:4] == pytest.approx([-1, 0, 0, 0.1], abs=1e-12)
    assert found[4] == pytest.approx(0.1, abs=1e-6)  # only touched
    assert found[5] == pytest.approx(1e-12 - 1, rel=1e-12)


@QUICK
@given(st.lists(st.floats(1, 100), min_size=1, max_size=10), st.floats(1, 500), st.floats(0.01, 100))
def test_scale_and_order_of_draws_do_not_matter(receipts: list[float], paid: float, scale: float) -> None:
    flow = np.array([-paid, *receipts])
    both = irr_many([flow, scale * flow])
    assert both[0] == pytest.approx(both[1], rel=1e-9, abs=1e-12)
    assert sum(f / (1 + both[0]) ** k for k, f in enumerate(flow)) == pytest.approx(0, abs=1e-9 * paid)


# --- messages ---


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: irr_many([1.0, 2.0]), r"shape \(2,\); expected \(draw, period\)"),
        (lambda: irr_many([[math.nan, 2.0]]), "finite amounts"),
        (lambda: net_present_values([[1.0, 2.0]], (2014,), 0.1, AS_OF), r"shape \(1, 2\) .* each of the 1 years"),
        (lambda: net_present_values([[math.inf]], (2014,), 0.1, AS_OF), "the flow is inf in draw 0, 2014"),
        (lambda: appraise([[1.0]], (2014,), -1.0, AS_OF, **BASIS), "rate is -1 in draw 0"),
        (lambda: debt_service_cover([[1.0]], [[-1.0]]), "with services of at least 0"),
        (lambda: option_to_wait([1.0], 2.0, 0.0, 1.5, 0.1), "chance is 1.5 in draw 0; expected between 0 and 1"),
        (lambda: risk_neutral_chance([1.0], 1.0, 2.0, 0.1), "`up` is not above `down`"),
        (lambda: risk_neutral_chance([1.0], 1.05, 0.5, 0.1), "chance is .* expected between 0 and 1"),
        (lambda: perpetual_option([1.0], 1.0, 0.05, 0.05, 0.2), "it would pay to wait for ever"),
        (lambda: perpetual_option([0.0], 1.0, 0.05, 0.0, 0.2), "value is 0 in draw 0"),
    ],
)
def test_what_does_not_fit_is_said(call: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()
