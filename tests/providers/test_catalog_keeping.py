"""Catalogues on disk: what a kill leaves, links to them, and vectors that are given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from stylesim import CatalogProvider
from stylesim.errors import InvalidArgumentError

VECTORS = np.random.default_rng(0).normal(size=(6, 5)).astype(np.float32)


def rows(count: int, **more: Any) -> list[dict[str, Any]]:
    return [
        {"id": f"{n}", "title": f"Hat {n}", "url": f"https://shop.example/{n}", **more}
        for n in range(count)
    ]


def test_what_a_kill_left_stands_in_nobodys_way(tmp_path: Path) -> None:
    place = tmp_path / "shop"
    place.mkdir()
    for name in ("building", "catalogue"):
        (place / f".{name}.json.0a1b2c3d.part").write_bytes(b"")
    assert len(CatalogProvider.build(place, rows(2))) == 2
    assert not list(place.glob("*.part"))


def test_pictures_are_found_through_a_link_to_the_catalogue(tmp_path: Path) -> None:
    for name in ("real", "other"):
        (tmp_path / name).mkdir()
    picture = tmp_path / "real" / "hat.png"
    Image.new("RGB", (4, 4), "navy").save(picture)
    CatalogProvider.build(tmp_path / "real" / "shop", rows(1, image=picture))
    link = tmp_path / "other" / "shop"
    try:
        link.symlink_to(tmp_path / "real" / "shop")
    except OSError:
        pytest.skip("no links here")
    assert Path(CatalogProvider.open(link).products[0].image).samefile(picture)  # type: ignore[arg-type]


def test_the_same_vectors_change_nothing(tmp_path: Path) -> None:
    shop = CatalogProvider.build(tmp_path / "shop", rows(6), vectors=VECTORS, model="A")
    assert shop.update(rows(6), vectors=3 * VECTORS).unchanged == 6
    moved = VECTORS.copy()
    moved[2] = -moved[2]
    change = shop.update(rows(6), vectors=moved)
    assert (change.unchanged, change.updated) == (5, 1)
    assert shop.nearest(moved[2], 1).cosines[0] == pytest.approx(1)
    change = shop.update(rows(6, brand="Acme"), vectors=moved)
    assert (change.unchanged, change.updated) == (0, 6)


@pytest.mark.parametrize("count", [5, 4])
@pytest.mark.parametrize("kind", [list, iter])
def test_vectors_without_products_are_refused(tmp_path: Path, kind: Any, count: int) -> None:
    with pytest.raises(InvalidArgumentError, match=f"6 for {count} products"):
        CatalogProvider.build(tmp_path / "shop", kind(rows(count)), vectors=VECTORS, model="A")
    with pytest.raises(InvalidArgumentError, match=r"4 for (6|more) products"):
        CatalogProvider.build(tmp_path / "shop", kind(rows(6)), vectors=VECTORS[:4], model="A")
