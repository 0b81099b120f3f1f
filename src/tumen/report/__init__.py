"""One self-contained HTML page of answers: words, figures, charts and sources, without a network.

>>> from tumen.report import About, render
>>> page = render([], [], About("A case", "2014-05-31", 256, 1, "base", "0.1", "abc", "2013-2035", 0.5))
>>> page.startswith("<!doctype html>")
True
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tumen.report._page import (
        About,
        Decision,
        Dial,
        Learnt,
        Mark,
        Matrix,
        NetworkMap,
        Option,
        ParameterRow,
        Place,
        Range,
        Ranges,
        Route,
        Share,
        Shares,
        render,
    )
    from tumen.report._scored import Scored, render_scores

__all__ = [
    "About",
    "Decision",
    "Dial",
    "Learnt",
    "Mark",
    "Matrix",
    "NetworkMap",
    "Option",
    "ParameterRow",
    "Place",
    "Range",
    "Ranges",
    "Route",
    "Scored",
    "Share",
    "Shares",
    "render",
    "render_scores",
]
_SCORES = ("Scored", "render_scores")


def __getattr__(name: str) -> object:
    if name in __all__:
        home = "tumen.report._scored" if name in _SCORES else "tumen.report._page"
        return getattr(importlib.import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
