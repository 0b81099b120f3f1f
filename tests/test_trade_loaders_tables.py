"""Input-output tables as baselines, shares averaged over years, and tables of labels to merge."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trade_worlds import world
from tumen.errors import CaseError
from tumen.trade import Baseline, Shock, loaders
from tumen.trade._shocks import Rule

TIDY = ["year", "exporter", "importer", "sector", "value"]


def random_table(seed: int, countries: int = 3, sectors: int = 2, below: bool = False) -> loaders.InputOutputTable:
    """A table that adds up, with a negative cell of inventories if asked for."""
    rng = np.random.default_rng(seed)
    n, s = countries, sectors
    final = rng.lognormal(3, 1, (s, n, n))
    share = 0.9 * rng.dirichlet(np.ones(s * n + 2), s * n).T[: s * n]  # what is left of a column is value added
    if below:
        final[0, 0, 1] = -0.3 * final[0, 0, 0]
    output = np.linalg.solve(np.eye(s * n) - share, final.sum(axis=2).reshape(s * n))
    used = share * output
    return loaders.InputOutputTable(
        tuple(f"C{i}" for i in range(n)), tuple(f"S{k}" for k in range(s)), 2011, used.reshape(s, n, s, n), final,
        output.reshape(s, n), (output - used.sum(axis=0)).reshape(s, n), "made up",
    )  # fmt: skip


def accounts(base: Baseline) -> None:
    """What is sold is bought, inputs and value added make output, final demand is income and deficit."""
    assert base.io is not None
    assert base.value_added_share is not None
    assert base.final_shares is not None
    output, spent = base.flows.sum(axis=2), base.flows.sum(axis=1)
    np.testing.assert_allclose(base.io.sum(axis=0) + base.value_added_share, 1, rtol=1e-12)
    np.testing.assert_allclose(base.final_shares.sum(axis=0), 1, rtol=1e-12)
    assert (base.final_shares >= 0).all()
    income = (base.value_added_share * output).sum(axis=0) + base.deficits
    bought = (base.io * output[None]).sum(axis=1) + base.final_shares * income
    np.testing.assert_allclose(bought, spent, rtol=1e-9, atol=1e-9 * spent.max())


@given(seed=st.integers(0, 10_000), below=st.booleans())
def test_a_table_gives_a_baseline_that_adds_up(seed: int, below: bool) -> None:
    table = random_table(seed, below=below)
    base = table.baseline({"S0": 5.0, "S1": 3.0})
    accounts(base)
    assert any("1 negative cells of final use" in note for note in base.notes) == below
    np.testing.assert_allclose(
        base.io, (table.intermediate / table.output).sum(axis=1), rtol=1e-9, err_msg="technology is the table's"
    )
    if not below:
        np.testing.assert_allclose(base.flows, table.intermediate.sum(axis=2) + table.final, rtol=1e-9)
        np.testing.assert_allclose(base.flows.sum(axis=2), table.output, rtol=1e-9)
    unmoved = base.counterfactual(Shock())
    np.testing.assert_allclose(unmoved.welfare, 1, rtol=1e-9)
    np.testing.assert_allclose(unmoved.flows_after, base.flows, rtol=1e-8)


def test_odd_cells_are_handled_and_said() -> None:
    table = random_table(1)
    used, final, output = table.intermediate.copy(), table.final.copy(), table.output.copy()
    used[1, 1, 0, 0] += 1.5 * output[0, 0]  # inputs above output
    used[0, 1, 1, 2] = -0.5
    used[1, 2], final[1, 2] = 0.0, 0.0  # a sector that sells nothing, but has inputs
    odd = loaders.InputOutputTable(table.countries, table.sectors, 2011, used, final, output, output, "made up")
    base = odd.baseline(4.0)
    accounts(base)
    said = "\n".join(base.notes)
    assert "1 negative cells of intermediate use, -0.5 MUSD, were set to 0" in said
    assert "inputs of 1 sectors with a value added below 1% of output were scaled down" in said
    assert "1 sectors have inputs but no output" in said
    assert base.flows[1, 2].sum() == 0
    np.testing.assert_allclose(base.counterfactual(Shock()).welfare, 1, rtol=1e-9)


def test_tables_are_checked() -> None:
    table = random_table(2)
    with pytest.raises(CaseError, match=r"made up: final: shape \(2, 3, 2\); expected \(2, 3, 3\)"):
        replace(table, final=table.final[:, :, :2])
    with pytest.raises(CaseError, match="country C0 is named 2 times"):
        replace(table, countries=("C0", "C0", "C1"))
    with pytest.raises(CaseError, match="output: 6 values are not finite"):
        replace(table, output=np.full_like(table.output, np.nan))
    none = table.final * (np.arange(3) != 2)
    with pytest.raises(CaseError, match="made up: C2 has no final demand"):
        replace(table, final=none).baseline(4.0)
    assert not table.final.flags.writeable
    assert "C2" in repr(table)


def test_flows_of_a_table_are_tidy() -> None:
    table = random_table(3, below=True)
    frame = table.flows()
    assert list(frame.columns) == TIDY
    expected = table.intermediate.sum(axis=2) + table.final
    assert len(frame) == (expected > 0).sum()
    np.testing.assert_allclose(frame["value"].sum(), expected[expected > 0].sum())
    again = Baseline.from_table(random_table(3).flows(), 4.0)
    np.testing.assert_allclose(again.flows, random_table(3).baseline(4.0).flows, rtol=1e-9)


def by_country(table: loaders.InputOutputTable) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows and columns by country and in it by sector, as tables are printed."""
    size = table.output.size
    used = table.intermediate.transpose(1, 0, 3, 2).reshape(size, size)
    return used, table.final.transpose(1, 0, 2).reshape(size, -1), table.output.T.reshape(size)


