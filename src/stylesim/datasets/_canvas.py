"""Drawing with Pillow at twice the size, shaded and laid onto a picture.

A garment is first a list of strokes in drawing units (a standing figure is 480
units high, x grows from the middle of the body), so that the same strokes serve
a worn garment and one laid out, turned and enlarged.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

import attrs
import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from stylesim.datasets._fabric import (
    RGB,
    TILE,
    Fabric,
    ink,
    noise_tile,
    pattern_pixels,
    tone,
)
from stylesim.datasets._lines import Point, smooth

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stylesim.types import FloatArray

Box: TypeAlias = tuple[int, int, int, int]

# Kinds of stroke that cover the ground: folds and buttons lie on what these drew.
_OUTLINES = ("panel", "line")


@attrs.frozen(eq=False)
class _Stroke:
    kind: str
    points: FloatArray
    fabric: Fabric
    value: float = 1.0
    width: float = 1.0
    colour: RGB | None = None


@attrs.define(eq=False)
class Sketch:
    """Strokes of one garment in drawing units; nothing is painted before ``paint``."""

    fabric: Fabric
    strokes: list[_Stroke] = attrs.field(factory=list)

    def panel(
        self,
        outline: FloatArray,
        *,
        shade: float = 1.0,
        fabric: Fabric | None = None,
        turn: float = 0.0,
        edge: float = 0.72,
    ) -> None:
        """A piece of cloth; ``turn`` rotates its pattern, ``edge`` darkens its rim."""
        cloth = fabric or self.fabric
        if turn:
            cloth = attrs.evolve(cloth, angle=cloth.angle + turn)
        self.strokes.append(_Stroke("panel", outline, cloth, shade, edge))

    def line(
        self,
        *runs: Sequence[Point],
        shade: float = 0.72,
        width: float = 1.0,
        colour: RGB | None = None,
    ) -> None:
        """A seam, an edge or a cord."""
        self.strokes.append(_Stroke("line", smooth(*runs), self.fabric, shade, width, colour))

    def fold(self, *points: Point, depth: float = -0.3, width: float = 5.0) -> None:
        """A soft crease: dark below 0, a lit ridge above 0."""
        self.strokes.append(_Stroke("fold", smooth(points), self.fabric, depth, width))

    def disc(self, x: float, y: float, radius: float, colour: RGB) -> None:
        """A button, an eyelet, a badge."""
        centre = np.array([[x, y]], np.float32)
        self.strokes.append(_Stroke("disc", centre, self.fabric, 1.0, radius, colour))

    def extent(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of what is drawn, in drawing units."""
        points = np.concatenate([s.points for s in self.strokes if s.kind in _OUTLINES])
        (left, top), (right, bottom) = points.min(0), points.max(0)
        return float(left), float(top), float(right), float(bottom)


