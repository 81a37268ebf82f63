"""Picture files opened by their headers, and decoded to upright RGB."""

from __future__ import annotations

import io
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from PIL import Image

from stylesim.errors import ImageError, StyleSimError, expected

if TYPE_CHECKING:
    from collections.abc import Iterator

# HEIF is there only where the caller registered pillow-heif. EPS, WMF and the
# like stay out: Pillow hands some of them to other programs.
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "JPEG2000", "PPM", "HEIF")

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ORIENTATION = 0x0112
_OVERSHOT = 1.5  # floats of 0 to 1 that were resampled or sharpened reach above 1
_GREY_MODES = ("I", "F", "I;16", "I;16B", "I;16L", "I;16N")


def decoded(
    image: Any, max_pixels: int, shrink_to: int | None, argument: str
) -> tuple[Image.Image, tuple[float, float]]:
    """The upright picture, and its width and height before it was shrunk, in its own pixels."""
    with opened(image, argument) as (picture, shown):
        width, height = picture.size
        if not width * height:
            raise unreadable(
                argument, f"{shown} of {width} x {height} pixels", "pass a larger picture"
            )
        if width * height > max_pixels:
            got = f"{shown} of {width} x {height} = {width * height:,} pixels"
            wanted = f"a picture of at most {max_pixels:,} pixels"
            raise expected(argument, wanted, got, "make it smaller or raise max_pixels", ImageError)
        try:
            if shrink_to is not None and picture is not image:
                picture.draft(None, (shrink_to, shrink_to))
            at = picture.size
            rgb = upright_rgb(picture)
            by = round(width / at[0])
            if shrink_to is not None and by == 1:
                by = next((by for by in (8, 4, 2) if min(width, height) // by >= shrink_to), 1)
                rgb = rgb if by == 1 else rgb.reduce(by)
                at = -(-width // by), -(-height // by)
            extent = width / by, height / by
            return rgb, extent if rgb.size == at else extent[::-1]
        except MemoryError:
            raise
        except Exception as error:  # decoders raise many kinds on damaged data
            raise damaged(argument, shown, error) from error


@contextmanager
def opened(image: Any, argument: str) -> Iterator[tuple[Image.Image, str]]:
    """Yield the picture, not yet decoded, and how to name it in a message."""
    if isinstance(image, Image.Image):
        yield image, f"a PIL image of mode {image.mode}"
    elif isinstance(image, np.ndarray):
        shown = f"an array of shape {image.shape} and dtype {image.dtype}"
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
            raise unreadable(argument, shown, "pass RGB uint8 of shape (height, width, 3)")
        yield Image.fromarray(image), shown
    elif isinstance(image, (bytes, bytearray, memoryview)):
        shown = f"{len(image):,} bytes"
        with io.BytesIO(image) as stream:
            yield _identified(stream, shown, argument), shown
    elif isinstance(image, (str, os.PathLike)):
        shown = repr(os.fspath(image))
        path = Path(image)
        todo = "pass the path of a picture file that can be read"
        try:
            if not path.is_file():
                what = "a folder" if path.is_dir() else "no such file"
                raise unreadable(argument, f"{shown}, {what}", todo)
            file = path.open("rb")
        except OSError as error:
            raise unreadable(argument, f"{shown} ({error.strerror})", todo) from error
        with file:
            yield _identified(file, shown, argument), shown
    else:
        todo = "pass a path, bytes, a PIL image or an RGB uint8 array"
        raise unreadable(argument, f"{type(image).__name__}", todo)


def _identified(stream: BinaryIO, shown: str, argument: str) -> Image.Image:
    # Not Image.open: it warns or fails at limits of its own, held in a global.
    Image.init()
    prefix = stream.read(16)
    for name in _FORMATS:
        factory, accept = Image.OPEN.get(name, (None, None))
        known = accept(prefix) if accept is not None else False
        # A plugin whose decoder was not built answers with a text.
        if factory is None or isinstance(known, str) or not known:
            continue
        stream.seek(0)
        try:
            return factory(stream, "")
        except MemoryError:
            raise
        except Exception as error:  # plugins raise many kinds on damaged headers
            raise damaged(argument, shown, error) from error
    todo = "pass a JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF, JPEG 2000 or PPM file"
    if prefix[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypmsf1", b"ftyphevc"):
        todo = "save it as JPEG, or install pillow-heif and call its register_heif_opener()"
    what = "not a picture of a known format" if prefix else "an empty file"
    raise unreadable(argument, f"{shown}, {what}", todo)


def upright_rgb(picture: Image.Image) -> Image.Image:
    picture.load()
    try:
        turn = _UPRIGHT.get(picture.getexif().get(_ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - damaged EXIF says nothing; the pixels are still good
        turn = None
    if picture.mode in _GREY_MODES:
        rgb = _from_deep_grey(picture)
    elif picture.has_transparency_data:
        layer = picture.convert("RGBA")
        rgb = Image.new("RGB", layer.size, "white")
        rgb.paste(layer, mask=layer.getchannel("A"))
    else:
        rgb = picture.convert("RGB")
    rgb = rgb if turn is None else rgb.transpose(turn)
    rgb.info = {}  # kept EXIF would turn the picture a second time when read again
    return rgb


def _from_deep_grey(picture: Image.Image) -> Image.Image:
    """Scale 16-bit, 32-bit and floating-point grey to 0..255 by the range its values span."""
    values = np.nan_to_num(np.asarray(picture, dtype=np.float64), posinf=0.0, neginf=0.0)
    top = float(values.max())
    if picture.mode == "F":
        ceiling = 1.0 if top <= _OVERSHOT else 255.0
    else:
        ceiling = 255.0 if picture.mode == "I" and top <= 255.0 else 65535.0
    scaled = np.clip(values / max(ceiling, top) * 255.0, 0.0, 255.0)
    clear = picture.info.get("transparency")
    if isinstance(clear, int):  # of PNG files: the one grey that is transparent
        scaled[values == clear] = 255.0
    return Image.fromarray(scaled.round().astype(np.uint8)).convert("RGB")


def unreadable(argument: str, got: str, todo: str) -> StyleSimError:
    return expected(argument, "a readable picture", got, todo, ImageError)


def damaged(argument: str, shown: str, error: Exception) -> StyleSimError:
    got = f"{shown}, which is truncated or damaged ({error})"
    return unreadable(argument, got, "replace the file by a whole copy")
