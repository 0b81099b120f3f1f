"""What belongs together in what pages claim: one initiative a subject and its players, one event told twice, and where
the pages disagree.

Claims are of one initiative where they have the subject and a player in common. Journeys are one where the players are
the same, the dates can be the same, and the travellers' names are, but for their spelling. Disagreements are names
spelled in two ways, figures of the same sort that differ between pages, and places that do not fit.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from tumen.reading._actors import find_actors, leaders_in
from tumen.reading._claims import Claim
from tumen.reading._dates import ends_of
from tumen.reading._quantities import comparable
from tumen.reading._read import ReadPage, counted
from tumen.reading._tables import folded

__all__ = ["Disagreement", "Event", "Initiative", "Story", "link"]

INITIATIVES = ("pipeline", "railway", "capacity", "mine", "clearing", "labour_export", "debt_treatment", "programme",
               "sanction", "inducement", "trade_cost", "coalition")  # fmt: skip
_SHOWN = 12  # initiatives, visits and disagreements each that a summary lists
_NAME = re.compile(r"\b[A-Z][\w'-]+(?: [A-Z][\w'-]+){1,2}\b")
_TITLES = frozenset(
    """President Prime Minister Deputy Premier Vice-Premier Foreign Chancellor King Finance Energy Vice The In On At
    Since For""".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Initiative:
    """An initiative of which pages tell: its name, kind, players, and the numbers of its claims."""

    name: str
    kind: str
    actors: tuple[str, ...]
    claims: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """A journey: who went, as each page spells it; between whom, when; the numbers of the claims that tell of it."""

    people: tuple[str, ...]
    actors: tuple[str, ...]
    dates: tuple[str, ...]
    claims: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Something told in two ways: spelling, number or place; the two, each with the page and the place in it."""

    sort: str
    what: str
    told: tuple[tuple[str, int, str], ...]

    def __str__(self) -> str:
        return f"{self.sort}: {self.what}: " + " / ".join(f"{text} ({page}, {at})" for page, at, text in self.told)


@dataclass(frozen=True, eq=False, slots=True)
class Story:
    """All that some pages tell: their claims in order, and what belongs together in them."""

    readings: tuple[ReadPage, ...]
    claims: tuple[Claim, ...]
    initiatives: tuple[Initiative, ...]
    events: tuple[Event, ...]
    disagreements: tuple[Disagreement, ...]

    @property
    def initiative_of(self) -> Mapping[int, str]:
        """The name of the initiative that each claim is about, by its number."""
        return {number: one.name for one in self.initiatives for number in one.claims}

    def __repr__(self) -> str:
        return self.summary()

    def summary(self, place: str = "") -> str:
        """What is told, in lines: a dozen initiatives, visits and disagreements each; the rest is in `place`."""
        visits = [
            " ".join(filter(None, ("visit", " / ".join(one.people), " ".join(one.actors), " / ".join(one.dates))))
            for one in self.events
        ]
        initiatives = [
            f"{one.name:18} {' '.join(one.actors):20} {counted(len(one.claims), 'claim')}" for one in self.initiatives
        ]
        lists = (initiatives, visits, [str(one) for one in self.disagreements])
        more = sum(len(lines[_SHOWN:]) for lines in lists)
        rows = [f"{counted(len(self.readings), 'page')}, {counted(len(self.claims), 'claim')}"]
        rows += [f"  {line}" for lines in lists for line in lines[:_SHOWN]]
        return "\n".join(rows + ([f"  ... and {more:,} more" + (f" in {place}" if place else "")] if more else []))


def link(readings: Sequence[ReadPage]) -> Story:
    """Group the claims of pages, and find where the pages disagree."""
    claims = tuple(claim for reading in readings for claim in reading.claims)
    people = _people(readings)
    places: dict[tuple[str, int], list[_Person]] = {}
    for one in people:
        places.setdefault((one.page, one.sentence), []).append(one)
    events = _events(claims, places)
    alike = _spellings(people)
    found = [*alike, *_numbers(claims), *_places(readings, events)]
    events = tuple(replace(one, people=_spelled(one.people, alike)) for one in events)
    return Story(tuple(readings), claims, _initiatives(claims), events, tuple(found))


