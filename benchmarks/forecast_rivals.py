"""What the panel model is compared with: forecasters of a two-way flow h years on, from what was known at the origin.

Each is a function `(panel, taught, asked, origin, horizons)` to quantiles (asked, horizon, level) at `LEVELS`, of
log(F[o + h] / F[o]). What is fitted is fitted on the taught pairs, on outcomes up to the origin; of an asked pair only
its own past up to the origin is used. A window is a pair and a year s in which it could have been asked, see
`Past.usable`; those that teach horizon h lie in the `LOOKBACK` years that end at o - h. Forty years did better than 12,
20 or 30 for nearly every rival, as well as all years. Gaps between two figures are interpolated in logs: since a window
begins with a figure, nothing later enters.

Pooled errors are the quantiles of the errors of all windows that teach, each divided by its pair's own volatility,
times the volatility of the pair asked. Own volatility is drawn to the panel's as four years of figures would draw it.
"""

from __future__ import annotations

import functools
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri

try:
    from tumen.trade.forecast import FlowPanel
except ImportError:

    @dataclass(frozen=True, slots=True, eq=False)
    class FlowPanel:  # type: ignore[no-redef]
        """Two-way flows in MUSD (pair, year), NaN where there is none; pair p: countries[a[p]], countries[b[p]]."""

        years: tuple[int, ...]
        countries: tuple[str, ...]
        a: npt.NDArray[np.int64]
        b: npt.NDArray[np.int64]
        flows: npt.NDArray[np.float64]


Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Forecaster = Callable[[FlowPanel, Bools, Ints, int, tuple[int, ...]], Array]

LEVELS: Array = np.array(sorted([*(k / 50 for k in range(1, 50)), 0.05, 0.95]))
NORMAL: Array = ndtri(LEVELS)
LOOKBACK = 40
SMALLEST, FIGURES = 10.0, 5  # MUSD at the origin; figures within the ten years that end there
PRIOR_YEARS = 4.0  # years of growth that the panel's volatility counts for, beside the pair's own
COVARIATES = ("dist", "contig", "comlang_off", "colony", "comcol")


def folder() -> Path:
    root = os.environ.get("TUMEN_SHARED") or str(Path(__file__).parents[2] / "shared")
    return Path(root) / "data" / "world"


@functools.cache
def covariates(countries: tuple[str, ...]) -> Array:
    """Log distance, border, language and colonial ties of two countries, (country, country, covariate); NaN unknown."""
    table = pd.read_parquet(folder() / "gravity_2013.parquet", columns=["exporter", "importer", *COVARIATES])
    table["dist"] = np.log(table["dist"].clip(lower=1.0))
    at = {name: k for k, name in enumerate(countries)}
    table = table[table.exporter.isin(at) & table.importer.isin(at)]
    found = np.full((len(at), len(at), len(COVARIATES)), np.nan)
    found[table.exporter.map(at), table.importer.map(at)] = table[list(COVARIATES)]
    return found


