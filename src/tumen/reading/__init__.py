"""From pages to a draft of claims that a person checks: what is claimed, where it stands, who says so.

    clean, split                 what of a page is its text; sentences             _clean, _html, _split
    find_quantities, find_dates  figures in base units; dates as ISO intervals     _quantities, _dates
    find_actors                  states by name, seat, place or leader             _actors
    cue_of, subjects_of          what sort of claim, and about what                _kinds, _subjects
    attribution_of               who says so                                       _attribution
    claims_of                    which clauses are claims                          _claims, _fields
    link                         what belongs together, and what disagrees         _link

The rules stand in tables, in the folder `data`. Nothing here knows an engine, and nothing reaches for the network but
the optional model back end (`propose`), which is off unless asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tumen.reading._claims import Claim
    from tumen.reading._clean import clean
    from tumen.reading._dates import find_dates
    from tumen.reading._draft import claims_table, draft_yaml
    from tumen.reading._link import Story, link
    from tumen.reading._model import propose
    from tumen.reading._page import Page, open_page
    from tumen.reading._quantities import find_quantities
    from tumen.reading._read import ReadPage, read_page, read_pages
    from tumen.reading._review import review_html
    from tumen.reading._score import FieldScore, gold_remarks, score, score_table
    from tumen.reading._split import split
    from tumen.reading._start import case_from_draft

_WHERE = {
    "Claim": "_claims", "FieldScore": "_score", "Page": "_page", "ReadPage": "_read", "Story": "_link",
    "case_from_draft": "_start", "claims_table": "_draft", "clean": "_clean", "draft_yaml": "_draft",
    "find_dates": "_dates", "find_quantities": "_quantities", "gold_remarks": "_score", "link": "_link",
    "open_page": "_page", "propose": "_model", "read_page": "_read", "read_pages": "_read", "review_html": "_review",
    "score": "_score", "score_table": "_score", "split": "_split",
}  # fmt: skip

__all__ = [
    "Claim", "FieldScore", "Page", "ReadPage", "Story", "case_from_draft", "claims_table", "clean", "draft_yaml",
    "find_dates", "find_quantities", "gold_remarks", "link", "open_page", "propose", "read_page", "read_pages",
    "review_html", "score", "score_table", "split",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(importlib.import_module(f"{__name__}.{_WHERE[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
