"""A teacher for outlines: EfficientNet-Lite2, tuned on clothes, with a wider feature pyramid.

It is the finder's network with a trunk of four times the compute and a decoder of twice the width.
Its first blocks and all spatial filters stay as ImageNet left them, as in `tune_teacher.py`.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
from tune_teacher import FROZEN, tuned

from stylesim.backbones.garment_net import GarmentMaps, GarmentNet, _block

#: Block of the trunk -> its channels and those of the pyramid there, at strides 2 to 32.
TAPS = {0: (16, 32), 3: (24, 64), 6: (48, 128), 14: (120, 128), 20: (352, 128)}


class OutlineTeacher(GarmentNet):
    """Outlines of body slots by EfficientNet-Lite2.

    Args:
        work: Where `tune_teacher.py --again` left the trunk to start from.
        n_pixel_classes: Channels of the pixel map.
        n_categories: Garment categories.
    """

    def __init__(self, work: Path, n_pixel_classes: int, n_categories: int) -> None:
        nn.Module.__init__(self)
        self.net = tuned(work, "again").net
        for name in ("_conv_head", "_bn1", "_fc", "_dropout", "_avg_pooling"):
            if hasattr(self.net, name):
                setattr(self.net, name, nn.Identity())
        widths = [width for _, width in TAPS.values()]
        self.lateral = nn.ModuleList(nn.Conv2d(c, w, 1) for c, w in TAPS.values())
        deep = TAPS[20][0]
        self.context = nn.Linear(deep, widths[-1])
        self.narrow = nn.ModuleList(
            nn.Conv2d(wide, w, 1) if wide != w else nn.Identity() for w, wide in pairwise(widths)
        )
        self.merge = nn.ModuleList(_block(w) for w in widths[:-1])
        self.finest = nn.ModuleDict()
        self.pixels = nn.Conv2d(widths[0], n_pixel_classes, 1)
        self.scene = nn.Linear(deep, 3)
        self.presence = nn.Linear(deep, n_categories)
        self.category = nn.Linear(deep + widths[2], n_categories)
        for part in (self.net._conv_stem, self.net._bn0, *self.net._blocks[:FROZEN]):
            part.requires_grad_(False)
        for block in self.net._blocks:
            block._depthwise_conv.requires_grad_(False)

    def forward(self, x: torch.Tensor) -> GarmentMaps:
        """Maps of (n, 3, h, w) pictures in 0..1, of half their height and width."""
        net, taps = self.net, []
        with torch.no_grad():
            x = net._swish(net._bn0(net._conv_stem((x * 255 - 127) / 128)))
            for index, block in enumerate(net._blocks[:FROZEN]):
                x = block(x)
                if index in TAPS:
                    taps.append(x)
        for index, block in enumerate(net._blocks[FROZEN:], FROZEN):
            x = block(x)
            if index in TAPS:
                taps.append(x)
        pooled = x.mean((2, 3))
        top = self.lateral[-1](x) + self.context(pooled)[:, :, None, None]
        for level in range(len(taps) - 2, -1, -1):
            lateral, top = self.lateral[level](taps[level]), self.narrow[level](top)
            top = F.interpolate(top, size=lateral.shape[2:], mode="nearest")
            top = self.merge[level](top + lateral)
            if level == 2:
                stride8 = top
        return GarmentMaps(self.pixels(top), self.scene(pooled), self.presence(pooled), stride8, x)

    def train(self, mode: bool = True) -> OutlineTeacher:
        super().train(mode)
        for part in (self.net._bn0, *self.net._blocks[:FROZEN]):
            part.eval()
        return self


def outline_teacher(work: Path, name: str = "outline_teacher") -> OutlineTeacher:
    """The teacher that `train_finder.py --teacher` left."""
    state = torch.load(work / f"{name}.pt")
    teacher = OutlineTeacher(work, len(state["pixels.bias"]), len(state["presence.bias"]))
    teacher.load_state_dict(state)
    return teacher.to(memory_format=torch.channels_last)
