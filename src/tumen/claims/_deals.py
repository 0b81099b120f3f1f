"""Measures on bargains over networks: shares, fees, prices, hold-up, and what keeps or breaks a deal.

Shares are of what all can reach together, above what each reaches alone. A line that is named is looked at as if it
were built. A payment follows from a share: it is the share less what the player makes without any payment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tumen.claims._answer import Beside
from tumen.claims._arguments_networks import (
    CrossedBy,
    End,
    Enforced,
    Holder,
    Line,
    Lines,
    NetworkName,
    NetworkYear,
    Parties,
    Party,
    SolutionName,
    Squeezer,
    Volume,
)
from tumen.claims._corridor import prospect_of
from tumen.outcome import Outcome

if TYPE_CHECKING:
    from tumen._prospect import Prospect
    from tumen.bargain import Game

__all__ = [
    "fee", "fee_figures", "fee_in_kind", "gain", "hold_up", "hold_up_figures", "offer_needed", "price",
    "price_from_others", "price_taken_off", "self_enforcing_fee", "self_enforcing_figures", "self_enforcing_spare",
    "share", "share_figures", "stability_margin",
]  # fmt: skip

Array = npt.NDArray[np.float64]
BOTH = ("shapley", "nucleolus")


def share(outcome: Outcome, *, network: NetworkName, player: Party, solution: SolutionName) -> Array:
    """Share of a player in what all can reach together, a year, above what it reaches alone; (draw,)."""
    prospect = outcome.networks[network]
    return _above(prospect.game(), prospect.shares(solution))[:, prospect.place(player)]


def share_figures(
    outcome: Outcome, *, network: NetworkName, player: Party, solution: SolutionName
) -> tuple[Beside, ...]:
    """Every player's share, by both solutions."""
    prospect = outcome.networks[network]
    found = {each: _above(prospect.game(), prospect.shares(each)) for each in BOTH}
    return tuple(
        Beside(f"{outcome.case.players[name]}, {_named(each)}", found[each][:, place], "MUSD/yr")
        for place, name in enumerate(prospect.spec.players)
        for each in BOTH
    )


def gain(
    outcome: Outcome, *, initiative: Line, player: Party, solution: SolutionName, year: NetworkYear | None = None
) -> Array:
    """Gain of a player by a line, a year: its share with the line built less that without it; (draw,)."""
    prospect = prospect_of(outcome, initiative)
    prospect = prospect if year is None else prospect.at(year)
    place = prospect.place(player)
    with_ = prospect.shares(solution, (initiative,))[:, place]
    return np.asarray(with_ - prospect.without(initiative).shares(solution)[:, place])


def fee(outcome: Outcome, *, initiative: Line, player: CrossedBy, solution: SolutionName) -> Array:
    """Transit fee to a player whom a line crosses, a year, if it were built; (draw,)."""
    prospect = prospect_of(outcome, initiative)
    share = prospect.shares(solution, (initiative,))[:, prospect.place(player)]
    return np.asarray(share - prospect.made(player, (initiative,)))


def fee_figures(
    outcome: Outcome, *, initiative: Line, player: CrossedBy, solution: SolutionName
) -> tuple[Beside, ...]:  # fmt: skip
    """The fee by both solutions, its range over the core, and per unit and distance."""
    prospect = prospect_of(outcome, initiative)
    added, place = prospect.addition(initiative), prospect.place(player)
    made = prospect.made(player, (initiative,))
    game = prospect.game((initiative,))
    least, most = _in_the_core(game, place)
    found = [
        Beside(f"Fee by {_named(each)}", fee(outcome, initiative=initiative, player=player, solution=each), "MUSD/yr")
        for each in BOTH
    ]
    note = "in draws without a core its outer bounds, what it has alone and what it adds to all others"
    found += [
        Beside("Least fee in the core", least - made, "MUSD/yr", note),
        Beside("Largest fee in the core", most - made, "MUSD/yr", note),
    ]
    if player in added.distance:
        link = added.links[0]
        unit = prospect.spec.commodities[link.commodity].unit
        work = prospect.figure(f"links.{link.name}.capacity") * added.distance[player] / 100
        label = f"USD/({'1000 m3' if unit == 'bcm' else unit})/(100 km)"
        scale = 1.0 if unit in ("bcm", "Mt") else 1e6
        value = fee(outcome, initiative=initiative, player=player, solution=solution) / work * scale
        found.append(Beside("The same by volume and distance, the line full", value, label))
    return tuple(found)


