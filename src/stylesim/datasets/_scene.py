"""Whole pictures: one garment laid out, or a figure that wears an outfit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import attrs
import numpy as np

from stylesim.datasets._backgrounds import background, finish
from stylesim.datasets._canvas import Box, Light, Placement, Sketch, paint
from stylesim.datasets._fabric import RGB, Fabric
from stylesim.datasets._figure import Person, body, hair_behind, hair_front, head, shoes_on
from stylesim.datasets._pose import CROWN, SOLE, laid_out
from stylesim.datasets._styles import KINDS
from stylesim.types import Slot

if TYPE_CHECKING:
    from PIL import Image

    from stylesim.datasets._styles import Choice
    from stylesim.types import FloatArray

LAID_SIZE = (320, 400)
WORN_SIZE = (320, 480)

_UPPER = {Slot.TOP, Slot.OUTER, Slot.FULL}


def draw_laid(choice: Choice, place: str, rng: np.random.Generator) -> tuple[Image.Image, Box]:
    """One garment on a background, and its box in pixels."""
    width, height = LAID_SIZE
    kind = KINDS[choice.kind]
    picture = background(place, width, height, rng)
    hangs = place == "wall"
    soft = kind.slot not in {Slot.SHOES, Slot.BAG} and place != "studio"
    spread = float(rng.uniform(0.0, 0.25) if hangs or place == "studio" else rng.uniform(0.1, 0.9))
    sketch = Sketch(choice.fabric)
    kind.draw(sketch, laid_out(spread, float(rng.uniform(0, 2.5))), rng)
    left, top, right, bottom = sketch.extent()
    stretch = kind.stretch * float(rng.uniform(0.96, 1.04))
    turn = 0.02 if hangs or place == "studio" else 0.16
    angle = float(rng.normal(0, turn))
    # The room that the turned garment needs decides how large it can be.
    wide, tall = (right - left) * stretch, bottom - top
    cos, sin = abs(math.cos(angle)), abs(math.sin(angle))
    room = float(rng.uniform(0.72, 0.86))
    scale = room * min(width / (wide * cos + tall * sin), height / (wide * sin + tall * cos))
    middle = np.array([[(left + right) / 2, (top + bottom) / 2]], np.float32)
    at = Placement(scale, angle, 0, 0, stretch)(middle)[0]
    dx = width / 2 - float(at[0]) + float(rng.uniform(-8, 8))
    dy = height / 2 - float(at[1]) + float(rng.uniform(-8, 8)) + (10 if hangs else 0)
    ripple = (float(rng.uniform(0.5, 1.5)) if soft else 0.0, *rng.uniform(0, 6.28, 2).tolist())
    placement = Placement(scale, angle, dx, dy, stretch, ripple)
    side = float(rng.choice([-1.0, 1.0]))
    light = Light(side, (-side * 4.0, 5.0), 6.0, 0.30 if place == "studio" else 0.48)
    if hangs:
        _hanger(picture, placement, light, rng, upper=kind.slot in _UPPER)
    box = paint(sketch, picture, placement, light, rng)
    return finish(picture, rng, strength=0.2 if place == "studio" else 1.0), box


def _hanger(
    picture: FloatArray,
    placement: Placement,
    light: Light,
    rng: np.random.Generator,
    *,
    upper: bool,
) -> None:
    if not upper:
        return
    wood = Sketch(Fabric((176.0, 132.0, 88.0)))
    steel: RGB = (150.0, 150.0, 154.0)
    wood.line([(0, 92), (0, 82), (6, 76), (4, 68), (-5, 68), (-6, 73)], width=2.0, colour=steel)
    wood.line([(-36, 104), (-14, 93), (0, 90), (14, 93), (36, 104)], width=5, shade=1.0)
    paint(wood, picture, placement, light, rng)


@attrs.frozen
class Worn:
    """An outfit before it is drawn; shoes, hat and bag where there are some."""

    garments: tuple[Choice, ...]

    def of(self, *slots: Slot) -> Choice | None:
        """The garment worn in one of the slots."""
        return next((g for g in self.garments if KINDS[g.kind].slot in slots), None)


def draw_worn(
    worn: Worn, place: str, rng: np.random.Generator
) -> tuple[Image.Image, dict[Slot, Box]]:
    """A figure wearing an outfit, and the box of each garment in pixels."""
    width, height = WORN_SIZE
    picture = background(place, width, height, rng)
    person = Person.draw(rng)
    # Room above the head for a hat.
    tall = float(rng.uniform(0.97, 1.04)) - (0.06 if worn.of(Slot.HEADWEAR) else 0.0)
    centre = width / 2 + float(rng.uniform(-14, 14))
    placement = Placement(
        tall,
        0.0,
        centre,
        height - 12 - SOLE * tall + float(rng.uniform(-10, 2)),
        float(rng.uniform(1.0, 1.08)),
    )
    side = float(rng.choice([-1.0, 1.0]))
    # Cloth lies on the body: its shadow is short; the figure's own lies on the ground.
    light = Light(side, (-side * 1.0, 1.5), 2.0, 0.30)
    flat = attrs.evolve(light, strength=0.0)
    _ground_shadow(picture, placement, side)
    boxes: dict[Slot, Box] = {}

    def put(sketch: Sketch | None, cast: Light = light) -> Box:
        return paint(sketch, picture, placement, cast, rng) if sketch else (0, 0, 0, 0)

    upper, lower = worn.of(*_UPPER), worn.of(Slot.BOTTOM)
    put(hair_behind(person), flat)
    tights: RGB | None = None
    if lower is not None and lower.kind == "skirt" and rng.random() < 0.35:
        tights = (52.0, 46.0, 50.0)
    put(body(person, tights=tights), flat)
    shoes = worn.of(Slot.SHOES)
    if shoes is not None:
        boxes[Slot.SHOES] = put(shoes_on(person, shoes.kind, shoes.fabric))
    # A blouse is tucked in, all else hangs over the waist.
    tucked = upper is not None and upper.kind in {"blouse", "shirt"}
    order = [upper, lower] if tucked else [lower, upper]
    for choice in order:
        if choice is None:
            continue
        kind = KINDS[choice.kind]
        sketch = Sketch(choice.fabric)
        kind.draw(sketch, person.pose, rng)
        boxes[kind.slot] = put(sketch)
    put(head(person), attrs.evolve(light, shadow=(0.0, 3.0), strength=0.35))
    put(hair_front(person), flat)
    _carried(worn, person, picture, placement, light, rng, boxes)
    return finish(picture, rng), boxes


def _carried(
    worn: Worn,
    person: Person,
    picture: FloatArray,
    placement: Placement,
    light: Light,
    rng: np.random.Generator,
    boxes: dict[Slot, Box],
) -> None:
    for slot in (Slot.HEADWEAR, Slot.BAG):
        choice = worn.of(slot)
        if choice is None:
            continue
        sketch = Sketch(choice.fabric)
        KINDS[choice.kind].draw(sketch, person.pose, rng)
        if slot is Slot.HEADWEAR:
            size, x, y = 0.56, person.lean, CROWN + 6
        else:
            wrist = person.pose.wrists[(person.holds + 1) // 2]
            size, x, y = 0.62, wrist[0], wrist[1] + 42
        at = attrs.evolve(
            placement,
            scale=placement.scale * size,
            dx=placement.dx + x * placement.scale * placement.stretch,
            dy=placement.dy + y * placement.scale,
        )
        boxes[slot] = paint(sketch, picture, at, light, rng)


def _ground_shadow(picture: FloatArray, placement: Placement, side: float) -> None:
    height, width = picture.shape[:2]
    y = np.arange(height, dtype=np.float32)[:, None]
    x = np.arange(width, dtype=np.float32)[None, :]
    feet = placement.dy + SOLE * placement.scale
    top = max(0, int(feet - 30))
    dx = (x - placement.dx + side * 22) / 70
    dy = (y[top:] - feet + 2) / 11
    flat = picture.reshape(height, width * 3)
    flat[top:] *= np.repeat(1 - 0.42 * np.exp(-(dx * dx + dy * dy)), 3, axis=1)
