"""Thousands of small shocks to one baseline: a few flows in each draw, and the elasticity if it is drawn too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tumen.errors import CaseError, unknown_name
from tumen.trade._baseline import Array, Baseline
from tumen.trade._shocks import Resolved

__all__ = ["Places", "SparseShocks"]

Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class SparseShocks:
    """Changes of k flows in each draw.

    exporter, importer: labels or places in the baseline's order, (draw, k), or (k,) where all draws change the same
    flows. cost (draw, k): factors on iceberg costs, 1 for none, inf for an embargo. elasticity: theta by draw (draw,),
    or None for the baseline's; for one sector. sector: likewise labels or places, None for all sectors of a flow.
    tariff (draw, k): new rates, nan for the baseline's. Raises CaseError where shapes do not fit or a value is
    impossible.

    >>> shocks = SparseShocks(["CHN"], ["PRK"], [[1.1], [float("inf")]])
    >>> shocks.draws
    2
    """

    exporter: Sequence[str] | npt.ArrayLike
    importer: Sequence[str] | npt.ArrayLike
    cost: npt.ArrayLike
    elasticity: npt.ArrayLike | None = None
    sector: Sequence[str] | npt.ArrayLike | None = None
    tariff: npt.ArrayLike | None = None

    def __post_init__(self) -> None:
        cost = np.array(self.cost, dtype=np.float64)
        problems = []
        if cost.ndim != 2:
            problems.append(f"shocks: cost has shape {cost.shape}; expected (draw, flow)")
        elif not np.all(cost > 0):
            problems.append("shocks: a cost is not above 0; expected factors, 1 for none, inf for an embargo")
        for name in ("exporter", "importer", "sector"):
            given = getattr(self, name)
            shape = cost.shape if given is None else np.shape(given)
            if cost.ndim == 2 and shape not in (cost.shape, cost.shape[1:]):
                problems.append(f"shocks: {name} has shape {shape}; expected {cost.shape} or {cost.shape[1:]}")
        if self.elasticity is not None:
            theta = np.array(self.elasticity, dtype=np.float64)
            if theta.shape != cost.shape[:1] or not np.all(np.isfinite(theta) & (theta > 0)):
                problems.append(f"shocks: elasticity must be theta above 0 for each of {len(cost)} draws")
            theta.setflags(write=False)
            object.__setattr__(self, "elasticity", theta)
        if self.tariff is not None:
            tariff = np.array(self.tariff, dtype=np.float64)
            if tariff.shape != cost.shape or np.isinf(tariff).any() or (tariff <= -1).any():
                problems.append(f"shocks: tariff must be rates above -1, nan for no change, of shape {cost.shape}")
            tariff.setflags(write=False)
            object.__setattr__(self, "tariff", tariff)
        if problems:
            raise CaseError(problems)
        cost.setflags(write=False)
        object.__setattr__(self, "cost", cost)

    @property
    def draws(self) -> int:
        return len(np.asarray(self.cost))

    def resolve(self, base: Baseline) -> tuple[Places, Places, Array, Array]:
        """Exporters, importers and log costs (draw, k), and theta (draw,); raises CaseError, UnknownName.

        For one sector; `cells` gives all that many sectors need.
        """
        log_cost = np.log(np.asarray(self.cost, dtype=np.float64))
        i, j = (_places(values, "country", base.countries, log_cost.shape) for values in (self.exporter, self.importer))
        pair = np.sort(np.where(log_cost == 0, -1 - np.arange(log_cost.shape[1]), i * len(base.countries) + j), axis=1)
        twice = np.flatnonzero((pair[:, 1:] == pair[:, :-1]).any(axis=1))
        if len(twice):
            raise CaseError([f"shocks: draw {twice[0]} changes the same flow twice; multiply the two factors"])
        if self.elasticity is None:
            return i, j, log_cost, np.full(self.draws, float(base.elasticity[0]))
        return i, j, log_cost, np.asarray(self.elasticity, dtype=np.float64)

    def cells(self, base: Baseline) -> tuple[Places, Places, Places, Array, Array]:
        """Exporters, importers, sectors (-1 for all), cost factors and new tariffs, (draw, k) each."""
        cost = np.asarray(self.cost, dtype=np.float64)
        i, j = (_places(values, "country", base.countries, cost.shape) for values in (self.exporter, self.importer))
        s = np.full(cost.shape, -1)
        if self.sector is not None:
            s = _places(self.sector, "sector", base.sectors, cost.shape)
        tariff = np.full(cost.shape, np.nan) if self.tariff is None else np.asarray(self.tariff, dtype=np.float64)
        return i, j, s, cost, tariff


def _places(values: Sequence[str] | npt.ArrayLike, kind: str, known: tuple[str, ...], shape: tuple[int, ...]) -> Places:
    given = np.asarray(values)
    if given.dtype.kind in "iu":
        if given.size and not (given.min() >= 0 and given.max() < len(known)):
            raise CaseError([f"shocks: places must lie between 0 and {len(known) - 1}"])
        places = given.astype(np.int64)
    else:
        labels, inverse = np.unique(given.astype(str), return_inverse=True)
        order = {name: place for place, name in enumerate(known)}
        for label in labels:
            if str(label) not in order:
                raise unknown_name(kind, str(label), known)
        places = np.array([order[str(label)] for label in labels], dtype=np.int64)[inverse].reshape(given.shape)
    return np.ascontiguousarray(np.broadcast_to(places, shape))


def dense(base: Baseline, i: Places, j: Places, log_cost: Array) -> Resolved:
    """One draw as a shock in arrays."""
    costs = np.zeros(base.flows.shape)
    np.add.at(costs[0], (i, j), log_cost)
    ones = np.ones(len(base.countries))
    return Resolved(costs, base.tariffs, base.tariffs, ones, ones)
