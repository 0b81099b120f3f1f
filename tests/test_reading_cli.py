"""`tumen read`: what it refuses, what it says, and that Ctrl-C ends it at once; the days that pages give themselves."""

from __future__ import annotations

import datetime as dt
import io
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from rich.console import Console
from ruamel.yaml import YAML
from typer.testing import CliRunner

from runs_support import command, environment
from tumen import _cli_read, _files
from tumen.cli import app
from tumen.errors import CaseError
from tumen.reading import Page, Story, link, read_page, read_pages
from tumen.reading._link import Disagreement, Event, Initiative
from tumen.reading._page import bare_date, html_date

TEXT = "A line for the Andes\n\nPeru signed an agreement to build a railway with Chile on Friday.\n"
GERMAN = "Die neue Bahn wird im Mai gebaut, sagte der Minister am Montag in der Stadt.\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in {
        "a.txt": TEXT,
        "b.txt": TEXT.replace("Chile", "Bolivia"),
        "dated.txt": TEXT.replace("\n\n", "\n4 March 2013\n\n"),
        "german.txt": GERMAN,
        "empty.txt": " \n\n",
        "empty.html": "<html><body><p> </p></body></html>",
    }.items():
        Path(name).write_text(text, encoding="utf-8")


def read(*words: str) -> tuple[int, str, str]:
    """Exit code, output and problems, each run of blanks and lines of a box as one blank."""
    found = CliRunner().invoke(app, ["read", *words], env={"COLUMNS": "200"})
    return found.exit_code, found.stdout, " ".join(found.stderr.replace("│", " ").split())


class TestDates:
    def test_every_page_without_one_is_named_and_takes_no_other_s(self) -> None:
        code, out, problems = read("a.txt", "dated.txt", "b.txt")
        assert (code, out) == (1, "")
        assert problems.startswith("a.txt, b.txt: no date was found; say with --date")
        assert not Path("draft").exists()

    def test_the_day_named_stands_for_those_without(self) -> None:
        assert read("a.txt", "dated.txt", "--date", "2013-05-06")[0] == 0
        sources = YAML(typ="safe").load(Path("draft/claims_draft.yaml").read_text(encoding="utf-8"))["sources"]
        assert {key: str(one["date"]) for key, one in sources.items()} == {"a": "2013-05-06", "dated": "2013-03-04"}

    @pytest.mark.parametrize("day", ["2999-01-01", "20140505", "", "2014-02-30", "soon", "2014-W10-1"])
    def test_what_is_no_day_is_wrong_usage(self, day: str) -> None:
        code, out, problems = read("a.txt", "--date", day)
        assert (code, out) == (2, "")
        assert day in problems
        assert "expected a day as 2014-05-31, not after today" in problems

    def test_today_is_a_day(self) -> None:
        assert read("a.txt", "--date", dt.date.today().isoformat())[0] == 0


class TestUsage:
    @pytest.mark.parametrize(
        ("words", "message"),
        [
            ((), "name pages saved as text or HTML"),
            (("a.txt", "--score", "gold.csv"), "takes no PAGE; leave out one of the two"),
            (("--score", "gold.csv", "--date", "2014-01-01"), "takes no --date"),
            (("--score", "gold.csv", "--date", ""), "takes no --date"),
            (("--score", "gold.csv", "--force"), "takes no --force"),
            (("a.txt", "--date", "2014-01-01", "--server", "http://127.0.0.1:1/v1"), "needs --model"),
        ],
    )
    def test_wrong_usage(self, words: tuple[str, ...], message: str) -> None:
        code, out, problems = read(*words)
        assert (code, out) == (2, "")
        assert message in problems
        assert not Path("draft").exists()

    def test_a_table_of_marked_claims_is_not_written_over(self) -> None:
        Path("gold.csv").write_text("page\n")
        code, _, problems = read("--score", "gold.csv", "--out", "gold.csv")
        assert (code, Path("gold.csv").read_text()) == (4, "page\n")
        assert "would be lost" in problems
        assert read("--score", "gold.csv", "--out", ".")[2] == ". is a folder; with --score, --out names a CSV file"


