"""Internal rates of return, all of them.

With s = log(1 + r), the net present value of flows a_k at times t_k is the exponential sum

    f(s) = sum over k of a_k exp(-s t_k).

By Descartes' rule it has at most as many zeros as the flows, in the order of time, have changes of sign. They are
found without a grid. Let c lie between the two times at which the first change of sign happens. The derivative of
exp(cs) f(s) has the flows (c - t_k) a_k, hence one change of sign less, and by Rolle's theorem its zeros cut the line
into intervals on each of which f has at most one zero. So: find the derivative's zeros first, in the same way, then
bracket. A zero that f only touches is kept where |f| is below 1e-12 of the sum of |a_k| exp(-s t_k). Brackets are
closed by Brent's method to 1e-14 in s. Rates outside exp(-36) - 1 to exp(700) - 1 are left out.

Which root is *the* rate is a convention. Here it is the smallest one that is not negative, or, where all are negative,
the one nearest to zero. `roots=True` gives all of them, rising, so that nobody has to take that on trust.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date
from itertools import pairwise
from typing import Literal, overload

import numpy as np

from tumen.money._arrays import Array
from tumen.money._present_value import year_fraction

__all__ = ["irr", "xirr"]

_TOUCH = 1e-12
_LOWEST, _HIGHEST = -36.0, 700.0
_FARTHEST = 2.0**24


@overload
def irr(flows: Array | Sequence[float], *, roots: Literal[False] = ...) -> float: ...


@overload
def irr(flows: Array | Sequence[float], *, roots: Literal[True]) -> tuple[float, ...]: ...


def irr(flows: Array | Sequence[float], *, roots: bool = False) -> float | tuple[float, ...]:
    """The rate a period at which flows a period apart, (period,), have a net present value of nil.

    Where several rates do, the smallest that is not negative, else the one nearest to zero; with `roots=True` all of
    them, rising (empty where there is none). Raises ValueError where there is none, or a flow is not finite.

    >>> round(irr([-100, 39, 59, 55, 20]), 6)
    0.280948
    >>> [round(r, 9) for r in irr([-1600, 10000, -10000], roots=True)]
    [0.25, 4.0]
    """
    money = np.asarray(flows, dtype=np.float64)
    found = _rates("irr", np.arange(money.size, dtype=np.float64), money)
    return found if roots else _chosen("irr", money, found)


@overload
def xirr(dates: Sequence[date], flows: Array | Sequence[float], *, roots: Literal[False] = ...) -> float: ...


@overload
def xirr(dates: Sequence[date], flows: Array | Sequence[float], *, roots: Literal[True]) -> tuple[float, ...]: ...


def xirr(dates: Sequence[date], flows: Array | Sequence[float], *, roots: bool = False) -> float | tuple[float, ...]:
    """The effective annual rate at which dated flows have a net present value of nil, by "act/365".

    The dates may be in any order. The rule for several rates is that of `irr`.
    """
    money = np.asarray(flows, dtype=np.float64)
    if not dates or len(dates) != money.size:
        raise ValueError(f"xirr: {len(dates)} dates and {money.size} flows; expected one flow a date, at least one")
    first = min(dates)
    found = _rates("xirr", np.array([year_fraction(first, day) for day in dates]), money)
    return found if roots else _chosen("xirr", money, found)


def _rates(where: str, times: Array, money: Array) -> tuple[float, ...]:
    if money.ndim != 1 or not np.isfinite(money).all():
        raise ValueError(f"{where}: flows have the shape {money.shape}; expected one dimension, and finite amounts")
    moments, inverse = np.unique(times, return_inverse=True)
    scale = float(np.abs(money).max(initial=0.0))
    if scale == 0:
        return ()
    sums = np.zeros(moments.size)
    np.add.at(sums, inverse, money / scale)
    with np.errstate(under="ignore"):
        zeros = _zeros(moments, sums)
    return tuple(math.expm1(s) for s in zeros if _LOWEST < s < _HIGHEST)


def _chosen(where: str, money: Array, found: tuple[float, ...]) -> float:
    if not found:
        mixed = bool((money > 0).any() and (money < 0).any())
        raise ValueError(
            f"{where}: no rate gives these {money.size} flows a net present value of nil; "
            + ("roots=True gives an empty tuple for such flows" if mixed else "expected both receipts and payments")
        )
    upper = [rate for rate in found if rate > -_TOUCH]
    return upper[0] if upper else found[-1]


def _zeros(times: Array, money: Array) -> list[float]:
    """All s with sum of money exp(-s times) = 0, rising; times rise strictly."""
    times, money = times[money != 0], money[money != 0]
    signs = np.sign(money)
    changes = np.flatnonzero(signs[1:] != signs[:-1])
    if not changes.size:
        return []
    pivot = (times[changes[0]] + times[changes[0] + 1]) / 2
    turning = _zeros(times, (pivot - times) * money)

    def value(s: float) -> float:
        """f(s) over the sum of its absolute terms, so within [-1, 1] for every s."""
        exponents = -s * times
        terms = money * np.exp(exponents - exponents.max())
        size = float(np.abs(terms).sum())
        return float(terms.sum()) / size

    def sign(s: float) -> int:
        at = value(s)
        return 0 if abs(at) < _TOUCH else int(math.copysign(1, at))

    at_turns = [sign(s) for s in turning]
    found = [s for s, here in zip(turning, at_turns, strict=True) if here == 0]
    ends = list(zip(turning, at_turns, strict=True))
    for (a, at_a), (b, at_b) in pairwise(ends):
        if at_a * at_b < 0:
            found.append(_close(value, a, b))
    middle = (0.0, sign(0.0))
    if not ends and middle[1] == 0:
        return [0.0]
    below, above = (ends[0], ends[-1]) if ends else (middle, middle)
    for (start, here), limit, way in ((below, int(signs[-1]), -1.0), (above, int(signs[0]), 1.0)):
        if here * limit < 0:  # far below, the last flow decides; far above, the first
            end = _reach(sign, start, limit, way)
            if end is not None:
                found.append(_close(value, start, end))
    return sorted(found)


def _reach(sign: Callable[[float], int], start: float, limit: int, way: float) -> float | None:
    step = 0.125
    while step < _FARTHEST:
        if sign(start + way * step) == limit:
            return start + way * step
        step *= 2
    return None


def _close(value: Callable[[float], float], a: float, b: float) -> float:
    from scipy.optimize import brentq

    return float(brentq(value, min(a, b), max(a, b), xtol=1e-14, rtol=1e-14, maxiter=500))
