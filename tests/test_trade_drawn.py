"""A world that is drawn: shocks by label in two runs, sizes that differ by draw, balances that are tied to trade."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trade_nest_support import FACTORS, both, costs, gap, goods_world
from trade_worlds import Array, Generator, flows, names
from tumen.errors import CaseError, NoConvergence, UnknownName
from tumen.trade import RUNS, Baseline, Cap, CostShock, DrawnWorld, NestShocks, Quota, Reading, respond

seeds = st.integers(0, 2**31 - 1)
etas = st.sampled_from([0.0, 0.3, 1.0, 2.5])
FEW = settings(max_examples=10)
RESULTS = (*FACTORS, "exports", "imports", "flows", "terms_of_trade", "deficits", "spending_before")
READ = tuple(part.name for part in fields(Reading))


def drawn(base: Baseline, rng: Generator, draws: int = 3, **more: object) -> DrawnWorld:
    """The baseline with elasticities that differ by draw, lower in the short run, and sizes if asked for."""
    goods = len(base.sectors)
    theta = {"short": rng.uniform(0.6, 2, (draws, goods)), "long": rng.uniform(3, 8, (draws, goods))}
    substitution = {"short": rng.uniform(0.1, 0.4, draws), "long": rng.uniform(0.6, 1.4, draws)}
    return DrawnWorld(base, theta, substitution, **more)  # type: ignore[arg-type]


def resized(base: Baseline, factor: Array) -> Baseline:
    """The baseline made anew with other domestic sales."""
    own = np.eye(len(base.countries), dtype=bool)
    trade = np.where(own, base.flows * factor[:, None], base.flows)
    return Baseline.from_arrays(
        trade, base.countries, sectors=base.sectors, elasticity=base.elasticity, tariffs=base.tariffs,
        substitution=base.substitution,
    )  # fmt: skip


# --- sizes of economies -------------------------------------------------------------------------------------------


@FEW
@given(seeds, etas, st.sampled_from(["additive", "proportional", "balanced", "bilateral"]), st.booleans())
def test_home_is_a_baseline_made_anew(seed: int, eta: float, closure: str, taxed: bool) -> None:
    rng = np.random.default_rng(seed)
    base = goods_world(rng, 4, 2, substitution=eta, taxed=taxed)
    home = rng.uniform(0.4, 3, (3, 4))
    shocks = costs(rng, base, 3)
    found = respond(base, shocks, home=home, closure=closure)
    assert gap(found.welfare[0], respond(base, shocks, closure=closure).welfare[0]) > 1e-6
    for draw in range(3):
        one = NestShocks(shocks.cells, cost=np.asarray(shocks.cost)[draw])
        other = respond(resized(base, home[draw]), one, closure=closure)
        for name in RESULTS:
            a, b = getattr(found, name)[draw], getattr(other, name)[0]
            np.testing.assert_allclose(a, b, rtol=1e-7, atol=1e-9 * base.output.max(), err_msg=name)


@FEW
@given(seeds)
def test_more_trade_at_home_makes_a_cut_tie_hurt_less(seed: int) -> None:
    rng = np.random.default_rng(seed)
    base = goods_world(rng, 4, imbalance=0.0)
    home = np.ones((4, 4))
    home[:, 0] = [0.5, 1.0, 2.0, 4.0]
    world = replace(drawn(base, rng, 1).repeated(1, 4), home=home, closure="proportional")
    lost = 1 - world.respond(world.cut("C00", ["C01"])).welfare[:, 0]
    assert (np.diff(lost) < 0).all()


def test_sizes_that_do_not_fit_are_refused() -> None:
    base = goods_world(np.random.default_rng(0), 3)
    shocks = NestShocks(both("C00", "C01"), cost=[[1.1, 1.1]] * 2)
    for home in (np.ones(3), np.ones((1, 3)), np.ones((2, 4)), [[1, 1, 0], [1, 1, 1]], [[1, 1, np.nan], [1, 1, 1]]):
        with pytest.raises(CaseError, match=r"home: expected factors above 0, \(2, 3\), found shape"):
            respond(base, shocks, home=home)


# --- balances that are tied to trade ------------------------------------------------------------------------------


@FEW
@given(seeds, etas, st.booleans())
def test_all_pairs_tied_is_proportional(seed: int, eta: float, taxed: bool) -> None:
    """Every figure is the same; what is left of the deficits is rounding. Only the closure's name differs."""
    rng = np.random.default_rng(seed)
    base = goods_world(rng, 4, 2, substitution=eta, imbalance=0.4, taxed=taxed)
    pairs = [(a, b) for a in base.countries for b in base.countries if a < b]
    shocks = costs(rng, base, 2, spread=0.5)
    tied, whole = respond(base, shocks, closure="additive", tied=pairs), respond(base, shocks, closure="proportional")
    for name in RESULTS:
        a, b = getattr(tied, name), getattr(whole, name)
        np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-9 * base.output.max(), err_msg=name)
    assert (tied.closure, whole.closure) == ("additive", "proportional")


