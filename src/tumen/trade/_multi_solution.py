"""What a solved many-sector counterfactual says, and the first-order decomposition of its welfare."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from tumen.trade._multi import Array, ManySectors
from tumen.trade._multi_accelerate import wage_jacobian
from tumen.trade._multi_check import parts_of

__all__ = ["FirstOrder", "ManySectorsSolution", "first_order_welfare"]

Method = Literal["blocks", "refreshed", "homotopy"]


@dataclass(frozen=True, eq=False)
class ManySectorsSolution:
    """An equilibrium of the new world beside its baseline; hats are factors, values are MUSD at the numeraire.

    `base` is the world that changes are told from (with the closure `balanced`, the purged one) and `base_expenditure`
    (S, N) what it spends. `wage`, `price` (S, N) and `cost` (S, N; `inf` where a producer has lost an input) are hats;
    a market without spending has the price 1. `shares` and `flows` (S, N, N), [s, exporter, importer]: new shares of
    spending, and new flows before tariff. `expenditure`, `output` (S, N). `value_added`, `revenue`, `deficit` (N,): the
    parts of new household income. `exports`, `imports` (N,): before tariff, domestic sales left out.

    `residual` is the largest gap in logs (relative for expenditure) over all prices, markets and trade balances, `step`
    the largest change the solver would still make, `walras_gap` the largest gap between pay and value added in sales
    relative to pay, `worst` the market of the largest gap, `condition` that of the wage equations.
    """

    base: ManySectors
    base_expenditure: Array
    tariff: Array
    labour: Array
    wage: Array
    price: Array
    cost: Array
    shares: Array
    flows: Array
    expenditure: Array
    output: Array
    value_added: Array
    revenue: Array
    deficit: Array
    exports: Array
    imports: Array
    converged: bool
    iterations: int
    residual: float
    step: float
    walras_gap: float
    worst: str
    method: Method

    @cached_property
    def condition(self) -> float:
        """Condition number of the trade balances' derivatives by log wages, where costs pass on wages in full."""
        part = parts_of(np.asarray((self.flows > 0).any(0)))
        weight = self.value_added / (part @ self.value_added)
        matrix = wage_jacobian(self.base.theta, self.shares, self.flows, self.deficit, part * weight)
        return float(np.linalg.cond(matrix))

    @cached_property
    def price_index(self) -> Array:
        """Factor on the price of the final basket, (N,)."""
        index: Array = np.exp((self.base.final * np.log(self.price)).sum(0))
        return index

    @cached_property
    def real_wage(self) -> Array:
        """Factor on w / P, (N,)."""
        real: Array = self.wage / self.price_index
        return real

    @cached_property
    def income(self) -> Array:
        """New household income (N,), MUSD: value added, tariff revenue, deficit."""
        return self.value_added + self.revenue + self.deficit

    @cached_property
    def base_revenue(self) -> Array:
        """Tariff revenue of the baseline (N,), MUSD."""
        paid = (self.base.shares * (self.base.tariff / (1 + self.base.tariff))).sum(1)
        revenue: Array = (paid * self.base_expenditure).sum(0)
        return revenue

    @cached_property
    def base_income(self) -> Array:
        """Household income of the baseline (N,), MUSD."""
        return self.base.income + self.base_revenue + self.base.deficit

    @cached_property
    def real_income(self) -> Array:
        """Factor on I / P, (N,): the exact equivalent variation of the representative household."""
        real: Array = self.income / self.base_income / self.price_index
        return real

    @cached_property
    def base_flows(self) -> Array:
        """Flows of the baseline (S, N, N), MUSD before tariff, domestic sales on the diagonal."""
        flows: Array = self.base.shares / (1 + self.base.tariff) * self.base_expenditure[:, None, :]
        return flows

    def as_base(self) -> ManySectors:
        """The new world as a baseline, to change again; in money of the same numeraire."""
        return ManySectors(
            shares=self.shares,
            tariff=self.tariff,
            inputs=self.base.inputs,
            value_added=self.base.value_added,
            final=self.base.final,
            income=self.value_added,
            deficit=self.deficit,
            theta=self.base.theta,
            countries=self.base.countries,
            sectors=self.base.sectors,
        )


@dataclass(frozen=True, eq=False)
class FirstOrder:
    """Welfare to the first order, as fractions of baseline income (N,); not the exact change, see `real_income`.

    `terms_of_trade`, `volume_of_trade` and `efficiency` (iceberg costs) add up to `welfare`.
    """

    terms_of_trade: Array
    volume_of_trade: Array
    efficiency: Array

    @property
    def welfare(self) -> Array:
        """The sum of the three, (N,)."""
        return self.terms_of_trade + self.volume_of_trade + self.efficiency


def first_order_welfare(solution: ManySectorsSolution, cost: Array | None = None) -> FirstOrder:
    """Caliendo and Parro's decomposition of welfare, a first-order formula taken at discrete changes.

    terms of trade   sum over sectors and partners of (exports (c^_n - 1) - imports (c^_i - 1)) / I
    volume of trade  sum of tariff * imports * (imports^ - c^_i) / I
    efficiency       - sum of imports at tariff-inclusive prices * (cost - 1) / I, for `cost` (S, N, N) factors

    All at the baseline's flows. These are the published numbers of the paper; they are good for small changes only:
    under NAFTA they give Mexico +1.31 %, where real income rises by 0.0073 %. Where a producer drops out or a tie is
    cut the formula has no meaning, and it is refused.

    Raises `ValueError` where a cost has become infinite.
    """
    base, flows = solution.base, solution.base_flows
    income = solution.base_income
    traded = flows.sum(2) > 0
    if np.isinf(np.where(traded, solution.cost, 1.0)).any():
        raise ValueError("the first-order decomposition has no meaning where a producer drops out; use real_income")
    rise = np.where(traded, solution.cost, 1.0) - 1
    terms = (flows.sum(2) * rise).sum(0) - (flows * rise[:, :, None]).sum((0, 1))
    volume = (base.tariff * (solution.flows - flows * (1 + rise[:, :, None]))).sum((0, 1))
    efficiency = np.zeros_like(income)
    if cost is not None:
        used = np.where(flows > 0, np.broadcast_to(cost, flows.shape), 1.0)
        if np.isinf(used).any():
            raise ValueError("the first-order decomposition has no meaning under an embargo; use real_income")
        efficiency = -(flows * (1 + base.tariff) * (used - 1)).sum((0, 1))
    return FirstOrder(terms / income, volume / income, efficiency / income)