@attrs.frozen
class Placement:
    """Where drawing units land: widened, enlarged, turned (radians), then moved (pixels).

    ``stretch`` widens: cloth that lies flat is wider than the body it goes around.
    ``ripple`` (amplitude and two phases) makes edges wander as those of real cloth do.
    """

    scale: float = 1.0
    angle: float = 0.0
    dx: float = 0.0
    dy: float = 0.0
    stretch: float = 1.0
    ripple: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def __call__(self, points: FloatArray) -> FloatArray:
        """Points in pixels."""
        cos, sin = math.cos(self.angle) * self.scale, math.sin(self.angle) * self.scale
        turn = np.array(
            [[cos * self.stretch, sin * self.stretch], [-sin, cos]],
            np.float32,
        )
        size, first, second = self.ripple
        if size:
            wander = np.sin(points[:, ::-1] / np.float32(17) + np.array([first, second]))
            wander += 0.7 * np.sin(points / np.float32(29) + np.array([second, first]))
            points = points + np.float32(size) * wander.astype(np.float32)
        return points @ turn + np.array([self.dx, self.dy], np.float32)

    def back(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Pixels to drawing units."""
        cos = np.float32(math.cos(self.angle) / self.scale)
        sin = np.float32(math.sin(self.angle) / self.scale)
        right = np.asarray(x - self.dx, np.float32)
        down = np.asarray(y - self.dy, np.float32)
        u = np.asarray((cos * right + sin * down) / self.stretch, np.float32)
        v = np.asarray(cos * down - sin * right, np.float32)
        return u, v


@attrs.frozen
class Light:
    """Side the light comes from (-1 left, 1 right) and how the shadow falls, in pixels."""

    side: float = -1.0
    shadow: Point = (4.0, 5.0)
    blur: float = 6.0
    strength: float = 0.45


def paint(
    sketch: Sketch,
    picture: FloatArray,
    placement: Placement,
    light: Light,
    rng: np.random.Generator,
) -> Box:
    """Paint a sketch into a picture of shape (height, width, 3), values 0 to 255, in place.

    Returns:
        The box of the sketch in pixels: left, top, right, bottom.
    """
    points = placement(np.concatenate([s.points for s in sketch.strokes]))
    ends = np.cumsum([len(s.points) for s in sketch.strokes])[:-1]
    placed = np.split(points, ends)
    (x0, y0), (x1, y1) = points.min(0).tolist(), points.max(0).tolist()
    height, width = picture.shape[:2]
    pad = int(light.blur * 2 + max(map(abs, light.shadow)) + 2)
    left, top = max(int(x0) - pad, 0), max(int(y0) - pad, 0)
    right, bottom = min(math.ceil(x1) + pad, width), min(math.ceil(y1) + pad, height)
    if right - left < 2 or bottom - top < 2:
        return (0, 0, 0, 0)
    layer = _Layer.blank(sketch.fabric, (left, top, right, bottom))
    for stroke, at in zip(sketch.strokes, placed, strict=True):
        layer.add(stroke, at, placement)
    flat = picture.reshape(height, width * 3)[top:bottom, left * 3 : right * 3]
    layer.onto(flat, sketch.fabric, placement.scale, light, rng)
    return max(0, int(x0)), max(0, int(y0)), min(width, math.ceil(x1)), min(height, math.ceil(y1))


@attrs.define(eq=False)
class _Layer:
    box: Box
    base: Image.Image
    cover: Image.Image
    soft: Image.Image
    pens: tuple[ImageDraw.ImageDraw, ImageDraw.ImageDraw, ImageDraw.ImageDraw]
    folds: bool = False

    @classmethod
    def blank(cls, fabric: Fabric, box: Box) -> _Layer:
        size = (box[2] - box[0], box[3] - box[1])
        double = (2 * size[0], 2 * size[1])
        # The ground has the cloth's colour, so that no rim of another colour is blended in.
        base = Image.new("RGB", double, ink(fabric.colour))
        cover, soft = Image.new("L", double), Image.new("L", size, 128)
        pens = (ImageDraw.Draw(base), ImageDraw.Draw(cover), ImageDraw.Draw(soft))
        return cls(box, base, cover, soft, pens)

    def add(self, stroke: _Stroke, points: FloatArray, placement: Placement) -> None:
        points = points - np.asarray(self.box[:2], np.float32)
        if stroke.kind == "fold":
            self.folds = True
            width = max(1, round(stroke.width * placement.scale * 0.7))
            level = int(128 + 127 * stroke.value)
            self.pens[2].line(points.ravel().tolist(), fill=level, width=width)
            return
        points = points * 2
        flat = points.ravel().tolist()
        draw, cover, _ = self.pens
        wide = max(1, round(2 * stroke.width * placement.scale))
        if stroke.kind == "panel":
            self._fill(stroke, points, placement)
            cover.polygon(flat, fill=255)
            if stroke.width < 1:
                rim = ink(tone(stroke.fabric.colour, stroke.value * stroke.width))
                draw.line([*flat, *flat[:2]], fill=rim, width=max(2, round(placement.scale * 1.6)))
        elif stroke.kind == "line":
            colour = stroke.colour or tone(stroke.fabric.colour, stroke.value)
            # Round joints cost time, and nobody sees those of a thin line.
            joint = "curve" if wide > 6 else None
            draw.line(flat, fill=ink(colour), width=wide, joint=joint)
            cover.line(flat, fill=255, width=wide, joint=joint)
        else:
            x, y = flat
            circle = (x - wide, y - wide, x + wide, y + wide)
            draw.ellipse(circle, fill=ink(stroke.colour or stroke.fabric.colour))

    def _fill(self, stroke: _Stroke, points: FloatArray, placement: Placement) -> None:
        fabric = stroke.fabric
        if fabric.pattern == "plain":
            self.pens[0].polygon(
                points.ravel().tolist(), fill=ink(tone(fabric.colour, stroke.value))
            )
            return
        low = np.maximum(np.floor(points.min(0)).astype(int), 0)
        high = np.minimum(np.ceil(points.max(0)).astype(int) + 1, self.base.size)
        if (high <= low).any():
            return
        mask = Image.new("L", (int(high[0] - low[0]), int(high[1] - low[1])))
        ImageDraw.Draw(mask).polygon((points - low).ravel().tolist(), fill=255)
        x = np.asarray(np.arange(low[0], high[0]) / 2 + self.box[0], np.float32)
        y = np.asarray(np.arange(low[1], high[1]) / 2 + self.box[1], np.float32)
        u, v = placement.back(x[None, :], y[:, None])
        pixels = pattern_pixels(fabric, stroke.value, u, v)
        self.base.paste(Image.fromarray(pixels), (int(low[0]), int(low[1])), mask)

    def onto(
        self,
        region: FloatArray,
        fabric: Fabric,
        scale: float,
        light: Light,
        rng: np.random.Generator,
    ) -> None:
        cover = self.cover.reduce(2)
        alpha = np.asarray(cover, np.float32) * np.float32(1 / 255)
        height, width = alpha.shape
        if light.strength:
            fallen = np.asarray(cover.filter(ImageFilter.BoxBlur(light.blur)), np.float32)
            fallen = _shifted(fallen, round(light.shadow[0]), round(light.shadow[1]))
            region *= _thrice(1 - fallen * np.float32(light.strength / 255))
        soft = cover.filter(ImageFilter.BoxBlur(4.5 * scale))
        round_off = np.asarray(soft, np.float32) * np.float32(1 / 255)
        # Half of the blurred cover is seen at a straight edge: darkest there, full light inside.
        shade = np.float32(0.6) + np.float32(0.4) * np.clip(round_off, 0.5, 1)
        _, _, sheen = fabric.noise
        slope = round_off[:, 4:] - round_off[:, :-4]
        shade[:, 2:-2] -= np.float32(light.side * (0.5 + 3 * sheen)) * slope
        if self.folds:
            creased = self.soft.filter(ImageFilter.BoxBlur(2.2 * scale))
            shade += (np.asarray(creased, np.float32) - 128) * np.float32(1 / 200)
        y, x = (int(v) for v in rng.integers(0, TILE, 2))
        shade *= noise_tile(fabric.texture)[y : y + height, x : x + width]
        pixels = np.array(self.base.reduce(2), np.float32).reshape(height, width * 3)
        pixels *= _thrice(shade)
        pixels -= region
        pixels *= _thrice(alpha)
        region += pixels


def _thrice(field: FloatArray) -> FloatArray:
    """A value a pixel, repeated for three colours: far faster than broadcasting over three."""
    return np.repeat(field, 3, axis=1)


def _shifted(field: FloatArray, dx: int, dy: int) -> FloatArray:
    moved = np.zeros_like(field)
    height, width = field.shape
    moved[max(0, dy) : height + min(0, dy), max(0, dx) : width + min(0, dx)] = field[
        max(0, -dy) : height - max(0, dy), max(0, -dx) : width - max(0, dx)
    ]
    return moved
