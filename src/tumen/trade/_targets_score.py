"""How good forecasts of targets were: scores, calibration, and differences to what anybody could have said.

Scores are those of `tumen.uncertainty`: Brier and log, lower is better. A difference is the forecast's score less the
yardstick's, below zero where the forecast was better, with its 90 % interval clustered by pair, since targets of the
same two countries share their luck.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tumen.errors import CaseError
from tumen.trade._known import Known
from tumen.trade._targets_history import what_was_known
from tumen.trade._targets_read import COLUMNS, Targets, parse
from tumen.trade._targets_rows import Line, lines
from tumen.trade._targets_yardsticks import constant_rate, growth_logit, hindsight, trend
from tumen.uncertainty import Bin, Difference, brier, calibration, log_score, paired_difference

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Outcomes", "Score", "TargetScores", "read_outcomes", "score_targets", "yardsticks"]

Array = npt.NDArray[np.float64]

_ANSWERS = {"yes": 1.0, "no": 0.0, "true": 1.0, "false": 0.0, "1": 1.0, "0": 0.0, "unknown": np.nan, "": np.nan}
_BINS = (0.0, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Outcomes:
    """What came of n targets (n,), 1 or 0, NaN where it is not known: met in any year, and in the target year."""

    met: Array
    met_in_year: Array


@dataclass(frozen=True, slots=True)
class Score:
    """One forecaster's mean scores, and by how much the forecast that is judged differs from it; None for itself."""

    name: str
    brier: float
    log_score: float
    brier_difference: Difference | None = None
    log_difference: Difference | None = None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TargetScores:
    """The scores of a forecast of targets, and of the yardsticks; `notes` says what was left out.

    n targets of so many pairs, of which a share was met; scores: the forecast first; bins: its calibration.
    """

    n: int
    pairs: int
    share_met: float
    scores: tuple[Score, ...]
    bins: tuple[Bin, ...]
    notes: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """`forecaster, n, brier, log_score`, and the differences of the forecast to each yardstick with their ends."""
        import pandas as pd

        rows = []
        for s in self.scores:
            row: dict[str, object] = {"forecaster": s.name, "n": self.n, "brier": s.brier, "log_score": s.log_score}
            for name, d in (("brier", s.brier_difference), ("log", s.log_difference)):
                ends = (d.mean, d.low, d.high) if d is not None else (np.nan,) * 3
                row |= dict(zip((f"{name}_difference", f"{name}_low", f"{name}_high"), ends, strict=True))
            rows.append(row)
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        head = f"{self.n} targets of {self.pairs} pairs, {100 * self.share_met:.0f} % met; lower scores are better"
        text = [head, "", f"{'':22}{'Brier':>8}{'log':>8}   forecast less yardstick, 90 % interval by pair"]
        for s in self.scores:
            text.append(f"{s.name:22}{s.brier:8.4f}{s.log_score:8.4f}   {_said('Brier', s.brier_difference)}")
            if s.log_difference is not None:
                text.append(f"{'':41}{_said('log  ', s.log_difference)}")
        text += ["", f"{'calibration':22}{'n':>8}{'stated':>8}{'met':>8}   90 % interval"]
        for b in self.bins:
            name = f"  {b.low:.0%} to {b.high:.0%}"
            text.append(f"{name:22}{b.n:8d}{b.p:8.2f}{b.met:8.2f}   {b.met_low:.2f} to {b.met_high:.2f}")
        return "\n".join(text)


def read_outcomes(path: Path | str) -> tuple[Targets, Outcomes, tuple[str, ...]]:
    """The targets of a file with what came of them (`met`, perhaps `met_in_target_year`), and the rows' problems.

    Each answer is yes, no or unknown. Raises CaseError for a file that cannot be read or lacks a column.
    """
    name = Path(path).name
    rows = lines(path, (*COLUMNS, "met"))
    problems: list[str] = []
    found: dict[int, tuple[float, float]] = {}
    for line, row in rows:
        answers = []
        for column in ("met", "met_in_target_year"):
            text = row.get(column, "").casefold()
            answers.append(_ANSWERS.get(text, np.nan))
            if text not in _ANSWERS:
                where = f"{name}: line {line} ({row['id']})"
                problems.append(f"{where}: {column} is {row[column]!r}; expected yes, no or unknown")
        found[line] = (answers[0], answers[1])
    targets, wrong = parse(rows, name)
    kept = np.array([found[line] for line in targets.line], dtype=np.float64).reshape(-1, 2)
    kept.setflags(write=False)
    return targets, Outcomes(kept[:, 0], kept[:, 1]), (*wrong, *problems)


