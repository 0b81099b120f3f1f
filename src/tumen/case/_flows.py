"""CSV tables of who sells what to whom: one row a flow, each with its source.

Columns: `exporter, importer, good, value` and any of `unit, source, known, note`; sources are parted by `;`. Values are
brought to MUSD. Domestic sales are rows in which the exporter is the importer.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tumen.case._dates import latest_day
from tumen.case._problems import Place, Problems
from tumen.case._text import read_text
from tumen.case._units import Unit, parse_number, parse_unit
from tumen.errors import UnitError, did_you_mean

__all__ = ["Flow", "FlowTable", "read_flows"]

COLUMNS = ("exporter", "importer", "good", "value", "unit", "source", "known", "note")
_NEEDED = COLUMNS[:4]
_MAX_BYTES, _MAX_ROWS = 5_000_000, 50_000
_Note = Callable[[int, str, str], None]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Flow:
    """What one country sells to another of one good, MUSD."""

    line: int
    exporter: str
    importer: str
    good: str
    value: float
    source: tuple[str, ...]
    known: str | None
    note: str


@dataclass(frozen=True, slots=True)
class FlowTable:
    """A table of flows, with the names that stand in it in their order."""

    file: str
    rows: tuple[Flow, ...]

    @property
    def countries(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for row in self.rows for name in (row.exporter, row.importer)))

    @property
    def goods(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(row.good for row in self.rows))


def read_flows(folder: Path, name: str, problems: Problems, place: Place) -> tuple[FlowTable | None, str]:
    """Read one table, and its text; None after noting what is wrong. `place` is where the case names the file."""
    text = read_text(folder, name, problems, place, limit=_MAX_BYTES)
    if text is None:
        return None, ""
    before = len(problems.found)

    def note(line: int, column: str, what: str) -> None:
        problems.add(Place(name, line), column[:40], what)

    rows: list[Flow] = []
    first: dict[tuple[str, str, str], int] = {}
    for line, cells in _records(text, note):
        if problems.full:
            break
        row = _flow(line, cells, note)
        if row is None:
            continue
        if len(rows) >= _MAX_ROWS:
            note(line, "", f"more than {_MAX_ROWS:,} rows; merge countries and goods that the case does not need")
            break
        key = (row.exporter, row.importer, row.good)
        if first.setdefault(key, line) != line:
            what = f"{row.good} of {row.exporter} to {row.importer} stands already in line {first[key]}; keep one"
            note(line, "good", what)
        rows.append(row)
    if len(problems.found) == before and not rows:
        note(1, "", f"the table is empty; it has a header ({', '.join(_NEEDED)}, ...) and at least one row")
    return (FlowTable(name, tuple(rows)) if len(problems.found) == before else None), text


def _records(text: str, note: _Note) -> Iterator[tuple[int, dict[str, str]]]:
    """Each record as (line, cells by column), after noting what is wrong with the header or with a record's length."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] | None = None
    following = 1
    try:
        for cells in reader:
            line, following = following, reader.line_num + 1
            if not any(cell.strip() for cell in cells) or cells[0].startswith("#"):
                continue
            if header is None:
                header = _header(line, cells, note)
                if header is None:
                    return
            elif len(cells) != len(header):
                note(line, "", f"{len(cells)} cells where the header has {len(header)}; quote texts that hold commas")
            else:
                yield line, dict(zip(header, (cell.strip() for cell in cells), strict=True))
    except csv.Error as error:
        note(following, "", f"this is not a CSV table: {error}")


def _header(line: int, cells: list[str], note: _Note) -> list[str] | None:
    header = [cell.strip().lower() for cell in cells]
    bad = [cell for cell in header if cell not in COLUMNS]
    for cell in bad:
        note(line, cell, f"unknown column; {did_you_mean(cell[:40], COLUMNS)}")
    missing = [column for column in _NEEDED if column not in header]
    for column in missing:
        note(line, column, f"the column is missing; a table of flows has {', '.join(_NEEDED)}")
    twice = sorted({cell for cell in header if header.count(cell) > 1})
    for cell in twice:
        note(line, cell, "the column stands twice")
    return None if bad or missing or twice else header


def _flow(line: int, cells: Mapping[str, str], note: _Note) -> Flow | None:
    sound = True

    def read(column: str, reader: Callable[[str], T]) -> T | None:
        nonlocal sound
        try:
            return reader(cells[column]) if cells.get(column) else None
        except UnitError as error:
            note(line, column, str(error))
            sound = False
            return None

    for column in _NEEDED:
        if not cells[column]:
            note(line, column, "is empty")
            sound = False
    number, unit = read("value", parse_number), read("unit", _dollars) or parse_unit("MUSD")
    read("known", latest_day)
    value = (number or 0.0) * unit.factor
    if not (math.isfinite(value) and value >= 0):
        note(line, "value", f"is {cells['value'][:40]}; expected 0 or more")
        sound = False
    if not sound:
        return None
    keys = tuple(key.strip() for key in cells.get("source", "").split(";") if key.strip())
    known, remark = cells.get("known") or None, cells.get("note", "")
    return Flow(line, cells["exporter"], cells["importer"], cells["good"], value, keys, known, remark)


def _dollars(text: str) -> Unit:
    unit = parse_unit(text)
    if unit.powers != parse_unit("MUSD").powers:
        raise UnitError(f"`{text[:40]}` is no amount of dollars; flows are in USD, kUSD, MUSD or bnUSD")
    return unit
