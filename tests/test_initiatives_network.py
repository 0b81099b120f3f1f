"""Pipelines, railways and capacity on a network, against closed forms.

The transit game: field and city reach L by ships, with the pass between them P by the line, nobody anything else. The
Shapley value gives the pass (P - L)/3 and the others L/2 more, the nucleolus a third of P each where L <= P/3.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tumen
from network_support import (
    DRAWS,
    FOLDER,
    RATE,
    SQUEEZED,
    Array,
    annuity,
    by_line,
    by_sea,
    measured,
    outcome,
    variant,
    wells,
)  # fmt: skip
from tumen.errors import UnknownName

A, B, C, ALL = 0b001, 0b010, 0b100, 0b111
LINE = 2000 * annuity(RATE, 20, 2)
RAILS = 1000 * annuity(RATE, 20, 2)
ROAD = 50 * annuity(RATE, 10, 1)
DAY = 20000 * (0.01 + 0.073 / 365)  # what a day costs a box, USD
EXACT: dict[str, Any] = {"rtol": 1e-8}
DATE = 2024 + 182 / 366


@pytest.fixture(scope="module")
def case() -> tumen.Case:
    return tumen.load(FOLDER)


@pytest.fixture(scope="module")
def found(case: tumen.Case) -> tumen.Outcome:
    return outcome(case)


# ---- a network in every draw


def test_the_transit_game(found: tumen.Outcome) -> None:
    values = found.networks["gas"].game().values
    np.testing.assert_allclose(values[:, ALL], by_line(found), rtol=1e-6)
    np.testing.assert_allclose(values[:, A | C], by_sea(found), **EXACT)
    np.testing.assert_array_equal(values[:, [0, A, B, C, A | B, B | C]], 0)


def test_without_a_line(found: tumen.Outcome) -> None:
    prospect = found.networks["gas"].without("line")
    np.testing.assert_allclose(prospect.game().values[:, [A | C, ALL]], by_sea(found)[:, None] * [1, 1], **EXACT)
    np.testing.assert_allclose(prospect.solution().surplus, by_sea(found), **EXACT)
    assert [link.name for link in prospect.network.links] == ["ships", "lane"]
    with pytest.raises(LookupError, match="leaves out `line`"):
        prospect.addition("line")
    assert prospect.without("line", "nothing_of_this_name") is prospect


def test_sunk_capital_is_no_longer_at_stake(found: tumen.Outcome) -> None:
    prospect = found.networks["gas"].sunk("line")
    values = prospect.game().values
    np.testing.assert_allclose(values[:, ALL], by_line(found) + LINE, rtol=1e-6)
    np.testing.assert_allclose(values[:, A | C], by_sea(found), **EXACT)
    np.testing.assert_allclose(prospect.solution().surplus, by_line(found) + LINE, rtol=1e-6)


def test_another_year_has_other_quantities(found: tumen.Outcome) -> None:
    """Demand grows by 3 % a year; there are 12 bcm a year of free gas and of room in the line."""
    prospect = found.networks["gas"]
    then = prospect.at(2029)
    np.testing.assert_allclose(then.figure("demand.heating.quantity"), 10 * 1.03**5)
    np.testing.assert_allclose(then.game().values[:, ALL], by_line(found, 10 * 1.03**5), rtol=1e-6)
    np.testing.assert_allclose(prospect.at(2034).game().values[:, A | C], by_sea(found, 12), **EXACT)
    assert prospect.at(2024) is prospect
    years = np.linspace(2024, 2029, DRAWS)
    np.testing.assert_allclose(prospect.at(years).figure("demand.heating.quantity"), 10 * 1.03 ** (years - 2024))


def test_squeezed(found: tumen.Outcome) -> None:
    """A fifth less is wanted, and capital costs five per cent more."""
    few = np.full(DRAWS, 0.2)
    prospect = found.networks["gas"].squeezed({"heating": few}, few / 4)
    values = prospect.game().values
    np.testing.assert_allclose(values[:, ALL], by_line(found, 8, 0.15), rtol=1e-6)
    np.testing.assert_allclose(values[:, A | C], by_sea(found, 8), **EXACT)
    with pytest.raises(UnknownName, match="did you mean heating"):
        prospect.squeezed({"heatin": few}, few)


def test_lacking_a_player(found: tumen.Outcome) -> None:
    prospect = found.networks["gas"]
    without_pass = prospect.lacking("BBB")
    assert without_pass.spec.players == ("AAA", "CCC")
    assert not without_pass.additions
    np.testing.assert_allclose(without_pass.game().values[:, 0b11], by_sea(found), **EXACT)
    without_field = prospect.lacking("AAA")
    assert [node.name for node in without_field.base.nodes] == ["city", "sea"]
    np.testing.assert_array_equal(without_field.game().values, 0)


def test_what_is_common_is_open_to_all(case: tumen.Case) -> None:
    """At 130 dollars abroad, freight paid, the field alone earns something: with nobody."""
    found = outcome(case, gas__options__abroad__price=130e-9)
    values = found.networks["gas"].game().values
    np.testing.assert_allclose(values[:, A], 4 * (130 - 30 - wells(found)), **EXACT)
    np.testing.assert_array_equal(values[:, [B, C, B | C]], 0)


def test_a_plan_leaves_out_what_it_does_not_name(case: tumen.Case) -> None:
    prospect = outcome(case, DRAWS, ("rails",)).networks["gas"]
    assert not prospect.additions
    with pytest.raises(LookupError, match="leaves out `line`"):
        measured(outcome(case, DRAWS, ("rails",)), "corridor.net_gain", initiative="line")


# ---- bargains


def test_the_fee_is_a_third_or_half_of_what_the_line_gains(found: tumen.Outcome) -> None:
    rent = by_line(found) - by_sea(found)
    fee = measured(found, "bargain.fee", initiative="line", player="BBB", solution="shapley")
    np.testing.assert_allclose(fee, rent / 3, rtol=1e-6)
    fee = measured(found, "bargain.fee", initiative="line", player="BBB", solution="nucleolus")
    assert (by_sea(found) <= by_line(found) / 3).all()
    np.testing.assert_allclose(fee, by_line(found) / 3, rtol=1e-6)
    cheap = outcome_of_cheap_ships(found.case)
    rent = by_line(cheap) - (by_sea(cheap) + 10 * 120)
    fee = measured(cheap, "bargain.fee", initiative="line", player="BBB", solution="nucleolus")
    np.testing.assert_allclose(fee, rent / 2, rtol=1e-6)


def outcome_of_cheap_ships(case: tumen.Case) -> tumen.Outcome:
    """Ships at 80 dollars in place of 200."""
    found: tumen.Outcome = outcome(case, gas__links__ships__cost=80e-9)
    return found


def test_shares_and_what_stands_beside_them(found: tumen.Outcome) -> None:
    third, half = (by_line(found) - by_sea(found)) / 3, by_sea(found) / 2
    for player, expected in {"AAA": third + half, "BBB": third, "CCC": third + half}.items():
        share = measured(found, "bargain.share", network="gas", player=player, solution="shapley")
        np.testing.assert_allclose(share, expected, rtol=1e-6)
    gain = measured(found, "bargain.gain", initiative="line", player="BBB", solution="shapley", year=2034)
    np.testing.assert_allclose(gain, (by_line(found, 12) - by_sea(found, 12)) / 3, rtol=1e-6)


def test_hold_up_is_a_third_of_the_capital_less_what_was_paid(found: tumen.Outcome) -> None:
    for player, paid in {"AAA": 0.5, "BBB": 0.0, "CCC": 0.5}.items():
        found_up = measured(found, "bargain.hold_up", initiative="line", player=player, solution="shapley")
        np.testing.assert_allclose(found_up, (1 / 3 - paid) * LINE, rtol=1e-5)


def test_nobody_holds_up_a_line_that_all_pay_alike(tmp_path: Path) -> None:
    case = variant(tmp_path / "c", (
        "life: 20 yr\n    owners: {AAA: 50 %, CCC: 50 %}",
        "life: 20 yr\n    owners: {AAA: 33.3333333 %, BBB: 33.3333333 %, CCC: 33.3333334 %}",
    ))  # fmt: skip
    for player in ("AAA", "BBB", "CCC"):
        up = measured(outcome(case), "bargain.hold_up", initiative="line", player=player, solution="shapley")
        np.testing.assert_allclose(up, 0, atol=1e-3)


def paid(found: tumen.Outcome, volume: float = 10.0, rate: float = RATE) -> Array:
    """What the city would make without payments: its gas, less its half of the line and of carriage."""
    return np.full(DRAWS, volume * 300 - 0.5 * (volume * 25 + 2000 * annuity(rate, 20, 2)))


def split(found: tumen.Outcome, volume: float = 10.0, rate: float = RATE) -> Array:
    """The price at the Shapley split, by hand."""
    high, low = by_line(found, volume, rate), by_sea(found, volume)
    return np.asarray((paid(found, volume, rate) - (high - low) / 3 - low / 2) / volume)


def test_prices_at_the_border(found: tumen.Outcome) -> None:
    where = {"network": "gas", "seller": "AAA", "buyer": "CCC", "built": "line"}
    expected = {
        "lowest": (paid(found) - by_line(found)) / 10, "highest": paid(found) / 10, "split": split(found),
    }  # fmt: skip
    for end, value in expected.items():
        np.testing.assert_allclose(measured(found, "bargain.price", end=end, **where), value, rtol=1e-6)
    others = measured(found, "bargain.price_from_others", others="BBB", **where)
    by_ships = (10 * 300 - 0.5 * 10 * 200 - by_sea(found) / 2) / 10
    np.testing.assert_allclose(others, split(found) - by_ships, rtol=1e-5)


def test_a_sanction_takes_something_off_the_price(tmp_path: Path) -> None:
    found = outcome(variant(tmp_path / "c", *SQUEEZED))
    squeeze = found.changes["isolation"].squeezes["gas"]
    np.testing.assert_allclose(squeeze.cuts["heating"], 0.2)
    np.testing.assert_allclose(squeeze.rise, 0.05)
    where = {"network": "gas", "seller": "AAA", "buyer": "CCC", "built": "line", "by": "isolation"}
    off = measured(found, "bargain.price_taken_off", **where)
    np.testing.assert_allclose(off, split(found) - split(found, 8, 0.15), rtol=1e-5)
    assert (np.abs(off) > 1).all()


def test_offers_and_the_margin(found: tumen.Outcome) -> None:
    rent = by_line(found) - by_sea(found)
    where = {"network": "gas", "solution": "shapley", "built": "line"}
    offer = measured(found, "bargain.offer_needed", coalition=["AAA", "CCC"], **where)
    np.testing.assert_allclose(offer, 2 * rent / 3, rtol=1e-6)
    offer = measured(found, "bargain.offer_needed", coalition="BBB", **where)
    np.testing.assert_allclose(offer, rent / 3, rtol=1e-6)
    margin = measured(found, "bargain.stability_margin", **where)
    np.testing.assert_allclose(margin, rent / 3, rtol=1e-6)  # the pass is nearest to leaving
    margin = measured(found, "bargain.stability_margin", network="gas", solution="nucleolus", built="line")
    np.testing.assert_allclose(margin, by_line(found) / 3, rtol=1e-6)


def test_what_keeps_the_deal(found: tumen.Outcome) -> None:
    """The pass can take a tenth of the gas, at 25 dollars more than at the wells, and loses 50 of pledge."""
    stays = np.exp(-found.worlds.values["breakup.rate"])
    least = (1 - 0.8 * stays) * (0.1 * 10 * (wells(found) + 25) - 50)
    kept = measured(found, "bargain.self_enforcing_fee", initiative="line", player="BBB")
    np.testing.assert_allclose(kept, least, rtol=1e-6)
    spare = measured(found, "bargain.self_enforcing_spare", initiative="line")
    np.testing.assert_allclose(spare, by_line(found) + LINE - by_sea(found) - least, rtol=1e-6)
    for player in ("AAA", "CCC"):
        kept = measured(found, "bargain.self_enforcing_fee", initiative="line", player=player)
        np.testing.assert_allclose(kept, 0, atol=1e-9)


def test_the_fee_in_gas(found: tumen.Outcome) -> None:
    kind = measured(found, "bargain.fee_in_kind", initiative="line", player="BBB", solution="shapley", of="used_there")
    fee = (by_line(found) - by_sea(found)) / 3
    np.testing.assert_allclose(kind, fee / (wells(found) + 25) / 5, rtol=1e-6)


# ---- lines


def test_what_the_line_carries_and_gains(found: tumen.Outcome) -> None:
    traffic = measured(found, "corridor.traffic", initiative="line")
    gain = measured(found, "corridor.net_gain", initiative="line")
    cover = measured(found, "corridor.cover", initiative="line")
    assert traffic.shape == gain.shape == (DRAWS, 23)
    for year, volume in {2023: 10, 2024: 10, 2029: 11, 2034: 12, 2045: 12}.items():
        np.testing.assert_allclose(traffic[:, year - 2023], volume, **EXACT)
        np.testing.assert_allclose(gain[:, year - 2023], 175 * volume - LINE, rtol=1e-6)
        np.testing.assert_allclose(cover[:, year - 2023], 175 * volume / LINE, rtol=1e-6)
    free = measured(found, "corridor.free_supply", network="gas", supply="wells")
    np.testing.assert_allclose(free, 12, **EXACT)


def test_a_line_that_does_not_pay_is_looked_at_as_if_it_were_built(case: tumen.Case) -> None:
    dear = outcome(case, line__capex=20_000.0)
    np.testing.assert_allclose(measured(dear, "corridor.traffic", initiative="line")[:, 1], 10, **EXACT)
    np.testing.assert_allclose(
        measured(dear, "corridor.net_gain", initiative="line")[:, 1], 1750 - 10 * LINE, rtol=1e-6
    )
    np.testing.assert_allclose(dear.networks["gas"].game().values[:, ALL], by_sea(dear), **EXACT)


def test_when_the_ships_are_full(found: tumen.Outcome) -> None:
    """10 x 1.03^n is 12 or more from n = 7 on; with the line they stay empty."""
    full = measured(found, "corridor.full_by", network="gas", link="ships", without="line")
    np.testing.assert_array_equal(full, 2031)
    np.testing.assert_array_equal(measured(found, "corridor.full_by", network="gas", link="ships"), 2046)


def test_a_railway_is_built_as_a_whole(found: tumen.Outcome) -> None:
    """Of 5 Mt of coal 4 go by rail at 7 dollars, 1 by road at 30; boxes take 7 days and 150 dollars, not 20 and 500."""
    prospect = found.networks["freight"]
    with_, without = 4 * 53 + 30, 2 * 30 + 30 - ROAD  # without it the road is made wider, for 1 Mt more
    boxes = 80 * (500 + 20 * DAY - 150 - 7 * DAY) / 1000
    gain = measured(found, "corridor.net_gain", initiative="rails")[:, 1]
    np.testing.assert_allclose(gain, with_ - without + boxes - RAILS, rtol=1e-6)
    np.testing.assert_allclose(
        measured(found, "corridor.cover", initiative="rails")[:, 1], (with_ - without + boxes) / RAILS, rtol=1e-6
    )
    for good, volume in {"coal": 4, "boxes": 80}.items():
        carried = measured(found, "corridor.traffic", initiative="rails", good=good)
        np.testing.assert_allclose(carried, volume, **EXACT)
    flows = prospect.solution(("rails",))
    np.testing.assert_allclose(flows.flow_on("road"), 1, **EXACT)
    np.testing.assert_allclose(flows.flow_on("way_round"), 0, atol=1e-9)


def test_more_capacity_at_the_same_cost(found: tumen.Outcome) -> None:
    gain = measured(found, "corridor.net_gain", initiative="wider_road", without="rails")
    np.testing.assert_allclose(gain[:, 1], 30 - ROAD, rtol=1e-6)
    gain = measured(found, "corridor.net_gain", initiative="wider_road")
    np.testing.assert_allclose(gain[:, 1], -ROAD, rtol=1e-6)  # beside the railway it has no use


def test_time_and_money_of_two_ways(found: tumen.Outcome) -> None:
    where = {"network": "freight", "via": "rails.boxes", "against": "way_round"}
    np.testing.assert_allclose(measured(found, "corridor.time_saved", **where), 20 - (5 + 1 + 2 * 0.5))
    np.testing.assert_allclose(measured(found, "corridor.cost_ratio", **where), (5 * 20 + 50) / 500)


def test_a_railway_that_stands_costs_nothing_more(tmp_path: Path) -> None:
    built = variant(
        tmp_path / "c", ("owners: {AAA: 60 %, BBB: 40 %}", "owners: {AAA: 60 %, BBB: 40 %}\n    state: built")
    )
    found, planned = outcome(built), outcome(tumen.load(FOLDER))
    assert not found.networks["freight"].network.link("rails.coal").candidate
    assert planned.networks["freight"].network.link("rails.coal").candidate
    difference = found.networks["freight"].game().values[:, 0b11] - planned.networks["freight"].game().values[:, 0b11]
    np.testing.assert_allclose(difference, RAILS, rtol=1e-5)
    for measure in ("corridor.net_gain", "corridor.cover"):  # the past's capital is still a cost of the line
        one, other = (measured(each, measure, initiative="rails")[:, 1] for each in (found, planned))
        np.testing.assert_allclose(one, other, rtol=1e-6)


# ---- present values


def worth(found: tumen.Outcome, yearly: float, part: float) -> float:
    """A constant yearly gain from 2028 to 2048 less a part of 1000 spent in 2026 and 2027, at the case's date."""
    rate = np.log(1 + RATE)
    held = (np.exp(-rate * (2028 - DATE)) - np.exp(-rate * (2048 - DATE))) / rate
    spent = (np.exp(-rate * (2026 - DATE)) - np.exp(-rate * (2028 - DATE))) / rate / 2
    return float(yearly * held - part * 1000 * spent)


