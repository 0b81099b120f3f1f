"""What a clause is about, by `data/subjects.toml`: a kind of initiative, trade, a visit, alignment, hazard."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache, lru_cache

from tumen.reading._tables import any_of, table
from tumen.reading._words import Words

__all__ = ["INFRASTRUCTURE", "SUBJECTS", "SubjectMention", "goes_on", "named_goal", "subjects_of", "told_by"]


@dataclass(frozen=True, slots=True)
class SubjectMention:
    """A subject in a text: its name, its place, and its rank in the table (the lower, the more it tells)."""

    name: str
    start: int
    end: int
    rank: int
    weak: bool = False


@cache
def _rules() -> tuple[tuple[str, Words, bool], ...]:
    rows = table("subjects")["subject"]
    return tuple(
        (row["name"], any_of(row[key]), key == "weak") for row in rows for key in ("words", "weak") if key in row
    )


SUBJECTS = ["hazard", "labour_export", "clearing", "debt_treatment", "sanction", "mine", "railway", "pipeline", "capacity", "inducement", "programme", "trade_target", "trade_cost", "trade", "coalition", "alignment", "visit"]  # fmt: skip  # noqa: E501
INFRASTRUCTURE = frozenset({"railway", "pipeline", "capacity", "mine"})


@lru_cache(maxsize=2048)
def subjects_of(plain: str) -> tuple[SubjectMention, ...]:
    """Every subject that a text names, in the order of their places."""
    low = plain.lower()
    found = [
        SubjectMention(name, match.start(), match.end(), rank, weak)
        for rank, (name, pattern, weak) in enumerate(_rules())
        for match in pattern.finditer(plain, low)
    ]
    return tuple(sorted(found, key=lambda one: (one.start, one.rank)))


@cache
def _anaphora(name: str) -> Words:
    return any_of(table("subjects")["anaphora"][name])


_MAJOR = frozenset(SUBJECTS) - {"trade_target", "trade_cost", "trade", "coalition", "alignment", "visit"}
_UPGRADE = re.compile(r"\b(?:upgrad|moderni[sz]|double-?track|electrif|expan[ds]|widen|dredg)\w*", re.IGNORECASE)


def told_by(plain: str, first: int, last: int, names: Collection[tuple[int, int]] = (), known: Collection[str] = SUBJECTS) -> tuple[str, ...]:  # fmt: skip  # noqa: E501
    """The subjects of a part of a text, the one that it is about before the others.

    What can be built, owed or banned goes before trade and ties, and the first named before later ones; an upgrade of a
    line is more capacity; a weak word (gas) tells something only where no other does. `names` are the places of names
    of organisations, whose words (Development Bank) tell nothing; `known` the subjects that weak words can point to.
    """
    inside = [
        one
        for one in subjects_of(plain)
        if first <= one.start < last and one.name != "visit" and not any(a <= one.start < b for a, b in names)
    ]
    strong = [one for one in inside if not one.weak]
    upgrades = [match.start() for match in _UPGRADE.finditer(plain, first, last)]
    major = []
    for one in strong:
        if one.name in _MAJOR:
            upgraded = one.name in INFRASTRUCTURE and any(0 <= one.start - at < 60 for at in upgrades)
            major.append("capacity" if upgraded else one.name)
    minor = [one.name for one in sorted(strong, key=lambda one: one.rank) if one.name not in _MAJOR]
    weak = [one.name for one in inside if one.weak and one.name in known]
    return tuple(dict.fromkeys([*major, *minor, *(weak if not major and not minor else [])]))


def goes_on(plain: str) -> bool:
    """Whether a clause goes on about something built or agreed that was named before."""
    return _anaphora("infrastructure").search(plain) is not None


def named_goal(plain: str) -> bool:
    """Whether a clause goes on about a goal named before."""
    return _anaphora("goal").search(plain) is not None
