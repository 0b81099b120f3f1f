"""The preconditioner of the many-sector residual and Anderson acceleration, for many worlds at once."""

from __future__ import annotations

import numpy as np

from tumen.trade._multi import Array
from tumen.trade._multi_system import Flows, Gap, State, System

__all__ = ["Anderson", "Preconditioner", "wage_jacobian"]


def wage_jacobian(system: System, theta: Array, flows: Flows, gap: Gap) -> Array:
    """Derivatives (N, N) of the trade gaps by log wages, where costs pass on wages in full.

    A country's spending is taken to move with its wage, and all its costs too. Uniform wages move nothing, so the
    numeraire is added in that direction: the matrix is regular where the trade network is connected.
    """
    size = flows.values.shape[1]
    values = flows.values.copy()
    own = np.arange(size)
    values[:, own, own] = 0.0
    moved = theta[:, None, None] * values
    spread = np.ascontiguousarray(flows.shares.transpose(1, 0, 2)).reshape(size, -1)
    by_share = moved.transpose(1, 0, 2).reshape(size, -1) @ spread.T
    exports, imports = values.sum((0, 2)), values.sum((0, 1))
    of_sales = by_share - np.diag(moved.sum((0, 2))) + values.sum(0)
    bought = (moved.sum(1)[None] * flows.shares.transpose(1, 0, 2)).sum(1)
    of_buys = bought.T - moved.sum(0).T + np.diag(imports)
    deficit = gap.deficit[:, 0]
    sources = exports + np.maximum(deficit, 0) + system.alone[:, 0]
    uses = imports - np.minimum(deficit, 0) + system.alone[:, 0]
    pin = system.part * (system.income[:, 0] * np.exp(0.0) / system.world[:, 0])
    jacobian: Array = of_sales / sources[:, None] - of_buys / uses[:, None] - pin
    return jacobian


class Preconditioner:
    """Turns a gap into a step, by country blocks; see `_multi_system`."""

    def __init__(self, system: System, theta: Array, flows: Flows, gap: Gap) -> None:
        own = np.arange(flows.shares.shape[1])
        home = flows.net[:, own, own]
        self.home = home[:, :, None]
        loops = np.eye(home.shape[0]) - home.T[:, :, None] * system.inputs_t
        self.price = np.linalg.inv(loops)
        self.spending = np.ascontiguousarray(self.price.transpose(0, 2, 1))
        self.jacobian = wage_jacobian(system, theta, flows, gap)
        self.wage = -np.linalg.inv(self.jacobian)
        self.pass_on = self.home * system.value_added
        self.earned = system.final * system.income

    def step(self, state: State, gap: Gap, limit: float) -> State:
        """The step (wage, price, spending) that the blocks suggest, wages by at most `limit`."""
        wage = self.wage @ gap.wage
        largest = np.abs(wage).max(0)
        wage = wage * np.minimum(1.0, limit / np.maximum(largest, limit))
        price = gap.price + self.pass_on * wage
        spending = gap.spending + self.earned * (np.exp(state.wage) * wage)
        price = (self.price @ price.transpose(1, 0, 2)).transpose(1, 0, 2)
        spending = (self.spending @ spending.transpose(1, 0, 2)).transpose(1, 0, 2)
        return State(wage, price, spending)


class Anderson:
    """Anderson's acceleration of type II over the last `depth` steps, for D worlds side by side."""

    def __init__(self, depth: int, length: int, worlds: int) -> None:
        self.depth = depth
        self.steps = np.empty((depth, length, worlds))
        self.moves = np.empty((depth, length, worlds))
        self.gram = np.zeros((worlds, depth, depth))
        self.last: tuple[Array, Array] | None = None
        self.count = 0

    def reset(self) -> None:
        """Forget the past: the map has changed or went astray."""
        self.last, self.count = None, 0

    def next(self, point: Array, step: Array) -> Array:
        """The next point from this one and the step the map suggests (both of shape (length, D))."""
        if self.last is None:
            self.last = point, step
            return point + step
        slot = self.count % self.depth
        np.subtract(step, self.last[1], out=self.steps[slot])
        np.subtract(point, self.last[0], out=self.moves[slot])
        self.moves[slot] += self.steps[slot]
        self.count += 1
        used = min(self.count, self.depth)
        products = np.einsum("mud,ud->dm", self.steps[:used], self.steps[slot])
        self.gram[:, slot, :used] = products
        self.gram[:, :used, slot] = products
        right = np.einsum("mud,ud->dm", self.steps[:used], step)
        gram = self.gram[:, :used, :used].copy()
        own = np.arange(used)
        gram[:, own, own] *= 1 + 1e-12
        gram[:, own, own] += 1e-300
        mix = np.linalg.solve(gram, right[:, :, None])[:, :, 0]
        self.last = point, step
        return point + step - np.einsum("mud,dm->ud", self.moves[:used], mix)
