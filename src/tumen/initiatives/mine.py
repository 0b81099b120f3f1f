"""Foreigners open a mine in a host country: off-take, royalty and tax, a swap for infrastructure, expropriation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from tumen.case import check_owners
from tumen.case.fields import (
    Duration,
    Fits,
    Frozen,
    Initiative,
    Mass,
    MassRate,
    Money,
    PlayerName,
    ProcessName,
    Quantity,
    Share,
    Text,
    Words,
    Year,
)
from tumen.initiatives._inputs import Array, Delivery, Inputs, Lines
from tumen.initiatives._mine_draws import delivered, detail, expected_gains
from tumen.initiatives._mine_lines import postings, problems, stocks

if TYPE_CHECKING:
    from tumen.case import Case, Keys

__all__ = ["Spec", "check", "deliveries", "gains", "lines", "noise"]

PerTonne = Annotated[Quantity, Fits("price of mass", low=0)]
Yearly = Annotated[Quantity, Fits("rate", low=0)]
Discount = Annotated[Quantity, Fits("rate", low=0, above=True)]
Building = Annotated[Quantity, Fits("duration", low=0, above=True, high=50)]


class OffTake(Frozen):
    """Who takes the ore, at which `discount` on its price."""

    buyer: PlayerName
    discount: Share | None = None


class Equipment(Frozen):
    """Who delivers which `share` of the capital as goods."""

    supplier: PlayerName = Field(alias="from")
    share: Share


class Seizure(Frozen):
    """The host takes the mine at the rate `base` + `slope` x sunk capital not yet recovered / planned capital."""

    base: Yearly
    slope: Yearly
    compensation: Share | None = None


class Swap(Frozen):
    """Resources for infrastructure: this `share` of what the host has by the mine pays for its part of a line."""

    initiative: Text
    share: Share


class Spec(Initiative):
    """The declaration; money in USD.

    `owners` pay all of the capital; the host has `host_share` of profits all the same. `wages` are a part of running
    costs. The price of the ore is a level or that of a process.
    """

    kind: Literal["mine"]
    host: PlayerName
    ore: Words
    reserves: Mass
    capacity: MassRate
    price: PerTonne | None = None
    price_process: ProcessName | None = None
    off_take: OffTake
    unit_cost: PerTonne
    wages: Share | None = None
    transport: PerTonne | None = None
    royalty: Share | None = None
    tax: Share | None = None
    host_share: Share | None = None
    capex: Money
    equipment: Equipment | None = None
    start: Year
    build: Building
    ramp: Duration | None = None
    owners: Annotated[Mapping[PlayerName, Share], Field(min_length=1)]
    rate: Discount
    seizure: Seizure | None = None
    pays_for: Swap | None = None
    stopped_by: Mapping[Text, Duration] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _can_be(self) -> Spec:
        check_owners(self.owners)
        if self.host in self.owners:
            raise ValueError("`owners` are those from abroad who pay; what the host has of profits is `host_share`")
        if self.off_take.buyer == self.host:
            raise ValueError("the `buyer` of the off-take is somebody abroad, not the host")
        if (self.price is None) == (self.price_process is None):
            raise ValueError("say `price`, a level or an assumption, or `price_process`, one of the two")
        return self


def check(case: Case, name: str) -> Iterator[tuple[Keys, str]]:
    """Dollars, a price process with an expectation, owners who exist, and a line of which the host owes a part."""
    yield from problems(case, name)


def noise(spec: Spec, years: tuple[int, ...]) -> Mapping[str, int]:
    """One normal a year: whether the host takes it."""
    return {"seizure": 1}


def gains(spec: Spec, inputs: Inputs) -> Mapping[str, Array]:
    """What owners, host and buyer may expect to gain a year by the mine as declared, MUSD."""
    return expected_gains(spec, inputs)


def deliveries(spec: Spec, inputs: Inputs) -> tuple[Delivery, ...]:
    """The ore that leaves the host country and the equipment that comes into it."""
    made, luck = delivered(spec, inputs)
    kept = made.kept(luck)
    found = [Delivery(spec.host, spec.off_take.buyer, f"{spec.ore} of {inputs.name}", kept * made.sales)]
    if spec.equipment is not None:
        goods = kept * made.capital * inputs("equipment.share")[:, None]
        found.append(Delivery(spec.equipment.supplier, spec.host, f"equipment for {inputs.name}", goods))
    return tuple(found)


def lines(spec: Spec, inputs: Inputs) -> Lines:
    """Who pays whom, what is sunk, and the mine in every draw for measures."""
    made = detail(spec, inputs)
    return Lines(
        postings(spec, inputs, made.delivered, made.luck), stocks(spec, inputs, made.delivered, made.luck), detail=made
    )
