"""A drawn shop catalogue: products with pictures, prices and links, of known style."""

from __future__ import annotations

import csv
import io
from types import MappingProxyType
from typing import TYPE_CHECKING

import attrs

from stylesim.datasets._checks import check_count, folder_of, generator
from stylesim.datasets._styles import KINDS, STYLES
from stylesim.datasets.drawn import STYLE_NAMES, draw_in_turn
from stylesim.errors import StorageError, expected
from stylesim.products import Product

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np

    from stylesim.datasets.truth import DrawnGarment, GarmentTruth

_COLUMNS = (
    "id", "title", "price", "currency", "url", "image", "brand", "slot", "category", "colour",
)  # fmt: skip


@attrs.frozen(eq=False)
class DrawnCatalog:
    """Products and what is known of each.

    Attributes:
        products: What a shop would sell; pictures are JPEG bytes, or paths where the
            catalogue was written to a folder.
        truth: What is known of each product, by its id.
        path: The CSV file, or None in memory.

    Examples:
        >>> catalog = make_catalog(n=4, seed=2)
        >>> [catalog.truth[product.id].style for product in catalog.products]
        ['wannabe', 'sporty', 'padding', 'suit']
    """

    products: tuple[Product, ...]
    truth: Mapping[str, GarmentTruth]
    path: Path | None = None


def make_catalog(
    folder: str | os.PathLike[str] | None = None, n: int = 48, *, seed: int = 0
) -> DrawnCatalog:
    """Draw the catalogue of a shop: garments of all styles on a plain ground.

    Brands are invented and every link leads to ``example.com``, which sells nothing.

    Args:
        folder: Where to write ``products.csv`` and ``images/``; made where it is missing.
            None keeps the catalogue in memory and writes nothing.
        n: Number of products, at least 1; the styles take turns.
        seed: Same seed, same products.

    Returns:
        The products with their truth.

    Raises:
        InvalidArgumentError: ``n`` is below 1, the seed negative, or ``folder`` no path.
        StorageError: The folder cannot be written.

    Examples:
        >>> product = make_catalog(n=1).products[0]
        >>> product.url
        'https://example.com/products/p0001'
    """
    check_count(n)
    rng = generator(seed)
    root = None if folder is None else folder_of(folder)
    drawn = draw_in_turn(n, STYLE_NAMES, rng, background="studio")
    rows = [_row(number, garment, rng) for number, garment in enumerate(drawn, start=1)]
    pictures = [_jpeg(garment) for garment in drawn]
    path = None if root is None else _write(root, rows, pictures)
    products = [
        _product(row, picture if path is None else path.parent / row["image"])
        for row, picture in zip(rows, pictures, strict=True)
    ]
    truth = {row["id"]: garment.truth for row, garment in zip(rows, drawn, strict=True)}
    return DrawnCatalog(tuple(products), MappingProxyType(truth), path)


def _row(number: int, garment: DrawnGarment, rng: np.random.Generator) -> dict[str, str]:
    truth, key = garment.truth, f"p{number:04d}"
    price = round(KINDS[truth.kind].price * float(rng.uniform(0.7, 1.4))) - 0.05
    return {
        "id": key,
        "title": truth.title,
        "price": f"{price:.2f}",
        "currency": "EUR",
        "url": f"https://example.com/products/{key}",
        "image": f"images/{key}.jpg",
        "brand": STYLES[truth.style].brand,
        "slot": truth.slot.value,
        "category": truth.category,
        "colour": truth.colour,
    }


def _product(row: dict[str, str], image: bytes | Path) -> Product:
    return Product(
        id=row["id"],
        title=row["title"],
        url=row["url"],
        price=float(row["price"]),
        currency=row["currency"],
        image=image,
        brand=row["brand"],
        slot=row["slot"],
        category=row["category"],
        colour=row["colour"],
    )


def _jpeg(garment: DrawnGarment) -> bytes:
    buffer = io.BytesIO()
    garment.image.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def _write(folder: Path, rows: list[dict[str, str]], pictures: list[bytes]) -> Path:
    path = folder / "products.csv"
    try:
        (folder / "images").mkdir(parents=True, exist_ok=True)
        for row, picture in zip(rows, pictures, strict=True):
            (folder / row["image"]).write_bytes(picture)
        with path.open("w", newline="", encoding="utf-8") as handle:
            table = csv.DictWriter(handle, _COLUMNS)
            table.writeheader()
            table.writerows(rows)
    except OSError as problem:
        raise expected(
            "folder", "a folder that can be written", f"{folder} ({problem.strerror})",
            "pass another one, or None to keep the catalogue in memory", StorageError,
        ) from problem  # fmt: skip
    return path
