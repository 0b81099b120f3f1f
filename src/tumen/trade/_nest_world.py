"""From a baseline and wedges in arrays to the problems of the goods nest: kernels, parts of what is paid, refusals.

Of what consumers pay, C, the tariff takes t / (1 + t), the export tax levy = e / ((1 + e) (1 + t)), and the exporter's
price 1 / ((1 + e) (1 + t)). A flow whose cost is infinite, or whose quota is zero, is an embargo. Which countries still
trade with each other, and whether they can live, is asked once for each pattern of embargoes, not for each draw.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tumen.errors import NoConvergence
from tumen.trade._closures import Closure, bilateral_deficits, proportional_shares
from tumen.trade._components import components, refuse_without_supplier
from tumen.trade._nest_system import Array, Cells, Ints, Mask, Problem

__all__ = ["Block", "World", "build"]


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """The world before the shock; the first axis is the draw, or of length 1. P = S x N markets, good first.

    flows (., N, P): X, MUSD at exporters' prices. tariff (., N, P): rates, or None. deficit (., N). tied (N, N): True
    for pairs whose balance moves with their trade, both ways, None for none.
    """

    flows: Array
    tariff: Array | None
    deficit: Array
    countries: tuple[str, ...]
    sectors: tuple[str, ...]
    tied: Mask | None = None

    @classmethod
    def of(
        cls, flows: Array, tariff: Array | None, deficit: Array, countries: tuple[str, ...], sectors: tuple[str, ...]
    ) -> World:
        """From flows and tariffs (S, N, N)."""
        rates = None if tariff is None or not tariff.any() else by_market(tariff)
        return cls(by_market(flows), rates, deficit[None], countries, sectors)

    @property
    def consumed(self) -> Array:
        """C, (., N, P)."""
        return self.flows if self.tariff is None else self.flows * (1 + self.tariff)

    @property
    def output(self) -> Array:
        return np.asarray(self.flows.sum(axis=2))

    @property
    def by_good(self) -> Array:
        """What consumers pay for each good, (., S, N)."""
        total = self.consumed.sum(axis=1)
        return np.asarray(total.reshape(len(total), len(self.sectors), -1))

    @property
    def spending(self) -> Array:
        """E at consumers' prices, (., N)."""
        return np.asarray(self.by_good.sum(axis=1))

    def moving(self, closure: Closure) -> Mask | None:
        """Pairs (N, N) whose balance moves with their trade: all under the closure proportional, else those tied."""
        if closure is Closure.PROPORTIONAL:
            return np.ones((len(self.countries),) * 2, dtype=np.bool_)
        return self.tied

    def grown(self, home: Array) -> World:
        """With domestic sales times factors (D, N): sizes of economies that differ by draw."""
        goods, n = len(self.sectors), home.shape[1]
        factor = np.ones((len(home), n, goods, n))
        own = np.arange(n)
        factor[:, own, :, own] = home.T[:, :, None]
        return replace(self, flows=self.flows * factor.reshape(len(home), n, goods * n))

    def take(self, rows: Ints) -> World:
        def some(values: Array) -> Array:
            return values if len(values) == 1 else values[rows]

        tariff = None if self.tariff is None else some(self.tariff)
        return replace(self, flows=some(self.flows), tariff=tariff, deficit=some(self.deficit))


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Shocks of some draws in arrays, the first axis the draw or of length 1.

    exporter, market (U,): places of the flows whose cost may change, each once, those under quotas among them; log_cost
    (D, U). tariff, levy (., N, P): rates of tariffs and export taxes after the shock, None for none. theta (., S), eta
    (., N). log_productivity, labour (., N). quota, at (cell,): the quota of each cell and its place in U. weight
    (cell,) in the quota's volume, summing to 1. taker (cell,). log_limit (D, Q): -inf for an embargo, inf for none.
    """

    exporter: Ints
    market: Ints
    log_cost: Array
    tariff: Array | None
    levy: Array | None
    theta: Array
    eta: Array
    log_productivity: Array
    labour: Array
    quota: Ints
    at: Ints
    weight: Array
    taker: Ints
    log_limit: Array

    @property
    def draws(self) -> int:
        return len(self.log_cost)


def by_market(values: Array) -> Array:
    """(S, N, N) as (1, N, S N)."""
    return np.ascontiguousarray(values.transpose(1, 0, 2).reshape(1, values.shape[1], -1))


def taxed(world: World, block: Block) -> Array | None:
    """The log factor of taxes on consumers' prices, (., N, P), None for none."""
    if block.tariff is None and block.levy is None and world.tariff is None:
        return None
    after = 0.0 if block.tariff is None else np.log1p(block.tariff)
    levied = 0.0 if block.levy is None else np.log1p(block.levy)
    before = 0.0 if world.tariff is None else np.log1p(world.tariff)
    return np.asarray(after + levied - before)


