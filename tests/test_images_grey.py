"""Grey pictures of more than 8 bits, and what is transparent in them."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from stylesim.images import load_image


@pytest.mark.parametrize(
    ("top", "brightest"), [(1.0, 255), (1.02, 255), (1.4, 255), (200.0, 200), (255.0, 255)]
)
def test_floats_that_overshoot_their_range_a_little_are_not_black(top, brightest) -> None:
    ramp = np.linspace(0, top, 64, dtype=np.float32).reshape(8, 8)
    shown = np.asarray(load_image(Image.fromarray(ramp)))
    assert [shown.min(), shown.max()] == [0, brightest]


def test_the_transparent_grey_of_a_16_bit_png_is_white() -> None:
    grey = np.full((4, 8), 20_000, np.uint16)
    grey[:, 4:] = 300
    file = io.BytesIO()
    Image.fromarray(grey).save(file, "PNG", transparency=300)
    shown = np.asarray(load_image(file.getvalue()))[0, :, 0]
    assert shown.tolist() == [78] * 4 + [255] * 4
