"""Links of a network, from how a case declares them to the engine's own terms and units.

A commodity counted in bcm has quantities in bcm a year and prices in MUSD per bcm, which are dollars per 1,000 m3.
What is the same in every draw stands in the link itself; only what differs is handed over by draw.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from pydantic import Field, model_validator

from tumen.case import Carriage, Keys, NetworkSpec, carriage_amounts, check_owners, measured_wrong, unit_of
from tumen.case.fields import Duration, Fits, Frozen, HazardName, Money, Quantity, Rate, Share, Text, Year
from tumen.errors import did_you_mean
from tumen.initiatives._inputs import Addition, Array, Enforcement, Inputs, Lines

if TYPE_CHECKING:
    from tumen.case import Case
    from tumen.corridor import Link

__all__ = [
    "Capital",
    "Problem",
    "addition",
    "capital_lines",
    "engine_link",
    "factor_of",
    "parted",
    "placed",
    "problems_of",
    "shares",
    "stopped",
    "wrong_amounts",
    "wrong_distances",
]

Problem = tuple[Keys, str]

_DAYS = 365.25
_FIXED = ("loss", "gauge_breaks", "border_stops")
Years = Annotated[Quantity, Fits("duration", low=0, above=True, high=200, single=True)]


class AdvanceTerms(Frozen):
    """Money that a buyer pays in advance, at a `rate` below what capital costs; it is paid back by deliveries."""

    amount: Money
    rate: Rate


class EnforcementTerms(Frozen):
    """What keeps a deal over the line where no court does.

    `rates`: what the future is discounted by, player by player. `grabs`: what a player can take in the year in which he
    breaks it, as a share of that year's goods at their price; `pledges`: what he loses then. All who bargain over the
    line are named in `rates`. `ends`: the hazard that ends the deal for good.
    """

    rates: Annotated[Mapping[Text, Rate], Field(min_length=2)]
    grabs: Mapping[Text, Share] = Field(default_factory=dict)
    pledges: Mapping[Text, Money] = Field(default_factory=dict)
    ends: HazardName | None = None


class Capital(Frozen):
    """What building takes: `capex` in all, spread over `build` years from `start`, for `life` years, by owners' shares.

    An `advance` makes a part of it cheaper. `stopped_by` says which hazards stop the traffic, and for how long one
    event does.
    """

    capex: Money
    advance: AdvanceTerms | None = None
    enforcement: EnforcementTerms | None = None
    start: Year
    build: Years
    life: Years
    owners: Annotated[Mapping[Text, Share], Field(min_length=1)]
    stopped_by: Mapping[Text, Duration] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _shares_add_up(self) -> Capital:
        check_owners(self.owners)
        return self


def engine_link(
    name: str, terms: Carriage, value: Callable[[str], Array], factor: float, length: Array | None, **fixed: Any
) -> tuple[Link, dict[str, Array]]:
    """A link of the engine and its drawn figures; `value(field)` gives a figure's draws in base units."""
    from tumen.corridor import Link

    scale = {
        "capacity": 1 / factor, "cost": factor, "tariff": factor * 100, "gauge_cost": factor, "border_cost": factor,
        "days": _DAYS, "gauge_days": _DAYS, "border_days": _DAYS, "reliability": 1.0,
    }  # fmt: skip
    figures = {key: value(key) * times for key, times in scale.items() if getattr(terms, key) is not None}
    if length is not None:
        figures["length"] = length
    same, drawn = parted(figures)
    for key in _FIXED:
        if getattr(terms, key) is not None:
            same[key] = float(value(key)[0])
    return Link(name=name, **{**same, **fixed}), {f"links.{name}.{key}": values for key, values in drawn.items()}


def parted(figures: Mapping[str, Array]) -> tuple[dict[str, float], dict[str, Array]]:
    """One number of each figure, and the draws of those that differ."""
    drawn = {key: values for key, values in figures.items() if values.min() < values.max()}
    return {key: float(values[0]) for key, values in figures.items()}, drawn


