"""Networks from tables: frames or CSV files, read with every problem named by table and row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tumen.corridor._network import Network, nearest
from tumen.corridor._parts import Commodity, Demand, Link, Node, Option, Supply
from tumen.errors import CaseError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["read_folder", "read_tables"]

_PARTS: Mapping[str, type] = {
    "nodes": Node, "links": Link, "supply": Supply, "demand": Demand, "options": Option, "commodities": Commodity,
}  # fmt: skip
_NEEDED = ("nodes", "links", "supply", "demand")
_ALIASES = {"from": "origin", "to": "destination"}
_YES_OR_NO = {
    "true": True, "yes": True, "1": True, "1.0": True, "false": False, "no": False, "0": False, "0.0": False,
}  # fmt: skip


def read_folder(folder: Path) -> Network:
    """What `Network.read` gives."""
    import pandas as pd

    if not folder.is_dir():
        raise CaseError([f"{folder}: there is no such folder; name the one that holds nodes.csv and links.csv"])
    tables: dict[str, pd.DataFrame | None] = {}
    problems: list[str] = []
    for table in _PARTS:
        path = folder / f"{table}.csv"
        if not path.is_file():
            if table in _NEEDED:
                problems.append(f"{path}: there is no such file; a table without rows still has its header")
            continue
        try:
            # The header is read as a row: pandas would rename a column that stands twice.
            read = pd.read_csv(path, dtype=str, keep_default_na=False, skipinitialspace=True, header=None)
            tables[table] = read.iloc[1:].set_axis(read.iloc[0], axis=1)
        except (OSError, ValueError, UnicodeError) as error:
            problems.append(f"{path}: {str(error).strip()}")
    if problems:
        raise CaseError(problems)
    return read_tables(tables)


def read_tables(tables: Mapping[str, pd.DataFrame | None]) -> Network:
    """What `Network.from_tables` gives."""
    problems: list[str] = []
    parts: dict[str, list[Any]] = {}
    for table, kind in _PARTS.items():
        frame = tables.get(table)
        parts[table] = [] if frame is None else _rows(table, kind, frame, problems)
    if problems:
        raise CaseError(problems)
    return Network(**parts)


def _rows(table: str, kind: type, frame: pd.DataFrame, problems: list[str]) -> list[Any]:
    kinds = {entry.name: entry for entry in fields(kind)}
    columns = [_ALIASES.get(str(name).strip(), str(name).strip()) for name in frame.columns]
    for name in columns:
        if name not in kinds:
            problems.append(f"{table}: " + nearest("column", name, kinds))
        elif columns.count(name) > 1:
            problems.append(f"{table}: the column {name} stands twice")
    needed = {name for name, entry in kinds.items() if entry.default is MISSING}
    if table == "links":
        needed.add("capacity")
    for name in sorted(needed - set(columns)):
        problems.append(f"{table}: the column {name} is missing")
    if problems:
        return []
    rows = []
    for number, cells in enumerate(frame.itertuples(index=False, name=None), start=2):
        given = _row(f"{table}, row {number}", dict(zip(columns, cells, strict=True)), kinds, needed, problems)
        if given is not None:
            rows.append(kind(**given))
    return rows


def _row(
    where: str, cells: dict[str, Any], kinds: Mapping[str, Any], needed: set[str], problems: list[str]
) -> dict[str, Any] | None:
    """The fields of a row that are not blank; None where one cannot be read."""
    given: dict[str, Any] = {}
    sound = True
    for name, cell in cells.items():
        if _blank(cell):
            if name in needed and name != "capacity":  # a link without a capacity has no limit
                problems.append(f"{where}: {name} is blank")
                sound = False
            continue
        try:
            given[name] = _read(name, str(kinds[name].type), cell)
        except ValueError as error:
            problems.append(f"{where}: {name} is {cell!r}, expected {error}")
            sound = False
    return given if sound else None


def _blank(cell: Any) -> bool:
    return cell is None or cell != cell or (isinstance(cell, str) and not cell.strip())


def _read(name: str, kind: str, cell: Any) -> Any:
    """A cell as its field wants it. Raises ValueError with what was expected."""
    if name == "owners":
        return cell if isinstance(cell, Mapping) else _owners(str(cell))
    if name == "crosses":
        return tuple(part.strip() for part in str(cell).split("+") if part.strip())
    if kind == "bool":
        answer = _YES_OR_NO.get(str(cell).strip().lower())
        if answer is None:
            raise ValueError("yes or no")
        return answer
    if kind == "str":
        return str(cell).strip()
    try:
        number = float(cell)
    except (TypeError, ValueError):
        raise ValueError("a number") from None
    if kind != "int":
        return number
    if number != number or abs(number) == float("inf") or number != int(number):
        raise ValueError("a whole number")
    return int(number)


def _owners(text: str) -> dict[str, float]:
    """`RUS:0.7+PRK:0.3`, or a single name."""
    shares: dict[str, float] = {}
    parts = [part.strip() for part in text.split("+")]
    for part in parts:
        owner, colon, share = part.rpartition(":")
        if not colon and len(parts) == 1:
            return {part: 1.0}
        try:
            number = float(share)
        except ValueError:
            number = float("nan")
        if not colon or not owner.strip() or number != number or owner.strip() in shares:
            raise ValueError("owners once each with their shares, as in RUS:0.7+PRK:0.3")
        shares[owner.strip()] = number
    return shares
