"""`tumen read`: pages to a draft of claims; and a case made of a draft."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
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

_DRAFT = "claims_draft.yaml"
_MANY = 20  # pages from which on a bar shows how many have been read


def read(
    pages: Annotated[list[Path] | None, typer.Argument(metavar="PAGE...", help="Pages saved as text or HTML.")] = None,
    date: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="When they were published, if they do not say.")] = None,  # noqa: E501
    out_: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Where the draft goes; default `draft`. With --score, a CSV file.")] = None,  # noqa: E501
    score: Annotated[Path | None, typer.Option(metavar="GOLD.csv", help="Score against claims marked by a person.")] = None,  # noqa: E501
    model: Annotated[str | None, typer.Option(help="Also ask this language model, of a server on this machine.")] = None,  # noqa: E501
    server: Annotated[str | None, typer.Option(metavar="URL", help="Ask this server instead; the pages are sent to it.")] = None,  # noqa: E501
    force: Annotated[bool, typer.Option("--force", help="Write over a draft that has been reviewed.")] = False,
) -> None:  # fmt: skip
    """Read pages into a draft of claims: claims_draft.yaml, claims.csv, and review.html to accept or strike rows."""
    if score is not None:
        _refuse_beside_score(pages, date, model, server, force)
        _score(score, out_)
        return
    if not pages:
        raise typer.BadParameter("name pages saved as text or HTML, or a table with --score", param_hint="PAGE...")
    if server is not None and model is None:
        raise typer.BadParameter("needs --model, the name of the model to ask there", param_hint="--server")
    day, folder = _day(date), out_ or Path("draft")
    _check_folder(folder, force)
    from tumen.reading import claims_table, draft_yaml, link, read_pages, review_html

    named = _once(pages)
    with _progress(len(named)) as progress:
        readings = _with_text(read_pages(named, day, progress))
    _check_dates(readings, told=model is None)
    if model is not None:
        readings = tuple(_proposed(reading, model, server) for reading in readings)
        _tell_unread(readings)
    story = link(readings)
    files = {_DRAFT: draft_yaml(story), "claims.csv": claims_table(story.claims), "review.html": review_html(story)}
    for name, text in files.items():
        _write(folder / name, text.encode("utf-8", errors="replace"))
    _say(out, *story.summary(str(folder / _DRAFT)).splitlines(), *(str(folder / name) for name in files))
    _say(out, f"Next: open {folder / 'review.html'}, or tumen new NAME --from {folder / _DRAFT}")


def new_from(folder: Path, draft: Path) -> tuple[Path, ...]:
    """Make a case of a draft's rows that were not struck; returns the files written.

    Raises CaseError where the draft cannot be used, RunError where the folder holds something already.
    """
    from tumen.reading import case_from_draft

    if draft.suffix == ".csv":
        raise CaseError([f"{draft}: is a table; name the draft itself, claims_draft.yaml or what the review saved"])
    try:
        text = draft.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CaseError([f"{draft}: cannot be read; name a draft that `tumen read` wrote"]) from error
    files = case_from_draft(text, draft.name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RunError(f"{folder}: is there already and not empty; name a new folder")
    for name, content in files.items():
        _write(folder / name, content.encode())
    return tuple(folder / name for name in files)


# ---- what is asked for


def _refuse_beside_score(
    pages: list[Path] | None, date: str | None, model: str | None, server: str | None, force: bool
) -> None:
    """Refuse what would be ignored: the pages and days of a score are those that its table names."""
    given = {"PAGE...": pages, "--date": date is not None, "--model": model, "--server": server, "--force": force}
    for name, value in given.items():
        if value:
            what = "--score reads the pages that its table names, beside it, and takes no"
            raise typer.BadParameter(f"{what} {name.removesuffix('...')}; leave out one of the two", param_hint=name)


def _day(text: str | None) -> dt.date | None:
    if text is None:
        return None
    expected, today = "expected a day as 2014-05-31, not after today", dt.date.today()
    try:
        day = dt.date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII) else None
    except ValueError:
        day = None
    if day is None:
        raise typer.BadParameter(f"'{text}' is no day; {expected}", param_hint="--date")
    if day > today:
        raise typer.BadParameter(f"{text} is after today, {today}; {expected}", param_hint="--date")
    return day


def _check_folder(folder: Path, force: bool) -> None:
    """Refuse a folder that cannot be one, or holds a draft in which a person has set a row's `review`."""
    there = next(path for path in (folder, *folder.parents, Path()) if path.exists())
    if not there.is_dir():
        raise RunError(f"{there} is a file; --out names a folder")
    draft = folder / _DRAFT
    if force or not draft.is_file():
        return
    # A row's word stands on a line of its own, an initiative's at the end of one; in a quoted text it does neither.
    text = draft.read_text(encoding="utf-8", errors="replace")
    words = re.findall(r"""(?m)(?:^[ \t]*|[,{][ \t]*)review:[ \t]*(["']?)(\w+)\1[ \t]*\}?[ \t]*(?:#.*)?$""", text)
    done = sum(word != "needed" for _, word in words)
    if done:
        rows = "1 row that has" if done == 1 else f"{done:,} rows that have"
        what = "name another folder with --out, or write over it with --force"
        raise RunError(f"{draft}: holds {rows} been reviewed; {what}")


