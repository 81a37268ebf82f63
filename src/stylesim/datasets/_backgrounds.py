"""What clothes are photographed on: a wooden floor, a bedsheet, a wall, a street, a studio."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from stylesim.datasets._fabric import RGB, cloud, ink, mix, tone

if TYPE_CHECKING:
    from collections.abc import Callable

    from stylesim.types import FloatArray

BACKGROUNDS = ("wood", "sheet", "wall", "street", "studio")

_SIDE = 768
_WOODS: tuple[RGB, ...] = (
    (196.0, 152.0, 104.0),
    (150.0, 104.0, 68.0),
    (104.0, 72.0, 52.0),
    (176.0, 166.0, 152.0),
    (214.0, 182.0, 140.0),
)
_SHEETS: tuple[RGB, ...] = (
    (238.0, 236.0, 232.0),
    (226.0, 218.0, 204.0),
    (204.0, 214.0, 226.0),
    (198.0, 198.0, 202.0),
    (176.0, 150.0, 156.0),
    (120.0, 132.0, 150.0),
)
_WALLS: tuple[RGB, ...] = (
    (232.0, 230.0, 224.0),
    (222.0, 212.0, 198.0),
    (206.0, 214.0, 210.0),
    (196.0, 200.0, 208.0),
)
_FACADES: tuple[RGB, ...] = (
    (150.0, 88.0, 72.0),
    (192.0, 178.0, 156.0),
    (128.0, 126.0, 124.0),
    (206.0, 200.0, 190.0),
    (110.0, 98.0, 88.0),
)
_GROUNDS: tuple[RGB, ...] = (
    (150.0, 148.0, 146.0),
    (176.0, 170.0, 162.0),
    (120.0, 120.0, 124.0),
    (160.0, 138.0, 122.0),
)
_CARS: tuple[RGB, ...] = (
    (44.0, 46.0, 52.0),
    (170.0, 172.0, 176.0),
    (140.0, 36.0, 34.0),
    (52.0, 74.0, 110.0),
)


def background(kind: str, width: int, height: int, rng: np.random.Generator) -> FloatArray:
    """A background of shape (height, width, 3), float32 values 0 to 255."""
    return _PAINTERS[kind](width, height, rng)


def _pick(colours: tuple[RGB, ...], rng: np.random.Generator) -> RGB:
    chosen = colours[int(rng.integers(0, len(colours)))]
    return tone(chosen, float(rng.uniform(0.9, 1.05)))


def _tinted(
    tile: FloatArray, colour: RGB, width: int, height: int, rng: np.random.Generator
) -> FloatArray:
    y = int(rng.integers(0, _SIDE - height))
    x = int(rng.integers(0, _SIDE - width))
    crop = np.repeat(tile[y : y + height, x : x + width], 3, axis=1)
    crop *= np.tile(np.asarray(colour, np.float32), width)
    return crop.reshape(height, width, 3)


@lru_cache(maxsize=2)
def _planks(upright: bool) -> FloatArray:
    rng = np.random.default_rng(11)
    tile = np.ones((_SIDE, _SIDE), np.float32)
    wide = 62
    rings = np.asarray(cloud(_SIDE, _SIDE // 12, 3, rng), np.float32)
    rings = np.repeat(rings, 12, axis=1)[:, :_SIDE]
    fine = rng.standard_normal((_SIDE, _SIDE // 24)).astype(np.float32)
    fine = np.repeat(fine, 24, axis=1)[:, :_SIDE]
    tile += 0.055 * rings + 0.02 * fine + 0.03 * cloud(_SIDE, _SIDE, 90, rng)
    for top in range(0, _SIDE, wide):
        x = -int(rng.integers(0, 300))
        while x < _SIDE:
            end = x + int(rng.integers(260, 420))
            tile[top : top + wide, max(0, x) : max(0, end)] *= float(rng.uniform(0.86, 1.1))
            tile[top : top + wide, max(0, end) : max(0, end) + 2] *= 0.62
            x = end
        tile[top : top + 2] *= 0.58
        tile[top + 2 : top + 3] *= 1.06
    tile = tile.T.copy() if upright else tile
    tile.setflags(write=False)
    return tile


@lru_cache(maxsize=1)
def _wrinkles() -> FloatArray:
    rng = np.random.default_rng(12)
    tile = np.ones((_SIDE, _SIDE), np.float32)
    for size, depth in ((150.0, 0.075), (70.0, 0.055), (34.0, 0.03)):
        field = cloud(_SIDE, _SIDE, size, rng)
        # Cloth creases where smooth noise changes sign.
        ridge = np.exp(-((field / 0.25) ** 2))
        slope = np.gradient(field, axis=1) * np.float32(size / 4)
        tile += depth * (slope - 0.6 * ridge)
    tile += 0.012 * rng.standard_normal((_SIDE, _SIDE)).astype(np.float32)
    tile.setflags(write=False)
    return tile


@lru_cache(maxsize=1)
def _plaster() -> FloatArray:
    rng = np.random.default_rng(13)
    tile = 1 + 0.012 * rng.standard_normal((_SIDE, _SIDE)) + 0.02 * cloud(_SIDE, _SIDE, 120, rng)
    tile += 0.010 * cloud(_SIDE, _SIDE, 5, rng)
    tile = tile.astype(np.float32)
    tile.setflags(write=False)
    return tile


def _wood(width: int, height: int, rng: np.random.Generator) -> FloatArray:
    return _tinted(_planks(bool(rng.random() < 0.5)), _pick(_WOODS, rng), width, height, rng)


def _sheet(width: int, height: int, rng: np.random.Generator) -> FloatArray:
    return _tinted(_wrinkles(), _pick(_SHEETS, rng), width, height, rng)


def _wall(width: int, height: int, rng: np.random.Generator) -> FloatArray:
    return _tinted(_plaster(), _pick(_WALLS, rng), width, height, rng)


def _studio(width: int, height: int, rng: np.random.Generator) -> FloatArray:
    level = float(rng.uniform(238, 250))
    fall = np.linspace(1.02, 0.95, height, dtype=np.float32)[:, None, None]
    return np.ones((height, width, 3), np.float32) * np.float32(level) * fall


def _street(width: int, height: int, rng: np.random.Generator) -> FloatArray:
    """A street out of focus: painted small, then enlarged."""
    w, h = max(24, width // 6), max(36, height // 6)
    image = Image.new("RGB", (w, h), ink(_pick(_FACADES, rng)))
    draw = ImageDraw.Draw(image)
    horizon = float(rng.uniform(0.54, 0.66)) * h
    scene = int(rng.integers(0, 3))
    if scene == 0:
        _facade(draw, w, horizon, rng)
    elif scene == 1:
        _trees(draw, w, horizon, rng)
    else:
        _avenue(draw, w, horizon, rng)
    ground = _pick(_GROUNDS, rng)
    draw.rectangle((0, horizon, w, h), fill=ink(tone(ground, 0.82)))
    kerb = horizon + float(rng.uniform(0.05, 0.13)) * h
    draw.rectangle((0, kerb, w, h), fill=ink(ground))
    draw.line((0, kerb, w, kerb), fill=ink(tone(ground, 1.25)), width=1)
    if scene != 0 or rng.random() < 0.5:
        _car(draw, w, kerb, rng)
    image = image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.7, 1.3))))
    picture = np.array(image.resize((width, height), Image.Resampling.BILINEAR), np.float32)
    start = int(kerb / h * height)
    grain = _plaster()[: height - start, :width]
    rows = np.linspace(0, 1, height - start, dtype=np.float32)[:, None]
    flat = picture.reshape(height, width * 3)
    flat[start:] *= np.repeat(1 + (grain - 1) * (1 + 3 * rows), 3, axis=1)
    _paving(picture, start)
    return picture


def _paving(picture: FloatArray, start: int) -> None:
    """Joints of flagstones, closer together towards the horizon."""
    height, width = picture.shape[:2]
    depth = height - start
    for i in range(1, 7):
        y = start + int(depth * (i / 6.5) ** 1.7)
        if y < height - 1:
            picture[y] *= 0.93
    rows = np.arange(start, height)
    spread = (rows - start) / max(1, depth) * 0.9 + 0.5
    for lane in range(-6, 7):
        x = (width / 2 + (lane + 0.5) * width * 0.16 * spread).astype(int)
        seen = (x >= 0) & (x < width)
        picture[rows[seen], x[seen]] *= 0.93


def _facade(draw: ImageDraw.ImageDraw, w: int, horizon: float, rng: np.random.Generator) -> None:
    wall = _pick(_FACADES, rng)
    draw.rectangle((0, 0, w, horizon), fill=ink(wall))
    step = float(rng.uniform(11, 16))
    x = -float(rng.uniform(0, step))
    glass = mix((70.0, 84.0, 100.0), wall, 0.2)
    while x < w:
        for y in (horizon * 0.06, horizon * 0.46):
            pane = (x + 2, y, x + step * 0.62, y + horizon * 0.3)
            draw.rectangle(pane, fill=ink(glass), outline=ink(tone(wall, 1.3)))
        x += step
    draw.rectangle((0, horizon - 3, w, horizon), fill=ink(tone(wall, 0.6)))
    if rng.random() < 0.6:
        x = float(rng.uniform(0, w - 8))
        draw.rectangle((x, horizon * 0.42, x + 9, horizon), fill=ink(tone(wall, 0.4)))


def _trees(draw: ImageDraw.ImageDraw, w: int, horizon: float, rng: np.random.Generator) -> None:
    sky: RGB = (214.0, 222.0, 230.0)
    draw.rectangle((0, 0, w, horizon), fill=ink(sky))
    draw.rectangle((0, horizon * 0.6, w, horizon), fill=ink((128.0, 132.0, 112.0)))
    for _ in range(34):
        x, y = float(rng.uniform(-4, w)), float(rng.uniform(-6, horizon * 0.72))
        r = float(rng.uniform(3, 8))
        leaf: RGB = (float(rng.uniform(78, 132)), float(rng.uniform(104, 150)), 70.0)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=ink(leaf))
    for _ in range(3):
        x = float(rng.uniform(0, w))
        draw.rectangle((x, horizon * 0.3, x + 2, horizon), fill=ink((84.0, 70.0, 58.0)))


def _avenue(draw: ImageDraw.ImageDraw, w: int, horizon: float, rng: np.random.Generator) -> None:
    draw.rectangle((0, 0, w, horizon), fill=ink((220.0, 226.0, 234.0)))
    for side in (0, 1):
        wall = _pick(_FACADES, rng)
        near, far = float(rng.uniform(0.30, 0.42)) * w, float(rng.uniform(0.1, 0.4)) * horizon
        edge = [(0.0, 0.0), (near, far), (near, horizon), (0.0, horizon)]
        draw.polygon([(w - x if side else x, y) for x, y in edge], fill=ink(wall))
        for i in range(4):
            x = 1 + near * i / 4
            y = far * 0.3 + i * far * 0.2
            box = (x, y, x + near / 8, y + horizon * 0.22)
            if side:
                box = (w - box[2], box[1], w - box[0], box[3])
            draw.rectangle(box, fill=ink(tone(wall, 0.55)))
            low = (box[0], box[1] + horizon * 0.4, box[2], box[3] + horizon * 0.4)
            draw.rectangle(low, fill=ink(tone(wall, 0.5)))


def _car(draw: ImageDraw.ImageDraw, w: int, kerb: float, rng: np.random.Generator) -> None:
    paint = _pick(_CARS, rng)
    x = float(rng.choice([-8.0, w - 16.0])) + float(rng.uniform(-3, 3))
    draw.rounded_rectangle((x, kerb - 9, x + 24, kerb - 1), 2, fill=ink(paint))
    draw.rounded_rectangle((x + 4, kerb - 14, x + 19, kerb - 7), 3, fill=ink(tone(paint, 0.8)))
    draw.rectangle((x + 6, kerb - 12, x + 17, kerb - 9), fill=ink((120.0, 134.0, 146.0)))
    for wheel in (4, 17):
        draw.ellipse((x + wheel, kerb - 4, x + wheel + 5, kerb + 1), fill=(30, 30, 32))


_PAINTERS: dict[str, Callable[[int, int, np.random.Generator], FloatArray]] = {
    "wood": _wood,
    "sheet": _sheet,
    "wall": _wall,
    "street": _street,
    "studio": _studio,
}


def finish(picture: FloatArray, rng: np.random.Generator, *, strength: float = 1.0) -> Image.Image:
    """Light from one side, a darker rim, the camera's tint and noise; then 8-bit RGB."""
    height, width = picture.shape[:2]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    angle = float(rng.uniform(0, 2 * np.pi))
    slope = float(rng.uniform(0.02, 0.11)) * strength
    field = 1 + slope * (np.cos(angle) * x + np.sin(angle) * y)
    field -= 0.06 * strength * (x * x + y * y)
    tint = 1 + strength * rng.uniform(-0.03, 0.03, 3)
    tint *= 1 + strength * rng.uniform(-0.06, 0.06)
    flat = picture.reshape(height, width * 3)
    flat *= np.repeat(field.astype(np.float32), 3, axis=1)
    flat *= np.tile(tint.astype(np.float32), width)
    top, left = (int(v) for v in rng.integers(0, _SIDE - max(height, width), 2))
    flat += _grain()[top : top + height, left * 3 : (left + width) * 3]
    np.clip(flat, 0, 255, out=flat)
    return Image.fromarray(picture.astype(np.uint8))


@lru_cache(maxsize=1)
def _grain() -> FloatArray:
    tile = np.random.default_rng(14).standard_normal((_SIDE, _SIDE)).astype(np.float32)
    tile = np.repeat(tile * np.float32(1.6), 3, axis=1)
    tile.setflags(write=False)
    return tile
