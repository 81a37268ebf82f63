"""The YOLOv8 backbone: what it computes, and what it refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
import torch
from PIL import Image

from stylesim.backbones import YoloBackbone, save_backbone
from stylesim.backbones.network import build_network
from stylesim.errors import (
    DamagedFileError,
    ImageError,
    InvalidArgumentError,
    NewerVersionError,
    StorageError,
)
from stylesim.images import image_bytes


def noise(width: int, height: int, seed: int = 0) -> Image.Image:
    small = np.random.default_rng(seed).integers(0, 255, (8, 8, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)


@pytest.fixture(scope="module")
def backbone(weights_file: Path) -> YoloBackbone:
    return YoloBackbone(weights_file, image_size=64, batch_size=4)


def test_features_are_the_pooled_output_of_the_ninth_layer(
    backbone: YoloBackbone, network: Any
) -> None:
    picture = noise(64, 64)
    x = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() / 255
    with torch.inference_mode():
        for layer in network.model[:9]:
            x = layer(x)
    assert np.allclose(backbone.features([picture]), x.mean((2, 3)).numpy(), atol=1e-4)


def test_it_can_look_more_closely(backbone: YoloBackbone, weights_file: Path) -> None:
    pictures = [noise(200, 120), noise(64, 64)]
    larger = YoloBackbone(weights_file, image_size=96, batch_size=4)
    closer = backbone.features(pictures, side=96)
    assert np.allclose(closer, larger.features(pictures), atol=1e-5)
    assert not np.allclose(closer, backbone.features(pictures), atol=1e-3)
    with pytest.raises(InvalidArgumentError, match="side: expected a multiple of 32"):
        backbone.features(pictures, side=100)


def test_with_its_neck_and_the_last_layer_it_is_the_whole_network(
    network: Any, checkpoint_file: Path
) -> None:
    tall = YoloBackbone(checkpoint_file, image_size=64, neck=True)
    picture = noise(64, 64)
    x = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() / 255
    with torch.inference_mode():
        probabilities, _ = network(x)
        linear = network.model[9].linear
        made = linear(torch.from_numpy(tall.features([picture]))).softmax(1)
    assert tall.dim == 1280
    assert np.allclose(made.numpy(), probabilities.numpy(), atol=1e-4)


def test_rows_are_float32_of_unit_length_in_the_order_of_the_pictures(
    backbone: YoloBackbone,
) -> None:
    pictures = [noise(70 + i, 50, i) for i in range(11)]  # more than two batches
    rows = backbone.embed(pictures)
    assert rows.shape == (11, 256) == (11, backbone.dim)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)
    for i in (0, 5, 10):
        assert np.allclose(backbone.embed([pictures[i]])[0], rows[i], atol=1e-5)


def test_every_kind_of_picture_gives_the_same_row(backbone: YoloBackbone, tmp_path: Path) -> None:
    picture = noise(80, 60)
    path = tmp_path / "a.png"
    picture.save(path)
    rows = backbone.embed([picture, np.array(picture), image_bytes(picture), path, str(path)])
    assert np.allclose(rows, rows[0], atol=1e-5)


def test_no_pictures_give_no_rows(backbone: YoloBackbone) -> None:
    assert backbone.embed([]).shape == (0, 256)


def test_embedding_leaves_random_states_and_threads_alone(backbone: YoloBackbone) -> None:
    def state() -> tuple[list[int], int, str]:
        drawn = str(np.random.get_state()[1][:9])  # noqa: NPY002 - the global one is meant
        return torch.random.get_rng_state().tolist(), torch.get_num_threads(), drawn

    before = state()
    backbone.embed([noise(64, 64)])
    build_network("n")
    assert state() == before


def test_a_bad_picture_is_named_by_its_place(backbone: YoloBackbone) -> None:
    with pytest.raises(ImageError, match=r"images\[2\]"):
        backbone.embed([noise(9, 9), noise(9, 9), b"nonsense"])


@pytest.mark.parametrize("single", ["a.jpg", b"bytes", Path("a.jpg"), np.zeros((4, 4, 3)), 5])
def test_a_single_picture_is_no_list(backbone: YoloBackbone, single: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="images: expected a list of pictures"):
        backbone.embed(single)


def test_the_name_tells_all_that_changes_the_vectors(
    backbone: YoloBackbone, weights_file: Path, network: Any, tmp_path: Path
) -> None:
    others = [
        YoloBackbone(weights_file, image_size=96),
        YoloBackbone(weights_file, image_size=64, squaring="crop"),
    ]
    state = network.state_dict()
    state = state | {"model.0.conv.weight": state["model.0.conv.weight"] * 2}
    save_backbone(state, tmp_path / weights_file.name)
    others.append(YoloBackbone(tmp_path / weights_file.name, image_size=64))
    assert len({backbone.name, *(other.name for other in others)}) == 4
    again = YoloBackbone(weights_file, image_size=64)
    assert again.name == backbone.name
    assert backbone.name.startswith("random-n@")


def test_jpegs_decoded_small_are_close_to_those_decoded_in_full(
    backbone: YoloBackbone, tmp_path: Path
) -> None:
    picture = noise(900, 700)
    path = tmp_path / "large.jpg"
    picture.save(path, quality=95)
    with Image.open(path) as full:
        rows = backbone.embed([path, full.convert("RGB")])
    assert rows[0] @ rows[1] > 0.999


@pytest.mark.parametrize("size", "nsmlx")
def test_every_size_can_be_built(size: str) -> None:
    widths = {"n": 256, "s": 512, "m": 768, "l": 1024, "x": 1280}
    with torch.device("meta"):
        made = build_network(size)
    assert len(made.model) == 10
    assert made.model[8].cv2.conv.out_channels == widths[size]


def test_built_weights_are_the_same_every_time() -> None:
    one, two = build_network("n"), build_network("n")
    assert torch.equal(one.model[4].cv1.conv.weight, two.model[4].cv1.conv.weight)
    with pytest.raises(InvalidArgumentError, match="size"):
        build_network("xl")


@pytest.mark.parametrize(
    ("settings", "argument"),
    [
        ({"weights": "resnet50"}, "weights"),
        ({"weights": 3}, "weights"),
        ({"image_size": 100}, "image_size"),
        ({"image_size": 0}, "image_size"),
        ({"image_size": 4128}, "image_size"),
        ({"image_size": True}, "image_size"),
        ({"image_size": "224"}, "image_size"),
        ({"device": ""}, "device"),
        ({"device": "gameboy"}, "device"),
        ({"squaring": "stretch"}, "squaring"),
        ({"batch_size": 0}, "batch_size"),
    ],
)
def test_settings_out_of_range_are_named(
    settings: dict[str, Any], argument: str, weights_file: Path
) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        YoloBackbone(**{"weights": weights_file, **settings})
    assert caught.value.details["argument"] == argument


@pytest.mark.parametrize("kind", [np.int64, np.uint8])
def test_whole_numbers_of_numpy_are_sizes_too(kind: type[np.integer], weights_file: Path) -> None:
    same, other = (YoloBackbone(weights_file, image_size=size) for size in (kind(64), 64))
    assert same.name == other.name
    assert type(same.image_size) is int
    picture = [Image.new("RGB", (50, 40), "teal")]
    assert np.array_equal(same.embed(picture), other.embed(picture))
    assert np.array_equal(same.features(picture, side=kind(96)), other.features(picture, side=96))
    for wrong in (kind(100), kind(0), np.float64(64)):
        with pytest.raises(InvalidArgumentError, match="image_size: expected a multiple of 32"):
            YoloBackbone(weights_file, image_size=wrong)


def test_saving_is_half_precision_for_matrices_only(weights_file: Path) -> None:
    from safetensors.torch import load_file

    tensors = load_file(weights_file)
    assert {t.dtype for t in tensors.values() if t.ndim > 1} == {torch.float16}
    assert {t.dtype for t in tensors.values() if t.ndim == 1} == {torch.float32}
    assert not any("num_batches" in name or name.startswith("model.9") for name in tensors)
    assert weights_file.stat().st_size < 4_000_000


def test_layers_alone_are_saved_under_the_same_names(
    network: Any, weights_file: Path, tmp_path: Path
) -> None:
    trunk = torch.nn.Sequential(*network.model[:9])
    save_backbone(trunk, tmp_path / "trunk.safetensors", {"recipe": "random"})
    assert (tmp_path / "trunk.safetensors").read_bytes() == weights_file.read_bytes()


def test_what_cannot_be_saved_is_refused_and_leaves_no_file(network: Any, tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    with pytest.raises(InvalidArgumentError, match="model"):
        save_backbone(torch.nn.Linear(2, 2), path)
    state = network.state_dict()
    with pytest.raises(InvalidArgumentError, match="finite in float16"):
        save_backbone(state | {"model.0.conv.weight": torch.full((16, 3, 3, 3), 1e6)}, path)
    with pytest.raises(StorageError, match="no-such-folder"):
        save_backbone(network, tmp_path / "no-such-folder" / "x.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_a_newer_format_is_refused(network: Any, tmp_path: Path) -> None:
    save_backbone(network, tmp_path / "new.safetensors", {"format_version": 99})
    with pytest.raises(NewerVersionError, match="update stylesim"):
        YoloBackbone(tmp_path / "new.safetensors")


def test_a_cut_safetensors_file_is_refused(weights_file: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(weights_file.read_bytes()[:-500])
    with pytest.raises(DamagedFileError, match="cut"):
        YoloBackbone(cut)


def test_half_precision_hardly_moves_the_vectors() -> None:
    rng = np.random.default_rng(0)
    pictures = [Image.fromarray(rng.integers(0, 255, (60, 40, 3), np.uint8)) for _ in range(4)]
    with mock.patch("stylesim.backbones.yolo.half_is_fast", return_value=False):
        full = YoloBackbone().embed(pictures)
    with mock.patch("stylesim.backbones.yolo.half_is_fast", return_value=True):
        half = YoloBackbone().embed(pictures)
    assert half.dtype == np.float32
    assert (full * half).sum(1).min() > 0.999


def test_weights_of_others_are_run_as_elsewhere(checkpoint_file: Path) -> None:
    with mock.patch("stylesim.backbones.yolo.half_is_fast", return_value=True):
        assert not YoloBackbone(checkpoint_file, image_size=64)._half
