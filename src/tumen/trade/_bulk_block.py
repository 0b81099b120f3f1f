"""A block of draws of sparse shocks to one baseline, solved together by the chord with the base's inverse Jacobian.

All draws share the shares q and the inverse J0^-1, so a step is three products of (draw, country) with (country,
country); the few flows that a draw changes are added by scattering. The equations are those of `_single.py`. J0^-1
only steers, so it works in single precision; residuals are double. A draw is taken as solved once max |r| and the
bound ||J0^-1|| max |r| on what is left of log wages are within the tolerance; it then leaves the block. One that does
not contract is left to the ladder of `_single_solve.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tumen.trade._bulk_shocks import Places
from tumen.trade._closures import Closure
from tumen.trade._single import Array, Problem

__all__ = ["Draws", "Room", "Shared", "solve_block", "start"]

_STEPS = 30
_SLOW = 0.7  # a step that leaves more than this of the residual does not contract
_PATIENCE = 4
_NEAR_ONE = 0.05  # (plus - minus) / (plus + minus) up to which the logarithm is taken by its series
_NEARER = 1e-3  # and up to which its first term will do
_SERIES = 0.02  # likewise the exponential, of log changes
Mask = npt.NDArray[np.bool_]
Single = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """What the draws of a block share: the base's problem, 2 J0^-1 turned, norm of J0^-1, shares at consumers' prices.

    gains, owes (N,): the positive and negative parts of deficits.
    """

    problem: Problem
    inverse: Single
    norm: float
    off: Array
    off_transposed: Array
    gains: Array
    owes: Array
    paid: Array | None
    paid_before: Array
    multiplicative: bool

    @classmethod
    def of(cls, problem: Problem, inverse: Array, paid: Array | None) -> Shared:
        """paid (N, N): q (1 + t), or None without tariffs."""
        before = np.ones(problem.size) if paid is None else paid.sum(axis=0)
        norm = float(np.abs(inverse).sum(axis=1).max())
        steering = np.ascontiguousarray(2 * inverse.T, dtype=np.float32)
        off, turned = np.ascontiguousarray(problem.off), np.ascontiguousarray(problem.off.T)
        gains, owes = np.maximum(problem.deficit, 0.0), np.maximum(-problem.deficit, 0.0)
        multiplicative = problem.closure is Closure.MULTIPLICATIVE
        return cls(problem, steering, norm, off, turned, gains, owes, paid, before, multiplicative)


@dataclass(slots=True, eq=False)
class Draws:
    """The draws of a block that are still open: places and factors of what they change, wage and wage^-theta factors.

    last (draw,): the residual before; slow: how often it did not contract.
    """

    number: Places
    exporter: Places
    importer: Places
    change: Array
    home: Array | None
    deficit: Array | None
    theta: Array
    wage: Array
    supply: Array
    last: Array
    slow: Places
    done: Mask
    flat_exporter: Places
    flat_importer: Places

    def keep(self, mask: Mask) -> Draws:
        return Draws(
            self.number[mask], self.exporter[mask], self.importer[mask], self.change[mask],
            None if self.home is None else self.home[mask], None if self.deficit is None else self.deficit[mask],
            self.theta[mask], self.wage[mask], self.supply[mask], self.last[mask], self.slow[mask], self.done[mask],
            *_flat(self.exporter[mask], self.importer[mask], self.wage.shape[1]),
        )  # fmt: skip


def _flat(i: Places, j: Places, countries: int) -> tuple[Places, Places]:
    """Places of exporters and importers in a flattened (draw, country)."""
    rows = np.arange(len(i), dtype=np.int64)[:, None] * countries
    return (rows + i).reshape(-1), (rows + j).reshape(-1)


class Room:
    """Memory for one block at a time, (draw, country) each; for one thread. What it holds lasts until the next step."""

    def __init__(self, draws: int, countries: int) -> None:
        def room() -> Array:
            return np.empty((draws, countries))

        self.bought, self.phi, self.spending, self.price = room(), room(), room(), room()
        self.exports, self.residual, self.work = room(), room(), room()
        self.single: Single = np.empty((draws, countries), dtype=np.float32)
        self.step: Single = np.empty((draws, countries), dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class _Markets:
    """Views of a room, (draw, country), scale and worst (draw,); residual is half of r but for the numeraire, scale."""

    phi: Array
    spending: Array
    exports: Array
    imports: Array
    residual: Array
    scale: Array
    worst: Array


def start(shared: Shared, number: Places, i: Places, j: Places, factor: Array, theta: Array) -> Draws:
    """A block at unchanged wages; factor (draw, k) is K of the flows that change, number the rows of the results."""
    p, size = shared.problem, len(i)
    domestic = i == j
    home = None
    if domestic.any():
        home = np.tile(p.home, (size, 1))
        rows, slots = np.nonzero(domestic)
        home[rows, i[rows, slots]] *= factor[rows, slots]
    change = p.off[i, j] * (factor - 1)
    last, slow = np.full(size, np.inf), np.zeros(size, dtype=np.int64)
    ones = np.ones((2, size, p.size))
    done = np.zeros(size, dtype=np.bool_)
    flat = _flat(i, j, p.size)
    return Draws(number, i, j, change, home, None, theta, ones[0], ones[1], last, slow, done, *flat)


def _scatter(change: Array, to: Places, of: Places, values: Array, into: Array) -> None:
    """Adds change x values[of] to into[to], by flat places."""
    np.add.at(into.reshape(-1), to, change.reshape(-1) * values.reshape(-1)[of])


def _markets(shared: Shared, d: Draws, room: Room, *, first: bool) -> _Markets:
    """Trade and residuals at the draws' wages, written into the room."""
    p, size = shared.problem, len(d.number)
    bought, phi, spending, price = (a[:size] for a in (room.bought, room.phi, room.spending, room.price))
    exports, residual = room.exports[:size], room.residual[:size]
    if first:  # at unchanged wages the product is known
        bought[:] = shared.off.sum(axis=0)
    else:
        np.matmul(d.supply, shared.off, out=bought)
    _scatter(d.change, d.flat_importer, d.flat_exporter, d.supply, bought)
    np.multiply(d.supply, p.home if d.home is None else d.home, out=phi)
    phi += bought
    made = d.wage @ p.output
    gains, owes = shared.gains, shared.owes
    if shared.multiplicative:
        np.multiply(d.wage, p.spending, out=spending)
        deficit = spending - d.wage * p.output * (spending.sum(axis=1) / made)[:, None]
        gains, owes = np.maximum(deficit, 0.0), np.maximum(-deficit, 0.0)
    else:
        np.multiply(d.wage, p.output, out=spending)
        spending += p.deficit if d.deficit is None else d.deficit
        if d.deficit is not None:
            gains, owes = np.maximum(d.deficit, 0.0), np.maximum(-d.deficit, 0.0)
    np.divide(spending, phi, out=price)
    np.matmul(price, shared.off_transposed, out=exports)
    _scatter(d.change, d.flat_exporter, d.flat_importer, price, exports)
    exports *= d.supply
    imports = np.multiply(bought, price, out=bought)
    plus, minus = np.add(exports, gains, out=room.work[:size]), np.add(imports, owes, out=price)
    high, low = _half_log_ratio(plus, minus, residual)
    scale = 0.5 * np.log(made / p.output.sum())
    worst = 2 * np.maximum(high - scale, scale - low)
    return _Markets(phi, spending, exports, imports, residual, scale, worst)


