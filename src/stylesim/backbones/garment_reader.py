"""Runs the garment finder's network on pictures and reads its maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import cv2
import numpy as np
import torch

from stylesim.backbones.devices import half_is_fast
from stylesim.backbones.garment_colours import outlines_by_colour
from stylesim.backbones.garment_look import Look, at_picture, letterbox, winners
from stylesim.backbones.garment_pieces import largest, solid
from stylesim.backbones.pictures import ahead

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from stylesim.backbones.garment_net import GarmentNet
    from stylesim.types import BoolArray, FloatArray, UInt8Array

_FIRST, _SECOND = (320, 224), (480, 320)  # height and width of what an upright picture is put on
_BATCH = 8  # more do not fit the caches of a processor
_WORN, _LAID, _NONE = 0, 1, 2
_UNREPORTED = {"background", "person", "accessory"}
_SMALL = {"shoes": 0.0015, "headwear": 0.0015, "bag": 0.004, "top": 0.003}
_FEWEST = 0.01  # of a picture's pixels, of any other garment
# The likeliest slot of each pixel is not the best outline: of a top in an open jacket, or of a hat,
# too little would be left. So these slots get their pixels a little sooner.
_FAVOUR = {"top": 0.35, "headwear": 0.7}
_LEAST = 1e-30  # of a share, for its logarithm
_PLACE = 0.3  # what the pixels say of the slot of a garment laid out, beside its category


@attrs.frozen(eq=False)
class Region:
    """One garment as the network sees it; see ``stylesim.garments.FoundGarment``.

    Attributes:
        places: For one that is laid out, how much each slot has of its outline, 0 to 1.
    """

    slot: str
    category: str
    box: tuple[int, int, int, int]
    mask: BoolArray
    confidence: float
    worn: bool
    kinds: Mapping[str, float]
    places: Mapping[str, float] = attrs.field(factory=dict)


class GarmentReader:
    """Reads garments off pictures with two of ``GarmentNet``.

    Args:
        net: The network, in evaluation mode, that looks at every picture.
        meta: ``pixel_classes`` and ``categories`` (names, in order) and ``slot_of``.
        name: Identity for caches.
        device: Where the networks are.
        second: One for the second look, at somebody; the same network unless told.

    Attributes:
        closest: Height and width of what an upright picture is put on for fine outlines.
    """

    closest = (704, 480)

    def __init__(
        self,
        net: GarmentNet,
        meta: dict[str, Any],
        name: str,
        device: str,
        second: GarmentNet | None = None,
    ) -> None:
        self.net, self.second = net, net if second is None else second
        self.name, self.device = name, device
        self.half = half_is_fast(device)
        self.pixel_classes: list[str] = meta["pixel_classes"]
        self.categories: list[str] = meta["categories"]
        self.slot_of: dict[str, str] = meta["slot_of"]

    def read(self, images: Sequence[UInt8Array], *, fine: bool = False) -> list[list[Region]]:
        """Find the garments of RGB pictures of shape (height, width, 3), largest first.

        Args:
            images: The pictures.
            fine: Whether to take more time for outlines of what is worn, for one look more, at
                more pixels, and for the colours of the picture. The garments are the same.
        """
        out: list[list[Region]] = [[] for _ in images]
        upright = [i for i, image in enumerate(images) if image.shape[0] >= image.shape[1]]
        wide = [i for i, image in enumerate(images) if image.shape[0] < image.shape[1]]
        for indices in (upright, wide):
            for start in range(0, len(indices), _BATCH):
                some = indices[start : start + _BATCH]
                for index, regions in zip(
                    some, self._batch([images[i] for i in some], fine), strict=True
                ):
                    out[index] = regions
        return out

    def _batch(self, images: Sequence[UInt8Array], fine: bool) -> list[list[Region]]:
        """Look at pictures that are all upright, or all wide."""
        looks = self._look(images, self.net, _FIRST, kinds_too=True)
        worn = [i for i, one in enumerate(looks) if one.scene.argmax() == _WORN]
        somebody, closer = [images[i] for i in worn], dict[int, Look]()
        # Garments of an outfit are small, and either side of a body is as good as the other.
        seconds = self._look(somebody, self.second, _SECOND, mirrored=True)
        for i, second in zip(worn, seconds, strict=True):
            looks[i] = looks[i].with_second(second)
        if fine:
            closest = self._look(somebody, self.second, self.closest)
            two = zip(seconds, closest, strict=True)
            closer = dict(zip(worn, (one.with_second(other) for one, other in two), strict=True))

        def read(i: int) -> list[Region]:
            scene = looks[i].scene
            if scene.argmax() == _NONE:
                return []
            real = 1.0 - float(scene[_NONE])
            if scene[_LAID] > scene[_WORN]:
                return self._laid(images[i], looks[i], real)
            return self._worn(images[i], looks[i], real, closer.get(i))

        (regions,) = ahead(read, range(len(images)), len(images))
        return regions

    def _look(
        self,
        images: Sequence[UInt8Array],
        net: GarmentNet,
        shape: tuple[int, int],
        *,
        mirrored: bool = False,
        kinds_too: bool = False,
    ) -> list[Look]:
        """Look at pictures of one orientation, on frames of (height, width)."""
        if not images:
            return []
        canvases, places = zip(*(letterbox(image, shape) for image in images), strict=True)
        half = torch.autocast("cpu", torch.bfloat16, enabled=self.half)
        with torch.inference_mode(), half:
            x = torch.from_numpy(np.stack(canvases)).to(self.device).permute(0, 3, 1, 2)
            x = x.flip(3) if mirrored else x
            maps = net(x.float().div_(255).contiguous(memory_format=torch.channels_last))
            scenes = maps.scene.float().softmax(1).cpu().numpy()
            pixels = maps.pixels.float()
            kinds: list[FloatArray] = [np.zeros((0, len(self.categories)), np.float32)] * len(x)
            if kinds_too:
                coarse = pixels.softmax(1)
                kinds = [
                    self._categories(
                        self._soft(coarse[i], laid=scene[_LAID] > scene[_WORN]),
                        (maps.stride8[i : i + 1], maps.stride32[i : i + 1]),
                    )
                    for i, scene in enumerate(scenes)
                ]
            pixels = pixels.flip(3) if mirrored else pixels
        planes = pixels.cpu().contiguous().numpy()
        stride = len(canvases[0]) // planes.shape[2]
        return [Look(*one, stride) for one in zip(scenes, planes, places, kinds, strict=True)]

    def _soft(self, coarse: Tensor, *, laid: bool) -> Tensor:
        """Where what is to be named lies, of shape (m, h, w): a garment laid out, or each slot."""
        if laid:
            return coarse[2:].sum(0, keepdim=True)
        return coarse[[k for k, n in enumerate(self.pixel_classes) if n not in _UNREPORTED]]

    def _laid(self, image: UInt8Array, look: Look, real: float) -> list[Region]:
        coarse = look.pixels
        # Which slot it is of does not depend on where exactly it ends, so one plane is scaled.
        shares = np.exp(coarse - coarse.max(0))
        odds = np.log(shares[2:].sum(0) + _LEAST) - np.log(shares[:2].sum(0) + _LEAST)
        fine = at_picture(odds[None], look, image.shape[:2])[0]
        mask = fine > 0
        if mask.mean() < _FEWEST:
            return []
        here = odds >= min(0.0, float(odds.max()))
        shares = shares[:, here] / shares[:, here].sum(0)
        places = {
            name: float(shares[number].mean())
            for number, name in enumerate(self.pixel_classes)
            if name not in _UNREPORTED
        }
        # Inside the outline the mean is a half at least, for noise too.
        sure = real * (2 * float((1 / (1 + np.exp(-fine[mask]))).mean()) - 1)
        region = self._region("", look.kinds[0], sure, mask, False, image)
        return [self.named(attrs.evolve(region, places=places), region.kinds)]

    def named(self, region: Region, kinds: Mapping[str, float]) -> Region:
        """Give a garment that is laid out the slot and category that are likeliest.

        Args:
            region: The garment.
            kinds: Probabilities of its categories; those of ``region`` stay as they are.
        """
        of_slot = {slot: _PLACE * share for slot, share in region.places.items()}
        for name, value in kinds.items():
            of_slot[self.slot_of[name]] = of_slot.get(self.slot_of[name], 0.0) + value
        slot = max((s for s in of_slot if s in region.places), key=lambda s: of_slot[s])
        return attrs.evolve(region, slot=slot, category=self._best(kinds, slot))

    def _worn(
        self, image: UInt8Array, look: Look, real: float, closer: Look | None
    ) -> list[Region]:
        favour = np.array([_FAVOUR.get(name, 0.0) for name in self.pixel_classes], np.float32)
        logits = at_picture(look.pixels + favour[:, None, None], look, image.shape[:2])
        winner, most = winners(logits)
        # The softmax of the winning class; nobody asks for that of the others.
        probability = sum(np.exp(here - most) for here in logits) ** -1
        winner[~largest(winner > 0)] = 0
        counts = np.bincount(winner.ravel(), minlength=len(self.pixel_classes))
        names = [n for n in self.pixel_classes if n not in _UNREPORTED]
        masks, said = {}, {}
        for row, name in zip(look.kinds, names, strict=True):
            number = self.pixel_classes.index(name)
            fewest = _SMALL.get(name, _FEWEST) * winner.size
            if counts[number] < fewest:
                continue
            mask = solid(winner == number)
            if mask.sum() >= fewest:
                masks[number] = mask
                said[number] = row, real * float(probability[mask].mean())
        if closer is not None:
            absent = {self.pixel_classes.index(name) for name in names} - masks.keys()
            closer = attrs.evolve(closer, pixels=closer.pixels + favour[:, None, None])
            masks |= outlines_by_colour(closer, image, winner > 0, masks, absent)
        regions = [
            self._region(self.pixel_classes[k], *said[k], masks[k], True, image) for k in masks
        ]
        return sorted(regions, key=lambda r: -int(r.mask.sum()))

    def _categories(self, masks: Tensor, features: tuple[Tensor, Tensor]) -> FloatArray:
        a, b = (f.expand(len(masks), -1, -1, -1) for f in features)
        p: FloatArray = self.net.categories(a, b, masks).float().softmax(1).cpu().numpy()
        return p

    def _best(self, kinds: Mapping[str, float], slot: str) -> str:
        """The likeliest category of those worn on a slot; "" for none."""
        fits = [name for name in self.categories if self.slot_of[name] == slot]
        return max(fits, key=lambda name: kinds[name], default="")

    def _region(
        self,
        slot: str,
        row: FloatArray,
        confidence: float,
        mask: BoolArray,
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
        kinds = {name: float(p) for name, p in zip(self.categories, row, strict=True)}
        return Region(slot, self._best(kinds, slot), box, mask, confidence, worn, kinds)
