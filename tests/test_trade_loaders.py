"""Loaders of trade flows: each layout as a small file, what is left out and said, and files that are wrong."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tumen.errors import CaseError, MissingExtra
from tumen.trade import loaders
from tumen.trade._baseline import Baseline
from tumen.trade._loaders_codes import cow_codes, un_codes

TIDY = ["year", "exporter", "importer", "sector", "value"]

COW = """ccode1,ccode2,year,importer1,importer2,flow1,flow2,source1,source2,version
2,710,2012,United States of America,China,444400,121000,1,1,4
2,710,2013,United States of America,China,460000,130000.5,1,1,4
731,710,2013,North Korea,China,4025,2914,1,1,4
731,732,2013,North Korea,South Korea,0,0,1,1,4
731,365,2013,North Korea,Russia,-9,9,1,1,4
2,999,2013,United States of America,Nowhere,1,2,1,1,4
"""

GRAVITY = """year,country_id_o,country_id_d,iso3_o,iso3_d,country_exists_o,country_exists_d,dist,contig,tradeflow_baci,\
tradeflow_comtrade_o,tradeflow_comtrade_d
2013,CHN,NAM,CHN,NAM,1,1,11000,0,5000,4000,6000
2013,NAM,CHN,NAM,CHN,1,1,11000,0,,100,
2013,CHN,CHN,CHN,CHN,1,1,900,0,,,
2013,DEU.1,CHN,DEU,CHN,0,1,7000,0,,,
2013,DEU.2,CHN,DEU,CHN,1,1,7200,0,90000000,89000000,95000000
2012,DEU.2,CHN,DEU,CHN,1,1,7200,0,80000000,79000000,85000000
"""

CODES = """country_code,country_name,country_iso2,country_iso3
156,China,CN,CHN
490,"Other Asia, not elsewhere specified",N/A,S19
516,Namibia,NA,NAM
842,USA,US,USA
"""

UNCTAD = """Year,Economy,Economy Label,Partner,Partner Label,SitcRev3Product,Flow,Flow Label,US$ at current prices in \
thousands,US$ at current prices in thousands Footnote
2013,0156,China,0842,United States,TOTAL,02,Exports,400000,
2013,0156,China,0842,United States,0,02,Exports,30000,
2013,0156,China,0842,United States,7,02,Exports,370000,
2013,0156,China,0842,United States,0 + 1 + 22 + 4,02,Exports,40000,
2013,0156,China,0000,World,TOTAL,02,Exports,900000,
2013,0156,China,5100,Africa,TOTAL,02,Exports,100000,
2013,0842,United States,0156,China,TOTAL,01,Imports,450000,
2013,0251,France,0156,China,TOTAL,02,Exports,..,
"""

ITPDE = """exporter_iso3,exporter_name,importer_iso3,importer_name,year,industry_id,industry_descr,broad_sector,trade,\
flag_mirror,flag_zero
NAM,Namibia,NAM,Namibia,2013,1,Wheat,Agriculture,30,0,p
NAM,Namibia,ZAF,South Africa,2013,1,Wheat,Agriculture,2.5,1,p
NAM,Namibia,ZAF,South Africa,2013,2,Rice,Agriculture,0,0,u
ZAF,South Africa,NAM,Namibia,2013,2,Rice,Agriculture,4,0,p
ZAF,South Africa,NAM,Namibia,2013,30,Coal,Mining and Energy,9,0,p
ZAF,South Africa,ZAF,South Africa,2013,30,Coal,Mining and Energy,,0,u
ZAF,South Africa,ZAF,South Africa,2012,30,Coal,Mining and Energy,700,0,p
"""


def written(folder: Path, text: str, name: str = "trade.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def values(frame: pd.DataFrame) -> dict[tuple[str, str], float]:
    assert list(frame.columns[:5]) == TIDY
    assert frame["value"].dtype == np.float64
    pd.testing.assert_frame_equal(frame, frame.sort_values(TIDY[:4], ignore_index=True))
    return {(i, j): v for i, j, v in zip(frame["exporter"], frame["importer"], frame["value"], strict=True)}


def notes(frame: pd.DataFrame) -> str:
    return "\n".join(frame.attrs["notes"])


def test_cow_dyads(tmp_path: Path) -> None:
    frame = loaders.read_cow(written(tmp_path, COW), [2013])
    assert values(frame) == {
        ("CHN", "USA"): 460000, ("USA", "CHN"): 130000.5, ("CHN", "PRK"): 4025, ("PRK", "CHN"): 2914,
        ("KOR", "PRK"): 0, ("PRK", "KOR"): 0, ("PRK", "RUS"): 9,
    }  # fmt: skip
    assert set(frame["sector"]) == {"all"}
    assert "1 rows were left out: no value" in notes(frame)
    assert "1 times a country code was unknown and its row left out: 999" in notes(frame)
    assert "between KOR and PRK counts as internal; it is 0 or missing in 1 of 1 years. Add it by hand" in notes(frame)
    assert "c.i.f." in frame.attrs["valuation"]
    named = loaders.read_cow(written(tmp_path, COW), 2013, country_codes={999: "XXX"})
    assert values(named)["XXX", "USA"] == 1
    assert "unknown" not in notes(named)


def test_cow_long(tmp_path: Path) -> None:
    text = "year,exporter,importer,imports_musd\n2013,NA,PRK,3\n2013,PRK,NA,-9\n2012,NA,PRK,2\n"
    frame = loaders.read_cow(written(tmp_path, text), 2013)
    assert values(frame) == {("NA", "PRK"): 3}
    told = ("1 rows were left out: no value", "a pair without a row traded nothing or is missing")
    assert frame.attrs["notes"] == told


def test_two_states_of_one_label_are_added_up_and_said(tmp_path: Path) -> None:
    text = "ccode1,ccode2,year,flow1,flow2\n260,2,1990,5,7\n255,2,1990,1,2\n"
    frame = loaders.read_cow(written(tmp_path, text))
    assert values(frame) == {("USA", "DEU"): 6, ("DEU", "USA"): 9}
    assert "2 rows were added to others of the same flow: two states of one label" in notes(frame)
    with pytest.raises(CaseError, match="1 dyads stand there twice, such as 260 and 2 in 1990"):
        loaders.read_cow(written(tmp_path, text + "260,2,1990,5,7\n"))


def test_cepii_gravity(tmp_path: Path) -> None:
    path = written(tmp_path, GRAVITY)
    frame = loaders.read_cepii_gravity(path, 2013, covariates=("dist", "contig"))
    assert values(frame) == {("CHN", "NAM"): 5, ("DEU", "CHN"): 90000}
    assert frame["dist"].tolist() == [11000, 7200]
    assert "1 rows were left out: a state that does not exist in the year" in notes(frame)
    assert "1 rows were left out: no value" in notes(frame)
    assert "1 rows were left out: trade with itself, without a value" in notes(frame)
    assert "f.o.b." in frame.attrs["valuation"]
    reported = loaders.read_cepii_gravity(path, 2013, flow="comtrade_d")
    assert values(reported) == {("CHN", "NAM"): 6, ("DEU", "CHN"): 95000}
    assert "c.i.f." in reported.attrs["valuation"]


def test_a_second_state_under_the_same_letters(tmp_path: Path) -> None:
    rows = "2013,DEU.1,CHN,DEU,CHN,1,1,7000,0,10,,\n"
    frame = loaders.read_cepii_gravity(written(tmp_path, GRAVITY + rows), 2013)
    assert values(frame)["DEU", "CHN"] == 90000
    assert "1 rows were left out: another state under the same letters" in notes(frame)


@pytest.fixture
def baci(tmp_path: Path) -> Path:
    written(tmp_path, CODES, "country_codes_V202401.csv")
    text = "t,i,j,k,v,q\n2012,156,842,010121,1000.5,NA\n2012,156,842,010129,10,1\n2012,490,516,271000,70,2\n"
    written(tmp_path, text, "BACI_HS07_Y2012_V202401.csv")
    text = "t,i,j,k,v,q\n2013,156,842,010121,2000,1\n2013,156,842,850440,4000,1\n2013,777,842,850440,1,1\n"
    written(tmp_path, text, "BACI_HS07_Y2013_V202401.csv")
    return tmp_path


def test_baci_folder(baci: Path) -> None:
    frame = loaders.read_baci(baci)
    assert frame["year"].tolist() == [2012, 2012, 2013]
    np.testing.assert_allclose(frame["value"], [1.0105, 0.07, 6.0])
    assert frame["exporter"].tolist() == ["CHN", "TWN", "CHN"]
    assert frame["importer"].tolist() == ["USA", "NAM", "USA"]
    assert "is labelled TWN" in notes(frame)
    assert "1 times a country code was unknown and its row left out: 777" in notes(frame)


def test_baci_by_product(baci: Path) -> None:
    frame = loaders.read_baci(baci, 2013, digits=2)
    assert dict(zip(frame["sector"], frame["value"], strict=True)) == {"01": 2.0, "85": 4.0}
    assert "TWN" not in notes(frame)
    fine = loaders.read_baci(baci / "BACI_HS07_Y2012_V202401.csv", digits=6)
    assert fine["sector"].tolist() == ["010121", "010129", "271000"]
    given = loaders.read_baci(baci, 2013, country_codes={156: "CHN", 842: "USA", 777: "XXX"})
    assert values(given) == {("CHN", "USA"): 6.0, ("XXX", "USA"): 0.001}


def test_baci_refuses_what_would_count_twice(baci: Path) -> None:
    (baci / "BACI_HS12_Y2013_V202401.csv").write_text("t,i,j,k,v,q\n")
    with pytest.raises(CaseError, match=r"files of several revisions \(HS07, HS12\) would count trade twice"):
        loaders.read_baci(baci)
    (baci / "BACI_HS12_Y2013_V202401.csv").unlink()
    with pytest.raises(CaseError, match="there is no file of 1999; it has 2012 to 2013"):
        loaders.read_baci(baci, 1999)
    (baci / "country_codes_V202401.csv").unlink()
    with pytest.raises(CaseError, match=r"there are 0 files country_codes_V\*\.csv"):
        loaders.read_baci(baci)


def test_unctad(tmp_path: Path) -> None:
    path = written(tmp_path, UNCTAD)
    frame = loaders.read_unctad(path)
    assert values(frame) == {("CHN", "USA"): 400}
    assert "2 times a country code was unknown and its row left out: 0000, 5100" in notes(frame)
    assert "1 rows were left out: no value" in notes(frame)
    assert "f.o.b." in frame.attrs["valuation"]
    imports = loaders.read_unctad(path, flow="imports")
    assert values(imports) == {("CHN", "USA"): 450}
    assert "c.i.f." in imports.attrs["valuation"]
    parts = loaders.read_unctad(path, sections=True)
    assert dict(zip(parts["sector"], parts["value"], strict=True)) == {"0": 30, "7": 370}
    assert "1 rows were left out: a group of products that is no section" in notes(parts)


def test_unctad_with_names(tmp_path: Path) -> None:
    text = """Economy,Partner,Product,Flow,Year,US$ at current prices in thousands
