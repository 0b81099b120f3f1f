"""What is handed back of pages: a draft in YAML, a table in CSV, and a page to review them in.

The draft is laid out as a case is: title, as_of, horizon, players, sources, initiatives, claims. Every claim says where
it stands (`at`: page, first and last character), how it was found, and `review: needed`; a person sets that to
`accepted` or `struck`. A clause is told without the `but` or `and` that leads on to it, and who says so only where
somebody is named: `few expect` names nobody.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from tumen.errors import CaseError
from tumen.reading._claims import Claim
from tumen.reading._dates import ends_of
from tumen.reading._link import Story
from tumen.reading._tables import records, words

__all__ = ["COLUMNS", "claims_table", "draft_parts", "draft_yaml", "said_of", "scalar", "source_of", "state_name"]

COLUMNS = (
    "page",
    "sentence",
    "start",
    "end",
    "kind",
    "subject",
    "actors",
    "quantity",
    "unit",
    "date",
    "source",
    "hedged",
    "method",
)


def claims_table(claims: Iterable[Claim]) -> str:
    """The claims as CSV, a row each; `start` and `end` are the sentence's place in the original page."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in claims:
        writer.writerow([
            one.page, one.text, one.start, one.end, one.kind, one.subject, " ".join(one.actors), one.quantity, one.unit,
            one.date, source_of(one), "yes" if one.hedged else "no", one.method,
        ])  # fmt: skip
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class DraftParts:
    """A draft in pieces, so that rows can be left out: what stands before the claims, and each claim."""

    head: str
    claims: tuple[tuple[str, str], ...]


def draft_yaml(story: Story) -> str:
    """The whole draft. Raises CaseError where a page has no date."""
    parts = draft_parts(story)
    return parts.head + "".join(text for _, text in parts.claims)


@lru_cache(maxsize=1)
def draft_parts(story: Story) -> DraftParts:
    """The draft in pieces. Raises CaseError with every page without a date: another page's day says nothing of it."""
    missing = [reading.page.name for reading in story.readings if reading.date is None]
    if missing:
        when = "say with --date when the page was published, as in 2014-05-31"
        raise CaseError([f"{name}: no date was found; {when}" for name in missing])
    days = [reading.date for reading in story.readings if reading.date is not None]
    as_of = max(days)
    codes = list(dict.fromkeys(code for claim in story.claims for code in claim.actors))
    lines = [
        "# A draft read from pages. Review each claim: set `review` to accepted or struck, then make a case of it:",
        "#   tumen new my-case --from claims_draft.yaml",
        "draft: 1",
        f"title: {scalar('; '.join(reading.title for reading in story.readings)[:160])}",
        f"as_of: {as_of}",
        f"horizon: {as_of.year - 1}..{last_year(story.claims, as_of.year)}",
        "players: {" + ", ".join(f"{code}: {scalar(state_name(code))}" for code in codes) + "}",
        "sources:",
    ]
    for key, reading in zip(source_keys(story), story.readings, strict=True):
        lines.append(
            f"  {key}: {{title: {scalar(reading.title[:200])}, page: {scalar(reading.page.name)}, date: {reading.date}}}"  # noqa: E501
        )
    lines.append("initiatives:" if story.initiatives else "initiatives: {}")
    for one in story.initiatives:
        lines.append(f"  {one.name}: {{kind: {one.kind}, actors: [{', '.join(one.actors)}], review: needed}}")
    lines.append("disagreements:" if story.disagreements else "disagreements: []")
    lines += [f"  - {scalar(str(one))}" for one in story.disagreements]
    lines += ["claims:" if story.claims else "claims: {}", ""]
    named = story.initiative_of
    keys = dict(zip((reading.page.name for reading in story.readings), source_keys(story), strict=True))
    blocks = tuple(
        (claim_name(n, one), _claim_block(n, one, keys[one.page], named.get(n, "")))
        for n, one in enumerate(story.claims)
    )
    return DraftParts("\n".join(lines), blocks)


def claim_name(number: int, claim: Claim) -> str:
    """The name of a row: its number, subject and kind."""
    return f"c{number + 1:03d}_{claim.subject}_{claim.kind}"


def source_keys(story: Story) -> list[str]:
    """A key for each page's source, made of its name and year."""
    keys: list[str] = []
    for reading in story.readings:
        stem = re.sub(r"[^a-z0-9]+", "-", reading.page.name.rsplit(".", 1)[0].lower()).strip("-") or "page"
        key = stem if stem[0].isalpha() else f"page-{stem}"
        while key in keys:
            key += "-b"
        keys.append(key)
    return keys


def last_year(claims: Iterable[Claim], now: int) -> int:
    """The last year of a horizon that holds every date claimed, and ten years more than now."""
    years = [int(day[:4]) for claim in claims if claim.date for day in ends_of(claim.date) if day != ".."]
    return min(max([now + 10, *(year + 5 for year in years)]), now + 80)


def _claim_block(number: int, one: Claim, source: str, initiative: str) -> str:
    rows: list[tuple[str, str]] = [
        ("said", scalar(said_of(one))),
        ("by", scalar(source_of(one) or "the page itself")),
        ("source", source),
        ("kind", one.kind),
        ("subject", one.subject),
        ("initiative", initiative),
        ("actors", f"[{', '.join(one.actors)}]"),
        ("quantity", scalar(f"{one.quantity} {one.unit}") if one.quantity else ""),
        ("date", scalar(one.date) if one.date else ""),
        ("hedged", "yes" if one.hedged else "no"),
        ("at", f"{{page: {scalar(one.page)}, start: {one.start}, end: {one.end}}}"),
        ("method", scalar(one.method)),
        ("review", "needed"),
    ]
    return f"  {claim_name(number, one)}:\n" + "".join(f"    {key}: {value}\n" for key, value in rows if value)


_LEADS = re.compile(r"(?:but|and)\b(?![/-])(?! (?:for|so on|so forth)\b),?\s+(?=\S)", re.IGNORECASE)
_NOBODY = re.compile(
    r"(?:(?:the|a|but|only|just|very|too|so|far|still|as|not|how) )*"
    r"(?:few|fewer|many|some|several|most|all|both|none|others?|another|any|anyone|anybody|everyone|everybody|someone|"
    r"somebody|no ?one|nobody|one)(?: (?:others?|more|else|here|there))?(?: of (?:them|these|those|us|whom|which))?",
    re.IGNORECASE,
)


def said_of(claim: Claim) -> str:
    """The words of a claim, without a `but` or `and` that leads on from what stands before."""
    said = " ".join(claim.clause.split()) or claim.text
    match = _LEADS.match(said)
    if match is None:
        return said
    rest = said[match.end() :]
    return rest[:1].upper() + rest[1:] if said[:1].isupper() else rest


def source_of(claim: Claim) -> str:
    """Who says so; nothing where only `few`, `most` or `nobody` does."""
    return "" if _NOBODY.fullmatch(claim.source.strip()) else claim.source


def scalar(text: str) -> str:
    """A text as a quoted YAML scalar, whatever it holds.

    >>> print(scalar('He said: "no"'))
    "He said: \\"no\\""
    """
    quoted = json.dumps(text, ensure_ascii=False)
    if quoted.isprintable():
        return quoted
    return "".join(
        letter if letter.isprintable() else f"\\u{ord(letter):04x}"
        for letter in quoted
        if ord(letter) < 0x10000 or letter.isprintable()
    )


def state_name(code: str) -> str:
    """The name of a state by its code.

    >>> state_name("PRK")
    'North Korea'
    """
    return next((words(row["names"])[0] for row in records("states") if row["code"] == code), code)
