"""Fine-tuning by Ultralytics' own trainer: it trains, and nobody sees it."""

from __future__ import annotations

import csv
import os
import random
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from stylesim.backbones import save_backbone
from stylesim.backbones.network import build_network
from stylesim.classifier import LightweightClassifier
from stylesim.errors import InvalidArgumentError, StorageError, StyleSimError
from stylesim.style_target import StyleTarget

COLOURS = {"wannabe": (200, 40, 40), "sporty": (40, 40, 200), "../a b": (40, 180, 40)}


def picture(colour: tuple[int, ...], seed: int) -> Image.Image:
    noise = np.random.default_rng(seed).normal(0, 25, (48, 40, 3))
    return Image.fromarray((noise + colour).clip(0, 255).astype(np.uint8))


def pictures(start: int, count: int) -> dict[str, list[Image.Image]]:
    return {
        name: [picture(colour, 100 * start + i) for i in range(count)]
        for name, colour in COLOURS.items()
    }


@pytest.fixture(scope="module")
def target() -> StyleTarget:
    classes = pictures(1, 6)
    return StyleTarget(classes.pop("wannabe"), classes)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "random.safetensors"
    save_backbone(build_network("n"), path)
    return path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in, to be at home in, and to put temporary files in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def state() -> dict[str, Any]:
    return {
        "random": str(random.getstate()),
        "numpy": str(np.random.get_state()),  # noqa: NPY002 - the global one is meant
        "torch": torch.random.get_rng_state().tolist(),
        "threads": torch.get_num_threads(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "environment": dict(os.environ),
        "print": vars(torch._tensor_str.PRINT_OPTS).copy(),
        "save": torch.save,
        "open": Image.open,
    }


def tuned(weights: Path, target: StyleTarget, epochs: int, **settings: Any) -> Any:
    model = LightweightClassifier(weights=weights, method="finetune", image_size=32, **settings)
    return model.fit(target, epochs=epochs, progress=False)


def test_it_learns_and_leaves_no_trace(
    weights: Path, target: StyleTarget, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = state()
    model = tuned(weights, target, 6)
    after = state()
    assert [name for name in before if before[name] != after[name]] == []
    assert list(home.rglob("*")) == []
    assert capfd.readouterr() == ("", "")

    assert model.classes_ == ("wannabe", "sporty", "../a b")
    assert [epoch["epoch"] for epoch in model.history_] == list(range(1, 7))
    assert model.history_[-1]["loss"] < model.history_[0]["loss"]
    new = pictures(2, 4)
    assert np.allclose(model.predict_proba(new["sporty"]).sum(axis=1), 1.0, atol=1e-6)
    assert model.embed(new["sporty"]).shape == (4, 1280)
    assert model.slots_ == ()

    path = home / "style.safetensors"
    model.save(path)
    back = LightweightClassifier.load(path)
    assert np.array_equal(back.predict_proba(new["sporty"]), model.predict_proba(new["sporty"]))
    assert (back.method, back.history_, back.view_key) == (
        "finetune",
        model.history_,
        model.view_key,
    )


def test_probabilities_are_those_of_the_trained_network_itself(
    weights: Path, target: StyleTarget
) -> None:
    model = tuned(weights, target, 2)
    source = model._tuned.source
    network = build_network("n", classes=3)
    network.load_state_dict({k: v.float() for k, v in source.tensors.items()})
    picture_ = picture((120, 90, 60), 5).crop((4, 8, 36, 40))  # 32 x 32: nothing to resize
    x = torch.from_numpy(np.array(picture_)).permute(2, 0, 1)[None].float() / 255
    with torch.inference_mode():
        probabilities, _ = network.eval()(x)
    assert np.allclose(model.predict_proba([picture_]), probabilities.numpy(), atol=1e-4)


def test_the_same_seed_trains_the_same_network(weights: Path, target: StyleTarget) -> None:
    one, two, other = (tuned(weights, target, 1, seed=seed) for seed in (1, 1, 2))
    assert one.view_key == two.view_key != other.view_key
    assert np.array_equal(one.predict_proba([picture((9, 9, 9), 1)]), two.predict_proba(
        [picture((9, 9, 9), 1)]
    ))  # fmt: skip


def test_every_epoch_moves_the_bar(
    weights: Path, target: StyleTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    import stylesim._fitting as fitting

    steps: list[int] = []
    real = fitting.finetune

    def watched(*args: Any, on_epoch: Any, **settings: Any) -> Any:
        return real(*args, on_epoch=lambda: steps.append(on_epoch() is None), **settings)

    monkeypatch.setattr(fitting, "finetune", watched)
    tuned(weights, target, 3)
    assert len(steps) == 3


@pytest.mark.parametrize("blow", [KeyboardInterrupt, RuntimeError])
def test_a_broken_off_training_cleans_up_and_changes_nothing(
    weights: Path,
    target: StyleTarget,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    blow: type[BaseException],
) -> None:
    import stylesim._fitting as fitting

    model = tuned(weights, target, 1)
    kept = model.view_key
    real = fitting.finetune

    def stop() -> None:
        assert any(home.iterdir())  # there is something to clean up
        raise blow("stop")

    monkeypatch.setattr(fitting, "finetune", lambda *a, on_epoch, **k: real(*a, on_epoch=stop, **k))
    before = state()
    with pytest.raises(StyleSimError if blow is RuntimeError else blow):
        model.fit(target, epochs=3, progress=False)
    after = state()
    assert [name for name in before if before[name] != after[name]] == []
    assert list(home.rglob("*")) == []
    assert model.view_key == kept


def test_a_folder_for_temporary_files_that_is_none(
    weights: Path, target: StyleTarget, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with pytest.raises(StorageError, match="TMPDIR: expected a usable folder"):
        tuned(weights, target, 1)


def test_a_full_disk(
    weights: Path, target: StyleTarget, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(StyleSimError, match=r"fit: .*No space left"):
        tuned(weights, target, 1)
    assert list(home.rglob("*")) == []


def test_a_seed_that_ultralytics_cannot_take() -> None:
    assert LightweightClassifier(seed=2**32).seed == 2**32
    with pytest.raises(InvalidArgumentError, match="seed: expected a whole number below 42949"):
        LightweightClassifier(method="finetune", seed=2**32)


def test_refitting_starts_from_the_first_weights(weights: Path, target: StyleTarget) -> None:
    model = tuned(weights, target, 1)
    once = model.view_key
    model.fit(target, epochs=1, progress=False)
    assert model.view_key == once


@pytest.mark.real_data
@pytest.mark.slow
def test_a_real_network_learns_real_classes_and_predicts_as_ultralytics_does(
    data_dir: Path, tmp_path: Path
) -> None:
    with (data_dir / "garments" / "images.csv").open() as file:
        rows = list(csv.DictReader(file))
    photos = {
        label: [
            data_dir / "garments" / "images" / f"{row['image']}.jpg"
            for row in rows
            if row["label"] == label
        ][:28]
        for label in ("Shoes", "Pants")
    }
    target = StyleTarget(
        photos["Shoes"][:16], {"pants": photos["Pants"][:16]}, name="shoes", max_images=16
    )
    model = LightweightClassifier(
        weights=data_dir / "checkpoints" / "yolov8n-cls-finetuned.pt",
        method="finetune",
        image_size=96,
    )
    model.fit(target, epochs=15, progress=False)
    new = photos["Shoes"][16:] + photos["Pants"][16:]
    guess = model.predict_proba(new)
    assert (guess.argmax(axis=1) == np.repeat([0, 1], 12)).mean() > 0.75

    from stylesim.backbones.fence import fenced, import_ultralytics

    network = build_network("n", classes=2)
    network.load_state_dict({k: v.float() for k, v in model._tuned.source.tensors.items()})
    torch.save({"model": network, "train_args": {"task": "classify"}}, tmp_path / "tuned.pt")
    yolo = import_ultralytics("models").YOLO
    with fenced():
        tuned_by_hand = yolo(tmp_path / "tuned.pt", task="classify")
        answers = tuned_by_hand.predict(new, imgsz=96, device="cpu", verbose=False)
    theirs = np.stack([answer.probs.data.numpy() for answer in answers])
    assert np.abs(theirs - guess).max() < 0.02
