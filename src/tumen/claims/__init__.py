"""Claims: measures on outcomes, tests against what was announced, what would have to be true.

Nothing here runs a study: what evaluates a plan is passed in.
"""

from __future__ import annotations

from tumen.claims._answer import (
    Answer,
    Attribution,
    Beside,
    Breakeven,
    Contribution,
    DialPoint,
    Driver,
    EngineShare,
    Envelope,
    Figure,
    HistoryPoint,
    PathSummary,
    SourceNote,
    answer_from_dict,
)  # fmt: skip
from tumen.claims._answers import Answers, answer, probability, source_note
from tumen.claims._arguments import read_where
from tumen.claims._attribution import attribute, attribution
from tumen.claims._breakeven import breakevens, gathered, lever_breakevens, lever_range, levers_of
from tumen.claims._check import check, envelope_value
from tumen.claims._crossing import Found, crossing
from tumen.claims._crossing_words import Crossing, Frontier
from tumen.claims._decisions import Include, payoff_unit, payoffs
from tumen.claims._dials import at_dials
from tumen.claims._engines import ENGINES, engines
from tumen.claims._measures import MEASURES, Measure, measure
from tumen.claims._scored import ClaimScore, Forecaster, Quantities, forecasters, quantities, scored
from tumen.claims._table import COLUMNS, as_csv
from tumen.claims._take import (
    Question,
    beside,
    margin,
    met,
    path,
    question,
    read_question,
    scale_of,
    slack,
    take,
    unit_in,
)
from tumen.claims._words import (
    format_probability,
    format_range,
    format_value,
    likelihood_words,
    sentence,
    statement,
)

__all__ = [
    "COLUMNS", "ENGINES", "MEASURES", "Answer", "Answers", "Attribution", "Beside", "Breakeven", "ClaimScore",
    "Contribution", "Crossing", "DialPoint", "Driver", "EngineShare", "Envelope", "Figure", "Forecaster", "Found",
    "Frontier", "HistoryPoint", "Include", "Measure", "PathSummary", "Quantities", "Question", "SourceNote", "answer",
    "answer_from_dict", "as_csv", "at_dials", "attribute", "attribution", "beside", "breakevens", "check", "crossing",
    "engines", "envelope_value", "forecasters", "format_probability", "format_range", "format_value", "gathered",
    "lever_breakevens", "lever_range", "levers_of", "likelihood_words", "margin", "measure", "met", "path",
    "payoff_unit", "payoffs", "probability", "quantities", "question", "read_question", "read_where", "scale_of",
    "scored", "sentence", "slack", "source_note", "statement", "take", "unit_in",
]  # fmt: skip
