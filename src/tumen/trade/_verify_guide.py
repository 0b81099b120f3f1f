"""The WTO guide's two applications, computed again: its procedure as published, and the equilibrium beside it.

The procedure must agree with the published tables to single precision. The equilibrium must not: the guide's loop
stops after three to five steps. Rows of the equilibrium hold the published figure against the exact one, and their
verdict is "theory" as long as the distance is the known one. That the exact one is an equilibrium has rows of its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tumen.trade._rows import Row, compare, theory

if TYPE_CHECKING:
    import pandas as pd

    from tumen.trade._equilibrium import Equilibrium
    from tumen.trade._guide import Guide

__all__ = ["wto_borders", "wto_nafta"]


def wto_borders(data: Path) -> list[Row]:
    """The guide's application 1: coefficients to the printed digits, its loop to single precision, the equilibrium."""
    import pandas as pd

    from tumen.trade._guide import borders_removed

    target = "WTO guide 2.1, procedure"
    guide = borders_removed(pd.read_csv(data / "wto_app1_2006.csv"))
    printed = {"log(DIST)": -0.79128791, "CNTG": 0.67364557, "INTL_BRDR": -2.47445046}
    found = guide.estimates[0].coefficients
    rows = [compare(target, f"coefficient {name}", value, float(found[name]), 5e-9) for name, value in printed.items()]
    rows += _published_tables(target, guide, data, "app1")
    known = {"price": 0.465, "IMR": 0.835, "exports": 28.95, "markets": 0.0236}
    return rows + _equilibrium("WTO guide 2.1, equilibrium", guide, known, ("USA", "CHN"))


def wto_nafta(data: Path) -> list[Row]:
    """The guide's application 2: coefficients of both stages, its loop to single precision, the equilibrium."""
    import pandas as pd

    from tumen.trade._guide import nafta_removed

    target = "WTO guide 2.2, procedure"
    guide = nafta_removed(pd.read_csv(data / "wto_app2_input.csv.gz"))
    first, second = guide.estimates
    rows = [compare(target, "coefficient RTA", 0.5571853, float(first.coefficients["RTA"]), 5e-8)]
    printed = {"log(DIST)": -0.84750268, "CNTG": 0.29408307, "LANG": 0.36326589, "CLNY": 0.23941636}
    for name, value in printed.items():
        rows.append(compare(target, f"coefficient {name}", value, float(second.coefficients[name]), 5e-9))
    rows += _published_tables(target, guide, data, "app2")
    known = {"price": 0.115, "IMR": 0.085, "exports": 0.745, "markets": 0.0137}
    return rows + _equilibrium("WTO guide 2.2, equilibrium", guide, known, ("CAN", "MEX", "USA"))


def _published_tables(target: str, guide: Guide, data: Path, application: str) -> list[Row]:
    import pandas as pd

    rows = []
    for table, ours in (("PROD", guide.production), ("CONS", guide.consumption)):
        path = data / f"wto_{application}_published_{table}.csv"
        published = pd.read_csv(path, keep_default_na=False, index_col="country").astype(float)
        levels = [name for name in published.columns if not name.startswith("change_") or name == "change_pricei_FULL"]
        rows += [_worst(target, name, published[name], ours[name]) for name in levels]
        for name in published.columns.difference(levels, sort=False):
            gaps = (ours[name] - published[name]).abs()
            worst = str(gaps.idxmax())
            quantity = f"{name}, points, worst of {len(gaps)}: {worst}"
            rows.append(compare(target, quantity, float(published[name][worst]), float(ours[name][worst]), 1e-4))
    return rows


def _worst(target: str, name: str, published: pd.Series[float], ours: pd.Series[float]) -> Row:
    """The country in which a column of levels differs most, relatively."""
    gaps = (ours / published - 1).abs()
    worst = str(gaps.idxmax())
    quantity = f"{name}, relative, worst of {len(gaps)}: {worst}"
    return compare(target, quantity, float(published[worst]), float(ours[worst]), 1e-6, relative=True)


def _equilibrium(target: str, guide: Guide, known: dict[str, float], shown: tuple[str, ...]) -> list[Row]:
    """The loop beside the exact equilibrium; `known` is how far apart they are, in points, and in logs for markets.

    The loop's figures stand for the published ones, with which the rows of the procedure compare them.
    """
    table = guide.exact()
    rows = []
    for name in ("price", "IMR", "exports"):
        most = known[name]
        loop, exact = table[f"{name}_loop"], table[f"{name}_exact"]
        worst = str((exact - loop).abs().idxmax())
        quantity = f"change of {name}, per cent, worst of {len(table)}: {worst}"
        rows.append(theory(target, quantity, float(loop[worst]), float(exact[worst]), most))
        if name != "IMR":
            for country in shown:
                quantity = f"change of {name}, per cent: {country}"
                rows.append(theory(target, quantity, float(loop[country]), float(exact[country]), most))
    found: Equilibrium = table.attrs["equilibrium"]
    gap = _market_gap(found)
    quantity = "output over price times quantity, largest log difference between countries"
    rows.append(theory(target, quantity, guide.market_gap, gap, known["markets"]))
    rows.append(compare(target, f"{quantity}: exact", 0.0, gap, 1e-10))
    rows.append(compare(target, "largest log imbalance of trade: exact", 0.0, found.residual, 1e-10))
    return rows


def _market_gap(found: Equilibrium) -> float:
    """By how much sales over price times quantity differ between countries, recomputed from flows; 0 when exact."""
    sales = found.trade.sum(axis=1)
    return float(np.ptp(np.log(sales / (found.wage * found.baseline.output))))
