"""Trade paths: identities, agreement with independent rivals, limits, coverage, errors."""

from __future__ import annotations

import pickle
import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tumen.errors import UnknownName
from tumen.trade import PANEL, History, PairPath, PanelPrior, PathDraws, fit, growth_needed
from tumen.trade._gaussian import FLOOR, Design, condition, semidefinite_factor

Array = npt.NDArray[np.float64]

# Unit elasticities and all of the evidence: the plain model, on which limits are known.
PLAIN = PanelPrior(
    volatility=0.25, volatility_spread=0.4, drift_spread=0.03, degrees_of_freedom=6.0, offset_spread=0.15, noise=0.1
)
YEARS = tuple(range(2014, 2021))
JOINT = {year: 0.01 * (year % 7) - 0.02 for year in range(1980, 2031)}


def two_sources(factor: float = 1.0, names: tuple[str, str] = ("kotra", "customs")) -> History:
    years = (2000, 2003, 2004, 2006, 2009, 2010, 2012, 2013, 2012, 2013)
    values = (46.0, 116.7, 210.0, 211.0, 62.0, 110.5, 75.7, 104.0, 68.6, 112.7)
    spread = (0.0, 0.0, 0.01, 0.0, 0.0, 0.06, 0.0, 0.0, 0.0, 0.0)
    return History(years, tuple(factor * v for v in values), (names[0],) * 8 + (names[1],) * 2, spread)


def one_source(values: dict[int, float], spread: float = 0.0) -> History:
    return History(tuple(values), tuple(values.values()), ("customs",) * len(values), (spread,) * len(values))


def simulate(
    path: PairPath, draws: int = 4000, seed: int = 1, years: tuple[int, ...] = YEARS, **change: Any
) -> PathDraws:
    """A simulation with scores from a seed; `change` replaces arguments."""
    draw = np.random.default_rng(seed)
    normal, count = draw.standard_normal, len(years)
    arguments: dict[str, Any] = {
        "volatility": np.quantile(path.volatility_quantiles, draw.random(draws)),
        "drift_score": normal(draws),
        "level_score": normal(draws),
        "offset_scores": {name: normal(draws) for name in path.statistics},
        "shocks": normal((2, draws, count)),
        "joint_growth": np.zeros((draws, count)),
        "years": years,
        "report_noise": normal((draws, count)),
    }
    return path.simulate(**{**arguments, **change})


def design(history: History, prior: PanelPrior) -> Design:
    """The rows as the Gaussian part takes them, the statistics in the order of their first row."""
    first, last = min(history.years), max(history.years)
    names = list(dict.fromkeys(history.statistics))
    return Design(
        log_values=np.log(history.values),
        spread=np.array(history.spread),
        year=np.array(history.years) - first,
        source=np.array([names.index(name) for name in history.statistics]),
        growth=np.array([prior.implied(JOINT[year]) for year in range(first + 1, last + 1)]),
        sources=len(names),
    )


# --- rivals -------------------------------------------------------------------------------------------------------


def kalman(history: History, prior: PanelPrior, volatility: float) -> tuple[float, Array, Array]:
    """A textbook Kalman filter of (y, d, b...) with a vague start: log likelihood, mean and covariance at the end."""
    names = list(dict.fromkeys(history.statistics))
    size, keep = 2 + len(names), prior.drift_persistence
    mean = np.zeros(size)
    mean[0] = np.log(history.values[0])
    cov = np.diag([1e5, prior.drift_spread**2, *[prior.offset_spread**2] * len(names)])
    likelihood = 0.0
    for year in range(min(history.years), max(history.years) + 1):
        if year > min(history.years):
            step = np.eye(size)
            step[0, 1] = step[1, 1] = keep
            renewal = (1 - keep**2) * prior.drift_spread**2
            shock = np.zeros((size, size))
            shock[:2, :2] = renewal
            shock[0, 0] += volatility**2
            mean = step @ mean
            mean[0] += prior.implied(JOINT[year])
            cov = step @ cov @ step.T + shock
        for when, value, name, spread in zip(
            history.years, history.values, history.statistics, history.spread, strict=True
        ):
            if when != year:
                continue
            look = np.zeros(size)
            look[0] = look[2 + names.index(name)] = 1.0
            variance = look @ cov @ look + (prior.noise * volatility / prior.volatility) ** 2 + spread**2 + FLOOR**2
            error = np.log(value) - look @ mean
            gain = cov @ look / variance
            mean, cov = mean + gain * error, cov - np.outer(gain, look @ cov)
            likelihood -= 0.5 * (np.log(variance) + error**2 / variance)
    return likelihood, mean, cov


