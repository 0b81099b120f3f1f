"""Measures the numbers of `tumen.trade.PANEL` on the world's bilateral trade, and checks the paths against what came.

    TUMEN_SHARED=../shared python benchmarks/panel_prior.py

Needs pandas and pyarrow; some five minutes on one core. Reads `data/world/trade_cow_1950_2013.parquet`,
`un_ama_1990_2024.parquet` and `trade_unctad_1995_2005_sitc1.parquet`. Nothing after 2009 is used.

1. Elasticity of two-way trade to joint growth, g_a + g_b - g_world, in nominal dollars; an absent row is no figure, and
   a two-way sum needs both directions. Excess growth is what that leaves.
2. Method of simulated quantiles for volatility, its spread, degrees of freedom, noise and drift; twice: with noise
   the same for all pairs, and with noise proportional to the pair's volatility.
3. Offset and noise between two statistics of one flow: importers' figures (COW) against exporters' (UNCTAD), two years.
4. Base rate: how often trade of 50-250 million grew ten-fold within seven years.
5. Backtest: the paths fitted up to an origin year, with the joint growth that came, against trade seven years later, by
   how volatile the pair seemed; for some shares of `evidence`, and for unit elasticity.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import minimize
from scipy.special import ndtr, stdtrit
from scipy.stats import spearmanr

from tumen.trade import PANEL, History, PairPath, PanelPrior, fit

Array = npt.NDArray[np.float64]
FIRST, LAST = 1990, 2009
YEARS = LAST - FIRST + 1
HORIZONS = (1, 2, 3, 5, 7, 10, 15)


@dataclass(frozen=True)
class Pairs:
    """Two-way trade in MUSD and joint log growth of every pair, (pair, year); NaN where there is no figure."""

    trade: Array
    growth: Array

    def excess(self, elasticity: float, intercept: float) -> Array:
        """Log trade less cumulated intercept + elasticity x joint growth, (pair, year)."""
        return np.log(self.trade) - elasticity * np.cumsum(self.growth, axis=1) - intercept * np.arange(YEARS)


def folder() -> Path:
    root = os.environ.get("TUMEN_SHARED") or str(Path(__file__).parents[2] / "shared")
    return Path(root) / "data" / "world"


def two_way(world: Path, directions: int) -> Pairs:
    """All pairs, a year of which counts if so many directions have a figure."""
    gdp = pd.read_parquet(world / "un_ama_1990_2024.parquet").query("indicator == 'gdp'")
    gdp = gdp.pivot(index="year", columns="iso3", values="usd").loc[FIRST:LAST]
    growth = np.log(gdp).diff().to_numpy()
    column = {iso3: j for j, iso3 in enumerate(gdp.columns)}
    world_growth = np.log(gdp.sum(axis=1)).diff().to_numpy()
    trade = pd.read_parquet(world / "trade_cow_1950_2013.parquet")
    trade = trade[trade.year.between(FIRST, LAST) & trade.exporter.isin(column) & trade.importer.isin(column)]
    ends = np.sort(trade[["exporter", "importer"]].to_numpy(dtype=str), axis=1)
    sums = trade.assign(a=ends[:, 0], b=ends[:, 1]).groupby(["a", "b", "year"]).imports_musd.agg(["sum", "count"])
    table = sums.loc[sums["count"] >= directions, "sum"].unstack("year").reindex(columns=range(FIRST, LAST + 1))
    a, b = ([column[name] for name in table.index.get_level_values(side)] for side in ("a", "b"))
    joint = growth[:, a].T + growth[:, b].T - world_growth
    joint[:, 0] = 0.0
    usable = np.where(np.isnan(joint), 0.0, joint)
    values = table.to_numpy(dtype=float, copy=True)
    unknown_later = np.logical_or.accumulate(np.isnan(joint)[:, ::-1], axis=1)[:, ::-1]
    values[:, :-1][unknown_later[:, 1:]] = np.nan  # before a state's accounts begin
    return Pairs(values, usable)


def select(pairs: Pairs, low: float, high: float, growth: tuple[float, float], by_mean: bool = False) -> Array:
    """Excess levels of the longest run of at least ten years of each pair of that size."""
    known, rows = ~np.isnan(pairs.trade), []
    for trade, excess, seen in zip(pairs.trade, pairs.excess(*growth), known, strict=True):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], seen.astype(int), [0]])))
        runs = list(zip(edges[::2], edges[1::2], strict=True))
        start, stop = max(runs, key=lambda run: run[1] - run[0], default=(0, 0))
        if stop - start < 10:
            continue
        size = trade[start:stop].mean() if by_mean else np.exp(np.log(trade[start : start + 3]).mean())
        if low <= size <= high:
            row = np.full(YEARS, np.nan)
            row[start:stop] = excess[start:stop]
            rows.append(row)
    return np.array(rows)


def statistics(excess: Array) -> Array:
    """What model and panel are compared on: log spreads by horizon, spread between pairs, window correlations."""
    found = []
    for h in HORIZONS:
        q = np.nanquantile(excess[:, h:] - excess[:, :-h], [0.01, 0.05, 0.16, 0.84, 0.95, 0.99])
        found += [np.log(q[3] - q[2]), np.log(q[4] - q[1]), np.log(q[5] - q[0])]
    growth = np.diff(excess, axis=1)
    deviation = np.nanmedian(np.abs(growth - np.nanmedian(growth, axis=1, keepdims=True)), axis=1)
    found += list(np.log(np.quantile(deviation, [0.1, 0.5, 0.9])))
    return np.array([*found, window_correlation(excess, 7, 7), window_correlation(excess, 6, 8)])


def window_correlation(excess: Array, length: int, lag: int) -> float:
    """Rank correlation of excess growth over so many years with that of the window that begins `lag` years later."""
    last = YEARS - lag - length
    first = np.concatenate([excess[:, s + length] - excess[:, s] for s in range(last)])
    second = np.concatenate([excess[:, s + lag + length] - excess[:, s + lag] for s in range(last)])
    both = ~np.isnan(first + second)
    return float(spearmanr(first[both], second[both])[0])


class Simulator:
    """The model on the panel's own pattern of years, with common random numbers (four copies of the panel)."""

    def __init__(self, excess: Array, proportional: bool) -> None:
        draw = np.random.default_rng(1)
        self.gap, self.proportional = np.isnan(np.tile(excess, (4, 1))), proportional
        count = len(self.gap)
        normals = draw.standard_normal((count, YEARS - 1))
        self.tail, self.sign = ndtr(-np.abs(normals)), -np.sign(normals)
        self.noise, self.pair = draw.standard_normal((count, YEARS)), draw.standard_normal(count)
        self.drift = draw.standard_normal((count, YEARS - 1))

    def __call__(self, volatility: float, spread: float, df: float, noise: float, drift: float, keep: float) -> Array:
        relative = np.exp(spread * self.pair)[:, None]
        steps = volatility * relative * self.sign * stdtrit(df, self.tail) * np.sqrt((df - 2) / df)
        now = self.drift[:, 0]
        for j in range(YEARS - 1):
            now = now if j == 0 else keep * now + np.sqrt(1 - keep**2) * self.drift[:, j]
            steps[:, j] += drift * now
        level = np.concatenate([np.zeros((len(steps), 1)), np.cumsum(steps, axis=1)], axis=1)
        level += noise * (relative if self.proportional else 1.0) * self.noise
        level[self.gap] = np.nan
        return level


