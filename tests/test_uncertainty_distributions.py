"""Distributions: against scipy.stats, by identities, and what they refuse."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tumen.uncertainty import (
    Distribution,
    beta,
    constant,
    discrete,
    empirical,
    from_percentiles,
    gamma,
    lognormal,
    normal,
    pert,
    triangular,
    uniform,
)

U = (np.arange(2000) + 0.5) / 2000

EACH_KIND = [
    constant(3.5),
    uniform(-2, 5),
    triangular(285, 340, 400),
    triangular(0, 0, 1),
    triangular(-1, 2, 2),
    normal(-3, 2),
    lognormal(80, 0.25),
    lognormal(80, 0.25, -20),
    pert(1, 2, 7),
    beta(2, 3.5, -1, 4),
    gamma(2.5, 7.6),
    gamma(0.5, 2.0, 1.0),
    discrete([3, 1, 2], [0.2, 0.5, 0.3]),
    empirical([4, 1, 2, 8, 8.5]),
]

finite = st.floats(-1e6, 1e6)
width = st.floats(1e-3, 1e6)


@pytest.mark.parametrize(
    ("made", "rival"),
    [
        (uniform(-2, 5), stats.uniform(-2, 7)),
        (triangular(285, 340, 400), stats.triang(55 / 115, 285, 115)),
        (normal(-3, 2), stats.norm(-3, 2)),
        (lognormal(80, 0.25), stats.lognorm(0.25, scale=80)),
        (pert(1, 2, 7), stats.beta(1 + 4 / 6, 1 + 20 / 6, 1, 6)),
        (beta(2, 3.5, -1, 4), stats.beta(2, 3.5, -1, 5)),
        (gamma(2.5, 7.6), stats.gamma(2.5, scale=1 / 7.6)),
    ],
    ids=lambda x: x.kind if isinstance(x, Distribution) else "",
)
def test_agrees_with_scipy(made: Distribution, rival: stats.rv_continuous) -> None:
    np.testing.assert_allclose(made.ppf(U), rival.ppf(U), rtol=1e-9)
    assert made.median == pytest.approx(rival.median(), rel=1e-9)
    assert made.mean == pytest.approx(rival.mean(), rel=1e-9)


@pytest.mark.parametrize("made", EACH_KIND, ids=repr)
def test_mean_is_the_integral_of_the_quantiles(made: Distribution) -> None:
    fine = (np.arange(100_000) + 0.5) / 100_000
    assert made.ppf(fine).mean() == pytest.approx(made.mean, rel=2e-4)


@pytest.mark.parametrize("made", EACH_KIND, ids=repr)
def test_scaling_moves_every_quantile(made: Distribution) -> None:
    moved = made.scaled(1.8, 32.0)
    np.testing.assert_allclose(moved.ppf(U), 1.8 * made.ppf(U) + 32.0, rtol=1e-12)
    assert moved.mean == pytest.approx(1.8 * made.mean + 32.0, rel=1e-12)
    assert moved.kind == made.kind
    np.testing.assert_allclose(moved.scaled(1 / 1.8, -32 / 1.8).ppf(U), made.ppf(U), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("made", EACH_KIND, ids=repr)
def test_is_a_frozen_value(made: Distribution) -> None:
    again = pickle.loads(pickle.dumps(made))
    assert again == made
    assert hash(again) == hash(made)
    assert made.bounds[0] <= made.median <= made.bounds[1]
    assert made.ppf(np.full((2, 3), 0.5)) == pytest.approx(np.full((2, 3), made.median))
    with pytest.raises(AttributeError):
        made.kind = "other"  # type: ignore[misc]


@given(low=finite, up=width, share=st.floats(0, 1))
def test_three_point_quantiles_rise_within_the_range(low: float, up: float, share: float) -> None:
    high = low + up
    mode = min(max(low + share * up, low), high)
    for made in (triangular(low, mode, high), pert(low, mode, high)):
        q = made.ppf(U)
        assert (np.diff(q) >= 0).all()
        assert low <= q[0]
        assert q[-1] <= high


@given(low=st.floats(0.01, 1e6), factor=st.floats(1.001, 50))
def test_percentiles_are_met(low: float, factor: float) -> None:
    for kind in (None, "normal", "lognormal", "uniform", "triangular"):
        made = from_percentiles(kind, low, low * factor)
        np.testing.assert_allclose(made.ppf(np.array([0.1, 0.9])), [low, low * factor], rtol=1e-9)
        assert made.kind == (kind or "lognormal")
    assert from_percentiles(None, -low, low).kind == "normal"


@given(st.lists(st.tuples(st.floats(-100, 100), st.floats(0.01, 1)), min_size=2, max_size=8))
def test_discrete_has_its_weights(pairs: list[tuple[float, float]]) -> None:
    values, weights = zip(*pairs, strict=True)
    drawn = discrete(values, weights).ppf((np.arange(20_000) + 0.5) / 20_000)
    for value in set(values):
        chance = sum(w for x, w in pairs if x == value) / sum(weights)
        assert (drawn == value).mean() == pytest.approx(chance, abs=1e-4)


def test_discrete_takes_the_least_value_whose_weight_suffices() -> None:
    made = discrete([1, 2, 3])
    assert made.ppf(np.array([1 / 3, np.nextafter(1 / 3, 1), 1 - 2**-53])).tolist() == [1, 2, 3]
    assert made.weights == pytest.approx((1 / 3, 1 / 3, 1 / 3))


def test_empirical_is_numpys_quantile() -> None:
    values = [4.0, 1.0, 2.0, 8.0, 8.5]
    np.testing.assert_allclose(empirical(values).ppf(U), np.quantile(values, U), rtol=1e-12)


def test_ranges_without_width_are_constants() -> None:
    made = [
        uniform(2, 2),
        triangular(2, 2, 2),
        pert(2, 2, 2),
        normal(2, 0),
        lognormal(2, 0),
        beta(1, 1, 2, 2),
        discrete([2, 2]),
        discrete([2, 5], [1, 0]),
        empirical([2, 2, 2]),
        from_percentiles(None, 2, 2),
    ]
    assert all(d == constant(2) for d in made)
    assert constant(2).is_constant
    assert not uniform(1, 2).is_constant


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: constant(math.nan), "finite number"),
        (lambda: uniform(2, 1), "low to be the lower"),
        (lambda: triangular(1, 5, 3), "rising order"),
        (lambda: pert(1, 0, 3), "rising order"),
        (lambda: normal(0, -1), "standard deviation is -1; expected 0 or more"),
        (lambda: normal(0, math.inf), "sd is inf; expected a finite number"),
        (lambda: lognormal(0, 1), "median is 0; expected more than 0"),
        (lambda: lognormal(1, -1), "sigma is -1"),
        (lambda: lognormal(1, 1e3), "beyond the range of numbers"),
        (lambda: uniform(-1e308, 1.7e308), "beyond the range of numbers"),
        (lambda: beta(0, 1), "shapes are 0 and 1"),
        (lambda: gamma(1, 0), "expected both above 0"),
        (lambda: discrete([]), "no values"),
        (lambda: discrete([1, 2], [1]), "2 values have 1 weights"),
        (lambda: discrete([1, 2], [1, -1]), "weight is negative"),
        (lambda: discrete([1, 2], [0, 0]), "all are 0"),
        (lambda: empirical([]), "no values"),
        (lambda: from_percentiles("gamma", 1, 2), "expected lognormal, normal, uniform or triangular"),
        (lambda: from_percentiles("lognormal", -1, 2), "p10 is -1; expected more than 0"),
        (lambda: from_percentiles(None, 3, 2), "p10 to be the lower"),
        (lambda: uniform(0, 1).scaled(0), "factor above 0"),
        (lambda: Distribution("cauchy", (0.0, 1.0)).median, "no distribution of kind 'cauchy'"),
    ],
)
def test_refuses_with_a_reason(make: Callable[[], object], expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        make()


@pytest.mark.parametrize("point", [0.0, 1.0, -0.1, math.nan])
def test_quantiles_need_a_point_inside_the_unit_interval(point: float) -> None:
    with pytest.raises(ValueError, match="0 < u < 1"):
        uniform(0, 1).ppf(np.array([0.5, point]))


def test_reads_as_it_was_written() -> None:
    assert repr(triangular(285, 340, 400)) == "triangular(285, 340, 400)"
    assert repr(discrete([1, 2], [1, 3])) == "discrete([1, 2], [0.25, 0.75])"
    assert repr(empirical([1, 2, 3])) == "empirical(3 values from 1 to 3)"
