"""Sensitivity: known answers, coverage of the intervals, and cases where nothing can be said."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tumen.uncertainty import Array, Sensitivity, generator, sensitivities, sensitivity


def table(found: tuple[Sensitivity, ...]) -> dict[str, Sensitivity]:
    return {entry.name: entry for entry in found}


def linear(n: int, seed: int) -> tuple[Array, dict[str, Array]]:
    a, b, c, noise = generator(seed, 0, "linear").standard_normal((4, n))
    return 3 * a + 2 * b + noise, {"a": a, "b": b, "idle": c}


LINEAR = {"a": 9 / 14, "b": 4 / 14, "idle": 0.0, "chance": 1 / 14}


def test_a_linear_model() -> None:
    y, inputs = linear(4096, 1)
    found = sensitivity(y, inputs, seed=1)
    assert [entry.name for entry in found] == ["a", "b", "chance", "idle"]
    for name, entry in table(found).items():
        assert entry.share == pytest.approx(LINEAR[name], abs=0.04)
        assert 0 <= entry.low <= entry.share <= entry.high <= 1
        if name != "chance":
            rival = stats.spearmanr(y, inputs[name]).statistic
            assert entry.rank_correlation == pytest.approx(rival, abs=1e-12)
            # In a linear model the share is the squared correlation: so it is in this very sample.
            assert entry.share == pytest.approx(np.corrcoef(y, inputs[name])[0, 1] ** 2, abs=0.01)
    assert sum(entry.share for entry in found) == pytest.approx(1, abs=0.01)


def test_ishigami() -> None:
    """Ishigami and Homma (1990), a = 7, b = 0.1: first-order indices 0.3139, 0.4424 and 0, the rest interaction."""
    x = generator(2, 0, "ishigami").uniform(-np.pi, np.pi, (3, 8192))
    y = np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])
    found = table(sensitivity(y, {"x1": x[0], "x2": x[1], "x3": x[2]}, seed=1))
    for name, truth in {"x1": 0.3139, "x2": 0.4424, "x3": 0.0, "chance": 0.2437}.items():
        assert found[name].share == pytest.approx(truth, abs=0.025)
    assert abs(found["x2"].rank_correlation) < 0.04  # matters, though not in one direction


@pytest.mark.parametrize("n", [256, 1024])
def test_intervals_cover_the_truth(n: int) -> None:
    runs = 80
    covered = dict.fromkeys(LINEAR, 0)
    for seed in range(runs):
        found = table(sensitivity(*linear(n, 100 + seed), seed=seed, replicates=120))
        for name, truth in LINEAR.items():
            covered[name] += found[name].low <= truth <= found[name].high
    for name in ("a", "b", "chance"):
        assert 0.78 <= covered[name] / runs <= 1.0  # 90 %, less three and a half standard errors
    assert covered["idle"] >= 0.9 * runs


def test_many_idle_inputs_leave_chance_as_it_is() -> None:
    rng = generator(5, 0, "idle")
    inputs = {f"x{i}": rng.random(512) for i in range(30)}
    y = inputs["x0"] + rng.standard_normal(512) * np.sqrt(1 / 12)
    found = table(sensitivity(y, inputs, seed=1))
    assert found["x0"].share == pytest.approx(0.5, abs=0.1)
    assert found["chance"].share == pytest.approx(0.5, abs=0.2)
    assert max(entry.share for name, entry in found.items() if name not in ("x0", "chance")) < 0.07


def test_inputs_that_move_together_are_not_counted_twice() -> None:
    rng = generator(6, 0, "together")
    a, noise = rng.standard_normal((2, 4096))
    b = 0.95 * a + np.sqrt(1 - 0.95**2) * rng.standard_normal(4096)
    y = a + b + noise * np.sqrt(3.9 / 3)
    found = table(sensitivity(y, {"a": a, "b": b}, seed=1))
    assert found["chance"].share == pytest.approx(0.25, abs=0.04)
    assert min(found["a"].share, found["b"].share) > 0.6


def test_discrete_inputs_are_binned_by_value() -> None:
    rng = generator(7, 0, "discrete")
    die = rng.integers(1, 7, 3000).astype(float)
    effect = np.array([0.0, 3, -1, 2, 5, -4, 1])[die.astype(int)]
    y = effect + rng.standard_normal(3000)
    truth = np.var([3, -1, 2, 5, -4, 1])
    found = table(sensitivity(y, {"die": die}, seed=1))
    assert found["die"].share == pytest.approx(truth / (truth + 1), abs=0.02)


def test_a_yes_or_no_measure() -> None:
    u: Array = (np.arange(4096, dtype=np.float64) + 0.5) / 4096
    found = table(sensitivity((u > 0.75).astype(float), {"u": u}, seed=1))
    assert found["u"].share > 0.95
    assert found["u"].rank_correlation == pytest.approx(0.75, abs=0.001)  # √(3 x 3/4 x 1/4)


@pytest.mark.parametrize("n", [1, 2, 7, 15, 16, 40])
def test_few_draws(n: int) -> None:
    x: Array = np.arange(n, dtype=np.float64) + 1.0
    found = table(sensitivity(2 * x, {"x": x, "still": np.ones(n)}, seed=1))
    assert set(found) == {"x", "still", "chance"}
    assert found["still"] == Sensitivity("still", 0.0, 0.0, 0.0, 0.0)
    if n == 1:
        assert found["x"] == Sensitivity("x", 0.0, 0.0, 0.0, 0.0)
    else:
        assert found["x"].rank_correlation == pytest.approx(1)
        assert found["x"].high == pytest.approx(1)
        assert found["x"].share == pytest.approx(float(n >= 16))


def test_a_constant_measure_has_no_drivers() -> None:
    found = sensitivity(np.full(300, 0.1) * 3, {"x": np.arange(300.0)}, seed=1)
    assert found == (Sensitivity("x", 0.0, 0.0, 0.0, 0.0), Sensitivity("chance", 0.0, 0.0, 0.0, 0.0))


def test_no_inputs_leave_all_to_chance() -> None:
    (only,) = sensitivity(np.arange(300.0), {}, seed=1)
    assert (only.name, only.share) == ("chance", 1.0)


@settings(max_examples=25)
@given(
    factor=st.floats(1e-200, 1e200) | st.floats(-1e200, -1e-200),
    offset=st.floats(-10, 10),
    x_factor=st.floats(1e-100, 1e100),
)
def test_units_do_not_matter(factor: float, offset: float, x_factor: float) -> None:
    y, inputs = linear(300, 9)
    one = table(sensitivity(y, inputs, seed=1, replicates=20))
    other = table(
        sensitivity((y + offset) * factor, {k: x * x_factor for k, x in inputs.items()}, seed=1, replicates=20)
    )
    for name, entry in one.items():
        moved = other[name]
        assert (moved.share, moved.low, moved.high) == pytest.approx((entry.share, entry.low, entry.high), abs=1e-6)
        assert moved.rank_correlation == pytest.approx(np.sign(factor) * entry.rank_correlation, abs=1e-9)


def test_is_repeatable() -> None:
    y, inputs = linear(500, 3)
    assert sensitivity(y, inputs, seed=4) == sensitivity(y, inputs, seed=4)
    assert sensitivity(y, inputs, seed=4) != sensitivity(y, inputs, seed=5)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda: sensitivity(np.array([1.0, np.nan]), {}, seed=1), "finite number in every draw"),
        (lambda: sensitivity(np.ones((2, 2)), {}, seed=1), "one value for each draw"),
        (lambda: sensitivity(np.ones(2), {"x": np.ones(3)}, seed=1), r"input x has shape \(3,\); expected \(2,\)"),
        (lambda: sensitivity(np.ones(2), {"chance": np.ones(2)}, seed=1), "rename it"),
    ],
)
def test_refuses_with_a_reason(call: Callable[[], object], expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        call()


def test_thirty_inputs_take_less_than_a_second() -> None:
    rng = generator(8, 0, "speed")
    inputs = {f"x{i}": rng.random(4096) for i in range(30)}
    y = sum(inputs.values(), start=np.zeros(4096))
    begun = time.process_time()
    sensitivity(y, inputs, seed=1)
    assert time.process_time() - begun < 1.5  # 0.3 s on two cores of 2023; the rest is for slow machines


def test_several_measures_at_once_are_each_as_alone() -> None:
    rng = np.random.default_rng(8)
    inputs = {"a": rng.normal(size=700), "b": rng.uniform(size=700), "die": rng.integers(1, 7, 700).astype(float)}
    inputs["c"] = inputs["a"] + 0.5 * rng.normal(size=700)
    measures = [inputs["a"] + inputs["b"] ** 2, np.full(700, 3.0), inputs["die"] * inputs["c"]]
    together = sensitivities(measures, inputs, seed=2, replicates=40)
    assert len(together) == 3
    for y, found in zip(measures, together, strict=True):
        alone = sensitivity(y, inputs, seed=2, replicates=40)
        assert [item.name for item in found] == [item.name for item in alone]
        for one, other in zip(found, alone, strict=True):
            assert (one.share, one.low, one.high) == pytest.approx((other.share, other.low, other.high), abs=1e-12)
    assert sensitivities([], inputs, seed=2) == ()
