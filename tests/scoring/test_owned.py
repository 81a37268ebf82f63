"""The evidence that two pictures show one garment."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from stylesim._colours import colour_distances, colours_of
from stylesim._owned import Looks
from stylesim.classifier import GarmentView, PictureView
from stylesim.garments import FoundGarment
from stylesim.types import Slot


def view(
    degrees: float = 0.0, shift: float | None = 0.0, slot: Slot = Slot.TOP, category: str = "shirt"
) -> PictureView:
    """A garment turned away from the first axis, its colours shifted from grey."""
    angle = np.radians(degrees)
    row = np.array([np.cos(angle), np.sin(angle), 0.0], np.float32)
    colours = None if shift is None else np.full((3, 8), shift, np.float32)
    garment = GarmentView(slot, category, 0.9, row, colours=colours)
    whole = GarmentView(None, None, 1.0, np.array([0, 0, 1], np.float32))
    return PictureView((garment,), whole)


def sure(one: PictureView, other: PictureView) -> float:
    return float(Looks.of([one]).nearest(other)[0][0])


def test_the_same_look_is_sure_and_another_is_not() -> None:
    assert 0.9 < sure(view(), view(2)) < 1
    assert sure(view(), view(90)) < 0.01


def test_each_sign_counts() -> None:
    near = sure(view(), view(12))
    assert sure(view(), view(20)) < near
    assert sure(view(), view(12, shift=30)) < near, "the same cut in another colour"
    assert sure(view(), view(12, category="blouse")) <= near
    assert sure(view(0, None), view(20, None)) < sure(view(0, None), view(12, None))


def test_unknown_colours_neither_prove_nor_exclude() -> None:
    alike, apart = sure(view(), view(15)), sure(view(), view(15, shift=40))
    assert apart < sure(view(), view(15, shift=None)) <= max(alike, 0.99)


def test_only_garments_of_one_part_of_the_body_compare() -> None:
    top, bottom, dress = view(), view(slot=Slot.BOTTOM), view(slot=Slot.FULL)
    assert sure(top, bottom) == 0
    assert sure(top, dress) > 0
    assert sure(bottom, dress) > 0


def test_many_are_compared_at_once_as_one_by_one() -> None:
    rng = np.random.default_rng(0)
    views = [
        view(float(rng.uniform(0, 60)), float(rng.uniform(0, 40)) if rng.random() < 0.8 else None)
        for _ in range(20)
    ]
    together, cosines = Looks.of(views).nearest(views[3])
    assert together == pytest.approx([sure(one, views[3]) for one in views])
    assert cosines[3] == pytest.approx(1.0)
    assert Looks.of([]).nearest(views[0])[0].shape == (0,)


def test_nothing_found_compares_whole_with_whole() -> None:
    whole = GarmentView(None, None, 1.0, np.array([0, 0, 1], np.float32))
    bare = PictureView((), whole)
    assert sure(bare, bare) > 0.9
    assert sure(bare, view()) == 0


def test_embeddings_of_other_lengths_do_not_compare() -> None:
    other = PictureView((GarmentView(Slot.TOP, None, 0.9, np.ones(5, np.float32)),), view().whole)
    assert sure(view(), other) == 0


# --- colours ------------------------------------------------------------------------------------


def test_colours_are_those_inside_the_outline() -> None:
    picture = Image.new("RGB", (60, 40), "white")
    picture.paste((255, 0, 0), (10, 10, 30, 30))
    mask = np.zeros((40, 60), bool)
    mask[10:30, 10:30] = True
    colours = colours_of(picture, FoundGarment("top", "shirt", (0, 0, 60, 40), mask))
    assert colours.shape == (3, 8)
    assert colours.dtype == np.float32
    # sRGB red in CIELAB, D65.
    assert colours.mean(axis=1) == pytest.approx([53.2, 80.1, 67.2], abs=0.5)
    boxed = colours_of(picture, FoundGarment("top", "shirt", (0, 0, 60, 40)))
    assert boxed[0].max() == pytest.approx(100, abs=0.5)


def test_next_to_nothing_has_no_colours() -> None:
    mask = np.zeros((40, 60), bool)
    mask[10, 10] = True
    picture = Image.new("RGB", (60, 40))
    assert colours_of(picture, FoundGarment("top", "shirt", (0, 0, 60, 40), mask)) is None
    assert colours_of(picture, None) is None


def test_light_and_colour_are_told_apart() -> None:
    grey, darker, red = (np.zeros((3, 8)) for _ in range(3))
    darker[0] -= 10
    red[1] += 3
    red[2] += 4
    light, colour = colour_distances(grey, np.stack([grey, darker, red]))
    assert light.tolist() == [0, 10, 0]
    assert colour.tolist() == [0, 0, 5]
