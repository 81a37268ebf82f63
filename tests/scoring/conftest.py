"""A model whose answers can be read off the colour of a picture, and pictures made to measure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from PIL import Image

import stylesim as ss
from stylesim import Wardrobe
from stylesim.classifier import GarmentView, PictureView
from stylesim.functional import unit_rows
from stylesim.images import load_image
from stylesim.types import REGIONS_OF, Slot


def garment(similarity: float, look: int = 0, size: tuple[int, int] = (20, 10)) -> Image.Image:
    """A wide picture of one garment; ``look`` changes how it looks, not its similarity."""
    red = round(100 * similarity)
    return Image.new("RGB", size, (red, look, 100 - red))


def outfit(top: float, bottom: float) -> Image.Image:
    """A tall picture that shows a top above a bottom."""
    picture = Image.new("RGB", (10, 40))
    picture.paste(garment(top, size=(10, 20)), (0, 0))
    picture.paste(garment(bottom, size=(10, 20)), (0, 20))
    return picture


class ColourModel:
    """Red is wanted, blue is a suit. Tall pictures show a top and a bottom, wide ones nothing.

    Knows all regions but the head; counts the pictures that it saw.
    """

    classes_ = ("wannabe", "suit")
    slots_ = ("upper", "lower", "shoes", "bag")
    view_key = "colours"

    def __init__(self) -> None:
        self.seen: list[Slot | None] = []

    def view(
        self, images: Sequence[Any], *, slots: Sequence[Any] | None = None, progress: bool = False
    ) -> list[PictureView]:
        told = slots or [None] * len(images)
        views = [self._view(i, image, told[i]) for i, image in enumerate(images)]
        self.seen += told
        return views

    def _view(self, place: int, image: Any, slot: Slot | None) -> PictureView:
        pixels = np.asarray(load_image(image, argument=f"images[{place}]"), np.float64)
        whole = self._look(None, 1.0, pixels)
        half = len(pixels) // 2
        found = []
        if len(pixels) > pixels.shape[1]:
            found = [
                self._look(Slot.TOP, 0.9, pixels[:half]),
                self._look(Slot.BOTTOM, 0.8, pixels[half:]),
            ]
        if slot is not None:
            meant = [view for view in found if view.slot is slot]
            found = meant or [self._look(slot, 0.0, pixels)]
        return PictureView(tuple(found), whole)

    def _look(self, slot: Slot | None, confidence: float, pixels: Any) -> GarmentView:
        row = unit_rows(pixels.reshape(-1, 3).mean(axis=0)[None] + 1e-9)[0].astype(np.float32)
        return GarmentView(slot, "thing" if confidence else None, confidence, row)

    def proba_by_region(self, views: Sequence[PictureView]) -> list[dict[str, Any]]:
        answers = []
        for view in views:
            regions: dict[str, list[Any]] = {"whole": [self._proba(view.whole)]}
            for part in view.garments:
                for region in REGIONS_OF[part.slot]:
                    if region in self.slots_:
                        regions.setdefault(region, []).append(self._proba(part))
            answers.append({region: np.mean(rows, axis=0) for region, rows in regions.items()})
        return answers

    @staticmethod
    def _proba(view: GarmentView) -> Any:
        red, _, blue = view.embedding
        return np.array([red, blue], np.float32) / (red + blue)


class WholeModel(ColourModel):
    """Compares whole pictures only, as the classifier does without a finder."""

    slots_ = ()
    view_key = "colours of whole pictures"


@pytest.fixture
def model() -> ColourModel:
    return ColourModel()


@pytest.fixture
def whole_model() -> WholeModel:
    return WholeModel()


@pytest.fixture
def closet() -> Wardrobe:
    """Tops at 0.3 and 0.6, a bottom at 0.2, shoes at 0.9."""
    closet = Wardrobe()
    for name, similarity in {"top": 0.3, "bottom": 0.2, "shoes": 0.9}.items():
        closet.add(garment(similarity), slot=name, category=f"my {name}")
    closet.add(garment(0.6), slot="outer", category="my jacket")
    return closet


@pytest.fixture
def ids(closet: Wardrobe) -> dict[str, str]:
    """Id of each garment of the closet by its slot."""
    return {str(one.slot): one.id for one in closet}


@pytest.fixture
def draw() -> Callable[..., Image.Image]:
    return garment


@pytest.fixture
def draw_outfit() -> Callable[..., Image.Image]:
    return outfit


@pytest.fixture
def product(draw):
    """Make a product of a similarity and a slot."""

    def make(name: str, similarity: float | None, slot: str | None = "bottom", **fields: object):
        # A look of its own, so that no two are near twins.
        look = sum(map(ord, name)) * 53 % 150 + 60
        image = None if similarity is None else draw(similarity, look)
        fields = {"price": 20.0, "currency": "EUR", "image": image, "slot": slot} | fields
        url = fields.pop("url", f"https://shop.example/{name}")
        return ss.Product(name, f"Product {name}", url, **fields)

    return make


class Shop(ss.AbstractProductProvider):
    """Gives all it has, whatever is asked, and remembers what was asked."""

    def __init__(self, products) -> None:
        self.products = products
        self.queries: list[ss.ProductQuery] = []

    def search(self, query):
        self.queries.append(query)
        return iter(self.products)


@pytest.fixture
def recommend(model, closet):
    """Recommend from products for the closet."""

    def run(products, wardrobe=None, threshold=1.0, diversity=0.0, **asked):
        recommender = ss.Recommender(
            ss.SimilarityScorer(model),
            Shop(products),
            owned_threshold=threshold,
            diversity=diversity,
        )
        return recommender.recommend(closet if wardrobe is None else wardrobe, **asked)

    return run


@pytest.fixture
def shop_of() -> type[Shop]:
    return Shop
