"""Sanctions on a country: who cuts what, how hard, who leaks, and what its pipes and ports can carry elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from tumen.case.fields import (
    Duration,
    Frozen,
    HazardName,
    Initiative,
    MoneyRate,
    PlayerName,
    Rate,
    Ratio,
    Share,
    Text,
    Year,
)
from tumen.errors import did_you_mean
from tumen.initiatives._inputs import Array, Inputs, Squeeze, TradeChange
from tumen.initiatives._ramp import after_event, ramp

if TYPE_CHECKING:
    from tumen.case import Case
    from tumen.trade import Cap, CostShock

__all__ = ["Spec", "check", "noise", "trade_shock", "traded"]

Keys = tuple[str | int, ...]


class Measure(Frozen):
    """What one member does.

    `mode`: resource_cost, the trade with the member costs more; finance, so does the target's trade with everybody, for
    payments pass through the member's banks; embargo, no trade at all; quota, no more than `limit` of the base's
    volume, the rent of which goes to `rent`. `cut` is the part of the flow that goes at unchanged prices, as sanctions'
    effects are estimated; the cost that does so follows from the elasticity.
    """

    by: PlayerName
    mode: Literal["resource_cost", "finance", "embargo", "quota"] = "resource_cost"
    direction: Literal["both", "to_target", "from_target"] = "both"
    goods: tuple[Text, ...] = ()
    cut: Share | None = None
    limit: Ratio | None = None
    rent: Text | None = None

    @model_validator(mode="after")
    def _fits_its_mode(self) -> Measure:
        wanted = {"quota": "limit", "embargo": None}.get(self.mode, "cut")
        for name in ("cut", "limit"):
            if (getattr(self, name) is None) == (name == wanted):
                raise ValueError(f"`mode: {self.mode}` {'needs' if name == wanted else 'takes no'} `{name}`")
        if self.rent is not None and self.mode != "quota":
            raise ValueError("`rent` goes with `mode: quota`")
        if len(set(self.goods)) < len(self.goods):
            raise ValueError("`goods` names each good once")
        return self


class CapTerms(Frozen):
    """What pipes and ports can carry of the target's `goods` to `importers` together, times the base's volume."""

    goods: Annotated[tuple[Text, ...], Field(min_length=1)]
    importers: Annotated[tuple[PlayerName, ...], Field(min_length=1)]
    limit: Ratio
    rent: Text = "exporter"


class IdleTerms(Frozen):
    """What is not sold and not made: `value` a year at the world's price, of which `cost` would go into making it.

    Wells and mines have no other use. General equilibrium, in which all that is made finds a buyer, cannot see that.
    """

    value: MoneyRate
    cost: Share


class LeakTerms(Frozen):
    """A deal that puts some of it to use again: `value` a year at the world's price, less `discount`.

    The discount is the rent of whoever leaks.
    """

    by: PlayerName
    value: MoneyRate
    discount: Share


class SqueezeTerms(Frozen):
    """What it does to a network: `cuts` of what buyers there take, by rows of demand or options, and dearer capital."""

    cuts: Mapping[Text, Share] = Field(default_factory=dict)
    dearer_capital: Rate | None = None


class Spec(Initiative):
    """The declaration.

    `state` says whether the sanctions are `in_force`, so that the base's trade bears them already, `expected`, or only
    `possible`: asked about, and no part of what is expected of trade. With `triggered_by` they come only after an event
    of that hazard from `start` on, which brings them with the probability `answered`.
    """

    kind: Literal["sanction"]
    target: PlayerName
    state: Literal["in_force", "expected", "possible"]
    start: Year
    phase_in: Duration | None = None
    triggered_by: HazardName | None = None
    answered: Share | None = None
    measures: Mapping[Text, Measure] = Field(min_length=1)
    caps: Mapping[Text, CapTerms] = Field(default_factory=dict)
    idle: IdleTerms | None = None
    leak: LeakTerms | None = None
    networks: Mapping[Text, SqueezeTerms] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _can_be(self) -> Spec:
        for name, measure in self.measures.items():
            if measure.by == self.target:
                raise ValueError(f"`{name}`: the target does not sanction itself")
            if self.state == "in_force" and measure.mode in {"embargo", "quota"}:
                raise ValueError(f"`{name}`: sanctions in force are told by their `cut`, so that it can be lifted")
        if self.caps and self.state == "in_force":
            raise ValueError("`caps` go with sanctions that are not in force yet")
        for name, cap in self.caps.items():
            if self.target in cap.importers:
                raise ValueError(f"`{name}`: `importers` are those abroad, without the target itself")
        if self.triggered_by is not None and self.state == "in_force":
            raise ValueError("sanctions that are in force wait for no event; take `triggered_by` out")
        if self.answered is not None and self.triggered_by is None:
            raise ValueError("`answered` goes with `triggered_by`")
        if self.leak is not None and self.idle is None:
            raise ValueError("`leak` puts to use what is `idle`; declare that too")
        return self


def noise(spec: Spec, years: tuple[int, ...]) -> Mapping[str, int]:
    """One normal a year for sanctions that wait for an event: whether it brings them."""
    return {"answer": 1} if spec.triggered_by is not None else {}


def traded(spec: Spec) -> Iterator[tuple[Keys, str, str]]:
    """Countries and goods that it names, with their places."""
    yield ("target",), "country", spec.target
    for name, measure in spec.measures.items():
        yield ("measures", name, "by"), "country", measure.by
        yield from ((("measures", name, "goods", k), "good", good) for k, good in enumerate(measure.goods))
        yield from [(("measures", name, "rent"), "taker", measure.rent)] if measure.rent is not None else []
    for name, cap in spec.caps.items():
        yield from ((("caps", name, "goods", k), "good", good) for k, good in enumerate(cap.goods))
        yield from ((("caps", name, "importers", k), "country", who) for k, who in enumerate(cap.importers))
        yield ("caps", name, "rent"), "taker", cap.rent


def trade_shock(spec: Spec, inputs: Inputs) -> TradeChange:
    """What each member's measures do to costs, the caps, and what a leak earns."""
    from tumen import trade

    draws = inputs.worlds.size
    by: dict[str, list[CostShock]] = {}
    for name, measure in spec.measures.items():
        by.setdefault(measure.by, []).append(_shock(spec, name, measure, inputs))
    caps = tuple(_cap(spec, name, terms, inputs) for name, terms in spec.caps.items())
    own = {member: trade.CostShock.joined(parts, draws) for member, parts in by.items()}
    capped = trade.CostShock.of((), draws, caps=caps)
    return TradeChange(
        shock=trade.CostShock.joined([*own.values(), capped], draws),
        in_force=_in_force(spec, inputs),
        of=own,
        lifted=spec.state == "in_force",
        expected=spec.state == "expected",
        idle=None if spec.idle is None else inputs("idle.value") * (1 - inputs("idle.cost")),
        relief=None if spec.leak is None else _relief(inputs),
        rent=None if spec.leak is None else _leaked(inputs) * inputs("leak.discount"),
        waits=spec.triggered_by is not None,
        squeezes={name: _squeeze(name, terms, inputs) for name, terms in spec.networks.items()},
    )


