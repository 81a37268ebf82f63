"""The views of products' pictures."""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections import OrderedDict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from stylesim._seeing import Part, kept_under, view_all
from stylesim._titles import slot_of_words
from stylesim.errors import ImageError, StyleSimError, expected
from stylesim.images import content_hash
from stylesim.products import SkippedProduct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stylesim._seeing import StyleModel
    from stylesim.classifier import PictureView
    from stylesim.products import Product
    from stylesim.types import ImageLike, Slot

_AT_ONCE = 64
_MOST_KEPT = 20_000  # views, of a few kilobytes each


@attrs.frozen(eq=False)
class Offer:
    """A product whose picture was seen."""

    product: Product
    slot: Slot | None
    view: PictureView


def slot_of(product: Product) -> Slot | None:
    """The slot that a product states, or that its category or title names."""
    if product.slot is not None:
        return product.slot
    # A category may be a path: "Women > Skirts".
    kinds = re.split("[>/|]", product.category or "")[::-1]
    for text in (*kinds, product.title):
        slot = slot_of_words(text.strip() or None)
        if slot is not None:
            return slot
    return None


@attrs.define(eq=False)
class Shelf:
    """Sees the pictures of products, and keeps the views in memory for the next time."""

    _views: OrderedDict[str, PictureView] = attrs.field(factory=OrderedDict, repr=False)
    _lock: threading.Lock = attrs.field(factory=threading.Lock, repr=False)

    def __reduce__(self) -> tuple[type[Shelf], tuple[()]]:
        return Shelf, ()  # neither the lock nor what can be seen again

    def see(
        self, model: StyleModel, products: Sequence[Product], *, progress: bool = False
    ) -> tuple[list[Offer], list[SkippedProduct]]:
        """See pictures.

        Returns:
            What was seen, in the order of the products, and what could not be.
        """
        from tqdm import tqdm

        offers: list[Offer] = []
        skipped: list[SkippedProduct] = []
        with tqdm(total=len(products), desc="Seeing products", disable=not progress) as bar:
            for start in range(0, len(products), _AT_ONCE):
                some = products[start : start + _AT_ONCE]
                with self._lock:  # one recommender may serve several threads
                    seen, lost = self._see(model, some)
                offers += seen
                skipped += lost
                bar.update(len(some))
        return offers, skipped

    def _see(
        self, model: StyleModel, products: Sequence[Product]
    ) -> tuple[list[Offer], list[SkippedProduct]]:
        skipped: list[SkippedProduct] = []
        keys: dict[int, str] = {}
        parts: dict[int, Part] = {}
        for place, product in enumerate(products):
            if product.image is None:
                far = product.image_url is not None
                why = "its picture was not fetched" if far else "it has no picture"
                why += "; ask with fetch_images=True" if far else ""
                skipped.append(SkippedProduct(why, id=product.id, source=product.source))
                continue
            slot = slot_of(product)
            try:
                keys[place] = f"{kept_under(model.view_key, slot)}|{_identity(product)}"
            except StyleSimError as error:
                skipped.append(_unreadable(product, error))
                continue
            part = Part("image", slot, partial(_image, product))
            part.view = self._kept(keys[place])
            parts[place] = part
        unseen = [place for place, part in parts.items() if part.view is None]
        for place, problem in _view(model, [(place, parts[place]) for place in unseen]):
            skipped.append(_unreadable(products[place], problem))
        offers = []
        for place, part in parts.items():
            if part.view is not None:
                self._keep(keys[place], part.view)
                offers.append(_offer(products[place], part.slot, part.view))
        return offers, skipped

    def _kept(self, key: str) -> PictureView | None:
        if key in self._views:
            self._views.move_to_end(key)
        return self._views.get(key)

    def _keep(self, key: str, view: PictureView) -> None:
        self._views[key] = view
        while len(self._views) > _MOST_KEPT:
            self._views.popitem(last=False)


def _view(model: StyleModel, parts: list[tuple[int, Part]]) -> list[tuple[int, ImageError]]:
    """Fill in views; if one picture cannot be read, the others are seen one by one."""
    if not parts:
        return []
    try:
        for (_, part), view in zip(parts, view_all(model, [p for _, p in parts]), strict=True):
            part.view = view
    except ImageError as error:
        if len(parts) == 1:
            return [(parts[0][0], error)]
        middle = len(parts) // 2
        return _view(model, parts[:middle]) + _view(model, parts[middle:])
    return []


def _offer(product: Product, slot: Slot | None, view: PictureView) -> Offer:
    """A product and what it shows; where it does not say, its surest garment is meant."""
    if slot is None and view.garments:
        meant = max(view.garments, key=lambda garment: garment.confidence)
        return Offer(product, meant.slot, attrs.evolve(view, garments=(meant,)))
    return Offer(product, slot, view)


def _identity(product: Product) -> str:
    """Name of a picture that changes with it, without decoding it where there is a file."""
    image = product.image
    if isinstance(image, (str, os.PathLike)):
        try:
            path = Path(image).absolute()
            status = path.stat()
        except (OSError, ValueError) as error:
            todo = "check the path"
            raise expected(
                "image", "a readable file", f"{image} ({error})", todo, ImageError
            ) from None
        return f"{path}|{status.st_mtime_ns}|{status.st_size}"
    if isinstance(image, bytes):
        return hashlib.sha256(image).hexdigest()
    assert image is not None
    return content_hash(image)


def _image(product: Product) -> ImageLike:
    assert product.image is not None
    return product.image


def _unreadable(product: Product, error: StyleSimError) -> SkippedProduct:
    return SkippedProduct(f"its picture cannot be read: {error}", product.id, source=product.source)
