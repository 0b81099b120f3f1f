"""Baselines and shocks: tables in any order, advice for what is wrong, merged countries and sectors."""

from __future__ import annotations

import io
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trade_worlds import flows, names, world
from tumen.errors import CaseError, UnknownName
from tumen.trade._baseline import Baseline
from tumen.trade._command import solve_table
from tumen.trade._shocks import Shock

TABLE = """exporter,importer,value
CHN,CHN,800
CHN,PRK,3.6
PRK,CHN,2.9
PRK,PRK,20
RUS,RUS,150
RUS,CHN,35
CHN,RUS,49
RUS,PRK,0.1
PRK,RUS,0.01
"""


def table(text: str = TABLE) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text))


def problems(frame: pd.DataFrame, **options: object) -> str:
    with pytest.raises(CaseError) as caught:
        Baseline.from_table(frame, 4.0, **options)  # type: ignore[arg-type]
    return str(caught.value)


def test_a_table_is_read_by_label() -> None:
    base = Baseline.from_table(table(), 4.0)
    assert base.countries == ("CHN", "PRK", "RUS")
    np.testing.assert_array_equal(base.flows[0], [[800, 3.6, 49], [2.9, 20, 0.01], [35, 0.1, 150]])
    np.testing.assert_allclose(base.output, [852.6, 22.91, 185.1])
    np.testing.assert_allclose(base.deficits, [37.9 - 52.6, 3.7 - 2.91, 49.01 - 35.1])
    assert not base.flows.flags.writeable


def test_files_and_frames_are_the_same(tmp_path: Path) -> None:
    path = tmp_path / "flows.csv"
    path.write_text(TABLE.replace("PRK", "NA"))  # Namibia, not a missing value
    base = Baseline.from_table(path, 4.0)
    assert base.countries == ("CHN", "NA", "RUS")
    np.testing.assert_array_equal(base.flows.sum(), Baseline.from_table(table(), 4.0).flows.sum())


def test_everything_wrong_is_said_at_once() -> None:
    frame = pd.concat([table(), table().head(1)])
    frame.loc[len(frame)] = ["JPN", "CHN", -3.0]
    frame.loc[len(frame)] = ["CHN", "RUS", np.nan]
    said = problems(frame)
    for part in (
        "JPN to CHN: the value is negative",
        "CHN to RUS: there is no finite value",
        "JPN is an exporter but never an importer",
        "CHN to CHN: the same flow stands in an earlier row",
    ):
        assert part in said


def test_missing_columns_are_named() -> None:
    assert "no column 'exporter'; did you mean exporters?" in problems(
        table().rename(columns={"exporter": "exporters"})
    )


def test_missing_domestic_sales() -> None:
    frame = table().query("not (exporter == 'PRK' and importer == 'PRK')")
    assert "PRK has no domestic sales (PRK to PRK)" in problems(frame)
    base = Baseline.from_table(frame, 4.0, domestic="from_output", output={"PRK": 22.91})
    assert base.flows[0, 1, 1] == pytest.approx(20)
    assert "domestic sales of PRK were filled" in base.notes[0]
    assert "less than its exports" in problems(frame, domestic="from_output", output={"PRK": 1.0})
    assert "output: there is none for PRK" in problems(frame, domestic="from_output", output={"CHN": 1.0})


def test_incomplete_rows_can_be_dropped_and_are_reported() -> None:
    frame = table()
    frame.loc[len(frame)] = ["JPN", "CHN", 5.0]
    frame.loc[len(frame)] = ["RUS", "CHN", np.nan]
    base = Baseline.from_table(frame, 4.0, incomplete="drop")
    assert base.countries == ("CHN", "PRK", "RUS")
    assert base.notes == ("1 rows without a value were dropped", "JPN: seen from one side only; 1 rows were dropped")


