"""How well pages are read, held against claims that a person marked.

A row of the gold table is found where a claim of its page was drawn from a sentence that holds the row's words; each
claim answers one row, and of several in a sentence those are paired that agree in most fields. `claims` scores what was
found; every other field is scored over the pairs found. Precision is the part of what was given that is right, recall
the part of what was wanted that was given right. Quantities are compared in base units, dates as the days between which
they lie, actors code by code.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path

from tumen.errors import CaseError
from tumen.reading._claims import Claim
from tumen.reading._dates import ends_of
from tumen.reading._page import Page, open_page
from tumen.reading._quantities import comparable
from tumen.reading._tables import folded

__all__ = ["FieldScore", "score", "score_table"]

_NEEDED = (
    "page",
    "page_date",
    "sentence_has",
    "kind",
    "subject",
    "actors",
    "quantity",
    "unit",
    "date",
    "doubt_or_source",
)


@dataclass(frozen=True, slots=True)
class FieldScore:
    """The score of a field: `n` is how often it was wanted."""

    field: str
    n: int
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def score(gold: Path) -> tuple[FieldScore, ...]:
    """Read the pages beside a gold table, and score what was read against it. First `claims`, then field by field.

    Raises CaseError where the table or a page cannot be read.
    """
    rows = _gold_rows(gold)
    found: list[tuple[Mapping[str, str], Claim]] = []
    wanted = given = 0
    for name in dict.fromkeys(row["page"] for row in rows):
        mine = [row for row in rows if row["page"] == name]
        claims = _read(gold, name, mine[0]["page_date"])
        wanted, given = wanted + len(mine), given + len(claims)
        found += _paired(mine, claims)
    hits = len(found)
    scores = [FieldScore("claims", wanted, hits / given if given else 0.0, hits / wanted if wanted else 0.0)]
    return (*scores, *(_field(name, found) for name in _COMPARED))


def score_table(scores: Sequence[FieldScore]) -> str:
    """The scores as CSV: `field,n,precision,recall,f1`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["field", "n", "precision", "recall", "f1"])
    for one in scores:
        writer.writerow([one.field, one.n, *(f"{value:.4f}" for value in (one.precision, one.recall, one.f1))])
    return out.getvalue()


