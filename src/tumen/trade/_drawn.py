"""The world's trade in many draws: elasticities that are drawn, in a short and a long run, and what shocks do to it.

The equations are those of the goods nest (`_nest_system.py`). A shock is told by labels, and a part of it may be given
as its direct effect on trade at unchanged prices, which is how sanctions are estimated: the cost that would do it,

    log cost = -log(1 - cut) / theta,

then depends on the elasticity and so on the run. Values are in the base's money at an unchanged value of world output.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from tumen.errors import CaseError, unknown_name
from tumen.trade._baseline import Array, Baseline
from tumen.trade._nest import NestShocks, Quota, respond

__all__ = ["RUNS", "Cap", "Cell", "CostShock", "DrawnWorld", "Reading", "Run"]

Run = Literal["short", "long"]
RUNS: tuple[Run, ...] = ("short", "long")
Cell = tuple[str | None, str | None, str | None]  # good, exporter, importer; None is every good, every foreign partner


@dataclass(frozen=True, slots=True, eq=False)
class Cap:
    """A cap on what some flows carry together, such as a pipe: `limit` (draw,) times the base's volume.

    cells: good, exporter and importer of each. rent: "exporter", "importer" or a country.
    """

    cells: tuple[tuple[str | None, str, str], ...]
    limit: Array
    rent: str = "exporter"


@dataclass(frozen=True, slots=True, eq=False)
class CostShock:
    """What changes the costs of trade: `log_cost` (draw, cell), +inf an embargo, and `log_trade` (draw, cell).

    The latter is the direct effect on a flow at unchanged prices, -inf for an embargo. Shocks of the same cell add up.
    """

    cells: tuple[Cell, ...]
    log_cost: Array
    log_trade: Array
    caps: tuple[Cap, ...] = ()

    @classmethod
    def of(
        cls,
        cells: Sequence[Cell],
        draws: int,
        *,
        log_cost: npt.ArrayLike | None = None,
        log_trade: npt.ArrayLike | None = None,
        caps: Sequence[Cap] = (),
    ) -> CostShock:
        """From what is given, (draw,) for all cells alike or (draw, cell)."""

        def filled(given: npt.ArrayLike | None) -> Array:
            values = np.zeros(1) if given is None else np.asarray(given, dtype=float)
            wide = values if values.ndim == 2 else np.broadcast_to(values, (draws,))[:, None]
            out = np.array(np.broadcast_to(wide, (draws, len(cells))))
            out.setflags(write=False)
            return out

        return cls(tuple(cells), filled(log_cost), filled(log_trade), tuple(caps))

    @classmethod
    def joined(cls, shocks: Iterable[CostShock], draws: int) -> CostShock:
        """All of them at once."""
        parts = list(shocks)
        if len(parts) == 1:
            return parts[0]
        cells = tuple(cell for part in parts for cell in part.cells)
        empty = [np.zeros((draws, 0))]
        costs, trade = (np.concatenate([*empty, *(getattr(part, name) for part in parts)], axis=1)
                        for name in ("log_cost", "log_trade"))  # fmt: skip
        return cls(cells, costs, trade, tuple(cap for part in parts for cap in part.caps))

    def lifted(self) -> CostShock:
        """The opposite: what is there is taken away. An embargo leaves nothing to lift, and no cap can be."""
        return CostShock(self.cells, -self.log_cost, -self.log_trade)


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What a shock does in every draw; arrays by (draw, ..., country), values in MUSD.

    welfare: factors. ev: equivalent variation. exports, imports: at the border. flows (draw, good, exporter, importer)
    at exporters' prices. use (draw, good, country): factors on the quantity of each good that a country uses.
    rents: by who takes them.
    """

    welfare: Array
    ev: Array
    exports: Array
    imports: Array
    flows: Array
    use: Array
    rents: Array


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DrawnWorld:
    """A baseline of several goods with what is uncertain about it.

    theta: by run, (draw, good). substitution: between goods, by run, (draw,). home (draw, country): factors on the
    base's domestic sales, None for none. closure: of deficits. tied: pairs whose balance moves with
    their trade.
    """

    base: Baseline
    theta: Mapping[str, Array]
    substitution: Mapping[str, Array]
    home: Array | None = None
    closure: str = "additive"
    tied: tuple[tuple[str, str], ...] = ()

    @property
    def draws(self) -> int:
        return len(self.substitution["long"])

    @property
    def countries(self) -> tuple[str, ...]:
        return self.base.countries

    @property
    def goods(self) -> tuple[str, ...]:
        return self.base.sectors

    def country(self, name: str) -> int:
        """The place of a country; raises UnknownName."""
        if name not in self.base.countries:
            raise unknown_name("country", name, self.base.countries)
        return self.base.countries.index(name)

    def good(self, name: str) -> int:
        """The place of a good; raises UnknownName."""
        if name not in self.base.sectors:
            raise unknown_name("good", name, self.base.sectors)
        return self.base.sectors.index(name)

    def repeated(self, draws: int, times: int) -> DrawnWorld:
        """Its first draws, so many times over, one copy after the other."""

        def copies(values: Array) -> Array:
            return np.concatenate([values[:draws]] * times)

        theta = {run: copies(values) for run, values in self.theta.items()}
        substitution = {run: copies(values) for run, values in self.substitution.items()}
        return replace(
            self, theta=theta, substitution=substitution, home=None if self.home is None else copies(self.home)
        )

    def shocks(self, shock: CostShock, run: str) -> NestShocks:
        """A shock as costs of single goods, at the elasticities of the run."""
        if run not in self.theta:
            raise unknown_name("run", run, self.theta)
        if len(shock.log_cost) != self.draws:
            raise CaseError([f"shock: {len(shock.log_cost)} draws; expected {self.draws}, those of the world"])
        cells: list[Cell] = []
        costs: list[Array] = []
        theta = self.theta[run]
        with np.errstate(over="ignore"):
            for k, (good, exporter, importer) in enumerate(shock.cells):
                for s in range(len(self.goods)) if good is None else [self.good(good)]:
                    cells.append((self.goods[s], exporter, importer))
                    costs.append(np.exp(shock.log_cost[:, k] - shock.log_trade[:, k] / theta[:, s]))
        cost = np.stack(costs, axis=1) if costs else None
        quotas = [Quota(cap.cells, cap.limit, cap.rent) for cap in shock.caps]
        return NestShocks(cells=tuple(cells), cost=cost, quotas=quotas, draws=self.draws)

    def respond(self, shock: CostShock, run: str = "long") -> Reading:
        """The equilibrium after the shock, in every draw.

        Raises UnknownName for a run, a good or a country, CaseError for another number of draws, NoConvergence where
        there is no equilibrium, with the reason.
        """
        found = respond(
            self.base, self.shocks(shock, run), theta=self.theta[run], substitution=self.substitution[run],
            closure=self.closure, tied=self.tied, home=self.home, brief=True,
        )  # fmt: skip
        relative = found.good_price / found.price_index[:, None, :]
        use = found.welfare[:, None, :] * relative ** -self.substitution[run][:, None, None]
        return Reading(found.welfare, found.ev(), found.exports, found.imports, found.flows, use, found.rents)

    def cut(self, country: str, partners: Sequence[str], goods: Sequence[str] = ()) -> CostShock:
        """An embargo on all trade between a country and its partners, both ways, of all goods or of some."""
        which: Sequence[str | None] = goods or (None,)
        cells = [cell for p in partners for g in which for cell in ((g, country, p), (g, p, country))]
        return CostShock.of(cells, self.draws, log_cost=np.inf)

    def __repr__(self) -> str:
        return f"DrawnWorld: {self.draws} draws of\n{self.base!r}"
