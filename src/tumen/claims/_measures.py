"""Every measure that a claim can be about: its name, unit, dimensions and one line of what it is.

A measure is one function of an outcome; its keyword arguments are what a claim's `where` may hold. Measures with a year
dimension also take `year:` (in that year) or `by:` (in any year from the case's date up to that one).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from tumen.claims import (
    _clearing,
    _corridor,
    _deals,
    _delivery,
    _equilibrium,
    _inducement,
    _mine,
    _money,
    _outlook,
    _premium,
    _process,
    _programme,
    _trade,
)
from tumen.claims._answer import Beside, Figure, HistoryPoint
from tumen.errors import unknown_name

__all__ = ["MEASURES", "Measure", "measure"]


@dataclass(frozen=True, slots=True)
class Measure:
    """One row of the table. `unit` is the base unit; `M*` stands for millions of whatever currency it is in,
    `Q*` for a quantity a year in the unit of what a line carries, `P*` for its price.

    The first clause of `doc`, up to a comma, is what the measure is called in answers.

    `history` gives the published figures of the same measure, `figures` what is shown beside the answer in every draw;
    both take the measure's own arguments. `target_figures` also takes the threshold and the year, and `brief`, a
    paragraph for print, the answer before these.
    """

    name: str
    unit: str
    dimensions: tuple[str, ...]
    doc: str
    function: Callable[..., Any]
    history: Callable[..., tuple[HistoryPoint, ...]] | None = None
    figures: Callable[..., tuple[Beside, ...]] | None = None
    target_figures: Callable[..., tuple[Figure, ...]] | None = None
    brief: Callable[..., str] | None = None
    log_scale: bool = False
    costly: bool = False  # break-evens are found only for levers that the claim names
    attributed: bool = False  # an outcome of all that is included, of which blocks of initiatives bring about parts

    @property
    def by_year(self) -> bool:
        return "year" in self.dimensions


def _row(name: str, unit: str, function: Callable[..., Any], *dimensions: str, **hooks: Any) -> Measure:
    doc = (function.__doc__ or "").split(";")[0].strip().rstrip(".")
    return Measure(name, unit, ("draw", *dimensions), doc, function, **hooks)


MEASURES: Mapping[str, Measure] = MappingProxyType({
    row.name: row
    for row in (
        _row("trade.two_way", "MUSD", _trade.two_way, "year", history=_trade.two_way_history,
             target_figures=_trade.growth_needed_figures, log_scale=True, attributed=True),
        _row("trade.outlook", "MUSD", _outlook.outlook, "year", history=_outlook.outlook_history,
             target_figures=_outlook.outlook_figures, brief=_outlook.outlook_brief, log_scale=True),
        _row("trade.growth_needed", "1/yr", _trade.growth_needed, attributed=True),
        _row("trade.partner_share", "share", _trade.partner_share, "year", attributed=True),
        _row("trade.pull", "share", _equilibrium.pull, costly=True, attributed=True),
        _row("trade.cost_cut_needed", "share", _equilibrium.cost_cut_needed, costly=True, attributed=True),
        _row("trade.loss_of_ties", "share", _equilibrium.loss_of_ties, costly=True, attributed=True),
        _row("trade.receipts_lost", "share", _equilibrium.receipts_lost, costly=True, attributed=True),
        _row("trade.input_lost", "share", _equilibrium.input_lost, costly=True, attributed=True),
        _row("trade.import_share", "share", _equilibrium.import_share, costly=True, attributed=True),
        _row("trade.import_concentration", "share", _equilibrium.import_concentration, costly=True, attributed=True),
        _row("trade.replaced", "share", _equilibrium.replaced, costly=True, attributed=True),
        _row("trade.effect", "share", _equilibrium.effect, costly=True, attributed=True),
        _row("trade.diverted", "MUSD", _equilibrium.diverted, costly=True, attributed=True),
        _row("trade.share_with", "share", _equilibrium.share_with, "year", costly=True, attributed=True),
        _row("trade.pressure", "MUSD", _equilibrium.pressure, costly=True),
        _row("trade.pressure_lost", "share", _equilibrium.pressure_lost, costly=True),
        _row("trade.pressure_share", "share", _equilibrium.pressure_share, costly=True),
        _row("trade.cost", "MUSD", _equilibrium.cost, costly=True, attributed=True),
        _row("trade.leak_cost", "MUSD", _equilibrium.leak_cost, costly=True),
        _row("trade.idle_loss", "MUSD", _equilibrium.idle_loss, costly=True),
        _row("trade.leak_relief", "share", _equilibrium.leak_relief, costly=True),
        _row("trade.leak_rent", "MUSD", _equilibrium.leak_rent, costly=True),
        _row("corridor.traffic", "Q*", _corridor.traffic, "year", costly=True),
        _row("corridor.free_supply", "Q*", _corridor.free_supply),
        _row("corridor.net_gain", "MUSD", _corridor.net_gain, "year", costly=True, figures=_corridor.net_gain_figures),
        _row("corridor.cover", "share", _corridor.cover, "year", costly=True, figures=_corridor.cover_figures),
        _row("corridor.full_by", "year", _corridor.full_by, costly=True),
        _row("corridor.npv", "MUSD", _corridor.npv, costly=True),
        _row("corridor.time_saved", "days", _corridor.time_saved),
        _row("corridor.cost_ratio", "share", _corridor.cost_ratio),
        _row("corridor.region_receipts", "MUSD", _delivery.region_receipts, "year", costly=True, attributed=True),
        _row("corridor.region_traffic", "Q*", _delivery.region_traffic, "year", costly=True, attributed=True),
        _row("delivery.decided", "year", _delivery.decided, costly=True, figures=_delivery.decided_figures),
        _row("delivery.completed", "year", _delivery.completed, costly=True, figures=_delivery.completed_figures),
        _row("delivery.working", "share", _delivery.working, "year", costly=True),
        _row("delivery.cost", "MUSD", _delivery.cost, costly=True),
        _row("delivery.npv", "MUSD", _delivery.npv, costly=True),
        _row("delivery.lost_to_stops", "MUSD", _delivery.lost_to_stops, costly=True),
        _row("delivery.gate_open", "share", _delivery.gate_open, "year"),
        _row("bargain.share", "MUSD", _deals.share, costly=True, figures=_deals.share_figures),
        _row("bargain.gain", "MUSD", _deals.gain, costly=True),
        _row("bargain.fee", "MUSD", _deals.fee, costly=True, figures=_deals.fee_figures),
        _row("bargain.fee_in_kind", "share", _deals.fee_in_kind, costly=True),
        _row("bargain.hold_up", "MUSD", _deals.hold_up, costly=True, figures=_deals.hold_up_figures),
        _row("bargain.self_enforcing_fee", "MUSD", _deals.self_enforcing_fee, costly=True,
             figures=_deals.self_enforcing_figures),
        _row("bargain.self_enforcing_spare", "MUSD", _deals.self_enforcing_spare, costly=True,
             figures=_deals.self_enforcing_figures),
        _row("bargain.price", "P*", _deals.price, costly=True),
        _row("bargain.price_from_others", "P*", _deals.price_from_others, costly=True),
        _row("bargain.price_taken_off", "P*", _deals.price_taken_off, costly=True),
        _row("bargain.offer_needed", "MUSD", _deals.offer_needed, costly=True),
        _row("bargain.stability_margin", "MUSD", _deals.stability_margin, costly=True),
        _row("bargain.premium", "MUSD", _premium.premium, costly=True, figures=_premium.premium_figures),
        _row("bargain.premium_extracted", "share", _premium.premium_extracted, costly=True,
             figures=_premium.premium_extracted_figures),
        _row("money.committed_share", "share", _premium.committed_share, figures=_premium.committed_figures,
             costly=True),
        _row("money.delivered_share", "share", _programme.delivered_share, "year", costly=True),
        _row("money.disbursed", "M*", _programme.disbursed, "year", costly=True),
        _row("money.promise_worth", "share", _programme.promise_worth, figures=_programme.worth_figures, costly=True),
        _row("money.net", "M*", _money.net, "year", attributed=True),
        _row("money.written_off", "M*", _money.written_off, figures=_money.debt_figures),
        _row("money.relief", "M*", _money.relief, figures=_money.debt_figures),
        _row("money.value_kept", "M*", _money.value_kept, figures=_money.debt_figures),
        _row("money.relief_at_market_price", "M*", _money.relief_at_market_price, figures=_money.debt_figures),
        _row("money.face_at_market_rate", "M*", _money.face_at_market_rate, figures=_money.debt_figures),
        _row("money.fund_balance", "M*", _money.fund_balance, "year"),
        _row("money.fund_coverage", "share", _money.fund_coverage, "year"),
        _row("money.paid_share", "share", _money.paid_share),
        _row("money.first_missed", "year", _money.first_missed),
        _row("money.grant_element", "share", _money.grant_element),
        _row("money.credit_needed", "MUSD", _clearing.credit_needed, "year", figures=_clearing.credit_figures,
             attributed=True, costly=True),
        _row("money.earnings_needed", "MUSD", _clearing.earnings_needed, "year", figures=_clearing.gap_figures,
             attributed=True, costly=True),
        _row("money.imports_cut", "share", _clearing.imports_cut, "year", attributed=True, costly=True),
        _row("money.exchange_gain", "MUSD", _clearing.exchange_gain, "year", attributed=True, costly=True),
        _row("money.clearing_discount", "share", _clearing.clearing_discount, figures=_clearing.discount_figures,
             costly=True),
        _row("money.discount_for_other", "share", _clearing.discount_for_other, figures=_clearing.discount_figures,
             costly=True),
        _row("money.clearing_preferred", "share", _clearing.preferred, figures=_clearing.discount_figures, costly=True),
        _row("money.dollar_saving", "MUSD", _clearing.dollar_saving, "year", costly=True),
        _row("money.workers_needed", "person", _clearing.workers_needed, "year", costly=True),
        _row("money.gap_closed", "share", _clearing.gap_closed, "year", figures=_clearing.gap_figures, costly=True),
        _row("money.labour_income", "MUSD", _clearing.labour_income, "year", figures=_clearing.labour_figures,
             costly=True),
        _row("money.labour_margin", "MUSD", _clearing.labour_margin, "year", figures=_clearing.labour_figures,
             costly=True),
        _row("bargain.inducement_smallest", "MUSD", _inducement.smallest, figures=_inducement.figures),
        _row("bargain.inducement_largest", "MUSD", _inducement.largest, figures=_inducement.figures),
        _row("bargain.inducement_flips_at", "MUSD", _inducement.flips_at, figures=_inducement.figures),
        _row("bargain.inducement_margin", "MUSD", _inducement.margin, figures=_inducement.figures),
        _row("bargain.inducement_offered", "MUSD", _inducement.offered, figures=_inducement.figures),
        _row("mine.npv", "MUSD", _mine.npv, figures=_mine.figures, costly=True),
        _row("mine.irr", "1/yr", _mine.irr, figures=_mine.figures, costly=True),
        _row("mine.payback", "year", _mine.payback, costly=True),
        _row("mine.loss", "MUSD", _mine.loss, costly=True),
        _row("mine.seized", "year", _mine.seized, costly=True),
        _row("mine.break_even", "MUSD/t", _mine.break_even, costly=True),
        _row("mine.option", "MUSD", _mine.option, costly=True),
        _row("mine.swap_share", "share", _mine.swap_share, costly=True),
        _row("mine.host_take", "MUSD", _mine.host_take, "year", costly=True),
        _row("process.first_event", "year", _process.first_event, figures=_process.hazard_figures),
        _row("process.wait", "yr", _process.wait, figures=_process.hazard_figures),
    )
})  # fmt: skip


def measure(name: str) -> Measure:
    """The measure of that name. Raises UnknownName with the nearest."""
    if name not in MEASURES:
        raise unknown_name("measure", name, MEASURES)
    return MEASURES[name]
