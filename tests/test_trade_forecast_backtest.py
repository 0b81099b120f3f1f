"""The panel forecast on pairs and years that taught it nothing: the world's trade, one origin."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tumen.trade._forecast_features import eligible
from tumen.trade.forecast import FlowPanel, backtest, read_flow_panel

ORIGIN, YEARS = 1998, 5
LEVELS = (*(k / 100 for k in range(2, 100, 2)), 0.05, 0.95)


@pytest.fixture(scope="module")
def panel(shared: Path) -> FlowPanel:
    pytest.importorskip("pyarrow")
    return read_flow_panel(shared / "data" / "world" / "trade_cow_1950_2013.parquet", before=ORIGIN + YEARS + 1)


def crps(quantiles: np.ndarray, came: np.ndarray) -> float:
    """Twice the mean pinball loss over even levels."""
    tau = np.array(LEVELS[:-2])
    away = came[:, None] - quantiles[:, :-2]
    return float(2 * np.maximum(tau * away, (tau - 1) * away).mean())


def test_it_beats_each_pair_s_own_drift_and_knows_its_range(panel: FlowPanel) -> None:
    column = panel.years.index(ORIGIN)
    log_flow = np.log(panel.flows)
    with np.errstate(invalid="ignore"):
        came = log_flow[:, column + YEARS] - log_flow[:, column]
    taught = np.arange(len(panel.a)) % 3 != 0
    scored = eligible(panel.flows)[:, column] & np.isfinite(came)
    asked = np.flatnonzero(scored & ~taught)
    found = backtest(panel, taught, asked, ORIGIN, (1, YEARS), LEVELS)[:, 1]
    ours = crps(found, came[asked])

    past = log_flow[:, : column + 1]
    first = np.isfinite(past).argmax(axis=1)
    rows = np.arange(len(past))
    drift = (past[:, -1] - past[rows, first]) / np.maximum(column - first, 1)
    # errors of the same rule five years before, of the pairs that teach
    early = past[:, : column + 1 - YEARS]
    slope = (early[:, -1] - past[rows, first]) / np.maximum(column - YEARS - first, 1)
    errors = past[:, -1] - early[:, -1] - YEARS * slope
    errors = errors[taught & eligible(panel.flows)[:, column - YEARS] & np.isfinite(errors)]
    walk = crps(YEARS * drift[asked][:, None] + np.quantile(errors, LEVELS), came[asked])

    assert len(asked) > 1000
    assert ours < 0.9 * walk
    assert 0.8 < np.mean((found[:, -2] <= came[asked]) & (came[asked] <= found[:, -1])) < 0.97
