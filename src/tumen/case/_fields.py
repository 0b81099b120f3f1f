"""The types of a case's fields, from which the parts of a case are built."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from tumen.case._dates import latest_day, read_day
from tumen.case._fits import Fits
from tumen.case._quantity import Quantity, read_keys

__all__ = [
    "AnyQuantity", "Dated", "Day", "Duration", "ExchangeRate", "Fits", "Frequency", "Frozen", "HazardName",
    "Length", "Mass", "MassRate", "Money", "MoneyRate", "Names", "Number", "PlayerName", "ProcessName",
    "Quantity", "Rate", "Ratio", "Share", "Sources", "Text", "Words", "Year",
]  # fmt: skip


class Frozen(BaseModel):
    """A part of a case: frozen, and closed to unknown keys."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, str_max_length=4000, allow_inf_nan=False
    )


# What can be negative is `Rate`, `Number` and `AnyQuantity`; for the rest less than nothing is refused.
AnyQuantity = Annotated[Quantity, Fits(None)]
Number = Annotated[Quantity, Fits("number")]
Rate = Annotated[Quantity, Fits("rate")]
Share = Annotated[Quantity, Fits("share", low=0, high=1)]
Ratio = Annotated[Quantity, Fits("share", low=0)]  # a price as a share of face, a volatility: may exceed 100 %
Money = Annotated[Quantity, Fits("money", low=0)]
MoneyRate = Annotated[Quantity, Fits("money a year", low=0)]
ExchangeRate = Annotated[Quantity, Fits("exchange rate", low=0, above=True)]
Frequency = Annotated[Quantity, Fits("frequency", low=0)]
Duration = Annotated[Quantity, Fits("duration", low=0, high=1000)]
Length = Annotated[Quantity, Fits("length", low=0)]
Mass = Annotated[Quantity, Fits("mass", low=0)]
MassRate = Annotated[Quantity, Fits("mass a year", low=0)]
Year = Annotated[Quantity, Fits("number", low=1900, high=2200, single=True)]


def _text(raw: Any) -> Any:
    """Plain words; a number that YAML made of a word such as a row's `1` is text again."""
    return str(raw) if isinstance(raw, int | float) and not isinstance(raw, bool) else raw


def _date(raw: Any) -> str:
    """A date of any precision, kept as it was written."""
    text = str(raw).strip()
    if text:
        latest_day(text)
    return text


@dataclass(frozen=True, slots=True)
class Names:
    """Marks a field whose text is the name of something in the case: a player, or a process of some form."""

    what: str


_TEXT = (BeforeValidator(_text), WithJsonSchema({"type": ["string", "number"]}))
Text = Annotated[str, *_TEXT]
Words = Annotated[str, Field(min_length=1), *_TEXT]
PlayerName = Annotated[str, *_TEXT, Names("player")]
HazardName = Annotated[str, *_TEXT, Names("hazard")]
ProcessName = Annotated[str, *_TEXT, Names("process")]
Dated = Annotated[str, BeforeValidator(_date), WithJsonSchema({"type": ["string", "number"]})]
Day = Annotated[date, BeforeValidator(read_day), WithJsonSchema({"type": "string", "description": "YYYY-MM-DD"})]
Sources = Annotated[
    tuple[str, ...],
    BeforeValidator(read_keys),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
