"""Cloth: a colour, a pattern laid over it and the noise of its weave."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

import attrs
import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from stylesim.types import FloatArray, UInt8Array

RGB: TypeAlias = tuple[float, float, float]

PATTERNS = ("plain", "stripes", "checks", "dots")

TILE = 512
# Strength of fine and of soft noise, and of the sheen, a texture.
_TEXTURES: dict[str, tuple[float, float, float]] = {
    "weave": (0.030, 0.05, 0.10),
    "knit": (0.075, 0.05, 0.06),
    "denim": (0.085, 0.09, 0.06),
    "wool": (0.050, 0.05, 0.07),
    "nylon": (0.012, 0.05, 0.22),
    "silk": (0.012, 0.07, 0.18),
    "leather": (0.030, 0.04, 0.24),
    "skin": (0.010, 0.015, 0.14),
    "hair": (0.060, 0.06, 0.22),
}


@attrs.frozen
class Fabric:
    """What a garment is made of; ``period`` is in drawing units, ``angle`` in radians."""

    colour: RGB
    pattern: str = "plain"
    second: RGB = (245.0, 245.0, 245.0)
    period: float = 10.0
    duty: float = 0.5
    angle: float = 0.0
    texture: str = "weave"

    @property
    def noise(self) -> tuple[float, float, float]:
        """Strength of fine noise, soft noise and sheen."""
        return _TEXTURES[self.texture]


def tone(colour: RGB, factor: float) -> RGB:
    """Darker below 1, mixed with white above 1."""
    if factor <= 1:
        return (colour[0] * factor, colour[1] * factor, colour[2] * factor)
    return mix(colour, (255.0, 255.0, 255.0), factor - 1)


def mix(one: RGB, other: RGB, share: float) -> RGB:
    """One colour with a share of another, 0 to 1."""
    keep = 1 - share
    return (
        one[0] * keep + other[0] * share,
        one[1] * keep + other[1] * share,
        one[2] * keep + other[2] * share,
    )


def ink(colour: RGB) -> tuple[int, int, int]:
    """A colour as Pillow wants it."""
    return (
        min(255, max(0, int(colour[0] + 0.5))),
        min(255, max(0, int(colour[1] + 0.5))),
        min(255, max(0, int(colour[2] + 0.5))),
    )


def pattern_pixels(fabric: Fabric, factor: float, u: FloatArray, v: FloatArray) -> UInt8Array:
    """The pattern as RGB at the cloth coordinates (u, v), each of shape (height, width)."""
    cos, sin = np.float32(np.cos(fabric.angle)), np.float32(np.sin(fabric.angle))
    across = (u * cos + v * sin) / np.float32(fabric.period)
    along = (v * cos - u * sin) / np.float32(fabric.period)
    if fabric.pattern == "stripes":
        level = ((along - np.floor(along)) < fabric.duty).astype(np.uint8) * 2
    elif fabric.pattern == "checks":
        level = ((along - np.floor(along)) < fabric.duty).astype(np.uint8)
        level += (across - np.floor(across)) < fabric.duty
    else:
        # Every other row of dots stands half a step aside.
        row = np.floor(along)
        across = across + np.float32(0.5) * (row % 2)
        dx, dy = across - np.floor(across) - 0.5, along - row - 0.5
        level = (dx * dx + dy * dy < (0.5 * fabric.duty) ** 2).astype(np.uint8) * 2
    base, second = tone(fabric.colour, factor), tone(fabric.second, factor)
    palette = np.array([ink(base), ink(mix(base, second, 0.5)), ink(second)], np.uint8)
    return palette[level]


@lru_cache(maxsize=16)
def noise_tile(texture: str) -> FloatArray:
    """Noise of a texture around 1, shape (1024, 1024); the same on every call."""
    fine, soft, _ = _TEXTURES[texture]
    rng = np.random.default_rng(sum(texture.encode()))
    grain = rng.standard_normal((TILE, TILE)).astype(np.float32)
    if texture == "knit":
        grain = _stretched(grain, 1, 3)
    elif texture in {"denim", "hair"}:
        grain = _stretched(grain, 1, 5)
    elif texture in {"wool", "weave"}:
        grain = (grain + np.roll(grain, 1, 0) + np.roll(grain, 1, 1)) / np.float32(1.73)
    tile = (1 + fine * grain + soft * cloud(TILE, TILE, 36, rng)).astype(np.float32)
    # Twice each way, so that a piece of it can start anywhere without wrapping around.
    tile = np.tile(tile, (2, 2))
    tile.setflags(write=False)
    return tile


def cloud(height: int, width: int, size: float, rng: np.random.Generator) -> FloatArray:
    """Smooth noise with spots of about ``size`` pixels, mean 0, deviation 1."""
    rows, columns = max(4, round(height / size)), max(4, round(width / size))
    spots = rng.integers(0, 256, (rows, columns), dtype=np.uint8)
    # Two more spots on every side, the ones from across, make the noise repeat without a seam.
    seed = Image.fromarray(np.pad(spots, 2, mode="wrap"))
    inner = (2.0, 2.0, columns + 2.0, rows + 2.0)
    resized = seed.resize((width, height), Image.Resampling.BICUBIC, box=inner)
    field: FloatArray = np.array(resized, np.float32)
    field -= field.mean()
    field /= field.std()
    return field


def _stretched(grain: FloatArray, across: int, along: int) -> FloatArray:
    total = np.zeros_like(grain)
    for step in range(along):
        total += np.roll(grain, (step, step * (across - 1)), (0, 1))
    return (total / np.float32(along**0.5)).astype(np.float32)
