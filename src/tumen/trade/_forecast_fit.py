"""Estimating the forecast from a panel: how log flows change over h years, and how far they stray from that.

For a pair at origin t, with features x (`_forecast_features.py`),

    ln F_{t+h} − ln F_t = W_{t,h} + b_h' x + s Z,    ln s = c_h' x,    Z with a distribution of its own

W is what happened to all: the median change of all pairs of the panel from t to t + h. It is forecast by h times the
median over years of the yearly median change (since 1950; the median, since the inflation of the 1970s would else
decide), with the past deviations from that as its distribution, widened about their median as a Student t predictive
widens a normal: with n the windows of h years that do not overlap, by sqrt(1 + 1/n) and t quantiles with n − 1 degrees
of freedom. b and c are estimated on changes less W by maximum likelihood of Student's t, every pair with the same
weight; the quantiles of the residuals Z replace the t. Location and scale are ridge-penalised at standardised features.
Features are held to their 1st to 99th percentile in the panel, and stand at their median where they are not known.

Three sets of features are estimated, for what may be known: `base` (the size alone), `own` (a pair's history) and
`world` (and its gap to potential, which takes the world's panel). All at horizons of 1 to 20 years; numbers for years
between are interpolated. Stopping rule: L-BFGS with analytic gradients until the projected gradient is below 1e-5.

How luck lasts: with g_h the normal score of Z at h years, corr(g_h, g_k) = (h / k)^κ for h < k, κ by least squares on
the panel's correlations of 1 to 10 years; for W likewise. A random walk has κ = ½.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tumen.errors import CaseError
from tumen.trade._flow_panel import FlowPanel
from tumen.trade._forecast_features import FEATURES, eligible, features
from tumen.trade._forecast_parameters import HORIZONS, SETS, TABLED, VINTAGES, Horizon, Parameters

__all__ = ["Taught", "estimate", "estimate_vintages", "taught_by"]

Array = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

_RIDGE = 1e-3
_CUT = 0.001  # of the changes at either end is held to the rest's, in the likelihood
_FIRST = 1959  # the first origin with ten years behind it
_FEWEST = 10  # figures of a correlation
_NORMAL = 8.0  # log degrees of freedom by which a t is a normal, where more would make no difference
_LEAST_ORIGINS, _LEAST_YEARS = 1000, 30


@dataclass(frozen=True, slots=True, eq=False)
class Taught:
    """What a panel up to `last` teaches, before any fit: arrays (pair, year).

    rows: the origins that teach. x: features (feature, pair, year). log_flow: up to `last`, NaN after.
    common: the world's median change by horizon and origin, {h: (year,)}.
    """

    years: tuple[int, ...]
    last: int
    rows: BoolArray
    x: Array
    log_flow: Array
    common: dict[int, Array]


def taught_by(
    panel: FlowPanel, last: int, pairs: BoolArray | None = None, horizons: tuple[int, ...] = HORIZONS
) -> Taught:
    """What the pairs (default: all) teach up to the year `last`, at these horizons and at one year."""
    columns = panel.years.index(last) + 1
    chosen = np.ones(len(panel.a), dtype=np.bool_) if pairs is None else pairs
    flows, gap, rise = (each[chosen, :columns] for each in (panel.flows, panel.gap, panel.rise))
    years = panel.years[:columns]
    log_flow = np.log(flows)
    rows = eligible(flows) & (np.array(years) >= _FIRST)
    large = np.nan_to_num(flows) >= 10.0
    common = {h: _medians(log_flow, large, h) for h in sorted({1, *horizons}) if h < columns}
    return Taught(years, last, rows, features(flows, gap, rise, years), log_flow, common)


def estimate(
    panel: FlowPanel,
    last: int | None = None,
    pairs: BoolArray | None = None,
    *,
    horizons: tuple[int, ...] = HORIZONS,
    sets: tuple[str, ...] = tuple(SETS),
) -> Parameters:
    """The parameters that a panel up to a year (default: its last) teaches, by some pairs (default: all).

    horizons, sets: what to estimate; fewer take less time. Raises ValueError where the panel is too short or too small
    to teach anything.
    """
    until = last if last is not None else panel.years[-1] if panel.years else 0
    if until not in panel.years:
        span = f"it has {panel.years[0]} to {panel.years[-1]}" if panel.years else "it has no flows"
        raise ValueError(f"the panel has no year {until}; {span}")
    known = taught_by(panel, until, pairs, horizons)
    origins = int(known.rows.sum())
    if origins < _LEAST_ORIGINS or len(known.years) < _LEAST_YEARS:
        raise ValueError(
            f"the panel has {origins:,} origins in {len(known.years)} years; expected at least {_LEAST_ORIGINS:,}, of "
            f"10 MUSD or more with five figures in the ten years before, and {_LEAST_YEARS} years"
        )
    flat = known.x[:, known.rows]
    centre = np.nanmedian(flat, axis=1)
    low, high = np.nanquantile(flat, [0.01, 0.99], axis=1)
    drift = float(np.median(known.common[1][np.isfinite(known.common[1])]))
    by_set: dict[str, list[Horizon]] = {name: [] for name in sets}
    scores: dict[int, Array] = {}
    shocks = []
    for h in horizons:
        if h not in known.common or not np.isfinite(known.common[h]).any():
            break
        found = known.common[h][np.isfinite(known.common[h])] - h * drift
        middle = float(np.median(found))
        shocks.append(middle + (np.quantile(found, TABLED) - middle) * _widened(len(found) / h))
        for name in sets:
            fitted, residual = _fitted(known, h, name, centre, low, high)
            by_set[name].append(fitted)
            if name == sets[-1] and h <= 10:
                scores[h] = residual
    return Parameters(
        last=known.last, drift=drift, shocks=np.array(shocks), centre=centre, low=low, high=high,
        sets={name: tuple(rows) for name, rows in by_set.items()},
        lasting=_lasting(scores), lasting_common=_lasting(known.common),
    )  # fmt: skip


def estimate_vintages(
    panel: FlowPanel, vintages: Sequence[int] | None = None, progress: Callable[[str, int, int], None] | None = None
) -> tuple[Parameters, ...]:
    """The parameters that a panel teaches up to each of several years, oldest first.

    vintages: the last years; default those of the parameters that come with the package, as far as the panel goes and
    is long enough, and its own last year. progress: told what is done, `(what, done, of how many)`. Raises CaseError
    with all years that the panel cannot teach.
    """
    asked = sorted(set(_usual(panel) if vintages is None else vintages))
    found, problems = [], []
    for done, last in enumerate(asked):
        if progress is not None:
            progress("vintages", done, len(asked))
        try:
            found.append(estimate(panel, last))
        except ValueError as error:
            problems.append(f"vintage {last}: {error}")
    if problems or not found:
        raise CaseError(problems or ["there is no vintage to estimate; expected last years, as 2003"])
    return tuple(found)


def _usual(panel: FlowPanel) -> list[int]:
    if not panel.years:
        raise CaseError(["the panel has no two-way flow between countries that are known here"])
    first, last = panel.years[0] + _LEAST_YEARS - 1, panel.years[-1]
    return [*(year for year in VINTAGES if first <= year < last), last]


def _widened(windows: float) -> Array:
    """By how much few windows leave open what is common: a Student t predictive over a normal, by level."""
    from scipy.special import ndtri, stdtrit

    levels = np.array(TABLED)
    z = np.where(levels == 0.5, 1.0, ndtri(levels))
    ratio = np.where(levels == 0.5, 1.0, stdtrit(max(windows - 1, 2.0), levels) / z)
    return np.asarray(math.sqrt(1 + 1 / max(windows, 1.0)) * ratio)


def _medians(log_flow: Array, large: BoolArray, h: int) -> Array:
    """The median change over h years by origin, (year,); NaN where it is not known."""
    found = np.full(log_flow.shape[1], np.nan)
    change = log_flow[:, h:] - log_flow[:, :-h]
    for t in range(change.shape[1]):
        own = change[large[:, t] & np.isfinite(change[:, t]), t]
        if len(own) >= 50:
            found[t] = np.median(own)
    return found


def _fitted(known: Taught, h: int, name: str, centre: Array, low: Array, high: Array) -> tuple[Horizon, Array]:
    """One set of features at one horizon, and the normal scores of the residuals, (pair, year)."""
    change = np.full(known.log_flow.shape, np.nan)
    change[:, :-h] = known.log_flow[:, h:] - known.log_flow[:, :-h] - known.common[h][:-h]
    where, scale = SETS[name]
    rows = known.rows & np.isfinite(change) & np.isfinite(known.x[[FEATURES.index(f) for f in where]]).all(axis=0)
    pair = np.nonzero(rows)[0]
    y, weight = change[rows], 1.0 / np.bincount(pair, minlength=len(rows))[pair]
    x = np.clip(np.where(np.isfinite(known.x), known.x, centre[:, None, None])[:, rows], low[:, None], high[:, None])
    at, spread = (np.stack([x[FEATURES.index(f)] - centre[FEATURES.index(f)] for f in own]) for own in (where, scale))
    location, log_scale = _location_scale(at, spread, y, weight / weight.sum())
    z = (y - location[0] - location[1:] @ at) * np.exp(-log_scale[0] - log_scale[1:] @ spread)
    scores = np.full(change.shape, np.nan)
    scores[rows] = _normal_scores(z)
    return Horizon(h, location, log_scale, np.quantile(z, TABLED)), scores


def _location_scale(at: Array, spread: Array, y: Array, weight: Array) -> tuple[Array, Array]:
    """Coefficients of location and log scale (constant first) of a Student t regression; weights sum to 1."""
    from scipy.optimize import minimize
    from scipy.special import digamma, gammaln

    sizes = [np.where(part.std(axis=1) > 1e-9, part.std(axis=1), 1.0) for part in (at, spread)]
    one = np.ones((1, len(y)))
    x, v = (np.concatenate([one, part / s[:, None]]) for part, s in zip((at, spread), sizes, strict=True))
    p, q = len(x), len(v)
    held = np.clip(y, *np.quantile(y, [_CUT, 1 - _CUT]))

    def loss(theta: Array) -> tuple[float, Array]:
        b, c, extra = theta[:p], theta[p : p + q], float(np.exp(min(theta[-1], _NORMAL)))
        nu = 2.0 + extra
        log_scale = np.clip(c @ v, -6.0, 3.0)
        r = (held - b @ x) * np.exp(-log_scale)
        u = 1.0 + r * r / nu
        constant = gammaln((nu + 1) / 2) - gammaln(nu / 2) - 0.5 * np.log(nu * np.pi)
        log_density = constant - log_scale - (nu + 1) / 2 * np.log(u)
        pull = weight * (nu + 1) * r / (nu * u)
        by_nu = 0.5 * (digamma((nu + 1) / 2) - digamma(nu / 2) - 1 / nu - np.log(u)) + (nu + 1) / 2 * r * r / nu**2 / u
        held_back = np.concatenate([[0.0], b[1:], [0.0], c[1:], [0.0]])
        slope = np.concatenate(
            [
                -(x @ (pull * np.exp(-log_scale))),
                v @ (weight - pull * r),
                [-(weight @ by_nu) * extra * (theta[-1] < _NORMAL)],
            ]
        )
        return float(-(weight @ log_density) + _RIDGE * held_back @ held_back), slope + 2 * _RIDGE * held_back

    start = np.zeros(p + q + 1)
    start[0], start[p], start[-1] = np.median(y), np.log(held.std() + 1e-3) - 0.3, np.log(2.0)
    theta = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 500, "gtol": 1e-5}).x
    location, log_scale = theta[:p].copy(), theta[p : p + q].copy()
    location[1:] /= sizes[0]
    log_scale[1:] /= sizes[1]
    return location, log_scale


def _normal_scores(z: Array) -> Array:
    from scipy.special import ndtri

    ranks = np.empty(len(z))
    ranks[np.argsort(z, kind="stable")] = np.arange(1, len(z) + 1)
    return np.asarray(ndtri((ranks - 0.5) / len(z)))


def _lasting(series: dict[int, Array]) -> float:
    """κ of corr(g_h, g_k) = (h / k)^κ, by least squares through the origin on logs, over horizons of 1 to 10 years.

    A random walk's where there is but one horizon.
    """
    short = [h for h in series if h <= 10]
    top = bottom = 0.0
    for i, h in enumerate(short):
        for k in short[i + 1 :]:
            both = np.isfinite(series[h]) & np.isfinite(series[k])
            if int(both.sum()) < _FEWEST:
                continue
            r = float(np.corrcoef(series[h][both], series[k][both])[0, 1])
            ratio = float(np.log(h / k))
            top += ratio * float(np.log(max(r, 0.01)))
            bottom += ratio * ratio
    return min(max(top / bottom, 0.05), 2.0) if bottom else 0.5
