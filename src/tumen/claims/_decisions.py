"""Decisions of a case: what each option pays in every draw.

An option is a plan, the case with some initiatives left out and some figures set; the decision's measure is taken on
its outcome in the same worlds as on the others'. Or it pays the same whatever happens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tumen.claims._arguments import read_where
from tumen.claims._measures import Measure, measure
from tumen.claims._take import Question, scale_of, take, unit_in

if TYPE_CHECKING:
    from tumen.case import Case, DecisionSpec, OptionSpec
    from tumen.outcome import Outcome

__all__ = ["Include", "check_decisions", "payoff_unit", "payoffs"]

Array = npt.NDArray[np.float64]
Include = tuple[str, ...] | None
Evaluate = Callable[[Include, Mapping[str, float]], "Outcome"]


@dataclass(frozen=True)
class _Option:
    """An option made ready: what is asked of which plan, or what it pays at any rate."""

    asked: Question | None
    unit: str
    pays: float = 0.0


def payoffs(case: Case, name: str, evaluate: Evaluate) -> Array:
    """What each option of a decision pays in every draw, (draw, option), in the unit of its measure.

    `evaluate` gives the outcome, on always the same draws, when only these initiatives are included (None: all) and
    these figures stand at some values. Raises LookupError where an option leaves out what the measure is about.
    """
    spec = case.file.decisions[name]
    columns: list[Array | float] = []
    for label, option in spec.options.items():
        ready = _ready(case, spec, option)
        if isinstance(ready, list):  # which `check_decisions` has told
            raise ValueError(f"decisions.{name}.options.{label}: {ready[0][1]}")
        if ready.asked is None:
            columns.append(ready.pays)
            continue
        out = frozenset(option.leave_out)
        include = tuple(each for each in case.initiatives if each not in out) if out else None
        levers = {figure: value.central for figure, value in option.set.items()}
        columns.append(take(evaluate(include, levers), ready.asked))
    draws = next(len(column) for column in columns if isinstance(column, np.ndarray))
    return np.stack([np.broadcast_to(column, (draws,)) for column in columns], axis=1).astype(np.float64)


def payoff_unit(case: Case, name: str) -> str:
    """The unit of what the options of a decision pay."""
    spec = case.file.decisions[name]
    ready = (_ready(case, spec, option) for option in spec.options.values() if option.pays is None)
    return next(option.unit for option in ready if isinstance(option, _Option))


def check_decisions(case: Case) -> Iterator[tuple[tuple[str, ...], str]]:
    """What is wrong with the measures of decisions: the path of the field within case.yaml, and what."""
    for name, spec in case.file.decisions.items():
        keys = ("decisions", name)
        try:
            taken = measure(spec.measure)
        except LookupError as error:
            yield (*keys, "measure"), str(error)
            continue
        if taken.unit == "year":
            yield (*keys, "measure"), f"{taken.name} is a year; the more a payoff the better, which no date is"
            continue
        units: dict[str, str] = {}
        said = set[tuple[str, str]]()
        for label, option in spec.options.items():
            ready = _ready(case, spec, option)
            if isinstance(ready, _Option):
                units[label] = ready.unit
                continue
            for field, what in ready:
                key = field.removeprefix("where.")
                own = field == "pays" or key in option.where
                place = (*keys, "options", label) if own else keys
                if (field, what) not in said or own:
                    yield (*place, *(field.split(".") if own or key in spec.where else ("where",))), what
                said.add((field, what))
        if len(set(units.values())) > 1:
            found = ", ".join(f"{label} in {unit}" for label, unit in units.items())
            yield (*keys, "options"), f"they pay in different units ({found}), which cannot be compared"


def _ready(case: Case, spec: DecisionSpec, option: OptionSpec) -> _Option | list[tuple[str, str]]:
    """An option made ready, or what is wrong with it by field."""
    taken = measure(spec.measure)
    where: dict[str, Any] = {**spec.where, **option.where}
    if option.pays is not None:
        whole = next((other for other in spec.options.values() if other.pays is None), option)
        where |= whole.where
    year = where.pop("year", None) if taken.by_year else None
    arguments, wrong = read_where(taken.function, case, where)
    problems = [(f"where.{key}", what) for key, what in wrong]
    if taken.by_year and (not isinstance(year, int) or isinstance(year, bool) or year not in case.years):
        problems.append(
            ("where.year", f"{taken.name} is by year; say `year:`, from {case.years[0]} to {case.years[-1]}")
        )
    if problems:
        return [] if option.pays is not None else problems  # said of the options that are plans
    unit = unit_in(case, taken, arguments)
    if option.pays is None:
        return _Option(Question(spec.title, taken, arguments, "at_least", 0.0, 0.0, year), unit)
    return _fixed(case, taken, arguments, option, unit)


def _fixed(
    case: Case, taken: Measure, arguments: Mapping[str, Any], option: OptionSpec, unit: str
) -> _Option | list[tuple[str, str]]:
    """What an option pays at any rate, in the unit of the measure."""
    from tumen.case import parse_unit

    assert option.pays is not None
    wanted = {"share": "", "1/yr": "/yr"}.get(unit, unit)
    if option.pays.unit.powers != parse_unit(wanted).powers:
        return [
            ("pays", f"{taken.name} is in {unit}, `{option.pays.text}` in {option.pays.unit.label}; write `0 {unit}`")
        ]
    return _Option(None, unit, option.pays.central / scale_of(case, taken, arguments))
