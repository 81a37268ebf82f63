"""The indexes of a catalogue on disk: built when it is big enough to need them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from stylesim.providers._catalog_rows import width_of

if TYPE_CHECKING:
    from collections.abc import Sequence

EXACT_UP_TO = 100_000
"""Vectors that are compared one by one; beyond, an index names the likely ones."""

PROBES = 64
"""Cells of the index that are looked into: many, since a narrow filter leaves few in each."""

REFINE = 50
"""Times as many as asked for are compared in full precision: the codes are short."""

_BITMAPS = ("slot", "gender", "available", "currency")
_TREES = ("id", "price", "brand", "category", "colour")


def build(table: Any, dim: int, *, train: bool) -> None:
    """Index what is filtered by; and the vectors, where there are many.

    Args:
        table: The table, with all its rows.
        dim: Length of the vectors; 0 for none.
        train: Whether indexes that are there already are learned anew.
    """
    from lancedb.index import Bitmap, BTree, IvfFlat, IvfRq

    there = {name for index in table.list_indices() for name in index.columns}
    kinds = {**dict.fromkeys(_BITMAPS, Bitmap), **dict.fromkeys(_TREES, BTree)}
    if dim:
        kinds["seen"] = Bitmap
    for column, kind in kinds.items():
        if train or column not in there:
            table.create_index(column, config=kind())
    rows = table.count_rows()
    if dim and rows > EXACT_UP_TO and (train or "vector" not in there):
        cells = {
            "distance_type": "l2",  # of unit vectors: the order of the cosine
            "num_partitions": max(1, 2 ** round(math.log2(math.sqrt(rows) / 4))),
            "sample_rate": 64,
            "max_iterations": 10,
        }
        # One bit a number (RaBitQ; Gao and Long, SIGMOD 2024), for which the length has to fit.
        config = IvfRq(**cells) if width_of(table) % 8 == 0 else IvfFlat(**cells)
        table.create_index("vector", config=config)


def has_vector_index(table: Any) -> bool:
    """Whether vectors are found through an index."""
    return any("vector" in index.columns for index in table.list_indices())


def asked(table: Any, near: Sequence[float]) -> Any:
    """A question for the rows near a vector, of the length that the model gives."""
    wide = [*near, *[0.0] * (width_of(table) - len(near))]
    return table.search(wide, vector_column_name="vector").distance_type("l2").nprobes(PROBES)


def waiting(table: Any) -> int:
    """Rows that have come since the indexes were built."""
    stats = table.index_stats("id_idx")
    return table.count_rows() if stats is None else int(stats.num_unindexed_rows)
