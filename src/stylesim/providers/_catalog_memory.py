"""Catalogues in memory: their vectors, compared exactly, and their changes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from stylesim.errors import expected
from stylesim.products import Product, SkippedProduct
from stylesim.providers._catalog_writing import CatalogChanges
from stylesim.providers._rows import Intake, check_columns
from stylesim.providers._vectors import embed_pictures, picture_key
from stylesim.providers.base import SearchResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stylesim.products import ProductQuery
    from stylesim.providers._vectors import Embedder, PictureModel
    from stylesim.types import BoolArray, FloatArray

_AT_ONCE = 32


@attrs.frozen(eq=False)
class Vectors:
    """Vectors of products, in their order.

    Attributes:
        embedding: Identity of what made them.
        dim: Their length d.
        rows: float32 array of shape (n, d), rows of unit length, zeros where not seen.
        seen: bool array of shape (n,).
        keys: Names of the pictures.
    """

    embedding: str
    dim: int
    rows: FloatArray
    seen: BoolArray
    keys: tuple[str, ...]


def embed_products(
    products: Sequence[Product],
    model: PictureModel,
    embedder: Embedder,
    known: Vectors | None,
    *,
    progress: bool,
) -> tuple[Vectors, tuple[SkippedProduct, ...]]:
    """Embed pictures; those that are known already are not embedded again.

    Returns:
        The vectors, and the products whose pictures cannot be read.
    """
    from tqdm import tqdm

    keys = tuple(_key(product) for product in products)
    rows = np.zeros((len(products), embedder.dim), np.float32)
    seen = np.zeros(len(products), np.bool_)
    before = {}
    if known is not None:
        before = {key: i for i, key in enumerate(known.keys) if known.seen[i]}
        for place, key in enumerate(keys):
            if key in before:
                rows[place], seen[place] = known.rows[before[key]], True
    waiting = [place for place, key in enumerate(keys) if key and key not in before]
    skipped = []
    with tqdm(total=len(waiting), desc="Embedding", disable=not progress) as bar:
        for start in range(0, len(waiting), _AT_ONCE):
            places = waiting[start : start + _AT_ONCE]
            images = [image for p in places if (image := products[p].image) is not None]
            rows[places], problems = embed_pictures(model, images, embedder.dim)
            for place, problem in zip(places, problems, strict=True):
                seen[place] = problem is None
                if problem is not None:
                    skipped.append(SkippedProduct(problem, id=products[place].id))
            bar.update(len(places))
    return Vectors(embedder.name, embedder.dim, rows, seen, keys), tuple(skipped)


def _key(product: Product) -> str:
    image = product.image
    return picture_key(image, os.fspath(image) if isinstance(image, (str, os.PathLike)) else "")


def nearest_first(
    products: Sequence[Product], vectors: Vectors | None, query: ProductQuery
) -> SearchResult:
    """Give what matches, the nearest first.

    Raises:
        InvalidArgumentError: There are no vectors, or they are of another length.
    """
    assert query.near is not None
    if vectors is None:
        got, todo = "one without", "call embed(model) first"
        raise expected("query.near", "a catalogue with vectors", got, todo)
    if len(query.near) != vectors.dim:
        wish = f"a vector of length {vectors.dim}, from {vectors.embedding!r}"
        got, todo = f"one of length {len(query.near)}", "embed with the model of the catalogue"
        raise expected("query.near", wish, got, todo)
    cosines = vectors.rows @ np.array(query.near, np.float32)
    order = np.argsort(-cosines, kind="stable")
    found, near, skipped = [], [], []
    for place in order:
        product = products[place]
        if not vectors.seen[place]:
            continue
        why = query.unclear(product)
        if why is not None:
            skipped.append(SkippedProduct(why, id=product.id))
        elif query.matches(product):
            found.append(product)
            near.append(float(cosines[place]))
            if len(found) == query.limit:
                break
    return SearchResult(found, skipped, near)


def merged(
    products: Sequence[Product],
    rows: Any,
    columns: Mapping[str, str] | None,
    name: str,
    mode: str,
) -> tuple[tuple[Product, ...], CatalogChanges]:
    """Products with others added to them, or brought up to date by them."""
    if isinstance(rows, (str, bytes, Mapping)) or not isinstance(rows, Iterable):
        raise expected("products", "products or mappings", rows, "pass a list of them")
    fields, intake = check_columns(columns), Intake(name)
    for number, row in enumerate(rows, start=1):
        intake.take(number, row, source=name, columns=fields)
    goods = {product.id: product for product in products}
    skipped = list(intake.skipped)
    added = updated = unchanged = 0
    for product in intake.products:
        there = goods.get(product.id)
        if there is None:
            added += 1
        elif mode == "add":
            why = f"id {product.id!r} is in the catalogue already; use update"
            skipped.append(SkippedProduct(why, id=product.id))
            continue
        elif there == product and _key(there) == _key(product):
            unchanged += 1
            continue
        else:
            updated += 1
        goods[product.id] = product
    return tuple(goods.values()), CatalogChanges(added, updated, unchanged, skipped=skipped)
