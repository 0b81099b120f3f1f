"""Drafts that a person edits, tables that a person marks: what is wrong is told at once, with its line."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from ruamel.yaml import YAML

import tumen
from tumen.errors import CaseError
from tumen.reading import Page, case_from_draft, draft_yaml, gold_remarks, link, read_page, review_html, score
from tumen.reading._draft import said_of, source_of
from tumen.reading._score import _NEEDED

PAGE = Page(
    "andes.txt",
    """A line for the Andes

LIMA, 4 March 2013 -- Peru and Bolivia signed an agreement on Friday to build a railway to the port of Ilo.

The line will be 1,900 km long and cost $7 billion. It is to be finished by 2021. Chile doubts that it would pay.
""",
    dt.date(2013, 3, 4),
)
DRAFT = draft_yaml(link([read_page(PAGE)]))
ACCEPTED = DRAFT.replace("    review: needed", "    review: accepted")
HEAD = ",".join(_NEEDED)


def problems(text: str) -> list[str]:
    with pytest.raises(CaseError) as error:
        case_from_draft(text, "d.yaml")
    return [str(one) for one in error.value.problems]


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


@pytest.mark.parametrize(
    ("was", "now", "told"),
    [
        ("kind: plan", "kind: pln", r"claims\.c002_railway_plan\.kind: `pln` is no kind of claim; did you mean plan\?"),
        ("subject: railway", "subject: railwy", r"\.subject: `railwy` is no subject; did you mean railway\?"),
        ("    review: needed", "    review: acepted", r"\.review: `acepted` .* did you mean accepted\?"),
        ("    review: needed", "    reviewed: accepted", r"\.reviewed: is no key here; did you mean review\?"),
        ("initiative: railway", "initiative: railwey", r"`railwey` is not declared .* did you mean railway\?"),
        ("    actors: [PER, BOL]", "    actors: [PER, Bolivia]", r"actors\.1: `Bolivia` .* did you mean BOL\?"),
        ("    actors: [PER, BOL]", "    actors: [PERU, BOL]", r"actors\.0: `PERU` is no code .* did you mean PER\?"),
        ("    actors: [PER, BOL]", "    actors: PER", r"actors: a list is expected here; write it as \[PER\]"),
        ('date: "2021"', 'date: "sometime"', r"date: `sometime` is no date; write it as 2014-05-31"),
        ('date: "2021"', 'date: "2021-13"', r"date: `2021-13` is no date of the calendar"),
        ('date: "2021"', 'date: "2021/2019"', r"date: `2021/2019` ends before it begins"),
        ('"1900 km"', '"1,900 km"', r"quantity: `1,900` is no number"),
        ('"1900 km"', '"1900/many km"', r"quantity: `1900/many` is no number; .* two with a slash"),
        ('"1900 km"', '"1900 kmm"', r"quantity: `kmm` is no unit known here"),
        ("start: 131", "start: here", r"at\.start: `here` is no place"),
        ("start: 131", "start: 990", r"at\.end: .* stands before the start, 990"),
        ('"andes.txt", start: 131', '"andse.txt", start: 131', r"at\.page: .* did you mean andes\.txt\?"),
        ("horizon: 2012..2026", "horizon: 2026..2012", r"horizon: `2026\.\.2012` ends before it has begun"),
        ("as_of: 2013-03-04", "as_of: 2013-02-30", r"as_of: `2013-02-30` is no day"),
        ("disagreements:", "disagrements:", r"disagrements: is no key here; did you mean disagreements\?"),
        ("BOL: \"Bolivia\"", "BOLI: \"Bolivia\"", r"players\.BOLI: `BOLI` is no code of a state; did you mean BOL\?"),
        ("kind: railway, actors", "kind: railroad, actors", r"railway\.kind: `railroad` .* did you mean railway\?"),
        ("    hedged: no", "    hedged: perhaps", r"hedged: `perhaps` is no answer"),
        ("    said:", "    sayd:", r"\.sayd: is no key here; did you mean said\?"),
    ],
)  # fmt: skip
def test_each_mistake_in_a_draft_is_told_with_its_line(was: str, now: str, told: str) -> None:
    assert was in DRAFT
    text = DRAFT.replace(was, now, 1)
    found = problems(text)
    assert re.search(told, found[-1] if now.strip().startswith("disa") else "\n".join(found)), found
    assert any(one.startswith(f"d.yaml:{line_of(text, now)}: ") for one in found), found


def test_all_mistakes_are_told_at_once_in_the_order_of_their_lines() -> None:
    text = DRAFT.replace("kind: plan", "kind: pln").replace('date: "2021"', "date: later").replace("2012..", "2031..")
    found = problems(text)
    assert [re.sub(r"^d\.yaml:\d+: ", "", one).split(":")[0] for one in found] == [
        "horizon",
        "claims.c002_railway_plan.kind",
        "claims.c004_railway_plan.kind",
        "claims.c004_railway_plan.date",
    ]
    lines = [int(one.split(":")[1]) for one in found]
    assert lines == sorted(lines)


def test_what_a_row_must_say_is_told_where_it_is_lacking() -> None:
    found = problems(DRAFT.replace("    kind: agreement\n", "", 1))
    assert found == [
        f"d.yaml:{line_of(DRAFT, 'c001')}: claims.c001_railway_agreement.kind: is lacking; each row says it"
    ]


@pytest.mark.parametrize(
    ("was", "now", "line", "told"),
    [
        ("    kind: agreement", "\tkind: agreement", "    kind: agreement", "indented with a tab; put spaces"),
        ("    kind: agreement", "    kind: agreement\n    kind: plan", "", "stands twice, first in line"),
        ("    kind: agreement", "    kind: [agreement", "", "is no YAML: .*; look at its indentation"),
        ("    kind: agreement", "    kind: &a agreement", "    kind: agreement", r"anchors .* are refused"),
        ("    kind: agreement", "    kind: !!set agreement", "    kind: agreement", "the tag .* is refused"),
        ("    kind: agreement", "    kind: agre\x07ement", "    kind: agreement", "a letter that is no text"),
    ],
)
def test_broken_yaml_says_line_cause_and_what_to_do(was: str, now: str, line: str, told: str) -> None:
    text = DRAFT.replace(was, now, 1)
    (found,) = problems(text)
    assert re.search(told, found), found
    number = int(re.match(r"d\.yaml:(\d+): ", found)[1])  # type: ignore[index]
    at = line_of(DRAFT, was)
    assert number == at if line else at < number <= at + 2


def test_no_draft_grows_on_reading() -> None:
    bomb = "draft: 1\na: &a [1, 2]\nb: &b [*a, *a]\nc: [*b, *b]\n"
    assert "anchors" in problems(bomb)[0]
    assert "nested" in problems("draft: 1\na: " + "[" * 40 + "]" * 40)[0]


def test_the_drafts_of_all_pages_pass() -> None:
    pages = sorted((Path(__file__).parent / "reading_pages").glob("*.txt"))
    assert len(pages) > 5
    story = link([read_page(Page(path.name, path.read_text(encoding="utf-8"), dt.date(2015, 6, 1))) for path in pages])
    assert set(case_from_draft(draft_yaml(story))) == {"case.yaml", "sources.yaml"}


def test_a_struck_row_asks_nothing(tmp_path: Path) -> None:
    """Its players and initiatives stay out, and what is odd in it stops nobody."""
    doubt = ACCEPTED.index("  c005_railway_doubt")
    tail = ACCEPTED[doubt:].replace("review: accepted", "review: struck").replace("kind: doubt", "kind: dobt")
    case = YAML(typ="safe").load(case_from_draft(ACCEPTED[:doubt] + tail)["case.yaml"])
    assert case["players"] == {"PER": "Peru", "BOL": "Bolivia"}
    assert "no claim that was not struck" in problems(ACCEPTED.replace(" accepted", " struck"))[0]


def test_a_struck_initiative_cannot_have_rows_that_are_kept() -> None:
    found = problems(
        DRAFT.replace("BOL], review: needed}", "BOL], review: struck}").replace(
            "CHL], review: n", "CHL], review: struck} # n"
        )
    )
    assert all("is struck under initiatives" in one for one in found)
    assert found


def test_where_all_was_reviewed_nothing_says_that_it_needs_to_be(tmp_path: Path) -> None:
    for name, text in case_from_draft(ACCEPTED).items():
        assert "review: needed" not in text
        (tmp_path / name).write_text(text, encoding="utf-8")
    case = tumen.load(tmp_path)
    (process,) = case.file.processes.values()
    assert process.note.startswith("placeholder")
    (claim,) = case.claims.values()
    assert claim.note.startswith("reviewed; ")
    assert "placeholder" in claim.note
    assert "placeholder" in claim.where["process"]  # which stands beside the answer in the report's first table


def test_the_horizon_of_the_draft_is_that_of_the_case() -> None:
    longer = case_from_draft(DRAFT.replace("2012..2026", "2010..2031"))["case.yaml"]
    assert "horizon: 2010..2031" in longer
    short = case_from_draft(DRAFT.replace("2012..2026", "2012..2016"))["case.yaml"]
    assert "horizon: 2012..2026" in short  # what is promised by 2021 lies within it


def test_the_review_page_knows_its_draft() -> None:
    story = link([read_page(PAGE)])

    def data(page: str) -> dict[str, object]:
        return json.loads(re.search(r'<script id="data" type="application/json">(.*?)</script>', page, re.S)[1])  # type: ignore[index, no-any-return]

    first, again = data(review_html(story)), data(review_html(link([read_page(PAGE)])))
    assert first == again
    other = link([read_page(replace(PAGE, original=PAGE.original.replace("1,900", "1,901")))])
    assert data(review_html(other))["digest"] != first["digest"]
    assert first["initiatives"] == {one.name: list(one.claims) for one in story.initiatives}


@pytest.mark.parametrize(
    ("source", "kept"),
    [("few", ""), ("Most of them", ""), ("nobody else", ""), ("others", ""), ("very few", ""), ("some", ""),
     ("few analysts", "few analysts"), ("most of the bankers", "most of the bankers"), ("Mosta", "Mosta"), ("", "")],
)  # fmt: skip
def test_a_mere_quantifier_is_no_source(source: str, kept: str) -> None:
    claim = read_page(PAGE).claims[0]
    assert source_of(replace(claim, source=source)) == kept


@pytest.mark.parametrize(
    ("clause", "said"),
    [("but it costs $2", "it costs $2"), ("But given that, few do", "Given that, few do"), ("And, yes", "Yes"),
     ("But for the war it would stand", "But for the war it would stand"), ("Butter costs more", "Butter costs more"),
     ("and/or rail", "and/or rail"), ("and", "and")],
)  # fmt: skip
def test_what_is_said_does_not_begin_with_but(clause: str, said: str) -> None:
    assert said_of(replace(read_page(PAGE).claims[0], clause=clause)) == said


# ---- tables of claims marked by hand


def gold(folder: Path, *rows: str, head: str = HEAD) -> Path:
    (folder / "a.txt").write_text(PAGE.original, encoding="utf-8")
    (folder / "gold.csv").write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
    return folder / "gold.csv"


GOOD = 'a,2013-03-04,"1,900 km",plan,railway,PER BOL,1900,km,,'


def test_all_that_keeps_a_table_from_being_scored_is_told(tmp_path: Path) -> None:
    path = gold(
        tmp_path,
        GOOD,
        "a,2013-03-04,cost,plan,railway,PER,,,sometime,",
        "a,soon,cost,plan,railway,PER,,,2013-02-30,",
        "a,2013-03-04,1,900 km,plan,railway,PER BOL,1900,km,,",
        ",2013-03-04,cost,plan,railway,PER,,,2015/2014,",
    )
    for look in (score, gold_remarks):
        with pytest.raises(CaseError) as error:
            look(path)
        told = [str(one).removeprefix(str(path)) for one in error.value.problems]
        assert [one.split(";")[0] for one in told] == [
            ":3: date: `sometime` is no date",
            ":4: page_date: `soon` is no day",
            ":4: date: `2013-02-30` is no date of the calendar",
            ":5: has more cells than the header",
            ":6: page: is empty",
            ":6: date: `2015/2014` ends before it begins",
        ]


def test_what_is_odd_in_a_table_is_told_and_scored_all_the_same(tmp_path: Path) -> None:
    path = gold(
        tmp_path,
        GOOD,
        "a,2013-03-04,no such words,pln,railwy,Peru XX,about 5,kmm,2014,",
        "a,2013-03-05,long and cost $7 billion. It is,estimate,railway,PER,7e9/8e9,USD,../2014,",
    )
    assert len(score(path)) == 8
    told = [one.removeprefix(str(path)) for one in gold_remarks(path)]
    assert [one.split(";")[0] for one in told] == [
        ":3: sentence_has: `no such words` stands nowhere in a",
        ":3: kind: `pln` is no kind of claim",
        ":3: subject: `railwy` is no subject",
        ":3: actors: `Peru` is no code of a state",
        ":3: actors: `XX` is no code of a state",
        ":3: quantity: `about 5` is no number",
        ":3: unit: `kmm` is no unit known here",
        ":4: sentence_has: `long and cost $7 billion. It is` runs over the end of a sentence, or was left out as no"
        " part of the text",
        ":4: page_date: `2013-03-05` is not the 2013-03-04 of the page's first row, which counts",
    ]  # fmt: skip
    assert "did you mean plan?" in told[1]
    assert gold_remarks(gold(tmp_path, GOOD)) == ()


def test_a_table_without_rows_says_so(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="has a header and no rows"):
        score(gold(tmp_path))


def test_what_a_table_does_not_mark_is_not_scored(tmp_path: Path) -> None:
    head, row = HEAD.removesuffix(",doubt_or_source"), GOOD.removesuffix(",")
    assert {one.field for one in score(gold(tmp_path, GOOD))} >= {"source", "hedged"}
    assert [one.field for one in score(gold(tmp_path, row, head=head))] == [
        "claims", "kind", "subject", "actors", "quantity", "date",
    ]  # fmt: skip
