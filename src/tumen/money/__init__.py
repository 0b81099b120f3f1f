"""Money: one double-entry ledger, dated schedules, present values, and the treatment of a debt.

Money is in millions of its own nominal currency, rates are fractions a year, the draw is the first axis. The package
creates no random numbers and knows nothing of cases or of the other engines.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tumen.money._debt import FundProject, Terms, treat
    from tumen.money._irr import irr, xirr
    from tumen.money._ledger import Ledger, Line, Posting, post
    from tumen.money._present_value import (
        dac_grant_element,
        net_present_value,
        periodic_present_value,
        present_value,
        schedule_grant_element,
        soft_loan_grant_equivalent,
        soft_loan_terms,
        xnpv,
        year_fraction,
    )
    from tumen.money._schedule import Schedule, add_months, schedule
    from tumen.money._stock import Stock
    from tumen.money._treatment import Treatment

__all__ = [
    "FundProject",
    "Ledger",
    "Line",
    "Posting",
    "Schedule",
    "Stock",
    "Terms",
    "Treatment",
    "add_months",
    "dac_grant_element",
    "irr",
    "net_present_value",
    "periodic_present_value",
    "post",
    "present_value",
    "schedule",
    "schedule_grant_element",
    "soft_loan_grant_equivalent",
    "soft_loan_terms",
    "treat",
    "xirr",
    "xnpv",
    "year_fraction",
]

_HOMES = {
    "_debt": ("FundProject", "Terms", "treat"),
    "_irr": ("irr", "xirr"),
    "_ledger": ("Ledger", "Line", "Posting", "post"),
    "_present_value": (
        "dac_grant_element",
        "net_present_value",
        "periodic_present_value",
        "present_value",
        "schedule_grant_element",
        "soft_loan_grant_equivalent",
        "soft_loan_terms",
        "xnpv",
        "year_fraction",
    ),
    "_schedule": ("Schedule", "add_months", "schedule"),
    "_stock": ("Stock",),
    "_treatment": ("Treatment",),
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
