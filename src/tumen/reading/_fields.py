"""Whose claim it is about, and when: the states and the date of a claim, its own or carried from before."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

from tumen.reading._actors import Mention, codes_in
from tumen.reading._clauses import Clause
from tumen.reading._context import Context
from tumen.reading._dates import DateMention, ends_of
from tumen.reading._facts import Facts
from tumen.reading._kinds import is_terms
from tumen.reading._quantities import Quantity
from tumen.reading._subjects import INFRASTRUCTURE

__all__ = ["actors_for", "date_for"]

_BILATERAL = {"clearing", "labour_export", "trade_target", "debt_treatment", "trade", "trade_cost"}
_DEEDS = {"pledge", "proposal", "statement", "agreement", "event"}  # done as they are said
_MANY = 3  # states, from which on they are a list rather than the two sides of a deal
_AHEAD = {"plan", "target", "forecast", "pledge", "proposal", "estimate"}


def actors_for(
    facts: Facts,
    clause: Clause,
    part: tuple[int, int],
    anchor: int,
    subject: str,
    kind: str,
    named: bool,
    context: Context,
) -> tuple[tuple[str, ...], str]:
    """The codes of those whom a claim is about, and a word on whether they were carried from before."""
    first, end = _scope(facts, part, anchor)
    text = facts.plain[first:end]
    mine = _counted(facts, first, end)
    own = codes_in(mine)
    pointed = context.carried(facts, text, own)
    if first > clause.start and facts.plain.startswith("They "):  # a later part of a list: the same are at it
        pointed = tuple(dict.fromkeys((*pointed, *context.they(facts))))
    found = tuple(dict.fromkeys((*own, *pointed)))
    topic = context.topic(subject)
    elsewhere = codes_in(
        one for one in facts.mentions if not clause.start <= one.start < clause.end and not _speaker(facts, one)
    )
    if not found:
        organisation = any(one.how == "organisation" and first <= one.start < end for one in facts.mentions)
        if organisation:
            return (), ""
        if topic is not None and (topic.actors or topic.host):
            base = _owing(topic.actors if is_terms(text) or not topic.host else topic.host, subject, context)
            together = base if subject not in INFRASTRUCTURE else tuple(dict.fromkeys((*base, *elsewhere)))
            return together, "actors carried"
        last = context.topic()
        if subject in _BILATERAL and last is not None and last.actors:
            return last.actors, "actors carried"
        here = elsewhere or codes_in(facts.mentions)
        return (here, "") if here or named else (context.sentence_actors, "actors carried")
    if len(found) == 1 and subject in _BILATERAL and kind not in {"doubt", "judgement", "statement"}:
        if topic is not None and len(topic.actors) == 1:
            pair: tuple[str, ...] = topic.actors
        elif topic is None or found[0] not in topic.actors:
            pairs = [group for group in reversed(context.groups) if len(group) == 2 and found[0] in group]
            others = codes_in(one for one in facts.mentions if not _speaker(facts, one))
            pair = others if len(others) == 2 else pairs[0] if pairs else ()
        else:
            pair = topic.actors
        pair = _owing(pair, subject, context)
        pair = pair if len(pair) < _MANY else ()  # one of many lenders says nothing of the others
        return tuple(dict.fromkeys((*found, *pair))), "actors carried" if pair else ""
    return found, "actors carried" if pointed else ""


def _owing(codes: tuple[str, ...], subject: str, context: Context) -> tuple[str, ...]:
    """Of a debtor and a list of its lenders the debtor, which the page names most; all else as it is."""
    if subject != "debt_treatment" or len(codes) < _MANY:
        return codes
    most = max(context.counts[code] for code in codes)
    first = tuple(code for code in codes if context.counts[code] == most)
    return first if len(first) == 1 else codes


def _scope(facts: Facts, part: tuple[int, int], anchor: int) -> tuple[int, int]:
    """The part of the clause that tells whom it is about: from the last `that` before its words, if any stand there."""
    first, last = part
    for match in reversed(list(re.finditer(r"\b(?:that|when)\b", facts.plain[first:anchor]))):
        begins = first + match.end()
        if any(begins <= one.start < anchor and one.codes for one in facts.mentions):
            first = begins
            break
    for match in re.finditer(r", (?:so that|because|as if)\b", facts.plain[anchor:last]):
        last = anchor + match.start()
        break
    return first, last


def _speaker(facts: Facts, one: Mention) -> bool:
    said = facts.attribution
    return said is not None and said.start <= one.start < max(said.end, said.start + len(said.source))


_PASSED = re.compile(
    r"\b(?:bypass(?:es|ed|ing)?|skirt(?:s|ed|ing)?|avoid(?:s|ed|ing)?|circumvent\w*|leav(?:es|ing) out|going around|"
    r"(?:way|route|detour) (?:a)?round|independent of|without (?:crossing|touching)|other than)\s(?:the\s)?$",
    re.I,
)  # what is gone round takes no part


def _counted(facts: Facts, first: int, last: int) -> list[Mention]:
    """The mentions that count: not what is only the speaker's, unless nobody else is named; not what is by the way."""
    inside = [one for one in facts.mentions if first <= one.start < last and one.codes]
    lead = re.match(
        r"(?:In|At|During|After) (?:his|her|their|a|the) (?:meeting|talks|speech|visit|summit)\b[^,]*,", facts.plain
    )
    inside = [one for one in inside if not _PASSED.search(facts.plain[: one.start])] or inside
    plain = [one for one in inside if not (lead and one.start < lead.end())] or inside
    others = [one for one in plain if not _speaker(facts, one)]
    said = facts.attribution
    if others and said is not None and said.speaks:
        return others
    return plain


