"""Published worked examples to the printed digits, and agreement with rivals on ten thousand random flows.

Of these, numpy-financial 1.0.0 gives our rate on 8,106, another root on 492 with several, and none, as we do, on 1,402;
pyxirr 0.10.8 our rate on 8,370, another root on 204, none on 24 that have one, and none, as we do, on 1,402.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from tumen.money import (
    dac_grant_element,
    irr,
    irr_many,
    net_present_value,
    net_present_values,
    option_to_wait,
    perpetual_option,
    soft_loan_terms,
    xirr,
    xnpv,
)

DRAWS = 10_000


def test_the_factory_of_dixit_and_pindyck() -> None:
    """Ch. 2: a factory of 1600 makes a widget a year, now sold for 200, next year for 300 or 100 for ever, at 10 %."""
    perpetuity = 1.1 / 0.1
    now = -1600 + 200 + 0.5 * (300 + 100) / 0.1
    up, down = -1600 + 300 * perpetuity, -1600 + 100 * perpetuity
    made = option_to_wait([now], up, down, 0.5, 0.1)
    assert round(float(made.now[0])) == 600
    assert round(float(made.wait[0])) == 773
    assert round(float(made.wait[0]), 2) == 772.73
    assert round(float(made.option[0]), 2) == 172.73
    assert round(float(made.option[0])) == 173


def test_the_cost_at_which_the_factory_is_built_at_once() -> None:
    """The same chapter, section 2.C: at less than 1283 it is built now, above it is better to wait."""

    def option(cost: float) -> float:
        return float(option_to_wait([2200 - cost], 3300 - cost, 1100 - cost, 0.5, 0.1).option[0])

    assert option(1283) == 0
    assert option(1284) > 0


def test_the_trigger_of_dixit_and_pindyck() -> None:
    """Ch. 5: with 4 % for the rate and for what the project pays out, and a deviation of 0.2, V must be twice I."""
    trigger, made = perpetual_option([1.0], 1.0, 0.04, 0.0, 0.2)
    assert trigger[0] == pytest.approx(2.0, rel=1e-12)
    assert made.option[0] == pytest.approx(0.25, rel=1e-12)  # A V^2 with A = 1/4


def test_spreadsheet_manuals() -> None:
    dates = [date(2008, 1, 1), date(2008, 3, 1), date(2008, 10, 30), date(2009, 2, 15), date(2009, 4, 1)]
    flows = [-10000.0, 2750.0, 4250.0, 3250.0, 2750.0]
    assert f"{xnpv(0.09, dates, flows):.4f}" == "2086.6476"
    assert xirr(dates, flows) == pytest.approx(0.373362535, abs=2e-9)
    assert f"{irr([-100, 39, 59, 55, 20]):.5f}" == "0.28095"
    assert f"{irr_many([[-100, 39, 59, 55, 20]])[0]:.5f}" == "0.28095"


def test_soft_loan_and_grant_elements() -> None:
    printed = [9259, 7716, 6351, 5145, 4083, 3151, 2334, 1621, 1000, 463]
    terms = soft_loan_terms(principal=500_000, subsidy=0.02, reference=0.08, years=10)
    assert np.round(terms).tolist() == printed
    for interest, maturity, first, share in (
        (0.0075, 38, 6.5, "53.17"),
        (0.0075, 40, 10.5, "57.8"),
        (0.02, 20, 5, "26.4"),
    ):
        found = 100 * dac_grant_element(
            interest=interest, maturity=maturity, grace=first - 0.5, per_year=2, discount=0.05
        )
        assert f"{found:.{len(share.split('.')[1])}f}" == share


# --- rivals ---


def _flows(periods: int = 9) -> np.ndarray:
    """Half of them invest first and earn later, half change sign at will, some are nil in places."""
    random = np.random.default_rng(2014)
    flows = np.round(random.normal(0, 100, (DRAWS, periods)), 2)
    half = DRAWS // 2
    flows[:half] = np.abs(flows[:half])
    flows[:half, 0] = -np.round(random.uniform(10, 600, half), 2)
    flows[random.random(flows.shape) < 0.1] = 0
    flows[:half, 0] -= 1
    return flows


def _changes(flow: np.ndarray) -> int:
    signs = np.sign(flow[flow != 0])
    return int((signs[1:] != signs[:-1]).sum())


def _against(flows: np.ndarray, theirs: np.ndarray) -> dict[str, int]:
    """How many flows agree, and why the others do not; each difference is looked into."""
    ours = irr_many(flows)
    count = dict.fromkeys(("same", "another root", "they give none", "there is none", "wrong"), 0)
    for flow, own, other in zip(flows, ours, theirs, strict=True):
        if np.isnan(own):
            roots = irr(flow, roots=True)
            count["there is none" if not roots and not np.isfinite(other) else "wrong"] += 1
        elif not np.isfinite(other):
            count["they give none"] += 1
        elif np.isclose(own, other, rtol=1e-6, atol=1e-8):
            count["same"] += 1
        else:
            roots = irr(flow, roots=True)
            known = any(np.isclose(root, other, rtol=1e-6, atol=1e-8) for root in roots)
            count["another root" if known and _changes(flow) > 1 else "wrong"] += 1
    return count


def test_agrees_with_numpy_financial() -> None:
    """It takes the root nearest to nil, we the smallest that is not negative; where all are one, all agree."""
    rival = pytest.importorskip("numpy_financial", reason="an optional rival; published figures are checked without")
    flows = _flows()
    with np.errstate(all="ignore"):
        theirs = np.array([rival.irr(flow) for flow in flows])
    count = _against(flows, theirs)
    assert count["wrong"] == 0, count
    assert count["they give none"] == 0, count
    assert count["same"] > 0.8 * DRAWS, count
    simple = np.array([_changes(flow) == 1 for flow in flows])
    np.testing.assert_allclose(irr_many(flows[simple]), theirs[simple], rtol=1e-7, atol=1e-9)
    values = [rival.npv(0.07, flow) for flow in flows[:500]]
    np.testing.assert_allclose([net_present_value(0.07, flow) for flow in flows[:500]], values, rtol=1e-10, atol=1e-9)


def test_agrees_with_pyxirr() -> None:
    """It searches from a guess, so of several roots it may give any, or none."""
    rival = pytest.importorskip("pyxirr", reason="an optional rival; published figures are checked without")
    flows = _flows()
    found = [rival.irr(flow, silent=True) for flow in flows]
    theirs = np.array([np.nan if rate is None else rate for rate in found], dtype=float)
    count = _against(flows, theirs)
    assert count["wrong"] == 0, count
    assert count["same"] > 0.7 * DRAWS, count
    simple = np.array([_changes(flow) == 1 for flow in flows]) & np.isfinite(theirs)
    np.testing.assert_allclose(irr_many(flows[simple]), theirs[simple], rtol=1e-6, atol=1e-8)
    # Yearly values: ours fall in the middle of the year.
    half = 1.07**0.5
    values = np.array([rival.npv(0.07, flow) for flow in flows])
    ours = net_present_values(flows, range(2015, 2015 + flows.shape[1]), 0.07, date(2015, 1, 1))
    np.testing.assert_allclose(ours * half, values, rtol=1e-9, atol=1e-8)
