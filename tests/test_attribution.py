"""Attribution over blocks: worked out by hand, by plans evaluated one by one, and by what Shapley's value must hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tumen
from explanation_support import explained_case
from tumen import claims, study
from tumen._explanation import ATTRIBUTION, attributed
from tumen._workers import Job, done
from tumen.claims import Attribution, attribution, measure
from tumen.study import Plan

SEED = 3


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> tumen.Case:
    return explained_case(tmp_path_factory.mktemp("attribution") / "case")


@pytest.fixture(scope="module")
def found(case: tumen.Case) -> dict[str, Attribution]:
    return attributed(case, SEED)


def by_block(one: Attribution) -> dict[str, tuple[float, float, float]]:
    return {part.block: (part.first_in, part.last_in, part.shapley) for part in one.blocks}


# ---- the arithmetic


def test_two_blocks_by_hand() -> None:
    """v(none) = 1, v(a) = 3, v(b) = 5, v(ab) = 10 in one draw; in another all of it twice."""
    one = attribution({"a": ("x",), "b": ("y", "z")}, np.array([[1.0, 3.0, 5.0, 10.0], [2.0, 6.0, 10.0, 20.0]]))
    assert by_block(one) == {"a": (3.0, 7.5, 5.25), "b": (6.0, 10.5, 8.25)}
    assert (one.none, one.together, one.draws) == (1.5, 15.0, 2)
    assert [part.initiatives for part in one.blocks] == [("x",), ("y", "z")]
    assert [part.se for part in one.blocks] == pytest.approx([3.5 / 2, 5.5 / 2])  # 3.5 and 7; 5.5 and 11


def test_three_blocks_by_hand() -> None:
    """A glove game: c has the left glove, a and b a right one each; a pair is worth 6."""
    worth = np.zeros(8)
    worth[[0b101, 0b110, 0b111]] = 6.0
    assert by_block(attribution({"a": (), "b": (), "c": ()}, worth[None])) == {
        "a": (0.0, 0.0, 1.0),
        "b": (0.0, 0.0, 1.0),
        "c": (0.0, 6.0, 4.0),
    }


worths = st.integers(1, 6).flatmap(
    lambda n: st.lists(st.floats(-1e3, 1e3), min_size=3 * 2**n, max_size=3 * 2**n).map(
        lambda values: np.array(values).reshape(3, 2**n)
    )
)


@given(values=worths)
@settings(max_examples=50)
def test_shares_add_up_to_all_less_none(values: np.ndarray) -> None:
    names = {f"b{k}": () for k in range(int(np.log2(values.shape[1])))}
    one = attribution(names, values)
    total = sum(part.shapley for part in one.blocks)
    assert total == pytest.approx(one.together - one.none, abs=1e-8 * max(1.0, np.abs(values).max()))


@given(values=worths)
@settings(max_examples=50)
def test_a_block_that_changes_nothing_gets_nothing(values: np.ndarray) -> None:
    """One block more, with which every subset is what it was without."""
    n = int(np.log2(values.shape[1]))
    if n == 6:
        values, n = values[:, :32], 5
    names = {f"b{k}": () for k in range(n)}
    alone, beside = attribution(names, values), attribution(names | {"more": ()}, np.tile(values, 2))
    assert by_block(beside).pop("more") == (0.0, 0.0, 0.0)
    for before, after in zip(alone.blocks, beside.blocks, strict=False):
        assert after.shapley == pytest.approx(before.shapley, abs=1e-8 * max(1.0, np.abs(values).max()))


@given(values=worths)
@settings(max_examples=50)
def test_blocks_that_do_the_same_get_the_same(values: np.ndarray) -> None:
    """Made alike by taking the mean over their exchange."""
    if values.shape[1] < 4:
        return
    swapped = [s & ~3 | (s & 1) << 1 | (s & 2) >> 1 for s in range(values.shape[1])]
    alike = (values + values[:, swapped]) / 2
    first, second, *_ = attribution({f"b{k}": () for k in range(int(np.log2(values.shape[1])))}, alike).blocks
    size = 1e-8 * max(1.0, np.abs(values).max())
    for ours, theirs in ((first.first_in, second.first_in), (first.last_in, second.last_in)):
        assert ours == pytest.approx(theirs, abs=size)
    assert first.shapley == pytest.approx(second.shapley, abs=size)


# ---- a case


def test_each_figure_is_a_plan_evaluated_by_itself(case: tumen.Case, found: dict[str, Attribution]) -> None:
    worlds = study.draw(case, SEED, 0, 64)

    def mean(*include: str) -> float:
        outcome = study.evaluate(case, worlds, Plan(include=(*include, "isolation", "standing")))
        return float(claims.take(outcome, claims.question(case, "trade_2028")).mean())

    none, rails, tolls, both = mean(), mean("rails"), mean("toll"), mean("rails", "toll")
    one = by_block(found["trade_2028"])
    assert (found["trade_2028"].none, found["trade_2028"].together) == pytest.approx((none, both), rel=1e-9)
    assert one["rails"][:2] == pytest.approx((rails - none, both - tolls), rel=1e-7)
    assert one["tolls"][:2] == pytest.approx((tolls - none, both - rails), rel=1e-7)
    assert one["rails"][2] == pytest.approx((rails - none + both - tolls) / 2, rel=1e-7)
    assert one["idle"] == (0.0, 0.0, 0.0)  # a sanction that is only possible
    assert rails - none > 1.0
    assert found["trade_2028"].draws == 64


def test_shares_of_the_case_add_up(found: dict[str, Attribution]) -> None:
    for one in found.values():
        total = sum(part.shapley for part in one.blocks)
        assert total == pytest.approx(one.together - one.none, rel=1e-9)


def test_who_is_told_and_who_is_not(case: tumen.Case, found: dict[str, Attribution]) -> None:
    """`rails_pay` has no value without the rails, `untouched` is about one initiative, ties are cut from the base."""
    assert set(found) == {"trade_2028", "three_2028"}
    assert measure(case.claims["rails_pay"].measure).attributed
    assert measure(case.claims["short_ties"].measure).attributed
    assert not measure(case.claims["untouched"].measure).attributed


def test_no_measure_of_one_line_as_if_built_is_attributed() -> None:
    as_if = [row for name, row in claims.MEASURES.items() if name.startswith("bargain.")]
    as_if += [claims.MEASURES[f"corridor.{name}"] for name in ("traffic", "net_gain", "cover", "npv", "full_by")]
    assert not [row.name for row in as_if if row.attributed]


def test_blocks_that_stand_in_another_order_get_the_same(tmp_path: Path, found: dict[str, Attribution]) -> None:
    turned = "\nblocks:\n  idle: [isolation]\n  tolls: [toll]\n  rails: [rails]\n"
    again = attributed(explained_case(tmp_path / "case", blocks=turned), SEED)
    assert set(again) == set(found)
    for name, one in again.items():
        assert [part.block for part in one.blocks] == ["idle", "tolls", "rails"]
        for block, figures in by_block(one).items():
            assert figures == pytest.approx(by_block(found[name])[block], rel=1e-9, abs=1e-12)


def test_one_block_brings_about_all_of_it(tmp_path: Path, found: dict[str, Attribution]) -> None:
    whole = attributed(explained_case(tmp_path / "case", blocks="\nblocks: {all: [toll, rails]}\n"), SEED)
    one = whole["trade_2028"]
    assert by_block(one)["all"] == pytest.approx((one.together - one.none,) * 3)
    assert one.none == pytest.approx(found["trade_2028"].none, rel=1e-9)


def test_without_blocks_nothing_is_said(tmp_path: Path) -> None:
    assert attributed(explained_case(tmp_path / "case", blocks=""), SEED) == {}


def test_it_is_the_same_whoever_does_it(case: tumen.Case) -> None:
    job = Job(case.name, tuple(case.files.items()), "", SEED, 1)
    job(0)
    assert repr(job(ATTRIBUTION)) == repr(done(case, SEED, 1, ATTRIBUTION))
