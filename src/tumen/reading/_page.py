"""A page, and the pieces that the steps of reading make of it. Each piece knows its place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tumen.errors import CaseError

__all__ = ["MOST_LETTERS", "Block", "Page", "Sentence", "open_page"]

MOST_LETTERS = 20_000_000  # of a page; a longer one is a book or no page at all


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it was saved: `name`, the `original` text, whether that is `html`, and its `date` if that is known."""

    name: str
    original: str
    date: dt.date | None = None
    html: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A line or paragraph of the page that was kept.

    `kind` is headline, byline, dateline, caption, body, bullet or subhead; `text` is what is read, and `places[i]` the
    place of its i-th character in the original. `places` is a range where nothing stands between them.
    """

    kind: str
    text: str
    places: Sequence[int]

    @property
    def start(self) -> int:
        return self.places[0] if len(self.places) else 0

    @property
    def end(self) -> int:
        return self.places[-1] + 1 if len(self.places) else 0


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a block: `first` is its place in the block's text, `start` and `end` are those in the original."""

    text: str
    block: int
    kind: str
    first: int
    start: int
    end: int
    places: Sequence[int] = field(repr=False, default=())


def open_page(path: Path, date: dt.date | None = None) -> Page:
    """Read a file as a page. Raises CaseError where it is no text."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CaseError([f"{path}: {error.strerror or error}; name a page that was saved as text or HTML"]) from error
    text = _decoded(data, path)
    head = text[:2000].lstrip("\ufeff \t\r\n").lower()
    marked = path.suffix.lower() in {".html", ".htm", ".xhtml"}
    html = marked or head.startswith(("<!doctype html", "<html")) or "<body" in head
    return Page(path.name, text, date, html)


def _decoded(data: bytes, path: Path) -> str:
    """The bytes as text: UTF-8, UTF-16 with its mark, or else Windows-1252. Raises CaseError for what is no text."""
    if len(data) > MOST_LETTERS:
        raise CaseError([f"{path}: {len(data):,} bytes; a page of at most {MOST_LETTERS:,} is read"])
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return data.decode("utf-16", errors="replace")
    sample = data[:65536]
    strange = sum(byte < 9 or 13 < byte < 32 for byte in sample)
    if data[:4] == b"%PDF" or strange > max(2, len(sample) // 200):
        what = "a PDF" if data[:4] == b"%PDF" else "no text"
        raise CaseError([f"{path}: is {what}; save the page as text or HTML, and read that"])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")