def same(one: loaders.InputOutputTable, other: loaders.InputOutputTable) -> None:
    assert one.countries == other.countries
    assert one.sectors == other.sectors
    for name in ("intermediate", "final", "output", "value_added"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-9, atol=1e-9, err_msg=name)


@pytest.mark.parametrize("categories", [1, 5])
def test_wiod_arrays(tmp_path: Path, categories: int) -> None:
    table = random_table(4, countries=4, sectors=3)
    used, final, output = by_country(table)
    parts = np.repeat(final, categories, axis=1) / categories
    stored = {
        "inter": used,
        "final": parts,
        "output": output,
        "countries": table.countries,
        "industries": table.sectors,
    }
    np.savez(tmp_path / "wiod2013_2011.npz", **stored)
    found = loaders.read_wiod(tmp_path / "wiod2013_2011.npz")
    same(found, table)
    assert found.year == 2011
    np.savez(tmp_path / "wiod2013_2011.npz", **{**stored, "final": parts[:, 1:]})
    with pytest.raises(CaseError, match=r"expected inter \(12, 12\), final \(12, 4 or a multiple\)"):
        loaders.read_wiod(tmp_path / "wiod2013_2011.npz")
    np.savez(tmp_path / "wiod.npz", **{"outputs" if name == "output" else name: v for name, v in stored.items()})
    with pytest.raises(CaseError, match="the name has no year"):
        loaders.read_wiod(tmp_path / "wiod.npz")
    with pytest.raises(CaseError, match=r"there is no array 'output'; did you mean outputs\?"):
        loaders.read_wiod(tmp_path / "wiod.npz", year=2011)


def test_wiod_by_industry(tmp_path: Path) -> None:
    table = random_table(5)
    uses = table.intermediate.sum(axis=2)
    rows = [
        (table.countries[i], table.sectors[k], table.countries[n], uses[k, i, n], table.final[k, i, n])
        for i in range(3) for k in range(2) for n in range(3)
    ]  # fmt: skip
    columns = ["exporter", "industry", "importer", "intermediate_musd", "final_musd"]
    pd.DataFrame(rows, columns=columns).to_csv(tmp_path / "trade_2011.csv", index=False)
    inputs = table.intermediate.sum(axis=(0, 1))
    made = pd.DataFrame(
        [
            (c, s, table.output[k, n], inputs[k, n])
            for n, c in enumerate(table.countries)
            for k, s in enumerate(table.sectors)
        ],
        columns=["country", "industry", "gross_output_musd", "intermediate_inputs_musd"],
    )
    made.to_csv(tmp_path / "output.csv", index=False)
    found = loaders.read_wiod(tmp_path / "trade_2011.csv", output=tmp_path / "output.csv")
    np.testing.assert_allclose(found.intermediate.sum(axis=2), uses)
    np.testing.assert_allclose(found.intermediate.sum(axis=(0, 1)), inputs)
    np.testing.assert_allclose(found.value_added, table.value_added)
    assert "the same mix of inputs" in found.notes[0]
    accounts(found.baseline(4.0))
    rough = loaders.read_wiod(tmp_path / "trade_2011.csv")
    accounts(rough.baseline(4.0))
    assert "in proportion to output" in rough.notes[1]
    made.assign(intermediate_inputs_musd=1.0).to_csv(tmp_path / "output.csv", index=False)
    with pytest.raises(CaseError, match=r"uses inputs of 2 MUSD, trade_2011\.csv has .*same year and release"):
        loaders.read_wiod(tmp_path / "trade_2011.csv", output=tmp_path / "output.csv")
    made.iloc[1:].to_csv(tmp_path / "output.csv", index=False)
    with pytest.raises(CaseError, match="there is no row of C0, S0"):
        loaders.read_wiod(tmp_path / "trade_2011.csv", output=tmp_path / "output.csv")


