"""Clearing and labour in a case: figures by hand, the ledger, imports that are cut, measures, what is refused."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tumen
from tumen import claims, study
from tumen.case.fields import Initiative
from tumen.delivery import Course
from tumen.errors import CaseError
from tumen.initiatives import Inputs, clearing, labour_export
from tumen.study import Plan

FOLDER = Path(__file__).parent / "clearings"
DRAWS = 64


def variant(folder: Path, *changes: tuple[str, str]) -> Path:
    """The case with some of its text replaced."""
    shutil.copytree(FOLDER, folder)
    text = (folder / "case.yaml").read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (folder / "case.yaml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def case() -> tumen.Case:
    return tumen.load(FOLDER)


def outcome(case: tumen.Case, plan: Plan | None = None, /, **levers: float) -> tumen.Outcome:
    named = {name.replace("__", "."): value for name, value in levers.items()}
    return study.evaluate(case, study.draw(case, 1, 0, DRAWS), plan or Plan(levers=named))


def taken(found: tumen.Outcome, name: str, /, **where: Any) -> np.ndarray:
    row = claims.measure(name)
    arguments, wrong = claims.read_where(row.function, found.case, where)
    assert not wrong, wrong
    values = np.asarray(row.function(found, **arguments))
    assert np.isfinite(values).all()
    return values


# ---- labour


def test_labour_is_paid_by_region_to_state_and_workers(case: tumen.Case) -> None:
    found = outcome(case)
    labour, ledger = found.lines["labour"].detail, found.ledger
    np.testing.assert_allclose(labour.workers[0], [0, 10_000, 12_000, 14_400, 15_000, 15_000])
    state = ledger.receipts("BBB", label="pay withheld by the state")
    kept = ledger.receipts("workers from BBB")
    wage = found.worlds.values["labour.wage"]
    np.testing.assert_allclose(state[:, 1], 10_000 * wage * 0.6)
    np.testing.assert_allclose(kept[:, 1], 10_000 * wage * 0.4)
    north = ledger.payments("AAA", account="North", initiative="labour")
    np.testing.assert_allclose(north, 0.7 * (state + kept))


def test_a_test_ends_the_labour_for_good(case: tumen.Case) -> None:
    """Where every event ends it: from the year after the first one on, and not before."""
    found = outcome(case, labour__stops=1.0)
    workers, events = found.lines["labour"].detail.workers, found.worlds.paths["test"]
    seen = np.array(found.years) >= 2014
    before: Any = np.cumsum((events > 0) & seen, axis=1) - ((events > 0) & seen)
    np.testing.assert_array_equal(workers > 0, (before == 0) & seen)
    assert (workers[:, -1] == 0).any()
    assert (workers[:, -1] > 0).any()
    some = outcome(case, labour__stops=0.5).lines["labour"].detail.workers
    assert (workers > 0).sum() < (some > 0).sum() < (outcome(case).lines["labour"].detail.workers > 0).sum()


def test_labour_follows_its_course(case: tumen.Case) -> None:
    worlds = study.draw(case, 1, 0, DRAWS)
    spec: Any = case.initiatives["labour"]
    years = np.zeros((DRAWS, 6))
    half = years + np.array([0, 0, 0.5, 1, 1, 1])
    course = Course(
        decided=np.full(DRAWS, 2014.5), opened=np.full(DRAWS, 2015.5), abandoned=np.full(DRAWS, np.inf), spent=years,
        working=half,
    )  # fmt: skip
    inputs = replace(Inputs("labour", spec, worlds, case.as_of), courses={"labour": course})
    workers = labour_export.lines(spec, inputs).detail.workers
    np.testing.assert_allclose(workers[0], [0, 0, 6_000, 14_400, 15_000, 15_000])


# ---- the account


def test_the_first_year_by_hand(case: tumen.Case) -> None:
    """Imports are nine tenths of the trade, half of the state's share of the pay arrives, two instalments fall due."""
    found = outcome(case, account__limit=1e8)
    account, wage = found.lines["account"].detail, found.worlds.values["labour.wage"]
    trade, rate = found.trade["pair"].flow[:, 1], found.worlds.paths["rate"][:, 1]
    deal: Any = found.lines["deal"].treatment
    paid = deal.paid_by_year[:, 1]
    np.testing.assert_allclose(account.wages[:, 1], 10_000 * wage * 0.6 * 0.5)
    owed = 0.8 * trade + paid - account.wages[:, 1]
    np.testing.assert_allclose(account.balance[:, 1], owed * rate)
    np.testing.assert_allclose(taken(found, "money.credit_needed", initiative="account")[:, 1], np.maximum(owed, 0))
    assert (account.balance[:, 0] == 0).all()


