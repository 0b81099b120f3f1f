"""Hybrids of two cases: some inputs of the one, the rest of the other, evaluated on the same draws.

What is a hybrid of two sound cases need not be one: an entry may name another that is not there. Each is read as any
case is, from a folder of its own, and one that cannot be read or evaluated has no worth.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tumen import claims, study
from tumen._chunks import CHUNK
from tumen._compare_inputs import CASE_FILES, SECTIONS, Piece
from tumen._load import load
from tumen.case import content, written_sources
from tumen.errors import CaseError, TumenError

if TYPE_CHECKING:
    from tumen._result import Result
    from tumen.case import Case

__all__ = ["Hybrids", "Inputs", "Taken", "Worth"]

Array = npt.NDArray[np.float64]
Inputs = frozenset[Piece]
_ASKED = frozenset({"claims", "blocks", "dials", "decisions"})  # what is asked of a case, and moves no figure


@dataclass(frozen=True, slots=True)
class Taken:
    """A claim in one case: whether it is met, as 0 or 1, and its measure, (draw,)."""

    met: Array
    values: Array

    @property
    def median(self) -> float:
        return float(np.quantile(self.values, 0.5))

    def like(self, other: Taken) -> bool:
        """Whether no draw differs, but by rounding."""
        same = np.array_equal(self.met, other.met)
        return same and np.allclose(self.values, other.values, rtol=1e-9, atol=1e-12, equal_nan=True)


Worth = Mapping[tuple[str, bool], Taken]
"""By claim, and whether it is asked as the second run asks it."""


@dataclass
class Hybrids:
    """Cases between two runs, evaluated when asked for and remembered."""

    a: Result
    b: Result
    inputs: Inputs
    names: tuple[str, ...]  # of the claims that both have
    own: frozenset[str]
    draws: int
    folder: Path
    known: dict[Inputs, Worth | None] = field(default_factory=dict)
    memo: study.Memo = field(default_factory=study.Memo)  # of the two ends, from which a hybrid has most

    def __post_init__(self) -> None:
        self.texts = {**self.a.case.files, **self.b.case.files}
        self.contents = (_of_figures(self.a.case), _of_figures(self.b.case))
        sources = {**written_sources(self.a.case), **written_sources(self.b.case)}
        self.sources = json.dumps(sources, ensure_ascii=False, indent=1)
        for end in (frozenset[Piece](), self.inputs):
            self.worth(end)

    def worth(self, inside: Inputs) -> Worth | None:
        """The claims with these inputs of the second run; None where that is no case."""
        if inside not in self.known:
            self.known[inside] = self._worth(inside)
        return self.known[inside]

    def _worth(self, inside: Inputs) -> Worth | None:
        if inside in (frozenset(), self.inputs):  # at the first end, none is the second's; at the other, all are
            run = self.b if inside and inside == self.inputs else self.a
            try:
                return self._taken(run.case, self.memo)
            except TumenError:
                raise
            except (ValueError, ArithmeticError) as error:  # a run of another seed did not meet such a world
                what = f"{run.case.name}: cannot be evaluated in a world of seed {self.a.seed}: {error}"
                raise CaseError([f"{what}; compare without attribution, or runs of one seed"]) from error
        try:
            return self._taken(self._case(inside), study.Memo(self.memo))
        except (CaseError, ValueError, ArithmeticError, LookupError):
            return None

    def _case(self, inside: Inputs) -> Case:
        """A case with these inputs of the second run. Raises CaseError where it is none."""
        text = json.dumps(_mixed(*self.contents, inside), ensure_ascii=False, indent=1)  # what YAML reads as well
        texts = {name: text for name, text in self.texts.items() if name not in CASE_FILES}
        for name in texts:
            run = self.b if (name,) in inside or name not in self.a.case.files else self.a
            texts[name] = run.case.files.get(name, texts[name])
        for name, written in {**texts, "case.yaml": text, "sources.yaml": self.sources}.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(written, encoding="utf-8", newline="")
        return load(self.folder, rehearse=False)

    def _taken(self, case: Case, memo: study.Memo) -> Worth:
        asked = dict(self._questions(case))
        parts: dict[tuple[str, bool], list[Array]] = {key: [] for key in asked}
        for chunk in range(self.draws // CHUNK):
            outcome = study.evaluate(case, study.draw(case, self.a.seed, chunk, CHUNK), None, memo)
            for key in tuple(parts):
                try:
                    parts[key].append(claims.take(outcome, asked[key]))
                except LookupError:  # what it is about is not there
                    del parts[key]
        values = {key: np.concatenate(part) for key, part in parts.items()}
        return {key: Taken(claims.met(asked[key], x).astype(float), x) for key, x in values.items()}

    def _questions(self, case: Case) -> Iterator[tuple[tuple[str, bool], claims.Question]]:
        for name in self.names:
            for second in (False, True) if name in self.own else (False,):
                spec = (self.b if second else self.a).case.claims[name]
                ready, _ = claims.read_question(case, name, spec)
                if ready is not None:
                    yield (name, second), ready


def _of_figures(case: Case) -> dict[str, Any]:
    """The content of a case without its claims, which are asked one by one, and what names them."""
    return {key: value for key, value in content(case).items() if key not in _ASKED}


def _mixed(a: Mapping[str, Any], b: Mapping[str, Any], inside: Inputs) -> dict[str, Any]:
    """The content of the first case, with some entries as the second has them."""
    mixed: dict[str, Any] = {}
    for key in dict.fromkeys((*b, *a)):
        if key not in SECTIONS:
            source = b if (key,) in inside else a
            if key in source:
                mixed[key] = source[key]
            continue
        left, right = a.get(key) or {}, b.get(key) or {}
        entries = {}
        for name in dict.fromkeys((*right, *left)):  # in the second's order, for sums are rounded in some order
            side = right if (key, name) in inside else left
            if name in side:
                entries[name] = side[name]
        if entries:
            mixed[key] = entries
    return mixed
