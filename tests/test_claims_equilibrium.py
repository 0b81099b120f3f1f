"""Measures on the world's trade, each worked out in another way: by hand, or by the engine of many sectors.

In the small world goods have constant shares in spending, so that the engine of many sectors can solve it too.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tumen
from equilibrium_support import (
    COUNTRIES,
    DRAWS,
    GOODS,
    SMALL_WORLD,
    Array,
    both_ways,
    flows,
    measured,
    outcome,
    solved,
    theta,
    variant,
)  # fmt: skip
from tumen import claims
from tumen.study import Plan
from tumen.trade import Equilibrium

A, B, C = range(3)
FUEL, WARES = range(2)
RUNS = ("short", "long")
EXACT: dict[str, Any] = {"rtol": 1e-7, "atol": 1e-10}


@pytest.fixture(scope="module")
def case() -> tumen.Case:
    return tumen.load(SMALL_WORLD)


@pytest.fixture(scope="module")
def found(case: tumen.Case) -> tumen.Outcome:
    return outcome(case)


@pytest.fixture(scope="module")
def bare(case: tumen.Case) -> tumen.Outcome:
    """Without any initiative."""
    return outcome(case, Plan(include=()))


@pytest.fixture(scope="module")
def cut(found: tumen.Outcome) -> Callable[[str, str], list[Equilibrium]]:
    """Two and One without trade, by run, from the other engine."""
    known = {run: solved(found, run, both_ways("AAA", "BBB", np.inf)) for run in RUNS}
    return lambda run, _="": known[run]


def expected_costs(found: tumen.Outcome) -> list[tuple[str, str, str, float | Array]]:
    """What the expected initiatives do in full force: rails take a tenth off, a toll adds a fifth."""
    return [*both_ways("AAA", "BBB", 0.9), ("wares", "CCC", "BBB", 1.2)]


# ---- what ties are worth


@pytest.mark.parametrize("run", RUNS)
def test_loss_of_ties(found: tumen.Outcome, cut: Callable[..., list[Equilibrium]], run: str) -> None:
    for k, country, partner in ((B, "BBB", "AAA"), (A, "AAA", "BBB")):
        loss = measured(found, "trade.loss_of_ties", country=country, partners=[partner], run=run)
        np.testing.assert_allclose(loss, [1 - e.welfare[k] for e in cut(run)], **EXACT)
        assert (loss > 0).all()


PROPORTIONAL = ("    growth: {AAA", "    closure: proportional\n    growth: {AAA")


def autarky(trade: Array, elasticity: Array) -> Array:
    """Loss of Two in autarky, with constant shares of goods, (draw,), from flows (good, exporter, importer).

    All that is spent falls on own goods, whose prices rise by home share^(-1 / theta) over the wage; deficits die. Work
    moves to where spending is, so welfare is output / spending x prod home^(alpha / theta).
    """
    bought = trade[:, :, B].sum(axis=1)
    alpha, home = bought / bought.sum(), trade[:, B, B] / bought
    return np.asarray(1 - trade[:, B].sum() / bought.sum() * np.prod(home ** (alpha / elasticity), axis=1))


@pytest.mark.parametrize("run", RUNS)
def test_the_loss_of_every_tie_is_that_of_autarky(tmp_path: Path, run: str) -> None:
    found = outcome(variant(tmp_path / "w", PROPORTIONAL))
    loss = measured(found, "trade.loss_of_ties", country="BBB", partners=["AAA", "CCC"], run=run)
    np.testing.assert_allclose(loss, autarky(flows(), theta(found, run)), **EXACT)


@pytest.mark.parametrize("run", RUNS)
def test_receipts_lost(found: tumen.Outcome, cut: Callable[..., list[Equilibrium]], run: str) -> None:
    lost = measured(found, "trade.receipts_lost", country="BBB", partners="AAA", run=run)
    sold = [e.trade[B, A] + e.trade[B, C] for e in cut(run)]
    np.testing.assert_allclose(lost, 1 - np.array(sold) / 27.0, **EXACT)  # 1 + 18 to One, 2 + 6 to Three


@pytest.mark.parametrize("good", GOODS)
def test_input_lost(found: tumen.Outcome, cut: Callable[..., list[Equilibrium]], good: str) -> None:
    """The quantity used is spending over price, the price of a good wage x (home share after / before)^(1 / theta)."""
    s, before = GOODS.index(good), flows()
    lost = measured(found, "trade.input_lost", country="BBB", partners=["AAA"], good=good, run="short")
    for draw, after in enumerate(cut("short")):
        spent = after.flows_after[s, :, B].sum() / before[s, :, B].sum()
        home = (after.flows_after[s, B, B] / after.flows_after[s, :, B].sum()) / (
            before[s, B, B] / before[s, :, B].sum()
        )
        price = after.wage[B] * home ** (1 / theta(found, "short")[draw, s])
        assert lost[draw] == pytest.approx(1 - spent / price, rel=1e-7)


def test_pull_is_one_loss_over_another(found: tumen.Outcome) -> None:
    """With rails and toll in full force: what Two loses without One, over what it loses without Three."""
    whole = solved(found, "long", expected_costs(found))
    no_toll = both_ways("AAA", "BBB", 0.9)
    without = {
        "AAA": solved(found, "long", [*both_ways("AAA", "BBB", np.inf), ("wares", "CCC", "BBB", 1.2)]),
        "CCC": solved(found, "long", [*no_toll, *both_ways("CCC", "BBB", np.inf)]),
    }
    lost = {name: np.array([w.welfare[B] - e.welfare[B] for w, e in zip(whole, left, strict=True)])
            for name, left in without.items()}  # fmt: skip
    pull = measured(found, "trade.pull", country="BBB", partner="AAA", against="CCC", run="long")
    np.testing.assert_allclose(pull, lost["AAA"] / lost["CCC"], rtol=1e-6)


def test_pull_without_initiatives_is_that_of_the_losses(bare: tumen.Outcome) -> None:
    one, three = (measured(bare, "trade.loss_of_ties", country="BBB", partners=p, run="short") for p in ("AAA", "CCC"))
    pull = measured(bare, "trade.pull", country="BBB", partner="AAA", against="CCC", run="short")
    np.testing.assert_allclose(pull, one / three, **EXACT)
    back = measured(bare, "trade.pull", country="BBB", partner="CCC", against="AAA", run="short")
    np.testing.assert_allclose(pull * back, 1, **EXACT)


# ---- who sells


def test_shares_of_imports_in_the_base(bare: tumen.Outcome) -> None:
    """Two buys 12 of fuel and 20 of wares from One, 1 and 7 from Three."""
    share = measured(bare, "trade.import_share", country="BBB", partner="AAA")
    np.testing.assert_allclose(share, [32 / 40] * DRAWS)
    fuel = measured(bare, "trade.import_share", country="BBB", partner="CCC", good="fuel")
    np.testing.assert_allclose(fuel, [1 / 13] * DRAWS)


def test_concentration_of_imports_in_the_base(bare: tumen.Outcome) -> None:
    taken = measured(bare, "trade.import_concentration", country="BBB")
    np.testing.assert_allclose(taken, [0.8**2 + 0.2**2] * DRAWS)
    wares = measured(bare, "trade.import_concentration", country="BBB", good="wares")
    np.testing.assert_allclose(wares, [(20**2 + 7**2) / 27**2] * DRAWS)
    np.testing.assert_allclose(measured(bare, "trade.import_concentration", country="BBB", without=["AAA"]), 1)


def test_shares_of_imports_move_with_what_is_expected(found: tumen.Outcome) -> None:
    after = np.stack([e.flows_after for e in solved(found, "long", expected_costs(found))])
    bought = after[:, :, [A, C], B].sum(axis=1)
    share = measured(found, "trade.import_share", country="BBB", partner="AAA")
    np.testing.assert_allclose(share, bought[:, 0] / bought.sum(axis=1), rtol=1e-7)
    assert (share > 0.8).all()
    gained = measured(found, "trade.replaced", country="BBB", partner="CCC", by="AAA", good="wares")
    np.testing.assert_allclose(gained, (after[:, WARES, A, B] - 20) / 7, rtol=1e-6)


def test_nothing_is_replaced_without_initiatives(bare: tumen.Outcome) -> None:
    np.testing.assert_array_equal(
        measured(bare, "trade.replaced", country="BBB", partner="CCC", by="AAA", good="fuel"), 0
    )


# ---- what initiatives do


@pytest.mark.parametrize("run", RUNS)
def test_effect_of_a_trade_cost(found: tumen.Outcome, run: str) -> None:
    after = solved(found, run, both_ways("AAA", "BBB", 0.9))
    for k, country in enumerate(COUNTRIES):
        gain = measured(found, "trade.effect", initiative="rails", country=country, run=run)
        np.testing.assert_allclose(gain, [e.welfare[k] - 1 for e in after], **EXACT)


def test_effect_of_a_sanction_in_force_is_that_of_lifting_it(found: tumen.Outcome) -> None:
    """Lifted, trade at unchanged prices goes back up: log cost = log(1 - cut) / theta."""
    shut, t = found.worlds.values["standing.measures.shut.cut"], theta(found, "long")
    costs = [(g, i, j, (1 - shut) ** (1 / t[:, s])) for s, g in enumerate(GOODS)
             for i, j in (("AAA", "CCC"), ("CCC", "AAA"))]  # fmt: skip
    costs.append(("fuel", "CCC", "BBB", 0.7 ** (1 / t[:, FUEL])))
    after = solved(found, "long", costs)
    gain = measured(found, "trade.effect", initiative="standing", country="CCC", run="long")
    np.testing.assert_allclose(gain, [e.welfare[C] - 1 for e in after], **EXACT)
    assert (gain > 0).all()


def test_what_is_diverted(found: tumen.Outcome) -> None:
    """By the rails One sells and buys less elsewhere."""
    after = np.stack([e.flows_after for e in solved(found, "long", both_ways("AAA", "BBB", 0.9))])
    change = (after - flows())[:, :, [A, C], [C, A]]  # One to Three, Three to One
    where = {"initiative": "rails", "country": "AAA", "to": ["CCC"], "run": "long"}
    for side, parts in {"exports": [0], "imports": [1], "both": [0, 1]}.items():
        taken = measured(found, "trade.diverted", **where, side=side)
        np.testing.assert_allclose(taken, change[:, :, parts].sum(axis=(1, 2)), rtol=1e-5, atol=1e-7)
        fuel = measured(found, "trade.diverted", **where, side=side, good="fuel")
        np.testing.assert_allclose(fuel, change[:, FUEL, parts].sum(axis=1), rtol=1e-5, atol=1e-7)


# ---- sanctions


@pytest.mark.parametrize("run", RUNS)
def test_pressure_by_some_and_by_all(found: tumen.Outcome, run: str) -> None:
    assert found.world is not None
    change = found.changes["isolation"]
    for members in (["AAA"], ["CCC"], ["AAA", "CCC"]):
        shock = type(change.shock).joined([change.of[name] for name in members], DRAWS)
        loss = -found.world.respond(shock, run).ev[:, B]
        taken = measured(found, "trade.pressure", initiative="isolation", run=run, members=members)
        np.testing.assert_allclose(taken, loss, **EXACT)
        assert (taken > 0).all()
    everyone = measured(found, "trade.pressure", initiative="isolation", run=run)
    np.testing.assert_array_equal(everyone, taken)
    nobody = measured(found, "trade.pressure", initiative="isolation", run=run, members=[])
    np.testing.assert_array_equal(nobody, 0)


def test_pressure_of_one_ban_by_the_other_engine(tmp_path: Path) -> None:
    """Three alone, without its ceiling: a ban on wares. The loss at the old prices, of what Two spends, 140."""
    ceiling = (
        "      ceiling: {by: CCC, mode: quota, direction: from_target, goods: [fuel], limit: 50 %, rent: importer}\n"
    )
    found = outcome(variant(tmp_path / "w", (ceiling, "")))
    after = solved(found, "short", [("wares", i, j, np.inf) for i, j in (("BBB", "CCC"), ("CCC", "BBB"))])
    taken = measured(found, "trade.pressure", initiative="isolation", run="short", members="CCC")
    np.testing.assert_allclose(taken, [140.0 * (1 - e.welfare[B]) for e in after], rtol=1e-6)


@pytest.mark.parametrize("name", ["isolation", "standing"])
@pytest.mark.parametrize("run", RUNS)
def test_pressure_lost_is_what_the_rest_does_not_bring(found: tumen.Outcome, name: str, run: str) -> None:
    members = list(found.changes[name].of)
    whole = measured(found, "trade.pressure", initiative=name, run=run)
    for member in members:
        rest = [other for other in members if other != member]
        left = measured(found, "trade.pressure", initiative=name, run=run, members=rest)
        lost = measured(found, "trade.pressure_lost", initiative=name, member=member, run=run)
        np.testing.assert_allclose(lost, 1 - left / whole, **EXACT)
    np.testing.assert_allclose(measured(found, "trade.pressure_lost", initiative=name, member=members, run=run), 1)


def test_pressure_of_sanctions_in_force(found: tumen.Outcome) -> None:
    """By all: what lifting them would bring. By Two alone: that, less what lifting One's would bring."""
    assert found.world is not None
    change = found.changes["standing"]
    gain = {name: found.world.respond(shock.lifted(), "long").ev[:, C]
            for name, shock in (("all", change.shock), ("AAA", change.of["AAA"]))}  # fmt: skip
    whole = measured(found, "trade.pressure", initiative="standing", run="long")
    np.testing.assert_allclose(whole, gain["all"], **EXACT)
    effect = measured(found, "trade.effect", initiative="standing", country="CCC", run="long")
    np.testing.assert_allclose(whole, effect * flows()[:, :, C].sum(), **EXACT)
    two = measured(found, "trade.pressure", initiative="standing", run="long", members=["BBB"])
    np.testing.assert_allclose(two, gain["all"] - gain["AAA"], **EXACT)
    assert (measured(found, "trade.pressure", initiative="standing", run="long", members=[]) == 0).all()