def test_the_present_value_of_a_railway(found: tumen.Outcome) -> None:
    """Each of the two has half of what both reach, capital included; years at their middle, which misses 0.04 %."""
    boxes = 80 * (500 + 20 * DAY - 150 - 7 * DAY) / 1000
    total = 4 * 53 + 30 - (3 * 30 - ROAD) + boxes
    for player in ("AAA", "BBB"):
        npv = measured(found, "corridor.npv", initiative="rails", player=player)
        np.testing.assert_allclose(npv, worth(found, total / 2, 0.5), rtol=2e-3)


STOPPED = ("owners: {AAA: 60 %, BBB: 40 %}", "owners: {AAA: 60 %, BBB: 40 %}\n    stopped_by: {storm: 18 months}")


def test_stops_take_their_time_from_the_middle_of_the_year(tmp_path: Path, found: tumen.Outcome) -> None:
    """A year and a half from the middle of a year: half of it and all of the next."""
    stopped = outcome(variant(tmp_path / "c", STOPPED))
    added = stopped.networks["freight"].additions["rails"]
    events = stopped.worlds.paths["storm"] > 0
    before = np.concatenate([np.zeros((DRAWS, 1), dtype=bool), events[:, :-1]], axis=1)
    np.testing.assert_allclose(added.down, np.where(before, 1.0, np.where(events, 0.5, 0.0)))
    assert events.any()
    np.testing.assert_allclose(added.lost, 1 - 1 / (1 + 1.5 * stopped.worlds.values["storm.rate"]))
    calm = measured(found, "corridor.npv", initiative="rails", player="AAA")
    troubled = measured(stopped, "corridor.npv", initiative="rails", player="AAA")
    assert (troubled < calm).all()
    np.testing.assert_allclose(  # in the network's year nothing is counted off
        measured(stopped, "corridor.net_gain", initiative="rails"),
        measured(found, "corridor.net_gain", initiative="rails"),
    )


