"""One candidate, with it and without: what it adds, and the traffic at which it pays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tumen.corridor._builds import capacity_under
from tumen.corridor._check import Part
from tumen.corridor._drawn import Array, Draws
from tumen.corridor._engine import Engine
from tumen.corridor._program import Program, compiled
from tumen.corridor._solution import Solution
from tumen.corridor._solve import solved
from tumen.errors import CaseError

if TYPE_CHECKING:
    from tumen.corridor._network import Network

__all__ = ["Appraisal", "appraise"]

_STEPS = 200


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Appraisal:
    """A candidate in D draws, MUSD a year.

    gain (D,): surplus with it, all its steps built, less surplus without it, before its annuity, its cost a year.
    traffic (D,): what it carries, both ways together. break_even (D,): the least capacity whose gain pays the annuity,
    infinite where not even all of it does. with_, without: the two solutions; other candidates are not built.
    """

    candidate: str
    gain: Array
    annuity: Array
    traffic: Array
    break_even: Array
    with_: Solution
    without: Solution

    @property
    def net(self) -> Array:
        """(D,) gain less annuity."""
        return np.asarray(self.gain - self.annuity)

    def __repr__(self) -> str:
        gain, annuity, net = self.gain.mean(), self.annuity.mean(), self.net
        middle = float(np.median(self.break_even))
        pays = f"pays from {middle:,.4g} a year on" if np.isfinite(middle) else "pays at no traffic"
        built = f"{(net > 0).mean():.0%} of draws" if len(net) > 1 else "its one draw" if net[0] > 0 else "no draw"
        return (
            f"{self.candidate}: gain {gain:,.5g}, annuity {annuity:,.5g}, net {net.mean():,.5g} MUSD a year\n"
            f"  carries {self.traffic.mean():,.4g} a year, {pays}; worth building in {built}"
        )


def appraise(
    network: Network,
    candidate: str,
    draws: Draws | None = None,
    *,
    objective: str = "welfare",
    rate: npt.ArrayLike = 0.08,
    segments: int = 10,
    accuracy: float | None = 1e-9,
) -> Appraisal:
    """What a candidate adds to the network, alone, and its break-even traffic; arguments as in `solve`.

    Raises CaseError, UnknownName, NoConvergence.
    """
    if not network.link(candidate).candidate:
        raise CaseError([f"link {candidate}: it is no candidate, so it cannot be with and without"])
    others = [name for name in network.candidates if name != candidate]
    gone = {f"links.{name}." for name in others}
    kept = {key: drawn for key, drawn in (draws or {}).items() if not any(key.startswith(name) for name in gone)}
    alone = network.without(*others)
    program = compiled(alone, kept, objective, rate)
    engine = Engine(Part.whole(program), segments)
    full = np.broadcast_to(program.steps, (program.draws, 1))
    with_, without = (solved(program, engine, built, accuracy) for built in (full, 0 * full))
    annuity = with_.annuity[:, 0]
    gain = with_.surplus + annuity - without.surplus
    place = [link.name for link in alone.links].index(candidate)
    traffic = with_.flow[:, place] + with_.back[:, place]
    found = Appraisal(
        candidate,
        gain,
        annuity,
        traffic,
        _break_even(program, engine, without, gain, annuity, accuracy),
        with_,
        without,
    )
    for array in (found.gain, found.traffic, found.break_even):
        array.setflags(write=False)
    return found


def _break_even(
    program: Program, engine: Engine, without: Solution, gain: Array, annuity: Array, accuracy: float | None
) -> Array:
    """(D,) the least capacity q with gain(q) = annuity.

    The gain is concave in the capacity, so its tangent, whose slope is the scarcity rent of the link, lies above it:
    stepping to where the tangent reaches the annuity climbs to the break-even from below, and in finitely many steps
    where curves are stepped.
    """
    arcs = np.flatnonzero(np.isin(program.link, program.candidate))
    part = engine.part
    unlimited = capacity_under(program, part.arcs, np.array([0]))
    found = np.where(annuity > 0, np.inf, 0.0)
    for draw in np.flatnonzero((gain >= annuity) & (annuity > 0)):
        limit = float(program.capacity[draw, arcs[0]] * program.steps[0])
        size, value, slope = 0.0, 0.0, _scarcity(engine, without.price[draw], draw, arcs)
        for _ in range(_STEPS):
            if slope <= 0:
                break
            step = (annuity[draw] - value) / slope
            size = min(size + step, limit)
            capacity = unlimited[draw].copy()
            capacity[arcs] = size
            worth, at, _ = engine.optimum(int(draw), capacity, accuracy)
            value = worth - float(without.surplus[draw])
            slope = _scarcity(engine, at.price, draw, arcs)
            if value >= annuity[draw] * (1 - 1e-9) or size >= limit:
                break
        found[draw] = size
    return found


def _scarcity(engine: Engine, price: Array, draw: np.intp, arcs: npt.NDArray[np.intp]) -> float:
    """What one more unit of the candidate's capacity is worth at these prices, over its directions."""
    part, program = engine.part, engine.part.program
    gain = program.keep[arcs] * price[part.destination[arcs]] - price[part.origin[arcs]] - program.cost[draw, arcs]
    return float(np.maximum(gain, 0.0).sum())
