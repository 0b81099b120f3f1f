"""Sloped curves solved as they are, by a compiled interior-point method (extra `fast`).

    minimise c·x + h·x²/2  subject to  A x = 0,  0 <= x <= u

by the predictor and corrector of Mehrotra (1992), with the normal equations A Θ^-1 A' factorised by Cholesky, one draw
after the other. Networks of some ten to a hundred markets take 10 to 100 microseconds. Nothing depends on its word: the
caller measures the duality gap of what it returns and solves by segments where that is too large.
"""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np

from tumen.corridor._check import Part, Point
from tumen.corridor._drawn import Array

__all__ = ["available", "interior"]

_MARKETS = 120  # the factor is dense; larger networks are left to the sparse simplex method
_ITERATIONS = 60


def available(part: Part) -> bool:
    """Whether numba is installed and the network is small enough."""
    return 0 < len(part.markets) <= _MARKETS and find_spec("numba") is not None


def interior(part: Part, capacity: Array, accuracy: float) -> Point:
    """Flows, quantities and prices of all draws for limits of arcs (D, arcs): close, but not checked."""
    from tumen.corridor._kernel import all_draws  # numba is slow to import

    program, arcs, curves = part.program, part.arcs, part.curves
    sign = program.sign[curves]
    a, b, size = (np.ascontiguousarray(array[:, curves]) for array in (program.a, program.b, program.size))
    cost = np.ascontiguousarray(program.cost[:, arcs])
    upper = np.concatenate([np.broadcast_to(capacity, cost.shape), size], axis=1)
    finite = np.where(np.isinf(size), 0.0, size).sum(axis=1, keepdims=True)
    upper = np.where(np.isinf(upper), 2 * finite + 1, upper)  # no use of an unlimited arc or curve is larger
    linear = np.concatenate([cost, sign * a], axis=1)
    square = np.concatenate([np.zeros_like(cost), b], axis=1)
    tail = np.concatenate([part.origin, np.full(len(curves), -1)])
    head = np.concatenate([part.destination, part.market])
    into = np.concatenate([program.keep[arcs], sign])
    found, price = all_draws(linear, square, upper, tail, head, into, len(part.markets), accuracy, _ITERATIONS)
    return Point(found[:, : len(arcs)], found[:, len(arcs) :], price, capacity, cost, a, b, size)
