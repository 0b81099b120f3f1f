"""Scales, round ticks and the quiet frame that every chart shares: faint horizontal lines, labels, one base line."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tumen.claims._values import format_tick
from tumen.report import style
from tumen.report._canvas import Box, Canvas, Spot, text_width

__all__ = ["Frame", "Scale", "left_margin", "log_ticks", "ticks", "tidy_labels"]


@dataclass(frozen=True, slots=True)
class Scale:
    """From values in low..high to pixels in first..last; values beyond the ends stay at the end."""

    low: float
    high: float
    first: float
    last: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """The pixel of a value."""
        inside = min(self.high, max(self.low, value))
        if self.high <= self.low:
            return (self.first + self.last) / 2
        if self.log:
            part = math.log(inside / self.low) / math.log(self.high / self.low)
        else:
            part = (inside - self.low) / (self.high - self.low)
        return self.first + part * (self.last - self.first)

    def ticks(self, count: int) -> list[float]:
        """Round values on the scale."""
        return log_ticks(self.low, self.high, count) if self.log else ticks(self.low, self.high, count)


@dataclass(frozen=True, slots=True)
class Frame:
    """The plot's rectangle within a canvas."""

    left: float
    top: float
    right: float
    bottom: float

    def grid(self, canvas: Canvas, scale: Scale, unit: str, count: int) -> None:
        """Faint horizontal lines with their values at the left."""
        for value, label in tidy_labels(scale.ticks(count), unit, scale.high):
            y = scale(value)
            base = value == 0 and not scale.log
            canvas.line((self.left, self.right), (y, y), style.MUTED if base else style.RULE, 1.0 if base else 0.8)
            canvas.text(Spot(self.left - 8, y, "right"), label, style.MUTED)

    def base(self, canvas: Canvas, scale: Scale, unit: str, count: int, bold: float | None = None) -> None:
        """The horizontal axis: a line, short ticks, and labels that keep clear of each other."""
        y = self.bottom
        canvas.line((self.left, self.right), (y, y), style.MUTED, 1.0)
        labels = tidy_labels(scale.ticks(count), unit, scale.high)
        if bold is not None and scale.low <= bold <= scale.high:
            labels = [item for item in labels if item[0] != bold]
            labels.insert(0, (bold, format_tick(bold, unit, scale.high)))
        used: list[Box] = []
        for value, label in labels:
            spot = Spot(scale(value), y + 17, "center")
            box = spot.box(label, style.CHART)
            wider = Box(box.left - 6, box.top, box.right + 6, box.bottom)
            if any(wider.overlap(other) for other in used) or box.right > canvas.width or box.left < 0:
                continue
            used.append(box)
            canvas.line((spot.x, spot.x), (y, y + 4), style.MUTED, 1.0)
            chosen = value == bold
            canvas.text(spot, label, style.INK if chosen else style.MUTED, bold=chosen)


def tidy_labels(values: list[float], unit: str, largest: float) -> list[tuple[float, str]]:
    """Ticks with their labels, without those whose label would repeat the one before."""
    labels: list[tuple[float, str]] = []
    for value in values:
        label = format_tick(value, unit, largest)
        if not labels or labels[-1][1] != label:
            labels.append((value, label))
    return labels


def left_margin(scale: Scale, unit: str, count: int) -> float:
    """Room for the longest label of the vertical axis."""
    labels = tidy_labels(scale.ticks(count), unit, scale.high)
    return 12 + max((text_width(label) for _, label in labels), default=0.0)


def ticks(low: float, high: float, count: int) -> list[float]:
    """Round values, some `count` of them, that cover a range in steps of 1, 2, 2.5 or 5 times a power of ten.

    >>> ticks(0, 100, 4)
    [0.0, 25.0, 50.0, 75.0, 100.0]
    """
    span = high - low
    if not (math.isfinite(span) and span > 0):
        return [low]
    raw = span / max(1, count)
    power = 10.0 ** math.floor(math.log10(raw))
    if power == 0:
        return [low]
    step = next((f * power for f in (1, 2, 2.5, 5) if f * power >= raw * (1 - 1e-9)), 10 * power)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [i * step for i in range(first, last + 1)]


def log_ticks(low: float, high: float, count: int) -> list[float]:
    """Round values on a logarithmic range: 1-2-5 in each decade, 1-3, or decades alone, whichever fits in `count`.

    >>> log_ticks(30, 2500, 6)
    [50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0]
    """
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    for mantissas, stride in (((1, 2, 5), 1), ((1, 3), 1), ((1,), 1), ((1,), 2), ((1,), 3), ((1,), 6)):
        found = [m * 10.0**e for e in range(first, last + 1, stride) for m in mantissas]
        kept = [v for v in found if low * (1 - 1e-9) <= v <= high * (1 + 1e-9)]
        if 2 <= len(kept) <= count:
            return kept
    return [low, high]
