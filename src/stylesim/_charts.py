"""The parts that the pictures of ``stylesim.plotting`` are put together from.

Each draws on axes that it is given, and suits its text to their size. Text is never read as
mathematics, so that a dollar sign in a product's title stays one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from stylesim._tables import width_of
from stylesim.errors import MissingExtraError, expected

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

    from stylesim.types import FloatArray

INK, MUTED, RULE, ACCENT = "#1f2a30", "#5a666e", "#dfe5e8", "#0f766e"
LINES = ("#0072b2", "#d55e00", "#007a5a", "#a83f7f", "#1f2a30", "#8a6d00", "#3d8fc4", "#6b4fa0")
"""Colours of lines that colour-blind people tell apart, after Okabe and Ito, dark enough for
text on white; each line has a mark of its own as well."""
MARKS = "osD^vPX*"

WIDE_FONTS = (
    "Noto Sans CJK KR",
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Noto Sans KR",
    "Noto Sans JP",
    "Noto Sans SC",
    "Source Han Sans",
    "Malgun Gothic",
    "Yu Gothic",
    "Microsoft YaHei",
    "Apple SD Gothic Neo",
    "Hiragino Sans",
    "PingFang SC",
    "NanumGothic",
    "IPAexGothic",
    "WenQuanYi Zen Hei",
    "Arial Unicode MS",
)
"""Usual fonts with Chinese, Japanese and Korean characters; those installed are asked in turn."""

_PIECES = re.compile(r" ?\S+?(?:(?<=[^\W\d]{2}-)(?=\w)|(?= )|$)")
"""Words, each with the space before it, and their parts where a hyphen ends one."""

_LOW, _MIDDLE = "#f6f3ee", "#8cc7bf"
_SIZE, _SMALLEST, _LEADING = 9.0, 3.5, 1.3
LABEL_WIDTH, LABEL_LINES = 32, 3
_COLUMN_WIDTH, _COLUMN_LINES = 13, 3
HIGHEST = 40.0
"""Inches of rows in one figure: more can hardly be opened, and not be read."""


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


def panel(
    ax: Axes | None, size: tuple[float, float], margins: tuple[float, float, float, float]
) -> Axes:
    """The axes that were given, else new ones of a size in a figure that leaves margins.

    Args:
        ax: Axes to draw on, or None.
        size: Width and height of new axes, in inches.
        margins: Left, top, right and bottom, in inches.

    Raises:
        InvalidArgumentError: ``ax`` is something else.
    """
    given: object = ax
    if given is not None and not hasattr(given, "barh"):
        raise expected("ax", "axes of matplotlib or None", given, "pass figure.subplots()")
    if ax is not None:
        return ax
    left, top, right, bottom = margins
    figure = new_figure(left + size[0] + right, top + size[1] + bottom)
    return place(figure, left, top, *size)


def figure_of(axes: Axes) -> Figure:
    """The figure that axes belong to, also where it has figures within it."""
    figure: Any = axes.figure
    while figure is not figure.figure:
        figure = figure.figure
    found: Figure = figure
    return found


def finished(axes: Axes, footnote: str = "") -> Figure:
    """The figure of axes that were drawn on, all of whose texts can be shown."""
    if footnote:
        axes.set_xlabel(footnote, fontsize=8, color=MUTED, loc="left", parse_math=False)
    with_wide_fonts(axes)
    return figure_of(axes)


def with_wide_fonts(drawn: Artist) -> None:
    """Name the installed fonts of Chinese, Japanese and Korean after that of each text."""
    from matplotlib.font_manager import fontManager
    from matplotlib.text import Text

    installed = {font.name for font in fontManager.ttflist}  # others would be warned of
    fonts = [name for name in WIDE_FONTS if name in installed]
    for text in drawn.findobj(Text) if fonts else []:
        assert isinstance(text, Text)
        if width_of(text.get_text()) > len(text.get_text()):
            known = text.get_fontfamily()
            text.set_fontfamily([*known, *(name for name in fonts if name not in known)])


def place(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Axes at a place in inches from the figure's upper left corner."""
    wide, high = figure.get_size_inches()
    bottom = high - top - height
    return figure.add_axes((left / wide, bottom / high, width / wide, height / high))


def inches(axes: Axes) -> tuple[float, float]:
    """Width and height of axes."""
    box, dpi = axes.get_window_extent(), figure_of(axes).dpi
    return box.width / dpi, box.height / dpi


def fitting(room: float, lines: float = 1.0) -> float:
    """Size in points of a text of so many lines in so many inches of height."""
    return float(np.clip(72 * room / (_LEADING * lines), _SMALLEST, _SIZE))


def row_height(labels: Sequence[str], width: int = LABEL_WIDTH) -> float:
    """Inches that a row with the longest of these labels asks for; less where there are many."""
    lines = max((len(wrapped(label, width, LABEL_LINES)) for label in labels), default=1)
    single, spare = (0.15, 0.19) if len(labels) <= 60 else (0.115, 0.08)
    return lines * single + spare


