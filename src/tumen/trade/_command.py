"""What the command `tumen trade solve` does, from files to tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tumen.trade._baseline import Baseline
from tumen.trade._shocks import Shock

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["solve_table"]


def solve_table(
    flows: Path, elasticity: float, shock: Path | None, closure: str = "additive"
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The equilibrium after a shock, by country and by flow.

    flows: `exporter,importer,value[,sector]` with domestic rows. elasticity: theta. shock:
    `exporter,importer[,sector],cost[,tariff_before,tariff_after]`, or None for no change. Returns the factors
    `country,welfare,real_wage,wage,price_index,exports,imports` and the flows `exporter,importer[,sector],before,value,
    factor`; `attrs` of the first hold a `summary` and the `walras_gap`. Raises CaseError for what is wrong with the
    files, NoConvergence where there is no equilibrium.
    """
    base = Baseline.from_table(flows, elasticity)
    changes = Shock() if shock is None else Shock.from_table(shock)
    found = base.counterfactual(changes, closure)
    countries = found.to_frame()
    countries.attrs |= {"summary": repr(found), "walras_gap": found.walras_gap}
    return countries, found.flows()
