"""Measures on delivery: whether and when something is decided and completed, what it is then worth, what stops cost.

What never happens within the horizon is told as the year after it, so that every draw has an answer. Worth is counted
in every draw: nothing where it is not decided, a loss where it is given up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tumen.claims._answer import Beside
from tumen.claims._arguments_delivery import Decided, Delivered, DeliveredLine, GateName, RegionName
from tumen.claims._arguments_networks import Carried, NetworkName, Party
from tumen.claims._corridor import by_year, capital_part, gain_of, prospect_of, shapley_gain
from tumen.outcome import Outcome

if TYPE_CHECKING:
    from tumen.delivery import Course

__all__ = [
    "completed", "completed_figures", "cost", "decided", "decided_figures", "gate_open", "lost_to_stops", "npv",
    "region_receipts", "region_traffic", "working",
]  # fmt: skip

Array = npt.NDArray[np.float64]


def decided(outcome: Outcome, *, initiative: Decided) -> Array:
    """Decision, the year in which it is taken, or the year after the horizon if never; (draw,)."""
    return _year(outcome, _course(outcome, initiative).decided)


def decided_figures(outcome: Outcome, *, initiative: Decided) -> tuple[Beside, ...]:
    """What each who decides gains by it, and how often each gate is open in the end."""
    inputs = outcome.inputs(initiative)
    terms = inputs.spec.delivery
    assert terms is not None
    gains = outcome.gains[initiative]
    note = "fee demanded and worth that is not money counted"
    found = [
        Beside(f"Gain of {outcome.case.players[name]}", gain, "MUSD/yr", note) for name, gain in gains.items()
    ]  # fmt: skip
    if gains:
        wanted = np.min(list(gains.values()), axis=0) >= 0
        found.append(_of_draws("All who decide gain", wanted))
    if getattr(inputs.spec, "enforcement", None) is not None:
        spare = prospect_of(outcome, initiative).kept(initiative)[0].spare
        found.append(_of_draws("There is a split that nobody gains by breaking", spare >= 0))
    if terms.gates:
        shut = np.min([outcome.gates[name].mean(axis=1) for name in terms.gates], axis=0)
        found.append(Beside("Share of years in which the gates are open", shut, "share"))
    return tuple(found)


def completed(outcome: Outcome, *, initiative: Delivered) -> Array:
    """Completion, the year of it, or the year after the horizon if never; (draw,)."""
    return _year(outcome, _course(outcome, initiative).opened)


def completed_figures(outcome: Outcome, *, initiative: Delivered) -> tuple[Beside, ...]:
    """The shares of draws in which it is decided, completed and given up within the horizon."""
    course, last = _course(outcome, initiative), outcome.years[-1]
    asked = {"Decided": course.decided, "Completed": course.opened, "Given up": course.abandoned}
    return tuple(_of_draws(f"{what} by {last}", when < last + 1) for what, when in asked.items())


def working(outcome: Outcome, *, initiative: Delivered) -> Array:
    """Share of its planned capacity that works, stops counted; (draw, year)."""
    return np.asarray(_course(outcome, initiative).working)


def cost(outcome: Outcome, *, initiative: DeliveredLine) -> Array:
    """Capital spent on it within the horizon, with overruns; (draw,)."""
    course, added = _course(outcome, initiative), prospect_of(outcome, initiative).addition(initiative)
    return np.asarray(course.spent.sum(axis=1) * added.capex)


def npv(outcome: Outcome, *, initiative: DeliveredLine, player: Party) -> Array:
    """Net present value of it to a player as it is delivered, by Shapley shares, at the network's rate; (draw,).

    What its share gains by the line while that works, less its part of the capital as it is spent. Nothing where it is
    not decided. Discounted to the case's date; beyond the horizon as in its last year.
    """
    prospect = prospect_of(outcome, initiative)
    gains = by_year(outcome, prospect, lambda then: shapley_gain(then, initiative, player))
    part = capital_part(prospect.at(prospect.spec.years[-1]), initiative, player)
    course, added = _course(outcome, initiative), prospect.addition(initiative)
    worth = _discounted(outcome, prospect.rate)
    earned = (gains * course.working * worth).sum(axis=1) + _beyond(outcome, initiative, gains[:, -1])
    return np.asarray(earned - part * added.capex * (course.spent * worth).sum(axis=1))


def lost_to_stops(outcome: Outcome, *, initiative: DeliveredLine) -> Array:
    """Loss by events that stop it, the present value of what all would have gained meanwhile; (draw,)."""
    prospect = prospect_of(outcome, initiative)
    gains = by_year(outcome, prospect, lambda then: gain_of(then, initiative))
    course, down = _course(outcome, initiative), prospect.addition(initiative).down
    up = course.working / np.where(down < 1, 1 - down, 1.0)
    latest = np.maximum.accumulate(up, axis=1)  # of a year that is lost whole
    would = np.where(down < 1, up, latest)
    return np.asarray((gains * (would - course.working) * _discounted(outcome, prospect.rate)).sum(axis=1))


def gate_open(outcome: Outcome, *, gate: GateName) -> Array:
    """Gate open at the end of a year, 1 or 0; (draw, year)."""
    return outcome.gates[gate].astype(float)


def region_receipts(outcome: Outcome, *, region: RegionName) -> Array:
    """Receipts of carriers in a region from what is new, a year; (draw, year)."""
    found = np.zeros((outcome.worlds.size, len(outcome.years)))
    for carried in outcome.carried.values():
        if region in carried.regions:
            after, before = carried.receipts(region)
            found = found + after - before
    return found


def region_traffic(outcome: Outcome, *, network: NetworkName, region: RegionName, good: Carried) -> Array:
    """Traffic through a region from what is new, a year; (draw, year)."""
    after, before = outcome.carried[network].traffic(region, good)
    return after - before


def _of_draws(label: str, holds: npt.NDArray[np.bool_]) -> Beside:
    """In which share of the draws something holds; the same figure in each of them."""
    return Beside(label, np.full(holds.size, holds.mean()), "share", "of the draws")


def _course(outcome: Outcome, initiative: str) -> Course:
    if initiative not in outcome.timeline.courses:
        raise LookupError(f"the plan leaves out `{initiative}`, on which this measure is taken")
    return outcome.timeline.courses[initiative]


def _year(outcome: Outcome, when: Array) -> Array:
    """The calendar year of a date; the year after the horizon for what comes later or never."""
    return np.floor(np.minimum(when, outcome.years[-1] + 1))


def _discounted(outcome: Outcome, rate: Array) -> Array:
    """(draw, year) the worth at the case's date of money in the middle of each year, nothing of what is past."""
    date, years = outcome.case.as_of_year, np.array(outcome.years, dtype=float)
    begin = np.maximum(years, date)
    left = np.clip(years + 1 - begin, 0.0, 1.0)
    after = np.maximum((begin + years + 1) / 2 - date, 0.0)
    return np.asarray(left * np.exp(-np.log1p(rate)[:, None] * after))


def _beyond(outcome: Outcome, initiative: str, gain: Array) -> Array:
    """The worth of what is gained after the horizon: as in its last year, with the stops of the long run."""
    prospect = prospect_of(outcome, initiative)
    course, added = _course(outcome, initiative), prospect.addition(initiative)
    rate, end = np.maximum(np.log1p(prospect.rate), 1e-9), outcome.years[-1] + 1
    left = np.where(course.opened < end, np.maximum(np.minimum(course.opened, end) + added.life - end, 0.0), 0.0)
    last = added.down[:, -1]
    steady = np.where(last < 1, course.working[:, -1] / np.where(last < 1, 1 - last, 1.0), course.working.max(axis=1))
    worth = np.exp(-rate * (end - outcome.case.as_of_year)) * -np.expm1(-rate * left) / rate
    return np.asarray(gain * steady * (1 - added.lost) * worth)
