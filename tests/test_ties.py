"""What ties are worth: the matrix by other means, through the file of a run, and on the page."""

from __future__ import annotations

import math
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import tumen
from equilibrium_support import COUNTRIES, SMALL_WORLD, both_ways, outcome, solved
from report_answers import about, answers, parameters
from tumen._ties import Ties, as_dataset, from_dataset, ties
from tumen.case import new_case
from tumen.report import Matrix, render
from tumen.report._matrix import shaded

RUNS = ("short", "long")
EVIL = "<script>alert(1)</script>\" onmouseover='x"


@pytest.fixture(scope="module")
def case() -> tumen.Case:
    return tumen.load(SMALL_WORLD)


@pytest.fixture(scope="module")
def found(case: tumen.Case) -> Ties:
    made = ties(outcome(case, draws=8), draws=5)
    assert made is not None
    return made


# ---- the figures


@pytest.mark.parametrize("run", RUNS)
def test_every_cut_by_the_engine_of_many_sectors(case: tumen.Case, found: Ties, run: str) -> None:
    """Quantiles over the first five draws of the loss of either side, from equilibria solved one by one."""
    first = outcome(case, draws=8)
    for i, j in ((0, 1), (0, 2), (1, 2)):
        after = solved(first, run, both_ways(COUNTRIES[i], COUNTRIES[j], np.inf))[:5]
        for country, partner in ((i, j), (j, i)):
            levels = np.quantile([1 - e.welfare[country] for e in after], [0.05, 0.5, 0.95])
            np.testing.assert_allclose(found.losses[run][:, country, partner], levels, rtol=1e-7)


def test_the_matrix_has_no_diagonal_and_rising_levels(found: Ties) -> None:
    assert (found.countries, found.names) == (COUNTRIES, ("One", "Two", "Three"))
    for losses in found.losses.values():
        assert losses.shape == (3, 3, 3)
        assert np.isnan(losses[:, range(3), range(3)]).all()
        assert np.isfinite(losses).sum() == 3 * 6
        assert (np.nan_to_num(np.diff(losses, axis=0)) >= 0).all()
    assert found.losses["short"][1, 1, 0] > found.losses["long"][1, 1, 0] > 0


def test_initiatives_do_not_enter(case: tumen.Case, found: Ties) -> None:
    bare = ties(outcome(case, tumen.Plan(include=()), draws=8), draws=5)
    assert bare is not None
    for run in RUNS:
        np.testing.assert_array_equal(bare.losses[run], found.losses[run])


def test_no_more_draws_than_there_are(case: tumen.Case) -> None:
    few, many = ties(outcome(case, draws=3), draws=3), ties(outcome(case, draws=3))
    assert few is not None
    assert many is not None
    np.testing.assert_array_equal(few.losses["long"], many.losses["long"])


def test_a_tie_without_which_there_is_no_equilibrium_has_no_figure(tmp_path: Path) -> None:
    """Two and Three trade with One alone, which gives both credit; between the two there is nothing to lose."""
    shutil.copytree(SMALL_WORLD, tmp_path / "w")
    for file in ("flows.csv", "case.yaml"):
        lines = (tmp_path / "w" / file).read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if not line.startswith(("BBB,CCC", "CCC,BBB", "  with_three", "  toll"))]
        text = "".join(kept)
        start, end = text.find("  isolation:"), text.find("  standing:")
        text = text[:start] + text[end:] if start > 0 else text
        text = text.replace("      fuel: {by: BBB, direction: from_target, goods: [fuel], cut: 30 %}\n", "")
        (tmp_path / "w" / file).write_text(text, encoding="utf-8")
    found = ties(outcome(tumen.load(tmp_path / "w"), draws=4))
    assert found is not None
    for losses in found.losses.values():
        assert np.isnan(losses[:, [0, 0, 1, 2], [1, 2, 0, 0]]).all()
        np.testing.assert_allclose(losses[:, [1, 2], [2, 1]], 0, atol=1e-9)


# ---- through the file


def test_there_and_back(found: Ties) -> None:
    data = as_dataset(found)
    assert dict(data.sizes) == {"run": 2, "level": 3, "country": 3, "partner": 3}
    assert data.loss.attrs["units"] == "share of real spending"
    two_without_one = data.loss.sel(run="short", country="BBB", partner="AAA", level=0.5)
    assert float(two_without_one) == found.losses["short"][1, 1, 0]
    again = from_dataset(data, {"AAA": "One", "BBB": "Two"})
    assert (again.countries, again.names, again.levels) == (COUNTRIES, ("One", "Two", "CCC"), found.levels)
    for run in RUNS:
        np.testing.assert_array_equal(again.losses[run], found.losses[run])


