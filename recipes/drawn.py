"""Drawn clothes with their outlines, for the finder: a few, so that drawings are read as well.

The sample pictures of the library are drawings. A network that saw photographs only takes some
drawn skirts for dresses; a few drawings among thousands of photographs are enough against that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from unittest import mock

import numpy as np
from labels import CATEGORIES, PIXEL_CLASSES, STREET_TO_CATEGORY
from PIL import Image

from stylesim.datasets import STYLE_NAMES, GarmentTruth, _canvas, _scene, drawn

#: Far from the seeds of tests, examples and benchmarks.
FIRST_SEED = 70_000
TAGS = {category: tag for tag, category in STREET_TO_CATEGORY.items()}

Painted = list[tuple[tuple[int, ...], np.ndarray]]
_Out = TypeVar("_Out")


def drawn_outfits(count: int) -> list[dict]:
    """Outfits as `prepare.py` keeps street photographs, with pixel maps."""
    rng = np.random.default_rng(FIRST_SEED)
    items = []
    for number in range(count):
        pair = (str(name) for name in rng.choice(STYLE_NAMES, 2))
        outfit, painted = watched(drawn._draw_outfit, *pair, drawn.generator(FIRST_SEED + number))
        items.append({
            "kind": "street", "id": f"drawn{number}", "image": np.asarray(outfit.image),
            "tags": [TAGS[garment.category] for garment in outfit.garments], "held_out": False,
            "pixels": pixels_of(outfit.image, outfit.garments, painted), "fine": None,
        })  # fmt: skip
    return items


def drawn_garments(count: int) -> list[dict]:
    """Garments as `prepare.py` keeps those laid out, with pixel maps."""
    items = []
    for number in range(count):
        rng = drawn.generator(FIRST_SEED + number)
        name = STYLE_NAMES[number % len(STYLE_NAMES)]
        style = drawn.STYLES[name]
        kinds = (*style.tops, *style.bottoms, style.shoes, *style.extras)
        kind = kinds[number // len(STYLE_NAMES) % len(kinds)]
        garment, painted = watched(drawn._draw_garment, name, kind, None, rng)
        items.append({
            "kind": "laid", "id": f"drawn-laid{number}", "image": np.asarray(garment.image),
            "category": CATEGORIES.index(garment.category), "held_out": False, "mask_ok": True,
            "pixels": pixels_of(garment.image, (garment.truth,), painted[-1:]), "fine": None,
        })  # fmt: skip
    return items


def watched(draw: Callable[..., _Out], *args: Any) -> tuple[_Out, Painted]:
    """What a function drew; and for each thing that it painted the box and the outline."""
    painted: Painted = []
    covers: list[tuple[tuple[int, ...], Image.Image]] = []
    onto, paint = _canvas._Layer.onto, _scene.paint

    def watched_onto(layer: Any, *args: Any) -> None:
        covers.append((layer.box, layer.cover))
        onto(layer, *args)

    def watched_paint(sketch: Any, picture: np.ndarray, *args: Any) -> tuple[int, ...]:
        covers.clear()
        box = paint(sketch, picture, *args)
        mask = np.zeros(picture.shape[:2], bool)
        for (x0, y0, x1, y1), cover in covers:
            mask[y0:y1, x0:x1] = np.asarray(cover.resize((x1 - x0, y1 - y0))) > 127
        painted.append((box, mask))
        return box

    with (
        mock.patch.object(_canvas._Layer, "onto", watched_onto),
        mock.patch.object(_scene, "paint", watched_paint),
    ):
        return draw(*args), painted


def pixels_of(
    image: Image.Image, garments: tuple[GarmentTruth, ...], painted: Painted
) -> np.ndarray:
    """Pixel classes; what is painted later hides what was painted before."""
    slots = {garment.box: PIXEL_CLASSES.index(garment.slot.value) for garment in garments}
    pixels = np.zeros((image.height, image.width), np.uint8)
    for box, mask in painted:
        pixels[mask] = slots.get(box, PIXEL_CLASSES.index("person"))
    return pixels
