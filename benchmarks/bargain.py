"""Times the bargain engine, beside coopgame-py where it is installed, and prints ratios.

    python benchmarks/bargain.py [--sizes 8 10 12 15 18 20] [--players 20] [--draws 1024] [--rounds 7] [--plot DIR]

Interleaved: every round runs each contestant once, and the best of all rounds counts. Games are built beforehand.

- Shapley value from a full vector of values
- prenucleolus of four kinds of games: worths of coalitions at random (by size, and flat), bankruptcy, convex
- many draws: Shapley value, nucleolus and core of a transit game of three, and of convex games of eight

coopgame-py: pip install coopgame-py. What takes it longer than 20 seconds in all is not repeated. With --plot: cost
against players and draws, as CSV, SVG and PNG.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tumen.bargain import Game, core, nucleolus, prenucleolus, shapley

Array = npt.NDArray[np.float64]
KINDS = ("by size", "flat", "bankruptcy", "convex")
PATIENCE = 20.0


def members(n: int) -> npt.NDArray[np.int64]:
    return np.arange(1 << n)[:, None] >> np.arange(n) & 1


def a_game(kind: str, n: int, rng: np.random.Generator) -> Game:
    """A game of a kind; the two at random have enough for all together that an imputation exists."""
    inside = members(n)
    if kind == "bankruptcy":
        claims = rng.uniform(1, 100, n)
        return Game(np.maximum(0.0, inside @ claims - claims.sum() / 2))
    if kind == "convex":
        return Game((inside @ rng.uniform(0, 1, n)) ** 2)
    top = 100 * inside.sum(axis=1) if kind == "by size" else np.full(1 << n, 100 * n)
    values = np.floor(rng.random(1 << n) * top)
    values[0], values[-1] = 0.0, 100.0 * n
    return Game(values)


def best(contestants: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Seconds at best; who has used up his patience is not run again."""
    times, spent = dict.fromkeys(contestants, np.inf), dict.fromkeys(contestants, 0.0)
    for _ in range(rounds):
        for name, run in contestants.items():
            if spent[name] < PATIENCE:
                start = time.perf_counter()
                run()
                took = time.perf_counter() - start
                times[name], spent[name] = min(times[name], took), spent[name] + took
    return times


def rival() -> Any:
    if importlib.util.find_spec("coopgame") is None:
        print("coopgame-py is not installed: pip install coopgame-py")
        return None
    import coopgame

    return coopgame


def line(name: str, times: dict[str, float]) -> None:
    text = f"{name:<30}{1e3 * times['ours']:>12.2f}"
    if "theirs" in times:
        text += f"{1e3 * times['theirs']:>12.2f}{times['theirs'] / times['ours']:>9.1f}"
    print(text)


def single(args: argparse.Namespace, theirs: Any) -> None:
    """One game: Shapley value and prenucleolus."""
    rng = np.random.default_rng(0)
    print(f"{'milliseconds':<30}{'ours':>12}{'coopgame':>12}{'ratio':>9}")
    game = a_game("flat", args.players, rng)
    contestants: dict[str, Callable[[], object]] = {"ours": lambda: shapley(game)}
    if theirs is not None:
        other = theirs.Game(game.values[1:].tolist())
        contestants["theirs"] = lambda: theirs.shapley(other)
        assert np.abs(shapley(game) - theirs.shapley(other)).max() < 1e-8 * np.abs(game.values).max()
    line(f"Shapley, n = {args.players}", best(contestants, args.rounds))
    for n in args.sizes:
        for kind in KINDS:
            one = a_game(kind, n, rng)
            pair: dict[str, Callable[[], object]] = {"ours": lambda one=one: prenucleolus(one)}
            if theirs is not None:
                its = theirs.Game(one.values[1:].tolist())
                pair["theirs"] = lambda its=its: theirs.prenucleolus(its)
            line(f"nucleolus, n = {n}, {kind}", best(pair, args.rounds))


def transit(draws: int, rng: np.random.Generator) -> Game:
    """A supplier, a transit state and a buyer: a line worth 10 or so, the sea less."""
    values = np.zeros((draws, 8))
    values[:, 7] = rng.lognormal(np.log(10), 0.3, draws)
    values[:, 5] = values[:, 7] * rng.beta(4, 4, draws)
    return Game(values, ("R", "N", "S"))


def convex(draws: int, n: int, rng: np.random.Generator) -> Game:
    return Game((rng.lognormal(0, 0.3, (draws, n)) @ members(n).T) ** 1.5)


def many(args: argparse.Namespace) -> None:
    """Many draws at once."""
    rng = np.random.default_rng(0)
    for name, game in (("transit", transit(args.draws, rng)), ("convex, n = 8", convex(args.draws, 8, rng))):
        for solution in (shapley, nucleolus, core):
            run: dict[str, Callable[[], object]] = {"ours": lambda s=solution, g=game: s(g)}  # type: ignore[misc]
            took = best(run, args.rounds)["ours"]
            print(f"{args.draws} draws, {name}, {solution.__name__:<10}{1e3 * took:>10.1f} ms")


def plot(args: argparse.Namespace) -> None:
    """Cost against players and draws."""
    import matplotlib

    matplotlib.use("Agg")
    import pandas as pd
    from matplotlib import pyplot

    rng, rows = np.random.default_rng(0), []
    for n in range(4, args.players + 1, 2):
        game = a_game("flat", n, rng)
        for solution in (shapley, prenucleolus, core):
            took = best({"ours": lambda s=solution, g=game: s(g)}, 3)["ours"]
            rows.append({"against": "players", "size": n, "solution": solution.__name__, "ms": 1e3 * took})
    for draws in (10, 100, 1000, 10_000):
        batch = transit(draws, rng)
        for solution in (shapley, nucleolus, core):
            took = best({"ours": lambda s=solution, g=batch: s(g)}, 3)["ours"]
            rows.append({"against": "draws", "size": draws, "solution": solution.__name__, "ms": 1e3 * took})
    table = pd.DataFrame(rows)
    args.plot.mkdir(parents=True, exist_ok=True)
    table.to_csv(args.plot / "bargain.csv", index=False, float_format="%.6g")
    figure, axes = pyplot.subplots(1, 2, figsize=(10, 4), constrained_layout=True)
    for axis, (against, part) in zip(axes, table.groupby("against"), strict=True):
        for name, curve in part.groupby("solution"):
            axis.plot(curve["size"], curve["ms"], "o-", label=name)
        axis.set(xlabel=against, ylabel="ms", yscale="log", xscale="log" if against == "draws" else "linear")
        axis.grid(which="major", color="0.9")
        axis.legend()
    for kind in ("svg", "png"):
        figure.savefig(args.plot / f"bargain.{kind}", dpi=120)
    print(table.to_string(index=False))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="*", default=[8, 10, 12, 15, 18, 20], metavar="N")
    for name, value in (("players", 20), ("draws", 1024), ("rounds", 7)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--plot", type=Path, metavar="DIR", help="write curves of cost, and nothing else")
    args = parser.parse_args()
    if args.plot is not None:
        plot(args)
        return
    single(args, rival())
    many(args)


if __name__ == "__main__":
    main()
