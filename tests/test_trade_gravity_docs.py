"""The page on gravity does what it says."""

from __future__ import annotations

import doctest
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tumen.trade import gravity

PAGE = Path(__file__).parents[1] / "docs" / "gravity.md"


def run(text: str, globs: dict[str, object]) -> int:
    """Runs the examples of a part of the page; returns how many there were."""
    plain = "\n".join("" if line.startswith("```") else line for line in text.splitlines())
    test = doctest.DocTestParser().get_doctest(plain, globs, PAGE.name, str(PAGE), 0)
    told: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    failed = runner.run(test, out=told.append, clear_globs=False).failed
    assert not failed, "".join(told)
    return len(test.examples)


def test_the_page_runs() -> None:
    first, _, _ = PAGE.read_text(encoding="utf-8").partition("## The world in 2013")
    assert run(first, {}) == 14


def test_the_world_in_2013(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyarrow")
    monkeypatch.setenv("TUMEN_SHARED", str(shared))
    _, _, rest = PAGE.read_text(encoding="utf-8").partition("## The world in 2013")
    assert run(rest, {"np": np, "pd": pd, "gravity": gravity}) == 8
