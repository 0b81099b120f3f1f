"""Values: what each player may expect, as a mean of what joining adds.

    Shapley    phi_i = sum over S with i of  (|S|-1)! (n-|S|)! / n!  (v(S) - v(S without i))          (Shapley 1953)
    Banzhaf    beta_i = 2^(1-n) sum over S with i of (v(S) - v(S without i))                          (Banzhaf 1965)

Both are linear in v. With u(S) = v(S) (w1 + w2)(|S|), w1(s) = (s-1)!(n-s)!/n! and w2(s) = s!(n-s-1)!/n!, the Shapley
value is phi_i = U_i - c, where U_i is the sum of u over coalitions with i and c is the same for all; efficiency,
sum phi = v(N), gives c. The sums U_i come from folding: the top half of the array holds the coalitions with the last
player; adding it to the bottom half removes that player. So all n sums take O(2^n) together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import factorial

import numpy as np
import numpy.typing as npt

from tumen.bargain._arrays import Array, drawn, frozen, sizes
from tumen.bargain._game import Game
from tumen.errors import CaseError

__all__ = ["Sampled", "banzhaf", "sample_shapley", "shapley"]


def shapley(game: Game) -> Array:
    """(n,) or (draw, n): the Shapley value, the mean of what a player adds over all orders of joining.

    Efficient, symmetric, additive, and nothing to a player who never adds anything. It is in the core of a convex game,
    not of every game.
    """
    found, _ = _with_each(game.values * _weights(game.n))
    found -= (found.sum(axis=-1, keepdims=True) - game.values[..., -1:]) / game.n
    return frozen(found)


def banzhaf(game: Game, normalised: bool = False) -> Array:
    """(n,) or (draw, n): the Banzhaf value, the mean of what a player adds over all coalitions of the others.

    It does not add up to the worth of all; normalised, it is scaled so that it does (Penrose-Banzhaf index of a voting
    game). Raises CaseError where that is asked and nobody adds anything.
    """
    found, total = _with_each(game.values)
    found = (2 * found - total[..., None]) / 2 ** (game.n - 1)
    if normalised:
        together = found.sum(axis=-1, keepdims=True)
        if (together == 0).any():
            raise CaseError(["banzhaf: the values add up to 0, so they cannot be normalised"])
        found = found * (game.values[..., -1:] / together)
    return frozen(found)


def _with_each(u: Array) -> tuple[Array, Array]:
    """The sum of u over the coalitions with each player (..., n), and over all (...,)."""
    n = u.shape[-1].bit_length() - 1
    found = np.empty((*u.shape[:-1], n))
    for k in range(n - 1, -1, -1):
        low, high = u[..., : 1 << k], u[..., 1 << k :]
        found[..., k] = high.sum(axis=-1)
        u = low + high
    return found, u[..., 0]


@lru_cache(maxsize=8)
def _weights(n: int) -> Array:
    """(2^n,), w1 + w2 by the size of the coalition; the empty one is worth nothing, so its weight does not matter."""
    whole = factorial(n)
    both = [0.0]
    for s in range(1, n + 1):
        both.append(factorial(s - 1) * factorial(n - s) / whole)
        if s < n:
            both[s] += factorial(s) * factorial(n - s - 1) / whole
    return frozen(np.array(both)[sizes(n)])


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Sampled:
    """A Shapley value by sampling: mean (n,), standard error (n,), and how many coalitions were asked for."""

    players: tuple[str, ...]
    value: Array
    error: Array
    asked: int

    def __repr__(self) -> str:
        width = max(6, *(len(name) for name in self.players))
        lines = [f"Shapley value by sampling, {self.asked:,} coalitions asked for"]
        lines.append(f"  {'player':<{width}}{'value':>14}{'std error':>14}")
        for name, value, error in zip(self.players, self.value, self.error, strict=True):
            lines.append(f"  {name:<{width}}{value:>14,.6g}{error:>14,.2g}")
        return "\n".join(lines)


def sample_shapley(
    worth: Callable[[tuple[str, ...]], float], players: Sequence[str], uniforms: npt.ArrayLike
) -> Sampled:
    """The Shapley value of a game too large to list (more than 22 players), with standard errors.

    Each row of `uniforms`, (sample, n) numbers drawn by the caller, gives an order of joining; that order and its
    reverse are one observation, which takes out most of the noise of games close to convex or concave. The mean is
    unbiased and adds up to the worth of all exactly. `worth` is asked once for each coalition met, as a tuple of names
    in the order of `players`. Castro, Gomez and Tejada (2009), with antithetic orders.

    Raises CaseError for a shape that does not fit, and for fewer than two samples.
    """
    names = tuple(players)
    keys = drawn("sample_shapley: uniforms", uniforms)
    if keys.ndim != 2 or keys.shape[1] != len(names) or len(keys) < 2:
        raise CaseError(
            [f"sample_shapley: uniforms have the shape {keys.shape}; expected at least two rows of {len(names)}"]
        )
    known: dict[int, float] = {0: 0.0}

    def asked(place: int) -> float:
        if place not in known:
            known[place] = float(worth(tuple(name for k, name in enumerate(names) if place >> k & 1)))
        return known[place]

    added = np.zeros(keys.shape)
    for row, order in enumerate(np.argsort(keys, axis=1, kind="stable").tolist()):
        for way in (order, order[::-1]):
            place, before = 0, 0.0
            for k in way:
                place |= 1 << k
                after = asked(place)
                added[row, k] += (after - before) / 2
                before = after
    error = added.std(axis=0, ddof=1) / np.sqrt(len(added))
    return Sampled(names, frozen(added.mean(axis=0)), frozen(error), len(known) - 1)
