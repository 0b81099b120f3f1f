"""Many counterfactuals of one many-sector baseline at once: sparse changes of pairs, thousands of draws.

All draws share the baseline's matrices, so that sums over partners are products of N x N matrices with one column per
draw; what a draw changes is added pair by pair. Draws are solved in blocks, each block on one thread with one BLAS
thread. A step is that of the country blocks of `_multi_system`, corrected for what these leave: with K the derivative
at the baseline of one blocked step, and Q an orthonormal basis of the directions that K damps least,

    step = (I + K Q (I - Q' K Q)^-1 Q') blocked step,

which is Newton's step in those directions. Q comes from three subspace iterations with K applied by differences. The
first steps are taken in single precision altogether, which costs half; then residuals are double, and only the product
with Q stays single: a step need not be exact. Draws that this leaves are too far from the baseline for it, and are
taken by blocks and deeper Anderson acceleration. A draw that has converged leaves its block; draws that still resist,
and those whose embargoes may cut the world into parts or a market from its suppliers, go through `solve` one by one.
"""

from __future__ import annotations

import copy
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from tumen.errors import CaseError, NoConvergence
from tumen.trade._closures import bilateral_deficits
from tumen.trade._multi import CLOSURES, Array, Change, Closure, ManySectors, frozen
from tumen.trade._multi_accelerate import Preconditioner
from tumen.trade._multi_check import parts_of
from tumen.trade._multi_solve import baseline_expenditure, rebase, solve
from tumen.trade._multi_sparse import BulkSolution, Index, Memory, PairChanges, Sparse, sparse
from tumen.trade._multi_system import Dense, Flows, Gap, State, System, build, income_base

__all__ = ["solve_bulk"]

T = TypeVar("T")

_SMALL = 24  # iterations with the correction of the blocks
_LARGE = 120  # and without, for changes too large for a correction made at the baseline
_DEPTH = 6  # of Anderson acceleration in these
_PATIENCE, _NEAR = 6, 1e-2  # a draw still so far off after so many iterations is a large one
_ROUGH = 4  # of them in single precision, which takes a draw to 1e-5
_LIMIT = 0.3  # largest step of a log wage
_CLEAR = 1e-8  # how far from equilibrium a baseline may be: changes are told from it
_STEP = 1e-6  # of differences
_FEW = 100  # draws for which the correction of the blocks does not pay
_FIELDS = ("wage", "real_income", "real_wage", "price_index", "exports", "imports", "revenue")


@dataclass
class _Shared:
    """What all draws share."""

    base: ManySectors
    closure: Closure
    system: System
    sums: Dense
    blocks: Preconditioner
    spending: Array  # (S, N, 1): of the baseline, which expenditures are counted in
    unit: Array  # (S, N, 1): one over it, zero where nothing is spent
    income: Array  # (N,) of households at the baseline
    left: NDArray[np.float32] | None  # (U, R), (R, U): the correction of the blocked step
    right: NDArray[np.float32] | None
    single: _Shared | None = None  # the same in single precision


