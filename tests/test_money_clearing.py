"""The clearing account: identities, figures worked by hand, and what must hold whatever the figures are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tumen import money
from tumen.money import ClearingAccount, clear

YEARS = (2014, 2015, 2016, 2017)


def flat(*values: float, draws: int = 1) -> np.ndarray:
    """The same flow in every draw, by year."""
    return np.tile(np.array(values, dtype=float), (draws, 1))


def account(rate: tuple[float, ...] = (40.0, 40.0, 40.0, 40.0), **flows: Any) -> ClearingAccount:
    nothing = flat(0, 0, 0, 0)
    known = {"imports": nothing, "exports": nothing} | flows
    return clear(years=YEARS, rate=flat(*rate), **known)


# ---- identities


@pytest.mark.parametrize("clause", ["clearing", "dollar"])
def test_balanced_trade_ends_at_zero(clause: Any) -> None:
    """Whatever the rate does: no opening balance, no interest, each year's trade balanced."""
    trade = flat(100, 120, 90, 150)
    found = account((30.0, 36.0, 70.0, 55.0), imports=trade, exports=trade, limit=0.0, clause=clause)
    np.testing.assert_allclose(found.balance, 0.0, atol=1e-9)
    np.testing.assert_allclose(found.kept, 1.0)
    np.testing.assert_allclose(found.credit_needed, 0.0, atol=1e-9)
    np.testing.assert_allclose(found.gain_in_dollars, 0.0, atol=1e-9)


def test_the_credit_of_2013_by_hand() -> None:
    """Imports of 100, some ten times exports of 10, and instalments of 54.5: the debt grows by 144.5 a year."""
    due = flat(54.5, 54.5, 54.5, 54.5)
    found = account(imports=flat(100, 100, 100, 100), exports=flat(10, 10, 10, 10), instalments=due)
    np.testing.assert_allclose(found.credit_needed, [[144.5, 289.0, 433.5, 578.0]])
    np.testing.assert_allclose(found.balance, 40 * found.credit_needed)
    assert money.earnings_needed(100.0, 54.5) == pytest.approx(154.5)
    needed = account(imports=flat(100, 100, 100, 100), exports=flat(*[154.5] * 4), instalments=due)
    np.testing.assert_allclose(needed.balance, 0.0, atol=1e-9)


def test_interest_by_hand() -> None:
    """100 a year at 10 %: 100, 210, 331, 464.1."""
    found = account(imports=flat(100, 100, 100, 100), interest=0.1, clause="dollar")
    np.testing.assert_allclose(found.balance, [[100, 210, 331, 464.1]])
    np.testing.assert_allclose(found.interest, [[0, 10, 21, 33.1]])


def test_a_fall_of_the_ruble_by_half_as_the_clause_says() -> None:
    """Owed 3,000 rubles at 30, $100m, then the ruble is worth half: in rubles it is still 3,000, or $50m."""
    rate = (30.0, 60.0, 60.0, 60.0)
    flows: dict[str, Any] = {"imports": flat(100, 0, 0, 0)}
    rubles, dollars = account(rate, **flows), account(rate, clause="dollar", **flows)
    np.testing.assert_allclose(rubles.balance_in_dollars, [[100, 50, 50, 50]])
    np.testing.assert_allclose(rubles.gain_in_dollars, [[0, -50, 0, 0]])  # the creditor bears it
    np.testing.assert_allclose(dollars.balance_in_dollars, 100)
    np.testing.assert_allclose(dollars.gain_in_dollars, 0)
    np.testing.assert_allclose(dollars.gain_in_currency, [[0, 3000, 0, 0]])  # the debtor owes more rubles
    np.testing.assert_allclose(dollars.stock("A", "B", "RUB", "x").closing, [[3000, 6000, 6000, 6000]])


def test_who_owes_whom_turns_with_the_clause() -> None:
    """B is owed $100m, 3,000 rubles; after the fall it buys for $75m, 4,500 rubles: now it owes, unless in dollars."""
    rate = (30.0, 60.0, 60.0, 60.0)
    flows: dict[str, Any] = {"exports": flat(100, 0, 0, 0), "imports": flat(0, 75, 0, 0)}
    assert account(rate, **flows).balance[0, -1] == pytest.approx(1500)
    assert account(rate, clause="dollar", **flows).balance[0, -1] == pytest.approx(-25)


