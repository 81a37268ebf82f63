"""The garment finder's weights: two safetensors files in the package."""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stylesim.backbones.devices import pick_device
from stylesim.backbones.fence import fenced
from stylesim.backbones.garment_net import GarmentNet
from stylesim.backbones.garment_reader import GarmentReader
from stylesim.backbones.network import build_network
from stylesim.backbones.once import once
from stylesim.backbones.storing import read_safetensors, write_whole
from stylesim.errors import DamagedFileError, StorageError, expected

if TYPE_CHECKING:
    from torch import Tensor

_FILES = "stylesim-finder.safetensors", "stylesim-outlines.safetensors"
_READING = 6  # changes with how the maps are read, so that what caches hold is seen again


def save_garment_net(net: GarmentNet, path: Path, meta: dict[str, Any]) -> None:
    """Write a ``GarmentNet`` with its class names, matrices in float16.

    Args:
        net: The trained network, batch normalisation not fused.
        path: Where to write.
        meta: ``pixel_classes``, ``categories``, ``slot_of`` and what the file shall say of itself.
    """
    import torch
    from safetensors.torch import save

    state = {
        name: tensor.detach().to(torch.float16 if tensor.ndim > 1 else torch.float32).contiguous()
        for name, tensor in net.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    write_whole(path, save(state, {"stylesim": json.dumps(meta, sort_keys=True)}))


def bundled_reader(device: str = "auto") -> GarmentReader:
    """Load the bundled finder, once a process and device.

    Raises:
        StorageError: The file is not in the package.
        DamagedFileError: The file is not whole.
    """
    return _reader(pick_device(device))


@once
def _reader(place: str) -> GarmentReader:
    wish, todo = "the bundled garment finder in the package", "install stylesim again"
    digest = hashlib.sha256()
    nets = []
    for file in _FILES:
        try:
            content = (files("stylesim") / "weights" / file).read_bytes()
        except OSError as error:
            raise expected("weights", wish, f"no {file}", todo, StorageError) from error
        digest.update(content)
        try:
            nets.append(_read(*read_safetensors(content, Path(file), "weights", wish), place))
        except Exception as error:
            raise expected("weights", wish, f"{file} ({error})", todo, DamagedFileError) from error
    (first, meta), (second, _) = nets
    name = f"stylesim-finder@{digest.hexdigest()[:8]}.{_READING}"
    return GarmentReader(first, meta, name, place, second)


def _read(
    tensors: dict[str, Tensor], meta: dict[str, Any], place: str
) -> tuple[GarmentNet, dict[str, Any]]:
    import torch

    network = build_network("n", eps=meta["eps"])
    counts = len(meta["pixel_classes"]), len(meta["categories"])
    with fenced():
        net = GarmentNet(network.model[:9], *counts, fine=meta.get("fine", False))
    state = {name: tensor.to(torch.float32) for name, tensor in tensors.items()}
    lacking, unknown = net.load_state_dict(state, strict=False)
    if unknown or any(not name.endswith("num_batches_tracked") for name in lacking):
        raise ValueError(f"tensors {(*lacking, *unknown)[:3]} do not fit")
    net.eval().requires_grad_(False)
    with fenced():
        network.eval().fuse(verbose=False)
    net.fuse_pyramid()
    for module in net.modules():
        if isinstance(module, torch.nn.SiLU):
            module.inplace = True
    net.to(device=place, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return net, meta
