"""Times the trade engine against rivals in the same process, and prints ratios.

    python benchmarks/trade.py [--countries 200] [--draws 10000] [--pairs 10] [--threads 2] [--rounds 7] [--cpu]
                               [--data DIR] [--gegravity 100] [--many] [--plot DIR]

Interleaved: every round runs each contestant once, and the best of all rounds counts; `--cpu` counts processor time
instead of the clock, for a machine that others use too. All to 1e-10, additive deficits:

- bulk: `Baseline.counterfactuals` of sparse shocks, log B of sd 0.2 on random pairs, theta 4; time for each
- products: twelve products of (256, N) and (N, N) for each 256 draws on as many threads, the floor it is held against
- single: `Baseline.counterfactual` of one of the shocks
- plain, anderson: the textbook's fixed point on wages in NumPy, one by one, and the same accelerated
- gegravity, where it is installed: full general equilibrium on its own sample (with --data, the folder of published
  inputs) and on worlds of the sizes given; its figure beside ours, and by how much the markets of each do not clear

With --many: 40 countries x 30 sectors with inputs, tariffs and deficits, new tariffs on 3 and on 10 pairs in all
sectors, in bulk; with --data the two solves of Caliendo and Parro's NAFTA, cold. With --plot: cost and peak memory
against countries, sectors and draws, as CSV, SVG and PNG.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rivals
from synthetic import many_sectors, one_sector
from threadpoolctl import threadpool_limits

from tumen.trade._baseline import Baseline
from tumen.trade._bulk_shocks import SparseShocks, dense
from tumen.trade._closures import Closure
from tumen.trade._equilibrium import solve_resolved
from tumen.trade._multi import Change
from tumen.trade._multi_solve import solve
from tumen.trade._verify_equilibrium import nafta_world

Array = npt.NDArray[np.float64]
Clock = Callable[[], float]
THETA, TOLERANCE = 4.0, 1e-10


def cells(rng: np.random.Generator, draws: int, pairs: int, countries: int) -> tuple[Array, Array]:
    """Exporters and importers (draw, pair) of different flows abroad."""
    code = rng.integers(0, countries * (countries - 1), (draws, pairs))
    while True:
        ranked = np.sort(code, axis=1)
        twice = (ranked[:, 1:] == ranked[:, :-1]).any(axis=1)
        if not twice.any():
            i, rest = code // (countries - 1), code % (countries - 1)
            return i, rest + (rest >= i)
        code[twice] = rng.integers(0, countries * (countries - 1), (int(twice.sum()), pairs))


def shocks(rng: np.random.Generator, draws: int, pairs: int, countries: int) -> SparseShocks:
    i, j = cells(rng, draws, pairs, countries)
    return SparseShocks(i, j, np.exp(rng.normal(0, 0.2, (draws, pairs)) / THETA))


def tariffs(rng: np.random.Generator, base: Baseline, draws: int, pairs: int) -> SparseShocks:
    """Tariffs up by 0 to 25 points on some pairs in all sectors; as many cells as pairs times sectors."""
    sectors = len(base.sectors)
    i, j = (np.repeat(place, sectors, axis=1) for place in cells(rng, draws, pairs, len(base.countries)))
    s = np.tile(np.arange(sectors), (draws, pairs))
    rise = np.repeat(rng.uniform(0, 0.25, (draws, pairs)), sectors, axis=1)
    before = 0.0 if base.tariffs is None else base.tariffs[s, i, j]
    return SparseShocks(i, j, np.ones(i.shape), sector=s, tariff=before + rise)


def best(contestants: dict[str, Callable[[], object]], rounds: int, clock: Clock) -> dict[str, float]:
    times = dict.fromkeys(contestants, np.inf)
    for _ in range(rounds):
        for name, run in contestants.items():
            started = clock()
            run()
            times[name] = min(times[name], clock() - started)
    return times


def single_thread(run: Callable[[], object]) -> Callable[[], object]:
    def limited() -> object:
        with threadpool_limits(1, "blas"):
            return run()

    return limited


def one(args: argparse.Namespace, clock: Clock) -> float:
    """One sector in bulk against its rivals; returns seconds for each counterfactual."""
    rng = np.random.default_rng(0)
    base = one_sector(rng, args.countries, THETA)
    many = shocks(rng, args.draws, args.pairs, args.countries)
    i, j, log_cost, _ = many.resolve(base)
    few = [dense(base, i[d], j[d], log_cost[d]) for d in range(8)]
    factors = [np.exp(-THETA * each.log_cost[0]) for each in few]
    solved = base.counterfactuals(many, workers=args.threads)
    for d, factor in enumerate(factors):
        wage = np.log(solved["wage"].values[d])
        for depth in (0, 5):
            away = rivals.fixed_point(base, factor, depth, TOLERANCE) - wage
            assert np.abs(away).max() < 1e-8, "the rivals do not agree"
    contestants: dict[str, Callable[[], object]] = {
        "bulk": lambda: base.counterfactuals(many, workers=args.threads),
        "bulk, welfare only": lambda: base.counterfactuals(many, workers=args.threads, variables=("welfare",)),
        "products": lambda: rivals.products(base, args.draws, args.threads),
        "single": single_thread(lambda: [solve_resolved(base, each, Closure.ADDITIVE, TOLERANCE) for each in few]),
        "plain": single_thread(lambda: [rivals.fixed_point(base, factor, 0, TOLERANCE) for factor in factors]),
        "anderson": single_thread(lambda: [rivals.fixed_point(base, factor, 5, TOLERANCE) for factor in factors]),
    }
    times = best(contestants, args.rounds, clock)
    each = {name: t / (args.draws if name.startswith(("bulk", "products")) else len(few)) for name, t in times.items()}
    print(f"N = {args.countries}, {args.draws} draws of {args.pairs} pairs, {args.threads} threads, 1e-10")
    print(f"iterations {float(solved['iterations'].mean()):.2f}, residual {float(solved['residual'].max()):.1e}")
    print(f"{'':<22}{'us each':>12}{'over bulk':>12}")
    for name, t in each.items():
        print(f"{name:<22}{1e6 * t:>12.1f}{t / each['bulk']:>12.2f}")
    print(f"bulk over products: {each['bulk'] / each['products']:.2f} (bar: at most 2.1)")
    print(f"plain over bulk: {each['plain'] / each['bulk']:.0f} (bar: at least 15)")
    return each["bulk"]


def beside_gegravity(args: argparse.Namespace, clock: Clock, bulk: float) -> None:
    """gegravity's time and figures beside ours."""
    if importlib.util.find_spec("gegravity") is None:
        print("\ngegravity is not installed: pip install 'gegravity==0.3' statsmodels")
        return
    worlds = [rivals.synthetic(np.random.default_rng(0), size) for size in args.gegravity]
    if args.data is not None:
        worlds.insert(0, rivals.sample(args.data))
    print("\ngegravity 0.3, a trade agreement between two countries; markets: log of sales over price times quantity")
    print(f"{'':<24}{'seconds':>10}{'our ms':>10}{'ratio':>9}{'over bulk':>11}{'its price':>12}{'ours':>10}", end="")
    print(f"{'its markets':>13}{'ours':>10}")
    for world in worlds:
        rounds = args.rounds if len(world.table) <= 900 else min(args.rounds, 2)
        contestants = {"its": partial(rivals.gegravity_flows, world), "ours": partial(rivals.ours, world)}
        found = rivals.ours(world)
        try:
            price, output, sold = rivals.gegravity_flows(world)
            times = best(contestants, rounds, clock)
        except ArithmeticError as error:
            print(f"{world.name:<24}it {error}")
            continue
        after = found.to_frame().set_index("country")
        prices = after["wage"] / after["price_index"][world.reference]
        shown = world.pair[0]
        good = (price > 0).to_numpy()
        its_gap = float(np.ptp(np.log(sold[good] / (output * price.to_numpy())[good])))
        our_gap = float(np.ptp(np.log(found.trade.sum(axis=1) / (found.wage * found.baseline.output))))
        figures = (
            f"{100 * (price[shown] - 1):>+11.4f}%{100 * (prices[shown] - 1):>+9.4f}%{its_gap:>13.1e}{our_gap:>10.1e}"
        )
        ratio = times["its"] / times["ours"]
        print(f"{world.name:<24}{times['its']:>10.2f}{1e3 * times['ours']:>10.2f}{ratio:>9.0f}", end="")
        print(f"{times['its'] / bulk:>11,.0f}{figures}  price of {shown}")
        if not good.all():
            print(f"  prices below zero: {', '.join(price.index[~good])}")


