"""Files of announced targets: what is read, what is refused and how, who trades, and the commands end to end."""

from __future__ import annotations

import codecs
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from targets_support import GOOD, HEAD, panel, products, walk, written
from tumen.cli import main
from tumen.errors import CaseError
from tumen.trade import targets as face
from tumen.trade._targets_places import code_of, groups, members, name_of
from tumen.trade.targets import read_targets


def tumen(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    """The exit code of a command."""
    monkeypatch.setattr(sys, "argv", ["tumen", *map(str, words)])
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0)


BAD = {
    "a base below nothing": ("x,RUS,CHN,2006-03,2005,-29.1,60,2010", "base_value_usd_bn is -29.1"),
    "no base": ("x,RUS,CHN,2006-03,2005,,60,2010", "base_value_usd_bn is missing"),
    "a base of nothing": ("x,RUS,CHN,2006-03,2005,0,60,2010", "base_value_usd_bn is 0; expected an amount above 0"),
    "no target": ("x,RUS,CHN,2006-03,2005,29.1,n/a,2010", "target_value_usd_bn is missing"),
    "due before it is announced": ("x,RUS,CHN,2006-03,2003,29.1,60,2005", "2005 is before the announcement in 2006"),
    "due in the base year": ("x,RUS,CHN,2006-03,2006,29.1,60,2006", "target_year 2006 is not after base_year 2006"),
    "a base not yet known": ("x,RUS,CHN,2006-03,2007,29.1,60,2010", "base_year 2007 is after the announcement in 2006"),
    "the same id": ("good,RUS,CHN,2006-03,2005,29.1,60,2010", "the id stands already in line 2"),
    "no id": (",RUS,CHN,2006-03,2005,29.1,60,2010", "id is missing"),
    "a country mistyped": ("x,RUS,Chnia,2006-03,2005,29.1,60,2010", "did you mean China (CHN)?"),
    "a group mistyped": ("x,ASAEN,CHN,2006-03,2005,29.1,60,2010", "did you mean ASEAN?"),
    "no country": ("x,,CHN,2006-03,2005,29.1,60,2010", "country_a is missing"),
    "one country": ("x,China,CHN,2006-03,2005,29.1,60,2010", "are both CHN"),
    "euros": ("x,RUS,CHN,2006-03,2005,10 EUR,60,2010", "in EUR; expected USD"),
    "euros by sign": ("x,RUS,CHN,2006-03,2005,29.1,€60,2010", "in €; expected USD"),
    "millions": ("x,RUS,CHN,2006-03,2005,29100 million,60,2010", "expected billions"),
    "a decimal comma": ('x,RUS,CHN,2006-03,2005,"29,1",60,2010', "with a point before decimals"),
    "words": ("x,RUS,CHN,2006-03,2005,about 30,60,2010", "is 'about 30', which is no number"),
    "no month": ("x,RUS,CHN,2006-13,2005,29.1,60,2010", "there is no month 13"),
    "no day": ("x,RUS,CHN,2006-02-29,2005,29.1,60,2010", "has no day 29"),
    "no date": ("x,RUS,CHN,March 2006,2005,29.1,60,2010", "announced_date is 'March 2006'; expected YYYY-MM-DD"),
    "no year": ("x,RUS,CHN,2006-03,FY05,29.1,60,2010", "base_year is 'FY05'; expected a year"),
    "more than the world trades": ("x,RUS,CHN,2006-03,2005,291000,600,2010", "expected USD billion, not million"),
    "two units": ("x,RUS,CHN,2006-03,2005,0.0000291,60,2010", "times the base"),
    "a century": ("x,RUS,CHN,2006-03,2005,29.1,60,2090", "years after the announcement"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_a_bad_row_is_told_of_by_line_and_the_good_are_read(tmp_path: Path, what: str) -> None:
    row, message = BAD[what]
    found, problems = read_targets(written(tmp_path, GOOD, "", row, "also,RUS,KOR,2018,2017,19,30,2020"))
    assert found.ids == ("good", "also")
    assert len(problems) == 1
    assert message in problems[0]
    assert "line 4" in problems[0]


def test_all_that_is_wrong_with_a_row_is_said_at_once(tmp_path: Path) -> None:
    found, problems = read_targets(written(tmp_path, "x,RUSS,CHN,2006-00,2005,-1,60 EUR,10"))
    assert len(found) == 0
    assert len(problems) == 5


@pytest.mark.parametrize("currency", ["EUR", "renminbi"])
def test_a_column_may_name_the_currency(tmp_path: Path, currency: str) -> None:
    rows = (f"{GOOD},USD", f"x,RUS,CHN,2006-03,2005,29.1,60,2010,{currency}", "y,RUS,KOR,2018,2017,19,30,2020,")
    found, problems = read_targets(written(tmp_path, *rows, head=HEAD + ",currency"))
    assert found.ids == ("good", "y")
    assert problems == (f"targets.csv: line 3 (x): currency is '{currency}'; expected USD: "
                        "convert the amounts at the rate of their year",)  # fmt: skip


def test_columns_stand_in_any_order_and_others_are_ignored(tmp_path: Path) -> None:
    head = "note,Target_Year,target_value_usd_bn,base_value_usd_bn,base_year,announced_date,country_b,country_a,id"
    row = '"two\nlines",2010,"1,060.5",$29.1bn,2005.0,2006-03-21,China,Russian Federation,one'
    found, problems = read_targets(written(tmp_path, row, head=head))
    assert problems == ()
    assert (found.a, found.b, found.month, found.pair) == (("RUS",), ("CHN",), ("2006-03",), ("CHN-RUS",))
    assert found.line == (2,)
    assert (found.base[0], found.target[0], found.by[0], found.base_year[0]) == (29100.0, 1060500.0, 2010, 2005)
    with pytest.raises(ValueError, match="read-only"):
        found.base[0] = 1.0


@pytest.mark.parametrize(
    "data",
    [
        codecs.BOM_UTF8 + f"{HEAD}\r\n{GOOD}\r\n".encode(),
        f"{HEAD}\n{GOOD}".encode("utf-16"),
        f"{HEAD},note\n{GOOD},caf\xe9\n".encode("cp1252"),
        f"\n\n{HEAD}\n,,,\n{GOOD}\n\n".encode(),
    ],
    ids=["UTF-8 with mark", "UTF-16", "Windows", "blank lines"],
)
def test_files_come_in_many_encodings(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "targets.csv"
    path.write_bytes(data)
    found, problems = read_targets(path)
    assert (found.ids, problems) == (("good",), ())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty"),
        (b"id,country_a\nx,RUS\n", "there is no column announced_date"),
        (HEAD.replace(",", ";").encode(), "no commas stand between columns"),
        (b"PK\x03\x04\x00\x00", "not text"),
        ((HEAD + ",id\n").encode(), "the column id stands there twice"),
    ],
)
def test_a_file_that_cannot_be_used_is_an_error(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "targets.csv"
    path.write_bytes(data)
    with pytest.raises(CaseError, match=message):
        read_targets(path)


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match=r"none\.csv"):
        read_targets(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Latin America & Caribbean", "LAC"), ("Central & Eastern Europe (16)", "CEEC"), ("Africa", "AFRICA"),
        ("central_asia", "CENTRAL_ASIA"), ("the European Union", "EU"), ("Korea, Rep.", "KOR"), ("DPRK", "PRK"),
        ("Cote d’Ivoire", "CIV"), ("Turkey", "TUR"), ("Viet Nam", "VNM"), ("prk", "PRK"), ("Korea", None),
        ("EUR", None),
    ],
)  # fmt: skip
def test_names_are_read_as_people_write_them(text: str, code: str | None) -> None:
    assert code_of(text) == code


