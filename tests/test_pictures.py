"""What a run keeps of its networks and shows of them, against the transit game that can be worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import tumen
from network_support import Array, annuity, measured, variant, wells
from test_report import Page
from tumen import study
from tumen._pictures import maps, ranges, shares
from tumen.report import NetworkMap, Ranges, Shares

DRAWS = 256
LEVELS = [0.05, 0.5, 0.95]
SECTIONS = {"networks-title", "shares-title", "ranges-title"}
ASKED = """  pass_asks:
    said: The pass could ask for 100 to 200 million dollars a year.
    by: Nobody
    source: yearbook
    measure: bargain.fee
    where: {initiative: line, player: BBB, solution: shapley}
    test: between 100 MUSD and 200 MUSD
scenarios:
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pictures")


@pytest.fixture(scope="module")
def case(folder: Path) -> tumen.Case:
    levers = ("    levers: [line.capex]\n", ""), ("    levers: [line.capex, gas.supply.wells.cost]\n", "")
    return variant(folder / "case", *levers, ("scenarios:\n", ASKED))


@pytest.fixture(scope="module")
def result(case: tumen.Case, folder: Path) -> tumen.Result:
    return tumen.run(case, draws=DRAWS, seed=2, workers=1, out=folder / "run")


@pytest.fixture(scope="module")
def found(case: tumen.Case) -> tumen.Outcome:
    """The chunk whose draws are shown."""
    return study.evaluate(case, study.draw(case, 2, 0, DRAWS))


def quantiles(values: Array) -> Array:
    return np.asarray(np.quantile(values, LEVELS, axis=0))


# ---- what is kept


def test_a_group_for_each_network_and_for_each_line_that_crosses(result: tumen.Result) -> None:
    networks = result.data["networks"]
    assert set(networks.children) == {"gas", "freight"}
    assert set(networks["gas"].children) == {"line_BBB"}
    assert not networks["freight"].children  # rails cross nobody but their ends
    for network in networks.children.values():
        assert set(network.data_vars) == {"flow", "used", "built", "share"}
        assert network["flow"].dims == ("level", "link")
        assert network["used"].dims == network["built"].dims == ("link",)
        assert network["share"].dims == ("solution", "level", "player")
        assert network["share"].attrs["units"] == "MUSD/yr"
        assert set(network.coords) == {
            "level", "solution", "player", "link", "title", "origin", "destination", "mode", "unit", "planned",
            "node", "node_title", "country", "lat", "lon",
        }  # fmt: skip
        assert network.attrs["year"] == 2024
        assert network.attrs["draws"] == DRAWS
    fee = networks["gas/line_BBB"]
    assert set(fee.data_vars) == {"fee"}
    assert fee["fee"].dims == ("reckoning", "level")
    assert fee["fee"].attrs["units"] == "MUSD/yr"


def test_flows_are_those_that_all_together_choose(result: tumen.Result) -> None:
    gas = result.data["networks/gas"].to_dataset()
    flow = gas["flow"].sel(level=0.5)
    assert float(flow.sel(link="line")) == pytest.approx(10)  # all that the city burns, by the cheaper way
    assert float(flow.sel(link="ships")) == pytest.approx(0, abs=1e-9)
    assert float(gas["used"].sel(link="line")) == pytest.approx(10 / 12)
    assert float(gas["built"].sel(link="line")) == float(gas["built"].sel(link="ships")) == 1
    planned = dict(zip(gas.link.values, gas.planned.values, strict=True))
    assert planned == {"line": 1, "ships": 0, "lane": 0}
    units = dict(zip(gas.link.values, gas.unit.values, strict=True))
    assert set(units.values()) == {"bcm/yr"}
    places = dict(zip(gas.node.values, zip(gas.lat.values, gas.lon.values, strict=True), strict=True))
    assert places["city"] == (37.5, 127)
    freight = result.data["networks/freight"].to_dataset()
    assert {"rails.coal", "rails.boxes"} <= set(freight.link.values)
    titles = dict(zip(freight.link.values, freight.title.values, strict=True))
    assert titles["rails.boxes"] == "rails, boxes"
    goods = dict(zip(freight.link.values, freight.unit.values, strict=True))
    assert (goods["rails.coal"], goods["rails.boxes"]) == ("Mt/yr", "kTEU/yr")


def test_shares_are_those_of_the_transit_game(result: tumen.Result, found: tumen.Outcome) -> None:
    """Shapley: the pass gets a third of what the line adds, the others that and half of what ships bring."""
    ships = 10 * (300 - 200 - wells(found))
    line = 10 * (300 - 25 - wells(found)) - 2000 * annuity(0.1, 20, 2)
    third = (line - ships) / 3
    share = result.data["networks/gas"].to_dataset()["share"]
    for player, expected in {"BBB": third, "AAA": ships / 2 + third, "CCC": ships / 2 + third}.items():
        own = share.sel(solution="shapley", player=player).values
        assert own == pytest.approx(quantiles(expected), rel=1e-6), player
        assert share.sel(solution="nucleolus", player=player).values == pytest.approx(quantiles(line / 3), rel=1e-6)