@pytest.mark.parametrize("persistence", [1.0, 0.8, 0.0])
def test_conditioning_agrees_with_a_kalman_filter(persistence: float) -> None:
    prior = replace(PLAIN, drift_persistence=persistence, growth_elasticity=0.6, growth_intercept=0.02)
    history, grid = two_sources(), np.array([0.1, 0.25, 0.6])
    likelihood, mean, cov = condition(design(history, prior), prior, grid)
    rival = [kalman(history, prior, volatility) for volatility in grid]
    # The vague start adds the same constant to all; differences between volatilities are what counts.
    np.testing.assert_allclose(np.diff(likelihood), np.diff([r[0] for r in rival]), rtol=1e-4)
    for node, (_, rival_mean, rival_cov) in enumerate(rival):
        np.testing.assert_allclose(mean[node, :4], rival_mean, atol=2e-5)
        np.testing.assert_allclose(cov[node, :4, :4], rival_cov, atol=2e-6)


def test_the_past_agrees_with_one_large_regression() -> None:
    """Every year's level at once, built forwards from a vague first year; the engine builds backwards from the last."""
    prior, history, volatility = replace(PLAIN, drift_persistence=0.7), two_sources(), 0.3
    rows = design(history, prior)
    count = len(rows.growth) + 1
    forwards = np.tri(count)[:, 1:]
    lag = np.abs(np.subtract.outer(np.arange(count - 1), np.arange(count - 1)))
    steps = prior.drift_spread**2 * 0.7**lag + volatility**2 * np.eye(count - 1)
    level = forwards @ steps @ forwards.T + 1e5
    look = np.eye(count)[rows.year]
    same = np.equal.outer(rows.source, rows.source)
    noise = (prior.noise * volatility / prior.volatility) ** 2 + rows.spread**2 + FLOOR**2
    total = look @ level @ look.T + prior.offset_spread**2 * same + np.diag(noise)
    guess = forwards @ rows.growth + rows.log_values[0]
    gain = np.linalg.solve(total, look @ level).T
    expected = guess + gain @ (rows.log_values - look @ guess)
    spread = np.sqrt(np.diag(level - gain @ look @ level))

    _, mean, cov = condition(rows, prior, np.array([volatility]))
    order = [0, *range(4, 4 + count - 1)]
    np.testing.assert_allclose(mean[0, order][::-1], expected, atol=5e-5)
    np.testing.assert_allclose(np.sqrt(np.diag(cov[0]))[order][::-1], spread, atol=5e-5)


@given(st.integers(1, 6), st.integers(0, 6), st.integers(0, 10_000))
@settings(max_examples=40)
def test_semidefinite_factor_gives_back_the_covariance(size: int, rank: int, seed: int) -> None:
    half = np.random.default_rng(seed).standard_normal((3, size, min(rank, size)))
    covariance = half @ half.transpose(0, 2, 1)
    lower = semidefinite_factor(covariance)
    np.testing.assert_allclose(lower @ lower.transpose(0, 2, 1), covariance, atol=1e-5)
    assert (np.triu(lower, 1) == 0).all()


def test_draws_have_the_posterior_they_come_from() -> None:
    path = fit(two_sources(), JOINT, PLAIN)
    node = 30
    volatility = np.full(50_000, np.exp(path.log_volatility[node]))
    draws = simulate(path, 50_000, volatility=volatility, years=tuple(range(2009, 2015)))
    drawn = np.log(draws.flow[:, :5])  # 2009 ... 2013
    states = [2 + 2 + back - 1 for back in (4, 3, 2, 1)] + [0]
    cov = (path.factors[node] @ path.factors[node].T)[np.ix_(states, states)]
    spread = np.sqrt(np.diag(cov))
    assert (np.abs(drawn.mean(axis=0) - path.means[node, states]) < 0.02 * spread).all()
    assert (np.abs(np.cov(drawn.T) - cov) < 0.03 * np.outer(spread, spread)).all()


# --- identities ---------------------------------------------------------------------------------------------------


