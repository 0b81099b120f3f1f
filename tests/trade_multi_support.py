"""Random worlds of many sectors, Caliendo and Parro's world, and a plain iteration to hold the solver against."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tumen.trade._multi import Change, ManySectors
from tumen.trade._multi_solve import rebase
from tumen.trade._verify_equilibrium import nafta_world

Array = NDArray[np.float64]


def random_world(
    seed: int,
    sectors: int = 3,
    countries: int = 4,
    *,
    tariffs: bool = True,
    deficits: float = 0.1,
    zeros: float = 0.2,
    theta: tuple[float, float] = (2.0, 10.0),
) -> ManySectors:
    """A baseline in equilibrium, with zero flows among its shares."""
    random = np.random.default_rng(seed)
    shape = (sectors, countries, countries)
    own = np.arange(countries)
    shares = np.exp(random.normal(0, 1.2, shape)) * (random.random(shape) > zeros)
    for n in own:  # a ring keeps the world in one piece
        shares[0, n, (n + 1) % countries] = 0.5
    shares[:, own, own] = countries * np.exp(random.normal(1, 0.7, (sectors, countries)))
    tariff = random.uniform(0, 0.3, shape) * tariffs
    tariff[:, own, own] = 0
    value_added = random.uniform(0.3, 0.9, (sectors, countries))
    inputs = random.dirichlet(np.ones(sectors), (countries, sectors)).transpose(2, 1, 0) * (1 - value_added)
    income = np.exp(random.normal(10, 1, countries))
    deficit = random.normal(0, deficits, countries) * income.min()
    return rebase(
        ManySectors(
            shares=shares / shares.sum(1, keepdims=True),
            tariff=tariff,
            inputs=inputs,
            value_added=value_added,
            final=random.dirichlet(np.ones(sectors), countries).T,
            income=income,
            deficit=deficit - deficit.mean(),
            theta=random.uniform(*theta, sectors),
        )
    ).as_base()


def nafta(shared: Path, deficits: bool = False) -> tuple[ManySectors, Array]:
    """Caliendo and Parro's world of 1993 and the tariffs under NAFTA."""
    return nafta_world(shared / "data" / "replication", deficits)


def published(shared: Path, name: str) -> dict[str, dict[str, float]]:
    """A table of the cp2015 package: by region, in percentage points."""
    with (shared / "data" / "replication" / name).open() as file:
        rows = list(csv.DictReader(file))
    return {row["region"]: {k: float(v) for k, v in row.items() if k not in ("", "region")} for row in rows}


def plain(base: ManySectors, change: Change, rounds: int = 6000, damp: float = 0.3) -> tuple[Array, Array]:
    """Wage and price hats by plain damped iteration of the textbook equations, nothing shared with the solver."""
    s, _, n = base.shares.shape
    wage, price, spent = np.ones(n), np.ones((s, n)), 2 * base.final * base.income
    theta = base.theta[:, None, None]
    barrier = change.cost * (1 + change.tariff) / (1 + base.tariff)
    for _ in range(rounds):
        cost = wage**base.value_added * np.exp(np.einsum("ksn,kn->sn", base.inputs, np.log(price)))
        terms = base.shares * (barrier * (cost / change.productivity)[:, :, None]) ** -theta
        price = terms.sum(1) ** (-1 / base.theta[:, None])
        shares = terms / terms.sum(1, keepdims=True)
        flows = shares / (1 + change.tariff) * spent[:, None, :]
        revenue = (change.tariff * flows).sum((0, 1))
        output = flows.sum(2)
        income = wage * change.labour * base.income + revenue + change.deficit
        spent = np.einsum("ksn,sn->kn", base.inputs, output) + base.final * income
        pay = (base.value_added * output).sum(0)
        wage = wage * (pay / (wage * change.labour * base.income)) ** damp
        wage = wage * base.income.sum() / (wage * change.labour * base.income).sum()
    return wage, price
