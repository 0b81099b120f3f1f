"""A comparison in words: tables that fit into 80 columns, for a `repr` and for the command line alike."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tumen import claims

if TYPE_CHECKING:
    from tumen._compare import ClaimChange, Comparison
    from tumen._compare_inputs import InputChange
    from tumen._compare_shares import Share

__all__ = ["Part", "as_text", "parts"]

_INPUTS, _CLAIMS, _ATTRIBUTED, _NAMED = 20, 15, 8, 6  # what is shown of each, the rest is counted
_WIDTH = 80
_MINUS = "\N{MINUS SIGN}"
_ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


@dataclass(frozen=True, slots=True)
class Part:
    """One table: its headers and rows, how wide its columns are at most, and remarks below it.

    `figures` are the columns that hold figures, which are set to the right.
    """

    title: str
    headers: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    figures: frozenset[int] = frozenset()
    widths: tuple[int, ...] = ()
    remarks: tuple[str, ...] = ()


def parts(comparison: Comparison, claim: str | None = None) -> tuple[Part, ...]:
    """What is shown of a comparison, or of one claim in it. Raises UnknownName for a claim that is not in both."""
    if claim is not None:
        comparison.claim(claim)
    found = [_head(comparison), _inputs(comparison), _changes(comparison, claim)]
    if comparison.draws:
        found.append(_attribution(comparison, claim))
    return tuple(found)


def as_text(comparison: Comparison) -> str:
    """All tables as plain text."""
    return "\n\n".join("\n".join(_lines(part)) for part in parts(comparison))


# ---- the parts


def _head(comparison: Comparison) -> Part:
    how = "Both stand on the same worlds, so differences are taken draw by draw (paired)."
    if not comparison.paired:
        how = "Seed or draws differ, so differences are not paired and only large ones can be told."
    title = f"From {comparison.before} to {comparison.after}"
    return Part(title, remarks=(*(f"Warning: {text}." for text in comparison.warnings), how))


def _inputs(comparison: Comparison) -> Part:
    figures = [change for change in comparison.inputs if change.kind != "words"]
    words = len(comparison.inputs) - len(figures)
    rows = tuple(_input(change) for change in figures[:_INPUTS])
    remarks = []
    if len(figures) > _INPUTS:
        remarks.append(f"... and {len(figures) - _INPUTS} more.")
    if words:
        remarks.append(f"{_count(words, 'remark, title or source differs', 'remarks, titles or sources differ')} too.")
    title = "Inputs that differ" if figures else "No figure, table, claim or setting differs"
    return Part(title, ("input", "before", "after") if rows else (), rows, widths=(38, 19, 19), remarks=tuple(remarks))


def _input(change: InputChange) -> tuple[str, str, str]:
    return change.name, _short(change.before) or "(not there)", _short(change.after) or "(not there)"


def _changes(comparison: Comparison, claim: str | None) -> Part:
    changed = [change for change in comparison.claims if change.beyond]
    shown = [comparison.claim(claim)] if claim is not None else changed[:_CLAIMS]
    remarks = list(_counted(comparison, len(shown) if claim is None else len(changed)))
    headers = ("claim", "before", "after", "points", "median before", "median after")
    title = "Claims whose answer differs" if shown else "No answer differs by more than the draws leave open"
    return Part(
        title, headers if shown else (), tuple(map(_change, shown)), frozenset({1, 2, 3, 4, 5}),
        (20, 11, 11, 10, 10, 10), tuple(remarks),
    )  # fmt: skip


def _counted(comparison: Comparison, shown: int) -> Iterator[str]:
    beyond = [change for change in comparison.claims if change.beyond]
    within = [change.claim for change in comparison.claims if not change.same and not change.beyond]
    same = sum(change.same for change in comparison.claims)
    if len(beyond) > shown:
        yield f"... and {len(beyond) - shown} more: {_listed(c.claim for c in beyond[shown:])}."
    if within:
        yield f"{_count(len(within), 'claim differs', 'claims differ')} by no more than the draws leave open."
    if same:
        yield f"{_count(same, 'claim is', 'claims are')} the same in every draw."
    for where, names in (("first", comparison.only_before), ("second", comparison.only_after)):
        if names:
            yield f"Only in the {where}: {_listed(names)}."


def _change(change: ClaimChange) -> tuple[str, ...]:
    return (
        change.claim,
        _probability(change.probability_before, change.draws_before),
        _probability(change.probability_after, change.draws_after),
        _points(change.difference, change.se),
        claims.format_value(change.median_before, change.unit),
        claims.format_value(change.median_after, change.unit_after or change.unit),
    )


def _attribution(comparison: Comparison, claim: str | None) -> Part:
    asked = [comparison.claim(claim)] if claim is not None else [c for c in comparison.claims if c.beyond]
    rows: list[tuple[str, ...]] = []
    for change in asked[:_ATTRIBUTED]:
        own = comparison.explained(change.claim)
        label = change.claim
        for share in own[:_NAMED]:
            rows.append((label, share.input, *_share(share, change)))
            label = ""
        if len(own) > _NAMED:
            rows.append(("", f"... and {len(own) - _NAMED} more", "", ""))
    title = f"What brings it about (Shapley value, on {comparison.draws:,} draws)" if rows else "Nothing to attribute"
    headers = ("claim", "input", "points", "median") if rows else ()
    return Part(title, headers, tuple(rows), frozenset({2, 3}), (19, 35, 10, 10), tuple(_how(comparison, len(asked))))


def _how(comparison: Comparison, asked: int) -> Iterator[str]:
    if asked > _ATTRIBUTED:
        yield f"... and {asked - _ATTRIBUTED} more claims; name one to see it."
    if comparison.idle:
        yield f"Changes no answer: {_listed(comparison.idle)}."
    for name in comparison.joined:
        yield f"Taken together, for one alone makes no case: {name}."
    if comparison.orders:
        yield f"From {comparison.orders} orders of exchange, drawn at random; the errors count that too."


def _share(share: Share, change: ClaimChange) -> tuple[str, str]:
    median = "" if share.median is None else claims.format_value(share.median, change.unit)
    if share.median and share.median > 0:
        median = f"+{median}"
    return _points(share.probability, share.se), median if share.median else ""


# ---- words and figures


def _probability(p: float, draws: int) -> str:
    return claims.format_probability(p, 0.0, draws).partition(" (")[0]


def _points(difference: float, se: float) -> str:
    """A difference of probabilities in percentage points, with its standard error where there is one."""
    size = f"{100 * difference:+.1f}".replace("-", _MINUS) if difference else "0"
    return f"{size} ±{100 * se:.1f}" if se >= 0.0005 else size


def _listed(names: Iterable[str]) -> str:
    every = list(names)
    more = f" and {len(every) - _NAMED} more" if len(every) > _NAMED else ""
    return ", ".join(every[:_NAMED]) + more


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _short(text: str, most: int = 60) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + _ELLIPSIS


# ---- plain text


def _lines(part: Part) -> Iterator[str]:
    yield from textwrap.wrap(part.title, _WIDTH) or [""]
    if part.rows:
        table = (part.headers, *part.rows)
        columns = range(len(part.headers))
        widths = [min(max(len(row[i]) for row in table), part.widths[i]) for i in columns]
        for row in table:
            yield from _folded(row, widths, part.figures)
    for remark in part.remarks:
        yield from textwrap.wrap(remark, _WIDTH - 2, initial_indent="  ", subsequent_indent="  ")


def _folded(row: Sequence[str], widths: Sequence[int], figures: frozenset[int]) -> Iterator[str]:
    """One row as lines, its cells folded to the widths of their columns."""
    cells = [textwrap.wrap(cell, width) or [""] for cell, width in zip(row, widths, strict=True)]
    for number in range(max(map(len, cells))):
        texts = [cell[number] if number < len(cell) else "" for cell in cells]
        set_out = (
            t.rjust(w) if i in figures else t.ljust(w) for i, (t, w) in enumerate(zip(texts, widths, strict=True))
        )
        yield "  " + " ".join(set_out).rstrip()
