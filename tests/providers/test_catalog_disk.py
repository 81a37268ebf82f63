"""A catalogue on disk: built, opened, changed, searched as one in memory is."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
from PIL import Image

from stylesim import CatalogProvider, FunctionBackbone, Product, ProductQuery
from stylesim.errors import InvalidArgumentError, NotFoundError, ProductError
from stylesim.images import load_array
from stylesim.providers import (
    SkippedProductWarning,
    _catalog_disk,
    _catalog_index,
)
from stylesim.providers.contract import HOSTILE, ProviderContract

COLOURS = {"red": (200, 10, 10), "green": (10, 200, 10), "blue": (10, 10, 200)}


class Colour:
    """Embeds a picture as its mean colour, and counts."""

    name, dim = "mean-colour", 3

    def __init__(self) -> None:
        self.seen = 0

    def embed(self, images: Any) -> Any:
        rows = np.stack([load_array(image).mean((0, 1)) + 1 for image in images])
        self.seen += len(images)
        return np.float32(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def picture(folder: Path, name: str, rgb: tuple[int, int, int]) -> Path:
    path = folder / f"{name}.png"
    Image.new("RGB", (8, 8), rgb).save(path)
    return path


@pytest.fixture
def goods(tmp_path: Path) -> list[Product]:
    said = [
        ("1", "Red skirt", 20.0, "EUR", "red", "bottom", "Acme", "female", True),
        ("2", "Green shirt", 30.0, "EUR", "green", "top", "O'Neil \\ Sons", "male", False),
        ("3", "Blue Acme coat", 90.0, "USD", "blue", "outer", None, "unisex", None),
        ("4", "Red hat", None, None, "red", None, "Acmes", None, None),
    ]
    return [
        Product(
            name, title, f"https://shop.example/{name}", price=price, currency=currency,
            image=picture(tmp_path, name, COLOURS[colour]), colour=colour, slot=slot, brand=brand,
            gender=gender, available=available, size="S, M" if name == "1" else None,
            attributes={"note": "<b>'\"\\ \ud800" if name == "4" else 1},
        )
        for name, title, price, currency, colour, slot, brand, gender, available in said
    ]  # fmt: skip


@pytest.fixture
def shop(tmp_path: Path, goods: list[Product]) -> CatalogProvider:
    return CatalogProvider.build(tmp_path / "shop", goods, model=Colour())


class TestContractOfDisk(ProviderContract):
    @pytest.fixture(autouse=True)
    def _built(self, shop: CatalogProvider) -> None:
        self.shop = shop

    def make_provider(self) -> CatalogProvider:
        return self.shop


QUERIES: list[dict[str, Any]] = [
    {},
    {"slot": "top"},
    {"brand": "acme"},
    {"brand": "ACME", "slot": "outer"},
    {"brand": "O'Neil \\ Sons"},
    {"brand": "o'neil \\' OR 1=1 --"},
    {"category": "coat"},
    {"category": "skirts", "gender": "women"},
    {"colour": "Red"},
    {"gender": "male"},
    {"available": True},
    {"available": False},
    {"size": "m"},
    {"size": "xl"},
    {"size": "s"},
    {"min_price": 25},
    {"max_price": 25},
    {"max_price": 95, "currency": "EUR"},
    {"min_price": 20, "max_price": 20, "currency": "eur", "words": "red skirt"},
    {"words": "ACME"},
    {"limit": 2},
    *({"words": text} for text in HOSTILE),
    *({"brand": text} for text in HOSTILE),
    *({"colour": text, "size": text, "category": text} for text in HOSTILE),
]


def test_it_answers_as_one_in_memory(shop: CatalogProvider, goods: list[Product]) -> None:
    memory = CatalogProvider(goods).embed(Colour())
    for said in QUERIES:
        for near in (None, Colour().embed([Image.new("RGB", (4, 4), COLOURS["blue"])])[0]):
            query = ProductQuery(**said, near=near)
            one, other = shop.search(query), memory.search(query)
            assert [p.id for p in one] == [p.id for p in other], said
            assert one.products == other.products
            assert one.cosines == pytest.approx(other.cosines, abs=1e-5)
            if query.near is None or query.limit is None:
                assert {s.id: s.reason for s in one.skipped} == {
                    s.id: s.reason for s in other.skipped
                }


def test_products_come_back_whole(shop: CatalogProvider, goods: list[Product]) -> None:
    assert len(shop) == 4
    assert list(shop) == goods
    assert shop.products[1] == goods[1]
    assert shop.products[-2:] == goods[-2:]
    assert [one.image for one in shop] == [one.image for one in goods]
    assert shop.embedding == "mean-colour"
    assert repr(shop).startswith("CatalogProvider(products=")


def test_a_picture_finds_its_like(shop: CatalogProvider, tmp_path: Path) -> None:
    found = shop.nearest(picture(tmp_path, "asked", (0, 0, 250)), k=2)
    assert found[0].id == "3"
    assert found.cosines[0] == pytest.approx(1, abs=0.01)
    assert found.cosines[0] > found.cosines[1]
    found = shop.nearest(np.array([0, 0, 1.0]), k=2, query=ProductQuery(slot="bottom"))
    assert {one.id for one in found} == {"1", "4"}  # the hat does not say its slot


def test_it_opens_again_and_refuses_another_model(shop: CatalogProvider, tmp_path: Path) -> None:
    again = CatalogProvider.open(tmp_path / "shop", model=Colour)
    assert again.nearest(tmp_path / "1.png", k=1)[0].id == "1"
    assert CatalogProvider.open(tmp_path / "shop", model="mean-colour").embedding == "mean-colour"
    other = FunctionBackbone(lambda images: [[1.0, 0.0]] * len(images), name="other")
    for model in (other, "other", FunctionBackbone(other.function, name="mean-colour")):
        with pytest.raises(InvalidArgumentError, match="model of the catalogue, 'mean-colour'"):
            CatalogProvider.open(tmp_path / "shop", model=model)
    with pytest.raises(InvalidArgumentError, match="length 3"):
        again.nearest(np.ones(4))
    with pytest.raises(InvalidArgumentError, match="model of the catalogue"):
        CatalogProvider.open(tmp_path / "shop").add(
            [{"id": "9", "title": "a", "url": "https://a.b"}]
        )
    with pytest.raises(InvalidArgumentError, match="open the catalogue with model="):
        CatalogProvider.open(tmp_path / "shop").nearest(tmp_path / "1.png")


def test_only_what_is_new_is_embedded(
    shop: CatalogProvider, goods: list[Product], tmp_path: Path
) -> None:
    model = Colour()
    shop = CatalogProvider.open(tmp_path / "shop", model=model)
    assert attrs.astuple(shop.update(goods))[:5] == (0, 0, 4, 0, 0)
    picture(tmp_path, "3", (250, 250, 0))
    new = Product("5", "New", "https://shop.example/5", image=Image.new("RGB", (4, 4), "red"))
    done = shop.update([attrs.evolve(goods[0], price=15.0), goods[1], goods[2], new])
    assert (done.added, done.updated, done.unchanged, done.embedded) == (1, 2, 1, 2)
    assert model.seen == 2
    assert len(shop) == 5
    assert shop.search(ProductQuery(max_price=15))[0].id == "1"
    assert shop.nearest(np.array([1.0, 1.0, 0]), k=1)[0].id == "3"
    near = shop.nearest(Image.new("RGB", (4, 4), COLOURS["red"]), query=ProductQuery(max_price=16))
    assert near.cosines[0] == pytest.approx(1, abs=1e-5), "its vector was kept"
    assert isinstance(next(one for one in shop if one.id == "5").image, bytes)
    done = shop.add([new, attrs.evolve(new, id="6")])
    assert (done.added, [one.id for one in done.skipped]) == (1, ["5"])


def test_products_are_taken_out(shop: CatalogProvider) -> None:
    with pytest.raises(NotFoundError, match="'x'"):
        shop.delete(["1", "x"])
    assert len(shop) == 4
    assert shop.delete(["1", "1", "4"]).deleted == 2
    assert [one.id for one in shop] == ["2", "3"]


@pytest.mark.parametrize(
    "hostile", [*HOSTILE, "a\\' OR 1=1 --", "x'; DROP TABLE products; --", "\\"]
)
def test_ids_are_only_ids(shop: CatalogProvider, hostile: str) -> None:
    made = Product(hostile, hostile, "https://shop.example/h", brand=hostile)
    shop.update([made])
    assert len(shop) == 5
    assert made in list(shop.search(ProductQuery(brand=hostile)))
    with pytest.raises(NotFoundError):
        shop.delete([f"{made.id}'"])
    shop.delete([made.id])
    assert len(shop) == 4


def test_pictures_that_cannot_be_read_are_told_of(goods: list[Product], tmp_path: Path) -> None:
    (tmp_path / "2.png").write_bytes(b"no picture")
    (tmp_path / "3.png").unlink()
    with pytest.warns(SkippedProductWarning, match="2 rows or pictures"):
        shop = CatalogProvider.build(tmp_path / "shop", goods, model=Colour())
    assert sorted(one.id or "" for one in shop.skipped) == ["2", "3"]
    assert len(shop) == 4, "they are still found by what they say"
    assert {one.id for one in shop.nearest(np.ones(3))} == {"1", "4"}
    picture(tmp_path, "3", COLOURS["blue"])
    done = shop.update(goods)
    assert (done.embedded, [one.id for one in done.skipped]) == (1, ["2"])
    assert {one.id for one in shop.nearest(np.ones(3))} == {"1", "3", "4"}


def test_it_moves_with_its_pictures(goods: list[Product], tmp_path: Path) -> None:
    CatalogProvider.build(tmp_path / "shop", goods, model=Colour())
    moved = tmp_path / "moved"
    moved.mkdir()
    for name in ("shop", *(f"{n}.png" for n in range(1, 5))):
        shutil.move(tmp_path / name, moved / name)
    shop = CatalogProvider.open(moved / "shop", model=Colour())
    assert [one.image for one in shop] == [moved / f"{n}.png" for n in range(1, 5)]
    there = [attrs.evolve(one, image=moved / f"{one.id}.png") for one in goods]
    assert shop.update(there).unchanged == 4


def test_files_are_read_piece_by_piece(tmp_path: Path, goods: list[Product]) -> None:
    rows = [{"Id": one.id, "Name": one.title, "url": one.url, "image": f"{one.id}.png"}
            for one in goods]  # fmt: skip
    path = tmp_path / "goods.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows) + '\n{"cut')
    with pytest.warns(SkippedProductWarning, match="cut off"):
        shop = CatalogProvider.build(
            tmp_path / "shop", path, model=Colour(), columns={"title": "Name"}
        )
    assert [one.title for one in shop] == [one.title for one in goods]
    assert shop.nearest(goods[1].image, k=1)[0].id == "2"


def test_without_a_model_it_is_filtered_only(tmp_path: Path, goods: list[Product]) -> None:
    shop = CatalogProvider.build(tmp_path / "shop", goods)
    assert shop.embedding is None
    assert len(shop.search(ProductQuery(slot="top"))) == 2
    with pytest.raises(InvalidArgumentError, match="catalogue with vectors"):
        shop.nearest(np.ones(3))
    assert shop.update([attrs.evolve(goods[0], price=1.0)]).updated == 1


def test_vectors_made_elsewhere(tmp_path: Path, goods: list[Product]) -> None:
    rows = np.eye(4, 8) * 3
    shop = CatalogProvider.build(tmp_path / "shop", goods, vectors=rows, model="clip")
    assert shop.nearest(rows[2], k=1)[0].id == "3"
    shop.update([goods[0]], vectors=[rows[3]])
    assert {one.id for one in shop.nearest(rows[3], k=2)} == {"1", "4"}
    for vectors, model in (
        (rows, None),
        (rows[:3], "clip"),
        (rows * np.nan, "clip"),
        (rows[0], "clip"),
    ):
        with pytest.raises(InvalidArgumentError, match="vectors"):
            CatalogProvider.build(tmp_path / "other", goods, vectors=vectors, model=model)


def test_many_answers_are_cut_and_told(
    shop: CatalogProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_catalog_disk, "MOST", 2)
    found = shop.search(ProductQuery(limit=None))
    assert len(found) == 2
    assert "more than 2 fit" in found.skipped[0].reason


def test_no_usable_product_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ProductError, match="at least one usable product"):
        CatalogProvider.build(tmp_path / "shop", [{"id": "1"}])
    assert not (tmp_path / "shop").exists()


@pytest.mark.slow
def test_an_index_finds_what_comparing_all_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_catalog_index, "EXACT_UP_TO", 1000)
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(40, 16))
    vectors = centres[rng.integers(40, size=2000)] + 0.3 * rng.normal(size=(2000, 16))
    rows = [{"id": n, "title": "Thing", "url": "https://shop.example/1", "price": n % 100,
             "slot": ("top", "bottom")[n % 2]} for n in range(2000)]  # fmt: skip
    shop = CatalogProvider.build(tmp_path / "shop", rows, vectors=vectors, model="made up")
    assert _catalog_index.has_vector_index(shop.products.table)  # type: ignore[attr-defined]
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    hits = []
    for one in range(0, 400, 20):
        found = shop.nearest(vectors[one], 10, ProductQuery(slot="top", max_price=50))
        fits = np.array([n % 2 == 0 and n % 100 <= 50 for n in range(2000)])
        truth = np.argsort(np.where(fits, -(unit @ unit[one]), 9))[:10]
        hits.append(len({int(product.id) for product in found} & set(truth.tolist())) / 10)
        assert found.cosines[0] == pytest.approx(unit[truth[0]] @ unit[one], abs=1e-3)
    assert np.mean(hits) >= 0.95
    shop.update([{**rows[0], "id": "new"}], vectors=vectors[5:6])
    assert "new" in {product.id for product in shop.nearest(vectors[5], 2)}