def estimate(excess: Array, proportional: bool, drift: bool) -> tuple[float, dict[str, float]]:
    """The parameters whose simulated statistics come nearest, in units of the panel's bootstrap standard errors."""
    target, draw = statistics(excess), np.random.default_rng(5)
    boot = [statistics(excess[draw.integers(0, len(excess), len(excess))]) for _ in range(40)]
    error, simulate = np.std(boot, axis=0), Simulator(excess, proportional)

    def parameters(x: Array) -> dict[str, float]:
        values = {"volatility": np.exp(x[0]), "spread": np.exp(x[1]), "df": 2 + np.exp(x[2]), "noise": np.exp(x[3])}
        return values | {"drift": np.exp(x[4]) if drift else 0.0, "keep": ndtr(x[5]) if drift else 0.0}

    def distance(x: Array) -> float:
        return float((np.square((statistics(simulate(**parameters(x))) - target) / error)).sum())

    start = [np.log(0.24), np.log(0.4), np.log(2.0), np.log(0.13), *([np.log(0.02), 1.0] if drift else [])]
    best = minimize(distance, start, method="Nelder-Mead", options={"maxfev": 350, "xatol": 2e-3, "fatol": 0.2})
    return float(best.fun), parameters(best.x)


def elasticity(pairs: Pairs, horizon: int) -> tuple[float, float]:
    """Slope and yearly intercept of log growth of trade on joint growth over so many years; growth cut at +-2."""
    trade, joint = np.log(pairs.trade), np.cumsum(pairs.growth, axis=1)
    base = pairs.trade[:, :-horizon]
    came, implied = trade[:, horizon:] - trade[:, :-horizon], joint[:, horizon:] - joint[:, :-horizon]
    chosen = (base >= 30) & (base <= 1000) & ~np.isnan(came)
    slope, constant = np.polyfit(implied[chosen], np.clip(came[chosen], -2, 2), 1)
    return float(slope), float(constant) / horizon


