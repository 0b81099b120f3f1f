"""The predictive distribution of a bilateral flow by year, from its own history and the growth of the two economies.

The log of the latent flow grows with the two economies, and deviates from that by a drift that fades and by
heavy-tailed yearly innovations; several statistics show it, each with a lasting offset and yearly noise (the equations
stand in `_gaussian.py`, the numbers in `_panel.py`). Beside them

    e[t] ~ Student t with the panel's degrees of freedom, scaled to unit variance
    log s ~ N(log volatility, volatility_spread^2), s the volatility of this pair

so that drift is shrunk to the growth that the economies imply, and volatility to the panel's. Given s, level, drift,
offsets and the past are jointly Gaussian and are conditioned exactly; the posterior of s comes from the marginal
likelihood on a grid. The fit takes innovations as Gaussian; the prediction draws them with their heavy tails. Such a
likelihood makes too much of what a short history with heavy tails shows of its volatility, so it counts for s by the
share `evidence` only (a tempered posterior: Grünwald 2012), measured so that intervals are right as often for calm
pairs as for restless ones. Uncertainty of s, level, drift and offsets is carried in full: each is drawn from the
posterior, and the caller holds the scores.

With one statistics only, its offset cannot be told from the level: the offset keeps its prior, and level and offset are
drawn with the opposite signs that the sum demands. The latent flow is then as uncertain as the offset; what the
statistics will report is not. A shock that all statistics share in one year, such as a single aircraft, counts as noise
of each. The form follows the local level model (Harvey 1989) with unit gravity elasticities (Anderson and van Wincoop
2003: X_ab = Y_a Y_b / Y_world times barriers).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from tumen.errors import unknown_name
from tumen.trade._gaussian import Array, Design, condition, semidefinite_factor
from tumen.trade._panel import PANEL, PanelPrior

__all__ = ["History", "PairPath", "PathDraws", "fit", "growth_needed"]

_NODES, _REACH = 61, 5.0
_LEVELS = np.arange(1, 200) / 200
_LOG_LIMIT = 600.0  # far beyond any economy; it keeps exp() of a wild draw finite


@dataclass(frozen=True, slots=True)
class History:
    """Published two-way flows of one pair, one row for each year and statistics, in any order.

    years: calendar years. values: millions of one nominal currency, above 0. statistics: whose figure it is, such as
    "kotra" or "russian-customs". spread: standard deviation of the log error that the source's own low-high range
    implies, 0 where it gives none. Raises ValueError that lists everything wrong.
    """

    years: tuple[int, ...]
    values: tuple[float, ...]
    statistics: tuple[str, ...]
    spread: tuple[float, ...]

    def __post_init__(self) -> None:
        sizes = {name: len(getattr(self, name)) for name in ("years", "values", "statistics", "spread")}
        if len(set(sizes.values())) > 1:
            shown = ", ".join(f"{size} {name}" for name, size in sizes.items())
            raise ValueError(f"history: {shown}; expected one of each for every row")
        if not self.years:
            raise ValueError("history: there is no row; expected at least one published figure of the pair's trade")
        wrong, seen = [], set()
        for year, value, source, spread in zip(self.years, self.values, self.statistics, self.spread, strict=True):
            where = f"history: {year}, {source}"
            if isinstance(year, bool) or not isinstance(year, int | np.integer):
                wrong.append(f"{where}: the year is {year!r}; expected a whole number")
            if not (math.isfinite(value) and value > 0):
                need = "expected a finite amount above 0; leave an unknown year out"
                wrong.append(f"{where}: the value is {value}; {need}")
            if not (math.isfinite(spread) and spread >= 0):
                wrong.append(f"{where}: the spread is {spread}; expected a finite number of at least 0")
            if (year, source) in seen:
                wrong.append(f"{where}: there are two figures; keep one, with a spread that spans both")
            seen.add((year, source))
        if wrong:
            raise ValueError("\n".join(wrong))


@dataclass(frozen=True, slots=True, eq=False)
class PathDraws:
    """A path in every draw, in the currency of the history, nominal.

    flow: the latent two-way flow (draw, year). reported: by statistics, what it would report, flow x exp(offset +
    noise), (draw, year). In years of the history the flow is drawn from its posterior, and what was published stands.
    """

    years: tuple[int, ...]
    flow: Array
    reported: Mapping[str, Array]


@dataclass(frozen=True, slots=True, eq=False)
class PairPath:
    """A fitted path: the posterior of volatility, level, drift, offsets and past flows. Made by `fit`.

    statistics: the names in the order of the offsets. volatility_quantiles: quantiles 1/200 ... 199/200 of the
    posterior of the yearly standard deviation of log growth, so that a caller can draw it as an assumption of its own.
    log_volatility (grid) even steps; means (grid, state) and factors (grid, state, state) of the Gaussian posterior
    there, the state being (log flow of last_year, drift, an offset for each statistics, log flows backwards to
    first_year).
    """

    first_year: int
    last_year: int
    statistics: tuple[str, ...]
    volatility_quantiles: tuple[float, ...]
    history: History
    prior: PanelPrior
    log_volatility: Array = field(repr=False)
    means: Array = field(repr=False)
    factors: Array = field(repr=False)

    def simulate(
        self,
        *,
        volatility: npt.ArrayLike,
        drift_score: npt.ArrayLike,
        level_score: npt.ArrayLike,
        offset_scores: Mapping[str, npt.ArrayLike],
        shocks: npt.ArrayLike,
        joint_growth: npt.ArrayLike,
        years: tuple[int, ...],
        report_noise: npt.ArrayLike,
        extra_growth: npt.ArrayLike = 0.0,
    ) -> PathDraws:
        """The flow by year and what each statistics would report of it, in every draw.

        volatility (draw,): drawn from its posterior, a fraction a year. drift_score, level_score, and one of
        offset_scores for each statistics (draw,): standard normals. A statistics without a row in the history may be
        added: its offset has the prior. shocks (2, draw, year): standard normals, the first made the heavy-tailed
        innovations of years to come and the uncertainty of years past, the second the renewal of the drift.
        joint_growth (draw, year): log growth that the two economies imply; read after last_year only. years:
        consecutive, from a year between first_year and last_year + 1 to last_year or later. report_noise: standard
        normals, (draw, year) for all statistics or (statistics, draw, year) in the order of `statistics`.
        extra_growth: further log growth a year after last_year, a number, (draw,) or (draw, year).

        Raises ValueError for a shape or a year that does not fit, UnknownName where a statistics has no score.
        """
        scale = np.asarray(volatility, dtype=np.float64)
        draws = _Draws(self, scale, years)
        state, offset_of = self._state(draws, level_score, drift_score, offset_scores, shocks)
        growth, noise = draws.check("joint_growth", joint_growth), self._noise(draws, report_noise, offset_of)
        log_flow = np.empty((len(scale), len(years)))
        past = sum(year <= self.last_year for year in years)
        first_past = 2 + len(self.statistics)
        for column in range(past):  # years of the history
            back = self.last_year - years[column]
            log_flow[:, column] = state[:, first_past + back - 1] if back else state[:, 0]
        if past < len(years):
            steps = self._steps(draws, state[:, 1], draws.shocks(shocks)[:, :, past:])
            steps += self.prior.implied(growth[:, past:]) + draws.extra(extra_growth)[:, past:]
            log_flow[:, past:] = state[:, :1] + np.cumsum(steps, axis=1)
        reported = {
            name: self._reported(name, log_flow, offset, noise[name], years) for name, offset in offset_of.items()
        }
        return PathDraws(tuple(years), _frozen(_exp(log_flow)), reported)

    def _state(
        self,
        draws: _Draws,
        level_score: npt.ArrayLike,
        drift_score: npt.ArrayLike,
        offset_scores: Mapping[str, npt.ArrayLike],
        shocks: npt.ArrayLike,
    ) -> tuple[Array, dict[str, Array]]:
        """The drawn posterior state (draw, state), as far back as `years` go, and the offset by statistics (draw,)."""
        for name in self.statistics:
            if name not in offset_scores:
                raise unknown_name("offset score of the statistics", name, offset_scores)
        scores = {name: draws.check(f"offset_scores[{name!r}]", item, "draw") for name, item in offset_scores.items()}
        columns = [draws.check("level_score", level_score, "draw"), draws.check("drift_score", drift_score, "draw")]
        columns += [scores[name] for name in self.statistics]
        normals = draws.shocks(shocks)[0]
        past = [column for column, year in enumerate(draws.years) if year < self.last_year]
        columns += [normals[:, column] for column in reversed(past)]
        score = np.stack(columns, axis=1)
        size = score.shape[1]

        at = (np.log(draws.volatility) - self.log_volatility[0]) / (self.log_volatility[1] - self.log_volatility[0])
        at = np.clip(at, 0.0, len(self.log_volatility) - 1.0)
        low = np.minimum(at.astype(np.intp), len(self.log_volatility) - 2)
        share = (at - low)[:, None]
        means, factors = self.means[:, :size], self.factors[:, :size, :size]
        state = (1 - share) * _at(means, factors, low, score) + share * _at(means, factors, low + 1, score)
        offsets = {name: self.prior.offset_spread * item for name, item in scores.items()}
        offsets |= {name: state[:, 2 + j] for j, name in enumerate(self.statistics)}
        return state, offsets

    def _steps(self, draws: _Draws, drift: Array, shocks: Array) -> Array:
        """Growth beyond that of the two economies, (draw, year to come)."""
        steps = draws.volatility[:, None] * _student(shocks[0], self.prior.degrees_of_freedom)
        keep = self.prior.drift_persistence
        renewal = math.sqrt(1.0 - keep**2) * self.prior.drift_spread
        for column in range(steps.shape[1]):
            drift = keep * drift + renewal * shocks[1][:, column]
            steps[:, column] += drift
        return steps

    def _noise(self, draws: _Draws, report_noise: npt.ArrayLike, names: Mapping[str, Array]) -> dict[str, Array]:
        """Log noise of each statistics (draw, year); it scales with the volatility, as in the panel."""
        noise = np.asarray(report_noise, dtype=np.float64)
        size = (self.prior.noise / self.prior.volatility) * draws.volatility[:, None]
        if noise.ndim == 2:
            common = size * draws.check("report_noise", noise)
            return dict.fromkeys(names, common)
        order = [*self.statistics, *(name for name in names if name not in self.statistics)]
        expected = (len(order), len(draws.volatility), len(draws.years))
        if noise.shape != expected:
            raise ValueError(
                f"report_noise has the shape {noise.shape}; expected (draw, year) = {expected[1:]}, or {expected} with "
                f"the statistics {', '.join(order)} first"
            )
        _finite("report_noise", noise)
        return {name: size * noise[j] for j, name in enumerate(order)}

    def _reported(self, name: str, log_flow: Array, offset: Array, noise: Array, years: tuple[int, ...]) -> Array:
        values = _exp(log_flow + offset[:, None] + noise)
        rows = zip(self.history.years, self.history.statistics, self.history.values, strict=True)
        published = {year: value for year, source, value in rows if source == name}
        for column, year in enumerate(years):
            if year in published:
                values[:, column] = published[year]
        return _frozen(values)


class _Draws:
    """The number of draws and the years of one simulation, and checks of arrays against them."""

    __slots__ = ("path", "volatility", "years")

    def __init__(self, path: PairPath, volatility: Array, years: tuple[int, ...]) -> None:
        if volatility.ndim != 1 or not volatility.size:
            raise ValueError(f"volatility has the shape {volatility.shape}; expected one value a draw, (draw,)")
        if not (np.isfinite(volatility) & (volatility > 0)).all():
            raise ValueError("volatility: a draw is not a finite number above 0; draw from `volatility_quantiles`")
        first, last = path.first_year, path.last_year
        if not years or any(after - before != 1 for before, after in pairwise(years)):
            raise ValueError(f"years are {years}; expected consecutive years, at least one")
        if not first <= years[0] <= last + 1 or years[-1] < last:
            raise ValueError(
                f"years run from {years[0]} to {years[-1]}; expected a start between {first} (the first year of the "
                f"history) and {last + 1} (the year after its last), and an end in {last} or later"
            )
        self.path, self.volatility, self.years = path, volatility, years

    def check(self, name: str, values: npt.ArrayLike, form: str = "draw, year") -> Array:
        array = np.asarray(values, dtype=np.float64)
        shape = (len(self.volatility), len(self.years)) if form == "draw, year" else (len(self.volatility),)
        if array.shape != shape:
            raise ValueError(f"{name} has the shape {array.shape}; expected ({form}) = {shape}")
        return _finite(name, array)

    def shocks(self, values: npt.ArrayLike) -> Array:
        array = np.asarray(values, dtype=np.float64)
        shape = (2, len(self.volatility), len(self.years))
        if array.shape != shape:
            raise ValueError(f"shocks has the shape {array.shape}; expected (2, draw, year) = {shape}")
        return _finite("shocks", array)

    def extra(self, values: npt.ArrayLike) -> Array:
        array = np.asarray(values, dtype=np.float64)
        draws, shape = len(self.volatility), (len(self.volatility), len(self.years))
        if array.shape not in {(), (draws,), shape}:
            raise ValueError(f"extra_growth has the shape {array.shape}; expected a number, ({draws},) or {shape}")
        _finite("extra_growth", array)
        return np.broadcast_to(array[:, None] if array.ndim == 1 else array, shape)


def fit(history: History, joint_growth: Mapping[int, float], prior: PanelPrior = PANEL) -> PairPath:
    """The path of a pair, from what was published and the growth of its two economies.

    joint_growth[t] is the log growth of the pair's trade from t - 1 to t that the two economies' growth implies, g_a +
    g_b - g_world, for each year after the first of the history and up to its last; further years are ignored. Raises
    ValueError for a year without a finite figure.
    """
    first, last = int(min(history.years)), int(max(history.years))
    missing = [year for year in range(first + 1, last + 1) if not math.isfinite(joint_growth.get(year, math.nan))]
    if missing:
        raise ValueError(
            f"joint_growth: there is no finite figure for {', '.join(map(str, missing))}; expected one for each year "
            f"from {first + 1} to {last}, since the history runs from {first} to {last}"
        )
    statistics = _ordered(history)
    order = sorted(range(len(history.years)), key=lambda k: (history.years[k], statistics.index(history.statistics[k])))
    design = Design(
        log_values=np.log([float(history.values[k]) for k in order]),
        spread=np.array([float(history.spread[k]) for k in order]),
        year=np.array([history.years[k] - first for k in order], dtype=np.intp),
        source=np.array([statistics.index(history.statistics[k]) for k in order], dtype=np.intp),
        growth=prior.implied(np.array([float(joint_growth[year]) for year in range(first + 1, last + 1)])),
        sources=len(statistics),
    )
    grid, log_posterior, means, covariances = _posterior(design, prior)
    return PairPath(
        first_year=first,
        last_year=last,
        statistics=statistics,
        volatility_quantiles=_quantiles(grid, log_posterior),
        history=history,
        prior=prior,
        log_volatility=_frozen(grid),
        means=_frozen(means),
        factors=_frozen(semidefinite_factor(covariances)),
    )


def growth_needed(base: npt.ArrayLike, target: float, years: int) -> Array | float:
    """The yearly growth that takes `base` to `target` in so many years, as a fraction: (target / base)^(1 / years) - 1.

    Raises ValueError for a base or target that is not above 0, or fewer than one year.

    >>> round(float(growth_needed(112.7, 1000.0, 7)), 3)
    0.366
    """
    start = np.asarray(base, dtype=np.float64)
    if not (np.isfinite(start).all() and (start > 0).all()):
        raise ValueError(f"growth_needed: the base is {start}; expected finite amounts above 0")
    if not (math.isfinite(target) and target > 0):
        raise ValueError(f"growth_needed: the target is {target}; expected a finite amount above 0")
    if years < 1:
        raise ValueError(f"growth_needed: years is {years}; expected at least 1, from the base to the target")
    growth: Array = np.expm1((math.log(target) - np.log(start)) / years)
    return growth if start.ndim else float(growth)


def _ordered(history: History) -> tuple[str, ...]:
    """The statistics in an order that depends on what they report, not on their names or the order of the rows."""
    rows: dict[str, list[tuple[int, float, float]]] = {}
    for year, value, source, spread in zip(
        history.years, history.values, history.statistics, history.spread, strict=True
    ):
        rows.setdefault(source, []).append((year, value, spread))
    return tuple(sorted(rows, key=lambda name: (-len(rows[name]), sorted(rows[name]), name)))


def _posterior(design: Design, prior: PanelPrior) -> tuple[Array, Array, Array, Array]:
    """Grid of log volatility, log posterior there, and the Gaussian posterior given each: a wide pass, then a close."""
    centre, spread = math.log(prior.volatility), max(prior.volatility_spread, 1e-6)
    low, high = -_REACH, _REACH
    for close in (False, True):
        at = np.linspace(low, high, _NODES)
        grid = centre + spread * at
        likelihood, means, covariances = condition(design, prior, np.exp(grid))
        log_posterior = prior.evidence * likelihood - 0.5 * np.square(at)
        if not close:
            held = np.flatnonzero(log_posterior > log_posterior.max() - 18.0)
            low, high = at[max(held[0] - 1, 0)], at[min(held[-1] + 1, _NODES - 1)]
    return grid, log_posterior, means, covariances


def _quantiles(grid: Array, log_posterior: Array) -> tuple[float, ...]:
    fine = np.linspace(grid[0], grid[-1], 20 * _NODES)
    density = np.exp(np.interp(fine, grid, log_posterior) - log_posterior.max())
    cumulated = np.concatenate([[0.0], np.cumsum(0.5 * (density[1:] + density[:-1]))])
    return tuple(np.exp(np.interp(_LEVELS, cumulated / cumulated[-1], fine)).tolist())


def _finite(name: str, array: Array) -> Array:
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: a value is not finite; expected finite numbers")
    return array


def _at(means: Array, factors: Array, node: npt.NDArray[np.intp], score: Array) -> Array:
    moved: Array = means[node] + np.einsum("dij,dj->di", factors[node], score)
    return moved


def _student(normals: Array, degrees_of_freedom: float) -> Array:
    """Standard normals turned, quantile by quantile, into Student t of unit variance."""
    from scipy.special import ndtr, stdtrit

    unit = math.sqrt((degrees_of_freedom - 2) / degrees_of_freedom)
    tail = np.asarray(stdtrit(degrees_of_freedom, ndtr(-np.abs(normals))), dtype=np.float64)
    return -np.sign(normals) * unit * tail


def _exp(log_values: Array) -> Array:
    values: Array = np.exp(np.clip(log_values, -_LOG_LIMIT, _LOG_LIMIT))
    return values


def _frozen(values: Array) -> Array:
    values.setflags(write=False)
    return values
