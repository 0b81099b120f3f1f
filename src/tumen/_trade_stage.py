"""The trade stage of the study: the case's world with what is drawn of it, and what initiatives do to each pair's path.

A pair's path without the initiatives is multiplied, for each initiative that is expected, by the change that its costs
bring to the pair's flows in general equilibrium, to the power of how much of it is in force in a year. What initiatives
bring over the border themselves is added. What cannot be paid for is then cut, in the same year.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tumen.initiatives import Delivery, Settlement, TradeChange

if TYPE_CHECKING:
    from tumen.case import Case, Quantity
    from tumen.trade import Baseline, CostShock, DrawnWorld, PathDraws, Reading
    from tumen.uncertainty import Worlds

__all__ = ["drawn_world", "effect", "paid_for", "respond_in", "with_deliveries", "with_effects"]

Array = npt.NDArray[np.float64]
_NONE = 1e-12  # what an embargo leaves of a path, so that growth and logarithms of it have a value


@lru_cache(maxsize=64)
def _baseline(case: Case) -> Baseline | None:
    """The world's trade as the case gives it; None where it gives none."""
    from tumen.trade import Baseline

    spec = case.equilibrium
    if spec is None:
        return None
    table, goods = case.flows[spec.flows], tuple(spec.goods)
    players = [name for name in case.players if name in table.countries]
    flows = np.zeros((len(goods), len(players), len(players)))
    for row in table.rows:
        flows[goods.index(row.good), players.index(row.exporter), players.index(row.importer)] = row.value
    name = next(iter(case.file.equilibrium))
    theta = [case.parameter(f"{name}.goods.{good}.long_run").quantity.central for good in goods]
    return Baseline.from_arrays(flows, players, sectors=goods, elasticity=theta)


def drawn_world(case: Case, worlds: Worlds) -> DrawnWorld | None:
    """The world's trade with what is drawn of it: elasticities of both runs, and sizes of economies."""
    from tumen.trade import DrawnWorld

    base, spec = _baseline(case), case.equilibrium
    if base is None or spec is None:
        return None
    name = next(iter(case.file.equilibrium))

    def drawn(quantity: Quantity, path: str) -> Array:
        return worlds.values[quantity.reference or f"{name}.{path}"]

    theta, substitution = {}, {}
    for run in ("short", "long"):
        field_ = f"{run}_run"
        goods = [drawn(getattr(spec.goods[good], field_), f"goods.{good}.{field_}") for good in base.sectors]
        theta[run] = np.stack(goods, axis=1)
        substitution[run] = drawn(getattr(spec.substitution, field_), f"substitution.{field_}")
    home = np.ones((worlds.size, len(base.countries)))
    domestic = base.flows.diagonal(axis1=1, axis2=2).sum(axis=0)
    for country, quantity in spec.size.items():
        place = base.countries.index(country)
        own = drawn(quantity, f"size.{country}") - base.exports[place]
        if own.min() <= 0:
            what = f"the economy of {country} is drawn smaller than what it exports, {base.exports[place]:,.0f} MUSD"
            raise ValueError(f"{what}; raise the lower end of `{name}.size.{country}`")
        home[:, place] = own / domestic[place]
    return DrawnWorld(base, theta, substitution, home if spec.size else None, spec.closure, spec.tied)


def respond_in(world: DrawnWorld | None, shock: CostShock, run: str) -> Reading:
    """The equilibrium after a shock. Raises ValueError where the case gives no world."""
    if world is None:
        raise ValueError("the case has no `equilibrium`, so nothing can be said of how the world's trade would respond")
    return world.respond(shock, run)


def effect(
    world: DrawnWorld | None, change: TradeChange, respond: Callable[[CostShock, str], Reading]
) -> tuple[Array, Array]:
    """The factor on every flow (draw, exporter, importer) in full force, and how much of it there is (draw, year)."""
    assert world is not None
    after = respond(change.shock, "long").flows.sum(axis=1)
    before = world.base.flows.sum(axis=0)
    ratio = np.divide(after, before, out=np.ones_like(after), where=np.broadcast_to(before > 0, after.shape))
    return np.maximum(ratio, _NONE), change.in_force


def with_effects(
    path: PathDraws, between: tuple[str, str], world: DrawnWorld | None, effects: list[tuple[Array, Array]]
) -> PathDraws:
    """The path of a pair with what initiatives do to the costs of trade; their effects multiply."""
    if world is None or not effects:
        return path
    a, b = (world.country(player) for player in between)
    base = world.base.flows.sum(axis=0)
    weight = base[[a, b], [b, a]] / (base[a, b] + base[b, a])
    factor: Array = np.ones(path.flow.shape)
    for ratio, in_force in effects:
        factor = factor * (ratio[:, [a, b], [b, a]] @ weight)[:, None] ** in_force
    return dataclasses.replace(
        path, flow=path.flow * factor, reported={name: values * factor for name, values in path.reported.items()}
    )


def with_deliveries(
    path: PathDraws, between: tuple[str, str], brought: Iterable[Delivery], before: PathDraws
) -> PathDraws:  # fmt: skip
    """The path with the goods that initiatives bring over the border themselves, which customs count as they come.

    What dearer trade takes from the path that was `before` it, as a sanction does, it takes from them as well.
    """
    own = [item.amount for item in brought if {item.exporter, item.importer} == set(between)]
    if not own:
        return path
    extra = np.sum(own, axis=0) * np.minimum(path.flow / before.flow, 1.0)
    ratio = 1 + extra / path.flow  # the same goods, told by each statistics as it tells the rest
    return dataclasses.replace(
        path, flow=path.flow + extra, reported={name: values * ratio for name, values in path.reported.items()}
    )


def paid_for(path: PathDraws, between: tuple[str, str], settlements: Mapping[str, Settlement]) -> PathDraws:
    """The path less what cannot be paid for; each settlement says which share of the two-way trade is kept."""
    kept: Array = np.ones(path.flow.shape)
    for settlement in settlements.values():
        for pair, share in settlement.kept.items():
            if set(pair) == set(between):
                kept = kept * share
    if (kept == 1).all():
        return path
    return dataclasses.replace(
        path, flow=path.flow * kept, reported={name: values * kept for name, values in path.reported.items()}
    )
