"""What a kind of initiative is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from tumen.case.fields import Initiative
    from tumen.corridor import Link
    from tumen.delivery import Course
    from tumen.money import Posting, Stock, Treatment
    from tumen.trade import CostShock
    from tumen.uncertainty import Worlds

__all__ = [
    "Addition", "Delivery", "Enforcement", "Inputs", "Lines", "Settlement", "Squeeze", "TradeChange",
]  # fmt: skip

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Inputs:
    """The worlds as one initiative sees them: its own figures by field, references followed.

    courses: what becomes of every initiative that has to be decided and built, by name; there is none before delivery.
    others: the declarations of all initiatives that the plan includes, by name.
    """

    name: str
    spec: Initiative
    worlds: Worlds
    as_of: date
    courses: Mapping[str, Course] = field(default_factory=dict)
    others: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def course(self) -> Course | None:
        """What becomes of this initiative; None where it simply happens as it is declared."""
        return self.courses.get(self.name)

    @property
    def years(self) -> tuple[int, ...]:
        return self.worlds.years

    def __call__(self, path: str) -> Array:
        """The values of a quantity, (draw,), in base units; zeros where the declaration leaves it out."""
        quantity = self._quantity(path)
        if quantity is None:
            return np.zeros(self.worlds.size)
        return self.worlds.values[quantity.reference or f"{self.name}.{path}"]

    def of(self, initiative: str, path: str) -> Array:
        """The values of another initiative's quantity, (draw,), in base units."""
        quantity = getattr(self.others[initiative], path)
        return self.worlds.values[quantity.reference or f"{initiative}.{path}"]

    def scalar(self, path: str) -> float:
        """The value of a term that is the same in every draw."""
        values = self(path)
        return float(values[0])

    def process(self, name: str | None) -> Array | None:
        """The path of a process, (draw, year); None for none."""
        return None if name is None else self.worlds.paths[name]

    def noise(self, label: str) -> Array:
        """Standard normals asked for by `noise`, (normals a year, draw, year)."""
        return self.worlds.noise[f"{self.name}.{label}"]

    def _quantity(self, path: str) -> Any:
        node: Any = self.spec
        for part in path.split("."):
            node = node.get(part) if isinstance(node, Mapping) else getattr(node, part)
            if node is None:
                return None
        return node


@dataclass(frozen=True)
class Lines:
    """What an initiative brings to the ledger; a debt treatment also keeps its dated schedule.

    detail: what its engine gave back, for measures to be taken on.
    """

    postings: tuple[Posting, ...] = ()
    stocks: tuple[Stock, ...] = ()
    treatment: Treatment | None = None
    values: Mapping[str, Array] = field(default_factory=dict)
    detail: Any = None


@dataclass(frozen=True)
class Delivery:
    """Goods that an initiative itself brings over a border, beside the trade of the pair: equipment, off-take.

    amount (draw, year): MUSD, at the price at which customs count it.
    """

    exporter: str
    importer: str
    label: str
    amount: Array


@dataclass(frozen=True)
class Settlement:
    """What settling a pair's payments comes to: its lines, and what of the pair's two-way trade is paid for.

    kept: by pair, (draw, year), the share of the two-way trade that is left when imports that cannot be paid for are
    cut; 1 is all.
    """

    lines: Lines
    kept: Mapping[tuple[str, str], Array] = field(default_factory=dict)


@dataclass(frozen=True)
class Enforcement:
    """What keeps a deal over a line, by player, (draw,): discount rates, shares that can be grabbed, pledges, MUSD.

    ends (draw,): the probability that the deal ends by itself in a year.
    """

    rates: Mapping[str, Array]
    grabs: Mapping[str, Array]
    pledges: Mapping[str, Array]
    ends: Array


@dataclass(frozen=True)
class Addition:
    """What an initiative adds to a network: links that are built together, and what they cost.

    draws: the drawn figures of the links, by the engine's names. built: whether it stands already, its capital sunk.
    capex (draw,): MUSD; owners: who bears it, by shares; start (draw,): the year in which building begins; build, life:
    years, (draw,). down (draw, year): the share of each year in which events stop it, and lost (draw,): that share in
    the long run. distance: km in each country crossed, and enforcement, what keeps the deal, where the declaration says
    so.
    """

    network: str
    links: tuple[Link, ...]
    draws: Mapping[str, Array]
    built: bool
    capex: Array
    owners: Mapping[str, Array]
    start: Array
    build: Array
    life: Array
    down: Array
    lost: Array
    distance: Mapping[str, Array] = field(default_factory=dict)
    enforcement: Enforcement | None = None


@dataclass(frozen=True)
class Squeeze:
    """What sanctions do to a network: cuts of rows of demand or options by a share, and capital that is dearer."""

    cuts: Mapping[str, Array]
    rise: Array


@dataclass(frozen=True)
class TradeChange:
    """What an initiative does to trade.

    shock: the costs that it changes when it is in full force. in_force (draw, year): how much of it there is, 0 to 1.
    of: the same shock split by those who bring it about, for a coalition. lifted: the shock is in the base already, and
    what can be asked is what taking it away would bring. expected: whether it is part of what is expected, or only
    asked about. idle (draw,): MUSD a year that the target forgoes by what it cannot sell, net of what it would cost;
    relief (draw,): what of that a leak brings back, rent (draw,): what it earns whoever leaks.
    squeezes: what it does to networks, by their names. waits: whether it comes only after an event.
    """

    shock: CostShock
    in_force: Array
    of: Mapping[str, CostShock] = field(default_factory=dict)
    lifted: bool = False
    expected: bool = True
    idle: Array | None = None
    relief: Array | None = None
    rent: Array | None = None
    squeezes: Mapping[str, Squeeze] = field(default_factory=dict)
    waits: bool = False

    @property
    def planned(self) -> bool:
        """Whether it is expected whatever happens, and not only after an event."""
        return self.expected and not self.waits

    @property
    def asked(self) -> CostShock:
        """The shock that can be asked about: the initiative's, or its lifting where it is in force already."""
        return self.shock.lifted() if self.lifted else self.shock
