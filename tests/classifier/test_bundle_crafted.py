"""Saved classifiers that somebody changed: refused, or no more than they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from bundles import reload, rewrite
from PIL import Image
from safetensors.torch import load_file, save_file

from stylesim.backbones import FunctionBackbone, YoloBackbone, save_backbone
from stylesim.backbones.network import build_network
from stylesim.classifier import LightweightClassifier
from stylesim.errors import DamagedFileError, InvalidArgumentError, StyleTargetWarning
from stylesim.garments import GarmentFinder, WholePictureFinder
from stylesim.style_target import StyleTarget

PICTURES = [Image.new("RGB", (24, 32), "red"), Image.new("RGB", (32, 24), "navy")]
KINDS = ("shirt", "skirt", "shoes")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "mine.safetensors"
    told = torch.randn((3, 256), generator=torch.Generator().manual_seed(0))
    save_backbone(build_network("n"), path, kinds=(KINDS, told))
    return path


@pytest.fixture(scope="module")
def embedded(weights: Path, target: StyleTarget, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A classifier whose file holds its network."""
    model = LightweightClassifier(weights=weights, image_size=64, finder=WholePictureFinder())
    path = tmp_path_factory.mktemp("saved") / "style.safetensors"
    model.fit(target, epochs=2, progress=False).save(path)
    return path


def said(*names: Any, value: Any) -> Any:
    def change(header: Any, _: Any) -> None:
        for name in names[:-1]:
            header = header[name]
        header[names[-1]] = value

    return change


def tensor(name: str, make: Any) -> Any:
    def change(_: Any, tensors: Any) -> None:
        tensors[name] = make(tensors[name].clone()).contiguous()

    return change


def put(place: int, value: float) -> Any:
    def make(values: Any) -> Any:
        values.view(-1)[place] = value
        return values

    return make


HEADS = {
    "members swapped": said("regions", "whole", "members", value=[0, 2, 1]),
    "a member twice": said("regions", "whole", "members", value=[0, 1, 1]),
    "a member that is no number": said("regions", "whole", "members", value=[0, 1, "2"]),
    "half a member": said("regions", "whole", "members", value=[0, 1.5, 2]),
    "a share below 0": tensor("upper.shares", put(2, -0.5)),
    "all the shares": tensor("upper.shares", put(2, 1.0)),
    "a share of a member": tensor("whole.shares", put(0, 0.5)),
    "a wide bias": tensor("whole.bias", lambda v: torch.stack([v] * len(v))),
    "heads for other vectors": lambda _, tensors: tensors.update(
        {name: tensors[name][:, :2].clone() for name in ("upper.weight", "upper.means")}
    ),
    "weights of whole numbers": tensor("whole.weight", lambda v: v.long()),
    "endless members": said("regions", "whole", "members", value=[0, 1e999]),
    "a huge temperature": said("regions", "whole", "temperature", value=10**400),
    "names of letters": said("classes", value="abc"),
    "a nameless class": said("classes", value=["wannabe", 7, "suit"]),
    "shrunk the other way": said("clouds", "regions", "whole", "shrinks", value=[-1.0, 0.5]),
    "a spread below 0": said("clouds", "regions", "whole", "spread", value=-1.0),
    "another method": said("settings", "method", value="magic"),
    "a seed of text": said("settings", "seed", value="0"),
    "no picture size": said("settings", "image_size", value=100),
    "a huge picture size": said("settings", "image_size", value=32 * 10**6),
    "no weights": said("settings", "weights", value=7),
    "fine-tuning of a function": said("settings", "method", value="finetune"),
    "a finder of another kind": said("finder", "kind", value="other"),
}


@pytest.mark.parametrize("fault", HEADS)
def test_heads_that_do_not_hold_together_are_refused(model: Any, saved: Path, fault: str) -> None:
    if fault.startswith(("a share below", "all the shares")):
        # In the file all classes are seen everywhere; the last is made one that is not.
        rewrite(saved, one_fewer)
        reload(saved, model)
    rewrite(saved, HEADS[fault])
    with pytest.raises(DamagedFileError, match=r"style\.safetensors"):
        reload(saved, model)


