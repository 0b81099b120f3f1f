"""Sparse changes of pairs over many draws, what they do to the sums over partners, and their Anderson acceleration."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tumen.trade._multi import Array, ManySectors, frozen
from tumen.trade._multi_system import Dense

__all__ = ["BulkSolution", "Memory", "PairChanges", "Sparse", "sparse"]

Index = NDArray[np.intp]


@dataclass(frozen=True)
class PairChanges:
    """Changes of pairs in many draws, one entry a pair and draw; read-only.

    `draws`: their number. `draw`, `exporter`, `importer` (K,): whose. `cost` (K, S): iceberg factors by sector, 1 none,
    `inf` an embargo. `tariff` (K, S): the new tariffs; nan leaves the baseline's. A pair comes once in a draw.
    """

    draws: int
    draw: Index
    exporter: Index
    importer: Index
    cost: Array
    tariff: Array

    def __post_init__(self) -> None:
        for name in ("draw", "exporter", "importer"):
            index = np.array(getattr(self, name), dtype=np.intp)
            index.setflags(write=False)
            object.__setattr__(self, name, index)
        for name in ("cost", "tariff"):
            object.__setattr__(self, name, frozen(getattr(self, name)))

    def problems(self, base: ManySectors) -> list[str]:
        """Why these changes do not fit the baseline."""
        s, n, _ = base.shares.shape
        count = len(self.draw)
        for name in ("cost", "tariff"):
            if getattr(self, name).shape != (count, s):
                return [f"{name}: shape {getattr(self, name).shape}, expected {(count, s)}"]
        problems = []
        for name, limit in (("draw", self.draws), ("exporter", n), ("importer", n)):
            values = getattr(self, name)
            if values.shape != (count,):
                return [f"{name}: shape {values.shape}, expected {(count,)}"]
            if count and (values.min() < 0 or values.max() >= limit):
                problems.append(f"{name}: {values.min()} to {values.max()}, expected 0 to {limit - 1}")
        if not (self.cost > 0).all():
            problems.append("cost: a value is not a positive factor")
        if (self.tariff <= -1).any() or np.isinf(self.tariff).any():
            problems.append("tariff: a value is not a number above -1; 0.1 is ten per cent, nan leaves it")
        key = (self.draw * n + self.exporter) * n + self.importer
        if len(np.unique(key)) != count:
            problems.append("draw, exporter, importer: a pair comes twice in a draw; multiply its factors")
        return problems


@dataclass(frozen=True, eq=False)
class BulkSolution:
    """Results by draw and country (D, N); hats are factors, values MUSD at the numeraire; checks are by draw (D,)."""

    wage: Array
    real_income: Array
    real_wage: Array
    price_index: Array
    exports: Array
    imports: Array
    revenue: Array
    iterations: Index
    residual: Array
    walras_gap: Array
    alone: NDArray[np.bool_]  # solved by `solve`, not in a block
    failed: dict[int, str]  # why there is no equilibrium, by draw


@dataclass
class Sparse:
    """The sums over partners for a block of draws: the baseline's, and slots of changed pairs."""

    base: Dense
    exporter: Index  # (slot, D): flat index exporter * D + draw
    importer: Index
    weight: Array  # (slot, S, D): new less old weight
    net: Array  # (slot, S, D): the same before tariff
    home: Array

    def phi(self, bundle: Array) -> tuple[Array, Array]:
        s, n, d = bundle.shape
        sums = self.base.both @ bundle
        flat, total = bundle.reshape(s, n * d), sums.reshape(s, 2 * n * d)
        for slot in range(len(self.weight)):
            made = np.take(flat, self.exporter[slot], axis=1)
            total[:, self.importer[slot]] += self.weight[slot] * made
            total[:, self.importer[slot] + n * d] += self.net[slot] * made
        return sums[:, :n], sums[:, n:]

    def sales(self, demand: Array) -> Array:
        s, n, d = demand.shape
        sums = self.base.foreign @ demand
        flat, total = demand.reshape(s, n * d), sums.reshape(s, n * d)
        for slot in range(len(self.net)):
            total[:, self.exporter[slot]] += self.net[slot] * np.take(flat, self.importer[slot], axis=1)
        return sums

    def only(self, kept: Index) -> Sparse:
        """The sums of some of the draws."""
        d, size = self.weight.shape[2], len(kept)
        own = np.arange(size)
        return replace(
            self,
            exporter=self.exporter[:, kept] // d * size + own,
            importer=self.importer[:, kept] // d * size + own,
            weight=np.ascontiguousarray(self.weight[:, :, kept]),
            net=np.ascontiguousarray(self.net[:, :, kept]),
        )


