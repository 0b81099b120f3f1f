"""Tables of patterns, searched fast: a pattern is tried only where letters that it cannot do without stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from tumen.reading._needed import needed

__all__ = ["Shelf", "Words", "earliest"]

_KEY = 3  # letters by which patterns are looked up


class Shelf:
    """Many tables of patterns looked up at once: which of them may match a text, and their patterns that may."""

    __slots__ = ("_always", "_by_key", "_patterns")

    def __init__(self, tables: Iterable[Iterable[str]], flags: int = re.IGNORECASE) -> None:
        given = [(number, pattern) for number, table in enumerate(tables) for pattern in table]
        by_key: dict[str, list[tuple[int, str]]] = {}
        always = []
        for row, (_, pattern) in enumerate(given):
            stems = needed(pattern)
            if not stems:
                always.append(row)
            for stem in stems:
                by_key.setdefault(stem[:_KEY], []).append((row, stem))
        self._patterns = tuple((number, re.compile(_capitals(one), flags)) for number, one in given)
        self._always = tuple(always)
        self._by_key = by_key

    def likely(self, low: str) -> dict[int, list[re.Pattern[str]]]:
        """The patterns that may match a text in small letters, by the number of their table."""
        rows = {row for key in self._by_key.keys() & _keys(low) for row, stem in self._by_key[key] if stem in low}
        found: dict[int, list[re.Pattern[str]]] = {}
        for row in sorted(rows.union(self._always)):
            number, pattern = self._patterns[row]
            found.setdefault(number, []).append(pattern)
        return found


class Words:
    """Some patterns as one. `search` gives the first match, `finditer` all of them, in the order of their places."""

    __slots__ = ("_shelf",)

    def __init__(self, patterns: Iterable[str], flags: int = re.IGNORECASE) -> None:
        self._shelf = Shelf([patterns], flags)

    def search(self, text: str, low: str = "") -> re.Match[str] | None:
        """The match that begins first; of several at one place that of the pattern named first."""
        return earliest(self._shelf.likely(low or text.lower()).get(0, ()), text)

    def finditer(self, text: str, low: str = "") -> Iterator[re.Match[str]]:
        """Every match of every pattern."""
        likely = self._shelf.likely(low or text.lower()).get(0, ())
        yield from sorted((match for one in likely for match in one.finditer(text)), key=lambda match: match.start())


def earliest(patterns: Iterable[re.Pattern[str]], text: str) -> re.Match[str] | None:
    """The match that begins first; of several at one place that of the pattern named first."""
    best: re.Match[str] | None = None
    for pattern in patterns:
        match = pattern.search(text)
        if match is not None and (best is None or match.start() < best.start()):
            best = match
    return best


@lru_cache(maxsize=4096)
def _keys(low: str) -> frozenset[str]:
    return frozenset(low[at : at + _KEY] for at in range(len(low) - _KEY + 1))


def _capitals(pattern: str) -> str:
    """A pattern in which capitals asked for are capitals, whatever else is read without regard to case."""
    return pattern.replace("[A-Z]", "(?-i:[A-Z])")
