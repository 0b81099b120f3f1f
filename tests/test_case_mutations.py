"""Valid cases, broken at random: what comes out is a case or a list of problems, never another error, and soon."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tumen._load import load
from tumen.case import Case, Problems
from tumen.case._yaml import parse_yaml
from tumen.errors import CaseError

HERE = Path(__file__).parent
SKELETON = HERE.parent / "src" / "tumen" / "case" / "skeleton"
TEXTS = {
    folder.name: {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.iterdir())}
    for folder in (HERE / "every_form", SKELETON)
}
PATIENCE = 20.0  # seconds for one case, which takes a tenth of one; generous, for a busy machine

NASTY: list[Any] = [
    None, True, False, 0, -1, 1, 3, 2013, 10**17, -0.5, 0.5, 1.5, 1e-300, 1e300, "", " ", "x", "nan", "inf", "-inf",
    "1e999", "1e308 bn USD", "-3 MUSD", "5 %", "150 %", "1e-320 MUSD", "2 yr", "1e5 yr", "0 yr", "3 km", "4 RUB/USD",
    "2**3 USD", "__import__('os')", "USD; import os", "1/0", "9^9^9^9", "../case.yaml", "/etc/passwd", "case.yaml",
    "rate.csv", "gdp.csv", "2014-02-30", "9999-12-31", "0001-01-01", "2024-06-30", "2023..2040", "2040..2023", "AAA",
    "BBB", "CCC", "school fund", "default", "walk", "three", "flat", "settlement", "settlement.haircut", "a_b", "trade",
    "at_least 1 MUSD", "by 2030", "between 1 and 2", "money.relief", "trade.two_way", "calm", "rich", "lever", "world",
    "é", "\u202e", "a\nb", "%", "/yr", "1 (1000 m3)", "x" * 5000, [], [1], [1, 2], [1, 2, 3], ["AAA", "BBB"], [[1]],
    [None], ["x", ["y"]], {}, {"a": 1}, {"value": 1}, {"lever": 1, "from": 0, "to": 2}, {"triangular": [1, 2, 3]},
    {"normal": [0, 1e9], "unit": "MUSD"}, {"lognormal": ["1 MUSD", 40]}, {"p10": 1, "p90": 1e300}, {"empirical": [1]},
    {"discrete": {"values": [1, 2], "weights": [0, 0]}}, {"beta": [1e-9, 1e-9]}, {"set": {}},
    {"kind": "debt_treatment"}, {"kind": "trade_cost"}, {"kind": "sanction"}, "sanction", "embargo", "quota",
    "in_force", "additive", "ore", "wares", "flows.csv", "isolation", "rails", "trade.loss_of_ties", "trade.pressure",
    "short",
]  # fmt: skip
CHARACTERS = ":-{}[]\"'#&*!|>%@`,. \t\n\\0179eEaA/^()~?é\u2028\u0000\u001b"


def outcome(files: dict[str, str]) -> Case | CaseError:
    """What comes of a folder with these files, within its time."""
    with tempfile.TemporaryDirectory() as name:
        for file, text in files.items():
            (Path(name) / file).write_bytes(text.encode("utf-8", "surrogatepass"))
        started = time.perf_counter()
        try:
            found: Case | CaseError = load(name)
        except CaseError as error:
            found = error
        assert time.perf_counter() - started < PATIENCE
        assert sorted(path.name for path in Path(name).iterdir()) == sorted(files)  # nothing is left behind
    if isinstance(found, CaseError):
        assert found.problems
        assert all(str(problem).strip() for problem in found.problems)
        assert all(problem.place.file in {*files, "case.yaml", "sources.yaml"} for problem in found.problems)  # type: ignore[attr-defined]
    return found


def test_the_cases_that_are_broken_below_are_sound() -> None:
    for files in TEXTS.values():
        assert isinstance(outcome(files), Case)


@st.composite
def changed_text(draw: st.DrawFn, text: str) -> str:
    """A text with one change: of a line, of a few characters, or of a value."""
    lines = text.split("\n")
    at = draw(st.integers(0, len(lines) - 1))
    kind = draw(st.sampled_from(["delete", "double", "swap", "indent", "value", "key", "cell", "character", "cut"]))
    line = lines[at]
    if kind == "delete":
        del lines[at]
    elif kind == "double":
        lines.insert(at, line)
    elif kind == "swap":
        other = draw(st.integers(0, len(lines) - 1))
        lines[at], lines[other] = lines[other], line
    elif kind == "indent":
        lines[at] = draw(st.sampled_from([" " + line, "  " + line, line.lstrip(), line[1:], "\t" + line]))
    elif kind == "value":
        lines[at] = line.partition(":")[0] + ": " + json.dumps(draw(st.sampled_from(NASTY)), ensure_ascii=False)
    elif kind == "key":
        lines[at] = draw(st.sampled_from([line[:-1], line.replace(":", "s:", 1), line.replace("e", "", 1)]))
    elif kind == "cell":
        cells = line.split(",")
        cells[draw(st.integers(0, len(cells) - 1))] = str(draw(st.sampled_from(NASTY)))
        lines[at] = ",".join(cells)
    elif kind == "cut":
        lines[at:] = [line[: draw(st.integers(0, len(line)))]]
    text = "\n".join(lines)
    if kind == "character":
        place = draw(st.integers(0, len(text)))
        gone = draw(st.integers(0, 3))
        text = text[:place] + draw(st.text(st.sampled_from(CHARACTERS), max_size=3)) + text[place + gone :]
    return text


@st.composite
def changed_files(draw: st.DrawFn) -> dict[str, str]:
    files = dict(TEXTS[draw(st.sampled_from(sorted(TEXTS)))])
    for _ in range(draw(st.integers(1, 3))):
        name = draw(st.sampled_from(["case.yaml", "case.yaml", *sorted(files)]))
        files[name] = draw(changed_text(files[name]))
    return files


@settings(max_examples=40)
@given(changed_files())
def test_a_changed_text_is_a_case_or_a_list_of_problems(files: dict[str, str]) -> None:
    outcome(files)


def _content(text: str) -> Any:
    document = parse_yaml(text, "case.yaml", Problems())
    assert document is not None
    return document.data


CONTENTS = {name: _content(files["case.yaml"]) for name, files in TEXTS.items()}


def _parts(node: Any, keys: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The keys of every part below a node."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [found for key, value in items for found in ((*keys, key), *_parts(value, (*keys, key)))]


@st.composite
def changed_content(draw: st.DrawFn) -> dict[str, str]:
    """A case whose content is changed where it stays YAML: a part replaced, taken out, renamed, or put elsewhere."""
    name = draw(st.sampled_from(sorted(CONTENTS)))
    data = json.loads(json.dumps(CONTENTS[name]))
    for _ in range(draw(st.integers(1, 3))):
        parts = _parts(data)
        keys = draw(st.sampled_from(parts))
        node = data
        for key in keys[:-1]:
            node = node[key]
        kind = draw(st.sampled_from(["replace", "replace", "remove", "rename", "move"]))
        if kind == "replace":
            node[keys[-1]] = json.loads(
                json.dumps(draw(st.sampled_from(NASTY)))
            )  # a copy: the next change may be in it
        elif kind == "remove":
            del node[keys[-1]]
        elif kind == "rename" and isinstance(node, dict):
            node[draw(st.sampled_from(["", "x", "a.b", "kind", "source", "set", "unit", "year"]))] = node.pop(keys[-1])
        else:
            other = draw(st.sampled_from(parts))
            value = data
            for key in other:
                value = value[key] if not isinstance(value, dict) or key in value else {}
                if not isinstance(value, dict | list):
                    break
            node[keys[-1]] = json.loads(json.dumps(value))
        if not isinstance(data, dict) or not data:
            break
    return TEXTS[name] | {"case.yaml": json.dumps(data, indent=1, ensure_ascii=False)}


@settings(max_examples=60)
@given(changed_content())
def test_a_changed_content_is_a_case_or_a_list_of_problems(files: dict[str, str]) -> None:
    outcome(files)
