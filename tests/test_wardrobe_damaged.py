"""Files that are not whole, not wardrobes, too new, or out of reach."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import stylesim
from stylesim.errors import (
    DamagedFileError,
    InvalidArgumentError,
    NewerVersionError,
    StorageError,
    StyleSimError,
)
from stylesim.wardrobe import Wardrobe


def picture(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (24, 24, 3), dtype=np.uint8)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A wardrobe of three garments, closed."""
    path = tmp_path / "closet.stylesim"
    with Wardrobe.open(path) as closet:
        for seed in range(3):
            garment = closet.add(picture(seed), slot="top", colour="red")
            closet.put_cached("model", {garment.image_hash: b"\1" * 5000})
    return path


def change(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    connection.close()


@pytest.mark.parametrize("share", [0.01, 0.3, 0.6, 0.99])
def test_truncated_files_are_damaged(path: Path, share: float) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(DamagedFileError, match=r"closet\.stylesim"):
        Wardrobe.open(path)


def test_files_of_another_kind_are_refused_and_kept(tmp_path: Path) -> None:
    text, foreign = tmp_path / "notes.txt", tmp_path / "mail.db"
    text.write_text("not a wardrobe" * 100)
    change(foreign, "CREATE TABLE garments (text)")
    for path in (text, foreign):
        before = path.read_bytes()
        with pytest.raises(
            DamagedFileError, match="path: expected a wardrobe file made by stylesim"
        ):
            Wardrobe.open(path)
        assert path.read_bytes() == before


def test_a_newer_file_asks_for_a_newer_stylesim(path: Path) -> None:
    change(path, "PRAGMA user_version = 2")
    with pytest.raises(
        NewerVersionError, match=r"expected format 1, got format 2.*update stylesim"
    ):
        Wardrobe.open(path)


@pytest.mark.parametrize("version", [0, -1, -(2**31)])
def test_a_format_that_none_has_is_damage(path: Path, version: int) -> None:
    change(path, f"PRAGMA user_version = {version}")
    with pytest.raises(
        DamagedFileError, match=f"path: expected a wardrobe.* got format {version},"
    ):
        Wardrobe.open(path)


def test_missing_tables_are_damage(path: Path) -> None:
    change(path, "DROP TABLE cached")
    with pytest.raises(DamagedFileError, match="path: expected a wardrobe file"):
        Wardrobe.open(path)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE garments SET attributes = '{'",
        "UPDATE garments SET slot = 'hovercraft'",
        "UPDATE garments SET added = 'yesterday'",
        "UPDATE garments SET quantity = 'many'",
        "UPDATE garments SET attributes = '7'",
        "UPDATE garments SET attributes = '[[\"price\", 7]]'",
        "UPDATE garments SET attributes = '{\"price\": NaN}'",
        "UPDATE garments SET attributes = '{\"price\": [-Infinity]}'",
        "UPDATE garments SET attributes = '{\"price\": 1e999}'",
        f"UPDATE garments SET attributes = '{'[' * 100_000}'",
        "UPDATE garments SET category = x'00ff'",
        "UPDATE garments SET quantity = 0",
        "UPDATE garments SET id = cast(number AS BLOB)",
        "ALTER TABLE garments RENAME COLUMN slot TO place",
    ],
)
def test_nonsense_in_a_row_is_damage(path: Path, statement: str) -> None:
    change(path, statement)
    with (
        Wardrobe.open(path) as closet,
        pytest.raises(DamagedFileError, match=r"(wardrobe|path): expected"),
    ):
        list(closet)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE garments SET attributes = '{'",
        "UPDATE garments SET attributes = '[]'",
        "UPDATE garments SET attributes = '{\"price\": NaN}'",
        "UPDATE garments SET quantity = 'many'",
    ],
)
def test_nonsense_in_a_row_is_not_written_on(path: Path, statement: str) -> None:
    with Wardrobe.open(path) as closet:
        (garment, *_) = closet
    change(path, statement)
    before = path.read_bytes()
    with Wardrobe.open(path) as closet:
        with pytest.raises(DamagedFileError, match="wardrobe: expected a whole garment"):
            closet.update(garment, colour="blue")
        with pytest.raises(DamagedFileError, match="wardrobe: expected a whole garment"):
            closet.add(picture(0), slot="top", colour="blue")
        assert path.read_bytes() == before
        closet.remove(garment)
        assert len(closet) == 2


