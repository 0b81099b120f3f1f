"""The JSON Schema of case.yaml, for editors: it takes what the reader takes, and knows the keys."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tumen import initiatives
from tumen._load import bundled_cases, case_folder
from tumen.case import Problems, json_schema
from tumen.case._yaml import parse_yaml

HERE = Path(__file__).parent
SKELETON = HERE.parent / "src" / "tumen" / "case" / "skeleton"
SOUND = [HERE / "every_form", SKELETON, *(case_folder(name) for name in bundled_cases())]


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return json_schema(initiatives.kinds())


@pytest.fixture(scope="module")
def validator(schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator(schema)


def content(folder: Path) -> Any:
    document = parse_yaml((folder / "case.yaml").read_text(encoding="utf-8"), "case.yaml", Problems())
    assert document is not None
    return document.data


def test_it_is_a_schema(schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)
    assert json.loads(json.dumps(schema)) == schema
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("folder", SOUND, ids=lambda folder: folder.name)
def test_it_takes_sound_cases(validator: Draft202012Validator, folder: Path) -> None:
    assert [error.message for error in validator.iter_errors(content(folder))] == []


@pytest.mark.parametrize(
    ("keys", "value"),
    [
        (("assumption",), {}),
        (("format",), 2),
        (("title",), []),
        (("initiatives", "settlement", "hair_cut"), "80 %"),
        (("initiatives", "settlement", "kind"), "debt_treatmnt"),
        (("initiatives", "settlement", "schedule", "repayment"), "sometimes"),
        (("initiatives", "settlement", "stock"), ["500 MUSD"]),
        (("claims", "relief", "tests"), "at_least 3 MUSD"),
        (("claims", "relief", "test"), 3),
        (("claims", "relief", "where", "initiative"), {"a": 1}),
        (("assumptions", "three", "sorce"), "ministry"),
        (("assumptions", "three", "status"), "sure"),
        (("processes", "walk", "geometric_brownian", "vol"), "3 %"),
        (("processes", "walk", "fit"), "straight_line"),
        (("scenarios", "calm", "sets"), {}),
        (("correlations", 0, "members"), "three"),
    ],
)
def test_it_knows_the_keys(validator: Draft202012Validator, keys: tuple[Any, ...], value: object) -> None:
    data = copy.deepcopy(content(HERE / "every_form"))
    node = data
    for key in keys[:-1]:
        node = node[key]
    node[keys[-1]] = value
    assert not validator.is_valid(data)


@pytest.mark.parametrize("keys", [("as_of",), ("claims", "relief", "test"), ("initiatives", "settlement", "stock")])
def test_it_knows_what_must_be_there(validator: Draft202012Validator, keys: tuple[str, ...]) -> None:
    data = copy.deepcopy(content(HERE / "every_form"))
    node = data
    for key in keys[:-1]:
        node = node[key]
    del node[keys[-1]]
    assert not validator.is_valid(data)
