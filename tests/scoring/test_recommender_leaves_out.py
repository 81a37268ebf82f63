"""What a recommender leaves out: what is owned, what repeats, what cannot be judged."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

import stylesim as ss
from stylesim.errors import InvalidArgumentError, ProviderError
from stylesim.providers import ChainProvider


def near(value: float) -> object:
    return pytest.approx(value, abs=0.02)


def names(picks) -> list[str]:
    return [pick.product.id for pick in picks]


# --- what is owned ------------------------------------------------------------------------------


def test_the_same_picture_is_blocked_in_any_container(
    recommend, product, closet, ids, tmp_path
) -> None:
    closet[ids["bottom"]].image().save(tmp_path / "copy.bmp")
    picks = recommend([product("own", None, image=tmp_path / "copy.bmp"), product("a", 0.9)])
    assert names(picks) == ["a"]
    (blocked,) = picks.blocked
    assert (blocked.product.id, blocked.garment) == ("own", ids["bottom"])
    assert "same picture" in blocked.why
    assert (blocked.sure, blocked.cosine) == (1.0, near(1.0))


def test_near_twins_are_blocked_above_the_threshold_and_in_their_region(
    recommend, product, draw, ids
) -> None:
    twin = product("twin", None, image=draw(0.23))
    elsewhere = product("top", None, "bag", image=draw(0.23))
    picks = recommend([twin, elsewhere], threshold=0.5)
    (blocked,) = picks.blocked
    assert (blocked.product.id, blocked.garment) == ("twin", ids["bottom"])
    assert 0.5 <= blocked.sure < 1
    assert f"{blocked.sure:.2f} sure: cosine 0.99" in blocked.why
    assert (blocked.colour_distance, blocked.same_category) == (None, None), "not known here"
    assert not recommend([elsewhere], threshold=0.5, slot="bag").blocked, "no bag is owned"
    assert names(recommend([twin], threshold=1.0)) == ["twin"]


def test_no_two_picks_are_one(recommend, product, draw) -> None:
    shelf = [product(f"p{i}", None, image=draw(0.9, 70 + i)) for i in range(5)]
    other = product("q", None, image=draw(0.6, 250))
    picks = recommend([*shelf, other], threshold=0.5)
    assert names(picks) == ["p0", "q"]
    assert {one.reason for one in picks.skipped} == {"near twin of Product p0"}
    assert [one.id for one in picks.skipped] == ["p1", "p2", "p3", "p4"]


@pytest.mark.parametrize("named", [True, False])
def test_merged_shops_keep_ids_of_their_own(model, closet, ids, product, tmp_path, named) -> None:
    closet[ids["bottom"]].image().save(tmp_path / "own.bmp")
    shelves = {
        "one": [product("a", 0.9), product("b", 0.5)],
        "other": [product("c", 0.8), product("own", None, image=tmp_path / "own.bmp")],
    }
    shops = []
    for name, shelf in shelves.items():
        source = name if named else None
        goods = [attrs.evolve(one, id=str(n), source=source) for n, one in enumerate(shelf)]
        shops.append(ss.CatalogProvider(goods))
    shop = ChainProvider(shops, mode="merge")
    recommender = ss.Recommender(ss.SimilarityScorer(model), shop, owned_threshold=1.0)
    picks = recommender.recommend(closet)
    assert [one.product.title for one in picks] == ["Product a", "Product c", "Product b"]
    assert [one.product.title for one in picks.blocked] == ["Product own"]
    assert not picks.skipped


def test_one_page_is_one_pick(recommend, product) -> None:
    twice = [product("a", 0.9), product("b", 0.8, url="https://shop.example/a")]
    picks = recommend(twice)
    assert names(picks) == ["a"]
    assert picks.skipped[0].reason == "near twin of Product a"


def test_one_product_offered_for_several_slots_comes_once(recommend, product) -> None:
    bare = product("b", None, None)
    picks = recommend([product("a", 0.9), bare])
    assert names(picks) == ["a"]
    assert [one.id for one in picks.skipped] == ["b"]
    assert names(recommend([product("a", 0.9), product("a", 0.9)])) == ["a"]


# --- what cannot be judged ----------------------------------------------------------------------


def test_what_cannot_be_judged_is_reported(recommend, product, tmp_path) -> None:
    (tmp_path / "cut.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut off")
    shelf = [
        product("bare", None),
        product("far", None, image="https://shop.example/far.jpg"),
        product("gone", None, image=str(tmp_path / "none.jpg")),
        product("cut", None, image=tmp_path / "cut.jpg"),
        product("won", 0.9, currency="KRW"),
        product("unpriced", 0.9, price=None),
        product("fine", 0.9),
    ]
    picks = recommend(shelf, currency="EUR", max_price=80)
    assert names(picks) == ["fine"]
    why = {one.id: one.reason for one in picks.skipped}
    assert set(why) == {"bare", "far", "gone", "cut", "won", "unpriced"}
    assert "no picture" in why["bare"]
    assert "not fetched" in why["far"]
    assert "cannot be read" in why["gone"]
    assert "cannot be read" in why["cut"]
    assert "KRW, not EUR" in why["won"]
    assert "not known" in why["unpriced"]


def test_currency_alone_also_skips(recommend, product) -> None:
    picks = recommend([product("won", 0.9, currency="KRW"), product("a", 0.8)], currency="EUR")
    assert names(picks) == ["a"]
    assert [one.id for one in picks.skipped] == ["won"]


@pytest.mark.parametrize(
    "asked", [{"max_price": 80}, {"rank_by": "price"}, {"rank_by": "gain_per_price"}]
)
def test_prices_of_several_currencies_are_not_compared(recommend, product, asked) -> None:
    shelf = [product("won", 0.9, currency="KRW"), product("a", 0.8)]
    with pytest.raises(InvalidArgumentError, match=r"currency.*EUR, KRW"):
        recommend(shelf, **asked)
    assert len(recommend(shelf)) == 2


def test_what_a_provider_skipped_is_told_on(model, closet, product) -> None:
    rows = [{"id": "x", "title": "x", "url": "javascript:alert(1)"}, product("a", 0.9)]
    shop = ss.FunctionProvider(lambda query: rows)
    picks = ss.Recommender(ss.SimilarityScorer(model), shop, owned_threshold=1).recommend(closet)
    assert names(picks) == ["a"]
    assert [one.id for one in picks.skipped] == ["x"]


@pytest.mark.parametrize(
    "failure", [RuntimeError("down"), ss.NotFoundError("lost"), "text", 3, [3]]
)
def test_a_failing_provider_is_a_provider_error(model, closet, failure) -> None:
    class Broken(ss.AbstractProductProvider):
        name = "broken shop"

        def search(self, query):
            if isinstance(failure, Exception):
                raise failure
            return failure

    with pytest.raises(ProviderError, match="broken shop"):
        ss.Recommender(ss.SimilarityScorer(model), Broken()).recommend(closet)


def test_an_endless_answer_ends(model, closet, product) -> None:
    def endless(query):
        while True:
            yield product("a", 0.9)

    shop = type("Endless", (ss.AbstractProductProvider,), {"search": staticmethod(endless)})()
    picks = ss.Recommender(ss.SimilarityScorer(model), shop, most=50, owned_threshold=1).recommend(
        closet
    )
    assert names(picks) == ["a"]
    assert "had more" in picks.skipped[0].reason


def test_a_second_time_looks_at_nothing_again(
    model, closet, product, draw, tmp_path, shop_of
) -> None:
    path = tmp_path / "a.png"
    draw(0.9, 80).save(path)
    data = path.read_bytes()
    shelf = [
        product("path", None, image=path),
        product("bytes", None, image=data),
        product("array", None, image=np.asarray(draw(0.7, 120))),
    ]
    recommender = ss.Recommender(ss.SimilarityScorer(model), shop_of(shelf))
    first = recommender.recommend(closet)
    seen = len(model.seen)
    assert recommender.recommend(closet).to_dicts() == first.to_dicts()
    assert len(model.seen) == seen
    draw(0.1, 50).save(path)
    recommender.recommend(closet)
    assert len(model.seen) == seen + 1, "another picture under the same name is another picture"
