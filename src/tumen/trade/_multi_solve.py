"""One many-sector counterfactual: the ladder of solvers, their checks, and the baseline's own expenditure.

`blocks`: the one-loop residual of `_multi_system`, solved for each country's own loops and for wages, with Anderson
acceleration. `refreshed`: the same with the blocks rebuilt as it goes and short steps. `homotopy`: the change in small
parts, each started from the last. A solution is taken when the largest gap is at most `tol` and the step that is left
at most 100 `tol`; else `NoConvergence` says where it stuck.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tumen.errors import CaseError, NoConvergence
from tumen.trade._multi import CLOSURES, Array, Change, Closure, ManySectors, frozen
from tumen.trade._multi_accelerate import Anderson, Preconditioner
from tumen.trade._multi_solution import ManySectorsSolution, Method
from tumen.trade._multi_system import Flows, Gap, State, System, build, dense, income_base
from tumen.trade._threads import one_blas_thread

__all__ = ["baseline_expenditure", "rebase", "solve"]

_DEPTH = 8
_SLACK = 100.0
_LEAST = 1.0 / 256
_RUIN = 0.1  # of a country's income left to spend


@dataclass(frozen=True)
class _Rung:
    method: Method
    limit: float  # largest step of a log wage
    refresh: int  # rebuild the blocks after so many iterations; 0 never
    iterations: int


_RUNGS = (_Rung("blocks", 0.3, 0, 150), _Rung("refreshed", 0.1, 12, 400))
_PARTS = (_Rung("homotopy", 0.3, 0, 50), _Rung("homotopy", 0.1, 12, 120))  # of each part of the way


@dataclass
class _Point:
    """Where a solver stands or stopped."""

    state: State
    gap: Gap
    residual: float
    step: float
    iterations: int
    converged: bool
    blocks: Preconditioner | None = None


def solve(
    base: ManySectors,
    change: Change,
    closure: Closure = "additive",
    *,
    tol: float = 1e-12,
    iterations: int = 6000,
) -> ManySectorsSolution:
    """The equilibrium after a change. Raises `NoConvergence` where there is none, with the reason, or none is found.

    `tol`: the largest gap, in logs. `iterations`: of all rungs together. With the closure `balanced` the deficits of
    `change` are not used, and the solution's `base` is the purged world.
    """
    if closure not in CLOSURES:
        raise CaseError([f"closure: {closure!r} is not one of {', '.join(CLOSURES)}"])
    spending = baseline_expenditure(base)
    if closure != "balanced":
        product = None
        if closure == "world_share":
            product = float(base.income.sum() + income_base(base, spending)[0].sum())
        return _climb(_Task(base, change, spending, product, tol, iterations))[0]
    none = np.zeros_like(base.deficit)
    purged, blocks = _climb(_Task(base, Change.of(base, deficit=none), spending, None, tol, iterations))
    task = _Task(purged.as_base(), replace(change, deficit=none), purged.expenditure, None, tol, iterations, blocks)
    solution = _climb(task)[0]
    return replace(solution, iterations=solution.iterations + purged.iterations)


def rebase(
    base: ManySectors, deficit: Array | None = None, *, tol: float = 1e-12, iterations: int = 6000
) -> ManySectorsSolution:
    """The equilibrium of a baseline whose shares and incomes do not agree exactly, or with other deficits.

    Published shares, incomes and deficits seldom clear all markets. `rebase(base).as_base()` does.
    """
    return solve(base, Change.of(base, deficit=deficit), tol=tol, iterations=iterations)


def baseline_expenditure(base: ManySectors, tol: float = 1e-14) -> Array:
    """Expenditure (S, N) that the baseline's shares, incomes, tariffs and deficits imply, MUSD.

    Solves X = inputs (shares / (1 + tariff) X) + final (income + revenue(X) + deficit), which is linear, by
    elimination of each country's own loop; directly where that is slow.
    """
    net = base.shares / (1 + base.tariff)
    paid = 1 - net.sum(1)
    own = np.arange(len(base.income))
    loops = np.eye(len(base.theta)) - base.inputs.transpose(2, 0, 1) * net[:, own, own].T[:, None, :]
    inverse = np.linalg.inv(loops)
    inputs = np.ascontiguousarray(base.inputs.transpose(2, 0, 1))
    spent = base.shares.sum(1) > 0
    autonomous = base.final * (base.income + base.deficit)
    spending = (inverse @ autonomous.T[:, :, None])[:, :, 0].T
    for _ in range(400):
        output = (net @ spending[:, :, None])[:, :, 0]
        wanted = (inputs @ output.T[:, :, None])[:, :, 0].T + autonomous + base.final * (paid * spent * spending).sum(0)
        step: Array = (inverse @ (wanted - spending).T[:, :, None])[:, :, 0].T
        spending = np.add(spending, step)
        if np.abs(step).max() <= tol * np.abs(spending).max():
            return spending
    return _direct_expenditure(base, net, paid * spent, autonomous)


def _direct_expenditure(base: ManySectors, net: Array, paid: Array, autonomous: Array) -> Array:
    s, n = autonomous.shape
    loops = np.einsum("ksi,sin->kisn", base.inputs, net)
    own = np.arange(n)
    for k in range(s):
        loops[k, own, :, own] += base.final[k][:, None] * paid.T
    solved: Array = np.linalg.solve(np.eye(s * n) - loops.reshape(s * n, s * n), autonomous.reshape(-1))
    spending: Array = solved.reshape(s, n)
    return spending


@dataclass(frozen=True)
class _Task:
    """One solve: what is asked, where it starts, and blocks of the preconditioner if some are at hand."""

    base: ManySectors
    change: Change
    spending: Array
    product: float | None  # world product that deficits are shares of
    tol: float
    iterations: int
    blocks: Preconditioner | None = None


def _climb(task: _Task) -> tuple[ManySectorsSolution, Preconditioner | None]:
    """The rungs of the ladder, one after the other."""
    with np.errstate(all="ignore"), one_blas_thread():
        system, weights = build(task.base, task.change, task.product)
        start = _start(task.spending)
        used, best, blocks = 0, None, task.blocks
        for rung in _RUNGS:
            left = task.iterations - used
            point = _iterate(system, weights, task.change.tariff, start, rung, task.tol, left, blocks)
            used, blocks = used + point.iterations, None
            if point.converged:
                return _solution(task, system, weights, replace(point, iterations=used), rung.method), point.blocks
            best = point if best is None or not point.residual >= best.residual else best
        point = _homotopy(task, start, task.iterations - used)
        used += point.iterations
        if not point.converged:
            raise NoConvergence(_stuck(task, best or point, used))
        return _solution(task, system, weights, replace(point, iterations=used), "homotopy"), point.blocks


def _start(spending: Array) -> State:
    s, n = spending.shape
    return State(np.zeros((n, 1)), np.zeros((s, n, 1)), np.maximum(spending, 0.0)[:, :, None])


def _measure(state: State, gap: Gap) -> tuple[Array, Array, Array]:
    """Gaps in logs: trade, prices, expenditure (relative to what the map gives)."""
    scale = np.maximum(state.spending + gap.spending, 1e-300)
    return np.abs(gap.wage), np.abs(gap.price), np.abs(gap.spending) / np.where(scale > 1e-290, scale, 1.0)


def _iterate(
    system: System,
    weights: Array,
    tariff: Array,
    state: State,
    rung: _Rung,
    tol: float,
    iterations: int,
    blocks: Preconditioner | None = None,
) -> _Point:
    """Anderson iterations on one rung. Stops early where values are lost or nothing is gained any more."""
    s, n = weights.shape[:2]
    memory = Anderson(_DEPTH, n + 2 * s * n)
    scale = np.maximum(state.spending, 1e-4 * state.spending.max(0))
    scale = np.where(scale > 0, scale, 1.0)
    state = State(system.pinned(state.wage), state.price * system.priced, state.spending * system.live)
    point = _Point(state, system.evaluate(state), np.inf, np.inf, 0, False)
    for count in range(1, min(rung.iterations, iterations) + 1):
        residual = max(float(part.max()) for part in _measure(state, point.gap))
        if not np.isfinite(residual):
            return point
        if blocks is None or (rung.refresh and count % rung.refresh == 0):
            flows = Flows(weights, tariff, point.gap, state.spending[:, :, 0])
            try:
                blocks = Preconditioner(system, flows, point.gap)
            except np.linalg.LinAlgError:  # trade has all but ceased on the way: this rung has gone astray
                return point
            memory.reset()
        move = blocks.step(state, point.gap, rung.limit)
        step = max(float(np.abs(move.wage).max()), float(np.abs(move.price).max()))
        converged = residual <= tol and step <= _SLACK * tol
        point = _Point(state, point.gap, residual, step, count, converged, blocks)
        if converged:
            return point
        state = _advance(system, memory, state, point.gap, move, scale)
        point = replace(point, state=state, gap=system.evaluate(state))
    return point


def _advance(system: System, memory: Anderson, state: State, gap: Gap, move: State, scale: Array) -> State:
    """The next state by Anderson's rule, expenditures kept above a tenth of what they were."""
    n, cells = state.wage.shape[0], state.price.size
    point = np.concatenate([state.wage.ravel(), state.price.ravel(), (state.spending / scale).ravel()])
    step = np.concatenate([move.wage.ravel(), move.price.ravel(), (move.spending / scale).ravel()])
    after = memory.next(point, step)
    price = after[n : n + cells].reshape(state.price.shape)
    spending = after[n + cells :].reshape(state.price.shape) * scale
    floor = 0.1 * np.minimum(state.spending, state.spending + gap.spending)
    return State(system.pinned(after[:n, None]), price, np.maximum(spending, floor) * system.live)


