"""A pipeline, or another line for one good, such as a plant that liquefies gas: built where that pays its coalition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from tumen.case import Carriage, NetworkSpec
from tumen.case.fields import Initiative, Length, Text
from tumen.initiatives._inputs import Addition, Inputs, Lines
from tumen.initiatives._links import (
    Capital,
    Problem,
    addition,
    capital_lines,
    engine_link,
    factor_of,
    placed,
    problems_of,
    shares,
    wrong_amounts,
    wrong_distances,
)

if TYPE_CHECKING:
    from tumen.case import Case

__all__ = ["Spec", "check", "lines", "links"]


class Spec(Capital, Carriage, Initiative):
    """The declaration.

    A line of `network` from one node to another, through what it `crosses`; `length_in` says how much of it lies in
    each country crossed, which a fee by distance needs. `state: built` if it stands and its capital is sunk.
    """

    kind: Literal["pipeline"]
    network: Text
    commodity: Text = ""
    origin: Text = Field(alias="from")
    to: Text
    title: Text = ""
    mode: Text = "pipeline"
    crosses: tuple[Text, ...] = ()
    length: Length | None = None
    length_in: Mapping[Text, Length] = Field(default_factory=dict)
    both_ways: bool = False
    state: Literal["planned", "built"] = "planned"


def links(spec: Spec, inputs: Inputs, network: NetworkSpec) -> Addition:
    """One link, of which the whole is built or nothing."""
    good = network.good(spec.commodity)
    made = engine_link(
        inputs.name, spec, inputs, factor_of(network, good), inputs("length") if spec.length is not None else None,
        origin=spec.origin, destination=spec.to, commodity=good, mode=spec.mode, crosses=spec.crosses,
        both_ways=spec.both_ways, owners=shares(spec),
    )  # fmt: skip
    distance = {country: inputs(f"length_in.{country}") for country in spec.length_in}
    return addition(inputs, [made], network=network, built=spec.state == "built", distance=distance)


def lines(spec: Spec, inputs: Inputs) -> Lines:
    """What its owners spend, and the fees that they pay."""
    return capital_lines(spec, inputs)


def check(case: Case, name: str) -> Iterator[Problem]:
    """What does not fit the rest of the case."""
    return placed(name, _problems(case.initiatives[name], case))


def _problems(spec: Any, case: Case) -> Iterator[Problem]:
    yield from problems_of(case, spec, ("origin", "to"), spec.crosses)
    yield from wrong_distances(case, spec)
    if spec.network in case.networks:
        network = case.networks[spec.network]
        if not spec.commodity and len(network.commodities) > 1:
            yield ("commodity",), f"is missing; `{spec.network}` carries {', '.join(network.commodities)}"
        else:
            below = () if network.good(spec.commodity) in network.commodities else ("commodity",)
            yield from wrong_amounts(case, spec, network.good(spec.commodity), spec, below)
