"""The solver's ladder for one counterfactual with one sector.

    chord       x -= J0^-1 r with the base's inverse Jacobian, under Anderson acceleration of depth 3
    anderson    the plain map x += r / slope, the diagonal of the Jacobian, under Anderson acceleration of depth 5
    newton      the analytic Jacobian with a line search on max |r|
    homotopy    the same Newton along a path from the base to the shock, straight in log costs

J0^-1 r is also the first-order change of wages (Kleinman, Liu and Redding 2024), so it says before the first step
whether the chord can do: beyond `CHORD_LIMIT` the ladder starts at the second rung. Whatever rung ends it, a solution
is accepted only after Newton steps with the Jacobian at the solution have become as small as the tolerance, and where
the condition of that Jacobian lets wages be known: residuals alone say nothing where trade has all but died.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tumen.trade._single import Array, Problem, State, evaluate, jacobian
from tumen.trade._threads import one_blas_thread

__all__ = ["CHORD_LIMIT", "Found", "Unsolved", "climb", "inverse_jacobian"]

CHORD_LIMIT = 0.1  # predicted |dlog w| beyond which the base's Jacobian is no guide
_STEP = 1.0  # the largest step of a log wage
_ACCURACY = 1e-8  # of log wages, from the condition of the Jacobian; beyond it there is no answer worth giving
_ROUNDING = 1e-15  # of the residual
_EXHAUSTED = 0.05  # spending over income at the end of a path, below which its end is no accident

Step = Callable[[Array, State], Array]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A solution: log wages, the state there, how it was found, the last Newton step and the condition of J."""

    x: Array
    state: State
    method: str
    iterations: int
    step: float
    condition: float


class Unsolved(Exception):
    """No rung reached a solution. `x` and `state` are where the last one stood, `reason` why it was not taken.

    country: the index of the one that the reason speaks of as {country}, if any.
    """

    def __init__(self, x: Array, state: State, reason: str, iterations: int, country: int | None = None) -> None:
        super().__init__(reason)
        self.x, self.state, self.reason, self.iterations, self.country = x, state, reason, iterations, country


def inverse_jacobian(problem: Problem) -> Array:
    """J^-1 at unchanged wages: what a shock to the residual does to log wages, to first order and with sign."""
    zero = np.zeros(problem.size)
    with one_blas_thread():
        return np.asarray(np.linalg.inv(jacobian(problem, zero, evaluate(problem, zero))), dtype=np.float64)


def climb(problem: Problem, base: Problem, inverse: Array | None, tolerance: float) -> Found:
    """Solve the problem; `base` is the same without the shock, `inverse` its inverse Jacobian, None where ties die."""
    with one_blas_thread():
        return _climb(problem, base, inverse, tolerance)


def _climb(problem: Problem, base: Problem, inverse: Array | None, tolerance: float) -> Found:
    x = np.zeros(problem.size)
    state = evaluate(problem, x)
    rungs: list[tuple[str, Callable[[], tuple[Array, State, int]]]] = [
        ("anderson", lambda: _accelerated(problem, _plain(problem), 5, 300, tolerance)),
        ("newton", lambda: _newton(problem, np.zeros(problem.size), tolerance, 60)),
        ("homotopy", lambda: _homotopy(problem, base, tolerance)),
    ]
    if inverse is not None and state.ok and float(np.max(np.abs(inverse @ state.residual))) <= CHORD_LIMIT:
        chord: Step = lambda _, s: -(inverse @ s.residual)  # noqa: E731
        rungs.insert(0, ("chord", lambda: _accelerated(problem, chord, 3, 25, tolerance)))
    spent, failure = 0, "the residual has no value at unchanged wages"
    for name, rung in rungs:
        x, state, iterations = rung()  # the last raises Unsolved itself
        spent += iterations
        if not state.worst <= max(tolerance, 1e-6):
            failure = f"the residual stays at {state.worst:.1e}"
            continue
        x, state, step, condition, steps = _polish(problem, x, tolerance)
        spent += steps
        spread = step + condition * _ROUNDING
        if state.worst <= tolerance and step <= tolerance and spread <= _ACCURACY:
            return Found(x, state, name, spent, step, condition)
        failure = (
            f"wages are known to {spread:.0e} only, for the equations there are all but singular (condition "
            f"{condition:.0e})"
            if spread > _ACCURACY
            else f"the residual stays at {state.worst:.1e} and the Newton step at {step:.1e}"
        )
    raise Unsolved(x, state, failure, spent)


def _plain(problem: Problem) -> Step:
    def step(_: Array, s: State) -> Array:
        """Each country alone closes its balance: minus the diagonal of the Jacobian, abroad held still."""
        home = problem.home * s.supply / s.phi
        volume = np.maximum(s.exports, s.imports) + np.abs(s.deficit)
        traded = np.where(volume > 0, (s.exports + s.imports) / np.where(volume > 0, volume, 1.0), 1.0)
        slope = traded * (0.5 * problem.theta * (1 + home)) + 1.0
        return np.asarray(s.residual / slope)

    return step


