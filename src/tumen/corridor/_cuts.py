"""The best build of stepped networks by cuts: exactly, and without solving most builds.

The duals of the programme that is solved for one build m hold for every other b, for a build changes only limits. So

    surplus(b) <= surplus(m) + sum over candidates k of (b_k - m_k) capacity_k rent_k(m)

where rent_k is what one more unit of capacity would earn at the prices of m (Benders 1962). In each draw the build with
the highest bound is solved next, until none is above the best that is known. All draws go on together. Surplus is
before annuities, so what is known of it serves other questions too: with some candidates left out, or forced, or their
capital sunk.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tumen.corridor._drawn import Array
from tumen.corridor._engine import Engine
from tumen.corridor._program import Index

__all__ = ["Cuts"]

_SAME = 1e-10


class Cuts:
    """What is known of the builds of a part: surplus where it was solved, bounds elsewhere. It grows by being asked.

    builds (B, K): steps of each candidate. capacity (D, arcs): limits of arcs with one step of every candidate.
    """

    def __init__(self, engine: Engine, builds: Index, capacity: Array) -> None:
        part, program = engine.part, engine.part.program
        place = {int(link): k for k, link in enumerate(program.candidate)}
        of = np.array([place.get(int(link), -1) for link in program.link[part.arcs]], dtype=np.intp)
        self._engine, self._arcs = engine, np.flatnonzero(of >= 0)
        self._steps, self._of = builds.astype(float), of[self._arcs]
        self._member = (self._of[:, None] == np.arange(builds.shape[1])).astype(float)
        self._costs, self._uppers = engine.stepped(capacity)
        self._one = capacity[:, self._arcs]
        self._bound = np.full((program.draws, len(builds)), np.inf)
        self._known = np.full(self._bound.shape, -np.inf)
        self._size = np.ones(program.draws)

    def best(self, annuity: Array, allowed: npt.NDArray[np.bool_]) -> tuple[Index, Array]:
        """(D,) the number of the best build and its worth; of builds that are worth the same, the first.

        annuity (D, B): what each build costs a year; allowed (B,): which may be built. Raises NoConvergence.
        """
        charged = np.where(allowed, annuity, np.inf)
        todo = np.arange(len(self._bound))
        while True:
            worth = self._known[todo] - charged[todo]
            bound = np.where(allowed, self._bound[todo] - annuity[todo], -np.inf)
            best = worth.argmax(axis=1)
            most, near = worth[np.arange(len(todo)), best], _SAME * self._size[todo]
            before = np.arange(worth.shape[1]) < best[:, None]
            open_ = allowed & (self._known[todo] == -np.inf)
            open_ &= bound > most[:, None] + near[:, None] * np.where(before, -1, 1)
            left = open_.any(axis=1)
            todo = todo[left]
            if not len(todo):
                break
            # Where nothing is bounded yet, the fullest build comes first: its rents say most.
            ranked = np.where(open_[left], np.minimum(bound[left], 1e300), -np.inf)
            nth = ranked.shape[1] - 1 - ranked[:, ::-1].argmax(axis=1)
            self._solve(nth, todo)
        worth = self._known - charged
        best = (worth >= worth.max(axis=1)[:, None] - _SAME * self._size[:, None]).argmax(axis=1)
        return best, worth[np.arange(len(worth)), best]

    def _solve(self, numbers: Index, at: Index) -> None:
        """Solve one build in each of some draws, and let it bound the others."""
        steps = self._steps[numbers]
        times = steps[:, self._of]
        one, limits = self._one[at], self._uppers[at]
        limits[:, self._arcs] = np.where(times > 0, one, 0.0) * np.where(times > 0, times, 1.0)
        surplus, gain = self._engine.rents(at, self._costs[at], limits)
        endless = np.isinf(one)
        gain = np.where(endless & (times > 0), 0.0, np.maximum(gain[:, self._arcs], 0.0))
        rent = (np.where(gain > 0, np.where(endless, 1e30, one), 0.0) * gain) @ self._member
        others = rent @ self._steps.T + (surplus - (rent * steps).sum(axis=1))[:, None]
        self._bound[at] = np.minimum(self._bound[at], others)
        self._known[at, numbers] = surplus
        self._size[at] = np.maximum(self._size[at], 1 + np.abs(surplus))
