"""From the sentences of a page to its claims.

A clause makes a claim if it is about an initiative, trade, a journey, alignment or a hazard, and either holds a
quantity or has the words of a claim (signed, promised, doubt). A sentence makes one claim for each quantity that a verb of its
own governs, and one for each initiative that it lists; a journey is claimed only where nothing else is. What a clause
does not name is carried from before: the line, the two sides, the agreement.
"""  # noqa: E501

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from tumen.reading._actors import codes_in, find_actors, whole_names
from tumen.reading._attribution import is_anonymous
from tumen.reading._clauses import VERBS, Clause
from tumen.reading._context import Context, hosts
from tumen.reading._facts import Facts, facts_of
from tumen.reading._fields import actors_for, date_for
from tumen.reading._kinds import Cue, cue_of, is_ahead, is_background, is_hedged, is_price_move, is_terms, visit_cues
from tumen.reading._page import Sentence
from tumen.reading._quantities import Quantity
from tumen.reading._subjects import goes_on, named_goal, subjects_of, told_by
from tumen.reading._tables import folded

__all__ = ["Claim", "claims_of"]

_LONGEST = 1500  # letters of a sentence; what is longer is a list or a table
_BARE = rf"(?!is|are|was|were|has|have|had|will|would)(?:{VERBS})\b"
_SIGNED = re.compile(r"\b(?:sign|agreed|conclud|struck|seal|clinch|initial|finali|reach|ratif)", re.I)
_LISTS = {"plan", "agreement", "proposal"}
_SORTS = ("flow", "money", "price", "share", "amount", "length", "count", "factor", "time")
_THIS = re.compile(
    r"\b(?:this|it|so|neither|either|both|such a|call(?:s|ed)? that|the (?:idea|charge|claim|offer|proposal))\b", re.I
)
_NOT_CARRIED = {"visit", "alignment", "hazard", ""}


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim, with the place of its sentence in the original page.

    `quantity` is a figure in `unit`, or two with a slash for a range; `date` an ISO date or interval. `method` says how
    it was found: the rule, the words that it met, and what was carried from before.
    """

    page: str
    sentence: int
    start: int
    end: int
    text: str
    clause: str
    kind: str
    subject: str
    actors: tuple[str, ...]
    quantity: str
    unit: str
    date: str
    source: str
    hedged: bool
    method: str


@dataclass(frozen=True, slots=True)
class _Found:
    """A claim to be, before its actors and dates are filled in: its part of the sentence, kind, subject, quantity."""

    clause: Clause
    first: int
    last: int
    kind: str
    subject: str
    quantity: Quantity | None
    cue: str
    named: bool
    anchor: int


def claims_of(name: str, sentences: Sequence[Sentence], day: dt.date | None) -> tuple[Claim, ...]:
    """The claims of a page's sentences, in their order. Headlines and captions give context only."""
    texts = [sentence.text for sentence in sentences if len(sentence.text) <= _LONGEST]
    known = frozenset(pair for text in texts for pair in whole_names(text))
    year = day.year if day else dt.date.max.year
    context, claims = Context(today=day.isoformat() if day else "9999"), list[Claim]()
    for text in texts:
        context.counts.update(code for one in find_actors(text, year, known) for code in one.codes)
    page = tuple(code for code, _ in context.counts.most_common())
    context.strong = frozenset(one.name for text in texts for one in subjects_of(folded(text)) if not one.weak)
    for index, sentence in enumerate(sentences):
        if len(sentence.text) > _LONGEST:
            continue
        facts = facts_of(sentence, index, day, context.date, known, page)
        if sentence.kind == "headline":
            _note_headline(facts, context)
        if sentence.kind not in {"body", "bullet"}:
            continue
        context.enter(sentence.kind)
        found = _found_in(facts, context)
        made = [_claim(name, facts, one, context, day) for one in found]
        for claim, one in zip(made, found, strict=True):
            signed = claim.kind == "agreement" and _SIGNED.search(one.cue) is not None
            context.note_claim(claim.subject, claim.actors, hosts(facts.mentions, facts.plain), signed)
        context.note_sentence(facts, tuple(dict.fromkeys(code for claim in made for code in claim.actors)))
        if facts.attribution is not None and facts.attribution.speaks:
            context.spoken = (facts.attribution.source, index)
        if made:
            context.claimed = index
        claims += made
    return tuple(claims)


