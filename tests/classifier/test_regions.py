"""Regions of the body: who gets a head, who votes, and what is said of classes never seen there."""

from __future__ import annotations

import numpy as np
import pytest

from stylesim._opinions import opinions
from stylesim._regions import (
    BODY,
    WHOLE,
    Learned,
    balanced,
    by_region,
    counted,
    learn_regions,
    regions_to_learn,
)
from stylesim._views import GarmentView, PictureView
from stylesim.types import Slot


def unit(*values: float) -> np.ndarray:
    row = np.array(values, np.float32)
    return row / np.linalg.norm(row)


def garment(slot: Slot | None, *values: float) -> GarmentView:
    return GarmentView(slot, None, 1.0, unit(*values))


def picture(**slots: tuple[float, ...]) -> PictureView:
    garments = tuple(garment(Slot(name), *values) for name, values in slots.items())
    return PictureView(garments, garment(None, 1.0, 1.0))


def learn(*classes: list[PictureView]) -> dict:
    views = [[(view,) for view in pictures] for pictures in classes]
    heads = learn_regions(views, epochs=5, seed=0)
    assert regions_to_learn(views) == len(heads)
    return heads


A, B = (1.0, 0.0), (0.0, 1.0)


def test_a_region_needs_two_pictures_of_the_wanted_and_of_a_contrast_class() -> None:
    tops, bottoms = picture(top=A), picture(bottom=B)
    assert list(learn([tops] * 2, [tops] * 2)) == ["upper", WHOLE]
    assert list(learn([tops] * 2, [tops, bottoms])) == [WHOLE]
    assert list(learn([bottoms, tops], [tops] * 3)) == [WHOLE]
    assert list(learn([bottoms] * 2, [tops] * 2, [tops] * 2)) == [WHOLE]
    both = picture(top=A, bottom=B)
    assert list(learn([both] * 2, [both] * 2)) == ["upper", "lower", WHOLE]


def test_two_garments_of_one_picture_are_not_two_pictures() -> None:
    layered = picture(top=A, outer=B)
    assert list(learn([layered, picture(bag=A)], [layered] * 2)) == [WHOLE]


def test_a_dress_counts_for_the_upper_and_the_lower_body() -> None:
    dress = picture(full=A)
    heads = learn([dress] * 2, [picture(top=B, bottom=B)] * 2)
    assert set(BODY) < set(heads)
    (seen,) = by_region([dress], heads)
    assert seen["upper"][0] > 0.5
    assert np.allclose(seen["upper"], seen["lower"], atol=0.2)


def test_opinions_name_the_garment_that_speaks() -> None:
    dress, outfit = picture(full=A), picture(bottom=A, shoes=A, top=B)
    learned = Learned(("wanted", "other"), learn([outfit] * 2, [picture(top=B, bottom=B)] * 2), ())
    one, several = opinions([dress, outfit], learned)
    assert {name: said.garment for name, said in one.items()} == {
        "upper": 0,
        "lower": 0,
        WHOLE: None,
    }
    assert {name: said.garment for name, said in several.items()} == {
        "upper": 2,
        "lower": 0,
        WHOLE: None,
    }


def test_a_class_not_seen_in_a_region_keeps_its_laplace_share_there() -> None:
    full, without = picture(top=A, bag=A), picture(top=B)
    heads = learn([full] * 4, [picture(top=B, bag=B)] * 4, [without] * 4)
    assert heads["bag"].members == (0, 1)
    rates = np.array([5, 5, 1]) / 6
    share = rates[2] / rates.sum()
    assert heads["bag"].shares == pytest.approx([0, 0, share])
    (seen,) = by_region([picture(bag=A)], heads)
    assert seen["bag"][2] == pytest.approx(share)
    assert seen["bag"].sum() == pytest.approx(1.0)
    assert seen["bag"][0] > seen["bag"][1]


def test_a_class_seen_once_keeps_a_larger_share_than_one_never_seen() -> None:
    bag, none = picture(bag=A), picture(top=A)
    heads = learn([bag] * 4, [picture(bag=B)] * 4, [bag, none, none, none], [none] * 4)
    shares = heads["bag"].shares
    assert 0 < shares[3] < shares[2] < 0.2


@pytest.mark.parametrize(
    ("first", "second"),
    [((Slot.TOP, 0.1), (Slot.TOP, 0.3)), ((Slot.TOP, 0.3), (Slot.OUTER, 0.1)),
     ((Slot.OUTER, 0.1), (Slot.OUTER, 0.3)), ((Slot.TOP, 0.1), (Slot.FULL, 0.3))],
)  # fmt: skip
def test_of_several_garments_the_outermost_then_the_largest_speaks(
    first: tuple[Slot, float], second: tuple[Slot, float]
) -> None:
    heads = learn([picture(top=A)] * 3, [picture(top=B)] * 3)
    under, over = (
        GarmentView(slot, None, 1.0, unit(*colour), area=area)
        for (slot, area), colour in ((first, A), (second, B))
    )
    whole = garment(None, 1.0, 1.0)
    parts = ((under,), (over,), (under, over), (over, under))
    one, two, *both = by_region([PictureView(some, whole) for some in parts], heads)
    assert not np.allclose(two["upper"], one["upper"])
    for said in both:
        assert np.array_equal(said["upper"], two["upper"])


def test_a_region_is_learned_from_the_garment_that_speaks_for_it() -> None:
    whole = garment(None, 1.0, 1.0)

    def worn(over: tuple[float, ...], under: tuple[float, ...]) -> PictureView:
        top = GarmentView(Slot.TOP, None, 1.0, unit(*under), area=0.3)
        return PictureView((top, GarmentView(Slot.OUTER, None, 1.0, unit(*over), area=0.1)), whole)

    layered = learn([worn(A, B)] * 3, [worn(B, A)] * 3)["upper"]
    plain = learn([picture(top=A)] * 3, [picture(top=B)] * 3)["upper"]
    assert np.allclose(layered.head.weight, plain.head.weight)


def test_regions_without_a_head_are_left_out_and_the_whole_is_always_there() -> None:
    heads = learn([picture(top=A)] * 2, [picture(top=B)] * 2)
    seen = by_region([picture(shoes=A), picture(), picture(top=A, shoes=A)], heads)
    assert [sorted(regions) for regions in seen] == [[WHOLE], [WHOLE], ["upper", WHOLE]]
    assert all(p.dtype == np.float32 for regions in seen for p in regions.values())
    assert by_region([], heads) == []


def test_upper_and_lower_count_others_only_without_them() -> None:
    assert counted(dict.fromkeys(("shoes", "upper", "lower", WHOLE))) == ["upper", "lower"]
    assert counted(dict.fromkeys(("upper", "shoes", WHOLE))) == ["upper"]
    assert counted(dict.fromkeys(("shoes", "bag", WHOLE))) == ["shoes", "bag"]
    assert counted({WHOLE: 1}) == [WHOLE]


def test_the_vector_of_a_picture_weighs_its_regions_alike() -> None:
    layered = picture(top=A, outer=A, bottom=B)
    assert np.allclose(balanced(layered), unit(1, 1))
    assert np.allclose(balanced(picture()), unit(1, 1))
    assert np.allclose(balanced(picture(shoes=B)), unit(*B))
