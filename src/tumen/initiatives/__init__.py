"""The kinds of initiative: one module a kind, found by its name.

A module holds a frozen `Spec` and some of these pure functions, which turn the declaration into inputs of the engines:

    schedule(spec, inputs)      when it can start and how long it takes      (delivery)
    links(spec, inputs)         what it adds to a corridor                   (corridor)
    trade_shock(spec, inputs)   which trade costs it changes                 (trade)
    players(spec)               whom it needs                                (bargain)
    lines(spec, inputs)         what is paid by whom, and which stocks move  (money)
    noise(spec, years)          the normals that it needs for each draw and year, by label

`lines` gives back `Lines`. Nothing here draws a number or loops over draws.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType, ModuleType

from tumen.case.fields import Initiative
from tumen.initiatives._inputs import Inputs, Lines

__all__ = ["Inputs", "Lines", "kinds", "module"]


@cache
def kinds() -> Mapping[str, type[Initiative]]:
    """Every kind of initiative and the Spec of its declaration."""
    names = sorted(info.name for info in pkgutil.iter_modules(__path__) if not info.name.startswith("_"))
    return MappingProxyType({name: module(name).Spec for name in names})


def module(kind: str) -> ModuleType:
    """The module of one kind."""
    return importlib.import_module(f"{__name__}.{kind}")
