"""Elasticities of welfare and wages against exact equilibria, theory, and themselves.

Derivatives are held against differences of fourth order of exact equilibria, as a fraction of the largest.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

import trade_worlds
from trade_multi_support import nafta, random_world
from tumen.errors import CaseError, NoConvergence, UnknownName
from tumen.trade import Baseline, Exposure, Shock
from tumen.trade._equilibrium import Equilibrium
from tumen.trade._multi import ManySectors
from tumen.trade._multi_solve import baseline_expenditure
from tumen.trade._shocks import Rule

Array = trade_worlds.Array
MANY = ("additive", "world_share", "balanced", "bilateral")
CLOSURES = (*MANY, "proportional", "multiplicative")


def one_sector(seed: int, size: int = 4, *, tariffs: bool = False, theta: float = 4.0, zeros: float = 0.0) -> Baseline:
    rng = np.random.default_rng(seed)
    trade = trade_worlds.flows(rng, size, zeros=zeros)
    rates = rng.uniform(0, 0.4, (size, size))
    np.fill_diagonal(rates, 0.0)
    return Baseline.from_arrays(
        trade, trade_worlds.names(size), elasticity=theta, tariffs=rates if tariffs else None
    )  # fmt: skip


def many_sectors(world: ManySectors) -> Baseline:
    flows = world.shares / (1 + world.tariff) * baseline_expenditure(world)[:, None, :]
    return Baseline.from_arrays(
        flows, world.countries, sectors=world.sectors, elasticity=world.theta, tariffs=world.tariff, io=world.inputs,
        value_added_share=world.value_added, final_shares=world.final, deficits=world.deficit,
    )  # fmt: skip


def slopes(base: Baseline, closure: str, shock: Callable[[float], Shock], step: float = 5e-3) -> Array:
    """d log welfare and d log wage by the log of what the shock takes, (2, N), by differences of fourth order."""

    def at(position: int) -> Array:
        found = base.counterfactual(shock(float(np.exp(position * step))), closure, tolerance=1e-12)
        return np.log([found.welfare, found.wage])

    return np.asarray((8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * step))


def by_differences(base: Baseline, closure: str) -> tuple[Array, Array]:
    """(2, N, N) by productivity and (2, N, N, N) by cost."""
    names = base.countries
    productivity = [slopes(base, closure, lambda x, c=c: Shock(productivity={c: x})) for c in names]
    cost = [[slopes(base, closure, lambda x, a=a, b=b: Shock.pairs({(a, b): x})) for b in names] for a in names]
    return np.array(productivity).transpose(1, 2, 0), np.array(cost).transpose(2, 3, 0, 1)


def gap(ours: Array, theirs: Array) -> float:
    """The largest difference as a fraction of the largest entry."""
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


def agrees(base: Baseline, closure: str, tolerance: float) -> None:
    found = base.exposure(closure)
    productivity, cost = by_differences(base, closure)
    assert gap(found.productivity, productivity[0]) < tolerance
    assert gap(found.wage_to_productivity, productivity[1]) < tolerance
    assert gap(found.cost, cost[0]) < tolerance
    assert gap(found.wage_to_cost, cost[1]) < tolerance


@pytest.mark.parametrize("closure", CLOSURES)
@pytest.mark.parametrize("tariffs", [False, True])
def test_one_sector_by_differences(closure: str, tariffs: bool) -> None:
    agrees(one_sector(1, tariffs=tariffs), closure, 1e-8)


@pytest.mark.parametrize("closure", MANY)
def test_many_sectors_by_differences(closure: str) -> None:
    agrees(many_sectors(random_world(3, sectors=3, countries=3)), closure, 1e-7)


@pytest.mark.parametrize("closure", [*MANY, "proportional"])
@pytest.mark.parametrize("substitution", [0.4, 2.5])
def test_substitution_between_sectors_by_differences(closure: str, substitution: float) -> None:
    rng = np.random.default_rng(17)
    cube = [trade_worlds.flows(rng, 3) for _ in range(3)]
    rates = rng.uniform(0, 0.3, (3, 3, 3)) * (1 - np.eye(3))
    base = Baseline.from_arrays(
        cube, "ABC", elasticity=[3.0, 5.0, 8.0], tariffs=rates, substitution=substitution
    )  # fmt: skip
    agrees(base, closure, 1e-7)
    shares = Baseline.from_arrays(cube, "ABC", elasticity=[3.0, 5.0, 8.0], tariffs=rates)
    assert gap(base.exposure(closure).productivity, shares.exposure(MANY[0]).productivity) > 1e-4


def test_trade_one_way_under_proportional_balances() -> None:
    trade = trade_worlds.flows(np.random.default_rng(18), 4)
    trade[0, 1] = trade[2, 0] = trade[2, 1] = 0.0
    agrees(Baseline.from_arrays(trade, trade_worlds.names(4), elasticity=4.0), "proportional", 1e-6)


@pytest.mark.parametrize("closure", CLOSURES)
def test_parts_of_the_world_that_do_not_trade(closure: str) -> None:
    trade = np.zeros((5, 5))
    trade[:2, :2] = [[9.0, 2.0], [2.0, 6.0]]
    trade[2:4, 2:4] = [[5.0, 1.0], [1.0, 3.0]]
    trade[4, 4] = 2.0
    base = Baseline.from_arrays(trade, "ABCDE", elasticity=5.0, tariffs=0.1 * (1 - np.eye(5)))
    agrees(base, closure, 1e-8)
    found = base.exposure(closure)
    assert found.productivity[4] == pytest.approx([0, 0, 0, 0, 1], abs=1e-12)
    assert np.abs(found.productivity[:2, 2:]).max() < 1e-12


@settings(max_examples=20)
@given(
    seed=st.integers(0, 10**6), size=st.integers(2, 6), theta=st.floats(1.0, 8.0), tariffs=st.booleans(),
    closure=st.sampled_from(CLOSURES),
)  # fmt: skip
def test_random_worlds(seed: int, size: int, theta: float, tariffs: bool, closure: str) -> None:
    """Along a random direction of all costs and productivities at once."""
    base = one_sector(seed, size, tariffs=tariffs, theta=theta)
    agrees_along(base, closure, np.random.default_rng(seed + 1))


@settings(max_examples=12)
@given(
    seed=st.integers(0, 10**6), sectors=st.integers(1, 4), countries=st.integers(2, 5), tariffs=st.booleans(),
    closure=st.sampled_from(MANY),
)  # fmt: skip
def test_random_worlds_of_many_sectors(seed: int, sectors: int, countries: int, tariffs: bool, closure: str) -> None:
    try:
        world = random_world(seed, sectors, countries, tariffs=tariffs, deficits=0.02, theta=(2.0, 6.0))
    except NoConvergence:
        reject()  # the deficits drawn are more than trade can carry: there is no baseline to start from
    agrees_along(many_sectors(world), closure, np.random.default_rng(seed + 1))


def agrees_along(base: Baseline, closure: str, rng: np.random.Generator) -> None:
    names, size = base.countries, len(base.countries)
    costs, productivity = rng.uniform(-1, 1, (size, size)), rng.uniform(-1, 1, size)

    def shock(x: float) -> Shock:
        pairs = {(a, b): x ** costs[i, j] for i, a in enumerate(names) for j, b in enumerate(names)}
        return Shock.pairs(pairs) & Shock(productivity={a: x ** productivity[i] for i, a in enumerate(names)})

    found = base.exposure(closure)
    exact = slopes(base, closure, shock, 4e-3)
    scale = np.abs(found.cost).max() + np.abs(found.wage_to_cost).max()
    ours = [
        np.tensordot(cost, costs, 2) + factor @ productivity
        for cost, factor in (
            (found.cost, found.productivity),
            (found.wage_to_cost, found.wage_to_productivity),
        )
    ]
    assert np.abs(np.array(ours) - exact).max() < 1e-6 * scale


def test_a_sector_by_differences() -> None:
    base = many_sectors(random_world(5, sectors=2, countries=3))
    name = base.countries[0]
    found = base.exposure("additive")
    by_sector = found.cost_by_sector(name)
    assert by_sector.sum(axis=0) == pytest.approx(found.cost[0], abs=1e-14)
    for s, i, j in ((0, 1, 0), (1, 0, 2), (1, 2, 2)):
        rule = (base.countries[i], base.countries[j], base.sectors[s])
        exact = slopes(base, "additive", lambda x, rule=rule: Shock((Rule(*rule, cost=x),)))
        assert by_sector[s, i, j] == pytest.approx(exact[0, 0], abs=1e-7)


def final_spending(base: Baseline) -> Array:
    assert base.value_added_share is not None
    return np.asarray((base.value_added_share * base.flows.sum(axis=2)).sum(axis=0) + base.deficits)


@pytest.mark.parametrize("closure", ["additive", "world_share", "balanced"])
def test_the_world_gains_what_its_sales_are_worth(closure: str) -> None:
    """Hulten: without tariffs the world is efficient, so that the sum of gains in money is the flow that is touched."""
    base = many_sectors(random_world(7, sectors=3, countries=4, tariffs=False))
    found = base.exposure(closure)
    start: Equilibrium = base.counterfactual(Shock(), closure, tolerance=1e-12)
    world = start.rebased()
    spending = final_spending(world)
    assert spending @ found.productivity == pytest.approx(world.output, rel=1e-9)
    assert np.tensordot(spending, found.cost, 1) == pytest.approx(-world.flows.sum(axis=0), rel=1e-9)


def test_tariffs_break_hulten() -> None:
    """With tariffs the world is not efficient, and the sum differs."""
    base = one_sector(2, tariffs=True)
    spending = base.spending + base.tariff_revenue
    sums = spending @ base.exposure().productivity
    assert np.abs(sums / base.output - 1).max() > 1e-3


@pytest.mark.parametrize("closure", CLOSURES)
def test_one_per_cent_everywhere_is_one_per_cent_for_all(closure: str) -> None:
    found = one_sector(4, 5, tariffs=True).exposure(closure)
    assert found.productivity.sum(axis=1) == pytest.approx(1.0, abs=1e-12)
    assert found.cost.sum(axis=(1, 2)) == pytest.approx(-1.0, abs=1e-12)
    assert np.abs(found.wage_to_productivity.sum(axis=1)).max() < 1e-12


def test_input_output_links_multiply() -> None:
    """Where value added is the same share everywhere, a uniform rise is worth one over it, at unchanged wages."""
    world = random_world(8, sectors=3, countries=4)
    share = np.full_like(world.value_added, 0.4)
    inputs = world.inputs / world.inputs.sum(axis=0) * 0.6
    world = ManySectors(
        world.shares, world.tariff, inputs, share, world.final, world.income, world.deficit, world.theta
    )
    found = many_sectors(world).exposure()
    assert found.productivity.sum(axis=1) == pytest.approx(1 / 0.4, rel=1e-10)
    assert np.abs(found.wage_to_productivity.sum(axis=1)).max() < 1e-10


def test_two_equal_countries_have_a_formula() -> None:
    """Wages part by D = 2 theta h / (1 + 2 theta h) for home share h; welfare by (1 - h) D + h, (1 - h) (1 - D)."""
    theta, home = 3.0, 0.8
    base = Baseline.from_arrays([[home, 1 - home], [1 - home, home]], "AB", elasticity=theta)
    found = base.exposure()
    apart = 2 * theta * home / (1 + 2 * theta * home)
    own, other = (1 - home) * apart + home, (1 - home) * (1 - apart)
    assert found.productivity == pytest.approx(np.array([[own, other], [other, own]]), abs=1e-14)
    assert found.wage_to_productivity == pytest.approx(apart / 2 * np.array([[1.0, -1.0], [-1.0, 1.0]]), abs=1e-14)


def test_equal_countries_are_exposed_equally() -> None:
    size = 5
    base = Baseline.from_arrays(np.ones((size, size)) + 6 * np.eye(size), trade_worlds.names(size), elasticity=4.0)
    matrix = base.exposure().productivity
    away = matrix[~np.eye(size, dtype=bool)]
    assert np.ptp(matrix.diagonal()) < 1e-14
    assert np.ptp(away) < 1e-14
    assert away[0] > 0


def test_the_order_of_countries_does_not_matter() -> None:
    base = many_sectors(random_world(9, sectors=2, countries=4))
    order = np.array([2, 0, 3, 1])
    assert base.tariffs is not None
    assert base.io is not None
    assert base.value_added_share is not None
    assert base.final_shares is not None
    turned = Baseline.from_arrays(
        base.flows[:, order][:, :, order], [base.countries[i] for i in order], sectors=base.sectors,
        elasticity=base.elasticity, tariffs=base.tariffs[:, order][:, :, order], io=base.io[:, :, order],
        value_added_share=base.value_added_share[:, order], final_shares=base.final_shares[:, order],
        deficits=base.deficits[order],
    )  # fmt: skip
    before, after = base.exposure(), turned.exposure()
    assert gap(after.productivity, before.productivity[np.ix_(order, order)]) < 1e-10
    assert gap(after.cost, before.cost[np.ix_(order, order, order)]) < 1e-10


def test_the_error_of_a_small_change_is_of_second_order() -> None:
    base = one_sector(11, tariffs=True)
    found = base.exposure("world_share")
    pair = (base.countries[1], base.countries[2])
    errors = []
    for size in (0.02, 0.01):
        exact = np.log(base.counterfactual(Shock.pairs({pair: np.exp(size)}), "world_share").welfare)
        errors.append(np.abs(exact - found.cost[:, 1, 2] * size).max())
    assert errors[1] < 1e-4
    assert 3.5 < errors[0] / errors[1] < 4.5


def test_nafta(shared: Path) -> None:
    """31 countries and 40 sectors with inputs, tariffs and deficits; steps are small, for one elasticity is 65."""
    base = many_sectors(nafta(shared, deficits=True)[0])
    found = base.exposure("additive")
    mexico, usa, china = (base.countries.index(name) for name in ("Mexico", "USA", "China"))
    exact = slopes(base, "additive", lambda x: Shock.between("Mexico", "USA", cost=x), 1e-3)
    ours = found.cost[:, mexico, usa] + found.cost[:, usa, mexico]
    assert gap(ours, exact[0]) < 1e-6
    assert ours.argmin() == mexico
    exact = slopes(base, "additive", lambda x: Shock(productivity={"China": x}), 1e-3)
    assert gap(found.productivity[:, china], exact[0]) < 1e-6
    assert gap(found.wage_to_productivity[:, china], exact[1]) < 1e-6


def test_tables() -> None:
    base = one_sector(12, 3, zeros=0.0)
    found = base.exposure()
    matrix, long = found.matrix(), found.to_frame()
    assert matrix.loc["C00", "C02"] == found.productivity[0, 2]
    wide = long.pivot(index="country", columns="to", values="wage")
    np.testing.assert_array_equal(wide.to_numpy(), found.wage_to_productivity)
    pairs = found.pairs("C01").set_index(["exporter", "importer"])
    assert len(pairs) == 9
    assert pairs.loc[("C02", "C00"), "welfare"] == found.cost[1, 2, 0]
    assert pairs.loc[("C02", "C00"), "wage"] == found.wage_to_cost[1, 2, 0]
    everything = found.pairs()
    assert len(everything) == 27
    assert everything[everything["country"] == "C01"]["welfare"].tolist() == pairs["welfare"].tolist()


def test_no_row_for_a_flow_that_does_not_exist() -> None:
    base = Baseline.from_arrays([[5.0, 1, 0], [1, 5, 1], [0, 1, 5]], "ABC", elasticity=4.0)
    found = base.exposure()
    assert len(found.pairs("A")) == 7
    assert found.cost[:, 0, 2].tolist() == [0, 0, 0]


def test_a_result_is_read_only_and_reads_as_a_table() -> None:
    found = one_sector(13, 14).exposure()
    with pytest.raises(ValueError, match="read-only"):
        found.cost[0, 0, 0] = 1.0
    text = repr(found)
    assert "itself" in text
    assert "... and 2 more" in text
    assert max(map(len, text.splitlines())) <= 120
    again = pickle.loads(pickle.dumps(found))
    assert isinstance(again, Exposure)
    np.testing.assert_array_equal(again.cost, found.cost)


def test_what_is_wrong_is_said() -> None:
    base = one_sector(14)
    with pytest.raises(UnknownName, match="did you mean balanced"):
        base.exposure("balancd")
    with pytest.raises(UnknownName, match="no country 'C0'"):
        base.exposure().pairs("C0")
    with pytest.raises(UnknownName, match="no country 'X'"):
        base.exposure().cost_by_sector("X")
    world = many_sectors(random_world(3))
    with pytest.raises(CaseError, match="one sector only"):
        world.exposure("multiplicative")
    with pytest.raises(CaseError, match="needs a baseline without inputs"):
        world.exposure("proportional")
    with pytest.raises(CaseError, match="needs a baseline without inputs"):
        replace(world, substitution=2.0, _cache={}).exposure()
    two = Baseline.from_arrays(np.ones((2, 2, 2)), "AB", elasticity=4.0, substitution=2.0)
    with pytest.raises(CaseError, match="one sector only"):
        two.exposure("multiplicative")


def test_a_baseline_that_does_not_determine_wages_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tumen.trade._exposure_system._CONDITION", 1.0)
    with pytest.raises(NoConvergence, match="do not determine wages"):
        one_sector(15).exposure()
