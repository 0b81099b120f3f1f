"""What would have to be true: crossings of any level, by any figure, against brute force and closed forms."""

from __future__ import annotations

import doctest
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import tumen
from tumen import claims, cli, study
from tumen._crossings import GRID, Crossing
from tumen.claims._crossing import close

GOLDEN = Path(__file__).parent / "golden"
PAGE = Path(__file__).parents[1] / "docs" / "explaining.md"
Margins = Callable[[float], "np.ndarray[Any, Any]"]


@pytest.fixture(scope="module")
def golden() -> tumen.Case:
    return tumen.load(GOLDEN)


def share(case: tumen.Case, claim: str, levers: dict[str, float], draws: int = 512, seed: int = 1) -> float:
    """The probability of a claim, evaluated afresh, chunk by chunk."""
    asked = claims.question(case, claim)
    chunks = [study.draw(case, seed, number) for number in range(draws // 256)]
    outcomes = [study.evaluate(case, worlds, study.Plan(levers=levers)) for worlds in chunks]
    return float(np.mean([claims.met(asked, claims.take(outcome, asked)) for outcome in outcomes]))


def noise(seed: int, draws: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).normal(size=draws)


# ---- the root finding, on curves whose crossing is known


@given(
    level=st.floats(0.01, 0.99), slope=st.floats(0.1, 20).flatmap(lambda s: st.sampled_from([s, -s])),
    draws=st.integers(20, 600), seed=st.integers(0, 999), root=st.floats(0.3, 0.7),
)  # fmt: skip
def test_the_crossing_of_a_line_is_its_order_statistic(
    level: float, slope: float, draws: int, seed: int, root: float
) -> None:
    """m = slope (x - root) + e passes the level where the k-th largest of e is slope (root - x)."""
    e = noise(seed, draws) * abs(slope) * 0.05
    found = claims.crossing(lambda x: slope * (x - root) + e, np.linspace(0, 1, 9).tolist(), 0.5, level, 1e-4)
    k = int(np.ceil(level * draws - 1e-9))
    assert found.value == pytest.approx(root - np.sort(e)[::-1][k - 1] / slope, abs=1.01e-4)
    assert found.rising == (slope > 0)
    assert len(found.crossings) == 1
    value = found.value
    assert value is not None
    passing = np.count_nonzero(slope * (value - root) + e >= 0)
    before = np.count_nonzero(slope * (value - np.copysign(1e-4, slope) - root) + e >= 0)
    assert before < k <= passing  # within the tolerance, or one draw, of the level


def test_the_interval_covers_the_true_crossing_in_nine_of_ten_samples() -> None:
    """m = 4 x - 2 + e with e standard normal passes 30 % at x = 0.5 + Phi^-1(0.3) / 4."""
    true, hits, n = 0.5 - 0.5244005127080409 / 4, 0, 400
    for seed in range(n):
        e = noise(seed, 200)
        found = claims.crossing(lambda x, e=e: 4 * x - 2 + e, [0.0, 0.25, 0.5, 0.75, 1.0], 0.5, 0.3, 1e-4)  # type: ignore[misc]
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= true <= found.high
    assert 0.87 <= hits / n <= 0.94


def test_few_draws_leave_an_end_open() -> None:
    """Of sixteen draws none passing is told from 5 % by nothing, so no lower end is known."""
    e = noise(1, 16)
    found = claims.crossing(lambda x: 4 * x - 2 + e, [0.0, 0.5, 1.0], 0.5, 0.05, 1e-4)
    assert found.value is not None
    assert found.low is None
    assert found.high is not None


@given(at=st.floats(0.01, 0.99), level=st.floats(0.05, 0.95), up=st.booleans())
def test_a_step_is_found_by_halving(at: float, level: float, up: bool) -> None:
    """Yes or no alike in all draws: the step itself, and chance has no part in it."""

    def margins(x: float) -> np.ndarray[Any, Any]:
        return np.full(40, 1.0 if (x >= at) == up else -1.0)

    found = claims.crossing(margins, np.linspace(0, 1, 9).tolist(), 0.2, level, 1e-4)
    assert found.value is not None
    assert found.low is not None
    assert found.high is not None
    assert found.value == pytest.approx(at, abs=1e-4)
    assert found.low <= found.value <= found.high <= found.low + 1e-4
    assert bool(np.all(margins(found.value) > 0))


def test_draws_that_flip_one_by_one_are_told_to_one_draw() -> None:
    """Each of a hundred draws says yes from its own threshold on; 37 % is the 37th threshold."""
    thresholds = np.sort(np.random.default_rng(5).uniform(size=100))
    found = claims.crossing(lambda x: np.where(x >= thresholds, 1.0, -1.0), [0.0, 0.5, 1.0], 0.0, 0.37, 1e-5)
    assert found.value == pytest.approx(thresholds[36], abs=1e-5)


@pytest.mark.parametrize(("base", "expected", "rising"), [(0.1, 0.25, True), (0.9, 0.75, False)])
def test_of_several_crossings_the_nearest_is_given_and_all_are_told(base: float, expected: float, rising: bool) -> None:
    e = noise(2, 201) * 1e-3

    def margins(x: float) -> np.ndarray[Any, Any]:
        return 1 / 16 - (x - 0.5) ** 2 + e - np.median(e)

    found = claims.crossing(margins, np.linspace(0, 1, 9).tolist(), base, 0.5, 1e-4)
    assert found.value == pytest.approx(expected, abs=2e-4)
    assert found.rising is rising
    assert found.crossings == pytest.approx((0.25, 0.75), abs=1e-2)


def test_what_has_no_value_does_not_pass() -> None:
    def margins(x: float) -> np.ndarray[Any, Any]:
        return np.array([np.nan, np.inf, x - 0.5, -np.inf])

    found = claims.crossing(margins, [0.0, 0.6, 1.0], 0.0, 0.5, 1e-4)
    assert found.value == pytest.approx(0.5, abs=1e-4)
    assert set(found.shares) == {0.25, 0.5}


@settings(max_examples=100)
@given(root=st.floats(0.001, 0.999), power=st.sampled_from([1, 3, 9]), width=st.sampled_from([1e-2, 1e-4, 1e-6]))
def test_a_bracket_closes_on_the_root_with_few_evaluations(root: float, power: int, width: float) -> None:
    calls: list[float] = []

    def f(x: float) -> float:
        calls.append(x)
        return float((x - root) ** power)

    a, b, fa, fb = close(f, 0.0, 1.0, -(root**power), (1 - root) ** power, width)
    assert a <= root <= b <= a + width * (1 + 1e-9)
    assert (fa, fb) == pytest.approx(((a - root) ** power, (b - root) ** power))
    assert len(calls) <= np.ceil(np.log2(1 / width)) + 2
    if power == 1:
        assert len(calls) <= 4


# ---- cases


@pytest.mark.parametrize(
    ("claim", "lever", "level"),
    [
        ("trade", "pair.extra_growth", 0.5), ("trade", "pair.extra_growth", 0.9), ("trade", "pair.volatility", 0.2),
        ("missed", "default.rate", 0.5), ("missed", "default.rate", 0.1), ("relief", "deal.haircut", 0.5),
        ("market", "price", 0.25),
    ],
)  # fmt: skip
def test_agrees_with_brute_force(golden: tumen.Case, claim: str, lever: str, level: float) -> None:
    """A fine grid of evaluations, each afresh: the probability is on the sides that the crossing says it is."""
    found = tumen.breakeven(golden, claim, lever, level=level)
    assert found.value is not None
    fine = np.linspace(found.low, found.high, 25)
    shares = np.array([share(golden, claim, {lever: float(x)}) for x in fine])
    passes = shares >= level
    flips = np.flatnonzero(passes[1:] != passes[:-1])
    assert any(fine[i] - 1e-9 <= found.value <= fine[i + 1] + 1e-9 for i in flips)
    assert len(flips) >= len(found.crossings)
    step = 1e-4 * (found.high - found.low)
    assert share(golden, claim, {lever: found.value}) >= level
    assert share(golden, claim, {lever: found.value + (-step if found.rising else step)}) < level


def test_the_error_agrees_with_brute_force_on_many_draws(golden: tumen.Case) -> None:
    """The crossing of eight times the draws, by a fine grid, lies within the intervals of few."""
    fine = np.linspace(0.06, 0.12, 7)
    many = [share(golden, "trade", {"pair.extra_growth": float(x)}, 2048, seed=99) for x in fine]
    assert many[0] < 0.5 < many[-1]
    true = float(np.interp(0.5, many, fine))
    found = [tumen.breakeven(golden, "trade", "pair.extra_growth", draws=256, seed=s) for s in range(6)]
    hits = [x.value_low <= true <= x.value_high for x in found if x.value_low is not None and x.value_high is not None]
    assert len(hits) == 6
    assert sum(hits) >= 5
    assert not all(x.value == found[0].value for x in found)


def test_the_same_seed_gives_the_same_answer(golden: tumen.Case) -> None:
    first = tumen.breakeven(golden, "missed", "default.rate", level=0.3)
    assert tumen.breakeven(str(GOLDEN), "missed", "default.rate", level=0.3) == first
    assert tumen.breakeven(golden, "missed", "default.rate", level=0.3, seed=2) != first


def test_the_worlds_are_those_of_a_run(golden: tumen.Case) -> None:
    found = tumen.breakeven(golden, "missed", "default.rate", draws=512, seed=4)
    assert found.probability == tumen.run(golden, draws=512, seed=4, workers=1).claims["missed"].probability


def test_no_value_within_the_bounds_does_it(golden: tumen.Case) -> None:
    found = tumen.breakeven(golden, "trade", "pair.extra_growth", low=0.0, high="2 %/yr", level=0.9)
    assert (found.value, found.value_low, found.value_high, found.passes) == (None, None, None, "none")
    assert max(found.probabilities) < 0.9
    assert len(found.probabilities) == GRID
    said = repr(found)
    assert "no pair extra growth between 0 % a year and 2 % a year makes its probability pass 90 %" in said
    assert found.to_frame()["value"].isna().all()


def test_any_value_does_it(golden: tumen.Case) -> None:
    found = tumen.breakeven(golden, "face", "project_cost")
    assert (found.value, found.passes, found.always) == (None, "any", True)
    assert "any project cost between" in repr(found)


def test_a_sentence_says_what_would_have_to_be_true(golden: tumen.Case) -> None:
    found = tumen.breakeven(golden, "face", "deal.market_rate", low=5, high="50 RUB/USD")
    assert repr(found) == (
        "Whole debt at the market exchange rate, at most $3.0m: its probability would pass 50 % if deal market rate "
        "were at least 16.7 RUB/USD (in the case: 25 RUB/USD; chance moves it by less than is shown, by 512 draws). "
        "As the case stands it is over 99 %."
    )
    assert found.value == pytest.approx(100 * 0.5 / 3, abs=1e-4 * 45)
    drawn = repr(tumen.breakeven(golden, "missed", "default.rate"))
    assert "(in the case: drawn around 12 % a year; 5-95 % of the error of 512 draws: " in drawn


def test_several_crossings_are_said() -> None:
    two = Crossing(
        "c", "Said", "x", "MUSD", 0.5, 2.0, 1.0, None, True, False, 0.0, 9.0, 1.0, False, 0.1, 0.01, 256, 1, (2.0, 7.0),
        (0.0, 9.0), (0.1, 0.2),
    )  # fmt: skip
    assert "more than once, at about $2.0m and $7.0m; this is the one nearest the case" in repr(two)
    assert "from $1.0m on" in repr(two)


def test_a_frontier_in_closed_form(golden: tumen.Case) -> None:
    """The debt at the market rate is 100 contract / market, at most 3: market is 100 contract / 3 or more."""
    bounds: dict[str, tuple[float | str, float | str]] = {
        "deal.contract_rate": (0.1, 1.0),
        "deal.market_rate": ("5 RUB/USD", "20 RUB/USD"),
    }
    levers = ("deal.contract_rate", "deal.market_rate")
    found = tumen.frontier(golden, "face", levers, bounds=bounds, draws=64, rows=7, level=0.8)
    table = found.to_frame()
    expected = table["deal.contract_rate"] * 100 / 3
    assert table["passes"].tolist() == ["any"] + ["at_least"] * 3 + ["none"] * 3
    inside = (expected > 5) & (expected < 20)
    np.testing.assert_allclose(table["value"][inside], expected[inside], atol=15e-4)
    assert table["value"][~inside].isna().all()
    shown = repr(found).splitlines()
    assert shown[1].split("  ")[1] == "deal contract rate"
    assert shown[2].endswith("any")
    assert shown[-2].endswith("no value does it")


def test_a_frontier_meets_the_breakeven_with_the_first_lever_set(golden: tumen.Case) -> None:
    """Each row agrees with brute force at its own setting."""
    found = tumen.frontier(golden, "missed", ("deal.haircut", "default.rate"), rows=2, level=0.4)
    for row in found.rows:
        ((name, _, x),) = row.at
        assert name == "deal.haircut"
        if row.value is not None:
            levers = {"deal.haircut": x, "default.rate": row.value}
            assert share(golden, "missed", levers) == pytest.approx(0.4, abs=1 / 512 + 0.01)
    assert any(row.value is not None for row in found.rows)


def test_a_reference_leads_to_the_figure_it_names(golden: tumen.Case) -> None:
    assert tumen.breakeven(golden, "market", "deal.market_price", draws=64).lever == "price"


@pytest.mark.parametrize(
    ("claim", "lever", "more", "message"),
    [
        ("trad", "pair.extra_growth", {}, "there is no claim 'trad'; did you mean trade?"),
        ("trade", "pair.extra_grwth", {}, "did you mean pair.extra_growth?"),
        ("missed", "default.hazard.events", {}, "of default there can: default.rate"),
        ("face", "deal.market_rate", {}, "one number in this case, 25 RUB/USD, without a range"),
        ("face", "deal.market_rate", {"low": 30, "high": 20}, "30 RUB/USD to 20 RUB/USD is no range"),
        ("face", "deal.market_rate", {"low": "3 MUSD", "high": 50}, "expected a exchange rate, in RUB/USD"),
        ("trade", "pair.extra_growth", {"low": "x"}, "does not begin with a number"),
        ("trade", "pair.extra_growth", {"high": float("inf")}, "expected a finite number"),
        ("trade", "pair.extra_growth", {"level": 1.0}, "level: 1 is no level"),
        ("trade", "pair.extra_growth", {"draws": 0}, "draws: 0 is too few"),
        ("trade", "pair.extra_growth", {"scenario": "none"}, "there is no scenario 'none'"),
    ],
)
def test_what_cannot_be_asked(golden: tumen.Case, claim: str, lever: str, more: dict[str, Any], message: str) -> None:
    with pytest.raises((ValueError, LookupError), match=r".") as caught:
        tumen.breakeven(golden, claim, lever, **more)
    assert message in str(caught.value)


def test_a_value_that_an_engine_refuses_is_named(golden: tumen.Case) -> None:
    with pytest.raises(tumen.CaseError, match=r"face: with deal\.market_rate at 0: .*; narrow its range by low and h"):
        tumen.breakeven(golden, "face", "deal.market_rate", low=0, high=50)


def test_a_frontier_needs_two_levers(golden: tumen.Case) -> None:
    with pytest.raises(tumen.CaseError, match="both levers are price"):
        tumen.frontier(golden, "market", ("price", "deal.market_price"), draws=64)
    with pytest.raises(ValueError, match="rows: 1 is too few"):
        tumen.frontier(golden, "market", ("price", "deal.haircut"), rows=1)
    with pytest.raises(LookupError, match="did you mean price"):
        tumen.frontier(golden, "market", ("price", "deal.haircut"), bounds={"prise": (0, 1)})


class TestCommand:
    def invoke(self, *words: object) -> tuple[int, str, str]:
        found = CliRunner().invoke(cli.app, ["breakeven", *map(str, words)])
        return found.exit_code, found.stdout, found.stderr

    def test_one_lever(self, golden: tumen.Case, tmp_path: Path) -> None:
        file = tmp_path / "out" / "one.csv"
        code, shown, _ = self.invoke(GOLDEN, "missed", "default.rate", "--level", 0.3, "--draws", 256, "--out", file)
        found = tumen.breakeven(golden, "missed", "default.rate", level=0.3, draws=256)
        assert (code, shown) == (0, f"{found!r}\n")
        (row,) = pd.read_csv(file).to_dict("records")
        assert row["value"] == pytest.approx(found.value)
        assert (row["passes"], row["level"], row["unit"]) == ("at_least", 0.3, "1/yr")

    def test_two_levers(self, tmp_path: Path) -> None:
        file = tmp_path / "two.csv"
        words = ("--low", "1 %/yr", "--high", "90 %/yr", "--draws", 64, "--out", file)
        code, shown, _ = self.invoke(GOLDEN, "missed", "deal.haircut", "default.rate", *words)
        assert code == 0
        table = pd.read_csv(file)
        assert len(table) == 9
        assert set(table["low"]) == {0.01}
        assert shown.count("\n") == 12

    @pytest.mark.parametrize(
        ("words", "code", "message"),
        [
            (("missed", "default.rat"), 1, "did you mean default.rate?"),
            (("mised", "default.rate"), 1, "did you mean missed?"),
            (("missed", "default.rate", "--level", 1), 2, "a level between 0 and 1"),
            (("face", "deal.market_rate"), 1, "without a range"),
        ],
    )
    def test_mistakes(self, words: tuple[str, ...], code: int, message: str) -> None:
        done, _, problems = self.invoke(GOLDEN, *words)
        assert done == code
        assert message in problems


def test_the_section_of_the_page_runs() -> None:
    text = PAGE.read_text(encoding="utf-8").partition("## What would have to be true")[2].partition("\n## ")[0]
    plain = "\n".join("" if line.startswith("```") else line for line in text.splitlines())
    test = doctest.DocTestParser().get_doctest(plain, {}, PAGE.name, str(PAGE), 0)
    told: list[str] = []
    failed = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test, out=told.append).failed
    assert not failed, "".join(told)
    assert len(test.examples) == 13
