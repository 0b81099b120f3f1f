"""What explains an answer on the page: which blocks bring it about, and what it is at a reader's own values.

The reader's values are chosen in select boxes at the top. What belongs to each choice is in the page already, hidden,
and is shown by style rules that look at the boxes, one rule a choice. So the page needs no script, and its content
policy goes on allowing none; a browser that does not know such rules shows the page as the case has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from tumen.claims._answer import Answer, Attribution, Contribution, DialPoint
from tumen.claims._values import (
    format_range,
    format_value,
    likelihood_words,
    probability_figure,
    standard_error_figure,
)
from tumen.claims._words import humanise
from tumen.report._canvas import usable

__all__ = ["Brought", "Dial", "Own", "Part", "Parts", "brought_about", "own_values", "parts", "rules"]

_Z90 = 1.645  # standard errors on either side of an interval of 90 %


# ---- blocks


@dataclass(frozen=True, slots=True)
class Part:
    """What one block brings about: words, and its bar from `start`, `length` long, in per cent of the cell's width."""

    name: str
    first_in: str
    last_in: str
    shapley: str
    start: str
    length: str
    low: str
    high: str


@dataclass(frozen=True, slots=True)
class Parts:
    """The blocks of one answer, and those that move nothing; `zero` is where bars begin."""

    none: str
    together: str
    draws: int
    zero: str
    rows: tuple[Part, ...]
    idle: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Brought:
    """The blocks of all answers: those that bring something about, those that do not, and what each holds."""

    blocks: tuple[str, ...]
    idle: tuple[str, ...]
    holds: tuple[tuple[str, str], ...]
    draws: int
    rows: tuple[tuple[str, str, str, str, tuple[str, ...]], ...]  # anchor, title, none, together, by block


def parts(answer: Answer) -> Parts | None:
    """What blocks bring about of an answer; None where none touches it."""
    found = answer.attribution
    if found is None or not found.blocks:
        return None
    ends = [v for b in found.blocks for v in (b.shapley, b.shapley - _Z90 * b.se, b.shapley + _Z90 * b.se)]
    low, high = min(0.0, *ends), max(0.0, *ends)
    span = high - low or 1.0

    def place(value: float) -> str:
        return f"{100 * (value - low) / span:.2f}" if usable(value) else "0"

    rows = tuple(
        Part(
            humanise(b.block), _change(b.first_in, answer.unit), _change(b.last_in, answer.unit),
            _change(b.shapley, answer.unit), place(min(0.0, b.shapley)), f"{100 * abs(b.shapley) / span:.2f}",
            place(b.shapley - _Z90 * b.se), place(b.shapley + _Z90 * b.se),
        )
        for b in found.blocks
        if _moves(b)
    )  # fmt: skip
    none, together = (format_value(v, answer.unit) for v in (found.none, found.together))
    idle = tuple(humanise(b.block) for b in found.blocks if not _moves(b))
    return Parts(none, together, found.draws, place(0.0), rows, idle)


def brought_about(titled: Sequence[tuple[str, str, Answer]]) -> Brought | None:
    """The blocks of all answers, (anchor, title, answer); None where no answer has any."""
    told: list[tuple[str, str, Answer, Attribution]] = [
        (anchor, title, answer, answer.attribution)
        for anchor, title, answer in titled
        if answer.attribution is not None and answer.attribution.blocks
    ]
    if not told:
        return None
    every = {b.block: b.initiatives for *_, found in told for b in found.blocks}
    moving = [name for name in every if any(b.block == name and _moves(b) for *_, found in told for b in found.blocks)]
    rows = []
    for anchor, title, answer, found in told:
        by_block: dict[str, Contribution] = {b.block: b for b in found.blocks}
        cells = tuple(_change(by_block[name].shapley, answer.unit) if name in by_block else "" for name in moving)
        none, together = (format_value(v, answer.unit) for v in (found.none, found.together))
        rows.append((anchor, title, none, together, cells))
    holds = tuple((humanise(name), ", ".join(map(humanise, members))) for name, members in every.items())
    idle = tuple(humanise(name) for name in every if name not in moving)
    return Brought(tuple(map(humanise, moving)), idle, holds, told[0][3].draws, tuple(rows))


def _moves(part: Contribution) -> bool:
    return any((part.first_in, part.last_in, part.shapley))


def _change(value: float, unit: str) -> str:
    """A difference with its sign; of shares, in points."""
    if value == 0.0:
        return "0"
    text = format_value(value, unit)
    text = text.replace(" %", " points") if text.endswith(" %") or " % " in text else text
    return f"+{text}" if value > 0 else text


# ---- dials


@dataclass(frozen=True, slots=True)
class Dial:
    """What a reader can set: its name, title, and each value, in base units, with its words."""

    name: str
    title: str
    values: tuple[tuple[float, str], ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Own:
    """An answer at a reader's own values, shown when `marks`, a class of the style sheet, is chosen."""

    marks: str
    likelihood: str
    figure: str
    error: str
    median: str
    spread: str
    draws: int
    before: str
    median_before: str


def own_values(answer: Answer, dials: Sequence[Dial]) -> tuple[Own, ...]:
    """The answer at every choice of the dials that move it, the case's own left out."""
    points = {point.at: point for point in answer.dials}
    base = points.get(())
    moved = {name for at in points for name, _ in at}
    own = [number for number, dial in enumerate(dials, 1) if dial.name in moved]
    if base is None or not own:
        return ()
    found = []
    for choice in product(*(range(len(dials[number - 1].values) + 1) for number in own)):
        chosen = [(dials[n - 1].name, dials[n - 1].values[k - 1][0]) for n, k in zip(own, choice, strict=True) if k]
        point = points.get(tuple(chosen))
        if chosen and point is not None:
            found.append(_own(answer, point, base, _mark(own, choice)))
    return tuple(found)


def _own(answer: Answer, point: DialPoint, base: DialPoint, marks: str) -> Own:
    error = standard_error_figure(point.se) if point.probability not in {0.0, 1.0} else ""
    return Own(
        marks, likelihood_words(point.probability), probability_figure(point.probability, point.draws),
        f"± {error} points" if error else "", format_value(point.median, answer.unit),
        format_range(point.p05, point.p95, answer.unit), point.draws,
        probability_figure(base.probability, base.draws), format_value(base.median, answer.unit),
    )  # fmt: skip


def rules(dials: Sequence[Dial]) -> str:
    """The style rules that show what is chosen: one for every choice of one dial, and of all together."""
    numbers = range(1, len(dials) + 1)
    sets = [[number] for number in numbers] + ([list(numbers)] if len(dials) > 1 else [])
    found = []
    for own in sets:
        for choice in product(*(range(len(dials[number - 1].values) + 1) for number in own)):
            if any(choice):
                pairs = zip(own, choice, strict=True)
                chosen = "".join(f':has(#dial-{number} [value="{k}"]:checked)' for number, k in pairs)
                found.append(f"body{chosen} .{_mark(own, choice)}{{display:block}}")
    return "\n".join(found)


def _mark(own: Sequence[int], choice: Sequence[int]) -> str:
    """The class of a choice: at-1-3 is the first dial at its third value, whatever the others are at."""
    return "at-" + "-".join(f"{number}-{k}" for number, k in zip(own, choice, strict=True))