def icio(table: loaders.InputOutputTable, *, labels: tuple[str, str, str], taxes: float = 0.1) -> pd.DataFrame:
    """The table in the wide layout, its first country China in two parts, and taxes of a tenth of value added."""
    used, final, _ = by_country(table)
    names = [f"{c}_{k}" for c in table.countries for k in table.sectors]
    wide = pd.DataFrame(
        np.hstack([used, final]), index=names, columns=[*names, *(f"{c}_HFCE" for c in table.countries)]
    )
    own = [name for name in names if name.startswith("CHN")]
    for part, share in (("CN1", 0.3), ("CN2", 0.7)):
        for name in own:
            wide.loc[part + name[3:]] = share * wide.loc[name]
            wide[part + name[3:]] = share * wide[name]
    wide.loc[own] = 0.0
    wide[own] = 0.0
    industries = [label for label in wide.index if label in wide.columns]
    used_by = wide[industries].sum()
    wide = wide.assign(**dict.fromkeys((f"{c}_INVNT" for c in table.countries), 0.0))
    rest = wide.sum(axis=1)[industries] - used_by
    wide.loc[labels[1], industries] = taxes * rest
    wide.loc[labels[0], industries] = (1 - taxes) * rest
    wide.loc[labels[2], industries] = wide.sum(axis=1)[industries]
    return wide.fillna(0.0).assign(**{labels[2]: wide.sum(axis=1)})


@pytest.mark.parametrize("labels", [("VA", "TLS", "OUT"), ("VALU", "AUS_TAXSUB", "OUTPUT")])
def test_icio(tmp_path: Path, labels: tuple[str, str, str]) -> None:
    made = random_table(6, countries=3, sectors=2)
    table = loaders.InputOutputTable(
        ("CHN", "AUS", "ROW"),
        ("01T02", "C10"),
        2018,
        made.intermediate,
        made.final,
        made.output,
        made.value_added,
        "made up",
    )
    path = tmp_path / "ICIO2021_2018.csv"
    wide = icio(table, labels=labels)
    wide.to_csv(path, index_label="V1")
    found = loaders.read_icio(path)
    assert found.year == 2018
    np.testing.assert_allclose(found.value_added, 0.9 * table.value_added)
    assert "CN1, CN2 were added to their countries" in found.notes
    for name in ("intermediate", "final", "output"):
        np.testing.assert_allclose(getattr(found, name), getattr(table, name), rtol=1e-9, atol=1e-12, err_msg=name)
    assert found.countries == table.countries
    accounts(found.baseline(4.0))
    for wrong, said in (
        (wide.drop(index=labels[0]), "there is no row of value added; expected VA or VALU"),
        (wide.drop(columns=[c for c in wide if c.endswith(("HFCE", "INVNT"))]), "there is no column of final demand"),
        (wide.drop(columns="ROW_C10"), "ROW_C10 is a row or a column but not both"),
        (wide.drop(columns=["ROW_HFCE", "ROW_INVNT"]), "does not add up"),
        (pd.concat([wide, wide.iloc[:1]]), "row CHN_01T02 stands there twice"),
        (wide.astype(object).replace(0.0, "x"), "has text; expected numbers"),
    ):
        wrong.to_csv(path, index_label="V1")
        with pytest.raises(CaseError, match=said):
            loaders.read_icio(path)


