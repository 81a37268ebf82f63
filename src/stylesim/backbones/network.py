"""Ultralytics' layers, built and filled: the one file that builds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stylesim.backbones.fence import fenced, import_ultralytics
from stylesim.backbones.once import once
from stylesim.backbones.storing import WORN
from stylesim.errors import DamagedFileError, expected

if TYPE_CHECKING:
    from torch import nn

    from stylesim.backbones.checkpoint import Weights

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


def fill(network: Any, weights: Weights, *, neck: bool = False, worn: bool = False) -> None:
    """Put weights into the layers of a network of their size, up to its pooled features.

    Args:
        network: What ``build_network`` made.
        weights: The weights.
        neck: Whether the convolution of the classification layer is filled too.
        worn: Whether to take those of the network for worn garments, which some files hold too.

    Raises:
        DamagedFileError: A tensor is missing, of another shape, or not finite.
    """
    import torch

    wish = f"the weights of YOLOv8{weights.size}-cls"
    todo = "fetch or train it again"
    state = {}
    for name, own in network.state_dict().items():
        if not inside(name, neck=neck) or name.endswith("num_batches_tracked"):
            continue
        name_in_file = name.replace("model.", WORN, 1) if worn else name
        tensor = weights.tensors.get(name_in_file)
        if tensor is None or tensor.shape != own.shape:
            lack = "no" if tensor is None else f"shape {tuple(tensor.shape)} of"
            got = f"{weights.stem} with {lack} {name_in_file}"
            raise expected("weights", wish, got, todo, DamagedFileError)
        state[name] = tensor.detach().to(torch.float32)
        if not torch.isfinite(state[name]).all():
            got = f"{weights.stem} with numbers that are not finite in {name_in_file}"
            raise expected("weights", wish, got, todo, DamagedFileError)
        if name.endswith("running_var") and (state[name] < 0).any():
            got = f"{weights.stem} with variances below 0 in {name_in_file}"
            raise expected("weights", wish, got, todo, DamagedFileError)
    network.load_state_dict(state, strict=False)


def inside(name: str, *, neck: bool) -> bool:
    """Whether a tensor of this name belongs to the layers that are used."""
    part, layer = name.split(".")[:2]
    own = part == "model" and layer.isdigit() and int(layer) < _LAYERS
    return own or (neck and name.startswith(NECK))


def trunk_of(
    weights: Weights, place: str, *, neck: bool = False, worn: bool = False
) -> nn.Sequential:
    """Build the layers up to the pooled features, for looking only: fused, without gradients."""
    import torch

    # What is made in inference mode can never be looked into, not even by others later.
    with torch.inference_mode(False), fenced(), torch.no_grad():
        network = build_network(weights.size, eps=weights.eps)
        fill(network, weights, neck=neck, worn=worn)
        network.eval().requires_grad_(False).fuse(verbose=False)
        layers = list(network.model[:_LAYERS])
        if neck:
            layers.append(network.model[_LAYERS].conv)
        trunk = torch.nn.Sequential(*layers)
        for module in trunk.modules():
            if isinstance(module, torch.nn.SiLU):
                module.inplace = True  # spares a fifth of the time
        return trunk.to(place, memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


@once
def bundled_trunk(weights: Weights, place: str, *, worn: bool) -> nn.Sequential:
    """The same of bundled weights, built once a process: every closet is seen by them."""
    return trunk_of(weights, place, worn=worn)
