"""Each effect has one channel: move or switch it off, and see what moves and what does not.

The table of docs/design.md for delivery, settlement and the ledger, on the small case of `deliveries/`. What is said to
move must move; all else must stay the same to the last bit.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tumen
from delivery_support import FOLDER, YEARS, Array, outcome, variant
from tumen import study
from tumen._delivery_stage import deciding_gains, gate_states
from tumen._trade_stage import paid_for, with_deliveries
from tumen.initiatives import Delivery, Lines, Settlement
from tumen.uncertainty import Worlds


def account(*names: str, initiative: str | None = None) -> Callable[[tumen.Outcome], list[Array]]:
    """What is paid on some accounts, line by line."""

    def told(found: tumen.Outcome) -> list[Array]:
        lines = zip(found.ledger.lines, found.ledger.amount, strict=True)
        return [
            amount for line, amount in lines if line.account in names and initiative in (None, line.initiative)
        ]  # fmt: skip

    return told


def gains(found: tumen.Outcome) -> list[Array]:
    told = deciding_gains(found.inputs("line"), found.networks)
    return [told[name] for name in sorted(told)]


# What can be seen of an outcome, stage by stage.
SEEN: Mapping[str, Callable[[tumen.Outcome], Any]] = {
    "gates": lambda x: list(gate_states(x.case, x.worlds).values()),
    "game": lambda x: [x.networks["gas"].game().values],
    "gains": gains,
    "decided": lambda x: [x.timeline["line"].decided],
    "opened": lambda x: [x.timeline["line"].opened],
    "working": lambda x: [x.timeline["line"].working],
    "others": lambda x: [getattr(x.timeline[name], part) for name in ("spur", "cable")
                         for part in ("decided", "opened", "abandoned", "spent", "working")],
    "capital": account("capital"),
    "transit": account("transit"),
    "debt": account("debt", "debt service", "fund"),
    "carried": lambda x: [x.carried["gas"].on(link) for link in ("ships", "cable", "spur", "line")],
    "region": lambda x: list(x.carried["gas"].receipts("North")),
    "effect": lambda x: [x.respond(x.changes["customs"].shock, "long").flows],
    "trade": lambda x: [x.trade["field_city"].flow],
}  # fmt: skip

AFTER_OPENING = {"working", "transit", "carried", "region", "trade"}
AFTER_DECISION = {"opened", "capital"} | AFTER_OPENING

CHANNELS: Mapping[str, tuple[dict[str, float], set[str]]] = {
    "a delay": ({"line.delivery.delay": 3.0}, AFTER_DECISION),
    "an overrun": ({"line.delivery.overrun": 2.0}, {"capital"}),
    "what is given up": ({"line.delivery.completed": 0.3}, AFTER_DECISION),
    "capacity reached": ({"line.delivery.reached": 0.5}, AFTER_OPENING),
    "the ramp": ({"line.delivery.ramp": 5.0}, AFTER_OPENING),
    "the pace of decisions": ({"line.delivery.pace": 0.2}, {"decided"} | AFTER_DECISION),
    "a fee that leaves all gaining": ({"line.delivery.fee.BBB": 60.0}, {"gains", "transit"}),
    "a fee that does not": ({"line.delivery.fee.BBB": 1000.0}, {"gains", "decided"} | AFTER_DECISION),
    "worth that changes no mind": ({"line.delivery.worth.CCC": -20.0}, {"gains"}),
    "worth that does": ({"line.delivery.worth.CCC": -400.0}, {"gains", "decided"} | AFTER_DECISION),
    "money enough": ({"line.delivery.money.AAA": 5000.0}, set()),
    "too little money": ({"line.delivery.money.AAA": 900.0}, {"decided"} | AFTER_DECISION),
    "a gate for the decision": ({"thaw.rate": 0.1}, {"gates", "decided"} | AFTER_DECISION),
    "a gate for the use": ({"detente.rate": 5.0}, {"gates"} | AFTER_OPENING),
    "a stop": ({"storm.rate": 2.0}, {"others"} | AFTER_OPENING),
    "default on the debt": ({"default.rate": 2.0}, {"debt"}),
    "the haircut": ({"deal.haircut": 0.8}, {"debt"}),
    "costs of trade": ({"customs.cut": 0.2}, {"effect", "trade"}),
    "growth of trade beyond that of the two": ({"field_city.extra_growth": 0.05}, {"trade"}),
    "growth of an economy": ({"growth_a.long_run": 0.06}, {"trade"}),
    "dearer ships, which end no plan": ({"gas.links.ships.cost": 210e-9}, {"game", "gains", "region"}),
    "growth of demand": ({"gas.demand.heating.growth": 0.02}, {"gains", "carried", "region"}),
    "capital, where all gain and have it": ({"line.capex": 1900.0}, {"game", "gains", "capital"}),
}


@pytest.fixture(scope="module")
def case() -> tumen.Case:
    return tumen.load(FOLDER)


@pytest.fixture(scope="module")
def worlds(case: tumen.Case) -> Worlds:
    return study.draw(case, 1, 0, 64)


def seen(found: tumen.Outcome) -> dict[str, list[Array]]:
    return {name: look(found) for name, look in SEEN.items()}


@pytest.fixture(scope="module")
def base(case: tumen.Case, worlds: Worlds) -> dict[str, list[Array]]:
    return seen(outcome(case, worlds=worlds))


def moved(before: Mapping[str, list[Array]], after: Mapping[str, list[Array]]) -> set[str]:
    """What is no longer the same, bit by bit."""

    def same(a: list[Array], b: list[Array]) -> bool:
        return len(a) == len(b) and all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))

    return {name for name in before if not same(before[name], after[name])}


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_channel_moves_what_it_should_and_nothing_else(
    case: tumen.Case, worlds: Worlds, base: Mapping[str, list[Array]], channel: str
) -> None:
    levers, expected = CHANNELS[channel]
    assert moved(base, seen(outcome(case, levers, worlds=worlds))) == expected


def test_what_is_seen_is_all_there(base: Mapping[str, list[Array]]) -> None:
    """A comparison of nothing with nothing would always hold."""
    for name, parts in base.items():
        assert parts, name
        assert any(np.asarray(part).any() for part in parts), name
    assert np.isfinite(base["decided"][0]).any()
    assert np.isinf(base["decided"][0]).any()


LEFT_OUT: Mapping[str, tuple[str, set[str]]] = {
    # The option takes part in the bargain, and in nothing that happens.
    "an option": ("bypass", {"game", "gains"}),
    "a debt": ("deal", {"debt"}),
}


@pytest.mark.parametrize("channel", LEFT_OUT)
def test_an_initiative_left_out(
    case: tumen.Case, worlds: Worlds, base: Mapping[str, list[Array]], channel: str
) -> None:
    name, expected = LEFT_OUT[channel]
    assert moved(base, seen(outcome(case, worlds=worlds, without=(name,)))) == expected


def test_the_effect_on_trade_left_out(case: tumen.Case, worlds: Worlds, base: Mapping[str, list[Array]]) -> None:
    after = outcome(case, worlds=worlds, without=("customs",))
    looks = {name: look for name, look in SEEN.items() if name != "effect"}
    assert moved({name: base[name] for name in looks}, {name: look(after) for name, look in looks.items()}) == {"trade"}


def test_following_scales_trade_and_nothing_else(
    case: tumen.Case, worlds: Worlds, base: Mapping[str, list[Array]], tmp_path: Path
) -> None:
    alone = variant(tmp_path / "c", ("    follows: line\n", ""))
    before, after = outcome(case, worlds=worlds), outcome(alone, worlds=study.draw(alone, 1, 0, 64))
    assert moved(base, seen(after)) == {"trade"}
    bare = outcome(case, worlds=worlds, without=("customs",)).trade["field_city"].flow
    full, part = (np.log(x.trade["field_city"].flow / bare) for x in (after, before))
    in_force = np.array(YEARS) >= 2025
    np.testing.assert_allclose(part, np.where(in_force, full, 0) * before.timeline["line"].working, atol=1e-12)
    assert (full[:, in_force] > 0.1).all()


def test_without_delivery_a_line_brings_nothing_to_pass(
    worlds: Worlds, base: Mapping[str, list[Array]], tmp_path: Path
) -> None:
    """The line is an option then: bargained over all the same."""
    text = (FOLDER / "case.yaml").read_text(encoding="utf-8")
    start = text.index("    delivery:\n      like: pipelines\n      gates")
    end = text.index("  bypass:\n")
    claims = text[text.index("claims:\n") : text.index("  region_earns:\n")]
    case = variant(tmp_path / "c", (text[start:end], ""), (claims, "claims:\n"), ("    follows: line\n", ""))
    found = outcome(case, worlds=study.draw(case, 1, 0, 64))
    np.testing.assert_array_equal(found.networks["gas"].game().values, base["game"][0])
    assert set(found.timeline.courses) == {"cable", "spur"}
    assert not account("transit")(found)
    assert {line.initiative for line in found.ledger.lines if line.account == "capital"} == {"spur"}
    assert found.carried["gas"].on("line").sum() == 0


# ---- a mine, a programme and labour beside them

BESIDE = """  pit:
    kind: mine
    source: yearbook
    host: CCC
    ore: iron ore
    reserves: 100 Mt
    capacity: {lever: 2 Mt/yr, from: 1 Mt/yr, to: 4 Mt/yr}
    price: 100 USD/t
    off_take: {buyer: AAA}
    unit_cost: 40 USD/t
    capex: 300 MUSD
    equipment: {from: AAA, share: 60 %}
    start: 2025
    build: 2 yr
    owners: {AAA: 100 %}
    rate: 10 %/yr
  plan:
    kind: programme
    source: yearbook
    promiser: AAA
    promised: 600 MRUB
    start: 2024
    years: 3 yr
    inflation: 5 %/yr
    regions: {Far: 100 %}
    delivered: {lever: 50 %, from: 0 %, to: 100 %}
  crews:
    kind: labour_export
    source: yearbook
    home: BBB
    host: AAA
    workers: 10000 persons
    wage: {lever: 5000 USD/person/yr, from: 1000 USD/person/yr, to: 9000 USD/person/yr}
    withheld: 60 %
    start: 2024
