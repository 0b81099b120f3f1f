"""What an equilibrium is worth: prices, real wages, exact welfare, and the check that theory gives.

Welfare is the factor on real spending, E'/E over P'/P, where spending includes tariff revenue and the deficit. With
homothetic preferences it is exact: income times (welfare - 1) at the old prices is the equivalent variation. The price
index is that of the CES aggregate at consumers' prices,

    P'_j / P_j = [ sum_i pi_ij (cost_ij (1 + t'_ij) / (1 + t_ij) w_i / A_i)^-theta ]^(-1/theta)

with pi_ij the shares in what consumers pay. Without tariffs and deficits welfare follows from the share of spending
that stays at home (Arkolakis, Costinot and Rodríguez-Clare 2012): real wage = A (pi'_nn / pi_nn)^(-1/theta).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tumen.trade._single import Array, State

__all__ = ["Real", "acr", "read"]


@dataclass(frozen=True, slots=True, eq=False)
class Real:
    """Factors (country,): price index, real wage, welfare; spending at consumers' prices and revenue in MUSD."""

    price: Array
    real_wage: Array
    welfare: Array
    spending: Array
    revenue: Array


def read(state: State, x: Array, paid: Array, paid_before: Array, spending_before: Array, theta: float) -> Real:
    """The real side of a solution.

    paid (N, N): q (1 + t) K at consumers' prices after the shock at unchanged wages; paid_before (N,): its column
    sums before the shock, spending with tariffs over spending without. spending_before (N,): at exporters' prices.
    """
    kernel = state.supply @ paid
    price = (kernel / paid_before) ** (-1.0 / theta)
    spending = state.spending * kernel / state.phi
    welfare = spending / (spending_before * paid_before) / price
    return Real(price, np.exp(x) / price, welfare, spending, spending - state.spending)


def acr(home_before: Array, home_after: Array, theta: float, productivity: Array | float = 1.0) -> Array:
    """The real wage that the home shares imply, (country,); exact where there are neither tariffs nor deficits.

    home_before, home_after: shares of spending that stays at home, above 0.

    >>> float(acr(np.array([0.5]), np.array([1.0]), theta=4.0)[0])  # to autarky
    0.8408964152537145
    """
    return np.asarray(productivity * (home_after / home_before) ** (-1.0 / theta))