def _accelerated(p: Problem, step_of: Step, depth: int, limit: int, tolerance: float) -> tuple[Array, State, int]:
    """Anderson acceleration of x + step(x), steps capped; starts anew where it makes things much worse."""
    x, best = np.zeros(p.size), (np.zeros(p.size), evaluate(p, np.zeros(p.size)))
    state, fresh = best[1], 0
    past: list[tuple[Array, Array]] = []
    for iteration in range(limit):
        if iteration - fresh > 40:
            break
        if not state.ok or state.worst > 10 * best[1].worst:
            if not past:
                break  # the step from the best point itself leads away: another rung is needed
            x, state, past = best[0], best[1], []
        if state.worst < best[1].worst:
            best, fresh = (x, state), iteration
        step = step_of(x, state)
        size = float(np.max(np.abs(step)))
        if state.worst <= tolerance and size <= tolerance:
            return x, state, iteration
        step *= min(1.0, _STEP / size) if size > 0 else 1.0
        move = step
        if past:
            rows = np.array([step - other for _, other in past])
            weights = np.linalg.lstsq(rows.T, step, rcond=1e-12)[0]
            move = step - weights @ (np.array([x - other for other, _ in past]) + rows)
            longest = float(np.max(np.abs(move)))
            move = move * min(1.0, _STEP / longest) if longest > 0 else move
        past = [*past[-(depth - 1) :], (x, step)]
        x = x + move
        state = evaluate(p, x)
    return (*best, limit)


def _newton(p: Problem, x: Array, tolerance: float, limit: int) -> tuple[Array, State, int]:
    """Newton with a line search that halves until max |r| falls."""
    state = evaluate(p, x)
    for iteration in range(limit):
        if not state.ok or state.worst <= 1e-3 * tolerance:
            return x, state, iteration
        try:
            step = -np.linalg.solve(jacobian(p, x, state), state.residual)
        except np.linalg.LinAlgError:
            return x, state, iteration
        if not np.all(np.isfinite(step)):
            return x, state, iteration
        size = float(np.max(np.abs(step)))
        fraction = min(1.0, 2 * _STEP / size) if size > 0 else 1.0
        for _ in range(30):
            trial = evaluate(p, x + fraction * step)
            if trial.ok and trial.worst <= (1 - 1e-4 * fraction) * state.worst:
                break
            fraction /= 2
        else:
            return x, state, iteration
        x, state = x + fraction * step, trial
    return x, state, limit


def _homotopy(p: Problem, base: Problem, tolerance: float) -> tuple[Array, State, int]:
    """From the base to the shock in steps that halve where Newton fails and double where it is quick.

    Gives the last point of the path that was solved; its spending says whether a surplus has eaten up an income.
    """
    x, done, length, spent = np.zeros(p.size), 0.0, 0.25, 0
    state, slope = evaluate(base, x), np.zeros(p.size)
    while done < 1 and length > 1e-3:
        target = min(1.0, done + length)
        problem = p if target == 1 else p.between(base, target)
        new, trial, iterations = _newton(problem, x + (target - done) * slope, tolerance, 20)
        spent += iterations
        if trial.worst <= tolerance:
            slope = (new - x) / (target - done)  # the secant guesses the next point
            x, state, done = new, trial, target
            length *= 2 if iterations <= 4 else 1
        else:
            length /= 2
    if done < 1:
        raise Unsolved(x, state, _why_the_path_ends(state, done), spent, int(np.argmin(state.spending / state.income)))
    return x, state, spent


def _why_the_path_ends(state: State, done: float) -> str:
    left = state.spending / state.income
    if left.min() < _EXHAUSTED and state.deficit[np.argmin(left)] < 0:
        return f"no equilibrium: {100 * done:.0f} % of the way to the shock {{country}}'s surplus takes all its income"
    return f"the path from the base to the shock ends {100 * done:.0f} % of the way"


def _polish(p: Problem, x: Array, tolerance: float) -> tuple[Array, State, float, float, int]:
    """Newton steps with the Jacobian at x until they are small; then the size of the last, and its condition."""
    from scipy.linalg import lapack

    state = evaluate(p, x)
    slopes = jacobian(p, x, state)
    factors, pivots, info = lapack.dgetrf(slopes)
    if info:
        return x, state, np.inf, np.inf, 0
    reciprocal = lapack.dgecon(factors, np.abs(slopes).sum(axis=1).max(), norm="I")[0]
    condition = 1.0 / reciprocal if reciprocal > 0 else np.inf
    for count in range(6):
        step = -lapack.dgetrs(factors, pivots, state.residual)[0]
        size = float(np.max(np.abs(step)))
        if not np.isfinite(size) or size > _STEP:
            return x, state, np.inf, condition, count
        if size <= 1e-2 * tolerance:
            break
        trial = evaluate(p, x + step)
        if not trial.ok or trial.worst > max(state.worst, 1e-14):
            break
        x, state = x + step, trial
    return x, state, size, condition, count
