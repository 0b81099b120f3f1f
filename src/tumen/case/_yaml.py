"""YAML read with its line numbers kept, and only the part of YAML that a case needs.

A document is mappings, lists and scalars. Anchors, aliases, tags and several documents are refused, as are duplicate
keys, deep nesting and large files, so no file can run code, grow on reading, or say one thing twice. Dates stay text;
`yes`, `no`, `on` and `off` are text too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tumen.case._problems import Place, Problems

__all__ = ["Document", "read_text", "read_yaml"]

MAX_YAML_BYTES = 1_000_000
MAX_TABLE_BYTES = 20_000_000
_MAX_DEPTH = 16
_MAX_NODES = 50_000

Path_ = tuple[str | int, ...]
_INT = re.compile(r"[+-]?(0|[1-9]\d{0,17})")
_FLOAT = re.compile(r"[+-]?(\d+\.\d*|\.\d+|\d+(\.\d*)?[eE][+-]?\d+)")
_NOT_FINITE = re.compile(r"[+-]?\.(inf|nan)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Document:
    """A file's content as plain dicts, lists and scalars, and the place of every key and item."""

    file: str
    data: Any
    places: Mapping[Path_, Place]

    def place(self, path: Path_) -> Place:
        """The place of a path or, where it has none of its own, of the nearest part above it."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.places:
                return self.places[path[:length]]
        return Place(self.file, 1)


class _Stop(Exception):
    """A problem that ends the reading of the file."""

    def __init__(self, line: int, what: str, field: str = "") -> None:
        super().__init__(what)
        self.line, self.what, self.field = line, what, field


def read_text(folder: Path, name: str, problems: Problems, place: Place, *, limit: int) -> str | None:
    """The text of a file of the case, or None after noting why it cannot be read."""
    path = folder / name
    inside = not Path(name).is_absolute() and path.resolve().is_relative_to(folder.resolve())
    if not inside or "\\" in name or "\0" in name:
        problems.add(place, "", f"`{name}` lies outside the case's folder; put the file into the folder and name it there")
        return None
    try:
        size = path.stat().st_size
        if not path.is_file():
            problems.add(place, "", f"`{name}` is not a file")
            return None
        if size > limit:
            problems.add(Place(name, 0), "", f"the file has {size:,} bytes; at most {limit:,} are read here")
            return None
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        from tumen.errors import did_you_mean

        others = [entry.name for entry in folder.glob("*") if entry.suffix == Path(name).suffix and entry.is_file()]
        problems.add(place, "", f"there is no file `{name}` in the case's folder; {did_you_mean(name, others)}")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        problems.add(Place(name, line), "", f"byte {error.start} is not UTF-8 text; save the file as UTF-8")
    except OSError as error:
        problems.add(place, "", f"`{name}` cannot be read: {error.strerror or error}")
    return None


def read_yaml(folder: Path, name: str, problems: Problems) -> Document | None:
    """Read one YAML file of the case; None after noting what is wrong."""
    text = read_text(folder, name, problems, Place(name, 0), limit=MAX_YAML_BYTES)
    if text is None:
        return None
    return parse_yaml(text, name, problems)


def parse_yaml(text: str, name: str, problems: Problems) -> Document | None:
    """Parse YAML text; None after noting what is wrong."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    places: dict[Path_, Place] = {}
    try:
        events = YAML(typ="safe", pure=True).parse(text)
        reader = _Reader(name, _counted(events), places, problems)
        data = reader.document()
    except _Stop as stop:
        problems.add(Place(name, stop.line), stop.field, stop.what)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = f"this is not YAML: {error.problem or error.context}; check indentation, colons and quotes"
        problems.add(Place(name, mark.line + 1 if mark else 0), "", what)
    except (YAMLError, ValueError, RecursionError) as error:
        problems.add(Place(name, _line_of_control_character(text)), "", f"this is not YAML text: {str(error)[:120]}")
    else:
        return Document(name, data, places)
    return None


