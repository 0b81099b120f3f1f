"""What is delivered in the reference case moves as it must, by more than chance, and scenarios differ as they should.

Reasoned before it was run. Dear liquefied gas makes the line worth more to all three, so that they agree more often; a
higher fee takes from the two who pay it until one of them is better off without; while Seoul does not deal with
Pyongyang nothing is decided. An embargo ends trade and keeps the gate shut; with a rapprochement more is built, and no
test stops it; cheap oil takes the reason for the line away and leaves trade in other goods as it is; without further
sanctions a little more is traded.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

import tumen
from tumen import claims, study
from tumen._load import load
from tumen.study import Memo, Plan

CHUNKS = 2
Array = npt.NDArray[np.float64]
PIPELINE = "pipeline_by_2030"


@pytest.fixture(scope="module")
def case() -> tumen.Case:
    return load("russia-korea-2014", rehearse=False)


@pytest.fixture(scope="module")
def memos() -> list[Memo]:
    return [Memo() for _ in range(CHUNKS)]


def holds(case: tumen.Case, memos: list[Memo], claim: str, plan: Plan) -> Array:
    """Whether a claim holds, in every draw of some chunks."""
    found = []
    for chunk, memo in enumerate(memos):
        asked = claims.question(case.under(plan.scenario), claim)
        outcome = study.evaluate(case, study.draw(case, 7, chunk), plan, memo)
        found.append(claims.met(asked, claims.take(outcome, asked)))
    return np.concatenate(found).astype(float)


def surely_above(high: Array, low: Array) -> bool:
    """Whether one share is above the other by more than its standard error, draws paired."""
    gap = high - low
    return bool(gap.mean() > gap.std() / np.sqrt(gap.size) and gap.mean() > 0)


@pytest.mark.parametrize(
    ("lever", "low", "high", "sign"),
    [
        ("asian_lng_price", 150e-9, 700e-9, 1),  # MUSD per m3
        ("korean_pipeline.delivery.fee.PRK", 50.0, 1500.0, -1),
        ("korean_thaw.rate", 0.02, 0.5, 1),
        ("korean_crisis.rate", 0.05, 1.0, -1),
        ("korean_pipeline.delivery.pace", 0.05, 1.0, 1),
        ("korean_pipeline.delivery.delay", 1.0, 3.0, -1),
        ("korean_pipeline.delivery.completed", 0.4, 1.0, 1),
        ("korean_pipeline.capex", 1500.0, 12000.0, -1),
        ("undersea_pipeline.capex", 500.0, 20000.0, 1),
    ],
)
def test_what_moves_the_pipeline(
    case: tumen.Case, memos: list[Memo], lever: str, low: float, high: float, sign: int
) -> None:
    below, above = (holds(case, memos, PIPELINE, Plan(levers={lever: value})) for value in (low, high))
    assert surely_above(above, below) if sign > 0 else surely_above(below, above)


def test_the_gate_moves_the_pipeline(case: tumen.Case, memos: list[Memo]) -> None:
    base, open_ = (holds(case, memos, PIPELINE, Plan(scenario=name)) for name in (None, "rapprochement"))
    assert surely_above(open_, base)


def trade_in_2020(case: tumen.Case, memos: list[Memo], scenario: str | None) -> Array:
    found = []
    for chunk, memo in enumerate(memos):
        outcome = study.evaluate(case, study.draw(case, 7, chunk), Plan(scenario=scenario), memo)
        found.append(outcome.trade["two_way_trade"].flow[:, outcome.years.index(2020)])
    return np.concatenate(found)


def test_scenarios_differ_as_they_should(case: tumen.Case, memos: list[Memo]) -> None:
    plans = {name: Plan(scenario=name) for name in ("embargo", "rapprochement", "oil_price_fall")}
    built = {name: holds(case, memos, PIPELINE, plan) for name, plan in plans.items()}
    base = holds(case, memos, PIPELINE, Plan())
    assert surely_above(built["rapprochement"], base)
    assert surely_above(base, built["oil_price_fall"])
    assert surely_above(base, built["embargo"])
    trade = {name: trade_in_2020(case, memos, name) for name in (None, "embargo", "no_further_sanctions")}
    assert (trade["embargo"] < trade[None] * 0.5).all()
    assert np.median(trade["embargo"] / trade[None]) < 0.2
    assert (trade["no_further_sanctions"] >= trade[None] * (1 - 1e-9)).mean() > 0.9  # a fuller account may cut later
    assert trade["no_further_sanctions"].mean() > trade[None].mean()


def test_a_test_stops_what_it_should_in_the_same_draws(case: tumen.Case, memos: list[Memo]) -> None:
    outcome = study.evaluate(case, study.draw(case, 7, 0), Plan(), memos[0])
    tested = outcome.worlds.paths["nuclear_test"] > 0
    rajin = outcome.timeline["khasan_rajin"].working
    assert (rajin[tested] < 1).all()
    assert (rajin[:, 1:][~tested[:, 1:] & ~tested[:, :-1]] == 1).all()
    sanctions = outcome.changes["after_a_test"].in_force
    assert ((sanctions > 0).sum(axis=1)[~tested.any(axis=1)] == 0).all()
