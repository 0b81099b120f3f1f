"""One counterfactual: from a baseline and a shock to a labelled equilibrium.

Equations and residual of one sector stand in `_single.py`, its solvers in `_single_solve.py`, many sectors in
`_multi.py`, closures in `_closures.py`. Whatever comes back satisfies every country's balance of trade to the
tolerance, with the last Newton step as small; what has no equilibrium is refused with the reason. All values are in the
base's money at an unchanged value of world output, the numeraire: to tell them in dollars of the day, multiply by the
growth of world output in dollars.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tumen.errors import CaseError, NoConvergence
from tumen.trade._baseline import Array, Baseline
from tumen.trade._closures import Closure, bilateral_deficits, closure_named
from tumen.trade._components import components, groups, refuse_without_supplier
from tumen.trade._many import solve_many
from tumen.trade._shocks import Resolved, Shock
from tumen.trade._single import Problem
from tumen.trade._single_solve import Found, Unsolved, climb, inverse_jacobian
from tumen.trade._welfare import Real, acr, read

if TYPE_CHECKING:
    import pandas as pd

    from tumen.trade._multi_solution import ManySectorsSolution

__all__ = [
    "NUMERAIRE",
    "Equilibrium",
    "Kernels",
    "base_problem",
    "counterfactual",
    "kernels",
    "purged",
    "solve_resolved",
]

NUMERAIRE = "values in the base's money, world output keeping its value (each group of countries that trades its own)"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Equilibrium:
    """An equilibrium after a shock; arrays in the order of `baseline.countries`, factors against `baseline`.

    baseline: what the factors are relative to; the purged one under the balanced closure. wage, price_index,
    real_wage, welfare, exports, imports (country,): factors, 1 for no change; welfare is exact (real spending), real
    wages are for a unit of labour. flows_after (sector, exporter, importer), revenue of tariffs and export taxes, rents
    of quotas by taker, deficits (country,): MUSD at exporters' prices, see `numeraire`. tariffs, export_taxes (sector,
    exporter, importer): after the shock, None without any.
    residual: the largest log imbalance of a country's trade. walras_gap: world spending over world output less 1.
    step: the last Newton step of log wages. condition: of the Jacobian, in the maximum norm. component (country,):
    labels of the groups that trade together.
    """

    baseline: Baseline
    closure: str
    wage: Array
    price_index: Array
    real_wage: Array
    welfare: Array
    exports: Array
    imports: Array
    flows_after: Array
    revenue: Array
    rents: Array
    deficits: Array
    tariffs: Array | None
    component: npt.NDArray[np.int64]
    converged: bool
    iterations: int
    residual: float
    walras_gap: float
    step: float
    condition: float
    method: str
    numeraire: str = NUMERAIRE
    export_taxes: Array | None = None

    @property
    def trade(self) -> Array:
        """Flows (exporter, importer) over all sectors, MUSD."""
        total: Array = self.flows_after.sum(axis=0)
        return total

    @property
    def countries(self) -> tuple[str, ...]:
        return self.baseline.countries

    def to_frame(self) -> pd.DataFrame:
        """Factors by country: `country, welfare, real_wage, wage, price_index, exports, imports`."""
        import pandas as pd

        names = ("welfare", "real_wage", "wage", "price_index", "exports", "imports")
        return pd.DataFrame({"country": list(self.countries)} | {name: getattr(self, name) for name in names})

    def flows(self) -> pd.DataFrame:
        """Flows as a long table `exporter, importer[, sector], before, value, factor`, all that trade in the baseline.

        Values are at exporters' prices in the money of the baseline; `attrs["numeraire"]` says what holds them.
        """
        import pandas as pd

        s, i, j = np.nonzero(self.baseline.flows)
        names = np.array(self.countries, dtype=object)
        old, new = self.baseline.flows[s, i, j], self.flows_after[s, i, j]
        columns = {"exporter": names[i], "importer": names[j]}
        if len(self.baseline.sectors) > 1:
            columns["sector"] = np.array(self.baseline.sectors, dtype=object)[s]
        frame = pd.DataFrame(columns | {"before": old, "value": new, "factor": new / old})
        frame.attrs["numeraire"] = self.numeraire
        return frame

    def rebased(self) -> Baseline:
        """This equilibrium as a baseline for the next shock; CaseError with export taxes or rents, which it lacks."""
        base = self.baseline
        if self.export_taxes is not None or self.rents.any():
            raise CaseError(["a baseline knows no export taxes and no quotas; shock the old one with all at once"])
        made = Baseline.from_arrays(
            self.flows_after, self.countries, sectors=base.sectors, elasticity=base.elasticity, tariffs=self.tariffs,
            io=base.io, value_added_share=base.value_added_share, final_shares=base.final_shares, notes=base.notes,
            substitution=base.substitution,
        )  # fmt: skip
        return replace(made, deficits=self.deficits, _cache={})

    def acr_gap(self, productivity: Array | float = 1.0) -> float:
        """The largest relative distance of real wages from what home shares imply: 0 without tariffs and deficits."""
        shares = [flows.diagonal() / flows.sum(axis=0) for flows in (self.baseline.flows.sum(axis=0), self.trade)]
        implied = acr(shares[0], shares[1], float(self.baseline.elasticity[0]), productivity)
        return float(np.max(np.abs(self.real_wage / implied - 1)))

    def __repr__(self) -> str:
        low, high = int(np.argmin(self.welfare)), int(np.argmax(self.welfare))
        ends = ", ".join(f"{self.countries[i]} {100 * (self.welfare[i] - 1):+.3g} %" for i in (low, high))
        checks = f"residual {self.residual:.0e}, step {self.step:.0e}, Walras gap {self.walras_gap:.0e}"
        how = f"{self.method}, {self.iterations} iterations, {checks}, condition {self.condition:.0e}"
        return f"Equilibrium of {len(self.countries)} countries ({self.closure}): welfare {ends}\n  {how}"


@dataclass(frozen=True, slots=True, eq=False)
class Kernels:
    """Shares of a baseline and what a shock does to them at unchanged wages.

    share (N, N): q. spent (N, N): q K, at exporters' prices. paid (N, N): the same at consumers' prices. paid_before
    (N,): the latter's column sums before the shock.
    """

    share: Array
    spent: Array
    paid: Array
    paid_before: Array


def kernels(base: Baseline, shock: Resolved) -> Kernels:
    """The shock's factors on the shares of a baseline of one sector."""
    theta = float(base.elasticity[0])
    share = base.flows[0] / base.flows[0].sum(axis=0)
    cost = np.exp(-theta * shock.log_cost[0])
    if shock.tariff_before is None or shock.tariff_after is None:
        spent = share * cost
        return Kernels(share, spent, spent, np.ones(len(share)))
    rise = (1 + shock.tariff_after[0]) / (1 + shock.tariff_before[0])
    charged = share * (1 + shock.tariff_before[0])
    return Kernels(share, share * cost * rise ** (-1 - theta), charged * cost * rise**-theta, charged.sum(axis=0))


