"""Where a claim's probability passes a level, as one number of the case moves: root finding on fixed draws.

With m_i(x) the margin by which draw i passes the test when a lever stands at x, of n draws, the probability is at least
the level L where k = ceil(L n) draws pass, that is where the k-th largest margin is not below zero:

    g(x) = m_(k)(x) >= 0   <=>   #{i: m_i(x) >= 0} / n >= L

g moves smoothly where the share of passing draws moves in steps, so a secant finds its zero; where the margin is flat
(ties, yes or no) g is a step itself, and halving finds it. Both are done in one: regula falsi in Illinois' variant
(Dowell and Jarratt 1971, BIT 11), drawn towards the middle as far as it takes to need at most two evaluations more than
halving would (as in Oliveira and Takahashi 2020, ACM Transactions on Mathematical Software 47). It stops when the
bracket is as narrow as asked for. The end of it that passes is the answer.

How far chance may have moved the crossing is read off the same curve: the interval of x about it in which the
probability is within 1.645 standard errors of the level. It is the set of x at which a test would not reject that the
true probability is the level, so it covers the true crossing in nine of ten samples, whatever the distribution.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tumen.claims._answers import probability

__all__ = ["Found", "changes", "close", "crossing", "secant"]

Array = npt.NDArray[np.float64]
Function = Callable[[float], float]
Bracket = tuple[float, float, float, float]
NINETY = 1.6448536269514722  # standard errors to either side of a 90 % interval
_SPARE = 2  # evaluations that halving alone would not need


@dataclass(frozen=True, slots=True)
class Found:
    """A crossing: `value` passes, and just below it (`rising`) or above it nothing does; None where nothing crosses.

    `low` and `high` are the 5-95 % interval of its error by chance; None where that reaches beyond the grid.
    `crossings` are all that the grid shows, about where they are; `points` and `shares` what was evaluated.
    """

    value: float | None
    rising: bool
    low: float | None
    high: float | None
    crossings: tuple[float, ...]
    points: tuple[float, ...]
    shares: tuple[float, ...]


def crossing(
    margins: Callable[[float], Array], grid: Sequence[float], base: float, level: float, tolerance: float
) -> Found:
    """The crossing of a level nearest to `base` within a grid.

    margins: what gives by how much each draw passes, (draw,), at a value. A draw passes at zero and above.
    tolerance: how narrow the bracket has to be, in units of the lever; the ends of the error's interval are found to
    five times that.
    """
    curve = _Curve(margins)
    points = sorted(set(grid))
    least = _count(level, curve.at(points[0]).size)
    height = curve.order(least)
    heights = [height(x) for x in points]
    spots = changes(heights)
    about = tuple(secant(points[i], points[i + 1], heights[i], heights[i + 1]) for i in spots)
    if not spots:
        return Found(None, False, None, None, (), *curve.seen())
    i = spots[int(np.argmin([abs(x - base) for x in about]))]
    a, b, fa, _ = close(height, points[i], points[i + 1], heights[i], heights[i + 1], tolerance)
    rising = fa < 0
    value = b if rising else a
    error = NINETY * probability(curve.at(value) >= 0)[1]
    low, high = (_end(curve, level, error, start, way, 5 * tolerance) for start, way in ((a, -1), (b, 1)))
    return Found(value, rising, low, high, about, *curve.seen())


def changes(heights: Sequence[float]) -> list[int]:
    """The intervals of a grid in which a function changes its sign; zero counts as above."""
    above = np.asarray(heights) >= 0
    return [int(i) for i in np.flatnonzero(above[:-1] != above[1:])]


def close(f: Function, a: float, b: float, fa: float, fb: float, width: float) -> Bracket:
    """A bracket of a change of sign, narrowed to `width`: its ends, and the values there.

    No point is tried nearer than half the width to an end, so that the bracket closes from both sides.
    """
    ga, gb, last = fa, fb, 0
    left = math.ceil(math.log2(max((b - a) / width, 1.0))) + _SPARE
    while b - a > width and left > 0:
        left -= 1
        reach = max(width * 2.0**left - 0.5 * (b - a), 0.0)  # from the middle: what halving can still make good
        x, middle = secant(a, b, ga, gb), 0.5 * (a + b)
        x = min(max(x, a + 0.5 * width, middle - reach), b - 0.5 * width, middle + reach)
        fx = f(x)
        if (fx >= 0) == (fa >= 0):
            a, fa, ga, gb, side = x, fx, fx, gb * (0.5 if last == -1 else 1.0), -1
        else:
            b, fb, gb, ga, side = x, fx, fx, ga * (0.5 if last == 1 else 1.0), 1
        last = side
    return a, b, fa, fb


def secant(a: float, b: float, fa: float, fb: float) -> float:
    """Where a line through two points is zero; the middle where it is not told."""
    rise = fb - fa if math.isfinite(fa) and math.isfinite(fb) else 0.0
    return a - fa * ((b - a) / rise) if rise and math.isfinite(rise) else 0.5 * (a + b)


@dataclass(frozen=True, slots=True)
class _Curve:
    """Margins by value, each evaluated once."""

    margins: Callable[[float], Array]
    known: dict[float, Array] = field(default_factory=dict)

    def at(self, x: float) -> Array:
        if x not in self.known:
            found = np.asarray(self.margins(x), dtype=float)
            self.known[x] = np.where(np.isnan(found), -np.inf, found)  # what has no value does not pass
        return self.known[x]

    def order(self, k: int) -> Function:
        """The k-th largest margin, as a function of the value."""

        def height(x: float) -> float:
            taken = self.at(x)
            return float(np.partition(taken, taken.size - k)[taken.size - k])

        return height

    def passing(self, x: float) -> int:
        return int(np.count_nonzero(self.at(x) >= 0))

    def seen(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        points = tuple(sorted(self.known))
        return points, tuple(self.passing(x) / self.at(x).size for x in points)


def _count(share: float, draws: int) -> int:
    """How many draws have to pass for a share of them, at least one."""
    return max(math.ceil(share * draws - 1e-9), 1)


def _end(curve: _Curve, level: float, error: float, start: float, way: int, width: float) -> float | None:
    """Where, going from `start` one way, the probability leaves the level plus or minus `error`; None if nowhere."""
    draws = curve.at(start).size
    least, most = math.ceil((level - error) * draws - 1e-9), math.floor((level + error) * draws + 1e-9)
    inside = start
    for x in sorted((x for x in curve.known if (x - start) * way >= 0), reverse=way < 0):
        passing = curve.passing(x)
        if least <= passing <= most:
            inside = x
            continue
        if x == start:
            return x
        height = curve.order(least if passing < least else most + 1)
        a, b = sorted((inside, x))
        a, b, _, _ = close(height, a, b, height(a), height(b), width)
        return a if way < 0 else b
    return None
