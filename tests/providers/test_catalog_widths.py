"""Vectors of any length on disk: stored with room at the end, which nobody sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from stylesim import CatalogProvider
from stylesim.errors import InvalidArgumentError
from stylesim.providers import _catalog_building, _catalog_index

if TYPE_CHECKING:
    from pathlib import Path


def test_vectors_of_any_length_have_codes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_catalog_index, "EXACT_UP_TO", 300)
    vectors = np.random.default_rng(0).normal(size=(400, 21))
    rows = [{"id": n, "title": "Thing", "url": "https://shop.example/1"} for n in range(400)]
    shop = CatalogProvider.build(tmp_path / "shop", rows, vectors=vectors, model="made up")
    table = shop.products.table  # type: ignore[attr-defined]
    kinds = {index.index_type for index in table.list_indices() if "vector" in index.columns}
    assert kinds == {"IvfRq"}, "an index of whole vectors is as large as they are"
    assert table.schema.field("vector").type.list_size == 24
    assert shop.nearest(vectors[7], 1)[0].id == "7"
    assert shop.nearest(vectors[7], 1).cosines[0] == pytest.approx(1, abs=1e-5)
    with pytest.raises(InvalidArgumentError, match="length 21"):
        shop.nearest(np.ones(24))


def test_rows_go_into_a_catalogue_without_room_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_catalog_building, "stored_width", lambda dim: dim)  # as it once was
    rows = [{"id": n, "title": "Thing", "url": "https://shop.example/1"} for n in range(4)]
    shop = CatalogProvider.build(tmp_path / "shop", rows[:2], vectors=np.eye(4, 3)[:2], model="x")
    assert shop.products.table.schema.field("vector").type.list_size == 3  # type: ignore[attr-defined]
    assert shop.add(rows[2:3], vectors=np.eye(3)[2:]).added == 1
    assert shop.nearest(np.eye(3)[2], k=1)[0].id == "2"
