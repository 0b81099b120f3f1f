"""One sector: the residual of general equilibrium in changes, and its Jacobian.

Armington or Eaton-Kortum with labour as the only factor, in exact hat algebra (Dekle, Eaton and Kortum 2008; Arkolakis,
Costinot and Rodríguez-Clare 2012). q_ij are shares in the importer's spending at the exporter's value, K_ij the factor
on them at unchanged wages, x = log of the wage factor, a = log of the productivity factor:

    K_ij   = cost_ij^-theta ((1 + t'_ij) / (1 + t_ij))^-(1 + theta)
    Y'_i   = Y_i L_i exp(x_i),   E'_j = Y'_j + D'_j,    wt_i = exp(-theta (x_i - a_i))
    X'_ij  = q_ij K_ij wt_i E'_j / Phi_j,               Phi_j = sum_i q_ij K_ij wt_i

A tariff is on the exporter's value, and its revenue goes to the importer's households. With one sector and CES demand,
spending at the exporter's value is Y' + D' whatever the tariffs are, because what the consumer pays to the treasury
comes back: the tariff changes shares and the price index only, with the exponent 1 + theta on shares at that value.

The residual is each country's balance of trade, in logarithms,

    r_i = log (exports_i + D'_i^+) - log (imports_i + D'_i^-) - log (sum Y' / sum Y)

and not the goods market's log (sales / output): the two say the same, but the first is scaled by what the country
trades. A small residual then means a small error of wages also where trade is a billionth of output, which log (sales
/ output) cannot see. Imports are summed without home sales, so that nothing cancels. The last term is the numeraire:
world output keeps its value; summing the balances, r = 0 implies that it does. Countries that no longer trade with the
rest form a component with a numeraire of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tumen.trade._closures import Closure

__all__ = ["Array", "Problem", "State", "evaluate", "jacobian"]

Array = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """One counterfactual in arrays; `country` axes have length N, exporters first.

    off (N, N): q K without its diagonal. home (N,): q K of the diagonal. output (N,): Y of the base. labour,
    log_productivity (N,): factor on labour, a. deficit (N,): D' in the base's money. theta: trade elasticity.
    component (N,): label of the group that trades together. spending (N,): E of the base, for the multiplicative
    closure. gross (N, N): shares at consumers' prices after the shock at unchanged wages, and income (N,), output
    plus tariff revenue of the base: both only where deficits are shares of world income and there are tariffs.
    """

    off: Array
    home: Array
    output: Array
    labour: Array
    log_productivity: Array
    deficit: Array
    theta: float
    component: Labels
    closure: Closure
    spending: Array
    gross: Array | None = None
    income: Array | None = None

    @property
    def size(self) -> int:
        return len(self.output)

    def sums(self, values: Array) -> Array:
        """The sum of the values over each country's component."""
        if not self.component.any():
            return np.full(self.size, values.sum())
        totals: Array = np.bincount(self.component, weights=values).astype(np.float64)[self.component]
        return totals

    def between(self, base: Problem, step: float) -> Problem:
        """The problem at a fraction `step` of the way from `base`, in logarithms but where a cost is infinite."""
        return replace(
            self,
            off=_blend(base.off, self.off, step),
            home=_blend(base.home, self.home, step),
            labour=_blend(base.labour, self.labour, step),
            log_productivity=step * self.log_productivity + (1 - step) * base.log_productivity,
            deficit=step * self.deficit + (1 - step) * base.deficit,
            gross=self.gross if self.gross is None or base.gross is None else _blend(base.gross, self.gross, step),
        )


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What `evaluate` finds at given wages, all (N,) in the base's money; `ok` is False where it has no meaning."""

    ok: bool
    income: Array
    spending: Array
    deficit: Array
    supply: Array
    phi: Array
    exports: Array
    imports: Array
    residual: Array

    @property
    def worst(self) -> float:
        return float(np.max(np.abs(self.residual))) if self.ok else np.inf


def _blend(base: Array, target: Array, step: float) -> Array:
    """Straight in logarithms; where the target is 0, to a cost that is infinite in the end."""
    out = np.zeros(base.shape)
    both, dying = (base > 0) & (target > 0), (base > 0) & (target == 0)
    out[both] = np.exp((1 - step) * np.log(base[both]) + step * np.log(target[both]))
    out[dying] = base[dying] * np.exp(-5 * step / (1 - step)) if step < 1 else 0.0
    return out


def evaluate(problem: Problem, x: Array) -> State:
    """Trade and the residual at log wage factors `x` (N,)."""
    with np.errstate(all="ignore"):
        return _evaluate(problem, x)


