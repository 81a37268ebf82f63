"""Catalogue rows that cannot be used: skipped, told of, and the others stay."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stylesim import datasets
from stylesim.errors import ProductError
from stylesim.providers import CatalogProvider, SkippedProductWarning

HEADER = "id,title,price,currency,url,image,brand,slot,gender"
SKIRT = "s1,Pleated skirt,49.90,EUR,https://shop.example/s1,a.png,Acme,bottom,women"
SHIRT = "t1,Linen shirt,39,EUR,https://shop.example/t1,a.png,Other,top,men"


def read_with_skips(read: Any, *arguments: Any, **settings: Any) -> CatalogProvider:
    with pytest.warns(SkippedProductWarning) as told:
        shop: CatalogProvider = read(*arguments, **settings)
    assert len(told) == 1  # once, however many rows there are
    assert told[0].filename == __file__
    return shop


BAD_ROWS = [
    ("no picture", SHIRT.replace("a.png", ""), "image: expected a picture, got none"),
    ("a picture that is not there", SHIRT.replace("a.png", "b.png"), "no such file"),
    ("an empty picture", SHIRT.replace("a.png", "empty.png"), "an empty file"),
    ("a folder for a picture", SHIRT.replace("a.png", "."), "no such file"),
    ("a data address for a picture", SHIRT.replace("a.png", "data://x"), "image"),
    ("a price of NaN", SHIRT.replace("39", "nan"), "price: expected"),
    ("a negative price", SHIRT.replace("39", "-39"), "price: expected"),
    ("a price in words", SHIRT.replace("39", "ask us"), "price: expected"),
    ("two currencies", SHIRT.replace("39", "39 USD"), "price: expected the currency of its row"),
    ("a currency that is none", SHIRT.replace("EUR", "Euro"), "currency: expected three letters"),
    ("an address that is none", SHIRT.replace("https:", "javascript:"), "url: expected"),
    ("no title", SHIRT.replace("Linen shirt", " "), "title: expected"),
    ("an unknown slot", SHIRT.replace(",top,", ",elbow,"), "slot: expected one of top"),
    ("an id given before", SHIRT.replace("t1", "s1", 1), "was given before, by row 2"),
    ("a field too many", SHIRT + ",x", "10 fields where the header has 9"),
    ("a row cut off", SHIRT[:40], "fields where the header has 9"),
]


@pytest.mark.parametrize(("row", "reason"), [r[1:] for r in BAD_ROWS], ids=[r[0] for r in BAD_ROWS])
def test_a_bad_row_is_skipped_and_told_of(csv_of: Any, row: str, reason: str) -> None:
    last = SKIRT.replace("s1", "s2")
    shop = read_with_skips(CatalogProvider.from_csv, csv_of(HEADER, SKIRT, row, last))
    assert [product.id for product in shop] == ["s1", "s2"]
    (skipped,) = shop.skipped
    assert skipped.row == 3
    assert reason in skipped.reason


def test_a_file_cut_off_in_a_quoted_field_is_told_of(csv_of: Any) -> None:
    cut = '"t1","Linen shirt","39","EUR","https://shop.exam'
    shop = read_with_skips(CatalogProvider.from_csv, csv_of(HEADER, SKIRT, cut, end=""))
    assert len(shop) == 1
    assert "cut off or damaged" in shop.skipped[0].reason


def test_a_quote_that_is_not_closed_tells_what_it_swallows(csv_of: Any) -> None:
    bad = SHIRT.replace("Linen", '"Linen')
    rows = [SKIRT.replace("s1", f"s{n}") for n in range(2, 7)]
    shop = read_with_skips(CatalogProvider.from_csv, csv_of(HEADER, SKIRT, bad, *rows))
    (told,) = shop.skipped
    assert "made of 6 lines, 3 to 8, perhaps as a quote is not closed" in told.reason
    rows[2] = rows[2].replace("Pleated", 'Pleated"')
    shop = read_with_skips(CatalogProvider.from_csv, csv_of(HEADER, SKIRT, bad, *rows))
    assert [product.id for product in shop] == ["s1", "s5", "s6"]
    assert "made of 4 lines, 3 to 6" in shop.skipped[0].reason


@pytest.mark.parametrize("row", [1, 4, 8])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_file_cut_off_in_a_row_gives_what_is_whole(
    drawn: datasets.DrawnCatalog, row: int, share: float
) -> None:
    assert drawn.path is not None
    lines = drawn.path.read_bytes().splitlines(keepends=True)
    # Before the last comma: what is cut off in the last field looks like a shorter value.
    torn = lines[row][: int(lines[row].rindex(b",") * share)]
    path = drawn.path.with_name("cut.csv")
    path.write_bytes(b"".join(lines[:row]) + torn)
    if row == 1:
        with pytest.raises(ProductError, match="at least one usable product, got none"):
            CatalogProvider.from_csv(path)
        return
    shop = read_with_skips(CatalogProvider.from_csv, path)
    assert len(shop) == row - 1
    assert [one.row for one in shop.skipped] == [row + 1]


def test_bad_lines_of_jsonl_are_told_of(folder: Path) -> None:
    good = {"id": "1", "title": "A", "url": "https://shop.example/1", "image": "a.png"}
    lines = [
        json.dumps(good),
        "[1, 2]",
        '{"id": "2", "tit',
        json.dumps({**good, "id": "3", "price": -1}),
        json.dumps({**good, "id": "4", "price": float("inf")}),
        json.dumps({**good, "id": "5", "title": None}),
        json.dumps({**good, "id": "6"}),
        "[" * 100_000,
    ]
    path = folder / "products.jsonl"
    path.write_text("\n".join(lines))
    shop = read_with_skips(CatalogProvider.from_jsonl, path)
    assert [product.id for product in shop] == ["1", "6"]
    assert [one.row for one in shop.skipped] == [2, 3, 4, 5, 6, 8]
    assert [one.id for one in shop.skipped] == [None, None, "3", "4", "5", None]


def test_the_warning_says_how_many_and_why(csv_of: Any) -> None:
    path = csv_of(HEADER, SKIRT, SHIRT.replace("39", "nan"), SHIRT.replace("39", "-1"))
    with pytest.warns(SkippedProductWarning, match="2 of 3 rows skipped .* row 3: price: expected"):
        CatalogProvider.from_csv(path)


def test_pictures_may_be_missing_where_that_is_said(csv_of: Any) -> None:
    path = csv_of(HEADER, SKIRT.replace("a.png", ""))
    shop = CatalogProvider.from_csv(path, require_image=False)
    assert next(iter(shop)).image is None


def test_one_bad_character_costs_one_row(csv_of: Any) -> None:
    path = csv_of(HEADER, SKIRT, SHIRT.replace("Linen", "Lin\u00e9n"), encoding="cp1252")
    shop = read_with_skips(CatalogProvider.from_csv, path)
    assert [product.id for product in shop] == ["s1"]
    assert "not text in utf-8" in shop.skipped[0].reason
