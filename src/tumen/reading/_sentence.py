"""The claims of a sentence, clause by clause, before their actors and dates are filled in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from tumen.reading._actors import codes_in
from tumen.reading._clauses import VERBS, Clause
from tumen.reading._context import Context
from tumen.reading._facts import Facts
from tumen.reading._figured import by_figure, by_money, carried_subject, kind_of, main_of
from tumen.reading._found import FEWEST, LOOSE, OWN, THIS, Found, as_target, names_in
from tumen.reading._kinds import cue_of, is_ahead, is_background, is_price_move
from tumen.reading._subjects import goes_on, named_goal
from tumen.reading._worded import by_date, journeys, without_figure

__all__ = ["found_in"]

_BARE = rf"(?!is|are|was|were|has|have|had|will|would)(?:{VERBS})\b"


def found_in(facts: Facts, context: Context) -> list[Found]:
    """The claims of a sentence, without their fields."""
    ends = facts.plain.rstrip("\"')")
    if ends.endswith("?") or (ends.endswith(":") and not facts.quantities):
        return []
    found: list[Found] = []
    carried = ""
    for clause in facts.clauses:
        here = _in_clause(facts, clause, context, carried)
        if here and not clause.hard and found and re.match(_BARE, facts.plain[clause.start :], re.I):
            here = [_as_before(one, found[-1]) for one in here]
        if re.match(r"(?:but|though|although|yet|however)\b", facts.plain[clause.start :]):
            here = [replace(one, apart=True) if one.kind == "doubt" else one for one in here]
        found += here
        names = names_in(facts, clause.start, clause.end, context)
        carried = here[0].subject if here else names[0] if names else carried
    visits = [one for one in found if one.subject == "visit"]
    settled = _settled([one for one in found if one.subject != "visit"], visits)
    if visits and all(not one.named and one.quantity is None for one in settled):
        return visits
    if settled and settled != visits:
        settled = [*(one for one in visits if _told_apart(facts, one, settled)), *settled]
    return settled or _told_plainly(facts, context)


def _settled(found: list[Found], visits: list[Found]) -> list[Found]:
    """One claim a subject where no figure or date of its own tells two apart; journeys only where nothing else is."""
    if not found:
        return visits
    kept: list[Found] = []
    with_figures = {one.subject for one in found if one.quantity is not None}
    for one in found:
        same = [other for other in kept if other.subject == one.subject]
        if one.quantity is None:
            again = bool(same) and not (
                (one.named or one.kind == "doubt")
                and one.clause.start > same[-1].clause.start
                and (one.clause.hard or _apposed(one, same[-1]))
            )
            if (again or (one.subject in with_figures and not one.clause.hard)) and not one.apart:
                continue
        kept.append(one)
    return kept


def _as_before(one: Found, before: Found) -> Found:
    """A verb without a subject or help of its own goes on as the one before it: `is to run ... and carry`."""
    weak = one.kind == "report" and before.kind in {"plan", "pledge", "target", "forecast", "agreement", "proposal"}
    return replace(one, kind=before.kind) if weak else one


def _apposed(one: Found, before: Found) -> bool:
    return one.kind != before.kind and one.kind in {"report", "event"}


def _in_clause(facts: Facts, clause: Clause, context: Context, carried: str) -> list[Found]:
    text = facts.plain[clause.start : clause.end]
    inside = [one for one in facts.quantities if clause.start <= one.start < clause.end]
    quantity = main_of(facts.plain, inside)
    dated = any(clause.start <= one.start < clause.end and not facts.hides(one.start) for one in facts.dates)
    cue = cue_of(text, quantity.sort if quantity else "", dated)
    names = names_in(facts, clause.start, clause.end, context)
    visits = journeys(facts, clause, quantity)
    if re.match(r"(?i)against\b", text) and not dated:
        return []
    if is_background(text) or (is_price_move(text) and not {"trade", "trade_target"} & set(names)):
        return []
    if quantity is not None and not (visits and visits[0].quantity):
        if re.match(r" of (?:that|this|it|them|these|which|what)\b", facts.plain[quantity.end :]):
            comma = facts.plain.find(",", quantity.end, clause.end)
            names = names_in(facts, clause.start, comma if comma > 0 else clause.end, context)
        subject = carried_subject(text, names, carried, context)
        if subject:
            kind = by_money(text, kind_of(text, cue, quantity, subject, context), cue, quantity, subject)
            return [*visits, *by_figure(facts, clause, kind, subject, cue, bool(names), inside, context)]
        return visits
    told = [] if cue is None or not cue.strong else without_figure(facts, clause, cue, names, carried, context, dated)
    if dated and len(facts.clauses) > 1:
        told = [replace(one, apart=True) for one in told] or by_date(facts, clause, cue, names, carried, context)
    return [*visits, *(told if not (visits and told and told[0].apart and told[0].cue == "date") else [])]


def _told_apart(facts: Facts, visit: Found, others: Sequence[Found]) -> bool:
    """Whether a leader's journey has a day of its own beside what was signed there."""
    begin = visit.first
    joined = re.search(r",? and (?=\w+(?:ed|ht|ook|ade|ve|me|nt) )", facts.plain[visit.anchor : visit.last])
    if joined is None and any(one.clause == visit.clause for one in others):
        return False
    stop = visit.anchor + joined.start() if joined else visit.last
    dated = any(visit.anchor <= one.start < stop for one in facts.dates)
    return dated and any(one.how == "leader" and begin <= one.start < visit.anchor for one in facts.mentions)


def _told_plainly(facts: Facts, context: Context) -> list[Found]:
    """The claim of a sentence that has none of the words of one, yet tells who, when or by whom of a subject."""
    text = facts.plain
    if (
        len(text.split()) < FEWEST
        or text.startswith('"')
        or text.endswith(":")
        or is_background(text)
        or is_price_move(text)
    ):
        return []
    names = names_in(facts, 0, len(text), context)
    topic = context.topic()
    fresh = facts.index - context.claimed <= 3
    cue = cue_of(text, "", dated=bool(facts.dates))
    own_view = cue is not None and cue.kind in {"doubt", "judgement"} and OWN.search(text) is not None
    said = own_view or (facts.attribution is not None and facts.attribution.speaks)
    told = bool(facts.dates) or said or is_ahead(text) or (cue is not None and cue.strong)
    if names:
        if not (told or codes_in(facts.mentions)):
            return []
    elif topic is None or not fresh or not told:
        return []
    elif not (goes_on(text) or named_goal(text) or THIS.search(text)):
        close = said or set(codes_in(facts.mentions)) & set(topic.actors)
        loose = topic.subject in LOOSE and context.named[topic.subject] < 3
        if loose or not close:
            return []
    subject = names[0] if names else topic.subject if topic else ""
    kind = cue.kind if cue is not None else "plan" if is_ahead(text) else "report"
    begin = facts.clauses[0].start if facts.clauses else 0
    whole = Clause(begin, len(text), hard=True)
    return [Found(whole, begin, len(text), kind, as_target(subject, kind), None, "plainly told", bool(names), begin)]