def _homotopy(task: _Task, start: State, iterations: int) -> _Point:
    """The change in parts: costs, tariffs and productivity geometrically, deficits evenly; cut ties fade to zero.

    Each part starts where the last two point to; parts that fail are halved.
    """
    base, done, before, stride, used = task.base, 0.0, 0.0, 0.125, 0
    state = last = start
    solved: Gap | None = None
    point = _Point(start, Gap(*[np.zeros(0)] * 11), np.inf, np.inf, 0, False)
    while done < 1.0 and used < iterations and stride >= _LEAST:
        target = min(1.0, done + stride)
        part, fade = _part(base, task.change, target)
        system, weights = build(base, part, task.product)
        if target < 1.0:
            weights = weights * fade
            system = replace(system, weights=dense(weights, part.tariff))
        guess = state if done == before else _ahead(last, state, (target - done) / (done - before))
        goal = task.tol if target == 1.0 else max(task.tol, 1e-7)
        for rung in _PARTS:
            point = _iterate(system, weights, part.tariff, guess, rung, goal, iterations - used)
            used += point.iterations
            if point.converged:
                break
        if point.converged:
            last, state, before, done, stride = state, point.state, done, target, stride * 1.5
            solved = point.gap
        else:
            stride /= 2
    if done < 1.0 and solved is not None:
        _refuse_ruin(base, solved, done)
    return replace(point, iterations=used, converged=point.converged and done >= 1.0)


