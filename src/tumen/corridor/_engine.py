"""Optimal flows of a part of a network, draw by draw, by linear programming.

A sloped curve is cut into segments. Each has the marginal value of its middle, so that the programme's surplus follows
chords of the true one: it falls short by at most the sum over curves of b w² / 8, w being the widest segment. With
`accuracy` the segments are drawn closer around the solution, and the programme is solved again, until the duality gap
of the true curves (`_check`) is at most that share of the money that moves. The gap, not the segments, says how much is
missing then. A solve that does not come that close in `_ROUNDS` rounds raises NoConvergence.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from tumen.corridor._check import Part, Point, certified, missed, size_of, surplus_of
from tumen.corridor._drawn import Array
from tumen.corridor._highs import Model
from tumen.corridor._interior import available, interior
from tumen.corridor._program import Index, Program
from tumen.corridor._simplex import Simplex
from tumen.errors import CaseError, NoConvergence

__all__ = ["Engine"]

_ROUNDS = 60
_UNLIMITED = 1e4


class Engine:
    """A part of a programme with its model. segments: of each sloped curve, four or more."""

    def __init__(self, part: Part, segments: int) -> None:
        if segments < 4:
            raise CaseError([f"segments: {segments}, expected 4 or more"])
        self.part, self.segments = part, segments
        linear = part.program.linear[part.curves]
        self.linear, self._sloped = np.flatnonzero(linear), linear
        self.of = np.repeat(np.arange(len(linear)), np.where(linear, segments, 1))
        first = np.searchsorted(self.of, np.arange(len(linear)))
        self._single = first[~linear]  # columns of steps
        self._cut = (first[self.linear][:, None] + np.arange(segments)).astype(np.intp)  # columns of slopes
        self._kept: Model | None = None

    @property
    def _model(self) -> Model:
        """The model, made when it is first needed; it starts from the network without draws."""
        if self._kept is not None:
            return self._kept
        part, base = self.part, self.part.program.base
        self._kept = model = Model(*_matrix(part, self.of))
        if base is not None:
            upper = base.capacity[0, part.arcs]
            if model.minimum(*self.columns(0, upper, base)) is not None:
                model.remember()
        return model

    @cached_property
    def _quick(self) -> Simplex:
        """The method for many draws at once; it starts from the network without draws."""
        part, base = self.part, self.part.program.base
        made = Simplex(*_matrix(part, self.of))
        if base is not None:
            made.start_from(*self.columns(0, base.capacity[0, part.arcs], base))
        return made

    def values(self, capacity: Array) -> tuple[Array, Array]:
        """(D,) surplus with limits of arcs (D, arcs) by fixed segments, and what it may fall short by.

        Raises NoConvergence.
        """
        part, program = self.part, self.part.program
        costs = np.empty((program.draws, len(part.arcs) + len(self.of)))
        uppers = np.empty_like(costs)
        arcs = len(part.arcs)
        costs[:, :arcs], uppers[:, :arcs] = program.cost[:, part.arcs], capacity
        a, b, size = (array[:, part.curves] for array in (program.a, program.b, program.size))
        sign = program.sign[part.curves]
        width = np.where(self._sloped, size / self.segments, size)
        nth = np.arange(len(self.of)) - np.searchsorted(self.of, self.of)
        middle = (nth + 0.5) * np.where(np.isinf(width), 0.0, width)[:, self.of]
        costs[:, arcs:] = sign[self.of] * a[:, self.of] + b[:, self.of] * middle
        uppers[:, arcs:] = width[:, self.of]
        found = np.empty(program.draws)
        for draw in range(program.draws):
            least = self._model.minimum(costs[draw], uppers[draw])
            if least is None:
                raise self._failed(draw, costs[draw], uppers[draw])
            found[draw] = -least
        short = (b * np.where(b > 0, width, 0.0) ** 2).sum(axis=1) / 8
        return found, short

    def exact(self, capacity: Array, accuracy: float) -> tuple[Array, Array]:
        """(D,) surplus with limits of arcs (D, arcs) to that accuracy, and what it may fall short by.

        By the compiled method where that is there and its answer stands the check; draw by draw where not. Raises
        NoConvergence.
        """
        draws = self.part.program.draws
        found, short, open_ = np.empty(draws), np.empty(draws), np.ones(draws, dtype=bool)
        if available(self.part):
            with np.errstate(all="ignore"):
                at = interior(self.part, capacity, accuracy)
                found, short = surplus_of(self.part, at), certified(self.part, at)
                open_ = ~(short <= accuracy * size_of(self.part, at))
        for draw in np.flatnonzero(open_):
            found[draw], _, short[draw] = self.optimum(int(draw), capacity[draw], accuracy)
        return found, np.maximum(short, 0.0)

    def optimum(self, draw: int, capacity: Array, accuracy: float | None) -> tuple[float, Point, float]:
        """Surplus, the point, and what the surplus may fall short by, of one draw with limits of arcs (arcs,).

        Raises NoConvergence.
        """
        part, program = self.part, self.part.program
        cost, upper, middle, edges = self._cut_evenly(program, draw, capacity)
        half = edges[:, 1].copy()
        a, b, size = (array[draw, part.curves] for array in (program.a, program.b, program.size))
        for _ in range(_ROUNDS):
            least = self._model.minimum(cost, upper)
            if least is None:
                raise self._failed(draw, cost, upper)
            columns, price = self._model.point()
            columns = np.clip(columns, 0.0, upper)  # within the solver's tolerance they are
            arcs = len(part.arcs)
            quantity: Array = np.bincount(self.of, weights=columns[arcs:], minlength=len(part.curves)).astype(float)
            at = Point(columns[:arcs], quantity, price, capacity, program.cost[draw, part.arcs], a, b, size)
            sloped = b[self.linear] > 0
            widest = np.where(sloped, _widths(edges).max(axis=1, initial=0.0), 0.0)
            short = float((b[self.linear] * widest**2).sum() / 8)
            if accuracy is None or not len(self.linear):
                return -least, at, short
            gap = float(sum(terms.sum() for terms in missed(part, at)))
            if gap <= accuracy * float(size_of(part, at)):
                return float(surplus_of(part, at)), at, max(gap, 0.0)
            edges, half = self._closer(edges, half, quantity[self.linear], size[self.linear])
            middle = (edges[:, 1:] + edges[:, :-1]) / 2
            sign = program.sign[part.curves][self.linear]
            cost[arcs + self._cut] = (sign * a[self.linear])[:, None] + b[self.linear][:, None] * middle
            upper[arcs + self._cut] = _widths(edges)
        raise NoConvergence(
            f"{self._worst(at)}: after {_ROUNDS} rounds {gap:g} MUSD of surplus are still unaccounted for in draw "
            f"{draw}; ask for a lower accuracy"
        )

    def _cut_evenly(self, program: Program, draw: int, capacity: Array) -> tuple[Array, Array, Array, Array]:
        """Cost and limit of each column, the middle of segments and their edges, for equal segments."""
        part = self.part
        a, b, size = (array[draw, part.curves] for array in (program.a, program.b, program.size))
        sign = program.sign[part.curves]
        edges, middle = _even(size[self.linear], self.segments)
        arcs = len(part.arcs)
        cost, upper = np.empty(arcs + len(self.of)), np.empty(arcs + len(self.of))
        cost[:arcs], upper[:arcs] = program.cost[draw, part.arcs], capacity
        steps = self.of[self._single]
        cost[arcs + self._single], upper[arcs + self._single] = (sign * a)[steps], size[steps]
        cost[arcs + self._cut] = (sign * a)[self.linear][:, None] + b[self.linear][:, None] * middle
        upper[arcs + self._cut] = _widths(edges)
        return cost, upper, middle, edges

    def columns(self, draw: int, capacity: Array, program: Program | None = None) -> tuple[Array, Array]:
        """Cost and limit of each column, with equal segments."""
        cost, upper, _, _ = self._cut_evenly(program or self.part.program, draw, capacity)
        return cost, upper

    def stepped(self, capacity: Array) -> tuple[Array, Array]:
        """(D, columns) costs and limits where no curve has a slope, with limits of arcs (D, arcs)."""
        part, program = self.part, self.part.program
        costs = np.concatenate(
            [program.cost[:, part.arcs], program.sign[part.curves] * program.a[:, part.curves]], axis=1
        )  # fmt: skip
        return costs, np.concatenate([capacity, program.size[:, part.curves]], axis=1)

    def points(self, capacity: Array) -> Point:
        """The best points of all draws where no curve has a slope, with limits of arcs (D, arcs).

        Raises NoConvergence.
        """
        part, program = self.part, self.part.program
        costs, uppers = self.stepped(capacity)
        columns, price = self._minima(np.arange(program.draws), costs, uppers)
        arcs = len(part.arcs)
        a, b, size = (np.array(array[:, part.curves]) for array in (program.a, program.b, program.size))
        return Point(
            columns[:, :arcs], columns[:, arcs:], price, np.array(uppers[:, :arcs]), costs[:, :arcs], a, b, size
        )  # fmt: skip

    def rents(self, draws: Index, costs: Array, uppers: Array) -> tuple[Array, Array]:
        """(N,) surplus of some draws by their columns, and (N, arcs) what one more unit of each arc's limit is worth.

        No curve may have a slope. Raises NoConvergence.
        """
        part = self.part
        columns, price = self._minima(draws, costs, uppers)
        gain = part.program.keep[part.arcs] * price[:, part.destination] - price[:, part.origin]
        return -(costs * columns).sum(axis=1), np.asarray(gain - costs[:, : len(part.arcs)])

    def _minima(self, draws: Index, costs: Array, uppers: Array) -> tuple[Array, Array]:
        """(N, columns) and (N, rows) the best columns and prices; HiGHS is asked where the quick way fails."""
        columns, price, failed = self._quick.minima(costs, uppers)
        for n in np.flatnonzero(failed):
            if self._model.minimum(costs[n], uppers[n]) is None:
                raise self._failed(int(draws[n]), costs[n], uppers[n])
            found, price[n] = self._model.point()
            columns[n] = np.clip(found, 0.0, uppers[n])  # within the solver's tolerance they are
        return columns, price

    def matrix(self) -> tuple[int, Index, Index, Array]:
        """Rows, and the matrix by columns."""
        return _matrix(self.part, self.of)

    def _closer(self, edges: Array, half: Array, quantity: Array, size: Array) -> tuple[Array, Array]:
        """Edges closer around the quantities; a window that missed its quantity moves and does not shrink."""
        inner = self.segments - 2
        size = np.where(np.isinf(size), quantity, size)  # no slope in this draw: nothing to cut
        low, high = edges[:, 1], np.minimum(edges[:, -2], size)
        width = np.minimum(high - low, size) / inner
        reach = 1.000001 * width  # the outermost segments, where they are no wider than the others, are as good
        inside = ((quantity > low) | (low <= reach)) & ((quantity < high) | (size - high <= reach))
        half = np.where(inside, np.maximum(width, half / inner), half * 1.5)
        window = quantity[:, None] + half[:, None] * np.linspace(-1, 1, inner + 1)
        ends = np.zeros((len(edges), 1)), size[:, None]
        return np.concatenate([ends[0], np.clip(window, 0.0, size[:, None]), ends[1]], axis=1), half

    def _worst(self, at: Point) -> str:
        _, by_curve = missed(self.part, at)
        name: str = self.part.program.name[self.part.curves[int(np.argmax(by_curve))]]
        return name

    def _failed(self, draw: int, cost: Array, upper: Array) -> NoConvergence:
        """Why there is no optimum: what grows without end when everything has a large limit, or that HiGHS stopped."""
        part, program = self.part, self.part.program
        finite = upper[np.isfinite(upper)]
        limit = _UNLIMITED * (1 + (float(finite.max()) if finite.size else 0.0))
        endless = np.isinf(upper)
        if endless.any() and self._model.minimum(cost, np.where(endless, limit, upper)) is not None:
            columns, _ = self._model.point()
            names = [f"link {program.network.links[program.link[arc]].name}" for arc in part.arcs]
            names += [f"{program.kind[c]} {program.name[c]}" for c in part.curves[self.of]]
            grown = list(dict.fromkeys(name for name, x in zip(names, columns, strict=True) if x > limit / 100))
            shown = ", ".join(grown[:6]) + (", ..." if len(grown) > 6 else "")
            return NoConvergence(
                f"surplus has no limit in draw {draw}: {shown} would grow without end; give one of them a quantity or "
                "a capacity, or look for a cost of the wrong sign"
            )
        return NoConvergence(
            f"the solver found no optimum in draw {draw} of the network around "
            f"{program.where(int(part.markets[0]))}; look for quantities of very different size in one network"
        )


def _even(size: Array, segments: int) -> tuple[Array, Array]:
    """Edges and middles of equal segments; a curve without an end, flat in this draw, is all in its last one."""
    endless = np.isinf(size)[:, None]
    edges = np.where(endless, 0.0, size[:, None]) * np.linspace(0, 1, segments + 1)
    middle = (edges[:, 1:] + edges[:, :-1]) / 2
    edges[:, -1:] = np.where(endless, np.inf, edges[:, -1:])
    return edges, middle


def _widths(edges: Array) -> Array:
    return np.diff(edges, axis=1)


def _matrix(part: Part, of: Index) -> tuple[int, Index, Index, Array]:
    """Rows, and the balance of markets by columns: arcs leave and arrive, supply adds, demand takes."""
    arcs, program = len(part.arcs), part.program
    start = np.concatenate([2 * np.arange(arcs + 1), 2 * arcs + 1 + np.arange(len(of))]).astype(np.intp)
    index = np.empty(2 * arcs + len(of), dtype=np.intp)
    value = np.empty(len(index))
    index[: 2 * arcs : 2], index[1 : 2 * arcs : 2], index[2 * arcs :] = part.origin, part.destination, part.market[of]
    value[: 2 * arcs : 2], value[1 : 2 * arcs : 2] = -1.0, program.keep[part.arcs]
    value[2 * arcs :] = program.sign[part.curves][of]
    return len(part.markets), start, index, value
