"""Targets whose garments cannot be found, and what is then not compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from halves import colours, outfit
from PIL import Image

from stylesim.backbones import FunctionBackbone
from stylesim.classifier import LightweightClassifier
from stylesim.errors import StyleTargetWarning
from stylesim.garments import FoundGarment, FunctionFinder, WholePictureFinder
from stylesim.style_target import StyleTarget

if TYPE_CHECKING:
    from collections.abc import Callable

    from stylesim.garments import AbstractGarmentFinder


def classifier(finder: AbstractGarmentFinder) -> LightweightClassifier:
    backbone = FunctionBackbone(colours, name="mean colour")
    return LightweightClassifier(backbone=backbone, finder=finder)


def target() -> StyleTarget:
    def some(colour: str, start: int) -> list[Image.Image]:
        rng = np.random.default_rng(start)
        pictures = [outfit(colour, colour, start + i) for i in range(5)]
        for picture in pictures:  # no two alike
            picture.paste(Image.fromarray(rng.integers(255, size=(9, 48, 3), dtype=np.uint8)))
        return pictures

    return StyleTarget(some("red", 0), {"blue": some("blue", 100)})


def test_photographs_without_any_garment_are_grave() -> None:
    model = classifier(FunctionFinder(lambda _: [], name="blind"))
    report = target().check(model)
    assert not report.ok
    grave = [(one.classes, one.message) for one in report if one.grave]
    assert [classes for classes, _ in grave] == [("wannabe",), ("blue",)]
    assert all("no garment was found in 5 of 5 photographs" in said for _, said in grave)
    with pytest.warns(StyleTargetWarning, match="no garment was found in any photograph"):
        model.fit(target(), progress=False)
    # Warnings are errors here: who asks for whole pictures is not told that they are.
    whole = classifier(WholePictureFinder())
    assert not any(one.kind == "missing" for one in target().check(whole))
    assert whole.fit(target(), progress=False).slots_ == ()


def tops_of(most: int) -> Callable[[Image.Image], list[FoundGarment]]:
    """Finds both garments in what is red, and a top in the first blue pictures alone."""
    found: list[bytes] = []

    def find(picture: Image.Image) -> list[FoundGarment]:
        top = FoundGarment("top", "shirt", (8, 0, 40, 32), confidence=0.9)
        bottom = FoundGarment("bottom", "pants", (8, 32, 40, 64), confidence=0.9)
        if picture.getpixel((24, 60)) == (255, 0, 0):
            return [top, bottom]
        if picture.tobytes() not in found:
            found.append(picture.tobytes())
        return [top, bottom] if found.index(picture.tobytes()) < most else [bottom]

    return find


def test_a_slot_that_no_contrast_class_shows_enough_is_not_compared_at_all() -> None:
    model = classifier(FunctionFinder(tops_of(1), name="one top"))
    (said,) = [one.message for one in target().check(model) if "tops" in one.message]
    assert said == "blue shows tops in 1 of 5 photographs, so tops are not compared"
    assert model.fit(target(), progress=False).slots_ == ("lower",)
