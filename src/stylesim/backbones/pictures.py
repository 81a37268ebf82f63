"""Pictures made ready for a network: decoded small, squared and stacked by a few threads."""

from __future__ import annotations

import math
import os
import sys
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np
from PIL import Image

from stylesim.images import load_shrunk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

    from stylesim.types import ImageLike, UInt8Array

GREY = (114, 114, 114)
"""The padding colour of YOLO."""

Squaring = Literal["pad", "crop"]

max_threads: int | None = None
"""Most threads that read pictures in this process; None for one a processor it may use."""

_LONGEST = 8
# The decoder reduces by averaging blocks, which blurs once more what the resize blurs anyway. At
# three times the side and more, class probabilities move by less than 0.02; at 1.5 times, by 0.07.
_DECODED = 3

_In = TypeVar("_In")
_Out = TypeVar("_Out")


def square(
    picture: Image.Image,
    side: int,
    how: Squaring = "pad",
    extent: tuple[float, float] | None = None,
) -> Image.Image:
    """Make an RGB picture square.

    Args:
        picture: Upright RGB picture of any size.
        side: Width and height of the result, in pixels.
        how: ``"pad"`` scales the long side to ``side`` and fills the rest with
            grey, so that all of the picture shows; ``"crop"`` scales the short
            side to ``side`` and cuts the middle out.
        extent: Width and height in pixels, if the picture ends within its last
            column and row; see ``stylesim.images.load_shrunk``.

    Returns:
        A new RGB picture of ``side`` x ``side`` pixels.

    Examples:
        >>> square(Image.new("RGB", (40, 20), "white"), 8).getpixel((0, 0))
        (114, 114, 114)
        >>> square(Image.new("RGB", (40, 20), "white"), 8, "crop").getpixel((0, 0))
        (255, 255, 255)
    """
    width, height = picture.size if extent is None else extent
    bilinear = Image.Resampling.BILINEAR
    if how == "crop":
        # Rounded as torchvision does, so that a network sees what it saw in Ultralytics' hands.
        short = min(width, height)
        if max(width, height) > _LONGEST * short:  # a thread; scaled up, it would fill the memory
            w, h = min(width, _LONGEST * short), min(height, _LONGEST * short)
            x, y = int(width - w) // 2, int(height - h) // 2
            cut = picture.crop((x, y, x + math.ceil(w), y + math.ceil(h)))
            picture, width, height = cut, w, h
        size = int(side * width / short), int(side * height / short)
        left, top = round((size[0] - side) / 2), round((size[1] - side) / 2)
        grown = picture.resize(size, bilinear, box=(0, 0, width, height))
        return grown.crop((left, top, left + side, top + side))
    scale = side / max(width, height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    resized = picture.resize(size, bilinear, box=(0, 0, width, height))
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
    *,
    early: bool | None = None,
) -> Iterator[UInt8Array]:
    """Yield square pictures in stacks of shape (up to ``batch_size``, side, side, 3).

    JPEG files are decoded at reduced size, by a few threads; ``early`` is as
    for ``ahead``.

    Raises:
        ImageError: A picture cannot be read; its place is named.
    """

    def ready(place: int) -> UInt8Array:
        name = f"{argument}[{place}]"
        picture, extent = load_shrunk(images[place], _DECODED * side, argument=name)
        return np.asarray(square(picture, side, how, extent))

    for some in ahead(ready, range(len(images)), batch_size, early=early):
        yield np.stack(some)


def ahead(
    function: Callable[[_In], _Out],
    items: Sequence[_In],
    batch_size: int,
    *,
    early: bool | None = None,
) -> Iterator[list[_Out]]:
    """Yield ``function`` of the items in batches, in order, computed by a few threads.

    Args:
        function: What to compute.
        items: Of what.
        batch_size: Most items in a batch.
        early: Whether the next batch is begun while the caller is busy with
            this one. None: if there are more cores than torch uses, since two
            that share a core wait for each other (measured on two cores: a
            quarter slower).
    """
    if len(items) == 1:  # no thread is worth its start
        yield [function(items[0])]
        return
    early = _threads() > _torch_threads() if early is None else early
    workers = min(4, _threads(), max(1, len(items)))
    with ThreadPoolExecutor(workers, thread_name_prefix="stylesim") as pool:
        futures: deque[Future[_Out]] = deque()
        try:
            for start in range(0, len(items), batch_size):
                end = start + batch_size * (2 if early else 1)
                fresh = items[start + len(futures) : end]
                futures.extend(pool.submit(function, item) for item in fresh)
                yield [futures.popleft().result() for _ in items[start : start + batch_size]]
        finally:
            for future in futures:
                future.cancel()


def _threads() -> int:
    if max_threads is not None:
        return max_threads
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _torch_threads() -> int:
    torch: Any = sys.modules.get("torch")  # not loaded for its sake
    return 0 if torch is None else torch.get_num_threads()
