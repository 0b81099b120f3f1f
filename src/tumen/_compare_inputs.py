"""What differs between the inputs of two runs: figures of case.yaml, rows of tables, claims' own tests, words.

Both cases are compared as they stood under the scenarios of the runs. A figure has the name that a user sees, led by
its section: `assumptions.coal_price`, `initiatives.pipeline.cost`. What only explains (notes, titles, sources) is told
apart, for it changes no answer.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tumen.case import content, read_quantity, written_sources
from tumen.errors import TumenError

if TYPE_CHECKING:
    from tumen.case import Case

__all__ = ["CASE_FILES", "SECTIONS", "InputChange", "Piece", "changed_inputs"]

Piece = tuple[str, ...]
"""The least that is taken from one case or the other: an entry of a section, a top-level key, or a table."""

SECTIONS = ("assumptions", "processes", "trade", "equilibrium", "networks", "gates", "initiatives", "claims")
CASE_FILES = ("case.yaml", "sources.yaml")
_ABOUT = frozenset(
    {"format", "title", "note", "limits", "blocks", "dials", "decisions"}
)  # top-level keys that move no figure
_WORDS = frozenset({"note", "title", "source", "known", "status"})
_WORDS_OF_CLAIMS = frozenset({"said", "by", "row", "envelope", "envelope_note", "levers"})
_KINDS = frozenset(
    {"value", "triangular", "uniform", "normal", "lognormal", "pert", "empirical", "beta", "discrete", "p10", "lever"}
)
_BESIDE = frozenset({"unit", "p90", "shape", "from", "to"}) | _WORDS
_FIGURES_OF_ROWS = ("value", "low", "high", "unit")
_WORDS_OF_ROWS = ("source", "known", "note")
_ABSENT: Any = object()


@dataclass(frozen=True, slots=True)
class InputChange:
    """One input that differs, with its text in either case; empty where it is not there.

    `kind` is figure, row, claim, setting or words; `piece` is what it belongs to when inputs are exchanged, empty where
    it moves no answer or is no part of the case.
    """

    name: str
    before: str
    after: str
    kind: str
    piece: Piece = ()


def changed_inputs(a: Case, b: Case) -> tuple[InputChange, ...]:
    """Every difference between two cases, in the order of the file; words last."""
    found = [*_of_content(content(a), content(b)), *_of_tables(a.files, b.files)]
    found += _walk(("sources",), written_sources(a), written_sources(b))
    return tuple(sorted(found, key=lambda change: change.kind == "words"))


# ---- case.yaml


def _of_content(a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[InputChange]:
    for key in _keys(a, b):
        yield from _walk((key,), a.get(key, _ABSENT), b.get(key, _ABSENT))


def _walk(path: tuple[str | int, ...], x: Any, y: Any) -> Iterator[InputChange]:
    """The differences below one place."""
    if _plain(x) == _plain(y):
        return
    section = len(path) == 1 and path[0] in SECTIONS
    if section or (_opens(x) and _opens(y)):
        x, y = ({} if part is _ABSENT or part is None else part for part in (x, y))
        for key in _keys(x, y):
            yield from _walk((*path, key), x.get(key, _ABSENT), y.get(key, _ABSENT))
    elif _items(x) and _items(y) and len(x) == len(y):
        for index, (left, right) in enumerate(zip(x, y, strict=True)):
            yield from _walk((*path, index), left, right)
    else:
        words = _is_words(path) or (_figure(x) == _figure(y) and x is not _ABSENT and y is not _ABSENT)
        words = words or (path[0] == "players" and len(path) == 2 and _ABSENT not in (x, y))
        before, after = (_remarks(x), _remarks(y)) if words else (_text(x), _text(y))
        yield InputChange(_name(path), before, after, _kind(path, words), () if words else _piece(path))


def _kind(path: tuple[str | int, ...], words: bool) -> str:
    return "words" if words else "claim" if path[0] == "claims" else "figure"


def _piece(path: tuple[str | int, ...]) -> Piece:
    return tuple(map(str, path[:2])) if path[0] in SECTIONS else (str(path[0]),)


def _is_words(path: tuple[str | int, ...]) -> bool:
    if path[0] in _ABOUT or path[0] == "sources" or (len(path) > 1 and path[-1] in _WORDS):
        return len(path) != 2 or path[0] not in SECTIONS  # an entry may bear any name
    return path[0] == "claims" and len(path) >= 3 and path[2] in _WORDS_OF_CLAIMS


def _opens(node: Any) -> bool:
    """Whether a node is a group of keys, and not one figure."""
    return isinstance(node, dict) and not _is_quantity(node)


def _is_quantity(node: Any) -> bool:
    return isinstance(node, dict) and not _KINDS.isdisjoint(node) and node.keys() <= _KINDS | _BESIDE


def _items(node: Any) -> bool:
    return isinstance(node, list) and bool(node) and all(isinstance(item, dict) for item in node)


def _figure(node: Any) -> Any:
    """A node without what only explains it; `{value: 2, note: ...}` is `2`."""
    if not _is_quantity(node):
        return _plain(node)
    kept = {key: value for key, value in node.items() if key not in _WORDS}
    return kept["value"] if kept.keys() == {"value"} else kept


def _plain(node: Any) -> Any:
    """A node as something that compares with any other: 1 and true differ, an absent one is like no other."""
    if isinstance(node, dict):
        return {key: _plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(item) for item in node]
    return (node,) if isinstance(node, bool) else node


def _keys(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys((*a, *b)))


def _name(path: tuple[str | int, ...]) -> str:
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path).lstrip(".")


def _text(node: Any) -> str:
    """A node as a person would write it in one line."""
    if node is _ABSENT:
        return ""
    if _is_quantity(node):
        try:
            return read_quantity(node, None).text
        except (TumenError, ValueError):
            return _flow({key: value for key, value in node.items() if key not in _WORDS})
    return _flow(node)


def _remarks(node: Any) -> str:
    """What only explains, in one line."""
    if _is_quantity(node):
        return _flow({key: value for key, value in node.items() if key in _WORDS})
    return "" if node is _ABSENT else _flow(node)


def _flow(node: Any) -> str:
    if isinstance(node, dict):
        return "{" + ", ".join(f"{key}: {_flow(value)}" for key, value in node.items()) + "}"
    if isinstance(node, list):
        return "[" + ", ".join(map(_flow, node)) + "]"
    if node is None or isinstance(node, bool):
        return {None: "null", True: "true", False: "false"}[node]
    return " ".join(str(node).split())


# ---- tables


def _of_tables(a: Mapping[str, str], b: Mapping[str, str]) -> Iterator[InputChange]:
    for name in _keys(a, b):
        if name in CASE_FILES or a.get(name) == b.get(name):
            continue
        if name in a and name in b:
            yield from _of_table(name, a[name], b[name])
        else:  # it is named by an entry of case.yaml, which differs too
            before, after = (f"{len(_rows(files[name]))} rows" if name in files else "" for files in (a, b))
            yield InputChange(name, before, after, "row")


def _of_table(name: str, a: str, b: str) -> Iterator[InputChange]:
    """The rows that differ; they are told by what is neither a figure nor a remark, such as year and statistics."""
    left, right = _rows(a), _rows(b)
    found = False
    for key in dict.fromkeys((*left, *right)):
        x, y = left.get(key, {}), right.get(key, {})
        columns = [column for column in dict.fromkeys((*x, *y)) if x.get(column, "") != y.get(column, "")]
        for column in columns:
            words = column in _WORDS_OF_ROWS
            if words and not (x and y):  # the row's figures say that it is new
                continue
            label = f"{name} [{', '.join(key)}] {column}"
            kind, piece = ("words", ()) if words else ("row", (name,))
            yield InputChange(label, x.get(column, ""), y.get(column, ""), kind, piece)
            found = True
    if not found:
        yield InputChange(name, "", "", "words")


def _rows(text: str) -> dict[tuple[str, ...], dict[str, str]]:
    """The rows of a table by their key, each with its figures and remarks by column."""
    lines = [
        [cell.strip() for cell in cells]
        for cells in csv.reader(io.StringIO(text, newline=""))
        if any(cell.strip() for cell in cells) and not cells[0].startswith("#")
    ]
    header = [cell.lower() for cell in lines[0]] if lines else []
    found: dict[tuple[str, ...], dict[str, str]] = {}
    for cells in lines[1:]:
        row = dict(zip(header, cells, strict=False))
        told = (*_FIGURES_OF_ROWS, *_WORDS_OF_ROWS)
        key = tuple(value for column, value in row.items() if column not in told and value)
        while key in found:
            key = (*key, "again")
        found[key] = {column: value for column, value in row.items() if column in told}
    return found
