"""What a mine is told of its price: the path drawn, and what is expected of it on the day of a decision."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from tumen.initiatives._inputs import Array, Inputs

if TYPE_CHECKING:
    from tumen.initiatives.mine import Spec

__all__ = ["FORMS", "expected_path", "path", "price_now", "two_prices"]

FORMS = ("mean_reverting", "geometric_brownian")


def path(spec: Spec, inputs: Inputs) -> Array:
    """The price drawn, (draw, year)."""
    drawn = inputs.process(spec.price_process)
    return np.repeat(inputs("price")[:, None], len(inputs.years), axis=1) if drawn is None else drawn


def price_now(spec: Spec, inputs: Inputs) -> Array:
    """The price in the year of the case, (draw,)."""
    return path(spec, inputs)[:, inputs.years.index(max(inputs.as_of.year, inputs.years[0]))]


def expected_path(spec: Spec, inputs: Inputs, now: Array) -> Array:
    """The price expected by year if it stands at `now` (draw,) in the year of the case, (draw, year).

    Of mean reversion the mean of a lognormal whose log goes back to that of `mean`; of a random walk what grows by
    drift + volatility^2 / 2; else the level.
    """
    since = np.maximum(np.array(inputs.years, dtype=float) - inputs.as_of.year, 0.0)
    if spec.price_process is None:
        return np.repeat(now[:, None], len(since), axis=1)
    form, part = _process(spec, inputs)
    variance = part("volatility")[:, None] ** 2
    if form == "geometric_brownian":
        return np.asarray(now[:, None] * np.exp((part("drift")[:, None] + variance / 2) * since))
    speed = np.log(2.0) / part("half_life")[:, None]
    level = np.log(part("mean"))[:, None]
    back = np.exp(-speed * since)
    logs = level + back * (np.log(now)[:, None] - level) + variance * (1 - back**2) / (4 * speed)
    return np.asarray(np.exp(logs))


def two_prices(spec: Spec, inputs: Inputs, now: Array, time: float) -> tuple[Array, Array]:
    """The price `time` years later, one deviation of its log above and below what is expected, each (draw,)."""
    if spec.price_process is None:
        return now, now
    form, part = _process(spec, inputs)
    if form == "geometric_brownian":
        middle = np.log(now) + part("drift") * time
        spread = part("volatility") * np.sqrt(time)
    else:
        speed = np.log(2.0) / part("half_life")
        back = np.exp(-speed * time)
        middle = np.log(part("mean")) + back * (np.log(now) - np.log(part("mean")))
        spread = part("volatility") * np.sqrt((1 - back**2) / (2 * speed))
    return np.exp(middle + spread), np.exp(middle - spread)


def _process(spec: Spec, inputs: Inputs) -> tuple[str, Callable[[str], Array]]:
    """Which form the process has, told by its parameters, and how to get one of them."""
    values, name = inputs.worlds.values, spec.price_process
    form = "mean_reverting" if f"{name}.half_life" in values else "geometric_brownian"
    return form, lambda part: values[f"{name}.{part}"]
