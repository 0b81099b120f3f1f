"""What becomes of trade deficits: the closures of the model, by name.

    additive        a deficit keeps its worth in units of world output, which is the numeraire
    world_share     a deficit keeps its share of world income, tariff revenue included; without tariffs the same as
                    additive, because the numeraire is then world income
    balanced        deficits are purged first; the counterfactual is relative to the purged base
    bilateral       a country's deficit is the sum of its balances with each partner, and a balance dies with the trade
                    that it pays for: when the side in surplus can no longer sell to the side in deficit
    proportional    the same, but gradually: each pair's balance moves in proportion to the pair's two-way trade at
                    exporters' prices, D'_j = sum_i b_ij T'_ij / T_ij with b_ij = X_ij - X_ji and T_ij = X_ij + X_ji, so
                    that an embargo is the limit of rising costs. Countries between which trade went one way only are
                    bound by no balance; groups that trade both ways have a numeraire each. Balances are those of the
                    base, so that two shocks one after the other are not quite the same as both at once
    multiplicative  spending moves with the country's own wage, E' = E w (published, and common in gravity packages).
                    Spending and output of the world then differ: Walras' law is violated, and `walras_gap` says by
                    how much

Additive and world_share have no equilibrium where a country with a deficit or a surplus is cut off.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import numpy.typing as npt

from tumen.errors import unknown_name

__all__ = ["Closure", "bilateral_deficits", "closure_named", "proportional_shares"]

Array = npt.NDArray[np.float64]


class Closure(StrEnum):
    """The closures by name; see the module."""

    ADDITIVE = "additive"
    WORLD_SHARE = "world_share"
    BALANCED = "balanced"
    BILATERAL = "bilateral"
    PROPORTIONAL = "proportional"
    MULTIPLICATIVE = "multiplicative"


def closure_named(name: str) -> Closure:
    """The closure of that name, hyphens taken as underscores; raises UnknownName.

    >>> closure_named("world-share")
    <Closure.WORLD_SHARE: 'world_share'>
    """
    try:
        return Closure(str(name).replace("-", "_"))
    except ValueError:
        raise unknown_name("closure", str(name), [str(closure) for closure in Closure]) from None


def bilateral_deficits(flows: Array, cut: npt.NDArray[np.bool_]) -> Array:
    """Deficits (importer,) that remain when the balances of dead ties are gone.

    flows: (exporter, importer) of the base. cut: where the exporter can no longer sell to the importer. A balance is
    what j buys from i beyond what it sells to i; it dies where the larger of the two flows is cut.

    >>> flows = np.array([[5.0, 3.0], [1.0, 5.0]])
    >>> bilateral_deficits(flows, np.zeros((2, 2), dtype=bool))
    array([-2.,  2.])
    >>> bilateral_deficits(flows, np.array([[False, True], [False, False]]))
    array([0., 0.])
    """
    balance = flows - flows.T
    dead = np.where(balance > 0, cut, cut.T)
    kept: Array = np.where(dead, 0.0, balance).sum(axis=0)
    return kept


def proportional_shares(flows: Array) -> Array:
    """The balance of each pair as a share of its two-way trade, (..., exporter, importer), what j owes i above 0.

    flows: (..., exporter, importer) of the base. A country's deficit is the sum over i of the shares times two-way
    trade.

    >>> proportional_shares(np.array([[5.0, 3.0], [1.0, 5.0]]))
    array([[ 0. ,  0.5],
           [-0.5,  0. ]])
    """
    back = flows.swapaxes(-1, -2)
    both = flows + back
    return np.asarray((flows - back) / np.where(both > 0, both, 1.0))
