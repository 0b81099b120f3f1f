"""Networks: bad input is refused with every problem named; tables and CSV files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from corridor_support import chain, transit
from tumen.corridor import Commodity, Link, Network, Node, Option, solve
from tumen.errors import CaseError, UnknownName

NODES = [Node(name="A", country="RUS", lat=50, lon=130), Node(name="B", country="PRK")]
LINK: dict[str, Any] = {"name": "l", "origin": "A", "destination": "B", "commodity": "gas", "owners": {"RUS": 1}}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"capacity": -1}, "links: l: capacity is -1, expected zero or more"),
        ({"capacity": np.nan}, "links: l: capacity is nan, expected zero or more"),
        ({"cost": np.inf}, "links: l: cost is inf, expected a finite number"),
        ({"loss": 1.0}, "links: l: loss is 1, expected a share from 0 to below 1"),
        ({"reliability": 1.2}, "links: l: reliability is 1.2, expected a share from 0 to 1"),
        ({"life": 0}, "links: l: life is 0, expected above zero"),
        ({"origin": "AA"}, "links: l: there is no node 'AA'; "),
        ({"destination": "A"}, "links: l: it begins and ends at A"),
        ({"owners": {}}, "links: l: it has no owners and joins two countries"),
        ({"owners": {"RUS": 0.7, "PRK": 0.2}}, "links: l: shares of the owners add up to 0.9, expected 1"),
        ({"owners": {"RUS": 1.5, "PRK": -0.5}}, "links: l: the share of RUS is 1.5"),
        ({"owners": (("RUS", 0.5), ("RUS", 0.5))}, "links: l: owner RUS stands 2 times"),
        ({"owners": {"RUS+PRK": 1}}, "the country or owner 'RUS[+]PRK' has a [+]"),
        ({"access": "free"}, "links: l: access is 'free', expected owner or open"),
        ({"capex": 10}, "links: l: only a candidate has capex or steps"),
        ({"candidate": True, "steps": 1.5}, "links: l: steps is 1.5, expected a whole number"),
        ({"unit": "Mt"}, "links: l: the unit of gas is given as Mt, expected bcm"),
    ],
)
def test_bad_links(change: dict[str, Any], said: str) -> None:
    with pytest.raises(CaseError, match=said):
        Network(NODES, [Link(**LINK | change)], commodities=[Commodity(name="gas", unit="bcm")])


def test_all_problems_are_told_at_once() -> None:
    network = chain()
    with pytest.raises(CaseError) as told:
        replace(
            network,
            nodes=[*network.nodes, network.nodes[0], Node(name="x", country="", lat=95)],
            supply=[replace(network.supply[0], sold=13, node="fields"), replace(network.supply[0], quantity=-1)],
            demand=[replace(network.demand[0], slope=-1, price=np.nan)],
            options=[Option(node="city", commodity="gas", price=1, side="hold")],
        )
    said = "\n".join(told.value.problems)
    for problem in (
        "nodes: field: the name stands 2 times", "nodes: x: it has no country", "nodes: x: lat is 95",
        "supply: field: the name stands 2 times", "there is no node 'fields'; did you mean field?",
        "13 is sold of a quantity of 12", "quantity is -1", "demand: heat: slope is -1", "demand: heat: price is nan",
        "side is 'hold', expected buy or sell",
    ):  # fmt: skip
        assert problem in said


def test_units_may_not_mix() -> None:
    network = chain()
    mixed = [replace(network.supply[0], unit="bcm")]
    assert replace(network, commodities=(), supply=mixed).commodities[0].unit == "bcm"
    with pytest.raises(CaseError, match="demand: heat: the unit of gas is given as Mt, expected bcm"):
        replace(network, commodities=(), supply=mixed, demand=[replace(network.demand[0], unit="Mt")])


def test_time_needs_a_value() -> None:
    with pytest.raises(CaseError, match="time costs a share of the value of gas, which has none"):
        Network(NODES, [Link(**LINK, days=3)], commodities=[Commodity(name="gas", time_value=0.01)])


def test_a_link_inside_a_country_is_its_own() -> None:
    inside = Link(name="l", origin="A", destination="B", commodity="gas")
    network = Network([replace(node, country="RUS") for node in NODES], [inside])
    assert network.links[0].shares == (("RUS", 1.0),)
    with pytest.raises(CaseError, match="no owners"):
        Network(network.nodes, [replace(inside, crosses="CHN")])


@pytest.mark.parametrize(
    ("draws", "said"),
    [
        ({"links.onne.capacity": 1}, "there is no row of links 'onne'; did you mean one?"),
        ({"links.one.loss": 0.1}, "there is no field that can be drawn 'loss'"),
        ({"pipes.one.cost": 1}, "there is no table 'pipes'"),
        ({"links.one": 1}, "expected table.name.field"),
        ({"links.one.capacity": [1.0, -2.0]}, "links.one.capacity is -2 in draw 1, expected zero or more"),
        ({"links.one.cost": [1.0, np.nan]}, "links.one.cost is nan in draw 1"),
        ({"links.one.cost": [[1.0]]}, r"its shape is \(1, 1\)"),
        ({"links.one.cost": "much"}, "expected a number or one a draw"),
        ({"links.one.cost": [1.0, 2], "links.two.cost": [1.0, 2, 3]}, "lengths differ: 2, 3"),
        ({"supply.field.sold": [1.0, 13]}, "supply.field: more is sold than there is in draw 1"),
    ],
)
def test_bad_draws(draws: dict[str, Any], said: str) -> None:
    with pytest.raises(CaseError, match=said):
        solve(chain(), draws)


def test_bad_arguments() -> None:
    for arguments, said in (
        ({"rate": -0.1}, "rate"),
        ({"rate": [0.1, 0.2], "draws": {"links.one.cost": [1.0, 2, 3]}}, "rate: it has 2 draws"),
        ({"segments": 2}, "segments: 2"), ({"accuracy": 0.0}, "accuracy"), ({"objective": "money"}, "objective"),
    ):  # fmt: skip
        with pytest.raises(CaseError, match=said):
            solve(chain(), **arguments)


def test_built_and_without() -> None:
    network = chain(candidate=True, steps=2, capex=5)
    assert network.candidates == ("one",)
    assert network.built("one").link("one").capacity == 20
    assert network.built("one", steps=1).link("one").capacity == 10
    assert not network.built("one").candidates
    assert [link.name for link in network.without("one").links] == ["two"]
    with pytest.raises(CaseError, match="two: it is no candidate"):
        network.built("two")
    with pytest.raises(CaseError, match="it has 2 steps"):
        network.built("one", steps=3)
    with pytest.raises(UnknownName, match="did you mean one"):
        network.without("onne")
    assert "1 of them candidates" in repr(network)
    assert transit().parties == ("R", "U", "B", "M")


TABLES = {
    "nodes": "name,country,lat,lon\nSakhalin,RUS,50,143\nWonsan,PRK,39,127\nSeoul,KOR,37.5,127\n",
    "links": "name,from,to,commodity,both_ways,length,capacity,tariff,owners,crosses,candidate,capex,unit\n"
    "north,Sakhalin,Wonsan,gas,no,2000,12,2,RUS:0.7+PRK:0.3,,yes,3000,bcm\nsouth,Wonsan,Seoul,gas,no,300,,2,KOR,,,,\n",
    "supply": "node,commodity,quantity,cost,sold\nSakhalin,gas,16,60,4\n",
    "demand": "node,commodity,price,slope\nSeoul,gas,500,10\n",
    "options": "node,commodity,price,freight\nSeoul,gas,400,20\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in TABLES.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    return tmp_path


def test_csv_files(folder: Path) -> None:
    network = Network.read(folder)
    north, south = network.links
    assert north.shares == (("RUS", 0.7), ("PRK", 0.3))
    assert north.candidate
    assert south.capacity == np.inf
    assert network.commodities[0].unit == "bcm"
    found = solve(network)
    assert found.flow_on("south")[0] == pytest.approx(12)
    assert found.price_at("Seoul", "gas")[0] == pytest.approx(380, rel=1e-4)
    frames = {name: pd.read_csv(folder / f"{name}.csv") for name in TABLES}
    assert solve(Network.from_tables(**frames)).surplus[0] == found.surplus[0]


@pytest.mark.parametrize(
    ("table", "old", "new", "said"),
    [
        ("links", "RUS:0.7+PRK:0.3", "RUS:0.7+PRK", "row 2: owners is 'RUS:0.7[+]PRK', expected owners once each"),
        ("links", ",no,2000", ",perhaps,2000", "links, row 2: both_ways is 'perhaps', expected yes or no"),
        ("links", ",12,", ",a dozen,", "links, row 2: capacity is 'a dozen', expected a number"),
        ("links", "capacity", "capasity", "links: there is no column 'capasity'; did you mean capacity?"),
        ("links", "length", "capacity", "links: the column capacity stands twice"),
        ("nodes", "country", "region", "nodes: the column country is missing"),
        ("nodes", "Wonsan,PRK", "Wonsan,", "nodes, row 3: country is blank"),
        ("supply", "Sakhalin,gas,16", "Sakhaline,gas,16", "there is no node 'Sakhaline'; did you mean Sakhalin?"),
        ("supply", "16,60,4", "16,60,4,5,6", r"supply\.csv: .*Expected 5 fields in line 2, saw 7"),
        ("demand", "Seoul,gas,500,10\n", 'Seoul,"gas,500,10\n', r"demand\.csv: "),
    ],
)  # fmt: skip
def test_bad_csv_files(folder: Path, table: str, old: str, new: str, said: str) -> None:
    path = folder / f"{table}.csv"
    path.write_text(TABLES[table].replace(old, new), encoding="utf-8")
    with pytest.raises(CaseError, match=said):
        Network.read(folder)


def test_missing_files(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="no such folder"):
        Network.read(tmp_path / "none")
    with pytest.raises(CaseError) as told:
        Network.read(tmp_path)
    assert len(told.value.problems) == 4
    (tmp_path / "nodes.csv").write_bytes(b"name,country\n\xff\xfe,RUS\n")
    with pytest.raises(CaseError, match=r"nodes\.csv"):
        Network.read(tmp_path)
