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
    from tumen.trade._coalition import CoalitionValues, Leak, coalition_values
    from tumen.trade._command import solve_table
    from tumen.trade._drawn import RUNS, Cap, CostShock, DrawnWorld, Reading
    from tumen.trade._equilibrium import Equilibrium
    from tumen.trade._exposure import Exposure
    from tumen.trade._nest import NestShocks, Quota, Responses, respond
    from tumen.trade._panel import PANEL, PanelPrior
    from tumen.trade._paths import History, PairPath, PathDraws, fit, growth_needed
    from tumen.trade._shocks import Shock
    from tumen.trade._verify import verify

__all__ = [
    "PANEL", "RUNS", "Baseline", "Cap", "CoalitionValues", "CostShock", "DrawnWorld", "Equilibrium", "Exposure",
    "History", "Leak", "NestShocks", "PairPath", "PanelPrior", "PathDraws", "Quota", "Reading", "Responses", "Shock",
    "SparseShocks", "coalition_values", "fit", "growth_needed", "respond", "solve_table", "verify",
]  # fmt: skip

_HOMES = {
    "_baseline": ("Baseline",),
    "_bulk_shocks": ("SparseShocks",),
    "_coalition": ("CoalitionValues", "Leak", "coalition_values"),
    "_command": ("solve_table",),
    "_drawn": ("RUNS", "Cap", "CostShock", "DrawnWorld", "Reading"),
    "_equilibrium": ("Equilibrium",),
    "_exposure": ("Exposure",),
    "_nest": ("NestShocks", "Quota", "Responses", "respond"),
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