def test_countries_without_sales_or_purchases() -> None:
    frame = table()
    frame.loc[len(frame)] = ["JPN", "JPN", 0.0]
    said = problems(frame)
    assert "JPN sells nothing" in said
    assert "JPN buys nothing" in said


def test_arrays_are_checked() -> None:
    with pytest.raises(CaseError, match=r"flows: shape \(1, 2, 2\); expected \(1, 3, 3\)"):
        Baseline.from_arrays(np.ones((2, 2)), names(3), elasticity=4.0)
    with pytest.raises(CaseError, match="C00 to C01 is negative"):
        Baseline.from_arrays([[1.0, -1.0], [1.0, 1.0]], names(2), elasticity=4.0)
    with pytest.raises(CaseError, match="expected theta above 0"):
        Baseline.from_arrays(np.ones((2, 2)), names(2), elasticity=0.0)
    with pytest.raises(CaseError, match="country A is named twice"):
        Baseline.from_arrays(np.ones((2, 2)), ["A", "A"], elasticity=4.0)
    with pytest.raises(CaseError, match=r"tariffs: C00 to C01 has -2.0; expected a rate above -1"):
        Baseline.from_arrays(np.ones((2, 2)), names(2), elasticity=4.0, tariffs=[[0, -2.0], [0, 0]])
    with pytest.raises(CaseError, match="C01 is given 5, its flows imply 0"):
        Baseline.from_arrays(np.ones((2, 2)), names(2), elasticity=4.0, deficits=[0.0, 5.0])


def test_elasticities_by_sector() -> None:
    trade = np.ones((2, 2, 2))
    base = Baseline.from_arrays(trade, names(2), sectors=["oil", "food"], elasticity={"food": 3.0, "oil": 9.0})
    np.testing.assert_array_equal(base.elasticity, [9, 3])
    with pytest.raises(CaseError, match="none for sector oil"):
        Baseline.from_arrays(trade, names(2), sectors=["oil", "food"], elasticity={"food": 3.0})


def test_tariffs_come_from_a_table() -> None:
    rates = table("exporter,importer,tariff\nCHN,PRK,0.1\n")
    base = Baseline.from_table(table(), 4.0, tariffs=rates)
    assert base.tariffs is not None
    assert base.tariffs[0, 0, 1] == 0.1
    np.testing.assert_allclose(base.tariff_revenue, [0, 0.36, 0])
    with pytest.raises(CaseError, match="there is no importer 'PRC'"):
        Baseline.from_table(table(), 4.0, tariffs=rates.replace("PRK", "PRC"))


def test_merging_keeps_values() -> None:
    rng = np.random.default_rng(0)
    trade = np.stack([flows(rng, 4), flows(rng, 4)])
    rates = rng.uniform(0, 0.2, trade.shape)
    base = Baseline.from_arrays(trade, names(4), sectors=["a", "b"], elasticity=[2.0, 6.0], tariffs=rates)
    merged = base.aggregate(countries={"C01": "rest", "C03": "rest"}, sectors={"a": "all", "b": "all"})
    assert merged.countries == ("C00", "rest", "C02")
    assert merged.sectors == ("all",)
    assert merged.flows.sum() == pytest.approx(trade.sum())
    assert merged.flows[0, 0, 1] == pytest.approx(trade[:, 0, [1, 3]].sum())
    np.testing.assert_allclose(merged.tariff_revenue.sum(), base.tariff_revenue.sum())
    np.testing.assert_allclose(merged.deficits.sum(), 0, atol=1e-9 * trade.sum())
    assert 2 < merged.elasticity[0] < 6
    with pytest.raises(UnknownName, match="did you mean C01"):
        base.aggregate(countries={"C1": "rest"})