@given(st.floats(1e-6, 1e6))
@settings(max_examples=25)
def test_a_change_of_unit_scales_everything(factor: float) -> None:
    base, scaled = fit(two_sources(), JOINT), fit(two_sources(factor), JOINT)
    np.testing.assert_allclose(scaled.volatility_quantiles, base.volatility_quantiles, rtol=1e-9)
    years = tuple(range(2005, 2018))
    one, other = simulate(base, 50, years=years), simulate(scaled, 50, years=years)
    np.testing.assert_allclose(other.flow, factor * one.flow, rtol=1e-8)
    for name in base.statistics:
        np.testing.assert_allclose(other.reported[name], factor * one.reported[name], rtol=1e-8)


@given(st.permutations(range(10)))
@settings(max_examples=25)
def test_the_order_of_rows_is_irrelevant(order: list[int]) -> None:
    plain = two_sources()
    columns = (plain.years, plain.values, plain.statistics, plain.spread)
    mixed = History(*(tuple(column[k] for k in order) for column in columns))  # type: ignore[arg-type]
    one, other = simulate(fit(plain, JOINT), 50), simulate(fit(mixed, JOINT), 50)
    np.testing.assert_array_equal(one.flow, other.flow)


@pytest.mark.parametrize("names", [("zeta", "alpha"), ("a", "b")])
def test_the_names_of_statistics_are_irrelevant(names: tuple[str, str]) -> None:
    one, other = fit(two_sources(), JOINT), fit(two_sources(names=names), JOINT)
    assert other.statistics == names
    before, after = simulate(one, 50), simulate(other, 50)
    np.testing.assert_array_equal(before.flow, after.flow)
    np.testing.assert_array_equal(before.reported["customs"], after.reported[names[1]])


def test_published_figures_stand_where_there_are_some() -> None:
    draws = simulate(fit(two_sources(), JOINT), years=tuple(range(2009, 2016)))
    assert (draws.reported["kotra"][:, 0] == 62.0).all()
    assert (draws.reported["customs"][:, 3] == 68.6).all()
    assert (draws.reported["customs"][:, 4] == 112.7).all()
    assert draws.reported["kotra"][:, 2].std() > 1  # 2011 is not published
    assert draws.flow[:, 4].std() > 1  # what was, is known but through statistics


def test_a_report_is_the_flow_times_offset_and_noise() -> None:
    path, draws = fit(two_sources(), JOINT, replace(PLAIN, noise=0.0)), 500
    made = simulate(path, draws)
    ratio = np.log(made.reported["kotra"] / made.flow)
    np.testing.assert_allclose(ratio, np.repeat(ratio[:, :1], len(YEARS), axis=1), atol=1e-9)
    assert 0.03 < ratio[:, 0].std() < PLAIN.offset_spread


def test_extra_growth_moves_the_years_to_come_and_no_other() -> None:
    path, years = fit(two_sources(), JOINT), tuple(range(2011, 2018))
    base, moved = simulate(path, 100, years=years), simulate(path, 100, years=years, extra_growth=np.full(100, 0.1))
    lift = np.exp(0.1 * np.array([0, 0, 0, 1, 2, 3, 4]))
    np.testing.assert_allclose(moved.flow / base.flow, np.tile(lift, (100, 1)), rtol=1e-12)
    by_year = simulate(path, 100, years=years, extra_growth=np.tile(0.1, (100, 7)))
    np.testing.assert_array_equal(by_year.flow, moved.flow)


def test_joint_growth_counts_by_its_elasticity() -> None:
    path = fit(two_sources(), JOINT)
    base, moved = simulate(path, 100), simulate(path, 100, joint_growth=np.full((100, 7), 0.05))
    lift = np.exp(0.05 * PANEL.growth_elasticity * np.arange(1, 8))
    np.testing.assert_allclose(moved.flow / base.flow, np.tile(lift, (100, 1)), rtol=1e-12)


def test_a_longer_horizon_keeps_the_years_it_had() -> None:
    path, shocks, noise = fit(two_sources(), JOINT), np.full((2, 10, 12), 0.7), np.full((10, 12), -0.4)
    long = simulate(path, 10, years=tuple(range(2014, 2026)), shocks=shocks, report_noise=noise)
    short = simulate(path, 10, shocks=shocks[:, :, :7], report_noise=noise[:, :7])
    np.testing.assert_array_equal(long.flow[:, :7], short.flow)


