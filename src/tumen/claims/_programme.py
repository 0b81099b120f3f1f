"""Measures on programmes of spending: what is delivered of them, when, and what a promise of theirs is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tumen.claims._answer import Beside
from tumen.claims._arguments import RateOf
from tumen.claims._arguments_programme import Programme, Receiver
from tumen.outcome import Outcome

if TYPE_CHECKING:
    from tumen import money

__all__ = ["delivered_share", "disbursed", "promise_worth", "worth_figures"]

Array = npt.NDArray[np.float64]


def delivered_share(outcome: Outcome, *, initiative: Programme) -> Array:
    """Share delivered of a programme, what is paid by the end of each year over all that was promised; (draw, year)."""
    return _found(outcome, initiative).delivered


def disbursed(outcome: Outcome, *, initiative: Programme, region: Receiver | None = None) -> Array:
    """Money disbursed by a programme in a year, in all or to a region, nominal; (draw, year)."""
    cash = _found(outcome, initiative).cash
    if region is None:
        return cash
    return np.asarray(cash * outcome.case.initiatives[initiative].regions[region].central)  # type: ignore[attr-defined]


def promise_worth(outcome: Outcome, *, initiative: Programme, rate: RateOf) -> Array:
    """Worth of a promised unit of money, what is paid over what was promised, both discounted; (draw,).

    In real terms, at a real rate.
    """
    return _found(outcome, initiative).worth(rate)


def worth_figures(outcome: Outcome, *, initiative: Programme, rate: RateOf) -> tuple[Beside, ...]:
    """What is paid in the end, within the horizon, and what of the loss is delay."""
    found = _found(outcome, initiative)
    paid = found.delivered[:, -1]
    return (
        Beside("Share ever paid", paid, "share", "within the horizon"),
        Beside("Lost by delay", paid - found.worth(rate), "share", "of the promise, by discounting and inflation"),
    )


def _found(outcome: Outcome, initiative: str) -> money.Programme:
    lines = outcome.lines.get(initiative)
    if lines is None:
        raise LookupError(f"the plan leaves out `{initiative}`, on which this measure is taken")
    detail: money.Programme = lines.detail
    return detail
