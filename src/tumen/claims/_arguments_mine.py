"""The arguments of measures on mines: which mine, one that pays for a line, and whether as planned or as delivered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from tumen.claims._arguments import Reader
from tumen.errors import did_you_mean

if TYPE_CHECKING:
    from tumen.case import Case

__all__ = ["MineName", "MineState", "SwapMine"]

_STATES = ("planned", "delivered")
Where = Mapping[str, Any]


def _mine(case: Case, raw: Any, _: Where) -> str:
    known = [name for name, spec in case.initiatives.items() if spec.kind == "mine"]
    if raw not in known:
        raise ValueError(f"`{raw}` is no mine of this case; {did_you_mean(str(raw), known)}")
    return str(raw)


def _swap(case: Case, raw: Any, where: Where) -> str:
    name = _mine(case, raw, where)
    if getattr(case.initiatives[name], "pays_for", None) is None:
        raise ValueError(f"`{name}` has no `pays_for`, on which this measure is taken; declare it there")
    return name


def _state(case: Case, raw: Any, _: Where) -> str:
    if raw not in _STATES:
        raise ValueError(f"`{raw}` is no state of a mine; {did_you_mean(str(raw), _STATES)}")
    return str(raw)


MineName = Annotated[str, Reader(_mine)]
SwapMine = Annotated[str, Reader(_swap)]
MineState = Annotated[str, Reader(_state)]
