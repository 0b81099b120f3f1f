"""Scoring later: a finished run held against what came of its claims.

Nothing else reads outcomes, and what this writes nothing reads: forecasts and outcomes meet here only.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tumen import claims
from tumen._files import write_atomically
from tumen._outcomes import read_outcomes
from tumen._result import Result
from tumen.errors import RunError

if TYPE_CHECKING:
    import pandas as pd

    from tumen.claims import ClaimScore, Forecaster, Quantities

__all__ = ["Scores", "score"]

COLUMNS = (
    "claim", "outcome", "probability", "brier", "log_score", "unit", "value", "median", "p05", "p95", "crps",
    "crps_of_range", "crps_of_outcome", "pit", "covered", "claimed", "claimed_error", "source",
)  # fmt: skip


@dataclass(frozen=True)
class Scores:
    """The scores of a run by claim, in the order of the outcomes, and in all.

    `open` names the claims of which nothing is known yet; `yes_no` are the mean scores of the run and of yardsticks,
    `quantities` those of what was measured (None where nothing was).
    """

    result: Result
    claims: tuple[ClaimScore, ...]
    open: tuple[str, ...]
    yes_no: tuple[Forecaster, ...]
    quantities: Quantities | None

    def to_frame(self) -> pd.DataFrame:
        """One row a claim, with the columns of scores.csv; blank where nothing is known."""
        import pandas as pd

        rows = [_row(item) for item in self.claims]
        return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"outcome": "object", "covered": "object"})

    def to_csv(self) -> str:
        """scores.csv as text."""
        out = io.StringIO(newline="")
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([_cell(value) for value in _row(item)] for item in self.claims)
        return out.getvalue()

    def to_html(self) -> str:
        """One self-contained page with charts."""
        from tumen.report import Scored, render_scores

        answers = self.result.claims
        rows = [Scored(answers[item.claim], item) for item in self.claims]
        return render_scores(rows, self.yes_no, self.quantities, self.open, self.result.about())

    def write(self, folder: str | Path | None = None) -> tuple[Path, Path]:
        """Write scores.csv and scores.html into a folder, by default that of the run; their paths. Raises RunError."""
        target = self.result.folder if folder is None else Path(folder)
        if target is None:
            raise RunError("the result was kept in memory; name a folder for its scores")
        table, page = target / "scores.csv", target / "scores.html"
        write_atomically(table, self.to_csv().encode())
        write_atomically(page, self.to_html().encode())
        return table, page

    def __repr__(self) -> str:
        return "\n\n".join(part for part in self._parts() if part)

    def _parts(self) -> Iterable[str]:
        case = self.result.case
        yield f"{case.title}  as of {case.as_of}, {self.result.draws:,} draws"
        yield _chances(self.claims)
        yield _means(self.yes_no)
        yield _measured(self.claims)
        yield _together(self.quantities)
        if self.open:
            yield f"Not known yet: {', '.join(self.open)}."


def score(run: Result | str | Path, outcomes: str | Path) -> Scores:
    """Hold a run against what came.

    Parameters
    ----------
    run: a result, a run folder, or its run.json.
    outcomes: a CSV file with the columns `claim, outcome` and any of `value, source`. `outcome` is yes or no (or empty:
        it then follows from the value, if there is one); `value` is what was measured, in the claim's unit or with its
        own, such as `104 MUSD`.

    Raises
    ------
    RunError: the run cannot be read. CaseError: the outcomes cannot be used; all problems, by row. Nothing is scored
    then, since a score without its bad rows would be another score.
    """
    if not isinstance(run, Result):
        from tumen.runs import open_run

        run = open_run(run)
    known = read_outcomes(outcomes, run.case)
    draws = run.data["claims"]["value"]
    rows = tuple(
        claims.scored(run.claims[row.claim], draws.sel(claim=row.claim).to_numpy(), row.outcome, row.value, row.source)
        for row in known
        if row.outcome is not None or row.value is not None
    )
    told = {row.claim for row in rows}
    left = tuple(name for name in run.case.claims if name not in told)
    return Scores(run, rows, left, claims.forecasters(rows), claims.quantities(rows))


def _row(item: ClaimScore) -> tuple[object, ...]:
    return (
        item.claim, item.outcome, item.probability, item.brier, item.log, item.unit, item.value, item.median, item.low,
        item.high, item.crps, item.of_range, item.of_outcome, item.pit, item.covered, item.claimed, item.claimed_error,
        item.source,
    )  # fmt: skip


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


# ---- for the eye


def _chances(rows: Sequence[ClaimScore]) -> str:
    table = [("claim", "came true", "probability", "Brier", "log")]
    for row in rows:
        if row.outcome is not None and row.brier is not None and row.log is not None:
            came = "yes" if row.outcome else "no"
            table.append((row.claim, came, _percent(row.probability), f"{row.brier:.3f}", f"{row.log:.3f}"))
    return _lined(table)


def _means(found: Sequence[Forecaster]) -> str:
    if not found:
        return ""
    table = [(f"{found[0].n} claims, yes or no", "Brier", "log", "this run less it, Brier (90 %)")]
    for item in found:
        apart = ""
        if item.difference is not None:
            apart = f"{item.difference.mean:+.3f} ({item.difference.low:+.3f} to {item.difference.high:+.3f})"
        table.append((item.name, f"{item.brier:.3f}", f"{item.log:.3f}", apart))
    return _lined(table)


def _measured(rows: Sequence[ClaimScore]) -> str:
    table = [("claim", "value", "median (5-95 %)", "CRPS", "of range", "claimed, error", "PIT")]
    for row in rows:
        if row.value is None or row.crps is None or row.claimed_error is None or row.pit is None:
            continue
        spread = f"{claims.format_value(row.median, row.unit)} ({claims.format_range(row.low, row.high, row.unit)})"
        error, miss = (claims.format_value(value, _width(row.unit)) for value in (row.crps, row.claimed_error))
        share = "" if row.of_range is None else f"{row.of_range:.2f}"
        value = claims.format_value(row.value, row.unit)
        table.append((row.claim, value, spread, error, share, miss, f"{row.pit:.2f}"))
    return _lined(table)


def _together(found: Quantities | None) -> str:
    if found is None:
        return ""
    share = "" if found.of_range is None else f", mean CRPS {found.of_range:.2f} of the range (a right normal has 0.17)"
    return (
        f"{found.n} quantities: {found.covered} within their 5-95 % ranges{share}, mean PIT {found.pit:.2f}; "
        f"nearer than the claim taken at its word: {found.closer}."
    )


def _width(unit: str) -> str:
    """The unit of a difference: one between calendar years is a number of years."""
    return "yr" if unit == "year" else unit


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _lined(table: Sequence[Sequence[str]]) -> str:
    if len(table) < 2:
        return ""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table
    )
