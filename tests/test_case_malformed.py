"""Malformed cases: each gives a clear message with file and line, exit code 1, no traceback, and leaves nothing behind.

`malformed/` holds one folder a case, with the problems that must be found in its `expected.txt`: these, and no others.
What cannot be kept as a file (large files, links, odd permissions) is made here.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tumen import cli
from tumen._load import load
from tumen.errors import CaseError

MALFORMED = Path(__file__).parent / "malformed"
FOLDERS = sorted(path for path in MALFORMED.iterdir() if path.is_dir())
SKELETON = Path(__file__).parents[1] / "src" / "tumen" / "case" / "skeleton"

Command = Callable[..., tuple[int, str, list[str]]]


@pytest.fixture
def tumen(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    """Runs the command line in an empty folder: exit code, standard output, lines of the error stream."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)

    def command(*arguments: str) -> tuple[int, str, list[str]]:
        monkeypatch.setattr(sys, "argv", ["tumen", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        printed = capsys.readouterr()
        assert not list(work.iterdir()), "something was left behind"
        return int(stopped.value.code or 0), printed.out, printed.err.splitlines()

    return command


def snapshot(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def matches(line: str, expected: str) -> bool:
    place, _, fragment = expected.partition(": ")
    return line.startswith(f"{place}: ") and fragment in line


def check_messages(lines: list[str], expected: list[str]) -> None:
    """Each expected problem is shown, and nothing else but their number."""
    missing = [problem for problem in expected if not any(matches(line, problem) for line in lines)]
    assert not missing, lines
    others = [line for line in lines if not any(matches(line, problem) for problem in expected)]
    assert not others or (len(expected) > 1 and others == [f"{len(expected)} problems."])
    assert "Traceback" not in "\n".join(lines)


def test_there_are_fifty_and_more() -> None:
    assert len(FOLDERS) >= 50


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_malformed_case_is_refused(folder: Path, tumen: Command) -> None:
    expected = (folder / "expected.txt").read_text(encoding="utf-8").splitlines()
    before = snapshot(folder)
    commands = [["check"], ["run", "--draws", "256"]]  # which read alike, so the second is tried on some
    for command in commands if FOLDERS.index(folder) % 4 == 0 else commands[:1]:
        code, out, lines = tumen(*command, str(folder))
        assert code == 1
        assert not out
        check_messages(lines, expected)
    assert snapshot(folder) == before


@pytest.mark.parametrize(("command", "name"), [("check", "yaml_bomb"), ("run", "seven_at_once")])
def test_the_real_command(command: str, name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tumen", command, str(MALFORMED / name)],
        cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert not done.stdout
    check_messages(done.stderr.splitlines(), (MALFORMED / name / "expected.txt").read_text().splitlines())
    assert not list(tmp_path.iterdir())


# ---- what cannot be kept as a file

HEAD = "format: 1\ntitle: A case\nas_of: 2024-06-30\nhorizon: 2023..2045\nplayers: {AAA: One}\n"
FIT = "processes:\n  rate: {fit: geometric_brownian, series: rate.csv}\n"
ROWS = "year,value,unit\n" + "".join(f"{year},{30 + year % 3},RUB/USD\n" for year in range(2010, 2022))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A sound case with a table."""
    made = tmp_path / "case"
    made.mkdir()
    (made / "case.yaml").write_text(HEAD + FIT)
    (made / "rate.csv").write_text(ROWS)
    load(made)
    return made


def refused(tumen: Command, folder: Path, *expected: str) -> None:
    for command in ("check", "run"):
        code, out, lines = tumen(command, str(folder))
        assert code == 1
        assert not out
        check_messages(lines, list(expected))


def test_a_huge_case_file(folder: Path, tumen: Command) -> None:
    (folder / "case.yaml").write_text(HEAD + "# long\n" * 200_000)
    refused(tumen, folder, "case.yaml: the file is larger than 500,000 bytes")


def test_too_many_entries(folder: Path, tumen: Command) -> None:
    (folder / "case.yaml").write_text(HEAD + "limits:\n" + "  - x\n" * 25_000)
    code, _, lines = tumen("check", str(folder))
    assert code == 1
    check_messages(lines, ["case.yaml:19990: more than 20,000 keys and values; put long series into a CSV table"])


def test_a_huge_sources_file(folder: Path, tumen: Command) -> None:
    (folder / "sources.yaml").write_text("a: {title: x}\n" + "#" * 2_000_000)
    refused(tumen, folder, "sources.yaml: the file is larger than 500,000 bytes")


def test_a_huge_table(folder: Path, tumen: Command) -> None:
    (folder / "rate.csv").write_text(ROWS + "2022,40,RUB/USD\n" * 400_000)
    refused(tumen, folder, "rate.csv: the file is larger than 5,000,000 bytes")


def test_a_long_table(folder: Path, tumen: Command) -> None:
    rows = "".join(f"{1000 + n % 1000},{n + 1},{n // 1000}\n" for n in range(60_000))
    (folder / "rate.csv").write_text("year,value,statistics\n" + rows)
    code, _, lines = tumen("check", str(folder))
    assert code == 1
    check_messages(lines, ["rate.csv:50002: more than 50,000 rows; keep the figures that the case needs"])


def test_a_table_in_which_every_row_is_wrong(folder: Path, tumen: Command) -> None:
    (folder / "rate.csv").write_text("year,value\n" + "x,y\n" * 100_000)
    code, _, lines = tumen("check", str(folder))
    assert code == 1
    assert lines[0].startswith("rate.csv:2: value: `y` is not a number")
    assert len(lines) <= 202  # enough is enough


def test_a_huge_cell(folder: Path, tumen: Command) -> None:
    (folder / "rate.csv").write_text("year,value,note\n2010,1," + "x" * 200_000 + "\n")
    refused(tumen, folder, "rate.csv:2: this is not a CSV table: field larger than field limit (131072)")


@pytest.mark.parametrize("name", ["case.yaml", "sources.yaml", "rate.csv"])
@pytest.mark.parametrize("there", [True, False])
def test_a_link_that_leaves_the_folder(folder: Path, tumen: Command, tmp_path: Path, name: str, there: bool) -> None:
    outside = tmp_path / "outside"
    if there:
        outside.write_text("secret: of the machine\n")
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(outside)
    place = "case.yaml:7" if name == "rate.csv" else name
    refused(tumen, folder, f"{place}: `{name}` lies outside the case's folder; put the file into the folder")


def test_a_folder_in_between_that_leaves(folder: Path, tumen: Command, tmp_path: Path) -> None:
    (tmp_path / "rate.csv").write_text(ROWS)
    (folder / "data").symlink_to(tmp_path, target_is_directory=True)
    (folder / "case.yaml").write_text(HEAD + FIT.replace("rate.csv", "data/rate.csv"))
    refused(tumen, folder, "case.yaml:7: `data/rate.csv` lies outside the case's folder")


def test_links_and_folders_within_are_fine(folder: Path) -> None:
    (folder / "data").mkdir()
    (folder / "rate.csv").rename(folder / "data" / "rates.csv")
    (folder / "rate.csv").symlink_to(folder / "data" / "rates.csv")
    assert load(folder).tables["rate.csv"].rows[0].value == 30
    (folder / "case.yaml").write_text(HEAD + FIT.replace("rate.csv", "data/rates.csv"))
    assert load(folder).tables["data/rates.csv"].rows[0].value == 30


def test_a_link_to_itself(folder: Path, tumen: Command) -> None:
    (folder / "rate.csv").unlink()
    (folder / "rate.csv").symlink_to(folder / "rate.csv")
    refused(tumen, folder, "case.yaml:7: `rate.csv` cannot be read")


def test_a_pipe_is_not_waited_for(folder: Path, tumen: Command) -> None:
    (folder / "rate.csv").unlink()
    os.mkfifo(folder / "rate.csv")
    refused(tumen, folder, "case.yaml:7: `rate.csv` is not a file")


def test_a_folder_in_place_of_the_case(folder: Path, tumen: Command) -> None:
    (folder / "case.yaml").unlink()
    (folder / "case.yaml").mkdir()
    refused(tumen, folder, "case.yaml: `case.yaml` is not a file")


@pytest.mark.parametrize("name", ["case.yaml", "rate.csv"])
def test_a_file_that_may_not_be_read(folder: Path, tumen: Command, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    opened = Path.open

    def guarded(path: Path, *arguments: object, **more: object) -> object:
        if path == folder / name:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *arguments, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", guarded)
    place = "case.yaml:7" if name == "rate.csv" else name
    refused(tumen, folder, f"{place}: `{name}` cannot be read: Permission denied")


@pytest.mark.parametrize("name", ["nowhere", "nowhere/at/all", "x" * 5000, "a\0b", ""])
def test_a_case_that_is_not_there(tumen: Command, name: str) -> None:
    code, out, lines = tumen("check", name or "./case.yml")
    assert code == 1
    assert not out
    assert len(lines) == 1
    assert "Traceback" not in lines[0]


def test_a_name_that_is_nearly_that_of_a_bundled_case(tumen: Command) -> None:
    _, _, lines = tumen("run", "russia-korea-2041")
    assert "did you mean russia-korea-2014?" in lines[0]


def test_problems_come_in_the_order_of_the_files() -> None:
    with pytest.raises(CaseError) as raised:
        load(MALFORMED / "seven_at_once")
    places = [problem.place for problem in raised.value.problems]  # type: ignore[attr-defined]
    assert places == sorted(places)
    assert len(places) == 7


def test_a_problem_is_not_repeated_by_what_follows_from_it(tmp_path: Path) -> None:
    """What names a broken part is not wrong as well: not its claims, its envelope, its levers or its scenarios."""
    for path in SKELETON.iterdir():
        (tmp_path / path.name).write_text(path.read_text().replace("unit: MUSD", "unit: km").replace("15 yr", "0 yr"))
    with pytest.raises(CaseError) as raised:
        load(tmp_path)
    fields = [str(problem).split(": ")[1] for problem in raised.value.problems]
    assert fields == ["processes.default.hazard.years", "initiatives.settlement.schedule"]
