"""Who says so: the name, office or agency to which a sentence gives a claim."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from tumen.reading._tables import table

__all__ = ["Attribution", "attribution_of", "is_anonymous"]


@dataclass(frozen=True, slots=True)
class Attribution:
    """The one who says so: the words, their place, the place of all that names him and his speaking."""

    source: str
    start: int
    end: int
    first: int
    last: int
    speaks: bool


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    rules = table("attribution")
    verbs, adverbs = "|".join(rules["verbs"]), "|".join(rules["adverbs"])
    speaks = "|".join(rules["speaks"])
    name = r"(?P<name>(?:[\w'&.-]+ ){0,9}?[\w'&.-]+)"
    after = re.compile(
        rf", (?P<name>(?:[\w'&.-]+ ){{0,10}}?[\w'&.-]+) (?:(?:{adverbs}) )?(?P<verb>{speaks})\b(?: (?:on|in|last|this|after|at|yesterday)[^.,;]*)?(?=[.,;]|$)"  # noqa: E501
    )
    inverted = re.compile(rf", (?P<verb>{speaks}) (?P<name>[^.;]+?)(?=[.;]|, and\b|, but\b|$)")
    to = re.compile(r"\b(?P<verb>[Aa]ccording to|[Ii]n the (?:view|words|opinion) of) (?P<name>(?:(?!, )[^.;])+)")
    before = re.compile(
        rf"(?:^|[;:] |, |\bbut |\band )(?P<lead>(?:On|In|At|After|During|Last|This|Yesterday|Earlier|Late|As|Still|But|And|Yet|However)\b[\w ,]*?[, ])??{name}(?:, (?:which|who) [^,;]*,)? (?:(?:{adverbs}) ){{0,2}}(?P<verb>{verbs})\b"  # noqa: E501
    )
    return after, inverted, to, before


def attribution_of(plain: str) -> Attribution | None:
    """The one whom a sentence names as saying so, if it does."""
    after, inverted, to, before = _patterns()
    speaks = table("attribution")["speaks"]
    for pattern in (to, inverted, after):
        match = pattern.search(plain)
        if match and _is_name(match["name"]):
            return Attribution(
                _tidy(match["name"]), match.start("name"), match.end("name"), match.start(), match.end(), True
            )
    for match in before.finditer(plain):
        name = _tidy(_without_lead(match["name"]))
        if _is_name(name) and not re.search(r"\b(?:that|which|who|will|would|was|were|has|have|is|are|to)\b", name):
            start = match.start("name") + match["name"].rfind(name[:12])
            verb = match["verb"] in speaks
            return Attribution(name, start, match.start("verb"), match.start(), match.end(), verb)
    return None


def _without_lead(name: str) -> str:
    """A name without the words of time or place that stand before it: `In October a deputy minister`."""
    return re.sub(
        r"^(?:On|In|At|Last|This|Earlier|Late|By|Since|During|After) (?:(?:early|late|mid|the|this|last|next)[- ])?[A-Z]?[\w-]+(?: \d{4})?,? (?=(?:a|an|the|its|his|[A-Z])\b|[A-Z]|\w+s\b)",  # noqa: E501
        "",
        name,
    )


def _is_name(name: str) -> bool:
    words = name.lower().split()
    return 0 < len(words) <= 16 and words[0] not in table("attribution")["pronouns"] and any(c.isalpha() for c in name)


def _tidy(name: str) -> str:
    name = re.sub(r"^(?:and|but|yet|while|as|though|although|however|still|so)\s+", "", name.strip(" ,"), flags=re.I)
    return re.sub(r"\s*(?:,| on (?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day).*$", "", name)


def is_anonymous(source: str) -> bool:
    """Whether a source is not named."""
    words = re.findall(r"\w+", source.lower())
    return any(word in words for word in table("attribution")["anonymous"])
