"""A quantity of the case: a scalar, a distribution, a lever, or the name of an assumption.

    stock: 10.94 bn USD                                      a scalar
    cost: {triangular: [285, 340, 400], unit: MUSD, source: kbs-2013}
    price: {p10: 60 USD/t, p90: 110 USD/t}                   lognormal where p10 > 0, else normal; or `shape: uniform`
    haircut: {lever: 90 %, from: 50 %, to: 100 %}            chosen, not drawn
    discount: market_rate                                    the assumption of that name
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from tumen.case._dates import latest_day
from tumen.case._units import DIMENSIONS, Measured, Unit, fits, parse_number, parse_quantity, parse_unit
from tumen.errors import UnitError, did_you_mean

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

    from tumen.uncertainty import Distribution

__all__ = ["Fits", "Quantity", "read_quantity"]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)*")
_NOTES = {"unit", "source", "known", "status", "note"}
# How many parameters of each kind carry the unit; the rest are plain numbers. None: any number of them, all with unit.
_KINDS: Mapping[str, tuple[int, int] | None] = {
    "triangular": (3, 0), "uniform": (2, 0), "normal": (2, 0), "lognormal": (1, 1), "pert": (3, 0), "empirical": None,
}  # fmt: skip
_ALL_KINDS = ("value", *_KINDS, "beta", "discrete", "p10", "lever")
_STATUS = ("constant", "published_parameter")


@dataclass(frozen=True, slots=True)
class Quantity:
    """One quantity in base units.

    `distribution` is None for a reference, whose name is then in `reference`. `lever` holds the range of a lever.
    `known` is when a figure was first public, where its source was printed later; `status` marks a physical constant
    or a published parameter, which may be later than `as_of`. `wants` is the dimension that a reference must have.
    """

    distribution: Distribution | None
    unit: Unit
    text: str
    reference: str | None = None
    lever: tuple[float, float] | None = None
    source: tuple[str, ...] = ()
    known: str | None = None
    status: str | None = None
    note: str = ""
    wants: str | None = None

    @property
    def central(self) -> float:
        """The median, in base units."""
        if self.distribution is None:
            raise ValueError(f"`{self.reference}` is a reference; ask the case for its value")
        return float(self.distribution.median)

    def __repr__(self) -> str:
        return f"{self.text} [{self.unit.label}]"


def read_quantity(raw: Any, dimension: str | None) -> Quantity:
    """Read a quantity from plain data; `dimension` names what must fit, None takes any.

    Raises UnitError with what is wrong and what fits.
    """
    if isinstance(raw, Quantity):
        return raw
    if isinstance(raw, str) and _NAME.fullmatch(raw.strip()):
        return Quantity(None, parse_unit(""), raw.strip(), reference=raw.strip(), wants=dimension)
    if isinstance(raw, Mapping):
        quantity = _from_mapping(raw)
    else:
        from tumen.uncertainty import constant

        measured = parse_quantity(raw)
        quantity = Quantity(constant(measured.value), measured.unit, measured.text)
    if dimension is not None and not fits(quantity.unit, dimension):
        raise UnitError(_misfit(quantity.text, quantity.unit, dimension))
    return quantity


def _misfit(text: str, unit: Unit, dimension: str) -> str:
    what = "a plain number" if unit.label == "1" else f"`{unit.label}`, {_article(unit.dimension)}"
    return f"`{text}` is {what}; expected {_article(dimension)}, such as {DIMENSIONS[dimension][1]}"


def _article(dimension: str) -> str:
    if dimension in {"money", "money a year", "mass", "mass a year", "energy", "containers", "containers a year", "people"}:
        return dimension
    return ("an " if dimension[0] in "aeiou" else "a ") + dimension


def _from_mapping(raw: Mapping[str, Any]) -> Quantity:
    kinds = [key for key in raw if key in _ALL_KINDS]
    kind = kinds[0] if len(kinds) == 1 else None
    own = {"p10": {"p10", "p90", "shape"}, "lever": {"lever", "from", "to"}}.get(kind or "", {kind})
    if kind is None or len(kinds) > 1:
        unknown = [key for key in raw if key not in _NOTES]
        near = did_you_mean(str(unknown[0]), _ALL_KINDS) if unknown and not kinds else f"found {', '.join(kinds) or 'none'}"
        raise UnitError(f"a quantity names exactly one of {', '.join(_ALL_KINDS)}; {near}")
    unknown = [key for key in raw if key not in own | _NOTES]
    if unknown:
        raise UnitError(f"unknown key `{unknown[0]}`; {did_you_mean(str(unknown[0]), {*own, *_NOTES} - {None})}")  # type: ignore[arg-type]
    distribution, unit, lever = _distribution(kind, raw)
    return Quantity(distribution, unit, _text(kind, raw), lever=lever, **_notes(raw))


def _notes(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Source, dates and remarks, checked for form."""
    status, known, note = raw.get("status"), raw.get("known"), raw.get("note", "")
    if status is not None and status not in _STATUS:
        raise UnitError(f"status `{status}` is unknown; {did_you_mean(str(status), _STATUS)}")
    if known is not None:
        latest_day(known)
    if not isinstance(note, str):
        raise UnitError("`note` is text")
    return {"source": read_keys(raw.get("source")), "known": None if known is None else str(known), "status": status, "note": note}


