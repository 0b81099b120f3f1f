"""Linear programmes of many draws at once, by the dual simplex method from one basis.

    minimise cost · x  subject to  matrix · x = 0,  0 <= x <= upper

Draws differ in costs and limits alone, so one basis serves them all to begin with. Columns outside a basis go to the
limit that suits the sign of their reduced cost, so that every basis is dual feasible; then, draw by draw but all in
step, what is furthest beyond its limits leaves the basis, and what enters keeps the reduced costs in order (Lemke 1954;
Chvátal 1983, chapter 10). A draw whose basis is within its limits is done. HiGHS is as exact, but takes longer to be
told of a network of ten markets than to solve it.

What comes of a draw does not depend on which others are solved beside it. Nothing depends on the word of this method:
balance and the duality gap of every draw are measured, and where they are off, where it does not end, or where an
unlimited column is at the limit lent to it, the draw is marked, for a solver with more patience.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from tumen.corridor._drawn import Array
from tumen.corridor._program import Index

__all__ = ["Simplex"]

_STEPS = 200
_WITHIN = 1e-12  # of all limits together: what is no further beyond its own counts as within
_PIVOT = 1e-9
_GAP = 1e-10  # of the money that moves

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """Where draws are on their way: n columns and m rows, whose slacks, all zero, count as columns after the n."""

    basis: Index  # (N, m)
    inverse: Array  # (N, m, m) of the matrix of the basis
    level: Array  # (N, m) of what is in the basis
    reduced: Array  # (N, n) reduced costs
    side: Array  # (N, n) of what is outside it 1 at zero and -1 at its limit; 0 in it, or where there is no room
    limit: Array  # (N, n + m)
    within: Array  # (N,)

    def of(self, draws: Mask) -> _State:
        """That of some of the draws."""
        return _State(*(getattr(self, item.name)[draws] for item in fields(self)))


class Simplex:
    """rows: how many; start, index, value: the matrix by columns, of which none has more than two entries.

    It begins with a basis of slacks.
    """

    def __init__(self, rows: int, start: Index, index: Index, value: Array) -> None:
        columns = len(start) - 1
        self._row, self._entry = np.zeros((2, columns), dtype=np.intp), np.zeros((2, columns))
        for nth in (0, 1):
            has = np.flatnonzero(np.diff(start) > nth)
            self._row[nth, has], self._entry[nth, has] = index[start[has] + nth], value[start[has] + nth]
        self._matrix = np.zeros((rows, columns))
        np.add.at(self._matrix, (self._row, np.arange(columns)), self._entry)
        self._basis, self._inverse = columns + np.arange(rows), np.eye(rows)

    def start_from(self, cost: Array, upper: Array) -> None:
        """Let every later solve start where one with these costs and limits, (columns,), ends."""
        basis, _, _, failed = self._ends(cost[None], _lent(upper[None])[0])
        if not failed[0]:
            whole = np.concatenate([self._matrix, np.eye(len(self._matrix))], axis=1)
            self._basis, self._inverse = basis[0], np.linalg.inv(whole[:, basis[0]])

    def minima(self, cost: Array, upper: Array) -> tuple[Array, Array, Mask]:
        """(N, columns), duals of rows (N, rows), and which draws are not solved, for costs and limits (N, columns)."""
        limit, lent = _lent(upper)
        _, columns, duals, failed = self._ends(cost, limit)
        least = np.minimum(cost - self._priced(duals), 0.0) * limit
        moved = 1 + (np.abs(cost) * columns).sum(axis=1)
        failed |= np.abs((cost * columns - least).sum(axis=1)) > _GAP * moved
        failed |= np.abs(self._sent(columns)).max(axis=1, initial=0.0) > _GAP * lent
        failed |= (np.isinf(upper) & (columns >= lent[:, None])).any(axis=1)
        return columns, duals, failed

    def _ends(self, cost: Array, upper: Array) -> tuple[Index, Array, Array, Mask]:
        """Basis, columns and duals where draws end, and which do not; limits are finite."""
        draws, count, rows = *cost.shape, len(self._basis)
        slack = np.zeros((draws, rows))
        if not self._matrix.size:
            return np.tile(self._basis, (draws, 1)), np.zeros_like(cost), slack, np.zeros(draws, dtype=bool)
        cost, limit = np.concatenate([cost, slack], axis=1), np.concatenate([upper, slack], axis=1)
        columns, duals = np.zeros_like(limit), np.zeros_like(slack)
        basis, left, failed = np.tile(self._basis, (draws, 1)), np.arange(draws), np.zeros(draws, dtype=bool)
        at = self._begun(cost, limit)
        for _ in range(_STEPS):
            n = np.arange(len(left))
            beyond = np.maximum(-at.level, at.level - at.limit[n[:, None], at.basis])
            leaves = beyond.argmax(axis=1)
            open_ = beyond[n, leaves] > at.within
            if not open_.all():
                done, which = at.of(~open_), left[~open_]
                basis[which] = done.basis
                columns[which, :count] = np.where(done.side < 0, done.limit[:, :count], 0.0)
                columns[which[:, None], done.basis] = done.level
                duals[which] = np.einsum("dk,dkm->dm", cost[which[:, None], done.basis], done.inverse)
                at, left, leaves = at.of(open_), left[open_], leaves[open_]
            if not len(left):
                break
            able = self._step(at, leaves)
            failed[left[~able]] = True
            at, left = (at, left) if able.all() else (at.of(able), left[able])
        failed[left] = True
        return basis, np.clip(columns[:, :count], 0.0, upper), duals, failed

    def _begun(self, cost: Array, limit: Array) -> _State:
        """All draws at the first basis."""
        draws, count = len(cost), len(self._matrix.T)
        prices = np.einsum("dk,km->dm", cost[:, self._basis], self._inverse)
        reduced = cost[:, :count] - self._priced(prices)
        side = np.where(limit[:, :count] > 0, np.where(reduced < 0, -1.0, 1.0), 0.0)
        side[:, self._basis[self._basis < count]] = 0.0
        level = -np.einsum("dm,km->dk", self._sent(np.where(side < 0, limit[:, :count], 0.0)), self._inverse)
        inverse = np.tile(self._inverse, (draws, 1, 1))
        within = _WITHIN * (1 + limit.sum(axis=1))
        return _State(np.tile(self._basis, (draws, 1)), inverse, level, reduced, side, limit, within)

    def _step(self, at: _State, leaves: Index) -> Mask:
        """One exchange in every draw, in place; which draws have something that may enter."""
        n = np.arange(len(leaves))
        gone, now, rho = at.basis[n, leaves], at.level[n, leaves], at.inverse[n, leaves]
        low = now < 0  # what leaves goes to zero, else down to its limit
        row = self._priced(rho)
        slope = row * at.side * np.where(low, -1.0, 1.0)[:, None]
        fit = slope > _PIVOT
        enters = np.where(fit, np.abs(at.reduced) / np.where(fit, slope, 1.0), np.inf).argmin(axis=1)
        able = fit[n, enters]
        pivot = np.where(able, row[n, enters], 1.0)
        room, side = at.limit[n, gone], at.side[n, enters]
        first, second = self._row[:, enters]
        own = self._entry[:, enters, None]
        column = at.inverse[n, :, first] * own[0] + at.inverse[n, :, second] * own[1]
        step = (now - np.where(low, 0.0, room)) / pivot
        np.subtract(at.level, column * step[:, None], out=at.level)
        at.level[n, leaves] = np.where(side < 0, at.limit[n, enters], 0.0) + step
        np.subtract(at.reduced, (at.reduced[n, enters] / pivot)[:, None] * row, out=at.reduced)
        rho = rho / pivot[:, None]
        np.subtract(at.inverse, column[:, :, None] * rho[:, None, :], out=at.inverse)
        at.inverse[n, leaves] = rho
        at.reduced[n, enters] = at.side[n, enters] = 0.0
        real = gone < at.side.shape[1]
        at.side[n[real], gone[real]] = np.where(room > 0, np.where(low, 1.0, -1.0), 0.0)[real]
        at.basis[n, leaves] = enters
        return np.asarray(able)

    def _priced(self, duals: Array) -> Array:
        """(N, columns) what the entries of each column come to at the duals of rows, (N, rows)."""
        return np.asarray(duals[:, self._row[0]] * self._entry[0] + duals[:, self._row[1]] * self._entry[1])

    def _sent(self, columns: Array) -> Array:
        """(N, rows) the matrix times columns, (N, columns)."""
        return np.asarray(np.einsum("dn,mn->dm", columns, self._matrix))


def _lent(upper: Array) -> tuple[Array, Array]:
    """Finite limits, (N, columns), and what an unlimited column is lent, (N,): more than any use of it."""
    lent = 1 + 2 * np.where(np.isinf(upper), 0.0, upper).sum(axis=1)
    return np.where(np.isinf(upper), lent[:, None], upper), lent
