"""The same seed gives the same run: whoever evaluates it, however often it was begun."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

import tumen
from runs_support import FILES, SAME, assert_same_run, small_case, tumen_command
from tumen import Case, _chunks, _settings, _workers
from tumen.errors import RunError, UnknownName
from tumen.runs import default_folder, planned

DRAWS = 1024


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return small_case(tmp_path_factory.mktemp("cases") / "schools")


@pytest.fixture(scope="module")
def alone(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run that all others are held against: one process, never stopped."""
    folder = tmp_path_factory.mktemp("runs") / "alone"
    tumen.run(case, draws=DRAWS, seed=7, workers=1, out=folder)
    return folder


class TestWhoeverEvaluates:
    @pytest.mark.parametrize("workers", [1, 2])
    def test_one_or_two_workers(self, case: Case, alone: Path, tmp_path: Path, workers: int) -> None:
        out = tmp_path / "run"
        done = tumen_command("run", case.folder, "--draws", DRAWS, "--seed", 7, "--workers", workers, "--out", out)
        assert (done.returncode, done.stderr) == (0, "")
        assert_same_run(out, alone)

    def test_an_executor_of_threads(self, case: Case, alone: Path, tmp_path: Path) -> None:
        with ThreadPoolExecutor(3) as threads:
            tumen.run(case, draws=DRAWS, seed=7, executor=threads, out=tmp_path / "threads")
        assert_same_run(tmp_path / "threads", alone)

    def test_an_executor_of_processes_that_knows_no_folder(self, case: Case, alone: Path, tmp_path: Path) -> None:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as processes:
            processes.submit(os.chdir, tmp_path).result()
            tumen.run(case, draws=DRAWS, seed=7, executor=processes, out=tmp_path / "processes")
        assert_same_run(tmp_path / "processes", alone)

    def test_in_memory(self, case: Case, alone: Path) -> None:
        result = tumen.run(case, draws=DRAWS, seed=7)
        known = tumen.open_run(alone)
        assert result.folder is None
        assert known.folder == alone
        assert result.claims == known.claims
        assert result.data.identical(known.data)

    def test_processes_are_started_once_much_is_to_do(
        self, case: Case, alone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        started: list[int] = []

        def pool(workers: int) -> ThreadPoolExecutor:
            started.append(workers)
            return ThreadPoolExecutor(workers)

        monkeypatch.setattr(_workers, "_pool", pool)
        tumen.run(case, draws=DRAWS, seed=7)
        assert started == []
        monkeypatch.setattr(_workers, "_PATIENCE_SECONDS", 0.0)
        monkeypatch.setattr(_workers, "_processors", lambda: 64)
        tumen.run(case, draws=DRAWS, seed=7, out=tmp_path / "patient")
        assert started == [6], "all is left but the first chunk, once that has shown how long one takes"
        assert_same_run(tmp_path / "patient", alone)

    def test_another_seed_gives_another_run(self, case: Case, alone: Path, tmp_path: Path) -> None:
        tumen.run(case, draws=DRAWS, seed=8, out=tmp_path / "other")
        assert (tmp_path / "other" / "claims.csv").read_bytes() != (alone / "claims.csv").read_bytes()

    def test_more_draws_begin_with_the_same(self, case: Case) -> None:
        few, many = (tumen.run(case, draws=draws, seed=7).data["claims"]["value"] for draws in (256, 512))
        assert few.identical(many.isel(draw=slice(256)))


class Stopped(Exception):
    """Stands for whatever stops a run."""


class TestResuming:
    def stop_after(self, case: Case, folder: Path, chunks: int) -> None:
        def progress(stage: str, done: int, total: int) -> None:
            if done > chunks:
                raise Stopped

        with pytest.raises(Stopped):
            tumen.run(case, draws=DRAWS, seed=7, workers=1, out=folder, progress=progress)

    @pytest.mark.parametrize("workers", [1, 2])
    def test_a_run_goes_on_from_its_chunks(self, case: Case, alone: Path, tmp_path: Path, workers: int) -> None:
        folder = tmp_path / "run"
        self.stop_after(case, folder, 2)
        assert len(list(folder.glob("chunks-*/*.npz"))) == 3
        seen: list[tuple[str, int, int]] = []
        tumen.run(case, draws=DRAWS, seed=7, workers=workers, out=folder, progress=lambda *at: seen.append(at))
        assert seen[0] == ("worlds", 3, 7), "three chunks were kept; beside four there are two pictures and a lever"
        assert_same_run(folder, alone)
        assert not list(folder.glob("chunks-*")), "a finished run needs its chunks no more"

    @pytest.mark.parametrize("damage", ["truncated", "empty", "garbage", "bit", "short", "fewer", "more", "text"])
    def test_a_damaged_chunk_is_evaluated_again(self, case: Case, alone: Path, tmp_path: Path, damage: str) -> None:
        folder = tmp_path / "run"
        self.stop_after(case, folder, 2)
        path = sorted(folder.glob("chunks-*/*.npz"))[0]
        damage_chunk(path, damage)
        seen: list[tuple[str, int, int]] = []
        tumen.run(case, draws=DRAWS, seed=7, workers=1, out=folder, progress=lambda *at: seen.append(at))
        assert seen[0] == ("worlds", 2, 7)
        assert_same_run(folder, alone)

    def test_chunks_of_other_settings_or_code_are_not_used(
        self, case: Case, alone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = tmp_path / "run"
        self.stop_after(case, folder, 2)
        used: list[int] = []
        load = _chunks.Store._load

        def counted(store: _chunks.Store, number: int) -> _chunks.Chunk | None:
            found = load(store, number)
            used.extend([number] if found is not None else [])
            return found

        monkeypatch.setattr(_chunks.Store, "_load", counted)
        tumen.run(case, draws=DRAWS, seed=8, out=folder)
        assert used == []
        self.stop_after(case, tmp_path / "again", 2)
        other = {**_settings.versions(), "code": "0" * 12}
        monkeypatch.setattr(_settings, "versions", lambda: other)
        tumen.run(case, draws=DRAWS, seed=7, out=tmp_path / "again")
        assert used == []
        assert_same_run(tmp_path / "again", alone)


def damage_chunk(path: Path, damage: str) -> None:
    data = bytearray(path.read_bytes())
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    first = next(iter(arrays))
    if damage == "truncated":
        path.write_bytes(data[: len(data) // 2])
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "garbage":
        path.write_bytes(np.random.default_rng(5).bytes(len(data)))
    elif damage == "bit":
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    elif damage == "short":
        np.savez(path, **{name: values[:255] for name, values in arrays.items()})
    elif damage == "fewer":
        np.savez(path, **{name: values for name, values in arrays.items() if name != first})
    elif damage == "more":
        np.savez(path, **arrays, **{"claims|other|value": arrays[first]})
    else:
        np.savez(path, **arrays | {first: np.array(["many"] * 256)})


def test_no_flipped_bit_of_a_chunk_goes_unseen(case: Case, tmp_path: Path) -> None:
    """Either the file is refused, or what is read is what was written."""
    chunk = {"claims|a|value": np.linspace(0, 1, 7), "worlds|path|b": np.ones((7, 2))}
    store = _chunks.Store(tmp_path)
    store.save(1, chunk)
    path = tmp_path / "000001.npz"
    data = path.read_bytes()
    refused = 0
    for at in range(len(data)):
        damaged = bytearray(data)
        damaged[at] ^= 1 << at % 8
        path.write_bytes(damaged)
        found = store.chunks(2, lambda: chunk).get(1)
        refused += found is None
        assert found is None or all(np.array_equal(found[name], chunk[name]) for name in chunk)
    assert refused > len(data) / 2


class TestAFinishedRun:
    def test_is_given_back_at_once_and_left_as_it_is(self, case: Case, alone: Path) -> None:
        before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in alone.rglob("*") if path.is_file()}
        again = tumen.run(case, draws=DRAWS, seed=7, out=alone, progress=never)
        assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in before} == before
        assert {path for path in alone.rglob("*") if path.is_file()} == set(before)
        assert again.claims == tumen.run(case, draws=DRAWS, seed=7).claims

    def test_is_given_back_to_a_copy_of_the_case_elsewhere(self, case: Case, alone: Path, tmp_path: Path) -> None:
        for name, text in case.files.items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        tumen.run(tumen.load(tmp_path), draws=DRAWS, seed=7, out=alone, progress=never)

    @pytest.mark.parametrize(
        ("name", "how"),
        [(name, "gone") for name in (*FILES[:-1], "case/case.yaml")]
        + [(name, "cut") for name in ("results.nc", "answers.json", "case/case.yaml")],  # what a rerun reads
    )
    def test_with_a_damaged_file_is_run_again(self, case: Case, tmp_path: Path, name: str, how: str) -> None:
        folder = tmp_path / "run"
        tumen.run(case, draws=256, seed=7, out=folder)
        expected = {file: (folder / file).read_bytes() for file in SAME}
        path = folder / name
        data = path.read_bytes()
        path.unlink()
        if how == "cut":
            path.write_bytes(data[: len(data) // 3])
        tumen.run(case, draws=256, seed=7, out=folder)
        assert {file: (folder / file).read_bytes() for file in SAME} == expected
        tumen.run(case, draws=256, seed=7, out=folder, progress=never)

    def test_names_what_sets_it_apart_from_another(self, case: Case, alone: Path, tmp_path: Path) -> None:
        with pytest.raises(
            RunError, match=r"holds another run \(draws 1024, not 256; seed 7, not 1\); name another folder"
        ):
            tumen.run(case, draws=256, seed=1, out=alone)
        with pytest.raises(RunError, match=r"\(seed 7, not 0\)"):
            tumen.run(case, draws=DRAWS, seed=0, out=alone)
        with pytest.raises(RunError, match=r"scenario none, not pays_in_full"):
            tumen.run(case, draws=DRAWS, seed=7, scenario="pays_in_full", out=alone)
        with pytest.raises(RunError, match=r"keep none, not money"):
            tumen.run(case, draws=DRAWS, seed=7, keep=["money"], out=alone)
        for name, text in case.files.items():
            (tmp_path / name).write_text(text.replace("[20, 25, 40]", "[20, 25, 41]"), encoding="utf-8")
        with pytest.raises(RunError, match="of the case schools, or of an earlier state of it"):
            tumen.run(tumen.load(tmp_path), draws=DRAWS, seed=7, out=alone)

    def test_of_other_versions_is_another_run(self, case: Case, alone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        other = {**_settings.versions(), "numpy": "0.1"}
        monkeypatch.setattr(_settings, "versions", lambda: other)
        with pytest.raises(RunError, match="made by another version of Tumen or of what it computes with"):
            tumen.run(case, draws=DRAWS, seed=7, out=alone)

    def test_is_replaced_when_that_is_said(self, case: Case, tmp_path: Path) -> None:
        folder = tmp_path / "run"
        tumen.run(case, draws=256, seed=1, out=folder)
        first = (folder / "claims.csv").read_bytes()
        tumen.run(case, draws=256, seed=2, out=folder, overwrite=True)
        assert (folder / "claims.csv").read_bytes() != first
        assert tumen.open_run(folder).seed == 2


class TestRepeating:
    def test_from_its_record(self, case: Case, alone: Path, tmp_path: Path) -> None:
        done = tumen_command("run", alone / "run.json", "--out", tmp_path / "again")
        assert done.returncode == 0
        assert_same_run(tmp_path / "again", alone)
        assert json.loads((tmp_path / "again" / "run.json").read_text())["case"] == "schools"

    def test_plans_as_the_run_was_unless_said_otherwise(self, case: Case, tmp_path: Path) -> None:
        folder = tmp_path / "run"
        tumen.run(case, draws=512, seed=3, scenario="pays_in_full", keep=["money"], out=folder)
        loaded, settings = planned(str(folder / "run.json"), draws=None, seed=None, scenario=None)
        assert (loaded.name, loaded.scenario) == ("schools", "pays_in_full")
        assert settings == _settings.settings_of(case.under("pays_in_full"), 512, 3, ["money"])
        _, other = planned(str(folder / "run.json"), draws=256, seed=0, scenario="")
        assert (other.draws, other.seed, other.scenario, other.keep) == (256, 0, "", ("money",))
        assert default_folder(settings) == Path("runs") / f"schools-pays_in_full-{settings.id[:6]}"
        with pytest.raises(UnknownName, match="did you mean pays_in_full"):
            planned(str(folder / "run.json"), draws=None, seed=None, scenario="pays_full")

    def test_into_its_own_folder_keeps_the_case(self, case: Case, tmp_path: Path) -> None:
        folder = tmp_path / "run"
        tumen.run(case, draws=256, seed=1, out=folder)
        stamps = {path: path.stat().st_mtime_ns for path in (folder / "case").iterdir()}
        loaded, settings = planned(str(folder / "run.json"), draws=None, seed=2, scenario=None)
        tumen.run(loaded, draws=settings.draws, seed=settings.seed, out=folder, overwrite=True)
        assert {path: path.stat().st_mtime_ns for path in (folder / "case").iterdir()} == stamps
        assert tumen.open_run(folder).seed == 2

    def test_of_a_changed_copy_of_the_case_is_refused(self, case: Case, tmp_path: Path) -> None:
        tumen.run(case, draws=256, out=tmp_path)
        path = tmp_path / "case" / "case.yaml"
        path.write_text(path.read_text().replace("[20, 25, 40]", "[20, 25, 41]"))
        with pytest.raises(RunError, match="no longer those of the run"):
            planned(str(tmp_path / "run.json"), draws=None, seed=None, scenario=None)
        with pytest.raises(RunError, match="no longer those of the run"):
            tumen.open_run(tmp_path)

    def test_the_copy_of_the_case_is_not_rehearsed_again(
        self, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = tumen.run(case, draws=256, out=tmp_path)

        def rehearsed(*_: object) -> None:
            raise AssertionError("the case was rehearsed")

        monkeypatch.setattr("tumen._load._rehearse", rehearsed)
        with pytest.raises(AssertionError, match="rehearsed"):
            tumen.load(tmp_path / "case")
        found = tumen.open_run(tmp_path)
        assert found.case.hash == case.hash
        where = {"initiative": "settlement", "rate": "5 %/yr"}  # no claim takes this measure
        kept = made.to_frame("money.grant_element", **where)
        assert found.to_frame("money.grant_element", **where).equals(kept)

    def test_line_ends_and_a_byte_order_mark_do_not_matter(self, case: Case, tmp_path: Path) -> None:
        for name, text in case.files.items():
            (tmp_path / name).write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
        tumen.run(tumen.load(tmp_path), draws=256, out=tmp_path / "out")
        assert tumen.open_run(tmp_path / "out").draws == 256


class TestSettings:
    def test_the_identity_covers_all_that_moves_a_figure(self, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
        settings = _settings.settings_of(case, 1, 1)
        assert settings.draws == 256
        others = (
            _settings.settings_of(case, 257, 1), _settings.settings_of(case, 1, 2),
            _settings.settings_of(case, 1, 1, ["money"]), _settings.settings_of(case.under("pays_in_full"), 1, 1),
        )  # fmt: skip
        seen = {settings.id, *(other.id for other in others)}
        known = _settings.versions()
        assert known.keys() == {"tumen", "code", "python", "machine", "numpy", "scipy"}
        for name in known:
            changed = {**known, name: "other"}
            monkeypatch.setattr(_settings, "versions", lambda changed=changed: changed)
            seen.add(settings.id)
        assert len(seen) == 1 + len(others) + len(known)

    @pytest.mark.parametrize(
        ("asked", "message"),
        [
            ({"draws": 0}, "draws: 0 is too few"),
            ({"seed": -1}, "seed: -1 lies outside"),
            ({"seed": 2**63}, "lies outside"),
            ({"keep": ["mony"]}, "did you mean money"),
            ({"workers": 0}, "workers: 0 is too few"),
        ],
    )
    def test_what_cannot_be_is_refused(self, case: Case, asked: dict[str, object], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            tumen.run(case, **asked)

    def test_an_unknown_scenario_is_refused(self, case: Case) -> None:
        with pytest.raises(UnknownName, match="did you mean pays_in_full"):
            tumen.run(case, scenario="pays_in_ful")


def never(stage: str, done: int, total: int) -> None:
    raise AssertionError(f"{stage} was evaluated again")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    return
