"""From blocks to sentences: at full stops, exclamation and question marks that end one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tumen.reading._page import Block, Sentence, compact

__all__ = ["sent_from", "split"]

_STOP = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s|$)")
_SHORT = frozenset(
    """mr mrs ms dr prof st sr jr gen col lt sen rep gov pres hon rev capt maj sgt no nos fig vs etc inc co corp ltd plc
    llc jan feb mar apr jun jul aug sep sept oct nov dec approx est al cf eg ie viz dept univ assn bros pp vol ed art
    cu sq""".split()  # noqa: SIM905 -- a list of abbreviations reads best as words
)
_INITIALS = re.compile(r"(?:^|[\s(\"'“‘.])(?:[A-Za-z]\.)+$")


# `DAR ES SALAAM, March 26, 2013 (Xinhua) -- `, `(Reuters, 26 March) `: where a report was sent from, and when
_SENT_FROM = re.compile(
    r"(?:[A-Z][A-Z' .-]{2,30}(?:, [A-Z][a-z]+(?: [A-Z][a-z]+)?(?! ?\d))?"
    r"(?:, (?:[A-Z][a-z]{2,8}\.? \d{1,2}|\d{1,2} [A-Z][a-z]{2,8})(?:,? \d{4})?)?(?: \([^()]{2,40}\))?"
    r"\s*(?:[-\u2013\u2014]{1,2}|:)\s"
    r"|\([A-Z][^()]{2,40}\)\s(?:[-\u2013\u2014]{1,2}\s)?)"
)


def sent_from(text: str) -> int:
    """Where the place and day from which a report was sent end at the beginning of a sentence; 0 where none stand.

    >>> text = "LIMA, March 3 -- Peru agreed."
    >>> text[sent_from(text) :]
    'Peru agreed.'
    """
    match = _SENT_FROM.match(text)
    return match.end() if match else 0


def split(blocks: Sequence[Block]) -> tuple[Sentence, ...]:
    """The sentences of all blocks; what stands outside the running text is one sentence a block."""
    found = []
    for index, block in enumerate(blocks):
        ends = _ends(block.text) if block.kind in {"body", "bullet", "caption"} else [len(block.text)]
        first = 0
        for end in ends:
            while first < end and block.text[first].isspace():
                first += 1
            text = block.text[first:end].rstrip()
            if text:
                places = compact(block.places[first : first + len(text)])
                found.append(Sentence(text, index, block.kind, first, places[0], places[-1] + 1, places))
            first = end
    return tuple(found)


def _ends(text: str) -> list[int]:
    ends = []
    for match in _STOP.finditer(text):
        rest = text[match.end() :].lstrip()
        if not rest:
            break
        if (
            match.group().startswith(".")
            and not match.group().startswith("..")
            and _abbreviates(text, match.start(), rest)
        ):
            continue
        opening = rest.lstrip("\"'“‘([")
        if opening[:1].isupper() or opening[:1].isdigit() or (match.group()[0] in "!?" and opening[:1].isupper()):
            ends.append(match.end())
    return [*ends, len(text)]


def _abbreviates(text: str, stop: int, rest: str) -> bool:
    """Whether the full stop at `stop` belongs to an abbreviation."""
    word = re.search(r"[\w.]*$", text[:stop])
    before = word.group() if word else ""
    if before.lower().rstrip(".") in _SHORT:
        return (
            before.lower() not in {"no", "co", "inc", "ltd", "corp", "etc"} or rest[:1].isdigit() or rest[:1].islower()
        )
    if _INITIALS.search(text[: stop + 1]):  # U.S., J. Smith: the sentence may end after the first kind only
        starts_new = re.match(r"(?:The|A|An|It|He|She|They|But|In|On|At|And|This|That|These|Its|If|As)\b", rest)
        return not (starts_new and before.count(".") >= 1)
    return False
