"""Rolling-origin backtest of the panel model against its rivals, on pairs that taught nobody anything.

    TUMEN_SHARED=../shared python benchmarks/forecast.py [--origins 1984 1986 ...] [--quick] [--out TABLE.md] [--cost]

Needs pandas, pyarrow and scipy; statsforecast and lightgbm (or scikit-learn) for the rivals that use them. Reads
`data/world/trade_cow_1950_2013.parquet` and `gravity_2013.parquet`. About ten minutes on two cores.

At each origin o, of each held-out pair with a two-way flow of at least 10 million USD then and five figures in the last
ten years: quantiles of log(F[o + h] / F[o]). A third of the pairs, drawn by a hash of their names, is held out. All
teaching uses the other pairs, and outcomes up to o only. A two-way flow needs a figure in both directions; an absent
row is no figure, and what has no figure is not scored.

The score is twice the mean pinball loss over levels 0.02, 0.04 ... 0.98: the CRPS of the log but for its outermost
tails. Every mean is over the origins of a pair first, then over pairs. Differences carry 90 % intervals clustered by
pair. `--cost` times estimation on the full panel and the forecast of 10,000 targets, and estimates the shipped
parameters anew to compare, instead.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import importlib.util
import multiprocessing
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
from forecast_rivals import BY_SERIES, LEVELS, RIVALS, Array, Bools, FlowPanel, Forecaster, Ints, folder, past
from threadpoolctl import threadpool_limits

from tumen.uncertainty import paired_difference

ORIGINS = tuple(range(1984, 2010, 2))
HORIZONS = (1, 3, 5, 7, 10)
LAST = 2013
SCORED = np.isclose(LEVELS * 50, np.round(LEVELS * 50))
OURS, POOL, BASE = "Tumen", "Pool of the best three", "Random walk, own drift"
NORMAL_ERRORS = ", normal"
SMALL = 1000.0  # MUSD
_STATE: dict[str, object] = {}


def read_panel() -> FlowPanel:
    """All pairs that ever had a figure in both directions."""
    trade = pd.read_parquet(folder() / "trade_cow_1950_2013.parquet")
    countries = tuple(sorted(set(trade.exporter) | set(trade.importer)))
    at = {name: k for k, name in enumerate(countries)}
    ends = np.sort(np.column_stack([trade.exporter.map(at), trade.importer.map(at)]), axis=1)
    sums = trade.assign(a=ends[:, 0], b=ends[:, 1]).groupby(["a", "b", "year"]).imports_musd.agg(["sum", "count"])
    years = tuple(range(int(trade.year.min()), LAST + 1))
    table = sums.loc[sums["count"] == 2, "sum"].astype(float).unstack("year").reindex(columns=list(years))
    a, b = (table.index.get_level_values(side).to_numpy(dtype=np.int64) for side in ("a", "b"))
    return FlowPanel(years=years, countries=countries, a=a, b=b, flows=table.to_numpy(dtype=float, copy=True))


def held_out(panel: FlowPanel) -> Bools:
    """A third of the pairs, by a hash of their names: the same whatever else is in the panel."""
    names = [f"forecast:{panel.countries[i]}-{panel.countries[j]}" for i, j in zip(panel.a, panel.b, strict=True)]
    return np.array([int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % 3 == 0 for name in names])


def ours() -> Forecaster | None:
    """The panel model's backtest, None where the package has none."""
    if importlib.util.find_spec("tumen.trade.forecast") is None:
        return None
    model = importlib.import_module("tumen.trade.forecast")

    def forecast(panel: FlowPanel, taught: Bools, asked: Ints, origin: int, horizons: tuple[int, ...]) -> Array:
        return np.asarray(model.backtest(panel, taught, asked, origin, horizons, LEVELS))

    return forecast


def _start(panel: FlowPanel, taught: Bools) -> None:
    _STATE.update(panel=panel, taught=taught)
    threadpool_limits(1)  # the cores are taken by processes
    past(panel, taught)


def _work(task: tuple[str, int, Ints]) -> tuple[str, int, Array, float]:
    name, origin, asked = task
    panel, taught = _STATE["panel"], _STATE["taught"]
    forecast = ours() if name == OURS else RIVALS[name]
    began = time.perf_counter()
    found = forecast(panel, taught, asked, origin, _horizons(origin))  # type: ignore[misc, arg-type]
    if found.shape != (len(asked), len(_horizons(origin)), len(LEVELS)):
        raise ValueError(f"{name} at {origin}: shape {found.shape}, expected (asked, horizon, {len(LEVELS)} levels)")
    return name, origin, found.astype(np.float32), time.perf_counter() - began


