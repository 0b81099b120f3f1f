"""A linear programme that HiGHS keeps: costs and upper limits change, rows and lower limits (zero) stay.

    minimise cost · x  subject to  matrix · x = 0,  0 <= x <= upper

HiGHS (Huangfu and Hall 2018, "Parallelizing the dual revised simplex method") runs on one thread and without presolve.
No solve starts from the one before it but from a basis that is given, so that results do not depend on the order.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tumen.corridor._drawn import Array
from tumen.corridor._program import Index

__all__ = ["Model"]

_OPTIONS: dict[str, bool | int | float | str] = {
    "output_flag": False, "threads": 1, "parallel": "off", "presolve": "off", "solver": "simplex",
    "primal_feasibility_tolerance": 1e-9, "dual_feasibility_tolerance": 1e-9,
}  # fmt: skip


class Model:
    """rows: how many; start, index, value: the matrix by columns."""

    def __init__(self, rows: int, start: Index, index: Index, value: Array) -> None:
        import highspy

        self._columns = np.arange(len(start) - 1, dtype=np.int32)
        self._rows = rows
        self._zeros = np.zeros(len(self._columns))
        self._basis: Any = None
        self._optimal = highspy.HighsModelStatus.kOptimal
        programme = highspy.HighsLp()
        programme.num_col_, programme.num_row_ = len(self._columns), rows
        programme.col_cost_ = programme.col_lower_ = programme.col_upper_ = self._zeros
        programme.row_lower_ = programme.row_upper_ = np.zeros(rows)
        programme.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        programme.a_matrix_.start_ = start.astype(np.int32)
        programme.a_matrix_.index_ = index.astype(np.int32)
        programme.a_matrix_.value_ = value
        self._highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        for name, option in _OPTIONS.items():
            self._highs.setOptionValue(name, option)
        self._highs.passModel(programme)

    def remember(self) -> None:
        """Let every later solve start from the basis of the last one."""
        if self._highs.getModelStatus() == self._optimal:
            self._basis = self._highs.getBasis()

    def basis(self) -> Any:
        """The basis of the last solve, from which `minimum` may start; None where that found no optimum."""
        return self._highs.getBasis() if self._highs.getModelStatus() == self._optimal else None

    def minimum(self, cost: Array, upper: Array, start: Any = None) -> float | None:
        """The least cost; None where there is none, because it is unlimited or the solver stopped short.

        `start`: a basis to start from, in place of the one that is remembered.
        """
        highs, count = self._highs, len(self._columns)
        if not count:
            return 0.0
        start = self._basis if start is None else start
        highs.changeColsCost(count, self._columns, cost)
        highs.changeColsBounds(count, self._columns, self._zeros, upper)
        highs.clearSolver()
        if start is not None:
            highs.setBasis(start)
        highs.run()
        if highs.getModelStatus() != self._optimal and start is not None:
            highs.clearSolver()  # it may have come to a halt on its way from the basis: once more from nothing
            highs.run()
        if highs.getModelStatus() != self._optimal:
            return None
        return float(highs.getObjectiveValue())

    def duals(self) -> Array:
        """Duals of rows at the last minimum."""
        return np.array(self._highs.getSolution().row_dual) if len(self._columns) else np.zeros(self._rows)

    def point(self) -> tuple[Array, Array]:
        """Columns and duals of rows at the last minimum."""
        if not len(self._columns):
            return self._zeros, np.zeros(self._rows)
        found = self._highs.getSolution()
        return np.array(found.col_value), np.array(found.row_dual)
