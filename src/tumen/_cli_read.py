"""`tumen read`: pages to a draft of claims; and a case made of a draft."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from tumen.errors import CaseError, RunError

if TYPE_CHECKING:
    from tumen.reading import ReadPage

__all__ = ["new_from", "read"]

out = Console(soft_wrap=True)
err = Console(stderr=True, soft_wrap=True)


def read(
    pages: Annotated[list[Path] | None, typer.Argument(metavar="PAGE...", help="Pages saved as text or HTML.")] = None,
    date: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="When they were published, if they do not say.")] = None,  # noqa: E501
    out_: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Where the draft goes; default `draft`. With --score, a CSV file.")] = None,  # noqa: E501
    score: Annotated[Path | None, typer.Option(metavar="GOLD.csv", help="Score against claims marked by a person.")] = None,  # noqa: E501
    model: Annotated[str | None, typer.Option(help="Also ask this language model, of a server on this machine.")] = None,  # noqa: E501
    server: Annotated[str | None, typer.Option(metavar="URL", help="Ask this server instead; the pages are sent to it.")] = None,  # noqa: E501
) -> None:  # fmt: skip
    """Read pages into a draft of claims: claims_draft.yaml, claims.csv, and review.html to accept or strike rows."""
    if score is not None:
        _score(score, out_)
        return
    if not pages:
        raise CaseError(["no page is named; name pages saved as text or HTML, or a table with --score"])
    from tumen._files import write_atomically
    from tumen.reading import claims_table, draft_yaml, link, read_pages, review_html

    readings = read_pages(pages, _day(date))
    if model is not None:
        readings = tuple(_proposed(reading, model, server) for reading in readings)
    story, folder = link(readings), out_ or Path("draft")
    files = {
        "claims_draft.yaml": draft_yaml(story),
        "claims.csv": claims_table(story.claims),
        "review.html": review_html(story),
    }
    for name, text in files.items():
        write_atomically(folder / name, text.encode("utf-8", errors="replace"))
    for reading in readings:
        if reading.cut or not reading.claims:
            what = (
                "is very long; only its beginning was read"
                if reading.cut
                else "no claim was found; reading knows English"
            )
            err.print(f"{reading.page.name}: {what}.", highlight=False, markup=False)
    out.print(repr(story), highlight=False, markup=False)
    for name in files:
        out.print(str(folder / name), highlight=False, markup=False)


def new_from(folder: Path, draft: Path) -> tuple[Path, ...]:
    """Make a case of a draft's rows that were not struck; returns the files written.

    Raises CaseError where the draft cannot be used, RunError where the folder holds something already.
    """
    from tumen._files import write_atomically
    from tumen.reading import case_from_draft

    try:
        text = draft.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CaseError([f"{draft}: cannot be read; name a draft that `tumen read` wrote"]) from error
    files = case_from_draft(text, draft.name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RunError(f"{folder}: is there already and not empty; name a new folder")
    for name, content in files.items():
        write_atomically(folder / name, content.encode())
    return tuple(folder / name for name in files)


def _score(gold: Path, path: Path | None) -> None:
    from tumen._files import write_atomically
    from tumen.reading import score, score_table

    text = score_table(score(gold))
    typer.echo(text, nl=False)
    if path is not None:
        write_atomically(path, text.encode())


def _day(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError as error:
        raise CaseError([f"--date {text}: is no day; write it like 2014-05-31"]) from error


def _proposed(reading: ReadPage, model: str, server: str | None) -> ReadPage:
    from tumen.reading import propose

    more = propose(reading, model, server, remote=True) if server else propose(reading, model)
    claims = sorted((*reading.claims, *more), key=lambda one: one.start)
    return dataclasses.replace(reading, claims=tuple(claims))
