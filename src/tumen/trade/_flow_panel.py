"""The world's two-way flows by pair and year, and how far each stands above or below its gravity potential.

With F_abt the flow of a pair in a year, both directions, and d_ab the great-circle distance between the capitals,

    ln F_abt = m_t + u_at + u_bt + γ_t (ln d_ab − mean_t) + e_abt

is fitted in each year by itself, with an effect for every country, so that nothing of another year can enter. e is the
gap to potential: its level says how much two countries trade for their sizes and their distance, its change what
happened to the pair alone. Structural gravity in its symmetric form (Anderson and van Wincoop 2003). The fit minimises
absolute deviations beyond 0.3 and squares within (Huber 1964), by four rounds of reweighted least squares, since a few
absurd figures would else move a small country's effect; a ridge of half an observation on each effect decides for
countries with hardly any partner. Normalisation: m_t is the median log flow.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tumen.trade._targets_places import capitals

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

__all__ = ["FlowPanel", "flow_panel", "log_distance", "read_flow_panel"]

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_ROUNDS, _NEAR, _RIDGE = 4, 0.3, 0.5
_FEWEST = 100  # pairs in a year, so that country effects say something
_EARTH = 6371.0  # km
_LEAST_KM = 50.0  # Brazzaville and Kinshasa, Rome and the Vatican


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FlowPanel:
    """Two-way flows of pairs of countries by year.

    years: consecutive. countries: codes. a, b: places of each pair's countries, a < b, (pair,). flows: nominal MUSD in
    both directions, NaN where there is no figure, (pair, year). gap: log flow less its gravity potential, (pair, year),
    NaN where there is no flow, no capital is known, or too few pairs have figures in the year. rise: growth of both
    countries' trade since the year before, less twice that of the world's, in logs, over the pairs that have figures in
    both years, (pair, year); NaN as the gap. notes: what of a file was not read, in words.
    """

    years: tuple[int, ...]
    countries: tuple[str, ...]
    a: IntArray
    b: IntArray
    flows: Array
    notes: tuple[str, ...] = ()
    gap: Array = field(init=False)
    rise: Array = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "gap", _gaps(self))
        object.__setattr__(self, "rise", _rises(self))
        for array in (self.a, self.b, self.flows, self.gap, self.rise):
            array.setflags(write=False)

    def __repr__(self) -> str:
        figures = int(np.isfinite(self.flows).sum())
        if not figures:
            return "no two-way flows"
        return (
            f"{figures:,} two-way flows of {len(self.a):,} pairs of {len(self.countries)} countries, "
            f"{self.years[0]}-{self.years[-1]}"
        )

    def place(self, a: str, b: str) -> int:
        """The place of a pair, -1 where it has none."""
        if a not in self.countries or b not in self.countries:
            return -1
        i, j = sorted((self.countries.index(a), self.countries.index(b)))
        found = np.flatnonzero((self.a == i) & (self.b == j))
        return int(found[0]) if found.size else -1


def flow_panel(first: int, countries: Sequence[str], cube: Array, notes: tuple[str, ...] = ()) -> FlowPanel:
    """The panel from directed flows in MUSD, (year, exporter, importer), NaN for none; a sum needs both directions."""
    cube = _lasting(cube)
    both = cube + cube.transpose(0, 2, 1)
    both = np.where(both > 0, both, np.nan)
    i, j = np.triu_indices(both.shape[1], 1)
    flows = both[:, i, j].T
    some = np.isfinite(flows).any(axis=1)
    years = tuple(range(first, first + len(cube)))
    a, b = i[some].astype(np.int64), j[some].astype(np.int64)
    return FlowPanel(years, tuple(countries), a, b, flows[some], notes)


def read_flow_panel(source: Path | str | pd.DataFrame, before: int = 9999) -> FlowPanel:
    """The panel from a file or table with `year, exporter, importer` and `value` or `imports_musd`, in MUSD.

    Years from `before` on are not read. Raises CaseError for a file that cannot be used, MissingExtra for Parquet
    without pyarrow.
    """
    from tumen.trade._targets_history import read_panel

    table = read_panel(source, tuple(capitals()), before)
    return flow_panel(table.first, tuple(table.places), table.values[:, :-1, :-1], table.notes)


def _lasting(cube: Array) -> Array:
    """The years up to the last one that has a figure."""
    some = np.flatnonzero(np.isfinite(cube).any(axis=(1, 2)))
    return cube[: some[-1] + 1] if some.size else cube[:0]


def log_distance(a: Sequence[str], b: Sequence[str]) -> Array:
    """Log kilometres between the capitals of pairs, by great circle; NaN where one is not known."""
    known = capitals()
    nowhere = (math.nan, math.nan)
    here, there = (np.radians([known.get(code, nowhere) for code in side]).reshape(-1, 2) for side in (a, b))
    half = np.sin((there - here) / 2) ** 2
    chord = half[:, 0] + np.cos(here[:, 0]) * np.cos(there[:, 0]) * half[:, 1]
    km = 2 * _EARTH * np.arcsin(np.sqrt(np.clip(chord, 0.0, 1.0)))
    return np.asarray(np.log(np.maximum(km, _LEAST_KM)))


def _gaps(panel: FlowPanel) -> Array:
    distance = log_distance([panel.countries[i] for i in panel.a], [panel.countries[j] for j in panel.b])
    located = np.isfinite(distance)
    gap = np.full(panel.flows.shape, np.nan)
    for column in range(panel.flows.shape[1]):
        rows = np.flatnonzero(np.isfinite(panel.flows[:, column]) & located)
        if len(rows) >= _FEWEST:
            log_flow = np.log(panel.flows[rows, column])
            apart = distance[rows] - distance[rows].mean()  # of this year's pairs: which others come later is not known
            gap[rows, column] = _residual(log_flow, panel.a[rows], panel.b[rows], apart)
    return gap


def _rises(panel: FlowPanel) -> Array:
    rise = np.full(panel.flows.shape, np.nan)
    n = len(panel.countries)
    for column in range(1, panel.flows.shape[1]):
        before, now = panel.flows[:, column - 1], panel.flows[:, column]
        both = np.isfinite(before) & np.isfinite(now)
        if both.sum() < _FEWEST:
            continue
        ends = np.concatenate([panel.a[both], panel.b[both]])
        old, new = (np.bincount(ends, np.tile(flows[both], 2), n) for flows in (before, now))
        traded = (old > 0) & (new > 0)
        growth = np.log(np.where(traded, new, 1.0)) - np.log(np.where(traded, old, 1.0))
        world = math.log(now[both].sum()) - math.log(before[both].sum())
        rise[:, column] = np.where(np.isfinite(now), growth[panel.a] + growth[panel.b] - 2 * world, np.nan)
    return rise


def _residual(log_flow: Array, a: IntArray, b: IntArray, distance: Array) -> Array:
    """What country effects and distance leave of one year's log flows, (pair,)."""
    labels, inverse = np.unique(np.concatenate([a, b]), return_inverse=True)
    n, (a, b) = len(labels), np.split(inverse, 2)
    y = log_flow - np.median(log_flow)
    weight, residual = np.ones(len(y)), y
    for _ in range(_ROUNDS):
        normal = np.zeros((n + 1, n + 1))
        np.add.at(normal, (a, b), weight)
        normal += normal.T
        normal[np.diag_indices(n)] = np.bincount(a, weight, n) + np.bincount(b, weight, n)
        pull = weight * distance
        normal[:n, n] = normal[n, :n] = np.bincount(a, pull, n) + np.bincount(b, pull, n)
        normal[n, n] = pull @ distance
        normal[np.diag_indices(n + 1)] += _RIDGE
        right = np.append(np.bincount(a, weight * y, n) + np.bincount(b, weight * y, n), pull @ y)
        effect = np.linalg.solve(normal, right)
        residual = y - effect[a] - effect[b] - effect[n] * distance
        weight = 1.0 / np.maximum(np.abs(residual), _NEAR)
    return residual
