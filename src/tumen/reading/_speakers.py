"""The name before or after a verb: the noun phrase of the one who does it.

Before a verb the words between the last mark of a clause and the verb are walked once: a word such as `which`, or a new
article, begins another phrase; a verb makes the phrase a clause, until `and` begins another. A name may go on after a
comma by what he is: `Ana Lopez, the energy minister, ...`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from tumen.reading._tables import table

__all__ = ["name_after", "name_before"]

_LONGEST = 16  # words of a name
_HARD = re.compile(
    r'[;:]\s|\s-+\s|(?<=\s)"|\((?![^()]*\))'
    r'|[.!?]["\']?\s(?=[A-Z"])(?<!\b[A-Z]\.\s)(?<!\b(?:Mr|Dr|St)\.\s)(?<!\bMrs\.\s)'
)
_COMMA = re.compile(r',["\']?\s+')
_LEAD_PLACE = re.compile(r"^(?:In|At|From|Across|Outside|Back in) [A-Z][\w'-]+(?: [A-Z][\w'-]+)? (?=\w)")
# The marks that end a name.
_AFTER_MARKS = r'[;:()]|--|\s-\s|"|[.!?](?=\s|$)(?<!\b[A-Z]\.)(?<!\b(?:Mr|Dr|St)\.)(?<!\bMrs\.)|,\s|,$'
_BETWEEN_COMMAS = re.compile(
    r",? (?:however|too|meanwhile|though|in turn|for (?:its|his|her|their) part|by contrast),$"
)
_PROPER = r"[A-Z][\w.'-]+(?: (?:al-|de |von |bin |[A-Z])[\w.'-]+){1,3}$"


@dataclass(frozen=True, slots=True)
class _Grammar:
    """The words and patterns of the table by which phrases are told."""

    boundaries: frozenset[str]
    finite: frozenset[str]
    articles: frozenset[str]
    links: frozenset[str]
    starts: frozenset[str]
    not_adverbs: frozenset[str]
    adverbs: frozenset[str]
    after_to: frozenset[str]
    things: frozenset[str]
    mute: frozenset[str]
    reduced: frozenset[str]
    owned: frozenset[str]
    led_by: re.Pattern[str]
    lead_time: re.Pattern[str]
    tail_time: re.Pattern[str]
    aside: re.Pattern[str]
    role: re.Pattern[str]
    house: re.Pattern[str]
    stop: re.Pattern[str]


@cache
def _grammar() -> _Grammar:
    rules = table("attribution")
    tell, names = rules["phrases"], rules["words"]
    starts, time = frozenset(tell["starts"]), tell["time"]
    owner = r"(?:the|a|an|its|his|her|their|one of|another|also|both|all|himself|herself|formerly|until)\b"
    return _Grammar(
        frozenset(tell["boundaries"]), frozenset(tell["finite"]), frozenset(tell["articles"]), frozenset(tell["links"]),
        starts, frozenset(tell["not_adverbs"]), frozenset(rules["between"]["adverbs"]), frozenset(tell["after_to"]),
        frozenset(rules["things"]["heads"]), starts | set(names["pronouns"]), frozenset(tell["reduced"]),
        frozenset(names["owned"]),
        re.compile(rf"(?:{'|'.join(tell['led_by'])})\s+", re.I),
        re.compile(rf"{time},? (?=\S)", re.I),
        re.compile(rf"(?: {time})+$", re.I),
        re.compile(rf"(?:{tell['asides']})$", re.I),
        re.compile(
            rf"{owner}|[A-Z][\w-]*(?: [A-Z][\w-]*)*'s? \w|(?:[\w'-]+ ){{0,4}}{rules['roles']['heads']}\b|{_PROPER}"
        ),
        re.compile(rf"(?:At|In|For) (?=the |[A-Z])(?:[\w'&-]+ )*(?:{'|'.join(tell['houses'])})\b"),
        re.compile("|".join((_AFTER_MARKS, *tell["stops"]))),
    )  # fmt: skip


def name_before(plain: str, verb: int) -> tuple[int, int] | None:
    """Where the name before a verb begins and ends, or None where no name stands there."""
    grammar, end, first = _grammar(), _without_between(plain, verb), 0
    for match in _HARD.finditer(plain, 0, end):
        first = match.end()
    if plain[end - 1 : end] != ",":
        pieces = _pieces(plain, first, end)
        if re.search(r"\b(?:and|but)$", plain[first:end]):
            return _shared(plain, first, end)
        found = _phrase(plain, *pieces[-1]) if pieces else None
        return _widened(plain, pieces, found) if found else None
    pieces = _pieces(plain, first, end - 1)
    last = pieces[-1][1] if pieces else end
    kept: tuple[int, int] | None = None
    for number in range(len(pieces) - 1, 0, -1):
        text = plain[slice(*pieces[number])]
        aside = grammar.aside.match(text) is not None
        if not aside and (grammar.role.match(text) is None or len(text.split()) > _LONGEST or _is_clause(text)):
            return kept
        if aside:
            last = pieces[number - 1][1]
        found = _phrase(plain, *pieces[number - 1])
        if found is not None and (number == 1 or not _goes_on(plain[slice(*pieces[number - 1])])):
            return found[0], last
        kept = (found[0], last) if found else kept
    return kept


def _shared(plain: str, first: int, end: int) -> tuple[int, int] | None:
    """The name of a verb that has it in common with one before: `Fitch cut its rating and expects`."""
    grammar = _grammar()
    for match in re.finditer(r" (\S+)", plain[first:end]):
        word = match.group(1)
        if word in grammar.finite or _looks_finite(word, "it", ""):
            return name_before(plain, first + match.start() + 1)
    return None


def _goes_on(text: str) -> bool:
    """Whether a piece between commas is itself an apposition to what stands before."""
    return _grammar().role.match(text) is not None and not re.search(r"[A-Z]\w+ [A-Z]\w+$", text)


def _is_clause(text: str) -> bool:
    return any(word in {"is", "are", "was", "were", "has", "have", "had", "will", "would"} for word in text.split())


def _pieces(plain: str, first: int, end: int) -> list[tuple[int, int]]:
    """What stands between commas."""
    cuts = [first]
    ends: list[int] = []
    for match in _COMMA.finditer(plain, first, end):
        ends.append(match.start())
        cuts.append(match.end())
    return [(a, b) for a, b in zip(cuts, [*ends, end], strict=True) if plain[a:b].strip()]


def _without_between(plain: str, verb: int) -> int:
    """The end of the name: before the words of time and manner that stand between it and the verb."""
    grammar, end = _grammar(), verb
    while True:
        text = plain[max(0, end - 80) : end].rstrip()
        end = max(0, end - 80) + len(text)
        word = text.rsplit(" ", 1)[-1]
        manner = word.endswith("ly") and word.islower() and word not in grammar.not_adverbs
        if word.lower() in grammar.adverbs or manner:
            end -= len(word)
            continue
        aside = _BETWEEN_COMMAS.search(text) if word.endswith(",") else grammar.tail_time.search(text)
        if aside is None or aside.start() == 0:
            return end
        end -= len(aside.group())


def _phrase(plain: str, first: int, end: int) -> tuple[int, int] | None:
    """The last noun phrase of a stretch without commas."""
    grammar = _grammar()
    while match := (grammar.lead_time.match(plain[first:end]) or _LEAD_PLACE.match(plain[first:end])):
        first += match.end()
    if conjunction := grammar.led_by.match(plain[first:end]):
        first += conjunction.end()
    places = [(one.start() + first, one.group()) for one in re.finditer(r"\S+", plain[first:end])]
    start = _begins([token for _, token in places])
    if start is None:
        return None
    words = [token for _, token in places[start:]]
    return (places[start][0], end) if len(words) <= _LONGEST and _can_speak(words) else None


def _begins(tokens: list[str]) -> int | None:
    """The number of the word with which the last noun phrase begins; None where the words are a clause.

    `broken` is a phrase that has a verb or hangs on a preposition, `open` one in which an article stands.
    """
    grammar = _grammar()
    start, broken, opened = 0, bool(tokens) and tokens[0].lower() in grammar.starts, False
    for number, token in enumerate(tokens):
        word = token.strip("\"'()").lower()
        before = tokens[number - 1].lower() if number else ""
        after = tokens[number + 1] if number + 1 < len(tokens) else ""
        if _is_boundary(word, token, number, start):
            if number and word in {"to", "with"} and not broken and _noun_links(after):
                continue
            start, broken, opened = number + 1, word in grammar.starts or word in {"not", "per", "without"}, False
        elif word in grammar.finite or _looks_finite(token, before, after):
            broken = True
        elif word in {"and", "or"} and broken:
            start, broken, opened = number + 1, False, False
        elif word in grammar.links:
            opened = False
        elif word in grammar.articles or token.endswith(("'s", "s'")):
            fresh = word in grammar.articles and number > start and before not in grammar.links
            if fresh and (not broken or opened):
                start, broken = number, False
            opened = True
    return None if broken or start >= len(tokens) else start


def _is_boundary(word: str, token: str, number: int, start: int) -> bool:
    """Whether a word begins another phrase; `Per` is a name."""
    if word not in _grammar().boundaries or token == "Per" or not (token.islower() or number == 0):
        return False
    return not (word in {"to", "with", "as"} and number == start)


def _noun_links(after: str) -> bool:
    """`the ambassador to Moscow`, `a banker with the lender`: a preposition before a name or an article."""
    grammar = _grammar()
    return after[:1].isupper() or after in grammar.articles or after in grammar.after_to


def _looks_finite(token: str, before: str, after: str) -> bool:
    """A past tense: a plain word in `-ed` that follows a noun and is not told of it (`a study paid for by`)."""
    if not token.endswith("ed") or not token.islower() or "-" in token or before == "":
        return False
    grammar = _grammar()
    if token in grammar.reduced and after in grammar.links:
        return False
    free = before not in grammar.articles and before not in grammar.links and not before.endswith(("'s", "ly"))
    return free and after not in {"by", "in", "at", "with", "for"}


def _can_speak(words: list[str]) -> bool:
    """Whether the head of a phrase can be one who speaks: no pronoun, no mere date or figure, no thing."""
    grammar, last = _grammar(), words[-1].lower()
    first, among = words[0].strip("\"'()").lower(), len(words) > 2 and words[1] == "of"  # `one of the negotiators`
    if (first in grammar.mute and not (among and first in {"one", "none", "each", "all"})) or not any(
        c.isalpha() for c in last
    ):
        return False
    if last in grammar.articles or last in grammar.links or (last.endswith(("'s", "s'")) and last not in grammar.owned):
        return False
    return _head(words) not in grammar.things


def _head(words: list[str]) -> str:
    """The word that a phrase is about: the last one before its first preposition."""
    for number, word in enumerate(words):
        if number and word in _grammar().links and word not in {"and", "or", "&"}:
            return words[number - 1].strip("\"'()").lower()
    return words[-1].strip("\"'()").lower()


def _widened(plain: str, pieces: list[tuple[int, int]], found: tuple[int, int]) -> tuple[int, int]:
    """With the names listed before it (`Russia, Iran and India`), or the institute at which he speaks."""
    start, end = found
    if len(pieces) > 1 and start == pieces[-1][0]:
        a, b = pieces[-2]
        text = plain[a:b]
        listed = " and " in plain[start:end] and all(word[:1].isupper() for word in text.split())
        house = _grammar().house.match(text)
        if house or listed:
            return a + (text.index(" ") + 1 if house else 0), end
    return found


def name_after(plain: str, at: int) -> tuple[int, int] | None:
    """Where the name that begins at a place ends, with what he is after a comma."""
    grammar = _grammar()
    match = grammar.stop.search(plain, at)
    end = match.start() if match else len(plain)
    if match is not None and match.group().startswith(","):
        further = grammar.stop.search(plain, match.end())
        stop = further.start() if further else len(plain)
        text = plain[match.end() : stop]
        ends = further is None or not further.group().strip()[:1].isalpha()
        if grammar.role.match(text) and ends and len(text.split()) <= 12 and not re.search(r" (?:and|or)$", text):
            end = stop
    time = grammar.tail_time.search(plain[at:end])
    if time:
        end = at + time.start()
    words = plain[at:end].split()
    if not words or len(words) > _LONGEST + 8 or not _can_speak(words[:_LONGEST]):
        return None
    return at, at + len(plain[at:end].rstrip(" ,"))