@FEW
@given(seeds, etas)
def test_a_tie_without_a_balance_does_nothing(seed: int, eta: float) -> None:
    """No pair tied is the additive closure; so is a pair whose trade is balanced, or that does not trade."""
    rng = np.random.default_rng(seed)
    trade = np.array(goods_world(rng, 4, 2, imbalance=0.4).flows)
    trade[:, 0, 1] = trade[:, 1, 0]
    trade[:, 2, 3] = trade[:, 3, 2] = 0
    base = Baseline.from_arrays(trade, names(4), sectors=["a", "b"], elasticity=[3.0, 6.0], substitution=eta)
    shocks = costs(rng, base, 2)
    free = respond(base, shocks, closure="additive")
    still = respond(base, shocks, closure="additive", tied=[("C00", "C01"), ("C03", "C02")])
    moved = respond(base, shocks, closure="additive", tied=[("C00", "C02")])
    for name in RESULTS:
        a, b = getattr(still, name), getattr(free, name)
        np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-9 * base.output.max(), err_msg=name)
    assert np.abs(moved.deficits - free.deficits).max() > 1e-7 * base.output.max()


@FEW
@given(seeds, etas, st.booleans(), st.booleans())
def test_a_tied_balance_moves_with_trade_and_the_rest_keeps_its_worth(
    seed: int, eta: float, taxed: bool, sized: bool
) -> None:
    rng = np.random.default_rng(seed)
    base = goods_world(rng, 5, 2, substitution=eta, imbalance=0.4, taxed=taxed)
    home = rng.uniform(0.5, 2, (2, 5)) if sized else None
    places = [(0, 1), (3, 0)]
    pairs = [(base.countries[a], base.countries[b]) for a, b in places]
    found = respond(base, costs(rng, base, 2, spread=0.4), closure="additive", tied=pairs, home=home)
    before, after = base.flows.sum(axis=0), found.flows.sum(axis=1)
    expected = np.repeat((before.sum(axis=0) - before.sum(axis=1))[None], 2, axis=0)
    for a, b in places:
        for i, j in ((a, b), (b, a)):
            balance = before[i, j] - before[j, i]
            trade = (after[:, i, j] + after[:, j, i]) / (before[i, j] + before[j, i])
            expected[:, j] += balance * (trade - 1)
    scale = base.output.max()
    np.testing.assert_allclose(found.deficits, expected, atol=1e-9 * scale)
    # Adding-up: what one country owes others are owed, markets clear, and budgets hold.
    np.testing.assert_allclose(found.deficits.sum(axis=1), 0, atol=1e-9 * scale)
    np.testing.assert_allclose(found.imports - found.exports, found.deficits, atol=1e-9 * scale)
    sizes = base.output if home is None else base.output + (home - 1) * np.einsum("sii->i", base.flows)
    np.testing.assert_allclose(after.sum(axis=2), found.wage * sizes, rtol=1e-9)
    np.testing.assert_allclose((found.wage * sizes).sum(axis=1), np.broadcast_to(sizes, (2, 5)).sum(axis=1), rtol=1e-9)
    spent = found.welfare * found.price_index * found.spending_before
    np.testing.assert_allclose(spent, found.wage * sizes + found.revenue + found.deficits, rtol=1e-9)
    assert found.walras_gap.max() < 1e-9


