"""Measures on hazards: when the first event comes.

A path counts the events of each year. Within a year they are spread evenly, so given n of them the first comes at the
part 1 - (1 - v)^(1/n) of the time that the year leaves, with v uniform. No number is drawn for v: the count is the
least n with P(N <= n) >= u, and how far u stands between P(N <= n-1) and P(N <= n) is uniform and independent of n.
So the wait is that of an exponential law with the rate drawn, and it belongs to the very year in which the path has the
event.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tumen.claims._answer import Beside
from tumen.claims._arguments import Hazard
from tumen.outcome import Outcome

__all__ = ["first_event", "hazard_figures", "wait"]

Array = npt.NDArray[np.float64]


def first_event(outcome: Outcome, *, process: Hazard) -> Array:
    """First event of a hazard, its year, or the year after the horizon where none comes; (draw,)."""
    column = _first(outcome, process)
    return np.asarray(outcome.years[0] + column, dtype=float)


def wait(outcome: Outcome, *, process: Hazard) -> Array:
    """Wait for the first event of a hazard, from the case's date, or to a year after the horizon if none; (draw,)."""
    from scipy.special import ndtr, pdtr

    worlds, column = outcome.worlds, _first(outcome, process)
    comes = column < len(worlds.years)
    at, rows = np.where(comes, column, 0), np.arange(worlds.size)
    count = np.where(comes, worlds.paths[process][rows, at], 1.0)
    left = worlds.clock.exposure[at]
    mean = worlds.values[f"{process}.rate"] * left
    below, upto = np.where(count > 0, pdtr(np.maximum(count - 1, 0), mean), 0.0), pdtr(count, mean)
    u = ndtr(worlds.noise[process][0][rows, at])
    spread = np.clip((u - below) / np.where(upto > below, upto - below, 1.0), 0.0, 1.0)
    starts = np.maximum(worlds.years[0] + at - worlds.clock.as_of, 0.0)
    found = starts + left * (1 - (1 - spread) ** (1 / count))
    return np.asarray(np.where(comes, found, worlds.years[-1] + 2 - worlds.clock.as_of))


def hazard_figures(outcome: Outcome, *, process: Hazard) -> tuple[Beside, ...]:
    """The rate of the hazard, and the chance of an event within a year by it."""
    rate = outcome.worlds.values[f"{process}.rate"]
    return (
        Beside("Events a year", rate, "1/yr"),
        Beside("Chance of an event within a year", -np.expm1(-rate), "share", "1 - exp(-rate)"),
    )


def _first(outcome: Outcome, process: str) -> npt.NDArray[np.intp]:
    """The column of the first year with an event from the case's date on; that after the last where none comes."""
    path = outcome.worlds.paths[process]
    after = outcome.worlds.clock.exposure > 0
    happens = (path > 0) & after
    return np.where(happens.any(axis=1), happens.argmax(axis=1), len(outcome.years))
