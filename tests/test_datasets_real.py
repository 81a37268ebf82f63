"""Loaders of the real sets: on small made-up folders, and on the photographs themselves."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stylesim import datasets
from stylesim.errors import DamagedFileError, InvalidArgumentError, NotFoundError
from stylesim.types import Slot


@pytest.fixture
def clothing(tmp_path: Path) -> Path:
    folder = tmp_path / "garments"
    (folder / "images").mkdir(parents=True)
    rows = [("a", "7", "Skirt", "False"), ("b", "7", "Outwear", "True"), ("c", "9", "Hat", "False")]
    text = "\n".join(",".join(row) for row in rows)
    (folder / "images.csv").write_text("image,sender_id,label,kids\n" + text + "\n")
    for row in rows:
        Image.new("RGB", (8, 8)).save(folder / "images" / f"{row[0]}.jpg")
    return folder


@pytest.fixture
def street(tmp_path: Path) -> Path:
    folder = tmp_path / "outfits"
    (folder / "photos").mkdir(parents=True)
    (folder / "masks").mkdir()
    tags = {"0002": ["shirt", "skirt"], "0001": ["coat", "jeans", "hair"]}
    labels = {"labels": ["null", "coat", "jeans", "hair", "skirt"], "tags": tags}
    (folder / "labels.json").write_text(json.dumps(labels))
    for key in tags:
        Image.new("RGB", (4, 6)).save(folder / "photos" / f"{key}.jpg")
    mask = np.zeros((6, 4), np.uint8)
    mask[1:3], mask[3:] = 1, 2
    Image.fromarray(mask).save(folder / "masks" / "0001.png")
    return folder


def test_clothing_records(clothing: Path) -> None:
    photos = datasets.load_clothing(clothing)
    assert [(p.id, p.sender, p.category, p.slot, p.kids) for p in photos] == [
        ("a", "7", "skirt", Slot.BOTTOM, False),
        ("b", "7", "coat", Slot.OUTER, True),
        ("c", "9", "hat", Slot.HEADWEAR, False),
    ]
    assert all(p.path.is_file() for p in photos)
    assert datasets.load_clothing(str(clothing)) == photos
    with pytest.raises(AttributeError):
        photos[0].label = "Pants"


def test_outfit_records_and_masks(street: Path) -> None:
    first, second = datasets.load_outfits(street)
    assert (first.id, second.id) == ("0001", "0002")
    assert first.slots == {"coat": Slot.OUTER, "jeans": Slot.BOTTOM}
    mask = first.mask()
    assert mask is not None
    assert mask.shape == (6, 4)
    assert mask.dtype == np.uint8
    both = first.mask_of("coat", "jeans")
    assert both is not None
    assert both.dtype == bool
    assert int(both.sum()) == 20
    assert second.mask() is None
    assert second.mask_of("skirt") is None
    with pytest.raises(NotFoundError, match="toga"):
        first.mask_of("toga")


def test_missing_folder_names_the_argument(tmp_path: Path) -> None:
    for load in (datasets.load_clothing, datasets.load_outfits):
        with pytest.raises(InvalidArgumentError) as caught:
            load(tmp_path / "nowhere")
        assert caught.value.details["argument"] == "folder"
        assert "nowhere" in str(caught.value)
        with pytest.raises(InvalidArgumentError, match="folder: expected the path of a folder"):
            load(None)


@pytest.mark.parametrize(
    "row", ["a,7,Toga,False", "a,,Skirt,False", ",7,Skirt,False", "a", "../a,7,Skirt,False"]
)
def test_a_bad_row_is_named(clothing: Path, row: str) -> None:
    table = clothing / "images.csv"
    table.write_text(f"image,sender_id,label,kids\n{row}\n")
    with pytest.raises(DamagedFileError, match="line 2"):
        datasets.load_clothing(clothing)


@pytest.mark.parametrize("rows", ["", "image,sender_id,label,kids\n"])
def test_an_empty_table_is_damaged(clothing: Path, rows: str) -> None:
    (clothing / "images.csv").write_text(rows)
    with pytest.raises(DamagedFileError, match="no photograph"):
        datasets.load_clothing(clothing)


def test_a_photograph_listed_twice_is_damage(clothing: Path) -> None:
    with (clothing / "images.csv").open("a") as table:
        table.write("a,8,Dress,True\n")
    with pytest.raises(DamagedFileError, match="line 5: a a second time"):
        datasets.load_clothing(clothing)


def test_a_binary_table_is_damaged(clothing: Path) -> None:
    (clothing / "images.csv").write_bytes(b"\xff\xfe\x00image")
    with pytest.raises(DamagedFileError):
        datasets.load_clothing(clothing)


def test_missing_photographs_are_counted(clothing: Path, street: Path) -> None:
    (clothing / "images" / "b.jpg").unlink()
    with pytest.raises(DamagedFileError, match=r"1 missing.*b\.jpg"):
        datasets.load_clothing(clothing)
    (street / "photos" / "0002.jpg").unlink()
    with pytest.raises(DamagedFileError, match=r"1 missing.*0002\.jpg"):
        datasets.load_outfits(street)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"labels": []}',
        '{"labels": [], "tags": 3}',
        '{"labels": [], "tags": {"../photos/0001": []}}',
        '{"labels": [], "tags": {}}',
        '{"labels": [], "tags": {"0001": "skirt"}}',
        '{"labels": "null", "tags": {"0001": ["skirt"]}}',
        "[" * 100_000,
    ],
)
def test_bad_labels_are_damaged(street: Path, text: str) -> None:
    (street / "labels.json").write_text(text)
    with pytest.raises(DamagedFileError):
        datasets.load_outfits(street)


def test_a_damaged_mask_is_named(street: Path) -> None:
    (street / "masks" / "0001.png").write_bytes(b"not a picture")
    with pytest.raises(DamagedFileError, match=r"0001\.png"):
        datasets.load_outfits(street)[0].mask()


def group_of(*tags: str) -> str | None:
    record = datasets.OutfitPhoto("1", Path("1.jpg"), tags, None, ())
    return next((name for name, found in datasets.outfit_groups([record]).items() if found), None)


@pytest.mark.parametrize(
    ("tags", "group"),
    [
        ("blouse skirt shoes", "wanted"),
        ("top vest skirt", "wanted"),
        ("blouse cardigan skirt", None),
        ("blouse skirt pants", None),
        ("blouse skirt dress", None),
        ("skirt shoes", None),
        ("suit shirt pants", "suit"),
        ("blazer t-shirt pants", "suit"),
        ("blazer coat pants", "padding"),
        ("blazer shirt jeans", None),
        ("coat sweater jeans", "padding"),
        ("cape leggings", "padding"),
        ("coat shorts", None),
        ("coat sweater skirt", "Bottom Similar"),
        ("t-shirt shorts", "sporty"),
        ("hoodie jacket jeans", "All Different"),
        ("t-shirt jacket jeans", "All Different"),
        ("sweatshirt cardigan leggings", "sporty"),
        ("shirt jeans", "Top Similar"),
        ("blouse sweater jeans", None),
        ("sweater skirt", "Bottom Similar"),
        ("sweater shirt skirt", None),
        ("vest skirt", None),
        ("hoodie skirt", None),
        ("hoodie sweater skirt", "Bottom Similar"),
        ("sweater jeans", "All Different"),
        ("cardigan shorts", "All Different"),
        ("vest jeans", None),
    ],
)
def test_groups_follow_the_rules(tags: str, group: str | None) -> None:
    assert group_of(*tags.split()) == group


def test_label_tables_agree_with_the_slots() -> None:
    for table in (datasets.CLOTHING_CATEGORIES, datasets.OUTFIT_CATEGORIES):
        assert set(table.values()) <= set(datasets.CATEGORY_SLOTS)
    with pytest.raises(TypeError):
        datasets.CATEGORY_SLOTS["hat"] = Slot.TOP
    assert len(datasets.CLOTHING_CATEGORIES) == 17


def test_the_split_is_the_recipes() -> None:
    """What the weights never saw is decided in two places; they must agree for ever."""
    path = Path(__file__).parents[1] / "recipes" / "labels.py"
    spec = importlib.util.spec_from_file_location("recipe_labels", path)
    assert spec is not None
    assert spec.loader is not None
    recipe = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(recipe)
    for kind in ("sender", "outfit"):
        keys = [f"{i:04d}" for i in range(400)]
        ours = [datasets.held_out(kind, key) for key in keys]
        assert ours == [recipe.held_out(kind, key) for key in keys]
        assert 60 < sum(ours) < 140
    assert dict(datasets.CLOTHING_CATEGORIES) == recipe.CLOTHING_TO_CATEGORY
    assert dict(datasets.OUTFIT_CATEGORIES) == recipe.STREET_TO_CATEGORY
    assert {k: v.value for k, v in datasets.CATEGORY_SLOTS.items()} == recipe.SLOT_OF


def test_records_know_whether_they_are_held_out(clothing: Path, street: Path) -> None:
    for photo in datasets.load_clothing(clothing):
        assert photo.held_out == datasets.held_out("sender", photo.sender)
    for outfit in datasets.load_outfits(street):
        assert outfit.held_out == datasets.held_out("outfit", outfit.id)


@pytest.mark.real_data
def test_the_real_clothing_set(data_dir: Path) -> None:
    photos = datasets.load_clothing(data_dir / "garments")
    assert len({p.id for p in photos}) == len(photos) > 1000
    assert len({p.sender for p in photos}) > 50
    assert {p.label for p in photos} == set(datasets.CLOTHING_CATEGORIES)
    with Image.open(photos[0].path) as image:
        assert max(image.size) <= 400


@pytest.mark.real_data
def test_the_real_street_set(data_dir: Path) -> None:
    photos = datasets.load_outfits(data_dir / "outfits")
    assert len(photos) > 500
    # Every tag is a garment of ours or a part of the person.
    unknown = {tag for p in photos for tag in p.tags} - set(datasets.OUTFIT_CATEGORIES)
    assert unknown <= {"hair", "skin", "intimate", "panties", "null"}
    masked = [p for p in photos if p.mask_path]
    assert masked
    for photo in masked[:3]:
        mask = photo.mask()
        assert mask is not None
        with Image.open(photo.path) as image:
            assert mask.shape == (image.height, image.width)
        assert mask.max() < len(photo.labels)


@pytest.mark.real_data
def test_the_real_groups_are_large_and_apart(data_dir: Path) -> None:
    groups = datasets.outfit_groups(datasets.load_outfits(data_dir / "outfits"))
    assert tuple(groups) == datasets.OUTFIT_GROUPS
    assert all(len(group) >= 20 for group in groups.values())
    ids = [photo.id for group in groups.values() for photo in group]
    assert len(ids) == len(set(ids))
    assert all("skirt" in photo.tags for photo in groups["wanted"] + groups["Bottom Similar"])
    assert all("skirt" not in photo.tags for photo in groups["Top Similar"])
