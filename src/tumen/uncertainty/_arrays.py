"""Arrays that are handed out read-only, and a mapping that cannot change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

__all__ = ["Array", "Frozen", "readonly"]

Array: TypeAlias = npt.NDArray[np.float64]

Key = TypeVar("Key")
Value = TypeVar("Value", covariant=True)


def readonly(values: npt.ArrayLike) -> Array:
    """`values` as a read-only array of floats: a copy, unless it is one already."""
    array = np.asarray(values, dtype=np.float64)
    if array.flags.writeable:
        array = array.copy()
        array.setflags(write=False)
    return array


class Frozen(Mapping[Key, Value]):
    """A mapping that keeps its order, cannot change, can be pickled and, if its values can be, hashed.

    >>> Frozen({"a": 1}) == {"a": 1}, hash(Frozen({"a": 1, "b": 2})) == hash(Frozen({"b": 2, "a": 1}))
    (True, True)
    """

    __slots__ = ("_items",)
    _items: dict[Key, Value]

    def __init__(self, items: Mapping[Key, Value] | Iterable[tuple[Key, Value]] = ()) -> None:
        self._items = dict(items)

    def __getitem__(self, key: Key) -> Value:
        return self._items[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(frozenset(self._items.items()))

    def __repr__(self) -> str:
        return repr(self._items)
