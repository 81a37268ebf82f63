"""The wardrobe file: whole after a kill, shared between processes, and checked when opened."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import stylesim
from stylesim.errors import (
    DamagedFileError,
    InvalidArgumentError,
    StorageError,
)
from stylesim.wardrobe import Wardrobe

SOURCE = Path(stylesim.__file__).parents[1]
PRELUDE = """
import os, signal, sys
import numpy as np
from stylesim.wardrobe import Wardrobe
def picture(seed):
    return np.random.default_rng(seed).integers(0, 256, (24, 24, 3), dtype=np.uint8)
closet = Wardrobe.open(sys.argv[1])
"""


def picture(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (24, 24, 3), dtype=np.uint8)


def start(script: str, *arguments: object) -> subprocess.Popen[str]:
    """Run a script in a process of its own, with a wardrobe open in it."""
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", PRELUDE + script, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> str:
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return output


def is_whole(path: Path) -> bool:
    with sqlite3.connect(path) as connection:
        checks = connection.execute("PRAGMA integrity_check").fetchall()
        strays = connection.execute("PRAGMA foreign_key_check").fetchall()
    connection.close()
    return checks == [("ok",)] and not strays


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "closet.stylesim"


def test_it_is_one_file_that_can_be_moved_and_opened_again(path: Path) -> None:
    with Wardrobe.open(path) as closet:
        garment = closet.add(picture(1), slot="top", colour="red")
        closet.put_cached("model", {garment.image_hash: b"view"})
        assert closet.path == path
        assert repr(closet) == "Wardrobe('closet.stylesim')"
        assert [each.name for each in path.parent.iterdir()] == [path.name]
    moved = path.with_name("moved.stylesim")
    path.rename(moved)
    with Wardrobe.open(str(moved)) as closet:
        assert list(closet) == [garment]
        assert closet[garment.id].image_bytes
        assert closet.get_cached("model", [garment.image_hash]) == {garment.image_hash: b"view"}
    assert is_whole(moved)


def test_names_that_sqlite_reads_in_its_own_way_are_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (":memory:", "file:x?mode=memory", "straße & co.db"):
        with Wardrobe.open(name) as closet:
            closet.add(picture(1), slot="top")
        assert (tmp_path / name).is_file()


def test_removed_photographs_leave_nothing_behind(path: Path) -> None:
    mark = b"A very private photograph" * 400
    with Wardrobe.open(path) as closet:
        garment = closet.add(picture(1), slot="top")
        empty = path.stat().st_size
        with closet._store.writing():
            closet._store.put_cached("model", {garment.image_hash: mark})
        assert mark[:25] in path.read_bytes()
        assert path.stat().st_size > empty
        closet.remove(garment)
        assert b"private" not in path.read_bytes()
        assert path.stat().st_size <= empty


def test_several_processes_add_at_once(path: Path) -> None:
    script = """
own, shared = int(sys.argv[2]), range(5)
for seed in [*shared, *range(100 * own, 100 * own + 10)]:
    garment = closet.add(picture(seed), slot="top")
    closet.put_cached(f"model {own}", {garment.image_hash: b"view"})
"""
    processes = [start(script, path, own) for own in (1, 2, 3, 4)]
    for process in processes:
        finish(process)
    assert is_whole(path)
    with Wardrobe.open(path) as closet:
        assert len(closet) == 5 + 4 * 10
        assert len({garment.id for garment in closet}) == 45
        hashes = [garment.image_hash for garment in closet]
        assert [len(closet.get_cached(f"model {own}", hashes)) for own in (1, 2, 3, 4)] == [15] * 4


def test_what_another_process_adds_is_seen(path: Path) -> None:
    with Wardrobe.open(path) as closet:
        added = finish(start("print(closet.add(picture(7), slot='bag').id)", path)).strip()
        assert closet[added].slot == "bag"
        finish(start("closet.remove(next(iter(closet)))", path))
        assert len(closet) == 0


def test_several_threads_share_one_wardrobe(path: Path) -> None:
    with Wardrobe.open(path) as closet:

        def add(own: int) -> None:
            for i in range(5):
                closet.add(picture(10 * own + i), slot="top")

        threads = [threading.Thread(target=add, args=(own,)) for own in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(closet) == 20


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_writer_killed_between_changes_loses_none(path: Path) -> None:
    script = """
for seed in range(10_000):
    print(closet.add(picture(seed), slot="top", colour="red").id, flush=True)
"""
    process = start(script, path)
    assert process.stdout is not None
    told = [process.stdout.readline().strip() for _ in range(12)]
    process.kill()
    told += process.stdout.read().split()
    process.communicate()
    assert is_whole(path)
    with Wardrobe.open(path) as closet:
        kept = [garment.id for garment in closet]
        assert kept[: len(told)] == told
        assert len(kept) <= len(told) + 1
        assert all(garment.attributes == {"colour": "red"} for garment in closet)
        closet.add(picture(99_999), slot="bag")


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_writer_killed_inside_a_change_leaves_the_last_whole_state(path: Path) -> None:
    script = """
