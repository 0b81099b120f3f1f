"""Trade: structural gravity, its general equilibrium, and predictive paths of bilateral flows.

Values are in millions of nominal US dollars (or of any one currency, kept throughout), growth rates are of the
logarithm a year, the draw is the first axis. The package creates no random numbers and knows nothing of cases or of the
other engines. `tumen.trade.gravity` estimates, `Baseline` solves, `fit` forecasts.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tumen.trade._baseline import Baseline
    from tumen.trade._bulk_shocks import SparseShocks
    from tumen.trade._command import solve_table
    from tumen.trade._equilibrium import Equilibrium
    from tumen.trade._panel import PANEL, PanelPrior
    from tumen.trade._paths import History, PairPath, PathDraws, fit, growth_needed
    from tumen.trade._shocks import Shock
    from tumen.trade._verify import verify

__all__ = [
    "PANEL", "Baseline", "Equilibrium", "History", "PairPath", "PanelPrior", "PathDraws", "Shock", "SparseShocks",
    "fit", "growth_needed", "solve_table", "verify",
]  # fmt: skip

_HOMES = {
    "_baseline": ("Baseline",),
    "_bulk_shocks": ("SparseShocks",),
    "_command": ("solve_table",),
    "_equilibrium": ("Equilibrium",),
    "_panel": ("PANEL", "PanelPrior"),
    "_paths": ("History", "PairPath", "PathDraws", "fit", "growth_needed"),
    "_shocks": ("Shock",),
    "_verify": ("verify",),
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
