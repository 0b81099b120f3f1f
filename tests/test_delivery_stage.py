"""Delivery within a case: one draw by hand through every stage, what can only hinder, shared hazards, what is carried.

The case: ten bcm a year go from a field to a city, cheapest first: by the line (6 bcm, 25 dollars), the cable (2, 30),
the spur (3, 50), a bypass that nobody is expected to build (4, 100), and ships (as much as is wanted, 200). Gas costs
60 at the wells and is worth 300.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tumen
from delivery_support import DRAWS, FOLDER, YEARS, Array, by_hand, measured, outcome, variant
from network_support import annuity
from tumen import study
from tumen._delivery_stage import deciding_gains, gate_states, timeline
from tumen.delivery import Course, Gate
from tumen.errors import UnknownName
from tumen.initiatives import Inputs
from tumen.study import Memo

LINE, SPUR, BYPASS = 2000 * annuity(0.1, 20, 2), 100 * annuity(0.1, 30, 1), 200 * annuity(0.1, 20, 2)
CLOSE: dict[str, Any] = {"rtol": 1e-9, "atol": 1e-9}
SOLVED: dict[str, Any] = {"rtol": 1e-6, "atol": 1e-6}


@pytest.fixture(scope="module")
def case() -> tumen.Case:
    return tumen.load(FOLDER)


@pytest.fixture(scope="module")
def hand(case: tumen.Case) -> tumen.Outcome:
    return outcome(case, worlds=by_hand(case))


@pytest.fixture(scope="module")
def base(case: tumen.Case) -> tumen.Outcome:
    return outcome(case)


def row(**by_year: float) -> Array:
    """(1, year) with these values, `y2030=1`, and nothing else."""
    found = np.zeros((1, len(YEARS)))
    for year, value in by_year.items():
        found[0, int(year[1:]) - YEARS[0]] = value
    return found


def inputs_of(found: tumen.Outcome) -> dict[str, Inputs]:
    return {name: found.inputs(name) for name in found.case.initiatives}


# ---- one draw by hand


def test_who_gains(hand: tumen.Outcome) -> None:
    """Field and city alone reach 2,400 less 60 + 150 + 400 + 200 for cable, spur, bypass and one bcm by ships; with
    the pass 2,400 less 150 + 60 + 100 for line, cable and two bcm by the spur. All three divide the difference. The
    pass gets the fee of 50 in place of its third, the others half of the rest each; the city dislikes it by 10."""
    alone = 2400 - 810 - SPUR - BYPASS
    third = (2400 - 310 - SPUR - LINE - alone) / 3
    half = (third - 50) / 2
    gains = deciding_gains(hand.inputs("line"), hand.networks)
    expected = {"AAA": third + half, "BBB": 50.0, "CCC": third + half - 10}
    assert set(gains) == set(expected)
    for player, value in expected.items():
        np.testing.assert_allclose(gains[player], value, **SOLVED)
    told = {item.label: item.values for item in _figures(hand)}
    np.testing.assert_allclose(told["Gain of City"], expected["CCC"], **SOLVED)
    assert told["All who decide gain"] == 1


def test_who_gains_by_the_spur(hand: tumen.Outcome) -> None:
    """Without it field and city pay 60 + 400 + 800, and with the pass 150 + 60 + 200, by the bypass in both."""
    alone = (2400 - 810 - SPUR - BYPASS) - (2400 - 1260 - BYPASS)
    together = (2400 - 310 - SPUR - LINE) - (2400 - 410 - BYPASS - LINE)
    for value in deciding_gains(hand.inputs("spur"), hand.networks).values():
        np.testing.assert_allclose(value, alone / 2 + (together - alone) / 3, **SOLVED)


def _figures(found: tumen.Outcome):  # type: ignore[no-untyped-def]
    from tumen.claims import _delivery

    return _delivery.decided_figures(found, initiative="line")


def test_gates_decision_and_opening(hand: tumen.Outcome) -> None:
    """The thaw of 2025 opens the border, so that the line can be decided from 2026 on, at half a decision a year. The
    luck of 2026 asks for log 2 of a wait, more than half of a year's; that of 2027 for a quarter, half a year. Building
    takes 2 years, and half of that again: it opens in the middle of 2030."""
    states = gate_states(hand.case, hand.worlds)
    np.testing.assert_array_equal(states["border"][0], [2025 <= year < 2034 for year in YEARS])
    np.testing.assert_array_equal(states["banks"][0], [year < 2034 for year in YEARS])
    expected = {"cable": (2010, 2011), "spur": (2024, 2025), "line": (2027.5, 2030.5)}
    assert set(hand.timeline.courses) == set(expected)
    for name, dates in expected.items():
        course = hand.timeline[name]
        np.testing.assert_allclose([course.decided[0], course.opened[0]], dates, **CLOSE)
        assert course.abandoned[0] == np.inf
    assert measured(hand, "delivery.decided", initiative="line") == 2027
    assert measured(hand, "delivery.completed", initiative="line") == 2030
    np.testing.assert_array_equal(measured(hand, "delivery.gate_open", gate="border"), states["border"])


# Capacity rises over two years to nine tenths of what was planned, on a straight line from 2030.5 on: a mean of 1/16 in
# 2030, of a half in 2031, of 7/16 + 1/2 in 2032. In 2033 the storm takes a quarter of a year; in 2034 the crisis shuts
# the banks, from the middle of the year as far as is known.
WORKING = row(y2030=0.9 / 16, y2031=0.45, y2032=0.9 * 15 / 16, y2033=0.9 * 0.75, y2034=0.9 * 0.5)
# Three years of building, 2027.5 to 2030.5, at 1.3 of the capital.
SPENT = 1.3 / 3 * row(y2027=0.5, y2028=1, y2029=1, y2030=0.5)
CABLE = np.ones((1, len(YEARS))) - row(y2033=0.5)
SPUR_WORKS = np.array([[float(year >= 2025) for year in YEARS]])


def test_what_works_and_what_is_spent(hand: tumen.Outcome) -> None:
    np.testing.assert_allclose(hand.timeline["line"].working, WORKING, **CLOSE)
    np.testing.assert_allclose(hand.timeline["line"].spent, SPENT, **CLOSE)
    np.testing.assert_allclose(hand.timeline["cable"].working, CABLE, **CLOSE)
    np.testing.assert_allclose(hand.timeline["spur"].working, SPUR_WORKS, **CLOSE)
    np.testing.assert_array_equal(measured(hand, "delivery.working", initiative="line"), hand.timeline["line"].working)
    np.testing.assert_allclose(measured(hand, "delivery.cost", initiative="line"), 2600, **CLOSE)


def test_what_is_carried(hand: tumen.Outcome) -> None:
    """With the cable there the line takes three bcm from ships, and one from the spur. In 2033 for 0.325 of the year
    only the spur works, for 0.175 the line too, for a half the cable too."""
    carried = hand.carried["gas"]
    assert carried.expected == ("cable", "spur", "line")
    line, full = WORKING, 1 - row(y2033=1)
    np.testing.assert_allclose(carried.on("line"), 6 * line, **SOLVED)
    np.testing.assert_allclose(carried.on("cable"), 2 * CABLE, **SOLVED)
    spur = full * SPUR_WORKS * (3 - line) + row(y2033=0.325 * 3 + 0.175 * 3 + 0.5 * 2)
    np.testing.assert_allclose(carried.on("spur"), spur, **SOLVED)
    ships = full * (8 - 3 * SPUR_WORKS - 5 * line) + row(y2033=0.325 * 7 + 0.175 * 1)
    np.testing.assert_allclose(carried.on("ships"), ships, **SOLVED)
    np.testing.assert_allclose(carried.before["ships"], 10 - 2 * CABLE, **SOLVED)
    assert set(carried.before) == {"ships", "cable"}


def test_what_the_region_earns(hand: tumen.Outcome) -> None:
    """Half of each link counts in the north, as far as the field owns it: half of line, cable and ships, all of the
    spur. What stands would earn the field a quarter of 30 a bcm by the cable and of 200 by ships."""
    carried = hand.carried["gas"]
    after = 25 * carried.on("line") + 30 * carried.on("cable") + 200 * carried.on("ships")
    after = after / 4 + 50 * carried.on("spur") / 2
    before = (30 * 2 * CABLE + 200 * (10 - 2 * CABLE)) / 4
    np.testing.assert_allclose(measured(hand, "corridor.region_receipts", region="North"), after - before, **SOLVED)
    north = measured(hand, "corridor.region_traffic", network="gas", region="North", good="gas")
    np.testing.assert_allclose(north, 0, atol=1e-6)  # ten bcm leave by whichever way


def test_the_ledger(hand: tumen.Outcome) -> None:
    """Both owners pay half of 2,000, at 1.3, as it is spent, and of the fee, as far as the line works; the field pays
    100 for the spur in 2024. The debt is that of the golden case: 22.5 to the fund, 22.5 to the field."""
    ledger = hand.ledger
    np.testing.assert_allclose(ledger.payments("CCC", account="capital"), 1000 * SPENT, **CLOSE)
    np.testing.assert_allclose(ledger.payments("AAA", account="capital"), 1000 * SPENT + row(y2024=100), **CLOSE)
    for owner in ("AAA", "CCC"):
        np.testing.assert_allclose(ledger.payments(owner, account="transit"), 25 * WORKING, **CLOSE)
    np.testing.assert_allclose(ledger.receipts("BBB", account="transit"), 50 * WORKING, **CLOSE)
    received = row(y2024=6, y2025=11.25, y2026=5.25)
    np.testing.assert_allclose(ledger.receipts("AAA", account="debt service"), received, **CLOSE)
    np.testing.assert_allclose(ledger.payments("BBB", account="fund"), received, **CLOSE)
    net = {name: ledger.net(name, cash=True).sum() for name in ("AAA", "BBB", "CCC", "builders", "bridge")}
    paid = 50 * WORKING.sum()
    expected = {
        "AAA": -1300 - 100 - paid / 2 + 22.5, "BBB": paid - 45, "CCC": -1300 - paid / 2, "builders": 2700, "bridge": 12,
    }  # fmt: skip
    assert net == pytest.approx(expected, rel=1e-12)
    totals = {account: hand.ledger.select(account=account).amount.sum() for account in ("capital", "transit")}
    assert totals == pytest.approx({"capital": 2700, "transit": paid}, rel=1e-12)
    np.testing.assert_allclose(measured(hand, "money.net", player="BBB", currency="USD"), ledger.net("BBB", cash=True))


def test_the_effect_on_trade(hand: tumen.Outcome) -> None:
    """Customs get a tenth cheaper as far as the line works: the change in full force to that power."""
    bare = outcome(hand.case, worlds=by_hand(hand.case), without=("customs",))
    change = hand.changes["customs"]
    np.testing.assert_allclose(change.in_force, WORKING, **CLOSE)
    assert hand.world is not None
    a, c = hand.world.country("AAA"), hand.world.country("CCC")
    after, before = hand.respond(change.shock, "long").flows.sum(axis=1)[0], hand.world.base.flows.sum(axis=0)
    full = (after[a, c] + after[c, a]) / (before[a, c] + before[c, a])
    assert full > 1.2
    ratio = hand.trade["field_city"].flow / bare.trade["field_city"].flow
    np.testing.assert_allclose(ratio, full**WORKING, rtol=1e-9)
    growth = 0.024 + 0.63 * 0.1  # of trade, from that of both less the world's
    np.testing.assert_allclose(
        bare.trade["field_city"].flow[0], 100 * np.exp(growth * np.arange(len(YEARS))), rtol=1e-7
    )  # fmt: skip


def test_worth_at_the_date(hand: tumen.Outcome) -> None:
    """The pass has a third of what all gain while the line works, 400 less 57 by the bypass a year; it lays a third of
    the capital on it. Beyond the horizon as in its last year."""
    rate, third = np.log(1.1), (2400 - 310 - SPUR - (2400 - 810 - SPUR - BYPASS)) / 3
    middle = np.exp(-rate * np.maximum(np.array(YEARS) + 0.5 - 2024, 0)) * (np.array(YEARS) >= 2024)
    earned = third * (WORKING[0] * middle).sum()
    left = 2030.5 + 20 - 2035
    stops = 1 - 1 / (1 + hand.worlds.values["storm.rate"][0] * 0.25)
    beyond = third * 0.45 * (1 - stops) * np.exp(-rate * 11) * (1 - np.exp(-rate * left)) / rate
    spent = 2000 / 3 * (SPENT[0] * middle).sum()
    npv = measured(hand, "delivery.npv", initiative="line", player="BBB")
    np.testing.assert_allclose(npv, earned + beyond - spent, rtol=1e-5)
    lost = measured(hand, "delivery.lost_to_stops", initiative="line")
    np.testing.assert_allclose(lost, 3 * third * 0.9 * 0.25 * middle[2033 - YEARS[0]], rtol=1e-5)


def test_what_is_given_up_is_paid_as_far_as_it_went(case: tumen.Case) -> None:
    """With a luck of 0 and a half to be completed it is given up halfway, in 2029, with half of the money gone."""
    worlds = by_hand(case, **{"line.delivery.completed": 0.4})
    noise = {name: values.copy() for name, values in worlds.noise.items()}
    noise["line.delivery"][1:] = 0.0
    given = worlds.by_hand(case.blueprint.clock, worlds.values, worlds.paths, noise)
    found = outcome(case, worlds=given)
    course = found.timeline["line"]
    assert (course.abandoned[0], course.opened[0]) == (2029.0, np.inf)
    np.testing.assert_allclose(found.ledger.payments("CCC", account="capital").sum(), 650, **CLOSE)
    assert found.ledger.payments("CCC", account="transit").sum() == 0
    assert found.carried["gas"].on("line").sum() == 0
    assert measured(found, "delivery.completed", initiative="line") == 2035
    assert measured(found, "delivery.npv", initiative="line", player="BBB") < 0


# ---- what can only hinder


def decided(found: tumen.Outcome) -> Array:
    return np.asarray(found.timeline["line"].decided)


def opened(found: tumen.Outcome) -> Array:
    return np.asarray(found.timeline["line"].opened)


HINDERING = {
    "line.delivery.fee.BBB": (0.0, 400.0, 1), "gas.links.ships.cost": (60e-9, 230e-9, -1),
    "line.delivery.money.AAA": (0.0, 2000.0, -1), "line.delivery.worth.CCC": (-300.0, 0.0, -1),
    "line.capex": (500.0, 8000.0, 1), "line.delivery.pace": (0.0, 5.0, -1), "thaw.rate": (0.01, 3.0, -1),
}  # fmt: skip


@pytest.mark.parametrize("lever", HINDERING)
@given(data=st.data())
@settings(max_examples=6)
def test_nothing_that_hinders_brings_a_decision(case: tumen.Case, lever: str, data: st.DataObject) -> None:
    """A higher fee, cheaper ships, less money, less worth, dearer building, a slower pace, fewer thaws: later or not at
    all, in every draw. Ships and fee move the decision through what players gain, and only so."""
    low, high, sign = HINDERING[lever]
    values = sorted(data.draw(st.lists(st.floats(low, high), min_size=2, max_size=2)), key=lambda x: sign * x)
    easier, harder = (outcome(case, {lever: value}, draws=32) for value in values)
    assert (decided(harder) >= decided(easier)).all()
    assert (opened(harder) >= opened(easier)).all()


@pytest.mark.parametrize(
    ("lever", "low", "high"),
    [
        ("line.delivery.fee.BBB", 50.0, 300.0), ("gas.links.ships.cost", 200e-9, 80e-9),
        ("line.delivery.money.AAA", 1000.0, 999.0), ("line.delivery.worth.CCC", 0.0, -200.0),
    ],
)  # fmt: skip
def test_each_of_them_can_end_it(case: tumen.Case, base: tumen.Outcome, lever: str, low: float, high: float) -> None:
    assert np.isfinite(decided(outcome(case, {lever: low}))).any()
    assert np.isinf(decided(outcome(case, {lever: high}))).all()


def test_a_gate_that_starts_closed_only_hinders(case: tumen.Case, base: tumen.Outcome) -> None:
    thawed = outcome(case, scenario="thawed")
    assert (decided(base) >= decided(thawed)).all()
    assert (decided(base) > decided(thawed)).any()
    kept_shut = outcome(case, {"thaw.rate": 0.0})
    assert np.isinf(decided(kept_shut)).all()


def test_the_fee_is_due_to_the_last_dollar(case: tumen.Case) -> None:
    """The others gain nothing more at a fee of their thirds and the pass's, less what the city dislikes."""
    third = (400 + 100 + BYPASS - LINE) / 3
    most = 3 * third - 2 * 10
    for fee, wanted in ((most - 0.01, True), (most + 0.01, False)):
        found = outcome(case, {"line.delivery.fee.BBB": fee}, worlds=by_hand(case))
        assert np.isfinite(decided(found)[0]) == wanted


