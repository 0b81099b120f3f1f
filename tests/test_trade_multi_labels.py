"""Sparse shocks to a labelled baseline of many sectors in bulk: the same as one by one, whatever closure and shock."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trade_multi_support import random_world
from trade_worlds import flows, names
from tumen.errors import CaseError, NoConvergence, UnknownName
from tumen.trade import Baseline, Shock, SparseShocks
from tumen.trade._bulk import VARIABLES
from tumen.trade._multi_solve import rebase
from tumen.trade._shocks import Rule

CLOSURES = ["additive", "world_share", "balanced", "bilateral"]


def labelled(seed: int, sectors: int = 3, countries: int = 5) -> Baseline:
    found = rebase(random_world(seed, sectors, countries))
    base = found.base
    return Baseline.from_arrays(
        found.flows, names(countries), elasticity=base.theta, tariffs=base.tariff, io=base.inputs,
        value_added_share=base.value_added, final_shares=base.final, deficits=found.deficit,
        sectors=[f"S{s}" for s in range(sectors)],
    )  # fmt: skip


def drawn(base: Baseline, draws: int, k: int, seed: int, cut: float, home: bool) -> SparseShocks:
    """Random cells of different (sector, exporter, importer), with costs and in part new tariffs."""
    rng = np.random.default_rng(seed)
    shape = base.flows.shape
    cells = np.array([rng.permutation(base.flows.size)[:k] for _ in range(draws)])
    s, i, j = np.unravel_index(cells, shape)
    cost = np.exp(rng.normal(0, 0.15, (draws, k)))
    cost[rng.random(cost.shape) < cut] = np.inf
    cost[(i == j) & (np.isinf(cost) | (not home))] = 1.0
    tariff = np.where(rng.random(cost.shape) < 0.5, np.nan, rng.uniform(0, 0.4, cost.shape))
    tariff[i == j] = np.nan
    return SparseShocks(i, j, cost, sector=s, tariff=tariff)


def single(base: Baseline, shocks: SparseShocks, draw: int) -> Shock:
    i, j, s, cost, tariff = (values[draw] for values in shocks.cells(base))
    label, sectors = base.countries, base.sectors
    return Shock(
        tuple(
            Rule(label[a], label[b], None if c < 0 else sectors[c], float(d), None, None if np.isnan(t) else float(t))
            for a, b, c, d, t in zip(i, j, s, cost, tariff, strict=True)
        )
    )


def same(base: Baseline, shocks: SparseShocks, closure: str, tolerance: float = 1e-12) -> None:
    found = base.counterfactuals(shocks, closure, tolerance=tolerance)
    assert found["converged"].all()
    assert float(found["residual"].max()) <= tolerance
    for draw in range(shocks.draws):
        alone = base.counterfactual(single(base, shocks, draw), closure, tolerance=tolerance)
        for name in VARIABLES:
            np.testing.assert_allclose(found[name][draw], getattr(alone, name), rtol=1e-9, err_msg=name)


@settings(max_examples=12)
@given(st.integers(0, 2**31 - 1), st.sampled_from(CLOSURES), st.sampled_from([0.0, 0.2]), st.booleans())
def test_bulk_is_the_same_as_one_by_one(seed: int, closure: str, cut: float, home: bool) -> None:
    base = labelled(seed % 50)
    same(base, drawn(base, 4, 6, seed, cut, home), closure)


@pytest.mark.parametrize("closure", CLOSURES)
def test_many_draws_too(closure: str) -> None:
    """More draws than single solves are worth: the correction of the blocks and single precision are at work."""
    base = labelled(3, 4, 6)
    shocks = drawn(base, 160, 5, 1, 0.0, home=False)
    found = base.counterfactuals(shocks, closure, tolerance=1e-12)
    assert found["welfare"].dims == ("draw", "country")
    assert list(found["country"].values) == names(6)
    for draw in (0, 77, 159):
        alone = base.counterfactual(single(base, shocks, draw), closure, tolerance=1e-12)
        for name in VARIABLES:
            np.testing.assert_allclose(found[name][draw], getattr(alone, name), rtol=1e-9, err_msg=name)


def test_all_sectors_of_a_pair_and_labels() -> None:
    base = labelled(4)
    wide = SparseShocks(["C00"], ["C01"], [[1.2], [0.9]])
    each = SparseShocks(["C00"] * 3, ["C01"] * 3, [[1.2] * 3, [0.9] * 3], sector=["S0", "S1", "S2"])
    one, two = base.counterfactuals(wide), base.counterfactuals(each)
    for name in VARIABLES:
        np.testing.assert_allclose(one[name], two[name], rtol=1e-12)
    same(base, wide, "additive")


@pytest.mark.parametrize("closure", ["additive", "bilateral"])
def test_an_embargo_on_all_trade_of_a_pair(closure: str) -> None:
    """The balance of the two lives on under additive deficits, and dies under bilateral ones."""
    base = labelled(5)
    both = SparseShocks(["C00", "C01"], ["C01", "C00"], [[np.inf, np.inf], [1.1, 1.1]])
    same(base, both, closure)


def test_one_sector_with_new_tariffs() -> None:
    rng = np.random.default_rng(2)
    rates = rng.uniform(0, 0.3, (5, 5)) * (1 - np.eye(5))
    base = Baseline.from_arrays(flows(rng, 5), names(5), elasticity=5.0, tariffs=rates)
    shocks = SparseShocks(["C00", "C02"], ["C01", "C03"], [[1.1, 1.0], [1.0, 1.0]], tariff=[[np.nan, 0.5], [0.0, 0.2]])
    for closure in CLOSURES:
        same(base, shocks, closure)
    one = base.counterfactuals(SparseShocks(["C00"], ["C01"], [[1.2]]))
    other = base.counterfactuals(SparseShocks(["C00"], ["C01"], [[1.2]], tariff=[[rates[0, 1]]]))
    np.testing.assert_allclose(one["welfare"], other["welfare"], rtol=1e-9)


def test_what_the_bulk_does_not_have_goes_one_by_one() -> None:
    found = rebase(random_world(6, 3, 4, tariffs=False, deficits=0.05, zeros=0.0))
    base = Baseline.from_arrays(found.flows, names(4), elasticity=found.base.theta)
    shocks = SparseShocks(["C00"], ["C01"], [[1.2], [0.9]])
    for world, closure in ((base, "proportional"), (replace(base, substitution=0.5, _cache={}), "additive")):
        bulk = world.counterfactuals(shocks, closure)
        for draw in (0, 1):
            alone = world.counterfactual(single(world, shocks, draw), closure)
            np.testing.assert_allclose(bulk["welfare"][draw], alone.welfare, rtol=1e-12)


def test_draws_without_an_equilibrium() -> None:
    base = labelled(7)
    others = [name for name in base.countries if name != "C02"]
    i, j = others + ["C02"] * 4, ["C02"] * 4 + others
    cost = np.ones((3, 8))
    cost[1] = np.inf
    cost[2] = 1.1
    shocks = SparseShocks(i, j, cost)
    with pytest.raises(NoConvergence, match=r"^draw 1: no equilibrium: "):
        base.counterfactuals(shocks)
    marked = base.counterfactuals(shocks, on_failure="mark", variables=("welfare",))
    assert set(marked.data_vars) == {"welfare", "residual", "iterations", "converged"}
    np.testing.assert_array_equal(marked["converged"], [True, False, True])
    assert np.isnan(marked["welfare"][1]).all()
    assert "draw 1: no equilibrium" in marked.attrs["failed"]
    np.testing.assert_allclose(marked["welfare"][0], 1, rtol=1e-9)


def test_what_is_wrong_is_said() -> None:
    base = labelled(8)
    with pytest.raises(UnknownName, match="no sector 'S9'"):
        base.counterfactuals(SparseShocks(["C00"], ["C01"], [[1.1]], sector=["S9"]))
    with pytest.raises(CaseError, match="tariff must be rates above -1"):
        SparseShocks(["C00"], ["C01"], [[1.1]], tariff=[[-1.0]])
    with pytest.raises(CaseError, match="sector has shape"):
        SparseShocks(["C00"], ["C01"], [[1.1]], sector=["S0", "S1"])
    with pytest.raises(CaseError, match="draw 1 changes the same flow twice"):
        base.counterfactuals(SparseShocks([["C00"] * 2] * 2, [["C01", "C02"], ["C01"] * 2], [[1.1, 1.1]] * 2))
    with pytest.raises(CaseError, match="elasticities by draw are for one sector"):
        base.counterfactuals(SparseShocks(["C00"], ["C01"], [[1.1]], [4.0]))
    with pytest.raises(CaseError, match="closure 'multiplicative' is for one sector only"):
        base.counterfactuals(SparseShocks(["C00"], ["C01"], [[1.1]]), "multiplicative")