def solve_bulk(
    base: ManySectors,
    changes: PairChanges,
    closure: Closure | Literal["bilateral"] = "additive",
    *,
    tol: float = 1e-10,
    threads: int = 2,
    block: int = 64,
    mark: bool = False,
) -> BulkSolution:
    """Equilibria of all draws, with the draw as the first axis. Deficits stay as in `base`, under the closure.

    `base` must be an equilibrium (`rebase(base).as_base()` is one). `bilateral`: additive, but a pair's balance dies
    with the trade that it pays for. `mark`: draws without an equilibrium are missing, and `failed` says why. Raises
    `CaseError`, and `NoConvergence`, with the number of the draw, where there is no equilibrium or none is found.
    """
    bilateral = closure == "bilateral"
    closure = "additive" if closure == "bilateral" else closure
    if closure not in CLOSURES:
        raise CaseError([f"closure: {closure!r} is not one of {', '.join(CLOSURES)}"])
    problems = changes.problems(base)
    if problems:
        raise CaseError(problems)
    if closure == "balanced":
        base = rebase(base, deficit=np.zeros_like(base.deficit)).as_base()
    with np.errstate(all="ignore"), threadpool_limits(limits=1, user_api="blas"):
        shared = _share(base, closure, changes.draws >= _FEW)
        n = len(base.income)
        found: dict[str, Array] = {name: np.empty((changes.draws, n)) for name in _FIELDS}
        for name in ("residual", "walras_gap", "iterations"):
            found[name] = np.full(changes.draws, np.inf)
        queue = np.flatnonzero(_together(base, changes, bilateral))
        for rung in (shared, replace(shared, left=None, right=None, single=None)):
            _spread(rung, changes, queue, tol, found, threads, block)
            queue = queue[~(found["residual"][queue] <= tol)]
        alone = ~(found["residual"] <= tol)
        failed: dict[int, str] = {}
        for draw in np.flatnonzero(alone):
            try:
                _solve_alone(shared, changes, int(draw), tol, found, bilateral)
            except NoConvergence as refusal:
                if not mark:
                    raise NoConvergence(f"draw {draw}: {refusal}") from refusal
                failed[int(draw)] = str(refusal)
                for array in found.values():
                    array[draw] = np.nan
    counts = np.nan_to_num(found.pop("iterations")).astype(np.intp)
    counts.setflags(write=False)
    alone.setflags(write=False)
    return BulkSolution(
        **{key: frozen(value) for key, value in found.items()}, iterations=counts, alone=alone, failed=failed
    )


def _spread(
    shared: _Shared, changes: PairChanges, queue: Index, tol: float, found: dict[str, Array], threads: int, block: int
) -> None:
    """Solve draws in blocks, spread over threads."""

    def work(draws: Index) -> None:
        with np.errstate(all="ignore"):
            _solve_block(shared, changes, draws, tol, found)

    with ThreadPoolExecutor(max(1, threads)) as pool:
        list(pool.map(work, [queue[start : start + block] for start in range(0, len(queue), block)]))


def _share(base: ManySectors, closure: Closure, many: bool) -> _Shared:
    spent = baseline_expenditure(base)
    revenue, income = income_base(base, spent)
    product = float(base.income.sum() + revenue.sum()) if closure == "world_share" else None
    system, weights = build(base, Change.of(base), product)
    s, n = spent.shape
    spending = np.maximum(spent, 0.0)[:, :, None] * system.live
    gap = system.evaluate(State(np.zeros((n, 1)), np.zeros((s, n, 1)), spending))
    if np.abs(gap.wage).max() > _CLEAR:
        worst = base.countries[int(np.abs(gap.wage[:, 0]).argmax())]
        raise CaseError(
            [
                f"baseline: not an equilibrium, the trade of {worst} is off by {np.abs(gap.wage).max():.2g} in logs; "
                "give rebase(base).as_base(), or of a labelled baseline counterfactual(Shock()).rebased()"
            ]
        )
    sums = system.weights
    assert isinstance(sums, Dense)
    blocks = Preconditioner(system, Flows(weights, base.tariff, gap, spending[:, :, 0]), gap)
    unit = np.divide(1.0, spending, out=np.zeros_like(spending), where=spending > 0)
    shared = _Shared(base, closure, system, sums, blocks, spending, unit, income, None, None)
    return _corrected(shared) if many else shared


