"""The back of the envelope: a short formula over central values, read by a grammar of its own.

    sum := product {("+" | "-") product};  product := power {("*" | "/") power};  power := atom ["^" power]
    atom := number | name | "-" atom | "(" sum ")"

Names are figures of the case, by their medians in base units (millions of the currency, fractions, years).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

__all__ = ["evaluate_formula", "formula_names"]

_TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)|([A-Za-z][A-Za-z0-9_.]*)|([-+*/^()]))")
_MAX_LENGTH = 200
_MAX_DEPTH = 20


def evaluate_formula(formula: str, value_of: Callable[[str], float]) -> float:
    """The value of a formula. Raises ValueError where it cannot be read or has no finite value.

    >>> evaluate_formula("base * (1 + 0.05)^2", {"base": 100.0}.__getitem__)
    110.25
    """
    parser = _Parser(_tokens(formula), formula, value_of)
    try:
        value = parser.sum(0)
    except (OverflowError, ZeroDivisionError, FloatingPointError):
        raise ValueError(f"`{formula}` has no finite value at the central figures") from None
    if parser.position != len(parser.tokens):
        raise ValueError(f"`{formula}`: `{parser.tokens[parser.position]}` is not expected there")
    if isinstance(value, complex) or not math.isfinite(value):
        raise ValueError(f"`{formula}` has no finite value at the central figures")
    return float(value)


def formula_names(formula: str) -> tuple[str, ...]:
    """The names in a formula. Raises ValueError where it cannot be read."""
    return tuple(dict.fromkeys(token for token in _tokens(formula) if token[0].isalpha()))


def _tokens(formula: str) -> list[str]:
    if len(formula) > _MAX_LENGTH:
        raise ValueError(f"a formula of {len(formula)} characters; the back of an envelope holds {_MAX_LENGTH}")
    text, tokens, position = formula.strip(), [], 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValueError(
                f"`{formula}`: `{text[position:].strip()[:1]}` cannot stand in a formula; use + - * / ^ ( ) and names"
            )
        tokens.append(match.group().strip())
        position = match.end()
    if not tokens:
        raise ValueError("the formula is empty")
    return tokens


class _Parser:
    def __init__(self, tokens: list[str], formula: str, value_of: Callable[[str], float]) -> None:
        self.tokens, self.formula, self.value_of, self.position = tokens, formula, value_of, 0

    def _next(self) -> str:
        return self.tokens[self.position] if self.position < len(self.tokens) else ""

    def sum(self, depth: int) -> float:
        value = self.product(depth)
        while self._next() in {"+", "-"} and self._next():
            sign = self._take()
            other = self.product(depth)
            value = value + other if sign == "+" else value - other
        return value

    def product(self, depth: int) -> float:
        value = self.power(depth)
        while self._next() in {"*", "/"} and self._next():
            sign = self._take()
            other = self.power(depth)
            value = value * other if sign == "*" else value / other
        return value

    def power(self, depth: int) -> float:
        base = self.atom(depth)
        if self._next() != "^":
            return base
        self._take()
        if depth > _MAX_DEPTH:
            raise ValueError(f"`{self.formula}` is nested too deeply")
        exponent = self.power(depth + 1)
        result: float = base**exponent
        return result

    def atom(self, depth: int) -> float:
        if depth > _MAX_DEPTH:
            raise ValueError(f"`{self.formula}` is nested too deeply")
        token = self._take()
        if token == "-":
            return -self.power(depth + 1)
        if token == "(":
            value = self.sum(depth + 1)
            if self._take() != ")":
                raise ValueError(f"`{self.formula}`: a bracket is not closed")
            return value
        if token and token[0].isalpha():
            return self.value_of(token)
        if token and (token[0].isdigit() or token[0] == "."):
            return float(token)
        raise ValueError(f"`{self.formula}`: a number or a name is expected, found `{token or 'the end'}`")

    def _take(self) -> str:
        token = self._next()
        self.position += 1
        return token
