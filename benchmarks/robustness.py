"""The robustness table: large shocks x elasticities x closures, each solved to 1e-10 or refused with the reason.

    python benchmarks/robustness.py [--data DIR] [--countries 200] [--out CSV]

Worlds: one sector of N countries with deficits, the same with two countries that have no domestic sales, many sectors
with inputs, tariffs and deficits, and with --data (the folder of published inputs) Caliendo and Parro's world of 31
countries and 40 sectors. Nothing that the solver says of itself is believed:

- a solution is computed again from its flows and wages alone: prices by iteration, shares, every market, every balance
  of trade. `gap` is the largest miss, in logs
- it is reached a second time on another way, by homotopy or from wages disturbed, or in two steps by way of half the
  shock. `second` is the largest difference of log wages
- a refusal must give a reason that holds: who is said to be cut off has no ties left and a deficit, a market that is
  said to have no supplier has none, and a surplus that is said to take all of an income takes nearly all of it a little
  before the end

A row is solved, refused, or WRONG, and then the exit code is 1.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from synthetic import from_solution, many_sectors, one_sector

from tumen.errors import NoConvergence
from tumen.trade._baseline import Baseline
from tumen.trade._closures import Closure
from tumen.trade._equilibrium import Equilibrium, _problem, kernels
from tumen.trade._many import many_sectors as engine_world
from tumen.trade._multi import Change
from tumen.trade._multi_solve import rebase, solve
from tumen.trade._shocks import Rule, Shock
from tumen.trade._single_solve import _homotopy, _newton
from tumen.trade._threads import one_blas_thread
from tumen.trade._verify_equilibrium import nafta_world

Array = npt.NDArray[np.float64]
CLOSURES = ("additive", "world_share", "balanced", "bilateral", "multiplicative")
THETAS = (2.0, 4.0, 8.0, 15.0)
TOLERANCE, INDEPENDENT, SAME_WAGES = 1e-10, 1e-9, 1e-7
CHECKS = "".join(f"{name:>10}" for name in ("residual", "gap", "second"))
HEAD = f"{'world':<36}{'shock':<22}{'theta':<14}{'closure':<16}{'its':>5}{CHECKS}{'ms':>9}"


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table; see the module."""

    world: str
    shock: str
    theta: str
    closure: str
    verdict: str
    iterations: int
    residual: float
    gap: float
    second: float
    ms: float
    reason: str

    def __str__(self) -> str:
        checks = (self.residual, self.gap, self.second)
        numbers = "".join(f"{'':>10}" if np.isnan(value) else f"{value:>10.1e}" for value in checks)
        what = f"{self.world:<36}{self.shock:<22}{self.theta:<14}{self.closure:<16}"
        return f"{what}{self.iterations:>5}{numbers}{self.ms:>9.1f}  {self.verdict} {self.reason[:100]}"


