"""How results are to be explained: blocks of initiatives, and dials that a reader of the report turns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, model_validator

from tumen.case._fits import Fits
from tumen.case._problems import Misread
from tumen.case._quantity import Quantity
from tumen.case.fields import Frozen, Text, Words
from tumen.errors import did_you_mean

if TYPE_CHECKING:
    from tumen.case._case import Case, Parameter
    from tumen.case._document import Notes

__all__ = [
    "MOST_BLOCKS", "MOST_DIALS", "Block", "DialSpec", "Value", "cannot_be_set", "check_blocks", "check_dials", "misfit",
]  # fmt: skip

MOST_BLOCKS, MOST_DIALS, MOST_VALUES = 6, 2, 6  # 64 subsets of blocks, 36 points of two dials

Block = Annotated[tuple[Text, ...], Field(min_length=1)]
Value = Annotated[Quantity, Fits(None, single=True)]


class DialSpec(Frozen):
    """What a reader may think otherwise of: each of the values stands for all the figures that `sets` names."""

    title: Words
    sets: Annotated[tuple[Text, ...], Field(min_length=1, max_length=40)]
    values: Annotated[tuple[Value, ...], Field(max_length=MOST_VALUES)]
    note: Text = ""

    @model_validator(mode="after")
    def _two_values(self) -> DialSpec:
        if len(self.values) < 2:  # not said by the field, which would not count what is wrong by itself
            raise Misread("values", f"at least 2 are expected here, found {len(self.values)}")
        return self


def check_blocks(case: Case, note: Notes) -> None:
    """Every block names initiatives of the case, each at most once."""
    seen: dict[str, str] = {}
    for block, members in case.file.blocks.items():
        for index, name in enumerate(members):
            keys = ("blocks", block, index)
            if name not in case.initiatives:
                note(keys, f"`{name}` is no initiative of this case; {did_you_mean(name, case.initiatives)}")
            elif name in seen:
                note(keys, f"`{name}` stands already in `{seen[name]}`; an initiative is in one block, once")
            seen.setdefault(name, block)


def check_dials(case: Case, note: Notes) -> None:
    """What a dial sets is there and can be set, its values fit it, and no two dials set the same."""
    known = {parameter.name: parameter for parameter in case.parameters}
    seen: dict[str, str] = {}
    for dial, spec in case.file.dials.items():
        for index, name in enumerate(spec.sets):
            what = cannot_be_set(name, known)
            if not what and name in seen:
                what = f"`{name}` is set already by `{seen[name]}`; a figure is set by one dial, once"
            if what:
                note(("dials", dial, "sets", index), what)
            seen.setdefault(name, dial)
        for index, value in enumerate(spec.values):
            what = misfit(value, spec.values[:index], [known[name] for name in spec.sets if name in known])
            if what:
                note(("dials", dial, "values", index), what)


def cannot_be_set(name: str, known: Mapping[str, Parameter]) -> str:
    """Why a figure cannot be set, or nothing."""
    if name not in known:
        return f"there is no figure `{name}`; {did_you_mean(name, known)}"
    reference = known[name].quantity.reference
    return f"`{name}` is `{reference}`; name that, for it is what is drawn" if reference is not None else ""


def misfit(value: Quantity, before: Sequence[Quantity], set_: Sequence[Parameter]) -> str:
    """Why a value, of a dial or an option, does not fit what it is to set, or nothing."""
    if value.distribution is None:
        return f"`{value.text}` is a name; a dial stands at figures"
    for parameter in set_:
        quantity = parameter.quantity
        if quantity.distribution is None:
            continue
        if value.unit.powers != quantity.unit.powers:
            return f"`{value.text}` is in {value.unit.label}, `{parameter.name}` in {quantity.unit.label}; use its unit"
        low = (quantity.lever or quantity.distribution.bounds)[0]
        if low >= 0 > value.central or low > 0 >= value.central:
            return f"`{value.text}` is not above 0, and `{parameter.name}` never is otherwise"
    if before and value.central <= before[-1].central:
        return f"`{value.text}` is not above `{before[-1].text}`; the values of a dial rise"
    return ""