def _half_log_ratio(plus: Array, minus: Array, out: Array) -> tuple[Array, Array]:
    """Half of log (plus / minus) into `out`; returns its highest and lowest by draw. Spoils plus and minus.

    It is z + z^3/3 + ... with z = (plus - minus) / (plus + minus). Steps may err a little, so that the logarithm, which
    costs as much as a product of matrices, is spared where z is small; what is returned is exact.
    """
    np.subtract(plus, minus, out=out)
    plus += minus
    out /= plus
    high, low = out.max(axis=1), out.min(axis=1)
    largest = max(float(high.max()), -float(low.min()))
    if not largest <= _NEAR_ONE:
        minus /= plus  # (1 - z) / 2, and z over it is plus / minus - 1
        np.divide(out, minus, out=out)
        np.log1p(out, out=out)
        out *= 0.5
    elif largest > _NEARER:
        np.multiply(out, out, out=plus)
        plus *= 1 / 3
        plus += 1.0
        out *= plus
    return np.arctanh(high), np.arctanh(low)


def _advance(d: Draws, step: Single, room: Room) -> None:
    """Wages times exp(-step) and supply times exp(theta step): a series where steps are small, which is cheaper."""
    size = len(d.number)
    log_change, work, change = room.residual[:size], room.work[:size], room.price[:size]
    np.negative(step, out=change)
    high, low = change.max(axis=1), change.min(axis=1)
    for target, power in ((d.wage, None), (d.supply, -d.theta)):
        if power is not None:
            np.multiply(change, power[:, None], out=log_change)
        exponent = change if power is None else log_change
        reach = np.maximum(high, -low) * (1.0 if power is None else d.theta)
        largest = float(reach.max())
        if not largest < _SERIES:
            np.exp(exponent, out=work)
        else:
            terms = next(n for n in range(1, 10) if largest ** (n + 1) < 1e-17 * math.factorial(n + 1))
            np.multiply(exponent, 1 / math.factorial(terms), out=work)
            for n in range(terms - 1, 0, -1):
                work += 1 / math.factorial(n)
                work *= exponent
            work += 1.0
        target *= work


