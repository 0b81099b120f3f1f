"""Commitment devices: what a player can pledge so as not to hold the others up.

Each is a change of what coalitions are worth where the contract is not kept. It is kept by a coalition that holds the
player and all his partners; a coalition that holds the player but not all partners has broken it, one that holds all
partners but not the player has been left.

    escrow           the player deposits E with a third party: who broke it has v(S) - E, who was left has v(S) + E
    debt set-off     fees are set off against a debt: who broke it owes the service again, as far as it can be enforced
    mutual hostage   goods that go on to the player, worth H to him: coalitions that keep the contract have v(S) + H

The first two leave the worth of all as it is and weaken the one who pledged. With every other player as a partner, his
Shapley value falls by just E; where nobody receives what is forfeited, by less. The third adds to what there is to
lose: the player takes part of his share in kind, his cash fee falls, and breaking costs him the goods, which is where
`self_enforcing` takes it up (`pledge`, `outside`). All amounts are a year's, as the worths are: a deposit counts with
its yearly return.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt

from tumen.bargain._arrays import Array, drawn, frozen
from tumen.bargain._game import Game
from tumen.bargain._values import shapley
from tumen.errors import CaseError

__all__ = ["commitment_worth", "debt_set_off", "escrow", "mutual_hostage"]


def escrow(game: Game, player: str, partners: Iterable[str], amount: npt.ArrayLike, to_partners: bool = True) -> Game:
    """The game where a player has deposited an amount that he loses to his partners if he breaks with any of them.

    amount () or (draw,), of at least 0, a year. Without `to_partners` it is lost to all. Raises UnknownName, and
    CaseError for no partner or a player who is his own.
    """
    own, others = _parties(game, player, partners)
    pledged = drawn("escrow: amount", amount, 0.0)[..., None]
    places = np.arange(1 << game.n)
    mine, theirs = (places & own) == own, (places & others) == others
    lost = np.where(mine & ~theirs, 1.0, 0.0)
    won = np.where(theirs & ~mine, 1.0, 0.0)
    return Game(game.values + pledged * (won * to_partners - lost), game.players)


def debt_set_off(
    game: Game, debtor: str, creditor: str, service: npt.ArrayLike, enforceable: npt.ArrayLike = 1.0
) -> Game:
    """The game where fees are set off against a debt, whose service of a year falls due again if the debtor breaks.

    enforceable: the share of it, 0 to 1, that the creditor would see; a debt that nobody could collect is no pledge.
    Raises UnknownName, CaseError.
    """
    due = drawn("debt_set_off: service", service, 0.0) * drawn("debt_set_off: enforceable", enforceable, 0.0, 1.0)
    return escrow(game, debtor, [creditor], due)


def mutual_hostage(game: Game, player: str, partners: Iterable[str], worth: npt.ArrayLike) -> Game:
    """The game where goods go on to a player, such as gas to the transit state, worth so much to him a year.

    worth () or (draw,): net of what it costs to deliver them. It is made only by coalitions with the player and all
    partners. In `transfers` it belongs to his operating surplus. Raises UnknownName, CaseError.
    """
    own, others = _parties(game, player, partners)
    places = np.arange(1 << game.n)
    together = np.where((places & (own | others)) == (own | others), 1.0, 0.0)
    return Game(game.values + drawn("mutual_hostage: worth", worth)[..., None] * together, game.players)


def commitment_worth(game: Game, committed: Game, solution: Callable[[Game], Array] = shapley) -> Array:
    """(n,) or (draw, n): what a device is worth to each player, the share with it less the share without.

    Raises CaseError where the players differ.
    """
    if game.players != committed.players:
        raise CaseError([f"commitment_worth: the players are {game.players} and {committed.players}"])
    return frozen(solution(committed) - solution(game))


def _parties(game: Game, player: str, partners: Iterable[str]) -> tuple[int, int]:
    """The player and his partners, as coalitions."""
    others = game.place(tuple(partners))
    own = 1 << game.player(player)
    if not others or others & own:
        raise CaseError([f"the pledge of {player}: expected partners other than {player}"])
    return own, others
