"""Problems of a case: collected while it is read, shown once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["Place", "Problem", "Problems"]

_MAX_PROBLEMS = 200


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something stands: the file within the case folder, and its line (from 1; 0 for the file as a whole)."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong: where, in which field, what, what was expected and what to do."""

    place: Place
    field: str
    what: str

    def __str__(self) -> str:
        return f"{self.place}: {self.field}: {self.what}" if self.field else f"{self.place}: {self.what}"


@dataclass(slots=True)
class Problems:
    """The list that a reading fills; nothing outlives the reading but what it holds."""

    found: list[Problem] = field(default_factory=list)

    def add(self, place: Place, field: str, what: str) -> None:
        problem = Problem(place, field, " ".join(what.split())[:600])
        if problem not in self.found and len(self.found) < _MAX_PROBLEMS:
            self.found.append(problem)

    def __bool__(self) -> bool:
        return bool(self.found)

    def __iter__(self) -> Iterator[Problem]:
        return iter(sorted(self.found))