def test_groups_have_the_members_of_the_day() -> None:
    assert len(members("EU", "2003-12")) == 15
    assert len(members("EU", "2006-12")) == 25
    assert len(members("EU", "2013-07")) == 28
    assert len(members("EU", "2020-02")) == 27
    assert "GRC" in set(members("CEEC", "2019-05")) - set(members("CEEC", "2012-04"))
    assert len(members("CEEC", "2012-04")) == 16
    assert len(members("ASEAN", "2011-07")) == 10
    assert len(members("AFRICA", "2014-05")) == 54
    assert "ZAF" not in members("BRICS", "2010-06")
    assert members("EAEU", "2012-01") == ("BLR", "KAZ", "RUS")


def test_every_member_is_a_country_that_is_known() -> None:
    for code, group in groups().items():
        everyone = {c for c, _ in group.joined}
        assert all(name_of(c) for c in everyone), code
        assert {c for c, _ in group.left} <= everyone
        assert code_of(group.name) == code


def test_no_name_stands_for_two() -> None:
    from tumen.trade._targets_places import _plain, _rows

    names: dict[str, str] = {}
    for code, name, also in _rows():
        for text in (code, name, *filter(None, also.split("|"))):
            assert names.setdefault(_plain(text), code) == code, text
    for code, group in groups().items():
        for text in (code, group.name, *group.also):
            assert names.setdefault(_plain(text), code) == code, text


