"""The page that shows the whole journey."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stylesim._chart_data import (
    Images,
    Names,
    closet_tiles,
    gap_bars,
    images_of,
    labels_of,
    pick_tiles,
    rows_of,
)
from stylesim._charts import (
    CLOSET_LINES,
    PICK_LINES,
    PICK_TILE,
    TILE,
    bare,
    bars,
    headline,
    heat,
    new_figure,
    place,
    sheet,
    sheet_inches,
    thumbnail,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from stylesim.recommender import Recommendation
    from stylesim.similarity import SimilarityReport


def draw_journey(
    closet: SimilarityReport,
    picks: Sequence[Recommendation],
    *,
    images: Images,
    names: Names,
    outfits: SimilarityReport | None,
    outfit_images: Images,
    outfit_names: Names,
    title: str,
) -> Figure:
    """Draw :func:`stylesim.plotting.journey`."""
    rows = rows_of(closet)
    labels = labels_of(rows, names)
    tiles = closet_tiles(rows, labels, images, 20)
    gaps = gap_bars(rows, labels, 10)
    width, top = 15.0, 0.75
    chosen = pick_tiles(picks)[:8]
    closet_high = sheet_inches(len(tiles), 10, CLOSET_LINES, TILE)[1]
    picks_high = sheet_inches(len(chosen), 8, PICK_LINES, PICK_TILE)[1] + 0.6
    first_high = 4.9
    height = top + first_high + 0.7 + closet_high + (picks_high if chosen else 0.0) + 0.4
    figure = new_figure(width, height)
    figure.text(
        0.3 / width, 1 - 0.32 / height, title, fontsize=16, fontweight="bold", parse_math=False
    )
    split = 0.3
    if outfits is not None:
        _outfit_panel(figure, outfits, outfit_images, outfit_names, top + 0.5)
        split = 9.0
    axes = place(figure, split + 2.0, top + 0.5, width - split - 2.6, 0.43 * len(gaps[0]))
    bars(axes, *gaps[:2], notes=gaps[2])
    headline(figure, "Gaps: least similar first", split + 0.3, top + 0.38)
    top += first_high + 0.6
    size = sheet_inches(len(tiles), 10, CLOSET_LINES, TILE)
    sheet(place(figure, 0.3, top, *size), tiles, columns=10, lines=CLOSET_LINES)
    headline(figure, "The closet, most similar first", 0.36, top - 0.1)
    if chosen:
        top += closet_high + 0.6
        size = sheet_inches(len(chosen), 8, PICK_LINES, PICK_TILE)
        sheet(place(figure, 0.3, top, *size), chosen, columns=8, lines=PICK_LINES)
        headline(figure, "What would close the gaps", 0.36, top - 0.1)
    return figure


def _outfit_panel(
    figure: Figure, report: SimilarityReport, images: Images, names: Names, top: float
) -> None:
    """Outfits side by side, under each the probability of every class."""
    rows = rows_of(report)
    classes = list(report.classes)
    pictures = images_of(rows, images)
    left, width, high = 1.5, 7.3, 2.7
    step = width / len(rows)
    for i, picture in enumerate(pictures):
        axes = place(figure, left + i * step + 0.03, top, step - 0.06, high)
        axes.imshow(thumbnail(picture))
        axes.set_anchor("S")
        bare(axes)
    axes = place(figure, left, top + high + 0.35, width, 1.35)
    heat(axes, np.asarray(report.table()).T, classes, labels_of(rows, names), strong="row")
    headline(figure, "Whole outfits: the probability of each style", 0.3, top - 0.12)
