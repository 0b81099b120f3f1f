"""What tests of the panel forecast share: simulated worlds of trade, parameters and questions made by hand."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri

from tumen.trade._flow_panel import log_distance
from tumen.trade._forecast_features import FEATURES
from tumen.trade._forecast_parameters import SETS, TABLED, Horizon, Parameters
from tumen.trade.forecast import FlowPanel, Known

Array = npt.NDArray[np.float64]

COUNTRIES = (
    "ARG", "AUS", "AUT", "BEL", "BLR", "BRA", "CAN", "CHE", "CHL", "CHN", "CZE", "DEU", "DNK", "EGY", "ESP", "FIN",
    "FRA", "GBR", "GRC", "HUN", "IDN", "IND", "IRL", "IRN", "ISR", "ITA", "JPN", "KAZ", "KOR", "MEX", "MYS", "NLD",
    "NOR", "NZL", "POL", "PRT", "RUS", "SWE", "THA", "TUR", "UKR", "USA", "VNM", "ZAF",
)  # fmt: skip


def ends(n: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """All pairs of n countries."""
    a, b = np.triu_indices(n, 1)
    return a.astype(np.int64), b.astype(np.int64)


def gravity_panel(seed: int, n: int = 40, years: int = 3, noise: float = 0.4) -> tuple[FlowPanel, Array]:
    """A panel whose gaps to potential are known, (pair, year): normal, with country effects that move by year."""
    rng, (a, b) = np.random.default_rng(seed), ends(n)
    names = COUNTRIES[:n]
    effect = rng.normal(0.0, 1.0, (n, years))
    distance = log_distance([names[i] for i in a], [names[j] for j in b])[:, None]
    gap = rng.normal(0.0, noise, (len(a), years))
    log_flow = 5.0 + effect[a] + effect[b] - rng.uniform(0.8, 1.2, years) * (distance - 8.0) + gap
    return FlowPanel(tuple(range(2000, 2000 + years)), names, a, b, np.exp(log_flow)), gap


def returning_panel(
    seed: int, n: int = 22, years: int = 46, stays: float = 0.8, spread: float = 0.2, drift: float = 0.03
) -> FlowPanel:
    """Flows of some 50 MUSD that return to their potential: of the gap a share stays each year."""
    rng, (a, b) = np.random.default_rng(seed), ends(n)
    gap = np.empty((len(a), years))
    gap[:, 0] = rng.normal(0.0, spread / np.sqrt(1 - stays**2), len(a))
    for t in range(1, years):
        gap[:, t] = stays * gap[:, t - 1] + rng.normal(0.0, spread, len(a))
    first = 1960
    log_flow = np.log(50.0) + drift * (np.arange(years) + first - 2000) + gap
    return FlowPanel(tuple(range(first, first + years)), COUNTRIES[:n], a, b, np.exp(log_flow))


def world(first: int = 1998, last: int = 2013, n: int = 18) -> pd.DataFrame:
    """Flows among many countries, among them those of `targets_support`, as a table; MUSD."""
    rng = np.random.default_rng(5)
    names = ("BLR", "CHN", "KAZ", "RUS", *(c for c in COUNTRIES if c not in ("BLR", "CHN", "KAZ", "RUS")))[:n]
    size = rng.normal(3.5, 0.7, n)
    rows = []
    for i, exporter in enumerate(names):
        for j, importer in enumerate(names):
            if i != j:
                steps = np.cumsum(rng.normal(0.06, 0.2, last - first + 1))
                flows = np.exp(size[i] + size[j] - 1.0 + steps)
                rows += [(first + t, exporter, importer, flow) for t, flow in enumerate(flows)]
    return pd.DataFrame(rows, columns=["year", "exporter", "importer", "value"])


def made(
    last: int = 2000, drift: float = 0.0, spread: float = 0.3, common: float = 0.0, walks: bool = False
) -> Parameters:
    """Parameters of a Gaussian forecast that looks at no feature; the spread grows as a random walk's, or does not."""
    normal = ndtri(np.array(TABLED))
    sets = {
        name: tuple(
            Horizon(
                h, np.zeros(1 + len(where)),
                np.array([np.log(spread * (np.sqrt(h) if walks else 1.0)), *np.zeros(len(scale))]), normal,
            )
            for h in range(1, 21)
        )
        for name, (where, scale) in SETS.items()
    }  # fmt: skip
    n = len(FEATURES)
    shocks = np.stack([common * normal] * 20)
    return Parameters(last, drift, shocks, np.zeros(n), np.full(n, -9.0), np.full(n, 9.0), sets, 0.5, 0.5)


def question(
    base: float | Array = 1000.0, base_year: int = 2010, announced: int = 2011, history: Array | None = None,
    first: int | None = None,
) -> Known:  # fmt: skip
    """Questions with the same history, or none."""
    bases = np.atleast_1d(np.asarray(base, dtype=np.float64))
    n = len(bases)
    flows = np.full((n, 1), np.nan) if history is None else np.tile(history, (n, 1))
    start = base_year if first is None else first
    years = tuple(range(start, start + flows.shape[1]))
    none = np.full(flows.shape, np.nan)
    whole = np.full(n, base_year), np.full(n, announced)
    return Known(
        years=years, flows=flows, gdp_a=none, gdp_b=none, base_year=whole[0], base=bases, announced=whole[1], gap=none,
        rise=none,
    )  # fmt: skip


def some(known: Known, which: slice | list[int]) -> Known:
    """Some of the questions."""
    rows = {f.name: getattr(known, f.name)[which] for f in fields(known) if f.name != "years"}
    return Known(years=known.years, **rows)


def lively(seed: int = 3, last: int = 1994) -> Parameters:
    """Parameters by which everything counts: all features, drift, shocks in common, skewed residuals."""
    rng, plain = np.random.default_rng(seed), made(last, drift=0.04, spread=0.4, common=0.2, walks=True)
    sets = {
        name: tuple(
            replace(
                h, location=rng.normal(0.0, 0.1, len(h.location)),
                log_scale=h.log_scale + rng.normal(0.0, 0.05, len(h.log_scale)), residual=h.residual - 0.2,
            )
            for h in rows
            if h.years in (1, 2, 3, 5, 7, 10, 20)
        )
        for name, rows in plain.sets.items()
    }  # fmt: skip
    n = len(FEATURES)
    return replace(
        plain, sets=sets, shocks=plain.shocks[:7] + 0.01, centre=rng.normal(0.0, 0.1, n), low=np.full(n, -2.0),
        high=np.full(n, 2.0),
    )  # fmt: skip
