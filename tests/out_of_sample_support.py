"""Baselines, paths and shocks of two episodes before 2014, made from what could be known at the time.

Everything that is a judgement stands here, at the top. It was written down before the first run, but for the Iranian
year, which followed from a source found later. Published parameters are those of papers of the time; figures marked
"memory" were not looked up again. Statistics are of today's editions, cut off at the year: later revisions of earlier
years are let pass. Values are in MUSD.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from tumen.trade import RUNS, Baseline, CostShock, DrawnWorld, History, Responses, fit, respond

Array = npt.NDArray[np.float64]
DRAWS, COPIES = 2000, 10  # equilibria of each run, and paths to each of them
TRAILING = 10  # years of growth that forecasts look back on
Range = tuple[float, float, float]

# Trade elasticities, theta, as triangular ranges. Long run: Eaton and Kortum 2002 (3.6, 8.28), Anderson and van Wincoop
# 2004 (4 to 9). Short run: Gallaway, McDaniel and Rivera 2003, Ruhl 2008 (substitution of 1 to 2 within a year). Oil:
# Broda and Weinstein 2006 for the long run; in the short run ports and refineries bind, a judgement. Between oil and
# others: Hamilton 2009, World Economic Outlook of April 2011; between Kaesong's goods and others the same. All from
# memory.
THETA: dict[str, dict[str, Range]] = {
    "short": {"goods": (0.5, 1.0, 2.0), "oil": (1.0, 2.0, 4.0), "kaesong": (0.5, 1.0, 2.0)},
    "long": {"goods": (3.6, 5.0, 9.0), "oil": (5.0, 10.0, 20.0), "kaesong": (3.6, 5.0, 9.0)},
}
BETWEEN: dict[str, Range] = {"short": (0.02, 0.05, 0.1), "long": (0.1, 0.3, 0.6)}

# How far measures cut the trade that they hit (Hufbauer and Oegg 2003, known in 2010): extensive 80 to 94 %, moderate
# some 30 %, limited 14 to 25 %. Moderate is given as much room below as down to the least of the limited.
EXTENSIVE, MODERATE, LIMITED = (0.80, 0.90, 0.94), (0.14, 0.30, 0.46), (0.14, 0.195, 0.25)

# --- 24 May 2010 ----------------------------------------------------------------------------------------------------

KOREAS = ("PRK", "CHN", "KOR", "JPN", "RUS", "ROW")
# The DPRK's trade in 2009 beside that with China, which is of Correlates of War: (it sells, it buys). With Russia 62
# (KOTRA; split from memory); with the rest KOTRA's total of 2,680 / 0.785 less China and Russia (split from memory),
# since mirror data of small partners mix the two Koreas up.
DPRK = {"RUS": (21.0, 41.0), "JPN": (0.0, 3.0), "ROW": (249.0, 419.0)}
# With the South: 933 sold and 733 bought, of which general trade (245, 11) and processing on commission (254, 156),
# from memory, which the measures stopped. What is left, nearly all Kaesong, they spared.
STOPPED, SOUTH = (245.0 + 254.0, 11.0 + 156.0), (933.0, 733.0)
SIZE: Range = (
    10_000.0,
    12_000.0,
    24_000.0,
)  # UN 12,000; the Bank of Korea, at South Korean prices, some 22,000 (memory)
IN_2010 = 7 / 12  # of the year, how long the measures were in force

# --- Iran, 2012 -----------------------------------------------------------------------------------------------------

BUYERS = ("EU", "JPN", "KOR", "CHN", "IND", "TUR", "ROW")
EU = (
    "AUT", "BEL", "BGR", "CYP", "CZE", "DNK", "EST", "FIN", "FRA", "DEU", "GRC", "HUN", "IRL", "ITA", "LVA", "LTU",
    "LUX", "MLT", "NLD", "POL", "PRT", "ROU", "SVK", "SVN", "ESP", "SWE", "GBR",
)  # fmt: skip
# Oil in 2011, million barrels a day, used and produced, at Brent's 111 dollars; oil's share of what Iran sells. Memory.
OIL_USED = {"IRN": 1.8, "EU": 13.4, "JPN": 4.4, "KOR": 2.4, "CHN": 9.8, "IND": 3.5, "TUR": 0.7, "ROW": 52.0}
OIL_MADE = {"EU": 1.7, "JPN": 0.0, "KOR": 0.0, "CHN": 4.1, "IND": 0.9, "TUR": 0.05}
OIL_SHARE = {"EU": 0.9, "JPN": 0.97, "KOR": 0.9, "CHN": 0.75, "IND": 0.85, "TUR": 0.9, "ROW": 0.75}
BARRELS = 0.365 * 111 * 1000  # MUSD a year for a million barrels a day
# From when on, a day of 2012: Europe's embargo was decided on 23 January for new contracts, and on 1 July for all;
# America's measures against buyers were signed in December and applied from 28 June. Growth of Iran's economy is told
# for its own year, which began on the 80th day of 2012.
FIRST_DAY, LAST_DAY, NEW_YEAR = 22, 182, 80
# What came, %: the fall of real GDP in the Iranian year to 20 March 2013. The IMF in April 2014 (reported by Trend,
# 3 April 2014); Iran's statisticians in September 2013 (Iran Times, 13 September 2013); later editions (memory).
FELL, FELL_FROM, FELL_TO = 5.8, 5.4, 6.6


@dataclass(frozen=True, eq=False)
class World:
    """The statistics of the time: trade (year, exporter, importer, imports_musd) and GDP by country and year, MUSD."""

    trade: pd.DataFrame
    gdp: pd.DataFrame

    def known(self, last: int) -> World:
        """What was known of the years up to the last."""
        return _known(self, last)

    def region(self, codes: pd.Series[str], regions: Sequence[str]) -> pd.Series[str]:
        """Labels of the regions; the rest of the world is ROW."""
        named = codes.astype(str)
        named = named.where(~named.isin(EU), "EU") if "EU" in regions else named
        return named.where(named.isin(regions), "ROW")

    def flows(self, year: int, regions: Sequence[str]) -> Array:
        """(exporter, importer), nothing inside a region."""
        return _flows(self, year, tuple(regions)).copy()

    def sizes(self, year: int, regions: Sequence[str]) -> Array:
        """GDP by region."""
        row = self.gdp.loc[year].dropna()
        return np.asarray(row.groupby(self.region(row.index.to_series(), regions)).sum().reindex(regions), dtype=float)

    def growth(self, region: str, regions: Sequence[str]) -> pd.Series[float]:
        """Log growth of a region's GDP by year; of the world's where the region is "world"."""
        label = self.region(self.gdp.columns.to_series(), regions)
        whole = self.gdp if region == "world" else self.gdp.loc[:, (label == region).to_numpy()]
        return np.log(whole.sum(axis=1)).diff().dropna()


@lru_cache(maxsize=1)
def world(shared: Path) -> World:
    """The tables of the shared folder: Correlates of War trade, and the UN's national accounts."""
    folder = shared / "data" / "world"
    trade = pd.read_parquet(folder / "trade_cow_1950_2013.parquet")
    accounts = pd.read_parquet(folder / "un_ama_1990_2024.parquet")
    gdp = accounts[(accounts.indicator == "gdp") & (accounts.year <= 2013)]
    return World(trade[trade.year >= 1990], gdp.pivot(index="year", columns="iso3", values="usd") / 1e6)