def _evaluate(p: Problem, x: Array) -> State:
    income = p.output * p.labour * np.exp(x)
    supply = np.exp(-p.theta * (x - p.log_productivity))
    bought = supply @ p.off
    phi = p.home * supply + bought
    spending, deficit = _spend(p, x, income, supply, phi)
    price = spending / phi
    exports = supply * (p.off @ price)
    imports = bought * price
    plus = exports + np.maximum(deficit, 0.0)
    minus = imports + np.maximum(-deficit, 0.0)
    closed = (plus == 0) & (minus == 0)
    balance = np.where(closed, 0.0, np.log(plus) - np.log(minus))
    residual = balance - np.log(p.sums(income) / p.sums(p.output))
    ok = bool(np.all(np.isfinite(residual)) and np.all(spending >= 0) and np.all(phi > 0))
    return State(ok, income, spending, deficit, supply, phi, exports, imports, residual)


def _spend(p: Problem, x: Array, income: Array, supply: Array, phi: Array) -> tuple[Array, Array]:
    """Spending at the exporter's value and the deficit under the closure, (N,) each."""
    if p.closure is Closure.MULTIPLICATIVE:
        spending = p.spending * p.labour * np.exp(x)
        deficit = spending - income * (p.sums(spending) / p.sums(income))
        return spending, np.where(np.bincount(p.component)[p.component] == 1, 0.0, deficit)  # nothing from rounding
    if p.gross is not None and p.income is not None:
        scale, _ = _world_income(p, income, phi, supply @ p.gross)
        deficit = p.deficit * scale
        return income + deficit, deficit
    return income + p.deficit, p.deficit


def _world_income(p: Problem, income: Array, phi: Array, gross: Array) -> tuple[Array, Array]:
    """World income with tariff revenue over the base's, by component, and what a dollar spent costs in revenue.

    E'_j at consumers' prices = (Y'_j + D_j G) / m_j with m the share that reaches the exporters, and the sum of E'
    is G times the base's income; so G = sum (Y'/m) / (sum income - sum (D/m)).
    """
    reach = phi / gross
    assert p.income is not None
    return p.sums(income / reach) / (p.sums(p.income) - p.sums(p.deficit / reach)), reach


def jacobian(problem: Problem, x: Array, state: State) -> Array:
    """d residual_i / d x_k, (N, N), exact."""
    with np.errstate(all="ignore"):
        return _jacobian(problem, x, state)


def _jacobian(p: Problem, x: Array, s: State) -> Array:
    theta, diagonal = p.theta, np.arange(p.size)
    share = p.off * (s.supply[:, None] / s.phi[None, :])
    home = p.home * s.supply / s.phi
    trade = share * s.spending[None, :]
    multiplicative = p.closure is Closure.MULTIPLICATIVE
    own = np.ones(p.size) if multiplicative else np.where(s.spending > 0, s.income / s.spending, 0.0)
    plus = s.exports + np.maximum(s.deficit, 0.0)
    minus = s.imports + np.maximum(-s.deficit, 0.0)
    a, b = (1.0 / np.where(scale > 0, scale, 1.0) for scale in (plus, minus))  # who trades nothing has rows of zeros
    slopes = (trade * (theta * a)[:, None]) @ share.T
    slopes += trade * a[:, None] * (own + theta * home)[None, :]
    slopes += (trade * home[None, :]).T * (theta * b)[:, None]
    slopes[diagonal, diagonal] -= theta * s.exports * a + (own + theta * home) * s.imports * b
    weight = s.income / p.sums(s.income)
    same: Array | float = 1.0
    if p.component.any():
        same = (p.component[:, None] == p.component[None, :]).astype(np.float64)
    gains = s.deficit >= 0
    side = np.where(gains, a, b)  # the deficit stands above or below, with the same sign in the residual
    if multiplicative:
        slopes -= np.outer(s.income / p.sums(s.income) * side, s.deficit) * same
        slopes[diagonal, diagonal] += s.deficit * side
    elif p.gross is not None:
        slope = _income_slope(p, s, share, home) * same
        per_dollar = np.where(s.spending > 0, p.deficit / s.spending, 0.0)
        slopes += a[:, None] * ((trade * per_dollar[None, :]) @ slope)
        slopes += (p.deficit * side - s.imports * per_dollar * b)[:, None] * slope
    slopes -= same * weight[None, :]
    return np.asarray(slopes, dtype=np.float64)


def _income_slope(p: Problem, s: State, share: Array, home: Array) -> Array:
    """dG_i / dx_k (N, N), G being world income over the base's in the component of i; the same within a component."""
    assert p.gross is not None
    paid = p.gross * s.supply[:, None]
    scale, reach = _world_income(p, s.income, s.phi, paid.sum(axis=0))
    paid /= paid.sum(axis=0)[None, :]
    assert p.income is not None
    slack = p.sums(p.income) - p.sums(p.deficit / reach)
    dollars = (s.income + scale * p.deficit) / reach
    full = share.copy()
    full[np.arange(p.size), np.arange(p.size)] += home
    slope = s.income / reach + p.theta * ((full - paid) @ dollars)
    return np.asarray(slope[None, :] / slack[:, None])
