"""The command of the bargain engine: `tumen game solve`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown", help="The bargain engine: who gets what.")
out = Console(soft_wrap=True)


@app.callback()
def _group() -> None:
    pass


@app.command(epilog="Example: `tumen game solve game.csv --out shares.csv`")
def solve(
    game: Annotated[Path, typer.Argument(metavar="GAME.csv", help="coalition,value; players joined by +.")],
    out_: Annotated[Path, typer.Option("--out", metavar="OUT.csv", help="player,shapley,nucleolus,core_min,core_max.")],
    solution: Annotated[
        str, typer.Option(metavar="LIST", help="Those wanted, with commas between.")
    ] = "shapley,nucleolus,core",
) -> None:
    """Divide what all are worth together: Shapley value, nucleolus, and the bounds of the core.

    GAME.csv has a row for each coalition, in any order; the empty one may be left out. What does not exist (an empty
    core has no bounds) is left blank.
    """
    from tumen._files import write_atomically
    from tumen.bargain import Game, describe
    from tumen.bargain import solve as solved

    asked = [name.strip() for name in solution.split(",") if name.strip()]
    read = Game.read_csv(game)
    found = solved(read, asked)
    out.print(repr(found), highlight=False, markup=False)
    out.print(repr(describe(read)), highlight=False, markup=False)
    write_atomically(out_, found.to_frame().to_csv(index=False, float_format="%.15g").encode())
