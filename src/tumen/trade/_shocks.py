"""What changes: costs, tariffs, productivity and labour of one counterfactual, by label.

A cost is the factor on the iceberg cost of the exporter's goods to the importer: 1.1 makes them a tenth dearer to
deliver, inf is an embargo, exactly no trade. Costs given twice for the same flow, or by two shocks that are joined,
multiply. A tariff is a rate on the exporter's value, revenue going to the importer's households; an export tax is one
whose revenue goes to the exporter's. A quota caps the volume that is delivered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tumen.errors import CaseError, did_you_mean, unknown_name
from tumen.trade._baseline import Array, Baseline

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Limit", "Resolved", "Rule", "Shock"]

Places = int | npt.NDArray[np.intp]
Index = tuple[int | slice, Places, Places]


@dataclass(frozen=True, slots=True)
class Rule:
    """A change of one flow, or of many: None stands for every foreign partner or every sector.

    cost: factor. tariff_before, tariff_after: rates, None for what the baseline has. export_tax: rate, None for none.
    """

    exporter: str | None
    importer: str | None
    sector: str | None = None
    cost: float = 1.0
    tariff_before: float | None = None
    tariff_after: float | None = None
    export_tax: float | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """A quota on the volume of one flow, limit a factor on the base's; see `Shock.quota`."""

    exporter: str
    importer: str
    limit: float
    sector: str | None = None
    rent: str = "importer"


