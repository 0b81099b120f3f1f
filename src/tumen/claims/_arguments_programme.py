"""The arguments of measures on programmes, on premiums and on what leaks cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from tumen.claims._arguments import Reader
from tumen.claims._arguments_networks import _lines, _one_of, _several
from tumen.errors import did_you_mean

if TYPE_CHECKING:
    from tumen.case import Case

__all__ = ["AnyLines", "Capital", "Programme", "Receiver"]


def _programme(case: Case, raw: Any, _: Mapping[str, Any]) -> str:
    names = [name for name, spec in case.initiatives.items() if spec.kind == "programme"]
    if raw not in names:
        raise ValueError(f"`{raw}` is no programme of this case; {did_you_mean(str(raw), names)}")
    return str(raw)


def _receiver(case: Case, raw: Any, where: Mapping[str, Any]) -> str:
    """One of the regions of a programme."""
    regions = getattr(case.initiatives.get(str(where.get("initiative"))), "regions", None)
    if regions is not None and raw not in regions:  # what is no programme is refused as `initiative`
        raise ValueError(f"`{raw}` receives nothing of `{where['initiative']}`; {did_you_mean(str(raw), regions)}")
    return str(raw)


def _any_line(case: Case, raw: Any, where: Mapping[str, Any]) -> str:
    """A line of any network."""
    known = _lines(case, {})
    if raw not in known:
        raise ValueError(f"`{raw}` is no line of this case; {did_you_mean(str(raw), known)}")
    return str(raw)


Programme = Annotated[str, Reader(_programme)]
Receiver = Annotated[str, Reader(_receiver)]
AnyLines = Annotated[tuple[str, ...], Reader(_several(_any_line))]
Capital = Annotated[str, Reader(_one_of("ahead", "committed"))]
