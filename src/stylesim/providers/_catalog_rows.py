"""Products as rows of an Arrow table, and back."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stylesim._matching import sizes_of, text_of
from stylesim._product_checks import folded, folded_kind
from stylesim.errors import DamagedFileError, StyleSimError, expected
from stylesim.images import image_bytes
from stylesim.products import Product
from stylesim.providers._vectors import picture_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from stylesim.types import FloatArray, ImageLike

TEXTS = (
    "id", "row", "path", "picture", "digest", "slot", "gender", "brand", "category", "colour",
    "available", "currency", "size", "title", "text",
)  # fmt: skip
SHOWN = ("id", "row", "path", "image")
"""Columns that a product is made of again."""

UNKNOWN_PRICE = -1.0
"""Stands for a price that is not known: no query asks for less than 0."""

_IN_STOCK = {None: "", True: "yes", False: "no"}


def schema(dim: int) -> pa.Schema:
    """Columns of a catalogue; without vectors where dim is 0."""
    import pyarrow as pa

    fields = [pa.field(name, pa.string()) for name in TEXTS]
    fields += [pa.field("price", pa.float64()), pa.field("image", pa.binary())]
    if dim:
        fields += [
            pa.field("seen", pa.bool_()),
            pa.field("vector", pa.list_(pa.float32(), dim)),
        ]
    return pa.schema(fields)


def record(product: Product, base: Path) -> dict[str, Any]:
    """A product as a row without its vector.

    What a query compares is kept in the form in which it is compared; ``""`` stands for what
    the product does not say. Pictures below ``base`` are named from there, so that a catalogue
    moves together with its pictures.

    Raises:
        ImageError: A picture in memory cannot be read.
    """
    fields = product.to_dict()
    path = _stored_path(fields.pop("image"), base)
    in_memory = product.image is not None and not path
    text = json.dumps(fields, sort_keys=True)
    return {
        "id": product.id,
        "row": text,
        "path": path,
        "picture": picture_key(product.image, path),
        "digest": hashlib.sha256(f"{path}\n{text}".encode()).hexdigest()[:32],
        "slot": "" if product.slot is None else product.slot.value,
        "gender": product.gender or "",
        "brand": folded(product.brand or ""),
        "category": folded_kind(product.category or ""),
        "colour": folded(product.colour or ""),
        "available": _IN_STOCK[product.available],
        "currency": product.currency or "",
        "size": "|" + "".join(f"{size}|" for size in sizes_of(product)),
        "title": folded(product.title),
        "text": text_of(product),
        "price": UNKNOWN_PRICE if product.price is None else product.price,
        "image": image_bytes(product.image) if in_memory else None,  # type: ignore[arg-type]
    }


def table_of(
    records: Sequence[Mapping[str, Any]],
    dim: int,
    vectors: FloatArray | None = None,
    seen: Sequence[bool] | None = None,
) -> pa.Table:
    """Rows as a table; rows that were not seen carry zeros.

    Args:
        records: n rows of ``record``.
        dim: Length of the vectors; 0 for a catalogue without.
        vectors: float32 array of shape (n, dim); None for none.
        seen: Whether each row has a vector; None: all or none of them.
    """
    import pyarrow as pa

    names = [*TEXTS, "price", "image"]
    columns: dict[str, Any] = {name: [row[name] for row in records] for name in names}
    whole = schema(dim)
    arrays = [pa.array(columns[name], whole.field(name).type) for name in names]
    if dim:
        known = [vectors is not None] * len(records) if seen is None else list(seen)
        flat = np.zeros((len(records), dim), np.float32) if vectors is None else vectors
        numbers = pa.array(np.ascontiguousarray(flat, np.float32).reshape(-1))
        arrays += [pa.array(known, pa.bool_()), pa.FixedSizeListArray.from_arrays(numbers, dim)]
    return pa.Table.from_arrays(arrays, schema=whole)


def vectors_of(table: pa.Table, dim: int) -> FloatArray:
    """The vectors of a table as float32 array of shape (n, dim)."""
    flat = table.column("vector").combine_chunks().flatten()
    numbers = np.asarray(flat.to_numpy(zero_copy_only=False), np.float32)
    rows: FloatArray = numbers.reshape(len(table), width_of(table))[:, :dim]
    return rows


def stored_width(dim: int) -> int:
    """Length in which vectors are stored: the index takes multiples of 8 only."""
    return -(-dim // 8) * 8


def width_of(table: Any) -> int:
    """Length in which the vectors of a table are stored, zeros at the end included."""
    return int(table.schema.field("vector").type.list_size)


def widened(table: pa.Table, width: int) -> pa.Table:
    """Rows with zeros at the end of their vectors, up to a length."""
    import pyarrow as pa

    dim = width_of(table)
    if dim == width:
        return table
    wide = np.zeros((len(table), width), np.float32)
    wide[:, :dim] = vectors_of(table, dim)
    column = pa.FixedSizeListArray.from_arrays(pa.array(wide.reshape(-1)), width)
    place = table.schema.get_field_index("vector")
    return table.set_column(place, schema(width).field("vector"), column)


def product_of(row: Mapping[str, Any], base: Path) -> Product:
    """A product again.

    Raises:
        DamagedFileError: The row is none that ``record`` makes.
    """
    try:
        fields = json.loads(row["row"])
        image = image_of(row, base)
        return Product(**fields, image=image)
    except (ValueError, TypeError, KeyError, StyleSimError) as error:
        wish, todo = "a whole row", "restore the catalogue, or build it again"
        got = f"product {row.get('id')!r} ({error})"
        raise expected("catalogue", wish, got, todo, DamagedFileError) from error


def image_of(row: Mapping[str, Any], base: Path) -> ImageLike | None:
    """The picture of a row, bytes or the path of its file."""
    image: ImageLike | None = row.get("image")
    if row["path"]:
        return base / str(row["path"])
    return image


def _stored_path(image: str | None, base: Path) -> str:
    if not image:
        return ""
    whole = Path(os.path.abspath(image))  # noqa: PTH100 - links are kept as they are
    return whole.relative_to(base).as_posix() if whole.is_relative_to(base) else str(whole)
