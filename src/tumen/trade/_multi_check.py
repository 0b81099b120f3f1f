"""Whether a many-sector counterfactual can have an equilibrium at all, told before anything is solved.

Three things can forbid one. A household that spends a fixed share on a sector has no price for it once all its
suppliers are gone. A country, or a group of them, that no longer trades with the rest cannot run a deficit or surplus.
A group that buys from the rest and sells nothing to it cannot pay, unless its deficit is financed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tumen.errors import NoConvergence
from tumen.trade._multi import Array, ManySectors

__all__ = ["Markets", "markets", "parts_of"]

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Markets:
    """What is left after a change, (S, N): producers with all inputs, markets with a supplier, markets with a buyer.

    `part` (N,) numbers the parts of the world that do not trade with each other.
    """

    alive: Mask
    priced: Mask
    live: Mask
    part: NDArray[np.intp]


def markets(base: ManySectors, weights: Array, deficit: Array) -> Markets:
    """Producers that still have their inputs, markets that still have a supplier, and the parts of the world.

    `weights` (S, N, N) are zero where there is no flow. Raises `NoConvergence` with the reason where there can be
    no equilibrium.
    """
    flows = weights > 0
    uses = base.inputs != 0
    alive = np.ones(base.final.shape, bool)
    while True:
        priced = np.matmul(alive[:, None, :].astype(float), flows.astype(float))[:, 0, :] > 0
        lacking = (uses & ~priced[:, None, :]).any(0)
        if not (alive & lacking).any():
            break
        alive &= ~lacking
    wanting = np.argwhere((base.final > 0) & ~priced)
    if len(wanting):
        raise NoConvergence(_unsupplied(base, wanting))
    flows &= alive[:, :, None]
    live = _bought(base, flows)
    return Markets(alive, priced, live, _parts(base, np.asarray((flows & live[:, None, :]).any(0)), deficit))


def _bought(base: ManySectors, flows: Mask) -> Mask:
    """Markets (S, N) where somebody buys: households, or producers who sell."""
    uses = (base.inputs != 0).astype(float)
    live = base.final > 0
    while True:
        sold = np.matmul(flows.astype(float), live[:, :, None].astype(float))[:, :, 0] > 0
        wider = live | (np.einsum("ksn,sn->kn", uses, sold.astype(float)) > 0)
        if (wider == live).all():
            return live
        live = wider


def _unsupplied(base: ManySectors, cells: NDArray[np.intp]) -> str:
    named = [f"{base.sectors[s]} in {base.countries[n]}" for s, n in cells]
    shown = ", ".join(named[:8]) + (f" and {len(named) - 8} more" if len(named) > 8 else "")
    return (
        f"no equilibrium: no supplier is left for {shown}; a fixed share of spending has no price there. Leave a "
        "supplier, give the country a home share in the baseline, or merge the sector with another"
    )


def parts_of(ties: Mask, connection: Literal["weak", "strong"] = "weak") -> Array:
    """1 where two countries are in one part of the world, else 0, (N, N); `strong`: where trade runs both ways."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    _, part = connected_components(csr_matrix(ties.astype(float)), directed=True, connection=connection)
    together: Array = (part[:, None] == part).astype(float)
    return together


def _parts(base: ManySectors, ties: Mask, deficit: Array) -> NDArray[np.intp]:
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    ties = ties & ~np.eye(len(ties), dtype=bool)
    graph = csr_matrix(ties.astype(float))
    _, part = connected_components(graph, directed=True, connection="weak")
    count, strong = connected_components(graph, directed=True, connection="strong")
    slack = 1e-9 * base.income.sum()
    problems = []
    for index in range(part.max() + 1):
        inside = part == index
        if base.income[inside].sum() > 0.5 * base.income.sum():
            continue  # what is wrong is better said of the smaller side
        if abs(deficit[inside].sum()) > slack:
            problems.append(
                f"no equilibrium: {_names(base, inside)} would trade with nobody else, yet the deficit is "
                f"{deficit[inside].sum():.6g} MUSD; set it to zero or take the closure 'balanced'"
            )
    for index in range(count):
        inside = strong == index
        sells, buys = ties[inside][:, ~inside].any(), ties[~inside][:, inside].any()
        balance = deficit[inside].sum()
        if (buys and not sells and balance <= slack) or (sells and not buys and balance >= -slack):
            verb = "buys from the rest and sells it nothing" if buys else "sells to the rest and buys nothing"
            problems.append(
                f"no equilibrium: {_names(base, inside)} {verb}, with a deficit of {balance:.6g} MUSD; trade cannot "
                "balance. Cut or open both directions, or give the deficit that finances it"
            )
    if problems:
        raise NoConvergence("\n".join(problems))
    return part.astype(np.intp)


def _names(base: ManySectors, inside: Mask) -> str:
    names = [base.countries[n] for n in np.flatnonzero(inside)]
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