def test_what_lies_idle_and_what_leaks(case: tumen.Case) -> None:
    """50 a year, a fifth of it cost: 40 forgone. A leak of 10 at a tenth's discount: 7 of 40 back, 1 of rent."""
    found = outcome(case, Plan(levers={"standing.idle.value": 50.0, "standing.leak.value": 10.0}))
    for name, expected in (("idle_loss", 40.0), ("leak_relief", 7 / 40), ("leak_rent", 1.0)):
        np.testing.assert_allclose(measured(found, f"trade.{name}", initiative="standing"), [expected] * DRAWS)


@pytest.mark.parametrize("run", RUNS)
def test_what_it_costs_others(found: tumen.Outcome, bare: tumen.Outcome, run: str) -> None:
    """By the equivalent variation of one initiative, of all that are expected together, and of lifting one in force."""
    assert found.world is not None
    expected = [found.changes[name].shock for name in ("rails", "toll")]
    together = found.world.respond(type(expected[0]).joined(expected, DRAWS), run).ev
    named = found.world.respond(found.changes["isolation"].shock, run).ev
    lifted = found.world.respond(found.changes["standing"].shock.lifted(), run).ev
    for k, country in enumerate(COUNTRIES):
        where = {"country": country, "run": run}
        np.testing.assert_allclose(measured(found, "trade.cost", **where), -together[:, k], **EXACT)
        of_one = measured(found, "trade.cost", initiative="isolation", **where)
        np.testing.assert_allclose(of_one, -named[:, k], **EXACT)
        in_force = measured(found, "trade.cost", initiative="standing", **where)
        np.testing.assert_allclose(in_force, lifted[:, k], **EXACT)
        np.testing.assert_array_equal(measured(bare, "trade.cost", **where), 0)


