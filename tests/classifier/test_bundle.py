"""Saved classifiers: whole, small, safe, and refused where they are not."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from bundles import reload, rewrite
from PIL import Image

from stylesim._bundle import weights_text
from stylesim.backbones import FunctionBackbone, save_backbone
from stylesim.backbones.network import build_network
from stylesim.classifier import LightweightClassifier
from stylesim.errors import (
    DamagedFileError,
    InvalidArgumentError,
    NewerVersionError,
    StorageError,
    StyleTargetWarning,
)
from stylesim.garments import GarmentFinder, WholePictureFinder
from stylesim.style_target import StyleTarget

PICTURES = [
    Image.new("RGB", size, colour)
    for size, colour in [((24, 32), "red"), ((24, 32), "navy"), ((32, 24), "green")]
]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "mine.safetensors"
    save_backbone(build_network("n"), path)
    return path


def test_a_loaded_classifier_is_the_same(model: Any, saved: Path) -> None:
    back = reload(saved, model)
    assert np.array_equal(back.predict_proba(PICTURES), model.predict_proba(PICTURES))
    assert np.array_equal(back.embed(PICTURES), model.embed(PICTURES))
    for name in ("classes_", "history_", "slots_", "view_key", "method", "image_size", "seed"):
        assert getattr(back, name) == getattr(model, name), name


def test_saving_what_was_loaded_gives_the_same_file(model: Any, saved: Path) -> None:
    again = saved.with_name("again.safetensors")
    reload(saved, model).save(again)
    assert again.read_bytes() == saved.read_bytes()


def test_foreign_weights_travel_in_the_file(
    weights: Path, target: StyleTarget, tmp_path: Path
) -> None:
    model = LightweightClassifier(weights=weights, image_size=64, finder=WholePictureFinder())
    model.fit(target, epochs=2, progress=False)
    path = tmp_path / "style.safetensors"
    model.save(path)
    moved = weights.rename(weights.with_name("moved-away.safetensors"))
    try:
        back = LightweightClassifier.load(path)
        assert np.array_equal(back.predict_proba(PICTURES), model.predict_proba(PICTURES))
        assert back.view_key == model.view_key
        assert isinstance(back.finder, WholePictureFinder)
        assert str(weights.parent) not in path.read_bytes()[:20_000].decode(errors="replace")
        back.fit(target, epochs=3, progress=False)  # the network is there to learn with again
    finally:
        moved.rename(weights)
    # Half precision, once: no classification layer, nothing twice.
    assert path.stat().st_size < weights.stat().st_size + 60_000


@pytest.mark.parametrize("fine", [False, True])
def test_how_the_bundled_finder_draws_travels_too(
    fine: bool, target: StyleTarget, tmp_path: Path
) -> None:
    finder = GarmentFinder(min_confidence=0.4, fine=fine)
    model = LightweightClassifier(image_size=64, finder=finder)
    with pytest.warns(StyleTargetWarning, match="no garment"):  # halves of two colours are none
        model.fit(target, epochs=2, progress=False)
    model.save(tmp_path / "style.safetensors")
    back = LightweightClassifier.load(tmp_path / "style.safetensors")
    assert back.finder.name == finder.name
    assert ("fine" in finder.name) == fine


def test_settings_may_be_whole_numbers_of_numpy(
    weights: Path, target: StyleTarget, tmp_path: Path
) -> None:
    model = LightweightClassifier(
        weights=weights, image_size=np.int64(64), seed=np.int64(3), finder=WholePictureFinder()
    )
    model.fit(target, epochs=2, progress=False).save(tmp_path / "style.safetensors")
    back = LightweightClassifier.load(tmp_path / "style.safetensors")
    assert (back.image_size, back.seed) == (64, 3)
    assert np.array_equal(back.predict_proba(PICTURES), model.predict_proba(PICTURES))


def test_bundled_weights_are_named_not_copied(target: StyleTarget, tmp_path: Path) -> None:
    model = LightweightClassifier(image_size=64, finder=WholePictureFinder())
    model.fit(target, epochs=2, progress=False)
    path = tmp_path / "style.safetensors"
    model.save(path)
    assert path.stat().st_size < 100_000
    back = LightweightClassifier.load(path)
    assert np.array_equal(back.predict_proba(PICTURES), model.predict_proba(PICTURES))

    def other_weights(header: Any, _: Any) -> None:
        header["backbone"]["digest"] = "0" * 64

    rewrite(path, other_weights)
    with pytest.raises(DamagedFileError, match="stylesim-n@00000000"):
        LightweightClassifier.load(path)


def test_parts_of_the_users_own_must_be_passed_again(
    model: Any, saved: Path, colours: Any, halves: Any
) -> None:
    other = FunctionBackbone(colours.function, name="other", dim=3)
    for backbone in (None, other):
        with pytest.raises(InvalidArgumentError, match="backbone: expected the backbone 'colour'"):
            LightweightClassifier.load(saved, backbone=backbone, finder=halves)
    with pytest.raises(InvalidArgumentError, match="finder: expected the finder 'halves'"):
        LightweightClassifier.load(saved, backbone=colours)


def test_saving_replaces_only_when_whole(
    model: Any, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = saved.read_bytes()

    def fail(*args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("stylesim.backbones.storing.os.fsync", fail)
    with pytest.raises(StorageError, match="No space left"):
        model.save(saved)
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


def test_a_path_that_cannot_be_written_is_named(model: Any, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no-such-folder"):
        model.save(tmp_path / "no-such-folder" / "style.safetensors")
    with pytest.raises(StorageError):
        model.save(tmp_path)


@pytest.mark.parametrize("path", [".", "/", "", "a\0b"])
def test_paths_that_no_file_can_have_are_named(
    model: Any, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StorageError, match="path: expected a path that can be written"):
        model.save(path)
    with pytest.raises(DamagedFileError, match="path: expected a classifier"):
        LightweightClassifier.load(path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("path", [7, None, b"style"])
def test_what_is_no_path_is_named(model: Any, path: Any) -> None:
    for use in (model.save, LightweightClassifier.load):
        with pytest.raises(InvalidArgumentError, match="path: expected the path of a file"):
            use(path)


def test_a_bundle_of_a_newer_version_is_refused(model: Any, saved: Path) -> None:
    def newer(header: Any, _: Any) -> None:
        header["format_version"] = 2

    rewrite(saved, newer)
    with pytest.raises(NewerVersionError, match="update stylesim"):
        reload(saved, model)


def test_shares_of_slots_are_kept_and_alike_in_files_that_tell_none(
    model: Any, saved: Path
) -> None:
    def uneven(header: Any, _: Any) -> None:
        header["regions"]["upper"]["share"] = 1.5

    rewrite(saved, uneven)
    assert reload(saved, model)._fitted("test").heads["upper"].share == 1.5
    rewrite(saved, lambda header, _: header["regions"]["upper"].pop("share"))
    assert reload(saved, model)._fitted("test").heads["upper"].share == 1.0


def drop(name: str) -> Any:
    return lambda header, _: header.pop(name)


def nan(_: Any, tensors: Any) -> None:
    tensors["upper.weight"][:] = torch.nan


def cut_head(_: Any, tensors: Any) -> None:
    tensors["upper.weight"] = tensors["upper.weight"][:1].clone()


def wrong_member(header: Any, _: Any) -> None:
    header["regions"]["upper"]["members"] = [0, 7, 1]


def no_whole(header: Any, _: Any) -> None:
    del header["regions"]["whole"]


def twice(header: Any, _: Any) -> None:
    header["classes"][1] = header["classes"][0]


def other_kind(header: Any, _: Any) -> None:
    header["kind"] = "backbone"


def cold(header: Any, _: Any) -> None:
    header["regions"]["upper"]["temperature"] = 0.0


def shut_out(header: Any, _: Any) -> None:
    header["regions"]["upper"]["share"] = 0.0


CHANGES = [nan, cut_head, wrong_member, no_whole, twice, other_kind, cold, shut_out]
CHANGES += [drop(name) for name in ("kind", "classes", "regions", "history", "settings")]


@pytest.mark.parametrize("change", CHANGES)
def test_a_bundle_that_does_not_hold_together_is_refused(
    model: Any, saved: Path, change: Any
) -> None:
    rewrite(saved, change)
    with pytest.raises(DamagedFileError, match=r"style\.safetensors"):
        reload(saved, model)


@pytest.mark.parametrize("fault", ["absent", "empty", "text", "cut", "folder", "pickle"])
def test_damaged_files_are_refused(model: Any, saved: Path, fault: str) -> None:
    content = saved.read_bytes()
    path = saved.with_name("broken")
    if fault == "folder":
        path.mkdir()
    elif fault == "pickle":
        torch.save({"x": 1}, path)
    elif fault != "absent":
        path.write_bytes({"empty": b"", "text": b"hello" * 9, "cut": content[:-9]}[fault])
    with pytest.raises(DamagedFileError, match="broken"):
        reload(path, model)


def test_any_single_changed_byte_of_the_header_loads_or_is_refused(model: Any, saved: Path) -> None:
    content = bytearray(saved.read_bytes())
    length = int.from_bytes(content[:8], "little")
    for place in range(0, 8 + length, 37):
        broken = bytearray(content)
        broken[place] ^= 0x15
        path = saved.with_name("flipped")
        path.write_bytes(broken)
        # The latter where the name of the backbone or of the finder has become another.
        with contextlib.suppress(DamagedFileError, InvalidArgumentError):
            reload(path, model).predict_proba(PICTURES[:1])


@pytest.mark.parametrize(
    ("weights", "text"),
    [
        ("stylesim-n", "stylesim-n"),
        ("s", "s"),
        ("/home/me/mine.pt", "mine.pt"),
        (Path("a") / "b.safetensors", "b.safetensors"),
        (Path("a") / "weights", "weights.pt"),
    ],
)
def test_folders_of_this_machine_are_not_written_down(weights: Any, text: str) -> None:
    assert weights_text(weights) == text
