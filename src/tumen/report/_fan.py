"""The fan chart: what was published, what the draws say, and what was claimed.

Published figures are marks in ink, a shape for each statistics, with the source's own range as a thin whisker, so that
disagreement is seen. The draws are a fan of nested bands around their median, joined to the last observation. The
target is a dashed line with its words. Everything is labelled where it stands; there is no legend.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise

from markupsafe import Markup

from tumen.claims._answer import Answer, HistoryPoint, PathSummary
from tumen.claims._values import format_range, format_value
from tumen.claims._words import about, criterion
from tumen.report import style
from tumen.report._axes import Frame, Scale, left_margin
from tumen.report._canvas import Box, Canvas, Spot, shorten, usable

__all__ = ["can_draw", "fan"]


@dataclass(frozen=True, slots=True)
class _Fan:
    """The path cleaned up: finite values only, levels in order, the last observation joined on."""

    years: tuple[int, ...]
    levels: tuple[float, ...]
    quantiles: tuple[tuple[float, ...], ...]
    history: tuple[HistoryPoint, ...]


def _prepare(answer: Answer, path: PathSummary) -> _Fan:
    order = sorted(range(min(len(path.levels), len(path.quantiles))), key=lambda i: path.levels[i])
    levels = tuple(path.levels[i] for i in order)
    rows = [path.quantiles[i] for i in order]
    whole = [j for j in range(min([len(path.years), *map(len, rows)])) if rows and all(usable(row[j]) for row in rows)]
    whole.sort(key=lambda j: path.years[j])
    years = tuple(path.years[j] for j in whole)
    quantiles = tuple(tuple(row[j] for j in whole) for row in rows)
    history = tuple(sorted((p for p in path.history if usable(p.value)), key=lambda p: p.year))
    if history and years and history[-1].year < years[0]:
        start = _last_observed(answer, history)
        years = (history[-1].year, *years)
        quantiles = tuple((start, *row) for row in quantiles)
    return _Fan(years, levels, quantiles, history)


def _last_observed(answer: Answer, history: tuple[HistoryPoint, ...]) -> float:
    """Where the fan begins: the last year's figure of the statistics that settle the claim, else the mean of all."""
    last = [p for p in history if p.year == history[-1].year]
    named = {value.casefold().replace("-", " ") for key, value in answer.where if key == "statistics"}
    settled = [p for p in last if p.statistics.casefold().replace("-", " ") in named] or last
    return math.fsum(p.value for p in settled) / len(settled)


def can_draw(answer: Answer) -> bool:
    """Whether the answer has a path with at least two finite years."""
    if answer.path is None:
        return False
    return len(_prepare(answer, answer.path).years) > 1


def _levels_to_show(answer: Answer, path: PathSummary, data: _Fan) -> list[float]:
    known = [v for row in data.quantiles for v in row] + [p.value for p in data.history]
    known += [v for p in data.history for v in (p.low, p.high) if v is not None and usable(v)]
    if not answer.test.startswith("by"):
        known += [v for v in answer.threshold if usable(v)]
    return known


