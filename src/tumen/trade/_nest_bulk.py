"""Blocks of the goods nest: solve, refuse, read; the balanced closure purges deficits first.

A block is a few hundred draws, which bounds memory beside the results. Draws without an equilibrium are set apart with
the reason before the solver starts; those that it cannot solve, after.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import numpy as np

from tumen.trade._closures import Closure
from tumen.trade._nest_read import read, world_after
from tumen.trade._nest_solve import Solved, solve
from tumen.trade._nest_system import Array, Ints, Problem, evaluate
from tumen.trade._nest_world import Block, World, build

__all__ = ["Answer", "Wanted", "answer", "block_of", "purge"]

Wanted = Literal["all", "flows", "welfare"]

_CELLS = 84_000  # draws x flows of a block: its arrays then fit the cache of a processor
_EXHAUSTED = 0.05  # spending over income at the end of a path, below which its end is no accident


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """The solved draws of a block: their places, results by name, and the reasons of the others by place."""

    rows: Ints
    found: Mapping[str, Array]
    steps: Array
    iterations: Ints
    reasons: Mapping[int, str]
    problem: Problem | None
    z: Array


def block_of(goods: int, countries: int, draws: int) -> int:
    """How many draws are solved at once: blocks are as even as can be."""
    most = int(np.clip(_CELLS // (goods * countries**2), 16, 1024))
    return -(-draws // max(1, -(-draws // most)))


def taken(block: Block, rows: Ints) -> Block:
    """The block of some of its draws."""
    changed: dict[str, Any] = {}
    for item in fields(block):
        values = getattr(block, item.name)
        shared = item.name in ("exporter", "market", "quota", "at", "weight", "taker")
        if not shared and values is not None and len(values) > 1:
            changed[item.name] = values[rows]
    return replace(block, **changed)


def answer(world: World, block: Block, closure: Closure, tolerance: float, wanted: Wanted = "all") -> Answer:
    """The equilibria of a block's draws; `wanted` spares volumes and terms of trade (flows), or all but welfare."""
    everyone = np.arange(block.draws)
    reasons: dict[int, str] = {}
    purging = 0
    if closure is Closure.BALANCED:
        world, rows, purging_steps, reasons = _purged(world, block, tolerance)
        if not len(rows):
            return _none(reasons)
        everyone, block, purging = rows, taken(block, rows), purging_steps
    problem, start, refused = build(world, block, closure)
    reasons |= {int(everyone[k]): reason for k, reason in refused.items()}
    fit = np.array([k for k in range(block.draws) if k not in refused], dtype=np.int64)
    if not len(fit):
        return _none(reasons)
    if len(fit) < block.draws:
        problem, start, block, world = (problem.take(fit), start.take(fit), taken(block, fit), world.take(fit))
        everyone = everyone[fit]
    solved = solve(problem, start, tolerance)
    if not solved.ok.all():
        reasons |= _unsolved(problem, solved, world.countries, everyone)
        fit = np.flatnonzero(solved.ok)
        if not len(fit):
            return _none(reasons)
        problem, block, world, everyone = problem.take(fit), taken(block, fit), world.take(fit), everyone[fit]
        solved = Solved(*(getattr(solved, item.name)[fit] for item in fields(solved)))
    if wanted == "welfare":
        found = _welfare(problem, solved.z, world)
    else:
        found = read(world, block, problem, solved.z, closure, whole=wanted == "all")
    return Answer(everyone, found, solved.step, solved.iterations + purging, reasons, problem, solved.z)


def _none(reasons: Mapping[int, str]) -> Answer:
    empty = np.zeros(0, dtype=np.int64)
    return Answer(empty, {}, np.zeros(0), empty, reasons, None, np.zeros((0, 0)))


def _welfare(p: Problem, z: Array, world: World) -> dict[str, Array]:
    state = evaluate(p, z)
    n = p.countries
    before = np.broadcast_to(world.spending, (p.draws, n))
    return {"welfare": np.exp(z[:, n : 2 * n] - state.log_index), "spending_before": before}


def _purged(world: World, block: Block, tolerance: float) -> tuple[World, Ints, int, dict[int, str]]:
    """The world without deficits, one for each draw where elasticities differ, and the draws that have one."""
    n = len(world.countries)
    same = len(block.theta) == 1 and len(block.eta) == 1 and len(world.flows) == 1
    draws = 1 if same else block.draws
    empty, none = np.zeros(0, dtype=np.int64), np.zeros((draws, 0))
    calm = replace(
        block, exporter=empty, market=empty, log_cost=none, tariff=world.tariff, levy=None,
        log_productivity=np.zeros((1, n)), labour=np.ones((1, n)), quota=empty, at=empty, weight=np.zeros(0),
        taker=empty, log_limit=none,
    )  # fmt: skip
    problem, start, refused = build(replace(world, deficit=np.zeros((1, n))), calm, Closure.ADDITIVE)
    start = replace(start, deficit=world.deficit)
    if refused and same:
        return world, empty, 0, dict.fromkeys(range(block.draws), refused[0])
    solved = solve(problem, start, tolerance)
    reasons = _unsolved(problem, solved, world.countries, np.arange(draws))
    rows = np.flatnonzero(solved.ok)
    if same:
        reasons = dict.fromkeys(range(block.draws), reasons[0]) if reasons else {}
    if not len(rows):
        return world, empty, 0, reasons
    found = read(world, taken(calm, rows), problem.take(rows), solved.z[rows], Closure.BALANCED)
    steps = int(solved.iterations.max())
    return world_after(world, found, world.tariff), np.arange(block.draws) if same else rows, steps, reasons


def purge(world: World, block: Block, tolerance: float) -> tuple[World, str]:
    """The world without deficits under the elasticities of a block of one draw, or the reason why there is none."""
    cleaned, rows, _, reasons = _purged(world, block, tolerance)
    return cleaned, "" if len(rows) else reasons[0]


def _unsolved(p: Problem, solved: Solved, countries: tuple[str, ...], names: Ints) -> dict[int, str]:
    """Why draws were not solved, by name: told from where the path from the base ended."""
    failed = np.flatnonzero(~solved.ok)
    if not len(failed):
        return {}
    state = evaluate(p.take(failed), solved.z[failed])
    reasons = {}
    for k, draw in enumerate(failed):
        part = 100 * solved.done[draw]
        with np.errstate(all="ignore"):
            left = np.where(np.isfinite(state.spent[k]), state.spent[k] / state.income[k], np.inf)
            miss = np.abs(state.residual[k].reshape(-1)[: 2 * p.countries].reshape(2, -1)).max(axis=0)
        poor = int(np.argmin(left))
        if left[poor] < _EXHAUSTED and state.deficit[k, poor] < 0:
            said = (
                f"no equilibrium: {part:.0f} % of the way to the shock {countries[poor]}'s surplus takes all its income"
            )
        else:
            worst = countries[int(np.argmax(np.where(np.isfinite(miss), miss, np.inf)))]
            said = (
                f"no equilibrium was found after {int(solved.iterations[draw])} iterations: the path from the base to "
                f"the shock ends {part:.0f} % of the way; worst market {worst}; try a smaller shock, a lower "
                f'elasticity, or closure="proportional"'
            )
        reasons[int(names[draw])] = said
    return reasons