def test_noise_may_differ_between_statistics() -> None:
    path = fit(two_sources(), JOINT)
    noise = np.random.default_rng(3).standard_normal((2, 50, 7))
    both = simulate(path, 50, report_noise=noise)
    for j, name in enumerate(path.statistics):
        alone = simulate(path, 50, report_noise=noise[j])
        np.testing.assert_array_equal(both.reported[name], alone.reported[name])


def test_statistics_without_a_row_report_with_the_offset_of_the_prior() -> None:
    path, score = fit(two_sources(), JOINT, replace(PLAIN, noise=0.0)), np.linspace(-2, 2, 100)
    scores = {"kotra": np.zeros(100), "customs": np.zeros(100), "un": score}
    made = simulate(path, 100, offset_scores=scores)
    np.testing.assert_allclose(np.log(made.reported["un"] / made.flow)[:, 3], PLAIN.offset_spread * score, atol=1e-12)


def test_results_are_read_only_and_a_path_can_be_pickled() -> None:
    path = fit(two_sources(), JOINT)
    made = simulate(path, 10)
    for array in (made.flow, *made.reported.values(), path.means, path.factors, path.log_volatility):
        assert not array.flags.writeable
    np.testing.assert_array_equal(simulate(pickle.loads(pickle.dumps(path)), 10).flow, made.flow)


# --- limits -------------------------------------------------------------------------------------------------------


def test_without_noise_the_level_is_what_was_published() -> None:
    prior = replace(PLAIN, noise=0.0, offset_spread=0.0)
    draws = simulate(
        fit(one_source({2010: 90.0, 2011: 120.0, 2013: 104.0}), JOINT, prior), years=tuple(range(2010, 2021))
    )
    for column, value in ((0, 90.0), (1, 120.0), (3, 104.0)):
        np.testing.assert_allclose(draws.flow[:, column], value, rtol=1e-4)
    assert draws.flow[:, 2].std() > 5  # 2012 is unknown


def test_with_one_statistics_the_level_carries_the_offset_and_reports_do_not() -> None:
    prior = replace(PLAIN, noise=0.0, offset_spread=0.3)
    path = fit(one_source({2012: 90.0, 2013: 104.0}), JOINT, prior)
    draws = simulate(path, 20_000, years=(2013, 2014), volatility=np.full(20_000, 1e-3))
    assert np.log(draws.flow[:, 0]).std() == pytest.approx(0.3, rel=0.02)
    assert np.log(draws.reported["customs"][:, 1]).std() < 0.1


def steady(growth: float, years: int = 30) -> History:
    """Trade that grew by that much a year more than its economies, without noise."""
    level, values = 4.0, {}
    for year in range(2014 - years, 2014):
        level += growth + JOINT[year]
        values[year] = float(np.exp(level))
    return one_source(values)


@pytest.mark.parametrize(("spread", "expected"), [(10.0, 0.12), (0.0, 0.0)])
def test_a_wide_prior_keeps_the_own_drift_and_none_the_joint_growth(spread: float, expected: float) -> None:
    path = fit(steady(0.12), JOINT, replace(PLAIN, drift_spread=spread, noise=0.01))
    draws = simulate(path, 20_000)
    growth = np.log(draws.flow[:, -1] / draws.flow[:, 0]) / 6
    assert np.median(growth) == pytest.approx(expected, abs=0.006)


def test_drift_is_shrunk_between_the_two_and_fades() -> None:
    years = tuple(range(2014, 2034))
    lasting = simulate(fit(steady(0.12, 12), JOINT, PLAIN), 20_000, years=years)
    growth = np.median(np.diff(np.log(lasting.flow), axis=1), axis=0)
    assert 0.005 < growth.mean() < 0.11
    fading = simulate(fit(steady(0.12, 12), JOINT, replace(PLAIN, drift_persistence=0.7)), 20_000, years=years)
    later = np.median(np.diff(np.log(fading.flow), axis=1), axis=0)
    assert later[0] > 0.005
    assert abs(later[-5:].mean()) < 0.005


@pytest.mark.parametrize("spread", [0.0, 1e-4])
def test_without_spread_the_volatility_is_the_panel_value(spread: float) -> None:
    path = fit(two_sources(), JOINT, replace(PLAIN, volatility_spread=spread))
    np.testing.assert_allclose(path.volatility_quantiles, PLAIN.volatility, rtol=5e-4)


