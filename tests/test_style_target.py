"""The classes of a style, and what is said when they do not fit together."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from stylesim.errors import ImageError, InvalidArgumentError, StyleTargetError
from stylesim.images import content_hash, image_bytes, load_array
from stylesim.style_target import StyleTarget

if TYPE_CHECKING:
    from pathlib import Path


def shade(value: int) -> Image.Image:
    return Image.new("RGB", (8, 8), (value % 256, value // 256, 0))


def shades(start: int, count: int = 2) -> list[Image.Image]:
    return [shade(start + i) for i in range(count)]


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    for number, name in enumerate(["wannabe", "contrast/sporty", "contrast/suit"]):
        folder = tmp_path / name
        folder.mkdir(parents=True)
        for i in range(3):
            shade(10 * number + i).save(folder / f"{i}.png")
    return tmp_path


@given(st.lists(st.integers(2, 10), min_size=2, max_size=5))
def test_classes_and_pictures_keep_their_order(counts: list[int]) -> None:
    groups = [shades(100 * i, count) for i, count in enumerate(counts)]
    contrast = {f"style {i}": group for i, group in enumerate(groups[1:])}
    target = StyleTarget(groups[0], contrast)
    assert target.classes == ("wannabe", *contrast)
    assert target.name == "wannabe"
    for label, group in zip(target.classes, groups, strict=True):
        assert len(target.images[label]) == len(group)
        for data, picture, digest in zip(
            target.images[label], group, target.hashes[label], strict=True
        ):
            np.testing.assert_array_equal(load_array(data), np.asarray(picture))
            assert digest == content_hash(picture)


def test_every_kind_of_picture_is_taken(folders: Path) -> None:
    path = folders / "wannabe" / "0.png"
    other = folders / "wannabe" / "1.png"
    mixed = [path, str(other), shade(70), np.asarray(shade(71)), image_bytes(shade(72))]
    target = StyleTarget(mixed, {"sporty": iter(shades(0x8000))})
    assert target.images["wannabe"][0] == path.read_bytes()
    assert target.sources["wannabe"] == (
        str(path),
        str(other),
        *[f"wanted[{i}]" for i in (2, 3, 4)],
    )
    assert target.sources["sporty"] == ("contrast['sporty'][0]", "contrast['sporty'][1]")


def test_folders_by_name_and_by_sub_folder(folders: Path) -> None:
    contrast = folders / "contrast"
    named = StyleTarget.from_folders(
        folders / "wannabe",
        {"sporty": contrast / "sporty", "suit": str(contrast / "suit")},
    )
    assert repr(named) == "StyleTarget(wannabe: 3, sporty: 3, suit: 3)"
    assert named.images["suit"][2] == (contrast / "suit" / "2.png").read_bytes()
    assert StyleTarget.from_folders(str(folders / "wannabe"), contrast) == named


def test_equality_and_fingerprint_follow_the_content() -> None:
    target = StyleTarget(shades(0), {"suit": shades(10), "sporty": shades(20)})
    same = StyleTarget(
        [np.asarray(x) for x in shades(0)], {"suit": shades(10), "sporty": shades(20)}
    )
    assert same == target
    assert hash(same) == hash(target)
    assert same.fingerprint == target.fingerprint
    others = [
        StyleTarget(shades(0), {"sporty": shades(20), "suit": shades(10)}),
        StyleTarget(shades(0), {"suit": shades(20), "sporty": shades(10)}),
        StyleTarget(shades(0), {"suit": shades(10), "sporty": shades(20)}, name="mine"),
        StyleTarget(shades(1), {"suit": shades(10), "sporty": shades(20)}),
    ]
    assert len({target.fingerprint, *(other.fingerprint for other in others)}) == 5
    assert all(other != target for other in others)


def test_target_is_frozen_and_pickles() -> None:
    target = StyleTarget(shades(0), {"suit": shades(10)})
    assert pickle.loads(pickle.dumps(target)) == target
    with pytest.raises(AttributeError):
        target.name = "other"  # type: ignore[misc]
    target.images["suit"] = ()
    assert len(target.images["suit"]) == 2


@pytest.mark.parametrize(
    ("arguments", "settings", "words"),
    [
        ((shades(0), {}), {}, "contrast: expected at least one contrast class, got none"),
        ((shades(0, 1), {"suit": shades(10)}), {}, r"wanted: .*2 pictures, got 1 \(wanted\[0\]\)"),
        (([], {"suit": shades(10)}), {}, "wanted: expected at least 2 pictures, got none"),
        ((shades(0), {"suit": []}), {}, r"contrast\['suit'\]: .* got none"),
        (
            (shades(0, 12), {"suit": shades(50)}),
            {},
            r"most 10 .*, got 12; leave out wanted\[10\], w",
        ),
        ((shades(0, 3), {"suit": shades(50)}), {"max_images": 2}, "at most 2 pictures, got 3"),
        ((shades(0), {"wannabe": shades(50)}), {}, "rename one of them"),
        ((shades(0), {"suit": [shade(5), shade(1)]}), {}, r"'wannabe' has .* drop wanted\[1\] or"),
        (
            (shades(0), {"suit": shades(5), "sporty": shades(6)}),
            {},
            r"\['suit'\]\[1\] or .*\['sporty'",
        ),
        (
            ([shade(0), shade(0)], {"suit": shades(5)}),
            {},
            "2 different pictures, got copies of one",
        ),
    ],
)
def test_classes_that_do_not_fit_are_refused(arguments: Any, settings: Any, words: str) -> None:
    with pytest.raises(StyleTargetError, match=words):
        StyleTarget(*arguments, **settings)


@pytest.mark.parametrize(
    ("arguments", "settings", "words"),
    [
        (("styles/wannabe", {"suit": shades(5)}), {}, "wanted: .*StyleTarget.from_folders"),
        ((shades(0), "styles"), {}, "contrast: expected a dict"),
        ((shades(0), None), {}, "contrast: expected a dict"),
        ((shades(0), [shades(5)]), {}, "contrast: expected a dict"),
        ((shades(0), {"suit": "styles/suit"}), {}, r"contrast\['suit'\]: expected a list"),
        ((7, {"suit": shades(5)}), {}, "wanted: expected a list of pictures, got 7"),
        ((shades(0), {7: shades(5)}), {}, r"contrast\[7\]: expected a class name"),
        ((shades(0), {"suit": shades(5)}), {"name": " "}, "name: expected a class name"),
        ((shades(0), {"suit": shades(5)}), {"max_images": 1}, "max_images: .*at least 2"),
        ((shades(0), {"suit": shades(5)}), {"max_images": 2.5}, "max_images: .*at least 2"),
        (
            (np.asarray(shade(0)), {"suit": shades(5)}),
            {},
            r"8 pictures cannot be used:\nwanted\[0\]",
        ),
    ],
)
def test_arguments_of_the_wrong_kind_are_refused(arguments: Any, settings: Any, words: str) -> None:
    with pytest.raises(InvalidArgumentError, match=words):
        StyleTarget(*arguments, **settings)


def test_unreadable_pictures_are_all_named(folders: Path) -> None:
    cut = folders / "wannabe" / "cut.png"
    cut.write_bytes((folders / "wannabe" / "0.png").read_bytes()[:40])
    with pytest.raises(ImageError, match=r"wanted\[3\]: .*cut\.png.*truncated"):
        StyleTarget.from_folders(folders / "wannabe", folders / "contrast")
    (folders / "contrast" / "suit" / "zero.jpg").write_bytes(b"")
    with pytest.raises(ImageError, match=r"(?s)2 pictures.*cut\.png.*zero\.jpg") as caught:
        StyleTarget.from_folders(folders / "wannabe", folders / "contrast")
    again = pickle.loads(pickle.dumps(caught.value))
    arguments = [failure.details["argument"] for failure in again.details["failures"]]
    assert arguments == ["wanted[3]", "contrast['suit'][3]"]


def test_one_picture_in_two_folders_is_named_even_in_other_files(folders: Path) -> None:
    Image.open(folders / "wannabe" / "1.png").save(folders / "contrast" / "suit" / "copy.bmp")
    with pytest.raises(StyleTargetError, match=r"drop .*wannabe.1\.png or .*suit.copy\.bmp"):
        StyleTarget.from_folders(folders / "wannabe", folders / "contrast")


def test_missing_and_empty_folders_are_named(folders: Path) -> None:
    (folders / "contrast" / "empty").mkdir()
    with pytest.raises(InvalidArgumentError, match=r"contrast\['empty'\]: .*holds none"):
        StyleTarget.from_folders(folders / "wannabe", folders / "contrast")
    with pytest.raises(InvalidArgumentError, match=r"wanted: .*does not exist"):
        StyleTarget.from_folders(folders / "nowhere", folders / "contrast")
    with pytest.raises(InvalidArgumentError, match=r"contrast: .*No such file"):
        StyleTarget.from_folders(folders / "wannabe", folders / "nowhere")
    with pytest.raises(StyleTargetError, match="at least one contrast class"):
        StyleTarget.from_folders(folders / "wannabe", folders / "contrast" / "suit")
    with pytest.raises(InvalidArgumentError, match="contrast: expected a dict"):
        StyleTarget.from_folders(folders / "wannabe", 7)  # type: ignore[arg-type]
