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
    from tumen.bargain import Game, SelfEnforcing
    from tumen.case import NetworkSpec
    from tumen.corridor import Coalitions, Link, Network, Solution
    from tumen.initiatives import Addition

__all__ = ["Prospect"]

Array = npt.NDArray[np.float64]
Remember = Callable[..., Any]


@dataclass(frozen=True)
class Prospect:
    """One network in every draw of the worlds, with what the included initiatives add to it.

    base, base_draws: as the corridor engine takes them, for the first year, with all that initiatives add. left_out:
    those asked to be away, paid: those whose capital is sunk. rate (draw,): the cost of capital. growth: how quantities
    grow, by row. additions: what each initiative adds, by its name.
    """

    name: str
    spec: NetworkSpec
    base: Network
    base_draws: Mapping[str, Array]
    rate: Array
    growth: Mapping[str, Array]
    additions: Mapping[str, Addition]
    size: int
    _remember: Remember = field(repr=False)
    left_out: tuple[str, ...] = ()
    paid: tuple[str, ...] = ()

    def addition(self, initiative: str) -> Addition:
        """What an initiative adds. Raises LookupError where the plan leaves it out."""
        if initiative not in self.additions or initiative in self.left_out:
            raise LookupError(f"the plan leaves out `{initiative}`, on which this measure is taken")
        return self.additions[initiative]

    @property
    def network(self) -> Network:
        """The network as it is asked about: without what is left out, with what is sunk in place."""
        gone = self._links_of(*self.left_out)
        names = [link.name for name in self._standing for link in self.additions[name].links]
        kept = dataclasses.replace(self.base, links=[link for link in self.base.links if link.name not in gone])
        return kept.built(*names) if names else kept

    @property
    def draws(self) -> Mapping[str, Array]:
        """The draws of that network."""
        gone = {f"links.{name}" for name in self._links_of(*self.left_out)}
        free = {f"links.{name}.capex" for name in self._links_of(*self.paid)}
        return {key: values for key, values in self.base_draws.items() if _row(key) not in gone and key not in free}

    def without(self, *initiatives: str) -> Prospect:
        """The same without what these add; what the plan leaves out anyway is passed over."""
        away = tuple(name for name in initiatives if name in self.additions and name not in self.left_out)
        return dataclasses.replace(self, left_out=(*self.left_out, *away)) if away else self

    def sunk(self, *initiatives: str) -> Prospect:
        """The same with these built and their capital sunk."""
        new = tuple(name for name in initiatives if not self.addition(name).built and name not in self.paid)
        return dataclasses.replace(self, paid=(*self.paid, *new)) if new else self

    def _links_of(self, *initiatives: str) -> set[str]:
        return {link.name for name in initiatives for link in self.additions[name].links}

    def squeezed(self, cuts: Mapping[str, Array], rise: Array) -> Prospect:
        """The same with some rows of demand or options cut by a share, and a dearer cost of capital."""
        draws = dict(self.base_draws)
        for row, cut in cuts.items():
            key, quantity = self._quantity(row)
            draws[key] = quantity * (1 - cut)
        return dataclasses.replace(self, base_draws=draws, rate=self.rate + rise)

    def lacking(self, *players: str) -> Prospect:
        """The same without these players, and without what needs them."""
        left = tuple(name for name in self.spec.players if name not in players)
        gone = {node.name for node in self.base.nodes if node.country in players}

        def needs(link: Link) -> bool:
            parties = {*link.crosses, *(owner for owner, _ in link.shares)}
            return bool(parties & set(players)) or link.origin in gone or link.destination in gone

        names = {link.name for link in self.base.links if needs(link)}
        rows = {
            table: [row for row in getattr(self.base, table) if row.node not in gone]
            for table in ("supply", "demand", "options")
        }
        nodes = [node for node in self.base.nodes if node.name not in gone]
        links = [link for link in self.base.links if link.name not in names]
        network = dataclasses.replace(self.base, nodes=nodes, links=links, **rows)
        kept = {f"links.{link.name}" for link in links} | {f"{t}.{row.name}" for t in rows for row in rows[t]}
        draws = {k: v for k, v in self.base_draws.items() if _row(k) in kept or k.startswith("commodities.")}
        additions = {name: added for name, added in self.additions.items() if not {x.name for x in added.links} & names}
        spec = self.spec.model_copy(update={"players": left})
        growing = {row.name for table in rows for row in rows[table]}
        growth = {row: rate for row, rate in self.growth.items() if row in growing}
        return dataclasses.replace(
            self, spec=spec, base=network, base_draws=draws, additions=additions, growth=growth,
            left_out=tuple(name for name in self.left_out if name in additions),
            paid=tuple(name for name in self.paid if name in additions),
        )  # fmt: skip

    def at(self, year: int | Array) -> Prospect:
        """The same with the quantities of another year, or of a year for each draw."""
        span = np.asarray(year, dtype=float) - self.spec.years[0]
        if not span.any() or not self.growth:
            return self
        draws = dict(self.base_draws)
        for row, growth in self.growth.items():
            key, quantity = self._quantity(row)
            draws[key] = quantity * (1 + growth) ** span
            if key.startswith("supply."):  # what is sold cannot be more than there is
                sold = f"{_row(key)}.sold"
                draws[sold] = np.minimum(self.figure(sold), draws[key])
        return dataclasses.replace(self, base_draws=draws, growth={})

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
        asked, held, away = self._asked(forced)
        worths = self._remember(_worths, asked, held, away, self.spec.players, self.size)
        for name in self.paid:  # built all the same, but its capital is no longer at stake
            worths = worths + np.where(self._able(name), self.annuity(name)[:, None], 0.0)
        from tumen.bargain import Game

        return Game(worths, self.spec.players)

    def together(self, forced: tuple[str, ...] = ()) -> Array:
        """What all players together can reach, (draw,): the last column of the game."""
        asked, held, away = self._asked(forced)
        worth: Array = self._remember(_together, asked, held, away)
        return np.asarray(worth + sum((self.annuity(name) for name in self.paid), start=np.zeros(self.size)))

    def _asked(self, forced: tuple[str, ...]) -> tuple[Coalitions, tuple[str, ...], tuple[str, ...]]:
        """The coalitions, and what is forced and left out, by one link each."""
        asked: Coalitions = self._remember(
            _coalitions, self.base, self.base_draws, self.rate, self.spec.objective, self.spec.players, self.spec.common
        )  # fmt: skip
        return asked, self._firsts(*dict.fromkeys((*forced, *self._standing))), self._firsts(*self.left_out)

    def _able(self, initiative: str) -> npt.NDArray[np.bool_]:
        """(2^n,) which coalitions may use a line: they hold its ends, what it crosses and its owners."""
        nodes = {node.name: node for node in self.base.nodes}
        asks: set[str] = set()
        for link in self.additions[initiative].links:
            asks |= {nodes[end].country for end in (link.origin, link.destination) if not nodes[end].hub}
            asks |= {*link.crosses, *(owner for owner, _ in link.shares)}
        need = sum(1 << self.place(name) for name in asks if name in self.spec.players)
        masks = np.arange(1 << len(self.spec.players))
        return np.asarray((masks & need) == need)

    def able(self, initiative: str) -> npt.NDArray[np.bool_]:
        """(2^n,) which coalitions may use a line, by the bits of their players."""
        return self._able(initiative)

    def _firsts(self, *initiatives: str) -> tuple[str, ...]:
        """One link of each of these: it stands for all of its bundle."""
        return tuple(self.additions[name].links[0].name for name in initiatives)

    @property
    def _standing(self) -> tuple[str, ...]:
        """What stands: built already, or asked about as if it were."""
        built = (name for name, added in self.additions.items() if added.built and name not in self.left_out)
        return tuple(dict.fromkeys((*built, *self.paid)))

    def shares(self, solution: str, forced: tuple[str, ...] = ()) -> Array:
        """(draw, player) what each gets of what all can reach, by Shapley value or nucleolus."""
        found: Array = self._remember(_divided, self.game(forced), solution)
        return found

    def kept(self, initiative: str) -> tuple[SelfEnforcing, Array]:
        """What keeps the deal over a line that stands, and (draw, player) what each has without it.

        Players are those of the line's `enforcement`, which it must have.
        """
        from tumen.bargain import self_enforcing

        added = self.addition(initiative)
        terms = added.enforcement
        assert terms is not None
        players = tuple(terms.rates)
        places = [self.place(name) for name in players]
        stands = self.sunk(initiative)
        outside = self.without(initiative).shares("shapley")[:, places]
        link, flow = added.links[0], stands.solution()
        worth = np.abs(flow.flow_on(link.name)) * flow.price_at(link.destination, link.commodity)

        def by_player(part: str) -> Array:
            amounts = getattr(terms, part)
            return np.stack([amounts.get(name, np.zeros(self.size)) for name in players], axis=1)

        found = self_enforcing(
            stands.shares("shapley")[:, places].sum(axis=1), grab=outside + by_player("grabs") * worth[:, None],
            discount=1 / (1 + by_player("rates")), outside=outside, hazard=terms.ends, pledge=by_player("pledges"),
            players=players,
        )  # fmt: skip
        return found, outside

    def made(self, player: str, forced: tuple[str, ...] = ()) -> Array:
        """What a player makes without any payment between players, (draw,), MUSD a year; what is in common is open.

        Buyers in `common` pay whoever sells to them, so that is shared out with the rest.
        """
        operating: Mapping[str, Array] = self._remember(_operating, self.solution(forced))
        return operating.get(player, np.zeros(self.size))

    def crossing(self, seller: str, buyer: str, forced: tuple[str, ...] = ()) -> Array:
        """What goes a year over the border from one to the other, in all, less what comes back; (draw,)."""
        found, flow = np.zeros(self.size), self.solution(forced)
        for link, sense in self.border(seller, buyer):
            found = found + flow.flow_on(link.name) * sense
        return found

    def border(self, seller: str, buyer: str) -> list[tuple[Link, int]]:
        """The links from one country to the other, each with 1 or, the other way round, -1.

        Raises ValueError where they carry several goods, which have no price in common, or where there are none.
        """
        country = {node.name: node.country for node in self.network.nodes}
        ends = {(seller, buyer): 1, (buyer, seller): -1}
        found = [(x, ends.get((country[x.origin], country[x.destination]), 0)) for x in self.network.links]
        found = [(link, sense) for link, sense in found if sense]
        goods = dict.fromkeys(link.commodity for link, _ in found)
        if len(goods) != 1:
            what = f"{', '.join(goods)} cross" if goods else "nothing can cross"
            raise ValueError(f"{what} between {seller} and {buyer}; a price is asked of one good")
        return found

    def place(self, player: str) -> int:
        """The place of a player among those of the network."""
        return self.spec.players.index(player)

    def figure(self, key: str) -> Array:
        """The draws of one figure of the network, such as `links.yamal.capacity`, in the engine's units."""
        if key in self.base_draws:
            return self.base_draws[key]
        table, _, rest = key.partition(".")
        row, _, part = rest.rpartition(".")
        item = next(item for item in getattr(self.base, table) if item.name == row)
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
        """Those that are forced and not yet in place, by one link each."""
        for name in initiatives:
            self.addition(name)  # which the plan may leave out
        return self._firsts(*(name for name in initiatives if name not in self._standing))

    def _quantity(self, row: str) -> tuple[str, Array]:
        """The engine's name of a row's quantity, and its draws."""
        for table in ("supply", "demand", "options"):
            for item in getattr(self.base, table):
                if item.name == row:
                    key = f"{table}.{row}.quantity"
                    return key, self.base_draws.get(key, np.full(self.size, item.quantity))
        rows = [item.name for table in ("supply", "demand", "options") for item in getattr(self.base, table)]
        raise unknown_name("row of supply, demand or options", row, rows)


