"""A network in every draw of the worlds, and what can be asked of it: flows, and what coalitions can reach.

Nothing is solved before a measure asks; what has been asked once is remembered. A coalition's worth is its yearly
surplus with all that pays it built, at the prices and quantities of the network's first year.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tumen.errors import unknown_name

if TYPE_CHECKING:
    from tumen.bargain import Game
    from tumen.case import NetworkSpec
    from tumen.corridor import Network, Solution
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

    def at(self, year: int) -> Prospect:
        """The same with the quantities of another year."""
        span = year - self.spec.years[0]
        if not span or not self.growth:
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
