"""Mines in a case: figures by hand, accounts that reconcile, what follows its course, measures, what is refused."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tumen
from tumen import claims, money, study
from tumen.delivery import Course
from tumen.initiatives import Inputs, mine
from tumen.initiatives._mine_draws import MineDraws
from tumen.study import Plan

FOLDER = Path(__file__).parent / "mines"
DRAWS = 128


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


def inputs(case: tumen.Case, name: str = "risky", /, **levers: float) -> Inputs:
    named = {key.replace("__", "."): value for key, value in levers.items()}
    worlds = study.worlds_of(case, study.draw(case, 1, 0, DRAWS), Plan(levers=named))
    return Inputs(name, case.initiatives[name], worlds, case.as_of)


def taken(case: tumen.Case, measure: str, plan: Plan | None = None, /, **where: Any) -> np.ndarray:
    """A measure of the case, in every draw."""
    row = claims.measure(measure)
    year = where.pop("in_year", None)
    arguments, wrong = claims.read_where(row.function, case, where)
    assert not wrong, wrong
    outcome = study.evaluate(case, study.draw(case, 1, 0, DRAWS), plan)
    values = np.asarray(row.function(outcome, **arguments))
    assert np.isfinite(values).all()
    return values if year is None else values[:, outcome.years.index(year)]


# --- by hand ---


def test_a_plain_mine_by_hand(case: tumen.Case) -> None:
    """300 over 2021 and 2022, then 2 Mt a year at 100 less 40, without hazard; 13 years at 10 %, middles of years."""
    flow = [0, -150, -150] + [120] * 13
    expected = sum(f / 1.1 ** (k + 0.5) for k, f in enumerate(flow))
    np.testing.assert_allclose(taken(case, "mine.npv", initiative="plain"), expected, rtol=1e-9)
    np.testing.assert_allclose(taken(case, "mine.irr", initiative="plain"), money.irr(flow), rtol=1e-9)
    assert (taken(case, "mine.payback", initiative="plain") == 2025).all()
    assert (taken(case, "mine.loss", initiative="plain", year=2023) == 180).all()
    assert (taken(case, "mine.seized", initiative="plain") == 2036).all()
    assert (taken(case, "mine.option", initiative="plain") == 0).all()  # a level price: nothing to wait for
    tonnes = sum(2 / 1.1 ** (k + 0.5) for k in range(3, 16))
    capital = 150 / 1.1**1.5 + 150 / 1.1**2.5
    level = 1e6 * taken(case, "mine.break_even", initiative="plain")
    np.testing.assert_allclose(level, 40 + capital / tonnes, rtol=1e-9)


def test_who_gains_by_a_plain_mine(case: tumen.Case) -> None:
    """Its owner alone: the same net present value as an annuity from 2021 to 2035."""
    own = inputs(case, "plain")
    found = mine.gains(own.spec, own)
    value = taken(case, "mine.npv", initiative="plain")
    np.testing.assert_allclose(found["AAA"], value * 0.1 / (1 - 1.1**-15), rtol=1e-9)
    assert not found["BBB"].any()
    assert not found["CCC"].any()


def test_the_price_expected_reverts(case: tumen.Case) -> None:
    """Six years on, two half-lives, a quarter of the gap in logs is left; the mean of a lognormal lies higher."""
    from tumen.initiatives import _ore

    own = inputs(case, ore__mean=100e-6, ore__volatility=0.2, ore__half_life=3.0)
    path = _ore.expected_path(own.spec, own, np.full(DRAWS, 200e-6))
    speed = np.log(2) / 3
    spread = 0.2**2 * (1 - 0.25**2) / (2 * speed)
    np.testing.assert_allclose(path[:, 6], 100e-6 * np.exp(0.25 * np.log(2) + spread / 2))
    np.testing.assert_allclose(path[:, 0], 200e-6)
    up, down = _ore.two_prices(own.spec, own, np.full(DRAWS, 100e-6), 1.0)
    np.testing.assert_allclose(np.sqrt(up * down), 100e-6)


# --- accounts ---


def test_the_accounts_reconcile_and_the_company_keeps_nothing(case: tumen.Case) -> None:
    own = inputs(case)
    found = mine.lines(own.spec, own)
    ledger = money.post(own.years, found.postings, found.stocks)  # a stock that does not reconcile is refused
    np.testing.assert_allclose(ledger.net("company of risky"), 0, atol=1e-9)
    made: MineDraws = found.detail
    both = ledger.net("AAA", account="mining") + ledger.net("CCC") + ledger.payments("AAA", label="ore")
    swap = ledger.payments("BBB", label="ore for infrastructure")
    np.testing.assert_allclose(both - swap, made.delivered.investor(made.luck), atol=1e-9)
    np.testing.assert_allclose(ledger.net("BBB") + swap, made.delivered.host(made.luck), atol=1e-9)
    assert (ledger.balance("risky: sunk capital") >= -1e-9).all()
    assert swap.sum(axis=1).max() <= 200 + 1e-9  # half of what the road costs
    assert made.planned.taken(made.luck).any()


def test_deliveries_are_sales_and_equipment(case: tumen.Case) -> None:
    own = inputs(case)
    ore, goods = mine.deliveries(own.spec, own)
    assert (ore.exporter, ore.importer, goods.exporter, goods.importer) == ("BBB", "AAA", "AAA", "BBB")
    ledger = money.post(own.years, mine.lines(own.spec, own).postings)
    np.testing.assert_allclose(ore.amount, ledger.payments("AAA", label="ore"))
    np.testing.assert_allclose(goods.amount, 0.6 * ledger.payments("company of risky", label="capital"))
    plain = inputs(case, "plain")
    assert len(mine.deliveries(plain.spec, plain)) == 1


def test_it_follows_its_course(case: tumen.Case) -> None:
    """Never decided: nothing is paid and nothing delivered. Twice as dear and a year late: as the course says."""
    own = inputs(case)
    years = len(own.years)
    never = np.full(DRAWS, np.inf)
    nothing = np.zeros((DRAWS, years))
    idle = replace(own, courses={"risky": Course(never, never, never, nothing, nothing)})
    found = mine.lines(idle.spec, idle)
    assert not any(posting.amount.any() for posting in found.postings)
    assert not any(delivery.amount.any() for delivery in mine.deliveries(idle.spec, idle))
    assert not found.detail.delivered.chance.any()
    assert found.detail.planned.capital.any()
    spent, working = nothing.copy(), nothing.copy()
    spent[:, 2:4], working[:, 4:] = 1.0, 0.5
    late = replace(
        own, courses={"risky": Course(np.full(DRAWS, 2022.0), np.full(DRAWS, 2024.0), never, spent, working)}
    )
    made = mine.lines(late.spec, late).detail.delivered
    np.testing.assert_allclose(made.capital.sum(axis=1), 2 * own("capex"))
    assert not made.output[:, :4].any()
    assert (made.output[:, 4:] <= 1e6 + 1e-6).all()


# --- signs ---


@pytest.mark.parametrize(
    ("lever", "value", "measure", "sign"),
    [
        ("risky.seizure.slope", 0.5, "mine.npv", -1),
        ("risky.seizure.slope", 0.5, "mine.break_even", 1),
        ("risky.royalty", 0.3, "mine.npv", -1),
        ("risky.seizure.compensation", 1.0, "mine.break_even", -1),
        ("risky.off_take.discount", 0.4, "mine.npv", -1),
        ("crisis.rate", 3.0, "mine.npv", -1),
        ("ore.mean", 150e-6, "mine.npv", 1),
        ("risky.seizure.base", 0.5, "mine.seized", -1),
    ],
)
def test_it_moves_the_right_way(case: tumen.Case, lever: str, value: float, measure: str, sign: int) -> None:
    before = taken(case, measure, initiative="risky")
    after = taken(case, measure, Plan(levers={lever: value}), initiative="risky")
    assert sign * (after.mean() - before.mean()) > 0


def test_the_swap_pays_more_with_a_larger_share(case: tumen.Case) -> None:
    low, high = (
        taken(case, "mine.swap_share", Plan(levers={"risky.pays_for.share": share}), initiative="risky", year=2035)
        for share in (0.2, 1.0)
    )
    assert (high >= low - 1e-12).all()
    assert high.mean() > low.mean() > 0
    assert (high <= 1 + 1e-12).all()


def test_the_option_to_wait_by_hand(case: tumen.Case) -> None:
    """Half a chance of each price, a year later at 12 %; at a high cost the mine is not begun at the lower one."""
    own = inputs(case, risky__unit_cost=60e-6)
    made: MineDraws = mine.lines(own.spec, own).detail
    found = taken(case, "mine.option", Plan(levers={"risky.unit_cost": 60e-6}), initiative="risky")
    wait = 0.5 * (np.maximum(made.up, 0) + np.maximum(made.down, 0)) / 1.12
    np.testing.assert_allclose(found, np.maximum(wait - np.maximum(made.now, 0), 0))
    assert (made.up > made.now).all()
    assert (made.down < made.up).all()
    assert (found > 0).any()


def test_measures_by_year_and_state(case: tumen.Case) -> None:
    host = taken(case, "mine.host_take", initiative="risky", in_year=2026)
    assert host.max() > 0
    for state in ("planned", "delivered"):  # without `delivery` they are one
        np.testing.assert_allclose(
            taken(case, "mine.npv", initiative="risky", state=state), taken(case, "mine.npv", initiative="risky")
        )
    outcome = study.evaluate(case, study.draw(case, 1, 0, DRAWS))
    beside = claims.measure("mine.npv").figures
    assert beside is not None
    assert all(np.isfinite(figure.values).all() for figure in beside(outcome, initiative="risky"))


def test_a_plan_without_it_says_so(case: tumen.Case) -> None:
    with pytest.raises(LookupError, match="leaves out `risky`"):
        taken(case, "mine.npv", Plan(include=("plain",)), initiative="risky")


# --- what is refused ---


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("    owners: {AAA: 75 %, CCC: 25 %}\n", "    owners: {AAA: 75 %, CCC: 20 %}\n", "95 % in all"),
        ("{AAA: 75 %, CCC: 25 %}", "{AAA: 75 %, BBB: 25 %}", "what the host has of profits"),
        ("    owners: {AAA: 75 %, CCC: 25 %}\n", "    owners: {AAA: 75 %, CCD: 25 %}\n", "did you mean CCC?"),
        ("    price: level\n", "    price: level\n    price_process: ore\n", "one of the two"),
        ("    price_process: ore\n", "", "one of the two"),
        ("price_process: ore\n", "price_process: crisis\n", "is a hazard; expected one of mean_reverting"),
        ("price_process: ore\n", "price_process: oer\n", "did you mean ore?"),
        ("price_process: ore\n", "price_process: ruble\n", "`ruble` is in RUB/USD; a price in USD/t is expected"),
        ("off_take: {buyer: CCC}", "off_take: {buyer: BBB}", "is somebody abroad, not the host"),
        ("unit_cost: 40 USD/t", "unit_cost: 40 USD/TEU", "initiatives.plain.unit_cost: "),
        ("unit_cost: 40 USD/t", "unit_cost: 40 EUR/t", "a mine is told in USD"),
        ("royalty: 5 %", "royalty: 105 %", "initiatives.risky.royalty: "),
        ("royalty: 5 %", "royaltee: 5 %", "did you mean royalty?"),
        ("slope: 10 %/yr", "slope: -10 %/yr", "initiatives.risky.seizure.slope: "),
        ("slope: 10 %/yr, ", "", "initiatives.risky.seizure.slope: is missing"),
        ("pays_for: {initiative: road,", "pays_for: {initiative: raod,", "did you mean road?"),
        ("pays_for: {initiative: road,", "pays_for: {initiative: plain,", "is no initiative of which BBB owns a part"),
        ("stopped_by: {crisis: 6 months}", "stopped_by: {crises: 6 months}", "did you mean crisis?"),
        ("    reserves: 100 Mt\n", "", "initiatives.plain.reserves: is missing"),
        ("    rate: 12 %/yr\n", "    rate: 0 %/yr\n", "initiatives.risky.rate: "),
        ("    ramp: 2 yr\n", "    ramp: 2 km\n", "initiatives.risky.ramp: "),
        ("host: BBB\n    ore: iron ore\n    reserves: 1", "host: BBC\n    ore: iron ore\n    reserves: 1", "BBB?"),
    ],
)  # fmt: skip
def test_a_bad_declaration_is_refused_with_its_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(tumen.CaseError) as caught:
        tumen.load(variant(tmp_path / "c", (old, new)))
    assert message in str(caught.value), str(caught.value)
    assert str(caught.value).startswith("case.yaml:")


@pytest.mark.parametrize(
    ("measure", "where", "message"),
    [
        ("mine.npv", {"initiative": "road"}, "`road` is no mine of this case"),
        ("mine.npv", {"initiative": "riskey"}, "did you mean risky?"),
        ("mine.npv", {"initiative": "risky", "state": "built"}, "`built` is no state of a mine"),
        ("mine.swap_share", {"initiative": "plain", "year": 2030}, "`plain` has no `pays_for`"),
        ("mine.loss", {"initiative": "plain", "year": 2050}, "`2050` is no year of the horizon"),
    ],
)
def test_a_wrong_argument_is_refused(case: tumen.Case, measure: str, where: dict[str, Any], message: str) -> None:
    _, wrong = claims.read_where(claims.measure(measure).function, case, where)
    assert any(message in what for _, what in wrong), wrong


def test_every_key_is_described() -> None:
    from tumen.case.fields import Initiative

    text = (Path(__file__).parents[1] / "docs" / "case-format.md").read_text(encoding="utf-8")
    section = text[text.index("### `mine`") :]
    section = section[: section.index("\n## ")]
    own = set(mine.Spec.model_fields) - set(Initiative.model_fields) - {"kind"}
    nested = set(mine.Seizure.model_fields) | set(mine.Swap.model_fields) | set(mine.OffTake.model_fields)
    assert not [key for key in own | nested if f"`{key}`" not in section]
