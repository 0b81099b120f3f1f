"""Processes: their moments in closed form, the clock, observed years, and what they refuse."""

from __future__ import annotations

import datetime as dt
import pickle
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tumen.uncertainty import (
    Array,
    Clock,
    GeometricBrownian,
    Hazard,
    JumpDiffusion,
    MeanReverting,
    Process,
    TrendGrowth,
    constant,
    decimal_year,
    gamma,
    lognormal,
    normal,
    normals,
)
from tumen.uncertainty._processes import _poisson

CLOCK = Clock(tuple(range(2012, 2020)), as_of=2014.25)  # steps: 0, 0, 0.25, then 1
AHEAD = np.array([0.0, 0.0, 0.25, 1.25, 2.25, 3.25, 4.25, 5.25])
DRAWS = 40_000
EACH = [
    GeometricBrownian(100, 0.02, 0.3),
    MeanReverting(150, 80, 3.0, 0.25),
    JumpDiffusion(100, 0.02, 0.2, 0.6, -0.3, 0.1),
    TrendGrowth(0.05, 0.02, 0.8, 0.01, 0.03),
    Hazard(0.4),
]


def paths(process: Process, clock: Clock = CLOCK, draws: int = DRAWS) -> Array:
    values = {name: np.full(draws, d.median) for name, d in process.parameters.items()}
    noise = normals(7, 0, process.kind, (process.streams, draws, len(clock.years)))
    return process.path(values, noise, clock)


def close(sample: Array, mean: Array, variance: Array) -> None:
    """Mean and variance by year within four and five standard errors."""
    error = np.sqrt(variance / len(sample))
    assert (np.abs(sample.mean(axis=0) - mean) <= 4 * error + 1e-9).all()
    np.testing.assert_allclose(sample.var(axis=0), variance, rtol=0.05, atol=1e-12)


def test_steps_and_exposure_by_hand() -> None:
    np.testing.assert_allclose(CLOCK.steps, [0, 0, 0.25, 1, 1, 1, 1, 1])
    np.testing.assert_allclose(CLOCK.exposure, [0, 0, 0.75, 1, 1, 1, 1, 1])
    late = Clock((2014, 2015, 2016), 2014.75)  # the middle of 2014 is past
    np.testing.assert_allclose(late.steps, [0, 0.75, 1])
    np.testing.assert_allclose(late.exposure, [0.25, 1, 1])
    far = Clock((2020, 2021), 2014.5)
    np.testing.assert_allclose(far.steps, [6, 1])


@given(first=st.integers(1950, 2050), count=st.integers(1, 40), as_of=st.floats(1940, 2060))
def test_steps_add_up_to_the_time_ahead(first: int, count: int, as_of: float) -> None:
    clock = Clock(tuple(range(first, first + count)), as_of)
    middles = np.arange(first, first + count) + 0.5
    np.testing.assert_allclose(np.cumsum(clock.steps), np.maximum(middles - as_of, 0), atol=1e-9)
    assert clock.exposure.sum() == pytest.approx(min(max(first + count - as_of, 0), count))


def test_dates_as_decimal_years() -> None:
    assert decimal_year(dt.date(2014, 1, 1)) == 2014.0
    assert decimal_year(dt.date(2016, 12, 31)) == pytest.approx(2016 + 365 / 366)


def test_clocks_that_are_none() -> None:
    for years in ((), (2014, 2016), (2015, 2014)):
        with pytest.raises(ValueError, match="each following the one before"):
            Clock(years, 2014.0)
    with pytest.raises(ValueError, match="decimal year"):
        Clock((2014,), float("nan"))


def test_geometric_brownian_has_its_log_moments() -> None:
    close(np.log(paths(EACH[0]) / 100), 0.02 * AHEAD, 0.09 * AHEAD)


def test_mean_reverting_halves_its_distance_in_a_half_life() -> None:
    k = np.log(2) / 3.0
    mean = np.log(80) + np.exp(-k * AHEAD) * np.log(150 / 80)
    close(np.log(paths(EACH[1])), mean, 0.25**2 * (1 - np.exp(-2 * k * AHEAD)) / (2 * k))
    still = MeanReverting(150, 80, 3.0, 0.0)
    np.testing.assert_allclose(paths(still, Clock((2017,), 2014.5), 1), np.sqrt(150 * 80))  # half way, in logs


def test_jump_diffusion_has_mertons_log_moments() -> None:
    sample = np.log(paths(EACH[2]) / 100)
    mean = (0.02 - 0.6 * 0.3) * AHEAD
    close(sample, mean, (0.2**2 + 0.6 * (0.3**2 + 0.1**2)) * AHEAD)
    third = 0.6 * (-(0.3**3) - 3 * 0.3 * 0.1**2) * AHEAD[-1]  # third cumulant of a compound Poisson sum
    assert ((sample[:, -1] - mean[-1]) ** 3).mean() == pytest.approx(third, rel=0.15)


def test_jump_diffusion_without_jumps_is_geometric_brownian() -> None:
    noise = normals(1, 0, "x", (3, 50, 8))
    plain = {"start": np.full(50, 10.0), "drift": np.full(50, 0.01), "volatility": np.full(50, 0.2)}
    jumpy = plain | {"jump_rate": np.zeros(50), "jump_mean": np.full(50, -0.5), "jump_sd": np.full(50, 0.3)}
    np.testing.assert_array_equal(
        JumpDiffusion(10, 0.01, 0.2, 0, -0.5, 0.3).path(jumpy, noise, CLOCK),
        GeometricBrownian(10, 0.01, 0.2).path(plain, noise[:1], CLOCK),
    )


