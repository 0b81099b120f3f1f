"""A quantity of the case: a scalar, a distribution, a lever, or the name of an assumption.

stock: 10.94 bn USD                                    a scalar
cost: {triangular: [285, 340, 400], unit: MUSD, source: kbs-2013}
price: {p10: 60 USD/t, p90: 110 USD/t}                 lognormal where p10 > 0, else normal; or `shape: uniform`
haircut: {lever: 90 %, from: 50 %, to: 100 %}          chosen, not drawn
discount: market_rate                                  the assumption of that name
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tumen.case._dates import latest_day
from tumen.case._fits import Fits
from tumen.case._problems import Misread
from tumen.case._units import Measured, Unit, parse_number, parse_quantity, parse_unit
from tumen.errors import UnitError, did_you_mean

if TYPE_CHECKING:
    from tumen.uncertainty import Distribution

__all__ = ["ALL_KINDS", "NOTES", "STATUS", "Quantity", "read_keys", "read_quantity"]

NOTES = ("unit", "source", "known", "status", "note")
STATUS = ("constant", "published_parameter")
# How many parameters of each kind carry the unit; the rest are plain numbers. None: any number of them, all with unit.
_KINDS: Mapping[str, tuple[int, int] | None] = {
    "triangular": (3, 0), "uniform": (2, 0), "normal": (2, 0), "lognormal": (1, 1), "pert": (3, 0), "empirical": None,
}  # fmt: skip
_FORMS = {"normal": "[mean, sd]", "uniform": "[low, high]", "lognormal": "[median, sigma]"}
_BESIDE: Mapping[str, tuple[str, ...]] = {"p10": ("p90", "shape"), "lever": ("from", "to")}
_SHAPES = ("normal", "lognormal", "uniform", "triangular")
ALL_KINDS = ("value", *_KINDS, "beta", "discrete", "p10", "lever")

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)*")
_Read = Callable[[Any], Measured]
_Made = tuple["Distribution", Unit]


@dataclass(frozen=True, slots=True)
class Quantity:
    """One quantity in base units.

    `distribution` is None for a reference, whose name is then in `reference`, and `wants` what must fit there. `lever`
    holds the range of a lever. `known` is when a figure was first public, where its source was printed later; `status`
    marks a physical constant or a published parameter, which may be later than `as_of`.
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
    wants: Fits | None = None

    @property
    def central(self) -> float:
        """The median, in base units."""
        if self.distribution is None:
            raise ValueError(f"`{self.reference}` is a reference; ask the case for its value")
        return float(self.distribution.median)

    def __repr__(self) -> str:
        return f"{self.text} [{self.unit.label}]"


def read_quantity(raw: Any, wants: Fits | str | None) -> Quantity:
    """Read a quantity from plain data; `wants` says what fits, or names a dimension; None takes any.

    Raises UnitError with what is wrong and what fits.
    """
    if isinstance(raw, Quantity):
        return raw
    fits = wants if isinstance(wants, Fits) else Fits(wants)
    if isinstance(raw, str) and _NAME.fullmatch(raw.strip()):
        return Quantity(None, parse_unit(""), raw.strip(), reference=raw.strip(), wants=fits)
    if isinstance(raw, Mapping):
        quantity = _from_mapping(raw)
    else:
        from tumen.uncertainty import constant

        measured = parse_quantity(raw)
        quantity = Quantity(constant(measured.value), measured.unit, measured.text)
    wrong = fits.wrong(quantity)
    if wrong:
        raise UnitError(wrong)
    return quantity


def read_keys(raw: Any) -> tuple[str, ...]:
    """The keys of sources: one, a list, or none."""
    keys = [] if raw is None else raw if isinstance(raw, list | tuple) else [raw]
    for key in keys:
        if not isinstance(key, str | int) or isinstance(key, bool):
            raise UnitError("`source` is the key of a source, or a list of keys")
    return tuple(str(key) for key in keys)


def _from_mapping(raw: Mapping[str, Any]) -> Quantity:
    kinds = [key for key in raw if key in ALL_KINDS]
    unknown = [key for key in raw if key not in ALL_KINDS and key not in NOTES]
    if not kinds:
        near = did_you_mean(unknown[0], ALL_KINDS) if unknown else "found none"
        raise UnitError(f"a quantity names exactly one of {', '.join(ALL_KINDS)}; {near}")
    kind, beside = kinds[0], _BESIDE.get(kinds[0], ())
    if len(kinds) > 1:
        what = f"a quantity is of one kind; `{kind}` and `{kinds[1]}` do not go together"
        raise Misread(kinds[1], what)
    for key in unknown:
        if key not in beside:
            raise Misread(key, f"unknown key; {did_you_mean(key, {kind, *beside, *NOTES})}")
    unit = _at("unit", _given, raw)
    lever = _at(kind, _lever_range, raw, _reader(unit)) if kind == "lever" else None
    distribution, found = _at(kind, _distribution, kind, raw, unit)
    return Quantity(distribution, found, _text(kind, raw), lever=lever, **_notes(raw))


def _at(key: str, read: Callable[..., Any], *arguments: Any) -> Any:
    """`read(*arguments)`; what is wrong is wrong with that key."""
    try:
        return read(*arguments)
    except Misread:
        raise
    except ValueError as error:
        raise Misread(key, str(error)) from None


def _given(raw: Mapping[str, Any]) -> Unit | None:
    """The unit beside the numbers."""
    text = raw.get("unit")
    if text is not None and not isinstance(text, str):
        raise UnitError("`unit` is text, such as `MUSD/yr`")
    return parse_unit(text) if text else None


