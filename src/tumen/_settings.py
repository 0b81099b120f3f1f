"""What makes two runs the same run: the case, how it is drawn, and what computes it."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tumen._chunks import CHUNK
from tumen.errors import did_you_mean

if TYPE_CHECKING:
    from tumen.case import Case

__all__ = ["GROUPS", "RUN_FORMAT", "Settings", "settings_of", "versions"]

RUN_FORMAT = 1
GROUPS = ("delivery", "money", "trade", "worlds")
_NO_FIGURES = ("cases", "report", "cli.py")  # nothing there changes a figure; a case is in the digest by its own hash


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a run. `draws` is a multiple of 256; `keep` names groups kept for every draw, in order."""

    case: str
    case_hash: str
    scenario: str
    draws: int
    seed: int
    keep: tuple[str, ...] = ()

    @property
    def chunks(self) -> int:
        """How many chunks of 256 draws the run has."""
        return self.draws // CHUNK

    @property
    def id(self) -> str:
        """A digest of all that the figures depend on: these settings, and the versions of what computes.

        The name of the case is not among it: a copy of the case elsewhere gives the same figures.
        """
        drawn = (self.case_hash, self.scenario, self.draws, self.seed, self.keep)
        parts = (RUN_FORMAT, *drawn, sorted(versions().items()))
        return hashlib.blake2b(repr(parts).encode(), digest_size=6).hexdigest()


def settings_of(case: Case, draws: int, seed: int, keep: Iterable[str] = ()) -> Settings:
    """The settings of a run of this case; draws are rounded up to whole chunks.

    Raises ValueError for draws, a seed or a group that cannot be.
    """
    kept = tuple(sorted(set(keep)))
    for name in kept:
        if name not in GROUPS:
            raise ValueError(f"keep: there is no group `{name}`; {did_you_mean(name, GROUPS)}")
    if draws < 1:
        raise ValueError(f"draws: {draws} is too few; at least 1, rounded up to {CHUNK}")
    if not 0 <= seed < 2**63:
        raise ValueError(f"seed: {seed} lies outside 0 to 2^63 - 1")
    return Settings(case.name, case.hash, case.scenario, -(-draws // CHUNK) * CHUNK, seed, kept)


@cache
def versions() -> dict[str, str]:
    """The versions on which the figures of a run depend. `code` is a digest of Tumen's own files that compute."""
    from importlib.metadata import version

    from tumen import __version__

    libraries = {name: version(name) for name in ("numpy", "scipy")}
    own = {"tumen": __version__, "code": _code()}
    return own | {"python": platform.python_version(), "machine": platform.machine()} | libraries


def _code() -> str:
    """A digest of the package's modules and unit tables, so that no run goes on from chunks of other code."""
    root = Path(__file__).parent
    digest = hashlib.blake2b(digest_size=6)
    for path in sorted((*root.rglob("*.py"), *root.rglob("*.txt"))):
        place = path.relative_to(root)
        if place.parts[0] not in _NO_FIGURES:
            data = path.read_bytes()
            digest.update(f"{place.as_posix()}:{len(data)}:".encode() + data)
    return digest.hexdigest()
