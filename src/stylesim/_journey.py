"""The page that shows the whole journey."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from stylesim._chart_bars import Bar, bars, number_inches, scale
from stylesim._chart_data import (
    Images,
    Names,
    closet_tiles,
    gap_rows,
    images_of,
    labels_of,
    listed,
    pick_tiles,
    rows_of,
    shares_of,
)
from stylesim._chart_sheets import PICK_TILE, TILE, sheet, sheet_inches, thumbnail
from stylesim._charts import (
    bare,
    column_lines,
    headline,
    heat,
    left_out,
    new_figure,
    place,
    row_height,
    short,
    with_wide_fonts,
)
from stylesim._tables import width_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from stylesim.recommender import Recommendation
    from stylesim.similarity import SimilarityReport
    from stylesim.types import FloatArray, UInt8Array

_WIDTH, _COLUMNS = 15.0, 10
_GAPS, _CLOSET, _PICKS, _OUTFITS = 10, 20, 8, 6
_OUTFITS_WIDTH = 7.2
_NAME = 20  # letters in a line of a name where outfits and gaps share the width
_LETTER, _SMALL_LETTER = 0.083, 0.075


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
    """Draw ``stylesim.plotting.journey``."""
    rows = rows_of(closet)
    labels = labels_of(rows, names)
    tiles = closet_tiles(rows, labels, images, _CLOSET)
    gaps = gap_rows(rows, labels, _GAPS)
    todo = "pass recommender.recommend(wardrobe), or [] for none"
    picked = listed("picks", picks, "product", todo)
    chosen = pick_tiles(picked[:_PICKS])
    closet_size = sheet_inches(tiles, _COLUMNS, TILE)
    picks_size = sheet_inches(chosen, _PICKS, PICK_TILE) if chosen else (0.0, 0.0)
    panel = None if outfits is None else _Outfits.of(outfits, outfit_images, outfit_names)
    top = 0.75
    first = max(
        4.9,
        0.9 + row_height([bar.label for bar in gaps]) * len(gaps),
        0.9 + (0.0 if panel is None else panel.height),
    )
    high = top + first + 0.7 + closet_size[1] + (picks_size[1] + 0.6 if chosen else 0.0) + 0.4
    figure = new_figure(_WIDTH, high)
    at = (0.3 / _WIDTH, 1 - 0.32 / high)
    figure.text(*at, short(title, 90), fontsize=16, fontweight="bold", parse_math=False)
    split = 0.0
    if panel is not None:
        panel.draw(figure, top + 0.5)
        split = _OUTFITS_WIDTH
    _gaps_panel(figure, gaps, split, top + 0.5, first - 0.9)
    least = _headed("Gaps: least similar first", len(rows), len(gaps))
    headline(figure, least, split + 0.3, top + 0.38)
    top += first + 0.6
    sheet(place(figure, 0.3, top, *closet_size), tiles, columns=_COLUMNS, tile=TILE)
    most = _headed("The closet, most similar first", len(rows), len(tiles))
    headline(figure, most, 0.36, top - 0.1)
    if chosen:
        top += closet_size[1] + 0.6
        sheet(place(figure, 0.3, top, *picks_size), chosen, columns=_PICKS, tile=PICK_TILE)
        close = _headed("What would close the gaps", len(picked), len(chosen))
        headline(figure, close, 0.36, top - 0.1)
    with_wide_fonts(figure)
    return figure


def _headed(text: str, total: int, shown: int) -> str:
    """The head of a part, and how many it leaves out."""
    more = left_out(total, shown)
    return f"{text} ({more})" if more else text


def _gaps_panel(figure: Figure, gaps: Sequence[Bar], split: float, top: float, high: float) -> None:
    """The gaps in the room to the right of the outfits, or in all of it."""
    if not split:
        axes = place(figure, 3.1, top, 5.0, high)
        bars(axes, gaps)
        scale(axes)
        return
    longest = max(min(width_of(bar.label), _NAME) for bar in gaps)
    left, wide = split + 0.4 + _LETTER * longest, 1.5
    room = _WIDTH - left - wide - number_inches(gaps, 9.0) - 0.4
    axes = place(figure, left, top, wide, high)
    bars(axes, gaps, label_width=_NAME, note_width=int(room / _SMALL_LETTER))


@attrs.frozen
class _Outfits:
    """Outfits side by side, under each the probability of every class."""

    title: str
    pictures: Sequence[UInt8Array]
    names: Sequence[str]
    classes: Sequence[str]
    values: FloatArray
    left: float
    picture: float
    table: float

    @classmethod
    def of(cls, report: SimilarityReport, images: Images, names: Names) -> _Outfits:
        """The first outfits of a report, and the inches that they take."""
        rows = rows_of(report)
        pictures = [thumbnail(one) for one in images_of(rows, images)[:_OUTFITS]]
        classes, values = shares_of(rows[:_OUTFITS], report.classes)
        left = 0.4 + _LETTER * max(min(width_of(name), _NAME) for name in classes)
        step = (_OUTFITS_WIDTH - left) / len(pictures) - 0.06
        return cls(
            _headed("Whole outfits: the probability of each style", len(rows), len(pictures)),
            pictures,
            labels_of(rows, names)[:_OUTFITS],
            classes,
            values,
            left,
            min(2.7, step * max(one.shape[0] / one.shape[1] for one in pictures)),
            row_height(classes, _NAME) * len(classes),
        )

    @property
    def heads(self) -> float:
        """Inches of the names between pictures and table."""
        return 0.1 + 0.16 * column_lines(self.names)

    @property
    def height(self) -> float:
        """Inches of all of it."""
        return self.picture + self.heads + self.table

    def draw(self, figure: Figure, top: float) -> None:
        """Draw it at the left edge, so many inches below the upper one."""
        width = _OUTFITS_WIDTH - self.left
        step = width / len(self.pictures)
        for i, picture in enumerate(self.pictures):
            at = self.left + i * step + 0.03
            axes = place(figure, at, top, step - 0.06, self.picture)
            axes.imshow(picture)
            axes.set_anchor("S")
            bare(axes)
        axes = place(figure, self.left, top + self.picture + self.heads, width, self.table)
        heat(axes, self.values.T, self.classes, self.names, strong="row", label_width=_NAME)
        headline(figure, self.title, 0.3, top - 0.12)
