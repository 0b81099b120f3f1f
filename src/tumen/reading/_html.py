"""From HTML to lines, each character with its place in the source.

The source is walked once with the standard library's parser, which builds no tree, loads nothing and expands no entity
of a document's own. Which of the lines are the article's is asked of trafilatura, where it is installed and the page
is of a size that an article has; else a line stays if most of it is not links.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_left
from html.parser import HTMLParser

from tumen.errors import MissingExtra
from tumen.reading._clean import Line

__all__ = ["html_lines"]

_SKIPPED = frozenset(
    """script style noscript template svg math iframe object embed form button select textarea nav footer head audio
    video canvas""".split()  # noqa: SIM905
)
_BREAKS = frozenset(
    """p div section article main header aside ul ol li table tr td th h1 h2 h3 h4 h5 h6 br hr blockquote figure
    figcaption caption time address pre dl dt dd title body html""".split()  # noqa: SIM905
)
_NAMED = frozenset(["h1", "h2", "h3", "h4", "li", "figcaption", "caption", "p", "blockquote", "time", "td"])
_VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())  # noqa: SIM905
_LARGEST = 600_000  # letters of a page that trafilatura is asked about
_MOST_TAGS = 20_000
_LONGEST_TAG = 20_000


class _Walker(HTMLParser):
    """Collects lines. Text within what is skipped is passed over; unclosed tags do no harm but that."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=False)
        self.lines: list[tuple[str, list[int], str, float]] = []
        self._starts = [0]
        for match in re.finditer("\n", source):
            self._starts.append(match.end())
        self._letters: list[str] = []
        self._places: list[int] = []
        self._tag, self._linked, self._in_link, self._skipping = "", 0, 0, list[str]()

    def _at(self) -> int:
        line, column = self.getpos()
        return self._starts[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._skipping:
            if tag == self._skipping[-1] and tag not in _VOID and len(self._skipping) < 200:
                self._skipping.append(tag)
            return
        if tag in _SKIPPED:
            self._flush()
            self._skipping.append(tag)
        elif tag in _BREAKS:
            self._flush()
            if tag in _NAMED:
                self._tag = tag
        elif tag == "a":
            self._in_link += 1

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BREAKS and not self._skipping:
            self._flush()

    def handle_endtag(self, tag: str) -> None:
        if self._skipping:
            if tag == self._skipping[-1]:
                self._skipping.pop()
            elif tag in {"body", "html", "article", "main"}:
                self._skipping.clear()
            return
        if tag in _BREAKS:
            self._flush()
            self._tag = ""
        elif tag == "a":
            self._in_link = max(0, self._in_link - 1)

    def handle_data(self, data: str) -> None:
        if self._skipping:
            return
        at = self._at()
        for index, letter in enumerate(data):
            self._add(letter, at + index)

    def handle_entityref(self, name: str) -> None:
        self._reference(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._reference(f"&#{name};")

    def _reference(self, text: str) -> None:
        if not self._skipping:
            letters = html.unescape(text)
            for letter in letters if letters != text else text[1:-1]:
                self._add(letter, self._at())

    def _add(self, letter: str, at: int) -> None:
        if letter.isspace():
            if not self._letters or self._letters[-1] == " ":
                return
            letter = " "
        self._letters.append(letter)
        self._places.append(at)
        self._linked += self._in_link > 0

    def _flush(self) -> None:
        text = "".join(self._letters).rstrip()
        if text:
            self.lines.append((text, self._places[: len(text)], self._tag, self._linked / len(text)))
        self._letters, self._places, self._linked = [], [], 0

    def finish(self) -> None:
        """Close the last line."""
        self.close()
        self._flush()


def html_lines(source: str) -> list[Line]:
    """The lines of a page's article, with their places in the source."""
    walker = _Walker(source)
    walker.feed(_closed(source))
    walker.finish()
    article = _article(source)
    found = []
    for text, places, tag, linked in walker.lines:
        mine = _bare(text)
        if linked > 0.6 and len(text) < 400 and tag not in {"h1"}:
            continue
        known = (
            article is None
            or not mine
            or mine in article
            or mine[:80] in article
            or tag in {"h1", "time", "figcaption"}
        )
        if known or _looks_like_dates(text):
            found.append(Line(text, places, tag))
    return found


def _closed(source: str) -> str:
    """The source with blanks for signs `<` that open no tag, for each of which a parser would search to the end."""
    ends = [match.start() for match in re.finditer(">", source)]
    letters: list[str] | None = None
    for match in re.finditer("<", source):
        after = bisect_left(ends, match.start())
        if after == len(ends) or ends[after] - match.start() > _LONGEST_TAG:
            letters = list(source) if letters is None else letters
            letters[match.start()] = " "
    return source if letters is None else "".join(letters)


def _looks_like_dates(text: str) -> bool:
    return len(text) < 80 and re.search(r"\b(19|20)\d\d\b", text) is not None


def _bare(text: str) -> str:
    return re.sub(r"\W+", "", text).lower()


def _article(source: str) -> str | None:
    """What trafilatura takes for the article, without blanks and marks; None where it is not asked or finds little."""
    if len(source) > _LARGEST or source.count("<") > _MOST_TAGS or _deepest(source) > 200:
        return None
    try:
        import trafilatura
    except ImportError as error:
        raise MissingExtra("trafilatura", "read") from error
    try:
        text = trafilatura.extract(
            source, include_comments=False, include_tables=True, favor_recall=True, deduplicate=False
        )
    except (ValueError, RecursionError, MemoryError, TypeError, AttributeError):
        return None  # a page that it cannot make sense of; the rules of lines still hold
    bare = _bare(text or "")
    return bare if len(bare) > 200 else None


def _deepest(source: str) -> int:
    """How deep tags nest, roughly; void and self-closing ones count for nothing."""
    depth = deepest = 0
    for match in re.finditer(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^<>]{0,2000}?(/?)>", source):
        if match[2].lower() in _VOID or match[3]:
            continue
        depth = max(0, depth - 1) if match[1] else depth + 1
        deepest = max(deepest, depth)
    return deepest
