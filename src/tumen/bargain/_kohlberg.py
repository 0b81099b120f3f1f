"""Kohlberg's criterion: a proof, from x and v alone, that x is the (pre)nucleolus.

Let B_1, B_2, ... be the coalitions whose excess at x is at least the largest, the second largest, and so on. An
efficient x is the prenucleolus exactly if every B_k is balanced: some weights, all above zero, make the indicator
vectors of B_k add up to a multiple of that of the grand coalition (Kohlberg 1971; Sobolev 1975 for the prenucleolus).
For the nucleolus, x must leave everybody what he is worth alone, and players left just that may enter with weights of
at least zero.

Coalitions in the span of earlier levels need no weights of their own, so at most n - 1 levels are looked at: each asks
one linear programme whether weights of at least 1 exist that bring the new coalitions into the span.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tumen.bargain._arrays import Array, drawn, indicator, sums
from tumen.bargain._game import Game
from tumen.bargain._span import Span
from tumen.errors import CaseError

__all__ = ["Certificate", "kohlberg"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Certificate:
    """The outcome of the criterion: `passes` () or (draw,), true where proved; `reasons`, one a draw, say why not."""

    passes: npt.NDArray[np.bool_]
    reasons: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.passes.all())

    def __repr__(self) -> str:
        failed = [text for text in self.reasons if text]
        if not failed:
            return "Certificate: proved" + (f" in all {len(self.reasons)} draws" if self.passes.ndim else "")
        where = f" in {len(failed)} of {len(self.reasons)} draws" if self.passes.ndim else ""
        return f"Certificate: not proved{where}: {failed[0]}"


def kohlberg(game: Game, x: npt.ArrayLike, *, imputations: bool = True, tolerance: float = 1e-8) -> Certificate:
    """Whether x is the nucleolus of the game; the prenucleolus without `imputations`.

    x: (n,) or (draw, n). tolerance: excesses that differ by less than this share of the largest value, net of what
    players are worth alone, are one level. Raises CaseError for a shape that does not fit.
    """
    shares = drawn("kohlberg: x", x)
    if shares.shape != (*game.values.shape[:-1], game.n):
        raise CaseError([f"kohlberg: x has the shape {shares.shape}; expected {(*game.values.shape[:-1], game.n)}"])
    rows, shares = np.atleast_2d(game.values), np.atleast_2d(shares)
    alone = rows[:, game.singles]
    reasons = []
    for worth, base, share in zip(rows, alone, shares, strict=True):
        near = tolerance * max(float(np.abs(worth - sums(base)).max()), float(np.abs(worth).max()) * 1e-6)
        reasons.append(_why_not(game, worth, share, base if imputations else None, near))
    passes = np.array([not text for text in reasons]).reshape(game.values.shape[:-1])
    return Certificate(passes, tuple(reasons))


def _why_not(game: Game, worth: Array, x: Array, alone: Array | None, near: float) -> str:
    """Why x is not proved; nothing where it is."""
    n = game.n
    if abs(float(x.sum()) - worth[-1]) > near * n:
        return f"the shares add up to {x.sum():g}, not to {worth[-1]:g}"
    held = np.zeros(n, dtype=bool)
    if alone is not None:
        if (x < alone - near).any():
            k = int(np.argmin(x - alone))
            return f"{game.players[k]} gets {x[k]:g}, less than {alone[k]:g}, its worth alone"
        held = np.abs(x - alone) <= near
    excess = worth - sums(x)
    span = Span(n)
    while not span.complete():
        excess[span.members()] = -np.inf
        level = float(excess.max())
        new = np.flatnonzero(excess >= level - near)
        free = [k for k in np.flatnonzero(held).tolist() if np.abs(span.free[k]).max() > 1e-7]
        used = _weights(span, new, free)
        if used is None:
            told = ", ".join(game.label(int(s)) for s in new[:3]) + (", ..." if new.size > 3 else "")
            return f"the coalitions with excess {level:g} are not balanced: {told}"
        for coalition in (*new.tolist(), *(1 << k for k in used)):
            if span.complete():
                break
            span.add(coalition)
    return ""


def _weights(span: Span, new: npt.NDArray[np.intp], held: list[int]) -> list[int] | None:
    """The held players who can enter with weights above zero; None where no weights balance the new coalitions.

    minimise -sum s   over lambda >= 1, r >= 0, 0 <= s <= 1   with  Z'(sum lambda_S 1_S + sum (r_i + s_i) 1_i) = 0
    """
    from scipy.optimize import linprog

    single = span.free[held]
    matrix = np.concatenate([indicator(new, span.n) @ span.free, single, single]).T
    bounds = [(1.0, None)] * new.size + [(0.0, None)] * len(held) + [(0.0, 1.0)] * len(held)
    cost = np.append(np.zeros(new.size + len(held)), -np.ones(len(held)))
    found = linprog(cost, A_eq=matrix, b_eq=np.zeros(len(matrix)), bounds=bounds, method="highs")
    if found.status != 0:
        return None
    entered = np.asarray(found.x, dtype=np.float64)[new.size + len(held) :]
    return [player for player, s in zip(held, entered, strict=True) if s > 0.5]