def test_what_needs_something_left_out_is_never_decided(case: tumen.Case, base: tumen.Outcome) -> None:
    found = outcome(case, without=("spur",))
    assert np.isfinite(decided(base)).any()
    assert np.isinf(decided(found)).all()
    assert "spur" not in found.timeline.courses
    assert found.carried["gas"].on("line").sum() == 0
    assert found.ledger.payments("CCC", account="capital").sum() == 0
    np.testing.assert_array_equal(found.changes["customs"].in_force, 0)


def test_it_is_decided_after_what_it_needs(base: tumen.Outcome) -> None:
    needed, line = base.timeline["spur"], base.timeline["line"]
    found = np.isfinite(line.decided)
    assert (line.decided[found] >= needed.opened[found]).all()
    assert np.isinf(line.decided[np.isinf(needed.opened)]).all()


# ---- hazards that are shared


RATES = {"thaw.rate": 0.5, "detente.rate": 0.3, "crisis.rate": 0.4, "storm.rate": 0.3}
CHUNKS, SIZE = 16, 256


@pytest.fixture(scope="module")
def many(case: tumen.Case) -> list[tumen.Outcome]:
    return [outcome(case, RATES, worlds=study.draw(case, 3, chunk, SIZE)) for chunk in range(CHUNKS)]


