"""Which places of a picture speak for a score: class activation maps of a YOLOv8 backbone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from stylesim.backbones.pictures import square

if TYPE_CHECKING:
    from collections.abc import Callable

    from stylesim.backbones.pictures import Squaring
    from stylesim.backbones.yolo import YoloBackbone
    from stylesim.types import FloatArray

_LAYER = 6
"""Of the nine layers: its 16-pixel cells are half as wide as those of the last layer, and the
maps of both were as faithful when the hottest places were deleted."""


def grad_cam(
    backbone: YoloBackbone, picture: Image.Image, slopes: Callable[[FloatArray], FloatArray]
) -> FloatArray:
    """Map how much each place of a picture raises a score of its pooled features.

    Args:
        backbone: The network.
        picture: RGB picture of any size.
        slopes: Takes features of shape (d,), before they are scaled to unit length; gives the
            derivative of the score by each of them, of shape (d,).

    Returns:
        float32 array of shape (image_size / 16, image_size / 16), at least 0, in no fixed unit.

    Method: R. Selvaraju, M. Cogswell, A. Das, R. Vedantam, D. Parikh and D. Batra, Grad-CAM:
    Visual Explanations from Deep Networks via Gradient-based Localization, ICCV 2017.
    """
    import torch

    trunk: Any = backbone._network
    pixels = np.array(square(picture, backbone.image_size, backbone.squaring))
    x = torch.from_numpy(pixels).to(backbone._place).permute(2, 0, 1)[None]
    x = x.to(torch.float32).div_(255)
    with torch.no_grad():
        for layer in trunk[: _LAYER + 1]:
            x = layer(x)
    with torch.enable_grad():
        maps = x.detach().requires_grad_(True)
        y = maps
        for layer in trunk[_LAYER + 1 :]:
            y = layer(y)
        pooled = y.mean((2, 3))[0]
        slope = np.asarray(slopes(pooled.detach().cpu().numpy()), np.float32)
        (gradient,) = torch.autograd.grad(pooled, maps, torch.from_numpy(slope).to(pooled.device))
    # Every place counts into a channel's weight: the mean over the places times their number.
    heat = (gradient.sum((2, 3), keepdim=True) * maps).sum(1).relu()[0]
    values: FloatArray = heat.detach().cpu().numpy().astype(np.float32)
    return values


def unsquared(values: FloatArray, size: tuple[int, int], how: Squaring) -> FloatArray:
    """Lay a map of a picture that was made square back onto the picture.

    Args:
        values: Array of shape (n, n): the map of the square.
        size: Width and height of the picture, in pixels.
        how: As in :func:`~stylesim.backbones.pictures.square`.

    Returns:
        float32 array of shape (height, width); 0 where the square did not show the picture.

    Example:
        >>> unsquared(np.ones((2, 2), np.float32), (4, 2), "crop").tolist()
        [[0.0, 1.0, 1.0, 0.0], [0.0, 1.0, 1.0, 0.0]]
    """
    width, height = size
    edge = min(size) if how == "crop" else max(size)
    large = np.asarray(
        Image.fromarray(np.asarray(values, np.float32)).resize(
            (edge, edge), Image.Resampling.BILINEAR
        )
    )
    out = np.zeros((height, width), np.float32)
    left, top = (width - edge) // 2, (height - edge) // 2
    if how == "crop":
        out[top : top + edge, left : left + edge] = large
    else:
        out[:] = large[-top : height - top, -left : width - left]
    return out
