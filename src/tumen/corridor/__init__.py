"""Corridor: what a network of pipelines, railways and cables carries, at what prices, and what coalitions can reach.

`Network` holds nodes, links, curves of supply and demand, and options outside; `solve` finds the best flows for every
draw, `appraise` one candidate with it and without, `values` what each coalition of players can reach. Money is in MUSD
a year, the draw is the first axis. The package creates no random numbers and knows nothing of cases or other engines.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tumen.corridor._appraise import Appraisal, appraise
    from tumen.corridor._linopy import from_linopy, to_linopy
    from tumen.corridor._network import Network
    from tumen.corridor._parts import HUMMELS_SCHAUR, Commodity, Demand, Link, Node, Option, Supply
    from tumen.corridor._program import annuity_factor
    from tumen.corridor._pypsa import from_pypsa, to_pypsa
    from tumen.corridor._questions import Coalitions
    from tumen.corridor._solution import Solution
    from tumen.corridor._solve import solve
    from tumen.corridor._values import CoalitionValues, values

__all__ = [
    "HUMMELS_SCHAUR",
    "Appraisal",
    "CoalitionValues",
    "Coalitions",
    "Commodity",
    "Demand",
    "Link",
    "Network",
    "Node",
    "Option",
    "Solution",
    "Supply",
    "annuity_factor",
    "appraise",
    "from_linopy",
    "from_pypsa",
    "solve",
    "to_linopy",
    "to_pypsa",
    "values",
]

_HOMES = {
    "_appraise": ("Appraisal", "appraise"),
    "_linopy": ("from_linopy", "to_linopy"),
    "_network": ("Network",),
    "_parts": ("HUMMELS_SCHAUR", "Commodity", "Demand", "Link", "Node", "Option", "Supply"),
    "_program": ("annuity_factor",),
    "_pypsa": ("from_pypsa", "to_pypsa"),
    "_questions": ("Coalitions",),
    "_solution": ("Solution",),
    "_solve": ("solve",),
    "_values": ("CoalitionValues", "values"),
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
