"""Gravity estimation: known worlds, a rival that shares no code, invariances, and what is left out."""

from __future__ import annotations

import dataclasses
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from gravity_support import TRUE, by_dummies, dummies, world
from tumen.errors import MissingExtra, NoConvergence, UnknownName
from tumen.trade import gravity
from tumen.trade._gravity_absorb import Absorber
from tumen.trade._gravity_formula import parse
from tumen.trade._gravity_ppml import fit as ppml_fit

FORMULA = "trade ~ log(dist) + contig + rta"
PANEL = ("exporter^year", "importer^year", "exporter^importer")


def matrix(data: pd.DataFrame) -> np.ndarray:
    return np.column_stack([np.log(data["dist"]), data["contig"], data["rta"]])


def test_an_exact_world_is_recovered() -> None:
    fit = gravity.estimate(world(), FORMULA)
    assert fit.terms == tuple(TRUE)
    np.testing.assert_allclose(fit.coefficients, list(TRUE.values()), rtol=1e-10)
    assert fit.pseudo_r2 > 0.8
    assert abs(fit.deviance) < 1e-8


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000), zeros=st.sampled_from([0.0, 0.2]))
def test_fitted_trade_adds_up(seed: int, zeros: float) -> None:
    data = world(seed=seed, noise=0.5, zeros=zeros)
    fit = gravity.estimate(data, FORMULA)
    kept = fit.fitted()
    for side in ("exporter", "importer"):
        sums = kept.groupby(data[side]).sum()
        np.testing.assert_allclose(sums, data.groupby(side)["trade"].sum(), rtol=1e-9)
    np.testing.assert_allclose(matrix(data).T @ (data["trade"] - kept), 0, atol=1e-7 * data["trade"].sum())
    assert fit.gap < 1e-9


@pytest.mark.parametrize("cluster", [None, "exporter", ("exporter", "importer"), "exporter^importer"])
def test_it_agrees_with_all_dummies(cluster: Any) -> None:
    data = world(seed=3, noise=0.6, zeros=0.15)
    fit = gravity.estimate(data, FORMULA, cluster=cluster)
    x, d, trade = matrix(data), dummies(data, [["exporter"], ["importer"]]), data["trade"].to_numpy()
    beta, mean, inverse = by_dummies(trade, x, d)
    np.testing.assert_allclose(fit.coefficients, beta, rtol=1e-9)
    np.testing.assert_allclose(fit.fitted(), mean, rtol=1e-8)
    scores = np.hstack([x, d]) * (trade - mean)[:, None]
    keys = {"exporter": ["exporter"], "importer": ["importer"], "both": ["exporter", "importer"]}

    def meat(key: str) -> np.ndarray:
        summed = pd.DataFrame(scores).groupby([data[name] for name in keys[key]]).sum().to_numpy()
        return summed.T @ summed

    n, k = len(data), 3 + 8 + 8 - 1
    if cluster is None:
        centre, factor = scores.T @ scores, n / (n - k)
    elif cluster == "exporter":
        centre, factor = meat("exporter"), (n - 1) / (n - (k - 8 + 1)) * 8 / 7
    elif cluster == "exporter^importer":  # each pair is one observation
        centre, factor = meat("both"), (n - 1) / (n - k) * n / (n - 1)
    else:
        centre = meat("exporter") + meat("importer") - meat("both")
        factor = (n - 1) / (n - (k - 16 + 2)) * 8 / 7
    expected = (inverse @ centre @ inverse)[:3, :3] * factor
    np.testing.assert_allclose(fit.covariance, expected, rtol=1e-6, atol=1e-12)
    assert fit.small_sample_factor == pytest.approx(factor)


def test_three_effects_agree_with_all_dummies() -> None:
    data = world(countries=6, years=4, seed=5, noise=0.4, zeros=0.1)
    fit = gravity.estimate(data, "trade ~ rta", fixed_effects=PANEL, cluster="exporter^importer")
    fitted = fit.fitted()
    keep = (fitted > 0).to_numpy()
    part = data[keep]
    d = dummies(part, [["exporter", "year"], ["importer", "year"], ["exporter", "importer"]])
    beta, mean, _ = by_dummies(part["trade"].to_numpy(), part[["rta"]].to_numpy(dtype=float), d)
    np.testing.assert_allclose(fit.coefficients, beta, rtol=1e-8)
    np.testing.assert_allclose(fitted[keep], mean, rtol=1e-7)


