"""The two smaller charts: the spread of the draws against a threshold, and the probability by the value of a lever."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from markupsafe import Markup

from tumen.claims._answer import Answer, Breakeven
from tumen.claims._values import format_range, format_tick, format_value, probability_figure
from tumen.claims._words import about, breakeven_words, criterion, humanise
from tumen.report import style
from tumen.report._axes import Frame, Scale
from tumen.report._canvas import Box, Canvas, Spot, shorten, typeset, usable

__all__ = ["breakeven_curve", "can_draw", "can_draw_curve", "histogram"]


def can_draw(answer: Answer) -> bool:
    """Whether there is a histogram with some width and at least one draw in it."""
    edges, counts = answer.histogram
    numbers = (*edges, *counts)
    if len(edges) != len(counts) + 1 or not counts or not all(map(usable, numbers)):
        return False
    return all(a < b for a, b in pairwise(edges)) and sum(counts) > 0 and min(counts) >= 0


def _passes(answer: Answer) -> Callable[[float], bool] | None:
    """The test as a function of the measure; None where its form is not one that a chart can show."""
    kind, bounds = (answer.test.split() or [""])[0], answer.threshold
    if kind == "at_least" and bounds:
        return lambda value: value >= bounds[0]
    if kind in {"at_most", "by"} and bounds:
        return lambda value: value <= bounds[0]
    if kind == "between" and len(bounds) > 1:
        return lambda value: bounds[0] <= value <= bounds[1]
    return None


def _horizontal(answer: Answer, left: float, right: float) -> Scale:
    """The histogram's own range, widened to the threshold unless that would press it into a corner."""
    edges = answer.histogram[0]
    low, high = edges[0], edges[-1]
    near = [v for v in answer.threshold if usable(v) and low - (high - low) <= v <= high + (high - low)]
    low, high = min([low, *near]), max([high, *near])
    pad = 0.03 * (high - low)
    return Scale(low - pad if low != 0 else low, high + pad, left, right)


def histogram(answer: Answer, key: str, width: float = style.WIDE, height: float = 270) -> Markup:
    """The draws of a measure as bars, in the accent where the claim holds, with median, range and threshold."""
    edges, counts = answer.histogram
    wide = width > 500
    canvas, frame = Canvas(width, height), Frame(10, 46, width - 10, height - 62)
    x = _horizontal(answer, frame.left, frame.right)
    densities = [count / (b - a) for count, (a, b) in zip(counts, pairwise(edges), strict=True)]
    y = Scale(0, max(densities), frame.bottom, frame.top)
    holds = _passes(answer)
    cuts = sorted(v for v in answer.threshold if edges[0] < v < edges[-1])
    bars: dict[str, list[list[tuple[float, float]]]] = {style.REST: [], style.ACCENT: []}
    for density, (a, b) in zip(densities, pairwise(edges), strict=True):
        for c, d in pairwise([a, *(v for v in cuts if a < v < b), b]):
            color = style.ACCENT if holds is not None and holds((c + d) / 2) else style.REST
            first, last = x(c) + (0.4 if c == a else 0), x(d) - (0.4 if d == b else 0)
            if density > 0 and last > first:
                top, base = y(density), y(0)
                bars[color].append([(first, base), (first, top), (last, top), (last, base)])
    for color, polygons in bars.items():
        canvas.areas(polygons, color)
    frame.base(canvas, x, answer.unit, 8 if wide else 4)
    _spread(canvas, answer, x, frame.bottom + 44)
    _threshold(canvas, answer, x, frame)
    return canvas.svg(key, f"{about(answer)}: distribution of the draws", describe(answer))


def _spread(canvas: Canvas, answer: Answer, x: Scale, y: float) -> None:
    """Under the axis: the 5-95 % range as a bar, the median as a dot, each with its words."""
    if not all(map(usable, (answer.p05, answer.median, answer.p95))):
        return
    canvas.line((x(answer.p05), x(answer.p95)), (y - 10, y - 10), style.FAN[3], 3.0)
    canvas.dots([x(answer.median)], [y - 10], style.ACCENT, "o", True, 7.5)
    words = f"median {format_value(answer.median, answer.unit)}, 5-95 % {_dashed(answer)}"
    half = Spot(0, 0).box(words, style.CHART).right / 2
    middle = min(max((x(answer.p05) + x(answer.p95)) / 2, half + 4), canvas.width - half - 4)
    canvas.text(Spot(middle, y + 6, "center"), typeset(words), style.ACCENT)


def _dashed(answer: Answer) -> str:
    return format_range(answer.p05, answer.p95, answer.unit)


