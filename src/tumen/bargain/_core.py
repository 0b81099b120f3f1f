"""The core: the divisions that no coalition can better by itself.

    C_eps = { x : x(N) = v(N), x(S) >= v(S) - eps for every other coalition S },     the core is C_0

It is empty exactly if what all would need together, min x(N) over x(S) >= v(S), is more than v(N) (Bondareva 1963,
Shapley 1967); the difference is the shortfall. The least core is C_eps at the smallest eps at which it is not empty.
What a player gets at least and at most comes from two linear programmes (`_program.py`). An optimal basis stays
optimal as v moves while its vertex still satisfies every coalition, so of many draws one is solved and its basis is
tried on all others: only draws where a coalition is violated by more than 1e-9 of the largest value are solved in
turn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tumen.bargain._arrays import Array, drawn, frozen, indicator, sums
from tumen.bargain._game import Game
from tumen.errors import CaseError

if TYPE_CHECKING:
    from tumen.bargain._program import Program

__all__ = ["Core", "core", "excesses", "in_core", "least_core", "shortfall"]

_SAME = 1e-9  # of the largest value
_CELLS = 1 << 23


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Core:
    """What the core leaves open; read-only.

    empty () or (draw,). least, most (n,) or (draw, n): the least and the most that each player gets in it, nan where it
    is empty. shortfall () or (draw,): what the worth of all would have to rise by for it not to be empty, 0 where it is
    not. epsilon () or (draw,): what each coalition but that of all is asked to do without, 0 but for the least core.
    """

    players: tuple[str, ...]
    empty: npt.NDArray[np.bool_]
    least: Array
    most: Array
    shortfall: Array
    epsilon: Array

    def __repr__(self) -> str:
        what = "Core" if not np.any(self.epsilon) else f"Least core, epsilon {np.mean(self.epsilon):,.6g}"
        if np.ndim(self.empty):
            what += f", {np.size(self.empty)} draws, empty in {int(np.sum(self.empty))}; means of the others"
        elif self.empty:
            return f"{what}: empty, all together lack {float(self.shortfall):,.6g}"
        if np.all(self.empty):
            return what
        width = max(6, *(len(name) for name in self.players))
        low, high = (np.nanmean(np.atleast_2d(part), axis=0) for part in (self.least, self.most))
        lines = [what, f"  {'player':<{width}}{'at least':>14}{'at most':>14}"]
        lines += [
            f"  {name:<{width}}{a:>14,.6g}{b:>14,.6g}" for name, a, b in zip(self.players, low, high, strict=True)
        ]
        return "\n".join(lines)


def excesses(game: Game, x: npt.ArrayLike) -> Array:
    """(2^n,) or (draw, 2^n): v(S) - x(S), what each coalition could gain by itself; below zero where it would lose.

    x: (n,) or (draw, n). Raises CaseError for a shape that does not fit.
    """
    shares = drawn("excesses: x", x)
    if not shares.ndim or shares.shape[-1] != game.n:
        raise CaseError([f"excesses: x has the shape {shares.shape}; expected ({game.n},) or (draw, {game.n})"])
    return np.asarray(game.values - sums(shares))


def in_core(game: Game, x: npt.ArrayLike, tolerance: float = 1e-9) -> npt.NDArray[np.bool_]:
    """() or (draw,): whether a division is in the core, to a share of the largest value. Raises CaseError."""
    excess = excesses(game, x)
    near = tolerance * np.abs(game.values).max(axis=-1)
    return np.asarray((excess.max(axis=-1) <= near) & (np.abs(excess[..., -1]) <= near))


def shortfall(game: Game) -> Array:
    """() or (draw,): what the worth of all lacks for the core not to be empty; 0 where it lacks nothing."""
    if game.n == 1:
        return frozen(np.zeros(game.values.shape[:-1]))
    rows, _, size = _scaled(game)
    needed = _Search(rows, free=True).minimum(np.ones(game.n)) - rows[:, -1]
    lacking = np.where(needed > _SAME, needed * size, 0.0)
    return frozen(lacking.reshape(game.values.shape[:-1]))


def core(game: Game) -> Core:
    """The core: whether it is empty, and what each player gets in it at least and at most. Raises NoConvergence."""
    return _bounds(game, shortfall(game), np.zeros(game.values.shape[:-1]))


def least_core(game: Game) -> Core:
    """The least core: as `core`, with the smallest epsilon, below zero where the core has room. Raises NoConvergence.

    For one player it is what he is worth, with epsilon 0.
    """
    rows, _, size = _scaled(game)
    if game.n == 1:
        return core(game)
    epsilon = (_Search(rows, slack=None).minimum(np.zeros(game.n), 1.0) * size).reshape(game.values.shape[:-1])
    return _bounds(game, np.zeros(game.values.shape[:-1]), epsilon)


def _bounds(game: Game, lacking: Array, epsilon: Array) -> Core:
    rows, alone, size = _scaled(game)
    kept = np.atleast_1d(lacking) == 0
    least, most = np.full(alone.shape, np.nan), np.full(alone.shape, np.nan)
    if kept.any():
        search = _Search(rows[kept], slack=np.atleast_1d(epsilon)[kept] / size[kept])
        for k, one in enumerate(np.eye(game.n)):
            least[kept, k] = search.minimum(one)
            most[kept, k] = -search.minimum(-one)
    shape = alone.shape if game.draws is not None else (game.n,)
    return Core(
        players=game.players,
        empty=~kept.reshape(lacking.shape),
        least=frozen((alone + size[:, None] * least).reshape(shape)),
        most=frozen((alone + size[:, None] * most).reshape(shape)),
        shortfall=frozen(lacking),
        epsilon=frozen(epsilon),
    )


def _scaled(game: Game) -> tuple[Array, Array, Array]:
    """Values net of what players are worth alone, of the size of 1; what they are worth alone; the size (draw,)."""
    rows = np.atleast_2d(game.values)
    alone = rows[:, game.singles]
    net = rows - sums(alone)
    size = np.abs(net).max(axis=1)
    size = np.where(size > _SAME * np.abs(rows).max(axis=1), size, 1.0)
    return net / size[:, None], alone, size


class _Search:
    """Minima over the divisions of many draws, each basis found for one of them tried on all.

    free: what all get together is not fixed. slack (draw,): t is fixed at it; None: it is free.
    """

    def __init__(self, rows: Array, free: bool = False, slack: Array | float | None = 0.0) -> None:
        self.rows, self.free = rows, free
        self.n = rows.shape[1].bit_length() - 1
        self.slack = None if slack is None else np.broadcast_to(np.asarray(slack, dtype=np.float64), len(rows))
        self.programs: dict[int, Program] = {}

    def minimum(self, cost: Array, t: float = 0.0) -> Array:
        """(draw,), the least value of cost.x + t times the slack."""
        result = np.empty(len(self.rows))
        left = np.arange(len(self.rows))
        while left.size:
            value, basis = self._solve(int(left[0]), cost, t)
            result[left[0]] = value
            fits = np.zeros(left.size, dtype=bool)
            step = max(1, _CELLS >> self.n)
            for at in range(1, left.size, step):
                if basis is None:
                    break
                part = left[at : at + step]
                found, fits[at : at + step] = basis(part)
                good = fits[at : at + step]
                result[part[good]] = found[good] @ np.append(cost, t)
            fits[0] = True
            left = left[~fits]
        return result

    def _solve(self, draw: int, cost: Array, t: float) -> tuple[float, _Basis | None]:
        """The least value of one draw, and the basis; None where it is not square."""
        from tumen.bargain._program import Program

        program = self.programs.get(draw)
        if program is None:
            program = self.programs[draw] = Program(self.rows[draw])
            if self.slack is not None:
                program.slack(float(self.slack[draw]))
            if self.free:
                program.total(-np.inf, np.inf)
        program.cost(cost, t)
        x, slack = program.solve()
        coalitions, resting = program.vertex()
        tight = np.array(coalitions, dtype=np.int64)
        matrix = np.column_stack([indicator(tight, self.n), tight != (1 << self.n) - 1])
        matrix = np.concatenate([matrix, np.eye(self.n + 1)[resting]])
        if matrix.shape[0] != matrix.shape[1]:
            return float(cost @ x + t * slack), None
        inverse = np.linalg.inv(matrix)

        def apply(part: npt.NDArray[np.intp]) -> tuple[Array, npt.NDArray[np.bool_]]:
            worth = np.zeros((part.size, self.n + 1))
            worth[:, : tight.size] = self.rows[np.ix_(part, tight)]
            if self.slack is not None:
                worth[:, -1] = self.slack[part]  # t rests at what it is fixed to, and stands last
            found = worth @ inverse.T
            excess = self.rows[part] - sums(found[:, :-1])
            proper = excess[:, 1:-1].max(axis=1, initial=-np.inf) <= found[:, -1] + _SAME
            whole = self.free | (np.abs(excess[:, -1]) <= _SAME)
            return found, proper & whole

        return float(cost @ x + t * slack), apply


_Basis = Callable[[npt.NDArray[np.intp]], tuple[Array, npt.NDArray[np.bool_]]]
