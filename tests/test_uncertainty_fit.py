"""Fits: they recover what a series was simulated with, keep its uncertainty, and look no further than as_of."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tumen.errors import UnknownName
from tumen.uncertainty import (
    Array,
    Clock,
    GeometricBrownian,
    JumpDiffusion,
    MeanReverting,
    Process,
    TrendGrowth,
    constant,
    fit,
    gamma,
    normals,
)

MODELS = ["geometric_brownian", "mean_reverting", "jump_diffusion", "trend_growth"]


def series(process: Process, count: int, name: str, first: int = 1900) -> tuple[list[int], Array]:
    """Years and one simulated path."""
    clock = Clock(tuple(range(first, first + count)), float(first))
    values = {key: np.full(1, d.median) for key, d in process.parameters.items()}
    path = process.path(values, normals(11, 0, name, (process.streams, 1, count)), clock)
    return list(clock.years), path[0]


def inside(process: Process, name: str, truth: float, width: float) -> None:
    """The truth lies within the 1 to 99 % range, and that range is narrower than `width`."""
    low, high = process.parameters[name].ppf(np.array([0.01, 0.99]))
    assert low <= truth <= high
    assert high - low < width


def test_geometric_brownian_is_recovered() -> None:
    years, values = series(GeometricBrownian(50, 0.03, 0.2), 400, "gbm")
    found = fit("geometric_brownian", years, values, as_of=2300.5)
    assert isinstance(found, GeometricBrownian)
    inside(found, "drift", 0.03, 0.06)
    inside(found, "volatility", 0.2, 0.05)
    assert found.observed == dict(zip(years, values.tolist(), strict=True))


def test_the_posterior_by_hand() -> None:
    # Logs 0, 1, 1, 3, one year apart: drift 1, s² = (0 + 1 + 1) / 2 = 1, three changes.
    found = fit("geometric_brownian", [2000.0, 2001.0, 2002.0, 2003.0], np.exp([0.0, 1.0, 1.0, 3.0]), as_of=2003.0)
    u = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
    t2 = np.array([-2.919986, -0.816497, 0, 0.816497, 2.919986])  # tables of t with 2 degrees of freedom
    np.testing.assert_allclose(found.parameters["drift"].ppf(u), 1 + t2 / np.sqrt(3), rtol=2e-3)
    chi2 = np.array([5.991465, 2.772589, 1.386294, 0.575364, 0.102587])  # and of chi-square, the upper tail first
    np.testing.assert_allclose(found.parameters["volatility"].ppf(u), np.sqrt(2 / chi2), rtol=2e-3)
    assert found.parameters["start"] == constant(np.exp(3.0))


def test_uneven_dates_are_weighed_by_their_time() -> None:
    dates = [2000.0, 2000.5, 2002.5, 2003.0, 2010.0]
    values = np.exp(0.1 * (np.array(dates) - 2000))
    found = fit("geometric_brownian", dates, values, as_of=2011.0)
    assert found.parameters["drift"].median == pytest.approx(0.1)
    assert found.parameters["volatility"].median == pytest.approx(0, abs=1e-9)
    assert found.parameters["start"].median == pytest.approx(np.exp(1.1))
    assert not found.observed


def test_drift_intervals_cover_the_truth() -> None:
    noise = normals(3, 0, "coverage", (400, 12))
    covered = 0
    for changes in 0.02 + 0.3 * noise:
        found = fit("geometric_brownian", np.arange(2000.0, 2013), np.exp(np.cumsum([0, *changes])), as_of=2013.0)
        low, high = found.parameters["drift"].ppf(np.array([0.05, 0.95]))
        covered += low <= 0.02 <= high
    assert covered / 400 == pytest.approx(0.9, abs=0.05)  # three standard errors


def test_mean_reverting_is_recovered() -> None:
    years, values = series(MeanReverting(80, 80, 2.0, 0.3), 400, "ou")
    found = fit("mean_reverting", years, values, as_of=2300.0)
    assert isinstance(found, MeanReverting)
    inside(found, "half_life", 2.0, 2.0)
    inside(found, "mean", 80, 30)
    inside(found, "volatility", 0.3, 0.1)


def test_mean_reverting_agrees_with_the_ar1_regression() -> None:
    years, values = series(MeanReverting(80, 80, 2.0, 0.3), 2000, "ou", first=100)
    found = fit("mean_reverting", years, values, as_of=2300.0)
    logs = np.log(values)
    slope, cut = np.polyfit(logs[:-1], logs[1:], 1)
    assert found.parameters["half_life"].median == pytest.approx(-np.log(2) / np.log(slope), rel=0.03)
    assert np.log(found.parameters["mean"].median) == pytest.approx(cut / (1 - slope), abs=0.01)


def test_the_mean_it_reverts_to_is_covered() -> None:
    covered = 0
    for run in range(100):
        years, values = series(MeanReverting(80, 80, 2.0, 0.3), 50, f"cover {run}")
        low, high = fit("mean_reverting", years, values, as_of=1950.0).parameters["mean"].ppf(np.array([0.05, 0.95]))
        covered += low <= 80 <= high
    assert 0.75 <= covered / 100 < 1.0  # 90 %, less what 50 points leave open


def test_half_lives_stay_in_range() -> None:
    walk = fit("mean_reverting", *series(GeometricBrownian(50, 0.0, 0.2), 40, "walk"), as_of=1940.0)
    noise = fit("mean_reverting", range(1900, 1940), np.exp(normals(1, 0, "white", (40,))), as_of=1940.0)
    for found in (walk, noise):
        low, high = found.parameters["half_life"].bounds
        assert low >= 0.4999  # half of the wait between two points
        assert high <= 20.001
    assert walk.parameters["half_life"].median > 3 > 0.6 > noise.parameters["half_life"].median


def test_a_stated_long_run_pulls_the_mean() -> None:
    years, values = series(MeanReverting(80, 80, 2.0, 0.3), 30, "pulled")
    free = fit("mean_reverting", years, values, as_of=1930.0)
    tight = fit("mean_reverting", years, values, as_of=1930.0, long_run=(20, 0.01))
    assert tight.parameters["mean"].median == pytest.approx(20, rel=0.02)
    assert free.parameters["mean"].median == pytest.approx(np.exp(np.log(values).mean()), rel=0.1)
    held = fit("mean_reverting", years, values, as_of=1930.0, long_run=(20, 0.0))
    assert held.parameters["mean"].is_constant


def test_jump_diffusion_is_recovered() -> None:
    years, values = series(JumpDiffusion(50, 0.03, 0.1, 0.08, -0.8, 0.1), 500, "jumps")
    found = fit("jump_diffusion", years, values, as_of=2400.0)
    assert isinstance(found, JumpDiffusion)
    inside(found, "volatility", 0.1, 0.03)
    inside(found, "drift", 0.03, 0.03)
    inside(found, "jump_rate", 0.08, 0.08)
    inside(found, "jump_mean", -0.8, 0.25)


def test_a_planted_jump_is_found_and_leaves_the_volatility_alone() -> None:
    changes = 0.1 * normals(2, 0, "calm", (40,))
    calm = fit("jump_diffusion", np.arange(1960.0, 2001), np.exp(np.cumsum([0, *changes])), as_of=2000.0)
    changes[20] -= 1.5
    hit = fit("jump_diffusion", np.arange(1960.0, 2001), np.exp(np.cumsum([0, *changes])), as_of=2000.0)
    assert calm.parameters["jump_rate"] == gamma(0.5, 40)
    assert hit.parameters["jump_rate"] == gamma(1.5, 40)
    assert hit.parameters["jump_mean"].mean < -0.4
    assert hit.parameters["volatility"].median == pytest.approx(calm.parameters["volatility"].median, rel=0.1)


def test_trend_growth_is_recovered() -> None:
    years, growth = series(TrendGrowth(0.03, 0.03, 0.8, 0.02, 0.02), 2000, "trend growth", first=1)
    found = fit("trend_growth", [*years, 2001], 50 * np.exp(np.cumsum([0, *(growth)])), as_of=2003.0)
    assert isinstance(found, TrendGrowth)
    inside(found, "long_run", 0.03, 0.015)
    assert found.parameters["trend_sd"].median == pytest.approx(0.02, rel=0.25)
    assert found.parameters["noise_sd"].median == pytest.approx(0.02, rel=0.25)
    assert found.observed[2001] == pytest.approx(growth[-1])


def test_the_current_trend_follows_recent_growth_and_fades() -> None:
    growth = [0.02, 0.025, 0.015, 0.02, 0.02, 0.01, 0.08, 0.09, 0.085, 0.08]
    levels = np.exp(np.cumsum([0, *growth]))
    now = fit("trend_growth", range(2000, 2011), levels, as_of=2011.0)
    later = fit("trend_growth", range(2000, 2011), levels, as_of=2030.0)
    mean = np.mean(growth)
    assert 0.06 < now.parameters["start"].median < 0.09
    assert later.parameters["start"].median == pytest.approx(mean, abs=0.001)
    stated = fit("trend_growth", range(2000, 2011), levels, as_of=2011.0, long_run=(0.01, 0.005))
    assert (stated.parameters["long_run"].median, stated.parameters["long_run"].mean) == pytest.approx((0.01, 0.01))
    assert mean - 0.04 < stated.parameters["start"].median < now.parameters["start"].median  # drawn to what is stated
    far = fit("trend_growth", range(2000, 2011), levels, as_of=2030.0, long_run=(0.01, 0.005))
    assert far.parameters["start"].median == pytest.approx(0.01, abs=0.001)


@pytest.mark.parametrize("model", MODELS)
def test_what_comes_after_as_of_changes_nothing(model: str) -> None:
    years, values = series(GeometricBrownian(50, 0.03, 0.2), 30, "leak")
    spoiled = values.copy()
    spoiled[20:] *= 7
    # The value of 1920 is not known before that year is over.
    assert fit(model, years, values, as_of=1920.9) == fit(model, years[:20], spoiled[:20], as_of=1920.9)
    assert fit(model, years, values, as_of=1920.9) == fit(model, years, spoiled, as_of=1920.9)
    assert fit(model, years, values, as_of=1921.0) != fit(model, years, spoiled, as_of=1921.0)


@pytest.mark.parametrize("model", MODELS)
def test_the_unit_of_the_series_only_scales_the_level(model: str) -> None:
    years, values = series(GeometricBrownian(50, 0.03, 0.2), 30, "unit")
    one, thousand = fit(model, years, values, as_of=1930.5), fit(model, years, 1000 * values, as_of=1930.5)
    for name, found in one.parameters.items():
        level = name == "mean" or (name == "start" and model != "trend_growth")
        expected = found.scaled(1000.0) if level else found
        u = np.array([0.1, 0.5, 0.9])
        np.testing.assert_allclose(thousand.parameters[name].ppf(u), expected.ppf(u), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda: fit("geometric_brownian", [2000, 2001, 2002], [1, 2, 3], as_of=2010), "3 points.*at least 4"),
        (lambda: fit("trend_growth", range(2000, 2010), range(1, 11), as_of=2004.5), "4 points .* 2004.50; at least 6"),
        (lambda: fit("mean_reverting", [2000, 2001], [1], as_of=2010), "2 dates have 1 values"),
        (lambda: fit("jump_diffusion", [2001, 2000], [1, 2], as_of=2010), "do not rise"),
        (lambda: fit("jump_diffusion", [2000, 2001], [1, 0], as_of=2010), "levels above 0"),
        (lambda: fit("jump_diffusion", [2000, 2001], [1, float("nan")], as_of=2010), "levels above 0"),
        (lambda: fit("mean_reverting", range(2000, 2010), [2] * 10, as_of=2010), "never changes"),
        (lambda: fit("trend_growth", [1, 2, 3, 5, 6, 7], [1] * 6, as_of=10), "not one year"),
        (lambda: fit("trend_growth", range(9), [1] * 9, as_of=10, persistence=1.0), "persistence is 1"),
        (lambda: fit("jump_diffusion", [1], [1], as_of=10, long_run=(1, 1)), "has no long run"),
        (lambda: fit("trend_growth", [1], [1], as_of=10, long_run=(1, -1)), "deviation of 0 or more"),
        (lambda: fit("mean_reverting", [1], [1], as_of=10, long_run=(-1, 1)), "level above 0"),
    ],
)
def test_refuses_with_a_reason(call: Callable[[], object], expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        call()


def test_an_unknown_model_is_named() -> None:
    with pytest.raises(UnknownName, match=r"'mean_revert'; did you mean mean_reverting\?"):
        fit("mean_revert", [1], [1], as_of=10)