def _threshold(canvas: Canvas, answer: Answer, x: Scale, frame: Frame) -> None:
    """The threshold as a dashed line with its words above; one far outside is named with an arrow at that side."""
    bounds = [v for v in answer.threshold if usable(v)]
    words = shorten(f"Claimed: {criterion(answer)}", 60 if canvas.width > 500 else 40)
    share = _held(answer)
    if not bounds:
        return
    outside = [v for v in bounds if not x.low <= v <= x.high]
    for value in bounds:
        if value not in outside:
            canvas.line((x(value), x(value)), (frame.top - 6, frame.bottom), style.INK, 1.2, "--")
    if len(outside) == len(bounds):
        right = bounds[0] > x.high
        at = frame.right if right else frame.left
        words = f"{words} \N{RIGHTWARDS ARROW}" if right else f"\N{LEFTWARDS ARROW} {words}"
    else:
        at = x(next(v for v in bounds if v not in outside))
        right = at > (frame.left + frame.right) / 2
    anchor: Spot = Spot(at, 10, "right" if right else "left")
    box = anchor.box(words, style.CHART)
    shift = min(0.0, canvas.width - 2 - box.right) + max(0.0, 2 - box.left)
    canvas.text(Spot(at + shift, 10, anchor.anchor), words, bold=True)
    canvas.text(Spot(at + shift, 27, anchor.anchor), share, style.ACCENT)


def describe(answer: Answer) -> str:
    """The histogram in words."""
    return (
        f"{answer.draws} draws with a median of {format_value(answer.median, answer.unit)} and a 5-95 % range of "
        f"{_dashed(answer)}. Claimed: {criterion(answer)}, which {_held(answer)}."
    )


def _held(answer: Answer) -> str:
    """The share of draws in which the claim holds; none and all are said as such."""
    certain = {0.0: "holds in no draw", 1.0: "holds in every draw"}.get(answer.probability)
    return certain or f"holds in {probability_figure(answer.probability, answer.draws)} of draws"


def can_draw_curve(item: Breakeven) -> bool:
    """Whether there are at least two points of a probability by the value of a lever."""
    return len(_points(item)) > 1 and len({v for v, _ in _points(item)}) > 1


def _points(item: Breakeven) -> list[tuple[float, float]]:
    pairs = [*zip(item.grid, item.probabilities, strict=False)]
    if pairs and item.value is not None:
        pairs.append((item.value, 0.5))
    return sorted((v, min(1.0, max(0.0, p))) for v, p in pairs if usable(v) and usable(p))


def breakeven_curve(item: Breakeven, key: str, width: float = style.NARROW, height: float = 200) -> Markup:
    """The probability of a claim by the value of one lever, with the value at which it is as likely as not."""
    points = _points(item)
    canvas, frame = Canvas(width, height), Frame(50, 14, width - 16, height - 30)
    x = Scale(points[0][0], points[-1][0], frame.left, frame.right)
    y = Scale(0, 1, frame.bottom, frame.top)
    for value in (0.5, 1.0):
        even = value == 0.5
        color, dash = (style.MUTED, "--") if even else (style.RULE, "-")
        canvas.line((frame.left, frame.right), (y(value), y(value)), color, 0.9, dash)
    for value in (0.0, 0.5, 1.0):
        canvas.text(Spot(frame.left - 8, y(value), "right"), format_tick(value, "share", 1), style.MUTED)
    frame.base(canvas, x, item.unit, 5)
    across, heights = [x(v) for v, _ in points], [y(p) for _, p in points]
    canvas.line(across, heights, style.ACCENT, 2.0)
    canvas.dots(across, heights, style.ACCENT, "o", True, 4.0)
    for (x0, y0), (x1, y1) in pairwise(zip(across, heights, strict=True)):
        for step in range(5):
            px, py = x0 + (x1 - x0) * step / 4, y0 + (y1 - y0) * step / 4
            canvas.taken.append(Box(px - 6, py - 5, px + 6, py + 5, 3.0))
    canvas.taken.append(Box(frame.left, y(0.5) - 3, frame.right, y(0.5) + 3, 1.0))
    _marks(canvas, item, x, y, frame)
    low, high = min(p for _, p in points), max(p for _, p in points)
    words = f"Probability between {probability_figure(low)} and {probability_figure(high)}; {breakeven_words(item)}."
    return canvas.svg(key, f"Probability by {humanise(item.lever)}", words)


def _marks(canvas: Canvas, item: Breakeven, x: Scale, y: Scale, frame: Frame) -> None:
    """The planned value as a hairline and the break-even as a ring, each with its words."""
    if usable(item.base) and x.low <= item.base <= x.high:
        at = x(item.base)
        canvas.line((at, at), (frame.top, frame.bottom), style.MUTED, 0.9)
        canvas.taken.append(Box(at - 2, frame.top, at + 2, frame.bottom, 1.0))
        heights = [frame.top + 8, frame.bottom - 12, y(0.5) - 14, y(0.5) + 16, y(0.75), y(0.25)]
        spots = [Spot(at + 6, h) for h in heights] + [Spot(at - 6, h, "right") for h in heights]
        canvas.place(
            spots, f"{'planned' if item.chosen else 'assumed'} {format_value(item.base, item.unit)}", style.MUTED
        )
    if item.value is not None and usable(item.value):
        at, height = x(item.value), y(0.5)
        canvas.dots([at], [height], style.ACCENT, "o", False, 9.0)
        canvas.taken.append(Box(at - 7, height - 7, at + 7, height + 7, 3.0))
        spots = [Spot(at + 9, height + dy) for dy in (-15, 16, -30, 31)]
        spots += [Spot(at - 9, height + dy, "right") for dy in (-15, 16, -30, 31)]
        canvas.place(spots, f"even at {format_value(item.value, item.unit)}", style.ACCENT, bold=True)
