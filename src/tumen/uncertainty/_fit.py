"""Processes fitted from a dated series, with the uncertainty of their parameters.

Whole years (ints) are annual values: they stand for mid-year and count as known once the year is over. Anything else
is a decimal date. What is not known by `as_of` is left out. With x = ln value, n changes r_i over times τ_i, T = Σ τ_i:

geometric_brownian (4 points)
    drift μ = Σ r / T, s² = Σ (r_i - μ τ_i)² / τ_i / (n-1). Under the prior 1/volatility² the posterior is
    drift ~ μ + s/√T t(n-1), volatility² ~ (n-1) s² / χ²(n-1).
mean_reverting (8 points)
    For a half-life H, b_i = 2^(-τ_i/H): x_i+1 = θ (1-b_i) + b_i x_i + an error of variance volatility² v_i, with
    v_i = (1-b_i²)/(2 ln 2/H): an AR(1) regression, by weighted least squares in θ, with S(H) its weighted sum of
    squares. The weight of H on a logarithmic grid from 0.25 years (or half the usual wait, if that is longer: the
    data see nothing faster) to 20 is Π v_i^(-1/2) S(H)^(-(n-1)/2): the likelihood at the best θ and volatility, under
    a flat prior for ln H. `half_life` is that grid's quantiles. θ is normal, with the moments of the mixture over H; at
    each H the estimate is weighed with a weak prior (mean and deviation of x itself), or with `long_run` (level,
    deviation of its log) in its place. volatility² ~ S / χ²(n-2) at the median H, not mixed over H: the two are drawn
    independently, while the data fix their combination.
jump_diffusion (12 points)
    Standardised changes z_i = (r_i - m τ_i) / (c √τ_i), m the median of r/τ and c 1.4826 times the median absolute
    deviation of (r - m τ)/√τ. A change with |z| > 4 holds a jump (threshold rule of Mancini 2009). Drift and volatility
    as geometric_brownian, without those; rate ~ gamma(k + 1/2, T) for k jumps. Jump sizes J_i = r_i - μ τ_i: a normal
    sample with the conjugate prior of mean 0, worth two jumps, and deviation 4 c √τ (a change at the threshold), worth
    six.
trend_growth (6 points, no year missing)
    Growth g = r/τ has sample variance s² and lag-one autocorrelation a; the `persistence` p is stated, not estimated.
    The trend's part of the variance is φ = a/p, held between 0.1 and 0.9: trend variance φ s², trend_sd² = φ s² (1-p²),
    noise_sd² = (1-φ) s², each with s² ~ (n-1) s²/χ²(n-1). `long_run` as stated (mean, deviation: a view of the future,
    so not revised by the past), or the sample mean, with variance s² (φ (1+p)/(1-p) + 1-φ) / n. `start` is the trend by
    the Kalman filter, an exponentially weighted mean of past growth whose weights fade like (p (1-gain))^j and which
    is drawn to the long run (as stated, or else the sample mean) by the rest; with its variance.

The level between the last point and `as_of`, a time h later, is not known: where h > 0, `start` of a level is
lognormal, moved by the drift (or the reversion) and widened by volatility and by the error of the drift. `observed`
holds the annual values, or annual growth. Quantiles of t and χ² are tabulated at 199 points between the levels 0.001
and 0.999. The prior of the first model and its posteriors: Gelman et al. (2013), Bayesian Data Analysis, section 3.2.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tumen.errors import unknown_name
from tumen.uncertainty._arrays import Array
from tumen.uncertainty._clock import Process
from tumen.uncertainty._distributions import (
    Distribution,
    constant,
    empirical,
    gamma,
    lognormal,
    normal,
)
from tumen.uncertainty._processes import GeometricBrownian, JumpDiffusion, MeanReverting, TrendGrowth

__all__ = ["fit"]

GRID = 199
SHORTEST, LONGEST = 0.25, 20.0  # half-lives, in years
THRESHOLD = 4.0
NEEDED = {"geometric_brownian": 4, "mean_reverting": 8, "jump_diffusion": 12, "trend_growth": 6}


@dataclass(frozen=True, slots=True)
class _Series:
    """What was known of a level by `as_of`: times, levels and their logs, annual values by year."""

    times: Array
    levels: Array
    as_of: float
    annual: Mapping[int, float]

    @property
    def logs(self) -> Array:
        return np.log(self.levels)

    @property
    def waits(self) -> Array:
        return np.diff(self.times)

    @property
    def changes(self) -> Array:
        return np.diff(self.logs)

    @property
    def since(self) -> float:
        """The time from the last point to `as_of`."""
        return max(self.as_of - float(self.times[-1]), 0.0)


def fit(
    model: str,
    years: Sequence[float] | npt.NDArray[np.generic],
    values: Sequence[float] | Array,
    *,
    as_of: float,
    long_run: tuple[float, float] | None = None,
    persistence: float = 0.8,
) -> Process:
    """The process of that `model` for a series of levels, as seen from `as_of` (a decimal year).

    `model` is geometric_brownian, mean_reverting, jump_diffusion or trend_growth. `years` are whole years (ints, for
    annual values) or decimal dates, rising; `values` are levels above 0. `long_run` is a prior (mean, deviation) for
    the growth that a trend, or the level (and deviation of its log) that a mean-reverting series goes back to;
    `persistence` is that of a trend.

    Raises `UnknownName` for another model, `ValueError` for a series out of order, with values of 0 or less, or with
    too few points known by `as_of` (the message says how many are needed).
    """
    if model not in NEEDED:
        raise unknown_name("process to fit", model, NEEDED)
    if long_run is not None:
        if model not in ("mean_reverting", "trend_growth"):
            raise ValueError(f"{model} has no long run; expected long_run only with mean_reverting or trend_growth")
        if not (math.isfinite(long_run[0]) and long_run[1] >= 0):
            raise ValueError(f"long_run is {long_run}; expected a mean and a standard deviation of 0 or more")
        if model == "mean_reverting" and long_run[0] <= 0:
            raise ValueError(f"long_run is {long_run}; expected a level above 0, and the deviation of its log")
    series = _known(model, years, values, as_of)
    match model:
        case "geometric_brownian":
            return _geometric_brownian(series)
        case "mean_reverting":
            return _mean_reverting(series, long_run)
        case "jump_diffusion":
            return _jump_diffusion(series)
        case _:
            return _trend_growth(series, long_run, persistence)


def _known(
    model: str, years: Sequence[float] | npt.NDArray[np.generic], values: Sequence[float] | Array, as_of: float
) -> _Series:
    if len(years) != len(values):
        raise ValueError(f"{model}: {len(years)} dates have {len(values)} values; expected one value for each date")
    annual = all(isinstance(year, numbers.Integral) for year in years)
    dates = np.asarray(years, dtype=np.float64)
    levels = np.asarray(values, dtype=np.float64)
    if not bool(np.isfinite(dates).all() and (np.diff(dates) > 0).all()):
        raise ValueError(f"{model}: the dates of the series do not rise; expected each once, in order")
    if not bool((np.isfinite(levels) & (levels > 0)).all()):
        raise ValueError(f"{model}: the series has a value of 0 or less, or none; expected levels above 0")
    known = dates + (1.0 if annual else 0.0) <= as_of
    if int(known.sum()) < NEEDED[model]:
        raise ValueError(
            f"{model}: {int(known.sum())} points are known by {as_of:.2f}; at least {NEEDED[model]} are needed"
        )
    whole = {int(year): float(x) for year, x in zip(dates[known], levels[known], strict=True)} if annual else {}
    return _Series(dates[known] + (0.5 if annual else 0.0), levels[known], float(as_of), whole)


# ------------------------------------------------------------------------------------------------------- models


def _geometric_brownian(series: _Series) -> GeometricBrownian:
    walk = _Walk.of(series.changes, series.waits)
    return GeometricBrownian(walk.start(series), walk.drift, walk.volatility, series.annual)


def _mean_reverting(series: _Series, long_run: tuple[float, float] | None) -> MeanReverting:
    logs, waits, n = series.logs, series.waits, len(series.waits)
    spread = float(logs.std(ddof=1))
    if spread == 0:
        raise ValueError("mean_reverting: the series never changes; give the process by its parameters")
    half_lives = np.geomspace(max(SHORTEST, 0.5 * float(np.median(waits))), LONGEST, GRID)
    regressions = [_regress(logs, waits, float(h)) for h in half_lives]
    scores = np.array([r.log_volume - 0.5 * (n - 1) * math.log(max(r.squares, 1e-300)) for r in regressions])
    weights = np.exp(np.maximum(scores - scores.max(), -700.0))
    weights /= weights.sum()
    cumulated = np.cumsum(weights) - 0.5 * weights
    half_life = _tabulated(lambda u: np.exp(np.interp(u, cumulated, np.log(half_lives))))
    volatility = _root_inverse_chi2(_regress(logs, waits, half_life.median).squares / (n - 2), n - 2)
    prior = (float(logs.mean()), spread) if long_run is None else (math.log(long_run[0]), long_run[1])
    means = np.array([_weigh(r.theta, math.sqrt(r.squares / (n - 2) / r.information), *prior) for r in regressions])
    theta = float(weights @ means[:, 0])
    theta_sd = math.sqrt(float(weights @ (means[:, 1] ** 2 + (means[:, 0] - theta) ** 2)))
    if prior[1] == 0:
        theta, theta_sd = prior  # certain: no rounding of the weights may blur it
    speed, h = math.log(2.0) / half_life.median, series.since
    kept = math.exp(-speed * h)
    var = volatility.median**2 * -math.expm1(-2.0 * speed * h) / (2.0 * speed) + ((1.0 - kept) * theta_sd) ** 2
    start = lognormal(math.exp(theta + kept * (float(logs[-1]) - theta)), math.sqrt(var))
    return MeanReverting(start, lognormal(math.exp(theta), theta_sd), half_life, volatility, series.annual)


def _jump_diffusion(series: _Series) -> JumpDiffusion:
    changes, waits = series.changes, series.waits
    middle = float(np.median(changes / waits))
    scaled = (changes - middle * waits) / np.sqrt(waits)
    width = 1.4826 * float(np.median(np.abs(scaled))) or float(scaled.std(ddof=1))
    jumped = np.abs(scaled) > THRESHOLD * width
    walk = _Walk.of(changes[~jumped], waits[~jumped])
    sizes = changes[jumped] - walk.drift.median * waits[jumped]
    k, total = int(jumped.sum()), float(series.waits.sum())
    prior_sd = THRESHOLD * width * math.sqrt(total / len(waits))
    mean = float(sizes.sum()) / (k + 2)
    squares = 6 * prior_sd**2 + float((sizes**2).sum()) - (k + 2) * mean**2
    sd = math.sqrt(max(squares, 0.0) / (k + 6))
    return JumpDiffusion(
        start=walk.start(series),
        drift=walk.drift,
        volatility=walk.volatility,
        jump_rate=gamma(k + 0.5, total),
        jump_mean=normal(mean, sd / math.sqrt(k + 2)),
        jump_sd=_root_inverse_chi2(sd**2, k + 6),
        observed=series.annual,
    )


def _trend_growth(series: _Series, long_run: tuple[float, float] | None, persistence: float) -> TrendGrowth:
    p, waits = float(persistence), series.waits
    if not 0 < p < 1:
        raise ValueError(f"trend_growth: the persistence is {p:g}; expected it between 0 and 1")
    gaps = np.flatnonzero(np.abs(waits - 1.0) > 0.1)
    if gaps.size:
        before, after = series.times[gaps[0]], series.times[gaps[0] + 1]
        raise ValueError(f"trend_growth: from {before:.1f} to {after:.1f} is not one year; expected one point a year")
    growth, n = series.changes / waits, len(waits)
    away = growth - growth.mean()
    squares = float((away**2).sum())
    echo = float((away[1:] * away[:-1]).sum()) / squares if squares > 0 else 0.0
    share, variance = min(max(echo / p, 0.1), 0.9), squares / (n - 1)
    mean, error = float(growth.mean()), math.sqrt(variance * (share * (1 + p) / (1 - p) + 1 - share) / n)
    rest = mean if long_run is None else long_run[0]
    level, level_var = rest, share * variance
    for g in growth:
        level, level_var = _ahead(level, level_var, rest, share * variance, p)
        gain = level_var / (level_var + (1 - share) * variance) if variance > 0 else 0.0
        level, level_var = level + gain * (float(g) - level), (1 - gain) * level_var
    level, level_var = _ahead(level, level_var, rest, share * variance, p**series.since)
    return TrendGrowth(
        start=normal(level, math.sqrt(level_var)),
        long_run=normal(mean, error) if long_run is None else normal(*long_run),
        persistence=p,
        trend_sd=_root_inverse_chi2(share * variance * (1 - p**2), n - 1),
        noise_sd=_root_inverse_chi2((1 - share) * variance, n - 1),
        observed=dict(zip(list(series.annual)[1:], growth.tolist(), strict=True)) if series.annual else {},
    )


# ------------------------------------------------------------------------------------------------------ insides


@dataclass(frozen=True, slots=True)
class _Walk:
    """Drift and volatility of a random walk, as posteriors and as estimates."""

    drift: Distribution
    volatility: Distribution
    sigma: float
    total: float

    @classmethod
    def of(cls, changes: Array, waits: Array) -> _Walk:
        n, total = len(changes), float(waits.sum())
        mu = float(changes.sum()) / total
        sigma = math.sqrt(float(((changes - mu * waits) ** 2 / waits).sum()) / (n - 1))
        drift = _tabulated(lambda u: mu + sigma / math.sqrt(total) * _t(n - 1, u))
        return cls(drift, _root_inverse_chi2(sigma**2, n - 1), sigma, total)

    def start(self, series: _Series) -> Distribution:
        h, last = series.since, float(series.levels[-1])
        if h == 0:
            return constant(last)
        return lognormal(last * math.exp(self.drift.median * h), self.sigma * math.sqrt(h + h**2 / self.total))


@dataclass(frozen=True, slots=True)
class _Regression:
    theta: float
    information: float
    squares: float
    log_volume: float


def _regress(logs: Array, waits: Array, half_life: float) -> _Regression:
    speed = math.log(2.0) / half_life
    kept = np.exp(-speed * waits)
    variance = -np.expm1(-2.0 * speed * waits) / (2.0 * speed)
    information = float(((1.0 - kept) ** 2 / variance).sum())
    moved = logs[1:] - kept * logs[:-1]
    theta = float(((1.0 - kept) * moved / variance).sum()) / information
    squares = float(((moved - theta * (1.0 - kept)) ** 2 / variance).sum())
    return _Regression(theta, information, squares, -0.5 * float(np.log(variance).sum()))


def _weigh(estimate: float, error: float, prior: float, prior_sd: float) -> tuple[float, float]:
    """The mean and deviation of a normal posterior."""
    if prior_sd == 0 or error == 0:
        return (prior, 0.0) if prior_sd == 0 else (estimate, 0.0)
    weight = prior_sd**2 / (prior_sd**2 + error**2)
    return weight * estimate + (1.0 - weight) * prior, math.sqrt(weight) * error


def _ahead(level: float, variance: float, mean: float, resting: float, kept: float) -> tuple[float, float]:
    """Mean and variance of an AR(1) once `kept` of its distance from `mean` is left; `resting` its own variance."""
    return mean + kept * (level - mean), max(kept**2 * variance + (1.0 - kept**2) * resting, 0.0)


def _root_inverse_chi2(variance: float, degrees: int) -> Distribution:
    """The deviation whose square is scaled inverse chi-square: degrees x variance / χ²(degrees)."""

    def quantiles(u: Array) -> Array:
        from scipy import special

        return np.asarray(np.sqrt(degrees * variance / special.chdtri(degrees, u)))  # chdtri takes the upper tail

    return _tabulated(quantiles)


def _t(degrees: int, u: Array) -> Array:
    from scipy import special

    return np.asarray(special.stdtrit(degrees, u))


def _tabulated(quantiles: Callable[[Array], Array]) -> Distribution:
    """A quantile function as an empirical distribution: on a grid of even levels, its two ends drawn in to 0.001."""
    return empirical(quantiles(np.clip(np.linspace(0.0, 1.0, GRID), 0.001, 0.999)).tolist())