def base_problem(base: Baseline, closure: Closure) -> Problem:
    """The baseline as a problem that unchanged wages solve."""
    share = base.flows[0] / base.flows[0].sum(axis=0)
    off = share.copy()
    np.fill_diagonal(off, 0.0)
    ones, size = np.ones(len(share)), len(share)
    label = components(off > 0, np.asarray(base.deficits), base.output, base.countries, closure)
    return Problem(
        off, share.diagonal().copy(), base.output, ones, np.zeros(size), base.deficits, float(base.elasticity[0]),
        label, closure, base.spending,
    )  # fmt: skip


def _cached(base: Baseline, closure: Closure) -> tuple[Problem, Array]:
    """The problem of the baseline and its inverse Jacobian, once for each baseline and closure."""
    key = f"problem {closure}"
    if key not in base._cache:
        problem = base_problem(base, closure)
        base._cache[key] = (problem, inverse_jacobian(problem))
    found: tuple[Problem, Array] = base._cache[key]
    return found


def purged(base: Baseline, tolerance: float = 1e-10) -> Baseline:
    """The baseline of one sector without deficits, an equilibrium of its own; raises NoConvergence."""
    if "purged" not in base._cache:
        problem = base_problem(base, Closure.ADDITIVE)
        target = replace(problem, deficit=np.zeros(problem.size))
        target = replace(target, component=_components(target, base))
        found = _climb(base, target, problem, None, tolerance)
        trade = _trade(target, found)
        notes = (*base.notes, "deficits were purged")
        made = Baseline.from_arrays(
            trade, base.countries, sectors=base.sectors, elasticity=base.elasticity, tariffs=base.tariffs, notes=notes
        )
        base._cache["purged"] = replace(made, deficits=_zeros(problem.size), _cache={})
    cleaned: Baseline = base._cache["purged"]
    return cleaned


