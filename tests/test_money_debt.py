"""Debt treatment: cases by hand, an independent slow calculation, properties, messages."""

from __future__ import annotations

import pickle
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tumen.money import FundProject, Schedule, Terms, Treatment, post, present_value, schedule, treat

Array = npt.NDArray[np.float64]
QUICK = settings(max_examples=60, deadline=None)
YEARS = tuple(range(2013, 2036))
START = date(2014, 5, 5)
AS_OF = date(2014, 5, 31)
SWAP = schedule(start=START, years=20, per_year=2, repayment="equal")
WHO = ("RUS", "PRK", "joint fund", "USD", "debt_swap")


def _treat(draws: int = 2, years: tuple[int, ...] = YEARS, **changes: Any) -> Treatment:
    plan = changes.get("schedule", SWAP)
    terms: dict[str, Any] = {
        "years": years,
        "as_of": AS_OF,
        "stock": 10_960.0,
        "haircut": 0.9,
        "schedule": plan,
        "missed": 0.0,
        "luck": np.full((draws, len(plan)), 0.5),
        "without": np.zeros((draws, len(years))),
    }
    return treat(**(terms | changes))


# --- by hand ---


def test_the_deal_of_2012_paid_in_full() -> None:
    deal = _treat()
    assert deal.written_off == pytest.approx([9864.0] * 2)
    assert deal.due == pytest.approx(np.full((2, 40), 27.4))
    assert np.array_equal(deal.paid, deal.due)
    assert deal.debt[0, YEARS.index(2013)] == 10_960
    assert deal.debt[0, YEARS.index(2014)] == pytest.approx(1096 - 27.4)
    assert deal.debt[0, YEARS.index(2020)] == pytest.approx(1096 - 13 * 27.4)
    assert deal.debt[0, -1] == pytest.approx(0, abs=1e-9)
    assert deal.paid_by_year[0, YEARS.index(2014)] == pytest.approx(27.4)
    assert deal.paid_by_year[0, YEARS.index(2015)] == pytest.approx(54.8)
    assert deal.first_missed_year.tolist() == [2035, 2035]
    assert deal.fund_balance[0, YEARS.index(2020)] == pytest.approx(13 * 27.4)
    assert deal.fund_coverage(340.0, 2025) == pytest.approx([23 * 27.4 / 340] * 2)


def test_relief_at_the_start_is_the_published_present_value() -> None:
    """Without default, and with nothing paid otherwise, the deal costs the debtor the value of its instalments."""
    deal = _treat(as_of=START, stock=10_900.0)
    for rate, value in ((0.05, 687.6), (0.10, 475.3), (0.20, 278.1)):
        assert np.round(deal.relief(rate, "30/360"), 1).tolist() == [-value] * 2
    assert np.round(100 * (1 - deal.grant_element(0.05, "30/360")), 1).tolist() == [6.3, 6.3]


def test_two_draws_by_hand() -> None:
    """Three yearly instalments with interest; draw 0 misses the second, draw 1 stops in 2016 and has a half haircut."""
    plan = schedule(start=date(2014, 1, 1), years=3, per_year=1, repayment="equal", interest=0.1)
    deal = _treat(
        years=(2013, 2014, 2015, 2016, 2017),
        as_of=date(2014, 1, 1),
        schedule=plan,
        stock=np.array([300.0, 600.0]),
        haircut=np.array([0.0, 0.5]),
        missed=np.array([0.2, 0.0]),
        luck=np.array([[0.9, 0.1, 0.3], [0.001, 0.5, 0.5]]),
        stopped=np.array([[0, 0, 0, 0, 0], [0, 0, 0, 2, 0]]),
        without=np.array([[0.0, 10, 10, 10, 10]] * 2),
        fund_share=np.array([1.0, 0.5]),
        fund_interest=np.array([0.0, 0.1]),
        projects=[
            FundProject("rail", np.array([100.0, 20.0]), 2016),
            FundProject("clinic", np.array([250.0]), 2013),
        ],
    )
    assert deal.due == pytest.approx(np.array([[130.0, 120, 110]] * 2))  # on 1 January 2015, 2016, 2017
    assert deal.paid == pytest.approx(np.array([[130.0, 0, 110], [130, 0, 0]]))
    assert deal.interest_by_year == pytest.approx(np.array([[0.0, 0, 30, 20, 10]] * 2))
    assert deal.debt == pytest.approx(np.array([[300.0, 300, 200, 220, 120], [600, 300, 200, 220, 230]]))
    assert deal.arrears == pytest.approx(np.array([[0.0, 0, 0, 120, 120], [0, 0, 0, 120, 230]]))
    assert deal.debt[:, -1] == pytest.approx(deal.arrears[:, -1])
    assert deal.first_missed_year.tolist() == [2016, 2016]
    assert deal.fund_receipts == pytest.approx(np.array([[0.0, 0, 130, 0, 110], [0, 0, 65, 0, 0]]))
    # The clinic stands second, yet draws first, as the railway may draw from 2016 only; in 2017 the railway's 100 of
    # the 110 that come in go before the clinic's.
    assert deal.project_payments["clinic"] == pytest.approx(np.array([[0.0, 0, 130, 0, 10], [0, 0, 65, 0, 0]]))
    assert deal.project_payments["rail"] == pytest.approx(np.array([[0.0, 0, 0, 0, 100], [0, 0, 0, 0, 0]]))
    assert deal.fund_balance == pytest.approx(np.zeros((2, 5)), abs=1e-12)