def test_merging_keeps_accounts_of_inputs() -> None:
    rng = np.random.default_rng(1)
    trade = np.stack([flows(rng, 3), flows(rng, 3)])
    output = trade.sum(axis=2)
    inputs = rng.uniform(0.05, 0.2, (2, 2, 3))
    labour = 1 - inputs.sum(axis=0)
    final = trade.sum(axis=1) - (inputs * output[None]).sum(axis=1)
    base = Baseline.from_arrays(
        trade, names(3), elasticity=4.0, io=inputs, value_added_share=labour, final_shares=final / final.sum(axis=0)
    )
    merged = base.aggregate(countries={"C02": "C00"}, sectors={"sector 1": "all", "sector 2": "all"})
    assert merged.io is not None
    assert merged.value_added_share is not None
    assert merged.final_shares is not None
    np.testing.assert_allclose(merged.io.sum(axis=0) + merged.value_added_share, 1)
    np.testing.assert_allclose(merged.final_shares, 1)
    total = merged.value_added_share * merged.flows.sum(axis=2)
    np.testing.assert_allclose(total.sum(), (labour * output).sum())


def test_merged_twins_act_as_one() -> None:
    """Two halves of a country that face the same costs act as one country: aggregation is exact for them."""
    trade = flows(np.random.default_rng(3), 3)
    split = trade[np.ix_([0, 1, 2, 2], [0, 1, 2, 2])] * np.array([1, 1, 0.5, 0.5]) * np.array([[1, 1, 0.5, 0.5]]).T
    halves = Baseline.from_arrays(split, [*names(2), "X", "Y"], elasticity=4.0)
    shock = Shock.pairs({("C00", "X"): 1.3, ("C00", "Y"): 1.3})
    found = halves.counterfactual(shock)
    whole = halves.aggregate({"X": "C02", "Y": "C02"}).counterfactual(Shock.pairs({("C00", "C02"): 1.3}))
    np.testing.assert_allclose(found.welfare[:3], whole.welfare, rtol=1e-10)


def test_a_baseline_shows_itself_and_survives_pickling() -> None:
    base = world(np.random.default_rng(0), 12)
    text = repr(base)
    assert text.startswith("Baseline: 12 countries, 1 sector, theta 4, output ")
    assert "... and 4 more" in text
    again = pickle.loads(pickle.dumps(base))
    assert again.countries == base.countries
    np.testing.assert_array_equal(again.flows, base.flows)
    assert not again.flows.flags.writeable


def test_shocks_from_a_table() -> None:
    base = Baseline.from_table(table(), 4.0)
    shock = Shock.from_table(table("exporter,importer,cost,tariff_after\nCHN,PRK,1.5,\nPRK,CHN,inf,0.1\n"))
    found = shock.resolve(base)
    assert found.log_cost[0, 0, 1] == pytest.approx(np.log(1.5))
    assert found.log_cost[0, 1, 0] == np.inf
    assert found.tariff_after is not None
    assert found.tariff_after[0, 1, 0] == 0.1
    assert found.tariff_after[0, 0, 1] == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("exporter,importer,cost\nCHN,PRK,-1\n", "CHN to PRK: the cost is -1.0; expected a factor above 0"),
        ("exporter,importer,cost\nCHN,PRK,many\n", "row 1: cost is 'many'; expected a number"),
        ("exporter,importer,costs\nCHN,PRK,1\n", "no use for column 'costs'; did you mean cost"),
        ("exporter,importer,tariff_after\nCHN,PRK,-1\n", "tariff_after is -1.0; expected a rate above -1"),
        ("exporter,importer\nCHN,PRK\n", "neither a column 'cost' nor 'tariff_after'"),
    ],
)
def test_wrong_shocks(text: str, said: str) -> None:
    with pytest.raises(CaseError, match=said):
        Shock.from_table(table(text))


