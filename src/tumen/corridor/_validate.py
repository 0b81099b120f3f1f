"""Every problem of a network, in the order of its tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tumen.corridor._network import bounds_of, nearest
from tumen.corridor._parts import Demand, Link, Option, Supply

if TYPE_CHECKING:
    from tumen.corridor._network import Network

__all__ = ["problems_of"]

_SHARES_ADD_UP = 1e-6


def problems_of(network: Network) -> list[str]:
    """Problems, one line each; none where the network can be solved."""
    return [
        *_nodes(network), *_commodities(network), *_links(network), *_curves(network), *_units(network),
        *_parties(network),
    ]  # fmt: skip


def _twice(table: str, names: list[str]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"{table}: {name}: the name stands {count} times, expected once"
        if not name:
            yield f"{table}: a row has no name"


def _nodes(network: Network) -> Iterator[str]:
    if not network.nodes:
        yield "nodes: there are none"
    yield from _twice("nodes", [node.name for node in network.nodes])
    for node in network.nodes:
        if not node.country:
            yield f"nodes: {node.name}: it has no country"
        for what, angle, limit in (("lat", node.lat, 90.0), ("lon", node.lon, 180.0)):
            if angle is not None and not -limit <= angle <= limit:
                yield f"nodes: {node.name}: {what} is {angle:g}, expected {-limit:g} to {limit:g}"


def _parties(network: Network) -> Iterator[str]:
    for party in network.parties:
        if "+" in party or party != party.strip():
            yield f"the country or owner {party!r} has a + or blanks at its ends in its name, which part coalitions"


def _commodities(network: Network) -> Iterator[str]:
    yield from _twice("commodities", [good.name for good in network.commodities])
    for good in network.commodities:
        yield from bounds_of("commodities", good.name, good)


def _links(network: Network) -> Iterator[str]:
    yield from _twice("links", [link.name for link in network.links])
    nodes = {node.name for node in network.nodes}
    names = {link.name for link in network.links}
    values = {good.name: good.value for good in network.commodities}
    goods = {good.name: good for good in network.commodities}
    for link in network.links:
        for end in (link.origin, link.destination):
            if end not in nodes:
                yield f"links: {link.name}: " + nearest("node", end, nodes)
        if link.origin == link.destination:
            yield f"links: {link.name}: it begins and ends at {link.origin}"
        yield from bounds_of("links", link.name, link)
        if link.steps != int(link.steps):
            yield f"links: {link.name}: steps is {link.steps:g}, expected a whole number"
        if link.access not in ("owner", "open"):
            yield f"links: {link.name}: access is {link.access!r}, expected owner or open"
        if not link.candidate and (link.capex or link.steps != 1):
            yield f"links: {link.name}: only a candidate has capex or steps; what is built is sunk"
        yield from _bundled(link, names)
        good = goods.get(link.commodity)
        slow = bool(link.days or link.gauge_breaks * link.gauge_days or link.border_stops * link.border_days)
        if good and slow and not values[good.name] and (good.time_value or good.interest):
            yield f"links: {link.name}: time costs a share of the value of {good.name}, which has none"
        yield from _owners(link)


def _bundled(link: Link, names: set[str]) -> Iterator[str]:
    if not link.bundle:
        return
    if not link.candidate:
        yield f"links: {link.name}: it is in the bundle {link.bundle}, but it is no candidate"
    elif link.steps != 1:
        yield f"links: {link.name}: it is in the bundle {link.bundle} and has {link.steps:g} steps, expected 1"
    if link.bundle in names:
        yield f"links: {link.name}: its bundle {link.bundle} has the name of a link; give the bundle a name of its own"


def _owners(link: Link) -> Iterator[str]:
    if not link.shares:
        yield f"links: {link.name}: it has no owners and joins two countries; name them, as in RUS:0.7+PRK:0.3"
        return
    for owner, count in Counter(owner for owner, _ in link.shares).items():
        if count > 1:
            yield f"links: {link.name}: owner {owner} stands {count} times, expected once"
    for owner, share in link.shares:
        if not 0 < share <= 1 + _SHARES_ADD_UP:
            yield f"links: {link.name}: the share of {owner} is {share:g}, expected above 0 and up to 1"
    total = sum(share for _, share in link.shares)
    if not abs(total - 1) <= _SHARES_ADD_UP:
        yield f"links: {link.name}: shares of the owners add up to {total:g}, expected 1"


def _curves(network: Network) -> Iterator[str]:
    nodes = {node.name for node in network.nodes}
    for table, rows in (("supply", network.supply), ("demand", network.demand), ("options", network.options)):
        yield from _twice(table, [row.name for row in rows])
        for row in rows:
            if row.node not in nodes:
                yield f"{table}: {row.name}: " + nearest("node", row.node, nodes)
            yield from bounds_of(table, row.name, row)
    for step in network.supply:
        if step.sold > step.quantity:
            yield f"supply: {step.name}: {step.sold:g} is sold of a quantity of {step.quantity:g}"
        if step.slope > 0 and step.quantity == float("inf"):
            yield f"supply: {step.name}: a step with a slope needs a quantity at which it ends"
    for option in network.options:
        if option.side not in ("buy", "sell"):
            yield f"options: {option.name}: side is {option.side!r}, expected buy or sell"


def _units(network: Network) -> Iterator[str]:
    units = {good.name: good.unit for good in network.commodities}
    tables: dict[str, Sequence[Link | Supply | Demand | Option]] = {
        "links": network.links, "supply": network.supply, "demand": network.demand, "options": network.options,
    }  # fmt: skip
    for table, rows in tables.items():
        for row in rows:
            expected = units[row.commodity]
            if row.unit and row.unit != expected:
                what = f"expected {expected}" if expected else "but the list of commodities states none"
                yield f"{table}: {row.name}: the unit of {row.commodity} is given as {row.unit}, {what}"
