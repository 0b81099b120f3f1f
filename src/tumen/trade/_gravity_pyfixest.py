"""The same estimate by pyfixest, for those who want the rival's digits: an extra, pip install 'tumen[estimate]'."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tumen.errors import MissingExtra
from tumen.trade._gravity_absorb import Absorber, Array, Codes
from tumen.trade._gravity_errors import Covariance
from tumen.trade._gravity_ppml import Fit, deviance

__all__ = ["fit_pyfixest"]


def fit_pyfixest(trade: Array, x: Array, codes: Sequence[Codes], clusters: Sequence[Codes]) -> tuple[Fit, Covariance]:
    """Estimates on a sample that has been drawn already. Raises MissingExtra where pyfixest is not installed."""
    import pandas as pd

    try:
        pyfixest: Any = importlib.import_module("pyfixest")
    except ImportError:
        raise MissingExtra("pyfixest", "estimate") from None
    columns: dict[str, npt.NDArray[Any]] = {"trade": trade} | {f"x{k}": x[:, k] for k in range(x.shape[1])}
    columns |= {f"f{k}": code for k, code in enumerate(codes)}
    named = []
    for k, cluster in enumerate(clusters):
        same = [j for j, code in enumerate(codes) if np.array_equal(code, cluster)]
        named.append(f"f{same[0]}" if same else f"g{k}")
        columns[named[-1]] = cluster
    terms = " + ".join(f"x{k}" for k in range(x.shape[1]))
    formula = f"trade ~ {terms}" + (" | " + " + ".join(f"f{k}" for k in range(len(codes))) if codes else " - 1")
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        model = pyfixest.fepois(
            formula, pd.DataFrame(columns), vcov={"CRV1": "+".join(named)} if named else "hetero", iwls_tol=1e-13,
            iwls_maxiter=200, **_tight(pyfixest),
        )  # fmt: skip
    fitted = np.asarray(model._Y_hat_response, dtype=float).ravel()
    absorber = Absorber(codes)
    absorber.weigh(fitted)
    coefficients = np.asarray(model.coef(), dtype=float)
    freed, effects = absorber.project(np.column_stack([np.log(fitted) - x @ coefficients, x]))
    gap = float(np.abs(x.T @ (trade - fitted) / (np.abs(x).T @ (trade + fitted)).clip(1e-300)).max(initial=0))
    steps = int(getattr(model, "_iterations", 0) or 0)
    found = Fit(
        coefficients, fitted, freed[:, 1:], tuple(effect[:, 0] for effect in effects), steps,
        deviance(trade, fitted), gap,
    )  # fmt: skip
    factor = float(np.abs(np.asarray(model._ssc, dtype=float)).ravel()[0])
    sizes = tuple(int(cluster.max()) + 1 for cluster in clusters)
    return found, Covariance(np.asarray(model._vcov, dtype=float), factor, sizes)


def _tight(pyfixest: Any) -> dict[str, Any]:
    """The setting of a tight projection: newer versions take a demeaner, older ones a tolerance."""
    demeaner = getattr(pyfixest, "MapDemeaner", None)
    if demeaner is None:
        try:
            demeaner = importlib.import_module("pyfixest.demeaners").MapDemeaner
        except ImportError:
            return {"fixef_tol": 1e-12}
    return {"demeaner": demeaner(fixef_tol=1e-12, fixef_maxiter=100_000)}