# ---- the limit


def test_imports_are_cut_within_the_year_to_what_can_be_paid() -> None:
    """A line of $50m: 90 short a year, so 50 are borrowed in the first; then only what is earned is spent."""
    found = account(imports=flat(100, 100, 100, 5), exports=flat(10, 10, 10, 10), limit=50.0, clause="dollar")
    np.testing.assert_allclose(found.kept, [[0.6, 0.1, 0.1, 1.0]])
    np.testing.assert_allclose(found.balance, [[50, 50, 50, 45]])
    np.testing.assert_allclose(found.credit_needed[0, -1], 270)


def test_instalments_come_before_imports_and_other_money_last() -> None:
    flows: dict[str, Any] = {
        "imports": flat(100, 100, 0, 0),
        "exports": flat(10, 10, 0, 0),
        "instalments": flat(54.5, 54.5, 54.5, 0),
    }
    found = account(limit=60.0, paid_in=20.0, clause="dollar", **flows)
    np.testing.assert_allclose(found.paid_in, [[20, 20, 20, 0]])
    np.testing.assert_allclose(found.instalments_paid, [[54.5, 30, 20, 0]])
    np.testing.assert_allclose(found.kept, [[0.355, 0, 1, 1]])
    np.testing.assert_allclose(found.balance, [[60, 60, 60, 60]])


def test_no_cut_when_there_is_room() -> None:
    found = account(imports=flat(100, 100, 100, 100), exports=flat(10, 10, 10, 10), limit=360.0, clause="dollar")
    np.testing.assert_allclose(found.kept, 1.0)
    np.testing.assert_allclose(found.paid_in, 0.0)


def test_an_opening_balance_counts_in_the_unit_of_the_clause() -> None:
    owed = account(opening=400.0, imports=flat(10, 0, 0, 0), limit=600.0)
    np.testing.assert_allclose(owed.kept[0, 0], 0.5)
    np.testing.assert_allclose(owed.balance_in_dollars[0, 0], 15)


# ---- properties

amounts = st.lists(st.floats(0, 1e4), min_size=4, max_size=4).map(lambda values: flat(*values))
rates = st.lists(st.floats(1, 1e3), min_size=4, max_size=4).map(tuple)


