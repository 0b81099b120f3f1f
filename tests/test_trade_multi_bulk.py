"""Many draws at once against one at a time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from trade_multi_support import random_world
from tumen.errors import CaseError, NoConvergence
from tumen.trade._multi import CLOSURES, Change, Closure, ManySectors
from tumen.trade._multi_bulk import solve_bulk
from tumen.trade._multi_solve import solve
from tumen.trade._multi_sparse import BulkSolution, PairChanges

FIELDS = ("wage", "real_income", "real_wage", "price_index", "exports", "imports", "revenue")


def draws_of(base: ManySectors, draws: int, seed: int, size: float, cut: float = 0.0, pairs: int = 3) -> PairChanges:
    """Random changes of costs and tariffs of some pairs, a part `cut` of them embargoes in every sector."""
    random = np.random.default_rng(seed)
    s, n, _ = base.shares.shape
    abroad = np.flatnonzero(~np.eye(n, dtype=bool))
    pair = np.concatenate([random.choice(abroad, pairs, replace=False) for _ in range(draws)])
    exporter, importer = pair // n, pair % n
    cost = np.exp(random.normal(0, size, (len(pair), s)))
    cost[random.random(len(pair)) < cut] = np.inf
    tariff = base.tariff[:, exporter, importer].T + random.uniform(0, size, (len(pair), s))
    tariff[random.random(tariff.shape) < 0.3] = np.nan
    return PairChanges(draws, np.repeat(np.arange(draws), pairs), exporter, importer, cost, tariff)


def dense_change(base: ManySectors, changes: PairChanges, draw: int) -> Change:
    """The same change in full matrices."""
    cost, tariff = np.ones_like(base.shares), np.array(base.tariff)
    for entry in np.flatnonzero(changes.draw == draw):
        i, n = changes.exporter[entry], changes.importer[entry]
        cost[:, i, n] = changes.cost[entry]
        tariff[:, i, n] = np.where(np.isnan(changes.tariff[entry]), tariff[:, i, n], changes.tariff[entry])
    return Change.of(base, cost=cost, tariff=tariff)


def agrees(
    base: ManySectors, changes: PairChanges, bulk: BulkSolution, draws: NDArray[np.intp], closure: Closure = "additive"
) -> None:
    for draw in draws:
        one = solve(base, dense_change(base, changes, int(draw)), closure)
        for name in FIELDS:
            assert getattr(bulk, name)[draw] == pytest.approx(getattr(one, name), rel=1e-8), (draw, name)


@pytest.mark.parametrize("draws", [7, 150])
@pytest.mark.parametrize("closure", CLOSURES)
def test_draws_agree_with_single_solves(draws: int, closure: Closure) -> None:
    base = random_world(1, sectors=4, countries=6)
    changes = draws_of(base, draws, 2, 0.2, cut=0.1)
    bulk = solve_bulk(base, changes, closure, block=40)
    assert bulk.wage.shape == (draws, 6)
    assert (bulk.residual <= 1e-10).all()
    assert bulk.walras_gap.max() < 1e-9
    assert not bulk.alone.any()
    agrees(base, changes, bulk, np.arange(0, draws, max(1, draws // 7)), closure)


def test_large_changes_agree_too() -> None:
    base = random_world(2, sectors=4, countries=6)
    changes = draws_of(base, 120, 3, 1.0, pairs=12)
    bulk = solve_bulk(base, changes)
    assert (bulk.residual <= 1e-10).all()
    agrees(base, changes, bulk, np.arange(0, 120, 15))


def test_threads_and_blocks_do_not_matter() -> None:
    base = random_world(3, countries=5)
    changes = draws_of(base, 130, 4, 0.3)
    one, two = solve_bulk(base, changes, threads=1, block=130), solve_bulk(base, changes, threads=3, block=16)
    assert two.real_income == pytest.approx(one.real_income, rel=1e-9)


def test_draw_without_changes_is_the_baseline() -> None:
    base = random_world(4)
    changes = draws_of(base, 3, 5, 0.2)
    kept = changes.draw != 1
    fields = ("draw", "exporter", "importer", "cost", "tariff")
    changes = replace(changes, **{name: getattr(changes, name)[kept] for name in fields})
    bulk = solve_bulk(base, changes)
    assert bulk.real_income[1] == pytest.approx(1, abs=1e-9)
    assert np.abs(bulk.real_income[[0, 2]] - 1).max() > 1e-4


def cut_off(base: ManySectors, draw: int, draws: int) -> PairChanges:
    """Country 0 cut off in one draw."""
    n, s = len(base.income), len(base.theta)
    others = np.arange(1, n)
    exporter = np.concatenate([np.zeros(n - 1, np.intp), others])
    importer = np.concatenate([others, np.zeros(n - 1, np.intp)])
    cost = np.full((len(exporter), s), np.inf)
    return PairChanges(draws, np.full(len(exporter), draw), exporter, importer, cost, np.full_like(cost, np.nan))


def test_country_cut_off_is_solved_alone() -> None:
    base = random_world(5, deficits=0)
    changes = cut_off(base, 1, 3)
    bulk = solve_bulk(base, changes)
    assert bulk.alone.tolist() == [False, True, False]
    assert bulk.exports[1, 0] == 0
    agrees(base, changes, bulk, np.arange(3))


def test_refusals_name_the_draw() -> None:
    base = random_world(6)
    with pytest.raises(NoConvergence, match="draw 2: no equilibrium: country 0 would trade with nobody else"):
        solve_bulk(base, cut_off(base, 2, 4))


def test_problems_are_told_together() -> None:
    base = random_world(7)
    changes = draws_of(base, 3, 8, 0.2)
    cost, draw = np.array(changes.cost), np.array(changes.draw)
    cost[0, 0], draw[0] = 0, 9
    with pytest.raises(CaseError) as caught:
        solve_bulk(base, replace(changes, cost=cost, draw=draw))
    assert len(caught.value.problems) == 2
    twice = replace(changes, exporter=np.full(9, 1), importer=np.full(9, 2))
    with pytest.raises(CaseError, match="a pair comes twice in a draw"):
        solve_bulk(base, twice)
    away = replace(base, income=base.income * np.array([1, 2, 1, 1]))
    with pytest.raises(CaseError, match="not an equilibrium, the trade of country"):
        solve_bulk(away, changes)