def test_an_advance_makes_capital_cheaper(tmp_path: Path, found: tumen.Outcome) -> None:
    """Of 500 in advance at 4 % only what it costs by its own rate counts."""
    change = ("    start: 2026\n    build: 2 yr\n    life: 20 yr\n    owners: {AAA: 50 %",
              "    advance: {amount: 500 MUSD, rate: 4 %/yr}\n    start: 2026\n    build: 2 yr\n    life: 20 yr\n"
              "    owners: {AAA: 50 %")  # fmt: skip
    helped = outcome(variant(tmp_path / "c", change))
    capital = 2000 - 500 * (1 - annuity(0.04, 20, 0) / annuity(0.10, 20, 0))
    np.testing.assert_allclose(helped.networks["gas"].additions["line"].capex, capital, rtol=1e-6)
    more = measured(helped, "corridor.net_gain", initiative="line") - measured(
        found, "corridor.net_gain", initiative="line"
    )
    np.testing.assert_allclose(more, (2000 - capital) / 2000 * LINE, rtol=1e-5)


@pytest.mark.parametrize("rate", ["10 %/yr", "25 %/yr"])
def test_an_advance_at_no_lower_rate_helps_nobody(tmp_path: Path, rate: str) -> None:
    change = (
        "    capex: {lever: 2 bn USD",
        f"    advance: {{amount: 5000 MUSD, rate: {rate}}}\n    capex: {{lever: 2 bn USD",
    )
    helped = outcome(variant(tmp_path / "c", change))
    np.testing.assert_allclose(helped.networks["gas"].additions["line"].capex, 2000)


