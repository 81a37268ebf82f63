"""A part of an explained picture is as similar as the score says."""

from __future__ import annotations

import pytest
from halves import colours, garments, outfit
from PIL import Image

from stylesim.backbones import FunctionBackbone
from stylesim.classifier import LightweightClassifier
from stylesim.explanation import explain
from stylesim.garments import FoundGarment, FunctionFinder
from stylesim.similarity import SimilarityScorer
from stylesim.style_target import StyleTarget


def dress_in_long_pictures(picture: Image.Image) -> list[FoundGarment]:
    if picture.height <= 64:
        return garments(picture)
    return [FoundGarment("full", "dress", (0, 0, *picture.size), confidence=0.9)]


def test_the_similarity_of_a_part_is_that_of_the_score() -> None:
    target = StyleTarget(
        [outfit("red", "red", i) for i in range(4)],
        {"blue": [outfit("blue", "blue", 100 + i) for i in range(4)]},
    )
    finder = FunctionFinder(dress_in_long_pictures, name="dresses too")
    backbone = FunctionBackbone(colours, name="mean colour")
    model = LightweightClassifier(backbone=backbone, finder=finder).fit(target, progress=False)
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
