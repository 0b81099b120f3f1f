"""Scoring later: a run held against what came, by hand and to the end, and tables that cannot be used."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import Result as ClickResult
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import tumen
from runs_support import small_case
from tumen import CaseError, Result, Scores
from tumen.claims import forecasters, quantities, scored
from tumen.cli import app
from tumen.errors import RunError
from tumen.uncertainty import brier, crps, log_score

TWO = "claim,outcome,value,source\nten_schools,no,250 %,press\nrelief,,20 MUSD,\n"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Result:
    folder = tmp_path_factory.mktemp("scoring")
    return tumen.run(small_case(folder / "case"), draws=256, seed=1, workers=1, out=folder / "run")


def table(folder: Path, text: str) -> Path:
    path = folder / "outcomes.csv"
    path.write_text(text, encoding="utf-8")
    return path


def command(*arguments: object) -> ClickResult:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def problems(finished: Result, folder: Path, text: str) -> list[str]:
    with pytest.raises(CaseError) as caught:
        tumen.score(finished, table(folder, text))
    return [str(problem).removeprefix(f"{folder}/outcomes.csv") for problem in caught.value.problems]


def test_a_run_scored_by_hand(finished: Result, tmp_path: Path) -> None:
    found = tumen.score(finished, table(tmp_path, TWO))
    schools, relief = found.claims
    draws = finished.data["claims"]["value"].sel(claim="ten_schools").to_numpy()
    p = (np.sum(draws >= 10) + 0.5) / 257
    assert schools.probability == pytest.approx(p)
    assert (schools.brier, schools.log) == pytest.approx((p**2, -math.log(1 - p)))
    by_pairs = np.abs(draws - 2.5).mean() - np.abs(draws[:, None] - draws[None, :]).mean() / 2
    assert schools.crps == pytest.approx(by_pairs)
    assert schools.pit == pytest.approx((draws < 2.5).mean())
    assert schools.of_outcome == pytest.approx(by_pairs / 2.5)
    assert schools.of_range == pytest.approx(by_pairs / (schools.high - schools.low))
    assert (schools.outcome, schools.covered, schools.claimed_error, schools.source) == (False, True, 7.5, "press")
    # The test is at_least 400 MUSD, so 20 MUSD say that the claim did not come true.
    assert (relief.outcome, relief.value, relief.claimed_error) == (False, 20.0, 380.0)
    run, even, pessimist, share = found.yes_no
    assert run.brier == pytest.approx((schools.brier + relief.brier) / 2)
    assert run.log == pytest.approx((schools.log + relief.log) / 2)
    assert (even.brier, even.log) == pytest.approx((0.25, math.log(2)))
    assert (pessimist.brier, pessimist.log) == pytest.approx((0.01, -math.log(0.9)))
    assert (share.brier, share.log) == (0.0, 0.0)
    assert even.difference is not None
    assert even.difference.mean == pytest.approx(run.brier - 0.25)
    assert found.open == ()
    assert found.quantities is not None
    assert (found.quantities.n, found.quantities.covered, found.quantities.closer) == (2, 2, 2)


def test_a_certain_run_that_was_wrong_still_has_a_log_score(finished: Result) -> None:
    """No draw relieves the debtor of 400 million; half a draw does."""
    answer = finished.claims["relief"]
    assert answer.probability == 0
    found = scored(answer, np.zeros(256), True, None)
    assert found.log == pytest.approx(math.log(257 / 0.5))
    assert found.crps is found.pit is found.covered is None


@pytest.mark.parametrize("word", ["yes", "TRUE", "1", "1.0", "met", " y "])
def test_words_for_yes(finished: Result, tmp_path: Path, word: str) -> None:
    assert tumen.score(finished, table(tmp_path, f"claim,outcome\nrelief,{word}\n")).claims[0].outcome is True


@pytest.mark.parametrize("word", ["no", "False", "0", "0.0", "not met", "unmet"])
def test_words_for_no(finished: Result, tmp_path: Path, word: str) -> None:
    found = tumen.score(finished, table(tmp_path, f"outcome,claim\n{word},relief\n"))
    assert found.claims[0].outcome is False
    assert found.open == ("ten_schools",)


def test_what_is_open_stays_open(finished: Result, tmp_path: Path) -> None:
    found = tumen.score(finished, table(tmp_path, "claim,outcome,value\nten_schools,,\nrelief,unknown,0\n"))
    assert [row.claim for row in found.claims] == ["relief"]
    assert found.claims[0].outcome is None
    assert found.claims[0].brier is None
    assert found.claims[0].crps is not None
    assert found.claims[0].of_outcome is None  # of nothing there is no share
    assert found.yes_no == ()
    assert found.open == ("ten_schools",)
    assert "Not known yet: ten_schools." in repr(found)


@pytest.mark.parametrize(
    ("text", "value"), [("-6.92", -6.92), ("20 MUSD", 20.0), ("0.02 bn USD", 20.0), ("20000 kUSD", 20.0), ("2e1", 20.0)]
)
def test_values_in_any_unit_that_fits(finished: Result, tmp_path: Path, text: str, value: float) -> None:
    assert tumen.score(finished, table(tmp_path, f"claim,outcome,value\nrelief,,{text}\n")).claims[0].value == value


def test_every_problem_is_told_with_its_line(finished: Result, tmp_path: Path) -> None:
    text = (
        "claim,outcome,value,source\n"
        "# remarks and blank lines are passed over\n\n"
        "reliev,yes,,\n"
        "relief,perhaps,,\n"
        "relief,no,,\n"
        "ten_schools,yes,12,\n"
        "ten_schools,yes,3,\n"
        ",no,,\n"
        "relief,no,lots,\n"
        "relief,no,20 MRUB,\n"
        "relief,no\n"
    )
    found = problems(finished, tmp_path, text)
    assert [problem.partition(" ")[0] + problem.split(":")[2] for problem in found] == [
        ":4: claim", ":5: outcome", ":6: claim", ":8: claim", ":9: claim", ":10: claim", ":10: value", ":11: claim",
        ":11: value", ":12: 2 cells where the header has 4; quote texts that hold commas",
    ]  # fmt: skip
    assert found[0].endswith("there is no claim 'reliev'; did you mean relief?")
    assert "neither yes nor no" in found[1]
    assert "stands already in line 5" in found[2]
    assert "is in MRUB, the claim in MUSD" in found[8]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("relief,yes,399,\n", "`yes`, but the value 399 does not pass the claim's test, `at_least 400 MUSD`"),
        ("relief,no,400,\n", "`no`, but the value 400 passes the claim's test"),
        ("relief,no,nan,\n", "does not begin with a number"),
        ('relief,no,"1,000",\n', "without thousands separators"),
        ("relief,,,\nten_schools,unknown,,\n", "nothing is known yet"),
        ("", "the table has no rows"),
        ('relief,"no,,\n', "not a CSV table"),
    ],
)
def test_what_cannot_be_scored(finished: Result, tmp_path: Path, text: str, message: str) -> None:
    (only,) = problems(finished, tmp_path, f"claim,outcome,value,source\n{text}")
    assert message in only


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("claim,value", "outcome: the column is missing"),
        ("claim,outcome,vlaue", "vlaue: unknown column; did you mean value?"),
        ("claim,outcome,claim", "claim: the column stands twice"),
    ],
)
def test_headers_that_cannot_be(finished: Result, tmp_path: Path, header: str, message: str) -> None:
    assert any(message in problem for problem in problems(finished, tmp_path, f"{header}\nrelief,no,1\n"))


def test_other_columns_are_left_alone(finished: Result, tmp_path: Path) -> None:
    found = tumen.score(finished, table(tmp_path, "\ufeffclaim,outcome,date,remark\nrelief,no,2035,x\n"))
    assert found.claims[0].outcome is False


def test_files_that_cannot_be_read(finished: Result, tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="cannot be read"):
        tumen.score(finished, tmp_path / "none.csv")
    path = tmp_path / "latin.csv"
    path.write_bytes(b"claim,outcome,source\nrelief,no,caf\xe9\n")
    with pytest.raises(CaseError, match=r"latin\.csv:2: byte 34 is not UTF-8"):
        tumen.score(finished, path)
    with pytest.raises(RunError, match="is no finished run"):
        tumen.score(tmp_path, path)


def test_years_are_whole_and_never_is_after_the_horizon(tmp_path: Path) -> None:
    """Claims about a year, tested as `by YEAR`."""
    small_case(tmp_path / "case")
    path = tmp_path / "case" / "case.yaml"
    added = (
        "claims:\n  misses:\n    said: It misses a payment.\n    by: x\n    source: ministry-2024\n"
        "    measure: process.first_event\n    where:\n      process: default\n    test: by 2030\n"
        "  unpaid:\n    said: An instalment is missed.\n    by: x\n    source: ministry-2024\n"
        "    measure: money.first_missed\n    where:\n      initiative: settlement\n    test: by 2030\n"
    )
    path.write_text(path.read_text(encoding="utf-8").replace("claims:\n", added, 1), encoding="utf-8")
    run = tumen.run(tumen.load(tmp_path / "case"), draws=256, workers=1)
    after = run.case.years[-1] + 1
    draws = run.data["claims"]["value"].sel(claim="misses").to_numpy()
    assert draws.max() == after
    found = tumen.score(run, table(tmp_path, "claim,outcome,value\nmisses,,never\n")).claims[0]
    assert (found.value, found.outcome, found.of_outcome) == (after, False, None)
    assert found.crps == pytest.approx(float(crps(draws, after)))
    assert tumen.score(run, table(tmp_path, "claim,outcome,value\nmisses,,2150\n")).claims[0].value == after
    assert tumen.score(run, table(tmp_path, "claim,outcome,value\nmisses,yes,2030\n")).claims[0].outcome is True
    for text in ("2030.5", "soon", "30"):
        assert "is not a year" in problems(run, tmp_path, f"claim,outcome,value\nmisses,,{text}\n")[0]
    assert "after the last one" in problems(run, tmp_path, "claim,outcome,value\nunpaid,,never\n")[0]


@given(st.lists(st.tuples(st.floats(0.01, 0.99), st.booleans()), min_size=1, max_size=20))
def test_means_are_means_and_no_constant_beats_the_share_that_came(rows: list[tuple[float, bool]]) -> None:
    from dataclasses import replace

    from tumen.claims import ClaimScore

    blank = ClaimScore(
        "x", None, 0.5, None, None, "1", None, 0, 0, 0, None, None, None, None, None, 0, None, None
    )  # fmt: skip
    made = [replace(blank, outcome=came, probability=p) for p, came in rows]
    found = forecasters([*made, blank])
    stated, came = np.array([p for p, _ in rows]), np.array([came for _, came in rows])
    assert found[0].brier == pytest.approx(float(brier(stated, came).mean()))
    assert found[0].log == pytest.approx(float(log_score(stated, came).mean()))
    assert found[3].brier <= min(found[1].brier, found[2].brier) + 1e-12
    assert found[3].log <= min(found[1].log, found[2].log) + 1e-12
    assert quantities(made) is None


def test_the_command_writes_a_table_and_a_page(finished: Result, tmp_path: Path) -> None:
    assert finished.folder is not None
    outcomes = table(tmp_path, TWO.replace("press", '"<b>press</b> & co"'))
    done = command("score", finished.folder / "run.json", outcomes, "--out", tmp_path / "scores")
    assert done.exit_code == 0, done.output
    assert "50 % for every claim" in done.output
    with (tmp_path / "scores" / "scores.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["claim"], row["outcome"], row["covered"]) for row in rows] == [
        ("ten_schools", "no", "yes"),
        ("relief", "no", "yes"),
    ]
    own = tumen.score(finished, outcomes)
    assert float(rows[0]["crps"]) == pytest.approx(own.claims[0].crps, rel=1e-5)
    page = (tmp_path / "scores" / "scores.html").read_text(encoding="utf-8")
    assert page == own.to_html()
    assert page.count("<svg") >= 8  # two charts of all and two of single claims, each for a desk and for a phone
    assert "&lt;b&gt;press&lt;/b&gt; &amp; co" in page
    assert "<b>" not in page
    assert "<script" not in page
    assert sorted(path.name for path in (tmp_path / "scores").iterdir()) == ["scores.csv", "scores.html"]


def test_the_command_refuses_a_bad_table(finished: Result, tmp_path: Path) -> None:
    done = command("score", finished.folder, table(tmp_path, "claim,outcome\nrelief,no\nreliev,no\n"))
    assert done.exit_code == 1
    assert "did you mean relief?" in done.output
    assert finished.folder is not None
    assert not (finished.folder / "scores.csv").exists()


def test_scores_lie_with_their_run_and_go_with_it(tmp_path: Path) -> None:
    case = small_case(tmp_path / "case")
    run = tumen.run(case, draws=256, workers=1, out=tmp_path / "run")
    found = tumen.score(run, table(tmp_path, TWO))
    assert [path.name for path in found.write()] == ["scores.csv", "scores.html"]
    assert (tmp_path / "run" / "scores.html").exists()
    tumen.run(case, draws=256, workers=1, out=tmp_path / "run")  # the same run is there already
    assert (tmp_path / "run" / "scores.html").exists()
    tumen.run(case, draws=256, seed=2, workers=1, out=tmp_path / "run", overwrite=True)
    assert not (tmp_path / "run" / "scores.html").exists()  # they were those of another run
    memory = tumen.score(tumen.run(case, draws=256, workers=1), tmp_path / "outcomes.csv")
    with pytest.raises(RunError, match="kept in memory"):
        memory.write()


def test_the_same_scores_by_any_way_in(finished: Result, tmp_path: Path) -> None:
    path = table(tmp_path, TWO)
    first = tumen.score(finished, path)
    assert isinstance(first, Scores)
    assert finished.folder is not None
    for way in (finished.folder, str(finished.folder), finished.folder / "run.json"):
        assert tumen.score(way, path).claims == first.claims
    frame = first.to_frame()
    assert list(frame["claim"]) == ["ten_schools", "relief"]
    assert frame["crps"].tolist() == [row.crps for row in first.claims]
    pd.testing.assert_frame_equal(frame, tumen.score(finished.folder, path).to_frame())
