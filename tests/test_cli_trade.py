"""`tumen trade solve`, `tumen trade gravity` and `tumen verify` as a user meets them."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tumen.cli import main

FLOWS = "exporter,importer,value\nA,A,100\nA,B,20\nB,A,10\nB,B,50\nC,C,30\nC,A,5\nA,C,5\nB,C,2\nC,B,2\n"


def tumen(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """The exit code of a command."""
    monkeypatch.setattr(sys, "argv", ["tumen", *words])
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0)


@pytest.fixture
def flows(tmp_path: Path) -> Path:
    path = tmp_path / "flows.csv"
    path.write_text(FLOWS, encoding="utf-8")
    return path


def test_nothing_changes_without_a_shock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flows: Path) -> None:
    out = tmp_path / "out.csv"
    assert tumen(monkeypatch, "trade", "solve", "--flows", str(flows), "--elasticity", "4", "--out", str(out)) == 0
    found = pd.read_csv(out)
    assert list(found.columns) == ["country", "welfare", "real_wage", "wage", "price_index", "exports", "imports"]
    np.testing.assert_allclose(found.drop(columns="country"), 1.0, atol=1e-9)


@pytest.mark.parametrize("closure", ["additive", "multiplicative", "balanced", "world-share"])
def test_an_embargo_hurts_and_stops_the_flow(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flows: Path, closure: str
) -> None:
    shock, out, after = tmp_path / "shock.csv", tmp_path / "out.csv", tmp_path / "flows_out.csv"
    shock.write_text("exporter,importer,cost\nA,B,inf\nB,A,inf\n", encoding="utf-8")
    words = ["--flows", str(flows), "--elasticity", "4", "--shock", str(shock), "--closure", closure]
    assert tumen(monkeypatch, "trade", "solve", *words, "--out", str(out), "--flows-out", str(after)) == 0
    welfare = pd.read_csv(out).set_index("country")["welfare"]
    assert welfare["B"] < 1
    trade = pd.read_csv(after).set_index(["exporter", "importer"])["value"]
    assert trade["A", "B"] == trade["B", "A"] == 0


def test_what_is_wrong_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flows: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.csv"
    flows.write_text(FLOWS.replace("A,A,100", "A,A,-100"), encoding="utf-8")
    assert tumen(monkeypatch, "trade", "solve", "--flows", str(flows), "--elasticity", "4", "--out", str(out)) == 1
    assert "A" in capsys.readouterr().err
    assert not out.exists()
    missing = str(tmp_path / "none.csv")
    assert tumen(monkeypatch, "trade", "solve", "--flows", missing, "--elasticity", "4", "--out", str(out)) == 1
    assert "none.csv" in capsys.readouterr().err
    assert tumen(monkeypatch, "trade", "solve", "--flows", str(flows), "--out", str(out)) == 2


def test_gravity_prints_a_table(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(3)
    names = list("ABCDEFGH")
    rows = [(a, b, float(rng.uniform(1, 9))) for a in names for b in names if a != b]
    table = pd.DataFrame(rows, columns=["exporter", "importer", "dist"])
    table["trade"] = np.exp(3 - 0.8 * np.log(table["dist"]) + rng.normal(0, 0.1, len(table)))
    data, out = tmp_path / "trade.csv", tmp_path / "out.csv"
    table.to_csv(data, index=False)
    words = ["--data", str(data), "--formula", "trade ~ log(dist)", "--out", str(out)]
    assert tumen(monkeypatch, "trade", "gravity", *words) == 0
    assert "log(dist)" in capsys.readouterr().out
    assert abs(pd.read_csv(out).iloc[0, 1] + 0.8) < 0.1


def test_verify_meets_every_published_figure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "verify.csv"
    code = tumen(monkeypatch, "verify", "--data", str(shared / "data" / "replication"), "--out", str(out))
    found = pd.read_csv(out)
    assert set(found["verdict"]) == {"met", "theory"}
    met = int((found["verdict"] == "met").sum())
    assert len(found) > 70
    assert code == 0
    assert f"{met} of {len(found)} figures met; {len(found) - met} differ as theory says" in capsys.readouterr().out


def test_verify_without_data_is_no_success(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert tumen(monkeypatch, "verify", "--data", str(tmp_path)) == 3


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ("--formula", "trade ~ dist")),
        (b"\xff\xfe\x00", ("--formula", "trade ~ dist")),
        (b"exporter,importer,trade,dist\nA,B,1,2\n", ("--formula", "trade = dist")),
        (b"exporter,importer,trade,dist\nA,B,x,2\n", ("--formula", "trade ~ dist")),
    ],
)
def test_a_table_that_cannot_be_read_is_named(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    content: bytes,
    words: tuple[str, ...],
) -> None:
    data = tmp_path / "trade.csv"
    data.write_bytes(content)
    assert tumen(monkeypatch, "trade", "gravity", "--data", str(data), *words) == 1
    assert "trade.csv: " in capsys.readouterr().err
    assert tumen(monkeypatch, "trade", "gravity", "--data", str(tmp_path / "no.csv"), *words) == 1


def test_a_folder_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tumen(monkeypatch, "verify", "--data", str(tmp_path / "none")) == 1
    assert "there is no such folder" in capsys.readouterr().err


def test_a_solution_is_summed_up_and_a_gap_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flows: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shock, out = tmp_path / "shock.csv", tmp_path / "out.csv"
    shock.write_text("exporter,importer,cost\nA,B,3\nB,A,2\n", encoding="utf-8")
    for closure in ("additive", "multiplicative"):
        words = ["--flows", str(flows), "--elasticity", "4", "--shock", str(shock), "--closure", closure]
        assert tumen(monkeypatch, "trade", "solve", *words, "--out", str(out)) == 0
        shown = capsys.readouterr().out
        assert f"({closure})" in shown
        assert str(out) in shown.replace("\n", "")
        assert ("markets do not clear" in shown) == (closure == "multiplicative")


def test_what_needs_an_extra_is_not_run_and_not_missed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from tumen.errors import MissingExtra
    from tumen.trade import _verify

    def lacking(_: Path) -> list[_verify.Row]:
        raise MissingExtra("pyarrow", "io")

    monkeypatch.setattr(_verify, "CHECKS", {"trade of 2013": lacking})
    assert tumen(monkeypatch, "verify", "--data", str(tmp_path)) == 0
    assert "was not run" in capsys.readouterr().out.replace("\n", " ")
