"""Sparse shocks to a labelled baseline of many sectors, by draw: from labels to `_multi_bulk.py` and back.

Flows of a draw that share exporter and importer are one pair there, with a cost and a tariff for each sector. Closures
that the bulk does not have, and a substitution between sectors other than one, are solved draw by draw.
"""

from __future__ import annotations

import os
from typing import Literal

import numpy as np

from tumen.errors import CaseError, NoConvergence
from tumen.trade._baseline import Array, Baseline
from tumen.trade._bulk_shocks import SparseShocks
from tumen.trade._closures import Closure
from tumen.trade._many import many_sectors
from tumen.trade._multi_sparse import BulkSolution, PairChanges
from tumen.trade._shocks import Rule, Shock

__all__ = ["solve_sectors"]

Deficits = Literal["additive", "world_share", "bilateral"]
_RULES: dict[Closure, Deficits] = {
    Closure.ADDITIVE: "additive",
    Closure.WORLD_SHARE: "world_share",
    Closure.BALANCED: "additive",  # of a baseline that was purged
    Closure.BILATERAL: "bilateral",
}
_FACTORS = ("welfare", "real_wage", "wage", "price_index", "exports", "imports")


def solve_sectors(
    base: Baseline, shocks: SparseShocks, closure: Closure, tolerance: float, workers: int | None, mark: bool
) -> tuple[dict[str, Array], dict[int, str]]:
    """Factors (draw, country) by name, with `residual` and `iterations` (draw,); reasons of failures by draw.

    Raises CaseError, UnknownName, and NoConvergence unless failures are to be marked.
    """
    if shocks.elasticity is not None:
        raise CaseError(["shocks: elasticities by draw are for one sector without new tariffs"])
    changes = _changes(base, shocks)
    if closure not in _RULES or base.substitution != 1:
        return _one_by_one(base, changes, closure, tolerance, mark)
    from tumen.trade._multi_bulk import solve_bulk
    from tumen.trade._multi_solve import rebase

    world, exports, imports = many_sectors(base), base.exports, base.imports
    if closure is Closure.BALANCED:
        purged = rebase(world, deficit=np.zeros(len(base.countries)))
        world, exports, imports = purged.as_base(), purged.exports, purged.imports
    threads = max(1, workers or os.cpu_count() or 1)
    found = solve_bulk(world, changes, _RULES[closure], tol=tolerance, threads=threads, mark=mark)
    return _factors(found, exports, imports), found.failed


def _factors(found: BulkSolution, exports: Array, imports: Array) -> dict[str, Array]:
    factors = {
        "welfare": found.real_income,
        "real_wage": found.real_wage,
        "wage": found.wage,
        "price_index": found.price_index,
        "exports": _over(found.exports, exports),
        "imports": _over(found.imports, imports),
    }
    return factors | {"residual": found.residual, "iterations": found.iterations.astype(np.float64)}


def _over(after: Array, before: Array) -> Array:
    """After over before; 1 where there was nothing."""
    return np.where(before > 0, after / np.where(before > 0, before, 1.0), 1.0)


def _changes(base: Baseline, shocks: SparseShocks) -> PairChanges:
    """Pairs by draw, with costs and tariffs by sector."""
    i, j, s, cost, tariff = shocks.cells(base)
    n, sectors = len(base.countries), len(base.sectors)
    touched = (cost != 1) | ~np.isnan(tariff)
    draw = np.broadcast_to(np.arange(shocks.draws)[:, None], cost.shape)[touched]
    i, j, s, cost, tariff = i[touched], j[touched], s[touched], cost[touched], tariff[touched]
    pair, place = np.unique((draw * n + i) * n + j, return_inverse=True)
    count = np.zeros((len(pair), sectors), dtype=np.int64)
    costs, tariffs = np.ones(count.shape), np.full(count.shape, np.nan)
    wide = np.flatnonzero(s < 0)
    rows = np.concatenate([np.flatnonzero(s >= 0), np.repeat(wide, sectors)])
    columns = np.concatenate([s[s >= 0], np.tile(np.arange(sectors), len(wide))])
    np.add.at(count, (place[rows], columns), 1)
    costs[place[rows], columns] = cost[rows]
    tariffs[place[rows], columns] = tariff[rows]
    twice = np.flatnonzero((count > 1).any(axis=1))
    if len(twice):
        number = int(pair[twice[0]] // (n * n))
        raise CaseError([f"shocks: draw {number} changes the same flow twice; multiply the two factors"])
    return PairChanges(shocks.draws, pair // (n * n), pair // n % n, pair % n, costs, tariffs)


def _shock(base: Baseline, changes: PairChanges, draw: int) -> Shock:
    """One draw by label."""
    rules = []
    for entry in np.flatnonzero(changes.draw == draw):
        exporter, importer = (base.countries[int(place[entry])] for place in (changes.exporter, changes.importer))
        for sector, cost, rate in zip(base.sectors, changes.cost[entry], changes.tariff[entry], strict=True):
            rules.append(Rule(exporter, importer, sector, float(cost), None, None if np.isnan(rate) else float(rate)))
    return Shock(tuple(rules))


def _one_by_one(
    base: Baseline, changes: PairChanges, closure: Closure, tolerance: float, mark: bool
) -> tuple[dict[str, Array], dict[int, str]]:
    from tumen.trade._equilibrium import counterfactual

    out: dict[str, Array] = {name: np.full((changes.draws, len(base.countries)), np.nan) for name in _FACTORS}
    out |= {name: np.full(changes.draws, np.nan) for name in ("residual", "iterations")}
    failed: dict[int, str] = {}
    for draw in range(changes.draws):
        try:
            found = counterfactual(base, _shock(base, changes, draw), closure, tolerance=tolerance)
        except NoConvergence as refusal:
            if not mark:
                raise NoConvergence(f"draw {draw}: {refusal}") from None
            failed[draw] = str(refusal)
            continue
        for name, array in out.items():
            array[draw] = getattr(found, name)
    return out, failed