class Memory:
    """Anderson's acceleration of type II for many draws side by side: arrays (depth, length, D)."""

    def __init__(self, depth: int, length: int, draws: int) -> None:
        self.steps = np.empty((depth, length, draws))
        self.moves = np.empty((depth, length, draws))
        self.gram = np.zeros((draws, depth, depth))
        self.point = np.empty((length, draws))
        self.step = np.empty((length, draws))
        self.count = -1

    def next(self, point: Array, step: Array) -> Array:
        """The next points from these and the steps that the map suggests."""
        if self.count < 0:
            after = point + step
        else:
            depth = len(self.steps)
            slot = self.count % depth
            np.subtract(step, self.step, out=self.steps[slot])
            np.subtract(point, self.point, out=self.moves[slot])
            self.moves[slot] += self.steps[slot]
            used = min(self.count + 1, depth)
            right = np.empty((step.shape[1], used, 1))
            for index in range(used):
                product = np.einsum("ud,ud->d", self.steps[index], self.steps[slot])
                self.gram[:, slot, index] = self.gram[:, index, slot] = product
                right[:, index, 0] = np.einsum("ud,ud->d", self.steps[index], step)
            gram = self.gram[:, :used, :used].copy()
            own = np.arange(used)
            gram[:, own, own] = gram[:, own, own] * (1 + 1e-12) + 1e-300
            mix = np.linalg.solve(gram, right)[:, :, 0]
            after = point + step
            for index in range(used):
                after -= self.moves[index] * mix[:, index]
        self.point, self.step = point, step
        self.count += 1
        return after

    def only(self, kept: Index) -> None:
        """Forget the other draws."""
        self.steps, self.moves = self.steps[:, :, kept], self.moves[:, :, kept]
        self.gram = self.gram[kept]
        self.point, self.step = self.point[:, kept], self.step[:, kept]


def sparse(base: ManySectors, sums: Dense, changes: PairChanges, draws: Index) -> Sparse:
    """The sums of some of the draws, with each draw's pairs in slots."""
    place = np.full(changes.draws, -1, dtype=np.intp)
    place[draws] = np.arange(len(draws))
    entries = np.flatnonzero(place[changes.draw] >= 0)
    entries = entries[np.argsort(place[changes.draw[entries]], kind="stable")]
    column = place[changes.draw[entries]]
    slot = np.arange(len(entries)) - np.searchsorted(column, column)
    exporter, importer = changes.exporter[entries], changes.importer[entries]
    old = base.shares[:, exporter, importer]
    before = base.tariff[:, exporter, importer]
    after = changes.tariff[entries].T
    after = np.where(np.isnan(after), before, after)
    barrier = changes.cost[entries].T * (1 + after) / (1 + before)
    new = old * np.where(old > 0, barrier, 1.0) ** -base.theta[:, None]
    slots, size, s = int(slot.max(initial=-1)) + 1, len(draws), len(base.theta)
    own = np.broadcast_to(np.arange(size), (slots, size))
    found = Sparse(sums, own.copy(), own.copy(), np.zeros((slots, s, size)), np.zeros((slots, s, size)), sums.home)
    found.exporter[slot, column] = exporter * size + column
    found.importer[slot, column] = importer * size + column
    found.weight[slot, :, column] = (new - old).T
    found.net[slot, :, column] = (new / (1 + after) - old / (1 + before)).T
    return found
