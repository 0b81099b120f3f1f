"""Programmes of spending: what is paid, when, and what a promise is worth, by hand; the record; what is refused."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import tumen
from tumen import claims, money, study, uncertainty
from tumen.study import Plan

FOLDER = Path(__file__).parent / "programmes"
Array = npt.NDArray[np.float64]
DRAWS = 256
YEARS = tuple(range(2023, 2031))


def outcome(case: tumen.Case, include: tuple[str, ...] | None = None, /, **levers: float) -> tumen.Outcome:
    named = {name.replace("__", "."): value for name, value in levers.items()}
    return study.evaluate(case, study.draw(case, 1, 0, DRAWS), Plan(levers=named, include=include))


def measured(found: tumen.Outcome, name: str, **where: Any) -> Array:
    taken = claims.measure(name)
    arguments, wrong = claims.read_where(taken.function, found.case, where)
    assert not wrong, wrong
    return np.asarray(taken.function(found, **arguments))


@pytest.fixture(scope="module")
def case() -> tumen.Case:
    return tumen.load(FOLDER)


# ---- by hand


def test_on_time_the_share_is_paid_in_each_year(case: tumen.Case) -> None:
    found = outcome(case)
    share = found.worlds.values["plan.delivered"]
    paid = measured(found, "money.disbursed", initiative="plan")
    np.testing.assert_allclose(paid[:, 1:4], 200 * share[:, None] * [1, 1, 1])
    assert not paid[:, [0, 4, 5, 6, 7]].any()
    np.testing.assert_allclose(measured(found, "money.delivered_share", initiative="plan")[:, 2], share * 2 / 3)
    north = measured(found, "money.disbursed", initiative="plan", region="North")
    np.testing.assert_allclose(north, 0.75 * paid)
    # on time, nominal and real alike: each promised unit is worth the share that comes
    np.testing.assert_allclose(measured(found, "money.promise_worth", initiative="plan", rate="5 %/yr"), share)


def test_what_slips_is_paid_later_and_is_worth_less(case: tumen.Case) -> None:
    """A quarter slips each year: 100 and 300, of which half comes: 37.5, 9.375, 112.5 + 2.34, and so on."""
    found = outcome(case).lines["steady"].detail
    np.testing.assert_allclose(found.paid[0, 1:5], [37.5, 9.375, 112.5 + 37.5 / 16, 28.125 + 37.5 / 64])
    np.testing.assert_allclose(found.delivered[0, 1], 37.5 / 400)
    np.testing.assert_allclose(found.cash[0, 1], 37.5 * 1.1**4)  # rubles of 2020, paid in 2024
    factor = 1.05 ** -np.arange(8.0)
    np.testing.assert_allclose(found.worth(0.05), (found.paid @ factor) / (100 * factor[1] + 300 * factor[3]))


def test_a_nominal_promise_loses_by_inflation_where_it_is_late(case: tumen.Case) -> None:
    """One third promised for each of three years, half of what is payable slips: the geometric series by hand."""
    found = outcome(case, plan__late=0.5)
    share, detail = found.worlds.values["plan.delivered"], found.lines["plan"].detail
    paid = np.array([0, 100, 150, 175, 87.5, 43.75, 21.875, 10.9375])
    np.testing.assert_allclose(detail.paid, share[:, None] * paid)
    factor = (1.05 * 1.1) ** -np.arange(8.0)
    worth = measured(found, "money.promise_worth", initiative="plan", rate="5 %/yr")
    np.testing.assert_allclose(worth, share * (paid @ factor) / (200 * factor[1:4].sum()))
    assert (worth < measured(outcome(case, plan__late=0.5, plan__inflation=0.0), "money.promise_worth",
                             initiative="plan", rate="5 %/yr")).all()  # fmt: skip
    shown = claims.measure("money.promise_worth").figures
    assert shown is not None
    ever, lost = shown(found, initiative="plan", rate=0.05)
    np.testing.assert_allclose(ever.values - lost.values, worth)


def test_only_cash_enters_the_ledger_and_stocks_reconcile(case: tumen.Case) -> None:
    found = outcome(case, plan__late=0.3, steady__scatter=0.4)
    assert {line.payee for line in found.ledger.lines} == {"North", "South"}
    assert all(line.cash for line in found.ledger.lines)
    total = sum(found.lines[name].detail.cash for name in ("plan", "steady"))
    np.testing.assert_allclose(found.ledger.payments("AAA"), total)
    north = found.ledger.receipts("North", initiative="plan")
    np.testing.assert_allclose(north, 0.75 * found.lines["plan"].detail.cash)
    for stock in found.ledger.stocks:  # `post` has checked each to 1e-9
        assert (stock.closing >= -1e-12).all()
    late = found.ledger.stock("plan: late, South")
    np.testing.assert_allclose(late.closing, 0.25 * found.lines["plan"].detail.late)
    real = found.ledger.stock("steady: late, North")
    assert real.revaluation is not None
    np.testing.assert_allclose(real.revaluation[:, 2], 0.1 * real.closing[:, 1])


# ---- what is learnt


def test_the_record_updates_the_prior(case: tumen.Case) -> None:
    """beta(2, 3), then two of five and four of ten: beta(8, 12)."""
    drawn = outcome(case).worlds.values["plan.delivered"]
    assert drawn.mean() == pytest.approx(8 / 20, abs=0.002)  # draws are stratified
    assert drawn.std() == pytest.approx(np.sqrt(0.4 * 0.6 / 21), rel=0.02)
    assert np.median(drawn) == pytest.approx(stats.beta.ppf(0.5, 8, 12), abs=0.002)


@settings(max_examples=30, deadline=None)
@given(a=st.floats(1, 20), b=st.floats(1, 20), done=st.integers(0, 12), more=st.integers(0, 12))
def test_the_update_is_that_of_counts(a: float, b: float, done: int, more: int) -> None:
    """By Bayes' rule on a grid: prior times the likelihood of the counts, normalised."""
    of = done + more
    if not of:
        return
    found = uncertainty.updated_beta(uncertainty.beta(a, b), done / of, of)
    x = (np.arange(4000) + 0.5) / 4000
    with np.errstate(all="ignore"):
        log = stats.beta.logpdf(x, a, b) + stats.binom.logpmf(done, of, x)
        weights = np.exp(log - log.max())
    mean = float((x * weights).sum() / weights.sum())
    assert found.mean == pytest.approx(mean, rel=1e-2)
    assert found.parameters[:2] == pytest.approx((a + done, b + more))