def _note_headline(facts: Facts, context: Context) -> None:
    """A headline names the subject that the text goes on about."""
    names = [name for name in told_by(facts.plain, 0, len(facts.plain), facts.names) if name not in _NOT_CARRIED]
    if names:
        context.note_claim(names[0], codes_in(facts.mentions), (), False)


def _found_in(facts: Facts, context: Context) -> list[_Found]:
    """The claims of a sentence, without their fields."""
    if facts.plain.rstrip("\"')").endswith("?"):
        return []
    found: list[_Found] = []
    carried = ""
    for clause in facts.clauses:
        here = _in_clause(facts, clause, context, carried)
        if here and not clause.hard and found and re.match(_BARE, facts.plain[clause.start :], re.I):
            here = [_as_before(one, found[-1]) for one in here]
        found += here
        names = told_by(facts.plain, clause.start, clause.end, facts.names, context.strong)
        carried = here[0].subject if here else names[0] if names else carried
    return _settled([one for one in found if one.subject != "visit"], [one for one in found if one.subject == "visit"])


def _as_before(one: _Found, before: _Found) -> _Found:
    """A verb without a subject or help of its own goes on as the one before it: `is to run ... and carry`."""
    weak = one.kind == "report" and before.kind in {"plan", "pledge", "target", "forecast", "agreement", "proposal"}
    return replace(one, kind=before.kind) if weak else one


def _settled(found: list[_Found], visits: list[_Found]) -> list[_Found]:
    """One claim a subject where no figure or date of its own tells two apart; journeys only where nothing else is."""
    if not found:
        return visits
    kept: list[_Found] = []
    with_figures = {one.subject for one in found if one.quantity is not None}
    for one in found:
        same = [other for other in kept if other.subject == one.subject]
        if one.quantity is None:
            again = bool(same) and not (
                (one.named or one.kind == "doubt")
                and one.clause.start > same[-1].clause.start
                and (one.clause.hard or _apposed(one, same[-1]))
            )
            if again or (one.subject in with_figures and not one.clause.hard):
                continue
        kept.append(one)
    return kept


def _apposed(one: _Found, before: _Found) -> bool:
    return one.kind != before.kind and one.kind in {"report", "event"}


def _in_clause(facts: Facts, clause: Clause, context: Context, carried: str) -> list[_Found]:
    text = facts.plain[clause.start : clause.end]
    inside = [one for one in facts.quantities if clause.start <= one.start < clause.end]
    quantity = _main(facts.plain, inside)
    dated = any(clause.start <= one.start < clause.end and not facts.hides(one.start) for one in facts.dates)
    cue = cue_of(text, quantity.sort if quantity else "", dated)
    names = told_by(facts.plain, clause.start, clause.end, facts.names, context.strong)
    visits = _journeys(facts, clause, quantity)
    if is_background(text) or (is_price_move(text) and not {"trade", "trade_target"} & set(names)):
        return []
    if quantity is not None and not (visits and visits[0].quantity):
        if re.match(r" of (?:that|this|it|them|these|which|what)\b", facts.plain[quantity.end :]):
            comma = facts.plain.find(",", quantity.end, clause.end)
            names = told_by(facts.plain, clause.start, comma if comma > 0 else clause.end, facts.names, context.strong)
        subject = _carried_subject(text, names, carried, context)
        if subject:
            kind = _kind(text, cue, quantity, subject, context)
            return [
                *visits,
                _Found(
                    clause,
                    clause.start,
                    clause.end,
                    kind,
                    _as_target(subject, kind),
                    quantity,
                    cue.text if cue else "figure",
                    bool(names),
                    quantity.start,
                ),
            ]
        return visits
    if cue is None or not cue.strong:
        return visits
    return [*visits, *_without_figure(facts, clause, cue, names, carried, context, dated)]


