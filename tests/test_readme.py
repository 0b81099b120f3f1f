"""The examples of the README run, and its commands and links are there."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import tumen

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_examples_run() -> None:
    plain = "\n".join("" if line.startswith("```") else line for line in TEXT.splitlines())
    test = doctest.DocTestParser().get_doctest(plain, {}, "README.md", "README.md", 0)
    told: list[str] = []
    failed = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test, out=told.append).failed
    assert not failed, "".join(told)
    assert len(test.examples) == 22


def test_every_link_leads_to_a_file() -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", TEXT) if "//" not in link]
    assert len(links) > 10
    assert not [link for link in links if not (ROOT / link).exists()]


def test_the_answers_it_shows_are_claims_of_the_case() -> None:
    shown = set(re.findall(r"\(`(\w+)`\) \|", TEXT))
    assert len(shown) > 10
    assert not shown - set(tumen.load("russia-korea-2014", rehearse=False).claims)
