"""What a clause claims by its figures: which of them it is about, of what, and what sort of claim each makes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tumen.reading._clauses import Clause
from tumen.reading._context import Context
from tumen.reading._facts import Facts
from tumen.reading._found import NOT_CARRIED, Found, as_target, of_terms
from tumen.reading._kinds import Cue, cue_of, is_ahead
from tumen.reading._quantities import Quantity
from tumen.reading._subjects import INFRASTRUCTURE, named_goal, told_by

__all__ = ["by_figure", "by_money", "carried_subject", "kind_of", "main_of"]

_PAID = re.compile(
    r"\b(?:paid|pays?|lent|lends|spent|spends|receiv\w+|got|gets|earn\w*|ow(?:e|es|ed|ing)|cost|bought|sold|buys|sells|"
    r"worth|invest\w*|drawn|drew|disburs\w+|lost|loses?|collect\w*|took|gave|gives|granted|imported|exported|ships?|"
    r"shipped|came to|raised|borrow\w*|price|tariff|fee|toll|levy|charg\w+|revenue|income)\b",
    re.I,
)
_AGAINST = re.compile(
    r"\b(?:against|compared (?:with|to)|than|up from|down from|instead of|rather than|out of|versus|from)"
    r"(?: (?:about|some|only|just|nearly|the|a|around|roughly))*\s*$",
    re.I,
)
_NO_SUM = {"clearing", "coalition", "visit", "alignment"}  # of which no sum is a goal
_BESIDE = 50  # letters between two flows that one verb governs
_COSTING = re.compile(r"\b(?:cost|price|bill|worth|budget)", re.I)
_JOINED = re.compile(r"\b(?:for|to|in|on|into|towards)\b.*\band\b|\band\b.*\b(?:a further|another)\b", re.I)


def main_of(plain: str, inside: Sequence[Quantity]) -> Quantity | None:
    """The quantity that a clause is about: no duration where there is more, no adjective where a verb governs one."""
    if not inside:
        return None

    def worth(one: Quantity) -> tuple[bool, bool, int]:
        adjective = "-" in one.text and re.match(r"[ -]?\w", plain[one.end : one.end + 2]) is not None
        return one.sort == "time", adjective, one.start

    return min(inside, key=worth)


def carried_subject(text: str, names: tuple[str, ...], carried: str, context: Context) -> str:
    """The subject of a clause with a quantity: its own, that of the clause before, that of the page so far."""
    if names:
        return names[0]
    if carried and carried not in NOT_CARRIED:
        return carried
    if named_goal(text) and "trade_target" in context.topics:
        return "trade_target"
    return context.going


def kind_of(text: str, cue: Cue | None, quantity: Quantity, subject: str, context: Context) -> str:
    """The sort of a claim with a quantity."""
    costs = re.search(r"\bcost|\bprice|\bbill\b", text, re.I) is not None and quantity.sort in {"money", "price"}
    if cue is None:
        return of_terms(text, "plan" if is_ahead(text) else "report", subject, context)
    if cue.kind == "report" and not cue.strong and re.search(r"\b(?:could|may|might)\b", text):
        return "forecast"
    if cue.kind == "report" and not cue.strong and is_ahead(text):
        return of_terms(text, "plan", subject, context)
    if cue.kind == "plan" and not is_ahead(cue.text):
        return "plan"
    if cue.kind == "forecast" and costs and re.match(r"expect|project|anticip", cue.text, re.I):
        return "estimate"
    return of_terms(text, cue.kind, subject, context)


def by_money(text: str, kind: str, cue: Cue | None, quantity: Quantity, subject: str) -> str:
    """A sum that stands by something to be built, and that nobody is told to have paid, is an estimate."""
    weak = kind == "report" and (cue is None or not cue.strong)
    bare = weak and subject in INFRASTRUCTURE and quantity.sort == "money" and "/" not in quantity.unit
    return "estimate" if bare and not _PAID.search(text) else kind


def by_figure(
    facts: Facts,
    clause: Clause,
    kind: str,
    subject: str,
    cue: Cue | None,
    named: bool,
    inside: Sequence[Quantity],
    context: Context,
) -> list[Found]:
    """One claim for each figure of a clause that tells something of its own: `a 550-km line at a cost of $1.5 bn`."""
    main = main_of(facts.plain, inside)
    own = [one for one in inside if one is main or (main is not None and _tells_more(facts.plain, one, main))]
    found, begin = list[Found](), clause.start
    for number, one in enumerate(own):
        end = clause.end if number == len(own) - 1 else _cut(facts.plain, one.end, own[number + 1].start)
        words = facts.plain[begin:end]
        here = kind if len(own) == 1 else _kind_of_part(words, kind, one)
        names = told_by(facts.plain, begin, end, facts.names, context.hinted) if number else ()
        about = names[0] if names and names[0] in INFRASTRUCTURE else subject
        first = begin if len(own) > 1 and number else clause.start
        words_met = cue.text if cue else "figure"
        if here == "target" and one.sort == "money" and not named and about in _NO_SUM and "trade" in context.strong:
            about = "trade_target"
        found.append(
            Found(clause, first, end, here, as_target(about, here), one, words_met, named or bool(names), one.start)
        )
        begin = end
    return found


def _tells_more(plain: str, one: Quantity, main: Quantity) -> bool:
    """Whether a figure beside the main one is a claim of its own: what a line of a length costs, a second sum."""
    between = plain[min(one.end, main.end) : max(one.start, main.start)]
    if _AGAINST.search(plain[max(0, one.start - 40) : one.start]):
        return False
    if {one.sort, main.sort} == {"length", "money"}:
        return _COSTING.search(between) is not None
    if one.sort == main.sort == "flow" and one.unit != main.unit:
        return re.search(r"\band\b", between) is not None and len(between) < _BESIDE
    return one.sort == main.sort == "money" and _JOINED.search(between) is not None


def _cut(plain: str, first: int, last: int) -> int:
    """Where between two figures the second one's part begins: at `and`, a comma, `at a cost of`, `over`."""
    places = [match.start() for match in re.finditer(r" and |, | at | for | over | with | to ", plain[first:last])]
    marks = [
        match.start() for match in re.finditer(r" and |, | (?=(?:will|would|is|was|costs?|should) )", plain[first:last])
    ]
    return first + (marks[-1] if marks else places[0] if places else last - first)


def _kind_of_part(words: str, kind: str, one: Quantity) -> str:
    """The sort of what one of several figures tells: a cost is an estimate, all else as the clause."""
    cue = cue_of(words, one.sort, dated=False)
    if cue is not None and cue.kind == "estimate" and kind in {"plan", "agreement", "proposal", "report", "forecast"}:
        return "report" if kind == "report" and not is_ahead(words) else "estimate"
    return "plan" if kind == "estimate" and one.sort == "length" else kind
