"""Classifier, wardrobe, scorer, catalogue and recommender together, on drawn clothes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image

import stylesim as ss
from stylesim import datasets

SEPARATE = 0.999


def colours(pictures: list[Image.Image]) -> list[Any]:
    """A histogram of coarse colours: enough for drawn clothes of separate palettes."""
    rows = []
    for picture in pictures:
        pixels = np.asarray(picture.resize((24, 24))).reshape(-1, 3) // 64
        rows.append(np.bincount(pixels @ [16, 4, 1], minlength=64) + 0.1)
    return rows


def halves(picture: Image.Image) -> list[ss.FoundGarment]:
    width, height = picture.size
    return [
        ss.FoundGarment("top", "top", (0, 0, width, height // 2)),
        ss.FoundGarment("bottom", "bottom", (0, height // 2, width, height)),
    ]


@pytest.fixture(scope="module")
def model() -> ss.LightweightClassifier:
    """Wanted: red over white; suit: black over blue."""
    rng = np.random.default_rng(0)

    def worn(top: str, bottom: str) -> Image.Image:
        picture = Image.new("RGB", (40, 80), top)
        picture.paste(Image.new("RGB", (40, 40), bottom), (0, 40))
        noise = rng.integers(-9, 10, (80, 40, 3))
        return Image.fromarray((np.asarray(picture) + noise).clip(0, 255).astype(np.uint8))

    target = ss.StyleTarget(
        [worn("red", "white") for _ in range(5)],
        {"suit": [worn("black", "blue") for _ in range(5)]},
    )
    return ss.LightweightClassifier(
        backbone=ss.FunctionBackbone(colours, name="coarse colours"),
        finder=ss.FunctionFinder(halves, name="halves"),
    ).fit(target, progress=False)


def plain(colour: str, shade: int = 0) -> Image.Image:
    picture = Image.new("RGB", (30, 30), colour)
    picture.paste(Image.new("RGB", (30, 3), (shade, 90, 90)), (0, 0))
    return picture


def test_the_whole_road(model, tmp_path) -> None:
    with ss.Wardrobe.open(tmp_path / "closet.stylesim") as closet:
        shirt = closet.add(plain("red"), slot="top")
        jeans = closet.add(plain("blue"), slot="bottom")
        scorer = ss.SimilarityScorer(model)
        report = scorer.score(closet)
        assert [row.id for row in report.gaps()] == [jeans.id, shirt.id]
        assert report[shirt.id].similarity > 0.7 > 0.3 > report[jeans.id].similarity

        plain("white", 90).save(tmp_path / "white.png")
        plain("red").save(tmp_path / "mine.png")
        plain("black", 90).save(tmp_path / "black.png")
        (tmp_path / "shop.csv").write_text(
            "id,title,price,currency,url,image,slot\n"
            "1,White skirt,49,EUR,https://shop.example/1,white.png,bottom\n"
            "2,Red shirt,19,EUR,https://shop.example/2,mine.png,top\n"
            "3,Black coat,99,EUR,https://shop.example/3,black.png,outer\n"
        )
        shop = ss.CatalogProvider.from_csv(tmp_path / "shop.csv")
        picks = ss.Recommender(scorer, shop, owned_threshold=SEPARATE).recommend(
            closet, max_price=80, currency="EUR"
        )
        assert [pick.product.title for pick in picks] == ["White skirt"]
        assert [(one.product.id, one.garment) for one in picks.blocked] == [("2", shirt.id)]

        bought = closet.add(tmp_path / "white.png", slot="bottom")
        after = scorer.score(closet)
        raised = after.by_slot()["lower"].best - report.by_slot()["lower"].best
        assert picks[0].gain == pytest.approx(raised / 2, abs=1e-4), "gain is what buying brings"
        again = ss.Recommender(scorer, shop, owned_threshold=SEPARATE).recommend(closet)
        assert {one.garment for one in again.blocked} == {shirt.id, bought.id}


def test_drawn_catalogue_and_closet(model) -> None:
    closet = ss.Wardrobe()
    for drawn in datasets.make_closet(n=8, seed=1):
        closet.add(drawn.image, slot=drawn.slot)
    scorer = ss.SimilarityScorer(model)
    table = np.asarray(scorer.score(closet).table())
    assert table.shape == (8, 2)
    assert table.sum(axis=1) == pytest.approx(np.ones(8), abs=1e-5)
    products = datasets.make_catalog(n=12, seed=2).products
    recommender = ss.Recommender(scorer, ss.CatalogProvider(products), owned_threshold=1)
    first, second = recommender.recommend(closet, k=4), recommender.recommend(closet, k=4)
    assert first.to_dicts() == second.to_dicts()
    assert len({pick.product.id for pick in first}) == len(first) > 0


def test_a_saved_model_scores_alike(model, tmp_path) -> None:
    model.save(tmp_path / "style.safetensors")
    loaded = ss.LightweightClassifier.load(
        tmp_path / "style.safetensors", backbone=model.backbone, finder=model.finder
    )
    pictures = [outfit.image for outfit in datasets.make_outfits("wannabe", seed=4).values()]
    before, after = (ss.SimilarityScorer(one).score(pictures) for one in (model, loaded))
    assert np.asarray(after.table()) == pytest.approx(np.asarray(before.table()), abs=1e-6)
    probabilities = model.predict_proba(pictures)
    assert np.asarray(before.table()) == pytest.approx(probabilities, abs=1e-5)
