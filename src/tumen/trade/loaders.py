"""Loaders: one tidy schema from the layouts in which trade data come, and input-output tables as baselines.

Every reader of flows gives `year, exporter, importer, sector, value` in MUSD, sorted, with `attrs` that say the source,
the valuation and what was left out. Units cannot be seen in a file: each reader states those of its layout. Parquet
takes the extra `io`.

>>> import pandas as pd
>>> trade = pd.DataFrame({"year": [2012, 2012, 2013, 2013], "exporter": ["CHN", "RUS"] * 2, "importer": "PRK",
...                       "sector": "all", "value": [30.0, 10.0, 90.0, 10.0]})
>>> average_shares(trade, [2012, 2013])["value"].tolist()
[82.5, 17.5]
"""

from __future__ import annotations

from tumen.trade._loaders_cepii import GravityFlow, read_baci, read_cepii_gravity
from tumen.trade._loaders_cow import read_cow
from tumen.trade._loaders_icio import read_icio
from tumen.trade._loaders_io import InputOutputTable
from tumen.trade._loaders_itpde import read_itpde
from tumen.trade._loaders_shape import average_shares, read_mapping
from tumen.trade._loaders_unctad import read_unctad
from tumen.trade._loaders_wiod import read_wiod

__all__ = [
    "GravityFlow", "InputOutputTable", "average_shares", "read_baci", "read_cepii_gravity", "read_cow", "read_icio",
    "read_itpde", "read_mapping", "read_unctad", "read_wiod",
]  # fmt: skip
