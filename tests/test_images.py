"""Any picture becomes upright RGB, or one of our errors."""

from __future__ import annotations

import io
import pickle
import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from noisy import encoded, noise, pictures
from PIL import Image, ImageFile

from stylesim.errors import ImageError, InvalidArgumentError
from stylesim.images import (
    content_hash,
    image_bytes,
    load_array,
    load_image,
    load_shrunk,
)

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "JPEG2000", "PPM")


def png_header(width: int, height: int) -> bytes:
    """A PNG that promises pixels it does not hold."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@given(pictures)
def test_every_kind_of_input_gives_the_same_pixels(values: np.ndarray) -> None:
    data = encoded(Image.fromarray(values))
    for image in (values, Image.fromarray(values), data, bytearray(data), memoryview(data)):
        np.testing.assert_array_equal(load_array(image), values)


def test_path_and_text_path_are_read(tmp_path: Path) -> None:
    path = tmp_path / "straße.png"
    noise().save(path)
    for image in (path, str(path)):
        np.testing.assert_array_equal(load_array(image), np.asarray(noise()))


@pytest.mark.parametrize("kind", FORMATS)
def test_formats_are_read(kind: str) -> None:
    assert load_image(encoded(noise(), kind)).size == (80, 60)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.9])
def test_truncated_files_are_errors(kind: str, share: float, tmp_path: Path) -> None:
    data = encoded(noise(), kind)
    path = tmp_path / "cut.img"
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(ImageError, match=r"photo: expected a readable picture, got '.*cut\.img'"):
        load_image(path, argument="photo")


@given(st.data())
def test_broken_bytes_give_a_picture_or_our_error(data: st.DataObject) -> None:
    whole = bytearray(encoded(noise(8, 8), data.draw(st.sampled_from(["PNG", "JPEG", "GIF"]))))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        loaded = load_image(bytes(whole), max_pixels=1_000_000)
    except ImageError:
        return
    assert loaded.mode == "RGB"


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (b"", "an empty file"),
        (b"just some text, no picture", "not a picture of a known format"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a picture of a known format"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "register_heif_opener"),
        ("no/such/coat.jpg", "'no/such/coat.jpg', no such file"),
        ("", "'', a folder"),
        ("x" * 5000, "File name too long"),
        (17, "got int; pass a path, bytes"),
        (None, "got NoneType"),
        (np.zeros((4, 4), np.uint8), r"shape \(4, 4\)"),
        (np.zeros((4, 4, 3), np.float32), "float32"),
        (np.zeros((0, 4, 3), np.uint8), r"shape \(0, 4, 3\)"),
        (Image.new("RGB", (0, 4)), "0 x 4 pixels"),
    ],
)
def test_what_is_no_picture_is_an_error(image: object, words: str) -> None:
    with pytest.raises(ImageError, match=words):
        load_image(image)  # type: ignore[arg-type]


def test_files_that_are_no_picture_are_errors(tmp_path: Path) -> None:
    (tmp_path / "zero.jpg").write_bytes(b"")
    (tmp_path / "text.jpg").write_text("not a picture")
    for path in (tmp_path, tmp_path / "zero.jpg", tmp_path / "text.jpg"):
        for read in (load_image, image_bytes, content_hash):
            with pytest.raises(ImageError, match=path.name):
                read(path)


def test_too_many_pixels_are_refused_before_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    def decode(self: ImageFile.ImageFile) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", decode)
    with pytest.raises(ImageError, match="200,000,000 pixels; make it smaller or raise max_pixels"):
        load_image(png_header(20_000, 10_000))
    with pytest.raises(ImageError, match="at most 100,000,000 pixels"):
        load_image(png_header(2**31 - 1, 2**31 - 1))


def test_the_limit_is_ours_and_not_the_global_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    data = encoded(noise())
    assert load_image(data).size == (80, 60)
    assert load_image(data, max_pixels=4800).size == (80, 60)
    for image in (data, noise(), np.asarray(noise())):
        with pytest.raises(ImageError, match="80 x 60"):
            load_image(image, max_pixels=4799)
    assert Image.MAX_IMAGE_PIXELS == 10
    assert not ImageFile.LOAD_TRUNCATED_IMAGES


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "YCbCr", "RGBA", "LA", "I;16", "I", "F"])
def test_modes_become_rgb(mode: str) -> None:
    grey = Image.new("L", (4, 4), 255)
    source = Image.new(mode, (4, 4), 65535) if mode == "I;16" else grey.convert(mode)
    loaded = load_image(source)
    assert loaded.mode == "RGB"
    assert loaded.getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        (np.array([[0, 32768, 65535]], np.uint16), [0, 128, 255]),
        (np.array([[0, 128, 255]], np.int32), [0, 128, 255]),
        (np.array([[0, 32768, 65535]], np.int32), [0, 128, 255]),
        (np.array([[0.0, 0.5, 1.0]], np.float32), [0, 128, 255]),
        (np.array([[-5.0, np.nan, 255.0]], np.float32), [0, 0, 255]),
    ],
)
def test_deep_grey_keeps_its_tones(values: np.ndarray, wanted: list[int]) -> None:
    assert load_array(Image.fromarray(values))[0, :, 1].tolist() == wanted


def test_sixteen_bit_files_keep_their_tones() -> None:
    deep = Image.fromarray(np.array([[0, 32768, 65535]], np.uint16))
    for kind in ("PNG", "TIFF"):
        assert load_array(encoded(deep, kind))[0, :, 0].tolist() == [0, 128, 255]


def test_cmyk_jpeg_is_read() -> None:
    data = encoded(Image.new("RGB", (16, 16), (200, 30, 30)).convert("CMYK"), "JPEG")
    red, green, blue = load_array(data)[8, 8].tolist()
    assert red > 180
    assert max(green, blue) < 60


def test_transparency_is_laid_on_white() -> None:
    clear = Image.new("RGBA", (2, 1), (0, 0, 0, 0))
    clear.putpixel((1, 0), (255, 0, 0, 128))
    assert load_array(encoded(clear))[0].tolist() == [[255, 255, 255], [255, 127, 127]]
    palette = Image.new("P", (2, 1), 0)
    palette.putpalette([0, 0, 0, 9, 9, 9])
    palette.putpixel((1, 0), 1)
    for kind in ("PNG", "GIF"):
        data = encoded(palette, kind, transparency=0)
        assert load_array(data)[0].tolist() == [[255, 255, 255], [9, 9, 9]]
    keyed = encoded(Image.new("RGB", (1, 1), (1, 2, 3)), "PNG", transparency=(1, 2, 3))
    assert load_array(keyed)[0, 0].tolist() == [255, 255, 255]


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_the_first_frame_of_an_animation_is_taken(kind: str) -> None:
    first, second = Image.new("RGB", (8, 8), "red"), Image.new("RGB", (8, 8), "blue")
    data = encoded(first, kind, save_all=True, append_images=[second])
    red, _, blue = load_array(data)[4, 4].tolist()
    assert red > 240
    assert blue < 15


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_exif_orientation_is_applied_once(orientation: int, kind: str) -> None:
    upright = Image.new("RGB", (48, 32), "white")
    upright.paste("red", (0, 0, 24, 16))
    upright.paste("blue", (24, 0, 48, 16))
    stored_as = {
        1: lambda x: x,
        2: lambda x: x[:, ::-1],
        3: lambda x: x[::-1, ::-1],
        4: lambda x: x[::-1],
        5: lambda x: x.transpose(1, 0, 2),
        6: lambda x: np.rot90(x),
        7: lambda x: x.transpose(1, 0, 2)[::-1, ::-1],
        8: lambda x: np.rot90(x, -1),
    }
    stored = Image.fromarray(np.ascontiguousarray(stored_as[orientation](np.asarray(upright))))
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(stored, kind, exif=exif.tobytes())
    loaded = load_image(data)
    assert loaded.size == (48, 32)
    difference = np.abs(np.asarray(loaded, float) - np.asarray(upright, float))
    assert difference[4:12, 4:20].max() < 30
    assert difference[4:12, 28:44].max() < 30
    np.testing.assert_array_equal(load_array(load_image(loaded)), np.asarray(loaded))
    with Image.open(io.BytesIO(data)) as lazy:
        np.testing.assert_array_equal(load_array(lazy), np.asarray(loaded))


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_damaged_exif_does_not_lose_the_picture() -> None:
    data = encoded(noise(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x05\x01\x12")
    assert load_image(data).size == (80, 60)


def test_the_input_is_left_as_it_is() -> None:
    picture = noise().convert("RGBA")
    picture.info["note"] = "mine"
    loaded = load_image(picture)
    loaded.paste("black", (0, 0, 80, 60))
    assert picture.mode == "RGBA"
    assert picture.info == {"note": "mine"}
    assert np.asarray(picture).any()
    values = np.asarray(noise()).copy()
    load_array(values)[:] = 0
    assert values.any()


@given(st.integers(1, 200), st.integers(1, 200), st.integers(1, 120))
def test_shrinking_keeps_the_short_side(width: int, height: int, shrink_to: int) -> None:
    picture = Image.new("RGB", (width, height))
    scale = max([1, *(s for s in (2, 4, 8) if min(width, height) >= s * shrink_to)])
    for form in (encoded(picture, "JPEG"), picture):
        loaded = load_image(form, shrink_to=shrink_to)
        assert min(loaded.size) >= min(width, height, shrink_to)
        assert loaded.size == (-(-width // scale), -(-height // scale))


def test_a_shrunk_picture_is_known_to_end_within_its_last_pixels() -> None:
    large = Image.new("RGB", (1045, 801), "teal")
    turned = Image.Exif()
    turned[0x0112] = 6
    for form in (encoded(large, "JPEG"), encoded(large), large):
        picture, extent = load_shrunk(form, 192)
        assert (picture.size, extent) == ((262, 201), (261.25, 200.25))
    picture, extent = load_shrunk(encoded(large, "JPEG", exif=turned), 192)
    assert (picture.size, extent) == ((201, 262), (200.25, 261.25))
    picture, extent = load_shrunk(large, 5000)
    assert picture.size == extent == large.size


def test_every_form_of_a_picture_shrinks_alike() -> None:
    large = Image.new("RGB", (1600, 1200), "teal")
    assert load_image(encoded(large, "JPEG"), shrink_to=150).size == (200, 150)
    assert load_image(encoded(large, "JPEG"), shrink_to=151).size == (400, 300)
    assert load_image(encoded(large), shrink_to=150).size == (200, 150)
    with Image.open(io.BytesIO(encoded(large, "JPEG"))) as mine:
        assert load_image(mine, shrink_to=150).size == (200, 150)
        assert mine.size == (1600, 1200)


@pytest.mark.parametrize("setting", ["max_pixels", "shrink_to"])
@pytest.mark.parametrize("value", [0, -3, 1.5, True, "9"])
def test_settings_are_checked(setting: str, value: object) -> None:
    with pytest.raises(InvalidArgumentError, match=f"{setting}: expected a whole number"):
        load_image(noise(), **{setting: value})  # type: ignore[arg-type]


def test_errors_keep_their_data_and_pickle() -> None:
    with pytest.raises(ImageError) as caught:
        load_image(b"", argument="wanted[3]")
    again = pickle.loads(pickle.dumps(caught.value))
    assert again.details["argument"] == "wanted[3]"
    assert str(again) == str(caught.value)