@lru_cache(maxsize=16)
def _known(stats: World, last: int) -> World:
    return World(stats.trade[stats.trade.year <= last], stats.gdp.loc[:last])


@lru_cache(maxsize=256)
def _flows(stats: World, year: int, regions: tuple[str, ...]) -> Array:
    rows = stats.trade[stats.trade.year == year]
    ends = {end: stats.region(rows[end], regions) for end in ("exporter", "importer")}
    table = rows.assign(**ends).pivot_table(index="exporter", columns="importer", values="imports_musd", aggfunc="sum")
    trade = table.reindex(index=regions, columns=regions).fillna(0.0).to_numpy(dtype=float).copy()
    np.fill_diagonal(trade, 0.0)
    return trade


@dataclass(frozen=True)
class Episode:
    """A world, what was done to it, and the equilibria of both runs."""

    world: DrawnWorld
    found: Mapping[str, Responses]

    @classmethod
    def of(cls, world: DrawnWorld, shock: CostShock) -> Episode:
        return cls(world, {
            run: respond(
                world.base, world.shocks(shock, run), theta=world.theta[run], substitution=world.substitution[run],
                home=world.home, closure=world.closure, tied=world.tied,
            )
            for run in RUNS
        })  # fmt: skip

    def factors(self, exporter: str, importer: str | None = None, both: bool = False) -> Array:
        """What becomes of the value of a flow, (draw,), the short run first; None for all foreign buyers."""
        i = self.world.country(exporter)
        partners = [importer] if importer else [name for name in self.world.countries if name != exporter]
        j = [self.world.country(name) for name in partners]

        def traded(flows: Array) -> Array:
            sold = flows[..., i, j].sum(axis=-1)
            return np.asarray(sold + flows[..., j, i].sum(axis=-1) if both else sold)

        before = traded(self.world.base.flows.sum(axis=0))
        return np.concatenate([traded(found.flows.sum(axis=1)) / before for found in self.found.values()])

    def lost(self, name: str, country: str) -> Array:
        """What a country loses of "welfare" (real spending) or "real_wage" (real income), a share (draw,)."""
        place = self.world.country(country)
        return np.concatenate([1 - getattr(found, name)[:, place] for found in self.found.values()])

    def idle(self, country: str, good: str) -> Array:
        """What is made of a good but neither sold nor used, at old prices, as a share of all that the country makes."""
        i, s = self.world.country(country), self.world.good(good)
        before = self.world.base.flows[s, i]
        lost = [((1 - found.volume[:, s, i]) * before).sum(axis=1) for found in self.found.values()]
        return np.concatenate(lost) / float(self.world.base.output[i])


