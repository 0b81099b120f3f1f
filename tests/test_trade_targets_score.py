"""Scores of target forecasts by hand, and yardsticks that know no more than was known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from targets_support import HEAD, panel, written
from tumen.errors import CaseError
from tumen.trade._targets_score import yardsticks
from tumen.trade._targets_yardsticks import constant_rate, growth_logit, hindsight
from tumen.trade.targets import Outcomes, Targets, read_outcomes, score_targets

ROWS = (
    "a,RUS,CHN,2001-05,2000,10,20,2004,yes,no",
    "b,RUS,KAZ,2001-05,2000,10,15,2005,yes,yes",
    "c,RUS,CHN,2006-05,2005,20,80,2010,no,no",
    "d,RUS,KAZ,2006-05,2005,20,21,2010,unknown,unknown",
    "e,RUS,BLR,2012-05,2011,20,30,2015,no,no",
)
FORECASTS = pd.DataFrame({"id": list("abcde"), "probability": [0.6, 0.8, 0.1, 0.9, 0.5]})


@pytest.fixture
def read(tmp_path: Path) -> tuple[Targets, Outcomes]:
    targets, outcomes, problems = read_outcomes(written(tmp_path, *ROWS, head=HEAD + ",met,met_in_target_year"))
    assert problems == ()
    return targets, outcomes


def test_scores_by_hand(read: tuple[Targets, Outcomes]) -> None:
    found = score_targets(*read, FORECASTS)
    assert (found.n, found.pairs, found.share_met) == (4, 3, 0.5)
    forecast, constant = found.scores[:2]
    assert forecast.brier == pytest.approx((0.16 + 0.04 + 0.01 + 0.25) / 4)
    assert forecast.log_score == pytest.approx(-np.log([0.6, 0.8, 0.9, 0.5]).mean())
    # nothing is resolved in 2001: ½; two of two by 2006: 2.5/3; two of three by 2012: 2.5/4
    p = np.array([0.5, 0.5, 2.5 / 3, 2.5 / 4])
    met = np.array([1.0, 1.0, 0.0, 0.0])
    assert constant.brier == pytest.approx(np.mean((p - met) ** 2))
    assert constant.log_score == pytest.approx(-np.log(np.where(met > 0, p, 1 - p)).mean())
    assert constant.brier_difference is not None
    assert constant.brier_difference.mean == pytest.approx(forecast.brier - constant.brier)
    assert constant.brier_difference.clusters == 3
    assert sum(b.n for b in found.bins) == 4
    assert "4 targets of 3 pairs, 50 % met" in repr(found)


def test_the_stricter_reading_has_its_own_outcomes(read: tuple[Targets, Outcomes]) -> None:
    assert score_targets(*read, FORECASTS, in_year=True).scores[0].brier == pytest.approx(
        (0.36 + 0.04 + 0.01 + 0.25) / 4
    )


def test_targets_due_later_can_be_left_out(read: tuple[Targets, Outcomes]) -> None:
    assert score_targets(*read, FORECASTS, due_by=2010).n == 3


def test_what_is_not_scored_is_told(read: tuple[Targets, Outcomes]) -> None:
    more = pd.concat([FORECASTS[1:], pd.DataFrame({"id": ["z"], "probability": [0.3]})])
    found = score_targets(*read, more)
    assert found.notes == (
        "1 targets have no forecast and are not scored: a",
        "1 forecasts are of no target in the file: z",
        "1 targets have no known outcome and are not scored",
    )


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (FORECASTS.assign(probability=[0.6, 1.2, 0.1, 0.9, 0.5]), r"line 2 \(b\): probability is '1.2'"),
        (FORECASTS.assign(probability=[0.0, 0.8, 0.1, 0.9, 0.5]), r"line 1 \(a\): probability 0 was certain and wrong"),
        (FORECASTS.assign(probability=[0.6, 0.8, np.nan, 0.9, 0.5]), r"line 3 \(c\): probability is 'nan'"),
        (pd.concat([FORECASTS, FORECASTS[:1]]), r"line 6 \(a\): the id stands there twice"),
        (FORECASTS.assign(id=list("vwxyz")), "no target has both"),
        (FORECASTS.rename(columns={"probability": "p"}), "no column probability"),
    ],
)
def test_forecasts_that_cannot_be_scored_are_errors(
    read: tuple[Targets, Outcomes], frame: pd.DataFrame, message: str
) -> None:
    with pytest.raises(CaseError, match=message):
        score_targets(*read, frame)


def test_certain_and_right_has_a_score(read: tuple[Targets, Outcomes]) -> None:
    sure = FORECASTS.assign(probability=[1.0, 1.0, 0.0, 0.9, 0.0])
    assert score_targets(*read, sure).scores[0].log_score == 0.0


def test_the_trend_goes_on(tmp_path: Path) -> None:
    rows = (
        "up,BLR,CHN,2012,2011,10,11,2015,no",
        "far,BLR,CHN,2012,2011,10,40,2015,no",
        "none,IND,BRA,2012,2011,1,2,2015,no",
    )
    targets, outcomes, _ = read_outcomes(written(tmp_path, *rows, head=HEAD + ",met"))
    frame = pd.DataFrame({"id": targets.ids, "probability": 0.3})
    found = {s.name: s for s in score_targets(targets, outcomes, frame, panel()).scores}
    # it grows by some 5 % a year: enough for a tenth in four years, not for four times; no history is the constant, ½
    assert found["trend"].brier == pytest.approx((0.98**2 + 0.02**2 + 0.25) / 3)
    assert score_targets(targets, outcomes, frame).scores[3].brier == pytest.approx(0.25)


targets_of_old = st.lists(
    st.tuples(
        st.integers(1990, 2015), st.integers(1, 12), st.floats(-0.05, 0.6), st.sampled_from([0.0, 1.0, np.nan]),
    ), min_size=1, max_size=25,
)  # fmt: skip


@given(rows=targets_of_old, year=st.integers(1990, 2020))
@settings(max_examples=60)
def test_outcomes_after_the_announcement_teach_nothing(rows: list[tuple[int, int, float, float]], year: int) -> None:
    announced, horizon, needed, met = (np.array(column) for column in zip(*rows, strict=True))
    by = announced + horizon - 1
    changed = np.where(by >= year, np.where(np.isnan(met), 1.0, 1.0 - np.nan_to_num(met)), met)
    early = announced <= year
    for ask in (
        lambda came: constant_rate(announced, by, came),
        lambda came: growth_logit(announced, by, came, needed, horizon),
    ):
        np.testing.assert_array_equal(ask(met)[early], ask(changed)[early])


def test_what_was_resolved_before_does_teach() -> None:
    announced, by = np.array([2000, 2006, 2005]), np.array([2005, 2010, 2010])
    for came, share in ((1.0, 0.75), (0.0, 0.25), (np.nan, 0.5)):
        met = np.array([came, np.nan, np.nan])
        np.testing.assert_allclose(constant_rate(announced, by, met), [0.5, share, 0.5])


@pytest.mark.parametrize("all_met", [True, False])
def test_the_logit_is_that_of_a_general_optimiser(all_met: bool) -> None:
    rng = np.random.default_rng(5)
    n = 40
    needed, horizon = rng.normal(0.12, 0.06, n), rng.integers(1, 11, n)
    met = np.ones(n) if all_met else (rng.random(n) < 1 / (1 + np.exp(20 * (needed - 0.1)))).astype(float)
    announced = np.where(np.arange(n) < n - 1, 2000, 2015)
    by = np.where(announced == 2000, 2010, 2020)
    x = np.column_stack([np.ones(n), needed / 0.1, horizon / 5.0])

    def loss(beta: np.ndarray) -> float:
        score = x[:-1] @ beta
        penalty = 0.5 * (beta[0] ** 2 / 6.25 + beta[1] ** 2 + beta[2] ** 2)
        return float(np.logaddexp(0, score).sum() - met[:-1] @ score + penalty)

    best = optimize.minimize(loss, np.zeros(3), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-13}).x
    found = growth_logit(announced, by, met, needed, horizon)
    assert found[0] == 0.5
    assert found[-1] == pytest.approx(1 / (1 + np.exp(-x[-1] @ best)), abs=1e-6)


def test_in_hindsight_a_pair_does_not_teach_itself() -> None:
    pair, met = ("A-B", "A-B", "A-C", "A-D"), np.array([1.0, 1.0, 0.0, np.nan])
    share, logit = hindsight(pair, met, np.full(4, 0.1), np.full(4, 5))
    np.testing.assert_allclose(share, [0.25, 0.25, 2.5 / 3, 2.5 / 4])
    assert logit[0] == logit[1] < 0.5 < logit[2]


def test_yardsticks_of_the_real_targets(shared: Path) -> None:
    targets, outcomes, _ = read_outcomes(shared / "data" / "targets" / "trade_targets.csv")
    due = np.isfinite(outcomes.met) & (targets.by <= 2025)
    assert int(due.sum()) == 87
    found = yardsticks(targets, outcomes.met, None)
    brier = {name: float(np.mean((p - outcomes.met)[due] ** 2)) for name, p in found.items()}
    assert 0.19 < brier["constant, hindsight"] < 0.21
    assert 0.16 < brier["logit, hindsight"] < 0.19
    assert brier["constant rate"] > brier["constant, hindsight"]  # nearly all that was resolved first was met