def test_a_leak_costs_what_making_up_for_it_would(found: tumen.Outcome) -> None:
    where: dict[str, Any] = {"initiative": "standing", "run": "long"}
    own = measured(found, "trade.cost", country="AAA", **where)
    back = measured(found, "trade.leak_relief", initiative="standing")
    idle = measured(found, "trade.idle_loss", initiative="standing")
    whole = measured(found, "trade.pressure", **where) + idle
    assert (own > 0).all()
    np.testing.assert_allclose(measured(found, "trade.leak_cost", country="AAA", **where), own * back * idle / whole)
    gains = measured(found, "trade.cost", country="BBB", **where) <= 0
    assert (measured(found, "trade.leak_cost", country="BBB", **where)[gains] == 0).all()


# ---- by year


def test_share_with_partners_by_hand(bare: tumen.Outcome) -> None:
    """Two's trade: 51 with One, 16 with Three; each grows with its partner's economy from 2023 on."""
    share = measured(bare, "trade.share_with", country="BBB", partners=["AAA"])
    assert share.shape == (DRAWS, 8)
    np.testing.assert_allclose(share, 51 / 67)  # One and Three grow alike here
    of_three = measured(bare, "trade.share_with", country="AAA", partners=["CCC"])
    growth = bare.worlds.paths["grow"] - bare.worlds.paths["gdp"]  # of Two's economy over that of Three's
    growth[:, 0] = 0.0
    np.testing.assert_allclose(of_three, 68 / (68 + 51 * np.exp(np.cumsum(growth, axis=1))))
    both = measured(bare, "trade.share_with", country="AAA", partners=["CCC", "BBB"])
    np.testing.assert_allclose(both, 1)


