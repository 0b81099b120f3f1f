"""Separated flows: the fast search against a linear program over every column, and what an estimate does with them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from gravity_support import dummies, world
from tumen.trade import gravity
from tumen.trade._gravity_separation import separated


def by_program(trade: np.ndarray, design: np.ndarray) -> np.ndarray:
    """Each zero flow on its own: can a combination be above 0 there, 0 on positive flows, at least 0 on zero flows?"""
    out = np.zeros(trade.size, dtype=bool)
    zero, positive = design[trade == 0], design[trade > 0]
    for row in np.flatnonzero(trade == 0):
        answer = linprog(
            -design[row], A_ub=np.vstack([-zero, design[row]]), b_ub=np.r_[np.zeros(len(zero)), 1.0],
            A_eq=positive, b_eq=np.zeros(len(positive)), bounds=(None, None), method="highs",
        )  # fmt: skip
        out[row] = answer.status == 0 and answer.fun < -1e-6
    return out


@settings(max_examples=25)
@given(seed=st.integers(0, 100_000), share=st.sampled_from([0.3, 0.5, 0.65]))
def test_the_search_agrees_with_a_linear_program(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    data = world(countries=4, seed=seed, zeros=share)
    data = data[rng.random(len(data)) < 0.85]
    while True:  # as an estimate does first: no level without trade
        alive = np.ones(len(data), dtype=bool)
        for side in ("exporter", "importer"):
            alive &= (data.groupby(side)["trade"].transform("sum") > 0).to_numpy()
        if alive.all():
            break
        data = data[alive]
    if data.empty:
        return
    x = rng.integers(0, 2, (len(data), 2)).astype(float)
    trade = data["trade"].to_numpy()
    codes = [data.groupby(side).ngroup().to_numpy() for side in ("exporter", "importer")]
    expected = by_program(trade, np.hstack([x, dummies(data, [["exporter"], ["importer"]])]))
    np.testing.assert_array_equal(separated(trade, x, codes), expected)


def blocks() -> pd.DataFrame:
    """East and west trade inside themselves; flows from east to west are zero, those from west to east unknown."""
    data = world(countries=8, noise=0.3)
    east = {side: data[side] < "C04" for side in ("exporter", "importer")}
    data.loc[east["exporter"] & ~east["importer"], "trade"] = 0.0
    return data[~(~east["exporter"] & east["importer"])].reset_index(drop=True)


def test_flows_that_the_effects_predict_are_left_out() -> None:
    data = blocks()
    fit = gravity.estimate(data, "trade ~ log(dist) + rta")
    assert (fit.dropped["reason"] == "separated").sum() == 16
    assert (fit.fitted()[fit.dropped["row"]] == 0).all()
    inside = gravity.estimate(data[data["trade"] > 0], "trade ~ log(dist) + rta")
    np.testing.assert_allclose(fit.coefficients, inside.coefficients, rtol=1e-12)


def test_a_covariate_that_only_zero_flows_have_has_no_estimate() -> None:
    data = world(noise=0.3)
    data["embargo"] = 0
    data.loc[[3, 17, 40], ["embargo", "trade"]] = (1, 0.0)
    with pytest.raises(ValueError, match="embargo is collinear") as caught:
        gravity.estimate(data, "trade ~ log(dist) + embargo")
    assert "3 zero flows that the covariates predict perfectly" in str(caught.value)


def test_zero_flows_alone_separate_nothing() -> None:
    data = world(noise=0.3, zeros=0.4)
    assert gravity.estimate(data, "trade ~ log(dist) + contig + rta").dropped.empty
