"""What a sanction coalition does to its target, for every coalition that its members could form.

A member imposes its cut on its own trade with the target: a factor on costs, or an embargo. A country outside that
trades on, perhaps more cheaply than before since trade moves to it, is a leak. Each coalition is a general equilibrium
of the goods nest, so that partners redirect trade and prices answer. Values only: how blame or gain is shared among
members is another question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from tumen.errors import CaseError, NoConvergence, unknown_name
from tumen.trade._baseline import Array, Baseline
from tumen.trade._closures import Closure, closure_named
from tumen.trade._nest import TOLERANCE, Cell, NestShocks, Quota
from tumen.trade._nest_bulk import answer, block_of
from tumen.trade._nest_shocks import Draws, blocks, world_of
from tumen.trade._nest_world import World

__all__ = ["CoalitionValues", "Leak", "coalition_values"]

Factor = float | npt.ArrayLike
Cut = Factor | Mapping[str, Factor]
Direction = Literal["both", "to_target", "from_target"]
_MOST = 12  # members: 4,096 equilibria a draw


@dataclass(frozen=True, slots=True, eq=False)
class Leak:
    """Trade between the target and a country outside the coalition, once there is a coalition.

    cost: factor on the cost of these flows, below 1 where trade is let through more easily; one for all draws or
    (draw,). limit: cap on the volume of either direction over all goods, a factor on the base's, inf for none, which
    also caps what would have been diverted without any leak; its rent goes to the country that leaks.
    """

    cost: Factor = 1.0
    limit: Factor = np.inf


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CoalitionValues:
    """Values of coalitions in MUSD of equivalent variation; bit k of a coalition's index is member k.

    loss (draw, 2^n): what the target loses, 0 for the empty coalition. own (draw, 2^n, n): what each member loses,
    inside the coalition or outside it. Not a number where there is no equilibrium, with the reason in `reasons` by
    (draw, coalition).
    """

    target: str
    members: tuple[str, ...]
    loss: Array
    own: Array
    reasons: Mapping[tuple[int, int], str]

    def names(self, coalition: int) -> tuple[str, ...]:
        """The members of a coalition."""
        return tuple(member for k, member in enumerate(self.members) if coalition >> k & 1)

    def __repr__(self) -> str:
        lines = [f"CoalitionValues: {len(self.loss)} draws, what {self.target} loses, MUSD (mean, 5 %, 95 %)"]
        for coalition in range(min(self.loss.shape[1], 32)):
            values = self.loss[:, coalition][np.isfinite(self.loss[:, coalition])]
            figures = (values.mean(), *np.percentile(values, [5, 95])) if len(values) else (np.nan,) * 3
            name = ", ".join(self.names(coalition)) or "nobody"
            lines.append(f"  {name:<40}" + "".join(f"{figure:>14,.6g}" for figure in figures))
        return "\n".join(lines)


def coalition_values(
    base: Baseline,
    target: str,
    members: Sequence[str],
    *,
    cost: Cut | Mapping[str, Cut] = np.inf,
    direction: Direction = "both",
    leak: Mapping[str, Leak] | None = None,
    theta: npt.ArrayLike | None = None,
    substitution: npt.ArrayLike | None = None,
    closure: str = "proportional",
    on_failure: Literal["raise", "mark"] = "raise",
) -> CoalitionValues:
    """What the target and each member lose under every coalition of the members, (draw, 2^n).

    cost: the cut of each member on its trade with the target, a factor, inf for an embargo; by member and, within, by
    good, where what is not named is left alone; each one for all draws or (draw,). direction: which flows are cut.
    leak: countries through which the target trades on, in coalitions that are not empty and do not hold them. theta,
    substitution, closure: as in `respond`.

    Raises CaseError, UnknownName, and NoConvergence that names the coalition, unless on_failure is "mark".
    """
    sides = _checked(base, target, members, cost, leak or {}, direction)
    rule = closure_named(closure)
    world = world_of(base, base.tariffs, rule)
    n, places = len(members), [base.countries.index(name) for name in (target, *members)]
    losses: list[Array] = []
    reasons: dict[tuple[int, int], str] = {}
    for coalition in range(1, 2**n):
        inside = [member for k, member in enumerate(members) if coalition >> k & 1]
        shocks = _shocks(base, target, inside, cost, leak or {}, sides)
        made = blocks(base, shocks, theta, substitution)
        lost, failed = _losses(world, made, rule, (len(base.sectors), len(base.countries)))
        if failed and on_failure == "raise":
            draw, reason = min(failed.items())
            raise NoConvergence(f"draw {draw}, coalition of {', '.join(inside)}: {reason}")
        reasons |= {(draw, coalition): reason for draw, reason in failed.items()}
        losses.append(lost[:, places])
    draws = max(len(lost) for lost in losses)
    found = np.zeros((draws, 2**n, n + 1))
    for coalition, lost in enumerate(losses):
        found[:, coalition + 1] = lost
    loss, own = found[:, :, 0].copy(), found[:, :, 1:].copy()
    for array in (loss, own):
        array.setflags(write=False)
    return CoalitionValues(target, tuple(members), loss, own, reasons)


def _losses(world: World, made: Draws, rule: Closure, size: tuple[int, int]) -> tuple[Array, dict[int, str]]:
    """What every country loses, (draw, N), MUSD of equivalent variation, and why some draws have no answer."""
    lost = np.full((made.draws, size[1]), np.nan)
    reasons: dict[int, str] = {}
    step = block_of(*size, made.draws)
    for first in range(0, made.draws, step):
        rows = np.arange(first, min(first + step, made.draws))
        found = answer(world, made.block(rows), rule, TOLERANCE, wanted="welfare")
        reasons |= {first + draw: reason for draw, reason in found.reasons.items()}
        if len(found.rows):
            lost[first + found.rows] = (1 - found.found["welfare"]) * found.found["spending_before"]
    return lost, reasons


def _shocks(
    base: Baseline, target: str, inside: Sequence[str], cost: object, leak: Mapping[str, Leak], sides: Sequence[bool]
) -> NestShocks:
    """The cuts of those inside and the leaks of those outside."""
    cells: list[Cell] = []
    factors: list[Array] = []
    quotas: list[Quota] = []

    def add(good: str | None, country: str, factor: object, both: Sequence[bool]) -> None:
        for used, pair in zip(both, ((country, target), (target, country)), strict=True):
            if used:
                cells.append((good, *pair))
                factors.append(np.atleast_1d(np.asarray(factor, dtype=np.float64)))

    for member in inside:
        cut = cost.get(member, {}) if isinstance(cost, Mapping) and set(cost) & set(base.countries) else cost
        goods: Mapping[str | None, object] = cut if isinstance(cut, Mapping) else {None: cut}
        for good, factor in goods.items():
            add(good, member, factor, sides)
    for country, open_ in leak.items():
        if country in inside:
            continue
        add(None, country, open_.cost, (True, True))
        if not np.all(np.asarray(open_.limit, dtype=np.float64) == np.inf):
            pairs = ((country, target), (target, country))
            quotas += [Quota([(None, *pair)], open_.limit, country) for pair in pairs]
    draws = max((len(factor) for factor in factors), default=1)
    columns = np.stack([np.broadcast_to(factor, (draws,)) for factor in factors], axis=1) if factors else None
    return NestShocks(cells, cost=columns, quotas=quotas)


def _checked(
    base: Baseline, target: str, members: Sequence[str], cost: object, leak: Mapping[str, Leak], direction: str
) -> tuple[bool, bool]:
    """Which flows are cut, to the target and from it; raises CaseError with everything wrong."""
    problems = [
        f"coalition: {unknown_name('country', name, base.countries)}"
        for name in dict.fromkeys((target, *members, *leak)) if name not in base.countries
    ]  # fmt: skip
    if not members or len(set(members)) < len(members) or target in members:
        problems.append("coalition: expected one or more members, each once, the target not among them")
    if len(members) > _MOST:
        problems.append(f"coalition: {len(members)} members; expected up to {_MOST}, for 2^n equilibria are solved")
    if target in leak:
        problems.append(f"coalition: {target} is the target and cannot be a leak as well")
    if direction not in ("both", "to_target", "from_target"):
        problems.append(f"coalition: direction is {direction!r}; expected both, to_target or from_target")
    if isinstance(cost, Mapping):
        by_member = bool(set(cost) & set(members))
        valid = (*members,) if by_member else base.sectors
        kind = "member" if by_member else "sector"
        problems += [f"coalition: cost: {unknown_name(kind, str(key), valid)}" for key in cost if key not in valid]
        missing = [member for member in members if by_member and member not in cost]
        problems += [f"coalition: cost: there is none for {member}; 1 leaves its trade alone" for member in missing]
    if problems:
        raise CaseError(problems)
    return direction != "from_target", direction != "to_target"