def test_payments_balance_by_currency_and_the_account_reconciles(case: tumen.Case) -> None:
    ledger = outcome(case).ledger  # `post` has reconciled the stocks
    rubles = ledger.net("BBB", currency="RUB")
    np.testing.assert_allclose(rubles, 0.0, atol=1e-8)
    own = ledger.select(initiative="account")
    dollars = own.net("BBB", currency="USD")
    account = outcome(case).lines["account"].detail
    np.testing.assert_allclose(dollars, account.instalments_paid - account.paid_in - account.wages, atol=1e-9)
    assert ledger.stock("account.account").holder == "AAA"


@pytest.mark.parametrize("wage", ["RUB", "USD"])
def test_wages_in_either_money(tmp_path: Path, wage: str) -> None:
    """Rubles of the state go straight into the account; dollars are sold for them first."""
    change = ("{triangular: [4000, 5000, 6000], unit: USD/person/yr}", "200000 RUB/person/yr")
    folder = variant(tmp_path / "c", *([change] if wage == "RUB" else []))
    text = (folder / "case.yaml").read_text().replace("hard_currency: 50 %", "hard_currency: 0 %")
    (folder / "case.yaml").write_text(text)
    found = outcome(tumen.load(folder))
    np.testing.assert_allclose(found.ledger.net("BBB", currency="RUB"), 0.0, atol=1e-8)
    sold = found.ledger.payments("BBB", label="dollars of wages")
    assert (sold > 0).any() == (wage == "USD")


def test_what_cannot_be_paid_is_not_traded(case: tumen.Case) -> None:
    """The pair's trade is cut by the share of imports that is cut, and by nothing once there is room."""
    tight, wide, none = (
        outcome(case),
        outcome(case, account__limit=1e8),
        outcome(case, Plan(include=("deal", "labour"))),
    )
    np.testing.assert_allclose(wide.trade["pair"].flow, none.trade["pair"].flow)
    cut = taken(tight, "money.imports_cut", initiative="account")
    assert (cut > 0).any()
    np.testing.assert_allclose(tight.trade["pair"].flow, none.trade["pair"].flow * (1 - 0.9 * cut))
    np.testing.assert_array_equal(tight.trade["other"].flow, none.trade["other"].flow)
    assert (taken(outcome(case, account__settled=0.0), "money.imports_cut", initiative="account") == 0).all()


def test_paid_in_grows_with_the_economy(tmp_path: Path) -> None:
    folder = variant(tmp_path / "c", ("paid_in: 30 MUSD/yr", "paid_in: 30 MUSD/yr\n    paid_in_growth: growth_b"))
    found = outcome(tumen.load(folder), account__limit=0.0)
    most = 30 * np.exp(np.cumsum(found.worlds.paths["growth_b"] * (np.array(found.years) > 2014), axis=1))
    paid = found.lines["account"].detail.paid_in
    assert (paid <= most * (1 + 1e-9)).all()
    assert np.isclose(paid, most).any()


