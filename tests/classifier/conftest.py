"""Outfits of two colours, a finder that halves them, and a backbone that sees colour only."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from stylesim.backbones import FunctionBackbone
from stylesim.classifier import LightweightClassifier
from stylesim.garments import AbstractGarmentFinder, FoundGarment
from stylesim.style_target import StyleTarget

RED, BLUE, GREEN, WHITE = (200, 30, 30), (30, 30, 200), (30, 160, 30), (240, 240, 240)


def outfit(top: tuple[int, ...], bottom: tuple[int, ...], seed: int = 0) -> Image.Image:
    """A picture whose upper half is one garment and whose lower half another, a little noisy."""
    rng = np.random.default_rng(seed)
    pixels = np.empty((32, 24, 3))
    pixels[:16], pixels[16:] = top, bottom
    pixels += rng.normal(0, 4, (32, 24, 3)) + rng.normal(0, 6, 3)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


class Halves(AbstractGarmentFinder):
    """Finds a top and a bottom in tall pictures, nothing in others."""

    name = "halves"

    def __init__(self) -> None:
        self.pictures = 0

    def find(self, images: Any) -> list[list[FoundGarment]]:
        self.pictures += len(images)
        return [self._of(image) for image in images]

    def _of(self, image: Image.Image) -> list[FoundGarment]:
        width, height = image.size
        if height <= width:
            return []
        upper, lower = (0, 0, width, height // 2), (0, height // 2, width, height)
        return [
            FoundGarment("top", "shirt", upper, None, 0.9),
            FoundGarment("bottom", "skirt", lower, None, 0.8),
        ]


def colour(pictures: list[Image.Image]) -> list[Any]:
    # The middle, so that the blanked margin around a garment does not count.
    return [np.asarray(p.resize((6, 6)))[1:5, 1:5].mean((0, 1)) / 255 - 0.4 for p in pictures]


@pytest.fixture
def halves() -> Halves:
    return Halves()


@pytest.fixture
def colours() -> FunctionBackbone:
    return FunctionBackbone(colour, name="colour", dim=3)


@pytest.fixture(scope="session")
def target() -> StyleTarget:
    """Wanted: red over blue; sporty: green over blue; suit: red over white."""
    return StyleTarget(
        [outfit(RED, BLUE, i) for i in range(6)],
        {
            "sporty": [outfit(GREEN, BLUE, 10 + i) for i in range(6)],
            "suit": [outfit(RED, WHITE, 20 + i) for i in range(6)],
        },
    )


@pytest.fixture
def make(halves: Halves, colours: FunctionBackbone) -> Callable[..., LightweightClassifier]:
    return lambda **settings: LightweightClassifier(finder=halves, backbone=colours, **settings)


@pytest.fixture
def model(make: Any, target: StyleTarget) -> LightweightClassifier:
    return make().fit(target, progress=False)


@pytest.fixture
def saved(model: LightweightClassifier, tmp_path: Path) -> Path:
    path = tmp_path / "style.safetensors"
    model.save(path)
    return path