def test_share_with_partners_moves_as_measures_come_into_force(found: tumen.Outcome) -> None:
    """Rails by halves in 2025 and 2026, the toll at once in 2026; each effect to the power of what is in force."""
    rails = np.stack([e.trade for e in solved(found, "long", both_ways("AAA", "BBB", 0.9))])
    toll = np.stack([e.trade for e in solved(found, "long", [("wares", "CCC", "BBB", 1.2)])])
    base = flows().sum(axis=0)
    force = np.array([[0, 0, 1 / 2, 1, 1, 1, 1, 1], [0, 0, 0, 1, 1, 1, 1, 1]])

    def two_way(trade: Array, other: int) -> Array:
        return np.asarray(trade[..., B, other] + trade[..., other, B])

    one, three = (
        two_way(base, k)
        * (two_way(rails, k) / two_way(base, k))[:, None] ** force[0]
        * (two_way(toll, k) / two_way(base, k))[:, None] ** force[1]
        for k in (A, C)
    )
    share = measured(found, "trade.share_with", country="BBB", partners=["AAA"])
    np.testing.assert_allclose(share, one / (one + three), rtol=1e-7)


def test_share_with_one_initiative_more(found: tumen.Outcome) -> None:
    plain = measured(found, "trade.share_with", country="BBB", partners=["CCC"])
    more = measured(found, "trade.share_with", country="BBB", partners=["CCC"], initiative="isolation")
    np.testing.assert_array_equal(more[:, :3], plain[:, :3])  # it begins in 2026
    assert (more[:, 3:] != plain[:, 3:]).all()
    same = measured(found, "trade.share_with", country="BBB", partners=["CCC"], initiative="rails")
    np.testing.assert_array_equal(same, plain)  # it is expected already, and does not count twice