def test_fees_are_those_of_the_measures(result: tumen.Result, found: tumen.Outcome) -> None:
    fee = result.data["networks/gas/line_BBB"].to_dataset()["fee"]
    where = {"initiative": "line", "player": "BBB"}
    rows = {
        "Shapley value": measured(found, "bargain.fee", solution="shapley", **where),
        "Nucleolus": measured(found, "bargain.fee", solution="nucleolus", **where),
        "Least that keeps the deal": measured(found, "bargain.self_enforcing_fee", **where),
    }
    assert set(fee.reckoning.values) == {*rows, "Core, by the medians of its ends"}
    for name, values in rows.items():
        assert fee.sel(reckoning=name).values == pytest.approx(quantiles(values), rel=1e-9), name
    least, middle, most = fee.sel(reckoning="Core, by the medians of its ends").values
    added = np.median(10 * (200 - 25) - 2000 * annuity(0.1, 20, 2))  # no more than the line adds to the ships
    assert (least, most) == (pytest.approx(0, abs=1e-6), pytest.approx(added, rel=1e-6))
    assert middle == pytest.approx(added / 2, rel=1e-6)


# ---- what is shown


def test_a_saved_run_shows_the_same_numbers(case: tumen.Case, result: tumen.Result, folder: Path) -> None:
    with xr.open_datatree(folder / "run" / "results.nc") as data:
        assert str(maps(data)) == str(maps(result.data))  # a line without a limit is used to no share, nan
        assert shares(data, case) == shares(result.data, case)
        assert ranges(data, case) == ranges(result.data, case)
    known = tumen.open_run(folder / "run")
    assert known.to_html() == result.to_html()


def test_a_map_has_every_place_and_every_line(result: tumen.Result) -> None:
    shown = maps(result.data)
    assert all(isinstance(each, NetworkMap) for each in shown)
    groups = [result.data[f"networks/{name}"].to_dataset() for name in result.data["networks"].children]
    assert len(shown) == len(groups) == 2
    for each, group in zip(shown, groups, strict=True):
        assert [place.name for place in each.places] == list(group.node.values)
        assert [(place.lat, place.lon) for place in each.places] == list(
            zip(group.lat.values, group.lon.values, strict=True)
        )
        assert [route.name for route in each.routes] == list(group.link.values)
        for route in each.routes:
            flow = group["flow"].sel(link=route.name)
            assert [route.low, route.flow, route.high] == [float(flow.sel(level=level)) for level in LEVELS]
            assert route.built == float(group["built"].sel(link=route.name))
            assert route.unit == str(group.unit.sel(link=route.name).values)
        assert f"{DRAWS} draws" in each.gloss


def test_shares_and_ranges_are_labelled_as_the_case_says(case: tumen.Case, result: tumen.Result) -> None:
    split = shares(result.data, case)
    assert all(isinstance(each, Shares) for each in split)
    gas = next(each for each in split if len(each.solutions[0][1]) == 3)
    assert [name for name, _ in gas.solutions] == ["Shapley value", "Nucleolus"]
    assert [bar.player for bar in gas.solutions[0][1]] == ["Field", "Pass", "City"]
    kept = result.data["networks/gas"].to_dataset()["share"].sel(solution="shapley")
    for bar, player in zip(gas.solutions[0][1], ("AAA", "BBB", "CCC"), strict=True):
        assert [bar.low, bar.median, bar.high] == kept.sel(player=player).values.tolist()
    (fee,) = ranges(result.data, case)
    assert isinstance(fee, Ranges)
    assert fee.title == "Transit fee to Pass, line"
    fees = result.data["networks/gas/line_BBB"].to_dataset()["fee"].values
    assert [[row.low, row.median, row.high] for row in fee.ranges] == fees.tolist()
    (mark,) = fee.marks
    assert (mark.label, mark.low, mark.high) == ("Pass asks", 100, 200)


def test_the_page_has_them_and_that_of_a_case_without_networks_has_none(result: tumen.Result, folder: Path) -> None:
    page = result.to_html()
    assert set(Page(page).values("id")) >= SECTIONS
    assert "Transit fee to Pass, line" in page
    text = (folder / "run" / "report.html").read_text(encoding="utf-8")
    assert text == page
    tumen.case.new_case(folder / "plain")
    plain = tumen.run(tumen.load(folder / "plain"), draws=DRAWS, workers=1)
    assert "networks" not in plain.data
    assert maps(plain.data) == ()
    assert shares(plain.data, plain.case) == ()
    assert ranges(plain.data, plain.case) == ()
    assert not SECTIONS & set(Page(plain.to_html()).values("id"))
