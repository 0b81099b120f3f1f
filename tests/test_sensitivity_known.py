"""Variance shares whose truth is known, of inputs and of groups: Ishigami's function, linear models, twins."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tumen.uncertainty import Array, GroupShare, generator, group_shares, sensitivity

Model = Callable[[int, int], tuple[Array, dict[str, Array]]]

# Ishigami and Homma (1990), a = 7, b = 0.1, by the closed form of its variances.
A, B = 7.0, 0.1
V1, V2 = 0.5 * (1 + B * np.pi**4 / 5) ** 2, A**2 / 8
V = A**2 / 8 + B * np.pi**4 / 5 + B**2 * np.pi**8 / 18 + 0.5
ISHIGAMI = {"x1": V1 / V, "x2": V2 / V, "x3": 0.0, "chance": 1 - (V1 + V2) / V}
ISHIGAMI_GROUPS = {"x1": "outer", "x3": "outer", "x2": "middle", "x4": "idle"}

# Chosen shares of 40, 20, 15, 5 and 0 %; chance has the other 20.
LINEAR = {"a": 0.4, "b": 0.2, "c": 0.15, "d": 0.05, "idle": 0.0, "chance": 0.2}
LINEAR_GROUPS = {"a": "one", "c": "one", "b": "two", "d": "two", "idle": "three"}


def ishigami(n: int, seed: int) -> tuple[Array, dict[str, Array]]:
    x = generator(seed, 0, "ishigami").uniform(-np.pi, np.pi, (4, n))
    return np.sin(x[0]) + A * np.sin(x[1]) ** 2 + B * x[2] ** 4 * np.sin(x[0]), {f"x{i + 1}": x[i] for i in range(4)}


def linear(n: int, seed: int) -> tuple[Array, dict[str, Array]]:
    z = dict(zip(LINEAR, generator(seed, 0, "linear").standard_normal((len(LINEAR), n)), strict=True))
    y: Array = np.sum([np.sqrt(share) * z[name] for name, share in LINEAR.items()], axis=0)
    return y, {name: x for name, x in z.items() if name != "chance"}


def grouped(truth: dict[str, float], groups: dict[str, str]) -> dict[str, float]:
    sums = {
        group: sum(truth.get(name, 0.0) for name, own in groups.items() if own == group) for group in groups.values()
    }
    return sums | {"chance": truth["chance"]}


def by_group(found: tuple[GroupShare, ...]) -> dict[str, GroupShare]:
    return {item.group: item for item in found}


def test_the_closed_form_is_the_published_one() -> None:
    assert [ISHIGAMI[name] for name in ("x1", "x2", "x3")] == pytest.approx([0.3139, 0.4424, 0.0], abs=5e-5)


@pytest.mark.parametrize(("model", "truth"), [(ishigami, ISHIGAMI), (linear, LINEAR)])
def test_shares_agree_with_the_analytic_ones(model: Model, truth: dict[str, float]) -> None:
    y, inputs = model(8192, 3)
    for item in sensitivity(y, inputs, seed=1):
        assert item.share == pytest.approx(truth.get(item.name, 0.0), abs=0.02)
        assert item.low <= item.share <= item.high
        assert item.high - item.low < 0.06


@pytest.mark.parametrize(("model", "truth"), [(ishigami, ISHIGAMI), (linear, LINEAR)])
def test_intervals_of_shares_cover(model: Model, truth: dict[str, float]) -> None:
    runs = 60
    covered = dict.fromkeys(truth, 0)
    for seed in range(runs):
        for item in sensitivity(*model(1024, seed), seed=seed, replicates=100):
            if item.name in truth:
                covered[item.name] += item.low - 1e-9 <= truth[item.name] <= item.high
    assert min(covered.values()) / runs >= 0.76  # 90 %, less three and a half standard errors


@pytest.mark.parametrize(
    ("model", "truth"),
    [(ishigami, grouped(ISHIGAMI, ISHIGAMI_GROUPS)), (linear, grouped(LINEAR, LINEAR_GROUPS))],
)
def test_groups_agree_with_the_analytic_shares(model: Model, truth: dict[str, float]) -> None:
    groups = ISHIGAMI_GROUPS | LINEAR_GROUPS
    y, inputs = model(8192, 4)
    (found,) = group_shares([y], inputs, groups, seed=1)
    assert sum(item.share for item in found) == pytest.approx(1.0, abs=0.005)
    for item in found:
        assert item.share == pytest.approx(truth[item.group], abs=0.02)
        assert item.low <= item.share <= item.high
    runs, covered = 60, dict.fromkeys(truth, 0)
    for seed in range(runs):
        (found,) = group_shares([(drawn := model(2048, seed))[0]], drawn[1], groups, seed=seed, replicates=100)
        for item in found:
            covered[item.group] += item.low - 1e-9 <= truth[item.group] <= item.high
    assert min(covered.values()) / runs >= 0.76


def test_idle_inputs_bring_a_group_nothing() -> None:
    rng = generator(5, 0, "idle")
    inputs = {f"x{i}": rng.standard_normal(2048) for i in range(120)}
    y = inputs["x0"] + rng.standard_normal(2048)
    found = by_group(group_shares([y], inputs, {name: "all" if name == "x0" else "idle" for name in inputs}, seed=1)[0])
    assert found["all"].share == pytest.approx(0.5, abs=0.05)
    assert found["idle"].share < 0.01
    assert found["idle"].low == 0


def test_twins_in_two_groups_are_counted_once() -> None:
    """What two inputs that are the same explain is divided between their groups; they get no more than all of it."""
    rng = generator(6, 0, "twins")
    x, z, noise = rng.standard_normal((3, 4096))
    y = 2 * x + z + np.sqrt(3) * noise  # shares 4/8, 1/8, and chance 3/8
    found = by_group(group_shares([y], {"x": x, "twin": x, "z": z}, {"x": "a", "twin": "b", "z": "b"}, seed=1)[0])
    assert found["a"].share + found["b"].share == pytest.approx(5 / 8, abs=0.04)
    assert found["a"].share == pytest.approx(2 / 8, abs=0.04)
    assert found["chance"].share == pytest.approx(3 / 8, abs=0.04)


def test_inputs_that_move_together() -> None:
    """Cov(h_g, y)/Var(y) of y = a + b + noise with a correlation of 0.6: each (1 + 0.6) of 3.2 and the noise's."""
    rng = generator(7, 0, "together")
    a, other, noise = rng.standard_normal((3, 8192))
    b = 0.6 * a + 0.8 * other
    found = by_group(group_shares([a + b + np.sqrt(0.8) * noise], {"a": a, "b": b}, {"a": "A", "b": "B"}, seed=1)[0])
    assert found["A"].share == pytest.approx(1.6 / 4, abs=0.03)
    assert found["B"].share == pytest.approx(1.6 / 4, abs=0.03)
    assert found["chance"].share == pytest.approx(0.2, abs=0.03)