def test_a_record_that_counts_for_nothing_teaches_nothing() -> None:
    prior = uncertainty.beta(2, 3)
    assert uncertainty.updated_beta(prior, 0.9, 0) == prior
    in_parts = uncertainty.updated_beta(uncertainty.updated_beta(prior, 0.2, 1), 0.6, 3)
    assert in_parts.parameters[:2] == pytest.approx((4.0, 5.0))
    with pytest.raises(ValueError, match="cannot be updated"):
        uncertainty.updated_beta(uncertainty.uniform(0, 1), 0.5, 1)
    with pytest.raises(ValueError, match=r"share 1\.5"):
        uncertainty.updated_beta(prior, 1.5, 1)
    with pytest.raises(ValueError, match="weight -1"):
        uncertainty.updated_beta(prior, 0.5, -1)


# ---- uncertainty by year


def test_years_scatter_about_the_share_and_the_whole_less_so() -> None:
    """A year's deviation is c sqrt(s (1 - s)), that of n years' mean 1/sqrt(n) of it, and the mean is s."""
    size, years = 4000, tuple(range(2020, 2029))
    luck = (np.random.default_rng(5).permuted(np.tile(np.arange(size) + 0.5, (9, 1)), axis=1) / size).T
    found = money.disburse(
        years=years, promised=np.full((size, 9), 10.0), delivered=np.full(size, 0.3), scatter=0.4, luck=luck, late=0.0
    )
    shares = found.paid / 10
    one = 0.4 * np.sqrt(0.3 * 0.7)
    np.testing.assert_allclose(shares.mean(axis=0), 0.3, atol=1e-3)
    np.testing.assert_allclose(shares.std(axis=0), one, rtol=5e-3)
    np.testing.assert_allclose(found.delivered[:, -1].std(), one / 3, rtol=0.04)
    assert (shares >= 0).all()
    assert (shares <= 1).all()


@pytest.mark.parametrize("share", [0.0, 1.0, 1e-9, 0.999999999])
def test_ends_of_the_share_have_no_scatter_and_no_nan(share: float) -> None:
    found = money.disburse(
        years=(2020, 2021), promised=np.ones((3, 2)), delivered=share, scatter=0.9, luck=np.full((3, 2), 0.3), late=0.5
    )
    np.testing.assert_allclose(found.paid[:, 0], share / 2, atol=1e-12)
    assert np.isfinite(found.worth(0.1)).all()


def test_the_scatter_of_a_case_moves_no_mean(case: tumen.Case) -> None:
    still, moving = (outcome(case, steady__scatter=c).lines["steady"].detail.delivered[:, -1] for c in (0.0, 0.6))
    assert still.std() == pytest.approx(0, abs=1e-12)
    assert moving.std() > 0.1
    assert moving.mean() == pytest.approx(still[0], abs=0.05)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"promised": np.zeros((2, 3))}, "above 0 in all"),
        ({"promised": np.full((2, 3), -1.0)}, "0 or more"),
        ({"luck": np.full((2, 2), 0.5)}, "luck"),
        ({"delivered": 1.2}, "delivered is 1.2"),
        ({"late": 1.0}, "late is 1"),
    ],
)
def test_the_engine_refuses_what_makes_no_sense(changes: dict[str, Any], message: str) -> None:
    known: dict[str, Any] = {
        "years": (2020, 2021, 2022), "promised": np.ones((2, 3)), "delivered": 0.5, "scatter": 0.1,
        "luck": np.full((2, 3), 0.5), "late": 0.1,
    }  # fmt: skip
    with pytest.raises(ValueError, match=message):
        money.disburse(**(known | changes))