"""
OWN = {"mine": "pit", "programme": "plan", "labour": "crews"}


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> tumen.Case:
    return variant(tmp_path_factory.mktemp("beside") / "c", ("claims:\n  in_time", f"{BESIDE}claims:\n  in_time"))


def with_own(found: tumen.Outcome) -> dict[str, list[Array]]:
    lines = list(zip(found.ledger.lines, found.ledger.amount, strict=True))
    return seen(found) | {
        label: [amount for line, amount in lines if line.initiative == name] for label, name in OWN.items()
    }  # fmt: skip


MORE = {
    "a mine": ({"pit.capacity": 3e6}, {"mine", "trade"}),
    "a programme's rate": ({"plan.delivered": 0.9}, {"programme"}),
    "wages": ({"crews.wage": 0.008}, {"labour"}),
}


@pytest.mark.parametrize("channel", MORE)
def test_what_stands_beside_moves_its_own(beside: tumen.Case, channel: str) -> None:
    levers, expected = MORE[channel]
    own = study.draw(beside, 1, 0, 64)
    before, after = with_own(outcome(beside, worlds=own)), with_own(outcome(beside, levers, worlds=own))
    assert all(before[label] for label in OWN)
    for label in ("capital", "transit", "debt"):  # the mine has lines of these names of its own
        before.pop(label)
        after.pop(label)
    assert moved(before, after) == expected


def test_what_is_only_waited_for_stays_as_it_is_declared(beside: tumen.Case, tmp_path: Path) -> None:
    """A mine with a ramp that the line waits for: the decision moves, the mine does not."""
    slow = BESIDE.replace("    rate: 10 %/yr\n", "    rate: 10 %/yr\n    ramp: 2 yr\n")
    added = ("claims:\n  in_time", f"{slow}claims:\n  in_time")
    cases = [
        variant(tmp_path / name, added, ("needs: [spur]", f"needs: {need}"))
        for name, need in (("a", "[spur]"), ("b", "[spur, pit]"), ("c", "[spur, crews]"))
    ]  # fmt: skip
    first, *others = (with_own(outcome(case, worlds=study.draw(case, 1, 0, 64))) for case in cases)
    for found in others:
        assert not moved(first, found) & {"mine", "labour", "programme"}
    assert (others[0]["decided"][0] >= first["decided"][0]).all()
    assert moved(first, others[0]) >= {"decided", "opened"}
    assert (others[0]["decided"][0] >= 2027).all()  # the pit is there in 2027


def test_deliveries_of_a_mine_add_to_trade_in_their_year(beside: tumen.Case, case: tumen.Case) -> None:
    """Sixty per cent of 300 go in as equipment, 2 Mt a year come out at 100: two ways of one pair's trade."""
    own = study.draw(beside, 1, 0, 64)
    found, bare = outcome(beside, worlds=own), outcome(beside, worlds=own, without=("pit",))
    added = found.trade["field_city"].flow - bare.trade["field_city"].flow
    assert added.sum(axis=1).min() > 180
    np.testing.assert_allclose(added[:, :2], 0, atol=1e-9)
    np.testing.assert_allclose(added[:, 2:4].sum(axis=1), 180, rtol=1e-9)
    np.testing.assert_allclose(added[:, -1], 200, rtol=1e-9)
    np.testing.assert_array_equal(bare.trade["field_city"].flow, outcome(case).trade["field_city"].flow)


