"""Published equilibria, computed again: the enlargement of the European Union in one sector, NAFTA in forty.

Sources: the data of the R package GEGravity (WIOD 2016, year 2000, theta 4) with its float32 results, and Caliendo and
Parro (2015) as solved by the R package cp2015 to 1e-10. The first-order welfare of the latter is what was published;
the exact change of real income stands beside it.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tumen.trade._rows import Row, compare

if TYPE_CHECKING:
    from tumen.trade._multi import ManySectors
    from tumen.trade._multi_solution import ManySectorsSolution

__all__ = ["enlargement", "nafta", "nafta_world"]

Array = npt.NDArray[np.float64]
_MEMBERS = {"Mexico": "MEX", "Canada": "CAN", "USA": "USA"}
_EXACT = {"MEX": 0.0073, "CAN": -0.1101, "USA": 0.0741}
_TRADE = {"MEX": 118.28, "CAN": 11.11, "USA": 40.52}


def enlargement(data: Path) -> list[Row]:
    """Welfare and flows of 44 countries, with additive and with multiplicative deficits, to single precision."""
    import pandas as pd

    from tumen.trade._baseline import Baseline
    from tumen.trade._shocks import Shock

    table = pd.read_csv(data / "gegravity_TradeData0014_Results.csv").query("year == 2000")
    flows = table[["exporter", "importer", "trade"]].rename(columns={"trade": "value"})
    base = Baseline.from_table(flows, 4.0)
    shock = Shock.from_table(table.assign(cost=np.exp(-table["eu_effect"] / 4))[["exporter", "importer", "cost"]])
    rows = []
    for closure, welfare, value in (("additive", "w_eu", "X_eu"), ("multiplicative", "w_mult", "X_mult")):
        found = base.counterfactual(shock, closure)
        target = f"EU enlargement, {closure}"
        ours = found.to_frame().set_index("country")["welfare"]
        published = table.groupby("exporter")[welfare].first()[ours.index]
        rows.append(_worst(target, welfare, published.to_numpy(), ours.to_numpy(), list(ours.index)))
        both = found.flows().merge(table, on=["exporter", "importer"], validate="one_to_one")
        names = [f"{a} to {b}" for a, b in zip(both["exporter"], both["importer"], strict=True)]
        rows.append(
            _worst(
                target,
                value,
                both[value].to_numpy(),
                both["value_x" if "value_x" in both else "value"].to_numpy(),
                names,
            )
        )
    return rows


def nafta(data: Path) -> list[Row]:
    """Terms and volume of trade, welfare and real wages of 31 countries; trade within NAFTA; exact real income."""
    from tumen.trade._multi import Change
    from tumen.trade._multi_solve import rebase, solve

    rows: list[Row] = []
    for deficits, file in ((False, "cp2015_R_welfare_zero_tol1e-10.csv"), (True, "cp2015_R_welfare_deficit.csv")):
        base, tariff = nafta_world(data, deficits)
        base = rebase(base).as_base() if deficits else base
        found = solve(base, Change.of(base, tariff=tariff), "additive" if deficits else "balanced")
        target = f"Caliendo-Parro NAFTA, {'with' if deficits else 'zero'} deficits"
        rows += _welfare(target, found, data / file)
        if not deficits:
            rows += _members(found)
    return rows


def _welfare(target: str, found: ManySectorsSolution, file: Path) -> list[Row]:
    from tumen.trade._multi_solution import first_order_welfare

    first = first_order_welfare(found)
    ours = {
        "tot": first.terms_of_trade,
        "vot": first.volume_of_trade,
        "welfare": first.welfare,
        "realwage": found.real_wage - 1,
    }
    with file.open() as stream:
        table = {row["region"]: row for row in csv.DictReader(stream)}
    rows = []
    for name, values in ours.items():
        published = np.array([float(table[country][name]) for country in found.base.countries])
        worst = int(np.argmax(np.abs(100 * values - published)))
        quantity = f"{name}, percentage points, worst of {len(published)}: {found.base.countries[worst]}"
        rows.append(compare(target, quantity, float(published[worst]), float(100 * values[worst]), 1e-6))
    return rows


def _members(found: ManySectorsSolution) -> list[Row]:
    """What was printed of the three members, to its digits."""
    target, names = "Caliendo-Parro NAFTA, printed", found.base.countries
    place = {name: names.index(name) for name in _MEMBERS}
    rows = []
    for name, code in _MEMBERS.items():
        exact = 100 * (float(found.real_income[place[name]]) - 1)
        rows.append(compare(target, f"exact real income, per cent: {code}", _EXACT[code], exact, 5e-5))
    for name, code in _MEMBERS.items():
        others = [place[other] for other in _MEMBERS if other != name]
        after = found.flows[:, others, place[name]].sum()
        before = found.base_flows[:, others, place[name]].sum()
        growth = 100 * (float(after / before) - 1)
        rows.append(compare(target, f"imports from the other two, per cent: {code}", _TRADE[code], growth, 5e-3))
    return rows


def nafta_world(data: Path, deficits: bool) -> tuple[ManySectors, Array]:
    """Caliendo and Parro's world of 1993, and the tariffs under NAFTA."""
    from tumen.trade._multi import ManySectors

    with np.load(data / "cp2015_nafta.npz") as held:
        countries = tuple(str(name) for name in held["regions"])
        deficit = np.zeros(len(countries))
        if deficits:
            with (data / "cp2015_deficit.csv").open() as stream:
                known = {row["region"]: float(row["D"]) / 1e6 for row in csv.DictReader(stream)}
            deficit = np.array([known[name] for name in countries])
        base = ManySectors(
            shares=held["pi_nij"].transpose(2, 1, 0),
            tariff=held["tau_nij_bln"].transpose(2, 1, 0),
            inputs=held["gamma_nkj"].transpose(1, 2, 0),
            value_added=held["gamma_nj"].T,
            final=held["alpha_nj"].T,
            income=held["wL_n"] / 1e6,
            deficit=deficit,
            theta=held["theta_j"],
            countries=countries,
            sectors=tuple(str(name) for name in held["sectors"]),
        )
        return base, held["tau_nij_cfl"].transpose(2, 1, 0)


def _worst(target: str, name: str, published: Array, ours: Array, labels: list[str]) -> Row:
    """The entry that differs most, relatively."""
    worst = int(np.argmax(np.abs(ours / published - 1)))
    quantity = f"{name}, relative, worst of {len(labels)}: {labels[worst]}"
    return compare(target, quantity, float(published[worst]), float(ours[worst]), 2e-7, relative=True)
