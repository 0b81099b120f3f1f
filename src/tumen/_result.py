"""The result of a run: answers, labelled data, and any measure on demand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tumen import claims, study
from tumen._chunks import CHUNK
from tumen.errors import TumenError

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from tumen.case import Case
    from tumen.report import About, ParameterRow

__all__ = ["Result"]

_LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Result:
    """A run: the case, the draws, and the answers to its claims.

    `claims` maps each claim to its answer; `data` is the labelled tree of results.nc; `folder` the run folder, if any.
    """

    case: Case
    draws: int
    seed: int
    claims: claims.Answers
    data: xr.DataTree
    folder: Path | None = None

    def to_frame(self, measure: str, *, each_draw: bool = False, **where: Any) -> pd.DataFrame:
        """A measure as a table: mean and quantiles, by year where it has years; or every draw.

        The draws are those of the run: they follow from its seed, and are evaluated again for what was not kept.
        Raises UnknownName for an unknown measure, TumenError for arguments that do not fit it.
        """
        import pandas as pd

        taken = claims.measure(measure)
        arguments, wrong = claims.read_where(taken.function, self.case, where)
        if wrong:
            raise TumenError("; ".join(f"{measure}: {key}: {what}" for key, what in wrong))
        parts = []
        for number in range(self.draws // CHUNK):
            outcome = study.evaluate(self.case, study.draw(self.case, self.seed, number, CHUNK))
            parts.append(np.asarray(taken.function(outcome, **arguments), dtype=float))
        values = np.concatenate(parts)
        if each_draw:
            columns = list(self.case.years) if taken.by_year else [measure]
            frame = pd.DataFrame(values.reshape(self.draws, -1), columns=columns)
            return frame.rename_axis(index="draw", columns="year" if taken.by_year else None)
        rows = {"mean": values.mean(axis=0)} | {f"p{level * 100:02.0f}": np.quantile(values, level, axis=0) for level in _LEVELS}
        if taken.by_year:
            return pd.DataFrame(rows, index=pd.Index(self.case.years, name="year"))
        return pd.DataFrame(rows, index=pd.Index([measure], name="measure"))

    def to_html(self) -> str:
        """The report: one self-contained page."""
        from tumen import report

        return report.render(tuple(self.claims.values()), _parameter_rows(self.case), self._about())

    def _about(self) -> About:
        from tumen import __version__
        from tumen.report import About

        case = self.case
        return About(
            title=case.title, as_of=case.as_of.isoformat(), draws=self.draws, seed=self.seed, scenario=case.scenario,
            version=__version__, case_hash=case.hash, horizon=f"{case.years[0]}-{case.years[-1]}",
            sourced_share=case.sourced_share, summary=case.file.note, limits=case.file.limits,
        )  # fmt: skip

    def __repr__(self) -> str:
        scenario = f", scenario {self.case.scenario}" if self.case.scenario else ""
        return f"{self.case.title}: {self.draws:,} draws, seed {self.seed}{scenario}\n{self.claims!r}"

    def _repr_html_(self) -> str:
        return str(self.claims.to_frame().to_html(index=False))


def parameter_rows(case: Case) -> tuple[ParameterRow, ...]:
    """The figures of a case as rows of a table: value, unit, range, sources."""
    return _parameter_rows(case)


def _parameter_rows(case: Case) -> tuple[ParameterRow, ...]:
    from tumen.report import ParameterRow

    rows = []
    for parameter in case.parameters:
        quantity = parameter.quantity
        if quantity.reference is not None:
            continue
        low, middle, high = (float(v) for v in case.distribution(parameter.name).ppf(np.array([0.05, 0.5, 0.95])))
        fixed = not high > low
        kind = "lever" if quantity.lever else "fixed" if fixed else {"processes": "process"}.get(parameter.section, "assumption")
        rows.append(
            ParameterRow(
                name=parameter.name, value=quantity.text, unit=quantity.unit.label, median=f"{middle:.4g}",
                p05="" if fixed else f"{low:.4g}", p95="" if fixed else f"{high:.4g}", kind=kind,
                sources=tuple(claims.source_note(case, key) for key in parameter.source), known=quantity.known or "",
                note=quantity.note,
            )
        )  # fmt: skip
    return tuple(rows)
