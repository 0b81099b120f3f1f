"""Gravity estimation: `estimate`, and the published procedures that stand on it.

`estimate` is Poisson pseudo-maximum likelihood with any fixed effects. `geppml` is the loop of the guide of the WTO and
UNCTAD, and `borders_removed` and `nafta_removed` are its two applications, as published: they reproduce figures, and
are not equilibria.

>>> import pandas as pd
>>> flows = pd.DataFrame({"trade": [9.0, 2, 1, 4, 5, 1, 1, 2, 7], "rta": [0, 1, 0, 1, 0, 0, 0, 0, 0],
...                       "exporter": list("aaabbbccc"), "importer": list("abcabcabc")})
>>> fit = estimate(flows, "trade ~ rta")
>>> fit.terms, fit.observations
(('rta',), 9)
"""

from __future__ import annotations

from tumen.trade._gravity import Gravity, estimate
from tumen.trade._guide import NAFTA, Guide, borders_removed, geppml, nafta_removed

__all__ = ["NAFTA", "Gravity", "Guide", "borders_removed", "estimate", "geppml", "nafta_removed"]
