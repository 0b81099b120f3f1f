"""What is not known, and how it is drawn: distributions, processes, chunks of draws, sensitivity.

A **distribution** is a frozen quantile function. A **process** turns parameters and yearly noise into a path by year. A
**blueprint** names all of them; `draw` makes from it one chunk of **worlds**, in which every named assumption is an
array (draw) and every process an array (draw, year). Every name has a random stream of its own, so what is added to a
blueprint or taken out of it leaves the draws of everything else as they were.

>>> from tumen.uncertainty import Blueprint, Clock, GeometricBrownian, draw, from_percentiles
>>> blueprint = Blueprint(
...     clock=Clock(years=(2014, 2015, 2016), as_of=2014.5),
...     assumptions={"coal_price": from_percentiles("lognormal", 60, 110)},
...     processes={"oil": GeometricBrownian(start=100, drift=0.0, volatility=0.3)},
... )
>>> worlds = draw(blueprint, seed=1, chunk=0)
>>> worlds.values["coal_price"].shape, worlds.paths["oil"].shape
((256,), (256, 3))
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tumen.uncertainty._arrays import Array, Frozen, readonly
    from tumen.uncertainty._clock import Clock, Process, decimal_year
    from tumen.uncertainty._conjugate import updated_beta
    from tumen.uncertainty._copula import Correlation
    from tumen.uncertainty._distributions import (
        Distribution,
        beta,
        constant,
        discrete,
        empirical,
        from_percentiles,
        gamma,
        lognormal,
        normal,
        pert,
        triangular,
        uniform,
    )
    from tumen.uncertainty._fit import fit
    from tumen.uncertainty._groups import GroupShare, group_shares
    from tumen.uncertainty._information import Information, Learning, evppi
    from tumen.uncertainty._processes import GeometricBrownian, Hazard, JumpDiffusion, MeanReverting, TrendGrowth
    from tumen.uncertainty._scores import (
        Bin,
        Difference,
        brier,
        calibration,
        coverage,
        crps,
        crps_quantiles,
        log_score,
        paired_difference,
        pit,
    )
    from tumen.uncertainty._sensitivity import Sensitivity, sensitivities, sensitivity
    from tumen.uncertainty._streams import generator, normals, stratified
    from tumen.uncertainty._worlds import Blueprint, Worlds, draw

__all__ = [
    "Array",
    "Bin",
    "Blueprint",
    "Clock",
    "Correlation",
    "Difference",
    "Distribution",
    "Frozen",
    "GeometricBrownian",
    "GroupShare",
    "Hazard",
    "Information",
    "JumpDiffusion",
    "Learning",
    "MeanReverting",
    "Process",
    "Sensitivity",
    "TrendGrowth",
    "Worlds",
    "beta",
    "brier",
    "calibration",
    "constant",
    "coverage",
    "crps",
    "crps_quantiles",
    "decimal_year",
    "discrete",
    "draw",
    "empirical",
    "evppi",
    "fit",
    "from_percentiles",
    "gamma",
    "generator",
    "group_shares",
    "log_score",
    "lognormal",
    "normal",
    "normals",
    "paired_difference",
    "pert",
    "pit",
    "readonly",
    "sensitivities",
    "sensitivity",
    "stratified",
    "triangular",
    "uniform",
    "updated_beta",
]

_HOMES = {
    "_arrays": ("Array", "Frozen", "readonly"),
    "_clock": ("Clock", "Process", "decimal_year"),
    "_conjugate": ("updated_beta",),
    "_copula": ("Correlation",),
    "_distributions": (
        "Distribution",
        "beta",
        "constant",
        "discrete",
        "empirical",
        "from_percentiles",
        "gamma",
        "lognormal",
        "normal",
        "pert",
        "triangular",
        "uniform",
    ),
    "_fit": ("fit",),
    "_groups": ("GroupShare", "group_shares"),
    "_information": ("Information", "Learning", "evppi"),
    "_processes": ("GeometricBrownian", "Hazard", "JumpDiffusion", "MeanReverting", "TrendGrowth"),
    "_scores": (
        "Bin",
        "Difference",
        "brier",
        "calibration",
        "coverage",
        "crps",
        "crps_quantiles",
        "log_score",
        "paired_difference",
        "pit",
    ),
    "_sensitivity": ("Sensitivity", "sensitivities", "sensitivity"),
    "_streams": ("generator", "normals", "stratified"),
    "_worlds": ("Blueprint", "Worlds", "draw"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
