"""From parameters to the chance that a flow reaches a target: closed forms, rules, and questions out of all bounds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri

from forecast_support import lively, made, question, some
from tumen.trade._forecast_parameters import TABLED, VINTAGES, vintage
from tumen.trade._forecast_predict import MOST_YEARS, asked, quantiles
from tumen.trade.forecast import Known, Parameters, Predicted, predict, shipped, simulate

TARGETS = np.array([400.0, 900.0, 1000.0, 1100.0, 1500.0, 2500.0])


def told(
    target: float | np.ndarray, by: int | np.ndarray, *parameters: Parameters, known: Known | None = None
) -> Predicted:
    """The forecast of 1,000 MUSD in 2010, or of what is known, by parameters made by hand."""
    targets = np.atleast_1d(np.asarray(target, dtype=float))
    size = max(len(targets), np.size(by))
    seen = question(np.full(size, 1000.0)) if known is None else known
    n = len(seen.base)
    return predict(
        seen, np.broadcast_to(targets, n).copy(), np.broadcast_to(by, n).astype(np.int64), parameters or (made(),)
    )


@pytest.mark.parametrize("years", [1, 3, 7, 20])
def test_the_chance_in_the_year_is_the_normal_s_tail(years: int) -> None:
    found = told(TARGETS, 2010 + years, made(drift=0.02))
    expected = ndtr((0.02 * years - np.log(TARGETS / 1000)) / 0.3)
    np.testing.assert_allclose(found.in_year, expected, atol=0.01)
    assert (found.reached >= found.in_year).all()


def test_what_happens_to_all_adds_to_the_spread() -> None:
    found = told(TARGETS, 2015, made(spread=0.3, common=0.4))
    np.testing.assert_allclose(found.in_year, ndtr(-np.log(TARGETS / 1000) / 0.5), atol=0.02)


def test_a_random_walk_is_the_same_by_simulation() -> None:
    found = told(TARGETS, 2018, made(walks=True, drift=0.03))
    steps = np.random.default_rng(1).normal(0.03, 0.3, (40_000, 8)).cumsum(axis=1)
    for k, target in enumerate(TARGETS):
        above = steps >= np.log(target / 1000)
        assert found.reached[k] == pytest.approx(above.any(axis=1).mean(), abs=0.02)
        assert found.in_year[k] == pytest.approx(above[:, -1].mean(), abs=0.015)


def _constant(coefficients: np.ndarray, value: float) -> np.ndarray:
    return np.array([value, *coefficients[1:]])


def test_horizons_between_are_interpolated() -> None:
    every = made()
    sets = {
        name: tuple(replace(h, location=_constant(h.location, 0.1 * h.years)) for h in rows if h.years in (2, 10))
        for name, rows in every.sets.items()
    }
    some = replace(every, sets=sets, shocks=every.shocks[:2])
    middles = [told(1.0, 2010 + h, some).quantiles(0.5)[0] for h in (1, 2, 6, 10, 15)]
    np.testing.assert_allclose(np.log(np.array(middles) / 1000), [0.2, 0.2, 0.6, 1.0, 1.0], atol=0.01)


def test_more_is_reached_less_often_and_later_more_often() -> None:
    by_target = told(np.linspace(300, 4000, 60), 2016)
    assert (np.diff(by_target.reached) <= 0).all()
    assert (np.diff(by_target.in_year) <= 0).all()
    assert by_target.reached[0] > by_target.reached[-1]
    by_year = told(1400.0, np.arange(2011, 2031), lively())
    assert (np.diff(by_year.reached) >= 0).all()
    levels = np.stack([by_year.quantiles(p) for p in np.linspace(0.0005, 0.9995, 80)])
    assert (np.diff(levels, axis=0) >= 0).all()


def test_the_unit_does_not_matter_where_size_does_not() -> None:
    one = told(TARGETS, 2017, made(drift=0.01))
    scale = 1e5
    other = told(TARGETS * scale, 2017, made(drift=0.01), known=question(np.full(len(TARGETS), 1000.0 * scale)))
    np.testing.assert_allclose(one.reached, other.reached, atol=1e-3)
    np.testing.assert_allclose(one.quantiles(0.95) * scale, other.quantiles(0.95))


def test_quantiles_are_those_of_the_normal_and_end_with_the_table() -> None:
    found = told(1000.0, 2015)
    for level in (0.001, 0.05, 0.3, 0.5, 0.95, 0.999):
        assert np.log(found.quantiles(level)[0] / 1000) == pytest.approx(
            0.3 * ndtri(level), abs=0.02 if 0.01 < level < 0.99 else 0.1
        )
    assert found.quantiles(1e-6)[0] == found.quantiles(TABLED[0])[0]
    assert found.quantiles(1 - 1e-9)[0] == found.quantiles(TABLED[-1])[0]
    for level in (0.0, 1.0, -0.2, 95):
        with pytest.raises(ValueError, match="between 0 and 1"):
            found.quantiles(level)


@given(seed=st.integers(0, 99), n=st.integers(2, 50))
@settings(max_examples=20)
def test_quantiles_are_numpy_s(seed: int, n: int) -> None:
    drawn = np.random.default_rng(seed).normal(size=(3, n))
    np.testing.assert_allclose(quantiles(drawn, (0.0, 0.03, 0.5, 1.0)), np.quantile(drawn, (0, 0.03, 0.5, 1), axis=1).T)


def test_tails_beyond_the_table_are_those_of_student_s_t() -> None:
    z = np.array([[ndtri(p)] for p in (0.5, 0.001, 0.001 / 16, 1 - 0.001 / 16)])
    drawn = simulate(question(), z, np.zeros_like(z), (made(spread=1.0),))[:, 0]
    np.testing.assert_allclose(drawn, [0.0, ndtri(0.001), 2 * ndtri(0.001), -2 * ndtri(0.001)], atol=1e-6)


def test_the_base_moves_with_a_history_that_goes_on() -> None:
    """The history has another level; 2010 to 2012 it grew by a half."""
    past = question(history=np.array([70.0, 80.0, 90.0, 120.0]), first=2009, announced=2013)
    found = told(1300.0, 2016, known=past)
    np.testing.assert_allclose(found.quantiles(0.5), 1500.0, rtol=0.01)
    assert found.in_year[0] == pytest.approx(ndtr(np.log(1500 / 1300) / 0.3), abs=0.01)
    assert found.reached[0] == 1.0  # 1500 was above it already
    fallen = question(history=np.array([70.0, 80.0, 200.0, 40.0]), first=2009, announced=2013)
    found = told(np.array([2400.0, 2600.0]), 2016, known=some(fallen, [0, 0]))
    assert found.reached[0] == 1.0  # 2500 in 2011
    assert found.reached[1] < 0.01
    np.testing.assert_allclose(found.quantiles(0.5), 500.0, rtol=0.01)


def test_a_last_year_that_the_history_has_is_known() -> None:
    past = question(np.array([1000.0, 1000.0]), history=np.array([80.0, 90.0, 120.0]), first=2010, announced=2013)
    found = told(np.array([1100.0, 1200.0]), 2011, known=past)
    assert found.reached.tolist() == found.in_year.tolist() == [1.0, 0.0]
    np.testing.assert_allclose(found.quantiles(0.2), 1125.0)


def test_a_history_that_ends_before_the_base_tells_only_how_restless_the_pair_was() -> None:
    old = np.array([50.0, 60.0, 40.0, 70.0, 65.0, 90.0])

    def at(history: np.ndarray, first: int) -> Predicted:
        return told(1500.0, 2016, lively(), known=question(history=history, first=first))

    assert at(old, 2004).in_year == at(old * 7, 2004).in_year
    assert at(old, 2004).in_year != at(old**3, 2004).in_year
    assert at(old, 2005).in_year != at(old[::-1], 2005).in_year  # up to the base year its course counts


def test_growth_that_is_not_known_from_the_base_on_is_none() -> None:
    gap = np.array([70.0, 80.0, np.nan, 120.0])  # no figure in the base year
    found = told(1000.0, 2016, known=question(history=gap, first=2008, announced=2012))
    np.testing.assert_allclose(found.quantiles(0.5), 1000.0, rtol=0.01)


def test_what_is_known_decides_what_is_looked_at() -> None:
    history = np.exp(np.linspace(3, 4, 12))
    own = question(history=history, first=1999)
    world = replace(own, gap=np.full_like(own.flows, 0.3), rise=np.full_like(own.flows, 0.02))
    by = np.array([2015])
    found = [asked(k, by, (lively(),)).which for k in (question(), own, world)]
    assert found == [("base",), ("own",), ("world",)]


def test_more_than_twenty_years_are_answered_for_twenty() -> None:
    at, beyond = (told(np.array([1500.0]), year, lively()) for year in (2010 + MOST_YEARS, 2080))
    assert at.reached == beyond.reached
    assert at.quantiles(0.9) == beyond.quantiles(0.9)
    assert beyond.extrapolated[0]


@pytest.mark.parametrize(
    ("base", "target", "by", "outside"),
    [
        (1000.0, 1500.0, 2015, False), (100.0, 150.0, 2015, True), (6e5, 7e5, 2015, True), (1000.0, 9e5, 2015, True),
        (1000.0, 1500.0, 2024, True),
    ],
)  # fmt: skip
def test_what_lies_outside_of_the_tested_says_so(base: float, target: float, by: int, outside: bool) -> None:
    assert told(target, by, known=question(base)).extrapolated.tolist() == [outside]


def test_only_years_that_had_come_out_teach() -> None:
    vintages = (made(last=1994, drift=0.0), made(last=2000, drift=0.1), made(last=2008, drift=0.2))
    for announced, expected in ((1980, 0), (1996, 0), (2001, 0), (2002, 1), (2009, 1), (2010, 2), (2050, 2)):
        assert vintage(vintages, announced) == expected
        found = predict(question(announced=announced), np.array([900.0]), np.array([2015]), vintages)
        assert np.log(found.quantiles(0.5)[0] / 1000) == pytest.approx(0.5 * expected, abs=0.01)


def test_what_is_shipped_is_sane() -> None:
    taught = shipped()
    assert tuple(one.last for one in taught) == VINTAGES
    for announced in range(1996, 2030):
        assert taught[vintage(taught, announced)].last <= announced - 2
    known = question(np.geomspace(500, 5e5, 30), base_year=2013, announced=2014)
    found = predict(known, known.base * 1.25, np.full(30, 2018))
    assert ((found.reached > 0.2) & (found.reached < 0.8)).all()
    assert not found.extrapolated.any()
    wide = np.log(found.quantiles(0.95) / found.quantiles(0.05))
    assert (np.diff(wide) < 1e-9).all()  # large flows stray less, up to where sizes are held
    assert wide[-1] < 0.9 * wide[0]


def test_a_question_is_answered_as_if_it_stood_alone() -> None:
    rng = np.random.default_rng(4)
    n = 90
    flows = np.exp(rng.normal(6, 1, (n, 1)) + rng.normal(0.05, 0.2, (n, 14)).cumsum(axis=1))
    flows[rng.random((n, 14)) < 0.2] = np.nan
    gap = np.where(rng.random((n, 1)) < 0.7, rng.normal(0, 0.5, (n, 14)), np.nan)
    none = np.full_like(flows, np.nan)
    announced = rng.integers(1994, 2014, n)
    flows[np.arange(1999, 2013) >= announced[:, None]] = np.nan
    known = Known(
        years=tuple(range(1999, 2013)), flows=flows, gdp_a=none, gdp_b=none, base_year=announced - 1,
        base=rng.lognormal(7, 2, n), announced=announced, gap=gap, rise=gap / 9,
    )  # fmt: skip
    target, by = known.base * rng.uniform(1.1, 3, n), announced + rng.integers(1, 25, n)
    taught = (lively(1), lively(2, last=2000), lively(3, last=2006))
    whole = predict(known, target, by, taught)
    assert whole.tabled.tobytes() == predict(known, target, by, taught).tabled.tobytes()
    for i in range(0, n, 9):
        alone = predict(some(known, [i]), target[i : i + 1], by[i : i + 1], taught)
        assert (alone.reached, alone.in_year) == (whole.reached[i], whole.in_year[i])
        assert alone.tabled.tobytes() == whole.tabled[i : i + 1].tobytes()


ODD = (lively(5), lively(6, last=2004))
SIZES = st.floats(-6, 12).map(lambda power: 10.0**power)


@given(
    rows=st.lists(st.tuples(SIZES, SIZES, st.integers(1, 90), st.integers(-3, 3)), min_size=1, max_size=6),
    history=st.lists(st.one_of(SIZES, st.just(np.nan)), min_size=1, max_size=14), announced=st.integers(1950, 2040),
)  # fmt: skip
@settings(max_examples=40)
def test_no_question_is_too_odd(
    rows: list[tuple[float, float, int, int]], history: list[float], announced: int
) -> None:
    base, target, ahead, shift = (np.array(column) for column in zip(*rows, strict=True))
    flows = np.tile(history, (len(rows), 1))
    years = tuple(range(announced - len(history), announced))
    none = np.full_like(flows, np.nan)
    known = Known(
        years=years, flows=flows, gdp_a=none, gdp_b=none, base_year=announced - 4 + shift, base=base,
        announced=np.full(len(rows), announced), gap=np.where(np.isfinite(flows), 50.0, none), rise=none,
    )  # fmt: skip
    found = predict(known, target, announced - 1 + ahead, ODD)
    for chance in (found.reached, found.in_year):
        assert ((chance >= 0) & (chance <= 1)).all()
    assert (found.reached >= found.in_year).all()
    low, middle, high = (found.quantiles(p) for p in (0.05, 0.5, 0.95))
    assert (np.isfinite(low) & (low > 0) & (low <= middle) & (middle <= high) & np.isfinite(high)).all()


def test_a_simulation_is_the_forecast_by_other_points() -> None:
    rng = np.random.default_rng(9)
    known = question(history=np.exp(np.linspace(3, 4, 12)), first=1999)
    drawn = simulate(known, *rng.normal(size=(2, 8192, 7)), (lively(),))
    found = predict(known, np.array([1500.0]), np.array([2017]), (lively(),))
    chance = (drawn >= np.log(1.5)).any(axis=1).mean()
    assert found.reached[0] == pytest.approx(chance, abs=0.02)
    assert np.log(found.quantiles(0.5)[0] / 1000) == pytest.approx(np.median(drawn[:, -1]), abs=0.06)


def test_a_simulation_goes_on_after_twenty_years_and_starts_at_the_base() -> None:
    z = np.random.default_rng(2).normal(size=(2, 16, 25))
    drawn = simulate(question(), *z, (made(drift=0.04),))
    np.testing.assert_allclose(np.diff(drawn[:, 19:], axis=1), 0.04)
    late = question(history=np.array([80.0, 90.0]), first=2010, announced=2012)
    with pytest.raises(ValueError, match="goes on after the base year 2010"):
        simulate(late, *z, (made(),))
    with pytest.raises(ValueError, match="expected one question"):
        simulate(question(np.ones(2)), *z, (made(),))
