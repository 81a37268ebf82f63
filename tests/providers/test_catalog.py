"""Catalogues: what is read, what is skipped and told of, what is searched."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from stylesim import datasets
from stylesim.errors import DamagedFileError, InvalidArgumentError, ProductError, StorageError
from stylesim.products import Product, ProductQuery, ProviderTerms
from stylesim.providers import CatalogProvider
from stylesim.providers.contract import ProviderContract
from stylesim.types import Slot

HEADER = "id,title,price,currency,url,image,brand,slot,gender"
SKIRT = "s1,Pleated skirt,49.90,EUR,https://shop.example/s1,a.png,Acme,bottom,women"
SHIRT = "t1,Linen shirt,39,EUR,https://shop.example/t1,a.png,Other,top,men"


# --- the contract -----------------------------------------------------------------------------


class TestContractOfCsv(ProviderContract):
    @pytest.fixture(autouse=True)
    def _drawn(self, drawn: datasets.DrawnCatalog) -> None:
        self.drawn = drawn

    def make_provider(self) -> CatalogProvider:
        assert self.drawn.path is not None
        return CatalogProvider.from_csv(self.drawn.path)


class TestContractOfProducts(ProviderContract):
    def make_provider(self) -> CatalogProvider:
        goods = [
            Product(f"{n}", f"Item {n}", "https://shop.example/1", slot=slot, price=n,
                    currency="EUR", brand=brand, gender=gender)
            for n, (slot, brand, gender) in enumerate(
                [("top", "Levi", "men"), ("bottom", "Levis", "women"), (None, None, "unisex")]
            )
        ]  # fmt: skip
        return CatalogProvider(goods)


# --- what is read -----------------------------------------------------------------------------


def test_a_csv_file_is_read(csv_of: Any, folder: Path) -> None:
    shop = CatalogProvider.from_csv(csv_of(HEADER, SKIRT, "", SHIRT))
    skirt, shirt = shop
    assert (skirt.title, skirt.price_text, skirt.slot) == (
        "Pleated skirt",
        "49.90 EUR",
        Slot.BOTTOM,
    )
    assert (skirt.gender, skirt.brand, skirt.source) == ("female", "Acme", "products.csv")
    assert skirt.image == folder / "a.png"
    assert shirt.id == "t1"
    assert shop.skipped == ()
    assert len(shop) == 2


def test_relative_pictures_start_from_the_file(
    csv_of: Any, monkeypatch: Any, tmp_path: Any
) -> None:
    path = csv_of(HEADER, SKIRT)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    shop = CatalogProvider.from_csv(os.path.relpath(path))
    with Image.open(next(iter(shop)).image) as picture:  # type: ignore[arg-type]
        assert picture.size == (4, 4)


@pytest.mark.parametrize(("mark", "decimal"), [(",", "."), (";", ","), ("\t", ","), ("|", ".")])
def test_any_usual_delimiter_is_found(csv_of: Any, mark: str, decimal: str) -> None:
    row = SKIRT.replace(",", mark).replace("49.90", f"49{decimal}90")
    shop = CatalogProvider.from_csv(csv_of(HEADER.replace(",", mark), row))
    assert next(iter(shop)).price == 49.9


def test_columns_may_have_other_names(csv_of: Any) -> None:
    path = csv_of(
        "Nr;Name;Preis;Link;Bild;Farbe;Lager",
        '7;"Rock; lang";"1.299,00 €";https://shop.example/7;a.png;blau;3',
        end="",
    )
    columns = {"id": "Nr", "price": "preis", "image": "BILD", "colour": "Farbe"}
    (product,) = CatalogProvider.from_csv(path, columns=columns)
    assert (product.id, product.title, product.colour) == ("7", "Rock; lang", "blau")
    assert product.price_text == "1299.00 EUR"
    assert product.attributes == {"Lager": "3"}


def test_encodings(csv_of: Any) -> None:
    rows = (HEADER, SKIRT.replace("Pleated skirt", "Größe Ä"))
    for encoding, said in (("utf-8-sig", "utf-8"), ("utf-16", "utf-16"), ("cp1252", "cp1252")):
        shop = CatalogProvider.from_csv(csv_of(*rows, encoding=encoding), encoding=said)
        assert next(iter(shop)).title == "Größe Ä"
    with pytest.raises(InvalidArgumentError, match="encoding: expected a known encoding"):
        CatalogProvider.from_csv(csv_of(*rows), encoding="utf-99")
    with pytest.raises((DamagedFileError, ProductError), match="expected"):
        CatalogProvider.from_csv(csv_of(*rows, encoding="utf-16"))


def test_the_slot_may_come_from_the_category(csv_of: Any) -> None:
    path = csv_of("id,title,url,image,category", "1,A,https://shop.example/1,a.png,Jeans")
    (product,) = CatalogProvider.from_csv(path)
    assert (product.slot, product.category) == (Slot.BOTTOM, "Jeans")


def test_without_an_id_the_address_names_the_product(csv_of: Any) -> None:
    path = csv_of("title,url,image", "A,https://shop.example/1,a.png")
    assert next(iter(CatalogProvider.from_csv(path))).id == "https://shop.example/1"


def test_a_jsonl_file_is_read(folder: Path) -> None:
    path = folder / "products.jsonl"
    rows = [
        {"id": 7, "title": "Skirt", "url": "https://shop.example/7", "image": "a.png",
         "price": 49.9, "currency": "EUR", "size": 38},
        {"id": "8", "title": "치마", "url": "https://shop.example/8", "image": "a.png",
         "price": None},
    ]  # fmt: skip
    path.write_text("\n\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    one, two = CatalogProvider.from_jsonl(path)
    assert (one.id, one.price_text, one.size) == ("7", "49.90 EUR", "38")
    assert (two.title, two.price) == ("치마", None)


def test_a_folder_of_pictures_is_read(folder: Path) -> None:
    (folder / "Trousers").mkdir()
    Image.new("RGB", (4, 4)).save(folder / "Trousers" / "wide_leg-jeans #2.png")
    (folder / "empty.png").unlink()
    shop = CatalogProvider.from_folder(folder, url="https://shop.example/items/{name}")
    jeans, other = sorted(shop, key=lambda product: product.id)
    assert (jeans.title, jeans.slot) == ("wide leg jeans #2", Slot.BOTTOM)
    assert jeans.url == "https://shop.example/items/wide_leg-jeans%20%232"
    assert (other.id, other.slot) == ("a.png", None)
    for url in ("https://shop.example/", 7):
        with pytest.raises(InvalidArgumentError, match=r"url: expected an address with \{name\}"):
            CatalogProvider.from_folder(folder, url=url)  # type: ignore[arg-type]
    with pytest.raises(ProductError, match="url"):
        CatalogProvider.from_folder(folder, url="javascript:{name}")


def test_products_and_mappings_are_taken() -> None:
    rows: list[Any] = [
        Product("1", "A", "https://shop.example/1"),
        {"id": "2", "title": "B", "url": "https://shop.example/2", "image": b"x"},
    ]
    terms = ProviderTerms(affiliate=True)
    shop = CatalogProvider.from_products(iter(rows), name="mine", terms=terms)
    assert [product.id for product in shop] == ["1", "2"]
    assert (shop.name, shop.terms) == ("mine", terms)


# --- what is refused --------------------------------------------------------------------------


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path, "a\0b"):
        for read in (CatalogProvider.from_csv, CatalogProvider.from_jsonl):
            with pytest.raises(StorageError, match="path: expected a readable file"):
                read(path)


@pytest.mark.parametrize(
    "lines", [[""], ["a,b,c", "1,2,3"], ["title,price", "A,1"], [HEADER], [HEADER, SKIRT[:20]]]
)
def test_a_file_without_a_product_says_what_is_missing(csv_of: Any, lines: list[str]) -> None:
    path = csv_of(*lines)
    with pytest.raises(ProductError, match="expected"):
        CatalogProvider.from_csv(path)


def test_columns_that_are_not_there_are_named(csv_of: Any) -> None:
    path = csv_of(HEADER, SKIRT)
    with pytest.raises(ProductError, match=r"columns for preis, got .*products.csv' with id"):
        CatalogProvider.from_csv(path, columns={"price": "Preis"})
    for columns in ({"cost": "price"}, {"price": 7}, "price", 7):
        with pytest.raises(InvalidArgumentError, match="columns: expected"):
            CatalogProvider.from_csv(path, columns=columns)  # type: ignore[arg-type]


def test_settings_are_checked(csv_of: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="delimiter: expected one character"):
        CatalogProvider.from_csv(csv_of(HEADER, SKIRT), delimiter=";;")
    product = Product("1", "A", "https://shop.example/1")
    with pytest.raises(InvalidArgumentError, match="name: expected a name"):
        CatalogProvider([product], name="")
    with pytest.raises(InvalidArgumentError, match="products: expected products"):
        CatalogProvider([product, "coat"])  # type: ignore[list-item]
    with pytest.raises(
        InvalidArgumentError, match="products: expected each id once, got '1' twice"
    ):
        CatalogProvider([product, product])
    with pytest.raises(ProductError, match="products: expected at least one usable product"):
        CatalogProvider([])
    with pytest.raises(InvalidArgumentError, match="use from_csv for files"):
        CatalogProvider.from_products("products.csv")  # type: ignore[arg-type]


# --- what is searched -------------------------------------------------------------------------


def test_a_search_keeps_the_order_and_the_limit() -> None:
    goods = [
        Product(f"{n}", f"Item {n}", "https://shop.example/1", slot="top" if n % 2 else "bottom")
        for n in range(120)
    ]
    shop = CatalogProvider(goods)
    assert [p.id for p in shop.search(ProductQuery(slot="top", limit=3))] == ["1", "3", "5"]
    assert len(shop.search(ProductQuery(slot="top", limit=None))) == 60


def test_prices_in_another_currency_are_told_of_not_compared() -> None:
    goods = [
        Product("1", "A", "https://shop.example/1", price=50, currency="EUR"),
        Product("2", "B", "https://shop.example/1", price=50, currency="KRW"),
    ]
    found = CatalogProvider(goods).search(ProductQuery(max_price=80, currency="EUR"))
    assert [product.id for product in found] == ["1"]
    assert [(one.id, one.reason) for one in found.skipped] == [
        ("2", "its price is in KRW, not EUR")
    ]


def test_the_drawn_catalogue_is_whole(drawn: datasets.DrawnCatalog) -> None:
    assert drawn.path is not None
    read = CatalogProvider.from_csv(drawn.path)
    assert [(p.id, p.title, p.price, p.slot) for p in read] == [
        (p.id, p.title, p.price, p.slot) for p in drawn.products
    ]