def test_unknown_labels_of_a_shock() -> None:
    base = Baseline.from_table(table(), 4.0)
    with pytest.raises(CaseError, match="no country 'RUSS'; did you mean RUS"):
        base.counterfactual(Shock.pairs({("RUSS", "PRK"): 1.1}))
    with pytest.raises(CaseError, match="productivity of CHN is 0"):
        base.counterfactual(Shock(productivity={"CHN": 0.0}))
    taxed = Baseline.from_table(table(), 4.0, tariffs=table("exporter,importer,tariff\nCHN,PRK,0.1\n"))
    other = Shock.from_table(table("exporter,importer,tariff_before,tariff_after\nCHN,PRK,0.2,0.1\n"))
    with pytest.raises(CaseError, match="the baseline has another"):
        taxed.counterfactual(other)


def test_groups_spare_domestic_sales() -> None:
    base = Baseline.from_table(table(), 4.0)
    cut = Shock.cut("PRK").resolve(base).log_cost[0]
    np.testing.assert_array_equal(np.isinf(cut), [[0, 1, 0], [1, 0, 1], [0, 1, 0]])
    world = Shock.between(["CHN", "RUS"], cost=2.0).resolve(base).log_cost[0] / np.log(2)
    abroad = ~np.eye(len(base.countries), dtype=bool)
    touched = np.isin(base.countries, ["CHN", "RUS"])
    np.testing.assert_allclose(world, (touched[:, None] | touched) & abroad, atol=1e-15)
    two = Shock.between(["CHN", "RUS"], ["PRK", "RUS"], cost=2.0).resolve(base).log_cost[0] / np.log(2)
    np.testing.assert_allclose(two, [[0, 1, 1], [1, 0, 1], [1, 1, 0]])
    both = (Shock.pairs({("CHN", "PRK"): 2.0}) & Shock.pairs({("CHN", "PRK"): 3.0})).resolve(base)
    assert np.exp(both.log_cost[0, 0, 1]) == pytest.approx(6.0)


def test_the_command_solves_files(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text(TABLE)
    (tmp_path / "s.csv").write_text("exporter,importer,cost\nCHN,PRK,inf\nPRK,CHN,inf\n")
    summary, trade = solve_table(tmp_path / "f.csv", 4.0, tmp_path / "s.csv", "balanced")
    assert list(summary) == ["country", "welfare", "real_wage", "wage", "price_index", "exports", "imports"]
    assert summary.set_index("country")["welfare"]["PRK"] < 0.98
    row = trade.set_index(["exporter", "importer"]).loc[("CHN", "PRK")]
    assert row["value"] == 0
    same, _ = solve_table(tmp_path / "f.csv", 4.0, None)
    np.testing.assert_allclose(same.drop(columns="country"), 1, rtol=1e-12)


def test_a_sector_may_lack_domestic_sales() -> None:
    rows = [table().assign(sector="food"), table().query("exporter != 'PRK'").assign(sector="oil")]
    base = Baseline.from_table(pd.concat(rows), 4.0)
    assert base.flows[1, 1, 1] == 0
    assert base.notes == ("without a domestic row, taken as no domestic sales: PRK (oil)",)
    again = Baseline.from_table(base.to_frame(), 4.0)
    np.testing.assert_array_equal(again.flows, base.flows)
    assert again.notes == ()
    found = base.counterfactual(Shock.pairs({("CHN", "PRK"): 1.1}), "balanced")
    assert found.welfare[1] < 1


def test_the_command_solves_sectors(tmp_path: Path) -> None:
    both = pd.concat([table().assign(sector=name) for name in ("food", "oil")])
    both.sample(frac=1, random_state=1).to_csv(tmp_path / "f.csv", index=False)
    (tmp_path / "s.csv").write_text("exporter,importer,sector,cost,tariff_before,tariff_after\nCHN,PRK,oil,1.2,0.1,0\n")
    summary, trade = solve_table(tmp_path / "f.csv", 4.0, tmp_path / "s.csv", "additive")
    assert len(summary) == 3
    assert list(trade) == ["exporter", "importer", "sector", "before", "value", "factor"]
    assert len(trade) == 18
