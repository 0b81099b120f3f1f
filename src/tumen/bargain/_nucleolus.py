"""The nucleolus and the prenucleolus, and Kohlberg's criterion, which proves them.

The excess of a coalition is e(S, x) = v(S) - x(S), what it gives up. The prenucleolus is the one efficient x whose
excesses, sorted from the largest, are lexicographically smallest; the nucleolus is the same among x that leave nobody
below what he is worth alone (Schmeidler 1969). Found in at most n - 1 stages (Maschler, Peleg and Shapley 1979):

    t_k = min t   over x(N) = v(N), x(S) fixed for settled S, and v(S) - x(S) <= t for every other coalition

Coalitions with a positive multiplier bind in every optimum and are settled at t_k, with every coalition in their span.
(To settle whatever binds at one optimum is the usual mistake: Guajardo and Jornsten 2015.) Values are first taken net
of what players are worth alone, and scaled.

Whether multipliers fit does not depend on v: given the order in which coalitions settle, x and t_1, t_2, ... solve
linear equations in v, and are the answer wherever e(S, x) <= t_k for every S that stage k still bounded and t falls. So
of many draws one is solved, its equations are tried on all others, and only those where the test fails are solved in
turn: no draw is accepted without the test. Excesses hold to 1e-9 of the largest value.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tumen.bargain._arrays import Array, frozen, indicator, sums
from tumen.bargain._game import Game
from tumen.bargain._span import Span
from tumen.errors import CaseError, NoConvergence

__all__ = ["has_imputation", "nucleolus", "prenucleolus"]

_SAME = 1e-9  # an excess that differs by less, of the largest value, is the same
_CELLS = 1 << 23  # draws x coalitions tested at a time


def prenucleolus(game: Game) -> Array:
    """(n,) or (draw, n): the prenucleolus. Raises NoConvergence.

    It always exists and is in the core where that is not empty, but may leave somebody with less than he is worth
    alone.
    """
    return _all_draws(game, bounded=False)


def nucleolus(game: Game) -> Array:
    """(n,) or (draw, n): the nucleolus, the division whose worst-treated coalitions are treated best.

    Raises CaseError where all together are worth less than each alone (nobody can then be left at least that), and
    NoConvergence.
    """
    lacking = ~has_imputation(game)
    if lacking.any():
        where = "" if game.draws is None else f" in {int(lacking.sum())} of {game.draws} draws"
        raise CaseError(
            [f"nucleolus: all together are worth less than each alone{where}, so there is none; use `prenucleolus`"]
        )
    return _all_draws(game, bounded=True)


def has_imputation(game: Game) -> npt.NDArray[np.bool_]:
    """() or (draw,): whether all together are worth at least what each is worth alone."""
    alone = game.alone.sum(axis=-1)
    size = np.abs(game.values).max(axis=-1)
    return np.asarray(alone <= game.whole + _SAME * size)


@dataclass(frozen=True, slots=True)
class _Order:
    """In which order coalitions settle: what makes x linear in v.

    coalitions, stages: those with a positive multiplier, and when (from 1); alone: players held at what they are worth
    alone; last (2^n,): the last stage that bounds each coalition; met: coalitions that came near to binding, which are
    looked at before all 2^n are.
    """

    coalitions: list[int]
    stages: list[int]
    alone: list[int]
    last: npt.NDArray[np.int8]
    met: list[int]


def _all_draws(game: Game, bounded: bool) -> Array:
    rows = np.atleast_2d(game.values)
    alone = rows[:, game.singles]
    net = rows - sums(alone)
    size = np.abs(net).max(axis=1)
    result = alone.copy()
    left = np.flatnonzero(size > _SAME * np.abs(rows).max(axis=1))  # elsewhere nothing is left to divide
    step = max(1, _CELLS >> game.n)
    while left.size:
        first = left[0]
        order = _solve(net[first] / size[first], bounded)
        fits = np.zeros(left.size, dtype=bool)
        for at in range(0, left.size, step):
            part = left[at : at + step]
            x, fits[at : at + step] = _apply(order, net, size, part, bounded)
            good = fits[at : at + step]
            result[part[good]] += x[good]
        if not fits[0]:
            raise NoConvergence(f"nucleolus: the equations of {game.n} players do not hold; rescale the worths")
        left = left[~fits]
    return frozen(result.reshape((*game.values.shape[:-1], game.n)))


def _solve(values: Array, bounded: bool) -> _Order:
    """The order of one game, net of what players are worth alone and scaled."""
    from tumen.bargain._program import Program

    n = values.size.bit_length() - 1
    span, last = Span(n), np.zeros(1 << n, dtype=np.int8)
    order = _Order([], [], [], last, [])
    if span.complete():
        return order
    program = Program(values, least=0.0 if bounded else -np.inf)
    program.cost(0.0, 1.0)
    gone = {0}
    for stage in range(1, n + 1):
        _, t = program.solve()
        last[~program.settled] = stage
        rows, players = program.binding()
        for row in set(rows) - gone:
            coalition = program.rows[row]
            order.coalitions.append(coalition)
            order.stages.append(stage)
            program.fix_row(row, float(values[coalition]) - t)
            span.add(coalition)
            gone.add(row)
        for player in set(players) - set(order.alone):
            order.alone.append(player)
            program.fix_player(player, 0.0)
            span.add(1 << player)
        if span.complete():
            order.met.extend(program.rows[1:])
            return order
        program.settled = span.members()
        for row, coalition in enumerate(program.rows):
            if row not in gone and program.settled[coalition]:
                program.drop_row(row)
                gone.add(row)
    raise NoConvergence(f"nucleolus: {n} players, and after {n} stages not all is settled; rescale the worths")


def _apply(
    order: _Order, net: Array, size: Array, part: npt.NDArray[np.intp], bounded: bool
) -> tuple[Array, npt.NDArray[np.bool_]]:
    """x (part, n) by the equations of an order, and whether it passes the test (part,)."""
    n = net.shape[1].bit_length() - 1
    stages = max(order.stages, default=0)
    full = (1 << n) - 1
    places = np.array([full, *order.coalitions])
    equations = np.zeros((places.size + len(order.alone), n + stages))
    equations[: places.size, :n] = indicator(places, n)
    equations[np.arange(1, places.size), n - 1 + np.array(order.stages, dtype=np.intp)] = 1.0
    equations[np.arange(places.size, len(equations)), order.alone] = 1.0
    worth = np.zeros((part.size, len(equations)))
    worth[:, : places.size] = net[np.ix_(part, places)]
    found = worth @ np.linalg.pinv(equations).T
    x, t = found[:, :n], found[:, n:]
    near = _SAME * size[part]
    fits = np.abs(found @ equations.T - worth).max(axis=1) <= near
    if stages > 1:
        fits &= (np.diff(t, axis=1) <= near[:, None]).all(axis=1)
    if bounded:
        fits &= (x >= -near[:, None]).all(axis=1)
    every = np.arange(1, full)
    for tested in (np.array(order.met, dtype=np.intp), every) if stages else ():
        some = np.flatnonzero(fits)
        total = sums(x[some])[:, 1:full] if tested is every else x[some] @ indicator(tested, n).T
        excess = net[np.ix_(part[some], tested)] - total - t[np.ix_(some, order.last[tested] - 1)]
        fits[some] = (excess <= 4 * near[some, None]).all(axis=1)
    return x, fits
