"""The linear programme behind the nucleolus and the core: one HiGHS model that is kept, with coalitions as they matter.

    minimise  c.x + d t   over x(N) = v(N) and x(S) + t >= v(S) for every coalition S that is not settled

Of the 2^n rows only those that bind matter. The programme begins with the coalitions of one player and of all but one;
after each solve the excess v(S) - x(S) of all coalitions is computed by doubling, the coalitions are cut into some 2n
blocks, and the worst of each block joins if it is violated by more than 1e-9. When none is, the solution is optimal
for all 2^n rows. Values are scaled by the caller so that the largest is about 1.
"""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np
import numpy.typing as npt

from tumen.bargain._arrays import Array, indicator, sums
from tumen.errors import NoConvergence

__all__ = ["TOLERANCE", "Program"]

TOLERANCE = 1e-9
_FEASIBLE = 1e-10  # HiGHS's own, its tightest
_DUAL = 1e-7  # multipliers below it are noise: true ones are ratios of small determinants
_ROUNDS = 10_000


class Program:
    """One game of n players, columns x_0 .. x_(n-1) and t; row r holds the coalition `rows[r]`, row 0 the grand one."""

    def __init__(self, values: Array, least: float = -np.inf) -> None:
        self.values = values
        self.n = n = values.size.bit_length() - 1
        self.highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        for option, value in (
            ("output_flag", False),
            ("threads", 1),
            ("presolve", "off"),
            ("primal_feasibility_tolerance", _FEASIBLE),
            ("dual_feasibility_tolerance", _FEASIBLE),
        ):
            self.highs.setOptionValue(option, value)
        none = np.empty(0, dtype=np.int32)
        low = np.append(np.full(n, least), -np.inf)
        self.highs.addCols(n + 1, np.zeros(n + 1), low, np.full(n + 1, np.inf), 0, none, none, np.empty(0))
        whole = values[-1:]
        self.highs.addRows(1, whole, whole, n, np.zeros(1, np.int32), np.arange(n, dtype=np.int32), np.ones(n))
        self.rows: list[int] = [(1 << n) - 1]
        self.inside = np.zeros(1 << n, dtype=bool)
        self.inside[[0, -1]] = True
        self.settled = self.inside.copy()
        one = np.left_shift(np.int64(1), np.arange(n))
        self._join(np.unique(np.append(one, (1 << n) - 1 - one)))

    def cost(self, x: npt.ArrayLike, t: float) -> None:
        """What to minimise."""
        both = np.append(np.broadcast_to(np.asarray(x, dtype=np.float64), self.n), t)
        self.highs.changeColsCost(self.n + 1, np.arange(self.n + 1, dtype=np.int32), both)

    def total(self, low: float, high: float) -> None:
        """Bound what all get together."""
        self.highs.changeRowBounds(0, low, high)

    def slack(self, t: float) -> None:
        """Fix t."""
        self.highs.changeColBounds(self.n, t, t)

    def solve(self) -> tuple[Array, float]:
        """x (n,) and t at the optimum over all coalitions. Raises NoConvergence."""
        blocks = 1 << min(self.n, (2 * self.n - 1).bit_length())
        first = np.arange(blocks) * ((1 << self.n) // blocks)
        bounded = np.where(self.settled, -np.inf, self.values)
        for _ in range(_ROUNDS):
            self.highs.run()
            if self.highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
                status = self.highs.modelStatusToString(self.highs.getModelStatus())
                raise NoConvergence(f"bargain: the linear programme of a game of {self.n} players ended as {status}")
            found = np.array(self.highs.getSolution().col_value)
            x, t = found[: self.n], float(found[self.n])
            excess = sums(x)
            np.subtract(bounded, excess, out=excess)
            worst = first + excess.reshape(blocks, -1).argmax(axis=1)
            worst = worst[excess[worst] > t + TOLERANCE]
            if not self._join(worst):
                return x, t
        raise NoConvergence(f"bargain: no end of violated coalitions after {_ROUNDS} rounds")

    def binding(self) -> tuple[list[int], list[int]]:
        """Rows, and players at their least, with a positive multiplier: they bind in every optimum."""
        solution = self.highs.getSolution()
        rows = np.flatnonzero(np.array(solution.row_dual)[1:] > _DUAL) + 1
        players = np.flatnonzero(np.array(solution.col_dual)[: self.n] > _DUAL)
        return rows.tolist(), players.tolist()

    def vertex(self) -> tuple[list[int], list[int]]:
        """Coalitions that hold with equality at the vertex that was found, and columns that rest at 0 or a bound."""
        basis = self.highs.getBasis()
        basic = highspy.HighsBasisStatus.kBasic
        rows = [coalition for coalition, status in zip(self.rows, basis.row_status, strict=True) if status != basic]
        return rows, [column for column, status in enumerate(basis.col_status) if status != basic]

    def fix_row(self, row: int, worth: float) -> None:
        """From now on x(S) is `worth`, whatever t."""
        self.highs.changeCoeff(row, self.n, 0.0)
        self.highs.changeRowBounds(row, worth, worth)

    def fix_player(self, player: int, worth: float) -> None:
        """From now on the player gets `worth`."""
        self.highs.changeColBounds(player, worth, worth)

    def drop_row(self, row: int) -> None:
        """The row no longer matters."""
        self.highs.changeRowBounds(row, -np.inf, np.inf)

    def _join(self, coalitions: npt.NDArray[np.int64]) -> bool:
        """Add rows; whether there were any that were not there already."""
        new = coalitions[~self.inside[coalitions]]
        if not new.size:
            return False
        self.inside[new] = True
        self.rows += new.tolist()
        entries = np.column_stack([indicator(new, self.n), np.ones(new.size)])
        row, column = np.nonzero(entries)
        start = np.searchsorted(row, np.arange(new.size)).astype(np.int32)
        upper = np.full(new.size, np.inf)
        self.highs.addRows(
            new.size, self.values[new], upper, row.size, start, column.astype(np.int32), np.ones(row.size)
        )
        return True