def addition(
    inputs: Inputs, made: Iterable[tuple[Link, dict[str, Array]]], *, network: NetworkSpec, built: bool,
    distance: Mapping[str, Array] | None = None,
) -> Addition:  # fmt: skip
    """The links as one bundle, with their capital on the first; what is built already costs nothing more."""
    import dataclasses

    spec: Any = inputs.spec
    rate = inputs.worlds.values[network.rate.reference or f"{spec.network}.rate"]
    parts = list(made)
    draws = {key: values for _, own in parts for key, values in own.items()}
    capex = _capital(inputs, rate)
    links = [link for link, _ in parts]
    bundle = f"{inputs.name}.all" if len(links) > 1 else ""
    life, build = inputs.scalar("life"), inputs.scalar("build")
    links = [dataclasses.replace(link, candidate=True, bundle=bundle, life=life, build_years=build) for link in links]
    if not built:
        links[0] = dataclasses.replace(links[0], capex=float(capex[0]))
        if capex.min() < capex.max():
            draws[f"links.{links[0].name}.capex"] = capex
    down, lost = stopped(inputs, spec.stopped_by)
    return Addition(
        network=spec.network, links=tuple(links), draws=draws, built=built, capex=capex,
        owners={owner: inputs(f"owners.{owner}") for owner in spec.owners}, start=inputs("start"),
        build=inputs("build"), life=inputs("life"), down=down, lost=lost, distance=distance or {},
        enforcement=_enforcement(inputs, spec.enforcement),
    )  # fmt: skip


def _capital(inputs: Inputs, rate: Array) -> Array:
    """What the capital comes to at the network's rate: of an advance only what it costs by its own."""
    from tumen.corridor import annuity_factor

    capex, spec = inputs("capex"), inputs.spec
    if getattr(spec, "advance", None) is None:
        return capex
    life = inputs("life")
    cheap = annuity_factor(inputs("advance.rate"), life) / annuity_factor(rate, life)
    return np.asarray(capex - np.minimum(inputs("advance.amount"), capex) * np.maximum(1 - cheap, 0.0))


def _enforcement(inputs: Inputs, terms: EnforcementTerms | None) -> Enforcement | None:
    if terms is None:
        return None
    drawn = {
        part: {player: inputs(f"enforcement.{part}.{player}") for player in getattr(terms, part)}
        for part in ("rates", "grabs", "pledges")
    }
    rate = 0 * inputs("capex") if terms.ends is None else inputs.worlds.values[f"{terms.ends}.rate"]
    return Enforcement(**drawn, ends=-np.expm1(-rate))


def capital_lines(spec: Any, inputs: Inputs) -> Lines:
    """What owners spend on building, year by year, and the fees that they pay while it works.

    Nothing for a line that is only bargained over, and nothing more for one that stands.
    """
    from tumen import money

    course = inputs.course
    if course is None:
        return Lines()
    owners = {owner: inputs(f"owners.{owner}") for owner in spec.owners}
    stands = getattr(spec, "state", "") == "built"
    found = [
        money.Posting(
            money.Line(owner, "builders", "USD", "capital", inputs.name, "building"),
            course.spent * (inputs("capex") * share)[:, None],
        )
        for owner, share in owners.items()
        if not stands
    ]  # fmt: skip
    terms = spec.delivery
    for player in terms.fee if terms is not None else ():
        fee = inputs(f"delivery.fee.{player}")[:, None] * course.working
        paying = {owner: share for owner, share in owners.items() if owner != player}
        total = sum(paying.values(), start=np.zeros(inputs.worlds.size))
        for owner, share in paying.items():
            part = np.divide(share, total, out=np.zeros_like(share), where=total > 0)
            line = money.Line(owner, player, "USD", "transit", inputs.name, "fee")
            found.append(money.Posting(line, fee * part[:, None]))
    return Lines(tuple(found))


def shares(spec: Capital) -> dict[str, float]:
    """Owners with their shares, as the engine has them."""
    return {owner: share.central for owner, share in spec.owners.items()}


def stopped(inputs: Inputs, stopped_by: Mapping[str, Quantity]) -> tuple[Array, Array]:
    """The share of each year in which events stop the traffic, and that share in the long run.

    An event stops it for its time, from the middle of its year on; in the long run 1 - 1/(1 + rate x time) is lost.
    """
    years = len(inputs.years)
    up = np.ones((inputs.worlds.size, years))
    lasting = np.ones(inputs.worlds.size)
    for hazard in stopped_by:
        events, time = inputs.process(hazard), inputs(f"stopped_by.{hazard}")
        assert events is not None
        happened = (events > 0).astype(float)
        shut = np.zeros_like(up)
        for after in range(years):  # what of the stop falls into the year `after` years later
            part = np.clip(time - (after - 0.5), 0.0, 1.0) if after else np.minimum(time, 0.5)
            if not part.max() > 0:
                break
            shut[:, after:] = np.maximum(shut[:, after:], happened[:, : years - after] * part[:, None])
        up *= 1 - shut
        lasting /= 1 + inputs.worlds.values[f"{hazard}.rate"] * time
    return 1 - up, 1 - lasting


