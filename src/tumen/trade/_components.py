"""Who still trades with whom: groups of countries cut off from each other, and shocks that leave no equilibrium.

A country that is cut off must live on its own output, so its deficit must be zero. One that can buy abroad but no
longer sell needs a deficit that pays for it, and one that can sell but no longer buy a surplus.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tumen.errors import NoConvergence
from tumen.trade._closures import Closure

__all__ = ["components", "groups", "refuse_without_supplier"]

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
_SETTLED = 1e-9  # of output: deficits below it are rounding
_ADVICE = 'use closure="bilateral", under which it dies with the trade, or "balanced", which purges it first'


def components(
    ties: Mask, deficit: Array, output: Array, countries: Sequence[str], closure: Closure
) -> npt.NDArray[np.int64]:
    """Labels (country,) of the groups that trade together.

    ties: (exporter, importer), where trade can flow. Raises NoConvergence where a group has no equilibrium.
    """
    if ties.sum() == ties.size - len(ties):  # everyone trades with everyone
        return np.zeros(len(ties), dtype=np.int64)
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    graph = csr_array(ties.astype(np.int8))
    label = connected_components(graph, directed=True, connection="weak")[1].astype(np.int64)
    if closure is not Closure.MULTIPLICATIVE:
        _refuse_unpaid(label, deficit, output, countries)
    strong = connected_components(graph, directed=True, connection="strong")[1]
    if strong.max() > label.max():
        _refuse_one_way(ties, strong.astype(np.int64), deficit, output, countries)
    return label


def groups(ties: Mask) -> npt.NDArray[np.int64]:
    """Labels (country,) of the groups that trade together, without asking whether they can live."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    found = connected_components(csr_array(ties.astype(np.int8)), directed=True, connection="weak")[1]
    return np.asarray(found, dtype=np.int64)


def refuse_without_supplier(dead: Mask, countries: Sequence[str]) -> None:
    """Raises NoConvergence where an importer has nobody left to buy from, or an exporter nobody to sell to."""
    for axis, said in ((0, "has no supplier left, not even at home"), (1, "has no buyer left, not even at home")):
        without = np.flatnonzero(dead.all(axis=axis))
        if len(without):
            names = _names(without, countries)
            raise NoConvergence(f"no equilibrium: {names} {said}; give it domestic sales or leave a partner")


def _refuse_unpaid(label: npt.NDArray[np.int64], deficit: Array, output: Array, countries: Sequence[str]) -> None:
    """A group that trades only with itself cannot owe the rest anything."""
    owed, made = np.bincount(label, weights=deficit), np.bincount(label, weights=output)
    unpaid = np.flatnonzero(np.abs(owed) > _SETTLED * made)
    if not len(unpaid):
        return
    group = min(unpaid, key=lambda k: int((label == k).sum()))
    names = _names(np.flatnonzero(label == group), countries)
    kind = "deficit" if owed[group] > 0 else "surplus"
    raise NoConvergence(
        f"no equilibrium: {names} is cut off from the rest with a {kind} of {abs(owed[group]):.6g}, which no trade can "
        f"carry; {_ADVICE}"
    )


def _refuse_one_way(
    ties: Mask, strong: npt.NDArray[np.int64], deficit: Array, output: Array, countries: Sequence[str]
) -> None:
    """A group that only buys from the rest needs a deficit, and one that only sells a surplus."""
    inside = strong[:, None] == strong[None, :]
    sells = np.bincount(strong, weights=(ties & ~inside).any(axis=1)) > 0
    buys = np.bincount(strong, weights=(ties & ~inside).any(axis=0)) > 0
    owed, made = np.bincount(strong, weights=deficit), np.bincount(strong, weights=output)
    for group in range(len(sells)):
        if sells[group] == buys[group] or made[group] > 0.5 * made.sum():
            continue  # what is wrong is better said of the smaller side
        names = _names(np.flatnonzero(strong == group), countries)
        if buys[group] and owed[group] <= _SETTLED * made[group]:
            raise NoConvergence(
                f"no equilibrium: {names} can buy from the rest but sell it nothing, and without a deficit that pays "
                f"for it; cut both directions, or neither"
            )
        if sells[group] and owed[group] >= -_SETTLED * made[group]:
            raise NoConvergence(
                f"no equilibrium: {names} can sell to the rest but buy nothing from it, without a surplus; "
                f"cut both directions, or neither"
            )


def _names(places: npt.NDArray[np.intp], countries: Sequence[str]) -> str:
    shown = ", ".join(countries[i] for i in places[:6])
    return shown if len(places) <= 6 else f"{shown} and {len(places) - 6} more"
