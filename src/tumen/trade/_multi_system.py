"""The one-loop residual of the many-sector model, for one world or many at once, and its preconditioner.

Unknowns: log wages (N, D), log prices (S, N, D) and expenditures X (S, N, D), with D worlds on the last axis. One
evaluation carries them through the equations of `_multi` once. Nothing is raised to a power per pair: with
t_si = c^_si^-theta_s and fixed weights B_sin = share_sin k_sin^-theta_s,

    Phi_sn = sum_i B_sin t_si,   P^ = Phi^(-1/theta),   share' = B t / Phi,

so that an evaluation is three products of N x N matrices per sector, two of S x S per country, one exponential and one
logarithm per cell. The gap of a country is log(exports' + deficit'+) - log(imports' + deficit'-), with domestic sales
kept out of both: that stays sharp where trade is a billionth of output, as a gap of incomes does not.

Preconditioner: block elimination by country. Prices and expenditures are solved for the loop through the country's own
inputs (an S x S inverse each); wages by the N x N matrix of the trade gaps' derivatives when costs pass on wages fully.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from tumen.errors import CaseError
from tumen.trade._multi import Array, Change, ManySectors
from tumen.trade._multi_check import Markets, markets

__all__ = ["Dense", "Flows", "Gap", "State", "System", "Weights", "assemble", "build", "dense", "income_base"]


@dataclass
class State:
    """Log wages (N, D), log prices (S, N, D), expenditures (S, N, D)."""

    wage: Array
    price: Array
    spending: Array


@dataclass
class Gap:
    """The map's image minus the state, and what the evaluation found on the way, worlds on the last axis."""

    wage: Array  # log of sources over uses of foreign exchange
    price: Array
    spending: Array
    bundle: Array  # c^^-theta
    phi: Array
    output: Array
    exports: Array
    imports: Array
    revenue: Array
    deficit: Array
    income: Array


class Weights(Protocol):
    """The three sums over partners that an evaluation needs."""

    def phi(self, bundle: Array) -> tuple[Array, Array]:
        """sum_i B t by importer, and the same of foreign supplies before tariff."""

    def sales(self, demand: Array) -> Array:
        """sum_n B / (1 + tariff) Z by exporter, domestic sales left out."""

    home: Array  # (S, N, 1) domestic weight before tariff


@dataclass
class Dense:
    """Weights of one world in full matrices."""

    both: Array  # (S, 2N, N): all suppliers, then foreign ones before tariff
    foreign: Array  # (S, N, N): exporter, importer
    home: Array

    def phi(self, bundle: Array) -> tuple[Array, Array]:
        sums = self.both @ bundle
        size = sums.shape[1] // 2
        return sums[:, :size], sums[:, size:]

    def sales(self, demand: Array) -> Array:
        return self.foreign @ demand


def dense(weights: Array, tariff: Array) -> Dense:
    """The sums from weights B (S, N, N) and new tariffs."""
    size = weights.shape[1]
    net = weights / (1 + tariff)
    own = np.arange(size)
    home = net[:, own, own][:, :, None].copy()
    net[:, own, own] = 0.0
    both = np.concatenate([weights.transpose(0, 2, 1), net.transpose(0, 2, 1)], axis=1)
    return Dense(np.ascontiguousarray(both), np.ascontiguousarray(net), home)


