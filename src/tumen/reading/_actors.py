"""The states that a sentence names, by ISO codes: by name, demonym, capital or seat of government, place, firm, or leader.

The tables are `data/states.csv`, `companies.csv`, `leaders.csv` (with the years in which a name stands for a state),
`groups.csv`, `organisations.csv` and `other_names.csv` (names such as `South China Sea`, which stand for none); the rules
that tell `Vienna talks` or `a British newspaper` from a state are in `actors.toml`. A surname that many bear counts only
once the whole name has been on the page.
"""  # noqa: E501

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from tumen.reading._names import Meaning, leader_names, leaders, lookup, places, rules, whole_leaders
from tumen.reading._tables import folded, records

__all__ = ["Mention", "codes", "codes_in", "find_actors", "leaders_in", "whole_names"]


@dataclass(frozen=True, slots=True)
class Mention:
    """A state in a sentence: its place there, its codes, and how it is named.

    `how` is name, demonym, seat, place, firm, leader, group, organisation or other. The last two have no codes, nor
    has a firm that stands for no state.
    """

    start: int
    end: int
    codes: tuple[str, ...]
    how: str
    text: str


_PLACE_WORDS = re.compile(
    r"\b(?:near|in|to|at|from|of|between|and|via|through|around|outside|port of|city of|reach|reaches|visit(?:ed|s)?)\s+$",  # noqa: E501
    re.IGNORECASE,
)
_DATELINE = re.compile(
    r"(?:, [A-Z][\w.]+)?(?:,? \(?(?:\d{1,2} )?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?(?: \d{1,2})?"
    r"(?:,? \d{4})?\)?)?(?: [(/][A-Za-z][\w /.-]+[)/])? (?:--?|\|) "
)
_MEETING = re.compile(r"-[A-Z]\w+ (?:summit|talks|meeting)")
_NEXT_NAME = re.compile(r"[ -](?:[A-Z]|Korea|East|West|of\b|coast|bank\b)")
_TOTAL = re.compile(
    r"'s\b|, | S\.?A\b| and [A-Z]| (?:said|says|will|has|had|is|was|plans|signed|agreed|holds|owns|hopes|wants|took|won|sold|bought|withdrew|left|quit|pulled|joined|began|started|would|could|may|might|can|also|found|pumps|operates|leads|chief|executives?|E&P|of France)\b"  # noqa: E501
)
_A = re.compile(r"\b[Aa]n? $")
_HALF = {"North": (0,), "South": (1,), "North-South": (0, 1), "South-North": (1, 0)}


def find_actors(text: str, year: int, known: Collection[tuple[str, str]] = (), page: Collection[str] = ()) -> tuple[Mention, ...]:  # fmt: skip  # noqa: E501
    """The states that a text names, in their order.

    `year` picks the leaders of the time, `known` are the surnames whose whole names the page has given, with their
    states, and `page` the states that the page names, the one named most first (so that "Korean" can be told).
    """
    plain, found = folded(text), list[Mention]()
    names, meanings = lookup()
    for start, name in places(names, plain):
        meaning = _meant(plain, start, name, meanings[name], page)
        if meaning is not None:
            found.append(Mention(start, start + len(name), meaning.codes, meaning.how, name))
    for start, name in places(leaders()[0], plain):
        end = start + len(name)
        if any(start < one.end and one.start < end for one in found):
            continue
        code = _led(plain, start, name, year, known, page)
        if code:
            found.append(Mention(start, end, (code,), "leader", name))
    return tuple(sorted(found, key=lambda one: one.start))


def _meant(plain: str, start: int, name: str, choice: tuple[Meaning, ...], page: Collection[str]) -> Meaning | None:
    """What a name means where it stands, or nothing where it stands for no state."""
    meaning = _likeliest(choice, page)
    end, how = start + len(name), meaning.how
    if how in {"group", "organisation", "other"}:
        return meaning
    if how == "korean":
        if _elsewhere(plain, start, end, name, "demonym"):
            return None
        both = {"PRK", "KOR"} & set(page) or {"KOR"}
        return Meaning("group", tuple(sorted(both, reverse=True)))
    if how == "half":
        return _half(plain, start, end, name, page)
    if how == "prefix":
        joined = plain[end : end + 1] == "-" and plain[end + 1 : end + 2].isupper()
        return Meaning("demonym", meaning.codes) if joined else None
    if meaning.where == "page" and not set(meaning.codes) & set(page):
        return None
    if _elsewhere(plain, start, end, name, how):
        return None
    acts = meaning.where == "own" and not _A.search(plain[max(0, start - 4) : start])  # not `a Shell platform`
    return Meaning("organisation", ()) if acts else meaning


