"""More capacity on links that stand: a second line beside each, at the same cost of carriage, built together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from tumen.case import Carriage, NetworkSpec
from tumen.case.fields import AnyQuantity, Initiative, Text
from tumen.errors import did_you_mean
from tumen.initiatives._inputs import Addition, Array, Inputs, Lines
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
)

if TYPE_CHECKING:
    from tumen.case import Case

__all__ = ["Spec", "check", "lines", "links"]


class Spec(Capital, Initiative):
    """The declaration: how much more a year each of the links named can carry once it is done."""

    kind: Literal["capacity"]
    network: Text
    title: Text = ""
    adds: Annotated[Mapping[Text, AnyQuantity], Field(min_length=1)]


def links(spec: Spec, inputs: Inputs, network: NetworkSpec) -> Addition:
    """A link beside each of those named, with what is added as its capacity."""
    made = []
    for name in spec.adds:
        link = network.links[name]
        good = network.good(link.commodity)
        terms = link.model_copy(update={"capacity": spec.adds[name]})

        def value(key: str, name: str = name) -> Array:
            if key == "capacity":
                return inputs(f"adds.{name}")
            quantity = getattr(network.links[name], key)
            return inputs.worlds.values[quantity.reference or f"{spec.network}.links.{name}.{key}"]

        owners = {owner: share.central for owner, share in link.owners.items()} or shares(spec)
        length = value("length") if link.length is not None else None
        made.append(
            engine_link(
                f"{inputs.name}.{name}", terms, value, factor_of(network, good), length, origin=link.origin,
                destination=link.to, commodity=good, mode=link.mode, crosses=link.crosses, both_ways=link.both_ways,
                owners=owners,
            )
        )  # fmt: skip
    return addition(inputs, made, network=network, built=False)


def lines(spec: Spec, inputs: Inputs) -> Lines:
    """What its owners spend, and the fees that they pay."""
    return capital_lines(spec, inputs)


def check(case: Case, name: str) -> Iterator[Problem]:
    """What does not fit the rest of the case."""
    return placed(name, _problems(case.initiatives[name], case))


def _problems(spec: Any, case: Case) -> Iterator[Problem]:
    yield from problems_of(case, spec)
    if spec.network not in case.networks:
        return
    network = case.networks[spec.network]
    for name, quantity in spec.adds.items():
        if name not in network.links:
            yield ("adds", name), f"`{name}` is no link of `{spec.network}`; {did_you_mean(name, network.links)}"
            continue
        if network.links[name].capacity is None:
            yield ("adds", name), f"`{name}` has no limit, so there is nothing to add to; give the link a `capacity`"
        good = network.good(network.links[name].commodity)
        for (*_, key), what in wrong_amounts(case, spec, good, Carriage(capacity=quantity)):
            yield (("adds", name) if key == "capacity" else ("adds",)), what
