"""What one plan comes to in the worlds drawn: the answer of `study.evaluate`, on which measures are taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tumen.errors import unknown_name

if TYPE_CHECKING:
    from tumen._carried import Carried
    from tumen._prospect import Prospect
    from tumen.case import Case
    from tumen.delivery import Timeline
    from tumen.initiatives import Inputs, Lines, TradeChange
    from tumen.initiatives.inducement import Bargain
    from tumen.money import Ledger
    from tumen.trade import CostShock, DrawnWorld, PathDraws, Reading
    from tumen.uncertainty import Worlds

__all__ = ["Outcome", "Stages"]


@dataclass(frozen=True)
class Stages:
    """The stages of an evaluation that are run as a whole; each gives the same whenever it is called."""

    timeline: Callable[[], Timeline]
    changes: Callable[[], Mapping[str, TradeChange]]
    trade: Callable[[], Mapping[str, PathDraws]]
    ledger: Callable[[], Ledger]


@dataclass(frozen=True)
class Outcome:
    """What a plan comes to in every draw of `worlds`; each stage is run when it is first asked for, and kept.

    `world` is the world's trade before any initiative, None where the case gives none; `respond(shock, run)` is the
    equilibrium after a shock, computed once for each. By name: `settled`, the worlds as each initiative sees them;
    `networks`, what flows and what coalitions reach, solved when asked; `gates`, whether each is open at the end of
    each year, (draw, year); `gains`, what each who decides gains a year by what is still to be decided; `carried`, what
    networks carry by year with what is delivered; `lines`, what each initiative brings to the ledger; `inducements`,
    solved.
    """

    case: Case
    worlds: Worlds
    world: DrawnWorld | None
    respond: Callable[[CostShock, str], Reading] = field(repr=False)
    settled: Mapping[str, Inputs] = field(repr=False)
    networks: Mapping[str, Prospect]
    gates: Mapping[str, npt.NDArray[np.bool_]]
    gains: Mapping[str, Mapping[str, npt.NDArray[np.float64]]]
    carried: Mapping[str, Carried]
    lines: Mapping[str, Lines]
    inducements: Mapping[str, Bargain]
    _stages: Stages = field(repr=False)

    def inputs(self, initiative: str) -> Inputs:
        """The worlds as one initiative sees them. Raises LookupError where the plan leaves it out."""
        if initiative not in self.settled:
            raise LookupError(f"the plan leaves out `{initiative}`, on which this measure is taken")
        return self.settled[initiative]

    @property
    def timeline(self) -> Timeline:
        """What becomes of every initiative that has to be decided and built, or stands already."""
        return self._stages.timeline()

    @property
    def changes(self) -> Mapping[str, TradeChange]:
        """What initiatives do to trade costs, by name."""
        return self._stages.changes()

    @property
    def trade(self) -> Mapping[str, PathDraws]:
        """The path of each pair's trade, by name, with what initiatives do to it."""
        return self._stages.trade()

    @property
    def ledger(self) -> Ledger:
        """All lines together."""
        return self._stages.ledger()

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
