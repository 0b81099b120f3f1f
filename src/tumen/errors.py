"""Every error that Tumen raises on purpose.

    TumenError
    ├── CaseError (ValueError)            a case cannot be used; `problems` lists every reason, with file and line
    ├── UnitError (ValueError)            a quantity cannot be read, or its unit does not fit
    ├── UnknownName (LookupError)         a name that nothing bears; says the nearest that something does
    ├── LedgerError (ArithmeticError)     a stock does not reconcile: opening + flows is not closing
    ├── NoConvergence (ArithmeticError)   a solver stopped short; names the worst market and what to try
    ├── RunError (OSError)                a run folder cannot be read or written
    └── MissingExtra (ImportError)        an optional dependency is absent; says what to install

Each is also a standard exception, so `except ValueError` does what one expects. Messages say what is wrong, where,
what was expected, the nearest valid name, and what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "CaseError",
    "LedgerError",
    "MissingExtra",
    "NoConvergence",
    "RunError",
    "TumenError",
    "TumenWarning",
    "UnitError",
    "UnknownName",
    "did_you_mean",
    "unknown_name",
]


class TumenError(Exception):
    """The root of all errors that Tumen raises on purpose."""


class TumenWarning(UserWarning):
    """The root of all warnings that Tumen gives."""


class CaseError(TumenError, ValueError):
    """A case cannot be used. `problems` holds every reason, one line each, in the order of the files."""

    def __init__(self, problems: Iterable[object]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[CaseError], tuple[tuple[object, ...]]]:
        return type(self), (self.problems,)


class UnitError(TumenError, ValueError):
    """A quantity cannot be read, or its unit does not fit where it stands."""


class UnknownName(TumenError, LookupError):
    """A name that nothing bears."""


class LedgerError(TumenError, ArithmeticError):
    """A stock does not reconcile, or a line lacks one of its sides."""


class NoConvergence(TumenError, ArithmeticError):
    """A solver stopped short of a solution; the message names the worst market and what to try."""


class RunError(TumenError, OSError):
    """A run folder cannot be read or written."""


class MissingExtra(TumenError, ImportError):
    """An optional dependency is absent."""

    def __init__(self, package: str, extra: str) -> None:
        self.package, self.extra = package, extra
        super().__init__(f"{package} is not installed; run: pip install {package} (or Tumen with its extra `{extra}`)")

    def __reduce__(self) -> tuple[type[MissingExtra], tuple[str, str]]:
        return type(self), (self.package, self.extra)


def did_you_mean(name: str, valid: Iterable[str]) -> str:
    """The tail of a message: the nearest valid name or, failing that, a short list of what is valid.

    >>> did_you_mean("RUUS", ["RUS", "PRK"])
    'did you mean RUS?'
    >>> did_you_mean("xyz", ["RUS", "PRK"])
    'valid: PRK, RUS'
    """
    names = sorted(set(valid))
    near = difflib.get_close_matches(str(name), names, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]}?"
    if not names:
        return "nothing is defined here"
    shown = ", ".join(names[:12])
    return f"valid: {shown}" + (", ..." if len(names) > 12 else "")


def unknown_name(kind: str, name: str, valid: Iterable[str]) -> UnknownName:
    """The error for a name that nothing bears.

    >>> print(unknown_name("claim", "trade_2021", ["trade_2020", "relief"]))
    there is no claim 'trade_2021'; did you mean trade_2020?
    """
    return UnknownName(f"there is no {kind} {name!r}; {did_you_mean(name, valid)}")
