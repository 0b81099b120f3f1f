"""The command line: each command is a few lines over a public function.

Exit codes: 0 done; 1 a problem of the case; 2 usage; 3 a solver failed; 4 a run folder cannot be read or written;
130 interrupted. Answers go to the output stream, progress and problems to the error stream.
"""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console, RenderableType
from rich.text import Text
from typer.core import TyperGroup

from tumen import _cli_breakeven, _cli_compare, _cli_corridor, _cli_game, _cli_read, _cli_score, _cli_target, _cli_trade
from tumen.errors import NoConvergence, RunError, TumenError

if TYPE_CHECKING:
    from rich.table import Table

    from tumen._result import Result
    from tumen.case import Case
    from tumen.runs import Progress

__all__ = ["app", "main"]


class _Console(Console):
    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


class _Commands(TyperGroup):
    """Turns every expected error into a message and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            found = super().invoke(ctx)
            sys.stdout.flush()
        except TumenError as error:
            raise typer.Exit(_explained(error)) from error
        except KeyboardInterrupt as error:
            err.print("Stopped.")
            raise typer.Exit(130) from error
        except BrokenPipeError as error:  # whoever read the output has seen enough
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from error
        return found


app = typer.Typer(
    name="tumen", cls=_Commands, no_args_is_help=True, add_completion=False, rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="What announced cross-border initiatives are worth, to whom, and whether they will come true.",
    epilog="Examples: `tumen run russia-korea-2014` · `tumen new my-case` · `tumen check my-case` · "
    "`tumen report runs/my-case-…`",
)  # fmt: skip
app.add_typer(_cli_trade.app, name="trade")
app.add_typer(_cli_target.app, name="target")
app.add_typer(_cli_corridor.app, name="corridor")
app.add_typer(_cli_game.app, name="game")
app.command(epilog="Example: `tumen breakeven russia-korea-2014 trade_2020 two_way_trade.extra_growth`")(
    _cli_breakeven.breakeven
)
app.command(epilog="Example: `tumen compare runs/before runs/after --claim trade_2020`")(_cli_compare.compare)
app.command(epilog="Example: `tumen score runs/russia-korea-2014-1a2b3c outcomes.csv`")(_cli_score.score)
app.command(epilog="Example: `tumen read article.html blog.txt --date 2014-05-06 --out draft`")(_cli_read.read)
app.command(epilog="Example: `tumen verify --data ../shared/data/replication`")(_cli_trade.verify)
_FIGURES = ("probability", "median", "5-95 %")
_WIDE = 120  # columns that the table of a case's figures needs

out = _Console()
err = _Console(stderr=True, soft_wrap=True)

CaseName = Annotated[
    str, typer.Argument(metavar="CASE", help="A folder with case.yaml, or the name of a bundled case.")
]
RunCase = Annotated[
    str, typer.Argument(metavar="CASE", help="A folder with case.yaml, a bundled case, or a run.json to repeat.")
]


def _version(show: bool) -> None:
    if show:
        from tumen import __version__

        typer.echo(f"tumen {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


@app.command(
    epilog="Examples: `tumen run russia-korea-2014` · `tumen run my-case --draws 1024 --scenario pays --out first` · "
    "`tumen run first/run.json --out again`"
)
def run(
    case: RunCase,
    draws: Annotated[
        int | None, typer.Option(min=1, max=1_000_000, help="Worlds, rounded up to 256s. Default 4096.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, max=2**63 - 1, help="The same seed gives the same results. Default 1.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=256, help="Processes. Default: as many as pay.")] = None,
    scenario: Annotated[str | None, typer.Option(help="A named variant of the case.")] = None,
    out_: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="The run folder. Default runs/CASE-ID.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace another run, or files of the same names, in DIR.")
    ] = False,
) -> None:
    """Run a case: answers on the screen, and a run folder with claims.csv, results.nc and report.html."""
    from tumen import runs

    loaded, settings = runs.planned(case, draws=draws, seed=seed, scenario=scenario)
    folder = out_ or runs.default_folder(settings)
    try:
        with _progress() as progress:
            result = runs.run(
                loaded, draws=settings.draws, seed=settings.seed, workers=workers, out=folder, overwrite=overwrite,
                keep=settings.keep, progress=progress,
            )  # fmt: skip
    except KeyboardInterrupt as error:
        err.print("Stopped. Finished work is kept: the same command goes on from there.")
        raise typer.Exit(130) from error
    _show(result)
    _line(f"Report: {folder / 'report.html'}")


@app.command(epilog="Example: `tumen check russia-korea-2014`")
def check(case: CaseName) -> None:
    """Check a case, and show its figures with units, distributions and sources."""
    from tumen._load import load

    _show_parameters(load(case, every_scenario=True))


@app.command(epilog="Example: `tumen report runs/russia-korea-2014-1a2b3c`")
def report(folder: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, or its run.json.")]) -> None:
    """Write the report of a finished run again."""
    from tumen.runs import open_run, write_report

    _line(str(write_report(open_run(folder))))


@app.command(
    epilog="Examples: `tumen new my-case && tumen run my-case` · `tumen new my-case --from draft/claims_draft.yaml`"
)
def new(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")],
    from_: Annotated[
        Path | None, typer.Option("--from", metavar="DRAFT", help="Make it of a draft that `tumen read` wrote.")
    ] = None,
) -> None:
    """Begin a case: a commented skeleton that runs, or the accepted rows of a draft."""
    from tumen.case import new_case

    for path in new_case(folder) if from_ is None else _cli_read.new_from(folder, from_):
        _line(str(path))
    _line(f"Next: tumen run {folder}")


@app.command(epilog="Example: `tumen cases`, then `tumen run` with a name from the list")
def cases() -> None:
    """List the bundled cases."""
    from tumen._load import bundled_cases, load

    for name in bundled_cases():
        _line(f"{name}  {load(name, rehearse=False).title}")


@app.command(epilog="Example: `tumen schema > case.schema.json`")
def schema() -> None:
    """Print the JSON Schema of case.yaml, for editors."""
    import json

    from tumen import initiatives
    from tumen.case import json_schema

    typer.echo(json.dumps(json_schema(initiatives.kinds()), indent=1))


def main() -> None:
    """Run the command line."""
    codecs.register_error("tumen", _in_plain_letters)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="tumen")
    app()


# ---- what is shown


def _show(result: Result) -> None:
    """The answers: a table, then a sentence each."""
    from tumen.claims import format_probability, format_range, format_value, sentence

    case = result.case
    scenario = f", scenario {case.scenario}" if case.scenario else ""
    _title(case, f"{result.draws:,} draws, seed {result.seed}{scenario}")
    table = _table("claim", *_FIGURES, whole=_FIGURES)
    for a in result.claims.values():
        chance = format_probability(a.probability, a.se, a.draws)
        _row(table, a.claim, chance, format_value(a.median, a.unit), format_range(a.p05, a.p95, a.unit))
    _print(table)
    for a in result.claims.values():
        _print(Text())
        _print(Text.assemble((_clean(a.claim), "bold"), "  ", _clean(sentence(a))))
        if a.brief:
            _print(Text(_clean(a.brief)))
    _print(Text())


def _show_parameters(case: Case) -> None:
    """The figures of a case, as a table or, where that is too wide, as a list; then how many have a source."""
    from rich.padding import Padding

    from tumen._result import parameter_rows

    _title(case, "no problems found")
    rows = [(row, ", ".join(note.key for note in row.sources) or "no source") for row in parameter_rows(case)]
    if out.width >= _WIDE:
        table = _table("figure", "value", "base unit", "median", "5-95 %", "sources", whole={"median", "5-95 %"})
        for row, sources in rows:
            span = f"{row.p05} to {row.p95}" if row.p05 else ""
            _row(table, row.name, row.value, row.unit, row.median, span, sources)
        _print(table)
    else:
        for row, sources in rows:
            span = f", 5-95 % {row.p05} to {row.p95}" if row.p05 else ""
            _print(Text.assemble((_clean(row.name), "bold"), "  ", _clean(row.value)))
            unit = "" if row.unit == "1" else f", in {row.unit}"
            _print(Padding(Text(_clean(f"median {row.median}{span}{unit}; {sources}")), (0, 0, 0, 4)))
    _print(Text(f"{case.sourced_share:.0%} of the figures have a source."))


def _title(case: Case, what: str) -> None:
    _print(Text.assemble((_clean(case.title), "bold"), f"  as of {case.as_of}, {what}"))


def _table(*headers: str, whole: Collection[str] = ()) -> Table:
    """A table without lines; the columns in `whole` hold figures, which are not broken."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for header in headers:
        figure = header in whole
        table.add_column(header, overflow="fold", no_wrap=figure, justify="right" if figure else "left")
    return table


