"""One sector: what holds for every equilibrium, agreement with a plain fixed point, and a published application."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trade_worlds import as_pairs, costs, flows, names, plain_fixed_point, world
from tumen.errors import CaseError, UnknownName
from tumen.trade._baseline import Baseline
from tumen.trade._closures import Closure
from tumen.trade._equilibrium import base_problem, kernels
from tumen.trade._shocks import Shock
from tumen.trade._single import evaluate, jacobian

FACTORS = ("welfare", "real_wage", "wage", "price_index", "exports", "imports")
seeds = st.integers(0, 2**31 - 1)
sizes = st.integers(2, 9)
thetas = st.sampled_from([1.5, 2.0, 4.0, 8.0, 15.0])
closures = st.sampled_from([closure.value for closure in Closure])
proper = st.sampled_from([closure.value for closure in Closure if closure is not Closure.MULTIPLICATIVE])
FEW = settings(max_examples=25)


@FEW
@given(seeds, sizes, thetas, closures)
def test_no_shock_changes_nothing(seed: int, size: int, theta: float, closure: str) -> None:
    found = world(np.random.default_rng(seed), size, theta).counterfactual(Shock(), closure)
    for name in FACTORS:
        np.testing.assert_allclose(getattr(found, name), 1, rtol=1e-10)
    np.testing.assert_allclose(found.trade, found.baseline.flows[0], rtol=1e-9)


@FEW
@given(seeds, sizes, thetas, closures)
def test_scale_of_values_does_not_matter(seed: int, size: int, theta: float, closure: str) -> None:
    rng = np.random.default_rng(seed)
    trade, shock = flows(rng, size), Shock.pairs(as_pairs(costs(rng, size)))
    small, large = (
        Baseline.from_arrays(scale * trade, names(size), elasticity=theta).counterfactual(shock, closure)
        for scale in (1.0, 1e6)
    )
    for name in FACTORS:
        np.testing.assert_allclose(getattr(large, name), getattr(small, name), rtol=1e-9)


@FEW
@given(seeds, sizes, thetas, proper)
def test_markets_clear_and_budgets_hold(seed: int, size: int, theta: float, closure: str) -> None:
    rng = np.random.default_rng(seed)
    found = world(rng, size, theta, zeros=0.2).counterfactual(Shock.pairs(as_pairs(costs(rng, size))), closure)
    base = found.baseline
    output = found.wage * base.output
    np.testing.assert_allclose(found.trade.sum(axis=1), output, rtol=1e-10)
    np.testing.assert_allclose(found.trade.sum(axis=0), output + found.deficits, rtol=1e-10)
    if closure != "proportional":
        np.testing.assert_allclose(found.deficits / output, base.deficits / output, atol=1e-13)
    np.testing.assert_allclose(output.sum(), base.output.sum(), rtol=1e-10)
    assert found.walras_gap <= 1e-10
    assert found.residual <= 1e-10
    assert found.step <= 1e-10
    if closure == "balanced":
        scale = base.exports.max()
        np.testing.assert_allclose(base.deficits / scale, 0, atol=1e-10)


@FEW
@given(seeds, sizes, thetas, st.sampled_from(["additive", "world_share", "balanced", "bilateral"]))
def test_changes_compose(seed: int, size: int, theta: float, closure: str) -> None:
    rng = np.random.default_rng(seed)
    base = world(rng, size, theta)
    first, second = (Shock.pairs(as_pairs(costs(rng, size, 0.1))) for _ in range(2))
    half = base.counterfactual(first, closure)
    rest = half.rebased().counterfactual(second, closure)
    whole = base.counterfactual(first & second, closure)
    for name in FACTORS:
        np.testing.assert_allclose(getattr(half, name) * getattr(rest, name), getattr(whole, name), rtol=1e-8)


@FEW
@given(seeds, sizes)
def test_row_order_does_not_matter(seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    base = world(rng, size)
    table, shock = base.to_frame(), pd.DataFrame(as_pairs(costs(rng, size)).items(), columns=["pair", "cost"])
    shock["exporter"], shock["importer"] = zip(*shock.pop("pair"), strict=True)
    straight = base.counterfactual(Shock.from_table(shock)).to_frame()
    mixed = Baseline.from_table(table.sample(frac=1, random_state=seed % 1000), 4.0)
    found = mixed.counterfactual(Shock.from_table(shock.sample(frac=1, random_state=1))).to_frame()
    pd.testing.assert_frame_equal(found, straight, rtol=1e-11)


@FEW
@given(seeds, st.integers(3, 9), st.sampled_from([2.0, 4.0]))
def test_an_embargo_is_the_limit_of_rising_costs(seed: int, size: int, theta: float) -> None:
    # Balanced: with fixed deficits a country that loses its buyers may have no equilibrium at all.
    base = world(np.random.default_rng(seed), size, theta)
    pair = {("C00", "C01"): np.inf, ("C01", "C00"): np.inf}
    cut = base.counterfactual(Shock.pairs(pair), "balanced")
    assert cut.trade[0, 1] == 0
    assert cut.trade[1, 0] == 0
    misses = []
    for cost in (1e2, 1e3, 1e6):
        dear = base.counterfactual(Shock.pairs(dict.fromkeys(pair, cost)), "balanced")
        misses.append(np.abs(dear.welfare - cut.welfare).max())
    assert misses[0] >= misses[1] >= misses[2]
    assert misses[2] < 1e-10


@FEW
@given(seeds, sizes, thetas)
def test_real_wages_follow_home_shares(seed: int, size: int, theta: float) -> None:
    rng = np.random.default_rng(seed)
    base = world(rng, size, theta)
    shock = Shock.pairs(as_pairs(costs(rng, size)))
    found = base.counterfactual(shock, "balanced")
    assert found.acr_gap() < 1e-10
    np.testing.assert_allclose(found.welfare, found.real_wage, rtol=1e-10)  # neither deficits nor tariffs
    grown = base.counterfactual(replace(shock, productivity={"C00": 1.3}), "balanced")
    assert grown.acr_gap(np.where(np.arange(size) == 0, 1.3, 1.0)) < 1e-10


@FEW
@given(seeds, st.integers(3, 8), thetas)
def test_twins_stay_twins(seed: int, size: int, theta: float) -> None:
    rng = np.random.default_rng(seed)
    order = np.array([1, 0, *range(2, size)])
    trade, factors = flows(rng, size), costs(rng, size)
    trade, factors = trade + trade[np.ix_(order, order)], np.sqrt(factors * factors[np.ix_(order, order)])
    found = Baseline.from_arrays(trade, names(size), elasticity=theta).counterfactual(Shock.pairs(as_pairs(factors)))
    for name in FACTORS:
        values = getattr(found, name)
        assert values[0] == pytest.approx(values[1], rel=1e-10)


def test_equal_countries_share_equally() -> None:
    trade = np.full((5, 5), 2.0) + 6.0 * np.eye(5)
    base = Baseline.from_arrays(trade, names(5), elasticity=4.0)
    found = base.counterfactual(Shock.between(names(5), names(5), cost=0.5))
    cheaper = 1 / (8 / 16 + 8 / 16 * 0.5**-4.0)  # home share 1/2 becomes 1/(1 + 16)
    np.testing.assert_allclose(found.welfare, (cheaper) ** (-1 / 4), rtol=1e-12)
    np.testing.assert_allclose(found.wage, 1, rtol=1e-12)


@settings(max_examples=12)
@given(seeds, st.integers(2, 6), st.sampled_from([2.0, 4.0, 8.0]), st.booleans())
def test_agrees_with_a_plain_fixed_point(seed: int, size: int, theta: float, taxed: bool) -> None:
    rng = np.random.default_rng(seed)
    trade, factors = flows(rng, size), costs(rng, size)
    before, after = (rng.uniform(0, 0.3, (size, size)) * taxed * (1 - np.eye(size)) for _ in range(2))
    base = Baseline.from_arrays(trade, names(size), elasticity=theta, tariffs=before if taxed else None)
    shock = Shock.pairs(as_pairs(factors))
    if taxed:
        shock &= Shock.tariffs(as_pairs(after))
    found = base.counterfactual(shock)
    wage, price, welfare = plain_fixed_point(trade, theta, factors, base.deficits, before, after)
    np.testing.assert_allclose(found.wage, wage, rtol=1e-9)
    np.testing.assert_allclose(found.price_index, price, rtol=1e-9)
    np.testing.assert_allclose(found.welfare, welfare, rtol=1e-9)
    np.testing.assert_allclose(found.revenue, (found.trade * after).sum(axis=0), atol=1e-8 * trade.sum())


@FEW
@given(seeds, st.integers(2, 7))
def test_world_share_deficits_keep_their_share_of_world_income(seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    trade = flows(rng, size)
    before, after = (rng.uniform(0, 0.4, (size, size)) * (1 - np.eye(size)) for _ in range(2))
    base = Baseline.from_arrays(trade, names(size), elasticity=4.0, tariffs=before)
    found = base.counterfactual(Shock.tariffs(as_pairs(after)), "world_share")
    income = (base.output + base.tariff_revenue).sum()
    after_income = (found.wage * base.output + found.revenue).sum()
    deficit = found.trade.sum(axis=0) - found.trade.sum(axis=1)
    np.testing.assert_allclose(deficit / base.exports, base.deficits / base.exports * after_income / income, atol=1e-9)


def test_tariffs_before_may_come_with_the_shock() -> None:
    rng = np.random.default_rng(4)
    trade = flows(rng, 4)
    rates = rng.uniform(0, 0.3, (4, 4)) * (1 - np.eye(4))
    table = pd.DataFrame(
        [(i, j, 1.0, rate, 0.0) for (i, j), rate in as_pairs(rates).items()],
        columns=["exporter", "importer", "cost", "tariff_before", "tariff_after"],
    )
    bare = Baseline.from_arrays(trade, names(4), elasticity=4.0).counterfactual(Shock.from_table(table))
    taxed = Baseline.from_arrays(trade, names(4), elasticity=4.0, tariffs=rates)
    other = taxed.counterfactual(Shock.tariffs(dict.fromkeys(as_pairs(rates), 0.0)))
    np.testing.assert_allclose(bare.welfare, other.welfare, rtol=1e-12)
    assert np.abs(bare.welfare - 1).max() > 1e-4


@FEW
@given(seeds, sizes, thetas)
def test_growth_everywhere(seed: int, size: int, theta: float) -> None:
    base = world(np.random.default_rng(seed), size, theta)
    richer = base.counterfactual(Shock(productivity=dict.fromkeys(base.countries, 1.25)))
    np.testing.assert_allclose(richer.welfare, 1.25, rtol=1e-10)
    more = base.counterfactual(Shock(labour=dict.fromkeys(base.countries, 1.25)))
    np.testing.assert_allclose(more.welfare, 1.25, rtol=1e-10)
    np.testing.assert_allclose(more.wage, 1 / 1.25, rtol=1e-10)
    np.testing.assert_allclose(more.real_wage, 1, rtol=1e-10)


@pytest.mark.parametrize("closure", list(Closure))
@pytest.mark.parametrize("taxed", [False, True])
def test_jacobian_is_the_slope_of_the_residual(closure: Closure, taxed: bool) -> None:
    rng = np.random.default_rng(8)
    tariffs = rng.uniform(0, 0.3, (7, 7)) * (1 - np.eye(7))
    base = Baseline.from_arrays(flows(rng, 7, zeros=0.2, imbalance=0.3), names(7), elasticity=5.0, tariffs=tariffs)
    problem = base_problem(base, closure)
    if taxed:
        kernel = kernels(base, Shock().resolve(base))
        income = base.output + base.tariff_revenue
        problem = replace(problem, gross=kernel.paid, income=income)
    x, h = rng.normal(0, 0.1, 7), 1e-6
    slopes = [
        (evaluate(problem, x + h * e).residual - evaluate(problem, x - h * e).residual) / (2 * h) for e in np.eye(7)
    ]
    np.testing.assert_allclose(jacobian(problem, x, evaluate(problem, x)), np.transpose(slopes), atol=2e-8)


def test_multiplicative_deficits_violate_walras_law_and_say_so() -> None:
    rng = np.random.default_rng(5)
    base = world(rng, 6, imbalance=0.3)
    found = base.counterfactual(Shock.pairs(as_pairs(costs(rng, 6, 0.4))), "multiplicative")
    gap = np.log(found.trade.sum(axis=1) / (found.wage * base.output))
    np.testing.assert_allclose(gap, gap[0], atol=1e-10)  # every market misses by as much
    assert found.walras_gap == pytest.approx(abs(np.expm1(gap[0])), rel=1e-6)
    assert found.walras_gap > 1e-6


@pytest.mark.parametrize(
    ("closure", "welfare", "value"), [("additive", "w_eu", "X_eu"), ("multiplicative", "w_mult", "X_mult")]
)
def test_enlargement_of_the_european_union(shared: Path, closure: str, welfare: str, value: str) -> None:
    """Larch, Wanner, Yotov and Zylkin's example of `ge_gravity`: 44 countries in 2000, files in single precision."""
    table = pd.read_csv(shared / "data" / "replication" / "gegravity_TradeData0014_Results.csv").query("year == 2000")
    base = Baseline.from_table(table[["exporter", "importer", "trade"]].rename(columns={"trade": "value"}), 4.0)
    shock = Shock.from_table(table.assign(cost=np.exp(-table["eu_effect"] / 4))[["exporter", "importer", "cost"]])
    found = base.counterfactual(shock, closure)
    published = table.groupby("exporter")[welfare].first()
    ours = found.to_frame().set_index("country")["welfare"]
    np.testing.assert_allclose(ours, published[ours.index], rtol=2e-7)
    flow = found.flows().merge(table, on=["exporter", "importer"], validate="one_to_one")
    assert len(flow) == 44 * 44
    np.testing.assert_allclose(flow["value"], flow[value], rtol=2e-7)
    if closure == "multiplicative":
        assert found.walras_gap == pytest.approx(1.5e-6, rel=0.05)


