"""The report's blocks and dials: what is shown, what is hidden until it is chosen, and no script for any of it."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from report_answers import about, debt, parameters, trade
from tumen.claims import Answer, Attribution, Contribution, DialPoint
from tumen.report import Dial, render
from tumen.report._explained import brought_about, own_values, parts, rules

DIALS = (
    Dial("elasticity", "Trade elasticity", ((2.0, "2"), (4.0, "4"))),
    Dial("rate", "Discount rate <b>", ((0.05, "5 %/yr"), (0.08, "8 %/yr")), "real"),
)
BLOCKS = (
    Contribution("gas_lines", ("pipe", "undersea_pipe"), 60.0, 40.0, 50.0, 4.0),
    Contribution("rails", ("trunk_line",), -10.0, -30.0, -20.0, 1.0),
    Contribution("debt", ("write_off",), 0.0, 0.0, 0.0, 0.0),
)


def point(*at: tuple[str, float], probability: float = 0.25, median: float = 200.0) -> DialPoint:
    return DialPoint(at, probability, 0.05, median, 100.0, 400.0, 64)


def explained() -> list[Answer]:
    """Two-way trade by both dials and three blocks, relief by one dial, and one that nothing explains."""
    e, r = [("elasticity", 2.0), ("elasticity", 4.0)], [("rate", 0.05), ("rate", 0.08)]
    grid = [point(), *(point(x) for x in (*e, *r)), *(point(x, y, median=300.0) for x in e for y in r)]
    first = replace(trade(), attribution=Attribution(230.0, 200.0, 64, BLOCKS), dials=tuple(grid))
    relief = debt("relief_5", "Relief at 5 %.", 600.0, 840.0, 0.42, 0.789)
    second = replace(relief, dials=(point(), point(r[0], probability=0.0), point(r[1], probability=1.0)))
    return [first, second, replace(relief, claim="bare")]


@pytest.fixture(scope="module")
def page() -> str:
    return render(explained(), parameters(), about(), dials=DIALS)


def test_each_choice_of_what_moves_an_answer_is_in_the_page() -> None:
    first, second, bare = explained()
    marks = [own.marks for own in own_values(first, DIALS)]
    assert marks == [f"at-1-{k}-2-{m}" for k in range(3) for m in range(3) if k or m]
    assert [own.marks for own in own_values(second, DIALS)] == ["at-2-1", "at-2-2"]
    assert own_values(bare, DIALS) == ()
    assert own_values(first, ()) == ()


def test_the_figures_of_a_choice() -> None:
    own = {each.marks: each for each in own_values(explained()[0], DIALS)}
    both = own["at-1-2-2-1"]
    assert (both.median, both.median_before, both.figure, both.before) == ("$300m", "$200m", "25 %", "25 %")
    assert (both.error, both.likelihood, both.draws) == ("± 5 points", "unlikely", 64)
    none, every = own_values(explained()[1], DIALS)
    assert (none.error, every.error) == ("", "")
    assert none.figure.startswith("under")


def test_a_rule_shows_each_mark_and_no_other(page: str) -> None:
    found = rules(DIALS).splitlines()
    assert len(found) == 2 + 2 + 8
    assert 'body:has(#dial-1 [value="2"]:checked) .at-1-2{display:block}' in found
    assert 'body:has(#dial-1 [value="2"]:checked):has(#dial-2 [value="0"]:checked) .at-1-2-2-0{display:block}' in found
    shown = set(re.findall(r'class="own (at-[\d-]+)"', page))
    assert shown == {own.marks for answer in explained() for own in own_values(answer, DIALS)}
    assert all(any(f".{mark}{{" in rule for rule in found) for mark in shown)
    assert ".own{display:none}" in page


def test_the_page_still_allows_no_script(page: str) -> None:
    assert "<script" not in page
    assert "default-src 'none'; style-src 'unsafe-inline'" in page
    assert not re.search(r"\son\w+=", page)
    assert "Discount rate &lt;b&gt;" in page
    assert page.count("<select") == 2
    assert page.count("as the case has it</option>") == 2


def test_without_dials_or_what_they_move_there_is_no_switch() -> None:
    assert "<select" not in render(explained(), parameters(), about())
    assert "<select" not in render([explained()[2]], parameters(), about(), dials=DIALS)


def test_blocks_of_an_answer() -> None:
    told = parts(explained()[0])
    assert told is not None
    assert [(row.name, row.first_in, row.last_in, row.shapley) for row in told.rows] == [
        ("gas lines", "+$60m", "+$40m", "+$50m"),
        ("rails", "\N{MINUS SIGN}$10m", "\N{MINUS SIGN}$30m", "\N{MINUS SIGN}$20m"),
    ]
    assert told.idle == ("debt",)
    assert (told.none, told.together) == ("$200m", "$230m")
    gas, rails = told.rows
    zero = float(told.zero)
    assert float(gas.start) == zero
    assert float(rails.start) + float(rails.length) == pytest.approx(zero, abs=0.02)
    assert float(gas.length) / float(rails.length) == pytest.approx(2.5, abs=0.01)
    assert float(gas.high) == 100.0
    assert parts(explained()[2]) is None


def test_a_part_of_a_share_is_in_points() -> None:
    one = Attribution(0.2, 0.25, 64, (Contribution("rails", ("x",), 0.05, 0.05, 0.05, 0.0),))
    told = parts(replace(trade(), unit="share", attribution=one))
    assert told is not None
    assert told.rows[0].shapley == "+5 points"


def test_blocks_of_all_answers(page: str) -> None:
    told = brought_about([("claim-1", "Trade", explained()[0]), ("claim-3", "Bare", explained()[2])])
    assert told is not None
    assert (told.blocks, told.idle) == (("gas lines", "rails"), ("debt",))
    assert told.rows == (("claim-1", "Trade", "$200m", "$230m", ("+$50m", "\N{MINUS SIGN}$20m")),)
    assert told.holds[0] == ("gas lines", "pipe, undersea pipe")
    assert brought_about([("claim-3", "Bare", explained()[2])]) is None
    assert page.count("What brings it about") == 2  # the section, and one card
    assert "What brings it about" not in render([explained()[2]], parameters(), about())


@pytest.mark.skipif(shutil.which("chromium") is None, reason="no browser to look at it with")
@pytest.mark.parametrize(("first", "second", "shown"), [(0, 0, ""), (2, 0, "at-1-2-2-0"), (1, 2, "at-1-1-2-2")])
def test_a_browser_shows_what_is_chosen(page: str, tmp_path: Path, first: int, second: int, shown: str) -> None:
    """The page with its boxes set; the style that the browser computes is written into the title by our script."""
    for number, k in ((1, first), (2, second)):
        head, _, tail = page.partition(f'<select id="dial-{number}"')
        tail = tail.replace('value="0" selected', 'value="0"', 1).replace(f'value="{k}"', f'value="{k}" selected', 1)
        page = f'{head}<select id="dial-{number}"{tail}'
    look = "[...document.querySelectorAll('p.own')].filter(p => getComputedStyle(p).display != 'none')"
    script = f"<script>document.title = 'shown:' + {look}.map(p => p.className)</script>"
    page = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page).replace("</body>", script + "</body>")
    path = tmp_path / "page.html"
    path.write_text(page, encoding="utf-8")
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}", "--dump-dom"]
    done = subprocess.run([*command, str(path)], capture_output=True, text=True, timeout=60, check=True)
    title = re.findall(r"<title>shown:(.*?)</title>", done.stdout)
    second_own = [f"own at-2-{second}"] if second else []
    assert title == [",".join([*([f"own {shown}"] if shown else []), *second_own])]
