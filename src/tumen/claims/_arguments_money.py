"""Arguments of measures on clearing accounts and on labour abroad."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from tumen.claims._arguments import Reader
from tumen.errors import did_you_mean

if TYPE_CHECKING:
    from tumen.case import Case

__all__ = ["Clearing", "ClearingParty", "Counted", "DollarClearing", "ExportersClearing", "Labour", "PaidTo"]

_COUNTED = ("trade", "instalments", "wages")
_PAID_TO = ("state", "workers", "hard_currency")


def _of_kind(kind: str, needs: str = "") -> Callable[[Case, Any, Mapping[str, Any]], str]:
    """An initiative of a kind, that declares what a measure is taken on."""

    def read(case: Case, raw: Any, _: Mapping[str, Any]) -> str:
        names = [name for name, spec in case.initiatives.items() if spec.kind == kind]
        if raw not in names:
            raise ValueError(f"`{raw}` is no {kind} of this case; {did_you_mean(str(raw), names)}")
        if needs and getattr(case.initiatives[raw], needs) is None:
            raise ValueError(f"`{raw}` has no `{needs}`, on which this measure is taken; declare it there")
        return str(raw)

    return read


def _labour(case: Case, raw: Any, where: Mapping[str, Any]) -> str:
    name = _of_kind("labour_export")(case, raw, where)
    spec: Any = case.initiatives[name]
    if spec.wage.unit.currencies != ("USD",):
        raise ValueError(f"the wage of `{name}` is in {spec.wage.unit.label}; this measure is told in USD")
    return name


def _party(case: Case, raw: Any, where: Mapping[str, Any]) -> str:
    between = getattr(case.initiatives.get(str(where.get("initiative"))), "between", None)
    if between is not None and raw not in between:  # what is no clearing is refused as `initiative`
        raise ValueError(f"`{raw}` is no party to `{where['initiative']}`; {did_you_mean(str(raw), between)}")
    return str(raw)


def _one_of(valid: tuple[str, ...]) -> Callable[[Case, Any, Mapping[str, Any]], str]:
    def read(case: Case, raw: Any, _: Mapping[str, Any]) -> str:
        if raw not in valid:
            raise ValueError(f"`{raw}` is none of {', '.join(valid)}; {did_you_mean(str(raw), valid)}")
        return str(raw)

    return read


def _counted(case: Case, raw: Any, where: Mapping[str, Any]) -> tuple[str, ...]:
    named = tuple(raw) if isinstance(raw, list | tuple) else (raw,)
    return tuple(_one_of(_COUNTED)(case, name, where) for name in named)


Clearing = Annotated[str, Reader(_of_kind("clearing"))]
ExportersClearing = Annotated[str, Reader(_of_kind("clearing", "exporters"))]
DollarClearing = Annotated[str, Reader(_of_kind("clearing", "dollar"))]
ClearingParty = Annotated[str, Reader(_party)]
Labour = Annotated[str, Reader(_labour)]
PaidTo = Annotated[str, Reader(_one_of(_PAID_TO))]
Counted = Annotated[tuple[str, ...], Reader(_counted)]
