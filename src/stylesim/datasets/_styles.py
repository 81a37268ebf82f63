"""The garments there are, the four drawn styles and their colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from stylesim.datasets import _bottoms, _extras, _outers, _shirts, _tops
from stylesim.datasets._fabric import RGB, Fabric, tone
from stylesim.types import Slot

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from stylesim.datasets._canvas import Sketch
    from stylesim.datasets._pose import Pose

COLOURS: dict[str, RGB] = {
    "white": (244.0, 243.0, 240.0),
    "cream": (240.0, 229.0, 206.0),
    "blush": (238.0, 196.0, 200.0),
    "lilac": (205.0, 188.0, 226.0),
    "mint": (188.0, 222.0, 204.0),
    "peach": (246.0, 206.0, 178.0),
    "powder blue": (188.0, 208.0, 230.0),
    "red": (196.0, 44.0, 48.0),
    "royal blue": (44.0, 76.0, 164.0),
    "green": (44.0, 122.0, 84.0),
    "orange": (228.0, 116.0, 40.0),
    "grey": (146.0, 148.0, 154.0),
    "charcoal": (68.0, 70.0, 76.0),
    "black": (36.0, 36.0, 40.0),
    "navy": (36.0, 44.0, 74.0),
    "olive": (92.0, 96.0, 62.0),
    "burgundy": (108.0, 36.0, 48.0),
    "mustard": (204.0, 156.0, 48.0),
    "brown": (112.0, 78.0, 54.0),
    "camel": (190.0, 152.0, 108.0),
    "light blue": (176.0, 202.0, 230.0),
    "denim": (72.0, 98.0, 144.0),
    "dark denim": (48.0, 62.0, 96.0),
}


@attrs.frozen
class Kind:
    """One kind of garment: how it is drawn, where it is worn, what it is made of."""

    draw: Callable[[Sketch, Pose, np.random.Generator], None]
    slot: Slot
    category: str
    texture: str
    price: float
    stretch: float = 1.0
    patterns: tuple[str, ...] = ("plain",)


_ANY = ("plain", "plain", "stripes", "checks")
_SOFT = ("plain", "plain", "dots", "stripes")

KINDS: dict[str, Kind] = {
    "t-shirt": Kind(
        _tops.t_shirt, Slot.TOP, "t-shirt", "weave", 19, 1.18, ("plain", "plain", "stripes")
    ),
    "shirt": Kind(_shirts.shirt, Slot.TOP, "shirt", "weave", 45, 1.12, _ANY),
    "blouse": Kind(_shirts.blouse, Slot.TOP, "blouse", "silk", 49, 1.06, _SOFT),
    "sweater": Kind(
        _tops.sweater, Slot.TOP, "longsleeve", "knit", 55, 1.12, ("plain", "plain", "stripes")
    ),
    "hoodie": Kind(_tops.hoodie, Slot.TOP, "hoodie", "weave", 48, 1.12),
    "blazer": Kind(
        _outers.blazer,
        Slot.OUTER,
        "blazer",
        "wool",
        129,
        1.10,
        ("plain", "plain", "plain", "pinstripes"),
    ),
    "padded coat": Kind(_outers.padded_coat, Slot.OUTER, "coat", "nylon", 149, 1.10),
    "dress": Kind(_bottoms.dress, Slot.FULL, "dress", "silk", 69, 1.08, _SOFT),
    "pants": Kind(
        _bottoms.pants,
        Slot.BOTTOM,
        "pants",
        "wool",
        69,
        1.32,
        ("plain", "plain", "plain", "pinstripes"),
    ),
    "joggers": Kind(_bottoms.joggers, Slot.BOTTOM, "pants", "weave", 42, 1.28),
    "jeans": Kind(_bottoms.jeans, Slot.BOTTOM, "pants", "denim", 65, 1.32),
    "shorts": Kind(_bottoms.shorts, Slot.BOTTOM, "shorts", "nylon", 25, 1.15),
    "skirt": Kind(_bottoms.skirt, Slot.BOTTOM, "skirt", "silk", 52, 1.10, _SOFT),
    "sneakers": Kind(_extras.sneakers, Slot.SHOES, "shoes", "weave", 75),
    "boots": Kind(_extras.boots, Slot.SHOES, "shoes", "leather", 110),
    "oxfords": Kind(_extras.oxfords, Slot.SHOES, "shoes", "leather", 120),
    "flats": Kind(_extras.flats, Slot.SHOES, "shoes", "leather", 59),
    "cap": Kind(_extras.hat, Slot.HEADWEAR, "hat", "weave", 22),
    "beanie": Kind(_extras.beanie, Slot.HEADWEAR, "hat", "knit", 20),
    "bag": Kind(_extras.bag, Slot.BAG, "bag", "leather", 89),
}


@attrs.frozen
class Style:
    """Kinds and colours that make one style."""

    tops: tuple[str, ...]
    bottoms: tuple[str, ...]
    shoes: str
    extras: tuple[str, ...]
    top_colours: tuple[str, ...]
    bottom_colours: tuple[str, ...]
    shoe_colours: tuple[str, ...]
    brand: str

    def colours(self, slot: Slot, kind: str) -> tuple[str, ...]:
        """Names of the colours that a kind comes in."""
        if kind == "jeans":
            return ("denim", "dark denim", "black")
        if slot is Slot.BOTTOM:
            return self.bottom_colours
        if slot in {Slot.TOP, Slot.OUTER, Slot.FULL}:
            return self.top_colours
        return self.shoe_colours


_PASTELS = ("blush", "lilac", "mint", "cream", "powder blue", "peach", "white")

STYLES: dict[str, Style] = {
    "wannabe": Style(
        ("blouse",),
        ("skirt",),
        "flats",
        ("bag", "dress"),
        _PASTELS,
        _PASTELS,
        ("blush", "cream", "camel"),
        "Example Atelier",
    ),
    "sporty": Style(
        ("hoodie", "t-shirt"),
        ("joggers", "shorts"),
        "sneakers",
        ("cap", "t-shirt"),
        ("red", "royal blue", "grey", "black", "green", "orange"),
        ("black", "navy", "grey", "royal blue", "charcoal"),
        ("white", "royal blue", "red", "grey"),
        "Sample Sport",
    ),
    "padding": Style(
        ("padded coat",),
        ("jeans",),
        "boots",
        ("beanie", "sweater"),
        ("black", "olive", "navy", "burgundy", "mustard", "grey"),
        ("denim", "dark denim"),
        ("brown", "black"),
        "Demo Down",
    ),
    "suit": Style(
        ("blazer",),
        ("pants",),
        "oxfords",
        ("shirt", "bag"),
        ("charcoal", "navy", "black", "grey"),
        ("charcoal", "navy", "black", "grey"),
        ("black", "brown"),
        "Model Tailors",
    ),
}
_SHIRT_COLOURS = ("white", "light blue", "grey")


@attrs.frozen
class Choice:
    """One garment before it is drawn."""

    kind: str
    style: str
    colour: str
    pattern: str
    fabric: Fabric


def choose(style: str, kind: str, rng: np.random.Generator) -> Choice:
    """Colour and pattern for a kind of garment in a style."""
    made = KINDS[kind]
    names = STYLES[style].colours(made.slot, kind)
    if kind == "shirt":
        names = _SHIRT_COLOURS
    colour = names[int(rng.integers(0, len(names)))]
    pattern = made.patterns[int(rng.integers(0, len(made.patterns)))]
    base = COLOURS[colour]
    # Lighter or darker far more than of another hue, so that the colour keeps its name.
    light, shift = float(rng.uniform(-9, 9)), rng.uniform(-2.5, 2.5, 3)
    base = (
        min(250.0, max(20.0, base[0] + light + float(shift[0]))),
        min(250.0, max(20.0, base[1] + light + float(shift[1]))),
        min(250.0, max(20.0, base[2] + light + float(shift[2]))),
    )
    pale = sum(base) > 600
    second: RGB = (246.0, 245.0, 242.0)
    if pale:
        second = COLOURS[("navy", "burgundy", "charcoal")[int(rng.integers(0, 3))]]
    period, duty, angle = float(rng.uniform(9, 15)), 0.5, 0.0
    if pattern == "dots":
        period, duty = float(rng.uniform(9, 14)), 0.5
    if pattern == "pinstripes":
        # Thin upright stripes of nearly the same colour.
        period, duty, angle, second = 6.0, 0.14, 1.5708, tone(base, 1.45)
    elif pattern == "stripes" and kind in {"shirt", "blouse", "skirt"}:
        period, duty, angle = float(rng.uniform(5, 8)), 0.26, 1.5708
    drawn = "stripes" if pattern == "pinstripes" else pattern
    fabric = Fabric(base, drawn, second, period, duty, angle, made.texture)
    return Choice(kind, style, colour, drawn, fabric)
