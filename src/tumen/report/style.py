"""The look of a report: colours, fonts and sizes, used by the page (as CSS variables) and by every chart alike.

Quiet and typographic: ink on paper, greys, and one accent with its tints. What is forecast is in the accent, what was
published is in ink, what was claimed is a dashed line. Nothing is told by hue alone, so the page holds for colour-blind
readers and on a black-and-white printer. Ink, muted and accent have a contrast of more than 4.5 on paper (WCAG AA).
"""

from __future__ import annotations

__all__ = [
    "ACCENT",
    "CHART",
    "FAINT",
    "FAN",
    "INK",
    "LINE",
    "MARKERS",
    "MUTED",
    "NARROW",
    "PAPER",
    "REST",
    "RULE",
    "SANS",
    "SERIF",
    "SHADES",
    "WIDE",
    "css_variables",
]

PAPER = "#ffffff"
INK = "#18212c"
MUTED = "#56616e"
RULE = "#d5dae0"
FAINT = "#f3f5f7"
ACCENT = "#14527f"
REST = "#c5ccd4"  # draws in which a claim fails
FAN = ("#dde8f1", "#bcd3e4", "#93b7d3", "#6a9bc1")  # bands of a fan, the outermost first
SHADES = ("#eef4f9", *FAN[:3])  # cells of a matrix, the lightest first; the darkest are in the accent

SANS = '-apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "Helvetica Neue", Arial, "Liberation Sans", sans-serif'
SERIF = '"Iowan Old Style", "Charter", "Palatino Linotype", Palatino, Georgia, "Liberation Serif", serif'
MONO = 'ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace'

CHART = 12.5  # size of a chart's text, px
LINE = 1.1  # width of a chart's hairlines, px
WIDE, NARROW = 816, 356  # widths of a chart on a desk and on a phone, px; the page switches at BREAK
BREAK = 700
COLUMN = 816  # width of the text column, px
MARKERS = (("o", True), ("s", False), ("^", True), ("D", False), ("v", True), ("o", False))  # shape, filled


def css_variables() -> str:
    """The same values as CSS variables, one `:root` rule."""
    values = {
        "paper": PAPER,
        "ink": INK,
        "muted": MUTED,
        "rule": RULE,
        "faint": FAINT,
        "accent": ACCENT,
        "rest": REST,
        "tint": FAN[0],
        "mid": FAN[2],
        **{f"shade{k}": shade for k, shade in enumerate(SHADES, 1)},
        "sans": SANS,
        "serif": SERIF,
        "mono": MONO,
        "column": f"{COLUMN}px",
        "narrow": f"{NARROW}px",
    }
    return ":root{" + "".join(f"--{name}:{value};" for name, value in values.items()) + "}"
