"""The types of a case's fields: what a kind of initiative builds its Spec from.

    class Spec(Frozen):
        kind: Literal["railway"]
        length: Length
        capex: Money

Every quantity in a Spec becomes a named assumption, `<initiative>.<field>`, that worlds draw and levers can set.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema

from tumen.case._dates import read_day
from tumen.case._quantity import AnyQuantity, Fits, Quantity, read_keys

__all__ = [
    "AnyQuantity", "Day", "Duration", "ExchangeRate", "Frequency", "Frozen", "HazardName", "Initiative", "Length", "Mass",
    "MassRate", "Money", "MoneyRate", "Names", "Number", "PlayerName", "ProcessName", "Quantity", "Rate", "Share", "Sources", "Text",
]  # fmt: skip


class Frozen(BaseModel):
    """A part of a case: frozen, and closed to unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, str_max_length=4000)


Money = Annotated[Quantity, Fits("money")]
MoneyRate = Annotated[Quantity, Fits("money a year")]
Share = Annotated[Quantity, Fits("share")]
Number = Annotated[Quantity, Fits("number")]
Rate = Annotated[Quantity, Fits("rate")]
Frequency = Annotated[Quantity, Fits("frequency")]
Duration = Annotated[Quantity, Fits("duration")]
ExchangeRate = Annotated[Quantity, Fits("exchange rate")]
Length = Annotated[Quantity, Fits("length")]
Mass = Annotated[Quantity, Fits("mass")]
MassRate = Annotated[Quantity, Fits("mass a year")]


def _text(raw: Any) -> Any:
    """Plain words; a number that YAML made of a word such as a row's `1` is text again."""
    return str(raw) if isinstance(raw, int | float) and not isinstance(raw, bool) else raw


@dataclass(frozen=True, slots=True)
class Names:
    """Marks a field whose text is the name of something in the case: a player, or a process of some form."""

    what: str


Text = Annotated[str, BeforeValidator(_text)]
PlayerName = Annotated[str, BeforeValidator(_text), Names("player")]
HazardName = Annotated[str, BeforeValidator(_text), Names("hazard")]
ProcessName = Annotated[str, BeforeValidator(_text), Names("process")]
Day = Annotated[date, BeforeValidator(read_day), WithJsonSchema({"type": "string", "description": "YYYY-MM-DD"})]
Sources = Annotated[
    tuple[str, ...],
    BeforeValidator(read_keys),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]


class Initiative(Frozen):
    """What every kind of initiative has; `source` stands for all its quantities that name none of their own."""

    kind: Text
    source: Sources = ()
    note: Text = ""
