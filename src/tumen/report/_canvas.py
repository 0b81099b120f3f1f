"""A small drawing surface in pixels, with the origin at the top left, given back as inline SVG.

Charts need lines, areas, marks and text, and no more, so they are written as SVG directly: a page has hundreds of them.
Text stays text, in the page's fonts, so its width is only known to the browser; labels are placed by a cautious
estimate (`text_width`) and anchored at the end that must not move. The same drawing gives the same bytes, and each
chart's ids carry its own prefix so that many can share one page.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Literal

import numpy as np
from markupsafe import Markup

from tumen.report import style

__all__ = ["Box", "Canvas", "Spot", "clean", "drawing", "shorten", "text_width", "typeset", "usable"]

Anchor = Literal["left", "center", "right"]
_NARROW, _SLIM, _BROAD = frozenset("ijl.,:;'|!()[] "), frozenset("ftrI-/"), frozenset("mwMW%@")
_KEY = "\0"  # stands for a chart's own prefix until that is known; no text has it
_ANCHORS = {"left": "start", "center": "middle", "right": "end"}
# Marks of radius one: a circle of four curves, or corners.
_ROUND = "M 0 1 C .55 1 1 .55 1 0 C 1 -.55 .55 -1 0 -1 C -.55 -1 -1 -.55 -1 0 C -1 .55 -.55 1 0 1 z"
_SHAPES = {
    "s": ((-1, -1), (1, -1), (1, 1), (-1, 1)),
    "^": ((0, -1), (1, 1), (-1, 1)),
    "v": ((0, 1), (1, -1), (-1, -1)),
    "D": ((0, -math.sqrt(2)), (math.sqrt(2), 0), (0, math.sqrt(2)), (-math.sqrt(2), 0)),
}


def usable(value: float | None) -> bool:
    """Whether a value can stand in a chart: finite, and of a size that has a meaning (and no overflow)."""
    return value is not None and math.isfinite(value) and (value == 0 or 1e-60 < abs(value) < 1e60)


@contextmanager
def drawing() -> Iterator[None]:
    """Draw whatever numbers a chart is given, without a word about their arithmetic."""
    with np.errstate(all="ignore"):
        yield


def clean(text: str) -> str:
    """Text without what a page cannot carry: control characters, lone surrogates, marks that turn its direction."""
    kept = (c if not "\ud800" <= c <= "\udfff" else "\N{REPLACEMENT CHARACTER}" for c in text)
    return "".join(c for c in kept if c in "\n\t" or not (unicodedata.category(c) == "Cc" or c in _TURNING))


_TURNING = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F)))


def shorten(text: str, longest: int) -> str:
    """One line of at most so many characters, cut at a word where that keeps most of it."""
    line = " ".join(clean(text).split())
    if len(line) <= longest:
        return line
    cut = line[: longest - 1]
    space = cut.rfind(" ")
    return f"{(cut[:space] if space > longest * 0.6 else cut).rstrip(' ,;:')}\N{HORIZONTAL ELLIPSIS}"


def typeset(text: str) -> str:
    """Our own figures as a page sets them: an en dash in ranges, no break between a number and its unit or sign."""
    text = re.sub(r"(?<=[\d.])-(?=[\d.])", "\N{EN DASH}", text)
    return re.sub(r"(?<=\d) (?=(?:%|bn|m|trn|million|billion|trillion)(?:\W|$))", "\N{NO-BREAK SPACE}", text)


@lru_cache(maxsize=4096)
def text_width(text: str, size: float = style.CHART) -> float:
    """A cautious estimate of the width of a line of text, px."""

    def em(c: str) -> float:
        if unicodedata.east_asian_width(c) in "WF":
            return 1.0
        if c in _NARROW:
            return 0.30
        if c in _SLIM:
            return 0.40
        return 0.90 if c in _BROAD else 0.70 if c.isupper() else 0.57

    return size * sum(map(em, text))


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; `weight` is how bad it is to write over it."""

    left: float
    top: float
    right: float
    bottom: float
    weight: float = 1.0

    def overlap(self, other: Box) -> float:
        """The area that two boxes share."""
        if self.right <= other.left or other.right <= self.left or self.bottom <= other.top or other.bottom <= self.top:
            return 0.0  # nearly always, and a page asks a million times
        wide = min(self.right, other.right) - max(self.left, other.left)
        high = min(self.bottom, other.bottom) - max(self.top, other.top)
        return wide * high if wide > 0 and high > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Spot:
    """A place where a label could stand: the middle of its height, and the end or the middle of its line."""

    x: float
    y: float
    anchor: Anchor = "left"

    def box(self, text: str, size: float) -> Box:
        """What the label would cover."""
        wide, half = text_width(text, size), 0.62 * size
        left = {"left": self.x, "center": self.x - wide / 2, "right": self.x - wide}[self.anchor]
        return Box(left, self.y - half, left + wide, self.y + half)


