"""How a case says whether an initiative is decided, built and used: political gates, and the terms of its delivery."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator

from tumen.case._fields import (
    Duration,
    Frequency,
    Frozen,
    HazardName,
    Money,
    MoneyRate,
    PlayerName,
    Share,
    Sources,
    Text,
)
from tumen.case._fits import Fits
from tumen.case._problems import Keys, Misread
from tumen.case._quantity import Quantity
from tumen.case._units import parse_unit
from tumen.errors import did_you_mean

if TYPE_CHECKING:
    from tumen.case._case import Case
    from tumen.case._model import SourceSpec
    from tumen.case.fields import Initiative

__all__ = ["DeliveryTerms", "GateSpec", "delivery_problems", "sources_of_classes"]

Factor = Annotated[Quantity, Fits("share", low=0, above=True, high=100)]
Worth = Annotated[Quantity, Fits("money a year")]
Count = Annotated[Quantity, Fits("number", low=0, high=10_000, single=True)]

_UNITS = {"pace": "1/yr", "ramp": "yr"}
_FROM_CLASS = ("completed", "overrun", "delay", "reached", "ramp", "pace")


class GateSpec(Frozen):
    """A political state that is open or closed: how it stands at `as_of`, and the hazards that open and close it."""

    starts: Literal["open", "closed"]
    opens: HazardName
    closes: HazardName
    source: Sources = ()
    note: Text = ""

    @model_validator(mode="after")
    def _two_hazards(self) -> GateSpec:
        if self.opens == self.closes:
            raise Misread("closes", f"`{self.closes}` also opens it; an event does one or the other")
        return self


class RecordTerms(Frozen):
    """What is known of others like it: so many were completed, of so many that were decided."""

    done: Count
    of: Count

    @model_validator(mode="after")
    def _some_of_all(self) -> RecordTerms:
        for field in ("done", "of"):
            if getattr(self, field).distribution is None:
                raise Misread(field, f"`{getattr(self, field).text}` is a name; a count is a number, such as `4`")
        if self.done.central > self.of.central:
            raise Misread("done", f"{self.done.text} of {self.of.text} is more than all of them")
        return self


class DeliveryTerms(Frozen):
    """Whether and when an initiative is decided, what it then costs and takes, and how much of it works.

    It is decided once the `gates` are open, what it `needs` is completed, each of `decided_by` gains by it, its
    non-monetary `worth` and the `fee` demanded counted, and owners have the `money`; then by chance, at `pace`
    decisions a year. `delay` and `overrun` are factors on the time and the cost planned; `completed` is the probability
    that what was decided is ever finished, `reached` the share of the capacity planned, `ramp` the years until then.
    `while_open`: gates that must stay open for it to work. What is left out is as in the reference class that it is
    `like`, else as planned; `record` updates that class by counts.
    """

    like: Text = ""
    record: RecordTerms | None = None
    gates: tuple[Text, ...] = ()
    while_open: tuple[Text, ...] = ()
    needs: tuple[Text, ...] = ()
    decided_by: tuple[PlayerName, ...] = ()
    worth: Mapping[Text, Worth] = Field(default_factory=dict)
    fee: Mapping[Text, MoneyRate] = Field(default_factory=dict)
    money: Mapping[Text, Money] = Field(default_factory=dict)
    pace: Annotated[Frequency, Fits("frequency", low=0)] | None = None
    completed: Share | None = None
    delay: Factor | None = None
    overrun: Factor | None = None
    reached: Share | None = None
    ramp: Duration | None = None
    source: Sources = ()
    note: Text = ""

    @model_validator(mode="before")
    @classmethod
    def _as_its_class(cls, raw: Any) -> Any:
        """What is left out, from the reference class."""
        if not isinstance(raw, Mapping) or not raw.get("like"):
            return raw
        from tumen._classes import CLASSES, reference_class

        name = str(raw["like"])
        if name not in CLASSES:
            raise Misread("like", f"`{name}` is no reference class; {did_you_mean(name, CLASSES)}")
        chosen = reference_class(name)
        if chosen.delivered is not None:
            what = f"`{name}` says which share of a promise is paid, which is for a programme and not for works"
            known = ", ".join(key for key, found in CLASSES.items() if found.delivered is None)
            raise Misread("like", f"{what}; valid: {known}")
        record = raw.get("record")
        if isinstance(record, Mapping) and {"done", "of"} <= set(record):
            try:
                chosen = chosen.updated(float(record["done"]), float(record["of"]))
            except (TypeError, ValueError):
                return raw  # the fields say what is wrong
        return {**_filled(chosen, set(raw)), **raw}

    @model_validator(mode="after")
    def _each_once(self) -> DeliveryTerms:
        for field in ("gates", "while_open", "needs", "decided_by"):
            names = getattr(self, field)
            for index, name in enumerate(names):
                if name in names[:index]:
                    raise Misread(field, f"`{name}` stands twice; name each once")
        return self

    @model_validator(mode="after")
    def _a_record_of_a_class(self) -> DeliveryTerms:
        if self.record is not None and not self.like:
            raise Misread("record", "updates a reference class; say which it is `like`")
        return self


def _filled(chosen: Any, given: set[str]) -> dict[str, Quantity]:
    """The figures of a reference class that a declaration does not give itself."""
    found = {}
    for field in _FROM_CLASS:
        distribution = getattr(chosen, field)
        if field not in given and distribution is not None:
            found[field] = Quantity(
                distribution, parse_unit(_UNITS.get(field, "")), f"as {chosen.name}",
                source=(_class_source(chosen.name),), status="published_parameter",
            )  # fmt: skip
    return found


def _class_source(name: str) -> str:
    """The key of the source of a reference class, which comes with Tumen."""
    return f"class-{name.replace('_', '-')}"


def sources_of_classes(initiatives: Mapping[str, Initiative]) -> Mapping[str, SourceSpec]:
    """The sources of the reference classes that initiatives are like, by key."""
    named = {spec.delivery.like for spec in initiatives.values() if spec.delivery is not None and spec.delivery.like}
    if not named:
        return {}
    from tumen._classes import CLASSES
    from tumen.case._model import SourceSpec

    return {
        _class_source(name): SourceSpec(
            title=found.title, publisher=found.publisher, date=found.date, address=found.address, note=found.sample
        )
        for name, found in CLASSES.items()
        if name in named
    }


def delivery_problems(case: Case) -> Iterator[tuple[Keys, str]]:
    """Names in deliveries and gates that the case does not have, and needs that go in a circle."""
    hazards = [name for name, process in case.file.processes.items() if process.hazard is not None]
    for name, gate in case.file.gates.items():
        for field in ("opens", "closes"):
            hazard = getattr(gate, field)
            if hazard not in hazards:
                yield ("gates", name, field), f"`{hazard}` is no hazard of this case; {did_you_mean(hazard, hazards)}"
    for name, spec in case.initiatives.items():
        if spec.delivery is not None:
            yield from (
                (("initiatives", name, "delivery", *keys), what) for keys, what in _wrong(case, name, spec.delivery)
            )


def _wrong(case: Case, name: str, terms: DeliveryTerms) -> Iterator[tuple[Keys, str]]:
    for field in ("gates", "while_open"):
        for index, gate in enumerate(getattr(terms, field)):
            if gate not in case.file.gates:
                yield (field, index), f"`{gate}` is no gate of this case; {did_you_mean(gate, case.file.gates)}"
    others = [other for other in case.initiatives if other != name]
    for index, other in enumerate(terms.needs):
        if other not in others:
            yield ("needs", index), f"`{other}` is no other initiative; {did_you_mean(other, others)}"
        elif _optional(case.initiatives[other]):
            yield ("needs", index), f"`{other}` is an option that nobody is expected to build; give it a `delivery`"
        elif _leads_to(case, other, name):
            yield ("needs", index), f"`{other}` needs `{name}` in turn, so neither could ever be decided"
    spec = case.initiatives[name]
    network = case.networks.get(getattr(spec, "network", ""))
    parties = tuple(case.players) if network is None else network.players
    for index, player in enumerate(terms.decided_by):
        if player in case.players and player not in parties:
            what = f"`{player}` does not bargain in `{getattr(spec, 'network', '')}`; {did_you_mean(player, parties)}"
            yield ("decided_by", index), what
    for field in ("worth", "fee"):
        for player in getattr(terms, field):
            if player not in terms.decided_by:
                what = f"`{player}` does not decide; add it to `decided_by`, or take this out"
                yield (field, player), what
    owners = getattr(spec, "owners", None)
    for player in terms.money:
        if owners is None:
            yield ("money", player), f"a {spec.kind} has no owners who pay for it"
        elif player not in owners:
            yield ("money", player), f"`{player}` owns no part of it; {did_you_mean(player, owners)}"
    yield from _not_in_dollars(case, terms)


def _not_in_dollars(case: Case, terms: DeliveryTerms) -> Iterator[tuple[Keys, str]]:
    """Money beside what players gain and what building costs, which are in dollars."""
    dollars = parse_unit("MUSD").powers, parse_unit("MUSD/yr").powers
    for field in ("worth", "fee", "money"):
        for player, quantity in getattr(terms, field).items():
            written = case.file.assumptions.get(quantity.reference or "", quantity)
            if written.distribution is not None and written.unit.powers not in dollars:
                yield (field, player), f"is in {written.unit.label}; gains and capital are told in USD"


def _optional(spec: Any) -> bool:
    """A line that is only bargained over."""
    return hasattr(spec, "network") and spec.delivery is None and getattr(spec, "state", "planned") != "built"


def _leads_to(case: Case, start: str, goal: str) -> bool:
    """Whether what `start` needs, directly or not, is `goal`."""
    seen, ahead = set[str](), [start]
    while ahead:
        here = ahead.pop()
        if here == goal:
            return True
        if here in seen or here not in case.initiatives:
            continue
        seen.add(here)
        terms = case.initiatives[here].delivery
        ahead += terms.needs if terms is not None else ()
    return False
