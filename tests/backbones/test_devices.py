"""Where networks run, and in which precision."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np
import pytest
import torch

from stylesim import LightweightClassifier, StyleTarget, _calibration
from stylesim.backbones import YoloBackbone, garment_weights, network, sources
from stylesim.backbones.devices import half_is_fast, pick_device
from stylesim.datasets import STYLE_NAMES, make_style
from stylesim.garments import GarmentFinder


@pytest.mark.parametrize(
    ("told", "fast"),
    [({"avx512_bf16": True}, True), ({"amx_bf16": True}, True), ({"avx512_bf16": False}, False)],
)
def test_half_precision_is_for_processors_that_have_it(told: dict[str, bool], fast: bool) -> None:
    with mock.patch.object(torch.cpu, "get_capabilities", return_value=told, create=True):
        assert half_is_fast("cpu") is fast
        assert half_is_fast("cuda") is False


def test_an_older_torch_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert half_is_fast("cpu") is False


@pytest.mark.parametrize(
    ("cuda", "current", "names", "place"),
    [
        (True, 0, ["auto", "cuda", "cuda:0"], "cuda:0"),
        (True, 1, ["auto", "cuda", "cuda:1"], "cuda:1"),
        (True, 1, ["cuda:0"], "cuda:0"),
        (False, 0, ["auto", "mps", "mps:0"], "mps:0"),
    ],
)
def test_a_device_has_one_name(
    cuda: bool, current: int, names: list[str], place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def empty(*_: int, device: str) -> Any:
        """What torch gives where there is such a device: a tensor that knows its number."""
        asked = torch.device(device)
        number = current if asked.index is None else asked.index
        return SimpleNamespace(item=lambda: 0.0, device=torch.device(asked.type, number))

    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: not cuda)
    monkeypatch.setattr(torch, "empty", empty)
    assert {pick_device(name) for name in names} == {place}


KEPT: list[Any] = [garment_weights._reader, network.bundled_trunk, sources._bundled]


@pytest.fixture
def elsewhere() -> Iterator[Callable[[str | None], None]]:
    """Says where torch makes what is not told its place, and forgets what was loaded before."""

    def move(device: str | None) -> None:
        torch.set_default_device(device)
        for function in (*KEPT, _calibration._shipped):
            function.cache_clear()

    yield move
    move(None)


def test_networks_are_loaded_wherever_torch_makes_others(
    weights_file: Path, tmp_path: Path, elsewhere: Callable[[str | None], None]
) -> None:
    styles = [[outfit.image for outfit in make_style(name, n=3)] for name in STYLE_NAMES[:2]]
    target = StyleTarget(styles[0], {"other": styles[1]})
    told = []
    for device in (None, "meta"):
        elsewhere(device)
        garments = GarmentFinder(fine=True, device="cpu").find(styles[0])
        own = YoloBackbone(weights_file, image_size=64, device="cpu").embed(styles[0])
        model = LightweightClassifier(device="cpu").fit(target, epochs=2, progress=False)
        model.save(tmp_path / "style.safetensors")
        back = LightweightClassifier.load(tmp_path / "style.safetensors", device="cpu")
        outlines = [garment.mask for found in garments for garment in found]
        told.append([*outlines, own, back.predict_proba(styles[0])])
    assert len(told[0]) > 2 + len(styles[0]), "more than one garment a picture"
    assert all(np.array_equal(one, other) for one, other in zip(*told, strict=True))
