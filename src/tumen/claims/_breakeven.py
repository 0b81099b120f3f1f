"""Break-evens: the value of a lever at which a claim is as likely as not.

All claims share one grid of seven values a lever on the same few draws; the crossing of the median of the margin is
interpolated there. Where the claim names the lever, and its measure is not costly, the crossing is then refined by
evaluating between the two grid points that hold it (regula falsi, Illinois' variant), until the lever moves by less
than a thousandth of its range. What a lever does not move between its ends, in few draws, is not asked of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tumen.claims._answer import Breakeven
from tumen.claims._take import Question, margin, met, take

if TYPE_CHECKING:
    from tumen.case import Case
    from tumen.outcome import Outcome

__all__ = ["GRID", "breakevens", "gathered", "lever_breakevens", "lever_range", "levers_of"]

Array = npt.NDArray[np.float64]
Evaluate = Callable[[Mapping[str, float]], Sequence["Outcome"]]
Outcomes = Callable[[float], Sequence["Outcome"]]
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


def levers_of(case: Case, questions: Sequence[Question]) -> tuple[str, ...]:
    """Every lever that any claim names."""
    return tuple(dict.fromkeys(lever for asked in questions for lever in case.claims[asked.name].levers))


def breakevens(
    case: Case, questions: Sequence[Question], evaluate: Evaluate, sample: Evaluate | None = None
) -> dict[str, tuple[Breakeven, ...]]:
    """The break-even of every lever that any claim names, for every claim; arguments as in `lever_breakevens`."""
    by_lever = [
        lever_breakevens(case, questions, lever, evaluate, sample or evaluate) for lever in levers_of(case, questions)
    ]
    return gathered(case, questions, by_lever)


def gathered(
    case: Case, questions: Sequence[Question], by_lever: Sequence[Mapping[str, Breakeven]]
) -> dict[str, tuple[Breakeven, ...]]:
    """The break-evens of levers by claim, the levers that it names first, in its own order."""
    rows = {asked.name: [found[asked.name] for found in by_lever if asked.name in found] for asked in questions}
    return {name: _in_order(own, case.claims[name].levers) for name, own in rows.items()}


def lever_breakevens(
    case: Case, questions: Sequence[Question], lever: str, evaluate: Evaluate, sample: Evaluate
) -> dict[str, Breakeven]:
    """The break-even of one lever, for every claim.

    `evaluate` gives the outcomes, one a chunk, when levers stand at some values, `sample` those of few draws. These
    serve where the claim does not name the lever, and costly measures, which are taken only where it does.
    """
    base, low, high = lever_range(case, lever)
    grid = [float(value) for value in np.linspace(low, high, GRID)]
    plain, few = cache(lambda value: evaluate({lever: value})), cache(lambda value: sample({lever: value}))
    found: dict[str, Breakeven] = {}
    for asked in questions:
        named = lever in case.claims[asked.name].levers
        if asked.measure.costly and not named:
            continue
        outcomes = plain if named and not asked.measure.costly else few

        def values(at: float, asked: Question = asked, outcomes: Outcomes = outcomes) -> Array:
            return np.concatenate([take(outcome, asked) for outcome in outcomes(at)])

        if not named and _still(asked, [few(value) for value in (grid[0], grid[-1], base)]):
            continue
        ends = {value: values(value) for value in (grid[0], grid[-1], base)}
        still = all(np.array_equal(each, ends[base]) for each in ends.values())
        if still and not named:
            continue
        taken = {value: ends[base] if still else ends.get(value) for value in grid}
        known = {value: values(value) if each is None else each for value, each in taken.items()}
        medians = np.array([np.median(margin(asked, known[value])) for value in grid])
        curve = {value: _share(asked, each) for value, each in (known | {base: ends[base]}).items()}
        bracket, crossing = _crossing(medians, _nearest(np.array(grid), base)), None
        if bracket is not None:
            a, b, fa, fb = grid[bracket], grid[bracket + 1], float(medians[bracket]), float(medians[bracket + 1])
            exactly = named and not asked.measure.costly
            crossing = float(_refine(asked, values, a, b, fa, fb) if exactly else _secant(a, b, fa, fb))
        if named or crossing is not None:
            quantity = case.parameter(lever).quantity
            found[asked.name] = Breakeven(
                lever, quantity.unit.label, base, low, high, crossing, tuple(sorted(curve)),
                tuple(curve[point] for point in sorted(curve)), named=named, chosen=quantity.lever is not None,
            )  # fmt: skip
    return found


def _still(asked: Question, outcomes: Sequence[Sequence[Outcome]]) -> bool:
    """Whether a measure is the same in all of these."""
    first, *rest = ([take(outcome, asked) for outcome in each] for each in outcomes)
    return all(np.array_equal(a, b) for other in rest for a, b in zip(first, other, strict=True))


def _in_order(rows: Sequence[Breakeven], levers: Sequence[str]) -> tuple[Breakeven, ...]:
    """The levers that a claim names first, in its own order."""
    return tuple(sorted(rows, key=lambda row: levers.index(row.lever) if row.named else len(levers)))


def _share(asked: Question, values: Array) -> float:
    return float(np.mean(met(asked, values)))


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


def _refine(
    asked: Question, values: Callable[[float], Array], a: float, b: float, fa: float, fb: float
) -> float:  # fmt: skip
    tolerance, last, x = 1e-3 * (b - a) * (GRID - 1), 0, _secant(a, b, fa, fb)
    for _ in range(_REFINEMENTS):
        fx = float(np.median(margin(asked, values(x))))
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