def path(
    history: Mapping[int, float], joint_growth: pd.Series[float], years: tuple[int, ...], rng: np.random.Generator
) -> Array:
    """What the statistics would report in the years after the history, (draw, year), from figures up to its end.

    joint_growth: by year, at least through the history. Growth to come is drawn around the mean of the last ten known
    years, with their spread and the uncertainty of their mean.
    """
    last = max(history)
    known = joint_growth[joint_growth.index <= last]
    rows = {year: value for year, value in sorted(history.items()) if value > 0}
    count = len(rows)
    model = fit(History(tuple(rows), tuple(rows.values()), ("cow",) * count, (0.0,) * count), known.to_dict())
    draws, span = len(RUNS) * DRAWS * COPIES, len(years)
    past = known.iloc[-TRAILING:]
    mean = past.mean() + rng.standard_normal((draws, 1)) * past.std() / TRAILING**0.5
    found = model.simulate(
        volatility=np.quantile(model.volatility_quantiles, rng.random(draws)), drift_score=rng.standard_normal(draws),
        level_score=rng.standard_normal(draws), offset_scores={"cow": rng.standard_normal(draws)},
        shocks=rng.standard_normal((2, draws, span)), years=years,
        joint_growth=mean + past.std() * rng.standard_normal((draws, span)),
        report_noise=rng.standard_normal((draws, span)),
    )  # fmt: skip
    return np.asarray(found.reported["cow"])


def triangular(rng: np.random.Generator, limits: Range) -> Array:
    return rng.triangular(*limits, DRAWS)


def _world(base: Baseline, rng: np.random.Generator, **more: object) -> DrawnWorld:
    theta = {
        run: np.stack([triangular(rng, ranges[good]) for good in base.sectors], axis=1) for run, ranges in THETA.items()
    }
    substitution = {run: triangular(rng, limits) for run, limits in BETWEEN.items()}
    return DrawnWorld(base, theta, substitution, **more)  # type: ignore[arg-type]


