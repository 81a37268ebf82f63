"""An explanation as a picture: where the similarity comes from, and what it is nearest to."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from stylesim._chart_bars import Bar, bars
from stylesim._charts import (
    INK,
    MUTED,
    bare,
    finished,
    folded,
    heading,
    new_figure,
    panel,
    place,
    with_wide_fonts,
    wrapped,
    write,
)
from stylesim.errors import expected
from stylesim.explanation import Explanation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from stylesim.explanation import Nearest

_HIGH, _WIDEST, _SIDE = 5.0, 6.0, 5.6  # inches: the picture, and the column to its right
_SENTENCE, _NOTE, _NAME, _SHOWN = 62, 78, 15, 4  # letters in a line, and photographs
_LEADING, _NOTE_LEADING = 0.19, 0.16
_SHARE, _WARM = 0.1, 0.05


def explanation_overlay(
    why: Explanation,
    *,
    title: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """A picture with its heat, its garments, and the nearest photographs of the target.

    Yellow is warm and red is hot; the black and white line goes around the hottest tenth of the
    picture, so that it is found without telling colours apart. Each garment that was compared has
    a box with its similarity. Below the sentence stand the notes: what was assumed, and what could
    not be said.

    Args:
        why: What ``stylesim.SimilarityScorer.explain`` gave.
        title: Shown above; None shows the explanation's sentence beside the picture.
        ax: Axes to draw the picture on, without what is beside it; None makes a figure.

    Returns:
        The figure.

    Raises:
        MissingExtraError: matplotlib is not installed.
        InvalidArgumentError: ``why`` is no explanation, or ``ax`` is no axes.

    Examples:
        >>> why = Explanation(
        ...     wanted="wannabe",
        ...     similarity=0.8,
        ...     by_class={"wannabe": 0.8, "suit": 0.2},
        ...     heat=np.eye(8, dtype=np.float32),
        ...     picture=Image.new("RGB", (8, 8), "teal"),
        ...     parts=(),
        ...     nearest=(),
        ...     sentence="0.80 similar to wannabe.",
        ...     method="by hand",
        ... )
        >>> figure = explanation_overlay(why)
        >>> figure.axes[1].texts[0].get_text()
        '0.80 similar to wannabe.'
    """
    given: object = why
    if not isinstance(given, Explanation):
        raise expected("why", "an Explanation", given, "pass scorer.explain(picture)")
    if ax is not None:
        axes = panel(ax, (1, 1), (0, 0, 0, 0))
        _picture(axes, why)
        heading(axes, title)
        return finished(axes)
    width, height = why.picture.size
    wide = min(_WIDEST, _HIGH * width / height)
    high = wide * height / width
    top = 0.5 if title else 0.2
    text = wrapped(why.sentence, _SENTENCE, 6)
    notes = [line for note in why.notes for line in wrapped(note, _NOTE, 3)]
    near = 1.75 if any(one.thumbnail for one in why.nearest) else 0.2 * len(why.nearest)
    needed = (
        _LEADING * (len(text) + 2)
        + _NOTE_LEADING * len(notes)
        + 0.1 * bool(notes)
        + 0.75
        + 0.42 * len(why.parts)
        + near
        + 0.5
    )
    figure = new_figure(wide + _SIDE + 0.6, top + max(high, needed) + 0.2)
    axes = place(figure, 0.2, top, wide, high)
    _picture(axes, why)
    heading(axes, title)
    _beside(figure, why, text, notes, wide + 0.4, top, max(high, needed))
    with_wide_fonts(figure)
    return figure


def _picture(axes: Axes, why: Explanation) -> None:
    from matplotlib.patches import Rectangle

    axes.imshow(why.overlay(), interpolation="antialiased")
    bare(axes)
    # Where less than a tenth is warm, the line goes around what is.
    edge = max(float(np.quantile(why.heat, 1 - _SHARE)), _WARM * float(why.heat.max()))
    if why.heat.max() > edge > 0 and min(why.heat.shape) > 1:
        for colour, line in (("black", 2.4), ("white", 1.1)):
            axes.contour(why.heat, levels=[edge], colors=colour, linewidths=line)
    for part in why.parts:
        left, top, right, bottom = part.box
        size = right - left, bottom - top
        axes.add_patch(Rectangle((left, top), *size, fill=False, color="white", linewidth=2.0))
        axes.add_patch(Rectangle((left, top), *size, fill=False, color=INK, linewidth=0.8))
        label = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 1.5}
        text = f"{folded(part.name, 18, 1)} {part.similarity:.2f}"
        write(axes, left, top, text, va="bottom", fontsize=8, bbox=label, clip_on=True)
    axes.set_xlim(0, why.picture.width)
    axes.set_ylim(why.picture.height, 0)


def _beside(
    figure: Figure,
    why: Explanation,
    text: Sequence[str],
    notes: Sequence[str],
    left: float,
    top: float,
    high: float,
) -> None:
    """The sentence, what was assumed, a bar for each garment, and the nearest photographs."""
    axes = place(figure, left, top, _SIDE, high)
    axes.set_xlim(0, _SIDE)
    axes.set_ylim(high, 0)
    bare(axes)
    axes.patch.set_visible(False)
    y = 0.0
    for line in text:
        write(axes, 0, y, line, va="top", fontsize=10, fontweight="bold")
        y += _LEADING
    for line in notes:
        write(axes, 0, y + 0.05, line, va="top", fontsize=8.5, color=MUTED)
        y += _NOTE_LEADING
    y += 0.1 * bool(notes)
    if why.parts:
        y += 0.3
        write(axes, 0, y - 0.12, "Garments compared", fontsize=8.5, color=MUTED)
        rows = [
            Bar(part.similarity, part.name, None, f"counts {part.weight:.0%}, heat {part.heat:.0%}")
            for part in why.parts
        ]
        bars(place(figure, left + 1.3, top + y, 1.7, 0.42 * len(rows)), rows, label_width=_NAME)
        y += 0.42 * len(rows)
    if why.nearest:
        y += 0.3
        write(axes, 0, y - 0.05, "Nearest photographs of the target", fontsize=8.5, color=MUTED)
        y += _nearest(figure, axes, why.nearest[:_SHOWN], (left, top, y))
    for line in wrapped(f"Heat: {why.method}. Line: the hottest tenth.", 84, 2):
        y += 0.16
        write(axes, 0, y + 0.1, line, fontsize=7.5, color=MUTED)


def _nearest(
    figure: Figure, axes: Axes, nearest: Sequence[Nearest], corner: tuple[float, float, float]
) -> float:
    """Draw the nearest photographs; returns the inches taken."""
    left, top, y = corner
    pictures = any(one.thumbnail for one in nearest)
    step = _SIDE / _SHOWN
    for number, one in enumerate(nearest):
        text = f"{one.label} ({one.cosine:.2f})"
        if not pictures:
            write(axes, 0, y + 0.15 + 0.19 * number, text, fontsize=8.5)
            continue
        if one.thumbnail is not None:
            with Image.open(io.BytesIO(one.thumbnail)) as image:
                small = place(figure, left + number * step, top + y + 0.05, step - 0.1, 1.2)
                small.imshow(np.asarray(image.convert("RGB")))
                small.set_anchor("W")
                bare(small)
        for place_, line in enumerate(wrapped(text, 22, 2)):
            write(axes, number * step, y + 1.38 + 0.15 * place_, line, fontsize=7.5)
    return 1.6 if pictures else 0.2 * len(nearest) + 0.1
