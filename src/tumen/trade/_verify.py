"""Published results, computed again: `verify` holds every figure against ours and says whether it is met.

A check is a function of the folder of inputs that returns rows. To add one, write it and put it into `CHECKS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, fields
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tumen.errors import MissingExtra
from tumen.trade._rows import Check, Row, compare
from tumen.trade._verify_equilibrium import enlargement, nafta
from tumen.trade._verify_guide import wto_borders, wto_nafta

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CHECKS", "Check", "Row", "compare", "verify"]


def verify(data: Path, checks: Mapping[str, Check] | None = None) -> pd.DataFrame:
    """Runs the checks on the folder `data` and returns one row for each figure.

    Columns: target, quantity, published, ours, difference, tolerance, verdict. A check whose inputs are absent gives
    one row that says so in its verdict. checks: by name; all of them by default.
    """
    import pandas as pd

    rows: list[Row] = []
    for name, check in (CHECKS if checks is None else checks).items():
        try:
            rows += check(Path(data))
        except FileNotFoundError as error:
            absent = f"no data: {Path(error.filename or '').name}"
            rows.append(Row(name, "all", np.nan, np.nan, np.nan, np.nan, absent))
        except MissingExtra as error:
            rows.append(Row(name, "all", np.nan, np.nan, np.nan, np.nan, f"not run: {error}"))
    return pd.DataFrame([astuple(row) for row in rows], columns=[field.name for field in fields(Row)])


# By pyfixest 0.60 with tolerances of 1e-13 and 1e-12, errors clustered by exporter and importer.
_PYFIXEST = {
    "log(dist)": (-0.682880770818, 0.062001230633),
    "contig": (0.330057065228, 0.154558201949),
    "comlang_off": (0.035924880888, 0.107943375771),
    "colony": (0.346522696505, 0.154964232532),
    "rta_2012": (0.326244342717, 0.100802019515),
    "sanction_trade_2013": (0.006403298482, 0.079961686051),
}


def gravity_2013(data: Path) -> list[Row]:
    """The gravity equation of 2013 against pyfixest. The file lies in `world`, beside the folder or inside it."""
    from tumen.trade._gravity import estimate

    table = _world_table(data)
    table = table[table["exporter"] != table["importer"]]
    fit = estimate(table, f"trade_musd ~ {' + '.join(_PYFIXEST)}", cluster=("exporter", "importer"))
    target, errors = "gravity 2013, pyfixest", fit.std_errors
    rows = [compare(target, "observations", 29094, fit.observations, 0)]
    for name, (estimated, error) in _PYFIXEST.items():
        rows.append(compare(target, f"coefficient {name}", estimated, float(fit.coefficients[name]), 1e-6))
        rows.append(compare(target, f"standard error {name}", error, float(errors[name]), 1e-6))
    return rows


def _world_table(data: Path) -> pd.DataFrame:
    import pandas as pd

    name = "gravity_2013.parquet"
    places = [folder / name for folder in (data, data / "world", data.parent / "world")]
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        raise FileNotFoundError(2, "no such file", name)
    try:
        return pd.read_parquet(path)
    except ImportError:
        raise MissingExtra("pyarrow", "io") from None


CHECKS: Mapping[str, Check] = {
    "EU enlargement": enlargement,
    "Caliendo-Parro NAFTA": nafta,
    "WTO guide 2.1": wto_borders,
    "WTO guide 2.2": wto_nafta,
    "gravity 2013, pyfixest": gravity_2013,
}