def placed(name: str, problems: Iterator[Problem]) -> Iterator[Problem]:
    """Problems of an initiative with their place in the case."""
    return ((("initiatives", name, *keys), what) for keys, what in problems)


def problems_of(case: Case, spec: Any, ends: Iterable[str] = (), crosses: Iterable[str] = ()) -> Iterator[Problem]:
    """What is wrong with the names that an initiative declares: keys below the initiative, and what."""
    network = case.networks.get(spec.network)
    if network is None:
        yield ("network",), f"`{spec.network}` is no network of this case; {did_you_mean(spec.network, case.networks)}"
        return
    written = {"origin": "from", "to": "to"}
    for end in ends:
        node = getattr(spec, end)
        if node not in network.nodes:
            yield (written[end],), f"`{node}` is no node of `{spec.network}`; {did_you_mean(node, network.nodes)}"
    if ends and spec.origin == spec.to:
        yield ("to",), f"the line begins and ends at `{spec.to}`"
    yield from _not_in_dollars(case, spec)
    parties = (*network.players, *network.common)
    named: list[tuple[Keys, str]] = [(("crosses", index), country) for index, country in enumerate(crosses)]
    named += [(("owners", owner), owner) for owner in spec.owners]
    if spec.enforcement is not None:
        for part in ("rates", "grabs", "pledges"):
            own = getattr(spec.enforcement, part)
            named += [(("enforcement", part, player), player) for player in own if player not in network.common]
            for player in own:
                if player in network.common:
                    what = f"`{player}` is in `common` and does not bargain, so it keeps no deal"
                    yield ("enforcement", part, player), what
                elif player not in spec.enforcement.rates:
                    yield ("enforcement", part, player), f"`{player}` has no rate in `rates`; add it there"
    for keys, party in named:
        if party not in parties:
            yield keys, f"`{party}` takes no part in `{spec.network}`; {did_you_mean(party, parties)}"
    hazards = [name for name, process in case.file.processes.items() if process.hazard is not None]
    for hazard in spec.stopped_by:
        if hazard not in hazards:
            yield ("stopped_by", hazard), f"`{hazard}` is no hazard of this case; {did_you_mean(hazard, hazards)}"


def _not_in_dollars(case: Case, spec: Any) -> Iterator[Problem]:
    """Money beside the network's, which is in dollars."""
    from tumen.case import parse_unit

    amounts: dict[Keys, Quantity] = {("capex",): spec.capex}
    if spec.advance is not None:
        amounts["advance", "amount"] = spec.advance.amount
    if spec.enforcement is not None:
        amounts |= {("enforcement", "pledges", player): sum_ for player, sum_ in spec.enforcement.pledges.items()}
    for keys, quantity in amounts.items():
        written = case.file.assumptions.get(quantity.reference or "", quantity)
        if written.distribution is not None and written.unit.powers != parse_unit("MUSD").powers:
            yield keys, f"is in {written.unit.label}; a network is told in USD"


def wrong_distances(case: Case, spec: Any) -> Iterator[Problem]:
    """Lengths in countries where the line is not."""
    network = case.networks.get(spec.network)
    nodes = network.nodes if network is not None else {}
    there = [*spec.crosses, *(nodes[end].country for end in (spec.origin, spec.to) if end in nodes)]
    for country in spec.length_in if network is not None else ():
        if country not in there:
            yield ("length_in", country), f"the line neither crosses `{country}` nor ends there; see `crosses`"


def wrong_amounts(case: Case, spec: Any, good: str, terms: Carriage, below: Keys = ()) -> Iterator[Problem]:
    """Whether the figures of a link fit what it carries."""
    network = case.networks[spec.network]
    if good not in network.commodities:
        yield below, f"`{good}` is no commodity of `{spec.network}`; {did_you_mean(good, network.commodities)}"
        return
    for key, quantity, wanted in carriage_amounts(terms):
        wrong = measured_wrong(case, network, quantity, good, wanted)
        if wrong:
            yield (*below, key), wrong


def factor_of(case_network: NetworkSpec, commodity: str) -> float:
    """How many base units one unit of the commodity is: 1e9 m3 in a bcm."""
    return unit_of(case_network, commodity).factor
