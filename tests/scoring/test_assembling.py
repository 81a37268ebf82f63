"""Best outfits and their number, against going through all of them."""

from __future__ import annotations

import itertools
import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylesim._assembling import Rack, assembled
from stylesim._scoring import checked_weights
from stylesim._tallying import tally
from stylesim.errors import InvalidArgumentError
from stylesim.outfits import Candidate, best_outfits, count_good
from stylesim.types import REGIONS_OF, Slot

SLOTS = ("top", "outer", "full", "bottom", "shoes")
WEIGHTS = [None, {"shoes": 1}, {"top": 2, "shoes": 0.5}, {"top": 0, "bottom": 0, "shoes": 1}]
WISHES = st.sampled_from([None, True, False])


def weights_of(weights):
    return {"upper": 1, "lower": 1} | {
        region: weight
        for slot, weight in (weights or {}).items()
        for region in REGIONS_OF[Slot(slot)]
    }


def counts(one, weights):
    return any(weights_of(weights).get(region, 0) > 0 for region in one.by_region)


def similarity_of(garments, weights):
    """The scorer's rule, written out once more."""
    regions = {}
    for one in garments:
        for region, value in one.by_region.items():
            regions.setdefault(region, []).append(value)
    means = {region: np.mean(values) for region, values in regions.items()}
    weights = weights_of(weights)
    counted = {region: weights[region] for region in means if weights.get(region, 0) > 0}
    counted = counted or dict.fromkeys(means, 1)
    if not counted:
        return None
    return sum(share * means[r] for r, share in counted.items()) / sum(counted.values())


def every_outfit(garments, with_outer, with_shoes):
    by_slot = {slot: [one for one in garments if one.slot == slot] for slot in SLOTS}
    bases = [
        *itertools.product(by_slot["top"], by_slot["bottom"]),
        *((d,) for d in by_slot["full"]),
    ]
    extras = []
    for slot, wish in (("outer", with_outer), ("shoes", with_shoes)):
        some = [] if wish is False else [(one,) for one in by_slot[slot]]
        extras.append(some if wish and some else [(), *some])
    return [
        (*base, *outer, *shoes) for base in bases for outer, shoes in itertools.product(*extras)
    ]


def base_of(outfit):
    return {one.id for one in outfit if one.slot not in ("outer", "shoes")}


