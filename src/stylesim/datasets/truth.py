"""Drawn pictures with what is known of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from stylesim.types import REGIONS_OF

if TYPE_CHECKING:
    from PIL import Image

    from stylesim.types import Slot


@attrs.frozen
class GarmentTruth:
    """What is known of a drawn garment.

    Attributes:
        slot: Where it is worn.
        category: Its category, as ``stylesim.garments.FoundGarment`` names them.
        kind: Its name in plain words, finer than the category: ``"jeans"``.
        style: The style it belongs to, one of ``stylesim.datasets.STYLE_NAMES``.
        colour: Name of its colour.
        pattern: ``"plain"``, ``"stripes"``, ``"checks"`` or ``"dots"``.
        box: Where it is in the picture: left, top, right, bottom in pixels.

    Examples:
        >>> from stylesim.datasets import make_closet
        >>> make_closet(n=1, style="sporty")[0].truth.title
        'Orange hoodie'
    """

    slot: Slot
    category: str
    kind: str
    style: str
    colour: str
    pattern: str
    box: tuple[int, int, int, int]

    @property
    def title(self) -> str:
        """Its description, as a shop would put it."""
        words = {"stripes": "striped ", "checks": "checked ", "dots": "dotted "}
        return f"{self.colour} {words.get(self.pattern, '')}{self.kind}".capitalize()


@attrs.frozen(eq=False)
class DrawnGarment:
    """A picture of one garment laid out, hung up or photographed for a shop.

    Attributes:
        image: RGB, 320 x 400 pixels.
        truth: What is known of the garment.
        background: ``"wood"``, ``"sheet"``, ``"wall"`` or ``"studio"``.

    Examples:
        >>> from stylesim.datasets import make_closet
        >>> garment = make_closet(n=1, style="padding")[0]
        >>> garment.category, str(garment.slot), garment.style
        ('coat', 'outer', 'padding')
    """

    image: Image.Image
    truth: GarmentTruth
    background: str

    @property
    def slot(self) -> Slot:
        """Where the garment is worn."""
        return self.truth.slot

    @property
    def category(self) -> str:
        """Its category."""
        return self.truth.category

    @property
    def style(self) -> str:
        """The style it belongs to."""
        return self.truth.style


@attrs.frozen(eq=False)
class DrawnOutfit:
    """A picture of a figure that wears an outfit.

    Attributes:
        image: RGB, 320 x 480 pixels.
        garments: What is known of each garment worn.
        style: The style that top and bottom share, None where they differ.
        background: ``"street"`` or ``"wall"``.

    Examples:
        >>> from stylesim.datasets import make_style
        >>> outfit = make_style("sporty", n=1)[0]
        >>> outfit.image.size, outfit.style, str(outfit.bottom.slot)
        ((320, 480), 'sporty', 'bottom')
    """

    image: Image.Image
    garments: tuple[GarmentTruth, ...]
    style: str | None
    background: str

    @property
    def top(self) -> GarmentTruth:
        """The garment on the upper body."""
        return next(g for g in self.garments if "upper" in REGIONS_OF[g.slot])

    @property
    def bottom(self) -> GarmentTruth:
        """The garment on the lower body."""
        return next(g for g in self.garments if "lower" in REGIONS_OF[g.slot])