def fee_in_kind(
    outcome: Outcome, *, initiative: Line, player: CrossedBy, solution: SolutionName, of: Volume
) -> Array:  # fmt: skip
    """Fee taken in kind, at the price where the line ends, as a share of a volume; (draw,)."""
    prospect = prospect_of(outcome, initiative)
    link = prospect.addition(initiative).links[0]
    price = prospect.solution((initiative,)).price_at(link.destination, link.commodity)
    volume = outcome.worlds.values[of] / prospect.factor(link.commodity)
    return np.asarray(fee(outcome, initiative=initiative, player=player, solution=solution) / price / volume)


def hold_up(outcome: Outcome, *, initiative: Line, player: Party, solution: SolutionName) -> Array:
    """Hold-up by a player, a year: what its share gains once the capital is sunk, less what it paid of it; (draw,)."""
    return _hold_up(prospect_of(outcome, initiative), initiative, solution)[player]


def hold_up_figures(
    outcome: Outcome, *, initiative: Line, player: Party, solution: SolutionName
) -> tuple[Beside, ...]:  # fmt: skip
    """The same for everybody who bargains."""
    found = _hold_up(prospect_of(outcome, initiative), initiative, solution)
    return tuple(Beside(outcome.case.players[name], values, "MUSD/yr") for name, values in found.items())


def self_enforcing_fee(outcome: Outcome, *, initiative: Enforced, player: Holder) -> Array:
    """Least fee, a year, below which a player gains by breaking the deal over a line that stands; (draw,)."""
    prospect = prospect_of(outcome, initiative)
    kept, outside = prospect.kept(initiative)
    place = kept.players.index(player)
    return np.asarray(kept.least[:, place] - outside[:, place])


def self_enforcing_spare(outcome: Outcome, *, initiative: Enforced) -> Array:
    """Spare surplus of a line that stands, a year, above what keeps everybody from breaking the deal; (draw,)."""
    return prospect_of(outcome, initiative).kept(initiative)[0].spare


def self_enforcing_figures(
    outcome: Outcome, *, initiative: Enforced, player: Holder | None = None
) -> tuple[Beside, ...]:  # fmt: skip
    """What each must get at least, above its outside option, and what is left over."""
    prospect = prospect_of(outcome, initiative)
    kept, outside = prospect.kept(initiative)
    least = kept.least - outside
    found = [
        Beside(f"{outcome.case.players[name]}, at least", least[:, k], "MUSD/yr") for k, name in enumerate(kept.players)
    ]
    return (*found, Beside("Left over", kept.spare, "MUSD/yr", "below zero: no split is kept"))


def price(
    outcome: Outcome,
    *,
    network: NetworkName,
    seller: Party,
    buyer: Party,
    end: End,
    built: Lines | None = None,
    without: Lines | None = None,
) -> Array:
    """Price at the border between two players: the lowest or highest that both accept, or the Shapley split; (draw,).

    At the lowest the seller has no more than without the buyer, at the highest the buyer no more than alone.
    """
    prospect = outcome.networks[network].without(*(without or ()))
    return _price(prospect, seller, buyer, end, built or ())


def price_from_others(
    outcome: Outcome,
    *,
    network: NetworkName,
    seller: Party,
    buyer: Party,
    others: Parties,
    built: Lines | None = None,
    without: Lines | None = None,
) -> Array:
    """Price that others add, the Shapley split with them less that without them; (draw,)."""
    prospect = outcome.networks[network].without(*(without or ()))
    alone = prospect.lacking(*others)
    kept = tuple(name for name in built or () if name in alone.additions)
    with_others = _price(prospect, seller, buyer, "split", built or ())
    return np.round(with_others - _price(alone, seller, buyer, "split", kept), 9)


def price_taken_off(
    outcome: Outcome,
    *,
    network: NetworkName,
    seller: Party,
    buyer: Party,
    by: Squeezer,
    built: Lines | None = None,
    without: Lines | None = None,
) -> Array:
    """Price that a sanction takes off, the Shapley split without it less that with it; (draw,)."""
    if by not in outcome.changes:
        raise LookupError(f"the plan leaves out `{by}`, on which this measure is taken")
    squeeze = outcome.changes[by].squeezes[network]
    prospect = outcome.networks[network].without(*(without or ()))
    squeezed = prospect.squeezed(squeeze.cuts, squeeze.rise)
    before, after = (_price(each, seller, buyer, "split", built or ()) for each in (prospect, squeezed))
    return np.round(before - after, 9)


