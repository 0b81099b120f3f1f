"""What all tests share: strict floating point, one profile of hypothesis, the folder of shared data."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

import tumen

settings.register_profile("tumen", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("tumen"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "tumen")


@pytest.fixture(autouse=True)
def _strict_floating_point() -> Iterator[None]:
    """Every floating-point error but underflow raises."""
    with np.errstate(all="raise", under="ignore"):
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared reference data; a test that needs it is skipped where there is none."""
    folder = Path(os.environ.get("TUMEN_SHARED") or Path(__file__).parents[2] / "shared").resolve()
    if not (folder / "data").is_dir():
        pytest.skip("no shared data: set TUMEN_SHARED to its folder")
    return folder


@pytest.fixture(scope="session")
def reference_run() -> tumen.Result:
    """One run of the reference case, for all tests that look at its answers."""
    return tumen.run(tumen.load("russia-korea-2014"), draws=1024, seed=11)
