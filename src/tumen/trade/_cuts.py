"""What it costs to cut ties: exact counterfactuals with embargoes, and what each side loses.

A loss is 1 less the factor on welfare, a fraction: 0.02 is two per cent of real spending, below zero a gain. A group
loses the sum of its members' equivalent variations, as a share of what they spend. Under the default closure a
deficit dies with the trade that pays for it, so that a country may lose its last partner; it then lives in autarky.
With one sector, without tariffs and deficits, autarky costs 1 - (home share)^(1/theta) (Arkolakis, Costinot and
Rodríguez-Clare 2012).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from tumen.errors import CaseError, NoConvergence, unknown_name
from tumen.trade._baseline import Array, Baseline
from tumen.trade._closures import closure_named
from tumen.trade._shocks import Shock

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["autarky_losses", "losses_from_cuts"]

Groups = Mapping[str, Sequence[str]]


def losses_from_cuts(
    base: Baseline,
    pairs: Iterable[tuple[str, str]] | None = None,
    groups: Groups | None = None,
    closure: str = "balanced",
    **options: Any,
) -> pd.DataFrame:
    """What `Baseline.losses_from_cuts` gives."""
    import pandas as pd

    closure_named(closure)
    members = _members(base, groups)
    wanted = _trading(base, members, groups) if pairs is None else _checked(pairs, members, groups)
    rows = []
    for a, b in wanted:
        losses, reason = _losses(base, Shock.between(members[a], members[b]), closure, options)
        rows.append((a, b, *(_loss(base, losses, members[name]) for name in (a, b)), reason))
    return pd.DataFrame(rows, columns=["a", "b", "loss_a", "loss_b", "reason"]).astype(
        {"a": object, "b": object, "loss_a": np.float64, "loss_b": np.float64, "reason": object}
    )


def autarky_losses(base: Baseline, closure: str = "balanced", **options: Any) -> pd.DataFrame:
    """What `Baseline.autarky_losses` gives."""
    import pandas as pd

    closure_named(closure)
    losses, reasons = [], []
    for country in base.countries:
        found, reason = _losses(base, Shock.cut(country), closure, options)
        losses.append(_loss(base, found, [country]))
        reasons.append(reason)
    return pd.DataFrame({"country": list(base.countries), "loss": losses, "reason": reasons})


def _losses(base: Baseline, shock: Shock, closure: str, options: Mapping[str, Any]) -> tuple[tuple[Array, Array], str]:
    """What each country spends before and loses of it, in money; or why there is no equilibrium."""
    try:
        found = base.counterfactual(shock, closure, **options)
    except NoConvergence as stopped:
        nothing = np.full(len(base.countries), np.nan)
        return (nothing, nothing), str(stopped)
    spending = _final_spending(found.baseline)
    return (spending, spending * (1 - found.welfare)), ""


def _loss(base: Baseline, found: tuple[Array, Array], names: Sequence[str]) -> float:
    places = [base.countries.index(name) for name in names]
    spending, lost = found
    return float(lost[places].sum() / spending[places].sum())


def _final_spending(base: Baseline) -> Array:
    """What households spend, tariffs included, (country,), MUSD."""
    output = base.flows.sum(axis=2)
    pay = base.value_added_share
    if pay is None:
        pay = np.ones(output.shape) if base.io is None else 1 - base.io.sum(axis=0)
    spent: Array = (pay * output).sum(axis=0) + base.tariff_revenue + base.deficits
    return spent


def _members(base: Baseline, groups: Groups | None) -> dict[str, list[str]]:
    """The countries behind each name: of groups, and of countries by themselves."""
    members = {country: [country] for country in base.countries}
    problems: list[str] = []
    for name, given in (groups or {}).items():
        inside = [given] if isinstance(given, str) else [str(country) for country in given]
        problems += [
            f"group {name}: {unknown_name('country', country, base.countries)}"
            for country in inside
            if country not in base.countries
        ]
        if not inside:
            problems.append(f"group {name} has no members; name at least one country")
        if name in base.countries and inside != [name]:
            problems.append(f"group {name} bears the name of a country; give it another")
        members[str(name)] = inside
    if problems:
        raise CaseError(problems)
    return members


def _checked(
    pairs: Iterable[tuple[str, str]], members: Mapping[str, Sequence[str]], groups: Groups | None
) -> list[tuple[str, str]]:
    """The pairs that were asked for; raises CaseError with all that is wrong with them."""
    wanted = [(str(a), str(b)) for a, b in pairs]
    kind = "country or group" if groups else "country"
    names = dict.fromkeys(name for pair in wanted for name in pair if name not in members)
    problems = [f"cut: {unknown_name(kind, name, members)}" for name in names]
    for a, b in wanted:
        if a in members and b in members:
            both = sorted(set(members[a]) & set(members[b]))
            problems += [f"cut: {a} and {b} share {country}; ties are cut between two sides" for country in both]
    if problems:
        raise CaseError(problems)
    return wanted


def _trading(base: Baseline, members: Mapping[str, Sequence[str]], groups: Groups | None) -> list[tuple[str, str]]:
    """All pairs of groups, or of countries, that trade."""
    trade = base.flows.sum(axis=0)
    place = {country: i for i, country in enumerate(base.countries)}
    found = _checked(combinations(groups or base.countries, 2), members, groups)
    sides = {name: [place[country] for country in members[name]] for pair in found for name in pair}
    return [(a, b) for a, b in found if (trade[np.ix_(sides[a], sides[b])] + trade[np.ix_(sides[b], sides[a])].T).any()]
