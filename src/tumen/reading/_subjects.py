"""What a clause is about, by `data/subjects.toml`: a kind of initiative, trade, a visit, alignment, hazard."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import groupby

from tumen.reading._clauses import asides
from tumen.reading._tables import any_of, table
from tumen.reading._words import Shelf, Words

__all__ = [
    "INFRASTRUCTURE",
    "SUBJECTS",
    "SubjectMention",
    "goes_on",
    "hinted_at",
    "named_goal",
    "subjects_of",
    "told_by",
]


@dataclass(frozen=True, slots=True)
class SubjectMention:
    """A subject in a text: its name, its place, and its rank in the table (the lower, the more it tells).

    `weak` words only hint, words that come `first` go before all others of a clause.
    """

    name: str
    start: int
    end: int
    rank: int
    weak: bool = False
    first: bool = False


SUBJECTS = ["hazard", "labour_export", "clearing", "debt_treatment", "sanction", "mine", "railway", "pipeline", "capacity", "inducement", "programme", "trade_target", "trade_cost", "trade", "coalition", "alignment", "visit"]  # fmt: skip  # noqa: E501
INFRASTRUCTURE = frozenset({"railway", "pipeline", "capacity", "mine"})
_MAJOR = frozenset(SUBJECTS) - {"trade_target", "trade_cost", "trade", "coalition", "alignment", "visit"}
_UPGRADE = re.compile(r"\b(?:upgrad|moderni[sz]|double-?track|electrif|expan[ds]|widen|dredg)\w*", re.IGNORECASE)
_AROUND = re.compile(
    r"\b(?:into|when|as|while|after|since|despite|during|before|following|amid|because of|owing to|due to|in spite of|"
    r"but for|without|under|until|by|to escape|to evade|to dodge|victims? of)\s(?:[\w'-]+\s){0,3}$",
    re.IGNORECASE,
)
_DELAYS = re.compile(
    r"\s*(?:[\w-]+\s){0,3}(?:delay|held up|hold up|holding up|stall|slow|sets? back|postpon|complicat|overshadow)",
    re.IGNORECASE,
)
_MEANS = re.compile(r"\b(?:under|from|through|out of|as part of|within|with)\s(?:[\w'-]+\s){0,3}$", re.IGNORECASE)
_PLACE = re.compile(
    r"\b(?:to|from|with|via|near|between|into|through|towards?|beyond|behind|past)\s"
    r"(?:(?:the|its|their|a|an)\s(?:[\w'-]+\s){0,3})?$",
    re.IGNORECASE,
)
_SOURCE = re.compile(r"\bfrom (?:the|its|a|an)\s(?:\w+\s){0,2}$", re.IGNORECASE)
_BESIDE = re.compile(r", with (?:a|an|its|their)\s(?:\w+\s){0,2}$", re.IGNORECASE)
_WITHOUT = re.compile(r"\bwithout (?:a|an|any|the|its own)\s(?:\w+\s)?$", re.IGNORECASE)
_HARBOURS = re.compile(r"(?:sea|dry |air|free )?ports?\b|harbou?rs?|airports?|terminals?|canal", re.IGNORECASE)


@cache
def _rules() -> tuple[tuple[tuple[str, str], ...], Shelf]:
    """What each table of patterns tells (a subject, and how surely), and the tables, looked up at once."""
    whole = table("subjects")
    rows = [(("", key), whole["spans"][key]) for key in ("nothing", "hints")]
    rows += [
        ((row["name"], key), row[key]) for row in whole["subject"] for key in ("first", "words", "weak") if key in row
    ]
    return tuple(told for told, _ in rows), Shelf(patterns for _, patterns in rows)


@lru_cache(maxsize=2048)
def subjects_of(plain: str) -> tuple[SubjectMention, ...]:
    """Every subject that a text names, in the order of their places.

    A word in a figure of speech (in line with, track record) names none, one in the name of a body (Ministry of
    Railways) only hints.
    """
    spans: dict[str, list[tuple[int, int]]] = {"nothing": [], "hints": []}
    found = []
    told, shelf = _rules()
    for rank, patterns in shelf.likely(plain.lower()).items():
        name, key = told[rank]
        for match in (match for pattern in patterns for match in pattern.finditer(plain)):
            if name:
                found.append(SubjectMention(name, match.start(), match.end(), rank, key == "weak", key == "first"))
            else:
                spans[key].append(match.span())
    kept = [one for one in found if not any(a <= one.start < b for a, b in spans["nothing"])]
    hinted = [
        replace(one, weak=True, first=False) if any(a <= one.start < b for a, b in spans["hints"]) else one
        for one in kept
    ]
    return tuple(sorted(hinted, key=lambda one: (one.start, one.rank)))


@cache
def _anaphora(name: str) -> Words:
    return any_of(table("subjects")["anaphora"][name])


def told_by(plain: str, first: int, last: int, names: Collection[tuple[int, int]] = (), known: Collection[str] = SUBJECTS) -> tuple[str, ...]:  # fmt: skip  # noqa: E501
    """The subjects of a part of a text, the one that it is about before the others.

    What can be built, owed or banned goes before trade and ties, and the first named before later ones; a war or
    a sanction that only stands around (after the war, despite sanctions) goes after these; an upgrade of a line is more
    capacity; a weak word (gas) tells something only where no other does, though where a page tells of an
    inducement its reactors and oil are part of it. `names` are the places of names of
    organisations, whose words (Development Bank) tell nothing; `known` the subjects that weak words can point to.
    """
    inside = [
        one
        for one in subjects_of(plain)
        if first <= one.start < last and one.name != "visit" and not any(a <= one.start < b for a, b in names)
    ]
    if not inside:
        return ()
    given = {one.start for one in inside if one.weak and one.name == "inducement" and one.name in known}
    strong = [one for one in inside if not one.weak and not _is_beside(plain, one, first)]
    strong = [replace(one, name="inducement") if one.start in given else one for one in strong]
    upgrades = [match.start() for match in _UPGRADE.finditer(plain, first, last)]
    leading, major, around = list[str](), list[str](), list[str]()
    for one in strong:
        if one.first or one.name in _MAJOR:
            upgraded = one.name in INFRASTRUCTURE and any(0 <= one.start - at < 60 for at in upgrades)
            where = leading if one.first else around if _stands_around(plain, one, first) else major
            where.append("capacity" if upgraded else one.name)
    minor = [one.name for one in sorted(strong, key=lambda one: one.rank) if one.name not in _MAJOR]
    told = [*leading, *major, *([*around, *minor] if major or leading else [*minor, *around])]
    return tuple(dict.fromkeys(told if told != around else _hinted(inside, known) or around))


def _is_beside(plain: str, one: SubjectMention, first: int) -> bool:
    """Whether a thing is missing (without a railway), pays (from the recovery plan) or is added (, with a terminal)."""
    if one.name == "programme":
        return _SOURCE.search(plain, first, one.start) is not None
    lacking = one.name in INFRASTRUCTURE and _WITHOUT.search(plain, first, one.start) is not None
    return lacking or (one.name == "capacity" and _BESIDE.search(plain, first, one.start) is not None)


def _stands_around(plain: str, one: SubjectMention, first: int) -> bool:
    """Whether a word tells only what came before, what pays, or where a line ends: after the war, to the port."""
    if one.name in {"hazard", "sanction"}:
        return _AROUND.search(plain, first, one.start) is not None or _DELAYS.match(plain, one.end) is not None
    if one.name == "programme":
        return _MEANS.search(plain, first, one.start) is not None
    if one.name == "capacity" and _HARBOURS.match(plain, one.start):
        return _PLACE.search(plain, first, one.start) is not None
    aside = next((a for a, b in asides(plain) if a <= one.start < b), None) if ", wh" in plain else None
    return aside is not None and aside > first


def _hinted(inside: Collection[SubjectMention], known: Collection[str]) -> list[str]:
    """The subjects to which weak words point; a word that fits two things that can be built (a line) points to none."""
    found = []
    for _, group in groupby((one for one in inside if one.weak and one.name in known), key=lambda one: one.start):
        names = list(dict.fromkeys(one.name for one in group))
        if len(names) == 1 or not INFRASTRUCTURE.issuperset(names):
            found.append(names[0])
    return found


def hinted_at(plain: str, first: int, last: int, names: Collection[tuple[int, int]], name: str) -> bool:
    """Whether a part of a text has a word, if only a weak one, of that subject."""
    return any(
        one.name == name and first <= one.start < last and not any(a <= one.start < b for a, b in names)
        for one in subjects_of(plain)
    )


def goes_on(plain: str) -> bool:
    """Whether a clause goes on about something built or agreed that was named before."""
    return _anaphora("infrastructure").search(plain) is not None


def named_goal(plain: str) -> bool:
    """Whether a clause goes on about a goal named before."""
    return _anaphora("goal").search(plain) is not None
