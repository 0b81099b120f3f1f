"""From a division of a game to a deal: who pays whom, what a fee comes to, and what sinking capital changes.

    transfer_i = share_i - operating surplus_i        what i receives, net; all transfers add up to 0
    fee        = transfer of the transit state / (volume x distance)
    hold-up_i  = share_i(capital sunk) - share_i(before) - what i paid of the capital

A division says what each player ends up with, not what each thing costs. Where two players are tied by two payments,
such as a price and a fee, only their difference follows; where payments run in a circle, none of them does. Before
capital is sunk the joint surplus is net of its annuity; afterwards it is not, for the annuity is owed whatever happens,
and who can stop the flow shares in it (Williamson 1985; Grossman and Hart 1986). With three symmetric players each
claim rises by a third of the annuity.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from tumen.bargain._arrays import Array, drawn, frozen
from tumen.bargain._core import core
from tumen.bargain._game import Game
from tumen.bargain._nucleolus import nucleolus
from tumen.bargain._values import shapley
from tumen.errors import CaseError, unknown_name

__all__ = ["Fee", "HoldUp", "Payments", "annuity", "fee", "hold_up", "payments", "transfers"]

_SAME = 1e-9


def annuity(capital: npt.ArrayLike, rate: npt.ArrayLike, years: float) -> Array:
    """What repays the capital with interest in equal sums at the end of each of `years` years; rate a fraction a year.

    Raises CaseError for a rate below zero or a life that is not above zero.
    """
    r = drawn("annuity: rate", rate, 0.0)
    if not years > 0:
        raise CaseError([f"annuity: the life is {years:g} years; expected more than 0"])
    safe = np.where(r > 0, r, 1.0)
    factor = np.where(r > 0, safe / -np.expm1(-years * np.log1p(safe)), 1.0 / years)
    return np.asarray(drawn("annuity: capital", capital) * factor)


def transfers(share: npt.ArrayLike, operating_surplus: npt.ArrayLike) -> Array:
    """(n,) or (draw, n): what each player receives from the others, net; below zero where he pays.

    share: what a solution gives him. operating_surplus: what he makes without any payment between players: sales to
    third parties, or the use of what is delivered, less his costs. Raises CaseError where the two do not add up to the
    same, for then something is missing from the accounts.
    """
    shares, made = drawn("transfers: share", share), drawn("transfers: operating_surplus", operating_surplus)
    if not shares.ndim or not made.ndim or shares.shape[-1] != made.shape[-1]:
        raise CaseError([f"transfers: shares {shares.shape} and surpluses {made.shape}; expected one for each player"])
    found = shares - made
    gap = np.abs(found.sum(axis=-1))
    if (gap > 1e-6 * np.maximum(np.abs(shares).max(axis=-1), np.abs(made).max(axis=-1))).any():
        raise CaseError(
            [f"transfers: the operating surpluses add up to {gap.max():g} more or less than the shares; expected equal"]
        )
    return frozen(found)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Payments:
    """What the transfers say about payments: `amounts` () or (draw,) by name; `open`, those that cannot be told.

    A name such as `price - fee` is a difference: only that is identified.
    """

    amounts: Mapping[str, Array]
    open: tuple[str, ...]

    def __reduce__(self) -> tuple[type[Payments], tuple[dict[str, Array], tuple[str, ...]]]:
        return type(self), (dict(self.amounts), self.open)

    def __repr__(self) -> str:
        width = max([7, *(len(name) for name in (*self.amounts, *self.open))])
        lines = [f"{'payment':<{width}}{'a year':>14}"]
        lines += [f"{name:<{width}}{float(np.mean(amount)):>14,.6g}" for name, amount in self.amounts.items()]
        return "\n".join([*lines, *(f"{name:<{width}}{'not identified':>14}" for name in self.open)])


def payments(transfer: npt.ArrayLike, contracts: Mapping[str, tuple[str, str]], players: Sequence[str]) -> Payments:
    """What each contract pays, as far as it follows from net transfers.

    transfer (n,) or (draw, n), from `transfers`; contracts: name to (payer, payee). Contracts between the same two
    players become one difference; where contracts run in a circle, those in it stay open. Raises UnknownName for a
    player, CaseError where players without a contract to each other would have to pay each other.
    """
    names, net = tuple(players), drawn("payments: transfer", transfer)
    pairs: dict[frozenset[str], list[tuple[str, str, str]]] = {}
    for contract, (payer, payee) in contracts.items():
        for name in (payer, payee):
            if name not in names:
                raise unknown_name("player", name, names)
        if payer == payee:
            raise CaseError([f"payments: {contract}: {payer} would pay itself; expected two players"])
        pairs.setdefault(frozenset((payer, payee)), []).append((contract, payer, payee))
    ties = np.zeros((len(names), len(pairs)))
    labels = []
    for column, tied in enumerate(pairs.values()):
        _, payer, payee = tied[0]
        ties[names.index(payer), column], ties[names.index(payee), column] = -1.0, 1.0
        rest = "".join(f" {'+' if other == payer else '-'} {name}" for name, other, _ in tied[1:])
        labels.append(tied[0][0] + rest)
    inverse = np.linalg.pinv(ties)
    paid = net @ inverse.T
    if (np.abs(paid @ ties.T - net) > 1e-6 * max(float(np.abs(net).max(initial=0.0)), _SAME)).any():
        raise CaseError(["payments: the contracts do not join all players that pay or receive; add the one missing"])
    known = np.abs(inverse @ ties - np.eye(len(labels))).max(axis=1, initial=0.0) < _SAME
    amounts = {label: frozen(paid[..., e]) for e, label in enumerate(labels) if known[e]}
    return Payments(MappingProxyType(amounts), tuple(label for e, label in enumerate(labels) if not known[e]))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Fee:
    """A transit fee, each () or (draw,), per unit of volume and distance; `work` is volume x distance.

    nan where there is no core. Times `work` it is the payment of a year.
    """

    player: str
    shapley: Array
    nucleolus: Array
    core_min: Array
    core_max: Array
    work: Array

    def __repr__(self) -> str:
        lines = [f"Fee of {self.player}", f"  {'':<10}{'per unit':>14}{'a year':>14}"]
        for name in ("shapley", "nucleolus", "core_min", "core_max"):
            each = np.asarray(getattr(self, name))
            if np.isnan(each).all():
                lines.append(f"  {name:<10}{'no core':>14}")
            else:
                lines.append(f"  {name:<10}{np.nanmean(each):>14,.6g}{np.nanmean(each * self.work):>14,.6g}")
        return "\n".join(lines)


def fee(
    game: Game,
    player: str,
    *,
    volume: npt.ArrayLike,
    distance: npt.ArrayLike,
    operating_surplus: npt.ArrayLike = 0.0,
) -> Fee:
    """The fee of a player whom goods cross, by the Shapley value and the nucleolus, and its range over the core.

    volume and distance: () or (draw,), above zero, in any unit. With worths in MUSD a year, volume in bcm a year and
    distance in hundreds of kilometres, the fee is in dollars per 1,000 m3 per 100 km, for MUSD a bcm are dollars per
    1,000 m3. operating_surplus: what the player makes without payments, below zero for the cost of running the line;
    the fee covers it.

    Raises UnknownName, CaseError (no volume or distance; no nucleolus), NoConvergence.
    """
    k = game.player(player)
    tiny = np.finfo(float).tiny
    work = drawn("fee: volume", volume, tiny) * drawn("fee: distance", distance, tiny)
    made = drawn("fee: operating_surplus", operating_surplus)
    bounds = core(game)
    shares = (shapley(game), nucleolus(game), bounds.least, bounds.most)
    by_value, by_excess, low, high = (frozen((share[..., k] - made) / work) for share in shares)
    return Fee(player, by_value, by_excess, low, high, frozen(work))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class HoldUp:
    """Shares before and after capital is sunk, each (n,) or (draw, n).

    paid: what each bears of the capital a year. gain: after less before, the rise of the claim. net: gain less paid.
    """

    players: tuple[str, ...]
    before: Array
    after: Array
    paid: Array

    @property
    def gain(self) -> Array:
        """(n,) or (draw, n): by how much each claim rises once the capital is sunk."""
        return np.asarray(self.after - self.before)

    @property
    def net(self) -> Array:
        """(n,) or (draw, n): the rise less what the player paid; below zero for who is held up."""
        return np.asarray(self.gain - self.paid)

    def __repr__(self) -> str:
        width = max(6, *(len(name) for name in self.players))
        columns = ("before", "after", "gain", "paid", "net")
        lines = [f"{'player':<{width}}" + "".join(f"{name:>12}" for name in columns)]
        means = [np.atleast_2d(getattr(self, name)).mean(axis=0) for name in columns]
        lines += [
            f"{name:<{width}}" + "".join(f"{part[k]:>12,.6g}" for part in means) for k, name in enumerate(self.players)
        ]
        return "\n".join(lines)


def hold_up(
    before: Game,
    after: Game,
    solution: Callable[[Game], Array] = shapley,
    paid: npt.ArrayLike = 0.0,
) -> HoldUp:
    """What changes when capital is sunk: the same players bargain again, with the annuity no longer at stake.

    before: worths net of the annuity of what would be built. after: worths once it stands, without the annuity. paid
    (n,) or (draw, n): the annuity by who bears it; the net gains then add up to zero where all that is built before is
    built after. solution: any function of a game that gives shares. Raises CaseError where the players differ.
    """
    if before.players != after.players:
        raise CaseError([f"hold_up: the players are {before.players} before and {after.players} after"])
    first, second = solution(before), solution(after)
    shape = np.broadcast_shapes(first.shape, second.shape)
    borne = np.broadcast_to(drawn("hold_up: paid", paid), shape)
    return HoldUp(before.players, frozen(first), frozen(second), frozen(borne))
