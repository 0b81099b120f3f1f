"""The command that holds a run against what came: `tumen score`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

__all__ = ["score"]

out = Console(soft_wrap=True)


def score(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder, or its run.json.")],
    outcomes: Annotated[Path, typer.Argument(metavar="OUTCOMES.csv", help="claim,outcome[,value,source].")],
    out_: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Where scores.csv and scores.html go. Default RUN.")
    ] = None,
) -> None:
    """Hold a finished run against what came: Brier score, log score and CRPS, by claim and in all, with charts.

    In OUTCOMES.csv `outcome` is yes or no, and `value` what was measured: a number in the claim's unit, or with its own
    unit, such as 104 MUSD. Where only the value is given, the claim's test says whether it came true.
    """
    from tumen._scoring import score as scored

    found = scored(run, outcomes)
    out.print(repr(found), highlight=False, markup=False)
    for path in found.write(out_):
        out.print(str(path), highlight=False, markup=False)
