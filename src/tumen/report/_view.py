"""What the template shows of each answer: words, charts drawn twice (for a desk and for a phone), bars, sources."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from markupsafe import Markup

from tumen.claims._answer import Answer, Breakeven, Driver, Figure, SourceNote
from tumen.claims._values import (
    format_range,
    format_value,
    likelihood_words,
    probability_figure,
    standard_error_figure,
)
from tumen.claims._words import (
    about,
    breakeven_words,
    cite,
    humanise,
    matters,
    named,
    ranked,
    spread,
    statement,
    would_take,
)
from tumen.report import _fan, _plots, style
from tumen.report._canvas import typeset
from tumen.report._explained import Dial, Own, Parts, own_values, parts

__all__ = ["Bar", "Card", "Chart", "Cite", "Lever", "Slice", "Twin", "bibliography", "card", "link", "typeset"]

_MOST_DRIVERS = 8
_LEAST_SHARE = 0.01  # below it, a share cannot be told from the noise of its estimate
_OWN = "Question of the case"  # what the analyst asks is no quotation


@dataclass(frozen=True, slots=True)
class Cite:
    """A source of the page with its number."""

    number: int
    source: SourceNote
    short: str


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart in its two widths, with its caption."""

    title: str
    gloss: str
    wide: Markup
    narrow: Markup


@dataclass(frozen=True, slots=True)
class Bar:
    """One driver: lengths in per cent of the width of the bar's cell."""

    name: str
    share: str
    interval: str
    sense: str
    length: str
    low: str
    high: str


@dataclass(frozen=True, slots=True)
class Slice:
    """One engine's share: words, and its part of the bar in per cent of the width."""

    name: str
    share: str
    interval: str
    start: str
    length: str
    tone: str


@dataclass(frozen=True, slots=True)
class Lever:
    """One break-even: words and, where the grid is known, its curve."""

    name: str
    planned: str
    now: str
    tried: str
    even: str
    words: str
    curve: Markup | None


@dataclass(frozen=True, slots=True)
class Twin:
    """A label beside its value, with a remark."""

    label: str
    value: str
    note: str


@dataclass(frozen=True, slots=True)
class Card:
    """All that one card and its line in the summary show."""

    answer: Answer
    number: int
    anchor: str
    title: str
    headline: str
    own: bool
    scope: str
    likelihood: str
    figure: str
    error: str
    percent: str
    median: str
    spread: str
    sentence: str
    chart: Chart | None
    bars: tuple[Bar, ...]
    others: int
    levers: tuple[Lever, ...]
    figures: tuple[Twin, ...]
    envelope: Twin | None
    formula: str
    sources: tuple[Cite, ...]
    engines: tuple[Slice, ...]
    parts: Parts | None
    at_own: tuple[Own, ...]


def link(address: str) -> str:
    """An address that may become a link: http or https with a host and without odd characters; else blank."""
    text = address.strip()
    if re.search(r"[\x00-\x20\x7f<>\"'`\\]", text):
        return ""
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return ""
    return text if parts.scheme.lower() in {"http", "https"} and host else ""


def bibliography(lists: Iterable[Sequence[SourceNote]]) -> tuple[Cite, ...]:
    """Every distinct source of the page, numbered in order of first use."""
    distinct = dict.fromkeys(source for sources in lists for source in sources)
    return tuple(Cite(number, source, cite(source)) for number, source in enumerate(distinct, 1))


def card(answer: Answer, number: int, sources: Sequence[Cite], dials: Sequence[Dial] = ()) -> Card:
    """One answer made ready; draws its charts."""
    key = f"c{number}"
    slug = re.sub(r"[^a-z0-9]+", "-", answer.claim.lower()).strip("-")[:60]
    numbered = {entry.source: entry for entry in sources}
    drivers = ranked(answer)
    shown = [driver for driver in drivers[:_MOST_DRIVERS] if driver.share >= _LEAST_SHARE]
    p = min(1.0, max(0.0, answer.probability)) if math.isfinite(answer.probability) else 0.0
    lead = " ".join(part for part in (spread(answer), would_take(answer), matters(answer)) if part)
    return Card(
        answer=answer,
        number=number,
        anchor=f"claim-{number}" + (f"-{slug}" if slug else ""),
        title=statement(answer),
        headline=answer.said.strip() or statement(answer),
        own=answer.by.startswith(_OWN),
        scope=_scope(answer),
        likelihood=likelihood_words(answer.probability),
        figure=probability_figure(answer.probability, answer.draws),
        error=_error(answer),
        percent=f"{100 * p:.2f}",
        median=format_value(answer.median, answer.unit),
        spread=format_range(answer.p05, answer.p95, answer.unit),
        sentence=lead,
        chart=_chart(answer, key),
        bars=_bars(shown),
        others=max(0, len(drivers) - len(shown)),
        levers=tuple(_lever(item, f"{key}-l{i}") for i, item in enumerate(named(answer), 1)),
        figures=tuple(_twin(item) for item in answer.figures),
        envelope=_envelope(answer),
        formula=answer.envelope.formula.strip() if answer.envelope else "",
        sources=tuple(sorted((numbered[s] for s in dict.fromkeys(answer.sources)), key=lambda entry: entry.number)),
        engines=_slices(answer),
        parts=parts(answer),
        at_own=own_values(answer, dials),
    )


