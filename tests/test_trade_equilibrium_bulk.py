"""Counterfactuals in bulk: the same as one by one, whatever the closure, the shock and the number of threads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trade_worlds import flows, names, world
from tumen.errors import CaseError, NoConvergence, UnknownName
from tumen.trade._baseline import Baseline
from tumen.trade._bulk import VARIABLES, counterfactuals
from tumen.trade._bulk_shocks import SparseShocks
from tumen.trade._closures import Closure
from tumen.trade._shocks import Shock

Array = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]


def pairs(rng: np.random.Generator, draws: int, k: int, countries: int) -> tuple[Places, Places]:
    """Exporters and importers (draw, k) of different flows abroad."""
    codes = np.argsort(rng.random((draws, countries * (countries - 1))), axis=1)[:, :k]
    i, rest = codes // (countries - 1), codes % (countries - 1)
    return i.astype(np.int64), (rest + (rest >= i)).astype(np.int64)


def single(base: Baseline, shocks: SparseShocks, draw: int) -> Shock:
    i, j, log_cost, _ = shocks.resolve(base)
    cost = np.exp(log_cost[draw])
    label = base.countries
    return Shock.pairs({(label[a], label[b]): c for a, b, c in zip(i[draw], j[draw], cost, strict=True)})


@settings(max_examples=15)
@given(st.integers(0, 2**31 - 1), st.sampled_from(list(Closure)), st.sampled_from([0.05, 0.3]), st.booleans())
def test_bulk_is_the_same_as_one_by_one(seed: int, closure: Closure, spread: float, embargo: bool) -> None:
    rng = np.random.default_rng(seed)
    base = world(rng, 8, 4.0)
    i, j = pairs(rng, 6, 4, 8)
    cost = np.exp(rng.normal(0, spread, (6, 4)))
    if embargo:
        cost[:, 0] = np.inf
    shocks = SparseShocks(i, j, cost)
    found = base.counterfactuals(shocks, closure)
    assert found["converged"].all()
    assert float(found["residual"].max()) <= 1e-10
    for draw in range(6):
        alone = base.counterfactual(single(base, shocks, draw), closure)
        for name in VARIABLES:
            np.testing.assert_allclose(found[name][draw], getattr(alone, name), rtol=1e-9)


def test_elasticities_may_vary_by_draw() -> None:
    rng = np.random.default_rng(1)
    base = world(rng, 10)
    i, j = pairs(rng, 600, 5, 10)
    theta = rng.uniform(1.5, 9.0, 600)
    shocks = SparseShocks(i, j, np.exp(rng.normal(0, 0.1, (600, 5))), theta)
    found = base.counterfactuals(shocks)
    np.testing.assert_array_equal(found["theta"], theta)
    for draw in (0, 17, 599):
        other = replace(base, elasticity=theta[draw : draw + 1], _cache={})
        alone = other.counterfactual(single(base, shocks, draw))
        np.testing.assert_allclose(found["welfare"][draw], alone.welfare, rtol=1e-9)
        np.testing.assert_allclose(found["exports"][draw], alone.exports, rtol=1e-9)


def test_threads_and_blocks_do_not_matter() -> None:
    rng = np.random.default_rng(2)
    base = world(rng, 12)
    i, j = pairs(rng, 700, 6, 12)
    cost = np.exp(rng.normal(0, 0.1, (700, 6)))
    one = base.counterfactuals(SparseShocks(i, j, cost), workers=1)
    two = base.counterfactuals(SparseShocks(i, j, cost), workers=3)
    for name in VARIABLES:
        np.testing.assert_array_equal(one[name], two[name])
    turned = base.counterfactuals(SparseShocks(i[::-1], j[::-1], cost[::-1]))
    np.testing.assert_allclose(one["welfare"][::-1], turned["welfare"], rtol=1e-9)


def test_large_shocks_go_down_the_ladder() -> None:
    rng = np.random.default_rng(3)
    base = world(rng, 15, 8.0, home=0.3)
    i, j = pairs(rng, 40, 60, 15)
    shocks = SparseShocks(i, j, np.where(np.arange(40)[:, None] % 2, 0.3, np.exp(rng.normal(0, 0.02, (40, 60)))))
    found = base.counterfactuals(shocks, "balanced")
    assert found["converged"].all()
    for draw in (0, 1, 39):
        alone = base.counterfactual(single(base, shocks, draw), "balanced")
        np.testing.assert_allclose(found["welfare"][draw], alone.welfare, rtol=1e-9)


def test_tariffs_and_domestic_costs() -> None:
    rng = np.random.default_rng(4)
    rates = rng.uniform(0, 0.3, (7, 7)) * (1 - np.eye(7))
    base = Baseline.from_arrays(flows(rng, 7), names(7), elasticity=5.0, tariffs=rates)
    shocks = SparseShocks(["C00", "C01", "C02"], ["C01", "C01", "C05"], np.exp(rng.normal(0, 0.2, (5, 3))))
    for closure in ("additive", "world_share", "multiplicative"):
        found = base.counterfactuals(shocks, closure)
        for draw in range(5):
            alone = base.counterfactual(single(base, shocks, draw), closure)
            for name in VARIABLES:
                np.testing.assert_allclose(found[name][draw], getattr(alone, name), rtol=1e-9)


def test_countries_cut_off_are_noticed() -> None:
    base = world(np.random.default_rng(5), 5)
    others = ["C00", "C01", "C03", "C04"]
    i, j = others + ["C02"] * 4, ["C02"] * 4 + others
    cost = np.ones((3, 8))
    cost[1] = np.inf
    cost[2] = 1.1
    shocks = SparseShocks(i, j, cost)
    with pytest.raises(NoConvergence, match=r"^draw 1: no equilibrium: C02 is cut off from the rest with a"):
        base.counterfactuals(shocks)
    marked = base.counterfactuals(shocks, on_failure="mark")
    np.testing.assert_array_equal(marked["converged"], [True, False, True])
    assert np.isnan(marked["welfare"][1]).all()
    assert "draw 1: no equilibrium" in marked.attrs["failed"]
    np.testing.assert_allclose(marked["welfare"][0], 1, rtol=1e-12)
    autarky = base.counterfactuals(shocks, "balanced")
    alone = base.counterfactual(Shock.cut("C02"), "balanced")
    np.testing.assert_allclose(autarky["welfare"][1], alone.welfare, rtol=1e-10)


def test_wanted_variables_only() -> None:
    rng = np.random.default_rng(6)
    base = world(rng, 6)
    found = base.counterfactuals(SparseShocks(["C00"], ["C01"], [[1.1], [0.9]]), variables=("welfare",))
    assert set(found.data_vars) == {"welfare", "residual", "iterations", "converged", "theta"}
    assert found["welfare"].dims == ("draw", "country")
    assert float(found["welfare"].sel(country="C01")[1]) > 1


def test_what_is_wrong_is_said() -> None:
    base = world(np.random.default_rng(0), 4)
    with pytest.raises(CaseError, match=r"cost has shape \(2,\); expected \(draw, flow\)"):
        SparseShocks(["C00"], ["C01"], [1.0, 1.0])
    with pytest.raises(CaseError, match="exporter has shape"):
        SparseShocks(["C00", "C01"], ["C01"], [[1.0]])
    with pytest.raises(CaseError, match="not above 0"):
        SparseShocks(["C00"], ["C01"], [[0.0]])
    with pytest.raises(CaseError, match="theta above 0 for each of 1 draws"):
        SparseShocks(["C00"], ["C01"], [[1.1]], [4.0, 4.0])
    with pytest.raises(CaseError, match="draw 0 changes the same flow twice"):
        base.counterfactuals(SparseShocks(["C00", "C00"], ["C01", "C01"], [[1.1, 1.1]]))
    with pytest.raises(UnknownName, match="no country 'C9'"):
        base.counterfactuals(SparseShocks(["C9"], ["C01"], [[1.1]]))
    with pytest.raises(CaseError, match="between 0 and 3"):
        base.counterfactuals(SparseShocks([4], [1], [[1.1]]))
    with pytest.raises(UnknownName, match="did you mean welfare"):
        counterfactuals(base, SparseShocks([0], [1], [[1.1]]), variables=("welfar",))