def test_share_of_a_partner_by_the_paths(found: tumen.Outcome) -> None:
    one, three = (found.trade[name].flow for name in ("with_one", "with_three"))
    share = measured(found, "trade.partner_share", country="BBB", partner="AAA", among=["AAA", "CCC"])
    np.testing.assert_allclose(share, one / (one + three), **EXACT)


def test_cost_cut_needed_in_closed_form(found: tumen.Outcome) -> None:
    """(1 - cut)^-theta = target / trade; of the 51 that the pair trades, 13 are fuel and 38 wares."""
    trade = found.trade["with_one"].flow[:, 5]
    long_run = theta(found, "long") @ [13 / 51, 38 / 51]
    cut = measured(found, "trade.cost_cut_needed", between=["AAA", "BBB"], target="400 MUSD", year=2028)
    np.testing.assert_allclose(trade * (1 - cut) ** -long_run, 400)
    reached = measured(found, "trade.cost_cut_needed", between=["AAA", "BBB"], target="1 MUSD", year=2028)
    np.testing.assert_array_equal(reached, 0)


# ---- the channel from costs to paths


def test_paths_follow_what_is_expected_of_costs(found: tumen.Outcome, bare: tumen.Outcome) -> None:
    """A path is that without initiatives times the change of the flows in equilibrium, as it comes into force."""
    base = flows().sum(axis=0)
    solutions = {
        "rails": solved(found, "long", both_ways("AAA", "BBB", 0.9)),
        "toll": solved(found, "long", [("wares", "CCC", "BBB", 1.2)]),
    }
    force = {"rails": np.array([0, 0, 1 / 2, 1, 1, 1, 1, 1]), "toll": np.array([0, 0, 0, 1, 1, 1, 1, 1])}
    for path, (i, j) in {"with_one": (A, B), "with_three": (B, C)}.items():
        factor = np.ones((DRAWS, 8))
        for name, after in solutions.items():
            ratio = np.array([(e.trade[i, j] + e.trade[j, i]) / (base[i, j] + base[j, i]) for e in after])
            factor *= ratio[:, None] ** force[name]
        np.testing.assert_allclose(found.trade[path].flow / bare.trade[path].flow, factor, rtol=1e-7)
        for name, reported in found.trade[path].reported.items():
            np.testing.assert_allclose(reported / bare.trade[path].reported[name], factor, rtol=1e-7)
        for levels in (found, bare):
            np.testing.assert_array_equal(
                measured(levels, "trade.two_way", between=[COUNTRIES[i], COUNTRIES[j]]), levels.trade[path].flow
            )
    assert (found.trade["with_one"].flow[:, 3] > bare.trade["with_one"].flow[:, 3]).all()
    assert (found.trade["with_three"].flow[:, 3] < bare.trade["with_three"].flow[:, 3]).all()


