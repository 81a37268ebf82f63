"""Contact sheets: pictures in rows, each with lines of text and, where given, a bar of 0 to 1."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from stylesim._charts import (
    MUTED,
    bare,
    colours,
    finished,
    heading,
    inches,
    panel,
    seen,
    write,
)
from stylesim._checks import is_whole
from stylesim.errors import expected
from stylesim.images import load_image

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from stylesim.types import ImageLike, UInt8Array

TILE, PICK_TILE, OUTFIT_TILE = 1.45, 1.83, 2.3
"""Width of a garment, a product and an outfit on a contact sheet, in inches."""

_THUMBNAIL = 320
_PICTURE = (0.92, 1.15)  # of a tile: room for pictures, in tile widths


@attrs.frozen
class Tile:
    """A place on a contact sheet.

    Attributes:
        images: One picture, or several and where each goes: left, top, width and height as
            shares of the room for pictures.
        caption: Lines of text; the first is set larger.
        value: Length of a bar, 0 to 1; None for no bar.
    """

    images: Sequence[tuple[ImageLike, tuple[float, float, float, float]]]
    caption: Sequence[str]
    value: float | None = None
    strong: int = 1

    @classmethod
    def of(
        cls, image: ImageLike, caption: Sequence[str], value: float | None, strong: int = 1
    ) -> Tile:
        """A tile of one picture."""
        return cls([(image, (0.0, 0.0, 1.0, 1.0))], caption, value, strong)


def thumbnail(image: ImageLike) -> UInt8Array:
    """A picture at thumbnail size."""
    picture = load_image(image, shrink_to=_THUMBNAIL)
    picture.thumbnail((_THUMBNAIL, _THUMBNAIL))
    return np.asarray(picture)


def even_columns(count: int, tile: float, most: float = 15.0) -> int:
    """Pictures in a row that make a sheet about as wide as high, but at most so many inches."""
    wanted = round(1.25 * math.sqrt(count))
    return max(min(count, 4), min(wanted, int(most / tile)))


def sheet(axes: Axes, tiles: Sequence[Tile], *, columns: int, tile: float) -> None:
    """Draw tiles in rows; text is made for tiles of so many inches, and shrinks with them."""
    bare(axes)
    tall = _tile_height(tiles, tile)
    width, height = float(columns), -(-len(tiles) // columns) * tall
    wide, high = inches(axes)
    size = min(1.0, wide / width / tile, high / height / tile)
    shade = colours()
    step = 0.135 * TILE / tile
    for i, one in enumerate(tiles):
        left, top = float(i % columns), (i // columns) * tall
        for image, part in one.images:
            _picture(axes, image, part, left, top)
        below = top + _PICTURE[1] + 0.04
        if one.value is not None:
            bar: dict[str, Any] = {"left": left + 0.04, "height": 0.045}
            axes.barh([below], [0.92], color="#e8edef", **bar)
            axes.barh([below], [0.92 * one.value], color=shade(seen(one.value)), **bar)
            below += 0.05
        for number, line in enumerate(one.caption):
            large = number < one.strong
            style = {"fontsize": 8.5 * size} if large else {"fontsize": 7.2 * size, "color": MUTED}
            write(axes, left + 0.04, below + 0.02 + step * number, line, va="top", **style)
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.set_aspect("equal")
    axes.set_anchor("NW")


def _picture(
    axes: Axes, image: ImageLike, part: tuple[float, float, float, float], left: float, top: float
) -> None:
    picture = thumbnail(image)
    x0, y0, wide, high = part[0] * 0.92, part[1] * 1.15, part[2] * 0.92, part[3] * 1.15
    fit = min(wide / picture.shape[1], high / picture.shape[0])
    width, height = picture.shape[1] * fit, picture.shape[0] * fit
    x = left + 0.04 + x0 + (wide - width) / 2
    y = top + y0 + (high - height) / 2
    axes.imshow(picture, extent=(x, x + width, y + height, y), interpolation="hanning")


def _tile_height(tiles: Sequence[Tile], tile: float) -> float:
    """In tile widths."""
    lines = max(len(one.caption) for one in tiles)
    return _PICTURE[1] + 0.16 + 0.14 * lines * TILE / tile


def sheet_inches(tiles: Sequence[Tile], columns: int, tile: float) -> tuple[float, float]:
    """Width and height of a contact sheet."""
    rows = max(1, -(-len(tiles) // columns))
    return columns * tile, rows * _tile_height(tiles, tile) * tile


def sheet_figure(
    tiles: Sequence[Tile],
    columns: int | None,
    title: str | None,
    tile: float,
    ax: Axes | None,
    footnote: str = "",
) -> Figure:
    """A contact sheet by itself, or on the axes that were given; ``tile`` in inches."""
    given: object = columns
    if given is not None and (not is_whole(given) or given < 1):
        raise expected("columns", "a whole number of at least 1, or None", given, "pass columns=6")
    columns = min(columns or even_columns(len(tiles), tile), len(tiles))
    width, height = sheet_inches(tiles, columns, tile)
    margins = (0.15, 0.45, 0.15 + max(0.0, 3.4 - width), 0.15 + 0.25 * bool(footnote))
    axes = panel(ax, (width, height), margins)
    sheet(axes, tiles, columns=columns, tile=tile)
    heading(axes, title)
    return finished(axes, footnote)
