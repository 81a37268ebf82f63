"""The recipe's first step on a small made-up data folder: what is kept of each photograph."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from prepared import H, W, laid, number, outfit

from stylesim.datasets import CATEGORY_SLOTS, held_out

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Asked

NAMES = ["null", "jeans", "blouse", "skin", "wallet"]
STREET = ["0007", "0001", "0002", "0003", "0004"]
GARMENTS = {"a": ("12", "Pants"), "b": ("5", "Dress"), "c": ("7", "T-Shirt")}


@pytest.fixture
def data(asked: Asked, tmp_path: Path) -> Path:
    """Photographs with a red garment on a light ground, and the scripts made to keep them small."""
    module = asked.module("prepare")
    for name, side in (("LONG_SIDE", H // 2), ("LARGE_SIDE", 3 * H // 4)):
        asked.monkeypatch.setattr(module, name, side)
    folder = tmp_path / "data"
    for part in ("outfits/photos", "outfits/masks", "garments/images"):
        (folder / part).mkdir(parents=True)
    shown = outfit(0)["pixels"]
    values = np.zeros(16, np.uint8)
    for value, name in ((1, "bottom"), (2, "top"), (3, "person")):
        values[number(name)] = value
    for key in STREET:
        red(shown).save(folder / "outfits" / "photos" / f"{key}.jpg")
    for key in STREET[:2]:
        Image.fromarray(values[shown]).save(folder / "outfits" / "masks" / f"{key}.png")
    tags = {key: ["blouse", "jeans", "skin"] for key in STREET}
    labels = json.dumps({"labels": NAMES, "tags": tags})
    (folder / "outfits" / "labels.json").write_text(labels)
    rows = [f"{name},{sender},{label},False" for name, (sender, label) in GARMENTS.items()]
    table = "\n".join(["image,sender_id,label,kids", *rows])
    (folder / "garments" / "images.csv").write_text(table)
    for name in GARMENTS:
        pixels = laid(0)["pixels"]
        if name == "c":
            pixels = np.zeros_like(pixels)  # nothing there to outline
        red(pixels).save(folder / "garments" / "images" / f"{name}.jpg")
    return folder


def red(pixels: np.ndarray) -> Image.Image:
    colours = np.where(pixels[..., None] > 0, (200, 40, 30), (240, 240, 235))
    grain = np.random.default_rng(0).normal(0, 8, colours.shape)
    return Image.fromarray((colours + grain).clip(0, 255).astype(np.uint8))


def kept(asked: Asked, name: str) -> list[dict[str, Any]]:
    return np.load(asked.work / f"{name}.npy", allow_pickle=True).tolist()


def test_photographs_become_small_arrays_with_their_labels(asked: Asked, data: Path) -> None:
    asked.run("prepare", "--data", str(data))
    categories = list(CATEGORY_SLOTS)
    for name, share in (("street", 0.5), ("street_large", 0.75)):
        items = kept(asked, name)
        assert [item["id"] for item in items] == sorted(STREET)
        assert [item["held_out"] for item in items] == [
            held_out("outfit", key) for key in sorted(STREET)
        ]
        assert len({item["held_out"] for item in items}) == 2
        for item in items:
            assert item["image"].shape == (H * share, W * share, 3)
            red_at = item["image"][round(70 * share), round(30 * share)].astype(int)
            assert red_at[0] > red_at[2] + 100, "RGB"
            assert ("pixels" in item) == ("fine" in item) == (item["id"] in STREET[:2])
        for item in items:
            if "pixels" in item:
                places = {"top": (40, 32), "bottom": (70, 30), "person": (10, 30)}
                for slot, (y, x) in places.items():
                    assert item["pixels"][round(y * share), round(x * share)] == number(slot)
                fine = item["fine"][round(40 * share), round(32 * share)]
                assert fine == categories.index("blouse")
                assert item["fine"][round(10 * share), round(30 * share)] == 255
                assert item["pixels"].shape == item["fine"].shape == item["image"].shape[:2]
    garments = kept(asked, "laid")
    truth = laid(0)["pixels"][::2, ::2] > 0
    for item, (name, (sender, label)) in zip(garments, GARMENTS.items(), strict=True):
        assert (item["id"], item["sender"], item["label"]) == (name, sender, label)
        assert item["held_out"] == held_out("sender", sender)
        category = {"Pants": "pants", "Dress": "dress", "T-Shirt": "t-shirt"}[label]
        assert item["category"] == categories.index(category)
        assert item["mask_ok"] == (name != "c")
        if name != "c":
            mask = item["pixels"] == number(CATEGORY_SLOTS[category].value)
            assert (mask & truth).sum() > 0.85 * (mask | truth).sum()
            assert set(np.unique(item["pixels"])) == {0, number(CATEGORY_SLOTS[category].value)}


def test_a_run_that_was_cut_off_goes_on(asked: Asked, data: Path) -> None:
    module, save = asked.module("prepare"), np.save
    seen: list[str] = []
    read = module.read

    def noted(path: Path, side: int) -> np.ndarray:
        seen.append(path.parent.name)
        return read(path, side)

    def half(file: Any, items: np.ndarray) -> None:
        if items[0]["kind"] == "laid":
            file.write(b"half of it")
            raise KeyboardInterrupt
        save(file, items)

    asked.monkeypatch.setattr(module, "read", noted)
    asked.monkeypatch.setattr(np, "save", half)
    with pytest.raises(KeyboardInterrupt):
        asked.run("prepare", "--data", str(data))
    assert seen == ["photos"] * 2 * len(STREET) + ["images"] * len(GARMENTS)
    before = (asked.work / "street.npy").read_bytes()
    assert not (asked.work / "laid.npy").exists()
    seen.clear()
    asked.monkeypatch.setattr(np, "save", save)
    asked.run("prepare", "--data", str(data))
    assert seen == ["images"] * len(GARMENTS), "no street photograph is read again"
    assert (asked.work / "street.npy").read_bytes() == before
    assert [item["id"] for item in kept(asked, "laid")] == list(GARMENTS)
    assert not list(asked.work.glob("*.part"))
