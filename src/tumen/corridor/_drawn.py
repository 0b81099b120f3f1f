"""Drawn quantities: dotted names such as `links.yamal.capacity`, each an array over draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tumen.corridor._network import nearest
from tumen.corridor._parts import BOUNDS, DRAWN
from tumen.errors import CaseError

if TYPE_CHECKING:
    from tumen.corridor._network import Network

__all__ = ["Array", "Draws", "Table", "tables_of"]

Array = npt.NDArray[np.float64]
Draws = Mapping[str, npt.ArrayLike]
"""`{"table.name.field": values}`: a number, or an array with one value a draw."""


class Table:
    """The numbers of one table, by field: (1, rows) where none is drawn, else (draws, rows)."""

    def __init__(self, rows: tuple[Any, ...]) -> None:
        self.rows = rows
        self._columns: dict[str, Array] = {}

    def __getitem__(self, name: str) -> Array:
        if name not in self._columns:
            self._columns[name] = np.array([[float(getattr(row, name)) for row in self.rows]]).reshape(1, -1)
        return self._columns[name]

    def draw(self, row: int, name: str, values: Array) -> None:
        """Put the draws of one number in its place."""
        column = self[name]
        if len(column) != len(values):
            column = np.repeat(column, len(values), axis=0)
        column[:, row] = values
        self._columns[name] = column


def tables_of(network: Network, draws: Draws | None) -> tuple[int, dict[str, Table]]:
    """How many draws there are, 1 if none is given, and the tables with drawn numbers in place.

    Raises CaseError with every problem: names that nothing bears, numbers out of bounds, lengths that differ.
    """
    tables = {
        "commodities": Table(tuple(network.commodities)),
        "links": Table(tuple(network.links)),
        "supply": Table(tuple(network.supply)),
        "demand": Table(tuple(network.demand)),
        "options": Table(tuple(network.options)),
    }
    problems: list[str] = []
    given: list[tuple[str, str, str, Array]] = []
    for key, values in (draws or {}).items():
        try:
            array = np.asarray(values, dtype=float)
        except (TypeError, ValueError):
            problems.append(f"draws: {key}: expected a number or one a draw")
            continue
        if array.ndim > 1 or array.size == 0:
            problems.append(f"draws: {key}: its shape is {array.shape}, expected one number a draw")
            continue
        place = _place(key, tables, problems)
        if place is not None:
            given.append((*place, array))
    sizes = {array.size for *_, array in given if array.ndim}
    if len(sizes) > 1:
        problems.append(f"draws: lengths differ: {', '.join(map(str, sorted(sizes)))}; expected one")
    if problems:
        raise CaseError(problems)
    count = sizes.pop() if sizes else 1
    for table, name, field, array in given:
        row = next(n for n, row in enumerate(tables[table].rows) if row.name == name)
        bound = BOUNDS[table][field]
        wrong = np.flatnonzero(~bound.keeps(np.atleast_1d(array)))
        if len(wrong):
            number = np.atleast_1d(array)[wrong[0]]
            problems.append(f"draws: {table}.{name}.{field} is {number:g} in draw {wrong[0]}, expected {bound.said}")
            continue
        tables[table].draw(row, field, np.broadcast_to(array, (count,)))
    _sold_out(tables["supply"], problems)
    if problems:
        raise CaseError(problems)
    return count, tables


def _place(key: str, tables: Mapping[str, Table], problems: list[str]) -> tuple[str, str, str] | None:
    table, _, rest = key.partition(".")
    name, dot, field = rest.rpartition(".")
    if table not in tables or not dot:
        known = nearest("table", table, tables)
        problems.append(f"draws: {key}: expected table.name.field; " + known if table not in tables else
                        f"draws: {key}: expected table.name.field, as in links.yamal.capacity")  # fmt: skip
        return None
    names = [row.name for row in tables[table].rows]
    if name not in names:
        problems.append(f"draws: {key}: " + nearest(f"row of {table}", name, names))
    elif field not in DRAWN[table]:
        problems.append(f"draws: {key}: " + nearest("field that can be drawn", field, DRAWN[table]))
    else:
        return table, name, field
    return None


def _sold_out(supply: Table, problems: list[str]) -> None:
    over = np.atleast_2d(supply["sold"] > supply["quantity"])
    for draw, row in zip(*np.nonzero(over), strict=True):
        problems.append(f"draws: supply.{supply.rows[row].name}: more is sold than there is in draw {draw}")
        return
