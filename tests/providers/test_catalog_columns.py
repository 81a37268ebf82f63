"""Columns that a catalogue on disk was built with, when it is changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stylesim import CatalogProvider
from stylesim.errors import DamagedFileError, ProductError

COLUMNS = {"price": "Preis", "colour": "Farbe"}


def row(number: int, **more: Any) -> dict[str, Any]:
    return {"id": f"{number}", "title": "Rock", "url": f"https://shop.example/{number}", **more}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "goods.csv"
    path.write_text("id;title;url;Preis;Farbe\n1;Rock;https://shop.example/1;49,90 €;rot\n")
    return path


@pytest.fixture
def shop(file: Path) -> CatalogProvider:
    return CatalogProvider.build(file.parent / "shop", file, columns=COLUMNS)


def said(shop: CatalogProvider) -> list[tuple[Any, Any]]:
    return [(product.price, product.colour) for product in shop]


def test_an_update_reads_the_columns_of_the_building(shop: CatalogProvider, file: Path) -> None:
    assert shop.update(file).unchanged == 1
    opened = CatalogProvider.open(file.parent / "shop")
    assert opened.update(file).unchanged == 1
    assert said(opened) == [(49.9, "rot")]
    file.write_text("id;title;url;Preis;Farbe\n2;Rock;https://shop.example/2;5 €;blau\n")
    assert opened.add(file).added == 1
    assert said(opened) == [(49.9, "rot"), (5.0, "blau")]


def test_other_columns_can_be_named(shop: CatalogProvider, file: Path) -> None:
    file.write_text("id;title;url;cost;tint\n1;Rock;https://shop.example/1;9 €;grau\n")
    assert shop.update(file, columns={"price": "cost", "colour": "tint"}).updated == 1
    assert said(shop) == [(9.0, "grau")]
    assert shop.add([row(2, cost=3.0)], columns={"price": "cost"}).added == 1
    assert said(shop)[1] == (3.0, None)
    memory = CatalogProvider.from_products([row(1)])
    memory.update([row(1, cost=3.0)], columns={"price": "cost"})
    assert said(memory) == [(3.0, None)]


def test_rows_may_name_the_fields_themselves(shop: CatalogProvider) -> None:
    shop.update([row(1, price=7.0, Farbe="rot"), row(2, Preis=8.0, colour="blau")])
    assert sorted(said(shop)) == [(7.0, "rot"), (8.0, "blau")]


@pytest.mark.parametrize("columns", [["price"], {"cost": "Preis"}, {"price": 1}, 5])
def test_columns_that_are_none_are_damage(shop: CatalogProvider, file: Path, columns: Any) -> None:
    pointer = file.parent / "shop" / "catalogue.json"
    pointer.write_text(json.dumps({**json.loads(pointer.read_text()), "columns": columns}))
    with pytest.raises(DamagedFileError, match="damaged"):
        CatalogProvider.open(file.parent / "shop")


@pytest.mark.parametrize(
    ("header", "price", "colour"),
    [("price;colour", 39.9, "blau"), ("Preis;colour", 39.9, "blau"), ("price;tint", 39.9, None)],
)
def test_a_file_may_name_the_fields_itself(
    shop: CatalogProvider, file: Path, header: str, price: float, colour: str | None
) -> None:
    file.write_text(f"id;title;url;{header}\n1;Rock;https://shop.example/1;39,90 €;blau\n")
    assert shop.update(file).updated == 1
    assert said(shop) == [(price, colour)]


def test_columns_of_title_and_page_may_be_otherwise_later(file: Path) -> None:
    file.write_text("Nr;Name;Link\n1;Rock;https://shop.example/1\n")
    names = {"id": "Nr", "title": "Name", "url": "Link"}
    shop = CatalogProvider.build(file.parent / "shop", file, columns=names)
    file.write_text("id;title;url\n2;Hose;https://shop.example/2\n")
    assert shop.add(file).added == 1
    assert [(one.id, one.title) for one in shop] == [("1", "Rock"), ("2", "Hose")]


def test_columns_that_are_named_have_to_be_there(shop: CatalogProvider, file: Path) -> None:
    with pytest.raises(ProductError, match="columns for cost"):
        shop.update(file, columns={"price": "cost"})
