"""What a claim is before its actors and dates are filled in, and words by which parts of a page hang together."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tumen.reading._clauses import Clause
from tumen.reading._context import Context
from tumen.reading._facts import Facts
from tumen.reading._kinds import is_terms
from tumen.reading._quantities import Quantity
from tumen.reading._subjects import INFRASTRUCTURE, hinted_at, told_by

__all__ = ["FEWEST", "LOOSE", "NOT_CARRIED", "OWN", "THIS", "Found", "as_target", "names_in", "of_terms"]

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
    """A claim to be, before its actors and dates are filled in: its part of the sentence, kind, subject, quantity.

    `named` tells whether its clause names the subject, `apart` that it stands for itself beside others of its subject.
    """

    clause: Clause
    first: int
    last: int
    kind: str
    subject: str
    quantity: Quantity | None
    cue: str
    named: bool
    anchor: int
    apart: bool = False


_SIDE = {"trade", "coalition", "alignment"}  # told beside what a page is about
_SERVED = {"debt_treatment"}  # a loan of what is built is part of it


def names_in(facts: Facts, first: int, last: int, context: Context) -> tuple[str, ...]:
    """The subjects that a part of a sentence names, that of the page before what is only told beside it.

    The loan of a railway belongs to the railway; rupees to be spent on purchases to what they settle.
    """
    names = told_by(facts.plain, first, last, facts.names, context.hinted)
    main = context.main
    if not names or not main or main in names[:1]:
        return names
    served = names[0] in _SERVED and main in INFRASTRUCTURE and not context.named[names[0]]
    headed = re.match(r"(?i)(?:\S+ ){0,3}?(?:trade|commerce|exports|turnover)\b", facts.plain[first:last]) is not None
    beside = names[0] in _SIDE and not headed and hinted_at(facts.plain, first, last, facts.names, main)
    return (main, *(name for name in names if name != main)) if beside or served else names


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
