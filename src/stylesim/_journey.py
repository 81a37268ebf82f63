"""The page that shows the whole journey."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stylesim._chart_bars import bars, scale
from stylesim._chart_data import (
    Images,
    Names,
    closet_tiles,
    gap_rows,
    images_of,
    labels_of,
    pick_tiles,
    rows_of,
    shares_of,
)
from stylesim._chart_sheets import PICK_TILE, TILE, sheet, sheet_inches, thumbnail
from stylesim._charts import (
    bare,
    headline,
    heat,
    new_figure,
    place,
    row_height,
    with_wide_fonts,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from stylesim.recommender import Recommendation
    from stylesim.similarity import SimilarityReport

_WIDTH, _COLUMNS = 15.0, 10
_GAPS, _CLOSET, _PICKS = 10, 20, 8


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
    tiles = closet_tiles(rows, labels, images, _CLOSET)
    gaps = gap_rows(rows, labels, _GAPS)
    chosen = pick_tiles(list(picks)[:_PICKS])
    closet_size = sheet_inches(tiles, _COLUMNS, TILE)
    picks_size = sheet_inches(chosen, _PICKS, PICK_TILE) if chosen else (0.0, 0.0)
    top, first = 0.75, max(4.9, 0.9 + row_height([bar.label for bar in gaps]) * len(gaps))
    high = top + first + 0.7 + closet_size[1] + (picks_size[1] + 0.6 if chosen else 0.0) + 0.4
    figure = new_figure(_WIDTH, high)
    at = (0.3 / _WIDTH, 1 - 0.32 / high)
    figure.text(*at, title, fontsize=16, fontweight="bold", parse_math=False)
    split = 0.0
    if outfits is not None:
        _outfit_panel(figure, outfits, outfit_images, outfit_names, top + 0.5)
        split = 7.2
    axes = place(figure, split + 3.1, top + 0.5, 5.0 if split == 0 else 1.7, first - 0.9)
    bars(axes, gaps)
    if split == 0:
        scale(axes)
    headline(figure, "Gaps: least similar first", split + 0.3, top + 0.38)
    top += first + 0.6
    sheet(place(figure, 0.3, top, *closet_size), tiles, columns=_COLUMNS, tile=TILE)
    headline(figure, "The closet, most similar first", 0.36, top - 0.1)
    if chosen:
        top += closet_size[1] + 0.6
        sheet(place(figure, 0.3, top, *picks_size), chosen, columns=_PICKS, tile=PICK_TILE)
        headline(figure, "What would close the gaps", 0.36, top - 0.1)
    with_wide_fonts(figure)
    return figure


def _outfit_panel(
    figure: Figure, report: SimilarityReport, images: Images, names: Names, top: float
) -> None:
    """Outfits side by side, under each the probability of every class."""
    rows = rows_of(report)
    classes, values = shares_of(rows, report.classes)
    pictures = images_of(rows, images)
    left, width, high = 1.3, 5.9, 2.7
    step = width / len(rows)
    for i, picture in enumerate(pictures):
        axes = place(figure, left + i * step + 0.03, top, step - 0.06, high)
        axes.imshow(thumbnail(picture))
        axes.set_anchor("S")
        bare(axes)
    axes = place(figure, left, top + high + 0.4, width, 1.3)
    heat(axes, values.T, classes, labels_of(rows, names), strong="row")
    headline(figure, "Whole outfits: the probability of each style", 0.3, top - 0.12)
