"""Any function as a backbone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image

from stylesim.backbones import AbstractBackbone, FunctionBackbone
from stylesim.errors import ImageError, InvalidArgumentError


def mean_colour(pictures: list[Image.Image]) -> list[Any]:
    return [np.asarray(picture).mean((0, 1)) + 1 for picture in pictures]


def colours(n: int) -> list[Image.Image]:
    return [Image.new("RGB", (4, 4), (10 * i, 50, 200)) for i in range(n)]


def test_rows_are_the_function_scaled_to_unit_length() -> None:
    backbone = FunctionBackbone(mean_colour, name="mean", batch_size=2)
    rows = backbone.embed(colours(5))
    raw = np.stack(mean_colour(colours(5)))
    assert rows.dtype == np.float32
    assert np.allclose(rows, raw / np.linalg.norm(raw, axis=1, keepdims=True))
    assert isinstance(backbone, AbstractBackbone)


def test_the_length_is_found_by_asking_or_taken_as_told() -> None:
    assert FunctionBackbone(mean_colour, name="mean").dim == 3
    assert FunctionBackbone(mean_colour, name="mean", dim=7).dim == 7
    assert FunctionBackbone(mean_colour, name="mean").embed([]).shape == (0, 3)


def test_batches_are_no_larger_than_asked() -> None:
    sizes: list[int] = []

    def count(pictures: list[Image.Image]) -> list[Any]:
        sizes.append(len(pictures))
        return mean_colour(pictures)

    FunctionBackbone(count, name="count", batch_size=2).embed(colours(5))
    assert sizes == [2, 2, 1]


def test_pictures_arrive_as_upright_rgb() -> None:
    def check(pictures: list[Image.Image]) -> list[Any]:
        assert all(picture.mode == "RGB" for picture in pictures)
        return mean_colour(pictures)

    FunctionBackbone(check, name="check").embed([Image.new("CMYK", (4, 4)), Image.new("L", (4, 4))])


@pytest.mark.parametrize(
    "answer",
    [
        lambda n: np.ones(n),
        lambda n: np.ones((n + 1, 3)),
        lambda n: np.ones((n, 0)),
        lambda n: np.zeros((n, 3)),
        lambda n: np.full((n, 3), np.nan),
        lambda n: np.full((n, 3), np.inf),
        lambda n: "text",
        lambda n: None,
        lambda n: [[1.0], [1.0, 2.0]],
    ],
)
def test_a_function_that_answers_with_nonsense_is_named(answer: Any) -> None:
    backbone = FunctionBackbone(lambda pictures: answer(len(pictures)), name="bad")
    with pytest.raises(InvalidArgumentError, match="function"):
        backbone.embed(colours(2))


@pytest.mark.parametrize("huge", [1e200, 1e308])
def test_huge_numbers_are_a_direction_too(huge: float) -> None:
    backbone = FunctionBackbone(lambda ps: [[huge, 0.0], [huge, -huge]], name="huge")
    assert np.allclose(backbone.embed(colours(2)), [[1, 0], [2**-0.5, -(2**-0.5)]])


def test_a_function_whose_length_changes_is_named() -> None:
    backbone = FunctionBackbone(lambda ps: np.ones((len(ps), len(ps))), name="odd")
    backbone.embed(colours(2))
    with pytest.raises(InvalidArgumentError, match=r"\(3, 2\)"):
        backbone.embed(colours(3))


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"function": 3, "name": "x"}, "function"),
        ({"function": mean_colour, "name": ""}, "name"),
        ({"function": mean_colour, "name": "x", "dim": 0}, "dim"),
        ({"function": mean_colour, "name": "x", "batch_size": 0}, "batch_size"),
    ],
)
def test_wrong_arguments_are_named(arguments: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        FunctionBackbone(**arguments)
    assert caught.value.details["argument"] == named


def test_a_bad_picture_is_named_by_its_place() -> None:
    backbone = FunctionBackbone(mean_colour, name="mean", batch_size=2)
    with pytest.raises(ImageError, match=r"images\[3\]"):
        backbone.embed([*colours(3), b""])