# ---- settlement, on its own small case


def test_what_cannot_be_financed_is_cut_in_its_year_and_nothing_else() -> None:
    """Tighter credit cuts the pair's trade and moves the account; wages, debt and others' trade stay."""
    case = tumen.load(Path(__file__).parent / "clearings")
    own = study.draw(case, 1, 0, 64)

    def look(found: tumen.Outcome) -> dict[str, list[Array]]:
        lines = list(zip(found.ledger.lines, found.ledger.amount, strict=True))
        told = {name: [x for line, x in lines if line.initiative == name] for name in ("deal", "account", "labour")}
        return told | {name: [path.flow] for name, path in found.trade.items()}

    wide, tight = (outcome(case, {"account.limit": limit}, worlds=own) for limit in (1e8, 100.0))
    assert moved(look(wide), look(tight)) == {"account", "pair"}
    left_out = outcome(case, worlds=own, without=("account",))
    np.testing.assert_array_equal(left_out.trade["pair"].flow, wide.trade["pair"].flow)
    kept = tight.trade["pair"].flow / wide.trade["pair"].flow
    unpaid = tight.lines["account"].detail.kept < 1
    np.testing.assert_array_equal(kept < 1, unpaid)  # in the very years
    assert unpaid.any()
    assert not unpaid.all()
    assert (kept <= 1).all()


