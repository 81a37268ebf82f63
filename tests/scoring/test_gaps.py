"""Gaps of a closet: the verdicts, the numbers behind them, and what is missing."""

from __future__ import annotations

import json
import random
import time

import attrs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import stylesim as ss
from stylesim.errors import InvalidArgumentError
from stylesim.gaps import find_gaps
from stylesim.outfits import assemble, candidates_of, count_good
from stylesim.similarity import ItemSimilarity, SimilarityReport
from stylesim.types import REGIONS_OF


def row(name: str, slot: str | None, similarity: float, **fields: object) -> ItemSimilarity:
    """A row as a scorer makes it of one garment."""
    regions = ("upper", "lower") if slot is None else REGIONS_OF[ss.Slot(slot)]
    return ItemSimilarity(
        id=name,
        similarity=similarity,
        by_class={"mine": similarity, "suit": 1 - similarity},
        by_slot=dict.fromkeys(regions, similarity),
        slot=None if slot is None else ss.Slot(slot),
        **fields,
    )


def report_of(*rows: ItemSimilarity, **fields: object) -> SimilarityReport:
    regions = ("upper", "lower", "shoes", "bag")
    return SimilarityReport(("mine", "suit"), rows, **({"regions": regions} | fields))


def verdicts(gaps) -> dict[str, str]:
    return {one.id: one.verdict for one in gaps}


def test_verdicts_and_the_numbers_behind_them() -> None:
    gaps = report_of(
        row("blouse", "top", 0.9),
        row("shirt", "top", 0.4),
        row("tee", "top", 0.2),
        row("vest", "top", 0.05),
        row("skirt", "bottom", 0.6),
        row("jeans", "bottom", 0.3),
        row("coat", "outer", 0.02),
        row("dress", "full", 0.1),
    ).gaps()
    assert verdicts(gaps) == {
        "coat": "let go",  # with blouse and skirt 0.53, but by itself far off
        "vest": "let go",
        "dress": "let go",
        "tee": "let go",
        "jeans": "maybe",  # 0.6 with the blouse
        "shirt": "maybe",  # 0.5 with the skirt
        "skirt": "keep",
        "blouse": "keep",
    }
    assert [one.id for one in gaps] == [
        "coat", "vest", "dress", "tee", "jeans", "shirt", "skirt", "blouse"
    ]  # fmt: skip
    # blouse + skirt, blouse + jeans, shirt + skirt, and blouse + coat + skirt: 0.53
    assert gaps.good_outfits == 4
    assert {one.id: one.versatility for one in gaps} == {
        "blouse": 3, "skirt": 3, "coat": 1, "jeans": 1, "shirt": 1, "tee": 0, "vest": 0, "dress": 0
    }  # fmt: skip
    by_id = {one.id: one for one in gaps}
    assert by_id["jeans"].best_outfit.ids == ("blouse", "jeans")
    assert by_id["coat"].best_outfit.ids == ("blouse", "coat", "skirt")
    assert by_id["coat"].why == "0.02 similar, in 1 good outfit, which the others make good"
    assert by_id["tee"].why == "0.20 similar, in no good outfit"
    assert by_id["jeans"].why == "0.30 similar, short of 0.50, in 1 good outfit"
    assert by_id["blouse"].why == "0.90 similar, in 3 good outfits"
    assert [one.id for one in gaps.keep] == ["skirt", "blouse"]
    assert [one.id for one in gaps.maybe] == ["jeans", "shirt"]
    assert len(gaps.let_go) == 4
    assert repr(gaps) == "ClosetGaps(2 to keep, 2 maybe, 4 to let go)"


def test_a_wide_interval_lets_nothing_go() -> None:
    far, near = (0.0, 0.3), (0.1, 0.7)
    gaps = report_of(
        row("a", "top", 0.9),
        row("b", "top", 0.2, interval=far),
        row("c", "top", 0.2, interval=near),
        row("d", "top", 0.2, interval=(0.0, 1.0)),  # nothing is known
    ).gaps()
    assert verdicts(gaps) == {"a": "keep", "b": "let go", "c": "maybe", "d": "let go"}
    by_id = {one.id: one for one in gaps}
    assert by_id["c"].why.startswith("0.20 similar, perhaps up to 0.70")
    assert (by_id["c"].interval, by_id["d"].interval) == (near, None)


def test_the_last_of_its_kind_is_not_let_go() -> None:
    gaps = report_of(row("tee", "top", 0.1), row("jeans", "bottom", 0.05)).gaps()
    assert verdicts(gaps) == {"tee": "maybe", "jeans": "maybe"}
    assert gaps[0].why == "0.05 similar, but nothing nearer is owned: replace it first"
    # The dress comes nearer, yet a top without a bottom would be left.
    more = report_of(*(one.row for one in gaps), row("dress", "full", 0.9)).gaps()
    assert verdicts(more) == {"tee": "maybe", "jeans": "maybe", "dress": "keep"}


