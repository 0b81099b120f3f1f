"""Delivery: whether and when what is announced is decided, built, opened and working, in every draw.

A **gate** is a political state that opens and closes by events. A **project** waits until its gates are open, its
players willing and its money there, and what it needs has opened; then it is decided, built or abandoned, opened, and
ramped up. A **reference class** says how projects of its sort went. Time is in decimal years, the draw is the first
axis, and what never happens has the date infinity. The package creates no random numbers and knows nothing of cases or
of the other engines.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tumen._classes import CLASSES, ReferenceClass
    from tumen.delivery._gate import Gate, gate_path
    from tumen.delivery._project import Project
    from tumen.delivery._simulate import simulate
    from tumen.delivery._timeline import Course, Timeline, states

__all__ = ["CLASSES", "Course", "Gate", "Project", "ReferenceClass", "Timeline", "gate_path", "simulate", "states"]

_HOMES = {
    "tumen._classes": ("CLASSES", "ReferenceClass"),
    "tumen.delivery._gate": ("Gate", "gate_path"),
    "tumen.delivery._project": ("Project",),
    "tumen.delivery._simulate": ("simulate",),
    "tumen.delivery._timeline": ("Course", "Timeline", "states"),
}


def __getattr__(name: str) -> object:
    for module, names in _HOMES.items():
        if name in names:
            value: object = getattr(import_module(module), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
