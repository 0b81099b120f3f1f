"""Caliendo and Parro (2015): NAFTA in 31 countries and 40 sectors, published numbers and hard changes of that world."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from trade_multi_support import nafta, plain, published
from tumen.errors import NoConvergence
from tumen.trade._multi import Array, Change, ManySectors
from tumen.trade._multi_solution import ManySectorsSolution, first_order_welfare
from tumen.trade._multi_solve import rebase, solve

MEMBERS = ("Mexico", "Canada", "USA")


@pytest.fixture(scope="module")
def world(shared: Path) -> tuple[ManySectors, Array]:
    return nafta(shared)


@pytest.fixture(scope="module")
def agreement(world: tuple[ManySectors, Array]) -> ManySectorsSolution:
    base, tariff = world
    return solve(base, Change.of(base, tariff=tariff), "balanced")


def differences(solution: ManySectorsSolution, table: dict[str, dict[str, float]]) -> dict[str, float]:
    """Largest differences over countries, percentage points."""
    first = first_order_welfare(solution)
    ours = {
        "tot": first.terms_of_trade,
        "vot": first.volume_of_trade,
        "welfare": first.welfare,
        "realwage": solution.real_wage - 1,
    }
    rows = [table[name] for name in solution.base.countries]
    return {key: float(np.abs(100 * value - [row[key] for row in rows]).max()) for key, value in ours.items()}


def test_published_welfare_without_deficits(agreement: ManySectorsSolution, shared: Path) -> None:
    table = published(shared, "cp2015_R_welfare_zero_tol1e-10.csv")
    assert max(differences(agreement, table).values()) < 1e-6


def test_published_welfare_with_deficits(shared: Path) -> None:
    data, tariff = nafta(shared, deficits=True)
    base = rebase(data).as_base()
    solution = solve(base, Change.of(base, tariff=tariff))
    assert max(differences(solution, published(shared, "cp2015_R_welfare_deficit.csv")).values()) < 1e-6
    assert solution.walras_gap < 1e-10


def test_trade_within_nafta(agreement: ManySectorsSolution) -> None:
    members = [agreement.base.countries.index(name) for name in MEMBERS]
    growth = []
    for member in members:
        partners = [other for other in members if other != member]
        before, after = (flows[:, partners, member].sum() for flows in (agreement.base_flows, agreement.flows))
        growth.append(100 * (after / before - 1))
    assert growth == pytest.approx([118.28, 11.11, 40.52], abs=0.005)


def test_exact_real_income_is_not_the_published_welfare(agreement: ManySectorsSolution) -> None:
    members = [agreement.base.countries.index(name) for name in MEMBERS]
    exact = 100 * (agreement.real_income[members] - 1)
    assert exact == pytest.approx([0.0073, -0.1101, 0.0741], abs=5e-5)
    assert 100 * first_order_welfare(agreement).welfare[members] == pytest.approx([1.3121, -0.0638, 0.0848], abs=5e-5)


def test_nafta_by_plain_iteration(world: tuple[ManySectors, Array], agreement: ManySectorsSolution) -> None:
    base, tariff = world
    wage, price = plain(agreement.base, Change.of(agreement.base, tariff=tariff), rounds=250, damp=0.35)
    assert agreement.wage == pytest.approx(wage, rel=1e-7)
    assert agreement.price == pytest.approx(price, rel=1e-7)
    assert base.countries == agreement.base.countries


def hard(base: ManySectors) -> dict[str, Change]:
    """The changes at which other solvers fail."""
    n = len(base.countries)
    abroad = ~np.eye(n, dtype=bool)
    usa, china = base.countries.index("USA"), base.countries.index("China")
    pair, alone = np.ones((n, n)), np.ones((n, n))
    pair[usa, china] = pair[china, usa] = np.inf
    alone[usa, :] = alone[:, usa] = np.inf
    alone[usa, usa] = 1
    return {
        "tariffs to zero": Change.of(base, tariff=0.0),
        "tariffs +20 pp": Change.of(base, tariff=base.tariff + 0.2 * abroad),
        "costs -50 %": Change.of(base, cost=np.where(abroad, 0.5, 1.0)),
        "costs x10": Change.of(base, cost=np.where(abroad, 10.0, 1.0)),
        "embargo": Change.of(base, cost=pair),
        "USA alone": Change.of(base, cost=alone),
    }


@pytest.mark.parametrize(
    "name", ["tariffs to zero", "tariffs +20 pp", "costs -50 %", "costs x10", "embargo", "USA alone"]
)
@pytest.mark.parametrize("deficits", [False, True])
def test_hard_changes(shared: Path, name: str, deficits: bool) -> None:
    base = rebase(nafta(shared, deficits)[0]).as_base()
    change = hard(base)[name]
    if deficits and name == "USA alone":
        with pytest.raises(NoConvergence, match="USA would trade with nobody else, yet the deficit is"):
            solve(base, change)
        return
    if deficits and name == "costs x10":
        with pytest.raises(NoConvergence, match=r"the surplus of Ireland takes 9\d % of its income, and further on"):
            solve(base, change)
        return
    solution = solve(base, change)
    assert solution.residual <= 1e-10
    assert solution.walras_gap < 1e-10
    assert np.isfinite(solution.real_income).all()
    balance = solution.exports + base.deficit - solution.imports
    assert np.abs(balance).max() < 1e-9 * (solution.imports.max() + np.abs(base.deficit).max())


def test_world_autarky_is_refused_with_the_markets(agreement: ManySectorsSolution) -> None:
    base = agreement.base
    alone = np.where(np.eye(31) > 0, 1.0, np.inf)
    with pytest.raises(NoConvergence, match=r"no supplier is left for .* and \d+ more"):
        solve(base, Change.of(base, cost=alone))
