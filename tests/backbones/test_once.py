"""What is made once a process, and where it runs."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import torch

from stylesim.backbones import YoloBackbone, network, sources
from stylesim.backbones.devices import pick_device
from stylesim.backbones.garment_weights import bundled_reader
from stylesim.errors import InvalidArgumentError


@pytest.fixture
def no_accelerator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


@pytest.mark.usefixtures("no_accelerator")
def test_one_device_by_several_names_has_one_finder() -> None:
    assert bundled_reader("auto") is bundled_reader("cpu") is bundled_reader("cpu:0")


def test_the_processor_has_one_name_and_no_device_is_nowhere() -> None:
    assert pick_device("cpu:0") == "cpu"
    assert YoloBackbone(device="cpu:0").network() is YoloBackbone(device="cpu").network()
    with pytest.raises(InvalidArgumentError, match="device: expected a device of this machine"):
        pick_device("meta")


@pytest.mark.parametrize(
    ("module", "kept", "inner"),
    [(network, "bundled_trunk", "trunk_of"), (sources, "_bundled", "read_weights")],
)
def test_threads_wait_for_the_first(
    module: Any, kept: str, inner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []

    def slow(*_: object, **__: object) -> object:
        time.sleep(0.05)
        made.append(object())
        return made[-1]

    monkeypatch.setattr(module, inner, slow)
    function = getattr(module, kept)
    arguments: Any = ("stylesim-n",) if module is sources else ("weights", "here")
    settings = {} if module is sources else {"worn": False}
    start = threading.Barrier(4)

    def ask(_: int) -> object:
        start.wait()
        return function(*arguments, **settings)

    before = sources.find_weights("stylesim-n")
    function.cache_clear()
    try:
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(ask, range(4)))
    finally:
        function.cache_clear()
    assert len(made) == 1
    assert set(answers) == set(made)
    monkeypatch.undo()
    assert sources.find_weights("stylesim-n").digest == before.digest
