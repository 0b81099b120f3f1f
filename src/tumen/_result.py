"""The result of a run: answers, labelled data, and any measure on demand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tumen import claims, study
from tumen._chunks import CHUNK, one_thread
from tumen._dataset import LEVELS
from tumen._decisions import decided
from tumen._pictures import maps, ranges, shares
from tumen._ties import DRAWS, from_dataset
from tumen.errors import TumenError

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from tumen.case import Case, Parameter
    from tumen.claims import Measure
    from tumen.report import About, Dial, Matrix, ParameterRow

__all__ = ["Result", "parameter_rows"]


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

        `where` holds the arguments of the measure as a case writes them, such as `between=("RUS", "PRK")`. The draws
        are those of the run: they follow from its seed, and are evaluated again for what was not kept. Values are in
        the unit of the measure, money in millions.

        Raises UnknownName for an unknown measure, TumenError for arguments that do not fit it.
        """
        import pandas as pd

        taken = claims.measure(measure)
        arguments, wrong = claims.read_where(taken.function, self.case, where)
        if wrong:
            raise TumenError("; ".join(f"{measure}: {key}: {what}" for key, what in wrong))
        with one_thread():
            values = np.concatenate([self._taken(taken, arguments, number) for number in range(self.draws // CHUNK)])
        years = pd.Index(self.case.years, name="year")
        if each_draw:
            columns = years if taken.by_year else pd.Index([measure])
            draw = pd.RangeIndex(self.draws, name="draw")
            return pd.DataFrame(values.reshape(self.draws, -1), index=draw, columns=columns)
        quantiles = np.quantile(values, LEVELS, axis=0)
        rows = {f"p{100 * level:02.0f}": row for level, row in zip(LEVELS, quantiles, strict=True)}
        index = years if taken.by_year else pd.Index([measure], name="measure")
        return pd.DataFrame({"mean": values.mean(axis=0)} | rows, index=index)

    def _taken(self, taken: Measure, arguments: dict[str, Any], number: int) -> np.ndarray[Any, np.dtype[np.float64]]:
        """A measure in every draw of one chunk."""
        outcome = study.evaluate(self.case, study.draw(self.case, self.seed, number, CHUNK))
        return np.asarray(taken.function(outcome, **arguments), dtype=float)

    def to_html(self) -> str:
        """The report: one self-contained page."""
        from tumen import report

        return report.render(
            tuple(self.claims.values()), parameter_rows(self.case), self.about(), _matrices(self.data, self.case),
            maps=maps(self.data), shares=shares(self.data, self.case), ranges=ranges(self.data, self.case),
            dials=_dials(self.case), decisions=decided(self.data, self.case),
        )  # fmt: skip

    def about(self) -> About:
        """What the run was, as the head of a page says it."""
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


def _dials(case: Case) -> tuple[Dial, ...]:
    """What a reader of the report can set."""
    from tumen.report import Dial

    return tuple(
        Dial(name, spec.title, tuple((value.central, value.text) for value in spec.values), spec.note)
        for name, spec in case.file.dials.items()
    )


def _matrices(data: xr.DataTree, case: Case) -> tuple[Matrix, ...]:
    """What each country loses by each tie, in the short run and in the long; none where the case gives no world."""
    from tumen.report import Matrix

    if "exposure" not in data:
        return ()
    found = from_dataset(data["exposure"].to_dataset(), case.players)
    words = {"short": "within a year", "long": "within a decade"}
    made = []
    for run, losses in found.losses.items():
        low, middle, high = (tuple(map(tuple, level.tolist())) for level in losses)
        title = f"Lost if a tie is cut, in the {run} run"
        gloss = (
            f"Per cent of real spending that the country of the row loses {words.get(run, '')} if its trade with that "
            f"of the column ends: the median of {DRAWS} draws, and its range under a pointer. Below zero it gains."
        )
        made.append(Matrix(title, gloss, found.names, found.countries, middle, low, high))
    return tuple(made)


def parameter_rows(case: Case) -> tuple[ParameterRow, ...]:
    """The figures of a case as rows of a table: value, unit, range, sources."""
    return tuple(_row(case, parameter) for parameter in case.parameters if parameter.quantity.reference is None)


def _row(case: Case, parameter: Parameter) -> ParameterRow:
    from tumen.report import ParameterRow

    quantity = parameter.quantity
    low, middle, high = (float(v) for v in case.distribution(parameter.name).ppf(np.array([0.05, 0.5, 0.95])))
    fixed = not high > low
    if quantity.lever is not None:
        kind = "lever"
    elif fixed:
        kind = "fixed"
    else:
        kind = "process" if parameter.section == "processes" else "assumption"
    return ParameterRow(
        name=parameter.name, value=quantity.text, unit=quantity.unit.label, median=f"{middle:.4g}",
        p05="" if fixed else f"{low:.4g}", p95="" if fixed else f"{high:.4g}", kind=kind,
        sources=tuple(claims.source_note(case, key) for key in parameter.source), known=quantity.known or "",
        note=quantity.note,
    )  # fmt: skip