def test_wiod_of_the_shared_data(shared: Path) -> None:
    """Totals against the files themselves; the baseline solves no change and a tariff of a tenth."""
    folder = shared / "data" / "world"
    table = loaders.read_wiod(folder / "wiod2013_2011_wiot.npz")
    printed = pd.read_csv(folder / "wiod2013_2011_gross_output.csv", index_col=["country", "industry"])
    np.testing.assert_allclose(table.output.sum(), printed["gross_output_musd"].sum())
    assert table.value_added[table.sectors.index("Mining"), table.countries.index("RUS")] == pytest.approx(
        printed.loc[("RUS", "Mining"), "value_added_musd"]
    )
    base = table.baseline(5.0)
    accounts(base)
    assert "43 negative cells of final use, -11,248 MUSD, were set to 0" in base.notes
    assert abs(base.output.sum() / table.output.sum() - 1) < 3e-4
    np.testing.assert_allclose(base.counterfactual(Shock()).welfare, 1, rtol=1e-9)
    after = base.counterfactual(Shock((Rule(None, "USA", tariff_after=0.1),)))
    flows, rates = after.flows_after, np.zeros(base.flows.shape)
    usa = base.countries.index("USA")
    rates[:, :, usa] = 0.1
    rates[:, usa, usa] = 0.0
    np.testing.assert_allclose(after.revenue, (flows * rates).sum(axis=(0, 1)), rtol=1e-8, atol=1e-6)
    gap = flows.sum(axis=(0, 1)) - flows.sum(axis=(0, 2)) - after.deficits
    assert np.abs(gap).max() < 1e-3  # of MUSD
    assert after.imports[usa] < 0.85
    assert 1 < after.welfare[usa] < 1.01
    merged = base.aggregate(dict.fromkeys(("DEU", "FRA", "NLD"), "EU"), dict.fromkeys(base.sectors[17:], "Services"))
    accounts(merged)  # with sectors that make nothing, too
    np.testing.assert_allclose(merged.counterfactual(Shock()).welfare, 1, rtol=1e-9)


def test_wiod_by_industry_of_the_shared_data(shared: Path) -> None:
    pytest.importorskip("pyarrow")
    folder = shared / "data" / "world"
    table = loaders.read_wiod(
        folder / "wiod2013_2011_bilateral_by_industry.parquet", output=folder / "wiod2013_2011_gross_output.csv"
    )
    whole = loaders.read_wiod(folder / "wiod2013_2011_wiot.npz")
    order = [whole.countries.index(country) for country in table.countries]
    kinds = [whole.sectors.index(sector) for sector in table.sectors]
    np.testing.assert_array_equal(table.final, whole.final[np.ix_(kinds, order, order)])
    np.testing.assert_allclose(
        table.intermediate.sum(axis=2), whole.intermediate.sum(axis=2)[np.ix_(kinds, order, order)], rtol=1e-9
    )
    accounts(table.baseline(5.0))


def test_domestic_sales_of_wiod_from_gross_output(shared: Path) -> None:
    folder = shared / "data" / "world"
    frame = loaders.read_wiod(folder / "wiod2013_2011_wiot.npz").flows()
    frame = frame[frame["sector"].isin(["Mining", "Machinery"])]
    output = frame.groupby(["exporter", "sector"])["value"].sum()
    abroad = frame[frame["exporter"] != frame["importer"]]
    base = Baseline.from_table(abroad, 5.0, domestic="from_output", output=output)
    whole = Baseline.from_table(frame, 5.0)
    np.testing.assert_allclose(base.flows, whole.flows, atol=1e-6)
    printed = pd.read_csv(folder / "wiod2013_2011_gross_output.csv", index_col=["country", "industry"])
    rounded = Baseline.from_table(abroad, 5.0, domestic="from_output", output=printed["gross_output_musd"])
    np.testing.assert_allclose(rounded.output, whole.output, atol=250)  # cells are rounded to whole MUSD


def panel(values: dict[tuple[int, str, str], float]) -> pd.DataFrame:
    return pd.DataFrame([(y, i, j, "all", v) for (y, i, j), v in values.items()], columns=TIDY)


def test_average_shares_by_hand() -> None:
    tidy = panel({
        (2011, "CHN", "PRK"): 30.0, (2011, "RUS", "PRK"): 10.0, (2012, "CHN", "PRK"): 100.0,
        (2012, "JPN", "PRK"): 100.0, (2012, "CHN", "MNG"): 7.0, (2011, "RUS", "KAZ"): 3.0,
    })  # fmt: skip
    out = loaders.average_shares(tidy, [2011, 2012])
    assert set(out["year"]) == {2012}
    found = {(i, j): v for i, j, v in zip(out["exporter"], out["importer"], out["value"], strict=True)}
    assert found == pytest.approx({
        ("CHN", "PRK"): 125.0, ("RUS", "PRK"): 25.0, ("JPN", "PRK"): 50.0, ("CHN", "MNG"): 7.0
    })  # fmt: skip
    said = "\n".join(out.attrs["notes"])
    assert "shares are averages over 2011, 2012, totals those of 2012" in said
    assert "4 of 5 pairs have no flow in some of these years" in said
    assert "bought nothing in 2012 and have no rows: 1 importers by sector, of KAZ" in said
    twice_indexed = pd.concat([part for _, part in tidy.groupby("year")]).set_axis([0, 1, 2, 0, 1, 2])
    pd.testing.assert_frame_equal(loaders.average_shares(twice_indexed, [2011, 2012]), out)
    weighted = loaders.average_shares(tidy, [2011, 2012], [3.0, 1.0], totals=2011)
    china = weighted.query("exporter == 'CHN' and importer == 'PRK'")["value"].item()
    assert china == pytest.approx(40 * (3 * 0.75 + 0.5) / 4)


