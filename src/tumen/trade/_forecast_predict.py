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

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt

from tumen.trade._forecast_features import FEATURES, features, size
from tumen.trade._forecast_parameters import SETS, TABLED, Horizon, Parameters, shipped, vintage
from tumen.trade._known import Known

__all__ = ["MOST_YEARS", "Asked", "Predicted", "asked", "changes", "predict", "quantiles", "simulate"]

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

POINTS, _KEY = 4096, 20140506
MOST_YEARS = 20
_BATCH = 32  # questions at a time, so that their points stay in the processor's cache
_LOG_LIMIT = 600.0
_TAIL = 0.25  # of Student's t with four degrees of freedom: quantiles grow as (1 / tail)^(1/4)
_BASES = (500.0, 500_000.0)  # MUSD: the bases of the announced targets that the forecast was tested on
_GROWTH, _LONGEST = 0.7, 12  # log growth needed a year, and years, of nearly all of them


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """Questions as the model sees them: arrays (n,), features (feature, n).

    origin: the year that is built on. log_base: log of the flow there, MUSD. years: from there to the last, at most 20.
    log_passed: log of the greatest flow in years after the base that the history has, −inf where it has none. vintage:
    whose parameters. which: the set of features.
    """

    origin: IntArray
    log_base: Array
    years: IntArray
    log_passed: Array
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
    n = len(questions.log_base)
    reached, in_year, log_tabled = np.zeros(n), np.zeros(n), np.repeat(questions.log_base[:, None], len(TABLED), axis=1)
    needed = np.log(target) - questions.log_base
    keys = [(v, w, int(h)) for v, w, h in zip(questions.vintage, questions.which, questions.years, strict=True)]
    for (v, which, years), rows in sorted(_places(keys).items()):
        for some in np.split(rows, range(_BATCH, len(rows), _BATCH)):
            if years == 0:  # the history already tells of the last year
                reached[some] = in_year[some] = needed[some] <= 0
                continue
            hit = np.zeros((len(some), POINTS), dtype=np.bool_)
            for change in changes(taught[v], which, questions.x[:, some], years):
                now = change >= needed[some, None]
                hit |= now
            reached[some], in_year[some] = hit.mean(axis=1), now.mean(axis=1)
            log_tabled[some] += quantiles(change, TABLED)
    reached[questions.log_passed >= np.log(target)] = 1.0
    ahead = by - known.base_year
    steep = np.log(target) - np.log(known.base) > _GROWTH * np.maximum(ahead, 1)
    outside = (known.base < _BASES[0]) | (known.base > _BASES[1]) | steep | (ahead > _LONGEST)
    return Predicted(reached, in_year, outside, np.exp(np.clip(log_tabled, -_LOG_LIMIT, _LOG_LIMIT)))


def quantiles(drawn: Array, levels: Sequence[float]) -> Array:
    """Quantiles of each row, (n, level); the same as those of numpy, of which all at once take longer."""
    ordered, at = np.sort(drawn, axis=1), np.array(levels) * (drawn.shape[1] - 1)
    low = np.minimum(at.astype(np.int64), drawn.shape[1] - 2)
    share = at - low
    return np.asarray(ordered[:, low] * (1 - share) + ordered[:, low + 1] * share)


def _places(keys: list[tuple[int, str, int]]) -> dict[tuple[int, str, int], IntArray]:
    found: dict[tuple[int, str, int], list[int]] = {}
    for i, key in enumerate(keys):
        found.setdefault(key, []).append(i)
    return {key: np.array(rows, dtype=np.int64) for key, rows in found.items()}


def asked(known: Known, by: IntArray, parameters: tuple[Parameters, ...]) -> Asked:
    """The questions as the model sees them."""
    years, rows = np.array(known.years), np.arange(len(by))
    log_flow = np.log(known.flows)
    there = np.isfinite(log_flow) & (years <= by[:, None])
    last = np.where(there.any(axis=1), there.shape[1] - 1 - there[:, ::-1].argmax(axis=1), -1)
    column = known.base_year - years[0]
    inside = np.clip(column, 0, len(years) - 1)
    has_base = (column == inside) & there[rows, inside]
    later = has_base & (last > column)
    grown = log_flow - np.where(has_base, log_flow[rows, inside], 0.0)[:, None]  # the base moves with the history
    after = there & later[:, None] & (years > known.base_year[:, None])
    log_base = np.log(known.base)
    log_passed = log_base + np.where(after, grown, -np.inf).max(axis=1)
    log_base = log_base + np.where(later, grown[rows, last], 0.0)
    origin = np.where(later, years[last], known.base_year)
    x = features(known.flows, known.gap, known.rise, known.years)[:, rows, last]
    fresh = later | (has_base & (last == column))
    x = np.where(fresh | (np.array(FEATURES) == "restless")[:, None], x, np.nan)
    x[:, last < 0] = np.nan
    x[FEATURES.index("size")] = size(log_base, origin)
    oldest = {year: vintage(parameters, year) for year in set(known.announced.tolist())}
    own = np.array([oldest[year] for year in known.announced.tolist()], dtype=np.int64)
    return Asked(origin, log_base, np.clip(by - origin, 0, MOST_YEARS), log_passed, x, _richest(x), own)


