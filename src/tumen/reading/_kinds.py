"""What sort of claim a clause makes, and how sure of it who makes it is, by the tables of `data/kinds.toml`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

from tumen.reading._tables import any_of, spelt_out, table
from tumen.reading._words import Shelf, Words, earliest

__all__ = [
    "KINDS",
    "Cue",
    "cue_of",
    "is_ahead",
    "is_background",
    "is_hedged",
    "is_price_move",
    "is_terms",
    "visit_cues",
]

KINDS = ("event", "report", "plan", "proposal", "pledge", "agreement", "target", "estimate", "forecast", "statement",
         "judgement", "doubt")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cue:
    """The words that tell what sort of claim is made; a `strong` one makes a claim without any figure."""

    kind: str
    strong: bool
    start: int
    text: str


@dataclass(frozen=True, slots=True)
class _Rule:
    kind: str
    strong: bool
    needs: str
    with_date: bool


_SORTS = ("strong_words", "words", "dated_words", "quantity_words")


@cache
def _rules() -> tuple[tuple[_Rule, ...], Shelf]:
    """The rules in their order, and the words of all of them: a table for each of `_SORTS` of each rule."""
    whole = table("kinds")
    rows = whole["rule"]
    rules = tuple(
        _Rule(row["kind"], row.get("strong", False), row.get("needs", ""), "strong_with" in row) for row in rows
    )
    return rules, Shelf(spelt_out(row.get(sort, ()), whole["lists"]) for row in rows for sort in _SORTS)


def cue_of(plain: str, quantity: str, dated: bool) -> Cue | None:
    """The first rule that a clause meets; `quantity` (its sort, or nothing) and `dated` say what stands by words."""
    rules, shelf = _rules()
    likely = shelf.likely(plain.lower())
    met = {"quantity": quantity != "", "money": quantity in {"money", "price"}, "figure": quantity != "" or dated}
    for number, rule in enumerate(rules):
        if not met.get(rule.needs, True):
            continue
        makes = (
            True,
            rule.strong or rule.needs == "figure" or (rule.with_date and dated),
            quantity != "" or dated,
            False,
        )
        for sort, strong in enumerate(makes):
            patterns = likely.get(len(_SORTS) * number + sort)
            if not patterns or (_SORTS[sort] == "quantity_words" and not quantity):
                continue
            match = earliest(patterns, plain)
            if match and (strong or _SORTS[sort] != "dated_words"):
                return Cue(rule.kind, strong, match.start(), match.group())
    return None


@cache
def _words(name: str, key: str = "words") -> Words:
    return any_of(table("kinds")[name][key])


def is_hedged(plain: str) -> bool:
    """Whether a clause leaves room for doubt."""
    return _words("hedges").search(plain) is not None


def is_ahead(plain: str) -> bool:
    """Whether a clause tells of what is to come."""
    return _words("ahead").search(plain) is not None


def is_terms(plain: str) -> bool:
    """Whether a clause tells the terms of a loan."""
    return _words("terms").search(plain) is not None


def is_background(plain: str) -> bool:
    """Whether a clause only tells what is usual elsewhere."""
    return _words("background").search(plain) is not None


def is_price_move(plain: str) -> bool:
    """Whether a clause only tells how prices went."""
    return _words("moves").search(plain) is not None


@lru_cache(maxsize=2048)
def visit_cues(plain: str) -> tuple[tuple[int, int, bool], ...]:
    """The journeys that a text tells of: their places, and whether they are to come."""
    hidden = [(match.start(), match.end()) for match in _words("visit", "no").finditer(plain)]
    found: list[tuple[int, int, bool]] = []
    for key, ahead in (("ahead", True), ("past", False)):
        for match in _words("visit", key).finditer(plain):
            inside = any(a < match.end() and match.start() < b for a, b in hidden)
            if not inside and not any(a < match.end() and match.start() < b for a, b, _ in found):
                found.append((match.start(), match.end(), ahead))
    return tuple(sorted(found))
