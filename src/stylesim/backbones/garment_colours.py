"""Where a garment ends, told by its colours: they are seldom those of the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import cv2
import numpy as np

from stylesim.backbones.garment_look import winners
from stylesim.backbones.garment_pieces import solid

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import numpy.typing as npt

    from stylesim.backbones.garment_look import Look
    from stylesim.types import BoolArray, FloatArray, UInt8Array

_LIGHT, _HUE = 8, 6  # bins of lightness, and of each of the two opponent colours
_SPAN = 96  # of the opponent colours, of 256: few clothes lie outside
_BLUR = 0.25  # of a bin's pixels that each neighbour is given
_ROUNDS, _WEIGHT = 3, 2.0
_EVERY = 3  # pixels, along each side, of which one is learned from
_MOST = 3.0  # nats that a colour may speak against a class
_FLOOR = 1e-5  # of all pixels, in every bin, before shares are taken
_REACH = 0.012  # of the picture's longer side, that an outline may go beyond what was seen
_LEFT = 0.1  # of a garment's pixels; with fewer, its colours are not its own
_FEWEST = 1e-3  # of all pixels, of a class that may be known by its colours


def outlines_by_colour(
    look: Look,
    image: UInt8Array,
    body: BoolArray,
    masks: Mapping[int, BoolArray],
    absent: Collection[int],
) -> dict[int, BoolArray]:
    """Outlines that end where the colours of their garments end.

    No garment is found that was not: colours alone would go over to somebody who stands behind.

    Args:
        look: What the network says, logits (c, h, w).
        image: The picture, (height, width, 3) RGB.
        body: Where somebody is, with all that is worn, (height, width), on the grid of the masks.
        masks: Outlines of the garments, by the number of their class.
        absent: Numbers of classes that are not there.

    Returns:
        New masks, on the same grid, of those garments of which enough is left.
    """
    if not masks:
        return {}
    classes = [k for k in range(len(look.pixels)) if k not in absent]
    look = told_by_colour(attrs.evolve(look, pixels=look.pixels[classes]), image)
    reach = round(_REACH * max(body.shape))
    ys, xs = np.flatnonzero(body.any(1)), np.flatnonzero(body.any(0))
    here = (
        slice(max(0, ys[0] - reach), min(len(body), ys[-1] + 1 + reach)),
        slice(max(0, xs[0] - reach), min(body.shape[1], xs[-1] + 1 + reach)),
    )
    winner = np.array(classes)[winners(_planes(look, body.shape, here))[0]]
    near = cv2.dilate(body[here].astype(np.uint8), np.ones((2 * reach + 1,) * 2, np.uint8)) > 0
    found = {}
    for number, mask in masks.items():
        closer = (winner == number) & near
        if closer.sum() > _LEFT * mask.sum():
            found[number] = np.zeros_like(mask)
            found[number][here] = solid(closer)
    return found


def _planes(look: Look, shape: tuple[int, int], here: tuple[slice, slice]) -> FloatArray:
    """Logits (c, h, w) in a part of the picture, on a grid of (height, width) for the whole."""
    (top, left, height, width), (rows, columns) = look.place, here
    step = width / shape[1], height / shape[0]
    first = left + columns.start * step[0], top + rows.start * step[1]
    return look.moved(first, step, (columns.stop - columns.start, rows.stop - rows.start))


def told_by_colour(look: Look, image: UInt8Array) -> Look:
    """Let the colours of a picture say where its garments end.

    Each class gets a histogram of the colours that the network gave it in this very picture, and
    each pixel is moved towards classes that have its colour; that is repeated, as the
    histograms then are those of better outlines. (Histograms as in Boykov and Jolly, ICCV 2001,
    learned again from each new segmentation as in GrabCut, Rother, Kolmogorov and Blake, SIGGRAPH
    2004, here from soft shares and without user or graph.)

    Args:
        look: What the network says, logits (c, h, w).
        image: The picture, (height, width, 3) RGB.

    Returns:
        The look with other logits, zero outside of the picture.
    """
    here = inside(look)
    logits = look.pixels[:, *here]
    classes, height, width = logits.shape
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    bins = colour_bins(np.asarray(small, np.uint8))
    few = bins[::_EVERY, ::_EVERY].ravel()  # enough to learn from
    order = np.argsort(few, kind="stable")
    filled, first, counts = np.unique(few[order], return_index=True, return_counts=True)
    given = logits[:, ::_EVERY, ::_EVERY].reshape(classes, -1)[:, order]
    now, said = given, np.zeros((classes, _LIGHT * _HUE * _HUE), np.float32)
    for again in range(_ROUNDS):
        table = np.zeros_like(said)
        table[:, filled] = np.add.reduceat(_shares(now), first, axis=1)
        said = _speaks(table)
        if again < _ROUNDS - 1:
            now = given + np.repeat(said[:, filled], counts, axis=1)
    pixels = np.zeros_like(look.pixels)
    pixels[:, *here] = logits + said[:, bins]
    return attrs.evolve(look, pixels=pixels)


def inside(look: Look) -> tuple[slice, slice]:
    """Rows and columns of a look's grid that show the picture."""
    (top, left, height, width), step = look.place, look.stride
    rows = slice(top // step, max(top // step + 1, -(-(top + height) // step)))
    return rows, slice(left // step, max(left // step + 1, -(-(left + width) // step)))


def colour_bins(image: UInt8Array) -> npt.NDArray[np.uint16]:
    """Number of the colour bin of each pixel (h, w): lightness and opponent colours of CIELAB."""
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(np.int16)
    light = lab[..., 0] * _LIGHT // 256
    a, b = (np.clip((lab[..., k] - 128) * _HUE // _SPAN + _HUE // 2, 0, _HUE - 1) for k in (1, 2))
    bins: npt.NDArray[np.uint16] = ((light * _HUE + a) * _HUE + b).astype(np.uint16)
    return bins


def _shares(logits: FloatArray) -> FloatArray:
    """Softmax over the classes of (c, n) logits."""
    shares: FloatArray = np.exp(logits - logits.max(0))
    shares /= shares.sum(0)
    return shares


def _speaks(table: FloatArray) -> FloatArray:
    """Log-odds (c, bins) that a colour gives each class, from the pixels of each, at most 0."""
    cube: FloatArray = table.reshape(-1, _LIGHT, _HUE, _HUE)
    for axis in (1, 2, 3):
        wide = np.pad(cube, [(0, 0)] + [(int(k == axis),) * 2 for k in (1, 2, 3)])
        n = cube.shape[axis]
        before, after = (wide.take(range(s, s + n), axis) for s in (0, 2))
        cube = cube + np.float32(_BLUR) * (before + after)
    smooth = cube.reshape(len(table), -1)
    total = smooth.sum(1, keepdims=True)
    floor = _FLOOR * total.sum()
    likely = np.log((smooth + floor) / (total + floor * smooth.shape[1]))
    said = _WEIGHT * np.clip(likely - likely.max(0), -_MOST, 0)
    said[total[:, 0] < _FEWEST * total.sum()] = 0
    out: FloatArray = said.astype(np.float32)
    return out
