"""Catalogue files: whole, oddly written, damaged, cut off."""

from __future__ import annotations

import json
import os
import re
import sys
import warnings

import pytest
from PIL import Image

from stylesim.errors import (
    DamagedFileError,
    InvalidArgumentError,
    MissingExtraError,
    ProductError,
    StorageError,
)
from stylesim.products import ProductQuery
from stylesim.providers import CatalogProvider, SkippedProductWarning
from stylesim.types import Slot

HEAD = "id,title,url,price,currency,image"


@pytest.fixture
def folder(tmp_path):
    for name in ("a", "b", "c"):
        Image.new("RGB", (4, 3), "navy").save(tmp_path / f"{name}.png")
    (tmp_path / "empty.png").touch()
    return tmp_path


def good(name="a"):
    return f"{name},Shirt {name},https://shop.example/{name},49.90,EUR,{name}.png"


def write(folder, *lines, encoding="utf-8"):
    path = folder / "products.csv"
    path.write_bytes("\n".join(lines).encode(encoding) + b"\n")
    return path


def read_quietly(make, *args, **settings):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkippedProductWarning)
        return make(*args, **settings)


def test_a_whole_file_is_read(folder):
    shop = CatalogProvider.from_csv(write(folder, HEAD, good("a"), "", good("b")))
    first, second = shop
    assert (first.id, first.title, first.price, first.currency) == ("a", "Shirt a", 49.9, "EUR")
    assert first.image == folder / "a.png"  # beside the file, wherever one works
    assert first.source == shop.name == "products.csv"
    assert second.id == "b"
    assert shop.skipped == ()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("x,Shirt,https://shop.example/x,5,EUR,", "image: expected a picture, got none"),
        ("x,Shirt,https://shop.example/x,5,EUR,missing.png", "no such file"),
        ("x,Shirt,https://shop.example/x,5,EUR,empty.png", "an empty file"),
        ("x,Shirt,https://shop.example/x,nan,EUR,a.png", "price"),
        ("x,Shirt,https://shop.example/x,-5,EUR,a.png", "price"),
        ("x,Shirt,https://shop.example/x,inf,EUR,a.png", "price"),
        ("x,Shirt,https://shop.example/x,5 to 9,EUR,a.png", "price"),
        ("x,Shirt,https://shop.example/x,5 $,euro,a.png", "currency"),
        ("x,Shirt,https://shop.example/x,£5,EUR,a.png", "price: expected the currency of its row"),
        ("x,Shirt,javascript:alert(1),5,EUR,a.png", "url"),
        ("x,Shirt,file:///etc/passwd,5,EUR,a.png", "url"),
        ("x,Shirt,https://shop.example/x,5,EUR,data:image/png;base64", "image"),
        ("x,,https://shop.example/x,5,EUR,a.png", "title"),
        ("x,Shirt,,5,EUR,a.png", "url"),
        ("a,Shirt again,https://shop.example/x,5,EUR,a.png", "given before, by row 2"),
        ("x,Shirt,https://shop.ex", "3 fields where the header has 6"),
        ('x,"Shirt,https://shop.example/x,5,EUR,a.png', "cut off"),
        ("x,Shi\udc80rt,https://shop.example/x,5,EUR,a.png", "not text in utf-8"),
    ],
)
def test_a_bad_row_is_skipped_and_reported(folder, row, reason):
    path = folder / "products.csv"
    path.write_bytes("\n".join([HEAD, good("a"), row]).encode("utf-8", "surrogateescape"))
    with pytest.warns(SkippedProductWarning, match="1 of 2 rows skipped") as caught:
        shop = CatalogProvider.from_csv(path)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert [product.id for product in shop] == ["a"]
    (skipped,) = shop.skipped
    assert (skipped.row, skipped.source) == (3, "products.csv")
    assert reason in skipped.reason


def test_rows_after_a_bad_one_are_read(folder):
    path = write(folder, HEAD, good("a"), "x,cut", good("b"), "y,cut", good("c"))
    shop = read_quietly(CatalogProvider.from_csv, path)
    assert [product.id for product in shop] == ["a", "b", "c"]
    assert [skipped.row for skipped in shop.skipped] == [3, 5]


def test_any_cut_of_a_file_keeps_the_rows_before_it(folder):
    whole = "\n".join([HEAD, good("a"), good("b"), good("c")]).encode()
    second_row_ends = whole.index(b"b.png") + 5
    for cut in range(second_row_ends, len(whole)):
        path = folder / "cut.csv"
        path.write_bytes(whole[:cut])
        shop = read_quietly(CatalogProvider.from_csv, path)
        assert [product.id for product in shop][:2] == ["a", "b"]
        assert len(shop) + len(shop.skipped) <= 3


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_marks_and_names_of_columns_are_found(folder, encoding, mark):
    lines = [
        mark.join(["SKU", " Title", "Link", "Preis", "Color", "image_path", "Fit"]),
        mark.join(["a", "Größe", "https://shop.example/a", "49.90 €", "navy", "a.png", "slim"]),
    ]
    path = write(folder, *lines, encoding=encoding)
    (found,) = CatalogProvider.from_csv(path, columns={"price": "preis"})
    assert (found.id, found.title, found.price, found.currency) == ("a", "Größe", 49.9, "EUR")
    assert (found.colour, found.attributes) == ("navy", {"Fit": "slim"})


