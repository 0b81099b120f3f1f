"""What a page has told so far, so that "the line", "the two sides" and "the agreement" can be carried on."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise

from tumen.reading._actors import Mention, codes_in
from tumen.reading._facts import Facts
from tumen.reading._subjects import SUBJECTS

__all__ = ["Context", "Topic", "hosts"]

_TWO = re.compile(
    r"\b(?:the two|both|two) (?:sides|countries|governments|states|neighbou?rs|parties|nations|capitals|leaders|presidents|central banks|ministers|partners|men|companies)\b|\bboth\b(?= (?:have|agreed|signed|want|will|would|are))",  # noqa: E501
    re.I,
)
_THREE = re.compile(
    r"\b(?:the three|three-way|trilateral|all three|three-party|the three (?:sides|countries|states))\b", re.I
)
_FOUR = re.compile(r"\b(?:the four|four-way|four-party|quadrilateral|all four)\b", re.I)
_MANY = tuple(
    (
        re.compile(
            rf"\b(?:the|all) {word}\b(?= (?:countries|states|governments|sides|members|partners|presidents))", re.I
        ),
        size,
    )
    for size, word in enumerate(("five", "six", "seven", "eight", "nine", "ten"), start=5)
)
_THEY = re.compile(r"^(?:they|their)\b|\b(?:they|their|each other|one another)\b", re.I)
_PERSON = re.compile(r"\b(?:he|she|his|her)\b", re.I)
_COUNTRY = re.compile(r"(?<!of )(?<!across )(?<!cross )\bthe country\b(?!')", re.I)


_OFTEN = 3  # sentences that name a subject, from which on words that only hint may point to it
_RARE = 4  # times that the main subject is named more often than the last one, from which on it is the one carried


@dataclass(frozen=True, slots=True)
class Topic:
    """What was last said of a subject: who takes part, in whose country it lies, whether a deal on it was signed."""

    subject: str
    actors: tuple[str, ...]
    host: tuple[str, ...] = ()
    signed: bool = False


@dataclass(slots=True)
class Context:
    """Kept while a page is read, from its beginning to its end."""

    today: str = "9999"
    counts: Counter[str] = field(default_factory=Counter)
    topics: dict[str, Topic] = field(default_factory=dict)
    last: str = ""
    before_bullets: str = ""
    claimed: int = -9
    strong: frozenset[str] = frozenset()
    named: Counter[str] = field(default_factory=Counter)  # sentences that name a subject
    block: int = -1
    groups: list[tuple[str, ...]] = field(default_factory=list)
    person: tuple[str, ...] = ()
    date: str = ""
    frame: tuple[str, str, int] = ("", "", -9)  # the date that began a sentence, its first name, its number
    spoken: tuple[str, int] = ("", -9)
    sentence_actors: tuple[str, ...] = ()

    def enter(self, kind: str, block: int) -> None:
        """Begin a sentence: after a list of bullets the text goes on about what it was about before them.

        A new paragraph that names no subject goes on about what the page is about.
        """
        if kind == "body" and block != self.block and self._is_rare(self.last):
            self.last = self.main
        self.block = block
        if kind == "bullet" and not self.before_bullets:
            self.before_bullets = self.last or "-"
        elif kind != "bullet" and self.before_bullets:
            self.last = self.before_bullets if self.before_bullets != "-" else self.last
            self.before_bullets = ""

    def topic(self, name: str = "") -> Topic | None:
        """The topic of that name, or the last one."""
        subject = name or self.going
        return self.topics.get(subject) or (Topic(subject, ()) if subject and not name else None)

    @property
    def hinted(self) -> frozenset[str]:
        """The subjects to which words that only hint can point: the last, the main one, others named more often.

        Before anything was claimed all that the page names, or where it names none, any.
        """
        if not self.last:
            return self.strong or frozenset(SUBJECTS)
        often = {name for name, times in self.named.items() if times >= _OFTEN}
        return self.strong & (often | {self.last, self.going, next(reversed(self.topics), "")})

    @property
    def main(self) -> str:
        """The subject that most sentences name first, if it is named more than once."""
        name, times = self.named.most_common(1)[0] if self.named else ("", 0)
        return name if times > 1 else ""

    @property
    def going(self) -> str:
        """What the page goes on about where a sentence does not say: the last subject, before any the main one."""
        return self.last or self.main

    def _is_rare(self, subject: str) -> bool:
        """Whether the page names its main subject so much more often that a new paragraph goes on about that."""
        return self.main != "" and self.named[self.main] >= _RARE * max(1, self.named[subject])

    def note_claim(self, subject: str, actors: tuple[str, ...], host: tuple[str, ...], signed: bool) -> None:
        """Remember a claim."""
        old = self.topics.get(subject)
        if old is not None:
            actors = old.actors if len(old.actors) > 1 else tuple(dict.fromkeys((*old.actors, *actors)))
            host, signed = host or old.host, signed or old.signed
        self.topics[subject] = Topic(subject, actors, host, signed)
        if subject not in {"visit", "alignment", "hazard"}:
            self.last = subject

    def note_sentence(self, facts: Facts, actors: tuple[str, ...]) -> None:
        """Remember what a sentence named, claimed or not."""
        group = actors or codes_in(facts.mentions)
        if len(group) > 1 and (not self.groups or self.groups[-1] != group):
            self.groups.append(group)
        first = next((one for one in facts.mentions if one.how == "leader"), None)
        if first is not None:
            self.person = first.codes
        self.sentence_actors = group or self.sentence_actors
        told = [one for one in facts.dates if one.iso[:4] <= self.today[:4] and ".." not in one.iso]
        if told:
            self.date = told[0].iso
        lead = facts.dates[0] if facts.dates and facts.dates[0].start < 120 else None
        early = lead is not None and "," in facts.plain[lead.end : lead.end + 3]
        name = first.text.split()[-1] if first else ""
        if lead is not None and early:
            self.frame = (lead.iso, name, facts.index)

    def carried(self, facts: Facts, text: str, own: tuple[str, ...]) -> tuple[str, ...]:
        """The states to which words such as "the two sides", "he" or "the country" point."""
        found: list[str] = []
        for pattern, size in ((_TWO, 2), (_THREE, 3), (_FOUR, 4), *_MANY):
            if pattern.search(text) and len(own) < size:
                found += self._group(size)
        if not found and _THEY.search(text) and len(own) < 2:
            found += self.they(facts)
        if _PERSON.search(text) and not any(
            one.how == "leader" for one in facts.mentions if one.start > 0 and one.text in text
        ):
            found += self.person
        if _COUNTRY.search(text):
            others = [code for code, _ in self.counts.most_common() if code not in own and code not in found]
            found += others[:1]
        return tuple(dict.fromkeys(found))

    def they(self, facts: Facts) -> tuple[str, ...]:
        """Those who a sentence that begins with "they" is about."""
        starts = re.match(r"(?i)they\b", facts.plain) is not None
        if not starts:
            return ()
        together = tuple(dict.fromkeys((*self.person, *self.sentence_actors)))
        return together if len(together) > 1 else self._group(2)

    def _group(self, size: int) -> tuple[str, ...]:
        sets = [*self.groups, *(topic.actors for topic in self.topics.values())]
        for group in reversed(sets):
            if len(group) == size:
                return group
        return tuple(code for code, _ in self.counts.most_common(size))


def hosts(mentions: tuple[Mention, ...], plain: str) -> tuple[str, ...]:
    """The states between whose places a line runs: `from Mombasa to Nairobi`."""
    places = [one for one in mentions if one.how in {"place", "seat"}]
    for first, second in pairwise(places):
        gap = plain[first.end : second.start].strip().lower()
        before = plain[: first.start].rstrip().lower()
        if (before.endswith(("from", "between", "links", "linking")) and gap in {"to", "and", "with"}) or gap == "-":
            return tuple(dict.fromkeys((*first.codes, *second.codes)))
    return ()