def test_of_garments_that_look_the_same_one_is_kept(model, draw) -> None:
    closet = ss.Wardrobe()
    first = closet.add(draw(0.9, size=(20, 10)), slot="top")
    second = closet.add(draw(0.9, size=(24, 10)), slot="top")
    other = closet.add(draw(0.9, look=200), slot="top")
    closet.add(draw(0.9, size=(28, 10)), slot="bottom")
    gaps = ss.SimilarityScorer(model).score(closet).gaps(closet)
    kept, double = sorted([first.id, second.id])
    assert verdicts(gaps)[kept] == verdicts(gaps)[other.id] == "keep"
    twin = next(one for one in gaps if one.id == double)
    assert twin.verdict == "maybe"
    assert twin.twins == (kept,)
    assert twin.why.endswith(f"but it looks the same as {kept}")


def test_what_is_missing_and_what_it_would_make_possible() -> None:
    gaps = report_of(row("a", "top", 0.9), row("b", "top", 0.3), row("c", "outer", 0.8)).gaps()
    slots = {one.slot.value: one for one in gaps.slots}
    assert list(slots) == ["top", "outer", "full", "bottom"]
    assert {name: one.status for name, one in slots.items()} == {
        "top": "covered", "outer": "covered", "full": "optional", "bottom": "missing"
    }  # fmt: skip
    assert [one.slot for one in gaps.missing] == ["bottom"]
    # Each top with it, with and without the jacket; and a dress, with and without.
    assert (slots["bottom"].unlocks, slots["full"].unlocks) == (4, 2)
    assert (slots["top"].unlocks, slots["outer"].unlocks) == (0, 0)
    assert (slots["top"].best, slots["top"].best_id, slots["top"].count) == (0.9, "a", 2)
    assert slots["top"].words == "The nearest, a, comes to 0.90."
    assert slots["bottom"].words == "Nothing owned; one of the style would make 4 good outfits."
    assert slots["full"].words.startswith("Nothing owned, and outfits do without; one of the style")
    coats = report_of(row("b", "bottom", 0.9)).gaps().slots
    told = {one.slot.value: one.words for one in coats}["outer"]
    assert told.endswith("do without; one of the style alone would make no good outfit.")


def test_a_slot_that_comes_short() -> None:
    gaps = report_of(row("a", "top", 0.7), row("b", "bottom", 0.2)).gaps(good=0.6)
    slots = {one.slot.value: one for one in gaps.slots}
    assert slots["bottom"].status == "gap"
    words = (
        "The nearest, b, comes to 0.20, short of 0.60; one of the style would make 1 good outfit."
    )
    assert slots["bottom"].words == words
    assert gaps.good == 0.6
    assert gaps.missing == ()


@pytest.mark.parametrize(
    ("rows", "missing"),
    [
        ([], ["top", "bottom"]),
        ([("a", "full")], []),
        ([("a", "full"), ("b", "bottom")], ["top"]),
        ([("a", "outer")], ["top", "bottom"]),
        ([("a", "bag")], ["top", "bottom"]),
    ],
)
def test_small_closets(rows, missing) -> None:
    gaps = report_of(*(row(name, slot, 0.8) for name, slot in rows)).gaps()
    assert [one.slot.value for one in gaps.missing] == missing
    assert set(verdicts(gaps).values()) <= {"keep"}
    assert str(gaps).splitlines()[-1].endswith("outfit." if gaps.good_outfits == 1 else "outfits.")
    assert "<table>" in gaps._repr_html_()


def test_shoes_and_bags_count_where_they_weigh() -> None:
    rows = [row("a", "full", 0.9), row("b", "shoes", 0.9), row("c", "bag", 0.1)]
    plain = {one.id: one for one in report_of(*rows).gaps()}
    assert plain["b"].versatility is plain["b"].best_outfit is plain["c"].versatility is None
    assert (plain["b"].verdict, plain["c"].verdict) == ("keep", "let go")
    weights = {"upper": 1.0, "lower": 1.0, "shoes": 1.0, "headwear": 1.0}
    weighed = report_of(*rows, weights=weights).gaps()
    by_id = {one.id: one for one in weighed}
    assert (by_id["a"].versatility, by_id["b"].versatility) == (2, 1)
    assert by_id["b"].best_outfit.ids == ("a", "b")
    assert [one.slot.value for one in weighed.missing] == ["headwear"]
    assert weighed.missing[0].unlocks is None


