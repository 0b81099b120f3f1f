"""The command that says why two runs differ: `tumen compare RUN RUN`."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from tumen._compare_words import Part

__all__ = ["compare"]

out = Console()
err = Console(stderr=True)

_Run = typer.Argument(metavar="RUN", help="A run folder, or its run.json.")


def compare(
    first: Annotated[Path, _Run],
    second: Annotated[Path, _Run],
    claim: Annotated[str | None, typer.Option(metavar="NAME", help="Show this claim alone.")] = None,
    draws: Annotated[int, typer.Option(min=1, max=65_536, help="Draws of the attribution, rounded up to 256s.")] = 256,
    attribution: Annotated[
        bool, typer.Option("--attribution/--no-attribution", help="Say which input changes which answer.")
    ] = True,
    out_: Annotated[Path | None, typer.Option("--out", metavar="OUT.csv", help="Everything as a table.")] = None,
) -> None:
    """Say why two runs differ: changed inputs, changed answers, and which input changes which answer.

    Every answer's change is shared among the changed inputs by Shapley's value, on a few draws: cases that take some
    inputs from one run and the rest from the other are evaluated. What is left to the seed, the number of draws and the
    version is the remainder. The run folders hold all that is needed.
    """
    from tumen._compare import compare as compared
    from tumen._compare_words import parts
    from tumen._files import write_atomically

    with _waiting():
        found = compared(first, second, attribute=attribution, draws=draws)
    for part in parts(found, claim):
        _show(part)
    if out_ is not None:
        write_atomically(out_, found.to_frame().to_csv(index=False, float_format="%.12g").encode())
        out.print(Text(f"Written: {out_}"), highlight=False, soft_wrap=True)


def _waiting() -> AbstractContextManager[Any]:
    return err.status("Comparing ...") if err.is_terminal else nullcontext()


def _show(part: Part) -> None:
    """One table with its remarks."""
    from rich.padding import Padding
    from rich.table import Table

    out.print(Text(_clean(part.title), style="bold"), highlight=False)
    if part.rows:
        table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 1, 0, 0))
        for number, header in enumerate(part.headers):
            figure = number in part.figures
            table.add_column(
                header, overflow="fold", justify="right" if figure else "left", max_width=part.widths[number]
            )
        for row in part.rows:
            table.add_row(*(Text(_clean(cell)) for cell in row))
        out.print(Padding(table, (0, 0, 0, 2)), highlight=False)
    for remark in part.remarks:
        out.print(Padding(Text(_clean(remark)), (0, 0, 0, 2)), highlight=False)
    out.print()


def _clean(text: str) -> str:
    """A text without characters that would steer the terminal."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)
