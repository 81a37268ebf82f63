"""A closer look at garments that are laid out: one fills its picture, so there is more to see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import ImageOps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL import Image

    from stylesim.backbones.yolo import YoloBackbone
    from stylesim.types import FloatArray

_LARGER = 7 / 6  # than pictures of garments that are worn: a zip or a collar is a few pixels
_STRIDE = 32


def close_side(image_size: int) -> int:
    """Side of the square that a network sees closely, in pixels; 224 for one that sees 192.

    Example:
        >>> close_side(192), close_side(224)
        (224, 256)
    """
    return _STRIDE * round(image_size * _LARGER / _STRIDE)


def features_closely(backbone: YoloBackbone, crops: Sequence[Image.Image]) -> FloatArray:
    """Look at garments that are laid out twice, larger: as they are, and mirrored.

    Args:
        backbone: The network.
        crops: n garments, cut out.

    Returns:
        float32 array of shape (n, channels): the mean of both looks.
    """
    both = [*crops, *map(ImageOps.mirror, crops)]
    plain, turned = np.split(backbone.features(both, side=close_side(backbone.image_size)), 2)
    mean: FloatArray = (plain + turned) / np.float32(2)
    return mean