def shocks(base: Baseline, *, homeless: bool = False) -> dict[str, Shock]:
    """The shocks of the table; countries are taken by size."""
    rank = [base.countries[i] for i in np.argsort(-base.output, kind="stable")]
    n, rng = len(rank), np.random.default_rng(7)
    theta = float(np.median(base.elasticity))
    if homeless:
        return {"all costs +20 %": everywhere(1.2), "autarky": everywhere(np.inf)}
    codes = rng.choice(n * (n - 1), 10, replace=False)
    pairs = {(rank[c // (n - 1)], rank[(c // (n - 1) + 1 + c % (n - 1)) % n]): rng.normal(0, 0.2) for c in codes}
    members = rank[: min(15, n // 2)]
    return {
        "10 pairs": Shock.pairs({pair: float(np.exp(change / theta)) for pair, change in pairs.items()}),
        "RTA of 15": Shock.between(members, members, cost=float(np.exp(-0.5 / theta))),
        "all costs -50 %": everywhere(0.5),
        "all costs x10": everywhere(10.0),
        "embargo of 2 largest": Shock.cut(rank[0], [rank[1]]),
        "coalition of 39": Shock.between([rank[0]], rank[1 : min(40, n - 1)]),
        "one cut off": Shock.cut(rank[min(7, n - 1)]),
        "autarky": everywhere(np.inf),
    }


def everywhere(cost: float) -> Shock:
    """The same factor on all trade abroad."""
    return Shock((Rule(None, None, cost=cost),))


def judge(world: str, name: str, base: Baseline, shock: Shock, closure: str) -> Line:
    """Solve, and check what comes back."""
    low, high = base.elasticity.min(), base.elasticity.max()
    theta = f"{low:g}" if low == high else f"{low:.3g} to {high:.3g}"
    started = time.perf_counter()
    try:
        found = base.counterfactual(shock, closure)
    except NoConvergence as refusal:
        spent = 1e3 * (time.perf_counter() - started)
        wrong = unfounded(base, shock, closure, str(refusal))
        verdict = f"WRONG: {wrong}" if wrong else "refused"
        return Line(world, name, theta, closure, verdict, 0, np.nan, np.nan, np.nan, spent, str(refusal))
    except Exception as error:  # anything else is a fault of the engine, and a row of the table
        spent = 1e3 * (time.perf_counter() - started)
        return Line(world, name, theta, closure, "WRONG: not a refusal", 0, np.nan, np.nan, np.nan, spent, repr(error))
    spent = 1e3 * (time.perf_counter() - started)
    gap, second = independent_gap(base, shock, closure, found), second_way(shock, closure, found)
    verdict = "solved"
    if not (found.converged and found.residual <= TOLERANCE and gap <= INDEPENDENT):
        verdict = "WRONG: markets do not clear"
    elif not second <= SAME_WAGES:
        verdict = "WRONG: another way leads elsewhere"
    return Line(world, name, theta, closure, verdict, found.iterations, found.residual, gap, second, spent, "")


def independent_gap(data: Baseline, shock: Shock, closure: str, found: Equilibrium) -> float:
    """The largest miss of any equation, in logs, from flows and wages alone; one sector is a case of many."""
    base, change = found.baseline, shock.resolve(found.baseline)
    sectors, countries = len(base.sectors), len(base.countries)
    inputs = np.zeros((sectors, sectors, countries)) if base.io is None else base.io
    made = 1 - inputs.sum(axis=0) if base.value_added_share is None else base.value_added_share
    final = np.ones((1, countries)) if base.final_shares is None else base.final_shares
    before = np.zeros(base.flows.shape) if base.tariffs is None else base.tariffs
    after = before if change.tariff_after is None else change.tariff_after
    theta = base.elasticity[:, None, None]
    with np.errstate(all="ignore"):
        paid = base.flows * (1 + before)
        bought = paid.sum(axis=1)
        share = np.divide(paid, bought[:, None, :], out=np.zeros_like(paid), where=bought[:, None, :] > 0)
        barrier = np.where(
            share > 0, share * np.exp(-theta * (change.log_cost + np.log((1 + after) / (1 + before)))), 0
        )
        price = np.zeros((sectors, countries))
        for _ in range(2000):
            cost = made * np.log(found.wage) + np.einsum("ksn,kn->sn", inputs, price)
            kernel = barrier * np.exp(-theta * cost[:, :, None])
            total = kernel.sum(axis=1)
            new = np.where(total > 0, -np.log(total) / base.elasticity[:, None], 0.0)
            moved, price = np.abs(new - price).max(), new
            if moved < 1e-15:
                break
        flows = found.flows_after
        spent = (flows * (1 + after)).sum(axis=1)
        implied = kernel / np.where(total > 0, total, 1.0)[:, None, :] * spent[:, None, :] / (1 + after)
        gaps = [np.log(flows / implied)[(flows > 0) | (implied > 0)]]
        sold = flows.sum(axis=2)
        revenue = (flows * after).sum(axis=(0, 1))
        labour = (made * base.flows.sum(axis=2)).sum(axis=0)
        old = (base.flows * before).sum((0, 1))
        deficit = owed(data, base, change.log_cost, closure, found.wage, labour, (old, revenue), found.component)
        if closure == "multiplicative":
            gaps.append(np.log(spent[0] / (base.spending * found.wage)))
        else:
            income = found.wage * labour + revenue + deficit
            wanted = np.einsum("ksn,sn->kn", inputs, sold) + final * income
            gaps.append(np.log(spent / wanted)[(spent > 0) | (wanted > 0)])
            gaps.append(np.log((made * sold).sum(axis=0) / (found.wage * labour)))
        gaps.append(balance(flows, deficit))
    largest = np.concatenate([np.abs(gap).ravel() for gap in gaps]).max()
    return float(largest)


def owed(
    data: Baseline,
    base: Baseline,
    log_cost: Array,
    closure: str,
    wage: Array,
    labour: Array,
    revenue: tuple[Array, Array],
    group: npt.NDArray[np.int64],
) -> Array:
    """The deficits that the closure leaves, (country,); revenue before and after."""
    if closure == "balanced":
        return np.zeros(len(wage))
    if closure == "multiplicative":
        spending, income = base.spending * wage, base.output * wage
        one = [np.bincount(group, values)[group] for values in (spending, income)]
        return np.where(np.bincount(group)[group] == 1, 0.0, spending - income * one[0] / one[1])
    if closure == "world_share":
        return np.asarray(base.deficits * (wage @ labour + revenue[1].sum()) / (labour.sum() + revenue[0].sum()))
    if closure == "bilateral":
        trade, dead = data.flows.sum(axis=0), (np.isinf(log_cost) | (data.flows == 0)).all(axis=0)
        kept = np.zeros(len(trade))
        for i, j in np.argwhere(trade > trade.T):  # i sells to j on balance
            if not dead[i, j]:
                kept[j] += trade[i, j] - trade[j, i]
                kept[i] -= trade[i, j] - trade[j, i]
        return kept
    return base.deficits


def balance(flows: Array, deficit: Array) -> Array:
    """log (exports and what is lent to it) - log (imports and what it lends), by country; 0 where nothing is traded."""
    abroad = flows.sum(axis=0) * (1 - np.eye(flows.shape[1]))
    settled = np.where(np.abs(deficit) <= 1e-9 * flows.sum(axis=(0, 1)), 0.0, deficit)
    alone = abroad.sum(axis=0) + abroad.sum(axis=1) == 0
    deficit = np.where(alone, settled, deficit)
    plus, minus = abroad.sum(axis=1) + np.maximum(deficit, 0), abroad.sum(axis=0) + np.maximum(-deficit, 0)
    closed = (plus == 0) & (minus == 0)
    return np.asarray(np.where(closed, 0.0, np.log(np.where(closed, 1, plus)) - np.log(np.where(closed, 1, minus))))


def second_way(shock: Shock, closure: str, found: Equilibrium) -> float:
    """The largest difference of log wages to the same equilibrium found in another way."""
    if not found.baseline.one_sector:
        return two_steps(shock, found)
    changes = shock.resolve(found.baseline)
    problem, start, _ = _problem(found.baseline, changes, kernels(found.baseline, changes), Closure(closure))
    x = np.log(found.wage)
    if found.method != "homotopy":
        other, _, _ = _homotopy(problem, start, TOLERANCE)
    else:
        disturbed = x + np.random.default_rng(3).normal(0, 0.05, len(x))
        other, _, _ = _newton(problem, disturbed, TOLERANCE, 100)
    return float(np.abs(other - x).max())


def two_steps(shock: Shock, found: Equilibrium) -> float:
    """The same by way of half the shock: costs at their roots, embargoes at twice the cost, old tariffs."""
    base, changes = engine_world(found.baseline), shock.resolve(found.baseline)
    first = np.where(np.isinf(changes.log_cost), np.log(2.0), changes.log_cost / 2)
    half = solve(base, Change.of(base, cost=np.exp(first)), tol=TOLERANCE)
    middle = half.as_base()
    group = found.component  # each with a numeraire of its own, in which its deficits are told
    unit = np.bincount(group, middle.income)[group] / np.bincount(group, base.income)[group]
    rest = Change.of(
        middle, cost=np.exp(changes.log_cost - first), tariff=changes.tariff_after, deficit=unit * found.deficits
    )
    whole = solve(middle, rest, tol=TOLERANCE)
    wage, income = half.wage * whole.wage, base.income
    one = [np.bincount(group, w * income)[group] for w in (wage, found.wage)]
    return float(np.abs(np.log(wage / one[0]) - np.log(found.wage / one[1])).max())


def unfounded(base: Baseline, shock: Shock, closure: str, reason: str) -> str:
    """Why a refusal is not a good one; empty where its reason holds."""
    if not reason.startswith("no equilibrium: "):
        return "no reason"
    change = shock.resolve(base)
    named = [i for i, country in enumerate(base.countries) if re.search(rf"\b{re.escape(country)}\b", reason)]
    if "no supplier" in reason:
        left = (base.flows > 0) & np.isfinite(change.log_cost)
        bare = (base.flows.sum(axis=1) > 0) & ~left.any(axis=1)
        return "" if bare[:, named].any(axis=0).all() else "there is a supplier"
    if "cut off" in reason or "trade with nobody else" in reason:
        ties = ((base.flows > 0) & np.isfinite(change.log_cost)).any(axis=0)
        others = [i for i in range(len(base.countries)) if i not in named]
        apart = not (ties[np.ix_(named, others)].any() or ties[np.ix_(others, named)].any())
        unpaid = all(abs(base.deficits[i]) > 0 for i in named)
        right = closure in ("additive", "world_share") and apart and unpaid
        return "" if right else "it is not cut off, or owes nothing"
    if "surplus" in reason and (found := re.search(r"(\d+) % (of the way|along)", reason)):
        return "" if exhausted(base, change.log_cost, closure, named, int(found[1])) else "the surplus leaves an income"
    return "the reason is unknown"


def exhausted(base: Baseline, log_cost: Array, closure: str, named: list[int], per_cent: int) -> bool:
    """Whether spending of the country named falls towards nothing as the end of the way comes near."""
    left = []
    for done in (0.5 * per_cent, per_cent - 1.5):
        part = along(base, log_cost, done / 100)
        found = base.counterfactual(part, closure)
        world = found.baseline
        made = 1.0 if world.value_added_share is None else world.value_added_share
        earned = found.wage * (made * world.flows.sum(axis=2)).sum(axis=0) + found.revenue
        left.append([float(1 + found.deficits[i] / earned[i]) for i in named])
    return bool(named) and all(late < 0.3 and late < early for early, late in zip(*left, strict=True))


def along(base: Baseline, log_cost: Array, done: float) -> Shock:
    """The shock at a point of the way that the solvers go: costs geometrically, embargoes as ties that fade."""
    if np.isfinite(log_cost).all():
        return everywhere(float(np.exp(log_cost.max() * done)))
    fade = 5 * done / (1 - done) if base.one_sector else -2 * np.log(1 - done)
    cost = np.exp(np.where(np.isinf(log_cost), fade / base.elasticity[:, None, None], done * log_cost))
    cells = np.argwhere(cost != 1)
    names, sectors = base.countries, base.sectors
    return Shock(tuple(Rule(names[i], names[j], sectors[s], float(cost[s, i, j])) for s, i, j in cells))


def table(countries: int, many: tuple[int, int], data: Path | None, thetas: Iterable[float] = THETAS) -> Iterator[Line]:
    """All rows, one by one."""
    closures = list(CLOSURES)
    for theta in thetas:
        base = one_sector(np.random.default_rng(1), countries, theta)
        yield from rows(f"1 sector, N = {countries}", base, shocks(base), closures)
        yield from rows("2 zero home shares", bare(base), shocks(base, homeless=True), closures)
    closures.remove("multiplicative")  # for one sector only
    size = f"{many[0]} x {many[1]} sectors"
    for theta in thetas:
        base = many_sectors(np.random.default_rng(2), *many, (theta, theta))
        yield from rows(size, base, shocks(base), closures)
        base = many_sectors(np.random.default_rng(2), *many, (theta, theta), homeless=2)
        yield from rows(f"{size}, 2 zero home shares", base, shocks(base, homeless=True), closures)
    if data is not None:
        for deficits in (False, True):
            base = from_solution(rebase(nafta_world(data, deficits)[0]))
            yield from rows(f"NAFTA 31 x 40{', deficits' * deficits}", base, shocks(base), closures)


def rows(world: str, base: Baseline, asked: dict[str, Shock], closures: Iterable[str]) -> Iterator[Line]:
    for closure in closures:
        for name, shock in asked.items():
            yield judge(world, name, base, shock, closure)


def bare(base: Baseline) -> Baseline:
    """Without the domestic sales of two countries."""
    flows = base.flows[0].copy()
    flows[[3, 11], [3, 11]] = 0.0
    return Baseline.from_arrays(flows, base.countries, elasticity=base.elasticity)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="the folder of published inputs, for NAFTA's world")
    parser.add_argument("--countries", type=int, default=200)
    parser.add_argument("--out", type=Path, help="the table as a CSV")
    args = parser.parse_args()
    wrong, found = 0, []
    print(HEAD)
    with one_blas_thread():
        for line in table(args.countries, (12, 6), args.data):
            found.append(line)
            wrong += line.verdict.startswith("WRONG")
            print(line, flush=True)
    if args.out is not None:
        import pandas as pd

        pd.DataFrame([asdict(line) for line in found]).to_csv(args.out, index=False, float_format="%.6g")
    count = {verdict: sum(line.verdict == verdict for line in found) for verdict in ("solved", "refused")}
    print(f"{len(found)} rows: {count['solved']} solved, {count['refused']} refused with the reason, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
