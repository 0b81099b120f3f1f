"""Routes on a map: their ways, their widths, and how they are drawn.

Widths are in proportion to the median flow, the largest flow of a unit at full width. Routes between the same two
places run side by side; those over the sea bend to the side where they cross the least land.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tumen.report import style
from tumen.report._canvas import Box, Canvas, usable
from tumen.report._outlines import Floats, contains

__all__ = ["Line", "Route", "carried", "cut", "draw_line", "laid", "length_of", "ribbon", "widths"]

_LEAST = 1.3  # width of the thinnest route that carries something, px
_AT_SEA = ("sea", "ship", "lng", "tanker", "ferry", "water", "offshore")
_EVERY = np.arange(33) / 32


@dataclass(frozen=True, slots=True)
class Route:
    """A route between two places, by their names.

    `flow` is the median a year in `unit`, from origin to destination (negative: back), `low` and `high` its 5-95 %
    range; `used` the share of its capacity; `built` the share of draws in which a planned route is built.
    """

    name: str
    title: str
    origin: str
    destination: str
    mode: str
    planned: bool
    flow: float
    low: float
    high: float
    unit: str
    used: float
    built: float

    @property
    def idle(self) -> bool:
        """Planned, and built in no draw."""
        return self.planned and not self.built > 0


@dataclass(frozen=True, slots=True)
class Line:
    """A route on the map: its way in the direction of the flow, its width and colour."""

    route: Route
    way: Floats
    width: float
    color: str


def carried(value: float) -> float:
    """The size of a flow, whichever way it goes; none where it is not a number."""
    return abs(value) if usable(value) else 0.0


def widths(routes: Sequence[Route], full: float) -> list[float]:
    """The width of each route, px: in proportion to its flow, the largest flow of each unit at full width."""
    largest: dict[str, float] = {}
    for route in routes:
        if not route.idle:
            largest[route.unit] = max(largest.get(route.unit, 0.0), carried(route.flow))
    return [
        max(_LEAST, full * carried(r.flow) / largest[r.unit]) if not r.idle and carried(r.flow) > 0 else 1.1
        for r in routes
    ]


def laid(routes: Sequence[Route], at: dict[str, Floats], full: float, land: Sequence[Floats], frame: Box) -> list[Line]:
    """Each route with its way; those between the same two places lie side by side."""
    breadths = widths(routes, full)
    beside: dict[tuple[str, str], float] = {}  # how far the routes of a pair reach already
    total: dict[tuple[str, str], float] = {}
    for route, width in zip(routes, breadths, strict=True):
        pair = min(route.origin, route.destination), max(route.origin, route.destination)
        total[pair] = total.get(pair, -3.5) + width + 3.5
    made = []
    for route, width in zip(routes, breadths, strict=True):
        pair = min(route.origin, route.destination), max(route.origin, route.destination)
        offset = beside.get(pair, 0.0) + width / 2 - total[pair] / 2
        beside[pair] = beside.get(pair, 0.0) + width + 3.5
        way = _way(at[pair[0]], at[pair[1]], offset, 0.0)
        if any(word in route.mode.lower() for word in _AT_SEA):
            way = _over_sea(at[pair[0]], at[pair[1]], offset, land, frame)
        forward = (route.origin == pair[0]) == (not (usable(route.flow) and route.flow < 0))
        color = style.ACCENT if route.planned and not route.idle else style.MUTED
        made.append(Line(route, way if forward else way[::-1], width, color))
    return sorted(made, key=lambda line: -line.width)


def _way(start: Floats, end: Floats, offset: float, bend: float) -> Floats:
    """Points from one place to another, beside the straight line by some pixels, bent by a share of its length."""
    along = end - start
    length = float(np.hypot(*along))
    if length < 1e-9:
        return np.array([start, end])
    aside = np.array([-along[1], along[0]]) / length
    near = np.clip(np.minimum(_EVERY, 1 - _EVERY) / 0.16, 0, 1)
    off = offset * near * near * (3 - 2 * near) + bend * length * 4 * _EVERY * (1 - _EVERY)
    return np.asarray(start + _EVERY[:, None] * along + off[:, None] * aside)


def _over_sea(start: Floats, end: Floats, offset: float, land: Sequence[Floats], frame: Box) -> Floats:
    """Of several bends the one with the least land under it, the slighter the better."""
    bends = (0.08, -0.08, 0.16, -0.16, 0.26, -0.26, 0.4, -0.4, 0.6, -0.6)
    ways = [_way(start, end, offset, bend) for bend in bends]
    inner = np.concatenate([way[2:-2] for way in ways])
    outside = (inner < (frame.left + 4, frame.top + 4)) | (inner > (frame.right - 4, frame.bottom - 4))
    dry = np.zeros(len(inner), dtype=bool)
    for ring in land:
        dry |= contains(ring, inner)
    cost = (dry + 3.0 * outside.any(axis=1)).reshape(len(ways), -1).sum(axis=1)
    return ways[int(cost.argmin())]


def cut(way: Floats, first: float, last: float) -> Floats:
    """The part of a way between two lengths along it, px."""
    lengths = np.append(0.0, np.hypot(*np.diff(way, axis=0).T).cumsum())
    inner = lengths[(lengths > first) & (lengths < last)]
    where = np.concatenate(([first], inner, [last]))
    return np.column_stack([np.interp(where, lengths, way[:, axis]) for axis in (0, 1)])


def length_of(way: Floats) -> float:
    return float(np.hypot(*np.diff(way, axis=0).T).sum())


def ribbon(way: Floats, width: float) -> list[tuple[float, float]]:
    """A way as a polygon of some width."""
    step = np.diff(way, axis=0)
    heading = np.concatenate((step[:1], step[1:] + step[:-1], step[-1:]))
    size = np.maximum(np.hypot(*heading.T), 1e-9)[:, None]
    aside = np.column_stack((-heading[:, 1], heading[:, 0])) / size * (width / 2)
    return _points(np.concatenate((way + aside, (way - aside)[::-1])))


def draw_line(canvas: Canvas, line: Line) -> None:
    """A route: a dash or a ribbon, on a rim of paper, with its head in the direction of the flow."""
    route, length = line.route, length_of(line.way)
    carries = not route.idle and carried(route.flow) > 0
    if not carries or length < 2:
        xs, ys = line.way.T.tolist()
        canvas.line(xs, ys, line.color, line.width, "--" if route.planned else "-")
        return
    canvas.areas([ribbon(line.way, line.width + 2.0)], style.PAPER)
    if route.planned:
        on, off = 6 + 0.6 * line.width, 3.5 + 0.2 * line.width
        starts = np.arange(5.0, max(5.1, length - 7), on + off)  # clear of the dots at both ends
        dashes = [cut(line.way, s, min(max(s + 1, length - 5), s + on)) for s in starts]
        canvas.areas([ribbon(dash, line.width) for dash in dashes], line.color)
    else:
        canvas.areas([ribbon(line.way, line.width)], line.color)
    head = min(0.6 * length, 7 + 0.7 * line.width)
    middle = 0.6 * length
    back, tip = cut(line.way, middle - head / 2, middle + head / 2)[[0, -1]]
    along = (tip - back) / max(float(np.hypot(*(tip - back))), 1e-9)
    half = np.array([-along[1], along[0]]) * (line.width / 2 + 3.6)
    rim = np.array([-along[1], along[0]]) * (line.width / 2 + 5.6)
    canvas.areas([_points(np.array([back + rim - along, tip + 2.4 * along, back - rim - along]))], style.PAPER)
    canvas.areas([_points(np.array([back + half, tip, back - half]))], line.color)


def _points(line: Floats) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in line]
