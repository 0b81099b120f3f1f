"""The goods nest: the residual of general equilibrium with several goods and wedges of every kind, many draws at once.

One factor a country, no inputs; CES over origins within a good (Armington or Eaton-Kortum), CES over goods above it,
in exact hat algebra (Dekle, Eaton and Kortum 2008; nested as in Costinot and Rodríguez-Clare 2014, section 5). A
*market* is a good in an importing country, p = good x N + importer. Of what consumers of a market pay C, a part is
`tariff`, a part `levy` (the export tax) and the rest `price`, the exporter's; a quota takes its rent out of the last
two. With x log wages, y log spending at consumers' prices and u = log(1 + omega) of quotas:

    W_ip  = kernel_ip exp(-theta_s (x_i - a_i) - theta_s u),   P_p = (sum_i W_ip)^(-1 / theta_s)
    P_j   = (sum_s alpha_sj P_sj^eps)^(1 / eps),  eps = 1 - eta_j;   b_sj = alpha_sj (P_sj / P_j)^eps
    C'_ip = E_j e^y_j b_p W_ip / sum_k W_kp

The residual has three parts: the balance of trade of each country in logarithms, scaled by what crosses its border
(see `_single.py`), with the numeraire of its component; the budget of each country in logarithms; and for each quota
u + g - sqrt(u^2 + g^2) with g = log limit - log volume, which is zero where u >= 0, g >= 0 and one of them is zero
(Fischer 1992). World output keeps its value.

Under the closure `proportional` a balance is beta_ij (X'_ij + X'_ji), beta_ij = (X_ij - X_ji) / (X_ij + X_ji), so it is
moved to the left: each flow enters the balance with the weight 1 - beta_ij, and no deficit is left over. That is why
the equations stay well scaled while a tie dies.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Array", "Cells", "Ints", "Mask", "Problem", "State", "evaluate", "to_exporters", "to_importers"]

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Flows under a quota, (cell,) each: the quota, exporter, market and importer.

    The rest are ones and zeros, (cell, country): sells, buys: the two sides. keeps: who takes the rent. takes, pays:
    whose receipts and payments abroad it enters, nobody's where the importer keeps it. of (cell, quota): the quota.
    """

    quota: Ints
    exporter: Ints
    market: Ints
    importer: Ints
    sells: Array
    buys: Array
    keeps: Array
    takes: Array
    pays: Array
    of: Array

    @classmethod
    def made(cls, quota: Ints, exporter: Ints, market: Ints, taker: Ints, countries: int, quotas: int) -> Cells:
        importer = market % countries
        one = np.eye(countries)
        crosses = (taker != importer).astype(np.float64)[:, None]
        return cls(
            quota, exporter, market, importer, one[exporter], one[importer], one[taker], one[taker] * crosses,
            one[importer] * crosses, np.eye(quotas)[quota],
        )  # fmt: skip

    def spread(self, side: Array, values: Array) -> Array:
        """Values (D, cell) by country of one side and quota, (D, N, Q)."""
        return np.asarray(side.T @ (values[:, :, None] * self.of))


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Counterfactuals in arrays. The first axis is the draw, of length 1 where all draws share it; P = S x N markets.

    kernel (D, N, P): shares of origins in what consumers pay times the wedges to the power -theta. dead (., P): 1 in
    markets without a supplier. theta (., S). eps (., N): 1 - eta. alpha (., S, N): shares of goods, 0 where dead; lost
    (., N): shares of the goods that are gone. spending, before, output (., N): E, Y, Y times the factor on labour.
    log_productivity, deficit (., N): a, D'. border (., N, P): part of C that counts in the balance of trade.
    to_importer, to_exporter (., N, P): part of C that enters incomes beside wages, None for none. same (., N, N): 1 for
    countries of one component, None where there is one only. shared: deficits are shares of world income.
    cells: flows under quotas; value, tariff (., cell): the parts of C before the tariff, and the tariff; volume
    (., cell): factor that turns C' e^-(x - a) - u into the cell's part of the quota's volume; log_limit (D, Q): of the
    volume; binds (D, Q): False for quotas that cannot.
    """

    kernel: Array
    dead: Array
    theta: Array
    eps: Array
    alpha: Array
    lost: Array
    spending: Array
    before: Array
    output: Array
    log_productivity: Array
    deficit: Array
    border: Array
    to_importer: Array | None
    to_exporter: Array | None
    same: Array | None
    shared: bool
    cells: Cells | None
    value: Array
    tariff: Array
    volume: Array
    log_limit: Array
    binds: Mask

    @property
    def draws(self) -> int:
        return len(self.kernel)

    @property
    def countries(self) -> int:
        return int(self.kernel.shape[1])

    @property
    def goods(self) -> int:
        return int(self.theta.shape[1])

    @property
    def unknowns(self) -> int:
        return 2 * self.countries + int(self.log_limit.shape[1])

    def take(self, rows: Ints) -> Problem:
        """The same for some of the draws."""
        changed: dict[str, Any] = {}
        for item in fields(self):
            values = getattr(self, item.name)
            if isinstance(values, np.ndarray) and len(values) > 1:
                changed[item.name] = values[rows]
        return replace(self, **changed)

    def sums(self, values: Array) -> Array:
        """The sum of the values over each country's component."""
        if self.same is None:
            return np.asarray(values.sum(axis=1, keepdims=True))
        return np.asarray((self.same @ values[:, :, None])[:, :, 0])

    def by_country(self, markets: Array) -> Array:
        """(D, P) summed over goods: (D, N)."""
        return np.asarray(markets.reshape(len(markets), self.goods, self.countries).sum(axis=1))


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What `evaluate` finds, with the draw first; `ok` is False where it has no meaning.

    log_price (D, S, N), log_index (D, N), weight (D, S, N): b. share, crossing (D, N, P): W over its sum, and what of
    C' counts in the balance of trade. spent, income, claim, deficit (D, N): E', Y', income in all, and D'.
    plus, minus (D, N): receipts and payments abroad. in_cells, rent, part (D, cell): C', rent, and share in the
    quota's volume. slack (D, Q): log limit - log volume. worst (D,): the largest residual.
    """

    ok: Mask
    log_price: Array
    log_index: Array
    weight: Array
    share: Array
    crossing: Array
    spent: Array
    income: Array
    claim: Array
    deficit: Array
    plus: Array
    minus: Array
    in_cells: Array
    rent: Array
    part: Array
    slack: Array
    residual: Array
    worst: Array

    @property
    def consumed(self) -> Array:
        """C', (D, N, P)."""
        paid = self.weight * self.spent[:, None, :]
        return np.asarray(self.share * paid.reshape(len(paid), 1, -1))


