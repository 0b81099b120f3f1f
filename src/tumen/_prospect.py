"""A network in every draw of the worlds, and what can be asked of it: flows, and what coalitions can reach.

Nothing is solved before a measure asks; what has been asked once is remembered. A coalition's worth is its yearly
surplus with all that pays it built, at the prices and quantities of the network's first year.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tumen.errors import unknown_name

if TYPE_CHECKING:
    from tumen.bargain import Game
    from tumen.case import NetworkSpec
    from tumen.corridor import Link, Network, Solution
    from tumen.initiatives import Addition

__all__ = ["Prospect"]

Array = npt.NDArray[np.float64]
Remember = Callable[..., Any]


@dataclass(frozen=True)
class Prospect:
    """One network in every draw of the worlds, with what the included initiatives add to it.

    network, draws: as the corridor engine takes them, for the first year. rate (draw,): the cost of capital. growth:
    how quantities grow, by the engine's names. additions: what each initiative adds, by its name.
    """

    name: str
    spec: NetworkSpec
    network: Network
    draws: Mapping[str, Array]
    rate: Array
    growth: Mapping[str, Array]
    additions: Mapping[str, Addition]
    size: int
    _remember: Remember = field(repr=False)

    def addition(self, initiative: str) -> Addition:
        """What an initiative adds. Raises LookupError where the plan leaves it out."""
        if initiative not in self.additions:
            raise LookupError(f"the plan leaves out `{initiative}`, on which this measure is taken")
        return self.additions[initiative]

    def without(self, *initiatives: str) -> Prospect:
        """The same without what these add; what the plan leaves out anyway is passed over."""
        gone = {link.name for name in initiatives if name in self.additions for link in self.additions[name].links}
        if not gone:
            return self
        network = dataclasses.replace(self.network, links=[x for x in self.network.links if x.name not in gone])
        draws = {key: values for key, values in self.draws.items() if _row(key) not in {f"links.{n}" for n in gone}}
        rest = {name: added for name, added in self.additions.items() if name not in initiatives}
        return dataclasses.replace(self, network=network, draws=draws, additions=rest)

    def sunk(self, *initiatives: str) -> Prospect:
        """The same with these built and their capital sunk."""
        names = [link.name for name in initiatives for link in self.addition(name).links if link.candidate]
        if not names:
            return self
        draws = {key: values for key, values in self.draws.items() if key not in {f"links.{n}.capex" for n in names}}
        return dataclasses.replace(self, network=self.network.built(*names), draws=draws)

    def squeezed(self, cuts: Mapping[str, Array], rise: Array) -> Prospect:
        """The same with some rows of demand or options cut by a share, and a dearer cost of capital."""
        draws = dict(self.draws)
        for row, cut in cuts.items():
            key, quantity = self._quantity(row)
            draws[key] = quantity * (1 - cut)
        return dataclasses.replace(self, draws=draws, rate=self.rate + rise)

    def lacking(self, *players: str) -> Prospect:
        """The same without these players, and without what needs them."""
        left = tuple(name for name in self.spec.players if name not in players)
        gone = {node.name for node in self.network.nodes if node.country in players}

        def needs(link: Link) -> bool:
            parties = {*link.crosses, *(owner for owner, _ in link.shares)}
            return bool(parties & set(players)) or link.origin in gone or link.destination in gone

        names = {link.name for link in self.network.links if needs(link)}
        rows = {
            table: [row for row in getattr(self.network, table) if row.node not in gone]
            for table in ("supply", "demand", "options")
        }
        nodes = [node for node in self.network.nodes if node.name not in gone]
        links = [link for link in self.network.links if link.name not in names]
        network = dataclasses.replace(self.network, nodes=nodes, links=links, **rows)
        kept = {f"links.{link.name}" for link in links} | {f"{t}.{row.name}" for t in rows for row in rows[t]}
        draws = {k: v for k, v in self.draws.items() if _row(k) in kept or k.startswith("commodities.")}
        additions = {name: added for name, added in self.additions.items() if not {x.name for x in added.links} & names}
        spec = self.spec.model_copy(update={"players": left})
        growth = {row: rate for row, rate in self.growth.items() if any(k.endswith(f".{row}") for k in kept)}
        return dataclasses.replace(
            self, spec=spec, network=network, draws=draws, additions=additions, growth=growth
        )  # fmt: skip

    def at(self, year: int | Array) -> Prospect:
        """The same with the quantities of another year, or of a year for each draw."""
        span = np.asarray(year, dtype=float) - self.spec.years[0]
        if not span.any() or not self.growth:
            return self
        draws = dict(self.draws)
        for row, growth in self.growth.items():
            key, quantity = self._quantity(row)
            draws[key] = quantity * (1 + growth) ** span
            sold = f"{_row(key)}.sold"
            if sold in draws:
                draws[sold] = np.minimum(draws[sold], draws[key])
        return dataclasses.replace(self, draws=draws)

    def annuity(self, initiative: str) -> Array:
        """What an initiative's capital costs a year, (draw,), MUSD."""
        from tumen.corridor import annuity_factor

        added = self.addition(initiative)
        return np.asarray(added.capex * annuity_factor(self.rate, added.life, added.build))

    def solution(self, forced: tuple[str, ...] = ()) -> Solution:
        """The best flows of all together; what is `forced` is built whether it pays or not."""
        found: Solution = self._remember(
            _flows, self.network, self.draws, self.rate, self.spec.objective, self._planned(forced)
        )  # fmt: skip
        return found

    def game(self, forced: tuple[str, ...] = ()) -> Game:
        """What each coalition of the network's players can reach, MUSD a year."""
        found: Game = self._remember(
            _worths, self.network, self.draws, self.rate, self.spec.objective, self._planned(forced),
            self.spec.players, self.spec.common, self.size,
        )  # fmt: skip
        return found

    def shares(self, solution: str, forced: tuple[str, ...] = ()) -> Array:
        """(draw, player) what each gets of what all can reach, by Shapley value or nucleolus."""
        found: Array = self._remember(_divided, self.game(forced), solution)
        return found

    def made(self, player: str, forced: tuple[str, ...] = ()) -> Array:
        """What a player makes without any payment between players, (draw,), MUSD a year; what is in common is open.

        Buyers in `common` pay whoever sells to them, so that is shared out with the rest.
        """
        operating: Mapping[str, Array] = self._remember(_operating, self.solution(forced))
        return operating.get(player, np.zeros(self.size))

    def crossing(self, seller: str, buyer: str, forced: tuple[str, ...] = ()) -> Array:
        """What goes a year over the border from one to the other, in all, less what comes back; (draw,)."""
        country = {node.name: node.country for node in self.network.nodes}
        found, flow = np.zeros(self.size), self.solution(forced)
        for link in self.network.links:
            ends = country[link.origin], country[link.destination]
            found = found + flow.flow_on(link.name) * ((ends == (seller, buyer)) - (ends == (buyer, seller)))
        return found

    def place(self, player: str) -> int:
        """The place of a player among those of the network."""
        return self.spec.players.index(player)

    def figure(self, key: str) -> Array:
        """The draws of one figure of the network, such as `links.yamal.capacity`, in the engine's units."""
        if key in self.draws:
            return self.draws[key]
        table, _, rest = key.partition(".")
        row, _, part = rest.rpartition(".")
        item = next(item for item in getattr(self.network, table) if item.name == row)
        return np.full(self.size, float(getattr(item, part)))

    def factor(self, commodity: str) -> float:
        """How many base units of the case one unit of the commodity is."""
        from tumen.case import unit_of

        return unit_of(self.spec, commodity).factor

    def days(self, link: str) -> Array:
        """Days from end to end of a link, stops and breaks counted, (draw,)."""
        part = partial(self.figure_of, link)
        return part("days") + part("gauge_breaks") * part("gauge_days") + part("border_stops") * part("border_days")

    def money(self, link: str) -> Array:
        """What carrying a unit over a link costs in money, MUSD, (draw,)."""
        part = partial(self.figure_of, link)
        handling = part("gauge_breaks") * part("gauge_cost") + part("border_stops") * part("border_cost")
        return part("cost") + part("tariff") * part("length") / 100 + handling

    def figure_of(self, link: str, part: str) -> Array:
        """One figure of a link."""
        return self.figure(f"links.{link}.{part}")

    def _planned(self, initiatives: tuple[str, ...]) -> tuple[str, ...]:
        """One link of each of these that is not yet built: it stands for all of its bundle."""
        firsts = [self.addition(name).links[0].name for name in initiatives]
        return tuple(first for first in firsts if self.network.link(first).candidate)

    def _quantity(self, row: str) -> tuple[str, Array]:
        """The engine's name of a row's quantity, and its draws."""
        for table in ("supply", "demand", "options"):
            for item in getattr(self.network, table):
                if item.name == row:
                    key = f"{table}.{row}.quantity"
                    return key, self.draws.get(key, np.full(self.size, item.quantity))
        rows = [item.name for table in ("supply", "demand", "options") for item in getattr(self.network, table)]
        raise unknown_name("row of supply, demand or options", row, rows)


