"""From answers to one HTML page: the template, what it may escape, and the order in which charts are drawn.

A case's text is not trusted: every value is escaped by the template engine, only the charts (whose text is escaped
where they are drawn) and the style sheet are passed as they are, only http and https addresses become links, and the
page's own content policy allows neither scripts nor any load.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from tumen.claims._answer import Answer, SourceNote
from tumen.report import style
from tumen.report._canvas import clean, drawing, typeset
from tumen.report._decided import Decision, Learnt, Option, decided
from tumen.report._explained import Dial, brought_about, rules
from tumen.report._map import NetworkMap, Place, Route, mapped
from tumen.report._matrix import Matrix, shaded
from tumen.report._ranges import Mark, Range, Ranges, ranged
from tumen.report._shares import Share, Shares, shared_out
from tumen.report._view import Cite, bibliography, card, link

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = [
    "About",
    "Decision",
    "Dial",
    "Learnt",
    "Mark",
    "Matrix",
    "NetworkMap",
    "Option",
    "ParameterRow",
    "Place",
    "Range",
    "Ranges",
    "Route",
    "Share",
    "Shares",
    "page",
    "render",
]

# Not from the calendar module: its names follow the user's locale, and the page is the same everywhere.
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_KINDS = {
    "assumption": ("Assumptions", "drawn once for each world"),
    "process": ("Processes", "drawn for each year of each world"),
    "lever": ("Levers", "chosen, not drawn"),
    "fixed": ("Fixed figures", "the same in every world"),
}


@dataclass(frozen=True, slots=True)
class ParameterRow:
    """One parameter of the case as text.

    `value` is its distribution or number as written ("triangular 285, 340, 400"), `median`, `p05` and `p95` what was
    drawn, `kind` one of assumption, lever, process, fixed; `known` says when it was first public, where that differs
    from the date of its source.
    """

    name: str
    value: str
    unit: str
    median: str
    p05: str
    p95: str
    kind: str
    sources: tuple[SourceNote, ...]
    known: str
    note: str


@dataclass(frozen=True, slots=True)
class About:
    """What the run was: its case, date, draws and version; `limits` is what the model does not know."""

    title: str
    as_of: str
    draws: int
    seed: int
    scenario: str
    version: str
    case_hash: str
    horizon: str
    sourced_share: float
    summary: str = ""
    limits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Parameter:
    row: ParameterRow
    cites: tuple[Cite, ...]


@dataclass(frozen=True, slots=True)
class _Group:
    title: str
    gloss: str
    parameters: tuple[_Parameter, ...]


def render(
    answers: Sequence[Answer],
    parameters: Sequence[ParameterRow],
    about: About,
    matrices: Sequence[Matrix] = (),
    maps: Sequence[NetworkMap] = (),
    shares: Sequence[Shares] = (),
    ranges: Sequence[Ranges] = (),
    dials: Sequence[Dial] = (),
    decisions: Sequence[Decision] = (),
) -> str:
    """The whole page.

    Each answer has one card, in the given order; parameters are grouped by their kind; `about` gives the masthead and
    the limits; maps, shares, ranges and matrices stand after the claims, each kind in a section of its own, absent
    where there is none; `dials` are what a reader can set at the top, `decisions` are told with what it would be worth
    to know before them. The page is HTML without any outside resource, and the same input gives the same text.
    """
    sources = bibliography([*(x.sources for group in (answers, decisions, parameters) for x in group)])
    with drawing():
        cards = [card(answer, number, sources, dials) for number, answer in enumerate(answers, 1)]
        figures = {"maps": mapped(maps), "shares": shared_out(shares), "ranges": ranged(ranges)}
    return page(
        "page.html.j2",
        about,
        rules(dials),
        cards=cards,
        groups=_groups(parameters, sources),
        count=len(parameters),
        matrices=shaded(matrices),
        brought=brought_about([(item.anchor, item.headline, item.answer) for item in cards]),
        decided=decided(decisions, sources),
        dials=dials if any(item.at_own for item in cards) else (),
        **figures,
        sources=sources,
    )


def page(template: str, about: About, more_css: str = "", **shown: Any) -> str:
    """A page from its template, with the style sheet of all pages, and without blank lines."""
    sheet = files("tumen.report").joinpath("style.css").read_text(encoding="utf-8")
    css = Markup(style.css_variables() + sheet.replace("{{ break }}", str(style.BREAK)) + more_css)
    text = _environment().get_template(template).render(about=about, as_of=_date(about.as_of), css=css, **shown)
    return re.sub(r"[ \t]*\n\s*\n", "\n", text).strip() + "\n"


def _groups(parameters: Sequence[ParameterRow], sources: Sequence[Cite]) -> list[_Group]:
    """Parameters by kind, in the order assumptions, processes, levers, fixed, then any other kind as it comes."""
    kinds = [*_KINDS, *dict.fromkeys(p.kind for p in parameters if p.kind not in _KINDS)]
    numbered = {entry.source: entry for entry in sources}
    groups = []
    for kind in kinds:
        rows = tuple(
            _Parameter(p, tuple(numbered[s] for s in dict.fromkeys(p.sources))) for p in parameters if p.kind == kind
        )
        title, gloss = _KINDS.get(kind, (kind[:1].upper() + kind[1:], ""))
        if rows:
            groups.append(_Group(title, gloss, rows))
    return groups


def _date(text: str) -> str:
    """A date in words where it is one: "31 May 2014"."""
    try:
        day = datetime.date.fromisoformat(text.strip())
    except ValueError:
        return text
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _plain(value: object) -> object:
    """What every expression of the template passes through before it is escaped."""
    if value is None:
        return ""
    if isinstance(value, str) and not isinstance(value, Markup):
        return clean(value)
    return value


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("tumen.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_plain,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["typeset"] = typeset
    environment.filters["link"] = link
    return environment
