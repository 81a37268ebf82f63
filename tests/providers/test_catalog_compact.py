"""The compact copy of a large catalogue on disk: quick, and never believed where it is behind."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from stylesim import CatalogProvider, ProductQuery
from stylesim.errors import StorageError
from stylesim.providers import _catalog_building, _catalog_compact, _catalog_index, _catalog_nearest
from stylesim.providers._catalog_disk import DiskProducts

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS, DIM = 1500, 20
NEAR = np.random.default_rng(1).normal(size=DIM)
SLOTS = ("top", "bottom", "outer", None)


class Given:
    """Embeds nothing: looks vectors up by the first byte of a picture."""

    name, dim = "given", DIM

    def embed(self, images: Any) -> Any:
        return np.ones((len(images), DIM), np.float32)


def rows(start: int, stop: int) -> list[dict[str, Any]]:
    return [
        {
            "id": str(n), "title": ("Acme coat", "Jeans")[n % 2],
            "url": "https://shop.example/1", "slot": SLOTS[n % 4],
            "price": None if n % 31 == 0 else float(n % 97),
            "currency": ("EUR", "USD", "EUR")[n % 3], "brand": (None, "Acme", "Other")[n // 2 % 3],
            "category": ("coat", None)[n // 4 % 2], "colour": ("red", None, "blue")[n // 3 % 3],
            "gender": ("male", "female", None, "unisex")[n // 5 % 4],
            "available": (True, False, None)[n // 7 % 3],
            "size": (None, "S, M", "M", "XL")[n // 2 % 4],
        }
        for n in range(start, stop)
    ]  # fmt: skip


def vectors(start: int, stop: int) -> Any:
    rng = np.random.default_rng(0)
    every = rng.normal(size=(ROWS + 4000, DIM)).astype(np.float32)
    return every[start:stop]


QUERIES: list[dict[str, Any]] = [
    {},
    {"slot": "top"},
    {"slot": "bottom", "brand": "acme"},
    {"brand": "Acme", "max_price": 40, "currency": "EUR"},
    {"category": "coat", "min_price": 10},
    {"category": "jeans"},
    {"category": "nothing of the kind"},
    {"colour": "red", "gender": "male"},
    {"available": True, "size": "m"},
    {"available": False, "size": "xxl"},
    {"words": "acme", "slot": "outer"},
    {"max_price": 0, "currency": "CHF"},
]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A catalogue with an index and a copy."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_catalog_index, "EXACT_UP_TO", 1000)
        path = tmp_path_factory.mktemp("compact") / "shop"
        CatalogProvider.build(path, rows(0, ROWS), vectors=vectors(0, ROWS), model="given")
        yield path


@pytest.fixture
def shop(built: Path, tmp_path: Path) -> CatalogProvider:
    shutil.copytree(built, tmp_path / "shop")
    return CatalogProvider.open(tmp_path / "shop", model="given")


def copies(path: Path) -> list[str]:
    return sorted(one.name for one in path.glob("products-*") if not one.name.endswith(".lance"))


def truth(products: Any, table: Any, query: ProductQuery) -> list[str]:
    """What comparing every product that fits finds."""
    unit = np.asarray(table, np.float32)
    unit = unit / np.linalg.norm(unit, axis=1, keepdims=True)
    near = np.asarray(query.near, np.float32)
    found = [
        (-float(vector @ near), product.id)
        for product, vector in zip(products, unit, strict=True)
        if query.matches(product)
    ]
    return [name for _, name in sorted(found)[: query.limit]]


def check(shop: CatalogProvider, *, index_alone: bool = False, missed: int = 0) -> None:
    """It finds what comparing every product finds, each once, with its cosine.

    An index is learned from a random start: ``missed`` of the nearest of all queries may lack.
    """
    lacking = 0
    assert isinstance(shop.products, DiskProducts)
    table = shop.products.table.to_arrow().sort_by("id")
    known = {row["id"]: row["vector"][:DIM] for row in table.select(["id", "vector"]).to_pylist()}
    products = list(shop)
    unit = [known[one.id] for one in products]
    for said in QUERIES:
        query = ProductQuery(**said, near=NEAR, limit=7)
        found = shop.search(query)
        names = [one.id for one in found]
        assert all(query.matches(one) for one in found)
        assert names == list(dict.fromkeys(names))
        if index_alone:  # which may miss one
            continue
        nearest = truth(products, unit, query)
        lacking += len(set(nearest) - set(names))
        assert missed or names == nearest, said
        assert len(names) == len(nearest)
        for name, cosine in zip(names, found.cosines, strict=True):
            assert cosine == pytest.approx(known[name] @ np.float32(query.near), abs=1e-5)
        assert list(found.cosines) == sorted(found.cosines, reverse=True)
    assert lacking <= missed


@pytest.fixture
def never_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail where the table itself is asked for the nearest, but for what is rare in texts."""
    ask = DiskProducts._rows

    def rows(self: DiskProducts, query: ProductQuery, *args: Any) -> Any:
        assert query.words or query.category == "nothing of the kind", "the copy was passed over"
        return ask(self, query, *args)

    monkeypatch.setattr(DiskProducts, "_rows", rows)


