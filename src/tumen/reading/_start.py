"""From a reviewed draft to a case: what was accepted, as far as a case can hold it without a person's own figures.

Struck rows are left out, and with them the players and initiatives of which no other row tells. A row with a quantity
becomes an assumption; one that promises something by a year becomes a claim, asked of a hazard whose rate is a
placeholder of one event in ten years, to be replaced by the declaration of the initiative. The rest stands under
`limits`, as what the case does not answer yet. Every row that nobody has accepted says `review: needed` where the
report shows it, and what rests on a placeholder says that.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tumen.case import parse_quantity
from tumen.errors import CaseError, UnitError
from tumen.reading._checked import HORIZON, MOST_YEARS, draft_problems
from tumen.reading._dates import ends_of
from tumen.reading._draft import scalar, state_name
from tumen.reading._lines import parse_draft

__all__ = ["case_from_draft"]

_PROMISES = {"plan", "pledge", "target", "forecast", "agreement", "proposal", "estimate"}
_PLACEHOLDER = (
    "placeholder: one event in ten years, which is nobody's estimate; declare the initiative, and ask of that"
)


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the draft that was not struck."""

    name: str
    body: Mapping[str, Any]

    def text(self, key: str) -> str:
        """What stands under a key, as text; nothing where it does not."""
        return str(self.body.get(key) or "").strip()

    @property
    def actors(self) -> tuple[str, ...]:
        """The codes of the states of which it tells."""
        return tuple(self.body.get("actors") or ())

    @property
    def note(self) -> str:
        """How the row was found, and whether somebody has looked at it."""
        at = self.body.get("at")
        place = f"{at.get('page', '')}, {at.get('start', '')}-{at.get('end', '')}" if isinstance(at, Mapping) else ""
        review = "reviewed" if self.text("review") == "accepted" else "review: needed"
        parts = (review, self.text("kind"), self.text("subject"), " ".join(self.actors), self.text("date"), place)
        return "; ".join(part for part in (*parts, self.text("method")) if part)


def case_from_draft(text: str, name: str = "the draft") -> Mapping[str, str]:
    """The files of a case, by their names, made of a draft's rows that were not struck.

    Raises CaseError with everything in the draft that cannot be used, and its lines.
    """
    draft = parse_draft(text, name)
    if problems := draft_problems(draft):
        raise CaseError(problems)
    data = draft.data
    rows = [_Row(key, body) for key, body in data["claims"].items() if body.get("review", "").strip() != "struck"]
    as_of = dt.date.fromisoformat(data["as_of"])
    sources = "".join(_source(key, body, as_of) for key, body in data["sources"].items())
    return {"case.yaml": _case(data, rows, as_of), "sources.yaml": sources}


def _case(draft: Mapping[str, Any], rows: list[_Row], as_of: dt.date) -> str:
    needed = sum(row.text("review") != "accepted" for row in rows)
    told = [str(one) for one in draft.get("disagreements") or ()]
    review = f"review: needed for {needed} of {len(rows)} rows. " if needed else "All rows were reviewed. "
    note = f"Made of a draft read from pages. {review}" + " ".join(f"The pages disagree: {one}." for one in told)
    assumptions, processes, claims, limits = [], dict[str, str](), list[str](), list[str]()
    deadlines = list[int]()
    for row in rows:
        assumption, year = _assumption(row), _deadline(row, as_of)
        if assumption:
            assumptions.append(assumption)
        if year is not None:
            process = f"{row.text('initiative') or row.text('subject')}_placeholder"
            processes[process] = row.text("source")
            claims.append(_claim(row, process, year))
            deadlines.append(year)
        if not assumption and year is None:
            limits.append(f"Not in figures yet ({row.note}): {row.text('said')}")
    lines = [
        "# Made by `tumen new --from`. Replace the placeholders: declare the initiatives, and ask of them.",
        "format: 1",
        f"title: {scalar(str(draft.get('title') or 'A draft'))}",
        f"as_of: {as_of}",
        f"horizon: {_horizon(draft, as_of, deadlines)}",
        "players: {" + ", ".join(f"{code}: {scalar(title)}" for code, title in _players(draft, rows).items()) + "}",
        f"note: {scalar(note[:4000])}",
    ]
    lines += _section("limits", [f"  - {scalar(one)}" for one in limits])
    lines += _section("assumptions", assumptions)
    lines += _section("processes", [_process(process, source) for process, source in processes.items()])
    lines += _section("claims", claims)
    return "\n".join(lines) + "\n"


