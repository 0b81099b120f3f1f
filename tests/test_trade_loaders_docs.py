"""The page on loaders does what it says."""

from __future__ import annotations

import doctest
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "loaders.md"


def test_the_page_runs() -> None:
    text = PAGE.read_text(encoding="utf-8")
    plain = "\n".join("" if line.startswith("```") else line for line in text.splitlines())
    test = doctest.DocTestParser().get_doctest(plain, {}, PAGE.name, str(PAGE), 0)
    told: list[str] = []
    ran = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test, out=told.append)
    assert not ran.failed, "".join(told)
    assert ran.attempted == len(test.examples) == 23