def _refuse_ruin(base: ManySectors, solved: Gap, done: float) -> None:
    """Say so where the way ends because a surplus, fixed in money, comes to take all of a country's income."""
    income, deficit = solved.income[:, 0], solved.deficit[:, 0]
    kept = income / (income - deficit)
    n = int(kept.argmin())
    if kept[n] < _RUIN:
        raise NoConvergence(
            f"no equilibrium: {100 * done:.0f} % along the change the surplus of {base.countries[n]} takes "
            f"{100 * (1 - kept[n]):.0f} % of its income, and further on more than all; give a smaller surplus, or "
            "take the closure 'balanced'"
        )


def _ahead(last: State, state: State, ratio: float) -> State:
    """The state that the last two point to; expenditures geometrically."""
    growth = np.where((last.spending > 0) & (state.spending > 0), state.spending / last.spending, 1.0)
    return State(
        state.wage + ratio * (state.wage - last.wage),
        state.price + ratio * (state.price - last.price),
        state.spending * np.clip(growth, 0.1, 10.0) ** ratio,
    )


def _part(base: ManySectors, change: Change, done: float) -> tuple[Change, Array]:
    """The change at a point of the way, and the factor that fades cut ties."""
    if done >= 1.0:
        return change, np.ones_like(change.cost)
    cut = np.isinf(change.cost)
    tariff = np.expm1((1 - done) * np.log1p(base.tariff) + done * np.log1p(change.tariff))
    part = Change(
        cost=np.where(cut, 1.0, change.cost) ** done,
        tariff=np.where(cut, base.tariff, tariff),
        productivity=change.productivity**done,
        labour=change.labour**done,
        deficit=(1 - done) * base.deficit + done * change.deficit,
    )
    return part, np.where(cut, (1 - done) ** 2, 1.0)