def koreas(stats: World, rng: np.random.Generator) -> DrawnWorld:
    """Trade of 2009, the last year before the measures; what passes through Kaesong is a good of its own."""
    trade, size = stats.flows(2009, KOREAS), stats.sizes(2009, KOREAS)
    at = {name: place for place, name in enumerate(KOREAS)}
    prk, kor = at["PRK"], at["KOR"]
    for partner, (sold, bought) in (DPRK | {"KOR": STOPPED}).items():
        trade[prk, at[partner]], trade[at[partner], prk] = sold, bought
    kaesong = np.zeros_like(trade)
    kaesong[prk, kor], kaesong[kor, prk] = SOUTH[0] - STOPPED[0], SOUTH[1] - STOPPED[1]
    np.fill_diagonal(trade, size - trade.sum(axis=1) - kaesong.sum(axis=1))
    base = Baseline.from_arrays(np.stack([trade, kaesong]), KOREAS, sectors=["goods", "kaesong"], elasticity=5.0)
    home = np.ones((DRAWS, len(KOREAS)))
    home[:, prk] = (triangular(rng, SIZE) - base.exports[prk]) / trade[prk, prk]
    return _world(base, rng, home=home, tied=(("CHN", "PRK"),))


def measures_of_may(world: DrawnWorld) -> CostShock:
    """All trade between the Koreas but Kaesong ends."""
    return world.cut("PRK", ["KOR"], ["goods"])


def iran(stats: World, rng: np.random.Generator) -> DrawnWorld:
    """Trade of 2011 in oil and other goods. Iran's surplus with a buyer dies with their trade."""
    regions = ("IRN", *BUYERS)
    trade, size = stats.flows(2011, regions), stats.sizes(2011, regions)
    oil = np.zeros_like(trade)
    rest = regions.index("ROW")
    for j, buyer in enumerate(regions):
        oil[0, j] = OIL_SHARE.get(buyer, 0.0) * trade[0, j]
        if buyer in OIL_MADE:
            oil[j, j] = max(OIL_MADE[buyer], 0.02 * OIL_USED[buyer]) * BARRELS
            oil[rest, j] = OIL_USED[buyer] * BARRELS - oil[j, j] - oil[0, j]
    oil[0, 0] = OIL_USED["IRN"] * BARRELS
    oil[rest, rest] = OIL_USED["ROW"] * BARRELS - oil[0, rest]
    own = np.eye(len(regions), dtype=bool)
    goods = trade - np.where(own, 0.0, oil)
    goods[own] = size - trade.sum(axis=1) - oil[own]
    base = Baseline.from_arrays(np.stack([goods, oil]), regions, sectors=["goods", "oil"], elasticity=[5.0, 10.0])
    return _world(base, rng, tied=tuple(("IRN", buyer) for buyer in BUYERS))


def sanctions_of_2012(rng: np.random.Generator) -> CostShock:
    """Europe's embargo on oil is extensive; what makes others buy less of it, and Europe's measures on the rest,
    moderate; what finance does to the rest limited. One draw of each for all that it hits."""
    extensive, moderate, limited = (np.log1p(-triangular(rng, cut)) for cut in (EXTENSIVE, MODERATE, LIMITED))
    cells = [("oil", "IRN", buyer) for buyer in BUYERS]
    effects = [extensive if buyer == "EU" else moderate for buyer in BUYERS]
    for buyer in BUYERS:
        cells += [("goods", "IRN", buyer), ("goods", buyer, "IRN")]
        effects += [moderate if buyer == "EU" else limited] * 2
    return CostShock.of(cells, DRAWS, log_trade=np.stack(effects, axis=1))


def in_force(rng: np.random.Generator) -> tuple[Array, Array]:
    """The shares of 2012 and of Iran's year from March 2012 in which the sanctions were in force, (draw,)."""
    day = rng.uniform(FIRST_DAY, LAST_DAY, len(RUNS) * DRAWS)
    return 1 - day / 366, (NEW_YEAR + 365 - np.maximum(day, NEW_YEAR)) / 365


