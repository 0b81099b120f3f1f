"""Several solutions of one game side by side, as the command prints them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from tumen.bargain._arrays import Array, frozen
from tumen.bargain._game import Game
from tumen.errors import unknown_name

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["SOLUTIONS", "Solutions", "solve"]

SOLUTIONS = ("shapley", "nucleolus", "core")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Solutions:
    """Shares by player: `columns` has an array (n,) or (draw, n) for each of shapley, nucleolus, core_min, core_max.

    Those that were asked for; nan where there is no nucleolus or the core is empty. `notes` say so in words.
    """

    players: tuple[str, ...]
    columns: Mapping[str, Array]
    notes: tuple[str, ...]

    def __getitem__(self, column: str) -> Array:
        """A column by its name. Raises UnknownName."""
        if column not in self.columns:
            raise unknown_name("solution", column, self.columns)
        return self.columns[column]

    def to_frame(self) -> pd.DataFrame:
        """A table `player, shapley, nucleolus, core_min, core_max`; means where there are draws."""
        import pandas as pd

        return pd.DataFrame({"player": self.players, **{name: _mean(part) for name, part in self.columns.items()}})

    def __reduce__(self) -> tuple[type[Solutions], tuple[tuple[str, ...], dict[str, Array], tuple[str, ...]]]:
        return type(self), (self.players, dict(self.columns), self.notes)

    def __repr__(self) -> str:
        width = max(6, *(len(name) for name in self.players))
        lines = ["".join([f"{'player':<{width}}", *(f"{name:>14}" for name in self.columns)])]
        means = [_mean(part) for part in self.columns.values()]
        for k, name in enumerate(self.players):
            cells = ("" if np.isnan(part[k]) else f"{part[k]:,.6g}" for part in means)
            lines.append("".join([f"{name:<{width}}", *(f"{cell:>14}" for cell in cells)]).rstrip())
        return "\n".join([*lines, *self.notes])


def solve(game: Game, solutions: Iterable[str] = SOLUTIONS) -> Solutions:
    """The Shapley value, the nucleolus and the bounds of the core, or those of them that are named.

    Raises UnknownName for a solution that is none of these, and NoConvergence.
    """
    from tumen.bargain._core import core
    from tumen.bargain._nucleolus import has_imputation, nucleolus
    from tumen.bargain._values import shapley

    asked = tuple(dict.fromkeys(solutions))
    for name in asked:
        if name not in SOLUTIONS:
            raise unknown_name("solution", name, SOLUTIONS)
    columns: dict[str, Array] = {}
    notes: list[str] = []
    if "shapley" in asked:
        columns["shapley"] = shapley(game)
    if "nucleolus" in asked:
        exists = np.atleast_1d(has_imputation(game))
        shares = np.full((exists.size, game.n), np.nan)
        if exists.any():
            shares[exists] = nucleolus(Game(np.atleast_2d(game.values)[exists], game.players))
        columns["nucleolus"] = frozen(shares.reshape((*game.values.shape[:-1], game.n)))
        if not exists.all():
            notes.append(_note("There is no nucleolus: all together are worth less than each alone", game, ~exists))
    if "core" in asked:
        found = core(game)
        columns["core_min"], columns["core_max"] = found.least, found.most
        if found.empty.any():
            notes.append(_note("The core is empty: some coalition can always do better", game, found.empty))
    return Solutions(game.players, MappingProxyType(columns), tuple(notes))


def _note(text: str, game: Game, where: np.typing.NDArray[np.bool_]) -> str:
    return f"{text}." if game.draws is None else f"{text} (in {int(where.sum())} of {game.draws} draws)."


def _mean(part: Array) -> Array:
    """(n,), the mean over draws that have a value."""
    rows = np.atleast_2d(part)
    known = ~np.isnan(rows)
    count = known.sum(axis=0)
    total = np.where(known, rows, 0.0).sum(axis=0)
    return np.asarray(np.where(count > 0, total / np.maximum(count, 1), np.nan))