def _likeliest(choice: tuple[Meaning, ...], page: Collection[str]) -> Meaning:
    """Of several states with a place or company of one name the one that the page names most, else the first."""
    if len(choice) > 1:
        for code in page:
            for one in choice:
                if code in one.codes:
                    return one
    return choice[0]


def _half(plain: str, start: int, end: int, name: str, page: Collection[str]) -> Meaning | None:
    """`the North`, `the South`: of Korea or of Sudan, where the page is about one of them."""
    pair = ("PRK", "KOR") if "PRK" in page else ("SDN", "SSD") if {"SDN", "SSD"} <= set(page) else None
    if pair is None or _NEXT_NAME.match(plain, end):
        return None
    if "-" not in name and not re.search(
        r"(?:\b[Tt]he|\b[Nn]orth and|\b[Ss]outh and) $", plain[max(0, start - 12) : start]
    ):
        return None
    return Meaning("group", tuple(pair[half] for half in _HALF[name]))


def _elsewhere(plain: str, start: int, end: int, name: str, how: str) -> bool:
    """Whether a name does not stand for its state where it stands."""
    rule, before, after = rules(), plain[max(0, start - 70) : start], plain[end : end + 60]
    if name in rule.after_place and not _PLACE_WORDS.search(before):
        return True
    if rule.after[how].match(after) or rule.before.search(before):
        return True
    if how == "demonym":
        apposed = rule.apposed_after.match(after) is not None and rule.apposed_before.search(before) is not None
        return apposed or (rule.border.match(after) is not None and rule.near.search(before) is not None)
    if how == "firm":
        return (name == "Total" and not _is_total(before, after)) or after.startswith(("-led", "-operated"))
    if how in {"seat", "place"} or name in rule.venues:
        if start == 0 and _DATELINE.match(after):
            return True
        if before.endswith("in "):
            venue = name in rule.venues and not rule.rulers.search(before)
            return venue or rule.learned.search(before) is not None
    return False


def _is_total(before: str, after: str) -> bool:
    """Whether `Total` is the company: not where a sentence begins with a sum."""
    inside = re.search(r"[\w,] $", before) is not None and not re.match(r" [A-Z]", after)
    return inside or _TOTAL.match(after) is not None


def _led(plain: str, start: int, name: str, year: int, known: Collection[tuple[str, str]], page: Collection[str]) -> str:  # fmt: skip  # noqa: E501
    """The state that a leader's name stands for in a year; nothing for a surname alone that many bear."""
    after = plain[start + len(name) : start + len(name) + 40]
    if name == "May" and re.search(
        r"\b(?:in|by|of|on|since|until|from|late|early|mid|last|next|\d+)[ -]$", plain[:start]
    ):
        return ""
    fitting = [
        one
        for one in leaders()[1][name]
        if one.first <= year <= one.last and (not one.short or (name, one.code) in known or _MEETING.match(after))
    ]
    on_page = [one for one in fitting if one.code in page]
    best = max(on_page or fitting, key=lambda one: one.first, default=None)
    return best.code if best else ""


def whole_names(text: str) -> set[tuple[str, str]]:
    """The surnames, with their states, of the leaders whom a text gives with their whole names."""
    return {pair for _, name in places(whole_leaders(), folded(text)) for pair in leader_names()[name]}


def leaders_in(text: str) -> tuple[str, ...]:
    """The names of leaders of any time that a text gives."""
    return tuple(name for _, name in places(leaders()[0], folded(text)))


def codes_in(mentions: Iterable[Mention]) -> tuple[str, ...]:
    """The codes of mentions, each once, in their order."""
    return tuple(dict.fromkeys(code for one in mentions for code in one.codes))


def codes() -> frozenset[str]:
    """Every code that the table of states knows."""
    return frozenset(row["code"] for row in records("states"))