class TestPages:
    def test_without_a_word_are_empty(self) -> None:
        assert read("empty.txt") == (1, "", "empty.txt: is empty")
        assert read("empty.txt", "empty.html") == (1, "", "empty.txt: is empty empty.html: is empty 2 problems.")
        assert not Path("draft").exists()

    def test_an_empty_one_beside_others_is_left_out(self) -> None:
        code, out, problems = read("empty.txt", "dated.txt")
        assert (code, problems) == (0, "empty.txt: is empty; it is left out.")
        assert out.startswith("1 page, 1 claim\n")
        assert "empty" not in Path("draft/claims_draft.yaml").read_text(encoding="utf-8")

    def test_without_claims_are_told_before_their_date_is_asked_for(self) -> None:
        code, _, problems = read("german.txt")
        assert code == 1
        assert problems.startswith(
            "german.txt: no claim was found; reading knows English. german.txt: no date was found"
        )

    def test_named_twice_are_read_once(self) -> None:
        code, out, problems = read("dated.txt", "./dated.txt")
        assert (code, problems) == (0, "dated.txt: is named more than once; it is read once.")
        assert out.startswith("1 page, 1 claim\n")

    def test_of_one_name_in_two_folders_are_told_apart(self, tmp_path: Path) -> None:
        for name in ("one", "two"):
            Path(name).mkdir()
            Path(name, "page.txt").write_text(TEXT, encoding="utf-8")
        readings = read_pages([Path("one/page.txt"), Path("two/page.txt"), Path("a.txt")], dt.date(2013, 3, 4))
        assert [one.page.name for one in readings] == ["one/page.txt", "two/page.txt", "a.txt"]

    def test_that_cannot_be_read_are_all_named(self) -> None:
        with pytest.raises(CaseError) as caught:
            read_pages([Path("a.txt"), Path("none.txt"), Path("nor.txt")])
        assert [str(one).partition(":")[0] for one in caught.value.problems] == ["none.txt", "nor.txt"]

    def test_progress_counts_them(self) -> None:
        told: list[int] = []
        read_pages([Path("a.txt"), Path("b.txt")], progress=told.append)
        assert told == [1, 2]

    def test_many_are_read_in_processes_in_their_order(self) -> None:
        paths = [Path(f"{number}.txt") for number in range(64)]
        for number, path in enumerate(paths):
            path.write_text(f"Road {number}\n{TEXT}", encoding="utf-8")
        told: list[int] = []
        readings = read_pages(paths, dt.date(2013, 3, 4), told.append)
        assert [one.page.name for one in readings] == [path.name for path in paths]
        assert told == list(range(1, 65))
        with pytest.raises(CaseError, match="none") as caught:
            read_pages([*paths, Path("none.txt")])
        assert len(caught.value.problems) == 1


class TestBar:
    @pytest.mark.parametrize(("pages", "terminal", "shown"), [(20, True, True), (19, True, False), (20, False, False)])
    def test_is_shown_for_many_pages_on_a_terminal(
        self, monkeypatch: pytest.MonkeyPatch, pages: int, terminal: bool, shown: bool
    ) -> None:
        stream = io.StringIO()
        monkeypatch.setattr(_cli_read, "err", Console(file=stream, force_terminal=terminal))
        paths = [f"{number}.txt" for number in range(pages)]
        for path in paths:
            Path(path).write_text(TEXT, encoding="utf-8")
        assert read(*paths, "--date", "2013-03-04")[0] == 0
        assert ("pages read" in stream.getvalue()) is shown
        assert (f"{pages}/{pages}" in stream.getvalue()) is shown


