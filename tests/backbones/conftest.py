"""A small network with random weights, so that these tests need no data."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from stylesim.backbones import save_backbone
from stylesim.backbones.network import build_network


@pytest.fixture(scope="session")
def network() -> torch.nn.Module:
    """YOLOv8n-cls with 3 classes; its batch normalisation has statistics worth fusing."""
    made = build_network("n", classes=3)
    draw = torch.Generator().manual_seed(5)
    for module in made.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            for values, low, high in (
                (module.weight.data, 0.8, 1.6),
                (module.bias.data, -0.3, 0.5),
                (module.running_mean, -0.2, 0.2),
                (module.running_var, 0.3, 0.9),
            ):
                values.copy_(torch.rand(values.shape, generator=draw) * (high - low) + low)
    return made.half().float().eval()  # as exact as the half precision that files hold


@pytest.fixture(scope="session")
def weights_file(network: torch.nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The network as a safetensors file of stylesim."""
    path = tmp_path_factory.mktemp("weights") / "random-n.safetensors"
    save_backbone(network, path, {"recipe": "random"})
    return path


@pytest.fixture(scope="session")
def checkpoint_file(network: torch.nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The network as a .pt file, pickled whole as Ultralytics does it."""
    path = tmp_path_factory.mktemp("weights") / "yolov8n-cls.pt"
    torch.save({"epoch": -1, "model": network, "ema": None, "train_args": {"lr0": 0.1}}, path)
    return path
