"""The goods nest: what holds for every equilibrium, and its agreement with the other engines."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trade_nest_support import FACTORS, both, cells, costs, gap, goods_world
from trade_worlds import as_pairs, flows, names, world
from trade_worlds import costs as pair_costs
from tumen.errors import CaseError, NoConvergence, UnknownName
from tumen.trade import Baseline, NestShocks, Quota, Shock, respond
from tumen.trade._closures import Closure
from tumen.trade._nest_bulk import block_of
from tumen.trade._nest_jacobian import jacobian
from tumen.trade._nest_shocks import blocks, world_of
from tumen.trade._nest_solve import between, solve
from tumen.trade._nest_system import evaluate
from tumen.trade._nest_world import build

seeds = st.integers(0, 2**31 - 1)
etas = st.sampled_from([0.0, 0.3, 1.0, 1 + 1e-9, 2.5])
CLOSURES = ("additive", "world_share", "balanced", "bilateral", "proportional")
closures = st.sampled_from(CLOSURES)
FEW = settings(max_examples=10)


@FEW
@given(seeds, etas, closures, st.booleans())
def test_no_shock_changes_nothing(seed: int, eta: float, closure: str, taxed: bool) -> None:
    base = goods_world(np.random.default_rng(seed), taxed=taxed)
    found = respond(base, NestShocks(draws=2), substitution=eta, closure=closure)
    for name in FACTORS:
        np.testing.assert_allclose(getattr(found, name), 1, rtol=1e-10)
    if closure != "balanced":
        np.testing.assert_allclose(found.flows, base.flows[None].repeat(2, axis=0), rtol=1e-9)
        np.testing.assert_allclose(found.volume, 1, rtol=1e-9)
        np.testing.assert_allclose(found.revenue[0], base.tariff_revenue, rtol=1e-9)
    np.testing.assert_allclose(found.terms_of_trade, 1, rtol=1e-10)
    np.testing.assert_allclose(found.ev() / base.output, 0, atol=1e-9)
    assert not found.rents.any()


@FEW
@given(seeds, etas, closures)
def test_markets_clear_and_budgets_hold(seed: int, eta: float, closure: str) -> None:
    rng = np.random.default_rng(seed)
    base = goods_world(rng, 4, taxed=True, zeros=0.2)
    places = cells(base)
    shocks = NestShocks(
        places, cost=np.exp(rng.normal(0, 0.3, (3, len(places)))), export_tax=rng.uniform(0, 0.2, (3, len(places))),
        tariff_after=rng.uniform(0, 0.2, (3, len(places))), productivity=np.exp(rng.normal(0, 0.1, (3, 4))),
        labour=np.exp(rng.normal(0, 0.1, 4)),
        quotas=[Quota([("food", "C00", "C01")], 0.6, "C02"), Quota([("food", "C01", j) for j in ("C00", "C03")], 0.8)],
    )  # fmt: skip
    found = respond(base, shocks, substitution=eta, closure=closure)
    income = found.wage * np.asarray(shocks.labour) * base.output
    if closure == "balanced":
        assert not found.deficits.any()
        assert found.residual.max() < 1e-10
        assert found.walras_gap.max() < 1e-10
        return  # output of the purged base is not at hand
    np.testing.assert_allclose(found.flows.sum(axis=(1, 3)), income, rtol=1e-10)
    np.testing.assert_allclose(income.sum(axis=1), base.output.sum(), rtol=1e-10)
    spent = found.welfare * found.price_index * found.spending_before
    np.testing.assert_allclose(spent, income + found.revenue + found.rents + found.deficits, rtol=1e-10)
    np.testing.assert_allclose(found.deficits.sum(axis=1) / base.output.sum(), 0, atol=1e-12)
    assert found.walras_gap.max() < 1e-10
    assert found.residual.max() < 1e-10
    # The balance at the border: rents that the third country takes are the rest.
    third = np.zeros_like(found.rents)
    third[:, 2] = found.rents[:, 2]
    np.testing.assert_allclose((found.imports - found.exports - third - found.deficits) / base.imports, 0, atol=1e-9)


@FEW
@given(seeds, st.floats(1e-3, 1e3), closures)
def test_money_does_not_matter(seed: int, scale: float, closure: str) -> None:
    base = goods_world(np.random.default_rng(seed), 4, taxed=True)
    large = Baseline.from_arrays(
        scale * base.flows, base.countries, sectors=base.sectors, elasticity=base.elasticity, tariffs=base.tariffs,
        substitution=base.substitution,
    )  # fmt: skip
    shocks = costs(np.random.default_rng(seed + 1), base)
    small, other = (respond(some, shocks, closure=closure) for some in (base, large))
    for name in FACTORS:
        assert gap(getattr(other, name), getattr(small, name)) < 1e-9
    np.testing.assert_allclose(other.flows, scale * small.flows, rtol=1e-8)


@FEW
@given(seeds, st.integers(2, 7), st.sampled_from(["additive", "bilateral", "balanced", "world_share"]), st.booleans())
def test_one_good_is_the_model_of_one_sector(seed: int, size: int, closure: str, taxed: bool) -> None:
    rng = np.random.default_rng(seed)
    trade, factors = flows(rng, size), pair_costs(rng, size)
    before, after = (rng.uniform(0, 0.3, (size, size)) * taxed * (1 - np.eye(size)) for _ in range(2))
    one = Baseline.from_arrays(trade, names(size), elasticity=4.0, tariffs=before)
    shock = Shock.pairs(as_pairs(factors)) & Shock.tariffs(as_pairs(after))
    if closure == "bilateral" and size > 3:
        shock &= Shock.cut("C00", ["C01"])
    alone = one.counterfactual(shock, closure)
    weights = np.array([0.2, 0.3, 0.5])
    several = Baseline.from_arrays(
        np.multiply.outer(weights, trade), names(size), elasticity=4.0, tariffs=np.stack([before] * 3)
    )
    pairs = as_pairs(factors)
    cost = [np.inf if closure == "bilateral" and size > 3 and set(pair) == {"C00", "C01"} else factor
            for pair, factor in pairs.items()]  # fmt: skip
    rates = [as_pairs(after)[pair] for pair in pairs]
    shocks = NestShocks([(None, *pair) for pair in pairs], cost=cost, tariff_after=rates)
    for base in (one, several):
        found = respond(base, shocks, substitution=0.4, closure=closure)
        for name in FACTORS:
            np.testing.assert_allclose(getattr(found, name)[0], getattr(alone, name), rtol=1e-9)
        np.testing.assert_allclose(found.flows[0].sum(axis=0), alone.trade, rtol=1e-8)
        np.testing.assert_allclose(found.revenue[0], alone.revenue, atol=1e-8 * trade.sum())


@FEW
@given(seeds, st.sampled_from(["additive", "balanced", "bilateral"]), st.booleans())
def test_cobb_douglas_is_the_model_of_many_sectors(seed: int, closure: str, taxed: bool) -> None:
    rng = np.random.default_rng(seed)
    base = goods_world(rng, 4, substitution=1.0, taxed=taxed)
    shocks = costs(rng, base, spread=0.15)
    found = respond(base, shocks, closure=closure)
    shock = Shock()
    for (sector, i, j), cost in zip(cells(base), np.asarray(shocks.cost)[0], strict=True):
        shock &= replace(
            Shock.pairs({(i, j): cost}), rules=(replace(Shock.pairs({(i, j): cost}).rules[0], sector=sector),)
        )
    other = base.counterfactual(shock, closure)
    assert other.method != "nest"
    for name in FACTORS:
        np.testing.assert_allclose(getattr(found, name)[0], getattr(other, name), rtol=1e-8)


@FEW
@given(seeds, etas, st.sampled_from(["additive", "world_share", "balanced", "bilateral"]))
def test_changes_compose(seed: int, eta: float, closure: str) -> None:
    rng = np.random.default_rng(seed)
    base = replace(goods_world(rng, 4, taxed=True), substitution=eta + 1e-3)  # so that the single door is the nest
    first, second = (Shock.pairs(as_pairs(pair_costs(rng, 4, 0.1))) for _ in range(2))
    half = base.counterfactual(first, closure)
    assert half.method == "nest"
    rest = half.rebased().counterfactual(second, closure)
    whole = base.counterfactual(first & second, closure)
    for name in (*FACTORS, "exports", "imports"):
        np.testing.assert_allclose(getattr(half, name) * getattr(rest, name), getattr(whole, name), rtol=1e-8)
    np.testing.assert_allclose(rest.flows_after, whole.flows_after, rtol=1e-7)


@pytest.mark.parametrize("closure", CLOSURES)
@pytest.mark.parametrize("eta", [0.0, 1.0, 1 + 1e-8, 3.0])
def test_jacobian_is_the_slope_of_the_residual(closure: str, eta: float) -> None:
    rng = np.random.default_rng(5)
    base = goods_world(rng, 4, taxed=True, zeros=0.2, imbalance=0.3)
    quotas = [
        Quota([("food", "C00", "C01"), ("food", "C02", "C01")], 0.7, "C03"),
        Quota([("energy", "C03", "C00")], [0.5, 0.9], "exporter"),
        Quota([("goods", "C01", "C02")], np.inf),
    ]
    shocks = NestShocks([*cells(base)], export_tax=rng.uniform(0, 0.2, len(cells(base))), quotas=quotas)
    made = blocks(base, shocks, rng.uniform(2, 6, (2, 3)), eta)
    rule = Closure(closure)
    problem, start, refused = build(world_of(base, base.tariffs, rule), made.block(np.arange(2)), rule)
    assert not refused
    for each in (problem, between(start, problem, np.array([0.3, 1.0]))):
        z = rng.normal(0, 0.1, (2, each.unknowns))
        exact, h = jacobian(each, z, evaluate(each, z)), 1e-6
        steps = h * np.eye(each.unknowns)
        slopes = [(evaluate(each, z + e).residual - evaluate(each, z - e).residual) / (2 * h) for e in steps]
        np.testing.assert_allclose(exact, np.stack(slopes, axis=2), atol=3e-8)
    assert evaluate(start, np.zeros((2, start.unknowns))).residual[:, :8] == pytest.approx(0, abs=1e-11)


@FEW
@given(seeds, closures)
def test_order_of_countries_and_goods_does_not_matter(seed: int, closure: str) -> None:
    rng = np.random.default_rng(seed)
    base = goods_world(rng, 4, taxed=True)
    shocks = costs(rng, base, 2)
    found = respond(base, shocks, closure=closure)
    n, s = rng.permutation(4), rng.permutation(3)
    assert base.tariffs is not None
    mixed = Baseline.from_arrays(
        base.flows[np.ix_(s, n, n)], [base.countries[i] for i in n], sectors=[base.sectors[k] for k in s],
        elasticity=base.elasticity[s], tariffs=base.tariffs[np.ix_(s, n, n)], substitution=base.substitution,
    )  # fmt: skip
    order = rng.permutation(len(cells(base)))
    other = respond(
        mixed, NestShocks([cells(base)[k] for k in order], cost=np.asarray(shocks.cost)[:, order]), closure=closure
    )
    np.testing.assert_allclose(other.welfare, found.welfare[:, n], rtol=1e-10)
    np.testing.assert_allclose(other.flows, found.flows[:, s][:, :, n][:, :, :, n], rtol=1e-8)


@settings(max_examples=8)
@given(seeds, closures)
def test_draws_are_the_same_as_one_by_one(seed: int, closure: str) -> None:
    rng = np.random.default_rng(seed)
    base = goods_world(rng, 4, taxed=True)
    theta, eta = rng.uniform(2, 8, (4, 3)), rng.uniform(0, 2, (4, 4))
    cost = np.exp(rng.normal(0, 0.4, (4, 2)))
    cost[1, 0] = np.inf if closure in ("proportional", "bilateral") else 3.0
    limit = np.array([0.2, 0.8, np.inf, 0.0])

    def shocks(rows: slice) -> NestShocks:
        return NestShocks(
            [("food", "C00", "C01"), (None, "C02", None)], cost=cost[rows],
            quotas=[Quota([("energy", "C03", "C01"), ("energy", "C03", "C02")], limit[rows], "exporter")],
        )  # fmt: skip

    whole = respond(base, shocks(slice(None)), theta=theta, substitution=eta, closure=closure)
    for draw in range(4):
        rows = slice(draw, draw + 1)
        one = respond(base, shocks(rows), theta=theta[rows], substitution=eta[rows], closure=closure)
        np.testing.assert_allclose(one.welfare[0], whole.welfare[draw], rtol=1e-10)
        np.testing.assert_allclose(one.flows[0], whole.flows[draw], rtol=1e-8)
        np.testing.assert_allclose(one.wedge[0], whole.wedge[draw], rtol=1e-8)


def test_blocks_do_not_matter() -> None:
    base = goods_world(np.random.default_rng(0), 4)
    draws = block_of(3, 4, 100_000) + 3
    shocks = costs(np.random.default_rng(1), base, draws)
    found = respond(base, shocks)
    last = respond(base, NestShocks(cells(base), cost=np.asarray(shocks.cost)[-2:]))
    np.testing.assert_allclose(found.welfare[-2:], last.welfare, rtol=1e-11)
    assert found.converged.all()
    with pytest.raises(ValueError, match="read-only"):
        found.welfare[0, 0] = 0.0


def test_large_shocks_are_led_along_a_path() -> None:
    rng = np.random.default_rng(3)
    base = goods_world(rng, 6, substitution=0.0, home=0.4)
    found = respond(base, costs(rng, base, 200, 2.0), closure="proportional")
    assert found.converged.all()
    assert found.residual.max() < 1e-10


@pytest.mark.parametrize("closure", ["proportional", "bilateral", "additive"])
def test_the_path_ends_where_newton_does(closure: str) -> None:
    rng = np.random.default_rng(8)
    base = goods_world(rng, 5, taxed=True)
    shocks = NestShocks(
        [("food", "C00", "C01"), (None, "C02", None)], cost=[[np.inf, 1.5]], export_tax=[[0.0, 0.2]],
        tariff_after=[[0.0, 0.0]], quotas=[Quota([("energy", "C03", "C01")], 0.3)],
    )  # fmt: skip
    rule = Closure(closure)
    made = blocks(base, shocks, None, None).block(np.arange(1))
    problem, start, _ = build(world_of(base, base.tariffs, rule), made, rule)
    straight = solve(problem, start, 1e-10)
    from tumen.trade._nest_solve import _homotopy

    led = _homotopy(problem, start, 1e-10)
    assert straight.ok.all()
    assert led.ok.all()
    np.testing.assert_allclose(led.z, straight.z, atol=1e-9)


def test_the_single_door_says_the_same() -> None:
    rng = np.random.default_rng(2)
    base = goods_world(rng, taxed=True)
    shock = Shock.quota({("C00", "C01"): 0.5, ("C02", "C01"): 0.9}, "food", "exporter")
    shock &= Shock.export_taxes({("C03", "C01"): 0.2}) & Shock.cut("C04", ["C02"])
    alone = base.counterfactual(shock, "proportional")
    found = respond(
        base,
        NestShocks(
            [*both("C04", "C02"), (None, "C03", "C01")], cost=[np.inf, np.inf, 1], export_tax=[0, 0, 0.2],
            quotas=[Quota([("food", "C00", "C01")], 0.5, "exporter"), Quota([("food", "C02", "C01")], 0.9, "exporter")],
        ),
    )  # fmt: skip
    for name in (*FACTORS, "rents", "revenue", "deficits"):
        np.testing.assert_allclose(getattr(alone, name), getattr(found, name)[0], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(alone.flows_after, found.flows[0], rtol=1e-9)
    assert alone.rents[0] > 0
    assert alone.export_taxes is not None
    with pytest.raises(CaseError, match="no export taxes and no quotas"):
        alone.rebased()
    purged = base.counterfactual(shock, "balanced")
    np.testing.assert_allclose(purged.flows_after.sum(axis=(0, 2)), purged.wage * purged.baseline.output, rtol=1e-9)
    assert not purged.baseline.deficits.any()


def test_what_is_wrong_is_said() -> None:
    base = goods_world(np.random.default_rng(0))
    with pytest.raises(CaseError) as caught:
        respond(
            base,
            NestShocks([("fod", "C00", "C01"), (None, "X", None)], cost=[1.0, 1.0], productivity=np.ones((2, 3)),
                       quotas=[Quota([("food", "C00", "C01")], 0.5, "exprter"), Quota([("food", "C00", "C01")], 0.5)]),
            theta=[1.0, 2.0], substitution=-1.0,
        )  # fmt: skip
    said = str(caught.value)
    for part in ("did you mean food", "no country 'X'", "productivity has 3 columns", "did you mean exporter",
                 "two quotas", "theta: shape", "substitution: expected"):  # fmt: skip
        assert part in said
    with pytest.raises(CaseError, match="expected a factor above 0"):
        NestShocks([(None, "C00", "C01")], cost=[[0.0]])
    with pytest.raises(CaseError, match="numbers of draws differ"):
        NestShocks([(None, "C00", "C01")], cost=[[1.0], [2.0]], productivity=np.ones((3, 5)))
    with pytest.raises(CaseError, match=r"expected \(draw, 1\)"):
        NestShocks([(None, "C00", "C01")], cost=[1.0, 2.0])
    with pytest.raises(CaseError, match="limit must be 0 or more"):
        Quota([(None, "C00", "C01")], -0.1)
    with pytest.raises(CaseError, match="names exporter and importer"):
        respond(base, NestShocks(quotas=[Quota([("food", "C00", None)], 0.5)]))
    with pytest.raises(CaseError, match="violates Walras"):
        respond(base, NestShocks(), closure="multiplicative")
    with pytest.raises(UnknownName, match="did you mean proportional"):
        respond(base, NestShocks(), closure="proportionate")
    with pytest.raises(CaseError, match="expected 0 or more, 1 for constant shares"):
        Baseline.from_arrays(base.flows, base.countries, elasticity=4.0, substitution=-1.0)


def test_inputs_are_refused_with_the_reason() -> None:
    base = world(np.random.default_rng(0), 3)
    linked = Baseline.from_arrays(
        base.flows, base.countries, elasticity=4.0, io=np.full((1, 1, 3), 0.5), value_added_share=np.full((1, 3), 0.5)
    )
    for shock, closure in ((Shock.quota({("C00", "C01"): 0.5}), "additive"), (Shock(), "proportional"),
                           (Shock.export_taxes({("C00", "C01"): 0.5}), "additive")):  # fmt: skip
        with pytest.raises(CaseError, match="no intermediate inputs"):
            linked.counterfactual(shock, closure)


def test_a_good_without_a_supplier() -> None:
    base = goods_world(np.random.default_rng(0), 3)
    trade = base.flows.copy()
    trade[0, 0, 0] = 0.0  # C00 makes no energy
    base = Baseline.from_arrays(trade, base.countries, sectors=base.sectors, elasticity=base.elasticity)
    cut = NestShocks([("energy", None, "C00")], cost=np.inf * np.ones((3, 1)))
    with pytest.raises(NoConvergence, match=r"draw 0: no equilibrium: C00 has no supplier left of energy.*a leak"):
        respond(base, cut, substitution=[0.5, 1.0, 2.0])
    found = respond(base, cut, substitution=[0.5, 1.0, 2.0], on_failure="mark")
    np.testing.assert_array_equal(found.converged, [False, False, True])
    assert set(found.reasons) == {0, 1}
    assert np.isnan(found.welfare[:2]).all()
    assert np.isinf(found.good_price[2, 0, 0])
    assert found.flows[2, 0, :, 0].sum() == 0
    # What it cost a household to do without is the limit of ever dearer imports.
    dear = respond(base, NestShocks([("energy", None, "C00")], cost=[1e7]), substitution=2.0)
    assert dear.welfare[0] == pytest.approx(found.welfare[2], rel=1e-5)
    assert "2 of" not in repr(found)
    assert "1 converged" in repr(found)


def test_a_country_cut_off() -> None:
    base = goods_world(np.random.default_rng(0), 4, imbalance=0.3)
    cut = NestShocks([(None, "C00", None), (None, None, "C00")], cost=[np.inf, np.inf])
    with pytest.raises(NoConvergence, match="no equilibrium: C00 is cut off from the rest with a"):
        respond(base, cut, closure="additive")
    for closure in ("balanced", "bilateral", "proportional"):
        found = respond(base, cut, closure=closure)
        assert found.deficits[0, 0] == pytest.approx(0, abs=1e-9)
        assert found.wage[0, 0] == pytest.approx(1, rel=1e-10)  # its own numeraire
        assert found.welfare[0, 0] < 0.97
    with pytest.raises(NoConvergence, match="can buy from the rest but sell it nothing"):
        respond(base, NestShocks([(None, "C00", None)], cost=[np.inf]), closure="proportional")


def test_responses_show_themselves() -> None:
    rng = np.random.default_rng(1)
    base = goods_world(rng, taxed=True)
    found = respond(base, NestShocks([(None, "C00", "C01")], cost=[[1.5], [np.inf]]))
    assert "C00" in repr(found)
    frame = found.frame(1)
    assert frame["ev"].to_numpy() == pytest.approx(found.ev()[1])
    moved = found.diversion("C00")
    lost = moved[moved["importer"] == "C01"]
    np.testing.assert_allclose(lost["q50"] * 2, (found.flows[0, :, 0, 1] - 2 * base.flows[:, 0, 1]), rtol=1e-12)
    assert (lost["mean"] < 0).all()
    assert moved[moved["importer"] == "C02"]["mean"].sum() > 0
    with pytest.raises(UnknownName, match="no country 'C9'"):
        found.diversion("C9")
