"""What a clause claims without any figure: by its words, by a day of its own, or as the tale of a journey."""

from __future__ import annotations

import re
from itertools import pairwise

from tumen.reading._actors import codes_in
from tumen.reading._clauses import Clause
from tumen.reading._context import Context
from tumen.reading._facts import Facts
from tumen.reading._found import FEWEST, NOT_CARRIED, OWN, THIS, Found, as_target, of_terms
from tumen.reading._kinds import Cue, is_ahead, visit_cues
from tumen.reading._quantities import Quantity
from tumen.reading._subjects import goes_on, named_goal, subjects_of

__all__ = ["by_date", "journeys", "without_figure"]

_LISTS = {"plan", "agreement", "proposal"}


def without_figure(
    facts: Facts, clause: Clause, cue: Cue, names: tuple[str, ...], carried: str, context: Context, dated: bool
) -> list[Found]:
    """Claims of a clause that holds no quantity: those that its words make of what it names or goes on about."""
    text = facts.plain[clause.start : clause.end]
    at = clause.start + cue.start
    if names[:1] == ("alignment",) and not codes_in(facts.mentions):
        names = ()  # nobody's side is told
    about = goes_on(text) or named_goal(text) or THIS.search(text) is not None
    alone = facts.index - context.claimed > 2 or context.topic() is None
    if (
        not names
        and (alone or cue.kind == "statement")
        and not about
        and cue.kind in {"judgement", "statement"}
        and codes_in(facts.mentions)
    ):
        names = ("alignment",)
    if not names:
        fresh = facts.index - context.claimed <= 2 or (clause.hard and carried != "")
        just = fresh and THIS.search(text) is not None
        if cue.kind == "judgement" and not OWN.search(text):
            return []
        goal = (
            named_goal(text) or (just and cue.kind in {"doubt", "statement"}) or _still(facts, text, cue, dated, fresh)
        )
        topic = context.topic("trade_target" if named_goal(text) and "trade_target" in context.topics else "")
        if topic is None or topic.subject in NOT_CARRIED or not (goal or goes_on(text)):
            return []
        return [
            Found(
                clause,
                clause.start,
                clause.end,
                of_terms(text, cue.kind, topic.subject, context),
                topic.subject,
                None,
                cue.text,
                False,
                at,
            )
        ]
    listed = _listed(facts, clause, cue, names) if cue.kind in _LISTS else []
    if len(listed) > 1:
        return [Found(clause, a, b, cue.kind, name, None, cue.text, True, a) for name, a, b in listed]
    kind = of_terms(text, cue.kind, names[0], context)
    return [Found(clause, clause.start, clause.end, kind, as_target(names[0], kind), None, cue.text, True, at)]


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


def by_date(
    facts: Facts, clause: Clause, cue: Cue | None, names: tuple[str, ...], carried: str, context: Context
) -> list[Found]:
    """What one part of a sentence tells of a day of its own: `..., and the first cargo should dock in 2014`."""
    text = facts.plain[clause.start : clause.end]
    subject = names[0] if names else carried or context.going
    ahead = is_ahead(text) or any(one.iso[:10] > context.today for one in facts.dates if clause.start <= one.start < clause.end)  # fmt: skip  # noqa: E501
    if subject in NOT_CARRIED or len(text.split()) < FEWEST - 1:
        return []
    kind = "plan" if ahead else cue.kind if cue is not None else "report"
    return [Found(clause, clause.start, clause.end, kind, as_target(subject, kind), None, "date", bool(names), clause.start, apart=True)]  # fmt: skip  # noqa: E501


def journeys(facts: Facts, clause: Clause, quantity: Quantity | None) -> list[Found]:
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
            Found(clause, first, last, kind, "visit", quantity if times else None, facts.plain[start:end], True, start)
        )
    return found
