"""Tables of patterns, searched fast: a pattern is tried only where the letters it begins with stand in the text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

__all__ = ["Words", "stems_of"]

_LEADING = re.compile(r"(?:\\b|\^|\\W\*|\\s\*|\(\?<![^()]*\)|\(\?<!\([^()]*\)[^()]*\))+")
_LITERAL = re.compile(r"[A-Za-z][A-Za-z -]*")


class Words:
    """Some patterns as one. `search` gives the first match, `finditer` all of them, in the order of their places."""

    __slots__ = ("_rows",)

    def __init__(self, patterns: Iterable[str], flags: int = re.IGNORECASE) -> None:
        self._rows = tuple((stems_of(one), re.compile(_capitals(one), flags)) for one in patterns)

    def search(self, text: str, low: str = "") -> re.Match[str] | None:
        """The match that begins first; of several at one place that of the pattern named first."""
        best: re.Match[str] | None = None
        for pattern in self._likely(low or text.lower()):
            match = pattern.search(text)
            if match is not None and (best is None or match.start() < best.start()):
                best = match
        return best

    def finditer(self, text: str, low: str = "") -> Iterator[re.Match[str]]:
        """Every match of every pattern."""
        found = [match for pattern in self._likely(low or text.lower()) for match in pattern.finditer(text)]
        yield from sorted(found, key=lambda match: match.start())

    def _likely(self, low: str) -> Iterator[re.Pattern[str]]:
        for stems, pattern in self._rows:
            if not stems:
                yield pattern
                continue
            for stem in stems:
                if stem in low:
                    yield pattern
                    break


def _capitals(pattern: str) -> str:
    """A pattern in which capitals asked for are capitals, whatever else is read without regard to case."""
    return pattern.replace("[A-Z]", "(?-i:[A-Z])")


def stems_of(pattern: str) -> tuple[str, ...]:
    """Letters of which one must stand where the pattern matches; none where that cannot be told.

    >>> stems_of(r"\\bpipe-?lines?\\b"), stems_of(r"\\b(send|sent) home\\b"), stems_of(r"\\d+")
    (('pipe',), ('send', 'sent'), ())
    """
    body = pattern[match.end() :] if (match := _LEADING.match(pattern)) else pattern
    if _has_top_bar(body):
        return ()
    own = _literal(body)
    if own:
        return (own,)
    if not body.startswith("(") or body.startswith(("(?=", "(?!", "(?<", "(?-")):
        return ()
    end = _closing(body)
    inner = body[3:end] if body.startswith("(?:") else body[1:end]
    if body[end + 1 : end + 2] in {"?", "*", "{"}:
        return ()
    found = tuple(_literal(part) for part in _split_bars(inner))
    return found if all(found) else ()


def _literal(body: str) -> str:
    match = _LITERAL.match(body)
    if match is None:
        return ""
    text = match.group()
    if body[match.end() : match.end() + 1] in {"?", "*", "{"}:
        text = text[:-1]
    text = text.rstrip(" -").lower()
    return text if len(text) >= 2 else ""


def _closing(body: str) -> int:
    depth = 0
    for at, letter in enumerate(body):
        if letter in "()" and (at == 0 or body[at - 1] != "\\"):
            depth += 1 if letter == "(" else -1
            if depth == 0:
                return at
    return len(body)


def _split_bars(text: str) -> list[str]:
    parts, depth = [""], 0
    for at, letter in enumerate(text):
        escaped = at > 0 and text[at - 1] == "\\"
        depth += (letter in "([") - (letter in ")]") if not escaped else 0
        if letter == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def _has_top_bar(text: str) -> bool:
    return len(_split_bars(text)) > 1
