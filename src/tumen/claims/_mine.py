"""Measures on mines: what investors may gain or lose, and what the host's ore would pay for.

`state` says which mine is looked at: `planned`, begun as declared, or `delivered`, as it is decided and built in
each draw; left out, it is the planned one. Interruptions and expropriation count in both.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tumen.claims._answer import Beside
from tumen.claims._arguments import Year
from tumen.claims._arguments_mine import MineName, MineState, SwapMine
from tumen.outcome import Outcome

if TYPE_CHECKING:
    from tumen.initiatives._mine_draws import MineDraws
    from tumen.money import Appraisal, Mine

__all__ = [
    "break_even", "figures", "host_take", "irr", "loss", "npv", "option", "payback", "seized", "swap_share",
]  # fmt: skip

Array = npt.NDArray[np.float64]


def npv(outcome: Outcome, *, initiative: MineName, state: MineState = "planned") -> Array:
    """Net present value of a mine to its investors, at its own rate and on the case's date; (draw,)."""
    return _appraised(outcome, initiative, state).npv


def irr(outcome: Outcome, *, initiative: MineName, state: MineState = "planned") -> Array:
    """Internal rate of return to a mine's investors, 0 where nothing is begun, -100 % where all is lost; (draw,)."""
    return _appraised(outcome, initiative, state).irr


def payback(outcome: Outcome, *, initiative: MineName, state: MineState = "planned") -> Array:
    """Year in which investors have their money back, or the year after the horizon where they never have; (draw,)."""
    return _appraised(outcome, initiative, state).payback


def loss(outcome: Outcome, *, initiative: MineName, year: Year, state: MineState = "planned") -> Array:
    """Loss if investors walk away at the end of a year, what they have put in and not got back by then; (draw,)."""
    return _appraised(outcome, initiative, state).loss[:, outcome.years.index(year)]


def seized(outcome: Outcome, *, initiative: MineName, state: MineState = "planned") -> Array:
    """Year in which the host takes a mine, or the year after the horizon where it does not; (draw,)."""
    made = _made(outcome, initiative)
    taken = _state(made, state).taken(made.luck)
    when = np.array([*outcome.years, outcome.years[-1] + 1], dtype=float)
    return np.asarray(when[np.argmax(np.column_stack([taken, np.ones(len(taken))]) > 0, axis=1)])


def break_even(outcome: Outcome, *, initiative: MineName) -> Array:
    """Break-even price of ore a tonne, level, at which investors may expect to earn the mine's rate; (draw,)."""
    from tumen.money import break_even_price

    made = _made(outcome, initiative)
    return break_even_price(made.terms, outcome.years, made.rate, made.as_of)


def option(outcome: Outcome, *, initiative: MineName) -> Array:
    """Gain by waiting a year to see the price, over beginning a mine now or never; (draw,)."""
    from tumen.initiatives._mine_draws import WAIT
    from tumen.money import option_to_wait

    made = _made(outcome, initiative)
    return option_to_wait(made.now, made.up, made.down, 0.5, made.rate, WAIT).option


def swap_share(outcome: Outcome, *, initiative: SwapMine, year: Year, state: MineState = "planned") -> Array:
    """Share of the host's part of a line that its ore has paid for by the end of a year, without interest; (draw,)."""
    made = _made(outcome, initiative)
    mine = _state(made, state)
    paid = (mine.kept(made.luck) * mine.swap)[:, : outcome.years.index(year) + 1].sum(axis=1)
    return np.asarray(paid / np.where(made.owed > 0, made.owed, 1.0))


def host_take(outcome: Outcome, *, initiative: MineName, state: MineState = "planned") -> Array:
    """Host's receipts by a mine, royalty, tax and share of profit in the year, swap not taken off; (draw, year)."""
    made = _made(outcome, initiative)
    return _state(made, state).host(made.luck)


def figures(outcome: Outcome, *, initiative: MineName, **_: object) -> tuple[Beside, ...]:
    """The planned mine in short: whether it is taken, what it is worth with and without that, what it takes out."""
    from tumen.money import net_present_values

    made = _made(outcome, initiative)
    mine, plan, years = made.planned, _appraised(outcome, initiative, "planned"), outcome.years
    alone = mine.profit - mine.host_profit - mine.capital
    return (
        Beside("Taken by the host within the horizon", mine.taken(made.luck).sum(axis=1), "share"),
        Beside("NPV to the investors", plan.npv, "MUSD", "at the mine's rate, constant prices"),
        Beside("The same were it never taken", net_present_values(alone, years, made.rate, made.as_of), "MUSD"),
        Beside("NPV expected at today's price", made.now, "MUSD", "before luck and price are known"),
        Beside("Most that could be lost", plan.largest_loss, "MUSD"),
        Beside("Output were it kept", mine.output.sum(axis=1) / 1e6, "Mt", "to the end of the horizon"),
    )


def _made(outcome: Outcome, initiative: str) -> MineDraws:
    lines = outcome.lines.get(initiative)
    if lines is None or lines.detail is None:
        raise LookupError(f"the plan leaves out `{initiative}`, on which this measure is taken")
    found: MineDraws = lines.detail
    return found


def _state(made: MineDraws, state: str) -> Mine:
    return made.delivered if state == "delivered" else made.planned


def _appraised(outcome: Outcome, initiative: str, state: str) -> Appraisal:
    from tumen.money import appraise

    made = _made(outcome, initiative)
    as_of: date = made.as_of
    flow = _state(made, state).investor(made.luck)
    prices = f"constant prices of {as_of.year}"
    return appraise(flow, outcome.years, made.rate, as_of, currency="USD", prices=prices)
