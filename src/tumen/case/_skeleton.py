"""A new case: a commented skeleton that runs as it stands."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from tumen.errors import RunError

__all__ = ["new_case"]


def new_case(folder: str | Path) -> tuple[Path, ...]:
    """Write the skeleton of a case into a new or empty folder; returns the files written.

    Raises RunError where the folder holds something already, or cannot be written; then nothing is left of it.
    """
    target = Path(folder)
    try:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise RunError(f"{target}: is there already and not empty; name a new folder")
        fresh = not target.exists()
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if isinstance(error, RunError):
            raise
        raise RunError(f"{target}: cannot be made: {error.strerror or error}") from error
    written: list[Path] = []
    try:
        for item in sorted(files("tumen.case").joinpath("skeleton").iterdir(), key=lambda entry: entry.name):
            path = target / item.name
            written.append(path)
            path.write_bytes(item.read_bytes())
    except OSError as error:
        for path in written:
            path.unlink(missing_ok=True)
        if fresh:
            target.rmdir()
        raise RunError(f"{target}: cannot be written: {error.strerror or error}") from error
    return tuple(written)
