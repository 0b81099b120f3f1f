"""What tests of trade targets share: a small world's trade and GDP, a file of targets, and a model to stand in."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from tumen.trade.targets import Known

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

HEAD = "id,country_a,country_b,announced_date,base_year,base_value_usd_bn,target_value_usd_bn,target_year"
GOOD = "good,RUS,CHN,2006-03,2005,29.1,60,2010"


def written(folder: Path, *rows: str, head: str = HEAD, name: str = "targets.csv") -> Path:
    """A file of targets."""
    path = folder / name
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def panel(
    first: int = 1998, last: int = 2014, countries: tuple[str, ...] = ("BLR", "CHN", "KAZ", "RUS")
) -> pd.DataFrame:
    """Flows that grow at different speeds, not quite smoothly; MUSD."""
    rows = []
    for k, (a, b) in enumerate(permutations(countries, 2)):
        for year in range(first, last + 1):
            t = year - first
            rows.append((year, a, b, 100.0 * (k + 1) * np.exp((0.02 + 0.01 * k) * t + 0.1 * np.sin(1.7 * t + k))))
    return pd.DataFrame(rows, columns=["year", "exporter", "importer", "value"])


def products(
    first: int = 1998, last: int = 2014, countries: tuple[str, ...] = ("BLR", "CHN", "KAZ", "RUS")
) -> pd.DataFrame:
    """GDPs in dollars."""
    rows = [
        (c, year, "gdp", 1e11 * (k + 1) * np.exp((0.03 + 0.01 * k) * (year - first)))
        for k, c in enumerate(countries)
        for year in range(first, last + 1)
    ]
    return pd.DataFrame(rows, columns=["iso3", "year", "indicator", "usd"])


@dataclass(frozen=True, slots=True, eq=False)
class Walked:
    """The answer of `walk`."""

    reached: Array
    in_year: Array
    extrapolated: npt.NDArray[np.bool_]
    middle: Array
    spread: Array

    def quantiles(self, level: float) -> Array:
        from scipy.special import ndtri

        return self.middle * np.exp(float(ndtri(level)) * self.spread)


def walk(known: Known, target: Array, by: IntArray) -> Walked:
    """A random walk whose drift is half the growth of the flow and of both GDPs known, by reflection; a stand-in."""
    from scipy.special import ndtr

    drift = np.zeros(len(target))
    for series in (known.flows, known.gdp_a, known.gdp_b):
        for i, row in enumerate(series):
            steps = np.diff(np.log(np.where(np.isfinite(row), row, 1.0)))
            both = np.isfinite(row[1:]) & np.isfinite(row[:-1])
            drift[i] += steps[both].mean() / 6 if both.any() else 0.0
    years = (by - known.base_year).astype(np.float64)
    middle, spread = known.base * np.exp(drift * years), 0.25 * np.sqrt(years)
    above = ndtr((np.log(middle) - np.log(target)) / spread)
    return Walked(np.minimum(2 * above, 1.0), above, known.base < 100.0, middle, spread)
