"""Shares and factors in words: `a third of`, `four in five`, `nine-tenths of`, `tripling`, `six times as much`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from tumen.reading._tables import table

__all__ = ["in_words"]

_TAIL = r"(?=\s+(?:of(?! an? (?:hundred|thousand|million|billion|trillion)\b)|to|the|its|their|his|her|that|this|these|those|it|as much|more|less|higher|lower|larger|smaller|cheaper|dearer|longer|shorter|faster|complete|finished|built|full|owned)\b|-(?:owned|share|stake|funded|financed|price|cost|full|finished|built|complete)\b)"  # noqa: E501


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    rules = table("quantities")
    small = "|".join([word for word in rules["numbers"] if word != "hundred"][:12])
    parts = "|".join(sorted(rules["fractions"], key=len, reverse=True))
    fraction = rf"(?P<n>an?|{small})[ -](?P<d>{parts})s?"
    share = rf"\b(?:by (?:(?P<bn>an?|{small})[ -](?P<bd>{parts})s?|(?P<bh>half))(?! (?:an? )?(?:hundred|thousand|million|billion|trillion|dozen)\b)\b|(?:{fraction}|(?P<h>half))\b(?! an? ){_TAIL})"  # noqa: E501
    bare = (
        rf"\b(?:{'|'.join(rules['taken']['words'])}) (?P<h>(?:an?|{small})[ -](?:{parts})s?|half)(?=\s*(?:[.,;:)\"]|$))"
    )
    many = rf"\b(?P<a>{small}|\d{{1,2}}) (?:in|out of)(?: every)? (?P<b>{small}|\d{{1,2}})\b(?! ?(?:[\d,.]*\d|years?|months?|days?|weeks?|hours?|hundred|million|billion|cases|per cent|percent|%|km|kilomet|met(?:re|er)s))"  # noqa: E501
    times = rf"\b(?P<t>{small}|\d+(?:\.\d+)?)(?: times(?= (?:as|the|its|their|what|more|less|higher|larger|bigger|over|that|last)\b)|-?fold\b)|\bby a factor of (?P<f>{small}|\d+)\b"  # noqa: E501
    flags = re.IGNORECASE
    return re.compile(share, flags), re.compile(bare, flags), re.compile(many, flags), re.compile(times, flags)


def in_words(plain: str) -> Iterator[tuple[int, int, float, str, str]]:
    """Each share or factor in words: its place, value, unit (percent or times) and sort (share or factor)."""
    low = plain.lower()
    share, bare, many, times = _patterns()
    if any(part in low for part in table("quantities")["fractions"]):
        for match in share.finditer(plain):
            top, bottom = match["n"] or match["bn"], match["d"] or match["bd"]
            value = _numbered(top) / table("quantities")["fractions"][bottom.lower()] if top else 0.5
            if value <= 1 and not _ordinal(plain, match):
                yield match.start(), match.end(), 100.0 * value, "percent", "share"
        for match in bare.finditer(plain):
            top, _, bottom = match["h"].replace("-", " ").rpartition(" ")
            value = _numbered(top) / table("quantities")["fractions"][bottom.lower().rstrip("s")] if top else 0.5
            yield match.start("h"), match.end("h"), 100.0 * value, "percent", "share"
    if " in " in low or " out of " in low:
        for match in many.finditer(plain):
            if _numbered(match["a"]) < _numbered(match["b"]):
                yield (
                    match.start(),
                    match.end(),
                    100.0 * _numbered(match["a"]) / _numbered(match["b"]),
                    "percent",
                    "share",
                )
    if "times" in low or "fold" in low or "factor" in low:
        for match in times.finditer(plain):
            yield match.start(), match.end(), _numbered(match["t"] or match["f"]), "times", "factor"
    for stem, pattern, factor in _factors():
        if stem in low:
            for match in pattern.finditer(plain):
                yield match.start(), match.end(), factor, "times", "factor"


def _numbered(word: str) -> float:
    low = word.lower()
    if low[:1].isdigit():
        return float(low)
    return 1.0 if low in {"a", "an"} else float(table("quantities")["numbers"][low])


def _ordinal(plain: str, match: re.Match[str]) -> bool:
    """Whether `half` is one of two in a row: the first half of the year, the second half."""
    before = plain[: match.start()].rstrip().lower()
    return match["h"] is not None and before.endswith(("first", "second", "latter", "last", "other time and a"))


@cache
def _factors() -> tuple[tuple[str, re.Pattern[str], float], ...]:
    rows = []
    for words, value in table("quantities")["factors"].items():
        stem = re.match(r"[a-z]+", words)
        rows.append((stem.group() if stem else "", re.compile(rf"\b{words}\b", re.IGNORECASE), float(value)))
    return tuple(rows)
