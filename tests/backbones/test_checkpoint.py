"""Reading checkpoints: what is right arrives whole, what is wrong runs no code."""

from __future__ import annotations

import os
import pickle
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from stylesim.backbones import YoloBackbone
from stylesim.backbones.checkpoint import ALLOWED, digest_of, read_weights
from stylesim.errors import DamagedFileError, UnsafeFileError


class Payload:
    """Creates a file while it is unpickled, by one of several ways."""

    def __init__(self, marker: Path, way: str) -> None:
        self.marker, self.way = str(marker), way

    def __reduce__(self) -> Any:
        touch = f"open({self.marker!r}, 'w').close()"
        return {
            "system": (os.system, (f"touch {self.marker}",)),
            "eval": (eval, (touch,)),
            "exec": (exec, (touch,)),
            "method": (Path(self.marker).write_text, ("hit",)),
        }[self.way]


def whole_state(network: torch.nn.Module) -> dict[str, torch.Tensor]:
    return dict(network.state_dict())


def test_a_pickled_network_arrives_tensor_for_tensor(
    checkpoint_file: Path, network: torch.nn.Module
) -> None:
    weights = read_weights(checkpoint_file)
    own = whole_state(network)
    assert weights.tensors.keys() == own.keys()
    assert all(torch.equal(weights.tensors[name], own[name]) for name in own)
    assert (weights.size, weights.stem, weights.eps) == ("n", "yolov8n-cls", 1e-5)


def test_unpickling_makes_no_object_of_the_named_classes(
    checkpoint_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object) -> None:
        raise AssertionError("a real layer was made")

    monkeypatch.setattr(torch.nn.Module, "__setstate__", refuse)
    monkeypatch.setattr(torch.nn.Conv2d, "__setstate__", refuse, raising=False)
    read_weights(checkpoint_file)


@pytest.mark.parametrize("damaged", [False, True])
def test_the_allow_list_is_left_only_for_the_time_of_reading(
    checkpoint_file: Path, tmp_path: Path, damaged: bool
) -> None:
    class Owned:  # what the caller allows stays allowed
        pass

    path = tmp_path / "file.pt"
    path.write_bytes(checkpoint_file.read_bytes()[: -100 if damaged else None])
    with torch.serialization.safe_globals([Owned]):
        # In no order: torch keeps them in a set.
        before = Counter(torch.serialization.get_safe_globals())
        assert before[Owned] == 1
        if damaged:
            with pytest.raises(DamagedFileError):
                read_weights(path)
        else:
            read_weights(path)
        assert Counter(torch.serialization.get_safe_globals()) == before


def test_nothing_on_the_allow_list_reaches_the_system() -> None:
    roots = {name.split(".")[0] for name in ALLOWED}
    assert roots == {
        "ultralytics", "torch", "torchvision", "pathlib", "types", "datetime", "numpy",
    }  # fmt: skip


def test_a_network_in_training_is_read_from_its_averaged_weights(
    network: torch.nn.Module, tmp_path: Path
) -> None:
    raw = torch.nn.Linear(2, 2)
    optimiser = torch.optim.SGD(raw.parameters(), lr=0.1, momentum=0.9)
    path = tmp_path / "last.pt"
    content = {
        "model": None,
        "ema": network,
        "updates": 7,
        "optimizer": optimiser.state_dict(),
        "train_args": {"project": Path("runs"), "imgsz": 224},
        "train_metrics": {"fitness": np.float64(0.5)},
    }
    torch.save(content, path)
    assert torch.equal(
        read_weights(path).tensors["model.8.cv2.conv.weight"],
        network.state_dict()["model.8.cv2.conv.weight"],
    )


def test_a_bare_state_dict_is_read(network: torch.nn.Module, tmp_path: Path) -> None:
    path = tmp_path / "state.pt"
    torch.save(network.model.state_dict(), path)
    assert YoloBackbone(path).dim == 256


def test_eps_of_the_checkpoint_is_kept(network: torch.nn.Module, tmp_path: Path) -> None:
    import copy

    other = copy.deepcopy(network)
    for module in other.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.eps = 1e-3
    path = tmp_path / "eps.pt"
    torch.save({"model": other}, path)
    assert read_weights(path).eps == 1e-3


