"""Who pays for a line built for the one who needs most of it: runways, or a trunk line and those along it.

Users of type i need the first sections, which cost c_i together; c(S) = max c_i over i in S. Sections are nested, so
there is a closed form for thousands of users (Littlechild and Owen 1973; Littlechild 1974):

    Shapley     each section is shared equally by all who use it: phi_i = sum over k <= i of (c_k - c_(k-1)) / N_(>= k)
    nucleolus   r_1 = min over i of c_i / (N_i + 1), all users alike up to the largest i that attains it, and again from
                there with what they have paid counted; without the + 1 for the last type

where N_i users have a type up to i.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tumen.bargain._arrays import Array, drawn, frozen
from tumen.errors import CaseError

__all__ = ["airport_nucleolus", "airport_shapley"]


def airport_shapley(costs: npt.ArrayLike, counts: npt.ArrayLike | None = None) -> Array:
    """(type,), what each user of a type pays by the Shapley value.

    costs (type,): what a user of the type needs, in all, in any order; counts (type,): users of each, 1 if not given.
    Raises CaseError.
    """
    cost, users, order = _types(costs, counts)
    using = users[::-1].cumsum()[::-1]
    return _in_order(np.cumsum(np.diff(cost, prepend=0.0) / using), order)


def airport_nucleolus(costs: npt.ArrayLike, counts: npt.ArrayLike | None = None) -> Array:
    """(type,), what each user of a type pays by the nucleolus; arguments as for `airport_shapley`."""
    cost, users, order = _types(costs, counts)
    upto = users.cumsum()
    paid = np.empty(cost.size)
    at, spent, before, fee = 0, 0.0, 0.0, 0.0
    while at < cost.size:
        more = upto[at:] - before + 1.0
        more[-1] -= 1.0
        each = (cost[at:] - spent + fee) / more
        fee = float(each.min())
        end = at + int(np.flatnonzero(each <= fee * (1 + 1e-12))[-1]) + 1
        paid[at:end] = fee
        at, spent, before = end, float(cost[end - 1]), float(upto[end - 1])
    return _in_order(paid, order)


def _types(costs: npt.ArrayLike, counts: npt.ArrayLike | None) -> tuple[Array, Array, npt.NDArray[np.intp]]:
    cost = drawn("airport: cost", costs, 0.0)
    users = np.ones(cost.shape) if counts is None else drawn("airport: count", counts, 1.0)
    if cost.ndim != 1 or not cost.size or users.shape != cost.shape:
        raise CaseError([f"airport: costs {cost.shape} and counts {users.shape}; expected one of each for each type"])
    order = np.argsort(cost, kind="stable")
    return cost[order], users[order], order


def _in_order(paid: Array, order: npt.NDArray[np.intp]) -> Array:
    found = np.empty(paid.size)
    found[order] = paid
    return frozen(found)