def _initiatives(claims: Sequence[Claim]) -> tuple[Initiative, ...]:
    groups: list[tuple[str, set[str], list[int]]] = []
    for number, claim in enumerate(claims):
        if claim.subject not in INITIATIVES:
            continue
        actors = set(claim.actors)
        same = [one for one in groups if one[0] == claim.subject and (not actors or not one[1] or actors & one[1])]
        if not same:
            groups.append((claim.subject, actors, [number]))
            continue
        same[0][1].update(actors)
        same[0][2].append(number)
        for other in same[1:]:  # it joins what was apart
            if actors:
                same[0][1].update(other[1])
                same[0][2].extend(other[2])
                groups.remove(other)
    found, counts = [], dict[str, int]()
    for kind, actors, numbers in groups:
        counts[kind] = counts.get(kind, 0) + 1
        name = kind if counts[kind] == 1 else f"{kind}_{counts[kind]}"
        order = dict.fromkeys(code for number in sorted(numbers) for code in claims[number].actors)
        found.append(Initiative(name, kind, tuple(code for code in order if code in actors), tuple(sorted(numbers))))
    return tuple(found)


# ---- people and journeys


@dataclass(frozen=True, slots=True)
class _Person:
    name: str
    page: str
    sentence: int
    start: int


def _people(readings: Sequence[ReadPage]) -> list[_Person]:
    """Every name of two or three words that is no state's and begins with no title, with its place."""
    found = []
    for reading in readings:
        for index, sentence in enumerate(reading.sentences):
            plain = folded(sentence.text)
            if not _NAME.search(plain):
                continue
            year = reading.date.year if reading.date else 9999
            mentions = find_actors(plain, year)
            leaders = [one for one in mentions if one.how == "leader" and " " in one.text]
            found += [_Person(one.text, reading.page.name, index, sentence.places[one.start]) for one in leaders]
            states = [(one.start, one.end) for one in mentions if one.how != "leader" or one in leaders]
            for match in _NAME.finditer(plain):
                words = match.group().split()
                while words and words[0] in _TITLES:
                    words = words[1:]
                at = match.end() - len(" ".join(words))
                if len(words) < 2 or any(a < match.end() and at < b for a, b in states):
                    continue
                found.append(_Person(" ".join(words), reading.page.name, index, sentence.places[at]))
    return found


def same_person(first: str, second: str) -> bool:
    """Whether two names can be spellings of one.

    >>> same_person("Yury Trutnev", "Yuri Trutnev"), same_person("Kim Yong Nam", "Kim Jong Un")
    (True, False)
    """
    a, b = first.lower().replace("-", " ").split(), second.lower().replace("-", " ").split()
    if len(a) != len(b):
        return False
    ratios = [difflib.SequenceMatcher(None, one, other).ratio() for one, other in zip(a, b, strict=True)]
    return min(ratios) >= 0.66 and sum(ratio < 1 for ratio in ratios) <= 1


_ByPlace = Mapping[tuple[str, int], Sequence[_Person]]


def _events(claims: Sequence[Claim], people: _ByPlace) -> tuple[Event, ...]:
    who = {number: _travellers(one, people) for number, one in enumerate(claims) if one.subject == "visit"}
    between: dict[tuple[str, ...], list[list[int]]] = {}
    for number, claim in enumerate(claims):
        if claim.subject == "visit":
            mine = between.setdefault(tuple(sorted(claim.actors)), [])
            fitting = (group for group in mine if _same_visit(claims[group[0]], claim, who[group[0]], who[number]))
            chosen = next(fitting, None)
            if chosen is None:
                mine.append([number])
            else:
                chosen.append(number)
    groups = sorted((group for mine in between.values() for group in mine), key=lambda group: group[0])
    return tuple(
        Event(
            tuple(dict.fromkeys(name for number in group for name in who[number])),
            tuple(dict.fromkeys(code for number in group for code in claims[number].actors)),
            tuple(dict.fromkeys(claims[number].date for number in group if claims[number].date)),
            tuple(group),
        )
        for group in groups
    )


def _spelled(names: Sequence[str], alike: Sequence[Disagreement]) -> tuple[str, ...]:
    """Names with all their spellings on the pages."""
    both = [tuple(text for _, _, text in one.told) for one in alike]
    return tuple(dict.fromkeys((*names, *(text for pair in both if set(pair) & set(names) for text in pair))))