def _scope(answer: Answer) -> str:
    """The arguments of the measure: "between RUS, PRK; statistics russian-customs"."""
    told = "" if answer.target_year is None else str(answer.target_year)
    return "; ".join(f"{humanise(name)} {value}" for name, value in answer.where if value.strip() != told)


def _error(answer: Answer) -> str:
    """The standard error, or the count of draws where every one of them agrees."""
    if answer.probability in {0.0, 1.0}:
        return f"{'none' if answer.probability == 0 else 'all'} of {answer.draws:,} draws"
    error = standard_error_figure(answer.se)
    return f"± {error} points (standard error)" if error else ""


def _chart(answer: Answer, key: str) -> Chart | None:
    """The fan where there is a path, else the histogram, else nothing."""
    title = about(answer)
    if _fan.can_draw(answer) and answer.path is not None:
        known = "Marks: published figures; thin lines: the range that a source itself gives. "
        gloss = known if answer.path.history else ""
        scale = " Logarithmic scale." if answer.path.log_scale else ""
        gloss += f"Fan: the draws, {_levels(answer.path.levels)}.{scale}"
        wide = _fan.fan(answer, f"{key}w", style.WIDE, 400)
        return Chart(title, gloss, wide, _fan.fan(answer, f"{key}n", style.NARROW, 340))
    if _plots.can_draw(answer):
        wide = _plots.histogram(answer, f"{key}w", style.WIDE, 224)
        gloss = "Bars: how the draws spread; blue where the claim holds, grey where it fails."
        return Chart(title, gloss, wide, _plots.histogram(answer, f"{key}n", style.NARROW, 230))
    return None


def _levels(levels: Sequence[float]) -> str:
    """The bands of a fan in words: "5-95 % and 25-75 % around the median"."""
    ordered = sorted(levels)
    count = len(ordered)
    bands = [f"{100 * ordered[i]:.3g}-{100 * ordered[count - 1 - i]:.3g} %" for i in range(count // 2)]
    text = " and ".join([", ".join(bands[:-1]), bands[-1]] if len(bands) > 1 else bands)
    return f"{text} around the median" if count % 2 else text


def _bars(drivers: Sequence[Driver]) -> tuple[Bar, ...]:
    ends = [v for d in drivers for v in (d.share, d.high) if math.isfinite(v)]
    longest = max([0.05, *ends])

    def length(value: float) -> str:
        return f"{100 * min(1.0, max(0.0, value) / longest):.2f}" if math.isfinite(value) else ""

    bars = []
    for driver in drivers:
        ranged = math.isfinite(driver.low) and math.isfinite(driver.high)
        interval = format_range(max(0.0, driver.low), max(0.0, driver.high), "share") if ranged else ""
        low, high = (length(driver.low), length(driver.high)) if ranged else ("", "")
        name = "chance and interplay" if driver.name == "chance" else humanise(driver.name)
        share = format_value(max(0.0, driver.share), "share")
        bars.append(Bar(name, share, interval, _sense(driver), length(driver.share), low, high))
    return tuple(bars)


def _slices(answer: Answer) -> tuple[Slice, ...]:
    """The engines whose share can be told from none, the largest first, and chance last."""
    known = [item for item in answer.engines if math.isfinite(item.share) and item.share >= _LEAST_SHARE]
    known.sort(key=lambda item: (item.engine == "chance", -item.share))
    whole, start, slices = max(1.0, sum(item.share for item in known)), 0.0, []
    for number, item in enumerate(known, 1):
        length = 100 * item.share / whole
        chance = item.engine == "chance"
        slices.append(
            Slice(
                "chance and interplay" if chance else humanise(item.engine), format_value(item.share, "share"),
                format_range(item.low, item.high, "share"), f"{start:.2f}", f"{length:.2f}",
                "chance" if chance else f"tone{min(number, 5)}",
            )
        )  # fmt: skip
        start += length
    return tuple(slices) if any(item.engine != "chance" for item in known) else ()


def _sense(driver: Driver) -> str:
    """The sign of the rank correlation in words."""
    if driver.name == "chance":
        return "no direction"
    if not math.isfinite(driver.rank_correlation) or abs(driver.rank_correlation) < 0.05:
        return "no clear direction"
    return f"higher \N{RIGHTWARDS ARROW} {'higher' if driver.rank_correlation > 0 else 'lower'}"


def _lever(item: Breakeven, key: str) -> Lever:
    even = format_value(item.value, item.unit) if item.value is not None else "none in range"
    words = breakeven_words(item)
    return Lever(
        name=humanise(item.lever),
        planned=format_value(item.base, item.unit),
        now="Planned" if item.chosen else "Assumed",
        tried=format_range(item.low, item.high, item.unit),
        even=even,
        words=f"{words[:1].upper()}{words[1:]}.",
        curve=_plots.breakeven_curve(item, key) if _plots.can_draw_curve(item) else None,
    )


def _twin(item: Figure) -> Twin:
    value = format_value(item.value, item.unit)
    if item.low is not None and item.high is not None:
        value += f" ({format_range(item.low, item.high, item.unit)})"
    label = item.label.strip()
    return Twin(label[:1].upper() + label[1:], value, item.note.strip())


def _envelope(answer: Answer) -> Twin | None:
    if answer.envelope is None:
        return None
    value = format_value(answer.envelope.value, answer.unit)
    beside = f"against a median of {format_value(answer.median, answer.unit)}"
    warning = answer.envelope.warning.strip()
    return Twin(beside, value, warning[:1].upper() + warning[1:])
