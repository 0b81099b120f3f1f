"""Runs that are killed, interrupted, or meet a full disk: no half-written file, and the next run succeeds."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

import tumen
from runs_support import (
    FILES,
    assert_same_run,
    assert_whole,
    command,
    environment,
    partials,
    small_case,
)  # fmt: skip
from tumen import Case, _files
from tumen.case import new_case
from tumen.cli import app
from tumen.errors import RunError

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and limits as on POSIX systems")
DRAWS = 1024
KILLS = 4


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return small_case(tmp_path_factory.mktemp("cases") / "schools")


@pytest.fixture(scope="module")
def alone(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run that was never stopped."""
    folder = tmp_path_factory.mktemp("runs") / "alone"
    tumen.run(case, draws=DRAWS, workers=1, out=folder)
    return folder


def arguments(case: Case, folder: Path, *more: object) -> tuple[object, ...]:
    return ("run", case.folder, "--draws", DRAWS, "--out", folder, *more)


@dataclass
class Running:
    """A command at work, in a process group of its own; `folder` is where it writes."""

    process: subprocess.Popen[str]
    folder: Path

    def wait_for(self, there: Callable[[], object], seconds: float = 60.0) -> bool:
        """Wait until something is so; False where the command ended before."""
        deadline = time.monotonic() + seconds
        while not there():
            if self.process.poll() is not None:
                return False
            assert time.monotonic() < deadline
            time.sleep(0.0005)
        return True

    def group(self, number: signal.Signals) -> tuple[int, str, str]:
        """Send a signal to the whole group, as a terminal does; exit code and what was written."""
        os.killpg(self.process.pid, number)
        written, problems = self.process.communicate(timeout=60)
        return self.process.returncode, written, problems


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    begun: list[subprocess.Popen[str]] = []

    def begin(*words: object, folder: Path) -> Running:
        process = subprocess.Popen(
            command(*words), env=environment(), cwd=tmp_path, encoding="utf-8", start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        begun.append(process)
        return Running(process, folder)

    yield begin
    for process in begun:
        if process.poll() is None:
            process.kill()
        process.communicate()


class TestKilled:
    def test_at_several_moments(self, case: Case, alone: Path, tmp_path: Path, start: Callable[..., Running]) -> None:
        """Half of them anywhere in the run's life, half while its files are written."""
        moments = random.Random(20140531)
        begun = time.monotonic()
        assert start(*arguments(case, tmp_path / "whole"), folder=tmp_path / "whole").process.wait(60) == 0
        life = time.monotonic() - begun
        late = [name for name in FILES if name != "run.json"]
        for kill in range(KILLS):
            folder = tmp_path / f"run{kill}"
            running = start(*arguments(case, folder), folder=folder)
            if kill % 2:
                awaited = folder / late[kill // 2 % len(late)]
                running.wait_for(awaited.exists)
                time.sleep(moments.uniform(0.0, 0.02))
            else:
                time.sleep(moments.uniform(0.1, 0.9) * life)
            running.process.kill()
            running.process.communicate()
            assert_whole(folder, alone)
            tumen.run(case, draws=DRAWS, out=folder)
            assert_same_run(folder, alone)
            assert not partials(folder)

    def test_leaves_no_workers_behind(self, case: Case, tmp_path: Path, start: Callable[..., Running]) -> None:
        if not Path("/proc/self/task").exists():
            pytest.skip("children are listed in /proc on Linux only")
        running = start(
            "run", case.folder, "--draws", 100_000, "--workers", 2, "--out", tmp_path / "run", folder=tmp_path / "run"
        )
        assert running.wait_for(lambda: len(list(running.folder.glob("chunks-*/*.npz"))) > 1)
        pid = running.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        assert len(children) >= 2
        running.process.kill()
        running.process.wait(10)
        deadline = time.monotonic() + 10
        while any(_runs(child) for child in children):
            assert time.monotonic() < deadline, "workers outlive their parent"
            time.sleep(0.02)

    def test_what_was_begun_is_cleared_away(self, case: Case, alone: Path, tmp_path: Path) -> None:
        (tmp_path / "case").mkdir()
        (tmp_path / "chunks-0123").mkdir()
        begun = [
            tmp_path / place for place in (".run.json.1.partial", "case/.case.yaml.1.partial", "chunks-0123/.1.partial")
        ]
        for path in begun:
            path.write_bytes(b"half of")
        tumen.run(case, draws=DRAWS, out=tmp_path)
        assert_same_run(tmp_path, alone)
        assert {path.name for path in tmp_path.iterdir()} == {*FILES, "case"}
        assert not partials(tmp_path)


def _runs(pid: str) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class TestInterrupted:
    @pytest.mark.parametrize("workers", [1, 2])
    def test_says_how_to_go_on_and_keeps_what_is_done(
        self, case: Case, tmp_path: Path, start: Callable[..., Running], workers: int
    ) -> None:
        folder = tmp_path / "run"
        words = ("run", case.folder, "--draws", 16_384, "--workers", workers, "--out", folder)
        running = start(*words, folder=folder)
        assert running.wait_for(lambda: len(list(folder.glob("chunks-*/*.npz"))) >= 3)
        code, written, problems = running.group(signal.SIGINT)
        assert code == 130
        assert written == ""
        assert problems == "Stopped. Finished work is kept: the same command goes on from there.\n"
        kept = len(list(folder.glob("chunks-*/*.npz")))
        assert kept >= 3
        assert not partials(folder)
        assert not (folder / "run.json").exists()
        with pytest.raises(Begun, match=f"worlds, {kept} of 67"):
            tumen.run(case, draws=16_384, workers=1, out=folder, progress=begun)

    def test_while_processes_start(self, case: Case, tmp_path: Path, start: Callable[..., Running]) -> None:
        folder = tmp_path / "run"
        running = start("run", case.folder, "--draws", 16_384, "--workers", 2, "--out", folder, folder=folder)
        pid = running.process.pid
        listed = Path(f"/proc/{pid}/task/{pid}/children")
        if not listed.exists():
            pytest.skip("children are listed in /proc on Linux only")
        assert running.wait_for(lambda: len(listed.read_text().split()) >= 2)
        code, _, problems = running.group(signal.SIGINT)
        assert code == 130
        assert "Traceback" not in problems


class Begun(Exception):
    """How far a run was when it began."""


def begun(stage: str, done: int, total: int) -> None:
    raise Begun(f"{stage}, {done} of {total}")


class TestFullDisk:
    """What is met: no space left, at each write in turn."""

    @pytest.mark.parametrize("call", ["fsync", "replace"])
    def test_at_each_write_in_turn(
        self, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
    ) -> None:
        expected, folder = tmp_path / "expected", tmp_path / "run"
        tumen.run(case, draws=512, out=expected)
        words = ["run", str(case.folder), "--draws", "512", "--out", str(folder)]
        writes = len(case.files) + 1 + len(FILES)
        for failing in range(writes):
            with monkeypatch.context() as patched:
                _run_out_of_space(patched, call, failing)
                found = CliRunner().invoke(app, words)
            assert found.exit_code == 4, found.output
            assert "No space left on device; free some space. Finished work is kept" in found.stderr
            assert found.stdout == ""
            assert not partials(folder)
            assert_whole(folder, expected)
            assert len([path for path in folder.rglob("*") if path.is_file()]) == failing, "what was written stays"
            # The next attempt writes the case anew, and then goes on.
            for path in folder.rglob("*"):
                if path.is_file():
                    path.unlink()
        with monkeypatch.context() as patched:
            _run_out_of_space(patched, call, len(FILES))
            assert CliRunner().invoke(app, words).exit_code == 4
        found = CliRunner().invoke(app, words)
        assert found.exit_code == 0
        assert_same_run(folder, expected)

    def test_a_small_disk(self, case: Case, alone: Path, tmp_path: Path) -> None:
        """The disk grows until the run fits; what has been written by then stays."""
        disk = tmp_path / "disk"
        disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o"]
        if subprocess.run([*mount, "size=64k", "tmpfs", disk], capture_output=True, check=False).returncode:
            pytest.skip("a small disk cannot be mounted here; that needs the rights of an administrator")
        try:
            folder, size, lacked = disk / "run", 4, set()
            while True:
                subprocess.run([*mount, f"remount,size={size}k", "tmpfs", disk], check=True)
                found = CliRunner().invoke(app, [str(word) for word in arguments(case, folder)])
                assert not partials(folder)
                assert_whole(folder, alone)
                if found.exit_code == 0:
                    break
                assert found.exit_code == 4, found.output
                path, said, _ = found.stderr.partition(": cannot be written: No space left on device; free some space.")
                assert said
                lacked.add(Path(path).suffix)
                size += 4 if size < 16 else 80 if path.endswith(".npz") else 40  # chunks are large, and alike
            assert_same_run(folder, alone)
            assert lacked >= {".yaml", ".npz", ".nc", ".html"}
        finally:
            subprocess.run(["umount", disk], check=True)

    def test_a_limit_on_the_size_of_files(self, case: Case, alone: Path, tmp_path: Path) -> None:
        folder = tmp_path / "run"
        limited = "import resource, runpy; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)); "
        script = f"{limited}runpy.run_module('tumen', run_name='__main__', alter_sys=True)"
        words = [sys.executable, "-c", script, *map(str, arguments(case, folder))]
        done = subprocess.run(words, env=environment(), capture_output=True, encoding="utf-8", timeout=60, check=False)
        assert done.returncode == 4
        assert "File too large; free some space, or raise the limit on the size of files." in done.stderr
        assert not partials(folder)
        assert_whole(folder, alone)
        tumen.run(case, draws=DRAWS, out=folder)
        assert_same_run(folder, alone)


def _run_out_of_space(patched: pytest.MonkeyPatch, call: str, after: int) -> None:
    """No space is left after so many writes."""
    done = 0

    def counted(*arguments: object) -> object:
        nonlocal done
        done += 1
        if done > after:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(*arguments)

    owner = _files.os if call == "fsync" else Path
    real = getattr(owner, call)
    patched.setattr(owner, call, counted)


class TestFoldersThatCannotBe:
    def invoke(self, case: Case, out: Path, *more: str) -> tuple[int, str]:
        found = CliRunner().invoke(app, ["run", str(case.folder), "--draws", "256", "--out", str(out), *more])
        assert found.stdout == ""
        return found.exit_code, found.stderr

    def test_a_file(self, case: Case, tmp_path: Path) -> None:
        path = tmp_path / "file"
        path.write_text("mine")
        code, problem = self.invoke(case, path)
        assert (code, problem) == (4, f"{path}: is a file; name a folder with --out\n")
        assert path.read_text() == "mine"
        code, problem = self.invoke(case, path / "below")
        assert code == 4
        assert "cannot be made: Not a directory; name another folder with --out" in problem

    def test_other_files(self, case: Case, tmp_path: Path) -> None:
        (tmp_path / "thesis.tex").write_text("mine")
        code, problem = self.invoke(case, tmp_path)
        assert (code, problem) == (4, f"{tmp_path}: holds other files (thesis.tex); name an empty folder with --out\n")
        assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
        assert (
            CliRunner()
            .invoke(app, ["run", str(case.folder), "--draws", "256", "--out", str(tmp_path), "--overwrite"])
            .exit_code
            == 0
        )
        assert (tmp_path / "thesis.tex").read_text() == "mine"
        assert tumen.open_run(tmp_path).draws == 256

    def test_a_case(self, case: Case) -> None:
        before = {path: path.read_bytes() for path in case.folder.iterdir()}
        for more in ((), ("--overwrite",)):
            code, problem = self.invoke(case, case.folder, *more)
            assert code == 4
            assert problem.endswith("holds a case; name another folder with --out, so that the case stays as it is\n")
        assert {path: path.read_bytes() for path in case.folder.iterdir()} == before

    def test_beside_the_case(self, tmp_path: Path) -> None:
        """A case that lies where a run would put its copy is left as it is."""
        new_case(tmp_path / "case")
        before = {path: path.stat().st_mtime_ns for path in (tmp_path / "case").iterdir()}
        tumen.run(tumen.load(tmp_path / "case"), draws=256, out=tmp_path)
        assert {path: path.stat().st_mtime_ns for path in (tmp_path / "case").iterdir()} == before
        assert tumen.open_run(tmp_path).draws == 256

    @pytest.mark.parametrize("rights", [0o000, 0o555])
    def test_one_that_may_not_be_written(self, case: Case, tmp_path: Path, rights: int) -> None:
        folder = tmp_path / "closed"
        folder.mkdir()
        folder.chmod(rights)
        with without_special_rights(tmp_path, case.folder):
            code, problem = self.invoke(case, folder / "run")
            assert code == 4
            assert "closed/run: cannot be made: Permission denied; name another folder with --out" in problem
            code, problem = self.invoke(case, folder)
            assert code == 4
            assert "Permission denied; name another folder with --out" in problem
        folder.chmod(0o755)
        assert list(folder.iterdir()) == []

    def test_one_that_turns_read_only(self, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object) -> None:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))

        tumen.run(case, draws=256, seed=2, out=tmp_path / "run")
        with monkeypatch.context() as patched:
            patched.setattr(Path, "unlink", refuse)
            code, problem = self.invoke(case, tmp_path / "run", "--overwrite")
        assert code == 4
        assert "run.json: cannot be removed: Read-only file system; name another folder" in problem
        monkeypatch.setattr(_files.os, "fsync", refuse)
        code, problem = self.invoke(case, tmp_path / "new")
        assert code == 4
        assert "case.yaml: cannot be written: Read-only file system; name another folder" in problem

    def test_one_in_which_another_run_is_at_work(self, case: Case, tmp_path: Path) -> None:
        folder = tmp_path / "run"
        met: list[str] = []

        def progress(stage: str, done: int, total: int) -> None:
            if not met:
                with pytest.raises(RunError) as refused:
                    tumen.run(case, draws=256, out=folder)
                met.append(str(refused.value))

        tumen.run(case, draws=256, out=folder, progress=progress)
        assert met == [
            f"{folder}: another run is at work in this folder; wait for it to end, or name another folder with --out"
        ]


