"""Measures on networks: what lines carry, whether they pay, and when what stands is full.

A line is looked at as if it were built: what it would carry, and what it would add to what all can reach together, is
known whether or not it pays. Between the network's years values lie on a straight line, before and after them they stay
as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tumen.claims._answer import Beside
from tumen.claims._arguments_networks import Carried, Line, Lines, LinkOf, LinksOf, NetworkName, Party, SupplyRow
from tumen.outcome import Outcome

if TYPE_CHECKING:
    from tumen._prospect import Prospect

__all__ = [
    "by_year", "capital_part", "cost_ratio", "cover", "cover_figures", "free_supply", "full_by", "gain_of", "net_gain",
    "net_gain_figures", "npv", "prospect_of", "shapley_gain", "time_saved", "traffic",
]  # fmt: skip

Array = npt.NDArray[np.float64]


def traffic(outcome: Outcome, *, initiative: Line, good: Carried | None = None, without: Lines | None = None) -> Array:
    """Traffic on a line if it were built, both ways together, of its good or the one named, a year; (draw, year)."""
    prospect = prospect_of(outcome, initiative).without(*(without or ()))
    links = [link for link in prospect.addition(initiative).links if good in (None, link.commodity)]
    return by_year(outcome, prospect, lambda then: _carried(then, initiative, links[0].name))


def free_supply(outcome: Outcome, *, network: NetworkName, supply: SupplyRow) -> Array:
    """Supply that is not sold yet, a year; (draw,)."""
    prospect = outcome.networks[network]
    return prospect.figure(f"supply.{supply}.quantity") - prospect.figure(f"supply.{supply}.sold")


def net_gain(outcome: Outcome, *, initiative: Line, without: Lines | None = None) -> Array:
    """Gain by a line to all who take part, a year, less what its capital costs; (draw, year)."""
    prospect = prospect_of(outcome, initiative).without(*(without or ()))
    return by_year(outcome, prospect, lambda then: gain_of(then, initiative) - then.annuity(initiative))


def net_gain_figures(outcome: Outcome, *, initiative: Line, without: Lines | None = None) -> tuple[Beside, ...]:
    """What it gains before its capital, and what that costs, in the network's first year."""
    prospect = prospect_of(outcome, initiative).without(*(without or ()))
    year = str(prospect.spec.years[0])
    return (
        Beside("Gain before capital", gain_of(prospect, initiative), "MUSD/yr", f"at the quantities of {year}"),
        Beside("Capital, as a cost a year", prospect.annuity(initiative), "MUSD/yr"),
    )


def cover(outcome: Outcome, *, initiative: Line) -> Array:
    """Share of its capital's yearly cost that a line earns all who take part; (draw, year)."""
    prospect = prospect_of(outcome, initiative)
    return by_year(outcome, prospect, lambda then: gain_of(then, initiative) / then.annuity(initiative))


def cover_figures(outcome: Outcome, *, initiative: Line) -> tuple[Beside, ...]:
    """Traffic, and the traffic that would pay at the same gain a unit, at most a thousand times as much."""
    prospect = prospect_of(outcome, initiative)
    first = prospect.addition(initiative).links[0]
    gain, annuity = gain_of(prospect, initiative), prospect.annuity(initiative)
    carried = _carried(prospect, initiative, first.name)
    unit = f"{prospect.spec.commodities[first.commodity].unit}/yr"
    needed = carried * annuity / np.maximum(gain, annuity / 1000)
    return (
        *net_gain_figures(outcome, initiative=initiative),
        Beside(f"Traffic of {first.commodity}", carried, unit, f"at the quantities of {prospect.spec.years[0]}"),
        Beside("Traffic that would pay", needed, unit, "at the same gain a unit, all goods together"),
    )


def full_by(outcome: Outcome, *, network: NetworkName, link: LinkOf, without: Lines | None = None) -> Array:
    """First year in which a link is full, or the year after the horizon where none is; (draw,)."""
    prospect = outcome.networks[network].without(*(without or ()))
    place = [item.name for item in prospect.network.links].index(link)

    def full(year: Array) -> npt.NDArray[np.bool_]:
        return np.asarray(prospect.at(year).solution().utilisation[:, place] >= 1 - 1e-9)

    first, last = float(prospect.spec.years[0]), float(outcome.years[-1])
    low, high = np.full(prospect.size, first), np.full(prospect.size, last + 1)
    from_the_start = full(low)
    while (high - low).max() > 1:  # traffic grows with what is supplied and wanted, so one year is the first
        middle = np.floor((low + high) / 2)
        there = full(np.minimum(middle, last))
        low, high = np.where(there, low, middle), np.where(there, middle, high)
    return np.where(from_the_start, first, high)


