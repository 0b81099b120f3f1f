"""The kinds that change the costs of trade: what a declaration comes to in cells, costs, caps and years, by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tumen
from equilibrium_support import DRAWS, SMALL_WORLD, Array, outcome, variant
from tumen.initiatives import TradeChange
from tumen.study import Plan
from tumen.trade import CostShock

YEARS = np.arange(2023, 2031)


@pytest.fixture(scope="module")
def found() -> tumen.Outcome:
    return outcome(tumen.load(SMALL_WORLD))


def columns(shock: CostShock) -> dict[tuple[str | None, ...], tuple[Array, Array]]:
    """By cell its log cost and its log effect on trade, (draw,) each; a cell that is named twice is a mistake here."""
    assert len(set(shock.cells)) == len(shock.cells)
    return {cell: (shock.log_cost[:, k], shock.log_trade[:, k]) for k, cell in enumerate(shock.cells)}


def value(found: tumen.Outcome, name: str) -> Array:
    return found.worlds.values[name]


def of(case: tumen.Case, name: str) -> TradeChange:
    return outcome(case, Plan(include=(name,))).changes[name]


# ---- trade_cost


def test_a_cut_of_a_tenth_lowers_the_log_cost_both_ways(found: tumen.Outcome) -> None:
    change = found.changes["rails"]
    cells = columns(change.shock)
    assert set(cells) == {(None, "AAA", "BBB"), (None, "BBB", "AAA")}
    for cost, trade in cells.values():
        np.testing.assert_allclose(cost, np.full(DRAWS, np.log(0.9)))
        np.testing.assert_array_equal(trade, 0)
    assert (change.expected, change.lifted, change.of, change.idle) == (True, False, {}, None)


def test_a_lever_sets_the_cut(found: tumen.Outcome) -> None:
    moved = outcome(found.case, Plan(levers={"rails.cut": 0.25}))
    np.testing.assert_allclose(moved.changes["rails"].shock.log_cost, np.log(0.75))


def test_a_rise_goes_one_way_and_touches_its_goods_only(found: tumen.Outcome) -> None:
    cells = columns(found.changes["toll"].shock)
    assert set(cells) == {("wares", "CCC", "BBB")}
    np.testing.assert_allclose(cells["wares", "CCC", "BBB"][0], np.log(1.2))


def test_goods_and_directions_are_taken_together(tmp_path: Path) -> None:
    change = of(variant(tmp_path / "w", ("direction: forth, goods: [wares]", "goods: [wares, fuel]")), "toll")
    assert set(change.shock.cells) == {(g, *p) for g in ("fuel", "wares") for p in (("CCC", "BBB"), ("BBB", "CCC"))}


@pytest.mark.parametrize(
    ("start", "phase_in", "expected"),
    [
        ("2025", "0 yr", [0, 0, 1, 1, 1, 1, 1, 1]),
        ("2025", "1 yr", [0, 0, 1 / 2, 1, 1, 1, 1, 1]),
        ("2026", "3 yr", [0, 0, 0, 1 / 4, 2 / 4, 3 / 4, 1, 1]),
        ("2020", "4 yr", [4 / 5, 1, 1, 1, 1, 1, 1, 1]),
        ("2040", "1 yr", [0] * 8),
    ],
)
def test_a_change_comes_into_force_in_equal_steps(
    tmp_path: Path, start: str, phase_in: str, expected: list[float]
) -> None:
    old = "    start: 2025\n    phase_in: 1 yr\n"
    case = variant(tmp_path / "w", (old, f"    start: {start}\n    phase_in: {phase_in}\n"))
    np.testing.assert_allclose(of(case, "rails").in_force, [expected] * DRAWS)


def test_without_a_phase_it_is_in_force_at_once(found: tumen.Outcome) -> None:
    np.testing.assert_array_equal(found.changes["toll"].in_force, [YEARS >= 2026] * DRAWS)


def test_a_phase_may_be_drawn(tmp_path: Path) -> None:
    change = of(variant(tmp_path / "w", ("phase_in: 1 yr", "phase_in: {uniform: [1 yr, 3 yr]}")), "rails")
    first = change.in_force[:, 2]
    assert len(np.unique(first)) == DRAWS
    assert (first > 1 / 4).all()
    assert (first < 1 / 2).all()


# ---- sanction


def test_each_mode_comes_to_its_cells(found: tumen.Outcome) -> None:
    """One makes its wares dearer for Two and keeps payments from all that Two trades; Three bans wares."""
    by = found.changes["isolation"].of
    assert set(by) == {"AAA", "CCC"}
    one = columns(by["AAA"])
    assert set(one) == {("wares", "AAA", "BBB"), (None, None, "BBB"), (None, "BBB", None)}
    cut = value(found, "isolation.measures.dearer.cut")
    np.testing.assert_allclose(one["wares", "AAA", "BBB"][1], np.log(1 - cut))
    for cell in ((None, None, "BBB"), (None, "BBB", None)):
        np.testing.assert_allclose(one[cell][1], np.log(0.9))
    three = columns(by["CCC"])
    assert set(three) == {("wares", "CCC", "BBB"), ("wares", "BBB", "CCC")}
    assert all(np.isposinf(cost).all() for cost, _ in three.values())


def test_a_cut_costs_what_brings_it_about_at_each_elasticity(found: tumen.Outcome) -> None:
    """log cost = -log(1 - cut) / theta: the lower the elasticity, the dearer."""
    assert found.world is not None
    cut = value(found, "isolation.measures.dearer.cut")
    for run in ("short", "long"):
        shocks = found.world.shocks(found.changes["isolation"].of["AAA"], run)
        k = shocks.cells.index(("wares", "AAA", "BBB"))
        expected = (1 - cut) ** (-1 / value(found, f"world.goods.wares.{run}_run"))
        np.testing.assert_allclose(np.asarray(shocks.cost)[:, k], expected)


def test_quotas_belong_to_their_member_and_caps_to_nobody(found: tumen.Outcome) -> None:
    change = found.changes["isolation"]
    (quota,) = change.of["CCC"].caps
    assert (quota.cells, quota.rent) == ((("fuel", "BBB", "CCC"),), "importer")
    np.testing.assert_array_equal(quota.limit, 0.5)
    assert change.of["AAA"].caps == ()
    pipe = change.shock.caps[-1]
    assert (pipe.cells, pipe.rent) == ((("fuel", "BBB", "AAA"),), "exporter")
    np.testing.assert_array_equal(pipe.limit, 1.1)
    assert change.shock.caps == (quota, pipe)


def test_the_whole_is_its_parts(found: tumen.Outcome) -> None:
    for name in ("isolation", "standing"):
        change = found.changes[name]
        joined = CostShock.joined(change.of.values(), DRAWS)
        assert change.shock.cells == joined.cells
        np.testing.assert_array_equal(change.shock.log_cost, joined.log_cost)
        np.testing.assert_array_equal(change.shock.log_trade, joined.log_trade)


def test_the_state_says_what_is_asked(found: tumen.Outcome, tmp_path: Path) -> None:
    isolation, standing = found.changes["isolation"], found.changes["standing"]
    assert (isolation.lifted, isolation.expected) == (False, False)
    assert (standing.lifted, standing.expected) == (True, False)
    expected = of(variant(tmp_path / "w", ("state: possible", "state: expected")), "isolation")
    assert (expected.lifted, expected.expected) == (False, True)


def test_what_is_lifted_is_the_opposite(found: tumen.Outcome) -> None:
    shock = found.changes["standing"].shock
    np.testing.assert_array_equal(shock.lifted().log_trade, -shock.log_trade)
    assert shock.lifted().cells == shock.cells


def test_idle_relief_and_rent_by_hand(found: tumen.Outcome) -> None:
    """50 a year that would cost 20 % to make: 40 forgone. A leak of 10 at a discount of 10 %: 7 back, 1 of rent."""
    change, idle = found.changes["standing"], value(found, "standing.idle.value")
    leak = value(found, "standing.leak.value")
    np.testing.assert_allclose(change.idle, 0.8 * idle)
    np.testing.assert_allclose(change.relief, 0.7 * np.minimum(leak, idle))
    np.testing.assert_allclose(change.rent, 0.1 * np.minimum(leak, idle))
    fixed = outcome(found.case, Plan(levers={"standing.idle.value": 50.0, "standing.leak.value": 10.0}))
    known = fixed.changes["standing"]
    np.testing.assert_allclose([known.idle, known.relief, known.rent], [[40.0] * DRAWS, [7.0] * DRAWS, [1.0] * DRAWS])


def test_no_more_leaks_than_lies_idle(found: tumen.Outcome) -> None:
    plan = Plan(levers={"standing.idle.value": 20.0, "standing.leak.value": 35.0})
    change = outcome(found.case, plan).changes["standing"]
    np.testing.assert_allclose(change.relief, 0.7 * 20)
    np.testing.assert_allclose(change.rent, 0.1 * 20)


def test_a_discount_that_leaves_nothing_is_no_loss(found: tumen.Outcome) -> None:
    change = outcome(found.case, Plan(levers={"standing.leak.discount": 0.9})).changes["standing"]
    np.testing.assert_array_equal(change.relief, 0)


def test_a_sanction_without_idle_goods_has_no_figures_of_them(found: tumen.Outcome) -> None:
    change = found.changes["isolation"]
    assert (change.idle, change.relief, change.rent) == (None, None, None)
