"""What is recommended, what is left out and why."""

from __future__ import annotations

import json

import pytest
from PIL import Image

import stylesim as ss
from stylesim.errors import InvalidArgumentError, NotFittedError
from stylesim.outfits import assemble


def near(value: float) -> object:
    return pytest.approx(value, abs=0.02)


def names(picks) -> list[str]:
    return [pick.product.id for pick in picks]


# --- gain and rank ----------------------------------------------------------------------------


# The closet of conftest: a top at 0.3 under outerwear at 0.6 makes 0.45 above; a bottom at 0.2.


def test_gain_is_what_the_best_outfit_rises_by(recommend, product) -> None:
    picks = recommend([product("a", 0.9), product("b", 0.9, "top"), product("c", 0.1)])
    assert names(picks) == ["a", "b"], "c is no better than what is owned, nor of the wanted style"
    assert [pick.gain for pick in picks] == [near((0.9 - 0.2) / 2), near((0.9 - 0.45) / 2)]
    assert [str(pick.slot) for pick in picks] == ["bottom", "top"]
    assert picks[0].similarity == near(0.9)
    assert picks[0].by_class["suit"] == near(0.1)


@pytest.mark.parametrize("slot", ["top", "outer", "full", "bottom"])
def test_gain_is_what_buying_brings(model, closet, recommend, product, slot) -> None:
    scorer = ss.SimilarityScorer(model)
    (pick,) = recommend([product("a", 0.8, slot)])
    before, _ = (assemble(closet, scorer, 1), closet.add(pick.product.image, slot=slot))
    after = assemble(closet, scorer, 1)
    assert pick.gain == pytest.approx(after[0].similarity - before[0].similarity, abs=1e-5)


def test_a_dress_is_an_outfit_by_itself(recommend, product) -> None:
    (pick,) = recommend([product("a", 0.9, "full")])
    assert pick.gain == near(0.9 - (0.45 + 0.2) / 2)
    assert pick.outfits[0] == ()


def test_outerwear_shares_the_upper_body_with_what_is_under_it(recommend, product) -> None:
    (pick,) = recommend([product("a", 0.9, "outer")])
    assert pick.gain == near(((0.3 + 0.9) / 2 - 0.45) / 2)


def test_good_outfits_are_counted_and_named(recommend, product, ids) -> None:
    (pick,) = recommend([product("a", 0.9)])
    assert pick.unlocks == 2, "with the top, and with the top under the jacket"
    assert [set(one) for one in pick.outfits] == [{ids["top"], ids["outer"]}]
    assert "it makes 2 good outfits, the best with your my top and my jacket" in pick.reason
    (pick,) = recommend([product("b", 0.95, "bag")], slot="bag")
    assert (pick.unlocks, pick.outfits) == (0, ())


def test_what_is_good_can_be_said(model, closet, product, shop_of) -> None:
    shop, scorer = shop_of([product("a", 0.9)]), ss.SimilarityScorer(model)
    (pick,) = ss.Recommender(scorer, shop, owned_threshold=1, good=0.65).recommend(closet)
    assert pick.unlocks == 1
    (pick,) = ss.Recommender(scorer, shop, owned_threshold=1, good=0.99).recommend(closet)
    assert (pick.unlocks, pick.outfits) == (0, ())


def test_weights_turn_the_ranking(model, closet, product, shop_of) -> None:
    shop = shop_of([product("a", 0.9), product("b", 0.9, "top")])
    scorer = ss.SimilarityScorer(model, slot_weights={"top": 10})
    picks = ss.Recommender(scorer, shop, owned_threshold=1).recommend(closet)
    assert names(picks) == ["b", "a"]


def test_shoes_gain_for_outfits_where_they_have_a_weight(model, product, shop_of) -> None:
    shop, scorer = (
        shop_of([product("a", 0.9, "shoes")]),
        ss.SimilarityScorer(model, slot_weights={"shoes": 1}),
    )
    closet = ss.Wardrobe()
    for slot in ("top", "bottom"):
        closet.add(product(slot, 0.3).image, slot=slot)
    (pick,) = ss.Recommender(scorer, shop, owned_threshold=1).recommend(closet)
    assert pick.gain == near((0.3 + 0.3 + 0.9) / 3 - 0.3)


def test_what_gains_nothing_comes_last_and_only_if_it_is_of_the_style(recommend, product) -> None:
    picks = recommend([product("a", 0.55, "outer"), product("b", 0.3), product("c", 0.25, "top")])
    assert names(picks) == ["b", "a"]
    assert picks[1].gain == 0
    assert "raises no outfit" in picks[1].reason


def test_picks_are_unlike_each_other(recommend, product, draw) -> None:
    alike = [product(f"p{i}", None, image=draw(0.9 - i / 100, 70)) for i in range(4)]
    other = product("q", None, image=draw(0.8, 150))
    assert names(recommend([*alike, other], k=2)) == ["p0", "p1"]
    assert names(recommend([*alike, other], k=2, diversity=0.3)) == ["p0", "q"]


def test_other_ranks(recommend, product) -> None:
    shelf = [
        product("dear", 0.9, price=90.0),
        product("mid", 0.6, price=30.0),
        product("cheap", 0.3, price=5.0),
        product("idle", 0.1, price=1.0),
        product("unpriced", 0.7, price=None),
    ]
    assert names(recommend(shelf)) == ["dear", "unpriced", "mid", "cheap"]
    assert names(recommend(shelf, rank_by="similarity", k=2)) == ["dear", "unpriced"]
    picks = recommend(shelf, rank_by="gain_per_price")
    assert names(picks) == ["cheap", "mid", "dear", "unpriced"]
    assert picks[0].gain_per_price == pytest.approx(picks[0].gain / 5.0)
    assert picks[3].gain_per_price is None
    assert names(recommend(shelf, rank_by="price")) == ["cheap", "mid", "dear", "unpriced"]
    gift = product("gift", 0.4, price=0.0)
    assert names(recommend([*shelf, gift], rank_by="gain_per_price"))[0] == "gift"