def test_a_long_tail() -> None:
    """y follows a lognormal input, half of whose variance lies beyond its 98 % quantile."""
    rng = generator(10, 0, "tail")
    x = np.exp(rng.standard_normal(8192))
    y = x + x.std() / 3 * rng.standard_normal(8192)
    assert by_group(group_shares([y], {"x": x}, {"x": "g"}, seed=1)[0])["g"].share == pytest.approx(0.9, abs=0.02)


def test_a_step_of_a_yes_or_no_input() -> None:
    rng = generator(8, 0, "step")
    coin = (rng.random(2048) < 0.3).astype(float)
    y = 3 * coin + rng.standard_normal(2048)
    truth = 9 * 0.21 / (9 * 0.21 + 1)
    assert by_group(group_shares([y], {"coin": coin}, {"coin": "g"}, seed=1)[0])["g"].share == pytest.approx(
        truth, abs=0.03
    )


@settings(max_examples=20)
@given(factor=st.floats(1e-3, 1e6) | st.floats(-1e6, -1e-3), offset=st.floats(-1e3, 1e3))
def test_units_do_not_matter(factor: float, offset: float) -> None:
    y, inputs = linear(512, 9)
    (one,) = group_shares([y], inputs, LINEAR_GROUPS, seed=1, replicates=10)
    (other,) = group_shares(
        [y * factor + offset * abs(factor)],
        {k: 7 - 2 * x for k, x in inputs.items()},
        LINEAR_GROUPS,
        seed=1,
        replicates=10,
    )
    for a, b in zip(one, other, strict=True):
        assert (a.group, a.share, a.low, a.high) == pytest.approx((b.group, b.share, b.low, b.high), abs=1e-6)


def test_what_cannot_be_told() -> None:
    few = group_shares([np.arange(40.0)], {"x": np.arange(40.0)}, {"x": "g"}, seed=1)
    assert few == ((GroupShare("g", 0.0, 0.0, 1.0), GroupShare("chance", 0.0, 0.0, 1.0)),)
    still = group_shares([np.ones(400)], {"x": np.arange(400.0)}, {"x": "g"}, seed=1)
    assert still == ((GroupShare("g", 0.0, 0.0, 0.0), GroupShare("chance", 0.0, 0.0, 0.0)),)
    with pytest.raises(ValueError, match="the input x is in no group"):
        group_shares([np.arange(400.0)], {"x": np.arange(400.0)}, {}, seed=1)
    with pytest.raises(ValueError, match='a group is called "chance"'):
        group_shares([np.arange(400.0)], {"x": np.arange(400.0)}, {"x": "chance"}, seed=1)


def test_several_measures_are_told_as_each_alone() -> None:
    y, inputs = linear(1024, 2)
    together = group_shares([y, np.ones(1024), y**3], inputs, LINEAR_GROUPS, seed=5)
    alone = group_shares([y], inputs, LINEAR_GROUPS, seed=5)
    for a, b in zip(together[0], alone[0], strict=True):
        assert (a.group, a.share, a.low, a.high) == pytest.approx((b.group, b.share, b.low, b.high), abs=1e-9)
