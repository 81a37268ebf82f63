"""Pictures of products are fetched only when asked for, and then ranked like any other."""

from __future__ import annotations

import asyncio
import io

import pytest

import stylesim as ss
from stylesim.errors import InvalidArgumentError
from stylesim.providers import Fetched


class Web:
    """Has the pictures that it was given, by address."""

    def __init__(self, **pictures) -> None:
        self.pictures, self.asked = pictures, []

    def fetch(self, urls):
        self.asked += urls
        return [self._one(url) for url in urls]

    def _one(self, url):
        picture = self.pictures.get(url.rsplit("/", 1)[1].removesuffix(".png"))
        if picture is None:
            return Fetched(url, problem="the shop answered with status 404")
        data = io.BytesIO()
        picture.save(data, "PNG")
        return Fetched(url, data.getvalue())


def names(picks) -> list[str]:
    return [pick.product.id for pick in picks]


@pytest.fixture
def far(product):
    """A product that has the address of a picture only."""

    def make(name, **fields):
        return product(name, None, image_url=f"https://shop.example/{name}.png", **fields)

    return make


@pytest.fixture
def recommender(model, shop_of):
    def make(products, web, **settings):
        scorer = ss.SimilarityScorer(model)
        settings = {"owned_threshold": 1, "fetcher": web, **settings}
        return ss.Recommender(scorer, shop_of(products), **settings)

    return make


def test_nothing_is_fetched_unless_asked(recommender, closet, far, product, draw) -> None:
    web = Web(a=draw(0.9, 70))
    picks = recommender([far("a"), product("b", 0.7)], web).recommend(closet)
    assert names(picks) == ["b"]
    assert "not fetched; ask with fetch_images=True" in picks.skipped[0].reason
    assert web.asked == []


@pytest.mark.parametrize("how", ["recommend", "arecommend"])
def test_fetched_pictures_are_ranked_with_the_others(
    recommender, closet, far, product, draw, how
) -> None:
    web = Web(a=draw(0.9, 70), c=draw(0.5, 200))
    made = recommender([far("c"), product("b", 0.7), far("a"), far("gone")], web)
    asked = getattr(made, how)(closet, fetch_images=True)
    picks = asked if how == "recommend" else asyncio.run(asked)
    assert names(picks) == ["a", "b", "c"]
    assert [(one.id, one.reason) for one in picks.skipped] == [
        ("gone", "its picture was not fetched: the shop answered with status 404")
    ]
    assert 'src="data:image/png;base64,' in picks._repr_html_()


def test_what_is_owned_is_known_by_a_fetched_picture(recommender, closet, ids, far) -> None:
    web = Web(mine=closet[ids["bottom"]].image())
    picks = recommender([far("mine")], web).recommend(closet, fetch_images=True)
    assert [(one.garment, one.sure) for one in picks.blocked] == [(ids["bottom"], 1.0)]


def test_only_so_many_are_fetched_and_each_once(recommender, closet, far, product, draw) -> None:
    web = Web(a=draw(0.9, 70), b=draw(0.8, 90), c=draw(0.7, 110))
    again = product("again", None, image_url="https://shop.example/a.png", slot="top")
    shelf = [far("a"), again, far("b"), far("c")]
    picks = recommender(shelf, web, most_pictures=2).recommend(closet, fetch_images=True)
    assert sorted(names(picks)) == ["a", "again", "b"]
    assert [url.rsplit("/", 1)[1] for url in web.asked] == ["a.png", "b.png"]
    assert "only 2 pictures" in picks.skipped[0].reason


def test_a_picture_at_hand_is_not_fetched(recommender, closet, product) -> None:
    web = Web()
    both = product("a", 0.9, image_url="https://shop.example/a.png")
    assert names(recommender([both], web).recommend(closet, fetch_images=True)) == ["a"]
    assert web.asked == []


def test_addresses_inside_are_refused_by_default(model, closet, product, shop_of) -> None:
    inside = product("a", None, image_url="http://127.0.0.1:9/a.png")
    made = ss.Recommender(ss.SimilarityScorer(model), shop_of([inside]))
    picks = made.recommend(closet, fetch_images=True)
    assert not picks
    assert "not on the public internet" in picks.skipped[0].reason


def test_a_bad_fetcher_is_named(model, shop_of) -> None:
    with pytest.raises(InvalidArgumentError, match=r"fetcher.*fetch method"):
        ss.Recommender(ss.SimilarityScorer(model), shop_of([]), fetcher=5)
