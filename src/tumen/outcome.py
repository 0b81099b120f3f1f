"""What one plan comes to in the worlds drawn: the answer of `study.evaluate`, on which measures are taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tumen.errors import unknown_name

if TYPE_CHECKING:
    from tumen._prospect import Prospect
    from tumen.case import Case
    from tumen.initiatives import Lines, TradeChange
    from tumen.initiatives.inducement import Bargain
    from tumen.money import Ledger
    from tumen.trade import CostShock, DrawnWorld, PathDraws, Reading
    from tumen.uncertainty import Worlds

__all__ = ["Outcome"]


def _no_world(shock: CostShock, run: str) -> Reading:
    raise ValueError("the case has no `equilibrium`, so nothing can be said of how the world's trade would respond")


@dataclass(frozen=True)
class Outcome:
    """Trade paths by name, each initiative's lines, and the ledger of them all, in every draw of `worlds`.

    `changes` is what initiatives do to trade costs, `world` the world's trade before any of them, None where the case
    gives none; `respond(shock, run)` is the equilibrium after a shock, computed once for each; `inducements` are
    solved, by initiative; `networks` are what flows and what coalitions reach, solved when asked.
    """

    case: Case
    worlds: Worlds
    trade: Mapping[str, PathDraws]
    lines: Mapping[str, Lines]
    ledger: Ledger
    changes: Mapping[str, TradeChange] = field(default_factory=dict)
    world: DrawnWorld | None = None
    respond: Callable[[CostShock, str], Reading] = field(default=_no_world, repr=False)
    inducements: Mapping[str, Bargain] = field(default_factory=dict)
    networks: Mapping[str, Prospect] = field(default_factory=dict)

    @property
    def years(self) -> tuple[int, ...]:
        return self.worlds.years

    def path_of(self, between: tuple[str, str]) -> str:
        """The name of the trade path of a pair, in whichever order. Raises UnknownName."""
        for name, spec in self.case.trade.items():
            if set(spec.between) == set(between):
                return name
        pairs = ["-".join(spec.between) for spec in self.case.trade.values()]
        raise unknown_name("trade path between", "-".join(between), pairs)
