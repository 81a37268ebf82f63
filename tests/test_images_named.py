"""Pictures named, wrapped, made small and listed."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from noisy import encoded, noise, pictures
from PIL import Image

from stylesim.errors import InvalidArgumentError
from stylesim.images import (
    content_hash,
    image_bytes,
    list_images,
    load_array,
    load_image,
    thumbnail_data_uri,
    thumbnail_png,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@given(pictures)
def test_content_hash_ignores_the_container(values: np.ndarray) -> None:
    picture = Image.fromarray(values)
    hashes = {
        content_hash(values),
        content_hash(encoded(picture)),
        content_hash(encoded(picture, "BMP")),
        content_hash(encoded(picture, "WEBP", lossless=True)),
    }
    assert len(hashes) == 1


@given(pictures, pictures)
def test_content_hash_tells_pictures_apart(one: np.ndarray, other: np.ndarray) -> None:
    assert (content_hash(one) == content_hash(other)) == np.array_equal(one, other)


def test_content_hash_knows_the_shape() -> None:
    assert content_hash(Image.new("RGB", (2, 6))) != content_hash(Image.new("RGB", (6, 2)))


def test_image_bytes_keep_files_and_wrap_pixels(tmp_path: Path) -> None:
    data = encoded(noise(), "JPEG")
    path = tmp_path / "photo.jpg"
    path.write_bytes(data)
    assert image_bytes(path) == image_bytes(str(path)) == image_bytes(data) == data
    for image in (noise(), np.asarray(noise())):
        np.testing.assert_array_equal(load_array(image_bytes(image)), np.asarray(noise()))


def test_thumbnails_are_small_png() -> None:
    data = thumbnail_png(noise(60, 80), side=40)
    assert load_image(data).size == (40, 30)
    assert load_image(thumbnail_png(noise(6, 8), side=40)).size == (8, 6)
    prefix, _, body = thumbnail_data_uri(noise(60, 80), side=40).partition(",")
    assert prefix == "data:image/png;base64"
    assert base64.b64decode(body) == data
    with pytest.raises(InvalidArgumentError, match="side: expected a whole number"):
        thumbnail_png(noise(), side=0)


def test_list_images_finds_pictures_in_order(tmp_path: Path) -> None:
    for name in ("b.JPG", "a.png", "notes.txt", ".hidden.jpg", "sub/c.webp", ".git/d.png"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
    (tmp_path / "folder.jpg").mkdir()
    assert [path.name for path in list_images(tmp_path)] == ["a.png", "b.JPG"]
    found = list_images(str(tmp_path), recursive=True)
    assert [path.name for path in found] == ["a.png", "b.JPG", "c.webp"]


def test_list_images_tells_of_folders_that_cannot_be_read(
    tmp_path: Path, closed: Callable[[Path], None]
) -> None:
    for name in ("a.png", "sub/b.png", "sub/c/d.png", "shut/e.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    closed(tmp_path / "shut")
    told: list[Path] = []
    found = list_images(tmp_path, recursive=True, onerror=lambda path, _: told.append(path))
    assert [path.name for path in found] == ["a.png", "b.png", "d.png"]
    assert told == [tmp_path / "shut"]
    with pytest.raises(InvalidArgumentError, match=r"shut.*Permission denied"):
        list_images(tmp_path, recursive=True)
    with pytest.raises(InvalidArgumentError, match=r"shut.*Permission denied"):
        list_images(tmp_path / "shut", onerror=lambda path, _: told.append(path))


def test_list_images_names_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("")
    cases = {
        tmp_path: "holds none",
        "x" * 5000: "File name too long",
        tmp_path / "nowhere": "does not exist",
        tmp_path / "notes.txt": "a file",
        None: "the path of a folder",
    }
    for folder, words in cases.items():
        with pytest.raises(InvalidArgumentError, match=f"wanted: .*{words}"):
            list_images(folder, "wanted")  # type: ignore[arg-type]
