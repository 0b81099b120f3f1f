"""Gates: political states that events open and close.

A gate opens at the events of one Poisson process and closes at those of another, with a and b events a year. Its state
is the continuous-time Markov chain with two states (Karlin & Taylor, A First Course in Stochastic Processes, 1975,
chapter 4), and with p = a / (a + b),

    P(open at t) = p + (P(open at 0) - p) exp(-(a + b) t).

**By year.** The last event of a year decides how the year ends; a year without events ends as it began. Given that the
year has A openings and B closings, the times of all A + B are exchangeable, so the last of them is an opening with
probability A / (A + B). Stepping from year to year in this way gives the states of the continuous chain at the ends of
the years exactly: nothing is lost by counting events by year.

**Shared events.** Two gates that share the process that closes them are both closed by each of its events. If they open
at a and a' events a year, each on its own, and close at b, then, with p and p' the shares open in the long run,

    P(both open) = (a p' + a' p) / (a + a' + b),

which is more than p p': the gates are correlated. For that to hold within the year too, the gates have to agree on
when the last shared event was. The last of B events in a year is at V^(1/B) with V uniform, and
P(U^(1/A) > V^(1/B)) = A / (A + B), as it has to be; so `gate_path` takes, where events are shared, the luck of the
openings and that of the closings apart, and gates that share a process are given the same luck for it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tumen.uncertainty import Array

__all__ = ["Bools", "Gate", "gate_path"]

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate by its rates: openings and closings a year, and whether it is open at the start.

    Raises ValueError where a rate is negative or not finite.

    >>> Gate(starts_open=False, opening=0.2, closing=0.3).share_open(1.0).round(4).item()
    0.1574
    """

    starts_open: bool
    opening: float
    closing: float

    def __post_init__(self) -> None:
        for what, rate in (("opening", self.opening), ("closing", self.closing)):
            if not (math.isfinite(rate) and rate >= 0):
                raise ValueError(f"gate: {what} is {rate:g} a year; expected a finite rate of 0 or more")

    @property
    def in_the_long_run(self) -> float:
        """The share of time that it is open in the long run; as at the start where nothing ever happens."""
        events = self.opening + self.closing
        return self.opening / events if events else float(self.starts_open)

    def share_open(self, t: npt.ArrayLike) -> Array:
        """The probability that it is open `t` years after the start; the shape of `t`."""
        end = self.in_the_long_run
        decay = np.exp(-(self.opening + self.closing) * np.asarray(t, dtype=np.float64))
        return np.asarray(end + (float(self.starts_open) - end) * decay)


def gate_path(
    starts_open: bool, opens: Array, closes: Array, luck: Array, *, closing_luck: Array | None = None
) -> Bools:
    """Whether the gate is open at the end of each year: (draw, year), read-only.

    opens, closes (draw, year): how many events of each kind the year has. luck (draw, year): standard normals of the
    gate's own. Gates that share events are exact together, too, if `luck` is that of the openings and `closing_luck`
    that of the closings, each the same for every gate that the events move. Raises ValueError where shapes differ or a
    count is negative.

    >>> opens, closes, luck = np.array([[0.0, 1, 0, 2]]), np.array([[0.0, 0, 1, 1]]), np.array([[0.0, 0, 0, -1]])
    >>> gate_path(False, opens, closes, luck).tolist()
    [[False, True, False, True]]
    """
    from scipy import special

    up, down, score = (np.asarray(x, dtype=np.float64) for x in (opens, closes, luck))
    _check(up, down, score, closing_luck)
    with np.errstate(under="ignore"):
        if closing_luck is None:
            later = special.ndtr(score) * (up + down) < up
        else:
            # Logs of the times of the last opening and closing: log U / A and log V / B.
            last_up = special.log_ndtr(score) / np.maximum(up, 1.0)
            last_down = special.log_ndtr(np.asarray(closing_luck, dtype=np.float64)) / np.maximum(down, 1.0)
            later = last_up > last_down
    opened_last = (up > 0) & ((down == 0) | later)
    moved = up + down > 0
    path = np.empty(up.shape, dtype=np.bool_)
    state: Bools = np.full(len(up), starts_open, dtype=np.bool_)
    for t in range(up.shape[1]):
        state = np.where(moved[:, t], opened_last[:, t], state)
        path[:, t] = state
    path.setflags(write=False)
    return path


def _check(opens: Array, closes: Array, luck: Array, closing_luck: Array | None) -> None:
    if opens.ndim != 2:
        raise ValueError(f"gate: opens has the shape {opens.shape}; expected two dimensions (draw, year)")
    others = {"closes": closes, "luck": luck}
    if closing_luck is not None:
        others["closing_luck"] = np.asarray(closing_luck)
    for what, array in others.items():
        if array.shape != opens.shape:
            raise ValueError(f"gate: {what} has the shape {array.shape}; expected {opens.shape}, as opens has")
    for what, counts in (("opens", opens), ("closes", closes)):
        if not bool((counts >= 0).all()):
            raise ValueError(f"gate: {what} has a count that is negative or not a number; expected 0 or more")