def one_fewer(header: Any, tensors: Any) -> None:
    header["regions"]["upper"]["members"] = [0, 1]
    header["clouds"]["regions"]["upper"]["counts"] = [6.0, 6.0]
    for name in ("weight", "bias", "means"):
        tensors[f"upper.{name}"] = tensors[f"upper.{name}"][:2].clone()
    tensors["upper.shares"] = torch.tensor([0.0, 0.0, 0.25], dtype=torch.float64)


@pytest.mark.parametrize("deep", ["outer", "inner"])
def test_headers_nested_without_end_are_refused(model: Any, saved: Path, deep: str) -> None:
    nested = "[" * 100_000 + "]" * 100_000
    if deep == "inner":
        save_file(load_file(saved), saved, {"stylesim": nested})
    else:
        head = f'{{"__metadata__": {nested}}}'.encode()
        saved.write_bytes(len(head).to_bytes(8, "little") + head)
    with pytest.raises(DamagedFileError, match=r"style\.safetensors"):
        reload(saved, model)


def test_a_version_without_end_is_refused(model: Any, saved: Path) -> None:
    rewrite(saved, said("format_version", value=1e999))
    with pytest.raises(DamagedFileError, match=r"style\.safetensors"):
        reload(saved, model)


NETWORKS = {
    "eps of 0": said("backbone", "eps", value=0.0),
    "eps of 2": said("backbone", "eps", value=2.0),
    "eps of text": said("backbone", "eps", value="0.001"),
    "another eps": said("backbone", "eps", value=1e-3),
    "a variance below 0": tensor("backbone.model.0.bn.running_var", put(0, -1.0)),
    "another number": tensor("backbone.model.0.bn.bias", put(0, 0.5)),
    "another order of kinds": said("backbone", "kinds", value=KINDS[::-1]),
    "another content": said("backbone", "content", value="0" * 64),
    "no picture size": said("backbone", "image_size", value=65),
    "a huge picture size": said("backbone", "image_size", value=32 * 10**6),
    "another squaring": said("backbone", "squaring", value="stretch"),
    "a name of nobody": said("backbone", "stem", value=7),
    "a table of other kinds": lambda _, t: t.update({"whole.table": torch.full((3, 2), 0.5)}),
}


@pytest.mark.parametrize("fault", NETWORKS)
def test_networks_that_are_not_what_they_say_are_refused(
    embedded: Path, tmp_path: Path, fault: str
) -> None:
    path = rewrite(embedded, NETWORKS[fault], tmp_path / "style.safetensors")
    with pytest.raises(DamagedFileError):
        LightweightClassifier.load(path)


def test_a_network_is_known_by_its_content(embedded: Path, weights: Path, tmp_path: Path) -> None:
    honest = YoloBackbone(weights, image_size=64)
    assert LightweightClassifier.load(embedded)._backbone().name == honest.name
    assert f"@{honest.digest[:16]}/" in honest.name

    def claims(header: Any, tensors: Any) -> None:
        del header["backbone"]["content"]
        header["backbone"]["digest"] = honest.source.digest
        tensors["backbone.model.0.bn.bias"] += 0.5

    back = LightweightClassifier.load(rewrite(embedded, claims, tmp_path / "style.safetensors"))
    assert back._backbone().name != honest.name


def test_nobody_passes_for_the_bundled_network(embedded: Path, tmp_path: Path) -> None:
    bundled = YoloBackbone().source

    def claims(header: Any, _: Any) -> None:
        del header["backbone"]["content"]
        header["backbone"] |= {"stem": bundled.stem, "digest": bundled.digest}

    path = rewrite(embedded, claims, tmp_path / "style.safetensors")
    with pytest.raises(DamagedFileError, match=r"style\.safetensors"):
        LightweightClassifier.load(path)


def test_a_copy_of_the_bundled_weights_is_the_bundled_weights(
    target: StyleTarget, tmp_path: Path
) -> None:
    import stylesim

    copy = tmp_path / "copy.safetensors"
    original = Path(stylesim.__file__).parent / "weights" / "stylesim-n.safetensors"
    copy.write_bytes(original.read_bytes())
    model = LightweightClassifier(weights=copy, image_size=64, finder=WholePictureFinder())
    path = tmp_path / "style.safetensors"
    model.fit(target, epochs=2, progress=False).save(path)
    assert model._backbone().name == YoloBackbone(image_size=64).name
    assert path.stat().st_size < 100_000
    assert LightweightClassifier.load(path).view_key == model.view_key


