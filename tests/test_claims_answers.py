"""From draws to answers: questions, probabilities, break-evens, tables."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tumen
from tumen import claims
from tumen.case import new_case
from tumen.claims import Question, measure
from tumen.claims._breakeven import GRID


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> tumen.Case:
    folder = tmp_path_factory.mktemp("case") / "settlement"
    new_case(folder)
    return tumen.load(folder)


def variant(tmp_path: Path, old: str, new: str) -> Path:
    """The skeleton with one text replaced."""
    folder = tmp_path / "settlement"
    new_case(folder)
    file = folder / "case.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("measure: money.relief", "measure: money.releif", "did you mean money.relief?"),
        ("      rate: 5 %/yr", "      rate: 5 USD", "expected a rate"),
        ("      rate: 5 %/yr", "      rat: 5 %/yr", "did you mean rate?"),
        ("      cost: school_cost", "      cost: school_cots", "did you mean school_cost?"),
        ("      by: 2035", "      by: 2035\n      year: 2030", "one of the two"),
        ("      by: 2035", "      by: 2060", "no year between"),
        ("test: at_least 400 MUSD", "test: at_least 400 MRUB", "is in MUSD, the test in MRUB"),
        ("test: at_least 400 MUSD", "test: at_least 40 %", "is in MUSD, the test in 1"),
        ("test: at_least 400 MUSD", "test: by 2030", "is no year"),
        ("test: at_least 1000 %", "test: between 1000 % and 2000 %", "`between` asks about one year"),
        (
            "      initiative: settlement\n      rate",
            "      initiative: setlement\n      rate",
            "did you mean settlement?",
        ),
        ("envelope: 100 / 15", "envelope: 100 / 0", "no finite value"),
        ("envelope: 100 / 15 * 11 / school_cost", "envelope: 100 / school_cots", "did you mean school_cost?"),
    ],
)
def test_a_claim_that_does_not_fit_its_measure_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(tumen.CaseError) as caught:
        tumen.load(variant(tmp_path, old, new))
    assert message in str(caught.value)
    assert str(caught.value).startswith("case.yaml:")


def test_the_table_of_measures_is_complete() -> None:
    for name, row in claims.MEASURES.items():
        assert row.name == name
        assert row.dimensions[0] == "draw"
        assert len(row.doc) > 10
        assert row.unit
    with pytest.raises(LookupError, match=r"did you mean trade\.two_way"):
        measure("trade.two_wya")


def test_margins_and_tests() -> None:
    values = np.array([1.0, 2.0, 3.0])

    def asked(kind: str, low: float, high: float) -> Question:
        return Question("q", measure("money.relief"), {}, kind, low, high)

    assert claims.met(asked("at_least", 2.0, 2.0), values).tolist() == [False, True, True]
    assert claims.met(asked("at_most", 2.0, 2.0), values).tolist() == [True, True, False]
    assert claims.met(asked("between", 1.5, 2.5), values).tolist() == [False, True, False]
    assert claims.margin(asked("between", 1.5, 2.5), values).tolist() == [-0.5, 0.5, -0.5]
    assert claims.met(asked("by", 2.0, 2.0), values).tolist() == [True, True, False]


def test_probability_and_its_error_between_chunks() -> None:
    passed = np.zeros(1024, dtype=bool)
    passed[:256] = True
    passed[256:384] = True
    share, se = claims.probability(passed)
    assert share == pytest.approx(384 / 1024)
    assert se == pytest.approx(np.std([1.0, 0.5, 0.0, 0.0], ddof=1) / 2)


@pytest.mark.parametrize("all_pass", [True, False])
def test_no_answer_claims_to_be_certain(all_pass: bool) -> None:
    share, se = claims.probability(np.full(4096, all_pass))
    assert share == float(all_pass)
    assert 0 < se < 1e-3


class Line:
    """An outcome whose measure is `slope * lever + noise`, so that break-evens are known."""

    def __init__(self, lever: float, noise: np.ndarray[Any, Any]) -> None:
        self.values = 4.0 * lever - 2.0 + noise


def test_the_breakeven_of_a_line_is_where_it_crosses(monkeypatch: pytest.MonkeyPatch, case: tumen.Case) -> None:
    noise = np.random.default_rng(1).normal(size=257)
    noise -= np.median(noise)
    monkeypatch.setattr("tumen.claims._breakeven.take", lambda outcome, asked: outcome.values)
    calls: list[Mapping[str, float]] = []

    def evaluate(levers: Mapping[str, float]) -> Sequence[Any]:
        calls.append(levers)
        return [Line(levers["settlement.haircut"], noise)] if "settlement.haircut" in levers else [Line(0.9, noise)]

    question = Question("ten_schools", measure("money.fund_coverage"), {}, "at_least", 0.1, 0.1)
    found = claims.breakevens(case, [question], evaluate)["ten_schools"]
    assert found[0].lever == "settlement.haircut"
    assert found[0].value == pytest.approx(0.525, abs=1e-3)
    assert len(found[0].grid) == len(found[0].probabilities) == GRID + 1  # and where things stand
    assert 0.8 in found[0].grid
    # The other lever changes nothing, so nothing in its range is a break-even.
    assert [row.value for row in found[1:]] == [None]
    assert len(calls) < 2 * (GRID + 1) + 14


def test_a_lever_of_an_assumption_ranges_over_its_percentiles(case: tumen.Case) -> None:
    base, low, high = claims.lever_range(case, "school_cost")
    d = case.distribution("school_cost")
    assert (base, low, high) == pytest.approx((float(d.median), *d.ppf(np.array([0.01, 0.99]))))
    assert claims.lever_range(case, "settlement.haircut") == pytest.approx((0.8, 0.0, 1.0))


def test_answers_of_a_run(case: tumen.Case) -> None:
    result = tumen.run(case, draws=512, seed=3, workers=1)
    answer = result.claims["ten_schools"]
    assert answer.draws == 512
    assert 0 <= answer.probability <= 1
    assert answer.p05 <= answer.median <= answer.p95
    assert answer.envelope is not None
    assert answer.envelope.value == pytest.approx(100 / 15 * 11 / case.parameter("school_cost").quantity.central)
    assert abs(sum(d.share for d in answer.drivers) - 1) < 0.2
    assert {source.key for source in answer.sources} == {"ministry-2024", "yearbook-2023"}
    with pytest.raises(LookupError, match="did you mean relief"):
        result.claims["releif"]
    rows = list(csv.DictReader(io.StringIO(claims.as_csv(result.claims.values()))))
    assert tuple(rows[0]) == claims.COLUMNS
    assert float(rows[0]["probability"]) == pytest.approx(answer.probability, rel=1e-5)
    assert rows[1]["breakeven"] == ""  # no payment without the deal in the lever's range makes the relief that large
    assert list(result.claims.to_frame().columns) == list(claims.COLUMNS)


def test_an_envelope_that_is_far_off_says_so(tmp_path: Path) -> None:
    folder = variant(tmp_path, "envelope: 100 / 15 * 11 / school_cost", "envelope: 100 * 15 * 11 / school_cost")
    answer = tumen.run(tumen.load(folder), draws=256, workers=1).claims["ten_schools"]
    assert answer.envelope is not None
    assert "factor of two" in answer.envelope.warning
    sound = tumen.run(tumen.load(variant(tmp_path / "b", "at_least 1000 %", "at_least 999 %")), draws=256, workers=1)
    envelope = sound.claims["ten_schools"].envelope
    assert envelope is not None
    assert envelope.warning == ""


def test_an_answer_survives_its_plain_form(case: tumen.Case) -> None:
    import dataclasses
    import json

    answer = tumen.run(case, draws=256, workers=1).claims["relief"]
    again = claims.answer_from_dict(json.loads(json.dumps(dataclasses.asdict(answer))))
    assert again == answer


def test_years_have_a_bar_each() -> None:
    from tumen.claims._answers import _histogram

    values = np.array([2014.0] * 3 + [2015.0] * 2 + [2019.0] * 5)
    edges, counts = _histogram(values, "year")
    assert edges == tuple(float(year) for year in range(2013, 2020))
    assert counts == (3.0, 2.0, 0.0, 0.0, 0.0, 5.0)


@pytest.mark.parametrize(
    ("measure_name", "rate", "field"),
    [
        ("money.face_at_market_rate", "", "market_rate"),
        ("money.relief_at_market_price", "      rate: 5 %/yr\n", "market_price"),
    ],
)
def test_a_field_left_out_is_no_zero(tmp_path: Path, measure_name: str, rate: str, field: str) -> None:
    folder = variant(tmp_path, "measure: money.relief\n", f"measure: {measure_name}\n")
    file = folder / "case.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("      rate: 5 %/yr\n", rate), encoding="utf-8")
    with pytest.raises(tumen.CaseError, match=rf"case\.yaml:\d+: .*`settlement` has no `{field}`"):
        tumen.load(folder)