def _gold_rows(path: Path) -> list[Mapping[str, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CaseError(
            [f"{path}: cannot be read as a table; name a CSV file with the columns {', '.join(_NEEDED)}"]
        ) from error
    rows = [
        {key: (value or "").strip() for key, value in row.items() if key} for row in csv.DictReader(text.splitlines())
    ]
    missing = [column for column in _NEEDED[:-1] if not rows or column not in rows[0]]
    if missing:
        raise CaseError([f"{path}: has no column {', '.join(missing)}; expected {', '.join(_NEEDED)}"])
    return list(rows)


def _read(gold: Path, name: str, date: str) -> tuple[Claim, ...]:
    from tumen.reading._read import read_page

    try:
        day = dt.date.fromisoformat(date)
    except ValueError as error:
        raise CaseError([f"{gold}: page {name}: `{date}` is no day; write page_date as YYYY-MM-DD"]) from error
    paths = [gold.parent / f"{name}{ending}" for ending in ("", ".txt", ".html", ".htm")]
    path = next((path for path in paths if path.is_file()), None)
    if path is None:
        raise CaseError([f"{gold}: there is no page {name}.txt or {name}.html beside it"])
    page = open_page(path, day)
    return read_page(Page(name, page.original, day, page.html)).claims


def _bare(text: str) -> str:
    return re.sub(r"\s+", " ", folded(text)).strip().lower()


def _paired(rows: Sequence[Mapping[str, str]], claims: Sequence[Claim]) -> list[tuple[Mapping[str, str], Claim]]:
    """Rows and claims of the same sentence, each once, so that they agree in as much as they can."""
    pairs: list[tuple[Mapping[str, str], Claim]] = []
    by_sentence: dict[int, list[Claim]] = {}
    for claim in claims:
        by_sentence.setdefault(claim.sentence, []).append(claim)
    left = list(rows)
    for mine in by_sentence.values():
        wanted = [row for row in left if _bare(row["sentence_has"]) in _bare(mine[0].text)]
        chosen = _best(wanted, mine)
        pairs += chosen
        taken = {id(row) for row, _ in chosen}
        left = [row for row in left if id(row) not in taken]
    return pairs


def _best(rows: Sequence[Mapping[str, str]], claims: Sequence[Claim]) -> list[tuple[Mapping[str, str], Claim]]:
    if not rows:
        return []
    few, many = min(len(rows), len(claims)), max(len(rows), len(claims))
    if many > 7:  # too many to try all orders
        return list(zip(rows, claims, strict=False))
    best: list[tuple[Mapping[str, str], Claim]] = []
    most = -1.0
    for order in permutations(range(many), few):
        if len(rows) <= len(claims):
            trial = [(rows[i], claims[j]) for i, j in enumerate(order)]
        else:
            trial = [(rows[j], claims[i]) for i, j in enumerate(order)]
        agreed = sum(_agreement(row, claim) for row, claim in trial)
        if agreed > most:
            best, most = trial, agreed
    return best


def _agreement(row: Mapping[str, str], claim: Claim) -> float:
    own = 0.5 * (_bare(row["sentence_has"]) in _bare(claim.clause))
    return own + sum(_COMPARED[name](row, claim)[0] > 0 for name in ("kind", "subject", "quantity", "date", "actors"))


# ---- each field: how many agree, how many were given, how many were wanted


def _same(name: str) -> Callable[[Mapping[str, str], Claim], tuple[int, int, int]]:
    def compare(row: Mapping[str, str], claim: Claim) -> tuple[int, int, int]:
        given = str(getattr(claim, name))
        return int(given == row[name]), int(given != ""), int(row[name] != "")

    return compare


def _actors(row: Mapping[str, str], claim: Claim) -> tuple[int, int, int]:
    wanted = set(row["actors"].split())
    return len(wanted & set(claim.actors)), len(claim.actors), len(wanted)


def _quantity(row: Mapping[str, str], claim: Claim) -> tuple[int, int, int]:
    if not row["quantity"] or not claim.quantity:
        return 0, int(claim.quantity != ""), int(row["quantity"] != "")
    wanted, given = comparable(row["quantity"], row["unit"]), comparable(claim.quantity, claim.unit)
    literal = (row["quantity"], row["unit"]) == (claim.quantity, claim.unit)
    return int(literal or (wanted is not None and wanted == given)), 1, 1


def _date(row: Mapping[str, str], claim: Claim) -> tuple[int, int, int]:
    if not row["date"] or not claim.date:
        return 0, int(claim.date != ""), int(row["date"] != "")
    return int(ends_of(row["date"]) == ends_of(claim.date)), 1, 1


def _source(row: Mapping[str, str], claim: Claim) -> tuple[int, int, int]:
    wanted = row.get("doubt_or_source", "")
    if wanted in {"", "doubt"}:
        return 0, 0, 0
    ours, theirs = (set(re.findall(r"\w+", _bare(text))) - {"the", "a", "an"} for text in (claim.source, wanted))
    return int(bool(ours) and (ours <= theirs or theirs <= ours)), int(claim.source != ""), 1


def _doubt(row: Mapping[str, str], claim: Claim) -> tuple[int, int, int]:
    wanted = row.get("doubt_or_source", "") == "doubt"
    return int(wanted and claim.hedged), int(wanted and claim.hedged), int(wanted)


_COMPARED: Mapping[str, Callable[[Mapping[str, str], Claim], tuple[int, int, int]]] = {
    "kind": _same("kind"),
    "subject": _same("subject"),
    "actors": _actors,
    "quantity": _quantity,
    "date": _date,
    "source": _source,
    "hedged": _doubt,
}


def _field(name: str, pairs: Sequence[tuple[Mapping[str, str], Claim]]) -> FieldScore:
    counted = [_COMPARED[name](row, claim) for row, claim in pairs]
    right, given, wanted = (sum(one[i] for one in counted) for i in range(3))
    return FieldScore(name, wanted, right / given if given else 1.0, right / wanted if wanted else 1.0)
