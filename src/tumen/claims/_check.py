"""Checks of a case's claims before anything is run: measures, arguments, tests, envelopes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tumen.claims._decisions import check_decisions
from tumen.claims._envelope import evaluate_formula
from tumen.claims._take import read_question
from tumen.errors import UnknownName, did_you_mean

if TYPE_CHECKING:
    from tumen.case import Case

__all__ = ["check", "envelope_value"]


def check(case: Case) -> list[tuple[tuple[str, ...], str]]:
    """What is wrong with the claims and the decisions: the path of the field within case.yaml, and what."""
    wrong: list[tuple[tuple[str, ...], str]] = []
    for name, claim in case.claims.items():
        _, found = read_question(case, name, claim)
        wrong += [(("claims", name, *field.split(".")), what) for field, what in found]
        if claim.envelope is not None:
            try:
                envelope_value(case, claim.envelope)
            except (ValueError, UnknownName) as error:
                wrong.append((("claims", name, "envelope"), str(error)))
    wrong += check_decisions(case)
    return wrong


def envelope_value(case: Case, formula: str) -> float:
    """A formula over the central values of the case's figures. Raises ValueError or UnknownName."""

    def central(name: str) -> float:
        names: dict[str, Any] = {parameter.name: parameter for parameter in case.parameters}
        if name not in names:
            raise ValueError(f"`{name}` is no figure of this case; {did_you_mean(name, names)}")
        return float(case.parameter(name).quantity.central)

    return evaluate_formula(formula, central)