def _without_figure(
    facts: Facts, clause: Clause, cue: Cue, names: tuple[str, ...], carried: str, context: Context, dated: bool
) -> list[_Found]:
    """Claims of a clause that holds no quantity: those that its words make of what it names or goes on about."""
    text = facts.plain[clause.start : clause.end]
    at = clause.start + cue.start
    if not names:
        fresh = facts.index - context.claimed <= 2 or (clause.hard and carried != "")
        just = fresh and _THIS.search(text) is not None
        if cue.kind == "judgement":
            return []
        goal = (
            named_goal(text) or (just and cue.kind in {"doubt", "statement"}) or _still(facts, text, cue, dated, fresh)
        )
        topic = context.topic("trade_target" if named_goal(text) and "trade_target" in context.topics else "")
        if topic is None or topic.subject in _NOT_CARRIED or not (goal or goes_on(text)):
            return []
        return [
            _Found(
                clause,
                clause.start,
                clause.end,
                _of_terms(text, cue.kind, topic.subject, context),
                topic.subject,
                None,
                cue.text,
                False,
                at,
            )
        ]
    listed = _listed(facts, clause, cue, names) if cue.kind in _LISTS else []
    if len(listed) > 1:
        return [_Found(clause, a, b, cue.kind, name, None, cue.text, True, a) for name, a, b in listed]
    kind = _of_terms(text, cue.kind, names[0], context)
    return [_Found(clause, clause.start, clause.end, kind, _as_target(names[0], kind), None, cue.text, True, at)]


def _still(facts: Facts, text: str, cue: Cue, dated: bool, fresh: bool) -> bool:
    """Whether a clause that names no subject still tells of the last one: a promise, an act, a date, a bare doubt."""
    if not fresh or visit_cues(facts.plain) or '"' in text:
        return False
    if cue.kind == "doubt":
        whether = re.search(r"(?i)\b(?:question|doubt|unclear|uncertain)\w* (?:whether|if|how)\b", text)
        return whether is not None or (len(text.split()) <= 6 and re.match(r"(?i)\s*(?:we|i)\b", text) is None)
    return cue.kind in {"pledge", "agreement", "report"} or (dated and is_ahead(text))


def _listed(facts: Facts, clause: Clause, cue: Cue, names: tuple[str, ...]) -> list[tuple[str, int, int]]:
    """What a plan or deal lists (a pipeline, a railway and a mine), each with its part of the sentence."""
    major = [
        name for name in names if name not in {"trade", "trade_cost", "coalition", "alignment", "visit", "programme"}
    ]
    places, after = list[tuple[str, int]](), clause.start + cue.start
    for one in subjects_of(facts.plain):
        fresh = one.name in major and not one.weak and one.name not in [name for name, _ in places]
        if not (after <= one.start < clause.end) or not fresh:
            continue
        gap = facts.plain[places[-1][1] : one.start] if places else ""
        if not places or re.search(r"\band\b|,|\bas well as\b|\bor\b", gap):
            places.append((one.name, one.start))
    if not places:
        return []
    cuts = [clause.start]
    for (_, a), (_, b) in pairwise(places):
        gap = facts.plain[a:b]
        cuts.append(
            a + max((match.end() for match in re.finditer(r"\band\b|,|\bas well as\b|\bor\b", gap)), default=len(gap))
        )
    return [(name, cut, end) for (name, _), cut, end in zip(places, cuts, [*cuts[1:], clause.end], strict=True)]


def _journeys(facts: Facts, clause: Clause, quantity: Quantity | None) -> list[_Found]:
    """The journeys that a clause tells of, each with its part of the clause."""
    cues = [one for one in visit_cues(facts.plain) if clause.start <= one[0] < clause.end]
    if not cues:
        return []
    times = quantity is not None and quantity.text.lower().endswith(("times", "occasions"))
    ends = [*(start for start, _, _ in cues[1:]), clause.end]
    found = []
    for number, ((start, end, ahead), last) in enumerate(zip(cues, ends, strict=True)):
        first = clause.start if number == 0 else start
        kind = "report" if times else "plan" if ahead else "event"
        found.append(
            _Found(clause, first, last, kind, "visit", quantity if times else None, facts.plain[start:end], True, start)
        )
    return found


def _main(plain: str, inside: Sequence[Quantity]) -> Quantity | None:
    """The quantity that a clause is about: no duration where there is more, no adjective where a verb governs one."""
    if not inside:
        return None

    def worth(one: Quantity) -> tuple[bool, bool, int]:
        adjective = "-" in one.text and re.match(r"[ -]?\w", plain[one.end : one.end + 2]) is not None
        return one.sort == "time", adjective, one.start

    return min(inside, key=worth)


