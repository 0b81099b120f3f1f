"""What is handed back: CSV, YAML, the page for review, a case; the command; the scores."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

import tumen
from tumen.cli import app
from tumen.errors import CaseError
from tumen.reading import (
    Page,
    case_from_draft,
    claims_table,
    draft_yaml,
    link,
    read_page,
    review_html,
    score,
    score_table,
)  # fmt: skip
from tumen.reading._draft import COLUMNS, scalar

OWN = Path(__file__).parent / "reading_pages"
TEXT = """A line for the Andes

LIMA, 4 March 2013 -- Peru and Bolivia signed an agreement on Friday to build a railway to the port of Ilo.

The line will be 1,900 km long and cost $7 billion. It is to be finished by 2021. Chile doubts that it would pay.
"""


def story() -> tumen.reading.Story:  # type: ignore[name-defined]
    return link([read_page(Page("andes.txt", TEXT, dt.date(2013, 3, 4)))])


def test_the_table_has_a_row_a_claim() -> None:
    rows = list(csv.DictReader(io.StringIO(claims_table(story().claims))))
    assert tuple(rows[0]) == COLUMNS
    assert [(row["kind"], row["subject"], row["quantity"], row["unit"]) for row in rows] == [
        ("agreement", "railway", "", ""),
        ("plan", "railway", "1900", "km"),
        ("estimate", "railway", "7000000000", "USD"),
        ("plan", "railway", "", ""),
        ("doubt", "railway", "", ""),
    ]
    for row in rows:
        assert TEXT[int(row["start"]) : int(row["end"])] == row["sentence"]


def test_the_draft_is_yaml_and_every_row_waits_for_review() -> None:
    draft = YAML(typ="safe").load(draft_yaml(story()))
    assert draft["players"] == {"PER": "Peru", "BOL": "Bolivia", "CHL": "Chile"}
    assert {row["review"] for row in draft["claims"].values()} == {"needed"}
    assert all(row["at"]["page"] == "andes.txt" for row in draft["claims"].values())
    assert draft["initiatives"]["railway"]["kind"] == "railway"


def test_without_any_date_there_is_no_draft() -> None:
    with pytest.raises(CaseError, match="--date"):
        draft_yaml(link([read_page(Page("a", "Peru signed an agreement to build a railway with Chile."))]))


@pytest.mark.parametrize(
    "text", ['a "b" \\ c', "x: y # z", "- a", "line\nbreak\ttab", "\x07\x85\u2028\ufeff", "é ’ 中", "{a}"]
)
def test_any_text_is_a_scalar(text: str) -> None:
    assert YAML(typ="safe").load(f"a: {scalar(text)}\n") == {"a": text}


def test_the_review_page_stands_alone_and_lets_nothing_in() -> None:
    text = TEXT.replace("Chile doubts", "</script><img src=x onerror=alert(1)> Chile doubts")
    page = review_html(link([read_page(Page("<b>.txt", text, dt.date(2013, 3, 4)))]))
    assert "<img" not in page
    assert "<b>.txt" not in page
    assert page.count("</script>") == 2
    assert not re.search(r"<[^<>]*\b(?:src|href)=", page)
    assert "default-src 'none'" in page
    data = json.loads(re.search(r'<script id="data" type="application/json">(.*?)</script>', page, re.S)[1])  # type: ignore[index]
    assert data["head"] + "".join(data["claims"]) == draft_yaml(
        link([read_page(Page("<b>.txt", text, dt.date(2013, 3, 4)))])
    )


def test_a_case_of_a_draft_is_sound_and_says_what_needs_review(tmp_path: Path) -> None:
    draft = draft_yaml(story())
    for name, text in case_from_draft(draft).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    case = tumen.load(tmp_path)
    assert [claim.test.text for claim in case.claims.values()] == ["by 2021"]
    assert all("review: needed" in claim.note for claim in case.claims.values())
    assert "review: needed for 5 of 5 rows" in case.file.note
    figures = {p.name: p.quantity.text for p in case.parameters if p.section == "assumptions"}
    assert figures == {"c002_railway_plan_figure": "1900 km", "c003_railway_estimate_figure": "7000000000 USD"}


def test_struck_rows_stay_out_and_accepted_ones_are_marked() -> None:
    draft = draft_yaml(story()).replace("    review: needed", "    review: accepted")
    first = draft.index("    review: accepted")
    draft = draft[:first] + "    review: struck" + draft[first + len("    review: accepted") :]
    case = case_from_draft(draft)["case.yaml"]
    assert "c001" not in case
    assert "All rows were reviewed" in case
    assert "reviewed; estimate; railway" in case


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "is no YAML"),
        ("format: 1", "no draft"),
        ("draft: 1\nas_of: soon\nsources: {a: {}}\nclaims: {}\n", "as_of"),
        ("draft: 1\nas_of: 2014-01-01\nsources: {a: {}}\nclaims: {c: {source: b, review: maybe}}\n", "maybe"),
        ("draft: 1\nas_of: 2014-01-01\nsources: {a: {}}\nclaims: {c: {source: b}}\n", "is no source"),
        ("draft: 1\nx: &a [1]\ny: *a\n", "anchors"),
    ],
)
def test_a_draft_that_cannot_be_used_says_why(text: str, message: str) -> None:
    with pytest.raises(CaseError, match=message):
        case_from_draft(text)


def test_the_command_from_pages_to_a_run(tmp_path: Path, shared: Path) -> None:
    pages = [str(shared / "data/pages" / name) for name in ("nikkei-2014.txt", "blog-2014.txt")]
    runner = CliRunner()
    read = runner.invoke(app, ["read", *pages, "--date", "2014-05-06", "--out", str(tmp_path / "draft")])
    assert read.exit_code == 0, read.output
    assert sorted(path.name for path in (tmp_path / "draft").iterdir()) == [
        "claims.csv",
        "claims_draft.yaml",
        "review.html",
    ]
    new = runner.invoke(app, ["new", str(tmp_path / "case"), "--from", str(tmp_path / "draft/claims_draft.yaml")])
    assert new.exit_code == 0, new.output
    assert runner.invoke(app, ["check", str(tmp_path / "case")]).exit_code == 0
    run = runner.invoke(
        app, ["run", str(tmp_path / "case"), "--draws", "256", "--workers", "1", "--out", str(tmp_path / "run")]
    )
    assert run.exit_code == 0, run.output
    assert "review: needed" in (tmp_path / "run/report.html").read_text(encoding="utf-8")


def test_the_command_scores(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["read", "--score", str(OWN / "gold.csv"), "--out", str(tmp_path / "s.csv")])
    assert result.exit_code == 0, result.output
    rows = list(csv.reader(io.StringIO((tmp_path / "s.csv").read_text())))
    assert rows[0] == ["field", "n", "precision", "recall", "f1"]
    assert rows[1][:2] == ["claims", "149"]
    assert result.output == (tmp_path / "s.csv").read_text()


def test_the_score_counts_what_is_missed_and_what_is_too_much(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    head = "page,page_date,sentence_has,kind,subject,actors,quantity,unit,date,doubt_or_source\n"
    rows = [
        'a,2013-03-04,"1,900 km",plan,railway,PER BOL,1900,km,,',
        "a,2013-03-04,cost $7 billion,report,railway,PER BOL,8000000000,USD,2013,",
        "a,2013-03-04,no such words,plan,railway,,,,,",
    ]
    (tmp_path / "gold.csv").write_text(head + "\n".join(rows) + "\n", encoding="utf-8")
    found = {one.field: one for one in score(tmp_path / "gold.csv")}
    assert (found["claims"].precision, found["claims"].recall) == (2 / 5, 2 / 3)
    assert (found["kind"].precision, found["quantity"].precision) == (0.5, 0.5)
    assert found["date"].recall == 0
    assert score_table(score(tmp_path / "gold.csv")).startswith("field,n,precision,recall,f1\nclaims,3,0.4000,0.6667,")


def test_a_table_without_its_columns_or_pages_is_refused(tmp_path: Path) -> None:
    (tmp_path / "gold.csv").write_text("a,b\n1,2\n")
    with pytest.raises(CaseError, match="has no column"):
        score(tmp_path / "gold.csv")
    row = "page,page_date,sentence_has,kind,subject,actors,quantity,unit,date\nx,2014-01-01,a,plan,trade,,,,\n"
    (tmp_path / "gold.csv").write_text(row)
    with pytest.raises(CaseError, match=r"no page x\.txt"):
        score(tmp_path / "gold.csv")
