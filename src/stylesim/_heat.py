"""Heat of a picture: what a backbone's maps of its garments say about the wanted class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from stylesim._views import GarmentView, PictureView
from stylesim.backbones.activation import CHOSEN, Cam, activation_map, unsquared
from stylesim.backbones.closely import garment_side
from stylesim.backbones.pictures import square
from stylesim.backbones.yolo import YoloBackbone
from stylesim.garments import cut_out, frame_of
from stylesim.types import REGIONS_OF, Slot

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stylesim.backbones.base import AbstractBackbone
    from stylesim.functional import Floats
    from stylesim.garments import FoundGarment
    from stylesim.types import BoolArray, FloatArray

WHOLE = "whole"
OCCLUSION = "occlusion (Zeiler and Fergus, ECCV 2014)"

_STEP = 0.02  # of finite differences, as a share of the features' length
_CELLS, _PATCH = 7, 1.5  # of occlusion: places a side, and a patch in units of a place
_SIDE = 224
_LARGEST = 4096  # of a garment cut out, in pixels a side: a map of it grows with the square
_GREY = (114, 114, 114)
_LEAST = 1e-30
_SLOT_OF: dict[str, Slot | None] = {
    WHOLE: None,
    **{regions[0]: slot for slot, regions in reversed(REGIONS_OF.items()) if len(regions) == 1},
}


def log_odds(model: Any, units: FloatArray, region: str, lengths: Floats | None = None) -> Floats:
    """Log-odds of the wanted class against all others, in one region, of vectors (n, d).

    The model's heads are asked, not read: whatever a head is made of, it can be explained.
    """
    lengths = np.ones(len(units)) if lengths is None else lengths
    slot = _SLOT_OF[region]
    views = []
    for unit, length in zip(units, lengths, strict=True):
        part = GarmentView(slot, None, 1.0, unit, float(length))
        views.append(PictureView(() if slot is None else (part,), part))
    rows = [found[region] for found in model.proba_by_region(views)]
    table = np.stack(rows).astype(np.float64)
    # The sum of the others, not 1 - p: near 1 that difference has no digits left.
    wanted, others = np.maximum(table[:, 0], _LEAST), np.maximum(table[:, 1:].sum(1), _LEAST)
    odds: Floats = np.log(wanted) - np.log(others)
    return odds


def slopes_of(
    model: Any, backbone: YoloBackbone, region: str, told: Mapping[str, float] | None = None
) -> Callable[[FloatArray], FloatArray]:
    """Derivative of ``log_odds`` by the pooled features, by central differences.

    Args:
        model: A fitted classifier.
        backbone: What makes vectors of features.
        region: Of the body, or ``"whole"``.
        told: What the finder says of the kind of garment, which stays as it is.
    """

    def odds(features: Floats) -> Floats:
        units = backbone.vectors(features.astype(np.float32), [told] * len(features))
        return log_odds(model, units, region, np.linalg.norm(features, axis=1))

    def slopes(features: FloatArray) -> FloatArray:
        middle = np.asarray(features, np.float64)
        step = _STEP * float(np.linalg.norm(middle)) * np.eye(len(middle))
        above, below = np.split(odds(np.concatenate([middle + step, middle - step])), 2)
        out: FloatArray = ((above - below) / (2 * step[0, 0])).astype(np.float32)
        return out

    return slopes


def crop_heat(
    model: Any,
    backbone: AbstractBackbone,
    crop: Image.Image,
    region: str,
    cam: Cam | None = CHOSEN,
    told: Mapping[str, float] | None = None,
    *,
    closely: bool = False,
    worn: bool = False,
) -> tuple[FloatArray, str]:
    """Heat of a picture that the backbone sees as a whole, of its shape, and the method's name.

    With ``closely`` it is a garment cut out, which some backbones see larger, with ``worn`` one
    that somebody wears, for which some have a network of its own.
    """
    if cam is not None and isinstance(backbone, YoloBackbone):
        slopes = slopes_of(model, backbone, region, told)
        side = garment_side(backbone) if closely else None
        values = activation_map(backbone, crop, slopes, cam, side, worn=worn)
        return unsquared(values, crop.size, backbone.squaring), cam.name
    return unsquared(_occlusion(model, backbone, crop, region), crop.size, "pad"), OCCLUSION


def _occlusion(
    model: Any, backbone: AbstractBackbone, crop: Image.Image, region: str
) -> FloatArray:
    """How far grey patches lower the log-odds; for backbones without maps to look into."""
    canvas = square(crop, _SIDE)
    cell = _SIDE / _CELLS
    patch = Image.new("RGB", (round(_PATCH * cell),) * 2, _GREY)
    pictures = [canvas]
    for place in range(_CELLS**2):
        covered = canvas.copy()
        y, x = divmod(place, _CELLS)
        corner = [round((at + 0.5) * cell - patch.width / 2) for at in (x, y)]
        covered.paste(patch, (corner[0], corner[1]))
        pictures.append(covered)
    odds = log_odds(model, backbone.embed(pictures), region)
    falls: FloatArray = np.maximum(odds[0] - odds[1:], 0).astype(np.float32)
    return falls.reshape(_CELLS, _CELLS)


def area_of(picture: Image.Image, garment: FoundGarment | None) -> BoolArray:
    """Mark the places of a picture that show a garment; all of them for None."""
    out = np.full((picture.height, picture.width), garment is None)
    if garment is not None:
        left, top, right, bottom = garment.box
        out[top:bottom, left:right] = True
        if garment.mask is not None:
            out &= garment.mask
    return out


def garment_heat(
    model: Any,
    backbone: AbstractBackbone,
    picture: Image.Image,
    garment: FoundGarment | None,
    weights: Mapping[str, float],
    cam: Cam | None = CHOSEN,
) -> tuple[FloatArray, str]:
    """Heat of one garment in its picture.

    Args:
        model: A fitted classifier.
        backbone: What embeds its garments.
        picture: RGB picture.
        garment: Found in it; None is the whole picture.
        weights: For each region of the garment, how much its map counts.
        cam: How to look into a YOLOv8 backbone; None covers places instead.

    Returns:
        float32 array of shape (height, width) of the picture, 0 outside the garment, and the
        name of the method.
    """
    crop = picture if garment is None else cut_out(picture, garment, max_side=_LARGEST)
    told = None if garment is None else garment.kinds
    total, method = np.zeros((crop.height, crop.width), np.float32), ""
    how = {"closely": garment is not None, "worn": garment is not None and garment.worn}
    for region, weight in weights.items():
        values, method = crop_heat(model, backbone, crop, region, cam, told, **how)
        total += np.float32(weight) * values
    if garment is None:
        return total, method
    left, top, side = frame_of(garment)
    x0, y0, x1, y1 = garment.box
    x0, y0, x1, y1 = max(x0, left), max(y0, top), min(x1, left + side), min(y1, top + side)
    out = np.zeros((picture.height, picture.width), np.float32)
    if crop.width == side:
        out[y0:y1, x0:x1] = total[y0 - top : y1 - top, x0 - left : x1 - left]
    else:
        n = crop.width / side
        box = ((x0 - left) * n, (y0 - top) * n, (x1 - left) * n, (y1 - top) * n)
        smooth = Image.Resampling.BILINEAR
        large = Image.fromarray(total).resize((x1 - x0, y1 - y0), smooth, box=box)
        out[y0:y1, x0:x1] = np.asarray(large)
    if garment.mask is not None:
        out *= garment.mask
    return out, method
