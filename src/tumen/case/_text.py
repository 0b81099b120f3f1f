"""Reading a file of a case as text: only files within its folder, of a sensible size, in UTF-8."""

from __future__ import annotations

import re
from pathlib import Path

from tumen.case._problems import Place, Problems
from tumen.errors import did_you_mean

__all__ = ["CONTROL", "read_text"]

# Characters that no text file holds: they come from binary files and UTF-16, or would play tricks on a terminal.
CONTROL = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def read_text(folder: Path, name: str, problems: Problems, place: Place, *, limit: int) -> str | None:
    """The text of a file of the case, or None after noting why it cannot be read.

    `place` is where the case names the file, `limit` the most bytes that are read.
    """
    try:
        path = folder / name
        if not _within(folder, name):
            what = f"`{name[:80]}` lies outside the case's folder; put the file into the folder and name it there"
            problems.add(place, "", what)
            return None
        if not path.exists():
            others = [entry.name for entry in folder.iterdir() if entry.suffix == path.suffix and entry.is_file()]
            what = f"there is no file `{name[:80]}` in the case's folder; {did_you_mean(name[:80], others)}"
            problems.add(place, "", what)
            return None
        if not path.is_file():
            problems.add(place, "", f"`{name[:80]}` is not a file")
            return None
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except (OSError, RuntimeError) as error:  # RuntimeError: links that go in a circle
        problems.add(place, "", f"`{name[:80]}` cannot be read: {getattr(error, 'strerror', None) or error}")
        return None
    if len(data) > limit:
        problems.add(
            Place(name, 0), "", f"the file is larger than {limit:,} bytes; take out what the case does not need"
        )
        return None
    return _decoded(data, name, problems)


def _within(folder: Path, name: str) -> bool:
    if "\\" in name or "\0" in name or Path(name).is_absolute():
        return False
    return (folder / name).resolve().is_relative_to(folder.resolve())


def _decoded(data: bytes, name: str, problems: Problems) -> str | None:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        problems.add(Place(name, line), "", f"byte {error.start} is not UTF-8 text; save the file as UTF-8")
        return None
    found = CONTROL.search(text)
    if found is not None:
        line = text.count("\n", 0, found.start()) + 1
        what = f"the character U+{ord(found.group()):04X} is not text; save the file as plain text in UTF-8"
        problems.add(Place(name, line), "", what)
        return None
    return text
