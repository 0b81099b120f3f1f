"""Small things that the whole package uses: the array type, coalitions as bits, sums over all coalitions at once.

A coalition is a number whose bit k says whether player k belongs to it; an array over coalitions has them in the order
of these numbers, so that 0 is the empty one and 2^n - 1 the grand one.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from tumen.errors import CaseError

__all__ = ["Array", "Bits", "drawn", "frozen", "indicator", "sizes", "sums"]

Array = npt.NDArray[np.float64]
Bits = npt.NDArray[np.int64]


def frozen(values: npt.ArrayLike) -> Array:
    """The values as a read-only float array that shares no memory with what the caller can still write to."""
    array = np.asarray(values, dtype=np.float64)
    if array.base is not None or array.flags.writeable:
        array = array.copy()
        array.setflags(write=False)
    return array


def drawn(name: str, values: npt.ArrayLike, low: float = -np.inf, high: float = np.inf) -> Array:
    """The values as finite floats between `low` and `high`; CaseError names the first that is not."""
    array = np.asarray(values, dtype=np.float64)
    bad = ~((array >= low) & (array <= high) & np.isfinite(array))
    if bad.any():
        first = float(array[bad][0]) if array.ndim else float(array)
        limits = f"between {low:g} and {high:g}" if np.isfinite(high) else f"of at least {low:g}"
        expected = f"a number {limits}" if np.isfinite(low) else "a finite number"
        raise CaseError([f"{name} is {first:g}; expected {expected}"])
    return array


@lru_cache(maxsize=8)
def sizes(n: int) -> npt.NDArray[np.intp]:
    """(2^n,), how many players each coalition has."""
    count = np.zeros(1 << n, dtype=np.intp)
    for k in range(n):
        np.add(count[: 1 << k], 1, out=count[1 << k : 2 << k])
    count.setflags(write=False)
    return count


def sums(x: Array) -> Array:
    """(..., n) to (..., 2^n): what each coalition gets together, by doubling."""
    n = x.shape[-1]
    total = np.empty((*x.shape[:-1], 1 << n))
    total[..., 0] = 0.0
    for k in range(n):
        np.add(total[..., : 1 << k], x[..., k, None], out=total[..., 1 << k : 2 << k])
    return total


def indicator(coalitions: npt.ArrayLike, n: int) -> Array:
    """(c,) to (c, n): 1 where the player belongs to the coalition."""
    bits = np.atleast_1d(np.asarray(coalitions, dtype=np.int64))
    return np.asarray((bits[:, None] >> np.arange(n)) & 1, dtype=np.float64)