def _travellers(claim: Claim, people: _ByPlace) -> list[str]:
    """The people whom the clause of a journey names, the first of them; a known surname alone counts as well."""
    clause = folded(claim.clause)
    named = [one.name for one in people.get((claim.page, claim.sentence), ()) if one.name in clause]
    alone = [name for name in leaders_in(clause) if " " not in name]
    return named[:1] or alone[:1]


def _same_visit(first: Claim, second: Claim, ours: Sequence[str], theirs: Sequence[str]) -> bool:
    if first.page == second.page or not set(first.actors) & set(second.actors) or not first.date or not second.date:
        return False
    if len(set(first.actors) & set(second.actors)) < min(2, len(first.actors), len(second.actors)):
        return False
    (a, b), (c, d) = ends_of(first.date), ends_of(second.date)
    apart = (b != ".." and c != ".." and b < c) or (d != ".." and a != ".." and d < a)
    named = (
        not ours or not theirs or any(same_person(x, y) or x.split()[-1] == y.split()[-1] for x in ours for y in theirs)
    )
    return not apart and named


# ---- where pages disagree


def _spellings(people: Sequence[_Person]) -> list[Disagreement]:
    """Names that are the same but for one word, and nearly that."""
    first: dict[str, _Person] = {}
    for one in people:
        first.setdefault(one.name, one)
    near: dict[tuple[int, tuple[str, ...]], list[str]] = {}
    for name in first:
        parts = tuple(name.lower().replace("-", " ").split())
        for index in range(len(parts)):
            near.setdefault((index, (*parts[:index], "", *parts[index + 1 :])), []).append(name)
    found = []
    for names in near.values():
        for name, other in combinations(names[:50], 2):
            if name.lower() != other.lower() and same_person(name, other):
                told = tuple((first[each].page, first[each].start, each) for each in (name, other))
                found.append(Disagreement("spelling", name.split()[-1], told))
    return found


def _numbers(claims: Sequence[Claim]) -> Iterable[Disagreement]:
    """Figures of the same sort, of the same initiative, that differ from page to page."""
    alike: dict[object, list[Claim]] = {}
    for one in claims:
        figure = comparable(one.quantity, one.unit) if one.quantity else None
        if figure is not None:
            alike.setdefault((one.subject, one.kind, figure[1]), []).append(one)
    for group in alike.values():
        for one, other in combinations(group[:100], 2):
            same_date = one.date == other.date or not one.date or not other.date
            if one.page == other.page or not same_date or not set(one.actors) & set(other.actors):
                continue
            if comparable(one.quantity, one.unit) != comparable(other.quantity, other.unit):
                told = tuple((each.page, each.start, f"{each.quantity} {each.unit}") for each in (one, other))
                yield Disagreement("number", f"{one.subject}, {one.kind}", told)


def _places(readings: Sequence[ReadPage], events: Sequence[Event]) -> Iterable[Disagreement]:
    """`NAME in STATE`, told of one who by other sentences was elsewhere at the time."""
    claims = tuple(claim for reading in readings for claim in reading.claims)
    by_name = {reading.page.name: reading for reading in readings}
    for event in events:
        surname = event.people[0].split()[-1] if event.people else ""
        seen = {(claims[number].page, claims[number].sentence) for number in event.claims}
        for page, index in sorted(_near(seen)) if surname else ():
            sentences = by_name[page].sentences
            if (page, index) in seen or index >= len(sentences):
                continue
            found = _elsewhere(folded(sentences[index].text), surname, event.actors)
            if found is not None:
                claim = claims[event.claims[0]]
                there = (claim.page, claim.start, f"{surname}: {' '.join(event.actors)}")
                here = (page, sentences[index].places[found[0]], found[1])
                yield Disagreement("place", f"where {surname} was", (here, there))


def _near(seen: Iterable[tuple[str, int]]) -> set[tuple[str, int]]:
    """The one or two sentences after those of an event."""
    return {(page, index + step) for page, index in seen for step in (1, 2)}


def _elsewhere(plain: str, surname: str, actors: Sequence[str]) -> tuple[int, str] | None:
    for match in re.finditer(rf"\b{re.escape(surname)}\b[\w ,'-]{{0,20}}?\b(?:in|visits?|arrives? in|to)\s+", plain):
        states = [one for one in find_actors(plain, 9999) if one.start == match.end() and one.codes]
        if states and not set(states[0].codes) & set(actors):
            return states[0].start, plain[match.start() : states[0].end]
    return None