def colours() -> Colormap:
    """Pale for dissimilar, dark green for similar: told apart by lightness alone."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("similarity", [_LOW, _MIDDLE, ACCENT])


def seen(value: float) -> float:
    """A place on the colour scale that is still seen on white where the value is near 0."""
    return 0.3 + 0.7 * value


def write(axes: Axes, x: float, y: float, text: str, **style: Any) -> None:
    """Text that is shown as it stands."""
    axes.text(x, y, text, parse_math=False, **{"color": INK, "fontsize": _SIZE, **style})


def heading(axes: Axes, title: str | None, *, lift: float = 8) -> None:
    """A title at the left edge, so many points above the axes."""
    if title:
        axes.set_title(
            title, loc="left", fontsize=11, color=INK, fontweight="bold", pad=lift, parse_math=False
        )


def headline(figure: Figure, text: str, left: float, top: float) -> None:
    """A title at a place in inches from the figure's upper left corner."""
    wide, high = figure.get_size_inches()
    at = (left / wide, 1 - top / high)
    figure.text(*at, text, fontsize=11, fontweight="bold", color=INK, parse_math=False)


def bare(axes: Axes) -> None:
    """Take away ticks and frame."""
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def short(text: str, width: int) -> str:
    """Text cut to a width, with an ellipsis where something was left out.

    Widths are in letters; those of Chinese, Japanese and Korean fill two.
    """
    text = " ".join(str(text).split())
    return text if width_of(text) <= width else _cut(text, width)


def _cut(text: str, width: int) -> str:
    """As much of a text as has room before an ellipsis."""
    text = text[:width]
    while len(text) > 1 and width_of(text) >= width:
        text = text[:-1]
    return text.rstrip() + "…"


def wrapped(text: str, width: int, lines: int) -> list[str]:
    """Text in at most so many lines of a width, of which the last may be cut.

    Examples:
        >>> wrapped("a business-casual shirt", 13, 3)
        ['a business-', 'casual shirt']
        >>> wrapped("민트색 플리츠 스커트", 8, 2)
        ['민트색', '플리츠…']
    """
    text = " ".join(str(text).split())
    out = [""]
    for piece in _PIECES.findall(text):
        if width_of(out[-1] + piece) > width >= width_of(piece.strip()):
            out.append("")
        for letter in piece if out[-1] else piece.strip():
            if out[-1] and width_of(out[-1] + letter) > width:
                out.append("")
            out[-1] += letter
    if len(out) > lines:
        out[lines - 1 :] = [_cut(out[lines - 1], width)]
    return [line.strip() for line in out]


def folded(text: str, width: int = LABEL_WIDTH, lines: int = LABEL_LINES) -> str:
    """Text with line breaks."""
    return "\n".join(wrapped(text, width, lines))


def name_rows(
    axes: Axes, at: Sequence[float], labels: Sequence[str], size: float, width: int = LABEL_WIDTH
) -> None:
    """Names to the left of rows; as tick labels, which a layout leaves room for."""
    texts = [folded(label, width) for label in labels]
    axes.set_yticks(list(at), texts, fontsize=size, color=INK, parse_math=False)
    axes.tick_params(axis="y", length=0, pad=5)


def heat(
    axes: Axes,
    values: FloatArray,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    strong: str = "column",
    label_width: int = LABEL_WIDTH,
) -> None:
    """A table of probabilities as coloured cells; the first column or row is set in bold."""
    n, classes = values.shape
    wide, high = inches(axes)
    lines = max(len(wrapped(name, label_width, LABEL_LINES)) for name in rows)
    size = min(fitting(high / n, lines), 72 * wide / classes / 3.2)
    axes.imshow(values, cmap=colours(), vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    bare(axes)
    name_rows(axes, range(n), rows, size, label_width)
    axes.xaxis.tick_top()
    heads = [folded(name, _COLUMN_WIDTH, _COLUMN_LINES) for name in columns]
    style = {"fontsize": min(_SIZE, 72 * wide / classes / 9), "fontweight": "bold", "color": INK}
    axes.set_xticks(range(classes), heads, parse_math=False, **style)
    axes.tick_params(axis="x", length=0)
    for y in range(n):
        for x in range(classes):
            ink = "white" if values[y, x] > 0.68 else INK
            weight = "bold" if (x if strong == "column" else y) == 0 else "normal"
            style = {"color": ink, "fontweight": weight, "fontsize": size}
            write(axes, x, y, f"{values[y, x]:.2f}", ha="center", va="center", **style)
    # White lines keep neighbouring cells of one colour apart.
    axes.set_xticks(np.arange(classes - 1) + 0.5, minor=True)
    axes.set_yticks(np.arange(n - 1) + 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=2 if size > 6 else 0.6)
    axes.tick_params(which="minor", length=0)


def left_out(total: int, shown: int, what: str = "") -> str:
    """What to say of rows that are not shown."""
    return f"{total - shown} more{what} not shown" if total > shown else ""


def column_lines(columns: Sequence[str]) -> int:
    """Lines that the heads of a heat map take."""
    return max(len(wrapped(name, _COLUMN_WIDTH, _COLUMN_LINES)) for name in columns)