class TestOut:
    def test_a_file_is_refused(self) -> None:
        for out in ("empty.txt", "empty.txt/draft"):
            assert read("dated.txt", "--out", out) == (4, "", "empty.txt is a file; --out names a folder")
        assert Path("empty.txt").read_text() == " \n\n"

    def test_a_reviewed_draft_is_kept(self) -> None:
        draft = Path("draft/claims_draft.yaml")
        assert [read("dated.txt")[0] for _ in range(2)] == [0, 0]
        fresh = draft.read_text(encoding="utf-8")
        assert "review: needed}\n" in fresh
        for old, new in (("    review: needed", "    review: struck"), ("review: needed}", "review: 'accepted' }")):
            draft.write_text(fresh.replace(old, new, 1), encoding="utf-8")
            code, out, problems = read("dated.txt")
            assert (code, out) == (4, "")
            assert "holds 1 row that has been reviewed; name another folder with --out" in problems
            assert "--force" in problems
            assert new in draft.read_text(encoding="utf-8")
        assert read("dated.txt", "--force")[0] == 0
        assert draft.read_text(encoding="utf-8") == fresh

    def test_the_word_in_a_quotation_is_no_review(self) -> None:
        text = Path("dated.txt").read_text().replace("on Friday.", "on Friday, review: bad")
        Path("dated.txt").write_text(text)
        assert [read("dated.txt")[0] for _ in range(2)] == [0, 0]
        assert 'review: bad"' in Path("draft/claims_draft.yaml").read_text(encoding="utf-8")

    def test_a_full_disk_keeps_nothing_and_says_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(_files.os, "fsync", full)
        code, _, problems = read("dated.txt")
        assert code == 4
        what = "name another place, or free some space"
        assert problems == f"draft/claims_draft.yaml: cannot be written: No space left on device; {what}"

    def test_ends_with_what_to_do_next(self) -> None:
        _, out, _ = read("dated.txt", "--out", "there")
        lines = out.splitlines()
        assert lines[-1] == "Next: open there/review.html, or tumen new NAME --from there/claims_draft.yaml"
        assert lines[:2] == ["1 page, 1 claim", "  railway            PER CHL              1 claim"]


def test_a_summary_lists_a_dozen_of_each() -> None:
    initiatives = tuple(Initiative(f"railway_{n}", "railway", ("PER",), (0,)) for n in range(20))
    events = tuple(Event((), ("RUS", "PRK"), (), (0,)) for _ in range(30))
    disagreements = tuple(Disagreement("number", str(n), (("a", 1, "x"),)) for n in range(17))
    shown = Story((), (), initiatives, events, disagreements).summary("draft/claims_draft.yaml").splitlines()
    assert shown[0] == "0 pages, 0 claims"
    assert [sum(word in line for line in shown) for word in ("railway", "visit", "number")] == [12, 12, 12]
    assert shown[13] == "  visit RUS PRK"
    assert shown[-1] == "  ... and 31 more in draft/claims_draft.yaml"
    assert repr(Story((), (), initiatives, (), ())).endswith("\n  ... and 8 more")
    assert "more" not in repr(link([read_page(Page("a", TEXT, dt.date(2013, 3, 4)))]))


# ---- the days that pages give themselves


@pytest.mark.parametrize(
    "source",
    [
        '<meta property="article:published_time" content="2013-06-28T10:00:00+00:00">',
        "<META CONTENT='2013-06-28' NAME='datePublished' />",
        '<meta itemprop="datePublished" content=2013-06-28>',
        '<meta name="pubdate" content="20130628">',
        '<meta name="publish-date" content="2013/06/28">',
        '<meta name="DC.date.issued" content="2013-06-28">',
        '<meta name="sailthru.date" content="Fri, 28 Jun 2013 10:00:00 +0000">',
        '<meta name="parsely-pub-date"\n  content="June 28, 2013">',
        '<time class="x" datetime="2013-06-28T08:00" pubdate>Friday</time>',
        '<time itemprop="datePublished" datetime="2013-06-28">Friday</time>',
        '<script type="application/ld+json">{"@type": "NewsArticle", "datePublished" : "2013-06-28T10:00Z"}</script>',
        '<meta name="pubdate" content="2013-02-30"><meta name="pubdate" content="2013-06-28">',
    ],
)
def test_html_names_the_day_of_publication(source: str) -> None:
    assert html_date(source) == dt.date(2013, 6, 28)
    page = Page(
        "a.html", f"<html><head>{source}</head><body><h1>A line</h1><p>{TEXT.split(chr(10))[2]}</p></body></html>"
    )
    assert read_page(Page(page.name, page.original, None, True)).date == dt.date(2013, 6, 28)


