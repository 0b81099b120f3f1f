"""Games in and out: mappings, functions, tables, and `tumen game solve` as a user meets it."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tumen.bargain import Game, shapley
from tumen.cli import main
from tumen.errors import CaseError, UnknownName

TALMUD = "coalition,value\nC+B,100\nA,0\nB,0\nC,0\nA+B+C,200\nA+B,0\nC+A,0\n"


def tumen(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """The exit code of a command."""
    monkeypatch.setattr(sys, "argv", ["tumen", *words])
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0)


def written(folder: Path, text: str) -> Path:
    path = folder / "game.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_round_trip(tmp_path: Path) -> None:
    values = np.random.default_rng(1).normal(size=32) * 10.0 ** np.random.default_rng(2).integers(-8, 9, 32)
    values[0] = 0.0
    game = Game(values, ["Russia", "North Korea", "C", "D", "E"])
    game.to_csv(tmp_path / "game.csv")
    again = Game.read_csv(tmp_path / "game.csv")
    assert again.players == game.players
    np.testing.assert_array_equal(again.values, game.values)
    with pytest.raises(CaseError, match="write one of them"):
        Game([[0, 1], [0, 2]]).to_csv(tmp_path / "no.csv")


def test_ways_in_agree(tmp_path: Path) -> None:
    """A mapping with keys of any form, a function and a table give one game."""
    worths = {"": 0, "A": 1, ("B",): 2, frozenset("C"): 3, "B+A": 6, ("A", "C"): 7, frozenset("BC"): 8, "A+B+C": 12}
    asked: list[tuple[str, ...]] = []

    def rule(coalition: tuple[str, ...]) -> float:
        asked.append(coalition)
        return sum("_ABC".index(name) for name in coalition) + 3 * (len(coalition) == 2) + 6 * (len(coalition) == 3)

    by_rule = Game.from_function(rule, ["A", "B", "C"])
    assert len(asked) == len(set(asked)) == 7
    text = "coalition,value\n\n,0\nA,1\n B ,2\nC,3\nA + B,6\nA+C,7\nC+B,8\nA+B+C,12\n"
    for game in (Game.of(worths), Game.read_csv(written(tmp_path, text)), by_rule):
        assert game.players == ("A", "B", "C")
        np.testing.assert_array_equal(game.values, [0, 1, 2, 6, 3, 7, 8, 12])
    assert float(by_rule["C+A"]) == float(by_rule[["A", "C"]]) == 7
    with pytest.raises(UnknownName, match="did you mean"):
        by_rule["A+Bb"]
    several = Game.of({"A": [1.0, 2.0], "B": 0, "A+B": [3.0, 4.0]})
    np.testing.assert_array_equal(several.values, [[0, 1, 0, 3], [0, 2, 0, 4]])
    np.testing.assert_array_equal(several.draw(1).values, [0, 2, 0, 4])
    assert Game.from_function(lambda s: [1.0, 2.0], ["A"]).draws == 2
    assert "5 %" in repr(several)
    assert "A+B+C" in repr(by_rule)
    assert "more" not in repr(Game(np.arange(64.0)))
    assert "56 coalitions between" in repr(Game(np.arange(64.0)))
    np.testing.assert_array_equal(by_rule.subgame(["C", "A"]).values, [0, 3, 1, 7])


BAD = [
    ("coalition,worth\nA,1\n", ["line 1: the columns are coalition,worth; expected coalition,value"]),
    ("", ["line 1: the columns are missing"]),
    ("coalition,value\n", ["there are no coalitions"]),
    ("coalition,value\nA,1\nB,x\nA+B,inf\n", ["line 3: 'x' is not a number", "line 4: 'inf' is not a finite number"]),
    ("coalition,value\nA,1\nB,2\nA+B,4\nB+A,5\n", ["line 5: B+A stands twice", "line 4"]),
    ("coalition,value\nRussia,1\nKorea,2\nRusia,3\nRussia+Korea,4\n", ["line 4: there is no player 'Rusia'; did you"]),
    ("coalition,value\nA,1\nA+B,4\nA+B+C,5\n", ["coalition B is missing", "coalition B+C is missing"]),
    ("coalition,value\nA,1\nB,1\nC,1\nA+B,4\nA+C,5\n", ["coalition A+B+C is missing", "coalition B+C is missing"]),
    ("coalition,value\nA,1\nB,1\nA+B+A,4\n", ["line 4: the player 'A' is named twice"]),
    ("coalition,value\nA,1\nB,1\nA++B,4\n", ["line 4: a name is empty"]),
    ("coalition,value\n,3\nA,1\n", ["line 2: the empty coalition is worth 3"]),
    ("coalition,value\nA,1,2\n", ["line 2: 3 cells"]),
    ("coalition,value\n" + "+".join(f"p{k}" for k in range(30)) + ",1\n", ["30 players"]),
]


@pytest.mark.parametrize(("text", "expected"), BAD)
def test_every_problem_is_told(tmp_path: Path, text: str, expected: list[str]) -> None:
    with pytest.raises(CaseError) as caught:
        Game.read_csv(written(tmp_path, text))
    for part in expected:
        assert part in str(caught.value)
    assert "game.csv" in str(caught.value)


def test_what_is_no_table(tmp_path: Path) -> None:
    path = tmp_path / "game.csv"
    with pytest.raises(CaseError, match="No such file"):
        Game.read_csv(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CaseError, match="no table of text"):
        Game.read_csv(path)


@pytest.mark.parametrize(
    ("values", "players", "expected"),
    [
        ([0, 1, 2], (), "shape"),
        ([[[0, 1]]], (), "shape"),
        (3.0, (), "shape"),
        ([1, 1, 2, 3], (), "empty coalition is worth 1"),
        ([0, 1, np.nan, 3], ("A", "B"), "the worth of B is not a finite number"),
        ([0, 1, 2, 3], ("A",), "1 players are named; expected 2"),
        ([0, 1, 2, 3], ("A", "A"), "named twice"),
        ([0, 1, 2, 3], ("A", "B+C"), "holds a"),
    ],
)
def test_bad_arrays(values: object, players: tuple[str, ...], expected: str) -> None:
    with pytest.raises(CaseError, match=expected):
        Game(values, players)


def test_bad_mappings() -> None:
    with pytest.raises(CaseError, match="is not a number"):
        Game.of({"A": "many"})
    with pytest.raises(CaseError, match="one for each draw"):
        Game.of({"A": np.nan})
    with pytest.raises(CaseError, match="differ in their number of draws"):
        Game.of({"A": [1.0, 2.0], "B": [1.0, 2.0, 3.0], "A+B": 1})
    with pytest.raises(CaseError, match="differ in their number of draws"):
        Game.from_function(lambda s: [1.0] * (1 + len(s)), ["A", "B"])
    with pytest.raises(CaseError, match="use `sample_shapley`"):
        Game.from_function(lambda s: 0.0, [str(k) for k in range(23)])


def test_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = written(tmp_path, TALMUD), tmp_path / "out.csv"
    assert tumen(monkeypatch, "game", "solve", str(path), "--out", str(out)) == 0
    found = pd.read_csv(out)
    assert list(found.columns) == ["player", "shapley", "nucleolus", "core_min", "core_max"]
    assert list(found["player"]) == ["A", "B", "C"]
    np.testing.assert_allclose(found["shapley"], [100 / 3, 250 / 3, 250 / 3], rtol=1e-12)
    np.testing.assert_allclose(found["nucleolus"], [50, 75, 75], rtol=1e-12)
    np.testing.assert_allclose(found["core_max"], [100, 200, 200], rtol=1e-12)
    assert "balanced: the core is not empty" in capsys.readouterr().out
    assert tumen(monkeypatch, "game", "solve", str(path), "--solution", "core, shapley", "--out", str(out)) == 0
    assert list(pd.read_csv(out).columns) == ["player", "shapley", "core_min", "core_max"]


def test_command_on_an_empty_core(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "coalition,value\nA,0\nB,0\nC,0\nA+B,1\nA+C,1\nB+C,1\nA+B+C,1\n"
    path, out = written(tmp_path, text), tmp_path / "out.csv"
    assert tumen(monkeypatch, "game", "solve", str(path), "--out", str(out)) == 0
    assert out.read_text().splitlines()[1] == "A,0.333333333333333,0.333333333333333,,"
    assert "The core is empty" in capsys.readouterr().out


def test_command_says_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = written(tmp_path, "coalition,value\nA,x\nA+B,y\n"), tmp_path / "out.csv"
    assert tumen(monkeypatch, "game", "solve", str(path), "--out", str(out)) == 1
    told = capsys.readouterr().err
    assert "'x' is not a number" in told
    assert "'y' is not a number" in told
    path = written(tmp_path, TALMUD)
    assert tumen(monkeypatch, "game", "solve", str(path), "--solution", "shapely", "--out", str(out)) == 1
    assert "did you mean shapley?" in capsys.readouterr().err
    assert not out.exists()
    assert tumen(monkeypatch, "game", "solve", str(path)) == 2


def test_order_of_players_in_a_table_does_not_matter(tmp_path: Path) -> None:
    game = Game.read_csv(written(tmp_path, TALMUD), players=["C", "B", "A"])
    np.testing.assert_allclose(shapley(game), [250 / 3, 250 / 3, 100 / 3])