def _carried_subject(text: str, names: tuple[str, ...], carried: str, context: Context) -> str:
    """The subject of a clause with a quantity: its own, that of the clause before, that of the page so far."""
    if names:
        return names[0]
    if carried and carried not in _NOT_CARRIED:
        return carried
    if named_goal(text) and "trade_target" in context.topics:
        return "trade_target"
    return context.last


def _as_target(subject: str, kind: str) -> str:
    """A goal for trade is one thing, what trade was another."""
    if subject == "trade" and kind == "target":
        return "trade_target"
    if subject == "trade_target" and kind in {"report", "estimate", "event"}:
        return "trade"
    return subject


def _kind(text: str, cue: Cue | None, quantity: Quantity, subject: str, context: Context) -> str:
    """The sort of a claim with a quantity."""
    costs = re.search(r"\bcost|\bprice|\bbill\b", text, re.I) is not None and quantity.sort in {"money", "price"}
    if cue is None:
        return _of_terms(text, "plan" if is_ahead(text) else "report", subject, context)
    if cue.kind == "report" and not cue.strong and re.search(r"\b(?:could|may|might)\b", text):
        return "forecast"
    if cue.kind == "report" and not cue.strong and is_ahead(text):
        return _of_terms(text, "plan", subject, context)
    if cue.kind == "plan" and not is_ahead(cue.text):
        return "plan"
    if cue.kind == "forecast" and costs and re.match(r"expect|project|anticip", cue.text, re.I):
        return "estimate"
    return _of_terms(text, cue.kind, subject, context)


def _of_terms(text: str, kind: str, subject: str, context: Context) -> str:
    """The terms of a loan that has been signed are part of an agreement."""
    topic = context.topic(subject)
    if kind in {"plan", "report"} and topic is not None and topic.signed and is_terms(text):
        return "agreement"
    return kind


# ---- the fields of a claim


def _claim(name: str, facts: Facts, one: _Found, context: Context, day: dt.date | None) -> Claim:
    sentence, text = facts.sentence, facts.plain[one.first : one.last]
    actors, how = actors_for(
        facts, one.clause, (one.first, one.last), one.anchor, one.subject, one.kind, one.named, context
    )
    date = date_for(facts, one.clause, (one.first, one.last), one.kind, one.quantity, one.subject, context, day)
    source = _source(facts, one, context)
    found_by = [f"rule:{one.kind}", f"words:{' '.join(one.cue.split())[:40]}"]
    if not one.named:
        found_by.append("subject carried")
    if how:
        found_by.append(how)
    hedged = is_hedged(text) or one.kind == "doubt" or is_anonymous(source)
    return Claim(
        name, facts.index, sentence.start, sentence.end, sentence.text, _trimmed(sentence.text[one.first : one.last]),
        one.kind, one.subject, actors, one.quantity.value if one.quantity else "", one.quantity.unit if one.quantity else "",  # noqa: E501
        date, source, hedged, "; ".join(found_by),
    )  # fmt: skip


def _trimmed(text: str) -> str:
    """A clause without the words that lead on to the next."""
    return re.sub(r"(?:[ ,;]+(?:and|but|as well as|or))?[ ,;]*$", "", text.strip(" ,;"))


def _source(facts: Facts, one: _Found, context: Context) -> str:
    """Who says so: in the sentence, in the one before where this goes on with "they", or who is to lend."""
    said = facts.attribution
    if said is not None:
        far = any(
            clause.hard and min(said.start, one.anchor) < clause.start <= max(said.start, one.anchor)
            for clause in facts.clauses
        )
        if not far:
            return (
                facts.sentence.text[said.start :][: len(said.source)]
                if facts.plain[said.start :].startswith(said.source)
                else said.source
            )
    if context.spoken[1] == facts.index - 1 and re.match(r"(?i)they|he|she|it\b", facts.plain):
        return context.spoken[0]
    organisation = next((m for m in facts.mentions if m.how == "organisation" and m.start < 12 and one.quantity), None)
    return organisation.text if organisation else ""


def renamed(claims: Sequence[Claim], page: str) -> tuple[Claim, ...]:
    """The same claims under another page's name."""
    return tuple(replace(claim, page=page) for claim in claims)