def test_another_encoding_is_read_when_named(folder):
    path = write(folder, HEAD, good("a").replace("Shirt", "Größe"), encoding="latin-1")
    (found,) = CatalogProvider.from_csv(path, encoding="latin-1")
    assert found.title == "Größe a"


def test_pictures_can_be_left_out_when_asked(folder):
    path = write(folder, "title,url", "Shirt,https://shop.example/a")
    (found,) = CatalogProvider.from_csv(path, require_image=False)
    assert found.id == found.url


def test_files_that_are_no_catalogue_are_errors(folder):
    for path in (folder, folder / "missing.csv", folder / "no" / "such.csv", None):
        with pytest.raises(StorageError, match="path"):
            CatalogProvider.from_csv(path)
    for lines in ([""], ["id,name of it,page"], ["title,price", "Shirt,5"]):
        with pytest.raises(ProductError, match="columns"):
            CatalogProvider.from_csv(write(folder, *lines))
    with pytest.raises(ProductError, match=re.escape("none (1 skipped; row 2: ")):
        CatalogProvider.from_csv(write(folder, HEAD, "x,cut"))
    with pytest.raises(ProductError, match="at least one usable product"):
        CatalogProvider.from_csv(write(folder, HEAD))
    with pytest.raises(DamagedFileError, match="utf-16"):
        CatalogProvider.from_csv(write(folder, HEAD, good()), encoding="utf-16")


@pytest.mark.parametrize(
    "settings",
    [
        {"encoding": "klingon"}, {"delimiter": ",,"}, {"columns": 5}, {"columns": {"nose": "x"}},
        {"columns": {"title": 5}}, {"name": " "},
    ],
)  # fmt: skip
def test_settings_are_checked(folder, settings):
    with pytest.raises(InvalidArgumentError, match=next(iter(settings))):
        CatalogProvider.from_csv(write(folder, HEAD, good()), **settings)


def test_json_lines_are_read_and_bad_ones_skipped(folder):
    rows = [
        {"id": 7, "title": "Jeans", "url": "https://shop.example/7", "price": 49.9,
         "currency": "EUR", "image": "a.png", "category": "jeans", "sizes": ["M"]},
        {"id": 8, "title": "Skirt", "url": "https://shop.example/8", "price": "$1,299.00",
         "image": "https://shop.example/8.jpg", "slot": "skirt"},
    ]  # fmt: skip
    bad = [b"[1]", b'{"title": "cut', b"\xff\xfe", b"[" * 100_000, b'{"price": NaN}']
    path = folder / "products.jsonl"
    lines = [json.dumps(row).encode() for row in rows]
    path.write_bytes(b"\n".join([lines[0], b"", *bad, lines[1]]))
    shop = read_quietly(CatalogProvider.from_jsonl, path)
    jeans, skirt = shop
    assert (jeans.id, jeans.slot, jeans.price) == ("7", Slot.BOTTOM, 49.9)
    assert (skirt.slot, skirt.price, skirt.image_url) == (
        Slot.BOTTOM,
        1299.0,
        "https://shop.example/8.jpg",
    )
    assert [skipped.row for skipped in shop.skipped] == [3, 4, 5, 6, 7]


def test_a_folder_of_pictures_is_a_catalogue(folder):
    (folder / "empty.png").unlink()
    (folder / "shoes").mkdir()
    (folder / "a.png").rename(folder / "shoes" / "red-boots &1.png")
    shop = CatalogProvider.from_folder(folder, url="https://shop.example/items/{name}")
    by_title = {product.title: product for product in shop}
    boots = by_title["red boots &1"]
    assert boots.slot is Slot.SHOES
    assert boots.url == "https://shop.example/items/red-boots%20%261"
    assert by_title["b"].slot is None
    assert len(shop.search(ProductQuery(slot="shoes", limit=None))) == 3  # unknown slots may fit
    with pytest.raises(InvalidArgumentError, match="url"):
        CatalogProvider.from_folder(folder, url="https://shop.example/")


def test_names_of_files_need_not_be_text(tmp_path):
    for name in (b"caf\xe9.png", b"caf\xe8.png"):
        Image.new("RGB", (4, 4)).save(tmp_path / "new.png")
        try:
            (tmp_path / "new.png").rename(tmp_path / os.fsdecode(name))
        except OSError:
            pytest.skip("this file system takes no such names")
    shop = CatalogProvider.from_folder(tmp_path, url="https://shop.example/{name}")
    assert {product.url[-6:] for product in shop} == {"caf%E8", "caf%E9"}
    assert len({product.id for product in shop}) == 2
    assert {product.title for product in shop} == {"caf"}


def test_a_sub_folder_that_cannot_be_read_is_told_of(folder, closed):
    (folder / "empty.png").unlink()
    (folder / "shut").mkdir()
    closed(folder / "shut")
    with pytest.warns(SkippedProductWarning, match="1 of .* rows skipped"):
        shop = CatalogProvider.from_folder(folder, url="https://shop.example/{name}")
    assert "Permission denied" in shop.skipped[0].reason
    assert {product.title for product in shop} >= {"a"}


def test_without_pyarrow_it_names_the_extra(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'stylesim\[catalog\]'"):
        CatalogProvider.from_parquet(folder / "a.png")