def report_volatility(pairs: Pairs, one_way: Pairs) -> None:
    for horizon in (1, 3, 5, 7):
        slope, constant = elasticity(pairs, horizon)
        print(f"over {horizon} years: elasticity {slope:.3f}, yearly intercept {constant:.4f}")
    used = elasticity(pairs, 7)
    chosen = select(pairs, 30, 1000, used)
    growth = np.diff(chosen, axis=1)
    print(f"{len(chosen)} pairs, {np.sum(~np.isnan(growth))} growths; median excess growth {np.nanmedian(growth):.4f}")
    centred = growth - np.nanmedian(growth, axis=0)
    scale = 1.4826 * np.nanmedian(np.abs(centred), axis=1, keepdims=True)
    cut = np.clip(centred / scale, -4, 4)
    shown = [np.nanmean(cut[:, k:] * cut[:, : YEARS - 1 - k]) / np.nanmean(cut**2) for k in range(1, 7)]
    print("autocorrelation of excess growth, cut at 4 deviations, lags 1-6:", np.round(shown, 3))
    print(f"rank correlation of successive 7-year windows {window_correlation(chosen, 7, 7):.3f}, ", end="")
    print(f"of 6-year windows two years apart {window_correlation(chosen, 6, 8):.3f}")
    for proportional in (False, True):
        for drift in (False, True):
            show(f"noise {'~ volatility' if proportional else 'common'}", chosen, proportional, drift)
    show("unit elasticity", select(pairs, 30, 1000, (1.0, 0.0)), True, False)
    for low, high in ((30, 100), (100, 300), (300, 1000)):
        show(f"first three years {low}-{high} MUSD", select(pairs, low, high, used), True, False)
    show("mean of all years 30-1000 MUSD", select(pairs, 30, 1000, used, by_mean=True), True, False)
    show("one direction is enough", select(one_way, 30, 1000, used), True, False)


def show(title: str, excess: Array, proportional: bool, drift: bool) -> None:
    distance, values = estimate(excess, proportional, drift)
    numbers = ", ".join(f"{name} {value:.3f}" for name, value in values.items())
    print(f"{title:36s} {len(excess):5d} pairs, distance {distance:6.0f}: {numbers}", flush=True)


def report_offsets(world: Path) -> None:
    """Two statistics in two years: d = offset - offset' + noise - noise'.

    The variance of the difference of d between the years is 4 noise^2, that of the sum 4 noise^2 + 8 offset^2.
    """
    exports = pd.read_parquet(world / "trade_unctad_1995_2005_sitc1.parquet").query("section == 'TOTAL'")
    exports = exports.astype({"exporter": str, "importer": str})
    both = pd.read_parquet(world / "trade_cow_1950_2013.parquet").merge(exports, on=["year", "exporter", "importer"])
    both = both[(both.exports_kusd > 0) & both.year.isin([1995, 2005])]
    ends = np.sort(both[["exporter", "importer"]].to_numpy(dtype=str), axis=1)
    sums = both.assign(a=ends[:, 0], b=ends[:, 1], n=1).groupby(["a", "b", "year"])
    sums = sums[["imports_musd", "exports_kusd", "n"]].sum().query("n == 2")
    gap = np.log(sums.exports_kusd / 1e3 / sums.imports_musd).unstack("year").dropna()
    size = np.sqrt(sums.exports_kusd / 1e3 * sums.imports_musd).unstack("year").loc[gap.index].mean(axis=1)
    for low, high in ((30, 1000), (30, 200), (200, 1000)):
        d = gap[(size >= low) & (size <= high)].to_numpy()
        slow, fast = (np.diff(np.quantile(x, [0.16, 0.84]))[0] / 2 for x in (d[:, 1] + d[:, 0], d[:, 1] - d[:, 0]))
        noise, offset = fast / 2, np.sqrt(max(slow**2 - fast**2, 0.0) / 8)
        print(f"mirror figures, {low}-{high} MUSD: {len(d)} pairs, offset {offset:.3f}, noise {noise:.3f}", end="")
        print(f", median log exporters' over importers' {np.median(d):.3f}")


