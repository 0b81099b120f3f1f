"""From parameters to a predictive distribution, and to the chance that a flow reaches a target in time.

At h years ln F_{t+h} = ln F_t + b_h' x + s_h Z_h + h drift + W_h; numbers for horizons between those that were
estimated are interpolated. Z_h and W_h follow their tables of quantiles, read at g_h and v_h, two Gaussian paths with
corr(g_h, g_k) = (h / k)^κ: stationary in log time, so that g_{h+1} = ρ g_h + (1 − ρ²)^½ new, ρ = (h / (h + 1))^κ.
Paths are the same for every question: a Latin hypercube of `POINTS` (McKay, Beckman and Conover 1979) with a fixed key,
so that a chance is a share of points, at most some 0.01 off. Beyond the tables' last level, 0.1 %, tails go on as those
of Student's t with four degrees of freedom.

The origin is the base year, or the last year of the history where that is later: the base then moves with the history's
growth, and years in between count as reached where the history says so. A history that ends before the base year tells
only how restless the pair was: a base of other statistics cannot be set against its last figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from tumen.trade._forecast_features import FEATURES, features
from tumen.trade._forecast_parameters import SETS, TABLED, Parameters, shipped, vintage
from tumen.trade._known import Known

__all__ = ["MOST_YEARS", "Asked", "Predicted", "asked", "paths", "predict", "simulate"]

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

POINTS, _KEY = 4096, 20140506
MOST_YEARS = 20
_BATCH = 128  # questions at a time
_LOG_LIMIT = 600.0
_TAIL = 0.25  # of Student's t with four degrees of freedom: quantiles grow as (1 / tail)^(1/4)
_BASES = (500.0, 500_000.0)  # MUSD: the bases of the announced targets that the forecast was tested on
_GROWTH, _LONGEST = 0.7, 12  # log growth needed a year, and years, of nearly all of them


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """Questions as the model sees them: arrays (n,), features (feature, n).

    origin: the year that is built on. base: the flow there, MUSD. years: from there to the last, at most 20. passed:
    the greatest flow in years after the base that the history has. vintage: whose parameters. which: the set.
    """

    origin: IntArray
    base: Array
    years: IntArray
    passed: Array
    x: Array
    which: tuple[str, ...]
    vintage: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Predicted:
    """The answer to n questions; arrays (n,). `quantiles` are of the flow in the last year, MUSD."""

    reached: Array
    in_year: Array
    extrapolated: BoolArray
    tabled: Array

    def quantiles(self, level: float) -> Array:
        """The quantile of the flow in the last year, MUSD (n,). Raises ValueError for a level out of (0, 1)."""
        if not 0 < level < 1:
            raise ValueError(f"the level is {level}; expected a number between 0 and 1")
        levels = np.array(TABLED)
        high = np.clip(np.searchsorted(levels, level), 1, len(levels) - 1)
        share = np.clip((level - levels[high - 1]) / (levels[high] - levels[high - 1]), 0.0, 1.0)
        logs = np.log(self.tabled)
        return np.asarray(np.exp((1 - share) * logs[:, high - 1] + share * logs[:, high]))


def predict(known: Known, target: Array, by: IntArray, parameters: tuple[Parameters, ...] | None = None) -> Predicted:
    """The chance that each flow reaches its target, in MUSD, in any year up to `by`, and the range of the flow then.

    parameters: by vintage, oldest first; default those that come with the package. A question about more than 20 years
    is answered for 20 and marked as extrapolated.
    """
    taught = shipped() if parameters is None else parameters
    questions = asked(known, by, taught)
    n = len(questions.base)
    reached, in_year, tabled = np.zeros(n), np.zeros(n), np.zeros((n, len(TABLED)))
    log_ratio = np.log(target) - np.log(questions.base)
    keys = [(v, w, int(h)) for v, w, h in zip(questions.vintage, questions.which, questions.years, strict=True)]
    for key, rows in sorted(_places(keys).items()):
        own, years = taught[key[0]], key[2]
        for start in range(0, len(rows), _BATCH):
            some = rows[start : start + _BATCH]
            if years == 0:
                continue
            flows = paths(own, key[1], questions.x[:, some], years)
            hit = flows >= log_ratio[some, None, None]
            reached[some], in_year[some] = hit.any(axis=2).mean(axis=1), hit[:, :, -1].mean(axis=1)
            logs = np.quantile(flows[:, :, -1], TABLED, axis=1).T + np.log(questions.base[some])[:, None]
            tabled[some] = np.exp(np.clip(logs, -_LOG_LIMIT, _LOG_LIMIT))
    now = questions.years == 0  # the history already tells of the last year
    tabled[now], in_year[now] = questions.base[now, None], (log_ratio[now] <= 0).astype(np.float64)
    reached[now] = in_year[now]
    reached[questions.passed >= target] = 1.0
    needed = np.log(target / known.base) / np.maximum(by - known.base_year, 1)
    outside = (known.base < _BASES[0]) | (known.base > _BASES[1]) | (needed > _GROWTH)
    return Predicted(reached, in_year, outside | (by - known.base_year > _LONGEST), tabled)


def _places(keys: list[tuple[int, str, int]]) -> dict[tuple[int, str, int], IntArray]:
    found: dict[tuple[int, str, int], list[int]] = {}
    for i, key in enumerate(keys):
        found.setdefault(key, []).append(i)
    return {key: np.array(rows, dtype=np.int64) for key, rows in found.items()}


def asked(known: Known, by: IntArray, parameters: tuple[Parameters, ...]) -> Asked:
    """The questions as the model sees them."""
    years = np.array(known.years)
    there = np.isfinite(known.flows)
    last = np.where(there.any(axis=1), there.shape[1] - 1 - there[:, ::-1].argmax(axis=1), -1)
    rows, base_column = np.arange(len(last)), known.base_year - years[0]
    at_base = known.flows[rows, np.clip(base_column, 0, len(years) - 1)]
    later = (last > base_column) & np.isfinite(at_base)
    growth = np.where(later, known.flows[rows, last] / np.where(later, at_base, 1.0), 1.0)
    scaled = known.base[:, None] * known.flows / np.where(later, at_base, np.nan)[:, None]
    after = (np.arange(len(years)) > base_column[:, None]) & (years <= by[:, None]) & there
    passed = np.where(after & later[:, None], np.nan_to_num(scaled), 0.0).max(axis=1)
    origin = np.where(later, np.minimum(years[last], by), known.base_year)
    base = known.base * np.where(later, np.where(years[last] <= by, growth, _ratio_in(known, by, at_base)), 1.0)
    x = features(known.flows, known.gap, known.years)[:, rows, last]
    fresh = (last >= 0) & (years[last] >= known.base_year)
    x = np.where(fresh | (np.array(FEATURES) == "restless")[:, None], x, np.nan)
    x[:, last < 0] = np.nan
    x[FEATURES.index("size")] = features(base[:, None], np.full((len(base), 1), np.nan), (2000,))[0, :, 0]
    x[FEATURES.index("size")] -= 0.03 * (origin - 2000)
    which = tuple(_best(column) for column in x.T)
    oldest = [vintage(parameters, int(a)) for a in known.announced]
    years_to_go = np.clip(by - origin, 0, MOST_YEARS)
    return Asked(origin, base, years_to_go, passed, x, which, np.array(oldest, dtype=np.int64))


def _ratio_in(known: Known, by: IntArray, at_base: Array) -> Array:
    column = np.clip(by - known.years[0], 0, len(known.years) - 1)
    found = known.flows[np.arange(len(by)), column] / np.where(np.isfinite(at_base), at_base, 1.0)
    return np.where(np.isfinite(found), found, 1.0)


def _best(x: Array) -> str:
    """The richest set of features that are known."""
    for name in ("world", "own"):
        if all(np.isfinite(x[FEATURES.index(f)]) for f in SETS[name][0]):
            return name
    return "base"


def paths(own: Parameters, which: str, x: Array, years: int, normals: tuple[Array, Array] | None = None) -> Array:
    """Log change since the origin, (n, point, year) for one to `years` years; x (feature, n), NaN where not known.

    normals: of the pair and in common, (point, year) each; default the fixed points.
    """
    held = np.clip(np.where(np.isfinite(x), x, own.centre[:, None]), own.low[:, None], own.high[:, None])
    away = held - own.centre[:, None]
    location, scale = location_scale(own, which, away, years)
    luck, common = _luck(own, which, years, normals or _points(years))
    return np.asarray(location[:, None, :] + scale[:, None, :] * luck + common)


def simulate(known: Known, pair: Array, common: Array, parameters: tuple[Parameters, ...] | None = None) -> Array:
    """The log change of one flow since its base, (draw, year), from the caller's standard normals (draw, year).

    known: one question. pair, common: the luck of the pair, and what happens to all. Beyond 20 years the drift and the
    luck of the last go on. Raises ValueError where shapes do not fit.
    """
    if pair.shape != common.shape or pair.ndim != 2 or len(known.base) != 1:
        raise ValueError(
            f"normals of shapes {pair.shape} and {common.shape}, {len(known.base)} questions; expected one "
            "question, and twice (draw, year)"
        )
    taught = shipped() if parameters is None else parameters
    years = min(pair.shape[1], MOST_YEARS)
    question = asked(known, known.base_year + years, taught)
    own, which = taught[int(question.vintage[0])], question.which[0]
    drawn = paths(own, which, question.x, years, (pair[:, :years], common[:, :years]))[0]
    later = own.drift * np.arange(1, pair.shape[1] - years + 1)
    return np.concatenate([drawn, drawn[:, -1:] + later], axis=1)


def location_scale(own: Parameters, which: str, away: Array, years: int) -> tuple[Array, Array]:
    """Location without what is common, and scale, (n, year); away: features less their centre."""
    rows = own.sets[which]
    places = [[FEATURES.index(f) for f in names] for names in SETS[which]]
    location = np.stack([h.location[0] + h.location[1:] @ away[places[0]] for h in rows], axis=1)
    log_scale = np.stack([h.log_scale[0] + h.log_scale[1:] @ away[places[1]] for h in rows], axis=1)
    weights = _between(tuple(h.years for h in rows), years)
    return location @ weights, np.exp(log_scale @ weights)


@cache
def _between(horizons: tuple[int, ...], years: int) -> Array:
    """Weights (horizon, year) that interpolate what was estimated at some horizons; beyond the last it stays."""
    unit = np.eye(len(horizons))
    return np.stack([np.interp(np.arange(1, years + 1), horizons, row) for row in unit])


def _luck(own: Parameters, which: str, years: int, normals: tuple[Array, Array]) -> tuple[Array, Array]:
    """A pair's luck Z (point, year), and what happens to all, h drift + W_h."""
    rows = own.sets[which]
    weights = _between(tuple(h.years for h in rows), years)
    pair, world = normals
    residual = np.stack([h.residual for h in rows], axis=1) @ weights
    shocks = own.shocks.T @ weights
    luck, common = (_read(table, _gaussian(z, kappa)) for table, z, kappa in (
        (residual, pair, own.lasting), (shocks, world, own.lasting_common)
    ))  # fmt: skip
    return luck, common + own.drift * np.arange(1, years + 1)