def evaluate(problem: Problem, z: Array) -> State:
    """Trade and the residual at z (D, 2 N + Q): log wages, log spending, log quota wedges."""
    with np.errstate(all="ignore"):
        return _evaluate(problem, z)


def _evaluate(p: Problem, z: Array) -> State:
    n = p.countries
    x, y, u = z[:, :n], z[:, n : 2 * n], z[:, 2 * n :]
    log_price, index, weight, share = _prices(p, x, u)
    spent = p.spending * np.exp(y)
    consumed = share * (weight * spent[:, None, :]).reshape(p.draws, 1, -1)
    transfers, (in_cells, rent, part, slack) = _transfers(p, u, consumed), _quotas(p, x, u, consumed)
    crossing = consumed  # in its place: what is large is costly to make anew
    crossing *= p.border
    income = p.output * np.exp(x)
    deficit = np.broadcast_to(p.deficit, income.shape)
    if p.shared:
        deficit = deficit * (p.sums(spent) / p.sums(np.broadcast_to(p.spending, spent.shape)))
    if p.cells is not None:
        crossing[:, p.cells.exporter, p.cells.market] *= np.exp(-u[:, p.cells.quota])
    plus = np.einsum("dip->di", crossing) + np.maximum(deficit, 0.0)
    minus = p.by_country(np.einsum("dip->dp", crossing)) + np.maximum(-deficit, 0.0)
    claim = income + deficit + transfers
    if p.cells is not None:
        plus, minus, claim = plus + rent @ p.cells.takes, minus + rent @ p.cells.pays, claim + rent @ p.cells.keeps
    closed = (plus == 0) & (minus == 0)
    balance = np.where(closed, 0.0, np.log(plus) - np.log(minus))
    balance = balance - np.log(p.sums(income) / p.sums(np.broadcast_to(p.before, income.shape)))
    met = u + slack - np.hypot(u, slack)
    residual = np.concatenate([balance, np.log(spent) - np.log(claim), np.where(p.binds, met, u)], axis=1)
    ok = np.isfinite(residual).all(axis=1) & (plus >= 0).all(axis=1) & (minus >= 0).all(axis=1)
    worst = np.where(ok, np.abs(residual).max(axis=1), np.inf)
    return State(
        ok, log_price, index, weight, share, crossing, spent, income, claim, deficit, plus, minus, in_cells,
        rent, part, slack, residual, worst,
    )  # fmt: skip


