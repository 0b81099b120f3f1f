"""Players' shares of what they can reach together, by several solutions, as grouped bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from tumen.claims._values import format_range, format_value
from tumen.report import style
from tumen.report._axes import Frame, Scale
from tumen.report._canvas import Canvas, Spot, shorten, text_width, typeset, usable
from tumen.report._view import Chart

__all__ = ["Share", "Shared", "Shares", "can_draw_shares", "shared_out", "shares_chart"]

_COLORS = (style.ACCENT, style.FAN[2], style.MUTED, style.FAN[0], style.REST)
_BAR, _STEP, _GROUP = 11.0, 17.0, 15.0  # heights of a bar, from bar to bar, and between two players, px


@dataclass(frozen=True, slots=True)
class Share:
    """What one player gets: the median, and the 5-95 % range."""

    player: str
    median: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares by solution, such as ("Shapley value", shares by player), in one unit, with a caption."""

    title: str
    gloss: str
    unit: str
    solutions: tuple[tuple[str, tuple[Share, ...]], ...]


def can_draw_shares(drawn: Shares) -> bool:
    """Whether at least one share has a value."""
    return any(usable(share.median) for _, shares in drawn.solutions for share in shares)


def shares_chart(drawn: Shares, key: str, width: float) -> Markup:
    """The bars as an inline SVG whose ids begin with `key`; blank where no share has a value."""
    if not can_draw_shares(drawn):
        return Markup("")
    wide = width > 500
    players = list(dict.fromkeys(share.player for _, shares in drawn.solutions for share in shares))
    legend = _legend_rows([name for name, _ in drawn.solutions], width)
    top = 24.0 * len(legend) + 8
    head = 0.0 if wide else 20.0  # on a phone a player's name stands above its bars
    group = head + _STEP * len(drawn.solutions) + _GROUP
    canvas = Canvas(width, top + group * len(players) + 30)
    names = [shorten(player, 24 if wide else 44) for player in players]
    left = max(map(text_width, names)) * 1.06 + 14 if wide else 4.0
    frame = Frame(left, top, width - 6, top + group * len(players) - 2)
    x = _scale(drawn, frame, wide)
    frame.base(canvas, x, drawn.unit, 6 if wide else 3)
    canvas.line((x(0), x(0)), (frame.top, frame.bottom), style.MUTED, 1.0)
    for k, row in enumerate(legend):
        for at, number, name in row:
            y = 10 + 24 * k
            color = _COLORS[number % len(_COLORS)]
            canvas.area((at, at + 14, at + 14, at), (y - 5, y - 5, y + 5, y + 5), color)
            canvas.text(Spot(at + 20, y), name, style.MUTED)
    for k, (player, name) in enumerate(zip(players, names, strict=True)):
        first = top + group * k + head + _GROUP / 2 + _BAR / 2
        if wide:
            canvas.text(Spot(0, first + _STEP * (len(drawn.solutions) - 1) / 2), name, bold=True)
        else:
            canvas.text(Spot(0, first - _BAR / 2 - 12), name, bold=True)
        for number, (_, shares) in enumerate(drawn.solutions):
            share = next((s for s in shares if s.player == player), None)
            _bar(canvas, share, drawn.unit, x, first + _STEP * number, number, wide)
    return canvas.svg(key, drawn.title, _describe(drawn))


def _legend_rows(names: Sequence[str], width: float) -> list[list[tuple[float, int, str]]]:
    """Names of solutions in rows: where each begins, its number, its words."""
    rows: list[list[tuple[float, int, str]]] = []
    x = width
    for number, name in enumerate(names):
        words = shorten(name, 44)
        wide = 20 + text_width(words) + 18
        if not rows or x + wide > width:
            rows.append([])
            x = 0.0
        rows[-1].append((x, number, words))
        x += wide
    return rows


def _scale(drawn: Shares, frame: Frame, wide: bool) -> Scale:
    """From the least to the largest value, with room for the figures at the ends."""
    shares = [s for _, found in drawn.solutions for s in found if usable(s.median)]
    values = [v for s in shares for v in (s.median, s.low, s.high) if usable(v)]
    low, high = min(0.0, *values), max(0.0, *values)
    if high == low:
        high = 1.0
    room = {True: 0.0, False: 0.0}  # by whether the figures stand at the left
    for s in shares:
        words = sum(text_width(part) for part in _figures(s, drawn.unit, wide)) * 1.05 + 20
        room[s.median < 0] = max(room[s.median < 0], words)
    return Scale(low, high, frame.left + room[True], frame.right - room[False])


def _figures(share: Share, unit: str, wide: bool) -> tuple[str, str]:
    """The median and, where there is room, the range."""
    known = usable(share.low) and usable(share.high) and share.low < share.high
    spread = format_range(share.low, share.high, unit) if wide and known else ""
    return typeset(format_value(share.median, unit)), typeset(spread)


def _bar(canvas: Canvas, share: Share | None, unit: str, x: Scale, y: float, number: int, wide: bool) -> None:
    """One bar, its range as a thin line, and its figures at the end."""
    if share is None or not usable(share.median):
        canvas.text(Spot(x(0) + 6, y), "no value", style.MUTED)
        return
    end, half = x(share.median), _BAR / 2
    canvas.area((x(0), end, end, x(0)), (y - half, y - half, y + half, y + half), _COLORS[number % len(_COLORS)])
    ends = [end]
    if usable(share.low) and usable(share.high) and share.low < share.high:
        ends += [x(share.low), x(share.high)]
        canvas.line(ends[1:], (y, y), style.PAPER, 3.2)
        canvas.line(ends[1:], (y, y), style.INK, 1.3)
    figure, spread = _figures(share, unit, wide)
    wide_figure = text_width(figure) * 1.05
    if share.median < 0:
        at = min(ends) - 7
        canvas.text(Spot(at, y, "right"), figure, bold=True)
        if spread:
            canvas.text(Spot(at - wide_figure - 7, y, "right"), spread, style.MUTED)
    else:
        at = max(ends) + 7
        canvas.text(Spot(at, y), figure, bold=True)
        if spread:
            canvas.text(Spot(at + wide_figure + 7, y), spread, style.MUTED)


def _describe(drawn: Shares) -> str:
    """The shares in words."""
    parts = []
    for name, shares in drawn.solutions:
        told = ", ".join(
            f"{s.player} {format_value(s.median, drawn.unit)} ({format_range(s.low, s.high, drawn.unit)})"
            for s in shares
        )
        parts.append(f"{name}: {told}.")
    return " ".join(["Medians, with the 5-95 % range in brackets.", *parts])


@dataclass(frozen=True, slots=True)
class Shared:
    """Shares ready for the page; no chart where no share has a value."""

    shares: Shares
    chart: Chart | None


def shared_out(shares: Sequence[Shares]) -> tuple[Shared, ...]:
    """Charts in two widths for the page."""
    made = []
    for number, drawn in enumerate(shares, 1):
        chart = None
        if can_draw_shares(drawn):
            wide = shares_chart(drawn, f"shares{number}w", style.WIDE)
            chart = Chart(drawn.title, drawn.gloss, wide, shares_chart(drawn, f"shares{number}n", style.NARROW))
        made.append(Shared(drawn, chart))
    return tuple(made)
