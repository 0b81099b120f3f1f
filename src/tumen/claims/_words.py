"""Answers in words: what was tested, with what result, what it would take, what matters most, on whose figures."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from tumen.claims._answer import Answer, Breakeven, Driver, Envelope, Figure, SourceNote
from tumen.claims._values import (
    format_probability,
    format_range,
    format_value,
    likelihood_words,
)

__all__ = [
    "about",
    "breakeven_words",
    "cite",
    "criterion",
    "envelope_words",
    "format_probability",
    "format_range",
    "format_value",
    "humanise",
    "likelihood_words",
    "matters",
    "named",
    "ranked",
    "sentence",
    "spread",
    "statement",
    "would_take",
]

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


def humanise(name: str) -> str:
    """A name of a case as words: `ruble_settlement.cost_cut` is "ruble settlement cost cut"."""
    return name.replace("_", " ").replace(".", " ").strip()


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _listed(items: list[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else ""


def about(answer: Answer) -> str:
    """What is measured, in one line: the measure's documentation without its dimensions and its full stop."""
    line = re.sub(r"[;,]?\s*\(draw\b[^)]*\)\s*\.?\s*$", "", " ".join(answer.measure_doc.split())).rstrip(".,; ")
    return _capital(line or humanise(answer.measure))


def subject(answer: Answer) -> str:
    """What is measured, in a few words: the first clause of its line, with what is taken from or set against it."""
    return re.split(r"[.;:](?:\s|$)|\s\(|,\s(?!(?:as a|less|net|over|per|plus)\s)", about(answer), maxsplit=1)[0]


def criterion(answer: Answer) -> str:
    """The test in words: "at least $1.0bn by 2020"; a test of another form is given as it is written."""
    kind = (answer.test.split() or [""])[0]
    bounds = answer.threshold
    when = f" by {answer.target_year}" if answer.target_year is not None else ""
    if kind in {"at_least", "at_most"} and bounds:
        return f"{humanise(kind)} {format_value(bounds[0], answer.unit)}{when}"
    if kind == "between" and len(bounds) > 1:
        return f"between {format_value(bounds[0], answer.unit)} and {format_value(bounds[1], answer.unit)}{when}"
    if kind == "by" and bounds:
        return f"by {format_value(bounds[0], answer.unit)}"
    return (humanise(answer.test) + when).strip()


def statement(answer: Answer) -> str:
    """What is tested: "Two-way trade of at least $1.0bn by 2020"."""
    what, test = subject(answer), criterion(answer)
    if not test or test.startswith("by "):
        return f"{what} {test}".rstrip()
    # "Share of imports of at least" would stumble, so only a short subject without an "of" goes without a comma.
    plain = len(what.split()) <= 3 and " of " not in what and "," not in what
    return f"{what} of {test}" if plain else f"{what}, {test}"


def breakeven_words(breakeven: Breakeven) -> str:
    """One lever: the value at which the claim is as likely as not, or that none in its range does it."""
    name = humanise(breakeven.lever)
    tried = f"between {format_value(breakeven.low, breakeven.unit)} and {format_value(breakeven.high, breakeven.unit)}"
    if breakeven.value is not None:
        value, base = format_value(breakeven.value, breakeven.unit), format_value(breakeven.base, breakeven.unit)
        now = "planned" if breakeven.chosen else "assumed"
        return f"{name} of {value} makes it as likely as not ({now}: {base})"
    known = [p for p in breakeven.probabilities if math.isfinite(p)]
    if known and min(known) > 0.5:
        return f"it stays more likely than not with any {name} {tried}"
    if known and max(known) >= 0.5:
        return f"its probability passes 50 % with {name} {tried}, but at no single value"
    return f"no {name} {tried} makes it as likely as not"


def needed_words(figures: Sequence[Figure]) -> list[str]:
    """Figures labelled "... needed" as phrases, "growth of 37 % a year"; from several bases, their range."""
    ends: dict[tuple[str, str, str], list[float]] = {}
    for figure in figures:
        found = re.fullmatch(r"(?P<what>.*?)\s+(?:needed|required)\b(?P<rest>.*)", figure.label.strip(), re.DOTALL)
        if found and math.isfinite(figure.value):
            what = found["what"] if found["what"][:2].isupper() else found["what"][:1].lower() + found["what"][1:]
            values = [figure.value, figure.low, figure.high]
            known = ends.setdefault((what, found["rest"].rstrip("."), figure.unit), [])
            known += [value for value in values if value is not None and math.isfinite(value)]
    return [f"{what} of {format_range(min(v), max(v), unit)}{rest}" for (what, rest, unit), v in ends.items()]


def would_take(answer: Answer) -> str:
    """What would have to be true: the figures needed and the break-even of each lever."""
    needed = list(dict.fromkeys(needed_words(answer.figures)))
    text = [f"It would take {_listed(needed)}."] if needed else []
    return " ".join([*text, *(f"{_capital(breakeven_words(item))}." for item in named(answer))])


def named(answer: Answer) -> tuple[Breakeven, ...]:
    """The break-evens of the levers that the claim itself names."""
    return tuple(item for item in answer.breakevens if item.named)


def ranked(answer: Answer) -> list[Driver]:
    """The drivers whose share is told apart from none, the largest first."""
    known = (item for item in answer.drivers if math.isfinite(item.share) and item.low > 0)
    return sorted(known, key=lambda item: -item.share)


def matters(answer: Answer, count: int = 3) -> str:
    """The assumptions that matter most, by their share of the variance."""
    top = [driver for driver in ranked(answer) if driver.share >= 0.01][:count]
    names = [f"{humanise(driver.name)} ({format_value(driver.share, 'share')})" for driver in top]
    return f"What matters most: {', '.join(names)}." if names else ""


def envelope_words(envelope: Envelope | None, unit: str) -> str:
    """The back-of-the-envelope figure with its formula and its warning."""
    if envelope is None:
        return ""
    warning = f" {_capital(envelope.warning.strip().rstrip('.'))}." if envelope.warning.strip() else ""
    return f"Back of the envelope: {format_value(envelope.value, unit)} ({envelope.formula.strip()}).{warning}"


def cite(source: SourceNote) -> str:
    """A source in short: its publisher (its title, its key) and year."""
    name = source.publisher or source.title or source.key
    return f"{name if len(name) <= 40 else name[:39].rstrip() + ELLIPSIS} {source.date[:4]}".strip()


def spread(answer: Answer) -> str:
    """The median and the 5-95 % range of the measure; over several years it is that of the best of them."""
    centre, ends = format_value(answer.median, answer.unit), format_range(answer.p05, answer.p95, answer.unit)
    best = " in the best year" if answer.path is not None and "by" in dict(answer.where) else ""
    return f"Median{best} {centre}, 5-95 % {'range ' if '%' in ends else ''}{ends}."


def sentence(answer: Answer) -> str:
    """An answer as an analyst would say it, in plain text: probability, range, what it would take, sources."""
    probability = format_probability(answer.probability, answer.se, answer.draws)
    sources = list(dict.fromkeys(map(cite, answer.sources)))
    parts = [
        f"{statement(answer)}: {likelihood_words(answer.probability)}, {probability}.",
        spread(answer),
        would_take(answer),
        matters(answer),
        envelope_words(answer.envelope, answer.unit),
        f"Sources: {'; '.join(sources)}." if sources else "Sources: none given.",
    ]
    return " ".join(part for part in parts if part)
