"""Weights that somebody made by hand: refused as damaged, whatever is wrong with them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from stylesim.backbones import YoloBackbone, save_backbone
from stylesim.errors import DamagedFileError

BIAS = "model.0.bn.bias"


def quantized(values: torch.Tensor) -> torch.Tensor:
    return torch.quantize_per_tensor(values, 0.1, 0, torch.qint8)


def endless(values: torch.Tensor) -> torch.Tensor:
    return torch.zeros(1).expand(10**12)


@pytest.mark.parametrize(
    "make",
    [
        lambda values: values.to_sparse(),
        lambda values: values.to("meta"),
        lambda values: values.to(torch.complex64),
        quantized,
        endless,
    ],
    ids=["sparse", "meta", "complex", "quantized", "endless"],
)
@pytest.mark.filterwarnings("ignore:Validating sparse", "ignore:TypedStorage", "ignore:.*quantiz")
def test_tensors_that_are_no_blocks_of_numbers_are_refused(
    network: torch.nn.Module, tmp_path: Path, make: Callable[[torch.Tensor], torch.Tensor]
) -> None:
    path = tmp_path / "crafted.pt"
    state = dict(network.state_dict())
    name = "model.0.more" if make is endless else BIAS
    torch.save({"model": state | {name: make(state[BIAS])}}, path)
    with pytest.raises(DamagedFileError, match=f"crafted.*{name}"):
        YoloBackbone(path)


@pytest.mark.parametrize("name", ["ema", "model"])
def test_a_tensor_in_the_place_of_the_network_is_no_network(tmp_path: Path, name: str) -> None:
    path = tmp_path / "crafted.pt"
    torch.save({name: torch.ones(2, 2)}, path)
    with pytest.raises(DamagedFileError, match="another network"):
        YoloBackbone(path)


def changed(path: Path, to: Path, tensors: Any = None, **said: Any) -> Path:
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["stylesim"])
    save_file(load_file(path) | (tensors or {}), to, {"stylesim": json.dumps(header | said)})
    return to


@pytest.mark.parametrize("eps", [0.0, -1e-5, 1.0, float("nan"), 1e999, 10**400, "0.001", None])
def test_an_eps_out_of_range_is_refused(weights_file: Path, tmp_path: Path, eps: Any) -> None:
    path = changed(weights_file, tmp_path / "crafted.safetensors", eps=eps)
    with pytest.raises(DamagedFileError, match="batch normalisation"):
        YoloBackbone(path)


def test_variances_below_0_are_refused(weights_file: Path, tmp_path: Path) -> None:
    name = "model.4.m.0.cv1.bn.running_var"
    values = -load_file(weights_file)[name]
    path = changed(weights_file, tmp_path / "crafted.safetensors", {name: values})
    with pytest.raises(DamagedFileError, match=f"variances below 0 in {name}"):
        YoloBackbone(path)


@pytest.mark.parametrize(
    "told",
    [torch.ones(3), torch.ones(()), torch.ones(3, 255), torch.full((3, 256), torch.nan)],
    ids=["flat", "one", "narrow", "nan"],
)
def test_kinds_that_do_not_fit_the_network_are_refused(
    network: torch.nn.Module, tmp_path: Path, told: torch.Tensor
) -> None:
    whole = tmp_path / "whole.safetensors"
    save_backbone(network, whole, kinds=(("shirt", "skirt", "shoes"), torch.ones(3, 256)))
    path = changed(whole, tmp_path / "crafted.safetensors", {"kinds.weight": told})
    with pytest.raises(DamagedFileError, match="crafted with another kinds"):
        YoloBackbone(path)