def test_a_dollar_clause_moves_the_risk(tmp_path: Path) -> None:
    folder = variant(tmp_path / "c", ("clause: clearing", "clause: dollar"),
                     ("{lever: 800 MRUB, from: 0 MRUB, to: 80 bn RUB}", "20 MUSD"))  # fmt: skip
    found = outcome(tumen.load(folder))
    assert (taken(found, "money.exchange_gain", initiative="account", player="AAA") == 0).all()
    assert found.lines["account"].detail.gain_in_currency.any()


# ---- measures


def test_measures_by_hand(case: tumen.Case) -> None:
    found = outcome(case)
    here: dict[str, Any] = {"initiative": "account"}
    wage = found.worlds.values["labour.wage"]
    workers = taken(found, "money.workers_needed", **here, labour="labour", counting="trade", trade="100 MUSD")
    np.testing.assert_allclose(workers[:, 3], 80 / (0.6 * wage))
    both = taken(found, "money.workers_needed", **here, labour="labour", trade="100 MUSD")
    np.testing.assert_allclose(both[:, 2], (80 + 20) / (0.6 * wage))  # two instalments of 10, due if not paid
    account = found.lines["account"].detail
    needed = taken(found, "money.earnings_needed", **here, counting="trade")
    np.testing.assert_allclose(needed, account.imports)
    assert (taken(found, "money.earnings_needed", **here) <= needed + account.instalments + 1e-9).all()
    first, second = (taken(found, "money.exchange_gain", **here, player=player) for player in ("AAA", "BBB"))
    np.testing.assert_allclose(first + second, 0.0, atol=1e-12)
    closed = taken(found, "money.gap_closed", **here, counting="trade")
    np.testing.assert_allclose(
        closed[:, 1], np.minimum(account.wages[:, 1] / (account.imports - account.exports)[:, 1], 1)
    )
    assert (closed[:, 0] == 1).all()  # before the start there is no gap
    np.testing.assert_allclose(
        taken(found, "money.dollar_saving", **here), 0.02 * (account.imports_paid + account.exports)
    )
    limit = taken(found, "money.discount_for_other", **here)
    np.testing.assert_allclose(limit, 1 - 0.98 / 1.05)
    discount = taken(found, "money.clearing_discount", **here)
    preferred = taken(found, "money.clearing_preferred", **here)
    np.testing.assert_array_equal(preferred > 0, discount < limit)
    income = {
        of: taken(found, "money.labour_income", initiative="labour", of=of)
        for of in ("state", "workers", "hard_currency")
    }
    np.testing.assert_allclose(income["hard_currency"], income["state"] / 2)
    margin = taken(found, "money.labour_margin", initiative="labour")
    np.testing.assert_allclose(margin, income["hard_currency"] - income["workers"])


def test_credit_needed_counts_what_is_asked(case: tumen.Case) -> None:
    found = outcome(case)
    trade, debt, all_ = (
        taken(found, "money.credit_needed", initiative="account", counting=c)
        for c in ("trade", "instalments", ["instalments", "wages"])
    )
    assert (debt >= trade - 1e-9).all()
    assert (all_ <= debt + 1e-9).all()
    np.testing.assert_array_equal(all_, taken(found, "money.credit_needed", initiative="account"))
    for row in ("money.credit_needed", "money.gap_closed", "money.clearing_preferred"):
        shown = claims.measure(row).figures(found, initiative="account")  # type: ignore[misc]
        assert all(np.isfinite(item.values).all() for item in shown)
    assert claims.measure("money.labour_income").figures(found, initiative="labour", of="state")  # type: ignore[misc]


def test_a_plan_without_the_account_has_no_answer(case: tumen.Case) -> None:
    with pytest.raises(LookupError, match="the plan leaves out `account`"):
        taken(outcome(case, Plan(include=("deal",))), "money.imports_cut", initiative="account")
    alone = outcome(case, Plan(include=("account",))).lines["account"].detail
    assert not alone.wages.any()
    assert not alone.instalments.any()


