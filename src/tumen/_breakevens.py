"""The break-evens of a run: one lever at a time, each a piece of work that any process can do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from tumen import claims, study
from tumen._chunks import CHUNK

if TYPE_CHECKING:
    from tumen.case import Case
    from tumen.outcome import Outcome
    from tumen.uncertainty import Worlds

__all__ = ["lever_breakevens"]

_CHUNKS = 2
_FEW = 64  # draws on which a costly measure is taken


def lever_breakevens(case: Case, seed: int, chunks: int, lever: str) -> Mapping[str, claims.Breakeven]:
    """The break-evens of one lever, by claim, on the first chunks of a run; costly measures on few of their draws."""
    questions = [claims.question(case, name) for name in case.claims]
    worlds, few, shared = _worlds(case, seed, min(_CHUNKS, chunks))
    memos = [study.Memo(memo) for memo in shared]  # what the lever changes goes with it

    def evaluate(levers: Mapping[str, float]) -> Sequence[Outcome]:
        plan = study.Plan(levers=levers)
        return [study.evaluate(case, drawn, plan, memo) for drawn, memo in zip(worlds, memos, strict=False)]

    def sample(levers: Mapping[str, float]) -> Sequence[Outcome]:
        return [study.evaluate(case, few, study.Plan(levers=levers), memos[-1])]

    return claims.lever_breakevens(case, questions, lever, evaluate, sample)


@lru_cache(maxsize=2)
def _worlds(case: Case, seed: int, chunks: int) -> tuple[tuple[Worlds, ...], Worlds, tuple[study.Memo, ...]]:
    """The worlds that all levers share, and what is known of them without any."""
    worlds = tuple(study.draw(case, seed, number, CHUNK) for number in range(chunks))
    few = study.draw(case, seed, 0, _FEW)
    memos = tuple(study.Memo() for _ in range(chunks + 1))
    asked = [claims.question(case, name) for name in case.claims]
    for drawn, memo in zip((*worlds, few), memos, strict=True):
        outcome = study.evaluate(case, drawn, study.Plan(), memo)
        for question in asked:
            if drawn is few or (case.claims[question.name].levers and not question.measure.costly):
                claims.take(outcome, question)
    return worlds, few, memos
