"""One player would pay another to give something up: whether what would persuade can also be believed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from tumen.case.fields import (
    Fits,
    Frozen,
    HazardName,
    Initiative,
    Money,
    MoneyRate,
    PlayerName,
    Quantity,
    Share,
    Text,
    Words,
)
from tumen.initiatives._inputs import Array, Inputs

if TYPE_CHECKING:
    from tumen.bargain import Inducement
    from tumen.case import Case, Keys

__all__ = ["Bargain", "Spec", "bargain", "check"]

DiscountRate = Annotated[Quantity, Fits("rate", low=0, above=True)]


class OfferTerms(Frozen):
    """A past offer: so much a year, so much once, or both."""

    yearly: MoneyRate | None = None
    once: Money | None = None
    note: Text = ""

    @model_validator(mode="after")
    def _offers_something(self) -> OfferTerms:
        if self.yearly is None and self.once is None:
            raise ValueError("an offer says what is paid `yearly`, `once`, or both")
        return self


class Spec(Initiative):
    """The declaration; all money in USD.

    `valuation` is what the thing given up is worth to the target, a present value; `benefit` what giving it up is
    worth a year to the inducer, of which the part `reversible` is lost again once payments stop. `stopped_by` is the
    hazard that ends the arrangement by itself; the target then gets back the part `regained` of the thing. It is spared
    `relief`, once, and, as long as it goes without the thing, the loss of `threat` a year, which it thinks would be
    carried out with the chance `believed`. `deposit` is what the inducer forfeits if it stops. `offered` are past
    offers, to compare.
    """

    kind: Literal["inducement"]
    inducer: PlayerName
    target: PlayerName
    what: Words
    valuation: Money
    benefit: MoneyRate
    reversible: Share
    inducer_discount: DiscountRate
    target_discount: DiscountRate
    stopped_by: HazardName | None = None
    regained: Share | None = None
    relief: Money | None = None
    threat: MoneyRate | None = None
    believed: Share | None = None
    deposit: Money | None = None
    offered: Mapping[Text, OfferTerms] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _can_be(self) -> Spec:
        if self.inducer == self.target:
            raise ValueError("`inducer` and `target` are two players")
        if self.believed is not None and self.threat is None:
            raise ValueError("`believed` says how far a `threat` is believed; declare that too")
        if self.regained is not None and self.stopped_by is None:
            raise ValueError("`regained` is what comes back when the arrangement ends by itself; say `stopped_by`")
        return self


@dataclass(frozen=True, slots=True)
class Bargain:
    """An inducement solved, each (draw,). offers: past offers, in MUSD a year, a sum paid once as its worth a year."""

    game: Inducement
    offers: Mapping[str, Array]


def check(case: Case, name: str) -> Iterator[tuple[Keys, str]]:
    """Its money is told in dollars, so that offers of several players compare."""
    from tumen.case import fits, parse_unit

    for parameter in case.parameters:
        if parameter.keys[:2] == ("initiatives", name):
            unit = case.parameter(parameter.name).quantity.unit
            for dimension, dollars in (("money", "MUSD"), ("money a year", "MUSD/yr")):
                if fits(unit, dimension) and unit.powers != parse_unit(dollars).powers:
                    yield parameter.keys, f"is in {unit.label}; an inducement is told in USD"


def bargain(spec: Spec, inputs: Inputs) -> Bargain:
    """The smallest payment that persuades and the largest that is believed, by `tumen.bargain.inducement`.

    A hazard of `rate` a year ends the arrangement within a year with the chance h = 1 - exp(-rate). With the target's
    d = 1 / (1 + target_discount), a sum that comes back at that end is worth d h / (1 - d (1 - h)) of itself, so the
    target goes without the part k = 1 - regained d h / (1 - d (1 - h)) of the valuation; all regained, it has only been
    put off. A threat of T a year, which follows the thing, is worth k believed T / (1 - d) to avoid.
    """
    from tumen import bargain as engine

    ours, theirs = 1 / (1 + inputs("inducer_discount")), 1 / (1 + inputs("target_discount"))
    ends = np.zeros(inputs.worlds.size)
    if spec.stopped_by is not None:
        ends = -np.expm1(-inputs.worlds.values[f"{spec.stopped_by}.rate"])
    lasts = 1 - theirs * (1 - ends)
    without = 1 - inputs("regained") * theirs * ends / lasts
    threat = inputs("threat") * (inputs("believed") if spec.believed is not None else 1.0) / (1 - theirs)
    game = engine.inducement(
        valuation=without * inputs("valuation"), benefit=inputs("benefit"), reversible=inputs("reversible"),
        inducer_discount=ours, target_discount=theirs, hazard=ends,
        relief=inputs("relief") + without * threat, deposit=inputs("deposit"),
    )  # fmt: skip
    flips_at = game.flips_at / without  # of the whole valuation, as the case declares it
    offers = {name: inputs(f"offered.{name}.yearly") + lasts * inputs(f"offered.{name}.once") for name in spec.offered}
    for values in (flips_at, *offers.values()):
        values.setflags(write=False)
    return Bargain(replace(game, flips_at=flips_at), offers)
