"""`tumen corridor solve` as a user meets it."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pytest

from test_corridor_network import TABLES
from tumen.cli import main


def tumen(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """The exit code of a command."""
    monkeypatch.setattr(sys, "argv", ["tumen", *words])
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0)


@pytest.fixture
def network(tmp_path: Path) -> Path:
    folder = tmp_path / "network"
    folder.mkdir()
    for name, text in TABLES.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def test_flows_prices_and_rents(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, network: Path) -> None:
    out = tmp_path / "out"
    assert tumen(monkeypatch, "corridor", "solve", str(network), "--out", str(out)) == 0
    assert sorted(path.name for path in out.iterdir()) == ["accounts.csv", "flows.csv", "prices.csv", "rents.csv"]
    flows = pd.read_csv(out / "flows.csv").set_index("link")
    assert flows.loc["south", "flow"] == pytest.approx(12)
    assert pd.read_csv(out / "rents.csv")["owner"].tolist() == ["RUS", "PRK", "KOR"]


def test_coalitions_and_shares(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, network: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, again = tmp_path / "out", tmp_path / "again.csv"
    assert tumen(monkeypatch, "corridor", "solve", str(network), "--out", str(out), "--coalitions") == 0
    assert "Values of 8 coalitions of 3 players (netback)" in capsys.readouterr().out
    values = pd.read_csv(out / "values.csv").set_index("coalition")["value"]
    assert len(values) == 7
    assert values["RUS+PRK+KOR"] > values["KOR"] > values["RUS"] == 0
    shares = pd.read_csv(out / "shares.csv")
    assert shares["shapley"].sum() == pytest.approx(values["RUS+PRK+KOR"])
    assert tumen(monkeypatch, "game", "solve", str(out / "values.csv"), "--out", str(again)) == 0
    theirs = pd.read_csv(again)
    assert theirs["player"].tolist() == shares["player"].tolist()
    assert theirs["shapley"].tolist() == pytest.approx(shares["shapley"].tolist())


def test_a_passive_market_and_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, network: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, words = tmp_path / "out", ["corridor", "solve", str(network), "--out", str(tmp_path / "out"), "--coalitions"]
    assert tumen(monkeypatch, *words, "--common", "KOR") == 0
    assert pd.read_csv(out / "values.csv")["coalition"].tolist() == ["RUS", "PRK", "RUS+PRK"]
    assert tumen(monkeypatch, *words, "--players", "RUS+PRC", "--common", "KOR") == 1
    assert "did you mean PRK?" in capsys.readouterr().err
    (network / "links.csv").unlink()
    assert tumen(monkeypatch, *words) == 1
    assert "links.csv: there is no such file" in capsys.readouterr().err
