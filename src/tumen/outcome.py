"""What one plan comes to in the worlds drawn: the answer of `study.evaluate`, on which measures are taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tumen.errors import unknown_name

if TYPE_CHECKING:
    from tumen.case import Case
    from tumen.initiatives import Lines
    from tumen.money import Ledger
    from tumen.trade import PathDraws
    from tumen.uncertainty import Worlds

__all__ = ["Outcome"]


@dataclass(frozen=True)
class Outcome:
    """Trade paths by name, each initiative's lines, and the ledger of them all, in every draw of `worlds`."""

    case: Case
    worlds: Worlds
    trade: Mapping[str, PathDraws]
    lines: Mapping[str, Lines]
    ledger: Ledger

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
