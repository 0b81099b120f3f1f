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

if TYPE_CHECKING:
    import pandas as pd

    from tumen.trade._guide import Guide

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
            rows.append(Row(name, "all", np.nan, np.nan, np.nan, np.nan, str(error)))
    return pd.DataFrame([astuple(row) for row in rows], columns=[field.name for field in fields(Row)])


def _worst(target: str, name: str, published: pd.Series[float], ours: pd.Series[float], tolerance: float) -> Row:
    """The country in which a column of levels differs most, relatively."""
    gaps = (ours / published - 1).abs()
    worst = str(gaps.idxmax())
    quantity = f"{name}, relative, worst of {len(gaps)}: {worst}"
    return compare(target, quantity, float(published[worst]), float(ours[worst]), tolerance, relative=True)


def _published_tables(target: str, guide: Guide, data: Path, application: str) -> list[Row]:
    import pandas as pd

    rows = []
    for table, ours in (("PROD", guide.production), ("CONS", guide.consumption)):
        path = data / f"wto_{application}_published_{table}.csv"
        published = pd.read_csv(path, keep_default_na=False, index_col="country").astype(float)
        levels = [name for name in published.columns if not name.startswith("change_") or name == "change_pricei_FULL"]
        rows += [_worst(target, name, published[name], ours[name], 1e-6) for name in levels]
        for name in published.columns.difference(levels, sort=False):
            gaps = (ours[name] - published[name]).abs()
            worst = str(gaps.idxmax())
            quantity = f"{name}, points, worst of {len(gaps)}: {worst}"
            rows.append(compare(target, quantity, float(published[name][worst]), float(ours[name][worst]), 1e-4))
    return rows


def wto_borders(data: Path) -> list[Row]:
    """The guide's application 1: coefficients to the printed digits, its loop to single precision."""
    import pandas as pd

    from tumen.trade._guide import borders_removed

    target = "WTO guide 2.1, procedure"
    guide = borders_removed(pd.read_csv(data / "wto_app1_2006.csv"))
    printed = {"log(DIST)": -0.79128791, "CNTG": 0.67364557, "INTL_BRDR": -2.47445046}
    found = guide.estimates[0].coefficients
    rows = [compare(target, f"coefficient {name}", value, float(found[name]), 5e-9) for name, value in printed.items()]
    return rows + _published_tables(target, guide, data, "app1")


def wto_nafta(data: Path) -> list[Row]:
    """The guide's application 2: coefficients of both stages to the printed digits, its loop to single precision."""
    import pandas as pd

    from tumen.trade._guide import nafta_removed

    target = "WTO guide 2.2, procedure"
    guide = nafta_removed(pd.read_csv(data / "wto_app2_input.csv.gz"))
    first, second = guide.estimates
    rows = [compare(target, "coefficient RTA", 0.5571853, float(first.coefficients["RTA"]), 5e-8)]
    printed = {"log(DIST)": -0.84750268, "CNTG": 0.29408307, "LANG": 0.36326589, "CLNY": 0.23941636}
    for name, value in printed.items():
        rows.append(compare(target, f"coefficient {name}", value, float(second.coefficients[name]), 5e-9))
    return rows + _published_tables(target, guide, data, "app2")


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
    "WTO guide 2.1, procedure": wto_borders,
    "WTO guide 2.2, procedure": wto_nafta,
    "gravity 2013, pyfixest": gravity_2013,
}
