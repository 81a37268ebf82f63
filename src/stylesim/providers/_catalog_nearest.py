"""The nearest products of a large catalogue on disk, by way of its compact copy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from stylesim.providers import _catalog_compact as compact
from stylesim.providers import _catalog_index as index
from stylesim.providers._catalog_rows import product_of, vectors_of

if TYPE_CHECKING:
    from pathlib import Path

    from stylesim.products import Product, ProductQuery
    from stylesim.providers._catalog_compact import Array, Compact
    from stylesim.types import BoolArray, FloatArray

    Found = dict[str, tuple[float, Product]]

COMPARED = 100_000
"""Rows that are compared one by one; the index names the likely ones among more."""

_SCANNED = 1_000_000  # rows compared one by one where the index has named too few that fit
_NAMED = 20_000  # rows that the index is asked for at most
_LIMIT = 1000
_FETCHED = 400  # rows fetched in vain before the table is asked itself
_TRIES = 3


@attrs.define(eq=False)
class Copies:
    """The compact copy of a table, and one of the rows that have come since.

    Args:
        folder: Folder of the catalogue.
        name: Name of the table.
        dim: Length of the vectors.
    """

    folder: Path
    name: str
    dim: int
    _open: tuple[Path, int, Compact, Compact | None] | None = attrs.field(default=None, init=False)

    def of(self, table: Any) -> tuple[int, Compact, Compact] | None:
        """The version of the table, and the two for it; None where there is no copy of use."""
        version, place = table.version, compact.latest(self.folder, self.name)
        if place is None:
            return None
        there = self._open
        if there is None or there[:2] != (place, version):
            old = there[2] if there is not None and there[0] == place else None
            old = compact.read(place, self.dim) if old is None else old
            if old is None:
                return None  # damaged, or just replaced by another
            there = self._open = place, version, old, compact.newer(table, old, self.dim)
        _, _, old, new = there
        return None if new is None else (version, old, new)


def nearest(
    table: Any, copies: Copies, query: ProductQuery, limit: int, base: Path
) -> list[tuple[float, Product]] | None:
    """Find the nearest products that fit.

    Args:
        table: The table.
        copies: Its copies.
        query: What is asked, with a vector of the right length.
        limit: Most products.
        base: Folder that pictures are named from.

    Returns:
        Cosines and products, the nearest first; None where the table has to be asked itself.
    """
    if limit > _LIMIT or query.words:
        return None
    for _ in range(_TRIES):
        there = copies.of(table)
        if there is None:
            return None
        version, old, new = there
        found = _nearest(table, old, new, query, limit, base)
        if found is None or table.version == version:
            return found
    return None  # it was changed each time while we looked


def _nearest(
    table: Any, old: Compact, new: Compact, query: ProductQuery, limit: int, base: Path
) -> list[tuple[float, Product]] | None:
    near = np.array(query.near, np.float32)
    likely, whole = _likely(table, old, query, limit)
    if likely is None:
        return None
    chosen = ((old, likely), (new, _places(new, new.fitting(query))))
    ids = np.concatenate([part.arrays["rows"].take(places) for part, places in chosen])
    cosines = np.concatenate([part.likeness(near, places) for part, places in chosen])
    found: Found = {}
    columns = ["row", "image", *(["path"] if old.files or new.files else [])]
    start, size = 0, limit + limit // 4 + 5
    while start < len(ids) and len(found) < limit:
        if start >= _FETCHED:
            return None
        stop = min(start + size, len(ids))
        best = np.argpartition(-cosines, stop - 1)[:stop]
        best = best[np.argsort(-cosines[best], kind="stable")][start:]
        rows = table.take_row_ids(ids[best].tolist()).select([*columns, "vector"]).to_arrow()
        if len(rows):  # without those that are gone
            _take(rows, query, near, base, found)
        start, size = stop, 2 * size
    if len(found) < limit and not whole:
        return None
    return sorted(found.values(), key=lambda one: (-one[0], one[1].id))[:limit]


def _likely(
    table: Any, copy: Compact, query: ProductQuery, limit: int
) -> tuple[Array | None, bool]:
    """Places worth comparing, None for too many; and whether these are all that fit."""
    fits = copy.fitting(query)
    count = len(copy) if fits is None else int(np.count_nonzero(fits))
    if count <= COMPARED:
        return _places(copy, fits), True
    wanted = index.REFINE * limit * len(copy) // count
    if wanted <= _NAMED:
        asked = index.asked(table, query.near or ()).with_row_id(True)
        asked = asked.select(["_rowid", "_distance"])
        named = copy.places_of(asked.limit(wanted).to_arrow()["_rowid"].to_numpy())
        some = named if fits is None else named[fits[named]]
        if len(some) >= 3 * limit:
            return some, False
    return (_places(copy, fits), True) if count <= _SCANNED else (None, False)


def _places(copy: Compact, fits: BoolArray | None) -> Array:
    return np.arange(len(copy)) if fits is None else np.flatnonzero(fits)


def _take(rows: Any, query: ProductQuery, near: FloatArray, base: Path, found: Found) -> None:
    """Keep what fits, compared in full precision."""
    cosines = 1 - ((vectors_of(rows, len(near)) - near) ** 2).sum(1) / 2
    fields = rows.drop_columns("vector").to_pylist()
    for row, cosine in zip(fields, cosines.tolist(), strict=True):
        product = product_of({"path": "", **row}, base)
        if query.matches(product):
            found[product.id] = (cosine, product)
