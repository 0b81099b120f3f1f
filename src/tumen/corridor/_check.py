"""What every solution must stand: balance in each market, and a duality gap of nothing.

At any prices λ the surplus of the best network is at most

    D(λ) = sum over arcs of Q max(0, keep λ_destination - λ_origin - c) + sum over curves of the most each can gain,

and D(λ) less the surplus of balanced flows is a sum of terms of zero or more, one for each arc and curve: what it would
gain by moving. That sum bounds what the flows miss of the true optimum; each term is complementary slackness of one
place, so the largest names the place where a solution fails.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tumen.corridor._drawn import Array
from tumen.corridor._program import Index, Program
from tumen.errors import NoConvergence

__all__ = ["Part", "Point", "certified", "check", "missed", "size_of", "surplus_of"]

_BALANCE = 1e-7
_FREE = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The arcs and curves of a programme that are solved together, with their own rows."""

    program: Program
    arcs: Index
    curves: Index
    markets: Index  # (rows,) the programme's markets
    origin: Index  # (arcs,) rows
    destination: Index
    market: Index  # (curves,) rows

    @classmethod
    def of(cls, program: Program, arcs: Index, curves: Index) -> Part:
        """The part with these arcs and curves; its rows are the markets that they touch."""
        ends = np.concatenate([program.origin[arcs], program.destination[arcs], program.market[curves]])
        markets = np.unique(ends).astype(np.intp)
        row = np.zeros(len(program.markets), dtype=np.intp)
        row[markets] = np.arange(len(markets))
        return cls(
            program, arcs, curves, markets,
            row[program.origin[arcs]], row[program.destination[arcs]], row[program.market[curves]],
        )  # fmt: skip

    @classmethod
    def whole(cls, program: Program) -> Part:
        """Everything."""
        return cls.of(program, np.arange(len(program.link)), np.arange(len(program.market)))


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """A point of a part: flows f of arcs, quantities q of curves, prices of rows, and the limits of the arcs.

    One draw or many: all arrays are (..., entries). cost, a, b and size are those of the same draws.
    """

    flow: Array
    quantity: Array
    price: Array
    capacity: Array
    cost: Array
    a: Array
    b: Array
    size: Array


def surplus_of(part: Part, at: Point) -> Array:
    """W of the flows, without capital."""
    sign = part.program.sign[part.curves]
    worth = -sign * at.a * at.quantity - at.b * at.quantity**2 / 2
    return np.asarray(worth.sum(axis=-1) - (at.cost * at.flow).sum(axis=-1))


def missed(part: Part, at: Point) -> tuple[Array, Array]:
    """By arc and by curve, what it could still gain at these prices: the terms of the duality gap."""
    keep, sign = part.program.keep[part.arcs], part.program.sign[part.curves]
    gain = keep * at.price[..., part.destination] - at.price[..., part.origin] - at.cost
    small = _FREE * (1 + np.abs(at.cost) + np.abs(at.price[..., part.origin]))
    by_arc = _most(gain, at.capacity, small) - gain * at.flow
    margin = sign * (at.price[..., part.market] - at.a)
    small = _FREE * (1 + np.abs(at.a))
    sloped = at.b > 0
    slope = np.where(sloped, at.b, 1.0)
    best = np.clip(margin / slope, 0.0, np.where(sloped, at.size, 0.0))
    most = np.where(sloped, (margin - at.b * best / 2) * best, _most(margin, at.size, small))
    return by_arc, most - (margin - at.b * at.quantity / 2) * at.quantity


def _most(gain: Array, limit: Array, small: Array) -> Array:
    """gain x limit where there is a gain; with no limit nothing for a small gain, infinity for a larger one."""
    unlimited = np.isinf(limit)
    free = np.where(gain > small, np.inf, 0.0)
    return np.where(unlimited, free, np.maximum(gain, 0.0) * np.where(unlimited, 0.0, limit))


def size_of(part: Part, at: Point) -> Array:
    """The sum of all money that moves: what differences of surplus are measured against."""
    moved = (np.abs(at.a) + at.b * at.quantity) * at.quantity
    return np.asarray(1.0 + moved.sum(axis=-1) + (np.abs(at.cost) * at.flow).sum(axis=-1))


def unbalanced(part: Part, at: Point) -> Array:
    """(..., rows) what arrives and is supplied less what is sent and consumed."""
    net = np.zeros((*at.flow.shape[:-1], len(part.markets)))
    for rows, sent in ((part.origin, -at.flow), (part.destination, at.flow * part.program.keep[part.arcs]),
                       (part.market, at.quantity * part.program.sign[part.curves])):  # fmt: skip
        np.add.at(np.moveaxis(net, -1, 0), rows, np.moveaxis(sent, -1, 0))
    return net


def certified(part: Part, at: Point) -> Array:
    """(D,) what the surplus may miss the best by; not a number or infinite where flows do not balance.

    What little does not balance is valued at the prices.
    """
    by_arc, by_curve = missed(part, at)
    net = unbalanced(part, at)
    most = 1 + np.abs(at.quantity).sum(axis=-1) + np.abs(at.flow).sum(axis=-1)
    odd = np.abs(net).max(axis=-1) > _BALANCE * most
    gap = by_arc.sum(axis=-1) + by_curve.sum(axis=-1) + np.abs(net * at.price).sum(axis=-1)
    return np.asarray(np.where(odd, np.inf, gap))


def check(part: Part, at: Point, allowed: Array) -> Array:
    """The duality gap of each draw; `allowed` is what segments may miss, above which nothing but rounding may.

    Raises NoConvergence naming the place and the draw where flows do not balance, limits are broken, or prices are not
    those of the flows.
    """
    program = part.program
    net = unbalanced(part, at)
    most = 1 + np.abs(at.quantity).sum(axis=-1) + np.abs(at.flow).sum(axis=-1)
    off = np.abs(net) / most[..., None]
    if off.size and off.max() > _BALANCE:
        draw, row = _worst(off)
        raise NoConvergence(
            f"{program.where(int(part.markets[row]))} does not balance in draw {draw}, "
            f"by {net[..., row].flat[draw]:g}; look for quantities of very different size in one network"
        )
    by_arc, by_curve = missed(part, at)
    gap = np.asarray(by_arc.sum(axis=-1) + by_curve.sum(axis=-1))
    over = gap > allowed + 1e-8 * size_of(part, at)
    if over.any():
        draw = int(np.argmax(np.where(over, gap, -1.0)))
        arcs, curves = by_arc.reshape(-1, by_arc.shape[-1])[draw], by_curve.reshape(-1, by_curve.shape[-1])[draw]
        if arcs.size and (not curves.size or arcs.max() > curves.max()):
            name = f"link {program.network.links[program.link[part.arcs[int(arcs.argmax())]]].name}"
        else:
            name = program.name[part.curves[int(curves.argmax())]]
        raise NoConvergence(
            f"{name}: flows and prices do not fit in draw {draw}: {gap.flat[draw]:g} MUSD of surplus is not accounted "
            "for; look for costs or quantities of very different size in one network"
        )
    return gap


def _worst(off: Array) -> tuple[int, int]:
    flat = off.reshape(-1, off.shape[-1])
    draw, row = np.unravel_index(int(flat.argmax()), flat.shape)
    return int(draw), int(row)