def test_photographs_of_several_garments_are_told_but_not_judged(model, draw, draw_outfit) -> None:
    report = ss.SimilarityScorer(model).score({"me": draw_outfit(0.9, 0.1), "it": draw(0.2)})
    gaps = report.gaps()
    assert verdicts(gaps) == {"it": "maybe", "me": "maybe"}
    assert gaps[0].why == "0.20 similar, but not one garment of known slot"
    slots = {one.slot.value: one for one in gaps.slots}
    assert (slots["top"].best_id, slots["bottom"].status) == ("me", "gap")
    assert gaps.missing == ()


def test_plain_data_and_html(model, closet) -> None:
    for number, garment in enumerate(closet):
        closet.update(garment, category="<i>x</i>", price=30, wears=number, currency="<u>")
    gaps = ss.SimilarityScorer(model).score(closet).gaps(closet)
    data = json.loads(json.dumps(gaps.to_dict()))
    assert data["garments"] == json.loads(json.dumps(gaps.to_dicts()))
    assert [one["id"] for one in data["garments"]] == [one.id for one in gaps]
    assert {one["slot"] for one in data["slots"]} == {"top", "outer", "full", "bottom", "shoes"}
    assert data["good_outfits"] == gaps.good_outfits
    assert data["garments"][0]["best_outfit"]["ids"]
    shown = gaps._repr_html_()
    assert "&lt;u&gt;" in shown
    assert "<u>" not in shown
    assert shown.count("<img") == 4
    assert str(gaps).splitlines()[0].split() == [
        "id", "slot", "verdict", "similarity", "good", "outfits", "a", "wear"
    ]  # fmt: skip
    assert gaps[:2] == (gaps[0], gaps[1])


SLOT_NAMES = ["top", "outer", "full", "bottom", "shoes", "bag"]


@given(
    st.lists(st.tuples(st.sampled_from(SLOT_NAMES), st.integers(0, 20)), max_size=12),
    st.sampled_from([{}, {"shoes": 1.0}]),
    st.randoms(use_true_random=False),
)
def test_the_same_for_any_order_and_in_step_with_the_outfits(garments, extra, rng) -> None:
    rows = [row(f"g{i}", slot, tenths / 20) for i, (slot, tenths) in enumerate(garments)]
    weights = {"upper": 1.0, "lower": 1.0} | extra
    gaps = report_of(*rows, weights=weights).gaps()
    shuffled = random.Random(rng.random()).sample(rows, len(rows))
    assert report_of(*shuffled, weights=weights).gaps().to_dict() == gaps.to_dict()
    candidates = candidates_of(report_of(*rows))
    assert gaps.good_outfits == count_good(candidates, slot_weights=weights)
    for one in gaps:
        without = [other for other in candidates if other.id != one.id]
        lost = gaps.good_outfits - count_good(without, slot_weights=weights)
        assert lost == (one.versatility or 0)
        assert one.verdict != "let go" or one.similarity < 0.25 or not one.versatility
    for slot in gaps.slots:
        if slot.unlocks is not None:
            more = [*candidates, *candidates_of(report_of(row("new", slot.slot.value, 1.0)))]
            assert count_good(more, slot_weights=weights) - gaps.good_outfits == slot.unlocks


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"report": []}, "report.*SimilarityReport"),
        ({"wardrobe": []}, "wardrobe.*a Wardrobe"),
        ({"good": 1.5}, "good.*0 to 1"),
        ({"good": float("nan")}, "good.*0 to 1"),
        ({"good": True}, "good.*0 to 1"),
        ({"unlike": "low"}, "unlike.*0 to 1"),
        ({"twin": 2}, "twin.*-1 to 1"),
    ],
)
def test_bad_arguments_are_named(arguments, words) -> None:
    with pytest.raises(InvalidArgumentError, match=words):
        find_gaps(**({"report": report_of()} | arguments))


def test_values_stay_as_they_are() -> None:
    gaps = report_of(row("a", "top", 0.7)).gaps()
    for one in (gaps, gaps[0], gaps.slots[0]):
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            one.words = "other"


def test_the_gaps_of_three_hundred_garments_take_less_than_two_seconds(model) -> None:
    rng = np.random.default_rng(0)
    slots = {"top": 90, "bottom": 70, "full": 40, "outer": 50, "shoes": 50}
    rows = [
        row(f"{slot}{i}", slot, float(rng.random())) for slot, n in slots.items() for i in range(n)
    ]
    report = report_of(*rows)
    begun = time.process_time()
    gaps = report.gaps()
    assert time.process_time() - begun < 2
    assert len(gaps) == 300
    assert sum(one.versatility is None for one in gaps) == 50


def test_the_best_outfit_of_the_best_garment_is_the_best(model, closet) -> None:
    scorer = ss.SimilarityScorer(model)
    gaps = scorer.score(closet).gaps(closet)
    best = max(one.best_outfit.similarity for one in gaps if one.best_outfit)
    assert best == assemble(closet, scorer, k=1)[0].similarity
