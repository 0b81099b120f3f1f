"""What a solved block of the goods nest says: welfare, values at the border, volumes, terms of trade, checks.

Welfare is real spending, exact under homothetic preferences (see `_welfare.py`). The terms of trade are an index of
export prices over one of import prices, both Törnqvist in log changes: weights are the means of value shares before and
after, over flows that live in both. An export price is what the exporter's country receives for a unit that leaves,
export tax and its own rents included; an import price what the importer's country pays for a unit that arrives, with
trade costs, without its own tariff and rents.
"""

from __future__ import annotations

import numpy as np

from tumen.trade._closures import Closure
from tumen.trade._nest_system import Array, Problem, State, evaluate
from tumen.trade._nest_world import Block, World, closed_by_quota, taxed

__all__ = ["cube", "read", "world_after"]


def cube(values: Array, goods: int) -> Array:
    """(D, N, P) as (D, S, N, N)."""
    draws, n = values.shape[:2]
    return np.ascontiguousarray(values.reshape(draws, n, goods, n).transpose(0, 2, 1, 3))


def read(world: World, block: Block, p: Problem, z: Array, closure: Closure, *, whole: bool = True) -> dict[str, Array]:
    """Every result of the draws, see `Responses` for shapes and units; volumes and terms of trade only of the whole."""
    with np.errstate(all="ignore"):
        found, sold, border = _read(world, block, p, z, closure)
        if whole:
            found |= {"volume": _volume(world, block, p, z), "terms_of_trade": _terms(world, block, p, z, sold, border)}
        return found


def _read(world: World, block: Block, p: Problem, z: Array, closure: Closure) -> tuple[dict[str, Array], Array, Array]:
    n = p.countries
    s = evaluate(p, z)
    consumed = s.consumed
    x, y, u = z[:, :n], z[:, n : 2 * n], z[:, 2 * n :]
    sold, border = _values(p, block, u, consumed)
    index = np.exp(s.log_index)
    wedge = np.where(np.isneginf(block.log_limit), np.inf, np.expm1(np.maximum(u, 0.0)))
    rents = np.zeros(x.shape) if p.cells is None else s.rent @ p.cells.keeps
    exports, imports = _border(p, s, border)
    revenue = _revenue(p, block, consumed, sold)
    deficits = s.deficit if world.moving(closure) is None else s.claim - s.income - revenue - rents
    spent = world.by_good
    price = np.where((p.dead > 0).reshape(len(p.dead), -1, n), np.inf, np.exp(s.log_price))
    gap = np.abs(sold.sum(axis=2) / s.income - 1).max(axis=1)
    before = np.broadcast_to(world.spending, x.shape)
    found = {
        "welfare": np.exp(y) / index, "price_index": index, "wage": np.exp(x), "real_wage": np.exp(x) / index,
        "exports": exports, "imports": imports, "flows": cube(sold, p.goods),
        "good_price": np.where(spent > 0, price, np.nan), "revenue": revenue, "rents": rents,
        "wedge": np.broadcast_to(wedge, (p.draws, wedge.shape[1])),
        "deficits": deficits, "spending_before": before, "residual": s.worst, "walras_gap": gap,
    }  # fmt: skip
    return found, sold, border


def _volume(world: World, block: Block, p: Problem, z: Array) -> Array:
    """Factors on the volumes of flows, (D, S, N, N)."""
    n, consumed = p.countries, evaluate(p, z).consumed
    wedges = _wedges(world, block, z[:, 2 * n :])
    traded = world.consumed > 0
    grown = np.where(traded, consumed / np.where(traded, world.consumed, 1.0), np.nan)
    cost = wedges + (z[:, :n] - p.log_productivity)[:, :, None]
    return cube(np.where(np.isposinf(wedges) & traded, 0.0, grown * np.exp(-cost)), p.goods)


def _values(p: Problem, block: Block, u: Array, consumed: Array) -> tuple[Array, Array]:
    """Flows at exporters' prices, and at the border: with the export tax, without rents; (D, N, P) each."""
    border = consumed if block.tariff is None else consumed / (1 + block.tariff)
    border = np.array(border)
    if p.cells is not None:
        border[:, p.cells.exporter, p.cells.market] *= np.exp(-u[:, p.cells.quota])
    return (border if block.levy is None else border / (1 + block.levy)), border


