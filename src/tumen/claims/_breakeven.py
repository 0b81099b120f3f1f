"""Break-evens: the value of a lever at which a claim is as likely as not.

All claims share one grid of seven values a lever on the same few draws; the crossing of the median of the margin is
interpolated there. Where the claim names the lever, and its measure is not costly, the crossing is then refined by
evaluating between the two grid points that hold it, until it is known to a thousandth of the lever's range (see
`_crossing`). What a lever does not move between its ends, in few draws, is not asked of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tumen.claims._answer import Breakeven
from tumen.claims._crossing import changes, close, secant
from tumen.claims._take import Question, margin, met, take

if TYPE_CHECKING:
    from tumen.case import Case
    from tumen.outcome import Outcome

__all__ = ["GRID", "breakevens", "gathered", "lever_breakevens", "lever_range", "levers_of"]

Array = npt.NDArray[np.float64]
Evaluate = Callable[[Mapping[str, float]], Sequence["Outcome"]]
Outcomes = Callable[[float], Sequence["Outcome"]]
GRID = 7


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
        bracket, crossing = _nearest(changes(medians.tolist()), int(np.argmin(np.abs(np.array(grid) - base)))), None
        if bracket is not None:
            a, b, fa, fb = grid[bracket], grid[bracket + 1], float(medians[bracket]), float(medians[bracket + 1])
            exactly = named and not asked.measure.costly
            inside = secant(a, b, fa, fb) if fa and fb else _by_share(a, b, curve[a], curve[b])
            crossing = float(_refine(asked, values, a, b, fa, fb) if exactly else inside)
        if named or crossing is not None:
            quantity = case.parameter(lever).quantity
            found[asked.name] = Breakeven(
                lever, quantity.unit.label, base, low, high, crossing, tuple(sorted(curve)),
                tuple(curve[point] for point in sorted(curve)), named=named, chosen=quantity.lever is not None,
            )  # fmt: skip
    return found


def _by_share(a: float, b: float, passes_a: float, passes_b: float) -> float:
    """Where half of the draws pass, between two values of a lever: for margins in whole steps, whose median is zero."""
    if passes_a == passes_b:
        return 0.5 * (a + b)
    return a + min(max((0.5 - passes_a) / (passes_b - passes_a), 0.0), 1.0) * (b - a)


def _still(asked: Question, outcomes: Sequence[Sequence[Outcome]]) -> bool:
    """Whether a measure is the same in all of these."""
    first, *rest = ([take(outcome, asked) for outcome in each] for each in outcomes)
    return all(np.array_equal(a, b) for other in rest for a, b in zip(first, other, strict=True))


def _in_order(rows: Sequence[Breakeven], levers: Sequence[str]) -> tuple[Breakeven, ...]:
    """The levers that a claim names first, in its own order."""
    return tuple(sorted(rows, key=lambda row: levers.index(row.lever) if row.named else len(levers)))


def _share(asked: Question, values: Array) -> float:
    return float(np.mean(met(asked, values)))


def _nearest(spots: Sequence[int], start: int) -> int | None:
    """The interval nearest to a grid point; None of none."""
    return min(spots, key=lambda i: abs(i + 0.5 - start), default=None)


def _refine(asked: Question, values: Callable[[float], Array], a: float, b: float, fa: float, fb: float) -> float:
    def height(x: float) -> float:
        return float(np.median(margin(asked, values(x))))

    return secant(*close(height, a, b, fa, fb, 1e-3 * (b - a) * (GRID - 1)))
