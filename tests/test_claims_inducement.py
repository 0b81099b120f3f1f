"""Measures on inducements and hazards: payments and offers by hand, waits against the exponential law and the path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import tumen
from test_initiatives_inducement import DRAWS, FOLDER, VALUATION, outcome, variant
from tumen import claims
from tumen.claims import _take
from tumen.study import Plan, draw, evaluate

Array = npt.NDArray[np.float64]
MANY = 4096
AS_OF = 2024 + 181 / 366  # 30 June of a leap year
LN2 = float(np.log(2))


@pytest.fixture(scope="module")
def case() -> tumen.Case:
    return tumen.load(FOLDER)


@pytest.fixture(scope="module")
def many(case: tumen.Case) -> tumen.Outcome:
    return outcome(case, MANY)


def measured(found: tumen.Outcome, name: str, **where: Any) -> Array:
    taken = claims.measure(name)
    arguments, wrong = claims.read_where(taken.function, found.case, where)
    assert not wrong, wrong
    return np.asarray(taken.function(found, **arguments))


# ---- inducements


def test_the_measures_by_hand(case: tumen.Case) -> None:
    """The same figures as in the tests of the kind: 375 would persuade, 200 is believed, offers come to 10 and 225."""
    found = outcome(case, quarrel__rate=LN2, promise__valuation=VALUATION)
    expected = {"smallest": 375.0, "largest": 200.0, "flips_at": 200 / 0.75, "margin": -175.0}
    for name, value in expected.items():
        values = measured(found, f"bargain.inducement_{name}", initiative="promise")
        np.testing.assert_allclose(values, np.full(DRAWS, value))
    for offer, value in {"old": 10 - 375, "gift": 225 - 375, "both": 235 - 375}.items():
        values = measured(found, "bargain.inducement_offered", initiative="promise", offer=offer)
        np.testing.assert_allclose(values, np.full(DRAWS, value))


def test_the_margin_says_whether_it_works(many: tumen.Outcome) -> None:
    asked = _take.question(many.case, "it_works")
    game = many.inducements["promise"].game
    assert 0.1 < game.works.mean() < 0.9
    np.testing.assert_array_equal(claims.met(asked, claims.take(many, asked)), game.works)
    valuation = many.worlds.values["promise.valuation"]
    flips = measured(many, "bargain.inducement_flips_at", initiative="promise")
    np.testing.assert_array_equal(game.works, valuation <= flips)


def test_the_figures_beside_an_answer(case: tumen.Case) -> None:
    found = outcome(case, quarrel__rate=LN2, promise__valuation=VALUATION)
    shown = _take.beside(found, _take.question(case, "it_works"))
    assert [(item.label, round(float(item.values[0]), 6), item.unit) for item in shown] == [
        ("Smallest that persuades", 375, "MUSD/yr"),
        ("Largest that can be believed", 200, "MUSD/yr"),
        ("Valuation above which nothing works", round(200 / 0.75, 6), "MUSD"),
        ("Offered: old", 10, "MUSD/yr"),
        ("Offered: gift", 225, "MUSD/yr"),
        ("Offered: both", 235, "MUSD/yr"),
    ]


def test_a_plan_without_the_inducement_cannot_be_asked(case: tumen.Case) -> None:
    found = evaluate(case, draw(case, 1, 0, DRAWS), Plan(include=("plain",)))
    with pytest.raises(LookupError, match="leaves out `promise`"):
        measured(found, "bargain.inducement_margin", initiative="promise")


# ---- hazards


def test_the_wait_is_exponential_at_the_rate_drawn(case: tumen.Case) -> None:
    """Given the rate, P(wait <= t) = 1 - exp(-rate t), within the year of the date and across years alike."""
    waits = measured(outcome(case, MANY, crisis__rate=0.5), "process.wait", process="crisis")
    for time in (0.1, 0.5, 1.0, 1.7, 3.0, 8.0):
        expected = -np.expm1(-0.5 * time)
        error = np.sqrt(expected * (1 - expected) / MANY)
        assert abs((waits <= time).mean() - expected) < 4 * error, time


def test_many_events_in_a_year_leave_the_law_as_it_is(case: tumen.Case) -> None:
    """At six events a year the first comes early, and where it comes within the year is not that of a lone event."""
    waits = measured(outcome(case, MANY, crisis__rate=6.0), "process.wait", process="crisis")
    for time in (0.02, 0.1, 0.3, 0.8):
        expected = -np.expm1(-6.0 * time)
        assert abs((waits <= time).mean() - expected) < 4 * np.sqrt(expected * (1 - expected) / MANY), time


def test_the_uncertainty_of_the_rate_is_in_the_answer(many: tumen.Outcome) -> None:
    """With a rate of gamma(4.5, 8) the chance within t is 1 - (8 / (8 + t))^4.5, less than at its mean."""
    asked = _take.question(many.case, "soon")
    share = float(claims.met(asked, claims.take(many, asked)).mean())
    expected = 1 - (8 / 9) ** 4.5
    assert abs(share - expected) < 4 * np.sqrt(expected * (1 - expected) / MANY)
    assert expected < -np.expm1(-4.5 / 8)


def test_wait_and_first_event_belong_to_the_same_path(many: tumen.Outcome) -> None:
    path, years = many.worlds.paths["crisis"], np.array(many.years)
    first = measured(many, "process.first_event", process="crisis")
    waits = measured(many, "process.wait", process="crisis")
    none = (path == 0).all(axis=1)
    assert none.any()
    np.testing.assert_array_equal(first[none], 2034)
    np.testing.assert_allclose(waits[none], 2035 - AS_OF)
    happens = first[~none]
    np.testing.assert_array_equal(np.floor(AS_OF + waits[~none]), happens)
    column = (happens - years[0]).astype(int)
    rows = np.flatnonzero(~none)
    assert (path[rows, column] > 0).all()
    assert all(path[row, :k].sum() == 0 for row, k in zip(rows, column, strict=True))
    assert (waits > 0).all()


def test_no_hazard_no_event(case: tumen.Case) -> None:
    found = outcome(case, crisis__rate=0.0)
    np.testing.assert_array_equal(measured(found, "process.first_event", process="crisis"), np.full(DRAWS, 2034.0))
    assert (measured(found, "process.wait", process="crisis") > 10).all()


def test_a_higher_rate_shortens_every_wait(case: tumen.Case) -> None:
    slow, fast = (
        measured(outcome(case, crisis__rate=rate), "process.first_event", process="crisis") for rate in (0.2, 1.0)
    )
    assert (fast <= slow).all()
    assert (fast < slow).any()


def test_the_rate_stands_beside_the_answer(case: tumen.Case) -> None:
    shown = _take.beside(outcome(case, crisis__rate=0.5), _take.question(case, "soon"))
    assert [(item.label, item.unit) for item in shown] == [
        ("Events a year", "1/yr"),
        ("Chance of an event within a year", "share"),
    ]
    np.testing.assert_allclose([item.values[0] for item in shown], [0.5, 1 - np.exp(-0.5)])


# ---- what is refused, and what is said


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("where: {initiative: promise}", "where: {initiative: promis}", "did you mean promise?"),
        ("where: {initiative: promise}", "where: {}", "claims.it_works.where.initiative: is missing"),
        ("where: {initiative: promise}", "where: {initiative: promise, offer: old}", "takes no `offer`"),
        (
            "measure: bargain.inducement_margin\n    where: {initiative: promise}",
            "measure: bargain.inducement_offered\n    where: {initiative: promise, offer: olt}",
            "`olt` was not `offered` in `promise`; did you mean old?",
        ),
        ("test: at_least 0 MUSD", "test: at_least 0 MEUR", "bargain.inducement_margin is in MUSD, the test in MEUR"),
        (
            "where: {process: crisis}\n    test: by",
            "where: {process: grow}\n    test: by",
            "`grow` is no hazard of this",
        ),
        ("test: by 2026", "test: at_most 3 yr", "process.first_event is a year; test it by `by YEAR`"),
        ("test: at_most 1 yr", "test: by 2026", "process.wait is no year"),
    ],
)
def test_a_claim_that_does_not_fit_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(tumen.CaseError) as caught:
        tumen.load(variant(tmp_path / "c", (old, new)))
    assert message in str(caught.value), str(caught.value)
    assert str(caught.value).startswith("case.yaml:")


def test_the_answers_in_words(case: tumen.Case) -> None:
    answers = tumen.run(case, draws=512, seed=1)
    said = {name: repr(answers.claims[name]) for name in case.claims}
    assert said["it_works"].startswith("Largest payment a year that can be believed, less the smallest that persuades")
    assert "What matters most: promise valuation (" in said["it_works"]
    assert said["soon"].startswith("Wait for the first event of a hazard, at most 1 year")
    assert said["before_2027"].startswith("First event of a hazard by 2026")
