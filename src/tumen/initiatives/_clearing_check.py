"""What a clearing account needs of the rest of its case."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tumen.errors import did_you_mean

if TYPE_CHECKING:
    from tumen.case import Case, Keys, Unit

__all__ = ["check"]


def check(case: Case, name: str) -> Iterator[tuple[Keys, str]]:
    """Its trade, its rate, what it claims, and money in the units in which it is told."""
    from tumen.case import CURRENCIES, fits, parse_unit

    spec: Any = case.initiatives[name]
    here, (creditor, debtor) = ("initiatives", name), spec.between
    if spec.currency not in CURRENCIES or spec.currency == "USD":
        what = f"`{spec.currency}` is no currency beside the dollar"
        yield (*here, "currency"), f"{what}; {did_you_mean(spec.currency, [c for c in CURRENCIES if c != 'USD'])}"
    if spec.trade not in case.trade:
        yield (*here, "trade"), f"`{spec.trade}` is no trade path; {did_you_mean(spec.trade, case.trade)}"
    elif set(case.trade[spec.trade].between) != {creditor, debtor}:
        yield (*here, "trade"), f"`{spec.trade}` is not the trade of {creditor} and {debtor}"
    process = case.blueprint.processes.get(spec.exchange_rate)
    if process is not None and process.kind in ("hazard", "trend_growth"):
        yield (*here, "exchange_rate"), f"`{spec.exchange_rate}` is no level; expected {spec.currency} for one dollar"
    told, wanted = _level(case, spec.exchange_rate), f"{spec.currency}/USD"
    if spec.currency in CURRENCIES and told is not None and told.powers != parse_unit(wanted).powers:
        yield (*here, "exchange_rate"), f"`{spec.exchange_rate}` is in {told.label}; expected {wanted}"
    process = case.blueprint.processes.get(spec.paid_in_growth)
    if process is not None and process.kind != "trend_growth":
        yield (*here, "paid_in_growth"), f"`{spec.paid_in_growth}` is a {process.kind}; expected a trend_growth"
    for key, kind, sides in (("debt", "debt_treatment", ("creditor", "debtor")),
                             ("wages", "labour_export", ("host", "home"))):  # fmt: skip
        known = [n for n, s in case.initiatives.items() if s.kind == kind
                 and tuple(getattr(s, side) for side in sides) == (creditor, debtor)]  # fmt: skip
        for k, other in enumerate(getattr(spec, key)):
            if other not in known:
                what = f"`{other}` is no {kind} with {sides[0]} {creditor} and {sides[1]} {debtor}"
                yield (*here, key, k), f"{what}; {did_you_mean(other, known)}"
                continue
            owed: Any = case.initiatives[other]
            money = owed.stock.unit if key == "debt" else owed.wage.unit
            allowed = ("USD",) if key == "debt" else ("USD", spec.currency)
            if money.currencies[0] not in allowed:
                yield (*here, key, k), f"`{other}` is told in {money.label}; expected {' or '.join(allowed)}"
    unit = spec.currency if spec.clause == "clearing" else "USD"
    expected = {"limit": unit, "opening": unit, "paid_in": "USD"}
    for parameter in case.parameters:
        if parameter.keys[:2] == here and parameter.keys[2] in expected:
            amount = case.parameter(parameter.name).quantity.unit
            if fits(amount, "money") or fits(amount, "money a year"):
                own = expected[str(parameter.keys[2])]
                if amount.currencies != (own,):
                    yield parameter.keys, f"is in {amount.label}; under the clause `{spec.clause}` it is told in {own}"


def _level(case: Case, process: str) -> Unit | None:
    """The unit of a process that is a level: of its series, or of where it starts."""
    spec: Any = case.file.processes.get(process)
    if spec is None or spec.fit == "trend_growth":
        return None
    if spec.series is not None:
        return case.tables[spec.series].unit
    forms = (spec.geometric_brownian, spec.mean_reverting, spec.jump_diffusion)
    return next((form.start.unit for form in forms if form is not None), None)