@pytest.mark.parametrize("rank_by", ["price", "gain_per_price"])
def test_a_currency_of_large_numbers_is_ranked_as_any_other(recommend, product, rank_by) -> None:
    told = {"dear": (0.8, 60.0), "mid": (0.7, 20.5), "cheap": (0.6, 20.0), "least": (0.5, 19.9)}

    def ranked(unit: float) -> list[str]:
        shelf = [product(name, at, price=price * unit) for name, (at, price) in told.items()]
        return names(recommend(shelf, rank_by=rank_by))

    assert ranked(1e8) == ranked(1.0)
    assert ranked(1e8)[0] == ("least" if rank_by == "price" else "mid")


def test_ties_do_not_depend_on_the_order(recommend, product) -> None:
    shelf = [product(name, 0.8) for name in "badc"]
    assert names(recommend(shelf)) == names(recommend(shelf[::-1])) == ["a", "b", "c", "d"]
    spread = recommend(shelf, k=2, diversity=0.7).to_dicts()
    assert spread == recommend(shelf[::-1], k=2, diversity=0.7).to_dicts()


def test_reasons_are_sentences(recommend, product) -> None:
    reasons = {p.product.id: p.reason for p in recommend([product("a", 0.9), product("b", 0.3)])}
    assert reasons["a"].startswith("It raises your best outfit from 0.32 to 0.68; it makes 2 good")
    assert reasons["b"].endswith("it is still nearer to suit (0.70).")
    (pick,) = recommend([product("a", 0.9)], wardrobe=ss.Wardrobe())
    told = "You own nothing for the lower body, and it is 0.90 similar to wannabe; it raises"
    assert pick.reason.startswith(told)
    (bag,) = recommend([product("b", 0.95, "shoes")], slot="shoes")
    assert "above your best for the feet (0.90)" in bag.reason


def test_a_rise_too_small_to_show_is_told_as_such(model, closet, shop_of, product) -> None:
    scorer = ss.SimilarityScorer(model, slot_weights={"lower": 0.01})
    (pick,) = ss.Recommender(scorer, shop_of([product("a", 0.9)])).recommend(closet)
    assert 0.005 < pick.gain < 0.01
    assert pick.reason == "It raises your best outfit of 0.45 by less than 0.01."


def test_nothing_is_said_of_what_was_not_recognised(model, recommend, product, draw) -> None:
    report = ss.SimilarityScorer(model).score([draw(0.3)])
    (pick,) = recommend([product("a", 0.9)], wardrobe=report)
    assert pick.reason.startswith("Nothing you own is known to be for the lower body, and")


def test_pictures_of_outfits_count_piece_by_piece(model, recommend, product, draw_outfit) -> None:
    report = ss.SimilarityScorer(model).score([draw_outfit(0.8, 0.2)])
    (pick,) = recommend([product("a", 0.9)], wardrobe=report)
    assert pick.gain == near((0.9 - 0.2) / 2)


# --- what is asked ------------------------------------------------------------------------------


def test_the_widest_gap_is_asked_for_first_and_each_slot_once(
    model, closet, product, shop_of
) -> None:
    shop = shop_of([product("a", 0.9)])
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


def test_whole_pictures_are_enough(whole_model, closet, product, shop_of) -> None:
    shop = shop_of([product("a", 0.9), product("b", 0.4, "top"), product("c", 0.9, None)])
    picks = ss.Recommender(ss.SimilarityScorer(whole_model), shop, owned_threshold=1).recommend(
        closet
    )
    assert picks[0].product.id == "c"
    assert dict(zip(names(picks), [p.gain for p in picks], strict=True))["a"] == near(0.35)


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
        ("k", 0), ("k", 2.5), ("k", True), ("rank_by", "luck"), ("fetch_images", "yes"),
        ("max_price", float("nan")),
        ("max_price", -1), ("min_price", "cheap"), ("slot", "hair"), ("currency", "euros"),
    ],
)  # fmt: skip
def test_bad_arguments_are_named(recommend, product, argument, value) -> None:
    with pytest.raises(InvalidArgumentError, match=argument):
        recommend([product("a", 0.9)], **{argument: value})


@pytest.mark.parametrize("name", ["owned_threshold", "diversity", "good"])
@pytest.mark.parametrize("value", [float("nan"), 2, -0.1, "high", None, True])
def test_bad_settings_are_named(model, name, value, shop_of) -> None:
    with pytest.raises(InvalidArgumentError, match=name):
        ss.Recommender(ss.SimilarityScorer(model), shop_of([]), **{name: value})


def test_bad_parts_are_named(model, shop_of) -> None:
    with pytest.raises(InvalidArgumentError, match="scorer"):
        ss.Recommender(model, shop_of([]))
    with pytest.raises(InvalidArgumentError, match=r"provider.*search"):
        ss.Recommender(ss.SimilarityScorer(model), [])


def test_a_report_of_other_classes_is_refused(recommend, product) -> None:
    report = ss.SimilarityReport(("wannabe", "sporty"))
    with pytest.raises(InvalidArgumentError, match="report of the classes wannabe, suit"):
        recommend([product("a", 0.9)], wardrobe=report)


def test_an_unfitted_model_says_so(closet, product, shop_of) -> None:
    scorer = ss.SimilarityScorer(ss.LightweightClassifier())
    with pytest.raises(NotFittedError):
        ss.Recommender(scorer, shop_of([product("a", 0.9)])).recommend(closet)