@pytest.mark.parametrize(
    "value", ["zeroblob(length({}))", "'text'", "substr({}, 2)", "printf('%080d', 1)"]
)
@pytest.mark.parametrize("column", ["data", "value", "summary"])
def test_changed_bytes_are_noticed(path: Path, column: str, value: str) -> None:
    table = "cached" if column == "value" else "pictures"
    change(path, f"UPDATE {table} SET {column} = {value.format(column)}")
    with Wardrobe.open(path) as closet:
        garment = next(iter(closet))
        read = {
            "data": lambda: garment.image_bytes,
            "value": lambda: closet.get_cached("model", [garment.image_hash]),
            "summary": closet.duplicates,
        }
        if column == "summary" and value.startswith("zeroblob"):
            assert read[column]()  # three pictures that look alike, for all one can tell
        else:
            with pytest.raises(DamagedFileError, match="wardrobe: expected a wardrobe file"):
                read[column]()


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.data())
def test_damage_anywhere_gives_our_error_or_no_harm(path: Path, data: st.DataObject) -> None:
    whole = bytearray(path.read_bytes())
    start = data.draw(st.integers(0, len(whole) - 1))
    junk = data.draw(st.binary(min_size=1, max_size=300))
    whole[start : start + len(junk)] = junk
    damaged = path.with_name("damaged.stylesim")
    damaged.write_bytes(whole)
    try:
        with Wardrobe.open(damaged) as closet:
            for garment in closet:
                garment.image()
                closet.get_cached("model", [garment.image_hash])
            closet.duplicates()
            closet.add(picture(9), slot="bag")
    except StyleSimError:
        pass
    finally:
        for leftover in path.parent.glob("damaged*"):
            leftover.unlink()


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("", "a folder; add a file name"),
        ("no/such/folder/closet", "in a folder that does not exist"),
        ("closet.stylesim/inside", "in a folder that does not exist"),
        ("x" * 5000, "File name too long"),
    ],
)
def test_places_that_cannot_be_are_named(path: Path, where: str, words: str) -> None:
    with pytest.raises(StorageError, match=words):
        Wardrobe.open(path.parent / where)


@pytest.mark.parametrize("value", [None, "", 7, b"closet", "a\0b"])
def test_what_is_no_path_is_refused(value: object) -> None:
    with pytest.raises(InvalidArgumentError, match="path: expected the path of a file"):
        Wardrobe.open(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), "30", None, True])
def test_what_is_no_timeout_is_refused(path: Path, value: object) -> None:
    with pytest.raises(InvalidArgumentError, match="timeout: expected seconds"):
        Wardrobe.open(path, timeout=value)  # type: ignore[arg-type]


UNPRIVILEGED = """
import os, sys
from stylesim.errors import StorageError
from stylesim.wardrobe import Wardrobe
if os.getuid() == 0:
    os.setgid(65534); os.setuid(65534)
for path in sys.argv[1:]:
    try:
        Wardrobe.open(path)
    except StorageError as error:
        print(error)
"""


@pytest.mark.skipif(not hasattr(os, "setuid"), reason="needs POSIX rights")
def test_places_without_rights_are_named(path: Path, tmp_path: Path) -> None:
    read_only, locked = tmp_path / "read-only", tmp_path / "locked"
    for folder in (read_only, locked):
        folder.mkdir()
        shutil.copy(path, folder)
        (folder / path.name).chmod(0o444)
    read_only.chmod(0o555)
    locked.chmod(0o000)
    parents = [each for each in (tmp_path, *tmp_path.parents) if each.owner() == path.owner()]
    rights = {each: each.stat().st_mode for each in parents}
    try:
        for each in parents[:3]:  # pytest keeps its own folders to their owner
            each.chmod(rights[each] | 0o055)
        paths = [read_only / path.name, read_only / "new", locked / path.name]
        result = subprocess.run(
            [sys.executable, "-c", UNPRIVILEGED, *map(str, paths)],
            env={**os.environ, "PYTHONPATH": str(Path(stylesim.__file__).parents[1])},
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        for each, mode in rights.items():
            each.chmod(mode)
        read_only.chmod(0o755)
        locked.chmod(0o755)
    lines = result.stdout.splitlines()
    assert len(lines) == 3, result.stderr
    assert all("path: expected a place that can be written" in line for line in lines)


def test_a_full_disk_changes_nothing(path: Path) -> None:
    with Wardrobe.open(path) as closet:
        before = list(closet)
        connection = closet._store._connection
        assert connection is not None
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")
        large = np.random.default_rng(9).integers(0, 256, (99, 99, 3), dtype=np.uint8)
        with pytest.raises(StorageError, match=r"wardrobe: .*full.*free space"):
            closet.add(large, slot="top")
        assert list(closet) == before
        connection.execute("PRAGMA max_page_count = 100000")
        closet.add(large, slot="top")
