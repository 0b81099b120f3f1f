"""The solver of the goods nest: Newton for all draws of a block at once, and a path in log costs for those that fail.

Newton takes the analytic Jacobian, caps steps of logs, and halves each draw's step until its largest residual falls.
Draws that are done leave the block. What Newton does not solve from unchanged wages is led there from the base in
steps that halve where Newton fails and double where it is quick. A draw is solved when its largest residual and its
last Newton step are both at most the tolerance.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tumen.trade._nest_jacobian import jacobian
from tumen.trade._nest_system import Array, Ints, Mask, Problem, State, evaluate

__all__ = ["Solved", "solve"]

_STEP = 2.0  # the largest step of a logarithm
_LIMIT = 60
_SHORTEST = 1e-3  # of the path from the base to the shock


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """Where each draw ended: z (D, unknowns), ok, the last Newton step and iterations (D,), and how far it came.

    done (D,): the part of the way from the base to the shock that was solved; 1 for those that are ok.
    """

    z: Array
    ok: Mask
    step: Array
    iterations: Ints
    done: Array

    def end(self, rows: Ints, over: Mask, z: Array, step: Array, ok: Mask) -> None:
        """Notes where those draws of `rows` stand that are over."""
        where = rows[over]
        self.z[where], self.step[where], self.ok[where] = z[over], step[over], ok[over]


def solve(problem: Problem, start: Problem, tolerance: float) -> Solved:
    """Solve every draw; `start` is the same problem without the shock, which z = 0 solves."""
    zero = np.zeros((problem.draws, problem.unknowns))
    found = _newton(problem, zero, tolerance, _LIMIT)
    failed = np.flatnonzero(~found.ok)
    if not len(failed):
        return found
    led = _homotopy(problem.take(failed), start.take(failed), tolerance)
    for name in ("z", "ok", "step", "done"):
        getattr(found, name)[failed] = getattr(led, name)
    found.iterations[failed] += led.iterations
    return found


def _newton(problem: Problem, z: Array, tolerance: float, limit: int) -> Solved:
    """Newton from z. A draw ends when its step is a hundredth of the tolerance, or when it can no longer improve."""
    p, rows = problem, np.arange(len(z))
    out = Solved(
        z.copy(), np.zeros(len(z), dtype=np.bool_), np.full(len(z), np.inf), np.zeros(len(z), dtype=np.int64),
        np.ones(len(z)),
    )  # fmt: skip
    state = evaluate(p, z)
    for _ in range(limit):
        step = -_steps(jacobian(p, z, state), state.residual)
        size = np.abs(step).max(axis=1)
        fine = (state.worst <= tolerance) & (size <= tolerance)
        over = (fine & (size <= 1e-2 * tolerance)) | ~(state.ok & np.isfinite(size))
        out.end(rows, over, z, size, fine)
        if over.any():
            left = np.flatnonzero(~over)
            if not len(left):
                return out
            p, rows, state = p.take(left), rows[left], _rows(state, left)
            z, step, size, fine = z[left], step[left], size[left], fine[left]
        out.iterations[rows] += 1
        trial, after, improved = _search(p, z, step, size, state, fine)
        out.end(rows, ~improved, z, size, fine)
        z, state = trial, after
        if not improved.all():
            left = np.flatnonzero(improved)
            if not len(left):
                return out
            p, rows, z, state = p.take(left), rows[left], z[left], _rows(state, left)
    out.z[rows] = z
    return out


def _rows(state: State, rows: Ints) -> State:
    return State(*(getattr(state, name)[rows] for name in State.__slots__))


def _search(p: Problem, z: Array, step: Array, size: Array, state: State, fine: Mask) -> tuple[Array, State, Mask]:
    """Where the steps lead, each halved until its draw's largest residual falls, and which of them do.

    Draws that are fine already take the whole step or none: what is left of their residual is rounding.
    """
    fraction = np.minimum(1.0, _STEP / np.where(size > 0, size, 1.0))
    trial = z + fraction[:, None] * step
    after = evaluate(p, trial)
    improved = after.ok & (after.worst <= (1 - 1e-4 * fraction) * state.worst)
    left = np.flatnonzero(~improved & ~fine)
    if not len(left):
        return trial, after, improved
    part, where, old = p.take(left), left, state.worst[left]
    for _ in range(30):
        fraction[where] /= 2
        tried = z[where] + fraction[where, None] * step[where]
        worst = evaluate(part, tried).worst
        good = worst <= (1 - 1e-4 * fraction[where]) * old
        trial[where[good]] = tried[good]
        improved[where[good]] = True
        bad = np.flatnonzero(~good)
        if not len(bad):
            break
        part, where, old = part.take(bad), where[bad], old[bad]
    trial[where] = np.where(improved[where, None], trial[where], z[where])
    return trial, evaluate(p, trial), improved


def _steps(slopes: Array, residual: Array) -> Array:
    """slopes^-1 residual by draw, not a number where there is none."""
    sound = np.asarray(np.isfinite(slopes).all(axis=(1, 2)) & np.isfinite(residual).all(axis=1))
    if not sound.all():
        slopes = np.where(sound[:, None, None], slopes, np.eye(slopes.shape[1]))
        residual = np.where(sound[:, None], residual, np.nan)
    try:
        return np.asarray(np.linalg.solve(slopes, residual[:, :, None])[:, :, 0])
    except np.linalg.LinAlgError:
        singular = np.flatnonzero(np.linalg.slogdet(slopes)[0] == 0)
        eased = slopes.copy()
        eased[singular] = np.eye(slopes.shape[1])
        steps = np.linalg.solve(eased, residual[:, :, None])[:, :, 0]
        steps[singular] = np.nan
        return np.asarray(steps)


def _homotopy(problem: Problem, start: Problem, tolerance: float) -> Solved:
    """From the base to the shock, every draw at its own pace."""
    draws = problem.draws
    z, slope = np.zeros((draws, problem.unknowns)), np.zeros((draws, problem.unknowns))
    done, length = np.zeros(draws), np.full(draws, 0.25)
    last, spent = np.full(draws, np.inf), np.zeros(draws, dtype=np.int64)
    rows = np.arange(draws)
    while len(rows):
        target = np.minimum(1.0, done[rows] + length[rows])
        stretch = (target - done[rows])[:, None]
        here = between(start.take(rows), problem.take(rows), target)
        found = _newton(here, z[rows] + stretch * slope[rows], tolerance, 20)
        spent[rows] += found.iterations
        length[rows] *= np.where(found.ok, np.where(found.iterations <= 5, 2.0, 1.0), 0.5)
        good = rows[found.ok]
        slope[good] = ((found.z - z[rows]) / stretch)[found.ok]  # the secant guesses the next point
        z[good], done[good], last[good] = found.z[found.ok], target[found.ok], found.step[found.ok]
        rows = rows[(done[rows] < 1) & (length[rows] > _SHORTEST)]
    return Solved(z, done >= 1, last, spent, done)


def between(start: Problem, end: Problem, step: Array) -> Problem:
    """The problems at fractions `step` (D,) of the way, straight in log costs; what dies does so at the very end."""
    share = {k: step.reshape(-1, *[1] * k) for k in (1, 2)}
    with np.errstate(all="ignore"):
        ratio = np.where(start.kernel > 0, end.kernel / np.where(start.kernel > 0, start.kernel, 1.0), 1.0)
        fading = np.where(share[2] < 1, np.exp(-5 * share[2] / (1 - share[2])), 0.0)
        kernel = start.kernel * np.where(ratio > 0, ratio ** share[2], fading)
    arrived = {k: values >= 1 for k, values in share.items()}

    def mixed(a: Array, b: Array) -> Array:
        weight = share[a.ndim - 1]
        return np.asarray((1 - weight) * a + weight * b)

    def switched(a: Array, b: Array) -> Array:
        return np.where(arrived[a.ndim - 1], b, a)

    def optional(a: Array | None, b: Array | None) -> Array | None:
        none = np.zeros((1, 1, 1))
        return None if a is None and b is None else mixed(none if a is None else a, none if b is None else b)

    return replace(
        end, kernel=kernel, dead=switched(start.dead, end.dead), alpha=switched(start.alpha, end.alpha),
        lost=switched(start.lost, end.lost), output=mixed(start.output, end.output),
        log_productivity=mixed(start.log_productivity, end.log_productivity),
        deficit=mixed(start.deficit, end.deficit), border=mixed(start.border, end.border),
        to_importer=optional(start.to_importer, end.to_importer),
        to_exporter=optional(start.to_exporter, end.to_exporter), value=mixed(start.value, end.value),
        tariff=mixed(start.tariff, end.tariff), volume=mixed(start.volume, end.volume),
        log_limit=np.where(end.log_limit < 0, share[1] * np.where(np.isfinite(end.log_limit), end.log_limit, 0.0),
                           end.log_limit),
    )  # fmt: skip
