"""Measures on the world's trade in general equilibrium: what ties are worth, what sanctions do, who can replace whom.

Losses are exact: the part of real spending that is gone. Values are in the base's money at an unchanged value of world
output. The short run has low elasticities, the long run higher ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tumen.claims._arguments import (
    CostChange,
    Countries,
    Country,
    Good,
    IdleSanction,
    LeakySanction,
    Members,
    Pair,
    RunName,
    Sanction,
    Side,
    Statistics,
    Sum,
    Year,
)
from tumen.claims._trade import two_way
from tumen.outcome import Outcome

if TYPE_CHECKING:
    from tumen.initiatives import TradeChange
    from tumen.trade import CostShock, DrawnWorld, Reading

__all__ = [
    "cost", "cost_cut_needed", "diverted", "effect", "idle_loss", "import_concentration", "import_share", "input_lost",
    "leak_cost", "leak_relief", "leak_rent", "loss_of_ties", "pressure", "pressure_lost", "pressure_share", "pull",
    "receipts_lost", "replaced", "share_with",
]  # fmt: skip

Array = npt.NDArray[np.float64]


def loss_of_ties(outcome: Outcome, *, country: Country, partners: Countries, run: RunName) -> Array:
    """Welfare lost if ties are cut, all trade with the partners, a share of real spending; (draw,)."""
    world, after = _cut(outcome, country, partners, run)
    return np.asarray(1 - after.welfare[:, world.country(country)])


def pull(outcome: Outcome, *, country: Country, partner: Country, against: Country, run: RunName) -> Array:
    """Pull of one partner against another's, the loss by the one's leaving over that by the other's; (draw,).

    With all that is expected of the initiatives in full force, but for what waits for an event.
    """
    from tumen.trade import CostShock

    world = _world(outcome)
    expected = [change.shock for change in outcome.changes.values() if change.planned]
    place = world.country(country)

    def welfare(*more: CostShock) -> Array:
        shocks = [*expected, *more]
        if not shocks:
            return np.ones(world.draws)
        return outcome.respond(CostShock.joined(shocks, world.draws), run).welfare[:, place]

    whole = welfare()
    lost = [whole - welfare(world.cut(country, (leaving,))) for leaving in (partner, against)]
    return np.asarray(lost[0] / lost[1])


def receipts_lost(outcome: Outcome, *, country: Country, partners: Countries, run: RunName) -> Array:
    """Hard currency lost if ties are cut, a share of what exports earn; (draw,)."""
    world, after = _cut(outcome, country, partners, run)
    place = world.country(country)
    return np.asarray(1 - after.exports[:, place] / world.base.exports[place])


def input_lost(outcome: Outcome, *, country: Country, partners: Countries, good: Good, run: RunName) -> Array:
    """Use of a good lost if ties are cut, a share of the quantity used; (draw,)."""
    world, after = _cut(outcome, country, partners, run)
    return np.asarray(1 - after.use[:, world.good(good), world.country(country)])


def import_share(outcome: Outcome, *, country: Country, partner: Country, good: Good | None = None) -> Array:
    """Share of a partner in imports, of all goods or of one, with what is expected of the initiatives; (draw,)."""
    world, flows = _expected(outcome)
    bought = _bought(world, flows, country, good)
    return np.asarray(bought[:, world.country(partner)] / bought.sum(axis=1))


def import_concentration(
    outcome: Outcome, *, country: Country, good: Good | None = None, without: Countries | None = None
) -> Array:
    """Concentration of imports, the sum of squared shares of those who sell, of all goods or of one; (draw,)."""
    world, flows = _expected(outcome)
    bought = _bought(world, flows, country, good)
    kept = [k for k, name in enumerate(world.countries) if name not in (without or ())]
    shares = bought[:, kept] / bought[:, kept].sum(axis=1, keepdims=True)
    return np.asarray((shares**2).sum(axis=1))


def replaced(outcome: Outcome, *, country: Country, partner: Country, by: Country, good: Good) -> Array:
    """Deliveries that another could replace, of one good, by what it would sell more, as a share; (draw,)."""
    world, flows = _expected(outcome)
    s, n, old, new = world.good(good), world.country(country), world.country(partner), world.country(by)
    before = world.base.flows[s]
    return np.asarray((flows[:, s, new, n] - before[new, n]) / before[old, n])


def effect(outcome: Outcome, *, initiative: CostChange, country: Country, run: RunName) -> Array:
    """Welfare gained by the initiative, in full force, a share of real spending, below zero a loss; (draw,).

    Of sanctions in force already, by their lifting.
    """
    world, after = _with(outcome, initiative, run)
    return np.asarray(after.welfare[:, world.country(country)] - 1)


def diverted(
    outcome: Outcome,
    *,
    initiative: CostChange,
    country: Country,
    to: Countries,
    run: RunName,
    side: Side = "both",
    good: Good | None = None,
) -> Array:
    """Trade diverted to these partners, if the initiative is in full force, of all goods or of one; (draw,), MUSD.

    Exports, imports, or both together.
    """
    world, after = _with(outcome, initiative, run)
    s = slice(None) if good is None else slice(world.good(good), world.good(good) + 1)
    n, partners = world.country(country), [world.country(name) for name in to]
    change = after.flows[:, s] - world.base.flows[None, s]
    sold, bought = change[:, :, n, partners].sum(axis=(1, 2)), change[:, :, partners, n].sum(axis=(1, 2))
    return np.asarray({"exports": sold, "imports": bought, "both": sold + bought}[side])


def share_with(
    outcome: Outcome, *, country: Country, partners: Countries, initiative: CostChange | None = None
) -> Array:
    """Share of these partners in two-way trade, with what is expected and with one initiative more; (draw, year).

    What is in force already is lifted. Trade with each partner grows with that partner's economy, from the year before
    the case's date.
    """
    world = _world(outcome)
    place = world.country(country)
    changes = [change for change in outcome.changes.values() if change.expected]
    if initiative is not None and not _change(outcome, initiative).expected:
        changes.append(_change(outcome, initiative))
    before = _both_ways(world.base.flows.sum(axis=0)[None], place)
    trade = before[:, None, :] * _grown(outcome, world)
    for change in changes:
        after = _both_ways(outcome.respond(change.asked, "long").flows.sum(axis=1), place)
        ratio = np.divide(after, before, out=np.ones_like(after), where=before > 0)
        trade = trade * ratio[:, None, :] ** change.in_force[:, :, None]
    own = [world.country(name) for name in partners]
    return np.asarray(trade[:, :, own].sum(axis=2) / trade.sum(axis=2))


def _both_ways(traded: Array, place: int) -> Array:
    """Two-way trade of a country with each other, (draw, partner), from flows (draw, exporter, importer)."""
    both = traded[:, place, :] + traded[:, :, place]
    both[:, place] = 0.0
    return both


def _grown(outcome: Outcome, world: DrawnWorld) -> Array:
    """Each economy's growth since the year before the case's date, (draw, year, country); 1 where none is given."""
    spec = outcome.case.equilibrium
    years = np.array(outcome.years)
    grown = np.zeros((world.draws, len(years), len(world.countries)))
    for name, process in (spec.growth if spec is not None else {}).items():
        yearly = np.where(years >= outcome.case.as_of.year, outcome.worlds.paths[process], 0.0)
        grown[:, :, world.country(name)] = np.cumsum(yearly, axis=1)
    return np.asarray(np.exp(grown))


def pressure(outcome: Outcome, *, initiative: Sanction, run: RunName, members: Members | None = None) -> Array:
    """Cost of sanctions to their target by trade, imposed by some members or all, a year; (draw,), MUSD."""
    change = _change(outcome, initiative)
    return _pressure(outcome, initiative, tuple(change.of) if members is None else members, run)


def pressure_lost(outcome: Outcome, *, initiative: Sanction, member: Members, run: RunName) -> Array:
    """Pressure lost if a member leaves, a share of what all of them bring about; (draw,)."""
    everyone = tuple(_change(outcome, initiative).of)
    whole = _pressure(outcome, initiative, everyone, run)
    rest = _pressure(outcome, initiative, tuple(name for name in everyone if name not in member), run)
    return np.asarray(1 - rest / whole)


def pressure_share(outcome: Outcome, *, initiative: Sanction, member: Members, run: RunName) -> Array:
    """Share of the pressure that is a member's, by Shapley value over all coalitions of members; (draw,).

    What it adds, on average over the orders in which members could have joined.
    """
    from tumen.bargain import Game, shapley

    acting = tuple(_change(outcome, initiative).of)
    coalitions = [tuple(name for k, name in enumerate(acting) if s >> k & 1) for s in range(2 ** len(acting))]
    values = np.stack([_pressure(outcome, initiative, members, run) for members in coalitions], axis=1)
    shares = np.asarray(shapley(Game(values, acting)))
    own = [acting.index(name) for name in member]
    return np.asarray(shares[:, own].sum(axis=1) / values[:, -1])


def idle_loss(outcome: Outcome, *, initiative: IdleSanction) -> Array:
    """Sales forgone by the target, a year, of what it can neither sell nor use, net of cost; (draw,), MUSD."""
    change = _change(outcome, initiative)
    assert change.idle is not None
    return change.idle


def leak_relief(outcome: Outcome, *, initiative: LeakySanction) -> Array:
    """Part of the forgone sales that a leak brings back, net of discount and cost; (draw,)."""
    change = _change(outcome, initiative)
    assert change.relief is not None
    assert change.idle is not None
    return np.asarray(change.relief / change.idle)


def leak_rent(outcome: Outcome, *, initiative: LeakySanction) -> Array:
    """Rent of whoever leaks, a year, the discount on what it takes; (draw,), MUSD."""
    change = _change(outcome, initiative)
    assert change.rent is not None
    return change.rent


def cost(outcome: Outcome, *, country: Country, run: RunName, initiative: CostChange | None = None) -> Array:
    """Cost laid on a country, a year, by all that is expected of the initiatives or by one; (draw,), MUSD.

    In full force; below zero it gains. Of sanctions in force, what they cost it now.
    """
    from tumen.trade import CostShock

    world = _world(outcome)
    place = world.country(country)
    if initiative is not None:
        change = _change(outcome, initiative)
        gained = outcome.respond(change.asked, run).ev[:, place]
        return np.asarray(gained if change.lifted else -gained)
    shocks = [change.shock for change in outcome.changes.values() if change.planned and not change.lifted]
    if not shocks:
        return np.zeros(world.draws)
    return np.asarray(-outcome.respond(CostShock.joined(shocks, world.draws), run).ev[:, place])


def leak_cost(outcome: Outcome, *, initiative: LeakySanction, country: Country, run: RunName) -> Array:
    """Cost of a leak to one who imposes the sanctions, a year, to make up for it by more of the same; (draw,), MUSD.

    What the sanctions cost it for each dollar that they cost the target, times the dollars that the leak gives back.
    Nothing where they cost it nothing.
    """
    change = _change(outcome, initiative)
    assert change.idle is not None
    assert change.relief is not None
    target = _pressure(outcome, initiative, tuple(change.of), run) + change.idle
    own = np.maximum(cost(outcome, country=country, run=run, initiative=initiative), 0.0)
    return np.asarray(np.divide(own * change.relief, target, out=np.zeros_like(own), where=target > 0))


def cost_cut_needed(
    outcome: Outcome, *, between: Pair, target: Sum, year: Year, statistics: Statistics | None = None
) -> Array:
    """Cost cut needed, of all that the pair trades, for the target to be met in its year; (draw,).

    At unchanged incomes and the long-run elasticity of what the pair trades: 1 - (trade / target)^(1 / theta).
    """
    world = _world(outcome)
    trade = two_way(outcome, between=between, statistics=statistics)[:, outcome.years.index(year)]
    a, b = (world.country(name) for name in between)
    mix = world.base.flows[:, a, b] + world.base.flows[:, b, a]
    theta = world.theta["long"] @ (mix / mix.sum())
    return np.asarray(1 - np.minimum(trade / target, 1.0) ** (1 / theta))


def _world(outcome: Outcome) -> DrawnWorld:
    if outcome.world is None:
        raise ValueError("the case has no `equilibrium`")
    return outcome.world


def _cut(outcome: Outcome, country: str, partners: tuple[str, ...], run: str) -> tuple[DrawnWorld, Reading]:
    world = _world(outcome)
    return world, outcome.respond(world.cut(country, partners), run)


def _expected(outcome: Outcome) -> tuple[DrawnWorld, Array]:
    """Flows (draw, good, exporter, importer) with all that is expected of the initiatives, in full force."""
    from tumen.trade import CostShock

    world = _world(outcome)
    shocks = [change.shock for change in outcome.changes.values() if change.planned]
    if not shocks:
        return world, np.broadcast_to(world.base.flows, (world.draws, *world.base.flows.shape))
    return world, outcome.respond(CostShock.joined(shocks, world.draws), "long").flows


def _bought(world: DrawnWorld, flows: Array, country: str, good: str | None) -> Array:
    """What a country buys abroad, (draw, exporter)."""
    n = world.country(country)
    bought = flows[:, :, :, n].sum(axis=1) if good is None else flows[:, world.good(good), :, n].copy()
    bought[:, n] = 0.0
    return np.asarray(bought)


def _change(outcome: Outcome, initiative: str) -> TradeChange:
    if initiative not in outcome.changes:
        raise LookupError(f"the plan leaves out `{initiative}`, on which this measure is taken")
    return outcome.changes[initiative]


def _with(outcome: Outcome, initiative: str, run: str) -> tuple[DrawnWorld, Reading]:
    """The world with an initiative, or, where it is in force already, as it is without it."""
    change, world = _change(outcome, initiative), _world(outcome)
    return world, outcome.respond(change.asked, run)


def _pressure(outcome: Outcome, initiative: str, members: tuple[str, ...], run: str) -> Array:
    """The target's loss, MUSD, when some members act and the others do not.

    In force already, sanctions are lifted in turn: the loss of S is what lifting all would bring, less what lifting
    those of the others would.
    """
    from tumen.trade import CostShock

    change, world = _change(outcome, initiative), _world(outcome)
    spec = outcome.case.initiatives[initiative]
    target = world.country(spec.target)  # type: ignore[attr-defined]

    def gain(shocks: list[CostShock]) -> Array:
        if not shocks:
            return np.zeros(world.draws)
        return np.asarray(outcome.respond(CostShock.joined(shocks, world.draws), run).ev[:, target])

    if not change.lifted:
        return -gain([change.of[name] for name in members])
    everybody = gain([shock.lifted() for shock in change.of.values()])
    return everybody - gain([shock.lifted() for name, shock in change.of.items() if name not in members])