def _prices(p: Problem, x: Array, u: Array) -> tuple[Array, Array, Array, Array]:
    """Log prices of goods, log price index, shares of goods, and shares of origins."""
    draws, n, goods = p.draws, p.countries, p.goods
    supply = np.exp(-p.theta[:, None, :] * (x - p.log_productivity)[:, :, None])
    bought = np.repeat(supply, n, axis=2)
    bought *= p.kernel
    if p.cells is not None:
        theta = p.theta[:, p.cells.market // n]
        bought[:, p.cells.exporter, p.cells.market] *= np.exp(-theta * u[:, p.cells.quota])
    total = np.einsum("dip->dp", bought) + p.dead
    log_price = -np.log(total).reshape(draws, goods, n) / p.theta[:, :, None]
    # Around the mean log price nothing cancels however near eta is to 1; at 1 itself the mean is the index.
    middle = (p.alpha * log_price).sum(axis=1)
    powers = np.expm1(p.eps[:, None, :] * (log_price - middle[:, None, :]))
    rise = np.log1p((p.alpha * powers).sum(axis=1) - p.lost)
    index = middle + rise / np.where(p.eps == 0, 1.0, p.eps)
    weight = p.alpha * np.exp(p.eps[:, None, :] * (log_price - index[:, None, :]))
    bought /= total[:, None, :]
    return log_price, index, weight, bought


def _transfers(p: Problem, u: Array, consumed: Array) -> Array | float:
    """Income beside wages, deficits and rents, (D, N): tariffs, export taxes, balances that follow trade."""
    found: Array | float = 0.0
    if p.to_importer is not None:
        found = p.by_country(to_importers(p, u, consumed).sum(axis=1))
    if p.to_exporter is not None:
        found = found + to_exporters(p, u, consumed).sum(axis=2)
    return found


def to_importers(p: Problem, u: Array, consumed: Array) -> Array:
    """What of C' enters the importers' incomes, (D, N, P). Rents are taken out of all but the tariff."""
    assert p.to_importer is not None
    values = consumed * p.to_importer
    if p.cells is not None:
        i, m = p.cells.exporter, p.cells.market
        follows = p.to_importer[:, i, m] - p.tariff
        values[:, i, m] = consumed[:, i, m] * (p.tariff + follows * np.exp(-u[:, p.cells.quota]))
    return np.asarray(values)


def to_exporters(p: Problem, u: Array, consumed: Array) -> Array:
    """What of C' enters the exporters' incomes beside wages, (D, N, P)."""
    assert p.to_exporter is not None
    values = consumed * p.to_exporter
    if p.cells is not None:
        values[:, p.cells.exporter, p.cells.market] *= np.exp(-u[:, p.cells.quota])
    return np.asarray(values)


def _quotas(p: Problem, x: Array, u: Array, consumed: Array) -> tuple[Array, Array, Array, Array]:
    """C' and rent of cells, their parts in the quota's volume, and the log distance of volumes from limits."""
    if p.cells is None:
        none = np.zeros((p.draws, 0))
        return none, none, none, none
    i, m, q = p.cells.exporter, p.cells.market, p.cells.quota
    paid = consumed[:, i, m]
    rent = paid * p.value * -np.expm1(-u[:, q])
    # A price is the cost at the base's wages, in `volume` already, times the factor on unit costs and on the wedge.
    quantity = paid * p.volume * np.exp((p.log_productivity - x)[:, i] - u[:, q])
    total = quantity @ p.cells.of
    slack = np.where(p.binds, p.log_limit - np.log(np.where(p.binds, total, 1.0)), 0.0)
    part = quantity / np.where(total > 0, total, 1.0)[:, q]
    return paid, rent, part, slack
