"""The folder of a catalogue on disk: its one commit point, its lock, its errors.

``catalogue.json`` names the table that counts. A new table is built beside it and counts once
that file is replaced, so a reader sees the old catalogue or the new one, never a part.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from contextlib import contextmanager, suppress
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from stylesim.backbones.storing import write_whole
from stylesim.errors import (
    DamagedFileError,
    MissingExtraError,
    NewerVersionError,
    StorageError,
    StyleSimError,
    expected,
)
from stylesim.providers._rows import check_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FORMAT_VERSION = 2
POINTER = "catalogue.json"
_BUILDING = "building.json"
_LOCK = ".lock"
_FULL = ("no space left", "os error 28", "file too large", "os error 27", "disk quota", "enospc")
_REBUILD = "restore the folder from a copy, or build it again with overwrite=True"


@attrs.frozen
class Pointer:
    """Which table counts, and what its vectors are.

    Attributes:
        table: Name of the table.
        embedding: Identity of what made the vectors; None for a catalogue without.
        dim: Length of the vectors; 0 for none.
        columns: Column by field of the product, as it was built with.
    """

    table: str
    embedding: str | None
    dim: int
    columns: Mapping[str, str] = attrs.field(factory=dict)

    @classmethod
    def fresh(cls, embedding: str | None, dim: int, columns: Mapping[str, str]) -> Pointer:
        """A pointer to a table that is not there yet."""
        return cls(f"products-{secrets.token_hex(4)}", embedding, dim, columns)


def check_extra() -> None:
    """See that the packages of the extra are there.

    Raises:
        MissingExtraError: One is not.
    """
    for package, shown in (("lancedb", "LanceDB"), ("filelock", "filelock")):
        try:
            import_module(package)
        except ImportError as error:
            message = f"Catalogues on disk need {shown}: pip install 'stylesim[catalog]'."
            raise MissingExtraError(message, extra="catalog") from error


def database(folder: Path) -> Any:
    """Connect to the tables of a folder, with caches of a bounded size.

    Raises:
        MissingExtraError: LanceDB is not installed.
    """
    check_extra()
    import lancedb

    session = lancedb.Session(index_cache_size_bytes=384 << 20, metadata_cache_size_bytes=64 << 20)
    # Others may write: what they wrote is seen a second later at most.
    return lancedb.connect(folder, session=session, read_consistency_interval=timedelta(seconds=1))


def read_pointer(folder: Path) -> Pointer:
    """What a folder says about itself.

    Raises:
        StorageError: There is no catalogue.
        DamagedFileError: It is not whole, or its building is not finished.
        NewerVersionError: A newer stylesim wrote it.
    """
    shown = repr(str(folder))
    wish = "the folder of a catalogue"
    try:
        content = (folder / POINTER).read_bytes()
    except OSError as error:
        if (folder / _BUILDING).exists():
            got, todo = f"{shown}, whose building was not finished", "call build again; it goes on"
            raise expected("path", wish, got, todo, DamagedFileError) from error
        got, todo = f"{shown} ({error.strerror})", "make one with CatalogProvider.build"
        raise expected("path", wish, got, todo, StorageError) from error
    return _parsed(content, shown)


def _parsed(content: bytes, shown: str) -> Pointer:
    wish = "the folder of a catalogue"
    try:
        said = json.loads(content)
        version = int(said["format_version"])
        table, embedding, dim = said["table"], said["embedding"], said["dim"]
        named = isinstance(table, str) and Path(table).name == table
        sized = isinstance(dim, int) and isinstance(embedding, str | None)
        columns = said.get("columns", {})  # which those of earlier versions do not say
        check_columns(columns)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        got = f"{shown}, which is damaged"
        raise expected("path", wish, got, _REBUILD, DamagedFileError) from error
    got, wish = f"{shown} of format {version}", f"one of format {FORMAT_VERSION}"
    if version > FORMAT_VERSION:
        raise expected("path", wish, got, "update stylesim", NewerVersionError)
    if version < FORMAT_VERSION:  # what queries are compared with was written differently
        got, todo = f"{got}, made by an earlier stylesim", "build it again with overwrite=True"
        raise expected("path", wish, got, todo, DamagedFileError)
    if not named or not sized:
        got = f"{shown}, which is damaged"
        raise expected("path", wish, got, _REBUILD, DamagedFileError)
    return Pointer(table, embedding, dim, columns)


def _write(file: Path, pointer: Pointer) -> None:
    said = {"format_version": FORMAT_VERSION, **attrs.asdict(pointer)}
    write_whole(file, json.dumps(said, indent=1).encode())


def publish(folder: Path, pointer: Pointer) -> None:
    """Make a table the one that counts, and remove the others."""
    _write(folder / POINTER, pointer)
    (folder / _BUILDING).unlink(missing_ok=True)
    sweep(folder, pointer.table)


def sweep(folder: Path, kept: str) -> None:
    """Remove tables that do not count, their copies, and what a kill has left."""
    for other in folder.glob("products-*"):
        if other.name.partition(".")[0] != kept:
            shutil.rmtree(other, ignore_errors=True)
    shutil.rmtree(folder / "pending", ignore_errors=True)
    for part in folder.glob(".*.json.*.part"):
        part.unlink(missing_ok=True)


def begun(
    folder: Path, embedding: str | None, dim: int, columns: Mapping[str, str]
) -> tuple[Pointer, bool]:
    """The table to build: one that was begun with the same embedding, or a new one."""
    file = folder / _BUILDING
    try:
        pointer = _parsed(file.read_bytes(), repr(str(folder)))
        if (pointer.embedding, pointer.dim) == (embedding, dim):
            there = (folder / f"{pointer.table}.lance" / "_versions").is_dir()
            return attrs.evolve(pointer, columns=columns), there
        shutil.rmtree(folder / f"{pointer.table}.lance", ignore_errors=True)
    except (OSError, StyleSimError):
        pass
    pointer = Pointer.fresh(embedding, dim, columns)
    _write(file, pointer)
    return pointer, False


def abandon(folder: Path, pointer: Pointer) -> None:
    """Take away a table in which there was nothing to keep."""
    shutil.rmtree(folder / f"{pointer.table}.lance", ignore_errors=True)
    with suppress(OSError):  # something else may stand in it
        (folder / _BUILDING).unlink(missing_ok=True)
        if not (folder / POINTER).exists():
            (folder / _LOCK).unlink(missing_ok=True)
            folder.rmdir()


def make_folder(folder: Path, *, overwrite: bool) -> None:
    """Make the folder of a catalogue, or check that it may be used.

    Raises:
        StorageError: There is a catalogue already, or something else, or it cannot be made.
        DamagedFileError: There is one that is damaged, or of an earlier version.
        NewerVersionError: There is one of a newer version.
    """
    shown = repr(str(folder))
    try:
        folder.mkdir(exist_ok=True)
        names = {entry.name for entry in folder.iterdir()}
    except OSError as error:
        got, todo = f"{shown} ({error.strerror})", "name a place in an existing folder"
        raise expected("path", "a folder that can be made", got, todo, StorageError) from error
    if POINTER in names and not overwrite:
        read_pointer(folder)
        todo = "call update on it, or pass overwrite=True"
        got = f"{shown}, which holds a catalogue"
        raise expected("path", "a free place", got, todo, StorageError)
    ours = {POINTER, _BUILDING, _LOCK, "pending"}
    starts = ("products-", f".{POINTER}", f".{_BUILDING}")  # with a dot, left by a kill
    if any(n not in ours and not n.startswith(starts) for n in names):
        got = f"{shown}, which holds other files"
        raise expected("path", "a free place", got, "name a new folder", StorageError)


def check_embedding(pointer: Pointer, embedding: str | None, dim: int) -> None:
    """Refuse vectors of another embedding than the catalogue's.

    Raises:
        InvalidArgumentError: They are.
    """
    if embedding == pointer.embedding and dim in (0, pointer.dim):
        return
    wish = "no model, as the catalogue has no vectors"
    if pointer.embedding is not None:
        wish = f"the model of the catalogue, {pointer.embedding!r} of length {pointer.dim}"
    got = "none" if embedding is None else f"{embedding!r} of length {dim or 'unknown'}"
    raise expected("model", wish, got, "open it with that model, or build a new catalogue")


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other writers out; the lock ends with the process that holds it.

    Raises:
        StorageError: Another process or thread writes.
        MissingExtraError: The lock's package is not installed.
    """
    check_extra()
    from filelock import FileLock, Timeout

    lock = FileLock(folder / _LOCK, timeout=0)
    wish, todo = "a catalogue that nobody else is writing", "try again when they have finished"
    try:
        lock.acquire()
    except Timeout as error:
        got = f"{str(folder)!r}, which another process writes"
        raise expected("path", wish, got, todo, StorageError) from error
    except OSError as error:
        got, todo = f"{str(folder)!r} ({error.strerror})", "check the rights of the folder"
        raise expected("path", wish, got, todo, StorageError) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def translated(folder: Path, *, writing: bool = False) -> Iterator[None]:
    """Turn errors of LanceDB into ours.

    Raises:
        StorageError: There is no room, or the folder cannot be written.
        DamagedFileError: A file of the catalogue is missing or cut off.
    """
    try:
        yield
    except (StyleSimError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:
        # A damaged file may make the Rust side panic, which is no Exception.
        lance = isinstance(error, (OSError, RuntimeError, ValueError))
        if not lance and type(error).__name__ not in {"PanicException", "ArrowInvalid"}:
            raise
        text = " ".join(str(error).split())[:200]
        got = f"{str(folder)!r} ({text})"
        if any(sign in str(error).lower() for sign in _FULL):
            todo = "free some space and call again; what was there before is whole"
            raise expected("path", "room to write", got, todo, StorageError) from error
        if writing and (isinstance(error, PermissionError) or "denied" in str(error).lower()):
            todo = "check the rights; what was there before is whole"
            raise expected("path", "a folder to write", got, todo, StorageError) from error
        raise expected("path", "a whole catalogue", got, _REBUILD, DamagedFileError) from error


def parent_of(path: Any) -> tuple[Path, Path]:
    """The folder of a catalogue as an absolute path, and what pictures are named from.

    Raises:
        InvalidArgumentError: It is no path.
    """
    try:
        folder = Path(os.path.abspath(path))  # noqa: PTH100 - links are kept as they are
    except (TypeError, ValueError):
        raise expected("path", "the folder of a catalogue", path, "pass its path") from None
    # Through a link to it, a catalogue has the same pictures as without.
    return folder, Path(os.path.realpath(folder) if folder.is_symlink() else folder).parent