def test_trend_growth_has_its_moments_and_settles() -> None:
    noisy = np.where(AHEAD > 0, 0.03**2, 0.0)
    spread = 0.01**2 * (1 - 0.8 ** (2 * AHEAD)) / (1 - 0.8**2)
    close(paths(EACH[3]), 0.02 + 0.8**AHEAD * 0.03, spread + noisy)
    walk = TrendGrowth(0.05, 0.02, 1.0, 0.01, 0.0)  # with persistence 1 the trend is a random walk
    close(paths(walk), np.full(8, 0.05), 0.01**2 * AHEAD)
    jump = TrendGrowth(0.05, 0.02, 0.0, 0.01, 0.0)  # with none it is at the long run at once
    close(paths(jump), np.where(AHEAD > 0, 0.02, 0.05), np.where(AHEAD > 0, 0.01**2, 0.0))


def test_hazard_counts_are_rate_times_exposure() -> None:
    sample = paths(EACH[4])
    assert (sample[:, :2] == 0).all()
    close(sample, 0.4 * CLOCK.exposure, 0.4 * CLOCK.exposure)
    assert (sample == np.floor(sample)).all()


def test_hazard_from_counts_is_the_jeffreys_posterior() -> None:
    assert Hazard.from_counts(2, 7.6).parameters["rate"] == gamma(2.5, 7.6)
    # Mixed over the rate, the count of a whole year is negative binomial.
    rate = gamma(2.5, 7.6).ppf((np.arange(DRAWS) + 0.5) / DRAWS)
    count = Hazard.from_counts(2, 7.6).path({"rate": rate}, normals(1, 0, "h", (1, DRAWS, 8)), CLOCK)[:, -1]
    rival = stats.nbinom(2.5, 7.6 / 8.6)
    for n in range(4):
        assert (count == n).mean() == pytest.approx(rival.pmf(n), abs=4 * np.sqrt(rival.pmf(n) / DRAWS))


@given(mean=st.floats(0, 5000), score=st.floats(-9, 9))
def test_poisson_quantiles_are_scipys(mean: float, score: float) -> None:
    found = _poisson(np.array([score]), np.array([mean]))[0]
    u = stats.norm.cdf(score)
    assert stats.poisson.cdf(found, mean) >= u - 1e-12
    assert found == 0 or stats.poisson.cdf(found - 1, mean) < u + 1e-12


@pytest.mark.parametrize("process", EACH, ids=lambda p: p.kind)
def test_observed_years_are_taken_exactly(process: Process) -> None:
    fields = {**process.parameters}
    known = type(process)(**fields, observed={2013: 42.0, 2005: 3.0})  # type: ignore[call-arg]
    free, held = paths(process, draws=100), paths(known, draws=100)
    assert (held[:, 1] == 42.0).all()
    np.testing.assert_array_equal(np.delete(held, 1, axis=1), np.delete(free, 1, axis=1))
    if process.kind != "hazard":
        assert (free[:, :2] == process.parameters["start"].median).all()
    assert not held.flags.writeable
    with pytest.raises(ValueError, match="2016 lies after as_of"):
        paths(type(process)(**fields, observed={2016: 1.0}), draws=2)  # type: ignore[call-arg]


@pytest.mark.parametrize("process", EACH, ids=lambda p: p.kind)
def test_a_process_is_a_frozen_value(process: Process) -> None:
    again = pickle.loads(pickle.dumps(process))
    assert again == process
    assert hash(again) == hash(process)
    assert isinstance(process, Process)
    assert all(d == constant(d.median) for d in process.parameters.values())


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: GeometricBrownian(-5, 0, 0.1), "start has to be above 0.* can reach -5"),
        (lambda: GeometricBrownian(5, 0, normal(0.2, 0.1)), "volatility has to be 0 or more, but normal"),
        (lambda: MeanReverting(5, 5, 0, 0.1), "half_life has to be above 0"),
        (lambda: TrendGrowth(0, 0, 1.2, 0.1, 0.1), "persistence has to be between 0 and 1"),
        (lambda: Hazard(1e12), "rate has to be between 0 and 1e9"),
        (lambda: Hazard.from_counts(-1, 3), "expected 0 or more"),
        (lambda: Hazard.from_counts(1, 0), "expected more than 0"),
        (lambda: GeometricBrownian(5, 0, 0.1, {2013: float("nan")}), "observed value is not a finite number"),
        (lambda: paths(GeometricBrownian(5, 1e6, 0.1), draws=3), "leaves the range of numbers"),
    ],
)
def test_refuses_with_a_reason(make: Callable[[], object], expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        make()


def test_a_lever_out_of_bounds_is_refused_in_the_path() -> None:
    process = GeometricBrownian(lognormal(100, 0.2), 0, 0.1)
    values = {"start": np.array([100.0, -1.0]), "drift": np.zeros(2), "volatility": np.full(2, 0.1)}
    with pytest.raises(ValueError, match="start has to be above 0, but the draws can reach -1"):
        process.path(values, np.zeros((1, 2, 8)), CLOCK)