def test_without_evidence_the_volatility_is_the_prior() -> None:
    from scipy.special import ndtri

    path = fit(two_sources(), JOINT, replace(PLAIN, evidence=1e-9))
    prior = PLAIN.volatility * np.exp(PLAIN.volatility_spread * ndtri(np.arange(1, 200) / 200))
    np.testing.assert_allclose(path.volatility_quantiles, prior, rtol=2e-3)


@pytest.mark.parametrize("truth", [0.08, 0.7])
def test_a_long_history_tells_its_volatility_whatever_the_prior(truth: float) -> None:
    level = 4.0 + np.cumsum(truth * np.random.default_rng(4).standard_normal(34))
    history = one_source({1980 + k: float(np.exp(y)) for k, y in enumerate(level)})
    path = fit(
        history,
        dict.fromkeys(range(1980, 2014), 0.0),
        replace(PLAIN, noise=0.001, volatility_spread=2.0, drift_spread=0.0),
    )
    own = float(np.sqrt(np.mean(np.diff(level) ** 2)))
    assert path.volatility_quantiles[99] == pytest.approx(own, rel=0.03)
    assert path.volatility_quantiles[188] / path.volatility_quantiles[10] < 1.7
    assert list(path.volatility_quantiles) == sorted(path.volatility_quantiles)


def test_tails_are_heavier_than_gaussian_at_the_same_variance() -> None:
    heavy = fit(steady(0.0), JOINT, replace(PLAIN, degrees_of_freedom=4.0))
    thin = replace(heavy, prior=replace(heavy.prior, degrees_of_freedom=400.0))
    step = {
        name: np.diff(np.log(simulate(path, 40_000, volatility=np.full(40_000, 0.25)).flow), axis=1).ravel()
        for name, path in (("heavy", heavy), ("thin", thin))
    }
    near = {name: np.quantile(np.abs(x), 0.5) for name, x in step.items()}
    far = {name: np.quantile(np.abs(x), 0.999) for name, x in step.items()}
    assert near["heavy"] < 0.9 * near["thin"]
    assert far["heavy"] > 1.5 * far["thin"]
    assert np.std(step["heavy"]) == pytest.approx(np.std(step["thin"]), rel=0.05)


def test_a_score_far_out_stays_finite() -> None:
    path, shocks = fit(two_sources(), JOINT), np.zeros((2, 2, 7))
    shocks[0] = [[9.0] * 7, [-9.0] * 7]
    made = simulate(path, 2, shocks=shocks)
    assert np.isfinite(made.flow).all()
    assert made.flow[0, -1] > made.flow[1, -1] > 0


def test_sources_that_disagree_widen_the_level_and_lie_about_it() -> None:
    years = tuple(range(2004, 2014)) * 2
    names = ("a",) * 10 + ("b",) * 10

    def history(gap: npt.NDArray[Any]) -> History:
        return History(years, tuple(100 * np.exp(np.concatenate([gap, -gap]))), names, (0.0,) * 20)

    agree, differ = (fit(history(size * (-1.0) ** np.arange(10)), JOINT, PLAIN) for size in (0.0, 0.4))
    spread = [np.log(simulate(path, years=(2013, 2014)).flow[:, 0]).std() for path in (agree, differ)]
    assert spread[1] > 1.15 * spread[0]
    # A lasting gap is an offset: the level lies between, and each goes on reporting on its own side.
    lasting = simulate(fit(history(np.full(10, 0.2)), JOINT, PLAIN), years=tuple(range(2013, 2021)))
    assert np.median(lasting.flow[:, 0]) == pytest.approx(100, rel=0.02)
    assert (lasting.reported["a"][:, -1] > lasting.reported["b"][:, -1]).mean() > 0.95


def test_a_row_with_a_wide_range_counts_less() -> None:
    values = dict.fromkeys(range(2004, 2013), 100.0) | {2013: 200.0}
    sharp = one_source(values)
    vague = replace(sharp, spread=(0.0,) * 9 + (0.5,))
    level = [np.median(simulate(fit(h, JOINT, PLAIN), years=(2013, 2014)).flow[:, 0]) for h in (sharp, vague)]
    assert level[1] < 0.8 * level[0]


