"""Pictures made ready for a network: decoded small, squared, and stacked, ahead of its need."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np
from PIL import Image

from stylesim.images import load_image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from stylesim.types import ImageLike, UInt8Array

GREY = (114, 114, 114)
"""The padding colour of YOLO."""

Squaring = Literal["pad", "crop"]

_LONGEST = 8

_In = TypeVar("_In")
_Out = TypeVar("_Out")


def square(picture: Image.Image, side: int, how: Squaring = "pad") -> Image.Image:
    """Make an RGB picture square.

    Args:
        picture: Upright RGB picture of any size.
        side: Width and height of the result, in pixels.
        how: ``"pad"`` scales the long side to ``side`` and fills the rest with
            grey, so that all of the picture shows; ``"crop"`` scales the short
            side to ``side`` and cuts the middle out.

    Returns:
        A new RGB picture of ``side`` x ``side`` pixels.

    Example:
        >>> square(Image.new("RGB", (40, 20), "white"), 8).getpixel((0, 0))
        (114, 114, 114)
        >>> square(Image.new("RGB", (40, 20), "white"), 8, "crop").getpixel((0, 0))
        (255, 255, 255)
    """
    width, height = picture.size
    bilinear = Image.Resampling.BILINEAR
    if how == "crop":
        # Rounded as torchvision does, so that a network sees what it saw in Ultralytics' hands.
        short = min(width, height)
        if max(width, height) > _LONGEST * short:  # a thread; scaled up, it would fill the memory
            w, h = min(width, _LONGEST * short), min(height, _LONGEST * short)
            x, y = (width - w) // 2, (height - h) // 2
            picture, width, height = picture.crop((x, y, x + w, y + h)), w, h
        size = int(side * width / short), int(side * height / short)
        left, top = round((size[0] - side) / 2), round((size[1] - side) / 2)
        return picture.resize(size, bilinear).crop((left, top, left + side, top + side))
    scale = side / max(width, height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    resized = picture.resize(size, bilinear)
    if size == (side, side):
        return resized
    canvas = Image.new("RGB", (side, side), GREY)
    canvas.paste(resized, ((side - size[0]) // 2, (side - size[1]) // 2))
    return canvas


def batches(
    images: Sequence[ImageLike],
    side: int,
    how: Squaring,
    batch_size: int,
    argument: str = "images",
) -> Iterator[UInt8Array]:
    """Yield square pictures in stacks of shape (up to ``batch_size``, side, side, 3).

    JPEG files are decoded at reduced size, by a few threads that work one
    batch ahead of the caller.

    Raises:
        ImageError: A picture cannot be read; its place is named.
    """

    def ready(place: int) -> UInt8Array:
        name = f"{argument}[{place}]"
        picture = load_image(images[place], shrink_to=_decoded(side), argument=name)
        return np.asarray(square(picture, side, how))

    for some in ahead(ready, range(len(images)), batch_size):
        yield np.stack(some)


def _decoded(side: int) -> int:
    # Half again as large as needed: the decoder's own reduction is coarser than the resize.
    return side + side // 2


def ahead(
    function: Callable[[_In], _Out], items: Sequence[_In], batch_size: int
) -> Iterator[list[_Out]]:
    """Yield ``function`` of the items in batches, in order, computed one batch ahead."""
    workers = min(4, os.cpu_count() or 1, max(1, len(items)))
    with ThreadPoolExecutor(workers, thread_name_prefix="stylesim") as pool:
        futures = deque(pool.submit(function, item) for item in items[: 2 * batch_size])
        after = len(futures)
        try:
            while futures:
                some = [futures.popleft() for _ in range(min(batch_size, len(futures)))]
                done = [future.result() for future in some]
                fresh = items[after : after + batch_size]
                futures.extend(pool.submit(function, item) for item in fresh)
                after += len(fresh)
                yield done
        finally:
            for future in futures:
                future.cancel()
