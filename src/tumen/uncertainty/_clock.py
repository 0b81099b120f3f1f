"""Time: the years of the horizon as seen from one date, and what a process has to offer.

An annual value stands for the middle of its year. Seen from `as_of` (a decimal year), the time to the first year whose
middle is not past is year + 0.5 - as_of, and to each later year one year more. A year whose middle is past takes no
step: its value is known, or is held at the start.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np

from tumen.uncertainty._arrays import Array, readonly
from tumen.uncertainty._distributions import Distribution

__all__ = ["Clock", "Process", "decimal_year"]


def decimal_year(date: dt.date) -> float:
    """The date as a decimal year, at the start of the day.

    >>> round(decimal_year(dt.date(2014, 5, 31)), 3)
    2014.411
    """
    first = dt.date(date.year, 1, 1)
    days = dt.date(date.year, 12, 31).toordinal() - first.toordinal() + 1
    return date.year + (date.toordinal() - first.toordinal()) / days


@dataclass(frozen=True)
class Clock:
    """The years of a horizon, one after the other, seen from `as_of` (a decimal year).

    Raises `ValueError` if there is no year, if one is missing between the first and the last, or if `as_of` is not a
    finite number.

    >>> [round(float(step), 3) for step in Clock((2013, 2014, 2015), as_of=2014.25).steps]
    [0.0, 0.25, 1.0]
    """

    years: tuple[int, ...]
    as_of: float

    def __post_init__(self) -> None:
        years = tuple(int(year) for year in self.years)
        if not years or years != tuple(range(years[0], years[0] + len(years))):
            raise ValueError(f"the years of a clock are {years}; expected one or more, each following the one before")
        if not math.isfinite(self.as_of):
            raise ValueError(f"as_of is {self.as_of}; expected a decimal year such as 2014.41")
        object.__setattr__(self, "years", years)
        object.__setattr__(self, "as_of", float(self.as_of))

    @cached_property
    def steps(self) -> Array:
        """The time in years that passes before each year's value, from the value before it or from `as_of`; (year,)."""
        ahead = np.maximum(np.asarray(self.years) + 0.5 - self.as_of, 0.0)
        return readonly(np.diff(ahead, prepend=0.0))

    @cached_property
    def exposure(self) -> Array:
        """The part of each year that lies after `as_of`, between 0 and 1; (year,)."""
        return readonly(np.clip(np.asarray(self.years) + 1.0 - self.as_of, 0.0, 1.0))


@runtime_checkable
class Process(Protocol):
    """A random path by year. Each of its parameters becomes a named assumption, `<process>.<parameter>`."""

    @property
    def kind(self) -> str:
        """The name of the model."""

    @property
    def streams(self) -> int:
        """How many independent standard normals it needs for each draw and year."""

    @property
    def parameters(self) -> Mapping[str, Distribution]:
        """Its parameters by name."""

    @property
    def observed(self) -> Mapping[int, float]:
        """Known annual values, in years not after `as_of`; paths take these exactly."""

    def path(self, values: Mapping[str, Array], noise: Array, clock: Clock) -> Array:
        """The path (draw, year), from parameter values (draw) and standard normals (stream, draw, year)."""
