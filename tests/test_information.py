"""The value of learning an input before a decision: closed forms, bounds, and what must not matter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tumen.uncertainty import Array, Learning, evppi, generator


def worth(mean: float, sd: float) -> float:
    """E[max(0, Z)] - max(0, mean) of a normal Z: what knowing Z is worth to who may take it or leave it."""
    return float(sd * stats.norm.pdf(mean / sd) + mean * stats.norm.cdf(mean / sd) - max(mean, 0.0))


def two_actions(n: int, seed: int, mean: float, of_x: float, of_y: float) -> tuple[Array, dict[str, Array]]:
    """Nothing, or `mean` and two normals; beside them an input that has no part in it."""
    x, y, idle = generator(seed, 0, "actions").standard_normal((3, n))
    return np.stack([np.zeros(n), mean + of_x * x + of_y * y], axis=1), {"x": x, "y": y, "idle": idle}


@pytest.mark.parametrize(
    ("mean", "of_x", "of_y"), [(0.5, 1.0, 1.0), (-0.2, 1.0, 3.0), (1.0, 2.0, 0.5), (0.0, 1.0, 1.0)]
)
def test_two_actions_in_closed_form(mean: float, of_x: float, of_y: float) -> None:
    payoffs, inputs = two_actions(16384, 1, mean, of_x, of_y)
    found = evppi(payoffs, inputs, seed=1)
    wide = float(np.hypot(of_x, of_y))
    truth = {"everything": worth(mean, wide), "x": worth(mean, of_x), "y": worth(mean, of_y), "idle": 0.0}
    for name, exact in truth.items():
        assert found[name].value == pytest.approx(exact, abs=0.03 * wide)
        assert found[name].low <= found[name].value <= found[name].high
    assert found["idle"].low == 0


def test_intervals_cover_the_closed_form() -> None:
    runs, covered, false = 80, {"x": 0, "everything": 0}, 0
    for seed in range(runs):
        found = evppi(*two_actions(1024, seed, 0.5, 1.0, 1.0), seed=seed)
        covered["x"] += found["x"].low <= worth(0.5, 1.0) <= found["x"].high
        covered["everything"] += found["everything"].low <= worth(0.5, np.sqrt(2.0)) <= found["everything"].high
        false += found["idle"].low > 0
    assert min(covered.values()) / runs >= 0.78  # 90 %, less three and a half standard errors
    assert false / runs <= 0.12


def test_no_chance_gain_where_nothing_can_be_learnt() -> None:
    """Two options that are as good, and eighty inputs that say nothing: the plain estimate would find a gain."""
    rng = generator(4, 0, "chance")
    payoffs = rng.standard_normal((512, 2))
    found = evppi(payoffs, {f"x{i}": rng.standard_normal(512) for i in range(80)}, seed=1)
    assert found.everything.value > 0.4
    assert np.mean([row.value for row in found.inputs]) < 0.02
    assert sum(row.low > 0 for row in found.inputs) <= 8


def test_three_options_and_a_bend() -> None:
    """The best of 0, 1 - x and x - 1 is |x - 1|, in the mean 1/2 for x uniform on 0 to 2; each by itself has mean 0."""
    x = generator(5, 0, "bend").uniform(0, 2, 4096)
    found = evppi(np.stack([np.zeros(4096), 1 - x, x - 1], axis=1), {"x": x}, seed=1)
    assert found["x"].value == pytest.approx(0.5, abs=0.02)
    assert found["x"].share == pytest.approx(1.0, abs=0.02)


def test_a_yes_or_no_input() -> None:
    """A loss of 4 with probability 0.3, a gain of 1 otherwise: the mean is -0.5; knowing is worth 0.7."""
    rng = generator(6, 0, "coin")
    coin = (rng.random(4096) < 0.3).astype(float)
    payoff = np.where(coin > 0, -4.0, 1.0) + rng.standard_normal(4096)
    found = evppi(np.stack([np.zeros(4096), payoff], axis=1), {"coin": coin}, seed=1)
    assert found["coin"].value == pytest.approx(0.7, abs=0.04)


def test_an_option_that_is_always_best_leaves_nothing_to_learn() -> None:
    x = generator(7, 0, "best").random(600)
    found = evppi(np.stack([x, x + 1], axis=1), {"x": x}, seed=1)
    assert (found.best, found.everything.value, found["x"].value, found["x"].high) == (1, 0.0, 0.0, 0.0)
    same = evppi(np.stack([x, x], axis=1), {"x": x, "still": np.ones(600)}, seed=1)
    assert same["x"].high == same["still"].high == same.everything.high == 0.0


def rows(found: Learning) -> Array:
    return np.array([[r.value, r.low, r.high] for r in sorted((found.everything, *found.inputs), key=lambda r: r.name)])


case = st.tuples(st.integers(0, 50), st.floats(-2, 2), st.floats(0.1, 3), st.floats(0.1, 3))


@settings(max_examples=25)
@given(case=case)
def test_bounds(case: tuple[int, float, float, float]) -> None:
    seed, mean, of_x, of_y = case
    found = evppi(*two_actions(300, seed, mean, of_x, of_y), seed=seed)
    for row in found.inputs:
        assert 0 <= row.low <= row.value <= row.high <= found.everything.high
        assert row.value <= found.everything.value
        assert 0 <= row.share <= 1


@settings(max_examples=25)
@given(case=case, factor=st.floats(1e-6, 1e6), offset=st.floats(-10, 10))
def test_units_and_what_all_options_share_do_not_matter(
    case: tuple[int, float, float, float], factor: float, offset: float
) -> None:
    seed, *rest = case
    payoffs, inputs = two_actions(300, seed, *rest)
    common = generator(seed, 1, "common").standard_normal((300, 1))
    one = rows(evppi(payoffs, inputs, seed=1))
    bent = {name: np.exp(x) for name, x in inputs.items()}
    other = rows(evppi((payoffs + common + offset) * factor, bent, seed=1))
    assert other == pytest.approx(one * factor, rel=1e-6, abs=1e-9 * factor)


def test_what_is_refused() -> None:
    payoffs, inputs = two_actions(100, 1, 0.0, 1.0, 1.0)
    with pytest.raises(ValueError, match="two options at least"):
        evppi(payoffs[:, :1], inputs, seed=1)
    with pytest.raises(ValueError, match="40 draws are too few"):
        evppi(payoffs[:40], {}, seed=1)
    with pytest.raises(ValueError, match="not a finite number"):
        evppi(np.where(payoffs > 1, np.nan, payoffs), inputs, seed=1)
    with pytest.raises(ValueError, match="the input x has shape"):
        evppi(payoffs, {"x": np.ones(3)}, seed=1)
    with pytest.raises(ValueError, match='an input is called "everything"'):
        evppi(payoffs, {"everything": inputs["x"]}, seed=1)


def test_reads_as_a_table_and_is_repeatable() -> None:
    drawn = two_actions(200, 3, 0.2, 1.0, 1.0)
    assert evppi(*drawn, seed=2) == evppi(*drawn, seed=2)
    lines = repr(evppi(*drawn, seed=2)).splitlines()
    assert lines[0].split() == ["knowing", "worth", "5-95", "%", "of", "all"]
    assert [line.split()[0] for line in lines[1:2]] == ["everything"]
    assert len(lines) == 5
