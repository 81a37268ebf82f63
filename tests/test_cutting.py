"""Garments cut out of their picture, in the square in which they are seen."""

from __future__ import annotations

import tracemalloc

import attrs
import numpy as np
import pytest
from PIL import Image

import stylesim as ss
from stylesim.garments import cut_out, frame_of


def test_cut_out_fades_what_is_far_from_the_garment() -> None:
    image = Image.new("RGB", (100, 100), "red")
    mask = np.zeros((100, 100), bool)
    mask[20:80, 40:60] = True
    garment = ss.FoundGarment("top", "shirt", (40, 20, 60, 80), mask)
    cut = np.asarray(cut_out(image, garment, margin=0.1)).astype(int)
    assert cut.shape == (72, 72, 3)
    assert np.abs(cut[6:66, 26:46] - (255, 0, 0)).max() <= 2
    assert np.abs(cut[30, 2] - 114).max() < 60
    assert abs(cut[30, 2, 0] - 255) > 100
    small = np.asarray(cut_out(image, garment, margin=0.1, max_side=36)).astype(int)
    assert small.shape == (36, 36, 3)
    assert np.abs(small[10:26, 15:21] - (255, 0, 0)).max() <= 2


@pytest.mark.parametrize("worn", [False, True])
def test_stray_pixels_of_what_is_worn_do_not_move_the_square(worn: bool) -> None:
    mask = np.zeros((200, 200), bool)
    mask[50:130, 40:100] = True
    whole = ss.FoundGarment("top", "shirt", (40, 50, 100, 130), mask, worn=worn)
    stray = mask.copy()
    stray[60:63, 100:190] = stray[130:180, 70:72] = True
    spoilt = ss.FoundGarment("top", "shirt", (40, 50, 190, 180), stray, worn=worn)
    assert (frame_of(spoilt) == frame_of(whole)) == worn
    left, top, side = frame_of(spoilt)
    assert all(isinstance(n, int) for n in (left, top, side))
    assert cut_out(Image.new("RGB", (200, 200)), spoilt).size == (side, side)
    # Without pixels the box is all that is known.
    nothing = attrs.evolve(spoilt, mask=np.zeros_like(mask))
    assert frame_of(nothing) == frame_of(attrs.evolve(spoilt, mask=None))


def test_cut_out_reaches_over_the_edge_of_the_picture() -> None:
    image = Image.new("RGB", (30, 60), "red")
    for mask in (None, np.ones((60, 30), bool)):
        garment = ss.FoundGarment("full", "dress", (0, 0, 30, 60), mask)
        cut = np.asarray(cut_out(image, garment)).astype(int)
        assert cut.shape == (70, 70, 3)
        assert np.abs(cut[5:65, 20:50] - (255, 0, 0)).max() <= 2
        assert np.abs(cut[:, :20] - 114).max() <= 1


@pytest.mark.parametrize("masked", [False, True])
def test_a_long_strip_is_cut_out_without_a_square_of_its_length(masked: bool) -> None:
    image = Image.new("RGB", (9000, 400), "red")
    mask = np.ones((400, 9000), bool) if masked else None
    garment = ss.FoundGarment("bottom", "belt", (0, 0, 9000, 400), mask)
    tracemalloc.start()
    try:
        cut = np.asarray(cut_out(image, garment, max_side=320)).astype(int)
        assert tracemalloc.get_traced_memory()[1] < 150e6
    finally:
        tracemalloc.stop()
    assert cut.shape == (320, 320, 3)
    assert np.abs(cut[155:165, 30:290] - (255, 0, 0)).max() <= 2
    assert np.abs(cut[:100] - 114).max() <= 2
    assert np.abs(cut[220:] - 114).max() <= 2
