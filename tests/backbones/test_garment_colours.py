"""Outlines that follow the colours of a picture, on drawn ones."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylesim.backbones.garment_colours import inside, outlines_by_colour, told_by_colour
from stylesim.backbones.garment_look import Look, at_picture, letterbox

GROUND, PERSON, TOP, OUTER, BOTTOM = range(5)
COLOURS = np.array(
    [[200, 205, 210], [225, 180, 150], [230, 225, 60], [40, 50, 120], [120, 40, 40]], np.uint8
)
H, W = 240, 160


def somebody() -> np.ndarray:
    """Class of each pixel of somebody in an open jacket."""
    truth = np.full((H, W), GROUND, np.uint8)
    truth[20:50, 65:95] = PERSON
    truth[50:140, 45:115] = OUTER
    truth[50:130, 70:90] = TOP
    truth[140:220, 55:105] = BOTTOM
    return truth


def seen(truth: np.ndarray, blur: float, canvas: tuple[int, int] = (480, 320)) -> Look:
    """A network that is right but for its outlines, which are blurred."""
    size = canvas[1] // 2, canvas[0] // 2
    grid = cv2.resize(truth, size, interpolation=cv2.INTER_NEAREST)
    shares = (grid == np.arange(5)[:, None, None]).astype(np.float32)
    soft = np.stack([cv2.GaussianBlur(plane, (0, 0), blur) for plane in shares])
    return Look(np.zeros(3), np.log(soft + 0.02), (0, 0, *canvas), np.zeros((0, 0)), 2)


def painted(truth: np.ndarray, noise: float = 6.0) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.clip(COLOURS[truth] + rng.normal(0, noise, (H, W, 3)), 0, 255).astype(np.uint8)


def iou(one: np.ndarray, other: np.ndarray) -> float:
    return float((one & other).sum() / (one | other).sum())


def winners(look: Look) -> np.ndarray:
    return at_picture(look.pixels, look, (H, W)).argmax(0)


def test_a_narrow_top_in_an_open_jacket_gets_its_own_outline() -> None:
    truth = somebody()
    look = seen(truth, 12.0)
    before, after = winners(look), winners(told_by_colour(look, painted(truth)))
    assert iou(before == TOP, truth == TOP) < 0.75
    for number in (TOP, OUTER, BOTTOM):
        assert iou(after == number, truth == number) > 0.93


def test_where_colours_are_alike_the_network_has_its_way() -> None:
    truth = somebody()
    look = seen(truth, 6.0)
    alike = told_by_colour(look, np.full((H, W, 3), 128, np.uint8))
    assert (winners(alike) == winners(look)).mean() > 0.99


def test_who_stands_behind_in_the_same_colours_is_no_part_of_it() -> None:
    truth = somebody()
    look = seen(truth, 8.0)
    look.pixels[:] *= 0.5  # and is not sure of it
    scene = truth.copy()
    scene[60:140, 125:155] = OUTER  # of somebody else; the network knows better
    scene[130:215, 20:50] = OUTER  # and of a third, who touches the jacket, beside the legs
    masks = {k: winners(look) == k for k in (TOP, OUTER, BOTTOM)}
    body = winners(look) > GROUND
    assert (winners(told_by_colour(look, painted(scene)))[:, 130:] == OUTER).mean() > 0.2
    found = outlines_by_colour(look, painted(scene), body, masks, [])
    assert not found[OUTER][:, 130:].any()
    assert not found[OUTER][150:, :50].any()
    assert iou(found[TOP], truth == TOP) > 0.93


def test_a_garment_that_is_not_there_is_not_invented() -> None:
    truth = somebody()
    look = seen(truth, 8.0)
    masks = {k: winners(look) == k for k in (OUTER, BOTTOM)}
    found = outlines_by_colour(look, painted(truth), winners(look) > GROUND, masks, [TOP])
    assert found.keys() == masks.keys()
    assert found[OUTER][60:120, 75:85].mean() > 0.9  # of what is left, the likeliest


def test_a_garment_of_which_nothing_is_left_is_left_to_the_network() -> None:
    truth = somebody()
    look = seen(truth, 6.0)
    masks = {k: winners(look) == k for k in (TOP, OUTER, BOTTOM)}
    look.pixels[TOP] -= 60.0
    look.pixels[TOP, 60, 80] += 120.0  # but for a crumb
    found = outlines_by_colour(look, painted(truth), winners(look) > GROUND, masks, [])
    assert found.keys() == {OUTER, BOTTOM}
    nobody = np.zeros((H, W), bool)
    assert outlines_by_colour(look, painted(truth), nobody, {}, [TOP, OUTER, BOTTOM]) == {}


@given(
    height=st.integers(1, 70),
    width=st.integers(1, 70),
    seed=st.integers(0, 5),
    flat=st.booleans(),
    scale=st.sampled_from([0.0, 1.0, 80.0]),
)
def test_any_picture_and_any_logits_give_finite_ones(
    height: int, width: int, seed: int, flat: bool, scale: float
) -> None:
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    image = np.full_like(image, 7) if flat else image
    canvas, place = letterbox(image, (64, 32))
    shape = (5, canvas.shape[0] // 2, canvas.shape[1] // 2)
    logits = (scale * rng.normal(size=shape)).astype(np.float32)
    look = Look(np.zeros(3), logits, place, np.zeros((0, 0)), 2)
    told = told_by_colour(look, image)
    assert told.pixels.shape == shape
    assert told.pixels.dtype == np.float32
    assert np.isfinite(told.pixels).all()
    here = inside(look)
    # A colour speaks against classes, never for one.
    assert (told.pixels[:, *here] <= logits[:, *here]).all()
    masks = {TOP: np.ones((height, width), bool)}
    for mask in outlines_by_colour(look, image, masks[TOP], masks, [OUTER]).values():
        assert mask.shape == (height, width)


@pytest.mark.parametrize("shape", [(300, 200), (200, 300), (480, 100)])
def test_only_what_shows_the_picture_speaks(shape: tuple[int, int]) -> None:
    image = np.zeros((*shape, 3), np.uint8)
    canvas, place = letterbox(image, (480, 320))
    grid = np.zeros((5, canvas.shape[0] // 2, canvas.shape[1] // 2), np.float32)
    look = Look(np.zeros(3), grid, place, np.zeros((0, 0)), 2)
    rows, columns = inside(look)
    grey = canvas[::2, ::2][rows, columns] == 114
    assert grey.mean() < 0.03
    outside = np.ones(grid.shape[1:], bool)
    outside[rows, columns] = False
    assert (canvas[::2, ::2][outside] == 114).all()
