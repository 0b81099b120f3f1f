"""The preconditioner of the many-sector residual and Anderson acceleration, for many worlds at once."""

from __future__ import annotations

import numpy as np

from tumen.trade._multi import Array
from tumen.trade._multi_system import Flows, Gap, State, System

__all__ = ["Anderson", "Preconditioner", "wage_jacobian"]


def wage_jacobian(theta: Array, shares: Array, flows: Array, deficit: Array, pin: Array) -> Array:
    """Derivatives (N, N) of the trade gaps by log wages, where costs pass on wages in full.

    `shares` and `flows` (S, N, N). A country's spending is taken to move with its wage, and all its costs too. Uniform
    wages move nothing, so the numeraire, `pin` (N, N), is taken off: the matrix is regular where trade is connected.
    """
    size = flows.shape[1]
    values = flows.copy()
    own = np.arange(size)
    values[:, own, own] = 0.0
    moved = theta[:, None, None] * values
    spread = np.ascontiguousarray(shares.transpose(1, 0, 2))
    by_share = moved.transpose(1, 0, 2).reshape(size, -1) @ spread.reshape(size, -1).T
    exports, imports = values.sum((0, 2)), values.sum((0, 1))
    of_sales = by_share - np.diag(moved.sum((0, 2))) + values.sum(0)
    bought = (moved.sum(1)[None] * spread).sum(1)
    of_buys = bought.T - moved.sum(0).T + np.diag(imports)
    sources = exports + np.maximum(deficit, 0)
    uses = imports - np.minimum(deficit, 0)
    sources, uses = np.where(sources > 0, sources, 1.0), np.where(uses > 0, uses, 1.0)
    jacobian: Array = of_sales / sources[:, None] - of_buys / uses[:, None] - pin
    return jacobian


class Preconditioner:
    """Turns a gap into a step, by country blocks; see `_multi_system`."""

    def __init__(self, system: System, flows: Flows, gap: Gap) -> None:
        own = np.arange(flows.shares.shape[1])
        home = flows.net[:, own, own][:, :, None]
        theta = system.theta[:, 0, 0]
        inputs = -system.powers / theta[:, None]  # country, user, input
        self.price = np.linalg.inv(np.eye(len(theta)) - home[:, :, 0].T[:, :, None] * inputs)
        self.spending = np.ascontiguousarray(self.price.transpose(0, 2, 1))
        pin = system.part * (system.income[:, 0] / system.world[:, 0])
        self.wage = -np.linalg.inv(wage_jacobian(theta, flows.shares, flows.values, gap.deficit[:, 0], pin))
        self.pass_on = -home * system.wage_power / system.theta
        self.earned = system.final * system.income

    def step(self, state: State, gap: Gap, limit: float, into: State | None = None) -> State:
        """The step (wage, price, spending) that the blocks suggest, wages by at most `limit`."""
        into = into or State(np.empty_like(gap.wage), np.empty_like(gap.price), np.empty_like(gap.spending))
        wage = np.matmul(self.wage, gap.wage, out=into.wage)
        largest = np.abs(wage).max(0)
        wage *= np.minimum(1.0, limit / np.maximum(largest, limit))
        price = self.pass_on * wage
        price += gap.price
        spending = self.earned * (np.exp(state.wage) * wage)
        spending += gap.spending
        np.matmul(self.price, price.transpose(1, 0, 2), out=into.price.transpose(1, 0, 2))
        np.matmul(self.spending, spending.transpose(1, 0, 2), out=into.spending.transpose(1, 0, 2))
        return into


class Anderson:
    """Anderson's acceleration of type II over the last `depth` steps."""

    def __init__(self, depth: int, length: int) -> None:
        self.depth = depth
        self.steps = np.empty((depth, length))
        self.moves = np.empty((depth, length))
        self.gram = np.zeros((depth, depth))
        self.last: tuple[Array, Array] | None = None
        self.count = 0

    def reset(self) -> None:
        """Forget the past: the map has changed."""
        self.last, self.count = None, 0

    def next(self, point: Array, step: Array) -> Array:
        """The next point (length,) from this one and the step that the map suggests."""
        if self.last is None:
            self.last = point, step
            return point + step
        slot = self.count % self.depth
        np.subtract(step, self.last[1], out=self.steps[slot])
        np.subtract(point, self.last[0], out=self.moves[slot])
        self.moves[slot] += self.steps[slot]
        self.last = point, step
        self.count += 1
        used = min(self.count, self.depth)
        self.gram[slot, :used] = self.gram[:used, slot] = self.steps[:used] @ self.steps[slot]
        gram = self.gram[:used, :used].copy()
        gram.flat[:: used + 1] *= 1 + 1e-12
        gram.flat[:: used + 1] += 1e-300
        mix = np.linalg.solve(gram, self.steps[:used] @ step)
        after: Array = point + step - mix @ self.moves[:used]
        return after
