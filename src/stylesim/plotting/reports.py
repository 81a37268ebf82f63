"""Pictures of results: similarity tables, bars, gaps, contact sheets.

Every function returns a ``matplotlib.figure.Figure`` with a canvas of its own; nothing is shown,
written or changed elsewhere: save it with ``figure.savefig("out.png")``. Needs the extra
``stylesim[plot]``; matplotlib is first loaded when a picture is made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stylesim._chart_data import (
    Images,
    Names,
    closet_tiles,
    gap_bars,
    labels_of,
    pick_tiles,
    rows_of,
)
from stylesim._charts import (
    CLOSET_LINES,
    PICK_LINES,
    PICK_TILE,
    TILE,
    bar_figure,
    heading,
    heat,
    new_figure,
    place,
    sheet_figure,
    short,
)
from stylesim._journey import draw_journey
from stylesim.errors import expected

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from stylesim.recommender import Recommendation
    from stylesim.similarity import SimilarityReport

_SHOWN = 60


def similarity_table(
    report: SimilarityReport,
    *,
    names: Names = None,
    title: str | None = "Similarity by class",
) -> Figure:
    """The paper's Table 1 as a heat map: a row an item, a column a class.

    Args:
        report: What a scorer gave.
        names: What to call the items, in order or by id; None shows their ids.
        title: Shown above; None for none.

    Returns:
        The figure.

    Raises:
        MissingExtraError: matplotlib is not installed.
        InvalidArgumentError: The report is empty, or there are more or fewer names than items.

    Example:
        >>> from stylesim.similarity import ItemSimilarity, SimilarityReport
        >>> row = ItemSimilarity(id="skirt", similarity=0.9, by_class={"new": 0.9, "suit": 0.1})
        >>> figure = similarity_table(SimilarityReport(("new", "suit"), (row,)))
        >>> [text.get_text() for text in figure.axes[0].texts]
        ['new', 'suit', 'skirt', '0.90', '0.10']
    """
    rows = rows_of(report)
    classes = list(report.classes)
    width, height = 3.4 + 1.15 * len(classes), 1.1 + 0.36 * len(rows)
    figure = new_figure(width, height)
    axes = place(figure, 3.0, 0.9, width - 3.3, height - 1.1)
    heat(axes, np.asarray(report.table()), labels_of(rows, names), classes)
    heading(axes, title, lift=26)
    return figure


def slot_bars(
    report: SimilarityReport,
    *,
    names: Names = None,
    title: str | None = "Similarity by part of the body",
) -> Figure:
    """Bars of the similarity of each part of the body that an item covers.

    Parts that weigh nothing in the overall similarity are marked.

    Args:
        report: What a scorer gave.
        names: What to call the items, in order or by id; None shows their ids.
        title: Shown above; None for none.

    Returns:
        The figure.

    Raises:
        MissingExtraError: matplotlib is not installed.
        InvalidArgumentError: The report is empty, or there are more or fewer names than items.

    Example:
        >>> from stylesim.similarity import ItemSimilarity, SimilarityReport
        >>> row = ItemSimilarity("look", 0.5, {"new": 0.5}, {"upper": 0.2, "lower": 0.8})
        >>> figure = slot_bars(SimilarityReport(("new",), (row,)))
        >>> [text.get_text() for text in figure.axes[0].texts]
        ['look: upper', '0.20', 'look: lower', '0.80']
    """
    rows = rows_of(report)
    values, labels, notes = [], [], []
    for row, name in zip(rows, labels_of(rows, names), strict=True):
        parts = dict(row.by_slot) or {"whole": row.similarity}
        values += [float(value) for value in parts.values()]
        labels += [f"{short(name, 24)}: {part}" for part in parts]
        aside = set(parts) - set(row.counted or parts)
        notes += ["not counted" if part in aside else "" for part in parts]
    return bar_figure(values, labels, notes, title)


def gap_chart(
    report: SimilarityReport,
    *,
    k: int = 12,
    names: Names = None,
    title: str | None = "Gaps: least similar first",
) -> Figure:
    """Bars of the items furthest from the wanted style, with the class that each is nearest to.

    Args:
        report: What a scorer gave.
        k: Number of items shown.
        names: What to call the items, in order or by id; None shows their ids.
        title: Shown above; None for none.

    Returns:
        The figure.

    Raises:
        MissingExtraError: matplotlib is not installed.
        InvalidArgumentError: The report is empty, ``k`` is below 1, or there are more or fewer
            names than items.

    Example:
        >>> from stylesim.similarity import ItemSimilarity, SimilarityReport
        >>> rows = [ItemSimilarity(name, at, {"new": at}) for name, at in [("a", 0.8), ("b", 0.3)]]
        >>> figure = gap_chart(SimilarityReport(("new",), rows), k=1)
        >>> figure.axes[0].texts[0].get_text()
        'b'
    """
    rows = rows_of(report)
    return bar_figure(*gap_bars(rows, labels_of(rows, names), k), title)


def closet_sheet(
    report: SimilarityReport,
    images: Images = None,
    *,
    names: Names = None,
    columns: int = 8,
    title: str | None = "The closet, most similar first",
) -> Figure:
    """A contact sheet of the items sorted by similarity; at most 60 are shown.

    Args:
        report: What a scorer gave.
        images: The wardrobe that was scored, or the pictures in order or by id; None takes
            those that the report remembers.
        names: What to call the items, in order or by id; None shows their ids.
        columns: Pictures in a row.
        title: Shown above; None for none.

    Returns:
        The figure.

    Raises:
        MissingExtraError: matplotlib is not installed.
        InvalidArgumentError: The report is empty, or names or images do not fit it.

    Example:
        >>> from PIL import Image
        >>> from stylesim.similarity import ItemSimilarity, SimilarityReport
        >>> rows = [ItemSimilarity(name, at, {"new": at}) for name, at in [("a", 0.3), ("b", 0.8)]]
        >>> picture = Image.new("RGB", (30, 40), "teal")
        >>> figure = closet_sheet(SimilarityReport(("new",), rows), [picture, picture])
        >>> [text.get_text() for text in figure.axes[0].texts]
        ['b', '0.80', 'a', '0.30']
    """
    rows = rows_of(report)
    columns = min(columns, len(rows))
    tiles = closet_tiles(rows, labels_of(rows, names), images, _SHOWN)
    return sheet_figure(tiles, columns, CLOSET_LINES, title, TILE)


def recommendation_sheet(
    picks: Sequence[Recommendation],
    *,
    columns: int = 5,
    title: str | None = "Recommended",
) -> Figure:
    """A contact sheet of recommended products: picture, title, price, similarity, link.

    Args:
        picks: What a recommender gave.
        columns: Pictures in a row.
        title: Shown above; None for none.

    Returns:
        The figure; products without a picture show a grey tile.

    Raises:
        MissingExtraError: matplotlib is not installed.
        InvalidArgumentError: There is nothing to show.

    Example:
        >>> recommendation_sheet([])
        Traceback (most recent call last):
        ...
        stylesim.errors.InvalidArgumentError: picks: expected at least one recommendation, ...
    """
    if not len(picks):
        todo = "recommend with a higher price or fewer filters"
        raise expected("picks", "at least one recommendation", "none", todo)
    columns = min(columns, len(picks))
    return sheet_figure(pick_tiles(picks), columns, PICK_LINES, title, PICK_TILE)


def journey(
    closet: SimilarityReport,
    picks: Sequence[Recommendation] = (),
    *,
    images: Images = None,
    names: Names = None,
    outfits: SimilarityReport | None = None,
    outfit_images: Images = None,
    outfit_names: Names = None,
    title: str = "From the clothes you own to the style you want",
) -> Figure:
    """The whole journey on one page: outfits, gaps, closet, recommendations.

    Args:
        closet: The report of the wardrobe.
        picks: What a recommender gave; may be empty.
        images: The wardrobe that was scored, or its pictures in order or by id; None takes
            those that the report remembers.
        names: What to call the garments, in order or by id.
        outfits: A report of whole outfits, for the table at the top; None leaves it out.
        outfit_images: The pictures of the outfits, as ``images``.
        outfit_names: What to call the outfits.
        title: Shown at the top.

    Returns:
        The figure.

    Raises:
        MissingExtraError: matplotlib is not installed.
        InvalidArgumentError: A report is empty, or names or images do not fit it.

    Example:
        >>> from stylesim.similarity import ItemSimilarity, SimilarityReport
        >>> row = ItemSimilarity(id="skirt", similarity=0.9, by_class={"new": 0.9, "suit": 0.1})
        >>> figure = journey(SimilarityReport(("new", "suit"), (row,)))
        >>> [text.get_text() for text in figure.texts][1:]
        ['Gaps: least similar first', 'The closet, most similar first']
    """
    return draw_journey(
        closet,
        picks,
        images=images,
        names=names,
        outfits=outfits,
        outfit_images=outfit_images,
        outfit_names=outfit_names,
        title=title,
    )
