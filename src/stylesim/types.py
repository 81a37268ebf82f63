"""Small shared values: what a picture may be, and where on the body a garment is worn."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias, Union

from stylesim.errors import expected

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from PIL import Image

    FloatArray: TypeAlias = npt.NDArray[np.float32]
    BoolArray: TypeAlias = npt.NDArray[np.bool_]
    UInt8Array: TypeAlias = npt.NDArray[np.uint8]

ImageLike: TypeAlias = Union[str, os.PathLike[str], bytes, "Image.Image", "npt.NDArray[np.uint8]"]
"""A path, encoded bytes, a PIL image, or an RGB uint8 array of shape (height, width, 3)."""


class Slot(StrEnum):
    """Where on the body a garment is worn.

    Examples:
        >>> Slot("top") is Slot.TOP
        True
    """

    TOP = "top"
    OUTER = "outer"
    FULL = "full"
    BOTTOM = "bottom"
    SHOES = "shoes"
    HEADWEAR = "headwear"
    BAG = "bag"
    ACCESSORY = "accessory"

    @classmethod
    def parse(cls, value: str | None, argument: str = "slot") -> Slot | None:
        """Read a slot from text, by its name or a common synonym.

        Args:
            value: Text such as ``"top"``, ``"Pants"``, ``"dresses"``; None stays None.
            argument: Name of the argument for the error message.

        Returns:
            The slot, or None for None.

        Raises:
            InvalidArgumentError: The text names no slot.

        Examples:
            >>> Slot.parse("Trousers")
            <Slot.BOTTOM: 'bottom'>
        """
        found = cls.guess(value)
        if value is not None and found is None:
            names = ", ".join(slot.value for slot in cls)
            raise expected(argument, f"one of {names}", value, "name one of these slots")
        return found

    @classmethod
    def guess(cls, value: str | None) -> Slot | None:
        """Read a slot from text, or None where the text names none."""
        if value is None:
            return None
        word = str(value).strip().lower().replace("_", " ").replace("-", " ")
        for form in (word, word.removesuffix("s"), word.removesuffix("es")):
            if form in _SYNONYMS:
                return _SYNONYMS[form]
        return None


_WORDS = {
    Slot.TOP: "top upper tee tshirt shirt longsleeve blouse polo sweater sweatshirt hoodie "
    "undershirt tank jumper knit bodysuit body",
    Slot.OUTER: "outer outerwear outwear jacket coat blazer cardigan vest parka padding cape",
    Slot.FULL: "full dress romper jumpsuit onepiece overall",
    Slot.BOTTOM: "bottom lower pants pant trouser trousers jean jeans skirt short shorts legging "
    "leggings",
    Slot.SHOES: "shoe shoes footwear boot sneaker sandal heel loafer flat",
    Slot.HEADWEAR: "headwear hat cap beanie headgear",
    Slot.BAG: "bag purse handbag backpack clutch",
    Slot.ACCESSORY: "accessory accessories scarf belt glasses sunglasses watch tie glove sock "
    "socks",
}
_SYNONYMS = {word: slot for slot, words in _WORDS.items() for word in words.split()}
_SYNONYMS |= {"t shirt": Slot.TOP, "one piece": Slot.FULL}

REGIONS_OF: dict[Slot, tuple[str, ...]] = {
    Slot.TOP: ("upper",),
    Slot.OUTER: ("upper",),
    Slot.FULL: ("upper", "lower"),
    Slot.BOTTOM: ("lower",),
    Slot.SHOES: ("shoes",),
    Slot.HEADWEAR: ("headwear",),
    Slot.BAG: ("bag",),
    Slot.ACCESSORY: ("accessory",),
}
"""The regions of the body that a garment of each slot covers: what is compared with what."""
