"""Where a sentence falls into clauses, each of which may make a claim of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["VERBS", "Clause", "asides", "clauses_of", "quoted"]

# A new clause begins after the mark, at `at`.
_BREAKS = re.compile(
    r"""(?P<hard>[;]\s | \s--\s | \s[–—]\s )
      | (?P<soft>,?\s(?=but\s) | ,\s(?=(?:and|while|whereas|although|though|yet|so)\s(?!(?:the\s)?\w+$))
      | \s(?=(?:while|whereas|although)\s)
      | ,\s(?=(?:up|down)\sfrom\s) | ,\s(?=compared\swith\s) | ,\s(?=against\s) | ,\s(?=(?:half|most|some|all|part|much|three\squarters|two[ -]thirds|a\s\w+)\sof\s(?:it|them|that|this)\b) | ,\s(?=(?:half|most|some|all|part)?\s?(?:\d[\d.]*\sper\scent\s)?of\swhich\s)
      | ,\s(?=(?:noting|saying|adding|warning|arguing|stressing|claiming|putting|making|bringing|raising|giving)\s) )""",  # noqa: E501
    re.VERBOSE | re.IGNORECASE,
)
VERBS = (
    "(?:to |will |would |is |are |was |were |has |have |had )?(?:be |also )?"
    "(?:cost|costs|carry|carries|employ|employs|run|runs|have|is|are|was|were|will|would|pay|pays|paid|lend|lends|lent|"
    "ship|ships|supply|supplies|create|creates|take|takes|earn|earns|save|saves|raise|produce|produces|need|needs|"
    "require|requires|bring|brings|hold|holds|provide|provides|export|exports|import|imports|sell|sells|sold|buy|buys|"
    "bought|build|invest|invests|invested|deliver|delivers|handle|handles|reach|reaches|add|adds|cut|cuts|double|grow|"
    "move|moves|send|sends|sent|receive|receives|get|gets|give|gives|put|puts|own|owns|generate|store|stretch|stretches|"
    "open|finish|begin|begins|start|starts|charge|charges|repay|repays|owe|owes|keep|keeps|yield|yields|fall|rise|drop)"
)
_HELPED = (
    r"(?:(?:is|are|was|were|has|have|had|will|would|may|might|can|could|should|must)\s(?:also\s|now\s|not\s|to\s)?\w+"
    r"|(?:undertaken|undertook|promised|agreed|offered|pledged|vowed|decided|refused)\sto\b"
    r"|(?:says|said|expects|intends|plans|hopes|wants|aims|means|reckons|estimates|puts|values|believes)\s(?:that|it|to|the)\b)"
)
_AND = re.compile(
    rf"(?:,\sand\s|,\s(?!(?:is|are|was|were|has|have|had|will|would|to)\b)|\sand\s)(?=(?:{VERBS}|{_HELPED})\b)"
    r"|,?\sand\s(?=(?:its|their|it|they|the\s\w+)\s(?:\w+\s)?(?:is|are|was|were|will|would|has|have)\b)"
    r"|,\s(?=(?:it|they|this|that)\s(?:is|was|will|would|has|have|had|should|could|can)\b)"
    r"|,\s(?=(?:built|financed|costing|carrying|employing|worth|paid)\b)",
    re.IGNORECASE,
)
_APPOSITION = re.compile(r", (?=(?:the|a|an) (?:\w+ )?\w+ (?:for|of|behind|in|to)\b)", re.IGNORECASE)
_ASIDE = re.compile(
    r", (?:(?:for|to|under|from|in|with|by|at|over|on|through) )?(?:which|whom|who|whose|where|when) "
    r"(?:[^,;]|,(?=\d))*(?:,|(?=;)|$)|\([^()]*\)"
)


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause: its place in the sentence, and whether what parts it from the one before is a strong mark."""

    start: int
    end: int
    hard: bool


def clauses_of(
    plain: str,
    figures: Sequence[tuple[int, int]],
    subjects: Sequence[tuple[int, int]] = (),
    dates: Sequence[tuple[int, int]] = (),
) -> tuple[Clause, ...]:
    """The clauses of a sentence; `figures` are the places of its quantities, which part verbs joined by `and`.

    An apposition ("..., the motive for ...") is a clause of its own where it names a subject and a date.
    """
    inner = [(a, b) for a, b in asides(plain) if b < len(plain.rstrip(" .")) - 1] + quoted(plain)
    cuts = {0: True}
    for match in _BREAKS.finditer(plain):
        if not any(a <= match.start() < b for a, b in inner):
            cuts[match.end()] = match["hard"] is not None
    for match in _AND.finditer(plain):
        if any(a <= match.start() < b for a, b in inner):
            continue
        left = max((cut for cut in cuts if cut <= match.start()), default=0)
        right = min((cut for cut in cuts if cut > match.end()), default=len(plain))
        before = any(left <= a and b <= match.start() for a, b in figures)
        if before and any(match.end() <= a and b <= right for a, b in (*figures, *dates)):
            cuts[match.end()] = False
    for a, b in asides(plain):  # a relative clause that ends the sentence stands for itself where it holds a figure
        ends = b >= len(plain.rstrip(" .")) - 1 and plain[a] == ","
        if ends and any(a <= x and y <= b for x, y in figures) and any(y <= a for _, y in (*figures, *dates)):
            cuts[a + 2] = False
    for match in _APPOSITION.finditer(plain):
        rest = (match.end(), len(plain))
        own = any(rest[0] <= a < rest[1] for a, _ in subjects) and any(rest[0] <= a < rest[1] for a, _ in dates)
        if own and any(b <= match.start() for _, b in subjects) and not any(a <= match.start() < b for a, b in inner):
            cuts[match.end()] = False
    starts = sorted(cuts)
    return tuple(Clause(a, b, cuts[a]) for a, b in zip(starts, [*starts[1:], len(plain)], strict=True) if plain[a:b].strip())  # fmt: skip  # noqa: E501


def asides(plain: str) -> list[tuple[int, int]]:
    """Relative clauses between commas, and brackets."""
    return [(match.start(), match.end()) for match in _ASIDE.finditer(plain)]


def quoted(plain: str) -> list[tuple[int, int]]:
    """What stands in quotation marks."""
    return [(match.start(), match.end()) for match in re.finditer(r'"[^"]*"', plain)]