class Past:
    """What an analyst would compute of every pair and year from figures up to that year, all of shape (pair, year)."""

    def __init__(self, panel: FlowPanel, taught: Bools) -> None:
        self.panel, self.taught, self.first = panel, taught, panel.years[0]
        known = ~np.isnan(panel.flows)
        years = np.arange(known.shape[1])
        self.log = np.full(known.shape, np.nan)
        for row, seen, flow in zip(self.log, known, panel.flows, strict=True):
            at = np.flatnonzero(seen)
            if len(at):
                row[at[0] : at[-1] + 1] = np.interp(years[at[0] : at[-1] + 1], at, np.log(flow[at]))
        self.known = known
        self.figures = _trailing(known.astype(float), 10)
        self.usable = known & (self.figures >= FIGURES) & (np.nan_to_num(panel.flows) >= SMALLEST)
        self.age = np.where(known, years - np.argmax(known, axis=1)[:, None], 0)
        self._own_growth()
        self._common_growth()
        self.gap = self._gravity()
        self.joint = {k: self._country_growth(k) for k in (1, 3, 5, 10)}

    def _own_growth(self) -> None:
        """Own mean growth and its variance over the last LOOKBACK years; the variance drawn mildly to the panel's."""
        growth = np.diff(self.log, axis=1, prepend=np.nan)
        # A growth over k years, spread evenly by the interpolation, has k equal steps: their squares sum to d^2 / k.
        there = ~np.isnan(growth)
        years = _trailing(there.astype(float), LOOKBACK)
        steps = _trailing((there & self.known).astype(float), LOOKBACK)
        total, square = (_trailing(np.where(there, g, 0.0), LOOKBACK) for g in (growth, growth**2))
        with np.errstate(invalid="ignore", divide="ignore"):
            self.mean = total / years
            variance = np.maximum(square - total**2 / years, 0.0) / np.maximum(steps - 1, 1)
        self.steps, self.span = steps, years
        typical = np.array([np.median(v[u]) if u.any() else 0.1 for v, u in self._taught_columns(variance)])
        self.variance = (PRIOR_YEARS * typical + steps * np.nan_to_num(variance)) / (PRIOR_YEARS + steps)
        self.volatility = np.sqrt(self.variance)
        between = np.array([np.var(m[u]) if u.any() else 0.0 for m, u in self._taught_columns(self.mean)])
        with np.errstate(divide="ignore"):
            error = self.variance / np.maximum(years, 1)
        within = np.array([np.mean(e[u]) if u.any() else 0.0 for e, u in self._taught_columns(error)])
        centre = np.array([np.mean(m[u]) if u.any() else 0.0 for m, u in self._taught_columns(self.mean)])
        spread = np.maximum(between - within, 1e-6)
        self.drift = centre + spread / (spread + error) * (np.nan_to_num(self.mean) - centre)  # empirical Bayes
        # Own level over the last ten years, against the current one: what a pair may fall back to.
        levels = _trailing(np.nan_to_num(self.log), 10) / np.maximum(_trailing((~np.isnan(self.log)) * 1.0, 10), 1)
        self.level_gap = self.log - levels

    def _taught_columns(self, values: Array) -> list[tuple[Array, Bools]]:
        return [(values[self.taught, t], self.usable[self.taught, t]) for t in range(values.shape[1])]

    def _common_growth(self) -> None:
        """Mean growth of the taught pairs in each year, its running mean over LOOKBACK years and that mean's error."""
        both = self.usable[:, :-1] & self.known[:, 1:] & self.taught[:, None]
        growth = np.where(both, np.diff(np.nan_to_num(self.log), axis=1), 0.0).sum(axis=0)
        yearly = np.concatenate([[np.nan], growth / np.maximum(both.sum(axis=0), 1)])
        self.world, self.world_error = np.zeros(len(yearly)), np.zeros(len(yearly))
        for t in range(2, len(yearly)):
            recent = yearly[max(1, t - LOOKBACK + 1) : t + 1]
            self.world[t], self.world_error[t] = recent.mean(), recent.std(ddof=1) / np.sqrt(len(recent))

    def _gravity(self) -> Array:
        """Log flow less what the gravity regression of the year says: country effects and covariates, taught pairs."""
        a, b = self.panel.a, self.panel.b
        between = covariates(self.panel.countries)[a, b]
        missing = np.isnan(between).any(axis=1)
        between = np.where(np.isnan(between), np.nanmean(between, axis=0), between)
        between = np.column_stack([between - between.mean(axis=0), missing])
        effects = np.zeros((len(a), len(self.panel.countries)))
        effects[np.arange(len(a)), a] = effects[np.arange(len(a)), b] = 1.0
        design = np.column_stack([effects, between])
        gap = np.full(self.log.shape, np.nan)
        for t in range(self.log.shape[1]):
            rows = self.known[:, t] & self.taught
            if rows.sum() < 200:
                continue
            x, y = design[rows], self.log[rows, t]
            centre = y.mean() / 2
            ridge = np.diag(np.r_[np.full(effects.shape[1], 0.5), np.full(between.shape[1], 0.01)])
            found = np.linalg.solve(x.T @ x + ridge, x.T @ (y - 2 * centre))
            gap[:, t] = self.log[:, t] - 2 * centre - design @ found
        return gap

    def _country_growth(self, back: int) -> tuple[Array, Array]:
        """Growth of both countries' trade over so many years (their sum, and of the slower one), from pairs known."""
        flows, size = np.nan_to_num(self.panel.flows), len(self.panel.countries)
        both = np.zeros(self.known.shape, dtype=bool)
        both[:, 1:] = self.known[:, 1:] & self.known[:, :-1]
        now, before = np.zeros((2, size, flows.shape[1]))
        for end in (self.panel.a, self.panel.b):
            np.add.at(now, end, np.where(both, flows, 0.0))
            np.add.at(before[:, 1:], end, np.where(both[:, 1:], flows[:, :-1], 0.0))
        with np.errstate(invalid="ignore", divide="ignore"):
            chain = np.cumsum(np.nan_to_num(np.log(now / before), posinf=0.0, neginf=0.0), axis=1)
        grown = chain.copy()
        grown[:, back:] -= chain[:, :-back]
        a, b = grown[self.panel.a], grown[self.panel.b]
        return a + b, np.minimum(a, b)

    def growth(self, pair: Ints, at: Ints, back: int) -> Array:
        """Own log growth over the years before, NaN before the first figure."""
        earlier = at - back
        return np.where(earlier >= 0, self.log[pair, at] - self.log[pair, np.maximum(earlier, 0)], np.nan)

    def windows(self, origin: int, horizon: int) -> tuple[Ints, Ints, Array]:
        """Pairs, columns and growths of the windows that may teach at this origin."""
        last = origin - self.first - horizon
        low = max(0, last - LOOKBACK + 1)
        ends = self.known[:, low + horizon : last + horizon + 1]
        pair, at = np.nonzero(self.usable[:, low : last + 1] & ends & self.taught[:, None])
        at = at + low
        return pair, at, self.log[pair, at + horizon] - self.log[pair, at]


