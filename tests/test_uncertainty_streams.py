"""Streams and the copula: one stream for each name, exact strata, the correlations asked for."""

from __future__ import annotations

import hashlib
import subprocess
import sys

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
    TrendGrowth,
    draw,
    generator,
    normals,
    stratified,
    triangular,
    uniform,
)

CLOCK = Clock((2014, 2015, 2016), 2014.2)
PAIR = ((1.0, 0.7), (0.7, 1.0))


@settings(max_examples=40)
@given(size=st.integers(1, 600), seed=st.integers(0, 2**40), chunk=st.integers(0, 1000), name=st.text(max_size=12))
def test_one_point_in_each_stratum(size: int, seed: int, chunk: int, name: str) -> None:
    points = stratified(seed, chunk, name, size)
    assert sorted((points * size).astype(int)) == list(range(size))
    assert points.min() > 0
    assert points.max() < 1


def test_a_stream_is_its_seed_chunk_and_name() -> None:
    first = normals(1, 2, "oil", (4, 3))
    np.testing.assert_array_equal(first, normals(1, 2, "oil", (4, 3)))
    others = [normals(2, 2, "oil", (4, 3)), normals(1, 3, "oil", (4, 3)), normals(1, 2, "oil2", (4, 3))]
    assert all((first != other).all() for other in others)
    # (seed, chunk) and (chunk, seed), and digits that only run together the same way, are different streams.
    assert generator(1, 23, "x").random() != generator(12, 3, "x").random()


def test_streams_do_not_hang_on_the_interpreters_hash() -> None:
    code = (
        "import hashlib; from tumen.uncertainty import stratified, normals;"
        "print(hashlib.sha256(stratified(1, 0, 'a', 64).tobytes() + normals(1, 0, 'a', (8,)).tobytes()).hexdigest())"
    )
    here = hashlib.sha256(stratified(1, 0, "a", 64).tobytes() + normals(1, 0, "a", (8,)).tobytes()).hexdigest()
    path = ":".join(p for p in sys.path if p)
    there = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONHASHSEED": "12345", "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert there == here


def test_negative_seeds_are_refused() -> None:
    with pytest.raises(ValueError, match="0 or more"):
        generator(-1, 0, "x")


def _ranks(x: np.ndarray) -> np.ndarray:
    return np.argsort(np.argsort(x))


@pytest.mark.parametrize("r", [-0.9, -0.3, 0.0, 0.5, 0.95])
def test_rank_correlation_is_the_gaussian_one(r: float) -> None:
    group = Correlation(("a", "b"), ((1.0, r), (r, 1.0)))
    blueprint = Blueprint(CLOCK, {"a": uniform(0, 1), "b": triangular(1, 2, 9)}, correlations=(group,))
    worlds = draw(blueprint, seed=3, chunk=0, size=4096)
    found = np.corrcoef(_ranks(worlds.values["a"]), _ranks(worlds.values["b"]))[0, 1]
    assert found == pytest.approx(6 / np.pi * np.arcsin(r / 2), abs=0.04)  # two and a half standard errors at r = 0


def test_a_group_keeps_margins_strata_and_outsiders() -> None:
    matrix = ((1.0, 0.8, -0.3), (0.8, 1.0, 0.1), (-0.3, 0.1, 1.0))
    ranges = {name: uniform(0, 1) for name in "abcd"}
    free = draw(Blueprint(CLOCK, ranges), 5, 1)
    tied = draw(Blueprint(CLOCK, ranges, correlations=(Correlation(("a", "b", "c"), matrix),)), 5, 1)
    for name in "abc":
        np.testing.assert_array_equal(np.sort(tied.uniforms[name]), np.sort(free.uniforms[name]))
    for name in "ad":  # the first of the group and whatever is outside of it
        np.testing.assert_array_equal(tied.uniforms[name], free.uniforms[name])
    assert (tied.uniforms["b"] != free.uniforms["b"]).any()


