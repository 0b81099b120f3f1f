"""What it would be worth to know before the decisions of a case: one piece of work of a run, and what the report shows.

The options of each decision are evaluated on the draws of the first four chunks; what learning an assumption first
would be worth follows from what they pay there (`tumen.uncertainty.evppi`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tumen import claims, study
from tumen._chunks import CHUNK
from tumen.errors import CaseError, TumenError

if TYPE_CHECKING:
    import xarray as xr

    from tumen.case import Case
    from tumen.outcome import Outcome
    from tumen.report import Decision
    from tumen.uncertainty import Learning

__all__ = ["GROUP", "decided", "learnt"]

GROUP = "decisions"
_CHUNKS = 4
_MOST = 20  # inputs that are kept, of hundreds
Plan = tuple[claims.Include, tuple[tuple[str, float], ...]]


def learnt(case: Case, seed: int) -> dict[str, xr.Dataset]:
    """The decisions as groups of the results: what options pay, and what learning each input would be worth.

    Raises CaseError where an option cannot be evaluated.
    """
    taken: dict[str, list[np.ndarray[Any, np.dtype[np.float64]]]] = {name: [] for name in case.file.decisions}
    values: list[Mapping[str, Any]] = []
    for chunk in range(_CHUNKS):
        worlds = study.draw(case, seed, chunk, CHUNK)
        values.append(worlds.values)
        evaluate = _evaluator(case, worlds)
        for name, payoffs in taken.items():
            payoffs.append(_payoffs(case, name, evaluate))
    drawn = {name: np.concatenate([own[name] for own in values]) for name in values[0]}
    return {f"{GROUP}/{name}": _dataset(case, name, np.concatenate(taken[name]), drawn, seed) for name in taken}


def _evaluator(case: Case, worlds: Any) -> Any:
    """Evaluates each plan once."""
    memo, known = study.Memo(), dict[Plan, "Outcome"]()

    def evaluate(include: claims.Include, levers: Mapping[str, float]) -> Outcome:
        key = (include, tuple(levers.items()))
        if key not in known:
            known[key] = study.evaluate(case, worlds, study.Plan(levers=levers, include=include), memo)
        return known[key]

    return evaluate


def _payoffs(case: Case, name: str, evaluate: Any) -> Any:
    try:
        return claims.payoffs(case, name, evaluate)
    except TumenError:
        raise
    except (ValueError, ArithmeticError, LookupError) as error:
        raise CaseError([f"{case.name}: decisions.{name}: an option cannot be evaluated: {error}"]) from error


def _dataset(case: Case, name: str, payoffs: Any, drawn: Mapping[str, Any], seed: int) -> xr.Dataset:
    import xarray as xr

    from tumen.uncertainty import evppi

    spec = case.file.decisions[name]
    chosen = {figure for option in spec.options.values() for figure in option.set}
    inputs = {key: x for key, x in drawn.items() if key not in chosen and float(x.min()) < float(x.max())}
    found: Learning = evppi(payoffs, inputs, seed=seed)
    rows = found.inputs[:_MOST]
    engine = claims.engines(case, [row.name for row in rows])
    unit = {"units": claims.payoff_unit(case, name)}
    data = {
        "payoff": (("option",), np.array(found.means), unit),
        "payoff_se": (("option",), np.array(found.errors), unit),
        "worth": (("input",), np.array([row.value for row in rows]), unit),
        "low": (("input",), np.array([row.low for row in rows]), unit),
        "high": (("input",), np.array([row.high for row in rows]), unit),
        "share": (("input",), np.array([row.share for row in rows])),
    }
    options = list(spec.options)
    coords = {
        "option": options,
        "input": [row.name for row in rows],
        "engine": ("input", [engine[row.name] for row in rows]),
    }
    every = found.everything
    about = {"title": spec.title, "by": spec.by, "measure": spec.measure, "best": options[found.best]}
    worth = {"evpi": every.value, "evpi_low": every.low, "evpi_high": every.high}
    attrs = {**about, **worth, "draws": len(payoffs), "inputs": len(inputs)}
    return xr.Dataset(data, coords, attrs)


def decided(data: xr.DataTree, case: Case) -> tuple[Decision, ...]:
    """The decisions of a run as the report shows them."""
    from tumen.report import Decision, Learnt, Option

    found = []
    for name, spec in case.file.decisions.items():
        if GROUP not in data or name not in data[GROUP]:
            continue
        own = data[f"{GROUP}/{name}"].to_dataset()
        options = tuple(
            Option(str(label), float(own["payoff"][k]), float(own["payoff_se"][k]), spec.options[str(label)].note)
            for k, label in enumerate(own["option"].values)
        )
        learnings = tuple(
            Learnt(str(key), str(own["engine"].values[k]), *(float(own[part][k]) for part in ("worth", "low", "high")))
            for k, key in enumerate(own["input"].values)
            if math.isfinite(float(own["worth"][k])) and float(own["low"][k]) > 0
        )
        worth = tuple(float(own.attrs[key]) for key in ("evpi", "evpi_low", "evpi_high"))
        found.append(
            Decision(
                title=spec.title, by=case.players[spec.by], unit=str(own["payoff"].attrs["units"]),
                best=str(own.attrs["best"]), options=options, worth=worth, learnings=learnings,
                inputs=int(own.attrs["inputs"]), draws=int(own.attrs["draws"]), note=spec.note,
                sources=tuple(claims.source_note(case, key) for key in spec.source),
            )
        )  # fmt: skip
    return tuple(found)
