"""What would have to be true: the value of any figure of a case at which a claim passes a level of probability.

Every value is evaluated on the same worlds, those of a run of this seed, so that the curve is smooth and nothing but
the figure moves. `claims.crossing` finds the root and says how far chance may have moved it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tumen import claims, study
from tumen._chunks import CHUNK, one_thread
from tumen.claims import Crossing, Frontier
from tumen.errors import CaseError, TumenError, UnitError, UnknownName, did_you_mean, unknown_name

if TYPE_CHECKING:
    from tumen.case import Case, Unit
    from tumen.outcome import Outcome
    from tumen.uncertainty import Worlds

__all__ = ["Crossing", "Frontier", "breakeven", "frontier"]

Array = npt.NDArray[np.float64]
Progress = Callable[[str, int, int], None]
End = float | str | None
GRID, ROWS = 9, 9
_PRECISION = 1e-4  # of a lever's range
_SCORES = ("drift", "level", "offset_")  # of a path of trade: standard deviations, not figures of the case


def breakeven(
    case: Case | str | Path, claim: str, lever: str, *, level: float = 0.5, draws: int = 512, seed: int = 1,
    scenario: str | None = None, low: End = None, high: End = None, progress: Progress | None = None,
) -> Crossing:  # fmt: skip
    """The value of a lever, or of an assumption, at which a claim's probability passes a level.

    Parameters
    ----------
    case: a case; or its folder, or the name of a bundled one.
    claim: a claim of the case.
    lever: any figure that worlds are made of: a lever, an assumption, a fixed figure, `<process>.<parameter>`.
    level: the probability to pass, between 0 and 1.
    draws: beyond 256, rounded up to a multiple of it. The worlds are the first of a run of this seed.
    scenario: a named variant of the case.
    low, high: where to look: numbers in base units, or texts with a unit. Without them a lever's own range, and of
        an assumption the 1st to the 99th percentile; a fixed figure needs both.
    progress: called with "values", how many are evaluated, and 0.

    Raises
    ------
    UnknownName: no such claim, lever or scenario. ValueError: a level, draws or bounds that cannot be.
    CaseError: a value within the bounds that the case's engines refuse.
    """
    with one_thread():
        bench = _bench(case, claim, scenario, level, draws, seed, progress)
        return _solve(bench, _Range.of(bench.case, lever, low, high), {})


def frontier(
    case: Case | str | Path, claim: str, levers: tuple[str, str], *, level: float = 0.5, draws: int = 512,
    seed: int = 1, scenario: str | None = None, bounds: Mapping[str, tuple[End, End]] | None = None, rows: int = ROWS,
    progress: Progress | None = None,
) -> Frontier:  # fmt: skip
    """For values of a first lever, the value of a second at which a claim's probability passes a level.

    Parameters
    ----------
    levers: the one that takes `rows` values from end to end of its range, and the one that is solved for.
    bounds: by lever, where to look, like `low` and `high` of `breakeven`; the others are as there.

    Raises what `breakeven` raises, and ValueError where both levers are one.
    """
    first, second = levers
    wrong = sorted(set(bounds or {}) - set(levers))
    if wrong:
        raise unknown_name("lever of this frontier", wrong[0], levers)
    if rows < 2:
        raise ValueError(f"rows: {rows} is too few; at least 2")
    with one_thread():
        bench = _bench(case, claim, scenario, level, draws, seed, progress)
        a, b = (_Range.of(bench.case, name, *(bounds or {}).get(name, (None, None))) for name in (first, second))
        if a.name == b.name:
            raise CaseError([f"both levers are {a.name}; a frontier needs two"])
        found = []
        for x in map(float, np.linspace(a.low, a.high, rows)):
            found.append(replace(_solve(bench, b, {a.name: x}), at=((a.name, a.unit, x),)))
            bench.progress("rows", len(found), rows)
        return Frontier(a.name, a.unit, tuple(found))


# ---- what is evaluated


@dataclass(frozen=True)
class _Range:
    """A figure that can be set: its value in the case, where to look, its unit."""

    name: str
    unit: str
    base: float
    low: float
    high: float
    drawn: bool

    @classmethod
    def of(cls, case: Case, name: str, low: End, high: End) -> _Range:
        name, label, unit = _figure(case, name)
        drawn = study.blueprint(case).distributions[name]
        lever = next((p.quantity.lever for p in case.parameters if p.name == name), None)
        if lever is None and drawn.is_constant and (low is None or high is None):
            what = f"one number in this case, {claims.format_value(drawn.median, label)}, without a range"
            raise CaseError([f"{name}: {what}; say from where to where to look, by low and high"])
        ends = lever if lever is not None else tuple(map(float, drawn.ppf(np.array([0.01, 0.99]))))
        first = ends[0] if low is None else _read(low, name, unit)
        last = ends[1] if high is None else _read(high, name, unit)
        if not first < last:
            span = f"{claims.format_value(first, label)} to {claims.format_value(last, label)}"
            raise CaseError([f"{name}: {span} is no range; low has to be below high"])
        return cls(name, label, float(drawn.median), first, last, drawn=lever is None and not drawn.is_constant)


def _figure(case: Case, name: str) -> tuple[str, str, Unit]:
    """The figure of a name that worlds are made of, references followed: its own name, its unit in words, its unit.

    Raises UnknownName.
    """
    from tumen.case import parse_unit

    drawn = study.blueprint(case).distributions
    figures = {p.name: case.parameter(p.name) for p in case.parameters}
    found = figures.get(name)
    own = name if found is None else found.name
    if own in drawn:
        unit = parse_unit("") if found is None else found.quantity.unit
        score = found is None and own.rpartition(".")[2].startswith(_SCORES)
        return own, "standard deviations" if score else unit.label, unit
    if found is not None:
        head = own.partition(".")[0]
        valid = sorted(other for other in drawn if other.startswith(f"{head}."))
        what = f"of {head} there can: {', '.join(valid[:12])}" if valid else did_you_mean(own, drawn)
        raise UnknownName(f"{own} only serves to work out other figures, and cannot be moved itself; {what}")
    raise unknown_name("lever or assumption", name, {*drawn, *(n for n, p in figures.items() if p.name in drawn)})


def _read(end: float | str, name: str, unit: Unit) -> float:
    """An end of a range in base units. Raises UnitError where its unit is another."""
    from tumen.case import parse_quantity

    if not isinstance(end, str):
        value = float(end)
    else:
        measured = parse_quantity(end)
        if measured.unit.powers != unit.powers:
            raise UnitError(
                f"{name}: `{end}` is a {measured.unit.dimension}; expected a {unit.dimension}, in {unit.label}"
            )
        value = measured.value
    if not math.isfinite(value):
        raise UnitError(f"{name}: {end} is no end of a range; expected a finite number")
    return value


@dataclass(frozen=True)
class _Bench:
    """A claim on its worlds: what is asked, of which draws, and what is known of them as the case stands."""

    case: Case
    asked: claims.Question
    level: float
    draws: int
    seed: int
    worlds: tuple[Worlds, ...]
    memos: tuple[study.Memo, ...]
    said: str
    probability: float
    se: float
    progress: Progress

    def values(self, levers: Mapping[str, float], memos: tuple[study.Memo, ...]) -> Array:
        """The measure in every draw when levers stand at some values, (draw,)."""
        plan = study.Plan(levers=levers)
        try:
            outcomes = [study.evaluate(self.case, w, plan, m) for w, m in zip(self.worlds, memos, strict=True)]
            return np.concatenate([claims.take(outcome, self.asked) for outcome in outcomes])
        except TumenError:
            raise
        except (ValueError, ArithmeticError) as error:
            where = ", ".join(f"{name} at {value:g}" for name, value in levers.items())
            raise CaseError([f"{self.asked.name}: with {where}: {error}; narrow its range by low and high"]) from error


def _bench(
    case: Case | str | Path, claim: str, scenario: str | None, level: float, draws: int, seed: int,
    progress: Progress | None,
) -> _Bench:  # fmt: skip
    if not 0 < level < 1:
        raise ValueError(f"level: {level:g} is no level; a probability between 0 and 1")
    if draws < 1:
        raise ValueError(f"draws: {draws} is too few; at least 1")
    if seed < 0:
        raise ValueError(f"seed: {seed} is negative; at least 0")
    if isinstance(case, str | Path):
        from tumen._load import load

        case = load(case, scenario)
    case = case.under(scenario)
    asked = claims.question(case, claim)
    size = min(draws, CHUNK)
    worlds = tuple(study.draw(case, seed, number, size) for number in range(-(-draws // size)))
    memos = tuple(study.Memo() for _ in worlds)
    outcomes: list[Outcome] = [study.evaluate(case, w, study.Plan(), m) for w, m in zip(worlds, memos, strict=True)]
    values = np.concatenate([claims.take(outcome, asked) for outcome in outcomes])
    told = claims.answer(case, asked, values, None, (), (), (), outcomes[0])
    return _Bench(
        case, asked, level, values.size, seed, worlds, memos, claims.statement(told), told.probability, told.se,
        progress or _silent,
    )  # fmt: skip


def _solve(bench: _Bench, moved: _Range, held: Mapping[str, float]) -> Crossing:
    """The crossing of one lever, others held where they are set."""
    memos = tuple(study.Memo(below) for below in bench.memos)  # what the lever changes goes with it
    done = 0

    def margins(x: float) -> Array:
        nonlocal done
        found = claims.slack(bench.asked, bench.values({**held, moved.name: x}, memos))
        done += 1
        bench.progress("values", done, 0)
        return found

    inside = [moved.base] if moved.low < moved.base < moved.high else []
    grid = [*(float(x) for x in np.linspace(moved.low, moved.high, GRID)), *inside]
    found = claims.crossing(margins, grid, moved.base, bench.level, _PRECISION * (moved.high - moved.low))
    always = found.value is None and min(found.shares) >= bench.level - 1e-9
    return Crossing(
        bench.asked.name, bench.said, moved.name, moved.unit, bench.level, found.value, found.low, found.high,
        found.rising, always, moved.low, moved.high, moved.base, moved.drawn, bench.probability, bench.se, bench.draws,
        bench.seed, found.crossings, found.points, found.shares, bench.case.scenario,
    )  # fmt: skip


def _silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody asked for."""
