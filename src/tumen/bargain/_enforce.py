"""Self-enforcing deals: kept because breaking costs more than it brings, where no court enforces anything.

Each period all share a surplus s. Player i may break: he grabs d_i in that period instead of his share, loses what he
pledged, P_i, and everybody is left with what he has outside, o_i a period. Otherwise the relation ends by itself with
probability h. With beta_i = delta_i (1 - h), staying is worth (x_i - o_i)/(1 - beta_i) more than the outside, breaking
d_i - P_i - o_i more, so nobody breaks a stationary split x exactly if

    x_i >= m_i = beta_i o_i + (1 - beta_i) (d_i - P_i)                    for every i

Such a split exists exactly if sum m_i <= s. Impatience and hazard raise the least shares; pledges lower them. What is
left beyond the least shares is divided equally, or by weights (Levin 2003; MacLeod and Malcomson 1989).

Investment at risk (Thomas and Worrall 1994, in their stationary case). A foreign investor puts c k into a period's
production A k^a; the host may take the share g of output and be on its own from then on. Host and investor together
keep the deal if A k^a - c k >= (1 - beta) g A k^a, so that

    k = (min(a, 1 - (1 - beta) g) A / c)^(1 / (1 - a)),      efficient where beta >= 1 - (1 - a)/g

At g = 1 nothing is invested at a discount factor of zero, and the efficient scale from beta = a on. Closed forms;
nothing is solved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tumen.bargain._arrays import Array, drawn, frozen
from tumen.errors import CaseError

__all__ = ["RelationalInvestment", "SelfEnforcing", "relational_investment", "self_enforcing"]

_BELOW_ONE = float(np.nextafter(1.0, 0.0))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class SelfEnforcing:
    """What keeps a stationary deal.

    least, most, split (n,) or (draw, n): the share below which a player breaks; what he gets when all others get their
    least; the split that divides what is left over. most and split are nan where no split is kept. spare () or (draw,):
    what is left beyond the least shares. kept () or (draw,): whether any split is kept. threshold () or (draw,): the
    discount factor, common to all, from which one is; inf where none is below 1.
    """

    players: tuple[str, ...]
    least: Array
    most: Array
    split: Array
    spare: Array
    kept: npt.NDArray[np.bool_]
    threshold: Array

    def __repr__(self) -> str:
        share = float(np.mean(self.kept))
        title = ("Kept" if share else "Not kept") if share in (0.0, 1.0) else f"Kept in {share:.1%} of draws"
        title += f"; spare {float(np.mean(self.spare)):,.6g}; threshold {float(np.median(self.threshold)):.4g}"
        width = max([6, *(len(name) for name in self.players)])
        lines = [title, f"  {'player':<{width}}{'at least':>14}{'split':>14}{'at most':>14}"]
        means = []
        for part in (self.least, self.split, self.most):
            rows = np.atleast_2d(part)
            rows = rows[~np.isnan(rows).any(axis=1)]
            means.append(rows.mean(axis=0) if len(rows) else np.full(len(self.players), np.nan))
        for k, name in enumerate(self.players):
            lines.append(f"  {name:<{width}}" + "".join(f"{mean[k]:>14,.6g}" for mean in means))
        return "\n".join(lines)


def self_enforcing(
    surplus: npt.ArrayLike,
    *,
    grab: npt.ArrayLike,
    discount: npt.ArrayLike,
    outside: npt.ArrayLike = 0.0,
    hazard: npt.ArrayLike = 0.0,
    pledge: npt.ArrayLike = 0.0,
    weights: npt.ArrayLike = 1.0,
    players: Sequence[str] | None = None,
) -> SelfEnforcing:
    """The stationary split of a surplus that no player gains by breaking.

    Parameters
    ----------
    surplus
        () or (draw,), what all share in a period, capital already sunk.
    grab
        (n,) or (draw, n), what a player gets in the period in which he breaks.
    discount
        (), (n,) or (draw, n), the value now of a unit a period later, from 0 to below 1.
    outside
        (n,) or (draw, n), what a player has in every period once the relation has ended.
    hazard
        () or (draw,), the probability that it ends by itself in a period, 0 to 1.
    pledge
        (n,) or (draw, n), what a player loses once if he breaks: an escrow, goods withheld, a debt that revives.
    weights
        (n,), how what is left beyond the least shares is divided; equal if not given.
    players
        Their names; "1" to "n" if not given.

    Raises
    ------
    CaseError
        For a value out of its range or a shape that does not fit.
    """
    s = drawn("self_enforcing: surplus", surplus)
    taken, out = drawn("self_enforcing: grab", grab), drawn("self_enforcing: outside", outside)
    lost, weight = drawn("self_enforcing: pledge", pledge, 0.0), drawn("self_enforcing: weights", weights, 0.0)
    delta = drawn("self_enforcing: discount", discount, 0.0, _BELOW_ONE)
    stays = 1.0 - drawn("self_enforcing: hazard", hazard, 0.0, 1.0)
    if not taken.ndim:
        raise CaseError(["self_enforcing: grab is one number; expected one for each player"])
    n = taken.shape[-1]
    names = tuple(players) if players is not None else tuple(str(k + 1) for k in range(n))
    try:
        shape = np.broadcast_shapes(taken.shape, out.shape, lost.shape, delta.shape, (*np.shape(s * stays), n))
        weight = np.broadcast_to(weight, n)
    except ValueError as error:
        raise CaseError([f"self_enforcing: the shapes do not fit {n} players and one number of draws"]) from error
    if len(names) != n or shape[-1] != n or not weight.sum() > 0:
        raise CaseError([f"self_enforcing: {len(names)} players, grab for {n}; expected one weight above 0 and a name"])
    beta = delta * stays[..., None]
    gains = taken - lost
    least = np.broadcast_to(beta * out + (1 - beta) * gains, shape)
    spare = s - least.sum(axis=-1)
    kept = spare >= 0
    within = np.where(kept, spare, np.nan)[..., None]
    return SelfEnforcing(
        players=names,
        least=frozen(least),
        most=frozen(least + within),
        split=frozen(least + within * (weight / weight.sum())),
        spare=frozen(spare),
        kept=np.asarray(kept),
        threshold=frozen(_threshold(s, _total(gains, n), _total(np.broadcast_to(out, shape), n), stays)),
    )


def _total(part: Array, n: int) -> Array:
    return np.asarray(np.broadcast_to(part, (*part.shape[:-1], n)).sum(axis=-1))


def _threshold(surplus: Array, grabs: Array, outside: Array, stays: Array) -> Array:
    """The common discount factor at which the least shares add up to the surplus: (D - s) / (D - O) over 1 - h."""
    grab, out, s, lives = np.broadcast_arrays(grabs, outside, surplus, stays)
    apart = np.where(grab > s, grab - out, 1.0)
    beta = np.where(grab > s, (grab - s) / np.where(apart > 0, apart, 1.0), 0.0)
    delta = np.where(lives > 0, beta / np.where(lives > 0, lives, 1.0), np.where(beta > 0, np.inf, 0.0))
    # below what all have outside, patience does not help: only a deal that nobody would break today could be kept
    return np.asarray(np.where((out > s) & (grab > s) | (delta >= 1), np.inf, delta))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RelationalInvestment:
    """Investment where the host may take the output, each () or (draw,).

    scale: what is invested in a period, in units of k; efficient: what would be if contracts were enforced. surplus:
    output less cost at `scale`; lost: the surplus of the efficient scale less that. host: the least that the host must
    get in a period. threshold: the discount factor from which the efficient scale is kept; inf where none is below 1.
    """

    scale: Array
    efficient: Array
    surplus: Array
    lost: Array
    host: Array
    threshold: Array

    def __repr__(self) -> str:
        parts = ("scale", "efficient", "surplus", "lost", "host", "threshold")
        return "\n".join(f"{name:<10}{float(np.mean(getattr(self, name))):>14,.6g}" for name in parts)


def relational_investment(
    productivity: npt.ArrayLike,
    elasticity: npt.ArrayLike,
    *,
    discount: npt.ArrayLike,
    hazard: npt.ArrayLike = 0.0,
    grab: npt.ArrayLike = 1.0,
    cost: npt.ArrayLike = 1.0,
) -> RelationalInvestment:
    """How much is invested in a host country that may take the output, A k^a, and is then left alone.

    productivity A and cost c of a unit, above zero; elasticity a between 0 and 1; discount from 0 to below 1, the
    host's; hazard, the probability that the relation ends in a period; grab g, the share of output that can be taken,
    above 0 up to 1. Each () or (draw,). Raises CaseError for a value out of its range.
    """
    tiny = np.finfo(float).tiny
    a = drawn("relational_investment: elasticity", elasticity, tiny, _BELOW_ONE)
    big, unit = (
        drawn("relational_investment: productivity", productivity, tiny),
        drawn("relational_investment: cost", cost, tiny),
    )
    g = drawn("relational_investment: grab", grab, tiny, 1.0)
    stays = 1.0 - drawn("relational_investment: hazard", hazard, 0.0, 1.0)
    beta = drawn("relational_investment: discount", discount, 0.0, _BELOW_ONE) * stays

    def at(part: Array) -> tuple[Array, Array]:
        """The scale, and its surplus, where the cost is this part of output."""
        scale = np.asarray((part * big / unit) ** (1 / (1 - a)))
        return scale, np.asarray(big * scale**a - unit * scale)

    scale, surplus = at(np.minimum(a, 1 - (1 - beta) * g))
    efficient, most = at(np.asarray(a + 0 * beta * g))
    needed = np.maximum(1 - (1 - a) / g, 0.0)
    factor = np.where(stays > 0, needed / np.where(stays > 0, stays, 1.0), np.where(needed > 0, np.inf, 0.0))
    return RelationalInvestment(
        scale=frozen(scale),
        efficient=frozen(efficient),
        surplus=frozen(surplus),
        lost=frozen(most - surplus),
        host=frozen((1 - beta) * g * big * scale**a),
        threshold=frozen(np.where(factor >= 1, np.inf, factor)),
    )
