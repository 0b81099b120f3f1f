"""CSV tables of a case: dated figures with their sources, one row a figure.

Columns: `year, value` and any of `unit, low, high, statistics, source, known, note`. Values are brought to base units;
`low` and `high` are in the row's unit. For one year there is one figure of one statistics.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tumen.case._dates import latest_day
from tumen.case._problems import Place, Problems
from tumen.case._text import read_text
from tumen.case._units import Unit, parse_number, parse_unit
from tumen.errors import UnitError, did_you_mean

__all__ = ["Row", "Table", "read_table"]

COLUMNS = ("year", "value", "unit", "low", "high", "statistics", "source", "known", "note")
MAX_TABLE_BYTES = 5_000_000
_MAX_ROWS = 50_000

T = TypeVar("T")


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
    rows = _Rows(name, problems).read(text)
    if len(problems.found) == before and not rows:
        what = f"the table is empty; it has a header ({', '.join(COLUMNS[:2])}, ...) and at least one row"
        problems.add(Place(name, 1), "", what)
    return (Table(name, tuple(rows)) if len(problems.found) == before else None), text


@dataclass(slots=True)
class _Rows:
    """Reads the rows of one table, noting what is wrong with each."""

    name: str
    problems: Problems

    def read(self, text: str) -> list[Row]:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        rows: list[Row] = []
        header: list[str] | None = None
        following = 1
        try:
            for cells in reader:
                line, following = (
                    following,
                    reader.line_num + 1,
                )  # where the record begins: a quoted cell may span lines
                if not any(cell.strip() for cell in cells) or cells[0].startswith("#"):
                    continue
                if header is None:
                    header = self._header(line, cells)
                    if header is None:
                        return []
                elif len(cells) != len(header):
                    what = f"{len(cells)} cells where the header has {len(header)}; quote texts that hold commas"
                    self._note(line, "", what)
                elif len(rows) >= _MAX_ROWS:
                    self._note(line, "", f"more than {_MAX_ROWS:,} rows; keep the figures that the case needs")
                    break
                elif (row := self._row(line, dict(zip(header, cells, strict=True)))) is not None:
                    rows.append(row)
                if self.problems.full:
                    break
        except csv.Error as error:
            self._note(following, "", f"this is not a CSV table: {error}")
        self._check_together(rows)
        return rows

    def _note(self, line: int, column: str, what: str) -> None:
        self.problems.add(Place(self.name, line), column[:40], what)

    def _header(self, line: int, cells: list[str]) -> list[str] | None:
        header = [cell.strip().lower() for cell in cells]
        bad = [cell for cell in header if cell not in COLUMNS]
        for cell in bad:
            self._note(line, cell, f"unknown column; {did_you_mean(cell[:40], COLUMNS)}")
        missing = [column for column in ("year", "value") if column not in header]
        for column in missing:
            self._note(line, column, "the column is missing; a table has `year` and `value`")
        twice = sorted({cell for cell in header if header.count(cell) > 1})
        for cell in twice:
            self._note(line, cell, "the column stands twice")
        return None if bad or missing or twice else header

    def _row(self, line: int, cells: Mapping[str, str]) -> Row | None:
        before = len(self.problems.found)

        def read(column: str, reader: Callable[[str], T]) -> T | None:
            text = cells.get(column, "").strip()
            try:
                return reader(text) if text else None
            except UnitError as error:
                self._note(line, column, str(error))
                return None

        year = read("year", _year)
        value, low, high = (read(column, parse_number) for column in ("value", "low", "high"))
        unit = read("unit", parse_unit) or parse_unit("")
        known = cells.get("known", "").strip() or None
        read("known", latest_day)
        for column in ("year", "value"):
            if not cells[column].strip():
                self._note(line, column, "is empty")
        if len(self.problems.found) > before or year is None or value is None:
            return None
        least, most = value if low is None else low, value if high is None else high
        if not least <= value <= most:
            self._note(line, "low" if value < least else "high", "the value lies outside its own range, low to high")
        scaled = [None if number is None else number * unit.factor for number in (value, low, high)]
        if not all(number is None or math.isfinite(number) for number in scaled) or scaled[0] is None:
            self._note(line, "value", f"`{cells['value'].strip()} {unit.label}` is not a finite number")
            return None
        keys = tuple(key.strip() for key in cells.get("source", "").split(";") if key.strip())
        statistics, note = cells.get("statistics", "").strip(), cells.get("note", "").strip()
        return Row(line, year, scaled[0], unit, scaled[1], scaled[2], statistics, keys, known, note)

    def _check_together(self, rows: list[Row]) -> None:
        """One unit for the whole table, and one figure for each year and statistics."""
        seen: dict[tuple[int, str], int] = {}
        for row in rows:
            if row.unit.powers != rows[0].unit.powers:
                what = f"in {row.unit.label}, but line {rows[0].line} in {rows[0].unit.label}; use one unit"
                self._note(row.line, "unit", what)
            first = seen.setdefault((row.year, row.statistics), row.line)
            if first != row.line:
                whose = f" of `{row.statistics}`" if row.statistics else ""
                what = f"{row.year}{whose} stands already in line {first}; keep one, or tell them apart by `statistics`"
                self._note(row.line, "year", what)


def _year(text: str) -> int:
    year = parse_number(text)
    if not (year.is_integer() and 1000 <= year <= 2200):
        raise UnitError(f"`{text[:40]}` is not a year")
    return int(year)
