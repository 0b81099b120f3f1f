"""The page of scores: what was given a chance and what came, ranges and what was measured, beside yardsticks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from tumen.claims._answer import Answer
from tumen.claims._scored import ClaimScore, Forecaster, Quantities
from tumen.claims._values import format_range, format_value
from tumen.claims._words import criterion, humanise, statement
from tumen.report import style
from tumen.report._axes import Frame, Scale
from tumen.report._canvas import Canvas, Spot, drawing, shorten, text_width
from tumen.report._page import About, page
from tumen.report._ranges import Mark, Range, Ranged, Ranges, ranged
from tumen.report._view import Chart
from tumen.uncertainty import Bin, calibration

__all__ = ["Scored", "render_scores"]

_FEWEST = 10  # forecasts from which a table of calibration says something
_BINS = 5
_CSS = ".flows+.remark{margin-top:10px}.quantities th[scope=row]{min-width:9.5em}.measured .plot{margin-top:20px}"
Lines = Sequence[tuple[str, str, float, float | None]]
Behind = Callable[[Canvas, Scale, float], None]  # draws what stands behind the marks of a row


@dataclass(frozen=True, slots=True)
class Scored:
    """One claim: the answer that was given before, and its scores."""

    answer: Answer
    score: ClaimScore


@dataclass(frozen=True, slots=True)
class _Chance:
    """A yes or no as the page shows it."""

    anchor: str
    name: str
    title: str
    given: str
    came: str
    brier: str
    log: str
    source: str


@dataclass(frozen=True, slots=True)
class _Quantity:
    """A measured quantity as the page shows it, with its chart."""

    anchor: str
    name: str
    title: str
    value: str
    median: str
    spread: str
    crps: str
    of_range: str
    of_outcome: str
    claimed: str
    pit: str
    source: str
    drawn: Ranged


def render_scores(
    rows: Sequence[Scored],
    yes_no: Sequence[Forecaster],
    quantities: Quantities | None,
    still_open: Sequence[str],
    about: About,
) -> str:
    """The whole page: scores of yes or no, of quantities, each with a chart, and how to read them.

    `yes_no` are mean scores of the run and of yardsticks, `still_open` claims of which nothing is known yet. The page
    is HTML without any outside resource, and the same input gives the same text.
    """
    chances = [row for row in rows if row.score.outcome is not None]
    measured = [row for row in rows if row.score.crps is not None]
    with drawing():
        return page(
            "scores.html.j2",
            about,
            _CSS,
            chances=[_chance(row) for row in chances],
            yes_no=[_mean(item) for item in yes_no],
            odds=_odds(chances),
            bins=[_bin(item) for item in _calibration(chances)],
            measured=[_quantity(row, number) for number, row in enumerate(measured, 1)],
            together=quantities,
            places=_places(measured),
            still_open=[humanise(name) for name in still_open],
        )


def _name(score: ClaimScore) -> str:
    text = humanise(score.claim)
    return text[:1].upper() + text[1:]


def _chance(row: Scored) -> _Chance:
    score = row.score
    return _Chance(
        f"claim-{score.claim}", _name(score), statement(row.answer), f"{100 * score.probability:.1f} %",
        "yes" if score.outcome else "no", _figure(score.brier, 3), _figure(score.log, 3), score.source,
    )  # fmt: skip


def _mean(item: Forecaster) -> tuple[str, str, str, str]:
    apart = ""
    if item.difference is not None:
        ends = f"{_signed(item.difference.low)} to {_signed(item.difference.high)}"
        apart = f"{_signed(item.difference.mean)} ({ends})"
    return item.name[:1].upper() + item.name[1:], _figure(item.brier, 3), _figure(item.log, 3), apart


def _calibration(rows: Sequence[Scored]) -> tuple[Bin, ...]:
    if len(rows) < _FEWEST:
        return ()
    stated = np.array([row.score.probability for row in rows])
    return calibration(stated, np.array([bool(row.score.outcome) for row in rows]), _BINS)


def _bin(item: Bin) -> tuple[str, str, str, str, str]:
    edges = format_range(item.low, item.high, "share")
    spread = format_range(item.met_low, item.met_high, "share")
    return edges, str(item.n), f"{100 * item.p:.0f} %", f"{100 * item.met:.0f} %", spread


def _quantity(row: Scored, number: int) -> _Quantity:
    score, answer = row.score, row.answer
    unit, width = score.unit, "yr" if score.unit == "year" else score.unit
    value = score.value if score.value is not None else float("nan")
    drawn = Ranges(
        _name(score), f"{statement(answer)}.", unit,
        (Range("Forecast", score.low, score.median, score.high),),
        (
            Mark("measured", value, value),
            Mark("claimed", min(answer.threshold), max(answer.threshold)),
        ),
    )  # fmt: skip
    return _Quantity(
        f"quantity-{number}", _name(score), criterion(answer), format_value(value, unit),
        format_value(score.median, unit), format_range(score.low, score.high, unit),
        "" if score.crps is None else format_value(score.crps, width), _figure(score.of_range, 2),
        _figure(score.of_outcome, 2),
        "" if score.claimed_error is None else format_value(score.claimed_error, width),
        _figure(score.pit, 2), score.source, ranged([drawn], f"measured{number}-")[0],
    )  # fmt: skip


def _figure(value: float | None, decimals: int) -> str:
    return "" if value is None else f"{value:.{decimals}f}"


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "\N{MINUS SIGN}")


# ---- charts


def _odds(rows: Sequence[Scored]) -> Chart | None:
    """What was given each claim, and what came: the line between them is the miss, and its square the Brier score."""
    lines = [
        (
            _name(row.score),
            f"Brier {_figure(row.score.brier, 2)}",
            row.score.probability,
            float(bool(row.score.outcome)),
        )
        for row in rows
    ]

    def behind(canvas: Canvas, x: Scale, y: float) -> None:
        canvas.line((x(0.5), x(0.5)), (y - 13, y + 13), style.RULE, 0.9)

    return _chart("What was given, and what came", "odds", lines, ("forecast", "what came"), behind)


def _places(rows: Sequence[Scored]) -> Chart | None:
    """Where each measured value lay among the draws."""
    lines: list[tuple[str, str, float, float | None]] = [
        (_name(row.score), f"PIT {_figure(row.score.pit, 2)}", row.score.pit, None)
        for row in rows
        if row.score.pit is not None
    ]

    def behind(canvas: Canvas, x: Scale, y: float) -> None:
        for low, high, color in ((0.05, 0.95, style.FAN[0]), (0.25, 0.75, style.FAN[1])):
            canvas.area((x(low), x(high), x(high), x(low)), (y - 7, y - 7, y + 7, y + 7), color)
        canvas.line((x(0.5), x(0.5)), (y - 7, y + 7), style.PAPER, 1.5)

    return _chart("Share of the draws below what was measured", "places", lines, ("what was measured",), behind)


def _chart(title: str, key: str, lines: Lines, legend: Sequence[str], behind: Behind) -> Chart | None:
    if not lines:
        return None
    wide, narrow = (
        _rows(title, f"{key}{end}", lines, legend, behind, width)
        for end, width in (("w", float(style.WIDE)), ("n", float(style.NARROW)))
    )
    return Chart(title, "", wide, narrow)


def _rows(
    title: str, key: str, lines: Lines, legend: Sequence[str], behind: Behind,
    width: float,
) -> Markup:  # fmt: skip
    """A row for each claim on a scale from nothing to all: a dot, and the square it should have been at."""
    wide = width > 500
    names = [shorten(name, 40) for name, *_ in lines]
    step, top = (26.0 if wide else 44.0), 30.0
    canvas = Canvas(width, top + step * len(lines) + 30)
    left = 14.0 + (max(map(text_width, names)) * 1.06 if wide else 0.0)
    right = width - (max(text_width(figure) for _, figure, *_ in lines) + 26 if wide else 22.0)
    frame = Frame(left, top, right, top + step * len(lines))
    x = Scale(0.0, 1.0, frame.left, frame.right)
    frame.base(canvas, x, "share", 4)
    at = frame.left
    for number, words in enumerate(legend):
        canvas.dots([at + 5], [11], *_mark(number, len(legend)))
        canvas.text(Spot(at + 15, 11), words, style.MUTED)
        at += text_width(words) + 36
    for name, (_, figure, dot, square), row in zip(names, lines, range(len(lines)), strict=True):
        y = top + step * (row + 0.5) + (0.0 if wide else 9.0)
        if wide:
            canvas.text(Spot(0, y), name)
            canvas.text(Spot(width - 1, y, "right"), figure, style.MUTED)
        else:
            canvas.text(Spot(frame.left - 8, y - 19), name)
            canvas.text(Spot(width - 1, y - 19, "right"), figure, style.MUTED)
        behind(canvas, x, y)
        if square is not None:
            canvas.line((x(dot), x(square)), (y, y), style.FAN[1], 3.0)
            canvas.dots([x(square)], [y], *_mark(1, 2))
        canvas.dots([x(dot)], [y], *_mark(0, 1 if square is None else 2))
    told = "; ".join(f"{name}: {100 * dot:.0f} %, {figure}" for name, figure, dot, _ in lines)
    return canvas.svg(key, title, f"{told}.")


def _mark(number: int, of: int) -> tuple[str, str, bool, float]:
    """A forecast is a dot in the accent, what came is a square in ink."""
    return (style.ACCENT, "o", True, 8.0) if number == 0 and of == 2 else (style.INK, "s", True, 7.0)