def test_a_plan_without_the_programme_cannot_be_asked(case: tumen.Case) -> None:
    with pytest.raises(LookupError, match="leaves out `plan`"):
        measured(outcome(case, ("steady",)), "money.delivered_share", initiative="plan")


def test_claims_on_it_are_answered(case: tumen.Case) -> None:
    result = tumen.run(case, draws=256, seed=3)
    assert result.claims["money"].unit == "MRUB"
    assert result.claims["half"].envelope is not None
    assert not result.claims["half"].envelope.warning
    assert all(np.isfinite([row.median, row.p05, row.p95, row.probability]).all() for row in result.claims.values())


# ---- what is refused


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("years: 3 yr", "years: 9 yr", "plan.start: the programme runs from 2024 to 2032, the horizon from 2023"),
        ("years: 3 yr", "years: 2.5 yr", "plan.years: `2.5 yr`: whole years are expected"),
        ("    start: 2024\n", "", "either `promised` with `start` and `years`, or `tranches`"),
        ("    years: 3 yr\n", "    years: 3 yr\n    tranches: {one: {amount: 1 MRUB, year: 2024}}\n", "either `prom"),
        ("{lever: 600 MRUB, from: 1 MRUB, to: 1000 MRUB}", "agreed", "plan.promised: `agreed` is a name"),
        ("{lever: 600 MRUB, from: 1 MRUB, to: 1000 MRUB}", "0 MRUB", "plan.promised: `0 MRUB` is out of range"),
        ("{lever: 600 MRUB, from: 1 MRUB, to: 1000 MRUB}", "5 MRUB/yr", "plan.promised: "),
        ("South: 25 %", "South: 30 %", "plan.regions: their shares make 105 % in all; expected 100 %"),
        ("South: 25 %", "AAA: 25 %", "plan.regions.AAA: cannot both promise and receive"),
        ("delivered: {beta: [2, 3]}", "delivered: 40 %", "plan.delivered: `40 %` cannot learn from a `record`"),
        ("delivered: 40 %, weight: 5", "delivered: 140 %, weight: 5", "record.first.delivered: 140 % is more than the"),
        ("delivered: 4 MRUB", "delivered: 4 MUSD", "record.second.delivered: is in MUSD, `promised` in MRUB"),
        ("weight: 5", "wait: 5", "did you mean weight?"),
        ("300 MRUB_2020", "300 MRUB_2021", "steady.tranches: is in MRUB_2021 and in MRUB_2020; use one"),
        ("year: 2026", "year: 2036", "steady.tranches.main.year: 2036 is no year of the horizon, 2023 to 2030"),
        ("    late: 25 %\n", "    late: 100 %\n", "steady.late: `100 %` is out of range"),
        ("    inflation: 10 %/yr\n", "", "steady.inflation: is missing"),
        ("    late: 25 %\n", "    delivery: {completed: 50 %}\n", "steady.delivery: a programme has its own"),
        ("promiser: AAA\n    tranches", "promiser: AAB\n    tranches", "did you mean AAA?"),
        ("initiative: plan, by: 2028", "initiative: plam, by: 2028", "no programme of this case; did you mean plan?"),
        ("region: North", "region: Nord", "`Nord` receives nothing of `plan`; did you mean North?"),
        ("test: at_least 100 MRUB", "test: at_least 100 MUSD", "money.disbursed is in MRUB"),
    ],
)  # fmt: skip
def test_a_bad_declaration_is_refused_with_its_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    shutil.copytree(FOLDER, tmp_path / "c")
    text = (FOLDER / "case.yaml").read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    (tmp_path / "c" / "case.yaml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(tumen.CaseError) as caught:
        tumen.load(tmp_path / "c")
    assert message in str(caught.value), str(caught.value)
    assert str(caught.value).startswith("case.yaml:")


def test_every_key_is_described() -> None:
    from tumen import initiatives
    from tumen.case.fields import Initiative
    from tumen.initiatives._record import RecordTerms, Tranche

    text = (Path(__file__).parents[1] / "docs" / "case-format.md").read_text(encoding="utf-8")
    section = text[text.index("### `programme`") : text.index("## `claims`")]
    own = set(initiatives.kinds()["programme"].model_fields) - set(Initiative.model_fields)
    assert not [
        key for key in own | set(RecordTerms.model_fields) | set(Tranche.model_fields) if f"`{key}`" not in section
    ]


def test_a_programme_moves_its_own_lines_only(case: tumen.Case) -> None:
    base, moved = outcome(case), outcome(case, plan__late=0.5, plan__promised=100.0)
    own, after = (found.ledger.receipts("North", initiative="plan") for found in (base, moved))
    assert (own != after).any()
    other = [found.ledger.receipts("North", initiative="steady") for found in (base, moved)]
    np.testing.assert_array_equal(*other)
    without = outcome(case, ("steady",))
    np.testing.assert_array_equal(without.ledger.receipts("North"), other[0])
