"""Scores: closed forms, what they must obey, that honesty pays, and the coverage of intervals."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tumen.uncertainty import (
    Bin,
    Difference,
    brier,
    calibration,
    coverage,
    crps,
    crps_quantiles,
    generator,
    log_score,
    paired_difference,
    pit,
)

LEVELS = (np.arange(20_000) + 0.5) / 20_000

numbers = st.floats(-1e6, 1e6, allow_subnormal=False)
samples = st.lists(numbers, min_size=1, max_size=30)


@pytest.mark.parametrize(("mean", "sd", "came"), [(0, 1, 0), (0, 1, 2.5), (10, 3, 4), (-5, 0.1, -5.3)])
def test_crps_of_a_normal(mean: float, sd: float, came: float) -> None:
    """Gneiting, Raftery, Westveld and Goldman (2005), equation 5."""
    z = (came - mean) / sd
    closed = sd * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / math.sqrt(math.pi))
    draws = stats.norm(mean, sd).ppf(LEVELS)
    assert float(crps(draws, came)) == pytest.approx(closed, abs=2e-4 * sd)
    assert float(crps_quantiles(LEVELS, draws, came)) == pytest.approx(closed, abs=2e-4 * sd)


@pytest.mark.parametrize("came", [0.0, 0.5, 3.0])
def test_crps_of_an_exponential(came: float) -> None:
    """∫ (F − 1)² by hand: y − 2(1 − e^(−y)) + ½ for a mean of 1."""
    closed = came - 2 * (1 - math.exp(-came)) + 0.5
    assert float(crps(stats.expon.ppf(LEVELS), came)) == pytest.approx(closed, abs=2e-3)


def test_crps_of_a_lognormal_by_quadrature() -> None:
    law, came = stats.lognorm(0.8, scale=40), 104.0
    x = np.linspace(0, 4000, 2_000_001)
    integral = np.trapezoid((law.cdf(x) - (x >= came)) ** 2, x)
    assert float(crps(law.ppf(LEVELS), came)) == pytest.approx(float(integral), rel=2e-3)


@given(samples, numbers)
def test_crps_is_the_double_sum(draws: list[float], came: float) -> None:
    x = np.array(draws)
    within = np.abs(x[:, None] - x[None, :])
    scale = 1 + np.abs(x).max() + abs(came)
    assert float(crps(x, came)) == pytest.approx(np.abs(x - came).mean() - within.mean() / 2, abs=1e-12 * scale)
    if len(x) > 1:
        fair = np.abs(x - came).mean() - within.sum() / (len(x) * (len(x) - 1)) / 2
        assert float(crps(x, came, fair=True)) == pytest.approx(fair, abs=1e-12 * scale)


@given(samples, numbers)
def test_crps_by_quantiles_is_exact_for_draws(draws: list[float], came: float) -> None:
    n = len(draws)
    found = crps_quantiles((np.arange(n) + 0.5) / n, np.sort(draws), came)
    assert float(found) == pytest.approx(float(crps(draws, came)), abs=1e-8)


@given(numbers, numbers, st.integers(1, 9))
def test_crps_of_a_point_is_the_absolute_error(point: float, came: float, n: int) -> None:
    assert float(crps(np.full(n, point), came)) == pytest.approx(abs(point - came), abs=1e-8)
    assert float(crps_quantiles([0.3, 0.5, 0.7], np.full(3, point), came)) == pytest.approx(abs(point - came), abs=1e-8)


@given(samples, numbers, st.floats(-1e6, 1e6), st.floats(0.01, 100))
def test_crps_moves_with_the_unit_and_not_with_the_level(
    draws: list[float], came: float, shift: float, factor: float
) -> None:
    x, here = np.array(draws), float(crps(draws, came))
    assert float(crps(x + shift, came + shift)) == pytest.approx(here, abs=1e-8)
    assert float(crps(x * factor, came * factor)) == pytest.approx(here * factor, rel=1e-9, abs=1e-8)
    assert here >= 0


def test_the_fair_score_does_not_punish_few_draws() -> None:
    draws, came = generator(1, 0, "draws").standard_normal((4, 40_000)), generator(1, 0, "came").standard_normal(40_000)
    right = 1 / math.sqrt(math.pi)  # E|X − y| − ½E|X − X'| of a standard normal for its own draw
    assert crps(draws, came, fair=True).mean() == pytest.approx(right, abs=0.012)
    assert crps(draws, came).mean() == pytest.approx(right * 1.25, abs=0.012)  # (1 + 1/n) as much


def test_shapes() -> None:
    draws, came = generator(2, 0, "draws").standard_normal((50, 3, 2)), np.zeros((3, 2))
    assert crps(draws, came).shape == pit(draws, came).shape == (3, 2)
    assert crps(draws, came)[2, 1] == pytest.approx(crps(draws[:, 2, 1], 0.0))
    last = np.moveaxis(draws, 0, -1)
    np.testing.assert_array_equal(crps(last, came, axis=-1), crps(draws, came))
    np.testing.assert_array_equal(pit(last, came, axis=-1), pit(draws, came))
    assert crps_quantiles([0.1, 0.9], draws[:2], came).shape == (3, 2)


HONEST = {
    "brier": lambda p, met: brier(p, met),
    "log": lambda p, met: log_score(p, met),
}


@pytest.mark.parametrize("score", HONEST.values(), ids=HONEST)
@pytest.mark.parametrize("truth", [0.05, 0.3, 0.5, 0.8])
def test_honesty_pays_for_a_chance(score: Callable[[object, object], np.ndarray], truth: float) -> None:
    stated = np.linspace(0.01, 0.99, 99)
    expected = truth * score(stated, 1) + (1 - truth) * score(stated, 0)
    assert stated[expected.argmin()] == pytest.approx(truth)


@pytest.mark.parametrize(("mean", "sd"), [(0.3, 1), (-0.3, 1), (0, 0.75), (0, 1.35)])
def test_honesty_pays_for_a_quantity(mean: float, sd: float) -> None:
    came = generator(3, 0, "came").standard_normal(4000)
    law = stats.norm.ppf((np.arange(200) + 0.5) / 200)[:, None]
    honest, other = crps(law + 0 * came, came), crps(mean + sd * law + 0 * came, came)
    assert paired_difference(honest, other, level=0.99).high < 0


def test_yes_or_no_by_hand() -> None:
    np.testing.assert_allclose(brier([0.2, 0.5, 1.0, 0.0], [1, 0, 1, 0]), [0.64, 0.25, 0, 0])
    np.testing.assert_allclose(
        log_score([0.2, 0.5, 1.0, 0.0], [True, False, True, False]), [math.log(5), math.log(2), 0, 0]
    )
    assert float(log_score(1e-300, False)) == pytest.approx(1e-300)


@pytest.mark.parametrize(
    ("p", "met", "message"),
    [
        ([0.5, 0.0, 0.0], [0, 1, 1], "forecast 1 gave a probability of 0 and it came true .and 1 more."),
        ([0.5, 1.0], [0, 0], "forecast 1 gave a probability of 1 and it did not come true"),
        (1.0, 0, "^gave a probability of 1"),
        (1.2, 1, "outside 0 to 1"),
        (math.nan, 1, "not finite"),
        (0.5, 0.5, "neither yes nor no"),
        (0.5, math.nan, "not finite"),
    ],
)
def test_what_has_no_log_score(p: object, met: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        log_score(p, met)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: crps([], 1.0), "no draws"),
        (lambda: crps([1.0, math.nan], 1.0), "not finite"),
        (lambda: crps([1.0, 2.0], math.inf), "not finite"),
        (lambda: crps([1.0], 1.0, fair=True), "two draws"),
        (lambda: crps(np.ones((4, 3)), np.ones(2)), r"shape \(2,\); expected \(3,\)"),
        (lambda: pit([], 1.0), "no draws"),
        (lambda: crps_quantiles([0.5, 0.4], [1, 2], 1), "rise"),
        (lambda: crps_quantiles([0.0, 0.4], [1, 2], 1), "rise"),
        (lambda: crps_quantiles([0.2, 0.4], [1, 2, 3], 1), "one for each level"),
        (lambda: coverage([2], [1], [1]), "1 ranges"),
        (lambda: coverage([], [], []), "no outcomes"),
        (lambda: calibration([0.5], [1], bins=[0.0, 0.5]), "from 0 to 1"),
        (lambda: calibration([0.5], [1], bins=0), "1 or more"),
        (lambda: calibration([0.5], [1], level=90), "level is 90"),
        (lambda: paired_difference([1.0], [2.0, 3.0]), "same length"),
        (lambda: paired_difference([1.0, 2.0], [2.0, 3.0], ["a"]), "1 names"),
        (lambda: paired_difference([1.0, 2.0], [2.0, 3.0], ["a", "a"]), "1 clusters"),
    ],
)
def test_what_cannot_be_scored(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_pit_and_coverage() -> None:
    draws = np.arange(10.0)
    assert [float(pit(draws, came)) for came in (-1, 0, 4.5, 20)] == [0, 0.05, 0.5, 1]
    came = generator(4, 0, "came").standard_normal(3000)
    law = np.repeat(stats.norm.ppf((np.arange(400) + 0.5) / 400)[:, None], 3000, axis=1)
    assert stats.kstest(pit(law, came), "uniform").pvalue > 0.01
    assert stats.kstest(pit(law / 2, came), "uniform").pvalue < 1e-6
    low, high = np.quantile(law, [0.05, 0.95], axis=0)
    assert coverage(low, high, came) == pytest.approx(0.9, abs=0.02)
    assert coverage([0, 0, 0], [1, 1, 1], [0, 1, 1.01]) == pytest.approx(2 / 3)


def test_calibration_by_hand() -> None:
    rows = calibration([0.0, 0.1, 0.5, 0.55, 1.0], [0, 1, 1, 0, 1], bins=[0, 0.5, 1])
    assert [(row.low, row.high, row.n) for row in rows] == [(0, 0.5, 2), (0.5, 1, 3)]
    assert rows[0].p == pytest.approx(0.05)
    assert rows[1].met == pytest.approx(2 / 3)
    rival = stats.binomtest(2, 3).proportion_ci(0.9, method="wilson")
    assert (rows[1].met_low, rows[1].met_high) == pytest.approx((rival.low, rival.high))
    assert [row.low for row in calibration([0.95, 0.05], [1, 0])] == [0.0, 0.9]  # bins without a forecast are left out
    assert isinstance(rows[0], Bin)


@pytest.mark.parametrize("n", [10, 25, 60])
def test_the_interval_of_a_bin_holds_as_often_as_it_says(n: int) -> None:
    """Exactly, from the binomial: on average over true shares, and never much less for shares off 0 and 1."""
    rows = [calibration(np.full(n, 0.5), np.arange(n) < k, bins=1)[0] for k in range(n + 1)]
    truths = np.linspace(0.1, 0.9, 81)
    held = [
        sum(stats.binom.pmf(k, n, t) for k in range(n + 1) if rows[k].met_low <= t <= rows[k].met_high) for t in truths
    ]
    assert np.mean(held) == pytest.approx(0.9, abs=0.015)
    assert min(held) > 0.8


def test_a_difference_by_hand() -> None:
    a, b = np.array([1.0, 2.0, 4.0, 3.0]), np.array([0.0, 3.0, 2.0, 3.0])
    alone = paired_difference(a, b)
    rival = stats.ttest_rel(a, b).confidence_interval(0.9)
    assert (alone.mean, alone.low, alone.high) == pytest.approx((0.5, rival.low, rival.high))
    assert (alone.n, alone.clusters) == (4, 4)
    # Equal clusters: Student's t of the means of the clusters.
    paired = paired_difference(a, b, ["x", "x", "y", "y"], level=0.5)
    rival = stats.ttest_1samp([0.0, 1.0], 0).confidence_interval(0.5)
    assert (paired.mean, paired.low, paired.high) == pytest.approx((0.5, rival.low, rival.high))
    assert paired == Difference(paired.mean, paired.low, paired.high, 4, 2, 0.5)
    assert "4 pairs in 2 clusters" in repr(paired)


@pytest.mark.parametrize("skewed", [False, True])
def test_the_interval_of_a_difference_holds_as_often_as_it_says(skewed: bool) -> None:
    """Forty unequal clusters with a common shock, as pairs of countries with one to four targets each."""
    random = generator(6, 0, f"skewed {skewed}")
    sizes = random.integers(1, 5, size=40)
    names = np.repeat(np.arange(40), sizes)
    held, alone = [], []
    for _ in range(1000):
        common, own = random.standard_normal(40)[names], random.standard_normal(len(names))
        d = common + own if not skewed else np.exp(0.5 * common) - math.exp(0.125) + 0.5 * own
        found = paired_difference(d, np.zeros(len(d)), names.tolist())
        held.append(found.low <= 0 <= found.high)
        naive = paired_difference(d, np.zeros(len(d)))
        alone.append(naive.low <= 0 <= naive.high)
    assert 0.86 <= np.mean(held) <= 0.93
    assert np.mean(alone) < np.mean(held) - 0.05  # what taking them for independent would claim
