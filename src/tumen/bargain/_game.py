"""A game in characteristic form: what every coalition of players is worth.

    v: 2^N -> R,  v(empty) = 0

v(S) is what the players in S can make sure of together, whatever the others do; it can be shared among them in any way
(transferable utility). A game may hold many draws of v at once. Nothing is solved here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tumen.bargain._arrays import Array, Bits, frozen, sizes
from tumen.errors import CaseError, unknown_name

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MOST_PLAYERS", "Coalition", "Game", "expected_game"]

MOST_PLAYERS = 22  # 2^22 values are 34 MB a draw; beyond that, sample
_SHOWN = 32

Coalition = str | Iterable[str]
"""Names with `+` between, or an iterable of names."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Game:
    """What each coalition is worth, in one world or in many; read-only.

    values (2^n,) or (draw, 2^n), in any one unit: bit k of the place is player k, so [0, A, B, A+B, C, A+C, B+C, A+B+C]
    for three. The empty coalition is worth 0. players: n names; "1" to "n" if none are given.

    `Game.of` takes a mapping, `Game.read_csv` a table, `Game.from_function` a rule. Raises CaseError for a length that
    is no power of two, more than 22 players, values that are not finite, and names that are not n different ones.
    """

    values: Array
    players: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        array = frozen(self.values)
        n = array.shape[-1].bit_length() - 1 if array.ndim else -1
        if array.ndim not in (1, 2) or n < 1 or array.shape[-1] != 1 << n:
            raise CaseError([f"game: the values have the shape {array.shape}; expected (2^n,) or (draw, 2^n)"])
        _not_too_many(n)
        players = tuple(str(name) for name in self.players) or tuple(str(k + 1) for k in range(n))
        problems = _problems_of_names(players)
        if len(players) != n:
            problems.append(f"game: {len(players)} players are named; expected {n}, for {1 << n} coalitions")
        if problems:
            raise CaseError(problems)
        object.__setattr__(self, "values", array)
        object.__setattr__(self, "players", players)
        if not np.isfinite(array).all():
            place = int(np.argmin(np.isfinite(array).reshape(-1, 1 << n).all(axis=0)))
            raise CaseError([f"game: the worth of {self.label(place)} is not a finite number"])
        if (array[..., 0] != 0).any():
            raise CaseError([f"game: the empty coalition is worth {array[..., 0].flat[0]:g}; expected 0"])

    # ---- ways in

    @classmethod
    def of(cls, worths: Mapping[Any, npt.ArrayLike], players: Sequence[str] | None = None) -> Game:
        """A game from `{coalition: worth}`: "A+B", ("A", "B") or a frozenset, in any order; the empty one optional.

        A worth is a number or (draw,). Without `players` they stand in the order of the largest coalition. Raises
        CaseError with every missing, repeated or unknown coalition.

        >>> Game.of({"A": 0, "B": 0, "A+B": 10}).players
        ('A', 'B')
        """
        from tumen.bargain._read import from_mapping

        return from_mapping(worths, players)

    @classmethod
    def read_csv(cls, path: str | Path, players: Sequence[str] | None = None) -> Game:
        """A game from a table `coalition,value`, players joined by `+`, rows in any order, the empty one optional.

        Raises CaseError with every problem and its line.
        """
        from tumen.bargain._read import from_csv

        return from_csv(Path(path), players)

    @classmethod
    def from_function(cls, worth: Callable[[tuple[str, ...]], npt.ArrayLike], players: Sequence[str]) -> Game:
        """A game from a rule that gives the worth, a number or (draw,), of a tuple of names in the order of `players`.

        It is asked once for each coalition but the empty one, the small ones first. Raises CaseError.
        """
        names = tuple(players)
        _not_too_many(len(names))
        if problems := _problems_of_names(names):
            raise CaseError(problems)
        order = np.argsort(sizes(len(names)), kind="stable")[1:]
        found = {int(s): np.asarray(worth(_members(int(s), names)), dtype=np.float64) for s in order}
        try:
            rows = np.broadcast_arrays(np.zeros(()), *(found[s] for s in sorted(found)))
        except ValueError as error:
            raise CaseError(["game: the worths of coalitions differ in their number of draws"]) from error
        return cls(np.stack(rows, axis=-1), names)

    # ---- what is in it

    @property
    def n(self) -> int:
        """How many players."""
        return len(self.players)

    @property
    def draws(self) -> int | None:
        """How many draws; None for a single game."""
        return None if self.values.ndim == 1 else len(self.values)

    @property
    def whole(self) -> Array:
        """() or (draw,), what all are worth together."""
        return np.asarray(self.values[..., -1])

    @property
    def alone(self) -> Array:
        """(n,) or (draw, n), what each is worth alone."""
        return np.asarray(self.values[..., self.singles])

    @property
    def singles(self) -> Bits:
        """(n,), the places of the players alone."""
        return np.left_shift(np.int64(1), np.arange(self.n))

    def place(self, coalition: Coalition) -> int:
        """Where a coalition stands in `values`. Raises UnknownName."""
        named = coalition.split("+") if isinstance(coalition, str) else list(coalition)
        found = 0
        for name in (text.strip() for text in named):
            if name:
                found |= 1 << self.player(name)
        return found

    def player(self, name: str) -> int:
        """The number of a player, from 0. Raises UnknownName."""
        if name not in self.players:
            raise unknown_name("player", str(name), self.players)
        return self.players.index(name)

    def members(self, place: int) -> tuple[str, ...]:
        """The names of the players in the coalition at a place."""
        return _members(place, self.players)

    def label(self, place: int) -> str:
        """The coalition at a place as text: `A+B`."""
        return "+".join(self.members(place)) or "nobody"

    def __getitem__(self, coalition: Coalition) -> Array:
        """() or (draw,), the worth of a coalition: `game["A+B"]`. Raises UnknownName."""
        return np.asarray(self.values[..., self.place(coalition)])

    # ---- other games

    def changed(self, amounts: Mapping[Any, npt.ArrayLike]) -> Game:
        """The game with amounts added to the worth of some coalitions. Raises UnknownName."""
        extra = {self.place(coalition): np.asarray(amount, np.float64) for coalition, amount in amounts.items()}
        shape = np.broadcast_shapes(self.values.shape[:-1], *(amount.shape for amount in extra.values()))
        values = np.broadcast_to(self.values, (*shape, self.values.shape[-1])).copy()
        for place, amount in extra.items():
            values[..., place] += amount
        return Game(values, self.players)

    def subgame(self, players: Iterable[str]) -> Game:
        """The game among some of the players. Raises UnknownName."""
        kept = [self.player(name) for name in players]
        places = np.zeros(1 << len(kept), dtype=np.intp)
        for bit, k in enumerate(kept):
            np.add(places[: 1 << bit], 1 << k, out=places[1 << bit : 2 << bit])
        return Game(self.values[..., places], tuple(self.players[k] for k in kept))

    def draw(self, number: int) -> Game:
        """The game of one draw."""
        return Game(np.atleast_2d(self.values)[number], self.players)

    # ---- ways out

    def to_frame(self) -> pd.DataFrame:
        """A table `coalition, value`, small coalitions first, without the empty one; the mean where there are draws."""
        import pandas as pd

        order = np.argsort(sizes(self.n), kind="stable")[1:]
        mean = np.atleast_2d(self.values).mean(axis=0)
        return pd.DataFrame({"coalition": [self.label(int(s)) for s in order], "value": mean[order]})

    def to_csv(self, path: str | Path) -> None:
        """Write a single game so that `read_csv` gives the same. Raises CaseError for a game of many draws."""
        if self.draws is not None:
            raise CaseError([f"game: it has {self.draws} draws; write one of them, game.draw(0).to_csv(...)"])
        self.to_frame().to_csv(path, index=False)

    def __reduce__(self) -> tuple[type[Game], tuple[Array, tuple[str, ...]]]:
        return type(self), (self.values, self.players)

    def __repr__(self) -> str:
        order = [int(s) for s in np.argsort(sizes(self.n), kind="stable")[1:]]
        shown = order if len(order) <= _SHOWN else [*order[: self.n], order[-1]]
        width = max(9, *(len(self.label(s)) for s in shown))
        if self.draws is None:
            lines = [f"Game of {self.n} players", f"  {'coalition':<{width}}{'worth':>14}"]
            lines += [f"  {self.label(s):<{width}}{self.values[s]:>14,.6g}" for s in shown]
        else:
            lines = [f"Game of {self.n} players, {self.draws} draws"]
            lines.append(f"  {'coalition':<{width}}{'mean':>14}{'5 %':>14}{'95 %':>14}")
            for s in shown:
                low, high = np.quantile(self.values[:, s], (0.05, 0.95))
                lines.append(f"  {self.label(s):<{width}}{self.values[:, s].mean():>14,.6g}{low:>14,.6g}{high:>14,.6g}")
        if len(shown) < len(order):
            lines.append(f"  ... and {len(order) - len(shown):,} coalitions between")
        return "\n".join(lines)


