"""Finding garments: the plug-ins, the bundled network, and what is no garment at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

import stylesim as ss
from stylesim._looking import look
from stylesim.backbones.kinds import Kinds
from stylesim.datasets import (
    CATEGORY_SLOTS,
    OUTFIT_CATEGORIES,
    load_clothing,
    load_outfits,
    make_outfits,
)
from stylesim.errors import InvalidArgumentError
from stylesim.garments import FunctionFinder, WholePictureFinder, cut_out

# What the bundled weights reach on the whole held-out quarter is in docs/models.md; a sample of
# it must stay near that.
SLOT_FLOOR = 0.8
IOU_FLOOR = 0.5
# In half precision a number depends a little on what is computed along with it.
HALF = 5e-3


def drawn_shirt(size: tuple[int, int] = (300, 400)) -> Image.Image:
    """A navy T-shirt on a wooden floor."""
    w, h = size
    image = Image.new("RGB", size, (188, 150, 110))
    draw = ImageDraw.Draw(image)
    for y in range(0, h, 24):
        draw.line([(0, y), (w, y)], (170, 132, 95))
    outline = [(0.36, 0.2), (0.64, 0.2), (0.92, 0.36), (0.82, 0.48), (0.7, 0.42), (0.7, 0.85)]
    outline += [(1 - x, y) for x, y in reversed(outline[2:])]
    draw.polygon([(x * w, y * h) for x, y in outline], (30, 40, 90))
    return image


def test_whole_picture_finder_finds_nothing() -> None:
    assert WholePictureFinder().find([drawn_shirt(), drawn_shirt()]) == [[], []]


def test_function_finder_calls_the_function_for_each_picture() -> None:
    half = ss.FoundGarment("bottom", "pants", (0, 2, 4, 4))
    finder = FunctionFinder(lambda image: [half] * image.width, name="x")
    found = finder.find([Image.new("RGB", (1, 4)), Image.new("RGB", (3, 4))])
    assert [len(garments) for garments in found] == [1, 3]
    with pytest.raises(ss.InvalidArgumentError, match="function: expected a callable"):
        FunctionFinder(3, name="x")  # type: ignore[arg-type]


def test_found_garment_refuses_an_unknown_slot() -> None:
    with pytest.raises(ValueError, match="hat-stand"):
        ss.FoundGarment("hat-stand", "pants", (0, 2, 4, 4))


@pytest.mark.parametrize("confidence", [-0.1, 1.5, float("nan"), "high", True])
def test_min_confidence_is_checked(confidence: object) -> None:
    with pytest.raises(ss.InvalidArgumentError, match="min_confidence: expected a number in 0"):
        ss.GarmentFinder(min_confidence=confidence)  # type: ignore[arg-type]
    assert type(ss.GarmentFinder(min_confidence=np.float32(0.25)).min_confidence) is float


@pytest.mark.parametrize(
    "image",
    [
        Image.new("RGB", (640, 480), "grey"),
        Image.new("RGB", (40, 30), "white"),
        Image.new("RGB", (1, 1)),
        Image.new("RGB", (3000, 20), "navy"),
        Image.effect_noise((200, 300), 80).convert("RGB"),
    ],
    ids=["grey", "small", "one pixel", "strip", "noise"],
)
def test_no_garment_is_invented(image: Image.Image) -> None:
    assert ss.find_garments(image) == []


def test_masks_and_boxes_are_in_the_pixels_of_the_picture() -> None:
    for size in [(300, 400), (1200, 1600), (90, 120)]:
        for garment in ss.find_garments(drawn_shirt(size), min_confidence=0.0):
            assert garment.mask is not None
            assert garment.mask.shape == size[::-1]
            x0, y0, x1, y1 = garment.box
            assert garment.mask[y0:y1, x0:x1].sum() == garment.mask.sum() > 0
            assert garment.mask[y0].any()
            assert garment.mask[:, x1 - 1].any()
            assert 0 <= garment.confidence <= 1


def test_a_batch_gives_what_single_pictures_give() -> None:
    images = [drawn_shirt(), drawn_shirt((400, 300)), Image.new("RGB", (64, 64)), drawn_shirt()]
    finder = ss.GarmentFinder(min_confidence=0.0)
    together = finder.find(images)
    for garments, image in zip(together, images, strict=True):
        alone = finder.find([image])[0]
        assert [g.slot for g in garments] == [g.slot for g in alone]
        assert [g.confidence for g in garments] == pytest.approx(
            [g.confidence for g in alone], abs=1e-3
        )


def test_kinds_are_probabilities_and_name_the_garment() -> None:
    (garment,) = ss.find_garments(drawn_shirt(), min_confidence=0.0)
    assert garment.kinds is not None
    assert sum(garment.kinds.values()) == pytest.approx(1, abs=1e-4)
    assert garment.category in garment.kinds


def test_what_is_laid_out_is_named_together_with_the_backbone() -> None:
    class Stubborn:
        """Sees one kind in everything."""

        name = "stubborn"
        image_size = 192

        def __init__(self, name: str) -> None:
            names = tuple(ss.find_garments(drawn_shirt(), min_confidence=0.0)[0].kinds or ())
            self.kinds = Kinds(names, 1e3 * np.eye(len(names))[:, [names.index(name)]])
            self.seen = 0

        def features(self, crops: list[Image.Image], side: int) -> np.ndarray:
            assert side == 224
            self.seen += len(crops)
            return np.ones((len(crops), 1), np.float32)

    said = {}
    for name in ("t-shirt", "dress"):
        finder = ss.GarmentFinder(min_confidence=0.0)
        finder._namer = namer = Stubborn(name)  # type: ignore[assignment]
        found = finder.find([drawn_shirt(), Image.new("RGB", (64, 64), "grey")])
        assert [g.worn for g in found[0]] == [False]
        assert namer.seen == 2, "the garment and its mirror image"
        said[name] = found[0][0]
    assert [(g.slot.value, g.category) for g in said.values()] == [
        ("top", "t-shirt"),
        ("full", "dress"),
    ]
    # What the finder itself says stays beside it, for whoever looks with other eyes.
    assert said["t-shirt"].kinds == said["dress"].kinds


def test_what_the_finder_saw_is_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    model = ss.LightweightClassifier()
    looked: list[int] = []
    features = ss.YoloBackbone.features

    def counted(self: ss.YoloBackbone, images: list[Image.Image], **rest: object) -> np.ndarray:
        looked.append(len(images))
        return features(self, images, **rest)  # type: ignore[arg-type]

    class Forgetful(ss.AbstractGarmentFinder):
        name = "forgetful"

        def find(self, images: list[Image.Image]) -> list[list[ss.FoundGarment]]:
            found = ss.GarmentFinder().find(images)
            return [[attrs.evolve(one, seen=None) for one in some] for some in found]

    monkeypatch.setattr(ss.YoloBackbone, "features", counted)
    again = ss.LightweightClassifier(finder=Forgetful()).view([drawn_shirt()])[0]
    assert looked == [2, 2, 1], "by the finder, then anew as closely; then the whole picture"
    looked.clear()
    once = model.view([drawn_shirt()])[0]
    assert looked == [2, 1], "the garment, mirrored too, in the finder; then the whole picture"
    assert once.garments[0].embedding == pytest.approx(again.garments[0].embedding, abs=HALF)
    assert once.whole.embedding == pytest.approx(again.whole.embedding, abs=HALF)

    looked.clear()
    ways = look([drawn_shirt()], ss.GarmentFinder(), ss.YoloBackbone(), mirrored=True)[0]
    assert looked == [2, 2], "the whole picture, mirrored too; the garment is known both ways"
    for way in ways:
        assert way.garments[0].embedding == pytest.approx(once.garments[0].embedding, abs=HALF)


def test_a_worn_garment_is_seen_once_and_larger_than_the_whole_picture(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[int, int | None]] = []
    features = ss.YoloBackbone.features

    def noted(
        self: ss.YoloBackbone, images: list[Image.Image], *, side: int | None = None, **rest: object
    ) -> np.ndarray:
        asked.append((len(images), side))
        return features(self, images, side=side, **rest)  # type: ignore[arg-type]

    monkeypatch.setattr(ss.YoloBackbone, "features", noted)
    picture, backbone = drawn_shirt(), ss.YoloBackbone()
    box = (0, 0, *picture.size)
    shirt = ss.FoundGarment("top", "shirt", box, worn=True)
    finder = ss.FunctionFinder(lambda _: [shirt], name="worn")
    plain, mirrored = look([picture], finder, backbone, mirrored=True)[0]
    assert asked == [(1, 224), (1, 224), (2, None)], "each way closely, then both whole pictures"
    crop = cut_out(picture, shirt, max_side=320)
    for way, seen in ((plain, crop), (mirrored, ImageOps.mirror(crop))):
        alone = backbone.vectors(features(backbone, [seen], side=224, worn=True))[0]
        assert way.garments[0].embedding == pytest.approx(alone, abs=HALF)


def _said(garments: list[ss.FoundGarment]) -> dict[ss.Slot, tuple[object, ...]]:
    return {g.slot: (g.category, g.confidence, g.worn, dict(g.kinds or {})) for g in garments}


@pytest.mark.parametrize("wide", [False, True])
def test_fine_outlines_are_of_the_same_garments(wide: bool) -> None:
    images = [outfit.image for outfit in make_outfits().values()]
    if wide:
        images = [ImageOps.expand(image, (image.height, 0), (150, 150, 150)) for image in images]
    images.append(drawn_shirt())
    plain, fine = (ss.GarmentFinder(fine=how).find(images) for how in (False, True))
    for before, after in zip(plain, fine, strict=True):
        assert _said(after) == _said(before)
        for garment in after:
            assert garment.mask is not None
            x0, y0, x1, y1 = garment.box
            assert garment.mask[y0:y1, x0:x1].sum() == garment.mask.sum() > 0
    worn = [g for some in fine[:-1] for g in some]
    assert worn
    assert all(g.worn for g in worn)
    moved = [{g.slot: g for g in some} for pair in zip(plain, fine, strict=True) for some in pair]
    assert any(
        not np.array_equal(before[slot].mask, after[slot].mask)
        for before, after in zip(moved[::2], moved[1::2], strict=True)
        for slot in before
    )
    shirt = plain[-1][0].mask, fine[-1][0].mask
    assert np.array_equal(*shirt), "what is laid out has one outline"


def test_find_garments_draws_finely_unless_told_not_to(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = make_outfits()["All Similar"].image
    for how in (True, False):
        (wanted,) = ss.GarmentFinder(fine=how).find([picture])
        found = ss.find_garments(picture, fine=how)
        assert [g.box for g in found] == [g.box for g in wanted]
    assert [g.box for g in ss.find_garments(picture)] == [
        g.box for g in ss.find_garments(picture, fine=True)
    ]
    plain, fine = (ss.GarmentFinder(fine=how) for how in (False, True))
    before = plain.name, fine.name
    assert before[0] != before[1]
    monkeypatch.setattr(type(fine.reader), "closest", (640, 448))
    assert plain.name == before[0]
    assert fine.name not in before, "what was found at another size is found again"


@pytest.mark.real_data
def test_slots_of_held_out_laid_out_garments(data_dir: Path) -> None:
    photos = [p for p in load_clothing(data_dir / "garments") if p.held_out][::6]
    found = [ss.find_garments(p.path) for p in photos]
    right = np.mean([bool(g) and g[0].slot is p.slot for g, p in zip(found, photos, strict=True)])
    assert right >= SLOT_FLOOR


@pytest.mark.real_data
def test_outlines_on_held_out_street_photographs(data_dir: Path) -> None:
    photos = [p for p in load_outfits(data_dir / "outfits") if p.held_out and p.mask_path]
    scores: dict[tuple[str, bool], list[float]] = {}
    for photo in photos[::4]:
        found = {fine: ss.find_garments(photo.path, fine=fine) for fine in (False, True)}
        for slot in ("top", "bottom"):
            names = [
                name for name, kind in OUTFIT_CATEGORIES.items() if CATEGORY_SLOTS[kind] == slot
            ]
            truth = photo.mask_of(*names)
            assert truth is not None
            if truth.mean() < 0.01:
                continue
            for fine, garments in found.items():
                masks = [g.mask for g in garments if g.slot == slot]
                mask = masks[0] if masks and masks[0] is not None else np.zeros_like(truth)
                score = (mask & truth).sum() / (mask | truth).sum()
                scores.setdefault((slot, fine), []).append(score)
    mean = {key: float(np.mean(some)) for key, some in scores.items()}
    assert mean["bottom", True] >= mean["bottom", False] >= IOU_FLOOR
    assert mean["top", True] >= mean["top", False] + 0.03


@pytest.mark.real_data
@pytest.mark.parametrize("fine", [False, True])
def test_black_and_white_and_torsos_are_read_too(data_dir: Path, fine: bool) -> None:
    photos = [p for p in load_outfits(data_dir / "outfits") if p.held_out][:8]
    grey = [Image.open(p.path).convert("L").convert("RGB") for p in photos]
    torsos = [i.crop((0, i.height // 8, i.width, i.height // 2)) for i in grey]
    tiny = [i.resize((27, 40)) for i in grey]
    found = ss.GarmentFinder(fine=fine).find([*grey, *torsos, *tiny])
    assert sum(bool(garments) for garments in found[:8]) >= 6


@pytest.mark.parametrize("value", [[0.5], {}, np.array([0.5, 0.6])])
def test_a_threshold_that_cannot_be_looked_up_is_named(value: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="min_confidence: expected a number"):
        ss.find_garments(Image.new("RGB", (8, 8)), min_confidence=value)


@pytest.mark.parametrize("device", [None, "", ["cpu"]])
def test_a_device_that_is_no_name_is_named(device: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="device: expected"):
        ss.GarmentFinder(device=device)