def _trailing(values: Array, width: int) -> Array:
    """Sums over the `width` years that end in each."""
    total = np.cumsum(values, axis=1)
    out = total.copy()
    out[:, width:] -= total[:, :-width]
    return out


_PASTS: dict[tuple[int, int], Past] = {}


def past(panel: FlowPanel, taught: Bools) -> Past:
    """The past of this panel, computed once."""
    key = (id(panel), id(taught))
    if key not in _PASTS:
        _PASTS[key] = Past(panel, taught)
    return _PASTS[key]


Point = Callable[[Past, Ints, Ints, int], Array]


def _pooled(point: Point, symmetric: bool = False) -> Forecaster:
    """A point forecast with the errors it made in the windows that teach, by own volatility."""

    def forecast(panel: FlowPanel, taught: Bools, asked: Ints, origin: int, horizons: tuple[int, ...]) -> Array:
        known = past(panel, taught)
        now = np.full(len(asked), origin - known.first)
        out = np.empty((len(asked), len(horizons), len(LEVELS)))
        for k, h in enumerate(horizons):
            pair, at, came = known.windows(origin, h)
            error = (came - point(known, pair, at, h)) / known.volatility[pair, at]
            error = np.concatenate([error, -error]) if symmetric else error
            scale = known.volatility[asked, now][:, None]
            out[:, k] = point(known, asked, now, h)[:, None] + scale * np.quantile(error, LEVELS)
        return out

    return forecast


def _normal(point: Point, error: Callable[[Past, Ints, Ints], Array]) -> Forecaster:
    """A random walk: own volatility times the root of the years, and the drift's own error times the years."""

    def forecast(panel: FlowPanel, taught: Bools, asked: Ints, origin: int, horizons: tuple[int, ...]) -> Array:
        known = past(panel, taught)
        now = np.full(len(asked), origin - known.first)
        out = np.empty((len(asked), len(horizons), len(LEVELS)))
        for k, h in enumerate(horizons):
            spread = np.sqrt(h * known.variance[asked, now] + (h * error(known, asked, now)) ** 2)
            out[:, k] = point(known, asked, now, h)[:, None] + spread[:, None] * NORMAL
        return out

    return forecast


def _no_drift(known: Past, pair: Ints, at: Ints, h: int) -> Array:
    return np.zeros(len(pair))


def _global_drift(known: Past, pair: Ints, at: Ints, h: int) -> Array:
    return h * known.world[at]


def _own_drift(known: Past, pair: Ints, at: Ints, h: int) -> Array:
    return h * known.mean[pair, at]


def _none(known: Past, pair: Ints, at: Ints) -> Array:
    return np.zeros(len(pair))


def _world_error(known: Past, pair: Ints, at: Ints) -> Array:
    return known.world_error[at]


def _own_error(known: Past, pair: Ints, at: Ints) -> Array:
    return known.volatility[pair, at] / np.sqrt(known.span[pair, at])


