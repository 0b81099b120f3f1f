"""What is wrong with a draft: every row is looked at, and every problem told at once, with its line.

Of a row that was struck only its form is looked at: it asks nothing of a case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from tumen.case import Keys, Problems
from tumen.errors import did_you_mean
from tumen.reading._kinds import KINDS
from tumen.reading._lines import Draft
from tumen.reading._link import INITIATIVES
from tumen.reading._subjects import SUBJECTS
from tumen.reading._valid import actor_wrong, date_wrong, day_wrong, name_wrong, number_wrong, unit_wrong

__all__ = ["HORIZON", "MOST_YEARS", "REVIEWS", "draft_problems"]

REVIEWS = ("needed", "accepted", "struck")
HORIZON = re.compile(r"(\d{4})\.\.(\d{4})", re.ASCII)
MOST_YEARS = 120  # that a case can span
_TOP = ("draft", "title", "as_of", "horizon", "players", "sources", "initiatives", "disagreements", "claims")
_SOURCE = ("title", "page", "date")
_INITIATIVE = ("kind", "actors", "review")
_ROW = ("said", "by", "source", "kind", "subject", "initiative", "actors", "quantity", "date", "hedged", "at",
        "method", "review")  # fmt: skip
_NEEDED = ("said", "source", "kind", "subject")
_AT = ("page", "start", "end")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,80}")
_KEY = re.compile(r"[A-Za-z][\w-]{0,200}", re.ASCII)


def draft_problems(draft: Draft) -> Problems:
    """All that is wrong with a draft, in the order of its lines."""
    look = _Look(draft)
    look.keys((), draft.data, _TOP)
    look.years()
    for code in look.mapping(("players",)):
        look.note(("players", code), actor_wrong(code))
    for name, body in look.mapping(("sources",)).items():
        look.source(name, body)
    if not look.sources:
        look.note(("sources",), "at least one page is expected here, as `tumen read` wrote it")
    for name, body in look.mapping(("initiatives",)).items():
        look.initiative(name, body)
    told = draft.data.get("disagreements", "")
    if told and not (isinstance(told, list) and all(isinstance(one, str) for one in told)):
        look.note(("disagreements",), "a list of sentences is expected here")
    kept = [look.row(name, body) for name, body in look.mapping(("claims",)).items()]
    if not any(kept) and not look.problems:
        look.note(("claims",), "holds no claim that was not struck; accept at least one")
    return look.problems


@dataclass(slots=True)
class _Look:
    """The draft that is looked at, and what was found wrong so far."""

    draft: Draft
    problems: Problems = field(default_factory=Problems)
    sources: dict[str, str] = field(default_factory=dict)  # the page of each
    initiatives: dict[str, str] = field(default_factory=dict)  # the review of each

    def note(self, keys: Keys, what: str) -> None:
        if what:
            self.problems.add(self.draft.place(keys), ".".join(map(str, keys)), what)

    def mapping(self, keys: Keys) -> Mapping[str, Any]:
        """A section with keys below it; nothing where it is empty or, once noted, something else."""
        body = self.draft.data.get(str(keys[0]), "")
        if body and not isinstance(body, Mapping):
            self.note(keys, "names with keys below them are expected here")
        return body if isinstance(body, Mapping) else {}

    def keys(self, keys: Keys, body: Mapping[str, Any], valid: Collection[str]) -> None:
        """Note every key that is none."""
        for key in body:
            if key not in valid:
                self.note((*keys, key), f"is no key here; {did_you_mean(key, valid)}")

    def text(self, keys: Keys, body: Mapping[str, Any], wrong: Callable[[str], str], needed: bool = False) -> str:
        """What stands under the last key, as text, once it was looked at; nothing where it is not there."""
        value = body.get(str(keys[-1]), "")
        if not isinstance(value, str):
            self.note(keys, "a text is expected here, not a list or keys")
            return ""
        if value.strip():
            self.note(keys, wrong(value.strip()))
        elif needed:
            self.note(keys, f"{'is empty' if keys[-1] in body else 'is lacking'}; each row says it")
        return value.strip()

    def codes(self, keys: Keys, body: Mapping[str, Any]) -> None:
        """The actors of a row or an initiative."""
        actors = body.get("actors", "")
        if not actors:
            return
        if not isinstance(actors, list):
            self.note(keys, f"a list is expected here; write it as [{str(actors)[:40]}]")
            return
        for number, code in enumerate(actors):
            wrong = actor_wrong(code) if isinstance(code, str) else "a code such as RUS is expected here"
            self.note((*keys, number), wrong)

    # ---- the parts of a draft

    def years(self) -> None:
        """The day of the draft, and its horizon."""
        data = self.draft.data
        as_of = data.get("as_of", "")
        lacking = "is lacking; write the day of the latest page as YYYY-MM-DD"
        wrong = day_wrong(as_of) if isinstance(as_of, str) and as_of else lacking
        self.note(("as_of",), wrong)
        horizon = self.text(("horizon",), data, lambda text: "")
        match = HORIZON.fullmatch(horizon)
        if not horizon:
            return
        if match is None:
            self.note(("horizon",), f"`{horizon[:60]}` is no range of years; write it like 2013..2025")
            return
        first, last = int(match[1]), int(match[2])
        if last <= first:
            self.note(("horizon",), f"`{horizon}` ends before it has begun; put the first year before the last")
        elif last - first > MOST_YEARS:
            self.note(("horizon",), f"`{horizon}` spans {last - first} years; a case spans at most {MOST_YEARS}")
        elif not wrong and not first <= int(as_of[:4]) < last:
            self.note(("horizon",), f"`{horizon}` does not hold the year of as_of, {as_of}, and a year after it")

    def source(self, name: str, body: Any) -> None:
        keys: Keys = ("sources", name)
        self.sources[name] = ""
        if not _KEY.fullmatch(name):
            self.note(keys, "a name of letters, digits, `_` and `-` that begins with a letter is expected")
        if not isinstance(body, Mapping):
            self.note(keys, f"the keys {', '.join(_SOURCE)} are expected below it") if body else None
            return
        self.keys(keys, body, _SOURCE)
        self.text((*keys, "date"), body, day_wrong)
        self.text((*keys, "title"), body, _any)
        self.sources[name] = self.text((*keys, "page"), body, _any)

    def initiative(self, name: str, body: Any) -> None:
        keys: Keys = ("initiatives", name)
        self.initiatives[name] = ""
        if not _NAME.fullmatch(name):
            self.note(keys, "a name of letters, digits and `_` that begins with a letter is expected")
        if not isinstance(body, Mapping):
            self.note(keys, f"the keys {', '.join(_INITIATIVE)} are expected below it")
            return
        self.keys(keys, body, _INITIATIVE)
        self.text((*keys, "kind"), body, lambda text: name_wrong(text, "kind of initiative", INITIATIVES))
        self.codes((*keys, "actors"), body)
        self.initiatives[name] = self.text((*keys, "review"), body, _review)

    def row(self, name: str, body: Any) -> bool:
        """Look at a row of the claims; says whether it was kept."""
        keys: Keys = ("claims", name)
        if not _NAME.fullmatch(name):
            self.note(keys, "a name of letters, digits and `_` that begins with a letter is expected")
        if not isinstance(body, Mapping):
            self.note(keys, f"the keys {', '.join(_ROW)} are expected below it")
            return False
        self.keys(keys, body, _ROW)
        if self.text((*keys, "review"), body, _review) == "struck":
            return False
        looks: Mapping[str, Callable[[str], str]] = {
            "source": lambda text: name_wrong(text, "source of the draft", self.sources),
            "kind": lambda text: name_wrong(text, "kind of claim", KINDS),
            "subject": lambda text: name_wrong(text, "subject", SUBJECTS),
            "initiative": self._declared,
            "quantity": _quantity,
            "date": date_wrong,
            "hedged": _yes_or_no,
        }
        for key in _ROW:
            if key not in {"actors", "at", "review"}:
                self.text((*keys, key), body, looks.get(key, _any), needed=key in _NEEDED)
        self.codes((*keys, "actors"), body)
        self.at((*keys, "at"), body.get("at", ""))
        return True

    def _declared(self, name: str) -> str:
        """What is wrong with the initiative of a row."""
        if self.initiatives.get(name) == "struck":
            return (
                f"`{name}` is struck under initiatives, and this row is not; strike the row, or accept the initiative"
            )
        if name in self.initiatives:
            return ""
        known = did_you_mean(name, self.initiatives) if self.initiatives else "none is"
        return f"`{name[:60]}` is not declared under initiatives; {known}"

    def at(self, keys: Keys, at: Any) -> None:
        """Where a row stands: a page, and the first and last character of its sentence there."""
        if not at:
            return
        if not isinstance(at, Mapping):
            self.note(keys, "a place is expected here, as in {page: article.txt, start: 120, end: 240}")
            return
        self.keys(keys, at, _AT)
        page = self.text((*keys, "page"), at, _any, needed=True)
        pages = set(self.sources.values())
        if page and "" not in pages and page not in pages:
            self.note((*keys, "page"), f"`{page[:60]}` is the page of no source; {did_you_mean(page, pages)}")
        places = [self.text((*keys, key), at, _whole, needed=True) for key in ("start", "end")]
        if all(one and not _whole(one) for one in places) and int(places[1]) < int(places[0]):
            self.note((*keys, "end"), f"`{places[1]}` stands before the start, {places[0]}; put the smaller one first")


def _any(text: str) -> str:
    return ""


def _review(text: str) -> str:
    return name_wrong(text, "word of a review", REVIEWS)


def _whole(text: str) -> str:
    right = text.isascii() and text.isdigit() and len(text) < 12
    return "" if right else f"`{text[:60]}` is no place; write the number of a character, from 0"


def _yes_or_no(text: str) -> str:
    return name_wrong(text, "answer", ("yes", "no", "true", "false"))


def _quantity(text: str) -> str:
    """A figure, or two with a slash, and a unit after a space."""
    number, _, unit = text.partition(" ")
    return number_wrong(number) or unit_wrong(unit.strip())
