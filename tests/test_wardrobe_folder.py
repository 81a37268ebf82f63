"""Whole folders taken in, and copies of one photograph found."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageEnhance

from stylesim._intake import groups_of
from stylesim._lookalikes import pairs_alike, summarise
from stylesim.errors import ImageError, InvalidArgumentError
from stylesim.images import list_images, load_image
from stylesim.types import Slot
from stylesim.wardrobe import SkippedImageWarning, Wardrobe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def drawn(seed: int, side: int = 64) -> Image.Image:
    """A coloured shape on a coloured ground."""
    random = np.random.default_rng(seed)
    ground, ink, second = (tuple(random.integers(0, 256, 3).tolist()) for _ in range(3))
    image = Image.new("RGB", (side, side), ground)
    draw = ImageDraw.Draw(image)
    for colour in (ink, second):
        left, top = random.integers(0, side // 2, 2).tolist()
        draw.ellipse((left, top, left + side // 2, top + side // 3), fill=colour)
    return image


class Nothing:
    """Finds nothing, and may be told to give up."""

    def __init__(self, patience: int = 10**9) -> None:
        self.patience = patience

    def find(self, images: list[Image.Image]) -> list[list[Any]]:
        self.patience -= len(images)
        if self.patience < 0:
            raise KeyboardInterrupt
        return [[] for _ in images]


@pytest.fixture
def closet(tmp_path: Path) -> Iterator[Wardrobe]:
    with Wardrobe.open(tmp_path / "closet.stylesim", finder=Nothing()) as wardrobe:
        yield wardrobe


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Fifty pictures, one of them cut off."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for seed in range(50):
        drawn(seed).save(folder / f"{seed:02}.png")
    bad = folder / "31.png"
    bad.write_bytes(bad.read_bytes()[:100])
    return folder


def test_one_bad_picture_among_fifty(closet: Wardrobe, folder: Path) -> None:
    with pytest.warns(SkippedImageWarning, match=r"1 of 50 .* was skipped:\nfolder: .*31\.png"):
        result = closet.add_folder(folder, slot="top", progress=False, season="summer")
    assert repr(result) == "AddResult(49 added, 0 known, 1 skipped)"
    assert list(closet) == list(result.added)
    assert all(garment.attributes == {"season": "summer"} for garment in closet)
    assert result.skipped[0].path == folder / "31.png"
    assert isinstance(result.skipped[0].error, ImageError)
    drawn(31).save(folder / "31.png")
    again = closet.add_folder(folder, slot="top", progress=False)
    assert repr(again) == "AddResult(1 added, 49 known, 0 skipped)"
    assert again.known == result.added


def test_a_sub_folder_that_cannot_be_read_is_skipped(
    closet: Wardrobe, folder: Path, closed: Callable[[Path], None]
) -> None:
    (folder / "31.png").unlink()
    (folder / "shut").mkdir()
    closed(folder / "shut")
    with pytest.warns(SkippedImageWarning, match=r"1 of 50 .* skipped:\nfolder: .*shut"):
        result = closet.add_folder(folder, slot="top", progress=False)
    assert repr(result) == "AddResult(49 added, 0 known, 1 skipped)"
    assert result.skipped[0].path == folder / "shut"


def test_many_bad_pictures_are_counted(closet: Wardrobe, folder: Path) -> None:
    for path in folder.iterdir():
        path.write_bytes(b"")
    with pytest.warns(SkippedImageWarning, match=r"50 of 50 pictures(.|\n)*and 47 more"):
        result = closet.add_folder(folder, progress=False)
    assert len(result.skipped) == 50
    assert len(closet) == 0


def test_sub_folders_name_slots(closet: Wardrobe, tmp_path: Path) -> None:
    places = ["Tops/red", "T-Shirts", "bottoms/summer/shoes", "misc", "outerwear", ""]
    for seed, place in enumerate(places):
        (tmp_path / "photos" / place).mkdir(parents=True, exist_ok=True)
        drawn(seed).save(tmp_path / "photos" / place / f"{seed}.webp", lossless=True)
    result = closet.add_folder(str(tmp_path / "photos"), progress=False)
    slots = {bytes(garment.image_bytes): garment.slot for garment in result.added}
    found = [
        slots[(tmp_path / "photos" / place / f"{seed}.webp").read_bytes()]
        for seed, place in enumerate(places)
    ]
    assert found == [Slot.TOP, Slot.TOP, Slot.SHOES, None, Slot.OUTER, None]
    closet.add_folder(tmp_path / "photos", slot="bag", category="tote", progress=False)
    assert len(closet.filter(slot="bag", category="tote")) == len(places)


def test_the_name_of_the_folder_itself_says_nothing(closet: Wardrobe, tmp_path: Path) -> None:
    (tmp_path / "shoes").mkdir()
    drawn(1).save(tmp_path / "shoes" / "1.png")
    assert closet.add_folder(tmp_path / "shoes", progress=False).added[0].slot is None


def test_copies_in_a_folder_become_one_garment(closet: Wardrobe, tmp_path: Path) -> None:
    for name in ("a.png", "a (1).png", "b.bmp"):
        drawn(1).save(tmp_path / name)
    result = closet.add_folder(tmp_path, progress=False)
    assert repr(result) == "AddResult(1 added, 2 known, 0 skipped)"


def test_an_interrupted_run_keeps_its_parts_and_can_be_repeated(
    tmp_path: Path, folder: Path
) -> None:
    drawn(31).save(folder / "31.png")
    path = tmp_path / "closet.stylesim"
    with Wardrobe.open(path, finder=Nothing(patience=40)) as closet:
        with pytest.raises(KeyboardInterrupt):
            closet.add_folder(folder, progress=False)
        assert len(closet) == 32
    with Wardrobe.open(path, finder=Nothing()) as closet:
        result = closet.add_folder(folder, progress=False)
        assert repr(result) == "AddResult(18 added, 32 known, 0 skipped)"


def test_progress_is_shown_where_wanted(
    closet: Wardrobe, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drawn(31).save(folder / "31.png")
    closet.add_folder(folder, progress=False)
    assert capsys.readouterr() == ("", "")
    closet.add_folder(folder)
    output, errors = capsys.readouterr()
    assert output == ""
    assert "50/50" in errors


def test_missing_and_empty_folders_are_named(closet: Wardrobe, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folder, words in [("empty", "holds none"), ("nowhere", "does not exist")]:
        with pytest.raises(InvalidArgumentError, match=f"folder: .*{words}"):
            closet.add_folder(tmp_path / folder)
    with pytest.raises(InvalidArgumentError, match="slot: expected one of"):
        closet.add_folder(tmp_path / "empty", slot="hovercraft")
    assert len(closet) == 0


def variants(image: Image.Image) -> dict[str, Image.Image]:
    width, height = image.size

    def saved(picture: Image.Image, quality: int) -> Image.Image:
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=quality)
        return load_image(buffer.getvalue())

    small = image.resize((width // 2, height // 2), Image.Resampling.BICUBIC)
    return {
        "small": small,
        "recompressed": saved(image, 40),
        "small and recompressed": saved(small, 60),
        "lighter": ImageEnhance.Brightness(image).enhance(1.05),
        "more contrast": ImageEnhance.Contrast(image).enhance(1.1),
    }


def test_duplicates_finds_copies_and_nothing_else(closet: Wardrobe) -> None:
    garments = [closet.add(drawn(seed, 200), slot="top") for seed in range(30)]
    assert closet.duplicates() == []
    copies = [closet.add(copy, slot="top") for copy in variants(drawn(7, 200)).values()]
    unknown = closet.add(variants(drawn(3, 200))["small"])
    closet.add(variants(drawn(4, 200))["small"], slot="bottom")
    assert closet.duplicates() == [(garments[3], unknown), (garments[7], *copies)]


def test_colour_alone_tells_even_pictures_apart(closet: Wardrobe) -> None:
    for colour in ("red", "navy", "black", "white"):
        closet.add(Image.new("RGB", (50, 50), colour), slot="top")
    assert closet.duplicates() == []
    closet.add(Image.new("RGB", (60, 50), (250, 4, 0)), slot="top")
    assert [len(group) for group in closet.duplicates()] == [2]


def test_on_a_ground_that_is_the_same_the_garment_tells_pictures_apart(closet: Wardrobe) -> None:
    for colour in ((20, 20, 24), (52, 48, 60)):
        studio = Image.new("RGB", (160, 160), (235, 235, 235))
        studio.paste(Image.new("RGB", (60, 76), colour), (50, 42))
        closet.add(studio, slot="bottom")
    assert closet.duplicates() == []


def test_noise_on_an_even_ground_sets_no_bit() -> None:
    levels = np.indices((170, 170)).sum(axis=0) // 10 % 2 + 200
    checked = Image.fromarray(levels.astype(np.uint8)).convert("RGB")
    assert summarise(checked)[:32] == bytes(32)
    assert summarise(Image.fromarray((levels * 4 - 700).astype(np.uint8)).convert("RGB"))[
        :32
    ] != bytes(32)


def test_pairs_are_found_across_blocks() -> None:
    summaries = [summarise(drawn(seed)) for seed in [*range(600), 2, 590]]
    expected = [
        (i, j)
        for i, one in enumerate(summaries)
        for j in range(i + 1, len(summaries))
        if _alike(one, summaries[j])
    ]
    assert {(2, 600), (590, 601)} <= set(expected)
    assert pairs_alike(summaries) == expected
    assert pairs_alike([]) == []


def _alike(one: bytes, other: bytes) -> bool:
    bits = sum((a ^ b).bit_count() for a, b in zip(one[:32], other[:32], strict=True))
    away = [abs(a - b) for a, b in zip(one[32:], other[32:], strict=True)]
    field = max(sum(away[at : at + 3]) / 3 for at in range(0, 48, 3))
    return bits <= 24 and sum(away) / 48 <= 10 and field <= 21


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda p: p[0] < p[1])))
def test_groups_join_pairs_that_share_a_member(pairs: list[tuple[int, int]]) -> None:
    groups = groups_of(pairs, 10)
    members = [place for group in groups for place in group]
    assert len(members) == len(set(members))
    assert set(members) == {place for pair in pairs for place in pair}
    assert all(group == sorted(group) and len(group) > 1 for group in groups)
    home = {place: number for number, group in enumerate(groups) for place in group}
    assert all(home[one] == home[other] for one, other in pairs)
    links = len({tuple(pair) for pair in pairs})
    assert links >= sum(len(group) - 1 for group in groups), "no group without pairs to hold it"


@pytest.mark.real_data
def test_real_photographs_are_told_apart_and_their_copies_found(data_dir: Path) -> None:
    paths = list_images(data_dir / "garments" / "images")[::10]
    photographs = [load_image(path) for path in paths]
    summaries = [summarise(photograph) for photograph in photographs]
    assert len(summaries) > 300
    assert pairs_alike(summaries) == []
    found = [
        bool(pairs_alike([summary, summarise(copy)]))
        for photograph, summary in zip(photographs[:100], summaries, strict=False)
        for copy in variants(photograph).values()
    ]
    assert np.mean(found) >= 0.99
