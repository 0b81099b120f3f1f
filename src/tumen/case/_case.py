"""A case that has been read and found sound: frozen, with every figure named, dated and traceable."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from tumen.case._dates import decimal_year
from tumen.errors import unknown_name

if TYPE_CHECKING:
    from tumen.case._flows import FlowTable
    from tumen.case._model import CaseFile, ClaimSpec, EquilibriumSpec, PathSpec, SourceSpec
    from tumen.case._network import NetworkSpec
    from tumen.case._problems import Keys
    from tumen.case._quantity import Quantity
    from tumen.case._tables import Table
    from tumen.case.fields import Initiative
    from tumen.uncertainty import Blueprint, Distribution

__all__ = ["Case", "Parameter"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One named figure of the case.

    `section` is assumptions, processes, trade, equilibrium, networks or initiatives; `keys` lead to it in case.yaml,
    `cited` to the source that stands for it and others; `derived` marks what follows from a series or a count.
    """

    name: str
    section: str
    quantity: Quantity
    source: tuple[str, ...]
    keys: Keys
    derived: bool = False
    cited: Keys = ()


@dataclass(frozen=True, eq=False)
class Case:
    """A case: what is announced, what is assumed, and where each figure comes from.

    `parameters` lists every figure by name; `tables` and `flows` the tables that the case names; `scenarios` its named
    variants, each a case of its own; `files` the text of every file that it was read from.
    """

    name: str
    folder: Path
    file: CaseFile
    initiatives: Mapping[str, Initiative]
    sources: Mapping[str, SourceSpec]
    tables: Mapping[str, Table]
    flows: Mapping[str, FlowTable]
    parameters: tuple[Parameter, ...]
    files: Mapping[str, str]
    blueprint: Blueprint
    scenario: str = ""
    scenarios: Mapping[str, Case] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return self.file.title

    @property
    def as_of(self) -> date:
        return self.file.as_of

    @property
    def as_of_year(self) -> float:
        """The date of the case as a decimal year."""
        return decimal_year(self.file.as_of)

    @property
    def years(self) -> tuple[int, ...]:
        """The years of the horizon."""
        first, last = self.file.horizon
        return tuple(range(first, last + 1))

    @property
    def players(self) -> Mapping[str, str]:
        return self.file.players

    @property
    def claims(self) -> Mapping[str, ClaimSpec]:
        return self.file.claims

    @property
    def trade(self) -> Mapping[str, PathSpec]:
        return self.file.trade

    @property
    def networks(self) -> Mapping[str, NetworkSpec]:
        return self.file.networks

    @property
    def equilibrium(self) -> EquilibriumSpec | None:
        """The world's trade that the equilibrium is computed from; None where the case has none."""
        return next(iter(self.file.equilibrium.values()), None)

    @property
    def hash(self) -> str:
        """A digest of all the files of the case, 16 hexadecimal digits."""
        digest = hashlib.blake2b(digest_size=8)
        for name in sorted(self.files):
            for part in (name, self.files[name]):
                data = part.encode()
                digest.update(len(data).to_bytes(8, "big") + data)
        return digest.hexdigest()

    def under(self, scenario: str | None) -> Case:
        """The case under a named scenario; the case itself for none.

        Raises UnknownName where the case has no such scenario.
        """
        if not scenario or scenario == self.scenario:
            return self
        if scenario not in self.scenarios:
            raise unknown_name("scenario", scenario, self.scenarios)
        return self.scenarios[scenario]

    def parameter(self, name: str) -> Parameter:
        """The figure of that name, references followed. Raises UnknownName."""
        found = {parameter.name: parameter for parameter in self.parameters}
        if name not in found:
            raise unknown_name("parameter", name, found)
        reference = found[name].quantity.reference
        return found[name] if reference is None else self.parameter(reference)

    def distribution(self, name: str) -> Distribution:
        """The distribution of a named assumption, process parameters included. Raises UnknownName."""
        every = self.blueprint.distributions
        if name in every:
            return every[name]
        distribution = self.parameter(name).quantity.distribution
        assert distribution is not None
        return distribution

    @property
    def sourced_share(self) -> float:
        """The share of the figures that name a source."""
        own = [parameter for parameter in self.parameters if parameter.quantity.reference is None]
        return sum(bool(parameter.source) for parameter in own) / len(own) if own else 1.0

    def __repr__(self) -> str:
        rows = [
            f"{self.name}: {self.title}" + (f" [{self.scenario}]" if self.scenario else ""),
            f"  as of      {self.as_of}, years {self.years[0]}-{self.years[-1]}",
            f"  players    {', '.join(self.players)}",
            f"  figures    {len(self.parameters)}, {self.sourced_share:.0%} with a source",
        ]
        rows += [f"  initiative {name} ({initiative.kind})" for name, initiative in self.initiatives.items()]
        rows += [f"  claim      {name}: {claim.measure} {claim.test.text}" for name, claim in self.claims.items()]
        rows += [f"  scenario   {name}" for name in self.scenarios]
        return "\n".join(rows)
