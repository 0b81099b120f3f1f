"""How well pages are read, held against claims that a person marked.

A row of the gold table is found where a claim of its page was drawn from a sentence that holds the row's words; each
claim answers one row, and of several in a sentence those are paired that agree in most fields. `claims` scores what was
found; every other field is scored over the pairs found. Precision is the part of what was given that is right, recall
the part of what was wanted that was given right. Quantities are compared in base units, dates as the days between which
they lie, actors code by code.

What makes a table impossible to score is raised, all of it at once; what is only odd in it (`gold_remarks`) is told
beside the scores, for tables from elsewhere have kinds and codes of their own.
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
from tumen.reading._kinds import KINDS
from tumen.reading._page import Page, open_page
from tumen.reading._quantities import comparable
from tumen.reading._subjects import SUBJECTS
from tumen.reading._tables import folded
from tumen.reading._valid import actor_wrong, date_wrong, day_wrong, name_wrong, number_wrong, unit_wrong

__all__ = ["FieldScore", "gold_remarks", "score", "score_table"]

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


_LINE = ""  # the key under which a row keeps its line; no column is called so
_Row = Mapping[str, str]


def score(gold: Path) -> tuple[FieldScore, ...]:
    """Read the pages beside a gold table, and score what was read against it. First `claims`, then field by field.

    Without a column `doubt_or_source` there is no score of `source` and `hedged`. Raises CaseError with all that is
    wrong where the table or a page cannot be read.
    """
    from tumen.reading._read import read_page

    rows = _gold_rows(gold)
    found: list[tuple[_Row, Claim]] = []
    wanted = given = 0
    for name, page in _pages(gold, rows).items():
        mine = [row for row in rows if row["page"] == name]
        claims = read_page(page).claims
        wanted, given = wanted + len(mine), given + len(claims)
        found += _paired(mine, claims)
    hits = len(found)
    scores = [FieldScore("claims", wanted, hits / given if given else 0.0, hits / wanted if wanted else 0.0)]
    told = [name for name in _COMPARED if "doubt_or_source" in rows[0] or name not in {"source", "hedged"}]
    return (*scores, *(_field(name, found) for name in told))


def gold_remarks(gold: Path) -> tuple[str, ...]:
    """What is odd in a gold table but does not keep it from being scored, a line each, with its place.

    Words that stand in no sentence of the page, kinds and subjects that reading does not have, actors that are no code,
    quantities that are no number, a second date of a page. Raises CaseError as `score` does.
    """
    from tumen.reading._clean import clean
    from tumen.reading._split import split

    rows = _gold_rows(gold)
    pages = _pages(gold, rows)
    kept = {name: [_bare(one.text) for one in split(clean(page))] for name, page in pages.items()}
    found: list[str] = []
    for row in rows:
        page, date = pages[row["page"]], row["page_date"]
        told = [_unfound(row["sentence_has"], page, kept[row["page"]]), *_odd(row)]
        if page.date is not None and date != page.date.isoformat():
            told.append(f"page_date: `{date}` is not the {page.date} of the page's first row, which counts")
        found += [f"{gold}:{row[_LINE]}: {one}" for one in told if one]
    return tuple(found)


def _unfound(words: str, page: Page, sentences: Sequence[str]) -> str:
    """What is wrong with the words of a row: they stand in no sentence of the page."""
    if not words:
        return "sentence_has: is empty, which any sentence answers; copy words of the sentence here"
    if any(_bare(words) in one for one in sentences):
        return ""
    shown = words if len(words) <= 60 else f"{words[:60]}..."
    if _bare(words) in _bare(page.original):
        what = "runs over the end of a sentence, or was left out as no part of the text; copy words of one sentence"
    else:
        what = f"stands nowhere in {page.name}; copy the words as the page has them"
    return f"sentence_has: `{shown}` {what}"


def _odd(row: _Row) -> list[str]:
    """What reading does not know in a row."""
    number = number_wrong(re.sub(r"(?<=\d)-|\.\.", "/", row["quantity"])) if row["quantity"] else ""
    looked = [
        ("kind", name_wrong(row["kind"], "kind of claim", KINDS) if row["kind"] else "is empty"),
        ("subject", name_wrong(row["subject"], "subject", SUBJECTS) if row["subject"] else "is empty"),
        *(("actors", actor_wrong(code)) for code in row["actors"].split()),
        ("quantity", number),
        ("unit", unit_wrong(row["unit"])),
    ]
    return [f"{name}: {what}" for name, what in looked if what]


def score_table(scores: Sequence[FieldScore]) -> str:
    """The scores as CSV: `field,n,precision,recall,f1`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["field", "n", "precision", "recall", "f1"])
    for one in scores:
        writer.writerow([one.field, one.n, *(f"{value:.4f}" for value in (one.precision, one.recall, one.f1))])
    return out.getvalue()


