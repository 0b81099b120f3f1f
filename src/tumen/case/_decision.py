"""A decision of the case: who chooses among which options, and by what payoff.

The option with the greatest mean payoff is chosen. What it would be worth to learn an assumption first follows from the
payoffs of all options in the same worlds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, model_validator

from tumen.case._argument import Argument
from tumen.case._explanation import Value, cannot_be_set, misfit
from tumen.case._fits import Fits
from tumen.case._problems import Keys, Misread
from tumen.case._quantity import Quantity
from tumen.case._sources import unknown_sources
from tumen.case.fields import Frozen, PlayerName, Sources, Text, Words
from tumen.errors import did_you_mean

if TYPE_CHECKING:
    from tumen.case._case import Case, Parameter
    from tumen.case._document import Notes

__all__ = ["MOST_DECISIONS", "DecisionSpec", "OptionSpec", "check_decisions"]

MOST_DECISIONS, MOST_OPTIONS = 5, 6


class OptionSpec(Frozen):
    """One option: a plan, which is the case with some initiatives left out and some figures set; or a fixed payoff.

    `where` adds to the arguments of the decision's measure, or takes their place.
    """

    leave_out: tuple[Text, ...] = ()
    set: Mapping[Text, Value] = Field(default_factory=dict)
    where: Mapping[Text, Argument] = Field(default_factory=dict)
    pays: Annotated[Quantity, Fits(None, single=True)] | None = None
    note: Text = ""

    @model_validator(mode="after")
    def _a_plan_or_a_payoff(self) -> OptionSpec:
        if self.pays is not None and (self.leave_out or self.set or self.where):
            raise Misread("pays", "says what the option pays whatever happens; it goes without a plan beside it")
        if self.pays is not None and self.pays.distribution is None:
            raise Misread("pays", f"`{self.pays.text}` is a name; a figure is expected here, such as `0 MUSD`")
        return self


class DecisionSpec(Frozen):
    """Who chooses among which options; the measure, the more the better, says what each pays."""

    title: Words
    by: PlayerName
    measure: Words
    where: Mapping[Text, Argument] = Field(default_factory=dict)
    options: Annotated[Mapping[Text, OptionSpec], Field(max_length=MOST_OPTIONS)]
    source: Sources = ()
    note: Text = ""

    @model_validator(mode="after")
    def _two_options(self) -> DecisionSpec:
        if len(self.options) < 2:  # not said by the field, which would not count what is wrong by itself
            raise Misread("options", f"at least 2 are expected here, found {len(self.options)}")
        if all(option.pays is not None for option in self.options.values()):
            raise Misread("options", "all of them say what they pay; one at least is a plan, which may be empty: {}")
        return self


def check_decisions(case: Case, note: Notes) -> None:
    """Who decides is a player; what options leave out and set is there, and can be."""
    known = {parameter.name: parameter for parameter in case.parameters}
    for name, spec in case.file.decisions.items():
        keys: Keys = ("decisions", name)
        if spec.by not in case.players:
            note((*keys, "by"), f"`{spec.by}` is no player of this case; {did_you_mean(spec.by, case.players)}")
        for what in unknown_sources(case, spec.source):
            note((*keys, "source"), what)
        for label, option in spec.options.items():
            _check_option(case, option, known, (*keys, "options", label), note)


def _check_option(case: Case, option: OptionSpec, known: Mapping[str, Parameter], keys: Keys, note: Notes) -> None:
    for index, name in enumerate(option.leave_out):
        if name not in case.initiatives:
            what = f"`{name}` is no initiative of this case; {did_you_mean(name, case.initiatives)}"
            note((*keys, "leave_out", index), what)
        elif name in option.leave_out[:index]:
            note((*keys, "leave_out", index), f"`{name}` is left out already")
    for name, value in option.set.items():
        what = cannot_be_set(name, known)
        if not what and value.distribution is None:
            what = f"`{value.text}` is a name; a figure is expected here"
        what = what or misfit(value, (), [known[name]])
        if what:
            note((*keys, "set", name), what)
