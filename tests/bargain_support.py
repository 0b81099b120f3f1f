"""Games that several tests use: orders of coalitions, seven classes at random, the stylised transit games."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from tumen.bargain import Game

Array = npt.NDArray[np.float64]


def lexical(worths: Sequence[float]) -> Game:
    """A game from the order of books: single players, then pairs 12, 13, 23, then larger coalitions."""
    n = (len(worths) + 1).bit_length() - 1
    order = [group for size in range(1, n + 1) for group in combinations(range(n), size)]
    values = np.zeros(1 << n)
    values[[sum(1 << k for k in group) for group in order]] = worths
    return Game(values)


def members(n: int) -> npt.NDArray[np.bool_]:
    """(2^n, n), who belongs to each coalition."""
    return (np.arange(1 << n)[:, None] >> np.arange(n) & 1).astype(bool)


def sums_over(x: npt.ArrayLike) -> Array:
    """(2^n,), the plain way."""
    array = np.asarray(x, dtype=np.float64)
    return members(array.size) @ array


def bankruptcy(estate: float, claims: npt.ArrayLike) -> Game:
    owed = np.asarray(claims, dtype=np.float64)
    return Game(np.maximum(0.0, estate - (owed.sum() - sums_over(owed))))


def voting(weights: npt.ArrayLike, quota: float) -> Game:
    return Game((sums_over(weights) >= quota).astype(float))


def savings(cost: npt.ArrayLike) -> Game:
    """What each coalition saves over its members' going alone."""
    values = np.asarray(cost, dtype=np.float64)
    n = values.size.bit_length() - 1
    return Game(sums_over(values[1 << np.arange(n)]) - values)


def airport_costs(costs: npt.ArrayLike) -> Array:
    each = np.asarray(costs, dtype=np.float64)
    return np.where(members(each.size), each, 0.0).max(axis=1)


def assignment(surplus: npt.ArrayLike) -> Game:
    """Sellers first, then buyers; v is the best matching."""
    table = np.asarray(surplus, dtype=np.float64)
    sellers, buyers = table.shape
    values = np.zeros(1 << (sellers + buyers))
    for s, inside in enumerate(members(sellers + buyers)):
        part = table[np.ix_(inside[:sellers], inside[sellers:])]
        if part.size:
            values[s] = part[linear_sum_assignment(part, maximize=True)].sum()
    return Game(values)


def flow(nodes: int, arcs: Sequence[tuple[int, int, int, int]], owners: int) -> Game:
    """Maximum flow from the first node to the last over arcs (from, to, capacity, owner) of the coalition."""
    values = np.zeros(1 << owners)
    for s, inside in enumerate(members(owners)):
        matrix = np.zeros((nodes, nodes), dtype=np.int32)
        for start, end, capacity, owner in arcs:
            if inside[owner]:
                matrix[start, end] += capacity
        values[s] = maximum_flow(csr_array(matrix), 0, nodes - 1).flow_value
    return Game(values)


# ---- seven classes at random


def convex_at_random(rng: np.random.Generator, n: int) -> Game:
    """Dividends of at least zero make a game convex."""
    values = np.where(rng.random(1 << n) < 0.3, rng.integers(0, 20, 1 << n), 0).astype(float)
    values[0] = 0.0
    for k in range(n):
        pairs = values.reshape(-1, 2, 1 << k)
        pairs[:, 1] += pairs[:, 0]
    return Game(values)


def bankruptcy_at_random(rng: np.random.Generator, n: int) -> Game:
    claims = rng.uniform(1, 100, n)
    return bankruptcy(float(rng.uniform(0.1, 0.9) * claims.sum()), claims)


def assignment_at_random(rng: np.random.Generator, n: int) -> Game:
    sellers = int(rng.integers(1, n)) if n > 1 else 1
    return assignment(rng.integers(0, 20, (sellers, n - sellers)))


def voting_at_random(rng: np.random.Generator, n: int) -> Game:
    """A game of weights in which nobody wins alone, or there would be no imputation."""
    weights = rng.integers(1, 10, n)
    low = max(int(weights.max()) + 1, int(weights.sum()) // 2 + 1)
    return voting(weights, min(low, int(weights.sum())))


def flow_at_random(rng: np.random.Generator, n: int) -> Game:
    nodes = 5
    arcs = []
    for owner in range(n):
        start = int(rng.integers(0, nodes - 1))
        arcs.append((start, int(rng.integers(start + 1, nodes)), int(rng.integers(1, 9)), owner))
    return flow(nodes, arcs, n)


def airport_at_random(rng: np.random.Generator, n: int) -> Game:
    return savings(airport_costs(rng.integers(1, 50, n)))


def unstructured_at_random(rng: np.random.Generator, n: int) -> Game:
    """Any worths, with enough for all together that somebody can be left what he is worth alone."""
    values = rng.normal(0, 10, 1 << n)
    values[0] = 0.0
    values[-1] = max(float(values[-1]), float(values[1 << np.arange(n)].sum()) + rng.uniform(0, 30))
    return Game(values)


CLASSES: dict[str, Callable[[np.random.Generator, int], Game]] = {
    "convex": convex_at_random,
    "bankruptcy": bankruptcy_at_random,
    "assignment": assignment_at_random,
    "voting": voting_at_random,
    "flow": flow_at_random,
    "airport": airport_at_random,
    "unstructured": unstructured_at_random,
}


# ---- a supplier, two transit states, one market

SOUTH, YAMAL = ("U", 70.0, 14.0), ("B", 28.0, 12.0)
UPGRADE, YAMAL_2 = ("U", 15.0, 24.0), ("B", 28.0, 30.0)
BALTIC = ("", 55.0, 42.0)
EXISTING = (SOUTH, YAMAL)
BYPASSES = (*EXISTING, UPGRADE, YAMAL_2)
DIRECT = (*BYPASSES, BALTIC)


def transit_game(links: Sequence[tuple[str, float, float]]) -> Game:
    """The profit of the chain over the links that the coalition controls (transit state, capacity, cost).

    Marginal cost of gas 15, inverse demand 200 - 0.8 q: links are filled in order of cost until marginal revenue,
    200 - 1.6 q, meets marginal cost.
    """

    def profit(coalition: tuple[str, ...]) -> float:
        if "R" not in coalition:
            return 0.0
        total, cost = 0.0, 0.0
        for _, capacity, fee in sorted((link for link in links if link[0] in ("", *coalition)), key=lambda k: k[2]):
            used = min(capacity, max(0.0, (200 - 15 - fee) / 1.6 - total))
            total, cost = total + used, cost + used * (15 + fee)
        return (200 - 0.8 * total) * total - cost

    return Game.from_function(profit, ("R", "U", "B"))
