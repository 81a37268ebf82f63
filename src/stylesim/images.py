"""Any picture a caller may hand in, as an upright RGB image.

Sizes are checked from the file's header before a pixel is decoded. Only still
photograph formats are opened, so no file can start an outside program. Colour
profiles are not applied: values are read as sRGB.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from stylesim._checks import check_whole
from stylesim._decoding import decoded, opened, unreadable
from stylesim.errors import expected

if TYPE_CHECKING:
    from collections.abc import Callable

    from stylesim.errors import StyleSimError
    from stylesim.types import ImageLike, UInt8Array

MAX_PIXELS = 100_000_000
"""Largest picture read unless the caller says otherwise, in pixels."""

_ENDINGS = "jpg jpeg jpe jfif png webp gif bmp tif tiff avif jp2 ppm pgm heic heif"
IMAGE_SUFFIXES = frozenset(f".{ending}" for ending in _ENDINGS.split())
"""Endings, in lower case, by which a file in a folder counts as a picture."""


def load_image(
    image: ImageLike,
    *,
    max_pixels: int = MAX_PIXELS,
    shrink_to: int | None = None,
    argument: str = "image",
) -> Image.Image:
    """Read a picture as upright 8-bit RGB.

    The EXIF orientation is applied, transparency is laid on white, CMYK, grey,
    palette, 16-bit and floating-point pictures are converted, and the first
    frame of an animation is taken.

    Args:
        image: A path, encoded bytes, a PIL image, or a uint8 array of shape
            (height, width, 3) in RGB order.
        max_pixels: Largest width x height accepted, read from the header
            before anything is decoded.
        shrink_to: In pixels. Large pictures are brought to 1/2, 1/4 or 1/8 of
            their size, the smallest whose short side is still at least this:
            JPEG files in their decoder, which is quick, others by the mean of
            each block of pixels. None keeps every pixel.
        argument: Name of the argument for error messages.

    Returns:
        A new RGB image without metadata; the input is left as it is.

    Raises:
        ImageError: The picture is missing, empty, truncated, too large or not
            a picture of a known format.
        InvalidArgumentError: A setting is out of range.

    Examples:
        >>> from PIL import Image
        >>> load_image(Image.new("L", (4, 3), 7)).getpixel((0, 0))
        (7, 7, 7)
    """
    check_whole("max_pixels", max_pixels)
    if shrink_to is not None:
        check_whole("shrink_to", shrink_to)
    return decoded(image, max_pixels, shrink_to, argument)[0]


def load_shrunk(
    image: ImageLike, shrink_to: int, *, argument: str = "image"
) -> tuple[Image.Image, tuple[float, float]]:
    """Read a picture as ``load_image`` does, and tell where it ends.

    Args:
        image: As for ``load_image``.
        shrink_to: As for ``load_image``.
        argument: As for ``load_image``.

    Returns:
        The picture; and its width and height in its own pixels, which end within the last
        column and row where the full size is no multiple of what it was divided by.

    Raises:
        ImageError: As for ``load_image``.

    Examples:
        >>> picture, extent = load_shrunk(Image.new("RGB", (90, 41)), 20)
        >>> picture.size, extent
        ((45, 21), (45.0, 20.5))
    """
    return decoded(image, MAX_PIXELS, shrink_to, argument)


def load_array(
    image: ImageLike,
    *,
    max_pixels: int = MAX_PIXELS,
    shrink_to: int | None = None,
    argument: str = "image",
) -> UInt8Array:
    """Read a picture as an upright RGB array.

    Args:
        image: As for ``load_image``.
        max_pixels: As for ``load_image``.
        shrink_to: As for ``load_image``.
        argument: As for ``load_image``.

    Returns:
        uint8 array of shape (height, width, 3), 0 to 255, writable.

    Raises:
        ImageError: As for ``load_image``.
        InvalidArgumentError: As for ``load_image``.

    Examples:
        >>> from PIL import Image
        >>> load_array(Image.new("RGB", (4, 3))).shape
        (3, 4, 3)
    """
    loaded = load_image(image, max_pixels=max_pixels, shrink_to=shrink_to, argument=argument)
    return np.array(loaded, dtype=np.uint8)


def image_bytes(image: ImageLike, *, argument: str = "image") -> bytes:
    """Return a picture as an encoded file.

    Args:
        image: As for ``load_image``.
        argument: Name of the argument for error messages.

    Returns:
        The bytes as they are for a path or bytes, of which only the header is
        checked; a lossless PNG of the upright RGB picture otherwise.

    Raises:
        ImageError: The picture cannot be read.

    Examples:
        >>> from PIL import Image
        >>> image_bytes(Image.new("RGB", (4, 3)))[1:4]
        b'PNG'
    """
    if not isinstance(image, (str, os.PathLike, bytes, bytearray, memoryview)):
        return _png(load_image(image, argument=argument))
    with opened(image, argument) as (_, shown):
        if not isinstance(image, (str, os.PathLike)):
            return bytes(image)
        try:
            return Path(image).read_bytes()
        except OSError as error:
            raise unreadable(argument, f"{shown} ({error.strerror})", "check the file") from error


def content_hash(image: ImageLike, *, argument: str = "image") -> str:
    """Name a picture by what it shows, whatever file it is wrapped in.

    Args:
        image: As for ``load_image``.
        argument: Name of the argument for error messages.

    Returns:
        64 hexadecimal digits: SHA-256 of the size and the upright RGB pixels.
        A JPEG may decode to slightly other pixels under another version of
        its decoder, and then gets another name.

    Raises:
        ImageError: The picture cannot be read.

    Examples:
        >>> from PIL import Image
        >>> picture = Image.new("RGB", (4, 3), "navy")
        >>> content_hash(picture) == content_hash(image_bytes(picture))
        True
    """
    loaded = load_image(image, argument=argument)
    digest = hashlib.sha256(b"%d x %d:" % loaded.size)
    digest.update(loaded.tobytes())
    return digest.hexdigest()


def thumbnail_png(image: ImageLike, side: int = 96, *, argument: str = "image") -> bytes:
    """Return a small PNG of a picture, its longest side at most ``side`` pixels.

    Args:
        image: As for ``load_image``.
        side: Longest side, in pixels; small pictures are not enlarged.
        argument: Name of the argument for error messages.

    Returns:
        The encoded PNG file.

    Raises:
        ImageError: The picture cannot be read.
        InvalidArgumentError: ``side`` is not a whole number of at least 1.

    Examples:
        >>> from PIL import Image
        >>> load_image(thumbnail_png(Image.new("RGB", (400, 200)), side=20)).size
        (20, 10)
    """
    check_whole("side", side)
    small = load_image(image, argument=argument)
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    return _png(small)


def thumbnail_data_uri(image: ImageLike, side: int = 96, *, argument: str = "image") -> str:
    """Return ``thumbnail_png`` as a ``data:`` address for an HTML ``img``.

    Args:
        image: As for ``load_image``.
        side: Longest side, in pixels.
        argument: Name of the argument for error messages.

    Returns:
        ASCII text without quotes or angle brackets.

    Raises:
        ImageError: The picture cannot be read.
        InvalidArgumentError: ``side`` is not a whole number of at least 1.

    Examples:
        >>> from PIL import Image
        >>> thumbnail_data_uri(Image.new("RGB", (4, 3)))[:22]
        'data:image/png;base64,'
    """
    encoded = base64.b64encode(thumbnail_png(image, side, argument=argument))
    return "data:image/png;base64," + encoded.decode("ascii")


def list_images(
    folder: str | os.PathLike[str],
    argument: str = "folder",
    *,
    recursive: bool = False,
    onerror: Callable[[Path, StyleSimError], object] | None = None,
) -> list[Path]:
    """List the picture files of a folder by their endings, without opening them.

    Args:
        folder: The folder.
        argument: Name of the argument for error messages.
        recursive: Whether sub-folders are listed too; links to folders are not followed.
        onerror: Told of each sub-folder that cannot be read, and why; None raises.

    Returns:
        At least one path, sorted; names that start with a dot are left out.

    Raises:
        InvalidArgumentError: The folder is missing, cannot be read, or holds
            no picture.

    Examples:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = (Path(folder) / "coat.PNG").write_bytes(b"")
        ...     [path.name for path in list_images(folder)]
        ['coat.PNG']
    """
    try:
        root = Path(folder)
    except TypeError:
        raise expected(argument, "the path of a folder", folder, "pass a folder") from None

    def failed(error: OSError) -> None:
        place = Path(error.filename or root)
        got = f"{str(place)!r} ({error.strerror})"
        problem = expected(argument, "a folder that can be read", got, "check its rights")
        if onerror is None or place == root:
            raise problem from error
        onerror(place, problem)

    found = []
    try:
        if not root.is_dir():
            got = f"{str(folder)!r}, " + ("a file" if root.exists() else "which does not exist")
            raise expected(argument, "an existing folder of pictures", got, "check the path")
        for inside, below, names in os.walk(root, onerror=failed):
            below[:] = [name for name in below if recursive and not name.startswith(".")]
            paths = [Path(inside, name) for name in names if not name.startswith(".")]
            found += [path for path in paths if _is_picture(path)]
    except OSError as error:
        failed(error)
    if not found:
        got = f"{str(folder)!r}, which holds none"
        todo = "add pictures such as .jpg, .png or .webp"
        raise expected(argument, "a folder with at least one picture", got, todo)
    return sorted(found)


def _is_picture(path: Path) -> bool:
    try:
        return path.suffix.lower() in IMAGE_SUFFIXES and path.is_file()
    except OSError:
        return True  # whoever opens it is told why that cannot be


def _png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()
