"""Strategic premium of a player by a line: what joining must be worth to it beyond money, and who extracts that.

At the decision a player compares what it makes with the line and without it. Goods are paid for at the prices where
they change hands; nobody pays anybody for consent, so fees and splits of the surplus are out (before transfers). Of the
capital, `ahead` counts what is still to be spent, for what is spent is gone whatever is decided; `committed` counts
what is spent by the case's date, for a line that stands all of it, and nothing that is only announced: it tells what
the money already put in reveals, which is no more than its cost a year, C. Spent is what the declared years of building
say, evenly. With the gain G so counted,

    W = max(0, -G),   of what is committed  min(C, max(0, -G))                      the premium, a year
    v'(S) = max(v_without(S), v_with(S) + W 1[the player is in S, and S may use the line])

and the game is divided again. What others extract is the rise of their Shapley shares from W = 0 to W.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tumen.claims._answer import Beside
from tumen.claims._arguments import Player
from tumen.claims._arguments_networks import KINDS, Line, NetworkYear, Party
from tumen.claims._arguments_programme import AnyLines, Capital
from tumen.claims._corridor import prospect_of
from tumen.outcome import Outcome

if TYPE_CHECKING:
    from tumen._prospect import Prospect

__all__ = [
    "committed_figures", "committed_share", "premium", "premium_extracted", "premium_extracted_figures",
    "premium_figures",
]  # fmt: skip

Array = npt.NDArray[np.float64]
_DOLLAR = 1e-6  # MUSD; what is less is the solver's


def premium(
    outcome: Outcome, *, initiative: Line, player: Party, capital: Capital = "ahead", year: NetworkYear | None = None
) -> Array:
    """Strategic premium of a player by a line, the least worth a year beyond money that makes joining pay; (draw,).

    Before transfers; 0 where joining pays by itself.
    """
    return _choice(outcome, initiative, player, capital, year).premium


def premium_figures(
    outcome: Outcome, *, initiative: Line, player: Party, capital: Capital = "ahead", year: NetworkYear | None = None
) -> tuple[Beside, ...]:
    """The gain that the premium makes up for, the capital in it, and the premium if goods were not paid for either."""
    asked = _choice(outcome, initiative, player, capital, year)
    unpaid = asked.made((initiative,), paid=False) - asked.without.made(player) + asked.capital_out
    words = "still to be spent" if capital == "ahead" else "spent by the case's date"
    return (
        Beside("Gain by the line, before transfers", asked.gain, "MUSD/yr", "below zero: its premium"),
        Beside("Its part of the capital, as a cost a year", asked.own * asked.counted, "MUSD/yr", words),
        Beside("Premium if goods were not paid for either", np.maximum(-unpaid, 0.0), "MUSD/yr", "an upper bound"),
    )


def premium_extracted(
    outcome: Outcome, *, initiative: Line, player: Party, capital: Capital = "ahead", year: NetworkYear | None = None
) -> Array:
    """Share of a premium that others extract, by Shapley value with it in the game, 0 where there is none; (draw,)."""
    asked = _choice(outcome, initiative, player, capital, year)
    others: Array = asked.rise.sum(axis=1) - asked.rise[:, asked.place]
    return np.divide(others, asked.premium, out=np.zeros_like(others), where=asked.premium > 0)


def premium_extracted_figures(
    outcome: Outcome, *, initiative: Line, player: Party, capital: Capital = "ahead", year: NetworkYear | None = None
) -> tuple[Beside, ...]:
    """The premium, how each share rises by it, and all together."""
    asked = _choice(outcome, initiative, player, capital, year)
    names = asked.prospect.spec.players
    rises = [
        Beside(f"Rise of {outcome.case.players[name]}", asked.rise[:, place], "MUSD/yr", "by Shapley value")
        for place, name in enumerate(names)
    ]
    return (
        Beside("Premium", asked.premium, "MUSD/yr"),
        *rises,
        Beside("Rise of all together", asked.rise.sum(axis=1), "MUSD/yr"),
    )


def committed_share(outcome: Outcome, *, player: Player, of: AnyLines | None = None) -> Array:
    """Share of announced capital that is committed, spent by the case's date by what is declared; (draw,).

    Of a player's part in lines of all networks, or of those named; 0 where it has none.
    """
    spent, announced = _capital(outcome, player, of)
    return np.divide(spent, announced, out=np.zeros_like(spent), where=announced > 0)


def committed_figures(outcome: Outcome, *, player: Player, of: AnyLines | None = None) -> tuple[Beside, ...]:
    """Both in money."""
    spent, announced = _capital(outcome, player, of)
    return (Beside("Committed", spent, "MUSD"), Beside("Announced, with what is committed", announced, "MUSD"))


@dataclass(frozen=True)
class _Choice:
    """One player's choice over one line: counted (draw,) is the share of the capital that counts."""

    prospect: Prospect
    initiative: str
    player: str
    counted: Array
    revealed: bool  # whether the capital that counts bounds the premium

    @property
    def place(self) -> int:
        return self.prospect.place(self.player)

    @property
    def without(self) -> Prospect:
        return self.prospect.without(self.initiative)

    @property
    def charged(self) -> float:
        """How much of the capital the network's own accounts charge: all of it, or nothing of what stands."""
        return 0.0 if self.prospect.addition(self.initiative).built else 1.0

    @property
    def own(self) -> Array:
        """The player's part of what all of the capital costs a year."""
        owners = dict(self.prospect.addition(self.initiative).links[0].shares)
        return self.prospect.annuity(self.initiative) * owners.get(self.player, 0.0)

    @property
    def capital_out(self) -> Array:
        """What has to be added to accounts so that only the capital that counts is charged."""
        return np.asarray(self.own * (self.charged - self.counted))

    def made(self, forced: tuple[str, ...], *, paid: bool) -> Array:
        """What the player makes a year with these built, goods paid for or not."""
        if not paid:
            return self.prospect.made(self.player, forced)
        return _account(self.prospect, self.player, forced)

    @cached_property
    def gain(self) -> Array:
        """What joining brings the player a year."""
        with_ = self.made((self.initiative,), paid=True)
        return np.asarray(with_ - _account(self.without, self.player, ()) + self.capital_out)

    @cached_property
    def premium(self) -> Array:
        needed = np.minimum(-self.gain, self.own * self.counted) if self.revealed else -self.gain
        return np.where(needed > _DOLLAR, needed, 0.0)

    @cached_property
    def rise(self) -> Array:
        """(draw, player) by how much each one's Shapley share rises with the premium in the game."""
        from tumen.bargain import Game, shapley

        able = self.prospect.able(self.initiative)
        inside = able & ((np.arange(able.size) >> self.place) & 1 == 1)
        cost = self.prospect.annuity(self.initiative) * (self.charged - self.counted)
        with_ = self.prospect.game((self.initiative,)).values + np.where(able, cost[:, None], 0.0)
        without, players = self.without.game().values, self.prospect.spec.players
        before = Game(np.maximum(without, with_), players)
        after = Game(np.maximum(without, with_ + np.where(inside, self.premium[:, None], 0.0)), players)
        return np.asarray(shapley(after) - shapley(before))


