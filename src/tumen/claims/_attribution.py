"""Which block of initiatives brings a result about: last in, first in, and Shapley's value over the blocks.

With N the blocks and v(S) a measure when the initiatives of S are in, and none of the other blocks, in one draw:

    last in    v(N) - v(N less b)      what is lost if the block alone is left out
    first in   v(b) - v(none)          what the block alone brings
    Shapley    the mean, over all orders in which blocks could be added, of what each adds

Shapley's values add up to v(N) - v(none). All three are told as means over the draws, since means add up as well, where
medians do not. All subsets are evaluated on the same draws, so what no block touches is no noise, it is zero. Shorrocks
(2013), Decomposition procedures for distributional analysis, Journal of Economic Inequality 11.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tumen.claims._answer import Attribution, Contribution
from tumen.claims._take import Question, take

if TYPE_CHECKING:
    from tumen.case import Case
    from tumen.outcome import Outcome

__all__ = ["attribute", "attribution"]

Array = npt.NDArray[np.float64]
_STILL = 1e-3  # of a measure's size: what moves it by less does not move it
_ROUNDING = 1e-9  # of a measure's size: less than this is what the solvers leave


def attribute(
    case: Case, questions: Sequence[Question], evaluate: Callable[[tuple[str, ...]], Outcome]
) -> dict[str, Attribution]:
    """The attribution of every claim whose measure depends on what is included, and that some block moves.

    `evaluate` gives the outcome when only these initiatives are included. A measure that a plan makes meaningless,
    since what it is about is left out (LookupError), is not attributed.
    """
    blocks = case.file.blocks
    names = tuple(blocks)
    outside = set(case.initiatives).difference(*blocks.values())
    asked = {each.name: each for each in questions if each.measure.attributed} if names else {}
    found: dict[str, dict[int, Array]] = {name: {} for name in asked}
    for subset in reversed(range(2 ** len(names))):
        inside = outside.union(*(blocks[name] for k, name in enumerate(names) if subset >> k & 1))
        if not asked:
            break
        outcome = evaluate(tuple(name for name in case.initiatives if name in inside))
        for name in tuple(asked):
            try:
                found[name][subset] = take(outcome, asked[name])
            except LookupError:
                del asked[name]
    taken = {name: np.stack([found[name][s] for s in range(2 ** len(names))], axis=1) for name in asked}
    return {name: attribution(blocks, values) for name, values in taken.items() if _moves(values)}


def attribution(blocks: Mapping[str, Sequence[str]], values: Array) -> Attribution:
    """What each block brings about. values (draw, subset): bit k of a subset says that the k-th block is in."""
    from tumen.bargain import Game, shapley

    n, everything = len(blocks), values.shape[1] - 1
    shares = np.asarray(shapley(Game(values - values[:, :1], tuple(blocks))))
    means, tiny = values.mean(axis=0), _ROUNDING * np.abs(values).max()
    error = shares.std(axis=0, ddof=1) / np.sqrt(len(shares)) if len(shares) > 1 else np.zeros(n)

    def clean(value: float) -> float:
        return float(value) if abs(value) > tiny else 0.0

    rows = tuple(
        Contribution(
            block=name, initiatives=tuple(blocks[name]), first_in=clean(means[1 << k] - means[0]),
            last_in=clean(means[everything] - means[everything ^ (1 << k)]), shapley=clean(shares[:, k].mean()),
            se=clean(error[k]),
        )
        for k, name in enumerate(blocks)
    )  # fmt: skip
    return Attribution(float(means[everything]), float(means[0]), len(values), rows)


def _moves(values: Array) -> bool:
    """Whether any subset differs from all together."""
    return bool(np.abs(values - values[:, -1:]).max() > _STILL * np.abs(values).max())
