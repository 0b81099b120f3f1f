"""The case: what the analyst writes, read into one frozen, validated object.

A case is a folder with `case.yaml`, `sources.yaml` and CSV tables. All its problems are collected and shown once.
"""

from __future__ import annotations

from tumen.case._case import Case, Parameter
from tumen.case._content import content, written_sources
from tumen.case._dates import decimal_year, latest_day
from tumen.case._decision import DecisionSpec, OptionSpec
from tumen.case._flows import Flow, FlowTable
from tumen.case._model import CaseFile, ClaimSpec, EquilibriumSpec, PathSpec, ProcessSpec, SourceSpec
from tumen.case._network import (
    Carriage,
    NetworkSpec,
    carriage_amounts,
    check_owners,
    measured_wrong,
    price_label,
    unit_of,
)  # fmt: skip
from tumen.case._problems import Keys, Place, Problem, Problems
from tumen.case._quantity import Quantity, read_quantity
from tumen.case._read import Check, read_case
from tumen.case._schema import json_schema
from tumen.case._skeleton import new_case
from tumen.case._tables import Row, Table
from tumen.case._units import CURRENCIES, DIMENSIONS, Unit, fits, parse_quantity, parse_unit

__all__ = [
    "CURRENCIES", "DIMENSIONS", "Carriage", "Case", "CaseFile", "Check", "ClaimSpec", "DecisionSpec",
    "EquilibriumSpec", "Flow", "FlowTable", "Keys", "NetworkSpec", "OptionSpec", "Parameter", "PathSpec", "Place",
    "Problem", "Problems", "ProcessSpec", "Quantity", "Row", "SourceSpec", "Table", "Unit", "carriage_amounts",
    "check_owners", "content", "decimal_year", "fits", "json_schema", "latest_day", "measured_wrong", "new_case",
    "parse_quantity", "parse_unit", "price_label", "read_case", "read_quantity", "unit_of", "written_sources",
]  # fmt: skip
