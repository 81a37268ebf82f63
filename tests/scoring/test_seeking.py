"""Large catalogues: only what lies near the wanted style is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

import stylesim as ss
from stylesim._seeking import wanted_vector

if TYPE_CHECKING:
    from collections.abc import Sequence


def mean_colour(pictures: Sequence[Image.Image]) -> list[Any]:
    return [np.asarray(picture).mean((0, 1)) + 1 for picture in pictures]


def halves(picture: Image.Image) -> list[ss.FoundGarment]:
    width, height = picture.size
    return [
        ss.FoundGarment("top", "top", (0, 0, width, height // 2)),
        ss.FoundGarment("bottom", "bottom", (0, height // 2, width, height)),
    ]


def plain(*rgb: int) -> Image.Image:
    return Image.new("RGB", (24, 24), rgb)


def model_named(name: str) -> ss.LightweightClassifier:
    reds = [plain(200, 10 + i, 10) for i in range(4)]
    blues = [plain(10, 10 + i, 200) for i in range(4)]
    model = ss.LightweightClassifier(
        backbone=ss.FunctionBackbone(mean_colour, name=name),
        finder=ss.FunctionFinder(halves, name="halves"),
    )
    return model.fit(ss.StyleTarget(reds, {"blue": blues}), progress=False)


@pytest.fixture(scope="module")
def model() -> ss.LightweightClassifier:
    return model_named("mean colour")


@pytest.fixture
def goods() -> list[ss.Product]:
    """From blue to red, the reddest last; every second one is worn below."""
    return [
        ss.Product(
            f"{i:02}",
            f"Number {i}",
            f"https://shop.example/{i}",
            image=plain(5 + 5 * i, 60, 205 - 5 * i),
            slot=("top", "bottom")[i % 2],
        )
        for i in range(40)
    ]


def closet() -> ss.Wardrobe:
    owned = ss.Wardrobe()
    owned.add(plain(9, 9, 220), slot="top")
    owned.add(plain(9, 30, 220), slot="bottom")
    return owned


class Watched(ss.CatalogProvider):
    """Counts what is asked and answered."""

    def search(self, query: ss.ProductQuery) -> Any:
        answer = super().search(query)
        seen.append((query, len(list(answer))))
        return answer


seen: list[tuple[ss.ProductQuery, int]] = []


@pytest.mark.parametrize("shortlist", [4, 300])
def test_the_nearest_are_found_among_many(model, goods, shortlist) -> None:
    seen.clear()
    shop = Watched(goods).embed(model)
    advisor = ss.Recommender(
        ss.SimilarityScorer(model), shop, shortlist=shortlist, owned_threshold=1.0, diversity=0
    )
    picks = advisor.recommend(closet(), k=2)
    assert {pick.product.id for pick in picks} == {"38", "39"}
    answered = {query.slot: (query.near is not None, count) for query, count in seen}
    few = shortlist < len(goods)
    for slot in (ss.Slot.TOP, ss.Slot.BOTTOM):
        assert answered[slot] == (few, shortlist if few else 20)


def test_vectors_of_another_model_are_not_asked(model, goods) -> None:
    seen.clear()
    shop = Watched(goods).embed(model_named("other colours"))
    advisor = ss.Recommender(ss.SimilarityScorer(model), shop, shortlist=4)
    assert advisor.recommend(closet(), k=2)
    assert all(query.near is None for query, _ in seen)


def test_the_wanted_vector_is_the_mean_garment(model) -> None:
    vector = wanted_vector(model, ss.Slot.BOTTOM)
    assert vector is not None
    assert np.linalg.norm(vector) == pytest.approx(1)
    assert vector @ model.embed([plain(200, 12, 10)])[0] == pytest.approx(1, abs=1e-3)
    assert wanted_vector(model, ss.Slot.SHOES) is None


def test_the_shortlist_is_checked(model, goods) -> None:
    with pytest.raises(ss.InvalidArgumentError, match="shortlist"):
        ss.Recommender(ss.SimilarityScorer(model), ss.CatalogProvider(goods), shortlist=0)
