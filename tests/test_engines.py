"""Which engine an assumption belongs to, and the shares of engines in answers and on the page."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import tumen
from explanation_support import explained_case
from report_answers import about, parameters, trade
from tumen import initiatives, study
from tumen._load import load
from tumen.claims import ENGINES, Answer, EngineShare, answer_from_dict, engines
from tumen.claims._engines import _OF_KIND
from tumen.report import render

EXPECTED = {
    "world_2013.goods.oil.long_run": "trade",
    "two_way_trade.volatility": "trade",
    "china_growth.trend_sd": "trade",
    "western_isolation.measures.japan.cut": "trade",
    "western_isolation.networks.gas.cuts.europe": "corridor",
    "gas.rate": "corridor",
    "asian_coal_price": "corridor",
    "korean_pipeline.capex": "corridor",
    "korean_pipeline.delivery.overrun": "delivery",
    "korean_pipeline.stopped_by.nuclear_test": "delivery",
    "korean_thaw.rate": "delivery",
    "far_east_programme.delivered": "delivery",
    "korean_pipeline.enforcement.grabs.PRK": "bargain",
    "regime_impatience": "bargain",
    "china_stops_the_test.regained": "bargain",
    "musan.unit_cost": "money",
    "iron_ore.volatility": "money",
    "bank_debt_price": "money",
    "payment_default.rate": "money",
    "nuclear_test.rate": "shared",
    "khasan_rajin_cost": "shared",
}


def test_engines_of_the_reference_case() -> None:
    case = load("russia-korea-2014", rehearse=False)
    drawn = study.blueprint(case).distributions
    found = engines(case, [*drawn, *EXPECTED])
    assert {name: found[name] for name in EXPECTED} == EXPECTED
    assert set(found.values()) == set(ENGINES)


def test_every_kind_has_an_engine() -> None:
    assert set(_OF_KIND) == set(initiatives.kinds())
    assert set(_OF_KIND.values()) <= set(ENGINES)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> tumen.Result:
    folder = tmp_path_factory.mktemp("engines")
    case = explained_case(folder / "case", blocks="", dials="")
    return tumen.run(case, draws=512, seed=3, workers=1, out=folder / "run")


def test_every_answer_tells_its_engines(result: tumen.Result) -> None:
    for answer in result.claims.values():
        shares = {item.engine: item for item in answer.engines}
        assert set(shares) <= {*ENGINES, "chance"}
        assert list(answer.engines) == sorted(answer.engines, key=lambda item: -item.share)
        assert all(0 <= item.low <= item.share <= item.high <= 1 for item in shares.values())
        assert sum(item.share for item in shares.values()) == pytest.approx(1.0, abs=0.02)
    assert result.claims["untouched"].engines[0].engine == "trade"  # of a sum of its two figures, nothing is chance
    assert result.claims["untouched"].engines[0].share > 0.9


def test_they_stand_in_answers_json(result: tumen.Result) -> None:
    assert result.folder is not None
    rows = json.loads(Path(result.folder, "answers.json").read_text(encoding="utf-8"))
    for row in rows:
        assert answer_from_dict(row).engines == result.claims[row["claim"]].engines
        old = {key: value for key, value in row.items() if key != "engines"}
        assert answer_from_dict(old).engines == ()  # a run of before


def shown(*shares: EngineShare) -> str:
    answer: Answer = replace(trade(), engines=shares)
    return render([answer], parameters(), about())


def test_on_the_page() -> None:
    page = shown(
        EngineShare("chance", 0.5, 0.45, 0.55),
        EngineShare("trade", 0.4, 0.36, 0.44),
        EngineShare("money", 0.1, 0.07, 0.13),
        EngineShare("corridor", 0.0, 0.0, 0.01),
    )
    line = page[page.index('<p class="engines">') : page.index('class="bar stacked"')]
    assert line.index("trade") < line.index("money") < line.index("chance and interplay")
    assert "corridor" not in line
    assert page.count('class="tone1" x="0.00%" width="40.00%"') == 1
    assert page.count('class="chance" x="50.00%" width="50.00%"') == 1


def test_nothing_is_shown_where_all_is_chance() -> None:
    assert '<p class="engines">' not in shown(EngineShare("chance", 1.0, 0.9, 1.0))
    assert '<p class="engines">' not in shown()
