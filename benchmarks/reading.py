"""A thousand pages read to claims: how long, how much memory, and how dates are resolved beside a rival.

    python benchmarks/reading.py [--pages 1000] [--size 5000] [--sample 200]

The pages are put together from the paragraphs of `tests/reading_pages`, with a seed, and read by `tumen read` as a
user would: a process a processor, then links, tables and the page for the review. Dates are taken from the sentences
that the tables of those pages mark with one, and given to ours and to dateparser's `search_dates`, in the same run.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import random
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

from tumen.reading import find_dates
from tumen.reading._dates import ends_of

PAGES = Path(__file__).parent.parent / "tests" / "reading_pages"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--pages", type=int, default=1000)
    options.add_argument("--size", type=int, default=5000, help="letters of a page")
    options.add_argument("--sample", type=int, default=200, help="sentences given to the rival")
    given = options.parse_args()
    seconds, peak = whole(given.pages, given.size)
    print(f"{given.pages} pages of {given.size} letters: {seconds:.1f} s, {peak:.0f} MB for the largest process")
    ours, theirs = dates(given.sample)
    print(f"dates of {given.sample} marked sentences: ours {ours[0]:.2f} right, {1000 * ours[1]:.2f} ms a sentence")
    print(f"  dateparser {theirs[0]:.2f} right, {1000 * theirs[1]:.2f} ms a sentence: {theirs[1] / ours[1]:.0f} times")


def whole(pages: int, size: int) -> tuple[float, float]:
    """Seconds and megabytes of `tumen read` over so many pages."""
    paragraphs = [
        part for path in sorted(PAGES.rglob("*.txt")) for part in path.read_text().split("\n\n") if len(part) > 80
    ]
    with tempfile.TemporaryDirectory() as folder:
        for number in range(pages):
            picked, text = random.Random(number), f"Page {number} of many\n\nMay 12, 2014\n\n"
            while len(text) < size:
                text += picked.choice(paragraphs) + "\n\n"
            Path(folder, f"page{number}.txt").write_text(text[:size])
        command = [sys.executable, "-m", "tumen.cli", "read", *sorted(map(str, Path(folder).glob("*.txt")))]
        begin = time.perf_counter()
        subprocess.run([*command, "--out", f"{folder}/draft"], check=True, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - begin
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def marked() -> list[tuple[str, str, str]]:
    """Sentences with a date, the day of their page, and the date that was marked; one date a sentence."""
    found: dict[str, tuple[str, str, str]] = {}
    for gold in sorted(PAGES.rglob("gold.csv")):
        for row in csv.DictReader(gold.read_text().splitlines()):
            path = gold.parent / f"{row['page']}.txt"
            if not row["date"] or not path.is_file():
                continue
            text = " ".join(path.read_text().split())
            place = text.find(" ".join(row["sentence_has"].split()))
            first = max(text.rfind(". ", 0, place) + 2, 0) if place >= 0 else -1
            if first >= 0:
                sentence = text[first : text.find(". ", place) + 1]
                found.setdefault(sentence, (sentence, row["page_date"], row["date"]))
    return list(found.values())


def dates(sample: int) -> tuple[tuple[float, float], tuple[float, float]]:
    """Ours and dateparser's: the share of sentences of which the marked date is found, seconds a sentence."""
    warnings.simplefilter("ignore")
    from dateparser.search import search_dates

    rows = marked()[:sample]
    days = [dt.date.fromisoformat(day) for _, day, _ in rows]
    begin = time.perf_counter()
    ours = [{ends_of(one.iso) for one in find_dates(text, day)} for (text, _, _), day in zip(rows, days, strict=True)]
    middle = time.perf_counter()
    theirs = []
    for (text, _, _), day in zip(rows, days, strict=True):
        base = dt.datetime.combine(day, dt.time())
        told = search_dates(text, languages=["en"], settings={"RELATIVE_BASE": base}) or []
        theirs.append({moment.date().isoformat() for _, moment in told})
    end = time.perf_counter()
    wanted = [ends_of(date) for _, _, date in rows]
    right = sum(one in found for one, found in zip(wanted, ours, strict=True))
    # of a day that lies within what was marked the rival is taken to be right
    near = sum(any(first <= day <= last for day in found) for (first, last), found in zip(wanted, theirs, strict=True))
    return (right / len(rows), (middle - begin) / len(rows)), (near / len(rows), (end - middle) / len(rows))


if __name__ == "__main__":
    main()
