"""Rows written to a catalogue on disk: what is new is embedded, what is there is left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from stylesim.errors import StyleSimError
from stylesim.products import SkippedProduct
from stylesim.providers._catalog_folder import translated
from stylesim.providers._catalog_rows import (
    image_of,
    record,
    schema,
    table_of,
    vectors_of,
    widened,
    width_of,
)
from stylesim.providers._vectors import embed_pictures, unit_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

    from stylesim.products import Product
    from stylesim.providers._vectors import Embedder, PictureModel
    from stylesim.types import FloatArray

    Chunk = Sequence[tuple[int, Product]]
    Stream = Callable[[Iterable[pa.Table]], Iterator[pa.Table]]

_COUNTS = ("added", "updated", "unchanged", "embedded")
_COMPACT_EVERY = 64  # commits; a table of many small pieces is slow to open and to read


@attrs.frozen
class CatalogChanges:
    """What a call changed in a catalogue.

    Attributes:
        added: Products that were not there.
        updated: Products that were there otherwise.
        unchanged: Products that were there as they are.
        deleted: Products taken out.
        embedded: Pictures that were embedded; those of unchanged pictures are not.
        skipped: Rows that made no product, and pictures that could not be read.

    Examples:
        >>> CatalogChanges(added=2).added
        2
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    embedded: int = 0
    skipped: tuple[SkippedProduct, ...] = attrs.field(
        default=(), converter=tuple[SkippedProduct, ...], repr=lambda rows: str(len(rows))
    )