def _gold_rows(path: Path) -> list[_Row]:
    """The rows of a gold table with their lines. Raises CaseError with every cell that cannot be scored against."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CaseError(
            [f"{path}: cannot be read as a table; name a CSV file with the columns {', '.join(_NEEDED)}"]
        ) from error
    reader, rows, problems = csv.DictReader(io.StringIO(text, newline="")), list[_Row](), list[str]()
    missing = [column for column in _NEEDED[:-1] if column not in (reader.fieldnames or ())]
    if missing:
        raise CaseError([f"{path}: has no column {', '.join(missing)}; expected {', '.join(_NEEDED)}"])
    try:
        for cells in reader:
            row = {key: (value or "").strip() for key, value in cells.items() if key}
            rows.append({**row, _LINE: str(reader.line_num)})
            what, extra = _unfit(row), [value for key, value in cells.items() if key is None]
            if extra and (what or any("".join(value) for value in extra)):
                what = ["has more cells than the header; put quotes around a cell that holds a comma"]
            problems += [f"{path}:{reader.line_num}: {one}" for one in what]
    except csv.Error as error:
        raise CaseError([f"{path}:{reader.line_num}: cannot be read as a table: {error}"]) from error
    if not rows:
        raise CaseError(
            [f"{path}: has a header and no rows; a row is a claim that somebody marked in a page beside it"]
        )
    if problems:
        raise CaseError(problems)
    return rows


def _unfit(row: _Row) -> list[str]:
    """What is wrong with the page and the dates of a row."""
    looked = [
        ("page", "" if row["page"] else "is empty; write the name of a page that lies beside the table"),
        ("page_date", day_wrong(row["page_date"])),
        ("date", date_wrong(row["date"]) if row["date"] else ""),
    ]
    return [f"{name}: {what}" for name, what in looked if what]


def _pages(gold: Path, rows: Sequence[_Row]) -> Mapping[str, Page]:
    """The pages that a table names, each with the date of its first row. Raises CaseError with all that are missing."""
    pages, problems = dict[str, Page](), list[str]()
    first: dict[str, _Row] = {}
    for row in rows:
        first.setdefault(row["page"], row)
    for name, row in first.items():
        paths = [gold.parent / f"{name}{ending}" for ending in ("", ".txt", ".html", ".htm")]
        path = next((path for path in paths if path.is_file()), None)
        if path is None:
            problems.append(f"{gold}:{row[_LINE]}: page: there is no page {name}.txt or {name}.html beside the table")
            continue
        day = dt.date.fromisoformat(row["page_date"])
        try:
            page = open_page(path, day)
        except CaseError as error:
            problems += [str(one) for one in error.problems]
        else:
            pages[name] = Page(name, page.original, day, page.html)
    if problems:
        raise CaseError(problems)
    return pages


def _bare(text: str) -> str:
    return re.sub(r"\s+", " ", folded(text)).strip().lower()


def _paired(rows: Sequence[_Row], claims: Sequence[Claim]) -> list[tuple[_Row, Claim]]:
    """Rows and claims of the same sentence, each once, so that they agree in as much as they can."""
    pairs: list[tuple[_Row, Claim]] = []
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


def _best(rows: Sequence[_Row], claims: Sequence[Claim]) -> list[tuple[_Row, Claim]]:
    if not rows:
        return []
    few, many = min(len(rows), len(claims)), max(len(rows), len(claims))
    if many > 7:  # too many to try all orders
        return list(zip(rows, claims, strict=False))
    best: list[tuple[_Row, Claim]] = []
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


def _agreement(row: _Row, claim: Claim) -> float:
    own = 0.5 * (_bare(row["sentence_has"]) in _bare(claim.clause))
    return own + sum(_COMPARED[name](row, claim)[0] > 0 for name in ("kind", "subject", "quantity", "date", "actors"))


# ---- each field: how many agree, how many were given, how many were wanted


def _same(name: str) -> Callable[[_Row, Claim], tuple[int, int, int]]:
    def compare(row: _Row, claim: Claim) -> tuple[int, int, int]:
        given = str(getattr(claim, name))
        return int(given == row[name]), int(given != ""), int(row[name] != "")

    return compare


def _actors(row: _Row, claim: Claim) -> tuple[int, int, int]:
    wanted = set(row["actors"].split())
    return len(wanted & set(claim.actors)), len(claim.actors), len(wanted)


def _quantity(row: _Row, claim: Claim) -> tuple[int, int, int]:
    if not row["quantity"] or not claim.quantity:
        return 0, int(claim.quantity != ""), int(row["quantity"] != "")
    wanted, given = comparable(row["quantity"], row["unit"]), comparable(claim.quantity, claim.unit)
    literal = (row["quantity"], row["unit"]) == (claim.quantity, claim.unit)
    return int(literal or (wanted is not None and wanted == given)), 1, 1


def _date(row: _Row, claim: Claim) -> tuple[int, int, int]:
    if not row["date"] or not claim.date:
        return 0, int(claim.date != ""), int(row["date"] != "")
    return int(ends_of(row["date"]) == ends_of(claim.date)), 1, 1


def _source(row: _Row, claim: Claim) -> tuple[int, int, int]:
    wanted = row.get("doubt_or_source", "")
    if wanted in {"", "doubt"}:
        return 0, 0, 0
    ours, theirs = (set(re.findall(r"\w+", _bare(text))) - {"the", "a", "an"} for text in (claim.source, wanted))
    return int(bool(ours) and (ours <= theirs or theirs <= ours)), int(claim.source != ""), 1


def _doubt(row: _Row, claim: Claim) -> tuple[int, int, int]:
    wanted = row.get("doubt_or_source", "") == "doubt"
    return int(wanted and claim.hedged), int(wanted and claim.hedged), int(wanted)


_COMPARED: Mapping[str, Callable[[_Row, Claim], tuple[int, int, int]]] = {
    "kind": _same("kind"),
    "subject": _same("subject"),
    "actors": _actors,
    "quantity": _quantity,
    "date": _date,
    "source": _source,
    "hedged": _doubt,
}


def _field(name: str, pairs: Sequence[tuple[_Row, Claim]]) -> FieldScore:
    counted = [_COMPARED[name](row, claim) for row, claim in pairs]
    right, given, wanted = (sum(one[i] for one in counted) for i in range(3))
    return FieldScore(name, wanted, right / given if given else 1.0, right / wanted if wanted else 1.0)