def test_gates_open_as_the_formula_says(many: list[tumen.Outcome]) -> None:
    states = [gate_states(found.case, found.worlds) for found in many]
    error = 4 * 0.5 / np.sqrt(CHUNKS * SIZE)
    since = np.maximum(np.array(YEARS) + 1 - 2024, 0)
    shares = {"border": Gate(False, 0.5, 0.4), "banks": Gate(True, 0.3, 0.4)}
    for name, gate in shares.items():
        simulated = np.mean([state[name].mean(axis=0) for state in states], axis=0)
        np.testing.assert_allclose(simulated, gate.share_open(since), atol=error)
    p, q = (gate.in_the_long_run for gate in shares.values())
    both = np.mean([(state["border"] & state["banks"])[:, -1].mean() for state in states])
    expected = (0.5 * q + 0.3 * p) / (0.5 + 0.3 + 0.4)
    assert both == pytest.approx(expected, abs=error)
    assert expected - p * q > 2 * error  # gates with crises of their own would differ by more than chance


def test_a_storm_stops_both(many: list[tumen.Outcome]) -> None:
    """In the year in which it comes: the cable for its half, the line for a quarter."""
    stopped = 0
    for found in many:
        storm = found.worlds.paths["storm"] > 0
        np.testing.assert_array_equal(found.timeline["cable"].working, 1 - 0.5 * storm)
        there = found.timeline["line"].opened[:, None] + 2 <= np.array(YEARS)
        states = gate_states(found.case, found.worlds)["banks"]
        begins = np.concatenate([np.ones((SIZE, 1), dtype=bool), states[:, :-1]], axis=1)
        expected = 0.9 * (1 - 0.25 * storm) * (begins * 0.5 + states * 0.5)
        np.testing.assert_allclose(found.timeline["line"].working[there], expected[there], **CLOSE)
        stopped += int((storm & there).sum())
    assert stopped > 500
    hit = np.mean([(found.timeline["cable"].working[:, -1] < 1).mean() for found in many])
    assert hit == pytest.approx(1 - np.exp(-0.3), abs=4 * 0.5 / np.sqrt(CHUNKS * SIZE))


