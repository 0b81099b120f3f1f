"""What a network is made of: nodes, commodities, links, and curves of supply and demand.

Money is in MUSD a year, quantities in the unit of the commodity a year, so prices are MUSD per unit: for bcm, Mt, TWh
and million TEU these are the familiar USD per 1,000 m3, per tonne, per MWh and per TEU. Shares and rates are fractions.

The generalised cost of one unit on a link is

    cost + tariff × length / 100 + gauge_breaks × gauge_cost + border_stops × border_cost
         + (days + gauge_breaks × gauge_days + border_stops × border_days) × the commodity's cost of a day

and a day costs `value × (time_value + interest / 365)`. For goods in containers `time_value` is the share of their
value that a day in transit costs, 0.006 to 0.021 in Hummels and Schaur (2013, "Time as a Trade Barrier"); for bulk it
is nothing, and only the interest on what is under way counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf

import numpy as np
import numpy.typing as npt

__all__ = ["HUMMELS_SCHAUR", "Commodity", "Demand", "Link", "Node", "Option", "Supply"]

HUMMELS_SCHAUR = (0.006, 0.021)
"""The lowest and the highest share of the goods' value that a day in transit costs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commodity:
    """A good that links carry.

    unit: of its quantities, such as bcm. value: of one unit, MUSD; needed only where time costs something.
    time_value: share of the value that one day costs. interest: a year, on the value of what is under way.
    """

    name: str
    unit: str = ""
    value: float = 0.0
    time_value: float = 0.0
    interest: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A place in a country. At a hub every coalition may buy, sell and pass, whoever its country is with."""

    name: str
    country: str
    region: str = ""
    lat: float | None = None
    lon: float | None = None
    hub: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A pipeline, railway, cable or sea lane for one commodity.

    capacity: units a year each way, sent at the origin; of a candidate, of one step. reliability: share of the year in
    which it works; capacity is multiplied by it. cost: MUSD per unit sent. tariff: MUSD per unit and 100 km; what
    carriage costs, not a fee that is bargained over. loss: share of what is sent that does not arrive. days: in
    transit, without the days at gauge breaks and border stops, which are counted each.
    owners: shares by player, 1 in all; may be left out where both ends lie in one country. crosses: countries passed
    between the ends. access: "owner", or "open" where third parties may use it at its cost without anyone's leave.
    candidate: not yet built; capex (MUSD a step, spread evenly over build_years) is then charged as an annuity over
    `life` years, and up to `steps` steps can be built. bundle: candidates of one bundle are built together or not at
    all, in one step, by those whose leave all of them need: a railway for several goods, a pipeline in sections.
    """

    name: str
    origin: str
    destination: str
    commodity: str
    both_ways: bool = False
    mode: str = ""
    length: float = 0.0
    capacity: float = inf
    cost: float = 0.0
    tariff: float = 0.0
    loss: float = 0.0
    days: float = 0.0
    reliability: float = 1.0
    gauge_breaks: float = 0.0
    gauge_days: float = 0.0
    gauge_cost: float = 0.0
    border_stops: float = 0.0
    border_days: float = 0.0
    border_cost: float = 0.0
    owners: Mapping[str, float] | tuple[tuple[str, float], ...] = ()
    crosses: Iterable[str] = ()
    access: str = "owner"
    candidate: bool = False
    capex: float = 0.0
    life: float = 30.0
    build_years: float = 0.0
    steps: int = 1
    bundle: str = ""
    unit: str = ""

    def __post_init__(self) -> None:
        owners = self.owners.items() if isinstance(self.owners, Mapping) else self.owners
        object.__setattr__(self, "owners", tuple((str(player), float(share)) for player, share in owners))
        crosses = (self.crosses,) if isinstance(self.crosses, str) else self.crosses
        object.__setattr__(self, "crosses", tuple(str(country) for country in crosses))

    @property
    def shares(self) -> tuple[tuple[str, float], ...]:
        """Owners with their shares."""
        assert isinstance(self.owners, tuple)
        return self.owners


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """A step of a supply curve: up to `quantity` less `sold` under contract, at `cost + slope × q` for the q-th unit.

    What is sold comes off the beginning of the step, where it is cheapest. Without a name it gets that of its place.
    """

    node: str
    commodity: str
    quantity: float
    cost: float
    slope: float = 0.0
    sold: float = 0.0
    name: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """A step of a demand curve: up to `quantity` at a willingness to pay of `price - slope × q` for the q-th unit.

    With a slope of zero a step, otherwise a line, which ends at a price of zero where `quantity` does not end it.
    """

    node: str
    commodity: str
    price: float
    quantity: float = inf
    slope: float = 0.0
    name: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A way out of the network: buy at the node at a world price plus freight, or sell at the price less freight.

    It belongs to the country of its node. LNG at a terminal is one that buys there.
    """

    node: str
    commodity: str
    price: float
    freight: float = 0.0
    quantity: float = inf
    side: str = "buy"
    name: str = ""
    unit: str = ""


DRAWN: Mapping[str, frozenset[str]] = {
    "commodities": frozenset({"value", "time_value", "interest"}),
    "links": frozenset({
        "length", "capacity", "cost", "tariff", "days", "reliability", "gauge_days", "gauge_cost", "border_days",
        "border_cost", "capex",
    }),
    "supply": frozenset({"quantity", "cost", "slope", "sold"}),
    "demand": frozenset({"price", "quantity", "slope"}),
    "options": frozenset({"price", "freight", "quantity"}),
}  # fmt: skip
"""The fields that may be drawn, by table."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What a number may be."""

    low: float = -inf
    high: float = inf
    infinite: bool = False
    open_low: bool = False
    said: str = field(default="a finite number")

    def allows(self, number: float) -> bool:
        """Whether the number keeps the bound; not a number never does."""
        if number != number or (abs(number) == inf and not (self.infinite and number > 0)):
            return False
        return (number > self.low if self.open_low else number >= self.low) and number <= self.high

    def keeps(self, numbers: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Whether each of many numbers keeps the bound."""
        low = numbers > self.low if self.open_low else numbers >= self.low
        there = np.isfinite(numbers) | (np.isposinf(numbers) & self.infinite)
        return np.asarray(there & low & (numbers <= self.high))


ANY = Bound()
NOT_NEGATIVE = Bound(0.0, said="zero or more")
NOT_NEGATIVE_OR_INF = Bound(0.0, infinite=True, said="zero or more")
SHARE = Bound(0.0, 1.0, said="a share from 0 to 1")
BOUNDS: Mapping[str, Mapping[str, Bound]] = {
    "commodities": {"value": NOT_NEGATIVE, "time_value": SHARE, "interest": ANY},
    "links": {
        "length": NOT_NEGATIVE,
        "capacity": NOT_NEGATIVE_OR_INF,
        "cost": ANY,
        "tariff": ANY,
        "loss": Bound(0.0, 0.999999, said="a share from 0 to below 1"),
        "days": NOT_NEGATIVE,
        "reliability": SHARE,
        "gauge_breaks": NOT_NEGATIVE,
        "gauge_days": NOT_NEGATIVE,
        "gauge_cost": NOT_NEGATIVE,
        "border_stops": NOT_NEGATIVE,
        "border_days": NOT_NEGATIVE,
        "border_cost": NOT_NEGATIVE,
        "capex": NOT_NEGATIVE,
        "life": Bound(0.0, infinite=True, open_low=True, said="above zero"),
        "build_years": NOT_NEGATIVE,
        "steps": Bound(1.0, said="1 or more"),
    },
    "supply": {"quantity": NOT_NEGATIVE_OR_INF, "cost": ANY, "slope": NOT_NEGATIVE, "sold": NOT_NEGATIVE},
    "demand": {"price": ANY, "quantity": NOT_NEGATIVE_OR_INF, "slope": NOT_NEGATIVE},
    "options": {"price": ANY, "freight": NOT_NEGATIVE, "quantity": NOT_NEGATIVE_OR_INF},
}
"""What each number may be, by table and field."""
