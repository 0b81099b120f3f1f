"""Which sub-networks the coalitions of a game can use, and which of them are the same.

A coalition is a bit mask over the players. An arc asks for the countries of its ends, the countries crossed and its
owners, and one of a bundle for all that the links of the bundle ask for; a curve for the country of its node. What asks
for nobody (hubs, links with open access, parties in `common`) is there for every coalition.

If everything asks for somebody, v(S) is the sum over the components of S, where two players are joined by an arc that S
may use: no flow and no price leads from one to another. So only connected coalitions are solved ("components"). What
everybody may use joins coalitions otherwise apart, by a common price or a shared capacity, so this is not valid then;
each coalition is looked at as a whole ("enumerate"). In both, dead ends and arcs that lead from no supply or to no
demand are pruned, the rest falls into parts without a market or a bundle in common, and equal parts are solved once.
All this is exact; "none" does without any of it, as a check.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tumen.corridor._network import nearest
from tumen.corridor._parts import Link
from tumen.corridor._program import Index, Program
from tumen.errors import CaseError

__all__ = ["Plan", "planned"]

DECOMPOSITIONS = ("auto", "components", "enumerate", "none")
_MOST = {"components": 20, "enumerate": 14, "none": 14}
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What to solve, and how coalitions are made of it.

    parts: (arcs, curves) of each problem. sums: (most parts of a coalition, 2^n) the problem that is added in turn, the
    number of problems standing for nothing. method: "components", "enumerate" or "none". asked: (L,) masks of whom the
    links ask for.
    """

    players: tuple[str, ...]
    method: str
    why: str
    parts: tuple[tuple[Index, Index], ...]
    sums: Index
    asked: Index


def planned(program: Program, players: Sequence[str], common: Sequence[str], decomposition: str) -> Plan:
    """The plan of a game. Raises CaseError with every problem."""
    names, shared = tuple(players), tuple(common)
    problems = _parties(program, names, shared, decomposition)
    if problems:
        raise CaseError(problems)
    arcs, curves, free = _asked(program, names)
    tied, paid = program.tied, _paid(program)
    method = decomposition
    if method == "auto":
        method = "enumerate" if free else "components"
    if method == "components" and free:
        raise CaseError([
            f"players cannot be taken apart by borders: {free}, so what one part of a coalition does there changes "
            "what another can; use decomposition 'auto' or 'enumerate'"
        ])  # fmt: skip
    if len(names) > _MOST[method]:
        why = f" ({free})" if free else ""
        raise CaseError([f"{len(names)} players are too many for {method}{why}, expected up to {_MOST[method]}"])
    masks = np.arange(1 << len(names))
    if method == "components":
        lowest = _component(masks, np.unique(arcs), len(names))
        solved, rest = np.flatnonzero(lowest == masks), masks & ~lowest
    else:
        solved, lowest, rest = masks, masks, np.zeros_like(masks)
    found: dict[bytes, int] = {}
    parts: list[tuple[Index, Index]] = []
    of: dict[int, list[int]] = {0: []}
    for mask in (int(one) for one in solved):
        inside = (arcs & ~mask) == 0, (curves & ~mask) == 0
        pieces = [inside] if method == "none" else _pieces(program, tied, paid, *inside)
        numbers = []
        for piece in pieces:
            key = np.packbits(np.concatenate(piece)).tobytes()
            if key not in found:
                found[key] = len(parts)
                parts.append((np.flatnonzero(piece[0]), np.flatnonzero(piece[1])))
            numbers.append(found[key])
        of[mask] = numbers
    if method == "components":
        for mask in range(1, len(masks)):
            of[mask] = of[int(lowest[mask])] + of[int(rest[mask])]
    sums = np.full((max(1, *(len(numbers) for numbers in of.values())), len(masks)), len(parts), dtype=np.intp)
    for mask, numbers in of.items():
        sums[: len(numbers), mask] = numbers
    return Plan(names, method, free, tuple(parts), sums, arcs[: len(program.network.links)])


def _parties(program: Program, players: tuple[str, ...], common: tuple[str, ...], decomposition: str) -> list[str]:
    network = program.network
    problems = []
    if decomposition not in DECOMPOSITIONS:
        problems.append(f"decomposition is {decomposition!r}, expected {', '.join(DECOMPOSITIONS)}")
    if not players:
        problems.append("players: there are none")
    for kind, names in (("players", players), ("common", common)):
        problems += [f"{kind}: {name} stands twice" for name in dict.fromkeys(names) if names.count(name) > 1]
        problems += [
            f"{kind}: " + nearest("country or owner", name, network.parties)
            for name in names
            if name not in network.parties
        ]
    problems += [f"{name} is among the players and in common" for name in players if name in common]
    nowhere = [party for party in network.parties if party not in players and party not in common]
    if nowhere:
        problems.append(
            f"{', '.join(nowhere)}: neither among the players nor in `common`; put those there that take part without "
            "a say, or leave them out of the network"
        )
    countries = {node.name: node.country for node in network.nodes}
    consumers = dict.fromkeys(countries[row.node] for row in network.demand if countries[row.node] in common)
    if program.objective == "welfare":
        problems += [f"common: {name} has consumers, who are players under the objective welfare" for name in consumers]
    return problems


