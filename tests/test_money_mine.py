"""A mine abroad: by hand, identities, and what a higher temptation to take it does."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tumen.money import MineTerms, appraise, break_even_price, net_present_values, operate

QUICK = settings(max_examples=40, deadline=None)
YEARS = tuple(range(2020, 2032))
AS_OF = date(2020, 1, 1)
SPENT = np.array([0.5, 0.5] + [0.0] * 10)
WORKING = np.array([0.0, 0.0, 0.5] + [1.0] * 9)


def terms(draws: int = 1, **changes: Any) -> MineTerms:
    figures = {
        "capital": 200.0, "reserves": 1e9, "capacity": 2e6, "unit_cost": 40e-6, "transport": 10e-6, "discount": 0.0,
        "royalty": 0.0, "tax": 0.0, "host_share": 0.0, "compensation": 0.0, "swap": 0.0, "base": 0.0, "slope": 0.0,
        "owed": 0.0,
    } | changes  # fmt: skip
    spent, working = figures.pop("spent", SPENT), figures.pop("working", WORKING)
    return MineTerms(
        **{name: np.broadcast_to(np.asarray(value, dtype=float), (draws,)) for name, value in figures.items()},
        spent=np.broadcast_to(spent, (draws, len(YEARS))),
        working=np.broadcast_to(working, (draws, len(YEARS))),
    )


def price(level: float | list[float] = 100.0, draws: int = 1) -> np.ndarray:
    """Dollars a tonne as millions a tonne."""
    return np.broadcast_to(1e-6 * np.asarray(level, dtype=float), (draws, len(YEARS)))


def worth(mine: Any, rate: float = 0.1, luck: np.ndarray | None = None) -> np.ndarray:
    return net_present_values(mine.investor(luck), YEARS, rate, AS_OF)


# --- by hand ---


def test_a_year_by_hand() -> None:
    """2 Mt at 100 less 10 % make 180; 5 % royalty 9, running costs 100, so 71; 200 of capital are written off first."""
    made = operate(terms(discount=0.1, royalty=0.05, tax=0.25, host_share=0.3), YEARS, price())
    assert made.sales[0, 2:5].tolist() == pytest.approx([90, 180, 180])
    assert made.royalty[0, 3] == pytest.approx(9)
    assert made.costs[0, 3] == pytest.approx(100)
    assert made.rebate[0, 3] == pytest.approx(20)
    operating = [35.5, 71, 71, 71]
    assert made.tax[0, 2:6].tolist() == pytest.approx([0, 0, 0, 0.25 * (sum(operating) - 200)])
    assert made.tax[0, 6] == pytest.approx(0.25 * 71)
    assert made.profit[0, 3] == pytest.approx(71)
    assert made.host_profit[0, 3] == pytest.approx(0.3 * 71)
    assert made.sunk[0, :4].tolist() == pytest.approx([100, 200, 200 - 0.7 * 35.5, 200 - 0.7 * 106.5])
    np.testing.assert_allclose(made.investor()[0, :4], [-100, -100, 0.7 * 35.5, 0.7 * 71])
    np.testing.assert_allclose(made.host()[0, 3], 9 + 0.3 * 71)


def test_the_hazard_by_hand() -> None:
    """Nothing is there to be taken in the first year; then 2 % and 10 % of what is sunk, in parts of the capital."""
    made = operate(terms(base=0.02, slope=0.1, compensation=0.25), YEARS, price())
    rates = [0, 0.02 + 0.1 * 0.5, 0.02 + 0.1, 0.02 + 0.1 * 0.75]
    np.testing.assert_allclose(made.chance[0, :4], 1 - np.exp(-np.array(rates)))
    np.testing.assert_allclose(made.compensated[0, :4], [0, 25, 50, 37.5])
    luck = np.ones((1, len(YEARS)))
    luck[0, 3] = 0.05
    flow = made.investor(luck)[0]
    np.testing.assert_allclose(flow, [-100, -100, 50, 37.5] + [0] * 8)
    np.testing.assert_allclose(made.host(luck)[0], [0, 0, 0, -37.5] + [0] * 8)
    assert made.lost(luck)[0].tolist() == [0, 0, 0, 150] + [0] * 8
    assert made.taken(luck).sum() == 1


def test_reserves_are_used_up_and_no_more() -> None:
    made = operate(terms(reserves=6.5e6), YEARS, price())
    assert (made.output[0] / 1e6).tolist() == pytest.approx([0, 0, 1, 2, 2, 1.5, 0, 0, 0, 0, 0, 0])


def test_it_stands_still_below_running_cost() -> None:
    """A royalty of a tenth takes the price at which 50 of running cost is earned to 55.6; the ore stays for later."""
    path = [100.0] * 4 + [55.0] * 2 + [56.0] * 2 + [100.0] * 4
    made = operate(terms(royalty=0.1, reserves=9e6), YEARS, price(path))
    assert (made.output[0] / 1e6).tolist() == pytest.approx([0, 0, 1, 2, 0, 0, 2, 2, 2, 0, 0, 0])
    assert (made.profit >= 0).all()


def test_the_swap_pays_what_is_owed_and_no_more() -> None:
    made = operate(terms(royalty=0.1, tax=0.2, swap=0.5, owed=40.0), YEARS, price())
    assert made.swap[0, 2:4].tolist() == pytest.approx([5, 10])
    assert made.swap.sum() == pytest.approx(40)
    assert (made.swap <= 0.5 * (made.royalty + made.tax + made.host_profit) + 1e-12).all()


def test_interruptions_cost_output() -> None:
    down = WORKING * np.array([1.0] * 5 + [0.5] + [1.0] * 6)
    made = operate(terms(working=down), YEARS, price())
    assert made.output[0, 5] == 1e6
    assert worth(made)[0] < worth(operate(terms(), YEARS, price()))[0]


# --- identities ---


def test_without_a_hazard_it_is_plain_discounting() -> None:
    made = operate(terms(2), YEARS, price(draws=2))
    flow = np.array([-100, -100, 50] + [100] * 9)
    expected = sum(f / 1.1 ** (k + 0.5) for k, f in enumerate(flow))
    assert worth(made) == pytest.approx(expected, rel=1e-12)
    assert worth(made, luck=np.zeros((2, len(YEARS)))) == pytest.approx(expected, rel=1e-12)  # no luck can hurt it
    assert appraise(made.investor(), YEARS, 0.1, AS_OF, currency="USD", prices="x").payback[0] == 2024


def test_what_is_expected_is_the_mean_over_luck() -> None:
    draws = 20_000
    made = operate(terms(draws, base=0.03, slope=0.2, compensation=0.3, host_share=0.2), YEARS, price(draws=draws))
    by_luck = worth(made, luck=np.random.default_rng(1).random((draws, len(YEARS))))
    error = by_luck.std() / np.sqrt(draws)
    assert abs(by_luck.mean() - worth(made)[0]) < 4 * error
    assert made.continuation(0.1)[0, 0] == pytest.approx(worth(made)[0], rel=1e-9)  # as_of is the first day


def test_everybody_together_have_what_the_mine_brings() -> None:
    made = operate(
        terms(discount=0.1, royalty=0.05, tax=0.25, host_share=0.3, base=0.05, slope=0.2, compensation=0.5),
        YEARS, price(),
    )  # fmt: skip
    together = made.investor() + made.host()
    np.testing.assert_allclose(together, made.kept() * (made.sales - made.costs - made.capital), atol=1e-9)


def test_the_break_even_price_breaks_even() -> None:
    own = terms(3, royalty=0.05, tax=0.25, host_share=0.3, base=0.03, slope=[0.0, 0.1, 0.3], discount=0.1)
    level = break_even_price(own, YEARS, 0.12, AS_OF)
    made = operate(own, YEARS, level[:, None] * np.ones((3, len(YEARS))))
    np.testing.assert_allclose(worth(made, 0.12), 0, atol=1e-6)
    assert level[0] < level[1] < level[2]


def test_the_break_even_price_in_closed_form() -> None:
    """Without hazard, royalty and tax: running cost, and the capital over discounted tonnes."""
    factor = np.array([1.1 ** -(k + 0.5) for k in range(len(YEARS))])
    expected = 50 + 200 * (SPENT * factor).sum() / (2 * (WORKING * factor).sum())
    assert 1e6 * break_even_price(terms(), YEARS, 0.1, AS_OF)[0] == pytest.approx(expected, rel=1e-9)


def test_no_price_will_do_where_the_host_has_all_profit() -> None:
    assert break_even_price(terms(host_share=1.0), YEARS, 0.1, AS_OF)[0] == pytest.approx(1024 * 50e-6)


# --- properties ---

slopes = st.floats(0, 2)


@QUICK
@given(st.floats(0, 0.3), st.floats(0.01, 0.3), st.floats(0, 0.1), st.integers(0, 1000))
def test_a_higher_slope_never_helps_the_investors(slope: float, more: float, base: float, seed: int) -> None:
    """As long as going on is worth something to them: with the same luck it is taken sooner or not later.

    Where it is not, to be robbed early spares the capital that is still to be spent.
    """
    luck = np.random.default_rng(seed).random((8, len(YEARS)))
    low, high = (operate(terms(8, base=base, slope=s), YEARS, price(draws=8)) for s in (slope, slope + more))
    if (high.continuation(0.1)[0, 1:] >= 0).all():
        assert worth(high)[0] < worth(low)[0]
    assert (high.kept(luck) <= low.kept(luck)).all()


@QUICK
@given(slopes, st.floats(0, 1), st.floats(0.01, 0.3), st.floats(60, 200))
def test_compensation_price_and_royalty(slope: float, share: float, royalty: float, level: float) -> None:
    base = terms(base=0.02, slope=slope, compensation=share * 0.9)
    here = worth(operate(base, YEARS, price(level)))[0]
    more = np.array([share * 0.9 + 0.1 * (1 - share)])
    assert worth(operate(replace(base, compensation=more), YEARS, price(level)))[0] >= here - 1e-9
    assert worth(operate(replace(base, royalty=np.array([royalty])), YEARS, price(level)))[0] <= here + 1e-9
    free = replace(base, compensation=np.zeros(1))
    assert worth(operate(free, YEARS, price(level + 5)))[0] > worth(operate(free, YEARS, price(level)))[0]


@QUICK
@given(slopes, st.floats(0.05, 0.3))
def test_what_investors_may_still_expect_falls_once_it_works(slope: float, rate: float) -> None:
    """Thomas & Worrall's third property: the longer it works, the less is left to lose, at a price that stays."""
    made = operate(terms(base=0.02, slope=slope, reserves=1e8), YEARS, price())
    paid = int(np.argmax(made.sunk[0] == 0)) + 1 if (made.sunk[0] == 0)[3:].any() else len(YEARS)
    ahead = made.continuation(rate)[0]
    assert (np.diff(ahead[max(paid, 4) :]) <= 1e-9).all()
    assert (np.diff(made.chance[0, 2:]) <= 1e-12).all()  # and so does the temptation, as capital comes back