def closed_by_quota(block: Block) -> Array:
    """log_cost (D, U) with the flows of quotas of zero made infinitely dear."""
    if not len(block.quota) or not np.isneginf(block.log_limit).any():
        return block.log_cost
    costs = np.array(block.log_cost)
    shut = np.isneginf(block.log_limit)[:, block.quota]
    costs[:, block.at] = np.where(shut, np.inf, costs[:, block.at])
    return costs


def build(world: World, block: Block, closure: Closure) -> tuple[Problem, Problem, dict[int, str]]:
    """The problems of the draws, the same without the shock, and why some have no equilibrium, by draw."""
    n = len(world.countries)
    spent = world.consumed.sum(axis=1)
    share = world.consumed / np.where(spent > 0, spent, 1.0)[:, None, :]
    log_cost, tax = closed_by_quota(block), taxed(world, block)
    theta = np.repeat(block.theta, n, axis=1)
    with np.errstate(all="ignore"):
        kernel = share if tax is None else share * np.exp(-theta[:, None, :] * tax)
        kernel = np.array(np.broadcast_to(kernel, (block.draws, *kernel.shape[1:])))
        kernel[:, block.exporter, block.market] *= np.exp(-theta[:, block.market] * log_cost)
    alpha = world.by_good / world.spending[:, None, :]
    moving = world.moving(closure)
    pair = None if moving is None else proportional_shares(_pairs(world)) * moving
    empty = (spent == 0).astype(np.float64)
    volume, binds = _volumes(world, block, log_cost, tax)
    parts = _parts(world.tariff, None, block, pair, n)
    start = Problem(
        np.array(np.broadcast_to(share, kernel.shape)), empty, block.theta, 1 - block.eta, alpha, np.zeros((1, n)),
        world.spending, world.output, world.output, np.zeros((1, n)), world.deficit, *parts[:3], None,
        closure is Closure.WORLD_SHARE, _cells(block, n), *parts[3:], volume, block.log_limit, binds,
    )  # fmt: skip
    if moving is not None:
        start = replace(start, deficit=_rest(world, moving))
    gone = (kernel.sum(axis=1) == 0) & (spent > 0)
    problem = replace(
        start, kernel=kernel, dead=empty + gone, log_productivity=block.log_productivity,
        output=world.output * block.labour,
    )  # fmt: skip
    if gone.any():
        left = gone.reshape(block.draws, -1, n)
        problem = replace(problem, alpha=np.where(left, 0.0, alpha), lost=np.where(left, alpha, 0.0).sum(axis=1))
    border, gains, levies, value, tariff = _parts(block.tariff, block.levy, block, pair, n)
    problem = replace(problem, border=border, to_importer=gains, to_exporter=levies, value=value, tariff=tariff)
    problem, refused = _live(world, block, problem, closure, kernel > 0)
    for draw, good, country in zip(*np.nonzero(gone.reshape(block.draws, -1, n)), strict=True):
        eta = float(np.broadcast_to(block.eta, (block.draws, n))[draw, country])
        if eta <= 1:
            refused.setdefault(int(draw), _no_supplier(world.countries[country], world.sectors[good], eta))
    return problem, start, refused


def _no_supplier(country: str, good: str, eta: float) -> str:
    return (
        f"no equilibrium: {country} has no supplier left of {good}, which nothing replaces at a substitution of "
        f"{eta:g} between goods; leave a leak (a high cost for an embargo), another supplier, or substitution above 1"
    )


def _rest(world: World, moving: Mask) -> Array:
    """Deficits (., N) without the balances of pairs that move with their trade, which stand in `border`."""
    flows = _pairs(world)
    if moving.all():
        return np.zeros((1, len(world.countries)))
    balances = np.where(moving, flows - flows.swapaxes(1, 2), 0.0).sum(axis=1)
    return np.asarray(world.deficit - balances)


def _pairs(world: World) -> Array:
    """Flows over all goods, (., exporter, importer)."""
    shape = world.flows.shape
    return np.asarray(world.flows.reshape(*shape[:2], len(world.sectors), -1).sum(axis=2))


def _cells(block: Block, countries: int) -> Cells | None:
    if not len(block.quota):
        return None
    i, m = block.exporter[block.at], block.market[block.at]
    return Cells.made(block.quota, i, m, block.taker, countries, block.log_limit.shape[1])


