"""What the tests of runs share: the skeleton as a case, and what a run folder must hold."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import xarray as xr

import tumen
from tumen import Case
from tumen.case import new_case
from tumen.claims import COLUMNS

SRC = Path(tumen.__file__).parents[1]
SAME = ("claims.csv", "answers.json", "report.html")  # byte for byte
FILES = ("results.nc", *SAME, "run.json")


def small_case(folder: Path) -> Case:
    """The skeleton as a case, with one lever instead of three, so that a run takes half a second."""
    new_case(folder)
    path = folder / "case.yaml"
    text = path.read_text(encoding="utf-8").replace("      - default.rate\n", "")
    path.write_text(text.replace("    levers:\n      - settlement.payments_without_deal\n", ""), encoding="utf-8")
    found = tumen.load(folder)
    assert [claim.levers for claim in found.claims.values()] == [("settlement.haircut",), ()]
    return found


def environment(**more: str) -> dict[str, str]:
    """The environment of a command: this one, with this source, and nothing that changes how it writes."""
    kept = {key: value for key, value in os.environ.items() if key not in {"COLUMNS", "FORCE_COLOR", "NO_COLOR", "CI"}}
    return kept | {"PYTHONPATH": str(SRC)} | more


def command(*arguments: object) -> list[str]:
    """A command line of Tumen."""
    return [sys.executable, "-m", "tumen", *map(str, arguments)]


def tumen_command(*arguments: object, cwd: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        command(*arguments), cwd=cwd, env=environment(**more), capture_output=True, timeout=120, encoding="utf-8"
    )


def assert_same_run(folder: Path, expected: Path) -> None:
    """Two run folders hold the same figures, and the same texts byte for byte."""
    for name in SAME:
        assert (folder / name).read_bytes() == (expected / name).read_bytes(), name
    with xr.open_datatree(folder / "results.nc") as left, xr.open_datatree(expected / "results.nc") as right:
        assert left.identical(right)


def assert_whole(folder: Path, expected: Path) -> None:
    """No file under a final name is half-written: each there is, is whole; `expected` is the undisturbed run."""
    for name in ("claims.csv", "answers.json", "report.html"):
        if (folder / name).exists():
            assert (folder / name).read_bytes() == (expected / name).read_bytes(), name
    if (folder / "claims.csv").exists():
        with (folder / "claims.csv").open(encoding="utf-8", newline="") as stream:
            rows = list(csv.reader(stream))
        assert tuple(rows[0]) == COLUMNS
        assert {len(row) for row in rows} == {len(COLUMNS)}
    if (folder / "results.nc").exists():
        with xr.open_datatree(folder / "results.nc") as left, xr.open_datatree(expected / "results.nc") as right:
            assert left.identical(right)
    if (folder / "run.json").exists():
        assert json.loads((folder / "run.json").read_text())["format"] == 1
        assert all((folder / name).exists() for name in FILES), "run.json comes last"
    for path in folder.glob("chunks-*/*.npz"):
        with np.load(path) as chunk:
            assert {len(chunk[name]) for name in chunk.files} == {256}
    for path in folder.glob("case/*"):
        if not path.name.endswith(".partial"):
            assert path.read_bytes() == (expected / "case" / path.name).read_bytes(), path


def partials(folder: Path) -> list[Path]:
    """What was begun and not finished."""
    return [path for path in folder.rglob("*") if path.name.endswith(".partial")]
