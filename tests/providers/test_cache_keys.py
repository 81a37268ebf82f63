"""Providers that share a cache file and have to be told apart, and what else may be in it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from stylesim.errors import InvalidArgumentError
from stylesim.products import Product, ProductQuery
from stylesim.providers import (
    AbstractProductProvider,
    CachedProvider,
    CatalogProvider,
    ChainProvider,
    FunctionProvider,
)

JEANS = Product("1", "Jeans", "https://shop.example/1")


class Plain(AbstractProductProvider):
    """With neither a name nor a repr of its own."""

    def __init__(self, place: str = "here") -> None:
        self.place = place

    def search(self, query: ProductQuery) -> list[Product]:
        return [Product("1", f"Jeans {self.place}", "https://shop.example/1")]


class Named(Plain):
    name = "named"


class Shown(Plain):
    def __repr__(self) -> str:
        return f"Shown({self.place!r})"


def goods(folder: Path, name: str) -> CatalogProvider:
    place = folder / name
    place.mkdir()
    (place / "shop.csv").write_text(f"id,title,url\n1,{name},https://shop.example/1\n")
    return CatalogProvider.from_csv(place / "shop.csv", require_image=False)


def test_catalogues_of_one_file_name_need_a_key(tmp_path: Path) -> None:
    shops = [goods(tmp_path, name) for name in ("one", "other")]
    path = tmp_path / "answers.sqlite"
    for shop in shops:
        for whole in (shop, ChainProvider([shop])):
            with pytest.raises(InvalidArgumentError, match="key"):
                CachedProvider(whole, path)
    found = [
        CachedProvider(shop, path, key=key).search(ProductQuery())[0].title
        for shop, key in zip(shops, "ab", strict=True)
    ]
    assert found == ["one", "other"]


def test_a_class_of_ones_own_needs_a_name_a_repr_or_a_key(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    for nameless in (Plain(), ChainProvider([Plain()])):
        with pytest.raises(InvalidArgumentError, match="key"):
            CachedProvider(nameless, path)
    for told in (Named(), CachedProvider(Plain("a"), path, key="a")):
        assert len(CachedProvider(told, path).search(ProductQuery())) == 1
    found = [CachedProvider(Shown(place), path).search(ProductQuery()) for place in ("a", "b")]
    assert [answer[0].title for answer in found] == ["Jeans a", "Jeans b"]


def test_tables_of_sqlite_itself_are_no_other_tables(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    shop: Any = FunctionProvider(lambda query: [JEANS], name="shelf")
    CachedProvider(shop, path).search(ProductQuery())
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("ANALYZE")
        assert file.execute("SELECT count(*) FROM sqlite_stat1").fetchone()[0] > 0
    assert list(CachedProvider(shop, path).search(ProductQuery())) == [JEANS]
