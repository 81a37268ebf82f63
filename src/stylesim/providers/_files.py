"""Rows of catalogue files, with their numbers; damaged rows do not end the reading."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import attrs

from stylesim.errors import (
    DamagedFileError,
    MissingExtraError,
    ProductError,
    StorageError,
    StyleSimError,
    expected,
)
from stylesim.providers._rows import fields_of, present

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping


@attrs.frozen
class Unreadable:
    """Stands for a row that cannot be read."""

    reason: str


def _unreadable_file(path: object, what: object) -> StyleSimError:
    todo = "pass the path of a catalogue file that can be read"
    return expected("path", "a readable file", f"{str(path)!r} ({what})", todo, StorageError)


def existing_file(path: Any) -> Path:
    """The path of a file that can be read."""
    try:
        file = Path(path)
        if file.is_dir():
            raise _unreadable_file(path, "a folder")
        file.open("rb").close()
    except TypeError:
        raise _unreadable_file(path, "no path") from None
    except (OSError, ValueError) as error:
        raise _unreadable_file(path, getattr(error, "strerror", None) or error) from error
    return file


def csv_rows(
    path: str | os.PathLike[str],
    columns: Mapping[str, str],
    *,
    encoding: str,
    delimiter: str | None,
    strict: bool = True,
) -> Iterator[tuple[int, Mapping[str, Any] | Unreadable]]:
    """Yield the rows below the header with the line each ends on.

    Where it is not ``strict``, the file may lack some of the columns.
    """
    file = existing_file(path)
    codec = "utf-8-sig" if encoding.lower().replace("_", "-") in {"utf-8", "utf8"} else encoding
    try:
        # Escaped, so that one bad character costs one row and not the file.
        handle = file.open(newline="", encoding=codec, errors="surrogateescape")
    except LookupError:
        raise expected("encoding", "a known encoding", encoding, "pass 'utf-8'") from None
    with handle:
        try:
            first = handle.readline()
            header = _header(first, path, columns, delimiter, strict=strict)
            mark = _delimiter(first, delimiter)
            reader = csv.reader(handle, delimiter=mark, strict=True)
            yield from _read_csv(reader, header, encoding)
        except UnicodeError as error:
            todo = "pass the encoding of the file, or save it as UTF-8"
            got = f"{str(path)!r} ({error})"
            raise expected("path", f"text in {encoding}", got, todo, DamagedFileError) from error
        except OSError as error:
            raise _unreadable_file(path, error.strerror) from error


def _delimiter(line: str, given: Any) -> str:
    if given is None:
        return max(",;\t|", key=line.count)
    if not isinstance(given, str) or len(given) != 1:
        raise expected("delimiter", "one character", given, "pass ',' or None")
    return str(given)


def _header(
    line: str, path: object, columns: Mapping[str, str], delimiter: str | None, *, strict: bool
) -> list[str]:
    names = next(csv.reader([line], delimiter=_delimiter(line, delimiter)), [])
    there = present(names, columns)
    found = set(fields_of(names, there).values())
    lost = [field for field in ("title", "url") if field not in found]
    absent = [column for column in columns if column not in there] if strict else []
    if lost or absent:
        wish = f"a CSV file with columns for {' and '.join(lost or absent)}"
        got = f"{str(path)!r} with {', '.join(names) if names else 'no header'}"
        todo = 'name them in its first line, or pass columns={"title": "its name"}'
        raise expected("path", wish, got, todo, ProductError)
    return names


def _read_csv(
    reader: Any, header: list[str], encoding: str
) -> Iterator[tuple[int, Mapping[str, Any] | Unreadable]]:
    while True:
        before = reader.line_num
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            reason = f"the row is cut off or damaged ({error})"
            yield reader.line_num + 1, Unreadable(reason + _swallowed(before, reader.line_num))
            continue
        number = reader.line_num + 1
        if not row:
            continue
        if any("\udc80" <= char <= "\udcff" for value in row for char in value):
            reason = f"the row is not text in {encoding}; pass the encoding of the file"
            yield number, Unreadable(reason)
        elif len(row) != len(header):
            reason = f"the row has {len(row)} fields where the header has {len(header)}"
            yield number, Unreadable(reason + _swallowed(before, reader.line_num))
        else:
            yield number, dict(zip(header, row, strict=True))


def _swallowed(before: int, line: int) -> str:
    """What to add where a bad row is of several lines; the header is one more."""
    if line - before < 2:
        return ""
    lines = f"{line - before} lines, {before + 2} to {line + 1}"
    return f"; it is made of {lines}, perhaps as a quote is not closed"


def jsonl_rows(
    path: str | os.PathLike[str],
) -> Iterator[tuple[int, Mapping[str, Any] | Unreadable]]:
    """Yield the objects of a JSONL file with the line each stands on."""
    with existing_file(path).open("rb") as handle:
        for number, line in enumerate(handle, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line.decode("utf-8-sig"))
            except (ValueError, RecursionError) as error:
                yield number, Unreadable(f"the line is cut off or no JSON ({error})")
                continue
            if isinstance(row, dict):
                yield number, row
            else:
                yield number, Unreadable(f"the line holds {type(row).__name__}, not an object")


def parquet_rows(
    path: str | os.PathLike[str],
) -> Iterator[tuple[int, Mapping[str, Any] | Unreadable]]:
    """Yield the rows of a Parquet file, counted from 1."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        message = "Reading Parquet needs PyArrow: pip install 'stylesim[catalog]'."
        raise MissingExtraError(message, extra="catalog") from error
    file = existing_file(path)
    number = 0
    try:
        with pq.ParquetFile(file) as table:
            for batch in table.iter_batches(batch_size=4096):
                for row in _of_batch(batch):
                    number += 1
                    yield number, row
    except (pa.ArrowException, OSError) as error:
        todo = "replace the file by a whole copy"
        got = f"{str(path)!r} ({error})"
        raise expected("path", "a whole Parquet file", got, todo, DamagedFileError) from error


def _of_batch(batch: Any) -> list[Any]:
    try:
        return list(batch.to_pylist())
    except (OverflowError, ValueError) as error:  # text that is none, a year beyond 9999
        if len(batch) < 2:
            return [Unreadable(f"the row cannot be read ({error})")]
    middle = len(batch) // 2
    return _of_batch(batch.slice(0, middle)) + _of_batch(batch.slice(middle))


def filled(template: Any, name: str) -> str:
    """Put a file's name into an address."""
    if not isinstance(template, str) or "{name}" not in template:
        wish, todo = "an address with {name} in it", "pass 'https://shop.example/items/{name}'"
        raise expected("url", wish, template, todo)
    return str(template.replace("{name}", quote(name, safe="", errors="surrogateescape")))
