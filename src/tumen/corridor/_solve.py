"""Flows that make the most of a network, draw by draw.

Maximises the surplus of `_program` over flows and, where there are candidates, over what is built (`_builds`), whose
annuities are charged. Prices are the duals of balance: what one more unit at a node is worth. Every draw is checked
(`_check`): flows balance, the duality gap is nothing but rounding or what segments may miss, and the parts of surplus
add up to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tumen.corridor._builds import best_builds, capacity_under
from tumen.corridor._check import Part, Point, check
from tumen.corridor._drawn import Draws
from tumen.corridor._engine import Engine
from tumen.corridor._program import Index, Program, compiled, forced_of, sunk
from tumen.corridor._solution import Solution, accounted
from tumen.errors import CaseError

if TYPE_CHECKING:
    from tumen.corridor._network import Network

__all__ = ["solve"]


def solve(
    network: Network,
    draws: Draws | None = None,
    *,
    objective: str = "welfare",
    rate: npt.ArrayLike = 0.08,
    segments: int = 10,
    accuracy: float | None = 1e-9,
    forced: Sequence[str] = (),
) -> Solution:
    """The best flows, what is built, prices, rents and surplus, for each draw.

    draws: `{"table.name.field": values}`, such as `links.yamal.capacity` or `options.lng.price`; one array length.
    objective: "welfare" counts consumers; "netback" is what one seller of the whole network would earn (`values`).
    rate: of discount, a fraction a year, or one a draw; it turns capex into annuities. segments: of each sloped curve.
    accuracy: how much of the money that moves the surplus may miss where curves are sloped; None takes equal segments
    as they are, quicker, and `gap` says what that may miss. Stepped curves are exact either way.
    forced: candidates or bundles that are built in full, whether it pays or not.

    Raises CaseError, UnknownName, and NoConvergence naming the place where a solution fails its checks or surplus has
    no limit.
    """
    if accuracy is not None and not 1e-12 <= accuracy < 1:
        raise CaseError([f"accuracy: {accuracy:g}, expected from 1e-12 to below 1"])
    program, held = compiled(network, draws, objective, rate), forced_of(network, forced)
    engine = Engine(Part.whole(program), segments)
    built = np.tile(np.where(held, program.steps, 0), (program.draws, 1))
    if not held.all():  # something is left to choose
        chooser = Engine(Part.whole(sunk(program, held)), segments) if held.any() else engine
        built[:, ~held], _, _ = best_builds(chooser, accuracy)
    return solved(program, engine, built, accuracy)


def solved(program: Program, engine: Engine, built: Index, accuracy: float | None) -> Solution:
    """The solution with these steps built, (D, K). Raises NoConvergence."""
    capacity = capacity_under(program, engine.part.arcs, built)
    if not len(engine.linear):
        whole = engine.points(np.broadcast_to(capacity, (program.draws, capacity.shape[1])))
        gap = check(engine.part, whole, np.zeros(program.draws))
        return accounted(program, engine.part, whole, built, np.maximum(gap, 0.0))
    points, shorts = [], np.empty(program.draws)
    for draw in range(program.draws):
        _, at, shorts[draw] = engine.optimum(draw, capacity[draw], accuracy)
        points.append(at)
    whole = Point(*(np.stack([getattr(at, name) for at in points]) for name in Point.__dataclass_fields__))
    gap = check(engine.part, whole, shorts)
    return accounted(program, engine.part, whole, built, np.maximum(gap, 0.0))
