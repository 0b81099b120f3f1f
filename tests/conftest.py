"""What all tests share: strict floating point, one profile of hypothesis, shared data, one run of the reference case.

A process for each processor does the tests, whole files in their order (pytest-xdist). What belongs to the session is
made by each of them, but for the run, which the first that needs it makes for all.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

import tumen

settings.register_profile("tumen", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("tumen"), derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "tumen")


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """No further process for files that are named, which are few and soon done; for folders, one a processor."""
    return 0 if all(Path(name.partition("::")[0]).suffix for name in config.args) else None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """One thread of linear algebra in each process, which has a processor of its own."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")


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


@contextmanager
def _one_at_a_time(lock: Path) -> Iterator[None]:
    """Wait until no other process of these tests holds the lock, then hold it."""
    with lock.open("w") as file:
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def reference_run(tmp_path_factory: pytest.TempPathFactory) -> tumen.Result:
    """One run of the reference case, for all tests that look at its answers; a second process opens it."""
    own = tmp_path_factory.getbasetemp()
    common = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    with _one_at_a_time(common / "reference.lock"):
        if (common / "reference" / "run.json").is_file():
            return tumen.open_run(common / "reference")
        return tumen.run(tumen.load("russia-korea-2014"), draws=1024, seed=11, out=common / "reference")
