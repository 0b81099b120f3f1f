"""Counterfactuals in bulk: one equilibrium for each draw of sparse shocks to a shared baseline.

Many sectors, and new tariffs, are solved by `_bulk_many.py`. With one sector, draws are sorted by elasticity and solved
in blocks (`_bulk_block.py`), one BLAS thread for each worker, so that memory beyond the results is bounded by the
blocks at work. The inverse Jacobian is made anew where the elasticity has moved by more than `_NEAR`. Draws that the
chord does not solve, or whose embargoes cut countries off, go down the ladder one by one. Every draw is an equilibrium
to the tolerance, or is refused with the reason.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from tumen.errors import NoConvergence, unknown_name
from tumen.trade._baseline import Array, Baseline
from tumen.trade._bulk_block import Room, Shared, solve_block, start
from tumen.trade._bulk_shocks import Places, SparseShocks, dense
from tumen.trade._closures import Closure, closure_named
from tumen.trade._equilibrium import NUMERAIRE, base_problem, purged, solve_resolved
from tumen.trade._single_solve import inverse_jacobian
from tumen.trade._threads import one_blas_thread

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["VARIABLES", "SparseShocks", "counterfactuals"]

VARIABLES = ("welfare", "real_wage", "wage", "price_index", "exports", "imports")
_CELLS = 250_000  # draws x countries of a block: the larger, the less threads wait for the interpreter
_MOST = 4096  # draws of a block
_NEAR = 0.05  # elasticities within this fraction share an inverse Jacobian
_HUBS = 8
OnFailure = Literal["raise", "mark"]


def counterfactuals(
    base: Baseline,
    shocks: SparseShocks,
    closure: str = "additive",
    *,
    variables: Sequence[str] = VARIABLES,
    tolerance: float = 1e-10,
    workers: int | None = None,
    on_failure: OnFailure = "raise",
) -> xr.Dataset:
    """The equilibrium of each draw, as factors (draw, country) against the baseline.

    variables: those of `VARIABLES` that are wanted. workers: threads, one for each core by default. on_failure: "raise"
    NoConvergence that names the draw, or "mark" it: `converged` False and its factors missing. Beside the factors
    stand, by draw, `converged`, `residual` (largest log imbalance of trade; with many sectors of any market or price),
    `iterations` and, with one sector, `theta`.

    Raises CaseError, UnknownName, NoConvergence. Values are at an unchanged value of world output.
    """
    for name in variables:
        if name not in VARIABLES:
            raise unknown_name("variable", name, VARIABLES)
    rule = closure_named(closure)
    if not base.one_sector or shocks.tariff is not None:
        from tumen.trade._bulk_many import solve_sectors

        found, failed = solve_sectors(base, shocks, rule, tolerance, workers, on_failure == "mark")
        wanted = {name: array for name, array in found.items() if name in variables or name not in VARIABLES}
        return _dataset(base, str(rule), wanted, None, failed)
    if rule is Closure.BALANCED:
        base = purged(base, tolerance)
    i, j, log_cost, theta = shocks.resolve(base)
    if rule is Closure.PROPORTIONAL:
        return _nested(base, rule, (i, j, log_cost, theta), variables, tolerance, on_failure)
    order = np.argsort(theta, kind="stable")
    shape = (shocks.draws, len(base.countries))
    out: dict[str, Array] = {name: np.empty(shape) for name in variables}
    out |= {"residual": np.empty(shocks.draws), "iterations": np.empty(shocks.draws)}
    singly = _singly(base, i, j, log_cost, rule)
    rest = order[~singly[order]]
    left = _blocks(base, rule, rest, (i, j, log_cost, theta), tolerance, out, workers)
    failed = _one_by_one(base, rule, np.sort(np.concatenate([np.flatnonzero(singly), left])), (i, j, log_cost, theta),
                         tolerance, out, on_failure)  # fmt: skip
    return _dataset(base, str(rule), out, theta, failed)


def _nested(
    base: Baseline,
    rule: Closure,
    draws: tuple[Places, Places, Array, Array],
    variables: Sequence[str],
    tolerance: float,
    on_failure: OnFailure,
) -> xr.Dataset:
    """The same through the goods nest, which alone knows balances that follow trade."""
    from tumen.trade._nest_single import solve_sparse

    out, failed = solve_sparse(base, draws, rule, tolerance)
    if failed and on_failure == "raise":
        number, reason = min(failed.items())
        raise NoConvergence(f"draw {number}: {reason}")
    wanted = {name: array for name, array in out.items() if name in variables or name not in VARIABLES}
    return _dataset(base, str(rule), wanted, draws[3], failed)


def _singly(base: Baseline, i: Places, j: Places, log_cost: Array, closure: Closure) -> npt.NDArray[np.bool_]:
    """Draws that need the care of the single solver: where an embargo may have cut countries off."""
    draws = len(i)
    if closure is Closure.WORLD_SHARE and base.tariffs is not None:
        return np.ones(draws, dtype=np.bool_)  # the deficit follows revenue, which blocks do not
    if np.isfinite(log_cost.max(initial=0.0)):
        return np.zeros(draws, dtype=np.bool_)
    dead = np.isinf(log_cost)
    suspect = dead.any(axis=1)
    ties = base.flows[0] > 0
    whole = [hub for hub in np.argsort(-base.output, kind="stable")[:_HUBS] if ties[hub].all() and ties[:, hub].all()]
    safe = np.zeros(draws, dtype=np.bool_)
    for hub in whole:  # all still trade both ways with a hub that no embargo touches, so nobody is cut off
        safe |= ~(dead & ((i == hub) | (j == hub))).any(axis=1)
    return np.asarray(suspect & ~safe)


def _blocks(
    base: Baseline,
    closure: Closure,
    order: Places,
    draws: tuple[Places, Places, Array, Array],
    tolerance: float,
    out: dict[str, Array],
    workers: int | None,
) -> Places:
    """Solves draws in blocks by threads; returns those left over."""
    i, j, log_cost, theta = draws
    if not len(order):
        return order
    threads = max(1, workers or os.cpu_count() or 1)
    rows = min(_MOST, max(16, _CELLS // len(base.countries)))  # whatever the threads, so that results are the same
    tasks: list[tuple[Places, Shared]] = []
    shared, centre = None, np.inf
    for block in np.split(order, range(rows, len(order), rows)):
        middle = float(np.median(theta[block]))
        if shared is None or abs(middle / centre - 1) > _NEAR:
            shared, centre = _shared(base, closure, middle), middle
        tasks.append((block, shared))

    rooms = threading.local()

    def solve(task: tuple[Places, Shared]) -> Places:
        block, common = task
        if not hasattr(rooms, "room"):
            rooms.room = Room(min(rows, len(order)), len(base.countries))
        factor = np.exp(-theta[block, None] * log_cost[block])
        here = start(common, block, i[block], j[block], factor, theta[block])
        here.deficit = _deficits(base, closure, i[block], j[block], factor)
        return solve_block(common, here, rooms.room, tolerance, out)

    threads = min(len(tasks), threads)
    with one_blas_thread():
        if threads == 1:
            left = [solve(task) for task in tasks]
        else:
            with ThreadPoolExecutor(threads) as pool:
                left = list(pool.map(solve, tasks))
    return np.concatenate(left)


def _shared(base: Baseline, closure: Closure, theta: float) -> Shared:
    """What draws near an elasticity share; kept for the baseline's own."""
    key = f"bulk {closure}"
    if key in base._cache and theta == base.elasticity[0]:
        kept: Shared = base._cache[key]
        return kept
    problem = replace(base_problem(base, closure), theta=theta)
    paid = None if base.tariffs is None else (base.flows[0] / base.spending) * (1 + base.tariffs[0])
    made = Shared.of(problem, inverse_jacobian(problem), paid)
    if theta == base.elasticity[0]:
        base._cache[key] = made
    return made


