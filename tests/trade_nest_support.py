"""Random worlds of several goods for the tests of the goods nest, and shorthands."""

from __future__ import annotations

import numpy as np

from trade_worlds import Array, Generator, flows, names
from tumen.trade._baseline import Baseline
from tumen.trade._nest import NestShocks

GOODS = ("energy", "food", "goods")
THETAS = (3.0, 6.0, 4.0)
FACTORS = ("welfare", "real_wage", "wage", "price_index")


def goods_world(
    rng: Generator, countries: int = 5, goods: int = 3, *, substitution: float = 0.5, taxed: bool = False,
    **options: float,
) -> Baseline:  # fmt: skip
    trade = np.stack([flows(rng, countries, **options) for _ in range(goods)])
    rates = rng.uniform(0, 0.3, trade.shape) * (1 - np.eye(countries)) if taxed else None
    return Baseline.from_arrays(
        trade, names(countries), sectors=GOODS[:goods], elasticity=THETAS[:goods], tariffs=rates,
        substitution=substitution,
    )  # fmt: skip


def cells(base: Baseline) -> list[tuple[str, str, str]]:
    """Every foreign flow."""
    return [(s, i, j) for s in base.sectors for i in base.countries for j in base.countries if i != j]


def costs(rng: Generator, base: Baseline, draws: int = 1, spread: float = 0.2) -> NestShocks:
    places = cells(base)
    return NestShocks(places, cost=np.exp(rng.normal(0, spread, (draws, len(places)))))


def both(a: str, b: str) -> list[tuple[None, str, str]]:
    return [(None, a, b), (None, b, a)]


def gap(a: Array, b: Array) -> float:
    """The largest relative distance."""
    return float(np.max(np.abs(a / b - 1)))
