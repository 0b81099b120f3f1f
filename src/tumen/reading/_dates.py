"""Dates as pages write them, resolved against the page's date into ISO dates and intervals.

    last week           2014-04-28/2014-05-04     mid-April           2014-04-10/2014-04-20
    by 2020             2020                      since 2008          2008/..
    through 2013        ../2013                   in the summer       2015-06/2015-09
    October 18 to 21    2016-10-18/2016-10-21     not before 2030     2030/..
    a month later       the month after the date named before

A month or weekday without a year is the nearest in the past or the nearest to come, as the tense of its own clause
tells: the verb next before it, else the first one after it. What begins `from` a day to come, or is to be done `before`
it, has that day for its date; a bare year to come (`from 2015`) stays open.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from tumen.reading._calendar import ends_of
from tumen.reading._dateforms import followers, rules, standing
from tumen.reading._datevalues import ABSOLUTE, Resolved, Rule, Setting, iso_day
from tumen.reading._datevalues import day as named_day
from tumen.reading._tables import folded, table

__all__ = ["DateMention", "ends_of", "find_dates", "page_date"]

_SINCE = re.compile(r"(?:Ever s|S)ince [^,]{3,120},")  # "Since he took office in March 2013, ..."


@dataclass(frozen=True, slots=True)
class DateMention:
    """A date in a sentence: its place there, its ISO form, the word before it ("by", "since"), and its words."""

    start: int
    end: int
    iso: str
    cue: str
    text: str


def find_dates(text: str, day: dt.date | None, before: str = "") -> tuple[DateMention, ...]:
    """The dates of a sentence; `before` is the date named last, for "a month later". Without a day only full ones."""
    plain = folded(text)
    taken: list[DateMention] = []
    here = standing(plain)
    for pattern, rule, needs in rules():
        if not needs <= here:
            continue
        for match in pattern.finditer(plain):
            if _free(match, taken):
                ahead, behind = (False, False) if rule in ABSOLUTE else _tense(plain, match)
                found = _resolved(rule, match, Setting(day or dt.date(1, 1, 1), before, ahead, behind))
                if found is not None and not (day is None and found[1]):
                    taken.append(_within_since(plain, match, _with_cue(plain, match, found[0], day, ahead)))
    for pattern, rule in followers() if "unit" in here else ():
        for match in pattern.finditer(plain):
            if _free(match, taken):
                told = [one for one in taken if one.start < match.start() and not one.iso.startswith("..")]
                last = max(told, key=lambda one: one.start).iso.split("/..")[0] if told else before
                found = _resolved(rule, match, Setting(day or dt.date(1, 1, 1), last, False))
                if found is not None:
                    taken.append(_with_cue(plain, match, found[0], day, False))
    return tuple(sorted(_ranges(plain, taken), key=lambda one: one.start))


def page_date(texts: Sequence[str]) -> dt.date | None:
    """The day that a page's date line gives."""
    for text in texts:
        for pattern, rule, _ in rules():
            match = pattern.search(folded(text)) if rule in {iso_day, named_day} else None
            found = _resolved(rule, match, Setting(dt.date(1, 1, 1), "", False)) if match else None
            if found and not found[1] and re.fullmatch(r"\d{4}-\d\d-\d\d", found[0]):
                return dt.date.fromisoformat(found[0])
    return None


def _free(match: re.Match[str], taken: Sequence[DateMention]) -> bool:
    return not any(match.start() < one.end and one.start < match.end() for one in taken)


def _resolved(rule: Rule, match: re.Match[str], at: Setting) -> Resolved:
    try:
        return rule(match, at)
    except (ValueError, OverflowError):  # no such day, or none that a calendar holds
        return None


def _within_since(plain: str, match: re.Match[str], one: DateMention) -> DateMention:
    since = _SINCE.match(plain)
    inside = since is not None and match.end() <= since.end() and "/" not in one.iso
    taken = re.search(r"\bsince (?:he|she|it|they) [^,;]{3,40}$", plain[: match.start()])
    inside = inside or (taken is not None and "/" not in one.iso)
    return replace(one, iso=f"{one.iso}/..", cue="since") if inside else one


# ---- what stands around them