# ---- properties


@settings(max_examples=8)
@given(factor=st.floats(0.1, 10))
def test_money_counted_in_other_coins_changes_nothing(factor: float) -> None:
    case = PROPERTY_CASE
    money = [
        parameter.name for parameter in case.parameters
        if parameter.section in {"networks", "initiatives"} and "USD" in parameter.quantity.unit.label
        and parameter.quantity.reference is None
    ]  # fmt: skip
    money += ["city_price", "road_cost"]
    base = outcome(case, 2, **{name: case.parameter(name).quantity.central for name in money})
    scaled = outcome(case, 2, **{name: factor * case.parameter(name).quantity.central for name in money})
    for network in ("gas", "freight"):
        one, other = (each.networks[network] for each in (base, scaled))
        np.testing.assert_allclose(other.game().values, factor * one.game().values, rtol=1e-7, atol=1e-9)
    for measure, where in (
        ("bargain.fee", {"initiative": "line", "player": "BBB", "solution": "shapley"}),
        ("bargain.price", {"network": "gas", "seller": "AAA", "buyer": "CCC", "end": "split", "built": "line"}),
        ("corridor.npv", {"initiative": "line", "player": "BBB"}),
    ):
        before, after = (measured(each, measure, **where) for each in (base, scaled))
        np.testing.assert_allclose(after, factor * before, rtol=1e-6)


@settings(max_examples=15)
@given(low=st.floats(100, 19_000), more=st.floats(1, 10_000))
def test_a_dearer_line_never_gains(low: float, more: float) -> None:
    cheap, dear = (outcome(PROPERTY_CASE, 2, line__capex=capex) for capex in (low, low + more))
    gains = [measured(each, "corridor.net_gain", initiative="line") for each in (cheap, dear)]
    np.testing.assert_allclose(gains[0] - gains[1], more * LINE / 2000, rtol=1e-5)
    values = [each.networks["gas"].game().values for each in (cheap, dear)]
    assert (values[1] <= values[0] + 1e-6).all()


PROPERTY_CASE = tumen.load(FOLDER)
