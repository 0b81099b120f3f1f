"""YAML read with its line numbers kept, and only the part of YAML that a case needs.

A document is mappings, lists and scalars. Anchors, aliases, tags and several documents are refused, as are duplicate
keys, deep nesting and large files, so no file can run code, grow on reading, or say one thing twice. Dates stay text;
`yes`, `no`, `on` and `off` are text too.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tumen.case._document import Document
from tumen.case._problems import Keys, Place, Problems
from tumen.case._text import CONTROL

__all__ = ["MAX_YAML_BYTES", "parse_yaml"]

MAX_YAML_BYTES = 500_000
_MAX_LINE = 10_000  # characters: the parser takes long over endless lines
_MAX_DEPTH = 16
_MAX_EVENTS = 20_000

_INT = re.compile(r"[+-]?(0|[1-9]\d{0,17})", re.ASCII)
_FLOAT = re.compile(r"[+-]?(\d+\.\d*|\.\d+|\d+(\.\d*)?[eE][+-]?\d+)", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?\.?(inf|nan)", re.IGNORECASE)
_STEPS = {"MappingStartEvent": 1, "SequenceStartEvent": 1, "MappingEndEvent": -1, "SequenceEndEvent": -1}


class _Stop(Exception):
    """A problem that ends the reading of the file."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line


def parse_yaml(text: str, name: str, problems: Problems) -> Document | None:
    """Parse YAML text; None after noting why it cannot be."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    reader = _Reader(name, problems)
    try:
        _check_lines(text)
        data = reader.document(_counted(YAML(typ="safe", pure=True).parse(text)))
    except _Stop as stop:
        problems.add(Place(name, stop.line), "", str(stop))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = f"this is not YAML: {error.problem or error.context}; check indentation, colons and quotes"
        problems.add(Place(name, mark.line + 1 if mark else 0), "", what)
    except (YAMLError, ValueError, RecursionError) as error:
        problems.add(Place(name, 0), "", f"this is not YAML: {str(error)[:120]}")
    else:
        return Document(name, data, reader.places, frozenset(reader.broken))
    return None


def _check_lines(text: str) -> None:
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > _MAX_LINE:
            raise _Stop(number, f"a line of {len(line):,} characters; break it into lines of at most {_MAX_LINE:,}")


def _counted(events: Iterator[Any]) -> Iterator[Any]:
    """The events, as long as they are few enough and nest little enough."""
    depth = 0
    for count, event in enumerate(events):
        line = event.start_mark.line + 1
        depth += _STEPS.get(type(event).__name__, 0)
        if depth > _MAX_DEPTH:
            raise _Stop(line, f"nested more than {_MAX_DEPTH} levels deep; a case needs fewer")
        if count > _MAX_EVENTS:
            raise _Stop(line, f"more than {_MAX_EVENTS:,} keys and values; put long series into a CSV table")
        yield event


@dataclass(slots=True)
class _Reader:
    """Builds plain data from parser events, noting the place of each key, and the parts that it cannot take."""

    file: str
    problems: Problems
    events: Iterator[Any] = field(default_factory=lambda: iter(()))
    places: dict[Keys, Place] = field(default_factory=dict)
    broken: set[Keys] = field(default_factory=set)
    anchored: bool = False

    def document(self, events: Iterator[Any]) -> Any:
        self.events = events
        data: Any = None
        documents = 0
        for event in events:
            if type(event).__name__ == "DocumentStartEvent":
                line = event.start_mark.line + 1
                documents += 1
                if documents > 1:
                    raise _Stop(line, "a second document begins here (`---`); a file holds one")
                if event.tags or event.version:
                    raise _Stop(line, "YAML directives (`%...`) are not part of the case format")
                data = self._node(next(events), ())
        return data

    def _note(self, event: Any, keys: Keys, what: str) -> None:
        self.broken.add(keys)
        self.problems.add(Place(self.file, event.start_mark.line + 1), ".".join(map(str, keys)), what)

    def _anchor(self, event: Any, keys: Keys) -> None:
        if self.anchored:  # said once a file
            self.broken.add(keys)
        else:
            what = "anchors (`&`) and aliases (`*`) are not part of the case format; write the values out"
            self._note(event, keys, what)
        self.anchored = True

    def _node(self, event: Any, keys: Keys) -> Any:
        kind = type(event).__name__
        self.places.setdefault(keys, Place(self.file, event.start_mark.line + 1))
        if kind == "AliasEvent" or event.anchor:
            self._anchor(event, keys)
        if kind == "AliasEvent":
            return None
        if event.tag:
            self._note(event, keys, f"the tag `{event.tag[:60]}` is not part of the case format; leave it out")
        if kind == "MappingStartEvent":
            return self._mapping(keys)
        if kind == "SequenceStartEvent":
            return self._sequence(keys)
        return self._scalar(event, keys)

    def _mapping(self, keys: Keys) -> dict[str, Any]:
        data: dict[str, Any] = {}
        while type(event := next(self.events)).__name__ != "MappingEndEvent":
            if type(event).__name__ != "ScalarEvent" or event.anchor or event.tag or event.value == "<<":
                raise _Stop(
                    event.start_mark.line + 1, "a key is a plain word, without brackets, tags, `?`, `&` or `<<`"
                )
            key = self._text(event, keys)
            below = (*keys, key)
            if key in data:
                self._note(event, below, f"stands twice; first in line {self.places[below].line}")
                self._node(next(self.events), (*below, "again"))
                continue
            self.places[below] = Place(self.file, event.start_mark.line + 1)
            data[key] = self._node(next(self.events), below)
        return data

    def _sequence(self, keys: Keys) -> list[Any]:
        data: list[Any] = []
        while type(event := next(self.events)).__name__ != "SequenceEndEvent":
            data.append(self._node(event, (*keys, len(data))))
        return data

    def _scalar(self, event: Any, keys: Keys) -> Any:
        text = self._text(event, keys)
        if not event.implicit[0]:  # quoted: text as it stands
            return text
        if text in {"", "~", "null"}:
            return None
        if text in {"true", "false"}:
            return text == "true"
        if _INT.fullmatch(text):
            return int(text)
        number = float(text) if _FLOAT.fullmatch(text) else math.nan if _NOT_FINITE.fullmatch(text) else None
        if number is None:
            return text
        if math.isfinite(number):
            return number
        self._note(event, keys, f"`{text[:40]}` is not a finite number")
        return None

    def _text(self, event: Any, keys: Keys) -> str:
        """The text of a scalar; escapes may not bring in what no text file holds."""
        text = str(event.value)
        if found := CONTROL.search(text):
            self._note(event, keys, f"the character U+{ord(found.group()):04X} is not text; take it out")
            text = CONTROL.sub("", text)
        return text
