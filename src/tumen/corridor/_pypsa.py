"""Networks to and from PyPSA: buses, links, and generators that supply or, with the sign -1, consume.

One snapshot stands for a year. The common subset is what both can say: limits, costs (also quadratic), efficiencies.
Countries, owners and crossings travel as columns of their own, which PyPSA keeps and does not read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tumen.corridor._exchange import exportable, extra, limited
from tumen.corridor._network import Network
from tumen.corridor._parts import Demand, Link, Node, Supply
from tumen.errors import CaseError

if TYPE_CHECKING:
    import pypsa

__all__ = ["from_pypsa", "to_pypsa"]


def to_pypsa(network: Network, objective: str = "welfare") -> pypsa.Network:
    """A PyPSA network whose least cost is minus the surplus of `solve`.

    Drawn quantities and candidates are not exported. Raises MissingExtra, CaseError.
    """
    library = extra("pypsa")
    import pandas as pd

    program = exportable(network, objective)
    arcs, curves = limited(program)
    places = {node.name: node for node in network.nodes}
    buses = [f"{node} {good}" for node, good in program.markets]
    n = library.Network()
    goods = [good.name for good in network.commodities]
    n.add("Carrier", goods)
    found = [places[node] for node, _ in program.markets]
    n.add(
        "Bus", buses, carrier=[good for _, good in program.markets],
        x=[node.lon or 0.0 for node in found], y=[node.lat or 0.0 for node in found],
        country=[node.country for node in found],
    )  # fmt: skip
    links = [network.links[k] for k in program.link]
    names = [link.name + (" back" if k >= len(network.links) else "") for k, link in enumerate(links)]
    n.add(
        "Link", names, bus0=[buses[k] for k in program.origin], bus1=[buses[k] for k in program.destination],
        carrier=[link.commodity for link in links], p_nom=arcs, efficiency=program.keep,
        marginal_cost=program.cost[0], length=[link.length for link in links],
        owners=["+".join(f"{owner}:{share!r}" for owner, share in link.shares) for link in links],
        crosses=["+".join(link.crosses) for link in links],
    )  # fmt: skip
    at = [program.markets[k] for k in program.market]
    curve_table = pd.Index(_once(program.name, program.kind))
    n.add(
        "Generator", curve_table, bus=[f"{node} {good}" for node, good in at], carrier=[good for _, good in at],
        p_nom=curves, sign=program.sign, marginal_cost=program.sign * program.a[0],
        marginal_cost_quadratic=program.b[0] / 2,
    )  # fmt: skip
    return n


def from_pypsa(n: pypsa.Network) -> Network:
    """A network from one in PyPSA of one snapshot, buses, links and generators.

    A bus is a node in the country of its column `country`, if there is one, else in one of its own name; its carrier is
    the commodity. Generators of sign -1 are demand. Links without owners belong to the country where they begin.
    Whatever does not fit is listed in a CaseError.
    """
    extra("pypsa")
    problems = []
    if len(n.snapshots) != 1:
        problems.append(f"there are {len(n.snapshots)} snapshots, expected one")
    for what in ("lines", "transformers", "loads", "stores", "storage_units", "global_constraints"):
        if len(getattr(n, what)):
            problems.append(f"there are {what}, expected buses, links and generators only")
    for what in ("links", "generators"):
        table = getattr(n, what)
        if len(table) and (table["p_nom_extendable"].any() or (table["p_min_pu"] != 0).any()):
            problems.append(f"{what}: some are extendable or have a lower limit, expected plain ones")
    if len(n.links) and (n.links["marginal_cost_quadratic"] != 0).any():
        problems.append("links: some have quadratic costs, expected linear ones")
    if problems:
        raise CaseError(problems)
    names, goods = _places(n)
    country = n.buses.get("country")
    nodes: dict[str, Node] = {}
    for bus in n.buses.index:
        held = str(country[bus]) if country is not None and country[bus] else names[bus]
        lat, lon = float(n.buses.at[bus, "y"]), float(n.buses.at[bus, "x"])
        nodes.setdefault(names[bus], Node(name=names[bus], country=held, lat=lat, lon=lon))
    return Network(
        nodes=list(nodes.values()),
        links=[_link(str(name), row, names, goods, nodes) for name, row in n.links.iterrows()],
        **_curves(n, names, goods),
    )


def _places(n: Any) -> tuple[dict[Any, str], dict[Any, str]]:
    """By bus the node and the commodity: a bus is named `node commodity` where several carriers share the node."""
    goods = {bus: str(n.buses.at[bus, "carrier"]) or "good" for bus in n.buses.index}
    return {bus: str(bus).removesuffix(f" {goods[bus]}") for bus in n.buses.index}, goods


def _link(name: str, row: Any, names: dict[Any, str], goods: dict[Any, str], nodes: dict[str, Node]) -> Link:
    owners = dict(part.rsplit(":", 1) for part in str(row.get("owners", "") or "").split("+") if ":" in part)
    start = names[row["bus0"]]
    if goods[row["bus0"]] != goods[row["bus1"]] or row["efficiency"] > 1:
        raise CaseError([f"link {name}: it turns one carrier into another or gains on the way, expected transport"])
    return Link(
        name=name, origin=start, destination=names[row["bus1"]], commodity=goods[row["bus0"]],
        capacity=float(row["p_nom"] * row["p_max_pu"]), cost=float(row["marginal_cost"]), length=float(row["length"]),
        loss=1 - float(row["efficiency"]),
        owners={who: float(share) for who, share in owners.items()} or {nodes[start].country: 1.0},
        crosses=[part for part in str(row.get("crosses", "") or "").split("+") if part],
    )  # fmt: skip


def _curves(n: Any, names: dict[Any, str], goods: dict[Any, str]) -> dict[str, Any]:
    supply, demand = [], []
    for name, row in n.generators.iterrows():
        at: dict[str, Any] = {"name": str(name), "node": names[row["bus"]], "commodity": goods[row["bus"]]}
        size, slope = float(row["p_nom"] * row["p_max_pu"]), 2 * float(row["marginal_cost_quadratic"])
        if row["sign"] > 0:
            supply.append(Supply(**at, quantity=size, cost=float(row["marginal_cost"]), slope=slope))
        else:
            demand.append(Demand(**at, quantity=size, price=-float(row["marginal_cost"]), slope=slope))
    return {"supply": supply, "demand": demand}


def _once(names: tuple[str, ...], kinds: tuple[str, ...]) -> list[str]:
    """Names with their kind where supply and demand bear the same."""
    return [f"{name} {kind}" if names.count(name) > 1 else name for name, kind in zip(names, kinds, strict=True)]
