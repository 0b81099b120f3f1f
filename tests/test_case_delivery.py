"""Gates, delivery and `follows` in a case: what is read, what is written about it, and nothing that breaks the reader.

Malformed declarations with their messages are in `malformed/` (see test_case_malformed.py).
"""

from __future__ import annotations

import copy
import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import tumen
from delivery_support import FOLDER, outcome, variant
from tumen import initiatives
from tumen.case import Problems, json_schema
from tumen.case._delivery import DeliveryTerms, GateSpec, RecordTerms
from tumen.case._yaml import parse_yaml
from tumen.delivery import CLASSES
from tumen.errors import CaseError

DOCS = Path(__file__).parents[1] / "docs" / "case-format.md"


@pytest.fixture(scope="module")
def case() -> tumen.Case:
    return tumen.load(FOLDER)


def content() -> Any:
    """The case as plain data."""
    document = parse_yaml((FOLDER / "case.yaml").read_text(encoding="utf-8"), "case.yaml", Problems())
    assert document is not None
    return document.data


def section(begin: str, end: str) -> str:
    text = DOCS.read_text(encoding="utf-8")
    return text[text.index(f"\n{begin}\n") : text.index(f"\n{end}\n")]


# ---- what is read


def test_figures_of_a_delivery_are_named_assumptions(case: tumen.Case) -> None:
    names = {parameter.name for parameter in case.parameters}
    fields = ("fee.BBB", "worth.CCC", "money.AAA", "pace", "completed", "delay", "overrun", "reached", "ramp")
    assert {f"line.delivery.{field}" for field in fields} <= names
    assert {"spur.delivery.completed", "spur.delivery.overrun"} <= names  # as in its class
    assert "spur.delivery.pace" not in names


def test_a_scenario_sets_a_gate_and_a_term(case: tumen.Case, tmp_path: Path) -> None:
    assert case.file.gates["border"].starts == "closed"
    assert case.under("thawed").file.gates["border"].starts == "open"
    other = variant(tmp_path / "c", ("border.starts: open}", "border.starts: open, line.delivery.gates: [banks]}"))
    line = other.under("thawed").initiatives["line"].delivery
    assert line is not None
    assert line.gates == ("banks",)


def test_an_empty_delivery_is_decided_at_once_and_goes_as_planned(tmp_path: Path) -> None:
    spur = (FOLDER / "case.yaml").read_text(encoding="utf-8")
    terms = spur[spur.index("    delivery:\n      like: pipelines\n      record") : spur.index("  line:\n")]
    found = outcome(variant(tmp_path / "c", (terms, "    delivery: {}\n")), draws=4)
    course = found.timeline["spur"]
    assert (course.decided == 2024).all()
    assert (course.opened == 2025).all()
    assert (course.working[:, 2:] == 1).all()


def test_figures_of_a_class_come_with_its_source_whatever_its_date(case: tumen.Case) -> None:
    """A published parameter may be younger than the case."""
    spur = case.initiatives["spur"].delivery
    assert spur is not None
    for quantity in (spur.completed, spur.overrun):
        assert quantity is not None
        assert (quantity.source, quantity.status) == (("class-pipelines",), "published_parameter")
    assert case.sources["class-pipelines"].date == CLASSES["pipelines"].date
    assert not [key for key in case.sources if key.startswith("class-") and key != "class-pipelines"]


# ---- what is written about it


def test_every_key_is_described() -> None:
    gates, delivery = section("## `gates`", "## `initiatives`"), section("### `delivery`", "### `debt_treatment`")
    assert not [key for key in GateSpec.model_fields if f"`{key}`" not in gates]
    keys = set(DeliveryTerms.model_fields) | set(RecordTerms.model_fields)
    assert not [key for key in keys if f"`{key}`" not in delivery]