def npv(outcome: Outcome, *, initiative: Line, player: Party) -> Array:
    """Net present value of a line to a player, by its Shapley shares, at the network's rate, stops counted; (draw,).

    What its share gains by the line once that stands, while it runs, less its part of the capital, which is due whether
    it runs or not: what the division lays on it or, of a line that stands already, what it owns. Discounted to the
    case's date.
    """
    prospect = prospect_of(outcome, initiative)
    added = prospect.addition(initiative)
    gains = by_year(outcome, prospect, lambda then: shapley_gain(then, initiative, player))
    part = capital_part(prospect.at(prospect.spec.years[-1]), initiative, player)
    date = outcome.case.as_of_year
    rate = np.maximum(np.log1p(prospect.rate), 1e-9)
    opens, closes = added.start + added.build, added.start + added.build + added.life
    found = np.zeros(prospect.size)
    for column, year in enumerate(outcome.years):
        begin = np.maximum(np.maximum(opens, year), date)
        open_ = np.clip(np.minimum(closes, year + 1) - begin, 0.0, 1.0)
        worth = np.exp(-rate * np.maximum(begin + open_ / 2 - date, 0.0))
        found += gains[:, column] * (1 - added.down[:, column]) * open_ * worth
    begin = np.maximum(opens, outcome.years[-1] + 1)  # beyond the horizon as in its last year, with long-run stops
    rest = np.maximum(closes - begin, 0.0)
    found += gains[:, -1] * (1 - added.lost) * np.exp(-rate * (begin - date)) * -np.expm1(-rate * rest) / rate
    spent = -np.expm1(-rate * added.build) / (rate * added.build)
    return np.asarray(found - part * added.capex * np.exp(-rate * (added.start - date)) * spent)


def time_saved(outcome: Outcome, *, network: NetworkName, via: LinksOf, against: LinksOf) -> Array:
    """Time saved by one way over another, stops at borders and breaks of gauge counted; (draw,)."""
    prospect = outcome.networks[network]
    return np.asarray(sum(map(prospect.days, against)) - sum(map(prospect.days, via)))


def cost_ratio(outcome: Outcome, *, network: NetworkName, via: LinksOf, against: LinksOf) -> Array:
    """Cost of one way over that of another, in money alone; (draw,)."""
    prospect = outcome.networks[network]
    return np.asarray(sum(map(prospect.money, via)) / sum(map(prospect.money, against)))


def prospect_of(outcome: Outcome, initiative: str) -> Prospect:
    """The network of a line. Raises LookupError where the plan leaves the line out."""
    for prospect in outcome.networks.values():
        if initiative in prospect.additions:
            return prospect
    raise LookupError(f"the plan leaves out `{initiative}`, on which this measure is taken")


def by_year(outcome: Outcome, prospect: Prospect, value: Callable[[Prospect], Array]) -> Array:
    """A value of the network's years, straight between them and level beyond; (draw, year)."""
    anchors = np.array(prospect.spec.years, dtype=float)
    known = np.stack([value(prospect.at(year)) for year in prospect.spec.years])
    weights = np.stack([np.interp(outcome.years, anchors, row) for row in np.eye(len(anchors))])
    return np.asarray(known.T @ weights)


def _carried(prospect: Prospect, initiative: str, link: str) -> Array:
    found = prospect.solution((initiative,))
    place = [item.name for item in prospect.network.links].index(link)
    return np.asarray(found.flow[:, place] + found.back[:, place])


def gain_of(prospect: Prospect, initiative: str) -> Array:
    """What all gain by a line before its capital: built, less left out; other plans as they pay in each."""
    with_ = prospect.together((initiative,))
    charged = 0.0 if prospect.addition(initiative).built else prospect.annuity(initiative)
    return np.asarray(with_ + charged - prospect.without(initiative).together())


def shapley_gain(prospect: Prospect, initiative: str, player: str) -> Array:
    """A player's share where the line stands, less that without it."""
    place = prospect.place(player)
    stands = prospect.sunk(initiative).shares("shapley")[:, place]
    return np.asarray(stands - prospect.without(initiative).shares("shapley")[:, place])


def capital_part(prospect: Prospect, initiative: str, player: str) -> Array:
    """The part of a line's capital that a player bears, by Shapley value or, of what stands, by what it owns."""
    added, place = prospect.addition(initiative), prospect.place(player)
    if added.built:
        return added.owners.get(player, np.zeros(prospect.size))
    stands, planned = prospect.sunk(initiative).shares("shapley"), prospect.shares("shapley", (initiative,))
    yearly = prospect.annuity(initiative)
    return np.asarray((stands - planned)[:, place] / np.where(yearly > 0, yearly, 1.0))
