"""What is known of a target at its announcement: nothing of that year or later, growth of groups, files of any kind."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast_support import lively, world
from targets_support import GOOD, HEAD, panel, products, walk, written
from tumen.errors import CaseError, MissingExtra
from tumen.trade._targets_history import chained
from tumen.trade._targets_read import Targets, parse
from tumen.trade.targets import forecast_targets, read_targets, what_was_known

ROWS = (
    "one,RUS,CHN,2008-03,2007,1,2,2012",
    "two,KAZ,CHN,2008,2006,1,3,2013",
    "group,CHN,EAEU,2008-11,2008,5,8,2012",
    "later,RUS,CHN,2011-06,2010,2,4,2015",
    "in the group,EAEU,RUS,2011-06,2011,2,4,2015",
)
WORLD = world()  # 153 pairs, so that there is a potential
ODD = st.one_of(
    st.floats(min_value=0.0, max_value=1e12), st.sampled_from([np.nan, np.inf, -np.inf, -9.0, 0.0, 1e308])
)  # fmt: skip


def made(*rows: str) -> Targets:
    names = HEAD.split(",")
    lines = [(i, dict(zip(names, row.split(","), strict=True))) for i, row in enumerate(rows, 2)]
    found, problems = parse(lines, "targets")
    assert not problems
    return found


def table(targets: Targets, flows: pd.DataFrame, gdp: pd.DataFrame) -> list[str]:
    found = forecast_targets(targets, flows, gdp, predict=walk)
    return found.to_csv(index=False, float_format="%.17g").splitlines()[1:]


@given(since=st.sampled_from([2008, 2011]), data=st.data())
@settings(max_examples=40)
def test_nothing_of_the_announcement_s_year_or_later_changes_a_forecast(since: int, data: st.DataObject) -> None:
    targets, flows, gdp = made(*ROWS), panel(), products()
    before = table(targets, flows, gdp)
    for frame, column in ((flows, "value"), (gdp, "usd")):
        late = np.flatnonzero(frame["year"] >= since)
        values = frame[column].to_numpy(copy=True)
        size = min(len(late), 24)
        which = data.draw(st.lists(st.sampled_from(late.tolist()), min_size=size, max_size=size, unique=True))
        values[which] = data.draw(st.lists(ODD, min_size=size, max_size=size))
        frame[column] = values
    kept = data.draw(st.integers(0, len(flows)))
    flows = flows[(flows["year"] < since) | (np.arange(len(flows)) >= kept)]  # rows may be missing, too
    after = table(targets, flows, gdp)
    same = targets.announced <= since
    assert [row for row, s in zip(after, same, strict=True) if s] == [r for r, s in zip(before, same, strict=True) if s]


def told(targets: Targets, flows: pd.DataFrame, gdp: pd.DataFrame | None = None) -> list[str]:
    """The rows of a forecast by the panel model, to the last bit."""
    found = forecast_targets(targets, flows, gdp, parameters=(lively(1, last=1999), lively(2, last=2006)))
    return found.to_csv(index=False, float_format="%.17g").splitlines()[1:]


@given(since=st.sampled_from([2008, 2011]), data=st.data())
@settings(max_examples=10)
def test_nothing_of_the_world_in_the_announcement_s_year_or_later_changes_a_forecast(
    since: int, data: st.DataObject
) -> None:
    """By the panel model, which looks at all countries: figures are changed, lost, and begun only then."""
    targets, flows, gdp = made(*ROWS), WORLD.copy(), products()
    before = told(targets, flows, gdp)
    late = np.flatnonzero(flows["year"] >= since)
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    values = flows["value"].to_numpy(copy=True)
    values[late] *= rng.lognormal(0.0, data.draw(st.sampled_from([0.5, 4.0])), len(late))
    odd = rng.choice(late, 200, replace=False)
    values[odd] = rng.choice([np.nan, np.inf, -9.0, 0.0, 1e29, 1e-12], 200)
    flows["value"] = values
    flows = flows.drop(rng.choice(late, data.draw(st.integers(0, len(late))), replace=False))
    gdp.loc[gdp["year"] >= since, "usd"] *= 3.0
    new = [
        (year, a, b, 77.0) for year in range(since, 2014) for a, b in (("MNG", "RUS"), ("RUS", "MNG"), ("MNG", "KOR"))
    ]
    flows = pd.concat([flows, pd.DataFrame(new, columns=list(flows))])
    after = told(targets, flows, gdp)
    same = targets.announced <= since
    assert same.any()
    assert [row for row, s in zip(after, same, strict=True) if s] == [r for r, s in zip(before, same, strict=True) if s]


def test_other_pairs_figures_of_the_year_before_do_change_it() -> None:
    targets, flows = made(*ROWS[:2]), WORLD.copy()
    before = told(targets, flows)
    flows.loc[(flows["year"] == 2007) & (flows["exporter"] == "CHN") & (flows["importer"] != "RUS"), "value"] *= 4.0
    assert all(a != b for a, b in zip(before, told(targets, flows), strict=True))


def test_the_model_s_forecast_does_not_depend_on_the_targets_beside_it() -> None:
    every = told(made(*ROWS), WORLD)
    assert [told(made(row), WORLD)[0] for row in ROWS] == every


def test_gdp_changes_no_forecast_of_the_model_and_is_said_not_to() -> None:
    targets, gdp = made(*ROWS), products()
    taught = (lively(),)
    plain = forecast_targets(targets, WORLD, parameters=taught)
    with_gdp = forecast_targets(targets, WORLD, gdp, parameters=taught)
    pd.testing.assert_frame_equal(plain, with_gdp, check_exact=True)
    assert plain.attrs["notes"] == ()
    assert with_gdp.attrs["notes"] == ("GDP was read and checked, and is not used: it made forecasts no better",)
    gdp.loc[0, "iso3"] = "CHN"
    with pytest.raises(CaseError, match="GDP is given more than once"):
        forecast_targets(targets, WORLD, gdp, parameters=taught)


def test_targets_before_the_oldest_parameters_are_told_of() -> None:
    found = forecast_targets(made(*ROWS), parameters=(lively(last=2008),))
    assert found.attrs["notes"] == ("3 targets announced before 2010: the model learnt from years to 2008 for them",)


def test_the_year_before_the_announcement_does_change_it() -> None:
    targets, flows, gdp = made(*ROWS[:3]), panel(), products()
    before = table(targets, flows, gdp)
    flows.loc[flows["year"] == 2007, "value"] *= 1.5
    changed = table(targets, flows, gdp)
    assert all(a != b for a, b in zip(before, changed, strict=True))
    gdp.loc[gdp["year"] == 2007, "usd"] *= 1.5
    assert all(a != b for a, b in zip(changed, table(targets, flows, gdp), strict=True))


def test_a_forecast_does_not_depend_on_the_targets_beside_it() -> None:
    every = table(made(*ROWS), panel(), products())
    assert [table(made(row), panel(), products())[0] for row in ROWS] == every


def test_the_flow_is_what_both_report() -> None:
    flows = panel()
    seen, _ = what_was_known(made(ROWS[0]), flows, products())
    assert seen is not None
    both = flows.set_index(["year", "exporter", "importer"])["value"]
    year = seen.years.index(2007)
    assert seen.flows[0, year] == both[2007, "RUS", "CHN"] + both[2007, "CHN", "RUS"]
    assert np.isnan(seen.flows[0, year + 1 :]).all()
    assert seen.gdp_a[0, year] == pytest.approx(4e11 * np.exp(0.06 * 9) / 1e6)
    one_sided = flows.drop(flows[(flows["exporter"] == "RUS") & (flows["year"] == 2005)].index)
    seen, _ = what_was_known(made(ROWS[0]), one_sided, None)
    assert seen is not None
    assert np.isnan(seen.flows[0, seen.years.index(2005)])
    assert np.isnan(seen.gdp_a).all()


def test_a_whole_group_is_the_sum_of_its_members() -> None:
    flows = panel()
    seen, _ = what_was_known(made("x,CHN,EAEU,2012,2011,5,8,2016"), flows, products())
    assert seen is not None
    between = flows[(flows["exporter"] == "CHN") | (flows["importer"] == "CHN")].groupby("year")["value"].sum()
    for year in (1998, 2011):
        assert seen.flows[0, seen.years.index(year)] == pytest.approx(between[year], rel=1e-12)
    members = products().query("iso3 != 'CHN' and year == 2011")["usd"].sum() / 1e6
    assert seen.gdp_b[0, seen.years.index(2011)] == pytest.approx(members)


def test_growth_of_a_group_is_that_of_members_known_in_both_years() -> None:
    # the third member is known in the last two years only: 10 to 12 there, and 6 to 12 to 24 of the others before
    level = chained(np.array([[2, 4, np.nan], [4, 8, np.nan], [8, 16, 12], [10, 18, 12.0]]))
    np.testing.assert_allclose(level, [10, 20, 40, 40] @ np.diag([36 / 40, 36 / 40, 36 / 40, 1]))
    assert level[2] / level[1] == pytest.approx(2)


def test_a_last_year_with_few_members_is_not_used() -> None:
    level = chained(np.array([[10.0, 20.0], [11.0, 22.0], [12.0, np.nan]]))
    np.testing.assert_allclose(level, [30, 33, np.nan])
    assert np.isnan(chained(np.array([[np.nan, np.nan], [1.0, np.nan]]))).all()
    assert chained(np.empty((0, 3))).shape == (0,)


def test_files_and_tables_give_the_same(tmp_path: Path) -> None:
    targets = made(*ROWS)
    flows, gdp = panel(), products()
    flows.rename(columns={"value": "imports_musd"}).to_csv(tmp_path / "panel.csv", index=False, float_format="%.17g")
    gdp.drop(columns="indicator").to_parquet(tmp_path / "gdp.parquet")
    found = forecast_targets(targets, tmp_path / "panel.csv", tmp_path / "gdp.parquet", predict=walk)
    pd.testing.assert_frame_equal(found, forecast_targets(targets, flows, gdp, predict=walk), rtol=1e-12)


def test_only_gdp_is_read_of_the_indicators() -> None:
    gdp = products()
    more = pd.concat([gdp.assign(indicator="exports", usd=1.0), gdp.assign(indicator="GDP")])
    assert table(made(*ROWS), panel(), more) == table(made(*ROWS), panel(), gdp)


def test_sectors_are_summed() -> None:
    flows = panel()
    halves = pd.concat([flows.assign(sector=s, value=flows["value"] / 2) for s in ("a", "b")])
    assert table(made(*ROWS), halves, products()) == table(made(*ROWS), flows, products())


@pytest.mark.parametrize(
    ("flows", "message"),
    [
        (panel().rename(columns={"value": "values"}), "did you mean values"),
        (pd.concat([panel(), panel().query("year == 2001 and exporter == 'RUS'")]), "2001 RUS to BLR"),
    ],
)
def test_a_panel_that_cannot_be_used_is_an_error(flows: pd.DataFrame, message: str) -> None:
    with pytest.raises(CaseError, match=message):
        forecast_targets(made(*ROWS), flows, predict=walk)


def test_files_that_cannot_be_used_are_errors(tmp_path: Path) -> None:
    (tmp_path / "panel.parquet").write_bytes(b"no such thing")
    (tmp_path / "empty.csv").write_bytes(b"")
    for name in ("panel.parquet", "empty.csv", "none.csv"):
        with pytest.raises(CaseError, match=name.split(".")[0]):
            forecast_targets(made(*ROWS), tmp_path / name, predict=walk)


def test_parquet_without_its_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    panel().to_parquet(tmp_path / "panel.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtra, match="pip install pyarrow"):
        forecast_targets(made(*ROWS), tmp_path / "panel.parquet", predict=walk)


def test_what_was_not_read_is_told() -> None:
    flows = panel()
    flows.loc[0, "value"] = -9.0
    found = forecast_targets(made(*ROWS), flows, predict=walk)
    assert found.attrs["notes"] == ("the table: 1 rows are no figure: the value is negative or no number",)
    found = forecast_targets(made("x,IND,BRA,2007,2006,2,10,2010"), flows, products(), predict=walk)
    assert found["history_used"].tolist() == ["none"]
    assert found["note"].tolist() == ["no history of this pair before the announcement; no GDP of IND or BRA"]
    assert len(found.attrs["notes"]) == 3


def test_an_old_history_is_told() -> None:
    found = forecast_targets(made("x,RUS,CHN,2024-07,2023,65,100,2030"), panel(), predict=walk)
    assert found["history_used"].tolist() == ["1998-2014"]
    assert found["note"].tolist() == ["the history ends 10 years before the announcement"]


def test_ten_thousand_targets_are_quick(tmp_path: Path) -> None:
    from time import process_time

    rows = [f"t{i}," + GOOD.split(",", 1)[1].replace("CHN", ("CHN", "KAZ", "EAEU")[i % 3]) for i in range(10_000)]
    path = written(tmp_path, *rows)
    start = process_time()
    targets, _ = read_targets(path)
    what_was_known(targets, panel(), products())
    assert process_time() - start < 5
