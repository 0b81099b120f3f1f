"""The general equilibrium to first order: what costs and productivities everywhere do to wages and welfare.

A hat is a change of the logarithm, d a change in money. The equations of `_multi.py`, linear at a baseline with shares
pi_sin (of exporter i in what importer n pays for sector s), flows F_sin before tariff, tariffs t:

    delivered price   p_sin = sum_k inputs_ksi P_ki + va_si w_i - a_i + cost_sin          (all hats)
    price             P_sn  = sum_i pi_sin p_sin
    flow              dF_sin = -theta_s F_sin (p_sin - P_sn) + F_sin / X_sn dX_sn
    income            dI_n  = pay_n w_n + sum_si t_sin dF_sin + dD_n
    expenditure       dX_sn = sum_k inputs_skn sum_j dF_knj + final_sn (dI_n + (1 - eta) I_n (P_sn - P_n))
    trade balance     0     = sum over partners of dF_ij, less the same of dF_ji, plus dD_i
    price index       P_n   = sum_s final_sn P_sn
    welfare           W_n   = dI_n / I_n - P_n

with eta the elasticity of substitution between sectors in final demand, and dD from the closure: by wages and revenue,
or by flows where the balance of a pair moves with its trade. One sector is the case without inputs, pay = output. A
cost enters nowhere but in the delivered price, and so does productivity: what the exporter's productivity does is
minus what all its costs do, those of its sales at home included.

Nothing is solved for each of the S N N costs. The equations are transposed: each carries a multiplier, which says what
a unit of its gap does to the outcome. One elimination of the prices' block (S N), one of the expenditures' block (S N)
and one of the balances (N) give the multipliers of all outcomes, and these the derivative with respect to any cost.
The approach to general equilibrium by its linear system is that of Kleinman, Liu and Redding, "International Friends
and Enemies" (2024); they have one sector, or many without tariffs.

The numeraire is world output (with input-output links world value added), by part of the world that trades together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tumen.errors import NoConvergence
from tumen.trade._closures import Closure

__all__ = ["Array", "Multipliers", "World", "multipliers"]

Array = npt.NDArray[np.float64]
_CONDITION = 1e12  # of the wage equations; beyond it derivatives have no four digits


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """An equilibrium in arrays: S sectors, N countries, flows [s, exporter, importer].

    shares, flows, tariff (S, N, N): of spending, tariffs included; MUSD before tariff; rates. inputs (S, S, N) [input,
    user, country], value_added, final (S, N): shares. pay (N,): wages paid; income (N,): what households spend.
    deficit (N,): imports over exports. theta (S,). part (N, N): 1 where two countries are in one part of the world.
    balance (N, N): of the two-way trade of a pair, what the importer owes; zero where deficits do not follow flows.
    substitution: between sectors in final demand, 1 for constant shares.
    """

    shares: Array
    flows: Array
    tariff: Array
    inputs: Array
    value_added: Array
    final: Array
    pay: Array
    income: Array
    deficit: Array
    theta: Array
    part: Array
    balance: Array
    closure: Closure
    substitution: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Multipliers:
    """What a unit of a gap does to each outcome, the outcomes on the first axis.

    price, output (O, S, N): of the log price of a sector in a market, of a producer's sales in MUSD. trade, revenue,
    income (O, N): of the trade balance, of tariff revenue and of households' income in MUSD.
    """

    price: Array
    output: Array
    trade: Array
    revenue: Array
    income: Array

    def mixed(self, weights: Array, of: slice, plus: Multipliers | None) -> Multipliers:
        """The outcomes `of` in the mixture of weights (O', O), plus others."""
        found = [np.tensordot(weights, values, 1) for values in self.part(of).arrays]
        if plus is not None:
            found = [mine + values for mine, values in zip(found, plus.arrays, strict=True)]
        return Multipliers(*found)

    @property
    def arrays(self) -> tuple[Array, ...]:
        """All five, in the order of the fields."""
        return self.price, self.output, self.trade, self.revenue, self.income

    def part(self, of: slice) -> Multipliers:
        """Some of the outcomes."""
        return Multipliers(*(values[of] for values in self.arrays))

    def between(self, balance: Array) -> Array:
        """What a flow of a pair does through the balances of its two countries, (O, N, N)."""
        trade = self.trade[:, :, None] - self.trade[:, None, :]
        if balance.any():
            trade = (1 - balance) * trade - balance * (self.income[:, :, None] - self.income[:, None, :])
        return trade

    def by_cost(self, world: World) -> Array:
        """Derivative of each outcome with respect to the log cost of each pair, sectors together, (O, N, N)."""
        response = world.theta[:, None, None] * world.flows
        taxed = (response * world.tariff).sum(axis=0)
        total = response.sum(axis=0)
        found = np.einsum("osj,sij->oij", self.price, world.shares, optimize=True)
        found -= np.einsum("osi,sij->oij", self.output, response, optimize=True)
        found -= self.revenue[:, None, :] * taxed
        found -= self.between(world.balance) * total
        return np.asarray(found)

    def by_sector(self, world: World, outcome: int) -> Array:
        """The same of one outcome by sector, (S, N, N)."""
        flow = self.output[outcome][:, :, None] + world.tariff * self.revenue[outcome]
        flow = flow + self.part(slice(outcome, outcome + 1)).between(world.balance)[0]
        priced = self.price[outcome][:, None, :] * world.shares
        return np.asarray(priced - world.theta[:, None, None] * world.flows * flow)


@dataclass(frozen=True, slots=True, eq=False)
class _Deficits:
    """How deficits and incomes follow wages and tariff revenue, (N, N) each.

    held, paid: of the deficit that households spend, and of the one in the balance of trade, with respect to log wages.
    revenue: of both with respect to tariff revenue.
    """

    held: Array
    paid: Array
    revenue: Array


def multipliers(world: World) -> tuple[Multipliers, Multipliers]:
    """Multipliers of the log welfare and of the log wage of each country.

    Raises NoConvergence where the equations at the baseline do not determine wages.
    """
    size = len(world.pay)
    deficits = _deficits(world)
    volume = (_abroad(world.flows) * (1 - world.balance)).sum(axis=(0, 2))
    if not world.balance.any():
        volume += np.maximum(world.deficit, 0.0)
    volume = np.where(volume > 0, volume, 1.0)
    # outcomes: first the balance of each country as a share of its trade, then what households' welfare sees directly
    trade = np.concatenate([np.diag(1 / volume), np.zeros((size, size))])
    welfare = np.concatenate([np.zeros((size, size)), np.eye(size)])
    found, slope = _sweep(world, deficits, welfare, trade)
    numeraire = world.part * world.pay
    jacobian = slope[:size] - numeraire / numeraire.sum(axis=1, keepdims=True)
    condition = np.linalg.cond(jacobian) if np.isfinite(jacobian).all() else np.inf
    if not condition < _CONDITION:
        raise NoConvergence(
            f"the equations at the baseline do not determine wages (condition {condition:.0e}), so that there are no "
            "derivatives; leave out countries that hardly trade"
        )
    both = np.linalg.solve(jacobian.T, -np.concatenate([slope[size:].T, np.eye(size)], axis=1)).T
    balances = slice(0, size)
    ours = found.mixed(both[:size], balances, found.part(slice(size, None)))
    return ours, found.mixed(both[size:], balances, None)


def _deficits(world: World) -> _Deficits:
    size = len(world.pay)
    none = np.zeros((size, size))
    if world.closure is Closure.WORLD_SHARE:
        product = world.part @ (world.income - world.deficit)
        share = world.part * (world.deficit / product)[:, None]
        return _Deficits(share * world.pay, share * world.pay, share)
    if world.closure is Closure.MULTIPLICATIVE:  # spending follows the own wage; the world's sum does not add up
        own = np.diag(world.deficit)
        spread = world.part * (world.pay / (world.part @ world.pay))[:, None] * world.deficit
        return _Deficits(own, own - spread, none)
    return _Deficits(none, none, none)


def _abroad(values: Array) -> Array:
    out = values.copy()
    own = np.arange(values.shape[1])
    out[:, own, own] = 0.0
    return out


def _sold(values: Array, potential: Array) -> Array:
    """sum over importers of values_sij (p_i - p_j), (O, S, N), for potentials (O, N)."""
    away = np.matmul(potential, values.transpose(0, 2, 1)).transpose(1, 0, 2)
    return np.asarray(values.sum(axis=2) * potential[:, None, :] - away)


def _bought(values: Array, potential: Array) -> Array:
    """sum over exporters of values_sij (p_i - p_j), (O, S, N), for potentials (O, N)."""
    away = np.matmul(potential, values).transpose(1, 0, 2)
    return np.asarray(away - values.sum(axis=1) * potential[:, None, :])


def _sweep(world: World, deficits: _Deficits, welfare: Array, trade: Array) -> tuple[Multipliers, Array]:
    """Multipliers of all but wages, and what is left of each outcome as a function of log wages, (O, N).

    welfare (O, N): weights of countries' log welfare in the outcomes. trade (O, N): multipliers of balances.
    """
    ratio = welfare / world.income
    earned = np.eye(len(world.pay)) + deficits.revenue  # income per unit of tariff revenue
    output, income, spending = _spending(world, deficits, earned, ratio, trade)
    taxed = income @ earned + trade @ deficits.revenue
    abroad, duties = _abroad(world.flows), world.flows * world.tariff
    made = world.flows.sum(axis=2) * output + np.matmul(taxed, duties.transpose(0, 2, 1)).transpose(1, 0, 2)
    bought = np.matmul(output.transpose(1, 0, 2), world.flows).transpose(1, 0, 2)
    bought += duties.sum(axis=1) * taxed[:, None, :]
    made += _sold(abroad * (1 - world.balance), trade) - _sold(abroad * world.balance, income)
    bought += _bought(abroad * (1 - world.balance), trade) - _bought(abroad * world.balance, income)
    theta = world.theta[:, None]
    direct = theta * bought - world.final * welfare[:, None, :]
    if world.substitution != 1:
        mean = (world.final * spending).sum(axis=1, keepdims=True)
        direct += (1 - world.substitution) * world.income * world.final * (spending - mean)
    price = _prices(world, direct, theta * made)
    cost = np.matmul(price.transpose(1, 0, 2), world.shares.transpose(0, 2, 1)).transpose(1, 0, 2) - theta * made
    slope = (world.value_added * cost).sum(axis=1)
    slope += income * world.pay + income @ deficits.held + trade @ deficits.paid
    return Multipliers(price, output, trade, taxed, income), slope


def _spending(
    world: World, deficits: _Deficits, earned: Array, ratio: Array, trade: Array
) -> tuple[Array, Array, Array]:
    """Multipliers of producers' output (O, S, N), of households' income (O, N) and of expenditure (O, S, N)."""
    s, n = world.final.shape
    net = world.shares / (1 + world.tariff)
    rate = (net * world.tariff).sum(axis=1)  # tariff revenue per unit of expenditure
    tied = _abroad(net) * world.balance  # deficits per unit of expenditure
    right = rate * (ratio @ earned + trade @ deficits.revenue)[:, None, :]
    right += _bought(_abroad(net) * (1 - world.balance), trade) - _bought(tied, ratio)
    matrix = -np.einsum("sij,ksi->sjki", net, world.inputs)
    if rate.any() or tied.any():
        own = np.arange(n)
        income = rate[:, :, None] * earned.T - tied.transpose(0, 2, 1)  # per unit of expenditure of j, of i
        income[:, own, own] += tied.sum(axis=1)
        matrix -= np.einsum("sji,ki->sjki", income, world.final)
    found = _solved(matrix.reshape(s * n, s * n), right)
    output = np.einsum("osi,ski->oki", found, world.inputs, optimize=True)
    return output, ratio + (found * world.final).sum(axis=1), found


def _prices(world: World, direct: Array, cost: Array) -> Array:
    """Multipliers of log prices (O, S, N), from what prices do directly and through the flows of their users."""
    s, n = world.final.shape
    right = direct - np.einsum("osj,ksj->okj", cost, world.inputs, optimize=True)
    matrix = -np.einsum("ksj,sjn->kjsn", world.inputs, world.shares)
    return _solved(matrix.reshape(s * n, s * n), right)


def _solved(matrix: Array, right: Array) -> Array:
    """(1 + matrix)^-1 applied to each outcome of right (O, S, N); the matrix is overwritten."""
    matrix[np.diag_indices_from(matrix)] += 1.0
    solved = np.linalg.solve(matrix, right.reshape(len(right), -1).T)
    return np.ascontiguousarray(solved.T).reshape(right.shape)
