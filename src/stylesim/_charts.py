"""The parts that the pictures of :mod:`stylesim.plotting` are put together from.

Each draws on axes that it is given. Text is never read as mathematics, so that a dollar sign in
a product's title stays one.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from stylesim.errors import MissingExtraError, expected
from stylesim.images import load_image

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

    from stylesim._chart_data import Tile
    from stylesim.types import FloatArray, ImageLike, UInt8Array

INK, MUTED, RULE, ACCENT = "#1f2a30", "#66727a", "#dfe5e8", "#0f766e"
_LOW, _MIDDLE = "#f6f3ee", "#8cc7bf"
_THUMBNAIL = 320

TILE, PICK_TILE = 1.45, 1.83
"""Width of a garment and of a product on a contact sheet, in inches."""
CLOSET_LINES, PICK_LINES = 2, 5
"""Lines of text below each."""


def new_figure(width: float, height: float) -> Figure:
    """A figure in inches with a canvas of its own: pyplot and its state are never touched.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as problem:
        raise MissingExtraError(
            "Pictures need matplotlib, which is not installed; "
            "install the extra: pip install 'stylesim[plot]'.",
            extra="plot",
        ) from problem
    figure = Figure(figsize=(width, height), dpi=110, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def colours() -> Colormap:
    """Pale for dissimilar, dark green for similar."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("similarity", [_LOW, _MIDDLE, ACCENT])


def write(axes: Axes, x: float, y: float, text: str, **style: Any) -> None:
    """Text that is shown as it stands."""
    axes.text(x, y, text, parse_math=False, **{"color": INK, "fontsize": 9, **style})


def heading(axes: Axes, title: str | None, *, lift: float = 8) -> None:
    """A title at the left edge, so many points above the axes."""
    if title:
        axes.set_title(
            title, loc="left", fontsize=11, color=INK, fontweight="bold", pad=lift, parse_math=False
        )


def bare(axes: Axes) -> None:
    """Take away ticks and frame."""
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def short(text: str, width: int) -> str:
    """Text cut to a width, with an ellipsis where something was left out."""
    text = " ".join(str(text).split())
    return text if len(text) <= width else text[: max(1, width - 1)].rstrip() + "…"


def heat(
    axes: Axes,
    values: FloatArray,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    strong: str = "column",
) -> None:
    """A table of probabilities as coloured cells; the first column or row is set in bold."""
    n, classes = values.shape
    cells = np.nan_to_num(np.asarray(values, np.float64))
    axes.imshow(cells, cmap=colours(), vmin=0, vmax=1, aspect="auto")
    bare(axes)
    for x in range(classes):
        write(axes, x, -0.62, short(columns[x], 16), ha="center", va="bottom", fontweight="bold")
    for y in range(n):
        write(axes, -0.5 - 0.03 * classes / 4, y, short(rows[y], 34), ha="right", va="center")
        for x in range(classes):
            level = cells[y, x]
            shown = "-" if np.isnan(values[y, x]) else f"{level:.2f}"
            ink = "white" if level > 0.68 else INK
            weight = "bold" if (x if strong == "column" else y) == 0 else "normal"
            write(axes, x, y, shown, ha="center", va="center", color=ink, fontweight=weight)
    # White lines keep neighbouring cells of one colour apart.
    axes.set_xticks(np.arange(classes - 1) + 0.5, minor=True)
    axes.set_yticks(np.arange(n - 1) + 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=2)
    axes.tick_params(which="minor", length=0)


def bars(
    axes: Axes,
    values: Sequence[float],
    labels: Sequence[str],
    *,
    notes: Sequence[str] | None = None,
) -> None:
    """Horizontal bars from 0 to 1, first on top, each with its number."""
    n = len(values)
    at = np.arange(n)
    shade = colours()
    axes.barh(at, [1.0] * n, color="#f1f4f5", height=0.66)
    axes.barh(at, values, color=[shade(_lift(v)) for v in values], height=0.66)
    bare(axes)
    axes.set_xlim(0, 1.0)
    axes.set_ylim(n - 0.4, -0.6)
    for y, (value, label) in enumerate(zip(values, labels, strict=True)):
        write(axes, -0.015, y, short(label, 36), ha="right", va="center")
        write(axes, 1.015, y, f"{value:.2f}", ha="left", va="center", fontweight="bold")
        if notes and notes[y]:
            inside = value > 0.6
            x, side, ink = (0.012, "left", "white") if inside else (value + 0.012, "left", MUTED)
            write(axes, x, y, short(notes[y], 44), ha=side, va="center", fontsize=8, color=ink)


def scale(axes: Axes) -> None:
    """Tick lines for bars from 0 to 1."""
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1.0])
    axes.set_xticklabels(["0", "0.25", "0.5", "0.75", "1"], fontsize=8, color=MUTED)
    axes.tick_params(axis="x", length=0)
    axes.xaxis.grid(visible=True, color=RULE, linewidth=0.8)
    axes.set_axisbelow(True)


def sheet_size(count: int, columns: int, lines: int) -> tuple[float, float]:
    """Width and height of a contact sheet, in tile widths."""
    rows = max(1, -(-count // columns))
    return float(columns), rows * _tile_height(lines)


def thumbnail(image: ImageLike) -> UInt8Array:
    """A picture at thumbnail size."""
    picture = load_image(image, shrink_to=_THUMBNAIL)
    picture.thumbnail((_THUMBNAIL, _THUMBNAIL))
    return np.asarray(picture)


def sheet(axes: Axes, tiles: Sequence[Tile], *, columns: int, lines: int) -> None:
    """Thumbnails in rows, each with lines of text and, where given, a bar of 0 to 1."""
    bare(axes)
    tall = _tile_height(lines)
    width, height = sheet_size(len(tiles), columns, lines)
    shade = colours()
    for i, (image, caption, value) in enumerate(tiles):
        left, top = float(i % columns), (i // columns) * tall
        picture = thumbnail(image)
        fit = min(0.92 / picture.shape[1], 1.15 / picture.shape[0])
        wide, high = picture.shape[1] * fit, picture.shape[0] * fit
        x, y = left + (1 - wide) / 2, top + (1.15 - high) / 2
        axes.imshow(picture, extent=(x, x + wide, y + high, y), interpolation="hanning")
        below = top + 1.19
        if value is not None:
            start = left + 0.04
            axes.barh([below], [0.92], left=start, height=0.045, color="#e8edef")
            axes.barh([below], [0.92 * value], left=start, height=0.045, color=shade(_lift(value)))
            below += 0.05
        for number, line in enumerate(caption[:lines]):
            style = {"fontsize": 8.5} if number == 0 else {"fontsize": 7, "color": MUTED}
            write(axes, left + 0.04, below + 0.02 + 0.135 * number, line, va="top", **style)
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.set_aspect("equal")
    axes.set_anchor("NW")


def _lift(value: float) -> float:
    """A colour that is still seen on white where the value is near 0."""
    return 0.3 + 0.7 * value


def wrapped(text: str, width: int, lines: int) -> list[str]:
    """Text in at most so many lines."""
    return textwrap.wrap(" ".join(str(text).split()), width, max_lines=lines, placeholder="…") or [
        ""
    ]


def _tile_height(lines: int) -> float:
    return 1.32 + 0.14 * lines


def place(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Axes at a place in inches from the figure's upper left corner."""
    wide, high = figure.get_size_inches()
    bottom = high - top - height
    return figure.add_axes((left / wide, bottom / high, width / wide, height / high))


def headline(figure: Figure, text: str, left: float, top: float) -> None:
    """A title at a place in inches from the figure's upper left corner."""
    wide, high = figure.get_size_inches()
    at = (left / wide, 1 - top / high)
    figure.text(*at, text, fontsize=11, fontweight="bold", color=INK, parse_math=False)


def bar_figure(
    values: Sequence[float], labels: Sequence[str], notes: Sequence[str] | None, title: str | None
) -> Figure:
    """Bars by themselves."""
    width, height = 8.4, 0.95 + 0.32 * len(values)
    figure = new_figure(width, height)
    axes = place(figure, 2.9, 0.5, width - 3.5, height - 0.85)
    bars(axes, values, labels, notes=notes)
    scale(axes)
    heading(axes, title)
    return figure


def sheet_figure(
    tiles: Sequence[Tile], columns: int, lines: int, title: str | None, tile: float
) -> Figure:
    """A contact sheet by itself; ``tile`` in inches."""
    if columns < 1:
        raise expected("columns", "a whole number of at least 1", columns, "pass columns=6")
    width, height = sheet_inches(len(tiles), columns, lines, tile)
    figure = new_figure(max(width, 3.0) + 0.3, height + 0.6)
    axes = place(figure, 0.15, 0.45, width, height)
    sheet(axes, tiles, columns=columns, lines=lines)
    heading(axes, title)
    return figure


def sheet_inches(count: int, columns: int, lines: int, tile: float) -> tuple[float, float]:
    """Width and height of a contact sheet, in inches."""
    width, height = sheet_size(count, columns, lines)
    return width * tile, height * tile
