"""Parts of a document as frozen models, with pydantic's errors in the house's words and at their line."""

from __future__ import annotations

import types
import typing
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from tumen.case._document import Notes
from tumen.case._problems import Keys
from tumen.errors import did_you_mean

__all__ = ["validate"]

M = TypeVar("M", bound=BaseModel)


def validate(model: type[M], body: Any, keys: Keys, note: Notes) -> M | None:
    """The model of the part at `keys`, or None after noting every problem with its line."""
    if not isinstance(body, dict):
        note(keys, f"a group of keys is expected here, found {_found(body)}")
        return None
    try:
        return model.model_validate(body)
    except ValidationError as error:
        for item in error.errors(include_url=False):
            own = tuple(part for part in item["loc"] if part != "[key]")
            below = getattr(item.get("ctx", {}).get("error"), "keys", ())  # a quantity knows which of its keys is wrong
            note((*keys, *own, *below), _message(model, item, own))
    return None


def _message(model: type[BaseModel], item: Any, keys: Keys) -> str:
    kind, found = item["type"], _found(item["input"])
    if kind == "extra_forbidden":
        return f"unknown key; {did_you_mean(str(keys[-1]), _keys_at(model, keys[:-1]))}"
    if kind == "missing":
        return "is missing; add it"
    if kind == "value_error":
        return str(item["msg"]).removeprefix("Value error, ")
    if kind in {"model_type", "dict_type", "mapping_type"}:
        return f"a group of keys is expected here, found {found}"
    if kind == "tuple_type":
        return f"a list is expected here, found {found}"
    if kind in {"too_short", "too_long"}:
        bound, count = ("at least", "min_length") if kind == "too_short" else ("at most", "max_length")
        length = item["ctx"]["actual_length"] or len(item["input"])
        verb = "is" if item["ctx"][count] == 1 else "are"
        return f"{bound} {item['ctx'][count]} {verb} expected here, found {length}"
    if kind in {"string_type", "string_too_short"}:
        return f"text is expected here, found {found}"
    return f"{item['msg'][0].lower()}{item['msg'][1:]}; found {found}"


def _found(raw: Any) -> str:
    if raw is None or raw == "":
        return "nothing"
    if isinstance(raw, dict | list):
        return "a group of keys" if isinstance(raw, dict) else "a list"
    return f"`{str(raw).lower() if isinstance(raw, bool) else str(raw)[:40]}`"


def _keys_at(model: Any, keys: Keys) -> list[str]:
    """The keys that a model knows at a place below it."""
    for key in keys:
        if isinstance(model, type) and issubclass(model, BaseModel):
            model = model.model_fields[str(key)].annotation if str(key) in model.model_fields else None
        else:  # of a mapping, or a tuple, what it holds
            held = [part for part in typing.get_args(model) if part not in {str, Ellipsis}]
            model = held[-1] if held else None
        while typing.get_origin(model) in {typing.Union, types.UnionType, typing.Annotated}:
            model = next(part for part in typing.get_args(model) if part is not type(None))
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return []
    return [info.alias or key for key, info in model.model_fields.items()]