@contextmanager
def without_special_rights(*readable: Path) -> Iterator[None]:
    """As somebody whom the rights of a folder bind: an administrator gives up its own for the while."""
    if os.geteuid() != 0:
        yield
        return
    for path in {parent for place in readable for parent in (place, *place.parents)}:
        if not path.stat().st_mode & 0o001:
            path.chmod(0o755)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture(scope="module")
def good(case: Case, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a small run, by place."""
    folder = tmp_path_factory.mktemp("good")
    tumen.run(case, draws=256, out=folder)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class TestReadingADamagedRun:
    @pytest.fixture
    def folder(self, good: dict[str, bytes], tmp_path: Path) -> Path:
        for place, data in good.items():
            path = tmp_path / "run" / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return tmp_path / "run"

    def problem(self, folder: Path) -> str:
        before = sorted(path for path in folder.rglob("*"))
        found = CliRunner().invoke(app, ["report", str(folder)])
        assert found.exit_code == 4, found.output
        assert found.stdout == ""
        assert found.stderr.count("\n") <= 3
        assert sorted(path for path in folder.rglob("*")) == before
        return found.stderr

    def test_whole_it_is_read(self, folder: Path, good: dict[str, bytes]) -> None:
        for named in (folder, folder / "run.json"):
            (folder / "report.html").unlink(missing_ok=True)
            found = CliRunner().invoke(app, ["report", str(named)])
            assert (found.exit_code, found.stdout, found.stderr) == (0, f"{folder / 'report.html'}\n", "")
            assert (folder / "report.html").read_bytes() == good["report.html"]

    def test_no_run(self, tmp_path: Path) -> None:
        for folder in (tmp_path, tmp_path / "absent"):
            assert "is no finished run (it has no run.json); `tumen run CASE --out" in self.problem(folder)
        (tmp_path / "file").write_text("mine")
        assert "is no finished run" in self.problem(tmp_path / "file")

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "cannot be read: Expecting value"),
            (b"\xff\xfe\x00", "cannot be read: 'utf-8' codec"),
            (b"[" * 100_000, "cannot be read"),
            (b"[1]", "is not the record of a run"),
            (b'{"format": 2}', "is of format 2; this version reads format 1"),
            (b'{"format": 1}', "has no `case`"),
            (b'{"format": 1, "case": "a", "case_hash": "b", "scenario": "", "draws": "many"}', "has no `draws`"),
        ],
    )
    def test_its_record(self, folder: Path, case: Case, content: bytes, message: str) -> None:
        (folder / "run.json").write_bytes(content)
        said = self.problem(folder)
        assert message in said
        assert "run the case again" in said
        again = CliRunner().invoke(app, ["run", str(case.folder), "--draws", "256", "--out", str(folder)])
        assert again.exit_code == 4
        assert "name another folder with --out, or say --overwrite" in again.stderr
        words = ["run", str(case.folder), "--draws", "256", "--out", str(folder), "--overwrite"]
        assert CliRunner().invoke(app, words).exit_code == 0

    @pytest.mark.parametrize("name", ["answers.json", "results.nc", "case/case.yaml", "case/sources.yaml"])
    @pytest.mark.parametrize("damage", ["gone", "empty", "cut", "garbage", "folder"])
    def test_its_files(self, folder: Path, name: str, damage: str) -> None:
        path = folder / name
        data = path.read_bytes()
        path.unlink()
        if damage == "folder":
            path.mkdir()
        elif damage != "gone":
            path.write_bytes(
                {"empty": b"", "cut": data[: len(data) // 2], "garbage": random.Random(1).randbytes(500)}[damage]
            )
        said = self.problem(folder)
        assert str(folder) in said
        assert "again" in said or "no longer those of the run" in said

    @pytest.mark.parametrize("rows", [b"{}", b"[]", b"[1]", b'[{"claim": "relief"}]', b"null"])
    def test_answers_of_another_form(self, folder: Path, rows: bytes) -> None:
        (folder / "answers.json").write_bytes(rows)
        assert "answers.json: cannot be read" in self.problem(folder)