China,Viet Nam,Total all products,Exports,2013,48000
China,World,Total all products,Exports,2013,900000
France,France,Total all products,Exports,2013,7
"""
    path = written(tmp_path, text)
    assert values(frame := loaders.read_unctad(path)) == {("China", "Viet Nam"): 48}
    assert "1 rows were left out: trade with itself, which is no domestic sale" in notes(frame)
    coded = loaders.read_unctad(path, country_codes={"China": "CHN", "Viet Nam": "VNM"})
    assert values(coded) == {("CHN", "VNM"): 48}


def test_itpde(tmp_path: Path) -> None:
    path = written(tmp_path, ITPDE)
    frame = loaders.read_itpde(path, [2013])
    assert len(frame) == 5
    assert values(frame[frame["sector"] == "Wheat"].reset_index(drop=True)) == {
        ("NAM", "NAM"): 30, ("NAM", "ZAF"): 2.5
    }  # fmt: skip
    assert "1 rows were left out: trade with itself, without a value" in notes(frame)
    assert "1 values are mirrored" in notes(frame)
    assert "1 zeros were filled in" in notes(frame)
    broad = loaders.read_itpde(path, 2013, by="broad_sector")
    assert broad["value"].tolist() == [30, 2.5, 4, 9]
    total = loaders.read_itpde(path, 2013, by="all")
    assert values(total) == {("NAM", "NAM"): 30, ("NAM", "ZAF"): 2.5, ("ZAF", "NAM"): 13}
    assert values(loaders.read_itpde(path, 2012)) == {("ZAF", "ZAF"): 700}


def test_parquet_is_csv(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    for reader, text, voids in (
        (loaders.read_cow, COW, {}),
        (loaders.read_itpde, ITPDE, {"keep_default_na": False, "na_values": {"trade": [""]}}),
        (loaders.read_unctad, UNCTAD, {"dtype": {"Economy": str, "Partner": str, "Flow": str}}),
    ):
        path = written(tmp_path, text)
        columns = pd.read_csv(path, **voids)
        columns.to_parquet(tmp_path / "trade.parquet")
        csv, parquet = reader(path), reader(tmp_path / "trade.parquet")
        pd.testing.assert_frame_equal(csv, parquet)
        assert csv.attrs["source"] == parquet.attrs["source"]


def test_pieces_of_a_file_make_the_whole(baci: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [(loaders.read_cow, COW), (loaders.read_unctad, UNCTAD), (loaders.read_itpde, ITPDE)]
    paths = [(reader, written(baci, text, f"{at}.csv")) for at, (reader, text) in enumerate(files)]
    readers = [*paths, (loaders.read_baci, baci)]
    whole = [reader(path) for reader, path in readers]
    monkeypatch.setattr("tumen.trade._loaders_read._ROWS", 1)
    for (reader, path), expected in zip(readers, whole, strict=True):
        found = reader(path)
        pd.testing.assert_frame_equal(found, expected)
        assert found.attrs == expected.attrs


def test_what_is_not_a_number_is_counted(tmp_path: Path) -> None:
    text = "year,exporter,importer,imports_musd\n2013,A,B,3\n2013,B,A,x\n2013,B,C,-4\n2013,C,B,inf\n"
    frame = loaders.read_cow(written(tmp_path, text))
    assert values(frame) == {("A", "B"): 3}
    for said in ("1 rows were left out: the value is not a number", "1 rows were left out: a negative value"):
        assert said in notes(frame)


def test_wrong_layouts_name_the_nearest_column(tmp_path: Path) -> None:
    with pytest.raises(CaseError) as caught:
        loaders.read_cow(written(tmp_path, COW.replace("flow1", "flow_1")))
    assert "there is no column 'flow1'; did you mean flow_1?" in str(caught.value)
    assert "expected ccode1, ccode2, year, flow1, flow2 (dyads); or year, exporter, importer" in str(caught.value)
    assert "found ccode1, ccode2, year, importer1" in str(caught.value)
    with pytest.raises(CaseError, match=r"no column 'tradeflow_imf_o'; did you mean tradeflow_baci\?"):
        loaders.read_cepii_gravity(written(tmp_path, GRAVITY), flow="imf_o")
    with pytest.raises(CaseError, match=r"there is no column 'distw'; did you mean dist\?"):
        loaders.read_cepii_gravity(written(tmp_path, GRAVITY), covariates=["distw"])
    with pytest.raises(CaseError, match=r"no column 'trade'"):
        loaders.read_itpde(written(tmp_path, COW))
    with pytest.raises(CaseError, match=r"expected Year, Economy, Partner, Product, Flow, US\$ at current prices"):
        loaders.read_unctad(written(tmp_path, COW))


def test_years_and_options_are_checked(tmp_path: Path) -> None:
    path = written(tmp_path, COW)
    with pytest.raises(CaseError, match="there is no row of 1999; it has 2012 to 2013"):
        loaders.read_cow(path, 1999)
    with pytest.raises(ValueError, match="years: there is none"):
        loaders.read_cow(path, [])
    with pytest.raises(CaseError, match="there is no file"):
        loaders.read_cow(tmp_path / "absent.csv")
    with pytest.raises(ValueError, match="did you mean baci"):
        loaders.read_cepii_gravity(written(tmp_path, GRAVITY), flow="bac")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="did you mean industry"):
        loaders.read_itpde(written(tmp_path, ITPDE), by="industri")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="did you mean imports"):
        loaders.read_unctad(written(tmp_path, UNCTAD), flow="import")  # type: ignore[arg-type]
    with pytest.raises(CaseError, match="2 flows stand there twice, such as 2013 NAM"):
        loaders.read_itpde(written(tmp_path, ITPDE + "".join(line + "\n" for line in ITPDE.splitlines()[1:3])))


def test_parquet_without_its_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, "", "trade.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtra, match=r"pyarrow is not installed; run: pip install pyarrow .*extra `io`"):
        loaders.read_cow(path)


def test_country_codes_agree_with_the_list_of_countries(shared: Path) -> None:
    path = shared / "data" / "world" / "countries.csv"
    table = pd.read_csv(path, keep_default_na=False, na_values={"isonum": [""], "cow": [""]})
    numbers = {int(number): letters for number, letters in table[["isonum", "iso3"]].dropna().itertuples(index=False)}
    assert {number: un_codes().get(number) for number in numbers} == numbers
    states = {int(number): letters for number, letters in table[["cow", "iso3"]].dropna().itertuples(index=False)}
    off = {number for number, letters in states.items() if cow_codes().get(number) != letters}
    # The list has Czechoslovakia's number for Czechia, and 971 for Nauru, which is 970.
    assert off == {315, 971}


def test_cow_of_the_shared_data(shared: Path) -> None:
    pytest.importorskip("pyarrow")
    frame = loaders.read_cow(shared / "data" / "world" / "trade_cow_1950_2013.parquet", range(2010, 2014))
    years = frame.groupby("year")["value"].sum()
    assert years.loc[2013] == 17_791_768
    assert years.loc[2010] == 14_636_149
    korea = frame[frame["year"] == 2013].groupby("exporter")["value"].sum()["PRK"]
    assert korea == 3_819  # as the file's account says
    assert "known defect: trade between KOR and PRK counts as internal; it is 0 or missing in 4 of 4" in notes(frame)


def test_unctad_of_the_shared_data(shared: Path) -> None:
    pytest.importorskip("pyarrow")
    path = shared / "data" / "world" / "trade_unctad_1995_2005_sitc1.parquet"
    total = loaders.read_unctad(path)
    # World trade by the file less what France sells to its own territories, 6,971.787 and 138.6755 MUSD.
    world = [5_068_757.8 - 6_971.787, 10_409_544.6 - 138.6755]
    np.testing.assert_allclose(total.groupby("year")["value"].sum(), world, rtol=1e-7)
    assert "2 rows were left out: trade with itself, which is no domestic sale" in notes(total)
    assert "it is 0 or missing in 1 of 2 years, and at most 9.53 MUSD in the others" in notes(total)
    assert {"PRK", "TWN", "HKG"} <= set(total["exporter"])
    parts = loaders.read_unctad(path, 2005, sections=True)
    assert parts["sector"].nunique() == 10
    np.testing.assert_allclose(parts["value"].sum(), total[total["year"] == 2005]["value"].sum(), rtol=1e-4)
    with pytest.raises(CaseError, match="this extract has exports only"):
        loaders.read_unctad(path, flow="imports")


def test_a_loaded_table_becomes_a_baseline(shared: Path) -> None:
    """Trade of 2013 between six countries, domestic sales from GDP."""
    pytest.importorskip("pyarrow")
    world = shared / "data" / "world"
    six = ["CHN", "JPN", "KOR", "PRK", "RUS", "USA"]
    frame = loaders.read_cow(world / "trade_cow_1950_2013.parquet", 2013)
    frame = frame[frame["exporter"].isin(six) & frame["importer"].isin(six)]
    gdp = pd.read_csv(world / "countries.csv", index_col="iso3")["gdp_2013_musd"]
    base = Baseline.from_table(frame, 4.0, domestic="from_gdp", output=gdp, output_to_gdp=2.0)
    np.testing.assert_allclose(base.output, 2 * gdp[six])
    assert "gross output is estimated as 2 times GDP" in base.notes
    ratio = dict.fromkeys(six, 2.0) | {"PRK": 0.01}
    with pytest.raises(
        CaseError, match=r"PRK has 165\.65, less than its exports of 2923; leave out what it re-exports"
    ):
        Baseline.from_table(frame, 4.0, domestic="from_gdp", output=gdp, output_to_gdp=ratio)
    with pytest.raises(ValueError, match="needs output_to_gdp"):
        Baseline.from_table(frame, 4.0, domestic="from_gdp", output=gdp)
    two = pd.concat([frame, frame.assign(sector="services")])
    with pytest.raises(CaseError, match="is for one sector"):
        Baseline.from_table(two, 4.0, domestic="from_gdp", output=gdp, output_to_gdp=2.0)
    years = pd.concat([frame, frame.assign(year=2012)])
    with pytest.raises(CaseError, match="there are rows of 2012 to 2013; keep one year, or average"):
        Baseline.from_table(years, 4.0, domestic="from_gdp", output=gdp, output_to_gdp=2.0)
