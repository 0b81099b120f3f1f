"""Dials: a reader's own values, evaluated at a grid; each figure against levers set one by one."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import tumen
from explanation_support import explained_case
from runs_support import assert_same_run
from tumen import claims, runs, study
from tumen._explanation import ATTRIBUTION, DIALS, dialled, explanations
from tumen._workers import Job, done
from tumen.claims import DialPoint, answer_from_dict
from tumen.errors import CaseError
from tumen.study import Plan

SEED = 3
At = tuple[tuple[str, float], ...]


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> tumen.Case:
    return explained_case(tmp_path_factory.mktemp("dials") / "case")


@pytest.fixture(scope="module")
def found(case: tumen.Case) -> dict[str, tuple[DialPoint, ...]]:
    return dialled(case, SEED)


def points(found: dict[str, tuple[DialPoint, ...]], claim: str) -> dict[At, DialPoint]:
    return {point.at: point for point in found[claim]}


def test_the_grid_holds_each_dial_alone_and_both_together(found: dict[str, tuple[DialPoint, ...]]) -> None:
    alone: list[At] = [(), *((("elasticity", v),) for v in (2.0, 4.0)), *((("cut", v),) for v in (0.0, 0.1, 0.2))]
    both: list[At] = [(("elasticity", e), ("cut", c)) for e in (2.0, 4.0) for c in (0.0, 0.1, 0.2)]
    assert [point.at for point in found["trade_2028"]] == [*alone, *both]
    assert {point.draws for point in found["trade_2028"]} == {64}


def test_only_what_a_dial_moves_is_told(found: dict[str, tuple[DialPoint, ...]]) -> None:
    assert "untouched" not in found
    assert "short_ties" not in found  # of the short run, which no dial here sets
    assert {name for at in points(found, "rails_pay") for name, _ in at} == {"elasticity", "cut"}


@pytest.mark.parametrize("at", [(), (("elasticity", 4.0),), (("cut", 0.2),), (("elasticity", 2.0), ("cut", 0.0))])
def test_each_point_is_a_plan_with_its_levers(
    case: tumen.Case, found: dict[str, tuple[DialPoint, ...]], at: At
) -> None:
    levers = {}
    for dial, value in at:
        goods = ("fuel", "wares")
        levers |= {f"world.goods.{good}.long_run": value for good in goods} if dial == "elasticity" else {}
        levers |= {"rails.cut": value} if dial == "cut" else {}
    asked = claims.question(case, "trade_2028")
    values = claims.take(study.evaluate(case, study.draw(case, SEED, 0, 64), Plan(levers=levers)), asked)
    point = points(found, "trade_2028")[at]
    share = float(np.mean(values >= 60.0))
    assert point.probability == share
    assert (point.p05, point.median, point.p95) == pytest.approx(np.quantile(values, [0.05, 0.5, 0.95]), rel=1e-9)
    hedged = (64 * share + 0.5) / 65
    assert point.se == pytest.approx(np.sqrt(hedged * (1 - hedged) / 64))


def test_a_greater_cut_brings_more_trade_and_more_so_where_trade_is_elastic(
    found: dict[str, tuple[DialPoint, ...]],
) -> None:
    at, rise = points(found, "trade_2028"), {}
    for e in (2.0, 4.0):
        medians = [at[("elasticity", e), ("cut", c)].median for c in (0.0, 0.1, 0.2)]
        assert medians == sorted(set(medians))
        rise[e] = medians[-1] / medians[0]
    assert rise[4.0] > rise[2.0] > 1.2


def test_one_dial_alone_has_no_pairs(tmp_path: Path) -> None:
    one = "\ndials:\n  cut: {title: Cut, sets: [rails.cut], values: [0 %, 20 %]}\n"
    told = dialled(explained_case(tmp_path / "case", dials=one), SEED)
    assert [point.at for point in told["trade_2028"]] == [(), (("cut", 0.0),), (("cut", 0.2),)]
    assert set(told) == {"trade_2028", "three_2028", "rails_pay"}


def test_what_no_engine_takes_is_said(tmp_path: Path) -> None:
    """An economy smaller than what it exports."""
    folder = tmp_path / "case"
    explained_case(folder, dials="")
    path = folder / "case.yaml"
    text = path.read_text().replace(
        "    growth: {AAA: gdp, BBB: grow", "    size: {BBB: 200 MUSD}\n    growth: {AAA: gdp, BBB: grow"
    )
    small = "\ndials:\n  size: {title: Size, sets: [world.size.BBB], values: [20 MUSD, 200 MUSD]}\n"
    path.write_text(text + small)
    with pytest.raises(CaseError, match=r"at some values of its `dials` .*drawn smaller than what it exports"):
        dialled(tumen.load(folder), SEED)


def test_it_is_the_same_whoever_does_it(case: tumen.Case) -> None:
    job = Job(case.name, tuple(case.files.items()), "", SEED, 1)
    job(ATTRIBUTION)
    assert repr(job(DIALS)) == repr(done(case, SEED, 1, DIALS))


def test_explanations_are_asked_for(case: tumen.Case, tmp_path: Path) -> None:
    assert explanations(case) == (ATTRIBUTION, DIALS)
    assert explanations(explained_case(tmp_path / "case", blocks="", dials="")) == ()


def test_a_run_keeps_them_and_is_the_same_with_any_number_of_workers(case: tumen.Case, tmp_path: Path) -> None:
    one = runs.run(case, draws=256, seed=SEED, workers=1, out=tmp_path / "one")
    runs.run(case, draws=256, seed=SEED, workers=2, out=tmp_path / "two")
    assert_same_run(tmp_path / "two", tmp_path / "one")
    rows = json.loads((tmp_path / "one" / "answers.json").read_text())
    assert [answer_from_dict(row) for row in rows] == list(one.claims.values())
    told = one.claims["trade_2028"]
    assert told.attribution is not None
    assert len(told.dials) == 12
    assert one.claims["untouched"].attribution is None
    page = (tmp_path / "one" / "report.html").read_text()
    assert "What brings it about" in page
    assert '<label for="dial-2">Cut by the rails</label>' in page
    assert runs.open_run(tmp_path / "one").to_html() == page