def many(args: argparse.Namespace, clock: Clock) -> None:
    """Many sectors in bulk, and NAFTA."""
    rng = np.random.default_rng(0)
    base = many_sectors(rng, 40, 30)
    draws = min(args.draws, 2048)
    asked = {f"{pairs} pairs": tariffs(rng, base, draws, pairs) for pairs in (3, 10)}
    contestants = {
        name: (lambda shock=shock: base.counterfactuals(shock, workers=args.threads)) for name, shock in asked.items()
    }
    times = best(contestants, args.rounds, clock)
    print(f"\n40 countries x 30 sectors, inputs, tariffs, deficits, {draws} draws, {args.threads} threads, 1e-10")
    for name, shock in asked.items():
        found = base.counterfactuals(shock, workers=args.threads)
        its, residual = float(found["iterations"].mean()), float(found["residual"].max())
        each = 1e3 * times[name] / draws
        print(f"{name:<12}{each:>8.2f} ms each (bar: at most 0.7); {its:.1f} iterations, residual {residual:.1e}")
    if args.data is None:
        return
    world, after = nafta_world(args.data, False)
    change = Change.of(world, tariff=after)
    solved = best({"both": lambda: solve(world, change, "balanced", tol=TOLERANCE)}, args.rounds, clock)
    print(f"NAFTA 31 x 40, both solves, cold: {1e3 * solved['both']:.1f} ms (bar: at most 40)")


