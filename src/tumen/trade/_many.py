"""From a baseline of many sectors to the many-sector model and back: labels here, equations in `_multi.py`.

What the baseline does not give is taken from its flows: without input shares all output is value added; final shares
are what countries buy, tariffs included, beyond what their sectors use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tumen.errors import CaseError, did_you_mean
from tumen.trade._baseline import Array, Baseline
from tumen.trade._closures import Closure, bilateral_deficits
from tumen.trade._shocks import Resolved

if TYPE_CHECKING:
    from tumen.trade._multi import ManySectors
    from tumen.trade._multi_solution import ManySectorsSolution

__all__ = ["many_sectors", "solve_many"]

_KNOWN = ("additive", "world_share", "balanced")


def many_sectors(base: Baseline, tariffs: Array | None = None) -> ManySectors:
    """The baseline as a world of many sectors. `tariffs` (sector, exporter, importer) stand for the baseline's.

    Raises CaseError where shares do not add up.
    """
    from tumen.trade._multi import ManySectors

    rates = tariffs if tariffs is not None else base.tariffs
    rates = np.zeros(base.flows.shape) if rates is None else rates
    paid = base.flows * (1 + rates)
    spent = paid.sum(axis=1)
    shares = paid / np.where(spent > 0, spent, 1.0)[:, None, :]
    output = base.flows.sum(axis=2)
    sectors = len(base.sectors)
    inputs = np.zeros((sectors, *output.shape)) if base.io is None else base.io
    labour = 1 - inputs.sum(axis=0) if base.value_added_share is None else base.value_added_share
    final = base.final_shares
    if final is None:
        bought = spent - (inputs * output[None]).sum(axis=1)
        bought = np.where(np.abs(bought) <= 1e-12 * spent, 0.0, bought)
        final = bought / bought.sum(axis=0)
    return ManySectors(
        shares, rates, inputs, labour, final, (labour * output).sum(axis=0), base.deficits, base.elasticity,
        base.countries, base.sectors,
    )  # fmt: skip


def solve_many(base: Baseline, changes: Resolved, closure: Closure, tolerance: float) -> ManySectorsSolution:
    """The equilibrium of a baseline of many sectors after a shock in arrays.

    Raises CaseError where the closure is not one of this model's, NoConvergence where there is no equilibrium or none
    was found.
    """
    from tumen.trade._multi import Change
    from tumen.trade._multi_solve import solve

    world = many_sectors(base, changes.tariff_before)
    rule, deficit = closure, base.deficits
    if closure is Closure.BILATERAL:
        dead = np.all(np.isinf(changes.log_cost) | (base.flows == 0), axis=0)
        rule, deficit = Closure.ADDITIVE, bilateral_deficits(base.flows.sum(axis=0), dead)
    if rule not in _KNOWN:
        raise CaseError([f"closure {str(closure)!r} is for one sector only; {did_you_mean(str(closure), _KNOWN)}"])
    change = Change.of(
        world, cost=np.exp(changes.log_cost), tariff=changes.tariff_after, productivity=changes.productivity[None, :],
        labour=changes.labour, deficit=deficit,
    )  # fmt: skip
    return solve(world, change, rule.value, tol=tolerance)  # type: ignore[arg-type]