def _counted(events: Iterator[Any]) -> Iterator[Any]:
    """The events, as long as they are few enough and nest little enough."""
    depth = 0
    for count, event in enumerate(events):
        kind = type(event).__name__
        line = event.start_mark.line + 1
        depth += {"MappingStartEvent": 1, "SequenceStartEvent": 1, "MappingEndEvent": -1, "SequenceEndEvent": -1}.get(kind, 0)
        if depth > _MAX_DEPTH:
            raise _Stop(line, f"nested more than {_MAX_DEPTH} levels deep; a case needs fewer")
        if count > _MAX_NODES:
            raise _Stop(line, f"more than {_MAX_NODES:,} entries; put long series into a CSV table")
        yield event


@dataclass(slots=True)
class _Reader:
    """Builds plain data from parser events, noting the place of each key."""

    file: str
    events: Iterator[Any]
    places: dict[Path_, Place]
    problems: Problems

    def document(self) -> Any:
        data: Any = None
        documents = 0
        for event in self.events:
            kind = type(event).__name__
            if kind == "DocumentStartEvent":
                documents += 1
                if documents > 1:
                    raise _Stop(event.start_mark.line + 1, "a second document begins here (`---`); a file holds one")
                if event.tags or event.version:
                    raise _Stop(event.start_mark.line + 1, "YAML directives (`%...`) are not part of the case format")
                data = self._node(next(self.events), ())
        return data

    def _node(self, event: Any, path: Path_) -> Any:
        kind, line = type(event).__name__, event.start_mark.line + 1
        field = ".".join(map(str, path))
        self.places.setdefault(path, Place(self.file, line))
        if kind == "AliasEvent" or event.anchor:
            raise _Stop(line, "anchors (`&`) and aliases (`*`) are not part of the case format; write the value out", field)
        tag = getattr(event, "tag", None) or getattr(event, "ctag", None)
        if tag and str(tag) not in {"", "None"} and not (kind == "ScalarEvent" and event.implicit[1] and not event.implicit[0]):
            raise _Stop(line, f"the tag `{str(tag)[:60]}` is not part of the case format; leave it out", field)
        if kind == "MappingStartEvent":
            return self._mapping(path)
        if kind == "SequenceStartEvent":
            return self._sequence(path)
        return self._scalar(event, line, field)

    def _mapping(self, path: Path_) -> dict[str, Any]:
        data: dict[str, Any] = {}
        while type(event := next(self.events)).__name__ != "MappingEndEvent":
            line = event.start_mark.line + 1
            if type(event).__name__ != "ScalarEvent" or event.anchor or event.value == "<<":
                raise _Stop(line, "a key is a plain word here", ".".join(map(str, path)))
            key = str(event.value)
            below = (*path, key)
            if key in data:
                first = self.places[below].line
                self.problems.add(Place(self.file, line), ".".join(map(str, below)), f"stands twice; first in line {first}")
                self._node(next(self.events), (*path, key, "#"))
                continue
            self.places[below] = Place(self.file, line)
            data[key] = self._node(next(self.events), below)
        return data

    def _sequence(self, path: Path_) -> list[Any]:
        data: list[Any] = []
        while type(event := next(self.events)).__name__ != "SequenceEndEvent":
            data.append(self._node(event, (*path, len(data))))
        return data

    def _scalar(self, event: Any, line: int, field: str) -> Any:
        text = str(event.value)
        if not event.implicit[0]:  # quoted: text as it stands
            return text
        if text in {"", "~", "null"}:
            return None
        if text in {"true", "false"}:
            return text == "true"
        if _NOT_FINITE.fullmatch(text) or text.lower() in {"nan", "inf", "-inf"}:
            raise _Stop(line, f"`{text}` is not a finite number", field)
        if _INT.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text):
            value = float(text)
            if value in {float("inf"), float("-inf")}:
                raise _Stop(line, f"`{text}` is not a finite number", field)
            return value
        return text


def _line_of_control_character(text: str) -> int:
    for number, line in enumerate(text.splitlines(), start=1):
        if any(ord(character) < 32 and character != "\t" for character in line):
            return number
    return 0
