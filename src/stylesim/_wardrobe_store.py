"""The SQLite side of a wardrobe: tables, transactions, and errors in plain words.

The file keeps SQLite's rollback journal rather than the write-ahead log: at
rest, and even while it is open, a wardrobe is then one file that can be moved,
synchronised or put on a network drive. A journal stands beside it only during
a write, and undoes that write if the program dies (https://sqlite.org/atomiccommit.html).
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import zlib
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any

import attrs

from stylesim._sqlite import RESTORE, WANTED, check_place, connect, translated
from stylesim.errors import DamagedFileError, NewerVersionError, StorageError, expected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

FORMAT = 1
_APPLICATION = 0x5374796C  # "Styl", in the header, where tools such as file(1) look
SUMMARY_LENGTH = 80
_AT_ONCE = 500
_PATIENCE = 30.0  # seconds that a copy waits for others
_TABLES = (
    """CREATE TABLE pictures (
        hash TEXT PRIMARY KEY, data BLOB NOT NULL, crc INTEGER NOT NULL, summary BLOB NOT NULL)""",
    """CREATE TABLE garments (
        number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
        slot TEXT, guessed INTEGER NOT NULL, category TEXT, quantity INTEGER NOT NULL,
        attributes TEXT NOT NULL, picture TEXT NOT NULL REFERENCES pictures(hash),
        added TEXT NOT NULL, told TEXT)""",
    "CREATE INDEX garments_by_picture ON garments (picture)",
    """CREATE TABLE cached (
        picture TEXT NOT NULL REFERENCES pictures(hash) ON DELETE CASCADE, key TEXT NOT NULL,
        value BLOB NOT NULL, crc INTEGER NOT NULL, PRIMARY KEY (picture, key))""",
)


@attrs.frozen
class GarmentRow:
    """One garment as it stands in the file; ``told`` is its first slot, where that was changed."""

    id: str
    slot: str | None
    guessed: bool
    category: str | None
    quantity: int
    attributes: str
    picture: str
    added: str
    told: str | None = None


_COLUMNS = ", ".join(field.name for field in attrs.fields(GarmentRow))


@attrs.define(eq=False)
class WardrobeStore:
    """One connection, safe to share between threads; processes each open their own."""

    path: Path | None
    _connection: sqlite3.Connection | None
    _lock: threading.RLock = attrs.field(factory=threading.RLock)
    _process: int = attrs.field(factory=os.getpid)

    @classmethod
    def open(cls, path: Path | None, timeout: float) -> WardrobeStore:
        """Open or create a wardrobe file; in memory where there is no path."""
        if path is not None:
            # Absolute, because SQLite reads names such as ":memory:" in its own way.
            path = path.absolute()
            check_place(path)
        with translated(path):
            connection = connect(path, timeout)
        store = cls(path, connection)
        try:
            store._prepare()
        except BaseException:
            store.close()
            raise
        return store

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def __reduce__(self) -> tuple[Any, ...]:
        wanted = "a value to copy or to pickle, which an open wardrobe is not"
        todo = "open its file, or one made with backup(path), where it is needed"
        raise expected("wardrobe", wanted, self._name, todo, StorageError)

    def __del__(self) -> None:
        # Without the lock: a copy of it made by a fork may never be released.
        if self._connection is not None:
            self._connection.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Everything inside happens, or nothing of it; other writers wait."""
        with self._lock, translated(self.path):
            connection = self._connected()
            try:
                # IMMEDIATE: a lock taken only at the first write cannot wait for another writer.
                connection.execute("BEGIN IMMEDIATE")
                yield
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    with suppress(sqlite3.Error):
                        connection.execute("ROLLBACK")
                raise

    def count(self) -> int:
        return int(self._rows("SELECT count(*) FROM garments")[0][0])

    def garments(self, where: str = "1", *values: object) -> list[GarmentRow]:
        """Rows in the order of adding that meet an SQL condition of ours."""
        columns = _COLUMNS if self._has_told() else _COLUMNS.replace("told", "NULL AS told")
        query = f"SELECT {columns} FROM garments WHERE {where} ORDER BY number"  # noqa: S608
        return [GarmentRow(*row) for row in self._rows(query, values)]

    def insert(self, row: GarmentRow) -> None:
        self._bring_up_to_date()
        marks = ", ".join("?" * len(attrs.fields(GarmentRow)))
        self._rows(f"INSERT INTO garments ({_COLUMNS}) VALUES ({marks})", attrs.astuple(row))  # noqa: S608

    def change(self, row: GarmentRow) -> None:
        """Write slot, category, quantity and attributes of the row with this id."""
        self._bring_up_to_date()
        self._rows(
            "UPDATE garments SET slot = ?, guessed = ?, category = ?, quantity = ?, attributes = ?,"
            " told = ? WHERE id = ?",
            (row.slot, row.guessed, row.category, row.quantity, row.attributes, row.told, row.id),
        )

    def delete(self, row: GarmentRow) -> None:
        """Delete a garment, and its picture where no other garment shows it."""
        self._rows("DELETE FROM garments WHERE id = ?", (row.id,))
        self._rows(
            "DELETE FROM pictures WHERE hash = ?"
            " AND NOT EXISTS (SELECT 1 FROM garments WHERE picture = pictures.hash)",
            (row.picture,),
        )

    def put_picture(self, digest: str, data: bytes, summary: bytes) -> None:
        """Keep a picture; one already there stays as it is."""
        self._rows(
            "INSERT OR IGNORE INTO pictures VALUES (?, ?, ?, ?)",
            (digest, data, zlib.crc32(data), summary),
        )

    def picture(self, digest: str) -> bytes | None:
        rows = self._rows("SELECT data, crc FROM pictures WHERE hash = ?", (digest,))
        return self._whole(*rows[0]) if rows else None

    def summaries(self) -> dict[str, bytes]:
        rows = self._rows("SELECT hash, summary FROM pictures")
        if any(not isinstance(one, bytes) or len(one) != SUMMARY_LENGTH for _, one in rows):
            raise expected("wardrobe", WANTED, self._name, RESTORE, DamagedFileError)
        return dict(rows)

    def cached(self, key: str, digests: Iterable[str]) -> dict[str, bytes]:
        wanted = list(dict.fromkeys(digests))
        found: dict[str, bytes] = {}
        for start in range(0, len(wanted), _AT_ONCE):
            part = wanted[start : start + _AT_ONCE]
            marks = ", ".join("?" * len(part))
            query = f"SELECT picture, value, crc FROM cached WHERE key = ? AND picture IN ({marks})"  # noqa: S608
            for digest, value, crc in self._rows(query, (key, *part)):
                found[digest] = self._whole(value, crc)
        return found

    def put_cached(self, key: str, values: Mapping[str, bytes]) -> None:
        """Keep values; those of pictures that are gone by now are left out."""
        for digest, value in values.items():
            self._rows(
                "INSERT OR REPLACE INTO cached SELECT hash, ?, ?, ? FROM pictures WHERE hash = ?",
                (key, value, zlib.crc32(value), digest),
            )

    def clear_cached(self, key: str | None) -> None:
        self._rows("DELETE FROM cached WHERE coalesce(key = ?, 1)", (key,))

    def backup(self, target: Path) -> None:
        """Copy everything, while others may read and write, into another wardrobe file."""
        target = target.absolute()
        check_place(target)
        new = not target.exists()
        if not new and self.path is not None and self.path.exists() and target.samefile(self.path):
            raise expected("path", "another file", str(target), "choose another name", StorageError)
        try:
            with translated(target), closing(connect(target, _PATIENCE)) as copy:
                if not (_is_empty(copy) or _application(copy) == _APPLICATION):
                    raise _foreign(target)
                # SQLite then waits in short turns, between which signals and the time are seen.
                copy.execute("PRAGMA busy_timeout = 0")
                with self._lock:
                    self._connected().backup(copy, progress=_patient(target))
        except BaseException:
            if new:
                target.unlink(missing_ok=True)
            raise

    def _prepare(self) -> None:
        with translated(self.path):
            connection = self._connected()
            if _is_empty(connection):
                # Only before the first table; it lets the file shrink when garments go.
                connection.execute("PRAGMA auto_vacuum = FULL")
                with self.writing():
                    if _is_empty(connection):  # another process may have been first
                        for statement in _TABLES:
                            connection.execute(statement)
                        connection.execute(f"PRAGMA application_id = {_APPLICATION}")
                        connection.execute(f"PRAGMA user_version = {FORMAT}")
            if _application(connection) != _APPLICATION:
                raise _foreign(self.path)
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version > FORMAT:
                got, todo = f"format {version}: {self._name}", "update stylesim to read it"
                raise expected("path", f"format {FORMAT}", got, todo, NewerVersionError)
            if version < 1:
                got = f"format {version}, which none has: {self._name}"
                raise expected("path", WANTED, got, RESTORE, DamagedFileError)
            found = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
            if not found >= {"pictures", "garments", "cached"}:
                raise expected("path", WANTED, self._name, RESTORE, DamagedFileError)
            self._check_length(connection)

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            todo = "open it again with Wardrobe.open(path)"
            raise expected("wardrobe", "an open wardrobe", "a closed one", todo, StorageError)
        if self.path is not None and self._process != os.getpid():
            got, todo = "one opened before a fork", "open the path again in the new process"
            raise expected("wardrobe", "a wardrobe of this process", got, todo, StorageError)
        return self._connection

    def _rows(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        with self._lock, translated(self.path):
            return self._connected().execute(query, values).fetchall()

    def _has_told(self) -> bool:
        """Whether the file has the column that the first ones lacked."""
        columns = "SELECT count(*) FROM pragma_table_info('garments') WHERE name = 'told'"
        return bool(self._rows(columns)[0][0])

    def _bring_up_to_date(self) -> None:
        """At the first write, as opening waits for nobody; an older stylesim can still use it."""
        if not self._has_told():
            self._rows("ALTER TABLE garments ADD COLUMN told TEXT")

    def _check_length(self, connection: sqlite3.Connection) -> None:
        """Raise where the end is missing, which SQLite notices only when it reads there."""
        if self.path is None:
            return
        connection.execute("BEGIN")
        try:  # under a read lock, so that no other process is half-way through a write
            pages = connection.execute("PRAGMA page_count").fetchone()[0]
            size = connection.execute("PRAGMA page_size").fetchone()[0]
            present = self.path.stat().st_size
        finally:
            connection.execute("ROLLBACK")
        if present < pages * size:
            got = f"{self._name}, cut off at {present:,} of {pages * size:,} bytes"
            raise expected("path", WANTED, got, RESTORE, DamagedFileError)

    def _whole(self, data: object, crc: int) -> bytes:
        if not isinstance(data, bytes) or zlib.crc32(data) != crc:
            got = f"{self._name}, whose content has changed on the disk"
            raise expected("wardrobe", WANTED, got, RESTORE, DamagedFileError)
        return data

    @property
    def _name(self) -> str:
        return "a wardrobe in memory" if self.path is None else repr(str(self.path))


def _patient(target: Path) -> Callable[[int, int, int], None]:
    """What SQLite calls after each turn of a copy; it raises once one has waited too long."""
    end = time.monotonic() + _PATIENCE

    def look(status: int, _left: int, _all: int) -> None:
        if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() > end:
            got, todo = f"{str(target)!r}, in use for {_PATIENCE:g} s", "try again later"
            raise expected("path", "a file that nobody else is using", got, todo, StorageError)

    return look


def _application(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA application_id").fetchone()[0])


def _is_empty(connection: sqlite3.Connection) -> bool:
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    return not tables and not _application(connection)


def _foreign(path: Path | None) -> Exception:
    got, todo = f"{str(path)!r}, of another program", "choose another path"
    return expected("path", WANTED, got, todo, DamagedFileError)