def report_base_rate(title: str, pairs: Pairs) -> None:
    trade = np.nan_to_num(pairs.trade)
    for low, high in ((50, 250), (30, 1000)):
        ever = at_end = count = 0
        for year in range(13):  # origins 1990-2002
            base, later = trade[:, year], trade[:, year + 1 : year + 8]
            chosen = (base >= low) & (base <= high)
            ever += int((later[chosen].max(axis=1) >= 10 * base[chosen]).sum())
            at_end += int((later[chosen, -1] >= 10 * base[chosen]).sum())
            count += int(chosen.sum())
        print(
            f"base rate, {title}, {low}-{high} MUSD: {count} origins, ten-fold within 7 years {ever / count:.4f}, ",
            end="",
        )
        print(f"in the seventh year {at_end / count:.4f}")


def backtest(pairs: Pairs, origin: int, prior: PanelPrior, title: str, low: float = 30, high: float = 1000) -> None:
    """The paths as of `origin`, given the joint growth that came, against what came over the next seven years."""
    rows, draw = [], np.random.default_rng(origin)
    for trade, growth in zip(pairs.trade, pairs.growth, strict=True):
        column = origin - FIRST
        seen = np.flatnonzero(~np.isnan(trade[: column + 1]))
        if len(seen) < 6 or seen[-1] != column or not low <= trade[column] <= high:
            continue
        history = History(tuple((FIRST + seen).tolist()), tuple(trade[seen]), ("cow",) * len(seen), (0.0,) * len(seen))
        path = fit(history, {FIRST + j: float(growth[j]) for j in range(YEARS)}, prior)
        ahead = predict(path, growth[column + 1 : column + 8], draw)
        later = trade[column + 1 : column + 8]
        rank = (ahead[:, -1] < later[-1]).mean() if not np.isnan(later[-1]) else np.nan
        met = bool(np.nanmax(later, initial=0.0) >= 10 * trade[column])
        rows.append((path.volatility_quantiles[99], rank, (ahead.max(axis=1) >= 10 * trade[column]).mean(), met))
    table = np.array(rows)
    for third in (None, 0, 1, 2):
        cut = np.quantile(table[:, 0], [0.0, 1 / 3, 2 / 3, 1.0])
        chosen = table if third is None else table[(table[:, 0] >= cut[third]) & (table[:, 0] <= cut[third + 1])]
        name = title if third is None else ("  calm", "  middling", "  restless")[third]
        rank = chosen[~np.isnan(chosen[:, 1]), 1]
        inside = {share: np.mean(np.abs(rank - 0.5) <= share / 2) for share in (0.5, 0.9)}
        print(
            f"{origin} {name:28s} {len(chosen):5d} pairs: inside 90 % {inside[0.9]:.3f}, 50 % {inside[0.5]:.3f}, ",
            end="",
        )
        print(f"below the 5 % {np.mean(rank < 0.05):.3f}, above the 95 % {np.mean(rank > 0.95):.3f}; ", end="")
        print(f"ten-fold: model {chosen[:, 2].mean():.4f}, came {chosen[:, 3].mean():.4f}", flush=True)


def predict(path: PairPath, growth: Array, draw: np.random.Generator, draws: int = 400) -> Array:
    """What the statistics would report in the years after the history, (draw, year)."""
    normal, count = draw.standard_normal, len(growth)
    ahead = path.simulate(
        volatility=np.quantile(path.volatility_quantiles, draw.random(draws)),
        drift_score=normal(draws),
        level_score=normal(draws),
        offset_scores={name: normal(draws) for name in path.statistics},
        shocks=normal((2, draws, count)),
        joint_growth=np.tile(growth, (draws, 1)),
        years=tuple(range(path.last_year + 1, path.last_year + 1 + count)),
        report_noise=normal((draws, count)),
    )
    return ahead.reported[path.statistics[0]]


def main() -> None:
    world = folder()
    both, either = two_way(world, 2), two_way(world, 1)
    report_volatility(both, either)
    report_offsets(world)
    report_base_rate("both directions", both)
    report_base_rate("either direction", either)
    for origin in (1998, 2002):
        backtest(both, origin, PANEL, "PANEL")
        backtest(both, origin, PANEL, "PANEL, 50-250 MUSD", 50, 250)
        for evidence in (0.15, 0.5, 1.0):
            backtest(both, origin, replace(PANEL, evidence=evidence), f"evidence {evidence}")
        backtest(both, origin, replace(PANEL, growth_elasticity=1.0, growth_intercept=0.0), "unit elasticity")
    print(PANEL)


if __name__ == "__main__":
    main()
