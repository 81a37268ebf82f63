"""What teachers are asked, and what is made of their answers, on small arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

if TYPE_CHECKING:
    from conftest import Asked


def test_teacher_sees_the_mixtures_that_the_student_will_see(asked: Asked) -> None:
    asked.ask("--blend", "--again")
    teacher, views = asked.teacher, asked.views
    of_one, mixed = (
        asked.views_of_one(seed, asked.count, teacher.WIDE_DYED)
        for seed in (teacher.WIDE, teacher.BLEND)
    )
    same = views.Several([of_one, views.Blends(mixed, teacher.BLEND)])
    said = np.load(asked.work / "blend_again_views.npy")
    assert said.shape == (asked.count, asked.n, asked.dim + asked.kinds)
    for view in range(asked.count):
        again = same.render(np.arange(asked.n), np.full(asked.n, asked.count + view), 32)
        np.testing.assert_allclose(said[view], asked.answers("again")(again), rtol=0.02, atol=0.02)


def test_each_garment_is_judged_by_the_teacher_that_never_saw_its_photographer(
    asked: Asked,
) -> None:
    asked.ask("--more", "--unseen")
    laid = np.flatnonzero((asked.data["kind"] == "laid") & ~asked.data["derived"])
    fold = asked.module("common").folds(asked.data["sender"], 3)[laid]
    views = asked.views_of_one(asked.teacher.MORE, asked.teacher.MORE_VIEWS)
    seen = views.render(laid, np.full(len(laid), 2), 32)
    said = np.load(asked.work / "more_unseen_views.npy")[2]
    assert set(fold) == {0, 1, 2}
    for number in range(3):
        own = fold == number
        wanted = asked.answers(f"tuned{number}")(seen[own])
        np.testing.assert_allclose(said[own], wanted, rtol=0.02, atol=0.02)


def test_of_a_mixture_only_the_teacher_says_what_it_is(asked: Asked) -> None:
    asked.ask("--tuned", "--views", "1", "--again")
    asked.ask("--wide", "--again")
    asked.ask("--blend", "--again")
    features, labels = asked.lessons.what_the_last_says(asked.work, blend=True)
    assert features.shape == (6, asked.n, 128)
    assert torch.allclose(features.norm(dim=2), torch.ones(6, asked.n), atol=1e-4)
    alone, mixed = (
        asked.lessons.shares(np.load(asked.work / f"{name}_again_views.npy"))
        for name in ("wide", "blend")
    )
    assert torch.allclose(labels[3:], mixed)
    # Of one garment the teacher has half of the say and people a quarter, or all of it where the
    # garment was made to be what it is.
    people = torch.from_numpy(asked.data["category"])
    derived = torch.from_numpy(asked.data["derived"])
    assert (labels[:3].argmax(2) == people)[:, derived].all()
    told = labels[:3].gather(2, people.expand(3, -1)[..., None])
    said = alone.gather(2, people.expand(3, -1)[..., None])
    assert (told > 0.25 + 0.5 * said - 1e-5).all()
    assert (told < 1 - 0.5 * (1 - said) + 1e-5)[:, ~derived].all()


@pytest.mark.parametrize("flags", [["--wide"], ["--blend"], ["--again"], ["--unseen"]])
def test_what_does_not_go_together_is_refused(
    asked: Asked, flags: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        asked.ask(*flags)
    assert "go with" in capsys.readouterr().err
