"""Targets that are fit to learn from pass; each thing that can be wrong is found and named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image, ImageDraw

from stylesim import target_check
from stylesim._telling_apart import Pair, at_least, pair, quick_faults
from stylesim.backbones import FunctionBackbone
from stylesim.classifier import LightweightClassifier
from stylesim.datasets import make_style
from stylesim.errors import InvalidArgumentError, StyleTargetWarning
from stylesim.garments import FoundGarment, FunctionFinder, WholePictureFinder
from stylesim.style_target import StyleTarget
from stylesim.target_check import TargetReport, check_target

if TYPE_CHECKING:
    from collections.abc import Sequence

GREY = (114, 114, 114)
Colour = tuple[int, int, int]
RED, BLUE, GREEN, GOLD = (220, 20, 30), (20, 30, 220), (20, 200, 40), (220, 180, 20)
UPPER, LOWER, HAT = (16, 8, 48, 36), (16, 48, 48, 78), (20, 0, 44, 8)


def outfit(
    top: Colour | None,
    bottom: Colour | None,
    number: int = 0,
    *,
    street: Colour = GREY,
    hat: Colour | None = None,
) -> Image.Image:
    """A person of rectangles on a street, 64 x 80 pixels; the number makes it another picture."""
    rng = np.random.default_rng(number)
    pixels = np.clip(np.array(street) + rng.integers(-60, 61, (20, 16, 1)), 0, 255)
    picture = Image.fromarray(pixels.astype(np.uint8)).resize((64, 80), Image.Resampling.NEAREST)
    draw = ImageDraw.Draw(picture)
    for colour, (left, above, right, below) in ((top, UPPER), (bottom, LOWER), (hat, HAT)):
        if colour is not None:
            shade = tuple(int(np.clip(v + rng.integers(-15, 16), 0, 255)) for v in colour)
            draw.rectangle((left, above, right - 1, below - 1), fill=shade)
    return picture


def plain(picture: Image.Image, box: tuple[int, int, int, int]) -> bool:
    """Whether a box is of one colour, as only garments are."""
    part = np.asarray(picture.crop(box)).reshape(-1, 3)
    return bool((part == part[0]).all()) and part[0].tolist() != list(GREY)


def find(picture: Image.Image) -> list[FoundGarment]:
    if picture.size != (64, 80):
        return []
    boxes = (("top", "shirt", UPPER), ("bottom", "pants", LOWER), ("headwear", "hat", HAT))
    return [
        FoundGarment(slot, name, box, confidence=0.9)
        for slot, name, box in boxes
        if plain(picture, box)
    ]


def colours(pictures: Sequence[Image.Image]) -> np.ndarray:
    means = np.stack([np.asarray(one, float).mean((0, 1)) - 114 for one in pictures])
    return np.column_stack([means, np.full(len(means), 40.0)])


@pytest.fixture(scope="module")
def model() -> LightweightClassifier:
    return LightweightClassifier(
        backbone=FunctionBackbone(colours, name="mean colour"),
        finder=FunctionFinder(find, name="three boxes"),
    )


def some(
    top: Colour | None, bottom: Colour | None, count: int = 6, start: int = 0, **more: Colour
) -> list[Image.Image]:
    return [outfit(top, bottom, start + i, **more) for i in range(count)]  # type: ignore[arg-type]


def kinds(report: TargetReport) -> list[tuple[str, bool, tuple[str, ...]]]:
    return [(finding.kind, finding.grave, finding.classes) for finding in report]


def test_a_good_target_passes(model: LightweightClassifier) -> None:
    target = StyleTarget(
        some(RED, GOLD),
        {"sporty": some(BLUE, GREEN, start=50), "suit": some(GREEN, BLUE, start=90)},
    )
    report = target.check(model)
    assert list(report) == []
    assert report.ok
    assert report.accuracy == 1
    assert np.array_equal(report.confusion, np.eye(3, dtype=np.float32))
    assert report.counts == {"wannabe": 6, "sporty": 6, "suit": 6}
    assert report.slots["suit"] == {"upper": 6, "lower": 6}
    assert str(report) == "Nothing was found that speaks against this target."


def test_pictures_nearly_the_same(model: LightweightClassifier) -> None:
    wanted = some(RED, GOLD)
    smaller = wanted[0].resize((128, 160))
    mirrored = wanted[1].transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    target = StyleTarget([*wanted, smaller], {"sporty": [*some(BLUE, GREEN, start=50), mirrored]})
    found = [finding for finding in target.check(model) if finding.kind == "nearly the same"]
    assert [(finding.grave, finding.classes) for finding in found] == [
        (True, ("wannabe", "sporty")),
        (False, ("wannabe",)),
    ]
    assert found[0].photographs == ("wanted[1]", "contrast['sporty'][6]")
    assert found[1].photographs == ("wanted[0]", "wanted[6]")
    assert "Take 1 of the 2 out: that of wannabe or that of sporty." in found[0].advice


def test_classes_that_cannot_be_told_apart(model: LightweightClassifier) -> None:
    target = StyleTarget(
        some(RED, GOLD),
        {
            "twin": some(RED, GOLD, start=50),
            "suit": some(GREEN, BLUE, start=90),
            "dress": some(GREEN, BLUE, start=130),
        },
    )
    report = target.check(model)
    assert kinds(report) == [
        ("alike", True, ("wannabe", "twin")),
        ("alike", False, ("suit", "dress")),
    ]
    assert not report.ok
    assert report.accuracy < 0.8
    assert report.confusion.sum(axis=1) == pytest.approx(np.ones(4))
    assert "add 3 outfits to each of wannabe and twin" in report.advice[0]


def test_classes_alike_in_one_region(model: LightweightClassifier) -> None:
    target = StyleTarget(some(RED, GOLD), {"sporty": some(BLUE, GOLD, start=50)})
    report = target.check(model)
    assert kinds(report) == [("alike", False, ("wannabe", "sporty"))]
    assert "by their bottoms" in report[0].message
    assert report.advice == ("Add 3 outfits with a different bottom to sporty.",)
    assert report.ok


def test_a_background_that_gives_a_class_away(model: LightweightClassifier) -> None:
    target = StyleTarget(
        some(RED, GOLD, street=(180, 60, 60)),
        {"sporty": some(BLUE, GREEN, start=50, street=(60, 60, 180))},
    )
    report = target.check(model)
    assert [kind[:2] for kind in kinds(report)] == [("background", False)] * 2
    assert "cut out" in report.advice[0]
    row = report.background["wannabe"]
    assert row["background"] > 0.5
    assert row["whole"] > 0.5
    even = StyleTarget(some(RED, GOLD), {"sporty": some(BLUE, GREEN, start=50)}).check(model)
    assert even.background["wannabe"]["background"] < row["background"]


def test_a_background_is_grave_where_pictures_are_seen_whole(
    model: LightweightClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    finder = FunctionFinder(find, name="three boxes")
    monkeypatch.setattr(target_check, "default_finder", lambda device: finder)
    whole = LightweightClassifier(backbone=model.backbone, finder=WholePictureFinder())
    target = StyleTarget(
        some(RED, GOLD, street=(180, 60, 60)),
        {"sporty": some(BLUE, GREEN, start=50, street=(60, 60, 180))},
    )
    report = target.check(whole)
    assert ("background", True, ("wannabe",)) in kinds(report)
    assert "let garments be cut out" in report.advice[0]


def test_garments_that_a_class_does_not_show(model: LightweightClassifier) -> None:
    target = StyleTarget(
        [*some(RED, None, 5), outfit(None, None, 40)],
        {
            "sporty": some(BLUE, GREEN, start=50, hat=GOLD),
            "suit": [*some(GREEN, None, 5, start=90), outfit(GREEN, BLUE, 96)],
        },
    )
    report = target.check(model)
    missing = {finding.classes[0]: finding for finding in report if finding.kind == "missing"}
    first = report[0]
    assert first.grave
    assert (
        first.message == "wannabe shows bottoms in 0 of 6 photographs, so bottoms are not compared"
    )
    assert first.advice == "Add 5 outfits that show a bottom to wannabe."
    texts = [finding.message for finding in report]
    assert any("hats are shown by contrast classes" in text for text in texts)
    assert any("no garment was found in 1 of 6 photographs of wannabe" in text for text in texts)
    assert "suit" not in missing, "bottoms are not compared anyway"


def test_a_contrast_class_without_bottoms(model: LightweightClassifier) -> None:
    target = StyleTarget(
        some(RED, GOLD),
        {"sporty": some(BLUE, GREEN, start=50), "suit": some(GREEN, None, start=90)},
    )
    report = target.check(model)
    assert kinds(report) == [("missing", False, ("suit",))]
    assert "no bottom is compared with those of suit" in report[0].message


def test_few_and_uneven_classes(model: LightweightClassifier) -> None:
    target = StyleTarget(some(RED, GOLD, 9), {"sporty": some(BLUE, GREEN, 2, start=50)})
    report = target.check(model)
    assert [kind[0] for kind in kinds(report)] == ["few", "uneven"]
    assert report.advice == (
        "Add 3 or more outfits to sporty.",
        "Add 3 outfits to sporty.",
    )
    assert np.isnan(report.confusion[1]).all(), "too few to hold one out"
    assert report.to_dict()["confusion"][1] == [None, None]
    assert report.accuracy == report.confusion[0, 0]


def test_it_leaves_the_model_as_it_was_and_repeats_itself(model: LightweightClassifier) -> None:
    target = StyleTarget(some(RED, GOLD), {"sporty": some(BLUE, GOLD, start=50)})
    fresh = LightweightClassifier(backbone=model.backbone, finder=model.finder)
    first = check_target(target, fresh)
    with pytest.raises(Exception, match="learned nothing"):
        fresh.classes_  # noqa: B018
    fresh.fit(target, progress=False)
    assert check_target(target, fresh).to_dict() == first.to_dict()
    assert json.loads(json.dumps(first.to_dict()))["classes"] == ["wannabe", "sporty"]


def test_a_fit_after_the_check_looks_at_nothing_again(model: LightweightClassifier) -> None:
    asked: list[int] = []
    assert isinstance(model.backbone, FunctionBackbone)
    embed = model.backbone.embed
    counted = FunctionBackbone(
        lambda some: (asked.append(len(some)), embed(some))[1], name="counted"
    )
    fresh = LightweightClassifier(backbone=counted, finder=model.finder)
    target = StyleTarget(some(RED, GOLD), {"sporty": some(BLUE, GOLD, start=50)})
    target.check(fresh)
    before = len(asked)
    assert before
    fresh.fit(target, progress=False)
    assert len(asked) == before
    learned_from = fresh._seen
    StyleTarget(some(RED, GREEN), {"sporty": some(BLUE, GOLD)}).check(fresh)
    assert fresh._seen is learned_from  # what an explanation shows


def test_bad_arguments(model: LightweightClassifier) -> None:
    target = StyleTarget(some(RED, GOLD, 2), {"sporty": some(BLUE, GREEN, 2, start=50)})
    with pytest.raises(InvalidArgumentError, match="model: expected a LightweightClassifier"):
        target.check("model")  # type: ignore[arg-type]
    with pytest.raises(InvalidArgumentError, match="target: expected a StyleTarget"):
        check_target([1, 2], model)  # type: ignore[arg-type]


def test_html_is_escaped(model: LightweightClassifier) -> None:
    evil = "<script>alert(1)</script>"
    target = StyleTarget(some(RED, GOLD, 2), {evil: some(BLUE, GREEN, 2, start=50)})
    html = target.check(model)._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_drawn_styles_pass(model: LightweightClassifier) -> None:
    """Real silhouettes, compared as wholes by their colours: no exception, a whole report."""
    target = StyleTarget(
        [one.image for one in make_style("wannabe", 4)],
        {"suit": [one.image for one in make_style("suit", 4)]},
    )
    report = target.check(model)
    assert set(report.counts.values()) == {4}
    assert not any(finding.kind == "nearly the same" for finding in report)


def test_fishers_exact_test() -> None:
    # The lady tasting tea: 4 of 4 right by chance once in 70, at least 3 of 4 in 17 of 70.
    assert at_least(4, 4, 0, 4) == pytest.approx(1 / 70)
    assert at_least(3, 4, 1, 4) == pytest.approx(17 / 70)
    assert at_least(0, 4, 3, 4) == 1
    rows = np.array([[0.9, 0.1], [0.8, 0.2], [0.4, 0.6], [0.2, 0.8], [np.nan, np.nan]])
    both = pair(rows, np.array([0, 0, 0, 1, 1]), 0, 1)
    assert both == Pair(right=3, total=4, chance=at_least(2, 3, 0, 1), best=0.25, fewest=1)
    assert not both.alike, "so few could not have been told apart"


def test_quick_faults_are_the_grave_ones(model: LightweightClassifier) -> None:
    def faults(target: StyleTarget) -> list[str]:
        fitted = LightweightClassifier(backbone=model.backbone, finder=model.finder)
        views = [[[view] for view in fitted.view(target.images[label])] for label in target.classes]
        return quick_faults(target.classes, views)

    good = StyleTarget(some(RED, GOLD), {"sporty": some(BLUE, GREEN, start=50)})
    assert faults(good) == []
    few = StyleTarget(some(RED, GOLD, 3), {"sporty": some(RED, GOLD, 3, start=50)})
    assert faults(few) == [], "too few to say so unasked"
    alike = StyleTarget(some(RED, GOLD), {"sporty": some(RED, GOLD, start=50)})
    assert faults(alike)[0].startswith("wannabe and sporty look alike: ")
    bare = StyleTarget(some(RED, None), {"sporty": some(BLUE, GREEN, start=50)})
    assert faults(bare) == [
        "wannabe shows bottoms in 0 of 6 photographs, so bottoms are not compared"
    ]


def test_fit_warns_of_grave_faults_and_goes_on(model: LightweightClassifier) -> None:
    alike = StyleTarget(some(RED, GOLD), {"sporty": some(RED, GOLD, start=50)})
    fitted = LightweightClassifier(backbone=model.backbone, finder=model.finder)
    with pytest.warns(StyleTargetWarning, match=r"wannabe and sporty look alike.*target\.check"):
        fitted.fit(alike, progress=False)
    assert fitted.classes_ == ("wannabe", "sporty")
    # Warnings are errors here: a good target gives none.
    good = StyleTarget(some(RED, GOLD), {"sporty": some(BLUE, GREEN, start=50)})
    assert fitted.fit(good, progress=False).classes_ == ("wannabe", "sporty")
