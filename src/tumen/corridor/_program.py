"""A network as arrays: markets, arcs and curves, with the draw as first axis.

A market is a node and a commodity. An arc is one direction of a link: a unit sent from its market of origin costs c and
arrives as 1 - loss. A curve is a row of supply, demand or options: the q-th unit has the marginal cost a + b q, or the
marginal benefit a - b q, for q from 0 to Q. Surplus is

    W = sum over demand of (a q - b q²/2) - sum over supply of (a q + b q²/2) - sum over arcs of c f,

subject to balance in each market: what arrives and is supplied is what is sent and consumed. Under the objective
"netback" the seller is paid one price by each row of demand, a - b q on all q units, so that revenue is a q - b q²: the
slope of demand is doubled. A step (b = 0) is paid in full either way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tumen.corridor._drawn import Array, Draws, Table, tables_of
from tumen.corridor._parts import Demand, Option, Supply
from tumen.errors import CaseError, unknown_name

if TYPE_CHECKING:
    from tumen.corridor._network import Network

__all__ = ["Index", "Program", "annuity_factor", "compiled", "forced_of", "sunk"]

Index = npt.NDArray[np.intp]
OBJECTIVES = ("welfare", "netback")


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """D draws, M markets, A arcs, C curves, L links; arrays over draws are (D, ...) views, not copies."""

    network: Network
    draws: int
    objective: str
    markets: tuple[tuple[str, str], ...]
    origin: Index  # (A,) market
    destination: Index  # (A,) market
    keep: Array  # (A,) share that arrives
    link: Index  # (A,) link
    cost: Array  # (D, A)
    capacity: Array  # (D, A) of a candidate, of one step
    market: Index  # (C,)
    sign: Array  # (C,) 1 for supply, -1 for demand
    kind: tuple[str, ...]  # (C,) supply, demand, buy or sell
    name: tuple[str, ...]  # (C,)
    a: Array  # (D, C)
    b: Array  # (D, C)
    size: Array  # (D, C)
    candidate: Index  # (K,) links that are candidates
    steps: Index  # (K,)
    bundle: Index  # (K,) the place of each in the bundles of the network
    annuity: Array  # (D, K) of one step
    base: Program | None  # the same without draws: where solvers start

    @property
    def linear(self) -> npt.NDArray[np.bool_]:
        """(C,) curves with a slope in some draw."""
        return np.asarray((self.b > 0).any(axis=0))

    @property
    def tied(self) -> Index:
        """(A,) the bundle of each arc whose link is built with other links, -1 elsewhere; (0,) if there is none."""
        shared = np.bincount(self.bundle, minlength=1)[self.bundle] > 1
        of = np.full(len(self.network.links), -1, dtype=np.intp)
        of[self.candidate[shared]] = self.bundle[shared]
        return of[self.link] if shared.any() else of[:0]

    def where(self, market: int) -> str:
        """A market in words."""
        node, commodity = self.markets[market]
        return f"{commodity} at {node}"


def annuity_factor(rate: npt.ArrayLike, life: npt.ArrayLike, build_years: npt.ArrayLike = 0.0) -> Array:
    """What a unit of capital costs a year: r / (1 - (1 + r)^-life), with interest while it is built.

    Capital is spent evenly over the years before opening: that adds the factor ((1 + r)^n - 1) / ln(1 + r) / n. At a
    rate of zero 1 / life. An infinite life is allowed where the rate is above zero.
    """
    r, years, n = np.broadcast_arrays(*(np.asarray(x, dtype=float) for x in (rate, life, build_years)))
    positive = r > 0
    log = np.log1p(np.where(positive, r, 1.0))
    paid = np.where(positive, np.where(positive, r, 1.0) / -np.expm1(-years * log), 1 / years)
    building = positive & (n > 0)
    span = np.where(building, n, 1.0) * log
    return np.asarray(paid * np.where(building, np.expm1(np.minimum(span, 700.0)) / span, 1.0))


def compiled(network: Network, draws: Draws | None, objective: str, rate: npt.ArrayLike) -> Program:
    """The arrays of a network. Raises CaseError."""
    if objective not in OBJECTIVES:
        raise CaseError([f"objective is {objective!r}, expected {' or '.join(OBJECTIVES)}"])
    count, tables = tables_of(network, draws)
    count, rate = _rate(rate, count)
    rows: list[Supply | Demand | Option] = [*network.supply, *network.demand, *network.options]
    ends = [(n, link.commodity) for link in network.links for n in (link.origin, link.destination)]
    markets = tuple(dict.fromkeys([*ends, *((row.node, row.commodity) for row in rows)]))
    place = {market: number for number, market in enumerate(markets)}
    links, number = network.links, tables["links"]
    arcs = [(n, False) for n in range(len(links))] + [(n, True) for n, link in enumerate(links) if link.both_ways]
    of = np.array([n for n, _ in arcs], dtype=np.intp)
    start = [place[links[n].destination if back else links[n].origin, links[n].commodity] for n, back in arcs]
    end = [place[links[n].origin if back else links[n].destination, links[n].commodity] for n, back in arcs]
    candidate = np.array([n for n, link in enumerate(links) if link.candidate], dtype=np.intp)
    bundles = {name: place for place, name in enumerate(network.bundles)}
    paid = annuity_factor(
        rate[:, None], number["life"][:, candidate], number["build_years"][:, candidate]
    )  # fmt: skip
    capacity = _times(number["capacity"], number["reliability"])
    return Program(
        network, count, objective, markets,
        np.array(start, dtype=np.intp), np.array(end, dtype=np.intp), 1 - number["loss"][0, of], of,
        _wide(_unit_cost(network, tables)[:, of], count), _wide(capacity[:, of], count),
        np.array([place[row.node, row.commodity] for row in rows], dtype=np.intp),
        **_curves(network, tables, count, objective),  # type: ignore[arg-type]
        bundle=np.array([bundles[links[n].bundle or links[n].name] for n in candidate], dtype=np.intp),
        candidate=candidate, steps=np.array([links[n].steps for n in candidate], dtype=np.intp),
        annuity=_wide(number["capex"][:, candidate] * paid, count),
        base=compiled(network, None, objective, 0.1) if draws else None,
    )  # fmt: skip


def forced_of(network: Network, forced: Iterable[str] | str) -> npt.NDArray[np.bool_]:
    """(K,) which candidates these names of candidates and bundles stand for. Raises UnknownName."""
    names = {forced} if isinstance(forced, str) else set(forced)
    candidates = [link for link in network.links if link.candidate]
    known = {link.name: link.bundle or link.name for link in candidates} | {name: name for name in network.bundles}
    for name in sorted(names - set(known)):
        raise unknown_name("candidate or bundle", name, known)
    built = {known[name] for name in names}
    return np.array([(link.bundle or link.name) in built for link in candidates], dtype=bool)


def sunk(program: Program, held: npt.NDArray[np.bool_]) -> Program:
    """The programme in which these candidates, (K,), stand with all their steps at no cost of capital."""
    if not held.any():
        return program
    steps = np.ones(len(program.network.links))
    steps[program.candidate[held]] = program.steps[held]
    return replace(
        program, capacity=program.capacity * steps[program.link], candidate=program.candidate[~held],
        steps=program.steps[~held], bundle=program.bundle[~held], annuity=program.annuity[:, ~held],
    )  # fmt: skip


def _rate(rate: npt.ArrayLike, count: int) -> tuple[int, Array]:
    """The discount rate by draw, and how many draws that makes."""
    rates = np.atleast_1d(np.asarray(rate, dtype=float))
    if rates.ndim > 1 or not np.isfinite(rates).all() or (rates < 0).any():
        raise CaseError(["rate: expected a fraction a year of zero or more, one number or one a draw"])
    if count > 1 and len(rates) not in (1, count):
        raise CaseError([f"rate: it has {len(rates)} draws, the other quantities have {count}"])
    return max(count, len(rates)), rates


def _wide(array: Array, count: int) -> Array:
    return np.broadcast_to(array, (count, array.shape[1]))


def _times(capacity: Array, share: Array) -> Array:
    """Capacity in the share of the year; none of an unlimited capacity is nothing."""
    return np.where(share > 0, capacity, 0.0) * np.where(share > 0, share, 1.0)


def _unit_cost(network: Network, tables: dict[str, Table]) -> Array:
    """(1 or D, L) generalised cost of one unit sent."""
    link, good = tables["links"], tables["commodities"]
    goods = [commodity.name for commodity in network.commodities]
    of = [goods.index(item.commodity) for item in network.links]
    day = good["value"] * (good["time_value"] + good["interest"] / 365)
    days = (
        link["days"] + link["gauge_breaks"] * link["gauge_days"] + link["border_stops"] * link["border_days"]
    )  # fmt: skip
    handling = link["gauge_breaks"] * link["gauge_cost"] + link["border_stops"] * link["border_cost"]
    return np.asarray(link["cost"] + link["tariff"] * link["length"] / 100 + handling + days * day[:, of])


def _curves(network: Network, tables: dict[str, Table], count: int, objective: str) -> dict[str, object]:
    supply, demand, option = tables["supply"], tables["demand"], tables["options"]
    buys = np.array([row.side == "buy" for row in network.options], dtype=bool)
    at = np.where(buys, option["price"] + option["freight"], option["price"] - option["freight"])
    # What is sold already is the cheapest part of its step.
    begins = supply["cost"] + supply["slope"] * supply["sold"]
    left = supply["quantity"] - supply["sold"]
    slope = demand["slope"] * (2.0 if objective == "netback" else 1.0)
    falling = slope > 0
    ends = np.where(falling, np.maximum(demand["price"], 0.0), 0.0) / np.where(falling, slope, 1.0)
    endless = np.atleast_1d((np.isinf(left) & (supply["slope"] > 0)).any(axis=0))
    if endless.any():
        names = [row.name for row, wrong in zip(supply.rows, endless, strict=True) if wrong]
        raise CaseError([f"draws: supply.{name}.slope: a step with a slope needs a quantity" for name in names])
    consumed = np.where(falling, np.minimum(demand["quantity"], ends), demand["quantity"])
    kinds = ["supply"] * len(network.supply) + ["demand"] * len(network.demand)
    kinds += ["buy" if buy else "sell" for buy in buys]

    def joined(*parts: Array) -> Array:
        return np.concatenate([_wide(part, count) for part in parts], axis=1)

    names = [row.name for row in network.supply] + [row.name for row in network.demand]
    return {
        "sign": np.array([1.0 if kind in ("supply", "buy") else -1.0 for kind in kinds]),
        "kind": tuple(kinds),
        "name": (*names, *(row.name for row in network.options)),
        "a": joined(begins, demand["price"], at),
        "b": joined(supply["slope"], slope, np.zeros_like(option["price"])),
        "size": joined(left, consumed, option["quantity"]),
    }