# ---- options


def test_an_option_is_bargained_over_and_never_expected(case: tumen.Case, base: tumen.Outcome) -> None:
    carried = base.carried["gas"]
    assert "bypass" not in base.timeline.courses
    assert "bypass" not in carried.expected
    assert "bypass" not in carried.flows
    np.testing.assert_array_equal(carried.on("bypass"), np.zeros((DRAWS, len(YEARS))))
    with pytest.raises(UnknownName, match="did you mean bypass"):
        carried.on("bypas")
    assert {line.initiative for line in base.ledger.lines} == {"spur", "line", "deal"}
    # It is what field and city could do without the pass, so it takes from the pass.
    gains = [deciding_gains(x.inputs("line"), x.networks)["AAA"] for x in (base, outcome(case, without=("bypass",)))]
    np.testing.assert_allclose(gains[1] - gains[0], (400 - BYPASS) / 2, **SOLVED)
    np.testing.assert_array_equal(decided(base), decided(outcome(case, without=("bypass",))))


def test_measures_say_that_an_option_has_no_date(case: tumen.Case, tmp_path: Path) -> None:
    with pytest.raises(tumen.CaseError, match="`bypass` has no `delivery`"):
        variant(tmp_path / "c", ("measure: delivery.completed\n    where: {initiative: line}",
                                 "measure: delivery.completed\n    where: {initiative: bypass}"))  # fmt: skip


