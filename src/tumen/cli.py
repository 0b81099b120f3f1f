"""The command line: each command is a few lines over a public function.

Exit codes: 0 done; 1 a problem of the case; 2 usage; 3 a solver failed; 4 output could not be written; 130 interrupted.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from tumen.errors import CaseError, NoConvergence, RunError, TumenError, UnknownName

if TYPE_CHECKING:
    from tumen.case import Case

__all__ = ["app", "main"]

app = typer.Typer(
    name="tumen", no_args_is_help=True, add_completion=False, rich_markup_mode="markdown", pretty_exceptions_enable=False,
    help="What announced cross-border initiatives are worth, to whom, and whether they will come true.",
    epilog="Examples: `tumen run russia-korea-2014` · `tumen new my-case` · `tumen check my-case` · `tumen report runs/my-case-…`",
)  # fmt: skip
out = Console(soft_wrap=False)
err = Console(stderr=True, soft_wrap=True)

CaseName = Annotated[str, typer.Argument(metavar="CASE", help="A folder with case.yaml, or the name of a bundled case.")]
RunCase = Annotated[str, typer.Argument(metavar="CASE", help="A folder with case.yaml, a bundled case, or a run.json to repeat.")]


def _version(show: bool) -> None:
    if show:
        from tumen import __version__

        typer.echo(f"tumen {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")] = False,
) -> None:
    pass


@app.command(epilog="Examples: `tumen run russia-korea-2014` · `tumen run my-case --draws 1024 --scenario no_default --out first`")
def run(
    case: RunCase,
    draws: Annotated[int | None, typer.Option(min=1, max=10_000_000, help="Worlds, rounded up to 256s. Default 4096.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="The same seed gives the same results. Default 1.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=256, help="Processes. Default: as many as pay.")] = None,
    scenario: Annotated[str | None, typer.Option(help="A named variant of the case.")] = None,
    out_: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="The run folder. Default runs/CASE-ID.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace another run in DIR.")] = False,
) -> None:
    """Run a case: answers on the screen, and a run folder with claims.csv, results.nc and report.html."""
    from tumen.runs import default_folder, planned, run as run_case

    loaded, settings = planned(case, draws=draws, seed=seed, scenario=scenario)
    folder = out_ or default_folder(loaded, settings)
    with _progress() as progress:
        result = run_case(
            loaded, draws=settings.draws, seed=settings.seed, workers=workers, out=folder, overwrite=overwrite,
            keep=settings.keep, progress=progress,
        )  # fmt: skip
    _show(result)
    out.print(f"Report: {folder / 'report.html'}", highlight=False, soft_wrap=True)


@app.command(epilog="Example: `tumen check russia-korea-2014`")
def check(case: CaseName) -> None:
    """Check a case, and show its figures with units, distributions and sources."""
    from tumen._load import load

    found = load(case)
    _show_parameters(found)


@app.command(epilog="Example: `tumen report runs/russia-korea-2014-1a2b3c`")
def report(folder: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")]) -> None:
    """Write the report of a finished run again."""
    from tumen.runs import open_run, write_report

    path = write_report(open_run(folder), folder.parent if folder.name == "run.json" else folder)
    out.print(str(path), highlight=False, soft_wrap=True)


@app.command(epilog="Example: `tumen new my-case && tumen run my-case`")
def new(folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")]) -> None:
    """Begin a case: a commented skeleton that runs."""
    from tumen.case import new_case

    for path in new_case(folder):
        out.print(str(path), highlight=False, soft_wrap=True)
    out.print(f"Next: tumen run {folder}", highlight=False, soft_wrap=True)


@app.command()
def cases() -> None:
    """List the bundled cases."""
    from tumen._load import bundled_cases, load

    for name in bundled_cases():
        out.print(f"{name}  {load(name).title}", highlight=False, soft_wrap=True)


@app.command(epilog="Example: `tumen schema > case.schema.json`")
def schema() -> None:
    """Print the JSON Schema of case.yaml, for editors."""
    import json

    from tumen import initiatives
    from tumen.case import json_schema

    typer.echo(json.dumps(json_schema(initiatives.kinds()), indent=1))


def main() -> None:
    """Run the command line, and turn every expected error into a message and an exit code."""
    try:
        app(standalone_mode=True)
    except (CaseError, UnknownName) as error:
        _fail(error, 1)
    except NoConvergence as error:
        _fail(error, 3)
    except RunError as error:
        _fail(error, 4)
    except TumenError as error:
        _fail(error, 1)
    except KeyboardInterrupt:
        err.print("Stopped. Finished work is kept: the same command goes on from there.")
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


def _fail(error: TumenError, code: int) -> None:
    problems: tuple[Any, ...] = getattr(error, "problems", ()) or (error,)
    for problem in problems:
        err.print(str(problem), markup=False, highlight=False)
    if len(problems) > 1:
        err.print(f"{len(problems)} problems.", highlight=False)
    sys.exit(code)


@contextmanager
def _progress() -> Iterator[Any]:
    """A progress bar on the error stream; nothing where that is no terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        tasks: dict[str, Any] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total or None)
            bar.update(tasks[stage], completed=done, total=total or None)

        yield show


def _show(result: Any) -> None:
    """The answers: a table, then a sentence each."""
    from rich.table import Table

    from tumen.claims import format_probability, format_range, format_value, likelihood_words, sentence

    case = result.case
    scenario = f", scenario {case.scenario}" if case.scenario else ""
    out.print(f"[bold]{_plain(case.title)}[/bold]  as of {case.as_of}, {result.draws:,} draws, seed {result.seed}{scenario}", highlight=False)
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for header in ("claim", "probability", "", "median", "5-95 %"):
        table.add_column(header, overflow="fold")
    for a in result.claims.values():
        words = likelihood_words(a.probability)
        table.add_row(
            a.claim, format_probability(a.probability, a.se, a.draws), words, format_value(a.median, a.unit),
            format_range(a.p05, a.p95, a.unit),
        )  # fmt: skip
    out.print(table, highlight=False)
    for a in result.claims.values():
        out.print()
        out.print(f"[bold]{a.claim}[/bold]  {_plain(sentence(a))}", highlight=False)
    out.print()


def _show_parameters(case: Case) -> None:
    from rich.table import Table

    from tumen._result import parameter_rows

    out.print(f"[bold]{_plain(case.title)}[/bold]  as of {case.as_of}: no problems found.", highlight=False)
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for header in ("figure", "value", "base unit", "median", "5-95 %", "sources"):
        table.add_column(header, overflow="fold", justify="right" if header in {"median", "5-95 %"} else "left")
    for row in parameter_rows(case):
        span = f"{row.p05} to {row.p95}" if row.p05 else ""
        table.add_row(row.name, _plain(row.value), row.unit, row.median, span, ", ".join(s.key for s in row.sources) or "none")
    out.print(table, highlight=False)
    out.print(f"{case.sourced_share:.0%} of the figures have a source.", highlight=False)


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)


if __name__ == "__main__":
    main()