def check(case: Case, name: str) -> Iterator[tuple[Keys, str]]:
    """Networks that it squeezes, and their rows."""
    spec: Any = case.initiatives[name]
    for network, terms in spec.networks.items():
        place = ("initiatives", name, "networks", network)
        if network not in case.networks:
            yield place, f"`{network}` is no network of this case; {did_you_mean(network, case.networks)}"
            continue
        known = [*case.networks[network].demand, *case.networks[network].options]
        for row in terms.cuts:
            option = case.networks[network].options.get(row)
            if row not in known:
                yield (*place, "cuts", row), f"`{row}` is no demand or option there; {did_you_mean(row, known)}"
            elif option is not None and option.quantity is None:
                what = f"`{row}` has no limit, so a share of it cannot be cut; give it a `quantity`"
                yield (*place, "cuts", row), what


def _in_force(spec: Spec, inputs: Inputs) -> Array:
    """How much of them there is, (draw, year)."""
    if spec.triggered_by is None:
        return ramp(inputs, "start", "phase_in")
    answered = np.ones(inputs.worlds.size) if spec.answered is None else inputs("answered")
    return after_event(inputs, spec.triggered_by, answered, "start", "phase_in")


def _squeeze(name: str, terms: SqueezeTerms, inputs: Inputs) -> Squeeze:
    cuts = {row: inputs(f"networks.{name}.cuts.{row}") for row in terms.cuts}
    return Squeeze(cuts, inputs(f"networks.{name}.dearer_capital"))


def _shock(spec: Spec, name: str, measure: Measure, inputs: Inputs) -> CostShock:
    from tumen import trade

    other = None if measure.mode == "finance" else measure.by
    pairs: list[tuple[str | None, str | None]] = [(other, spec.target), (spec.target, other)]
    pairs = {"to_target": pairs[:1], "from_target": pairs[1:], "both": pairs}[measure.direction]
    cells = [(good, *pair) for good in (measure.goods or (None,)) for pair in pairs]
    draws = inputs.worlds.size
    if measure.mode == "quota":
        named = tuple((good, str(i), str(j)) for good, i, j in cells)
        cap = trade.Cap(named, inputs(f"measures.{name}.limit"), measure.rent or "exporter")
        return trade.CostShock.of((), draws, caps=(cap,))
    if measure.mode == "embargo":
        return trade.CostShock.of(cells, draws, log_cost=np.inf)
    return trade.CostShock.of(cells, draws, log_trade=np.log1p(-np.minimum(inputs(f"measures.{name}.cut"), 0.999999)))


def _cap(spec: Spec, name: str, terms: CapTerms, inputs: Inputs) -> Cap:
    from tumen import trade

    cells = tuple((good, spec.target, who) for good in terms.goods for who in terms.importers)
    return trade.Cap(cells, inputs(f"caps.{name}.limit"), terms.rent)


def _leaked(inputs: Inputs) -> Array:
    """What the leak takes, at the world's price; no more than lies idle."""
    return np.minimum(inputs("leak.value"), inputs("idle.value"))


def _relief(inputs: Inputs) -> Array:
    """What the leak earns the target, net of discount and of what the goods cost; (draw,) MUSD a year."""
    left = np.maximum(1 - inputs("leak.discount") - inputs("idle.cost"), 0.0)
    return np.asarray(_leaked(inputs) * left)
