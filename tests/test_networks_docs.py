"""The page on networks and deals does what it says, and its case gives the same answers as the engines alone."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

import tumen
from network_support import measured, outcome

PAGE = Path(__file__).parents[1] / "docs" / "networks.md"
SOURCES = "yearbook: {publisher: Nobody, title: A yearbook, date: 2024-01}\n"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tumen.Outcome:
    block = re.search(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    folder = tmp_path_factory.mktemp("line")
    (folder / "case.yaml").write_text(block[1], encoding="utf-8")
    (folder / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    return outcome(tumen.load(folder))


def test_the_page_runs() -> None:
    plain = "\n".join("" if line.startswith("```") else line for line in PAGE.read_text(encoding="utf-8").splitlines())
    test = doctest.DocTestParser().get_doctest(plain, {}, PAGE.name, str(PAGE), 0)
    told: list[str] = []
    failed = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test, out=told.append).failed
    assert not failed, "".join(told)
    assert len(test.examples) == 27


ROWS = re.findall(r"^\|[^|`]*\| `([a-z_.]+)` \| `([^`]+)` \| (\d+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)


def test_the_table_has_its_rows() -> None:
    assert len(ROWS) == 6


@pytest.mark.parametrize(("name", "where", "told"), ROWS, ids=[row[0] for row in ROWS])
def test_the_case_says_the_same(found: tumen.Outcome, name: str, where: str, told: str) -> None:
    arguments = dict(part.split(": ") for part in where.split(", "))
    values = measured(found, name, **arguments)
    assert (values.round() == float(told)).all()
