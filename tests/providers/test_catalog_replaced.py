"""A catalogue on disk that is built anew while somebody reads it, and what only seems to fit."""

from __future__ import annotations

import pickle
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stylesim import CatalogProvider, ProductQuery
from stylesim.errors import InvalidArgumentError

VECTORS = np.eye(4, dtype=np.float32)


def rows(*numbers: int, **more: Any) -> list[dict[str, Any]]:
    return [
        {"id": f"{n}", "title": f"Acme {n}", "url": f"https://shop.example/{n}", **more}
        for n in numbers
    ]


def replace(folder: Path, model: str = "B") -> None:
    vectors = VECTORS[::-1] + 1
    goods = rows(10, 11, 12, 13)
    CatalogProvider.build(folder, goods, vectors=vectors, model=model, overwrite=True)
    time.sleep(1.1)  # what others wrote is seen a second later at most


@pytest.fixture
def shop(tmp_path: Path) -> CatalogProvider:
    folder = tmp_path / "shop"
    CatalogProvider.build(folder, rows(0, 1, 2, 3), vectors=VECTORS, model="A")
    opened = CatalogProvider.open(folder, model="A")
    assert len(opened) == 4
    return opened


@pytest.mark.parametrize(
    ("read", "answer"),
    [
        (len, 4),
        (lambda shop: [one.id for one in shop], ["10", "11", "12", "13"]),
        (lambda shop: shop.products[1].id, "11"),
        (lambda shop: [one.id for one in shop.products[::-2]], ["13", "11"]),
    ],
)
def test_readers_find_the_new_table(shop: CatalogProvider, read: Any, answer: Any) -> None:
    replace(shop.products.folder)  # type: ignore[attr-defined]
    assert read(shop) == answer


def test_vectors_of_two_models_are_not_compared(shop: CatalogProvider) -> None:
    near = ProductQuery(near=VECTORS[0], limit=1)
    assert [one.id for one in shop.search(near)] == ["0"]
    before = pickle.dumps(shop.products)
    replace(shop.products.folder)  # type: ignore[attr-defined]
    for products in (shop.products, pickle.loads(before)):
        for _ in range(2):
            with pytest.raises(InvalidArgumentError, match="open it again"):
                products.search(near)  # type: ignore[attr-defined]
    assert len(shop.search(ProductQuery(limit=3))) == 3
    assert shop.embedding == "B"


def test_what_was_just_built_keeps_to_its_model(tmp_path: Path) -> None:
    shop = CatalogProvider.build(tmp_path / "shop", rows(0, 1), vectors=VECTORS[:2], model="A")
    replace(tmp_path / "shop")
    with pytest.raises(InvalidArgumentError, match="open it again"):
        shop.nearest(VECTORS[0])


def test_built_anew_with_the_same_model_it_goes_on(shop: CatalogProvider) -> None:
    replace(shop.products.folder, "A")  # type: ignore[attr-defined]
    assert shop.nearest(VECTORS[0] + 1, 1)[0].id == "13"


@pytest.mark.parametrize("said", [{"colour": "—"}, {"brand": "&"}])
def test_products_that_only_seem_to_fit_use_up_no_limit(
    tmp_path: Path, said: dict[str, str]
) -> None:
    fits = dict.fromkeys(said, "acme")
    goods = rows(*range(1500), **said) + rows(1500, 1501, **fits)
    memory = CatalogProvider.from_products(goods)
    disk = CatalogProvider.build(tmp_path / "shop", goods, vectors=vectors(1502), model="A")
    for query in (ProductQuery(limit=2, **fits), ProductQuery(limit=1, **fits)):
        wanted = [one.id for one in memory.search(query)]
        assert [one.id for one in disk.search(query)] == wanted == ["1500", "1501"][: query.limit]
        assert disk.nearest([1.0, 0.0], query.limit, query)[0].id == "1500"


def vectors(count: int) -> np.ndarray[Any, Any]:
    angles = np.linspace(0, 1, count)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def test_a_slice_backwards_is_in_falling_order(shop: CatalogProvider) -> None:
    assert [one.id for one in shop.products[::-1]] == ["3", "2", "1", "0"]
    assert [one.id for one in shop.products[2:0:-1]] == ["2", "1"]
    assert shop.products[3:3] == []


def test_vectors_of_the_first_model_are_not_written(shop: CatalogProvider) -> None:
    replace(shop.products.folder)  # type: ignore[attr-defined]
    assert shop.products[0].id == "10"  # so that the new one is what is open
    for change in (shop.update, shop.add):
        with pytest.raises(InvalidArgumentError, match=r"vectors: .*open it again"):
            change(rows(20), vectors=VECTORS[:1])
    assert len(shop) == 4
    opened = CatalogProvider.open(shop.products.folder, model="B")  # type: ignore[attr-defined]
    assert opened.update(rows(20), vectors=VECTORS[:1]).added == 1


@pytest.mark.parametrize("count", [2, 6])
def test_a_length_is_that_of_the_new_table_at_once(shop: CatalogProvider, count: int) -> None:
    folder = shop.products.folder  # type: ignore[attr-defined]
    goods = rows(*range(10, 10 + count))
    CatalogProvider.build(folder, goods, overwrite=True)
    assert len(shop) == count
    CatalogProvider.build(folder, rows(*range(20, 29)), overwrite=True)
    assert shop.products[8].id == "28"
    CatalogProvider.build(folder, goods, overwrite=True)
    assert shop.products[-1].id == f"{9 + count}"