def quantiles(values: Array) -> tuple[float, float, float]:
    low, middle, high = np.quantile(values, [0.05, 0.5, 0.95])
    return float(low), float(middle), float(high)


@dataclass(frozen=True)
class Forecast:
    """A 5-95 % range made with figures up to a year, and what came."""

    what: str
    known: int
    year: str
    low: float
    middle: float
    high: float
    came: float


def with_china(stats: World, year: int) -> float:
    """Two-way trade of China and the DPRK."""
    trade = stats.flows(year, KOREAS)
    return float(trade[0, 1] + trade[1, 0])


def korean_path(stats: World, last: int, years: tuple[int, ...], rng: np.random.Generator) -> Array:
    """China's trade with the DPRK as its own past has it, from figures up to `last`."""
    known = stats.known(last)
    growth = known.growth("CHN", KOREAS) + known.growth("PRK", KOREAS) - known.growth("world", KOREAS)
    return path({year: with_china(known, year) for year in range(1990, last + 1)}, growth, years, rng)


def korean_forecasts(stats: World, episode: Episode, rng: np.random.Generator) -> list[Forecast]:
    """With the figures of 2010, when seven twelfths of the effect were in them, and on the day, with those of 2009."""
    factor = np.tile(episode.factors("CHN", "PRK", both=True), COPIES)
    found = []
    for last in (2010, 2009):
        years = tuple(range(last + 1, 2013))
        flow = korean_path(stats, last, years, rng)
        for k, year in enumerate(years):
            force = IN_2010 if year == 2010 else 1.0
            ahead = flow[:, k] * factor ** (force - (IN_2010 if last == 2010 else 0.0))
            came = with_china(stats, year)
            found.append(Forecast("China-DPRK trade, MUSD", last, str(year), *quantiles(ahead), came))
    return found


def sold_by_iran(stats: World, year: int, buyer: str | None) -> float:
    trade = stats.flows(year, ("IRN", *BUYERS))[0]
    return float(trade.sum() if buyer is None else trade[1 + BUYERS.index(buyer)])


def iranian_path(stats: World, buyer: str | None, rng: np.random.Generator) -> Array:
    """What a buyer buys in 2012 and 2013 as its own past to 2011 has it; None for all buyers together."""
    known, regions = stats.known(2011), ("IRN", *BUYERS)
    growth = known.growth("IRN", regions)
    if buyer:
        growth = growth + known.growth(buyer, regions) - known.growth("world", regions)
    history = {year: sold_by_iran(known, year, buyer) for year in range(1990, 2012)}
    return path(history, growth, (2012, 2013), rng)


def iranian_forecasts(stats: World, episode: Episode, rng: np.random.Generator) -> list[Forecast]:
    """Exports in all and to each buyer in 2012, a part of it under sanctions, and in 2013; then what Iran loses."""
    found = []
    in_2012, in_1391 = in_force(rng)
    for buyer in (None, *BUYERS):
        flow, factor = iranian_path(stats, buyer, rng), episode.factors("IRN", buyer)
        for k, year in enumerate((2012, 2013)):
            share = in_2012 if year == 2012 else 1.0
            ahead = flow[:, k] * np.tile(1 - share + share * factor, COPIES)
            what = f"Iran's exports to {buyer}, MUSD" if buyer else "Iran's exports, MUSD"
            found.append(Forecast(what, 2011, str(year), *quantiles(ahead), sold_by_iran(stats, year, buyer)))
    losses = {
        "real spending": episode.lost("welfare", "IRN"), "real income": episode.lost("real_wage", "IRN"),
        "oil neither sold nor used": episode.idle("IRN", "oil"),
    }  # fmt: skip
    for name, lost in losses.items():
        found.append(Forecast(f"Iran's loss, %: {name}", 2011, "2012/13", *quantiles(100 * in_1391 * lost), FELL))
    return found
