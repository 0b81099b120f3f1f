"""The study: a case of two draws worked by hand, the channels of each effect, purity and the memory of stages."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

import tumen
from tumen import _chunks, claims, study
from tumen._load import load
from tumen.study import Memo, Plan
from tumen.trade import PANEL
from tumen.uncertainty import Worlds

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="module")
def golden() -> tumen.Case:
    return tumen.load(GOLDEN)


def two_draws(case: tumen.Case) -> Worlds:
    """The worlds of the golden case: payments go on in the first draw, and stop in 2015 in the second."""
    every = study.blueprint(case).distributions
    values = {name: np.full(2, float(d.median)) for name, d in every.items()}
    values |= {"project_cost": np.array([12.0, 12.0]), "price": np.array([0.3, 0.3])}
    values |= {
        "pair.volatility": np.full(2, PANEL.volatility),
        "pair.drift": np.zeros(2),
        "pair.offset_customs": np.zeros(2),
    }
    values |= {"pair.level": np.array([0.0, 1.0])}
    growth = np.array([[0.0, 0.1, 0.1, 0.1, 0.1]] * 2)
    paths = {"growth_a": growth, "growth_b": growth, "growth_w": growth}
    paths |= {"default": np.array([[0.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0, 0.0]])}
    years = len(case.years)
    noise = {"pair.shocks": np.zeros((2, 2, years)), "pair.reporting": np.zeros((1, 2, years))}
    noise |= {"deal.luck": np.zeros((2, 2, years))}
    return Worlds.by_hand(case.blueprint.clock, values, paths, noise)


def test_golden_case(golden: tumen.Case) -> None:
    """Every stage of the golden case against figures worked by hand.

    Debt. 100 owed, 60 written off in 2014, 40 left in four parts of 10 with 10 % a year on what is outstanding, by half
    years: 12, 11.5, 11 and 10.5 on 1 July 2014, 1 January and 1 July 2015, 1 January 2016; 45 in all.

    Draw 1, all paid: 12 in 2014, 22.5 in 2015, 10.5 in 2016. Debt: 100 - 60 + 2 - 12 = 30; 30 + 2.5 - 22.5 = 10;
    10 + 0.5 - 10.5 = 0. Fund, half of it at 10 %: 6; then 6.6 + 11.25 = 17.85, of which the bridge takes 12, leaves
    5.85; then 6.435 + 5.25 = 11.685; then 12.8535.

    Draw 2, nothing from 2015 on: debt 30; 30 + 2.5 = 32.5; 33; 33. Fund: 6; 6.6, all for the bridge; 0; 0.

    Without the deal 5 a year as long as the schedule runs, 15 in 2014-16. Relief at 0 %: 15 - 45 = -30 and 15 - 12 = 3.
    At a market price of 30 %: 30 - 45 = -15 and 30 - 12 = 18. At the market's exchange rate: 100 x 0.5 / 25 = 2. The
    fund has received, with interest, 6 + 0.6 + 11.25 + 0.585 + 5.25 + 1.1685 = 24.8535 by 2017, 2.071125 of the
    bridge's 12; in the second draw 6.6, that is 0.55.

    Trade. One figure, 100 in 2013. Joint growth is a + b - world, 0.1 a year in logs, of which trade makes 0.024 + 0.63
    x 0.1 = 0.087. With an offset of 0.14 and noise of 0.13 the level is known to sqrt(0.14^2 + 0.13^2) = 0.19105; a
    score of one moves it by that, and the offset, with which it must give the published figure back, by
    -0.14^2 / 0.19105 = -0.10259. What is left, 0.08846, was the noise of the one year. So customs report
    100 exp(0.087 n) in the first draw and 100 exp(0.08846 + 0.087 n) in the second, n years after 2013.
    """
    outcome = study.evaluate(golden, two_draws(golden))
    deal = outcome.lines["deal"].treatment
    assert deal is not None
    assert [day.isoformat() for day in deal.dates] == ["2014-07-01", "2015-01-01", "2015-07-01", "2016-01-01"]
    close = {"rtol": 1e-12, "atol": 1e-12}
    np.testing.assert_allclose(deal.due, [[12, 11.5, 11, 10.5]] * 2, **close)
    np.testing.assert_allclose(deal.paid, [[12, 11.5, 11, 10.5], [12, 0, 0, 0]], **close)
    np.testing.assert_allclose(deal.debt, [[100, 30, 10, 0, 0], [100, 30, 32.5, 33, 33]], **close)
    np.testing.assert_allclose(deal.fund_balance, [[0, 6, 5.85, 11.685, 12.8535], [0, 6, 0, 0, 0]], **close)
    np.testing.assert_allclose(deal.project_payments["bridge"], [[0, 0, 12, 0, 0], [0, 0, 6.6, 0, 0]], **close)

    ledger = outcome.ledger
    np.testing.assert_allclose(ledger.net("AAA", cash=True)[:, 1:4], [[6, 11.25, 5.25], [6, 0, 0]], **close)
    np.testing.assert_allclose(ledger.net("BBB", cash=True)[:, 1:4], [[-12, -22.5, -10.5], [-12, 0, 0]], **close)
    np.testing.assert_allclose(ledger.net("AAA", cash=False)[:, 1], [-60, -60], **close)
    players = {side for line in ledger.lines for side in (line.payer, line.payee)}
    np.testing.assert_allclose(sum(ledger.net(player) for player in players), 0, atol=1e-12)

    measured = (PANEL.offset_spread, PANEL.noise, PANEL.growth_intercept, PANEL.growth_elasticity)
    assert measured == (0.14, 0.13, 0.024, 0.63)
    level = np.hypot(0.14, 0.13)
    left, growth = 0.13**2 / level, 0.087
    n = np.array([1, 2, 3, 4])
    reported = outcome.trade["pair"].reported["customs"]
    np.testing.assert_allclose(outcome.trade["pair"].flow[:, 0], 100 * np.exp([0, level]), rtol=1e-7)
    np.testing.assert_allclose(reported[:, 0], 100, **close)
    np.testing.assert_allclose(reported[:, 1:], 100 * np.exp(np.array([[0], [left]]) + growth * n), rtol=1e-7)

    by_hand = {
        "trade": 100 * np.exp([4 * growth, 4 * growth + left]),
        "needed": [2**0.25 - 1] * 2,
        "relief": [-30, 3],
        "market": [-15, 18],
        "face": [2, 2],
        "fund": [11.685, 0],
        "cover": [2.071125, 0.55],
        "missed": [2017, 2015],
        "paid": [1, 12 / 45],
        "receipts": [6, 6],
    }
    for name, expected in by_hand.items():
        taken = claims.take(outcome, claims.question(golden, name))
        np.testing.assert_allclose(taken, expected, rtol=1e-7, err_msg=name)
    passed = {name: claims.met(claims.question(golden, name), np.array(v)).tolist() for name, v in by_hand.items()}
    assert passed["relief"] == [False, True]
    assert passed["cover"] == [True, False]
    assert passed["missed"] == [False, True]


def test_levers_move_the_golden_case(golden: tumen.Case) -> None:
    """A haircut of 80 % leaves 20: instalments halve. Extra growth of 10 % a year adds 0.1 a year to the log flow."""
    worlds = two_draws(golden)
    outcome = study.evaluate(golden, worlds, Plan(levers={"deal.haircut": 0.8, "pair.extra_growth": 0.1}))
    deal = outcome.lines["deal"].treatment
    assert deal is not None
    np.testing.assert_allclose(deal.due[0], [6, 5.75, 5.5, 5.25])
    np.testing.assert_allclose(outcome.trade["pair"].flow[0, 1:], 100 * np.exp(0.187 * np.arange(1, 5)), rtol=1e-7)


# ---- channels: switch one off or move it, and see what moves


@pytest.fixture(scope="module")
def case() -> tumen.Case:
    return load("russia-korea-2014", rehearse=False)


@pytest.fixture(scope="module")
def base(case: tumen.Case) -> tumen.Outcome:
    return study.evaluate(case, study.draw(case, 1, 0))


def paid(outcome: tumen.Outcome) -> np.ndarray:  # type: ignore[type-arg]
    treatment = outcome.lines["debt_write_off"].treatment
    assert treatment is not None
    return treatment.paid


def _brought(outcome: tumen.Outcome) -> np.ndarray:  # type: ignore[type-arg]
    """Where projects bring goods over the border themselves, (draw, year)."""
    course = outcome.timeline["musan"]
    return np.asarray((course.spent > 0) | (course.working > 0))


def assert_same_timeline(outcome: tumen.Outcome, base: tumen.Outcome) -> None:
    for name, course in base.timeline.courses.items():
        np.testing.assert_array_equal(outcome.timeline[name].working, course.working)


def test_growth_moves_trade_and_no_debt(case: tumen.Case, base: tumen.Outcome) -> None:
    outcome = study.evaluate(case, study.draw(case, 1, 0), Plan(levers={"russia_growth.start": 0.6}))
    flow, before = outcome.trade["two_way_trade"].flow, base.trade["two_way_trade"].flow
    assert (flow[:, -1] >= before[:, -1]).mean() > 0.95  # above all that is drawn
    np.testing.assert_array_equal(paid(outcome), paid(base))
    assert_same_timeline(outcome, base)


def test_extra_growth_moves_trade_and_no_debt(case: tumen.Case, base: tumen.Outcome) -> None:
    outcome = study.evaluate(case, study.draw(case, 1, 0), Plan(levers={"two_way_trade.extra_growth": 0.1}))
    years = np.array(case.years)
    ratio = outcome.trade["two_way_trade"].flow / base.trade["two_way_trade"].flow
    grown = np.exp(0.1 * np.maximum(years - 2013, 0))[None, :].repeat(256, axis=0)
    assert (ratio <= grown * (1 + 1e-9)).all()  # more of it cannot be paid for
    paid_for = [o.lines["ruble_clearing"].detail.kept == 1 for o in (outcome, base)]
    alone = ~_brought(base)  # what projects bring does not grow with the rest
    both = paid_for[0] & paid_for[1] & alone
    assert both.mean() > 0.2
    np.testing.assert_allclose(ratio[both], grown[both], rtol=1e-9)
    np.testing.assert_array_equal(paid(outcome), paid(base))
    assert_same_timeline(outcome, base)


def test_hazard_moves_payments_only(case: tumen.Case, base: tumen.Outcome) -> None:
    safe = study.evaluate(case, study.draw(case, 1, 0), Plan(scenario="pays_in_full"))
    treatment = safe.lines["debt_write_off"].treatment
    assert treatment is not None
    np.testing.assert_allclose(treatment.paid, treatment.due)
    assert (paid(safe) >= paid(base)).all()
    assert paid(base).sum() < 0.9 * paid(safe).sum()
    # Trade is touched only by what instalments leave to pay for imports.
    assert (safe.trade["two_way_trade"].flow <= base.trade["two_way_trade"].flow * (1 + 1e-9)).mean() > 0.95
    assert_same_timeline(safe, base)
    deadly = study.evaluate(case, study.draw(case, 1, 0), Plan(levers={"payment_default.rate": 50.0}))
    assert paid(deadly).sum() == 0


def test_fund_pays_from_its_balance(case: tumen.Case, base: tumen.Outcome) -> None:
    spent = study.evaluate(case, study.draw(case, 1, 0), Plan(scenario="fund_builds"))
    treatment, before = spent.lines["debt_write_off"].treatment, base.lines["debt_write_off"].treatment
    assert treatment is not None
    assert before is not None
    assert (treatment.fund_balance >= 0).all()
    totals = [t.fund_balance[:, -1] + sum(t.project_payments.values()).sum(axis=1) for t in (treatment, before)]
    np.testing.assert_allclose(*totals)
    assert treatment.project_payments["second_line"].sum() > 0
    np.testing.assert_array_equal(treatment.paid, before.paid)


def test_leaving_the_debt_out_takes_its_lines_alone(case: tumen.Case, base: tumen.Outcome) -> None:
    others = tuple(name for name in case.initiatives if name != "debt_write_off")
    outcome = study.evaluate(case, study.draw(case, 1, 0), Plan(include=others))
    lines = {line for line in base.ledger.lines if line.initiative not in {"debt_write_off", "ruble_clearing"}}
    assert {line for line in outcome.ledger.lines if line.initiative != "ruble_clearing"} == lines
    assert (outcome.trade["two_way_trade"].flow >= base.trade["two_way_trade"].flow * (1 - 1e-9)).mean() > 0.95
    assert_same_timeline(outcome, base)
    with pytest.raises(LookupError, match="leaves out"):
        claims.take(outcome, claims.question(case, "fund_2020"))


# ---- purity


def test_evaluate_is_pure_and_the_memo_changes_nothing(case: tumen.Case) -> None:
    worlds, memo = study.draw(case, 5, 3), Memo()
    plan = Plan(levers={"debt_write_off.haircut": 0.7})
    first = study.evaluate(case, worlds, plan, memo)
    study.evaluate(case, worlds, Plan(levers={"debt_write_off.haircut": 0.9}), memo)
    again, fresh = study.evaluate(case, worlds, plan, memo), study.evaluate(case, worlds, plan)
    for other in (again, fresh):
        np.testing.assert_array_equal(first.ledger.amount, other.ledger.amount)
        np.testing.assert_array_equal(first.trade["two_way_trade"].flow, other.trade["two_way_trade"].flow)
    shock = first.changes["ruble_settlement"].shock
    assert again.respond(shock, "long") is first.respond(shock, "long")  # the equilibrium was not solved again
    assert fresh.respond(shock, "long") is not first.respond(shock, "long")


def test_a_plan_is_refused_with_the_nearest_name(case: tumen.Case) -> None:
    worlds = study.draw(case, 1, 0, 8)
    with pytest.raises(LookupError, match=r"did you mean debt_write_off\.haircut"):
        study.evaluate(case, worlds, Plan(levers={"debt_write_of.haircut": 0.5}))
    with pytest.raises(LookupError, match="did you mean debt_write_off"):
        study.evaluate(case, worlds, Plan(include=("debt_writeoff",)))
    with pytest.raises(LookupError, match="did you mean pays_in_full"):
        study.evaluate(case, worlds, Plan(scenario="pays_in_ful"))


def test_pulling_one_assumption_out_changes_no_other_draw(tmp_path: Path) -> None:
    """Bar 7: add an assumption, take one out: all others keep their draws."""
    text = (GOLDEN / "case.yaml").read_text(encoding="utf-8")
    for file in GOLDEN.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    before = study.draw(tumen.load(tmp_path), 7, 2)
    more = text.replace("  price:", "  another: {normal: [1, 2]}\n  price:").replace(
        "stops_paying: default", "missed: 10 %"
    )
    (tmp_path / "case.yaml").write_text(
        more.replace("  default: {hazard: {events: 1, years: 10 yr}}\n", ""), encoding="utf-8"
    )
    after = study.draw(tumen.load(tmp_path), 7, 2)
    assert set(before.values) - set(after.values) == {"default.rate"}
    assert set(after.values) - set(before.values) == {"another", "deal.missed"}
    for name in set(before.values) & set(after.values):
        np.testing.assert_array_equal(before.values[name], after.values[name])
    for name in set(before.paths) & set(after.paths):
        np.testing.assert_array_equal(before.paths[name], after.paths[name])
    for name in set(before.noise) & set(after.noise):
        np.testing.assert_array_equal(before.noise[name], after.noise[name])


def test_outcomes_are_frozen(golden: tumen.Case) -> None:
    outcome = study.evaluate(golden, two_draws(golden))
    with pytest.raises(dataclasses.FrozenInstanceError):
        outcome.case = golden  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        outcome.ledger.amount[0, 0, 0] = 1.0


def test_what_an_engine_refuses_in_a_rare_world_is_a_problem_of_the_case(
    golden: tumen.Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ValueError("volatility: a draw is not a finite number above 0")

    monkeypatch.setattr(study, "evaluate", refuse)
    with pytest.raises(tumen.CaseError, match=r"golden: in a world of chunk 3 .* narrow the ranges"):
        _chunks.evaluate_chunk(golden, 1, 3)


def test_a_fund_is_no_player(tmp_path: Path) -> None:
    for file in GOLDEN.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    text = (GOLDEN / "case.yaml").read_text(encoding="utf-8")
    (tmp_path / "case.yaml").write_text(text.replace("name: fund", "name: AAA"), encoding="utf-8")
    with pytest.raises(tumen.CaseError, match="name of its own"):
        tumen.load(tmp_path)


def test_a_schedule_ends_within_the_horizon(tmp_path: Path) -> None:
    for file in GOLDEN.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    text = (GOLDEN / "case.yaml").read_text(encoding="utf-8")
    (tmp_path / "case.yaml").write_text(text.replace("years: 2 yr", "years: 9 yr"), encoding="utf-8")
    with pytest.raises(tumen.CaseError, match="runs to 2023, the horizon only to 2017"):
        tumen.load(tmp_path)


def test_the_horizon_beyond_the_schedule_changes_no_relief(tmp_path: Path) -> None:
    for file in GOLDEN.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    text = (GOLDEN / "case.yaml").read_text(encoding="utf-8")
    (tmp_path / "case.yaml").write_text(text.replace("2013..2017", "2013..2030"), encoding="utf-8")
    near, far = (tumen.run(tumen.load(folder), draws=256, workers=1) for folder in (GOLDEN, tmp_path))
    assert near.claims["relief"].median == pytest.approx(far.claims["relief"].median, rel=1e-12)
    assert near.claims["relief"].p95 == pytest.approx(far.claims["relief"].p95, rel=1e-12)
