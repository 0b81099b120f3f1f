"""The robustness table of the benchmarks, in small: no row wrong, and a wrong row would be seen."""

from __future__ import annotations

import importlib
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from tumen.errors import NoConvergence
from tumen.trade._baseline import Baseline
from tumen.trade._equilibrium import Equilibrium
from tumen.trade._shocks import Shock


@pytest.fixture(scope="module")
def robustness() -> ModuleType:
    folder = str(Path(__file__).parents[1] / "benchmarks")
    sys.path.insert(0, folder)
    try:
        return importlib.import_module("robustness")
    finally:
        sys.path.remove(folder)


def test_every_row_is_solved_or_refused_with_the_reason(robustness: ModuleType) -> None:
    lines = list(robustness.table(44, (7, 3), None, (2.0, 15.0)))
    wrong = [str(line) for line in lines if line.verdict not in ("solved", "refused")]
    assert not wrong, "\n".join(wrong)
    assert len(lines) == 2 * (5 + 4) * (8 + 2)
    solved = [line for line in lines if line.verdict == "solved"]
    assert len(solved) > 0.7 * len(lines)
    assert max(line.residual for line in solved) <= 1e-10
    assert max(line.gap for line in solved) <= 1e-9
    reasons = {line.reason.split(":")[0] for line in lines if line.verdict == "refused"}
    assert reasons == {"no equilibrium"}


@pytest.fixture(scope="module")
def small(robustness: ModuleType) -> Baseline:
    base: Baseline = robustness.one_sector(np.random.default_rng(1), 12)
    return base


def judged(
    robustness: ModuleType, monkeypatch: pytest.MonkeyPatch, base: Baseline, shock: Shock, answer: Equilibrium | str
) -> str:
    """The verdict on a solver that gives this answer."""

    def solver(*_: object, **__: object) -> Equilibrium:
        if isinstance(answer, str):
            raise NoConvergence(answer)
        return answer

    monkeypatch.setattr(Baseline, "counterfactual", solver)
    return str(robustness.judge("world", "shock", base, shock, "additive").verdict)


def test_a_wrong_answer_is_seen(robustness: ModuleType, monkeypatch: pytest.MonkeyPatch, small: Baseline) -> None:
    shock = Shock.pairs({("C000", "C001"): 1.3})
    right = small.counterfactual(shock)
    flows = right.flows_after.copy()
    flows[0, 2, 5] *= 1 + 1e-8
    answers = {
        "solved": right,
        "flows": replace(right, flows_after=flows),
        "wages": replace(right, wage=right.wage * np.linspace(1, 1 + 1e-8, 12)),
        "another": small.counterfactual(Shock.pairs({("C000", "C001"): 1.3001})),
        "loose": replace(right, residual=1e-9),
    }
    for name, answer in answers.items():
        verdict = judged(robustness, monkeypatch, small, shock, answer)
        assert verdict == ("solved" if name == "solved" else "WRONG: markets do not clear"), name
    monkeypatch.setattr(robustness, "second_way", lambda *_: 1e-3)
    assert judged(robustness, monkeypatch, small, shock, right) == "WRONG: another way leads elsewhere"


def test_a_wrong_refusal_is_seen(robustness: ModuleType, monkeypatch: pytest.MonkeyPatch, small: Baseline) -> None:
    shock = Shock.pairs({("C000", "C001"): np.inf})
    refusals = {
        "no equilibrium was found after 9 iterations": "no reason",
        "no equilibrium: C003 has no supplier left": "there is a supplier",
        "no equilibrium: C003 is cut off from the rest with a deficit of 3": "it is not cut off, or owes nothing",
        "no equilibrium: it is raining": "the reason is unknown",
    }
    for reason, wrong in refusals.items():
        assert judged(robustness, monkeypatch, small, shock, reason) == f"WRONG: {wrong}"
    cut = Shock.cut("C003")
    assert judged(robustness, monkeypatch, small, cut, "no equilibrium: C003 is cut off with a deficit") == "refused"
    monkeypatch.undo()
    early = "no equilibrium: 20 % of the way to the shock C003's surplus takes all its income"
    assert robustness.unfounded(small, robustness.everywhere(1.5), "additive", early) == "the surplus leaves an income"