def _deficits(base: Baseline, closure: Closure, i: Places, j: Places, factor: Array) -> Array | None:
    """Deficits (draw, country) without those that die with an embargo; None where all live."""
    if closure is not Closure.BILATERAL or not (factor == 0).any():
        return None
    balance = base.flows[0][i, j] - base.flows[0][j, i]
    dead = np.where((factor == 0) & (balance > 0), balance, 0.0)
    deficits = np.tile(base.deficits, (len(i), 1))
    rows = np.broadcast_to(np.arange(len(i))[:, None], i.shape)
    np.add.at(deficits, (rows, j), -dead)
    np.add.at(deficits, (rows, i), dead)
    return deficits


def _one_by_one(
    base: Baseline,
    closure: Closure,
    numbers: Places,
    draws: tuple[Places, Places, Array, Array],
    tolerance: float,
    out: dict[str, Array],
    on_failure: OnFailure,
) -> dict[int, str]:
    """Solves the draws left over down the ladder; the reasons of those that failed, by draw."""
    i, j, log_cost, theta = draws
    failed: dict[int, str] = {}
    for number in numbers:
        world = base
        if theta[number] != base.elasticity[0]:
            world = replace(base, elasticity=theta[number : number + 1], _cache={})
        try:
            found = solve_resolved(world, dense(world, i[number], j[number], log_cost[number]), closure, tolerance)
        except NoConvergence as refusal:
            if on_failure == "raise":
                raise NoConvergence(f"draw {number}: {refusal}") from None
            failed[int(number)] = str(refusal)
            for array in out.values():
                array[number] = np.nan
            continue
        for name, array in out.items():
            array[number] = getattr(found, name)
    return failed


def _dataset(
    base: Baseline, closure: str, out: dict[str, Array], theta: Array | None, failed: dict[int, str]
) -> xr.Dataset:
    import xarray as xr

    converged = np.ones(len(out["residual"]), dtype=np.bool_)
    converged[list(failed)] = False
    data: dict[str, object] = {name: (("draw", "country")[: array.ndim], array) for name, array in out.items()}
    data["converged"] = (("draw",), converged)
    if theta is not None:
        data["theta"] = (("draw",), theta)
    attrs = {"closure": closure, "numeraire": NUMERAIRE, "units": "factors, 1 for no change"}
    if failed:
        attrs["failed"] = "\n".join(f"draw {number}: {reason}" for number, reason in failed.items())
    return xr.Dataset(data, {"country": np.array(base.countries, dtype=np.str_)}, attrs)