def test_a_tie_lets_a_financed_deficit_die() -> None:
    """The financier's embargo has an equilibrium only where the deficit that it pays for dies with the trade."""
    trade = np.array([[[50.0, 8, 0], [5, 20, 0], [0, 0, 30.0]], [[90.0, 0, 6], [0, 10, 0], [6, 0, 70.0]]])
    base = Baseline.from_arrays(trade, names(3), sectors=["a", "b"], elasticity=4.0)
    cut = NestShocks(both("C00", "C01"), cost=[np.inf, np.inf])
    with pytest.raises(NoConvergence, match="C01 is cut off"):
        respond(base, cut, closure="additive")
    found = respond(base, cut, closure="additive", tied=[("C01", "C00")])
    assert found.deficits[0] == pytest.approx(0, abs=1e-9)
    assert found.welfare[0, 1] < 1
    assert found.walras_gap[0] < 1e-10


def test_pairs_that_do_not_fit_are_refused() -> None:
    base = goods_world(np.random.default_rng(0), 3)
    with pytest.raises(CaseError) as caught:
        respond(base, NestShocks(), closure="balanced", tied=[("C00", "C1"), ("X", "C1")])
    for part in ("no country 'C1'", "did you mean C01", "no country 'X'", "closure='additive', not with 'balanced'"):
        assert part in str(caught.value)
    assert len(caught.value.problems) == 3


# --- shocks by label ----------------------------------------------------------------------------------------------


@FEW
@given(seeds, st.floats(0, 0.95))
def test_log_trade_is_the_direct_effect_in_both_runs(seed: int, cut: float) -> None:
    """cost^-theta is 1 - cut whatever theta, so costs rise more where trade answers less."""
    rng = np.random.default_rng(seed)
    world = drawn(goods_world(rng, 4), rng)
    shock = CostShock.of([(None, "C00", "C01"), ("food", "C01", "C00")], 3, log_trade=np.log1p(-cut))
    made = {run: world.shocks(shock, run) for run in RUNS}
    for run in RUNS:
        assert made[run].cells == (*((good, "C00", "C01") for good in world.goods), ("food", "C01", "C00"))
        theta = world.theta[run][:, [0, 1, 2, 1]]
        np.testing.assert_allclose(np.asarray(made[run].cost) ** -theta, 1 - cut, rtol=1e-12)
    assert (np.asarray(made["short"].cost) >= np.asarray(made["long"].cost)).all()


@pytest.mark.parametrize("run", RUNS)
def test_a_flow_too_small_to_move_prices_falls_by_the_direct_effect(run: str) -> None:
    rng = np.random.default_rng(5)
    trade = np.array(goods_world(rng, 4).flows)
    trade[:, 0, 1] = trade[:, 1, 0] = 1e-7 * trade[:, 0, 0]
    world = drawn(Baseline.from_arrays(trade, names(4), sectors=["a", "b", "c"], elasticity=4.0), rng)
    cut = np.array([0.2, 0.5, 0.9])
    after = world.respond(CostShock.of([("a", "C00", "C01"), ("c", "C00", "C01")], 3, log_trade=np.log1p(-cut)), run)
    change = after.flows[:, :, 0, 1] / trade[:, 0, 1]
    np.testing.assert_allclose(change[:, [0, 2]], np.repeat((1 - cut)[:, None], 2, axis=1), rtol=1e-6)
    np.testing.assert_allclose(change[:, 1], 1, rtol=1e-6)


