"""The interior-point method of `_interior` in plain loops, which numba compiles; without it they run slowly.

Arrays of one draw: c, h, u, x, s, z, w (columns); s = u - x; z and w are the duals of both limits; y (rows) the prices.
A column takes one unit from the row `tail`, if that is not negative, and gives `into` units to the row `head`.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

__all__ = ["all_draws"]

_TINY = 1e-14


def _compiled(function: Any) -> Any:
    if find_spec("numba") is None:
        return function
    return import_module("numba").njit(cache=True, nogil=True)(function)


@_compiled
def _residuals(
    c: Any, h: Any, tail: Any, head: Any, into: Any, x: Any, s: Any, z: Any, w: Any, y: Any, rd: Any, rp: Any
) -> Any:
    """Complementarity, the largest residual, and how much money moves; fills the residuals rd and rp."""
    gap, worst, moved = 0.0, 0.0, 1e-12
    rp[:] = 0.0
    for j in range(len(c)):
        gap += x[j] * z[j] + s[j] * w[j]
        moved += abs(c[j]) * x[j]
        price = into[j] * y[head[j]]
        rp[head[j]] -= into[j] * x[j]
        if tail[j] >= 0:
            price -= y[tail[j]]
            rp[tail[j]] += x[j]
        rd[j] = price + z[j] - w[j] - c[j] - h[j] * x[j]
        worst = max(worst, abs(rd[j]))
    for i in range(len(rp)):
        worst = max(worst, abs(rp[i]))
    return gap, worst, moved


@_compiled
def _factor(theta: Any, tail: Any, head: Any, into: Any, normal: Any) -> None:
    """The lower Cholesky factor of A Θ A'."""
    normal[:, :] = 0.0
    for j in range(len(theta)):
        k, i = head[j], tail[j]
        normal[k, k] += into[j] * into[j] * theta[j]
        if i >= 0:
            normal[i, i] += theta[j]
            normal[max(i, k), min(i, k)] -= into[j] * theta[j]
    for i in range(len(normal)):
        for k in range(i + 1):
            total = normal[i, k]
            for m in range(k):
                total -= normal[i, m] * normal[k, m]
            if i == k:
                normal[i, i] = np.sqrt(max(total, 1e-30))
            else:
                normal[i, k] = total / normal[k, k]


@_compiled
def _substitute(normal: Any, right: Any) -> None:
    """Solve with the factor, in place."""
    rows = len(right)
    for i in range(rows):
        total = right[i]
        for k in range(i):
            total -= normal[i, k] * right[k]
        right[i] = total / normal[i, i]
    for i in range(rows - 1, -1, -1):
        total = right[i]
        for k in range(i + 1, rows):
            total -= normal[k, i] * right[k]
        right[i] = total / normal[i, i]


@_compiled
def _direction(
    low: Any, high: Any, theta: Any, tail: Any, head: Any, into: Any, state: Any, rd: Any, rp: Any, normal: Any,
    dy: Any, move: Any,
) -> Any:  # fmt: skip
    """Newton's step towards x z = low and s w = high; fills dy and move, and says how far one may go along it."""
    x, s, z, w = state[0], state[1], state[2], state[3]
    dx, dz, dw, g = move[0], move[1], move[2], move[3]
    dy[:] = rp
    for j in range(len(x)):
        g[j] = rd[j] + low[j] / x[j] - z[j] - high[j] / s[j] + w[j]
        dy[head[j]] -= into[j] * theta[j] * g[j]
        if tail[j] >= 0:
            dy[tail[j]] += theta[j] * g[j]
    _substitute(normal, dy)
    far = 1.0
    for j in range(len(x)):
        price = into[j] * dy[head[j]]
        if tail[j] >= 0:
            price -= dy[tail[j]]
        dx[j] = theta[j] * (price + g[j])
        dz[j] = (low[j] - z[j] * dx[j]) / x[j] - z[j]
        dw[j] = (high[j] + w[j] * dx[j]) / s[j] - w[j]
        if dx[j] < 0:
            far = min(far, -x[j] / dx[j])
        elif dx[j] > 0:
            far = min(far, s[j] / dx[j])
        if dz[j] < 0:
            far = min(far, -z[j] / dz[j])
        if dw[j] < 0:
            far = min(far, -w[j] / dw[j])
    return far


@_compiled
def _one_draw(c: Any, h: Any, u: Any, tail: Any, head: Any, into: Any, rows: int, accuracy: float, most: int) -> Any:
    """x and y of one draw; where it fails, its last iterate."""
    n = len(c)
    state, move, rd = np.ones((4, n)), np.zeros((4, n)), np.zeros(n)
    x, s, z, w = state[0], state[1], state[2], state[3]
    x[:], s[:] = u / 2, u / 2
    y, dy, rp, normal = np.zeros(rows), np.zeros(rows), np.zeros(rows), np.zeros((rows, rows))
    low, high, before = np.zeros(n), np.zeros(n), np.inf
    for _ in range(most):
        gap, worst, moved = _residuals(c, h, tail, head, into, x, s, z, w, y, rd, rp)
        if gap <= 0.1 * accuracy * moved and (worst <= 1e-11 or worst >= before):
            break  # rounding makes the residuals grow again in the end
        before = worst
        theta = 1.0 / (h + z / x + w / s)
        _factor(theta, tail, head, into, normal)
        low[:], high[:] = 0.0, 0.0
        far = _direction(low, high, theta, tail, head, into, state, rd, rp, normal, dy, move)
        after = 0.0
        for j in range(n):
            after += (x[j] + far * move[0, j]) * (z[j] + far * move[1, j])
            after += (s[j] - far * move[0, j]) * (w[j] + far * move[2, j])
        target = gap / (2 * n) * (after / gap) ** 3
        for j in range(n):
            low[j], high[j] = target - move[0, j] * move[1, j], target + move[0, j] * move[2, j]
        far = 0.9995 * _direction(low, high, theta, tail, head, into, state, rd, rp, normal, dy, move)
        for j in range(n):
            x[j] += far * move[0, j]
            # From u where that is exact; near the limit by its own steps, which keep it above zero.
            s[j] = u[j] - x[j] if u[j] - x[j] > 1e-3 * u[j] else s[j] - far * move[0, j]
            z[j] += far * move[1, j]
            w[j] += far * move[2, j]
        for i in range(rows):
            y[i] += far * dy[i]
    return x, y


@_compiled
def all_draws(
    linear: Any, square: Any, upper: Any, tail: Any, head: Any, into: Any, rows: int, accuracy: float, most: int
) -> Any:
    """(D, columns) and (D, rows), from costs and limits (D, columns)."""
    draws, columns = linear.shape
    solution, prices = np.zeros((draws, columns)), np.zeros((draws, rows))
    for d in range(draws):
        money, amount = max(np.abs(linear[d]).max(), 1e-300), max(upper[d].max(), 1e-300)
        live = np.flatnonzero(upper[d] > _TINY * amount)
        if not len(live):
            continue
        c, h, u = linear[d][live] / money, square[d][live] * (amount / money), upper[d][live] / amount
        x, y = _one_draw(c, h, u, tail[live], head[live], into[live], rows, accuracy, most)
        for j in range(len(live)):
            solution[d, live[j]] = x[j] * amount
        for i in range(rows):
            prices[d, i] = y[i] * money
    return solution, prices
