"""Class activation maps: each manner finds the place of a feature, and lays it back there."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from stylesim.backbones import YoloBackbone
from stylesim.backbones.activation import Cam, activation_map, unsquared

if TYPE_CHECKING:
    from pathlib import Path


def test_squares_are_laid_back_where_they_were() -> None:
    rising = np.tile(np.arange(8, dtype=np.float32), (8, 1))
    wide, tall = unsquared(rising, (64, 16), "pad"), unsquared(rising, (16, 64), "pad")
    assert wide.shape == (16, 64)
    assert (np.diff(wide.mean(0)) >= 0).all()
    assert wide.min() < 0.5
    assert tall.shape == (64, 16)
    assert 2.5 < tall.min() < tall.max() < 4.5, "only the middle of the square was picture"
    cropped = unsquared(rising + 1, (64, 16), "crop")
    assert not cropped[:, :24].any()
    assert cropped[:, 24:40].all()


@pytest.mark.parametrize("size", [(64, 48), (48, 64), (301, 7), (5, 4), (3, 1024)])
def test_what_is_laid_back_is_a_part_of_the_whole_square(size: tuple[int, int]) -> None:
    values = np.random.default_rng(1).random((7, 7), np.float32)
    edge, (width, height) = max(size), size
    left, top = (edge - width + 1) // 2, (edge - height + 1) // 2
    square = Image.fromarray(values).resize((edge, edge), Image.Resampling.BILINEAR)
    whole = np.asarray(square)[top : top + height, left : left + width]
    assert np.allclose(unsquared(values, size, "pad"), whole, atol=1e-5)


def test_a_strip_takes_no_memory_for_its_square() -> None:
    tracemalloc.start()
    try:
        assert unsquared(np.ones((7, 7), np.float32), (8000, 4), "pad").all()
        assert tracemalloc.get_traced_memory()[1] < 10e6
    finally:
        tracemalloc.stop()


@pytest.fixture
def passing(tmp_path: Path) -> YoloBackbone:
    """A network that passes colours through: nine layers, of which the first makes its cells."""
    torch = pytest.importorskip("torch")
    from stylesim.backbones import save_backbone
    from stylesim.backbones.network import build_network

    path = tmp_path / "random.safetensors"
    save_backbone(build_network("n"), path)
    backbone = YoloBackbone(path, image_size=64, device="cpu")
    layers = [torch.nn.AvgPool2d(16), *[torch.nn.Identity() for _ in range(8)]]
    backbone._network = torch.nn.Sequential(*layers)
    return backbone


@pytest.mark.parametrize("manner", ["grad", "hires", "layer"])
@pytest.mark.parametrize("layers", [(6,), (4, 6, 8)])
def test_a_class_activation_map_finds_the_place_of_a_feature(
    passing: YoloBackbone, manner: str, layers: tuple[int, ...]
) -> None:
    picture = Image.new("RGB", (64, 64), "black")
    picture.paste("red", (32, 16, 64, 32))
    cam = Cam(manner, layers)
    heat = activation_map(passing, picture, lambda features: np.array([1.0, 0.0, 0.0]), cam)
    assert heat.shape == (4, 4)
    assert np.argwhere(heat > 0).tolist() == [[1, 2], [1, 3]]
    falling = activation_map(passing, picture, lambda features: np.array([-1.0, 0.0, 0.0]), cam)
    assert not falling.any()


def test_what_is_seen_larger_has_a_finer_map(passing: YoloBackbone) -> None:
    picture = Image.new("RGB", (64, 64), "black")
    picture.paste("red", (32, 16, 64, 32))
    heat = activation_map(passing, picture, lambda _: np.array([1.0, 0.0, 0.0]), side=128)
    assert heat.shape == (8, 8)
    assert set(zip(*np.nonzero(heat > heat.max() / 2), strict=True)) == {
        (y, x) for y in (2, 3) for x in range(4, 8)
    }


@pytest.mark.parametrize("worn", [False, True])
@pytest.mark.parametrize(("closely", "kinds", "side"), [(True, True, 224), (True, False, None),
                                                        (False, True, None)])  # fmt: skip
def test_the_heat_of_a_garment_is_of_the_size_and_the_network_that_saw_it(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    closely: bool,
    kinds: bool,
    side: int | None,
    worn: bool,
) -> None:
    torch = pytest.importorskip("torch")
    from stylesim import _heat
    from stylesim.backbones import save_backbone
    from stylesim.backbones.network import build_network

    path = tmp_path / "own.safetensors"
    known = (("skirt", "shirt"), torch.randn(2, 256)) if kinds else None
    save_backbone(build_network("n"), path, kinds=known)
    asked = []

    def noted(*settings: object, worn: bool) -> np.ndarray:
        asked.append((settings[-1], worn))
        return np.ones((2, 2), np.float32)

    monkeypatch.setattr(_heat, "activation_map", noted)
    backbone = YoloBackbone(path, image_size=192, device="cpu")
    _heat.crop_heat(None, backbone, Image.new("RGB", (8, 8)), "upper", closely=closely, worn=worn)
    assert asked == [(side, worn)]


def test_manners_differ_where_gradients_do(passing: YoloBackbone) -> None:
    """Squared colours: each place has a gradient of its own, and its sum is what Grad-CAM takes."""
    torch = pytest.importorskip("torch")

    class Dimmed(torch.nn.Module):
        def forward(self, x: object) -> object:
            return x * torch.tensor([2.0, 0.0, -1.0, 1.0]).view(1, 1, 1, 4)

    network = list(passing._network)
    network[8] = Dimmed()
    passing._network = torch.nn.Sequential(*network)
    white = Image.new("RGB", (64, 64), "white")
    red = lambda features: np.array([1.0, 0.0, 0.0])  # noqa: E731
    maps = {m: activation_map(passing, white, red, Cam(m)) for m in ("grad", "hires", "layer")}
    assert maps["grad"][0] == pytest.approx([0.5] * 4)
    assert maps["hires"][0] == pytest.approx([0.125, 0, 0, 0.0625])
    assert maps["layer"][0] == pytest.approx([0.125, 0, 0, 0.0625])


def test_heat_of_a_very_large_garment_is_made_smaller_and_laid_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from stylesim import FoundGarment, _heat

    def ramp(_model: object, _backbone: object, crop: Image.Image, *_: object, **__: object) -> Any:
        return np.tile(np.linspace(0, 1, crop.width, dtype=np.float32), (crop.height, 1)), "ramp"

    monkeypatch.setattr(_heat, "crop_heat", ramp)
    garment = FoundGarment("top", "shirt", (20, 50, 180, 150))
    picture: Any = Image.new("RGB", (200, 300), "white")
    model: Any = None
    whole, _ = _heat.garment_heat(model, model, picture, garment, {"upper": 1.0})
    monkeypatch.setattr(_heat, "_LARGEST", 64)
    small, _ = _heat.garment_heat(model, model, picture, garment, {"upper": 1.0})
    assert np.allclose(small, whole, atol=0.02)
    assert whole[100, 170] > 0.8


def test_within_inference_mode_there_are_maps_too(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from stylesim.backbones import save_backbone
    from stylesim.backbones.network import build_network

    save_backbone(build_network("n"), tmp_path / "random.safetensors")
    picture = Image.new("RGB", (64, 64), "red")
    rising = lambda features: np.ones(len(features))  # noqa: E731
    with torch.inference_mode():
        backbone = YoloBackbone(tmp_path / "random.safetensors", image_size=64, device="cpu")
        inside = activation_map(backbone, picture, rising)
    assert np.array_equal(activation_map(backbone, picture, rising), inside)
