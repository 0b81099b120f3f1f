"""One counterfactual through the goods nest, as an `Equilibrium`; and sparse shocks to one sector, as in `_bulk.py`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from tumen.errors import NoConvergence
from tumen.trade._baseline import Array, Baseline
from tumen.trade._closures import Closure
from tumen.trade._components import groups
from tumen.trade._equilibrium import Equilibrium
from tumen.trade._nest import NestShocks, Quota
from tumen.trade._nest_bulk import Answer, answer, block_of, purge
from tumen.trade._nest_jacobian import jacobian
from tumen.trade._nest_shocks import blocks, world_of
from tumen.trade._nest_system import evaluate
from tumen.trade._nest_world import Block, World, by_market
from tumen.trade._shocks import Resolved

__all__ = ["solve_nest", "solve_sparse"]

Places = npt.NDArray[np.int64]


def solve_nest(base: Baseline, changes: Resolved, closure: Closure, tolerance: float) -> Equilibrium:
    """The equilibrium after a shock in arrays; raises CaseError for what the nest cannot do, NoConvergence."""
    world = world_of(base, changes.tariff_before, closure)
    block = _block(base, changes)
    if closure is Closure.BALANCED:
        world, reason = purge(world, block, tolerance)
        if reason:
            raise NoConvergence(reason)
        base = _purged(base, world)
    rule = Closure.ADDITIVE if closure is Closure.BALANCED else closure
    found = answer(world, block, rule, tolerance)
    if found.reasons:
        raise NoConvergence(found.reasons[0])
    return _equilibrium(base, changes, closure, found)


def _block(base: Baseline, changes: Resolved) -> Block:
    s, i, j = np.nonzero(changes.log_cost)
    cells = [(base.sectors[a], base.countries[b], base.countries[c]) for a, b, c in zip(s, i, j, strict=True)]
    shocks = NestShocks(
        cells, cost=np.exp(changes.log_cost[s, i, j])[None, :], productivity=changes.productivity,
        labour=changes.labour,
        quotas=[Quota([(q.sector, q.exporter, q.importer)], q.limit, q.rent) for q in changes.limits],
    )  # fmt: skip
    made = blocks(base, shocks, None, None).block(np.zeros(1, dtype=np.int64))
    tariff = None if changes.tariff_after is None else by_market(changes.tariff_after)
    levy = None if changes.export_tax is None else by_market(changes.export_tax)
    return replace(made, tariff=tariff, levy=levy)


def _purged(base: Baseline, world: World) -> Baseline:
    n, goods = len(base.countries), len(base.sectors)
    made = Baseline.from_arrays(
        world.flows[0].reshape(n, goods, n).transpose(1, 0, 2), base.countries, sectors=base.sectors,
        elasticity=base.elasticity, tariffs=base.tariffs, notes=(*base.notes, "deficits were purged"),
        substitution=base.substitution,
    )  # fmt: skip
    nothing = np.zeros(n)
    nothing.setflags(write=False)
    return replace(made, deficits=nothing, _cache={})


def _equilibrium(base: Baseline, changes: Resolved, closure: Closure, found: Answer) -> Equilibrium:
    assert found.problem is not None
    state = evaluate(found.problem, found.z)
    slopes = jacobian(found.problem, found.z, state)[0]
    flows = found.found["flows"][0]
    ties = np.asarray((flows > 0).any(axis=0))
    np.fill_diagonal(ties, False)
    same = ("wage", "price_index", "real_wage", "welfare", "revenue", "rents", "deficits")
    arrays: dict[str, Any] = {name: np.array(found.found[name][0]) for name in same}
    arrays |= {"flows_after": flows, "exports": _traded(flows, base.flows, 2), "imports": _traded(flows, base.flows, 1)}
    for array in arrays.values():
        array.setflags(write=False)
    spent, income = found.problem.sums(state.spent), found.problem.sums(state.claim)
    return Equilibrium(
        base, str(closure), **arrays, tariffs=changes.tariff_after, component=groups(ties), converged=True,
        iterations=int(found.iterations[0]), residual=float(state.worst[0]),
        walras_gap=float(np.abs(spent / income - 1).max()), step=float(found.steps[0]),
        condition=float(np.linalg.cond(slopes, np.inf)), method="nest", export_taxes=changes.export_tax,
    )  # fmt: skip


def _traded(after: Array, before: Array, axis: int) -> Array:
    """The factor on values abroad at exporters' prices, 1 where there was nothing."""
    abroad = 1 - np.eye(after.shape[1])
    new, old = ((flows * abroad).sum(axis=(0, axis)) for flows in (after, before))
    return np.where(old > 0, new / np.where(old > 0, old, 1.0), 1.0)


def solve_sparse(
    base: Baseline, draws: tuple[Places, Places, Array, Array], closure: Closure, tolerance: float
) -> tuple[dict[str, Array], dict[int, str]]:
    """Sparse shocks to a baseline of one sector: factors by name, residual and iterations, and reasons of failures.

    draws: exporters, importers and log costs (draw, k), and theta (draw,).
    """
    i, j, log_cost, theta = draws
    world = world_of(base, base.tariffs, closure)
    count, n = len(theta), len(base.countries)
    names = ("welfare", "real_wage", "wage", "price_index", "exports", "imports")
    out: dict[str, Array] = {name: np.full((count, n), np.nan) for name in names}
    out |= {"residual": np.full(count, np.nan), "iterations": np.full(count, np.nan)}
    failed: dict[int, str] = {}
    still = blocks(base, NestShocks(), None, None).block(np.zeros(1, dtype=np.int64))
    size = block_of(1, n, count)
    for first in range(0, count, size):
        rows = np.arange(first, min(first + size, count))
        dense = np.zeros((len(rows), n * n))
        np.add.at(dense, (np.arange(len(rows))[:, None], i[rows] * n + j[rows]), log_cost[rows])
        places = np.flatnonzero(dense.any(axis=0))
        block = replace(
            still, exporter=places // n, market=places % n, log_cost=dense[:, places], theta=theta[rows, None],
            log_limit=np.zeros((len(rows), 0)),
        )  # fmt: skip
        found = answer(world, block, closure, tolerance)
        failed |= {first + draw: reason for draw, reason in found.reasons.items()}
        where = first + found.rows
        for name in ("welfare", "real_wage", "wage", "price_index", "residual"):
            out[name][where] = found.found.get(name, np.nan)
        out["iterations"][where] = found.iterations
        for draw, flows in zip(where, found.found.get("flows", ()), strict=True):
            out["exports"][draw] = _traded(flows, base.flows, 2)
            out["imports"][draw] = _traded(flows, base.flows, 1)
    return out, failed