def _row(table: Table, *cells: str) -> None:
    table.add_row(*(Text(_clean(cell)) for cell in cells))


def _print(shown: RenderableType) -> None:
    out.print(shown, highlight=False)


def _line(text: str) -> None:
    """A line that is not broken, so that a path in it can be copied."""
    out.print(Text(_clean(text)), highlight=False, soft_wrap=True)


def _explained(error: TumenError) -> int:
    """Say what is wrong, on the error stream; the exit code for it."""
    problems: tuple[Any, ...] = getattr(error, "problems", ()) or (error,)
    for problem in problems:
        err.print(Text(_clean(str(problem))), highlight=False)
    if len(problems) > 1:
        err.print(f"{len(problems)} problems.", highlight=False)
    return 4 if isinstance(error, RunError) else 3 if isinstance(error, NoConvergence) else 1


def _clean(text: str) -> str:
    """A text without characters that would steer the terminal: a case may come from anybody."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)


_PLAIN = str.maketrans({
    "\N{MINUS SIGN}": "-", "\N{EN DASH}": "-", "\N{EM DASH}": "-", "\N{PLUS-MINUS SIGN}": "+/-",
    "\N{MULTIPLICATION SIGN}": "x", "\N{SUPERSCRIPT TWO}": "2", "\N{SUPERSCRIPT THREE}": "3", "\N{MIDDLE DOT}": "-",
    "\N{HORIZONTAL ELLIPSIS}": "...", "\N{NO-BREAK SPACE}": " ", "\N{LEFT SINGLE QUOTATION MARK}": "'",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'", "\N{LEFT DOUBLE QUOTATION MARK}": '"',
    "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
})  # fmt: skip


def _in_plain_letters(error: UnicodeError) -> tuple[str, int]:
    """What stands for characters that the output's encoding does not have."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].translate(_PLAIN)
    return "".join(c if c.isascii() else "?" for c in text), error.end


@contextmanager
def _progress() -> Iterator[Progress]:
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


if __name__ == "__main__":
    main()
