"""Why a picture is similar: heat where the difference is, the nearest photographs, a sentence."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import attrs
import numpy as np
import pytest
from halves import colours, garments, outfit
from PIL import Image

from stylesim._deleting import hottest_marks, random_marks
from stylesim.backbones import FunctionBackbone, YoloBackbone
from stylesim.classifier import LightweightClassifier
from stylesim.datasets import load_outfits, outfit_groups
from stylesim.errors import InvalidArgumentError, NotFittedError
from stylesim.explanation import deletion_test, explain
from stylesim.garments import FoundGarment, FunctionFinder, WholePictureFinder
from stylesim.images import load_image
from stylesim.outfits import Outfit
from stylesim.similarity import SimilarityScorer
from stylesim.style_target import StyleTarget
from stylesim.wardrobe import Wardrobe

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def target() -> StyleTarget:
    return StyleTarget(
        [outfit("red", "red", i) for i in range(4)],
        {"blue": [outfit("blue", "blue", 100 + i) for i in range(4)]},
    )


@pytest.fixture(scope="module")
def model(target: StyleTarget) -> LightweightClassifier:
    backbone = FunctionBackbone(colours, name="mean colour")
    finder = FunctionFinder(garments, name="two halves")
    return LightweightClassifier(backbone=backbone, finder=finder).fit(target, progress=False)


def test_it_agrees_with_the_classifier(model: LightweightClassifier) -> None:
    picture = outfit("red", "blue")
    why = explain(model, picture)
    expected = model.predict_proba([picture])[0]
    assert [why.by_class[name] for name in model.classes_] == pytest.approx(expected, abs=1e-6)
    row = SimilarityScorer(model).score([picture])[0]
    assert (why.similarity, why.p_neither) == pytest.approx((row.similarity, row.p_neither))
    assert [part.weight for part in why.parts] == [0.5, 0.5]
    assert why.parts[0].similarity > why.similarity > why.parts[1].similarity


def test_heat_is_on_the_wanted_garment(model: LightweightClassifier) -> None:
    for top, bottom, hot in (("red", "blue", 0), ("blue", "red", 1)):
        why = explain(model, outfit(top, bottom))
        assert why.heat.shape == (64, 48)
        assert why.heat.max() == 1
        assert why.heat.min() == 0
        halves = why.heat[:32].sum(), why.heat[32:].sum()
        assert halves[hot] > 20 * halves[1 - hot]
        assert why.parts[hot].heat == pytest.approx(halves[hot] / sum(halves), abs=1e-3)
        assert why.hottest(0.1)[slice(0, 32) if hot == 0 else slice(32, 64), 8:40].sum() == round(
            0.1 * 48 * 64
        )
        assert not why.heat[:, :8].any(), "the background was not compared"
        assert ["shirt", "skirt"][hot] + " most" in why.sentence


def test_weights_name_what_counts(model: LightweightClassifier) -> None:
    picture = outfit("red", "blue")
    only_top = explain(model, picture, slot_weights={"lower": 0})
    assert [part.category for part in only_top.parts] == ["shirt"]
    assert only_top.similarity == pytest.approx(only_top.parts[0].similarity, abs=1e-6)
    mostly = explain(model, picture, slot_weights={"upper": 3, "lower": 1})
    assert [part.weight for part in mostly.parts] == [0.75, 0.25]
    assert explain(model, picture).similarity < mostly.similarity < mostly.parts[0].similarity
    for wrong in ({"leg": 1.0}, {"upper": -1.0}, {"upper": float("nan")}):
        with pytest.raises(InvalidArgumentError, match="slot_weights"):
            explain(model, picture, slot_weights=wrong)


def test_what_counts_is_what_counted_in_the_pool(
    model: LightweightClassifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = outfit("red", "blue")
    learned = model._fitted("test")
    shares = {"upper": 1.5, "lower": 0.5}
    heads = {n: attrs.evolve(h, share=shares.get(n, 1.0)) for n, h in learned.heads.items()}
    even = explain(model, picture)
    monkeypatch.setattr(model, "_learned", attrs.evolve(learned, heads=heads))
    uneven = explain(model, picture)
    assert [part.weight for part in uneven.parts] == [0.75, 0.25]
    assert even.similarity < uneven.similarity
    weighed = explain(model, picture, slot_weights={"upper": 1, "lower": 3})
    assert [part.weight for part in weighed.parts] == [0.5, 0.5]
    # Both speak alike then, but neither in full.
    assert even.similarity < weighed.similarity < 0.5
    assert [part.weight for part in explain(model, picture, slot="top").parts] == [1.0]


def test_a_single_garment_by_its_slot(model: LightweightClassifier) -> None:
    alone = Image.new("RGB", (40, 40), "red")
    why = explain(model, alone, slot="bottom")
    assert [(part.slot, part.box) for part in why.parts] == [("bottom", (0, 0, 40, 40))]
    assert "no garment found" in why.notes[0]
    told = explain(model, outfit("red", "blue"), slot="bottom")
    assert [part.category for part in told.parts] == ["skirt"]
    assert told.similarity < 0.5


def test_without_garments_the_whole_picture_is_explained(model: LightweightClassifier) -> None:
    why = explain(model, Image.new("RGB", (50, 30), "red"))
    assert why.parts[0].name == "whole picture"
    assert "whole picture: no garment found" in why.notes[0]
    assert why.heat.any()


def test_nearest_photographs_with_and_without_the_target(
    model: LightweightClassifier, target: StyleTarget, tmp_path: Path
) -> None:
    picture = outfit("red", "red")
    told = explain(model, picture, target=target, k=2)
    assert [photograph.label for photograph in told.nearest] == ["wannabe", "wannabe"]
    assert told.nearest[0].source in target.sources["wannabe"]
    assert told.nearest[0].cosine == pytest.approx(1, abs=1e-3)
    assert (told.nearest[0].source or "") in told.sentence
    kept = explain(model, picture, k=2)
    assert [photograph.place for photograph in kept.nearest] == [
        photograph.place for photograph in told.nearest
    ]
    path = tmp_path / "model.safetensors"
    model.save(path)
    loaded = LightweightClassifier.load(path, backbone=model.backbone, finder=model.finder)
    alone = explain(loaded, picture)
    assert alone.nearest == ()
    assert "pass target=" in alone.notes[-1]
    assert explain(loaded, picture, target=target).nearest[0].label == "wannabe"


def test_a_scorer_explains_what_it_scores(
    model: LightweightClassifier, target: StyleTarget
) -> None:
    closet = Wardrobe()
    skirt = closet.add(outfit("red", "blue"), slot="bottom")
    hat = closet.add(Image.new("RGB", (30, 30), "red"), slot="headwear")
    scorer = SimilarityScorer(model, slot_weights={"upper": 3})
    pictures = [outfit("red", "blue"), Image.new("RGB", (30, 30), "red")]
    for item in (skirt, hat, *pictures, Outfit([skirt])):
        row = scorer.score([item])[0]
        why = scorer.explain(item, target=target)
        assert why.similarity == pytest.approx(row.similarity, abs=1e-6)
        assert why.notes == (() if row.assumed is None else (row.assumed,))
        assert sum(part.weight for part in why.parts) == pytest.approx(1)
    with pytest.raises(InvalidArgumentError, match="item: expected one picture, got 2 pictures"):
        scorer.explain(Outfit([skirt, hat]))
    with pytest.raises(InvalidArgumentError, match="item: expected one picture, got a view"):
        scorer.explain(model.view(pictures)[0])


def test_bad_arguments(model: LightweightClassifier, target: StyleTarget) -> None:
    picture = outfit("red", "red")
    with pytest.raises(NotFittedError, match="model: expected a fitted"):
        explain(LightweightClassifier(finder=WholePictureFinder()), picture)
    with pytest.raises(InvalidArgumentError, match="model: expected a LightweightClassifier"):
        explain("model", picture)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgumentError, match="k: expected"):
        explain(model, picture, k=0)
    other = StyleTarget(
        [outfit("red", "red", i) for i in range(2)],
        {"green": [outfit("green", "green", 9 + i) for i in range(2)]},
    )
    with pytest.raises(InvalidArgumentError, match="target: expected a target of the classes"):
        explain(model, picture, target=other)
    why = explain(model, picture)
    for share in (0, 1.5):
        with pytest.raises(InvalidArgumentError, match="share: expected"):
            why.hottest(share)
    with pytest.raises(InvalidArgumentError, match="strength: expected"):
        why.overlay(2)


def test_it_shows_itself(model: LightweightClassifier, target: StyleTarget) -> None:
    why = explain(model, outfit("red", "blue"), target=target)
    data = json.loads(json.dumps(why.to_dict()))
    assert data["similarity"] == why.similarity
    assert data["parts"][0]["slot"] == "top"
    assert str(why) == why.sentence
    changed = np.asarray(why.overlay(), int) - np.asarray(why.picture, int)
    assert np.abs(changed)[why.heat > 0.5].any()
    assert not changed[why.heat == 0].any()
    assert np.array_equal(np.asarray(why.overlay(0)), np.asarray(why.picture))


def test_html_is_escaped() -> None:
    evil = "<script>alert(1)</script>"
    backbone = FunctionBackbone(colours, name="mean colour")
    finder = FunctionFinder(
        lambda picture: [FoundGarment("top", evil, (0, 0, *picture.size))], name="all"
    )
    target = StyleTarget(
        [outfit("red", "red", i) for i in range(2)],
        {evil: [outfit("blue", "blue", i) for i in range(2)]},
        name=f"wanted {evil}",
    )
    model = LightweightClassifier(backbone=backbone, finder=finder).fit(target, progress=False)
    for told in (None, target):
        html = explain(model, outfit("blue", "blue"), target=told)._repr_html_()
        assert "<script>" not in html
        assert "&lt;script&gt;" in html


def test_large_pictures_are_shown_smaller(model: LightweightClassifier) -> None:
    why = explain(model, Image.new("RGB", (3000, 1500), "red"))
    assert why.picture.size == (1024, 512)
    assert why.heat.shape == (512, 1024)
    assert why.parts[0].box == (0, 0, 1024, 512)


def test_deleting_inside_deletes_a_share_of_the_garments(model: LightweightClassifier) -> None:
    why = explain(model, outfit("red", "blue"))
    assert why.compared[:, 8:40].all()
    assert not why.compared[:, :8].any()
    rng = np.random.default_rng(0)
    hot = hottest_marks(why, 0.1, rng, inside=True)
    for mark in (hot, random_marks(why, 0.1, rng, inside=True)):
        assert mark.sum() == round(0.1 * why.compared.sum())
        assert not (mark & ~why.compared).any()
    assert hot[:32].sum() > hot[32:].sum()
    assert hottest_marks(why, 0.1, rng, inside=False).sum() == round(0.1 * 48 * 64)
    test = deletion_test(model, outfit("red", "blue"), inside=True, draws=2)
    assert test.before == pytest.approx(why.similarity)
    with pytest.raises(InvalidArgumentError, match="share: expected"):
        deletion_test(model, outfit("red", "blue"), share=0)


# A network that knows no clothes hardly tells these apart; its heat must be true all the same.
@pytest.mark.filterwarnings("ignore::stylesim.errors.StyleTargetWarning")
@pytest.mark.real_data
@pytest.mark.slow
def test_deleting_the_hottest_tenth_lowers_the_score_more_than_a_random_tenth(
    data_dir: Path,
) -> None:
    records = outfit_groups([r for r in load_outfits(data_dir / "outfits") if r.mask_path])
    finder = FunctionFinder(halves, name="halves")
    backbone = YoloBackbone(data_dir / "checkpoints" / "yolov8n-cls-finetuned.pt", device="cpu")
    model = LightweightClassifier(backbone=backbone, finder=finder)
    model.fit(
        StyleTarget(
            [record.path for record in records["wanted"][:10]],
            {
                name: [record.path for record in records[name][:10]]
                for name in ("suit", "padding", "sporty")
            },
        ),
        progress=False,
    )
    tests = [deletion_test(model, record.path) for record in records["wanted"][10:26]]
    falls = np.array([(test.before - test.hottest, test.before - test.random) for test in tests])
    hottest, random = falls.mean(axis=0)
    assert hottest > max(random, 0)
    assert hottest - random > 0.03
    assert np.mean([test.passed for test in tests]) >= 0.75


def halves(picture: Image.Image) -> list[FoundGarment]:
    """Where people stand in the street photographs, near enough."""
    width, height = picture.size
    left, right = width // 4, 3 * width // 4
    return [
        FoundGarment("top", "top", (left, height // 6, right, height // 2)),
        FoundGarment("bottom", "bottom", (left, height // 2, right, 5 * height // 6)),
    ]


def test_a_picture_of_bytes_is_explained(model: LightweightClassifier, tmp_path: Path) -> None:
    path = tmp_path / "one.png"
    outfit("red", "red").save(path)
    assert explain(model, path).similarity == pytest.approx(
        explain(model, load_image(path)).similarity
    )