def test_every_class_is_described_as_it_is() -> None:
    text = section("### `delivery`", "### `debt_treatment`")
    told = dict(re.findall(r"^\| `([a-z_]+)` \| .* \| `overrun`, mean (\d\.\d\d) \|$", text, re.MULTILINE))
    known = {name: found for name, found in CLASSES.items() if found.overrun is not None}
    assert told == {name: f"{found.overrun.mean:.2f}" for name, found in known.items()}  # type: ignore[union-attr]
    others = {name for name in CLASSES if name not in known}
    assert not [name for name in others if f"`{name}`" not in text]
    fills = ("completed", "delay", "reached", "ramp", "pace")
    assert not [name for name, found in CLASSES.items() if any(getattr(found, field) is not None for field in fills)]


def test_the_schema_takes_it_and_knows_the_keys() -> None:
    validator = Draft202012Validator(json_schema(initiatives.kinds()))
    sound = content()
    assert [error.message for error in validator.iter_errors(sound)] == []
    wrong: list[tuple[tuple[str, ...], object]] = [
        (("gates", "border", "starts"), "ajar"), (("gates", "border", "opened"), "thaw"),
        (("initiatives", "line", "delivery", "pase"), "0.5 /yr"),
        (("initiatives", "line", "delivery", "gates"), "border"),
        (("initiatives", "line", "delivery", "fee"), "50 MUSD/yr"), (("initiatives", "customs", "follow"), "line"),
    ]  # fmt: skip
    for keys, value in wrong:
        data = copy.deepcopy(sound)
        node = data
        for key in keys[:-1]:
            node = node[key]
        node[keys[-1]] = value
        assert list(validator.iter_errors(data)), keys


# ---- what nobody would write


def places(node: Any, keys: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """Every place at and below one."""
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [keys, *(place for key, part in inner for place in places(part, (*keys, key)))]


SOUND = content()
PLACES = [
    *places(SOUND["gates"], ("gates",)),
    *places(SOUND["initiatives"]["spur"]["delivery"], ("initiatives", "spur", "delivery")),
    *places(SOUND["initiatives"]["line"]["delivery"], ("initiatives", "line", "delivery")),
    ("initiatives", "customs", "follows"),
]  # fmt: skip
NASTY: list[Any] = [
    None, True, 0, -1, 1e300, "", " ", "nan", "inf", "5 %", "150 %", "2 yr", "0 /yr", "3 km", "-3 MUSD/yr", "3 RUB/yr",
    "1/0", "../case.yaml", "line", "spur", "cable", "bypass", "deal", "customs", "border", "thaw", "growth_a", "AAA",
    "ZZZ", "open", "pipelines", "pledges", "x" * 5000, [], ["line"], ["AAA", "AAA"], [[1]], [None], {}, {"a": 1},
    {"AAA": 1}, {"AAA": "1 MUSD/yr", "CCC": "2 MUSD/yr"}, {"done": 1, "of": 0}, {"done": "x", "of": []},
    {"lever": 1, "from": 0, "to": 2}, {"normal": [1, 9]}, {"triangular": ["1 yr", "2 yr", "3 yr"]}, {"beta": [1, 1]},
    {"starts": "open", "opens": "storm", "closes": "storm"},
]  # fmt: skip


def read(data: Any) -> tumen.Case | CaseError:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "c"
        shutil.copytree(FOLDER, folder)
        (folder / "case.yaml").write_text(json.dumps(data), encoding="utf-8")
        try:
            return tumen.load(folder)
        except CaseError as error:
            return error


@given(changes=st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(NASTY)), min_size=1, max_size=2))
@settings(max_examples=15)
def test_broken_at_random_it_is_refused_or_read(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    data = copy.deepcopy(SOUND)
    for keys, value in changes:
        node = data
        try:
            for key in keys[:-1]:
                node = node[key]
            node[keys[-1]] = value
        except (TypeError, KeyError, IndexError):
            continue  # the place is gone by the first change
    found = read(data)
    if isinstance(found, CaseError):
        assert found.problems
        assert all(re.match(r"[a-z.]+:\d+: ", str(problem)) for problem in found.problems), found
