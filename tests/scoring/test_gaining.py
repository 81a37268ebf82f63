"""Gain and unlocked outfits, against going through all outfits one by one."""

from __future__ import annotations

from itertools import product as pairs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stylesim._gaining import Closet
from stylesim.outfits import Candidate
from stylesim.similarity import ItemSimilarity, SimilarityReport
from stylesim.types import REGIONS_OF, Slot

WORN = [Slot.TOP, Slot.OUTER, Slot.FULL, Slot.BOTTOM, Slot.SHOES]
values = st.integers(0, 20).map(lambda n: n / 20)


def row(name: str, slot: Slot, similarities: list[float]) -> ItemSimilarity:
    by_slot = dict(zip(REGIONS_OF[slot], similarities, strict=False))
    mean = sum(by_slot.values()) / len(by_slot)
    return ItemSimilarity(name, mean, {"new": mean, "old": 1 - mean}, by_slot, slot=slot)


@st.composite
def rows(draw, most: int = 7) -> list[ItemSimilarity]:
    slots = draw(st.lists(st.sampled_from(WORN), max_size=most))
    return [row(f"g{i}", slot, [draw(values), draw(values)]) for i, slot in enumerate(slots)]


def outfits_of(garments: list[Candidate], weights: dict[str, float]) -> dict[tuple, float]:
    """Every outfit, by the ids of its garments, with its similarity."""
    by_slot = {slot: [one for one in garments if one.slot is slot] for slot in WORN}
    bases = [[a, b] for a, b in pairs(by_slot[Slot.TOP], by_slot[Slot.BOTTOM])]
    bases += [[one] for one in by_slot[Slot.FULL]]
    shoes = [None, *by_slot[Slot.SHOES]] if weights.get("shoes") else [None]
    found = {}
    for base, outer, shoe in pairs(bases, [None, *by_slot[Slot.OUTER]], shoes):
        worn = [*base, *([outer] if outer else []), *([shoe] if shoe else [])]
        regions: dict[str, list[float]] = {}
        for one in worn:
            for region, value in one.by_region.items():
                regions.setdefault(region, []).append(value)
        means = {name: sum(some) / len(some) for name, some in regions.items()}
        total = sum(weights[name] for name in means if weights.get(name))
        similarity = sum(weights[name] * means[name] for name in means if weights.get(name)) / total
        found[tuple(one.id for one in worn)] = similarity
    return found


@settings(deadline=None, max_examples=60)
@given(
    owned=rows(),
    slot=st.sampled_from(WORN),
    similarities=st.tuples(values, values),
    shoes=st.sampled_from([0.0, 1.0]),
)
def test_gain_and_unlocked_are_what_going_through_all_says(
    owned, slot, similarities, shoes
) -> None:
    weights = {"upper": 1.0, "lower": 2.0, "shoes": shoes}
    bought = row("new", slot, list(similarities))
    report = SimilarityReport(("new", "old"), owned, weights, ("upper", "lower", "shoes"))
    closet = Closet.of(report, None, 0.5)
    before = [Candidate.of(one, report.regions) for one in owned]
    after = [*before, Candidate.of(bought, report.regions)]
    missing = [Candidate("no top", Slot.TOP, 0.0), Candidate("no bottom", Slot.BOTTOM, 0.0)]
    best = [max(outfits_of([*some, *missing], weights).values()) for some in (before, after)]
    if slot is not Slot.SHOES or shoes:
        gain = best[1] - best[0]
        assert closet.gain(bought) == pytest.approx(gain if gain >= 0.005 else 0.0, abs=1e-9)
    good = [
        {ids for ids, value in outfits_of(some, weights).items() if value >= 0.5}
        for some in (before, after)
    ]
    unlocked = closet.unlocked(bought)
    assert unlocked.count == len(good[1]) - len(good[0])
    for ids in unlocked.examples:
        assert any(set(one) == {*ids, "new"} for one in good[1] - good[0])
    assert bool(unlocked.examples) == (unlocked.count > 0)


def test_a_garment_may_have_the_id_of_a_product() -> None:
    owned = [row("new", Slot.TOP, [0.4]), row("product new", Slot.BOTTOM, [0.4])]
    closet = Closet.of(SimilarityReport(("new", "old"), owned), None, 0.5)
    assert closet.gain(row("new", Slot.BOTTOM, [0.8])) == pytest.approx(0.2)
    assert closet.unlocked(row("new", Slot.BOTTOM, [0.8])).examples == (("new",),)