def date_for(
    facts: Facts,
    clause: Clause,
    part: tuple[int, int],
    kind: str,
    quantity: Quantity | None,
    subject: str,
    context: Context,
    day: dt.date | None,
) -> str:
    """The date of a claim, or nothing."""
    inside = [one for one in facts.dates if part[0] <= one.start < part[1] and not facts.hides(one.start)]
    if not inside and part[0] > clause.start:  # a later figure of the clause has the date that stands before the first
        inside = [one for one in facts.dates if clause.start <= one.start < part[0] and not facts.hides(one.start)]
    inside = [one for one in inside if not _of_speaking(facts, one, kind in _DEEDS)]
    if kind == "report":
        inside = [one for one in inside if one.text.lower() != "today"]
    inside = [
        one
        for one in inside
        if not (
            one.cue == "since"
            and re.search(r"\b(?:promised|talked of) (?:since )?(?:the )?$", facts.plain[: one.start])
        )
    ]
    if not inside:
        return _framed(facts, kind, context)
    given = re.search(r"\b(?:have|has|had|given|gave \w+)\s+$", facts.plain[: inside[0].start])
    if inside[0].cue == "until" and given:  # `have until March` is a day to be kept
        return inside[0].iso.removeprefix("../")
    if subject == "visit":
        return inside[0].iso
    ahead = [
        one for one in inside if day is None or ends_of(one.iso)[1] == ".." or ends_of(one.iso)[1] >= day.isoformat()
    ]
    if kind in _AHEAD:
        by = [one for one in ahead if one.cue in {"by", "until", "before"} or _finishes(facts, one)]
        chosen = by or ahead
        if chosen:
            return _nearest(chosen, quantity).iso
        return inside[0].iso if len(inside) == 1 or kind == "estimate" else inside[-1].iso
    past = [one for one in inside if one not in ahead] or inside
    lead = [one for one in past if one.start - part[0] < 12 and ".." not in one.iso]
    if lead and kind in {"event", "agreement", "statement", "proposal"}:
        return lead[0].iso
    return _nearest(past if kind in {"event", "statement"} else inside, quantity if kind not in {"event"} else None).iso


def _finishes(facts: Facts, one: DateMention) -> bool:
    return (
        re.search(
            r"\b(?:finish|complet|ready|done|operational)\w*\s+(?:by|in|before|at)?\s*$", facts.plain[: one.start]
        )
        is not None
    )


def _nearest(dates: Sequence[DateMention], quantity: Quantity | None) -> DateMention:
    """The date nearest to the quantity, those after it before those ahead of it; else the first."""
    if quantity is None:
        return dates[0]
    return min(
        dates,
        key=lambda one: one.start - quantity.end if one.start >= quantity.end else 1000 + quantity.start - one.end,
    )


def _of_speaking(facts: Facts, one: DateMention, deed: bool) -> bool:
    """Whether a date tells only when somebody spoke: `said on Tuesday`, `In October a minister said that`.

    What is done by saying it (`In March he pledged`) has the day that leads the sentence.
    """
    said = facts.attribution
    if said is None or not said.speaks:
        return False
    led = one.end <= said.start and re.match(r"^[A-Za-z]+ ?[\w ,]{0,30}$", facts.plain[: one.end]) is not None
    after = re.search(
        r"\b(?:said|says|told \w+|reported|announced|added|noted)\s+(?:(?:late|early) )?(?:on\s+|in\s+)?$",
        facts.plain[: one.start],
    )
    return (led and not deed) or after is not None


def _framed(facts: Facts, kind: str, context: Context) -> str:
    """The date that began the sentence before, where this one goes on about the same: the speaker, or `the agreement`."""  # noqa: E501
    iso, name, index = context.frame
    if index != facts.index - 1 or not iso:
        return ""
    again = bool(name) and re.match(rf"(?:\w+ ){{0,3}}{re.escape(name)}\b", facts.plain) is not None
    deal = kind == "agreement" and re.search(r"\b(?:the|this) (?:agreement|deal|accord|pact|protocol)\b", facts.plain)
    return iso if again or deal else ""
