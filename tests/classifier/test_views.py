"""Pictures as a classifier sees them."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from stylesim._looking import look
from stylesim._views import GarmentView, PictureView
from stylesim.backbones import AbstractBackbone, FunctionBackbone
from stylesim.classifier import LightweightClassifier
from stylesim.errors import DamagedFileError, ImageError, InvalidArgumentError
from stylesim.garments import FoundGarment, FunctionFinder, WholePictureFinder
from stylesim.types import Slot

RED, BLUE = (200, 30, 30), (30, 30, 200)


def two_halves() -> Image.Image:
    picture = Image.new("RGB", (24, 32), RED)
    picture.paste(BLUE, (0, 16, 24, 32))
    return picture


def direction(colour: tuple[int, ...]) -> np.ndarray:
    raw = np.array(colour) / 255 - 0.4
    return raw / np.linalg.norm(raw)


def test_each_garment_and_the_whole_are_embedded_apart(halves: Any, colours: Any) -> None:
    ((view,),) = look([two_halves()], halves, colours)
    top, bottom = view.garments
    assert (top.slot, top.category, top.confidence) == (Slot.TOP, "shirt", 0.9)
    assert (bottom.slot, bottom.category, bottom.confidence) == (Slot.BOTTOM, "skirt", 0.8)
    assert np.allclose(top.embedding, direction(RED), atol=0.1)
    assert np.allclose(bottom.embedding, direction(BLUE), atol=0.1)
    assert top.area == pytest.approx(0.5)
    assert view.whole.slot is None
    assert not np.allclose(view.whole.embedding, top.embedding, atol=0.1)


def test_a_large_picture_is_seen_alike_in_every_form(halves: Any) -> None:
    seen: list[Image.Image] = []

    def keep(pictures: list[Image.Image]) -> np.ndarray:
        seen.extend(pictures)
        return np.ones((len(pictures), 2))

    noise = np.random.default_rng(0).integers(0, 255, (200, 160, 3), dtype=np.uint8)
    large = Image.fromarray(noise).resize((2564, 3000), Image.Resampling.BICUBIC)
    file = io.BytesIO()
    large.save(file, "JPEG", quality=95)
    backbone = FunctionBackbone(keep, name="keep", dim=2)
    for form in (file.getvalue(), large, np.asarray(large)):
        look([form], halves, backbone)
    by_decoder, *reduced = seen[2::3]  # after the two garments of each, the whole
    for one in reduced:
        assert one.size == by_decoder.size == (641, 750)
        assert np.abs(np.asarray(one, float) - np.asarray(by_decoder)).mean() < 2
    assert look([large.crop((0, 0, 1000, 1279))], halves, backbone)
    assert seen[-1].size == (1000, 1279)  # less than twice what is needed


def test_nothing_found_leaves_the_whole(halves: Any, colours: Any) -> None:
    ((view,),) = look([Image.new("RGB", (32, 24), RED)], halves, colours)
    assert view.garments == ()
    assert np.allclose(view.whole.embedding, direction(RED), atol=0.05)


def test_many_pictures_keep_their_order_and_their_mirrors(halves: Any) -> None:
    def left(pictures: list[Image.Image]) -> list[Any]:
        return [np.asarray(p.convert("L"))[:, 0].mean() * np.ones(2) + (1, 0) for p in pictures]

    backbone = FunctionBackbone(left, name="left", dim=2)
    pictures = []
    for i in range(70):  # more than two batches, of tall and wide ones
        size = (24, 32) if i % 3 else (32, 24)
        picture = Image.new("L", size, 100)
        picture.paste(i, (0, 0, 6, size[1]))
        pictures.append(picture.convert("RGB"))
    seen: list[int] = []
    views = look(pictures, halves, backbone, mirrored=True, on_pictures=seen.append)
    assert sum(seen) == len(views) == 70
    for i, (view, mirror) in enumerate(views):
        assert len(view.garments) == len(mirror.garments) == (2 if i % 3 else 0)
        raw = np.array([i + 1, i])
        assert np.allclose(view.whole.embedding, raw / np.linalg.norm(raw), atol=1e-3)
        assert np.allclose(mirror.whole.embedding, np.array([101, 100]) / 142.13, atol=1e-3)
    assert halves.pictures == 70  # mirrors are cut, not found again


def test_a_slot_that_is_told_overrules_the_finder(colours: Any) -> None:
    small, large = (0, 0, 6, 6), (0, 16, 24, 32)
    finder = FunctionFinder(
        lambda _: [FoundGarment("shoes", "boot", small), FoundGarment("top", "shirt", large)],
        name="two",
    )
    slots = [Slot.SHOES, "pants", None]
    views = [view for (view,) in look([two_halves()] * 3, finder, colours, slots=slots)]
    assert [[g.slot for g in view.garments] for view in views] == [
        [Slot.SHOES],
        [Slot.BOTTOM],
        [Slot.SHOES, Slot.TOP],
    ]
    assert np.allclose(views[0].garments[0].embedding, direction(RED), atol=0.1)
    assert np.allclose(views[1].garments[0].embedding, direction(BLUE), atol=0.1)  # the largest
    assert views[1].garments[0].confidence == 1.0


def test_a_slot_that_is_told_where_nothing_is_found_stands_for_the_whole(
    halves: Any, colours: Any
) -> None:
    ((view,),) = look([Image.new("RGB", (32, 24), RED)], halves, colours, slots=[Slot.BAG])
    (garment,) = view.garments
    assert (garment.slot, garment.category, garment.confidence) == (Slot.BAG, None, 0.0)
    assert np.array_equal(garment.embedding, view.whole.embedding)


def test_slots_that_do_not_fit_are_refused(halves: Any, colours: Any) -> None:
    for slots in ([None], "top", ["nose", None]):
        with pytest.raises(InvalidArgumentError, match="slots"):
            look([two_halves()] * 2, halves, colours, slots=slots)


def test_a_bad_picture_is_named_by_its_place(halves: Any, colours: Any) -> None:
    with pytest.raises(ImageError, match=r"target\[1\]"):
        look([two_halves(), b"no"], halves, colours, argument="target")


def test_a_backbone_that_breaks_its_promise_is_named(halves: Any, colours: Any) -> None:
    class Careless(type(colours)):  # type: ignore[misc]
        def embed(self, images: Any) -> Any:
            return super().embed(images) * 2

    careless = Careless(lambda ps: np.ones((len(ps), 3)), name="careless", dim=3)
    with pytest.raises(InvalidArgumentError, match="of unit length"):
        look([two_halves()], halves, careless)


texts = st.none() | st.text(max_size=20)


@given(
    st.lists(st.tuples(st.sampled_from(list(Slot)), texts, st.floats(0, 1)), max_size=4),
    st.integers(1, 40),
)
def test_views_come_back_from_bytes_as_they_were(parts: list[Any], dim: int) -> None:
    rng = np.random.default_rng(len(parts))

    def part(slot: Any, category: Any, confidence: float) -> GarmentView:
        row = rng.normal(0, 1, dim).astype(np.float32)
        return GarmentView(slot, category, confidence, row, float(rng.random()), 0.25)

    view = PictureView(tuple(part(*values) for values in parts), part(None, None, 1.0))
    back = PictureView.from_bytes(view.to_bytes())
    for before, after in zip(
        (*view.garments, view.whole), (*back.garments, back.whole), strict=True
    ):
        assert np.array_equal(before.embedding, after.embedding)
        assert after.embedding.dtype == np.float32
        assert after.embedding.flags.writeable
        kept = ("slot", "category", "confidence", "length", "area")
        assert all(getattr(before, name) == getattr(after, name) for name in kept)


def test_damaged_bytes_are_refused() -> None:
    whole = GarmentView(None, None, 1.0, np.ones(8, np.float32))
    content = PictureView((), whole).to_bytes()
    nan = PictureView((), GarmentView(None, None, 1.0, np.full(8, np.nan, np.float32))).to_bytes()
    bad = [b"", b"SSV", content[:-4], content + b"0000", content.replace(b"SSV1", b"SSV9"), nan]
    bad += [content[:8] + b"{" * 20, content.replace(b'"dim": 8', b'"dim": 4')]
    for case in bad:
        with pytest.raises(DamagedFileError):
            PictureView.from_bytes(case)


def crafted(change: Any) -> bytes:
    whole = GarmentView(None, None, 1.0, np.array([0.6, 0.8], np.float32))
    content = PictureView((), whole).to_bytes()
    start = 8 + int.from_bytes(content[4:8], "little")
    head = change(json.loads(content[8:start])).encode()
    return content[:4] + len(head).to_bytes(4, "little") + head + content[start:]


@pytest.mark.parametrize(
    "answer",
    [np.full((1, 3), 1e200), np.full((1, 3), 1e30), [[1, 2], [3]], "text", [["a", "b", "c"]]],
)
def test_a_backbone_that_answers_with_nonsense_is_named(answer: Any) -> None:
    class Own(AbstractBackbone):
        name, dim = "own", 3

        def embed(self, images: Any) -> Any:
            return answer

    with pytest.raises(InvalidArgumentError, match="backbone: expected float32"):
        look([two_halves()], WholePictureFinder(), Own())


@pytest.mark.parametrize(
    ("place", "value"),
    [(1, 7), (1, ["skirt"]), (2, float("nan")), (2, 1.5), (3, -1.0), (3, 1e999), (4, float("nan"))],
)
def test_values_out_of_range_are_refused(place: int, value: Any) -> None:
    def change(head: Any) -> str:
        head["parts"][0][place] = value
        return json.dumps(head)

    with pytest.raises(DamagedFileError, match="content"):
        PictureView.from_bytes(crafted(change))


@pytest.mark.parametrize(
    "change",
    [
        lambda head: json.dumps({**head, "dim": 1e999}),
        lambda head: json.dumps({**head, "kinds": 1e999}),
        lambda _: "[" * 100_000 + "]" * 100_000,
    ],
)
def test_what_no_number_or_list_can_hold_is_refused(change: Any) -> None:
    with pytest.raises(DamagedFileError, match="content"):
        PictureView.from_bytes(crafted(change))


def test_views_are_small(tmp_path: Path) -> None:
    garment = GarmentView(Slot.TOP, "shirt", 0.9, np.ones(256, np.float32))
    assert len(PictureView((garment,) * 3, garment).to_bytes()) < 5_000


def test_looks_leave_the_kind_out() -> None:
    view = LightweightClassifier().view([Image.new("RGB", (60, 60), "navy")])[0]
    assert view.whole.kinds == 21
    assert view.whole.looks.shape == (256,)
    assert np.linalg.norm(view.whole.looks) == pytest.approx(1, abs=1e-5)
    assert view.whole.looks @ view.whole.embedding[:256] == pytest.approx(np.sqrt(0.5), abs=1e-4)
    again = PictureView.from_bytes(view.to_bytes())
    assert again.whole.kinds == 21
    plain = GarmentView(None, None, 1.0, view.whole.embedding)
    assert np.array_equal(plain.looks, plain.embedding)
