"""The finder's recipe on small arrays: what it learns from, its rounds, and what is exported."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from prepared import H, W, laid, number, outfit

from stylesim.backbones import garment_weights
from stylesim.backbones.garment_net import GarmentMaps

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Asked

SMALL = ("--batch", "4", "--steps", "16")  # with fewer, the schedule has no way up


class Work:
    """Prepared pictures in a work folder, and the scripts made to look at them small."""

    def __init__(self, asked: Asked) -> None:
        self.asked, self.data = asked, asked.module("finder_data")
        self.reading, self.training = asked.module("finder_reading"), asked.module("train_finder")
        sizes = ((128, 96), (160, 128))  # in half precision, smaller ones are not always finite
        for module in (self.data, self.training):
            asked.monkeypatch.setattr(module, "SIZES", sizes)
            asked.monkeypatch.setattr(module, "WORN_SIZES", sizes)
        for name, value in (("LONG", 160), ("SHORT", 128), ("WORN_SIZES", sizes)):
            asked.monkeypatch.setattr(self.reading, name, value)
        street = [outfit(i, masked=i % 3 < 2, held_out=i % 4 == 3) for i in range(12)]
        for name, items in (
            ("laid", [laid(i) for i in range(12)]),
            ("street", street),
            ("street_large", street),
        ):
            np.save(asked.work / f"{name}.npy", np.array(items, dtype=object))
        self.init = asked.checkpoint()

    def train(self, *flags: str) -> dict[str, torch.Tensor]:
        self.asked.run("train_finder", "--init", self.init, *SMALL, *flags)
        name = flags[flags.index("--name") + 1] if "--name" in flags else "finder"
        return torch.load(self.asked.work / f"{name}.pt")


@pytest.fixture
def work(asked: Asked) -> Work:
    return Work(asked)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", [outfit, laid])
def test_a_picture_and_its_pixel_map_move_together(work: Work, kind: Any, seed: int) -> None:
    item = kind(0) | {"fine": None}
    del item["fine"]
    for name, same in (("colour", lambda image, _: image), ("background", lambda *_: 250)):
        work.asked.monkeypatch.setattr(work.data, name, same)
    image, pixels = work.data.augment(item, np.random.default_rng(seed), (H, W), [item])
    assert image.shape == (H, W, 3)
    assert len(np.unique(pixels)) > 1
    shown = pixels > 0
    told = np.abs(image[..., 0].astype(int) - (20 + 22 * pixels.astype(int)))
    assert (told[shown] < 30).mean() > 0.85  # but for edges


def test_batches_hold_what_is_told_of_each_picture(work: Work) -> None:
    pictures = ([kind(i) for i in range(4)] for kind in (laid, outfit))
    batches = work.data.Batches(*pictures, 24, seed=0)
    images, pixels, scenes, there, rows = batches.ready.get()
    assert images.shape == (24, *pixels.shape[1:], 3)
    assert set(scenes) >= {work.data.WORN, work.data.LAID}
    bare = scenes == work.data.NONE
    assert not pixels[bare].any()
    assert not there[bare].any()
    for index, category, mask in rows:
        assert category.sum() == pytest.approx(1)
        assert mask.shape == (-(-pixels.shape[1] // 8), -(-pixels.shape[2] // 8))
        assert there[index, category.argmax()] == 1
    assert (pixels != work.data.IGNORE).all()


def test_an_outline_that_failed_is_not_learned_but_the_kind_is(work: Work) -> None:
    batches = work.data.Batches([laid(4)], [outfit(0)], 24, seed=0)
    _, pixels, scenes, there, _ = batches.ready.get()
    shown = scenes == work.data.LAID
    assert set(np.unique(pixels[shown])) <= {0, work.data.IGNORE}, "ground, where it was moved from"
    assert (pixels[shown] == work.data.IGNORE).mean() > 0.25
    assert (there[shown].argmax(1) == laid(4)["category"]).all()


def test_tags_say_which_slots_can_be_there(work: Work) -> None:
    class Sees(torch.nn.Module):
        """Sure of one class on the left, of one on the right, and of nothing in the middle."""

        finest = None

        def forward(self, x: torch.Tensor) -> GarmentMaps:
            n, _, h, w = x.shape
            pixels = torch.zeros(n, work.reading.N_PIX, h // 4, w // 4)
            pixels[:, number("outer"), :, : w // 12] = 9.0
            pixels[:, number("top"), :, -(w // 12) :] = 9.0
            none = torch.zeros(n, 1)
            return GarmentMaps(pixels, none, none, none, none)

    item = outfit(0)
    (told,) = work.reading.pseudo_label(Sees(), [item])
    assert "fine" not in told, "nobody drew it"
    assert set(np.unique(told["pixels"])) == {number("top"), work.data.IGNORE}
    assert (told["pixels"][:, -8:] == number("top")).all()
    (free,) = work.reading.pseudo_label(Sees(), [item], use_tags=False)
    assert (free["pixels"][:, :8] == number("outer")).all()
    assert (free["pixels"] != work.data.IGNORE).all()


def test_dice_counts_what_is_known_and_a_narrow_top_like_a_coat(work: Work) -> None:
    top, outer = number("top"), number("outer")
    truth = torch.full((2, 16, 16), outer)
    truth[0, :, :2] = top
    truth[1, :, 8:] = work.data.IGNORE
    logits = (
        30.0
        * torch.nn.functional.one_hot(truth.where(truth != work.data.IGNORE, 0), work.reading.N_PIX)
        .permute(0, 3, 1, 2)
        .float()
    )
    for single in (False, True):
        assert work.training.dice(logits, truth, single=single).item() == pytest.approx(0, abs=1e-4)
    logits[0] = 0
    logits[0, outer] = 30.0  # the top is overlooked
    coat, alone = (work.training.dice(logits, truth, single=s).item() for s in (False, True))
    assert 0.25 < alone < 0.5 < coat + 0.05


def test_rounds_go_on_from_each_other_and_end_in_the_package(work: Work, tmp_path: Path) -> None:
    first = work.train("--name", "finder")
    assert all(value.isfinite().all() for value in first.values())
    report = json.loads((work.asked.work / "finder.json").read_text())
    assert set(report["iou"]) > {"top", "bottom"}
    start = ("--start", str(work.asked.work / "finder.pt"))
    second = work.train(*start, "--worn", "--name", "worn", "--lr", "0.01")
    assert not torch.equal(first["layers.0.conv.weight"], second["layers.0.conv.weight"])
    assert second["pixels.weight"].shape[1] < first["pixels.weight"].shape[1], "finer, so narrower"
    # A round that was ended is not begun again: another seed would give other weights.
    (work.asked.work / "worn.pt").unlink()
    again = work.train(*start, "--worn", "--name", "worn", "--lr", "0.01", "--seed", "5")
    assert all(torch.equal(second[name], again[name]) for name in second)

    export = work.asked.module("export")
    folder = tmp_path / "package" / "weights"
    folder.parent.mkdir()
    work.asked.monkeypatch.setattr(export, "WEIGHTS", folder)
    work.asked.run("export", "--init", work.init, "--backbone", "none.pt")
    names = {"stylesim-finder.safetensors", "stylesim-outlines.safetensors"}
    assert {path.name for path in folder.iterdir()} == names
    work.asked.monkeypatch.setattr(garment_weights, "files", lambda _: folder.parent)
    garment_weights._reader.cache_clear()
    try:
        reader = garment_weights.bundled_reader("cpu")
    finally:
        garment_weights._reader.cache_clear()
    assert reader.pixel_classes == work.data.PIXEL_CLASSES
    assert reader.categories == work.data.CATEGORIES
    x = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    for state, net in ((first, reader.net), (second, reader.second)):
        trained = work.training.GarmentNet(
            work.training.trunk(work.init), work.reading.N_PIX,
            len(work.data.CATEGORIES), fine=net is reader.second,
        )  # fmt: skip
        trained.load_state_dict(state)
        with torch.inference_mode():
            wanted, got = trained.eval()(x).pixels, net(x).pixels
        torch.testing.assert_close(got, wanted, rtol=0.02, atol=0.02)