def read_keys(raw: Any) -> tuple[str, ...]:
    """The keys of sources: one, a list, or none."""
    keys = [] if raw is None else raw if isinstance(raw, list | tuple) else [raw]
    for key in keys:
        if not isinstance(key, str | int) or isinstance(key, bool):
            raise UnitError("`source` is the key of a source, or a list of keys")
    return tuple(str(key) for key in keys)


def _distribution(kind: str, raw: Mapping[str, Any]) -> tuple[Distribution, Unit, tuple[float, float] | None]:
    import tumen.uncertainty as u

    unit_text = raw.get("unit")
    if unit_text is not None and not isinstance(unit_text, str):
        raise UnitError("`unit` is text, such as `MUSD/yr`")
    given = parse_unit(unit_text) if unit_text else None
    read = _parameter_reader(given)
    if kind == "value":
        (value,), unit = _same_unit([read(raw["value"])])
        return u.constant(value), unit, None
    if kind == "lever":
        missing = [key for key in ("from", "to") if key not in raw]
        if missing:
            raise UnitError(f"a lever has a range: `{missing[0]}` is missing, as in {{lever: 90 %, from: 50 %, to: 100 %}}")
        (value, low, high), unit = _same_unit([read(raw[key]) for key in ("lever", "from", "to")])
        if not low <= value <= high or low == high:
            raise UnitError("a lever stands within its range: from <= lever <= to, from < to")
        return u.constant(value), unit, (low, high)
    if kind == "p10":
        if "p90" not in raw:
            raise UnitError("`p10` goes with `p90`")
        (p10, p90), unit = _same_unit([read(raw["p10"]), read(raw["p90"])])
        shape = raw.get("shape") or ("lognormal" if p10 > 0 else "normal")
        if shape not in {"normal", "lognormal", "uniform", "triangular"}:
            raise UnitError(f"shape `{shape}`: {did_you_mean(str(shape), ['normal', 'lognormal', 'uniform', 'triangular'])}")
        return _build(u.from_percentiles, shape, p10, p90), unit, None
    if kind == "discrete":
        return _discrete(raw["discrete"], read)
    if kind == "beta":
        return _beta(raw["beta"], read, given)
    return _by_parameters(kind, raw[kind], read)


def _by_parameters(
    kind: str, parameters: Any, read: Callable[[Any], Measured]
) -> tuple[Distribution, Unit, tuple[float, float] | None]:
    import tumen.uncertainty as u

    listed = _list(kind, parameters)
    shape = _KINDS[kind]
    if shape is None:
        values, unit = _same_unit([read(item) for item in listed])
        return _build(u.empirical, values), unit, None
    with_unit, plain = shape
    if len(listed) != with_unit + plain:
        form = {"normal": "[mean, sd]", "uniform": "[low, high]", "lognormal": "[median, sigma]"}.get(kind, "[low, mode, high]")
        raise UnitError(f"`{kind}` takes {form}; found {len(listed)} numbers")
    values, unit = _same_unit([read(item) for item in listed[:with_unit]])
    return _build(getattr(u, kind), *values, *(parse_number(item) for item in listed[with_unit:])), unit, None