def _regressed(features: Callable[[Past, Ints, Ints], Array]) -> Forecaster:
    """Least squares of the growth over h years on features and a constant, by horizon; pooled errors.

    Growths and features are cut at their 0.5 and 99.5 % quantiles where the slopes are fitted, each window is weighted
    by the inverse of its own variance, and the errors are those of the growths as they came.
    """

    def forecast(panel: FlowPanel, taught: Bools, asked: Ints, origin: int, horizons: tuple[int, ...]) -> Array:
        known = past(panel, taught)
        now = np.full(len(asked), origin - known.first)
        out = np.empty((len(asked), len(horizons), len(LEVELS)))
        for k, h in enumerate(horizons):
            pair, at, came = known.windows(origin, h)
            x = features(known, pair, at)
            low, high = np.quantile(x, [0.005, 0.995], axis=0)
            scale = known.volatility[pair, at]
            design = np.column_stack([np.ones(len(x)), np.clip(x, low, high)])
            cut = np.clip(came, *np.quantile(came, [0.005, 0.995]))
            slopes = np.linalg.lstsq(design / scale[:, None], cut / scale, rcond=None)[0]
            error = np.quantile((came - design @ slopes) / scale, LEVELS)
            ahead = np.clip(features(known, asked, now), low, high)
            centre = slopes[0] + ahead @ slopes[1:]
            out[:, k] = centre[:, None] + known.volatility[asked, now][:, None] * error
        return out

    return forecast


def _momentum(known: Past, pair: Ints, at: Ints, back: int) -> Array:
    grown = known.growth(pair, at, back)
    return np.where(np.isnan(grown), back * np.nan_to_num(known.mean[pair, at]), grown)


def _correction(known: Past, pair: Ints, at: Ints) -> Array:
    """Gap to gravity's potential, own growth over three years, and that of both countries' trade."""
    gap = np.nan_to_num(known.gap[pair, at])
    return np.column_stack([gap, _momentum(known, pair, at, 3), known.joint[3][0][pair, at]])


def _dynamic(known: Past, pair: Ints, at: Ints) -> Array:
    """Own last growths, own mean growth by empirical Bayes, own level over ten years."""
    last = _momentum(known, pair, at, 1)
    before = _momentum(known, pair, at, 2) - last
    return np.column_stack([last, before, known.drift[pair, at], known.level_gap[pair, at]])


def _analyst(known: Past, pair: Ints, at: Ints) -> Array:
    """What is given to the gradient boosting; NaN where there is no figure."""
    own = [known.growth(pair, at, back) for back in (1, 3, 5, 10)]
    joint = [side[pair, at] for back in (1, 3, 5, 10) for side in known.joint[back]]
    distance = covariates(known.panel.countries)[known.panel.a[pair], known.panel.b[pair], 0]
    shape = [known.log[pair, at], known.volatility[pair, at], known.figures[pair, at], known.age[pair, at]]
    drift = [known.mean[pair, at], known.drift[pair, at], known.level_gap[pair, at]]
    return np.column_stack([*shape, *own, *drift, *joint, known.gap[pair, at], distance])


BOOSTED = np.array([0.02, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98])
TENTH, NINE_TENTHS = 2, 6
ROWS, ROUNDS, LEAVES, SMALLEST_LEAF, BLOCK = 40_000, 60, 7, 500, 5


