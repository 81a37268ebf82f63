"""Sizes and categories are compared on disk as they are in memory."""

from __future__ import annotations

import itertools
from pathlib import Path

from stylesim.products import Product, ProductQuery
from stylesim.providers import CatalogProvider

SIZES = (
    None, "S", "X", "XS", "S, M", "S/M", "8", "8,5", "38", "38.0", "38,5", "36,38,40", "36/38/40",
    "32/34", "34", "42 2/3", "W32/L34", "10.5", "105", "-", "|", "38, 38,5, 39", "½", "_",
)  # fmt: skip
KINDS = (None, "dress", "Dresses", "skirt", "Women > Skirts", "Women/Dresses", "watches", "watch")


def test_sizes_and_categories_are_compared_as_in_memory(tmp_path: Path) -> None:
    goods = [
        Product(str(n), "A dress", "https://shop.example/1", size=size, category=kind)
        for n, (size, kind) in enumerate(itertools.product(SIZES, KINDS))
    ]
    disk = CatalogProvider.build(tmp_path / "shop", goods)
    found = 0
    for size, kind in [*((size, None) for size in SIZES), *((None, kind) for kind in KINDS)]:
        query = ProductQuery(size=size, category=kind, limit=None)
        fitting = [product.id for product in goods if query.matches(product)]
        assert [product.id for product in disk.search(query)] == fitting, (size, kind)
        found += len(fitting)
    assert found > 500