def test_a_member_does_not_feel_those_declared_after_it() -> None:
    matrix = ((1.0, 0.8, -0.3), (0.8, 1.0, 0.1), (-0.3, 0.1, 1.0))
    ranges = {name: uniform(0, 1) for name in "abc"}
    three = draw(Blueprint(CLOCK, ranges, correlations=(Correlation(("a", "b", "c"), matrix),)), 5, 1)
    two = draw(Blueprint(CLOCK, ranges, correlations=(Correlation(("a", "b"), ((1, 0.8), (0.8, 1))),)), 5, 1)
    np.testing.assert_array_equal(three.uniforms["b"], two.uniforms["b"])


def test_a_member_that_becomes_constant_keeps_its_place() -> None:
    group = (Correlation(("a", "b"), PAIR),)
    both = draw(Blueprint(CLOCK, {"a": uniform(0, 1), "b": uniform(0, 1)}, correlations=group), 1, 0)
    one = both.under(Blueprint(CLOCK, {"a": uniform(1, 1), "b": uniform(0, 1)}, correlations=group))
    np.testing.assert_array_equal(one.values["b"], both.values["b"])
    assert "a" not in one.uniforms


def test_processes_are_correlated_year_by_year_in_their_first_stream() -> None:
    processes = {"oil": GeometricBrownian(100, 0.0, 0.3), "growth": TrendGrowth(0.03, 0.02, 0.8, 0.01, 0.02)}
    free = draw(Blueprint(CLOCK, processes=processes), 2, 0, 4096)
    tied = draw(Blueprint(CLOCK, processes=processes, correlations=(Correlation(("oil", "growth"), PAIR),)), 2, 0, 4096)
    for year in range(3):
        found = np.corrcoef(tied.noise["oil"][0, :, year], tied.noise["growth"][0, :, year])[0, 1]
        assert found == pytest.approx(0.7, abs=0.03)
        apart = np.corrcoef(tied.noise["oil"][0, :, year], tied.noise["growth"][0, :, year - 1])[0, 1]
        assert abs(apart) < 0.06
    np.testing.assert_array_equal(tied.noise["oil"], free.noise["oil"])
    np.testing.assert_array_equal(tied.noise["growth"][1], free.noise["growth"][1])
    assert tied.noise["growth"][0].std() == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize(
    ("members", "matrix", "expected"),
    [
        (("a",), ((1.0,),), "expected two or more"),
        (("a", "a"), PAIR, "a appears twice"),
        (("a", "b"), ((1.0, 0.5),), "expected 2 rows of 2"),
        (("a", "b"), ((1.0, 0.5), (0.4, 1.0)), "correlation of a and b is 0.5 one way and 0.4 the other"),
        (("a", "b"), ((1.0, 0.5), (0.5, 0.9)), "correlation of b with itself is 0.9"),
        (("a", "b"), ((1.0, 1.5), (1.5, 1.0)), "between -1 and 1"),
        (("a", "b"), ((1.0, 1.0), (1.0, 1.0)), "least eigenvalue"),
        (
            ("a", "b", "c"),
            ((1.0, 0.9, 0.8), (0.9, 1.0, -0.5), (0.8, -0.5, 1.0)),
            "least eigenvalue of the matrix is -0.479; .* strongest is a with b",
        ),
    ],
)
def test_matrices_that_are_none_are_refused(
    members: tuple[str, ...], matrix: tuple[tuple[float, ...], ...], expected: str
) -> None:
    with pytest.raises(ValueError, match=expected):
        Correlation(members, matrix)


def test_groups_that_do_not_fit_the_blueprint_are_refused() -> None:
    ranges, processes = {"a": uniform(0, 1), "b": uniform(0, 1)}, {"oil": GeometricBrownian(100, 0.0, 0.3)}
    with pytest.raises(ValueError, match="mixes the process oil and the assumption a"):
        Blueprint(CLOCK, ranges, processes, correlations=(Correlation(("a", "oil"), PAIR),))
    with pytest.raises(ValueError, match="b stands in two correlated groups"):
        Blueprint(
            CLOCK,
            ranges,
            processes,
            correlations=(Correlation(("a", "b"), PAIR), Correlation(("b", "oil.start"), PAIR)),
        )
    with pytest.raises(UnknownName, match=r"'oil.strat'; did you mean oil.start\?"):
        Blueprint(CLOCK, ranges, processes, correlations=(Correlation(("a", "oil.strat"), PAIR),))
