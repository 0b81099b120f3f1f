"""Break-evens: the value of a lever at which a claim is as likely as not.

All claims share one grid of seven values a lever on the same few draws; the crossing of the median of the margin is
interpolated there. Where the claim names the lever, the crossing is then refined by evaluating between the two grid
points that hold it (regula falsi, Illinois' variant), until the lever moves by less than a thousandth of its range.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tumen.claims._answer import Breakeven
from tumen.claims._take import Question, margin, met, take

if TYPE_CHECKING:
    from tumen.case import Case
    from tumen.outcome import Outcome

__all__ = ["GRID", "breakevens", "lever_range"]

Array = npt.NDArray[np.float64]
Evaluate = Callable[[Mapping[str, float]], Sequence["Outcome"]]
GRID = 7
_REFINEMENTS = 12


def lever_range(case: Case, name: str) -> tuple[float, float, float]:
    """Base value and range of a lever: as declared, or the 1st to 99th percentile of an assumption."""
    quantity = case.parameter(name).quantity
    if quantity.lever is not None:
        return quantity.central, *quantity.lever
    distribution = case.distribution(name)
    low, high = (float(v) for v in distribution.ppf(np.array([0.01, 0.99])))
    return float(distribution.median), low, high


def breakevens(case: Case, questions: Sequence[Question], evaluate: Evaluate) -> dict[str, tuple[Breakeven, ...]]:
    """The break-even of every lever that any claim names, for every claim; named ones are refined.

    A measure that is costly is taken only where its claim names the lever, and on the first chunk. `evaluate` gives the
    outcomes, one a chunk, when levers stand at some values.
    """
    levers = tuple(dict.fromkeys(lever for asked in questions for lever in case.claims[asked.name].levers))
    found: dict[str, list[Breakeven]] = {asked.name: [] for asked in questions}
    for lever in levers:
        base, low, high = lever_range(case, lever)
        grid = np.linspace(low, high, GRID)
        outcomes = [evaluate({lever: float(value)}) for value in grid]
        as_is = evaluate({lever: base})  # one more point of the curve that is shown, where things stand
        for asked in questions:
            named = lever in case.claims[asked.name].levers
            if asked.measure.costly and not named:
                continue
            taken = [_gather(outcome, asked) for outcome in outcomes]
            medians = np.array([np.median(margin(asked, values)) for values in taken])
            curve = {float(value): _share(asked, values) for value, values in zip(grid, taken, strict=True)}
            curve |= {base: _share(asked, _gather(as_is, asked))}
            bracket = _crossing(medians, _nearest(grid, base))
            value = None
            if bracket is not None:
                ends = (
                    float(grid[bracket]),
                    float(grid[bracket + 1]),
                    float(medians[bracket]),
                    float(medians[bracket + 1]),
                )
                at = _refine(asked, lever, evaluate, *ends) if named else _secant(*ends)
                value = float(at)
            if named or value is not None:
                quantity = case.parameter(lever).quantity
                row = Breakeven(
                    lever, quantity.unit.label, base, low, high, value, tuple(sorted(curve)),
                    tuple(curve[point] for point in sorted(curve)), named=named, chosen=quantity.lever is not None,
                )  # fmt: skip
                found[asked.name].append(row)
    return {name: _in_order(rows, case.claims[name].levers) for name, rows in found.items()}


def _in_order(rows: Sequence[Breakeven], levers: Sequence[str]) -> tuple[Breakeven, ...]:
    """The levers that a claim names first, in its own order."""
    return tuple(sorted(rows, key=lambda row: levers.index(row.lever) if row.named else len(levers)))


def _share(asked: Question, values: Array) -> float:
    return float(np.mean(met(asked, values)))


def _gather(outcomes: Sequence[Outcome], asked: Question) -> Array:
    enough = outcomes[:1] if asked.measure.costly else outcomes
    return np.concatenate([take(outcome, asked) for outcome in enough])


def _nearest(grid: Array, base: float) -> int:
    return int(np.argmin(np.abs(grid - base)))


def _crossing(medians: Array, start: int) -> int | None:
    """The interval nearest to the base in which the median margin changes sign; None where it never does."""
    sign = medians >= 0
    changes = np.flatnonzero(sign[:-1] != sign[1:])
    if changes.size == 0:
        return None
    return int(changes[np.argmin(np.abs(changes + 0.5 - start))])


def _secant(a: float, b: float, fa: float, fb: float) -> float:
    return a - fa * (b - a) / (fb - fa) if fb != fa else 0.5 * (a + b)


def _refine(asked: Question, lever: str, evaluate: Evaluate, a: float, b: float, fa: float, fb: float) -> float:
    tolerance, last, x = 1e-3 * (b - a) * (GRID - 1), 0, _secant(a, b, fa, fb)
    for _ in range(_REFINEMENTS):
        fx = float(np.median(margin(asked, _gather(evaluate({lever: x}), asked))))
        if fx == 0.0:
            return x
        if (fx > 0) == (fa > 0):
            a, fa, fb, side = x, fx, fb * (0.5 if last == -1 else 1.0), -1
        else:
            b, fb, fa, side = x, fx, fa * (0.5 if last == 1 else 1.0), 1
        last, previous = side, x
        x = _secant(a, b, fa, fb)
        if abs(x - previous) < tolerance:
            break
    return x
