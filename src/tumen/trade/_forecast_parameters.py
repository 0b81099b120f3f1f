"""The parameters of the forecast: estimated by `_forecast_fit.py`, shipped by the year of the last figure used."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tumen.errors import CaseError
from tumen.trade._forecast_features import FEATURES

__all__ = [
    "HORIZONS", "LAG", "SETS", "TABLED", "VINTAGES", "Horizon", "Parameters", "from_json", "read_parameters", "shipped",
    "to_json", "vintage",
]  # fmt: skip

Array = npt.NDArray[np.float64]

VINTAGES = (1994, 1997, 2000, 2003, 2006, 2009, 2011, 2013)  # last years of the parameters that are shipped
HORIZONS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20)
SETS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {  # features of location, and of scale
    "base": (("size",), ("size", "restless")),
    "own": (("size", "recent", "decade", "recent × restless"), ("size", "restless")),
    "world": (
        (
            "size",
            "recent",
            "gap",
            "usual",
            "risen",
            "rising",
            "recent × restless",
            "gap × restless",
            "usual × restless",
        ),
        ("size", "restless", "strayed", "figures"),
    ),
}
_ENDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.035, 0.05, 0.075)
TABLED = (*_ENDS, *(k / 20 for k in range(2, 19)), *(1 - level for level in reversed(_ENDS)))
LAG = 2  # years that a panel takes to come out
_FORMAT = "tumen-trade-forecast-1"
_DIGITS = 4
_MAKE = "make one with `tumen target estimate`"


@dataclass(frozen=True, slots=True, eq=False)
class Horizon:
    """h years: coefficients of location and of log scale, constant first, and the residuals' quantiles at TABLED."""

    years: int
    location: Array
    log_scale: Array
    residual: Array


@dataclass(frozen=True, slots=True, eq=False)
class Parameters:
    """What a panel up to the year `last` teaches.

    drift: log growth of the median flow a year. shocks: quantiles at TABLED of what strays from it in common, (horizon,
    level). centre, low, high: by feature, the median and what it is held to. sets: coefficients by horizon for each
    set of features. lasting, lasting_common: κ of how luck lasts.
    """

    last: int
    drift: float
    shocks: Array
    centre: Array
    low: Array
    high: Array
    sets: Mapping[str, tuple[Horizon, ...]]
    lasting: float
    lasting_common: float

    def __repr__(self) -> str:
        rows = [f"what the panel to {self.last} teaches: {self.drift:+.1%} a year in common, in logs"]
        for h in self.sets["world"]:
            names = ("constant", *SETS["world"][0])
            rows.append(
                f"  {h.years:2} years  " + "  ".join(f"{n} {b:+.3f}" for n, b in zip(names, h.location, strict=True))
            )
        return "\n".join(rows)


@cache
def shipped() -> tuple[Parameters, ...]:
    """The parameters that come with the package, oldest first."""
    return from_json(files("tumen.trade").joinpath("_forecast_parameters.json").read_text(encoding="utf-8"))


def vintage(parameters: tuple[Parameters, ...], announced: int) -> int:
    """Which of these could be known in a year: the newest whose last figure is at least two years old, else the oldest.

    Figures take that long to come out. A forecast made before the oldest could be known is taught by later years.
    """
    known = [i for i, one in enumerate(parameters) if one.last <= announced - LAG]
    return known[-1] if known else 0


def to_json(parameters: tuple[Parameters, ...]) -> str:
    """The parameters as text, rounded to four decimals."""
    return json.dumps({"format": _FORMAT, "vintages": [_plain(one) for one in parameters]}, indent=None) + "\n"


def from_json(text: str) -> tuple[Parameters, ...]:
    """The parameters from text. Raises ValueError where it is none, or of another format."""
    try:
        data = json.loads(text)
    except ValueError as error:
        raise ValueError(f"the text is no JSON: {error}; {_MAKE}") from None
    if not isinstance(data, dict) or data.get("format") != _FORMAT:
        raise ValueError(f"the text has no format {_FORMAT!r}; {_MAKE}")
    rows = data.get("vintages")
    if not isinstance(rows, list) or not rows:
        raise ValueError(f"the text has no vintages; {_MAKE}")
    found = []
    for at, row in enumerate(rows, 1):
        try:
            found.append(_from_plain(row))
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            what = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            raise ValueError(f"vintage {at}: {what}; {_MAKE}") from None
    lasts = [one.last for one in found]
    if lasts != sorted(set(lasts)):
        raise ValueError(f"the vintages are {', '.join(map(str, lasts))}; expected each once, oldest first; {_MAKE}")
    return tuple(found)


def read_parameters(path: Path | str) -> tuple[Parameters, ...]:
    """The parameters from a file that `tumen target estimate` wrote. Raises CaseError where it is none."""
    try:
        return from_json(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise CaseError([f"{path}: cannot be read: {error.strerror or error}"]) from error
    except ValueError as error:
        raise CaseError([f"{path}: is no file of parameters: {error}"]) from error


def _plain(one: Parameters) -> dict[str, Any]:
    def rounded(values: Array) -> list[Any]:
        return (
            [[round(float(v), _DIGITS) for v in row] for row in values]
            if values.ndim == 2
            else [round(float(v), _DIGITS) for v in values]
        )

    return {
        "last": one.last, "drift": round(one.drift, _DIGITS), "shocks": rounded(one.shocks),
        "centre": rounded(one.centre), "low": rounded(one.low), "high": rounded(one.high),
        "lasting": round(one.lasting, _DIGITS), "lasting_common": round(one.lasting_common, _DIGITS),
        "sets": {
            name: [[h.years, rounded(h.location), rounded(h.log_scale), rounded(h.residual)] for h in rows]
            for name, rows in one.sets.items()
        },
    }  # fmt: skip


def _from_plain(data: Mapping[str, Any]) -> Parameters:
    if not isinstance(data, Mapping):
        raise ValueError("it is no table of names and values")

    def array(name: str, values: Any, *shape: int) -> Array:
        found = np.array(values, dtype=np.float64)
        if found.shape != shape or not np.isfinite(found).all():
            raise ValueError(f"{name} has the shape {found.shape}; expected {shape}, of finite numbers")
        found.setflags(write=False)
        return found

    def horizons(name: str) -> tuple[Horizon, ...]:
        at, spread = (1 + len(features) for features in SETS[name])
        rows = tuple(
            Horizon(int(h), array("location", b, at), array("log_scale", c, spread), array("residual", z, len(TABLED)))
            for h, b, c, z in data["sets"][name]
        )
        years = [row.years for row in rows]
        if not years or years != sorted(set(years)) or years[0] < 1:
            raise ValueError(f"the horizons of {name} are {years}; expected years, shortest first")
        return rows

    sets, n = {name: horizons(name) for name in SETS}, len(FEATURES)
    if len({tuple(row.years for row in rows) for rows in sets.values()}) > 1:
        raise ValueError("the sets of features have different horizons")
    drift, lasting, lasting_common = (float(array(k, data[k])) for k in ("drift", "lasting", "lasting_common"))
    shocks = array("shocks", data["shocks"], len(sets["base"]), len(TABLED))
    centre, low, high = (array(k, data[k], n) for k in ("centre", "low", "high"))
    return Parameters(int(data["last"]), drift, shocks, centre, low, high, sets, lasting, lasting_common)
