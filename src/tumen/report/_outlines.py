"""Outlines of countries: decoding TopoJSON, a conic projection, and clipping to a rectangle.

TopoJSON keeps each stretch of coast or border once, as an arc: its points are whole numbers, each the difference from
the point before, on a grid with a `scale` and a `translate`. A ring of a country is a list of arcs; ~i is arc i read
backwards. Where a ring crosses 180 degrees its longitudes go on (181, 182), so that no line jumps across the map.

Projection: equidistant conic (Snyder, 1987, Map Projections, USGS Professional Paper 1395, section 16) with standard
parallels at a sixth from the top and the bottom of what is shown. For p in radians and l from the middle meridian:

    n = (cos p1 - cos p2) / (p2 - p1),   r = cos(p1) / n + p1 - p,   x = r sin(n l),   y = r cos(n l), downwards

Polygons are clipped by each side of the rectangle in turn (Sutherland and Hodgman, 1974, CACM 17).
The outlines are Natural Earth's, in the public domain; outlines/NOTICE gives origin and licence.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Conic",
    "Country",
    "Floats",
    "Outlines",
    "clip_line",
    "clip_ring",
    "contains",
    "decoded",
    "outlines",
    "thin",
]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Country:
    """A country by its ISO 3166-1 number, as text, with closed rings of longitude and latitude, degrees."""

    code: str
    name: str
    rings: tuple[Floats, ...]


@dataclass(frozen=True, slots=True)
class Outlines:
    """Countries, and each stretch of coast and of border once: points, with a row of NaN between two stretches."""

    countries: tuple[Country, ...]
    coasts: Floats
    borders: Floats


@cache
def outlines() -> Outlines:
    """The outlines that come with the package."""
    file = files("tumen.report").joinpath("outlines", "countries-50m.json")
    return decoded(json.loads(file.read_text(encoding="utf-8")))


def decoded(topology: dict[str, Any]) -> Outlines:
    """Outlines from a TopoJSON topology with an object `countries`."""
    transform = topology.get("transform", {"scale": (1.0, 1.0), "translate": (0.0, 0.0)})
    scale, shift = (np.array(transform[name], dtype=float) for name in ("scale", "translate"))
    quantised = "transform" in topology
    arcs = []
    for arc in topology["arcs"]:
        points = np.array(arc, dtype=float)
        degrees = (points.cumsum(axis=0) if quantised else points) * scale + shift
        degrees[:, 0] = np.unwrap(degrees[:, 0], period=360.0)
        arcs.append(degrees)
    countries, users = [], [0] * len(arcs)
    for shape in topology["objects"]["countries"]["geometries"]:
        polygons = {"Polygon": [shape.get("arcs")], "MultiPolygon": shape.get("arcs")}.get(shape["type"], [])
        lists = [ring for polygon in polygons for ring in polygon]
        for number in {i if i >= 0 else ~i for i in chain.from_iterable(lists)}:
            users[number] += 1
        rings = tuple(ring for ring in (_ring(arcs, numbers) for numbers in lists) if ring is not None)
        countries.append(Country(str(shape.get("id", "")), str(shape.get("properties", {}).get("name", "")), rings))
    coasts = _apart([arc for arc, count in zip(arcs, users, strict=True) if count == 1])
    borders = _apart([arc for arc, count in zip(arcs, users, strict=True) if count > 1])
    return Outlines(tuple(countries), coasts, borders)


def _ring(arcs: list[Floats], numbers: list[int]) -> Floats | None:
    """One closed ring; None for one that goes round a pole, which has no inside on a flat map."""
    parts: list[Floats] = []
    for i in numbers:
        part = arcs[i] if i >= 0 else arcs[~i][::-1]
        if parts:
            turn = 360.0 * round((parts[-1][-1, 0] - part[0, 0]) / 360.0)
            part = part[1:] + np.array((turn, 0.0))
        parts.append(part)
    ring = np.concatenate(parts)
    if abs(ring[-1, 0] - ring[0, 0]) > 180:
        return None
    ring[-1] = ring[0]
    ring.setflags(write=False)
    return ring


def _apart(lines: list[Floats]) -> Floats:
    gap = np.full((1, 2), np.nan)
    joined = np.concatenate([part for line in lines for part in (line, gap)] or [gap])
    joined.setflags(write=False)
    return joined


@dataclass(frozen=True, slots=True)
class Conic:
    """An equidistant conic projection about a meridian and two parallels, then a scale and a shift to pixels."""

    meridian: float
    cone: float
    apex: float
    scale: float = 1.0
    left: float = 0.0
    top: float = 0.0

    @classmethod
    def about(cls, meridian: float, south: float, north: float) -> Conic:
        """For a span of latitudes, degrees, and a middle meridian."""
        sixth = (north - south) / 6
        first, second = math.radians(south + sixth), math.radians(north - sixth)
        wide = second - first
        cone = (math.cos(first) - math.cos(second)) / wide if wide > 1e-6 else math.sin(first)
        # At the equator the cone is a cylinder; one that is nearly so looks the same.
        cone = math.copysign(max(abs(cone), 1e-3), cone)
        return cls(meridian, cone, math.cos(first) / cone + first)

    def __call__(self, degrees: Floats) -> Floats:
        """Pixels of points of longitude and latitude, shape (points, 2); longitudes are taken as they are."""
        radius = self.apex - np.radians(degrees[:, 1])
        angle = self.cone * np.radians(degrees[:, 0] - self.meridian)
        across, down = radius * np.sin(angle), radius * np.cos(angle) - self.apex
        # down is measured from the equator on the middle meridian, so that no large numbers cancel near the equator
        return np.column_stack((self.left + self.scale * across, self.top + self.scale * down))

    def near(self, degrees: Floats) -> Floats:
        """The same points with longitudes within 180 degrees of the middle meridian."""
        turned = degrees.copy()
        turned[:, 0] = self.meridian + (turned[:, 0] - self.meridian + 180.0) % 360.0 - 180.0
        return turned


def thin(points: Floats, step: float = 0.5, least: float = 0.2) -> Floats:
    """With fewer points, so that the eye sees no difference: ends and gaps (NaN) stay.

    Out go points that fall, on a grid of `step`, on the one before, then in some rounds those that span less than the
    area `least` with their neighbours (after Visvalingam and Whyatt, 1993, The Cartographic Journal 30).
    """
    if len(points) < 3:
        return points
    cells = np.round(points / step)
    kept = np.ones(len(points), dtype=bool)
    kept[1:-1] = (cells[1:-1] != cells[:-2]).any(axis=1)
    points = points[kept]
    for turn in range(6):
        before, after = np.diff(points, axis=0)[:-1], np.diff(points, axis=0)[1:]
        area = np.abs(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]) / 2
        flat = np.concatenate(([False], area < least, [False]))
        flat[turn % 2 :: 2] = False  # of two neighbours at most one goes at a time
        if len(points) - flat.sum() > 3:
            points = points[~flat]
    return points


Rectangle = tuple[float, float, float, float]


def _sides(frame: Rectangle) -> tuple[tuple[int, float, float], ...]:
    """The sides of a rectangle (left, top, right, bottom) as axis, place, and sign of the inside."""
    left, top, right, bottom = frame
    return (0, left, 1.0), (0, right, -1.0), (1, top, 1.0), (1, bottom, -1.0)


def _crossed(points: Floats, following: Floats, axis: int, place: float, sign: float) -> tuple[Floats, Floats]:
    """Distances of points inside one side, and where the way to the following points crosses it (else NaN)."""
    inside, beyond = sign * (points[:, axis] - place), sign * (following[:, axis] - place)
    crosses = (inside >= 0) != (beyond >= 0)
    crosses &= np.isfinite(inside) & np.isfinite(beyond)
    where = np.full_like(points, np.nan)
    part = inside[crosses] / (inside[crosses] - beyond[crosses])
    where[crosses] = points[crosses] + part[:, None] * (following[crosses] - points[crosses])
    where[crosses, axis] = place
    return inside, where


def clip_ring(ring: Floats, frame: Rectangle) -> Floats:
    """A closed or open ring cut to a rectangle, open; of shape (0, 2) where nothing of it is inside."""
    points = ring[:-1] if len(ring) > 1 and (ring[0] == ring[-1]).all() else ring
    for side in _sides(frame):
        inside, where = _crossed(points, np.roll(points, -1, axis=0), *side)
        both = np.stack((np.where(inside[:, None] >= 0, points, np.nan), where), axis=1).reshape(-1, 2)
        points = both[np.isfinite(both[:, 0])]
    return points


def clip_line(line: Floats, frame: Rectangle) -> list[Floats]:
    """The pieces of a line, or of several with rows of NaN between them, that lie in a rectangle."""
    for side in _sides(frame):
        following = np.concatenate((line[1:], np.full((1, 2), np.nan)))
        inside, where = _crossed(line, following, *side)
        out = inside < 0
        both = np.stack((np.where(out[:, None], np.nan, line), where), axis=1).reshape(-1, 2)
        # Between two points inside there is no crossing, and no gap either.
        both = np.delete(both, 2 * np.flatnonzero(~out & np.isnan(where[:, 0])) + 1, axis=0)
        line = both
    gap = np.isnan(line[:, 0])
    line = line[~(gap & np.append(True, gap[:-1]))]
    pieces = np.split(line, np.flatnonzero(np.isnan(line[:, 0])))
    return [piece for piece in (p[1:] if len(p) and np.isnan(p[0, 0]) else p for p in pieces) if len(piece) > 1]


def contains(ring: Floats, points: Floats) -> NDArray[np.bool_]:
    """Whether each of the points lies in a ring, by the count of crossings to its right."""
    start, end = ring, np.roll(ring, -1, axis=0)
    x, y = points[:, :1], points[:, 1:]
    spans = (start[:, 1] > y) != (end[:, 1] > y)
    rise = np.where(end[:, 1] == start[:, 1], 1.0, end[:, 1] - start[:, 1])
    at = start[:, 0] + (y - start[:, 1]) / rise * (end[:, 0] - start[:, 0])
    return np.asarray((spans & (x < at)).sum(axis=1) % 2 == 1)
