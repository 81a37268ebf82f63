"""Pictures without clothes: bare background, drawn shapes, fields of colour, empty streets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from PIL import Image, ImageDraw

from stylesim.datasets import ClothingPhoto
from stylesim.datasets._backgrounds import BACKGROUNDS, background, finish

SIDE = 256
_CORNER = 0.28  # of the shorter side: garments seldom reach there


def bare(photos: Iterable[ClothingPhoto], rng: np.random.Generator) -> Iterator[Image.Image]:
    """A corner of each photograph of a garment: what the garment lies on."""
    for photo in photos:
        with Image.open(photo.path) as opened:
            image = opened.convert("RGB")
        width, height = image.size
        side = int(_CORNER * min(width, height))
        left, top = (int(rng.integers(2)) * (whole - side) for whole in (width, height))
        yield image.crop((left, top, left + side, top + side)).resize((SIDE, SIDE))


def shapes(count: int, rng: np.random.Generator) -> Iterator[Image.Image]:
    """Ellipses, boxes, polygons and lines, with a little noise."""
    for _ in range(count):
        image = Image.new("RGB", (SIDE, SIDE), _colour(rng))
        draw = ImageDraw.Draw(image)
        for _ in range(int(rng.integers(1, 12))):
            x, y = rng.uniform(-0.1, 0.9, 2) * SIDE
            w, h = rng.uniform(0.05, 0.6, 2) * SIDE
            corners = rng.uniform(0, 1, (int(rng.integers(3, 7)), 2)) * [w, h] + [x, y]
            points = [(float(a), float(b)) for a, b in corners]
            kind, colour = int(rng.integers(4)), _colour(rng)
            if kind == 0:
                draw.ellipse((x, y, x + w, y + h), fill=colour)
            elif kind == 1:
                draw.rectangle((x, y, x + w, y + h), fill=colour)
            elif kind == 2:
                draw.polygon(points, fill=colour)
            else:
                draw.line(points, fill=colour, width=int(rng.integers(1, 12)))
        noise = rng.normal(0, rng.uniform(0, 12), (SIDE, SIDE, 3))
        pixels = np.clip(np.asarray(image, np.float32) + noise, 0, 255)
        yield Image.fromarray(pixels.astype(np.uint8))


def fields(count: int, rng: np.random.Generator) -> Iterator[Image.Image]:
    """Noise of every grain, down to a picture of one colour."""
    for _ in range(count):
        grain = int(2 ** rng.uniform(0, 8))
        small = Image.fromarray(rng.integers(0, 256, (grain, grain, 3)).astype(np.uint8))
        way = (Image.Resampling.NEAREST, Image.Resampling.BICUBIC)[int(rng.integers(2))]
        yield small.resize((SIDE, SIDE), way)


def places(count: int, rng: np.random.Generator) -> Iterator[Image.Image]:
    """Empty floors, walls and streets, some with a car, drawn."""
    for number in range(count):
        scene = background(BACKGROUNDS[number % len(BACKGROUNDS)], SIDE, SIDE + 64, rng)
        yield finish(scene, rng)


def _colour(rng: np.random.Generator) -> tuple[int, int, int]:
    red, green, blue = (int(v) for v in rng.integers(0, 256, 3))
    return red, green, blue
