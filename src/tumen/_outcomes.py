"""Outcomes: what came of the claims of a case, from a table that nothing reads but the scoring.

Columns: `claim, outcome` and any of `value, source`; other columns are left alone, unless they look like a misspelt one
of these. `outcome` is yes or no; `value` is what was measured, a number in the claim's unit or a quantity with its own,
such as `104 MUSD`; of a year that never came, `never`. An empty outcome beside a value follows from the claim's test;
`unknown` leaves it open.
"""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tumen import claims
from tumen.case import Place, Problems, parse_quantity, parse_unit
from tumen.errors import CaseError, UnitError, unknown_name

if TYPE_CHECKING:
    from tumen.case import Case

__all__ = ["Known", "read_outcomes"]

COLUMNS = ("claim", "outcome", "value", "source")
_DEBT = "money.first_missed"  # its `never` is not the year after the horizon
_MOST_BYTES = 5_000_000
_MISSPELT = 0.8
_OPEN = ("unknown", "open", "?", "n/a")  # these stay open even beside a value
_WORDS: Mapping[str, bool | None] = {
    **dict.fromkeys(("yes", "y", "true", "1", "1.0", "met"), True),
    **dict.fromkeys(("no", "n", "false", "0", "0.0", "not met", "not_met", "unmet"), False),
    **dict.fromkeys(("", *_OPEN), None),
}


@dataclass(frozen=True, slots=True)
class Known:
    """What came of one claim: yes or no, and the measure's value in its own unit; None where that is not known."""

    claim: str
    outcome: bool | None
    value: float | None
    source: str


def read_outcomes(path: str | Path, case: Case) -> tuple[Known, ...]:
    """The outcomes of a case's claims, in the order of the file. Raises CaseError with all that is wrong, by row."""
    file = Path(path)
    problems = Problems()
    found = _Outcomes(case, str(file), problems, {}).read(_text(file))
    if problems:
        raise CaseError(problems)
    if all(row.outcome is None and row.value is None for row in found):
        what = "nothing is known yet: no row has an outcome or a value" if found else "the table has no rows"
        raise CaseError([f"{file}: {what}; it has a header (claim,outcome,value,source) and a row for each claim"])
    return found


def _text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
    except OSError as error:
        raise CaseError([f"{path}: cannot be read: {error.strerror or error}"]) from error
    if len(data) > _MOST_BYTES:
        raise CaseError([f"{path}: larger than {_MOST_BYTES:,} bytes; a table of outcomes has a row for each claim"])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise CaseError([f"{path}:{line}: byte {error.start} is not UTF-8 text; save the file as UTF-8"]) from error


@dataclass(slots=True)
class _Outcomes:
    """Reads the rows of one table, noting what is wrong with each; `lines` is where each claim stood first."""

    case: Case
    file: str
    problems: Problems
    lines: dict[str, int]

    def read(self, text: str) -> tuple[Known, ...]:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        header: list[str] | None = None
        rows, following = [], 1
        try:
            for cells in reader:
                line, following = following, reader.line_num + 1  # where it begins: a quoted cell may span lines
                if not any(cell.strip() for cell in cells) or cells[0].startswith("#"):
                    continue
                if header is None:
                    header = self._header(line, cells)
                    if header is None:
                        break
                elif len(cells) != len(header):
                    what = f"{len(cells)} cells where the header has {len(header)}; quote texts that hold commas"
                    self._note(line, "", what)
                elif (row := self._row(line, dict(zip(header, map(str.strip, cells), strict=True)))) is not None:
                    rows.append(row)
        except csv.Error as error:
            self._note(following, "", f"this is not a CSV table: {error}")
        return tuple(rows)

    def _note(self, line: int, column: str, what: str) -> None:
        self.problems.add(Place(self.file, line), column, what)

    def _header(self, line: int, cells: list[str]) -> list[str] | None:
        header = [cell.strip().lower() for cell in cells]
        before = len(self.problems.found)
        for column in COLUMNS[:2]:
            if column not in header:
                self._note(line, column, f"the column is missing; the header is {','.join(COLUMNS)}")
        for cell in header:
            near = difflib.get_close_matches(cell, COLUMNS, n=1, cutoff=_MISSPELT)
            if cell not in COLUMNS and near:
                self._note(line, cell[:40], f"unknown column; did you mean {near[0]}?")
        for cell in sorted({cell for cell in header if cell in COLUMNS and header.count(cell) > 1}):
            self._note(line, cell, "the column stands twice")
        return header if len(self.problems.found) == before else None

    def _row(self, line: int, cells: Mapping[str, str]) -> Known | None:
        before, name = len(self.problems.found), cells["claim"]
        first = self.lines.setdefault(name, line)
        if not name:
            self._note(line, "claim", "is empty; name a claim of the case")
        elif name not in self.case.claims:
            self._note(line, "claim", str(unknown_name("claim", name[:80], self.case.claims)))
        elif first != line:
            self._note(line, "claim", f"`{name}` stands already in line {first}; keep one")
        word = cells["outcome"].lower()
        if word not in _WORDS:
            what = f"`{cells['outcome'][:40]}` is neither yes nor no; write yes, no, or nothing where it is not known"
            self._note(line, "outcome", what)
        value = self._value(line, name, cells.get("value", "")) if name in self.case.claims else None
        if len(self.problems.found) > before:
            return None
        outcome = _WORDS[word]
        if value is not None and word not in _OPEN:
            held = bool(claims.met(claims.question(self.case, name), np.array([value]))[0])
            if outcome is not None and held != outcome:
                test, passes = self.case.claims[name].test.text, "passes" if held else "does not pass"
                what = f"`{cells['outcome']}`, but the value {cells['value']} {passes} the claim's test, `{test}`"
                self._note(line, "outcome", f"{what}; correct one of them, or leave one out")
                return None
            outcome = held
        return Known(name, outcome, value, cells.get("source", ""))

    def _value(self, line: int, name: str, text: str) -> float | None:
        try:
            return _value(self.case, claims.question(self.case, name), text)
        except UnitError as error:
            self._note(line, "value", str(error))
            return None


def _value(case: Case, asked: claims.Question, text: str) -> float | None:
    """A value in the unit of the claim's measure. Raises UnitError where it is none."""
    if not text:
        return None
    if asked.measure.unit == "year":
        return _year(case, asked, text)
    found = parse_quantity(text)
    if _is_bare(text):
        return found.value
    unit = claims.unit_in(case, asked.measure, asked.arguments)
    if found.unit.powers != parse_unit({"share": "", "1/yr": "/yr"}.get(unit, unit)).powers:
        raise UnitError(
            f"`{text}` is in {found.unit.label}, the claim in {unit}; write a number alone, or in that unit"
        )
    return found.value / claims.scale_of(case, asked.measure, asked.arguments)


def _year(case: Case, asked: claims.Question, text: str) -> float:
    """A calendar year; what came later than the horizon, or never, is the year after it, as in the draws."""
    after = float(case.years[-1] + 1)
    if text.lower() == "never":
        if asked.measure.name == _DEBT:
            raise UnitError(
                "`never`: where no instalment is missed, write the year after the last one, as the draws do"
            )
        return after
    if not _is_bare(text) or not float(text).is_integer() or not 1000 <= float(text) <= 2200:
        raise UnitError(f"`{text[:40]}` is not a year; write one such as `{case.years[-1]}`, or `never`")
    return min(float(text), after)


def _is_bare(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
