"""Contact sheets: the closet, outfits, recommendations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stylesim._chart_data import (
    Images,
    closet_tiles,
    counted,
    labels_of,
    listed,
    outfit_tiles,
    pick_tiles,
    rows_of,
)
from stylesim._chart_sheets import OUTFIT_TILE, PICK_TILE, TILE, sheet_figure
from stylesim._charts import left_out
from stylesim.errors import expected

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from stylesim._chart_data import Names
    from stylesim.outfits import AssembledOutfit
    from stylesim.recommender import Recommendation
    from stylesim.similarity import SimilarityReport
    from stylesim.types import ImageLike
    from stylesim.wardrobe import Wardrobe


def closet_sheet(
    report: SimilarityReport,
    images: Images = None,
    *,
    k: int = 60,
    names: Names = None,
    columns: int | None = None,
    title: str | None = "The closet, most similar first",
    ax: Axes | None = None,
) -> Figure:
    """A contact sheet of the items sorted by similarity.

    Args:
        report: What a scorer gave.
        images: The wardrobe that was scored, or the pictures in order or by id; None takes
            those that the report remembers.
        k: Most items shown.
        names: What to call the items, in order or by id; None shows ids or names of files.
        columns: Pictures in a row; None chooses by their number.
        title: Shown above; None for none.
        ax: Axes to draw on; None makes a figure of the size that the pictures ask for.

    Returns:
        The figure.

    Raises:
        MissingExtraError: matplotlib is not installed.
        InvalidArgumentError: The report is empty, names or images do not fit it, ``k`` or
            ``columns`` is below 1, or ``ax`` is no axes.

    Examples:
        >>> from PIL import Image
        >>> from stylesim.similarity import ItemSimilarity, SimilarityReport
        >>> rows = [ItemSimilarity(name, at, {"new": at}) for name, at in [("a", 0.3), ("b", 0.8)]]
        >>> picture = Image.new("RGB", (30, 40), "teal")
        >>> figure = closet_sheet(SimilarityReport(("new",), rows), [picture, picture])
        >>> [text.get_text() for text in figure.axes[0].texts]
        ['b', '0.80', 'a', '0.30']
    """
    counted("k", k)
    rows = rows_of(report)
    tiles = closet_tiles(rows, labels_of(rows, names), images, k)
    note = left_out(len(rows), len(tiles), ", less similar,")
    return sheet_figure(tiles, columns, title, TILE, ax, note)


def outfit_board(
    outfits: Sequence[AssembledOutfit],
    images: Wardrobe | Mapping[str, ImageLike] | None = None,
    *,
    names: Mapping[str, str] | None = None,
    columns: int | None = None,
    title: str | None = "Outfits of the closet, best first",
    ax: Axes | None = None,
) -> Figure:
    """A board of outfits: their garments as they are worn, the similarity of each and by region.

    Args:
        outfits: What ``stylesim.outfits.assemble`` gave, shown in this order.
        images: The wardrobe, or the pictures of the garments by id; None takes those that the
            outfits remember.
        names: What to call the garments, by id; None shows category or slot, and id.
        columns: Outfits in a row; None chooses by their number.
        title: Shown above; None for none.
        ax: Axes to draw on; None makes a figure of the size that the outfits ask for.

    Returns:
        The figure; garments without a picture show a grey field.

    Raises:
        MissingExtraError: matplotlib is not installed.
        InvalidArgumentError: There is no outfit, a garment has no picture, or ``ax`` is no axes.

    Examples:
        >>> from stylesim.outfits import Candidate, best_outfits
        >>> closet = [Candidate("blouse", "top", 0.9), Candidate("skirt", "bottom", 0.7)]
        >>> figure = outfit_board(best_outfits(closet), names={"skirt": "mint skirt"})
        >>> [text.get_text() for text in figure.axes[0].texts]
        ['1. 0.80', 'upper 0.90, lower 0.70', 'top blouse', 'mint skirt']
    """
    outfits = listed("outfits", outfits, "garments", "pass assemble(wardrobe, scorer)")
    if not outfits:
        todo = "assemble them of a closet with a top and a bottom, or a dress"
        raise expected("outfits", "at least one outfit", "none", todo)
    tiles = outfit_tiles(outfits, images, names)
    return sheet_figure(tiles, columns, title, OUTFIT_TILE, ax)


def recommendation_sheet(
    picks: Sequence[Recommendation],
    *,
    columns: int | None = None,
    title: str | None = "Recommended",
    ax: Axes | None = None,
) -> Figure:
    """A contact sheet of recommended products: picture, title, price, similarity, link.

    Args:
        picks: What a recommender gave.
        columns: Pictures in a row; None chooses by their number.
        title: Shown above; None for none.
        ax: Axes to draw on; None makes a figure of the size that the pictures ask for.

    Returns:
        The figure; products without a picture show a grey tile.

    Raises:
        MissingExtraError: matplotlib is not installed.
        InvalidArgumentError: There is nothing to show, or ``ax`` is no axes.

    Examples:
        >>> recommendation_sheet([])
        Traceback (most recent call last):
        ...
        stylesim.errors.InvalidArgumentError: picks: expected at least one recommendation, ...
    """
    picks = listed("picks", picks, "product", "pass recommender.recommend(wardrobe)")
    if not picks:
        todo = "recommend with a higher price or fewer filters"
        raise expected("picks", "at least one recommendation", "none", todo)
    return sheet_figure(pick_tiles(picks), columns, title, PICK_TILE, ax)
