"""The figure of the epoch study: a line for each test, named at its end."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from stylesim._charts import (
    INK,
    LINES,
    MARKS,
    MUTED,
    RULE,
    finished,
    folded,
    heading,
    inches,
    panel,
    short,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from stylesim.types import FloatArray

_GAP, _WIDTH, _MOST = 0.06, 22, 2
_HIGH = 3.3
_DIGIT = 0.075  # inches


def lines_figure(
    epochs: Sequence[int],
    values: FloatArray,
    tests: Sequence[str],
    wanted: str,
    title: str | None,
    ax: Axes | None = None,
) -> Figure:
    """Draw similarities of shape (lengths, tests) over the epochs, the shortest first."""
    order = sorted(range(len(epochs)), key=lambda place: epochs[place])
    epochs, values = [epochs[place] for place in order], values[order]
    names = [folded(test, _WIDTH, _MOST) for test in tests]
    gap = _GAP * max(name.count("\n") + 1 for name in names)
    high = max(_HIGH, _HIGH * gap * len(names))  # each name has its line
    axes = panel(ax, (3.9, high), (0.65, 0.5, 1.95, 0.55))
    heights = apart([float(value) for value in values[-1]], gap)
    for number, name in enumerate(names):
        line = [float(value) for value in values[:, number]]
        turn, place = divmod(number, len(LINES))
        colour, mark = LINES[place], MARKS[(place + turn) % len(MARKS)]
        axes.plot(epochs, line, color=colour, marker=mark, markersize=5, linewidth=1.8)
        axes.annotate(
            f"{line[-1]:.2f}  {name}",
            (1.03, heights[number]),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize=8.5,
            color=colour,
            parse_math=False,
        )
    axes.set_ylim(min(-0.03, *heights), max(1.03, *heights))
    axes.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1])
    digits = len(str(epochs[-1]))
    room = (_DIGIT * digits + 0.1) / (0.9 * inches(axes)[0])  # of a number, as a share of the axis
    axes.set_xticks(thinned(epochs, room * (epochs[-1] - epochs[0])))
    axes.set_xlabel("epochs", fontsize=9, color=MUTED)
    axes.set_ylabel(f"similarity to {short(wanted, 28)}", fontsize=9, color=MUTED, parse_math=False)
    axes.tick_params(length=0, labelsize=8, labelcolor=INK)
    axes.yaxis.grid(visible=True, color=RULE, linewidth=0.8)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(RULE)
    heading(axes, title)
    return finished(axes)


def thinned(values: Sequence[int], gap: float) -> list[int]:
    """Of rising numbers the first, the last, and as many between as leave a gap.

    Examples:
        >>> thinned([1, 2, 3, 10, 19, 20], 2)
        [1, 3, 10, 20]
    """
    kept = [values[0]]
    for value in values[1:-1]:
        if value - kept[-1] >= gap and values[-1] - value >= gap:
            kept.append(value)
    return kept if values[-1] == kept[-1] else [*kept, values[-1]]


def apart(values: Sequence[float], gap: float = _GAP) -> list[float]:
    """Heights for labels near their values, none closer than a gap to another, at most 1.

    Examples:
        >>> [round(height, 2) for height in apart([1.0, 0.98, 0.2])]
        [1.0, 0.94, 0.2]
    """
    order = sorted(range(len(values)), key=lambda place: values[place])
    heights = list(values)
    for low, high in pairwise(order):
        heights[high] = max(heights[high], heights[low] + gap)
    if heights[order[-1]] > 1:
        heights[order[-1]] = 1.0
        for high, low in pairwise(reversed(order)):
            heights[low] = min(heights[low], heights[high] - gap)
    return heights
