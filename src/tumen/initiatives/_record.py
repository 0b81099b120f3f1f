"""Parts of a programme's declaration: its tranches, and the record of programmes before, with what it teaches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import model_validator

from tumen.case import read_quantity
from tumen.case._problems import Misread
from tumen.case.fields import Fits, Frozen, Quantity

__all__ = ["First", "RecordTerms", "Sum", "Tranche", "learnt"]

Sum = Annotated[Quantity, Fits("money", low=0, above=True)]
First = Annotated[Quantity, Fits("number", low=1900, high=2200, single=True)]
Weight = Annotated[Quantity, Fits("number", low=0, high=1000, single=True)]


class Tranche(Frozen):
    """What is promised for one `year`."""

    amount: Sum
    year: First


class RecordTerms(Frozen):
    """A programme before it: what was `promised` and `delivered`, in one unit, and for how many cases it counts."""

    promised: Annotated[Quantity, Fits(None, low=0, above=True, single=True)]
    delivered: Annotated[Quantity, Fits(None, low=0, single=True)]
    weight: Weight

    @model_validator(mode="after")
    def _part_of_a_whole(self) -> RecordTerms:
        for name in ("promised", "delivered", "weight"):
            if getattr(self, name).distribution is None:
                raise Misread(name, f"`{getattr(self, name).text}` is a name; write the figure here")
        if self.promised.unit.powers != self.delivered.unit.powers:
            what = f"is in {self.delivered.unit.label}, `promised` in {self.promised.unit.label}; use one unit"
            raise Misread("delivered", what)
        if self.delivered.central > self.promised.central:
            raise Misread("delivered", f"{self.delivered.text} is more than the {self.promised.text} promised")
        return self


def learnt(raw: Any) -> Any:
    """A declaration with its `delivered` updated by its `record`; as it is where that is missing or not well formed.

    Raises Misread where `delivered` is no beta distribution of a share, which alone can be updated so.
    """
    if not isinstance(raw, Mapping) or not raw.get("record") or "delivered" not in raw:
        return raw
    from tumen.uncertainty import updated_beta

    try:
        prior = read_quantity(raw["delivered"], Fits("share", low=0, high=1))
        records = [RecordTerms.model_validate(item) for item in raw["record"].values()]
    except (ValueError, AttributeError):
        return raw  # the fields say what is wrong
    found = prior.distribution
    if found is None or found.kind != "beta" or found.parameters[2:] != (0.0, 1.0):
        raise Misread("delivered", f"`{prior.text}` cannot learn from a `record`; write it as {{beta: [4, 6]}}")
    for record in records:
        found = updated_beta(found, record.delivered.central / record.promised.central, record.weight.central)
    return {**raw, "delivered": replace(prior, distribution=found, text=f"{prior.text}, and its record")}
