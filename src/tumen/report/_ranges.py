"""Ranges beside marks, such as what a fee should be by several reckonings against what was asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from tumen.claims._values import format_range, format_value
from tumen.report import style
from tumen.report._axes import Frame, Scale
from tumen.report._canvas import Box, Canvas, Spot, shorten, text_width, typeset, usable
from tumen.report._view import Chart

__all__ = ["Mark", "Range", "Ranged", "Ranges", "can_draw_ranges", "ranged", "ranges_chart"]

_LANE = 19.0  # height of a line of labels above the rows, px


@dataclass(frozen=True, slots=True)
class Range:
    """One reckoning: its 5-95 % range with the median."""

    label: str
    low: float
    median: float
    high: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """What the ranges are held against: a point where `low` equals `high`, else a span."""

    label: str
    low: float
    high: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Ranges:
    """Ranges and marks in one unit, with a caption."""

    title: str
    gloss: str
    unit: str
    ranges: tuple[Range, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class _Flag:
    """A mark's label: where its line stands, and its place above the rows."""

    at: float
    spot: Spot
    words: str


def _shown(drawn: Ranges) -> tuple[list[Range], list[Mark]]:
    """Ranges and marks whose values can stand on an axis."""
    ranges = [r for r in drawn.ranges if all(map(usable, (r.low, r.median, r.high)))]
    return ranges, [m for m in drawn.marks if usable(m.low) and usable(m.high)]


def can_draw_ranges(drawn: Ranges) -> bool:
    """Whether there is at least one range with values."""
    return bool(_shown(drawn)[0])


def ranges_chart(drawn: Ranges, key: str, width: float) -> Markup:
    """The rows as an inline SVG whose ids begin with `key`; blank where no range has values."""
    ranges, marks = _shown(drawn)
    if not ranges:
        return Markup("")
    wide = width > 500
    names = [shorten(r.label, 34 if wide else 26) for r in ranges]
    notes = [shorten(r.note, 42 if wide else 52) for r in ranges]
    figures = [_figure(r, drawn.unit) for r in ranges]
    left, right = 2.0, 0.0
    if wide:
        left = max(max(text_width(n) * 1.06 for n in names), max(text_width(n, 11) for n in notes)) + 20
        right = max(map(text_width, figures)) + 16
    x = _scale(ranges, marks, Frame(left, 0, width - right - 6, 0))
    flags = _flags(marks, drawn.unit, x, width)
    top = max((flag.spot.y for flag in flags), default=0.0) + 14
    step = 44.0 if wide else 48.0 + (16.0 if any(notes) else 0.0)
    canvas = Canvas(width, top + step * len(ranges) + 32)
    frame = Frame(left, top, width - right - 6, top + step * len(ranges))
    rows = [top + step * k + (step / 2 if wide else step - 15) for k in range(len(ranges))]
    _draw_marks(canvas, marks, flags, x, frame, [] if wide else rows)
    frame.base(canvas, x, drawn.unit, 6 if wide else 4)
    for row, name, note, figure, y in zip(ranges, names, notes, figures, rows, strict=True):
        lift = (8.0 if note else 0.0) if wide else 20.0 + (16.0 if note else 0.0)
        canvas.text(Spot(0, y - lift), name, bold=True)
        if note:
            canvas.text(Spot(0, y - lift + 16), note, style.MUTED, 11)
        ends = sorted((x(row.low), x(row.high)))
        canvas.line(ends, (y, y), style.PAPER, 11.0)
        canvas.line(ends, (y, y), style.FAN[2], 8.0)
        canvas.dots([x(row.median)], [y], style.PAPER, "o", True, 10.0)
        canvas.dots([x(row.median)], [y], style.ACCENT, "o", True, 7.5)
        canvas.text(Spot(width - 1, y if wide else y - lift, "right"), figure, style.ACCENT)
    return canvas.svg(key, drawn.title, _describe(drawn))


def _short(low: float, high: float, unit: str) -> str:
    """A range without "a year", which the caption says."""
    return format_range(low, high, unit).replace(" a year", "")


def _figure(row: Range, unit: str) -> str:
    """The median and the range in words."""
    middle = format_value(row.median, unit).removesuffix(" a year")
    return typeset(middle if row.low == row.high else f"{middle} ({_short(row.low, row.high, unit)})")


def _scale(ranges: Sequence[Range], marks: Sequence[Mark], frame: Frame) -> Scale:
    """All values; from nought where they come near to it."""
    values = [v for r in ranges for v in (r.low, r.median, r.high)] + [v for m in marks for v in (m.low, m.high)]
    low, high = min(values), max(values)
    if 0 < low < 0.6 * high:
        low = 0.0
    if 0 > high > 0.6 * low:
        high = 0.0
    pad = 0.03 * (high - low) or 0.1 * abs(high) or 1.0
    return Scale(low - (pad if low != 0 else 0), high + (pad if high != 0 else 0), frame.left, frame.right)


