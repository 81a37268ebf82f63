"""Horizontal bars from 0 to 1 with names, intervals and notes."""

from __future__ import annotations

from itertools import accumulate, chain
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from stylesim._charts import (
    HIGHEST,
    INK,
    LABEL_LINES,
    LABEL_WIDTH,
    MUTED,
    RULE,
    bare,
    colours,
    finished,
    fitting,
    folded,
    heading,
    inches,
    left_out,
    name_rows,
    panel,
    row_height,
    seen,
    wrapped,
    write,
)
from stylesim._tables import width_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BACK = "#f1f4f5"
_NOTE_WIDTH, _NOTE_LINE = 44, 0.145  # letters and inches


@attrs.frozen
class Bar:
    """One bar.

    Attributes:
        value: Its length, 0 to 1; None where there is none to tell.
        label: Its name.
        interval: Where the value may lie; None where that is not known.
        note: More about it, to the right.
        group: What it belongs to: a line of its own above the first bar of a group.
    """

    value: float | None
    label: str
    interval: tuple[float, float] | None = None
    note: str = ""
    group: str = ""


def bars(
    axes: Axes,
    rows: Sequence[Bar],
    *,
    label_width: int = LABEL_WIDTH,
    note_width: int = _NOTE_WIDTH,
) -> None:
    """Draw bars, first on top, each with its number."""
    at, heads, end = _places(rows)
    _, high = inches(axes)
    lines = max(len(wrapped(row.label, label_width, LABEL_LINES)) for row in rows)
    size = fitting(high / end, lines)
    shade = colours()
    thick = 0.66
    axes.barh(at, [1.0] * len(at), color=_BACK, height=thick)
    values = [0.0 if row.value is None else row.value for row in rows]
    axes.barh(at, values, color=[shade(seen(value)) for value in values], height=thick)
    bare(axes)
    axes.set_xlim(0, 1.0)
    axes.set_ylim(end - 0.4, -0.6)
    name_rows(axes, at, [row.label for row in rows], size, label_width)
    told = zip(at, values, rows, strict=True)
    known = [(y, value, row.interval) for y, value, row in told if row.interval]
    if known:
        reach = [[max(0.0, v - low), max(0.0, top - v)] for _, v, (low, top) in known]
        axes.errorbar(
            [value for _, value, _ in known],
            [y for y, _, _ in known],
            xerr=np.array(reach).T,
            fmt="none",
            ecolor=INK,
            elinewidth=1.2,
            capsize=min(3.0, size / 3),
            clip_on=False,
        )
    for y, row in zip(at, rows, strict=True):
        _beside(axes, y, _number(row), 6.0, fontweight="bold", fontsize=size)
        if row.note:
            left = 14.0 + 72 * number_inches(rows, size)
            text = folded(row.note, note_width, 2)
            small = min(size, fitting(high / end, text.count("\n") + 1), 8.0)
            _beside(axes, y, text, left, fontsize=small, color=MUTED)
    for y, text in heads:
        box = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
        style = {"fontweight": "bold", "fontsize": size, "bbox": box}
        write(axes, 0.0, y, text, ha="left", va="center", **style)


def _beside(axes: Axes, y: float, text: str, points: float, **style: Any) -> None:
    """Text so many points to the right of the bars, however wide a layout makes them."""
    axes.annotate(
        text,
        (1.0, y),
        (points, 0),
        textcoords="offset points",
        va="center",
        parse_math=False,
        **{"color": INK, **style},
    )


def _number(row: Bar) -> str:
    if row.value is None:
        return "-"
    if row.interval is None:
        return f"{row.value:.2f}"
    return f"{row.value:.2f} ({row.interval[0]:.2f} to {row.interval[1]:.2f})"


def number_inches(rows: Sequence[Bar], size: float) -> float:
    return max(len(_number(row)) for row in rows) * size * 0.68 / 72


def _places(rows: Sequence[Bar]) -> tuple[list[float], list[tuple[float, str]], float]:
    """Where each bar lies, the lines between them, and where all of it ends."""
    at: list[float] = []
    heads: list[tuple[float, str]] = []
    y, group = 0.0, ""
    for row in rows:
        if row.group and row.group != group:
            y += 0.25 if heads else 0.0
            for line in wrapped(row.group, 84, 2):
                heads.append((y, line))
                y += 0.85
        group = row.group
        at.append(y)
        y += 1.0
    return at, heads, y


def scale(axes: Axes) -> None:
    """Tick lines for bars from 0 to 1."""
    ticks = ["0", "0.25", "0.5", "0.75", "1"]
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1.0], ticks, fontsize=8, color=MUTED)
    axes.tick_params(axis="x", length=0)
    axes.xaxis.grid(visible=True, color=RULE, linewidth=0.8)
    axes.set_axisbelow(True)


def bar_figure(
    items: Sequence[Sequence[Bar]],
    title: str | None,
    ax: Axes | None,
    *,
    total: int,
    what: str,
    lead: Sequence[Bar] = (),
) -> Figure:
    """Bars by themselves, or on the axes that were given.

    Args:
        items: The bars of each item.
        title: Shown above; None for none.
        ax: Axes to draw on; None makes a figure, of as many items as have room in a sane one.
        total: How many items there are.
        what: What is said of those left out.
        lead: Bars before those of the items.
    """
    rows = [*lead, *chain.from_iterable(items)]
    labels = [row.label for row in rows]
    notes = [wrapped(row.note, _NOTE_WIDTH, 2) for row in rows]
    each = max(row_height(labels), _NOTE_LINE * max(map(len, notes)))
    if ax is None:
        at = _places(rows)[0]
        lasts = accumulate(map(len, items), initial=len(lead) - 1)
        room = sum(each * (at[last] + 1) <= HIGHEST for last in list(lasts)[1:])
        items = items[: max(1, room)]
        rows = [*lead, *chain.from_iterable(items)]
    footnote = left_out(total, len(items), what)
    longest = max(min(width_of(label), LABEL_WIDTH) for label in labels)
    widest = max(width_of(line) for lines in notes for line in lines)
    right = 0.4 + number_inches(rows, 9.0) + widest * 0.075
    margins = (0.35 + 0.083 * longest, 0.5, right, 0.36 + 0.2 * bool(footnote))
    axes = panel(ax, (5.0, each * _places(rows)[2]), margins)
    bars(axes, rows)
    scale(axes)
    heading(axes, title)
    return finished(axes, footnote)
