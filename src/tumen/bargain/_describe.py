"""What kind of game it is, said plainly.

    monotone        more players are never worth less:           v(S) <= v(T) for S within T
    superadditive   two groups are never worth less together:    v(S) + v(T) <= v(S u T), S and T apart
    convex          joining adds more, the larger the group:     v(S u i) - v(S) <= v(T u i) - v(T) for S within T
    balanced        the core is not empty                        (Bondareva 1963, Shapley 1967)

Convex games are superadditive and balanced, and their Shapley value is in the core (Shapley 1971).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tumen.bargain._arrays import Array
from tumen.bargain._core import shortfall
from tumen.bargain._game import Game

__all__ = ["Description", "describe"]

Truth = npt.NDArray[np.bool_]
_SAME = 1e-9  # of the largest value
_PAIRS = 16  # players up to which all pairs of groups are compared: 3^16 is 43 million
_CELLS = 1 << 22


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Description:
    """Properties of a game, each () or (draw,); `sentences` say the same, each failure with an example.

    superadditive is None where it was not checked: above 16 players, unless the game is convex.
    """

    monotone: Truth
    superadditive: Truth | None
    convex: Truth
    balanced: Truth
    sentences: tuple[str, ...]

    def __repr__(self) -> str:
        return "\n".join(self.sentences)


def describe(game: Game) -> Description:
    """Whether a game is monotone, superadditive, convex and balanced. Raises NoConvergence."""
    rows = np.atleast_2d(game.values)
    near = _SAME * np.abs(rows).max(axis=1)
    grown = _monotone(rows, near)
    convex = _convex(rows, near)
    lacking = np.atleast_1d(shortfall(game))
    joined = None
    if game.n <= _PAIRS:
        joined = _superadditive(rows, near)
    elif (convex < 0).all():
        joined = convex
    shape = game.values.shape[:-1]
    return Description(
        monotone=(grown < 0).reshape(shape),
        superadditive=None if joined is None else (joined < 0).reshape(shape),
        convex=(convex < 0).reshape(shape),
        balanced=(lacking == 0).reshape(shape),
        sentences=_sentences(game, grown, joined, convex, lacking),
    )


def _monotone(rows: Array, near: Array) -> npt.NDArray[np.int64]:
    """(draw,), a coalition that loses by growing, with the number of the player who joins; -1 where there is none."""
    n = rows.shape[1].bit_length() - 1
    found = np.full(len(rows), -1, dtype=np.int64)
    for k in range(n):
        pairs = rows.reshape(len(rows), -1, 2, 1 << k)
        loss = (pairs[:, :, 0] - pairs[:, :, 1]).reshape(len(rows), -1)
        worst = loss.argmax(axis=1)
        without = (worst >> k << (k + 1)) | (worst & ((1 << k) - 1))
        bad = (loss.max(axis=1) > near) & (found < 0)
        found = np.where(bad, without * 32 + k, found)
    return found


def _convex(rows: Array, near: Array) -> npt.NDArray[np.int64]:
    """(draw,), a coalition and two players who add less together than apart, as S * 1024 + i * 32 + j; or -1."""
    n = rows.shape[1].bit_length() - 1
    found = np.full(len(rows), -1, dtype=np.int64)
    for j in range(n):
        for i in range(j):
            part = rows.reshape(len(rows), -1, 2, 1 << (j - 1 - i), 2, 1 << i)
            gain = part[:, :, 1, :, 1] - part[:, :, 1, :, 0] - part[:, :, 0, :, 1] + part[:, :, 0, :, 0]
            flat = gain.reshape(len(rows), -1)
            worst = flat.argmin(axis=1)
            high, middle, low = np.unravel_index(worst, gain.shape[1:])
            base = (high << (j + 1)) | (middle << (i + 1)) | low
            bad = (flat.min(axis=1) < -near) & (found < 0)
            found = np.where(bad, base * 1024 + i * 32 + j, found)
    return found


def _superadditive(rows: Array, near: Array) -> npt.NDArray[np.int64]:
    """(draw,), two groups apart that are worth less together, as S * 2^32 + T; -1 where there are none.

    A player is in S, in T or in neither: all 3^low choices of the first players are compared at once, in a loop over
    the choices of the others.
    """
    n = rows.shape[1].bit_length() - 1
    found = np.full(len(rows), -1, dtype=np.int64)
    low = min(n, 9)
    while low and len(rows) * 3**low > _CELLS:
        low -= 1
    s, t = _apart_pairs(low)
    for high_s, high_t in zip(*(part.tolist() for part in _apart_pairs(n - low)), strict=True):
        if high_t < high_s:
            continue  # the same two groups the other way round
        first, second = s | high_s << low, t | high_t << low
        loss = rows[:, first] + rows[:, second] - rows[:, first | second]
        worst = loss.argmax(axis=1)
        bad = (loss[np.arange(len(rows)), worst] > near) & (found < 0)
        found = np.where(bad, first[worst] * 2**32 + second[worst], found)
    return found


def _apart_pairs(n: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """(3^n,) twice: all pairs of coalitions of n players that share nobody."""
    s, t = np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
    for k in range(n):
        s, t = np.concatenate([s, s | 1 << k, s]), np.concatenate([t, t, t | 1 << k])
    return s, t


def _sentences(
    game: Game,
    grown: npt.NDArray[np.int64],
    joined: npt.NDArray[np.int64] | None,
    convex: npt.NDArray[np.int64],
    lacking: Array,
) -> tuple[str, ...]:
    """A sentence for each property: that it holds, or where it fails."""
    told = [_sentence("monotone: more players are never worth less", grown, _example_of_loss(game, grown))]
    if joined is None:
        told.append("superadditive: not checked, as there are too many pairs of groups")
    else:
        told.append(_sentence("superadditive: two groups are never worth less together", joined, _apart(game, joined)))
    told.append(_sentence("convex: joining adds more, the larger the group", convex, _less_added(game, convex)))
    worst = int(lacking.argmax())
    lack = f"all together lack {lacking[worst]:,.6g}{_in_draw(game, worst)}"
    told.append(_sentence("balanced: the core is not empty", np.where(lacking > 0, 0, -1), lack))
    return tuple(told)


def _sentence(claim: str, found: npt.NDArray[np.int64], example: str) -> str:
    failing = int((found >= 0).sum())
    if not failing:
        return claim
    name = claim.partition(":")[0]
    share = f" in {failing} of {len(found)} draws" if len(found) > 1 else ""
    return f"not {name}{share}: {example}"


def _first(game: Game, found: npt.NDArray[np.int64]) -> tuple[int, int, Array]:
    """The first draw that fails, its example, and its values."""
    draw = int((found >= 0).argmax())
    return draw, int(found[draw]), np.atleast_2d(game.values)[draw]


def _in_draw(game: Game, draw: int) -> str:
    return "" if game.draws is None else f" in draw {draw}"


def _example_of_loss(game: Game, found: npt.NDArray[np.int64]) -> str:
    draw, code, row = _first(game, found)
    base, k = max(code, 0) >> 5, max(code, 0) & 31
    after = row[base | 1 << k]
    joins = f"{game.label(base)} makes {row[base]:,.6g}, with {game.players[k]} {after:,.6g}"
    return joins + _in_draw(game, draw)


def _apart(game: Game, found: npt.NDArray[np.int64]) -> str:
    draw, code, row = _first(game, found)
    s, t = sorted((max(code, 0) >> 32, max(code, 0) & (2**32 - 1)))
    together = f"{row[s | t]:,.6g} together, {row[s]:,.6g} and {row[t]:,.6g} apart"
    return f"{game.label(s)} and {game.label(t)} make {together}{_in_draw(game, draw)}"


def _less_added(game: Game, found: npt.NDArray[np.int64]) -> str:
    draw, code, row = _first(game, found)
    base, i, j = max(code, 0) >> 10, max(code, 0) >> 5 & 31, max(code, 0) & 31
    small = row[base | 1 << j] - row[base]
    large = row[base | 1 << i | 1 << j] - row[base | 1 << i]
    to, more = game.label(base), game.label(base | 1 << i)
    return f"{game.players[j]} adds {small:,.6g} to {to}, {large:,.6g} to {more}{_in_draw(game, draw)}"