# ---- deliveries over borders and settlement, which meet the path of trade in this order


def test_deliveries_add_to_trade_and_what_cannot_be_paid_is_cut_in_the_same_year(
    case: tumen.Case, worlds: Worlds
) -> None:
    path, pair = outcome(case, worlds=worlds).trade["field_city"], ("AAA", "CCC")
    amount, kept = np.zeros(path.flow.shape), np.ones(path.flow.shape)
    amount[:, 5], kept[:, 7] = 40.0, 0.75
    brought = [Delivery("CCC", "AAA", "pipes", amount), Delivery("AAA", "BBB", "to others", amount)]
    more = with_deliveries(path, pair, brought, path)
    np.testing.assert_allclose(more.flow, path.flow + amount, rtol=1e-12)
    for name, told in path.reported.items():  # customs see of them what they see of the rest
        np.testing.assert_allclose(more.reported[name] / told, more.flow / path.flow, rtol=1e-12)
    settlements = {
        "rubles": Settlement(Lines(), {("CCC", "AAA"): kept}),
        "others": Settlement(Lines(), {("AAA", "BBB"): kept * 0}),
    }  # fmt: skip
    paid = paid_for(more, pair, settlements)
    np.testing.assert_array_equal(paid.flow, more.flow * kept)
    np.testing.assert_array_equal(paid.reported["customs"], more.reported["customs"] * kept)
    assert paid_for(path, pair, {}) is path
    assert with_deliveries(path, pair, (), path) is path
    # What makes trade dearer takes from deliveries too; what makes it cheaper adds nothing to them.
    for factor, left in ((0.8, 0.8), (1.25, 1.0)):
        then = dataclasses.replace(path, flow=path.flow * factor)
        np.testing.assert_allclose(with_deliveries(then, pair, brought, path).flow, then.flow + left * amount)
