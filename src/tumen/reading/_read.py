"""Reading a page: the steps one after another."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path

from tumen.errors import CaseError, RunError
from tumen.reading._claims import Claim, claims_of
from tumen.reading._clean import clean
from tumen.reading._dates import page_date
from tumen.reading._page import Block, Page, Sentence, bare_date, html_date, open_page
from tumen.reading._split import sent_from, split

_FIRST = 6  # sentences, headlines included, in which the place and day of sending may stand
_MOST_SENTENCES = 4000  # that are read for claims; a longer page is a book or an archive
_MANY = 64  # pages from which on it pays to read them in several processes
_MOST_PROCESSES = 8

__all__ = ["ReadPage", "counted", "read_page", "read_pages"]


@dataclass(frozen=True, eq=False, slots=True)
class ReadPage:
    """A page that has been read: what was kept of it, its sentences, its claims; `date` is the day that it speaks from.

    `cut` says that it is so long that only its first sentences were read for claims.
    """

    page: Page
    date: dt.date | None
    blocks: tuple[Block, ...]
    sentences: tuple[Sentence, ...]
    claims: tuple[Claim, ...]
    cut: bool = False

    @property
    def title(self) -> str:
        """The headline, or the page's name."""
        return next((block.text for block in self.blocks if block.kind == "headline"), self.page.name)

    @property
    def empty(self) -> bool:
        """Whether the page holds no word at all."""
        text = re.sub(r"<[^<>]*>", "", self.page.original) if self.page.html else self.page.original
        return not self.blocks and re.search(r"\w", text) is None

    def __repr__(self) -> str:
        rows = [f"{self.page.name}: {self.title} ({self.date or 'no date'}), {counted(len(self.claims), 'claim')}"]
        rows += [f"  only its first {_MOST_SENTENCES:,} sentences were read"] if self.cut else []
        for one in self.claims:
            figure = f"{one.quantity} {one.unit}".strip()
            rows.append(f"  {one.kind:10} {one.subject:14} {' '.join(one.actors):20} {figure:22} {one.date}".rstrip())
        return "\n".join(rows)


def counted(number: int, what: str) -> str:
    """A number of things, in words.

    >>> counted(1, "page"), counted(2, "page")
    ('1 page', '2 pages')
    """
    return f"{number} {what}" if number == 1 else f"{number:,} {what}s"


def read_page(page: Page, otherwise: dt.date | None = None) -> ReadPage:
    """Read one page.

    Its date, unless the page has one, is that of its date line, or of the place and day from which it was sent, or of a
    line above its text that is nothing but a day, or the one that its HTML names, or else the day named `otherwise`;
    without any, relative dates stay unresolved.
    """
    blocks = clean(page)
    sentences = split(blocks)
    date = page.date or _own_date(page, blocks, sentences) or otherwise
    claims = claims_of(page.name, sentences[:_MOST_SENTENCES], date)
    return ReadPage(page, date, blocks, sentences, claims, len(sentences) > _MOST_SENTENCES)


def _own_date(page: Page, blocks: Sequence[Block], sentences: Sequence[Sentence]) -> dt.date | None:
    """The day that a page gives itself."""
    lines = [block.text for block in blocks if block.kind in {"dateline", "byline"}]
    lines += [one.text[: sent_from(one.text)] for one in sentences[:_FIRST]]
    dated = page_date(lines)
    if dated is not None:
        return dated
    body = next((block.start for block in blocks if block.kind in {"body", "bullet"}), len(page.original))
    return bare_date(page.original[:body]) or (html_date(page.original) if page.html else None)


def read_pages(
    paths: Sequence[Path], date: dt.date | None = None, progress: Callable[[int], object] | None = None
) -> tuple[ReadPage, ...]:
    """Read files. `date` stands for pages that give none themselves; if there is one page, it goes before its own.

    A page is called by its file's name, or by its path where another file has that name. `progress` is told how many
    have been read. Raises CaseError with every file that is no page, RunError where a process dies.
    """
    names = Counter(path.name for path in paths)
    jobs = [(path, path.name if names[path.name] == 1 else path.as_posix(), date, len(paths) == 1) for path in paths]
    found: dict[int, ReadPage | CaseError] = {}
    for number, one in _read_here(jobs) if len(jobs) < _MANY else _read_in_processes(jobs):
        found[number] = one
        if progress is not None:
            progress(len(found))
    ordered = [found[number] for number in range(len(jobs))]
    problems = [problem for one in ordered if isinstance(one, CaseError) for problem in one.problems]
    if problems:
        raise CaseError(problems)
    return tuple(one for one in ordered if isinstance(one, ReadPage))


_Job = tuple[Path, str, dt.date | None, bool]


def _read_here(jobs: Sequence[_Job]) -> Iterator[tuple[int, ReadPage | CaseError]]:
    for number, job in enumerate(jobs):
        yield number, _read_file(*job)


def _read_in_processes(jobs: Sequence[_Job]) -> Iterator[tuple[int, ReadPage | CaseError]]:
    """The pages as they are read, each with its number."""
    from tumen._pool import pool, processors, without_interrupts

    try:
        with pool(min(_MOST_PROCESSES, processors())) as processes:
            with without_interrupts():
                numbers = {processes.submit(_read_file, *job): number for number, job in enumerate(jobs)}
            for future in as_completed(numbers):
                yield numbers[future], future.result()
    except BrokenExecutor as error:
        guard = "A script that reads many pages needs `if __name__ == '__main__':`."
        raise RunError(f"a process died, perhaps for want of memory: read fewer pages at a time. {guard}") from error


def _read_file(path: Path, name: str, date: dt.date | None, alone: bool) -> ReadPage | CaseError:
    """Read one file; `date` goes before the page's own if it is alone, else it stands where the page has none."""
    try:
        page = open_page(path, date if alone else None)
    except CaseError as error:
        return error
    return read_page(replace(page, name=name), date)
