"""Reading a case: files to models to a frozen Case, with every problem collected and shown once.

The kinds of initiative are passed in, so that this package knows none of them.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from tumen.case._blueprint import make_process
from tumen.case._case import Case, Parameter
from tumen.case._checks import check
from tumen.case._dates import decimal_year
from tumen.case._model import CaseFile, SourceSpec
from tumen.case._overrides import apply_scenario
from tumen.case._problems import Place, Problems
from tumen.case._quantity import Quantity
from tumen.case._tables import Table, read_table
from tumen.case._yaml import Document, Path_, parse_yaml, read_text, read_yaml
from tumen.case._yaml import MAX_YAML_BYTES
from tumen.case.fields import Initiative
from tumen.errors import did_you_mean

__all__ = ["read_case"]

CASE_FILE, SOURCES_FILE = "case.yaml", "sources.yaml"


def read_case(folder: Path, *, name: str, kinds: Mapping[str, type[Initiative]], problems: Problems) -> Case | None:
    """Read the case in `folder`; None where problems were found, which are then in `problems`."""
    if not folder.is_dir():
        problems.add(Place(str(folder), 0), "", "there is no such folder")
        return None
    text = read_text(folder, CASE_FILE, problems, Place(CASE_FILE, 0), limit=MAX_YAML_BYTES)
    document = parse_yaml(text, CASE_FILE, problems) if text is not None else None
    sources = _sources(folder, problems)
    if text is None or document is None or sources is None:
        return None
    if not isinstance(document.data, dict):
        problems.add(Place(CASE_FILE, 1), "", "the file is empty or no mapping; it begins with `format: 1`, `title:`, `as_of:`")
        return None
    reading = _Reading(folder, name, kinds, sources, problems)
    base = reading.case(document, "")
    scenarios = document.data.get("scenarios")
    variants: dict[str, Case] = {}
    for scenario in scenarios if base is not None and isinstance(scenarios, dict) else ():
        changed = apply_scenario(scenario, document, problems)
        variant = reading.case(changed, scenario) if changed is not None else None
        if variant is not None:
            variants[scenario] = variant
    if base is None or problems:
        return None
    files = {CASE_FILE: text} | ({SOURCES_FILE: sources[1]} if sources[1] is not None else {}) | reading.texts
    found = {key: dataclasses.replace(variant, files=files) for key, variant in variants.items()}
    return dataclasses.replace(base, files=files, scenarios=found)


def _sources(folder: Path, problems: Problems) -> tuple[Mapping[str, SourceSpec], str | None, Document | None] | None:
    """The sources by key; an absent file is a case without sources."""
    if not (folder / SOURCES_FILE).exists():
        return {}, None, None
    before = len(problems.found)
    document = read_yaml(folder, SOURCES_FILE, problems)
    if document is None or len(problems.found) > before:
        return None
    text = (folder / SOURCES_FILE).read_text(encoding="utf-8-sig")
    if document.data is None:
        return {}, text, document
    if not isinstance(document.data, dict):
        problems.add(Place(SOURCES_FILE, 1), "", "a mapping of keys to sources is expected: `key: {title: ..., date: ...}`")
        return None
    sources: dict[str, SourceSpec] = {}
    for key, body in document.data.items():
        source = _validate(SourceSpec, body, document, (key,), problems)
        if isinstance(source, SourceSpec):
            sources[key] = source
    return sources, text, document


def _validate(model: type[BaseModel], body: Any, document: Document, path: Path_, problems: Problems) -> BaseModel | None:
    """The model of a part of a document, or None after noting every problem with its line."""
    if not isinstance(body, dict):
        place = document.place(path)
        found = "nothing" if body is None else f"`{str(body)[:40]}`"
        problems.add(place, ".".join(map(str, path)), f"a group of keys is expected here, found {found}")
        return None
    try:
        return model.model_validate(body)
    except ValidationError as error:
        for item in error.errors(include_url=False):
            location = tuple(part for part in item["loc"] if part not in {"[key]"})
            full = (*path, *location)
            field = ".".join(map(str, full))
            problems.add(document.place(full), field, _message(model, item, location))
    except RecursionError:
        problems.add(document.place(path), ".".join(map(str, path)), "nested too deeply")
    return None


def _message(model: type[BaseModel], item: Any, location: Path_) -> str:
    """A pydantic error in the house's words."""
    kind = item["type"]
    if kind == "extra_forbidden":
        return f"unknown key; {did_you_mean(str(location[-1]), _keys_at(model, location[:-1]))}"
    if kind == "missing":
        return "is missing; add it"
    if kind == "value_error":
        return str(item["msg"]).removeprefix("Value error, ")
    if kind in {"model_type", "dict_type", "mapping_type"}:
        return f"a group of keys is expected here, found `{str(item['input'])[:40]}`"
    if kind == "tuple_type":
        return f"a list is expected here, found `{str(item['input'])[:40]}`"
    return f"{item['msg'][0].lower()}{item['msg'][1:]}; found `{str(item['input'])[:40]}`"


