"""A closer look at garments: cut out, one fills its picture, so there is more to see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import ImageOps

from stylesim.backbones.pictures import GREY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL import Image

    from stylesim.backbones.yolo import YoloBackbone
    from stylesim.types import FloatArray

_LARGER = 7 / 6  # than whole pictures: a zip or a collar is a few pixels
_STRIDE = 32
_FARTHER = 0.9  # of its size, the second time that a garment is looked at


def close_side(image_size: int) -> int:
    """Side of the square that a network sees closely, in pixels; 224 for one that sees 192.

    Examples:
        >>> close_side(192), close_side(224)
        (224, 256)
    """
    return _STRIDE * round(image_size * _LARGER / _STRIDE)


def garment_side(backbone: YoloBackbone) -> int | None:
    """Side at which a backbone that knows kinds of garment sees them cut out; None as usual."""
    return None if backbone.kinds is None else close_side(backbone.image_size)


def features_closely(
    backbone: YoloBackbone, crops: Sequence[Image.Image], worn: Sequence[bool] | None = None
) -> FloatArray:
    """Look at garments larger than at whole pictures; if laid out, once more from farther away.

    The second look is mirrored, at nine tenths of the size.
    What is worn is seen by the network for it, where the weights hold one.

    Args:
        backbone: The network.
        crops: n garments, cut out.
        worn: Which of them somebody wears; none unless it is told.

    Returns:
        float32 array of shape (n, channels): of those that are laid out the mean of both looks.
    """
    on = np.zeros(len(crops), bool) if worn is None else np.asarray(worn, bool)
    side, parts = garment_side(backbone), []
    alone = [crop for crop, one in zip(crops, on, strict=True) if not one]
    if alone or not len(crops):
        both = backbone.features([*alone, *map(_farther, alone)], side=side)
        parts.append((both[: len(alone)] + both[len(alone) :]) / np.float32(2))
    if on.any():
        others = [crop for crop, one in zip(crops, on, strict=True) if one]
        parts.append(backbone.features(others, side=side, worn=True))
    found: FloatArray = np.concatenate(parts)
    return found[np.argsort(np.argsort(on, kind="stable"))]  # in the order they came


def _farther(crop: Image.Image) -> Image.Image:
    """Its mirror image, smaller in its frame."""
    border = round(crop.width * (1 / _FARTHER - 1) / 2)
    return ImageOps.expand(ImageOps.mirror(crop), border, GREY)