@dataclass(frozen=True, slots=True)
class Resolved:
    """A shock in the arrays of a baseline, (sector, exporter, importer) or (country,).

    log_cost: +inf where there is an embargo. tariff_before, tariff_after, export_tax: None where there are none at all.
    """

    log_cost: Array
    tariff_before: Array | None
    tariff_after: Array | None
    productivity: Array
    labour: Array
    export_tax: Array | None = None
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True, slots=True)
class Shock:
    """One counterfactual. Made from a table, from pairs, or by `cut` and `between`; two are joined by `&`.

    rules: changes of flows. productivity, labour: factors by country. limits: quotas.

    >>> embargo = Shock.cut("PRK", partners=["CHN"])
    >>> dear = Shock.pairs({("RUS", "PRK"): 1.1})
    >>> len((embargo & dear).rules)
    3
    """

    rules: tuple[Rule, ...] = ()
    productivity: Mapping[str, float] = field(default_factory=dict)
    labour: Mapping[str, float] = field(default_factory=dict)
    limits: tuple[Limit, ...] = ()

    @classmethod
    def from_table(cls, table: pd.DataFrame | Path | str) -> Shock:
        """From `exporter, importer[, sector][, cost][, tariff_before, tariff_after]`, a frame or the path of a CSV.

        An empty cost is 1, `inf` an embargo; an empty tariff is the baseline's. Raises CaseError with every problem.
        """
        import pandas as pd

        from tumen.trade._baseline_table import read_frame

        frame = read_frame(table, "shock", ("exporter", "importer"))
        known = {"exporter", "importer", "sector", "cost", "tariff_before", "tariff_after"}
        problems = [
            f"shock: there is no use for column {name!r}; {did_you_mean(name, known)}"
            for name in frame.columns
            if name not in known
        ]
        columns: dict[str, list[float | None]] = {}
        for name in ("cost", "tariff_before", "tariff_after"):
            cells = frame[name] if name in frame.columns else pd.Series([""] * len(frame))
            columns[name] = [_number(cell, name, row, problems) for row, cell in enumerate(cells)]
        if not problems and not known - {"exporter", "importer", "sector"} & set(frame.columns):
            problems.append("shock: there is neither a column 'cost' nor 'tariff_after'")
        sectors: Iterable[str | None] = frame["sector"] if "sector" in frame.columns else [None] * len(frame)
        rules = [
            Rule(str(i), str(j), s or None, 1.0 if cost is None else cost, before, after)
            for i, j, s, cost, before, after in zip(
                frame["exporter"], frame["importer"], sectors, *columns.values(), strict=True
            )
        ]
        problems += _impossible(rules)
        if problems:
            raise CaseError(problems)
        return cls(tuple(rules))

    @classmethod
    def pairs(cls, costs: Mapping[tuple[str, str], float]) -> Shock:
        """Cost factors by (exporter, importer), one direction each; raises CaseError."""
        return cls._checked(Rule(i, j, cost=float(cost)) for (i, j), cost in costs.items())

    @classmethod
    def cut(cls, country: str, partners: Sequence[str] | None = None) -> Shock:
        """An embargo between a country and its partners, both ways; with all the world by default."""
        return cls.between([country], partners, cost=np.inf)

    @classmethod
    def between(cls, some: Sequence[str], others: Sequence[str] | None = None, *, cost: float = np.inf) -> Shock:
        """The same cost factor on all trade between two groups, both ways, domestic sales left out.

        others: None for all the world. A flow within the first group changes once, like any other.
        """
        some = [some] if isinstance(some, str) else list(some)
        partners: list[str | None] = [None] if others is None else [*([others] if isinstance(others, str) else others)]
        pairs = dict.fromkeys(pair for a in some for b in partners if a != b for pair in ((a, b), (b, a)))
        rules = [Rule(i, j, cost=float(cost)) for i, j in pairs]
        if others is None and cost != np.inf:  # trade within the group is met from both sides: take one away
            rules += [Rule(i, j, cost=1 / float(cost)) for i in some for j in some if i != j]
        return cls._checked(rules)

    @classmethod
    def tariffs(cls, rates: Mapping[tuple[str, str], float]) -> Shock:
        """New tariff rates by (exporter, importer), the importer's; raises CaseError."""
        return cls._checked(Rule(i, j, tariff_after=float(rate)) for (i, j), rate in rates.items())

    @classmethod
    def export_taxes(cls, rates: Mapping[tuple[str, str], float], sector: str | None = None) -> Shock:
        """Export tax rates by (exporter, importer), on the exporter's value, the exporter's; raises CaseError."""
        return cls._checked(Rule(i, j, sector, export_tax=float(rate)) for (i, j), rate in rates.items())

    @classmethod
    def quota(cls, limits: Mapping[tuple[str, str], float], sector: str | None = None, rent: str = "importer") -> Shock:
        """Caps on volumes by (exporter, importer), as factors on the base's: 0.8 for 80 %, 0 for an embargo.

        sector: None for a cap on all goods together, weighted by value. rent: who takes it, "importer", "exporter" or a
        country. Raises CaseError.
        """
        wrong = [f"shock: {i} to {j}: the limit is {limit}; expected a factor of 0 or more"
                 for (i, j), limit in limits.items() if not limit >= 0]  # fmt: skip
        if wrong:
            raise CaseError(wrong)
        return cls(limits=tuple(Limit(i, j, float(limit), sector, rent) for (i, j), limit in limits.items()))

    @classmethod
    def _checked(cls, rules: Iterable[Rule]) -> Shock:
        made = tuple(rules)
        problems = _impossible(made)
        if problems:
            raise CaseError(problems)
        return cls(made)

    def __and__(self, other: Shock) -> Shock:
        """Both at once: costs and factors multiply, the later tariff holds."""
        return Shock(
            (*self.rules, *other.rules),
            _product(self.productivity, other.productivity),
            _product(self.labour, other.labour),
            (*self.limits, *other.limits),
        )

    def resolve(self, base: Baseline) -> Resolved:
        """The shock in the arrays of the baseline; raises CaseError with every label that it does not know."""
        problems: list[str] = []
        place = {country: i for i, country in enumerate(base.countries)}
        level = {sector: s for s, sector in enumerate(base.sectors)}
        named: list[Rule | Limit] = [*self.rules, *self.limits]
        for label in dict.fromkeys(c for rule in named for c in (rule.exporter, rule.importer) if c is not None):
            if label not in place:
                problems.append(f"shock: {unknown_name('country', label, base.countries)}")
        for taker in dict.fromkeys(limit.rent for limit in self.limits):
            if taker not in place and taker not in ("importer", "exporter"):
                valid = ("importer", "exporter", *base.countries)
                problems.append(f"shock: {unknown_name('taker of the rent', taker, valid)}")
        for label in dict.fromkeys(rule.sector for rule in named if rule.sector is not None):
            if label not in level:
                problems.append(f"shock: {unknown_name('sector', label, base.sectors)}")
        factors = {
            name: _factors(name, values, base.countries, problems)
            for name, values in (("productivity", self.productivity), ("labour", self.labour))
        }
        if problems:
            raise CaseError(problems)
        log_cost = np.zeros(base.flows.shape)
        cells = [_cells(rule, len(base.countries), place, level) for rule in self.rules]
        before = _before(base, self.rules, cells)
        after, levy = before.copy(), np.zeros(base.flows.shape)
        for rule, where in zip(self.rules, cells, strict=True):
            if rule.cost != 1:
                log_cost[where] += np.log(rule.cost) if np.isfinite(rule.cost) else np.inf
            if rule.tariff_after is not None:
                after[where] = rule.tariff_after
            if rule.export_tax is not None:
                levy[where] = rule.export_tax
        taxed = bool(before.any() or after.any())
        return Resolved(
            log_cost, before if taxed else None, after if taxed else None, **factors,
            export_tax=levy if levy.any() else None, limits=self.limits,
        )  # fmt: skip


