"""Arguments that are nearly right meet errors of our own, which say what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import stylesim as ss
from stylesim import plotting
from stylesim.errors import InvalidArgumentError
from stylesim.explanation import deletion_test
from stylesim.outfits import Candidate, best_outfits
from stylesim.similarity import ItemSimilarity, SimilarityReport
from stylesim.target_check import check_target

PICTURE = Image.new("RGB", (24, 24), "navy")
REPORT = SimilarityReport(("new",), [ItemSimilarity("a", 0.5, {"new": 0.5})])
OUTFIT = best_outfits([Candidate("dress", "full", 0.9)])[0]


@pytest.mark.parametrize("contrast", [{"suit": None}, {"suit": ["a.jpg"]}, {"suit": 5}, "a\0b"])
def test_folders_that_are_none(tmp_path: Path, contrast: Any) -> None:
    PICTURE.save(tmp_path / "a.png")
    with pytest.raises(InvalidArgumentError, match="contrast"):
        ss.StyleTarget.from_folders(tmp_path, contrast)


def test_a_path_with_a_zero_in_it() -> None:
    with pytest.raises(InvalidArgumentError, match="path"):
        ss.Wardrobe.open("a\0b")


def nested(depth: int) -> Any:
    return [nested(depth - 1)] if depth else 1


@pytest.mark.parametrize("kind", ["long", "deep", "endless"])
def test_attributes_that_no_file_could_hold(kind: str) -> None:
    endless: list[Any] = []
    endless.append(endless)
    value = {"long": 10**5000, "deep": nested(300), "endless": endless}[kind]
    closet = ss.Wardrobe()
    with pytest.raises(InvalidArgumentError, match="expected a value that JSON can hold, got"):
        closet.add(PICTURE, slot="top", note=value)
    assert closet.add(PICTURE, slot="top", note=nested(50), price=10**400).id in closet


@pytest.mark.parametrize(
    ("key", "values", "argument"),
    [(None, {}, "key"), ("k", None, "values"), ("k", {"hash": "text"}, "values")],
)
def test_what_a_wardrobe_cannot_keep(key: Any, values: Any, argument: str) -> None:
    closet = ss.Wardrobe()
    closet.add(PICTURE, slot="top")
    with pytest.raises(InvalidArgumentError, match=f"^{argument}: "):
        closet.put_cached(key, values)
    with pytest.raises(InvalidArgumentError, match="image_hashes: "):
        closet.get_cached("k", None)  # type: ignore[arg-type]


def means(side: int) -> ss.LightweightClassifier:
    """A classifier that looks at side x side pixels."""

    def vectors(images: Any) -> list[Any]:
        return [np.asarray(one.resize((side, side)), float).ravel() + 1 for one in images]

    backbone = ss.FunctionBackbone(vectors, name=f"{side} pixels")
    reds = [Image.new("RGB", (8, 8), (200, 20, 30 + i)) for i in range(2)]
    blues = [Image.new("RGB", (8, 8), (20, 30 + i, 200)) for i in range(2)]
    model = ss.LightweightClassifier(finder=ss.WholePictureFinder(), backbone=backbone)
    return model.fit(ss.StyleTarget(reds, {"blue": blues}), progress=False)


@pytest.mark.filterwarnings("ignore::stylesim.errors.StyleTargetWarning")
def test_views_of_another_model() -> None:
    model, other = means(1), means(2)
    assert 0 <= ss.SimilarityScorer(model).score(model.view([PICTURE]))[0].similarity <= 1
    with pytest.raises(InvalidArgumentError, match="views of 3 numbers, made by this model"):
        ss.SimilarityScorer(model).score(other.view([PICTURE]))


@pytest.mark.parametrize(
    ("draw", "argument"),
    [
        (lambda: plotting.similarity_table(None), "report"),
        (lambda: plotting.slot_bars([1, 2]), "report"),
        (lambda: plotting.gap_chart(REPORT, names=5), "names"),
        (lambda: plotting.gap_chart(REPORT, names="a"), "names"),
        (lambda: plotting.outfit_board(OUTFIT), "outfits"),
        (lambda: plotting.recommendation_sheet(None), "picks"),
        (lambda: plotting.journey(REPORT, None), "picks"),
    ],
)
def test_plots_of_what_cannot_be_drawn(draw: Any, argument: str) -> None:
    with pytest.raises(InvalidArgumentError, match=f"^{argument}: "):
        draw()


def test_one_id_for_two_rows_is_refused() -> None:
    first, second = ss.Wardrobe(), ss.Wardrobe()
    pair = first.add(PICTURE, slot="top"), second.add(PICTURE, slot="bottom")
    rows = [ItemSimilarity(one.id, 0.5, {"new": 0.5}, slot=one.slot) for one in pair]
    with pytest.raises(InvalidArgumentError, match="several times; score each garment once"):
        SimilarityReport(("new",), rows).gaps()


def test_a_price_that_no_float_can_hold() -> None:
    closet = ss.Wardrobe()
    one = closet.add(PICTURE, slot="top", price=10**400, wears=2)
    row = ItemSimilarity(one.id, 0.5, {"new": 0.5}, slot=one.slot)
    (gap,) = SimilarityReport(("new",), [row]).gaps(closet)
    assert gap.cost_per_wear is None
    assert "is no number of at least 0" in gap.why


def test_a_class_in_place_of_what_is_made_of_it() -> None:
    with pytest.raises(InvalidArgumentError, match=r"model: .* the class LightweightClassifier"):
        ss.SimilarityScorer(ss.LightweightClassifier)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgumentError, match="finder: "):
        ss.Wardrobe(finder=ss.GarmentFinder)  # type: ignore[arg-type]
    with pytest.raises(InvalidArgumentError, match="name: expected a class name"):
        ss.StyleTarget([PICTURE], {"suit": [PICTURE]}, name="\ud800")


@pytest.mark.filterwarnings("ignore::stylesim.errors.StyleTargetWarning")
@pytest.mark.parametrize("seed", [-1, 1.5, "a", None, True])
def test_seeds_that_are_none(seed: Any) -> None:
    model = means(1)
    reds, blues = ([Image.new("RGB", (8, 8), (r, i, 99)) for i in (1, 2)] for r in (200, 20))
    target = ss.StyleTarget(reds, {"blue": blues})
    with pytest.raises(InvalidArgumentError, match=r"^seed: "):
        check_target(target, model, seed=seed)
    with pytest.raises(InvalidArgumentError, match=r"^seed: "):
        deletion_test(model, PICTURE, seed=seed)


def test_whole_numbers_of_numpy_are_numbers_as_any() -> None:
    two = np.int64(2)
    closet = ss.Wardrobe()
    assert closet.add(PICTURE, slot="top", quantity=two).quantity == 2
    query = ss.ProductQuery(limit=two)
    assert query == ss.ProductQuery(limit=2)
    assert type(query.limit) is int, "caches write it as JSON"
    assert ss.FunctionProvider(lambda _: [], name="shop", terms=ss.ProviderTerms(), most=two)
    with pytest.raises(InvalidArgumentError, match="quantity: expected a whole number"):
        closet.add(PICTURE, slot="top", quantity=np.float64(2))
    reds, blues = ([Image.new("RGB", (8, 8), (r, i, 99)) for i in (1, 2)] for r in (200, 20))
    assert ss.StyleTarget(reds, {"blue": blues}, max_images=two).max_images == 2
    plotting.calibration_diagram([0.2, 0.8], [False, True], bins=two)
    plotting.closet_sheet(REPORT, [PICTURE], k=two, columns=two)
