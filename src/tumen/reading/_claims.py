"""From the sentences of a page to its claims.

A clause makes a claim if it is about an initiative, trade, a journey, alignment or a hazard, and either holds a
quantity, has the words of a claim (signed, promised, doubt), or tells of a day of its own. A sentence makes one claim
for each quantity that a verb of its own governs, and one for each initiative that it lists; a journey is claimed only
where nothing else is, or a leader's on a day of its own. A sentence without any of these still makes one where it tells
who, when or by whom of a subject, unless it only says what is usual elsewhere or not known. What a clause does not
name is carried from before: the line, the two sides, the agreement.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tumen.reading._actors import codes_in, find_actors, whole_names
from tumen.reading._attribution import is_anonymous, pronoun_speaks, teller_of
from tumen.reading._context import Context, hosts
from tumen.reading._dates import ends_of
from tumen.reading._facts import Facts, facts_of
from tumen.reading._fields import actors_for, date_for
from tumen.reading._found import NOT_CARRIED, Found
from tumen.reading._kinds import is_hedged
from tumen.reading._page import Sentence
from tumen.reading._sentence import found_in
from tumen.reading._subjects import subjects_of, told_by
from tumen.reading._tables import folded

__all__ = ["Claim", "claims_of", "renamed"]

_LONGEST = 1500  # letters of a sentence; what is longer is a list or a table
_SIGNED = re.compile(r"\b(?:sign|agreed|conclud|struck|seal|clinch|initial|finali|reach|ratif)", re.I)


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
    context.named = _first_named(sentences)
    for index, sentence in enumerate(sentences):
        if len(sentence.text) > _LONGEST:
            continue
        facts = facts_of(sentence, index, day, context.date, known, page)
        if sentence.kind == "headline":
            _note_headline(facts, context)
        if sentence.kind not in {"body", "bullet"}:
            continue
        context.enter(sentence.kind, sentence.block)
        found = found_in(facts, context)
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


def _first_named(sentences: Sequence[Sentence]) -> Counter[str]:
    """How many sentences are about which subject first of all; a headline counts for three."""
    found: Counter[str] = Counter()
    for sentence in sentences:
        if len(sentence.text) > _LONGEST or sentence.kind not in {"headline", "subhead", "body", "bullet"}:
            continue
        plain = folded(sentence.text)
        names = told_by(plain, 0, len(plain), known=())
        if names and names[0] not in NOT_CARRIED | {"trade"}:
            found[names[0]] += 3 if sentence.kind == "headline" else 1
    return found


def _note_headline(facts: Facts, context: Context) -> None:
    """A headline names the subject that the text goes on about."""
    names = [
        name
        for name in told_by(facts.plain, 0, len(facts.plain), facts.names, context.strong)
        if name not in NOT_CARRIED
    ]
    if names:
        context.note_claim(names[0], codes_in(facts.mentions), (), False)


_ACTED = re.compile(r"\b(?:[a-z]{2,}ed|took|cut|sent|held|put|gave|went|began|met|broke|struck|fell|left|lent|sold|bought|hit|shut|set|made|won|paid|flew|tore|blew|drew|sank|drove|dug|gave|got|grew|kept|laid|led|lost|rose|ran|sought|swept|swore|threw|wrote|rode|came|shook|stole|withdrew|forbade|cast|spent|bound)\b")  # fmt: skip  # noqa: E501
_STOOD = re.compile(r"\b(?:is|are|was|were|stood|totall?ed|amounted|remained|owed|came to|seemed)\b")


_SHORT = 10  # days within which an act was done, from which on it is only reported


def _by_day(kind: str, subject: str, date: str, text: str, today: str) -> str:
    """What is told of a day: an act of a day just past is an event, what stands for a day to come a plan."""
    if kind != "report" or not date or ".." in date:
        return kind
    first, last = ends_of(date)
    if first > today:
        return "plan"
    if subject == "hazard" and last <= today:
        return "event"
    short = (dt.date.fromisoformat(last) - dt.date.fromisoformat(first)).days <= _SHORT
    return "event" if short and last <= today and _ACTED.search(text) and not _STOOD.search(text) else kind


def _claim(name: str, facts: Facts, one: Found, context: Context, day: dt.date | None) -> Claim:
    sentence, text = facts.sentence, facts.plain[one.first : one.last]
    actors, how = actors_for(
        facts, one.clause, (one.first, one.last), one.anchor, one.subject, one.kind, one.named, context
    )
    date = date_for(facts, one.clause, (one.first, one.last), one.kind, one.quantity, one.subject, context, day)
    unit = one.quantity.unit if one.quantity else ""
    kind = _by_day(one.kind, one.subject, date, text, context.today)
    source = _source(facts, one, context)
    found_by = [f"rule:{kind}", f"words:{' '.join(one.cue.split())[:40]}"]
    if not one.named:
        found_by.append("subject carried")
    if how:
        found_by.append(how)
    if date and not any(each.iso == date for each in facts.dates):
        found_by.append("date carried")
    if source and source not in sentence.text:
        found_by.append("source carried")
    hedged = is_hedged(text) or kind in {"doubt", "judgement"} or is_anonymous(source)
    return Claim(
        name, facts.index, sentence.start, sentence.end, sentence.text, _trimmed(sentence.text[one.first : one.last]),
        kind, one.subject, actors, one.quantity.value if one.quantity else "", unit,
        date, source, hedged, "; ".join(found_by),
    )  # fmt: skip


_LEADING_ON = re.compile(r"(?:[ ,;]+(?:and|but|as well as|or|will|would|should|for|to|of|a|an|the))*[ ,;]*$")


def _trimmed(text: str) -> str:
    """A clause without the words that lead on to the next."""
    return _LEADING_ON.sub("", text.strip(" ,;"))


def _source(facts: Facts, one: Found, context: Context) -> str:
    """Who says so: in the sentence, in those before where this goes on with "they", or who is to lend."""
    said = teller_of(facts.plain, one.anchor, (one.first, one.last))
    if said is not None:
        return facts.sentence.text[said.start : said.start + len(said.source)]
    if 0 < facts.index - context.spoken[1] <= 2 and pronoun_speaks(facts.plain):
        return context.spoken[0]
    lends = re.search(r"\b(?:len[dt]s?|loans?|borrow\w*|grant\w*|financ\w+|fund(?:s|ed|ing)?|credit)\b", facts.plain)
    for mention in facts.mentions:
        if mention.how != "organisation":
            continue
        from_it = re.search(
            r"\b(?:received|borrowed|loan|grant|credit|obtained|secured)\b[^;]* from (?:the )?$",
            facts.plain[: mention.start],
        )
        if (mention.start < 12 and (one.quantity or lends)) or (from_it and one.quantity):
            return mention.text
    return ""


def renamed(claims: Sequence[Claim], page: str) -> tuple[Claim, ...]:
    """The same claims under another page's name."""
    return tuple(replace(claim, page=page) for claim in claims)
