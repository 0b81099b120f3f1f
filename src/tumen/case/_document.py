"""A file's content with the place of every part, and what is left of it when broken parts are put aside."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tumen.case._problems import Keys, Place, Problems

__all__ = ["Document", "Notes"]

_WORD = re.compile(r"[A-Za-z0-9_]+")
_NAMED_BY_SCENARIOS = frozenset({"claims", "scenarios"})  # and by nothing else
# What stands or falls with a section without naming its entries: a claim names a path by its two players, and what
# changes trade costs changes them in the one equilibrium.
_NAMED_BY = {"trade": ("trade",), "equilibrium": ("trade", "sanction", "trade_cost")}
_WITH_PATHS = frozenset({"scenarios", "decisions"})  # whose keys within `set` are paths
_PROSE = frozenset({"note", "said", "by", "title"})


@dataclass(frozen=True, slots=True)
class Document:
    """A file's content as plain dicts, lists and scalars, and the place of every key and item.

    `broken` are the parts that could not be read; their problems have been noted.
    """

    file: str
    data: Any
    places: Mapping[Keys, Place]
    broken: frozenset[Keys] = frozenset()

    def place(self, keys: Keys) -> Place:
        """The place of a part or, where it has none of its own, of the nearest part above it."""
        for length in range(len(keys), -1, -1):
            if keys[:length] in self.places:
                return self.places[keys[:length]]
        return Place(self.file, 1)

    def without(self, broken: Collection[Keys]) -> Document:
        """The document without its broken entries, such as ("claims", "relief").

        What names a broken entry is put aside too, since what is wrong there may only follow from it.
        """
        groups = {name: group for name, group in self.data.items() if isinstance(group, dict)}
        words = {
            (group, name): set(_words(body, paths=group in _WITH_PATHS))
            for group, bodies in groups.items()
            for name, body in bodies.items()
        }
        gone = {(keys[0], keys[1]) for keys in broken}
        while True:
            every = {str(name) for _, name in gone}
            names = {str(name) for group, name in gone if group not in _NAMED_BY_SCENARIOS}
            names |= {word for group, _ in gone for word in _NAMED_BY.get(str(group), ())}
            more = {
                entry
                for entry, found in words.items()
                if entry not in gone and found & (every if entry[0] == "scenarios" else names)
            }
            if not more:
                break
            gone |= more
        data = {name: group for name, group in self.data.items() if name in groups or not _names_any(group, gone, name)}
        for name, group in groups.items():
            data[name] = {key: body for key, body in group.items() if (name, key) not in gone}
        return replace(self, data=data, broken=frozenset())


def _names_any(group: Any, gone: Collection[Keys], name: str) -> bool:
    """Whether a list of entries, such as the correlations, holds a broken one or names one."""
    names = {str(entry[1]) for entry in gone}
    return isinstance(group, list) and (any(entry[0] == name for entry in gone) or not names.isdisjoint(_words(group)))


def _words(node: Any, paths: bool = False) -> Iterator[str]:
    """Every word of a part, but for its prose; of its keys those that are paths, as in a `set`, or name networks."""
    if isinstance(node, dict):
        for key, value in node.items():
            if paths:
                yield from _WORD.findall(key)
            if key == "networks" and isinstance(value, dict):  # named by the keys
                yield from value
            if key not in _PROSE:
                yield from _words(value, paths)
    elif isinstance(node, list):
        for item in node:
            yield from _words(item, paths)
    elif isinstance(node, str):
        yield from _WORD.findall(node)


@dataclass(slots=True)
class Notes:
    """Notes what is wrong with a document, with its place; what was noted when the file was read is not said again."""

    document: Document
    problems: Problems
    broken: set[Keys] = field(default_factory=set)

    def __call__(self, keys: Keys, what: str) -> None:
        if not any(keys[: len(known)] == known for known in self.document.broken):
            self.problems.add(self.document.place(keys), ".".join(map(str, keys)), what)
            self.broken.add(keys[:2])