def test_who_counts_the_future_for_nothing_does_not_invest() -> None:
    """Their first: at an endless rate the mine is a loss, without any hazard; their second: it pays at a low one."""
    made = operate(terms(base=0.01, slope=0.05), YEARS, price())
    assert worth(made, 50.0)[0] < 0 < worth(made, 0.05)[0]


def test_draws_do_not_mix() -> None:
    random = np.random.default_rng(3)
    path = price(100.0, 6) * random.uniform(0.5, 1.5, (6, len(YEARS)))
    many = terms(6, slope=random.uniform(0, 1, 6), royalty=random.uniform(0, 0.2, 6))
    all_of_them = operate(many, YEARS, path)
    for k in range(6):
        alone = operate(terms(slope=many.slope[k], royalty=many.royalty[k]), YEARS, path[k : k + 1])
        np.testing.assert_array_equal(all_of_them.investor()[k], alone.investor()[0])
    assert not all_of_them.sales.flags.writeable
    assert "kept to the end" in repr(all_of_them)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"royalty": 1.2}, "royalty is 1.2 in draw 0; expected a share between 0 and 1"),
        ({"capital": -1.0}, "capital is -1 in draw 0; expected a finite number of at least 0"),
        ({"slope": np.nan}, "slope is nan in draw 0"),
        ({"working": np.ones(11)}, "working|broadcast"),
    ],
)
def test_what_does_not_fit_is_said(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        terms(**changes)


def test_a_price_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match=r"price has the shape \(1, 3\).*; expected \(1, 12\)"):
        operate(terms(), YEARS, np.ones((1, 3)))
    with pytest.raises(ValueError, match=r"luck has the shape \(2,\)"):
        operate(terms(), YEARS, price()).kept(np.ones(2))