def _horizons(origin: int) -> tuple[int, ...]:
    return tuple(h for h in HORIZONS if origin + h <= LAST)


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What is asked at each origin and what came: pairs (asked,), and log growths (asked, horizon), NaN unknown."""

    asked: dict[int, Ints]
    came: dict[int, Array]
    small: dict[int, Bools]


def questions(panel: FlowPanel, taught: Bools, origins: tuple[int, ...], share: float) -> Question:
    usable, asked, came, small = past(panel, taught).usable, {}, {}, {}
    chosen = np.random.default_rng(7).random(len(taught)) < share
    for o in origins:
        at = o - panel.years[0]
        rows = np.flatnonzero(usable[:, at] & ~taught & chosen)
        base = panel.flows[rows, at]
        asked[o], small[o] = rows, base < SMALL
        came[o] = np.column_stack([np.log(panel.flows[rows, at + h] / base) for h in _horizons(o)])
    return Question(asked, came, small)


def loss(found: Array, came: Array) -> Array:
    """Twice the mean pinball loss, (asked, horizon); NaN where nothing is known of what came."""
    tau, away = LEVELS[SCORED], came[..., None] - found[..., SCORED]
    return 2 * np.mean(np.maximum(tau * away, (tau - 1) * away), axis=-1)


def pool(
    question: Question, made: dict[str, dict[int, Array]], scores: dict[str, dict[int, Array]]
) -> dict[int, Array]:
    """Mean of the quantiles of the three rivals that did best in what had come by the origin; of all where none had."""
    pooled = {}
    for o in question.asked:
        ranked = {}
        for name, by_origin in scores.items():
            seen = [
                value
                for early, table in by_origin.items()
                for k, h in enumerate(_horizons(early))
                if early + h <= o
                for value in [np.nanmean(table[:, k]) / h**0.5]
            ]
            ranked[name] = float(np.mean(seen)) if seen else np.inf
        best = list(ranked)
        if np.isfinite(list(ranked.values())).all():
            family = {_family(name): name for name in sorted(ranked, key=ranked.__getitem__, reverse=True)}
            best = sorted(family.values(), key=ranked.__getitem__)[:3]
        pooled[o] = np.mean([made[name][o] for name in best], axis=0)
        print(f"  pool at {o}: {', '.join(best) if len(best) == 3 else 'all'}", file=sys.stderr)
    return pooled


def _family(name: str) -> str:
    return name.removesuffix(NORMAL_ERRORS)


def better(score: dict[str, Score]) -> tuple[dict[str, Score], list[str]]:
    """Of each random walk the kind of errors that scored better at 5 and 7 years, though seen only afterwards."""
    kept, notes = dict(score), []
    for name in score:
        other = name + NORMAL_ERRORS
        if other in score:
            pooled, normal = (float(np.nanmean(score[n].loss[:, 2:4], axis=0).sum()) for n in (name, other))
            kept[name] = score[other] if normal < pooled else score[name]
            del kept[other]
            how = "normal" if normal < pooled else "pooled"
            notes.append(f"{name}: {how} errors ({min(normal, pooled) / 2:.4f} against {max(normal, pooled) / 2:.4f})")
    return kept, notes


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """By pair and horizon, each a mean over origins: loss, share inside the 90 % range; and PIT, (horizon, tenth)."""

    loss: Array  # (pair, horizon)
    inside: Array
    inside_small: Array
    pit: Array

    @staticmethod
    def of(question: Question, made: dict[int, Array], pairs: int) -> Score:
        total, inside, count, small_inside, small_count = np.zeros((5, pairs, len(HORIZONS)))
        pit = np.zeros((len(HORIZONS), 10))
        low, high = np.searchsorted(LEVELS, [0.05 - 1e-9, 0.95 - 1e-9])
        edges = np.searchsorted(LEVELS, np.arange(1, 10) / 10 - 1e-9)
        weight = np.zeros((pairs, len(HORIZONS)))
        for o, rows in question.asked.items():
            weight[rows, : len(_horizons(o))] += ~np.isnan(question.came[o])
        for o, rows in question.asked.items():
            found, came, k = made[o], question.came[o], len(_horizons(o))
            known = ~np.isnan(came)
            within = (found[..., low] <= came) & (came <= found[..., high])
            small = known & question.small[o][:, None]
            total[rows, :k] += np.where(known, loss(found, came), 0.0)
            inside[rows, :k] += within & known
            count[rows, :k] += known
            small_inside[rows, :k] += within & small
            small_count[rows, :k] += small
            tenth = (came[..., None] > found[..., edges]).sum(axis=-1)
            for j in range(k):
                each = known[:, j]
                pit[j] += np.bincount(tenth[each, j], weights=1 / weight[rows, j][each], minlength=10)
        with np.errstate(invalid="ignore"):
            shares = total / count, inside / count, small_inside / small_count
        return Score(*shares, pit / pit.sum(axis=1, keepdims=True))


def run(
    panel: FlowPanel, taught: Bools, question: Question, names: list[str], jobs: int
) -> tuple[dict[str, dict[int, Array]], dict[str, float]]:
    """Quantiles by rival and origin, and seconds of one core each took."""
    made: dict[str, dict[int, Array]] = {name: {} for name in names}
    seconds = dict.fromkeys(names, 0.0)
    tasks = [(name, o, rows) for name in sorted(names, key=_slow) for o, rows in question.asked.items()]
    with ProcessPoolExecutor(
        jobs, multiprocessing.get_context(), initializer=_start, initargs=(panel, taught)
    ) as workers:
        for name, origin, found, took in workers.map(_work, tasks):
            made[name][origin] = found
            seconds[name] += took
    return made, seconds


def _slow(name: str) -> int:
    return 0 if "boosting" in name else 1 if name in BY_SERIES else 2


def report(score: dict[str, Score], seconds: dict[str, float], question: Question) -> str:
    first = OURS if OURS in score else BASE
    base, mean = score[BASE], {name: np.nanmean(s.loss, axis=0) for name, s in score.items()}
    order = sorted(score, key=lambda name: float(mean[name][2:4].sum()))
    years = [f"{h} y" for h in HORIZONS]
    lines = ["### Log CRPS, mean over origins of a pair, then over pairs", "", *_head(["", *years, "core s"])]
    for name in order:
        lines.append(_row([name, *(f"{x:.4f}" for x in mean[name]), f"{seconds.get(name, 0.0):.0f}"]))
    lines += ["", f"### Per cent of the log CRPS of: {BASE}", "", *_head(["", *years])]
    for name in order:
        lines.append(_row([name, *(f"{100 * a / b:.1f}" for a, b in zip(mean[name], mean[BASE], strict=True))]))
    lines += ["", f"### Log CRPS less that of {first}: mean and 90 % interval, clustered by pair", ""]
    lines += _head(["", *years])
    for name in order:
        if name != first:
            lines.append(_row([name, *(_apart(score[name].loss[:, j], score[first].loss[:, j]) for j in range(5))]))
    for title, field in (("all", "inside"), ("flows under $1bn at the origin", "inside_small")):
        lines += ["", f"### Per cent of outcomes inside the 90 % range, {title}", "", *_head(["", *years])]
        for name in order:
            shares = 100 * np.nanmean(getattr(score[name], field), axis=0)
            lines.append(_row([name, *(f"{x:.1f}" for x in shares)]))
    lines += ["", "### PIT: per cent of outcomes in each tenth of the forecast, at 5 and at 7 years", ""]
    lines += _head(["", *(f"{k}0 %" for k in range(1, 11))])
    for name in order:
        lines.append(_row([name, *(f"{a:.0f} / {b:.0f}" for a, b in zip(*(100 * score[name].pit[2:4]), strict=True))]))
    asked = sum(len(rows) for rows in question.asked.values())
    pairs = len(np.unique(np.concatenate(list(question.asked.values()))))
    known = [sum(int((~np.isnan(c[:, j])).sum()) for c in question.came.values() if c.shape[1] > j) for j in range(5)]
    counted = np.isfinite(base.loss).sum(axis=0)
    lines += ["", f"{asked} times asked, of {pairs} held-out pairs, at {len(question.asked)} origins. Outcomes by "]
    lines[-1] += "horizon: " + ", ".join(f"{n} of {c} pairs" for n, c in zip(known, counted, strict=True)) + "."
    return "\n".join(lines)


def _apart(theirs: Array, mine: Array) -> str:
    known = np.isfinite(theirs) & np.isfinite(mine)
    found = paired_difference(theirs[known], mine[known])  # one mean per pair: each pair is its own cluster
    return f"{found.mean:+.4f} ({found.low:+.4f}, {found.high:+.4f})"


def _head(cells: list[str]) -> list[str]:
    return [_row(cells), _row(["---", *["---:"] * (len(cells) - 1)])]


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def same_as_shipped() -> str:
    """Seconds and memory of `tumen target estimate` on the full panel, and whether it writes what is shipped."""
    with tempfile.TemporaryDirectory() as place:
        made = Path(place) / "parameters.json"
        command = [sys.executable, "-m", "tumen", "target", "estimate", str(folder() / "trade_cow_1950_2013.parquet")]
        began = time.perf_counter()
        done = subprocess.run([*command, "--out", str(made)], capture_output=True, text=True, check=False)
        took, memory = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
        if done.returncode:
            return f"The command failed: {done.stderr.strip()[-500:]}"
        text, model = made.read_text(encoding="utf-8"), importlib.import_module("tumen.trade.forecast")
    kept = files("tumen.trade").joinpath("_forecast_parameters.json").read_text(encoding="utf-8")
    found = f"all vintages: {took:.1f} s, {memory:.2f} GB at most; "
    if text == kept:
        return found + "what is shipped, byte for byte."
    both = [np.concatenate([h.location for one in model.from_json(t) for h in one.sets["world"]]) for t in (text, kept)]
    apart = np.abs(both[0] - both[1]).max() if both[0].shape == both[1].shape else np.inf
    return found + f"NOT what is shipped: coefficients differ by up to {apart:.4f}."


def cost(panel: FlowPanel) -> str:
    """Seconds and memory of estimation on the full panel, and of 10,000 targets by the command."""
    model = importlib.import_module("tumen.trade.forecast")
    began = time.perf_counter()
    model.estimate(panel)
    took, memory = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    at, rng = 2000 - panel.years[0], np.random.default_rng(3)
    rows = rng.choice(np.flatnonzero(panel.flows[:, at] >= 100), 10_000)
    base, year = panel.flows[rows, at] / 1000, rng.integers(3, 11, 10_000)
    table = pd.DataFrame(
        {
            "id": [f"t{k}" for k in range(10_000)],
            "country_a": np.array(panel.countries)[panel.a[rows]],
            "country_b": np.array(panel.countries)[panel.b[rows]],
            "announced_date": "2001-06",
            "base_year": 2000,
            "base_value_usd_bn": base,
            "target_value_usd_bn": base * rng.uniform(1.2, 4.0, 10_000),
            "target_year": 2000 + year,
        }
    )
    with tempfile.TemporaryDirectory() as place:
        here = Path(place)
        table.to_csv(here / "targets.csv", index=False)
        history = folder() / "trade_cow_1950_2013.parquet"
        command = [sys.executable, "-m", "tumen", "target", "forecast", str(here / "targets.csv")]
        command += ["--history", str(history), "--out", str(here / "out.csv")]
        began = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        targets = time.perf_counter() - began
        if done.returncode:
            return f"estimate: {took:.1f} s, {memory:.2f} GB. The command failed: {done.stderr.strip()[-500:]}"
        answers = len(pd.read_csv(here / "out.csv"))
    return f"estimate: {took:.1f} s, {memory:.2f} GB at most; {answers} targets in {targets:.1f} s, with their history."


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    asked.add_argument("--origins", type=int, nargs="+", default=list(ORIGINS))
    asked.add_argument("--quick", action="store_true", help="three origins, a fifth of the held-out pairs")
    asked.add_argument("--only", nargs="+", help="only these forecasters, by the beginning of their names")
    asked.add_argument("--out", type=Path, help="write the tables here, too")
    asked.add_argument("--jobs", type=int, default=2)
    asked.add_argument("--cost", action="store_true", help="time estimation and 10,000 targets instead")
    given = asked.parse_args()
    began, panel = time.perf_counter(), read_panel()
    if given.cost:
        print(cost(panel))
        print(same_as_shipped())
        return
    taught = ~held_out(panel)
    origins = tuple(o for o in given.origins if not given.quick or o in (1988, 1996, 2004))
    question = questions(panel, taught, origins, 0.2 if given.quick else 1.0)
    names, notes = list(RIVALS), []
    for library, needs in (("statsforecast", BY_SERIES), ("lightgbm", ()), ("sklearn", ())):
        if importlib.util.find_spec(library) is None:
            names = [name for name in names if name not in needs]
            notes.append(f"{library} is not installed.")
    if ours() is not None:
        names.append(OURS)
    else:
        notes.append("The panel model is not there yet: rivals only.")
    if given.only:
        names = [name for name in names if name == BASE or name.startswith(tuple(given.only))]
    made, seconds = run(panel, taught, question, names, given.jobs)
    rivals = [name for name in names if name != OURS]
    if not given.only:
        early = {name: {o: loss(made[name][o], question.came[o]) for o in origins} for name in rivals}
        made[POOL] = pool(question, {name: made[name] for name in rivals}, early)
    score = {name: Score.of(question, found, len(taught)) for name, found in made.items()}
    score, chosen = better(score)
    if chosen:
        notes.insert(0, "Of two kinds of errors the better at 5 and 7 years: " + "; ".join(chosen) + ".")
    text = report(score, seconds, question)
    notes.append(f"{time.perf_counter() - began:.0f} s in all, in {given.jobs} processes.")
    text = "\n\n".join([text, *notes])
    print(text)
    if given.out:
        given.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
