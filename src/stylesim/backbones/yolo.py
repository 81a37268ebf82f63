"""YOLOv8 classification networks as backbones: the one file that builds Ultralytics' layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from stylesim.backbones.base import AbstractBackbone, check_whole, listed
from stylesim.backbones.checkpoint import Weights
from stylesim.backbones.devices import half_is_fast, pick_device
from stylesim.backbones.fence import fenced, import_ultralytics
from stylesim.backbones.kinds import WEIGHT, Kinds, kinds_of
from stylesim.backbones.pictures import batches
from stylesim.backbones.sources import (
    check_settings,
    check_side,
    check_weights,
    find_weights,
    usual_size,
)
from stylesim.errors import DamagedFileError, expected
from stylesim.functional import unit_rows

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence

    from torch import Tensor, nn

    from stylesim.backbones.pictures import Squaring
    from stylesim.types import FloatArray, ImageLike

_SCALES = {
    "n": [0.33, 0.25, 1024],
    "s": [0.33, 0.50, 1024],
    "m": [0.67, 0.75, 1024],
    "l": [1.00, 1.00, 1024],
    "x": [1.00, 1.25, 1024],
}
_LAYERS = 9
NECK = "model.9.conv."
"""Where the names of the classification layer's convolution begin."""


def build_network(size: str = "n", *, classes: int = 1000, eps: float = 1e-5) -> Any:
    """Build an Ultralytics ``ClassificationModel`` of YOLOv8 with random weights.

    Its ``model`` is an ``nn.Sequential`` of nine layers (Conv, Conv, C2f, Conv,
    C2f, Conv, C2f, Conv, C2f) and the classification layer. The same weights
    come every time, and no random state is touched.

    Args:
        size: Letter of the size: n, s, m, l or x.
        classes: Number of classes.
        eps: What batch normalisation adds to the variance.

    Returns:
        The network, in training mode.

    Raises:
        InvalidArgumentError: There is no such size.
    """
    if size not in _SCALES:
        raise expected("size", "one of n, s, m, l, x", size, "pass one of these letters")
    tasks = import_ultralytics("nn.tasks")
    downs = [[-1, 1, "Conv", [width, 3, 2]] for width in (64, 128, 256, 512, 1024)]
    blocks = [
        [-1, repeats, "C2f", [width, True]]
        for repeats, width in ((3, 128), (6, 256), (6, 512), (3, 1024))
    ]
    layers = [downs[0], *(layer for pair in zip(downs[1:], blocks, strict=True) for layer in pair)]
    plan = {
        "nc": classes,
        "scale": size,
        "scales": _SCALES,
        "backbone": layers,
        "head": [[-1, 1, "Classify", ["nc"]]],
        "yaml_file": f"yolov8{size}-cls.yaml",
    }
    import torch

    with fenced():
        torch.manual_seed(0)
        network = tasks.ClassificationModel(plan, verbose=False)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.eps = eps
    return network


def fill(network: Any, weights: Weights, *, neck: bool = False) -> None:
    """Put weights into the layers of a network of their size, up to its pooled features.

    Args:
        network: What :func:`build_network` made.
        weights: The weights.
        neck: Whether the convolution of the classification layer is filled too.

    Raises:
        DamagedFileError: A tensor is missing, of another shape, or not finite.
    """
    import torch

    wish = f"the weights of YOLOv8{weights.size}-cls"
    todo = "fetch or train it again"
    state = {}
    for name, own in network.state_dict().items():
        if not _inside(name, neck=neck) or name.endswith("num_batches_tracked"):
            continue
        tensor = weights.tensors.get(name)
        if tensor is None or tensor.shape != own.shape:
            lack = "no" if tensor is None else f"shape {tuple(tensor.shape)} of"
            got = f"{weights.stem} with {lack} {name}"
            raise expected("weights", wish, got, todo, DamagedFileError)
        state[name] = tensor.detach().to(torch.float32)
        if not torch.isfinite(state[name]).all():
            got = f"{weights.stem} with numbers that are not finite in {name}"
            raise expected("weights", wish, got, todo, DamagedFileError)
    network.load_state_dict(state, strict=False)


def _inside(name: str, *, neck: bool) -> bool:
    """Whether a tensor of this name belongs to the layers that are used."""
    layer = name.split(".")[1]
    return (layer.isdigit() and int(layer) < _LAYERS) or (neck and name.startswith(NECK))


