"""Why two runs differ: what was changed, which answers changed, and which change of the inputs brings that about.

Draws are drawn by name from the seed, so two runs of one seed and as many draws stand on the same worlds. Their
difference is then told draw by draw (paired), and what no input touches is the same to the last digit. With d = met in
the second less met in the first, the standard error of the change of a probability is sd(d) / sqrt(draws); else the two
errors are added in quadrature. A median m moves by (1/2 - 1{x <= m}) / f(m) for each draw x, with f its density there.
A difference of more than 1.96 standard errors is beyond what the draws leave open.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tumen import claims
from tumen._chunks import CHUNK
from tumen._compare_inputs import InputChange, Piece, changed_inputs
from tumen._compare_shares import Attributed, Share, attribute
from tumen._folder import RECORD
from tumen._settings import versions
from tumen.errors import RunError, unknown_name

if TYPE_CHECKING:
    import pandas as pd

    from tumen._result import Result

__all__ = ["ClaimChange", "Comparison", "compare"]

REMAINDER = "remainder: seed, draws, version"
_BEYOND = 1.96  # standard errors
_MOST_DRAWS = 65_536  # of an attribution

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ClaimChange:
    """A claim in both runs. Probabilities are fractions, medians in `unit`; `beyond` the error of the draws or not.

    `same`: no draw differs. Where units differ the median is not compared: its difference and error are None.
    """

    claim: str
    unit: str
    probability_before: float
    probability_after: float
    se: float
    median_before: float
    median_after: float
    median_difference: float | None
    median_se: float | None
    same: bool
    beyond: bool
    draws_before: int
    draws_after: int
    unit_after: str = ""

    @property
    def difference(self) -> float:
        """Of the probability."""
        return self.probability_after - self.probability_before


@dataclass(frozen=True, repr=False)
class Comparison:
    """How two runs differ: inputs, claims (the largest change first), and what each input brings about of it.

    `paired` says whether both stand on the same worlds; `shares` are taken on `draws` draws of the first run's seed and
    add up, by claim, to the difference of the runs with the remainder. `idle` are inputs that change no claim, `joined`
    those that make a case only together, `orders` how many orders of exchange were sampled (0: all were taken).
    """

    before: str
    after: str
    paired: bool
    inputs: tuple[InputChange, ...]
    claims: tuple[ClaimChange, ...]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]
    shares: tuple[Share, ...] = ()
    idle: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    draws: int = 0
    orders: int = 0
    warnings: tuple[str, ...] = ()

    def claim(self, name: str) -> ClaimChange:
        """One claim that both runs have. Raises UnknownName."""
        found = {change.claim: change for change in self.claims}
        if name not in found:
            raise unknown_name("claim in both runs", name, found)
        return found[name]

    def explained(self, claim: str) -> tuple[Share, ...]:
        """What brings the change of a claim about, the largest part first, the remainder last. Raises UnknownName."""
        self.claim(claim)
        own = [share for share in self.shares if share.claim == claim]
        return tuple(sorted(own, key=lambda s: (s.input == REMAINDER, -abs(s.probability), -abs(s.median or 0.0))))

    def to_frame(self) -> pd.DataFrame:
        """Everything in one table: a row an input, two a claim (probability, median), two a part of its change.

        Columns: part (input, claim, attribution), claim, input, what, before, after, difference, se, beyond.
        """
        import pandas as pd

        columns = ("part", "claim", "input", "what", "before", "after", "difference", "se", "beyond")
        return pd.DataFrame([*self._rows()], columns=list(columns), dtype=object)

    def _rows(self) -> Iterator[tuple[Any, ...]]:
        for item in self.inputs:
            yield "input", "", item.name, item.kind, item.before, item.after, None, None, None
        for name, before, after in self._gone():
            yield "claim", name, "", "claim", before, after, None, None, None
        for c in self.claims:
            ends = c.probability_before, c.probability_after
            yield "claim", c.claim, "", "probability", *ends, c.difference, c.se, c.beyond
            ends = c.median_before, c.median_after
            yield "claim", c.claim, "", f"median [{c.unit}]", *ends, c.median_difference, c.median_se, c.beyond
        for name in (c.claim for c in self.claims):
            for s in self.explained(name):
                yield "attribution", name, s.input, "probability", None, None, s.probability, s.se, None
                yield "attribution", name, s.input, "median", None, None, s.median, None, None

    def _gone(self) -> Iterator[tuple[str, str, str]]:
        yield from ((name, "there", "") for name in self.only_before)
        yield from ((name, "", "there") for name in self.only_after)

    def __repr__(self) -> str:
        from tumen._compare_words import as_text

        return as_text(self)


def compare(
    a: str | Path | Result, b: str | Path | Result, *, attribute: bool = True, draws: int = CHUNK
) -> Comparison:  # fmt: skip
    """Why two runs differ: from the first, `a`, to the second, `b`.

    Parameters
    ----------
    a, b: run folders, or results. A folder holds the case that was run, so nothing else is needed.
    attribute: whether the changes of claims are attributed to the changed inputs, which takes evaluations.
    draws: for that, rounded up to a multiple of 256, and at most those of the first run.

    Raises RunError where a folder cannot be read, ValueError for draws that cannot be.
    """
    if not 1 <= draws <= _MOST_DRAWS:
        raise ValueError(f"draws: {draws} lies outside 1 to {_MOST_DRAWS}")
    first, second = _opened(a), _opened(b)
    few = min(-(-draws // CHUNK) * CHUNK, first.draws)
    common = set(first.claims) & set(second.claims)
    inputs = changed_inputs(first.case, second.case)
    pieces = _named(inputs)
    other = first.case.name != second.case.name and first.case.title != second.case.title
    changes = tuple(sorted(_claims(first, second), key=_size))
    found = _attributed(first, second, pieces, few, other) if attribute else Attributed()
    incomparable = {change.claim for change in changes if change.median_difference is None}
    parts = tuple(replace(s, median=None) if s.claim in incomparable else s for s in found.shares)
    remainders = _remainders(changes, parts) if attribute else ()
    return Comparison(
        before=_label(first), after=_label(second), paired=_paired(first, second),
        inputs=(*_settings(first, second), *inputs), claims=changes,
        only_before=tuple(name for name in first.claims if name not in common),
        only_after=tuple(name for name in second.claims if name not in common),
        shares=(*parts, *remainders), idle=found.idle, joined=found.joined,
        draws=few if attribute else 0, orders=found.orders, warnings=tuple(_warnings(first, second, other)),
    )  # fmt: skip


def _opened(run: str | Path | Result) -> Result:
    if not isinstance(run, str | Path):
        return run
    from tumen.runs import open_run

    return open_run(run)


def _label(run: Result) -> str:
    return str(run.folder) if run.folder is not None else f"{run.case.name} in memory"


def _paired(a: Result, b: Result) -> bool:
    return (a.seed, a.draws) == (b.seed, b.draws)


def _warnings(a: Result, b: Result, other: bool) -> Iterator[str]:
    if other:
        yield f"two different cases, {a.case.name} and {b.case.name}: compared where claims have the same names"
    if not set(a.claims) & set(b.claims):
        yield "the two runs have no claim in common"


def _settings(a: Result, b: Result) -> Iterator[InputChange]:
    """Settings and versions that differ."""
    told = {"case": "name", "scenario": "scenario"}
    for name, key in told.items():
        before, after = getattr(a.case, key) or "none", getattr(b.case, key) or "none"
        if before != after:
            yield InputChange(name, before, after, "setting")
    for name in ("seed", "draws"):
        if getattr(a, name) != getattr(b, name):
            yield InputChange(name, str(getattr(a, name)), str(getattr(b, name)), "setting")
    before_made, after_made = _made_with(a), _made_with(b)
    for name in dict.fromkeys((*before_made, *after_made)):
        before, after = before_made.get(name, ""), after_made.get(name, "")
        if before != after:
            yield InputChange(f"version of {name}", before, after, "setting")


def _made_with(run: Result) -> Mapping[str, str]:
    """The versions that a run was made with; those of now for one in memory. Raises RunError."""
    if run.folder is None:
        return versions()
    try:
        found = json.loads((run.folder / RECORD).read_text(encoding="utf-8")).get("versions", {})
        return {str(name): str(version) for name, version in found.items()}
    except (OSError, ValueError, AttributeError) as error:
        raise RunError(f"{run.folder / RECORD}: has no versions that can be read; run the case again") from error


# ---- claims


def _claims(a: Result, b: Result) -> Iterator[ClaimChange]:
    paired, common = _paired(a, b), set(a.claims) & set(b.claims)
    for name, before in a.claims.items():
        if name not in common:
            continue
        after = b.claims[name]
        (x, met_x), (y, met_y) = _drawn(a, name), _drawn(b, name)
        error = _error(met_x, met_y) if paired else float(np.hypot(before.se, after.se))
        comparable = before.unit == after.unit and np.isfinite([before.median, after.median]).all()
        median_error = _median_error(x, y, paired) if comparable else None
        difference = after.probability - before.probability
        moved = after.median - before.median if comparable else None
        same = paired and np.array_equal(met_x, met_y) and before.unit == after.unit and _equal(x, y)
        beyond = _is_beyond(difference, error) or (moved is not None and _is_beyond(moved, median_error or 0.0))
        yield ClaimChange(
            name, before.unit, before.probability, after.probability, error, before.median, after.median,
            None if moved is None else 0.0 if same else float(moved), median_error, same, beyond and not same,
            before.draws, after.draws, after.unit if after.unit != before.unit else "",
        )  # fmt: skip


def _drawn(run: Result, name: str) -> tuple[Array, Array]:
    """The measure of a claim in every draw of a run, and whether its test is met, as 0 or 1."""
    values = np.asarray(run.data["claims"]["value"].sel(claim=name).to_numpy(), dtype=float)
    return values, claims.met(claims.question(run.case, name), values).astype(float)


def _equal(x: Array, y: Array) -> bool:
    return bool(np.allclose(x, y, rtol=1e-9, atol=0.0, equal_nan=True))


def _error(x: Array, y: Array) -> float:
    """The standard error of the mean of y less x, draw by draw."""
    return float(np.std(y - x, ddof=1) / np.sqrt(len(x)))


def _median_error(x: Array, y: Array, paired: bool) -> float:
    """The standard error of the median of y less that of x, by what each draw moves them."""
    left, right = _influence(x), _influence(y)
    if paired:
        return _error(left, right)
    return float(np.hypot(*(np.std(one, ddof=1) / np.sqrt(len(one)) for one in (left, right))))


def _influence(x: Array) -> Array:
    """By how much each draw moves the median, (draw,): (1/2 - 1{x <= m}) / f(m)."""
    width = min(0.25, len(x) ** -0.25 / 2)
    low, middle, high = np.quantile(x, [0.5 - width, 0.5, 0.5 + width])
    if not np.isfinite([low, middle, high]).all():
        return np.zeros_like(x)
    return np.asarray((0.5 - (x <= middle)) * (high - low) / (2 * width))


def _is_beyond(difference: float, error: float) -> bool:
    return abs(difference) > max(_BEYOND * error, 1e-12)


def _size(change: ClaimChange) -> tuple[Any, ...]:
    """The order of claims: those that changed, by their probability, then by their median."""
    scale = max(abs(change.median_before), abs(change.median_after), 1e-300)
    moved = 0.0 if change.median_difference is None else abs(change.median_difference) / scale
    return change.same, not change.beyond, -round(abs(change.difference), 12), -moved


# ---- attribution


def _named(inputs: Iterable[InputChange]) -> Mapping[Piece, str]:
    """The pieces that differ: by the name of the figure, or of the entry where several of its figures do."""
    found: dict[Piece, list[str]] = {}
    for change in inputs:
        if change.piece:
            found.setdefault(change.piece, []).append(change.name)
    single = {piece: names[0] for piece, names in found.items() if len(names) == 1}
    return {piece: single.get(piece, f"{'.'.join(piece)} ({len(names)} changes)") for piece, names in found.items()}


def _attributed(a: Result, b: Result, pieces: Mapping[Piece, str], draws: int, whole: bool) -> Attributed:
    return attribute(a, b, pieces, draws, whole=whole) if pieces else Attributed()


def _remainders(changes: tuple[ClaimChange, ...], shares: tuple[Share, ...]) -> tuple[Share, ...]:
    """What is left of each claim's change: of the seed, the number of draws, the version, and of taking few draws."""
    found = []
    for change in changes:
        own = [share for share in shares if share.claim == change.claim]
        left = change.difference - sum(share.probability for share in own)
        median = None
        if change.median_difference is not None and all(share.median is not None for share in own):
            median = change.median_difference - sum(share.median or 0.0 for share in own)
            scale = max(abs(change.median_before), abs(change.median_after))
            median = median if abs(median) > 1e-9 * scale else 0.0
        left = left if abs(left) > 1e-12 else 0.0
        if left or median:
            found.append(Share(change.claim, REMAINDER, left, change.se, median))
    return tuple(found)