def _border(p: Problem, s: State, border: Array) -> tuple[Array, Array]:
    """Receipts for goods sold and payments for goods bought abroad, rents in where the partner pays them."""
    n = p.countries
    abroad = border * np.tile(1 - np.eye(n), (1, p.goods))
    exports, imports = abroad.sum(axis=2), p.by_country(abroad.sum(axis=1))
    if p.cells is None:
        return exports, imports
    own = np.eye(n)[p.cells.exporter] * p.cells.takes
    return exports + s.rent @ own, imports + s.rent @ p.cells.pays


def _revenue(p: Problem, block: Block, consumed: Array, sold: Array) -> Array:
    """Tariffs and export taxes, (D, N)."""
    revenue = np.zeros((p.draws, p.countries))
    if block.tariff is not None:
        revenue = revenue + p.by_country((consumed * (block.tariff / (1 + block.tariff))).sum(axis=1))
    if block.levy is not None:
        revenue = revenue + (sold * block.levy).sum(axis=2)
    return revenue


def _wedges(world: World, block: Block, u: Array) -> Array:
    """Log costs, taxes and quota wedges over the base's, (D, N, P)."""
    tax = taxed(world, block)
    shape = (block.draws, *world.flows.shape[1:])
    wedges = np.array(np.broadcast_to(0.0 if tax is None else tax, shape))
    wedges[:, block.exporter, block.market] += closed_by_quota(block)
    if len(block.quota):
        wedges[:, block.exporter[block.at], block.market[block.at]] += u[:, block.quota]
    return wedges


def _terms(world: World, block: Block, p: Problem, z: Array, sold: Array, border: Array) -> Array:
    n = p.countries
    u = z[:, 2 * n :]
    unit = (z[:, :n] - p.log_productivity)[:, :, None]
    levied = np.zeros((1, 1, 1)) if block.levy is None else np.log1p(block.levy)
    received = np.array(np.broadcast_to(unit + levied, sold.shape))
    paid = received.copy()
    paid[:, block.exporter, block.market] += closed_by_quota(block)
    sales, purchases = border, border
    if p.cells is not None:
        i, m, q, j = p.cells.exporter, p.cells.market, p.cells.quota, p.cells.importer
        own = block.taker == i
        foreign = block.taker != j
        sales, purchases = border.copy(), border.copy()
        for some, prices, values in ((own, received, sales), (foreign, paid, purchases)):
            prices[:, i[some], m[some]] += u[:, q[some]]
            values[:, i[some], m[some]] *= np.exp(u[:, q[some]])
    off = np.tile(1 - np.eye(n), (1, p.goods))
    alive = (world.flows > 0) & (sold > 0) & (off > 0)
    before = np.where(alive, world.flows, 0.0)
    up = _index(np.where(alive, received, 0.0), before, np.where(alive, sales, 0.0), None)
    down = _index(np.where(alive, paid, 0.0), before, np.where(alive, purchases, 0.0), n)
    return np.exp(up - down)


def _index(log_price: Array, before: Array, after: Array, countries: int | None) -> Array:
    """Törnqvist: log prices weighted by the mean of value shares; by exporter, or by importer of so many."""

    def total(values: Array) -> Array:
        if countries is None:
            return np.asarray(values.sum(axis=2))
        return np.asarray(values.sum(axis=1).reshape(len(values), -1, countries).sum(axis=1))

    parts = []
    for values in (before, after):
        whole = total(values)
        parts.append(total(values * log_price) / np.where(whole > 0, whole, 1.0))
    return np.asarray((parts[0] + parts[1]) / 2)


def world_after(world: World, found: dict[str, Array], tariff: Array | None) -> World:
    """The solved draws as a base for the next shock, without deficits."""
    flows = found["flows"]
    draws, goods, n = flows.shape[:3]
    markets = np.ascontiguousarray(flows.transpose(0, 2, 1, 3).reshape(draws, n, goods * n))
    return World(markets, tariff, np.zeros((1, n)), world.countries, world.sectors)