def test_one_figure_is_enough() -> None:
    path = fit(one_source({2013: 104.0}), {}, PLAIN)
    draws = simulate(path)
    assert np.median(draws.reported["customs"][:, 0]) == pytest.approx(104, rel=0.05)
    # One figure says nothing of volatility: the prior.
    assert path.volatility_quantiles[99] == pytest.approx(PLAIN.volatility, rel=1e-3)


# --- coverage -----------------------------------------------------------------------------------------------------


def test_ninety_percent_intervals_hold_nine_times_of_ten() -> None:
    """300 histories drawn from the model, by a generator of its own, and what the statistics reported 7 years on."""
    prior = replace(PLAIN, degrees_of_freedom=8.0, drift_spread=0.04, drift_persistence=0.9)
    pairs, past, ahead = 300, 15, 7
    draw = np.random.default_rng(11)
    volatility = prior.volatility * np.exp(prior.volatility_spread * draw.standard_normal(pairs))[:, None]
    drift = np.empty((pairs, past + ahead))
    drift[:, 0] = prior.drift_spread * draw.standard_normal(pairs)
    for j in range(1, past + ahead):
        drift[:, j] = 0.9 * drift[:, j - 1] + np.sqrt(0.19) * prior.drift_spread * draw.standard_normal(pairs)
    tails = draw.standard_t(8.0, (pairs, past + ahead)) * np.sqrt(6 / 8)
    joint = 0.03 + 0.05 * draw.standard_normal(past + ahead)
    level = 4 + np.cumsum(joint + drift + volatility * tails, axis=1)
    noise = prior.noise * volatility / prior.volatility * draw.standard_normal(level.shape)
    shown = np.exp(level + prior.offset_spread * draw.standard_normal((pairs, 1)) + noise)

    first = 2014 - past
    growth = {first + j: float(joint[j]) for j in range(past)}
    to_come, ranks = np.tile(joint[past:], (400, 1)), []
    for pair in range(pairs):
        history = one_source({first + j: float(shown[pair, j]) for j in range(past)})
        made = simulate(fit(history, growth, prior), 400, seed=pair, joint_growth=to_come)
        ranks.append((made.reported["customs"][:, -1] < shown[pair, -1]).mean())
    inside = np.mean(np.abs(np.array(ranks) - 0.5) <= 0.45)
    assert 0.84 <= inside <= 0.96
    assert 0.40 <= np.mean(np.array(ranks) < 0.5) <= 0.60


# --- growth needed, errors, imports ---------------------------------------------------------------------------------


@given(st.floats(1.0, 1e4), st.floats(1.0, 1e4), st.integers(1, 30))
def test_growth_needed_reaches_the_target(base: float, target: float, years: int) -> None:
    growth = growth_needed(base, target, years)
    assert isinstance(growth, float)
    assert base * (1 + growth) ** years == pytest.approx(target, rel=1e-9)


def test_growth_needed_takes_draws() -> None:
    growth = growth_needed(np.array([104.0, 112.7]), 1000.0, 7)
    np.testing.assert_allclose(growth, [0.3818, 0.3659], atol=1e-4)


@pytest.mark.parametrize(
    ("base", "target", "years", "message"),
    [
        (0.0, 1.0, 7, "the base is 0.0; expected finite amounts above 0"),
        (1.0, float("inf"), 7, "the target is inf; expected a finite amount above 0"),
        (1.0, 2.0, 0, "years is 0; expected at least 1"),
    ],
)
def test_growth_needed_refuses(base: float, target: float, years: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        growth_needed(base, target, years)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"values": (1.0, -2.0)}, "2011, a: the value is -2.0; expected a finite amount above 0"),
        ({"values": (1.0, float("nan"))}, "2011, a: the value is nan; expected a finite amount above 0"),
        ({"values": (1.0, 0.0)}, "the value is 0.0"),
        ({"values": (1.0,)}, "2 years, 1 values, 2 statistics, 2 spread; expected one of each for every row"),
        ({"spread": (0.0, -0.1)}, "2011, a: the spread is -0.1; expected a finite number of at least 0"),
        ({"years": (2010, 2010)}, "2010, a: there are two figures; keep one"),
        ({"years": (2010, 2011.5)}, "the year is 2011.5; expected a whole number"),
        ({"years": (), "values": (), "statistics": (), "spread": ()}, "there is no row; expected at least one"),
    ],
)
def test_a_history_refuses(change: dict[str, Any], message: str) -> None:
    rows: dict[str, Any] = {"years": (2010, 2011), "values": (1.0, 2.0), "statistics": ("a", "a"), "spread": (0.0, 0.0)}
    with pytest.raises(ValueError, match=message):
        History(**{**rows, **change})


