"""A curve in one input that bends where it must: linear splines with knots at even steps of its rank.

An input is first put on a scale u from 0 to 1: `ranked_shares`, the share of draws below it, so that neither its unit
nor its tails matter; or `by_quantiles`, which runs straight in the input itself between one knot and the next, so
that a line stays a line out to the last draw. The curve is a sum of hat functions of u: hat k is 1 at knot k, falls
to 0 at the knots beside it, and all hats of a draw sum to 1.
"""

from __future__ import annotations

import numpy as np

from tumen.uncertainty._arrays import Array

__all__ = ["KNOTS", "by_quantiles", "hats", "ranked_shares"]

KNOTS = 12


def ranked_shares(x: Array) -> Array:
    """The share of draws below each, ties at their mean, (draw,); between 0 and 1."""
    _, which, counts = np.unique(x, return_inverse=True, return_counts=True)
    return np.asarray(((np.cumsum(counts) - 0.5 * counts) / len(x))[which])


def by_quantiles(x: Array) -> Array:
    """Where each draw lies among even quantiles of all, (draw,): 0 the least of them, 1 the greatest."""
    steps = np.linspace(0.0, 1.0, KNOTS)
    return np.asarray(np.interp(x, np.quantile(x, steps), steps))


def hats(u: Array) -> Array:
    """The hats of each draw, (draw, knot)."""
    at = np.asarray(u) * (KNOTS - 1)
    knot = np.minimum(at.astype(np.intp), KNOTS - 2)
    away = at - knot
    found = np.zeros((len(u), KNOTS))
    draws = np.arange(len(u))
    found[draws, knot] = 1.0 - away
    found[draws, knot + 1] = away
    return found