@pytest.mark.parametrize(
    "source",
    [
        '<meta property="article:modified_time" content="2013-06-28">',
        '<meta name="pubdate" content="soon">',
        '<time datetime="2013-06-28">Friday</time>',
        '{"dateModified": "2013-06-28"}',
        " " * 200_000 + '<meta name="pubdate" content="2013-06-28">',
    ],
)
def test_other_days_of_html_are_not_taken(source: str) -> None:
    assert html_date(source) is None


def test_what_the_text_says_goes_before_the_html() -> None:
    head = '<html><head><meta name="pubdate" content="2013-06-28"></head><body><h1>A line</h1>'
    for line in ("4 March 2013", "2013-03-04", "14/03/2013"):
        page = Page("a.html", f"{head}<p>{line}</p><p>{TEXT.split(chr(10))[2]}</p></body></html>", None, True)
        assert read_page(page).date in {dt.date(2013, 3, 4), dt.date(2013, 3, 14)}


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("2013-03-26", dt.date(2013, 3, 26)),
        ("  26/03/2013 \r", dt.date(2013, 3, 26)),
        ("<p>26/03/2013</p>", dt.date(2013, 3, 26)),
        ("03/04/2013", None),
        ("12/03/2013", None),
        ("26/13/2013", None),
        ("2013-02-30", None),
        ("from 2013-03-26 on", None),
    ],
)
def test_a_bare_day_dates_a_page(line: str, day: dt.date | None) -> None:
    assert bare_date(f"A line for the Andes\n{line}\n") == day


def test_a_bare_day_below_the_text_is_another_s() -> None:
    assert read_page(Page("a", TEXT.replace("\n\n", "\n2013-03-26\n\n"))).date == dt.date(2013, 3, 26)
    assert read_page(Page("a", f"{TEXT}\nRelated\n2012-03-26\n")).date is None


@pytest.mark.parametrize(
    "piece",
    ["<meta ", "<meta name=", '<time datetime="', '"datePublished"   ', "\n \t", ">  ", "<meta " + "name=" * 190 + ">"],
)
def test_hostile_html_takes_time_in_proportion(piece: str) -> None:
    """Four times the letters may take some eight times as long, not the sixteen of a square."""
    taken = []
    for size in (50_000, 200_000):
        source = piece * (size // len(piece))
        begun = time.perf_counter()
        html_date(source)
        bare_date(source)
        taken.append(time.perf_counter() - begun)
    assert taken[1] < 8 * taken[0] + 0.1


# ---- Ctrl-C


@pytest.mark.skipif(os.name != "posix", reason="signals as on POSIX systems")
def test_an_early_interrupt_says_one_line(tmp_path: Path) -> None:
    """While processes are started, and while they read; the signal goes to all of them, as from a terminal."""
    paths = [tmp_path / f"{number}.txt" for number in range(400)]
    for path in paths:
        path.write_text(TEXT * 40, encoding="utf-8")
    for moment in (1, 2):
        process = subprocess.Popen(
            command("read", *paths, "--date", "2013-03-04"), env=environment(), cwd=tmp_path, encoding="utf-8",
            start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        try:
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
            if not children.parent.exists():
                pytest.skip("children are listed in /proc on Linux only")
            deadline = time.monotonic() + 30
            while len(begun := children.read_text().split()) < 2:  # the first looks after shared memory
                assert time.monotonic() < deadline
                time.sleep(0.002)
            time.sleep(0.7 * (moment - 1))
            os.killpg(process.pid, signal.SIGINT)
            sent = time.monotonic()
            out, problems = process.communicate(timeout=30)
            assert time.monotonic() - sent < 2
        finally:
            process.kill()
            process.communicate()
        assert (process.returncode, out, problems) == (130, "", "Stopped.\n")
        assert not (tmp_path / "draft").exists()
        assert not [pid for pid in begun if Path(f"/proc/{pid}").exists() and not _ended(pid)]


def _ended(pid: str) -> bool:
    """Whether a process is gone, or a zombie, within a second."""
    for _ in range(100):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.01)
    return False
