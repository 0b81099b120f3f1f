"""What a network carries year by year with what is delivered, and what that brings to regions.

In a year some lines work in full, some for a part of the year or of their capacity, some not at all. With the shares w
that work in falling order w1 >= w2 >= ... >= wk, all k work together for the part wk, the first k - 1 for w(k-1) - wk,
and so on; for 1 - w1 none does: stops that come together are what shared hazards bring. Each such set of lines is a
network of its own, solved in the draws and anchor years in which it happens; flows are its flows by these weights.
Lines that nobody is expected to build are left out; they are only bargained over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tumen.errors import unknown_name

if TYPE_CHECKING:
    from tumen._prospect import Prospect
    from tumen.corridor import Link
    from tumen.delivery import Timeline

__all__ = ["Carried"]

Array = npt.NDArray[np.float64]
_NOTHING = 1e-12


@dataclass(frozen=True, eq=False)
class Carried:
    """A network in every draw and year, with what of its additions works then."""

    prospect: Prospect
    timeline: Timeline
    _remember: Callable[..., Any] = field(repr=False)

    @property
    def expected(self) -> tuple[str, ...]:
        """The initiatives on this network that stand or are expected."""
        return tuple(name for name in self.prospect.additions if name in self.timeline.courses)

    @cached_property
    def flows(self) -> Mapping[str, Array]:
        """(draw, year) by link: what goes over it both ways together, a year, in the engine's units."""
        return self._over_years(self.expected)

    @cached_property
    def before(self) -> Mapping[str, Array]:
        """The same with what stands already, and without what is only expected."""
        return self._over_years(tuple(name for name in self.expected if self.prospect.additions[name].built))

    def on(self, link: str) -> Array:
        """(draw, year) what goes over one link; nothing over a line that nobody is expected to build."""
        if link in self.flows:
            return self.flows[link]
        known = [item.name for item in self.prospect.base.links]
        if link in known:
            return np.zeros((self.prospect.size, len(self.timeline.years)))
        raise unknown_name("link", link, known)

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions that its nodes lie in."""
        return tuple(dict.fromkeys(node.region for node in self.prospect.base.nodes if node.region))

    def traffic(self, region: str, good: str) -> tuple[Array, Array]:
        """(draw, year) what of a good leaves or enters a region's nodes a year: with initiatives, and before.

        Half of what goes over a link counts at each of its ends, so transit counts once.
        """
        return self._summed(self.flows, region, self._one, good), self._summed(self.before, region, self._one, good)

    def receipts(self, region: str) -> tuple[Array, Array]:
        """(draw, year) MUSD a year that the country's carriers charge in a region: with initiatives, and before.

        What carrying costs is charged; half of it counts at each end of a link, as far as the region's country owns it.
        """
        country = next((node.country for node in self.prospect.base.nodes if node.region == region), "")

        def money(link: Link) -> Array:
            return self.prospect.money(link.name) * (dict(link.shares).get(country, 0.0) if link.shares else 1.0)

        return self._summed(self.flows, region, money), self._summed(self.before, region, money)

    def _summed(
        self, flows: Mapping[str, Array], region: str, value: Callable[[Link], Array], good: str = ""
    ) -> Array:  # fmt: skip
        if region not in self.regions:
            raise unknown_name("region", region, self.regions)
        where = {node.name: node.region for node in self.prospect.base.nodes}
        found = np.zeros((self.prospect.size, len(self.timeline.years)))
        for link in self.prospect.base.links:
            ends = (where[link.origin] == region) + (where[link.destination] == region)
            if ends and link.name in flows and good in ("", link.commodity):
                found += flows[link.name] * value(link)[:, None] * ends / 2
        return found

    def _one(self, link: Link) -> Array:
        return np.ones(self.prospect.size)

    def _over_years(self, names: tuple[str, ...]) -> Mapping[str, Array]:
        years, size = self.timeline.years, self.prospect.size
        working = [self.timeline.courses[name].working for name in names]
        share = np.clip(np.array(working).reshape(len(names), size, len(years)), 0.0, 1.0)
        order = np.argsort(-share, axis=0, kind="stable")
        ranked = np.take_along_axis(share, order, axis=0)
        edge = np.zeros((1, size, len(years)))
        weights = np.concatenate([edge + 1, ranked]) - np.concatenate([ranked, edge])
        sets = np.concatenate([edge.astype(int), np.cumsum(1 << order, axis=0)])
        links = [link.name for link in self._standing(names).network.links]
        found = {link: np.zeros((size, len(years))) for link in links}
        anchors = self.prospect.spec.years
        parts = np.stack([np.interp(years, np.array(anchors, dtype=float), row) for row in np.eye(len(anchors))])
        for which in np.unique(sets[weights > _NOTHING]):
            weight = np.where(sets == which, weights, 0.0).sum(axis=0)
            draws = np.flatnonzero((weight > _NOTHING).any(axis=1))
            lines = tuple(name for place, name in enumerate(names) if which >> place & 1)
            for anchor, part in zip(anchors, parts, strict=True):
                needed = draws[((weight[draws] > _NOTHING) & (part > 0)).any(axis=1)]
                if needed.size:
                    for link, flow in self._carries(lines, anchor, needed).items():
                        found[link][needed] += flow[:, None] * weight[needed] * part
        return found

    def _standing(self, lines: tuple[str, ...]) -> Prospect:
        """The network with these lines alone, their capital sunk."""
        gone = tuple(name for name in self.prospect.additions if name not in lines)
        return self.prospect.without(*gone).sunk(*lines)

    def _carries(self, lines: tuple[str, ...], anchor: int, draws: npt.NDArray[np.intp]) -> Mapping[str, Array]:
        """By link, (draw,) what goes over it in an anchor year in some draws."""
        there = self._standing(lines).at(anchor)
        own = {key: values[draws] for key, values in there.draws.items()}
        found: Mapping[str, Array] = self._remember(
            _solved, there.network, own, there.rate[draws], there.spec.objective
        )
        return found


def _solved(network: Any, draws: Mapping[str, Array], rate: Array, objective: str) -> Mapping[str, Array]:
    from tumen import corridor

    flow = corridor.solve(network, draws, objective=objective, rate=rate)
    return {link.name: flow.flow[:, place] + flow.back[:, place] for place, link in enumerate(network.links)}
