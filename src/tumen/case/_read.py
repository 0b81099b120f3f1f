"""Reading a case: files to models to a frozen Case, with every problem collected and shown once.

A document is looked at in stages: its form, its tables, its processes, the ties between its parts, and what those who
know kinds and measures check. A stage that finds problems ends the look; the parts that are broken, and what names
them, are then put aside, and the rest is looked at again, so that an error in one claim hides none in another.

The kinds of initiative are passed in, so that this package knows none of them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from tumen.case._case import Case
from tumen.case._checks import check
from tumen.case._delivery import sources_of_classes
from tumen.case._document import Document, Notes
from tumen.case._flows import FlowTable, read_flows
from tumen.case._form import validate
from tumen.case._model import CaseFile, SourceSpec
from tumen.case._overrides import apply_scenario
from tumen.case._parts import clock, make_blueprint, make_processes, parameters_of
from tumen.case._problems import Keys, Place, Problems
from tumen.case._tables import Table, read_table
from tumen.case._text import read_text
from tumen.case._yaml import MAX_YAML_BYTES, parse_yaml
from tumen.case.fields import Initiative
from tumen.errors import did_you_mean

__all__ = ["Check", "read_case"]

CASE_FILE, SOURCES_FILE = "case.yaml", "sources.yaml"
_STAND_IN = SourceSpec(title="an entry with problems", date="1000")  # so that what cites it is not wrong as well

# What else must hold: the keys of the part of case.yaml in which something is wrong, and what.
Check = Callable[[Case], Iterable[tuple[Keys, str]]]


def read_case(
    folder: Path,
    *,
    name: str,
    kinds: Mapping[str, type[Initiative]],
    checks: Sequence[Check] = (),
    problems: Problems,
) -> Case | None:
    """Read the case in `folder`; None where problems were found, which are then in `problems`.

    `kinds` are the kinds of initiative by name; `checks` say what must hold beyond the form of the case.
    """
    if not folder.is_dir():
        problems.add(Place(str(folder), 0), "", "there is no such folder")
        return None
    text = read_text(folder, CASE_FILE, problems, Place(CASE_FILE, 0), limit=MAX_YAML_BYTES)
    document = parse_yaml(text, CASE_FILE, problems) if text is not None else None
    sources, sources_text = _sources(folder, problems)
    if text is None or document is None:
        return None
    if not isinstance(document.data, dict):
        what = "the file is empty or no group of keys; it begins with `format: 1`, `title:`, `as_of:`"
        problems.add(Place(CASE_FILE, 1), "", what)
        return None
    reading = _Reading(folder, name, kinds, checks, sources, problems)
    base, sound = reading.settle(document, "")
    if base is None:
        return None
    variants = {scenario: reading.variant(sound, scenario) for scenario in base.file.scenarios}
    if problems:
        return None
    files = {CASE_FILE: text, SOURCES_FILE: sources_text} if sources_text is not None else {CASE_FILE: text}
    files |= reading.texts
    found = {key: dataclasses.replace(variant, files=files) for key, variant in variants.items() if variant}
    return dataclasses.replace(base, files=files, scenarios=found)


def _sources(folder: Path, problems: Problems) -> tuple[Mapping[str, SourceSpec] | None, str | None]:
    """The sources by key and their text; an absent file is a case without sources, None a file that cannot be read."""
    path = folder / SOURCES_FILE
    if not path.exists() and not path.is_symlink():
        return {}, None
    text = read_text(folder, SOURCES_FILE, problems, Place(SOURCES_FILE, 0), limit=MAX_YAML_BYTES)
    document = parse_yaml(text, SOURCES_FILE, problems) if text is not None else None
    if document is None:
        return None, None
    if not isinstance(document.data, dict | None):
        what = "a group of keys is expected, one a source: `key: {title: ..., date: ...}`"
        problems.add(Place(SOURCES_FILE, 1), "", what)
        return None, None
    note, sources = Notes(document, problems), dict[str, SourceSpec]()
    for key, body in (document.data or {}).items():
        sources[key] = validate(SourceSpec, body, (key,), note) or _STAND_IN
    return sources, text


@dataclasses.dataclass
class _Reading:
    """One reading of a folder: the tables are read once, however many scenarios there are."""

    folder: Path
    name: str
    kinds: Mapping[str, type[Initiative]]
    checks: Sequence[Check]
    sources: Mapping[str, SourceSpec] | None
    problems: Problems
    texts: dict[str, str] = dataclasses.field(default_factory=dict)
    tables: dict[str, Table | None] = dataclasses.field(default_factory=dict)
    flow_tables: dict[str, FlowTable | None] = dataclasses.field(default_factory=dict)

    def settle(self, document: Document, scenario: str) -> tuple[Case | None, Document]:
        """The case of what is sound in a document, and that; None where what is wrong leaves nothing to look at."""
        while True:
            note = Notes(document, self.problems)
            case = self._look(document, scenario, note)
            broken = note.broken | document.broken
            if not broken:
                return case, document
            if any(len(keys) < 2 for keys in broken):  # the head of the case, or a whole section
                return None, document
            document = document.without(broken)

    def variant(self, document: Document, scenario: str) -> Case | None:
        """The case under one of its scenarios; None where that cannot be applied."""
        changed = apply_scenario(scenario, Notes(document, self.problems))
        return self.settle(changed, scenario)[0] if changed is not None else None

    def _look(self, document: Document, scenario: str, note: Notes) -> Case | None:
        """The case of a document; None after noting what is wrong with it."""
        from tumen.uncertainty import Blueprint

        file = validate(CaseFile, document.data, (), note)
        initiatives = self._initiatives(document, note)
        if file is None or self.sources is None or note.broken or document.broken:
            return None
        tables, flows = self._tables(file, note), self._flow_tables(file, note)
        if note.broken:
            return None
        processes = make_processes(file, tables, note)
        if note.broken:
            return None
        parameters = tuple(parameters_of(file, initiatives, processes, tables))
        sources = {**sources_of_classes(initiatives), **self.sources}
        case = Case(
            name=self.name, folder=self.folder, file=file, initiatives=initiatives, sources=sources, tables=tables,
            flows=flows, parameters=parameters, files={}, blueprint=Blueprint(clock=clock(file)), scenario=scenario,
        )  # fmt: skip
        check(case, note)
        if note.broken:
            return None
        blueprint = make_blueprint(file, parameters, processes, note)
        case = dataclasses.replace(case, blueprint=blueprint)
        for more in self.checks:
            if not note.broken:  # what the first finds wrong, the next would stumble on
                for keys, what in more(case):
                    note(keys, what)
        return case

    def _initiatives(self, document: Document, note: Notes) -> dict[str, Initiative]:
        raw = document.data.get("initiatives")
        found: dict[str, Initiative] = {}
        for name, body in raw.items() if isinstance(raw, dict) else ():
            keys: Keys = ("initiatives", name)
            kind = body.get("kind") if isinstance(body, dict) else None
            if not isinstance(kind, str) or kind not in self.kinds:
                what = "is missing" if kind is None else f"there is no kind of initiative `{str(kind)[:40]}`"
                note((*keys, "kind"), f"{what}; {did_you_mean('' if kind is None else str(kind), self.kinds)}")
                continue
            spec = validate(self.kinds[kind], body, keys, note)
            if spec is not None:
                found[name] = spec
        return found

    def _tables(self, file: CaseFile, note: Notes) -> dict[str, Table]:
        wanted: list[tuple[str, Keys]] = []
        for name, process in file.processes.items():
            if process.series is not None:
                wanted.append((process.series, ("processes", name, "series")))
        for name, path in file.trade.items():
            wanted.append((path.history, ("trade", name, "history")))
        found: dict[str, Table] = {}
        for name, keys in wanted:
            if name not in self.tables:
                place = note.document.place(keys)
                self.tables[name], self.texts[name] = read_table(self.folder, name, self.problems, place)
                self.tables[name] = self._levels(self.tables[name])
            table = self.tables[name]
            if table is None:
                note.broken.add(keys[:2])
            else:
                found[name] = table
        return found

    def _flow_tables(self, file: CaseFile, note: Notes) -> dict[str, FlowTable]:
        found: dict[str, FlowTable] = {}
        for name, spec in file.equilibrium.items():
            if spec.flows not in self.flow_tables:
                place = note.document.place(("equilibrium", name, "flows"))
                read = read_flows(self.folder, spec.flows, self.problems, place)
                self.flow_tables[spec.flows], self.texts[spec.flows] = read
            table = self.flow_tables[spec.flows]
            if table is None:
                note.broken.add(("equilibrium", name))
            else:
                found[spec.flows] = table
        return found

    def _levels(self, table: Table | None) -> Table | None:
        """The table, if it can be a series of levels: what is fitted to it is fitted to its log."""
        if table is None:
            return None
        wrong = [(row.line, "value") for row in table.rows if row.value <= 0]
        wrong += [(row.line, "low") for row in table.rows if row.low is not None and row.low <= 0 < row.value]
        for line, column in wrong:
            self.problems.add(Place(table.file, line), column, "is not above 0; a series of levels is expected here")
        return None if wrong else table
