"""A railway: one line that carries several goods, each with its own capacity and costs, built as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

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


class Spec(Capital, Initiative):
    """The declaration.

    What the line `carries` is told good by good: capacity, cost, days, breaks of gauge, stops at borders, reliability.
    `state: built` if it stands and its capital is sunk.
    """

    kind: Literal["railway"]
    network: Text
    origin: Text = Field(alias="from")
    to: Text
    title: Text = ""
    mode: Text = "railway"
    crosses: tuple[Text, ...] = ()
    length: Length | None = None
    length_in: Mapping[Text, Length] = Field(default_factory=dict)
    both_ways: bool = True
    carries: Annotated[Mapping[Text, Carriage], Field(min_length=1)]
    state: Literal["planned", "built"] = "planned"


def links(spec: Spec, inputs: Inputs, network: NetworkSpec) -> Addition:
    """One link a good; the capital stands on the first."""
    length = inputs("length") if spec.length is not None else None
    made = [
        engine_link(
            f"{inputs.name}.{good}", terms, lambda key, good=good: inputs(f"carries.{good}.{key}"),  # type: ignore[misc]
            factor_of(network, good), length, origin=spec.origin, destination=spec.to, commodity=good, mode=spec.mode,
            crosses=spec.crosses, both_ways=spec.both_ways, owners=shares(spec),
        )
        for good, terms in spec.carries.items()
    ]  # fmt: skip
    distance = {country: inputs(f"length_in.{country}") for country in spec.length_in}
    return addition(inputs, made, network=network, built=spec.state == "built", distance=distance)


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
        for good, terms in spec.carries.items():
            yield from wrong_amounts(case, spec, good, terms, ("carries", good))