class Canvas:
    """Lines, bands, dots and labels in pixels from the top left corner."""

    def __init__(self, width: float, height: float) -> None:
        self.width, self.height = width, height
        self._drawn: list[str] = []  # later is above
        self._marks: dict[tuple[str, str, bool, float], int] = {}
        self.inside = Box(0, 0, width, height)
        self.taken: list[Box] = []

    def line(
        self, xs: Sequence[float], ys: Sequence[float], color: str, width: float = style.LINE, dash: str = "-"
    ) -> None:
        """A line through points, broken where one is not a number; `dash` is "-" or "--"."""
        # Dashes are as long as the line is wide.
        dashes = f"stroke-dasharray: {_pixels(4.5 * width)},{_pixels(3 * width)}"
        look = dashes if dash == "--" else "stroke-linecap: round"
        parts: list[list[tuple[float, float]]] = [[]]
        for x, y in zip(xs, ys, strict=True):
            if math.isfinite(x) and math.isfinite(y):
                parts[-1].append((x, y))
            else:
                parts.append([])
        self._path(parts, "", f"fill: none; {look}; stroke: {color}; stroke-width: {width:g}")

    def area(self, xs: Sequence[float], ys: Sequence[float], color: str) -> None:
        """A filled polygon."""
        self.areas([list(zip(xs, ys, strict=True))], color)

    def areas(self, polygons: Sequence[Sequence[tuple[float, float]]], color: str) -> None:
        """Filled polygons of one colour, as one shape."""
        self._path(polygons, " z", f"fill: {color}")

    def _path(self, parts: Sequence[Sequence[tuple[float, float]]], end: str, look: str) -> None:
        """Lines through points, as one shape."""
        ways = " ".join(f"M {_way(points)}{end}" for points in parts if points)
        if ways:
            self._drawn.append(f'<path d="{ways}" style="{look}"/>')

    def dots(
        self, xs: Sequence[float], ys: Sequence[float], color: str, marker: str = "o", filled: bool = True,
        size: float = 6.0,
    ) -> None:  # fmt: skip
        """Marks at points; an open mark has paper inside."""
        look = f"fill: {color if filled else style.PAPER}; stroke: {color}; stroke-width: 1.3"
        look += "" if marker == "o" else "; stroke-linejoin: miter"
        known = len(self._marks)
        number = self._marks.setdefault((marker, color, filled, size), known)
        if number == known:
            self._drawn.append(f'<defs><path id="{_KEY}-m{number}" d="{_mark(marker, size / 2)}"/></defs>')
        self._drawn += [
            f'<use href="#{_KEY}-m{number}" x="{_pixels(x)}" y="{_pixels(y)}" style="{look}"/>'
            for x, y in zip(xs, ys, strict=True)
        ]

    def text(
        self, spot: Spot, words: str, color: str = style.INK, size: float = style.CHART, bold: bool = False
    ) -> None:
        """A label; it is counted as taken."""
        words = re.sub(r"\s*[\n\t]\s*", " ", clean(words))
        weight, anchor = "font-weight: 700; " if bold else "", _ANCHORS[spot.anchor]
        # The baseline is set here, from the middle of the line: metrics of the browser's font are not known.
        self._drawn.append(
            f'<text style="{weight}font-size: {size:g}px; text-anchor: {anchor}; fill: {color}" '
            f'x="{_pixels(spot.x)}" y="{_pixels(spot.y + 0.36 * size)}">{escape(words, quote=False)}</text>'
        )
        self.taken.append(spot.box(words, size))

    def place(
        self, spots: Sequence[Spot], words: str, color: str = style.INK, size: float = style.CHART, bold: bool = False
    ) -> None:
        """A label at the first of several spots that covers the least of what is taken and stays inside."""

        def cost(spot: Spot) -> float:
            box = spot.box(words, size)
            outside = (box.right - box.left) * (box.bottom - box.top) - box.overlap(self.inside)
            return 10 * outside + sum(box.overlap(other) * other.weight for other in self.taken)

        if spots:
            self.text(min(spots, key=cost), words, color, size, bold)

    def svg(self, key: str, title: str, description: str) -> Markup:
        """The drawing as an inline SVG element whose ids begin with `key`."""
        head = (
            f'<svg class="chart" role="img" aria-labelledby="{key}-t {key}-d" '
            f'viewBox="0 0 {self.width:g} {self.height:g}" xmlns="http://www.w3.org/2000/svg">'
            f'<title id="{key}-t">{escape(clean(title))}</title><desc id="{key}-d">{escape(clean(description))}</desc>'
        )
        body = "".join(self._drawn).replace(_KEY, key)
        return Markup(f"{head}{body}</svg>")  # every piece of text in it was escaped where it was written


def _pixels(value: float) -> str:
    """A number of pixels, to the hundredth."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _way(points: Iterable[tuple[float, float]]) -> str:
    """From point to point."""
    return " L ".join(f"{_pixels(x)} {_pixels(y)}" for x, y in points)


def _mark(marker: str, radius: float) -> str:
    """The way around a mark about nought."""
    if marker == "o":
        return re.sub(r"-?[.\d]+", lambda number: _pixels(float(number[0]) * radius), _ROUND)
    return f"M {_way((x * radius, y * radius) for x, y in _SHAPES[marker])} z"