def counterfactual(base: Baseline, shock: Shock, closure: str = "additive", *, tolerance: float = 1e-10) -> Equilibrium:
    """The equilibrium of a baseline after the shock; many sectors are solved by `_multi_solve.py`.

    Quotas, export taxes, the proportional closure and a substitution between sectors other than 1 go to `_nest.py`.

    closure: see `tumen.trade._closures`. tolerance: on the largest log imbalance of trade and on the last Newton step.

    Raises CaseError for labels that the baseline does not have, UnknownName for the closure, NoConvergence where there
    is no equilibrium, with the reason, or where none was found, with the worst market and what to try.
    """
    rule = closure_named(closure)
    if _nested(base, shock, rule):
        from tumen.trade._nest_single import solve_nest

        return solve_nest(base, shock.resolve(base), rule, tolerance)
    if not base.one_sector:
        changes = shock.resolve(base)
        return _of_many(base, solve_many(base, changes, rule, tolerance), rule)
    if rule is Closure.BALANCED:
        base = purged(base, tolerance)
    return solve_resolved(base, shock.resolve(base), rule, tolerance)


def _nested(base: Baseline, shock: Shock, closure: Closure) -> bool:
    """Whether the goods nest is asked for."""
    taxed = any(rule.export_tax is not None for rule in shock.rules)
    several = len(base.sectors) > 1 and base.substitution != 1
    return bool(taxed or several or shock.limits or closure is Closure.PROPORTIONAL)


def solve_resolved(base: Baseline, changes: Resolved, closure: Closure, tolerance: float) -> Equilibrium:
    """The same for a shock in arrays; under the balanced closure the baseline must have been purged."""
    kernel = kernels(base, changes)
    problem, start, inverse = _problem(base, changes, kernel, closure)
    return _result(base, changes, kernel, problem, _climb(base, problem, start, inverse, tolerance), closure)


def _problem(
    base: Baseline, changes: Resolved, kernel: Kernels, closure: Closure
) -> tuple[Problem, Problem, Array | None]:
    """The problem of the shock, that of the baseline, and the latter's inverse Jacobian unless ties die."""
    start, inverse = _cached(base, closure)
    off = kernel.spent.copy()
    np.fill_diagonal(off, 0.0)
    dead = kernel.spent == 0
    refuse_without_supplier(dead, base.countries)
    deficit = base.deficits
    if closure is Closure.BILATERAL:
        deficit = bilateral_deficits(base.flows[0], dead)
    problem = replace(
        start, off=off, home=kernel.spent.diagonal().copy(), labour=changes.labour,
        log_productivity=np.log(changes.productivity), deficit=deficit,
    )  # fmt: skip
    if closure is Closure.WORLD_SHARE and changes.tariff_before is not None:
        income = base.flows[0] * (1 + changes.tariff_before[0])
        problem = replace(problem, gross=kernel.paid, income=income.sum(axis=0) - base.deficits)
        start = replace(start, gross=kernel.share * (1 + changes.tariff_before[0]), income=problem.income)
    if np.array_equal(off > 0, start.off > 0):
        return problem, start, inverse
    label = _components(problem, base)
    whole = np.array_equal(label, start.component)
    problem = replace(problem, component=label, deficit=_settled(problem, label))
    return problem, start, inverse if whole else None


def _components(problem: Problem, base: Baseline) -> npt.NDArray[np.int64]:
    gap = problem.deficit
    if problem.closure is Closure.MULTIPLICATIVE:
        gap = problem.spending - problem.output
    return components(problem.off > 0, gap, problem.output, base.countries, problem.closure)


def _settled(problem: Problem, label: npt.NDArray[np.int64]) -> Array:
    """Deficits that sum to zero in each component exactly, which rounding of the data prevents."""
    if problem.closure is Closure.MULTIPLICATIVE:
        return problem.deficit
    rest = np.bincount(label, weights=problem.deficit) / np.bincount(label, weights=problem.output)
    settled: Array = problem.deficit - rest[label] * problem.output
    alone = np.bincount(label)[label] == 1
    return np.where(alone, 0.0, settled)


def _climb(base: Baseline, problem: Problem, start: Problem, inverse: Array | None, tolerance: float) -> Found:
    try:
        return climb(problem, start, inverse, tolerance)
    except Unsolved as stopped:
        raise NoConvergence(_told(base, stopped)) from None