@cache
def _points(years: int) -> tuple[Array, Array]:
    """Standard normals, (point, year) for the pair and for what is common."""
    from scipy.special import ndtri

    strata = ndtri((np.arange(POINTS) + 0.5) / POINTS)
    shuffle = np.random.Generator(np.random.Philox(key=_KEY))
    z = np.stack([shuffle.permutation(strata) for _ in range(2 * MOST_YEARS)], axis=1)
    return z[:, 0 : 2 * years : 2], z[:, 1 : 2 * years : 2]


def _gaussian(new: Array, kappa: float) -> Array:
    """The Gaussian path with corr(g_h, g_k) = (h / k)^κ from independent normals, (point, year)."""
    path = np.empty_like(new)
    path[:, 0] = new[:, 0]
    for h in range(1, new.shape[1]):
        rho = (h / (h + 1)) ** kappa
        path[:, h] = rho * path[:, h - 1] + np.sqrt(1 - rho * rho) * new[:, h]
    return path


def _read(table: Array, normal: Array) -> Array:
    """Quantiles (level, year) read at standard normals (point, year); beyond the table with the tail of t."""
    from scipy.special import ndtr

    levels = np.array(TABLED)
    u = np.clip(ndtr(normal), 1e-9, 1 - 1e-9)
    found = np.stack([np.interp(u[:, h], levels, table[:, h]) for h in range(table.shape[1])], axis=1)
    middle = table[len(levels) // 2]
    below, above = np.minimum(u / levels[0], 1.0), np.minimum((1 - u) / (1 - levels[-1]), 1.0)
    found = np.where(below < 1, middle + (table[0] - middle) * below**-_TAIL, found)
    return np.where(above < 1, middle + (table[-1] - middle) * above**-_TAIL, found)
