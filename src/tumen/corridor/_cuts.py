"""The best build of stepped networks by cuts: exactly, and without solving most builds.

The duals of the programme that is solved for one build m hold for every other b, for a build changes only limits. So

    surplus(b) <= surplus(m) + sum over candidates k of (b_k - m_k) capacity_k rent_k(m)

where rent_k is what one more unit of capacity would earn at the prices of m (Benders 1962). The build with the highest
bound is solved next, until none is above the best that is known.
"""

from __future__ import annotations

import numpy as np

from tumen.corridor._drawn import Array
from tumen.corridor._engine import Engine
from tumen.corridor._program import Index

__all__ = ["best_by_cuts"]

_SAME = 1e-10


def best_by_cuts(engine: Engine, builds: Index, capacity: Array) -> tuple[Index, Array]:
    """(D,) the number of the best build and its worth; of builds that are worth the same, the first.

    builds (B, K): steps of each candidate. capacity (D, arcs): limits of arcs with one step of every candidate. Raises
    NoConvergence.
    """
    part, program = engine.part, engine.part.program
    place = {int(link): k for k, link in enumerate(program.candidate)}
    of = np.array([place.get(int(link), -1) for link in program.link[part.arcs]], dtype=np.intp)
    mine = np.flatnonzero(of >= 0)
    steps, annuity = builds.astype(float), program.annuity @ builds.T.astype(float)
    chosen, worth = np.empty(program.draws, dtype=np.intp), np.empty(program.draws)
    for draw in range(program.draws):
        bound = np.full(len(builds), np.inf)
        known = np.full(len(builds), -np.inf)
        cost, upper = engine.columns(draw, capacity[draw])
        one = capacity[draw, mine]
        nth, fresh = len(builds) - 1, True
        while True:
            times = steps[nth, of[mine]]
            upper[mine] = np.where(times > 0, one, 0.0) * np.where(times > 0, times, 1.0)
            surplus, gain = engine.rents(draw, cost, upper, fresh)
            fresh = False
            known[nth] = bound[nth] = surplus - annuity[draw, nth]
            rent = np.where(gain[mine] > 0, one, 0.0) * np.maximum(gain[mine], 0.0)
            more = np.bincount(of[mine], rent, builds.shape[1])
            apart = steps - steps[nth]
            with np.errstate(invalid="ignore"):  # a limit that is infinite, times no difference, is nothing
                change = np.where((more > 0) & (apart != 0), apart * more, 0.0).sum(axis=1)
            bound = np.minimum(bound, surplus + change - annuity[draw])
            best = int(known.argmax())
            near = _SAME * (1 + abs(surplus))
            open_ = (known == -np.inf) & (bound > known[best] + near * np.where(np.arange(len(builds)) < best, -1, 1))
            if not open_.any():
                break
            nth = int(np.where(open_, bound, -np.inf).argmax())
        near = _SAME * (1 + abs(known[best]))
        chosen[draw] = int(np.argmax(known >= known[best] - near))
        worth[draw] = known[chosen[draw]]
    return chosen, worth
