"""A matrix of shares, such as what each country loses by each tie, as a shaded table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Matrix", "Shaded", "shaded"]

_SHADES = (0.001, 0.003, 0.01, 0.03, 0.1)  # a share from which on a cell is darker


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows by columns of shares; the diagonal is left empty.

    `rows` are full names, `columns` short ones in the same order. `values[i][j]` is the median, `low` and `high` the
    range, fractions of one.
    """

    title: str
    gloss: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]
    low: tuple[tuple[float, ...], ...]
    high: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class _Cell:
    text: str
    shade: int
    hint: str


@dataclass(frozen=True, slots=True)
class Shaded:
    """A matrix ready for the page."""

    matrix: Matrix
    rows: tuple[tuple[str, str, tuple[_Cell, ...]], ...]


def shaded(matrices: Sequence[Matrix]) -> tuple[Shaded, ...]:
    """Cells in words: per cent to two digits, five shades, and the range as a hint."""
    return tuple(Shaded(matrix, tuple(_row(matrix, i) for i in range(len(matrix.rows)))) for matrix in matrices)


def _row(matrix: Matrix, i: int) -> tuple[str, str, tuple[_Cell, ...]]:
    cells = tuple(_cell(matrix, i, j) for j in range(len(matrix.columns)))
    return matrix.rows[i], matrix.columns[i], cells


def _cell(matrix: Matrix, i: int, j: int) -> _Cell:
    if i == j:
        return _Cell("", 0, "")
    value, low, high = matrix.values[i][j], matrix.low[i][j], matrix.high[i][j]
    if not math.isfinite(value):
        return _Cell("\N{EN DASH}", 0, f"{matrix.rows[i]} without {matrix.columns[j]}: no equilibrium")
    shade = sum(value >= least for least in _SHADES)
    hint = (
        f"{matrix.rows[i]} without {matrix.columns[j]}: {_percent(value)} %, 5-95 % {_percent(low)} to {_percent(high)}"
    )
    return _Cell(_percent(value), shade, hint)


def _percent(share: float) -> str:
    """Per cent to two digits, without a sign for what rounds to nothing.

    >>> [_percent(x) for x in (0.3472, 0.0213, 0.00041, -0.00001, -0.012)]
    ['35', '2.1', '0.04', '0', '−1.2']
    """
    percent = 100 * share
    size = abs(percent)
    text = f"{size:.0f}" if size >= 9.95 else f"{size:.1f}" if size >= 0.95 else f"{size:.2f}"
    if float(text) == 0:
        return "0"
    return ("\N{MINUS SIGN}" if percent < 0 else "") + text
