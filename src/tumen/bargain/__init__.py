"""Bargain: who gets what where coalitions can hold each other up.

A `Game` says what every coalition is worth. `shapley`, `nucleolus` and `core` divide it; `fee`, `hold_up` and
`Payments` turn a division into a deal; `self_enforcing`, `stability` and `inducement` say whether it will be kept.
Worths are in any one unit, the draw is the first axis. The package creates no random numbers and knows nothing of cases
or of the other engines.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tumen.bargain._airport import airport_nucleolus, airport_shapley
    from tumen.bargain._commitment import commitment_worth, debt_set_off, escrow, mutual_hostage
    from tumen.bargain._core import Core, core, excesses, in_core, least_core, shortfall
    from tumen.bargain._deal import Fee, HoldUp, Payments, annuity, fee, hold_up, payments, transfers
    from tumen.bargain._describe import Description, describe
    from tumen.bargain._enforce import RelationalInvestment, SelfEnforcing, relational_investment, self_enforcing
    from tumen.bargain._game import Game, expected_game
    from tumen.bargain._inducement import Inducement, inducement
    from tumen.bargain._kohlberg import Certificate, kohlberg
    from tumen.bargain._nucleolus import nucleolus, prenucleolus
    from tumen.bargain._solve import Solutions, solve
    from tumen.bargain._stability import Stability, stability
    from tumen.bargain._values import Sampled, banzhaf, sample_shapley, shapley

__all__ = [
    "Certificate", "Core", "Description", "Fee", "Game", "HoldUp", "Inducement", "Payments", "RelationalInvestment",
    "Sampled", "SelfEnforcing", "Solutions", "Stability", "airport_nucleolus", "airport_shapley", "annuity", "banzhaf",
    "commitment_worth", "core", "debt_set_off", "describe", "escrow", "excesses", "expected_game", "fee", "hold_up",
    "in_core", "inducement", "kohlberg", "least_core", "mutual_hostage", "nucleolus", "payments", "prenucleolus",
    "relational_investment", "sample_shapley", "self_enforcing", "shapley", "shortfall", "solve", "stability",
    "transfers",
]  # fmt: skip

_HOMES = {
    "_airport": ("airport_nucleolus", "airport_shapley"),
    "_commitment": ("commitment_worth", "debt_set_off", "escrow", "mutual_hostage"),
    "_core": ("Core", "core", "excesses", "in_core", "least_core", "shortfall"),
    "_deal": ("Fee", "HoldUp", "Payments", "annuity", "fee", "hold_up", "payments", "transfers"),
    "_describe": ("Description", "describe"),
    "_enforce": ("RelationalInvestment", "SelfEnforcing", "relational_investment", "self_enforcing"),
    "_game": ("Game", "expected_game"),
    "_inducement": ("Inducement", "inducement"),
    "_kohlberg": ("Certificate", "kohlberg"),
    "_nucleolus": ("nucleolus", "prenucleolus"),
    "_solve": ("Solutions", "solve"),
    "_stability": ("Stability", "stability"),
    "_values": ("Sampled", "banzhaf", "sample_shapley", "shapley"),
}


def __getattr__(name: str) -> object:
    for module, names in _HOMES.items():
        if name in names:
            value: object = getattr(import_module(f"{__name__}.{module}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
