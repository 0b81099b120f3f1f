"""Many questions about the coalitions of one network: with lines forced or left out, each answered from what is known.

The networks that coalitions can use differ from one question to the next only in which candidates may be built. Where
all curves are stepped, the surplus of builds that one question has solved, and the bounds that follow, serve the next
(`_cuts`). Elsewhere each question is answered afresh.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tumen.corridor._builds import builds_of, capacity_under
from tumen.corridor._check import Part, check
from tumen.corridor._coalitions import planned
from tumen.corridor._cuts import Cuts
from tumen.corridor._drawn import Array, Draws
from tumen.corridor._engine import Engine
from tumen.corridor._program import Index, compiled, forced_of
from tumen.corridor._values import CoalitionValues, added, values

if TYPE_CHECKING:
    from tumen.corridor._network import Network

__all__ = ["Coalitions"]


class Coalitions:
    """The coalitions of a network, to be asked more than once; arguments as in `values`.

    What it answers does not depend on what it was asked before, but for the solver's tolerance of 1e-9.
    """

    def __init__(
        self, network: Network, players: Sequence[str], objective: str = "netback", draws: Draws | None = None, *,
        common: Sequence[str] = (), rate: npt.ArrayLike = 0.08,
    ) -> None:  # fmt: skip
        self._network, self._draws = network, dict(draws or {})
        self._said = {"players": tuple(players), "objective": objective, "common": tuple(common)}
        self._rate = rate
        self._program = program = compiled(network, draws, objective, rate)
        self._plan = planned(program, players, common, "auto")
        self._parts = [self._part(arcs, curves) for arcs, curves in self._plan.parts]

    def values(self, forced: Sequence[str] = (), without: Sequence[str] = ()) -> CoalitionValues:
        """The values where some candidates or bundles are built by all who may, and others by nobody.

        Raises UnknownName, NoConvergence, and CaseError where one is both.
        """
        if any(part is None for part in self._parts):
            gone = set(without)
            draws = {k: v for k, v in self._draws.items() if k.rpartition(".")[0] not in {f"links.{n}" for n in gone}}
            return values(self._network.without(*gone), draws=draws, rate=self._rate, forced=forced, **self._said)  # type: ignore[arg-type]
        plan, held = self._plan, forced_of(self._network, forced)
        worth = self._worth(held, forced_of(self._network, without), np.unique(plan.sums))
        total = added(plan, worth)
        for bundle in np.flatnonzero(held):
            who = plan.asked[self._program.candidate[bundle]]
            may = np.arange(1 << len(plan.players)) & who == who
            total = total - np.where(may, self._annuity(bundle)[:, None], 0.0)
        if plan.why:
            total = total - total[:, :1]
        total.setflags(write=False)
        short = np.zeros_like(total)
        short.setflags(write=False)
        names = tuple(dict.fromkeys(forced))
        return CoalitionValues(
            plan.players, self._program.objective, total, short, plan.method, plan.why, len(plan.parts), names
        )  # fmt: skip

    def together(self, forced: Sequence[str] = (), without: Sequence[str] = ()) -> Array:
        """(D,) the value of all players together, as the last column of `values`; much less is solved for it."""
        if any(part is None for part in self._parts):
            return self.values(forced, without).values[:, -1]
        plan, held = self._plan, forced_of(self._network, forced)
        ends = [plan.sums[:, -1], plan.sums[:, 0]]
        worth = self._worth(held, forced_of(self._network, without), np.unique(np.concatenate(ends)))
        padded = np.concatenate([worth, np.zeros((len(worth), 1))], axis=1)
        total = padded[:, ends[0]].sum(axis=1) - (padded[:, ends[1]].sum(axis=1) if plan.why else 0.0)
        for bundle in np.flatnonzero(held):
            who = plan.asked[self._program.candidate[bundle]]
            everybody = (1 << len(plan.players)) - 1
            if everybody & who == who and not (plan.why and who == 0):
                total = total - self._annuity(bundle)
        return np.asarray(total)

    def _annuity(self, candidate: np.intp) -> Array:
        """(D,) what a candidate costs a year, with all its steps."""
        return np.asarray(self._program.annuity[:, candidate] * self._program.steps[candidate])

    def _worth(self, held: npt.NDArray[np.bool_], gone: npt.NDArray[np.bool_], wanted: Index) -> Array:
        """(D, problems) worth of the problems that are wanted, before the annuities of what is held."""
        program = self._program
        annuity = np.where(held, 0.0, program.annuity)
        worth = np.zeros((program.draws, len(self._parts)))
        for n in wanted[wanted < len(self._parts)]:
            part = self._parts[n]
            assert part is not None
            cuts, builds = part
            if cuts is not None:
                steps = np.where(held & builds.any(axis=0), program.steps, 0)
                allowed = (builds[:, gone] == 0).all(axis=1) & (builds[:, held] == steps[held]).all(axis=1)
                worth[:, n] = cuts.best(annuity @ builds.T.astype(float), allowed)[1]
        return worth

    def _part(self, arcs: Index, curves: Index) -> tuple[Cuts | None, Index] | None:
        """What is to be asked of one problem: nothing where it is empty; None where it cannot be asked so."""
        program = self._program
        if not len(arcs) + len(curves):
            return None, np.zeros((1, len(program.candidate)), dtype=np.intp)
        engine = Engine(Part.of(program, arcs, curves), 10)
        here = np.flatnonzero(np.isin(program.bundle, program.bundle[np.isin(program.candidate, program.link[arcs])]))
        bundles, of = np.unique(program.bundle[here], return_inverse=True)
        steps = np.ones(len(bundles), dtype=np.intp)
        steps[of] = program.steps[here]
        some = builds_of(steps)
        if len(engine.linear) or some is None:
            return None
        builds = np.zeros((len(some), len(program.candidate)), dtype=np.intp)
        builds[:, here] = some[:, of]
        capacity = capacity_under(program, arcs, np.ones_like(program.steps))
        capacity = np.broadcast_to(capacity, (program.draws, len(arcs)))
        _, at, allowed = engine.optimum(0, capacity[0], None)
        check(engine.part, at, np.array(allowed))
        return Cuts(engine, builds, capacity), builds