def offer_needed(
    outcome: Outcome, *, network: NetworkName, coalition: Parties, solution: SolutionName, built: Lines | None = None
) -> Array:
    """Offer from outside, a year, that makes a coalition leave the deal of all; (draw,)."""
    prospect = outcome.networks[network]
    game, shares = prospect.game(built or ()), prospect.shares(solution, built or ())
    members = [prospect.place(name) for name in coalition]
    return np.asarray(shares[:, members].sum(axis=1) - game.values[:, sum(1 << place for place in members)])


def stability_margin(
    outcome: Outcome, *, network: NetworkName, solution: SolutionName, built: Lines | None = None
) -> Array:
    """Margin of the deal of all, a year: what the coalition nearest to leaving it would lose by that; (draw,)."""
    from tumen.bargain import excesses

    prospect = outcome.networks[network]
    game = prospect.game(built or ())
    return np.asarray(-excesses(game, prospect.shares(solution, built or ()))[:, 1:-1].max(axis=1))


def _in_the_core(game: Game, place: int) -> tuple[Array, Array]:
    """Least and most of a player in the core; where there is none, what it has alone, and what it adds to the rest."""
    from tumen.bargain import core

    bounds, everybody = core(game), (1 << game.n) - 1
    none = np.isnan(bounds.most[:, place])
    alone, adds = game.values[:, 1 << place], game.values[:, everybody] - game.values[:, everybody & ~(1 << place)]
    return np.where(none, alone, bounds.least[:, place]), np.where(none, adds, bounds.most[:, place])


def _above(game: Game, shares: Array) -> Array:
    """Shares above what each reaches alone."""
    alone = game.values[:, [1 << k for k in range(game.n)]]
    return np.asarray(shares - alone)


def _named(solution: str) -> str:
    return {"shapley": "Shapley value", "nucleolus": "nucleolus"}[solution]


def _hold_up(prospect: Prospect, initiative: str, solution: str) -> dict[str, Array]:
    """The net gain of every player once a line's capital is sunk."""
    before, after = prospect.shares(solution, (initiative,)), prospect.sunk(initiative).shares(solution)
    owners, cost = prospect.addition(initiative).owners, prospect.annuity(initiative)
    paid = np.stack([owners.get(name, np.zeros(prospect.size)) * cost for name in prospect.spec.players], axis=1)
    net = after - before - paid
    return {name: net[:, place] for place, name in enumerate(prospect.spec.players)}


def _price(prospect: Prospect, seller: str, buyer: str, end: str, built: tuple[str, ...]) -> Array:
    """What the buyer pays over what crosses the border between the two.

    Lines are taken as built by those who hold both: the seller without the buyer need not build what leads to him.
    """
    from tumen.bargain import Game, shapley

    place, own = prospect.place(buyer), 1 << prospect.place(buyer)
    both = own | 1 << prospect.place(seller)
    game = prospect.game()
    if built:
        together = (np.arange(1 << game.n) & both) == both
        game = Game(np.where(together, prospect.game(built).values, game.values), game.players)
    everybody = (1 << game.n) - 1
    share = {
        "lowest": lambda: game.values[:, everybody] - game.values[:, everybody & ~own],
        "highest": lambda: game.values[:, own],
        "split": lambda: shapley(game)[:, place],
    }[end]()
    paid = prospect.made(buyer, built) - share
    volume = prospect.crossing(seller, buyer, built)
    crosses = volume > 1e-9
    aside = _at_the_margin(prospect, end, seller, buyer, built)
    return np.asarray(np.where(crosses, paid / np.where(crosses, volume, 1.0), aside))


def _at_the_margin(prospect: Prospect, end: str, seller: str, buyer: str, built: tuple[str, ...]) -> Array:
    """Where nothing crosses: what the first unit would cost the seller, be worth to the buyer, or the middle."""
    link, sense = prospect.border(seller, buyer)[0]
    flow = prospect.solution(built)
    ends = (link.origin, link.destination)[::sense]
    cost, worth = (flow.price_at(node, link.commodity) for node in ends)
    return {"lowest": cost, "highest": worth, "split": (cost + worth) / 2}[end]
