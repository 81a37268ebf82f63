"""Outfits as values."""

from __future__ import annotations

import pytest

import stylesim as ss
from stylesim.errors import InvalidArgumentError


def test_garments_bring_their_slots(closet) -> None:
    outfit = ss.Outfit(list(closet))
    assert [slot.value for slot in outfit.slots] == ["top", "bottom", "shoes", "outer"]
    assert outfit.name == " + ".join(garment.id for garment in closet)
    assert len(outfit) == 4
    assert repr(ss.Outfit([next(iter(closet))], name="x")) == "Outfit('x': top)"


def test_pictures_come_by_slot(draw, tmp_path) -> None:
    draw(0.5).save(tmp_path / "a.png")
    outfit = ss.Outfit({"Trousers": tmp_path / "a.png", "accessory": [draw(0.1), draw(0.2)]})
    assert [slot.value for slot in outfit.slots] == ["bottom", "accessory", "accessory"]
    assert outfit.parts[0].image == tmp_path / "a.png"


def test_an_outfit_stays_what_it_is(closet) -> None:
    outfit = ss.Outfit(list(closet))
    with pytest.raises(AttributeError):
        outfit.name = "other"


@pytest.mark.parametrize(
    "items",
    [[], {}, "a.jpg", 3, ["a.jpg"], {"hair": "a.jpg"}, {None: "a.jpg"}, {"top": None},
     {"top": ["a.jpg", "b.jpg"]}],
)  # fmt: skip
def test_bad_items_are_named(items) -> None:
    with pytest.raises(InvalidArgumentError, match="items"):
        ss.Outfit(items)


def test_two_pairs_of_trousers_are_refused(draw) -> None:
    closet = ss.Wardrobe()
    pair = [closet.add(draw(0.1), slot="bottom"), closet.add(draw(0.2), slot="bottom")]
    with pytest.raises(InvalidArgumentError, match="one garment for the slot bottom"):
        ss.Outfit(pair)


def test_a_garment_without_a_slot_is_refused(closet) -> None:
    garment = closet.update(next(iter(closet)), slot=None)
    with pytest.raises(InvalidArgumentError, match=r"items\[0\].*known slot"):
        ss.Outfit([garment])


@pytest.mark.parametrize("name", ["", " ", 3])
def test_a_bad_name_is_refused(draw, name) -> None:
    with pytest.raises(InvalidArgumentError, match="name"):
        ss.Outfit({"top": draw(0.1)}, name=name)