def test_projects_wait_for_those_before_them_and_the_balance_earns_interest() -> None:
    plan = schedule(start=date(2013, 12, 31), years=3, per_year=1, repayment="equal")
    deal = _treat(
        draws=1,
        years=(2013, 2014, 2015, 2016),
        schedule=plan,
        stock=300.0,
        haircut=0.0,
        fund_interest=0.1,
        projects=[FundProject("rail", np.array([150.0]), 2015), FundProject("clinic", np.array([100.0]), 2015)],
    )
    assert deal.fund_interest[0] == pytest.approx([0, 0, 10, 0])
    assert deal.project_payments["rail"][0] == pytest.approx([0, 0, 150, 0])
    assert deal.project_payments["clinic"][0] == pytest.approx([0, 0, 60, 40])
    assert deal.fund_balance[0] == pytest.approx([0, 100, 0, 60])
    assert deal.fund_coverage(100.0, 2015) == pytest.approx([2.1])


def test_without_the_deal_payments_fall_in_mid_year() -> None:
    deal = _treat(draws=1, without=np.full((1, len(YEARS)), 10.0))
    days = [date(year, 7, 1) for year in range(2014, 2036)]
    expected = present_value(days, [10.0] * len(days), 0.08, AS_OF)
    assert deal.present_value_without(0.08) == pytest.approx([expected], rel=1e-14)
    assert deal.relief(0.08) == pytest.approx([expected - float(deal.present_value_with(0.08)[0])], rel=1e-12)


def test_instalments_after_the_horizon_stay_in_values_but_not_in_years() -> None:
    short = tuple(range(2014, 2021))
    deal = _treat(years=short)
    assert deal.debt.shape == (2, 7)
    assert deal.paid.shape == (2, 40)
    assert np.array_equal(deal.present_value_with(0.05), _treat().present_value_with(0.05))
    assert deal.paid_by_year.sum() == pytest.approx(2 * 13 * 27.4)
    # Stops and payments without the deal may go on after the horizon too.
    stop = np.zeros((2, 12))
    stop[1, 11] = 1
    later = _treat(years=short, stopped=stop, without=np.ones((2, 12)))
    assert later.first_missed_year.tolist() == [2035, 2025]
    assert later.present_value_without(0.0).tolist() == [12, 12]


@pytest.mark.parametrize(("haircut", "owed"), [(0.0, 10_960.0), (1.0, 0.0)])
def test_all_or_nothing_is_written_off(haircut: float, owed: float) -> None:
    deal = _treat(haircut=haircut, missed=1.0)
    assert deal.due.sum(axis=1) == pytest.approx([owed] * 2)
    assert not deal.paid.any()
    assert deal.debt[:, -1] == pytest.approx([owed] * 2)
    # An instalment of nothing cannot be missed.
    assert deal.first_missed_year.tolist() == ([2014, 2014] if owed else [2035, 2035])
    post(YEARS, deal.postings(*WHO), deal.stocks(*WHO))


def test_a_stop_takes_the_whole_of_its_year() -> None:
    stop = np.zeros((2, len(YEARS)), dtype=bool)
    stop[1, YEARS.index(2016)] = True
    paid = _treat(stopped=stop).paid_by_year
    assert paid[1, YEARS.index(2015)] == pytest.approx(54.8)
    assert not paid[1, YEARS.index(2016) :].any()
    assert np.array_equal(paid[0], _treat().paid_by_year[0])


