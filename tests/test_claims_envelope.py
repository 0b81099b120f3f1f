"""The back of the envelope: its grammar is arithmetic and nothing else."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tumen.claims._envelope import evaluate_formula, formula_names

NAMES = {"base": 112.7, "debt.stock": 10960.0, "rate": 0.05}


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("1 + 2 * 3", 7.0),
        ("(1 + 2) * 3", 9.0),
        ("2 ^ 3 ^ 2", 512.0),
        ("-2 ^ 2", -4.0),
        ("8 / 4 / 2", 1.0),
        ("5 - 2 - 1", 2.0),
        ("(1000 / base)^(1/7) - 1", (1000 / 112.7) ** (1 / 7) - 1),
        ("debt.stock * 0.1 / 40", 27.4),
        ("1.5e3 * rate", 75.0),
        (".5 + 1.", 1.5),
    ],
)
def test_formulas_have_their_value(formula: str, value: float) -> None:
    assert evaluate_formula(formula, NAMES.__getitem__) == pytest.approx(value, rel=1e-14)


@pytest.mark.parametrize(
    "formula",
    [
        "",
        "1 +",
        "(1",
        "1)",
        "1 2",
        "__import__('os')",
        "a.__class__",
        "1 // 2",
        "1 ** 2",
        "2 % 3",
        "lambda: 1",
        "[1]",
        "1;2",
    ],
)
def test_what_is_no_arithmetic_is_refused(formula: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        evaluate_formula(formula, {}.__getitem__)


@pytest.mark.parametrize("formula", ["1 / 0", "9^9^9^9", "0^-1", "(0-8)^0.5", "1e308 * 10"])
def test_what_has_no_finite_value_is_refused(formula: str) -> None:
    with pytest.raises(ValueError, match="no finite value"):
        evaluate_formula(formula, {}.__getitem__)


def test_long_and_deep_formulas_are_refused() -> None:
    with pytest.raises(ValueError, match="envelope holds"):
        evaluate_formula("1+" * 200 + "1", {}.__getitem__)
    with pytest.raises(ValueError, match="too deeply"):
        evaluate_formula("(" * 60 + "1" + ")" * 60, {}.__getitem__)


def test_names_are_listed_once_in_order() -> None:
    assert formula_names("base * (1 + rate)^7 / base") == ("base", "rate")


@given(
    st.lists(st.floats(0.01, 1e6), min_size=2, max_size=8), st.lists(st.sampled_from("+-*/"), min_size=7, max_size=7)
)
def test_agrees_with_python_on_plain_arithmetic(numbers: list[float], signs: list[str]) -> None:
    text = repr(numbers[0]) + "".join(f" {s} {n!r}" for s, n in zip(signs, numbers[1:], strict=False))
    if len(text) <= 200:
        ours = evaluate_formula(text, NAMES.__getitem__)
        assert math.isclose(ours, eval(text), rel_tol=1e-12, abs_tol=1e-9)  # our own text of numbers and signs
