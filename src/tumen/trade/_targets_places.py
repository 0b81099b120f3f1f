"""Who trades: countries by code or name, and groups with the members that they had at a date.

Names and groups stand in two tables beside this module, `_targets_countries.csv` and `_targets_groups.toml`. A name is
read without regard to case, accents and punctuation; "Central & Eastern Europe (16)" is the group CEEC. Groups keep the
members of the day of the announcement, for all years: growth is then that of the same countries.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

__all__ = ["Group", "capitals", "code_of", "groups", "members", "name_of", "nearest"]

_COUNT = re.compile(r"\(\s*\d+\s*\)")  # "(16)", how many members a group has


@dataclass(frozen=True, slots=True)
class Group:
    """A group: who belongs to it from which month, "YYYY-MM" or "" for always, to which month."""

    code: str
    name: str
    also: tuple[str, ...]
    joined: tuple[tuple[str, str], ...]
    left: tuple[tuple[str, str], ...]

    def at(self, month: str) -> tuple[str, ...]:
        """The members in a month; before the group was founded, its founders."""
        left = dict(self.left)
        return tuple(sorted(c for c, since in self.joined if since <= month < left.get(c, "9999")))


@cache
def groups() -> dict[str, Group]:
    """All groups by code; do not change what comes back."""
    import tomllib

    found = {}
    for code, row in tomllib.loads(_text("_targets_groups.toml")).items():
        joined = dict.fromkeys(row["members"].split(), "") | row.get("joined", {})
        left = tuple(sorted(row.get("left", {}).items()))
        found[code] = Group(code, row["name"], tuple(row.get("also", ())), tuple(sorted(joined.items())), left)
    return found


@cache
def code_of(text: str) -> str | None:
    """The code of a country or group that is named by code or name; None where there is none.

    >>> code_of("chn"), code_of("Latin America & Caribbean"), code_of("Turkey"), code_of("Chnia")
    ('CHN', 'LAC', 'TUR', None)
    """
    return _names().get(_plain(text))


@cache
def nearest(text: str) -> str:
    """The tail of a message about a name that nothing bears: the nearest that something does.

    >>> nearest("Chnia"), nearest("ASAEN")
    ('did you mean China (CHN)?', 'did you mean ASEAN?')
    """
    near = difflib.get_close_matches(_plain(text), _names(), n=1, cutoff=0.6)
    if not near:
        return f"expected three ISO letters as RUS, a country's name, or a group: {', '.join(sorted(groups()))}"
    code = _names()[near[0]]
    name = name_of(code)
    return f"did you mean {code if name.upper() == code else f'{name} ({code})'}?"


def name_of(code: str) -> str:
    """The name that belongs to a code."""
    return groups()[code].name if code in groups() else _countries()[code]


def members(code: str, month: str) -> tuple[str, ...]:
    """The countries that a code stands for in a month, "YYYY-MM"; a country stands for itself.

    >>> members("EAEU", "2014-11"), members("RUS", "2014-11")
    (('BLR', 'KAZ', 'RUS'), ('RUS',))
    """
    return groups()[code].at(month) if code in groups() else (code,)


@cache
def _countries() -> dict[str, str]:
    return {code: name for code, name, _ in _rows()}


@cache
def _names() -> dict[str, str]:
    """Codes by every name, in plain letters."""
    found: dict[str, str] = {}
    for code, name, also in _rows():
        found |= dict.fromkeys((_plain(code), _plain(name), *(_plain(n) for n in also.split("|") if n)), code)
    for group in groups().values():
        found |= dict.fromkeys((_plain(n) for n in (group.code, group.name, *group.also)), group.code)
    return found


@cache
def _rows() -> tuple[tuple[str, str, str], ...]:
    return tuple((code, name, also) for code, name, also, _, _ in _table())


@cache
def capitals() -> dict[str, tuple[float, float]]:
    """Latitude and longitude of the capital, or the main town, of every country in the table, in degrees.

    To a tenth of a degree, after Natural Earth (public domain); where a state has several, the seat of government or
    the largest. Do not change what comes back.
    """
    return {code: (float(lat), float(lon)) for code, _, _, lat, lon in _table()}


def _table() -> tuple[tuple[str, ...], ...]:
    import csv

    return tuple(tuple(row) for row in csv.reader(_text("_targets_countries.csv").splitlines()))[1:]


def _text(name: str) -> str:
    return files("tumen.trade").joinpath(name).read_text(encoding="utf-8")


def _plain(text: str) -> str:
    """A name in lower case, without accents, punctuation, `the`, or the number of members."""
    text = unicodedata.normalize("NFKD", _COUNT.sub(" ", text)).casefold().replace("&", " and ").replace("_", " ")
    text = "".join(c if c.isalnum() else "" if c in "'’." or unicodedata.combining(c) else " " for c in text)
    return " ".join(word for word in text.split() if word != "the")
