"""The tables that the rules of reading are written in: TOML and CSV files in the folder `data`."""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from tumen.reading._words import Words

__all__ = ["any_of", "folded", "records", "spelt_out", "table", "words"]

_PLAIN = {"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "−": "-", "\u00a0": " ", "ı": "i", "ø": "o", "ł": "l"}  # fmt: skip  # noqa: E501


@cache
def table(name: str) -> Mapping[str, Any]:
    """A TOML table of rules."""
    return tomllib.loads(files(__package__).joinpath("data", f"{name}.toml").read_text(encoding="utf-8"))


@cache
def records(name: str) -> tuple[Mapping[str, str], ...]:
    """The rows of a CSV table."""
    text = files(__package__).joinpath("data", f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def words(cell: str) -> tuple[str, ...]:
    """The names in a cell, which stand with `;` between them."""
    return tuple(word.strip() for word in cell.split(";") if word.strip())


def spelt_out(patterns: Iterable[str], lists: Mapping[str, str]) -> list[str]:
    """Patterns with each name in braces replaced by the words of that list.

    >>> spelt_out([r"\\bthe {deal}\\b"], {"deal": "accord|pact"})
    ['\\\\bthe (?:accord|pact)\\\\b']
    """
    named = re.compile(r"\{([a-z]+)\}")
    return [named.sub(lambda match: f"(?:{lists[match[1]]})", pattern) for pattern in patterns]


def any_of(patterns: Iterable[str]) -> Words:
    """One that finds what any of the patterns finds, without regard to case."""
    return Words(patterns)


@cache
def _folding() -> Mapping[int, str]:
    """Every letter with an accent to its plain letter, and typographic marks to plain ones, one for one."""
    import unicodedata

    found = {ord(mark): plain for mark, plain in _PLAIN.items()}
    for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00)):
        plain = unicodedata.normalize("NFD", chr(code))[0]
        if plain.isascii():
            found.setdefault(code, plain)
    return found


def folded(text: str) -> str:
    """A text of the same length with plain letters and marks, for names and patterns to be looked up in.

    >>> folded("Erdoğan’s visit")
    "Erdogan's visit"
    """
    return text if text.isascii() else text.translate(_folding())