def test_every_key_is_described() -> None:
    text = (Path(__file__).parents[1] / "docs" / "case-format.md").read_text(encoding="utf-8")
    for kind, specs in (
        ("clearing", (clearing.Spec, clearing.ExporterTerms, clearing.DollarTerms)),
        ("labour_export", (labour_export.Spec,)),
    ):
        section = text[text.index(f"### `{kind}`") :]
        section = section[: section.index("\n##")]
        own = {key for spec in specs for key in spec.model_fields} - set(Initiative.model_fields)
        assert not [key for key in own if f"`{key}`" not in section]


# ---- what is refused


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("between: [AAA, BBB]\n    trade:", "between: [AAA, AAA]\n    trade:", "names two players, the creditor first"),
        ("trade: pair", "trade: pear", "`pear` is no trade path; did you mean pair?"),
        ("trade: pair", "trade: other", "`other` is not the trade of AAA and BBB"),
        ("currency: RUB", "currency: RUR", "`RUR` is no currency beside the dollar"),
        ("currency: RUB", "currency: USD", "`USD` is no currency beside the dollar"),
        ("exchange_rate: rate", "exchange_rate: rat", "`rat` is no process of this case; did you mean rate?"),
        ("exchange_rate: rate", "exchange_rate: default", "`default` is no level; expected RUB for one dollar"),
        ("earns: 10 %", "earns: 110 %", "is out of range"),
        ("{lever: 800 MRUB, from: 0 MRUB, to: 80 bn RUB}", "20 MUSD", "under the clause `clearing` it is told in RUB"),
        ("paid_in: 30 MUSD/yr", "paid_in: 30 MRUB/yr", "it is told in USD"),
        ("paid_in: 30 MUSD/yr", "paid_in_growth: growth_b", "`paid_in_growth` is that of `paid_in`; give both"),
        ("    clause: clearing", "    paid_in_growth: test", "is a hazard; expected a trend_growth"),
        ("clause: clearing", "clause: euro", "'clearing' or 'dollar'"),
        ("debt: [deal]", "debt: [dael]", "`dael` is no debt_treatment with creditor AAA and debtor BBB"),
        ("wages: [labour]", "wages: [deal]", "`deal` is no labour_export with host AAA and home BBB"),
        ("stock: 100 MUSD", "stock: 100 MEUR", "expected USD"),
        ("{triangular: [4000, 5000, 6000], unit: USD/person/yr}", "4000 EUR/person/yr", "expected USD or RUB"),
        ("host: AAA", "host: BBB", "`home` and `host` are two players"),
        ("regions: {North: 70 %,", "regions: {North: 80 %,", "the shares of `regions` make 110 %; they make 100 %"),
        ("    stopped_by: test\n", "", "`stopped_by`, a hazard, and `stops`"),
        ("start: 2014\n    regions", "start: 2030\n    regions", "is after the horizon, which ends in 2018"),
        ("wage: {", "pay: {", "pay"),
        ("initiative: account, year", "initiative: deal, year", "`deal` is no clearing of this case"),
        ("account, year: 2018}", "account, counting: rent, year: 2018}", "`rent` is none of trade"),
        ("credit_needed, where: {initiative: account,", "exchange_gain, where: {initiative: account, player: CCC,",
         "`CCC` is no party to `account`"),
        ("    dollar: {fees: 1 %, compliance: 2 %, instead: 1 %}\n", "", ""),
    ],
)  # fmt: skip
def test_bad_declarations_are_refused_with_their_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    folder = variant(tmp_path / "c", (old, new))
    if not said:  # an option that may be left out; what asks for it is refused
        text = (folder / "case.yaml").read_text().replace("money.credit_needed", "money.dollar_saving")
        (folder / "case.yaml").write_text(text)
        said = "`account` has no `dollar`, on which this measure is taken; declare it there"
    with pytest.raises(CaseError) as refused:
        tumen.load(folder)
    assert said in str(refused.value)
    assert "case.yaml:" in str(refused.value)