def solve_block(shared: Shared, d: Draws, room: Room, tolerance: float, out: dict[str, Array]) -> Places:
    """Solves the draws into `out` (draw, country) and (draw,); returns the numbers of those that did not contract."""
    aside = [np.zeros(0, dtype=np.int64)]
    with np.errstate(all="ignore"):
        for count in range(_STEPS):
            m = _markets(shared, d, room, first=count == 0)
            solved = (m.worst * max(1.0, shared.norm) <= tolerance) & ~d.done
            if solved.any():
                solved &= m.spending.min(axis=1) >= 0
            d.slow = d.slow + (~(m.worst <= _SLOW * d.last) & (count > 0))
            lost = (~np.isfinite(m.worst) | (d.slow >= _PATIENCE)) & ~solved & ~d.done
            if solved.any():
                _write(shared, d, m, solved, count, out)
            if lost.any():
                aside.append(d.number[lost])
            d.done = d.done | solved | lost
            if d.done.all():
                return np.concatenate(aside)
            single, step = room.single[: len(d.number)], room.step[: len(d.number)]
            np.subtract(m.residual, m.scale[:, None], out=single, casting="same_kind")
            np.matmul(single, shared.inverse, out=step)
            _advance(d, step, room)
            d.last = m.worst
            if lost.any() or 4 * np.count_nonzero(d.done) > len(d.done):  # copying costs more than a few idle rows
                d = d.keep(~d.done)
    return np.concatenate([*aside, d.number[~d.done]])


def _write(shared: Shared, d: Draws, m: _Markets, solved: Mask, count: int, out: dict[str, Array]) -> None:
    """Factors of the draws just solved."""
    # rows that are still open are written again when they are solved, which is cheaper than to pick out the others
    most = 2 * np.count_nonzero(solved) > len(solved)
    rows: Places | slice = slice(None) if most else np.flatnonzero(solved)
    number = d.number[rows]
    place = slice(number[0], number[-1] + 1) if len(number) == number[-1] - number[0] + 1 else number
    p, theta = shared.problem, d.theta[rows][:, None]
    phi, spending, wage = m.phi[rows], m.spending[rows], d.wage[rows]
    paid = phi
    if shared.paid is not None:
        paid = _paid(shared, d if most else d.keep(solved)) / shared.paid_before
    price = np.log(paid)
    price /= -theta
    np.exp(price, out=price)

    def real() -> Array:
        factor = spending / price
        factor *= 1.0 / p.spending
        return factor if shared.paid is None else factor * paid / phi

    results: dict[str, Callable[[], Array]] = {
        "welfare": real,
        "real_wage": lambda: np.asarray(wage / price),
        "wage": lambda: wage,
        "price_index": lambda: price,
        "exports": lambda: _over(m.exports[rows], p.off @ p.spending),
        "imports": lambda: _over(m.imports[rows], p.off.sum(axis=0) * p.spending),
        "residual": lambda: m.worst[rows],
        "iterations": lambda: np.full(len(number), float(count)),
    }
    for name, target in out.items():
        target[place] = results[name]()


def _over(after: Array, before: Array) -> Array:
    traded = before > 0
    if traded.all():
        return after * (1.0 / before)
    return np.where(traded, after / np.where(traded, before, 1.0), 1.0)


def _paid(shared: Shared, d: Draws) -> Array:
    """Column sums of shares at consumers' prices after the shock."""
    assert shared.paid is not None
    p = shared.problem
    paid: Array = d.supply @ shared.paid
    i, j = d.exporter, d.importer
    change = d.change * (shared.paid[i, j] / np.where(p.off[i, j] > 0, p.off[i, j], 1.0))
    _scatter(change, d.flat_importer, d.flat_exporter, d.supply, paid)
    if d.home is not None:
        paid += d.supply * (d.home - p.home) * (shared.paid.diagonal() / np.where(p.home > 0, p.home, 1.0))
    return paid
