"""Which places of a picture speak for a score: class activation maps of a YOLOv8 backbone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import attrs
import numpy as np
from PIL import Image

from stylesim.backbones.pictures import square

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stylesim.backbones.pictures import Squaring
    from stylesim.backbones.yolo import YoloBackbone
    from stylesim.types import FloatArray

Manner: TypeAlias = Literal["grad", "hires", "layer"]


@attrs.frozen
class Cam:
    """How a class activation map is made.

    Attributes:
        manner: ``"grad"``: each channel weighs what its gradient sums to (Grad-CAM);
            ``"hires"``: each place of each channel weighs its own gradient (HiResCAM);
            ``"layer"``: likewise, where that is positive (LayerCAM).
        layers: Which of the nine layers are looked into; the maps of several are each scaled to
            at most 1 and added.
    """

    manner: Manner = "grad"
    layers: tuple[int, ...] = (6,)

    @property
    def name(self) -> str:
        """Method and source."""
        return _NAMES[self.manner]


_NAMES: dict[Manner, str] = {
    "grad": "Grad-CAM (Selvaraju et al., ICCV 2017)",
    "hires": "HiResCAM (Draelos and Carin, 2020)",
    "layer": "LayerCAM (Jiang et al., TIP 2021)",
}

CHOSEN = Cam()
"""What told best which places matter when they were deleted; see benchmarks/explain.py."""


def activation_map(
    backbone: YoloBackbone,
    picture: Image.Image,
    slopes: Callable[[FloatArray], FloatArray],
    cam: Cam = CHOSEN,
    side: int | None = None,
    *,
    worn: bool = False,
) -> FloatArray:
    """Map how much each place of a picture raises a score of its pooled features.

    Args:
        backbone: The network.
        picture: RGB picture of any size.
        slopes: Takes features of shape (d,), before they are scaled to unit length; gives the
            derivative of the score by each of them, of shape (d,).
        cam: How.
        side: Of the square that the network sees, in pixels; None for its ``image_size``.
        worn: Whether the picture is a garment that somebody wears, cut out.

    Returns:
        float32 array of shape (n, n), at least 0, in no fixed unit: n is the number of cells
        along the square that the network sees, those of the finest layer.

    Methods: R. Selvaraju, M. Cogswell, A. Das, R. Vedantam, D. Parikh and D. Batra, Grad-CAM:
    Visual Explanations from Deep Networks via Gradient-based Localization, ICCV 2017; R. Draelos
    and L. Carin, Use HiResCAM Instead of Grad-CAM for Faithful Explanations of Convolutional
    Neural Networks, 2020; P.-T. Jiang, C.-B. Zhang, Q. Hou, M.-M. Cheng and Y. Wei, LayerCAM:
    Exploring Hierarchical Class Activation Maps for Localization, TIP 2021.
    """
    import torch

    trunk: Any = backbone.network(worn=worn)
    pixels = np.array(square(picture, side or backbone.image_size, backbone.squaring))
    first = min(cam.layers)
    # Callers may be in inference mode, in which nothing has a gradient.
    with torch.inference_mode(False), torch.no_grad():
        x = torch.from_numpy(pixels).to(backbone._place).permute(2, 0, 1)[None]
        x = x.to(torch.float32).div_(255)
        for layer in trunk[: first + 1]:
            x = layer(x)
    with torch.inference_mode(False), torch.enable_grad():
        y = x.detach().requires_grad_(True)
        maps = [y] if first in cam.layers else []
        for number, layer in enumerate(trunk[first + 1 :], first + 1):
            y = layer(y)
            if number in cam.layers:
                maps.append(y)
        pooled = y.mean((2, 3))[0]
        slope = np.asarray(slopes(pooled.detach().cpu().numpy()), np.float32)
        weights = torch.from_numpy(slope).to(pooled.device)
        gradients = torch.autograd.grad(pooled, maps, weights)
    heats = [
        _weighed(a.detach(), g, cam.manner).cpu().numpy().astype(np.float32)
        for a, g in zip(maps, gradients, strict=True)
    ]
    return heats[0] if len(heats) == 1 else _fused(heats)


def _weighed(maps: Any, gradient: Any, manner: Manner) -> Any:
    if manner == "grad":
        # Every place counts into a channel's weight: the mean over the places times their number.
        gradient = gradient.sum((2, 3), keepdim=True)
    elif manner == "layer":
        gradient = gradient.relu()
    return (gradient * maps).sum(1).relu()[0]


def _fused(heats: Sequence[FloatArray]) -> FloatArray:
    """The sum of maps of several layers, each at most 1 before, in the unit of the last."""
    side = max(len(heat) for heat in heats)
    total = np.zeros((side, side), np.float32)
    for heat in heats:
        largest = float(heat.max())
        if largest > 0:
            small = Image.fromarray(heat / np.float32(largest))
            total += np.asarray(small.resize((side, side), Image.Resampling.BILINEAR))
    total *= np.float32(heats[-1].max())
    return total


def unsquared(values: FloatArray, size: tuple[int, int], how: Squaring) -> FloatArray:
    """Lay a map of a picture that was made square back onto the picture.

    Args:
        values: Array of shape (n, n): the map of the square.
        size: Width and height of the picture, in pixels.
        how: As in ``stylesim.backbones.pictures.square``.

    Returns:
        float32 array of shape (height, width); 0 where the square did not show the picture.

    Examples:
        >>> unsquared(np.ones((2, 2), np.float32), (4, 2), "crop").tolist()
        [[0.0, 1.0, 1.0, 0.0], [0.0, 1.0, 1.0, 0.0]]
    """
    width, height = size
    edge = min(size) if how == "crop" else max(size)
    small = Image.fromarray(np.asarray(values, np.float32))
    left, top = (width - edge) // 2, (height - edge) // 2
    if how == "crop":
        out = np.zeros((height, width), np.float32)
        large = np.asarray(small.resize((edge, edge), Image.Resampling.BILINEAR))
        out[top : top + edge, left : left + edge] = large
        return out
    # Only what the picture fills of the square is made large: a strip's square could be huge.
    scale, end = len(values) / edge, float(len(values))
    x0, y0, x1, y1 = (min(n * scale, end) for n in (-left, -top, width - left, height - top))
    return np.array(small.resize(size, Image.Resampling.BILINEAR, box=(x0, y0, x1, y1)))
