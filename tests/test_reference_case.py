"""The reference case: signs and envelopes, written down before the run from the sources alone; published figures.

What an analyst would say without a model: a tenfold rise in seven years is rare (2.5 % of pairs of this size), so the
target is unlikely; growth of 36.6 % a year has no precedent here; a write-off of debt that nobody serviced relieves of
little; at the market's exchange rate the whole debt is smaller than the tenth that is left; a debtor that defaulted on
three of three settlements will hardly fill a fund.
"""

from __future__ import annotations

import csv
import io
from datetime import date

import numpy as np
import pytest

import tumen
from tumen import claims, money


@pytest.fixture(scope="module")
def result() -> tumen.Result:
    return tumen.run(tumen.load("russia-korea-2014"), draws=2048, seed=11, workers=1)


@pytest.fixture(scope="module")
def in_full() -> tumen.Result:
    return tumen.run(tumen.load("russia-korea-2014"), draws=512, seed=11, workers=1, scenario="pays_in_full")


def test_rows_one_and_eight_are_answered(result: tumen.Result) -> None:
    rows = list(csv.DictReader(io.StringIO(claims.as_csv(result.claims.values()))))
    assert {row["row"] for row in rows} == {"1", "8"}
    debt = [row for row in rows if row["row"] == "8"]
    measures = {row["measure"] for row in debt}
    assert len(debt) >= 5
    assert measures >= {
        "money.relief",
        "money.relief_at_market_price",
        "money.face_at_market_rate",
        "money.fund_balance",
        "money.fund_coverage",
    }
    for row in rows:
        assert row["sources"]
        assert 0 <= float(row["probability"]) <= 1
        assert float(row["se"]) > 0
        assert float(row["p05"]) <= float(row["median"]) <= float(row["p95"])


def test_the_target_is_unlikely_and_says_what_it_needs(result: tumen.Result) -> None:
    answer = result.claims["trade_2020"]
    assert 0.005 < answer.probability < 0.08  # the base rate is 2.5 % of pairs
    needed = [figure.value for figure in answer.figures if figure.label == "Growth needed"]
    assert sorted(needed) == pytest.approx([(1000 / 112.7) ** (1 / 7) - 1, (1000 / 104) ** (1 / 7) - 1])
    assert sorted(needed) == pytest.approx([0.366, 0.382], abs=0.001)
    assert answer.path is not None
    assert {point.statistics for point in answer.path.history} >= {"kotra", "russian-customs"}
    ends = {p.statistics: p.value for p in answer.path.history if p.year == 2013}
    assert ends == {"kotra": 104.0, "russian-customs": 112.7}  # the disagreement is shown
    assert answer.breakevens[0].value is not None
    assert 0.1 < answer.breakevens[0].value < 0.366  # below the growth needed: history brings some of it
    assert result.claims["trade_growth"].probability == 0


def test_relief_is_small_beside_the_headline(result: tumen.Result) -> None:
    five, ten = result.claims["relief_at_5"], result.claims["relief_at_10"]
    for answer in (five, ten):
        assert answer.probability == 0
        assert abs(answer.median) < 0.05 * 9850
        assert answer.breakevens[0].value is None
    assert ten.p95 - ten.p05 < five.p95 - five.p05
    assert 0.3 < result.claims["any_relief"].probability < 0.9


def test_the_debt_at_other_counts(result: tumen.Result) -> None:
    face = result.claims["debt_at_market_rate"]
    assert face.p05 > 10940 * 0.67 / 36.6
    assert face.p95 < 11000 * 0.67 / 34.7
    figures = {figure.label: figure for figure in result.claims["relief_at_5"].figures}
    assert figures["Face value written off"].value == pytest.approx(9860, rel=0.01)
    assert 0.05 * 10940 < figures["Whole debt at the market price of bank debt"].value < 0.24 * 11000
    assert result.claims["relief_at_market_price"].probability > 0.9


def test_paid_in_full_the_fund_is_what_the_schedule_says(result: tumen.Result, in_full: tumen.Result) -> None:
    fund = in_full.claims["fund_2020"]
    assert fund.probability == 1
    assert fund.p05 > 13 * 10940 * 0.1 / 40 - 1e-6  # thirteen of the forty instalments
    assert result.claims["fund_2020"].probability < 0.5
    assert (
        result.claims["fund_covers_khasan_rajin"].probability < in_full.claims["fund_covers_khasan_rajin"].probability
    )
    assert in_full.claims["missed_by_2019"].probability == 0
    assert in_full.claims["trade_2020"].probability == pytest.approx(
        np.mean(
            result.to_frame("trade.two_way", between=("RUS", "PRK"), statistics="russian-customs", each_draw=True)
            .loc[:511, 2014:2020]
            .max(axis=1)
            >= 1000
        )
    )  # fmt: skip -- the debt does not touch trade: the same 512 draws, the same answer


def test_envelopes_are_near(result: tumen.Result) -> None:
    for name in ("trade_2020", "trade_growth", "relief_at_market_price", "debt_at_market_rate", "fund_2020"):
        envelope = result.claims[name].envelope
        assert envelope is not None
        assert envelope.warning == "", name


def test_the_remainder_by_whole_half_years() -> None:
    """The published check: $1.09bn in forty half-yearly instalments is 687.6m at 5 % and 475.3m at 10 %."""
    terms = money.schedule(start=date(2014, 5, 5), years=20, per_year=2, repayment="equal")
    due = 1090 * np.asarray(terms.payments)
    for rate, published in ((0.05, 687.6), (0.10, 475.3)):
        value = float(np.asarray(money.present_value(terms.dates, due, rate, date(2014, 5, 5), "30/360")))
        assert round(value, 1) == published
