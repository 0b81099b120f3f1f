"""Answers as text: rounding, units, the likelihood scale, and sentences that never claim certainty from draws."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tumen.claims._answer import Answer, Breakeven, Driver, Envelope, Figure, SourceNote
from tumen.claims._values import (
    MINUS,
    format_probability,
    format_range,
    format_tick,
    format_value,
    likelihood_words,
    probability_figure,
)
from tumen.claims._words import breakeven_words, criterion, sentence, statement

UNITS = ("MUSD", "MRUB_2013", "USD/t", "share", "1", "1/yr", "year", "t/yr", "km", "", "TEU", "RUB/USD", "MUSD/m3/km")


def answer() -> Answer:
    return Answer(
        claim="trade_2020",
        row="1",
        said="two-way trade is to reach $1bn a year by 2020",
        by="officials of both states, March 2014",
        measure="trade.two_way",
        measure_doc="Two-way trade, nominal; (draw, year).",
        where=(("between", "RUS, PRK"),),
        unit="MUSD",
        test="at_least",
        threshold=(1000.0,),
        probability=0.02,
        se=0.003,
        median=160.0,
        p05=50.0,
        p95=540.0,
        draws=4096,
        target_year=2020,
        drivers=(
            Driver("sanctions", 0.1, 0.05, 0.15, -0.3),
            Driver("pair_volatility", 0.4, 0.35, 0.45, 0.1),
            Driver("lost", math.nan, math.nan, math.nan, math.nan),
            Driver("growth", 0.02, 0.0, 0.04, 0.2),
            Driver("chance", 0.3, 0.25, 0.35, 0.0),
        ),
        breakevens=(Breakeven("settlement.cost_cut", "share", 0.03, 0.0, 0.3, None, (0.0, 0.3), (0.02, 0.2)),),
        envelope=Envelope("104 * 1.05^7", 146.0, "it differs by more than a factor of two"),
        figures=(Figure("Growth needed", 0.372, "1/yr"), Figure("Peak", 232.0, "MUSD")),
        sources=(SourceNote("a", "A title", "KOTRA", "2014-05-22", ""), SourceNote("b", "Untitled", "", "2013", "")),
    )


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (1000, "MUSD", "$1.0bn"),
        (999.6, "MUSD", "$1.0bn"),
        (999.4, "MUSD", "$999m"),
        (1090, "MUSD", "$1.09bn"),
        (10960, "MUSD", "$11bn"),
        (687.6, "MUSD", "$688m"),
        (46, "MUSD", "$46m"),
        (5, "MUSD", "$5.0m"),
        (0.05, "MUSD", "$50,000"),
        (0, "MUSD", "$0"),
        (-12.34, "MUSD", f"{MINUS}$12.3m"),
        (1e6, "MUSD", "$1.0trn"),
        (8.5e-5, "MUSD/t", "$85/t"),
        (85, "USD/t", "$85/t"),
        (54.5, "MUSD/yr", "$54.5m a year"),
        (1200, "MRUB", "1.2bn RUB"),
        (350, "MKRW", "350m KRW"),
        (1200, "MRUB_2013", "1.2bn RUB (2013 prices)"),
        (35.5, "RUB/USD", "35.5 RUB/USD"),
        (35.5, "MRUB/MUSD", "35.5 RUB/USD"),
        (0.34, "share", "34 %"),
        (0.0123, "share", "1.2 %"),
        (0.995, "share", "99.5 %"),
        (1.7, "share", "170 %"),
        (0.1, "1", "10 %"),
        (3.2, "1", "3.2"),
        (0.372, "1/yr", "37 % a year"),
        (-0.05, "1/yr", f"{MINUS}5 % a year"),
        (2020.0, "year", "2020"),
        (2020.0, "yr", "2020"),
        (20.0, "yr", "20 years"),
        (1, "yr", "1 year"),
        (1.004, "yr", "1 year"),
        (1.5, "yr", "1.5 years"),
        (0, "yr", "0 years"),
        (1, "person", "1 person"),
        (1e6, "person", "1 million people"),
        (54, "km", "54 km"),
        (4e6, "t/yr", "4 million t a year"),
        (1e10, "m3/yr", "10 billion m\N{SUPERSCRIPT THREE} a year"),
        (400000, "TEU", "400,000 TEU"),
        (math.nan, "MUSD", "no value"),
        (math.inf, "MUSD", "without bound"),
        (-math.inf, "share", f"{MINUS}without bound"),
    ],
)
def test_a_value_is_written_with_its_unit(value: float, unit: str, words: str) -> None:
    assert format_value(value, unit) == words


@pytest.mark.parametrize(
    ("low", "high", "unit", "words"),
    [
        (50, 540, "MUSD", "$50-540m"),
        (50, 1540, "MUSD", "$0.05-1.54bn"),
        (0, 232, "MUSD", "$0-232m"),
        (1, 15000, "MUSD", "$1.0m to $15bn"),
        (-3, 12, "MUSD", f"{MINUS}$3.0m to $12m"),
        (46, 46.01, "MUSD", "$46m"),
        (0.03, 0.12, "share", "3-12 %"),
        (0.35, 0.38, "1/yr", "35-38 % a year"),
        (0.5, 2, "1", "0.5-2"),
        (2019, 2024, "year", "2019-2024"),
        (600, 2400, "MRUB", "0.6-2.4bn RUB"),
        (1, math.inf, "MUSD", "$1.0m to without bound"),
        (math.nan, math.nan, "MUSD", "no value"),
    ],
)
def test_a_range_says_its_unit_once(low: float, high: float, unit: str, words: str) -> None:
    assert format_range(low, high, unit) == words


@given(st.floats(allow_nan=True, allow_infinity=True), st.floats(), st.sampled_from(UNITS))
def test_no_number_breaks_the_words(low: float, high: float, unit: str) -> None:
    for words in (format_value(low, unit), format_range(low, high, unit), format_tick(low, unit, high)):
        assert words.strip()
        assert not re.search(r"nan|inf\b", words)


@given(st.floats(1e-3, 1e8), st.sampled_from(("MUSD", "MRUB")))
def test_money_reads_back_to_half_a_per_cent(value: float, unit: str) -> None:
    words = format_value(value, unit)
    found = re.fullmatch(r"\$?([\d,.]+)(trn|bn|m|)(?: RUB)?", words)
    assert found is not None
    factor = {"trn": 1e6, "bn": 1e3, "m": 1.0, "": 1e-6}[found[2]]
    assert float(found[1].replace(",", "")) * factor == pytest.approx(value, rel=0.005)


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (0.0, "exceptionally unlikely"),
        (0.01, "extremely unlikely"),
        (0.05, "very unlikely"),
        (0.0999, "very unlikely"),
        (0.1, "unlikely"),
        (0.33, "about as likely as not"),
        (0.66, "about as likely as not"),
        (0.67, "likely"),
        (0.9, "likely"),
        (0.91, "very likely"),
        (0.951, "extremely likely"),
        (0.991, "virtually certain"),
        (math.nan, "not known"),
    ],
)
def test_likelihood_follows_the_calibrated_scale(p: float, words: str) -> None:
    assert likelihood_words(p) == words


@pytest.mark.parametrize(
    ("p", "se", "draws", "words"),
    [
        (0.02, 0.003, 4096, "2 % (±0.3)"),
        (0.0213, 0.0031, 4096, "2.1 % (±0.3)"),
        (0.34, 0.012, 4096, "34 % (±1.2)"),
        (0.34, 0.0, 4096, "34 %"),
        (0.34, math.nan, 4096, "34 %"),
        (0.00024, 0.00024, 4096, "under 0.1 %"),
        (0.0, 0.0, 4096, "under 0.1 %"),
        (0.0, 0.0, 512, "under 1 %"),
        (0.0, 0.0, 256, "under 2 %"),
        (1.0, 0.0, 256, "over 98 %"),
        (1.0, 0.0, 4096, "over 99.9 %"),
        (0.995, 0.001, 4096, "99.5 % (±0.1)"),
        (math.nan, math.nan, 4096, "not known"),
    ],
)
def test_a_probability_has_its_error_and_no_false_certainty(p: float, se: float, draws: int, words: str) -> None:
    assert format_probability(p, se, draws) == words


@given(st.floats(0, 1), st.integers(1, 10**6))
def test_draws_never_prove_a_certainty(p: float, draws: int) -> None:
    assert probability_figure(p, draws) not in {"0 %", "100 %"}


def test_the_sentence_says_it_all_in_order() -> None:
    assert sentence(answer()) == (
        "Two-way trade of at least $1.0bn by 2020: extremely unlikely, 2 % (±0.3). Median $160m, 5-95 % $50-540m. "
        "It would take growth of 37 % a year. No settlement cost cut between 0 % and 30 % makes it as likely as not. "
        "What matters most: pair volatility (40 %), chance (30 %), sanctions (10 %). "
        "Back of the envelope: $146m (104 * 1.05^7). It differs by more than a factor of two. "
        "Sources: KOTRA 2014; Untitled 2013."
    )
    assert repr(answer()) == sentence(answer())


def test_growth_from_several_bases_is_one_range() -> None:
    figures = (Figure("Growth needed", 0.366, "1/yr"), Figure("growth needed", 0.382, "1/yr"))
    assert "It would take growth of 37-38 % a year." in sentence(replace(answer(), figures=figures))


@pytest.mark.parametrize(
    ("value", "probabilities", "words"),
    [
        (0.2, (0.1, 0.9), "cut of 20 % makes it as likely as not (planned: 3 %)"),
        (None, (0.1, 0.4), "no cut between 0 % and 30 % makes it as likely as not"),
        (None, (0.6, 0.8), "it stays more likely than not with any cut between 0 % and 30 %"),
        (None, (), "no cut between 0 % and 30 % makes it as likely as not"),
    ],
)
def test_a_break_even_is_said_as_it_is(value: float | None, probabilities: tuple[float, ...], words: str) -> None:
    assert breakeven_words(Breakeven("cut", "share", 0.03, 0.0, 0.3, value, (0.0, 0.3), probabilities)) == words


@pytest.mark.parametrize(
    ("test", "threshold", "words"),
    [
        ("at_least", (1000.0,), "at least $1.0bn by 2020"),
        ("at_least 1 bn USD", (1000.0,), "at least $1.0bn by 2020"),
        ("at_most", (500.0,), "at most $500m by 2020"),
        ("between", (1.0, 2.0), "between $1.0m and $2.0m by 2020"),
        ("odd_one", (), "odd one by 2020"),
    ],
)
def test_the_test_in_words(test: str, threshold: tuple[float, ...], words: str) -> None:
    assert criterion(replace(answer(), test=test, threshold=threshold)) == words


def test_the_subject_keeps_what_is_taken_off_and_drops_the_rest() -> None:
    less = "The debt at the market price, less the payments made, in dollars; (draw,)."
    assert statement(replace(answer(), measure_doc=less)).startswith("The debt at the market price, less the payments")
    year = replace(answer(), measure_doc="Year of completion", test="by", threshold=(2025.0,), unit="year")
    assert statement(year) == "Year of completion by 2025"
    assert statement(replace(answer(), measure_doc="")) == "Trade two way of at least $1.0bn by 2020"


def test_an_answer_without_anything_still_reads() -> None:
    empty = Answer("c", "", "", "", "m", "", (), "", "", (), math.nan, math.nan, math.nan, math.nan, math.nan, 0)
    assert sentence(empty) == "M: not known, not known. Median no value, 5-95 % no value. Sources: none given."