def score_targets(
    targets: Targets,
    outcomes: Outcomes,
    forecasts: Path | str | pd.DataFrame,
    history: Path | str | pd.DataFrame | None = None,
    *,
    in_year: bool = False,
    due_by: int | None = None,
) -> TargetScores:
    """Score forecasts, `id, probability`, against what came, beside those of the yardsticks.

    history: a panel of flows for the trend (see `forecast_targets`); without it the trend is the constant rate.
    in_year: of the stricter reading. due_by: score targets that were due by that year only: of those due later, only
    the ones that were reached early are known, and their share says nothing. Yardsticks learn from every target with a
    known outcome that was due before the announcement at hand. Raises CaseError for forecasts that cannot be scored.
    """
    met = outcomes.met_in_year if in_year else outcomes.met
    chance, notes = _forecast(targets, forecasts, met)
    scored = np.isfinite(met) & np.isfinite(chance)
    if due_by is not None:
        scored &= targets.by <= due_by
    if not scored.any():
        late = f", and is due by {due_by}" if due_by is not None else ""
        what = f"no target has both a forecast and a known outcome{late}; compare the ids of the two files"
        raise CaseError([f"{what}, or name a later year" if late else what])
    unknown = int((~np.isfinite(met)).sum())
    if unknown:
        notes = (*notes, f"{unknown} targets have no known outcome and are not scored")
    seen, told = what_was_known(targets, history, None)
    came = met[scored]
    pair = [p for p, s in zip(targets.pair, scored, strict=True) if s]
    rivals = yardsticks(targets, met, seen if history is not None else None)
    scores = [_score("forecast", chance[scored], came)]
    scores += [_score(name, p[scored], came, chance[scored], pair) for name, p in rivals.items()]
    bins = calibration(chance[scored], came, _BINS)
    return TargetScores(len(came), len(set(pair)), float(came.mean()), tuple(scores), bins, (*notes, *told))


def yardsticks(targets: Targets, met: Array, seen: Known | None) -> dict[str, Array]:
    """The probabilities of the yardsticks (n,), by name; met is 1, 0 or NaN for unknown."""
    needed = np.log(targets.target / targets.base) / targets.horizon
    constant = constant_rate(targets.announced, targets.by, met)
    share, logit = hindsight(targets.pair, met, needed, targets.horizon)
    return {
        "constant rate": constant,
        "growth and horizon": growth_logit(targets.announced, targets.by, met, needed, targets.horizon),
        "trend": trend(targets.announced, needed, seen, constant),
        "constant, hindsight": share,
        "logit, hindsight": logit,
    }


def _score(
    name: str, p: Array, met: Array, judged: Array | None = None, pair: Iterable[str] = ()
) -> Score:  # fmt: skip
    square, logs = brier(p, met), log_score(p, met)
    pairs = list(pair)
    apart: tuple[Difference | None, Difference | None] = (None, None)
    if judged is not None and len(set(pairs)) > 1:
        apart = (
            paired_difference(brier(judged, met), square, pairs), paired_difference(log_score(judged, met), logs, pairs)
        )  # fmt: skip
    return Score(name, float(square.mean()), float(logs.mean()), *apart)


def _forecast(targets: Targets, source: Path | str | pd.DataFrame, met: Array) -> tuple[Array, tuple[str, ...]]:
    """The probability of each target, NaN without a forecast, and notes. Raises CaseError with all problems."""
    name, rows = _table(source)
    came = dict(zip(targets.ids, met.tolist(), strict=True))
    found: dict[str, float] = {}
    problems = []
    for line, row in rows:
        where = f"{name}: line {line} ({row['id']})"
        try:
            p = float(row["probability"])
        except ValueError:
            p = np.nan
        if row["id"] in found:
            problems.append(f"{where}: the id stands there twice; expected one forecast for each target")
        elif not 0 <= p <= 1:
            problems.append(f"{where}: probability is {row['probability']!r}; expected a number from 0 to 1")
        elif abs(p - came.get(row["id"], np.nan)) == 1:
            problems.append(f"{where}: probability {p:g} was certain and wrong, which has no log score")
        found[row["id"]] = p
    if problems:
        raise CaseError(problems)
    missing = [i for i in targets.ids if i not in found]
    strange = [i for i in found if i not in came]
    notes = [f"{len(missing)} targets have no forecast and are not scored: {_few(missing)}"] if missing else []
    notes += [f"{len(strange)} forecasts are of no target in the file: {_few(strange)}"] if strange else []
    return np.array([found.get(i, np.nan) for i in targets.ids], dtype=np.float64), tuple(notes)


def _table(source: Path | str | pd.DataFrame) -> tuple[str, list[Line]]:
    if isinstance(source, (Path, str)):
        return Path(source).name, lines(source, ("id", "probability"))
    missing = {"id", "probability"} - set(source.columns)
    if missing:
        raise CaseError([f"the forecasts have no column {name}" for name in sorted(missing)])
    pairs = zip(source["id"], source["probability"], strict=True)
    return "forecasts", [(at, {"id": str(i), "probability": repr(float(p))}) for at, (i, p) in enumerate(pairs, 1)]


def _few(names: list[str]) -> str:
    return ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")


def _said(name: str, difference: Difference | None) -> str:
    if difference is None:
        return ""
    return f"{name} {difference.mean:+.4f} ({difference.low:+.4f} to {difference.high:+.4f})"
