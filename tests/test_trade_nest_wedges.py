"""Wedges of the goods nest: export taxes, tariffs, quotas and embargoes, what substitution does, and theorems."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trade_nest_support import FACTORS, both, gap, goods_world
from trade_worlds import flows, names
from tumen.trade import Baseline, NestShocks, Quota, respond
from tumen.trade._closures import Closure
from tumen.trade._nest_shocks import blocks, world_of
from tumen.trade._nest_solve import solve
from tumen.trade._nest_system import evaluate
from tumen.trade._nest_world import build

seeds = st.integers(0, 2**31 - 1)
etas = st.sampled_from([0.0, 0.3, 1.0, 2.5])
closures = st.sampled_from(["additive", "bilateral", "balanced", "proportional"])
FEW = settings(max_examples=12)


@FEW
@given(seeds, st.sampled_from([0.0, 0.3, 1.0]), st.sampled_from(["additive", "bilateral"]), st.floats(0.01, 0.5))
def test_an_export_tax_is_a_tariff_but_for_who_has_the_revenue(
    seed: int, eta: float, closure: str, rate: float
) -> None:
    base = goods_world(np.random.default_rng(seed), 4)
    cell = [(None, "C00", "C01")]
    taxed = respond(base, NestShocks(cell, export_tax=[rate]), substitution=eta, closure=closure)
    duty = respond(base, NestShocks(cell, tariff_after=[rate]), substitution=eta, closure=closure)
    for found, who in ((taxed, 0), (duty, 1)):
        sold = found.flows[0, :, 0, 1]
        expected = np.zeros(4)
        expected[who] = rate * sold.sum()
        assert found.revenue[0] == pytest.approx(expected, rel=1e-10)
        volume = (1 + rate) * sold / base.flows[:, 0, 1] / ((1 + rate) * found.wage[0, 0])
        assert found.volume[0, :, 0, 1] == pytest.approx(volume, rel=1e-9)
    assert taxed.exports[0, 0] > taxed.flows[0, :, 0, 1:].sum()
    assert duty.exports[0, 0] == pytest.approx(duty.flows[0, :, 0, 1:].sum(), rel=1e-12)
    assert taxed.welfare[0, 0] > duty.welfare[0, 0]
    assert taxed.welfare[0, 1] < duty.welfare[0, 1]
    # Hand the revenue of the tariff to the exporter, and nothing is left between the two.
    made = blocks(base, NestShocks(cell, tariff_after=[rate]), None, eta).block(np.arange(1))
    problem, start, _ = build(world_of(base, None, Closure.ADDITIVE), made, Closure.ADDITIVE)
    gift = np.array([1.0, -1.0, 0.0, 0.0]) * taxed.revenue[0, 0]
    solved = solve(replace(problem, deficit=problem.deficit + gift), start, 1e-10)
    index = evaluate(problem, solved.z).log_index[0]
    np.testing.assert_allclose(np.exp(solved.z[0, 4:8] - index), taxed.welfare[0], rtol=1e-9)


@FEW
@given(seeds, etas, st.floats(0.02, 0.6))
def test_lerner_symmetry(seed: int, eta: float, rate: float) -> None:
    """A uniform tax on exports is a uniform tariff on imports, in real terms, where trade balances (Lerner 1936)."""
    base = goods_world(np.random.default_rng(seed), 4)
    out = respond(base, NestShocks([(None, "C00", None)], export_tax=[rate]), substitution=eta, closure="balanced")
    into = respond(base, NestShocks([(None, None, "C00")], tariff_after=[rate]), substitution=eta, closure="balanced")
    for name in ("welfare", "real_wage"):
        np.testing.assert_allclose(getattr(out, name), getattr(into, name), rtol=1e-9)
    np.testing.assert_allclose(out.volume, into.volume, rtol=1e-8)
    assert gap(out.wage, into.wage) > 1e-3  # but not in money
    assert gap(out.terms_of_trade[:, 1:], into.terms_of_trade[:, 1:]) < 1e-7


@FEW
@given(seeds, etas, closures, st.sampled_from(["exporter", "importer"]), st.floats(0.1, 0.9))
def test_a_quota_is_the_tax_of_the_same_wedge(seed: int, eta: float, closure: str, rent: str, limit: float) -> None:
    base = goods_world(np.random.default_rng(seed), 4)
    cell = ("food", "C00", "C01")
    capped = respond(base, NestShocks(quotas=[Quota([cell], limit, rent)]), substitution=eta, closure=closure)
    assert capped.volume[0, 1, 0, 1] == pytest.approx(limit, rel=1e-9)
    rate = float(capped.wedge[0, 0])
    assert rate > 0
    kind = {"exporter": "export_tax", "importer": "tariff_after"}[rent]
    taxed = respond(base, NestShocks([cell], **{kind: [rate]}), substitution=eta, closure=closure)  # type: ignore[arg-type]
    for name in (*FACTORS, "exports", "imports", "terms_of_trade", "deficits"):
        np.testing.assert_allclose(getattr(capped, name), getattr(taxed, name), rtol=1e-9, atol=1e-8)
    np.testing.assert_allclose(capped.flows, taxed.flows, rtol=1e-8)
    np.testing.assert_allclose(capped.rents, taxed.revenue, rtol=1e-8)


@FEW
@given(seeds, etas, closures)
def test_slack_quotas_change_nothing(seed: int, eta: float, closure: str) -> None:
    base = goods_world(np.random.default_rng(seed), 4, taxed=True)
    plain = NestShocks([(None, "C02", "C01")], cost=[[1.3]])
    loose = NestShocks(plain.cells, plain.cost, quotas=[Quota([("food", "C02", "C01")], [2.0, 1.0, np.inf], "C03")])
    free = respond(base, plain, substitution=eta, closure=closure)
    found = respond(base, loose, substitution=eta, closure=closure)
    np.testing.assert_allclose(found.welfare, free.welfare.repeat(3, axis=0), rtol=1e-11)
    np.testing.assert_allclose(found.wedge, 0, atol=1e-11)
    np.testing.assert_allclose(found.rents, 0, atol=1e-6)


@FEW
@given(seeds, etas, st.sampled_from(["bilateral", "proportional"]))
def test_a_quota_of_zero_is_an_embargo(seed: int, eta: float, closure: str) -> None:
    base = goods_world(np.random.default_rng(seed), 4)
    pair = [("food", "C00", "C01"), ("food", "C01", "C00")]
    shut = respond(base, NestShocks(quotas=[Quota(pair, 0.0)]), substitution=eta, closure=closure)
    cut = respond(base, NestShocks(pair, cost=[np.inf, np.inf]), substitution=eta, closure=closure)
    np.testing.assert_allclose(shut.welfare, cut.welfare, rtol=1e-12)
    assert shut.flows[0, 1, 0, 1] == 0
    assert np.isposinf(shut.wedge).all()
    small = respond(base, NestShocks(quotas=[Quota(pair, 1e-9)]), substitution=eta, closure=closure)
    if closure == "proportional":
        np.testing.assert_allclose(small.welfare, cut.welfare, rtol=2e-3 if eta < 1 else 1e-4)


@FEW
@given(seeds, st.sampled_from([0.2, 0.6, 0.95]), st.sampled_from(["exporter", "importer", "C03"]))
def test_a_joint_quota_caps_what_its_flows_carry_together(seed: int, limit: float, rent: str) -> None:
    base = goods_world(np.random.default_rng(seed), 4)
    cells = [("energy", "C00", "C01"), ("energy", "C00", "C02")]
    found = respond(base, NestShocks(quotas=[Quota(cells, limit, rent)]), closure="additive")
    values = base.flows[0, 0, [1, 2]]
    assert (found.volume[0, 0, 0, [1, 2]] * values).sum() / values.sum() == pytest.approx(limit, rel=1e-9)
    omega = found.wedge[0, 0]
    np.testing.assert_allclose(found.rents.sum(), omega * found.flows[0, 0, 0, [1, 2]].sum(), rtol=1e-9)
    who = {"exporter": [0], "importer": [1, 2], "C03": [3]}[rent]
    assert (found.rents[0, who] > 0).all()
    assert np.delete(found.rents[0], who) == pytest.approx(0)
    # Weights say what a unit of each carries.
    heavy = respond(base, NestShocks(quotas=[Quota(cells, limit, rent, weights=[3.0, 1.0])]), closure="additive")
    carried = heavy.volume[0, 0, 0, [1, 2]]
    assert (carried * [0.75, 0.25]).sum() == pytest.approx(limit, rel=1e-9)


@FEW
@given(seeds, etas, st.booleans())
def test_an_embargo_is_the_limit_of_rising_costs(seed: int, eta: float, whole: bool) -> None:
    """Under the proportional closure, deficits and all."""
    base = goods_world(np.random.default_rng(seed), 4, imbalance=0.3)
    cells = [(None, "C00", None), (None, None, "C00")] if whole else both("C00", "C01")
    cut = respond(base, NestShocks(cells, cost=[np.inf, np.inf]), substitution=eta, closure="proportional")
    assert cut.flows[0, :, 0, 1].sum() == 0
    steps = np.array([1e1, 1e2, 1e3, 1e5])
    dear = respond(base, NestShocks(cells, cost=np.stack([steps] * 2, axis=1)), substitution=eta)
    misses = np.abs(dear.welfare - cut.welfare).max(axis=1)
    assert (np.diff(misses) <= 1e-12).all()
    assert misses[-1] < 1e-9
    if whole:
        np.testing.assert_allclose(cut.deficits[0, 0] / base.output[0], 0, atol=1e-9)


@FEW
@given(seeds)
def test_balances_move_in_proportion_to_the_trade_of_the_pair(seed: int) -> None:
    rng = np.random.default_rng(seed)
    base = goods_world(rng, 4, imbalance=0.4, taxed=True)
    found = respond(base, NestShocks([(None, "C00", None)], cost=[1.5], export_tax=[0.1]))
    before, after = base.flows.sum(axis=0), found.flows[0].sum(axis=0)
    owed = (before - before.T) * (after + after.T) / (before + before.T)
    np.testing.assert_allclose(found.deficits[0] / base.output, owed.sum(axis=0) / base.output, atol=1e-11)


def lost_supplier(seed: int) -> Baseline:
    """C00, too small to move prices abroad, buys nearly all its energy from C01 and makes little itself."""
    rng = np.random.default_rng(seed)
    trade = np.stack([0.15 * flows(rng, 4), flows(rng, 4)])
    bought = trade[0, :, 0].sum()
    trade[0, :, 0] = bought * np.array([0.08, 0.8, 0.1, 0.02])
    trade[:, :, 0] *= 0.01
    trade[:, 0, 1:] *= 0.01
    return Baseline.from_arrays(trade, names(4), sectors=["energy", "rest"], elasticity=[4.0, 4.0])


@FEW
@given(seeds)
def test_what_nothing_replaces_hurts_more(seed: int) -> None:
    base = lost_supplier(seed)
    cut = NestShocks([("energy", "C01", "C00")], cost=[8.0])
    still = {"closure": "additive"}  # a balance that dies with the tie would be a gift of another size by substitution
    by_eta = -respond(base, cut, substitution=[0.1, 0.4, 0.7, 1.0, 1.5], **still).ev()[:, 0]
    assert (np.diff(by_eta) < 0).all()
    assert by_eta[-1] > 0
    theta = np.array([2.0, 3.0, 4.0, 8.0])
    both = np.stack([theta, np.full(4, 4.0)], axis=1)
    by_theta = -respond(base, cut, theta=both, substitution=0.4, **still).ev()[:, 0]
    assert (np.diff(by_theta) < 0).all()


def test_constant_shares_are_the_limit_of_substitution_near_one() -> None:
    base = lost_supplier(1)
    cut = NestShocks([("energy", "C01", "C00")], cost=[5.0])
    near = 1 + np.array([-1e-3, -1e-6, -1e-12, 0.0, 1e-15, 1e-12, 1e-6, 1e-3])
    found = respond(base, cut, substitution=near)
    steps = np.abs(found.welfare[:, 0] - found.welfare[3, 0])
    assert steps[[0, -1]].max() < 1e-3
    assert steps[[1, -2]].max() < 1e-6
    assert steps[2:6].max() < 1e-12
    assert steps[0] > 1e-7


def test_terms_of_trade_of_a_country_whose_goods_are_taxed() -> None:
    base = goods_world(np.random.default_rng(4), 3)
    free = respond(base, NestShocks([(None, "C00", None)], export_tax=[[0.0], [0.05]]))
    assert free.terms_of_trade[0] == pytest.approx(1)
    assert free.terms_of_trade[1, 0] > 1
    assert (free.terms_of_trade[1, 1:] < 1).any()
    far = respond(base, NestShocks([(None, None, "C00")], cost=[1.2]))
    assert far.terms_of_trade[0, 0] < 0.9  # what it buys is dearer to bring
