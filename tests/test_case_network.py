"""A case that declares networks: its figures reach the engine in its units, by their names; what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tumen
from network_support import DRAWS, FOLDER, outcome, text_of, variant, wells
from tumen import claims
from tumen.case._network import CommodityTerms, DemandTerms, LinkTerms, NetworkSpec, NodeTerms, OptionTerms, SupplyTerms

DOCS = Path(__file__).parents[1] / "docs" / "case-format.md"


@pytest.fixture(scope="module")
def case() -> tumen.Case:
    return tumen.load(FOLDER)


@pytest.fixture(scope="module")
def found(case: tumen.Case) -> tumen.Outcome:
    return outcome(case)


# ---- units


def test_gas_reaches_the_engine_in_bcm_and_dollars_per_thousand_cubic_metres(found: tumen.Outcome) -> None:
    network = found.networks["gas"].base
    ships, lane, line = network.links
    assert (ships.origin, ships.destination, ships.mode, ships.owners) == (
        "field", "city", "ship", (("AAA", 0.5), ("CCC", 0.5)),
    )  # fmt: skip
    assert (ships.capacity, ships.cost) == pytest.approx((12, 200))
    assert lane.capacity == np.inf
    assert (lane.access, lane.owners) == ("open", (("ZZZ", 1.0),))
    assert (line.capacity, line.cost, line.tariff, line.length, line.capex) == pytest.approx((12, 5, 2, 1000, 2000))
    assert (line.crosses, line.candidate, line.life, line.build_years) == (("BBB",), True, 20, 2)
    (supply,), (demand,), (option,) = network.supply, network.demand, network.options
    assert (supply.node, supply.quantity, supply.sold) == pytest.approx(("field", 14, 2))
    assert (demand.name, demand.quantity, demand.price) == pytest.approx(("heating", 10, 300))
    assert (option.side, option.price, option.freight, option.quantity) == pytest.approx(("sell", 70, 30, 4))
    assert [(node.name, node.country, node.lat, node.lon, node.hub) for node in network.nodes] == [
        ("field", "AAA", 50, 140, False), ("city", "CCC", 37.5, 127, False), ("sea", "ZZZ", 0, 160, True),
    ]  # fmt: skip
    assert network.nodes[0].region == "North"


def test_what_differs_by_draw_is_handed_over_by_draw(found: tumen.Outcome) -> None:
    prospect = found.networks["gas"]
    assert list(prospect.base_draws) == ["supply.wells.cost"]
    np.testing.assert_allclose(prospect.base_draws["supply.wells.cost"], wells(found))
    assert ((wells(found) >= 55) & (wells(found) <= 65)).all()
    assert len(np.unique(wells(found))) == DRAWS


def test_goods_of_several_units(found: tumen.Outcome) -> None:
    network = found.networks["freight"].base
    coal, boxes = network.commodities
    assert (coal.unit, coal.value) == ("Mt", 0)
    assert (boxes.unit, boxes.value, boxes.time_value, boxes.interest) == pytest.approx(("kTEU", 20, 0.01, 0.073))
    links = {link.name: link for link in network.links}
    assert (links["road"].capacity, links["road"].cost) == pytest.approx((2, 30))  # the cost by reference
    assert (links["way_round"].cost, links["way_round"].days) == pytest.approx((0.5, 20))
    ore, box = links["rails.coal"], links["rails.boxes"]
    assert (ore.capacity, ore.tariff, ore.border_stops, ore.border_cost) == pytest.approx((4, 1, 1, 2))
    assert (box.capacity, box.tariff, box.gauge_cost) == pytest.approx((100, 0.02, 0.05))
    assert (box.days, box.gauge_breaks, box.gauge_days, box.border_stops, box.border_days) == pytest.approx(
        (5, 1, 1, 2, 0.5)
    )
    assert ore.both_ways
    assert (ore.bundle, box.bundle) == ("rails.all", "rails.all")
    assert (ore.capex, box.capex) == (1000, 0)  # the capital stands on the first
    more = links["wider_road.road"]
    assert (more.capacity, more.cost, more.origin, more.destination) == pytest.approx((1, 30, "mine", "port"))
    assert (more.capex, more.owners) == (50, (("AAA", 1.0),))


def test_no_row_is_larger_than_what_is_left_when_more_is_sold(tmp_path: Path) -> None:
    free = "where: {network: gas, supply: wells}\n    test: at_least 0 bcm/yr"
    case = variant(
        tmp_path / "c",
        ("sold: 2 bcm/yr", "sold: {uniform: [5 bcm/yr, 16 bcm/yr]}"),
        ("measure: bargain.price", "measure: corridor.free_supply"),
        ("where: {network: gas, seller: AAA, buyer: CCC, end: split, built: line}\n    test: at_most 200 USD/(1000 m3)",
         free),
    )  # fmt: skip
    sold = outcome(case).networks["gas"].figure("supply.wells.sold")
    assert sold.max() == pytest.approx(14)
    assert sold.min() < 14


# ---- names, references, sources


def test_figures_have_names(case: tumen.Case) -> None:
    names = {parameter.name for parameter in case.parameters if parameter.section == "networks"}
    assert {
        "gas.rate", "gas.links.ships.capacity", "gas.links.ships.cost", "gas.links.ships.owners.AAA",
        "gas.supply.wells.quantity", "gas.supply.wells.sold", "gas.demand.heating.growth", "gas.options.abroad.freight",
        "freight.commodities.boxes.time_value", "freight.links.way_round.days",
    } <= names  # fmt: skip
    names = {parameter.name for parameter in case.parameters if parameter.section == "initiatives"}
    assert {
        "line.capacity", "line.capex", "line.length_in.BBB", "line.owners.AAA", "line.enforcement.grabs.BBB",
        "rails.carries.boxes.gauge_days", "wider_road.adds.road",
    } <= names  # fmt: skip


def test_a_reference_is_one_draw_everywhere(case: tumen.Case) -> None:
    assert case.parameter("gas.demand.heating.price").name == "city_price"
    moved = outcome(case, city_price=2.5e-7).networks["gas"]
    np.testing.assert_allclose(moved.figure("demand.heating.price"), 250)
    moved = outcome(case, road_cost=20e-6).networks["freight"]
    for link in ("road", "wider_road.road"):
        np.testing.assert_allclose(moved.figure_of(link, "cost"), 20)


def test_every_figure_can_be_set(case: tumen.Case) -> None:
    prospect = outcome(case, gas__links__ships__cost=2.2e-7, gas__rate=0.2, line__capacity=5e9).networks["gas"]
    np.testing.assert_allclose(prospect.figure_of("ships", "cost"), 220)
    np.testing.assert_allclose(prospect.figure_of("line", "capacity"), 5)
    np.testing.assert_allclose(prospect.rate, 0.2)


def test_a_scenario_sets_figures_of_a_network(case: tumen.Case) -> None:
    prospect = outcome(case.under("colder")).networks["gas"]
    np.testing.assert_allclose(prospect.figure_of("ships", "cost"), 210)
    np.testing.assert_allclose(prospect.figure("demand.heating.quantity"), 11)
    np.testing.assert_allclose(prospect.figure("supply.wells.sold"), 1)


def test_the_nearest_source_stands_for_a_figure(case: tumen.Case) -> None:
    expected = {
        "gas.supply.wells.cost": "survey", "gas.links.ships.capacity": "atlas", "gas.supply.wells.quantity": "yearbook",
        "line.length_in.BBB": "yearbook", "gas.demand.heating.growth": "yearbook",
    }  # fmt: skip
    assert {name: case.parameter(name).source for name in expected} == {k: (v,) for k, v in expected.items()}


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("crosses: [BBB]", "crosses: [BBB]\n    loss: lost", "loss"),
        ("life: 20 yr\n    owners: {AAA: 50 %", "life: lasting\n    owners: {AAA: 50 %", "life"),
        (
            "build: 2 yr\n    life: 20 yr\n    owners: {AAA: 5",
            "build: lasting\n    life: 20 yr\n    owners: {AAA: 5",
            "build_years",
        ),
    ],
)
def test_single_figures_may_be_references(tmp_path: Path, old: str, new: str, field: str) -> None:
    known = (
        "assumptions:\n",
        "assumptions:\n  lost: {value: 3 %, source: atlas}\n  lasting: {value: 7 yr, source: atlas}\n",
    )
    prospect = outcome(variant(tmp_path / "c", (old, new), known)).networks["gas"]
    assert getattr(prospect.base.link("line"), field) == pytest.approx(0.03 if field == "loss" else 7)


# ---- what the rehearsal finds


REFUSED = {
    "endless": (
        ("freight: 30 USD/(1000 m3), quantity: 4 bcm/yr}",
         "freight: 30 USD/(1000 m3)}\n      bought: {at: sea, side: buy, price: 10 USD/(1000 m3)}"),
        ["networks.gas: surplus has no limit in draw 0"],
    ),
    "nothing_crosses": (
        ("seller: AAA, buyer: CCC", "seller: AAA, buyer: BBB"),
        ["claims.price.where: nothing can cross between AAA and BBB; a price is asked of one good"],
    ),
    "costs_nothing": (
        ("    measure: corridor.time_saved\n    where: {network: freight, via: rails.boxes, against: way_round}\n"
         "    test: at_least 10 days\n",
         "    measure: corridor.cost_ratio\n    where: {network: gas, via: line, against: lane}\n"
         "    test: at_most 2\n"),
        ["claims.boxes_by_rail.where: corridor.cost_ratio has no value, for it divides by nothing"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_an_engine_refuses_is_said_once_with_its_line(tmp_path: Path, name: str) -> None:
    change, expected = REFUSED[name]
    with pytest.raises(tumen.CaseError) as raised:
        variant(tmp_path / "c", change)
    problems = [str(problem) for problem in raised.value.problems]
    assert len(problems) == len(expected), problems
    line = text_of(change).splitlines()
    for problem, what in zip(problems, expected, strict=True):
        assert what in problem
        place = int(problem.split(":")[1])
        assert what.split(".")[1].split(":")[0] in line[place - 1] or "where" in line[place - 1]


# ---- the page


def section(begin: str, end: str) -> str:
    text = DOCS.read_text(encoding="utf-8")
    return text[text.index(f"\n{begin}\n") : text.index(f"\n{end}\n")]


def test_every_key_of_a_network_is_described() -> None:
    text = section("## `networks`", "## `initiatives`")
    for model in (NetworkSpec, CommodityTerms, NodeTerms, LinkTerms, SupplyTerms, DemandTerms, OptionTerms):
        keys = [info.alias or key for key, info in model.model_fields.items()]
        assert not [key for key in keys if f"`{key}`" not in text], model


def test_every_key_of_a_line_is_described() -> None:
    from tumen import initiatives
    from tumen.case.fields import Initiative
    from tumen.initiatives._links import AdvanceTerms, Capital, EnforcementTerms

    text = section("### `pipeline`", "## `claims`")
    shared = set(Capital.model_fields) | set(LinkTerms.model_fields) | set(Initiative.model_fields)
    for model in (Capital, AdvanceTerms, EnforcementTerms):
        assert not [key for key in model.model_fields if f"`{key}`" not in text], model
    for kind in ("pipeline", "railway", "capacity"):
        own = set(initiatives.kinds()[kind].model_fields) - shared
        assert not [key for key in own if f"`{key}`" not in text], kind


def test_the_example_of_the_page_runs(tmp_path: Path) -> None:
    """Its blocks of YAML together are a case."""
    head = "format: 1\ntitle: The example\nas_of: 2014-05-31\nhorizon: 2013..2040\n"
    head += "players: {RUS: Russia, PRK: North Korea, KOR: South Korea}\n"
    head += "processes:\n  nuclear_test: {hazard: {events: 2, years: 8 yr}, source: yearbook}\n"
    parts: dict[str, str] = {}
    for begin, end in (
        ("## `networks`", "## `initiatives`"),
        ("### `pipeline`", "### `mine`"),
        ("## `claims`", "## `scenarios`"),
    ):
        for block in section(begin, end).split("```yaml\n")[1:]:
            key, _, body = block.partition("```")[0].partition("\n")
            if "western_isolation" not in body and key in {"networks:", "initiatives:", "claims:"}:
                parts[key] = parts.get(key, "") + body
    assert set(parts) == {"networks:", "initiatives:", "claims:"}
    text = head + "".join(f"{key}\n{body}" for key, body in parts.items())
    (tmp_path / "case.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "sources.yaml").write_text("yearbook: {title: Yearbook, date: 2013}\n", encoding="utf-8")
    case = tumen.load(tmp_path)
    found = outcome(case)
    assert {spec.kind for spec in case.initiatives.values()} == {"pipeline", "railway", "capacity"}
    for name in case.claims:
        values = claims.take(found, claims.question(case, name))
        assert np.isfinite(values).all()