@FEW
@given(seeds, st.sampled_from(RUNS))
def test_costs_and_effects_of_the_same_flow_add_up(seed: int, run: str) -> None:
    rng = np.random.default_rng(seed)
    world = drawn(goods_world(rng, 4, 2), rng, closure="proportional")
    cell = [(None, "C00", "C01")]
    rise, fall = rng.uniform(-0.2, 0.3, 3), rng.uniform(-0.5, 0, 3)
    one = CostShock.of(cell, 3, log_cost=rise)
    two = CostShock.of(cell, 3, log_trade=fall)
    parts, whole = CostShock.joined([one, two], 3), CostShock.of(cell, 3, log_cost=rise, log_trade=fall)
    assert parts.cells == (*cell, *cell)
    same(world.respond(parts, run), world.respond(whole, run))
    # What is lifted again was never there; nothing at all does nothing.
    still = world.respond(CostShock.joined([], 3), run)
    np.testing.assert_allclose(still.welfare, 1, atol=1e-10)
    np.testing.assert_allclose(still.ev, 0, atol=1e-6)
    same(world.respond(CostShock.joined([whole, whole.lifted()], 3), run), still)


def same(a: Reading, b: Reading, rtol: float = 1e-8) -> None:
    """Two readings agree in everything."""
    for name in READ:
        x, y = getattr(a, name), getattr(b, name)
        np.testing.assert_allclose(x, y, rtol=rtol, atol=1e-9 * max(np.abs(y).max(), 1.0), err_msg=name)


def test_joined_keeps_caps_and_lifted_drops_them() -> None:
    cap = Cap((("food", "C00", "C01"),), np.array([0.5, 0.8]))
    one, two = CostShock.of([(None, "C00", "C01")], 2, log_cost=[0.1, 0.2]), CostShock.of((), 2, caps=[cap])
    assert CostShock.joined([one], 2) is one
    assert CostShock.joined([one, two], 2).caps == (cap,)
    assert CostShock.joined([one, two], 2).log_cost.shape == (2, 1)
    assert CostShock.joined([one, two], 2).lifted().caps == ()
    np.testing.assert_array_equal(one.lifted().log_cost[:, 0], [-0.1, -0.2])


def test_effects_may_differ_by_flow() -> None:
    wide = CostShock.of([(None, "C00", "C01"), (None, "C01", "C00")], 2, log_cost=[[0.1, 0.2], [0.3, 0.4]])
    assert wide.log_cost.tolist() == [[0.1, 0.2], [0.3, 0.4]]
    assert wide.log_trade.tolist() == [[0, 0], [0, 0]]
    assert not wide.log_cost.flags.writeable
    with pytest.raises(ValueError, match="could not be broadcast"):
        CostShock.of([(None, "C00", "C01")], 2, log_cost=[0.1, 0.2, 0.3])


@FEW
@given(seeds, st.sampled_from(RUNS), st.sampled_from(["exporter", "importer", "C02"]))
def test_a_cap_is_a_quota(seed: int, run: str, rent: str) -> None:
    rng = np.random.default_rng(seed)
    world = drawn(goods_world(rng, 4, 2), rng)
    limit = np.array([0.4, 0.7, 1.5])
    carried = (("energy", "C00", "C01"), ("energy", "C00", "C02"))
    found = world.respond(CostShock.of((), 3, caps=[Cap(carried, limit, rent)]), run)
    other = respond(
        world.base, NestShocks(quotas=[Quota(carried, limit, rent)], draws=3), theta=world.theta[run],
        substitution=world.substitution[run], closure="additive",
    )  # fmt: skip
    np.testing.assert_allclose(found.flows, other.flows, rtol=1e-10)
    np.testing.assert_allclose(found.rents, other.rents, rtol=1e-10)
    base = world.base.flows[0, 0, 1:3]
    volume = (other.volume[:, 0, 0, 1:3] * base).sum(axis=1) / base.sum()
    np.testing.assert_allclose(volume[:2], limit[:2], rtol=1e-8)
    assert volume[2] == pytest.approx(1, abs=1e-8)
    takers = {"exporter": [0], "importer": [1, 2], "C02": [2]}[rent]
    assert (found.rents[:2, takers] > 0).all()
    assert found.rents[0].sum() == pytest.approx(found.rents[0, takers].sum())
    assert (found.rents[2] == 0).all()


# --- what a world says --------------------------------------------------------------------------------------------


