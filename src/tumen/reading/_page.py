"""A page, and the pieces that the steps of reading make of it. Each piece knows its place."""

from __future__ import annotations

import datetime as dt
import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tumen.errors import CaseError

__all__ = ["MOST_LETTERS", "Block", "Page", "Sentence", "bare_date", "compact", "html_date", "open_page"]

MOST_LETTERS = 20_000_000  # of a page; a longer one is a book or no page at all
_LOOKED_AT = 200_000  # letters of a page that are searched for its date
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = rf"({'|'.join(_MONTHS)})[a-z]{{0,6}}\.?"
_ISO = re.compile(r"\s*((?:19|20)\d\d)([-/]?)(\d\d)\2(\d\d)(?!\d)")
_DAY_FIRST = re.compile(rf"\b(\d{{1,2}}) {_MONTH},? ((?:19|20)\d\d)\b", re.I)
_MONTH_FIRST = re.compile(rf"\b{_MONTH} (\d{{1,2}}),? ((?:19|20)\d\d)\b", re.I)
_BARE = re.compile(
    r"(?m)(?:^|>)[ \t]{0,40}(?:((?:19|20)\d\d)-(\d\d)-(\d\d)|(\d\d)/(\d\d)/((?:19|20)\d\d))[ \t\r]{0,40}(?:$|<)"
)
# Every piece of these is bounded, or ends at the next `<`, so that no page takes longer than its length.
_TAG = re.compile(r"<(meta|time)\b([^<>]{1,1000})>", re.I)
_NAME = re.compile(r"\b(?:name|property|itemprop)\s{0,9}=\s{0,9}[\"']?([\w:.-]{1,60})", re.I)
_VALUE = re.compile(r"\b(?:content|datetime)\s{0,9}=\s{0,9}(?:\"([^\"]{1,80})\"|'([^']{1,80})'|([^\s\"']{1,80}))", re.I)
_LINKED_DATA = re.compile(r"\"datePublished\"\s{0,9}:\s{0,9}\"([^\"]{1,80})\"")
_PUBLISHED = frozenset(
    """article:published_time og:article:published_time datepublished pubdate publish-date publish_date publishdate
    dc.date.issued dcterms.issued sailthru.date parsely-pub-date""".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it was saved: `name`, the `original` text, whether that is `html`, and its `date` if that is known."""

    name: str
    original: str
    date: dt.date | None = None
    html: bool = False


def compact(places: Sequence[int]) -> Sequence[int]:
    """Growing places in little room: as a range where nothing stands between them."""
    if len(places) and places[-1] - places[0] == len(places) - 1:
        return range(places[0], places[-1] + 1)
    return array("L", places)


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


def bare_date(text: str) -> dt.date | None:
    """The day of the first line, or tag, that is nothing but a day: 2013-03-26, or 26/03/2013 where no month is meant.

    >>> bare_date("A line for the Andes\\n26/03/2013\\n"), bare_date("03/04/2013")
    (datetime.date(2013, 3, 26), None)
    """
    for match in _BARE.finditer(text[:_LOOKED_AT]):
        year, month, day, first, second, last = match.groups()
        if year or int(first) > 12:
            found = _day(year, month, day) if year else _day(last, second, first)
            if found is not None:
                return found
    return None


def html_date(source: str) -> dt.date | None:
    """The day on which a page was published as its HTML names it: in `meta` or `time` tags, else in its linked data.

    >>> html_date('<meta property="article:published_time" content="2013-06-28T10:00:00+00:00">')
    datetime.date(2013, 6, 28)
    """
    head = source[:_LOOKED_AT]
    told = [value for tag in _TAG.finditer(head) for value in _published(tag[1].lower(), tag[2])]
    told += [match[1] for match in _LINKED_DATA.finditer(head)]
    return next((day for day in map(_named_day, told) if day is not None), None)


def _published(tag: str, attributes: str) -> Iterator[str]:
    """What a tag gives as the day of publication."""
    names = {match[1].lower() for match in _NAME.finditer(attributes)}
    if names & _PUBLISHED or (tag == "time" and re.search(r"\bpubdate\b", attributes, re.I)):
        for match in _VALUE.finditer(attributes):
            yield match[1] or match[2] or match[3]


def _named_day(text: str) -> dt.date | None:
    """The day of a stamp such as 2013-06-28T10:00:00+00:00, 20130628 or Fri, 28 Jun 2013 10:00:00 GMT."""
    if match := _ISO.match(text):
        return _day(match[1], match[3], match[4])
    if match := _DAY_FIRST.search(text):
        return _day(match[3], _MONTHS.index(match[2].lower()) + 1, match[1])
    if match := _MONTH_FIRST.search(text):
        return _day(match[3], _MONTHS.index(match[1].lower()) + 1, match[2])
    return None


def _day(year: str | int, month: str | int, day: str | int) -> dt.date | None:
    try:
        return dt.date(int(year), int(month), int(day))
    except ValueError:  # no such day
        return None


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
