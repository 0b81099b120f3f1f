"""The simplex method for many draws at once, against HiGHS and against itself."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from tumen.corridor._highs import Model
from tumen.corridor._simplex import Simplex

Array = npt.NDArray[np.float64]
Matrix = tuple[int, npt.NDArray[np.intp], npt.NDArray[np.intp], Array]


def network(rng: np.random.Generator, rows: int, arcs: int, curves: int) -> Matrix:
    """Balance of markets: arcs leave one and arrive at another with a loss, curves supply or demand."""
    start, index, value = [0], list[int](), list[float]()
    for _ in range(arcs):
        index += rng.choice(rows, 2, replace=False).tolist()
        value += [-1.0, float(rng.choice([1.0, 0.97]))]
        start.append(len(index))
    for _ in range(curves):
        index.append(int(rng.integers(rows)))
        value.append(float(rng.choice([1.0, -1.0])))
        start.append(len(index))
    return rows, np.array(start), np.array(index), np.array(value)


def drawn(rng: np.random.Generator, arcs: int, curves: int, draws: int) -> tuple[Array, Array]:
    """Costs and limits: some limits nothing, some arcs without a limit, curves that cost or earn."""
    cost = np.concatenate([rng.uniform(0, 3, (draws, arcs)), rng.uniform(-9, 9, (draws, curves))], axis=1)
    upper = rng.uniform(0, 10, cost.shape) * (rng.random(cost.shape) > 0.15)
    upper[:, :arcs][rng.random((draws, arcs)) < 0.1] = np.inf
    return cost, upper


@pytest.mark.parametrize("seed", range(12))
def test_minima_are_those_of_highs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, arcs, curves = int(rng.integers(2, 15)), int(rng.integers(1, 25)), int(rng.integers(2, 16))
    matrix = network(rng, rows, arcs, curves)
    cost, upper = drawn(rng, arcs, curves, 40)
    cost[:, :arcs] = np.round(cost[:, :arcs])  # equal costs, so that optima and bases are not unique
    quick, slow = Simplex(*matrix), Model(*matrix)
    quick.start_from(*(part[0] for part in drawn(rng, arcs, curves, 1)))
    columns, duals, failed = quick.minima(cost, upper)
    assert not failed.any()
    assert (columns >= 0).all()
    assert (columns <= upper).all()
    for n in range(len(cost)):
        least = slow.minimum(cost[n], upper[n])
        assert least is not None
        assert (cost[n] * columns[n]).sum() == pytest.approx(least, abs=1e-9)
        net = np.zeros(rows)
        for j in range(len(cost[n])):
            here = slice(matrix[1][j], matrix[1][j + 1])
            np.add.at(net, matrix[2][here], matrix[3][here] * columns[n, j])
        assert np.abs(net).max() < 1e-9
    assert np.isfinite(duals).all()


def test_a_draw_does_not_depend_on_those_beside_it() -> None:
    rng = np.random.default_rng(1)
    matrix = network(rng, 12, 24, 14)
    quick = Simplex(*matrix)
    quick.start_from(*(part[0] for part in drawn(rng, 24, 14, 1)))
    cost, upper = drawn(rng, 24, 14, 60)
    columns, duals, _ = quick.minima(cost, upper)
    for some in (slice(0, 1), slice(3, 5), slice(None, None, -1), slice(1, 60, 7)):
        again, prices, _ = quick.minima(cost[some], upper[some])
        assert (again == columns[some]).all()
        assert (prices == duals[some]).all()


def test_what_has_no_limit_is_left_to_others() -> None:
    # Supply that is paid to deliver, and demand that pays, both without end.
    quick = Simplex(1, np.array([0, 1, 2]), np.array([0, 0]), np.array([1.0, -1.0]))
    cost, upper = np.array([[-1.0, -1.0], [1.0, -2.0]]), np.array([[np.inf, np.inf], [3.0, np.inf]])
    columns, duals, failed = quick.minima(cost, upper)
    assert failed.tolist() == [True, False]
    assert columns[1].tolist() == [3.0, 3.0]
    assert duals[1].tolist() == [2.0]


@pytest.mark.parametrize("rows", [0, 3])
def test_nothing_to_choose(rows: int) -> None:
    empty = np.array([0]), np.array([], dtype=np.intp), np.array([])
    columns, duals, failed = Simplex(rows, *empty).minima(np.zeros((2, 0)), np.zeros((2, 0)))
    assert columns.shape == (2, 0)
    assert duals.tolist() == [[0.0] * rows] * 2
    assert not failed.any()
