"""The outside view of a pair's trade: the panel forecast as a measure of a case, and its paragraph for print."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tumen import claims, study
from tumen.case import Case
from tumen.claims._arguments import Record, _record
from tumen.claims._outlook import outlook_brief
from tumen.trade.forecast import Known, predict, simulate

DRAWS = 2048
CLAIM = "trade_2020_outside"


@pytest.fixture(scope="module")
def outcome(reference: Case) -> Any:
    return study.evaluate(reference, study.draw(reference, 5, 0, DRAWS))


@pytest.fixture(scope="module")
def reference() -> Case:
    from tumen._load import load

    return load("russia-korea-2014", rehearse=False)


def _question(reference: Case) -> Any:
    return claims.question(reference, CLAIM)


def _known(base: float = 112.7) -> Known:
    years = tuple(range(2000, 2014))
    own = {2000: 46.0, 2003: 116.7, 2004: 210, 2005: 232, 2006: 211, 2007: 159.6, 2008: 110.5, 2009: 62, 2010: 110.5}
    own |= {2011: 113, 2012: 75.7, 2013: 104}
    flows = np.array([[own.get(year, np.nan) for year in years]])
    none = np.full_like(flows, np.nan)
    return Known(years, flows, none, none, np.array([2013]), np.array([base]), np.array([2014]), none, none)


def test_the_case_asks_the_panel_forecast(reference: Case, outcome: Any) -> None:
    """The share of draws that reach the target is the forecast's chance, by other points."""
    asked = _question(reference)
    share = float(np.mean(claims.take(outcome, asked) >= asked.low))
    chance = float(predict(_known(), np.array([1000.0]), np.array([2020])).reached[0])
    assert share == pytest.approx(chance, abs=4 * np.sqrt(chance * (1 - chance) / DRAWS) + 0.01)


def test_what_was_published_stands(reference: Case, outcome: Any) -> None:
    asked = _question(reference)
    values = asked.measure.function(outcome, **asked.arguments)
    assert (values[:, outcome.years.index(2013)] == 112.7).all()
    assert np.isfinite(values).all()
    assert values.std(axis=0)[outcome.years.index(2014)] > 0


def test_extra_growth_is_on_top(reference: Case) -> None:
    """x a year more moves every year by exp(x t), and nothing else."""
    worlds, asked = study.draw(reference, 5, 0, 64), _question(reference)
    plain = asked.measure.function(study.evaluate(reference, worlds), **asked.arguments)
    plan = study.Plan(levers={"two_way_trade.extra_growth": 0.1})
    more = asked.measure.function(study.evaluate(reference, worlds, plan), **asked.arguments)
    years = np.array(study.evaluate(reference, worlds).years)
    expected = np.exp(0.1 * np.maximum(years - 2013, 0))
    np.testing.assert_allclose(more / plain, np.broadcast_to(expected, plain.shape), rtol=1e-12)


def test_no_initiative_enters(reference: Case) -> None:
    worlds, asked = study.draw(reference, 5, 0, 64), _question(reference)
    with_all = asked.measure.function(study.evaluate(reference, worlds), **asked.arguments)
    none = asked.measure.function(study.evaluate(reference, worlds, study.Plan(include=())), **asked.arguments)
    assert (with_all == none).all()


def test_its_own_noise_leaves_the_rest_alone(reference: Case) -> None:
    streams = study.blueprint(reference).streams
    assert streams["two_way_trade.outlook"] == 2
    assert streams["two_way_trade.shocks"] == 2


def test_simulate_goes_on_beyond_twenty_years() -> None:
    none = np.zeros((3, 25))
    found = simulate(_known(), none, none)
    assert found.shape == (3, 25)
    steps = np.diff(found[0])[20:]
    assert steps == pytest.approx(np.full(len(steps), steps[0]))
    with pytest.raises(ValueError, match="twice"):
        simulate(_known(), none, none[:, :3])


def _brief(probability: float, median: float = 240.0, breakevens: tuple[Any, ...] = (), **where: Any) -> str:
    rows = [SimpleNamespace(year=2013, value=where.pop("value", 112.7), statistics="customs")]
    case = SimpleNamespace(
        players={"RUS": "Russia", "PRK": "North Korea"}, trade={"path": SimpleNamespace(history="table")},
        tables={"table": SimpleNamespace(rows=rows)}, as_of=SimpleNamespace(year=2014),
    )  # fmt: skip
    outcome: Any = SimpleNamespace(case=case, path_of=lambda pair: "path")
    answer: Any = SimpleNamespace(probability=probability, median=median, breakevens=breakevens)
    return outlook_brief(outcome, answer, 1000.0, 2020, between=("RUS", "PRK"), statistics="customs", **where)


def test_a_paragraph_for_print() -> None:
    lever = SimpleNamespace(named=True, value=0.23, unit="1/yr", low=0.0, high=0.6)
    said = _brief(0.034, breakevens=(lever,), record=Record(21, 12, 0.203))
    assert "from $113m in 2013 to $1.0bn by 2020, it would have to grow by 37% a year" in said
    assert (
        "Of 21 announced trade targets that were due by 2013, 12 were met, but none that needed more than 20%" in said
    )
    assert "about once in 29 times (3.4%)" in said
    assert "extrapolated" in said
    assert said.endswith("something new would have to add growth of 23 % a year, every year until 2020.")


@pytest.mark.parametrize(
    ("probability", "words"),
    [(0.0, "less than once in two hundred times"), (0.1, "once in 10 times"), (0.6, "in 60% of cases")],
)
def test_chances_in_words(probability: float, words: str) -> None:
    assert words in _brief(probability)


def test_what_the_paragraph_leaves_out() -> None:
    """No record, no base rate; within support, no word of extrapolation; a lever that does not do it is told."""
    lever = SimpleNamespace(named=True, value=None, unit="1/yr", low=0.0, high=0.6)
    said = _brief(0.3, value=700.0, breakevens=(lever,))
    assert "Of " not in said
    assert "extrapolated" not in said
    assert "No growth within" in said


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        ("many", "is no record"),
        ("22 of 21", "cannot be met"),
        ("0 of 0", "cannot be met"),
        ("1 of 2, at most 3 t", "rate|unit|1/yr|per year|time"),
    ],
)
def test_a_record_that_is_none(raw: str, what: str, reference: Case) -> None:
    with pytest.raises(ValueError, match=what):
        _record(reference, raw, {})


def test_a_record_is_read(reference: Case) -> None:
    assert _record(reference, "12 of 21, at most 20 %/yr", {}) == Record(21, 12, pytest.approx(0.2))  # type: ignore[arg-type]
    assert _record(reference, "1 of 2", {}) == Record(2, 1)