def test_a_member_does_not_trade_with_itself(tmp_path: Path) -> None:
    found, _ = read_targets(written(tmp_path, "x,THA,ASEAN,2015-01,2014,50,60,2020", "y,EAEU,RUS,2016,2015,50,60,2020"))
    assert "THA" not in found.sides(0)[1]
    assert found.sides(1) == (("ARM", "BLR", "KAZ", "KGZ"), ("RUS",))


def test_the_command_forecasts_the_good_rows_and_tells_of_the_bad(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(face, "_model", lambda _: walk)
    panel().to_csv(tmp_path / "panel.csv", index=False)
    products().to_csv(tmp_path / "gdp.csv", index=False)
    targets = written(tmp_path, GOOD, "x,RUS,CHN,2006-03,2005,-1,60,2010", "met,KAZ,China,2006,2005,8,5,2010")
    out = tmp_path / "out.csv"
    words = ("target", "forecast", targets, "--history", tmp_path / "panel.csv", "--gdp", tmp_path / "gdp.csv")
    assert tumen(monkeypatch, *words, "--out", out) == 1
    told = capsys.readouterr().err
    assert "line 3 (x): base_value_usd_bn is -1" in told
    assert "1 problems; the other rows were used." in told
    found = pd.read_csv(out, keep_default_na=False)
    assert list(found) == ["id", "probability", "p05", "p50", "p95", "growth_needed", "history_used", "note"]
    assert found["id"].tolist() == ["good", "met"]
    assert found["history_used"].tolist() == ["1998-2005", "1998-2005"]
    assert found["growth_needed"][0] == pytest.approx((60 / 29.1) ** 0.2 - 1, rel=1e-5)
    assert found["probability"][1] == 0.999
    assert found["note"][1].startswith("already met")
    assert (found["p05"] < found["p50"]).all()
    assert (found["p50"] < found["p95"]).all()
    assert 29.1 < found["p50"][0] < 60
    strict = tmp_path / "strict.csv"
    assert tumen(monkeypatch, *words, "--in-year", "--out", strict) == 1
    assert pd.read_csv(strict)["probability"][0] == pytest.approx(found["probability"][0] / 2, rel=1e-4)


def test_the_command_forecasts_without_history(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(face, "_model", lambda _: walk)
    out = tmp_path / "out.csv"
    small = "small,RUS,PRK,2014-06,2013,0.098,1,2020"
    assert tumen(monkeypatch, "target", "forecast", written(tmp_path, GOOD, small), "--out", out) == 0
    found = pd.read_csv(out, keep_default_na=False)
    assert found["history_used"].tolist() == ["none", "none"]
    assert found["note"][0] == ""
    assert found["note"][1].startswith("extrapolated: a base of USD 0.098 bn")


def test_a_file_without_a_good_row_still_gives_a_table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    bad = written(tmp_path, "x,RUS,CHN,2006-03,2005,-1,60,2010")
    assert tumen(monkeypatch, "target", "forecast", bad, "--out", out) == 1
    assert out.read_text().strip() == "id,probability,p05,p50,p95,growth_needed,history_used,note"


def test_the_command_scores(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    came = [("CHN", 2001, "no"), ("KAZ", 2003, "yes"), ("BLR", 2006, "no"), ("CHN", 2008, ""), ("KAZ", 2008, "maybe")]
    rows = [f"t{i},RUS,{b},{y},{y - 1},10,{20 + i},{y + 4},{met}" for i, (b, y, met) in enumerate(came)]
    targets = written(tmp_path, *rows, head=HEAD + ",met")
    forecasts = tmp_path / "forecasts.csv"
    forecasts.write_text("id,probability\nt0,0.2\nt1,0.7\nt2,0.3\nt3,0.5\n")
    out = tmp_path / "score.csv"
    assert tumen(monkeypatch, "target", "score", targets, forecasts, "--out", out) == 1
    said = capsys.readouterr()
    assert "(t4): met is 'maybe'; expected yes, no or unknown" in said.err
    assert "3 targets of 3 pairs, 33 % met" in said.out
    found = pd.read_csv(out).set_index("forecaster")
    assert found.loc["forecast", "brier"] == pytest.approx((0.04 + 0.09 + 0.09) / 3, rel=1e-5)
    assert found["n"].tolist() == [3] * 6
    assert found.loc["constant rate", "brier_low"] < found.loc["constant rate", "brier_high"]


def test_the_real_targets_are_read(shared: Path) -> None:
    found, problems = read_targets(shared / "data" / "targets" / "trade_targets.csv")
    assert (len(found), problems) == (95, ())
    assert np.all(found.by > found.base_year)
    assert len(set(found.pair)) == 51
