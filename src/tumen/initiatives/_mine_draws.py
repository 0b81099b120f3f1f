"""A mine in every draw, from its declaration: what it earns as declared and as delivered, and what it is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from tumen.initiatives import _ore
from tumen.initiatives._inputs import Array, Inputs
from tumen.initiatives._links import stopped

if TYPE_CHECKING:
    from tumen.initiatives.mine import Spec
    from tumen.money import Mine, MineTerms

__all__ = ["WAIT", "MineDraws", "delivered", "detail", "expected_gains", "planned"]

WAIT = 1.0  # years after which a decision that is put off is looked at again


@dataclass(frozen=True, slots=True)
class MineDraws:
    """A mine in every draw. `planned`: begun as declared, interruptions counted; `delivered`: as decided and built.

    terms: those of `planned`; luck (draw, year): uniform; rate (draw,); now, up, down (draw,): net present value to the
    investors at the price expected in the case's year, and at the two that may be expected `WAIT` years later; owed
    (draw,): MUSD, what the host owes for the line that the mine pays for.
    """

    terms: MineTerms
    planned: Mine
    delivered: Mine
    luck: Array
    rate: Array
    as_of: date
    now: Array
    up: Array
    down: Array

    @property
    def owed(self) -> Array:
        return self.terms.owed


def detail(spec: Spec, inputs: Inputs) -> MineDraws:
    """All that measures are taken on."""
    from tumen import money

    made, luck = delivered(spec, inputs)
    terms, rate, now = planned(spec, inputs), inputs("rate"), _ore.price_now(spec, inputs)

    def worth(price: Array) -> Array:
        flow = money.operate(terms, inputs.years, _ore.expected_path(spec, inputs, price)).investor()
        return money.net_present_values(flow, inputs.years, rate, inputs.as_of)

    up, down = _ore.two_prices(spec, inputs, now, WAIT)
    as_declared = money.operate(terms, inputs.years, _ore.path(spec, inputs))
    return MineDraws(terms, as_declared, made, luck, rate, inputs.as_of, worth(now), worth(up), worth(down))


def expected_gains(spec: Spec, inputs: Inputs) -> Mapping[str, Array]:
    """What each party may expect to gain a year by the mine as declared, at the price expected at the case's date.

    A net present value as the annuity that is worth as much, from the start to the end of the horizon.
    """
    from tumen import money

    price = _ore.expected_path(spec, inputs, _ore.price_now(spec, inputs))
    made = money.operate(planned(spec, inputs), inputs.years, price)
    rate, kept, buyer = inputs("rate"), made.kept(), spec.off_take.buyer
    annuity = rate / -np.expm1(-np.log1p(rate) * np.maximum(inputs.years[-1] + 1 - inputs("start"), 1.0))

    def a_year(flow: Array) -> Array:
        return np.asarray(money.net_present_values(flow, inputs.years, rate, inputs.as_of) * annuity)

    own = a_year(made.investor())
    found = {owner: own * inputs(f"owners.{owner}") for owner in spec.owners}
    found[spec.host] = a_year(made.host() + kept * inputs("wages")[:, None] * made.costs)
    found[buyer] = found.get(buyer, np.zeros(inputs.worlds.size)) + a_year(kept * made.rebate)
    return found


def planned(spec: Spec, inputs: Inputs) -> MineTerms:
    """The mine begun as declared, interruptions counted."""
    from tumen.delivery import Project, simulate

    size, years = inputs.worlds.size, inputs.years
    project = Project(
        name=inputs.name, ready=np.ones((size, len(years)), dtype=bool), build=inputs("build"), start=inputs("start"),
        pace=np.array(np.inf), ramp=inputs("ramp"), down=stopped(inputs, spec.stopped_by)[0],
    )  # fmt: skip
    course = simulate(years, float(years[0]), [project])[inputs.name]
    return _terms(spec, inputs, course.spent, course.working)


def delivered(spec: Spec, inputs: Inputs) -> tuple[Mine, Array]:
    """The mine as it is decided and built, or as planned where nothing has to be decided; and the luck of seizure."""
    from scipy.special import ndtr

    from tumen import money

    terms = planned(spec, inputs)
    if inputs.course is not None:
        terms = _terms(spec, inputs, inputs.course.spent, inputs.course.working)
    luck = np.asarray(ndtr(inputs.noise("seizure")[0]))
    return money.operate(terms, inputs.years, _ore.path(spec, inputs)), luck


def owed(spec: Spec, inputs: Inputs) -> Array:
    """The host's part of what the line costs for which the mine pays, MUSD, (draw,)."""
    if spec.pays_for is None:
        return np.zeros(inputs.worlds.size)
    line, values = spec.pays_for.initiative, inputs.worlds.values
    return np.asarray(values[f"{line}.capex"] * values[f"{line}.owners.{spec.host}"])


def _terms(spec: Spec, inputs: Inputs, spent: Array, working: Array) -> MineTerms:
    from tumen.money import MineTerms

    return MineTerms(
        capital=inputs("capex"), reserves=inputs("reserves"), capacity=inputs("capacity"),
        unit_cost=inputs("unit_cost"), transport=inputs("transport"), discount=inputs("off_take.discount"),
        royalty=inputs("royalty"), tax=inputs("tax"), host_share=inputs("host_share"),
        compensation=inputs("seizure.compensation"), swap=inputs("pays_for.share"), base=inputs("seizure.base"),
        slope=inputs("seizure.slope"), owed=owed(spec, inputs), spent=spent, working=working,
    )  # fmt: skip
