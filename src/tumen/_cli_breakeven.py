"""The command that says what would have to be true: `tumen breakeven`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

if TYPE_CHECKING:
    from tumen._crossings import Crossing, Frontier

__all__ = ["breakeven"]

out = Console(soft_wrap=True)
err = Console(stderr=True)


def breakeven(
    case: Annotated[
        str, typer.Argument(metavar="CASE", help="A folder with case.yaml, or the name of a bundled case.")
    ],
    claim: Annotated[str, typer.Argument(metavar="CLAIM", help="A claim of the case.")],
    lever: Annotated[str, typer.Argument(metavar="LEVER", help="A lever, an assumption or another figure of it.")],
    second: Annotated[
        str | None, typer.Argument(metavar="[LEVER2]", help="What is solved for, for each of some values of LEVER.")
    ] = None,
    level: Annotated[float, typer.Option(min=0.0, max=1.0, help="The probability to pass.")] = 0.5,
    draws: Annotated[int, typer.Option(min=1, max=1_000_000, help="Worlds, beyond 256 rounded up to 256s.")] = 512,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="The worlds are those of a run of this seed.")] = 1,
    scenario: Annotated[str | None, typer.Option(help="A named variant of the case.")] = None,
    low: Annotated[str | None, typer.Option(help="From where to look, with its unit; for a pair of LEVER2.")] = None,
    high: Annotated[str | None, typer.Option(help="Up to where to look.")] = None,
    out_: Annotated[Path | None, typer.Option("--out", metavar="OUT.csv", help="The figures as a table.")] = None,
) -> None:
    """The value of a lever or assumption at which a claim's probability passes a level; for two, the frontier.

    All values meet the same worlds. A range in brackets is how far chance may have moved the figure. A second lever is
    solved for at nine values of the first, from end to end of its range.
    """
    from tumen import _crossings
    from tumen._files import write_atomically

    if not 0 < level < 1:
        raise typer.BadParameter("a level between 0 and 1, without them", param_hint="--level")
    found: Crossing | Frontier
    with err.status("values tried: 0") as status:

        def show(stage: str, done: int, total: int) -> None:
            status.update(f"{stage} {'tried' if stage == 'values' else 'done'}: {done}")

        if second is None:
            found = _crossings.breakeven(
                case, claim, lever, level=level, draws=draws, seed=seed, scenario=scenario, low=low, high=high,
                progress=show,
            )  # fmt: skip
        else:
            found = _crossings.frontier(
                case, claim, (lever, second), level=level, draws=draws, seed=seed, scenario=scenario,
                bounds={second: (low, high)}, progress=show,
            )  # fmt: skip
    if out_ is not None:
        write_atomically(out_, found.to_frame().to_csv(index=False, float_format="%.12g").encode())
    out.print(repr(found), highlight=False, markup=False)
