"""What part each quantity of a sentence plays: where a change begins, the same in other money, an end of a range."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tumen.reading._quantities import Quantity

__all__ = ["with_roles"]

_ABOUT = r"(?:about |some |around |nearly |roughly |almost |only |just |over |at least |up to |a |the |an )*"
_FROM = re.compile(rf"\bfrom {_ABOUT}$", re.IGNORECASE)
_TO = re.compile(rf"^(?!.*\bfrom\b)(?: [\w'-]+){{0,7}}? to {_ABOUT.replace('a |the |an ', 'a ')}?$", re.IGNORECASE)
_RANGING = re.compile(rf"\b(?:rang\w+|anywhere|var(?:y|ies|ied|ying)|somewhere) from {_ABOUT}$", re.IGNORECASE)
_OTHER_MONEY = re.compile(
    r"\s*[(,]\s*(?:or |about |some |around |roughly |equal to |then |worth |equivalent to |nearly |at the time |almost |over |just |under )*",  # noqa: E501
    re.IGNORECASE,
)
_FOR = re.compile(
    r"(?: of [\w' -]{1,30}?)? (?:for|at|(?:would |will |now |currently |to )?(?:costs?|costing|fetch(?:es)?)|sells? (?:for|at)|at a price of|is|was|would be|will be) (?:about |some |only |around )?",  # noqa: E501
    re.IGNORECASE,
)
_MEASURES = {(1000.0, "m3"): "(1000 m3)", (1.0, "t"): "t", (1.0, "bbl"): "bbl", (1.0, "m3"): "m3", (0.001, "MWh"): "kWh", (1.0, "MWh"): "MWh", (1.0, "TEU"): "TEU", (1.0, "MMBtu"): "MMBtu"}  # fmt: skip  # noqa: E501


def with_roles(plain: str, found: Sequence[Quantity]) -> tuple[Quantity, ...]:
    """Mark where a change begins, and what is the same sum in other money; join the ends of a range to one."""
    kept: list[Quantity] = []
    for index, one in enumerate(found):
        after = found[index + 1] if index + 1 < len(found) else None
        last = kept[-1] if kept else None
        gap = plain[last.end : one.start] if last else ""
        if _begins(plain, one, after):
            kept.append(replace(one, role="from"))
        elif last is None or last.role:
            kept.append(one)
        elif _is_other_money(last, one) and _OTHER_MONEY.fullmatch(gap):
            kept.append(replace(one, role="also"))
        elif _is_range(plain, last, one, gap):
            kept[-1] = replace(last, high=one.high, end=one.end, text=plain[last.start : one.end])
        elif last.unit.split("/")[0] == one.unit.split("/")[0] and re.fullmatch(rf",? from {_ABOUT}", gap):
            kept.append(replace(one, role="from"))
        elif one.sort in {"money", "price"} and (last.low, last.unit) in _MEASURES and _FOR.fullmatch(gap):
            price = f"{one.unit.split('/')[0]}/{_MEASURES[last.low, last.unit]}"
            kept[-1] = replace(one, start=last.start, unit=price, sort="price", text=plain[last.start : one.end])
        else:
            kept.append(one)
    return tuple(kept)


def _begins(plain: str, one: Quantity, after: Quantity | None) -> bool:
    """Whether a change begins at `one` and comes to what is told after it."""
    if after is None or not (one.unit.split("/")[0] == after.unit.split("/")[0] or one.sort == after.sort):
        return False
    before = plain[max(0, one.start - 40) : one.start]
    return (
        _FROM.search(before) is not None
        and _RANGING.search(before) is None
        and _TO.search(plain[one.end : after.start].rstrip() + " ") is not None
    )


def _is_other_money(last: Quantity, one: Quantity) -> bool:
    return last.sort == one.sort == "money" and last.unit.split("/")[0] != one.unit.split("/")[0]


def _is_range(plain: str, last: Quantity, one: Quantity, gap: str) -> bool:
    if last.unit != one.unit or not last.low < one.low or last.low != last.high:
        return False
    joint = gap.strip().lower()
    between = re.search(r"(?i)\bbetween (?:about )?$", plain[max(0, last.start - 16) : last.start]) is not None
    return joint in {"-", "to"} or (joint == "and" and between) or (joint == "or" and one.low <= 2 * last.low)
