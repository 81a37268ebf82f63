"""What a finder found, checked: it may be anybody's."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from stylesim.errors import expected
from stylesim.garments import FoundGarment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL import Image

    from stylesim.garments import AbstractGarmentFinder


_ROUNDING = 1e-6


def garments_in(
    finder: AbstractGarmentFinder, pictures: Sequence[Image.Image]
) -> list[list[FoundGarment]]:
    """Find the garments of pictures.

    Args:
        finder: Finds them.
        pictures: Upright RGB pictures.

    Returns:
        One list a picture, in its order.

    Raises:
        InvalidArgumentError: The finder gives something else; it is named.
    """
    found: Any = finder.find(pictures)
    lists = list(found) if isinstance(found, Iterable) else [found]
    if len(lists) != len(pictures) or not all(isinstance(some, Iterable) for some in lists):
        wish = f"{len(pictures)} lists of garments, one a picture"
        got = type(found).__name__ if len(lists) == len(pictures) else f"{len(lists)}"
        raise expected("finder", wish, f"{got} from {finder.name!r}", "correct its method find")
    checked = [list(some) for some in lists]
    for picture, garments in zip(pictures, checked, strict=True):
        for garment in garments:
            fault = _fault(garment, picture)
            if fault is not None:
                wish, got = fault
                todo = "correct its method find"
                raise expected("finder", wish, f"{got} from {finder.name!r}", todo)
    return checked


def _fault(garment: object, picture: Image.Image) -> tuple[str, str] | None:
    """What was expected of a garment, and what came instead; None where nothing is wrong."""
    if not isinstance(garment, FoundGarment):
        return "garments of type FoundGarment", type(garment).__name__
    width, height = picture.size
    box: Any = garment.box
    whole = isinstance(box, (tuple, list, np.ndarray)) and len(box) == 4
    whole = whole and all(isinstance(edge, (int, np.integer)) for edge in box)
    if not whole or not (0 <= box[0] < box[2] <= width and 0 <= box[1] < box[3] <= height):
        return f"boxes of whole pixels within the {width} x {height} of the picture", f"{box!r}"
    mask: Any = garment.mask
    if mask is not None:
        bools = isinstance(mask, np.ndarray) and mask.dtype == np.bool_
        if not bools or mask.shape != (height, width):
            kind = f"{mask.dtype} of shape {mask.shape}" if hasattr(mask, "dtype") else repr(mask)
            return f"masks of bool and of shape ({height}, {width})", kind
    category: object = garment.category
    if category is not None and not isinstance(category, str):
        return "categories as text", f"{category!r}"
    if not _is_share(garment.confidence):
        return "confidences in 0 to 1", f"{garment.confidence!r}"
    kinds: Any = garment.kinds
    if kinds is not None and not (
        isinstance(kinds, Mapping) and all(_is_share(one) for one in kinds.values())
    ):
        return "probabilities of kinds in 0 to 1, by name", f"{kinds!r}"
    return None


def _is_share(value: Any) -> bool:
    """Of any kind of number; sums of shares may be a rounding above 1."""
    try:
        number = math.nan if isinstance(value, str) else float(value)
    except (TypeError, ValueError):
        return False
    return 0 <= number <= 1 + _ROUNDING
