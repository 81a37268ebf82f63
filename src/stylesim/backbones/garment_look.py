"""One look of the garment finder's network at a picture, and how two become one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import cv2
import numpy as np

if TYPE_CHECKING:
    from stylesim.types import FloatArray, UInt8Array

_WORK_SIDE = 512  # outlines are drawn at most this large, then scaled to the picture


@attrs.frozen(eq=False)
class Look:
    """What the network says of one picture.

    Attributes:
        scene: (3,) probabilities of worn, laid out and neither.
        pixels: (c, h, w) logits of the pixel classes.
        place: Top, left, height and width of the picture on what the network saw.
        kinds: (m, categories) probabilities: of a garment laid out, or of each slot.
        stride: Pixels that the network saw for one of its map, along each side.
    """

    scene: FloatArray
    pixels: FloatArray
    place: tuple[int, int, int, int]
    kinds: FloatArray
    stride: int = 4

    def with_second(self, other: Look) -> Look:
        """The mean of two looks at one picture, on the grid of the other; it keeps the kinds.

        So whatever is worn is named by the network that names what is laid out, too.
        """
        (top, left, height, _), (to_top, to_left, to_height, _) = self.place, other.place
        ratio = height / to_height
        first, step = (left - ratio * to_left, top - ratio * to_top), ratio * other.stride
        moved = self.moved(first, (step, step), other.pixels.shape[:0:-1])
        pixels = other.pixels / np.float32(2) + moved / np.float32(2)
        return attrs.evolve(other, scene=self.scene, pixels=pixels, kinds=self.kinds)

    def moved(
        self, first: tuple[float, float], step: tuple[float, float], size: tuple[int, ...]
    ) -> FloatArray:
        """Logits (c, height, width) on another grid.

        Args:
            first: Where its first cell begins, x and y, in pixels that the network saw.
            step: How many of them a cell is wide and high.
            size: Its width and height, in cells.
        """
        start = (np.array(first) + np.array(step) / 2) / self.stride - 0.5
        back = np.column_stack([np.diag(step) / self.stride, start])
        how, edge = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, cv2.BORDER_REPLICATE
        planes = [cv2.warpAffine(p, back, size, flags=how, borderMode=edge) for p in self.pixels]
        return np.stack(planes)


def letterbox(
    image: UInt8Array, shape: tuple[int, int]
) -> tuple[UInt8Array, tuple[int, int, int, int]]:
    """Scale a picture into a grey frame of (height, width), the other way round for wide ones."""
    h, w = image.shape[:2]
    shape = shape if h >= w else shape[::-1]
    scale = min(shape[0] / h, shape[1] / w)
    nh, nw = max(1, round(h * scale)), max(1, round(w * scale))
    top, left = (shape[0] - nh) // 2, (shape[1] - nw) // 2
    canvas = np.full((*shape, 3), 114, np.uint8)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    canvas[top : top + nh, left : left + nw] = cv2.resize(image, (nw, nh), interpolation=how)
    return canvas, (top, left, nh, nw)


def at_picture(logits: FloatArray, look: Look, shape: tuple[int, int]) -> FloatArray:
    """Logits (c, h, w) on the grid of a look in the picture's own frame, at most 512 a side."""
    top, left, nh, nw = look.place
    canvas = logits.shape[1] * look.stride, logits.shape[2] * look.stride
    scale = min(1.0, _WORK_SIDE / max(shape))
    size = max(1, round(shape[1] * scale)), max(1, round(shape[0] * scale))
    out = np.empty((len(logits), size[1], size[0]), np.float32)
    for plane, grown in zip(logits, out, strict=True):
        full = cv2.resize(plane, canvas[::-1], interpolation=cv2.INTER_LINEAR)
        inside = full[top : top + nh, left : left + nw]
        cv2.resize(inside, size, dst=grown, interpolation=cv2.INTER_LINEAR)
    return out


def winners(logits: FloatArray) -> tuple[UInt8Array, FloatArray]:
    """Number of the likeliest class of each place, (h, w), and its logit; of (c, h, w)."""
    most, winner = logits[0].copy(), np.zeros(logits.shape[1:], np.uint8)
    for number, here in enumerate(logits[1:], start=1):  # faster than argmax over the first axis
        winner[here > most] = number
        np.maximum(most, here, out=most)
    return winner, most