def _richest(x: Array) -> tuple[str, ...]:
    """The richest set of features that are known, (n,)."""
    found = np.full(x.shape[1], "base", dtype=object)
    for name in ("own", "world"):
        found[np.isfinite(x[[FEATURES.index(f) for f in SETS[name][0]]]).all(axis=0)] = name
    return tuple(found.tolist())


def changes(
    own: Parameters, which: str, x: Array, years: int, normals: tuple[Array, Array] | None = None
) -> Iterator[Array]:
    """Log change since the origin, (n, point), after one year, after two, to `years`.

    x: features (feature, n), NaN where not known. normals: of the pair and in common, (point, year) each; default the
    fixed points.
    """
    held = np.clip(np.where(np.isfinite(x), x, own.centre[:, None]), own.low[:, None], own.high[:, None])
    location, scale = location_scale(own, which, held - own.centre[:, None], years)
    luck, common = _fixed(own, which) if normals is None else _luck(own, which, normals)
    for h in range(years):
        change = scale[:, h, None] * luck[h]
        change += common[h]
        change += location[:, h, None]
        yield change


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
    if question.origin[0] != known.base_year[0]:
        raise ValueError(f"the history goes on after the base year {known.base_year[0]}; end it there")
    drawn = np.stack(
        [c[0] for c in changes(own, which, question.x, years, (pair[:, :years], common[:, :years]))], axis=1
    )
    later = own.drift * np.arange(1, pair.shape[1] - years + 1)
    return np.concatenate([drawn, drawn[:, -1:] + later], axis=1)


def location_scale(own: Parameters, which: str, away: Array, years: int) -> tuple[Array, Array]:
    """Location without what is common, and scale, (n, year); away: features less their centre."""
    rows = own.sets[which]
    places = [[FEATURES.index(f) for f in names] for names in SETS[which]]
    location = np.stack([_linear(h.location, away[places[0]]) for h in rows], axis=1)
    log_scale = np.stack([_linear(h.log_scale, away[places[1]]) for h in rows], axis=1)
    return _between(location, rows, years), np.exp(_between(log_scale, rows, years))


def _linear(coefficients: Array, x: Array) -> Array:
    """Constant and slopes at x (feature, n); term by term, since matrix products round by what else is asked."""
    found = np.full(x.shape[1], coefficients[0])
    for slope, row in zip(coefficients[1:], x, strict=True):
        found += slope * row
    return found


def _between(table: Array, rows: tuple[Horizon, ...], years: int) -> Array:
    """By year, (..., year), what was estimated at some horizons, (..., horizon); at either end it stays."""
    horizons = np.array([h.years for h in rows], dtype=np.float64)
    at = np.interp(np.arange(1, years + 1), horizons, np.arange(len(horizons)))
    low = at.astype(np.int64)
    share = at - low
    return np.asarray(table[..., low] * (1 - share) + table[..., np.minimum(low + 1, len(rows) - 1)] * share)


def _luck(own: Parameters, which: str, normals: tuple[Array, Array]) -> tuple[Array, Array]:
    """A pair's luck Z, and what happens to all, h drift + W_h; (year, point) each."""
    rows, years = own.sets[which], normals[0].shape[1]
    residual = _between(np.stack([h.residual for h in rows], axis=1), rows, years)
    shocks = _between(own.shocks.T, rows, years)
    luck = _read(residual, _gaussian(normals[0], own.lasting))
    common = _read(shocks, _gaussian(normals[1], own.lasting_common)) + own.drift * np.arange(1, years + 1)
    return np.ascontiguousarray(luck.T), np.ascontiguousarray(common.T)


@lru_cache(maxsize=32)
def _fixed(own: Parameters, which: str) -> tuple[Array, Array]:
    """The luck at the fixed points, for 20 years, (year, point)."""
    return _luck(own, which, _points())


@cache
def _points() -> tuple[Array, Array]:
    """Standard normals, (point, year) for the pair and for what is common."""
    from scipy.special import ndtri

    strata = ndtri((np.arange(POINTS) + 0.5) / POINTS)
    shuffle = np.random.Generator(np.random.Philox(key=_KEY))
    z = np.stack([shuffle.permutation(strata) for _ in range(2 * MOST_YEARS)], axis=1)
    return z[:, 0::2], z[:, 1::2]


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
