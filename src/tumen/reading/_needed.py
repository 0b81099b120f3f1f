"""The letters without which a pattern cannot match, so that it is tried only where these stand in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["needed"]

_SHORTEST = 3
_TOKEN = re.compile(r"(?P<letter>[A-Za-z '-])|(?P<class>\[\^?\]?[^\]]*\])|(?P<escape>\\.)|(?P<other>.)", re.DOTALL)
_REPEAT = re.compile(r"(?P<maybe>[?*]|\{0?,\d*\})|(?P<more>\+|\{[1-9]\d*(?:,\d*)?\})")


def needed(pattern: str) -> tuple[str, ...]:
    """Letters, in small ones, of which one set stands in whatever the pattern matches; none where that cannot be told.

    >>> needed(r"\\bpipe-?lines?\\b"), needed(r"\\b(?:the |a )?(?:dam|port)s?\\b"), needed(r"\\d+")
    (('pipe',), ('dam', 'port'), ())
    """
    parts = _split(pattern)
    if len(parts) > 1:
        each = [needed(part) for part in parts]
        return tuple(dict.fromkeys(stem for found in each for stem in found)) if all(each) else ()
    return max(_choices(pattern), key=lambda found: (min(len(found[0]), 4), -len(found)), default=())


def _choices(sequence: str) -> Iterator[tuple[str, ...]]:
    """Each part of a sequence that must stand there, as the letters of which one is met."""
    run, at = "", 0
    while at < len(sequence):
        match = _TOKEN.match(sequence, at)
        assert match is not None  # any mark is a token
        end = _closing(sequence, at) if match.group() == "(" else match.end()
        repeat = _REPEAT.match(sequence, end)
        after = repeat.end() if repeat else end
        if match["letter"] and not (repeat and repeat["maybe"]):
            run += match.group().lower()
        if not match["letter"] or repeat:
            yield from _long(run)
            run = ""
        if match.group() == "(" and not (repeat and repeat["maybe"]):
            yield from _group(sequence[at + 1 : end - 1])
        at = after
    yield from _long(run)


def _group(inner: str) -> Iterator[tuple[str, ...]]:
    if inner.startswith("?") and not inner.startswith("?:"):
        return  # what stands around is not in the match
    found = needed(inner.removeprefix("?:"))
    if found:
        yield found


def _long(run: str) -> Iterator[tuple[str, ...]]:
    bare = run.strip(" ")
    if len(bare) >= _SHORTEST:
        yield (bare,)


def _split(text: str) -> list[str]:
    """The alternatives of a pattern."""
    parts, start, at = list[str](), 0, 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        assert match is not None  # any mark is a token
        if match.group() == "|":
            parts.append(text[start:at])
            start = at + 1
        at = _closing(text, at) if match.group() == "(" else match.end()
    return [*parts, text[start:]]


def _closing(text: str, at: int) -> int:
    """The place after the bracket that closes the one at `at`."""
    depth = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        assert match is not None  # any mark is a token
        depth += {"(": 1, ")": -1}.get(match.group(), 0)
        at = match.end()
        if depth == 0:
            return at
    return len(text)
