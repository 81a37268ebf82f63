"""A catalogue in a Parquet file: read in whole, with what is wrong in a row told by its number."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stylesim import CatalogProvider, DamagedFileError, ProductQuery, datasets
from stylesim.providers import SkippedProductWarning


@pytest.fixture
def rows(tmp_path: Path) -> list[dict[str, object]]:
    drawn = datasets.make_catalog(tmp_path, n=4)
    return [
        {
            "id": product.id,
            "title": product.title,
            "url": product.url,
            "price": product.price,
            "currency": product.currency,
            "image": str(product.image),
            "slot": product.slot.value if product.slot else None,
        }
        for product in drawn.products
    ]


def test_rows_become_products(tmp_path: Path, rows: list[dict[str, object]]) -> None:
    path = tmp_path / "products.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path)
    shop = CatalogProvider.from_parquet(path)
    found = {product.id: product for product in shop.search(ProductQuery())}
    assert set(found) == {row["id"] for row in rows}
    for row in rows:
        product = found[str(row["id"])]
        assert (product.title, product.price) == (row["title"], row["price"])
        assert product.slot == row["slot"]


def test_a_row_with_a_negative_price_is_told(tmp_path: Path, rows: list[dict[str, object]]) -> None:
    path = tmp_path / "products.parquet"
    rows[1]["price"] = -1.0
    pq.write_table(pa.Table.from_pylist(rows), path)
    with pytest.warns(SkippedProductWarning):
        shop = CatalogProvider.from_parquet(path)
    assert [skipped.id for skipped in shop.skipped] == [rows[1]["id"]]
    assert len(list(shop.search(ProductQuery()))) == len(rows) - 1


def test_values_that_are_none_cost_their_row(tmp_path: Path, rows: list[dict[str, object]]) -> None:
    path = tmp_path / "products.parquet"
    beyond = pa.array([0, 570_000_000_000_000_000, 0, 0], pa.timestamp("us"))  # the year 20032
    letters = pa.py_buffer(b"ab\xffd")
    starts = pa.py_buffer(np.arange(5, dtype=np.int32).tobytes())
    brands = pa.Array.from_buffers(pa.string(), 4, [None, starts, letters])
    table = pa.Table.from_pylist(rows)
    pq.write_table(table.append_column("since", beyond).append_column("brand", brands), path)
    with pytest.warns(SkippedProductWarning):
        shop = CatalogProvider.from_parquet(path)
    assert [product.id for product in shop] == [rows[0]["id"], rows[3]["id"]]
    assert [skipped.row for skipped in shop.skipped] == [2, 3]
    assert all("the row cannot be read" in skipped.reason for skipped in shop.skipped)


def test_a_file_cut_off_is_damaged(tmp_path: Path, rows: list[dict[str, object]]) -> None:
    path = tmp_path / "products.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DamagedFileError, match="whole Parquet file"):
        CatalogProvider.from_parquet(path)
