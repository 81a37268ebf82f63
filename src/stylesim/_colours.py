"""The colours of a garment as a few numbers, and how far two garments' colours lie apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    import numpy.typing as npt

    from stylesim.garments import FoundGarment
    from stylesim.types import FloatArray

LEVELS = 8
_SIDE = 48  # pixels a side that are looked at
_FEWEST = 40  # an outline of fewer says nothing of the colours


def colours_of(picture: Image.Image, garment: FoundGarment | None) -> FloatArray | None:
    """Look at the colours inside the outline of a garment.

    Args:
        picture: The upright RGB picture in which the garment was found.
        garment: The garment; without a mask its box is the outline.

    Returns:
        float32 array of shape (3, 8): eight quantiles each of L* (0 to 100), a* and b* (about
        -128 to 127) of CIELAB (CIE 15:2004, D65); None where there is no garment, or next to
        nothing of it.
    """
    if garment is None:
        return None
    import cv2

    x0, y0, x1, y1 = garment.box
    small = picture.resize((_SIDE, _SIDE), Image.Resampling.NEAREST, box=garment.box)
    pixels = np.asarray(small.convert("RGB"), np.float32) / 255
    lab = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB))
    if garment.mask is not None:
        steps = (np.arange(_SIDE) + 0.5) / _SIDE
        rows = (y0 + steps * (y1 - y0)).astype(int)
        columns = (x0 + steps * (x1 - x0)).astype(int)
        inside = garment.mask[np.ix_(rows, columns)]
        if int(inside.sum()) < _FEWEST:
            return None
        lab = lab[inside]
    levels = (np.arange(LEVELS) + 0.5) / LEVELS
    quantiles = np.quantile(lab.reshape(-1, 3), levels, axis=0)
    return np.ascontiguousarray(quantiles.T, dtype=np.float32)


def colour_distances(
    one: npt.ArrayLike, others: npt.ArrayLike
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """How far colours lie apart, in units of CIELAB.

    The mean difference of the quantiles is the Wasserstein distance of the two distributions
    along each axis. Lightness stands apart, for it is what the light of a room changes first.

    Args:
        one: Array of shape (3, 8), as ``colours_of`` gives it.
        others: Array of shape (n, 3, 8); NaN where colours are not known.

    Returns:
        Two arrays of shape (n,): distance in lightness, and in colour without lightness.
    """
    apart = np.abs(np.asarray(others, np.float64) - np.asarray(one, np.float64)).mean(axis=2)
    return apart[:, 0], np.hypot(apart[:, 1], apart[:, 2])
