"""Exposure: how welfare and wages anywhere answer to productivity and trade costs everywhere, to first order.

The derivative of a country's welfare with respect to another's productivity says whether it is a friend, whose growth
makes it richer, or an enemy (Kleinman, Liu and Redding 2024, "International Friends and Enemies"). All derivatives come
from one factorisation of the linear system that stands in `_exposure_system.py`; they are those of `counterfactual`
at no change, with its numeraire. What large changes do is another matter: see `Baseline.losses_from_cuts`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tumen.errors import CaseError, unknown_name
from tumen.trade._baseline import Array, Baseline
from tumen.trade._closures import Closure, closure_named, proportional_shares

if TYPE_CHECKING:
    import pandas as pd

    from tumen.trade._exposure_system import Multipliers, World

__all__ = ["Exposure", "exposure"]

_SHOWN = 12
_NAMED = 3
_FAINT = 5e-5


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Exposure:
    """Elasticities of welfare and wages at a baseline, N countries in the order of `countries`; read-only.

    productivity (N, N): d log welfare of the row's country by d log productivity of the column's, in all its sectors.
    Above zero for a friend, below for an enemy; the own one is about 1, and above it with input-output links.
    wage_to_productivity (N, N): the same of the nominal wage, world output keeping its value.
    cost (N, N, N) [country, exporter, importer]: d log welfare by d log of the iceberg cost of that flow, in all
    sectors; domestic sales on the diagonal of a pair. Below zero where dearer trade hurts. wage_to_cost: likewise.
    closure: what deficits do; see `tumen.trade._closures`.

    A rise of one per cent of a country's productivity is a fall of one per cent of all its costs, at home as well:
    `productivity` is minus the sum of `cost` over importers.
    """

    countries: tuple[str, ...]
    sectors: tuple[str, ...]
    closure: str
    productivity: Array
    wage_to_productivity: Array
    cost: Array
    wage_to_cost: Array
    _world: World
    _multipliers: Multipliers

    def cost_by_sector(self, country: str) -> Array:
        """d log welfare of the country by d log cost, (sector, exporter, importer); its sum over sectors is `cost`.

        Raises UnknownName.
        """
        return self._multipliers.by_sector(self._world, self._place(country))

    def matrix(self) -> pd.DataFrame:
        """`productivity` with labels: welfare of the row's country by productivity of the column's."""
        import pandas as pd

        rows = pd.Index(self.countries, name="country")
        return pd.DataFrame(self.productivity.copy(), index=rows, columns=pd.Index(self.countries, name="to"))

    def to_frame(self) -> pd.DataFrame:
        """Both matrices as a long table `country, to, welfare, wage`: of `country`, by the productivity of `to`."""
        import pandas as pd

        names, size = np.array(self.countries, dtype=object), len(self.countries)
        columns = {"welfare": self.productivity.ravel(), "wage": self.wage_to_productivity.ravel()}
        return pd.DataFrame({"country": np.repeat(names, size), "to": np.tile(names, size), **columns})

    def pairs(self, country: str | None = None) -> pd.DataFrame:
        """What dearer trade does, `country, exporter, importer, welfare, wage`: of one country, or of all.

        Flows that do not exist are left out. Raises UnknownName.
        """
        import pandas as pd

        names = np.array(self.countries, dtype=object)
        of = np.arange(len(names)) if country is None else np.array([self._place(country)])
        i, j = np.nonzero(self._world.flows.sum(axis=0))
        return pd.DataFrame(
            {
                "country": np.repeat(names[of], len(i)),
                "exporter": np.tile(names[i], len(of)),
                "importer": np.tile(names[j], len(of)),
                "welfare": self.cost[of][:, i, j].ravel(),
                "wage": self.wage_to_cost[of][:, i, j].ravel(),
            }
        )

    def _place(self, country: str) -> int:
        if country not in self.countries:
            raise unknown_name("country", str(country), self.countries)
        return self.countries.index(country)

    def __repr__(self) -> str:
        kinds = f"{len(self.sectors)} sector{'s' * (len(self.sectors) > 1)}"
        lines = [f"Exposure of {len(self.countries)} countries, {kinds} ({self.closure}): welfare by productivity of"]
        largest = sorted(np.argsort(-self._world.pay, kind="stable")[:_SHOWN])
        friends, enemies = ([self._strongest(n, sign) for n in largest] for sign in (1, -1))
        width = max(len(text) for text in ("friends", *friends))
        lines.append(f"  {'country':<12}{'itself':>9}   {'friends':<{width}}   enemies")
        for n, rise, fall in zip(largest, friends, enemies, strict=True):
            own = self.productivity[n, n]
            lines.append(f"  {self.countries[n]:<12}{own:>9.4f}   {rise:<{width}}   {fall}".rstrip())
        if len(self.countries) > len(largest):
            lines.append(f"  ... and {len(self.countries) - len(largest)} more")
        return "\n".join(lines)

    def _strongest(self, n: np.intp, sign: int) -> str:
        """The strongest friends, or enemies, with their elasticities; those that print as nothing are left out."""
        others = sign * self.productivity[n]
        others[n] = 0.0
        strongest = np.argsort(-others, kind="stable")[:_NAMED]
        return ", ".join(f"{self.countries[i]} {sign * others[i]:+.4f}" for i in strongest if others[i] > _FAINT)


def exposure(base: Baseline, closure: str = "balanced") -> Exposure:
    """What `Baseline.exposure` gives."""
    from tumen.trade._exposure_system import multipliers

    rule = closure_named(closure)
    world = _world(base, rule)
    with np.errstate(all="ignore"):
        welfare, wage = multipliers(world)
        arrays: dict[str, Array] = {"cost": welfare.by_cost(world), "wage_to_cost": wage.by_cost(world)}
    arrays["productivity"] = -arrays["cost"].sum(axis=2)
    arrays["wage_to_productivity"] = -arrays["wage_to_cost"].sum(axis=2)
    for array in arrays.values():
        array.setflags(write=False)
    return Exposure(base.countries, base.sectors, str(rule), **arrays, _world=world, _multipliers=welfare)


def _world(base: Baseline, closure: Closure) -> World:
    nested = len(base.sectors) > 1 and (base.substitution != 1 or closure is Closure.PROPORTIONAL)
    if not (base.one_sector or nested):
        return _many_sectors(base, closure)
    if base.io is not None:
        what = "a substitution between sectors other than 1" if base.substitution != 1 else 'closure "proportional"'
        raise CaseError([f"exposure: {what} needs a baseline without inputs"])
    if nested and closure is Closure.MULTIPLICATIVE:
        raise CaseError(['closure "multiplicative" is for one sector only'])
    return _without_inputs(base, closure)


def _without_inputs(base: Baseline, closure: Closure) -> World:
    """A baseline whose flows are an equilibrium as they are; under the balanced closure the purged one."""
    from tumen.trade._exposure_system import World
    from tumen.trade._shocks import Shock

    if closure is Closure.BALANCED:
        base = base.counterfactual(Shock(), "balanced").rebased()
    tariff = np.zeros(base.flows.shape) if base.tariffs is None else base.tariffs
    paid = base.flows * (1 + tariff)
    spent = paid.sum(axis=1)
    sectors, size = spent.shape
    return World(
        shares=paid / np.where(spent > 0, spent, 1.0)[:, None, :],
        flows=base.flows,
        tariff=tariff,
        inputs=np.zeros((sectors, sectors, size)),
        value_added=np.ones((sectors, size)),
        final=spent / spent.sum(axis=0),
        pay=base.output,
        income=spent.sum(axis=0),
        deficit=base.deficits,
        theta=base.elasticity,
        part=_parts(base.flows, closure),
        balance=_balance(base.flows, closure),
        closure=closure,
        substitution=base.substitution,
    )


def _many_sectors(base: Baseline, closure: Closure) -> World:
    """The equilibrium at no change, which stated shares and deficits of published tables are only close to."""
    from tumen.trade._exposure_system import World
    from tumen.trade._many import solve_many
    from tumen.trade._shocks import Shock

    found = solve_many(base, Shock().resolve(base), closure, 1e-12)
    return World(
        shares=found.shares,
        flows=found.flows,
        tariff=found.tariff,
        inputs=found.base.inputs,
        value_added=found.base.value_added,
        final=found.base.final,
        pay=found.value_added,
        income=found.income,
        deficit=found.deficit,
        theta=found.base.theta,
        part=_parts(found.flows, closure),
        balance=_balance(found.flows, closure),
        closure=closure,
    )


def _parts(flows: Array, closure: Closure) -> Array:
    """1 where two countries are in one part of the world; trade one way does not bind where it carries its balance."""
    from tumen.trade._multi_check import parts_of

    ties = np.asarray((flows > 0).any(axis=0))
    return parts_of(ties & ties.T if closure is Closure.PROPORTIONAL else ties)


def _balance(flows: Array, closure: Closure) -> Array:
    if closure is not Closure.PROPORTIONAL:
        return np.zeros(flows.shape[1:])
    return proportional_shares(flows.sum(axis=0))
