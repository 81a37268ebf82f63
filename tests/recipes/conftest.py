"""A small work folder of the recipes, in which stand-ins for teachers speak."""

from __future__ import annotations

import importlib
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from stylesim.backbones.fence import import_ultralytics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RECIPES = Path(__file__).parents[2] / "recipes"
SIDE, DERIVED = 48, 4


class Asked:
    """The recipe's modules, and a work folder in which stand-ins for teachers speak.

    Attributes:
        n: Garments.
        dim: Features that a teacher gives of each, beside the categories.
        count: Views of one garment, and as many of two.
    """

    n, dim, count = 150, 160, 3

    def __init__(self, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.syspath_prepend(str(RECIPES))
        self.monkeypatch, self.work = monkeypatch, work
        self.teacher, self.lessons = self.module("teacher"), self.module("lessons")
        self.views, self.training = self.module("views"), self.module("train_backbone")
        rng = np.random.default_rng(0)
        self.kinds = len(self.lessons.CATEGORIES)
        self.data = {
            "kind": np.where(np.arange(self.n) % 2 == 0, "worn", "laid"),
            "derived": np.arange(self.n) >= self.n - DERIVED,
            "sender": np.array([f"sender {i % 7}" for i in range(self.n)]),
            "category": rng.integers(self.kinds, size=self.n),
            "fine": np.where(np.arange(self.n) % 3 == 0, "jeans", ""),
            "palette": rng.random((self.n, 6)),
        }
        np.savez(work / "train.npz", **self.data)
        crops = rng.integers(256, size=(self.n, SIDE, SIDE, 4), dtype=np.uint8)
        np.save(work / "train_crops.npy", crops)
        np.save(work / "train_crops_half.npy", crops[:, ::2, ::2])
        said = rng.normal(size=(1, self.n, self.dim + self.kinds)).astype(np.float16)
        np.save(work / "tuned_unseen_views.npy", said)
        for module in (self.teacher, self.training):
            monkeypatch.setattr(module, "WIDE_VIEWS", self.count)
            monkeypatch.setattr(module, "BLEND_VIEWS", self.count)
        for side in ("TUNED_SIDE", "CLOSE_SIDE", "AGAIN_SIDE"):
            monkeypatch.setattr(self.teacher, side, 32)
        monkeypatch.setattr(self.teacher, "tuned", lambda _, name: name)
        monkeypatch.setattr(self.teacher, "compiled", lambda name, *_: self.answers(name))
        monkeypatch.setattr(self.training, "evaluate", lambda *_: {})

    def module(self, name: str) -> Any:
        return importlib.import_module(name)

    def answers(self, name: str) -> Callable[[torch.Tensor], np.ndarray]:
        """A stand-in for a teacher: a fixed map of the picture's pixels, another one each name."""
        weight = np.random.default_rng(zlib.crc32(name.encode())).normal(
            size=(3 * 8 * 8, self.dim + self.kinds)
        )
        return lambda x: F.adaptive_avg_pool2d(x, 8).flatten(1).numpy() @ weight

    def views_of_one(self, seed: int, count: int, dyed: float = 0.0) -> Any:
        """The views of single garments that a script makes with these numbers."""
        full, half = (np.load(self.work / f"train_crops{end}.npy") for end in ("", "_half"))
        worn = self.data["kind"] == "worn"
        return self.views.Views(full, half, worn, count, seed, derived=DERIVED, dyed=dyed)

    def checkpoint(self) -> str:
        """A YOLOv8n-cls checkpoint as Ultralytics writes them, with random weights; its path."""
        tasks = import_ultralytics("nn.tasks")
        torch.manual_seed(0)
        path = self.work / "init.pt"
        torch.save({"model": tasks.ClassificationModel("yolov8n-cls.yaml", verbose=False)}, path)
        return str(path)

    def run(self, name: str, *flags: str) -> None:
        """Call a script's ``main`` as the command line would."""
        self.monkeypatch.setattr(sys, "argv", [f"{name}.py", "--work", str(self.work), *flags])
        self.module(name).main()

    def ask(self, *flags: str) -> None:
        self.run("teacher", *flags)


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    threads = cv2.getNumThreads()
    yield Asked(tmp_path, monkeypatch)
    cv2.setNumThreads(threads)
