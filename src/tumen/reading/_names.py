"""The names that stand for states, from the tables `states`, `companies`, `groups`, `organisations`, `other_names`, `leaders`.

A text is looked through once: each of its words that begins some name is looked up, and the longest name that stands
there is taken, so that the time does not grow with the tables.
"""  # noqa: E501

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from tumen.reading._tables import folded, records, table, words

__all__ = ["Leader", "Meaning", "leader_names", "leaders", "lookup", "places", "rules", "whole_leaders"]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a name stands for: how it names, the codes, and where.

    `where` is empty, `page` (only where the page names that state otherwise) or `own` (a firm that acts for itself).
    """

    how: str
    codes: tuple[str, ...]
    where: str = ""


@dataclass(frozen=True, slots=True)
class Leader:
    """For whom and in which years a leader's name stands; `short` marks a surname that many bear."""

    code: str
    first: int
    last: int
    short: bool


Names = Mapping[str, tuple[str, ...]]
_COLUMNS = (("names", "name"), ("demonyms", "demonym"), ("seats", "seat"), ("places", "place"))
_HALVES = ("North", "South", "North-South", "South-North")
_NO_PLURAL = ("s", "sh", "ch", "ese", "z", "-")


def by_word(names: Iterable[str]) -> Names:
    """Names by their first word, longer ones first."""
    found: dict[str, list[str]] = {}
    for name in sorted(names, key=len, reverse=True):
        match = re.match(r"\w+", name)
        if match is not None:
            found.setdefault(match.group(), []).append(name)
    return {first: tuple(group) for first, group in found.items()}


def places(names: Names, plain: str) -> Iterator[tuple[int, str]]:
    """Where which names stand, the longest at each place, none within another."""
    past = 0
    for start, first in _words_of(plain):
        if start < past:
            continue
        for name in names.get(first, ()):
            end = start + len(name)
            if plain.startswith(name, start) and not plain[end : end + 1].isalpha():
                yield start, name
                past = end
                break


@lru_cache(maxsize=2048)
def _words_of(plain: str) -> tuple[tuple[int, str], ...]:
    return tuple((match.start(), match.group()) for match in re.finditer(r"\w+", plain))


def _demonyms(cell: str) -> Iterator[tuple[str, str]]:
    """The words for a state's people with their plurals; `Sino-` goes before another one's."""
    for name in words(cell):
        yield (name[:-1], "prefix") if name.endswith("-") else (name, "demonym")
        if not name.endswith(_NO_PLURAL):
            yield f"{name}s", "demonym"


@cache
def lookup() -> tuple[Names, Mapping[str, tuple[Meaning, ...]]]:
    """All names but those of leaders, and what each may stand for, the likeliest first."""
    found: dict[str, list[Meaning]] = {}

    def add(name: str, meaning: Meaning) -> None:
        mine = found.setdefault(folded(name), [])
        if all(one.codes != meaning.codes for one in mine):
            mine.append(meaning)

    for column, how in _COLUMNS:  # a capital goes before a town of its name elsewhere
        for row in records("states"):
            pairs = _demonyms(row[column]) if how == "demonym" else ((name, how) for name in words(row[column] or ""))
            for name, sort in pairs:
                add(name, Meaning(sort, (row["code"],)))
    for row in records("companies"):
        for name in words(row["names"]):
            add(name, Meaning("firm", tuple(row["code"].split()), row["where"]))
    for file, column, how in (("groups", "codes", "group"), ("organisations", "", ""), ("other_names", "", "other")):
        for row in records(file):
            kind = how or ("organisation" if row["kind"] in {"bank", "body"} else "other")
            for name in words(row["names"]):
                found[folded(name)] = [Meaning(kind, tuple(row[column].split()) if column else ())]
    for name in ("Korea", "Korean", "Koreans"):
        found[name] = [Meaning("korean", ())]
    for name in _HALVES:
        found[name] = [Meaning("half", ())]
    return by_word(found), {name: tuple(meanings) for name, meanings in found.items()}


@cache
def leaders() -> tuple[Names, Mapping[str, tuple[Leader, ...]]]:
    """The names of all leaders, and for each name the states and years."""
    found: dict[str, list[Leader]] = {}
    for row in records("leaders"):
        years = int(row["from"] or 0), int(row["to"] or 9999)
        for name in words(row["names"]):
            found.setdefault(folded(name), []).append(Leader(row["code"], *years, False))
        if row["short"] and row["short"] not in words(row["names"]):
            found.setdefault(folded(row["short"]), []).append(Leader(row["code"], *years, True))
    return by_word(found), {name: tuple(rows) for name, rows in found.items()}


@cache
def leader_names() -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Each whole name of a leader to the short surnames and states that it lets stand."""
    found: dict[str, list[tuple[str, str]]] = {}
    for row in records("leaders"):
        for name in words(row["names"]) if row["short"] else ():
            found.setdefault(folded(name), []).append((folded(row["short"]), row["code"]))
    return {name: tuple(pairs) for name, pairs in found.items()}


@cache
def whole_leaders() -> Names:
    """The whole names of leaders whose surnames many bear, by their first words."""
    return by_word(leader_names())


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of `actors.toml`, compiled."""

    after_place: frozenset[str]
    venues: frozenset[str]
    rulers: re.Pattern[str]
    learned: re.Pattern[str]
    after: Mapping[str, re.Pattern[str]]
    before: re.Pattern[str]
    apposed_before: re.Pattern[str]
    apposed_after: re.Pattern[str]
    near: re.Pattern[str]
    border: re.Pattern[str]


@cache
def rules() -> Rules:
    """Where a name does not stand for its state."""
    read = table("actors")
    after = {
        how: re.compile("|".join((*read["after"], *(rule for key in keys for rule in read[key]))))
        for how, keys in {
            "name": ("after_name",),
            "demonym": ("after_name", "after_demonym"),
            "seat": ("after_seat",),
            "place": ("after_seat",),
            "firm": (),
        }.items()
    }
    return Rules(
        frozenset(read["after_place"]), frozenset(read["venues"]), re.compile(read["rulers"]),
        re.compile(read["learned"]), after, re.compile(read["before"]),
        re.compile(read["apposed_before"]), re.compile(read["apposed_after"]),
        re.compile(read["near"]), re.compile(read["border"]),
    )  # fmt: skip