garment = closet.add(picture(1), slot="top")
with closet._store.writing():
    closet._store.put_cached("model", {garment.image_hash: bytes(16_000_000)})
    closet._store.delete(closet._row(garment))
    os.kill(os.getpid(), signal.SIGKILL)
"""
    process = start(script, path)
    process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL
    assert path.stat().st_size > 16_000_000, "half of the change is in the file"
    assert path.with_name(path.name + "-journal").exists(), "and waits to be undone"
    with Wardrobe.open(path) as closet:
        garment = next(iter(closet))
        assert garment.image_bytes
        assert closet.get_cached("model", [garment.image_hash]) == {}
    assert is_whole(path)
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_maker_killed_at_once_leaves_a_file_that_opens(path: Path) -> None:
    path.write_bytes(b"")  # what SQLite leaves when the first change never came
    with Wardrobe.open(path) as closet:
        assert len(closet) == 0


def test_an_interrupted_change_is_undone(path: Path) -> None:
    with Wardrobe.open(path) as closet:
        garment = closet.add(picture(1), slot="top")

        def interrupted() -> None:
            with closet._store.writing():
                closet._store.delete(closet._row(garment))
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            interrupted()
        assert list(closet) == [garment]
        closet.remove(garment)


def test_a_busy_file_is_an_error_after_the_timeout(path: Path) -> None:
    with Wardrobe.open(path) as busy, Wardrobe.open(path, timeout=0.05) as closet:
        words = "wardrobe: expected a free moment to write"
        with busy._store.writing(), pytest.raises(StorageError, match=words):
            closet.add(picture(1), slot="top")
        assert closet.add(picture(1), slot="top") in busy


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_fork_has_to_open_the_file_itself(path: Path) -> None:
    with Wardrobe.open(path) as closet:
        closet.add(picture(1), slot="top")
        child = os.fork()
        if not child:
            code = 1
            try:
                len(closet)
            except StorageError as error:
                code = 0 if "before a fork" in str(error) else 2
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert len(closet) == 1


def test_many_cached_values_are_found_at_once() -> None:
    closet = Wardrobe()
    hashes = [
        closet.add(np.full((1, 1, 3), i, np.uint8), slot="top").image_hash for i in range(256)
    ]
    closet.put_cached("k", {digest: digest.encode() for digest in hashes})
    asked = [*hashes, *(str(i) for i in range(2000))]
    assert closet.get_cached("k", asked) == {digest: digest.encode() for digest in hashes}


def test_backup_is_a_wardrobe_of_its_own(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.stylesim"
    with Wardrobe.open(path) as closet:
        garment = closet.add(picture(1), slot="top")
        closet.put_cached("model", {garment.image_hash: b"view"})
        assert closet.backup(str(copy)) == copy
        closet.remove(garment)
    with Wardrobe.open(copy) as restored:
        assert list(restored) == [garment]
        assert restored.get_cached("model", [garment.image_hash]) == {garment.image_hash: b"view"}
        restored.add(picture(2), slot="bag")
    assert is_whole(copy)
    with Wardrobe.open(path) as closet:
        closet.backup(copy)
    with Wardrobe.open(copy) as replaced:
        assert len(replaced) == 0


def test_backup_turns_memory_into_a_file(path: Path) -> None:
    closet = Wardrobe()
    garment = closet.add(picture(1), slot="top")
    closet.backup(path)
    with Wardrobe.open(path) as kept:
        assert list(kept) == [garment]


def test_backup_refuses_other_places_and_leaves_them_alone(path: Path, tmp_path: Path) -> None:
    photo, foreign = tmp_path / "photo.jpg", tmp_path / "mail.db"
    photo.write_bytes(b"not a wardrobe at all" * 100)
    with sqlite3.connect(foreign) as connection:
        connection.execute("CREATE TABLE letters (text)")
    connection.close()
    before = foreign.read_bytes()
    with Wardrobe.open(path) as closet:
        closet.add(picture(1), slot="top")
        cases = {
            photo: DamagedFileError,
            foreign: DamagedFileError,
            path: StorageError,
            tmp_path: StorageError,
            tmp_path / "no" / "copy": StorageError,
        }
        for target, kind in cases.items():
            with pytest.raises(kind, match="path: expected"):
                closet.backup(target)
        with pytest.raises(InvalidArgumentError, match="path: expected the path of a file"):
            closet.backup(None)  # type: ignore[arg-type]
    assert photo.read_bytes() == b"not a wardrobe at all" * 100
    assert foreign.read_bytes() == before
    assert not (tmp_path / "no").exists()
