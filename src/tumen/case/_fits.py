"""What a field of the case asks of its quantity: a dimension, a range, perhaps a single figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tumen.case._units import DIMENSIONS, Unit, fits

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

    from tumen.case._quantity import Quantity

__all__ = ["Fits"]

_WITHOUT_ARTICLE = frozenset(
    {"money", "money a year", "mass", "mass a year", "energy", "containers", "containers a year", "people"}
)


@dataclass(frozen=True, slots=True)
class Fits:
    """Marks a field as a quantity: `stock: Annotated[Quantity, Fits("money", low=0)]`.

    `dimension` names what must fit (None: any). Nothing that can be drawn, or that a lever can be set to, may lie below
    `low` (or, with `above`, at it) or beyond `high`, in base units. `single` asks for one figure, neither drawn nor a
    lever.
    """

    dimension: str | None
    low: float | None = None
    high: float | None = None
    above: bool = False
    single: bool = False

    def wrong(self, quantity: Quantity) -> str:
        """Why a quantity does not fit, or nothing."""
        if self.dimension is not None and not fits(quantity.unit, self.dimension):
            return _misfit(quantity.text, quantity.unit, self.dimension)
        distribution = quantity.distribution
        if distribution is None:
            return ""
        if self.single and (quantity.lever is not None or not distribution.is_constant):
            return f"`{quantity.text}`: a single figure is expected here, without a range"
        if self.low is None and self.high is None:
            return ""
        low, high = quantity.lever or distribution.bounds
        below = self.low is not None and (low < self.low or (self.above and low <= self.low))
        if not below and (self.high is None or high <= self.high):
            return ""
        worst = self._shown(low if below else high, quantity.unit)
        if quantity.lever is None and distribution.is_constant:
            shown = "" if worst == quantity.text else f" ({worst})"
            return f"`{quantity.text}`{shown} is out of range; expected {self._range(quantity.unit)}"
        advice = "" if quantity.lever else "; a uniform, triangular or pert distribution stays within"
        return f"`{quantity.text}` can reach {worst}; expected {self._range(quantity.unit)}{advice}"

    def _range(self, unit: Unit) -> str:
        low = None if self.low is None else self._shown(self.low, unit)
        high = None if self.high is None else self._shown(self.high, unit)
        if high is None:
            return f"more than {low}" if self.above else f"{low} or more"
        if low is None:
            return f"at most {high}"
        return f"{low} to {high}" if not self.above else f"more than {low} and at most {high}"

    def _shown(self, value: float, unit: Unit) -> str:
        if self.dimension == "share":
            return f"{100 * value:.4g} %"
        if self.dimension == "rate":
            return f"{100 * value:.4g} %/yr"
        return f"{value:.6g}" if unit.label == "1" else f"{value:.6g} {unit.label}"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema

        from tumen.case._quantity import read_quantity

        def read(raw: Any) -> Quantity:
            return read_quantity(raw, self)

        return core_schema.no_info_plain_validator_function(read)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        from tumen.case._quantity import ALL_KINDS, NOTES, STATUS

        text = DIMENSIONS[self.dimension][1] if self.dimension else "a number with its unit"
        keys: dict[str, Any] = {key: {} for key in (*ALL_KINDS, "p90", "from", "to", "shape", *NOTES)}
        keys |= {"source": {"type": ["string", "array"]}, "status": {"enum": list(STATUS)}, "note": {"type": "string"}}
        forms = [{"type": ["string", "number"]}, {"type": "object", "properties": keys, "additionalProperties": False}]
        return {"description": f"{self.dimension or 'any dimension'}, such as {text}", "anyOf": forms}


def _misfit(text: str, unit: Unit, dimension: str) -> str:
    what = "a plain number" if unit.label == "1" else f"`{unit.label}`, {_article(unit.dimension)}"
    return f"`{text}` is {what}; expected {_article(dimension)}, such as {DIMENSIONS[dimension][1]}"


def _article(dimension: str) -> str:
    if dimension in _WITHOUT_ARTICLE:
        return dimension
    return ("an " if dimension[0] in "aeiou" else "a ") + dimension
