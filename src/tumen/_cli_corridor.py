"""The command of the corridor engine: `tumen corridor solve`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode="markdown", help="The corridor engine: what links carry and are worth."
)
out = Console(soft_wrap=True)


class Objective(StrEnum):
    """What coalitions make the most of."""

    netback = "netback"
    welfare = "welfare"


@app.callback()
def _group() -> None:
    pass


@app.command(epilog="Example: `tumen corridor solve network --out results --coalitions --common EU`")
def solve(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="nodes, links, supply, demand, options as .csv.")],
    out_: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder of results.")],
    coalitions: Annotated[bool, typer.Option("--coalitions", help="Value every coalition, and share it out.")] = False,
    players: Annotated[
        str | None,
        typer.Option(metavar="A+B", help="Who plays; all countries and owners not in --common if not given."),
    ] = None,
    common: Annotated[str, typer.Option(metavar="A+B", help="Who takes part without a say, such as a market.")] = "",
    objective: Annotated[Objective, typer.Option(help="What coalitions make the most of.")] = Objective.netback,
    rate: Annotated[float, typer.Option(help="The discount rate, for the annuities of candidates.")] = 0.08,
) -> None:
    """Flows and prices that make the most of a network; with --coalitions what each coalition can reach.

    Writes flows.csv, prices.csv, rents.csv and accounts.csv; with --coalitions values.csv (`coalition,value`, as
    `tumen game solve` reads it) and shares.csv. The flows are those of the greatest surplus, consumers included;
    --objective says what the coalitions make the most of.
    """
    from tumen.corridor import Network
    from tumen.corridor import solve as solved
    from tumen.corridor import values as valued

    network = Network.read(folder)
    found = solved(network, rate=rate)
    shown = [repr(network), repr(found)]
    flows = found.flows_table()
    tables = {"flows": flows.drop(columns="rent"), "prices": found.prices_table(), "rents": found.rents_table()}
    tables["accounts"] = found.accounts_table()
    if coalitions:
        shared = _names(common)
        who = _names(players) if players else [party for party in network.parties if party not in shared]
        game = valued(network, who, objective.value, common=shared, rate=rate, accuracy=1e-9)
        shown.append(repr(game))
        tables["values"] = game.to_frame()
        tables["shares"] = _shares(tables["values"], who)
    for text in shown:
        out.print(text, highlight=False, markup=False)
    for name, table in tables.items():
        _write(table, out_ / f"{name}.csv")


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split("+") if name.strip()]


def _shares(values: pd.DataFrame, players: list[str]) -> pd.DataFrame:
    """player, shapley, nucleolus, core_min, core_max."""
    from tumen.bargain import Game
    from tumen.bargain import solve as divided

    worths = dict(zip(values["coalition"], values["value"], strict=True))
    return divided(Game.of(worths, players)).to_frame()


def _write(table: pd.DataFrame, path: Path) -> None:
    from tumen._files import write_atomically

    write_atomically(path, table.to_csv(index=False, float_format="%.12g").encode())
