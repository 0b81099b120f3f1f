"""A case that gives the world's trade: its table of flows, its figures by name, and every form of it drawn and run."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

import tumen
from equilibrium_support import SMALL_WORLD, outcome, variant
from tumen import claims, initiatives, study
from tumen.case import Problems
from tumen.case._flows import COLUMNS, FlowTable, read_flows
from tumen.case._problems import Place
from tumen.case.fields import Initiative
from tumen.study import Plan

EVERY_FORM = Path(__file__).parent / "every_form"


@pytest.fixture(scope="module")
def case() -> tumen.Case:
    return tumen.load(EVERY_FORM)


def read(tmp_path: Path, text: str) -> tuple[FlowTable | None, list[str]]:
    (tmp_path / "flows.csv").write_text(text, encoding="utf-8")
    problems = Problems()
    table, _ = read_flows(tmp_path, "flows.csv", problems, Place("case.yaml", 3))
    return table, [str(problem) for problem in problems]


# ---- the table


def test_flows_are_read_with_their_sources(case: tumen.Case) -> None:
    table = case.flows["flows.csv"]
    assert table.countries == ("AAA", "BBB", "CCC")
    assert table.goods == ("ore", "wares")
    first, small = table.rows[0], table.rows[7]
    assert (first.exporter, first.importer, first.good, first.value) == ("AAA", "AAA", "ore", 2000.0)  # bnUSD in MUSD
    assert (first.source, first.known) == (("ministry", "yearbook"), "2023-05")
    assert (first.note, first.line) == ("GDP less exports, rounded", 3)  # after a remark and the header
    assert (small.value, small.source, small.known) == (70.0, ("yearbook",), None)  # 70,000 kUSD
    assert "flows.csv" in case.files


def test_the_least_that_a_table_can_be(tmp_path: Path) -> None:
    table, problems = read(tmp_path, "Value, good,IMPORTER,exporter\n\n3,ore,BBB,AAA\n# a remark, with commas\n")
    assert not problems
    assert table is not None
    (row,) = table.rows
    assert (row.exporter, row.importer, row.good, row.value, row.line) == ("AAA", "BBB", "ore", 3.0, 3)
    assert (row.source, row.known, row.note) == ((), None, "")


def test_every_column_is_described() -> None:
    text = (Path(__file__).parents[1] / "docs" / "case-format.md").read_text(encoding="utf-8")
    section = text[text.index("## `equilibrium`") :]
    assert not [column for column in COLUMNS if f"`{column}`" not in section]


def test_every_measure_and_every_key_is_described() -> None:
    text = (Path(__file__).parents[1] / "docs" / "case-format.md").read_text(encoding="utf-8")
    assert not [name for name in claims.MEASURES if f"| `{name}` |" not in text]
    for kind in ("trade_cost", "sanction"):
        section = text[text.index(f"### `{kind}`") :]
        spec = initiatives.kinds()[kind]
        assert not [key for key in set(spec.model_fields) - set(Initiative.model_fields) if f"`{key}`" not in section]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("AAA,BBB,ore,1e400,MUSD", "flows.csv:2: value: `1e400` is not a finite number"),
        ("AAA,BBB,ore,1e308,bnUSD", "flows.csv:2: value: is 1e308; expected 0 or more"),
        ("AAA,BBB,ore,nan,MUSD", "flows.csv:2: value: `nan` is not a"),
        ('AAA,BBB,ore,"1,000",MUSD', "flows.csv:2: value: `1,000`"),
        ("AAA,BBB,ore,1,USD/yr", "flows.csv:2: unit: `USD/yr` is no amount of dollars"),
        ("AAA,BBB,ore,1,dollars", "flows.csv:2: unit: "),
        ("AAA,BBB,ore,1,USD_2010", "flows.csv:2: unit: `USD_2010` is no amount of dollars"),
        (",,,,", "flows.csv:1: the table is empty"),
    ],
)
def test_a_row_that_is_no_flow(tmp_path: Path, row: str, expected: str) -> None:
    table, problems = read(tmp_path, f"exporter,importer,good,value,unit\n{row}\n")
    assert table is None
    assert len(problems) == 1
    assert problems[0].startswith(expected)


def test_a_date_that_is_none(tmp_path: Path) -> None:
    table, problems = read(tmp_path, "exporter,importer,good,value,known\nAAA,BBB,ore,x,soon\n")
    assert table is None
    assert [line.split(": ")[:2] for line in problems] == [["flows.csv:2", "known"], ["flows.csv:2", "value"]]


def test_a_long_table(tmp_path: Path) -> None:
    rows = "".join(f"A{n},BBB,ore,1\n" for n in range(50_001))
    table, problems = read(tmp_path, "exporter,importer,good,value\n" + rows)
    assert table is None
    assert problems == ["flows.csv:50002: more than 50,000 rows; merge countries and goods that the case does not need"]


def test_enough_is_enough(tmp_path: Path) -> None:
    table, problems = read(tmp_path, "exporter,importer,good,value\n" + "AAA,BBB,ore,x\n" * 50_000)
    assert table is None
    assert len(problems) == 200


def test_a_huge_table(tmp_path: Path) -> None:
    _, problems = read(tmp_path, "exporter,importer,good,value\n" + "AAA,BBB,ore,1\n" * 400_000)
    assert len(problems) == 1
    assert "the file is larger than 5,000,000 bytes" in problems[0]


def test_a_link_that_leaves_the_folder(tmp_path: Path) -> None:
    shutil.copytree(SMALL_WORLD, tmp_path / "w")
    (tmp_path / "outside.csv").write_text("secret: of the machine\n")
    (tmp_path / "w" / "flows.csv").unlink()
    os.symlink(tmp_path / "outside.csv", tmp_path / "w" / "flows.csv")
    with pytest.raises(tumen.CaseError, match=r"`flows\.csv` lies outside the case's folder") as raised:
        tumen.load(tmp_path / "w")
    assert "secret" not in str(raised.value)


# ---- figures


def test_figures_of_the_equilibrium_have_names(case: tumen.Case) -> None:
    names = {parameter.name for parameter in case.parameters if parameter.section == "equilibrium"}
    assert names == {
        "world.goods.ore.short_run", "world.goods.ore.long_run", "world.goods.wares.short_run",
        "world.goods.wares.long_run", "world.substitution.short_run", "world.substitution.long_run", "world.size.BBB",
    }  # fmt: skip
    assert case.parameter("world.goods.wares.long_run").name == "theta"
    assert case.parameter("world.size.BBB").source == ("yearbook",)
    assert case.parameter("isolation.measures.ceiling.limit").source == ("ministry",)


def test_the_world_is_drawn_from_them(case: tumen.Case) -> None:
    found = outcome(case, draws=5)
    world, values = found.world, found.worlds.values
    assert world is not None
    np.testing.assert_array_equal(world.theta["long"][:, 1], values["theta"])  # a reference is followed
    np.testing.assert_array_equal(world.theta["short"][:, 0], values["world.goods.ore.short_run"])
    np.testing.assert_array_equal(world.substitution["long"], values["world.substitution.long_run"])
    np.testing.assert_array_equal(world.theta["short"][:, 1], 0.8)
    assert world.home is not None
    output = world.home[:, 1] * 1600 + 93  # what Two sells at home, and abroad: 40 + 18 + 25 + 10
    np.testing.assert_allclose(output, values["world.size.BBB"])
    np.testing.assert_array_equal(world.home[:, [0, 2]], 1)
    assert (world.closure, world.tied) == ("additive", (("AAA", "BBB"),))
    assert world.base.flows[0, 2, 1] == 0.0  # no row: no trade


def test_countries_stand_in_the_order_of_the_players(tmp_path: Path) -> None:
    old = "players: {AAA: One, BBB: Two, CCC: Three}"
    case = variant(tmp_path / "w", (old, "players: {CCC: Three, ZZZ: Nobody, AAA: One, BBB: Two}"))
    world = outcome(case, draws=2).world
    assert world is not None
    assert world.countries == ("CCC", "AAA", "BBB")
    assert world.base.flows[0, 1, 2] == 12.0


# ---- run


@pytest.mark.parametrize("scenario", [None, "calm", "closed", "rich"])
def test_every_form_is_drawn_and_answered(case: tumen.Case, scenario: str | None) -> None:
    case = case.under(scenario)
    found = outcome(case, draws=8)
    assert set(found.changes) == {"rails", "toll", "isolation", "standing"}
    for name in case.claims:
        values = claims.take(found, claims.question(case, name))
        assert values.shape == (8,)
        assert np.isfinite(values).all()
    for name, change in found.changes.items():
        for run in ("short", "long"):
            after = found.respond(change.shock.lifted() if change.lifted else change.shock, run)
            assert np.isfinite(after.welfare).all(), name


def test_a_scenario_changes_the_world(case: tumen.Case) -> None:
    closed = outcome(case.under("closed"), draws=2).world
    assert closed is not None
    assert (closed.closure, closed.tied) == ("proportional", ())


def test_levers_of_the_equilibrium(case: tumen.Case) -> None:
    fixed = outcome(case, Plan(levers={"theta": 6.0, "world.size.BBB": 1693.0}), draws=3).world
    assert fixed is not None
    np.testing.assert_array_equal(fixed.theta["long"][:, 1], 6.0)
    np.testing.assert_array_equal(fixed.home, 1.0)


def test_answers_are_remembered_and_pure(case: tumen.Case) -> None:
    worlds, memo = study.draw(case, 3, 1, 4), study.Memo()
    first = study.evaluate(case, worlds, Plan(), memo)
    shock = first.changes["isolation"].shock
    assert first.respond(shock, "short") is first.respond(shock, "short")
    moved = study.evaluate(case, worlds, Plan(levers={"theta": 6.0}), memo)
    assert moved.respond(shock, "long") is not first.respond(shock, "long")
    again = study.evaluate(case, worlds, Plan())
    np.testing.assert_array_equal(again.respond(shock, "long").welfare, first.respond(shock, "long").welfare)


def test_a_case_without_the_world_s_trade_cannot_respond() -> None:
    golden = tumen.load(Path(__file__).parent / "golden")
    found = outcome(golden, draws=2)
    assert found.world is None
    world = outcome(tumen.load(SMALL_WORLD), draws=2)
    with pytest.raises(ValueError, match="the case has no `equilibrium`"):
        found.respond(world.changes["rails"].shock, "long")


def test_a_size_beyond_its_range_is_refused(case: tumen.Case) -> None:
    """A lever set by hand may leave the range that the case was checked for."""
    with pytest.raises(ValueError, match=r"drawn smaller than what it exports, 93 MUSD; raise .*world\.size\.BBB"):
        outcome(case, Plan(levers={"world.size.BBB": 90.0}), draws=2)
