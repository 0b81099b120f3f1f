"""A small drawing surface: a matplotlib figure in pixels, with the origin at the top left, given back as inline SVG.

Text stays text, in the page's fonts, so its width is only known to the browser; labels are placed by a cautious
estimate (`text_width`) and anchored at the end that must not move. The same drawing gives the same bytes: the salt of
the ids is fixed, no date is written, and each chart's ids carry its own prefix so that many can share one page.
"""

from __future__ import annotations

import io
import math
import re
import unicodedata
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Literal

import numpy as np
from markupsafe import Markup

from tumen.report import style

if TYPE_CHECKING:
    from matplotlib.artist import Artist

__all__ = ["Box", "Canvas", "Spot", "clean", "drawing", "shorten", "text_width", "typeset", "usable"]

Anchor = Literal["left", "center", "right"]
_NARROW, _SLIM, _BROAD = frozenset("ijl.,:;'|!()[] "), frozenset("ftrI-/"), frozenset("mwMW%@")
# Settings of a user's matplotlibrc that would say where or how windows open; all others are set back for a chart.
_ELSEWHERE = ("backend", "webagg", "interactive", "toolbar", "tk.", "keymap", "docstring", "datapath", "figure.hooks")


def usable(value: float | None) -> bool:
    """Whether a value can stand in a chart: finite, and of a size that has a meaning (and no overflow)."""
    return value is not None and math.isfinite(value) and (value == 0 or 1e-60 < abs(value) < 1e60)


@contextmanager
def drawing() -> Iterator[None]:
    """Draw with matplotlib's own defaults whatever the user has set, and leave the user's settings as they were."""
    import matplotlib as mpl

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        # Deprecated settings, and glyphs that matplotlib's own font lacks: the browser has others.
        warnings.simplefilter("ignore")
        settings = {k: v for k, v in mpl.rcParamsDefault.items() if not k.startswith(_ELSEWHERE)}
        settings |= {"svg.fonttype": "none", "svg.hashsalt": "tumen", "text.parse_math": False}
        settings |= {"font.size": style.CHART, "path.simplify": False}
        with mpl.rc_context(settings):
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
        from matplotlib.figure import Figure
        from matplotlib.transforms import Affine2D

        self.width, self.height = width, height
        self._figure = Figure(figsize=(width / 72, height / 72), dpi=72)
        self._figure.patch.set_visible(False)
        self._flip = Affine2D().scale(1, -1).translate(0, height)
        self._order = 0
        self.inside = Box(0, 0, width, height)
        self.taken: list[Box] = []

    def _add(self, artist: Artist) -> None:
        """Later is above: the order of drawing is the order of calls."""
        self._order += 1
        artist.set_zorder(self._order)
        artist.set_transform(self._flip)
        artist.set_clip_on(False)
        self._figure.add_artist(artist)

    def line(
        self, xs: Sequence[float], ys: Sequence[float], color: str, width: float = style.LINE, dash: str = "-"
    ) -> None:
        """A line through points; `dash` is "-" or "--"."""
        from matplotlib.lines import Line2D

        dashes: tuple[float, Sequence[float]] | Literal["-"] = (0, (4.5, 3.0)) if dash == "--" else "-"
        self._add(Line2D(xs, ys, color=color, linewidth=width, linestyle=dashes, solid_capstyle="round"))

    def area(self, xs: Sequence[float], ys: Sequence[float], color: str) -> None:
        """A filled polygon."""
        self.areas([list(zip(xs, ys, strict=True))], color)

    def areas(self, polygons: Sequence[Sequence[tuple[float, float]]], color: str) -> None:
        """Filled polygons of one colour, as one shape."""
        from matplotlib.patches import PathPatch
        from matplotlib.path import Path

        if not polygons:
            return
        vertices = [point for polygon in polygons for point in (*polygon, polygon[0])]
        codes = [c for p in polygons for c in (Path.MOVETO, *[Path.LINETO] * (len(p) - 1), Path.CLOSEPOLY)]
        self._add(PathPatch(Path(vertices, codes), facecolor=color, linewidth=0))

    def dots(
        self, xs: Sequence[float], ys: Sequence[float], color: str, marker: str = "o", filled: bool = True,
        size: float = 6.0,
    ) -> None:  # fmt: skip
        """Marks at points; an open mark has paper inside."""
        from matplotlib.lines import Line2D

        inside = color if filled else style.PAPER
        self._add(
            Line2D(xs, ys, linestyle="", marker=marker, markersize=size, color=color, markerfacecolor=inside,
                   markeredgewidth=1.3, markeredgecolor=color)
        )  # fmt: skip

    def text(
        self, spot: Spot, words: str, color: str = style.INK, size: float = style.CHART, bold: bool = False
    ) -> None:
        """A label; it is counted as taken."""
        from matplotlib.text import Text

        words = re.sub(r"\s*[\n\t]\s*", " ", clean(words))
        # The baseline is set here, from the middle of the line: metrics of the browser's font are not known.
        self._add(
            Text(spot.x, spot.y + 0.36 * size, words, color=color, fontsize=size, ha=spot.anchor, va="baseline",
                 fontweight="bold" if bold else "normal")
        )  # fmt: skip
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
        buffer = io.StringIO()
        metadata = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        self._figure.savefig(buffer, format="svg", metadata=metadata)
        body = buffer.getvalue().split("<svg", 1)[1].split(">", 1)[1]
        body = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", body, count=1, flags=re.DOTALL)
        body = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
        # Only tags are touched: what stands between them is the case's text.
        body = re.sub(r"<[^>]*>", lambda tag: _tidy_tag(tag[0], key), re.sub(r"\s*\n\s*", " ", body))
        head = (
            f'<svg class="chart" role="img" aria-labelledby="{key}-t {key}-d" '
            f'viewBox="0 0 {self.width:g} {self.height:g}" xmlns="http://www.w3.org/2000/svg">'
            f'<title id="{key}-t">{escape(clean(title))}</title><desc id="{key}-d">{escape(clean(description))}</desc>'
        )
        return Markup(head + body.strip())  # every piece of text in it was escaped by matplotlib or just above


def _tidy_tag(tag: str, key: str) -> str:
    """One tag of matplotlib's SVG with the chart's prefix on its ids, the page's fonts, and short numbers."""
    if tag.startswith("<g id="):
        return "<g>"
    tag = re.sub(r'(?<=\s)id="', f'id="{key}-', tag)
    tag = tag.replace('xlink:href="#', f'href="#{key}-').replace("url(#", f"url(#{key}-")
    tag = re.sub(r"font-family: [^;\"]*;? ?", "", tag)
    tag = re.sub(r' transform="rotate\(-?0 [^"]*\)"', "", tag)
    return re.sub(r"(\d+\.\d{2})\d+", r"\1", tag)