def cost_and_memory(run: Callable[[], object], clock: Clock, rounds: int) -> tuple[float, float]:
    """Seconds at best, and peak memory in MiB beyond what was held before."""
    seconds = best({"run": run}, rounds, clock)["run"]
    tracemalloc.start()
    run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return seconds, peak / 2**20


def plot(args: argparse.Namespace, clock: Clock) -> None:
    """Cost and memory against countries, sectors and draws."""
    import matplotlib

    matplotlib.use("Agg")
    import pandas as pd
    from matplotlib import pyplot

    rng, rows = np.random.default_rng(0), []
    sweeps: dict[str, list[tuple[int, Callable[[], object], int]]] = {"countries": [], "sectors": [], "draws": []}
    for size in (25, 50, 100, 200, 400):
        base, asked = one_sector(rng, size, THETA), shocks(rng, 2000, 10, size)
        sweeps["countries"].append((size, lambda b=base, a=asked: b.counterfactuals(a, workers=args.threads), 2000))
    for sectors in (2, 5, 10, 20, 40):
        base = many_sectors(rng, 30, sectors)
        taxed = tariffs(rng, base, 512, 3)
        sweeps["sectors"].append((sectors, lambda b=base, a=taxed: b.counterfactuals(a, workers=args.threads), 512))
    base = one_sector(rng, 100, THETA)
    for draws in (100, 300, 1000, 3000, 10_000, 30_000):
        asked = shocks(rng, draws, 10, 100)
        sweeps["draws"].append((draws, lambda b=base, a=asked: b.counterfactuals(a, workers=args.threads), draws))
    for name, points in sweeps.items():
        for size, run, draws in points:
            seconds, memory = cost_and_memory(run, clock, min(args.rounds, 3))
            rows.append({"against": name, "size": size, "us_each": 1e6 * seconds / draws, "peak_mib": memory})
    table = pd.DataFrame(rows)
    args.plot.mkdir(parents=True, exist_ok=True)
    table.to_csv(args.plot / "trade.csv", index=False, float_format="%.6g")
    titles = {
        "countries": "one sector, 2,000 draws of 10 pairs",
        "sectors": "30 countries, 512 draws of 3 pairs",
        "draws": "one sector, 100 countries, 10 pairs",
    }
    figure, axes = pyplot.subplots(2, 3, figsize=(13, 7), constrained_layout=True)
    for column, (name, title) in enumerate(titles.items()):
        part = table[table["against"] == name]
        for row, (value, label) in enumerate((("us_each", "µs a counterfactual"), ("peak_mib", "peak memory, MiB"))):
            axis = axes[row, column]
            axis.loglog(part["size"], part[value], "o-", color="0.2")
            axis.set(xlabel=name, ylabel=label, title=title if row == 0 else "")
            axis.set_xticks(list(part["size"]), [f"{size:,}" for size in part["size"]])
            axis.xaxis.minorticks_off()
            axis.yaxis.set_major_formatter("{x:g}")
            axis.yaxis.set_minor_formatter("{x:g}")
            axis.grid(which="major", color="0.9")
    for kind in ("svg", "png"):
        figure.savefig(args.plot / f"trade.{kind}", dpi=120)
    print(table.to_string(index=False))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in (("countries", 200), ("draws", 10_000), ("pairs", 10), ("threads", 2), ("rounds", 7)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--cpu", action="store_true", help="processor time instead of the clock")
    parser.add_argument("--data", type=Path, help="the folder of published inputs")
    parser.add_argument("--gegravity", type=int, nargs="*", default=[100], metavar="N", help="sizes to run it on")
    parser.add_argument("--many", action="store_true", help="many sectors too")
    parser.add_argument("--plot", type=Path, metavar="DIR", help="write curves of cost and memory, and nothing else")
    args = parser.parse_args()
    clock = time.process_time if args.cpu else time.perf_counter
    if args.plot is not None:
        plot(args, clock)
        return
    bulk = one(args, clock)
    beside_gegravity(args, clock, bulk)
    if args.many:
        many(args, clock)


if __name__ == "__main__":
    main()