@pytest.fixture(scope="module")
def folder(case: tumen.Case, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("run") / "run"
    tumen.run(case, draws=256, seed=1, workers=1, out=made)
    return made


def test_a_run_keeps_the_matrix_and_shows_it(case: tumen.Case, folder: Path) -> None:
    with xr.open_datatree(folder / "results.nc") as tree:
        loss = tree["exposure"]["loss"].load()
    expected = ties(outcome(case, draws=256))
    assert expected is not None
    for run in RUNS:
        np.testing.assert_array_equal(loss.sel(run=run).values, expected.losses[run])
    opened = tumen.open_run(folder)
    page = opened.to_html()
    assert page == (folder / "report.html").read_text(encoding="utf-8")
    assert "What each tie is worth" in page
    median = 100 * expected.losses["short"][1, 1, 0]
    assert f">{median:.0f}</td>" in page
    assert "Two without AAA: " in page


def test_a_case_without_the_world_s_trade_has_no_matrix(tmp_path: Path) -> None:
    new_case(tmp_path / "plain")
    plain = tumen.load(tmp_path / "plain")
    result = tumen.run(plain, draws=256, workers=1)
    assert "exposure" not in result.data
    page = result.to_html()
    assert "What each tie is worth" not in page
    assert 'class="matrix"' not in page
    assert ties(outcome(plain, draws=4)) is None


# ---- on the page


def matrix(values: tuple[tuple[float, ...], ...], name: str = "A") -> Matrix:
    names = tuple(f"{name}{k}" for k in range(len(values)))
    codes = tuple(f"{name[:20]}{k}" for k in range(len(values)))
    low = tuple(tuple(0.5 * v for v in row) for row in values)
    high = tuple(tuple(2 * v for v in row) for row in values)
    return Matrix(f"{name} cut", f"Per cent of {name}", names, codes, values, low, high)


@pytest.mark.parametrize(
    ("share", "text", "shade"),
    [
        (0.0, "0", 0),
        (0.00004, "0", 0),
        (0.0009, "0.09", 0),
        (0.001, "0.10", 1),
        (0.0031, "0.31", 2),
        (0.0123, "1.2", 3),
        (0.034, "3.4", 4),
        (0.347, "35", 5),
        (1.0, "100", 5),
        (-0.012, "\N{MINUS SIGN}1.2", 0),
        (math.nan, "\N{EN DASH}", 0),
    ],
)
def test_a_cell_has_two_digits_and_a_shade(share: float, text: str, shade: int) -> None:
    (made,) = shaded([matrix(((math.nan, share), (0.5, math.nan)))])
    cell = made.rows[0][2][1]
    assert (cell.text, cell.shade) == (text, shade)
    assert cell.hint.startswith("A0 without A1: ")
    assert "nan" not in cell.hint


def test_the_diagonal_is_empty_and_hints_give_the_range() -> None:
    (made,) = shaded([matrix(((math.nan, 0.02), (0.3, math.nan)))])
    name, code, cells = made.rows[1]
    assert (name, code) == ("A1", "A1")
    assert (cells[1].text, cells[1].hint) == ("", "")
    assert cells[0].hint == "A1 without A0: 30 %, 5-95 % 15 to 60"


class Table(HTMLParser):
    """The tables of class matrix: header cells with their scope, data cells with their title."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.inside, self.cell = False, ""
        self.headers: list[tuple[str, str]] = []
        self.cells: list[tuple[str, str, str]] = []
        self.captions: list[str] = []
        self.tags: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.handlers = [name for name, _ in attrs if name.startswith("on")]
        assert not self.handlers
        given = dict(attrs)
        if tag == "table":
            self.inside = given.get("class") == "matrix"
        self.cell = tag if self.inside and tag in {"th", "td", "caption"} else self.cell if self.inside else ""
        if self.inside and tag == "th":
            self.headers.append((given.get("scope") or "", ""))
        if self.inside and tag == "td":
            self.cells.append((given.get("class") or "", given.get("title") or "", ""))
        if self.inside and tag == "caption":
            self.captions.append("")

    def handle_endtag(self, tag: str) -> None:
        self.cell = "" if tag in {"th", "td", "caption"} else self.cell
        self.inside = self.inside and tag != "table"

    def handle_data(self, data: str) -> None:
        if self.cell == "th":
            self.headers[-1] = (self.headers[-1][0], (self.headers[-1][1] + " " + data).strip())
        elif self.cell == "td":
            self.cells[-1] = (*self.cells[-1][:2], self.cells[-1][2] + data)
        elif self.cell == "caption":
            self.captions[-1] += data


def test_the_table_is_told_by_its_headers() -> None:
    page = render(answers(), parameters(), about(), [matrix(((math.nan, 0.02), (0.3, math.nan)))])
    table = Table(page)
    assert [scope for scope, _ in table.headers] == ["col", "col", "row", "row"]
    assert [" ".join(text.split()) for _, text in table.headers] == ["A0", "A1", "A0 A0", "A1 A1"]
    assert len(table.captions) == 1
    assert table.captions[0] == "A cut"
    assert "Per cent of A" in page  # beside the table, so that it does not scroll with it
    body = [cell for cell in table.cells if cell[0]]  # the corner has neither class nor words
    assert [cell[0] for cell in body] == ["shade0", "shade3", "shade5", "shade0"]
    assert [cell[2] for cell in body] == ["", "2.0", "30", ""]
    assert [bool(cell[1]) for cell in body] == [False, True, True, False]
    assert page.count("<h2") == page.count("</h2>")
    order = [page.index(part) for part in ('id="claims"', 'id="ties-title"', 'id="parameters-title"')]
    assert order == sorted(order)


def test_every_shade_that_is_used_has_its_colour() -> None:
    page = render([], [], about(), [matrix(((math.nan, 0.02), (0.3, math.nan)))])
    for shade in range(1, 6):
        assert re.search(rf"\.matrix \.shade{shade}\{{background:", page)


def test_names_cannot_put_markup_into_the_page() -> None:
    evil = render([], [], about(), [matrix(((math.nan, 0.02), (0.3, math.nan)), EVIL)])
    table = Table(evil)
    assert "script" not in table.tags
    assert EVIL in " ".join(text for _, text in table.headers)
    assert "<script>" not in evil


def test_without_a_matrix_there_is_no_section() -> None:
    assert "ties-title" not in render(answers(), parameters(), about())
