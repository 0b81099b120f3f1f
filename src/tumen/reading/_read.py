"""Reading a page: the steps one after another."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from tumen.reading._claims import Claim, claims_of
from tumen.reading._clean import clean
from tumen.reading._dates import page_date
from tumen.reading._page import Block, Page, Sentence, open_page
from tumen.reading._split import sent_from, split

_FIRST = 6  # sentences, headlines included, in which the place and day of sending may stand
_MOST_SENTENCES = 4000  # that are read for claims; a longer page is a book or an archive
_MANY = 64  # pages from which on it pays to read them in several processes

__all__ = ["ReadPage", "read_page", "read_pages"]


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

    def __repr__(self) -> str:
        rows = [f"{self.page.name}: {self.title} ({self.date or 'no date'}), {len(self.claims)} claims"]
        rows += [f"  only its first {_MOST_SENTENCES:,} sentences were read"] if self.cut else []
        for one in self.claims:
            figure = f"{one.quantity} {one.unit}".strip()
            rows.append(f"  {one.kind:10} {one.subject:14} {' '.join(one.actors):20} {figure:22} {one.date}".rstrip())
        return "\n".join(rows)


def read_page(page: Page, otherwise: dt.date | None = None) -> ReadPage:
    """Read one page.

    Its date, unless the page has one, is that of its date line, or else the day named `otherwise`; without any,
    relative dates stay unresolved.
    """
    blocks = clean(page)
    sentences = split(blocks)
    lines = [block.text for block in blocks if block.kind in {"dateline", "byline"}]
    lines += [one.text[: sent_from(one.text)] for one in sentences[:_FIRST] if sent_from(one.text)]
    date = page.date or page_date(lines) or otherwise
    claims = claims_of(page.name, sentences[:_MOST_SENTENCES], date)
    return ReadPage(page, date, blocks, sentences, claims, len(sentences) > _MOST_SENTENCES)


def read_pages(paths: Sequence[Path], date: dt.date | None = None) -> tuple[ReadPage, ...]:
    """Read files. `date` stands for pages that give none themselves; if there is one page, it goes before its own.

    Raises CaseError with every file that is no page.
    """
    jobs = [(path, date, len(paths) == 1) for path in paths]
    if len(jobs) < _MANY:
        return tuple(_read_file(*job) for job in jobs)
    with ProcessPoolExecutor(min(8, os.cpu_count() or 1), mp_context=get_context("spawn")) as pool:
        return tuple(pool.map(_read_file, *zip(*jobs, strict=True), chunksize=16))


def _read_file(path: Path, date: dt.date | None, alone: bool) -> ReadPage:
    """Read one file; `date` goes before the page's own if it is alone, else it stands where the page has none."""
    return read_page(open_page(path, date if alone else None), date)