def _notes(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Source, dates and remarks, checked for form."""
    status, known, note = raw.get("status"), raw.get("known"), raw.get("note")
    if status is not None and status not in STATUS:
        raise Misread("status", f"status `{str(status)[:40]}` is unknown; {did_you_mean(str(status), STATUS)}")
    if known is not None:
        _at("known", latest_day, known)
    if note is not None and not isinstance(note, str):
        raise Misread("note", "`note` is text")
    source = _at("source", read_keys, raw.get("source"))
    return {"source": source, "known": None if known is None else str(known), "status": status, "note": note or ""}


def _distribution(kind: str, raw: Mapping[str, Any], given: Unit | None) -> _Made:
    import tumen.uncertainty as u

    read = _reader(given)
    if kind in {"value", "lever"}:
        measured = read(raw[kind])
        return u.constant(measured.value), measured.unit
    if kind == "p10":
        return _percentiles(raw, read)
    if kind == "discrete":
        return _discrete(raw["discrete"], read)
    if kind == "beta":
        return _beta(raw["beta"], read, given)
    return _by_parameters(kind, raw[kind], read)


def _lever_range(raw: Mapping[str, Any], read: _Read) -> tuple[float, float]:
    for key in ("from", "to"):
        if key not in raw:
            raise UnitError(f"a lever has a range: `{key}` is missing, as in {{lever: 90 %, from: 50 %, to: 100 %}}")
    (value, low, high), _ = _same_unit([_at(key, read, raw[key]) for key in ("lever", "from", "to")])
    if not low <= value <= high or low == high:
        raise UnitError("a lever stands within its range: from <= lever <= to, from < to")
    return low, high


def _percentiles(raw: Mapping[str, Any], read: _Read) -> _Made:
    from tumen.uncertainty import from_percentiles

    if "p90" not in raw:
        raise UnitError("`p10` goes with `p90`")
    (p10, p90), unit = _same_unit([_at(key, read, raw[key]) for key in ("p10", "p90")])
    shape = raw.get("shape")
    if shape is not None and shape not in _SHAPES:
        raise Misread("shape", f"shape `{str(shape)[:40]}` is unknown; {did_you_mean(str(shape), _SHAPES)}")
    return from_percentiles(shape, p10, p90), unit


def _by_parameters(kind: str, parameters: Any, read: _Read) -> _Made:
    import tumen.uncertainty as u

    listed = _list(kind, parameters)
    shape = _KINDS[kind]
    if shape is None:
        values, unit = _same_unit([read(item) for item in listed])
        return u.empirical(values), unit
    with_unit, plain = shape
    if len(listed) != with_unit + plain:
        raise UnitError(f"`{kind}` takes {_FORMS.get(kind, '[low, mode, high]')}; found {len(listed)} numbers")
    values, unit = _same_unit([read(item) for item in listed[:with_unit]])
    made: Distribution = getattr(u, kind)(*values, *(parse_number(item) for item in listed[with_unit:]))
    return made, unit


def _discrete(raw: Any, read: _Read) -> _Made:
    from tumen.uncertainty import discrete

    if not isinstance(raw, Mapping) or set(raw) - {"values", "weights"} or "values" not in raw:
        raise UnitError("`discrete` takes {values: [...], weights: [...]}")
    values, unit = _same_unit([read(item) for item in _list("discrete", raw["values"])])
    weights = raw.get("weights")
    return discrete(values, None if weights is None else [parse_number(w) for w in _list("weights", weights)]), unit


def _beta(raw: Any, read: _Read, given: Unit | None) -> _Made:
    from tumen.uncertainty import beta

    listed = _list("beta", raw)
    if len(listed) not in {2, 4} or (len(listed) == 2 and given is not None):
        raise UnitError("`beta` takes [alpha, beta], a share of 0 to 1, or [alpha, beta, low, high] with a unit")
    ends, unit = _same_unit([read(item) for item in listed[2:] or (0, 1)])
    return beta(parse_number(listed[0]), parse_number(listed[1]), *ends), unit


def _list(kind: str, raw: Any) -> list[Any]:
    if not isinstance(raw, list) or not raw:
        raise UnitError(f"`{kind}` takes a list of numbers, such as [285, 340, 400]")
    return raw


def _reader(given: Unit | None) -> _Read:
    """Reads one parameter: a plain number is in the `unit` beside it, a text carries its own."""

    def read(item: Any) -> Measured:
        measured = parse_quantity(item)
        if given is None or "%" in measured.text:
            return measured
        if measured.unit.label == "1":
            return Measured(float(f"{measured.value * given.factor:.14g}"), given, measured.text)
        if measured.unit.powers != given.powers:
            raise UnitError(f"`{measured.text}` is in {measured.unit.label}, but `unit:` says {given.label}")
        return measured

    return read


def _same_unit(items: Sequence[Measured]) -> tuple[list[float], Unit]:
    first = items[0]
    for item in items[1:]:
        if item.unit.powers != first.unit.powers:
            what = f"`{item.text}` is in {item.unit.label} but `{first.text}` in {first.unit.label}"
            raise UnitError(f"{what}; use one unit, or add `unit:`")
    return [item.value for item in items], first.unit


def _text(kind: str, raw: Mapping[str, Any]) -> str:
    unit = f" {raw['unit']}" if raw.get("unit") else ""
    if kind == "p10":
        return f"{raw['p10']} to {raw['p90']}{unit} (10-90 %)"
    if kind == "lever":
        return f"{raw['lever']}{unit} (lever, {raw['from']} to {raw['to']})"
    if kind == "value":
        return f"{raw['value']}{unit}"
    if kind == "discrete":
        return f"one of {', '.join(map(str, raw[kind]['values']))}{unit}"
    return f"{kind} {', '.join(map(str, raw[kind]))}{unit}"
