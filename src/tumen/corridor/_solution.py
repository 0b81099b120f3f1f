"""What a network does at its best: flows, prices, and who gains what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tumen.corridor._check import Part, Point, surplus_of
from tumen.corridor._drawn import Array
from tumen.corridor._program import Index, Program
from tumen.errors import NoConvergence, unknown_name

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from tumen.corridor._network import Network
    from tumen.corridor._parts import Demand, Option, Supply

__all__ = ["Solution", "accounted"]

_ADDS_UP = 1e-8
_SHOWN = 12


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Solution:
    """The best flows of D draws; all arrays read-only, quantities in units a year, money in MUSD a year.

    surplus (D,): what the network is worth, without the annuities of what is built.
    flow, back (D, links): sent from the origin, and from the destination of a link both ways.
    utilisation (D, links): the fuller direction as a share of capacity; zero where that has no limit or is nothing.
    price (D, markets): of one more unit at the node, for `markets` of (node, commodity).
    rent (D, links): congestion rent, the gain of a link from the prices at its ends less its cost.
    quantity (D, curves): of the rows of supply, demand, options, in that order; `curves` names them.
    producer, consumer (D, nodes): surplus of those who supply and of those who consume at a node. Options to buy count
    as supply, options to sell as demand. Under "netback" `consumer` is what the seller earns above the price at the
    node by its one price to the row's buyers, whose own surplus is not counted.
    built (D, candidates): steps. annuity (D, candidates): what they cost a year.
    gap (D,): by how much the surplus may miss the best, from the duality gap.

    surplus = producer + consumer + rent - annuity, summed over nodes and links.
    """

    network: Network
    objective: str
    markets: tuple[tuple[str, str], ...]
    curves: tuple[str, ...]
    surplus: Array
    flow: Array
    back: Array
    utilisation: Array
    price: Array
    rent: Array
    quantity: Array
    producer: Array
    consumer: Array
    built: npt.NDArray[np.intp]
    annuity: Array
    gap: Array

    @property
    def draws(self) -> int:
        """How many draws there are."""
        return len(self.surplus)

    def flow_on(self, link: str) -> Array:
        """(D,) from the origin to the destination, less what goes back. Raises UnknownName."""
        place = self._link(link)
        return np.asarray(self.flow[:, place] - self.back[:, place])

    def price_at(self, node: str, commodity: str) -> Array:
        """(D,) MUSD per unit. Raises UnknownName."""
        if (node, commodity) not in self.markets:
            known = (f"{place} {good}" for place, good in self.markets)
            raise unknown_name("market", f"{node} {commodity}", known)
        return self.price[:, self.markets.index((node, commodity))]

    def quantity_of(self, curve: str) -> Array:
        """(D,) supplied or consumed in a row of supply, demand or options. Raises UnknownName."""
        if curve not in self.curves:
            raise unknown_name("row of supply, demand or options", curve, self.curves)
        return self.quantity[:, self.curves.index(curve)]

    def accounts(self) -> dict[str, Array]:
        """(D, 5) by party: surplus of its producers, of its consumers, its rents, its capital cost, and the sum.

        Producers and consumers count with the country of their node; rents and capital with owners by their shares.
        """
        parties = self.network.parties
        found = {party: np.zeros((self.draws, 5)) for party in parties}
        for n, node in enumerate(self.network.nodes):
            found[node.country][:, 0] += self.producer[:, n]
            found[node.country][:, 1] += self.consumer[:, n]
        cost = dict(zip(self.network.candidates, self.annuity.T, strict=True))
        for n, link in enumerate(self.network.links):
            for owner, share in link.shares:
                found[owner][:, 2] += share * self.rent[:, n]
                if link.candidate:
                    found[owner][:, 3] -= share * cost[link.name]
        for account in found.values():
            account[:, 4] = account[:, :4].sum(axis=1)
            account.setflags(write=False)
        return found

    def operating(self) -> dict[str, Array]:
        """(D,) by party: what it makes without any payment between parties; the sum over parties is the surplus.

        What its consumers would pay for what they get (the area under demand; under "netback" what they are charged)
        and its sales through options, less its costs of supply, its purchases through options, and by its shares in
        links the costs of carriage and annuities. `bargain.transfers(share, operating)` says from it who pays whom;
        what consumers of a market in `common` pay has to be added to those who sell there first.
        """
        country = {node.name: node.country for node in self.network.nodes}
        price = dict(zip(self.markets, self.price.T, strict=True))
        found = {party: account[:, 4].copy() for party, account in self.accounts().items()}
        # The accounts less what is sold, bought and passed on at the prices of nodes, which is paid between parties.
        signs = [1.0] * len(self.network.supply) + [-1.0] * len(self.network.demand)
        signs += [1.0 if option.side == "buy" else -1.0 for option in self.network.options]
        rows: tuple[Supply | Demand | Option, ...] = (*self.network.supply, *self.network.demand, *self.network.options)
        for row, sign, quantity in zip(rows, signs, self.quantity.T, strict=True):
            found[country[row.node]] -= sign * price[row.node, row.commodity] * quantity
        for link, flow, back in zip(self.network.links, self.flow.T, self.back.T, strict=True):
            start, end = price[link.origin, link.commodity], price[link.destination, link.commodity]
            keep = 1 - link.loss
            traded = flow * (keep * end - start) + back * (keep * start - end)
            for owner, share in link.shares:
                found[owner] -= share * traded
        for made in found.values():
            made.setflags(write=False)
        return found

    def accounts_table(self) -> pd.DataFrame:
        """Means over draws of `accounts`: party, producer, consumer, rent, capital, total."""
        import pandas as pd

        names = ["producer", "consumer", "rent", "capital", "total"]
        rows = {party: account.mean(axis=0) for party, account in self.accounts().items()}
        return pd.DataFrame.from_dict(rows, orient="index", columns=names).rename_axis("party").reset_index()

    def flows_table(self) -> pd.DataFrame:
        """Means over draws by link: link, from, to, commodity, flow, back, utilisation, rent, built."""
        import pandas as pd

        built = dict(zip(self.network.candidates, self.built.mean(axis=0), strict=True))
        links = self.network.links
        return pd.DataFrame(
            {
                "link": [link.name for link in links],
                "from": [link.origin for link in links],
                "to": [link.destination for link in links],
                "commodity": [link.commodity for link in links],
                "flow": self.flow.mean(axis=0),
                "back": self.back.mean(axis=0),
                "utilisation": self.utilisation.mean(axis=0),
                "rent": self.rent.mean(axis=0),
                "built": [built.get(link.name, 1.0) for link in links],
            }
        )

    def rents_table(self) -> pd.DataFrame:
        """Means over draws by link and owner: link, owner, share, rent, and capital cost."""
        import pandas as pd

        cost = dict(zip(self.network.candidates, self.annuity.mean(axis=0), strict=True))
        rows = [
            (link.name, owner, share, share * rent, share * cost.get(link.name, 0.0))
            for link, rent in zip(self.network.links, self.rent.mean(axis=0), strict=True)
            for owner, share in link.shares
        ]
        return pd.DataFrame(rows, columns=["link", "owner", "share", "rent", "capital"])

    def prices_table(self) -> pd.DataFrame:
        """Means over draws by market: node, commodity, price."""
        import pandas as pd

        nodes, goods = [place for place, _ in self.markets], [good for _, good in self.markets]
        return pd.DataFrame({"node": nodes, "commodity": goods, "price": self.price.mean(axis=0)})

    def to_dataset(self) -> xr.Dataset:
        """All arrays with labels: draw, link, market, curve, node, candidate."""
        import xarray as xr

        dims = {
            "surplus": (), "gap": (), "flow": ("link",), "back": ("link",), "utilisation": ("link",), "rent": ("link",),
            "price": ("market",), "quantity": ("curve",), "producer": ("node",), "consumer": ("node",),
            "built": ("candidate",), "annuity": ("candidate",),
        }  # fmt: skip
        units = {"flow": "unit/yr", "back": "unit/yr", "quantity": "unit/yr", "price": "MUSD/unit", "built": "1"}
        units["utilisation"] = "1"
        arrays = {
            name: xr.DataArray(getattr(self, name), dims=("draw", *rest), attrs={"units": units.get(name, "MUSD/yr")})
            for name, rest in dims.items()
        }
        coordinates = {
            "link": [link.name for link in self.network.links],
            "market": [f"{node} {good}" for node, good in self.markets],
            "curve": list(self.curves),
            "node": [node.name for node in self.network.nodes],
            "candidate": list(self.network.candidates),
        }
        return xr.Dataset(arrays, coords=coordinates)

    def __repr__(self) -> str:
        draws = f", means of {self.draws:,} draws" if self.draws > 1 else ""
        lines = [f"Flows of {len(self.network.links)} links, surplus {self.surplus.mean():,.6g} MUSD a year{draws}"]
        width = max([4, *(len(link.name) for link in self.network.links)])
        lines.append(f"  {'link':<{width}}{'flow':>12}{'used':>8}{'rent':>12}")
        busiest = np.argsort(-(self.flow + self.back).mean(axis=0), kind="stable")[:_SHOWN]
        for n in busiest:
            name, net = self.network.links[n].name, (self.flow[:, n] - self.back[:, n]).mean()
            used = f"{self.utilisation[:, n].mean():.0%}"
            lines.append(f"  {name:<{width}}{net:>12,.5g}{used:>8}{self.rent[:, n].mean():>12,.5g}")
        if len(self.network.links) > len(busiest):
            lines.append(f"  ... and {len(self.network.links) - len(busiest)} more")
        return "\n".join(lines)

    def _link(self, name: str) -> int:
        names = [link.name for link in self.network.links]
        if name not in names:
            raise unknown_name("link", name, names)
        return names.index(name)


def accounted(program: Program, part: Part, at: Point, built: Index, gap: Array) -> Solution:
    """The solution of a whole programme at a point. Raises NoConvergence where the parts do not add up to surplus."""
    network, links = program.network, len(program.network.links)
    back = np.arange(len(program.link)) >= links  # arcs are the links, then those both ways backwards
    gain = program.keep * at.price[:, part.destination] - at.price[:, part.origin] - at.cost
    margin = program.sign * (at.price[:, part.market] - at.a) - at.b * at.quantity / 2
    node = {place.name: n for n, place in enumerate(network.nodes)}
    where = np.array([node[program.markets[market][0]] for market in program.market], dtype=np.intp)
    supplies = program.sign > 0
    annuity = program.annuity * built
    parts = {
        "rent": _summed(gain * at.flow, program.link, links),
        "producer": _summed((margin * at.quantity)[:, supplies], where[supplies], len(node)),
        "consumer": _summed((margin * at.quantity)[:, ~supplies], where[~supplies], len(node)),
    }
    surplus = surplus_of(part, at) - annuity.sum(axis=1)
    off = np.abs(sum(part.sum(axis=1) for part in parts.values()) - annuity.sum(axis=1) - surplus)
    scale = 1 + sum(np.abs(part).sum(axis=1) for part in parts.values())
    if (off > _ADDS_UP * scale).any():
        draw = int(np.argmax(off / scale))
        raise NoConvergence(f"surplus does not add up in draw {draw}: {off[draw]:g} MUSD are nobody's")
    limit = np.where(np.isinf(at.capacity) | (at.capacity <= 0), np.inf, at.capacity)
    arrays = {
        "surplus": surplus,
        "flow": _summed(np.where(back, 0.0, at.flow), program.link, links),
        "back": _summed(np.where(back, at.flow, 0.0), program.link, links),
        "utilisation": _largest(at.flow / limit, program.link, links),
        "price": at.price,
        "quantity": at.quantity,
        "annuity": annuity,
        "built": built,
        "gap": gap,
        **parts,
    }
    for array in arrays.values():
        array.setflags(write=False)
    return Solution(network, program.objective, program.markets, program.name, **arrays)


def _summed(values: Array, places: Index, count: int) -> Array:
    found = np.zeros((len(values), count))
    np.add.at(found.T, places, values.T)
    return found


def _largest(values: Array, places: Index, count: int) -> Array:
    found = np.zeros((len(values), count))
    np.maximum.at(found.T, places, values.T)
    return found