def _solution(task: _Task, system: System, weights: Array, point: _Point, method: Method) -> ManySectorsSolution:
    base, change, state, gap = task.base, task.change, point.state, point.gap
    spending = state.spending[:, :, 0]
    flows = Flows(weights, change.tariff, gap, spending)
    with np.errstate(divide="ignore"):
        cost = gap.bundle[:, :, 0] ** (-1 / base.theta[:, None])
    wage = np.exp(state.wage[:, 0])
    pay = wage * system.income[:, 0]
    made = (base.value_added * gap.output[:, :, 0]).sum(0)
    arrays = {
        "base_expenditure": task.spending, "tariff": change.tariff, "labour": change.labour, "wage": wage,
        "price": np.exp(state.price[:, :, 0]), "cost": cost, "shares": flows.shares, "flows": flows.values,
        "expenditure": spending, "output": gap.output[:, :, 0], "value_added": pay, "revenue": gap.revenue[:, 0],
        "deficit": np.broadcast_to(gap.deficit, (len(pay), 1))[:, 0], "exports": gap.exports[:, 0],
        "imports": gap.imports[:, 0],
    }  # fmt: skip
    return ManySectorsSolution(
        base=base,
        **{name: frozen(values) for name, values in arrays.items()},
        converged=point.converged,
        iterations=point.iterations,
        residual=point.residual,
        step=point.step,
        walras_gap=float(np.abs(made / pay - 1).max()),
        worst=_worst(base, state, gap)[0],
        method=method,
    )


def _worst(base: ManySectors, state: State, gap: Gap) -> tuple[str, float]:
    """The market of the largest gap, and that gap; a gap that is no number counts as infinite."""
    trade, price, spending = (np.nan_to_num(part[..., 0], nan=np.inf) for part in _measure(state, gap))
    largest = max(trade.max(), price.max(), spending.max())
    if trade.max() == largest:
        return f"the trade balance of {base.countries[int(trade.argmax())]}", float(largest)
    kind, part = ("price", price) if price.max() == largest else ("market", spending)
    s, n = np.unravel_index(int(part.argmax()), part.shape)
    return f"the {kind} of {base.sectors[s]} in {base.countries[n]}", float(largest)


def _stuck(task: _Task, point: _Point, used: int) -> str:
    where, gap = _worst(task.base, point.state, point.gap)
    advice = "take a smaller change in steps by as_base(), or a baseline without near-zero flows of that market"
    if np.abs(task.change.deficit).max() > 0:
        advice = "the deficits may be more than trade can still carry: try closure='balanced'. Or " + advice
    elif gap <= 1e-8:
        advice = f"try tol={10 * gap:.0e} if that is small enough. Or " + advice
    return (
        f"no equilibrium was found in {used} iterations of three methods: the largest gap is {gap:.3g} (asked: "
        f"{task.tol:.3g}), in {where}; {advice}"
    )
