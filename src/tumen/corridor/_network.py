"""A network of nodes, links, supply and demand, checked as it is made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import isinf
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tumen.corridor._parts import BOUNDS, Commodity, Demand, Link, Node, Option, Supply
from tumen.errors import CaseError, did_you_mean, unknown_name

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Network"]

_Row = TypeVar("_Row", Supply, Demand, Option)
_SHOWN = 12


@dataclass(frozen=True, slots=True, repr=False)
class Network:
    """Nodes, links, supply, demand, options outside, commodities; frozen, in the order given.

    Supply, demand and options without a name get that of their place, `node commodity`, with a number from the second
    on. Commodities that are not listed have the unit that their rows state. Raises CaseError with every problem.
    """

    nodes: Sequence[Node]
    links: Sequence[Link] = ()
    supply: Sequence[Supply] = ()
    demand: Sequence[Demand] = ()
    options: Sequence[Option] = ()
    commodities: Sequence[Commodity] = ()

    def __post_init__(self) -> None:
        from tumen.corridor._validate import problems_of

        keep = object.__setattr__
        keep(self, "nodes", tuple(self.nodes))
        keep(self, "supply", _named(self.supply))
        keep(self, "demand", _named(self.demand))
        keep(self, "options", _named(self.options))
        keep(self, "commodities", _all_commodities(self))
        keep(self, "links", _owned(self.links, self.nodes))
        problems = problems_of(self)
        if problems:
            raise CaseError(problems)

    @classmethod
    def from_tables(
        cls,
        nodes: pd.DataFrame,
        links: pd.DataFrame,
        supply: pd.DataFrame,
        demand: pd.DataFrame,
        options: pd.DataFrame | None = None,
        commodities: pd.DataFrame | None = None,
    ) -> Network:
        """A network from tables whose columns are the fields; `from` and `to` may stand for the ends of a link.

        owners is text such as `RUS:0.7+PRK:0.3`, or one name; crosses is names joined by `+`. Raises CaseError.
        """
        from tumen.corridor._tables import read_tables

        return read_tables(
            {
                "nodes": nodes, "links": links, "supply": supply, "demand": demand, "options": options,
                "commodities": commodities,
            },
        )  # fmt: skip

    @classmethod
    def read(cls, folder: str | Path) -> Network:
        """A network from nodes.csv, links.csv, supply.csv, demand.csv and, if there, options.csv, commodities.csv.

        Raises CaseError.
        """
        from tumen.corridor._tables import read_folder

        return read_folder(Path(folder))

    @property
    def countries(self) -> tuple[str, ...]:
        """Countries of the nodes, in their order."""
        return tuple(dict.fromkeys(node.country for node in self.nodes))

    @property
    def parties(self) -> tuple[str, ...]:
        """Everybody whose territory, links, supply or demand the network has: countries, then other owners."""
        crossed = (country for link in self.links for country in link.crosses)
        owners = (owner for link in self.links for owner, _ in link.shares)
        return tuple(dict.fromkeys([*self.countries, *crossed, *owners]))

    @property
    def candidates(self) -> tuple[str, ...]:
        """Names of the links that are not yet built."""
        return tuple(link.name for link in self.links if link.candidate)

    @property
    def bundles(self) -> tuple[str, ...]:
        """What is built or not, in order: names of bundles, and of candidates without one."""
        return tuple(dict.fromkeys(link.bundle or link.name for link in self.links if link.candidate))

    def link(self, name: str) -> Link:
        """A link by its name. Raises UnknownName."""
        for link in self.links:
            if link.name == name:
                return link
        raise unknown_name("link", name, (link.name for link in self.links))

    def without(self, *names: str) -> Network:
        """The network without these links or bundles; one link may leave its bundle so. Raises UnknownName."""
        gone = {link.name for name in names for link in links_of(self, name)}
        return replace(self, links=[link for link in self.links if link.name not in gone])

    def built(self, *names: str, steps: int | None = None) -> Network:
        """The network with these candidates or bundles in place, their capital sunk: `steps` of each, or all.

        A link of a bundle stands for the bundle. Raises UnknownName, and CaseError where a link is no candidate.
        """
        chosen = [link for name in names for link in links_of(self, name)]
        existing = [link.name for link in chosen if not link.candidate]
        if existing:
            raise CaseError([f"link {name}: it is no candidate, so there is nothing to build" for name in existing])
        new = {link.bundle or link.name for link in chosen}
        return replace(
            self, links=[_sunk(link, steps) if (link.bundle or link.name) in new else link for link in self.links]
        )

    def __repr__(self) -> str:
        candidates = f", {len(self.candidates)} of them candidates" if self.candidates else ""
        if len(self.bundles) < len(self.candidates):
            candidates += f" in {len(self.bundles)} bundles" if len(self.bundles) > 1 else " in one bundle"
        goods = ", ".join(f"{good.name} ({good.unit})" if good.unit else good.name for good in self.commodities)
        lines = [
            f"Network of {len(self.nodes)} nodes in {len(self.countries)} countries, "
            f"{len(self.links)} links{candidates}: {goods}"
        ]
        shown = self.links[:_SHOWN]
        width = max((len(link.name) for link in shown), default=0)
        for link in shown:
            arrow = "<->" if link.both_ways else "-->"
            size = "no limit" if isinf(link.capacity) else f"{link.capacity:g}"
            lines.append(f"  {link.name:<{width}}  {size:>8}  {link.origin} {arrow} {link.destination}")
        if len(self.links) > _SHOWN:
            lines.append(f"  ... and {len(self.links) - _SHOWN} more")
        return "\n".join(lines)


def _sunk(link: Link, steps: int | None) -> Link:
    count = link.steps if steps is None else steps
    if not 0 <= count <= link.steps:
        raise CaseError([f"link {link.name}: it has {link.steps} steps, so {count} cannot be built"])
    capacity = link.capacity * count if count else 0.0  # none of an unlimited link is nothing
    return replace(link, candidate=False, capacity=capacity, capex=0.0, steps=1, bundle="")


def links_of(network: Network, name: str) -> tuple[Link, ...]:
    """The links of a bundle, or the one link of that name. Raises UnknownName."""
    found = tuple(link for link in network.links if name and name in (link.name, link.bundle))
    if not found:
        names = [*(link.name for link in network.links), *network.bundles]
        raise unknown_name("link or bundle", name, dict.fromkeys(names))
    return found


def _named(rows: Iterable[_Row]) -> tuple[_Row, ...]:
    """Rows with a name each: their own, or that of their place, numbered where it is taken."""
    rows = tuple(rows)
    taken = {row.name for row in rows if row.name}
    named: list[_Row] = []
    for row in rows:
        name, place, count = row.name, f"{row.node} {row.commodity}", 1
        if not name:
            name = place
            while name in taken:
                count += 1
                name = f"{place} {count}"
            taken.add(name)
        named.append(replace(row, name=name))
    return tuple(named)


def _owned(links: Iterable[Link], nodes: Iterable[Node]) -> tuple[Link, ...]:
    """Links inside one country belong to it where nobody is named."""
    country = {node.name: node.country for node in nodes}
    owned = []
    for link in links:
        ends = {country.get(link.origin), country.get(link.destination), *link.crosses}
        home = ends.pop() if len(ends) == 1 else None
        owned.append(replace(link, owners={home: 1.0}) if home and not link.shares else link)
    return tuple(owned)


def _all_commodities(network: Network) -> tuple[Commodity, ...]:
    """Those listed, then those that are only used, with the first unit that a row states."""
    listed = {good.name for good in network.commodities}
    found: dict[str, str] = {}
    rows: tuple[Link | Supply | Demand | Option, ...] = (
        *network.links,
        *network.supply,
        *network.demand,
        *network.options,
    )
    for row in rows:
        if row.commodity not in listed and not found.get(row.commodity):
            found[row.commodity] = row.unit
    return (*network.commodities, *(Commodity(name=name, unit=unit) for name, unit in found.items()))


def nearest(kind: str, name: str, valid: Iterable[str]) -> str:
    """That there is no such thing, and what it may be."""
    return f"there is no {kind} {name!r}; {did_you_mean(name, valid)}"


def bounds_of(table: str, name: str, row: object) -> list[str]:
    """What is wrong with the numbers of a row."""
    problems = []
    for column, bound in BOUNDS[table].items():
        number = getattr(row, column)
        if not bound.allows(number):
            problems.append(f"{table}: {name}: {column} is {number:g}, expected {bound.said}")
    return problems
