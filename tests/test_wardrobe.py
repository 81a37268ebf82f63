"""What a wardrobe keeps, finds and refuses, in memory and in a file alike."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from stylesim.errors import ImageError, InvalidArgumentError, NotFoundError, StorageError
from stylesim.images import content_hash, image_bytes
from stylesim.types import Slot
from stylesim.wardrobe import Wardrobe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def picture(seed: int, side: int = 24) -> Image.Image:
    values = np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)
    return Image.fromarray(values)


def found(slot: str, category: str, box: tuple[int, int, int, int], **more: Any) -> Any:
    return SimpleNamespace(
        **({"slot": slot, "category": category, "box": box, "mask": None, "confidence": 0.9} | more)
    )


class Finder:
    """Finds the same garments in every picture, and counts the pictures."""

    def __init__(self, *garments: Any) -> None:
        self.garments = garments
        self.seen: list[Image.Image] = []

    def find(self, images: list[Image.Image]) -> list[list[Any]]:
        self.seen.extend(images)
        return [list(self.garments) for _ in images]


@pytest.fixture(params=["memory", "file"])
def closet(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Wardrobe]:
    nothing = Finder()
    with (
        Wardrobe(finder=nothing)
        if request.param == "memory"
        else Wardrobe.open(tmp_path / "closet.stylesim", finder=nothing)
    ) as wardrobe:
        yield wardrobe


def test_what_is_added_comes_back(closet: Wardrobe) -> None:
    data = image_bytes(picture(1))
    garment = closet.add(
        data, slot="Trousers", category=" jeans ", quantity=2, colour="blue", sizes=(30, 32)
    )
    assert garment.slot is Slot.BOTTOM
    assert (garment.category, garment.quantity, garment.guessed) == ("jeans", 2, False)
    assert garment.attributes == {"colour": "blue", "sizes": [30, 32]}
    assert garment.image_bytes == data
    assert garment.image_hash == content_hash(data)
    assert np.array_equal(np.asarray(garment.image()), np.asarray(picture(1)))
    assert garment.added.utcoffset() is not None
    assert closet[garment.id] == garment
    assert hash(closet[garment.id]) == hash(garment)
    assert garment.to_dict()["slot"] == "bottom"
    assert "blue" in repr(garment)


def test_order_length_and_membership(closet: Wardrobe) -> None:
    garments = [closet.add(picture(i), slot="top") for i in range(5)]
    assert list(closet) == garments
    assert len(closet) == 5
    assert len({garment.id for garment in garments}) == 5
    closet.remove(garments[1])
    closet.remove(garments[3].id)
    assert [garment.id for garment in closet] == [garments[i].id for i in (0, 2, 4)]
    assert garments[0] in closet
    assert garments[0].id in closet
    assert garments[1] not in closet
    assert 7 not in closet
    for garment in closet:
        closet.remove(garment)
    assert len(closet) == 0


def test_ids_are_the_same_in_every_wardrobe(closet: Wardrobe) -> None:
    first = closet.add(picture(1), slot="top")
    closet.add(picture(2), slot="top")
    closet.remove(first)
    assert closet.add(picture(1), slot="top").id == first.id
    assert Wardrobe().add(picture(1), slot="shoes").id == first.id


def test_the_same_picture_again_is_the_same_garment(closet: Wardrobe) -> None:
    first = closet.add(picture(1), slot="top", quantity=3, colour="red", note="worn")
    again = closet.add(
        image_bytes(picture(1)), slot="top", category="shirt", colour="blue", note=None
    )
    assert again.id == first.id
    assert len(closet) == 1
    assert (again.quantity, again.category) == (3, "shirt")
    assert again.attributes == {"colour": "blue"}
    assert closet.add(picture(1), quantity=4).quantity == 4
    assert closet.add(picture(1), quantity=4) == closet[first.id]
    assert closet[first.id].slot is Slot.TOP


def test_one_photograph_may_show_garments_of_two_slots(closet: Wardrobe) -> None:
    top = closet.add(picture(1), slot="top")
    bottom = closet.add(picture(1), slot="bottom")
    assert top.id != bottom.id
    assert top.image_hash == bottom.image_hash
    closet.remove(top)
    assert bottom.image_bytes
    closet.remove(bottom)
    with pytest.raises(NotFoundError, match=f"garment: .*{bottom.id}"):
        _ = bottom.image_bytes


def test_slot_and_category_are_found_and_overruled() -> None:
    small = found("shoes", "boots", (0, 0, 5, 5))
    large = found("top", "shirt", (0, 0, 20, 20))
    unsure = found("bag", "bag", (0, 0, 21, 20), confidence=0.5)
    finder = Finder(small, large, unsure)
    closet = Wardrobe(finder=finder)
    garment = closet.add(Image.new("RGB", (2000, 1000)))
    assert (garment.slot, garment.category, garment.guessed) == (Slot.TOP, "shirt", True)
    assert finder.seen[0].size == (640, 320)
    closet.add(Image.new("RGB", (2000, 1000)))
    assert len(finder.seen) == 1, "a picture already there is not searched again"
    corrected = closet.add(Image.new("RGB", (2000, 1000)), slot="bottom")
    assert corrected.id == garment.id
    assert (corrected.slot, corrected.category, corrected.guessed) == (Slot.BOTTOM, None, False)
    named = closet.add(picture(1), category="blouse")
    assert (named.slot, named.category, named.guessed) == (Slot.TOP, "blouse", False)
    own = closet.add(picture(2), category="thing")
    assert (own.slot, own.category) == (Slot.TOP, "thing")
    assert len(finder.seen) == 2


def test_masks_outweigh_boxes() -> None:
    thin = np.zeros((24, 24), bool)
    thin[0] = True
    finder = Finder(
        found("outer", "coat", (0, 0, 24, 24), mask=thin), found("bag", "bag", (0, 0, 9, 9))
    )
    assert Wardrobe(finder=finder).add(picture(1)).slot is Slot.BAG


def test_nothing_found_leaves_the_slot_open(closet: Wardrobe) -> None:
    garment = closet.add(picture(1))
    assert (garment.slot, garment.category, garment.guessed) == (None, None, False)
    assert closet.add(picture(1), slot="bag").id == garment.id
    assert closet[garment.id].slot is Slot.BAG


def test_the_bundled_finder_is_loaded_only_when_a_slot_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "stylesim.garments", None)  # importing it would fail
    closet = Wardrobe()
    closet.add(picture(1), slot="top")
    bundled = ModuleType("stylesim.garments")
    bundled.default_finder = lambda: Finder(found("bag", "bag", (0, 0, 9, 9)))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "stylesim.garments", bundled)
    assert closet.add(picture(2)).slot is Slot.BAG


def test_a_finder_that_loses_pictures_is_refused() -> None:
    closet = Wardrobe(finder=SimpleNamespace(find=lambda images: []))
    with pytest.raises(InvalidArgumentError, match=r"finder: .*0 lists for 1 pictures"):
        closet.add(picture(1))
    assert len(closet) == 0
    with pytest.raises(InvalidArgumentError, match="finder: expected an object with a method find"):
        Wardrobe(finder=7)  # type: ignore[arg-type]


def test_update_changes_what_is_named(closet: Wardrobe) -> None:
    garment = closet.add(picture(1), slot="top", category="shirt", colour="red", price=5)
    same = closet.update(garment)
    assert same == garment
    changed = closet.update(garment.id, quantity=2, colour=None, season=["summer"])
    assert (changed.slot, changed.category, changed.quantity) == (Slot.TOP, "shirt", 2)
    assert changed.attributes == {"price": 5, "season": ["summer"]}
    emptied = closet.update(garment, slot=None, category=None)
    assert (emptied.id, emptied.slot, emptied.category) == (garment.id, None, None)
    assert closet[garment.id] == emptied


def test_filter_joins_its_conditions(closet: Wardrobe) -> None:
    red = closet.add(picture(1), slot="top", category="Shirt", colour="red")
    blue = closet.add(picture(2), slot="top", category="blouse", colour="blue", quantity=2)
    bag = closet.add(picture(3), slot="bag")
    unknown = closet.add(picture(4))
    assert closet.filter() == [red, blue, bag, unknown]
    assert closet.filter(slot="tops") == closet.filter(slot=Slot.TOP) == [red, blue]
    assert closet.filter(slot=None) == [unknown]
    assert closet.filter(category="shirt") == [red]
    assert closet.filter(category=None) == [bag, unknown]
    assert closet.filter(slot="top", colour="blue") == [blue]
    assert closet.filter(colour=None) == [bag, unknown]
    assert closet.filter(lambda garment: garment.quantity > 1) == [blue]
    assert closet.filter(slot="shoes") == []


def test_cached_values_live_as_long_as_their_picture(closet: Wardrobe) -> None:
    one, two = closet.add(picture(1), slot="top"), closet.add(picture(2), slot="top")
    values = {one.image_hash: b"\0\1", two.image_hash: b"", "elsewhere": b"x"}
    closet.put_cached("model@1", values)
    wanted = [one.image_hash, two.image_hash, "elsewhere", one.image_hash]
    assert closet.get_cached("model@1", wanted) == {one.image_hash: b"\0\1", two.image_hash: b""}
    assert closet.get_cached("model@2", wanted) == {}
    closet.put_cached("model@1", {one.image_hash: b"new"})
    closet.put_cached("model@2", {one.image_hash: b"other"})
    assert closet.get_cached("model@1", iter([one.image_hash])) == {one.image_hash: b"new"}
    closet.clear_cached("model@1")
    assert closet.get_cached("model@1", wanted) == {}
    assert closet.get_cached("model@2", wanted) == {one.image_hash: b"other"}
    closet.remove(one)
    closet.add(picture(1), slot="top")
    assert closet.get_cached("model@2", wanted) == {}
    closet.put_cached("model@2", {two.image_hash: b"z"})
    closet.clear_cached()
    assert closet.get_cached("model@2", wanted) == {}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"slot": "hovercraft"}, "slot: expected one of top, outer"),
        ({"slot": 7}, "slot: expected one of"),
        ({"category": ""}, "category: expected a word"),
        ({"category": 7}, "category: expected a word"),
        ({"category": "\ud800"}, "category: expected a word"),
        ({"quantity": 0}, "quantity: expected a whole number"),
        ({"quantity": 1.5}, "quantity: expected a whole number"),
        ({"quantity": True}, "quantity: expected a whole number"),
        ({"quantity": 2**80}, "quantity: expected a whole number"),
        ({"price": float("nan")}, "price: expected a value that JSON can hold, got nan"),
        ({"when": object()}, "when: expected a value that JSON can hold"),
        ({"size": {"eu": [38, {1}]}}, r"size\['eu'\]\[1\]: expected a value that JSON can hold"),
        ({"size": {1: 2}}, "size: expected a value that JSON can hold"),
    ],
)
def test_bad_input_is_refused_and_changes_nothing(
    closet: Wardrobe, settings: dict[str, Any], words: str
) -> None:
    garment = closet.add(picture(1), slot="top")
    with pytest.raises(InvalidArgumentError, match=words):
        closet.add(picture(2), **settings)
    with pytest.raises(InvalidArgumentError, match=words):
        closet.update(garment, **settings)
    assert list(closet) == [garment]


def test_unreadable_pictures_are_refused_and_change_nothing(
    closet: Wardrobe, tmp_path: Path
) -> None:
    cut = tmp_path / "cut.png"
    cut.write_bytes(image_bytes(picture(1))[:200])
    for image in (cut, b"", "nowhere.jpg", np.zeros((3, 3))):
        with pytest.raises(ImageError, match="image: expected a readable picture"):
            closet.add(image)
    assert len(closet) == 0


def test_unknown_garments_are_named(closet: Wardrobe) -> None:
    for call in (closet.__getitem__, closet.remove, closet.update):
        for name in ("no-such-id", 0, None):
            with pytest.raises(NotFoundError, match="garment: expected the id of a garment"):
                call(name)  # type: ignore[operator]
    with pytest.raises(InvalidArgumentError, match="where: expected a function"):
        closet.filter("top")  # type: ignore[arg-type]


def test_a_closed_wardrobe_says_so(closet: Wardrobe) -> None:
    garment = closet.add(picture(1), slot="top")
    closet.close()
    closet.close()
    for call in (lambda: len(closet), lambda: closet.add(picture(2), slot="top"), garment.image):
        with pytest.raises(StorageError, match="wardrobe: expected an open wardrobe"):
            call()
    assert repr(closet).startswith("Wardrobe(")


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}_", fullmatch=True), json_values, max_size=4))
def test_attributes_come_back_as_they_were(attributes: dict[str, Any]) -> None:
    closet = Wardrobe()
    garment = closet.add(picture(1, 2), slot="top", **attributes)
    kept = {name: value for name, value in attributes.items() if value is not None}
    assert closet[garment.id].attributes == kept == closet.update(garment, **attributes).attributes
    assert closet.filter(**attributes) == [closet[garment.id]]
