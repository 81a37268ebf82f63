"""Connections to SQLite files, and their errors in plain words."""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from stylesim.errors import DamagedFileError, StorageError, expected

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WANTED = "a wardrobe file made by stylesim"
RESTORE = "choose another path, or restore it from a copy made with backup()"


def connect(path: Path | None, timeout: float) -> sqlite3.Connection:
    connection = sqlite3.connect(
        ":memory:" if path is None else path,
        timeout=timeout,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA trusted_schema = OFF")
        # A removed photograph leaves zeros behind, not its bytes.
        connection.execute("PRAGMA secure_delete = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def check_place(path: Path) -> None:
    shown = repr(str(path))
    try:
        if path.is_dir():
            raise expected("path", "a file", f"{shown}, a folder", "add a file name", StorageError)
        if not path.parent.is_dir():
            got, todo = f"{shown} in a folder that does not exist", "make the folder first"
            raise expected("path", "a file in an existing folder", got, todo, StorageError)
        writable = os.access(path if path.exists() else path.parent, os.W_OK)
    except OSError as error:
        shown, writable = f"{shown} ({error.strerror})", False
    if not writable:
        wanted, todo = "a place that can be written", "choose another path or change its rights"
        raise expected("path", wanted, shown, todo, StorageError)


@contextmanager
def translated(path: Path | None) -> Iterator[None]:
    """Turn errors of SQLite into ours."""
    shown = "a wardrobe in memory" if path is None else repr(str(path))
    try:
        yield
    except UnicodeDecodeError as error:  # a damaged text, or SQLite's own words about one
        got = f"{shown} ({error})"
        raise expected("path", WANTED, got, RESTORE, DamagedFileError) from error
    except sqlite3.Error as error:
        if isinstance(error, (sqlite3.ProgrammingError, sqlite3.InterfaceError)):
            raise  # a mistake of ours, not of the file
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
        got = f"{shown} ({error})"
        if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR):
            raise expected("path", WANTED, got, RESTORE, DamagedFileError) from error
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            todo = "try again when the other process has finished, or open with a longer timeout"
            raise expected("wardrobe", "a free moment to write", got, todo, StorageError) from error
        todo = "check the rights and the free space of the place"
        raise expected("wardrobe", "a file to read and write", got, todo, StorageError) from error
