"""What each coalition can reach: v[draw, coalition], for a game to share out.

v(S) is the best that S can do with its own territory, supply, demand and links, where those of outsiders are gone:

    "netback"   sellers' profit: revenue less the costs of supply and carriage, and annuities. Consumers are passive:
                each row of demand with a slope is charged one price, so that its marginal revenue, a - 2 b q, is what
                counts; a step is a buyer who pays its price. Suppliers, transit players and owners of links share it.
    "welfare"   the surplus of consumers as well; they are players, with their country.

Parties in `common` have no say: every coalition may use what is theirs, as a market whose consumers only buy. v(S) is
then what S and they reach together, less what they reach alone, so that nobody gets nothing. Outsiders stay idle: what
they would do with an open link or at a common hub meanwhile is not counted, for that would be another kind of game.

Each solution stands the checks of `_check`: with an accuracy in every draw, with equal segments in the first of each
problem, where the solver's own tolerances of 1e-9 hold in the others.

Candidates are built wherever that pays the coalition; those that are forced by every coalition that may use them, which
pays their annuities, so that v(S) can be below nothing. `_coalitions` says which problems are solved. Draws start from
the same basis each, so that any split of the draws into chunks gives the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tumen.corridor._builds import best_builds, capacity_under
from tumen.corridor._check import Part, check
from tumen.corridor._coalitions import Plan, planned
from tumen.corridor._drawn import Array, Draws
from tumen.corridor._engine import Engine
from tumen.corridor._program import Index, Program, compiled, forced_of, sunk
from tumen.errors import CaseError, unknown_name

if TYPE_CHECKING:
    import pandas as pd

    from tumen.corridor._network import Network

__all__ = ["CoalitionValues", "added", "values"]

_NUMBERS = 4e8
_SHOWN = 12


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CoalitionValues:
    """v[draw, coalition], MUSD a year, read-only.

    values (D, 2^n): the coalition's number has bit i where player i, in the order of `players`, is a member.
    short (D, 2^n): by how much each may fall short of the true value, because sloped curves are cut into segments.
    method: "components", "enumerate" or "none", as it was done. why: what everybody may use, if anything.
    problems: how many different networks were solved for each draw. forced: what was built whether it pays or not.
    """

    players: tuple[str, ...]
    objective: str
    values: Array
    short: Array
    method: str
    why: str
    problems: int
    forced: tuple[str, ...] = ()

    @property
    def draws(self) -> int:
        """How many draws there are."""
        return len(self.values)

    def of(self, members: Iterable[str] | str) -> Array:
        """(D,) the value of a coalition, `RUS+KOR` or a list of names. Raises UnknownName."""
        names = [part for part in members.split("+") if part] if isinstance(members, str) else list(members)
        for name in names:
            if name not in self.players:
                raise unknown_name("player", name, self.players)
        return self.values[:, sum(1 << self.players.index(name) for name in set(names))]

    def coalitions(self) -> tuple[str, ...]:
        """Names of the coalitions in order, players joined by `+`; the first is empty."""
        pairs = list(enumerate(self.players))
        return tuple(
            "+".join(name for n, name in pairs if mask >> n & 1) for mask in range(1 << len(self.players))
        )  # fmt: skip

    def to_frame(self) -> pd.DataFrame:
        """coalition, value: means over draws, without the empty coalition."""
        import pandas as pd

        names = self.coalitions()[1:]
        return pd.DataFrame({"coalition": names, "value": self.values.mean(axis=0)[1:]})

    def __repr__(self) -> str:
        draws = f", means of {self.draws:,} draws" if self.draws > 1 else ""
        lines = [
            f"Values of {1 << len(self.players):,} coalitions of {len(self.players)} players ({self.objective}), "
            f"MUSD a year{draws}; by {self.method}, {self.problems} problems a draw"
        ]
        if self.why:
            lines.append(f"  {self.why}")
        if self.forced:
            lines.append(f"  built by all that may: {', '.join(self.forced)}")
        means, names = self.values.mean(axis=0), self.coalitions()
        order = sorted(range(1, len(means)), key=lambda mask: (mask.bit_count(), mask))
        shown = order if len(order) <= _SHOWN else [m for m in order if m.bit_count() in (1, len(self.players))]
        width = max(len(names[mask]) for mask in shown)
        lines += [f"  {names[mask]:<{width}}  {means[mask]:>14,.6g}" for mask in shown]
        if len(shown) < len(order):
            lines.append(f"  ... and {len(order) - len(shown):,} more")
        return "\n".join(lines)


def values(
    network: Network,
    players: Sequence[str],
    objective: str = "netback",
    draws: Draws | None = None,
    *,
    common: Sequence[str] = (),
    forced: Sequence[str] = (),
    rate: npt.ArrayLike = 0.08,
    segments: int = 10,
    accuracy: float | None = None,
    decomposition: str = "auto",
    workers: int = 1,
) -> CoalitionValues:
    """The value of every coalition in every draw.

    players: countries and owners of links; all that the network has must be players or in `common`.
    forced: candidates or bundles that every coalition builds in full that may use them, whether it pays or not.
    draws, rate, segments: as in `solve`. accuracy: None takes equal segments as they are, and `short` bounds what that
    misses; a share of the money that moves makes every value so accurate, at some eight times the cost.
    decomposition: "auto" takes "components" where valid and "enumerate" elsewhere; "components" refuses where it is
    not; "none" solves the whole network for every coalition. workers: threads; they help where the extra `fast` works.

    Raises CaseError, UnknownName, and NoConvergence as `solve` does.
    """
    if accuracy is not None and not 1e-12 <= accuracy < 1:
        raise CaseError([f"accuracy: {accuracy:g}, expected from 1e-12 to below 1"])
    program, held = compiled(network, draws, objective, rate), forced_of(network, forced)
    standing = sunk(program, held)
    plan = planned(standing, players, common, decomposition)
    if program.draws * float(1 << len(players)) > _NUMBERS:
        raise CaseError(
            [f"{program.draws:,} draws of {1 << len(players):,} coalitions are too many at once; use chunks"]
        )
    found, missing = _solved(standing, plan, segments, accuracy, workers)
    total, short = (added(plan, part) for part in (found, missing))
    for k in np.flatnonzero(held):
        who = plan.asked[program.candidate[k]]
        may = np.arange(1 << len(plan.players)) & who == who
        total = total - np.where(may, (program.annuity[:, k] * program.steps[k])[:, None], 0.0)
    if plan.why:  # what the parties in common reach alone is nobody's
        total = total - total[:, :1]
        short = short + short[:, :1]
    for array in (total, short):
        array.setflags(write=False)
    built = dict.fromkeys(
        link.bundle or link.name for link in (network.links[n] for n in program.candidate[held])
    )  # fmt: skip
    return CoalitionValues(plan.players, objective, total, short, plan.method, plan.why, len(plan.parts), tuple(built))


def _solved(
    program: Program, plan: Plan, segments: int, accuracy: float | None, workers: int
) -> tuple[Array, Array]:  # fmt: skip
    """(D, problems) worth of each problem, and what it may fall short by."""

    def one(part: tuple[Index, Index]) -> tuple[Array, Array]:
        arcs, curves = part
        if not len(arcs) + len(curves):
            return np.zeros(program.draws), np.zeros(program.draws)
        engine = Engine(Part.of(program, arcs, curves), segments)
        here = np.unique(program.bundle[np.isin(program.candidate, program.link[arcs])])
        built, worth, short = best_builds(engine, accuracy, here)
        if accuracy is None:  # else the duality gap of every draw has been measured already
            capacity = capacity_under(program, arcs, built)
            _, at, allowed = engine.optimum(0, capacity[0], None)
            check(engine.part, at, np.array(allowed))
        return worth, short

    if workers > 1:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(workers) as pool:
            largest_first = sorted(range(len(plan.parts)), key=lambda n: -len(plan.parts[n][0]))
            done = dict(zip(largest_first, pool.map(lambda n: one(plan.parts[n]), largest_first), strict=True))
        results = [done[n] for n in range(len(plan.parts))]
    else:
        results = [one(part) for part in plan.parts]
    shape = program.draws, len(results)
    worth, short = np.empty(shape), np.empty(shape)
    for n, (value, missing) in enumerate(results):
        worth[:, n], short[:, n] = value, missing
    return worth, short


def added(plan: Plan, worth: Array) -> Array:
    """(D, 2^n) the sum over the problems of each coalition, always in the same order."""
    padded = np.concatenate([worth, np.zeros((len(worth), 1))], axis=1)
    total = padded[:, plan.sums[0]]
    for row in plan.sums[1:]:
        total = total + padded[:, row]
    return total