def _boosted(panel: FlowPanel, taught: Bools, asked: Ints, origin: int, horizons: tuple[int, ...]) -> Array:
    """Quantile gradient boosting by horizon and level, on 40,000 windows drawn at random; cross-conformal.

    Trees that see how all trade grew can tell one year from another, and learn what befell all pairs in it: fitted
    once, its 90 % range held 80 % of what came. So years are cut into blocks of five, one model is fitted on every
    other block and one on the rest, and each shows by the windows that it has not seen how far its quantiles must
    move, in units of their own width from 10 to 90 %. The forecast is the mean of both, moved. Levels between are
    interpolated in normal scores. LightGBM where it is installed, otherwise scikit-learn.
    """
    known = past(panel, taught)
    now = np.full(len(asked), origin - known.first)
    ahead = _analyst(known, asked, now)
    out = np.empty((len(asked), len(horizons), len(LEVELS)))
    for k, h in enumerate(horizons):
        pair, at, came = known.windows(origin, h)
        chosen = np.random.default_rng(origin * 100 + h).permutation(len(pair))[:ROWS]
        pair, at, came = pair[chosen], at[chosen], came[chosen]
        x, even = _analyst(known, pair, at), ((now[0] - at) // BLOCK) % 2 == 0
        unseen, mean = np.empty((len(x), len(BOOSTED))), np.zeros((len(asked), len(BOOSTED)))
        for fitted in (even, ~even):
            found = _boost(x[fitted], came[fitted], np.concatenate([x[~fitted], ahead]))
            unseen[~fitted] = found[: -len(ahead)]
            mean += found[-len(ahead) :] / 2
        width = unseen[:, NINE_TENTHS] - unseen[:, TENTH]
        moved = np.array([np.quantile((came - unseen[:, j]) / width, q) for j, q in enumerate(BOOSTED)])
        out[:, k] = _between(np.sort(mean + (mean[:, NINE_TENTHS] - mean[:, TENTH])[:, None] * moved, axis=1))
    return out


def _boost(x: Array, y: Array, ahead: Array) -> Array:
    """Quantiles (row of ahead, BOOSTED)."""
    try:
        import lightgbm as lgb
    except ImportError:
        return _boost_sklearn(x, y, ahead)
    settings = {
        "objective": "quantile", "learning_rate": 0.1, "num_leaves": LEAVES, "min_data_in_leaf": SMALLEST_LEAF,
        "feature_fraction": 0.7, "max_bin": 63, "num_threads": 1, "seed": 1, "deterministic": True,
        "force_col_wise": True, "verbosity": -1,
    }  # fmt: skip
    data = lgb.Dataset(x, y, free_raw_data=False, params=settings)
    models = [lgb.train({**settings, "alpha": q}, data, num_boost_round=ROUNDS) for q in BOOSTED]
    return np.sort(np.column_stack([model.predict(ahead, num_threads=1) for model in models]), axis=1)


def _boost_sklearn(x: Array, y: Array, ahead: Array) -> Array:
    from sklearn.ensemble import HistGradientBoostingRegressor

    models = [
        HistGradientBoostingRegressor(
            loss="quantile", quantile=q, max_iter=ROUNDS, max_leaf_nodes=LEAVES, min_samples_leaf=SMALLEST_LEAF,
            max_bins=63, early_stopping=False,
        )
        for q in BOOSTED
    ]  # fmt: skip
    return np.sort(np.column_stack([model.fit(x, y).predict(ahead) for model in models]), axis=1)


def _between(found: Array) -> Array:
    """Quantiles at LEVELS from those at BOOSTED, straight lines in normal scores."""
    place = ndtri(BOOSTED)
    upper = np.clip(np.searchsorted(place, NORMAL), 1, len(place) - 1)
    share = (NORMAL - place[upper - 1]) / (place[upper] - place[upper - 1])
    return np.asarray(found[:, upper - 1] * (1 - share) + found[:, upper] * share)


def _by_series(name: str) -> Forecaster:
    """A method of statsforecast on the pair's own log flows, from its first figure, gaps interpolated.

    Its 90 % range, taken as that of a normal distribution. On a series of fewer than ten years, on which the library
    refuses, and where it finds no variance: the random walk with global drift.
    """

    def forecast(panel: FlowPanel, taught: Bools, asked: Ints, origin: int, horizons: tuple[int, ...]) -> Array:
        known, now = past(panel, taught), origin - past(panel, taught).first
        out = RIVALS["Random walk, global drift"](panel, taught, asked, origin, horizons)
        model, steps = _series_model(name), np.array(horizons) - 1
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for row, pair in enumerate(asked):
                series = known.log[pair, : now + 1]
                series = series[~np.isnan(series)]
                try:
                    found = model.forecast(y=series, h=max(horizons), level=[90])
                except (NotImplementedError, ValueError, ZeroDivisionError):
                    continue
                mean = np.asarray(found["mean"], dtype=float)[steps]
                spread = (np.asarray(found["hi-90"], dtype=float) - found["lo-90"])[steps] / (2 * ndtri(0.95))
                if np.isfinite(mean + spread).all() and (spread > 1e-3).all():
                    out[row] = (mean - series[-1])[:, None] + spread[:, None] * NORMAL
        return out

    return forecast


@functools.cache
def _series_model(name: str):  # type: ignore[no-untyped-def]
    from statsforecast.models import AutoETS, AutoTheta

    return {"damped": AutoETS(model="AAN", damped=True), "ets": AutoETS(model="AZN"), "theta": AutoTheta()}[name]


RIVALS: dict[str, Forecaster] = {
    "Random walk, no drift": _pooled(_no_drift, symmetric=True),
    "Random walk, no drift, normal": _normal(_no_drift, _none),
    "Random walk, global drift": _pooled(_global_drift),
    "Random walk, global drift, normal": _normal(_global_drift, _world_error),
    "Random walk, own drift": _pooled(_own_drift),
    "Random walk, own drift, normal": _normal(_own_drift, _own_error),
    "Damped trend": _by_series("damped"),
    "ETS": _by_series("ets"),
    "Theta": _by_series("theta"),
    "Gravity error correction": _regressed(_correction),
    "Dynamic panel, shrunk": _regressed(_dynamic),
    "Quantile gradient boosting": _boosted,
}
BY_SERIES = ("Damped trend", "ETS", "Theta")