@attrs.define(eq=False)
class YoloBackbone(AbstractBackbone):
    """A YOLOv8 classification network up to its pooled features.

    The features are the global average of the last layer before the
    classification layer: 256 numbers for size n, 512 for s, 768 for m, 1024
    for l and 1280 for x. Weights that know kinds of garment, as the bundled
    ones do, add the square roots of their probabilities: 21 numbers.

    Args:
        weights: ``"stylesim-n"``, the bundled weights that know clothes; a
            path to a classification ``.pt`` of Ultralytics or to a
            ``.safetensors`` of stylesim; or a size letter (n, s, m, l, x) or a
            name such as ``"yolov8n-cls.pt"`` for Ultralytics' ImageNet
            weights. The latter are taken from a file of that name in the
            working folder and downloaded to there if there is none: nothing
            else in stylesim downloads weights.
        image_size: Side of the square that the network sees, in pixels: a
            multiple of 32. Unless it is passed 192 for the bundled weights,
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
        kinds: Tells kinds of garment; None where the weights know none.

    Raises:
        InvalidArgumentError: A setting is out of range.
        DamagedFileError: The file is not whole or holds another network.
        UnsafeFileError: The file asks to run code; nothing of it was run.
        StorageError: There is no such file and it cannot be downloaded.

    Example:
        >>> from PIL import Image
        >>> backbone = YoloBackbone()
        >>> backbone.embed([Image.new("RGB", (64, 48), "navy")]).shape
        (1, 277)

    Architecture: G. Jocher, A. Chaurasia and J. Qiu, Ultralytics YOLOv8, 2023.
    """

    weights: str | os.PathLike[str] | Weights = "stylesim-n"
    image_size: int = attrs.field(kw_only=True)
    device: str = attrs.field(default="auto", kw_only=True)
    squaring: Squaring = attrs.field(default="pad", kw_only=True)
    batch_size: int = attrs.field(default=16, kw_only=True)
    neck: bool = attrs.field(default=False, kw_only=True)
    source: Weights = attrs.field(init=False, repr=False)
    kinds: Kinds | None = attrs.field(init=False, repr=False)
    _network: nn.Module = attrs.field(init=False, repr=False)
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
        self._network = self._built()

    @property
    def name(self) -> str:  # type: ignore[override]
        """Weights, by name and digest, with all settings that change the vectors."""
        end = "+neck" if self.neck else ""
        return f"{self.source.identity}/{self.image_size}{self.squaring}{end}"

    @property
    def dim(self) -> int:  # type: ignore[override]
        """Length of the vectors."""
        return self._width() + (0 if self.kinds is None else len(self.kinds.names))

    def embed(self, images: Sequence[ImageLike]) -> FloatArray:
        """Embed each picture as it is; see :class:`AbstractBackbone`."""
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
        on_pictures: Callable[[int], object] | None = None,
    ) -> FloatArray:
        """Pooled features before they are scaled to unit length.

        Args:
            images: n pictures.
            side: Of the square that the network sees, in pixels, a multiple of 32; None for
                ``image_size``.
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
        side = self.image_size if side is None else side
        check_side(side, "side")
        stacks = batches(pictures, side, self.squaring, self.batch_size, early=early)
        half = torch.autocast("cpu", torch.bfloat16, enabled=self._half)
        with torch.inference_mode(), half:
            for stack in stacks:
                x = torch.from_numpy(stack).to(self._place).permute(0, 3, 1, 2)
                x = x.to(torch.float32).div_(255).contiguous(memory_format=torch.channels_last)
                rows.append(self._network(x).float().mean((2, 3)).cpu().numpy())
                if on_pictures is not None:
                    on_pictures(len(stack))
        return np.concatenate(rows)

    def used_tensors(self) -> dict[str, Tensor]:
        """The tensors of :attr:`source` that this backbone uses, by name."""
        return {
            name: tensor
            for name, tensor in self.source.tensors.items()
            if _inside(name, neck=self.neck) or (name == WEIGHT and self.kinds is not None)
        }

    def _width(self) -> int:
        """Channels of the pooled features."""
        last: Any = self._network[-1]  # type: ignore[index]
        return int((last.conv if self.neck else last.cv2.conv).out_channels)

    def _built(self) -> nn.Module:
        import torch

        network = build_network(self.source.size, eps=self.source.eps)
        fill(network, self.source, neck=self.neck)
        network.eval().requires_grad_(False)
        with fenced(), torch.no_grad():
            network.fuse(verbose=False)
        layers = list(network.model[:_LAYERS])
        if self.neck:
            layers.append(network.model[_LAYERS].conv)
        trunk = torch.nn.Sequential(*layers)
        for module in trunk.modules():
            if isinstance(module, torch.nn.SiLU):
                module.inplace = True  # spares a fifth of the time
        return trunk.to(self._place, memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]