def _horizon(draft: Mapping[str, Any], as_of: dt.date, deadlines: list[int]) -> str:
    """The years of the case: the draft's, and on to five years after what was promised for later."""
    match = HORIZON.fullmatch(draft.get("horizon") or f"{as_of.year - 1}..{as_of.year + 10}")
    first, last = (int(match[1]), int(match[2])) if match else (as_of.year - 1, as_of.year + 10)
    later = max((year + 5 for year in deadlines if year > last), default=last)
    return f"{first}..{min(later, first + MOST_YEARS)}"


def _players(draft: Mapping[str, Any], rows: list[_Row]) -> Mapping[str, str]:
    """The states of which the rows tell, in the order of the draft, by the names that it gives them."""
    named, told = draft.get("players") or {}, dict.fromkeys(code for row in rows for code in row.actors)
    order = [*(code for code in named if code in told), *(code for code in told if code not in named)]
    return {code: str(named.get(code) or state_name(code)) for code in order}


def _section(name: str, rows: list[str]) -> Iterator[str]:
    if rows:
        yield f"{name}:"
        yield from rows


def _process(name: str, source: str) -> str:
    return f"  {name}: {{hazard: {{events: 1, years: 10 yr}}, source: {source}, note: {scalar(_PLACEHOLDER)}}}"


def _assumption(row: _Row) -> str:
    """A figure of the row as an assumption of the case; nothing where it has none that the case's units can hold."""
    quantity = row.text("quantity")
    number, _, unit = quantity.partition(" ")
    if not number:
        return ""
    unit = {"percent": "%", "count": "", "times": ""}.get(unit, unit).replace("(t km)", "tkm")
    low, _, high = number.partition("/")
    note = scalar(f"{row.note}; said: {row.text('said')}"[:1000])
    try:
        parse_quantity(f"{low} {unit}")
        if high and float(low) < float(high):
            parse_quantity(f"{high} {unit}")
            body = f"uniform: [{low}, {high}], unit: {scalar(unit)}" if unit else f"uniform: [{low}, {high}]"
        else:
            body = f"value: {scalar(f'{low} {unit}'.strip())}"
    except (UnitError, ValueError):
        return ""
    return f"  {row.name}_figure: {{{body}, source: {row.text('source')}, note: {note}}}"


def _deadline(row: _Row, as_of: dt.date) -> int | None:
    """The year by which something was promised; None where nothing was, or it is over."""
    date = row.text("date")
    if row.text("subject") == "visit" or row.text("kind") not in _PROMISES or not re.fullmatch(r"[\d./-]+", date):
        return None
    try:
        first, last = ends_of(date)
    except ValueError:
        return None
    day = last if last != ".." else first
    return int(day[:4]) if day != ".." and day >= as_of.isoformat() and int(day[:4]) <= as_of.year + 70 else None


def _claim(row: _Row, process: str, year: int) -> str:
    rows = [
        ("said", scalar(row.text("said") or row.name)),
        ("by", scalar(row.text("by") or "the page itself")),
        ("source", row.text("source")),
        ("measure", "process.first_event"),
        ("where", f"{{process: {process}}}"),
        ("test", f"by {year}"),
        ("note", scalar(f"{row.note}; {_PLACEHOLDER}"[:1000])),
    ]
    return f"  {row.name}:\n" + "\n".join(f"    {key}: {value}" for key, value in rows)


def _source(key: str, body: Any, as_of: dt.date) -> str:
    fields = body if isinstance(body, Mapping) else {}
    page = str(fields.get("page") or key)
    title, date = str(fields.get("title") or page), str(fields.get("date") or as_of)
    return f"{key}:\n  title: {scalar(title)}\n  publisher: {scalar(page)}\n  date: {scalar(date)}\n  note: {scalar('the page as it was saved')}\n"  # noqa: E501