def _row(key: str) -> str:
    """`links.x` of `links.x.capacity`."""
    return key.rpartition(".")[0]


def _flows(
    network: Network, draws: Mapping[str, Array], rate: Array, objective: str, forced: tuple[str, ...]
) -> Solution:  # fmt: skip
    from tumen import corridor

    return corridor.solve(network, draws, objective=objective, rate=rate, forced=forced)


def _worths(
    network: Network, draws: Mapping[str, Array], rate: Array, objective: str, forced: tuple[str, ...],
    players: tuple[str, ...], common: tuple[str, ...], size: int,
) -> Game:  # fmt: skip
    """The game of a network; who has nothing in it brings nothing."""
    from tumen import corridor
    from tumen.bargain import Game

    there = [player for player in players if player in network.parties]
    shared = [party for party in common if party in network.parties]
    found = corridor.values(network, tuple(there), objective, draws, common=shared, rate=rate, forced=forced)
    place = {player: bit for bit, player in enumerate(found.players)}
    own = np.zeros(1 << len(players), dtype=np.intp)
    for bit, player in enumerate(players):
        if player in place:
            own += ((np.arange(own.size) >> bit) & 1) << place[player]
    worths = np.broadcast_to(found.values[:, own], (size, own.size))
    return Game(np.where(np.abs(worths) < 1e-9, 0.0, worths), players)


def _divided(game: Game, solution: str) -> Array:
    """What each player gets; where nobody can be given what it has alone, the nucleolus is that of all divisions."""
    from tumen import bargain

    if solution == "shapley":
        return np.asarray(bargain.shapley(game))
    return np.asarray(bargain.prenucleolus(game))


def _operating(solution: Solution) -> Mapping[str, Array]:
    return solution.operating()
