"""One candidate or bundle, with it and without: what it adds, and the traffic at which it pays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tumen.corridor._builds import capacity_under
from tumen.corridor._check import Part
from tumen.corridor._drawn import Array, Draws
from tumen.corridor._engine import Engine
from tumen.corridor._network import links_of
from tumen.corridor._program import Index, Program, compiled
from tumen.corridor._solution import Solution
from tumen.corridor._solve import solved
from tumen.errors import CaseError

if TYPE_CHECKING:
    from tumen.corridor._network import Network

__all__ = ["Appraisal", "appraise"]

_STEPS = 200


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Appraisal:
    """A candidate or bundle in D draws, MUSD a year.

    gain (D,): surplus with it, all its steps built, less surplus without it, before its annuity, its cost a year.
    traffic (D,): what it carries, both ways together. break_even (D,): the least capacity whose gain pays the annuity,
    infinite where not even all of it does. with_, without: the two solutions; other candidates are not built.

    Of a bundle of several links traffic and break_even are those of `link`, its first with a limit to its capacity, or
    its first; at break_even the other limits are the same share of theirs.
    """

    candidate: str
    gain: Array
    annuity: Array
    traffic: Array
    break_even: Array
    with_: Solution
    without: Solution
    link: str

    @property
    def net(self) -> Array:
        """(D,) gain less annuity."""
        return np.asarray(self.gain - self.annuity)

    def __repr__(self) -> str:
        gain, annuity, net = self.gain.mean(), self.annuity.mean(), self.net
        middle = float(np.median(self.break_even))
        pays = f"pays from {middle:,.4g} a year on" if np.isfinite(middle) else "pays at no traffic"
        built = f"{(net > 0).mean():.0%} of draws" if len(net) > 1 else "its one draw" if net[0] > 0 else "no draw"
        which = "" if self.link == self.candidate else f"{self.link} "
        return (
            f"{self.candidate}: gain {gain:,.5g}, annuity {annuity:,.5g}, net {net.mean():,.5g} MUSD a year\n"
            f"  {which}carries {self.traffic.mean():,.4g} a year, {pays}; worth building in {built}"
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
    """What a candidate or bundle adds to the network, alone, and its break-even traffic; arguments as in `solve`.

    A link of a bundle stands for the bundle. Raises CaseError, UnknownName, NoConvergence.
    """
    first = links_of(network, candidate)[0]
    if not first.candidate:
        raise CaseError([f"link {candidate}: it is no candidate, so it cannot be with and without"])
    candidate = first.bundle or first.name
    mine = [link.name for link in links_of(network, candidate)]
    others = [name for name in network.candidates if name not in mine]
    gone = {f"links.{name}." for name in others}
    kept = {key: drawn for key, drawn in (draws or {}).items() if not any(key.startswith(name) for name in gone)}
    alone = network.without(*others)
    program = compiled(alone, kept, objective, rate)
    engine = Engine(Part.whole(program), segments)
    full = np.broadcast_to(program.steps, (program.draws, len(mine)))
    with_, without = (solved(program, engine, built, accuracy) for built in (full, 0 * full))
    annuity = with_.annuity.sum(axis=1)
    gain = with_.surplus + annuity - without.surplus
    limited = np.isfinite(program.capacity[:, program.candidate]).all(axis=0)
    place = program.candidate[np.argmax(limited)]
    traffic = with_.flow[:, place] + with_.back[:, place]
    found = Appraisal(
        candidate,
        gain,
        annuity,
        traffic,
        _break_even(program, engine, without, gain, annuity, accuracy, int(place)),
        with_,
        without,
        alone.links[place].name,
    )
    for array in (found.gain, found.annuity, found.traffic, found.break_even):
        array.setflags(write=False)
    return found


def _break_even(
    program: Program, engine: Engine, without: Solution, gain: Array, annuity: Array, accuracy: float | None, lead: int
) -> Array:
    """(D,) the least capacity q of the link `lead`, in proportion with those of its bundle, with gain(q) = annuity."""
    arcs = np.flatnonzero(np.isin(program.link, program.candidate))
    none = capacity_under(program, engine.part.arcs, np.zeros(len(program.candidate), dtype=np.intp))
    full = capacity_under(program, arcs, program.steps)
    found = np.where(annuity > 0, np.inf, 0.0)
    for draw in np.flatnonzero((gain >= annuity) & (annuity > 0)):
        endless = np.isinf(full[draw])
        # A link without a limit has none at any scale; where all are so, the scale is their capacity itself.
        unit = np.ones(len(arcs)) if endless.all() else np.where(endless, 0.0, full[draw])
        limit = np.inf if endless.all() else 1.0
        fixed = none[draw].copy()
        fixed[arcs[endless]] = 0.0 if endless.all() else np.inf
        scale = _least_scale(engine, draw, fixed, arcs, unit, limit, without, float(annuity[draw]), accuracy)
        size = 1.0 if endless.all() else float(full[draw, np.argmax(program.link[arcs] == lead)])
        found[draw] = scale * size if scale > 0 else 0.0
    return found


def _least_scale(
    engine: Engine, draw: np.intp, fixed: Array, arcs: Index, unit: Array, limit: float, without: Solution,
    annuity: float, accuracy: float | None,
) -> float:  # fmt: skip
    """The least scale of the capacities `unit` of these arcs at which the gain is the annuity.

    The gain is concave in the scale, so its tangent, whose slope is the scarcity rent of the links, lies above it:
    stepping to where the tangent reaches the annuity climbs to the break-even from below, and in finitely many steps
    where curves are stepped.
    """
    scale, value, slope = 0.0, 0.0, _scarcity(engine, without.price[draw], draw, arcs, unit)
    settled = not np.isinf(fixed[arcs]).any()  # else links without a limit gain at a scale of nothing already
    for _ in range(_STEPS):
        if settled:
            if slope <= 0 or value >= annuity * (1 - 1e-9) or scale >= limit:
                break
            scale = min(scale + (annuity - value) / slope, limit)
        settled = True
        worth, at, _ = engine.optimum(int(draw), fixed + _scaled(fixed, arcs, unit * scale), accuracy)
        value = worth - float(without.surplus[draw])
        slope = _scarcity(engine, at.price, draw, arcs, unit)
    return scale


def _scaled(like: Array, arcs: Index, capacity: Array) -> Array:
    found = np.zeros_like(like)
    found[arcs] = capacity
    return found


def _scarcity(engine: Engine, price: Array, draw: np.intp, arcs: Index, unit: Array) -> float:
    """What a little more of all capacities is worth at these prices, by how much of each counts as one."""
    part, program = engine.part, engine.part.program
    gain = program.keep[arcs] * price[part.destination[arcs]] - price[part.origin[arcs]] - program.cost[draw, arcs]
    return float((np.maximum(gain, 0.0) * unit).sum())