def _keys_at(model: Any, location: Path_) -> list[str]:
    """The keys that a model knows at a location below it."""
    for part in location:
        if isinstance(model, type) and issubclass(model, BaseModel):
            model = model.model_fields[str(part)].annotation if str(part) in model.model_fields else None
        else:
            arguments = [a for a in typing.get_args(model) if a not in {type(None), str, Ellipsis}]
            model = arguments[-1] if arguments else None
        while typing.get_origin(model) in {typing.Union, types.UnionType, typing.Annotated}:
            model = next(a for a in typing.get_args(model) if a is not type(None))
    if isinstance(model, type) and issubclass(model, BaseModel):
        return list(model.model_fields)
    return []


class _Reading:
    """One reading of a folder: the tables are read once, however many scenarios there are."""

    def __init__(
        self,
        folder: Path,
        name: str,
        kinds: Mapping[str, type[Initiative]],
        sources: tuple[Mapping[str, SourceSpec], str | None, Document | None],
        problems: Problems,
    ) -> None:
        self.folder, self.name, self.kinds, self.problems = folder, name, kinds, problems
        self.sources = sources[0]
        self.texts: dict[str, str] = {}
        self._tables: dict[str, Table | None] = {}

    def case(self, document: Document, scenario: str) -> Case | None:
        """The case of one document; None where it has problems."""
        problems = self.problems
        before = len(problems.found)
        file = _validate(CaseFile, document.data, document, (), problems)
        initiatives = self._initiatives(document)
        if not isinstance(file, CaseFile) or len(problems.found) > before:
            return None
        tables = self._tables_of(file, document)
        if len(problems.found) > before:
            return None
        parameters = tuple(_parameters(file, initiatives, document))
        blueprint, fitted = self._blueprint(file, parameters, tables, document)
        if blueprint is None:
            return None
        case = Case(
            name=self.name, folder=self.folder, file=file, initiatives=initiatives, sources=self.sources, tables=tables,
            parameters=(*parameters, *fitted), files={}, blueprint=blueprint, document=document,
            scenario=scenario,
        )  # fmt: skip
        check(case, document, problems)
        return case if len(problems.found) == before else None

    def _initiatives(self, document: Document) -> dict[str, Initiative]:
        raw = document.data.get("initiatives")
        found: dict[str, Initiative] = {}
        for name, body in raw.items() if isinstance(raw, dict) else ():
            path: Path_ = ("initiatives", name)
            kind = body.get("kind") if isinstance(body, dict) else None
            if not isinstance(kind, str) or kind not in self.kinds:
                what = "`kind` is missing" if kind is None else f"there is no kind of initiative `{str(kind)[:40]}`"
                self.problems.add(document.place((*path, "kind")), ".".join((*path, "kind")), f"{what}; {did_you_mean(str(kind), self.kinds)}")
                continue
            spec = _validate(self.kinds[kind], body, document, path, self.problems)
            if isinstance(spec, Initiative):
                found[name] = spec
        return found

    def _tables_of(self, file: CaseFile, document: Document) -> dict[str, Table]:
        wanted: dict[str, Path_] = {}
        for name, process in file.processes.items():
            if process.series is not None:
                wanted.setdefault(process.series, ("processes", name, "series"))
        for name, path in file.trade.items():
            wanted.setdefault(path.history, ("trade", name, "history"))
        for table_name, path_ in wanted.items():
            if table_name not in self._tables:
                table, text = read_table(self.folder, table_name, self.problems, document.place(path_))
                self._tables[table_name] = table
                self.texts[table_name] = text
        return {name: table for name in wanted if (table := self._tables[name]) is not None}

    def _blueprint(
        self, file: CaseFile, parameters: tuple[Parameter, ...], tables: Mapping[str, Table], document: Document
    ) -> tuple[Any, tuple[Parameter, ...]]:
        """The blueprint of worlds, and the parameters that were fitted rather than written."""
        from tumen.uncertainty import Blueprint, Clock, Correlation

        as_of = decimal_year(file.as_of)
        processes: dict[str, Any] = {}
        before = len(self.problems.found)
        for name, spec in file.processes.items():
            try:
                processes[name] = make_process(spec, file, as_of, tables)
            except ValueError as error:
                self.problems.add(document.place(("processes", name)), f"processes.{name}", str(error))
        correlations = []
        for index, group in enumerate(file.correlations):
            try:
                correlations.append(Correlation(members=group.members, matrix=group.as_matrix()))
            except ValueError as error:
                self.problems.add(document.place(("correlations", index)), f"correlations.{index}", str(error))
        if len(self.problems.found) > before:
            return None, ()
        own = {p.name: p.quantity.distribution for p in parameters if p.section != "processes"}
        assumptions = {name: distribution for name, distribution in own.items() if distribution is not None}
        clock = Clock(years=tuple(range(file.horizon[0], file.horizon[1] + 1)), as_of=as_of)
        try:
            blueprint = Blueprint(clock=clock, assumptions=assumptions, processes=processes, correlations=tuple(correlations))
        except (ValueError, LookupError) as error:
            self.problems.add(document.place(("correlations",)), "correlations", str(error))
            return None, ()
        return blueprint, tuple(_fitted(file, processes, parameters, tables, document))


