"""From what projects wait for to what becomes of them.

**Decision.** In year y a project that is not yet decided is exposed from

    x = max(start, as_of, y, the opening of everything that it needs)     to     y + 1,

if it is `ready` in y and all that it needs opens before y + 1. While it is exposed, the time to the decision is
exponential with the rate `pace`; an exponential time has no memory, so each year's is drawn afresh: with E exponential
of rate 1, it is decided at x + E / pace if that is before y + 1. An infinite pace decides at x.

**Building.** The real building time is T = build x delay. A share `completed` of what is decided opens at decided + T;
the rest is abandoned at decided + U T, with U uniform. Spending is even over [decided, decided + T] at the rate
overrun / T, until the project is opened or abandoned; where T = 0 all is spent in the year of the decision.

**Working.** At s years from the opening reached x min(s / ramp, 1) of the planned capacity works, until `life` is over,
less what stops (`down`). With m = min(s, ramp) it has given G(s) = reached (m² / (2 ramp) + s - m) by then, so the mean
over a year is a difference of G: nothing is stepped or rounded within the year.

A project that is `built` was decided at `start` and opened at start + build, and spends nothing.

The project as one exponential wait, then one building time, and the reasons for distributions of delay and overrun from
projects of the same class, follow Flyvbjerg, "From Nobel Prize to Project Management: Getting Risks Right", Project
Management Journal 37 (2006) 5-15.

**Properties.** With the same luck, a gate that opens later, a later start or a slower pace never decides or opens a
project earlier.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

import numpy as np

from tumen.delivery._project import Project
from tumen.delivery._timeline import Course, Timeline
from tumen.errors import did_you_mean, unknown_name
from tumen.uncertainty import Array

__all__ = ["simulate"]

_INSTANT = 1e-9  # years; building that is shorter than that takes no time


def simulate(years: Sequence[int], as_of: float, projects: Sequence[Project]) -> Timeline:
    """What becomes of each project: decisions are taken from `as_of` (a decimal year) on, over consecutive `years`.

    Raises ValueError where a name comes twice, years or draws do not fit, or projects wait for each other in a circle,
    and UnknownName where a project needs one that does not exist.
    """
    kept = tuple(int(year) for year in years)
    if not kept or kept != tuple(range(kept[0], kept[0] + len(kept))):
        raise ValueError(f"the years are {list(kept)}; expected consecutive years, at least one")
    if not np.isfinite(as_of):
        raise ValueError(f"as_of is {as_of}; expected a decimal year, such as 2014.41")
    named = _named(projects, len(kept))
    courses: dict[str, Course] = {}
    for name in _order(named):
        project = named[name]
        courses[name] = _course(project, kept, float(as_of), courses)
    return Timeline(kept, float(as_of), {name: courses[name] for name in named})


def _named(projects: Sequence[Project], years: int) -> dict[str, Project]:
    named: dict[str, Project] = {}
    for project in projects:
        if project.name in named:
            raise ValueError(f"two projects have the name {project.name!r}; expected each name once")
        named[project.name] = project
        first = projects[0].ready.shape[0], years
        if project.ready.shape != first:
            raise ValueError(
                f"project {project.name!r} has the shape {project.ready.shape}; expected {first}: draws as the first "
                "project has, years as simulated"
            )
    return named


def _order(named: Mapping[str, Project]) -> tuple[str, ...]:
    """Names in an order in which everything comes after what it needs."""
    for name, project in named.items():
        for need in project.needs:
            if need not in named:
                missing = unknown_name("project", need, named)
                raise type(missing)(f"project {name!r} needs {need!r}, which is none; {did_you_mean(need, named)}")
    try:
        return tuple(TopologicalSorter({name: project.needs for name, project in named.items()}).static_order())
    except CycleError as error:
        circle = " needs ".join(repr(name) for name in reversed(error.args[1]))
        raise ValueError(f"projects wait for each other in a circle: {circle}; take one of the needs out") from None


def _course(project: Project, years: tuple[int, ...], as_of: float, courses: Mapping[str, Course]) -> Course:
    from scipy import special

    if project.built:
        opened = project.start + project.build
        never = np.full(len(opened), np.inf)
        return Course(project.start, opened, never, np.zeros(project.ready.shape), _working(project, opened, years))
    after = np.maximum(project.start, as_of)
    for need in project.needs:
        after = np.maximum(after, courses[need].opened)
    decided = _decided(project, years, after)
    with np.errstate(under="ignore"):
        completed = (special.ndtr(project.luck[1, :, 0]) < project.completed) | (project.completed >= 1)
        share = np.where(completed, 1.0, special.ndtr(project.luck[2, :, 0]))
    time = project.build * project.delay
    end = decided + share * time
    return Course(
        decided=decided,
        opened=np.where(completed, end, np.inf),
        abandoned=np.where(completed, np.inf, end),
        spent=_spent(project, decided, time, share, years),
        working=_working(project, np.where(completed, end, np.inf), years),
    )


def _decided(project: Project, years: tuple[int, ...], after: Array) -> Array:
    """When it is decided: (draw,)."""
    from scipy import special

    decided = np.full(after.shape, np.inf)
    at_once = np.isinf(project.pace)
    pace = np.where(at_once, 1.0, project.pace)
    for t, year in enumerate(years):
        begin = np.maximum(after, year)
        exposed = project.ready[:, t] & (begin < year + 1) & np.isinf(decided)
        left = np.where(exposed, year + 1 - begin, 0.0)
        # -log(1 - U) with U uniform, by the normal's own tail: finite for every finite luck.
        with np.errstate(under="ignore"):
            wait = np.where(at_once, 0.0, -special.log_ndtr(-project.luck[0, :, t]))
            now = exposed & (at_once | (wait < pace * left))
            lag = np.divide(wait, pace, out=np.zeros_like(wait), where=now)
        # A decision stays in its year whatever the rounding of the sum.
        decided = np.where(now, np.minimum(begin + lag, np.nextafter(year + 1.0, 0.0)), decided)
    return decided


def _spent(project: Project, decided: Array, time: Array, share: Array, years: tuple[int, ...]) -> Array:
    """Share of the planned capital that is spent in each year: (draw, year)."""
    edges = np.arange(years[0], years[-1] + 2, dtype=np.float64)
    at_once = time <= _INSTANT
    since = (edges - decided[:, None]) / np.where(at_once, 1.0, time)[:, None]
    gone = np.where(at_once[:, None], np.where(since >= 0, share[:, None], 0.0), np.clip(since, 0.0, share[:, None]))
    return np.asarray(np.diff(gone, axis=1) * project.overrun[:, None])


def _working(project: Project, opened: Array, years: tuple[int, ...]) -> Array:
    """Share of the planned capacity that works in each year: (draw, year)."""
    edges = np.arange(years[0], years[-1] + 2, dtype=np.float64)
    ramp = project.ramp[:, None]
    since = np.clip(edges - opened[:, None], 0.0, project.life[:, None])
    rising = np.minimum(since, ramp)
    risen = np.divide(rising, ramp, out=np.zeros_like(rising), where=ramp > 0)
    mean = np.clip(np.diff(0.5 * rising * risen + (since - rising), axis=1), 0.0, 1.0)
    return np.asarray(mean * project.reached[:, None] * (1.0 - project.down))
