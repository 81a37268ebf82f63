"""The garment finder's network: a YOLOv8-cls trunk, a feature pyramid, four small heads."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import Tensor

_TAPS = {2: 32, 4: 64, 6: 128, 8: 256}
_WIDTH = 96
_FINE = 48
_FINEST = 24


class GarmentMaps(NamedTuple):
    """What the network says of n pictures of h x w pixels.

    Attributes:
        pixels: (n, c, h/4, w/4) logits of the pixel classes; (n, c, h/2, w/2) of a fine network.
        scene: (n, s) logits of the kinds of picture.
        presence: (n, k) logits, one yes or no a category.
        stride8: (n, 96, h/8, w/8) features, and
        stride32: (n, 256, h/32, w/32) features, for ``GarmentNet.categories``.
    """

    pixels: Tensor
    scene: Tensor
    presence: Tensor
    stride8: Tensor
    stride32: Tensor


def _block(channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, channels, 3, padding=1, bias=False),
        nn.BatchNorm2d(channels),
        nn.SiLU(inplace=True),
    )


class GarmentNet(nn.Module):
    """Pixel map of body slots, kind of picture, and garment categories.

    A feature pyramid (Lin et al., CVPR 2017) over the taps of a YOLOv8n-cls trunk at strides
    4 to 32, with the pooled picture added at the top (as in PSPNet, Zhao et al., CVPR 2017).

    Args:
        layers: The nine layers of YOLOv8n-cls before its classification head.
        n_pixel_classes: Channels of the pixel map.
        n_categories: Garment categories.
        n_scenes: Kinds of picture (worn, laid out, neither).
        fine: Whether the pyramid has a level more, of stride 2, for outlines of what is narrow.
    """

    def __init__(
        self,
        layers: Iterable[nn.Module],
        n_pixel_classes: int,
        n_categories: int,
        n_scenes: int = 3,
        *,
        fine: bool = False,
    ) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        # Stride 4 holds most of the pixels, so it gets the fewest channels.
        widths = [_FINE, _WIDTH, _WIDTH, _WIDTH]
        self.lateral = nn.ModuleList(
            nn.Conv2d(c, w, 1) for c, w in zip(_TAPS.values(), widths, strict=True)
        )
        self.context = nn.Linear(256, _WIDTH)
        self.merge = nn.ModuleList(_block(w) for w in widths[:3])
        self.narrow = nn.Conv2d(_WIDTH, _FINE, 1)
        self.finest: nn.ModuleDict | None = None
        if fine:
            self.finest = nn.ModuleDict(
                {
                    "lateral": nn.Conv2d(16, _FINEST, 1),
                    "narrow": nn.Conv2d(_FINE, _FINEST, 1),
                    "merge": _block(_FINEST),
                }
            )
        self.pixels = nn.Conv2d(_FINEST if fine else _FINE, n_pixel_classes, 1)
        self.scene = nn.Linear(256, n_scenes)
        self.presence = nn.Linear(256, n_categories)
        self.category = nn.Linear(256 + _WIDTH, n_categories)

    def forward(self, x: Tensor) -> GarmentMaps:
        """Run the trunk and the pyramid.

        Args:
            x: (n, 3, h, w) RGB in 0..1; h and w multiples of 32.
        """
        taps = []
        for index, layer in enumerate(self.layers):
            x = layer(x)
            if index == 0:
                finest = x
            if index in _TAPS:
                taps.append(x)
        pooled = x.mean((2, 3))
        top = self.lateral[3](x) + self.context(pooled)[:, :, None, None]
        for level in (2, 1, 0):
            lateral = self.lateral[level](taps[level])
            if level == 0:
                stride8, top = top, self.narrow(top)
            top = F.interpolate(top, size=lateral.shape[2:], mode="nearest")
            top = self.merge[level](top + lateral)
        if self.finest is not None:
            lateral, top = self.finest["lateral"](finest), self.finest["narrow"](top)
            top = F.interpolate(top, size=lateral.shape[2:], mode="nearest")
            top = self.finest["merge"](top + lateral)
        return GarmentMaps(self.pixels(top), self.scene(pooled), self.presence(pooled), stride8, x)

    def categories(self, stride8: Tensor, stride32: Tensor, masks: Tensor) -> Tensor:
        """Category logits (m, k) of m masked garments.

        Args:
            stride8: (m, 96, h/8, w/8), one row a garment.
            stride32: (m, 256, h/32, w/32).
            masks: (m, H, W) soft masks in 0..1, of any size.
        """
        parts = []
        for features in (stride32, stride8):
            weight = F.interpolate(masks[:, None], size=features.shape[2:], mode="area") + 1e-4
            parts.append((features * weight).sum((2, 3)) / weight.sum((2, 3)))
        logits: Tensor = self.category(torch.cat(parts, 1))
        return logits

    def fuse_pyramid(self) -> None:
        """Fold the pyramid's batch normalisation into its convolutions, for inference."""
        fine = [] if self.finest is None else [self.finest["merge"]]
        for block in (*self.merge, *fine):
            assert isinstance(block, nn.Sequential)
            convolution, normalisation = block[0], block[1]
            assert isinstance(convolution, nn.Conv2d)
            assert isinstance(normalisation, nn.BatchNorm2d)
            block[0] = fuse_conv_bn_eval(convolution, normalisation)
            block[1] = nn.Identity()