def _vertical(answer: Answer, path: PathSummary, data: _Fan, bottom: float, top: float) -> Scale:
    """The scale of values. A tail that would flatten all else is cut at the edge of the chart."""
    known = _levels_to_show(answer, path, data)
    middle = data.quantiles[len(data.levels) // 2]
    core = [*middle, *(p.value for p in data.history), *(v for v in answer.threshold if v in known)]
    positive = [v for v in core if v > 0]
    if path.log_scale and positive:
        low = max(min(v for v in known if v > 0), min(positive) / 40)
        high = min(max(known), max(positive) * 40)
        pad = (high / low) ** 0.06 if high > low else 1.5
        return Scale(low / pad, high * pad, bottom, top, log=True)
    spread = max(core) - min(core) or abs(max(core)) or 1.0
    low, high = max(min(known), min(core) - 4 * spread), min(max(known), max(core) + 4 * spread)
    low = 0.0 if 0 <= low <= 0.6 * high else low
    pad = 0.06 * (high - low or abs(high) or 1.0)
    return Scale(low - (pad if low < 0 else 0.0), high + pad, bottom, top)


def fan(answer: Answer, key: str, width: float = style.WIDE, height: float = 400) -> Markup:
    """The fan chart of an answer that has a path, as inline SVG; `key` begins its ids."""
    path = answer.path
    if path is None:
        raise ValueError("the answer has no path; draw its histogram instead")
    data, wide = _prepare(answer, path), width > 500
    frame = Frame(0, 16, width - (70 if wide else 58), height - 30)
    y = _vertical(answer, path, data, frame.bottom, frame.top)
    rows = 7 if wide else 6
    frame = replace(frame, left=left_margin(y, answer.unit, rows))
    first = min([data.years[0], *(p.year for p in data.history)])
    last = max(data.years[-1], answer.target_year or data.years[-1])
    x = Scale(first - 0.6, last, frame.left, frame.right)
    canvas = Canvas(width, height)
    canvas.inside = Box(frame.left, 0, width, frame.bottom - 3)
    frame.grid(canvas, y, answer.unit, rows)
    target = float(answer.target_year) if answer.target_year is not None else None
    frame.base(canvas, x, "year", 8 if wide else 5, bold=target)
    _bands(canvas, data, x, y)
    _ends(canvas, data, x, y, frame)
    _history(canvas, data, x, y)
    _target(canvas, answer, data, x, y, frame)
    _history_labels(canvas, data, x, y)
    return canvas.svg(key, f"{about(answer)}: fan chart", describe(answer, data))


def _bands(canvas: Canvas, data: _Fan, x: Scale, y: Scale) -> None:
    """Nested bands, the outermost first, and the line of the middle level."""
    across = [x(year) for year in data.years]
    count = len(data.levels)
    pairs = [(i, count - 1 - i) for i in range(count // 2)]
    tints = style.FAN if len(pairs) > 2 else (style.FAN[0], style.FAN[2])
    for depth, (low, high) in enumerate(pairs):
        upper = [y(v) for v in data.quantiles[high]]
        lower = [y(v) for v in data.quantiles[low]]
        canvas.area([*across, *reversed(across)], [*upper, *reversed(lower)], tints[min(depth, len(tints) - 1)])
    if count % 2:
        canvas.line(across, [y(v) for v in data.quantiles[count // 2]], style.ACCENT, 2.0)
    if pairs:
        for j in range(len(data.years) - 1):
            top, bottom = y(data.quantiles[-1][j + 1]), y(data.quantiles[0][j + 1])
            canvas.taken.append(Box(across[j], top, across[j + 1], bottom, 0.25))


def _ends(canvas: Canvas, data: _Fan, x: Scale, y: Scale, frame: Frame) -> None:
    """The levels written at the end of the fan, the outermost and the middle first, where there is room."""
    count, end = len(data.levels), x(data.years[-1]) + 7
    order = sorted(range(count), key=lambda i: (i != count // 2, i not in {0, count - 1}, abs(i - count // 2)))
    used: list[float] = []
    for i in order:
        value = data.quantiles[i][-1]
        height = y(value)
        if any(abs(height - other) < style.CHART + 1.5 for other in used):
            continue
        used.append(height)
        middle = i == count // 2 and count % 2 == 1
        beyond = " \N{UPWARDS ARROW}" if value > y.high else " \N{DOWNWARDS ARROW}" if value < y.low else ""
        label = "median" if middle and data.levels[i] == 0.5 else f"{100 * data.levels[i]:.3g} %{beyond}"
        canvas.text(Spot(end, height), label, style.ACCENT if middle else style.MUTED, bold=middle)


def _statistics(data: _Fan) -> list[str]:
    """The names of the statistics, the one with the most figures first."""
    names = list(dict.fromkeys(p.statistics for p in data.history))
    return sorted(names, key=lambda name: -sum(p.statistics == name for p in data.history))


def _across(data: _Fan, x: Scale, point: HistoryPoint) -> float:
    """The pixel of a figure; figures for the same year stand side by side."""
    same = [p for p in data.history if p.year == point.year]
    apart = min(6.0, 0.5 * abs(x(point.year) - x(point.year - 1)))
    return x(point.year) + apart * (same.index(point) - (len(same) - 1) / 2)


def _history(canvas: Canvas, data: _Fan, x: Scale, y: Scale) -> None:
    for number, name in enumerate(_statistics(data)):
        marker, filled = style.MARKERS[number % len(style.MARKERS)]
        points = [p for p in data.history if p.statistics == name]
        for p in points:
            low = p.value if p.low is None or not usable(p.low) else min(p.low, p.value)
            high = p.value if p.high is None or not usable(p.high) else max(p.high, p.value)
            across = _across(data, x, p)
            if high > low:
                canvas.line((across, across), (y(low), y(high)), style.MUTED, 1.1)
            canvas.taken.append(Box(across - 5, y(high) - 5, across + 5, y(low) + 5, 3.0))
        for before, after in pairwise(points):
            if after.year - before.year == 1:
                ends = (_across(data, x, before), _across(data, x, after))
                canvas.line(ends, (y(before.value), y(after.value)), style.REST, 1.0)
                heights = sorted((y(before.value), y(after.value)))
                canvas.taken.append(Box(ends[0], heights[0], ends[1], heights[1], 0.4))
        canvas.dots([_across(data, x, p) for p in points], [y(p.value) for p in points], style.INK, marker, filled)


def _target(canvas: Canvas, answer: Answer, data: _Fan, x: Scale, y: Scale, frame: Frame) -> None:
    """The claimed threshold as a dashed line with its words, and a ring in the year it is claimed for."""
    bounds = [v for v in answer.threshold if usable(v)]
    words = shorten(f"Claimed: {criterion(answer)}", 46 if canvas.width > 500 else 34)
    if answer.test.startswith("by"):
        for year in bounds[:1]:
            canvas.line((x(year), x(year)), (frame.top, frame.bottom), style.INK, 1.2, "--")
            spots = [Spot(x(year) - 6, frame.top + 8, "right"), Spot(x(year) + 6, frame.top + 8)]
            canvas.place(spots, words, bold=True)
        return
    for value in bounds:
        canvas.line((frame.left, frame.right), (y(value), y(value)), style.INK, 1.2, "--")
        canvas.taken.append(Box(frame.left, y(value) - 3, frame.right, y(value) + 3, 2.0))
        if answer.target_year is not None:
            across = x(answer.target_year)
            canvas.dots([across], [y(value)], style.INK, "o", False, 9.0)
            canvas.taken.append(Box(across - 7, y(value) - 7, across + 7, y(value) + 7, 3.0))
    if bounds:
        level = y(max(bounds))
        lower = y(min(bounds))
        starts = [Spot(frame.left + 4, level - 11), Spot(frame.right, level - 11, "right")]
        starts += [Spot(frame.left + 4, lower + 11), Spot(frame.right, lower + 11, "right")]
        middle = (frame.left + frame.right) / 2
        starts += [Spot(middle, level - 11, "center"), Spot(middle, lower + 11, "center")]
        canvas.place(starts, words, bold=True)


def _history_labels(canvas: Canvas, data: _Fan, x: Scale, y: Scale) -> None:
    """Each statistics named beside one of its own figures, wherever that covers least."""
    names = _statistics(data)
    for name in names:
        if not name.strip():
            continue
        spots = []
        for p in sorted((p for p in data.history if p.statistics == name), key=lambda p: -p.value):
            across, height = _across(data, x, p), y(p.value)
            top = y(p.high) if p.high is not None and usable(p.high) else height
            low = y(p.low) if p.low is not None and usable(p.low) else height
            spots += [Spot(across, top - 14, "center"), Spot(across, low + 15, "center")]
            spots += [Spot(across - 9, height, "right"), Spot(across + 9, height)]
            spots += [Spot(across - 5, top - 14), Spot(across + 5, top - 14, "right")]
            spots += [Spot(across - 5, low + 15), Spot(across + 5, low + 15, "right")]
        canvas.place(spots, shorten(name, 24), style.INK)


def describe(answer: Answer, data: _Fan) -> str:
    """The chart in words, for those who do not see it."""
    unit, parts = answer.unit, []
    if data.history:
        values = [p.value for p in data.history]
        parts.append(
            f"Published figures from {data.history[0].year} to {data.history[-1].year}, by "
            f"{', '.join(_statistics(data))}, in the range {format_range(min(values), max(values), unit)}."
        )
    low, high = data.quantiles[0], data.quantiles[-1]
    for year in dict.fromkeys(v for v in (answer.target_year, data.years[-1]) if v in data.years):
        j = data.years.index(year)
        middle = data.quantiles[len(data.levels) // 2][j]
        parts.append(
            f"In {year} the draws have a median of {format_value(middle, unit)} and a "
            f"{100 * data.levels[0]:.3g}-{100 * data.levels[-1]:.3g} % range of {format_range(low[j], high[j], unit)}."
        )
    return " ".join([*parts, f"Claimed: {criterion(answer)}."])