def test_without_effects_there_is_an_intercept() -> None:
    data = world(noise=0.5)
    fit = gravity.estimate(data, "trade ~ log(dist)", fixed_effects=())
    beta, mean, _ = by_dummies(data["trade"].to_numpy(), np.log(data[["dist"]].to_numpy()), np.ones((len(data), 1)))
    assert fit.terms == ("log(dist)", "Intercept")
    assert fit.coefficients["log(dist)"] == pytest.approx(beta[0], rel=1e-9)
    np.testing.assert_allclose(fit.predict(), mean, rtol=1e-8)
    assert gravity.estimate(data, "trade ~ 1", fixed_effects=()).fitted().iloc[0] == pytest.approx(data["trade"].mean())


@settings(max_examples=10)
@given(seed=st.integers(0, 1000), factor=st.sampled_from([1e-4, 1.0, 1e7]))
def test_order_and_units_do_not_matter(seed: int, factor: float) -> None:
    data = world(seed=seed, noise=0.5, zeros=0.1)
    base = gravity.estimate(data, FORMULA, cluster="importer")
    other = data.assign(trade=data["trade"] * factor, dist=data["dist"] * 0.62).sample(frac=1, random_state=seed)
    again = gravity.estimate(other, FORMULA, cluster="importer")
    np.testing.assert_allclose(again.coefficients, base.coefficients, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(again.std_errors, base.std_errors, rtol=1e-7)
    np.testing.assert_allclose(again.fitted().sort_index() / factor, base.fitted(), rtol=1e-7)


def spoiled() -> pd.DataFrame:
    data = world(countries=7, noise=0.3)
    data.index = pd.Index([f"row {k}" for k in range(len(data))])
    data.loc["row 1", "trade"] = np.nan
    data.loc["row 2", "dist"] = np.nan
    data.loc["row 3", "dist"] = 0.0
    data.loc["row 9", "trade"] = np.inf
    data["exporter"] = data["exporter"].astype(object)
    data.loc["row 10", "exporter"] = None
    data.loc[data["exporter"] == "C04", "trade"] = 0.0
    lone = (data["exporter"] == "C05") & (data["importer"] != "C01")
    return data[~lone]


def test_what_is_left_out_is_reported() -> None:
    data = spoiled()
    fit = gravity.estimate(data, FORMULA)
    told = fit.dropped.set_index("row")
    assert tuple(told.loc["row 1"]) == ("missing", "trade")
    assert tuple(told.loc["row 2"]) == ("missing", "log(dist)")
    assert tuple(told.loc["row 3"]) == ("not finite", "log(dist)")
    assert tuple(told.loc["row 9"]) == ("not finite", "trade")
    assert tuple(told.loc["row 10"]) == ("missing", "exporter")
    assert (told["detail"] == "exporter C04").sum() == 7
    alone = told.index[told["reason"] == "singleton"]
    assert list(told.loc[alone, "detail"]) == ["exporter C05"]
    assert fit.observations == len(data) - len(told)
    fitted = fit.fitted()
    assert (fitted[told.index[told["detail"] == "exporter C04"]] == 0).all()
    assert fitted[alone[0]] == data["trade"][alone[0]]
    assert fitted[["row 1", "row 2", "row 3", "row 9", "row 10"]].isna().all()
    assert "left out: 7 rows, no trade in group" in repr(fit)


def test_a_row_left_out_changes_nothing_else() -> None:
    data = spoiled()
    fit = gravity.estimate(data, FORMULA)
    clean = gravity.estimate(data.drop(index=fit.dropped["row"]), FORMULA)
    np.testing.assert_array_equal(fit.coefficients, clean.coefficients)
    assert clean.dropped.empty


def test_a_missing_flow_is_predicted() -> None:
    data = world()
    gap = data.assign(trade=data["trade"].where(data.index != 11))
    fit = gravity.estimate(gap, FORMULA)
    assert np.isnan(fit.fitted()[11])
    assert fit.predict()[11] == pytest.approx(data["trade"][11], rel=1e-9)
    flows = fit.flows()
    assert list(flows.columns) == ["exporter", "importer", "year", "value"]
    assert len(flows) == len(data)


def test_a_flow_between_two_worlds_is_not_predicted() -> None:
    """Two blocks that do not trade with each other: their effects cannot be compared."""
    data = world(countries=8, noise=0.3)
    east = {side: data[side] < "C04" for side in ("exporter", "importer")}
    data.loc[east["exporter"] != east["importer"], "trade"] = np.nan
    predicted = gravity.estimate(data, FORMULA).predict()
    assert predicted[east["exporter"] != east["importer"]].isna().all()
    assert predicted[east["exporter"] == east["importer"]].notna().all()


def test_a_covariate_that_changes_acts_directly() -> None:
    data = world(noise=0.4)
    fit = gravity.estimate(data, FORMULA)
    np.testing.assert_array_equal(fit.predict(), fit.fitted())
    np.testing.assert_array_equal(fit.predict({"dist": data["dist"]}), fit.fitted())
    gone = fit.fitted() * np.exp(-fit.coefficients["rta"] * data["rta"])
    np.testing.assert_allclose(fit.predict({"rta": 0}), gone, rtol=1e-12)
    doubled = fit.predict({"dist": 2 * data["dist"].to_numpy()})
    np.testing.assert_allclose(doubled, fit.fitted() * 2 ** fit.coefficients["log(dist)"], rtol=1e-12)


def test_costs_say_the_same_as_the_change_of_trade() -> None:
    data = world(noise=0.4)
    fit = gravity.estimate(data, FORMULA)
    shock = fit.costs({"rta": 0}, theta=4.0)
    assert len(shock) == data["rta"].sum()
    ratio = (fit.predict({"rta": 0}) / fit.fitted())[data["rta"] == 1]
    np.testing.assert_allclose(shock["cost"] ** -4.0, ratio, rtol=1e-12)
    with pytest.raises(ValueError, match="theta is -1"):
        fit.costs({"rta": 0}, theta=-1)
    with pytest.raises(UnknownName, match="did you mean rta"):
        fit.predict({"rtaa": 0})


def test_draws_have_the_covariance() -> None:
    fit = gravity.estimate(world(noise=0.4), FORMULA)
    normals = np.sqrt(3) * np.vstack([np.eye(3), -np.eye(3)])
    draws = fit.draws(normals)
    np.testing.assert_allclose(draws.mean(axis=0), fit.coefficients, rtol=1e-12)
    np.testing.assert_allclose(np.cov(draws.T, bias=True), fit.covariance, rtol=1e-9)
    assert not draws.flags.writeable
    with pytest.raises(ValueError, match=r"\(4, 2\); expected \(draws, 3\)"):
        fit.draws(np.zeros((4, 2)))
    bent = fit.covariance.to_numpy() - 1.5 * np.linalg.eigvalsh(fit.covariance)[0] * np.eye(3)
    bent_fit = dataclasses.replace(fit, covariance=pd.DataFrame(bent, fit.terms, fit.terms))
    values, vectors = np.linalg.eigh(bent)
    nearest = (vectors * values.clip(0)) @ vectors.T
    np.testing.assert_allclose(np.cov(bent_fit.draws(normals).T, bias=True), nearest, rtol=1e-9, atol=1e-15)


def test_the_table() -> None:
    fit = gravity.estimate(world(noise=0.4), FORMULA)
    table = fit.tidy()
    np.testing.assert_allclose(table["p_value"], 2 * stats.norm.sf(table["z"].abs()), rtol=1e-9)
    np.testing.assert_allclose(table["high"] - table["low"], 2 * stats.norm.ppf(0.975) * fit.std_errors, rtol=1e-12)
    text = repr(fit)
    assert text.splitlines()[0] == "trade ~ log(dist) + contig + rta   PPML, effects: exporter, importer"
    assert f"{fit.coefficients['contig']:.4f}" in text
    assert "errors robust" in text


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("trade", "one ~"),
        ("trade ~ a ~ b", "one ~"),
        ("log(trade) ~ rta", "trade enters in levels"),
        ("trade ~ rta * contig", r"'rta \* contig' is not understood"),
        ("trade ~ exp(rta)", "not understood"),
        ("trade ~ rta +", "term '' is not understood"),
        ("trade ~ rta + rta", "rta stands there twice"),
        ("trade ~ log(trade)", "both sides"),
        ("trade ~ __import__('os')", "not understood"),
        ("trade ~ rta + 1", "not understood"),
    ],
)
def test_a_formula_that_is_not_understood(formula: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse(formula)


@pytest.mark.parametrize(
    ("change", "options", "error", "message"),
    [
        ({}, {"formula": "trade ~ log(dits)"}, UnknownName, "no column 'dits'; did you mean dist"),
        ({}, {"fixed_effects": ("exporter", "improter")}, UnknownName, "did you mean importer"),
        ({}, {"cluster": "exprter"}, UnknownName, "did you mean exporter"),
        ({}, {"cluster": ("exporter", "importer", "year")}, ValueError, "by 3 names"),
        ({}, {"cluster": "year"}, ValueError, "one cluster only"),
        ({}, {"cluster": "exporter^"}, ValueError, "joined by"),
        ({}, {"fixed_effects": ("exporter", "exporter")}, ValueError, "stands there twice"),
        ({}, {"method": "ols"}, ValueError, "no method 'ols'"),
        ({}, {"backend": "stata"}, ValueError, "no backend 'stata'"),
        ({}, {"formula": "trade ~ exporter"}, ValueError, "'exporter' is not numeric"),
        ({"trade": -1.0}, {}, ValueError, "negative trade, first row 0 with -1; trade is at least 0"),
        ({"trade": 0.0}, {}, ValueError, "no row with trade is left of 64: 64 no trade in group"),
        ({"rta": 1}, {}, ValueError, "rta is collinear: the fixed effects determine it"),
        ({"size": 2.0}, {"formula": "trade ~ rta + size"}, ValueError, "size is collinear: the fixed effects"),
        ({"group": None}, {"cluster": "group"}, ValueError, "cluster group: missing in 64 rows"),
    ],
)
def test_errors(change: dict[str, Any], options: dict[str, Any], error: type[Exception], message: str) -> None:
    data = world(noise=0.3).assign(**change)
    formula = options.pop("formula", FORMULA)
    with pytest.raises(error, match=message):
        gravity.estimate(data, formula, **options)


def test_a_collinear_covariate_is_named_with_those_that_determine_it() -> None:
    data = world(noise=0.3)
    data["both"] = 2 * data["rta"] - data["contig"] + data.groupby("exporter").ngroup()
    with pytest.raises(ValueError, match="both is collinear: contig and rta determine it given the fixed effects"):
        gravity.estimate(data, FORMULA + " + both")


def test_too_few_observations_for_errors() -> None:
    data = world(countries=2, noise=0.3)
    with pytest.raises(ValueError, match="4 observations for 4 coefficients and effects"):
        gravity.estimate(data, "trade ~ log(dist)")


def test_many_levels_are_solved_by_conjugate_gradients() -> None:
    rng = np.random.default_rng(2)
    codes = [rng.integers(0, size, 900) for size in (12, 9, 30)]
    codes = [np.unique(code, return_inverse=True)[1] for code in codes]
    values, weights = rng.normal(size=(900, 3)), rng.lognormal(0, 2, 900)
    answers = []
    for dense in (2500, 0):
        absorber = Absorber(codes, dense=dense)
        absorber.weigh(weights)
        left, effects = absorber.project(values)
        spread = sum(effect[code] for effect, code in zip(effects, codes, strict=True))
        np.testing.assert_allclose(left + spread, values, atol=1e-10)
        for code in codes:
            sums = np.array([np.bincount(code, weights * column) for column in left.T])
            np.testing.assert_allclose(sums, 0, atol=1e-8)
        answers.append(left)
    np.testing.assert_allclose(answers[0], answers[1], atol=1e-9)


def test_conjugate_gradients_that_do_not_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tumen.trade._gravity_absorb._CG_STEPS", 1)
    data = world(seed=4, noise=0.5)
    codes = [data.groupby(side).ngroup().to_numpy() for side in ("exporter", "importer")]
    absorber = Absorber(codes, dense=0)
    absorber.weigh(data["trade"].to_numpy())
    with pytest.raises(NoConvergence, match="almost collinear"):
        absorber.project(matrix(data))


@pytest.mark.parametrize(("families", "free"), [(1, 0), (2, 1), (3, 5 + 5)])
def test_directions_that_change_no_flow(families: int, free: int) -> None:
    """Exporter, importer, pair: pairs hold both others, so that every level of those is free."""
    data = world(countries=5)
    pair = data["exporter"] + data["importer"]
    codes = [pd.factorize(column)[0] for column in (data["exporter"], data["importer"], pair)][:families]
    absorber = Absorber(codes)
    absorber.weigh(data["trade"].to_numpy())
    found = absorber.free_directions()
    assert found is not None
    moved = sum(effect[code] for effect, code in zip(found, codes, strict=True))
    np.testing.assert_allclose(moved, 0, atol=1e-10)
    assert found[0].shape[1] == free


def test_effects_inside_other_effects_change_nothing() -> None:
    data = world(countries=6, years=3, noise=0.3)
    pair = ("exporter^importer",)
    fit = gravity.estimate(data, "trade ~ rta", fixed_effects=pair)
    more = gravity.estimate(data, "trade ~ rta", fixed_effects=("exporter", "importer", *pair))
    assert more.coefficients["rta"] == pytest.approx(fit.coefficients["rta"], rel=1e-9)
    np.testing.assert_allclose(more.fitted(), fit.fitted(), rtol=1e-9)


def test_a_solver_that_stops_short_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tumen.trade._gravity_ppml._LIMIT", 2)
    with pytest.raises(NoConvergence, match="did not settle in 2 steps"):
        gravity.estimate(world(noise=0.4), FORMULA)


def test_an_offset_is_taken_off() -> None:
    data = world(noise=0.4)
    codes = [data.groupby(side).ngroup().to_numpy() for side in ("exporter", "importer")]
    offset, trade = 0.7 * data["rta"].to_numpy(), data["trade"].to_numpy()
    with_it = ppml_fit(trade, matrix(data), codes, list(TRUE), offset)
    without = ppml_fit(trade, matrix(data), codes, list(TRUE))
    np.testing.assert_allclose(with_it.coefficients + np.array([0, 0, 0.7]), without.coefficients, rtol=1e-9)
    np.testing.assert_allclose(with_it.fitted, without.fitted, rtol=1e-9)


def test_effects_make_up_the_fitted_flows() -> None:
    data = world(noise=0.4)
    fit = gravity.estimate(data, FORMULA)
    eta = matrix(data) @ fit.coefficients.to_numpy()
    eta += data["exporter"].map(fit.effects["exporter"]) + data["importer"].map(fit.effects["importer"])
    np.testing.assert_allclose(np.exp(eta), fit.fitted(), rtol=1e-10)


def test_pyfixest_is_an_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyfixest", None)
    with pytest.raises(MissingExtra, match="extra `estimate`"):
        gravity.estimate(world(), FORMULA, backend="pyfixest")


@pytest.mark.parametrize("cluster", [None, "exporter", ("exporter", "importer")])
@pytest.mark.parametrize("effects", [("exporter", "importer"), PANEL])
def test_pyfixest_agrees(cluster: Any, effects: tuple[str, ...]) -> None:
    pytest.importorskip("pyfixest")
    data = world(countries=8, years=3, seed=8, noise=0.4, zeros=0.1)
    core, rival = (
        gravity.estimate(data, "trade ~ rta", fixed_effects=effects, cluster=cluster, backend=name)
        for name in ("core", "pyfixest")
    )
    np.testing.assert_allclose(core.coefficients, rival.coefficients, atol=1e-9)
    np.testing.assert_allclose(core.covariance, rival.covariance, rtol=1e-6)
    np.testing.assert_allclose(core.fitted(), rival.fitted(), rtol=1e-6)
    assert core.small_sample_factor == pytest.approx(rival.small_sample_factor, rel=1e-12)
