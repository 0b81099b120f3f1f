"""Which coalitions are settled: those whose members together get the same in every solution that is left.

Once x(S) is fixed for some coalitions, it is fixed for every coalition whose indicator vector lies in their span. The
span is kept by an orthonormal basis Z (n, d) of its complement: S is in the span where Z'1_S = 0. All 2^n coalitions
are tested by one sum over a fixed direction Zg, which is O(2^n); the few that pass are tested in full.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tumen.bargain._arrays import Array, indicator, sums

__all__ = ["Span"]

_ZERO = 1e-9


class Span:
    """The span of indicator vectors of coalitions of n players; it begins with the grand coalition."""

    def __init__(self, n: int) -> None:
        self.n = n
        self.free: Array = np.eye(n)  # (n, d), what is not yet in the span
        self.add((1 << n) - 1)

    def complete(self) -> bool:
        """Whether every coalition is in it, so that all is settled."""
        return not self.free.shape[1]

    def add(self, coalition: int) -> None:
        """Take in a coalition; nothing changes if it is in the span already."""
        along = indicator(coalition, self.n)[0] @ self.free
        size = float(np.sqrt(along @ along))
        if size > _ZERO:
            # a reflection that turns `along` into the first axis; the other axes are what is left
            along[0] += np.copysign(size, along[0])
            turned = self.free - np.outer(self.free @ along, along * (2 / (along @ along)))
            self.free = turned[:, 1:]

    def members(self) -> npt.NDArray[np.bool_]:
        """(2^n,), whether each coalition is in the span."""
        if self.complete():
            return np.ones(1 << self.n, dtype=bool)
        direction = self.free @ np.cos(1.7 * np.arange(1, self.free.shape[1] + 1))
        inside = np.abs(sums(direction)) < _ZERO
        maybe = np.flatnonzero(inside)
        if maybe.size * self.n < inside.size:
            inside[maybe] = np.abs(indicator(maybe, self.n) @ self.free).max(axis=1) < 100 * _ZERO
        else:  # as many as that only where few axes are left
            for axis in self.free.T:
                inside &= np.abs(sums(axis)) < 100 * _ZERO
        return inside