def _told(base: Baseline, stopped: Unsolved) -> str:
    """The message of an equilibrium that was not found."""
    state = stopped.state
    misses = np.abs(np.where(np.isfinite(state.residual), state.residual, np.inf))
    worst = int(np.argmax(misses)) if stopped.country is None else stopped.country
    name = base.countries[worst]
    market = (
        f"exports {state.exports[worst]:.4g}, imports {state.imports[worst]:.4g}, deficit {state.deficit[worst]:.4g}"
    )
    reason = stopped.reason.format(country=name)
    advice = 'closure="balanced" purges deficits first; "bilateral" lets them die with the trade that they pay for'
    if reason.startswith("no equilibrium"):
        return f"{reason} ({market}); {advice}"
    return (
        f"no equilibrium was found after {stopped.iterations} iterations: {reason}; worst market {name} ({market}); "
        f"try a smaller shock, or another elasticity; {advice}"
    )


def _trade(problem: Problem, found: Found) -> Array:
    """Flows (exporter, importer) at the solution."""
    state = found.state
    spent = problem.off + np.diag(problem.home)
    flows: Array = spent * state.supply[:, None] * (state.spending / state.phi)[None, :]
    return flows


def _result(
    base: Baseline, changes: Resolved, kernel: Kernels, problem: Problem, found: Found, closure: Closure
) -> Equilibrium:
    state = found.state
    real: Real = read(state, found.x, kernel.paid, kernel.paid_before, base.spending, problem.theta)
    spending, income = problem.sums(state.spending), problem.sums(state.income)
    arrays: dict[str, Any] = {
        "wage": np.exp(found.x),
        "price_index": real.price,
        "real_wage": real.real_wage,
        "welfare": real.welfare,
        "exports": _factor(state.exports, base.exports),
        "imports": _factor(state.imports, base.imports),
        "flows_after": _trade(problem, found)[None],
        "revenue": real.revenue,
        "rents": np.zeros(problem.size),
        "deficits": state.deficit.copy(),
        "tariffs": None if changes.tariff_after is None else changes.tariff_after.copy(),
        "component": problem.component.copy(),
    }
    for array in arrays.values():
        if array is not None:
            array.setflags(write=False)
    return Equilibrium(
        base, str(closure), **arrays, converged=True, iterations=found.iterations, residual=state.worst,
        walras_gap=float(np.max(np.abs(spending / income - 1))), step=found.step, condition=found.condition,
        method=found.method,
    )  # fmt: skip


def _of_many(base: Baseline, found: ManySectorsSolution, closure: Closure) -> Equilibrium:
    """A solution of the many-sector model against its baseline, which the balanced closure has purged."""
    if closure is Closure.BALANCED:
        world = found.base
        base = Baseline.from_arrays(
            found.base_flows, base.countries, sectors=base.sectors, elasticity=base.elasticity, tariffs=world.tariff,
            io=base.io, value_added_share=base.value_added_share, final_shares=world.final, deficits=world.deficit,
            notes=(*base.notes, "deficits were purged"), substitution=base.substitution,
        )  # fmt: skip
    ties = np.asarray((found.flows > 0).any(axis=0))
    np.fill_diagonal(ties, False)
    arrays: dict[str, Any] = {
        "wage": found.wage,
        "price_index": found.price_index,
        "real_wage": found.real_wage,
        "welfare": found.real_income,
        "exports": _factor(found.exports, base.exports),
        "imports": _factor(found.imports, base.imports),
        "flows_after": found.flows,
        "revenue": found.revenue,
        "rents": _zeros(len(found.wage)),
        "deficits": found.deficit,
        "tariffs": found.tariff if found.tariff.any() else None,
        "component": groups(ties),
    }
    return Equilibrium(
        base, str(closure), **arrays, converged=found.converged, iterations=found.iterations, residual=found.residual,
        walras_gap=found.walras_gap, step=found.step, condition=found.condition, method=found.method,
    )  # fmt: skip


def _zeros(size: int) -> Array:
    nothing = np.zeros(size)
    nothing.setflags(write=False)
    return nothing


def _factor(after: Array, before: Array) -> Array:
    """After over before; 1 where there was nothing, which shares cannot change."""
    return np.where(before > 0, after / np.where(before > 0, before, 1.0), 1.0)
