"""Values of all coalitions of a synthetic network: how long, against rivals on the same network in the same run.

    python benchmarks/corridor.py [--draws 1000] [--best 7] [--workers 2] [--sample 100] [--plot cost.png]

30 nodes in 12 countries, 60 links both ways, 12 players, in two shapes. "corridor": six suppliers in the east and eight
consumers in the west, in few countries. "spread": every country has supply and demand. Demand and supply are sloped,
ten segments each; in draws, costs, capacities, prices and quantities vary by a fifth. Rivals solve the same 4,096
coalitions without any decomposition: a HiGHS model kept and changed in the order of a Gray code, linopy with model
and solver kept, with the model kept, and built again (extra `export`); those are timed on a sample of coalitions and
extrapolated. Times are the best of `--best` runs; each rival's values are compared with ours.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import numpy as np

from tumen.corridor import Demand, Link, Network, Node, Supply, values

PLAYERS = 12
SHAPES = ("corridor", "spread")


def network(shape: str, players: int = PLAYERS, links: int = 60, seed: int = 1) -> Network:
    """A chain of countries with two or three nodes each, joined within and to the next."""
    rng = np.random.default_rng(seed)
    nodes = max(players, round(2.5 * players))
    country = np.sort(np.concatenate([np.arange(players), rng.integers(0, players, nodes - players)]))
    pairs = {(n, n + 1) for n in range(nodes - 1)}
    while len(pairs) < links:
        a, b = sorted(int(n) for n in rng.integers(0, nodes, 2))
        if a != b and abs(country[a] - country[b]) <= 1:
            pairs.add((a, b))
    first = [int(np.flatnonzero(country == c)[0]) for c in range(players)]
    if shape == "corridor":
        sellers, buyers = list(range(6)), list(range(nodes - 8, nodes))
    else:
        sellers = buyers = first
    names = [f"c{country[n]:02d}n{n:02d}" for n in range(nodes)]
    return Network(
        nodes=[Node(name=name, country=name[:3]) for name in names],
        links=[
            Link(
                name=f"l{k:02d}", origin=names[a], destination=names[b], commodity="gas", both_ways=True,
                capacity=rng.uniform(10, 60), cost=rng.uniform(1, 10), owners={names[a][:3]: 1.0},
            )
            for k, (a, b) in enumerate(sorted(pairs))
        ],
        supply=[
            Supply(
                name=f"s{n:02d}", node=names[n], commodity="gas", quantity=rng.uniform(20, 80), cost=rng.uniform(5, 30),
                slope=rng.uniform(0.2, 0.8),
            )
            for n in sellers
        ],
        demand=[
            Demand(
                name=f"d{n:02d}", node=names[n], commodity="gas", price=rng.uniform(80, 160), slope=rng.uniform(0.5, 2),
            )
            for n in buyers
        ],
    )  # fmt: skip


def drawn(net: Network, draws: int, seed: int = 2) -> dict[str, np.ndarray]:
    """Costs, capacities, prices and quantities that vary by a fifth."""
    rng = np.random.default_rng(seed)
    fields = {"links": ("cost", "capacity"), "supply": ("cost", "quantity"), "demand": ("price",)}
    return {
        f"{table}.{row.name}.{field}": getattr(row, field) * rng.uniform(0.8, 1.2, draws)
        for table, names in fields.items()
        for row in getattr(net, table)
        for field in names
    }


def best(run: Callable[[], Any], times: int) -> tuple[float, Any]:
    """Seconds of the best of several runs, and what the last one gave."""
    seconds, found = float("inf"), None
    for _ in range(times):
        begun = time.perf_counter()
        found = run()
        seconds = min(seconds, time.perf_counter() - begun)
    return seconds, found


# ---- rivals: the same coalitions, without decomposition


def persistent_highs(net: Network, masks: list[int], segments: int = 10) -> tuple[float, np.ndarray]:
    """One HiGHS model of the whole network, changed from each coalition to the next, its basis kept."""
    from tumen.corridor._check import Part
    from tumen.corridor._coalitions import _asked
    from tumen.corridor._engine import Engine
    from tumen.corridor._program import compiled

    program = compiled(net, None, "netback", 0.08)
    engine = Engine(Part.whole(program), segments)
    cost, upper = engine.columns(0, program.capacity[0])
    arcs, curves, _ = _asked(program, net.countries)
    asked = np.concatenate([arcs, curves[engine.of]])
    highs = engine._model._highs
    places, zeros = np.arange(len(cost), dtype=np.int32), np.zeros(len(cost))
    highs.changeColsCost(len(cost), places, cost)
    found = np.empty(len(masks))
    begun = time.perf_counter()
    for n, mask in enumerate(masks):
        highs.changeColsBounds(len(cost), places, zeros, np.where(asked & ~mask, 0.0, upper))
        highs.run()
        found[n] = -highs.getObjectiveValue()
    return time.perf_counter() - begun, found


def linopy_models(net: Network, masks: list[int], how: str) -> tuple[float, np.ndarray] | None:
    """A linopy model of the same segments: "built" for each, its bounds "set", or its solver "kept" as well."""
    try:
        import linopy
        import pandas as pd
        import xarray as xr
    except ImportError:
        return None
    from tumen.corridor._check import Part
    from tumen.corridor._coalitions import _asked
    from tumen.corridor._engine import Engine
    from tumen.corridor._program import compiled

    program = compiled(net, None, "netback", 0.08)
    engine = Engine(Part.whole(program), 10)
    cost, upper = engine.columns(0, program.capacity[0])
    rows, start, index, value = engine.matrix()
    dense = np.zeros((rows, len(cost)))
    for j in range(len(cost)):
        dense[index[start[j] : start[j + 1]], j] = value[start[j] : start[j + 1]]
    arcs, curves, _ = _asked(program, net.countries)
    asked = np.concatenate([arcs, curves[engine.of]])
    column, row = pd.RangeIndex(len(cost), name="column"), pd.RangeIndex(rows, name="row")

    def built(limit: np.ndarray) -> Any:
        model = linopy.Model()
        x = model.add_variables(0, xr.DataArray(limit, coords=[column]), name="x")
        model.add_constraints((x * xr.DataArray(dense, coords=[row, column])).sum("column") == 0, name="balance")
        model.add_objective((x * xr.DataArray(cost, coords=[column])).sum())
        return model

    found = np.empty(len(masks))
    begun = time.perf_counter()
    model = built(upper)
    solver = None
    if how == "kept":
        options = {"output_flag": False, "presolve": "off"}
        solver = linopy.solvers.Solver.from_name("highs", model, io_api="direct", options=options, track_updates=True)
    for n, mask in enumerate(masks):
        limit = np.where(asked & ~mask, 0.0, upper)
        if how == "built":
            model = built(limit)
        else:
            model.variables["x"].upper = xr.DataArray(limit, coords=[column])
        if solver is None:
            model.solve("highs", io_api="direct", output_flag=False)
            found[n] = -float(model.objective.value)
        else:
            found[n] = -float(solver.solve(model).solution.objective)
    return time.perf_counter() - begun, found


# ---- what is measured


@contextmanager
def _silence() -> Iterator[None]:
    """The solver's banners, which come from below Python, go nowhere."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def compare(shape: str, arguments: argparse.Namespace) -> None:
    """Our times and the rivals', for one shape."""
    import logging
    import warnings

    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    net = network(shape)
    count = 1 << PLAYERS
    cold, game = best(lambda: values(net, net.countries), arguments.best)
    print(f"{shape}: {len(net.nodes)} nodes, {len(net.links)} links, {game.problems} problems for {count:,} coalitions")
    _line("all values, cold, segments", cold, "bar 0.4 s")
    draws = drawn(net, arguments.draws)
    runs: list[tuple[str, dict[str, Any], int]] = []
    fast = find_spec("numba") is not None
    if fast:
        exact, _ = best(lambda: values(net, net.countries, accuracy=1e-9), arguments.best)
        _line("all values, cold, exact", exact, "bar 0.4 s")
        runs.append(("exact (extra fast)", {"accuracy": 1e-9, "workers": arguments.workers}, arguments.draws))
    runs.append(("segments", {}, min(arguments.draws, 100)))
    ours = {}
    for name, options, size in runs:
        some = {key: array[:size] for key, array in draws.items()}
        seconds, _ = best(lambda: values(net, net.countries, draws=some, **options), min(arguments.best, 3))  # noqa: B023
        ours[name] = seconds / size
        measured = "" if size == arguments.draws else f", from {size}"
        bar = f"bar {5 if shape == 'corridor' else 15} s for 1,000"
        _line(f"{arguments.draws:,} draws, {name}{measured}", seconds / size * arguments.draws, bar)
    gray = [n ^ (n >> 1) for n in range(count)]
    sample = sorted(np.random.default_rng(3).choice(count, arguments.sample, replace=False).tolist())
    for name, run, masks in (
        ("HiGHS kept, no decomposition", lambda m: persistent_highs(net, m), gray),
        ("linopy, model and solver kept", lambda m: linopy_models(net, m, "kept"), sample),
        ("linopy, model kept", lambda m: linopy_models(net, m, "set"), sample),
        ("linopy built again", lambda m: linopy_models(net, m, "built"), sample[: max(1, len(sample) // 5)]),
    ):
        with _silence():
            found = run(masks)
        if found is None:
            print(f"  {name:<44} not installed (extra export)")
            continue
        seconds, theirs = found
        off = float(np.abs(theirs - game.values[0, masks]).max())
        whole = seconds / len(masks) * count
        ratios = ", ".join(f"{whole / each:,.0f} x {what}" for what, each in (("cold", cold), *ours.items()))
        _line(f"{name}, {len(masks):,} of them", whole, f"{ratios}; values differ by {off:.1e}")


def _line(what: str, seconds: float, remark: str) -> None:
    print(f"  {what:<44} {seconds:>10.3f} s   {remark}")


def plot(path: str) -> None:
    """Cost against players, links and draws."""
    import matplotlib.pyplot as plt

    accuracy = 1e-9 if find_spec("numba") is not None else None
    figure, axes = plt.subplots(1, 3, figsize=(11, 3.4), constrained_layout=True)
    cases: list[tuple[str, list[int], Callable[[int, str], tuple[Network, int]]]] = [
        ("players", [6, 8, 10, 12, 14], lambda n, shape: (network(shape, players=max(n, 6), links=5 * n), 50)),
        ("links", [40, 50, 60, 70, 80], lambda n, shape: (network(shape, links=n), 50)),
        ("draws", [10, 50, 200, 1000], lambda n, shape: (network(shape), n)),
    ]
    for axis, (what, sizes, make) in zip(axes, cases, strict=True):
        for shape in SHAPES:
            times = []
            for size in sizes:
                net, count = make(size, shape)
                draws = drawn(net, count)
                times.append(best(lambda: values(net, net.countries, draws=draws, accuracy=accuracy), 2)[0])  # noqa: B023
            axis.plot(sizes, times, marker="o", label=shape)
        axis.set(xlabel=what, ylabel="seconds" if what == "players" else "", yscale="log")
        if what == "draws":
            axis.set_xscale("log")
    axes[0].legend(frameon=False)
    figure.savefig(path, dpi=150)


def main() -> None:
    """Measure both shapes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--best", type=int, default=7)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--sample", type=int, default=100)
    parser.add_argument("--plot", metavar="FILE.png")
    arguments = parser.parse_args()
    for shape in SHAPES:
        compare(shape, arguments)
    if arguments.plot:
        plot(arguments.plot)


if __name__ == "__main__":
    main()