@pytest.fixture(scope="module")
def with_finder(target: StyleTarget, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A classifier with the bundled finder."""
    path = tmp_path_factory.mktemp("finder") / "style.safetensors"
    model = LightweightClassifier(image_size=64, finder=GarmentFinder(min_confidence=0.4))
    with pytest.warns(StyleTargetWarning, match="no garment"):  # halves of two colours are none
        model.fit(target, epochs=2, progress=False).save(path)
    return path


def test_another_bundled_finder_is_refused(with_finder: Path, tmp_path: Path) -> None:
    other = said("finder", "name", value="stylesim-finder@00000000.5+00000000>0.4")
    path = rewrite(with_finder, other, tmp_path / "style.safetensors")
    with pytest.raises(DamagedFileError, match=r"stylesim-finder@00000000.*fit again"):
        LightweightClassifier.load(path)
    # Files of older versions do not tell.
    rewrite(path, lambda header, _: header["finder"].pop("name"))
    assert LightweightClassifier.load(path).finder == GarmentFinder(min_confidence=0.4)


@pytest.mark.parametrize("value", [float("nan"), 2, "0.5"])
def test_a_threshold_out_of_range_is_damage(with_finder: Path, tmp_path: Path, value: Any) -> None:
    change = said("finder", "min_confidence", value=value)
    path = rewrite(with_finder, change, tmp_path / "style.safetensors")
    with pytest.raises(DamagedFileError, match=r"style\.safetensors"):
        LightweightClassifier.load(path)


def test_a_finder_or_backbone_that_is_not_that_of_the_fit_is_refused(
    with_finder: Path, embedded: Path, halves: Any, colours: Any
) -> None:
    same = GarmentFinder(min_confidence=0.4, device="cpu")
    assert LightweightClassifier.load(with_finder, finder=same).finder is same
    for path, finder in [
        (with_finder, halves),
        (with_finder, GarmentFinder(min_confidence=0.5)),
        (embedded, halves),
    ]:
        with pytest.raises(InvalidArgumentError, match="finder: expected the finder"):
            LightweightClassifier.load(path, finder=finder)
    with pytest.raises(InvalidArgumentError, match="backbone: expected the backbone"):
        LightweightClassifier.load(embedded, backbone=colours)
    with pytest.raises(InvalidArgumentError, match="device"):
        LightweightClassifier.load(embedded, device="nowhere")


def test_a_backbone_of_another_width_is_refused(saved: Path, model: Any) -> None:
    def never(some: Any) -> Any:
        raise AssertionError("not called to load")

    wider = FunctionBackbone(never, name="colour", dim=4)
    with pytest.raises(InvalidArgumentError, match="backbone: expected vectors of 3 numbers"):
        LightweightClassifier.load(saved, backbone=wider, finder=model.finder)
    unknown = FunctionBackbone(never, name="colour")
    assert LightweightClassifier.load(saved, backbone=unknown, finder=model.finder).classes_


def test_a_finder_derived_from_the_bundled_one_is_ones_own(
    target: StyleTarget, colours: Any, tmp_path: Path
) -> None:
    class Whole(WholePictureFinder):
        name = "mine"

    model = LightweightClassifier(finder=Whole(), backbone=colours)
    path = tmp_path / "style.safetensors"
    model.fit(target, epochs=2, progress=False).save(path)
    with pytest.raises(InvalidArgumentError, match="finder 'mine'"):
        LightweightClassifier.load(path, backbone=colours)
    assert LightweightClassifier.load(path, backbone=colours, finder=Whole()).classes_
    older = rewrite(path, said("finder", "kind", value="whole"), tmp_path / "older.safetensors")
    assert LightweightClassifier.load(older, backbone=colours, finder=Whole()).classes_
    with pytest.raises(InvalidArgumentError, match="finder 'mine'"):
        LightweightClassifier.load(older, backbone=colours)


def test_negative_variances_of_a_space_are_refused() -> None:
    from stylesim._calibration import calibration_for, calibration_parts, spaces_from

    shipped = calibration_for(YoloBackbone())
    assert shipped is not None
    tensors, header = calibration_parts(shipped)
    assert spaces_from(tensors, header["spaces"])
    tensors["whole.variances"][0] = -1.0
    with pytest.raises(ValueError, match="hold together"):
        spaces_from(tensors, header["spaces"])
