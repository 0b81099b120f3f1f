"""Gates: the chain by year is the continuous one, alone and where gates share events."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tumen.delivery import Gate, gate_path
from tumen.uncertainty import Array

DRAWS, YEARS = 40_000, 8
ERRORS = 4.5  # standard errors


def events(seed: int, rate: float) -> tuple[Array, Array]:
    """Counts of a Poisson process by year, and the luck that goes with it."""
    rng = np.random.default_rng(seed)
    return rng.poisson(rate, (DRAWS, YEARS)).astype(float), rng.standard_normal((DRAWS, YEARS))


@pytest.mark.parametrize("starts_open", [True, False])
@pytest.mark.parametrize(("a", "b"), [(0.3, 0.2), (1.5, 0.4), (0.05, 2.0), (3.0, 3.0)])
@pytest.mark.parametrize("apart", [True, False])
def test_frequencies_are_those_of_the_continuous_chain(starts_open: bool, a: float, b: float, apart: bool) -> None:
    (opens, luck), (closes, other) = events(1, a), events(2, b)
    path = gate_path(starts_open, opens, closes, luck, closing_luck=other if apart else None)
    expected = Gate(starts_open, a, b).share_open(np.arange(1, YEARS + 1))
    form = a / (a + b) * (1 - np.exp(-(a + b) * np.arange(1, YEARS + 1)))
    np.testing.assert_allclose(expected - starts_open * np.exp(-(a + b) * np.arange(1, YEARS + 1)), form, atol=1e-12)
    error = np.sqrt(expected * (1 - expected) / DRAWS)
    assert (np.abs(path.mean(axis=0) - expected) < ERRORS * error).all()


def both_open(a: float, a2: float, b: float, t: Array) -> Array:
    """P(both open) for gates closed at the start that open on their own and are closed by the same events.

    dq/dt = a (p2 - q) + a2 (p - q) - b q, solved in closed form; p and p2 are the shares open of each.
    """
    p, p2 = a / (a + b), a2 / (a2 + b)
    total = a + a2 + b
    # q' + total q = a p2 (1 - e^{-(a2+b)t}) + a2 p (1 - e^{-(a+b)t})
    one = a * p2 * ((1 - np.exp(-total * t)) / total - np.exp(-(a2 + b) * t) * (1 - np.exp(-a * t)) / a)
    two = a2 * p * ((1 - np.exp(-total * t)) / total - np.exp(-(a + b) * t) * (1 - np.exp(-a2 * t)) / a2)
    return np.asarray(one + two)


def test_gates_that_share_the_event_that_closes_them_are_correlated_as_the_formula_says() -> None:
    a, a2, b = 0.8, 0.5, 1.2
    (opens, luck), (opens2, luck2), (closes, shared) = events(3, a), events(4, a2), events(5, b)
    first = gate_path(False, opens, closes, luck, closing_luck=shared)
    second = gate_path(False, opens2, closes, luck2, closing_luck=shared)
    expected = both_open(a, a2, b, np.arange(1.0, YEARS + 1))
    found = (first & second).mean(axis=0)
    assert (np.abs(found - expected) < ERRORS * np.sqrt(expected * (1 - expected) / DRAWS)).all()
    p, p2 = a / (a + b), a2 / (a2 + b)
    assert expected[-1] == pytest.approx((a * p2 + a2 * p) / (a + a2 + b), abs=1e-4)  # the formula of the docstring
    # The test can fail: independent gates are far outside, and so is luck of each gate's own within the year.
    assert abs(p * p2 - expected[-1]) > 10 * np.sqrt(expected[-1] / DRAWS)
    own = gate_path(False, opens, closes, luck) & gate_path(False, opens2, closes, luck2)
    assert abs(own.mean(axis=0)[-1] - expected[-1]) > 3 * np.sqrt(expected[-1] / DRAWS)


def test_the_share_open_by_rates_alone() -> None:
    assert Gate(True, 0, 0).share_open([0.0, 5.0]).tolist() == [1.0, 1.0]
    assert Gate(False, 0, 0.3).in_the_long_run == 0.0
    assert Gate(True, 0, 0.3).share_open(2.0) == pytest.approx(np.exp(-0.6))


def test_years_without_events_change_nothing() -> None:
    nothing, luck = np.zeros((3, 4)), np.ones((3, 4))
    assert gate_path(True, nothing, nothing, luck).all()
    assert not gate_path(False, nothing, nothing, luck).any()


counts = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.floats(-40, 40)), min_size=1, max_size=12)


@given(counts, st.booleans(), st.integers(1, 3))
def test_more_openings_never_close_a_gate(rows: list[tuple[int, int, float]], starts_open: bool, more: int) -> None:
    opens, closes, luck = (np.array([column], dtype=float) for column in zip(*rows, strict=True))
    fewer = gate_path(starts_open, opens, closes, luck)
    assert (gate_path(starts_open, opens + more, closes, luck) >= fewer).all()
    assert (gate_path(starts_open, opens, closes + more, luck) <= fewer).all()


@pytest.mark.parametrize(
    ("opens", "closes", "luck", "words"),
    [
        (np.zeros(3), np.zeros(3), np.zeros(3), "expected two dimensions"),
        (np.zeros((2, 3)), np.zeros((2, 2)), np.zeros((2, 3)), "closes has the shape"),
        (np.zeros((2, 3)), np.zeros((2, 3)), np.zeros((1, 3)), "luck has the shape"),
        (np.full((2, 3), -1.0), np.zeros((2, 3)), np.zeros((2, 3)), "opens has a count that is negative"),
    ],
)
def test_bad_events_are_named(opens: Array, closes: Array, luck: Array, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        gate_path(False, opens, closes, luck)


def test_bad_rates_are_named() -> None:
    with pytest.raises(ValueError, match="closing is -1 a year"):
        Gate(False, 1.0, -1.0)
