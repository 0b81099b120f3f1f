"""What becomes of projects: the course of each, and all of them together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tumen.errors import unknown_name
from tumen.uncertainty import Array, Frozen, readonly

__all__ = ["Course", "Timeline", "states"]

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """What becomes of one project in every draw; dates are decimal years, infinite for what never happens.

    Parameters
    ----------
    decided, opened, abandoned
        (draw,). What is decided is opened or abandoned, in the end.
    spent
        (draw, year), share of the planned capital that is spent in the year. It includes the overrun, so over all years
        it may come to more than 1.
    working
        (draw, year), share of the planned capacity that works, on average over the year: ramp, what is reached, stops,
        part of the first year.
    """

    decided: Array
    opened: Array
    abandoned: Array
    spent: Array
    working: Array

    def __post_init__(self) -> None:
        for what in self.__slots__:
            object.__setattr__(self, what, readonly(getattr(self, what)))

    def decided_by(self, year: float) -> Bools:
        """Whether it is decided by the end of `year`: (draw,)."""
        return self.decided < year + 1

    def opened_by(self, year: float) -> Bools:
        """Whether it is opened by the end of `year`: (draw,)."""
        return self.opened < year + 1

    def abandoned_by(self, year: float) -> Bools:
        """Whether it is given up while it is built, by the end of `year`: (draw,)."""
        return self.abandoned < year + 1

    def __repr__(self) -> str:
        draws = len(self.decided)
        shares = (f"{np.isfinite(x).sum() / max(draws, 1):.0%}" for x in (self.decided, self.opened, self.abandoned))
        return "Course({:,} draws: decided in {}, ever opened in {}, abandoned in {})".format(draws, *shares)


@dataclass(frozen=True, slots=True, eq=False)
class Timeline:
    """The courses of all projects over the same years, by name."""

    years: tuple[int, ...]
    as_of: float
    courses: Mapping[str, Course]

    def __post_init__(self) -> None:
        object.__setattr__(self, "years", tuple(self.years))
        object.__setattr__(self, "courses", Frozen(self.courses))

    def __getitem__(self, name: str) -> Course:
        """The course of one project. Raises UnknownName."""
        if name not in self.courses:
            raise unknown_name("project", name, self.courses)
        return self.courses[name]

    def __repr__(self) -> str:
        end = self.years[-1]
        draws = len(next(iter(self.courses.values())).decided) if self.courses else 0
        width = max([len("by the end"), *(len(name) for name in self.courses)])
        lines = [
            f"{len(self.courses)} projects, {self.years[0]}-{end}, seen from {self.as_of:.1f}, {draws:,} draws",
            f"  {'by the end':<{width}}{'decided':>9}{'opened':>9}{'abandoned':>11}{'opens, median':>15}",
        ]
        for name, course in self.courses.items():
            shares = [f"{by(end).mean():.0%}" for by in (course.decided_by, course.opened_by, course.abandoned_by)]
            when = _middle(course.opened)
            opens = f"{when:.1f}" if np.isfinite(when) else "never"
            lines.append(f"  {name:<{width}}{shares[0]:>9}{shares[1]:>9}{shares[2]:>11}{opens:>15}")
        return "\n".join(lines)


def states(course: Course, years: Sequence[int]) -> Mapping[str, Bools]:
    """Which state a project is in at the end of each year, one of four: each (draw, year), read-only.

    waiting: not yet decided; building: decided, neither opened nor given up; open: opened; abandoned: given up.
    """
    ends = np.asarray(years, dtype=np.float64) + 1
    decided, opened, abandoned = (x[:, None] < ends for x in (course.decided, course.opened, course.abandoned))
    found = {"waiting": ~decided, "building": decided & ~opened & ~abandoned, "open": opened, "abandoned": abandoned}
    for state in found.values():
        state.setflags(write=False)
    return Frozen(found)


def _middle(dates: Array) -> float:
    """The median date, with never as the latest of all; the later of two middle ones."""
    return float(np.sort(dates)[len(dates) // 2])
