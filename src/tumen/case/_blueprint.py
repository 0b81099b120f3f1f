"""From a case's figures to what worlds are drawn from: its assumptions, processes and correlations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tumen.case._model import CaseFile, ProcessSpec
from tumen.case._quantity import Quantity
from tumen.case._tables import Table

if TYPE_CHECKING:
    from tumen.uncertainty import Distribution, Process

__all__ = ["make_process"]


def make_process(spec: ProcessSpec, file: CaseFile, as_of: float, tables: Mapping[str, Table]) -> Process:
    """The process that a declaration describes. Raises ValueError where it cannot be built or fitted."""
    import tumen.uncertainty as u

    if spec.hazard is not None:
        return u.Hazard.from_counts(_plain(spec.hazard.events), _plain(spec.hazard.years))
    if spec.fit is not None:
        table = tables[str(spec.series)]
        rows = sorted(table.rows, key=lambda row: row.year)
        long_run = None
        if spec.long_run is not None:
            long_run = (_plain(spec.long_run), _plain(spec.long_run_sd) if spec.long_run_sd is not None else 0.0)
        return u.fit(
            spec.fit, [row.year for row in rows], [row.value for row in rows], as_of=as_of, long_run=long_run
        )
    builders: dict[str, Any] = {
        "geometric_brownian": u.GeometricBrownian,
        "mean_reverting": u.MeanReverting,
        "jump_diffusion": u.JumpDiffusion,
        "trend_growth": u.TrendGrowth,
    }
    for form, build in builders.items():
        body = getattr(spec, form)
        if body is not None:
            return build(**{name: _drawn(getattr(body, name), name) for name in type(body).model_fields})  # type: ignore[no-any-return]
    raise ValueError("a process without a form")


def _plain(quantity: Quantity) -> float:
    if quantity.distribution is None or not quantity.distribution.is_constant:
        raise ValueError(f"`{quantity.text}`: a single figure is expected here; the uncertainty follows from the count")
    return quantity.central


def _drawn(quantity: Quantity, name: str) -> Distribution:
    if quantity.distribution is None:
        raise ValueError(f"`{name}: {quantity.text}`: write the distribution here; a process does not refer to assumptions")
    return quantity.distribution
