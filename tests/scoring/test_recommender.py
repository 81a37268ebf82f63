"""What is recommended, what is left out and why."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

import stylesim as ss
from stylesim.errors import InvalidArgumentError, NotFittedError, ProviderError


def near(value: float) -> object:
    return pytest.approx(value, abs=0.02)


@pytest.fixture
def product(draw):
    """Make a product of a similarity and a slot."""

    def make(name: str, similarity: float | None, slot: str | None = "bottom", **fields: object):
        # A look of its own, so that no two are near twins.
        look = sum(map(ord, name)) * 53 % 150 + 60
        image = None if similarity is None else draw(similarity, look)
        fields = {"price": 20.0, "currency": "EUR", "image": image, "slot": slot} | fields
        return ss.Product(name, f"Product {name}", f"https://shop.example/{name}", **fields)

    return make


class Shop(ss.AbstractProductProvider):
    """Gives all it has, whatever is asked, and remembers what was asked."""

    def __init__(self, products) -> None:
        self.products = products
        self.queries: list[ss.ProductQuery] = []

    def search(self, query):
        self.queries.append(query)
        return iter(self.products)


@pytest.fixture
def recommend(model, closet):
    """Recommend from products for the closet."""

    def run(products, wardrobe=None, threshold=0.99999, **asked):
        recommender = ss.Recommender(
            ss.SimilarityScorer(model), Shop(products), owned_threshold=threshold
        )
        return recommender.recommend(closet if wardrobe is None else wardrobe, **asked)

    return run


def names(picks) -> list[str]:
    return [pick.product.id for pick in picks]


# --- gain and rank ----------------------------------------------------------------------------


def test_gain_is_what_the_best_of_the_region_rises_by(recommend, product) -> None:
    picks = recommend([product("a", 0.9), product("b", 0.9, "top"), product("c", 0.1)])
    assert names(picks) == ["a", "b"], "c is no better than what is owned, nor of the wanted style"
    assert [pick.gain for pick in picks] == [near((0.9 - 0.2) / 2), near((0.9 - 0.6) / 2)]
    assert [str(pick.slot) for pick in picks] == ["bottom", "top"]
    assert picks[0].similarity == near(0.9)
    assert picks[0].by_class["suit"] == near(0.1)


def test_a_dress_gains_for_both_regions(recommend, product) -> None:
    assert recommend([product("a", 0.9, "full")])[0].gain == near((0.9 - 0.6 + 0.9 - 0.2) / 2)


def test_weights_turn_the_ranking(model, closet, product) -> None:
    shop = Shop([product("a", 0.9), product("b", 0.9, "top")])
    scorer = ss.SimilarityScorer(model, slot_weights={"top": 10})
    assert names(ss.Recommender(scorer, shop).recommend(closet)) == ["b", "a"]


def test_what_gains_nothing_comes_last_and_only_if_it_is_of_the_style(recommend, product) -> None:
    picks = recommend([product("a", 0.55, "top"), product("b", 0.3), product("c", 0.4, "top")])
    assert names(picks) == ["b", "a"]
    assert picks[1].gain == 0
    assert "no better than your best for the upper body (0.60)" in picks[1].reason


def test_picks_spread_over_the_regions_that_gain(recommend, product) -> None:
    bottoms = [product(f"b{i}", 0.9 - i / 50) for i in range(4)]
    picks = recommend([*bottoms, product("t", 0.7, "top")], k=3)
    assert names(picks) == ["b0", "b1", "t"]
    assert names(recommend([*bottoms, product("t", 0.55, "top")], k=3)) == ["b0", "b1", "b2"]


def test_other_ranks(recommend, product) -> None:
    # All of one region, so that nothing is spread.
    shelf = [
        product("dear", 0.9, price=90.0),
        product("mid", 0.6, price=30.0),
        product("cheap", 0.5, price=5.0),
        product("idle", 0.1, price=1.0),
        product("free", 0.7, price=None),
    ]
    assert names(recommend(shelf, rank_by="gain")) == ["dear", "free", "mid", "cheap"]
    assert names(recommend(shelf, rank_by="similarity", k=2)) == ["dear", "free"]
    assert names(recommend(shelf, rank_by="price")) == ["cheap", "mid", "dear", "free"]


def test_ties_do_not_depend_on_the_order(recommend, product) -> None:
    shelf = [product(name, 0.8) for name in "badc"]
    assert names(recommend(shelf)) == names(recommend(shelf[::-1])) == ["a", "b", "c", "d"]


def test_reasons_are_sentences(recommend, product) -> None:
    reasons = {p.product.id: p.reason for p in recommend([product("a", 0.9), product("b", 0.3)])}
    assert reasons["a"] == "It raises your best for the lower body from 0.20 to 0.90."
    assert reasons["b"].endswith("to 0.30; it is still nearer to suit (0.70).")
    empty = recommend([product("a", 0.9)], wardrobe=ss.Wardrobe())
    assert (
        empty[0].reason == "You own nothing for the lower body, and it is 0.90 similar to wannabe."
    )


# --- what is asked ------------------------------------------------------------------------------


def test_the_widest_gap_is_asked_for_first_and_each_slot_once(model, closet, product) -> None:
    shop = Shop([product("a", 0.9)])
    ss.Recommender(ss.SimilarityScorer(model), shop).recommend(closet, gender="women", max_price=50)
    slots = [str(query.slot) for query in shop.queries]
    assert slots[:2] == ["full", "bottom"]
    assert sorted(slots) == ["bottom", "full", "outer", "top"]
    assert {query.gender for query in shop.queries} == {"female"}
    assert {query.max_price for query in shop.queries} == {50}


def test_filters_hold_even_if_the_shop_ignores_them(recommend, product) -> None:
    shelf = [
        product("a", 0.9, brand="Acme"),
        product("b", 0.9, brand="Other"),
        product("c", 0.9, brand="Acme", price=99.0),
        product("d", 0.9, "top", brand="Acme"),
    ]
    picks = recommend(shelf, brand="acme", max_price=50, currency="eur", slot="pants")
    assert names(picks) == ["a"]
    assert not picks.skipped


def test_a_slot_without_weight_can_be_asked_for(recommend, product) -> None:
    shelf = [product("a", 0.95, "shoes"), product("b", 0.9, "bag")]
    assert names(recommend(shelf)) == []
    assert recommend(shelf, slot="shoes")[0].gain == near(0.05)
    assert recommend(shelf, slot="bag")[0].gain == near(0.9)


def test_slots_are_read_from_titles_and_pictures(recommend, product, draw_outfit) -> None:
    skirt = ss.Product(
        "s", "Long skirt", "https://x.example/s", image=Image.new("RGB", (20, 10), (90, 99, 10))
    )
    worn = product("w", None, None, image=draw_outfit(0.9, 0.1))
    unknown = product("u", 0.9, None)
    picks = recommend([skirt, worn, unknown])
    assert {pick.product.id: str(pick.slot) for pick in picks} == {"s": "bottom", "w": "top"}
    assert [one.id for one in picks.skipped] == ["u"]
    assert "where on the body" in picks.skipped[0].reason


def test_an_empty_closet_and_a_report_alone_will_do(model, recommend, product, closet) -> None:
    shelf = [product("a", 0.9), product("b", 0.8, "top")]
    picks = recommend(shelf, wardrobe=ss.Wardrobe())
    assert [pick.gain for pick in picks] == [near(0.45), near(0.4)]
    report = ss.SimilarityScorer(model).score(closet)
    assert recommend(shelf, wardrobe=report).to_dicts() == recommend(shelf).to_dicts()


def test_whole_pictures_are_enough(whole_model, closet, product) -> None:
    shop = Shop([product("a", 0.9), product("b", 0.4, "top"), product("c", 0.9, None)])
    picks = ss.Recommender(ss.SimilarityScorer(whole_model), shop).recommend(closet)
    assert picks[0].product.id == "c"
    assert dict(zip(names(picks), [p.gain for p in picks], strict=True))["a"] == near(0.35)


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
    assert blocked.cosine == near(1.0)


def test_near_twins_are_blocked_above_the_threshold_and_in_their_region(
    recommend, product, draw, ids
) -> None:
    twin = product("twin", None, image=draw(0.23))
    elsewhere = product("top", None, "bag", image=draw(0.23))
    picks = recommend([twin, elsewhere], threshold=0.99)
    assert [(b.product.id, b.garment) for b in picks.blocked] == [("twin", ids["bottom"])]
    assert "cosine 0.99" in picks.blocked[0].why
    assert not recommend([elsewhere], threshold=0.99, slot="bag").blocked, "no bag is owned"
    assert names(recommend([twin], threshold=0.99999)) == ["twin"]


def test_no_two_picks_are_one(recommend, product, draw) -> None:
    shelf = [product(f"p{i}", None, image=draw(0.9, 70 + i)) for i in range(5)]
    picks = recommend([*shelf, product("q", 0.6)], threshold=0.99)
    assert names(picks) == ["p0", "q"]
    assert {one.reason for one in picks.skipped} == {"near twin of Product p0"}
    assert [one.id for one in picks.skipped] == ["p1", "p2", "p3", "p4"]


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


@pytest.mark.parametrize("asked", [{"max_price": 80}, {"rank_by": "price"}])
def test_prices_of_several_currencies_are_not_compared(recommend, product, asked) -> None:
    shelf = [product("won", 0.9, currency="KRW"), product("a", 0.8)]
    with pytest.raises(InvalidArgumentError, match=r"currency.*EUR, KRW"):
        recommend(shelf, **asked)
    assert len(recommend(shelf)) == 2


def test_what_a_provider_skipped_is_told_on(model, closet, product) -> None:
    rows = [{"id": "x", "title": "x", "url": "javascript:alert(1)"}, product("a", 0.9)]
    shop = ss.FunctionProvider(lambda query: rows)
    picks = ss.Recommender(ss.SimilarityScorer(model), shop).recommend(closet)
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
    picks = ss.Recommender(ss.SimilarityScorer(model), shop, most=50).recommend(closet)
    assert names(picks) == ["a"]
    assert "had more" in picks.skipped[0].reason


def test_a_second_time_looks_at_nothing_again(model, closet, product, draw, tmp_path) -> None:
    path = tmp_path / "a.png"
    draw(0.9, 80).save(path)
    data = path.read_bytes()
    shelf = [
        product("path", None, image=path),
        product("bytes", None, image=data),
        product("array", None, image=np.asarray(draw(0.7, 120))),
    ]
    recommender = ss.Recommender(ss.SimilarityScorer(model), Shop(shelf))
    first = recommender.recommend(closet)
    seen = len(model.seen)
    assert recommender.recommend(closet).to_dicts() == first.to_dicts()
    assert len(model.seen) == seen
    draw(0.1, 50).save(path)
    recommender.recommend(closet)
    assert len(model.seen) == seen + 1, "another picture under the same name is another picture"


# --- the result ---------------------------------------------------------------------------------


def test_the_result_is_a_sequence_and_plain_data(recommend, product) -> None:
    picks = recommend([product("a", 0.9), product("b", 0.8)])
    assert len(picks) == 2
    assert picks[-1] is list(picks)[1]
    assert picks[:1] == (picks[0],)
    assert json.loads(json.dumps(picks.to_dicts()))[0]["product"]["id"] == "a"
    assert str(picks).splitlines()[1].split()[:3] == ["Product", "a", "bottom"]


def test_the_notebook_escapes_and_links_safely(recommend, product) -> None:
    evil = '"><script>alert(1)</script>'
    picks = recommend([product("a", 0.9, brand=evil, category=evil)])
    html = picks._repr_html_()
    assert "<script" not in html
    assert '<a href="https://shop.example/a" target="_blank" rel="noopener noreferrer">' in html
    assert 'src="data:image/png;base64,' in html


# --- bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("k", 0), ("k", 2.5), ("k", True), ("rank_by", "luck"), ("max_price", float("nan")),
        ("max_price", -1), ("min_price", "cheap"), ("slot", "hair"), ("currency", "euros"),
    ],
)  # fmt: skip
def test_bad_arguments_are_named(recommend, product, argument, value) -> None:
    with pytest.raises(InvalidArgumentError, match=argument):
        recommend([product("a", 0.9)], **{argument: value})


@pytest.mark.parametrize("threshold", [float("nan"), 2, "high", None, True])
def test_a_bad_threshold_is_named(model, threshold) -> None:
    with pytest.raises(InvalidArgumentError, match="owned_threshold"):
        ss.Recommender(ss.SimilarityScorer(model), Shop([]), owned_threshold=threshold)


def test_bad_parts_are_named(model) -> None:
    with pytest.raises(InvalidArgumentError, match="scorer"):
        ss.Recommender(model, Shop([]))
    with pytest.raises(InvalidArgumentError, match=r"provider.*search"):
        ss.Recommender(ss.SimilarityScorer(model), [])


def test_a_report_of_other_classes_is_refused(recommend, product) -> None:
    report = ss.SimilarityReport(("wannabe", "sporty"))
    with pytest.raises(InvalidArgumentError, match="report of the classes wannabe, suit"):
        recommend([product("a", 0.9)], wardrobe=report)


def test_an_unfitted_model_says_so(closet, product) -> None:
    scorer = ss.SimilarityScorer(ss.LightweightClassifier())
    with pytest.raises(NotFittedError):
        ss.Recommender(scorer, Shop([product("a", 0.9)])).recommend(closet)
