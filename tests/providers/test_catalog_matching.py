"""Sizes and categories are compared on disk as they are in memory."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from stylesim.products import Product, ProductQuery
from stylesim.providers import CatalogProvider

SIZES = (
    None, "S", "X", "XS", "S, M", "S/M", "8", "8,5", "38", "38.0", "38,5", "36,38,40", "36/38/40",
    "32/34", "34", "42 2/3", "W32/L34", "10.5", "105", "-", "|", "38, 38,5, 39", "½", "_",
    "37,5,38", "37", "36,37,5,38,5", "4,5,6", "5",
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


@pytest.mark.parametrize(
    ("size", "fitting", "others"),
    [
        ("37,5,38", ["37,5", "37.5", "38"], ["37", "5"]),
        ("36,37,5,38,5", ["36", "37,5", "38,5"], ["37", "38"]),
        ("4,5,6", ["4", "5", "6"], ["4,5"]),
        ("34,50,52", ["34", "50", "52"], ["34,5"]),
        ("98,104,5", ["98", "104"], []),
    ],
)
def test_half_sizes_are_found_in_lists(size: str, fitting: list[str], others: list[str]) -> None:
    product = Product("1", "A shoe", "https://shop.example/1", size=size)
    found = [one for one in fitting + others if ProductQuery(size=one).matches(product)]
    assert found == fitting
