"""From a page to its text: what is no part of it is left out, and every character kept knows its place.

A plain page is a list of lines. A line goes if it matches a pattern of `data/clutter.toml`, if it is a menu, or if it
stands after an end mark ("Related stories") and does not read like text. Of the lines before the text the one that
reads most like a headline is kept. Lines that were wrapped at a margin are joined to paragraphs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from tumen.reading._page import Block, Page, compact
from tumen.reading._tables import any_of, folded, table
from tumen.reading._words import Words

__all__ = ["Line", "clean", "kept"]

_BULLET = re.compile(r"^\s*(?:[•●▪◦‣·*–—]|-(?!-)|\d{1,2}[.)])\s+(?=\S)")
_END = re.compile(r"[.!?:;…][\"'”’)\]]*\s*$")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DATE = re.compile(rf"\b(?:\d{{1,2}} {_MONTH},? \d{{4}}|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}|\d{{4}}-\d\d-\d\d)\b", re.I)  # fmt: skip  # noqa: E501
_WORD = re.compile(r"[^\W\d_][\w'’.-]*")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the page, its place, and the tag that it stood in where the page is HTML."""

    text: str
    places: Sequence[int]
    tag: str = ""


@cache
def _rules(name: str) -> Words:
    return any_of(table("clutter")[name]["patterns"])


@cache
def _menu_words() -> frozenset[str]:
    return frozenset(table("clutter")["menu"]["words"])


def clean(page: Page) -> tuple[Block, ...]:
    """The blocks of a page that are its text, in their order."""
    if page.html:
        from tumen.reading._html import html_lines

        return kept(html_lines(page.original))
    return kept(_joined(_plain_lines(page.original)))


def kept(lines: Sequence[Line]) -> tuple[Block, ...]:
    """The lines that are text, each with its kind."""
    kinds = [_kind(line) for line in lines]
    first = next((i for i, kind in enumerate(kinds) if kind in {"body", "bullet"}), len(lines))
    headline = _headline(lines, kinds, first)
    last = max((i for i, kind in enumerate(kinds) if kind in {"body", "bullet"}), default=-1)
    found, ended = [], False
    for index, (line, kind) in enumerate(zip(lines, kinds, strict=True)):
        if index > first and _rules("end").search(line.text):
            ended = True
        if index == headline:
            found.append(_block("headline", line))
        elif ended and index > first:
            if kind == "body" and len(_words(line.text)) >= 14:
                ended = False
                found.append(_block(kind, line))
        elif kind in {"body", "bullet", "dateline", "byline", "caption"}:
            found.append(_block(kind, line))
        elif kind == "short" and first < index < last and line.tag not in {"a"} and 2 <= len(_words(line.text)) <= 14:
            found.append(_block("subhead", line))
    return tuple(found)


def _block(kind: str, line: Line) -> Block:
    mark = _BULLET.match(line.text) if kind == "bullet" else None
    cut = mark.end() if mark else len(line.text) - len(line.text.lstrip())
    text = line.text[cut:].rstrip()
    return Block(kind, text, compact(line.places[cut : cut + len(text)]))


def _kind(line: Line) -> str:
    """What a line is: body, bullet, dateline, byline, caption, short, or clutter."""
    text = folded(line.text.strip())
    words = _words(text)
    if not words or len(text) < 2:
        return "clutter"
    sentence = bool(_END.search(text)) and len(words) >= 5
    long = len(words) >= 30
    if not (long and sentence) and _rules("line").search(text):
        return "clutter"
    if line.tag in {"figcaption", "caption"} or (len(words) <= 60 and _rules("caption").search(text)):
        return "caption"
    if len(words) <= 12 and not text.endswith(".") and _rules("byline").search(text):
        return "byline"
    if len(words) <= 12 and _DATE.search(text) and not sentence:
        return "dateline"
    if _is_menu(line.text, words):
        return "clutter"
    if _BULLET.match(line.text) or line.tag == "li":
        return "bullet" if len(words) >= 4 else "clutter"
    if line.tag in {"h1", "h2", "h3", "h4"} and not sentence:
        return "short"
    if sentence or len(words) >= 16:
        return "body"
    return "short"


def _is_menu(text: str, words: Sequence[str]) -> bool:
    known = sum(word.lower().strip(".'") in _menu_words() for word in words)
    columns = len(re.findall(r"\S {2,}\S|\s\|\s", text.strip())) + 1
    return known >= 0.75 * len(words) or (columns >= 3 and len(words) <= 4 * columns and not _END.search(text))


def _headline(lines: Sequence[Line], kinds: Sequence[str], first: int) -> int:
    """The line before the text that reads most like a headline; -1 where none does."""
    best, score = -1, 0.0
    for index in range(min(first, len(lines))):
        line, words = lines[index], _words(lines[index].text)
        if kinds[index] != "short" or len(words) < 2 or line.text.strip().isupper():
            continue
        worth = min(len(words), 14) + (20 if line.tag == "h1" else 8 if line.tag in {"h2", "title"} else 0)
        if worth > score:
            best, score = index, worth
    return best


def _words(text: str) -> list[str]:
    return _WORD.findall(text)


def _plain_lines(text: str) -> list[Line]:
    lines, at = [], 0
    for piece in text.splitlines(keepends=True):
        body = piece.rstrip("\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")
        lines.append(Line(body, range(at, at + len(body))))
        at += len(piece)
    return lines


def _joined(lines: Sequence[Line]) -> list[Line]:
    """Lines that were wrapped at a margin, as paragraphs; others as they are."""
    found: list[Line] = []
    run: list[Line] = []
    for line in [*lines, Line("", range(0))]:
        if run and _goes_on(run[-1], line):
            run.append(line)
            continue
        if run:
            found.append(_one(run))
        run = [line] if line.text.strip() else []
    return found


def _goes_on(above: Line, line: Line) -> bool:
    """Whether a line is the rest of a paragraph that was wrapped."""
    text = line.text.strip()
    if not text or _BULLET.match(line.text) or len(above.text.strip()) < 50 or len(above.text) > 140:
        return False
    if _rules("line").search(folded(text)) or _rules("line").search(folded(above.text)):
        return False
    return not _END.search(above.text) or len(above.text.strip()) >= 60


def _one(run: Sequence[Line]) -> Line:
    """Wrapped lines as one, with a blank for each break."""
    if len(run) == 1:
        return run[0]
    text, places = "", list[int]()
    for line in run:
        body = line.text.rstrip()
        if text:
            places.append(places[-1] + 1)
            text += " "
        cut = len(body) - len(body.lstrip()) if text else 0
        text += body[cut:]
        places.extend(line.places[cut : len(body)])
    return Line(text, places)
