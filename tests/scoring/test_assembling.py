"""Best outfits and their number, against going through all of them."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
def closets(draw, most=4, coarse=False):
    """Closets of any value (no two outfits equal), or of few values (many equal)."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    garments = []
    for slot in SLOTS:
        for number in range(draw(st.integers(0, most))):
            names = list(REGIONS_OF[Slot(slot)])
            if (coarse or number == 0) and draw(st.integers(0, 9)) == 0:
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