def _once(pages: Sequence[Path]) -> list[Path]:
    """The pages, each once, in their order; says which are named again."""
    found: dict[Path, Path] = {}
    for path in pages:
        if found.setdefault(path.resolve(), path) is not path:
            _say(err, f"{path}: is named more than once; it is read once.")
    return list(found.values())


# ---- what comes of it


@contextmanager
def _progress(pages: int) -> Iterator[Callable[[int], object] | None]:
    """A bar on the error stream, where there are many pages and that is a terminal."""
    if pages < _MANY or not err.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("pages read"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("pages read", total=pages)
        yield lambda done: bar.update(task, completed=done)


def _with_text(readings: Sequence[ReadPage]) -> tuple[ReadPage, ...]:
    """The pages that hold a word; says which do not. Raises CaseError where none does."""
    empty = [f"{reading.page.name}: is empty" for reading in readings if reading.empty]
    if len(empty) == len(readings):
        raise CaseError(empty)
    _say(err, *(f"{line}; it is left out." for line in empty))
    return tuple(reading for reading in readings if not reading.empty)


def _check_dates(readings: Sequence[ReadPage], told: bool) -> None:
    """Refuse pages without a date: another page's would not be theirs. What was not read comes first."""
    missing = [reading.page.name for reading in readings if reading.date is None]
    if told or missing:
        _tell_unread(readings)
    if missing:
        when = "the page was" if len(missing) == 1 else "these were"
        names = ", ".join(missing)
        raise CaseError([f"{names}: no date was found; say with --date when {when} published, as in 2014-05-31"])


def _tell_unread(readings: Sequence[ReadPage]) -> None:
    for reading in readings:
        if reading.cut:
            _say(err, f"{reading.page.name}: is very long; only its beginning was read.")
        elif not reading.claims:
            _say(err, f"{reading.page.name}: no claim was found; reading knows English.")


def _score(gold: Path, path: Path | None) -> None:
    from tumen.reading import gold_remarks, score, score_table

    if path is not None and path.is_dir():
        raise RunError(f"{path} is a folder; with --score, --out names a CSV file")
    if path is not None and path.exists() and gold.exists() and path.samefile(gold):
        raise RunError(f"{path} is the table that is read, and would be lost; name another file with --out")
    for remark in gold_remarks(gold):
        typer.echo(remark, err=True)
    text = score_table(score(gold))
    typer.echo(text, nl=False)
    if path is not None:
        _write(path, text.encode())


def _write(path: Path, data: bytes) -> None:
    """Write a file whole. Unlike a run, a reading keeps nothing to go on from, so its error must not say so."""
    from tumen._files import write_atomically

    try:
        write_atomically(path, data)
    except RunError as error:
        why = getattr(error.__cause__, "strerror", None) or "the system does not say why"
        raise RunError(f"{path}: cannot be written: {why}; name another place, or free some space") from error


def _say(console: Console, *lines: str) -> None:
    """Lines without characters that would steer the terminal: names of files and texts may come from anybody."""
    for line in lines:
        shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)
        console.print(shown, highlight=False, markup=False)


def _proposed(reading: ReadPage, model: str, server: str | None) -> ReadPage:
    from tumen.reading import propose

    more = propose(reading, model, server, remote=True) if server else propose(reading, model)
    claims = sorted((*reading.claims, *more), key=lambda one: one.start)
    return dataclasses.replace(reading, claims=tuple(claims))
