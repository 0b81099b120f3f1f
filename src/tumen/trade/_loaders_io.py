"""World input-output tables: from sales of every sector to every sector to a baseline of many sectors.

A table gives Z[k, i, s, n], what sector s of country n uses of good k of country i, and F[k, i, n], what households,
government and investment of n buy of it; a row adds up to output. The model of Caliendo and Parro (2015) needs less: it
assumes that all buyers in a country source a good in the same shares, so that only flows and input shares remain,

    flow[k, i, n] = sum_s Z[k, i, s, n] + F[k, i, n]        io[k, s, n] = sum_i Z[k, i, s, n] / output[s, n]

Output is what a row sells, which the printed figure may miss by rounding. Value added is the rest of output, taxes on
products included. Changes in inventories stand in F and may be negative, where a stock was sold that another year had
made. Such cells become 0, and output is what the table's own coefficients A need for the final demand that is left,
y = (I - A)^-1 F, so that every identity of the accounts holds again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tumen.errors import CaseError
from tumen.trade._baseline import Array, Baseline, ByLabel
from tumen.trade._loaders_tidy import clean, finish

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["InputOutputTable"]

_LEAST = 0.01  # of output that is value added; some tables have cells with less than none
_ROUNDING = 1e-15  # output that is as small a part of the largest is none


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class InputOutputTable:
    """A world input-output table of one year; arrays are read-only, values are MUSD at basic prices.

    countries (N), sectors (S): labels. intermediate (S, N, S, N): good, its origin, the sector and country that use it.
    final (S, N, N): good, origin, the country where it is consumed or invested, inventories included, so that a cell
    may be negative. output, value_added (S, N): as printed. source: where it comes from. notes: what was merged or
    estimated, in words.

    Raises CaseError for shapes that do not fit or values that are not finite.
    """

    countries: tuple[str, ...]
    sectors: tuple[str, ...]
    year: int
    intermediate: Array
    final: Array
    output: Array
    value_added: Array
    source: str
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        s, n = len(self.sectors), len(self.countries)
        shapes = {"intermediate": (s, n, s, n), "final": (s, n, n), "output": (s, n), "value_added": (s, n)}
        problems = []
        for name, shape in shapes.items():
            array = np.array(getattr(self, name), dtype=np.float64)
            array.setflags(write=False)
            object.__setattr__(self, name, array)
            if array.shape != shape:
                problems.append(f"{name}: shape {array.shape}; expected {shape} for {s} sectors and {n} countries")
            elif not np.isfinite(array).all():
                problems.append(f"{name}: {int((~np.isfinite(array)).sum())} values are not finite")
        for kind, labels in (("country", self.countries), ("sector", self.sectors)):
            problems += [
                f"{kind} {label} is named {times} times" for label, times in Counter(labels).items() if times > 1
            ]
        if problems:
            raise CaseError([f"{self.source}: {problem}" for problem in problems])

    def baseline(self, elasticity: float | ByLabel | npt.ArrayLike) -> Baseline:
        """The baseline of many sectors, with input shares, final shares and deficits; the module says how.

        elasticity: theta, one for all sectors, by label, or (S,). What was changed on the way stands in its `notes`.
        Raises CaseError.
        """
        size = len(self.sectors) * len(self.countries)
        notes = [*self.notes, "all buyers of a country source a good in the same shares (Caliendo and Parro 2015)"]
        used = _positive(self.intermediate.reshape(size, size), "intermediate", notes)
        sold = used.sum(axis=1) + self.final.sum(axis=2).reshape(size)
        final = _positive(self.final, "final", notes)
        bought = final.sum(axis=(0, 1))
        if not bought.all():
            idle = [name for name, value in zip(self.countries, bought, strict=True) if not value]
            raise CaseError([f"{self.source}: {name} has no final demand; leave it out of the table" for name in idle])
        shares = _input_shares(used, sold, notes)
        made = np.maximum(np.linalg.solve(np.eye(size) - shares, final.sum(axis=2).reshape(size)), 0.0)
        made[made < _ROUNDING * made.max()] = 0.0
        notes.append(_change(self.output.reshape(size), made))
        needs = (shares * made).reshape(self.intermediate.shape)
        io = shares.reshape(self.intermediate.shape).sum(axis=1)
        return Baseline.from_arrays(
            needs.sum(axis=2) + final, self.countries, sectors=self.sectors, elasticity=elasticity, io=io,
            value_added_share=1 - io.sum(axis=0), final_shares=final.sum(axis=1) / bought, notes=notes,
        )  # fmt: skip

    def flows(self) -> pd.DataFrame:
        """Flows for all uses as a tidy table, domestic sales included; cells without a flow have no row."""
        import pandas as pd

        values = self.intermediate.sum(axis=2) + self.final
        k, i, n = np.nonzero(values)
        names = np.array(self.countries, dtype=object)
        frame = pd.DataFrame(
            {
                "year": self.year,
                "exporter": names[i],
                "importer": names[n],
                "sector": np.array(self.sectors, dtype=object)[k],
                "value": values[k, i, n],
            }
        )
        dropped: Counter[str] = Counter()
        part = clean(frame, dropped, domestic=True)
        return finish([part], source=self.source, valuation="basic prices", dropped=dropped, notes=self.notes)

    def __repr__(self) -> str:
        size = f"{len(self.countries)} countries, {len(self.sectors)} sectors"
        lines = [f"InputOutputTable: {self.source}, {self.year}, {size}, output {self.output.sum():,.6g}"]
        lines.append(f"  {'country':<12}{'output':>14}{'value added':>14}{'final demand':>14}")
        made, bought = self.output.sum(axis=0), self.final.sum(axis=(0, 1))
        largest = sorted(np.argsort(-made, kind="stable")[:8])
        for n in largest:
            figures = (made[n], self.value_added[:, n].sum(), bought[n])
            lines.append(f"  {self.countries[n]:<12}" + "".join(f"{value:>14,.6g}" for value in figures))
        if len(self.countries) > len(largest):
            lines.append(f"  ... and {len(self.countries) - len(largest)} more")
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])


def _positive(values: Array, what: str, notes: list[str]) -> Array:
    below = values < 0
    if below.any():
        notes.append(f"{int(below.sum())} negative cells of {what} use, {values[below].sum():,.6g} MUSD, were set to 0")
    return np.where(below, 0.0, values)


def _input_shares(used: Array, output: Array, notes: list[str]) -> Array:
    """Input coefficients (S N, S N), with some value added in every column."""
    makes = output > 0
    shares: Array = used / np.where(makes, output, 1.0) * makes
    idle = ~makes & (used.sum(axis=0) > 0)
    if idle.any():
        notes.append(
            f"{int(idle.sum())} sectors have inputs but no output; {used[:, idle].sum():,.6g} MUSD were left out"
        )
    total = shares.sum(axis=0)
    over = total > 1 - _LEAST
    if over.any():
        notes.append(
            f"inputs of {int(over.sum())} sectors with a value added below {_LEAST:.0%} of output were scaled down"
        )
        shares *= np.where(over, (1 - _LEAST) / np.where(over, total, 1.0), 1.0)
    return shares


def _change(printed: Array, made: Array) -> str:
    """How far output now lies from what the table prints."""
    gap = np.abs(made - printed)
    world = made.sum() / printed.sum() - 1
    return f"output differs from the table's by {world:+.2g} in all and by at most {gap.max():,.3g} MUSD in a sector"


def labelled_table(
    values: Mapping[str, Array], countries: list[str], sectors: list[str], year: int, source: str, notes: list[str]
) -> InputOutputTable:
    """A table from arrays by country and sector: rows (N S), intermediate (N S, N S), final (N S, N), output (N S)."""
    n, s = len(countries), len(sectors)
    shapes = {"intermediate": (n, s, n, s), "final": (n, s, n), "output": (n, s), "value_added": (n, s)}
    turned = {"intermediate": (1, 0, 3, 2), "final": (1, 0, 2), "output": (1, 0), "value_added": (1, 0)}
    arrays = {name: values[name].reshape(shapes[name]).transpose(turned[name]) for name in shapes}
    return InputOutputTable(tuple(countries), tuple(sectors), year, source=source, notes=tuple(notes), **arrays)
