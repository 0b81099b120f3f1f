"""The parameters of the forecast: estimated by `_forecast_fit.py`, shipped by the year of the last figure used."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["HORIZONS", "SETS", "TABLED", "Horizon", "Parameters", "from_json", "shipped", "to_json", "vintage"]

Array = npt.NDArray[np.float64]

HORIZONS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20)
SETS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {  # features of location, and of scale
    "base": (("size",), ("size", "restless")),
    "own": (("size", "recent", "decade"), ("size", "restless")),
    "world": (("size", "recent", "decade", "gap", "usual"), ("size", "restless")),
}
_ENDS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.035, 0.05, 0.075)
TABLED = (*_ENDS, *(k / 20 for k in range(2, 19)), *(1 - level for level in reversed(_ENDS)))
_LAG = 2  # years that a panel takes to come out
_FORMAT = "tumen-trade-forecast-1"
_DIGITS = 4


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
    known = [i for i, one in enumerate(parameters) if one.last <= announced - _LAG]
    return known[-1] if known else 0


def to_json(parameters: tuple[Parameters, ...]) -> str:
    """The parameters as text, rounded to four decimals."""
    return json.dumps({"format": _FORMAT, "vintages": [_plain(one) for one in parameters]}, indent=None) + "\n"


def from_json(text: str) -> tuple[Parameters, ...]:
    """The parameters from text. Raises ValueError where it is none, or of another format."""
    data = json.loads(text)
    if not isinstance(data, dict) or data.get("format") != _FORMAT:
        raise ValueError(f"the text has no format {_FORMAT!r}; make it with `tumen target estimate`")
    return tuple(_from_plain(one) for one in data["vintages"])


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
    def array(values: Any) -> Array:
        found = np.array(values, dtype=np.float64)
        found.setflags(write=False)
        return found

    sets = {
        name: tuple(Horizon(int(h), array(b), array(c), array(z)) for h, b, c, z in rows)
        for name, rows in data["sets"].items()
    }
    return Parameters(
        last=int(data["last"]), drift=float(data["drift"]), shocks=array(data["shocks"]), centre=array(data["centre"]),
        low=array(data["low"]), high=array(data["high"]), sets=sets, lasting=float(data["lasting"]),
        lasting_common=float(data["lasting_common"]),
    )  # fmt: skip
