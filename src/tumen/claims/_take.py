"""Taking a claim's measure on an outcome, and testing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tumen.claims._answer import Beside
from tumen.claims._arguments import read_where
from tumen.claims._measures import Measure, measure
from tumen.errors import CaseError, unknown_name

if TYPE_CHECKING:
    from tumen.case import Case, ClaimSpec
    from tumen.outcome import Outcome

__all__ = ["Question", "beside", "margin", "met", "path", "question", "slack", "take"]

Array = npt.NDArray[np.float64]
TIME = ("year", "by")


@dataclass(frozen=True)
class Question:
    """A claim made ready: its measure with the arguments read, the year or years it is about, and the test."""

    name: str
    measure: Measure
    arguments: Mapping[str, Any]
    kind: str
    low: float
    high: float
    year: int | None = None
    by: int | None = None

    @property
    def target_year(self) -> int | None:
        return self.by if self.by is not None else self.year


def question(case: Case, name: str) -> Question:
    """The question that a claim asks. Raises CaseError where the claim does not fit its measure."""
    if name not in case.claims:
        raise unknown_name("claim", name, case.claims)
    ready, wrong = read_question(case, name, case.claims[name])
    if ready is None:
        raise CaseError(f"claims.{name}.{field}: {what}" for field, what in wrong)
    return ready


def read_question(case: Case, name: str, claim: ClaimSpec) -> tuple[Question | None, list[tuple[str, str]]]:
    """The question of a claim, or None and what is wrong by field."""
    try:
        taken = measure(claim.measure)
    except LookupError as error:
        return None, [("measure", str(error))]
    time = {key: claim.where[key] for key in TIME if key in claim.where and taken.by_year}
    own = {key: value for key, value in claim.where.items() if key not in time}
    arguments, wrong = read_where(taken.function, case, own)
    wrong = [(f"where.{key}", what) for key, what in wrong]
    wrong += _wrong_time(case, taken, claim, time)
    wrong += _wrong_test(case, taken, claim, arguments)
    if wrong:
        return None, wrong
    test, factor = claim.test, scale_of(case, taken, arguments)
    low, high = test.low.central / factor, test.high.central / factor
    return Question(name, taken, arguments, test.kind, low, high, time.get("year"), time.get("by")), []


def take(outcome: Outcome, asked: Question) -> Array:
    """The measure of a question in every draw, (draw,)."""
    values = np.asarray(asked.measure.function(outcome, **asked.arguments), dtype=float)
    if not asked.measure.by_year:
        return values
    years = outcome.years
    if asked.year is not None:
        return values[:, years.index(asked.year)]
    first = max(outcome.case.as_of.year - years[0], 0)
    span = values[:, first : years.index(int(asked.by or years[-1])) + 1]
    return np.asarray(span.min(axis=1) if asked.kind == "at_most" else span.max(axis=1))


def path(outcome: Outcome, asked: Question) -> Array | None:
    """The measure by year, (draw, year); None where it has no years."""
    if not asked.measure.by_year:
        return None
    return np.asarray(asked.measure.function(outcome, **asked.arguments), dtype=float)


def beside(outcome: Outcome, asked: Question) -> tuple[Beside, ...]:
    """What is shown beside the answer, in every draw."""
    figures = asked.measure.figures
    return figures(outcome, **asked.arguments) if figures is not None else ()


def margin(asked: Question, values: Array) -> Array:
    """By how much the test is passed (or, below zero, failed), in units of the measure; (draw,)."""
    if asked.kind == "at_least":
        return values - asked.low
    if asked.kind in {"at_most", "by"}:
        return asked.high - values
    return np.minimum(values - asked.low, asked.high - values)


def slack(asked: Question, values: Array) -> Array:
    """The margin, with what rounding may have taken from it: at zero and above the test is passed; (draw,)."""
    scale = max(abs(asked.low), abs(asked.high), 1e-300)
    return margin(asked, values) + 1e-12 * scale


def met(asked: Question, values: Array) -> npt.NDArray[np.bool_]:
    """Whether the test is passed; (draw,). A rounding error of the last bits does not fail it."""
    return np.asarray(slack(asked, values) >= 0)


def _wrong_time(case: Case, taken: Measure, claim: ClaimSpec, time: Mapping[str, Any]) -> list[tuple[str, str]]:
    if not taken.by_year:
        return []
    if len(time) != 1:
        return [("where", "say `year:` (in that year) or `by:` (in any year up to it), one of the two")]
    ((key, year),) = time.items()
    if not isinstance(year, int) or isinstance(year, bool) or not case.as_of.year <= year <= case.years[-1]:
        span = f"{case.as_of.year} to {case.years[-1]}"
        return [(f"where.{key}", f"`{year}` is no year between the case's date and the end of its horizon, {span}")]
    if key == "by" and claim.test.kind == "between":
        return [("where.by", "`between` asks about one year; say `year:`")]
    return []


def _wrong_test(case: Case, taken: Measure, claim: ClaimSpec, arguments: Mapping[str, Any]) -> list[tuple[str, str]]:
    from tumen.case import parse_unit

    test, unit = claim.test, claim.test.low.unit
    if (test.kind == "by") != (taken.unit == "year"):
        what = (
            "is a year; test it by `by YEAR`" if taken.unit == "year" else f"is no year; `{test.text}` cannot test it"
        )
        return [("test", f"{taken.name} {what}")]
    if taken.unit == "year":
        return []
    wanted = unit_in(case, taken, arguments)
    if unit.powers != parse_unit({"share": "", "1/yr": "/yr"}.get(wanted, wanted)).powers:
        example = {"share": "at_least 100 %", "1/yr": "at_most 19 %/yr"}.get(wanted, f"at_least 100 {wanted}")
        return [("test", f"{taken.name} is in {wanted}, the test in {unit.label}; write it like `{example}`")]
    return []


def unit_in(case: Case, taken: Measure, arguments: Mapping[str, Any]) -> str:
    """The unit of a measure with these arguments, in which its values stand."""
    from tumen.case import price_label

    if taken.unit == "M*":
        return f"M{currency(case, arguments)}"
    if taken.unit not in ("Q*", "P*"):
        return taken.unit
    unit = _commodity_unit(case, arguments)
    return f"{unit}/yr" if taken.unit == "Q*" else price_label(unit)


def scale_of(case: Case, taken: Measure, arguments: Mapping[str, Any]) -> float:
    """How many base units one unit of the measure's values is: a test is written in any unit and read into these."""
    from tumen.case import parse_unit

    if taken.unit == "days":
        return parse_unit("days").factor
    if taken.unit not in ("Q*", "P*"):
        return 1.0
    factor = parse_unit(_commodity_unit(case, arguments)).factor
    return factor if taken.unit == "Q*" else 1 / factor


def _commodity_unit(case: Case, arguments: Mapping[str, Any]) -> str:
    """The unit of what the measure is about: the good named, or what the line or the supply has."""
    spec: Any = case.initiatives.get(str(arguments.get("initiative")))
    network = case.networks.get(str(arguments.get("network", getattr(spec, "network", ""))))
    if network is None:  # a wrong name, which is said of the argument
        return "bcm"
    good = arguments.get("good") or getattr(spec, "commodity", "") or next(iter(getattr(spec, "carries", ())), "")
    supply = network.supply.get(str(arguments.get("supply")))
    good = supply.commodity if supply is not None else good
    if spec is not None and spec.kind == "capacity":
        good = network.links[next(iter(spec.adds))].commodity
    return network.commodities[network.good(str(good))].unit


def currency(case: Case, arguments: Mapping[str, Any]) -> str:
    """The currency of a measure of money: the one asked for, or that of the initiative it is about, by its kind."""
    from tumen import initiatives

    if "currency" in arguments:
        return str(arguments["currency"])
    spec = case.initiatives.get(str(arguments.get("initiative")))
    own = getattr(initiatives.module(spec.kind), "currency", None) if spec is not None else None
    return str(own(spec)) if own is not None else "USD"