def _choice(outcome: Outcome, initiative: str, player: str, capital: str, year: int | None) -> _Choice:
    prospect = prospect_of(outcome, initiative)
    prospect = prospect if year is None else prospect.at(year)
    added = prospect.addition(initiative)
    spent = _spent(outcome, added.built, added.start, added.build)
    revealed = capital == "committed"
    return _Choice(prospect, initiative, player, spent if revealed else 1 - spent, revealed)


def _spent(outcome: Outcome, built: bool, start: Array, build: Array) -> Array:
    """The share of a line's capital that is spent by the case's date, evenly over the years of building."""
    since = np.clip((outcome.case.as_of_year - start) / build, 0.0, 1.0)
    return np.ones_like(since) if built else np.asarray(since)


def _account(prospect: Prospect, player: str, forced: tuple[str, ...]) -> Array:
    """What a player makes a year, goods paid for at the prices where they are."""
    accounts = prospect.solution(forced).accounts()
    return np.asarray(accounts[player][:, 4]) if player in accounts else np.zeros(prospect.size)


def _capital(outcome: Outcome, player: str, of: tuple[str, ...] | None) -> tuple[Array, Array]:
    """A player's part of the capital of lines, (draw,), MUSD: what is spent of it, and all of it, by declaration."""
    from tumen.initiatives import Inputs

    spent, announced = np.zeros(outcome.worlds.size), np.zeros(outcome.worlds.size)
    every: dict[str, Any] = dict(outcome.case.initiatives)
    included = {name for prospect in outcome.networks.values() for name in prospect.additions}
    for name, spec in every.items():
        if spec.kind not in KINDS or name not in included or (of is not None and name not in of):
            continue
        inputs = Inputs(name, spec, outcome.worlds, outcome.case.as_of)
        if player in spec.owners:
            capital = inputs("capex") * inputs(f"owners.{player}")
            built = getattr(spec, "state", "") == "built"
            spent = spent + capital * _spent(outcome, built, inputs("start"), inputs("build"))
            announced = announced + capital
    return spent, announced
