"""Times the trade engine against rivals in the same process, and prints ratios.

    python benchmarks/trade.py [--countries 200] [--draws 10000] [--pairs 10] [--threads 2] [--rounds 7]

Interleaved: every round runs each contestant once, and the best of all rounds counts; `--cpu` counts processor time
instead of the clock, for a machine that others use too. Contestants, all to 1e-10, theta 4, additive deficits:

- bulk: `Baseline.counterfactuals` of sparse shocks, log B of sd 0.2 on random pairs; time for each counterfactual
- products: twelve products of (256, N) and (N, N) for each 256 draws on as many threads, the floor it is held against
- single: `Baseline.counterfactual` of one of the shocks
- plain: the damped fixed point on wages in NumPy, as in published code, of the same shocks, one by one
- anderson: the same map under Anderson acceleration of depth 5
- gegravity, where it is installed: full general equilibrium on its own kind of data, at N = 30 and N = 100
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from tumen.trade._baseline import Baseline
from tumen.trade._bulk_shocks import SparseShocks, dense
from tumen.trade._closures import Closure
from tumen.trade._equilibrium import solve_resolved

Array = npt.NDArray[np.float64]
THETA, TOLERANCE, BLOCK = 4.0, 1e-10, 256


def world(rng: np.random.Generator, countries: int) -> Baseline:
    """Gravity with random sizes and ties, home shares about 0.7 and deficits of up to half of spending."""
    size = np.exp(rng.normal(0, 1.5, countries))
    trade = np.outer(size, size) * np.exp(rng.normal(0, 0.8, (countries, countries)))
    trade = trade / trade.sum(axis=0) * 0.3
    trade[np.arange(countries), np.arange(countries)] += 0.7
    return Baseline.from_arrays(1e3 * trade * size, [f"C{i:03d}" for i in range(countries)], elasticity=THETA)


def shocks(rng: np.random.Generator, draws: int, pairs: int, countries: int) -> SparseShocks:
    """Random flows abroad; in the few draws that would name a flow twice nothing changes."""
    i = rng.integers(0, countries, (draws, pairs))
    j = (i + rng.integers(1, countries, (draws, pairs))) % countries
    cost = np.exp(rng.normal(0, 0.2, (draws, pairs)) / THETA)
    code = np.sort(i * countries + j, axis=1)
    cost[(code[:, 1:] == code[:, :-1]).any(axis=1)] = 1.0
    return SparseShocks(i, j, cost)


def products(base: Baseline, draws: int, threads: int) -> None:
    """Twelve products of (256, N) with (N, N) for each block."""
    matrix = np.ascontiguousarray(base.flows[0])
    size = len(matrix)

    def block(_: int) -> None:
        left, out = np.full((BLOCK, size), 0.5), np.empty((BLOCK, size))
        for _ in range(12):
            np.matmul(left, matrix, out=out)

    with threadpool_limits(1, "blas"), ThreadPoolExecutor(threads) as pool:
        list(pool.map(block, range(-(-draws // BLOCK))))


def fixed_point(base: Baseline, factor: Array, depth: int) -> Array:
    """Log wages from the textbook map w <- w (sales / output)^(1 / (1 + theta)), accelerated where depth > 0."""
    share = base.flows[0] / base.spending * factor
    output, deficit = base.output, base.deficits
    x = np.zeros(len(output))
    past: list[tuple[Array, Array]] = []
    for _ in range(10_000):
        wage = np.exp(x)
        supply = wage**-THETA
        price = (wage * output + deficit) / (supply @ share)
        step = np.log(supply * (share @ price) / (wage * output)) / (1 + THETA)
        if np.abs(step).max() * (1 + THETA) <= TOLERANCE:
            break
        move = step
        if past:
            rows = np.array([step - old for _, old in past])
            weights = np.linalg.lstsq(rows.T, step, rcond=1e-12)[0]
            move = step - weights @ (np.array([x - old for old, _ in past]) + rows)
        past = [*past[-(depth - 1) :], (x, step)] if depth else []
        x = x + move
        x -= np.log(np.exp(x) @ output / output.sum())
    return x


def best(contestants: dict[str, Callable[[], object]], rounds: int, clock: Callable[[], float]) -> dict[str, float]:
    times = dict.fromkeys(contestants, np.inf)
    for _ in range(rounds):
        for name, run in contestants.items():
            started = clock()
            run()
            times[name] = min(times[name], clock() - started)
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in (("countries", 200), ("draws", 10_000), ("pairs", 10), ("threads", 2), ("rounds", 7)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--cpu", action="store_true", help="processor time instead of the clock")
    args = parser.parse_args()
    rng = np.random.default_rng(0)
    base = world(rng, args.countries)
    many = shocks(rng, args.draws, args.pairs, args.countries)
    i, j, log_cost, _ = many.resolve(base)
    few = [dense(base, i[d], j[d], log_cost[d]) for d in range(8)]
    factors = [np.exp(-THETA * one.log_cost[0]) for one in few]
    solved = base.counterfactuals(many, workers=args.threads)
    for d, factor in enumerate(factors):
        wage = np.log(solved["wage"].values[d])
        for depth in (0, 5):
            assert np.abs(fixed_point(base, factor, depth) - wage).max() < 1e-8, "the rivals do not agree"

    def single_thread(run: Callable[[], object]) -> Callable[[], object]:
        def limited() -> object:
            with threadpool_limits(1, "blas"):
                return run()

        return limited

    contestants: dict[str, Callable[[], object]] = {
        "bulk": lambda: base.counterfactuals(many, workers=args.threads),
        "bulk, welfare only": lambda: base.counterfactuals(many, workers=args.threads, variables=("welfare",)),
        "products": lambda: products(base, args.draws, args.threads),
        "single": single_thread(lambda: [solve_resolved(base, one, Closure.ADDITIVE, TOLERANCE) for one in few]),
        "plain": single_thread(lambda: [fixed_point(base, factor, 0) for factor in factors]),
        "anderson": single_thread(lambda: [fixed_point(base, factor, 5) for factor in factors]),
    }
    times = best(contestants, args.rounds, time.process_time if args.cpu else time.perf_counter)
    each = {name: t / (args.draws if name.startswith(("bulk", "products")) else len(few)) for name, t in times.items()}
    print(f"N = {args.countries}, {args.draws} draws of {args.pairs} pairs, {args.threads} threads, 1e-10")
    print(f"iterations {float(solved['iterations'].mean()):.2f}, residual {float(solved['residual'].max()):.1e}")
    print(f"{'':<22}{'us each':>12}{'over bulk':>12}")
    for name, t in each.items():
        print(f"{name:<22}{1e6 * t:>12.1f}{t / each['bulk']:>12.2f}")
    print(f"bulk over products: {each['bulk'] / each['products']:.2f} (bar: at most 2.1)")
    print(f"plain over bulk: {each['plain'] / each['bulk']:.0f} (bar: at least 15)")
    if importlib.util.find_spec("gegravity") is None:
        print("gegravity is not installed: pip install 'gegravity==0.3' statsmodels")


if __name__ == "__main__":
    main()