def test_what_is_only_possible_moves_no_path(case: tumen.Case, bare: tumen.Outcome) -> None:
    asked = outcome(case, Plan(include=("isolation", "standing")))
    for name, path in bare.trade.items():
        np.testing.assert_array_equal(asked.trade[name].flow, path.flow)


def test_what_is_expected_of_sanctions_moves_paths(tmp_path: Path, bare: tumen.Outcome) -> None:
    expected = outcome(variant(tmp_path / "w", ("state: possible", "state: expected")), Plan(include=("isolation",)))
    ratio = expected.trade["with_one"].flow / bare.trade["with_one"].flow
    np.testing.assert_array_equal(ratio[:, :3], 1)
    assert (np.diff(ratio[:, 2:6], axis=1) < 0).all()  # a third of it in force in 2026, all of it in 2028


def test_no_lever_of_trade_moves_money_or_growth(found: tumen.Outcome, bare: tumen.Outcome) -> None:
    np.testing.assert_array_equal(found.ledger.amount, bare.ledger.amount)
    for name, path in found.worlds.paths.items():
        np.testing.assert_array_equal(path, bare.worlds.paths[name])


# ---- sizes and closures


def test_a_smaller_economy_loses_more(tmp_path: Path) -> None:
    """Output of 77, of which 27 is sold abroad: the loss is that of a table with half the domestic sales."""
    sized = (PROPORTIONAL[0], "    size: {BBB: 77 MUSD}\n" + PROPORTIONAL[1])
    found, plain = outcome(variant(tmp_path / "w", sized)), outcome(variant(tmp_path / "v", PROPORTIONAL))
    where = {"country": "BBB", "partners": ["AAA", "CCC"], "run": "long"}
    loss, trade = measured(found, "trade.loss_of_ties", **where), flows()
    trade[:, B, B] *= (77 - 27) / 100
    np.testing.assert_allclose(loss, autarky(trade, theta(found, "long")), **EXACT)
    assert (loss > measured(plain, "trade.loss_of_ties", **where)).all()


def test_a_deficit_that_is_tied_ends_with_the_tie(tmp_path: Path, found: tumen.Outcome) -> None:
    """Two buys 13 more from One than it sells there. Tied, that goes with the trade, so the cut is dearer."""
    tied = outcome(variant(tmp_path / "w", ("    growth: {AAA", "    tied: [[AAA, BBB]]\n    growth: {AAA")))
    where = {"country": "BBB", "partners": ["AAA"], "run": "long"}
    loss, plain = measured(tied, "trade.loss_of_ties", **where), measured(found, "trade.loss_of_ties", **where)
    assert (loss > plain + 0.05).all()
    others = outcome(variant(tmp_path / "v", PROPORTIONAL))
    assert (measured(others, "trade.loss_of_ties", **where) > plain + 0.05).all()


# ---- the words


def test_every_measure_of_the_equilibrium_has_a_test_here() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    names = [name for name in claims.MEASURES if name.startswith("trade.") and claims.MEASURES[name].costly]
    missing = [name for name in names if f'"{name}"' not in text and f'"{name.removeprefix("trade.")}"' not in text]
    assert not missing
    assert len(names) >= 15


def test_share_with_lifts_what_is_in_force(found: tumen.Outcome) -> None:
    plain = measured(found, "trade.share_with", country="CCC", partners=["AAA"])
    lifted = measured(found, "trade.share_with", country="CCC", partners=["AAA"], initiative="standing")
    assert (lifted[:, -1] > plain[:, -1]).all()


def test_measures_on_what_a_plan_leaves_out_say_so(case: tumen.Case) -> None:
    left_out = outcome(case, Plan(include=()))
    with pytest.raises(LookupError, match="the plan leaves out `isolation`"):
        measured(left_out, "trade.effect", initiative="isolation", country="AAA", run="long")


def test_shares_of_the_pressure_are_shapley_values_and_sum_to_one(found: tumen.Outcome) -> None:
    one, two = (
        measured(found, "trade.pressure_share", initiative="standing", member=who, run="long") for who in ("AAA", "BBB")
    )
    np.testing.assert_allclose(one + two, 1, rtol=1e-12)
    whole = measured(found, "trade.pressure", initiative="standing", run="long")
    alone = measured(found, "trade.pressure", initiative="standing", members=["AAA"], run="long")
    last = measured(found, "trade.pressure_lost", initiative="standing", member="AAA", run="long") * whole
    np.testing.assert_allclose(one * whole, (alone + last) / 2, rtol=1e-9)  # first or last, of two
