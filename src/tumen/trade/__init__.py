"""Trade: predictive paths of a bilateral flow from its own history and the growth of the two economies.

Values are in millions of nominal US dollars (or of any one currency, kept throughout), growth rates are of the
logarithm a year, the draw is the first axis. The package creates no random numbers and knows nothing of cases or of the
other engines.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tumen.trade._panel import PANEL, PanelPrior
    from tumen.trade._paths import History, PairPath, PathDraws, fit, growth_needed

__all__ = ["PANEL", "History", "PairPath", "PanelPrior", "PathDraws", "fit", "growth_needed"]

_HOMES = {
    "_panel": ("PANEL", "PanelPrior"),
    "_paths": ("History", "PairPath", "PathDraws", "fit", "growth_needed"),
}


def __getattr__(name: str) -> object:
    for module, names in _HOMES.items():
        if name in names:
            value: object = getattr(import_module(f"{__name__}.{module}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
