"""The states that a sentence names, by ISO codes: by name, demonym, capital or seat of government, place, or leader.

The tables are `data/states.csv`, `leaders.csv` (with the years in which a name stands for a state), `groups.csv` and
`organisations.csv`. A surname that many bear counts only once the whole name has been on the page.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from tumen.reading._tables import folded, records, words

__all__ = ["Mention", "codes", "codes_in", "find_actors", "leaders_in", "whole_names"]


@dataclass(frozen=True, slots=True)
class Mention:
    """A state in a sentence: its place there, its codes, and how it is named.

    `how` is name, demonym, seat, place, leader, group or organisation (which has no codes).
    """

    start: int
    end: int
    codes: tuple[str, ...]
    how: str
    text: str


# Names that are words, persons or places elsewhere too: they count after a word of place only.
_AFTER_PLACE_WORDS = frozenset(
    """Mary Bata Muse Tete Clark Pemba Tanga Faw Tema Boke Lagos Elk Santos Wellington Sucre Bahia Kish Brody Salta Arun
    Terai Beira Kent Cork Perth Bali Thrace Brest Krk Poti Naryn Osh Trabzon Homs Idku""".split()  # noqa: SIM905
)
_PLACE_WORDS = re.compile(
    r"\b(?:near|in|to|at|from|of|between|and|via|through|around|outside|port of|city of)\s+$", re.I
)
_NO_ACTOR = re.compile(
    r"^(?:ian|an)?[- ](?:crisis|war|conflict|civil war|question|issue|language|descent|cuisine|school|invasion|annexation)\b"  # noqa: E501
)


_Names = Mapping[str, tuple[str, ...]]


def _by_letters(names: Iterable[str]) -> _Names:
    """Names by their first two letters, longer ones first, to be looked up where a word begins."""
    found: dict[str, list[str]] = {}
    for name in sorted(names, key=len, reverse=True):
        found.setdefault(name[:2], []).append(name)
    return {letters: tuple(group) for letters, group in found.items()}


def _places(names: _Names, plain: str) -> Iterator[tuple[int, str]]:
    """Where which names stand, the longest at each place, none within another."""
    past = 0
    for start in _starts(plain):
        if start < past:
            continue
        for name in names.get(plain[start : start + 2], ()):
            if plain.startswith(name, start) and not plain[start + len(name) : start + len(name) + 1].isalpha():
                yield start, name
                past = start + len(name)
                break


@lru_cache(maxsize=2048)
def _starts(plain: str) -> tuple[int, ...]:
    return tuple(match.start() for match in re.finditer(r"(?<!\w)[A-Za-z]", plain))


@cache
def _lookup() -> tuple[_Names, Mapping[str, tuple[str, tuple[str, ...]]]]:
    """All names of states and places, and what each stands for."""
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for row in records("states"):
        for column, how in (("names", "name"), ("demonyms", "demonym"), ("seats", "seat"), ("places", "place")):
            for name in words(row[column] or ""):
                found.setdefault(folded(name), (how, (row["code"],)))
    for row in records("groups"):
        for name in words(row["names"]):
            found[folded(name)] = ("group", tuple(row["codes"].split()))
    for row in records("organisations"):
        for name in words(row["names"]):
            found[folded(name)] = ("organisation", ())
    found["Korean"] = found["Korea"] = ("korean", ())
    return _by_letters(found), found


@cache
def _leaders() -> tuple[_Names, Mapping[str, tuple[tuple[str, int, int, bool], ...]]]:
    """The names of all leaders, and for each name the states and years; `True` marks a surname that many bear."""
    found: dict[str, list[tuple[str, int, int, bool]]] = {}
    for row in records("leaders"):
        years = int(row["from"] or 0), int(row["to"] or 9999)
        for name in words(row["names"]):
            found.setdefault(folded(name), []).append((row["code"], *years, False))
        if row["short"] and row["short"] not in words(row["names"]):
            found.setdefault(folded(row["short"]), []).append((row["code"], *years, True))
    return _by_letters(found), {name: tuple(rows) for name, rows in found.items()}


@cache
def _short_of() -> Mapping[str, tuple[str, str]]:
    """Each whole name of a leader to the state and the short surname."""
    return {folded(name): (row["code"], row["short"]) for row in records("leaders") if row["short"] for name in words(row["names"])}  # fmt: skip  # noqa: E501


def find_actors(text: str, year: int, known: Collection[tuple[str, str]] = (), page: Collection[str] = ()) -> tuple[Mention, ...]:  # fmt: skip  # noqa: E501
    """The states that a text names, in their order.

    `year` picks the leaders of the time, `known` are the surnames whose whole names the page has given, with their
    states, and `page` the states that the page names (so that "Korean" can be told).
    """
    plain, found = folded(text), list[Mention]()
    names, meaning = _lookup()
    for start, name in _places(names, plain):
        end = start + len(name)
        how, states = meaning[name]
        if how == "korean":
            both = {"PRK", "KOR"} & set(page) or {"KOR"}
            how, states = "group", tuple(sorted(both, reverse=True))
        if name in _AFTER_PLACE_WORDS and not _PLACE_WORDS.search(plain[max(0, start - 20) : start]):
            continue
        if how in {"demonym", "name"} and _NO_ACTOR.match(plain[end : end + 30]):
            continue
        found.append(Mention(start, end, states, how, name))
    for start, name in _places(_leaders()[0], plain):
        end = start + len(name)
        if any(start < one.end and one.start < end for one in found):
            continue
        for code, first, last, short in _leaders()[1][name]:
            beside = re.match(r"-[A-Z]\w+ (?:summit|talks|meeting)", plain[end : end + 40])
            if first <= year <= last and (not short or (name, code) in known or beside):
                found.append(Mention(start, end, (code,), "leader", name))
                break
    return tuple(sorted(found, key=lambda one: one.start))


@cache
def _whole() -> _Names:
    return _by_letters(_short_of())


def whole_names(text: str) -> set[tuple[str, str]]:
    """The surnames, with their states, of the leaders whom a text gives with their whole names."""
    plain = folded(text)
    return {(_short_of()[name][1], _short_of()[name][0]) for _, name in _places(_whole(), plain)}


def leaders_in(text: str) -> tuple[str, ...]:
    """The names of leaders of any time that a text gives."""
    return tuple(name for _, name in _places(_leaders()[0], folded(text)))


def codes_in(mentions: Iterable[Mention]) -> tuple[str, ...]:
    """The codes of mentions, each once, in their order."""
    return tuple(dict.fromkeys(code for one in mentions for code in one.codes))


def codes() -> frozenset[str]:
    """Every code that the table of states knows."""
    return frozenset(row["code"] for row in records("states"))