# --- an independent, slow calculation ---


def _slowly(draw: int, terms: dict[str, Any], years: tuple[int, ...]) -> dict[str, Any]:
    """The rules of the module's docstring, one draw and one payment after the other."""
    plan: Schedule = terms["schedule"]
    principal = terms["stock"][draw] * (1 - terms["haircut"][draw])
    stop = next((y for y, n in zip(years, terms["stopped"][draw], strict=True) if n > 0), 9999)
    debt, held, costs = terms["stock"][draw], 0.0, [p.cost[draw] for p in terms["projects"]]
    out: dict[str, list[float]] = {"debt": [], "fund": [], "spent": []}
    for year in years:
        if year == plan.start.year:
            debt -= terms["stock"][draw] * terms["haircut"][draw]
        paid = 0.0
        for k, day in enumerate(plan.dates):
            if day.year == year:
                debt += principal * plan.interest[k]
                if terms["luck"][draw, k] >= terms["missed"][draw] and year < stop:
                    paid += principal * (plan.principal[k] + plan.interest[k])
        debt -= paid
        held += held * terms["fund_interest"][draw] + paid * terms["fund_share"][draw]
        spent = 0.0
        for k, project in enumerate(terms["projects"]):
            if year >= project.start:
                pay = min(held, costs[k])
                held, costs[k], spent = held - pay, costs[k] - pay, spent + pay
        out["debt"].append(debt)
        out["fund"].append(held)
        out["spent"].append(spent)
    return out