def test_a_history_names_everything_wrong_at_once() -> None:
    with pytest.raises(ValueError, match=r"2010, a: the value(.|\n)*2011, b: the spread"):
        History((2010, 2011), (-1.0, 2.0), ("a", "b"), (0.0, float("nan")))


@pytest.mark.parametrize("gap", [None, float("nan")])
def test_a_year_without_joint_growth_is_named(gap: float | None) -> None:
    growth = {year: 0.0 for year in range(2001, 2014) if year not in (2005, 2009)}
    if gap is not None:
        growth |= {2005: gap, 2009: gap}
    with pytest.raises(
        ValueError, match=r"no finite figure for 2005, 2009; expected one for each year from 2001 to 2013"
    ):
        fit(two_sources(), growth)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"volatility": np.full((5, 2), 0.2)}, r"volatility has the shape \(5, 2\); expected one value a draw"),
        ({"volatility": np.array([0.2, 0.2, 0.0, 0.2, 0.2])}, "a draw is not a finite number above 0"),
        ({"level_score": np.zeros(4)}, r"level_score has the shape \(4,\); expected \(draw\) = \(5,\)"),
        ({"drift_score": np.full(5, np.nan)}, "drift_score: a value is not finite"),
        (
            {"shocks": np.zeros((1, 5, 7))},
            r"shocks has the shape \(1, 5, 7\); expected \(2, draw, year\) = \(2, 5, 7\)",
        ),
        ({"shocks": np.full((2, 5, 7), np.nan)}, "shocks: a value is not finite"),
        ({"extra_growth": np.inf}, "extra_growth: a value is not finite"),
        ({"report_noise": np.full((2, 5, 7), np.nan)}, "report_noise: a value is not finite"),
        ({"joint_growth": np.zeros(7)}, r"joint_growth has the shape \(7,\); expected \(draw, year\) = \(5, 7\)"),
        ({"extra_growth": np.zeros(7)}, r"extra_growth has the shape \(7,\); expected a number, \(5,\) or \(5, 7\)"),
        ({"report_noise": np.zeros((3, 5, 7))}, "statistics kotra, customs first"),
        ({"years": (2014, 2016)}, "expected consecutive years"),
        ({"years": tuple(range(2015, 2022))}, "expected a start between 2000"),
        ({"years": tuple(range(1999, 2006))}, "expected a start between 2000"),
        ({"years": tuple(range(2003, 2010))}, "an end in 2013 or later"),
    ],
)
def test_a_simulation_refuses(change: dict[str, Any], message: str) -> None:
    path = fit(two_sources(), JOINT)
    with pytest.raises(ValueError, match=message):
        simulate(path, 5, **change)


def test_a_missing_offset_score_is_named() -> None:
    with pytest.raises(UnknownName, match="no offset score of the statistics 'customs'; did you mean custom"):
        simulate(fit(two_sources(), JOINT), 5, offset_scores={"kotra": np.zeros(5), "custom": np.zeros(5)})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"volatility": 0.0}, "volatility is 0.0; expected a number above 0"),
        ({"degrees_of_freedom": 2.0}, "degrees_of_freedom is 2.0; expected a number above 2"),
        ({"noise": -0.1}, "noise is -0.1; expected a number of at least 0"),
        ({"drift_persistence": 1.1}, "drift_persistence is 1.1; expected a share of at most 1"),
        ({"evidence": 0.0}, "evidence is 0.0; expected a number above 0"),
        ({"growth_intercept": float("nan")}, "growth_intercept is nan; expected a finite number"),
    ],
)
def test_a_prior_refuses(change: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(PANEL, **change)


def test_the_face_is_lazy_and_names_what_it_has() -> None:
    code = (
        "import sys, tumen.trade as t; assert not {'scipy', 'pandas', 'numpy'} & set(sys.modules); "
        "import tumen.trade.paths as p; assert 'scipy' not in sys.modules and 'pandas' not in sys.modules; "
        "assert all(getattr(t, n) is getattr(p, n) for n in p.__all__) and set(p.__all__) <= set(t.__all__); "
        "others = ('case', 'uncertainty', 'money', 'claims', 'study'); "
        "assert not any(f'tumen.{o}' in sys.modules for o in others)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
