"""Money: one double-entry ledger, dated schedules, present values, and the treatment of a debt.

Money is in millions of its own nominal currency, rates are fractions a year, the draw is the first axis. The package
creates no random numbers and knows nothing of cases or of the other engines.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tumen.money._appraisal import (
        Appraisal,
        Waiting,
        appraise,
        debt_service_cover,
        irr_many,
        net_present_values,
        option_to_wait,
        perpetual_option,
        risk_neutral_chance,
        years_from,
    )
    from tumen.money._clearing import (
        ClearingAccount,
        clear,
        clearing_discount,
        discount_for_other,
        dollar_saving,
        earnings_needed,
    )
    from tumen.money._debt import FundProject, Terms, treat
    from tumen.money._irr import irr, xirr
    from tumen.money._labour import Labour, send_labour
    from tumen.money._ledger import Ledger, Line, Posting, post
    from tumen.money._mine import Mine, MineTerms, break_even_price, operate
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
    from tumen.money._programme import Programme, disburse
    from tumen.money._schedule import Schedule, add_months, schedule
    from tumen.money._stock import Stock
    from tumen.money._treatment import Treatment

__all__ = [
    "Appraisal",
    "ClearingAccount",
    "FundProject",
    "Labour",
    "Ledger",
    "Line",
    "Mine",
    "MineTerms",
    "Posting",
    "Programme",
    "Schedule",
    "Stock",
    "Terms",
    "Treatment",
    "Waiting",
    "add_months",
    "appraise",
    "break_even_price",
    "clear",
    "clearing_discount",
    "dac_grant_element",
    "debt_service_cover",
    "disburse",
    "discount_for_other",
    "dollar_saving",
    "earnings_needed",
    "irr",
    "irr_many",
    "net_present_value",
    "net_present_values",
    "operate",
    "option_to_wait",
    "periodic_present_value",
    "perpetual_option",
    "post",
    "present_value",
    "risk_neutral_chance",
    "schedule",
    "schedule_grant_element",
    "send_labour",
    "soft_loan_grant_equivalent",
    "soft_loan_terms",
    "treat",
    "xirr",
    "xnpv",
    "year_fraction",
    "years_from",
]

_HOMES = {
    "_appraisal": (
        "Appraisal",
        "Waiting",
        "appraise",
        "debt_service_cover",
        "irr_many",
        "net_present_values",
        "option_to_wait",
        "perpetual_option",
        "risk_neutral_chance",
        "years_from",
    ),
    "_clearing": (
        "ClearingAccount",
        "clear",
        "clearing_discount",
        "discount_for_other",
        "dollar_saving",
        "earnings_needed",
    ),
    "_labour": ("Labour", "send_labour"),
    "_debt": ("FundProject", "Terms", "treat"),
    "_irr": ("irr", "xirr"),
    "_ledger": ("Ledger", "Line", "Posting", "post"),
    "_mine": ("Mine", "MineTerms", "break_even_price", "operate"),
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
    "_programme": ("Programme", "disburse"),
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
