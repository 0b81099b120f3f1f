"""Writing files so that a file under its own name is always whole."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from tumen.errors import RunError

__all__ = ["cannot", "clear_partials", "locked", "write_atomically"]

_PARTIAL = ".partial"
_WHAT_TO_DO = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some space",
    errno.EFBIG: "free some space, or raise the limit on the size of files",
    errno.EACCES: "name another folder with --out",
    errno.EPERM: "name another folder with --out",
    errno.EROFS: "name another folder with --out",
    errno.ENOTDIR: "name another folder with --out",
}


def write_atomically(path: Path, data: bytes | memoryview) -> None:
    """Write a file under a temporary name, then give it its own; on failure nothing is left of it.

    Raises RunError where the file cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}{_PARTIAL}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:
        raise cannot("written", path, error) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def cannot(what: str, path: Path, error: OSError) -> RunError:
    """The error for a file that cannot be written, made or removed: what the system says, and what to do."""
    why, advice = error.strerror or str(error), _WHAT_TO_DO.get(error.errno or 0, "see to that")
    again = "Finished work is kept: the same command goes on from there."
    return RunError(f"{path}: cannot be {what}: {why}; {advice}. {again}")


def clear_partials(folder: Path) -> None:
    """Remove what a run that was killed had begun to write. What cannot be removed stays."""
    for path in folder.rglob(f".*{_PARTIAL}"):
        with contextlib.suppress(OSError):
            path.unlink()


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder for one run; the system lets go of it when the process ends, however it ends.

    Raises RunError where another run holds it. Where folders cannot be locked, nothing is.
    """
    if sys.platform == "win32":
        yield
        return
    import fcntl

    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise cannot("opened", folder, error) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            what = "wait for it to end, or name another folder with --out"
            raise RunError(f"{folder}: another run is at work in this folder; {what}") from None
        except OSError:
            pass  # some network file systems know no locks
        yield
    finally:
        os.close(handle)
