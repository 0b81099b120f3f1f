"""What a claim is before its actors and dates are filled in, and words by which parts of a page hang together."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tumen.reading._clauses import Clause
from tumen.reading._context import Context
from tumen.reading._kinds import is_terms
from tumen.reading._quantities import Quantity

__all__ = ["FEWEST", "LOOSE", "NOT_CARRIED", "OWN", "THIS", "Found", "as_target", "of_terms"]

THIS = re.compile(
    r"^(?:he|she|they|his|her|their|its)\b|\b(?:this|it|so|neither|either|both|such a|call(?:s|ed)? that)\b"
    r"|\bthe (?:idea|charge|claim|offer|proposal)\b",
    re.I,
)
OWN = re.compile(r"\b(?:we|i|our|my|me|us)\b", re.I)
NOT_CARRIED = {"visit", "alignment", "hazard", ""}
LOOSE = {"trade", "trade_cost", "coalition", "programme"}  # of which much is said that claims nothing
FEWEST = 7  # words of a sentence that claims something without any words of a claim
_REFUSED = re.compile(r"\b(?:refus|declin|not)\w*\b", re.I)


@dataclass(frozen=True, slots=True)
class Found:
    """A claim to be, before its actors and dates are filled in: its part of the sentence, kind, subject, quantity."""

    clause: Clause
    first: int
    last: int
    kind: str
    subject: str
    quantity: Quantity | None
    cue: str
    named: bool
    anchor: int
    dated: bool = False


def as_target(subject: str, kind: str) -> str:
    """A goal for trade is one thing, what trade was another."""
    if subject == "trade" and kind == "target":
        return "trade_target"
    if subject == "trade_target" and kind in {"report", "estimate", "event"}:
        return "trade"
    return subject


def of_terms(text: str, kind: str, subject: str, context: Context) -> str:
    """The terms of a loan that has been signed are part of an agreement."""
    topic = context.topic(subject)
    softer = {"plan", "report", "forecast"} if subject == "trade_cost" else {"plan", "report"}
    if kind in softer and topic is not None and topic.signed and is_terms(text) and not _REFUSED.search(text):
        return "agreement"
    return kind
