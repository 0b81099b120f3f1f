"""An argument of a measure, as a case writes it: text, a number, or a list of them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

__all__ = ["Argument"]


def _argument(raw: Any, within: bool = False) -> Any:
    """An argument of a measure: text, a number, or a list of them."""
    if isinstance(raw, str | int | float) and not isinstance(raw, bool):
        return raw
    if isinstance(raw, list | tuple) and not within:
        return tuple(_argument(item, within=True) for item in raw)
    raise ValueError("text or a number is expected here" + ("" if within else ", or a list of them"))


_SCALAR_SCHEMA = {"type": ["string", "number"]}
Argument = Annotated[
    Any,
    BeforeValidator(_argument),
    WithJsonSchema({"anyOf": [_SCALAR_SCHEMA, {"type": "array", "items": _SCALAR_SCHEMA}]}),
]