@settings(max_examples=12)
@given(
    values=st.lists(st.one_of(st.just(0.0), st.floats(0.01, 1e6)), min_size=36, max_size=36),
    weights=st.lists(st.floats(0.1, 10), min_size=3, max_size=3),
)
def test_average_shares_add_up(values: list[float], weights: list[float]) -> None:
    cells = [(y, i, j) for y in (2011, 2012, 2013) for i in "ABCD" for j in "XYZ"]
    tidy = panel(dict(zip(cells, values, strict=True)))
    bought = tidy[tidy["year"] == 2012].groupby("importer")["value"].sum()
    if bought.sum() > 0:
        out = loaders.average_shares(tidy, [2011, 2012, 2013], weights, totals=2012)
        kept = out.groupby("importer")["value"].sum().reindex(bought.index, fill_value=0.0)
        np.testing.assert_allclose(kept, bought, rtol=1e-12)
        order = dict(zip([2013, 2011, 2012], [weights[2], *weights[:2]], strict=True))
        shuffled = loaders.average_shares(tidy.iloc[::-1], list(order), list(order.values()), totals=2012)
        pd.testing.assert_frame_equal(out, shuffled, rtol=1e-12, check_flags=False)
        one = loaders.average_shares(tidy, [2012])
        there = tidy[(tidy["year"] == 2012) & tidy["importer"].isin(bought[bought > 0].index)]
        expected = there.sort_values(TIDY[:4], ignore_index=True)
        pd.testing.assert_frame_equal(one, expected, rtol=1e-12, check_dtype=False)


def test_average_shares_are_checked() -> None:
    tidy = panel({(2011, "CHN", "PRK"): 30.0, (2012, "CHN", "PRK"): 100.0})
    with pytest.raises(CaseError, match="there is no row of 2015"):
        loaders.average_shares(tidy, [2011, 2015])
    with pytest.raises(ValueError, match="expected at least one, none twice"):
        loaders.average_shares(tidy, [2011, 2011])
    with pytest.raises(ValueError, match="expected 2 numbers above 0"):
        loaders.average_shares(tidy, [2011, 2012], [1.0, 0.0])
    with pytest.raises(CaseError, match="there is no column value; expected year, exporter"):
        loaders.average_shares(tidy.drop(columns="value"), [2011])
    with pytest.raises(CaseError, match="stand in the table once"):
        loaders.average_shares(pd.concat([tidy, tidy]), [2011])


def test_average_shares_make_a_baseline() -> None:
    cells = {(y, i, j): 5.0 + y % 5 + ord(i) * (i == j) for y in (2011, 2012) for i in "AB" for j in "AB"}
    base = Baseline.from_table(loaders.average_shares(panel(cells), [2011, 2012]), 4.0)
    assert base.countries == ("A", "B")
    assert base.spending.sum() == pytest.approx(sum(v for (y, *_), v in cells.items() if y == 2012))


def test_a_mapping_merges_a_baseline(tmp_path: Path) -> None:
    base = world(np.random.default_rng(0), 5)
    path = tmp_path / "regions.csv"
    path.write_text("from,to\nC00,NA\nC01,NA\nC04,East\n")
    mapping = loaders.read_mapping(path, base.countries)
    assert mapping == {"C00": "NA", "C01": "NA", "C04": "East"}
    merged = base.aggregate(mapping)
    assert merged.countries == ("NA", "C02", "C03", "East")
    assert merged.output[0] == pytest.approx(base.output[:2].sum())
    path.write_text("from,to\nC00,NA\nC1,NA\nC00,East\nC02,\n")
    with pytest.raises(CaseError) as caught:
        loaders.read_mapping(path, base.countries)
    assert str(caught.value).splitlines() == [
        "regions.csv, line 3: there is no 'C1'; did you mean C01?",
        "regions.csv, line 4: 'C00' is mapped a second time, to 'East'; before it was 'NA'",
        "regions.csv, line 5: a label is empty",
    ]
    path.write_text("old,to\nA,B\n")
    with pytest.raises(CaseError, match="there is no column 'from'"):
        loaders.read_mapping(path)
