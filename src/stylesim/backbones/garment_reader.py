"""Runs the garment finder's network on pictures and reads its maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import cv2
import numpy as np
import torch
import torch.nn.functional as F

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from stylesim.backbones.garment_net import GarmentNet
    from stylesim.types import BoolArray, UInt8Array

LONG, SHORT = 320, 224
_BATCH = 16
_WORK_SIDE = 512  # outlines are drawn at most this large, then scaled to the picture
_WORN, _LAID, _NONE = 0, 1, 2
_UNREPORTED = {"background", "person", "accessory"}
_SMALL = {"shoes": 0.0015, "headwear": 0.0015, "bag": 0.004}
_LARGE = 0.01


@attrs.frozen(eq=False)
class Region:
    """One garment as the network sees it; see ``stylesim.garments.FoundGarment``."""

    slot: str
    category: str
    box: tuple[int, int, int, int]
    mask: BoolArray
    confidence: float
    worn: bool


class GarmentReader:
    """Reads garments off pictures with a :class:`GarmentNet`.

    Args:
        net: The network, in evaluation mode.
        meta: ``pixel_classes`` and ``categories`` (names, in order) and ``slot_of``.
        name: Identity for caches.
        device: Where the network is.
    """

    def __init__(self, net: GarmentNet, meta: dict[str, Any], name: str, device: str) -> None:
        self.net, self.name, self.device = net, name, device
        self.pixel_classes: list[str] = meta["pixel_classes"]
        self.categories: list[str] = meta["categories"]
        self.slot_of: dict[str, str] = meta["slot_of"]

    def read(self, images: Sequence[UInt8Array]) -> list[list[Region]]:
        """Find the garments of RGB pictures of shape (height, width, 3), largest first."""
        out: list[list[Region]] = [[] for _ in images]
        upright = [i for i, image in enumerate(images) if image.shape[0] >= image.shape[1]]
        wide = [i for i, image in enumerate(images) if image.shape[0] < image.shape[1]]
        for indices, shape in ((upright, (LONG, SHORT)), (wide, (SHORT, LONG))):
            for start in range(0, len(indices), _BATCH):
                some = indices[start : start + _BATCH]
                for index, regions in zip(
                    some, self._batch([images[i] for i in some], shape), strict=True
                ):
                    out[index] = regions
        return out

    def _batch(self, images: Sequence[UInt8Array], shape: tuple[int, int]) -> list[list[Region]]:
        canvases, places = zip(*(_letterbox(image, shape) for image in images), strict=True)
        with torch.inference_mode():
            x = torch.from_numpy(np.stack(canvases)).to(self.device).permute(0, 3, 1, 2)
            x = x.float().div_(255).contiguous(memory_format=torch.channels_last)
            maps = self.net(x)
            scenes = maps.scene.softmax(1).cpu().numpy()
            return [
                self._decode(
                    image,
                    place,
                    maps.pixels[i : i + 1],
                    scenes[i],
                    (maps.stride8[i : i + 1], maps.stride32[i : i + 1]),
                )
                for i, (image, place) in enumerate(zip(images, places, strict=True))
            ]

    def _decode(
        self,
        image: UInt8Array,
        place: tuple[int, int, int, int],
        logits: Tensor,
        scene: np.ndarray[Any, Any],
        features: tuple[Tensor, Tensor],
    ) -> list[Region]:
        if scene.argmax() == _NONE:
            return []
        real = 1.0 - float(scene[_NONE])
        coarse = logits.softmax(1)[0]
        if scene[_LAID] > scene[_WORN]:
            soft = [coarse[2:].sum(0)]
        else:
            soft = [coarse[k] for k, n in enumerate(self.pixel_classes) if n not in _UNREPORTED]
        probability = _at_picture(logits, place, image.shape[:2])
        height, width = probability.shape[1:]
        if scene[_LAID] > scene[_WORN]:
            inside = probability[2:].sum(0)
            mask = inside > 0.5
            if mask.mean() < _LARGE:
                return []
            category, slots = self._categories(torch.stack(soft), features)
            share = {
                n: float(probability[k][mask].mean()) for k, n in enumerate(self.pixel_classes)
            }
            score = {s: (slots[0].get(s, 0.0) + share[s]) / 2 for s in share if s != "accessory"}
            slot = max(score, key=lambda s: score[s])
            return [
                self._region(
                    slot,
                    self._best(category[0], slot),
                    mask,
                    real * float(inside[mask].mean()),
                    False,
                    image,
                )
            ]
        winner = probability.argmax(0)
        winner[~_largest(winner > 0)] = 0
        regions = []
        names = [n for n in self.pixel_classes if n not in _UNREPORTED]
        category, _ = self._categories(torch.stack(soft), features)
        for row, name in enumerate(names):
            mask = _solid(winner == self.pixel_classes.index(name))
            if mask.sum() < _SMALL.get(name, _LARGE) * height * width:
                continue
            sure = real * float(probability[self.pixel_classes.index(name)][mask].mean())
            best = self._best(category[row], name)
            regions.append(self._region(name, best, mask, sure, True, image))
        return sorted(regions, key=lambda r: -int(r.mask.sum()))

    def _categories(
        self, masks: Tensor, features: tuple[Tensor, Tensor]
    ) -> tuple[np.ndarray[Any, Any], list[dict[str, float]]]:
        a, b = (f.expand(len(masks), -1, -1, -1) for f in features)
        p = self.net.categories(a, b, masks).softmax(1).cpu().numpy()
        slots: list[dict[str, float]] = []
        for row in p:
            total: dict[str, float] = {}
            for name, value in zip(self.categories, row, strict=True):
                total[self.slot_of[name]] = total.get(self.slot_of[name], 0.0) + float(value)
            slots.append(total)
        return p, slots

    def _best(self, row: np.ndarray[Any, Any], slot: str) -> str:
        """The likeliest category of those worn on a slot."""
        fits = [k for k, c in enumerate(self.categories) if self.slot_of[c] == slot]
        return self.categories[max(fits, key=lambda k: row[k])]

    def _region(
        self,
        slot: str,
        category: str,
        mask: BoolArray,
        confidence: float,
        worn: bool,
        image: UInt8Array,
    ) -> Region:
        height, width = image.shape[:2]
        if mask.shape != (height, width):
            grown = cv2.resize(
                mask.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST
            )
            mask = grown.astype(bool)
        ys, xs = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        box = (int(xs[0]), int(ys[0]), int(xs[-1]) + 1, int(ys[-1]) + 1)
        return Region(slot, category, box, mask, confidence, worn)


def _letterbox(
    image: UInt8Array, shape: tuple[int, int]
) -> tuple[UInt8Array, tuple[int, int, int, int]]:
    h, w = image.shape[:2]
    scale = min(shape[0] / h, shape[1] / w)
    nh, nw = max(1, round(h * scale)), max(1, round(w * scale))
    top, left = (shape[0] - nh) // 2, (shape[1] - nw) // 2
    canvas = np.full((*shape, 3), 114, np.uint8)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    canvas[top : top + nh, left : left + nw] = cv2.resize(image, (nw, nh), interpolation=how)
    return canvas, (top, left, nh, nw)


def _at_picture(
    logits: Tensor, place: tuple[int, int, int, int], shape: tuple[int, int]
) -> np.ndarray[Any, Any]:
    """Class probabilities (c, h, w) in the picture's own frame, at most 512 a side."""
    top, left, nh, nw = place
    full = F.interpolate(logits, scale_factor=4, mode="bilinear")
    scale = min(1.0, _WORK_SIDE / max(shape))
    size = (max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale)))
    inside = full[:, :, top : top + nh, left : left + nw]
    return F.interpolate(inside, size=size, mode="bilinear").softmax(1)[0].float().cpu().numpy()


def _pieces(mask: BoolArray) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    return labels, areas


def _largest(mask: BoolArray) -> BoolArray:
    """The largest connected piece, and pieces that lie within its width (a hat, a far shoe)."""
    labels, areas = _pieces(mask)
    if len(areas) <= 2:
        return mask
    main = labels == int(areas.argmax())
    columns = np.flatnonzero(main.any(0))
    within = np.zeros(mask.shape[1], bool)
    within[columns[0] : columns[-1] + 1] = True
    keep = [k for k in range(1, len(areas)) if within[(labels == k).any(0)].mean() > 0.5]
    return np.isin(labels, keep)


def _solid(mask: BoolArray) -> BoolArray:
    """Without crumbs: pieces smaller than a tenth of the largest are dropped."""
    labels, areas = _pieces(mask)
    if len(areas) <= 2:
        return mask
    return np.isin(labels, np.flatnonzero(areas >= 0.1 * areas.max()))
