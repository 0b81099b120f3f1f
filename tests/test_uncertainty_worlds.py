"""Worlds: what is added or taken away moves nothing else; levers and scenarios move only what follows from them."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tumen.errors import UnknownName
from tumen.uncertainty import (
    Blueprint,
    Clock,
    Correlation,
    GeometricBrownian,
    Hazard,
    MeanReverting,
    TrendGrowth,
    Worlds,
    constant,
    draw,
    lognormal,
    normal,
    triangular,
    uniform,
)

CLOCK = Clock(tuple(range(2013, 2021)), 2014.41)
ASSUMPTIONS = {
    "coal_price": lognormal(80, 0.2),
    "cost": triangular(285, 340, 400),
    "share": uniform(0, 1),
    "fixed": constant(3),
}
PROCESSES = {
    "oil": GeometricBrownian(100, normal(0, 0.02), 0.3),
    "ruble": MeanReverting(35, 33, lognormal(3, 0.3), 0.15),
    "growth": TrendGrowth(0.03, 0.02, 0.8, 0.01, 0.02),
    "nuclear_test": Hazard.from_counts(2, 7.6),
}
STREAMS = {"delay": 2, "pair": 1}
FULL = Blueprint(CLOCK, ASSUMPTIONS, PROCESSES, STREAMS)


def same(one: Worlds, other: Worlds) -> None:
    """Every name that both have is drawn alike."""
    for field in ("uniforms", "noise", "values", "paths"):
        a, b = getattr(one, field), getattr(other, field)
        for name in a.keys() & b.keys():
            np.testing.assert_array_equal(a[name], b[name], err_msg=name)


@settings(max_examples=30)
@given(
    gone=st.sets(st.sampled_from([*ASSUMPTIONS, *PROCESSES, *STREAMS])),
    order=st.permutations([*ASSUMPTIONS, *PROCESSES, *STREAMS]),
    seed=st.integers(0, 9),
    chunk=st.integers(0, 9),
)
def test_taking_away_or_reordering_changes_no_other_draw(
    gone: set[str], order: list[str], seed: int, chunk: int
) -> None:
    kept = [name for name in order if name not in gone]
    fewer = Blueprint(
        CLOCK,
        {name: ASSUMPTIONS[name] for name in kept if name in ASSUMPTIONS},
        {name: PROCESSES[name] for name in kept if name in PROCESSES},
        {name: STREAMS[name] for name in kept if name in STREAMS},
    )
    full, less = draw(FULL, seed, chunk, 32), draw(fewer, seed, chunk, 32)
    assert set(less.noise) == {name for name in kept if name not in ASSUMPTIONS}
    same(full, less)


def test_another_distribution_moves_only_its_own_name() -> None:
    one = draw(FULL, 1, 0)
    other = draw(replace(FULL, assumptions={**ASSUMPTIONS, "cost": uniform(100, 200), "fixed": uniform(0, 1)}), 1, 0)
    moved = {name for name in one.values if (one.values[name] != other.values[name]).any()}
    assert moved == {"cost", "fixed"}
    np.testing.assert_array_equal(one.uniforms["cost"], other.uniforms["cost"])
    assert all((one.paths[name] == other.paths[name]).all() for name in one.paths)


def test_a_longer_horizon_keeps_the_noise_of_the_years_it_had() -> None:
    one = draw(FULL, 1, 0)
    longer = draw(replace(FULL, clock=Clock(tuple(range(2013, 2040)), 2014.41)), 1, 0)
    for name, noise in one.noise.items():
        np.testing.assert_array_equal(longer.noise[name][..., :8], noise)
    np.testing.assert_allclose(longer.paths["oil"][:, :8], one.paths["oil"], rtol=1e-12)


def test_more_streams_keep_those_there_were() -> None:
    one, more = draw(FULL, 1, 0), draw(replace(FULL, streams={"delay": 5}), 1, 0)
    np.testing.assert_array_equal(more.noise["delay"][:2], one.noise["delay"])
    assert (one.noise["delay"][0] != one.noise["delay"][1]).all()


def test_shapes_margins_and_read_only() -> None:
    worlds = draw(FULL, seed=1, chunk=3)
    assert worlds.years == CLOCK.years
    assert {x.shape for x in worlds.values.values()} == {(256,)}
    assert {x.shape for x in worlds.paths.values()} == {(256, 8)}
    assert {name: x.shape[0] for name, x in worlds.noise.items()} == {
        "oil": 1, "ruble": 1, "growth": 2, "nuclear_test": 1, "delay": 2, "pair": 1,
    }  # fmt: skip
    assert set(worlds.uniforms) == {
        "coal_price", "cost", "share", "oil.drift", "ruble.half_life", "nuclear_test.rate",
    }  # fmt: skip
    assert set(worlds.varying) == set(worlds.uniforms)
    assert set(worlds.values) == set(FULL.distributions)
    for u in worlds.uniforms.values():
        assert sorted((u * 256).astype(int)) == list(range(256))
    for group in (worlds.uniforms, worlds.noise, worlds.values, worlds.paths):
        assert not any(x.flags.writeable for x in group.values())
    assert (worlds.paths["oil"][:, 0] == 100).all()  # the middle of 2013 is before as_of


def test_chunks_and_seeds_differ_and_repeat() -> None:
    one = draw(FULL, 1, 0)
    same(one, draw(FULL, 1, 0))
    same(one, pickle.loads(pickle.dumps(one)))
    same(one, draw(pickle.loads(pickle.dumps(FULL)), 1, 0))
    for other in (draw(FULL, 2, 0), draw(FULL, 1, 1)):
        assert all((one.uniforms[name] != other.uniforms[name]).any() for name in one.uniforms)
        assert all((one.noise[name] != other.noise[name]).all() for name in one.noise)


def test_a_lever_moves_only_what_follows_from_it() -> None:
    worlds = draw(FULL, 1, 0)
    moved = worlds.with_values({"cost": 300, "oil.drift": 0.1})
    assert (moved.values["cost"] == 300).all()
    assert (moved.values["oil.drift"] == 0.1).all()
    # A higher drift lifts each path by its own difference: the noise is the same.
    ratio = np.log(moved.paths["oil"] / worlds.paths["oil"])
    ahead = np.cumsum(CLOCK.steps)
    np.testing.assert_allclose(ratio, (0.1 - worlds.values["oil.drift"])[:, None] * ahead, atol=1e-12)
    for name in worlds.values.keys() - {"cost", "oil.drift"}:
        assert moved.values[name] is worlds.values[name]
    for name in worlds.paths.keys() - {"oil"}:
        assert moved.paths[name] is worlds.paths[name]
    assert moved.uniforms is worlds.uniforms
    assert moved.noise is worlds.noise
    assert "cost" not in moved.varying
    assert (worlds.values["cost"] != 300).all()


def test_levers_add_up_and_the_last_word_counts() -> None:
    worlds = draw(FULL, 1, 0)
    twice = worlds.with_values({"cost": 300, "share": 0.1}).with_values({"cost": 310})
    once = worlds.with_values({"share": 0.1, "cost": 310})
    same(twice, once)
    assert twice.levers == once.levers == {"cost": 310, "share": 0.1}
    same(pickle.loads(pickle.dumps(twice)), once)


def test_a_lever_without_a_name_or_a_number_is_refused() -> None:
    worlds = draw(FULL, 1, 0)
    with pytest.raises(UnknownName, match=r"no assumption 'coal_pric'; did you mean coal_price\?"):
        worlds.with_values({"coal_pric": 1.0})
    with pytest.raises(ValueError, match="lever cost is set to nan"):
        worlds.with_values({"cost": float("nan")})
    with pytest.raises(ValueError, match="start has to be above 0"):
        worlds.with_values({"oil.start": -1.0})


def test_a_scenario_keeps_the_draws_of_what_it_shares() -> None:
    worlds = draw(FULL, 4, 2, 64)
    scenario = replace(FULL, processes={**PROCESSES, "oil": GeometricBrownian(60, -0.05, 0.3)}, streams={})
    under = worlds.with_values({"cost": 300}).under(scenario)
    assert (under.seed, under.chunk, under.size) == (4, 2, 64)
    for name in under.uniforms.keys() & worlds.uniforms.keys():
        np.testing.assert_array_equal(under.uniforms[name], worlds.uniforms[name])
    np.testing.assert_array_equal(under.noise["oil"], worlds.noise["oil"])
    np.testing.assert_array_equal(under.values["cost"], worlds.values["cost"])
    assert not under.levers


def test_worlds_by_hand() -> None:
    clock = Clock((2014, 2015), 2014.0)
    oil = np.array([[100.0, 110.0], [100.0, 90.0]])
    worlds = Worlds.by_hand(clock, {"cost": np.array([1.0, 2.0])}, {"oil": oil}, {"delay": np.zeros((1, 2, 2))})
    moved = worlds.with_values({"cost": 5.0})
    assert worlds.values["cost"].tolist() == [1, 2]
    assert moved.values["cost"].tolist() == [5, 5]
    assert moved.paths["oil"].tolist() == oil.tolist()
    assert moved.noise["delay"].shape == (1, 2, 2)
    assert worlds.size == 2
    assert list(worlds.varying) == ["cost"]
    same(pickle.loads(pickle.dumps(moved)), moved)
    oil[0, 0] = 0.0
    assert worlds.paths["oil"][0, 0] == 100.0
    with pytest.raises(ValueError, match="made by hand"):
        worlds.under(FULL)
    with pytest.raises(ValueError, match="same number of draws"):
        Worlds.by_hand(clock, {"cost": np.ones(3)}, {"oil": oil})
    with pytest.raises(ValueError, match=r"paths \(draw, 2\)"):
        Worlds.by_hand(clock, {"cost": np.ones(2)}, {"oil": np.ones((2, 3))})


def test_names_are_used_once() -> None:
    with pytest.raises(ValueError, match="oil is an assumption and a process"):
        Blueprint(CLOCK, {"oil": constant(1)}, PROCESSES)
    with pytest.raises(ValueError, match=r"oil\.start is an assumption and a parameter"):
        Blueprint(CLOCK, {"oil.start": constant(1)}, PROCESSES)
    with pytest.raises(ValueError, match="growth is a process and an engine's stream"):
        Blueprint(CLOCK, {}, PROCESSES, {"growth": 1})
    with pytest.raises(ValueError, match="asks for 0 normals"):
        Blueprint(CLOCK, streams={"delay": 0})
    with pytest.raises(ValueError, match="at least 1"):
        draw(FULL, 1, 0, 0)


def test_a_blueprint_is_a_frozen_value() -> None:
    again = Blueprint(CLOCK, dict(ASSUMPTIONS), dict(PROCESSES), dict(STREAMS))
    assert again == FULL
    assert hash(again) == hash(FULL)
    assert replace(again, streams={}) != FULL
    with pytest.raises(TypeError):
        FULL.assumptions["cost"] = constant(1)  # type: ignore[index]


def test_prints_as_a_small_table() -> None:
    lines = repr(draw(FULL, 1, 0)).splitlines()
    assert lines[0] == "Worlds: 256 draws, chunk 0, seed 1, 2013..2020"
    assert lines[1].split() == ["5", "%", "median", "95", "%"]
    cost = next(line for line in lines if "cost" in line)
    assert float(cost.split()[2]) == pytest.approx(triangular(285, 340, 400).median, rel=0.01)
    assert lines[-1].startswith("  and ")
    assert len(lines) <= 15


def test_stratified_chunks_have_honest_errors_between_them() -> None:
    """Intervals from the spread between 16 chunks cover a known mean as often as they say."""
    blueprint = Blueprint(CLOCK, {"a": lognormal(1, 0.5), "b": uniform(0, 2)}, {"oil": PROCESSES["oil"]})
    tied = replace(blueprint, correlations=(Correlation(("a", "b"), ((1.0, 0.4), (0.4, 1.0))),))
    truth = np.exp(0.5**2 / 2)  # E a, as E[oil noise] is 0
    covered, tighter = 0, 0
    for seed in range(150):
        means, plain = [], []
        for chunk in range(16):
            worlds = draw(tied, seed, chunk, 32)
            measure = worlds.values["a"] + 0.2 * worlds.noise["oil"][0, :, 0]
            means.append(measure.mean())
            plain.append(worlds.values["a"].mean())
        error = np.std(means, ddof=1) / 4
        covered += abs(np.mean(means) - truth) <= 1.753 * error  # t with 15 degrees of freedom, 90 %
        tighter += np.std(plain) < 0.5 * 0.604 / np.sqrt(32)  # half of what unstratified draws would give
    assert covered / 150 == pytest.approx(0.9, abs=0.075)
    assert tighter == 150
