"""The command line: what it says, where, in which letters, and with which exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from typer.testing import CliRunner

import tumen
from runs_support import command, environment, tumen_command
from tumen import cli
from tumen._load import load
from tumen.case import new_case
from tumen.errors import CaseError, LedgerError, MissingExtra, NoConvergence, RunError, TumenError, UnknownName

COMMANDS = ("run", "check", "report", "new", "cases", "read", "schema", "verify", "compare", "breakeven", "score")
ESCAPE = "\x1b"


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cases") / "schools"
    new_case(folder)
    return folder


@pytest.fixture(scope="module")
def finished(case: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "first"
    tumen.run(tumen.load(case), draws=256, out=folder)
    return folder


def invoke(*words: object) -> tuple[int, str, str]:
    """A command in this process: exit code, output, problems."""
    found = CliRunner().invoke(cli.app, [str(word) for word in words])
    return found.exit_code, found.stdout, found.stderr


class TestHelp:
    def test_lists_every_command(self) -> None:
        code, shown, _ = invoke("--help")
        assert code == 0
        for name in (*COMMANDS, "trade"):
            assert f" {name} " in shown
        assert {command.callback.__name__ for command in cli.app.registered_commands if command.callback} == set(
            COMMANDS
        )

    @pytest.mark.parametrize("name", [None, *COMMANDS])
    def test_has_examples(self, name: str | None) -> None:
        code, shown, _ = invoke(*([name] if name else []), "--help")
        assert code == 0
        assert "Example" in shown
        assert f"tumen {name or 'run'}" in shown

    def test_without_a_command_shows_help(self) -> None:
        code, shown, problems = invoke()
        assert code == 2
        assert "Usage:" in shown + problems

    def test_version(self) -> None:
        assert invoke("--version") == (0, f"tumen {tumen.__version__}\n", "")

    def test_as_a_module(self) -> None:
        done = tumen_command("--version")
        assert (done.returncode, done.stdout, done.stderr) == (0, f"tumen {tumen.__version__}\n", "")


class TestExitCodes:
    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (["fly"], "No such command"),
            (["run"], "Missing argument"),
            (["run", "x", "--draws", "0"], "--draws"),
            (["run", "x", "--draws", "many"], "--draws"),
            (["run", "x", "--seed", "-1"], "--seed"),
            (["run", "x", "--seed", str(2**63)], "--seed"),
            (["run", "x", "--workers", "0"], "--workers"),
            (["run", "x", "--sed", "1"], "--sed"),
            (["check", "a", "b"], "unexpected extra argument"),
        ],
    )
    def test_usage(self, words: list[str], message: str) -> None:
        code, shown, problems = invoke(*words)
        assert code == 2
        assert shown == ""
        assert message in problems

    @pytest.mark.parametrize("name", ["run", "check"])
    def test_a_missing_case(self, name: str) -> None:
        code, shown, problems = invoke(name, "russia-corea-2014")
        assert (code, shown) == (1, "")
        assert "there is no such folder" in problems
        assert "did you mean russia-korea-2014?" in problems

    def test_a_case_with_problems(self, tmp_path: Path) -> None:
        new_case(tmp_path / "bad")
        path = tmp_path / "bad" / "case.yaml"
        path.write_text(
            path.read_text().replace("as_of: 2024-06-30", "as_off: 2024-06-30").replace("20, 25, 40", "20, 5, 40")
        )
        for name in ("check", "run"):
            code, shown, problems = invoke(name, tmp_path / "bad")
            assert (code, shown) == (1, "")
            assert "did you mean as_of?" in problems
            assert problems.count("case.yaml:") >= 2
            assert problems.endswith(" problems.\n")
        assert not (tmp_path / "runs").exists()

    def test_an_unknown_scenario(self, case: Path, tmp_path: Path) -> None:
        code, _, problems = invoke("run", case, "--scenario", "pays", "--out", tmp_path / "run")
        assert (code, problems) == (1, "there is no scenario 'pays'; valid: pays_in_full\n")
        assert not (tmp_path / "run").exists()

    @pytest.mark.parametrize(
        ("error", "code"),
        [
            (CaseError(["case.yaml:3: a: b"]), 1),
            (UnknownName("there is no such thing"), 1),
            (LedgerError("does not reconcile"), 1),
            (MissingExtra("pyarrow", "io"), 1),
            (TumenError("something else"), 1),
            (NoConvergence("the market of [coal] is 3 % off"), 3),
            (RunError("cannot be written"), 4),
            (KeyboardInterrupt(), 130),
        ],
    )
    def test_of_errors(self, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int) -> None:
        def fail(*_: object, **__: object) -> None:
            raise error

        monkeypatch.setattr("tumen._load.load", fail)
        found = invoke("check", "any")
        assert found == (code, "", f"{error}\n" if str(error) else "Stopped.\n")

    def test_a_defect_is_not_hidden(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object, **__: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr("tumen._load.load", fail)
        assert isinstance(CliRunner().invoke(cli.app, ["check", "any"]).exception, ZeroDivisionError)


class TestCommands:
    def test_new_then_run_then_report(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        code, shown, problems = invoke("new", "mine")
        assert (code, problems) == (0, "")
        assert shown.splitlines()[-1] == "Next: tumen run mine"
        code, shown, problems = invoke("run", "mine", "--draws", "200", "--seed", 0)
        assert (code, problems) == (0, "")
        assert "256 draws, seed 0" in shown
        assert "ten_schools" in shown
        (folder,) = (tmp_path / "runs").iterdir()
        assert folder.name.startswith("mine-")
        assert shown.splitlines()[-1] == f"Report: {Path('runs') / folder.name / 'report.html'}"
        assert invoke("report", Path("runs") / folder.name)[:2] == (
            0,
            f"{Path('runs') / folder.name / 'report.html'}\n",
        )
        assert invoke("run", "mine", "--draws", "200", "--seed", 0)[1] == shown

    def test_new_into_a_folder_in_use(self, case: Path) -> None:
        code, shown, problems = invoke("new", case)
        assert (code, shown) == (4, "")
        assert "not empty; name a new folder" in problems

    def test_cases(self) -> None:
        code, shown, _ = invoke("cases")
        assert code == 0
        for name in tumen.bundled_cases():
            assert f"{name}  {load(name, rehearse=False).title}\n" in shown

    def test_schema_is_json(self) -> None:
        code, shown, _ = invoke("schema")
        assert code == 0
        assert json.loads(shown)["type"] == "object"

    def test_a_long_path_is_not_broken(self, case: Path, tmp_path: Path) -> None:
        folder = tmp_path / ("long-" * 30) / ("path-" * 30)
        assert (
            invoke("run", case, "--draws", 1, "--out", folder)[1].splitlines()[-1]
            == f"Report: {folder / 'report.html'}"
        )


class TestCheck:
    @pytest.mark.parametrize("columns", [60, 80, 140])
    def test_shows_every_figure(self, case: Path, columns: int) -> None:
        done = tumen_command("check", case, COLUMNS=str(columns))
        assert (done.returncode, done.stderr) == (0, "")
        lines = done.stdout.splitlines()
        assert max(len(line) for line in lines) <= columns
        assert lines[-1] == "100% of the figures have a source."
        flat = " ".join(done.stdout.split())
        for parameter in tumen.load(case).parameters:
            assert parameter.name in flat or columns == 60
        for part in (
            "triangular 20, 25, 40 MUSD",
            "27.75",
            "22.24 to 36.13",
            "ministry-2024",
            "MUSD/yr",
            "as of 2024-06-30",
        ):
            assert part in flat, part

    def test_of_the_bundled_case(self) -> None:
        code, shown, problems = invoke("check", "nord-stream-2005")
        assert (code, problems) == (0, "")
        share = load("nord-stream-2005", rehearse=False).sourced_share
        assert f"{share:.0%} of the figures have a source." in shown


class TestWhatIsShown:
    @pytest.mark.parametrize("columns", [60, 140])
    def test_answers_at_any_width(self, case: Path, finished: Path, columns: int) -> None:
        done = tumen_command("run", case, "--draws", 256, "--overwrite", "--out", finished, COLUMNS=str(columns))
        assert (done.returncode, done.stderr) == (0, "")
        lines = done.stdout.splitlines()
        assert max(len(line) for line in lines[:-1]) <= columns
        header = next(line for line in lines if line.startswith("claim "))
        assert header.split() == ["claim", "probability", "median", "5-95", "%"]
        relief = next(line for line in lines if line.startswith("relief "))
        assert "to $" in relief, "no figure is broken"

    def test_no_colours_unless_on_a_terminal(self, case: Path, finished: Path) -> None:
        done = tumen_command("run", case, "--draws", 256, "--overwrite", "--out", finished, TERM="xterm-256color")
        assert (done.returncode, ESCAPE in done.stdout) == (0, False)

    def test_no_colour_on_a_terminal_that_wants_none(self, case: Path, finished: Path) -> None:
        words = command("run", case, "--draws", 256, "--overwrite", "--out", finished)
        assert b"\x1b[1m" in on_a_terminal(words, environment(TERM="xterm-256color"))[0]
        plain, _ = on_a_terminal(words, environment(TERM="xterm-256color", NO_COLOR="1"))
        assert b"\x1b[3" not in plain  # bold is no colour

    def test_progress_is_not_in_the_output(self, case: Path, tmp_path: Path) -> None:
        """On a terminal the bar is drawn, on the error stream; the output stays what it is without."""
        words = command("run", case, "--draws", 1024, "--overwrite", "--out", tmp_path / "run")
        drawn, written = on_a_terminal(words, environment(TERM="xterm-256color"), output=subprocess.PIPE)
        assert b"worlds" in drawn
        assert b"\x1b" not in written
        again = subprocess.run(words, env=environment(), capture_output=True, check=True)
        assert written == again.stdout
        assert again.stderr == b""

    def test_text_of_a_case_is_shown_as_it_is(self, tmp_path: Path) -> None:
        """What would be marks of colour to the library that writes tables stays text."""
        title, publisher = "[bold]Schools[/red] [link=x]", r"\[dim] [/] :smile:"
        new_case(tmp_path / "odd")
        path, sources = tmp_path / "odd" / "case.yaml", tmp_path / "odd" / "sources.yaml"
        before = "title: A debt settlement between two neighbours (invented figures)"
        text = path.read_text().replace(before, f"title: '{title}'")
        path.write_text(text)
        sources.write_text(sources.read_text().replace("publisher: Ministry of Finance", f"publisher: '{publisher}'"))
        code, shown, problems = invoke("run", tmp_path / "odd", "--draws", 1, "--out", tmp_path / "run")
        assert (code, problems) == (0, "")
        assert shown.startswith(f"{title}  as of 2024-06-30")
        assert publisher in " ".join(shown.split())
        assert invoke("check", tmp_path / "odd")[1].startswith(title)
        path.write_text(text.replace("measure: money.relief", "measure: '[bold]money[/red]'"))
        code, _, problems = invoke("check", tmp_path / "odd")
        assert code == 1
        assert "[bold]money[/red]" in problems

    def test_no_text_steers_the_terminal(self, tmp_path: Path) -> None:
        assert cli._clean("red \x1b[31m\x07 text\nnext\u202e") == "red \ufffd[31m\ufffd text\nnext\ufffd"
        code, _, problems = invoke("check", f"{tmp_path}/\x1b]0;title\x07")
        assert code == 1
        assert ESCAPE not in problems

    @pytest.mark.parametrize("coding", ["ascii", "cp1252", "utf-8"])
    def test_in_any_letters(self, case: Path, finished: Path, coding: str) -> None:
        words = command("run", case, "--draws", 256, "--overwrite", "--out", finished)
        done = subprocess.run(words, env=environment(PYTHONIOENCODING=coding), capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
        shown = done.stdout.decode(coding)
        minus = "\N{MINUS SIGN}" if coding == "utf-8" else "-"
        assert f"{minus}$" in shown
        assert "?" not in shown

    def test_help_in_plain_letters(self) -> None:
        done = subprocess.run(
            command("--help"), env=environment(PYTHONIOENCODING="ascii"), capture_output=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, b"")
        assert "tumen new my-case" in " ".join(done.stdout.decode("ascii").split())

    def test_what_has_no_plain_letter(self) -> None:
        error = UnicodeEncodeError("ascii", "−1 ± 2 × 3² – Жä…", 0, 17, "no")
        assert cli._in_plain_letters(error) == ("-1 +/- 2 x 32 - ??...", 17)

    def test_in_the_plain_locale(self, case: Path) -> None:
        done = tumen_command("check", case, LANG="C", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
        assert (done.returncode, done.stderr) == (0, "")

    @pytest.mark.skipif(os.name != "posix", reason="pipes as on POSIX systems")
    @pytest.mark.parametrize("words", [("run",), ("check",), ("schema",)])
    def test_a_reader_that_leaves_early(self, case: Path, finished: Path, words: tuple[str, ...]) -> None:
        more = {"run": (case, "--draws", 256, "--overwrite", "--out", finished), "check": (case,)}.get(words[0], ())
        process = subprocess.Popen(
            command(*words, *more), env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert process.stdout is not None
        process.stdout.close()  # before anything is written
        assert process.stderr is not None
        assert process.stderr.read() == b""
        process.stderr.close()
        assert process.wait(60) == 0


def on_a_terminal(words: list[str], env: dict[str, str], output: int | None = None) -> tuple[bytes, bytes]:
    """Run a command with its error stream, and without `output` its output too, on a terminal; what each got."""
    pty = pytest.importorskip("pty", reason="terminals as on POSIX systems")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(words, env=env, stdin=theirs, stdout=output or theirs, stderr=theirs, close_fds=True)
    os.close(theirs)
    drawn = b"".join(iter(lambda: _read(ours), b""))
    os.close(ours)
    written = process.stdout.read() if process.stdout else b""
    if process.stdout:
        process.stdout.close()
    assert process.wait(60) == 0, drawn
    return drawn, written


def _read(handle: int) -> bytes:
    try:
        return os.read(handle, 4096)
    except OSError:  # the other end was closed
        return b""


HEAVY = ("numpy", "pandas", "scipy", "xarray", "matplotlib", "pydantic", "ruamel", "pint", "rich", "typer", "h5py")


def loaded_after(code: str) -> set[str]:
    """The heavy modules that some code loads in a fresh process."""
    script = f"import sys\n{code}\nprint(*(name for name in {HEAVY!r} if name in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment(), capture_output=True, check=True, encoding="utf-8"
    )
    return set(done.stdout.split())


class TestStart:
    def test_import_loads_nothing_heavy(self) -> None:
        assert loaded_after("import tumen\ndir(tumen)\ntumen.__version__") == set()

    def test_help_loads_no_engine(self) -> None:
        assert loaded_after("import tumen.cli") <= {"rich", "typer"}

    def test_a_case_is_read_without_charts_and_tables(self) -> None:
        assert loaded_after("import tumen\ntumen.load('nord-stream-2005')").isdisjoint(
            {"matplotlib", "xarray", "pandas", "h5py"}
        )

    @pytest.mark.parametrize("module", [tumen, __import__("tumen.uncertainty", fromlist=["x"])])
    def test_every_public_name_is_there(self, module: ModuleType) -> None:
        for name in module.__all__:
            assert getattr(module, name) is not None
        assert set(module.__all__) <= set(dir(module))
        with pytest.raises(AttributeError, match="no attribute 'nothing'"):
            module.nothing  # noqa: B018
