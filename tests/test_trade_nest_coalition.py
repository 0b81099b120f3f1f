"""Values of sanction coalitions: what the target loses under each, and its members."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trade_nest_support import goods_world
from tumen.errors import CaseError, NoConvergence
from tumen.trade import Leak, NestShocks, coalition_values, respond

seeds = st.integers(0, 2**31 - 1)
MEMBERS = ("C01", "C02", "C03")


@settings(max_examples=6)
@given(seeds, st.sampled_from([2.0, np.inf]))
def test_larger_coalitions_cost_the_target_more(seed: int, cost: float) -> None:
    # Balanced pairs: a member that no longer finances the target's deficit may gain from its own sanctions.
    base = goods_world(np.random.default_rng(seed), 5, imbalance=0.0)
    found = coalition_values(base, "C00", MEMBERS, cost=cost, substitution=[0.3, 1.0])
    assert found.loss.shape == (2, 8)
    assert found.own.shape == (2, 8, 3)
    np.testing.assert_array_equal(found.loss[:, 0], 0)
    np.testing.assert_array_equal(found.own[:, 0], 0)
    for coalition in range(8):
        for k in range(3):
            if not coalition >> k & 1:
                assert (found.loss[:, coalition | 1 << k] > found.loss[:, coalition]).all()
                assert (found.own[:, coalition | 1 << k, k] > found.own[:, coalition, k]).all()


def test_a_coalition_is_its_cuts() -> None:
    base = goods_world(np.random.default_rng(1), 5)
    found = coalition_values(
        base, "C00", MEMBERS, cost={"C01": 2.0, "C02": {"energy": np.inf, "food": 3.0}, "C03": 1.5}
    )
    assert found.names(5) == ("C01", "C03")
    cells = [(None, "C01", "C00"), (None, "C00", "C01"), ("energy", "C02", "C00"), ("energy", "C00", "C02"),
             ("food", "C02", "C00"), ("food", "C00", "C02")]  # fmt: skip
    other = respond(base, NestShocks(cells, cost=[2.0, 2.0, np.inf, np.inf, 3.0, 3.0]))
    assert found.loss[0, 0b011] == pytest.approx(-other.ev()[0, 0], rel=1e-9)
    assert found.own[0, 0b011] == pytest.approx(-other.ev()[0, 1:4], rel=1e-7)
    one_way = coalition_values(base, "C00", ["C01"], cost=2.0, direction="to_target")
    sold = respond(base, NestShocks([(None, "C01", "C00")], cost=[2.0]))
    assert one_way.loss[0, 1] == pytest.approx(-sold.ev()[0, 0], rel=1e-9)


def test_order_of_members_does_not_matter() -> None:
    base = goods_world(np.random.default_rng(2), 5)
    leak = {"C04": Leak(0.9, 1.5)}
    found = coalition_values(base, "C00", MEMBERS, cost=3.0, leak=leak)
    order = (2, 0, 1)
    other = coalition_values(base, "C00", [MEMBERS[k] for k in order], cost=3.0, leak=leak)
    for coalition in range(8):
        same = sum(1 << order[k] for k in range(3) if coalition >> k & 1)
        assert other.loss[0, coalition] == pytest.approx(found.loss[0, same], rel=1e-9)
        assert other.own[0, coalition] == pytest.approx(found.own[0, same, list(order)], rel=1e-6, abs=1e-6)


def test_leaks_relieve_the_target() -> None:
    base = goods_world(np.random.default_rng(3), 5)
    tight, leaky, capped, loose = (
        coalition_values(base, "C00", ["C01", "C02"], cost=[4.0, 8.0], leak=leak)
        for leak in (None, {"C03": Leak(0.8)}, {"C03": Leak(0.8, 1.1)}, {"C03": Leak(0.8, 1e3)})
    )
    assert (leaky.loss[:, 0] == 0).all()
    assert (leaky.loss[:, 1:] < tight.loss[:, 1:]).all()
    assert (leaky.loss[:, 1:] < capped.loss[:, 1:]).all()
    np.testing.assert_allclose(loose.loss, leaky.loss, rtol=1e-9)
    inside = coalition_values(base, "C00", ["C01", "C03"], cost=4.0, leak={"C03": Leak(0.8)})
    plain = coalition_values(base, "C00", ["C01", "C03"], cost=4.0)
    np.testing.assert_allclose(inside.loss[:, 2:], plain.loss[:, 2:], rtol=1e-9)  # who takes part does not leak
    assert inside.loss[0, 1] < plain.loss[0, 1]


def test_coalitions_without_an_equilibrium() -> None:
    base = goods_world(np.random.default_rng(4), 3)
    with pytest.raises(NoConvergence, match="coalition of C01, C02: no equilibrium: C00 is cut off"):
        coalition_values(base, "C00", ["C01", "C02"], closure="additive")
    found = coalition_values(base, "C00", ["C01", "C02"], closure="additive", on_failure="mark")
    assert np.isnan(found.loss[0, 3])
    assert np.isfinite(found.loss[0, :3]).all()
    assert list(found.reasons) == [(0, 3)]
    assert "nobody" in repr(found)


def test_what_is_wrong_is_said() -> None:
    base = goods_world(np.random.default_rng(0))
    with pytest.raises(CaseError) as caught:
        coalition_values(base, "C00", ["C01", "C01", "X"], cost={"C01": 2.0}, leak={"C00": Leak()},
                         direction="out")  # type: ignore[arg-type] # fmt: skip
    for part in ("no country 'X'", "each once", "target and cannot be a leak", "direction is 'out'", "none for X"):
        assert part in str(caught.value)
    with pytest.raises(CaseError, match="did you mean food"):
        coalition_values(base, "C00", ["C01"], cost={"fod": 2.0})
