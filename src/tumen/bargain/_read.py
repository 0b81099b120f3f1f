"""A game from a mapping or a table of coalitions: every problem is found before any is told."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tumen.bargain._arrays import Array
from tumen.bargain._game import MOST_PLAYERS, Game
from tumen.errors import CaseError, did_you_mean

__all__ = ["from_csv", "from_mapping"]

_HEADER = ["coalition", "value"]
_TOLD = 10  # missing coalitions that are listed by name


@dataclass(frozen=True, slots=True)
class _Row:
    where: str
    names: tuple[str, ...]
    worth: Array


def from_mapping(worths: Mapping[Any, npt.ArrayLike], players: Sequence[str] | None) -> Game:
    """What `Game.of` gives."""
    rows, problems = [], []
    for key, worth in worths.items():
        names = _names(key.split("+") if isinstance(key, str) else key)
        where = f"game: {key!r}"
        try:
            value = np.asarray(worth, dtype=np.float64)
        except (TypeError, ValueError):
            problems.append(f"{where}: {worth!r} is not a number")
            continue
        if value.ndim > 1 or not np.isfinite(value).all():
            problems.append(f"{where}: expected a finite number, or one for each draw")
            continue
        rows.append(_Row(where, names, value))
    return _built(rows, problems, players, "game")


def from_csv(path: Path, players: Sequence[str] | None) -> Game:
    """What `Game.read_csv` gives."""
    rows: list[_Row] = []
    problems: list[str] = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            for found in _rows(csv.reader(stream, strict=True), path):
                if isinstance(found, str):
                    problems.append(found)
                else:
                    rows.append(found)
    except OSError as error:
        raise CaseError([f"{path}: {error.strerror or error}"]) from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise CaseError([f"{path}: it is no table of text: {error}"]) from error
    return _built(rows, problems, players, str(path))


def _rows(lines: Any, path: Path) -> Iterator[_Row | str]:
    """The rows of the table, and a sentence for each that cannot be read."""
    header = [cell.strip() for cell in next(lines, [])]
    if header != _HEADER:
        yield f"{path} line 1: the columns are {','.join(header) or 'missing'}; expected {','.join(_HEADER)}"
        return
    for cells in lines:
        where = f"{path} line {lines.line_num}"
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != 2:
            yield f"{where}: {len(cells)} cells; expected two, coalition and value"
            continue
        try:
            worth = float(cells[1])
        except ValueError:
            yield f"{where}: {cells[1].strip()!r} is not a number"
            continue
        if not np.isfinite(worth):
            yield f"{where}: {cells[1].strip()!r} is not a finite number"
            continue
        yield _Row(where, _names(cells[0].split("+")) if cells[0].strip() else (), np.asarray(worth))


def _names(parts: Iterable[str]) -> tuple[str, ...]:
    names = tuple(str(part).strip() for part in parts)
    return () if names == ("",) else names


def _built(rows: list[_Row], problems: list[str], players: Sequence[str] | None, title: str) -> Game:
    if not rows:
        raise CaseError(problems or [f"{title}: there are no coalitions; expected a row for each but the empty one"])
    names = tuple(players) if players is not None else _players(rows)
    if len(names) > MOST_PLAYERS:
        raise CaseError([*problems, f"{title}: {len(names)} players; expected at most {MOST_PLAYERS}"])
    number = {name: k for k, name in enumerate(names)}
    found: dict[int, _Row] = {}
    for row in rows:
        wrong = _wrong(row, number)
        place = sum(1 << number[name] for name in set(row.names) & set(number))
        if not wrong and place in found:
            wrong = [f"{row.where}: {'+'.join(row.names) or 'the empty coalition'} stands twice; {found[place].where}"]
        if not wrong and not place and row.worth.any():
            wrong = [f"{row.where}: the empty coalition is worth {row.worth.flat[0]:g}; expected 0"]
        problems += wrong
        if not wrong:
            found[place] = row
    problems += _missing(found, names, title)
    if problems:
        raise CaseError(problems)
    try:
        worths = np.broadcast_arrays(np.zeros(()), *(found[s].worth for s in range(1, 1 << len(names))))
    except ValueError as error:
        raise CaseError([f"{title}: the worths of coalitions differ in their number of draws"]) from error
    return Game(np.stack(worths, axis=-1), names)


def _players(rows: list[_Row]) -> tuple[str, ...]:
    """The names of the largest coalition; if there are several as large, all names, as the grand one is missing."""
    most = max(len(set(row.names)) for row in rows)
    largest = [row.names for row in rows if len(set(row.names)) == most]
    if len({frozenset(names) for names in largest}) == 1:
        return tuple(dict.fromkeys(largest[0]))
    return tuple(dict.fromkeys(name for row in rows for name in row.names if name))


def _wrong(row: _Row, number: Mapping[str, int]) -> list[str]:
    """What is wrong with the names of a row."""
    if "" in row.names:
        return [f"{row.where}: a name is empty; expected players with '+' between, as in A+B"]
    unknown = [name for name in dict.fromkeys(row.names) if name not in number]
    wrong = [f"{row.where}: there is no player {name!r}; {did_you_mean(name, number)}" for name in unknown]
    twice = sorted({name for name in row.names if row.names.count(name) > 1})
    return wrong + [f"{row.where}: the player {name!r} is named twice" for name in twice]


def _missing(found: Mapping[int, _Row], names: Sequence[str], title: str) -> list[str]:
    lacking = [s for s in range(1, 1 << len(names)) if s not in found]
    labels = ["+".join(name for k, name in enumerate(names) if s >> k & 1) for s in lacking[:_TOLD]]
    told = [f"{title}: the coalition {label} is missing" for label in labels]
    if len(lacking) > _TOLD:
        told.append(f"{title}: {len(lacking) - _TOLD:,} more coalitions are missing")
    return told
