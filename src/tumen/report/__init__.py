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
        Dial,
        Mark,
        Matrix,
        NetworkMap,
        ParameterRow,
        Place,
        Range,
        Ranges,
        Route,
        Share,
        Shares,
        render,
    )

__all__ = [
    "About",
    "Dial",
    "Mark",
    "Matrix",
    "NetworkMap",
    "ParameterRow",
    "Place",
    "Range",
    "Ranges",
    "Route",
    "Share",
    "Shares",
    "render",
]


def __getattr__(name: str) -> object:
    if name in __all__:
        return getattr(importlib.import_module("tumen.report._page"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