@cache
def _markers() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Verbs of what is to come, of what was, and those whose present tense tells of what is planned."""
    words = table("dates")
    ahead = "|".join(words["ahead"]["words"])
    stems = "|".join(words["ahead"]["to"])
    infinitive = rf"(?:{stems})\w* (?:\w+ ){{0,2}}?to (?!(?:the|a|an|its|their|his|this|that|about|some)\b)[a-z]+"
    past = "|".join(words["past"]["words"])
    return (
        re.compile(rf"\b(?:{ahead})\b|\b{infinitive}\b"),
        re.compile(
            rf"\b(?!(?:hundred|indeed|need|speed|exceed|proceed|succeed|unprecedented)\b)(?:[a-z]{{2,}}ed|{past})\b"
        ),
        re.compile(rf"\b(?:{'|'.join(words['scheduled']['words'])})\b"),
    )


_NOT_FINITE = re.compile(
    r"\b(?:be|been|being|get|to|will|would|can|could|may|might|must|should|shall|(?:will|would|may|to|should|must) have|not|"  # noqa: E501
    r"the|an?|its|their|his|newly|long|once|of|and) $"
)
_BY = re.compile(r"(?i)(?:by|until|till|before|from)\b")


def _tense(plain: str, match: re.Match[str]) -> tuple[bool, bool]:
    """Whether the clause of a date speaks of what is to come, and whether of what is past."""
    coming, was, planned = _markers()
    before = re.split(r"[;:]\s", plain[: match.start()])[-1]
    after = re.split(r"[;:]\s|, (?:and|but|which|who)\b", plain[match.end() :])[0]
    by = (
        _BY.match(match.group()) is not None
        or re.search(r"\b(?:by|until|till|before|from)(?: the)? $", before) is not None
    )
    if re.search(
        r"\b(?:deal|pact|agreement|accord|contract|protocol|treaty|law|decree|memorandum|resolution) (?:of|dated) $",
        before,
    ):
        return False, True
    if re.search(r"\b(?:lasts?|runs?|valid|expires?|runs? out|good) (?:until |till |through |to |on )?$", before):
        return True, False
    last = max((one.end() for one in coming.finditer(before)), default=-1)
    then = max((one.end() for one in was.finditer(before) if not _NOT_FINITE.search(before[: one.start()])), default=-1)
    if last >= then and last >= 0:
        return True, False
    if then >= 0:
        had = re.search(r"\b(?:had|has|have|was|were|fell|rose|grew|reached|dropped|took|lasted|came)\b", before[-60:])
        return by and had is None, not by or had is not None
    soon = coming.search(after)
    past = next((one for one in was.finditer(after) if not _NOT_FINITE.search(after[: one.start()])), None)
    told = soon is not None and past is not None and soon.start() == past.start()  # `In May X agreed to sell`
    if told and soon is not None and not re.search(r"\b(?:is|are|be|been)\s(?:\w+\s)?$", after[: soon.start()]):
        return by, not by
    if soon is not None and (past is None or soon.start() <= past.start()):
        return True, False
    if past is not None and not by:
        return False, True
    return by or planned.search(before) is not None or planned.search(after) is not None, False


@cache
def _cues() -> tuple[re.Pattern[str], Mapping[str, str]]:
    cues: Mapping[str, str] = {**table("dates")["open"], "by": "", "in": "", "on": ""}
    words = "|".join(sorted(cues, key=len, reverse=True))
    return re.compile(rf"\b({words})(?: the| about| around| at least)?$"), cues


_INSIDE = re.compile(
    r"(?i)(since|until|till|through|from|by|to|before|after|in|on|of|for|and|during|starting|beginning|as of|over)\b "
)
_NEVER = re.compile(r"\b(?:not|never|nor|unlikely|hardly|cannot|no \w+)\b[^,;]{0,40}$|n't\b[^,;]{0,40}$")
_STEADY = re.compile(
    r"(?:^|[,;(]\s*|\b(?:in force|effective|valid|running|banned|barred|been(?: \w+){0,3}|only|again) )(?:from|as of|as from|effective|starting|beginning)(?: in| on| the)?$"  # noqa: E501
)


def _with_cue(plain: str, match: re.Match[str], iso: str, day: dt.date | None, ahead: bool) -> DateMention:
    """A date with the word before it, which may leave an end open."""
    inside = _INSIDE.match(match.group())
    lead = plain[: match.start() + (inside.end() if inside else 0)].rstrip().lower()[-90:]
    cue, mode = inside.group(1).lower() if inside else "", ""
    words, modes = _cues()
    if (found := words.search(lead[-30:])) is not None:
        cue, mode = found.group(1), modes[found.group(1)]
    start = match.start()
    if plain[match.end() : match.end() + 2] == "'s" and cue != "since":
        mode = ""
    if (lead.endswith(" the") and mode in {"before", "from"}) or (lead.endswith("after the") and "/" not in iso):
        mode = ""
    return DateMention(start, match.end(), _opened(iso, cue, mode, lead, plain[match.end() :], day, ahead), cue, match.group())  # fmt: skip  # noqa: E501


def _opened(iso: str, cue: str, mode: str, lead: str, after: str, day: dt.date | None, ahead: bool) -> str:
    """The date with an end left open as the word before it has it."""
    first, last = iso.split("/")[0], iso.split("/")[-1]
    if re.match(r",? at the (?:very )?(?:earliest|soonest)\b", after):
        return f"{first}/.."
    head = lead[: max(0, lead.rfind(cue))] if cue else lead
    if mode in {"before", "until"} and (cue.startswith(("before", "until", "till"))) and _NEVER.search(head):
        return f"{first}/.."
    coming = day is not None and ends_of(iso)[1] >= day.isoformat()
    if mode == "after":
        return f"{first if 'since' in cue or cue.startswith(('not', 'no')) else last}/.."
    if mode == "until":
        return f"../{last}"
    if mode == "before":
        return iso if coming or (ahead and day is None) else f"../{last}"
    if mode == "from" and "/" not in iso:
        later = day is not None and first > day.isoformat()[: len(first)]
        if later:
            return f"{iso}/.." if len(iso) == 4 and cue == "from" else iso
        return f"{iso}/.." if _STEADY.search(lead) else iso
    return iso


def _ranges(plain: str, found: Sequence[DateMention]) -> list[DateMention]:
    """`from March 2012 to June 2014` and `between 2010 and 2013` as one."""
    ordered, joined = sorted(found, key=lambda one: one.start), list[DateMention]()
    for one in ordered:
        last = joined[-1] if joined else None
        gap = plain[last.end : one.start].strip().lower() if last else ""
        opened = last is not None and (last.cue == "from" or plain[: last.start].rstrip().lower().endswith("between"))
        if last is not None and opened and gap in {"to", "until", "and", "till", "through", ""} and one.cue in {"to", "until", "till", "through", "and", ""}:  # fmt: skip  # noqa: E501
            first, end = last.iso.split("/")[0], one.iso.split("/")[-1]
            if first != ".." and end != "..":
                joined[-1] = DateMention(last.start, one.end, f"{first}/{end}", "from", plain[last.start : one.end])
                continue
        joined.append(one)
    return joined
