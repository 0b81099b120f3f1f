"""The commands of announced trade targets: `tumen target forecast`, `score` and `estimate`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown", help="Announced trade targets: will they be met?")
out = Console(soft_wrap=True)
err = Console(stderr=True, soft_wrap=True)

History = Annotated[
    Path | None,
    typer.Option(metavar="PANEL", help="year,exporter,importer,value (or imports_musd), in MUSD; CSV or Parquet."),
]


@app.command(epilog="Example: `tumen target forecast targets.csv --history panel.csv --out chances.csv`")
def forecast(
    targets: Annotated[Path, typer.Argument(metavar="TARGETS.csv", help="One announced target a row.")],
    out_: Annotated[
        Path,
        typer.Option(
            "--out", metavar="OUT.csv", help="id,probability,p05,p50,p95,growth_needed,history_used,note; USD bn."
        ),
    ],
    history: History = None,
    gdp: Annotated[
        Path | None,
        typer.Option(
            metavar="GDP",
            help="iso3,year,indicator,usd: rows `gdp`, in dollars. Read and checked, but not used by the model.",
        ),
    ] = None,
    in_year: Annotated[
        bool, typer.Option("--in-year", help="Met in the target year itself, not in any year up to it.")
    ] = False,
    parameters: Annotated[
        Path | None,
        typer.Option(metavar="PARAMETERS.json", help="What `tumen target estimate` wrote. Default: the shipped ones."),
    ] = None,
) -> None:
    """The chance that each announced target of two-way trade is met, as it stood at the announcement.

    TARGETS.csv has the columns id, country_a, country_b, announced_date, base_year, base_value_usd_bn,
    target_value_usd_bn, target_year; others are ignored. Countries are ISO letters or names; groups such as ASEAN are
    allowed. Of the history, figures of the announcement's year and later are dropped. Rows that cannot be
    used are told of by line, the others are still forecast, and the exit code is then 1.
    """
    from tumen.trade.targets import forecast_targets, read_targets

    _fresh(out_, targets, history, gdp)

    read, problems = read_targets(targets)
    found = forecast_targets(read, history, gdp, in_year=in_year, parameters=parameters)
    _write(found, out_)
    _tell(found.attrs["notes"])
    out.print(f"{len(read)} targets forecast. Written: {out_}", highlight=False, markup=False)
    _end(problems)


@app.command(epilog="Example: `tumen target score targets.csv chances.csv --history panel.csv --out score.csv`")
def score(
    targets: Annotated[Path, typer.Argument(metavar="TARGETS.csv", help="The targets, with a column met.")],
    forecasts: Annotated[Path, typer.Argument(metavar="FORECASTS.csv", help="id,probability.")],
    out_: Annotated[Path | None, typer.Option("--out", metavar="SCORE.csv", help="The table of scores.")] = None,
    history: History = None,
    in_year: Annotated[
        bool, typer.Option("--in-year", help="Score what was met in the target year: met_in_target_year.")
    ] = False,
    due_by: Annotated[
        int | None, typer.Option(metavar="YEAR", help="Leave out targets due later: only successes come early.")
    ] = None,
) -> None:
    """Score forecasts of targets: Brier and log score, calibration, and differences to simple yardsticks.

    The yardsticks are a constant rate, a logit on growth needed and horizon, and the trend, each with what was known at
    the announcement; and the first two in hindsight, from the targets of all other pairs. The trend needs a history.
    `met` and `met_in_target_year` are yes, no or unknown.
    """
    from tumen.trade.targets import read_outcomes, score_targets

    if out_ is not None:
        _fresh(out_, targets, forecasts, history)

    read, outcomes, problems = read_outcomes(targets)
    found = score_targets(read, outcomes, forecasts, history, in_year=in_year, due_by=due_by)
    out.print(repr(found), highlight=False, markup=False)
    _tell(found.notes)
    if out_ is not None:
        _write(found.to_frame(), out_)
        out.print(f"Written: {out_}", highlight=False, markup=False)
    _end(problems)


@app.command(epilog="Example: `tumen target estimate panel.parquet --out parameters.json --vintages 2003,2013`")
def estimate(
    panel: Annotated[
        Path,
        typer.Argument(
            metavar="PANEL", help="year,exporter,importer,value (or imports_musd), in MUSD; CSV or Parquet."
        ),
    ],
    out_: Annotated[Path, typer.Option("--out", metavar="PARAMETERS.json", help="For `tumen target forecast`.")],
    vintages: Annotated[
        str | None,
        typer.Option(
            metavar="YEARS",
            help="Last years of the figures used, with commas between. Default: those of the shipped parameters, as "
            "far as the panel goes, and its last year.",
        ),
    ] = None,
) -> None:
    """Estimate the forecast's parameters anew, on a panel of the world's bilateral trade.

    A forecast is made with the newest vintage that is at least two years older than the announcement. The panel needs
    30 years before each vintage, and 100 pairs of countries in a year for their gap to potential. Some ten seconds a
    vintage for 8,000 pairs.
    """
    from tumen._files import write_atomically
    from tumen.trade.forecast import estimate_vintages, read_flow_panel, to_json

    _fresh(out_, panel)

    years = None if vintages is None else _years(vintages)
    read = read_flow_panel(panel)
    _tell(read.notes)
    out.print(repr(read), highlight=False, markup=False)
    with err.status("vintages estimated: 0") as status:

        def show(what: str, done: int, total: int) -> None:
            status.update(f"{what} estimated: {done} of {total}")

        found = estimate_vintages(read, years, show)
    write_atomically(out_, to_json(found).encode())
    said = ", ".join(str(one.last) for one in found)
    out.print(f"Estimated to {said}. Written: {out_}", highlight=False, markup=False)


def _years(text: str) -> list[int]:
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words or not all(word.isdecimal() and len(word) == 4 for word in words):
        raise typer.BadParameter(f"{text!r}; expected years with commas between, as 2003,2013", param_hint="--vintages")
    return [int(word) for word in words]


def _tell(lines: Iterable[str]) -> None:
    for line in lines:
        err.print(_plain(line), highlight=False, markup=False)


def _end(problems: tuple[str, ...]) -> None:
    """Say which rows could not be used; the exit code is then 1."""
    _tell(problems)
    if problems:
        err.print(f"{len(problems)} problems; the other rows were used.", highlight=False, markup=False)
        raise typer.Exit(1)


def _plain(text: str) -> str:
    """A text without characters that would steer the terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _fresh(path: Path, *read: Path | None) -> None:
    """Refuse an output that is a folder, or one of the files that are read. Raises CaseError."""
    from tumen.errors import CaseError

    if path.is_dir():
        raise CaseError([f"{path}: is a folder; name a file with --out"])
    if any(other is not None and other.exists() and path.exists() and path.samefile(other) for other in read):
        raise CaseError([f"{path}: is read by this command, and would be lost; name another file with --out"])


def _write(frame: pd.DataFrame, path: Path) -> None:
    from tumen._files import write_atomically

    write_atomically(path, frame.to_csv(index=False, float_format="%.6g").encode())
