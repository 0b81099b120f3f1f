"""The types of a case's fields: what a kind of initiative builds its Spec from.

    class Spec(Initiative):
        kind: Literal["railway"]
        length: Length
        capex: Money

Every quantity in a Spec becomes a named assumption, `<initiative>.<field>`, that worlds draw and levers can set.
"""

from __future__ import annotations

from tumen.case._delivery import DeliveryTerms
from tumen.case._fields import (
    AnyQuantity,
    Dated,
    Day,
    Duration,
    ExchangeRate,
    Fits,
    Frequency,
    Frozen,
    HazardName,
    Length,
    Mass,
    MassRate,
    Money,
    MoneyRate,
    Names,
    Number,
    PlayerName,
    ProcessName,
    Quantity,
    Rate,
    Ratio,
    Share,
    Sources,
    Text,
    Words,
    Year,
)

__all__ = [
    "AnyQuantity", "Dated", "Day", "DeliveryTerms", "Duration", "ExchangeRate", "Fits", "Frequency", "Frozen",
    "HazardName", "Initiative", "Length", "Mass", "MassRate", "Money", "MoneyRate", "Names", "Number", "PlayerName",
    "ProcessName", "Quantity", "Rate", "Ratio", "Share", "Sources", "Text", "Words", "Year",
]  # fmt: skip


class Initiative(Frozen):
    """What every kind of initiative has; `source` stands for all its quantities that name none of their own.

    With `delivery` it has to be decided and built before it works; without, it happens as it is declared.
    """

    kind: Text
    delivery: DeliveryTerms | None = None
    source: Sources = ()
    note: Text = ""