@attrs.define(eq=False)
class Writer:
    """Writes products to a table, a commit for each piece.

    Args:
        table: The table.
        folder: Folder of the catalogue, for messages.
        base: Folder that pictures are named from.
        dim: Length of the vectors; 0 for none.
        embedder: What embeds new pictures; None where vectors are given or there are none.
        vectors: float32 array of shape (n, dim), the row of product number i at i - 1.
        stream: Embeds tables; None does so in this process.
        mode: ``"fresh"``: the table is empty; ``"add"``: what is there already is skipped;
            ``"update"``: it is replaced where it differs.
        done: Told how many products were dealt with.
    """

    table: Any
    folder: Path
    base: Path
    dim: int
    embedder: Embedder | None
    vectors: FloatArray | None = None
    stream: Stream | None = None
    mode: str = "update"
    done: Callable[[int], object] = lambda _: None
    batch_size: int = 32
    counts: dict[str, int] = attrs.field(factory=lambda: dict.fromkeys(_COUNTS, 0))
    skipped: list[SkippedProduct] = attrs.field(factory=list)
    _commits: int = 0

    def run(self, chunks: Iterable[Chunk]) -> None:
        """Write products."""
        pending = self._pending(chunks)
        embedded = self._here(pending) if self.stream is None else self.stream(pending)
        for table in embedded:
            names = zip(table["id"].to_pylist(), table["problem"].to_pylist(), strict=True)
            lost = [SkippedProduct(why, id=name) for name, why in names if why]
            self.skipped += lost
            self.counts["embedded"] += len(table) - len(lost)
            self._commit(table.drop_columns("problem"))

    def _pending(self, chunks: Iterable[Chunk]) -> Iterator[pa.Table]:
        """Write what needs no embedding, and give the rest."""
        for chunk in chunks:
            rows, numbers = self._records(chunk)
            known = {} if self.mode == "fresh" else self._known([row["id"] for row in rows])
            before = self._unmoved(rows, known)
            ready: list[tuple[dict[str, Any], Any]] = []  # with a vector, or None
            waiting: list[dict[str, Any]] = []
            kept: list[dict[str, Any]] = []  # only their words have changed
            for row, number in zip(rows, numbers, strict=True):
                there = known.get(row["id"])
                if there is not None and self.mode == "add":
                    why = f"id {row['id']!r} is in the catalogue already; use update"
                    self.skipped.append(SkippedProduct(why, id=row["id"], row=number))
                    continue
                pictured = bool(row["picture"]) and self.embedder is not None
                seen = there is not None and there["picture"] == row["picture"] and there["seen"]
                if self.vectors is not None:
                    vector = self.vectors[number - 1]
                    if _same(vector, before.get(row["id"])):
                        self.counts["unchanged"] += 1
                        continue
                    self._count(there)
                    ready.append((row, vector))
                elif (
                    there is not None
                    and there["digest"] == row["digest"]
                    and (seen or (there["picture"] == row["picture"] and not pictured))
                ):
                    self.counts["unchanged"] += 1
                else:
                    self._count(there)
                    if seen:
                        kept.append(row)
                    elif pictured:
                        waiting.append(row)
                    else:
                        ready.append((row, None))
            old = self._old_vectors([row["id"] for row in kept])
            ready += [(row, old.get(row["id"])) for row in kept]
            if ready:
                self._commit(self._with_vectors(ready))
            self.done(len(chunk) - len(waiting))
            if waiting:
                yield table_of(waiting, 0)

    def _records(self, chunk: Chunk) -> tuple[list[dict[str, Any]], list[int]]:
        rows, numbers = [], []
        for number, product in chunk:
            try:
                rows.append(record(product, self.base))
            except (StyleSimError, UnicodeError) as error:
                why = f"it cannot be stored: {error}"
                self.skipped.append(SkippedProduct(why, id=product.id, row=number))
            else:
                numbers.append(number)
        return rows, numbers

    def _count(self, there: object) -> None:
        self.counts["added" if there is None else "updated"] += 1

    def _known(self, ids: list[str]) -> dict[str, dict[str, Any]]:
        columns = ["id", "digest", "picture", *(["seen"] if self.dim else [])]
        rows = self._of(ids, columns).to_pylist() if ids else []
        return {row["id"]: {"seen": False, **row} for row in rows}

    def _of(self, ids: list[str], columns: list[str]) -> pa.Table:
        from lancedb.expr import col, lit

        wanted = col("id").isin([lit(name) for name in ids])
        with translated(self.folder):
            return self.table.search().where(wanted).select(columns).limit(len(ids)).to_arrow()

    def _unmoved(
        self, rows: list[dict[str, Any]], known: dict[str, dict[str, Any]]
    ) -> dict[str, FloatArray]:
        """Vectors of rows that are there as they are, where new vectors are given."""
        if self.vectors is None:
            return {}
        facts = ("digest", "picture")
        there = [(row, known[row["id"]]) for row in rows if row["id"] in known]
        return self._old_vectors(
            [
                row["id"]
                for row, old in there
                if old["seen"] and all(row[fact] == old[fact] for fact in facts)
            ]
        )

    def _old_vectors(self, ids: list[str]) -> dict[str, FloatArray]:
        if not ids:
            return {}
        table = self._of(ids, ["id", "vector"])
        return dict(zip(table["id"].to_pylist(), vectors_of(table, self.dim), strict=True))

    def _with_vectors(self, ready: list[tuple[dict[str, Any], Any]]) -> pa.Table:
        rows = [row for row, _ in ready]
        if not self.dim:
            return table_of(rows, 0)
        vectors = np.zeros((len(rows), self.dim), np.float32)
        seen = [vector is not None for _, vector in ready]
        if any(seen):
            given = np.stack([vector for _, vector in ready if vector is not None])
            vectors[seen] = unit_rows(given, (len(given), self.dim), "vectors")
        return table_of(rows, self.dim, vectors, seen)

    def _here(self, tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
        model: PictureModel | None = None
        for table in tables:
            assert self.embedder is not None
            assert self.embedder.make is not None
            model = model or self.embedder.make()
            yield embedded(model, table, self.dim, self.base, self.batch_size)
            self.done(len(table))

    def _commit(self, table: pa.Table) -> None:
        with translated(self.folder, writing=True):
            if self.dim:
                table = widened(table, width_of(self.table))
            if self.mode == "update":
                merge = self.table.merge_insert("id").when_matched_update_all()
                merge.when_not_matched_insert_all().execute(table)
            else:
                self.table.add(table)
            self._commits += 1
            if self.mode == "fresh" and self._commits % _COMPACT_EVERY == 0:
                compact(self.table, keep_old=False)


def _same(vector: FloatArray, before: FloatArray | None) -> bool:
    if before is None:
        return False
    unit = unit_rows(vector[None], (1, len(before)), "vectors")[0]
    return np.allclose(unit, before, rtol=0, atol=1e-6)


def embedded(
    model: PictureModel, table: pa.Table, dim: int, base: Path, batch_size: int
) -> pa.Table:
    """Embed the pictures of rows.

    Returns:
        The rows with the columns ``seen``, ``vector`` and ``problem``.
    """
    import pyarrow as pa

    names = ["path", "image"]
    images = [image_of(row, base) for row in table.select(names).to_pylist()]
    vectors = np.zeros((len(images), dim), np.float32)
    problems: list[str | None] = ["its picture cannot be read"] * len(images)
    there = [place for place, image in enumerate(images) if image is not None]
    for start in range(0, len(there), batch_size):
        places = there[start : start + batch_size]
        some = [image for place in places if (image := images[place]) is not None]
        vectors[places], found = embed_pictures(model, some, dim)
        for place, problem in zip(places, found, strict=True):
            problems[place] = problem
    numbers = pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), dim)
    seen = pa.array([problem is None for problem in problems])
    full = table.append_column("seen", seen).append_column(schema(dim).field("vector"), numbers)
    return full.append_column("problem", pa.array(problems, pa.string()))


def compact(table: Any, *, keep_old: bool) -> None:
    """Join small pieces; old versions stay for a week where somebody may be reading them."""
    from datetime import timedelta

    if keep_old:
        table.optimize()
    else:
        # Nobody reads it yet.
        table.optimize(cleanup_older_than=timedelta(milliseconds=1), delete_unverified=True)