def _number(cell: object, name: str, row: int, problems: list[str]) -> float | None:
    text = str(cell).strip()
    if text == "" or (text.lower() in {"nan", "none", "<na>"}):
        return None
    try:
        return float(text)
    except ValueError:
        problems.append(f"shock: row {row + 1}: {name} is {text!r}; expected a number, or inf for an embargo")
        return None


def _impossible(rules: Iterable[Rule]) -> list[str]:
    problems = []
    for rule in rules:
        where = f"shock: {rule.exporter or 'all'} to {rule.importer or 'all'}"
        if not rule.cost > 0:
            problems.append(
                f"{where}: the cost is {rule.cost}; expected a factor above 0, 1 for none, inf for an embargo"
            )
        for name in ("tariff_before", "tariff_after", "export_tax"):
            rate = getattr(rule, name)
            if rate is not None and not (np.isfinite(rate) and rate > -1):
                problems.append(f"{where}: {name} is {rate}; expected a rate above -1, such as 0.05")
    return problems


def _factors(name: str, given: Mapping[str, float], countries: tuple[str, ...], problems: list[str]) -> Array:
    values = np.ones(len(countries))
    for country, factor in given.items():
        if country not in countries:
            problems.append(f"shock: {name}: {unknown_name('country', country, countries)}")
        elif not (np.isfinite(factor) and factor > 0):
            problems.append(f"shock: {name} of {country} is {factor}; expected a factor above 0, 1 for no change")
        else:
            values[countries.index(country)] = factor
    return values


def _cells(rule: Rule, size: int, place: Mapping[str, int], level: Mapping[str, int]) -> Index:
    """Where the rule holds: sector, exporter, importer. Domestic sales are meant only where both are named."""
    s = slice(None) if rule.sector is None else level[rule.sector]
    if rule.exporter is not None and rule.importer is not None:
        return s, place[rule.exporter], place[rule.importer]
    if rule.exporter is None and rule.importer is None:
        exporters, importers = np.nonzero(~np.eye(size, dtype=np.bool_))
        return s, exporters, importers
    named = place[str(rule.exporter or rule.importer)]
    others = np.delete(np.arange(size), named)
    return (s, others, named) if rule.exporter is None else (s, named, others)


def _before(base: Baseline, rules: Sequence[Rule], cells: Sequence[Index]) -> Array:
    """Tariffs before the shock, (sector, exporter, importer); raises CaseError where the baseline has another."""
    rates = np.zeros(base.flows.shape) if base.tariffs is None else np.array(base.tariffs)
    problems = []
    for rule, where in zip(rules, cells, strict=True):
        if rule.tariff_before is None:
            continue
        if base.tariffs is not None and np.any(np.abs(base.tariffs[where] - rule.tariff_before) > 1e-9):
            problems.append(
                f"shock: {rule.exporter} to {rule.importer}: tariff_before is {rule.tariff_before}, the baseline has "
                f"another; leave the column out"
            )
        rates[where] = rule.tariff_before
    if problems:
        raise CaseError(problems)
    return rates


def _product(a: Mapping[str, float], b: Mapping[str, float]) -> dict[str, float]:
    return {key: a.get(key, 1.0) * b.get(key, 1.0) for key in dict.fromkeys((*a, *b))}
