"""The formula of a gravity equation, read strictly: `trade ~ log(dist) + contig + rta`.

Left of the tilde stands the column of trade in levels; right of it terms joined by `+`, each the name of a column or
`log(column)`. `trade ~ 1` has no term. Nothing is evaluated: a formula is data, not a program.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Formula", "Term", "parse", "parse_group"]

_NAME = r"[^\W\d][\w.]*"
_TERM = re.compile(rf"(?:(?P<plain>{_NAME})|log\(\s*(?P<logged>{_NAME})\s*\))")


@dataclass(frozen=True, slots=True)
class Term:
    """One term: the column it reads and whether its logarithm is taken."""

    column: str
    logged: bool

    @property
    def label(self) -> str:
        """As the term stands in the formula: `dist` or `log(dist)`."""
        return f"log({self.column})" if self.logged else self.column


@dataclass(frozen=True, slots=True)
class Formula:
    """A parsed formula."""

    trade: str
    terms: tuple[Term, ...]

    def __str__(self) -> str:
        return f"{self.trade} ~ {' + '.join(term.label for term in self.terms) or '1'}"


def parse(text: str) -> Formula:
    """Reads a formula. Raises ValueError that says which piece is not understood and what may stand there.

    >>> parse("trade ~ log(dist) + contig").terms
    (Term(column='dist', logged=True), Term(column='contig', logged=False))
    >>> print(parse(" trade~1 "))
    trade ~ 1
    """
    sides = str(text).split("~")
    if len(sides) != 2:
        example = "as in 'trade ~ log(dist) + rta'"
        raise ValueError(f"formula {text!r}: expected one ~ between trade and its terms, {example}")
    left, right = (side.strip() for side in sides)
    if not re.fullmatch(_NAME, left):
        advice = "trade enters in levels, so that zero flows count; expected the name of one column"
        raise ValueError(f"formula {text!r}: {left!r} stands left of the ~; {advice}")
    if right == "1":
        return Formula(left, ())
    terms: list[Term] = []
    for piece in right.split("+"):
        found = _TERM.fullmatch(piece.strip())
        if found is None:
            advice = "expected the name of a column or log(column); compute anything else as a column first"
            raise ValueError(f"formula {text!r}: the term {piece.strip()!r} is not understood; {advice}")
        plain = found["plain"]
        term = Term(plain or found["logged"], logged=plain is None)
        if term in terms:
            raise ValueError(f"formula {text!r}: the term {term.label} stands there twice")
        if term.column == left:
            raise ValueError(f"formula {text!r}: {left} stands on both sides of the ~")
        terms.append(term)
    return Formula(left, tuple(terms))


def parse_group(text: str, role: str) -> tuple[str, ...]:
    """Reads a fixed effect or cluster: one column, or several joined by ^, such as `exporter^year`.

    >>> parse_group("exporter^year", "fixed effect")
    ('exporter', 'year')
    """
    columns = tuple(piece.strip() for piece in str(text).split("^"))
    if not all(columns) or len(set(columns)) < len(columns):
        raise ValueError(f"{role} {text!r}: expected a column, or different columns joined by ^, as in 'exporter^year'")
    return columns