def _asked(program: Program, players: tuple[str, ...]) -> tuple[Index, Index, str]:
    """(A,) and (C,) masks of whom arcs and curves ask for, and what asks for nobody, in words."""
    bit = {name: 1 << n for n, name in enumerate(players)}
    nodes = {node.name: node for node in program.network.nodes}
    held = {name: 0 if node.hub else bit.get(node.country, 0) for name, node in nodes.items()}

    def asks(link: Link) -> int:
        if link.access == "open":
            return 0
        mask = held[link.origin] | held[link.destination]
        for party in (*link.crosses, *(owner for owner, _ in link.shares)):
            mask |= bit.get(party, 0)
        return mask

    by_link = np.array([asks(link) for link in program.network.links], dtype=np.intp)
    bundles = np.array([link.bundle for link in program.network.links], dtype=np.str_)
    for bundle in np.unique(bundles[bundles != ""]):
        by_link[bundles == bundle] = np.bitwise_or.reduce(by_link[bundles == bundle])
    curves = np.array([held[program.markets[market][0]] for market in program.market], dtype=np.intp)
    open_ = [link.name for link, mask in zip(program.network.links, by_link, strict=True) if not mask]
    hubs = dict.fromkeys(program.markets[program.market[n]][0] for n in np.flatnonzero(curves == 0))
    passed = [name for name, mask in held.items() if not mask and name not in hubs]
    said = []
    if hubs:
        said.append(f"everybody may sell and buy at {', '.join(hubs)}")
    if passed:
        said.append(f"everybody may pass {', '.join(passed)}")
    if open_:
        said.append(f"everybody may use {', '.join(open_)}")
    return by_link[program.link], curves, "; ".join(said)


def _component(masks: Index, joined: Index, players: int) -> Index:
    """Of each coalition, the component of its lowest player; arcs that ask for players of `joined` join them."""
    reach = masks & -masks
    for _ in range(players):
        before = reach.copy()
        for mask in joined:
            may = ((mask & ~masks) == 0) & ((mask & reach) != 0)
            reach = np.where(may, reach | mask, reach)
        if (reach == before).all():
            break
    return reach


def _paid(program: Program) -> Index:
    """Arcs and supply that cost less than nothing, numbered as arcs, then curves: a loop may gain by these alone."""
    curves = (program.a < 0).any(axis=0) & (program.sign > 0)
    return np.flatnonzero(np.concatenate([(program.cost < 0).any(axis=0), curves]))


def _pieces(program: Program, tied: Index, paid: Index, arcs: Mask, curves: Mask) -> list[tuple[Mask, Mask]]:
    """The pruned sub-network in parts that have no market and no bundle in common."""
    whole = bool(len(paid) and np.concatenate([arcs, curves])[paid].any())
    if not whole:
        arcs, curves = _pruned(program, arcs, curves)
    label = _labels(program, tied, arcs)
    pieces = []
    ends = program.origin[arcs] if whole else program.market[curves]
    for piece in np.unique(label[ends]):
        mine = curves & (label[program.market] == piece)
        if whole or ((mine & (program.sign > 0)).any() and (mine & (program.sign < 0)).any()):
            pieces.append((arcs & (label[program.origin] == piece), mine))
    return pieces


def _pruned(program: Program, arcs: Mask, curves: Mask) -> tuple[Mask, Mask]:
    """Without arcs that no flow from supply to demand can gain by, if nothing costs less than nothing."""
    o, d, count = program.origin, program.destination, len(program.markets)
    held = np.zeros(count, dtype=bool)
    held[program.market[curves]] = True
    while True:
        # A market without curves and with one neighbour is a dead end.
        low, high = np.minimum(o, d)[arcs], np.maximum(o, d)[arcs]
        pairs = np.unique(low * count + high)
        degree = np.bincount(np.concatenate([pairs // count, pairs % count]), minlength=count)
        dead = ~held & (degree == 1)
        sources = _reached(program.market[curves & (program.sign > 0)], o[arcs], d[arcs], count)
        sinks = _reached(program.market[curves & (program.sign < 0)], d[arcs], o[arcs], count)
        kept = arcs & sources[o] & sinks[d] & ~dead[o] & ~dead[d]
        if (kept == arcs).all():
            return arcs, curves & (sources & sinks)[program.market]
        arcs = kept


def _reached(start: Index, origin: Index, destination: Index, count: int) -> Mask:
    reached = np.zeros(count, dtype=bool)
    reached[start] = True
    while True:
        new = destination[reached[origin] & ~reached[destination]]
        if not len(new):
            return reached
        reached[new] = True


def _labels(program: Program, tied: Index, arcs: Mask) -> Index:
    """(M,) the lowest market that each market is joined to by arcs, or by a bundle that is built or not as a whole."""
    label = np.arange(len(program.markets))
    o, d = program.origin[arcs], program.destination[arcs]
    joint = np.flatnonzero(arcs & (tied >= 0)) if len(tied) else tied
    if len(joint):
        _, first, of = np.unique(tied[joint], return_index=True, return_inverse=True)
        start = program.origin[joint]
        o, d = np.concatenate([o, start]), np.concatenate([d, start[first][of]])
    while True:
        before = label.copy()
        lower = np.minimum(label[o], label[d])
        np.minimum.at(label, o, lower)
        np.minimum.at(label, d, lower)
        label = label[label]
        if (label == before).all():
            return label
