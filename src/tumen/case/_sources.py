"""Sources: that they exist, and that nothing was first public after the case's date."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tumen.case._dates import latest_day
from tumen.errors import did_you_mean

if TYPE_CHECKING:
    from tumen.case._case import Case

__all__ = ["too_late", "unknown_sources"]


def unknown_sources(case: Case, keys: Iterable[str]) -> list[str]:
    """What is wrong with the sources that something cites."""
    return [
        f"there is no source `{key}` in sources.yaml; {did_you_mean(key, case.sources)}"
        for key in dict.fromkeys(keys)
        if key not in case.sources
    ]


def too_late(case: Case, keys: Iterable[str], known: str | None, remedy: str) -> str:
    """Why a figure could not be known at `as_of`, or nothing."""
    if known is not None:
        if latest_day(known) > case.as_of:
            return f"first known {known}, after the case's as_of {case.as_of}; no case may know its own future"
        return ""
    for key in keys:
        date = case.sources[key].date
        if not date:
            return f"source `{key}` has no date; date it in sources.yaml, or say `known:` when this was first public"
        if latest_day(date) > case.as_of:
            return f"source `{key}` is dated {date}, after the case's as_of {case.as_of}; {remedy}"
    return ""
