"""Small things that the whole package uses: the array type, read-only copies, and records that survive pickling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Array", "Record", "drawn", "first_bad", "frozen", "shape_words"]

Array = npt.NDArray[np.float64]


class Record:
    """Base of the frozen records that hold arrays: unpickling goes through the constructor, so they stay read-only."""

    __slots__ = ()

    def __reduce__(self) -> tuple[Any, ...]:
        record: Any = self
        values = (getattr(record, field.name) for field in fields(record))
        return type(self), tuple(dict(v) if isinstance(v, MappingProxyType) else v for v in values)


def frozen(values: npt.ArrayLike) -> Array:
    """The values as a read-only float array that shares no memory with what the caller can still write to."""
    array = np.asarray(values, dtype=np.float64)
    if array.flags.writeable or array.base is not None:
        array = array.copy()
        array.setflags(write=False)
    return array


def shape_words(array: npt.NDArray[Any], names: Sequence[str]) -> str:
    """How a message names a shape.

    >>> shape_words(np.zeros((3, 2)), ("draw", "year"))
    '(3, 2) for (draw, year)'
    """
    return f"{array.shape} for ({', '.join(names)}{',' if len(names) == 1 else ''})"


def first_bad(bad: npt.NDArray[np.bool_]) -> tuple[int, ...]:
    """The position of the first true entry, in row-major order; the caller has made sure that there is one."""
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(bad)), bad.shape))


def drawn(
    where: str,
    name: str,
    values: npt.ArrayLike,
    draws: int,
    low: float = -np.inf,
    high: float = np.inf,
) -> Array:
    """One value a draw, (draw,); a single number stands for all draws. Raises ValueError outside [low, high]."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim == 0:
        array = np.full(draws, float(array))
    if array.shape != (draws,):
        raise ValueError(f"{where}: {name} has the shape {shape_words(array, ('draw',))}; expected ({draws},)")
    bad = ~np.isfinite(array) | (array < low) | (array > high)
    if bad.any():
        (draw,) = first_bad(bad)
        limits = f"between {low:g} and {high:g}" if np.isfinite(high) else f"a finite number of at least {low:g}"
        expected = limits if np.isfinite(low) else "a finite number"
        raise ValueError(f"{where}: {name} is {array[draw]:g} in draw {draw}; expected {expected}")
    return frozen(array)