@st.composite
def closets(draw, most=4, coarse=False, whole=False):
    """Closets of any value (no two outfits equal), or of few values (many equal)."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    garments = []
    for slot in SLOTS:
        for number in range(draw(st.integers(0, most))):
            names = list(REGIONS_OF[Slot(slot)])
            if not whole and (coarse or number == 0) and draw(st.integers(0, 9)) == 0:
                names = names[1:]  # the model does not compare all that it covers
            values = rng.integers(0, 5, len(names)) / 4 if coarse else rng.random(len(names))
            regions = dict(zip(names, map(float, values), strict=True))
            quantity = int(rng.integers(1, 3))
            garments.append(Candidate(f"{slot}{number}", slot, 0.5, regions, quantity))
    return [garments[place] for place in rng.permutation(len(garments))]


@given(closets(), st.sampled_from(WEIGHTS[:3]), WISHES, WISHES, st.sampled_from([1, 2, None]))
def test_each_outfit_is_the_best_that_is_left(garments, weights, outer, shoes, repeats) -> None:
    k, left = 6, Counter()
    for one in garments:
        same = [other for other in garments if other.slot == one.slot]
        asked = {"outer": outer, "shoes": shoes}.get(one.slot)
        times = 99 if repeats is None else repeats
        if asked:
            times = max(times, -(-k // sum(other.quantity for other in same)))
        left[one.id] = times * one.quantity
    expected, bases = [], []
    outfits = every_outfit(garments, outer, shoes)
    for _ in range(k):
        allowed = [
            (similarity_of(outfit, weights), outfit)
            for outfit in outfits
            if base_of(outfit) not in bases and all(left[one.id] > 0 for one in outfit)
        ]
        allowed = [pair for pair in allowed if pair[0] is not None]
        if not allowed:
            break
        best = max(value for value, _ in allowed)
        outfit = min((o for value, o in allowed if value >= best - 1e-12), key=len)
        bases.append(base_of(outfit))
        left.subtract([one.id for one in outfit])
        expected.append((best, {one.id for one in outfit}))
    found = best_outfits(
        garments, k=k, slot_weights=weights, with_outer=outer, with_shoes=shoes,
        max_repeats=repeats,
    )  # fmt: skip
    assert [one.similarity for one in found] == pytest.approx([value for value, _ in expected])
    if not (shoes and weights is None):  # else one pair of shoes is as good as another
        assert [set(one.ids) for one in found] == [ids for _, ids in expected]


@given(
    closets(coarse=True),
    st.sampled_from(WEIGHTS),
    WISHES,
    WISHES,
    st.sampled_from([0, 0.5, 0.6, 1]),
)
def test_the_number_of_good_outfits(garments, weights, outer, shoes, threshold) -> None:
    # Unasked, only what has a weight takes part.
    asked = {"outer": outer, "shoes": shoes}
    taking_part = [
        one for one in garments if asked.get(one.slot, True) is not None or counts(one, weights)
    ]
    outfits = every_outfit(taking_part, outer, shoes)
    values = [similarity_of(outfit, weights) for outfit in outfits]
    good = sum(value is not None and value >= threshold for value in values)
    assert good == count_good(
        garments, threshold=threshold, slot_weights=weights, with_outer=outer, with_shoes=shoes
    )


@given(
    closets(3, coarse=True, whole=True),
    st.sampled_from(WEIGHTS[:3]),
    st.sampled_from([0.25, 0.5, 0.6]),
)
def test_good_outfits_of_each_garment_and_its_best(garments, weights, threshold) -> None:
    rack = Rack.of(garments, checked_weights(weights))
    counted = tally(rack, threshold)
    assert set(counted.by_id) == {one.id for one in garments}
    taking_part = [
        one for one in garments if one.slot not in ("outer", "shoes") or counts(one, weights)
    ]
    outfits = [
        (similarity_of(outfit, weights), outfit) for outfit in every_outfit(taking_part, None, None)
    ]
    for one in garments:
        mine = [value for value, outfit in outfits if one in outfit and value is not None]
        assert counted.by_id[one.id] == sum(value >= threshold for value in mine)
        best = next(assembled(rack.only(one), 1), None)
        if one.slot not in ("outer", "shoes") or counts(one, weights):
            assert (best is None) == (not mine)
            assert best is None or best.similarity == pytest.approx(max(mine))
            assert best is None or one in best.garments


def test_as_many_bottoms_as_there_are_make_a_count_of_any_size() -> None:
    tops = [Candidate(f"t{i}", "top", i / 300) for i in range(300)]
    bottoms = [Candidate(f"b{i}", "bottom", i / 300) for i in range(300)]
    outer = [Candidate(f"o{i}", "outer", 1.0) for i in range(7)]
    assert count_good([*tops, *bottoms], threshold=0) == 90_000
    # i + j >= 300, of 0 to 299 each: 299 + ... + 1
    assert count_good([*tops, *bottoms], threshold=0.5) == 299 * 300 / 2
    assert count_good([*tops, *bottoms, *outer], threshold=0) == 720_000


def test_a_garment_appears_as_often_as_its_quantity_allows() -> None:
    garments = [
        Candidate("blouse", "top", 0.9, quantity=2),
        Candidate("tee", "top", 0.4),
        Candidate("shirt", "top", 0.3),
        *(Candidate(f"skirt{i}", "bottom", 0.9 - i / 10) for i in range(5)),
    ]
    once = best_outfits(garments, max_repeats=1)
    assert [one.ids[0] for one in once] == ["blouse", "blouse", "tee", "shirt"]
    assert [one.ids[1] for one in once] == ["skirt0", "skirt1", "skirt2", "skirt3"]
    free = best_outfits(garments, max_repeats=None)
    assert [one.ids[0] for one in free] == ["blouse"] * 5


def test_shoes_that_are_asked_for_go_round() -> None:
    garments = [
        *(Candidate(f"dress{i}", "full", 0.9 - i / 10) for i in range(5)),
        Candidate("boots", "shoes", 0.1),
        Candidate("heels", "shoes", 0.8),
    ]
    assert all(len(one.ids) == 1 for one in best_outfits(garments))
    shod = best_outfits(garments, with_shoes=True, max_repeats=1)
    assert [one.ids[1] for one in shod] == ["heels"] * 3 + ["boots"] * 2
    assert [one.similarity for one in shod] == pytest.approx([0.9, 0.8, 0.7, 0.6, 0.5])
    # With a weight they count, and those that lower an outfit stay at home.
    weighed = best_outfits(garments, slot_weights={"shoes": 1}, max_repeats=None)
    assert weighed[0].ids == ("dress0",)
    assert weighed[1].ids == ("dress1",)
    assert weighed[2].ids == ("dress2", "heels")
    assert weighed[2].similarity == pytest.approx((0.7 + 0.7 + 0.8) / 3)


def test_outfits_that_differ_in_a_near_twin_only_are_one() -> None:
    red, white = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    garments = [
        Candidate("red tee", "top", 0.9, embedding=red),
        Candidate("red tee again", "top", 0.8, embedding=red * 3),
        Candidate("white tee", "top", 0.3, embedding=white),
        Candidate("skirt", "bottom", 0.5, quantity=9),
        Candidate("jumper", "top", 0.2),
    ]
    assert [one.ids[0] for one in best_outfits(garments)] == ["red tee", "white tee", "jumper"]
    every = best_outfits(garments, twin=1, max_repeats=None)
    assert len(every) == 3  # of the same direction: cosine 1
    # The other red tee is not lost: it is worn where the first cannot be.
    assert best_outfits(garments[1:])[0].ids[0] == "red tee again"


@pytest.mark.parametrize(
    "slots", [[], ["top", "top"], ["bottom", "shoes", "outer"], ["bag", "headwear", "accessory"]]
)
def test_closets_that_make_no_outfit(slots) -> None:
    garments = [Candidate(f"{place}", slot, 0.9) for place, slot in enumerate(slots)]
    assert best_outfits(garments) == []
    assert count_good(garments, threshold=0) == 0


def test_dresses_need_nothing_else() -> None:
    garments = [Candidate("a", "full", 0.4), Candidate("b", "full", 0.7), Candidate("c", "top", 1)]
    assert [one.ids for one in best_outfits(garments)] == [("b",), ("a",)]
    assert count_good(garments) == 1


def test_the_order_of_the_closet_changes_nothing() -> None:
    garments = [Candidate(f"{slot}{i}", slot, 0.5) for slot in SLOTS for i in range(4)]
    first = best_outfits(garments, k=10)
    assert first == best_outfits(garments[::-1], k=10)
    assert len(first) == 10


@pytest.mark.parametrize(
    ("candidates", "asked", "words"),
    [
        (["blouse"], {}, r"candidates\[0\].*a Candidate"),
        ("blouse", {}, "candidates.*garments"),
        (3, {}, "candidates.*garments"),
        ([], {"k": 0}, "k.*at least 1"),
        ([], {"k": True}, "k.*at least 1"),
        ([], {"max_repeats": 0}, "max_repeats.*at least 1"),
        ([], {"twin": 2}, "twin.*-1 to 1"),
        ([], {"twin": float("nan")}, "twin.*-1 to 1"),
        ([], {"with_shoes": "yes"}, "with_shoes.*True, False or None"),
        ([], {"slot_weights": {"hair": 1}}, "slot_weights"),
        ([], {"slot_weights": {"top": float("nan")}}, "slot_weights"),
        ([Candidate("a", "top", 1), Candidate("a", "full", 1)], {}, "'a' several times"),
    ],
)
def test_bad_arguments_are_named(candidates, asked, words) -> None:
    with pytest.raises(InvalidArgumentError, match=words):
        best_outfits(candidates, **asked)


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan"), "0.5", None, True])
def test_a_bad_threshold_is_named(threshold) -> None:
    with pytest.raises(InvalidArgumentError, match="threshold"):
        count_good([], threshold=threshold)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"id": ""}, "id.*some text"),
        ({"id": 3}, "id.*some text"),
        ({"slot": None}, "slot"),
        ({"slot": "hair"}, "slot"),
        ({"similarity": 1.1}, "similarity.*0 to 1"),
        ({"similarity": float("nan")}, "similarity.*0 to 1"),
        ({"by_region": {"lower": 0.5}}, "by_region.*upper"),
        ({"by_region": {"upper": -1}}, r"by_region\['upper'\]"),
        ({"by_region": [0.5]}, "by_region"),
        ({"quantity": 0}, "quantity"),
        ({"quantity": True}, "quantity"),
    ],
)
def test_bad_candidates_are_refused(fields, words) -> None:
    with pytest.raises(InvalidArgumentError, match=words):
        Candidate(**{"id": "a", "slot": "top", "similarity": 0.5, **fields})


@pytest.mark.parametrize("by_region", [None, {"upper": np.float32(0.25), "lower": np.float32(0.5)}])
def test_numbers_of_numpy_become_json(by_region) -> None:
    outfit = best_outfits([Candidate("dress", "full", np.float32(0.375), by_region)])[0]
    kept = json.loads(json.dumps(outfit.to_dict()))
    assert (kept["similarity"], kept["garments"][0]["similarity"]) == (0.375, 0.375)


def test_where_nothing_has_a_weight_the_most_similar_come_first() -> None:
    bottoms = [Candidate("z", "bottom", 0.9), Candidate("a", "bottom", 0.1)]
    tops = [Candidate(name, "top", 0.5) for name in ("c", "b")]
    found = best_outfits([*tops, *bottoms], max_repeats=None, slot_weights={"lower": 0})
    assert [one.ids for one in found] == [("b", "z"), ("b", "a"), ("c", "z"), ("c", "a")]