def _parts(
    tariff: Array | None, levy: Array | None, block: Block, pair: Array | None, n: int
) -> tuple[Array, Array | None, Array | None, Array, Array]:
    """Parts of what consumers pay: in the balance of trade, to the importer, to the exporter, and those of cells."""
    goods = block.theta.shape[1]
    off = np.tile(1 - np.eye(n), (1, goods))[None]
    value = np.ones((1, 1, 1)) if tariff is None else 1 / (1 + tariff)
    price = value if levy is None else value / (1 + levy)
    border, gains, levies = off * value, None, None
    if tariff is not None:
        gains = tariff * value
    if levy is not None:
        levies = levy * price
    if pair is not None:
        follows = np.tile(pair, (1, 1, goods)) * price
        border = border - follows
        gains = follows if gains is None else gains + follows
        levies = -follows if levies is None else levies - follows
    if not len(block.quota):
        return border, gains, levies, np.zeros((1, 0)), np.zeros((1, 0))
    i, m = block.exporter[block.at], block.market[block.at]
    cells = np.array(np.broadcast_to(value, (len(value), n, goods * n))[:, i, m])
    return border, gains, levies, cells, 1 - cells


def _volumes(world: World, block: Block, log_cost: Array, tax: Array | None) -> tuple[Array, Mask]:
    """What turns spending on a cell into its part of the quota's volume, (., cell), and which quotas can bind."""
    if not len(block.quota):
        return np.zeros((1, 0)), np.zeros((1, 0), dtype=np.bool_)
    i, m = block.exporter[block.at], block.market[block.at]
    paid = world.consumed[:, i, m]
    log_price = log_cost[:, block.at]
    if tax is not None:
        log_price = log_price + tax[:, i, m]
    traded = paid > 0
    volume = np.where(traded, block.weight / np.where(traded, paid, 1.0), 0.0) * np.exp(-log_price)
    alive = volume @ np.eye(block.log_limit.shape[1])[block.quota] > 0
    return volume, np.asarray(alive & np.isfinite(block.log_limit))


def _live(
    world: World, block: Block, problem: Problem, closure: Closure, alive: Mask
) -> tuple[Problem, dict[int, str]]:
    """Components and deficits of each pattern of embargoes, and the draws that have no equilibrium."""
    n, draws = len(world.countries), block.draws
    ties = np.asarray(alive.reshape(draws, n, -1, n).any(axis=2))
    patterns, which = np.unique(np.packbits(ties.reshape(draws, -1), axis=1), axis=0, return_inverse=True)
    which = np.asarray(which, dtype=np.int64).reshape(-1)
    first = [int(np.flatnonzero(which == k)[0]) for k in range(len(patterns))]
    pairs = _pairs(world)
    moving = world.moving(closure)
    deficit = np.array(np.broadcast_to(world.deficit if moving is None else _rest(world, moving), (draws, n)))
    label = np.zeros((draws, n), dtype=np.int64)
    refused: dict[int, str] = {}
    for k, row in enumerate(first):
        members = np.flatnonzero(which == k)
        flows, made = pairs[0], problem.output[0 if len(problem.output) == 1 else row]
        gap, tie = deficit[row], ties[row].copy()
        try:
            refuse_without_supplier(~tie, world.countries)
            if closure is Closure.BILATERAL:
                gap = bilateral_deficits(flows, ~tie)
            if moving is not None:  # a flow that nothing came back for is paid by its own balance
                tie &= ~moving | (flows.T > 0)
            np.fill_diagonal(tie, False)
            for cell in range(len(block.quota)):  # rents that cross the border tie countries, too
                payer = int(block.market[block.at[cell]] % n)
                tie[block.taker[cell], payer] |= block.taker[cell] != payer
            label[members] = components(tie, gap, made, world.countries, closure)
        except NoConvergence as refusal:
            refused |= {int(draw): str(refusal) for draw in members}
            continue
        deficit[members] = _settled(gap, made, label[row])
    if label.any():
        same = (label[:, :, None] == label[:, None, :]).astype(np.float64)
        problem = replace(problem, same=same)
    return replace(problem, deficit=deficit), refused


def _settled(gap: Array, made: Array, label: Ints) -> Array:
    """Deficits that sum to zero in each component exactly, which rounding of the data prevents."""
    rest = np.bincount(label, weights=gap) / np.bincount(label, weights=made)
    return np.where(np.bincount(label)[label] == 1, 0.0, gap - rest[label] * made)
