"""Stability: who would leave a deal, and what an outsider would have to offer.

A coalition S leaves if it can do better by itself, v(S) > x(S). An outsider, such as a rival supplier, may add an offer
o(S) to what a coalition is worth; then it leaves if v(S) + o(S) > x(S). The smallest offer that breaks the deal at S is
x(S) - v(S). Nothing is solved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tumen.bargain._arrays import Array, frozen
from tumen.bargain._core import excesses
from tumen.bargain._game import Game

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Stability", "stability"]

_SAME = 1e-9  # of the largest value
_SHOWN = 10


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Stability:
    """Which coalitions a deal holds; read-only.

    gain (2^n,) or (draw, 2^n): what each coalition would gain by leaving, offers counted; below zero where it would
    lose, and 0 for nobody and for all, who cannot leave. leaves: the same shape, whether it would. stable () or
    (draw,): whether none would.
    """

    game: Game
    gain: Array
    leaves: npt.NDArray[np.bool_]
    stable: npt.NDArray[np.bool_]

    @property
    def offers(self) -> Array:
        """(2^n,) or (draw, 2^n): the smallest further offer that makes each coalition leave; 0 where it leaves now."""
        return np.asarray(np.maximum(-self.gain, 0.0))

    def to_frame(self) -> pd.DataFrame:
        """`coalition, gain, leaves`, those nearest to leaving first: mean gain, share of draws in which it leaves."""
        import pandas as pd

        gain = np.atleast_2d(self.gain).mean(axis=0)
        leaves = np.atleast_2d(self.leaves).mean(axis=0)
        near = np.round(gain / max(float(np.abs(gain).max()), np.finfo(float).tiny), 9)  # ties stay in order
        order = 1 + np.lexsort((-near[1:-1], -leaves[1:-1]))
        labels = [self.game.label(int(s)) for s in order]
        return pd.DataFrame({"coalition": labels, "gain": gain[order], "leaves": leaves[order]})

    def __repr__(self) -> str:
        share = float(np.mean(self.stable))
        title = ("Stable" if share else "Not stable") if share in (0.0, 1.0) else f"Stable in {share:.1%} of draws"
        table = self.to_frame().head(_SHOWN)
        width = max([9, *(len(name) for name in table["coalition"])])
        lines = [title, f"  {'coalition':<{width}}{'gain':>14}{'leaves':>9}"]
        for name, gain, leaves in table.itertuples(index=False):
            lines.append(f"  {name:<{width}}{gain:>14,.6g}{leaves:>9.0%}")
        return "\n".join(lines)


def stability(game: Game, allocation: npt.ArrayLike, offers: Mapping[Any, npt.ArrayLike] | None = None) -> Stability:
    """Which coalitions would break a deal, counter-offers included.

    allocation (n,) or (draw, n): what each player gets. offers: by coalition, what an outsider adds to its worth, () or
    (draw,). Raises UnknownName, and CaseError for a shape that does not fit.
    """
    raised = game.changed(offers) if offers else game
    gain = np.array(excesses(raised, allocation))
    near = _SAME * np.abs(raised.values).max(axis=-1)
    gain[..., [0, -1]] = 0.0
    leaves = gain > near[..., None]
    leaves.setflags(write=False)
    return Stability(game, frozen(gain), leaves, np.asarray(~leaves.any(axis=-1)))