@FEW
@given(seeds, st.sampled_from(RUNS))
def test_use_is_what_is_spent_on_a_good_at_its_new_price(seed: int, run: str) -> None:
    """And with a single origin it is the sum of volumes."""
    rng = np.random.default_rng(seed)
    trade = np.array(goods_world(rng, 4).flows)
    trade[0] = np.diag(trade[0].sum(axis=0))
    trade[0, 1, 0], trade[0, 0, 0] = trade[0, 0, 0], 0  # C00 has its energy from C01 only
    base = Baseline.from_arrays(trade, names(4), sectors=["a", "b", "c"], elasticity=4.0)
    world = drawn(base, rng, closure="proportional")  # a fixed deficit may be more than such a country can carry
    shock = costs(rng, base)
    cost = CostShock.of(shock.cells, 3, log_cost=np.repeat(np.log(np.asarray(shock.cost)), 3, axis=0))
    found = world.respond(cost, run)
    full = respond(world.base, world.shocks(cost, run), theta=world.theta[run], substitution=world.substitution[run],
                   closure="proportional")  # fmt: skip
    spent = full.flows.sum(axis=2) / trade.sum(axis=1)
    np.testing.assert_allclose(found.use, spent / full.good_price, rtol=1e-8)
    np.testing.assert_allclose(found.use[:, 0, 0], full.volume[:, 0, 1, 0], rtol=1e-8)
    np.testing.assert_allclose(found.use[:, 0, 3], full.volume[:, 0, 3, 3], rtol=1e-8)


@FEW
@given(seeds)
def test_constant_shares_make_use_what_is_spent_over_the_price(seed: int) -> None:
    """Under Cobb-Douglas the share of a good stays, so use is welfare over the relative price; goods made of nearly
    perfect substitutes are used as the sum of their volumes says."""
    rng = np.random.default_rng(seed)
    base = goods_world(rng, 4, 2, home=0.8)
    theta, eta = np.full((1, 2), 400.0), np.ones(1)
    world = DrawnWorld(base, {"long": theta}, {"long": eta})
    # With perfect substitutes prices are equal before and after, so that tons may be added.
    cost = CostShock.of([("food", "C00", None)], 1, log_cost=1e-4)
    full = respond(base, world.shocks(cost, "long"), theta=theta, substitution=eta, closure="additive")
    volume = (full.volume * base.flows).sum(axis=2) / base.flows.sum(axis=1)
    use = world.respond(cost, "long").use
    np.testing.assert_allclose(use, volume, atol=2e-4)
    np.testing.assert_allclose(use, full.flows.sum(axis=2) / base.flows.sum(axis=1) / full.good_price, rtol=1e-9)


@FEW
@given(seeds, st.sampled_from(RUNS))
def test_cut_ends_trade_both_ways(seed: int, run: str) -> None:
    rng = np.random.default_rng(seed)
    world = drawn(goods_world(rng, 4, imbalance=0.0), rng, closure="proportional")  # no deficit to be rid of
    all_goods = world.respond(world.cut("C00", ["C01", "C02"]), run)
    some = world.respond(world.cut("C00", ["C01"], ["energy", "goods"]), run)
    for partner in (1, 2):
        assert (all_goods.flows[:, :, [0, partner], [partner, 0]] == 0).all()
    assert (all_goods.flows[:, :, [0, 3], [3, 0]] > 0).all()
    assert (some.flows[:, [0, 2], 0, 1] == 0).all()
    assert (some.flows[:, [0, 2], 1, 0] == 0).all()
    assert (some.flows[:, 1, 0, 1] > 0).all()
    assert (all_goods.welfare[:, 0] < 1).all()
    np.testing.assert_allclose(all_goods.ev, (all_goods.welfare - 1) * world.base.spending, rtol=1e-6, atol=1e-6)


@FEW
@given(seeds)
def test_repeated_draws_are_copies(seed: int) -> None:
    rng = np.random.default_rng(seed)
    base = goods_world(rng, 4, 2)
    world = drawn(base, rng, home=rng.uniform(0.5, 2, (3, 4)), tied=(("C00", "C01"),))
    many = world.repeated(2, 3)
    assert (many.draws, many.countries, many.goods, many.tied) == (6, base.countries, base.sectors, world.tied)
    cell = [(None, "C00", "C01")]
    rise = np.repeat([0.1, 0.2, 0.4], 2)
    found = many.respond(CostShock.of(cell, 6, log_cost=rise), "short")
    for copy, each in enumerate((0.1, 0.2, 0.4)):
        one = world.respond(CostShock.of(cell, 3, log_cost=each), "short")
        for name in READ:
            np.testing.assert_allclose(
                getattr(found, name)[2 * copy : 2 * copy + 2], getattr(one, name)[:2], rtol=1e-9, atol=1e-6,
                err_msg=name,
            )  # fmt: skip
    assert replace(world, home=None).repeated(1, 2).home is None


