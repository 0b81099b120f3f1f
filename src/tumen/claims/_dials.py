"""Answers at a reader's own values: the case evaluated again with some figures set, at a grid.

Each dial is turned alone, on the same few draws. Where a claim is moved by both, it is also told for both together.
What a dial does not move between its ends is not told by it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tumen.claims._answer import DialPoint
from tumen.claims._answers import probability
from tumen.claims._take import Question, met, take

if TYPE_CHECKING:
    from tumen.case import Case
    from tumen.outcome import Outcome

__all__ = ["at_dials"]

Array = npt.NDArray[np.float64]
At = tuple[tuple[str, float], ...]
_STILL = 1e-3  # of a measure's size: what moves it by less does not move it


def at_dials(
    case: Case, questions: Sequence[Question], evaluate: Callable[[Mapping[str, float]], Outcome]
) -> dict[str, tuple[DialPoint, ...]]:
    """The points of every claim that some dial moves: first as the case has it, then one dial at a time, then both.

    `evaluate` gives the outcome, on always the same draws, when figures stand at some values.
    """
    dials = {name: [value.central for value in spec.values] for name, spec in case.file.dials.items()}
    known: dict[At, Outcome] = {}

    def values(at: At, asked: Question) -> Array:
        if at not in known:
            known[at] = evaluate({figure: value for dial, value in at for figure in case.file.dials[dial].sets})
        return take(known[at], asked)

    base = {asked.name: values((), asked) for asked in questions} if dials else {}
    moved: dict[str, list[str]] = {name: [] for name in base}
    for dial, grid in dials.items():
        for asked in questions:
            ends = (values(((dial, end),), asked) for end in (grid[0], grid[-1]))
            if any(_differ(base[asked.name], each) for each in ends):
                moved[asked.name].append(dial)
    found = {}
    for asked in questions:
        own = moved.get(asked.name, [])
        alone: list[At] = [((dial, value),) for dial in own for value in dials[dial]]
        both: list[At] = [tuple(zip(own, at, strict=True)) for at in product(*(dials[dial] for dial in own))]
        points: list[At] = [(), *alone, *(both if len(own) > 1 else ())]
        if own:
            found[asked.name] = tuple(_point(asked, at, values(at, asked)) for at in points)
    return found


def _point(asked: Question, at: At, values: Array) -> DialPoint:
    share, se = probability(met(asked, values))
    p05, median, p95 = (float(q) for q in np.quantile(values, [0.05, 0.5, 0.95]))
    return DialPoint(at, share, se, median, p05, p95, int(values.size))


def _differ(a: Array, b: Array) -> bool:
    return bool(np.abs(a - b).max() > _STILL * max(np.abs(a).max(), np.abs(b).max()))
