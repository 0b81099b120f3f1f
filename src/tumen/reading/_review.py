"""A page in which a draft is reviewed: the original beside the claims, to accept or strike; no server, no network.

What was accepted or struck is kept by the browser, where that is allowed, under the digest of the draft: a page opened
again goes on where it was left, and another draft begins anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any

from tumen.reading._draft import draft_parts, said_of, source_of
from tumen.reading._link import Story
from tumen.reading._read import ReadPage

__all__ = ["review_html"]

_SHOWN = 400_000  # letters of a page that are shown as they stand; of a longer one only what was kept


@dataclass(frozen=True, slots=True)
class _Piece:
    """A piece of the original: its text, whether it was left out, the rows that were drawn from it."""

    text: str
    gone: bool
    rows: str


def review_html(story: Story) -> str:
    """The review of a draft, one self-contained HTML page."""
    import jinja2

    template = files("tumen.reading").joinpath("data", "review.html.j2").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    parts = draft_parts(story)
    claims = [text for _, text in parts.claims]
    digest = hashlib.sha256("".join((parts.head, *claims)).encode("utf-8", errors="replace")).hexdigest()
    rows = _rows(story)
    about = {one.name: list(one.claims) for one in story.initiatives}
    data = json.dumps({"digest": digest, "head": parts.head, "claims": claims, "initiatives": about}, ensure_ascii=True)
    return environment.from_string(template).render(
        title="; ".join(reading.title for reading in story.readings)[:200],
        pages=[_page(reading, rows.get(reading.page.name, {})) for reading in story.readings],
        rows=[{"claim": replace(one, clause=said_of(one), source=source_of(one))} for one in story.claims],
        disagreements=[str(one) for one in story.disagreements],
        data=_markup(data),
    )


def _markup(data: str) -> Any:
    """JSON that can stand within a script: no sign in it can end the script or begin a tag."""
    from markupsafe import Markup

    return Markup(data.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


_Rows = Mapping[int, Sequence[str]]  # the rows drawn from each sentence of a page


def _page(reading: ReadPage, rows: _Rows) -> Mapping[str, Any]:
    pieces = list(_as_it_stands(reading, rows) if _plain(reading) else _as_kept(reading, rows))
    return {"name": reading.page.name, "date": reading.date, "pieces": pieces}


def _plain(reading: ReadPage) -> bool:
    return not reading.page.html and len(reading.page.original) <= _SHOWN


def _rows(story: Story) -> dict[str, dict[int, list[str]]]:
    """The rows that were drawn from each page, by the number of their sentence."""
    rows: dict[str, dict[int, list[str]]] = {}
    for number, claim in enumerate(story.claims):
        rows.setdefault(claim.page, {}).setdefault(claim.sentence, []).append(str(number))
    return rows


def _as_it_stands(reading: ReadPage, rows: _Rows) -> Iterator[_Piece]:
    """A plain page, whole: what was left out in between, what was kept, what was claimed."""
    at, text = 0, reading.page.original
    for index, sentence in enumerate(reading.sentences):
        if sentence.start > at:
            yield from _between(text[at : sentence.start])
        yield _Piece(text[sentence.start : sentence.end], False, " ".join(rows.get(index, [])))
        at = max(at, sentence.end)
    if at < len(text):
        yield _Piece(text[at:], True, "")


def _between(text: str) -> Iterator[_Piece]:
    yield _Piece(text, bool(text.strip()), "")


def _as_kept(reading: ReadPage, rows: _Rows) -> Iterator[_Piece]:
    """What was kept of a page in HTML, a block a paragraph."""
    block = -1
    for index, sentence in enumerate(reading.sentences):
        if sentence.block != block:
            yield _Piece("\n\n" if block >= 0 else "", False, "")
        elif index:
            yield _Piece(" ", False, "")
        block = sentence.block
        yield _Piece(sentence.text, False, " ".join(rows.get(index, [])))
