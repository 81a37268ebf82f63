"""Finders of one's own: what they find is checked, and a bad one is named."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np
import pytest
import torch
from PIL import Image

from stylesim._looking import look
from stylesim.backbones import YoloBackbone
from stylesim.classifier import LightweightClassifier
from stylesim.errors import InvalidArgumentError
from stylesim.explanation import explain
from stylesim.garments import AbstractGarmentFinder, FoundGarment, Seen
from stylesim.wardrobe import Wardrobe

PICTURES = [Image.new("RGB", (24, 32), "red"), Image.new("RGB", (20, 30), "navy")]
GOOD = FoundGarment("top", "shirt", (0, 0, 20, 30), None, 0.9)


@attrs.define
class Finder(AbstractGarmentFinder):
    """Answers what it is told to."""

    answer: Any
    name: str = "finder of mine"

    def find(self, images: Any) -> Any:
        return self.answer


def with_(**fields: Any) -> FoundGarment:
    return attrs.evolve(GOOD, **fields)


FAULTS = {
    "nothing at all": None,
    "a list too few": [[GOOD]],
    "a list too many": [[GOOD], [], []],
    "no lists": [GOOD, GOOD],
    "something else": [[], ["shirt"]],
    "a box over the edge": [[], [with_(box=(0, 0, 21, 30))]],
    "a box of nothing": [[], [with_(box=(4, 0, 4, 30))]],
    "a box below 0": [[with_(box=(-1, 0, 4, 30))], []],
    "a box of fractions": [[with_(box=(0, 0, 4.5, 30))], []],
    "half a box": [[with_(box=(0, 0))], []],
    "a mask of another picture": [[], [with_(mask=np.ones((32, 24), bool))]],
    "a mask of numbers": [[], [with_(mask=np.ones((30, 20), np.uint8))]],
    "a mask of lists": [[], [with_(mask=[[True]])]],
    "a confidence above 1": [[with_(confidence=1.5)], []],
    "no confidence": [[with_(confidence=float("nan"))], []],
    "a confidence of text": [[with_(confidence="0.5")], []],
    "a category of numbers": [[with_(category=3)], []],
    "a kind surer than sure": [[with_(kinds={"shirt": 2.0})], []],
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_finder_that_breaks_its_promise_is_named(fault: str, colours: Any) -> None:
    with pytest.raises(InvalidArgumentError, match=r"^finder: expected .* from 'finder of mine'"):
        look(PICTURES, Finder(FAULTS[fault]), colours)


@pytest.mark.parametrize(
    "answer",
    [
        [["shirt"]],
        [5],
        None,
        [[with_(confidence=float("nan"))]],
        [[with_(confidence="0.5")]],
        [[with_(category=7)]],
        [[with_(box=(0, 0))]],
    ],
)
def test_a_wardrobe_names_it_too(answer: Any) -> None:
    closet = Wardrobe(finder=Finder(answer))
    with pytest.raises(InvalidArgumentError, match="finder: expected"):
        closet.add(PICTURES[0])
    assert len(closet) == 0


def test_what_a_finder_says_it_saw_has_to_fit_the_backbone() -> None:
    backbone = YoloBackbone(image_size=64)
    seen = Seen(backbone.name, np.ones(3, np.float32))
    with pytest.raises(InvalidArgumentError, match=r"finder: expected features of shape \(256,\)"):
        look(PICTURES[1:], Finder([[with_(seen=seen)]]), backbone)


def test_explanations_name_it_too(model: LightweightClassifier) -> None:
    box: Any = tuple(np.array([0, 0, 20, 30]))
    found = with_(box=box, confidence=np.float32(1), mask=np.ones((30, 20), bool))
    assert model.backbone is not None
    views = look(PICTURES, Finder(iter([(), (found,)])), model.backbone)
    assert [len(view.garments) for (view,) in views] == [0, 1]
    bad: Any = Finder([])
    mine = LightweightClassifier(finder=bad, backbone=model.backbone)
    mine._learned = model._learned
    with pytest.raises(InvalidArgumentError, match="finder of mine"):
        explain(mine, PICTURES[0])


def test_numbers_of_any_kind_are_taken(colours: Any) -> None:
    found = [
        with_(box=np.array([0, 0, 20, 30]), confidence=np.float32(1.0000001), category=None),
        with_(confidence=np.array(0.5), kinds={"shirt": torch.tensor(0.25)}),
    ]
    ((view,),) = look(PICTURES[1:], Finder([found]), colours)
    assert [part.confidence for part in view.garments] == [1.0, 0.5]