def _fitted(
    file: CaseFile, processes: Mapping[str, Any], parameters: tuple[Parameter, ...], tables: Mapping[str, Table], document: Document
) -> Iterator[Parameter]:
    """The parameters of processes that follow from a series or a count."""
    from tumen.case._units import parse_unit

    written = {parameter.name for parameter in parameters}
    for name, process in processes.items():
        spec = file.processes[name]
        rows = tables[spec.series].rows if spec.series else ()
        source = tuple(dict.fromkeys(key for row in rows for key in row.source)) or spec.source
        how = f"fitted to {spec.series}" if spec.series else "from the count"
        for parameter, distribution in process.parameters.items():
            full = f"{name}.{parameter}"
            if full not in written:
                unit = rows[0].unit if rows and parameter in {"start", "mean"} and spec.fit != "trend_growth" else parse_unit("1")
                quantity = Quantity(distribution, unit, how, source=source)
                yield Parameter(full, "processes", quantity, source, document.place(("processes", name)), derived=True)


def _parameters(file: CaseFile, initiatives: Mapping[str, Initiative], document: Document) -> Iterator[Parameter]:
    """Every quantity of the case, by its name."""
    for name, quantity in file.assumptions.items():
        yield Parameter(name, "assumptions", quantity, quantity.source, document.place(("assumptions", name)))
    sections: tuple[tuple[str, Mapping[str, Any]], ...] = (
        ("processes", file.processes), ("trade", file.trade), ("initiatives", initiatives),
    )  # fmt: skip
    for section, group in sections:
        for name, body in group.items():
            for path, quantity in _quantities(body, ()):
                # A process's parameter is named without its form: `oil.volatility`, not `oil.mean_reverting.volatility`.
                short = path[1:] if section == "processes" and len(path) > 1 and path[0] != "hazard" else path
                place = document.place((section, name, *path))
                full = ".".join((name, *map(str, short)))
                yield Parameter(full, section, quantity, quantity.source or tuple(body.source), place)


def _quantities(node: Any, path: Path_) -> Iterator[tuple[Path_, Quantity]]:
    if isinstance(node, Quantity):
        yield path, node
    elif isinstance(node, BaseModel):
        for key in type(node).model_fields:
            yield from _quantities(getattr(node, key), (*path, key))
    elif isinstance(node, Mapping):
        for key, value in node.items():
            yield from _quantities(value, (*path, str(key)))
    elif isinstance(node, tuple | list):
        for index, value in enumerate(node):
            yield from _quantities(value, (*path, index))
