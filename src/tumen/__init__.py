"""Tumen: what announced cross-border initiatives are worth, to whom, and whether they will come true.

    import tumen

    case = tumen.load("russia-korea-2014")
    result = tumen.run(case, draws=4096, seed=1)
    result.claims

The engines stand alone too: `tumen.trade`, `tumen.money`, `tumen.uncertainty`. Everything is imported when first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tumen._compare import Comparison, compare
    from tumen._crossings import breakeven, frontier
    from tumen._load import bundled_cases, load
    from tumen._result import Result
    from tumen._scoring import Scores, score
    from tumen.case import Case
    from tumen.errors import CaseError, TumenError
    from tumen.outcome import Outcome
    from tumen.runs import open_run, run
    from tumen.study import Plan, evaluate

__all__ = [
    "Case", "CaseError", "Comparison", "Outcome", "Plan", "Result", "Scores", "TumenError", "__version__", "breakeven",
    "bundled_cases", "compare", "evaluate", "frontier", "load", "open_run", "run", "score",
]  # fmt: skip

__version__ = "0.1.0"

_HOMES = {
    "Case": "case", "CaseError": "errors", "Outcome": "outcome", "Plan": "study", "Result": "_result",
    "TumenError": "errors", "bundled_cases": "_load", "evaluate": "study", "load": "_load", "open_run": "runs",
    "run": "runs", "breakeven": "_crossings", "frontier": "_crossings",
    "Comparison": "_compare", "compare": "_compare",
    "Scores": "_scoring", "score": "_scoring",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"tumen.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'tumen' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