def _flags(marks: Sequence[Mark], unit: str, x: Scale, width: float) -> list[_Flag]:
    """Labels of the marks in lines of text above the rows; no label meets another, nor another's line if it can.

    From below: next comes the label that covers the fewest lines of those still to be placed, which will stand higher.
    """
    waiting = []
    for mark in marks:
        words = typeset(f"{shorten(mark.label, 40 if width > 500 else 24)}: {_short(mark.low, mark.high, unit)}")
        waiting.append((x((mark.low + mark.high) / 2), words))
    waiting.sort(key=lambda item: -item[0])
    placed: list[tuple[int, float, Box, Spot, str]] = []  # lines of text below it, where its mark stands, ...
    while waiting:
        choices = []
        for k, (at, words) in enumerate(waiting):
            others = [a for i, (a, _) in enumerate(waiting) if i != k]
            for rank, spot in enumerate(_spots(at, words, width)):
                box = spot.box(words, style.CHART)
                covered = sum(box.left - 3 < a < box.right + 3 for a in others)
                choices.append((covered, rank, k, box, spot))
        _, _, k, box, spot = min(choices, key=lambda choice: choice[:3])
        at, words = waiting.pop(k)
        placed.append((_lane(at, box, [(n, a, b) for n, a, b, *_ in placed]), at, box, spot, words))
    deepest = max((lane for lane, *_ in placed), default=0)
    return [_Flag(at, replace(spot, y=9 + _LANE * (deepest - n)), words) for n, at, _, spot, words in placed]


def _spots(at: float, words: str, width: float) -> list[Spot]:
    """Places for a label: at the right of its line, at the left, or across it; within the width."""
    half = text_width(words) / 2
    middle = max(min(at, width - half - 1), half + 1)
    spots = [Spot(at - 4, 0), Spot(at + 4, 0, "right"), Spot(middle, 0, "center")]
    boxes = [spot.box(words, style.CHART) for spot in spots]
    inside = [s for s, b in zip(spots, boxes, strict=True) if b.left >= 0 and b.right <= width]
    return inside or spots[2:]


def _lane(at: float, box: Box, placed: Sequence[tuple[int, float, Box]]) -> int:
    """The lowest line of text where a label meets no other, no line runs through it, and its own through none."""
    highest = max((lane for lane, *_ in placed), default=-1) + 1
    for lane in range(highest):
        same = any(k == lane and box.left < b.right + 10 and b.left - 10 < box.right for k, _, b in placed)
        under = any(k > lane and box.left - 3 < a < box.right + 3 for k, a, _ in placed)
        over = any(k < lane and b.left - 3 < at < b.right + 3 for k, _, b in placed)
        if not (same or under or over):
            return lane
    return highest


def _draw_marks(
    canvas: Canvas, marks: Sequence[Mark], flags: Sequence[_Flag], x: Scale, frame: Frame, rows: Sequence[float]
) -> None:
    """Spans as shaded columns, points as dashed lines, each with a hairline up to its label.

    Where words stand between the rows, at the heights `rows`, the lines are faint there.
    """
    parts = [(y - 13, min(y + 13, frame.bottom)) for y in rows] or [(frame.top, frame.bottom)]
    for mark in marks:
        if mark.low != mark.high:
            a, b = sorted((x(mark.low), x(mark.high)))
            canvas.area((a, b, b, a), (frame.top, frame.top, frame.bottom, frame.bottom), style.FAN[0])
            for edge in (a, b):
                canvas.line((edge, edge), (frame.top, frame.bottom), style.FAN[2], 0.9)
    for mark in marks:
        if mark.low == mark.high:
            canvas.line((x(mark.low), x(mark.low)), (frame.top, frame.bottom), style.RULE, 0.9)
            for part in parts:
                canvas.line((x(mark.low), x(mark.low)), part, style.INK, 1.2, "--")
    for flag in flags:
        canvas.line((flag.at, flag.at), (flag.spot.y + 8, frame.top), style.INK, 0.9)
    for flag in flags:
        canvas.text(flag.spot, flag.words)


def _describe(drawn: Ranges) -> str:
    """Ranges and marks in words."""
    ranges, marks = _shown(drawn)
    told = [f"{r.label}: median {format_value(r.median, drawn.unit)}, {format_range(r.low, r.high, drawn.unit)}."
            for r in ranges]  # fmt: skip
    return " ".join([*told, *(f"{m.label}: {format_range(m.low, m.high, drawn.unit)}." for m in marks)])


@dataclass(frozen=True, slots=True)
class Ranged:
    """Ranges ready for the page; no chart where none has values. `notes` are those of the marks."""

    ranges: Ranges
    chart: Chart | None
    notes: tuple[tuple[str, str], ...]


def ranged(ranges: Sequence[Ranges], key: str = "ranges") -> tuple[Ranged, ...]:
    """Charts in two widths for the page; the ids of each begin with `key`."""
    made = []
    for number, drawn in enumerate(ranges, 1):
        chart = None
        if can_draw_ranges(drawn):
            wide = ranges_chart(drawn, f"{key}{number}w", style.WIDE)
            chart = Chart(drawn.title, drawn.gloss, wide, ranges_chart(drawn, f"{key}{number}n", style.NARROW))
        # Short notes of ranges stand in the chart.
        notes = [(r.label, r.note) for r in drawn.ranges if len(r.note) > 42] + [(m.label, m.note) for m in drawn.marks]
        made.append(Ranged(drawn, chart, tuple((label, note) for label, note in notes if note)))
    return tuple(made)
