"""Rows as tables and shops give them: numbers, gaps, names that mean something else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from stylesim.products import Product, ProductQuery
from stylesim.providers import AbstractProductProvider, CatalogProvider, SkippedProductWarning
from stylesim.providers.base import SearchResult, ask, fitting
from stylesim.providers.contract import check_provider


def read(*rows: dict[str, Any]) -> SearchResult:
    whole = [
        {"title": "Skirt", "url": f"https://shop.example/{n}", **row} for n, row in enumerate(rows)
    ]
    return ask(lambda query: whole, None, name="shop", most=100)  # type: ignore[arg-type]


def one(**fields: Any) -> Product:
    found = read(fields)
    assert not found.skipped
    return found[0]


@pytest.mark.parametrize(
    ("given", "read_as"),
    [
        (9007199254740993, "9007199254740993"),
        (np.int64(12345678901234567), "12345678901234567"),
        (7.0, "7"),
        (np.float32(7.0), "7"),
        (7.5, "7.5"),
    ],
)
def test_numbers_are_ids_digit_by_digit(given: Any, read_as: str) -> None:
    assert one(id=given).id == read_as


def test_numbers_beyond_floats_cost_nothing_but_their_row() -> None:
    huge = 10**5000  # Python does not even write it
    found = read({"id": 10**400}, {"id": huge}, {"id": "3", "weight": huge}, {"id": "4"})
    assert [product.id[:9] for product in found] == ["100000000", "4"]
    assert [skipped.row for skipped in found.skipped] == [2, 3]
    assert "got a huge int" in found.skipped[0].reason


@pytest.mark.parametrize("given", ["denim", 5])
def test_a_column_called_attributes_is_as_any_other(given: Any, csv_of: Any) -> None:
    assert one(attributes=given, fit="slim").attributes == {"attributes": given, "fit": "slim"}
    assert one(attributes=["a"]).attributes == {}
    path = csv_of("title,url,attributes", f"Jeans,https://shop.example/1,{given}")
    (jeans,) = CatalogProvider.from_csv(path, require_image=False)
    assert jeans.attributes == {"attributes": str(given)}


@pytest.mark.parametrize("nan", [float("nan"), np.float32("nan")])
def test_nan_is_nothing(nan: Any) -> None:
    fields = ("id", "price", "brand", "colour", "gender", "size", "category", "slot", "available")
    product = one(**dict.fromkeys(fields, nan), note=nan)
    assert product == Product(product.url, "Skirt", product.url, source="shop")


def test_flags_and_sizes_may_be_decimal_numbers() -> None:
    product = one(in_stock=1.0, size=38.0)
    assert (product.available, product.size) == (True, "38")
    assert one(in_stock="0.0").available is False
    assert one(size=38.5).size == "38.5"


def test_long_addresses_name_products_apart() -> None:
    link = "https://click.example/deeplink?u1=" + "x" * 300 + "&murl="
    found = read(*({"url": f"{link}{n}"} for n in range(3)))
    assert len({product.id for product in found}) == 3
    assert all(len(product.id) == 300 for product in found)
    assert one(id=found[0].id).id == found[0].id  # read again, it stays the same


def test_such_rows_do_not_end_the_reading_of_a_catalogue(tmp_path: Any) -> None:
    good = {"title": "Skirt", "url": "https://shop.example/1"}
    rows = [{**good, "id": 10**5000}, {**good, "id": "2", "attributes": "x"}]
    with pytest.warns(SkippedProductWarning):
        assert [product.id for product in CatalogProvider.from_products(rows)] == ["2"]


@pytest.mark.parametrize("kind", ["NAType", "NaTType"])
def test_what_pandas_misses_is_nothing(kind: str) -> None:
    missing = type(kind, (), {})()  # as that of pandas, which is not installed for tests
    product = one(price=missing, brand=missing, colour=missing, note=missing)
    assert product == Product(product.url, "Skirt", product.url, source="shop")


def test_two_shops_of_one_name_keep_their_products() -> None:
    hosts = ("one", "other", "one")
    goods = [Product("1", "Skirt", f"https://{host}.example/1", source="shop") for host in hosts]
    found = ask(lambda query: goods, ProductQuery(), name="chain", most=9)
    assert [product.url for product in found] == [product.url for product in goods[:2]]
    assert len(found.skipped) == 1
    check_provider(Shelf(goods[:2]))


class Shelf(AbstractProductProvider):
    def __init__(self, products: list[Product]) -> None:
        self.products = products

    def search(self, query: ProductQuery) -> SearchResult:
        return fitting(SearchResult(self.products), query)
