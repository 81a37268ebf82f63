"""Catalogues on disk built and changed: one writer at a time, and never a part in its place."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from stylesim._checks import check_whole
from stylesim.errors import DamagedFileError, ProductError, expected
from stylesim.providers import _catalog_compact as copies
from stylesim.providers import _catalog_folder as folders
from stylesim.providers import _catalog_index as index
from stylesim.providers import _files
from stylesim.providers._catalog_disk import DiskProducts
from stylesim.providers._catalog_rows import schema, stored_width
from stylesim.providers._catalog_writing import CatalogChanges, Writer, compact
from stylesim.providers._rows import Intake, check_columns, present
from stylesim.providers._vectors import Embedder, embedding_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stylesim.providers._catalog_folder import Pointer
    from stylesim.providers._catalog_writing import Chunk, Stream
    from stylesim.types import FloatArray

_SMALL, _LARGE = 1024, 8192  # products a commit: with pictures to embed, and without
_WORTH_INDEXING = 1000  # fewer new rows are compared one by one


@attrs.frozen(eq=False)
class Source:
    """Where products come from, and what their vectors are made of.

    Attributes:
        rows: Rows with their numbers.
        name: Source that products are said to come from.
        how: Further arguments of the reading of a row.
        columns: Column by field of the product, as the user gave it.
        usual: Whether those are only what the catalogue was built with.
        embedder: What embeds pictures; None where vectors are given or there are none.
        vectors: float32 array of shape (rows, d); None where pictures are embedded.
        embedding: Identity of the vectors; None for none.
        workers: Processes of Ray; 0 for this process alone.
        batch_size: Pictures embedded at once.
        progress: Whether to show a progress bar.
    """

    rows: Iterator[tuple[int, Any]]
    name: str
    how: dict[str, Any]
    columns: dict[str, str]
    usual: bool
    embedder: Embedder | None
    vectors: FloatArray | None
    embedding: str | None
    workers: int
    batch_size: int
    progress: bool

    @classmethod
    def of(
        cls,
        products: Any,
        *,
        name: str,
        model: Any = None,
        vectors: Any = None,
        columns: Mapping[str, str] | None = None,
        usual: Mapping[str, str] | None = None,
        workers: int = 0,
        batch_size: int = 32,
        progress: bool = False,
    ) -> Source:
        """Check what a user gives.

        Without ``columns`` they are the ``usual`` ones, where a file or a row has those.

        Raises:
            InvalidArgumentError: An argument is of the wrong kind, or two do not fit together.
            StorageError: A file cannot be read.
        """
        for argument, number, least in (("workers", workers, 0), ("batch_size", batch_size, 1)):
            check_whole(argument, number, f"pass {argument}={max(least, 2)}", least)
        given = usual if columns is None else columns
        rows, how = _rows_of(products, given, strict=columns is not None)
        embedder = None
        matrix = None
        if vectors is not None:
            matrix = np.asarray(vectors)
            if matrix.ndim != 2 or not np.issubdtype(matrix.dtype, np.number):
                got = f"shape {matrix.shape} of {matrix.dtype}"
                raise expected("vectors", "numbers of shape (products, d)", got, "stack the rows")
            if isinstance(products, (str, os.PathLike)) or model is None:
                wish = "an iterable of products, and as model the name of what made the vectors"
                got = "a file" if model is not None else "no model"
                raise expected("vectors", wish, got, 'pass products=list, model="clip-vit-b-32"')
            if hasattr(products, "__len__") and len(products) != len(matrix):
                raise _uneven(len(matrix), len(products))
        elif isinstance(model, str):
            todo = "pass what embeds, or vectors= with the name of what made them"
            raise expected("model", "something that embeds pictures", model, todo)
        elif model is not None:
            embedder = Embedder.of(model)
        embedding = (
            None
            if model is None
            else (embedder.name if embedder is not None else embedding_name(model))
        )
        return cls(
            rows, name, how, dict(given or {}), columns is None, embedder, matrix, embedding,
            int(workers), int(batch_size), progress,
        )  # fmt: skip

    @property
    def dim(self) -> int:
        """Length of the vectors; 0 for none."""
        if self.vectors is not None:
            return int(self.vectors.shape[1])
        return 0 if self.embedder is None else self.embedder.dim

    def chunks(self, intake: Intake) -> Iterator[Chunk]:
        """Products with the numbers of their rows, some at a time."""
        size = _LARGE if self.embedder is None else _SMALL
        chunk: list[tuple[int, Any]] = []
        number = 0
        for number, row in self.rows:
            if isinstance(row, _files.Unreadable):
                intake.skip(number, row.reason)
                continue
            intake.take(number, row, source=self.name, **self._how(row))
            while intake.products:
                chunk.append((number, intake.products.pop()))
            if self.vectors is not None and number > len(self.vectors):
                raise _uneven(len(self.vectors), "more")
            if len(chunk) >= size:
                yield chunk
                chunk = []
        if self.vectors is not None and number < len(self.vectors):
            raise _uneven(len(self.vectors), number)
        if chunk:
            yield chunk

    def _how(self, row: Any) -> dict[str, Any]:
        if not (self.usual and self.columns and hasattr(row, "keys")):
            return self.how
        # Rows may also name the fields as stylesim does, whatever the file was like.
        return {**self.how, "columns": present(row, self.how["columns"])}

    def stream(self, folder: Path, base: Path) -> Stream | None:
        """What embeds elsewhere; None embeds here."""
        if self.workers == 0 or self.embedder is None:
            return None
        from stylesim.providers._ray_embedding import RayStream

        return RayStream(folder / "pending", base, self.embedder, self.workers, self.batch_size)


def _uneven(vectors: int, products: object) -> Exception:
    got, todo = f"{vectors} for {products} products", "pass them in the order of the products"
    return expected("vectors", "a row for each product", got, todo)


def _rows_of(
    products: Any, columns: Mapping[str, str] | None, *, strict: bool
) -> tuple[Iterator[tuple[int, Any]], dict[str, Any]]:
    fields = check_columns(columns)
    if isinstance(products, (str, os.PathLike)):
        file = _files.existing_file(products)
        how: dict[str, Any] = {"columns": fields, "base": file.parent}
        kind = file.suffix.lower()
        if kind in {".csv", ".tsv", ".txt"}:
            rows = _files.csv_rows(file, fields, encoding="utf-8", delimiter=None, strict=strict)
            return rows, how
        if kind in {".jsonl", ".ndjson"}:
            return _files.jsonl_rows(file), how
        if kind in {".parquet", ".pq"}:
            return _files.parquet_rows(file), how
        todo = "read it yourself and pass an iterable of products"
        raise expected("products", "a .csv, .jsonl or .parquet file", file.name, todo)
    if isinstance(products, (bytes, Mapping)) or not isinstance(products, Iterable):
        raise expected("products", "products, mappings or a file", products, "pass a list of them")
    return enumerate(products, start=1), {"columns": fields}


def _write(
    table: Any, folder: Path, base: Path, source: Source, dim: int, mode: str
) -> tuple[CatalogChanges, Intake]:
    from tqdm import tqdm

    intake = Intake(source.name)
    with tqdm(desc="Products", unit=" products", disable=not source.progress) as bar:
        writer = Writer(
            table, folder, base, dim, source.embedder, source.vectors,
            source.stream(folder, base), mode, bar.update, source.batch_size,
        )  # fmt: skip
        writer.run(source.chunks(intake))
    skipped = (*intake.skipped, *writer.skipped)
    return CatalogChanges(**writer.counts, skipped=skipped), intake


def build(
    folder: Path, base: Path, source: Source, *, overwrite: bool
) -> tuple[DiskProducts, CatalogChanges]:
    """Build a catalogue, or go on with one whose building was interrupted.

    Raises:
        StorageError: The place is taken or cannot be written, or another process writes it.
        ProductError: There is no usable product; nothing is left behind.
    """
    folders.check_extra()
    folders.make_folder(folder, overwrite=overwrite)
    with folders.locked(folder):
        folders.make_folder(folder, overwrite=overwrite)  # another may have been quicker
        with folders.translated(folder, writing=True):
            pointer, begun = folders.begun(folder, source.embedding, source.dim, source.columns)
            table, begun = _table(folder, pointer, begun=begun)
        mode = "update" if begun else "fresh"
        changes, intake = _write(table, folder, base, source, source.dim, mode)
        with folders.translated(folder, writing=True):
            if begun:
                _take_out_others(table, intake)
            rows = table.count_rows()
            if rows:
                compact(table, keep_old=False)
                index.build(table, source.dim, train=True)
                copy_vectors(table, folder, pointer)
                folders.publish(folder, pointer)
            else:
                folders.abandon(folder, pointer)
    if not rows:
        got = "none"
        if changes.skipped:
            first = changes.skipped[0]
            got = f"none ({len(changes.skipped)} skipped; row {first.row}: {first.reason})"
        wish = "at least one usable product"
        raise expected("products", wish, got, "check the rows", ProductError)
    return DiskProducts(folder, base, (pointer.embedding, pointer.dim)), changes


def _table(folder: Path, pointer: Pointer, *, begun: bool) -> tuple[Any, bool]:
    from lancedb.index import BTree

    db = folders.database(folder)
    if begun:
        try:
            with folders.translated(folder):
                table = db.open_table(pointer.table)
                if table.count_rows():
                    table.create_index("id", config=BTree())  # rows are looked up by it
                    return table, True
        except DamagedFileError:
            pass  # what was begun is of no use
    shutil.rmtree(folder / f"{pointer.table}.lance", ignore_errors=True)
    return db.create_table(pointer.table, schema=schema(stored_width(pointer.dim))), False


def _take_out_others(table: Any, intake: Intake) -> None:
    """Take out what an interrupted building had and the products no longer have."""
    from lancedb.expr import col, lit

    wanted = intake.ids
    stale = [
        name
        for batch in table.search().select(["id"]).limit(table.count_rows()).to_batches(_LARGE)
        for name in batch.column("id").to_pylist()
        if name not in wanted
    ]
    for start in range(0, len(stale), _LARGE):
        part = [lit(name) for name in stale[start : start + _LARGE]]
        table.delete(col("id").isin(part))


def change(products: DiskProducts, source: Source, *, mode: str) -> CatalogChanges:
    """Add products, or bring them up to date.

    Raises:
        InvalidArgumentError: The vectors would be of another embedding.
        StorageError: Another process writes, or the folder cannot be written.
    """
    folder = products.folder
    with folders.locked(folder):
        products.reopen()
        pointer = products.pointer
        folders.check_embedding(pointer, source.embedding, source.dim)
        changes, _ = _write(products.table, folder, products.base, source, pointer.dim, mode)
        with folders.translated(folder, writing=True):
            if index.waiting(products.table) >= _WORTH_INDEXING:
                compact(products.table, keep_old=True)
                index.build(products.table, pointer.dim, train=False)
                copy_vectors(products.table, folder, pointer)
    return changes


def copy_vectors(table: Any, folder: Path, pointer: Pointer) -> None:
    """Make the compact copy, where it is of use."""
    if index.has_vector_index(table):
        copies.write(table, folder, pointer.table, pointer.dim)
