"""Tables and bars of a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stylesim._chart_bars import bar_figure
from stylesim._chart_data import (
    Names,
    closet_gap_rows,
    counted,
    gap_rows,
    labels_of,
    rows_of,
    shares_of,
    slot_rows,
)
from stylesim._charts import (
    HIGHEST,
    column_lines,
    finished,
    heading,
    heat,
    left_out,
    panel,
    row_height,
)
from stylesim._tables import width_of
from stylesim.gaps import ClosetGaps

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from stylesim.similarity import SimilarityReport


def similarity_table(
    report: SimilarityReport,
    *,
    k: int = 200,
    names: Names = None,
    title: str | None = "Similarity by class",
    ax: Axes | None = None,
) -> Figure:
    """The paper's Table 1 as a heat map: a row an item, a column a class.

    Each row adds up to 1. Where an item may be like none of the classes, a last column says so, and
    the others are the ``shares`` of its row, of which the first is the similarity.

    Args:
        report: What a scorer gave.
        k: Most rows shown; fewer where a figure would be higher than 40 inches.
        names: What to call the items, in order or by id; None shows ids or names of files.
        title: Shown above; None for none.
        ax: Axes to draw on; None makes a figure of the size that the rows ask for.

    Returns:
        The figure.

    Raises:
        MissingExtraError: matplotlib is not installed.
        InvalidArgumentError: The report is empty, there are more or fewer names than items, ``k``
            is below 1, or ``ax`` is no axes.

    Examples:
        >>> from stylesim.similarity import ItemSimilarity, SimilarityReport
        >>> row = ItemSimilarity(id="skirt", similarity=0.9, by_class={"new": 0.9, "suit": 0.1})
        >>> figure = similarity_table(SimilarityReport(("new", "suit"), (row,)))
        >>> [text.get_text() for text in figure.axes[0].texts]
        ['0.90', '0.10']
    """
    counted("k", k)
    rows = rows_of(report)
    labels = labels_of(rows, names)[:k]
    if ax is None:
        labels = labels[: int(HIGHEST / row_height(labels))]
    classes, values = shares_of(rows[: len(labels)], report.classes)
    note = left_out(len(rows), len(labels))
    size = 1.15 * len(classes), row_height(labels) * len(labels)
    longest = max(width_of(label) for label in labels)
    left = 0.3 + 0.083 * min(longest, 32)
    axes = panel(
        ax, size, (left, 0.45 + 0.16 * column_lines(classes), 0.3, 0.15 + 0.25 * bool(note))
    )
    heat(axes, values, labels, classes)
    heading(axes, title, lift=8)
    return finished(axes, note)


def slot_bars(
    report: SimilarityReport,
    *,
    k: int = 50,
    names: Names = None,
    title: str | None = "Similarity by part of the body",
    ax: Axes | None = None,
) -> Figure:
    """Bars of the similarity of each part of the body that an item covers, with its interval.

    Parts that weigh nothing in the overall similarity are marked. The thin line on a bar is the
    interval that the report gives, which also stands behind the number.

    Args:
        report: What a scorer gave.
        k: Most items shown; fewer where a figure would be higher than 40 inches.
        names: What to call the items, in order or by id; None shows ids or names of files.
        title: Shown above; None for none.
        ax: Axes to draw on; None makes a figure of the size that the bars ask for.

    Returns:
        The figure.

    Raises:
        MissingExtraError: matplotlib is not installed.
        InvalidArgumentError: The report is empty, there are more or fewer names than items, ``k``
            is below 1, or ``ax`` is no axes.

    Examples:
        >>> from stylesim.similarity import ItemSimilarity, SimilarityReport
        >>> row = ItemSimilarity("look", 0.5, {"new": 0.5}, {"upper": 0.2, "lower": 0.8})
        >>> axes = slot_bars(SimilarityReport(("new",), (row,))).axes[0]
        >>> [text.get_text() for text in axes.get_yticklabels()]
        ['upper', 'lower']
        >>> [text.get_text()[:4] for text in axes.texts]
        ['0.20', '0.80', 'look']
    """
    counted("k", k)
    rows = rows_of(report)
    labels = labels_of(rows, names)
    items = slot_rows(rows[:k], labels[:k])
    return bar_figure(items, title, ax, total=len(rows), what=" items")


def gap_chart(
    report: SimilarityReport | ClosetGaps,
    *,
    k: int = 12,
    names: Names = None,
    title: str | None = "Gaps: least similar first",
    ax: Axes | None = None,
) -> Figure:
    """Bars of the items furthest from the wanted style.

    Of a report, with the class that each is nearest to and its share. Of the gaps of a closet,
    first the best of each slot and what is missing, then the garments with verdict, number of good
    outfits and cost per wear.

    Args:
        report: What a scorer gave, or the gaps of a closet: ``report.gaps(wardrobe)``.
        k: Number of items shown; fewer where a figure would be higher than 40 inches.
        names: What to call the items, in order or by id; None shows ids or names of files.
        title: Shown above; None for none.
        ax: Axes to draw on; None makes a figure of the size that the bars ask for.

    Returns:
        The figure.

    Raises:
        MissingExtraError: matplotlib is not installed.
        InvalidArgumentError: The report is empty, ``k`` is below 1, there are more or fewer
            names than items, or ``ax`` is no axes.

    Examples:
        >>> from stylesim.similarity import ItemSimilarity, SimilarityReport
        >>> rows = [ItemSimilarity(name, at, {"new": at}) for name, at in [("a", 0.8), ("b", 0.3)]]
        >>> figure = gap_chart(SimilarityReport(("new",), rows), k=1)
        >>> [text.get_text() for text in figure.axes[0].get_yticklabels()]
        ['b']
    """
    counted("k", k)
    if isinstance(report, ClosetGaps):
        rows_of(report)
        slots, gaps = closet_gap_rows(report, names, k)
    else:
        rows = rows_of(report)
        slots, gaps = [], gap_rows(rows, labels_of(rows, names), k)
    items = [[bar] for bar in gaps]
    what = ", more similar,"
    return bar_figure(items, title, ax, total=len(report), what=what, lead=slots)