@pytest.mark.parametrize("way", ["system", "eval", "exec", "method"])
@pytest.mark.parametrize("zipped", [True, False])
def test_a_file_that_asks_to_run_code_is_refused(tmp_path: Path, way: str, zipped: bool) -> None:
    marker, path = tmp_path / "hit", tmp_path / "evil.pt"
    content = {"model": Payload(marker, way)}
    if zipped:
        torch.save(content, path)
    else:
        path.write_bytes(pickle.dumps(content, protocol=2))
    with pytest.raises(UnsafeFileError) as caught:
        YoloBackbone(path)
    assert not marker.exists()
    assert "weights" in str(caught.value)
    assert str(path) in str(caught.value)
    if zipped:
        assert {"system": "system", "eval": "eval", "exec": "exec", "method": "getattr"}[
            way
        ] in str(caught.value)
    # The same file does run its code for who trusts it, so the test tests something.
    if way != "method":
        torch.load(path, weights_only=False) if zipped else pickle.loads(path.read_bytes())
        assert marker.exists()


def test_a_module_nested_in_itself_is_read_to_an_end(
    network: torch.nn.Module, tmp_path: Path
) -> None:
    import copy

    loop = copy.deepcopy(network)
    loop.model._modules["3"]._modules["again"] = loop
    path = tmp_path / "loop.pt"
    torch.save({"model": loop}, path)
    assert read_weights(path).size == "n"


def damaged_files(folder: Path, whole: bytes) -> dict[str, Path]:
    made = {
        "empty": b"",
        "text": b"not a checkpoint",
        "cut": whole[: len(whole) // 2],
        "cut-end": whole[:-100],
        "pickle-of-something-else": pickle.dumps([1, 2], protocol=2),
    }
    for name, content in made.items():
        (folder / f"{name}.pt").write_bytes(content)
    with zipfile.ZipFile(folder / "zip.pt", "w") as archive:
        archive.writestr("hello.txt", "hello")
    torch.save({"model": {"conv.weight": torch.zeros(3)}}, folder / "other.pt")
    return {path.stem: path for path in folder.glob("*.pt")}


def test_damaged_and_foreign_files_are_named(tmp_path: Path, checkpoint_file: Path) -> None:
    for name, path in damaged_files(tmp_path, checkpoint_file.read_bytes()).items():
        with pytest.raises(DamagedFileError) as caught:
            YoloBackbone(path)
        assert not isinstance(caught.value, UnsafeFileError), name
        assert str(path) in str(caught.value), name


def test_a_missing_or_misshapen_tensor_is_named(network: torch.nn.Module, tmp_path: Path) -> None:
    for change, word in (("drop", "no model.4"), ("shape", "shape (1,) of model.4")):
        state = whole_state(network)
        name = next(key for key in state if key.startswith("model.4"))
        if change == "drop":
            del state[name]
        else:
            state[name] = torch.zeros(1)
        torch.save(state, tmp_path / "state.pt")
        with pytest.raises(DamagedFileError, match="model") as caught:
            YoloBackbone(tmp_path / "state.pt")
        assert word in str(caught.value)


def test_nan_weights_are_refused(network: torch.nn.Module, tmp_path: Path) -> None:
    state = whole_state(network)
    state["model.0.conv.weight"] = torch.full_like(state["model.0.conv.weight"], torch.nan)
    torch.save(state, tmp_path / "nan.pt")
    with pytest.raises(DamagedFileError, match="not finite in model"):
        YoloBackbone(tmp_path / "nan.pt")


def test_the_digest_of_tensors_changes_with_any_of_them(network: torch.nn.Module) -> None:
    state = whole_state(network)
    before = digest_of(state)
    assert digest_of(dict(reversed(state.items()))) == before
    changed = state | {"model.9.linear.bias": state["model.9.linear.bias"] + 1}
    assert digest_of(changed) != before


@pytest.mark.real_data
def test_a_real_checkpoint_gives_what_ultralytics_computes(data_dir: Path) -> None:
    path = data_dir / "checkpoints" / "yolov8n-cls-finetuned.pt"
    backbone = YoloBackbone(path, image_size=96)
    trusted = torch.load(path, map_location="cpu", weights_only=False)["model"].float().eval()
    photos = sorted((data_dir / "garments" / "images").glob("*.jpg"))[:3]
    from stylesim.backbones.pictures import square
    from stylesim.images import load_array, load_image

    stack = np.stack([load_array(square(load_image(p), 96)) for p in photos])
    x = torch.from_numpy(stack).permute(0, 3, 1, 2).float() / 255
    with torch.inference_mode():
        for layer in list(trusted.model)[:9]:
            x = layer(x)
    assert np.allclose(backbone.features(photos), x.mean((2, 3)).numpy(), atol=2e-4)
