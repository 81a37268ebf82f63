"""What teachers are asked, and what is made of their answers, on small arrays."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

if TYPE_CHECKING:
    from collections.abc import Callable

RECIPES = Path(__file__).parents[2] / "recipes"
N, SIDE, FEATURES = 150, 48, 160


class Asked:
    """The recipe's modules, and a work folder in which stand-ins for teachers have spoken."""

    def __init__(self, work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.syspath_prepend(str(RECIPES))
        import lessons
        import teacher
        import views

        self.work, self.teacher, self.lessons, self.views = work, teacher, lessons, views
        self.monkeypatch = monkeypatch
        rng = np.random.default_rng(0)
        kinds = len(lessons.CATEGORIES)
        self.data = {
            "kind": np.where(np.arange(N) % 2 == 0, "worn", "laid"),
            "derived": np.arange(N) >= N - 4,
            "sender": np.array([f"sender {i % 7}" for i in range(N)]),
            "category": rng.integers(kinds, size=N),
        }
        np.savez(work / "train.npz", **self.data)
        crops = rng.integers(256, size=(N, SIDE, SIDE, 4), dtype=np.uint8)
        np.save(work / "train_crops.npy", crops)
        np.save(work / "train_crops_half.npy", crops[:, ::2, ::2])
        np.save(
            work / "tuned_unseen_views.npy", rng.normal(size=(1, N, FEATURES + kinds)).astype("f2")
        )
        for name in ("WIDE_VIEWS", "BLEND_VIEWS"):
            monkeypatch.setattr(teacher, name, 3)
        monkeypatch.setattr(lessons, "WIDE_VIEWS", 3)
        monkeypatch.setattr(teacher, "AGAIN_SIDE", 32)
        monkeypatch.setattr(teacher, "tuned", lambda _, name: name)
        monkeypatch.setattr(teacher, "compiled", lambda name, *_: self.answers(name))

    def answers(self, name: str) -> Callable[[torch.Tensor], np.ndarray]:
        """A stand-in for a teacher: a fixed map of the picture's pixels, another one each name."""
        width = FEATURES + len(self.lessons.CATEGORIES)
        weight = np.random.default_rng(len(name)).normal(size=(3 * 8 * 8, width))
        return lambda x: F.adaptive_avg_pool2d(x, 8).flatten(1).numpy() @ weight

    def ask(self, *flags: str) -> None:
        self.monkeypatch.setattr(sys, "argv", ["teacher.py", "--work", str(self.work), *flags])
        self.teacher.main()


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Asked:
    return Asked(tmp_path, monkeypatch)


def _views(asked: Asked, seed: int) -> Any:
    crops = np.load(asked.work / "train_crops.npy")
    worn = asked.data["kind"] == "worn"
    return asked.views.Views(crops, crops[:, ::2, ::2], worn, 3, seed, derived=4, dyed=0.3)


def test_teacher_sees_the_mixtures_that_the_student_will_see(asked: Asked) -> None:
    asked.ask("--blend", "--again")
    seed = asked.teacher.BLEND
    same = asked.views.Several(
        [_views(asked, asked.teacher.WIDE), asked.views.Blends(_views(asked, seed), seed)]
    )
    said = np.load(asked.work / "blend_again_views.npy")
    assert said.shape == (3, N, FEATURES + len(asked.lessons.CATEGORIES))
    for view in range(3):
        again = same.render(np.arange(N), np.full(N, 3 + view), 32)
        np.testing.assert_allclose(said[view], asked.answers("again")(again), rtol=0.02, atol=0.02)


def test_two_teachers_speak_together_in_the_terms_of_the_first(asked: Asked) -> None:
    for number in ("1", "2"):
        asked.ask("--tuned", "--views", "1", "--again", number)
        asked.ask("--wide", "--again", number)
        asked.ask("--blend", "--again", number)
    alone, labels, numbers = asked.lessons.what_the_last_says(asked.work, blend=True)
    both, shared, _ = asked.lessons.what_the_last_says(asked.work, blend=True, count=2)
    assert numbers.tolist() == list(range(6))
    assert alone.shape == both.shape == (6, N, 128)
    assert torch.allclose(both.norm(dim=2), torch.ones(6, N), atol=1e-4)
    # Of a mixture nobody but teachers speaks, so there their mean is the label.
    said = [np.load(asked.work / f"blend_{name}_views.npy") for name in ("again", "again2")]
    mean = (asked.lessons.shares(said[0]) + asked.lessons.shares(said[1])) / 2
    assert torch.allclose(shared[3:], mean)
    assert not torch.allclose(labels[3:], mean)
    # Turned as a whole towards the first: nearer to it than before, angles among them the same.
    like = asked.lessons.plain_views(asked.work, 2)
    sides = asked.lessons.side_by_side([np.load(asked.work / f"wide_{n}_views.npy") for n in
                                        ("again", "again2")])  # fmt: skip
    unturned = asked.lessons.components(sides, 128, 0.0, like)
    assert torch.allclose(both[0] @ both[0].T, unturned[0] @ unturned[0].T, atol=1e-3)
    assert (both[:3] * alone[:3]).sum(2).mean() > (unturned * alone[:3]).sum(2).mean() + 0.2


def test_fewer_views_of_one_teacher_leave_the_numbers_of_the_rest(asked: Asked) -> None:
    asked.ask("--tuned", "--views", "1", "--again")
    asked.ask("--wide", "--views", "2", "--again")
    asked.ask("--blend", "--again")
    features, labels, numbers = asked.lessons.what_the_last_says(asked.work, blend=True)
    assert numbers.tolist() == [0, 1, 3, 4, 5]
    assert len(features) == len(labels) == 5


@pytest.mark.parametrize("flags", [["--wide"], ["--blend"], ["--again"], ["--unseen"]])
def test_what_does_not_go_together_is_refused(asked: Asked, flags: list[str]) -> None:
    with pytest.raises(SystemExit):
        asked.ask(*flags)
