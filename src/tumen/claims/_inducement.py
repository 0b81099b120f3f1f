"""Measures on inducements: what would persuade, what would be believed, and what was offered in the past."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tumen.claims._answer import Beside
from tumen.claims._arguments import Inducement, PastOffer
from tumen.outcome import Outcome

if TYPE_CHECKING:
    from tumen.initiatives.inducement import Bargain

__all__ = ["figures", "flips_at", "largest", "margin", "offered", "smallest"]

Array = npt.NDArray[np.float64]


def smallest(outcome: Outcome, *, initiative: Inducement) -> Array:
    """Smallest payment a year that persuades the target; (draw,)."""
    return _solved(outcome, initiative).game.smallest


def largest(outcome: Outcome, *, initiative: Inducement) -> Array:
    """Largest payment a year that can be believed; (draw,)."""
    return _solved(outcome, initiative).game.largest


def flips_at(outcome: Outcome, *, initiative: Inducement) -> Array:
    """Valuation above which nothing works, the target's own, as a present value; (draw,)."""
    return _solved(outcome, initiative).game.flips_at


def margin(outcome: Outcome, *, initiative: Inducement) -> Array:
    """Largest payment a year that can be believed, less the smallest that persuades; (draw,)."""
    game = _solved(outcome, initiative).game
    return np.asarray(game.largest - game.smallest)


def offered(outcome: Outcome, *, initiative: Inducement, offer: PastOffer) -> Array:
    """Past offer a year, less the smallest payment that persuades; (draw,)."""
    solved = _solved(outcome, initiative)
    return np.asarray(solved.offers[offer] - solved.game.smallest)


def figures(outcome: Outcome, *, initiative: Inducement, offer: PastOffer | None = None) -> tuple[Beside, ...]:
    """The two payments, the valuation at which the answer flips, and each past offer."""
    solved = _solved(outcome, initiative)
    found = [
        Beside("Smallest that persuades", solved.game.smallest, "MUSD/yr"),
        Beside("Largest that can be believed", solved.game.largest, "MUSD/yr"),
        Beside("Valuation above which nothing works", solved.game.flips_at, "MUSD", "a present value"),
    ]
    for name, values in solved.offers.items():
        words = name.replace("_", " ")
        found.append(Beside(f"Offered: {words}", values, "MUSD/yr", "a sum paid once counts as its worth a year"))
    return tuple(found)


def _solved(outcome: Outcome, initiative: str) -> Bargain:
    found = outcome.inducements.get(initiative)
    if found is None:
        raise LookupError(f"the plan leaves out `{initiative}`, on which this measure is taken")
    return found
