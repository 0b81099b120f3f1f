"""The case format as a JSON Schema, for editors that complete and check YAML while it is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tumen.case._model import CaseFile
from tumen.case.fields import Initiative

__all__ = ["json_schema"]


def json_schema(kinds: Mapping[str, type[Initiative]]) -> dict[str, Any]:
    """The schema of case.yaml with every kind of initiative, as plain data.

    It knows the keys and the forms. What hangs together (names, dates, units of what is referred to) is for
    `tumen check`.
    """
    schema = CaseFile.model_json_schema(ref_template="#/$defs/{model}")
    definitions = schema.setdefault("$defs", {})
    forms = []
    for kind, spec in sorted(kinds.items()):
        body = spec.model_json_schema(ref_template="#/$defs/{model}")
        definitions |= body.pop("$defs", {})
        body["title"] = kind
        definitions[kind] = body
        forms.append({"$ref": f"#/$defs/{kind}"})
    schema["properties"]["initiatives"] = {"type": "object", "additionalProperties": {"anyOf": forms}}
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Tumen case, format 1"
    return schema
