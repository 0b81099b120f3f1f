"""The plain content of a case that has been read: what stands in its files, without units, defaults or checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tumen.case._document import Notes
from tumen.case._overrides import apply_scenario
from tumen.case._problems import Problems
from tumen.case._yaml import parse_yaml

if TYPE_CHECKING:
    from tumen.case._case import Case

__all__ = ["content", "written_sources"]


def content(case: Case) -> dict[str, Any]:
    """What case.yaml says, as dicts, lists and scalars: under the case's scenario, and without its scenarios."""
    problems = Problems()
    document = parse_yaml(case.files["case.yaml"], "case.yaml", problems)
    if document is not None and case.scenario:
        document = apply_scenario(case.scenario, Notes(document, problems))
    assert document is not None  # it has been read before
    return {key: value for key, value in document.data.items() if key != "scenarios"}


def written_sources(case: Case) -> dict[str, Any]:
    """What sources.yaml says, by key; empty where the case has none."""
    document = parse_yaml(case.files.get("sources.yaml", ""), "sources.yaml", Problems())
    return dict(document.data or {}) if document is not None else {}
