"""A compact copy of a catalogue on disk: its vectors in eight bits, and what is filtered by.

It stands beside the table, is mapped into memory rather than read, and says which rows are worth
fetching; what they are is read from the table, so a copy that is behind can mislead nobody. It
knows rows by the ids that the table gives them, and an id never comes to mean another row: rows
that were changed, moved or taken out are not found under their old ids, and new ones have higher
ids than those of the copy.
"""

from __future__ import annotations

import json
import mmap
import os
import shutil
from contextlib import ExitStack, suppress
from functools import reduce
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from stylesim._matching import folded_size, has_bounds
from stylesim.providers import _catalog_filters as filters

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from stylesim.products import ProductQuery
    from stylesim.types import BoolArray, FloatArray

    Array = np.ndarray[Any, np.dtype[Any]]
    Values = dict[str, dict[str, int]]

_TEXTS = ("slot", "gender", "brand", "category", "colour", "available", "currency", "size")
_KINDS = {"rows": np.uint64, "scales": np.float32, "prices": np.float64, "vectors": np.int8}
_KINDS |= dict.fromkeys(_TEXTS, np.uint32)
_FACTS = "facts.json"
_AT_ONCE = 8192
_IN_CACHE = 2048  # rows compared at once
_MOST_NEWER = 20_000
_READ_AHEAD = 1 << 30


@attrs.frozen(eq=False)
class Compact:
    """Rows that have a vector; n of them.

    Attributes:
        last: Highest id of a row of the table, seen or not, when the copy was made.
        files: Whether some rows have pictures in files; else their paths need not be fetched.
        values: For each column the texts that it holds, and their numbers.
        arrays: ``rows``, uint64 ids of shape (n,); ``vectors``, int8 of shape (n, d), which
            times ``scales``, float32 of shape (n,), are the vectors; ``prices``, float64 of
            shape (n,); and for each column of texts uint32 numbers of shape (n,).
    """

    last: int
    files: bool
    values: Values
    arrays: Mapping[str, Array]

    def __len__(self) -> int:
        return len(self.arrays["rows"])

    def fitting(self, query: ProductQuery) -> BoolArray | None:
        """Rows that may fit: all that do, and some whose title decides; None for all.

        Returns:
            bool array of shape (n,).
        """
        terms = []
        for column, wanted in filters.values(query).items():
            known = self.values[column]
            terms.append(self._hold(column, [known[v] for v in ("", *wanted) if v in known]))
        if query.size is not None:
            part = f"|{folded_size(query.size)}|"
            sizes = [code for value, code in self.values["size"].items() if part in value]
            terms.append(self._hold("size", sizes))
        if has_bounds(query):
            terms.append(self.arrays["prices"] >= (query.min_price or 0.0))
            if query.max_price is not None:
                terms.append(self.arrays["prices"] <= query.max_price)
            if query.currency is not None:
                code = self.values["currency"].get(query.currency)
                terms.append(self._hold("currency", [] if code is None else [code]))
        return reduce(np.logical_and, terms) if terms else None

    def _hold(self, column: str, codes: list[int]) -> BoolArray:
        held = self.arrays[column]
        if len(codes) > 4:
            wanted = np.zeros(len(self.values[column]), np.bool_)
            wanted[codes] = True
            return wanted[held]
        none: BoolArray = np.zeros(len(held), np.bool_)
        return reduce(np.logical_or, [held == code for code in codes], none)

    def places_of(self, ids: Array) -> Array:
        """Where rows stand, in rising order; ids that are not here are passed over.

        Args:
            ids: uint64 array of shape (m,).
        """
        rows = self.arrays["rows"]
        places = np.searchsorted(rows, ids)
        places[places == len(rows)] = 0
        return np.sort(places[rows[places] == ids])

    def likeness(self, near: FloatArray, places: Array) -> FloatArray:
        """Cosines of some rows with a vector, nearly.

        Args:
            near: float32 array of shape (d,), of unit length.
            places: Array of shape (m,).

        Returns:
            float32 array of shape (m,).
        """
        cosines = np.empty(len(places), np.float32)
        for start in range(0, len(places), _IN_CACHE):
            part = slice(start, start + _IN_CACHE)
            some = self.arrays["vectors"].take(places[part], axis=0)
            cosines[part] = some.astype(np.float32) @ near
        scaled: FloatArray = cosines * self.arrays["scales"].take(places)
        return scaled


# --- made -------------------------------------------------------------------------------------


def _parts(batches: Iterable[Any], dim: int, values: Values) -> Iterator[dict[str, Array]]:
    """The arrays of some rows after the others, and the highest id as ``last``."""
    for batch in batches:
        ids = batch.column("_rowid").to_numpy(zero_copy_only=False)
        if not len(ids):
            continue
        seen = np.flatnonzero(batch.column("seen").to_numpy(zero_copy_only=False))
        flat = batch.column("vector").flatten().to_numpy(zero_copy_only=False)
        vectors = flat.reshape(len(ids), -1)[seen, :dim]
        highest = np.maximum(np.abs(vectors).max(1, initial=0), np.float32(1e-30))
        made = {
            "last": ids.max(keepdims=True),
            "rows": ids[seen],
            "scales": highest / 127,
            "prices": batch.column("price").to_numpy(zero_copy_only=False)[seen],
            "vectors": np.rint(vectors * (127 / highest)[:, None]),
        }
        for column in _TEXTS:
            known = values[column]
            words = batch.column(column).dictionary_encode()
            numbers = [known.setdefault(word, len(known)) for word in words.dictionary.to_pylist()]
            codes = words.indices.to_numpy(zero_copy_only=False)[seen]
            made[column] = np.array(numbers, np.uint32)[codes]
        yield {name: array.astype(_KINDS.get(name, np.uint64)) for name, array in made.items()}