def _row(key: str) -> str:
    """`links.x` of `links.x.capacity`."""
    return key.rpartition(".")[0]


def _flows(
    network: Network, draws: Mapping[str, Array], rate: Array, objective: str, forced: tuple[str, ...]
) -> Solution:  # fmt: skip
    from tumen import corridor

    return corridor.solve(network, draws, objective=objective, rate=rate, forced=forced)


def _coalitions(
    network: Network, draws: Mapping[str, Array], rate: Array, objective: str, players: tuple[str, ...],
    common: tuple[str, ...],
) -> Coalitions:  # fmt: skip
    """The coalitions of a network, to be asked; who has nothing in it is left out."""
    from tumen import corridor

    there = [player for player in players if player in network.parties]
    shared = [party for party in common if party in network.parties]
    return corridor.Coalitions(network, there, objective, draws, common=shared, rate=rate)


def _worths(
    coalitions: Coalitions, forced: tuple[str, ...], without: tuple[str, ...], players: tuple[str, ...], size: int
) -> Array:  # fmt: skip
    """(draw, 2^n) what each coalition reaches; who has nothing in the network brings nothing."""
    found = coalitions.values(forced, without)
    place = {player: bit for bit, player in enumerate(found.players)}
    own = np.zeros(1 << len(players), dtype=np.intp)
    for bit, player in enumerate(players):
        if player in place:
            own += ((np.arange(own.size) >> bit) & 1) << place[player]
    worths = np.broadcast_to(found.values[:, own], (size, own.size))
    return np.where(np.abs(worths) < 1e-9, 0.0, worths)


def _together(coalitions: Coalitions, forced: tuple[str, ...], without: tuple[str, ...]) -> Array:
    return coalitions.together(forced, without)


def _divided(game: Game, solution: str) -> Array:
    """What each player gets; where nobody can be given what it has alone, the nucleolus is that of all divisions."""
    from tumen import bargain

    found = bargain.shapley(game) if solution == "shapley" else bargain.prenucleolus(game)
    return np.asarray(np.round(found, 6) + 0.0)  # to the dollar: what is less is the solver's


def _operating(solution: Solution) -> Mapping[str, Array]:
    return solution.operating()