def expected_game(game: Game, presence: npt.ArrayLike) -> Game:
    """The game of players who may not be there: each stays, by itself, with a probability.

    v'(S) = E v(those of S who are there), by one pass a player: v'(S) = p_i v(S) + (1 - p_i) v(S without i) where i is
    in S. It takes O(n 2^n) instead of the O(3^n) of the definition.

    presence: (n,) or (draw, n), or one number, 0 to 1. Raises CaseError for anything else.
    """
    from tumen.bargain._arrays import drawn

    chance = drawn("expected_game: presence", presence, 0.0, 1.0)
    try:
        chance = np.broadcast_to(chance, np.broadcast_shapes(chance.shape, (game.n,)))
        lead = np.broadcast_shapes(chance.shape[:-1], game.values.shape[:-1])
    except ValueError:
        lead = None
    if lead is None or chance.shape[-1] != game.n:
        raise CaseError([f"expected_game: presence has the shape {chance.shape}; expected one for each of {game.n}"])
    values = np.broadcast_to(game.values, (*lead, 1 << game.n)).copy()
    for k in range(game.n):
        pairs = values.reshape(*lead, -1, 2, 1 << k)
        p = chance[..., k, None, None]
        pairs[..., 1, :] = p * pairs[..., 1, :] + (1 - p) * pairs[..., 0, :]
    return Game(values, game.players)


def _members(place: int, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(compress(names, ((place >> k) & 1 for k in range(len(names)))))


def _not_too_many(n: int) -> None:
    if n > MOST_PLAYERS:
        raise CaseError(
            [f"game: {n} players have {2**n:,} coalitions; expected at most {MOST_PLAYERS}; use `sample_shapley`"]
        )


def _problems_of_names(players: Sequence[str]) -> list[str]:
    problems = [] if players else ["game: there are no players"]
    twice = sorted({name for name in players if players.count(name) > 1})
    problems += [f"game: the player {name!r} is named twice" for name in twice]
    return problems + [
        f"game: the name {name!r} of a player is empty, ends in a space or holds a '+'"
        for name in players
        if not name or name != name.strip() or "+" in name
    ]
