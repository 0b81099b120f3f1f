"""From a reviewed draft to a case: what was accepted, as far as a case can hold it without a person's own figures.

Struck rows are left out. A row with a quantity becomes an assumption; one that promises something by a year becomes a
claim, asked of a hazard whose rate is a placeholder of one event in ten years, to be replaced by the declaration of the
initiative. The rest stands under `limits`, as what the case does not answer yet. Every row that nobody has accepted
says `review: needed` where the report shows it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tumen.case import parse_quantity
from tumen.errors import CaseError, UnitError, did_you_mean
from tumen.reading._dates import ends_of
from tumen.reading._draft import scalar

__all__ = ["case_from_draft"]

_LARGEST = 5_000_000
_REVIEWS = ("needed", "accepted", "struck")
_PROMISES = {"plan", "pledge", "target", "forecast", "agreement", "proposal", "estimate"}
_PLACEHOLDER = "a placeholder of one event in ten years: declare the initiative, and ask of that"


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the draft that was not struck."""

    name: str
    body: Mapping[str, Any]

    def text(self, key: str) -> str:
        """What stands under a key, as text; nothing where it does not."""
        return str(self.body.get(key) or "").strip()

    @property
    def note(self) -> str:
        """How the row was found, and whether somebody has looked at it."""
        at = self.body.get("at")
        place = f"{at.get('page', '')}, {at.get('start', '')}-{at.get('end', '')}" if isinstance(at, Mapping) else ""
        review = "reviewed" if self.text("review") == "accepted" else "review: needed"
        actors = " ".join(str(code) for code in self.body.get("actors") or ())
        parts = (review, self.text("kind"), self.text("subject"), actors, self.text("date"), place, self.text("method"))
        return "; ".join(part for part in parts if part)


def case_from_draft(text: str, name: str = "the draft") -> Mapping[str, str]:
    """The files of a case, by their names, made of a draft's rows that were not struck.

    Raises CaseError with everything in the draft that cannot be used.
    """
    draft = _loaded(text, name)
    problems: list[str] = []
    rows = _rows(draft, name, problems)
    as_of = _day(draft, name, problems)
    sources = draft.get("sources")
    if not isinstance(sources, Mapping) or not sources:
        problems.append(f"{name}: sources: at least one page is expected here")
    for row in rows:
        if isinstance(sources, Mapping) and row.text("source") not in sources:
            problems.append(
                f"{name}: claims: {row.name}: source: `{row.text('source')}` is no source of the draft; {did_you_mean(row.text('source'), map(str, sources))}"  # noqa: E501
            )
    if problems or as_of is None or not isinstance(sources, Mapping):
        raise CaseError(problems)
    return {
        "case.yaml": _case(draft, rows, as_of),
        "sources.yaml": "".join(_source(str(k), v, as_of) for k, v in sources.items()),
    }


def _loaded(text: str, name: str) -> Mapping[str, Any]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    if len(text) > _LARGEST:
        raise CaseError([f"{name}: {len(text):,} letters; a draft of at most {_LARGEST:,} is read"])
    if re.search(r"(?m)^\s*[\w.-]+:\s+[&*]\w", text):
        raise CaseError([f"{name}: anchors and aliases are refused; write what they stand for"])
    try:
        loaded = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError, RecursionError) as error:
        first = str(error).splitlines()[0] if str(error) else "unreadable"
        raise CaseError([f"{name}: is no YAML: {first}"]) from error
    if not isinstance(loaded, Mapping) or loaded.get("draft") != 1:
        raise CaseError([f"{name}: is no draft of `tumen read`, which begins with `draft: 1`"])
    return loaded


def _rows(draft: Mapping[str, Any], name: str, problems: list[str]) -> list[_Row]:
    claims = draft.get("claims")
    rows = []
    for key, body in claims.items() if isinstance(claims, Mapping) else ():
        if not isinstance(body, Mapping) or not re.fullmatch(r"[A-Za-z]\w{0,80}", str(key)):
            problems.append(f"{name}: claims: {key}: a name of letters, digits and _, and keys below it, are expected")
            continue
        row = _Row(str(key), body)
        review = row.text("review") or "needed"
        if review not in _REVIEWS:
            problems.append(f"{name}: claims: {key}: review: `{review}`; {did_you_mean(review, _REVIEWS)}")
        elif review != "struck":
            rows.append(row)
    if not rows and not problems:
        problems.append(f"{name}: holds no claim that was not struck; accept at least one")
    return rows


def _day(draft: Mapping[str, Any], name: str, problems: list[str]) -> dt.date | None:
    try:
        return dt.date.fromisoformat(str(draft.get("as_of", "")))
    except ValueError:
        problems.append(f"{name}: as_of: `{draft.get('as_of', '')}` is no day; write it as YYYY-MM-DD")
        return None


def _case(draft: Mapping[str, Any], rows: list[_Row], as_of: dt.date) -> str:
    needed = sum(row.text("review") != "accepted" for row in rows)
    told = [str(one) for one in draft.get("disagreements") or ()]
    review = f"review: needed for {needed} of {len(rows)} rows. " if needed else "All rows were reviewed. "
    note = f"Made of a draft read from pages. {review}" + " ".join(f"The pages disagree: {one}." for one in told)
    players = draft.get("players") or {}
    assumptions, processes, claims, limits = [], dict[str, str](), list[str](), list[str]()
    years = [as_of.year + 10]
    for row in rows:
        assumption, year = _assumption(row), _deadline(row, as_of)
        if assumption:
            assumptions.append(assumption)
        if year is not None:
            process = f"{row.text('initiative') or row.text('subject') or row.name}_comes"
            processes[process] = row.text("source")
            claims.append(_claim(row, process, year))
            years.append(year + 5)
        if not assumption and year is None:
            limits.append(f"Not in figures yet ({row.note}): {row.text('said')}")
    lines = [
        "# Made by `tumen new --from`. Replace the placeholders: declare the initiatives, and ask of them.",
        "format: 1",
        f"title: {scalar(str(draft.get('title') or 'A draft'))}",
        f"as_of: {as_of}",
        f"horizon: {as_of.year - 1}..{min(max(years), as_of.year + 80)}",
        "players: {" + ", ".join(f"{code}: {scalar(str(title))}" for code, title in dict(players).items()) + "}",
        f"note: {scalar(note[:4000])}",
    ]
    lines += _section("limits", [f"  - {scalar(one)}" for one in limits])
    lines += _section("assumptions", assumptions)
    lines += _section("processes", [_process(process, source) for process, source in processes.items()])
    lines += _section("claims", claims)
    return "\n".join(lines) + "\n"


def _section(name: str, rows: list[str]) -> Iterator[str]:
    if rows:
        yield f"{name}:"
        yield from rows


def _process(name: str, source: str) -> str:
    return f"  {name}: {{hazard: {{events: 1, years: 10 yr}}, source: {source}, note: {scalar(f'review: needed; {_PLACEHOLDER}')}}}"  # noqa: E501


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