def _corrected(shared: _Shared) -> _Shared:
    """With the correction of the blocked step in the directions that it damps least."""
    size = shared.spending.shape[1] + 2 * shared.spending.size
    rank = min(2 * shared.spending.shape[1], size // 2)
    slow = np.linalg.qr(np.cos(np.outer(np.arange(size), np.arange(1, rank + 1) * np.sqrt(2.0))))[0]
    for _ in range(2):
        slow = np.linalg.qr(_error(shared, slow))[0]
    image = _error(shared, slow)
    left = np.linalg.solve((np.eye(rank) - slow.T @ image).T, image.T).T
    turned = np.ascontiguousarray(slow.T.astype(np.float32))
    return replace(shared, left=left.astype(np.float32), right=turned, single=_in_single(shared))


def _in_single(shared: _Shared) -> _Shared:
    rough = _cast(shared)
    rough.system, rough.sums, rough.blocks = _cast(shared.system), _cast(shared.sums), _cast(shared.blocks)
    return rough


def _cast(thing: T) -> T:
    """A copy with its arrays in single precision."""
    clone = copy.copy(thing)
    for name, value in vars(thing).items():
        if isinstance(value, np.ndarray) and value.dtype == np.float64:
            setattr(clone, name, value.astype(np.float32))
    return clone


def _error(shared: _Shared, directions: Array) -> Array:
    """K of the module's text, applied to directions (U, R)."""
    size = _STEP / np.abs(directions).max(0)
    images = []
    for sign in (1.0, -1.0):
        point = directions * (sign * size)
        state = _state(shared, point)
        step = _blocked(shared, state, shared.system.evaluate(state), 1.0)
        point += step
        n = shared.spending.shape[1]
        point[:n] = shared.system.pinned(point[:n])
        images.append(point)
    error: Array = (images[0] - images[1]) / (2 * size)
    return error


def _state(shared: _Shared, point: Array) -> State:
    """The state at points (U, D) of log wages, log prices and expenditures over the baseline's, less one."""
    s, n, _ = shared.spending.shape
    shape = (s, n, point.shape[1])
    cells = s * n
    spending = point[n + cells :].reshape(shape) + 1.0
    spending *= shared.spending
    return State(point[:n], point[n : n + cells].reshape(shape), spending)


def _blocked(shared: _Shared, state: State, gap: Gap, limit: float) -> Array:
    """The step of the blocks, in the units of points."""
    s, n, draws = state.price.shape
    cells = s * n
    step = np.empty((n + 2 * cells, draws), state.price.dtype)
    price, spending = (part.reshape(state.price.shape) for part in (step[n : n + cells], step[n + cells :]))
    shared.blocks.step(state, gap, limit, State(step[:n], price, spending))
    spending *= shared.unit
    return step


def _solve_block(shared: _Shared, changes: PairChanges, draws: Index, tol: float, found: dict[str, Array]) -> None:
    """Solve some draws and write what converges into the results."""
    weights = sparse(shared.base, shared.sums, changes, draws)
    n = len(shared.base.income)
    point = np.zeros((n + 2 * shared.spending.size, len(draws)))
    small = shared.left is not None
    before = 0
    if shared.single is not None:
        point, before = _rough(shared, shared.single, weights, point), _ROUGH
    memory = None if small else Memory(_DEPTH, *point.shape)
    for count in range(before + 1, (_SMALL if small else _LARGE) + 1):
        system = replace(shared.system, weights=weights)
        state = _state(shared, point)
        gap = system.evaluate(state)
        residual = _residual(state, gap)
        done = residual <= tol
        lost = ~np.isfinite(residual)
        if small and count >= _PATIENCE:
            lost |= residual > _NEAR
        if 4 * (done | lost).sum() >= len(done):
            _write(shared, state, gap, draws, residual, done, count, found)
            kept = np.flatnonzero(~(done | lost))
            if len(kept) == 0:
                return
            draws, weights, point = draws[kept], weights.only(kept), point[:, kept]
            if memory is not None:
                memory.only(kept)
            state = State(state.wage[:, kept], state.price[:, :, kept], state.spending[:, :, kept])
            gap = replace(gap, wage=gap.wage[:, kept], price=gap.price[:, :, kept], spending=gap.spending[:, :, kept])
        step = _corrected_step(shared, state, gap)
        point = np.add(point, step, out=step) if memory is None else memory.next(point, step)
        _held(shared, point)


def _corrected_step(shared: _Shared, state: State, gap: Gap) -> Array:
    step = _blocked(shared, state, gap, _LIMIT)
    if shared.left is not None and shared.right is not None:
        step += shared.left @ (shared.right @ step.astype(np.float32))
    return step


def _held(shared: _Shared, point: Array) -> None:
    """Keep the numeraire, and expenditure above zero."""
    n = shared.spending.shape[1]
    point[:n] = shared.system.pinned(point[:n])
    spent = point[len(point) - shared.spending.size :]
    np.maximum(spent, -0.9, out=spent)


def _rough(shared: _Shared, single: _Shared, weights: Sparse, start: Array) -> Array:
    """The first steps, in single precision; draws that it loses start anew."""
    single = replace(single, left=shared.left, right=shared.right)
    weights = _cast(weights)
    weights.base = single.sums
    system = replace(single.system, weights=weights)
    point: Any = start.astype(np.float32)
    for _ in range(_ROUGH):
        state = _state(single, point)
        point += _corrected_step(single, state, system.evaluate(state))
        _held(single, point)
    after: Array = point.astype(np.float64)
    return np.where(np.isfinite(after).all(axis=0), after, start)


def _residual(state: State, gap: Gap) -> Array:
    """The largest gap of each draw, in logs; relative for expenditure."""
    spending = np.abs(gap.spending)
    spending /= np.where(state.spending > 0, state.spending, 1.0)
    worst: Array = np.maximum(np.abs(gap.wage).max(0), np.maximum(np.abs(gap.price).max((0, 1)), spending.max((0, 1))))
    return worst


def _write(
    shared: _Shared,
    state: State,
    gap: Gap,
    draws: Index,
    residual: Array,
    done: NDArray[np.bool_],
    count: int,
    found: dict[str, Array],
) -> None:
    base, into = shared.base, draws[done]
    wage = np.exp(state.wage[:, done])
    index = np.exp(np.einsum("sn,snd->nd", base.final, state.price[:, :, done]))
    pay = wage * base.income[:, None]
    made = np.einsum("sn,snd->nd", base.value_added, gap.output[:, :, done])
    income = gap.income[:, done]
    values = {
        "wage": wage,
        "real_income": income / shared.income[:, None] / index,
        "real_wage": wage / index,
        "price_index": index,
        "exports": gap.exports[:, done],
        "imports": gap.imports[:, done],
        "revenue": gap.revenue[:, done],
    }
    for name, value in values.items():
        found[name][into] = value.T
    found["walras_gap"][into] = np.abs(made / pay - 1).max(0)
    found["residual"][into] = residual[done]
    found["iterations"][into] = count


def _solve_alone(
    shared: _Shared, changes: PairChanges, draw: int, tol: float, found: dict[str, Array], bilateral: bool
) -> None:
    """One draw by the ladder of `solve`."""
    base, mine = shared.base, changes.draw == draw
    exporter, importer = changes.exporter[mine], changes.importer[mine]
    cost, tariff = np.ones_like(base.shares), np.array(base.tariff)
    cost[:, exporter, importer] = changes.cost[mine].T
    new = changes.tariff[mine].T
    tariff[:, exporter, importer] = np.where(np.isnan(new), tariff[:, exporter, importer], new)
    closure: Closure = "additive" if shared.closure == "balanced" else shared.closure  # the base is purged already
    deficit = None
    if bilateral:
        flows = base.shares / (1 + base.tariff) * shared.spending[:, :, 0][:, None, :]
        dead = np.all(np.isinf(cost) | (flows == 0), axis=0)
        deficit = bilateral_deficits(flows.sum(axis=0), dead)
    solution = solve(base, Change.of(base, cost=cost, tariff=tariff, deficit=deficit), closure, tol=tol)
    for name in _FIELDS:
        found[name][draw] = getattr(solution, name)
    found["residual"][draw], found["walras_gap"][draw] = solution.residual, solution.walras_gap
    found["iterations"][draw] = solution.iterations


def _together(base: ManySectors, changes: PairChanges, bilateral: bool) -> NDArray[np.bool_]:
    """Draws (D,) that can be solved in blocks: no embargo parts the world or takes a market's last supplier.

    Nor do they change domestic costs, or let a balance die.
    """
    together = np.ones(changes.draws, dtype=bool)
    together[changes.draw[changes.exporter == changes.importer]] = False
    cut = np.isinf(changes.cost)
    home = np.einsum("snn->ns", base.shares)
    homeless = (cut & (home[changes.importer] == 0)).any(1)
    together[changes.draw[homeless]] = False
    flows = base.shares[:, changes.exporter, changes.importer].T > 0
    severed = flows.any(1) & ~(flows & ~cut).any(1)  # pairs that lose all their trade
    if bilateral:
        together[changes.draw[severed]] = False
    for draw in np.unique(changes.draw[severed & together[changes.draw]]):
        mine = severed & (changes.draw == draw)
        ties = np.array((base.shares > 0).any(0))
        ties[changes.exporter[mine], changes.importer[mine]] = False
        together[draw] = parts_of(ties, "strong").all()
    return together
