"""Worlds that the benchmarks make up: gravity with random sizes and ties."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tumen.trade._baseline import Baseline
from tumen.trade._multi import ManySectors
from tumen.trade._multi_solution import ManySectorsSolution
from tumen.trade._multi_solve import rebase

Array = npt.NDArray[np.float64]


def one_sector(rng: np.random.Generator, countries: int, theta: float = 4.0, home: float = 0.7) -> Baseline:
    """Home shares about `home`, deficits of up to half of spending; countries in the order of their output."""
    size = np.exp(rng.normal(0, 1.5, countries))
    trade = np.outer(size, size) * np.exp(rng.normal(0, 0.8, (countries, countries)))
    trade = trade / trade.sum(axis=0) * (1 - home)
    trade[np.arange(countries), np.arange(countries)] += home
    flows = 1e3 * trade * size
    ranked = np.argsort(-flows.sum(axis=1), kind="stable")
    return Baseline.from_arrays(flows[np.ix_(ranked, ranked)], names(countries), elasticity=theta)


def many_sectors(
    rng: np.random.Generator,
    countries: int,
    sectors: int,
    theta: tuple[float, float] = (2.0, 10.0),
    *,
    zeros: float = 0.2,
    homeless: int = 0,
) -> Baseline:
    """Input-output links, tariffs and deficits; `homeless` markets live on imports alone."""
    shape, own = (sectors, countries, countries), np.arange(countries)
    size = np.sort(np.exp(rng.normal(0, 1.2, countries)))[::-1]
    shares = size[:, None] * np.exp(rng.normal(0, 1.0, shape)) * (rng.random(shape) > zeros)
    shares[:, own, own] = 2.5 * size.sum() * np.exp(rng.normal(0, 0.4, (sectors, countries)))
    shares[:, own, (own + 1) % countries] = size  # nobody is alone, and no market is without a supplier
    for cell in range(homeless):
        shares[cell % sectors, 1 + cell, 1 + cell] = 0.0
    tariff = rng.uniform(0, 0.2, shape)
    tariff[:, own, own] = 0.0
    value_added = rng.uniform(0.3, 0.7, (sectors, countries))
    inputs = rng.dirichlet(np.ones(sectors), (countries, sectors)).transpose(2, 1, 0) * (1 - value_added)
    deficit = rng.normal(0, 0.03, countries) * size
    deficit -= size * deficit.sum() / size.sum()
    final = rng.dirichlet(np.ones(sectors), countries).T
    world = ManySectors(
        shares / shares.sum(1, keepdims=True), tariff, inputs, value_added, final, 1e6 * size, 1e6 * deficit,
        rng.uniform(*theta, sectors), names(countries),
    )  # fmt: skip
    return from_solution(rebase(world))


def from_solution(found: ManySectorsSolution) -> Baseline:
    """A world in arrays, brought to equilibrium, as a labelled baseline."""
    base = found.base
    return Baseline.from_arrays(
        found.flows, base.countries, sectors=base.sectors, elasticity=base.theta, tariffs=found.tariff, io=base.inputs,
        value_added_share=base.value_added, final_shares=base.final, deficits=found.deficit,
    )  # fmt: skip


def names(countries: int) -> tuple[str, ...]:
    return tuple(f"C{i:03d}" for i in range(countries))