@FEW
@given(seeds)
def test_what_cannot_be_replaced_soon_hurts_more_soon(seed: int) -> None:
    """Losing the main supplier of energy: worse with substitution below one than at one, worse at once than later."""
    rng = np.random.default_rng(seed)
    trade = np.stack([0.15 * flows(rng, 4, imbalance=0.0), flows(rng, 4, imbalance=0.0)])
    trade[0, :, 0] = trade[0, :, 0].sum() * np.array([0.08, 0.8, 0.1, 0.02])
    base = Baseline.from_arrays(trade, names(4), sectors=["energy", "rest"], elasticity=4.0)
    theta = {"short": np.full((3, 2), 1.5), "long": np.full((3, 2), 5.0)}
    by_draw = np.array([0.2, 0.6, 1.0])
    world = DrawnWorld(base, theta, {"short": by_draw, "long": by_draw}, closure="proportional")
    shock = world.cut("C00", ["C01"], ["energy"])
    lost = {run: 1 - world.respond(shock, run).welfare[:, 0] for run in RUNS}
    used = world.respond(shock, "short").use[:, 0, 0]
    assert (np.diff(lost["short"]) < 0).all()
    assert (lost["short"] > lost["long"]).all()
    assert (lost["long"] > 0).all()
    assert (np.diff(used) < 0).all()  # what can be replaced is used less
    assert (used < 1).all()


def test_labels_that_nothing_bears_are_refused() -> None:
    rng = np.random.default_rng(0)
    world = drawn(goods_world(rng, 3), rng)
    assert (world.country("C02"), world.good("food")) == (2, 1)
    for wrong in (lambda: world.country("C2"), lambda: world.good("fod"),
                  lambda: world.respond(CostShock.of([("fod", "C00", "C01")], 3, log_cost=0.1))):  # fmt: skip
        with pytest.raises(UnknownName, match=r"did you mean (C02|food)\?"):
            wrong()
    with pytest.raises(CaseError, match="did you mean C01"):
        world.respond(CostShock.of([(None, "C00", "C1")], 3, log_cost=0.1))
    with pytest.raises(CaseError, match="a quota names exporter and importer"):
        world.respond(CostShock.of((), 3, caps=[Cap(((None, None, "C01"),), np.full(3, 0.5))]))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"broadcast|draws"):
        world.respond(CostShock.of([(None, "C00", "C01")], 2, log_cost=0.1))
    with pytest.raises(CaseError, match=r"cost of draw 0, column 0 is 0\.0"):
        world.respond(world.cut("C00", ["C01"]).lifted())  # an embargo leaves nothing to lift
    with pytest.raises(NoConvergence, match="C00 is cut off"):
        world.respond(world.cut("C00", ["C01", "C02"]))


def test_the_world_shows_itself() -> None:
    rng = np.random.default_rng(0)
    world = drawn(goods_world(rng, 3), rng)
    assert repr(world).startswith("DrawnWorld: 3 draws of\n")
    assert "C02" in repr(world) or "3 countries" in repr(world)


def test_runs_draws_and_goods_that_are_not_there_are_refused() -> None:
    rng = np.random.default_rng(3)
    world = drawn(goods_world(rng, 3), rng, draws=2)
    shock = world.cut(world.countries[0], [world.countries[1]])
    with pytest.raises(UnknownName, match="no run 'longer'; did you mean long"):
        world.respond(shock, "longer")
    with pytest.raises(CaseError, match="5 draws; expected 2"):
        world.respond(CostShock.of(shock.cells, 5, log_cost=0.1), "long")
