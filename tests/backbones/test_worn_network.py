"""Weights with a second network, for garments that somebody wears."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np
import pytest
import torch
from PIL import Image

from stylesim import FoundGarment, FunctionFinder, LightweightClassifier, StyleTarget, _heat
from stylesim.backbones import YoloBackbone, save_backbone
from stylesim.backbones.activation import activation_map
from stylesim.backbones.checkpoint import read_weights
from stylesim.backbones.closely import features_closely
from stylesim.backbones.pictures import GREY
from stylesim.backbones.storing import read_safetensors, write_safetensors
from stylesim.errors import DamagedFileError, InvalidArgumentError
from stylesim.garments import frame_of

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("shirt", "skirt", "shoes")


def noise(seed: int) -> Image.Image:
    small = np.random.default_rng(seed).integers(0, 255, (8, 8, 3), dtype=np.uint8)
    return Image.fromarray(small).resize((64, 64), Image.Resampling.BICUBIC)


PICTURES = [noise(seed) for seed in range(5)]


@pytest.fixture(scope="module")
def other(network: Any) -> dict[str, torch.Tensor]:
    """The weights of a network whose features are the same numbers, each a place further."""
    state = dict(network.state_dict())
    last = {n: t.roll(1, 0) for n, t in state.items() if "8.cv2" in n and t.ndim > 0}
    return state | last


@pytest.fixture(scope="module")
def both_file(
    network: Any, other: dict[str, torch.Tensor], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    path = tmp_path_factory.mktemp("both") / "both-n.safetensors"
    kinds = (NAMES, torch.randn(3, 256, generator=torch.Generator().manual_seed(0)))
    save_backbone(network, path, kinds=kinds, worn=other)
    return path


@pytest.fixture(scope="module")
def both(both_file: Path) -> YoloBackbone:
    return YoloBackbone(both_file, image_size=64)


def test_each_network_gives_what_it_gives_alone(
    both: YoloBackbone, weights_file: Path, other: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    save_backbone(other, tmp_path / "other.safetensors")
    first, second = (
        YoloBackbone(path, image_size=64).features(PICTURES)
        for path in (weights_file, tmp_path / "other.safetensors")
    )
    near = 0.02 * float(np.abs(first).max())  # its arithmetic may be in half precision
    assert both.features(PICTURES) == pytest.approx(first, abs=near)
    assert both.features(PICTURES, worn=True) == pytest.approx(second, abs=near)
    assert np.abs(first - second).max() > 5 * near


def farther(picture: Image.Image) -> Image.Image:
    """Mirrored, at nine tenths of the size, on grey."""
    border = round(picture.width / 18)
    out = Image.new("RGB", (picture.width + 2 * border, picture.height + 2 * border), GREY)
    out.paste(picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT), (border, border))
    return out


def test_what_is_laid_out_is_looked_at_from_farther_away_too(
    both: YoloBackbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[Image.Image] = []
    usual = YoloBackbone.features

    def features(self: YoloBackbone, images: list[Image.Image], **how: Any) -> Any:
        shown.extend(images)
        return usual(self, images, **how)

    monkeypatch.setattr(YoloBackbone, "features", features)
    large = noise(7).resize((180, 180))
    features_closely(both, [large])
    assert [image.size for image in shown] == [(180, 180), (200, 200)]
    assert shown[1].tobytes() == farther(large).tobytes()
    shown.clear()
    features_closely(both, [large], [True])
    assert len(shown) == 1


def test_garments_are_seen_by_the_network_for_them_in_the_order_they_came(
    both: YoloBackbone,
) -> None:
    worn = [True, False, True, False, False]
    rows = features_closely(both, PICTURES, worn)
    side = 64
    for picture, on, row in zip(PICTURES, worn, rows, strict=True):
        ways = [picture] if on else [picture, farther(picture)]
        wish = both.features(ways, side=side, worn=on).mean(0)
        assert row == pytest.approx(wish, abs=0.02 * float(np.abs(rows).max()))
    assert features_closely(both, [], []).shape == (0, 256)
    assert features_closely(both, PICTURES) == pytest.approx(
        features_closely(both, PICTURES, [False] * 5)
    )


def test_weights_of_one_network_see_all_with_it(weights_file: Path) -> None:
    one = YoloBackbone(weights_file, image_size=64)
    assert one.network(worn=True) is one.network()


def test_where_kinds_do_not_count_the_second_network_is_left_out(both_file: Path) -> None:
    source = read_weights(both_file)
    plain = YoloBackbone(attrs.evolve(source, metadata={}), image_size=64)
    assert plain.kinds is None
    assert plain.network(worn=True) is plain.network()
    assert not any(name.startswith("worn.") for name in plain.used_tensors())


def test_a_heat_map_is_of_the_network_that_saw_the_garment(both: YoloBackbone) -> None:
    def heat(feature: int, *, worn: bool) -> np.ndarray:
        slopes = np.eye(256, dtype=np.float32)[feature]
        return activation_map(both, PICTURES[0], lambda _: slopes, worn=worn)

    assert heat(1, worn=True) == pytest.approx(heat(0, worn=False), rel=1e-4)
    assert heat(0, worn=True) != pytest.approx(heat(0, worn=False), rel=0.1)


@pytest.mark.parametrize("worn", [False, True])
def test_the_heat_of_a_garment_asks_the_network_for_it(
    both: YoloBackbone, monkeypatch: pytest.MonkeyPatch, worn: bool
) -> None:
    asked = []

    def noted(*_: object, worn: bool) -> np.ndarray:
        asked.append(worn)
        return np.ones((2, 2), np.float32)

    monkeypatch.setattr(_heat, "activation_map", noted)
    shirt = FoundGarment("top", "shirt", (8, 8, 56, 56), worn=worn)
    _heat.garment_heat(None, both, PICTURES[0], shirt, {"upper": 1.0})
    _heat.garment_heat(None, both, PICTURES[0], None, {"whole": 1.0})
    assert asked == [worn, False], "the garment, then the whole picture"


def test_heat_of_a_garment_that_reaches_out_of_what_is_seen_stays_inside(
    both: YoloBackbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_heat, "activation_map", lambda *_, **__: np.ones((2, 2), np.float32))
    mask = np.zeros((64, 64), bool)
    mask[20:40, 10:24] = True
    mask[30, 10:64] = True  # a strap: too thin to move the square that is seen
    shirt = FoundGarment("top", "shirt", (10, 20, 64, 40), mask, worn=True)
    left, top, side = frame_of(shirt)
    assert left + side < 40
    heat, _ = _heat.garment_heat(None, both, PICTURES[0], shirt, {"upper": 1.0})
    assert heat.shape == (64, 64)
    seen = np.zeros((64, 64), bool)
    seen[top : top + side, left : left + side] = True
    assert (heat[mask & seen] > 0).all()
    assert not heat[~(mask & seen)].any()


@pytest.mark.parametrize("spoilt", ["missing", "shape", "infinite"])
def test_a_second_network_that_is_not_whole_is_refused(
    both_file: Path, tmp_path: Path, spoilt: str
) -> None:
    tensors, header = read_safetensors(both_file.read_bytes(), both_file, "path", "weights")
    name = "worn.8.cv2.conv.weight"
    if spoilt == "missing":
        del tensors[name]
    elif spoilt == "shape":
        tensors[name] = tensors[name][:4].clone()
    else:
        tensors[name] = torch.full_like(tensors[name], float("inf"))
    write_safetensors(tmp_path / "spoilt.safetensors", tensors, header)
    with pytest.raises(DamagedFileError, match=name):
        YoloBackbone(tmp_path / "spoilt.safetensors")


def test_a_second_network_that_is_none_is_named(network: Any, tmp_path: Path) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        save_backbone(network, tmp_path / "x.safetensors", worn=torch.nn.Linear(2, 2))
    assert caught.value.details["argument"] == "worn"
    assert not list(tmp_path.iterdir())


def test_a_classifier_keeps_both_networks(both_file: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.safetensors"
    own.write_bytes(both_file.read_bytes())
    shirt = FoundGarment("top", "shirt", (0, 0, 64, 64), worn=True)
    finder = FunctionFinder(lambda _: [shirt], name="all of it, worn")
    model = LightweightClassifier(weights=own, finder=finder, image_size=64)
    model.fit(StyleTarget(PICTURES[:2], {"other": PICTURES[2:4]}), progress=False)
    model.save(tmp_path / "model.safetensors")
    own.unlink()
    again = LightweightClassifier.load(tmp_path / "model.safetensors", finder=finder)
    before, after = (m.view(PICTURES[4:])[0].garments[0].embedding for m in (model, again))
    assert after == pytest.approx(before, abs=1e-5)
    laid = FunctionFinder(lambda _: [FoundGarment("top", "shirt", (0, 0, 64, 64))], name="laid")
    aside = LightweightClassifier(weights=both_file, finder=laid, image_size=64)
    assert not np.allclose(aside.view(PICTURES[4:])[0].garments[0].embedding, after, atol=0.01)


def test_the_bundled_networks_are_built_once_and_those_of_others_anew(both_file: Path) -> None:
    first, second = YoloBackbone(), YoloBackbone(image_size=64)
    for worn in (False, True):
        assert first.network(worn=worn) is second.network(worn=worn)
    assert first.network() is not first.network(worn=True)
    own, again = YoloBackbone(both_file), YoloBackbone(both_file)
    assert own.network() is not again.network()