@st.composite
def deals(draw: st.DrawFn) -> tuple[tuple[int, ...], dict[str, Any]]:
    """Years and arguments of `treat`; numbers from a seed, so that shrinking stays quick."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    draws = draw(st.integers(1, 5))
    years = tuple(range(2013, 2013 + draw(st.integers(2, 25))))
    kind: Any = draw(st.sampled_from(["equal", "annuity"]))
    plan = schedule(
        start=date(2014, draw(st.integers(1, 12)), draw(st.integers(1, 31)) % 28 + 1),
        years=draw(st.integers(4, 20)),
        per_year=draw(st.sampled_from([1, 2, 4])),
        repayment=kind,
        interest=draw(st.sampled_from([0.0, 0.02, 0.1])),
        grace=draw(st.integers(0, 3)),
    )
    return years, {
        "as_of": AS_OF,
        "stock": rng.uniform(0, 1e4, draws),
        "haircut": rng.choice([0.0, 1.0, 0.5, 0.9], draws),
        "schedule": plan,
        "missed": rng.choice([0.0, 0.3, 1.0], draws),
        "luck": rng.uniform(1e-9, 1, (draws, len(plan))),
        "stopped": rng.poisson(draw(st.sampled_from([0.0, 0.03])), (draws, len(years))),
        "without": rng.uniform(0, 50, (draws, len(years))),
        "fund_share": rng.uniform(0, 1, draws),
        "fund_interest": rng.uniform(-0.02, 0.1, draws),
        "projects": [
            FundProject(f"project {k}", rng.uniform(0, 600, draws), int(rng.integers(2013, 2030)))
            for k in range(draw(st.integers(0, 3)))
        ],
    }


@QUICK
@given(deals())
def test_agrees_with_the_slow_calculation(deal: tuple[tuple[int, ...], dict[str, Any]]) -> None:
    years, terms = deal
    fast = treat(years=years, **terms)
    spent = sum(fast.project_payments.values(), np.zeros_like(fast.debt))
    for draw in range(fast.draws):
        slow = _slowly(draw, terms, years)
        for got, expected in ((fast.debt, "debt"), (fast.fund_balance, "fund"), (spent, "spent")):
            assert got[draw] == pytest.approx(slow[expected], rel=1e-9, abs=1e-8)


# --- properties ---


@QUICK
@given(deals())
def test_every_deal_reconciles_and_nets_to_nil(deal: tuple[tuple[int, ...], dict[str, Any]]) -> None:
    years, terms = deal
    done = treat(years=years, **terms)
    book = post(years, done.postings(*WHO), done.stocks(*WHO))
    names = {p for line in book.lines for p in (line.payer, line.payee)}
    total = sum(book.net(name) for name in names)
    assert np.abs(total).max() <= 1e-9 * (1 + np.abs(book.amount).max())
    # What the lines say of the fund is what its stock says, and the debtor pays what the debt is repaid by.
    assert np.cumsum(book.net("joint fund"), axis=1) == pytest.approx(book.balance("debt_swap.fund"), abs=1e-7)
    assert book.payments("PRK") == pytest.approx(-book.stock("debt_swap.debt").flows["repaid"], abs=1e-8)
    assert np.all(done.fund_balance >= 0)
    for project in terms["projects"]:
        assert np.all(done.project_payments[project.name].sum(axis=1) <= project.cost * (1 + 1e-12))
    # At the end of the schedule only arrears are left.
    if years[-1] >= done.dates[-1].year:
        assert done.debt[:, -1] == pytest.approx(done.arrears[:, -1], abs=1e-7)


@QUICK
@given(deals(), st.floats(0.01, 1000))
def test_homogeneous_in_money(deal: tuple[tuple[int, ...], dict[str, Any]], factor: float) -> None:
    years, terms = deal
    base = treat(years=years, **terms)
    larger = terms | {
        "stock": terms["stock"] * factor,
        "without": terms["without"] * factor,
        "projects": [FundProject(p.name, p.cost * factor, p.start) for p in terms["projects"]],
    }
    scaled = treat(years=years, **larger)
    for name in ("paid", "debt", "fund_balance"):
        assert getattr(scaled, name) == pytest.approx(factor * getattr(base, name), rel=1e-9, abs=1e-7 * factor)
    assert scaled.relief(0.05) == pytest.approx(factor * base.relief(0.05), rel=1e-9, abs=1e-9 * factor)
    assert np.array_equal(scaled.first_missed_year, base.first_missed_year)


@QUICK
@given(deals(), st.floats(-0.05, 0.3))
def test_a_safe_deal_is_paid_and_costs_the_value_of_its_schedule(
    deal: tuple[tuple[int, ...], dict[str, Any]], rate: float
) -> None:
    years, terms = deal
    safe = treat(years=years, **terms | {"missed": 0.0, "stopped": None, "without": 0 * terms["without"]})
    assert np.array_equal(safe.paid, safe.due)
    assert np.all(safe.first_missed_year == safe.dates[-1].year + 1)
    value = present_value(safe.dates, safe.due, rate, AS_OF)
    assert safe.relief(rate) == pytest.approx(-value, rel=1e-12)
    rates = np.linspace(0, 0.2, safe.draws)
    assert safe.relief(rates)[0] == pytest.approx(safe.relief(float(rates[0]))[0], rel=1e-12)


@QUICK
@given(deals(), st.floats(0, 1))
def test_more_misses_never_raise_what_is_paid(deal: tuple[tuple[int, ...], dict[str, Any]], missed: float) -> None:
    years, terms = deal
    less = treat(years=years, **terms | {"missed": missed})
    more = treat(years=years, **terms | {"missed": (1 + missed) / 2})
    assert np.all(more.paid <= less.paid)
    assert np.all(more.relief(0.05) >= less.relief(0.05))


@pytest.mark.parametrize("end", [0.0, 1.0])
def test_certain_and_impossible_misses_hold_for_numbers_rounded_to_the_ends(end: float) -> None:
    luck = np.full((2, 40), end)
    assert np.array_equal(_treat(luck=luck, missed=0.0).paid, _treat().due)
    assert not _treat(luck=luck, missed=1.0).paid.any()


def test_misses_come_as_often_as_they_should() -> None:
    luck = (np.arange(1000) + 0.5)[:, None] / 1000 * np.ones((1, 40))
    deal = _treat(1000, missed=0.3, luck=luck)
    assert (deal.paid < deal.due).mean() == pytest.approx(0.3)


def test_grant_element_adds_the_haircut_to_that_of_the_schedule() -> None:
    plan = schedule(start=START, years=20, per_year=2, repayment="equal", interest=0.05)
    deal = _treat(schedule=plan, haircut=np.array([0.0, 0.67]))
    assert deal.grant_element(0.05)[0] == pytest.approx(0.0, abs=0.02)  # half-yearly interest of 2.5 % is a little more
    low, high = deal.grant_element(0.05)
    assert high == pytest.approx(0.67 + 0.33 * low)
    assert deal.grant_element(np.array([0.05, 0.10])).shape == (2,)


# --- lines, stocks and the record ---


def test_lines_say_who_pays_whom() -> None:
    deal = _treat(fund_share=0.75, fund_interest=0.02, projects=[FundProject("rail", np.array([340.0]), 2016)])
    book = post(YEARS, deal.postings(*WHO), deal.stocks(*WHO))
    assert [str(line) for line in book.lines] == [
        "RUS -> PRK: debt forgiven (account debt, initiative debt_swap, USD, no cash)",
        "PRK -> joint fund: instalments (account fund, initiative debt_swap, USD)",
        "PRK -> RUS: instalments (account debt service, initiative debt_swap, USD)",
        "bank of the fund -> joint fund: fund interest (account fund, initiative debt_swap, USD)",
        "joint fund -> rail: project payments (account fund, initiative debt_swap, USD)",
    ]
    assert book.receipts("RUS", cash=True).sum() == pytest.approx(0.25 * 2 * 1096)
    assert book.receipts("rail").sum(axis=1) == pytest.approx([340.0] * 2)
    assert book.receipts("PRK", cash=False)[:, YEARS.index(2014)] == pytest.approx([9864.0] * 2)
    assert [stock.name for stock in book.stocks] == ["debt_swap.debt", "debt_swap.fund"]


def test_lines_do_not_depend_on_the_draws() -> None:
    some = [posting.line for posting in _treat().postings(*WHO)]
    none = [posting.line for posting in _treat(haircut=1.0, fund_share=0.0, missed=1.0).postings(*WHO)]
    assert some == none


def test_a_treatment_is_read_only_survives_pickling_and_says_what_it_is() -> None:
    deal = _treat()
    again = pickle.loads(pickle.dumps(deal))
    assert np.array_equal(again.debt, deal.debt)
    for array in (deal.paid, deal.debt, again.paid, again.terms.stock):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    assert repr(deal) == (
        "Treatment: mean stock 10,960.0 less 90 %, 40 instalments 2014-11-05 to 2034-05-05, mean due 1,096.0, "
        "mean paid 1,096.0, mean fund at the end of 2035 1,096.0; 2 draws"
    )


# --- messages ---


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"stock": -1.0}, "stock is -1 in draw 0; expected a finite number of at least 0"),
        ({"stock": np.array([1.0, np.nan])}, "stock is nan in draw 1"),
        ({"stock": np.ones(3)}, r"stock has the shape \(3,\) for \(draw,\); expected \(2,\)"),
        ({"haircut": 90.0}, "haircut is 90 in draw 0; expected between 0 and 1"),
        ({"missed": np.array([0.1, 1.1])}, "missed is 1.1 in draw 1; expected between 0 and 1"),
        ({"fund_share": -0.1}, "fund_share is -0.1 in draw 0"),
        ({"fund_interest": -1.0}, "fund_interest is -1 in draw 0; expected above -1"),
        ({"luck": np.full((2, 39), 0.5)}, r"luck has the shape \(2, 39\) .*each of the 40 dates of the schedule"),
        ({"luck": np.full((2, 40), 1.5)}, "luck is 1.5 in draw 0, column 0; expected a number between 0 and 1"),
        (
            {"without": np.zeros((2, 5))},
            "without has the shape .*expected 2 draws and at least the 23 years 2013..2035",
        ),
        (
            {"without": np.full((2, 23), -1.0)},
            "without is -1.0 in draw 0, column 0; expected a finite number of at least",
        ),
        ({"stopped": np.zeros((1, 23))}, "stopped has the shape"),
        ({"years": (2015, 2016)}, "schedule starts on 2014-05-05, outside the years 2015..2016"),
        ({"years": (2014, 2016)}, r"years are \(2014, 2016\); expected consecutive years"),
        ({"projects": [FundProject("rail", np.ones(3), 2014)]}, "fund project 'rail': cost has the shape"),
        ({"projects": [FundProject("rail", np.ones(2), 2014)] * 2}, "two fund projects are called 'rail'"),
    ],
)
def test_messages(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        _treat(**changes)


def test_messages_of_the_records() -> None:
    with pytest.raises(ValueError, match="the name is missing"):
        FundProject("", np.ones(2), 2014)
    with pytest.raises(ValueError, match="fund project 'rail': cost is -1 in draw 0; expected a finite number"):
        FundProject("rail", np.array([-1.0]), 2014)
    with pytest.raises(ValueError, match="haircut is 2 in draw 0"):
        Terms(SWAP, np.ones(1), np.array([2.0]))
    deal = _treat()
    with pytest.raises(ValueError, match=r"by is 2040; expected a year of the horizon, 2013..2035"):
        deal.fund_coverage(1.0, 2040)
    with pytest.raises(ValueError, match="cost is 0 in draw 1; expected a positive amount"):
        deal.fund_coverage(np.array([1.0, 0.0]), 2020)
