"""A draft's YAML, read with the line of every part, and only what a draft needs of YAML.

Every scalar stays the text that it is, so that a date, `yes` and `1` read as they were written. Anchors, aliases and
tags are refused, as are doubled keys and deep nesting: no draft can grow on reading, or say one thing twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tumen.case import Keys, Place, Problems
from tumen.errors import CaseError

__all__ = ["Draft", "parse_draft"]

_LARGEST = 5_000_000
_DEEPEST = 12
_BEGINS = "MappingStartEvent", "SequenceStartEvent"


@dataclass(frozen=True, eq=False, slots=True)
class Draft:
    """What a draft holds, as mappings, lists and texts, and the line of each key and item."""

    name: str
    data: Mapping[str, Any]
    lines: Mapping[Keys, int]

    def place(self, keys: Keys) -> Place:
        """The place of a part or, where it has none, of the nearest part above it."""
        known = next((keys[:n] for n in range(len(keys), 0, -1) if keys[:n] in self.lines), ())
        return Place(self.name, self.lines.get(known, 1))


def parse_draft(text: str, name: str) -> Draft:
    """The draft that a text holds. Raises CaseError, with lines, where it is no YAML or no draft."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError
    from ruamel.yaml.reader import ReaderError

    if len(text) > _LARGEST:
        raise CaseError([f"{name}: {len(text):,} letters; a draft of at most {_LARGEST:,} is read"])
    reader = _Reader(name, Problems())
    try:
        data = reader.document(YAML(typ="safe", pure=True).parse(text))
    except MarkedYAMLError as error:
        raise CaseError([f"{name}:{_marked(error, text)}"]) from error
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise CaseError([f"{name}:{line}: is no YAML: a letter that is no text; take it out"]) from error
    except CaseError:
        raise
    except (YAMLError, ValueError, RecursionError) as error:
        raise CaseError([f"{name}: is no YAML: {(str(error).splitlines() or ['unreadable'])[0][:200]}"]) from error
    if reader.problems:
        raise CaseError(reader.problems)
    if not isinstance(data, Mapping) or data.get("draft") != "1":
        raise CaseError([f"{name}: is no draft of `tumen read`, which begins with `draft: 1`; name one that it wrote"])
    return Draft(name, data, reader.lines)


def _marked(error: Any, text: str) -> str:
    """Line, cause and what to do of what the parser could not read."""
    mark, begun = error.problem_mark or error.context_mark, error.context_mark
    number = mark.line + 1 if mark else 1
    lines = text.split("\n")
    line = lines[number - 1] if number <= len(lines) else ""
    if re.match(r"\s*\t", line) or "'\\t'" in str(error.problem):
        return f"{number}: is no YAML: the line is indented with a tab; put spaces in its place, two a level"
    since = f", in what begins in line {begun.line + 1}" if begun and begun.line + 1 != number else ""
    cause = error.problem or error.context
    return f"{number}: is no YAML: {cause}{since}; look at its indentation, colons, quotes and brackets"


@dataclass(slots=True)
class _Reader:
    """Builds mappings, lists and texts from the parser's events, and notes the line of each."""

    name: str
    problems: Problems
    events: Iterator[Any] = field(default_factory=lambda: iter(()))
    lines: dict[Keys, int] = field(default_factory=dict)

    def document(self, events: Iterator[Any]) -> Any:
        self.events, data, documents = events, None, 0
        for event in events:
            if type(event).__name__ == "DocumentStartEvent":
                documents += 1
                if documents > 1:
                    self._stop(event, "a second document begins here (`---`); a draft is one")
                data = self._node(next(events), ())
        return data

    def _stop(self, event: Any, what: str) -> None:
        raise CaseError([f"{self.name}:{event.start_mark.line + 1}: {what}"])

    def _node(self, event: Any, keys: Keys) -> Any:
        kind = type(event).__name__
        self.lines.setdefault(keys, event.start_mark.line + 1)
        if kind == "AliasEvent" or event.anchor:
            self._stop(
                event, "anchors (`&`) and aliases (`*`) are refused; write what they stand for, or quote the text"
            )
        if event.tag:
            self._stop(event, f"the tag `{str(event.tag)[:40]}` is refused; leave it out, or quote the text")
        if kind in _BEGINS and len(keys) > _DEEPEST:
            self._stop(event, f"nested more than {_DEEPEST} levels deep; a draft needs fewer")
        if kind == "MappingStartEvent":
            return self._mapping(keys)
        if kind == "SequenceStartEvent":
            return self._sequence(keys)
        text = str(event.value)
        return "" if event.implicit[0] and text in {"~", "null"} else text

    def _mapping(self, keys: Keys) -> dict[str, Any]:
        data: dict[str, Any] = {}
        while type(event := next(self.events)).__name__ != "MappingEndEvent":
            if type(event).__name__ != "ScalarEvent" or event.anchor or event.tag:
                self._stop(event, "a key is a plain word, without brackets, tags, `?`, `&` or `*`")
            key, line = str(event.value), event.start_mark.line + 1
            below = (*keys, key)
            if key in data:
                what = f"stands twice, first in line {self.lines[below]}; keep one of the two"
                self.problems.add(Place(self.name, line), ".".join(map(str, below)), what)
                self._node(next(self.events), (*below, "again"))
                continue
            self.lines[below] = line
            data[key] = self._node(next(self.events), below)
        return data

    def _sequence(self, keys: Keys) -> list[Any]:
        data: list[Any] = []
        while type(event := next(self.events)).__name__ != "SequenceEndEvent":
            data.append(self._node(event, (*keys, len(data))))
        return data