def _rows_of(table: Any, term: Any, most: int) -> Iterator[Any]:
    asked = table.search().with_row_id(True).select([*_TEXTS, "price", "seen", "vector"])
    if term is not None:
        asked = asked.where(term)
    yield from asked.limit(most).to_batches(_AT_ONCE)


def _files(table: Any, term: Any = None) -> bool:
    from lancedb.expr import col, lit

    named = col("path").ne(lit(""))
    asked = table.search().where(named if term is None else term & named)
    return bool(asked.select(["id"]).limit(1).to_list())


def write(table: Any, folder: Path, name: str, dim: int) -> None:
    """Write the copy of a table and remove earlier ones; nobody else may write the table.

    Args:
        table: The table.
        folder: Folder of the catalogue.
        name: Name of the table.
        dim: Length of the vectors.
    """
    unfinished = folder / f"{name}.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    values: Values = {column: {} for column in _TEXTS}
    version, count, last = table.version, 0, 0
    try:
        with ExitStack() as stack:
            files = {kind: stack.enter_context((unfinished / kind).open("wb")) for kind in _KINDS}
            for part in _parts(_rows_of(table, None, table.count_rows() or 1), dim, values):
                last = max(last, int(part["last"][0]))
                count += len(part["rows"])
                for kind, file in files.items():
                    part[kind].tofile(file)
            for file in files.values():
                file.flush()
                os.fsync(file.fileno())
        facts = {"count": count, "dim": dim, "last": last, "values": values}
        facts |= {"files": _files(table)}
        (unfinished / _FACTS).write_text(json.dumps(facts), encoding="utf-8")
        whole = folder / f"{name}.compact-{version}"
        shutil.rmtree(whole, ignore_errors=True)
        unfinished.rename(whole)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    for other in folder.glob(f"{name}.compact-*"):
        if other != whole:
            shutil.rmtree(other, ignore_errors=True)


# --- read -------------------------------------------------------------------------------------


def latest(folder: Path, name: str) -> Path | None:
    """Where the newest copy of a table stands; None where there is none."""
    there = {}
    for path in folder.glob(f"{name}.compact-*"):
        with suppress(ValueError):
            there[int(path.name.rpartition("-")[2])] = path
    return there[max(there)] if there else None


def read(place: Path, dim: int) -> Compact | None:
    """Map a copy into memory; None where it is not whole, or not of these vectors."""
    try:
        facts = json.loads((place / _FACTS).read_bytes())
        count, last, values = facts["count"], facts["last"], facts["values"]
        files = bool(facts["files"])
        if not count or facts["dim"] != dim or set(values) != set(_TEXTS):
            return None
        arrays = {}
        for kind, dtype in _KINDS.items():
            flat = _mapped(place / kind, dtype, count * (dim if kind == "vectors" else 1))
            arrays[kind] = flat.reshape(count, dim) if kind == "vectors" else flat
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return _sorted(Compact(last, files, values, arrays))


def _mapped(path: Path, dtype: Any, count: int) -> Array:
    with path.open("rb") as file:
        memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    if hasattr(memory, "madvise") and len(memory) <= _READ_AHEAD:
        memory.madvise(mmap.MADV_WILLNEED)  # rows are asked for all over it
    return np.frombuffer(memory, dtype, count)


def _sorted(copy: Compact) -> Compact:
    rows = copy.arrays["rows"]
    if (rows[1:] > rows[:-1]).all():
        return copy
    order = np.argsort(rows, kind="stable")
    return attrs.evolve(copy, arrays={kind: array[order] for kind, array in copy.arrays.items()})


def newer(table: Any, base: Compact, dim: int) -> Compact | None:
    """A copy, in memory, of rows that came after another copy; None where they are many."""
    from lancedb.expr import col, lit

    later = col("_rowid") > lit(base.last)
    asked = table.search().where(later).with_row_id(True).select(["id"]).limit(_MOST_NEWER + 1)
    ids = asked.to_arrow()["_rowid"].to_pylist()
    if len(ids) > _MOST_NEWER:
        return None
    values: Values = {column: {} for column in _TEXTS}
    columns = [*_TEXTS, "price", "seen", "vector"]
    batches = table.take_row_ids(ids).with_row_id().select(columns).to_arrow().to_batches()
    parts = list(_parts(batches, dim, values)) if ids else []
    empty = {kind: np.zeros((0, dim) if kind == "vectors" else 0, t) for kind, t in _KINDS.items()}
    arrays = {kind: np.concatenate([empty[kind], *(p[kind] for p in parts)]) for kind in _KINDS}
    files = bool(ids) and _files(table, later)
    return _sorted(Compact(max(ids, default=base.last), files, values, arrays))
