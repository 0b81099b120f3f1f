"""What explains a run beside its answers: which blocks bring it about, and what it is at a reader's own values.

Each is one piece of work beside the chunks, on the same few draws of the first, and shares what it computes within
itself alone: so it is the same whoever does it, and whatever was done before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tumen import claims, study
from tumen.errors import CaseError, TumenError

if TYPE_CHECKING:
    from tumen.case import Case
    from tumen.outcome import Outcome

__all__ = ["ATTRIBUTION", "DECISIONS", "DIALS", "attributed", "dialled", "explanations"]

ATTRIBUTION, DIALS = "what brings it about", "at one's own values"  # pieces of work; no lever has such a name
DECISIONS = "what it would be worth to know"
_FEW = 64  # draws; both take many evaluations


def explanations(case: Case) -> tuple[str, ...]:
    """The pieces of work that the case asks for."""
    asked = {ATTRIBUTION: case.file.blocks, DIALS: case.file.dials}
    found = [task for task, declared in asked.items() if declared and case.claims]
    return (*found, DECISIONS) if case.file.decisions else tuple(found)


def attributed(case: Case, seed: int) -> dict[str, claims.Attribution]:
    """What each block of initiatives brings about of each claim; a claim that none touches is left out."""
    worlds, memo = study.draw(case, seed, 0, _FEW), study.Memo()

    def evaluate(include: tuple[str, ...]) -> Outcome:
        return study.evaluate(case, worlds, study.Plan(include=include), memo)

    return claims.attribute(case, [claims.question(case, name) for name in case.claims], evaluate)


def dialled(case: Case, seed: int) -> dict[str, tuple[claims.DialPoint, ...]]:
    """Each claim at the values of the dials; a claim that no dial moves is left out.

    Raises CaseError where an engine refuses what a dial is set to.
    """
    worlds, memo = study.draw(case, seed, 0, _FEW), study.Memo()

    def evaluate(levers: Mapping[str, float]) -> Outcome:
        return study.evaluate(case, worlds, study.Plan(levers=levers), memo)

    try:
        return claims.at_dials(case, [claims.question(case, name) for name in case.claims], evaluate)
    except TumenError:
        raise
    except (ValueError, ArithmeticError) as error:
        what = f"{case.name}: at some values of its `dials` the case cannot be evaluated: {error}"
        raise CaseError([f"{what}; move their values"]) from error
