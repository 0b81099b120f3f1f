"""Decisions of a case: payoffs against plans evaluated one by one, the run's groups, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tumen
from explanation_support import explained_case
from tumen import claims, study
from tumen._decisions import decided, learnt
from tumen._explanation import DECISIONS, explanations
from tumen._load import load
from tumen._workers import Job, done
from tumen.errors import CaseError
from tumen.study import Plan
from tumen.uncertainty import evppi

SEED = 3
HEAD = "\ndecisions:\n  link:\n    title: Whether One builds the rails\n    by: AAA\n"
TRADE = "    measure: trade.two_way\n    where: {between: [AAA, BBB], year: 2028}\n"
OPTIONS = """    options:
      as_announced: {note: as agreed}
      twice: {set: {rails.cut: 20 %}}
      alone: {leave_out: [toll]}
      not_at_all: {leave_out: [rails]}
      sold: {pays: 55 MUSD}
    source: speech
    note: invented
"""


def case_with(folder: Path, text: str) -> tumen.Case:
    """The small world with decisions, and no blocks or dials."""
    explained_case(folder, blocks="", dials="")
    path = folder / "case.yaml"
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
    return load(folder)


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> tumen.Case:
    return case_with(tmp_path_factory.mktemp("decisions") / "case", HEAD + TRADE + OPTIONS)


def test_each_option_is_a_plan(case: tumen.Case) -> None:
    worlds = study.draw(case, SEED, 0, 64)
    found = claims.payoffs(
        case, "link", lambda include, levers: study.evaluate(case, worlds, Plan(levers=levers, include=include))
    )
    asked = claims.question(case, "trade_2028")
    every = tuple(case.initiatives)
    plans = [
        Plan(),
        Plan(levers={"rails.cut": 0.2}),
        Plan(include=tuple(name for name in every if name != "toll")),
        Plan(include=tuple(name for name in every if name != "rails")),
    ]
    for column, plan in enumerate(plans):
        assert found[:, column] == pytest.approx(claims.take(study.evaluate(case, worlds, plan), asked), rel=1e-12)
    assert (found[:, 4] == 55.0).all()
    assert found[:, 1].mean() > found[:, 0].mean() > found[:, 3].mean()
    assert claims.payoff_unit(case, "link") == "MUSD"


def test_the_piece_of_work(case: tumen.Case) -> None:
    assert explanations(case) == (DECISIONS,)
    found = learnt(case, SEED)
    own = found["decisions/link"]
    payoffs, values = [], []
    for chunk in range(4):
        worlds = study.draw(case, SEED, chunk, 256)
        payoffs.append(claims.payoffs(case, "link", lambda i, v, w=worlds: study.evaluate(case, w, Plan(v, i))))  # type: ignore[misc]
        values.append(worlds.values)
    table = {name: np.concatenate([each[name] for each in values]) for name in values[0] if name != "rails.cut"}
    moving = {name: x for name, x in table.items() if x.min() < x.max()}
    expected = evppi(np.concatenate(payoffs), moving, seed=SEED)
    assert own.attrs["evpi"] == pytest.approx(expected.everything.value)
    assert own.attrs["best"] == "twice"
    assert (own.attrs["draws"], own.attrs["inputs"]) == (1024, len(moving))
    assert own["payoff"].values == pytest.approx(np.array(expected.means))
    assert list(own["input"].values) == [row.name for row in expected.inputs[:20]]
    assert own["worth"].values == pytest.approx(np.array([row.value for row in expected.inputs[:20]]))
    assert own["payoff"].attrs["units"] == "MUSD"
    again = done(case, SEED, 1, DECISIONS)
    assert again["decisions/link"].identical(own)  # type: ignore[union-attr]
    job = Job(case.name, tuple(case.files.items()), case.scenario, SEED, 1)
    assert job(DECISIONS)["decisions/link"].identical(own)  # type: ignore[union-attr]


def test_in_a_run_and_its_report(case: tumen.Case, tmp_path: Path) -> None:
    result = tumen.run(case, draws=256, seed=SEED, workers=1, out=tmp_path / "run")
    assert result.data["decisions/link"].attrs["best"] == "twice"
    read = tumen.open_run(tmp_path / "run")
    (told,) = decided(read.data, read.case)
    assert (told.by, told.best, told.unit, told.note) == ("One", "twice", "MUSD", "invented")
    assert [option.name for option in told.options] == ["as_announced", "twice", "alone", "not_at_all", "sold"]
    assert [source.key for source in told.sources] == ["speech"]
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "What it would be worth to know" in page
    assert "Whether One builds the rails" in page
    assert read.to_html() == page


def test_without_decisions_nothing_is_said(tmp_path: Path) -> None:
    plain = case_with(tmp_path / "case", "")
    assert explanations(plain) == ()
    result = tumen.run(plain, draws=256, seed=SEED, workers=1)
    assert "decisions" not in result.data
    assert "What it would be worth to know" not in result.to_html()


def refused(folder: Path, text: str) -> list[str]:
    with pytest.raises(CaseError) as found:
        case_with(folder, text)
    return [str(problem).partition(": ")[2] for problem in found.value.problems]


def test_an_option_that_leaves_out_what_the_payoff_is_about(tmp_path: Path) -> None:
    options = "    options: {build: {}, wait: {leave_out: [rails]}}\n"
    effect = "    measure: trade.effect\n    where: {initiative: rails, country: AAA, run: long}\n"
    (told,) = refused(tmp_path / "case", HEAD + effect + options)
    assert told.startswith("decisions.link.options: the plan leaves out `rails`")


PAIR = "    options: {build: {}, wait: {pays: 0 MUSD}}\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (TRADE.replace("two_way", "two_ways") + PAIR, "decisions.link.measure: "),
        (TRADE.replace("[AAA, BBB]", "[AAA, DDD]") + PAIR, "decisions.link.where.between: "),
        (TRADE.replace(", year: 2028", "") + PAIR, "decisions.link.where: trade.two_way is by year; say `year:`"),
        (TRADE.replace("2028", "2051") + PAIR, "decisions.link.where.year: trade.two_way is by year"),
        (TRADE + PAIR.replace("0 MUSD", "5 %"), "decisions.link.options.wait.pays: trade.two_way is in MUSD"),
        (
            TRADE + PAIR.replace("{}", "{where: {year: 1999}}"),
            "decisions.link.options.build.where.year: trade.two_way is by year",
        ),
        (
            "    measure: process.first_event\n    where: {process: gdp}\n" + PAIR,
            "decisions.link.measure: process.first_event is a year; the more a payoff the better",
        ),
    ],
)
def test_measures_that_do_not_fit(tmp_path: Path, text: str, told: str) -> None:
    (only,) = refused(tmp_path / "case", HEAD + text)
    assert only.startswith(told), only
