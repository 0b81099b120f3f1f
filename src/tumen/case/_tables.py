"""CSV tables of a case: dated figures with their sources, one row a figure.

Columns: `year, value` and any of `unit, low, high, statistics, source, known, note`. Values are brought to base units;
`low` and `high` are in the row's unit.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tumen.case._dates import latest_day
from tumen.case._problems import Place, Problems
from tumen.case._units import Unit, parse_number, parse_unit
from tumen.case._yaml import MAX_TABLE_BYTES, read_text
from tumen.errors import UnitError, did_you_mean

__all__ = ["Row", "Table", "read_table"]

COLUMNS = ("year", "value", "unit", "low", "high", "statistics", "source", "known", "note")
_MAX_ROWS = 200_000


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of a table, in base units."""

    line: int
    year: int
    value: float
    unit: Unit
    low: float | None
    high: float | None
    statistics: str
    source: tuple[str, ...]
    known: str | None
    note: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the case; all rows are of one unit."""

    file: str
    rows: tuple[Row, ...]

    @property
    def unit(self) -> Unit:
        return self.rows[0].unit


def read_table(folder: Path, name: str, problems: Problems, place: Place) -> tuple[Table | None, str]:
    """Read one table, and its text; None after noting what is wrong. `place` is where the case names the file."""
    text = read_text(folder, name, problems, place, limit=MAX_TABLE_BYTES)
    if text is None:
        return None, ""
    before = len(problems.found)
    rows = _rows(name, text, problems)
    if len(problems.found) > before:
        return None, text
    if not rows:
        problems.add(Place(name, 1), "", f"the table is empty; it has a header ({', '.join(COLUMNS[:2])}, ...) and at least one row")
        return None, text
    for row in rows[1:]:
        if row.unit.powers != rows[0].unit.powers:
            problems.add(Place(name, row.line), "unit", f"in {row.unit.label}, but line {rows[0].line} in {rows[0].unit.label}; use one unit")
            return None, text
    return Table(name, tuple(rows)), text


def _rows(name: str, text: str, problems: Problems) -> list[Row]:
    reader = csv.reader(io.StringIO(text), strict=True)
    rows: list[Row] = []
    header: list[str] | None = None
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells) or cells[0].startswith("#"):
                continue
            line = reader.line_num
            if header is None:
                header = _header(name, line, cells, problems)
                if header is None:
                    return []
            elif len(cells) != len(header):
                problems.add(Place(name, line), "", f"{len(cells)} cells where the header has {len(header)}; quote texts that hold commas")
            elif len(rows) >= _MAX_ROWS:
                problems.add(Place(name, line), "", f"more than {_MAX_ROWS:,} rows; aggregate the table to what the case needs")
                return rows
            elif (row := _row(name, line, dict(zip(header, cells, strict=True)), problems)) is not None:
                rows.append(row)
    except csv.Error as error:
        problems.add(Place(name, reader.line_num), "", f"this is not a CSV table: {error}")
    return rows


def _header(name: str, line: int, cells: list[str], problems: Problems) -> list[str] | None:
    header = [cell.strip().lower() for cell in cells]
    bad = [cell for cell in header if cell not in COLUMNS]
    for cell in bad:
        problems.add(Place(name, line), cell[:40], f"unknown column; {did_you_mean(cell, COLUMNS)}")
    missing = [column for column in ("year", "value") if column not in header]
    for column in missing:
        problems.add(Place(name, line), column, "the column is missing; a table has `year` and `value`")
    twice = sorted({cell for cell in header if header.count(cell) > 1})
    for cell in twice:
        problems.add(Place(name, line), cell, "the column stands twice")
    return None if bad or missing or twice else header


def _row(name: str, line: int, cells: Mapping[str, str], problems: Problems) -> Row | None:
    before = len(problems.found)

    def number(column: str) -> float | None:
        text = cells.get(column, "").strip()
        if not text:
            return None
        try:
            return parse_number(text)
        except UnitError as error:
            problems.add(Place(name, line), column, str(error))
            return None

    year, value, low, high = (number(column) for column in ("year", "value", "low", "high"))
    unit, known = parse_unit(""), cells.get("known", "").strip() or None
    try:
        unit = parse_unit(cells.get("unit", ""))
        if known:
            latest_day(known)
    except UnitError as error:
        problems.add(Place(name, line), "unit" if "date" not in str(error) else "known", str(error))
    for column, found in (("year", year), ("value", value)):
        if found is None and not cells.get(column, "").strip():
            problems.add(Place(name, line), column, "is empty")
    if year is not None and not (year.is_integer() and 1000 <= year <= 2200):
        problems.add(Place(name, line), "year", f"`{year:g}` is not a year")
    if len(problems.found) > before or year is None or value is None:
        return None
    ends = [value if end is None else end for end in (low, high)]
    if not ends[0] <= value <= ends[1]:
        problems.add(Place(name, line), "low", "the value lies outside its own range, low to high")
        return None
    scaled = [None if end is None else end * unit.factor for end in (low, high)]
    keys = tuple(key.strip() for key in cells.get("source", "").split(";") if key.strip())
    statistics, note = cells.get("statistics", "").strip(), cells.get("note", "").strip()
    return Row(line, int(year), value * unit.factor, unit, scaled[0], scaled[1], statistics, keys, known, note)
