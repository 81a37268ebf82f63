"""Rounds of the backbone on small arrays: what moves, what is kept, what is put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Asked

SMALL = ("--batch", "8", "--sizes", "32", "32", "32", "--lr", "0.01")
HEARD = ("--tuned", "--unseen", "--again", "--wide")


@pytest.fixture
def init(asked: Asked) -> str:
    """A checkpoint to start from, and teachers that have spoken."""
    asked.ask("--tuned", "--views", "1", "--again")
    asked.ask("--wide", "--again")
    asked.ask("--blend", "--again")
    return asked.checkpoint()


def _moved(before: Path, after: Path) -> dict[str, bool]:
    first, second = torch.load(before), torch.load(after)
    names = [n for n, v in first.items() if v.dtype.is_floating_point]
    return {n: not torch.equal(first[n], second[n]) for n in names}


def test_later_round_keeps_the_heads_and_moves_the_trunk(asked: Asked, init: str) -> None:
    asked.run("train_backbone", "--init", init, *SMALL, *HEARD, "--steps", "2", "--name", "one")
    start = ("--start", str(asked.work / "one.pt"), "--keep-heads", "--blend")
    asked.run(
        "train_backbone", "--init", init, *SMALL, *HEARD, *start, "--laid", "0", "--mixup", "0",
        "--steps", "3", "--name", "worn",
    )  # fmt: skip
    moved = _moved(asked.work / "one.pt", asked.work / "worn.pt")
    assert any(name.startswith("trunk.") for name in moved)
    assert all(yes == name.startswith("trunk.") for name, yes in moved.items())


def test_round_that_was_ended_does_not_begin_again(asked: Asked, init: str) -> None:
    flags = ("--init", init, *SMALL, *HEARD, "--steps", "2", "--name", "one", "--seed")
    asked.run("train_backbone", *flags, "1")
    whole = torch.load(asked.work / "one.pt")
    (asked.work / "one.pt").unlink()
    asked.run("train_backbone", *flags, "2")  # another seed would give other weights
    again = torch.load(asked.work / "one.pt")
    assert all(torch.equal(whole[name], again[name]) for name in whole)


def test_average_lies_between_two_rounds_and_is_a_network(asked: Asked, init: str) -> None:
    for seed in ("1", "2"):
        asked.run(
            "train_backbone", "--init", init, *SMALL, *HEARD, "--steps", "2", "--seed", seed,
            "--name", seed,
        )  # fmt: skip
    asked.run("average", "1.pt", "2.pt", "--share", "0.25", "--to", "mean.pt")
    first, second, mean = (torch.load(asked.work / f"{n}.pt") for n in ("1", "2", "mean"))
    for name, value in mean.items():
        if value.dtype.is_floating_point:
            torch.testing.assert_close(value, 0.75 * first[name] + 0.25 * second[name])
    model = asked.module("sizes").student(asked.work / "init.pt", asked.work / "mean.pt")
    crops = np.load(asked.work / "train_crops.npy")[:4]
    rows = asked.training.embed_with(model, crops, 64)
    assert rows.shape == (4, 256)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-3)


def test_average_takes_a_head_that_has_another_size_from_the_later_round(asked: Asked) -> None:
    early = {"trunk": torch.zeros(3), "head": torch.zeros(2), "old": torch.ones(1)}
    late = {"trunk": torch.ones(3), "head": torch.ones(4)}
    for name, state in (("early", early), ("late", late)):
        torch.save(state, asked.work / f"{name}.pt")
    asked.run("average", "early.pt", "late.pt", "--to", "mean.pt")
    mean = {name: value.tolist() for name, value in torch.load(asked.work / "mean.pt").items()}
    assert mean == {"trunk": [0.5] * 3, "head": [1.0] * 4, "old": [1.0]}


@pytest.mark.parametrize("flags", [["--wide"], ["--again", "--blend"]])
def test_what_does_not_go_together_is_refused(
    asked: Asked, flags: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        asked.run("train_backbone", "--init", "none.pt", *flags)
    assert "goes with" in capsys.readouterr().err
