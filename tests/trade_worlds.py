"""Random worlds for the tests of the trade engine, and a solver of its own kind to compare with."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tumen.trade._baseline import Baseline

Array = npt.NDArray[np.float64]
Generator = np.random.Generator


def flows(rng: Generator, countries: int, *, home: float = 0.7, imbalance: float = 0.1, zeros: float = 0.0) -> Array:
    """(exporter, importer): gravity with random sizes and ties, domestic sales, mild deficits."""
    size = np.exp(rng.normal(0, 1.0, countries))
    tie = np.exp(rng.normal(0, 0.8, (countries, countries)))
    trade = np.outer(size, size) * (tie + tie.T) * np.exp(rng.normal(0, imbalance, (countries, countries)))
    lost = rng.random((countries, countries)) < zeros
    trade[lost & lost.T] = 0.0
    np.fill_diagonal(trade, 0.0)
    both = trade.sum(axis=0) + trade.sum(axis=1)
    trade[np.arange(countries), np.arange(countries)] = home / (1 - home) * 0.5 * both + 0.1 * size
    return 1000.0 * trade


def names(countries: int) -> list[str]:
    return [f"C{i:02d}" for i in range(countries)]


def world(rng: Generator, countries: int, theta: float = 4.0, **options: float) -> Baseline:
    return Baseline.from_arrays(flows(rng, countries, **options), names(countries), elasticity=theta)


def costs(rng: Generator, countries: int, spread: float = 0.2) -> Array:
    """Cost factors (exporter, importer), 1 at home."""
    factors = np.exp(rng.normal(0, spread, (countries, countries)))
    np.fill_diagonal(factors, 1.0)
    return factors


def as_pairs(factors: Array) -> dict[tuple[str, str], float]:
    label = names(len(factors))
    return {(label[i], label[j]): factors[i, j] for i in range(len(label)) for j in range(len(label)) if i != j}


def plain_fixed_point(
    trade: Array, theta: float, cost: Array, deficit: Array, before: Array, after: Array
) -> tuple[Array, Array, Array]:
    """Wage, price and welfare factors by the textbook's damped tatonnement, in levels, with tariffs; slow and apart.

    Spending at consumers' prices is found from its own budget by iteration, so that nothing of the engine's algebra
    (that tariffs move shares with the exponent 1 + theta only) is taken over.
    """
    output = trade.sum(axis=1)
    paid = trade * (1 + before)
    share = paid / paid.sum(axis=0)
    change = cost * (1 + after) / (1 + before)
    wage, revenue = np.ones(len(trade)), (trade * before).sum(axis=0)
    for _ in range(200_000):
        kernel = share * (change * wage[:, None]) ** -theta
        new_share = kernel / kernel.sum(axis=0)
        spending = wage * output + revenue + deficit
        sold = new_share * spending / (1 + after)
        new_revenue = (sold * after).sum(axis=0)
        step = sold.sum(axis=1) / (wage * output)
        moved = max(np.abs(step - 1).max(), np.abs(new_revenue - revenue).max() / output.max())
        revenue = new_revenue
        wage = wage * step ** (0.9 / (1 + theta))
        wage *= output.sum() / (wage * output).sum()
        if moved < 1e-13:
            break
    price = (share * (change * wage[:, None]) ** -theta).sum(axis=0) ** (-1 / theta)
    return wage, price, spending / paid.sum(axis=0) / price
