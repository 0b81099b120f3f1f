"""A project: what has to hold before it is decided, and how it goes after that."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tumen.uncertainty import Array

__all__ = ["Project"]

_INFINITE = ("start", "pace", "life")
_SHARES = ("completed", "reached", "down")
_BY_DRAW = ("start", "pace", "build", "delay", "overrun", "completed", "reached", "ramp", "life")


@dataclass(frozen=True, eq=False, kw_only=True)
class Project:
    """One project in every draw; frozen, arrays read-only. A single number stands for the same in every draw.

    Parameters
    ----------
    name
        What it is called; unique among the projects.
    built
        Whether it was built already: decided at `start` and opened `build` years later, with no luck, overrun or
        spending. `ready`, `needs`, `pace`, `delay`, `overrun` and `completed` then say nothing.
    ready
        (draw, year), whether it can be decided in that year: gates open, all willing, money there.
    needs
        Names of the projects that must have opened before it is decided.
    start
        (draw,), the decimal year before which it is not decided; infinite for never.
    pace
        (draw,), decisions a year while it is ready; infinite for at once.
    build, delay
        (draw,), planned years of building, and the factor by which the real ones are longer.
    overrun
        (draw,), the factor of real cost over planned cost.
    completed
        (draw,), probability that it is completed once it is decided.
    reached
        (draw,), the share of planned capacity that it comes to.
    ramp
        (draw,), years from the opening, with nothing, to what is reached, on a straight line; 0 is at once.
    down
        (draw, year), share of the year in which it stands still.
    life
        (draw,), years from the opening to the end; may be infinite.
    luck
        (3, draw, year), standard normals: time to the decision by year, and, in the first year's place, whether it is
        completed and how far it gets if not. These two belong to the project in the draw, whenever it is decided, so
        that a later decision never turns failure into success.

    Raises
    ------
    ValueError
        Where a shape does not fit or a number is out of range; the message names project, field and draw.
    """

    name: str
    ready: npt.NDArray[np.bool_]
    build: Array
    start: Array
    luck: Array = field(default_factory=lambda: np.zeros(()))
    built: bool = False
    needs: tuple[str, ...] = ()
    pace: Array = field(default_factory=lambda: np.array(np.inf))
    delay: Array = field(default_factory=lambda: np.array(1.0))
    overrun: Array = field(default_factory=lambda: np.array(1.0))
    completed: Array = field(default_factory=lambda: np.array(1.0))
    reached: Array = field(default_factory=lambda: np.array(1.0))
    ramp: Array = field(default_factory=lambda: np.array(0.0))
    down: Array = field(default_factory=lambda: np.array(0.0))
    life: Array = field(default_factory=lambda: np.array(np.inf))

    def __post_init__(self) -> None:
        ready = np.array(self.ready, dtype=np.bool_)
        if ready.ndim != 2:
            raise ValueError(f"project {self.name!r}: ready has the shape {ready.shape}; expected (draw, year)")
        ready.setflags(write=False)
        object.__setattr__(self, "ready", ready)
        object.__setattr__(self, "needs", tuple(self.needs))
        for what in _BY_DRAW:
            self._keep(what, ready.shape[:1])
        self._keep("down", ready.shape)
        self._keep("luck", (3, *ready.shape))
        for what in (*_BY_DRAW, "down", "luck"):
            self._check(what, getattr(self, what))

    def _keep(self, what: str, shape: tuple[int, ...]) -> None:
        given = np.array(getattr(self, what), dtype=np.float64)
        if given.shape not in ((), shape):
            raise ValueError(
                f"project {self.name!r}: {what} has the shape {given.shape}; expected {shape} or a single number"
            )
        object.__setattr__(self, what, np.broadcast_to(given, shape))

    def _check(self, what: str, values: Array) -> None:
        wrong = np.isnan(values) if what in _INFINITE else ~np.isfinite(values)
        expected = "a number" if what in _INFINITE else "a finite number"
        if what in _SHARES:
            wrong, expected = wrong | (values < 0) | (values > 1), "a share from 0 to 1"
        elif what == "delay":
            wrong, expected = wrong | (values <= 0), "a factor above 0"
        elif what == "start":
            wrong = wrong | (values == -np.inf)
        elif what != "luck":
            wrong, expected = wrong | (values < 0), expected + " of 0 or more"
        if wrong.any():
            at = tuple(int(i) for i in np.argwhere(wrong)[0])
            draw = at[1] if what == "luck" else at[0]
            raise ValueError(f"project {self.name!r}: {what} is {values[at]:g} in draw {draw}; expected {expected}")

    def __repr__(self) -> str:
        after = f", after {', '.join(self.needs)}" if self.needs else ""
        how = "built" if self.built else f"ready in {self.ready.mean():.0%} of draws and years{after}"
        return f"Project({self.name!r}, {self.ready.shape[0]:,} draws, {how})"