@dataclass
class System:
    """All that an evaluation holds fixed. Arrays of the base carry no world axis or one of length 1."""

    weights: Weights
    inputs: Array  # (N, S, S): country, input, user
    powers: Array  # (N, S, S): country, user, input: of prices in c^^-theta
    wage_power: Array  # (S, N, 1): of wages in it
    shift: Array  # (S, N, 1): theta log productivity
    final: Array  # (S, N, 1)
    theta: Array  # (S, 1, 1)
    income: Array  # (N, 1) at unchanged wages, labour included
    deficit: Array  # (N, 1)
    product: Array | None  # (N, 1): the world product that deficits are shares of, by part; None keeps them fixed
    whole: bool  # every producer is alive, every market has a supplier
    alive: Array  # (S, N, 1)
    priced: Array  # (S, N, 1): 1 where a supplier is left
    live: Array  # (S, N, 1): 1 where somebody buys
    part: Array  # (N, N): 1 where two countries are in one part of the world
    world: Array  # (N, 1): value added of each country's part at the baseline
    alone: Array  # (N, 1): 1 where a country trades with nobody

    def evaluate(self, state: State) -> Gap:
        """Carry a state through all equations once."""
        earned = np.exp(state.wage) * self.income
        bundle = np.empty_like(state.price)
        np.matmul(self.powers, state.price.transpose(1, 0, 2), out=bundle.transpose(1, 0, 2))
        bundle += self.wage_power * state.wage
        bundle += self.shift
        np.exp(bundle, out=bundle)
        if not self.whole:
            bundle *= self.alive
        phi, bought = self.weights.phi(bundle)
        if not self.whole:
            phi += 1 - self.priced
        demand = state.spending / phi
        sold = self.weights.sales(demand)
        sold *= bundle
        bought *= demand
        output = self.weights.home * bundle
        output *= demand  # domestic sales, so far
        exports, imports = sold.sum(0), bought.sum(0)
        revenue = state.spending.sum(0) - imports - output.sum(0)
        output += sold
        deficit = self.deficit
        if self.product is not None:
            deficit = deficit * ((self.part @ (earned + revenue)) / self.product)
        income = earned + revenue + deficit
        spending = np.empty_like(bundle)
        np.matmul(self.inputs, output.transpose(1, 0, 2), out=spending.transpose(1, 0, 2))
        spending += self.final * income
        spending -= state.spending
        price = np.log(phi)
        price *= -1 / self.theta
        price -= state.price
        gap = np.log((exports + np.maximum(deficit, 0) + self.alone) / (imports - np.minimum(deficit, 0) + self.alone))
        return Gap(gap, price, spending, bundle, phi, output, exports, imports, revenue, deficit, income)

    def pinned(self, wage: Array) -> Array:
        """Log wages moved so that each part of the world keeps its value added."""
        return wage - np.log((self.part @ (np.exp(wage) * self.income)) / self.world)


class Flows:
    """Shares and flows of one world, in full: [s, exporter, importer]."""

    def __init__(self, weights: Array, tariff: Array, gap: Gap, spending: Array) -> None:
        phi = gap.phi[:, None, :, 0]
        self.shares = weights * gap.bundle[:, :, 0][:, :, None] / phi
        self.net = self.shares / (1 + tariff)
        self.values = self.net * spending[:, None, :]


def income_base(base: ManySectors, spending: Array) -> tuple[Array, Array]:
    """Tariff revenue (N,) and household income (N,) of the baseline at given expenditure (S, N)."""
    paid = (base.shares * (base.tariff / (1 + base.tariff))).sum(1)
    revenue = (paid * spending).sum(0)
    return revenue, base.income + revenue + base.deficit


def build(base: ManySectors, change: Change, product: float | None) -> tuple[System, Array]:
    """The system of one change and its weights B; refuses what has no equilibrium."""
    problems = change.problems(base)
    if problems:
        raise CaseError(problems)
    weights = np.array(base.shares)
    log_k = np.log(change.cost) + np.log1p(change.tariff) - np.log1p(base.tariff)
    moved = (log_k != 0) & (weights > 0)
    if moved.any():
        power = np.exp(np.where(moved, -base.theta[:, None, None] * log_k, 0.0))
        weights = np.where(moved, weights * power, weights)
    found = markets(base, weights, change.deficit)
    weights *= found.alive[:, :, None] & found.priced[:, None, :]
    return assemble(base, change, weights, found, product), weights


def assemble(base: ManySectors, change: Change, weights: Array, found: Markets, product: float | None) -> System:
    """The system of given weights."""
    part = (found.part[:, None] == found.part).astype(float)
    theta = base.theta[:, None, None]
    income = base.income * change.labour
    share = (part @ base.income)[:, None]
    total = float(base.income.sum())
    return System(
        weights=dense(weights, change.tariff),
        inputs=np.ascontiguousarray(base.inputs.transpose(2, 0, 1)),
        powers=np.ascontiguousarray(-base.theta[:, None] * base.inputs.transpose(2, 1, 0)),
        wage_power=-theta * base.value_added[:, :, None],
        shift=theta * np.log(change.productivity)[:, :, None],
        final=base.final[:, :, None],
        theta=theta,
        income=income[:, None],
        deficit=change.deficit[:, None],
        product=None if product is None else share * (product / total),
        whole=bool(found.alive.all() and found.priced.all()),
        alive=found.alive[:, :, None].astype(float),
        priced=found.priced[:, :, None].astype(float),
        live=found.live[:, :, None].astype(float),
        part=part,
        world=share,
        alone=(part.sum(1) == 1)[:, None].astype(float),
    )