def test_unknown_closure_is_named() -> None:
    with pytest.raises(UnknownName, match="did you mean additive"):
        world(np.random.default_rng(0), 3).counterfactual(Shock(), "aditive")


@settings(max_examples=8)
@given(seeds, st.integers(2, 6), st.sampled_from(["additive", "world_share", "balanced", "bilateral"]), st.booleans())
def test_one_sector_is_many_identical_sectors(seed: int, size: int, closure: str, taxed: bool) -> None:
    rng = np.random.default_rng(seed)
    trade, factors = flows(rng, size), costs(rng, size)
    before, after = (rng.uniform(0, 0.3, (size, size)) * taxed * (1 - np.eye(size)) for _ in range(2))
    shock = Shock.pairs(as_pairs(factors))
    if taxed:
        shock &= Shock.tariffs(as_pairs(after))
    one = Baseline.from_arrays(trade, names(size), elasticity=4.0, tariffs=before)
    three = Baseline.from_arrays(
        np.multiply.outer([0.2, 0.3, 0.5], trade), names(size), elasticity=4.0, tariffs=np.stack([before] * 3)
    )
    alone, many = (base.counterfactual(shock, closure) for base in (one, three))
    for name in FACTORS:
        np.testing.assert_allclose(getattr(many, name), getattr(alone, name), rtol=1e-9)
    assert many.flows_after.shape == (3, size, size)
    np.testing.assert_allclose(many.trade, alone.trade, rtol=1e-8)
    assert "sector" in many.flows()


def test_sectors_of_a_table_are_solved_apart() -> None:
    rng = np.random.default_rng(1)
    trade = np.stack([flows(rng, 4), flows(rng, 4)])
    base = Baseline.from_arrays(trade, names(4), sectors=["food", "oil"], elasticity={"food": 3.0, "oil": 9.0})
    again = Baseline.from_table(base.to_frame(), {"food": 3.0, "oil": 9.0})
    shock = pd.DataFrame({"exporter": ["C00"], "importer": ["C01"], "sector": ["oil"], "cost": [1.2]})
    found, other = (world.counterfactual(Shock.from_table(shock)) for world in (base, again))
    np.testing.assert_allclose(found.welfare, other.welfare, rtol=1e-11)
    assert found.flows_after[1, 0, 1] < 0.3 * trade[1, 0, 1]
    assert found.flows_after[0, 0, 1] > 0.9 * trade[0, 0, 1]
    with pytest.raises(CaseError, match="'multiplicative' is for one sector only"):
        base.counterfactual(Shock(), "multiplicative")
