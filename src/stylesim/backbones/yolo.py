"""YOLOv8 classification networks as backbones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from stylesim._checks import check_whole, plain_whole
from stylesim.backbones.base import AbstractBackbone, listed
from stylesim.backbones.checkpoint import Weights, content_of
from stylesim.backbones.devices import half_is_fast, pick_device
from stylesim.backbones.kinds import WEIGHT, Kinds, kinds_of
from stylesim.backbones.network import bundled_trunk, inside, trunk_of
from stylesim.backbones.pictures import batches
from stylesim.backbones.sources import (
    LARGEST,
    bundled_of,
    check_settings,
    check_side,
    check_weights,
    find_weights,
    usual_size,
)
from stylesim.backbones.storing import WORN
from stylesim.errors import expected
from stylesim.functional import unit_rows

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence

    from torch import Tensor, nn

    from stylesim.backbones.pictures import Squaring
    from stylesim.types import FloatArray, ImageLike

_LOOKING = 2  # changes with how garments are looked at, so that what caches hold is seen again


@attrs.define(eq=False)
class YoloBackbone(AbstractBackbone):
    """A YOLOv8 classification network up to its pooled features.

    The features are the global average of the last layer before the
    classification layer: 256 numbers for size n, 512 for s, 768 for m, 1024
    for l and 1280 for x. Weights that know kinds of garment, as the bundled
    ones do, add the square roots of their probabilities: 21 numbers. Weights
    may also hold a second network, for garments that somebody wears: the
    bundled ones do (see ``features``).

    Args:
        weights: ``"stylesim-n"``, the bundled weights that know clothes; a
            path to a classification ``.pt`` of Ultralytics or to a
            ``.safetensors`` of stylesim; or a size letter (n, s, m, l, x) or a
            name such as ``"yolov8n-cls.pt"`` for Ultralytics' ImageNet
            weights. The latter are taken from a file of that name in the
            working folder and downloaded to there if there is none: nothing
            else in stylesim downloads weights.
        image_size: Side of the square that the network sees, in pixels: a
            multiple of 32, at most 4096. Unless it is passed 192 for the bundled weights,
            near the sizes at which they learned, and 224 for others.
        device: ``"auto"`` (CUDA, else MPS, else CPU) or a device of torch.
        squaring: ``"pad"`` shows the network all of a picture, ``"crop"`` the
            square in its middle, as Ultralytics' own ``predict`` does.
        batch_size: Pictures that run through the network at once.
        neck: Whether the network ends with the convolution of the
            classification layer, where one that was fine-tuned as a whole has
            its features: 1280 numbers in every size.

    Attributes:
        source: The weights, and where they came from.
        digest: SHA-256 of the file of the bundled weights, for others of the tensors that are used
            and how they are: what a file says of itself is not believed.
        kinds: Tells kinds of garment; None where the weights know none.

    Raises:
        InvalidArgumentError: A setting is out of range.
        DamagedFileError: The file is not whole or holds another network.
        UnsafeFileError: The file asks to run code; nothing of it was run.
        StorageError: There is no such file and it cannot be downloaded.

    Examples:
        >>> from PIL import Image
        >>> backbone = YoloBackbone()
        >>> backbone.embed([Image.new("RGB", (64, 48), "navy")]).shape
        (1, 277)

    Architecture: G. Jocher, A. Chaurasia and J. Qiu, Ultralytics YOLOv8, 2023.
    """

    weights: str | os.PathLike[str] | Weights = "stylesim-n"
    image_size: int = attrs.field(converter=plain_whole, kw_only=True)
    device: str = attrs.field(default="auto", kw_only=True)
    squaring: Squaring = attrs.field(default="pad", kw_only=True)
    batch_size: int = attrs.field(default=16, kw_only=True)
    neck: bool = attrs.field(default=False, kw_only=True)
    source: Weights = attrs.field(init=False, repr=False)
    digest: str = attrs.field(init=False, repr=False)
    kinds: Kinds | None = attrs.field(init=False, repr=False)
    _network: nn.Sequential = attrs.field(init=False, repr=False)
    _worn: nn.Sequential = attrs.field(init=False, repr=False)
    _place: str = attrs.field(init=False, repr=False)
    _half: bool = attrs.field(init=False, repr=False)

    @image_size.default
    def _size(self) -> int:
        return usual_size(self.weights)

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.weights, Weights):
            check_weights(self.weights)
        check_settings(self.image_size, self.device)
        if self.squaring not in ("pad", "crop"):
            raise expected("squaring", "'pad' or 'crop'", self.squaring, "pass one of these")
        check_whole("batch_size", self.batch_size, "pass batch_size=16")
        self._place = pick_device(self.device)
        given = self.weights
        self.source = given if isinstance(given, Weights) else find_weights(given)
        self.kinds = None if self.neck else kinds_of(self.source)
        # Ours is trained in half precision; what others trained gives what it gives elsewhere.
        self._half = self.kinds is not None and half_is_fast(self._place)
        self._network = self._worn = self._built(worn=False)
        if self.kinds is not None and any(n.startswith(WORN) for n in self.source.tensors):
            self._worn = self._built(worn=True)
        self.digest = self.source.digest
        if bundled_of(self.digest) is None:
            names = () if self.kinds is None else self.kinds.names
            self.digest = content_of(self.used_tensors(), self.source.eps, names)

    @property
    def name(self) -> str:  # type: ignore[override]
        """Weights, by name and digest, with all settings that change the vectors."""
        end = "+neck" if self.neck else "" if self.kinds is None else f"+{_LOOKING}"
        # Few digits of what is not known beforehand could be met by trying.
        digits = self.digest[: 8 if bundled_of(self.digest) else 16]
        return f"{self.source.stem}@{digits}/{self.image_size}{self.squaring}{end}"

    @property
    def dim(self) -> int:  # type: ignore[override]
        """Length of the vectors."""
        return self._width() + (0 if self.kinds is None else len(self.kinds.names))

    def embed(self, images: Sequence[ImageLike]) -> FloatArray:
        """Embed each picture as it is; see ``AbstractBackbone``."""
        return self.vectors(self.features(images))

    def vectors(
        self, features: FloatArray, told: Sequence[Mapping[str, float] | None] | None = None
    ) -> FloatArray:
        """Make vectors of unit length of pooled features.

        Args:
            features: Array of shape (n, channels).
            told: For each row what a finder says of the kind of garment, or None.

        Returns:
            float32 array of shape (n, d).
        """
        rows = unit_rows(features).astype(np.float32)
        return rows if self.kinds is None else self.kinds.vectors(rows, told)

    def features(
        self,
        images: Sequence[ImageLike],
        *,
        side: int | None = None,
        worn: bool = False,
        on_pictures: Callable[[int], object] | None = None,
    ) -> FloatArray:
        """Pooled features before they are scaled to unit length.

        Args:
            images: n pictures.
            side: Of the square that the network sees, in pixels, a multiple of 32; None for
                ``image_size``.
            worn: Whether these are garments that somebody wears, cut out: some weights, as the
                bundled ones, hold a second network for these.
            on_pictures: Called after each batch with the number of its pictures.

        Returns:
            float32 array of shape (n, channels).

        Raises:
            ImageError: A picture cannot be read; its place is named.
            InvalidArgumentError: ``side`` is no multiple of 32.
        """
        import torch

        pictures = listed(images)
        rows = [np.zeros((0, self._width()), np.float32)]
        early = None if self._place == "cpu" else True
        side = self.image_size if side is None else plain_whole(side)
        check_side(side, "side", 2 * LARGEST)  # garments are seen larger than pictures
        network = self.network(worn=worn)
        stacks = batches(pictures, side, self.squaring, self.batch_size, early=early)
        half = torch.autocast("cpu", torch.bfloat16, enabled=self._half)
        with torch.inference_mode(), half:
            for stack in stacks:
                x = torch.from_numpy(stack).to(self._place).permute(0, 3, 1, 2)
                x = x.to(torch.float32).div_(255).contiguous(memory_format=torch.channels_last)
                rows.append(network(x).float().mean((2, 3)).cpu().numpy())
                if on_pictures is not None:
                    on_pictures(len(stack))
        return np.concatenate(rows)

    def network(self, *, worn: bool = False) -> nn.Sequential:
        """Return the layers up to the pooled features, to look into.

        Those of the bundled weights are shared by all that use them: do not change them.

        Args:
            worn: Whether those for garments that somebody wears, if the weights hold such.

        Returns:
            The layers, in evaluation mode, on the backbone's device: float32 pictures of shape
            (n, 3, h, w), 0 to 1, to maps of shape (n, channels, h / 32, w / 32).

        Examples:
            >>> len(YoloBackbone().network())
            9
        """
        return self._worn if worn else self._network

    def used_tensors(self) -> dict[str, Tensor]:
        """The tensors of ``source`` that this backbone uses, by name."""
        return {
            name: tensor
            for name, tensor in self.source.tensors.items()
            if inside(name, neck=self.neck)
            or (self.kinds is not None and (name == WEIGHT or name.startswith(WORN)))
        }

    def _width(self) -> int:
        """Channels of the pooled features."""
        last: Any = self._network[-1]
        return int((last.conv if self.neck else last.cv2.conv).out_channels)

    def _built(self, *, worn: bool) -> nn.Sequential:
        if bundled_of(self.source.digest) and not self.neck:
            return bundled_trunk(self.source, self._place, worn=worn)
        return trunk_of(self.source, self._place, neck=self.neck, worn=worn)
