"""Problems of a case: collected while it is read, shown once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tumen.errors import UnitError

__all__ = ["Keys", "Misread", "Place", "Problem", "Problems"]

Keys = tuple[str | int, ...]  # what leads to a part of a document: ("claims", "relief", "levers", 0)
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


class Misread(UnitError):
    """What is wrong with one key of the part that is read."""

    def __init__(self, key: str, what: str) -> None:
        super().__init__(what)
        self.keys: Keys = (key,)

    def __reduce__(self) -> tuple[type[Misread], tuple[str, str]]:
        return type(self), (str(self.keys[0]), str(self))


@dataclass(slots=True)
class Problems:
    """The list that a reading fills; it keeps the first 200, each once."""

    found: list[Problem] = field(default_factory=list)

    def add(self, place: Place, field: str, what: str) -> None:
        problem = Problem(place, field[:200], " ".join(what.split())[:600])
        if problem not in self.found and not self.full:
            self.found.append(problem)

    @property
    def full(self) -> bool:
        """Whether there are so many that nobody reads more of them."""
        return len(self.found) >= _MAX_PROBLEMS

    def __bool__(self) -> bool:
        return bool(self.found)

    def __iter__(self) -> Iterator[Problem]:
        return iter(sorted(self.found))