@pytest.mark.usefixtures("never_the_table")
def test_narrow_filters_are_answered_exactly(shop: CatalogProvider) -> None:
    assert len(copies(Path(shop.products.folder))) == 1  # type: ignore[attr-defined]
    check(shop)


@pytest.mark.usefixtures("never_the_table")
def test_wide_filters_are_answered_through_the_index(
    shop: CatalogProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    places_of = _catalog_compact.Compact.places_of

    def counted(self: _catalog_compact.Compact, ids: Any) -> Any:
        asked.append(len(ids))
        return places_of(self, ids)

    monkeypatch.setattr(_catalog_compact.Compact, "places_of", counted)
    monkeypatch.setattr(_catalog_nearest, "COMPARED", 100)
    check(shop, missed=2)
    assert asked
    assert max(asked) <= ROWS


@pytest.mark.usefixtures("never_the_table")
def test_what_the_index_does_not_name_is_found(
    shop: CatalogProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_catalog_nearest, "COMPARED", 1)
    monkeypatch.setattr(_catalog_index, "REFINE", 1)
    monkeypatch.setattr(_catalog_index, "PROBES", 1)
    # Whatever is near fits not: all that fit are compared.
    near = vectors(0, ROWS)[SLOTS.index("top") : 400 : 4].mean(0)
    query = ProductQuery(slot="outer", near=-near, limit=3)
    unit = vectors(0, ROWS)
    assert [one.id for one in shop.search(query)] == truth(list(shop), unit, query)


@pytest.mark.usefixtures("never_the_table")
def test_changes_are_seen_at_once(shop: CatalogProvider) -> None:
    before = copies(shop.products.folder)  # type: ignore[attr-defined]
    nearest = [one.id for one in shop.nearest(NEAR, 20)]
    shop.delete(nearest[:12])
    assert not set(nearest[:12]) & {one.id for one in shop.nearest(NEAR, 20)}
    check(shop)
    shop.update(rows(ROWS, ROWS + 30), vectors=vectors(ROWS, ROWS + 30))
    dearer = {**rows(int(nearest[15]), int(nearest[15]) + 1)[0], "price": 9000, "currency": "EUR"}
    shop.update([dearer], vectors=[NEAR])
    assert shop.nearest(NEAR, 1)[0].price == 9000
    check(shop)
    shop.update([{**dearer, "id": "new"}], vectors=[-NEAR])
    assert shop.nearest(-NEAR, 1)[0].id == "new"
    check(shop)
    assert copies(shop.products.folder) == before, "little has changed"  # type: ignore[attr-defined]


@pytest.mark.usefixtures("never_the_table")
def test_another_process_may_change_it(shop: CatalogProvider) -> None:
    import time

    shop.nearest(NEAR, 5)
    other = CatalogProvider.open(shop.products.folder, model="given")  # type: ignore[attr-defined]
    other.update([{"id": "x", "title": "X", "url": "https://a.b"}], vectors=[NEAR])
    gone = [one.id for one in other.nearest(NEAR, 3)][1:]
    other.delete(gone)
    time.sleep(1.1)  # what others wrote is seen a second later
    found = [one.id for one in shop.nearest(NEAR, 5)]
    assert found[0] == "x"
    assert not set(gone) & set(found)
    check(shop)


def test_much_change_makes_a_new_copy(shop: CatalogProvider) -> None:
    before = copies(shop.products.folder)  # type: ignore[attr-defined]
    shop.nearest(NEAR, 5)
    for start in range(ROWS, ROWS + 1200, 300):  # none of them is many
        shop.update(rows(start, start + 300), vectors=vectors(start, start + 300))
        check(shop, missed=1)  # words are asked of the index
    after = copies(shop.products.folder)  # type: ignore[attr-defined]
    assert len(after) == 1
    assert after != before


def test_a_copy_of_rows_that_were_moved_misleads_nobody(
    shop: CatalogProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Killed between joining the pieces and writing the copy.
    monkeypatch.setattr(_catalog_building, "copy_vectors", lambda *args: None)
    shop.delete([str(n) for n in range(0, ROWS, 3)])
    shop.update(rows(ROWS, ROWS + 1000), vectors=vectors(ROWS, ROWS + 1000))
    check(shop, index_alone=True)
    monkeypatch.setattr(_catalog_compact, "_MOST_NEWER", 10)
    again = CatalogProvider.open(shop.products.folder)  # type: ignore[attr-defined]
    check(again, index_alone=True)


def test_a_new_copy_is_taken_as_soon_as_it_is_there(
    shop: CatalogProvider, monkeypatch: pytest.MonkeyPatch, never_the_table: None
) -> None:
    waiting: list[Any] = []
    with monkeypatch.context() as patch:
        patch.setattr(_catalog_building, "copy_vectors", lambda *args: waiting.extend(args))
        patch.setattr(DiskProducts, "_rows", lambda *args: [])
        shop.update(rows(ROWS, ROWS + 1000), vectors=vectors(ROWS, ROWS + 1000))
        patch.setattr(_catalog_compact, "_MOST_NEWER", 10)
        assert len(shop.nearest(NEAR, 5)) == 0, "between the two, the table is asked"
    _catalog_building.copy_vectors(*waiting)
    check(shop)


@pytest.mark.parametrize("harm", ["gone", "short", "no facts", "other facts", "other length"])
def test_without_a_whole_copy_the_table_is_asked(shop: CatalogProvider, harm: str) -> None:
    folder = Path(shop.products.folder)  # type: ignore[attr-defined]
    copy = folder / copies(folder)[0]
    if harm == "gone":
        shutil.rmtree(copy)
    elif harm == "short":
        (copy / "vectors").write_bytes((copy / "vectors").read_bytes()[:-1])
    elif harm == "no facts":
        (copy / "facts.json").unlink()
    elif harm == "other facts":
        (copy / "facts.json").write_text("[]")
    else:
        text = (copy / "facts.json").read_text()
        (copy / "facts.json").write_text(text.replace(f'"dim": {DIM}', '"dim": 4'))
    check(CatalogProvider.open(folder), index_alone=True)


def test_a_full_disk_leaves_what_was_there(
    shop: CatalogProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shop.products.folder  # type: ignore[attr-defined]
    before = copies(folder)
    with monkeypatch.context() as patch:
        patch.setattr("stylesim.providers._catalog_compact.os.fsync", _full)
        with pytest.raises(StorageError, match="free some space"):
            shop.update(rows(ROWS, ROWS + 1000), vectors=vectors(ROWS, ROWS + 1000))
    assert copies(folder) == before, "and nothing half-written"
    assert len(shop) == ROWS + 1000
    check(shop)


def _full(*args: Any) -> None:
    raise OSError(28, "No space left on device")


def test_a_new_catalogue_has_no_old_copy(shop: CatalogProvider) -> None:
    folder = shop.products.folder  # type: ignore[attr-defined]
    CatalogProvider.build(
        folder, rows(0, 50), vectors=vectors(0, 50), model="given", overwrite=True
    )
    assert copies(folder) == []
    assert len(shop.nearest(NEAR, 100)) <= 50


@pytest.mark.usefixtures("never_the_table")
def test_pictures_come_with_their_products(shop: CatalogProvider, tmp_path: Path) -> None:
    assert isinstance(shop.products, DiskProducts)
    assert shop.nearest(NEAR, 1)[0].image is None
    picture = tmp_path / "p.png"
    Image.new("RGB", (4, 4)).save(picture)
    pictured = {"id": "p", "title": "P", "url": "https://a.b", "image": picture}
    shop.update([pictured], vectors=[NEAR])
    assert shop.nearest(NEAR, 1)[0].image == picture
    stored = shop.products
    _catalog_building.copy_vectors(stored.table, stored.folder, stored.pointer)
    assert shop.nearest(NEAR, 1)[0].image == picture


def test_pictures_without_a_vector_are_not_near(shop: CatalogProvider, tmp_path: Path) -> None:
    given = CatalogProvider.open(shop.products.folder, model=Given())  # type: ignore[attr-defined]
    given.update([{"id": "unseen", "title": "Unseen", "url": "https://a.b"}])
    assert "unseen" not in {one.id for one in given.nearest(NEAR, 1000)}
    assert given.search(ProductQuery(words="unseen"))[0].id == "unseen"
