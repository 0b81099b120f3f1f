"""The corridor stage of the study: a case's networks, as the corridor engine takes them, with what initiatives add."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tumen._prospect import Prospect
from tumen.initiatives._links import engine_link, factor_of, parted

if TYPE_CHECKING:
    from tumen.case import Case, NetworkSpec, Quantity
    from tumen.corridor import Commodity, Link
    from tumen.initiatives import Addition
    from tumen.uncertainty import Worlds

__all__ = ["prospect"]

Array = npt.NDArray[np.float64]
Draws = dict[str, Array]
Remember = Callable[..., Any]


def prospect(
    case: Case, name: str, worlds: Worlds, additions: Mapping[str, Addition], remember: Remember
) -> Prospect:  # fmt: skip
    """One network of the case with what initiatives add to it."""
    from tumen.corridor import Network, Node

    spec, read = case.networks[name], _Reader(worlds, name)
    links, draws = _links(spec, read)
    for added in additions.values():
        links += added.links
        draws |= added.draws
    rows, growth, own = _rows(spec, read)
    goods, values = _commodities(spec, read)
    nodes = [
        Node(name=key, country=node.country, region=node.region, lat=node.at[0], lon=node.at[1], hub=node.hub)
        for key, node in spec.nodes.items()
    ]
    network = Network(nodes, links, rows["supply"], rows["demand"], rows["options"], goods)
    draws = draws | own | values
    return Prospect(name, spec, network, draws, read(spec.rate, "rate"), growth, additions, worlds.size, remember)


@dataclass(frozen=True)
class _Reader:
    """The draws of a network's quantities, references followed."""

    worlds: Worlds
    network: str

    def __call__(self, quantity: Quantity, path: str) -> Array:
        return self.worlds.values[quantity.reference or f"{self.network}.{path}"]

    def of(self, terms: Any, path: str, field: str) -> Array:
        """The draws of one field of a row."""
        return self(getattr(terms, field), f"{path}.{field}")


def _links(spec: NetworkSpec, read: _Reader) -> tuple[list[Link], Draws]:
    """The links that stand, and their drawn figures."""
    links: list[Link] = []
    draws: Draws = {}
    for key, terms in spec.links.items():
        good = spec.good(terms.commodity)
        value = partial(read.of, terms, f"links.{key}")
        link, own = engine_link(
            key, terms, value, factor_of(spec, good), None if terms.length is None else value("length"),
            origin=terms.origin, destination=terms.to, commodity=good, mode=terms.mode, both_ways=terms.both_ways,
            owners={who: share.central for who, share in terms.owners.items()}, crosses=terms.crosses,
            access=terms.access,
        )  # fmt: skip
        links.append(link)
        draws |= own
    return links, draws


def _rows(spec: NetworkSpec, read: _Reader) -> tuple[dict[str, list[Any]], Draws, Draws]:
    """Supply, demand and options; how they grow; and their drawn figures."""
    from tumen.corridor import Demand, Option, Supply

    kinds: dict[str, Any] = {"supply": Supply, "demand": Demand, "options": Option}
    rows: dict[str, list[Any]] = {table: [] for table in kinds}
    growth: Draws = {}
    draws: Draws = {}
    for table, made in kinds.items():
        for key, terms in getattr(spec, table).items():
            good = spec.good(terms.commodity)
            factor, value = factor_of(spec, good), partial(read.of, terms, f"{table}.{key}")
            scale = {"quantity": 1 / factor, "sold": 1 / factor, "cost": factor, "price": factor, "freight": factor}
            figures = {
                part: value(part) * times for part, times in scale.items() if getattr(terms, part, None) is not None
            }
            if "sold" in figures:  # no more than there is, whatever is drawn
                figures["sold"] = np.minimum(figures["sold"], figures["quantity"])
            same, drawn = parted(figures)
            side = {"side": terms.side} if table == "options" else {}
            rows[table].append(made(name=key, node=terms.at, commodity=good, **same, **side))
            draws |= {f"{table}.{key}.{part}": values for part, values in drawn.items()}
            if terms.growth is not None:
                growth[key] = value("growth")
    return rows, growth, draws


def _commodities(spec: NetworkSpec, read: _Reader) -> tuple[list[Commodity], Draws]:
    """The goods, with what a day under way costs, and their drawn figures."""
    from tumen.corridor import Commodity

    goods: list[Commodity] = []
    draws: Draws = {}
    for key, terms in spec.commodities.items():
        scale = {"value": factor_of(spec, key), "time_value": 1.0, "interest": 1.0}
        value = partial(read.of, terms, f"commodities.{key}")
        figures = {part: value(part) * times for part, times in scale.items() if getattr(terms, part) is not None}
        same, drawn = parted(figures)
        goods.append(
            Commodity(
                name=key, unit=terms.unit, value=same.get("value", 0.0), time_value=same.get("time_value", 0.0),
                interest=same.get("interest", 0.0),
            )
        )  # fmt: skip
        draws |= {f"commodities.{key}.{part}": values for part, values in drawn.items()}
    return goods, draws
