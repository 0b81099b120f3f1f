"""The networks of a case: what stands, who supplies and who buys, and what must hold between these parts.

Kinds of initiative add what is planned; the corridor engine knows nothing of any of this and is handed plain numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator

from tumen.case._document import Notes
from tumen.case._fits import Fits
from tumen.case._problems import Keys
from tumen.case._quantity import Quantity
from tumen.case._units import Unit, parse_unit
from tumen.case.fields import Duration, Frozen, Length, PlayerName, Rate, Share, Sources, Text
from tumen.errors import UnitError, did_you_mean

if TYPE_CHECKING:
    from tumen.case._case import Case

__all__ = [
    "Carriage", "CommodityTerms", "DemandTerms", "LinkTerms", "NetworkSpec", "NodeTerms", "OptionTerms", "SupplyTerms",
    "check_network", "check_owners", "measured_wrong", "unit_of",
]  # fmt: skip

_MOST = 200
Count = Annotated[Quantity, Fits("number", low=0, high=1000, single=True)]
Amount = Annotated[Quantity, Fits(None, low=0)]
Growth = Annotated[Quantity, Fits("rate", low=-1, above=True)]
_AMOUNT, _PRICE, _TARIFF = "a quantity a year", "a price", "a price by distance"


def check_owners(owners: Mapping[str, Quantity]) -> None:
    """Raises ValueError where shares of owners are no single figures above 0, 100 % in all."""
    found = [share.distribution for share in owners.values()]
    single = [share.median for share in found if share is not None and share.is_constant]
    if len(single) < len(found):
        raise ValueError("`owners` are single shares, such as {RUS: 70 %, PRK: 30 %}")
    if found and (min(single) <= 0 or abs(sum(single) - 1) > 1e-6):
        written = ", ".join(f"{100 * share:.4g} %" for share in single)
        what = f"`owners` have {written}, {100 * sum(single):.4g} % in all"
        raise ValueError(f"{what}; expected shares above 0 that make 100 %")


class CommodityTerms(Frozen):
    """What links carry. `unit` is that of its quantities; a day under way costs `time_value` and `interest` of `value`.

    Goods in containers have a `time_value`, the share of their value that a day costs; for bulk only interest counts.
    """

    unit: Text
    title: Text = ""
    value: Amount | None = None
    time_value: Share | None = None
    interest: Rate | None = None
    source: Sources = ()

    @model_validator(mode="after")
    def _time_costs_a_share_of(self) -> CommodityTerms:
        if self.value is None and (self.time_value is not None or self.interest is not None):
            raise ValueError("`time_value` and `interest` are shares of `value`; give that too")
        return self


class NodeTerms(Frozen):
    """A place: its country, the latitude and longitude of where it is drawn, its region. A hub is open to everybody."""

    country: Text
    at: tuple[float, float]
    title: Text = ""
    region: Text = ""
    hub: bool = False

    @model_validator(mode="after")
    def _on_earth(self) -> NodeTerms:
        if not (-90 <= self.at[0] <= 90 and -180 <= self.at[1] <= 180):
            raise ValueError("`at` is latitude, then longitude, in degrees, such as [43.1, 131.9]")
        return self


class Carriage(Frozen):
    """What carrying one unit of a good over a link takes: money, days, and how much a year it can be."""

    capacity: Amount | None = None
    cost: Amount | None = None
    tariff: Amount | None = None
    days: Duration | None = None
    reliability: Share | None = None
    loss: Annotated[Quantity, Fits("share", low=0, high=0.999, single=True)] | None = None
    gauge_breaks: Count | None = None
    gauge_days: Duration | None = None
    gauge_cost: Amount | None = None
    border_stops: Count | None = None
    border_days: Duration | None = None
    border_cost: Amount | None = None


class LinkTerms(Carriage):
    """A link that stands. Without a capacity it has no limit; without owners it belongs to the country it lies in."""

    origin: Text = Field(alias="from")
    to: Text
    commodity: Text = ""
    title: Text = ""
    mode: Text = ""
    length: Length | None = None
    both_ways: bool = False
    owners: Mapping[Text, Share] = Field(default_factory=dict)
    crosses: tuple[Text, ...] = ()
    access: Literal["owner", "open"] = "owner"
    source: Sources = ()
    note: Text = ""

    @model_validator(mode="after")
    def _owned(self) -> LinkTerms:
        check_owners(self.owners)
        return self


class SupplyTerms(Frozen):
    """Up to `quantity` a year less what is `sold` already, at a cost; `growth` of the quantity from the anchor on."""

    at: Text
    commodity: Text = ""
    quantity: Amount
    cost: Amount
    sold: Amount | None = None
    growth: Growth | None = None
    source: Sources = ()
    note: Text = ""


class DemandTerms(Frozen):
    """Buyers of up to `quantity` a year, to whom a unit is worth `price`."""

    at: Text
    commodity: Text = ""
    quantity: Amount
    price: Amount
    growth: Growth | None = None
    source: Sources = ()
    note: Text = ""


class OptionTerms(Frozen):
    """A way out of the network: to buy at `price` plus `freight`, or to sell at `price` less `freight`."""

    at: Text
    commodity: Text = ""
    side: Literal["buy", "sell"]
    price: Amount
    freight: Amount | None = None
    quantity: Amount | None = None
    growth: Growth | None = None
    source: Sources = ()
    note: Text = ""


class NetworkSpec(Frozen):
    """A network of pipelines, railways or cables as it stands, and who bargains over it.

    `players` bargain; parties in `common`, such as customers far away, take part without a say. `rate` turns capital
    into a cost a year. Prices and quantities are those of the first of `years`; what has `growth` follows from there.
    """

    players: Annotated[tuple[PlayerName, ...], Field(min_length=1, max_length=12)]
    common: tuple[Text, ...] = ()
    rate: Annotated[Quantity, Fits("rate", low=0)]
    years: Annotated[tuple[int, ...], Field(min_length=1, max_length=10)]
    objective: Literal["netback", "welfare"] = "netback"
    title: Text = ""
    commodities: Annotated[Mapping[Text, CommodityTerms], Field(min_length=1, max_length=20)]
    nodes: Annotated[Mapping[Text, NodeTerms], Field(min_length=1, max_length=_MOST)]
    links: Annotated[Mapping[Text, LinkTerms], Field(max_length=_MOST)] = Field(default_factory=dict)
    supply: Annotated[Mapping[Text, SupplyTerms], Field(max_length=_MOST)] = Field(default_factory=dict)
    demand: Annotated[Mapping[Text, DemandTerms], Field(max_length=_MOST)] = Field(default_factory=dict)
    options: Annotated[Mapping[Text, OptionTerms], Field(max_length=_MOST)] = Field(default_factory=dict)
    source: Sources = ()
    note: Text = ""

    @model_validator(mode="after")
    def _years_ascend(self) -> NetworkSpec:
        if any(b <= a for a, b in zip(self.years, self.years[1:], strict=False)):
            raise ValueError("`years` stand in their order, each once")
        for name, good in self.commodities.items():
            try:
                parse_unit(good.unit)
            except UnitError as error:
                raise ValueError(f"`{name}`: {error}") from None
        return self

    def good(self, named: str) -> str:
        """The commodity of that name; the only one where a row names none."""
        return named or next(iter(self.commodities))


def unit_of(spec: NetworkSpec, commodity: str) -> Unit:
    """The unit in which a commodity is counted, such as bcm."""
    return parse_unit(spec.commodities[commodity].unit)


def check_network(case: Case, name: str, note: Notes) -> None:
    """Note what is wrong with the network of that name."""
    spec, keys = case.file.networks[name], ("networks", name)
    for index, year in enumerate(spec.years):
        if year not in case.years or year < case.as_of.year:
            span = f"{case.as_of.year} to {case.years[-1]}"
            note((*keys, "years", index), f"{year} is no year between the case's date and its horizon's end, {span}")
    for index, player in enumerate(spec.players):
        if player not in case.players:
            note((*keys, "players", index), f"`{player}` is no player; {did_you_mean(player, case.players)}")
    twice = [who for who in spec.common if who in spec.players]
    for who in twice:
        note((*keys, "common"), f"`{who}` is among the `players`; a party stands in one of the two")
    parties = (*spec.players, *spec.common)
    for place, text in _parties(spec):
        if text not in parties:
            what = f"`{text}` is neither a player of the network nor in `common`; {did_you_mean(text, parties)}"
            note((*keys, *place), what)
    for place, text, valid, what in _names(spec):
        if not text:
            note((*keys, *place), f"is missing; the network has {', '.join(valid)}")
        elif text not in valid:
            note((*keys, *place), f"`{text}` is no {what} of the network; {did_you_mean(text, valid)}")
    for place, wrong in _ends(spec):
        note((*keys, *place), wrong)
    seen: dict[str, str] = {}
    for table in ("supply", "demand", "options"):
        for row in getattr(spec, table):
            if row in seen:
                note((*keys, table, row), f"the name stands already in {seen[row]}; each name stands once")
            seen.setdefault(row, table)
    for place, quantity, commodity, wanted in _amounts(spec):
        if commodity in spec.commodities:
            wrong = measured_wrong(case, spec, quantity, commodity, wanted)
            if wrong:
                note((*keys, *place), wrong)


def measured_wrong(case: Case, spec: NetworkSpec, quantity: Quantity, commodity: str, wanted: str) -> str:
    """Why a quantity does not fit what is asked of a commodity, or nothing."""
    written = case.file.assumptions.get(quantity.reference or "", quantity)
    if written.distribution is None:  # it names no assumption, which is said elsewhere
        return ""
    unit = spec.commodities[commodity].unit
    expected = {_AMOUNT: f"{unit}/yr", _PRICE: f"MUSD/({unit})", _TARIFF: f"MUSD/({unit})/km"}[wanted]
    if written.unit.powers == parse_unit(expected).powers:
        return ""
    example = {
        _AMOUNT: f"`4 {unit}/yr`",
        _PRICE: f"`90 {_written_price(unit)}`",
        _TARIFF: f"`2 {_written_price(unit)}/(100 km)`",
    }
    found = f"`{quantity.text}` is in {written.unit.label}"
    return f"{found}; {wanted} of `{commodity}` is expected, such as {example[wanted]}"


def price_label(unit: str) -> str:
    """What a price of MUSD a unit is called: dollars for the usual part of the unit."""
    return {"bcm": "USD/(1000 m3)", "Mt": "USD/t", "TWh": "USD/MWh"}.get(unit, f"MUSD/{unit}")


def _written_price(unit: str) -> str:
    """How a price is usually written, such as USD/TEU where boxes are counted in kTEU."""
    return "USD/TEU" if unit == "kTEU" else price_label(unit)


def carriage_amounts(terms: Carriage) -> Iterator[tuple[str, Quantity, str]]:
    """The quantities of a link that are told by the unit of what it carries: field, quantity, what is expected."""
    wanted = {"capacity": _AMOUNT, "cost": _PRICE, "tariff": _TARIFF, "gauge_cost": _PRICE, "border_cost": _PRICE}
    for key, what in wanted.items():
        quantity = getattr(terms, key)
        if quantity is not None:
            yield key, quantity, what


def _amounts(spec: NetworkSpec) -> Iterator[tuple[Keys, Quantity, str, str]]:
    for name, good in spec.commodities.items():
        if good.value is not None:
            yield ("commodities", name, "value"), good.value, name, _PRICE
    for name, link in spec.links.items():
        for key, quantity, what in carriage_amounts(link):
            yield ("links", name, key), quantity, spec.good(link.commodity), what
    fields = {"quantity": _AMOUNT, "sold": _AMOUNT, "cost": _PRICE, "price": _PRICE, "freight": _PRICE}
    for table in ("supply", "demand", "options"):
        for name, row in getattr(spec, table).items():
            for key, what in fields.items():
                written = getattr(row, key, None)
                if written is not None:
                    yield (table, name, key), written, spec.good(row.commodity), what


def _parties(spec: NetworkSpec) -> Iterator[tuple[Keys, str]]:
    for name, node in spec.nodes.items():
        yield ("nodes", name, "country"), node.country
    for name, link in spec.links.items():
        yield from ((("links", name, "owners", owner), owner) for owner in link.owners)
        yield from ((("links", name, "crosses", index), country) for index, country in enumerate(link.crosses))


def _ends(spec: NetworkSpec) -> Iterator[tuple[Keys, str]]:
    """Links that lead nowhere, or that belong to nobody in particular."""
    for name, link in spec.links.items():
        if link.origin == link.to:
            yield ("links", name, "to"), f"the link begins and ends at `{link.to}`"
        countries = {spec.nodes[end].country for end in (link.origin, link.to) if end in spec.nodes} | {*link.crosses}
        if len(countries) > 1 and not link.owners:
            joined = " and ".join(sorted(countries))
            yield ("links", name), f"lies in {joined}; say in `owners` whose it is, such as {{{min(countries)}: 100 %}}"


def _names(spec: NetworkSpec) -> Iterator[tuple[Keys, str, Any, str]]:
    """Names of nodes and commodities, with their places."""
    for name, link in spec.links.items():
        yield ("links", name, "from"), link.origin, spec.nodes, "node"
        yield ("links", name, "to"), link.to, spec.nodes, "node"
    for table in ("links", "supply", "demand", "options"):
        for name, row in getattr(spec, table).items():
            if table != "links":
                yield (table, name, "at"), row.at, spec.nodes, "node"
            if row.commodity:
                yield (table, name, "commodity"), row.commodity, spec.commodities, "commodity"
            elif len(spec.commodities) > 1:
                yield (table, name, "commodity"), "", spec.commodities, "commodity"