# ---- the same again


def content(found: tumen.Outcome) -> dict[str, bytes]:
    """All that the stages of an outcome say, in bytes."""
    told = {f"{name}.{part}": getattr(course, part) for name, course in found.timeline.courses.items()
            for part in course.__slots__}  # fmt: skip
    told |= dict(found.carried["gas"].flows) | {"ledger": found.ledger.amount, "trade": found.trade["field_city"].flow}
    return {name: np.ascontiguousarray(values).tobytes() for name, values in told.items()}


def test_two_evaluations_give_the_same_bytes(case: tumen.Case, base: tumen.Outcome) -> None:
    memo = Memo()
    again, kept = outcome(case), [outcome(case, memo=memo) for _ in range(2)]
    outcome(case, {"line.delivery.delay": 3.0}, memo=memo).timeline  # noqa: B018
    for other in (again, *kept, outcome(case, memo=memo)):
        assert content(other) == content(base)


def test_what_is_asked_first_changes_nothing(case: tumen.Case, base: tumen.Outcome) -> None:
    other = outcome(case)
    trade = other.trade["field_city"].flow  # before all the rest
    np.testing.assert_array_equal(trade, base.trade["field_city"].flow)
    assert content(other) == content(base)


@pytest.mark.parametrize("only", [("spur",), ("line",), ("cable", "line"), ("customs",), ("nothing",), ()])
def test_a_part_of_the_timeline_is_as_in_the_whole(base: tumen.Outcome, only: tuple[str, ...]) -> None:
    part = timeline(base.case, base.worlds, inputs_of(base), base.networks, Memo(), only)
    wanted = {"line": {"spur", "line"}, "spur": {"spur"}, "cable": {"cable"}}
    assert set(part.courses) == set().union(*(wanted.get(name, set()) for name in only))
    for name, course in part.courses.items():
        for what in Course.__slots__:
            np.testing.assert_array_equal(getattr(course, what), getattr(base.timeline[name], what))


# ---- reference classes


def test_what_is_left_out_is_as_in_the_class(case: tumen.Case) -> None:
    """The completed pipelines: 4 of 5 more, from a half each; the overrun as printed; the source comes with it."""
    spur = case.initiatives["spur"].delivery
    assert spur is not None
    assert spur.completed is not None
    assert spur.overrun is not None
    assert repr(spur.completed.distribution) == "beta(4.5, 1.5, 0, 1)"
    assert spur.overrun.source == ("class-pipelines",)
    assert "412 gas and oil pipelines" in case.sources["class-pipelines"].note
    assert spur.pace is None  # nobody printed it: it is decided at once
    line = case.initiatives["line"].delivery
    assert line is not None
    assert line.overrun is not None
    assert line.overrun.central == 1.3  # what is given stands
