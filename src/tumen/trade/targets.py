"""Announced targets of bilateral trade: the chance that each is met, seen from the day of its announcement.

"Met" is to be at or above the target in any year up to the target year, or, in the stricter reading (`in_year`), in the
target year itself. The level is the base that the announcement states; growth and its uncertainty come from the panel
model (`tumen.trade.forecast`), with the pair's own history and its gap to potential up to the year before the
announcement where a panel is given. A probability is never surer than 1 in 1,000 either way: targets are mistyped and
redefined, too.

>>> import pandas as pd
>>> from tumen.trade.targets import growth
>>> round(float(growth(29.1, 60.0, 5)), 3)
0.156
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tumen.trade._forecast_parameters import LAG
from tumen.trade._known import Known, Predict, Prediction
from tumen.trade._targets_history import what_was_known
from tumen.trade._targets_read import COLUMNS, Targets, growth, read_targets
from tumen.trade._targets_score import Outcomes, TargetScores, read_outcomes, score_targets

if TYPE_CHECKING:
    import pandas as pd

    from tumen.trade._forecast_parameters import Parameters

__all__ = [
    "COLUMNS", "SUREST", "Known", "Outcomes", "Predict", "Prediction", "TargetScores", "Targets",
    "forecast_targets", "growth", "read_outcomes", "read_targets", "score_targets", "what_was_known",
]  # fmt: skip

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

SUREST = 0.001  # the least probability that is stated, and the least distance from 1
_SMALL = 500.0  # MUSD; below every base of the targets that the model was tested on
_LATELY = 10  # years before the last one of a history in which gaps are worth a word
_STRANGE = 30.0  # times that a base is of its history, or the history of the base
_STALE = 3  # years from the end of the history to the announcement's year that are worth a word


def forecast_targets(
    targets: Targets,
    history: Path | str | pd.DataFrame | None = None,
    gdp: Path | str | pd.DataFrame | None = None,
    *,
    in_year: bool = False,
    predict: Predict | None = None,
    parameters: Path | str | tuple[Parameters, ...] | None = None,
) -> pd.DataFrame:
    """The chance that each target is met, and the range of trade in its year.

    history: a panel of flows, `year, exporter, importer` and `value` or `imports_musd`, both in MUSD, what the importer
    reports; a file or a table. gdp: `iso3, year, usd`, and perhaps `indicator`, of which `gdp` is read; the model that
    comes with the package does not use it. Of both, figures of the announcement's year and later are dropped. in_year:
    the stricter reading. predict: the model; default `tumen.trade.forecast.predict`. parameters: its parameters, or the
    file that `tumen target estimate` wrote; default those that come with the package.

    Returns `id, probability, p05, p50, p95` (of trade in the target year, USD bn), `growth_needed` (a year, from the
    base, as a fraction), `history_used` ("1992-2013", or "none") and `note`; `attrs["notes"]` says what of the files
    was not read, or not used. Raises CaseError for a panel or parameters that cannot be used, MissingExtra for Parquet
    without pyarrow.
    """
    import pandas as pd

    from tumen.trade import forecast

    taught = forecast.read_parameters(parameters) if isinstance(parameters, (Path, str)) else parameters
    seen, notes = what_was_known(targets, history, gdp)
    if predict is None:
        notes = (*notes, *_of_the_model(targets, taught or forecast.shipped(), gdp=gdp is not None))
        predict = _model(taught)
    table: dict[str, object] = {"id": list(targets.ids)}
    if seen is None:
        table |= {name: np.empty(0) for name in ("probability", "p05", "p50", "p95", "growth_needed")}
        table |= {"history_used": [], "note": []}
    else:
        found = predict(seen, targets.target, targets.by)
        chance = np.array(found.in_year if in_year else found.reached, dtype=np.float64)
        met = targets.target <= targets.base
        if not in_year:
            chance[met] = 1.0
        table["probability"] = np.clip(chance, SUREST, 1.0 - SUREST)
        for name, level in (("p05", 0.05), ("p50", 0.5), ("p95", 0.95)):
            table[name] = np.asarray(found.quantiles(level)) / 1e3
        table["growth_needed"] = growth(targets.base, targets.target, targets.horizon)
        table["history_used"] = _used(seen)
        table["note"] = _notes(targets, seen, found, in_year=in_year, history=history is not None, gdp=gdp is not None)
    frame = pd.DataFrame(table)
    frame.attrs["notes"] = notes
    return frame


def _model(parameters: tuple[Parameters, ...] | None) -> Predict:
    from tumen.trade.forecast import predict

    return partial(predict, parameters=parameters)


def _of_the_model(targets: Targets, parameters: tuple[Parameters, ...], *, gdp: bool) -> list[str]:
    """What to know of all forecasts of the panel model, in words."""
    found = ["GDP was read and checked, and is not used: it made forecasts no better"] if gdp and len(targets) else []
    oldest = parameters[0].last
    early = int((targets.announced < oldest + LAG).sum())
    if early:
        found.append(
            f"{early} targets announced before {oldest + LAG}: the model learnt from years to {oldest} for them"
        )
    return found


def _used(seen: Known) -> list[str]:
    """The first and last year of each history."""
    first, last, count = _span(seen)
    start, years = seen.years[0], zip(first.tolist(), last.tolist(), count.tolist(), strict=True)
    return [f"{start + a}-{start + b}" if some else "none" for a, b, some in years]


def _span(seen: Known) -> tuple[IntArray, IntArray, IntArray]:
    """Columns of the first and last figure of each history (n,), and how many there are."""
    there = np.isfinite(seen.flows)
    return there.argmax(axis=1), there.shape[1] - 1 - there[:, ::-1].argmax(axis=1), there.sum(axis=1)


def _notes(targets: Targets, seen: Known, found: Prediction, *, in_year: bool, history: bool, gdp: bool) -> list[str]:
    """What to know of each forecast, in words."""
    first, last, count = _span(seen)
    since = np.maximum(first, last - _LATELY)
    lately = np.arange(seen.flows.shape[1]) >= since[:, None]
    gaps = last - since + 1 - (np.isfinite(seen.flows) & lately).sum(axis=1)
    age = targets.announced - (seen.years[0] + last)
    figures = [np.isfinite(g).sum(axis=1) for g in (seen.gdp_a, seen.gdp_b)]
    ratio = _to_history(seen)
    strange = (ratio > _STRANGE) | (ratio < 1 / _STRANGE)
    notes = []
    for i in range(len(targets)):
        said = []
        if targets.target[i] <= targets.base[i]:
            said.append(
                "already met: the target is not above the base" + (", but may be lost again" if in_year else "")
            )
        if strange[i]:
            said.append(
                f"the base is {ratio[i]:,.3g} times the history's figure of {seen.base_year[i]}: are both in the units "
                "that are asked for?"
            )
        if found.extrapolated[i]:
            said.append(_extrapolated(float(targets.base[i])))
        if history and not count[i]:
            said.append("no history of this pair before the announcement")
        elif history and age[i] > _STALE:
            said.append(f"the history ends {age[i]} years before the announcement")
        if count[i] and gaps[i]:
            said.append(f"the history lacks {gaps[i]} of its last {_LATELY} years")
        without = [c for c, some in ((targets.a[i], figures[0][i]), (targets.b[i], figures[1][i])) if not some]
        if gdp and without:
            said.append(f"no GDP of {' or '.join(without)}")
        notes.append("; ".join(said))
    return notes


def _to_history(seen: Known) -> Array:
    """The base over the history's figure of its year, (n,); 1 where there is none."""
    column = seen.base_year - seen.years[0]
    inside = np.clip(column, 0, len(seen.years) - 1)
    own = np.where(column == inside, seen.flows[np.arange(len(inside)), inside], np.nan)
    return np.where(np.isfinite(own), seen.base / np.where(np.isfinite(own), own, 1.0), 1.0)


def _extrapolated(base: float) -> str:
    if base < _SMALL:
        return f"extrapolated: a base of USD {base / 1e3:g} bn is below that of every target that tested the model"
    return "extrapolated: no announced target like it has tested the model"