@given(
    rate=rates, imports=amounts, exports=amounts, wages=amounts, instalments=amounts, limit=st.floats(0, 1e6),
    paid_in=st.floats(0, 1e3), interest=st.floats(0, 0.3), opening=st.floats(-1e5, 1e5),
    clause=st.sampled_from(["clearing", "dollar"]),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_it_reconciles_and_balances_whatever_flows(rate: Any, **flows: Any) -> None:
    found = account(rate, **flows)
    ledger = money.post(YEARS, found.postings("A", "B", "RUB", "x"), [found.stock("A", "B", "RUB", "x")])
    scale = 1 + max(float(np.abs(part).max()) for part in (ledger.amount, found.balance, found.unlimited))
    net = ledger.net("B", currency="RUB")
    np.testing.assert_allclose(net + found.wages * found.rate, 0.0, atol=1e-9 * scale)  # wages are posted by labour
    assert ((found.kept >= 0) & (found.kept <= 1)).all()
    assert (found.imports_paid <= found.imports * (1 + 1e-9)).all()
    assert (found.instalments_paid <= found.instalments * (1 + 1e-9)).all()
    over = found.balance > flows["limit"] + 1e-9 * scale
    assert not (over & (found.imports_paid > 1e-9 * scale)).any()  # only interest or an old debt can exceed it
    assert (np.diff(found.credit_needed, axis=1) >= 0).all()
    assert (found.unlimited >= found.balance - 1e-6 * scale).all()


@given(imports=amounts, exports=amounts, limit=st.floats(0, 1e5), more=st.floats(0, 1e5))
@settings(max_examples=50, deadline=None)
def test_a_wider_line_never_cuts_more_in_all(imports: Any, exports: Any, limit: float, more: float) -> None:
    narrow, wide = (account(imports=imports, exports=exports, limit=at) for at in (limit, limit + more))
    bought = [found.imports_paid.cumsum(axis=1) for found in (narrow, wide)]
    assert (bought[1] >= bought[0] - 1e-6).all()


def test_draws_do_not_mix() -> None:
    rng = np.random.default_rng(1)
    flows: dict[str, Any] = {
        name: rng.uniform(0, 100, (5, 4)) for name in ("imports", "exports", "wages", "instalments")
    }
    rate = rng.uniform(20, 60, (5, 4))
    many = clear(years=YEARS, rate=rate, limit=np.full(5, 900.0), **flows)
    for k in range(5):
        one = clear(years=YEARS, rate=rate[[k]], limit=900.0, **{name: f[[k]] for name, f in flows.items()})
        np.testing.assert_array_equal(many.balance[[k]], one.balance)
    assert not many.balance.flags.writeable


# ---- closed forms


def test_what_an_exporter_makes_of_rubles() -> None:
    """Goods a tenth dearer, 3 % to convert, half a year at a fall of 10 % a year and nothing for risk."""
    discount = money.clearing_discount(0.10, holding=0.5, conversion=0.03, dearer=0.10)
    assert discount == pytest.approx(1 - np.exp(-0.05) * 0.97 / 1.1)
    assert money.clearing_discount(0.0) == 0
    assert money.clearing_discount(0.0, 0.2, 1.0, 3.0) == pytest.approx(1 - np.exp(-0.06))
    # At the limit he is indifferent: 1 + premium rubles, each worth 1 - discount, against a dollar less conversion.
    limit = money.discount_for_other(0.05, 0.02)
    assert 1.05 * (1 - limit) == pytest.approx(0.98)


def test_what_dropping_the_dollar_saves() -> None:
    assert money.dollar_saving(100.0, 0.01, 0.02, 0.005) == pytest.approx(2.5)


def test_labour_by_hand() -> None:
    """10,000 workers and 20 % more each year, 15,000 at most; of 5,000 dollars the state takes 60 %."""
    found = money.send_labour(
        years=YEARS, currency="USD", workers=10_000, growth=0.2, quota=15_000, working=flat(1, 1, 1, 0.5), start=2014,
        wage=0.005, withheld=0.6, hard=0.25,
    )  # fmt: skip
    np.testing.assert_allclose(found.workers, [[10_000, 12_000, 14_400, 7_500]])
    np.testing.assert_allclose(found.state, [[30, 36, 43.2, 22.5]])
    np.testing.assert_allclose(found.kept, [[20, 24, 28.8, 15]])
    np.testing.assert_allclose(found.hard_currency + found.local, found.state)
    np.testing.assert_allclose(found.hard_currency, found.state / 4)
    assert "to the state" in repr(found)


# ---- what is refused


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"years": (2014, 2016, 2017, 2018)}, "consecutive years"),
        ({"rate": flat(40, 0, 40, 40)}, "rate is 0; expected more than 0"),
        ({"rate": flat(40, 40)}, r"rate has the shape \(1, 2\)"),
        ({"imports": flat(1, np.nan, 1, 1)}, "imports is nan in draw 0, column 1"),
        ({"exports": flat(1, -1, 1, 1)}, "exports is -1 in draw 0, column 1"),
        ({"limit": -1.0}, "limit is -1"),
        ({"paid_in": np.array([-1.0])}, "paid_in is -1"),
        ({"clause": "euro"}, "expected 'clearing' or 'dollar'"),
    ],
)
def test_what_makes_no_account_is_refused(change: dict[str, Any], said: str) -> None:
    known: dict[str, Any] = {
        "years": YEARS,
        "rate": flat(40, 40, 40, 40),
        "imports": flat(1, 1, 1, 1),
        "exports": flat(1, 1, 1, 1),
    }
    with pytest.raises(ValueError, match=said):
        clear(**(known | change))


def test_labour_refuses_shares_beyond_one() -> None:
    with pytest.raises(ValueError, match="expected \\(draw, 4 years\\), each from 0 to 1"):
        money.send_labour(
            years=YEARS, currency="USD", workers=1, growth=0, quota=None, working=flat(1, 1, 2, 1), wage=1,
            withheld=0.5, hard=0,
        )  # fmt: skip


def test_the_repr_says_what_it_comes_to() -> None:
    assert "median credit needed 400.0 MUSD" in repr(account(imports=flat(100, 100, 100, 100)))
