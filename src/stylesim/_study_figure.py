"""The figure of the epoch study: a line for each test, named at its end."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from stylesim._charts import ACCENT, INK, MUTED, RULE, heading, new_figure, short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from stylesim.types import FloatArray

_LINES = (ACCENT, "#b45309", "#1d4ed8", "#9d174d", "#4d7c0f", "#6b21a8", "#0e7490", "#7c2d12")
_GAP = 0.06


def lines_figure(
    epochs: Sequence[int],
    values: FloatArray,
    tests: Sequence[str],
    wanted: str,
    title: str | None,
) -> Figure:
    """Draw similarities of shape (lengths, tests) over the epochs."""
    figure = new_figure(6.4, 3.8)
    axes = figure.add_axes((0.1, 0.14, 0.6, 0.72))
    heights = apart([float(value) for value in values[-1]])
    for number, test in enumerate(tests):
        line = [float(value) for value in values[:, number]]
        colour = _LINES[number % len(_LINES)]
        axes.plot(epochs, line, color=colour, marker="o", markersize=4, linewidth=1.8)
        axes.annotate(
            f"{short(test, 24)}  {line[-1]:.2f}",
            (1.03, heights[number]),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize=8.5,
            color=colour,
            parse_math=False,
        )
    axes.set_ylim(-0.03, 1.03)
    axes.set_xticks(epochs)
    axes.set_xlabel("epochs", fontsize=9, color=MUTED)
    axes.set_ylabel(f"similarity to {short(wanted, 20)}", fontsize=9, color=MUTED, parse_math=False)
    axes.tick_params(length=0, labelsize=8, labelcolor=INK)
    axes.yaxis.grid(visible=True, color=RULE, linewidth=0.8)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(RULE)
    heading(axes, title)
    return figure


def apart(values: Sequence[float], gap: float = _GAP) -> list[float]:
    """Heights for labels near their values, none closer than a gap to another, at most 1.

    Example:
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
