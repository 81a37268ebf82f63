"""Parts of an explained picture: as similar as the score says, and inside it."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest
from halves import colours, garments, outfit
from PIL import Image

from stylesim.backbones import FunctionBackbone
from stylesim.classifier import LightweightClassifier
from stylesim.errors import InvalidArgumentError
from stylesim.explanation import deletion_test, explain
from stylesim.garments import FoundGarment, FunctionFinder
from stylesim.similarity import SimilarityScorer
from stylesim.style_target import StyleTarget


def dress_in_long_pictures(picture: Image.Image) -> list[FoundGarment]:
    if picture.height <= 64:
        return garments(picture)
    box = (0, 0, *picture.size)
    if picture.width > 2000:
        box = (600, 302, 1201, picture.height - 4)
    return [FoundGarment("full", "dress", box, confidence=0.9)]


@pytest.fixture(scope="module")
def model() -> LightweightClassifier:
    target = StyleTarget(
        [outfit("red", "red", i) for i in range(4)],
        {"blue": [outfit("blue", "blue", 100 + i) for i in range(4)]},
    )
    finder = FunctionFinder(dress_in_long_pictures, name="dresses too")
    backbone = FunctionBackbone(colours, name="mean colour")
    return LightweightClassifier(backbone=backbone, finder=finder).fit(target, progress=False)


def test_the_similarity_of_a_part_is_that_of_the_score(model: LightweightClassifier) -> None:
    two = outfit("red", "purple")
    for weights in (None, {"upper": 1, "lower": 3}):
        row = SimilarityScorer(model, slot_weights=weights).score([two])[0]
        parts = explain(model, two, slot_weights=weights).parts
        assert [part.similarity for part in parts] == pytest.approx(list(row.by_slot.values()))
    dress = Image.new("RGB", (48, 80), (150, 40, 130))
    for weights in (None, {"upper": 1, "lower": 3}):
        why = explain(model, dress, slot_weights=weights)
        assert len(why.parts) == 1
        assert why.parts[0].similarity == pytest.approx(why.similarity)
    nothing = explain(model, Image.new("RGB", (30, 30), "red"))
    assert [part.slot for part in nothing.parts] == [None]
    assert nothing.parts[0].similarity == pytest.approx(nothing.similarity)


@pytest.mark.parametrize("size", [(1, 5000), (5000, 1), (2, 4100)])
def test_a_part_of_a_strip_has_pixels(model: LightweightClassifier, size: tuple[int, int]) -> None:
    why = explain(model, Image.new("RGB", size, "red"))
    assert why.parts[0].box == (0, 0, *why.picture.size)
    edge = attrs.evolve(why.parts[0], box=(size[0] - 1, size[1] - 1, *size))
    left, top, right, bottom = edge.scaled(1024 / max(size), why.picture.size).box
    assert (right - left, bottom - top) == (1, 1)
    assert (right, bottom) == why.picture.size


def test_heat_of_a_large_picture_stays_on_its_garments(model: LightweightClassifier) -> None:
    why = explain(model, Image.new("RGB", (2400, 700), "red"))
    assert max(why.picture.size) == 1024
    assert why.heat[why.compared].max() == 1
    assert not why.heat[~why.compared].any()


def test_numbers_of_any_kind_and_nothing_else(model: LightweightClassifier) -> None:
    picture = outfit("red", "blue")
    why = explain(model, picture)
    assert why.hottest(np.float32(0.25)).mean() == 0.25
    assert np.array_equal(why.overlay(np.float32(0.5)), why.overlay(0.5))
    wrong: tuple[Any, ...] = ("a", None, True, [0.5])
    for value in wrong:
        with pytest.raises(InvalidArgumentError, match="strength: expected"):
            why.overlay(value)
        with pytest.raises(InvalidArgumentError, match="share: expected"):
            deletion_test(model, picture, share=value)