def _discrete(raw: Any, read: Callable[[Any], Measured]) -> tuple[Distribution, Unit, tuple[float, float] | None]:
    import tumen.uncertainty as u

    if not isinstance(raw, Mapping) or set(raw) - {"values", "weights"} or "values" not in raw:
        raise UnitError("`discrete` takes {values: [...], weights: [...]}")
    values, unit = _same_unit([read(item) for item in _list("discrete", raw["values"])])
    weights = raw.get("weights")
    return _build(u.discrete, values, None if weights is None else [parse_number(w) for w in _list("weights", weights)]), unit, None


def _beta(
    raw: Any, read: Callable[[Any], Measured], given: Unit | None
) -> tuple[Distribution, Unit, tuple[float, float] | None]:
    import tumen.uncertainty as u

    listed = _list("beta", raw)
    if len(listed) not in {2, 4}:
        raise UnitError("`beta` takes [alpha, beta] or [alpha, beta, low, high]")
    low_high, unit = _same_unit([read(item) for item in listed[2:]]) if len(listed) == 4 else ([0.0, 1.0], given or parse_unit(""))
    return _build(u.beta, parse_number(listed[0]), parse_number(listed[1]), *low_high), unit, None


def _build(make: Callable[..., Distribution], *arguments: Any) -> Distribution:
    try:
        return make(*arguments)
    except ValueError as error:
        raise UnitError(str(error)) from None


def _list(kind: str, raw: Any) -> list[Any]:
    if not isinstance(raw, list) or not raw:
        raise UnitError(f"`{kind}` takes a list of numbers, such as [285, 340, 400]")
    return raw


def _parameter_reader(given: Unit | None) -> Callable[[Any], Measured]:
    """Reads one parameter: a plain number is in the `unit` beside it, a text carries its own."""

    def read(item: Any) -> Measured:
        measured = parse_quantity(item)
        if measured.unit.label == "1" and given is not None and "%" not in measured.text:
            return Measured(float(f"{measured.value * given.factor:.14g}"), given, measured.text)
        return measured

    return read


def _same_unit(items: Sequence[Measured]) -> tuple[list[float], Unit]:
    first = items[0]
    for item in items[1:]:
        if item.unit.powers != first.unit.powers:
            raise UnitError(f"`{item.text}` is in {item.unit.label} but `{first.text}` in {first.unit.label}; use one unit, or add `unit:`")
    return [item.value for item in items], first.unit


def _text(kind: str, raw: Mapping[str, Any]) -> str:
    unit = f" {raw['unit']}" if raw.get("unit") else ""
    if kind == "p10":
        return f"{raw['p10']} to {raw['p90']}{unit} (10-90 %)"
    if kind == "lever":
        return f"{raw['lever']}{unit} (lever, {raw['from']} to {raw['to']})"
    if kind == "value":
        return f"{raw['value']}{unit}"
    if kind == "discrete" and isinstance(raw[kind], Mapping):
        return f"one of {', '.join(map(str, raw[kind]['values']))}{unit}"
    return f"{kind} {', '.join(map(str, raw[kind]))}{unit}"


class Fits:
    """Marks a model's field as a quantity of one dimension: `stock: Annotated[Quantity, Fits("money")]`."""

    def __init__(self, dimension: str | None) -> None:
        self.dimension = dimension

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from pydantic_core import core_schema

        def read(raw: Any) -> Quantity:
            return read_quantity(raw, self.dimension)

        return core_schema.no_info_plain_validator_function(read)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        text = DIMENSIONS[self.dimension][1] if self.dimension else "a number with its unit"
        keys: dict[str, Any] = {key: {} for key in (*_ALL_KINDS, "p90", "from", "to", "shape", *sorted(_NOTES))}
        keys |= {"source": {"type": ["string", "array"]}, "status": {"enum": list(_STATUS)}, "note": {"type": "string"}}
        forms = [{"type": ["string", "number"]}, {"type": "object", "properties": keys, "additionalProperties": False}]
        return {"description": f"{self.dimension or 'any dimension'}, such as {text}", "anyOf": forms}


AnyQuantity = Annotated[Quantity, Fits(None)]
