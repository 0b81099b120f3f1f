"""What ties are worth: the loss of every country, if trade between it and another ends, as a matrix.

Every pair of countries is cut in turn, both ways and in all goods, in a few of the draws; all of it is one batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tumen.errors import NoConvergence

if TYPE_CHECKING:
    import xarray as xr

    from tumen.outcome import Outcome
    from tumen.trade import DrawnWorld

__all__ = ["DRAWS", "Ties", "as_dataset", "from_dataset", "ties"]

Array = npt.NDArray[np.float64]
DRAWS = 64
_LEVELS = (0.05, 0.5, 0.95)


@dataclass(frozen=True)
class Ties:
    """Losses by run, (level, country, partner): the part of real spending that the country loses.

    Not a number on the diagonal, and where there is no equilibrium without the tie.

    levels: 5 %, median, 95 % over draws. names: of the countries, for people.
    """

    countries: tuple[str, ...]
    names: tuple[str, ...]
    losses: Mapping[str, Array]
    levels: tuple[float, ...] = _LEVELS


def ties(outcome: Outcome, draws: int = DRAWS) -> Ties | None:
    """The matrix of an outcome's world, from its first draws; None where the case gives no world."""
    from tumen.trade import RUNS

    world = outcome.world
    if world is None:
        return None
    draws = min(draws, world.draws)
    found: dict[str, Array] = {run: np.quantile(_losses(world, draws, run), _LEVELS, axis=0) for run in RUNS}
    names = tuple(outcome.case.players[country] for country in world.countries)
    return Ties(world.countries, names, found)


def _losses(world: DrawnWorld, draws: int, run: str) -> Array:
    """(draw, country, partner)."""
    n = len(world.countries)
    pairs = list(combinations(range(n), 2))
    lost = _lost(world, draws, run, pairs)
    out = np.full((draws, n, n), np.nan)
    for k, (a, b) in enumerate(pairs):
        out[:, a, b], out[:, b, a] = lost[k, :, a], lost[k, :, b]
    return out


def _lost(world: DrawnWorld, draws: int, run: str, pairs: list[tuple[int, int]]) -> Array:
    """(pair, draw, country); nan for a pair without which there is no equilibrium, as where one pays all of a deficit.

    In one batch or, where that has such a pair, pair by pair.
    """
    from tumen.trade import CostShock

    cells = tuple((None, world.countries[i], world.countries[j]) for a, b in pairs for i, j in ((a, b), (b, a)))
    alone = np.repeat(np.repeat(np.eye(len(pairs)), 2, axis=1), draws, axis=0)  # draws of the first pair come first
    many = world.repeated(draws, len(pairs))
    try:
        after = many.respond(CostShock.of(cells, many.draws, log_cost=np.where(alone > 0, np.inf, 0.0)), run)
    except NoConvergence:
        if len(pairs) == 1:
            return np.full((1, draws, len(world.countries)), np.nan)
        return np.concatenate([_lost(world, draws, run, [pair]) for pair in pairs])
    return np.asarray(1 - after.welfare.reshape(len(pairs), draws, -1))


def as_dataset(found: Ties) -> xr.Dataset:
    """The matrix with its labels: loss (run, level, country, partner)."""
    import xarray as xr

    values = np.stack([found.losses[run] for run in found.losses])
    labels = list(found.countries)
    coords = {"run": list(found.losses), "level": list(found.levels), "country": labels, "partner": labels}
    attrs = {"units": "share of real spending", "meaning": "lost if trade between the two ends"}
    return xr.Dataset({"loss": (("run", "level", "country", "partner"), values, attrs)}, coords)


def from_dataset(data: xr.Dataset, names: Mapping[str, str]) -> Ties:
    """The matrix that `as_dataset` made."""
    countries = tuple(str(name) for name in data.country.values)
    losses = {str(run): np.asarray(data.loss.sel(run=run)) for run in data.run.values}
    return Ties(countries, tuple(names.get(c, c) for c in countries), losses, tuple(map(float, data.level.values)))
