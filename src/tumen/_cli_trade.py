"""The commands of the trade engine: `tumen trade solve`, `exposure` and `gravity`, and `tumen verify`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from tumen.errors import CaseError, TumenError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["app", "verify"]

app = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown", help="The trade engine: equilibrium and gravity.")
out = Console(soft_wrap=True)


class Closure(StrEnum):
    """What deficits do when the world changes."""

    additive = "additive"
    multiplicative = "multiplicative"
    balanced = "balanced"
    world_share = "world-share"
    bilateral = "bilateral"
    proportional = "proportional"


@app.command(epilog="Example: `tumen trade solve --flows flows.csv --elasticity 4 --shock embargo.csv --out after.csv`")
def solve(
    flows: Annotated[Path, typer.Option(metavar="F.csv", help="exporter,importer,value[,sector] with domestic rows.")],
    elasticity: Annotated[float, typer.Option(metavar="THETA", help="The trade elasticity theta, not sigma.")],
    out_: Annotated[Path, typer.Option("--out", metavar="OUT.csv", help="Factors by country; 1 is no change.")],
    shock: Annotated[
        Path | None, typer.Option(metavar="S.csv", help="exporter,importer[,sector],cost[,tariff_before,tariff_after].")
    ] = None,
    closure: Annotated[Closure, typer.Option(help="What deficits do.")] = Closure.additive,
    flows_out: Annotated[
        Path | None, typer.Option("--flows-out", metavar="X.csv", help="Flows after the shock.")
    ] = None,
) -> None:
    """The equilibrium after a shock: welfare, wages, prices, exports and imports, as factors.

    The flows have the columns exporter, importer, value and perhaps sector, domestic sales included. The shock has
    exporter, importer, perhaps sector, and cost, the factor on the iceberg cost (1.1 a tenth dearer, inf an embargo),
    or tariff_before and tariff_after, rates (0.05 is 5 %), or both. Rows for the same flow multiply.

    Closures: additive, a deficit keeps its worth in units of world output; world-share, its share of world income;
    balanced, deficits are purged first; bilateral, a deficit dies with the tie that pays for it; proportional, it moves
    with that tie's trade; multiplicative, spending moves with the country's wage (published, but world spending and
    output then differ).
    """
    from tumen.trade import solve_table

    with _reading(flows):
        countries, trade = solve_table(flows, elasticity, shock, closure.value.replace("-", "_"))
    _write(countries, out_)
    if flows_out is not None:
        _write(trade, flows_out)
    out.print(f"{countries.attrs['summary']}\nWritten: {out_}", highlight=False, markup=False)
    if abs(countries.attrs["walras_gap"]) > 1e-6:
        gap = f"world spending and output differ by {countries.attrs['walras_gap']:.1e} of output"
        out.print(f"Under this closure markets do not clear: {gap}.", highlight=False, markup=False)


@app.command(epilog="Example: `tumen trade exposure --flows flows.csv --elasticity 4 --cut RUS-CHN --out exposure.csv`")
def exposure(
    flows: Annotated[Path, typer.Option(metavar="F.csv", help="exporter,importer,value[,sector] with domestic rows.")],
    elasticity: Annotated[float, typer.Option(metavar="THETA", help="The trade elasticity theta, not sigma.")],
    out_: Annotated[Path, typer.Option("--out", metavar="OUT.csv", help="country,to,welfare,wage.")],
    closure: Annotated[
        Closure,
        typer.Option(help="What deficits do: balanced purges them first, and leaves what trade itself is worth."),
    ] = Closure.balanced,
    pairs: Annotated[
        Path | None, typer.Option(metavar="P.csv", help="Trade costs: country,exporter,importer,welfare,wage.")
    ] = None,
    cut: Annotated[
        list[str] | None, typer.Option(metavar="A-B", help="Print what both lose if their trade ends; repeatable.")
    ] = None,
    cuts_out: Annotated[
        Path | None,
        typer.Option(
            "--cuts-out", metavar="C.csv", help="The losses, a,b,loss_a,loss_b,reason; without --cut of all pairs."
        ),
    ] = None,
) -> None:
    """Who depends on whom: how welfare and wages everywhere answer to productivity and trade costs everywhere.

    A row of the table says by how many per cent welfare and the wage of `country` change where the productivity of `to`
    rises by one per cent: above zero for a friend, below for an enemy. `--pairs` says the same of a rise of one per
    cent in the cost of one flow. These hold for small changes; `--cut` solves for what happens where all trade between
    two countries ends, and losses are fractions, 0.02 for 2 %.
    """
    from tumen.trade import Baseline

    rule = closure.value.replace("-", "_")
    losses = None
    with _reading(flows):
        base = Baseline.from_table(flows, elasticity)
        found = base.exposure(rule)
        if cut or cuts_out is not None:
            asked = [_two_sides(text, base.countries) for text in cut] if cut else None
            losses = base.losses_from_cuts(asked, closure=rule)
    out.print(repr(found), highlight=False, markup=False)
    if cut and losses is not None:
        out.print(f"Losses if ties are cut ({rule}), fractions of real spending", highlight=False, markup=False)
        out.print(losses.to_string(index=False, float_format="{:.6g}".format), highlight=False, markup=False)
    _write(found.to_frame(), out_)
    if pairs is not None:
        _write(found.pairs(), pairs)
    if cuts_out is not None and losses is not None:
        _write(losses, cuts_out)


@app.command(epilog="Example: `tumen trade gravity --data trade.csv --formula 'trade ~ log(dist) + contig'`")
def gravity(
    data: Annotated[
        Path, typer.Option(metavar="T.csv", help="One row a pair, with the columns that the formula names.")
    ],
    formula: Annotated[str, typer.Option(help="As in 'trade ~ log(dist) + contig + rta'.")],
    fixed_effects: Annotated[
        str, typer.Option(help="Columns, or crossed columns, with commas between.")
    ] = "exporter,importer",
    out_: Annotated[
        Path | None, typer.Option("--out", metavar="OUT.csv", help="Coefficients with their errors.")
    ] = None,
) -> None:
    """The gravity equation by Poisson pseudo maximum likelihood."""
    import pandas as pd

    from tumen.trade import gravity as engine

    effects = tuple(part.strip() for part in fixed_effects.split(",") if part.strip())
    with _reading(data):
        table = pd.read_csv(data, keep_default_na=False, na_values=[""])  # NA is Namibia
        found = engine.estimate(table, formula, fixed_effects=effects)
    out.print(repr(found), highlight=False, markup=False)
    if out_ is not None:
        _write(found.tidy().reset_index(), out_)


def verify(
    data: Annotated[Path, typer.Option(metavar="DIR", help="The folder of published inputs and results.")],
    out_: Annotated[Path | None, typer.Option("--out", metavar="CSV", help="The table as a file.")] = None,
) -> None:
    """Compute published results again; exits with 3 if any is missed.

    One part reads Parquet and needs the extra `io` (`pip install pyarrow`); without it that part is not run.
    """
    from tumen.trade import verify as run

    if not data.is_dir():
        raise CaseError([f"{data}: there is no such folder; name the one that holds the published inputs"])
    found = run(data)
    shown = found.assign(
        **{name: found[name].map("{:.8g}".format) for name in ("published", "ours", "difference", "tolerance")}
    )
    out.print(shown.to_string(index=False), highlight=False, markup=False)
    if out_ is not None:
        _write(found, out_)
    met, known = (int((found["verdict"] == verdict).sum()) for verdict in ("met", "theory"))
    skipped = int(found["verdict"].str.startswith("not run").sum())
    missed = len(found) - met - known - skipped
    left = f"; {skipped} part was not run, see its verdict" if skipped else ""
    out.print(f"{met} of {len(found)} figures met; {known} differ as theory says they must{left}.", highlight=False)
    if missed:
        raise typer.Exit(3)


def _two_sides(text: str, countries: Sequence[str]) -> tuple[str, str]:
    """The countries of `A-B`; their names may hold hyphens of their own."""
    parts = text.split("-")
    splits = [("-".join(parts[:at]).strip(), "-".join(parts[at:]).strip()) for at in range(1, len(parts))]
    if not splits:
        raise CaseError([f"--cut {text}: expected two countries with a hyphen between, as in RUS-CHN"])
    return next((pair for pair in splits if set(pair) <= set(countries)), splits[0])


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turn what a table cannot give into a message that names it."""
    try:
        yield
    except TumenError:
        raise
    except (OSError, ValueError, UnicodeError) as error:
        what = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise CaseError([f"{path}: {what}"]) from error


def _write(frame: pd.DataFrame, path: Path) -> None:
    from tumen._files import write_atomically

    write_atomically(path, frame.to_csv(index=False, float_format="%.12g").encode())
