"""Cutting a garment out of its picture, as the networks saw it in training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from stylesim.backbones.pictures import GREY

if TYPE_CHECKING:
    from stylesim.garments import FoundGarment
    from stylesim.types import UInt8Array

CUT_SIDE = 320
"""Of what is cut out to be embedded, at most, in pixels: fading is work."""

_LARGEST = 4096  # side of a square in memory, unless as large a one is asked for
_THIN = 0.06  # of the fullest row or column of an outline
_REACH = 0.12  # of the blurred outline, as a share of the square
# How much of the picture shows where the blurred outline has each of its 256 levels.
_FADE = (1 / (1 + np.exp(-25 * (np.arange(256) / 255 - 0.06)))).astype(np.float32)


def frame_of(garment: FoundGarment, *, margin: float = 0.08) -> tuple[int, int, int]:
    """Left, top and side, in pixels, of the square in which a garment is cut out.

    Args:
        garment: The garment.
        margin: Added on every side, as a share of the box's longer side.

    Returns:
        May reach over the edge of the picture. Of what is worn, rows and columns in which its
        outline is thin do not count: stray pixels would move the square, and what is seen in it.

    Examples:
        >>> from stylesim import FoundGarment
        >>> frame_of(FoundGarment("top", "shirt", (10, 10, 30, 20)), margin=0.1)
        (8, 3, 24)
    """
    x0, y0, x1, y1 = _held(garment)
    longer = max(x1 - x0, y1 - y0)
    side = longer + 2 * round(margin * longer)
    return (x0 + x1 - side) // 2, (y0 + y1 - side) // 2, side


def _held(garment: FoundGarment) -> tuple[int, int, int, int]:
    """Its box, of what is worn without rows and columns that hold little of it."""
    left, top, right, bottom = garment.box
    if garment.mask is None or not garment.worn:
        return garment.box
    inside = garment.mask[top:bottom, left:right]
    if not inside.any():
        return garment.box
    ys, xs = (np.flatnonzero(n > _THIN * n.max()) for n in (inside.sum(1), inside.sum(0)))
    return left + int(xs[0]), top + int(ys[0]), left + int(xs[-1]) + 1, top + int(ys[-1]) + 1


def cut_out(
    image: Image.Image,
    garment: FoundGarment,
    *,
    margin: float = 0.08,
    fill: tuple[int, int, int] = GREY,
    max_side: int | None = None,
) -> Image.Image:
    """Cut a garment out of its picture in a square, and fade what is not the garment.

    No outline is exact, and what a tight one cuts away is missed more than what a wide one leaves
    is in the way. So the surroundings fade within a tenth of the square, and a trace of
    them stays.

    Args:
        image: The upright RGB picture in which the garment was found.
        garment: The garment. Without a mask, its box is the outline.
        margin: Added on every side, as a share of the box's longer side.
        fill: RGB colour, 0 to 255, that everything else fades to.
        max_side: A larger square is scaled down to this many pixels a side.

    Returns:
        A new square RGB picture.

    Examples:
        >>> from PIL import Image
        >>> from stylesim import FoundGarment
        >>> found = FoundGarment("top", "shirt", (10, 10, 30, 20))
        >>> cut_out(Image.new("RGB", (64, 64)), found, margin=0.1).size
        (24, 24)
    """
    left, top, side = frame_of(garment, margin=margin)
    size = side if max_side is None else min(side, max_side)
    whole = min(side, max(size, _LARGEST))
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(image.width, left + side), min(image.height, top + side)

    def place(*box: int) -> tuple[slice, slice]:
        x, y = (
            [(n - at) * whole // side for n in ns]
            for at, ns in ((left, box[::2]), (top, box[1::2]))
        )
        return np.s_[y[0] : max(y[1], y[0] + 1), x[0] : max(x[1], x[0] + 1)]

    here = place(x0, y0, x1, y1)
    picture = np.full((whole, whole, 3), fill, np.uint8)
    outline = np.zeros((whole, whole), np.uint8)
    picture[here] = _scaled(np.asarray(image.crop((x0, y0, x1, y1))), *outline[here].shape)
    if garment.mask is None:
        outline[place(*garment.box)] = 255
    else:
        outline[here] = _scaled(garment.mask[y0:y1, x0:x1] * np.uint8(255), *outline[here].shape)
    return Image.fromarray(_faded(picture, outline, size, fill))


def _faded(
    picture: UInt8Array, outline: UInt8Array, size: int, fill: tuple[int, int, int]
) -> UInt8Array:
    """Scale a square to ``size`` and fade what lies outside of its outline; as in training."""
    import cv2

    picture, outline = _scaled(picture, size, size), _scaled(outline, size, size)
    reach = int(size * _REACH) // 2 * 2 + 1
    near = cv2.blur(outline, (reach, reach), borderType=cv2.BORDER_REPLICATE)
    shown = cv2.LUT(near, _FADE)
    blended = cv2.blendLinear(picture, np.full_like(picture, fill), shown, 1 - shown)
    return np.asarray(blended, np.uint8)


def _scaled(pixels: UInt8Array, height: int, width: int) -> UInt8Array:
    import cv2

    if pixels.shape[:2] == (height, width):
        return pixels
    smaller = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(smaller, np.uint8)
